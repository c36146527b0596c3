//! Where in a body something is.

use std::fmt;

/// A place, linked from the inside to the outside, so that it costs nothing until a message names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Whole,
    Member(&'a Place<'a>, &'a str),
    Entry(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    /// As clients write it: `items[0].quantity`, and nothing for the whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Member(Place::Whole, name) => f.write_str(name),
            Place::Member(outer, name) => write!(f, "{outer}.{name}"),
            Place::Entry(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}
