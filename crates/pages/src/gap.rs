//! Gaps in pages that are kept for everybody: what is another thing for each visitor comes in when the page is sent. So who asks for a page
//! in a way of their own, such as by another name of the host, gets the page that is kept, and none is made and kept for them.

use crate::form::draw;
use bytes::Bytes;
use std::sync::LazyLock;

/// A text that stands in place of another one. No person can write it, because each process draws its own, and neither HTML nor JSON
/// changes it.
#[derive(Debug)]
pub struct Gap(LazyLock<String>);

/// In place of a form token.
pub static TOKEN: Gap = Gap(LazyLock::new(draw));
/// In place of an idempotency key.
pub static ONCE: Gap = Gap(LazyLock::new(draw));
/// In place of the address of the shop, without a path.
pub static ORIGIN: Gap = Gap(LazyLock::new(draw));

impl Gap {
    /// What stands in the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The page with this text in the gaps.
    pub fn filled(&self, page: &Bytes, text: &str) -> Bytes {
        let gap = self.as_str();
        let (mut from, mut filled) = (0, Vec::new());
        for at in memchr::memmem::find_iter(page, gap) {
            filled.extend_from_slice(&page[from..at]);
            filled.extend_from_slice(text.as_bytes());
            from = at + gap.len();
        }
        if from == 0 {
            return page.clone();
        }
        filled.extend_from_slice(&page[from..]);
        filled.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_is_filled_and_nothing_else_changes() {
        let page = Bytes::from(format!("{0}a{1}/b{0}{1}", TOKEN.as_str(), ORIGIN.as_str()));
        let filled = ORIGIN.filled(&TOKEN.filled(&page, "token"), "https://shop.example");
        assert_eq!(filled, "tokenahttps://shop.example/btokenhttps://shop.example");
        assert_eq!(TOKEN.filled(&Bytes::from_static(b"short"), "token"), "short");
        assert_eq!(TOKEN.filled(&Bytes::new(), "token"), "");
    }
}
