//! Every word that products are found by, in memory: whole, half-typed, by first consonants, with typing errors. Pure.

use crate::language::keys;
use crate::language::synonyms::Synonyms;
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::{
    cmp::{Ordering, Reverse},
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU8, AtomicU32, Ordering::Relaxed},
    },
};

/// A word of products or of the synonyms.
#[derive(Debug)]
pub struct Known {
    /// The keys that type it.
    pub key: Arc<str>,
    /// With folded case; a phrase of the synonyms as it is written.
    pub word: Box<str>,
    pub is_hangul: bool,
    fields: AtomicU8,
    products: AtomicU32,
}

impl Known {
    fn of(word: &str) -> Known {
        let key = keys::keys(&word.replace(' ', "")).into();
        let is_hangul = word.chars().any(keys::is_hangul);
        Known { key, word: word.into(), is_hangul, fields: AtomicU8::new(0), products: AtomicU32::new(0) }
    }

    /// The fields in which products have it; none for a word of the synonyms only.
    pub fn fields(&self) -> u8 {
        self.fields.load(Relaxed)
    }

    /// How many products have it.
    pub fn products(&self) -> u32 {
        self.products.load(Relaxed)
    }
}

/// The words of all products: how many have each, and in which fields. A word stays when its last product is gone, until the index
/// is rebuilt: it then finds nothing, which does no harm.
#[derive(Debug, Default)]
pub struct Counts(HashMap<Box<str>, Arc<Known>>);

impl Counts {
    /// A product has this word in this field. Gives the word when no product had it.
    pub fn add(&mut self, word: &str, field: u8) -> Option<Arc<Known>> {
        let known = self.0.get(word);
        let new = known.is_none().then(|| Arc::new(Known::of(word)));
        if let Some(known) = known.or(new.as_ref()) {
            known.products.fetch_add(1, Relaxed);
            known.fields.fetch_or(field, Relaxed);
        }
        if let Some(new) = &new {
            self.0.insert(word.into(), Arc::clone(new));
        }
        new
    }
}

/// A word under one of its keys.
#[derive(Debug, Clone)]
struct Entry {
    key: Arc<str>,
    known: Arc<Known>,
}

impl Entry {
    fn order(&self, other: &Entry) -> Ordering {
        self.key.cmp(&other.key).then_with(|| self.known.word.cmp(&other.known.word))
    }
}

/// The words, ordered for look-ups. It never changes; another one replaces it.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// By their keys.
    words: Vec<Entry>,
    /// By the keys of their stems, where those are others.
    stems: Vec<Entry>,
    /// By their first consonants as keys.
    initials: Vec<Entry>,
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
        let mut words: Vec<Arc<Known>> = counts.0.values().cloned().collect();
        for (written, _) in synonyms.phrases() {
            let folded = kernel::text::folded(written);
            if !counts.0.contains_key(folded.as_str()) {
                words.push(Arc::new(Known::of(&folded)));
            }
        }
        Lexicon::default().with(words)
    }

    /// The same with further words. It shares those that it had, so that a new word in a large shop costs next to nothing.
    pub fn with(&self, new: Vec<Arc<Known>>) -> Lexicon {
        let (mut words, mut stems, mut initials) = (Vec::new(), Vec::new(), Vec::new());
        for known in new {
            let stem = keys::keys(&crate::language::stem(&known.word));
            if *stem != *known.key {
                stems.push(Entry { key: stem.into(), known: Arc::clone(&known) });
            }
            if let Some(first) = keys::initials(&known.word).filter(|first| first.len() > 1) {
                initials.push(Entry { key: first.into(), known: Arc::clone(&known) });
            }
            words.push(Entry { key: Arc::clone(&known.key), known });
        }
        Lexicon {
            words: merged(&self.words, words),
            stems: merged(&self.stems, stems),
            initials: merged(&self.initials, initials),
        }
    }

    /// How many words there are.
    pub fn size(&self) -> usize {
        self.words.len()
    }

    /// The words that these keys type, or whose stem they type.
    pub fn exact(&self, key: &str) -> Vec<&Known> {
        let of = |entries| from(entries, key).iter().take_while(|entry| *entry.key == *key).map(known);
        of(&self.words).chain(of(&self.stems)).collect()
    }

    /// The words that begin with these keys and are longer, those of most products first.
    pub fn beginning(&self, key: &str, hangul: bool, most: usize) -> Vec<&Known> {
        let begin = from(&self.words, key).iter().take_while(|entry| entry.key.starts_with(key)).map(known);
        commonest(begin.filter(|word| word.is_hangul == hangul && *word.key != *key).collect(), most)
    }

    /// The Korean words whose first consonants begin so.
    pub fn with_initials(&self, first: &str, most: usize) -> Vec<&Known> {
        let begin = from(&self.initials, first).iter().take_while(|entry| entry.key.starts_with(first));
        let mut found: Vec<&Known> = begin.map(known).collect();
        // whole words before those that go on
        found.sort_by_cached_key(|word| {
            let length = word.word.chars().count();
            (length > first.len(), Reverse(word.products()), length)
        });
        found.truncate(most);
        found
    }

    /// Whether a Korean word has these first consonants and no more.
    pub fn has_initials(&self, first: &str) -> bool {
        from(&self.initials, first).first().is_some_and(|entry| *entry.key == *first)
    }

    /// The words that differ from these keys by the fewest wrong, missing, additional or exchanged keys, at most `edits`; and by how
    /// many.
    pub fn alike(&self, key: &str, edits: u8, hangul: bool, most: usize) -> (u8, Vec<&Known>) {
        let builder = match edits {
            0 => return (0, Vec::new()),
            1 => &*ONE_EDIT,
            _ => &*TWO_EDITS,
        };
        let dfa = builder.build_dfa(key);
        let (mut best, mut found, mut rest) = (edits, Vec::new(), &self.words[..]);
        while let [entry, others @ ..] = rest {
            let (mut state, bytes) = (dfa.initial_state(), entry.key.as_bytes());
            let dead = bytes.iter().position(|byte| {
                state = dfa.transition(state, *byte);
                state == SINK_STATE
            });
            if let Some(at) = dead {
                // nothing that begins so is near enough
                rest = &rest[rest.partition_point(|entry| entry.key.as_bytes().starts_with(&bytes[..=at]))..];
                continue;
            }
            rest = others;
            let Distance::Exact(distance) = dfa.distance(state) else { continue };
            if entry.known.is_hangul != hangul || distance > best {
                continue;
            }
            if distance < best {
                (best, found) = (distance, Vec::new());
            }
            found.push(known(entry));
        }
        (best, commonest(found, most))
    }
}

fn known(entry: &Entry) -> &Known {
    &entry.known
}

/// The entries from this key on.
fn from<'e>(entries: &'e [Entry], key: &str) -> &'e [Entry] {
    &entries[entries.partition_point(|entry| *entry.key < *key)..]
}

/// Both in order; a new entry replaces one of the same word.
fn merged(old: &[Entry], mut new: Vec<Entry>) -> Vec<Entry> {
    new.sort_unstable_by(Entry::order);
    let (mut all, mut new) = (Vec::with_capacity(old.len() + new.len()), new.into_iter().peekable());
    for one in old {
        while let Some(before) = new.next_if(|next| next.order(one) == Ordering::Less) {
            all.push(before);
        }
        all.push(new.next_if(|next| next.order(one) == Ordering::Equal).unwrap_or_else(|| one.clone()));
    }
    all.extend(new);
    all
}

fn commonest(mut words: Vec<&Known>, most: usize) -> Vec<&Known> {
    let order = |word: &&Known| (Reverse(word.products()), word.key.len());
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

    #[test]
    fn further_words_are_found_beside_those_of_before() {
        let mut counts = Counts::default();
        counts.add("나이키", 1);
        let before = Lexicon::of(&counts, &Synonyms::parse("나이키, nike, air max").unwrap());
        let new = ["nike", "watches", "가방"].map(|word| counts.add(word, 1).expect("it is new"));
        assert!(counts.add("nike", 2).is_none());
        let after = before.with(new.to_vec());
        assert_eq!((before.size(), after.size()), (3, 5));
        let nike = after.exact("nike")[0];
        assert_eq!((nike.fields(), nike.products(), before.exact("nike")[0].products()), (3, 2, 0));
        assert_eq!(names(after.exact("watch")), ["watches"]);
        assert_eq!(names(after.with_initials("rq", 1)), ["가방"]);
        assert_eq!(names(after.exact("airmax")), ["air max"]);
    }

    proptest! {
        #[test]
        fn those_alike_are_those_near_enough(
            words in proptest::collection::btree_set("[a-d]{1,9}", 1..60), typed in "[a-d]{4,9}", edits in 1_u8..=2,
        ) {
            let words: Vec<(&str, u32)> = words.iter().map(|word| (word.as_str(), 1)).collect();
            let lexicon = lexicon(&words);
            let builder = LevenshteinAutomatonBuilder::new(edits, true);
            let distance = |word: &str| match builder.build_dfa(&typed).eval(word) {
                Distance::Exact(distance) => Some(distance),
                Distance::AtLeast(_) => None,
            };
            let best = words.iter().filter_map(|(word, _)| distance(word)).min();
            let mut near: Vec<&str> =
                words.iter().map(|(word, _)| *word).filter(|word| best.is_some() && distance(word) == best).collect();
            let mut found = names(lexicon.alike(&typed, edits, false, 100).1);
            near.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(found, near);
        }

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
