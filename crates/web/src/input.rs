//! What comes in: strict extractors whose every refusal is a C002 that says where.

use crate::{
    Checked, Failure,
    checked::refusal,
    contract::Contract,
    reader::{self, Parameters, Sent, Wrong},
    sent_once, unique,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{HeaderMap, request::Parts},
};
use kernel::{Code, Cursor, Detail, Error, PageRequest, Result, Together, page, text::wrong};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use std::{marker::PhantomData, str::FromStr, sync::Arc};
use url::form_urlencoded;
use utoipa::{
    ToSchema,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
    },
};

/// Largest body, in bytes, of which all problems are named; of a larger one only the first, because each costs a reading.
const READ_AGAIN_MAX: usize = 64 << 10;

/// A JSON body. `T` denies unknown members.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Checked, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Failure> {
        must_be_json(request.headers())?;
        let bytes = body(request, state).await?;
        Ok(Json(parse(&bytes)?))
    }
}

/// The whole body, or C010 when it is over the server's limit.
pub(crate) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(inner) if inner.status() == 413 => Code::PayloadTooLarge.error(),
        other => Code::InvalidInput.because("the body could not be read").caused_by(other.body_text()),
    })
}

pub(crate) fn must_be_json(headers: &HeaderMap) -> Result<()> {
    let kind = sent_once(headers, "Content-Type")?.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Code::UnsupportedMediaType.because("send application/json"))
    }
}

/// Reads JSON strictly: one value, no unknown members, no duplicates, and no list in place of an object. C002 names everything
/// that is wrong.
pub fn parse<T: DeserializeOwned + Checked>(bytes: &[u8]) -> Result<T> {
    let body = unique::parse(bytes).map_err(|error| not_json(bytes, &error).caused_by(error))?;
    let all = bytes.len() <= READ_AGAIN_MAX;
    let wrong = match reader::read(Sent::Json(&body.value), all) {
        Ok(value) if body.twice.is_empty() => return Ok(value),
        Ok(value) => Wrong { details: Vec::new(), rest: Some(value) },
        Err(wrong) => wrong,
    };
    if let [whole] = wrong.details.as_slice()
        && whole.field.as_deref() == Some("")
    {
        return Err(Code::InvalidInput.because(format!("the body {}", whole.message)));
    }
    let twice = body.twice.into_iter().map(|field| Detail::field(field, "must be given once"));
    Err(refusal(Wrong { details: twice.chain(wrong.details).collect(), ..wrong }))
}

fn not_json(bytes: &[u8], error: &serde_json::Error) -> Error {
    if bytes.trim_ascii().is_empty() {
        return Code::InvalidInput.because("the body is empty");
    }
    if error.is_eof() {
        return Code::InvalidInput.because("the body is not complete JSON");
    }
    let (line, column) = (error.line(), error.column());
    Code::InvalidInput.because(format!("the body is not JSON: line {line}, column {column}"))
}

/// A text that no message and no log repeats, such as a password. The reader refuses a value of another type without showing it.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Password)]
pub struct SecretText(pub String);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        // the reader shows no value in its messages, and says which field is missing
        String::deserialize(deserializer).map(SecretText)
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(masked)")
    }
}

/// Path parameters. A text that cannot be one is answered as an unknown one: 404 with the route's own code.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Failure> {
        let unknown = parts.extensions.get::<Arc<Contract>>().map_or(Code::NotFound, |contract| contract.unknown);
        let sent = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown.error())?;
        let texts: Vec<&str> = sent.iter().map(|(_, text)| text).collect();
        Ok(Path(reader::read::<T>(Sent::Texts(&texts), false).map_err(|_| unknown.error())?))
    }
}

/// Query parameters. Every parameter that `T` names is documented; the others belong to other extractors, and one that no
/// extractor knows is refused before the handler runs ([`crate::Routes::add`]). A parameter without a value counts as absent.
/// A handler that reads its query with several extractors takes them as [`crate::All`].
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// The names and values of a query, in order.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

impl<T: DeserializeOwned + Checked, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Failure> {
        let pairs = pairs(parts.uri.query().unwrap_or_default());
        let value: T = reader::read(Sent::Query(&Parameters::of(&pairs)), true).map_err(refusal)?;
        // another extractor of the same query may fail, and then no handler checks the values
        value.check()?;
        Ok(Query(value))
    }
}

/// Pairs, as many as were sent.
impl Checked for Vec<(String, String)> {}

/// Several values of one parameter: `a,b`, the parameter repeated, or both. A comma with a `\` in front belongs to its value, which is read
/// with both; so do two `\`, which are one of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several<T>(pub Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Several<T> {
        Several(Vec::new())
    }
}

impl<'de, T: FromStr<Err = Error>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Several<T>, D::Error> {
        let sent = Vec::<String>::deserialize(deserializer)?;
        let texts = sent.iter().flat_map(|text| divided(text)).filter(|text| !text.is_empty()).map(str::trim);
        let read = |text: &str| {
            text.parse().map_err(|e: Error| D::Error::custom(predicate(e.detail().unwrap_or("is not valid"))))
        };
        texts.map(read).collect::<Result<_, _>>().map(Several)
    }
}

/// What stands between the commas of this text that have no `\` in front.
fn divided(text: &str) -> impl Iterator<Item = &str> {
    let mut is_meant = false;
    text.split(move |c| {
        let divides = c == ',' && !is_meant;
        is_meant = c == '\\' && !is_meant;
        divides
    })
}

/// A sentence without its subject, because it stands behind the name of its parameter: `must be one of …`, not `an order status must
/// be one of …`.
fn predicate(sentence: &str) -> &str {
    sentence.find("must be ").map_or(sentence, |at| &sentence[at..])
}

/// `page` and `size` of a list, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `Paging` reads")]
pub struct PageQuery {
    /// The page, counted from 0.
    #[param(minimum = 0)]
    page: Option<i64>,
    /// Most rows on a page: 1 to 100, 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    size: Option<i64>,
}

/// `cursor` of a list that has one, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `Paging` reads")]
pub struct CursorQuery {
    /// `nextCursor` of the page before; wins over `page`.
    cursor: Option<String>,
}

/// `sort`, and its second spelling `sortBy` with `sortOrder`, for the document of a list that is sorted by these fields.
pub fn sort_params<S: Sorts>() -> Vec<Parameter> {
    let fields = S::FIELDS.iter().map(|(name, _)| *name);
    let both = |field: &str| [field.to_owned(), format!("{field},asc"), format!("{field},desc")];
    let texts = [
        ("sort", "A field and a direction; `asc` when it has none.", fields.clone().flat_map(both).collect()),
        ("sortBy", "The field of `sort` alone.", fields.map(str::to_owned).collect()),
        ("sortOrder", "The direction of `sortBy`; `asc` when absent.", vec!["asc".to_owned(), "desc".to_owned()]),
    ];
    let parameter = |(name, description, values): (_, _, Vec<String>)| {
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    };
    texts.into_iter().map(parameter).collect()
}

/// By which fields a list can be sorted.
pub trait Sorts {
    /// What the list knows a field by.
    type Column: Copy + Send + 'static;
    /// The fields as the API names them.
    const FIELDS: &'static [(&'static str, Self::Column)];
    /// The order when the caller does not say: a column, and whether it descends.
    const DEFAULT: (Self::Column, bool);
}

/// A list that has one order only.
#[derive(Debug, Clone, Copy)]
pub struct Unsorted;

impl Sorts for Unsorted {
    type Column = ();
    const FIELDS: &'static [(&'static str, ())] = &[];
    const DEFAULT: ((), bool) = ((), true);
}

/// Which page of a list, and in which order. The list documents what it takes: [`PageQuery`], [`CursorQuery`],
/// [`sort_params`].
pub struct Paging<C = Cursor, S: Sorts = Unsorted> {
    /// Which page.
    pub request: PageRequest,
    /// Go on after this row instead; wins over `page`. Lists that can be sorted have a [`kernel::SortedCursor`].
    pub cursor: Option<C>,
    /// The column, and whether it descends.
    pub sort: (S::Column, bool),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPaging<C, S> {
    page: Option<i64>,
    size: Option<i64>,
    cursor: Option<String>,
    sort: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    #[serde(skip)]
    list: PhantomData<fn() -> (C, S)>,
}

impl<C: FromStr<Err = Error>, S: Sorts> Checked for RawPaging<C, S> {
    fn check(&self) -> Result<()> {
        self.read().map(drop)
    }
}

impl<C: FromStr<Err = Error>, S: Sorts> RawPaging<C, S> {
    fn read(&self) -> Result<Paging<C, S>> {
        let request = PageRequest::new(self.page.unwrap_or(0), self.size.unwrap_or(page::PAGE_SIZE_DEFAULT));
        let cursor = self.cursor.as_deref().map(str::parse).transpose();
        let (request, cursor, sort) = (request, cursor, self.order()).together()?;
        Ok(Paging { request, cursor, sort })
    }

    fn order(&self) -> Result<(S::Column, bool)> {
        match (&self.sort, &self.sort_by, self.sort_order.as_deref()) {
            (Some(_), Some(_), _) => Err(wrong("sortBy", "must not be sent together with sort")),
            (Some(_), None, Some(_)) | (None, None, Some(_)) => Err(wrong("sortOrder", "belongs to sortBy")),
            (Some(sort), None, None) => {
                let (field, direction) = sort.split_once(',').unwrap_or((sort, "asc"));
                let order = (Self::column(field), Self::descends(direction));
                let names = || wrong("sort", format!("must be one of {} with ,asc or ,desc", Self::names()));
                order.0.zip(order.1).ok_or_else(names)
            }
            (None, Some(field), order) => {
                let column =
                    Self::column(field).ok_or_else(|| wrong("sortBy", format!("must be one of {}", Self::names())));
                let descends = Self::descends(order.unwrap_or("asc"));
                (column, descends.ok_or_else(|| wrong("sortOrder", "must be one of asc, desc"))).together()
            }
            (None, None, None) => Ok(S::DEFAULT),
        }
    }

    fn column(field: &str) -> Option<S::Column> {
        S::FIELDS.iter().find(|(name, _)| *name == field).map(|(_, column)| *column)
    }

    fn descends(direction: &str) -> Option<bool> {
        match direction.to_ascii_lowercase().as_str() {
            "asc" => Some(false),
            "desc" => Some(true),
            _ => None,
        }
    }

    fn names() -> String {
        S::FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}

impl<C: FromStr<Err = Error>, L: Sorts, S: Send + Sync> FromRequestParts<S> for Paging<C, L> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Paging<C, L>, Failure> {
        let Query(raw) = Query::<RawPaging<C, L>>::from_request_parts(parts, state).await?;
        Ok(raw.read()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code)]
        items: Vec<Item>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[allow(dead_code)]
        quantity: kernel::Quantity,
        #[serde(default)]
        note: Option<String>,
    }
    impl Checked for Body {
        fn check(&self) -> Result<()> {
            let note = |(n, item): (usize, &Item)| {
                kernel::text::optional("note", item.note.as_deref(), 3)
                    .map_err(|error| error.within(&format!("items[{n}]")))
            };
            self.items.iter().enumerate().map(note).collect::<Vec<_>>().together().map(drop)
        }
    }

    #[test]
    fn a_comma_that_is_marked_belongs_to_its_value() {
        for (text, wanted) in [
            ("a,b", &["a", "b"][..]),
            (r"a\,b,c", &[r"a\,b", "c"]),
            (r"a\\,b", &[r"a\\", "b"]),
            (r"a\b,c\", &[r"a\b", r"c\"]),
            ("", &[""]),
        ] {
            assert_eq!(divided(text).collect::<Vec<_>>(), wanted, "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_place() {
        let error = parse::<Body>(br#"{"items":[{"quantity":1},{"quantity":0}]}"#).unwrap_err();
        assert_eq!(error.details()[0].field.as_deref(), Some("items[1].quantity"));
        assert_eq!(error.code(), Code::InvalidInput);
    }

    #[test]
    fn wrong_types_and_wrong_values_are_named_together() {
        let body =
            br#"{"items":[{"quantity":0,"note":"too long"},{"quantity":1,"note":"also long"},[1,"by position"]]}"#;
        let error = parse::<Body>(body).unwrap_err();
        let fields: Vec<_> = error.details().iter().filter_map(|detail| detail.field.as_deref()).collect();
        assert_eq!(fields, ["items[0].quantity", "items[2]", "items[0].note", "items[1].note"]);
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct NewPassword {
        #[allow(dead_code)]
        token: SecretText,
        #[allow(dead_code)]
        new_password: SecretText,
    }
    impl Checked for NewPassword {}

    #[test]
    fn a_secret_that_is_missing_or_no_text_is_named_and_never_shown() {
        let wrong = |body: &str| {
            let error = parse::<NewPassword>(body.as_bytes()).unwrap_err();
            assert!(!format!("{error:?}").contains("4821"), "{error:?}");
            let named = error.details().iter().map(|one| format!("{} {}", one.field.as_deref().unwrap(), one.message));
            named.collect::<Vec<_>>()
        };
        assert_eq!(wrong("{}"), ["token is missing", "newPassword is missing"]);
        assert_eq!(wrong(r#"{"token": "tiger-4821"}"#), ["newPassword is missing"]);
        for value in [r#"["tiger-4821"]"#, r#"{"tiger-4821": 4821}"#, "4821", "4821.5", "-4821", "true", "null"] {
            let both = wrong(&format!(r#"{{"newPassword": {value}, "token": {value}}}"#));
            assert_eq!(both, ["newPassword must be text", "token must be text"], "{value}");
        }
    }

    #[test]
    fn strange_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let broken = [
            b"{\"items\":[]}x".as_slice(),
            b"{\"items\":[],\"items\":[]}",
            b"{\"more\":1}",
            b"\xff",
            deep.as_bytes(),
            b"",
        ];
        for bytes in broken {
            assert_eq!(parse::<Body>(bytes).unwrap_err().code(), Code::InvalidInput);
        }
    }
}
