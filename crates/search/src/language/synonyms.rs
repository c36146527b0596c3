//! Words that mean the same, from a file that an administrator edits.
//!
//! ```text
//! # a line of words that mean the same, in any language
//! 운동화, 스니커즈, sneakers, sports shoes
//! # a word that finds others, but is not found by them
//! 신발 => shoes, sandals, heels
//! ```

use super::{keys, stem, words};
use std::collections::HashMap;

/// The list of the program: Korean and English words of fashion and of brands.
pub const BUILT_IN: &str = include_str!("../../synonyms.txt");
/// Most lines and characters of a file: beyond them it is another kind of file.
pub const LINES_MAX: usize = 20_000;
/// Most words of one phrase.
pub const PHRASE_MAX: usize = 4;

/// What a phrase is looked for as well: phrases, each as the stems of its words.
pub type Phrases = Vec<Vec<String>>;

/// Every phrase that means something else, too.
#[derive(Debug, Clone, Default)]
pub struct Synonyms {
    /// By the keys of the phrase without its spaces.
    phrases: HashMap<String, Entry>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    /// As it is written, to be shown.
    written: String,
    others: Phrases,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongLine {
    /// Counted from 1.
    pub line: usize,
    pub why: &'static str,
}

impl Synonyms {
    /// Reads a list. The first line that cannot be read refuses all of them, so that half a list is never used.
    pub fn parse(text: &str) -> Result<Synonyms, WrongLine> {
        let mut synonyms = Synonyms::default();
        for (n, line) in text.lines().enumerate() {
            let wrong = |why| WrongLine { line: n + 1, why };
            let line = line.trim_start_matches('\u{FEFF}').split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            if n >= LINES_MAX {
                return Err(wrong("a list has at most 20,000 lines"));
            }
            match line.split_once("=>") {
                Some((from, to)) => {
                    let (from, to) = (phrases(from).map_err(wrong)?, phrases(to).map_err(wrong)?);
                    from.iter().for_each(|from| synonyms.add(from, &to));
                }
                None => {
                    let all = phrases(line).map_err(wrong)?;
                    if all.len() < 2 {
                        return Err(wrong("a line needs at least two words, with a comma between them"));
                    }
                    all.iter().for_each(|one| synonyms.add(one, &all));
                }
            }
        }
        Ok(synonyms)
    }

    /// The list of the program.
    pub fn built_in() -> Synonyms {
        Synonyms::parse(BUILT_IN).unwrap_or_default()
    }

    fn add(&mut self, from: &Phrase, to: &[Phrase]) {
        let entry = self.phrases.entry(joined(&from.stems)).or_default();
        if entry.written.is_empty() {
            entry.written.clone_from(&from.written);
        }
        // a phrase means itself, too: it may be searched for without its spaces
        let itself = (from.stems.len() > 1).then_some(from);
        for phrase in itself.into_iter().chain(to) {
            if (phrase.stems != from.stems || from.stems.len() > 1) && !entry.others.contains(&phrase.stems) {
                entry.others.push(phrase.stems.clone());
            }
        }
    }

    /// What this phrase, as [`joined`], is looked for as well.
    pub fn of(&self, joined: &str) -> Option<&Phrases> {
        self.phrases.get(joined).map(|entry| &entry.others)
    }

    /// Every phrase: as it is written and [`joined`].
    pub fn phrases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.phrases.iter().map(|(joined, entry)| (entry.written.as_str(), joined.as_str()))
    }

    pub fn len(&self) -> usize {
        self.phrases.len()
    }

    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }
}

#[derive(Debug, Clone)]
struct Phrase {
    written: String,
    stems: Vec<String>,
}

/// The keys of these stems, one after the other.
pub fn joined<S: AsRef<str>>(stems: &[S]) -> String {
    stems.iter().map(|stem| keys::keys(stem.as_ref())).collect()
}

fn phrases(list: &str) -> Result<Vec<Phrase>, &'static str> {
    list.split(',').map(phrase).collect()
}

fn phrase(text: &str) -> Result<Phrase, &'static str> {
    let stems: Vec<String> = words(text).iter().map(|word| stem(&word.folded)).collect();
    match stems.len() {
        0 => Err("there is nothing between two commas"),
        1..=PHRASE_MAX => Ok(Phrase { written: text.trim().to_owned(), stems }),
        _ => Err("a phrase has at most four words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(synonyms: &Synonyms, text: &str) -> Vec<String> {
        let stems: Vec<String> = words(text).iter().map(|word| stem(&word.folded)).collect();
        let others = synonyms.of(&joined(&stems)).cloned().unwrap_or_default();
        others.into_iter().map(|stems| stems.join(" ")).collect()
    }

    #[test]
    fn words_of_a_line_mean_each_other() {
        let list = Synonyms::parse("# shoes\n운동화, sneakers, sports shoes # more\n\n신발 => shoes, sandals").unwrap();
        assert_eq!(of(&list, "운동화"), ["sneaker", "sport shoe"]);
        assert_eq!(of(&list, "Sports Shoe"), ["sport shoe", "운동화", "sneaker"]);
        assert_eq!(of(&list, "운동 화"), ["sneaker", "sport shoe"]);
        assert_eq!(of(&list, "신발"), ["shoe", "sandal"]);
        assert_eq!(of(&list, "shoes"), Vec::<String>::new());
    }

    #[test]
    fn a_word_on_two_lines_means_both() {
        let list = Synonyms::parse("a1, b1\na1 => c1").unwrap();
        assert_eq!(of(&list, "a1"), ["b1", "c1"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (text, line) in [("a, b\nc", 2), ("a,,b", 1), ("a => ", 1), ("one two three four five, six", 1)] {
            assert_eq!(Synonyms::parse(text).unwrap_err().line, line, "{text:?}");
        }
    }

    #[test]
    fn the_built_in_list_can_be_read() {
        let list = Synonyms::parse(BUILT_IN).unwrap();
        assert!(list.len() > 300, "{}", list.len());
        assert!(of(&list, "나이키").contains(&"nike".to_owned()));
        assert!(of(&list, "티셔츠").contains(&"tshirt".to_owned()));
    }
}
