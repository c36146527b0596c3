//! Checks of texts that merchandisers write, in addition to the kernel's.

use crate::product::{SKU_MAX, URL_MAX};
use kernel::{Result, text};

pub use kernel::text::{paragraph, required as line};

/// A sku as it is stored; else C002 naming the field.
pub fn stored_sku(text: &str) -> Result<String> {
    text::key("sku", text, SKU_MAX)
}

/// The text, unless it is blank.
pub fn written(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text::is_blank(text))
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
