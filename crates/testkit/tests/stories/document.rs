//! The OpenAPI document is the contract: checked in, compared, and complete.

use kernel::Code;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};
use testkit::TestShop;

#[test]
fn the_document_is_the_one_that_is_checked_in() {
    let shop = TestShop::open();
    let served = shop.anonymous().get("/openapi.json").must("200");
    let now = format!("{:#}\n", served.json());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("HOLDFAST_UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("docs")).expect("docs can be made");
        fs::write(&path, &now).expect("the document can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = now.lines().zip(kept.lines()).enumerate().find(|(_, (new, old))| new != old);
    assert!(
        now == kept,
        "docs/openapi.json is another; first difference {first:?}. HOLDFAST_UPDATE=1 accepts the new one"
    );
}

#[test]
fn every_operation_says_what_it_does_and_answers() {
    let shop = TestShop::open();
    let document = shop.document();
    assert!(document.root()["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let mut complaints = Vec::new();
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        let place = format!("{} {}", operation.method, operation.path);
        let said = operation.node["summary"].as_str().or(operation.node["description"].as_str()).unwrap_or_default();
        if said.is_empty() {
            complaints.push(format!("{place} does not say what it does"));
        }
        if operation.node["tags"].as_array().is_none_or(Vec::is_empty) {
            complaints.push(format!("{place} has no tag"));
        }
        let answers = operation.node["responses"].as_object().cloned().unwrap_or_default();
        if !answers.keys().any(|status| status.starts_with('2')) {
            complaints.push(format!("{place} documents no success"));
        }
        let id = operation.node["operationId"].as_str().unwrap_or_default().to_owned();
        if !ids.insert(id.clone()) {
            complaints.push(format!("{place}: operation id {id:?} twice"));
        }
        let named: Vec<_> =
            document.parameters(&operation).into_iter().filter(|p| p.place == "path").map(|p| p.name).collect();
        let wanted: Vec<_> = operation
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
            .collect();
        if named.iter().collect::<BTreeSet<_>>() != wanted.iter().collect() {
            complaints.push(format!("{place}: documents the path parameters {named:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let shop = TestShop::open();
    let document = shop.document();
    let mut broken = BTreeSet::new();
    visit(document.root(), &mut |node| {
        if let Some(target) = node["$ref"].as_str() {
            let there = document.root().pointer(target.trim_start_matches('#'));
            if there.is_none() {
                broken.insert(target.to_owned());
            }
        }
    });
    assert!(broken.is_empty(), "{broken:#?}");
}

fn visit(node: &Value, see: &mut dyn FnMut(&Value)) {
    see(node);
    match node {
        Value::Object(members) => members.values().for_each(|child| visit(child, see)),
        Value::Array(entries) => entries.iter().for_each(|child| visit(child, see)),
        _ => {}
    }
}

/// Bodies whose shape is another company's, which adds members as it likes.
const FOREIGN: &[&str] = &["/payments/webhooks/toss"];

#[test]
fn every_request_body_refuses_unknown_members() {
    let shop = TestShop::open();
    let document = shop.document();
    let mut open = Vec::new();
    for operation in document.operations() {
        let Some(schema) = document.body(&operation) else { continue };
        let foreign = FOREIGN.iter().any(|path| operation.path.ends_with(path));
        if !foreign && schema["type"] == "object" && schema["additionalProperties"] != false {
            open.push(format!("{} {}", operation.method, operation.path));
        }
    }
    assert!(open.is_empty(), "these bodies do not say additionalProperties: false: {open:#?}");
}

#[test]
fn every_operation_names_its_callers_and_its_failures() {
    let shop = TestShop::open();
    let mut complaints = Vec::new();
    for operation in shop.document().operations() {
        let place = format!("{} {}", operation.method, operation.path);
        let role = operation.node["x-holdfast-role"].as_str().unwrap_or_default();
        let open = operation.node["security"].as_array().is_some_and(|ways| ways.iter().any(|way| way == &json!({})));
        if role.is_empty() || open != (role == "public") {
            complaints.push(format!("{place}: for {role:?}, open to all: {open}"));
        }
        let codes: Vec<_> = operation.node["x-holdfast-codes"].as_array().into_iter().flatten().collect();
        let unknown = operation.node["responses"].get("404").is_some();
        if !codes.iter().any(|code| *code == "C002") || (operation.path.contains('{') && !unknown) {
            complaints.push(format!("{place}: fails with {codes:?}, with 404: {unknown}"));
        }
        for (status, response) in operation.node["responses"].as_object().into_iter().flatten() {
            let failure = status.starts_with(['4', '5']) && response["content"].is_object();
            if status.starts_with(['4', '5']) && !failure {
                complaints.push(format!("{place} {status} has no body in the document"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A path has handlers with failures of their own. Reading writes nothing, so it meets no conflict, and of what is wrong with a request it has
/// only the parameters.
#[test]
fn operations_that_only_read_document_no_failures_of_writing() {
    let of_parameters = [Code::InvalidInput, Code::InvalidSearchQuery];
    let shop = TestShop::open();
    let mut complaints = Vec::new();
    for operation in shop.document().operations().into_iter().filter(|operation| operation.method == "GET") {
        let codes: Vec<&str> =
            operation.node["x-holdfast-codes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let of_writing = Code::ALL
            .iter()
            .filter(|code| codes.contains(&code.code()))
            .filter(|code| code.status() == 409 || (code.status() == 400 && !of_parameters.contains(code)));
        complaints.extend(of_writing.map(|code| format!("GET {}: {}", operation.path, code.code())));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_operation_documents_a_code_that_is_never_answered() {
    let shop = TestShop::open();
    let mut complaints = Vec::new();
    for operation in shop.document().operations() {
        let codes = operation.node["x-holdfast-codes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let reserved = codes.filter(|code| kernel::code::RESERVED.iter().any(|reserved| reserved.code() == *code));
        complaints.extend(reserved.map(|code| format!("{} {}: {code}", operation.method, operation.path)));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_request_body_has_an_example_and_examples_fit_their_schemas() {
    let shop = TestShop::open();
    let document = shop.document();
    let mut complaints = Vec::new();
    let mut compare = |what: &str, schema: &Value, example: &Value| {
        let root = json!({"allOf": [schema], "components": document.root()["components"]});
        let validator = jsonschema::validator_for(&root).unwrap_or_else(|error| panic!("{what}: {error}"));
        complaints.extend(validator.iter_errors(example).take(2).map(|error| format!("{what}: {error}")));
    };
    for operation in document.operations() {
        let place = format!("{} {}", operation.method, operation.path);
        let body = &operation.node["requestBody"]["content"]["application/json"];
        if body["schema"]["$ref"].is_string() {
            let schema = document.resolve(&body["schema"]);
            let example = body.get("example").or_else(|| schema.get("example")).unwrap_or(&Value::Null);
            compare(&format!("{place} request"), &body["schema"], example);
        }
    }
    let schemas = document.root()["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in schemas {
        if let Some(example) = schema["examples"].get(0) {
            compare(name, schema, example);
        }
    }
    assert!(complaints.is_empty(), "crates/server/src/openapi/examples.json: {}", complaints.join("\n"));
}

#[test]
fn payloads_pages_and_rows_have_names_and_always_come() {
    let shop = TestShop::open();
    let document = shop.document();
    let schemas = document.root()["components"]["schemas"].as_object().expect("schemas");
    let mut complaints = Vec::new();
    for (name, schema) in schemas.iter().filter(|(name, _)| name.starts_with("Success_") && *name != "Success_Nothing")
    {
        let data = &schema["properties"]["data"];
        let named = data["$ref"].is_string() || data["items"]["$ref"].is_string() || data["items"]["type"].is_string();
        let always = schema["required"].as_array().is_some_and(|required| required.contains(&json!("data")));
        if !named || !always {
            complaints.push(format!("{name}: {data}"));
        }
    }
    for (name, schema) in schemas.iter().filter(|(name, _)| name.starts_with("Page_")) {
        if !schema["properties"]["content"]["items"]["$ref"].is_string() {
            complaints.push(format!("{name} has rows without a name"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Whether a description lists the names that a text may be.
fn lists_names(description: &str) -> bool {
    let capitals = |c: char| c.is_ascii_uppercase() || c == '_';
    description.split(|c| !capitals(c)).filter(|word| word.len() > 3).count() > 1
}

#[test]
fn closed_sets_are_enums() {
    let shop = TestShop::open();
    let document = shop.document();
    let schemas = document.root()["components"]["schemas"].as_object().expect("schemas");
    let mut complaints = BTreeSet::new();
    visit(&document.root()["components"]["schemas"], &mut |node| {
        for (name, property) in node["properties"].as_object().into_iter().flatten() {
            let is_text = property["type"] == "string" || property["type"] == json!(["string", "null"]);
            let description = property["description"].as_str().unwrap_or_default();
            if is_text && property["enum"].is_null() && lists_names(description) {
                complaints.insert(format!("{name}: {description}"));
            }
        }
    });
    assert!(complaints.is_empty(), "these are texts and list what they may be: {complaints:#?}");
    for (name, values) in
        [("OrderStatus", 7), ("PaymentStatus", 7), ("DeliveryStatus", 6), ("MovementType", 6), ("MethodName", 10)]
    {
        assert_eq!(schemas[name]["enum"].as_array().map(Vec::len), Some(values), "{name}");
    }
}
