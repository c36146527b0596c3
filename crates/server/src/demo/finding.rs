//! Minji looks for something by words, as people type them.

use super::claims::Claims;
use super::day::{People, until};
use crate::client::Answer;

/// A part of the moon jar's name, half-typed.
const HALF_TYPED: &str = "달항아";
/// `무선`, typed with the keyboard in English.
const WRONG_LAYOUT: &str = "antjs";

fn names(found: &Answer) -> Vec<&str> {
    let content = found.at("/content").as_array();
    content.into_iter().flatten().filter_map(|hit| hit["name"].as_str()).collect()
}

/// She types half a word, forgets to switch the keyboard, and is offered what she means.
pub(super) async fn play(claims: &mut Claims, people: &People) {
    claims.act("Minji searches");
    let minji = &people.minji;
    let is_first = |found: &Answer| names(found).first().is_some_and(|name| name.contains("달항아리"));
    let found = until(minji, &format!("/search/products?keyword={HALF_TYPED}"), is_first).await;
    claims.claim(is_first(&found), format!("“{HALF_TYPED}” finds the moon jar, half-typed as it is"), found.brief());
    let found = minji.get(&format!("/search/products?keyword={WRONG_LAYOUT}")).await;
    let total = found.number("/totalElements");
    let first = names(&found).first().copied().unwrap_or_default();
    let text = format!("“{WRONG_LAYOUT}”, typed with the keyboard in English, finds {total}, first {first}");
    claims.claim(first.contains("무선"), text, found.brief());
    let ranges = found.at("/facets/priceRanges").as_array().map_or(&[][..], Vec::as_slice);
    let counted: i64 = ranges.iter().filter_map(|range| range["count"].as_i64()).sum();
    let text = format!("they are counted in {} ranges of prices, {counted} in all", ranges.len());
    claims.claim(counted == total && !ranges.is_empty(), text, found.brief());
    let offered = minji.get("/search/suggest?keyword=moo").await;
    let texts: Vec<&str> = offered.at("").as_array().into_iter().flatten().filter_map(|text| text.as_str()).collect();
    let moon = texts.iter().any(|text| text.to_lowercase().contains("moon"));
    claims.claim(moon, format!("“moo” is completed: {}", texts.join(", ")), offered.brief());
}
