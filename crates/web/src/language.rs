//! The language of a response: what `Accept-Language` asks for. A response is in one language, also where it is written far
//! from its request, such as the label of a status inside a stored response.

use axum::http::{HeaderMap, header};
use kernel::{Code, Detail, Error, korean};
use serde::{Serialize, Serializer};

tokio::task_local! {
    static CURRENT: Language;
}

/// A language of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Also of callers who ask for neither.
    #[default]
    English,
    Korean,
}

impl Language {
    /// What the caller asks for: first by weight, then by order.
    pub fn of(headers: &HeaderMap) -> Language {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut best = (0.0_f32, Language::English);
        for item in accepted.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let tag = parts.next().unwrap_or("").to_ascii_lowercase();
            let weight = parts.find_map(|p| p.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let language = match tag.split('-').next().unwrap_or("") {
                "ko" => Language::Korean,
                "en" | "*" => Language::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The language of the response that is being written now.
    pub fn current() -> Language {
        CURRENT.try_with(|language| *language).unwrap_or_default()
    }

    /// Everything that `work` writes is in this language.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// Everything that the request writes is in this language.
    pub(crate) async fn scope<T>(self, request: impl Future<Output = T>) -> T {
        CURRENT.scope(self, request).await
    }

    /// The sentence about `error`: of its code, and about this occurrence where this language has it.
    pub fn message(self, error: &Error) -> String {
        let sentence = self.sentence(error);
        self.detail(error).map_or(sentence.to_owned(), |detail| format!("{sentence}: {detail}"))
    }

    /// The sentence of the error's code.
    pub fn sentence(self, error: &Error) -> &'static str {
        match self {
            Language::English => error.code().english(),
            Language::Korean => error.code().korean(),
        }
    }

    /// The sentence about this occurrence.
    pub fn detail(self, error: &Error) -> Option<String> {
        match self {
            Language::English => error.detail().map(str::to_owned),
            Language::Korean if error.is_about_fields() => {
                let field =
                    |detail: &Detail| Some(format!("{}: {}", detail.field.as_deref()?, korean::of(&detail.message)?));
                Some(error.details().iter().map(field).collect::<Option<Vec<_>>>()?.join("; "))
            }
            Language::Korean => error.detail().and_then(korean::of),
        }
    }

    /// The details of `error`, each message in this language.
    pub fn details(self, error: &Error) -> Vec<Detail> {
        let message = |detail: &Detail| match self {
            Language::Korean if !detail.is_translated => {
                korean::of(&detail.message).unwrap_or_else(|| error.code().korean().to_owned())
            }
            Language::English | Language::Korean => detail.message.clone(),
        };
        error.details().iter().map(|detail| Detail { message: message(detail), ..detail.clone() }).collect()
    }

    /// A sentence of the shop in this language.
    pub fn of_text(self, english: &str) -> String {
        match self {
            Language::English => english.to_owned(),
            Language::Korean => korean::of(english).unwrap_or_else(|| english.to_owned()),
        }
    }
}

/// A word of the shop in its languages, such as the name of a status. It is written in the language of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub english: &'static str,
    pub korean: &'static str,
}

impl Label {
    pub const fn new(english: &'static str, korean: &'static str) -> Label {
        Label { english, korean }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match Language::current() {
            Language::English => self.english,
            Language::Korean => self.korean,
        })
    }
}

/// A text that a person or the shop itself gave, such as a reason, in the language of the response. What a person wrote stays as
/// it is.
pub fn words(text: &str) -> &str {
    match Language::current() {
        Language::English => text,
        Language::Korean => korean::whole(text).unwrap_or(text),
    }
}

/// Writes [`words`].
pub fn localized<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().map(words).serialize(serializer)
}

/// Writes [`words`] of a text that is always there.
pub fn localized_always<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(words(text))
}

/// Writes a stored failure, `S304 payment was declined: …`. In Korean it is the code with its sentence, and what there is of the rest
/// in Korean; the log has its cause.
pub fn localized_failure<S: Serializer>(stored: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match Language::current() {
        Language::English => stored.serialize(serializer),
        Language::Korean => stored.as_deref().map(korean_failure).serialize(serializer),
    }
}

fn korean_failure(stored: &str) -> String {
    let Some(code) = Code::ALL.iter().find(|code| stored.strip_prefix(code.code()).is_some_and(|r| r.starts_with(' ')))
    else {
        return words(stored).to_owned();
    };
    let rest = stored.strip_prefix(&format!("{} {}: ", code.code(), code.english())).unwrap_or_default();
    let detail = rest.split(" caused by ").next().unwrap_or_default().split(" [").next().unwrap_or_default();
    let sentence = format!("{} {}", code.code(), code.korean());
    korean::of(detail).map_or(sentence.clone(), |detail| format!("{sentence}: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use kernel::text::wrong;

    #[test]
    fn the_language_is_the_callers_first_choice() {
        let of = |text: &'static str| {
            Language::of(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(text))]))
        };
        assert_eq!(of("ko-KR,ko;q=0.9,en;q=0.8"), Language::Korean);
        assert_eq!(of("en-US,ko;q=0.9"), Language::English);
        assert_eq!(of("fr, de;q=0.8"), Language::English);
        assert_eq!(of("en;q=0.1, ko;q=0.2"), Language::Korean);
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn a_message_has_one_language() {
        let error = wrong("name", "must not be blank").and(wrong("price", "must be 0 or more"));
        assert_eq!(
            Language::Korean.message(&error),
            "입력값이 올바르지 않습니다: name: 비어 있을 수 없습니다; price: 0 이상이어야 합니다"
        );
        let untranslated = Code::InsufficientStock.because("the moon is full");
        assert_eq!(Language::Korean.message(&untranslated), "재고가 부족합니다");
        assert_eq!(Language::English.message(&untranslated), "not enough stock: the moon is full");
    }

    #[test]
    fn a_stored_failure_is_one_language_too() {
        let declined =
            Code::PaymentDeclined.because("EXPIRED_CARD: the card has expired").caused_by("a socket").stored();
        let korean = korean_failure(&declined);
        assert!(korean.starts_with("S304 ") && korean.ends_with("유효기간이 지난 카드입니다"), "{korean}");
        assert_eq!(korean_failure("a bolt is loose"), "a bolt is loose");
    }

    #[test]
    fn a_label_is_written_in_the_language_of_the_response() {
        let written =
            |language: Language| language.during(|| serde_json::to_string(&Label::new("paid", "결제 완료")).unwrap());
        assert_eq!(
            (written(Language::English), written(Language::Korean)),
            ("\"paid\"".into(), "\"결제 완료\"".into())
        );
    }
}
