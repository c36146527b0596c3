//! A row of NDJSON: read strictly, and refused in words that name the member.

use crate::csv::shown;
use catalog::product::Status;
use catalog::variant::Options;
use kernel::{Code, Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value, error::Category};

/// A row of NDJSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JsonRow {
    pub sku: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub price: Option<Value>,
    pub sale_price: Option<Value>,
    pub category: Option<String>,
    pub brand: Option<String>,
    pub image_url: Option<String>,
    #[serde(default)]
    pub images: Vec<String>,
    pub stock: Option<i64>,
    pub status: Option<Status>,
    #[serde(default)]
    pub variants: Vec<JsonVariant>,
}

/// A variant in a row of NDJSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JsonVariant {
    pub sku: String,
    pub name: Option<String>,
    #[serde(default)]
    pub options: Options,
    pub price_adjustment: Option<Value>,
    pub stock: Option<i64>,
    #[serde(default)]
    pub is_default: bool,
}

/// The row that these bytes are; C002.
pub(crate) fn row(bytes: &[u8]) -> Result<JsonRow> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        // read again, because the parser's own complaint speaks of types of this program
        Category::Data => members(bytes).map_or_else(|error| error, |members| refused(&members)),
        Category::Syntax | Category::Eof | Category::Io => not_json(&error),
    })
}

/// The row that these members are; C002.
pub(crate) fn row_of(members: Map<String, Value>) -> Result<JsonRow> {
    serde_json::from_value(Value::Object(members.clone())).map_err(|_| refused(&members))
}

/// The members of the object that these bytes are; C002.
pub(crate) fn members(bytes: &[u8]) -> Result<Map<String, Value>> {
    serde_json::from_slice(bytes).map_err(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        Category::Eof => "the JSON object is cut off",
        Category::Data | Category::Syntax | Category::Io => "it is not a JSON object",
    };
    // a row is one line of the file, so only the column means something
    match error.column() {
        0 => Code::InvalidInput.because(what),
        column => Code::InvalidInput.because(format!("{what}; reading stopped at byte {column}")),
    }
}

/// What a member may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A number in the main unit, or such a text as a cell has.
    Amount,
    Whole,
    YesNo,
    Texts,
    TextsByName,
    Variants,
}

/// The members of [`JsonRow`].
const ROW: &[(&str, Kind)] = &[
    ("sku", Kind::Text),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("price", Kind::Amount),
    ("salePrice", Kind::Amount),
    ("category", Kind::Text),
    ("brand", Kind::Text),
    ("imageUrl", Kind::Text),
    ("images", Kind::Texts),
    ("stock", Kind::Whole),
    ("status", Kind::Text),
    ("variants", Kind::Variants),
];

/// The members of [`JsonVariant`].
const VARIANT: &[(&str, Kind)] = &[
    ("sku", Kind::Text),
    ("name", Kind::Text),
    ("options", Kind::TextsByName),
    ("priceAdjustment", Kind::Amount),
    ("stock", Kind::Whole),
    ("isDefault", Kind::YesNo),
];

/// Why these members are no row. What the walk does not find is what it cannot see: a parser drops a member that comes twice.
fn refused(members: &Map<String, Value>) -> Error {
    let why = wrong_member(members, ROW).unwrap_or_else(|| {
        "a member appears twice, a number is too large, or status is not DRAFT, ACTIVE or INACTIVE".to_owned()
    });
    Code::InvalidInput.because(why)
}

fn wrong_member(members: &Map<String, Value>, known: &[(&str, Kind)]) -> Option<String> {
    for (name, value) in members {
        let Some((_, kind)) = known.iter().find(|(known, _)| known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Some(format!("the member {} is not known; the members are {}", shown(name), names.join(", ")));
        };
        if let Some(why) = wrong_value(value, *kind) {
            return Some(format!("{name} {why}"));
        }
    }
    members.get("sku").is_none_or(Value::is_null).then(|| "the member sku is missing".to_owned())
}

fn wrong_value(value: &Value, kind: Kind) -> Option<String> {
    let texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
    let (right, wanted) = match kind {
        Kind::Text => (value.is_string(), "text in quotes"),
        Kind::Amount => (value.is_number() || value.is_string(), "an amount such as 19.99"),
        Kind::Whole => (value.is_i64(), "a whole number without quotes"),
        Kind::YesNo => (value.is_boolean(), "true or false"),
        Kind::Texts => (value.as_array().is_some_and(texts), "a list of texts"),
        Kind::TextsByName => {
            (value.as_object().is_some_and(|map| map.values().all(Value::is_string)), "an object with texts")
        }
        Kind::Variants => match value.as_array() {
            None => (false, "a list of objects"),
            Some(list) => {
                let variant = |one: &Value| match one.as_object() {
                    None => Some("must hold objects only".to_owned()),
                    Some(members) => wrong_member(members, VARIANT).map(|why| format!("has a wrong entry: {why}")),
                };
                return list.iter().find_map(variant);
            }
        },
    };
    let optional = value.is_null() && matches!(kind, Kind::Text | Kind::Amount | Kind::Whole);
    (!right && !optional).then(|| format!("must be {wanted}, not {}", shown_value(value)))
}

pub(crate) fn shown_value(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => shown(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
