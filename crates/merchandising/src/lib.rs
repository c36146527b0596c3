//! Product pages with stock, products written with their opening stock, and the import of catalogues. The README says
//! more.

pub mod admin;
pub mod http;
pub mod import;
pub mod list;
pub mod ops;
pub mod page;
pub mod popular;
pub mod request;
pub mod stock;
pub mod store;
pub mod upload;

#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

/// What this crate contributes to the program: no tables of its own.
pub const MODULE: web::Module = web::Module {
    statements: &[store::STATEMENTS],
    routes: http::routes,
    stale: http::stale,
    ..web::Module::named("merchandising")
};
