//! Every request and every response of a story, held against the document: what the program does is what it documents.

use crate::Document;
use fixture::Exchange;
use jsonschema::{Registry, Validator};
use kernel::Code;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, LazyLock, OnceLock},
};

/// Schemas that were compiled already, by what they describe; all shops of a test binary have the same document.
static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
/// The schemas to which all others refer. Reading them for each of those took a quarter of the time of the
/// tests of bad bodies and queries.
static COMPONENTS: OnceLock<Components> = OnceLock::new();
/// Where the components are for a schema that is compiled by itself.
const COMPONENTS_AT: &str = "document:components";
/// A test of callers sends this to every operation, also to those that read no body.
const NO_MEMBER: &str = "thisIsNoMember";
/// Failures that every operation may have: ours, the database's, and those of a client that is too fast or too slow.
const ANYWHERE: &[&str] = &["C001", "C013", "C017", "C018"];
/// The type of a response with one value on each line.
const LINES: &str = "application/x-ndjson";
/// Complaints of one shop that are kept.
const COMPLAINTS_MAX: usize = 10;

/// The exchanges of one shop.
pub(crate) struct Played {
    document: Document,
    complaints: Mutex<BTreeSet<String>>,
}

impl Played {
    pub fn of(document: Document) -> Played {
        Played { document, complaints: Mutex::default() }
    }

    /// What did not fit the document.
    pub fn complaints(&self) -> Vec<String> {
        self.complaints.lock().iter().cloned().collect()
    }

    fn complain(&self, what: String) {
        let mut complaints = self.complaints.lock();
        if complaints.len() < COMPLAINTS_MAX {
            complaints.insert(what);
        }
    }

    pub fn see(&self, exchange: &Exchange<'_>) {
        let path = exchange.path.split('?').next().unwrap_or_default();
        let Some((template, operation)) = self.operation(exchange.method, path) else { return };
        let place = format!("{} {template}", exchange.method);
        let status = exchange.response.status;
        if (200..300).contains(&status) {
            self.see_request(&place, operation, exchange.sent);
        }
        self.see_failure(&place, operation, exchange);
        let header = |name| exchange.response.header(name);
        if status == 304 || !header("content-type").contains("json") || !header("content-encoding").is_empty() {
            return;
        }
        let responses = &operation["responses"];
        let known = responses.get(status.to_string()).or_else(|| responses.get("default").filter(|_| status >= 400));
        let Some(response) = known else {
            return self.complain(format!("{place} answers {status}, which is not documented"));
        };
        // a failure as application/problem+json has a shape of its own (RFC 9457)
        let Some(schema) = response["content"][header("content-type").as_str()].get("schema") else {
            let problem = header("content-type") == "application/problem+json";
            return if problem {
            } else {
                self.complain(format!("{place} answers {status} with a body that is not documented"))
            };
        };
        if header("content-type") != LINES {
            return self.compare(&format!("{place} {status}"), schema, &exchange.response.json());
        }
        for line in exchange.response.text().lines() {
            let line = serde_json::from_str(line).unwrap_or_default();
            self.compare(&format!("{place} {status}, each line"), schema, &line);
        }
    }

    /// A failure has a code that the operation declares, and a message that readers of Korean get too.
    fn see_failure(&self, place: &str, operation: &Value, exchange: &Exchange<'_>) {
        let status = exchange.response.status;
        if status < 400 || !exchange.response.header("content-type").contains("json") {
            return;
        }
        let body = exchange.response.json();
        let error = if body["error"].is_object() { &body["error"] } else { &body };
        let code = error["code"].as_str().unwrap_or_default();
        let declared = operation["x-holdfast-codes"].as_array().into_iter().flatten();
        if !ANYWHERE.contains(&code) && !declared.into_iter().any(|known| known == code) {
            self.complain(format!("{place} fails with {code} (status {status}), which it does not declare"));
        }
        for message in untranslated(code, error) {
            self.complain(format!("{place} {code}: no Korean row for {message:?}"));
        }
    }

    fn see_request(&self, place: &str, operation: &Value, sent: &[u8]) {
        let body = self.document.resolve(&operation["requestBody"]);
        let Ok(sent) = serde_json::from_slice::<Value>(sent) else { return };
        match body["content"]["application/json"].get("schema") {
            // a file is described as text
            Some(schema) if schema["type"] == "string" => {}
            // a shape of another company's, which adds what it likes
            Some(schema) if self.document.resolve(schema)["additionalProperties"] != false => {}
            Some(schema) => self.compare(&format!("{place} request"), schema, &sent),
            None if body.is_null() && sent != json!({}) && sent.get(NO_MEMBER).is_none() => {
                self.complain(format!("{place} takes a body that is not documented: {sent}"));
            }
            None => {}
        }
    }

    fn compare(&self, what: &str, schema: &Value, value: &Value) {
        let validator =
            Arc::clone(COMPILED.lock().entry(what.to_owned()).or_insert_with(|| Arc::new(self.compiled(what, schema))));
        for error in validator.iter_errors(value).take(3) {
            self.complain(format!("{what} at {}: {error}", error.instance_path()));
        }
    }

    /// The schema with the components that it refers to. A response may have no member that is not documented.
    fn compiled(&self, what: &str, schema: &Value) -> Validator {
        let Components { as_documented, closed } = COMPONENTS.get_or_init(|| Components::of(&self.document));
        // requests of gateways may have members that the shop does not read; ours forbid them in the document
        let components = if what.ends_with("request") { as_documented } else { closed };
        let schema = schema.to_string().replace("\"#/components/", &format!("\"{COMPONENTS_AT}#/components/"));
        let schema = serde_json::from_str(&schema).expect("it was JSON");
        let made = jsonschema::options().with_registry(components).build(&schema);
        made.unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// The operation with the most literal segments that this path fits.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let segments: Vec<&str> = path.split('/').collect();
        let paths = self.document.root()["paths"].as_object()?;
        let fitting = paths.iter().filter_map(|(template, item)| {
            let parts: Vec<&str> = template.split('/').collect();
            let fits = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
            let all = parts.len() == segments.len() && parts.iter().zip(&segments).all(fits);
            let literal = parts.iter().filter(|part| !part.starts_with('{')).count();
            all.then_some((literal, template.as_str(), item))
        });
        let (_, template, item) = fitting.max_by_key(|(literal, ..)| *literal)?;
        Some((template, item.get(method.to_ascii_lowercase())?))
    }
}

/// The components of the document.
struct Components {
    as_documented: Registry<'static>,
    /// Without members that are not documented.
    closed: Registry<'static>,
}

impl Components {
    fn of(document: &Document) -> Components {
        let mut root = json!({"components": {"schemas": document.root()["components"]["schemas"]}});
        let as_documented = registry(root.clone());
        let mut combined = HashSet::new();
        combined_names(&root["components"], &mut combined);
        for (name, component) in root["components"]["schemas"].as_object_mut().into_iter().flatten() {
            close(component, combined.contains(name));
        }
        Components { as_documented, closed: registry(root) }
    }
}

fn registry(root: Value) -> Registry<'static> {
    let made = Registry::new().add(COMPONENTS_AT, root).and_then(|registry| registry.prepare());
    made.expect("the document has schemas")
}

/// Messages about this occurrence that have no Korean row. A message in Korean has none that could be missing.
fn untranslated(code: &str, error: &Value) -> Vec<String> {
    let Some(code) = Code::ALL.iter().find(|known| known.code() == code) else { return Vec::new() };
    let details: Vec<&Value> = error["details"].as_array().into_iter().flatten().collect();
    // a row of a file has a code of its own, and its reason is put together in the language of the response
    let of_request = details.iter().filter(|detail| detail["code"].is_null());
    let messages = of_request.filter_map(|detail| detail["message"].as_str());
    let mut all: Vec<&str> = messages.filter(|message| message.is_ascii()).collect();
    let sentence = error["message"].as_str().and_then(|message| message.strip_prefix(code.english()));
    let about_fields = !details.is_empty() && details.iter().all(|detail| detail["field"].is_string());
    all.extend(sentence.and_then(|rest| rest.strip_prefix(": ")).filter(|_| !about_fields));
    // what a gateway says in Korean needs none
    let is_korean = |message: &str| message.chars().any(|sign| ('가'..='힣').contains(&sign));
    let missing = |message: &&str| !is_korean(message) && kernel::korean::of(message).is_none();
    all.into_iter().filter(missing).map(str::to_owned).collect()
}

/// The names of the schemas that are combined with others by `allOf`: those may not forbid what the others add.
fn combined_names(node: &Value, names: &mut HashSet<String>) {
    let parts = node["allOf"].as_array().into_iter().flatten();
    names.extend(parts.filter_map(|part| part["$ref"].as_str()?.rsplit('/').next().map(str::to_owned)));
    match node {
        Value::Object(members) => members.values().for_each(|member| combined_names(member, names)),
        Value::Array(entries) => entries.iter().for_each(|entry| combined_names(entry, names)),
        _ => {}
    }
}

/// Forbids every member that the schema does not name, also inside it.
fn close(schema: &mut Value, combined: bool) {
    let Value::Object(members) = schema else { return };
    let shaped = members.contains_key("properties") || members.contains_key("allOf");
    if shaped && !combined && !members.contains_key("additionalProperties") {
        members.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
    }
    let inner = |members: &mut Map<String, Value>, name: &str| match members.get_mut(name) {
        Some(Value::Object(properties)) => properties.values_mut().for_each(|property| close(property, false)),
        Some(Value::Array(choices)) => choices.iter_mut().for_each(|choice| close(choice, false)),
        _ => {}
    };
    inner(members, "properties");
    inner(members, "oneOf");
    inner(members, "anyOf");
    if let Some(items) = members.get_mut("items") {
        close(items, false);
    }
    for part in members.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        close(part, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::Response;

    /// What is complained about when `GET /mugs` answers with this.
    fn complaints(document: &Document, body: &Value) -> Vec<String> {
        let played = Played::of(document.clone());
        let headers = [("content-type", "application/json")].map(|(name, value)| {
            (name.parse().expect("the name of a header"), value.parse().expect("the value of a header"))
        });
        let response = Response { status: 200, headers: headers.into_iter().collect(), body: body.to_string().into() };
        played.see(&Exchange { method: "GET", path: "/mugs".to_owned(), sent: &[], response: &response });
        played.complaints()
    }

    #[test]
    fn a_response_is_held_against_all_that_its_schema_refers_to() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mug = json!({"type": "object", "required": ["size"], "properties": {"size": reference("Size")}});
        let size = json!({"type": "object", "properties": {"ml": {"type": "integer"}}});
        let schema = json!({"type": "object", "properties": {"data": reference("Mug")}});
        let content = json!({"application/json": {"schema": schema}});
        let document = Document::of(json!({
            "paths": {"/mugs": {"get": {"responses": {"200": {"content": content}}}}},
            "components": {"schemas": {"Mug": mug, "Size": size}},
        }));
        let of = |body| complaints(&document, &body);
        assert_eq!(of(json!({"data": {"size": {"ml": 300}}})), Vec::<String>::new());
        assert_eq!(of(json!({"data": {}})), ["GET /mugs 200 at /data: \"size\" is a required property"]);
        let wrong = ["GET /mugs 200 at /data/size/ml: \"300\" is not of type \"integer\""];
        assert_eq!(of(json!({"data": {"size": {"ml": "300"}}})), wrong);
        let more = ["GET /mugs 200 at /data/size: Unevaluated properties are not allowed ('l' was unexpected)"];
        assert_eq!(of(json!({"data": {"size": {"ml": 300, "l": 0}}})), more);
    }
}
