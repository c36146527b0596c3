//! A cache of rendered statement texts, so that each is rendered once per connection.

use crate::{Arg, Dialect, dialect};
use std::{collections::HashMap, sync::Arc};

/// Most values of an [`Arg::Rows`] whose text is cached. The number of rows is not padded, so each number has a text of its
/// own. Rendering a long text again costs little compared with running it.
pub(crate) const ROW_VALUES_KEPT: usize = 128;

/// The cached texts of one connection.
pub(crate) struct Rendered {
    dialect: Dialect,
    kept: HashMap<Shape, Arc<str>>,
}

/// What a rendered text depends on: the statement, identified by the address of its literal, and the lengths of its lists.
#[derive(PartialEq, Eq, Hash)]
struct Shape {
    sql: (usize, usize),
    lengths: u64,
}

impl Rendered {
    pub fn new(dialect: Dialect) -> Rendered {
        Rendered { dialect, kept: HashMap::new() }
    }

    /// The text, and whether it is cached, so that the driver should keep it prepared too.
    pub fn text(&mut self, sql: &'static str, args: &[Arg<'_>]) -> (Arc<str>, bool) {
        if row_values(args) > ROW_VALUES_KEPT {
            return (self.dialect.render(sql, args).into(), false);
        }
        let shape = Shape { sql: (sql.as_ptr() as usize, sql.len()), lengths: lengths(args) };
        let dialect = self.dialect;
        let text = self.kept.entry(shape).or_insert_with(|| dialect.render(sql, args).into());
        (Arc::clone(text), true)
    }

    /// The number of cached texts, for a test.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.kept.len()
    }
}

fn lengths(args: &[Arg<'_>]) -> u64 {
    args.iter().fold(0, |shape, arg| {
        let len = match arg {
            Arg::List(values) => dialect::padded(values.len()),
            Arg::Pairs(pairs) => dialect::padded(pairs.len()),
            Arg::Rows(rows) => rows.len(),
            Arg::Null | Arg::Int(_) | Arg::Text(_) | Arg::Owned(_) => return shape,
        };
        shape.wrapping_mul(1_000_003).wrapping_add(len as u64)
    })
}

fn row_values(args: &[Arg<'_>]) -> usize {
    let values = |arg: &Arg<'_>| match arg {
        Arg::Rows(rows) => rows.len() * rows.first().map_or(0, Vec::len),
        _ => 0,
    };
    args.iter().map(values).sum()
}
