//! Marks what was searched for in a text, as HTML that is safe to show whatever the text contains. Pure.

use crate::language::{stem, words};
use crate::query::Marks;
use std::collections::HashMap;

/// Characters of a description that are shown around the first word that was found.
const SHOWN: usize = 160;

/// What is marked, with the words that were looked at: products that are found together share many.
pub struct Marking<'m> {
    marks: &'m Marks,
    known: HashMap<String, bool>,
}

impl<'m> Marking<'m> {
    pub fn of(marks: &'m Marks) -> Marking<'m> {
        Marking { marks, known: HashMap::new() }
    }

    /// The whole text with `<em>` around what was found; `None` when nothing was.
    pub fn whole(&mut self, text: &str) -> Option<String> {
        let found = self.ranges(text);
        (!found.is_empty()).then(|| marked(text, 0, text.len(), &found))
    }

    /// The part of a long text around the first thing that was found.
    pub fn part(&mut self, text: &str) -> Option<String> {
        let found = self.ranges(text);
        let (first, _) = *found.first()?;
        let begin = boundary(text, first, SHOWN / 4);
        let end = text[begin..].char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| begin + at);
        let end = text[..end].rfind(char::is_whitespace).filter(|at| end < text.len() && *at > first).unwrap_or(end);
        let inside: Vec<(usize, usize)> = found.into_iter().filter(|(from, to)| *from >= begin && *to <= end).collect();
        let (before, after) = (if begin > 0 { "… " } else { "" }, if end < text.len() { " …" } else { "" });
        Some(format!("{before}{}{after}", marked(text, begin, end, &inside)))
    }

    /// What is marked, in order and without overlaps.
    fn ranges(&mut self, text: &str) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for word in words(text) {
            let stems = &self.marks.stems;
            let marked = |folded: &String| stems.binary_search(&stem(folded)).is_ok();
            if *self.known.entry(word.folded).or_insert_with_key(marked) {
                found.push((word.at.start, word.at.end));
                continue;
            }
            // a part of a Korean word; NFC has the same length as what is stored
            let written = &text[word.at.clone()];
            let part = self.marks.parts.iter().find_map(|part| Some((written.find(part.as_str())?, part.len())));
            if let Some((at, length)) = part {
                found.push((word.at.start + at, word.at.start + at + length));
            }
        }
        found
    }
}

/// Where a word begins, at most so many characters before `at`.
fn boundary(text: &str, at: usize, back: usize) -> usize {
    let begin = text[..at].char_indices().rev().nth(back).map_or(0, |(at, _)| at);
    match text[begin..at].find(char::is_whitespace) {
        Some(space) if begin > 0 => begin + space + text[begin + space..].chars().next().map_or(0, char::len_utf8),
        Some(_) | None => begin,
    }
}

fn marked(text: &str, begin: usize, end: usize, found: &[(usize, usize)]) -> String {
    let (mut out, mut at) = (String::with_capacity(end - begin + 9 * found.len()), begin);
    for (from, to) in found {
        escape(&mut out, &text[at..*from]);
        out.push_str("<em>");
        escape(&mut out, &text[*from..*to]);
        out.push_str("</em>");
        at = *to;
    }
    escape(&mut out, &text[at..end]);
    out
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(text: &str, marks: &Marks) -> Option<String> {
        Marking::of(marks).whole(text)
    }

    fn part(text: &str, marks: &Marks) -> Option<String> {
        Marking::of(marks).part(text)
    }

    fn marks(stems: &[&str], parts: &[&str]) -> Marks {
        let mut stems: Vec<String> = stems.iter().map(|it| (*it).to_owned()).collect();
        stems.sort_unstable();
        Marks { stems, parts: parts.iter().map(|it| (*it).to_owned()).collect() }
    }

    #[test]
    fn what_was_found_is_marked() {
        let found = whole("Nike Running Shoes · 나이키 러닝화", &marks(&["shoe", "나이키"], &["러닝"]));
        assert_eq!(found.unwrap(), "Nike Running <em>Shoes</em> · <em>나이키</em> <em>러닝</em>화");
        assert_eq!(whole("Nike", &marks(&["puma"], &[])), None);
    }

    #[test]
    fn html_in_a_text_stays_text() {
        let text = r#"<script>alert("1")</script> & 'shoe'"#;
        let found = whole(text, &marks(&["shoe", "script"], &[])).unwrap();
        assert_eq!(
            found,
            "&lt;<em>script</em>&gt;alert(&quot;1&quot;)&lt;/<em>script</em>&gt; &amp; &#39;<em>shoe</em>&#39;"
        );
    }

    #[test]
    fn a_long_description_is_cut_around_what_was_found() {
        let text = format!("{}the shoe {}", "before ".repeat(60), "after ".repeat(60));
        let found = part(&text, &marks(&["shoe"], &[])).unwrap();
        assert!(found.starts_with("… before") && found.contains("<em>shoe</em>") && found.ends_with(" …"), "{found}");
        assert!(found.chars().count() < SHOWN + 40);
        assert_eq!(part("a shoe", &marks(&["shoe"], &[])).unwrap(), "a <em>shoe</em>");
    }

    proptest! {
        #[test]
        fn nothing_but_our_own_marks_is_html(text in ".{0,300}", word in "[a-z가-힣<>&]{1,4}") {
            let text = format!("{text}{word} {text}");
            let marks = marks(&[word.as_str()], &[word.as_str()]);
            for found in [whole(&text, &marks), part(&text, &marks)].into_iter().flatten() {
                let rest = found.replace("<em>", "").replace("</em>", "");
                prop_assert!(!rest.contains(['<', '>', '"', '\'']), "{}", rest);
                prop_assert_eq!(found.matches("<em>").count(), found.matches("</em>").count());
            }
        }
    }
}
