//! One request of one visitor: who it is, in which language, and what a page needs to respond.

use crate::{navigation, site::Site, trouble::Trouble};
use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
    response::Response,
};
use kernel::{Code, Result};
use pages::{
    Fields, FormToken, Head, Html, Language, PageResult, Refused, Shell, cookie::Cookies, html, shell::About,
    show::Show,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::convert::Infallible;
use store::Tx;
use web::{App, Context, MaybeUser, User};

/// A request as pages see it.
pub struct Visit {
    pub site: Site,
    pub language: Language,
    /// The signed-in buyer.
    pub user: Option<User>,
    /// What the forms of the page show.
    pub token: FormToken,
    pub cookies: Cookies,
    /// For messages of refusals.
    pub context: Context,
    pub head: Head,
    /// The parameters of the query; unknown ones are no failure, because other sites add theirs to a link.
    pub query: Fields,
    pub parts: Parts,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visit, Infallible> {
        let Ok(context) = Context::from_request_parts(parts, site).await;
        // the layer has taken away what is no good token
        let user = MaybeUser::from_request_parts(parts, &site.app).await.ok().and_then(|MaybeUser(user)| user);
        let token = parts.extensions.get::<FormToken>().cloned().unwrap_or_default();
        let secure = site.origin.is_secure(&parts.headers);
        Ok(Visit {
            site: site.clone(),
            language: context.language(),
            user,
            token,
            cookies: Cookies::of(&parts.headers, secure),
            context,
            head: Head::of(parts),
            query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            parts: parts.clone(),
        })
    }
}

impl Visit {
    pub fn app(&self) -> &App {
        &self.site.app
    }

    /// The signed-in buyer; A001 sends the browser to the sign-in.
    pub fn buyer(&self) -> Result<User, Refused> {
        self.user.clone().ok_or_else(|| Code::SignInRequired.into())
    }

    /// How this page writes amounts and times.
    pub fn show(&self) -> Show {
        let shop = &self.app().shop;
        Show { language: self.language, currency: shop.currency, zone: shop.zone.clone() }
    }

    /// The address of a path of ours, with the host.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.site.origin.base(&self.parts.headers))
    }

    /// Reads everything for a page in one transaction.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        Ok(self.app().db.read(name, work).await?)
    }

    /// Sends this visitor's request to the API.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response, Refused> {
        self.site.api.send(&self.head, method, &below(path), body).await
    }

    /// The same with an idempotency key: a form that is sent twice has its effect once.
    pub async fn send_once(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response, Refused> {
        let head = self.head.clone().keyed(key);
        self.site.api.send(&head, method, &below(path), body).await
    }

    /// The data of the API's response.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        self.site.api.call(&self.head, method, &below(path), body).await
    }

    /// What is wrong, for this visitor.
    pub fn trouble(&self, refused: &Refused) -> Trouble {
        Trouble::of(refused, &self.context)
    }

    /// A whole page around `main`.
    pub fn framed(&self, about: &About, main: &impl Template) -> Result<Html> {
        let main = Html::of(main)?;
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let (header, footer) = navigation::around(self.language, &self.site.settings.name, path, &self.query)?;
        Shell { language: self.language, shop: &self.site.settings.name, about, header, main, footer }.page()
    }

    /// A page for this visitor alone.
    pub fn page(&self, title: &str, main: &impl Template) -> PageResult {
        self.page_as(StatusCode::OK, title, main)
    }

    /// The same with a status: a form that was refused is shown again with the refusal.
    pub fn page_as(&self, status: StatusCode, title: &str, main: &impl Template) -> PageResult {
        let about = About { title: title.to_owned(), ..About::default() };
        Ok(html::private(status, self.framed(&about, main)?))
    }
}

/// The whole path of an operation of the API.
fn below(path: &str) -> String {
    if path.starts_with("/api/") { path.to_owned() } else { format!("{}{path}", web::BASE) }
}

/// The status of a page that shows this refusal.
pub fn status(refused: &Refused) -> StatusCode {
    StatusCode::from_u16(refused.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
