//! Uploaded images. The README lists what this domain owns and promises.

mod audit;
pub mod content;
pub mod develop;
mod files;
mod http;
pub mod image;
pub mod ops;
pub mod response;
mod settings;
mod store;
mod tasks;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use self::image::{Address, Image, Size};
pub use settings::{Settings, Store};

/// What uploaded images contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[::store::Migration { name: "media/0001_images", sql: include_str!("../migrations/0001_images.sql") }],
    tables: &[("media_images", Stay::Records)],
    statements: &[store::STATEMENTS],
    routes: http::routes,
    root_routes: http::root_routes,
    tasks: tasks::tasks,
    parts: &[web::module::Part {
        name: "images",
        away: "degraded: the store of images cannot be reached, the shop sells without them",
        reach: |app| Box::pin(files::reach(app)),
    }],
    compare: Some(|app, _| Box::pin(audit::compare(app))),
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("media")
};
