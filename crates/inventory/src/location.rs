//! Locations of stock.

use kernel::{Code, Detail, Error, Result, text};
use serde::{Serialize, Serializer};
use std::fmt;
use store::{Arg, Column, FromColumn, ToArg};

/// Code of the default location.
pub const MAIN: &str = "MAIN";
/// Longest code, in characters.
const CODE_MAX: usize = 50;

/// A location of stock: `MAIN`, or a code of capitals, digits, `-` and `_`. `MAIN` costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Location(Option<Box<str>>);

impl Location {
    /// The default location, from which orders take first.
    pub const fn main() -> Location {
        Location(None)
    }

    /// The location with this code in capitals; C002 for an invalid code.
    pub fn checked(code: &str) -> Result<Location> {
        let code = text::identity(code);
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if code.is_empty() || code.len() > CODE_MAX || !code.chars().all(allowed) {
            let message = format!("must be 1 to {CODE_MAX} letters, digits, - or _");
            let detail = Detail::field("locationCode", message.clone());
            return Err(Code::InvalidInput.because(format!("locationCode {message}")).with(detail));
        }
        Ok(Location::known(&code.to_ascii_uppercase()))
    }

    /// Like [`Location::checked`]; `MAIN` when there is no code.
    pub fn or_main(code: Option<&str>) -> Result<Location> {
        code.map_or(Ok(Location::main()), Location::checked)
    }

    fn known(code: &str) -> Location {
        Location((code != MAIN).then(|| code.into()))
    }

    /// Whether this is [`MAIN`], from which orders take first.
    pub const fn is_main(&self) -> bool {
        self.0.is_none()
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or(MAIN)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl utoipa::PartialSchema for Location {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}
impl utoipa::ToSchema for Location {}

impl ToArg for Location {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.as_str())
    }
}

impl FromColumn for Location {
    fn from_column(column: Column<'_>) -> Result<Location> {
        match column {
            Column::Text(code) => Ok(Location::known(code)),
            Column::Null | Column::Int(_) => Err(no_code(column)),
        }
    }
}

fn no_code(column: Column<'_>) -> Error {
    Code::Internal.error().caused_by(format!("expected a location code, found {column:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_raised_and_main_is_main() {
        assert_eq!(Location::checked(" main ").unwrap(), Location::main());
        assert_eq!(Location::checked("busan-2").unwrap().as_str(), "BUSAN-2");
        assert!(Location::or_main(None).unwrap().is_main());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", " ", "부산", "A B", "A'", &"A".repeat(51)] {
            assert!(Location::checked(text).is_err(), "{text}");
        }
    }
}
