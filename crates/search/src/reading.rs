//! What somebody who searches means: each word of theirs, and everything that it may stand for. Pure.

use crate::document::EVERY_FIELD;
use crate::language::synonyms::{PHRASE_MAX, Synonyms, joined};
use crate::language::{Word, bigram, ending, keys, stem, words};
use crate::lexicon::{Known, Lexicon, edits_allowed};

/// Most words of one search that are looked at.
pub const WORDS_MAX: usize = 12;
/// Most words that a half-typed one stands for.
const BEGINNINGS_MAX: usize = 40;
/// Most words that first consonants or typing errors stand for.
const GUESSES_MAX: usize = 8;
/// Most pairs of syllables that are compared of one word.
const BIGRAMS_MAX: usize = 10;

/// What Korean puts behind a noun, the longer ones first.
const PARTICLES: [&str; 15] =
    ["에서", "으로", "을", "를", "이", "가", "은", "는", "의", "에", "로", "과", "와", "도", "만"];
/// Fewest syllables that are left of a word without its particle: a single one may be anything.
const BARE_MIN: usize = 2;

/// How well an alternative fits: 1 is what was typed.
const SYNONYM: f32 = 0.9;
const LAYOUT: f32 = 0.85;
const INITIALS: f32 = 0.8;
const BEGINNING: f32 = 0.7;
const SYLLABLES: f32 = 0.6;
const ONE_EDIT: f32 = 0.55;
const ENDING: f32 = 0.5;
const TWO_EDITS: f32 = 0.4;

/// An entry of the index, and the fields in which it is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub text: String,
    pub fields: u8,
    pub quality: f32,
}

/// What a word may stand for: all of these, each by any of its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub all: Vec<Vec<Entry>>,
    pub quality: f32,
}

/// A word or a phrase of the search. A product that has one of the alternatives has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub alternatives: Vec<Alternative>,
    /// As it is understood, to be shown.
    pub shown: String,
    /// The rarer a word is, the more it says.
    pub weight: f32,
}

/// A search as it is understood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    pub parts: Vec<Part>,
    /// Whether it is understood as something else than what was typed: with typing errors, or the wrong layout.
    pub corrected: bool,
}

impl Reading {
    /// How it is understood, as text.
    pub fn shown(&self) -> String {
        self.parts.iter().map(|part| part.shown.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What a search is understood by.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub lexicon: &'a Lexicon,
    pub synonyms: &'a Synonyms,
    /// How many products there are.
    pub products: u32,
    /// Further edits that are forgiven when nothing was found.
    pub lenient: bool,
}

impl Reader<'_> {
    /// Understands `text`. Its last word may be half-typed.
    pub fn read(&self, text: &str) -> Reading {
        let mut typed = words(text);
        typed.truncate(WORDS_MAX);
        let typed: Vec<Word> = typed.into_iter().flat_map(|word| self.split(word)).take(WORDS_MAX).collect();
        let (mut reading, mut at) = (Reading::default(), 0);
        while at < typed.len() {
            let phrase = (2..=PHRASE_MAX.min(typed.len() - at)).rev().find_map(|length| {
                let words = &typed[at..at + length];
                Some((length, self.phrase(words)?))
            });
            let (length, part, corrected) = match phrase {
                Some((length, part)) => (length, part, false),
                None => {
                    let (part, corrected) = self.word(&typed[at], at + 1 == typed.len());
                    (1, part, corrected)
                }
            };
            reading.corrected |= corrected;
            reading.parts.push(part);
            at += length;
        }
        reading
    }

    fn is_known(&self, word: &Word) -> bool {
        let stem = stem(&word.folded);
        let (key, stem) = (keys::keys(&word.folded), keys::keys(&stem));
        let alike = |known: &Known| known.is_hangul == word.is_hangul();
        self.lexicon.exact(&key).into_iter().any(alike) || self.lexicon.exact(&stem).into_iter().any(alike)
    }

    /// An unknown word, as the known words that it consists of: `나이키운동화`, `nikeshoes`, `ㄴㅇㅋㅇㄷㅎ`.
    fn split(&self, word: Word) -> Vec<Word> {
        let (hangul, letters) = (word.is_hangul(), word.folded.chars().collect::<Vec<char>>());
        let pieces = if let Some(first) = keys::consonants(&word.folded) {
            match self.lexicon.with_initials(&first, 1).is_empty() {
                true => fewest(&letters, 2, |part| self.has_initials(part)),
                false => Vec::new(),
            }
        } else {
            let half_typed = hangul && letters.iter().any(|c| !keys::is_syllable(*c));
            let begins = || !self.lexicon.beginning(&keys::keys(&word.folded), hangul, 1).is_empty();
            match half_typed || self.is_known(&word) || begins() {
                true => Vec::new(),
                false => {
                    let least = if hangul { 2 } else { 3 };
                    let pieces = |letters| fewest(letters, least, |part| self.is_known(&piece(&word, part)));
                    let stems = bare(&word.folded).into_iter().map(|stem| &letters[..stem.chars().count()]);
                    std::iter::once(&letters[..])
                        .chain(stems)
                        .map(pieces)
                        .find(|all| !all.is_empty())
                        .unwrap_or_default()
                }
            }
        };
        match pieces.is_empty() {
            true => vec![word],
            false => pieces.into_iter().map(|part| piece(&word, part)).collect(),
        }
    }

    fn has_initials(&self, consonants: &[char]) -> bool {
        let first = keys::consonants(&consonants.iter().collect::<String>());
        first.is_some_and(|first| self.lexicon.has_initials(&first))
    }

    /// Neighbouring words that are one, such as `sweat shirt` or `navy blue`.
    fn phrase(&self, words: &[Word]) -> Option<Part> {
        let stems: Vec<String> = words.iter().map(|word| stem(&word.folded)).collect();
        let as_stems = joined(&stems);
        let folded: String = words.iter().map(|word| word.folded.as_str()).collect();
        let found = self.synonyms.of(&as_stems);
        let one_script = words.iter().all(|word| word.is_hangul() == words[0].is_hangul());
        let whole = one_script && self.is_known(&Word { typed: folded.clone(), folded: folded.clone(), at: 0..0 });
        if found.is_none() && !whole {
            return None;
        }
        let apart = words.iter().map(|word| self.apart(word)).collect();
        let mut alternatives = vec![Alternative { all: apart, quality: 1.0 }];
        if whole {
            alternatives.push(one(&stem(&folded), EVERY_FIELD, 1.0));
        }
        alternatives.extend(found.into_iter().flatten().map(|phrase| of_phrase(phrase, SYNONYM)));
        let shown = words.iter().map(|word| word.folded.as_str()).collect::<Vec<_>>().join(" ");
        let weight = self.weight(words.iter().flat_map(|word| self.lexicon.exact(&keys::keys(&word.folded))));
        Some(Part { alternatives, shown, weight })
    }

    /// A word of a phrase by itself, with the single words that mean the same.
    fn apart(&self, word: &Word) -> Vec<Entry> {
        let own = stem(&word.folded);
        let others = self.synonyms.of(&keys::keys(&own)).into_iter().flatten().filter(|phrase| phrase.len() == 1);
        let others = others.map(|phrase| Entry { text: phrase[0].clone(), fields: EVERY_FIELD, quality: SYNONYM });
        std::iter::once(Entry { text: own.clone(), fields: EVERY_FIELD, quality: 1.0 }).chain(others).collect()
    }

    /// A Korean word that finds nothing as it is typed, without the particle that it ends in. A word that one typing error turns into a
    /// known one stays: `운동와` is `운동화` rather than `운동`.
    fn without_particle(&self, word: &Word) -> Option<Word> {
        let stems = bare(&word.folded);
        let key = keys::keys(&word.folded);
        let begins = |key: &str| !self.lexicon.beginning(key, true, 1).is_empty();
        let edits = edits_allowed(key.chars().count()).min(1);
        if stems.is_empty()
            || self.is_known(word)
            || begins(&key)
            || !self.lexicon.alike(&key, edits, true, 1).1.is_empty()
        {
            return None;
        }
        let stems =
            stems.into_iter().map(|stem| Word { typed: stem.to_owned(), folded: stem.to_owned(), at: word.at.clone() });
        stems.into_iter().find(|stem| self.is_known(stem) || begins(&keys::keys(&stem.folded)))
    }

    /// Everything that one word may stand for, and whether it is read as another one.
    fn word(&self, word: &Word, last: bool) -> (Part, bool) {
        match self.without_particle(word) {
            Some(stem) => self.bare_word(&stem, last),
            None => self.bare_word(word, last),
        }
    }

    fn bare_word(&self, word: &Word, last: bool) -> (Part, bool) {
        let (own, key, hangul) = (stem(&word.folded), keys::keys(&word.folded), word.is_hangul());
        let mut alternatives = vec![one(&own, EVERY_FIELD, 1.0)];
        alternatives.extend(self.means_the_same(&keys::keys(&own), SYNONYM));
        alternatives.extend(by_syllables(word));
        let exact: Vec<&Known> = self.lexicon.exact(&key).into_iter().filter(|it| it.is_hangul == hangul).collect();
        // a phrase of the synonyms, typed without its spaces
        let phrases: Vec<&Known> = exact.iter().copied().filter(|known| known.word.contains(' ')).collect();
        alternatives.extend(self.meanings(&phrases, |_| SYNONYM));
        let (mut shown, mut corrected) = (word.folded.clone(), false);
        let mut seen = exact.clone();
        let letters = word.folded.chars().count();
        let begun = match last || letters >= if hangul { 2 } else { 3 } {
            true => self.lexicon.beginning(&key, hangul, BEGINNINGS_MAX),
            false => Vec::new(),
        };
        let known = self.is_known(word);
        if !begun.is_empty() {
            alternatives.push(any_of(&begun, BEGINNING));
            if !known {
                alternatives.extend(self.meanings(&begun, |word| BEGINNING * key.len() as f32 / word.key.len() as f32));
            }
        }
        if !known {
            let (guesses, quality) = self.guesses(word, &key, begun.is_empty() || !last);
            if !guesses.is_empty() {
                alternatives.push(any_of(&guesses, quality));
                alternatives.extend(self.meanings(&guesses, |_| quality * SYNONYM));
                if begun.is_empty() {
                    (shown, corrected) = (guesses[0].word.to_string(), true);
                }
            }
            seen.extend(begun.iter().chain(&guesses));
        }
        let weight = self.weight(seen.into_iter());
        (Part { alternatives, shown, weight }, corrected)
    }

    /// What an unknown word was probably meant to be, best kind first.
    fn guesses(&self, word: &Word, key: &str, errors: bool) -> (Vec<&Known>, f32) {
        let hangul = word.is_hangul();
        if let Some(first) = keys::consonants(&word.folded).filter(|first| first.len() > 1) {
            let mut found = self.lexicon.with_initials(&first, GUESSES_MAX);
            // those that have no further consonants are meant, if there are any
            let whole = found.iter().take_while(|known| known.word.chars().count() == first.len()).count();
            if whole > 0 {
                found.truncate(whole);
            }
            if !found.is_empty() {
                return (found, INITIALS);
            }
        }
        for other in [keys::keys_as_typed(&word.typed), key.to_owned()] {
            let key = if hangul { key.to_owned() } else { other };
            let whole: Vec<&Known> =
                self.lexicon.exact(&key).into_iter().filter(|known| known.is_hangul != hangul).collect();
            if !whole.is_empty() {
                return (whole, LAYOUT);
            }
            if key.len() >= 3 && errors {
                let begun = self.lexicon.beginning(&key, !hangul, GUESSES_MAX);
                if !begun.is_empty() {
                    return (begun, BEGINNING * LAYOUT);
                }
            }
        }
        if !errors {
            return (Vec::new(), 0.0);
        }
        let edits = (edits_allowed(key.chars().count()) + u8::from(self.lenient && key.len() > 2)).min(2);
        for (script, quality) in [(hangul, 1.0), (!hangul, LAYOUT)] {
            let (distance, found) = self.lexicon.alike(key, edits, script, GUESSES_MAX);
            if !found.is_empty() {
                return (found, quality * if distance <= 1 { ONE_EDIT } else { TWO_EDITS });
            }
        }
        (Vec::new(), 0.0)
    }

    /// The phrases that mean the same as the word with these keys.
    fn means_the_same(&self, key: &str, quality: f32) -> impl Iterator<Item = Alternative> + use<'_> {
        self.synonyms.of(key).into_iter().flatten().map(move |phrase| of_phrase(phrase, quality))
    }

    /// The phrases that mean the same as one of the first of these words, and how well each of those fits.
    fn meanings(&self, words: &[&Known], quality: impl Fn(&Known) -> f32) -> Vec<Alternative> {
        let of = |word: &&Known| {
            let stems: Vec<String> = crate::language::words(&word.word).iter().map(|it| stem(&it.folded)).collect();
            self.means_the_same(&joined(&stems), quality(word)).collect::<Vec<_>>()
        };
        let mut all: Vec<Alternative> = Vec::new();
        for one in words.iter().take(GUESSES_MAX).flat_map(of) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }

    fn weight<'k>(&self, words: impl Iterator<Item = &'k Known>) -> f32 {
        let products = words.map(Known::products).max().unwrap_or(0);
        (1.0 + (self.products as f32 / (1.0 + products as f32)).max(1.0).ln()).min(8.0)
    }
}

/// The fewest known pieces that these letters consist of, each of at least so many; none when there are not two.
fn fewest(letters: &[char], least: usize, is_known: impl Fn(&[char]) -> bool) -> Vec<&[char]> {
    if letters.len() < 2 * least {
        return Vec::new();
    }
    // the fewest pieces up to each letter, and where the last of them begins
    let mut best: Vec<Option<(usize, usize)>> = vec![None; letters.len() + 1];
    best[0] = Some((0, 0));
    for end in least..=letters.len() {
        for begin in 0..=end - least {
            let Some((pieces, _)) = best[begin] else { continue };
            let better = best[end].is_none_or(|(fewest, _)| pieces + 1 < fewest);
            if better && is_known(&letters[begin..end]) {
                best[end] = Some((pieces + 1, begin));
            }
        }
    }
    let (mut end, mut pieces) = (letters.len(), Vec::new());
    while let Some((_, begin)) = best[end].filter(|_| end > 0) {
        pieces.push(&letters[begin..end]);
        end = begin;
    }
    pieces.reverse();
    pieces
}

/// What is left of a Korean word without each particle that it may end in; empty for every other word.
fn bare(folded: &str) -> Vec<&str> {
    if !folded.chars().all(keys::is_syllable) {
        return Vec::new();
    }
    let stems = PARTICLES.iter().filter_map(|particle| folded.strip_suffix(particle));
    stems.filter(|stem| stem.chars().count() >= BARE_MIN).collect()
}

fn piece(word: &Word, letters: &[char]) -> Word {
    let folded: String = letters.iter().collect();
    Word { typed: folded.clone(), folded, at: word.at.clone() }
}

fn one(text: &str, fields: u8, quality: f32) -> Alternative {
    Alternative { all: vec![vec![Entry { text: text.to_owned(), fields, quality: 1.0 }]], quality }
}

fn of_phrase(phrase: &[String], quality: f32) -> Alternative {
    let entry = |stem: &String| vec![Entry { text: stem.clone(), fields: EVERY_FIELD, quality: 1.0 }];
    Alternative { all: phrase.iter().map(entry).collect(), quality }
}

/// Any of these words, in the fields in which products have them.
fn any_of(words: &[&Known], quality: f32) -> Alternative {
    let mut entries: Vec<Entry> = Vec::new();
    for word in words.iter().filter(|word| word.fields() > 0) {
        let text = stem(&word.word);
        match entries.iter_mut().find(|entry| entry.text == text) {
            Some(entry) => entry.fields |= word.fields(),
            None => entries.push(Entry { text, fields: word.fields(), quality: 1.0 }),
        }
    }
    Alternative { all: vec![entries], quality }
}

/// A Korean word inside of a longer one.
fn by_syllables(word: &Word) -> Option<Alternative> {
    let entry = |text: String| vec![Entry { text, fields: EVERY_FIELD, quality: 1.0 }];
    let mut letters = word.folded.chars();
    if let (Some(only), None) = (letters.next(), letters.next()) {
        return keys::is_syllable(only).then(|| Alternative { all: vec![entry(ending(only))], quality: ENDING });
    }
    if !word.folded.chars().all(keys::is_syllable) {
        return None;
    }
    let pairs = keys::bigrams(&word.folded);
    let all = pairs.iter().take(BIGRAMS_MAX).map(|pair| entry(bigram(pair))).collect();
    Some(Alternative { all, quality: SYLLABLES })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Counts;

    fn shown(text: &str) -> (String, bool) {
        let reading = reading(text);
        (reading.shown(), reading.corrected)
    }

    fn reading(text: &str) -> Reading {
        let mut counts = Counts::default();
        for word in
            ["nike", "shoes", "shirt", "adidas", "blue", "navy", "달항아리", "머그", "watches", "sweatshirts", "red"]
        {
            counts.add(word, 1);
        }
        let synonyms = "나이키, nike\n운동화, sneakers, sports shoes\n네이비, navy blue\n아디다스, adidas\n까만, black";
        let synonyms = Synonyms::parse(synonyms).unwrap();
        let lexicon = Lexicon::of(&counts, &synonyms);
        Reader { lexicon: &lexicon, synonyms: &synonyms, products: 10, lenient: false }.read(text)
    }

    /// Whether a search may find a text by these stems, all of them.
    fn finds(text: &str, stems: &[&str]) -> bool {
        let has = |entries: &Vec<Entry>| entries.iter().any(|entry| stems.contains(&entry.text.as_str()));
        reading(text).parts.iter().all(|part| part.alternatives.iter().any(|one| one.all.iter().all(has)))
    }

    #[test]
    fn what_was_typed_wins_over_what_may_be_meant() {
        let reading = reading("shirts");
        let best = &reading.parts[0].alternatives[0];
        assert_eq!((best.all[0][0].text.as_str(), best.quality), ("shirt", 1.0));
        assert!(!reading.corrected);
    }

    #[test]
    fn korean_finds_english_and_the_other_way_round() {
        assert!(finds("나이키 운동화", &["nike", "sport", "shoe"]));
        assert!(finds("nike sneakers", &["나이키", "운동화"]));
        assert!(finds("네이비", &["navi", "blue"]) || finds("네이비", &["navy", "blue"]));
        assert!(!finds("나이키 운동화", &["nike"]));
    }

    #[test]
    fn half_typed_and_initial_consonants_and_wrong_layouts_are_understood() {
        for text in ["나잌", "나이ㅋ", "ㄴㅇㅋ", "skdlzl", "Skdlzl", "ㅜㅑㅏㄷ", "나이키", "나이커"] {
            assert!(finds(text, &["nike"]), "{text}");
        }
        assert!(finds("ㅁ야ㅇㅁㄴ", &["adida"]) || finds("ㅁ야ㅇㅁㄴ", &["adidas"]));
        assert!(finds("RkaksRk", &["black"]) || finds("Rkaks", &["black"]));
        assert_eq!(shown("skdlzl"), ("나이키".to_owned(), true));
        assert_eq!(shown("ㅜㅑㅏㄷ"), ("nike".to_owned(), true));
    }

    #[test]
    fn typing_errors_are_forgiven() {
        assert_eq!(shown("adidsa shoes"), ("adidas shoes".to_owned(), true));
        assert_eq!(shown("wacthes"), ("watches".to_owned(), true));
        assert!(!finds("xyzzyplugh", &["nike"]));
    }

    #[test]
    fn spaces_are_ignored_where_people_leave_them_out() {
        assert!(finds("나이키운동화", &["nike", "sneaker"]));
        assert!(finds("nikeshoes", &["nike", "shoe"]));
        assert!(finds("sweat shirt", &["sweatshirt"]));
        assert!(finds("sportsshoes", &["sport", "shoe"]));
        assert!(finds("운동 화", &["sneaker"]));
        assert!(finds("ㄴㅇㅋㅇㄷㅎ", &["nike", "sneaker"]) && finds("ㄴㅇㅋ ㅇㄷㅎ", &["nike", "sneaker"]));
        let syllables: Vec<String> = ["달항", "항아", "아리", "리머", "머그"].iter().map(|it| bigram(it)).collect();
        let syllables: Vec<&str> = syllables.iter().map(String::as_str).collect();
        assert!(finds("달항아리머그", &syllables) || finds("달항아리머그", &["달항아리", "머그"]));
        assert!(finds("항아리", &syllables));
    }

    #[test]
    fn a_korean_word_is_found_at_the_end_of_a_longer_one() {
        assert!(finds("컵", &[&ending('컵')]));
    }

    #[test]
    fn a_particle_behind_a_korean_word_is_left_out_when_the_word_finds_nothing() {
        for text in ["머그를", "머그가", "머그에서", "머그로", "머그만"] {
            assert!(finds(text, &["머그"]), "{text}");
            assert_eq!(shown(text), ("머그".to_owned(), false), "{text}");
        }
        assert!(finds("달항아리의 머그를", &["달항아리", "머그"]) && finds("나이키를", &["nike"]));
        assert!(finds("나이키운동화를", &["nike", "sneaker"]), "known words without a space, and a particle");
        // one syllable is no word, exact words win, and so does a typing error
        assert_eq!(bare("머를"), Vec::<&str>::new());
        assert_eq!(shown("달항아리").0, "달항아리");
        assert_eq!(shown("운동와"), ("운동화".to_owned(), true));
        assert!(!finds("머그컵스를", &["머그"]));
    }

    #[test]
    fn rare_words_say_more() {
        let reading = reading("nike xyzzyplugh");
        assert!(reading.parts[1].weight >= reading.parts[0].weight);
    }

    #[test]
    fn wild_searches_are_read_too() {
        for text in ["", "   ", "%%%", "ㅋㅋㅋㅋㅋㅋㅋㅋㅋ", "\u{1F600}", &"word ".repeat(500), &"가나다라".repeat(300)]
        {
            assert!(reading(text).parts.len() <= WORDS_MAX, "{text}");
        }
    }
}
