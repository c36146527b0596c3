//! How a file is read and what its rows become.

use crate::plan::Blank;
use catalog::ops::upsert::SameName;
use catalog::product::Status;
use files::Format;
use kernel::{Currency, UserId};

/// How to read a file and what its products become.
#[derive(Debug, Clone)]
pub struct Options {
    /// How it is read.
    pub read: files::Options,
    /// Whose products they become and who may change them; `None`: the shop, which may change everything.
    pub seller: Option<UserId>,
    /// What an empty cell says.
    pub blank: Blank,
    /// The state of new products whose row does not say.
    pub status: Status,
    /// What to do with a name that another product holds.
    pub same_name: SameName,
    /// Available units at or below which the stock of a new product counts as low.
    pub low_stock_threshold: i64,
    /// Who is noted in the stock ledger.
    pub by: String,
}

impl Options {
    /// A file of this kind, read without mapping, for the shop itself, on sale at once.
    pub fn new(format: Format, currency: Currency, low_stock_threshold: i64) -> Options {
        Options::reading(files::Options::new(format, currency), low_stock_threshold)
    }

    /// The same of a file that is read so.
    pub fn reading(read: files::Options, low_stock_threshold: i64) -> Options {
        Options {
            read,
            blank: Blank::default(),
            seller: None,
            status: Status::Active,
            same_name: SameName::default(),
            low_stock_threshold,
            by: "IMPORT".to_owned(),
        }
    }
}
