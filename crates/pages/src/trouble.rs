//! A refusal on the page whose form was refused: what is wrong, with which field, and what to do next.

use askama::Template;
use kernel::{Detail, Remedy};

/// A refusal in the words of its page.
#[derive(Debug, Clone, Template)]
#[template(path = "trouble.html")]
pub struct Trouble {
    pub title: &'static str,
    pub sentence: String,
    /// What is wrong with each field.
    pub lines: Vec<String>,
    pub next: &'static str,
}

/// What to do next after a refusal, in the words of a site.
#[derive(Debug, Clone, Copy)]
pub struct Next {
    pub last: &'static str,
    pub fix: &'static str,
    pub reload: &'static str,
    pub retry: &'static str,
    pub prepare: &'static str,
    pub sign_in: &'static str,
    pub support: &'static str,
}

impl Next {
    /// What the page says of the next step.
    pub fn after(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::None => self.last,
            Remedy::Fix => self.fix,
            Remedy::Reload => self.reload,
            Remedy::Retry => self.retry,
            Remedy::Prepare => self.prepare,
            Remedy::SignIn => self.sign_in,
            Remedy::Support => self.support,
        }
    }
}

/// The name of the field at this path of a body, and its number in its list, from 1: `items[0].quantity` is the first `quantity`.
pub fn field_of(path: &str) -> (&str, Option<usize>) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let index = path.rsplit('[').next().and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    (last.split('[').next().unwrap_or(last), index.filter(|_| path.contains('[')).map(|index| index + 1))
}

/// A message with the words of a site in place of the fields of the API that it names, such as `maxPrice`. A name that could be a word,
/// such as `code`, stays as it is.
pub fn in_words(message: &str, word: impl Fn(&str) -> Option<&'static str>) -> String {
    let is_name = |part: &str| part.starts_with(|c: char| c.is_ascii_lowercase()) && part.contains(char::is_uppercase);
    let mut words = String::with_capacity(message.len());
    for part in message.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (name, sign) = part.split_at(end);
        words.push_str(Some(name).filter(|name| is_name(name)).and_then(&word).unwrap_or(name));
        words.push_str(sign);
    }
    words
}

/// A detail as a person reads it: what it is about, and what is wrong. A detail about no field may name things by their numbers.
pub fn line(detail: &Detail, about: Option<String>, word: impl Fn(&str) -> Option<&'static str>) -> String {
    let number = |(name, value): (&String, &serde_json::Value)| Some(format!("{} {value}", word(name)?));
    let things = || {
        let named = detail.values.iter().filter(|(_, value)| value.is_number()).filter_map(number);
        Some(named.collect::<Vec<_>>().join(", ")).filter(|things| !things.is_empty())
    };
    let message = in_words(&detail.message, &word);
    match about.or_else(things) {
        Some(about) => format!("{about}: {message}"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(name: &str) -> Option<&'static str> {
        [("maxPrice", "최고 가격"), ("productId", "상품 번호"), ("code", "쿠폰 코드")]
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, word)| *word)
    }

    #[test]
    fn a_field_is_named_by_its_last_part_and_its_place() {
        assert_eq!(field_of("address.zipCode"), ("zipCode", None));
        assert_eq!(field_of("items[1].quantity"), ("quantity", Some(2)));
        assert_eq!(field_of("productIds[0]"), ("productIds", Some(1)));
        assert_eq!(field_of("name"), ("name", None));
    }

    #[test]
    fn a_message_names_no_field_of_the_api() {
        assert_eq!(in_words("maxPrice보다 클 수 없습니다", word), "최고 가격보다 클 수 없습니다");
        assert_eq!(in_words("the code is above (maxPrice)", word), "the code is above (최고 가격)");
        assert_eq!(in_words("otherName stays", word), "otherName stays");
    }

    #[test]
    fn what_is_missing_is_named_by_its_number() {
        let missing = Detail::note("does not exist").with("productId", 7).with("other", 8);
        assert_eq!(line(&missing, None, word), "상품 번호 7: does not exist");
        let field = Detail::field("maxPrice", "must be above 0");
        assert_eq!(line(&field, Some("최고 가격".to_owned()), word), "최고 가격: must be above 0");
        assert_eq!(line(&Detail::note("the moon is full"), None, word), "the moon is full");
    }
}
