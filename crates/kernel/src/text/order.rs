//! The order in which people expect names: by the letters of their languages, not by bytes.
//!
//! A database would sort by a collation of its own, and each has another one. So a name is stored with a sort key, whose bytes
//! compare as the names do (CLDR root collation).

use base64::Engine;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{Collator, CollatorBorrowed};
use std::sync::LazyLock;

/// Longest sort key, in characters. Names that agree so far are sorted by id. The index of the products by name has to fit into
/// what each database takes.
pub const SORT_KEY_MAX: usize = 600;
/// Sorts after every sort key.
pub const SORT_KEY_LAST: &str = "~";

/// Grows whenever a new version of the collation may give other keys; a test compares some. Sort keys begin with it, so that
/// those of another version are found and made anew.
const VERSION: char = '1';
/// The signs of base 64 in the order of their bytes, so that keys compare as the bytes that they stand for. All of them may
/// stand in an address.
const SIGNS: &str = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Tertiary);
    Collator::try_new(Default::default(), options).expect("the root collation is compiled in")
});
static ENGINE: LazyLock<GeneralPurpose> =
    LazyLock::new(|| GeneralPurpose::new(&Alphabet::new(SIGNS).expect("64 different signs"), NO_PAD));

/// The text by whose bytes `name` is sorted; at most [`SORT_KEY_MAX`] ASCII characters.
pub fn sort_key(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len() * 2);
    let Ok(()) = COLLATOR.write_sort_key_to(name, &mut bytes);
    let mut key = String::from(VERSION);
    ENGINE.encode_string(bytes, &mut key);
    key.truncate(SORT_KEY_MAX);
    key
}

/// The sort keys of this version are those from the first text up to before the second.
pub fn sort_key_range() -> (String, String) {
    let next = char::from_u32(u32::from(VERSION) + 1).unwrap_or('~');
    (VERSION.to_string(), next.to_string())
}

/// Whether `text` could be a sort key of this version.
pub fn is_sort_key(text: &str) -> bool {
    text.starts_with(VERSION) && text.len() <= SORT_KEY_MAX && text.chars().all(|c| SIGNS.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_sorted_by_letters_and_not_by_bytes() {
        let mut names = ["Zebra", "가방", "Banana", "éclair", "apple", "Äpfel", "나비", "Apple", "zoo", "10", "バナナ"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(
            names,
            ["10", "Äpfel", "apple", "Apple", "Banana", "éclair", "Zebra", "zoo", "가방", "나비", "バナナ"]
        );
    }

    /// When this fails after an update of `icu_collator`, [`VERSION`] must grow: stored keys are made anew at the next start.
    #[test]
    fn stored_sort_keys_are_those_of_this_version() {
        assert_eq!(sort_key("Mug 달"), "1FpBr06kBOw301k6R1V");
        let (first, end) = sort_key_range();
        assert!(first <= sort_key("") && sort_key("\u{10FFFF}") < end);
    }

    #[test]
    fn a_sort_key_fits_its_column_and_every_address() {
        for name in ["x".repeat(200), "머그컵 ".repeat(50), "漢".repeat(200), "\u{1F37A}".repeat(200), String::new()]
        {
            let key = sort_key(&name);
            assert!(is_sort_key(&key) && key.as_str() < SORT_KEY_LAST, "{name} {key}");
        }
        for other in ["", "0abc", "1 a", "1~", "1%"] {
            assert!(!is_sort_key(other), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn keys_compare_as_the_collation_does(one in "[a-cA-C가나éß ]{0,12}", other in "[a-cA-C가나éß ]{0,12}") {
            prop_assert_eq!(sort_key(&one).cmp(&sort_key(&other)), COLLATOR.compare(&one, &other));
        }
    }
}
