//! The rows that a statement returns, read column by column into the kernel's types.

use kernel::{
    Code, Id, Money, Quantity, Reference, Result, Timestamp, UserId,
    number::{Number, NumberKind},
};
use std::cell::Cell;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

/// One row, valid while the statement steps.
pub struct Row<'a> {
    inner: Inner<'a>,
    /// The column that [`Row::next`] reads.
    next: Cell<usize>,
}

/// One arm per driver.
pub(crate) enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
    MySql(&'a mysql::Row),
}

impl Row<'_> {
    /// The value in the next column: the first call reads column 0, each further call the column after it. With a column
    /// list that stands once (see [`crate::concatcp`]) the reading function names the fields in the order of that list, and
    /// no position has to be counted. C001 as for [`Row::get`].
    ///
    /// ```
    /// # use kernel::{Money, ProductId, Result};
    /// # use store::Row;
    /// struct Product { id: ProductId, name: String, price: Money }
    ///
    /// const COLUMNS: &str = "id, name, price";
    ///
    /// fn product(row: &Row<'_>) -> Result<Product> {
    ///     Ok(Product { id: row.next()?, name: row.next()?, price: row.next()? })
    /// }
    /// ```
    ///
    /// Rust evaluates the fields of a struct literal in the order in which they are written, so that order must be the
    /// order of `COLUMNS`.
    pub fn next<T: FromColumn>(&self) -> Result<T> {
        let index = self.next.replace(self.next.get() + 1);
        self.get(index)
    }

    /// The value in column `index` (from 0). C001 when the column is missing or has another type: a bug, or a damaged row.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T> {
        T::from_column(self.column(index)?)
            .map_err(|error| Code::Internal.error().caused_by(format!("column {index}: {error:?}")))
    }
}

/// The value of a column that may be null, where the row's other columns say that it is not; C001 when it is.
pub fn present<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Code::Internal.error().caused_by("a column is null that the row's status needs"))
}

impl<'a> Row<'a> {
    pub(crate) fn new(inner: Inner<'a>) -> Row<'a> {
        Row { inner, next: Cell::new(0) }
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        match self.inner {
            Inner::Sqlite(row) => row.as_ref().column_count(),
            Inner::Postgres(row) => row.len(),
            Inner::MySql(row) => row.len(),
        }
    }

    /// The value in column `index` as it is. C001 when there is no such column.
    pub fn column(&self, index: usize) -> Result<Column<'a>> {
        match self.inner {
            Inner::Sqlite(row) => crate::sqlite::column(row, index),
            Inner::Postgres(row) => crate::postgres::column(row, index),
            Inner::MySql(row) => crate::mysql::column(row, index),
        }
    }
}

/// A type that can be read from a column.
pub trait FromColumn: Sized {
    /// The value; C001 when the column holds something else.
    fn from_column(column: Column<'_>) -> Result<Self>;
}

fn unexpected(column: Column<'_>, wanted: &str) -> kernel::Error {
    Code::Internal.error().caused_by(format!("expected {wanted}, found {column:?}"))
}

impl FromColumn for i64 {
    fn from_column(column: Column<'_>) -> Result<Self> {
        match column {
            Column::Int(value) => Ok(value),
            other => Err(unexpected(other, "an integer")),
        }
    }
}
impl FromColumn for u32 {
    fn from_column(column: Column<'_>) -> Result<Self> {
        u32::try_from(i64::from_column(column)?).map_err(|_| unexpected(column, "a small integer"))
    }
}
impl FromColumn for bool {
    fn from_column(column: Column<'_>) -> Result<Self> {
        i64::from_column(column).map(|value| value != 0)
    }
}
impl FromColumn for String {
    fn from_column(column: Column<'_>) -> Result<Self> {
        match column {
            Column::Text(text) => Ok(text.to_owned()),
            other => Err(unexpected(other, "text")),
        }
    }
}
impl FromColumn for std::sync::Arc<str> {
    fn from_column(column: Column<'_>) -> Result<Self> {
        match column {
            Column::Text(text) => Ok(text.into()),
            other => Err(unexpected(other, "text")),
        }
    }
}
impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(column: Column<'_>) -> Result<Self> {
        match column {
            Column::Null => Ok(None),
            other => T::from_column(other).map(Some),
        }
    }
}
impl<Of> FromColumn for Id<Of> {
    fn from_column(column: Column<'_>) -> Result<Self> {
        i64::from_column(column).map(Id::new)
    }
}
impl FromColumn for Money {
    fn from_column(column: Column<'_>) -> Result<Self> {
        i64::from_column(column).map(Money::minor)
    }
}
impl FromColumn for Quantity {
    fn from_column(column: Column<'_>) -> Result<Self> {
        Quantity::new(i64::from_column(column)?)
    }
}
impl FromColumn for Timestamp {
    fn from_column(column: Column<'_>) -> Result<Self> {
        i64::from_column(column).map(Timestamp::from_millis)
    }
}

fn parsed<T: std::str::FromStr<Err = kernel::Error>>(column: Column<'_>) -> Result<T> {
    match column {
        Column::Text(text) => text.parse(),
        other => Err(unexpected(other, "text")),
    }
}

impl FromColumn for Reference {
    fn from_column(column: Column<'_>) -> Result<Self> {
        parsed(column)
    }
}
impl FromColumn for UserId {
    fn from_column(column: Column<'_>) -> Result<Self> {
        parsed(column)
    }
}
impl<Kind: NumberKind> FromColumn for Number<Kind> {
    fn from_column(column: Column<'_>) -> Result<Self> {
        parsed(column)
    }
}
