//! Every page with its path. Each is for one person.

use crate::{
    Console, assets, audit_page, captures_page, categories_page, coupons_page, customers_page, dashboard, deals_page,
    events_page, images_page, import_page, layers, operator_pages, order_page, orders_page, product_page,
    product_stock, products_page, queues_page, rebuild_page, reports_page, returns_page, sagas_page, search_page,
    sign_pages, variant_page,
};
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use kernel::Code;
use pages::{
    PageResult,
    sent::{Sent, to_page},
};
use std::sync::LazyLock;

/// The pages, and the paths to which forms are sent.
#[derive(Default)]
struct Pages {
    router: Router<Console>,
    /// Pages whose forms have files.
    with_files: Router<Console>,
    forms: Vec<&'static str>,
    sent: Sent,
}

impl Pages {
    fn page(mut self, path: &'static str, page: MethodRouter<Console>) -> Pages {
        self.router = self.router.route(path, page);
        self
    }

    fn form(mut self, path: &'static str, handler: MethodRouter<Console>) -> Pages {
        self.forms.push(path);
        self.page(path, handler)
    }

    /// A path to which the form of `page` is sent, and nothing else: who asks for it gets that page.
    fn sent(mut self, page: &'static str, path: &'static str, handler: MethodRouter<Console>) -> Pages {
        self.sent.add(path, page);
        self.form(path, handler.merge(to_page(path, page)))
    }

    fn form_with_files(mut self, path: &'static str, handler: MethodRouter<Console>) -> Pages {
        self.forms.push(path);
        self.with_files = self.with_files.route(path, handler);
        self
    }
}

fn all() -> Pages {
    let pages = Pages::default()
        .page("/console", get(dashboard::dashboard))
        .page("/console/parts/{name}", get(dashboard::part))
        .page("/console/search", get(search_page::search))
        .page("/console/language/{code}", get(sign_pages::language));
    operators(merchandise(selling(pages)))
        .form("/console/sign-in", get(sign_pages::sign_in_form).post(sign_pages::sign_in))
        .sent("/console/sign-in", "/console/sign-out", post(sign_pages::sign_out))
        .page("/console/{*rest}", get(nothing))
}

/// Products, categories, coupons, deals, queues.
fn merchandise(pages: Pages) -> Pages {
    pages
        .page("/console/products", get(products_page::products))
        .form("/console/products/new", get(product_page::new_form).post(product_page::make))
        .form("/console/products/{id}", get(product_page::product).post(product_page::rewrite))
        .form_with_files("/console/products/import", get(import_page::imports).post(import_page::begin))
        .page("/console/products/import/{number}", get(import_page::import))
        .form("/console/products/chosen", get(products_page::products).post(products_page::act))
        .sent("/console/products/{id}", "/console/products/{id}/variants", post(variant_page::add))
        .form("/console/products/{id}/variants/{variant}", get(variant_page::variant).post(variant_page::rewrite))
        .sent(
            "/console/products/{id}/variants/{variant}",
            "/console/products/{id}/variants/{variant}/delete",
            post(variant_page::delete),
        )
        .sent(
            "/console/products/{id}/variants/{variant}",
            "/console/products/{id}/variants/{variant}/restore",
            post(variant_page::restore),
        )
        .form_with_files("/console/products/{id}/images", get(images_page::images).post(images_page::save))
        .sent(
            "/console/products/{id}",
            "/console/products/{id}/receive/{variant}/{location}",
            post(product_stock::receive),
        )
        .sent(
            "/console/products/{id}",
            "/console/products/{id}/adjust/{variant}/{location}",
            post(product_stock::adjust),
        )
        .sent("/console/products/{id}", "/console/products/{id}/publish", post(product_page::publish))
        .sent("/console/products/{id}", "/console/products/{id}/close", post(product_page::close))
        .form("/console/products/{id}/restore", get(product_page::restore_form).post(product_page::restore))
        .sent("/console/products/{id}", "/console/products/{id}/delete", post(product_page::delete))
        .form("/console/categories", get(categories_page::categories).post(categories_page::make))
        .form("/console/categories/{id}", get(categories_page::category).post(categories_page::rewrite))
        .sent("/console/categories/{id}", "/console/categories/{id}/delete", post(categories_page::delete))
        .page("/console/coupons", get(coupons_page::coupons))
        .form("/console/coupons/new", get(coupons_page::new_form).post(coupons_page::make))
        .form("/console/coupons/{id}", get(coupons_page::coupon).post(coupons_page::rewrite))
        .sent("/console/coupons/{id}", "/console/coupons/{id}/delete", post(coupons_page::delete))
        .page("/console/deals", get(deals_page::deals))
        .form("/console/deals/new", get(deals_page::new_form).post(deals_page::make))
        .form("/console/deals/{id}", get(deals_page::deal).post(deals_page::rewrite))
        .sent("/console/deals/{id}", "/console/deals/{id}/end", post(deals_page::end))
        .sent("/console/deals/{id}", "/console/deals/{id}/cancel", post(deals_page::cancel))
        .page("/console/queues", get(queues_page::queues))
        .page("/console/queues/{kind}/{id}", get(queues_page::queue))
        .sent("/console/queues/{kind}/{id}", "/console/queues/{kind}/{id}/rules", post(queues_page::change))
        .sent("/console/queues/{kind}/{id}", "/console/queues/{kind}/{id}/process", post(queues_page::process))
        .sent("/console/queues/{kind}/{id}", "/console/queues/{kind}/{id}/stop", post(queues_page::stop))
}

/// Orders, customers, reports, settlement.
fn selling(pages: Pages) -> Pages {
    pages
        .page("/console/orders", get(orders_page::orders))
        .form("/console/orders/chosen", get(orders_page::orders).post(orders_page::act))
        .page("/console/orders/stream", get(dashboard::stream))
        .page("/console/orders/{number}", get(order_page::order))
        .sent("/console/orders/{number}", "/console/orders/{number}/ship", post(order_page::ship))
        .sent("/console/orders/{number}", "/console/orders/{number}/deliver", post(order_page::deliver))
        .sent("/console/orders/{number}", "/console/orders/{number}/cancel", post(order_page::cancel))
        .sent("/console/orders/{number}", "/console/orders/{number}/refund/{payment}", post(order_page::refund))
        .page("/console/returns", get(returns_page::returns))
        .page("/console/returns/{number}", get(returns_page::one))
        .sent("/console/returns/{number}", "/console/returns/{number}/{act}", post(returns_page::act))
        .page("/console/customers", get(customers_page::customers))
        .page("/console/customers/{id}", get(customers_page::customer))
        .sent("/console/customers/{id}", "/console/customers/{id}/balance", post(customers_page::balance))
        .sent("/console/customers/{id}", "/console/customers/{id}/points", post(customers_page::points))
        .page("/console/reports", get(reports_page::reports))
        .page("/console/reports/{name}", get(reports_page::report))
        .page("/console/reports/{name}/table.csv", get(reports_page::report_file))
        .page("/console/exports/{what}", get(reports_page::export))
        .page("/console/settlement", get(reports_page::settlement))
        .page("/console/settlement/table.csv", get(reports_page::settlement_file))
        .page("/console/settlement/captures", get(captures_page::captures))
        .sent("/console/settlement/captures", "/console/settlement/captures/{id}", post(captures_page::resolve))
}

/// What operators look at.
fn operators(pages: Pages) -> Pages {
    pages
        .page("/console/sagas", get(sagas_page::sagas))
        .sent("/console/sagas", "/console/sagas/{id}/retry", post(sagas_page::retry))
        .sent("/console/sagas", "/console/sagas/{id}/resolve", post(sagas_page::resolve))
        .page("/console/events", get(events_page::events))
        .sent("/console/events", "/console/events/{id}/redeliver", post(events_page::redeliver))
        .form("/console/audit", get(audit_page::audit).post(audit_page::run))
        .page("/console/rebuild", get(rebuild_page::rebuild))
        .form("/console/rebuild/{what}", get(rebuild_page::rebuild).post(rebuild_page::run))
        .page("/console/settings", get(operator_pages::settings))
        .page("/console/health", get(operator_pages::health))
}

/// The paths to which forms are sent. Each of them refuses a form that is not from our own pages; a test sends one to every path.
pub fn forms() -> Vec<&'static str> {
    all().forms
}

/// The page that has the form which is sent to `path`; `None` when the path has a page of its own.
pub fn page_of(path: &str) -> Option<String> {
    static SENT: LazyLock<Sent> = LazyLock::new(|| all().sent);
    SENT.page_of(path)
}

/// The routes of the console.
pub fn router(console: &Console) -> Router {
    let all = all();
    let pages = all.router.layer(from_fn_with_state(console.clone(), layers::private));
    let with_files = all.with_files.layer(from_fn_with_state(console.clone(), layers::private_with_files));
    let pages = pages.merge(with_files);
    // the stylesheet and the script are the same for everybody
    pages.route("/console/assets/{file}", get(assets::asset)).with_state(console.clone())
}

/// A path of the console that has no page.
async fn nothing() -> PageResult {
    Err(Code::NotFound.into())
}
