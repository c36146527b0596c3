//! Files of rows: CSV, workbooks and JSON, in whatever encoding, with amounts as people write them; as they are read by the imports of
//! products and of orders. The README says what holds.

pub mod amount;
pub mod columns;
pub mod csv;
pub mod encoding;
pub mod json_rows;
pub mod lines;
pub mod members;
mod options;
pub mod report;
pub mod response;
mod rows;
pub mod running;
#[cfg(any(test, feature = "samples"))]
pub mod sample;
mod spool;
mod storing;
mod unpacked;
pub mod upload;
mod workbook;

pub use encoding_rs::Encoding;
pub use lines::Position;
pub use options::{Format, Options, ReadQuery};
pub use report::{Progress, ReadAs};
pub use rows::{Rows, open};
pub use running::Running;
pub use spool::spooled;
pub use storing::write;
