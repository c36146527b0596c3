//! One request of one visitor, and how a page of the storefront reads and responds.

use crate::{
    navigation, routes,
    site::Site,
    trouble::{self, Trouble},
};
use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
};
use bytes::Bytes;
use kernel::{Code, Result};
use pages::{Html, PageResult, Refused, Shell, gap, html, shell::About};
use std::{convert::Infallible, ops::Deref};
use store::Tx;
use web::{App, User};

/// A request as pages see it.
pub struct Visit {
    pub site: Site,
    visit: pages::Visit,
}

impl Deref for Visit {
    type Target = pages::Visit;
    fn deref(&self) -> &pages::Visit {
        &self.visit
    }
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visit, Infallible> {
        Ok(Visit { site: site.clone(), visit: pages::Visit::of(parts, site.door()).await })
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

    /// The address of a path of ours, with the host.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.site.origin.base(&self.parts.headers))
    }

    /// The address of a path of ours in a page that is kept for everybody, who may reach the shop by other names of its host.
    pub fn kept_address(&self, path: &str) -> String {
        format!("{}{path}", self.site.origin.fixed().unwrap_or(gap::ORIGIN.as_str()))
    }

    /// A kept page with the address by which this visitor reaches the shop.
    pub fn addressed(&self, page: Bytes) -> Bytes {
        match self.site.origin.fixed() {
            Some(_) => page,
            None => gap::ORIGIN.filled(&page, &self.address("")),
        }
    }

    /// Reads everything for a page in one transaction.
    pub async fn read<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T, Refused> {
        Ok(self.app().db.read(name, work).await?)
    }

    /// What is wrong, for this visitor.
    pub fn trouble(&self, refused: &Refused) -> Trouble {
        trouble::of(refused, &self.context)
    }

    /// A whole page around `main`.
    pub fn framed(&self, about: &About, main: &impl Template) -> Result<Html> {
        let (language, shop) = (self.language, self.site.settings.name.as_str());
        let is_get = matches!(self.parts.method, Method::GET | Method::HEAD);
        let page = if is_get { None } else { routes::page_of(self.path()) };
        let path = page.as_deref().unwrap_or(self.path());
        let (header, footer) = navigation::around(language, shop, path, &self.query)?;
        Shell { language, shop, about, header, main: Html::of(main)?, footer }.page()
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
