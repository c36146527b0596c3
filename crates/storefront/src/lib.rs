//! The shop in a browser. The README says which pages there are and what they promise.

mod account_pages;
mod bank;
mod cards;
mod cart_page;
mod checkout_page;
mod coupons_page;
mod deals_page;
mod deposit_page;
pub mod drawing;
mod errors;
mod facets;
mod home;
mod layers;
mod list_page;
mod marked;
mod navigation;
mod order_page;
mod orders_page;
mod pay_page;
mod photo;
mod product_page;
mod queue_page;
mod returns_page;
pub mod routes;
mod search_address;
mod search_page;
mod settings;
mod sign_pages;
mod site;
mod sitemap;
mod trouble;
mod visit;
mod wallet_pages;
mod window;

pub use routes::{forms, router};
pub use settings::Settings;
pub use site::Site;

/// What the storefront contributes to the program, beside its pages: its settings, and which pages in the response cache an event makes
/// wrong.
pub const MODULE: web::Module = web::Module {
    settings: Some(web::settings::Section::of::<Settings>()),
    invalidates: site::invalidates,
    ..web::Module::named("storefront")
};
