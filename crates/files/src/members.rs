//! A row of JSON as its members: read strictly, because a parser of JSON keeps the last of two members without a word.

use crate::csv::shown;
use kernel::{Code, Error, Result};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category};
use std::fmt;

/// A value whose objects name no member twice. A parser of JSON keeps the last of two without a word.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = object.next_entry::<String, Strict>()? {
            if members.contains_key(&name) {
                return Err(de::Error::custom("twice"));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// The members of the object that these bytes are; C002.
pub fn members(bytes: &[u8]) -> Result<Map<String, Value>> {
    match serde_json::from_slice::<Strict>(bytes) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        Ok(Strict(other)) => {
            Err(Code::InvalidInput.because(format!("it is {}, not a JSON object", shown_value(&other))))
        }
        Err(error) => Err(not_json(&error)),
    }
}

fn not_json(error: &serde_json::Error) -> Error {
    let what = match error.classify() {
        Category::Eof => "the JSON object is cut off",
        Category::Data => "a member appears twice",
        Category::Syntax | Category::Io => "it is not a JSON object",
    };
    match error.column() {
        0 => Code::InvalidInput.because(what),
        column => Code::InvalidInput.because(format!("{what}; reading stopped at byte {column}")),
    }
}

/// A value in a message about it.
pub fn shown_value(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => shown(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
