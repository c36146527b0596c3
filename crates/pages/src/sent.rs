//! Paths to which forms are sent, and the pages that have these forms. A page that was sent back with a refusal stands at the path of its
//! form; a browser that restores its tab, or goes on from it, asks for that path, and gets the page with the form.

use crate::html::see;
use axum::{
    http::Uri,
    routing::{MethodRouter, get},
};

/// Paths of forms with their pages, as routes write them: `/orders/{number}/pay` of `/orders/{number}`.
#[derive(Debug, Default)]
pub struct Sent(Vec<(&'static str, &'static str)>);

impl Sent {
    /// The form that is sent to `path` is on `page`.
    pub fn add(&mut self, path: &'static str, page: &'static str) {
        self.0.push((path, page));
    }

    /// The page that has the form which is sent to `path`; `None` when the path has a page of its own.
    pub fn page_of(&self, path: &str) -> Option<String> {
        self.0.iter().find_map(|(form, page)| page_at(form, page, path))
    }
}

/// Who asks for the path of a form gets the page that has it.
pub fn to_page<S: Clone + Send + Sync + 'static>(form: &'static str, page: &'static str) -> MethodRouter<S> {
    get(async move |uri: Uri| see(&page_at(form, page, uri.path()).unwrap_or_else(|| "/".to_owned())))
}

/// `page` with the parts of `path` for its parameters, if `path` is one of `form`.
fn page_at(form: &str, page: &str, path: &str) -> Option<String> {
    let path = path.split('?').next().unwrap_or_default();
    if form.split('/').count() != path.split('/').count() {
        return None;
    }
    form.split('/').zip(path.split('/')).try_fold(page.to_owned(), |page, (name, part)| {
        if name.starts_with('{') { Some(page.replace(name, part)) } else { (name == part).then_some(page) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_its_page() {
        let mut sent = Sent::default();
        sent.add("/orders/{number}/pay", "/orders/{number}");
        sent.add("/queues/{kind}/{id}/stop", "/queues/{kind}/{id}");
        sent.add("/cart/clear", "/cart");
        let page = |path: &str| sent.page_of(path);
        assert_eq!(page("/orders/ORD-1/pay?done=1").as_deref(), Some("/orders/ORD-1"));
        assert_eq!(page("/queues/COUPON/7/stop").as_deref(), Some("/queues/COUPON/7"));
        assert_eq!(page("/cart/clear").as_deref(), Some("/cart"));
        for other in ["/orders/ORD-1", "/orders/ORD-1/pay/more", "/orders/ORD-1/cancel", "/cart", "/"] {
            assert_eq!(page(other), None, "{other}");
        }
    }
}
