//! JSON as a value, with the members that an object names twice. `serde_json::Value` alone keeps the last of them.

use crate::place::Place;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::RefCell, fmt};

/// A whole body.
pub(crate) struct Body {
    pub value: Value,
    /// The members that are named again, as paths such as `items[0].quantity`.
    pub twice: Vec<String>,
}

/// Reads one JSON value and nothing after it.
pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Body> {
    let twice = RefCell::default();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = Part { at: Place::Whole, twice: &twice }.deserialize(&mut json)?;
    json.end()?;
    Ok(Body { value, twice: twice.into_inner() })
}

struct Part<'a> {
    at: Place<'a>,
    twice: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            entries.next_element_seed(Part { at: Place::Entry(&self.at, values.len()), twice: self.twice })?
        {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let at = Place::Member(&self.at, &name);
            let value = members.next_value_seed(Part { at, twice: self.twice })?;
            if values.contains_key(&name) && !self.twice.borrow().contains(&at.to_string()) {
                self.twice.borrow_mut().push(at.to_string());
            }
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}
