//! Every page with its path. A page is the same for everybody, the same but for its form token, or for one visitor.

use crate::{
    Site, account_pages, cart_page, checkout_page, coupons_page, deals_page, deposit_page, drawing, home, layers,
    list_page, order_page, orders_page, pay_page, product_page, queue_page, returns_page, search_page, sign_pages,
    sitemap, visit::Visit, wallet_pages,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use pages::{
    PageResult, assets,
    origin::own_path,
    sent::{Sent, to_page},
};
use std::sync::LazyLock;

/// The pages, by what they show to whom.
#[derive(Default)]
struct Table {
    shared: Router<Site>,
    with_forms: Router<Site>,
    personal: Router<Site>,
    forms: Vec<&'static str>,
    sent: Sent,
}

impl Table {
    fn shared(mut self, path: &'static str, page: MethodRouter<Site>) -> Table {
        self.shared = self.shared.route(path, page);
        self
    }

    fn with_forms(mut self, path: &'static str, page: MethodRouter<Site>) -> Table {
        self.with_forms = self.with_forms.route(path, page);
        self
    }

    fn personal(mut self, path: &'static str, page: MethodRouter<Site>) -> Table {
        self.personal = self.personal.route(path, page);
        self
    }

    /// A page whose form is sent to its own path.
    fn form(mut self, path: &'static str, handler: MethodRouter<Site>) -> Table {
        self.forms.push(path);
        self.personal(path, handler)
    }

    /// A path to which the form of `page` is sent, and which shows something else to who asks for it.
    fn form_of(mut self, page: &'static str, path: &'static str, handler: MethodRouter<Site>) -> Table {
        self.sent.add(path, page);
        self.form(path, handler)
    }

    /// A path to which the form of `page` is sent, and nothing else: who asks for it gets that page.
    fn sent(self, page: &'static str, path: &'static str, handler: MethodRouter<Site>) -> Table {
        self.form_of(page, path, handler.merge(to_page(path, page)))
    }
}

fn table() -> Table {
    Table::default()
        .shared("/", get(home::home))
        .shared("/products", get(list_page::list))
        .shared("/categories/{id}", get(list_page::category))
        .shared("/deals", get(deals_page::deals))
        .shared("/robots.txt", get(sitemap::robots))
        .shared("/sitemap.xml", get(sitemap::sitemap))
        .shared("/language/{code}", get(language))
        .shared(assets::ROUTE, get(assets::asset))
        .shared(drawing::ROUTE, get(drawing::image))
        .with_forms("/products/{id}", get(product_page::product))
        .with_forms("/deals/{id}", get(deals_page::deal))
        .form("/deals/{id}", post(deals_page::buy))
        .personal("/me", get(cart_page::me))
        .personal("/search", get(search_page::search))
        .form_of("/search", "/search/recent", get(search_page::recent).post(search_page::forget))
        .personal("/cart", get(cart_page::cart))
        .sent("/cart", "/cart/items", post(cart_page::add))
        .sent("/cart", "/cart/items/{item}", post(cart_page::change))
        .sent("/cart", "/cart/clear", post(cart_page::clear))
        .form("/sign-in", get(sign_pages::sign_in_form).post(sign_pages::sign_in))
        .form("/sign-up", get(sign_pages::sign_up_form).post(sign_pages::sign_up))
        .sent("/account", "/sign-out", post(sign_pages::sign_out))
        .form("/checkout", get(checkout_page::checkout).post(checkout_page::order))
        .personal("/orders", get(orders_page::orders))
        .personal("/orders/{number}", get(order_page::order))
        .personal("/orders/{number}/stream", get(order_page::stream))
        .sent("/orders/{number}", "/orders/{number}/pay", post(pay_page::pay_order))
        .personal("/orders/{number}/window", get(pay_page::window))
        .form_of("/orders/{number}", "/orders/{number}/paid", get(pay_page::paid).post(pay_page::confirm))
        .sent("/orders/{number}", "/orders/{number}/withdraw", post(deposit_page::withdraw))
        .sent("/orders/{number}", "/orders/{number}/refund-account", post(deposit_page::refund_account))
        .sent("/orders/{number}", "/orders/{number}/cancel", post(order_page::cancel))
        .sent("/orders/{number}", "/orders/{number}/address", post(order_page::readdress))
        .sent("/orders/{number}", "/orders/{number}/reorder", post(order_page::reorder))
        .form("/orders/{number}/returns", get(returns_page::asking).post(returns_page::ask))
        .personal("/returns", get(returns_page::returns))
        .sent("/returns", "/returns/{number}/withdraw", post(returns_page::withdraw))
        .personal("/coupons", get(coupons_page::coupons))
        .sent("/coupons", "/coupons/claim", post(coupons_page::claim))
        .sent("/coupons", "/coupons/{id}", post(coupons_page::get))
        .form("/queue/{kind}/{id}", get(queue_page::room).post(queue_page::change))
        .personal("/balance", get(wallet_pages::balance))
        .sent("/balance", "/balance/charge", post(wallet_pages::charge))
        .personal("/balance/window", get(wallet_pages::to_window))
        .form_of("/balance", "/balance/charged", get(wallet_pages::charged).post(wallet_pages::confirm))
        .personal("/points", get(wallet_pages::points))
        .personal("/account", get(account_pages::account))
        .sent("/account", "/account/profile", post(account_pages::profile))
        .sent("/account", "/account/password", post(account_pages::password))
        .sent("/account", "/account/addresses", post(account_pages::add_address))
        .form_of("/account", "/account/addresses/{id}", get(account_pages::address).post(account_pages::change_address))
}

/// The paths to which forms are sent. Each of them refuses a form that is not from our own pages; a test sends one to every path.
pub fn forms() -> Vec<&'static str> {
    table().forms
}

/// The page that has the form which is sent to `path`; `None` when the path has a page of its own.
pub fn page_of(path: &str) -> Option<String> {
    static SENT: LazyLock<Sent> = LazyLock::new(|| table().sent);
    SENT.page_of(path)
}

/// The routes of the storefront.
pub fn router(site: &Site) -> Router {
    let Table { shared, with_forms, personal, .. } = table();
    let with_forms = with_forms.layer(from_fn_with_state(site.clone(), layers::with_forms));
    let personal = personal.layer(from_fn_with_state(site.clone(), layers::personal));
    shared.merge(with_forms).merge(personal).with_state(site.clone())
}

/// `GET /language/{code}`: remembers a language, and goes back.
async fn language(web::Path(code): web::Path<String>, visit: Visit) -> PageResult {
    visit.choose(&code, own_path(visit.query.text("return")))
}
