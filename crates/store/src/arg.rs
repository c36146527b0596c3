//! The arguments of a statement: scalars, lists for `in ([?])`, pairs for `[case column]`, rows for `values [(?, ?)]`.

use crate::dialect::padded;
use kernel::{Code, Id, Money, Quantity, Reference, Result, Timestamp, UserId, number::Number};

/// One argument of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg<'a> {
    Null,
    /// A 64-bit integer; also ids, money, times and flags.
    Int(i64),
    Text(&'a str),
    /// Text made for this call.
    Owned(String),
    /// The values of `in ([?])`. An empty list matches nothing.
    List(Vec<Arg<'a>>),
    /// The `when ? then ?` pairs of `[case column]`. Must not be empty.
    Pairs(Vec<(i64, i64)>),
    /// The rows of `values [(?, ?, …)]`. Must not be empty; see [`crate::Tx::insert_rows`].
    Rows(Vec<Vec<Arg<'a>>>),
}

/// A type whose values can be arguments of a statement.
pub trait ToArg {
    /// This value as an argument.
    fn to_arg(&self) -> Arg<'_>;
}

/// The arguments of a statement: `args![id, name, price]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::ToArg::to_arg(&$value)),*][..] };
}

impl<'a> Arg<'a> {
    /// Calls `bind` with every scalar of `args`, in the order of the placeholders. Lists and pairs are filled up to the length
    /// they are rendered with by repeating the last value. C001 for empty pairs and for lists in lists.
    pub(crate) fn each_scalar(args: &[Arg<'_>], mut bind: impl FnMut(&Arg<'_>) -> Result<()>) -> Result<()> {
        for arg in args {
            match arg {
                Arg::List(values) => {
                    let last = values.last().unwrap_or(&Arg::Null);
                    for n in 0..padded(values.len()) {
                        bind(values.get(n).unwrap_or(last).scalar()?)?;
                    }
                }
                Arg::Pairs(pairs) => {
                    let last = pairs.last().ok_or_else(|| Code::Internal.error().caused_by("no pairs for a case"))?;
                    for n in 0..padded(pairs.len()) {
                        let (when, then) = pairs.get(n).unwrap_or(last);
                        bind(&Arg::Int(*when))?;
                        bind(&Arg::Int(*then))?;
                    }
                }
                Arg::Rows(rows) => {
                    for value in rows.iter().flatten() {
                        bind(value.scalar()?)?;
                    }
                }
                scalar => bind(scalar)?,
            }
        }
        Ok(())
    }

    fn scalar(&self) -> Result<&Self> {
        match self {
            Arg::Null | Arg::Int(_) | Arg::Text(_) | Arg::Owned(_) => Ok(self),
            Arg::List(_) | Arg::Pairs(_) | Arg::Rows(_) => {
                Err(Code::Internal.error().caused_by("a list inside a list"))
            }
        }
    }

    /// The values of `in ([?])`.
    pub fn list<T: ToArg>(values: &'a [T]) -> Arg<'a> {
        Arg::List(values.iter().map(ToArg::to_arg).collect())
    }
}

impl ToArg for Arg<'_> {
    fn to_arg(&self) -> Arg<'_> {
        self.clone()
    }
}
impl<T: ToArg + ?Sized> ToArg for &T {
    fn to_arg(&self) -> Arg<'_> {
        (**self).to_arg()
    }
}
impl<T: ToArg> ToArg for Option<T> {
    fn to_arg(&self) -> Arg<'_> {
        self.as_ref().map_or(Arg::Null, ToArg::to_arg)
    }
}
impl ToArg for i64 {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(*self)
    }
}
impl ToArg for i32 {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(i64::from(*self))
    }
}
impl ToArg for u32 {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(i64::from(*self))
    }
}
impl ToArg for bool {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(i64::from(*self))
    }
}
impl ToArg for str {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}
impl ToArg for String {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self)
    }
}
impl<Of> ToArg for Id<Of> {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(self.raw())
    }
}
impl ToArg for Money {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(self.as_minor())
    }
}
impl ToArg for Quantity {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(self.as_i64())
    }
}
impl ToArg for Timestamp {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Int(self.as_millis())
    }
}
impl ToArg for Reference {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.as_str())
    }
}
impl ToArg for UserId {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Owned(self.to_string())
    }
}
impl<Kind> ToArg for Number<Kind> {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.as_str())
    }
}
