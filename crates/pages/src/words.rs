//! The texts of pages: every sentence stands with its translation in one row, so that none can be forgotten.

/// The name of a text, in English, in Korean.
pub type Row = (&'static str, &'static str, &'static str);

/// A list of literals: the texts of one page, each with its name, in English and in Korean.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $english:literal, $korean:literal;)* }) => {
        $(#[$doc])*
        pub struct $name { $(pub $field: &'static str,)* }

        impl $name {
            /// Every text, for the test that compares the languages.
            pub const ROWS: &'static [$crate::words::Row] = &[$((stringify!($field), $english, $korean),)*];
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

/// The sentence with `value` where it has `{}`.
pub fn fill(sentence: &str, value: impl std::fmt::Display) -> String {
    sentence.replacen("{}", &value.to_string(), 1)
}

/// The sentence about one thing or the one about several, as this number needs it. Korean has the same for both.
pub fn plural<'a>(number: i64, one: &'a str, several: &'a str) -> &'a str {
    if number == 1 { one } else { several }
}

/// What is wrong with these rows: a text that is empty, Korean without a Korean letter, another number of gaps.
pub fn complaints(rows: &[Row]) -> Vec<String> {
    let korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    let letters = |text: &str| text.chars().any(|c| c.is_alphabetic());
    let gaps = |text: &str| text.matches("{}").count();
    let wrong = rows.iter().filter(|(_, en, ko)| {
        en.trim().is_empty() || ko.trim().is_empty() || (letters(en) && !korean(ko)) || gaps(en) != gaps(ko)
    });
    wrong.map(|(name, en, ko)| format!("{name}: {en:?} and {ko:?}")).collect()
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
        assert_eq!(complaints(Some::ROWS), Vec::<String>::new());
        assert_eq!(fill(Some::of(crate::Language::Korean).hello, "<하늘>"), "<하늘>님, 안녕하세요");
        assert_eq!(Some::of(crate::Language::English).dash, "–");
        for wrong in [("a", "Hello", "Hello"), ("b", "", "안녕"), ("c", "{} left", "남음")] {
            assert_eq!(complaints(&[wrong]).len(), 1, "{wrong:?}");
        }
    }
}
