//! Passwords that are guessed first are refused: those of breached lists, words, names, dates, rows of keys and their
//! usual disguises. The crate zxcvbn has the lists and estimates how many guesses an attacker needs.

use kernel::{Code, Result, text};
use zxcvbn::{Score, zxcvbn};

/// The first characters are estimated, because the estimate of long texts takes seconds. A password that needs many guesses
/// up to here needs at least as many in all.
const ESTIMATED_MAX: usize = 32;
/// Fewest guesses: a million, which is far more than a lock and a rate limit let through.
const WANTED: Score = Score::Two;
/// What people in Korea choose and lists from elsewhere do not have: common words, also as they are typed on a Latin
/// keyboard.
const KOREAN: [&str; 24] = [
    "비밀번호",
    "qlalfqjsgh",
    "안녕하세요",
    "dkssudgktpdy",
    "안녕",
    "dkssud",
    "사랑해",
    "tkfkdgo",
    "사랑해요",
    "tkfkdgody",
    "대한민국",
    "eogksalsrnr",
    "한국",
    "gksrnr",
    "서울",
    "tjdnf",
    "엄마",
    "djaak",
    "아빠",
    "dkQk",
    "친구",
    "clsrn",
    "행복",
    "godqhr",
];

/// A012 when `password` is easily guessed by someone who knows `own` of its owner: e-mail, names.
pub fn must_be_hard_to_guess(password: &str, own: &[String]) -> Result<()> {
    let password: String = text::password(password).chars().take(ESTIMATED_MAX).collect();
    let mut known: Vec<&str> = own.iter().flat_map(|text| parts(text)).collect();
    known.extend(["holdfast", "shop"]);
    known.extend(KOREAN);
    let lower: Vec<String> = known.iter().map(|word| word.to_lowercase()).collect();
    let known: Vec<&str> = lower.iter().map(String::as_str).collect();
    if zxcvbn(&password, &known).score() >= WANTED {
        return Ok(());
    }
    Err(Code::PasswordTooWeak.because("is easily guessed; several words that do not belong together are better"))
}

/// A text, the two sides of an e-mail, and its words, as far as they are long enough to be found in passwords.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    std::iter::once(text).chain(text.split('@')).chain(words).filter(|word| word.chars().count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        let own = ["mina.kim@shop.kr", "달빛상점", "김미나"].map(str::to_owned);
        must_be_hard_to_guess(password, &own).map_err(|error| assert_eq!(error.code(), Code::PasswordTooWeak)).is_err()
    }

    #[test]
    fn breached_and_trivial_passwords_are_refused() {
        for weak in [
            "password",
            "Password1!",
            "P@ssw0rd",
            "1q2w3e4r",
            "1q2w3e4r!",
            "qwer1234",
            "abc12345",
            "iloveyou1",
            "sunshine1",
            "zaq12wsx",
            "trustno1!",
            "letmein123",
            "admin1234",
            "monkey123",
            "football12",
            "aaaaaaaaaaaa",
            "12341234",
            "qwertyuiop",
            "19901231",
            "a1b2c3d4",
            "test1234!",
            "eight888",
        ] {
            assert!(refused(weak), "{weak}");
        }
    }

    #[test]
    fn words_of_korea_and_of_the_owner_are_refused() {
        for weak in [
            "dkssudgktpdy",
            "qlalfqjsgh1",
            "비밀번호123",
            "사랑해사랑해",
            "안녕하세요12",
            "mina.kim",
            "mina.kim2026",
            "mina.kim@shop.kr",
            "Holdfast1!",
            "달빛상점달빛상점",
        ] {
            assert!(refused(weak), "{weak}");
        }
    }

    #[test]
    fn phrases_and_random_texts_are_accepted() {
        for good in ["달빛 아래 항아리 하나", "correct horse battery 7", "x7Kp2mQz", "tr0ub4dor&3", "moon jar 7 cups"]
        {
            assert!(!refused(good), "{good}");
        }
        assert!(!refused(&"x7Kp2mQz!".repeat(14)), "a long one is estimated in time");
    }
}
