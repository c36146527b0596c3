//! The one form in which text from outside is stored, and the form in which identities are compared.
//!
//! Texts that look the same must be the same bytes: otherwise one sku has two products, and a receiver has an invisible
//! name.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{CanonicalCombiningClass, DefaultIgnorableCodePoint, Ideographic, JoiningType};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';

/// `text` in NFC, without invisible characters that mean nothing where they stand, without white space around it, and with `\n` for every
/// end of a line: a form of a browser sends `\r\n`, and would count each of them twice.
///
/// Joiners, variation selectors and tags stay where they change what is seen: in emoji, between ideographs and in
/// scripts whose letters join.
pub fn clean(text: &str) -> String {
    let text = &*one_line_end(text);
    if is_plain(text) {
        return text.trim().to_owned();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let mut clean = nfc.normalize(text).into_owned();
    // what is removed may bring together what composes, and what composes may leave a selector without its sign
    loop {
        let next = nfc.normalize(trimmed(&seen(&clean))).into_owned();
        if next == clean {
            return clean;
        }
        clean = next;
    }
}

/// Whether nothing of `text` can be seen.
pub fn is_blank(text: &str) -> bool {
    clean(text).is_empty()
}

/// `text` as an identity is stored: NFKC, without any invisible character, its case kept.
pub fn identity(text: &str) -> String {
    let text = &*one_line_end(text);
    if is_plain(text) {
        return text.trim().to_owned();
    }
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let visible = |text: &str| text.chars().filter(|c| !is_invisible(*c)).collect::<String>();
    // a compatibility form may contain invisible characters, as U+FFA0 does
    let once = nfkc.normalize(&visible(text)).into_owned();
    trimmed(&nfkc.normalize(&visible(&once))).to_owned()
}

/// `text` as identities are compared: as [`identity`], with its case folded.
pub fn folded(text: &str) -> String {
    let folded = CaseMapper::new().fold_string(&identity(text)).into_owned();
    // folding may undo the composition
    identity(&folded)
}

/// [`folded`], cut after `max` characters so that an index of every database can hold it. Identities that agree so far are the
/// same.
pub fn folded_key(text: &str, max: usize) -> String {
    let mut key = folded(text);
    if let Some((end, _)) = key.char_indices().nth(max) {
        key.truncate(end);
    }
    key
}

/// A password as it is hashed: NFC, and every space is U+0020 (RFC 8265, OpaqueString).
pub fn password(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if !c.is_control() && c.is_whitespace() { ' ' } else { c }).collect();
    ComposingNormalizerBorrowed::new_nfc().normalize(&spaced).into_owned()
}

/// The forms in which a password may have been hashed: [`password`] first, then those of older versions, which hashed
/// what the keyboard sent. One form for a password of ASCII characters.
pub fn password_forms(text: &str) -> Vec<String> {
    let mut forms = vec![password(text)];
    let (nfc, nfd) = (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
    for older in [Cow::Borrowed(text), nfc.normalize(text), nfd.normalize(text)] {
        if !forms.iter().any(|form| *form == older) {
            forms.push(older.into_owned());
        }
    }
    forms
}

/// `text` with `\n` in place of `\r\n` and of `\r`.
fn one_line_end(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// Printable ASCII is in every normal form and has nothing invisible: most texts end here.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
}

/// White space, and signs that are drawn as nothing and are not ignorable by their property.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{1D159}')
}

fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(c, '\u{FFF9}'..='\u{FFFB}' | '\u{70F}' | '\u{13430}'..='\u{1343F}' | '\u{2065}')
        || is_direction(c)
}

/// Marks and overrides of the direction of writing.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}' | '\u{180F}')
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007F}')
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The text without the invisible characters that mean nothing where they stand.
fn seen(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // the last visible character, and the last that was kept
    let (mut base, mut last) = (None, None);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let keep = if !is_invisible(c) {
            base = Some(c);
            true
        } else if is_selector(c) {
            last == base && base.is_some_and(|base| is_varied(base, rest.peek().copied()))
        } else if is_tag(c) {
            // the flags of England, Scotland and Wales: a black flag that tags follow
            base == Some('\u{1F3F4}')
                && last.is_some_and(|last| last == '\u{1F3F4}' || is_tag(last) && last != '\u{E007F}')
        } else if c == ZWJ || c == ZWNJ {
            let next = rest.clone().find(|c| !is_invisible(*c));
            last.is_some_and(|last| last != ZWJ && last != ZWNJ)
                && base.is_some_and(|base| next.is_some_and(|next| is_joined(base, next)))
        } else {
            false
        };
        if keep {
            last = Some(c);
            kept.push(c);
        }
    }
    kept
}

/// Whether a variation selector after `base` changes what is seen: signs, ideographs and Mongolian; digits in keycaps.
fn is_varied(base: char, next: Option<char>) -> bool {
    match base {
        '0'..='9' | '#' | '*' => next == Some('\u{20E3}'),
        '\u{1800}'..='\u{18AF}' | '\u{1000}'..='\u{109F}' | '\u{A840}'..='\u{A87F}' => true,
        _ if base.is_ascii() || is_space(base) || base.is_control() => false,
        _ => !base.is_alphanumeric() || CodePointSetData::new::<Ideographic>().contains(base),
    }
}

/// Whether a joiner between `base` and `next` changes what is seen: between signs of emoji, after a virama or before
/// one, and after letters that join.
fn is_joined(base: char, next: char) -> bool {
    let class = CodePointMapData::<CanonicalCombiningClass>::new();
    let joins = |c| {
        let joining = CodePointMapData::<JoiningType>::new().get(c);
        joining != JoiningType::NonJoining && joining != JoiningType::Transparent
    };
    let sign = |c: char| !c.is_ascii() && !c.is_alphanumeric() && !is_space(c) && !c.is_control();
    class.get(base) == CanonicalCombiningClass::Virama
        || class.get(next) == CanonicalCombiningClass::Virama
        || joins(base)
        || sign(base) && sign(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVISIBLE: &[&str] = &[
        "\u{200B}",
        "\u{3164}",
        "\u{FEFF}",
        "\u{2060}",
        "\u{AD}",
        "\u{115F}",
        "\u{1160}",
        "\u{FFA0}",
        "\u{200E}",
        "\u{202E}",
        "\u{2066}",
        "\u{2069}",
        "\u{61C}",
        "\u{FE0F}",
        "\u{E0100}",
        "\u{E0041}",
        "\u{E0001}",
        "\u{34F}",
        "\u{180E}",
        "\u{17B4}",
        "\u{200C}",
        "\u{200D}",
        "\u{2064}",
        "\u{206A}",
        "\u{FFF9}",
        "\u{1D173}",
        "\u{2800}",
        "\u{3000}",
        "\u{A0}",
    ];

    #[test]
    fn invisible_text_is_blank() {
        for one in INVISIBLE {
            assert!(is_blank(one) && is_blank(&format!(" {one}{one}\u{3000}")), "{}", one.escape_unicode());
            assert_eq!(identity(one), "", "{}", one.escape_unicode());
        }
        assert!(is_blank(&INVISIBLE.concat()));
    }

    #[test]
    fn invisible_characters_are_removed_from_visible_text() {
        for one in INVISIBLE {
            assert_eq!(clean(&format!("{one}Moon jar{one}")), "Moon jar", "{}", one.escape_unicode());
            let space = one.chars().all(is_space);
            for text in ["ab", "달항아리", "Ünal"] {
                let (first, rest) = text.split_at(text.char_indices().nth(1).unwrap().0);
                assert!(space || clean(&format!("{first}{one}{rest}")) == text, "{} in {text}", one.escape_unicode());
            }
        }
    }

    #[test]
    fn emoji_and_joining_letters_stay_as_they_are_written() {
        for text in [
            "👩‍👩‍👧 family",
            "❤\u{FE0F}",
            "Mug ☕\u{FE0F}",
            "1\u{FE0F}\u{20E3}",
            "🏳\u{FE0F}‍🌈",
            "👩🏽‍🚀",
            "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
            "葛\u{E0100}城",
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "র\u{200D}্য",
        ] {
            assert_eq!(clean(text), text, "{}", text.escape_unicode());
        }
    }

    #[test]
    fn both_spellings_of_a_text_are_one() {
        assert_eq!(clean("\u{1103}\u{1161}\u{11AF}"), "달");
        assert_eq!(clean("Cafe\u{301}"), "Café");
        assert_eq!(clean("e\u{200B}\u{301}"), "é");
        assert_eq!(clean("ＭＵＧ"), "ＭＵＧ");
        assert_eq!((identity("ＭＵＧ-①"), identity("ﬁt\u{200D}")), ("MUG-1".to_owned(), "fit".to_owned()));
        for (one, other) in [("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("ＭＵＧ", "mug"), ("K", "k"), ("ǅ", "ǆ")]
        {
            assert_eq!(folded(one), folded(other), "{one}");
        }
        assert_ne!(folded("mıke"), folded("mike"));
        assert_eq!(folded_key("ＭＵＧ 달 Straße", 7), "mug 달 s");
        assert_eq!(folded_key("\u{FDFA}", 600), folded("\u{FDFA}"));
    }

    #[test]
    fn every_end_of_a_line_is_the_same() {
        for (sent, stored) in [
            ("a\r\nb", "a\nb"),
            ("a\rb\r\n", "a\nb"),
            ("달\r\n\r\n항아리", "달\n\n항아리"),
            ("\n\r", ""),
            ("a\r\u{200B}\nb", "a\n\nb"),
        ] {
            assert_eq!(clean(sent), stored, "{sent:?}");
        }
    }

    #[test]
    fn a_password_is_one_whatever_the_keyboard_sends() {
        assert_eq!(password("달빛\u{3000}항아리"), password("달빛 항아리"));
        assert_eq!(password("Cafe\u{301}"), password("Café"));
        assert_ne!(password("ＭＵＧ"), password("MUG"));
        assert_eq!(password_forms("moon jar"), ["moon jar"]);
        for sent in ["Café", "Cafe\u{301}"] {
            assert!(password_forms(sent).contains(&"Cafe\u{301}".to_owned()));
            assert_eq!(password_forms(sent)[0], "Café");
        }
    }

    /// Texts of characters that are hard: invisible ones, marks, Hangul letters, emoji.
    fn hard() -> impl Strategy<Value = String> {
        let one = prop_oneof![
            proptest::sample::select(INVISIBLE).prop_map(str::to_owned),
            proptest::sample::select(
                &[
                    "a",
                    "e",
                    "\u{301}",
                    "\u{1103}",
                    "\u{1161}",
                    "\u{11AF}",
                    "❤",
                    "👩",
                    "\u{1F3F4}",
                    "1",
                    "\u{20E3}",
                    "葛",
                    "क",
                    "्",
                    "م",
                    "ß",
                    "Σ",
                    "ﬁ",
                    " ",
                    "\r",
                    "\n"
                ][..]
            )
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(one, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in hard()) {
            let clean = super::clean(&text);
            prop_assert_eq!(super::clean(&clean), clean.clone());
            prop_assert!(!clean.starts_with(is_space) && !clean.ends_with(is_space));
            let identity = super::identity(&text);
            prop_assert_eq!(super::identity(&identity), identity.clone());
            prop_assert!(!identity.chars().any(is_invisible));
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }

        #[test]
        fn every_spelling_of_a_text_is_stored_alike(text in hard()) {
            let nfd = DecomposingNormalizerBorrowed::new_nfd().normalize(&text).into_owned();
            prop_assert_eq!(clean(&nfd), clean(&text));
            prop_assert_eq!(identity(&nfd), identity(&text));
            prop_assert_eq!(folded(&clean(&text)), folded(&text));
            prop_assert_eq!(password(&nfd), password(&text));
        }
    }
}
