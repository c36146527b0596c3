//! The OpenAPI document as tests read it: every operation with its parameters and body, and bodies made from schemas.

use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The document of a running shop.
#[derive(Debug, Clone)]
pub struct Document {
    root: Arc<Value>,
}

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path with its `{parameters}`.
    pub path: String,
    /// The operation's object in the document.
    pub node: Value,
}

/// A parameter of an operation.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    /// Whether it must be sent.
    pub required: bool,
    /// Its schema.
    pub schema: Value,
}

/// References inside references that are followed before a schema counts as endless.
const DEPTH_MAX: usize = 12;

impl Document {
    /// Reads the document.
    pub fn of(root: Value) -> Document {
        Document { root: Arc::new(root) }
    }

    /// The document itself.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Every operation, by path and method.
    pub fn operations(&self) -> Vec<Operation> {
        let mut found = Vec::new();
        let paths = self.root["paths"].as_object().cloned().unwrap_or_default();
        for (path, methods) in &paths {
            for (method, node) in methods.as_object().cloned().unwrap_or_default() {
                if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                    found.push(Operation { method: method.to_ascii_uppercase(), path: path.clone(), node });
                }
            }
        }
        found
    }

    /// The operation's parameters.
    pub fn parameters(&self, operation: &Operation) -> Vec<Parameter> {
        let listed = operation.node["parameters"].as_array().cloned().unwrap_or_default();
        listed
            .iter()
            .map(|parameter| self.resolve(parameter))
            .map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap_or_default().to_owned(),
                place: parameter["in"].as_str().unwrap_or_default().to_owned(),
                required: parameter["required"].as_bool().unwrap_or(false),
                schema: parameter["schema"].clone(),
            })
            .collect()
    }

    /// The schema of the operation's JSON body, if it takes one.
    pub fn body(&self, operation: &Operation) -> Option<Value> {
        let content = self.resolve(&operation.node["requestBody"])["content"].clone();
        content.get("application/json").map(|media| self.resolve(&media["schema"]).clone())
    }

    /// Follows `$ref`.
    pub fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        let mut node = node;
        for _ in 0..DEPTH_MAX {
            let Some(target) = node["$ref"].as_str() else { break };
            node = self.root.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null);
        }
        node
    }

    /// A value the schema allows, with every member it names.
    pub fn sample(&self, schema: &Value) -> Value {
        self.sample_at(schema, 0)
    }

    fn sample_at(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
            return example.clone();
        }
        if let Some(only) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return only.clone();
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(options) = schema[choice].as_array() {
                let real = options.iter().find(|option| self.resolve(option)["type"] != "null");
                return real.map_or(Value::Null, |option| self.sample_at(option, depth + 1));
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                whole.extend(self.sample_at(part, depth + 1).as_object().cloned().unwrap_or_default());
            }
            return Value::Object(whole);
        }
        self.sample_of_type(schema, depth)
    }

    fn sample_of_type(&self, schema: &Value, depth: usize) -> Value {
        match kind(schema).as_str() {
            "object" => {
                let members = schema["properties"].as_object().cloned().unwrap_or_default();
                Value::Object(members.iter().map(|(name, of)| (name.clone(), self.sample_at(of, depth + 1))).collect())
            }
            "array" => json!([self.sample_at(&schema["items"], depth + 1)]),
            "integer" => schema["minimum"].as_i64().map_or(json!(1), |least| json!(least.max(1))),
            "number" => json!(1),
            "boolean" => json!(true),
            "string" => json!(sample_text(schema["format"].as_str().unwrap_or_default())),
            _ => Value::Null,
        }
    }
}

/// The schema's type; of several the first that is not null.
fn kind(schema: &Value) -> String {
    let named = match &schema["type"] {
        Value::String(one) => Some(one.as_str()),
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    };
    named.unwrap_or(if schema["properties"].is_object() { "object" } else { "" }).to_owned()
}

fn sample_text(format: &str) -> &'static str {
    match format {
        "uuid" => "00000000-0000-4000-8000-000000000001",
        "date-time" => "2026-03-01T00:00:00Z",
        "date" => "2026-03-01",
        "email" => "someone@example.com",
        "uri" => "https://example.com/a.png",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_follows_references_and_types() {
        let document = Document::of(json!({
            "components": {"schemas": {
                "Line": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}, "to": {"type": ["null", "string"]}}},
            }},
        }));
        let schema = json!({"type": "object", "properties": {"lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}}});
        assert_eq!(document.sample(&schema), json!({"lines": [{"n": 3, "to": "text"}]}));
    }
}
