//! `docs/ERRORS.md`, made of the one table.

use kernel::{Code, code::RESERVED};
use std::fmt::Write;

/// The groups of codes by their first letters and hundreds.
const GROUPS: [(&str, &str); 15] = [
    ("C0", "Common"),
    ("A0", "Identity"),
    ("S0", "Products"),
    ("S1", "Cart"),
    ("S2", "Orders"),
    ("S3", "Payment and balance"),
    ("S4", "Inventory"),
    ("S5", "Delivery"),
    ("S6", "Coupons"),
    ("S7", "Time deals"),
    ("S8", "Waiting queue"),
    ("S9", "Saga and system"),
    ("S10", "Search"),
    ("S11", "Returns"),
    ("S12", "Images"),
];

fn group(code: &str) -> &'static str {
    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = code.get(..if digits.len() > 3 { 3 } else { 2 }).unwrap_or_default();
    GROUPS.iter().find(|(start, _)| *start == prefix).map_or("Other", |(_, title)| title)
}

/// The document.
pub fn document() -> String {
    let mut text = String::from(
        "# Errors\n\nMade from the one table in `crates/kernel/src/code.rs` by `holdfast errors`; a test keeps it so.\n\n\
         A failure is `{\"success\": false, \"error\": {\"code\", \"message\", \"timestamp\", \"path\", \"details\"?, \
         \"traceId\"?}}`, or with\n\
         `Accept: application/problem+json` the same as an RFC 9457 problem. Codes never change; messages come in English, or in\n\
         Korean with `Accept-Language: ko`. Answers with 429 and 503 always carry `Retry-After`.\n",
    );
    let mut title = "";
    for code in Code::ALL {
        if group(code.code()) != title {
            title = group(code.code());
            let _ = writeln!(
                text,
                "\n## {title}\n\n| code | name | status | message | 메시지 | what to do |\n|---|---|---|---|---|---|"
            );
        }
        let what_to_do =
            if RESERVED.contains(code) { "reserved: this version never answers it" } else { code.remedy().sentence() };
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} | {what_to_do} |",
            code.code(),
            code.name(),
            code.status(),
            code.english(),
            code.korean()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ERRORS.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == document(), "run: holdfast errors > docs/ERRORS.md");
    }

    #[test]
    fn every_code_has_a_group() {
        for code in Code::ALL {
            assert_ne!(group(code.code()), "Other", "{}", code.code());
        }
        assert_eq!(group("S1001"), "Search");
    }
}
