//! Sessions in cookies. The tokens are the API's own; a layer puts them where the API's extractors look for them, and renews them.

use crate::{
    Api, Head, Refused,
    cookie::{self, Cookies, SetCookie},
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use web::App;

/// The header with a guest's cart token, as the API reads it.
pub const CART_TOKEN: HeaderName = HeaderName::from_static("x-cart-token");

/// The tokens of a session, as the API gives them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    access_token: String,
    refresh_token: String,
    expires_in: u64,
}

/// How long the cookies of a session and of a guest's cart stay.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    pub refresh: Duration,
    pub cart: Duration,
}

impl Tokens {
    /// The `Authorization` header of the session.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.access_token)
    }

    /// The cookies that keep the session.
    pub fn cookies(&self, cookies: &Cookies, ages: Ages) -> [SetCookie; 2] {
        [
            cookies.set(cookie::ACCESS, &self.access_token, Duration::from_secs(self.expires_in)),
            cookies.set(cookie::REFRESH, &self.refresh_token, ages.refresh),
        ]
    }
}

/// The cookies that end a session in the browser.
pub fn ended(cookies: &Cookies) -> [SetCookie; 2] {
    [cookies.forget(cookie::ACCESS), cookies.forget(cookie::REFRESH)]
}

fn bearer(token: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("Bearer {token}")).ok()
}

/// Puts the tokens of the cookies into the headers. An expired access token is renewed by the refresh token; what two tabs send at the
/// same moment gets the same new tokens. Gives the cookies that the response has to set.
pub async fn carry(
    app: &App,
    api: &Api,
    ages: Ages,
    head: Head,
    headers: &mut HeaderMap,
    cookies: &Cookies,
) -> Vec<SetCookie> {
    // a header that a browser or a proxy adds by itself names no buyer of ours
    headers.remove(header::AUTHORIZATION);
    headers.remove(CART_TOKEN);
    if let Some(token) = cookies.get(cookie::CART).and_then(|token| HeaderValue::from_str(token).ok()) {
        headers.insert(CART_TOKEN, token);
    }
    if let Some(value) = cookies.get(cookie::ACCESS).and_then(bearer) {
        headers.insert(header::AUTHORIZATION, value);
        match app.auth.verify(headers, app.now()) {
            Ok(_) => return Vec::new(),
            Err(_) => _ = headers.remove(header::AUTHORIZATION),
        }
    }
    let Some(token) = cookies.get(cookie::REFRESH) else { return Vec::new() };
    match renewed(api, head, token).await {
        Ok(tokens) => {
            bearer(&tokens.access_token).map(|value| headers.insert(header::AUTHORIZATION, value));
            tokens.cookies(cookies, ages).into()
        }
        // the session is over; a shop that is only busy keeps it
        Err(refused) if refused.code().status() < 500 => ended(cookies).into(),
        Err(_) => Vec::new(),
    }
}

async fn renewed(api: &Api, mut head: Head, token: &str) -> Result<Tokens, Refused> {
    head = head.with(header::AUTHORIZATION, "\n");
    api.call(&head, Method::POST, "/api/v1/auth/refresh", Some(json!({"refreshToken": token}))).await
}
