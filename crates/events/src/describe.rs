//! The events as documents: the tables of docs/EVENTS.md and the JSON Schema docs/events.schema.json.

use crate::ALL;
use kernel::Event;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// An example of every event, one a line, as the event log writes them. Lines are added and never changed: they stand for
/// what old outboxes and old logs hold, and must stay readable.
pub const EXAMPLES: &str = include_str!("../examples.ndjson");

/// One event's name, type and key.
#[derive(Clone, Copy)]
pub struct Topic {
    pub name: &'static str,
    /// The module of this crate that declares it.
    pub domain: &'static str,
    /// The name of its type.
    pub event: &'static str,
    /// Comes before the member in the key, to keep it apart from keys of other domains.
    pub key_prefix: &'static str,
    /// The member that is the key.
    pub key_member: &'static str,
    schema: fn() -> RefOr<Schema>,
    referenced: fn(&mut Vec<(String, RefOr<Schema>)>),
    rewritten: fn(&str) -> serde_json::Result<(String, String)>,
}

impl Topic {
    pub(crate) const fn of<E: Event + ToSchema>(
        domain: &'static str,
        event: &'static str,
        key_prefix: &'static str,
        key_member: &'static str,
    ) -> Topic {
        Topic {
            name: E::TOPIC,
            domain,
            event,
            key_prefix,
            key_member,
            schema: E::schema,
            referenced: E::schemas,
            rewritten: |payload| {
                let event: E = serde_json::from_str(payload)?;
                Ok((event.key(), serde_json::to_string(&event)?))
            },
        }
    }

    /// The key of the event with this payload, and the payload as this version writes it.
    pub fn rewritten(&self, payload: &str) -> serde_json::Result<(String, String)> {
        (self.rewritten)(payload)
    }

    fn schema(&self) -> Value {
        serde_json::to_value((self.schema)()).unwrap_or_default()
    }
}

/// The schemas that events refer to, by name.
fn referenced() -> Map<String, Value> {
    let mut found = Vec::new();
    ALL.iter().for_each(|topic| (topic.referenced)(&mut found));
    found.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect()
}

/// The JSON Schema (2020-12) of one line of the event log: which payload belongs to which topic.
pub fn schema() -> String {
    let mut definitions = referenced();
    definitions.extend(ALL.iter().map(|topic| (topic.event.to_owned(), topic.schema())));
    let payloads: Vec<Value> = ALL
        .iter()
        .map(|topic| {
            let payload = format!("#/components/schemas/{}", topic.event);
            json!({"properties": {"topic": {"const": topic.name}, "payload": {"$ref": payload}}})
        })
        .collect();
    let line = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of Holdfast, as a line of the event log",
        "type": "object",
        "required": ["id", "topic", "key", "time", "payload"],
        "properties": {
            "id": {"type": "integer", "description": "the event's sequence number; later events have higher ones"},
            "topic": {"type": "string"},
            "key": {"type": "string", "description": "events with the same key are in the order in which they happened"},
            "time": {"type": "string", "format": "date-time"},
            "payload": {"type": "object"},
        },
        "oneOf": payloads,
        "$defs": definitions,
    });
    format!("{line:#}\n").replace("#/components/schemas/", "#/$defs/")
}

/// The tables of docs/EVENTS.md.
pub fn markdown() -> String {
    let definitions = referenced();
    let mut text = String::new();
    let mut domain = "";
    for topic in ALL {
        if topic.domain != domain {
            domain = topic.domain;
            let _ = writeln!(text, "## {}{}\n", domain[..1].to_uppercase(), &domain[1..]);
        }
        let schema = topic.schema();
        let prefix = if topic.key_prefix.is_empty() { String::new() } else { format!("`{}` and ", topic.key_prefix) };
        let _ = writeln!(text, "### `{}`\n", topic.name);
        let _ = writeln!(
            text,
            "{} Type `{}`, key {prefix}`{}`.\n",
            described(&schema),
            topic.event,
            camel(topic.key_member)
        );
        members(&mut text, topic.name, &schema, &definitions);
    }
    text
}

fn members(text: &mut String, topic: &str, schema: &Value, definitions: &Map<String, Value>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let mut ordered: Vec<_> = properties.iter().collect();
    // the schema has lost the order of the members; the example has it
    let example = EXAMPLES.lines().rfind(|line| line.contains(&format!("\"{topic}\""))).unwrap_or_default();
    let payload = example.split_once("\"payload\"").map_or("", |(_, payload)| payload);
    ordered.sort_by_key(|(name, _)| payload.find(&format!("\"{name}\":")).unwrap_or(usize::MAX));
    text.push_str("| member | type | |\n|---|---|---|\n");
    for (name, member) in &ordered {
        let _ = writeln!(text, "| {name} | {} | {} |", shown(member, definitions), described(member));
    }
    text.push('\n');
    for (name, member) in ordered {
        if let Some(part) = object_in(member, definitions) {
            let _ = writeln!(text, "Members of `{name}`:\n");
            members(text, topic, part, definitions);
        }
    }
}

/// The object with members of its own that `member` is or lists.
fn object_in<'d>(member: &'d Value, definitions: &'d Map<String, Value>) -> Option<&'d Value> {
    let listed = member.get("items").unwrap_or(member);
    let found = listed["$ref"].as_str().and_then(|name| definition(name, definitions)).unwrap_or(listed);
    found.get("properties").map(|_| found)
}

fn definition<'d>(reference: &str, definitions: &'d Map<String, Value>) -> Option<&'d Value> {
    definitions.get(reference.rsplit('/').next()?)
}

fn described(schema: &Value) -> String {
    let either = || schema["oneOf"].as_array()?.iter().find_map(|one| one["description"].as_str());
    let text = schema["description"].as_str().or_else(either).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown(schema: &Value, definitions: &Map<String, Value>) -> String {
    if let Some(found) = schema["$ref"].as_str().and_then(|name| definition(name, definitions)) {
        return shown(found, definitions);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let (null, other): (Vec<_>, Vec<_>) = either.iter().partition(|one| one["type"] == "null");
        return other.into_iter().chain(null).map(|one| shown(one, definitions)).collect::<Vec<_>>().join(" or ");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    }
    if let Some(types) = schema["type"].as_array() {
        return types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ");
    }
    match (schema["type"].as_str().unwrap_or("object"), schema["format"].as_str()) {
        ("string", Some("date-time")) => "time".to_owned(),
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("array", _) => format!("list of {}", shown(&schema["items"], definitions)),
        (other, _) => other.to_owned(),
    }
}

/// `order_number` as payloads write it: `orderNumber`.
fn camel(member: &str) -> String {
    let mut words = member.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}
