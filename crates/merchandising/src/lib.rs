//! Product pages with stock, and products written together with their opening stock. The README says more.

mod deals;
pub mod http;
pub mod images;
pub mod list;
pub mod ops;
pub mod page;
pub mod popular;
pub mod request;
pub mod store;

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

/// What this crate contributes to the program: no tables of its own.
pub const MODULE: web::Module = web::Module {
    statements: &[&store::EVERYWHERE, &store::IN_CATEGORY, &store::COUNTS],
    routes: http::routes,
    tasks: images::tasks,
    invalidates: http::invalidates,
    ..web::Module::named("merchandising")
};
