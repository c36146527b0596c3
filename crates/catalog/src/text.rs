//! Checks of texts that merchandisers write, in addition to the kernel's.

use crate::product::URL_MAX;
use kernel::{Result, text};

/// `text` on one line, with 1 to `max` characters; else C002 naming `field`.
pub fn line(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text::required(field, text, max)?;
    match text.chars().any(char::is_control) {
        true => Err(text::wrong(field, "must be one line")),
        false => Ok(text),
    }
}

/// `text` with at most `max` characters on any number of lines; blank text is `None`.
pub fn paragraph(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    text::optional(field, text, max)
}

/// The text, unless it is blank.
pub fn written(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

/// An address of an image: `https://…`, `http://…`, or a path in the shop's own media. Refuses every other scheme,
/// because a browser might run it (`javascript:`, `data:`).
pub fn url(field: &str, text: &str) -> Result<String> {
    let url = line(field, text, URL_MAX)?;
    if url.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`')) {
        return Err(text::wrong(field, "must not contain blanks, quotes or brackets"));
    }
    let scheme = url.split(['/', '?', '#']).next().and_then(|start| start.split_once(':')).map(|(scheme, _)| scheme);
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        None | Some("http" | "https") => Ok(url),
        Some(_) => Err(text::wrong(field, "must begin with https:// or http://, or be a path")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_web_addresses_or_paths() {
        for good in ["15970.jpg", "/media/mug.png", "https://img.example/a.jpg?w=3:2", "images/3:2/a.jpg"] {
            assert_eq!(url("imageUrl", good).unwrap(), good);
        }
        for bad in ["", "javascript:alert(1)", "data:image/png;base64,xx", "a b.jpg", "\"onerror=", "https://a/<b>"] {
            assert!(url("imageUrl", bad).is_err(), "{bad}");
        }
    }
}
