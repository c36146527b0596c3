//! Reads what a client sent into a type: a JSON value, the parameters of a query, the segments of a path. It says what is
//! wrong in plain words, without the name of a type and without the text of a parser, and for every field at once.
//!
//! A derived `Deserialize` ends at its first problem. So the reader notes the problem, assumes some value in that field, and
//! reads again, until everything else could be read.

use crate::place::Place;
use kernel::Detail;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor, value};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// Most problems that are named at once.
const PROBLEMS_MAX: usize = 20;
/// Most readings of one value, because each costs as much as the first.
const READINGS_MAX: usize = 64;

/// Texts that are assumed for a wrong field, one after the other, until its type accepts one.
const ASSUMED: &[&str] = &[
    "x",
    "00000000-0000-4000-8000-000000000000",
    "2026-01-01T00:00:00Z",
    "ORD-20260101-22222222",
    "PAY-22222222",
    "TRK-222222222222",
    "SAGA-22222222",
];

/// What a client sent.
#[derive(Clone, Copy)]
pub(crate) enum Sent<'a> {
    Json(&'a Value),
    Query(&'a Parameters<'a>),
    /// The values of one parameter, or the segments of a path.
    Texts(&'a [&'a str]),
    /// Something wrong was sent; the number says which of [`ASSUMED`] is tried.
    Assumed(usize),
}

/// A query.
pub(crate) struct Parameters<'a> {
    /// Names and values in the order in which they were sent.
    pairs: &'a [(String, String)],
    /// The values of each name. A parameter without a value counts as absent.
    values: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Parameters<'a> {
    pub fn of(pairs: &'a [(String, String)]) -> Parameters<'a> {
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            values.entry(name).or_default().push(value);
        }
        Parameters { pairs, values }
    }
}

/// What could not be read.
pub(crate) struct Wrong<T> {
    pub details: Vec<Detail>,
    /// The value with something assumed in each wrong field, when everything else could be read.
    pub rest: Option<T>,
}

/// `T`, or everything that is wrong. `all` is false when only the first problem is wanted.
pub(crate) fn read<T: DeserializeOwned>(sent: Sent<'_>, all: bool) -> Result<T, Wrong<T>> {
    let (mut assumed, mut found, mut rest) = (BTreeMap::new(), Vec::new(), None);
    for _ in 0..READINGS_MAX {
        let problem = match T::deserialize(Reader { sent, at: Place::Whole, assumed: &assumed }) {
            Ok(value) if found.is_empty() => return Ok(value),
            Ok(value) => {
                rest = Some(value);
                break;
            }
            Err(problem) => problem.within(Place::Whole),
        };
        let place = problem.at.unwrap_or_default();
        let before = assumed.iter_mut().find(|(wrong, _)| is_inside(&place, wrong));
        match before.map(|(_, instead)| instead) {
            Some(Instead::Value(n)) if *n + 1 < ASSUMED.len() => *n += 1,
            Some(_) => break,
            None => {
                found.push(Detail::field(place.clone(), problem.why));
                if place.is_empty() || !all || found.len() == PROBLEMS_MAX {
                    break;
                }
                assumed.insert(place, if problem.unknown { Instead::Nothing } else { Instead::Value(0) });
            }
        }
    }
    Err(Wrong { details: found, rest })
}

/// Whether `place` is `outer` or a part of it.
pub(crate) fn is_inside(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What is read in place of a wrong field.
enum Instead {
    /// The field is left out, because it is not known.
    Nothing,
    Value(usize),
}

/// A problem on its way from the field to the reader.
#[derive(Debug)]
struct Problem {
    /// The field from the outermost on, once it is known.
    at: Option<String>,
    /// A member of the field, when the problem is that it is missing or not known.
    member: Option<&'static str>,
    stranger: Option<String>,
    unknown: bool,
    why: String,
}

impl Problem {
    fn new(why: impl Into<String>) -> Problem {
        Problem { at: None, member: None, stranger: None, unknown: false, why: why.into() }
    }

    /// The problem and where it is: in the field `at`, unless a deeper one was named already.
    fn within(self, at: Place<'_>) -> Problem {
        let inner = self.stranger.as_deref().or(self.member);
        let place = || inner.map_or(at, |member| Place::Member(&at, member)).to_string();
        Problem { at: Some(self.at.clone().unwrap_or_else(place)), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    /// Only our own types make problems of their own, and those are written for clients.
    fn custom<T: fmt::Display>(message: T) -> Problem {
        Problem::new(message.to_string())
    }
    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Problem {
        Problem::new("is not valid")
    }
    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Problem {
        Problem::new("is out of range")
    }
    fn invalid_length(_: usize, _: &dyn de::Expected) -> Problem {
        Problem::new("has the wrong number of entries")
    }
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Problem {
        Problem::new(format!("must be one of {}", expected.join(", ")))
    }
    fn unknown_field(field: &str, _: &'static [&'static str]) -> Problem {
        Problem { stranger: Some(field.to_owned()), unknown: true, ..Problem::new("is not known here") }
    }
    fn missing_field(field: &'static str) -> Problem {
        Problem { member: Some(field), ..Problem::new("is missing") }
    }
    fn duplicate_field(field: &'static str) -> Problem {
        Problem { member: Some(field), ..Problem::new("must be given once") }
    }
}

struct Reader<'p, 'a> {
    sent: Sent<'a>,
    at: Place<'p>,
    assumed: &'p BTreeMap<String, Instead>,
}

impl<'p, 'a> Reader<'p, 'a> {
    /// The reader of what was sent at `at`, unless that is known to be wrong.
    fn inner(&self, sent: Sent<'a>, at: Place<'p>) -> Reader<'p, 'a> {
        let sent = match self.instead_of(at) {
            Some(Instead::Value(n)) => Sent::Assumed(*n),
            Some(Instead::Nothing) | None => sent,
        };
        Reader { sent, at, assumed: self.assumed }
    }

    fn instead_of(&self, at: Place<'_>) -> Option<&'p Instead> {
        // nearly every request is right, and then no place is written out
        if self.assumed.is_empty() { None } else { self.assumed.get(&at.to_string()) }
    }

    /// The one text that was sent.
    fn text(&self) -> Result<&'a str, Problem> {
        match self.sent {
            Sent::Json(Value::String(text)) => Ok(text),
            Sent::Json(_) | Sent::Query(_) => Err(Problem::new("must be text")),
            Sent::Texts([text]) => Ok(text),
            Sent::Texts(_) => Err(Problem::new("must be given once")),
            Sent::Assumed(n) => Ok(ASSUMED[n]),
        }
    }

    fn whole_number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        let wrong = || Problem::new("must be a whole number");
        match self.sent {
            Sent::Assumed(_) => visitor.visit_i64(1),
            Sent::Json(Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => visitor.visit_i64(number),
                (None, Some(number)) => visitor.visit_u64(number),
                (None, None) => Err(wrong()),
            },
            Sent::Json(_) => Err(wrong()),
            Sent::Query(_) | Sent::Texts(_) => {
                let text = self.text()?;
                // Rust also reads "+1"
                let number = text.parse().ok().filter(|_| !text.starts_with('+'));
                visitor.visit_i64(number.ok_or_else(wrong)?)
            }
        }
    }

    fn number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Problem> {
        let number = match self.sent {
            Sent::Assumed(_) => Some(1.0),
            Sent::Json(value) => value.as_f64(),
            Sent::Query(_) | Sent::Texts(_) => self.text()?.parse().ok().filter(|number: &f64| number.is_finite()),
        };
        visitor.visit_f64(number.ok_or_else(|| Problem::new("must be a number"))?)
    }

    fn object<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Problem> {
        let sent: Vec<(&'a str, Sent<'a>)> = match self.sent {
            Sent::Json(Value::Object(members)) => {
                members.iter().map(|(name, value)| (name.as_str(), Sent::Json(value))).collect()
            }
            Sent::Assumed(n) => fields.iter().map(|name| (*name, Sent::Assumed(n))).collect(),
            // parameters with other names belong to other extractors
            Sent::Query(query) => {
                let named = fields.iter().filter_map(|field| Some((field, query.values.get(field)?)));
                named.map(|(field, texts)| (*field, Sent::Texts(texts))).collect()
            }
            Sent::Json(_) | Sent::Texts(_) => return Err(Problem::new("must be an object")),
        };
        self.members(sent, fields, visitor)
    }

    fn members<V: Visitor<'a>>(
        self,
        mut sent: Vec<(&'a str, Sent<'a>)>,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let instead_of = |name: &str| self.instead_of(Place::Member(&self.at, name));
        sent.retain(|(name, _)| !matches!(instead_of(name), Some(Instead::Nothing)));
        for field in fields.iter().filter(|field| instead_of(field).is_some()) {
            if !sent.iter().any(|(name, _)| name == field) {
                sent.push((*field, Sent::Assumed(0)));
            }
        }
        visitor.visit_map(Members { reader: &self, sent: sent.into_iter(), next: None })
    }
}

struct Members<'r, 'p, 'a> {
    reader: &'r Reader<'p, 'a>,
    sent: std::vec::IntoIter<(&'a str, Sent<'a>)>,
    next: Option<(&'a str, Sent<'a>)>,
}

impl<'a> MapAccess<'a> for Members<'_, '_, 'a> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        self.next = self.sent.next();
        let Some((name, _)) = self.next else { return Ok(None) };
        let key: value::StrDeserializer<'_, Problem> = name.into_deserializer();
        seed.deserialize(key).map(Some).map_err(|problem| problem.within(self.reader.at))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (name, sent) = self.next.take().ok_or_else(|| Problem::new("is not valid"))?;
        let at = Place::Member(&self.reader.at, name);
        seed.deserialize(self.reader.inner(sent, at)).map_err(|problem| problem.within(at))
    }
}

struct Entries<'r, 'p, 'a> {
    reader: &'r Reader<'p, 'a>,
    sent: std::vec::IntoIter<Sent<'a>>,
    index: usize,
}

impl<'a> SeqAccess<'a> for Entries<'_, '_, 'a> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(sent) = self.sent.next() else { return Ok(None) };
        let at = Place::Entry(&self.reader.at, self.index);
        self.index += 1;
        seed.deserialize(self.reader.inner(sent, at)).map(Some).map_err(|problem| problem.within(at))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.sent.len())
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> { self.whole_number(visitor) })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_, 'de> {
    type Error = Problem;

    whole_numbers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }
    whole_numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.sent {
            Sent::Json(value) => value.deserialize_any(visitor).map_err(|_| Problem::new("is not valid")),
            Sent::Assumed(_) => visitor.visit_unit(),
            Sent::Texts(_) => visitor.visit_str(self.text()?),
            Sent::Query(_) => self.object(&[], visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let sent = match self.sent {
            Sent::Assumed(_) => Some(false),
            Sent::Json(value) => value.as_bool(),
            Sent::Query(_) | Sent::Texts(_) => self.text()?.parse().ok(),
        };
        visitor.visit_bool(sent.ok_or_else(|| Problem::new("must be true or false"))?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.number(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.sent {
            Sent::Json(Value::Null) => visitor.visit_none(),
            // also where a value is assumed: the client did send one
            Sent::Json(_) | Sent::Query(_) | Sent::Texts(_) | Sent::Assumed(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let sent: Vec<Sent<'de>> = match self.sent {
            Sent::Json(Value::Array(entries)) => entries.iter().map(Sent::Json).collect(),
            Sent::Json(_) => return Err(Problem::new("must be a list")),
            Sent::Texts(texts) => texts.iter().map(|text| Sent::Texts(std::slice::from_ref(text))).collect(),
            Sent::Assumed(_) => Vec::new(),
            Sent::Query(query) => {
                let pairs = query.pairs.iter().map(|(name, value)| vec![name.as_str(), value.as_str()]);
                return visitor.visit_seq(value::SeqDeserializer::new(pairs));
            }
        };
        visitor.visit_seq(Entries { reader: &self, sent: sent.into_iter(), index: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.object(&[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.object(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let text = match self.sent {
            Sent::Assumed(_) => variants.first().copied().unwrap_or_default(),
            _ => self.text()?,
        };
        visitor.visit_enum(IntoDeserializer::<Problem>::into_deserializer(text))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Order {
        items: Vec<Item>,
        payment_method: Method,
        number: Option<kernel::OrderNumber>,
        user: kernel::UserId,
        #[serde(default)]
        gift: bool,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Item {
        product_id: kernel::ProductId,
        quantity: kernel::Quantity,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    enum Method {
        Card,
        Transfer,
    }

    fn problems(sent: &Value) -> Vec<(String, String)> {
        let found = read::<Order>(Sent::Json(sent), true).err().unwrap().details;
        found.into_iter().map(|detail| (detail.field.unwrap_or_default(), detail.message)).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let sent = json!({
            "items": [{"productId": "x", "quantity": 0}, {"quantity": 1.5, "colour": "red"}],
            "paymentMethod": "CASH", "number": "12", "user": 7, "gift": "yes", "planet": "Mars",
        });
        let found: BTreeMap<String, String> = problems(&sent).into_iter().collect();
        let wanted = [
            ("gift", "must be true or false"),
            ("items[0].productId", "must be a whole number"),
            ("items[0].quantity", "must be between 1 and 1000000"),
            ("items[1].colour", "is not known here"),
            ("items[1].productId", "is missing"),
            ("items[1].quantity", "must be a whole number"),
            ("number", "must be a number such as ORD-…"),
            ("paymentMethod", "must be one of Card, Transfer"),
            ("planet", "is not known here"),
            ("user", "must be text"),
        ];
        assert_eq!(found, wanted.map(|(field, why)| (field.to_owned(), why.to_owned())).into());
    }

    #[test]
    fn what_is_no_object_at_all_is_one_problem() {
        assert_eq!(problems(&json!([1])), [(String::new(), "must be an object".to_owned())]);
    }

    #[test]
    fn a_list_in_place_of_an_object_is_not_read_by_position() {
        let user = "00000000-0000-4000-8000-000000000000";
        let sent = json!({"items": [[7, 2]], "paymentMethod": {"Card": null}, "user": user});
        let wanted = [("items[0]", "must be an object"), ("paymentMethod", "must be text")];
        assert_eq!(problems(&sent), wanted.map(|(field, why)| (field.to_owned(), why.to_owned())));
    }

    #[test]
    fn parameters_are_read_from_their_texts() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ListQuery {
            status: Option<Method>,
            page: Option<i64>,
            tag: Option<Vec<String>>,
            in_stock: Option<bool>,
        }
        let read = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            super::read::<ListQuery>(Sent::Query(&Parameters::of(&pairs)), true).map_err(|wrong| wrong.details)
        };
        let wanted = read(&[("status", ""), ("page", "3"), ("tag", "a"), ("tag", "b,c"), ("else", "1")]).unwrap();
        let tag = Some(vec!["a".to_owned(), "b,c".to_owned()]);
        assert_eq!(wanted, ListQuery { status: None, page: Some(3), tag, in_stock: None });
        let wrong = read(&[("status", "x"), ("page", "1"), ("page", "2"), ("inStock", "perhaps")]).unwrap_err();
        let wrong: Vec<_> = wrong.into_iter().map(|detail| (detail.field.unwrap(), detail.message)).collect();
        let texts = wrong.iter().map(|(field, why)| (field.as_str(), why.as_str())).collect::<Vec<_>>();
        let once = ("page", "must be given once");
        assert_eq!(texts, [("status", "must be one of Card, Transfer"), once, ("inStock", "must be true or false")]);
    }
}
