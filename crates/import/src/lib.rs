//! The import of whole catalogues from CSV, XLSX and JSON: streaming, row by row, with a report that names every row that
//! was not stored. The README describes the mapping; the crate `files` reads the rows.

mod cells;
pub mod draft;
pub mod http;
mod json;
pub mod load;
pub mod options;
pub mod plan;
mod rename;
pub mod report;
mod report_lines;
mod run;

#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

pub use options::Options;
pub use report::{Report, Watch};
pub use run::run;

/// What this crate contributes to the program: one route, no tables.
pub const MODULE: web::Module = web::Module { routes: http::routes, ..web::Module::named("import") };
