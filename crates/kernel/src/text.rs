//! Checks of text from outside, with named limits.

use crate::{Code, Detail, Result};

/// Longest reason, note or description of an action, in characters.
pub const REASON_MAX: usize = 500;
/// Longest idempotency key, in bytes (docs/RULES.md).
pub const IDEMPOTENCY_KEY_MAX: usize = 255;

/// `text` without surrounding blanks, if it then has 1 to `max` characters and no control characters; else C002 naming `field`.
pub fn required(field: &str, text: &str, max: usize) -> Result<String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(wrong(field, "must not be blank"));
    }
    optional(field, Some(trimmed), max).map(|text| text.unwrap_or_default())
}

/// Like [`required`], but blank or absent text is `None`.
pub fn optional(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    let Some(trimmed) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if trimmed.chars().count() > max {
        return Err(wrong(field, format!("must have at most {max} characters")));
    }
    if trimmed.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t') {
        return Err(wrong(field, "must not contain control characters"));
    }
    Ok(Some(trimmed.to_owned()))
}

/// The bytes as lower-case hexadecimal digits, two for each.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// C002 about one field.
pub fn wrong(field: &str, message: impl Into<String>) -> crate::Error {
    let message = message.into();
    Code::InvalidInput.because(format!("{field} {message}")).with(Detail::field(field, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_two_digits_each() {
        assert_eq!(hex(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
    }

    #[test]
    fn blank_long_and_control_text_is_refused() {
        assert!(required("name", "  ", 5).is_err());
        assert!(required("name", "sixsix", 5).is_err());
        assert!(required("name", "a\u{0}b", 5).is_err());
        assert_eq!(required("name", " 머그컵 ", 3).unwrap(), "머그컵");
        assert_eq!(optional("note", Some("  "), 5).unwrap(), None);
    }
}
