//! The shop in a browser. The README says which pages there are and what they promise.

mod account_pages;
mod cards;
mod cart_page;
mod checkout_page;
mod coupons_page;
mod deals_page;
pub mod drawing;
pub mod errors;
mod find;
mod home;
mod layers;
mod list_page;
mod navigation;
mod order_page;
mod orders_page;
mod product_page;
mod queue_page;
pub mod routes;
mod settings;
mod sign_pages;
mod site;
mod sitemap;
mod trouble;
mod visit;

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
