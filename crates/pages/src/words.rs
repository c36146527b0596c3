//! The texts of pages: every sentence stands with its translation in one row, and the compiler refuses a row that lacks one.

use crate::Language;

/// The name of a text, in English, in Korean.
pub type Row = (&'static str, &'static str, &'static str);

/// A list of literals: the texts of one page, each with its name, in English and in Korean.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $english:literal, $korean:literal;)* }) => {
        $(#[$doc])*
        pub struct $name { $(pub $field: &'static str,)* }

        const _: () = $crate::words::compare(&[$((stringify!($field), $english, $korean),)*]);

        impl $name {
            const ENGLISH: $name = $name { $($field: $english,)* };
            const KOREAN: $name = $name { $($field: $korean,)* };

            /// The texts in this language.
            pub const fn of(language: $crate::Language) -> &'static $name {
                match language {
                    $crate::Language::English => &Self::ENGLISH,
                    $crate::Language::Korean => &Self::KOREAN,
                }
            }
        }
    };
}

/// The code of a language.
pub const fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Korean => "ko",
    }
}

/// The language with this code.
pub fn language(code: &str) -> Option<Language> {
    [Language::English, Language::Korean].into_iter().find(|language| self::code(*language) == code)
}

/// The code of the language to which a page offers to change.
pub const fn other_code(language: Language) -> &'static str {
    match language {
        Language::English => code(Language::Korean),
        Language::Korean => code(Language::English),
    }
}

/// The sentence with `value` where it has `{}`.
pub fn fill(sentence: &str, value: impl std::fmt::Display) -> String {
    sentence.replacen("{}", &value.to_string(), 1)
}

/// The sentence about one thing or the one about several, as this number needs it. Korean has the same for both.
pub fn plural<'a>(number: i64, one: &'a str, several: &'a str) -> &'a str {
    if number == 1 { one } else { several }
}

/// Compares the languages while the program is compiled. An error names the text that one of them lacks.
pub const fn compare(mut rows: &[Row]) {
    while let [(name, english, korean), rest @ ..] = rows {
        assert!(is_translated(english, korean), "{}", *name);
        rows = rest;
    }
}

/// Whether both texts say something, the Korean one with a Korean letter, and have the same number of gaps.
const fn is_translated(english: &str, korean: &str) -> bool {
    let (en, ko) = (Seen::of(english), Seen::of(korean));
    en.something && ko.something && en.gaps == ko.gaps && (ko.korean || !en.letters)
}

/// What a text has.
struct Seen {
    something: bool,
    letters: bool,
    korean: bool,
    gaps: usize,
}

impl Seen {
    const fn of(text: &str) -> Seen {
        let mut seen = Seen { something: false, letters: false, korean: false, gaps: 0 };
        let mut bytes = text.as_bytes();
        while let [byte, rest @ ..] = bytes {
            seen.something |= !byte.is_ascii_whitespace();
            seen.letters |= byte.is_ascii_alphabetic();
            // the first byte of every Korean syllable in UTF-8
            seen.korean |= matches!(*byte, 0xEA..=0xED);
            if let (b'{', [b'}', ..]) = (*byte, rest) {
                seen.gaps += 1;
            }
            bytes = rest;
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    texts! {
        /// Two texts.
        Some {
            hello: "Hello, {}", "{}님, 안녕하세요";
            dash: "–", "–";
        }
    }

    #[test]
    fn a_text_is_there_in_both_languages_with_the_same_gaps() {
        assert_eq!(fill(Some::of(crate::Language::Korean).hello, "<하늘>"), "<하늘>님, 안녕하세요");
        assert_eq!(Some::of(crate::Language::English).dash, "–");
        assert!(
            is_translated("{} of {}", "{} 중 {}")
                && is_translated("–", "–")
                && is_translated("한국어", "English(영어)")
        );
        for (english, korean) in [("Hello", "Hello"), ("", "안녕"), ("Hello", " "), ("{} left", "남음"), ("a", "é")]
        {
            assert!(!is_translated(english, korean), "{english:?} and {korean:?}");
        }
    }
}
