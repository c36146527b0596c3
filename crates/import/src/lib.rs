//! The import of whole catalogues from CSV, XLSX and JSON: streaming, row by row, with a report that names every row that
//! was not stored. The README describes the mapping.

pub mod amount;
mod cells;
pub mod csv;
pub mod draft;
pub mod encoding;
pub mod http;
mod json;
mod json_rows;
pub mod lines;
pub mod load;
pub mod options;
pub mod plan;
mod rename;
pub mod report;
mod report_lines;
mod run;
mod spool;
pub mod upload;
mod workbook;

#[cfg(test)]
mod http_tests;
#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;

pub use encoding_rs::Encoding;
pub use options::{Format, Options};
pub use report::{Progress, Report, Watch};
pub use run::run;
pub use spool::spooled;

/// What this crate contributes to the program: one route, no tables.
pub const MODULE: web::Module = web::Module { routes: http::routes, ..web::Module::named("import") };
