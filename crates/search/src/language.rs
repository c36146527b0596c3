//! Korean and English without a dictionary: how text becomes words, and a word the text that the index finds it by. Pure.

pub mod keys;
pub mod synonyms;

use frostem::{Algorithm, Stemmer};
use kernel::text;
use std::{collections::HashMap, ops::Range};

/// Longest word that is looked at, in characters: beyond it a word is a number of a machine, or somebody tries what happens.
pub const WORD_MAX: usize = 40;
/// Marks two neighbouring syllables among what the index finds a text by.
const BIGRAM: char = '\u{1}';
/// Marks the last syllable of a Korean word: `컵` finds `머그컵`.
const ENDING: char = '\u{2}';

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is compared: NFKC with folded case.
    pub folded: String,
    /// NFKC with its case, because on a Korean layout a capital is another letter.
    pub typed: String,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

impl Word {
    fn of(text: &str, at: Range<usize>) -> Option<Word> {
        let written = &text[at.clone()];
        if written.is_ascii() && !written.is_empty() {
            // most words are, and are their own normal form
            let typed = written[..written.len().min(WORD_MAX)].to_owned();
            return Some(Word { folded: typed.to_ascii_lowercase(), typed, at });
        }
        let typed: String = text::identity(written).chars().take(WORD_MAX).collect();
        let folded = text::folded(&typed);
        (!folded.is_empty()).then_some(Word { folded, typed, at })
    }

    pub fn is_hangul(&self) -> bool {
        self.folded.chars().all(keys::is_hangul)
    }
}

/// The words of a text: letters and digits that stand together, Hangul apart from other letters. An apostrophe joins, and a
/// possessive `'s` is left out.
pub fn words(text: &str) -> Vec<Word> {
    let (mut words, mut begin, mut hangul) = (Vec::new(), None, false);
    let mut end_at = |begin: &mut Option<usize>, end: usize| {
        if let Some(word) = begin.take().and_then(|begin| Word::of(text, begin..end)) {
            words.push(word);
        }
    };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_apostrophe(c) && begin.is_some() {
            end_at(&mut begin, at);
            // the `s` of a possessive is no word of its own
            let s = chars.peek().is_some_and(|(_, next)| matches!(next, 's' | 'S'));
            let ends = text[at + c.len_utf8()..].chars().nth(1).is_none_or(|next| !next.is_alphanumeric());
            if s && ends {
                chars.next();
            }
            continue;
        }
        if !c.is_alphanumeric() {
            end_at(&mut begin, at);
            continue;
        }
        if begin.is_some() && keys::is_hangul(c) != hangul {
            end_at(&mut begin, at);
        }
        if begin.is_none() {
            (begin, hangul) = (Some(at), keys::is_hangul(c));
        }
    }
    end_at(&mut begin, text.len());
    words
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{02BC}')
}

/// What the index finds a word by: the stem of an English word, everything else as it is.
pub fn stem(folded: &str) -> String {
    if !folded.bytes().all(|b| b.is_ascii_alphabetic()) {
        return folded.to_owned();
    }
    Stemmer::new(Algorithm::English).stem(folded).into_owned()
}

/// The stems of words, each worked out once: the products of a shop share most of their words.
#[derive(Debug, Default)]
pub struct Stems(HashMap<String, String>);

impl Stems {
    fn of(&mut self, folded: &str) -> String {
        if let Some(known) = self.0.get(folded) {
            return known.clone();
        }
        let stem = stem(folded);
        self.0.insert(folded.to_owned(), stem.clone());
        stem
    }
}

/// What the index finds a text by: its words; of Korean also every two neighbouring syllables, also across spaces, which Koreans
/// may leave out, and the last syllable of each word.
pub fn entries(words: &[Word], stems: &mut Stems) -> Vec<String> {
    let mut all: Vec<String> = words.iter().map(|word| stems.of(&word.folded)).collect();
    for run in words.chunk_by(|one, next| one.is_hangul() && next.is_hangul()) {
        let joined: String = run.iter().map(|word| word.folded.as_str()).collect();
        all.extend(keys::bigrams(&joined).iter().map(|pair| bigram(pair)));
        let last = run.iter().filter(|word| word.is_hangul()).filter_map(|word| word.folded.chars().last());
        all.extend(last.map(ending));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// The entry of two neighbouring syllables.
pub fn bigram(pair: &str) -> String {
    format!("{BIGRAM}{pair}")
}

/// The entry of a last syllable.
pub fn ending(syllable: char) -> String {
    format!("{ENDING}{syllable}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_letters_and_digits_that_stand_together() {
        assert_eq!(folded("Nike Men's T-Shirt, 2XL"), ["nike", "men", "t", "shirt", "2xl"]);
        assert_eq!(folded("나이키Air 운동화270"), ["나이키", "air", "운동화", "270"]);
        assert_eq!(folded("Mod'acc d’Orsay"), ["mod", "acc", "d", "orsay"]);
        assert_eq!(folded(" ·,· "), Vec::<String>::new());
    }

    #[test]
    fn spellings_of_unicode_are_one() {
        assert_eq!(folded("ＮＩＫＥ"), ["nike"]);
        assert_eq!(folded("나이키"), ["나이키"]);
        assert_eq!(folded("Straße"), ["strasse"]);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "새 Nike 신발";
        let found: Vec<&str> = words(text).into_iter().map(|word| &text[word.at]).collect();
        assert_eq!(found, ["새", "Nike", "신발"]);
    }

    #[test]
    fn english_words_are_found_by_their_stems() {
        assert_eq!(
            (stem("watches"), stem("shirts"), stem("나이키"), stem("m65")),
            ("watch".to_owned(), "shirt".to_owned(), "나이키".to_owned(), "m65".to_owned())
        );
    }

    #[test]
    fn korean_is_found_with_and_without_its_spaces() {
        let entries = |text| entries(&words(text), &mut Stems::default());
        let (apart, together) = (entries("달항아리 머그컵"), entries("달항아리머그컵"));
        for pair in ["달항", "아리", "리머", "머그"] {
            assert!(apart.contains(&bigram(pair)) && together.contains(&bigram(pair)), "{pair}");
        }
        assert!(apart.contains(&ending('컵')) && apart.contains(&ending('리')) && together.contains(&ending('컵')));
    }

    #[test]
    fn a_very_long_word_is_cut() {
        assert_eq!(words(&"가".repeat(5_000))[0].folded.chars().count(), WORD_MAX);
    }
}
