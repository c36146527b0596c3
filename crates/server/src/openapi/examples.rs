//! Examples of bodies in the document: what a client sends, and what the shop answered to a story.

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// Every example, by the name of its schema. A test holds each of them against the schema.
const EXAMPLES: &str = include_str!("examples.json");
const JSON: &str = "application/json";

/// Adds the examples of requests to the operations, and those of responses to their schemas.
pub(super) fn add(api: &mut OpenApi) {
    let examples: BTreeMap<String, Value> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    for item in api.paths.paths.values_mut() {
        for (_, operation) in web::route::operations_mut(item) {
            let Some(RefOr::T(body)) = &mut operation.request_body else { continue };
            let Some(RefOr::T(content)) = body.content.get_mut(JSON) else { continue };
            if let Some(RefOr::Ref(schema)) = &content.schema {
                let name = schema.ref_location.rsplit('/').next().unwrap_or_default();
                content.example = examples.get(name).cloned();
            }
        }
    }
    for (name, schema) in api.components.iter_mut().flat_map(|components| &mut components.schemas) {
        let (RefOr::T(Schema::Object(object)), true) = (schema, name.starts_with("Success_")) else { continue };
        object.examples = examples.get(name).cloned().into_iter().collect();
    }
}
