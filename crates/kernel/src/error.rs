//! The one error type. It separates what the caller may read from what only the log may contain.

use crate::{Code, Remedy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text of an error in a row, in characters.
const STORED_CHARS_MAX: usize = 1_000;

/// A result whose error is ours.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: a code from the one table, public details, and a private cause.
pub struct Error(Box<Parts>);

struct Parts {
    code: Code,
    detail: Option<String>,
    details: Vec<Detail>,
    retry_after_s: Option<u32>,
    /// Instead of the code's.
    remedy: Option<Remedy>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One public detail of a failure: a field that is wrong, a product that is short. Names and values are safe to show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// The request's field the detail is about, as a path such as `items[0].quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with it.
    pub message: String,
    /// Values that a program may act on, such as `{"productId": 7, "requested": 3, "available": 1}`.
    #[serde(flatten)]
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Whether the message is in the language of the response already.
    #[serde(skip)]
    pub is_translated: bool,
}

impl utoipa::PartialSchema for Detail {
    /// With members of its own, because every failure has other values.
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
        let text = |said| ObjectBuilder::new().schema_type(Type::String).description(Some(said));
        ObjectBuilder::new()
            .property("field", text("The request's field that it is about, as a path such as `items[0].quantity`."))
            .property("message", text("What is wrong, in the language of the response."))
            .required("message")
            .additional_properties(Some(AdditionalProperties::<utoipa::openapi::Schema>::FreeForm(true)))
            .description(Some("A field that is wrong, or a product that is short, with values for a program."))
            .into()
    }
}

impl utoipa::ToSchema for Detail {}

impl Detail {
    /// `field` is wrong because of `message`.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Detail {
        Detail { field: Some(field.into()), ..Detail::note(message) }
    }

    /// A detail about no single field.
    pub fn note(message: impl Into<String>) -> Detail {
        Detail { field: None, message: message.into(), values: serde_json::Map::new(), is_translated: false }
    }

    /// The message is in the language of the response already.
    pub fn translated(mut self) -> Detail {
        self.is_translated = true;
        self
    }

    /// Adds a value.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Detail {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

impl Error {
    /// What went wrong, from the one table.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The public sentence about this one occurrence, when there is one.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The public details.
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// Seconds until a retry makes sense, when that is known.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }

    /// What the caller can do about this one occurrence.
    pub fn remedy(&self) -> Remedy {
        self.0.remedy.unwrap_or(self.0.code.remedy())
    }

    /// Whether the same request may succeed later, so that this is no outcome that could be kept for a repetition.
    pub fn says_later(&self) -> bool {
        self.0.retry_after_s.is_some()
            || match self.remedy() {
                Remedy::Retry | Remedy::Prepare => true,
                Remedy::None | Remedy::Fix | Remedy::Reload | Remedy::SignIn | Remedy::Support => false,
            }
    }

    /// Adds a public detail.
    pub fn with(mut self, detail: Detail) -> Error {
        self.0.details.push(detail);
        self
    }

    /// `code` about these fields. The public sentence names them all.
    pub fn of_fields(code: Code, details: Vec<Detail>) -> Error {
        let mut error = code.because(sentence(&details));
        error.0.details = details;
        error
    }

    /// Whether the public sentence only names fields and what is wrong with each, as the details do.
    pub fn is_about_fields(&self) -> bool {
        self.names_fields() && self.0.detail == Some(sentence(&self.0.details))
    }

    /// Whether there are details, and each is about a field.
    fn names_fields(&self) -> bool {
        !self.0.details.is_empty() && self.0.details.iter().all(|detail| detail.field.is_some())
    }

    /// The same failure about `field`, when it names none: a text that could not be read becomes the parameter it came in.
    pub fn about(self, field: &str) -> Error {
        if !self.0.details.is_empty() {
            return self;
        }
        let message = self.0.detail.clone().unwrap_or_else(|| "is not valid".to_owned());
        let mut error = Error::of_fields(self.0.code, vec![Detail::field(field, message)]);
        error.0.source = self.0.source;
        error
    }

    /// The same failure about something that is the field `outer` of what was sent: `zipCode` becomes `address.zipCode`.
    pub fn within(mut self, outer: &str) -> Error {
        let names_fields = self.is_about_fields();
        for field in self.0.details.iter_mut().filter_map(|detail| detail.field.as_mut()) {
            *field = format!("{outer}.{field}");
        }
        if names_fields {
            self.0.detail = Some(sentence(&self.0.details));
        }
        self
    }

    /// This failure and another one of the same request: the code of the first, the details of both. Where both name their fields, so
    /// does the sentence, also when one of them had a sentence without its field.
    pub fn and(mut self, other: Error) -> Error {
        let both_name_fields = self.names_fields() && other.names_fields();
        let sentences = [self.0.detail.take(), other.0.detail].into_iter().flatten().collect::<Vec<_>>();
        self.0.details.extend(other.0.details);
        self.0.detail = match both_name_fields {
            true => Some(sentence(&self.0.details)),
            false => (!sentences.is_empty()).then(|| sentences.join("; ")),
        };
        self.0.retry_after_s = self.0.retry_after_s.max(other.0.retry_after_s);
        self.0.source = self.0.source.take().or(other.0.source);
        self
    }

    /// What callers may read of this failure, once more: one reason for several rows.
    pub fn public_copy(&self) -> Error {
        let mut error = self.0.code.error();
        (error.0.detail, error.0.details) = (self.0.detail.clone(), self.0.details.clone());
        error
    }

    /// Sets the seconds until a retry makes sense.
    pub fn retry_after(mut self, seconds: u32) -> Error {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Says that the caller can do first what is missing, and then send the same request again, although the code's remedy is
    /// another one.
    pub fn preparable(mut self) -> Error {
        self.0.remedy = Some(Remedy::Prepare);
        self
    }

    /// The error with its cause, as a row keeps it: shortened, and without the zero character, which PostgreSQL stores in no text.
    pub fn stored(&self) -> String {
        format!("{self:?}").chars().filter(|c| *c != '\0').take(STORED_CHARS_MAX).collect()
    }

    /// The code of the error that [`Error::stored`] wrote.
    pub fn code_of(stored: &str) -> Option<Code> {
        let code = stored.split(' ').next()?;
        Code::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// Adds the private cause. The server logs it once, where the request ends, and shows it to no caller.
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        self.0.source = Some(cause.into());
        self
    }
}

/// What is wrong with fields, in one sentence.
pub(crate) fn sentence(details: &[Detail]) -> String {
    let parts = details.iter().map(|detail| match &detail.field {
        Some(field) => format!("{field} {}", detail.message),
        None => detail.message.clone(),
    });
    parts.collect::<Vec<_>>().join("; ")
}

impl Code {
    /// This failure, without anything to add.
    pub fn error(self) -> Error {
        let (detail, details, retry_after_s, remedy, source) = (None, Vec::new(), None, None, None);
        Error(Box::new(Parts { code: self, detail, details, retry_after_s, remedy, source }))
    }

    /// This failure with a public sentence about this occurrence. Never put personal data or causes here.
    pub fn because(self, detail: impl Into<String>) -> Error {
        let mut error = self.error();
        error.0.detail = Some(detail.into());
        error
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Error {
        code.error()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.code.code(), self.0.code.english())?;
        if let Some(detail) = &self.0.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        for detail in &self.0.details {
            write!(f, " [{}: {}]", detail.field.as_deref().unwrap_or("-"), detail.message)?;
        }
        match &self.0.source {
            Some(source) => write!(f, " caused by {source:?}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::wrong;

    #[test]
    fn a_stored_error_keeps_its_code() {
        for &code in Code::ALL {
            assert_eq!(Error::code_of(&code.because("why").stored()), Some(code));
            assert_eq!(Error::code_of(&code.error().caused_by("a cause").stored()), Some(code));
        }
        assert_eq!((Error::code_of(""), Error::code_of("S9051 is no code")), (None, None));
    }

    #[test]
    fn two_failures_about_fields_are_one_about_fields() {
        let bare = Code::InvalidProductPrice.error().with(Detail::field("price", "must be above 0"));
        let worded = Code::InvalidPrice.because("that is no price").with(Detail::field("price", "must be above 0"));
        for first in [bare, worded] {
            assert!(!first.is_about_fields());
            let both = first.and(wrong("name", "must not be blank"));
            assert!(both.is_about_fields(), "{both:?}");
            assert_eq!(both.detail(), Some("price must be above 0; name must not be blank"));
        }
    }

    #[test]
    fn a_failure_without_fields_keeps_its_sentence_beside_another() {
        let both = Code::InsufficientStock.because("2 left").and(wrong("name", "must not be blank"));
        assert_eq!((both.detail(), both.is_about_fields()), (Some("2 left; name must not be blank"), false));
        assert_eq!(Code::CartEmpty.error().and(Code::CartEmpty.error()).detail(), None);
    }
}
