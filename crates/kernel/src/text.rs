//! Checks of text from outside, with named limits.

use crate::{Code, Detail, Result};

mod clean;
mod order;

pub use clean::{clean, folded, folded_key, identity, is_blank, password, password_forms};
pub use order::{SORT_KEY_LAST, SORT_KEY_MAX, is_sort_key, sort_key, sort_key_range};

/// Longest reason, note or description of an action, in characters.
pub const REASON_MAX: usize = 500;
/// Longest idempotency key, in bytes (docs/RULES.md).
pub const IDEMPOTENCY_KEY_MAX: usize = 255;

/// `text` [`clean`] and on one line, if it then has 1 to `max` characters and no control characters; else C002 naming
/// `field`. Every field of one line goes through here or [`optional`].
pub fn required(field: &str, text: &str, max: usize) -> Result<String> {
    optional(field, Some(text), max)?.ok_or_else(|| blank(field))
}

/// Like [`required`], but blank or absent text is `None`.
pub fn optional(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    let found = paragraph(field, text, max)?;
    match found.as_deref().is_some_and(|text| text.contains(is_line_end_or_tab)) {
        true => Err(wrong(field, "must be one line without tabs")),
        false => Ok(found),
    }
}

/// Like [`required`], on any number of lines: a reason, a note.
pub fn required_paragraph(field: &str, text: &str, max: usize) -> Result<String> {
    paragraph(field, Some(text), max)?.ok_or_else(|| blank(field))
}

/// Like [`optional`], on any number of lines: a reason, a note.
pub fn paragraph(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    let Some(clean) = text.map(clean).filter(|text| !text.is_empty()) else { return Ok(None) };
    if clean.chars().count() > max {
        return Err(wrong(field, format!("must have at most {max} characters")));
    }
    if clean.contains(|c: char| c.is_control() && !is_line_end_or_tab(c)) {
        return Err(wrong(field, "must not contain control characters"));
    }
    Ok(Some(clean))
}

/// An identity such as a sku: [`identity`] of `text` on one line, with 1 to `max` characters; else C002 naming `field`.
pub fn key(field: &str, text: &str, max: usize) -> Result<String> {
    required(field, &identity(text), max)
}

fn is_line_end_or_tab(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn blank(field: &str) -> crate::Error {
    wrong(field, "must not be blank")
}

/// The bytes as lower-case hexadecimal digits, two for each.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// C002 about one field.
pub fn wrong(field: &str, message: impl Into<String>) -> crate::Error {
    crate::Error::of_fields(Code::InvalidInput, vec![Detail::field(field, message)])
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
        assert_eq!(optional("note", Some("\u{200B}\u{3164}"), 5).unwrap(), None);
        assert!(required("name", "\u{200B}", 5).is_err());
    }

    #[test]
    fn one_line_has_no_line_ends_and_no_tabs() {
        for end in ["\n", "\r", "\r\n", "\t", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("a{end}b");
            assert!(required("name", &text, 5).is_err(), "{end:?}");
            assert!(key("sku", &text, 5).is_err(), "{end:?}");
            let stored = if end.starts_with('\r') { "a\nb" } else { &text };
            assert_eq!(required_paragraph("reason", &text, 5).unwrap(), stored);
            assert_eq!(required("name", &format!("{end}ab{end}"), 5).unwrap(), "ab", "{end:?}");
        }
    }
}
