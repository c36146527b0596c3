//! The console: the shop as the people see it who work in it. The README says which pages there are and what they promise.

mod assets;
mod audit_page;
mod captures_page;
mod categories_page;
mod chart;
mod chosen;
mod coupons_page;
mod customers_page;
mod dashboard;
mod deals_page;
mod desk;
mod details;
mod errors;
mod events_page;
mod forms;
mod images_page;
mod import_page;
mod imports;
mod layers;
mod navigation;
mod operator_pages;
mod order_page;
mod orders_page;
mod page;
mod product_page;
mod product_stock;
mod products_page;
mod queues_page;
mod rebuild_page;
mod report_list;
mod reports_page;
mod returns_page;
pub mod routes;
mod sagas_page;
mod search_page;
mod settings;
mod sign_pages;
mod states;
mod table;
mod trouble;
mod variant_page;
mod visit;

pub use desk::{Console, SettingRow, Setup};
pub use routes::{forms, router};
pub use settings::Settings;

/// What the console contributes to the program, beside its pages: its settings.
pub const MODULE: web::Module =
    web::Module { settings: Some(web::settings::Section::of::<Settings>()), ..web::Module::named("console") };
