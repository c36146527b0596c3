//! One request of one person who works in the shop, and how a page of the console reads from the API and responds.

use crate::{
    Console, assets,
    navigation::{self, Place},
    page::{Frame, Page},
    routes, trouble,
};
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
    response::Response,
};
use kernel::{Code, Money, text};
use pages::{
    Fields, Html, PageResult, Refused, Shell,
    html::{self, see},
    shell::About,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{convert::Infallible, ops::Deref};
use web::{Role, User};

/// A request as pages see it.
pub struct Visit {
    pub console: Console,
    visit: pages::Visit,
}

impl Deref for Visit {
    type Target = pages::Visit;
    fn deref(&self) -> &pages::Visit {
        &self.visit
    }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Visit, Infallible> {
        Ok(Visit { console: console.clone(), visit: pages::Visit::of(parts, console.door()).await })
    }
}

/// Whether what was asked for is nothing of this reader, or of this shop. A customer of a sales channel has no account here.
fn is_elsewhere(code: Code) -> bool {
    matches!(code, Code::RoleRequired | Code::NotFound | Code::AccountsElsewhere | Code::UserNotFound)
}

impl Visit {
    /// Whether an administrator is signed in.
    pub fn is_admin(&self) -> bool {
        self.user.as_ref().is_some_and(User::is_admin)
    }

    /// Whether the person who is signed in may work here.
    pub fn may_enter(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.roles.includes(Role::Seller))
    }

    /// A001 without a session, A002 for who is no seller.
    pub fn seller(&self) -> Result<(), Refused> {
        self.must(self.may_enter())
    }

    /// A001 without a session, A002 for who is no administrator: for pages that do not ask the API.
    pub fn admin(&self) -> Result<(), Refused> {
        self.must(self.is_admin())
    }

    fn must(&self, allowed: bool) -> Result<(), Refused> {
        match (&self.user, allowed) {
            (None, _) => Err(Code::SignInRequired.into()),
            (Some(_), false) => Err(Code::RoleRequired.into()),
            (Some(_), true) => Ok(()),
        }
    }

    /// An amount in minor units as people write it.
    pub fn money(&self, minor: i64) -> String {
        self.show().money(Money::minor(minor))
    }

    /// The data of a read of the API.
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        self.call(Method::GET, path, None).await
    }

    /// The same where the reader may lack the role, or the shop the part: `None` then.
    pub async fn read_if_allowed<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Refused> {
        match self.read(path).await {
            Ok(found) => Ok(Some(found)),
            Err(refused) if is_elsewhere(refused.code()) => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Sends the change of a form to the API. A form that is sent twice has its effect once.
    pub async fn send_form(
        &self,
        fields: &Fields,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response, Refused> {
        self.send_once(fields.raw("once"), method, path, body).await
    }

    /// The same with the data of the response.
    pub async fn send_for<T: DeserializeOwned>(
        &self,
        fields: &Fields,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Refused> {
        self.call_once(fields.raw("once"), method, path, body).await
    }

    /// C002 when the box of an action that cannot be undone is not ticked.
    pub fn sure(&self, fields: &Fields) -> Result<(), Refused> {
        if fields.is_on("sure") { Ok(()) } else { Err(text::wrong("sure", "must not be blank").into()) }
    }

    /// To a page of ours, which says that it is done.
    pub fn done(&self, path: &str) -> PageResult {
        let sign = if path.contains('?') { '&' } else { '?' };
        Ok(see(&format!("{path}{sign}done=1")))
    }

    /// A page for this person alone.
    pub fn page(&self, page: Page) -> PageResult {
        self.page_with(page, None)
    }

    /// The same with the refusal of what its form sent. Who is not signed in, or may not do it, gets no page.
    pub fn page_with(&self, page: Page, refused: Option<Refused>) -> PageResult {
        use Code::{SignInRequired, TokenExpired, TokenInvalid};
        let lost = |refused: &&Refused| matches!(refused.code(), SignInRequired | TokenExpired | TokenInvalid);
        if let Some(refused) = refused.as_ref().filter(lost) {
            return Err(refused.clone());
        }
        let status = refused.as_ref().map_or(StatusCode::OK, Refused::status);
        let trouble = refused.map(|refused| Html::of(&trouble::of(&refused, &self.context))).transpose()?;
        let main = Html::of(&Frame::of(self, &page, trouble))?;
        Ok(html::private(status, self.framed(&page.title, main)?))
    }

    /// A whole page around `main`.
    pub fn framed(&self, title: &str, main: Html) -> kernel::Result<Html> {
        let path = self.path();
        let is_get = matches!(self.parts.method, Method::GET | Method::HEAD);
        let page = if is_get { None } else { routes::page_of(path) };
        let place = Place {
            language: self.language,
            path,
            back: page.as_deref().unwrap_or(path),
            words: self.query.text("q"),
            token: self.may_enter().then(|| self.token.clone()),
            is_admin: self.is_admin(),
        };
        framed(&self.console, &place, title, main)
    }
}

/// A page of the console.
pub fn framed(console: &Console, place: &Place<'_>, title: &str, main: Html) -> kernel::Result<Html> {
    let about = About { title: title.to_owned(), own: Some(assets::own()), ..About::default() };
    let (header, footer) = navigation::around(&console.setup.shop, place)?;
    Shell { language: place.language, shop: &console.setup.shop, about: &about, header, main, footer }.page()
}
