//! What a thing is: names with values.

use crate::table::Cell;
use askama::Template;

/// Names with their values.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "details.html")]
pub struct Details {
    title: String,
    rows: Vec<(String, Cell)>,
}

impl Details {
    /// Nothing yet, below this title.
    pub fn of(title: impl Into<String>) -> Details {
        Details { title: title.into(), rows: Vec::new() }
    }

    /// The same with one more value.
    #[must_use]
    pub fn row(mut self, name: impl Into<String>, value: Cell) -> Details {
        self.rows.push((name.into(), value));
        self
    }

    /// The same with a value that may be missing.
    #[must_use]
    pub fn row_if(self, name: impl Into<String>, value: Option<impl Into<String>>) -> Details {
        match value {
            Some(value) => self.row(name, Cell::text(value)),
            None => self,
        }
    }
}
