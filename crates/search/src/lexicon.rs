//! Every word that products are found by, in memory: whole, half-typed, by first consonants, with typing errors. Pure.

use crate::language::keys;
use crate::language::synonyms::Synonyms;
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::{collections::HashMap, sync::LazyLock};

/// A word of products or of the synonyms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The keys that type it.
    pub key: Box<str>,
    /// With folded case; a phrase of the synonyms as it is written.
    pub word: Box<str>,
    /// The fields in which products have it; none for a word of the synonyms only.
    pub fields: u8,
    /// How many products have it.
    pub products: u32,
    pub is_hangul: bool,
}

/// The words of all products: how many have each, and in which fields. A word stays when its last product is gone, until the index
/// is rebuilt: it then finds nothing, which does no harm.
#[derive(Debug, Clone, Default)]
pub struct Counts(HashMap<Box<str>, (u8, u32)>);

impl Counts {
    /// A product has this word in this field. Gives whether it is new.
    pub fn add(&mut self, word: &str, field: u8) -> bool {
        if let Some((fields, products)) = self.0.get_mut(word) {
            *products += 1;
            let new = *fields & field == 0;
            *fields |= field;
            return new;
        }
        self.0.insert(word.into(), (field, 1));
        true
    }
}

/// The words, ordered for look-ups. It never changes; another one replaces it.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// By their keys.
    words: Vec<Known>,
    /// The keys of stems that are not the keys of a word themselves, and their words.
    stems: Vec<(Box<str>, u32)>,
    /// First consonants as keys.
    initials: Vec<(Box<str>, u32)>,
}

static ONE_EDIT: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO_EDITS: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

/// How many wrong keys a word may have: one from four letters, two from eight.
pub fn edits_allowed(letters: usize) -> u8 {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

impl Lexicon {
    /// The words of the products, with those of the synonyms that no product has.
    pub fn of(counts: &Counts, synonyms: &Synonyms) -> Lexicon {
        let mut words: Vec<Known> =
            counts.0.iter().map(|(word, (fields, products))| known(word, *fields, *products)).collect();
        for (written, _) in synonyms.phrases() {
            let folded = kernel::text::folded(written);
            if !counts.0.contains_key(folded.as_str()) {
                words.push(known(&folded, 0, 0));
            }
        }
        words.sort_unstable_by(|one, other| one.key.cmp(&other.key).then_with(|| one.word.cmp(&other.word)));
        let (mut stems, mut initials) = (Vec::new(), Vec::new());
        for (n, word) in words.iter().enumerate() {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            let stem = keys::keys(&crate::language::stem(&word.word));
            if *stem != *word.key {
                stems.push((stem.into_boxed_str(), n));
            }
            if let Some(first) = keys::initials(&word.word).filter(|first| first.len() > 1) {
                initials.push((first.into_boxed_str(), n));
            }
        }
        stems.sort_unstable();
        initials.sort_unstable();
        Lexicon { words, stems, initials }
    }

    /// How many words there are.
    pub fn size(&self) -> usize {
        self.words.len()
    }

    /// The words that these keys type, or whose stem they type.
    pub fn exact(&self, key: &str) -> Vec<&Known> {
        let from = self.words.partition_point(|word| *word.key < *key);
        let whole = self.words[from..].iter().take_while(|word| *word.key == *key);
        whole.chain(by_key(&self.stems, |stem| stem == key, key).map(|n| &self.words[n])).collect()
    }

    /// The words that begin with these keys and are longer, those of most products first.
    pub fn beginning(&self, key: &str, hangul: bool, most: usize) -> Vec<&Known> {
        let from = self.words.partition_point(|word| *word.key < *key);
        let begin = self.words[from..].iter().take_while(|word| word.key.starts_with(key));
        commonest(begin.filter(|word| word.is_hangul == hangul && *word.key != *key).collect(), most)
    }

    /// The Korean words whose first consonants begin so.
    pub fn with_initials(&self, first: &str, most: usize) -> Vec<&Known> {
        let begin = by_key(&self.initials, |known| known.starts_with(first), first);
        let mut found: Vec<&Known> = begin.map(|n| &self.words[n]).collect();
        // whole words before those that go on
        found.sort_by_key(|word| {
            (word.word.chars().count() > first.len(), std::cmp::Reverse(word.products), word.word.chars().count())
        });
        found.truncate(most);
        found
    }

    /// The words that differ from these keys by the fewest wrong, missing, additional or exchanged keys, at most `edits`; and by how
    /// many.
    pub fn alike(&self, key: &str, edits: u8, hangul: bool, most: usize) -> (u8, Vec<&Known>) {
        let builder = match edits {
            0 => return (0, Vec::new()),
            1 => &*ONE_EDIT,
            _ => &*TWO_EDITS,
        };
        let (dfa, length) = (builder.build_dfa(key), key.len());
        let near = usize::from(edits);
        let (mut best, mut found) = (edits, Vec::new());
        for word in &self.words {
            if word.is_hangul != hangul || word.key.len() + near < length || word.key.len() > length + near {
                continue;
            }
            let mut state = dfa.initial_state();
            for byte in word.key.bytes() {
                state = dfa.transition(state, byte);
                if state == SINK_STATE {
                    break;
                }
            }
            let Distance::Exact(distance) = dfa.distance(state) else { continue };
            if distance < best {
                (best, found) = (distance, Vec::new());
            }
            if distance == best {
                found.push(word);
            }
        }
        (best, commonest(found, most))
    }
}

fn known(word: &str, fields: u8, products: u32) -> Known {
    let key = keys::keys(&word.replace(' ', "")).into_boxed_str();
    let is_hangul = word.chars().any(keys::is_hangul);
    Known { key, word: word.into(), fields, products, is_hangul }
}

fn by_key<'a>(
    sorted: &'a [(Box<str>, u32)],
    fits: impl Fn(&str) -> bool + 'a,
    from: &str,
) -> impl Iterator<Item = usize> + 'a {
    let from = sorted.partition_point(|(key, _)| **key < *from);
    sorted[from..].iter().take_while(move |(key, _)| fits(key)).map(|(_, n)| *n as usize)
}

fn commonest(mut words: Vec<&Known>, most: usize) -> Vec<&Known> {
    let order = |word: &&Known| (std::cmp::Reverse(word.products), word.key.len());
    if words.len() > most {
        words.select_nth_unstable_by_key(most, order);
        words.truncate(most);
    }
    words.sort_by_key(order);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lexicon(words: &[(&str, u32)]) -> Lexicon {
        let mut counts = Counts::default();
        for (word, products) in words {
            (0..*products).for_each(|_| {
                counts.add(word, 1);
            });
        }
        Lexicon::of(&counts, &Synonyms::default())
    }

    fn names(found: Vec<&Known>) -> Vec<&str> {
        found.into_iter().map(|word| &*word.word).collect()
    }

    #[test]
    fn a_word_is_found_whole_and_by_its_stem() {
        let lexicon = lexicon(&[("watches", 1), ("watch", 2), ("나이키", 1)]);
        assert_eq!(names(lexicon.exact("watch")), ["watch", "watches"]);
        assert_eq!(names(lexicon.exact("skdlzl")), ["나이키"]);
        assert!(lexicon.exact("wat").is_empty());
    }

    #[test]
    fn a_beginning_finds_the_commonest_words_of_its_script() {
        let lexicon = lexicon(&[("나이키", 3), ("나이트", 5), ("나무", 1), ("skirt", 2)]);
        assert_eq!(names(lexicon.beginning("skdl", true, 9)), ["나이트", "나이키"]);
        assert_eq!(names(lexicon.beginning("sk", false, 9)), ["skirt"]);
        assert_eq!(names(lexicon.beginning("sk", true, 1)), ["나이트"]);
    }

    #[test]
    fn first_consonants_find_whole_words_first() {
        let lexicon = lexicon(&[("나이키", 1), ("노인카드", 9)]);
        assert_eq!(names(lexicon.with_initials("sdz", 9)), ["나이키", "노인카드"]);
        assert_eq!(names(lexicon.with_initials("sd", 9)), ["노인카드", "나이키"]);
    }

    #[test]
    fn wrong_keys_are_forgiven() {
        let lexicon = lexicon(&[("adidas", 3), ("나이키", 2), ("nike", 4), ("sandals", 1)]);
        assert_eq!(lexicon.alike("adiads", 1, false, 5).1[0].word.as_ref(), "adidas");
        assert_eq!(lexicon.alike("skdlzj", 1, true, 5).1[0].word.as_ref(), "나이키");
        assert_eq!(lexicon.alike("nkie", 1, false, 5).1[0].word.as_ref(), "nike");
        assert!(lexicon.alike("nnkkie", 1, false, 5).1.is_empty());
        assert_eq!([3, 4, 7, 8].map(edits_allowed), [0, 1, 1, 2]);
    }

    proptest! {
        #[test]
        fn one_wrong_key_is_always_forgiven(word in "[a-z]{4,12}", at in 0_usize..12, letter in "[a-z]") {
            let lexicon = lexicon(&[(word.as_str(), 1)]);
            let mut wrong = word.clone();
            let at = at % word.len();
            wrong.replace_range(at..=at, &letter);
            let (edits, found) = lexicon.alike(&wrong, 1, false, 1);
            prop_assert_eq!(names(found), [word.as_str()]);
            prop_assert_eq!(edits, u8::from(wrong != word));
        }
    }
}
