//! Orders of sales channels, where they were paid, and gifts. A file brings many of them. The README says what
//! the rows say and what holds.

pub mod field;
pub mod order;
pub mod place;
pub mod report;
pub mod row;
pub mod run;

pub use report::{Report, Watch};
pub use run::{Options, run};
