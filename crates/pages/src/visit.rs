//! One request of one person: who it is, in which language, and how its page reads from the API and sends forms there.

use crate::{
    Api, Fields, FormToken, Head, Language, PageResult, Refused,
    cookie::{self, Cookies},
    door::{Door, admit_costly},
    html::see,
    session::{self, Ages, Tokens},
    show::Show,
    words,
};
use axum::{
    extract::FromRequestParts,
    http::{Method, header, request::Parts},
    response::Response,
};
use kernel::Code;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use web::{App, Context, MaybeUser, User};

/// How long the choice of a language is remembered.
const LANGUAGE_TTL: Duration = Duration::from_secs(365 * 86_400);

/// A request as pages see it.
pub struct Visit {
    app: App,
    api: Api,
    ages: Ages,
    pub language: Language,
    /// Who is signed in.
    pub user: Option<User>,
    /// What the forms of the page show.
    pub token: FormToken,
    pub cookies: Cookies,
    /// For messages of refusals.
    pub context: Context,
    /// Who sends what the page asks of the API.
    pub head: Head,
    /// The parameters of the query; unknown ones are no failure, because other sites add theirs to a link.
    pub query: Fields,
    pub parts: Parts,
}

impl Visit {
    /// The request that has come through this door.
    pub async fn of(parts: &mut Parts, door: Door<'_>) -> Visit {
        let context: Result<_, Infallible> = Context::from_request_parts(parts, door.app).await;
        let Ok(context) = context;
        // the door has taken away what is no good token
        let user = MaybeUser::from_request_parts(parts, door.app).await.ok().and_then(|MaybeUser(user)| user);
        Visit {
            app: door.app.clone(),
            api: door.api.clone(),
            ages: door.ages,
            language: context.language(),
            user,
            token: parts.extensions.get::<FormToken>().cloned().unwrap_or_default(),
            cookies: door.cookies(&parts.headers),
            context,
            head: Head::of(parts).with(header::ACCEPT, "application/json"),
            query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            parts: parts.clone(),
        }
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        self.parts.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// How this page writes amounts and times.
    pub fn show(&self) -> Show {
        Show::of(&self.app, self.language)
    }

    /// What the API responds to a read in this format.
    pub async fn read_as(&self, path: &str, format: &str) -> Result<Response, Refused> {
        self.api.send(&self.head.clone().with(header::ACCEPT, format), Method::GET, &below(path), None).await
    }

    /// Sends this person's request to the API.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response, Refused> {
        self.api.send(&self.head, method, &below(path), body).await
    }

    /// The same with an idempotency key: a form that is sent twice has its effect once.
    pub async fn send_once(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response, Refused> {
        self.api.send(&self.head.clone().keyed(key), method, &below(path), body).await
    }

    /// The data of the API's response.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        self.api.call(&self.head, method, &below(path), body).await
    }

    /// The same with an idempotency key.
    pub async fn call_once<T: DeserializeOwned>(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        self.api.call(&self.head.clone().keyed(key), method, &below(path), body).await
    }

    /// The tokens of a new session. C012 for who tries too often.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Tokens, Refused> {
        admit_costly(&self.parts).await?;
        let credentials = json!({"email": email, "password": password});
        self.call(Method::POST, "/api/v1/auth/login", Some(credentials)).await
    }

    /// Begins a session in the browser, and goes on: with new tokens and a new form token, whatever it had before.
    pub fn begin(&self, tokens: &Tokens, onward: &str) -> Response {
        let mut response = see(onward);
        cookie::add(&mut response, tokens.cookies(&self.cookies, self.ages));
        cookie::add(&mut response, [FormToken::new().cookie(&self.cookies)]);
        response
    }

    /// Ends the session, and goes on.
    pub async fn sign_out(&self, onward: &str) -> Response {
        if let Some(token) = self.cookies.get(cookie::REFRESH) {
            // a session that is over already is no failure
            let _ = self.send(Method::POST, "/api/v1/auth/logout", Some(json!({"refreshToken": token}))).await;
        }
        let mut response = see(onward);
        cookie::add(&mut response, session::ended(&self.cookies));
        cookie::add(&mut response, [FormToken::new().cookie(&self.cookies)]);
        response
    }

    /// Remembers the language with this code, and goes on. C003.
    pub fn choose(&self, code: &str, onward: &str) -> PageResult {
        let chosen = words::language(code).ok_or(Code::NotFound)?;
        let mut response = see(onward);
        cookie::add(&mut response, [self.cookies.set(cookie::LANGUAGE, words::code(chosen), LANGUAGE_TTL)]);
        Ok(response)
    }
}

/// The whole path of an operation of the API. The probes have no base.
fn below(path: &str) -> String {
    let whole = path.starts_with("/api/") || path == "/readyz";
    if whole { path.to_owned() } else { format!("{}{path}", web::BASE) }
}
