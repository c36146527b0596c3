//! What fingers type. A word's key is the sequence of keys that types it: Latin letters are their own keys, and a Hangul syllable is
//! the keys of the usual Korean layout (두벌식), so `나이키` is `skdlzl`.
//!
//! One form does three things: text that was typed with the wrong layout has the key of what was meant, a half-typed syllable has a
//! prefix of the key of the whole one, and one wrong key is one edit.

use std::ops::RangeInclusive;

/// Where the block of Hangul syllables begins.
const SYLLABLES: u32 = 0xAC00;
/// How many there are: 19 first consonants, 21 vowels, 27 last consonants or none.
const SYLLABLE_COUNT: u32 = 11_172;
const FIRST: [&str; 19] =
    ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
const VOWEL: [&str; 21] =
    ["k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const LAST: [&str; 28] = [
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "T",
    "d", "w", "c", "z", "x", "v", "g",
];
/// The keys of single letters (ㄱ to ㅣ) as keyboards send them.
const LETTERS: [&str; 51] = [
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q", "qt", "t",
    "T", "d", "w", "W", "c", "z", "x", "v", "g", "k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y",
    "n", "nj", "np", "nl", "b", "m", "ml", "l",
];

/// The parts of a Hangul syllable: first consonant, vowel, last consonant.
fn parts(c: char) -> Option<(usize, usize, usize)> {
    let at = u32::from(c).checked_sub(SYLLABLES).filter(|at| *at < SYLLABLE_COUNT)? as usize;
    Some((at / (21 * 28), at / 28 % 21, at % 28))
}

/// Whether `c` is a whole Hangul syllable.
pub fn is_syllable(c: char) -> bool {
    parts(c).is_some()
}

/// Whether `c` is a Hangul syllable or a single letter of one.
pub fn is_hangul(c: char) -> bool {
    is_syllable(c) || letter(c).is_some()
}

/// The keys of a single Hangul letter, as keyboards send it or as NFKC writes it.
fn letter(c: char) -> Option<&'static str> {
    let at = |from: u32, table: &'static [&'static str]| {
        let n = usize::try_from(u32::from(c).checked_sub(from)?).ok()?;
        table.get(n).copied()
    };
    at(0x3131, &LETTERS)
        .or_else(|| at(0x1100, &FIRST))
        .or_else(|| at(0x1161, &VOWEL))
        .or_else(|| at(0x11A7, &LAST).filter(|keys| !keys.is_empty()))
}

/// The text with single letters as keyboards send them and fonts draw them. NFKC makes of them what stands inside of syllables.
pub fn as_typed(text: &str) -> String {
    const INSIDE: RangeInclusive<char> = '\u{1100}'..='\u{11FF}';
    let is_same = |typed: &char, c: char| kernel::text::identity(typed.encode_utf8(&mut [0; 4])).chars().eq([c]);
    let typed = |c: char| ('\u{3131}'..='\u{3163}').find(|typed| is_same(typed, c));
    text.chars().map(|c| if INSIDE.contains(&c) { typed(c).unwrap_or(c) } else { c }).collect()
}

/// The keys that type `word`. Letters of other scripts stand for themselves.
pub fn keys(word: &str) -> String {
    let mut keys = String::with_capacity(word.len());
    for c in word.chars() {
        match (parts(c), letter(c)) {
            (Some((first, vowel, last)), _) => {
                keys.push_str(FIRST[first]);
                keys.push_str(VOWEL[vowel]);
                keys.push_str(LAST[last]);
            }
            (None, Some(letter)) => keys.push_str(letter),
            (None, None) => keys.push(c),
        }
    }
    keys
}

/// The keys of Latin text that was meant to be Korean. Capitals of shifted letters stay (`R` types ㄲ); others come from a
/// keyboard that begins a word with a capital.
pub fn keys_as_typed(word: &str) -> String {
    word.chars().map(|c| if "QWERTOP".contains(c) { c } else { c.to_ascii_lowercase() }).collect()
}

/// The first consonants of a word's syllables, as keys: `sdz` for 나이키. `None` unless the word consists of syllables.
pub fn initials(word: &str) -> Option<String> {
    word.chars().map(|c| parts(c).map(|(first, ..)| FIRST[first])).collect()
}

/// The keys of a word that consists of consonants alone, such as `ㄴㅇㅋ`.
pub fn consonants(word: &str) -> Option<String> {
    let consonant = |c: char| letter(c).filter(|keys| keys.len() == 1 && FIRST.contains(keys));
    let found: Option<String> = word.chars().map(consonant).collect();
    found.filter(|keys| !keys.is_empty())
}

/// Every two neighbouring syllables of a word.
pub fn bigrams(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    let pairs = chars.windows(2).filter(|pair| pair.iter().all(|c| is_syllable(*c)));
    pairs.map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_keys_that_type_it() {
        for (word, expected) in [
            ("나이키", "skdlzl"),
            ("닭갈비", "ekfrrkfql"),
            ("까만", "Rkaks"),
            ("원피스", "dnjsvltm"),
            ("nike", "nike"),
            ("ㅜㅑㅏㄷ", "nike"),
            ("ㅁㅇㅑㅇㅁㄴ", "adidas"),
            ("ㅁ야ㅇㅁㄴ", "adidas"),
        ] {
            assert_eq!(keys(word), expected, "{word}");
        }
    }

    #[test]
    fn a_half_typed_syllable_begins_as_the_whole_one() {
        for half in ["ㄴ", "나", "나ㅇ", "낭", "나이", "나잌", "나이ㅋ", "나이키"] {
            assert!(keys("나이키").starts_with(&keys(half)), "{half}");
        }
        assert!(keys("운동화").starts_with(&keys("운동호")));
        assert!(!keys("나이키").starts_with(&keys("너")));
    }

    #[test]
    fn letters_are_the_same_keys_before_and_after_nfkc() {
        for word in ["ㄴㅇㅋ", "ㅜㅑㅏㄷ", "나잌", "ㄲㅏ"] {
            assert_eq!(keys(word), keys(&kernel::text::identity(word)), "{word}");
        }
    }

    #[test]
    fn single_letters_are_shown_as_keyboards_send_them() {
        let every: Vec<String> = ('\u{3131}'..='\u{3163}').map(String::from).collect();
        for text in ["ㄴㅇㅋ", "ㅋㅋ nike 나이 ㅋ", &every.join(" ")] {
            assert_eq!(as_typed(&kernel::text::folded(text)), text);
        }
        assert_eq!(as_typed("나이키 Nike"), "나이키 Nike");
    }

    #[test]
    fn initials_are_those_of_whole_syllables() {
        assert_eq!(initials("나이키").as_deref(), Some("sdz"));
        assert_eq!(initials("나이키x"), None);
        assert_eq!(consonants("ㄴㅇㅋ").as_deref(), Some("sdz"));
        assert_eq!(consonants("ㄴㅇㅏ"), None);
        assert_eq!(consonants(""), None);
    }

    #[test]
    fn only_shifted_letters_keep_their_capitals() {
        assert_eq!(keys_as_typed("Skdlzl"), "skdlzl");
        assert_eq!(keys_as_typed("RkaksRk"), "RkaksRk");
    }

    #[test]
    fn bigrams_are_of_syllables() {
        assert_eq!(bigrams("달항아리"), ["달항", "항아", "아리"]);
        assert_eq!(bigrams("컵"), Vec::<String>::new());
        assert_eq!(bigrams("a컵b잔"), Vec::<String>::new());
    }
}
