//! Names for what responses have in common. utoipa writes the payload of a generic envelope into each envelope; a client that is
//! generated from that has a type for each list and none for its rows. Here every payload, every page and every row gets its
//! name, and the envelope says that its payload is always there.

use std::collections::BTreeMap;
use utoipa::openapi::{
    Ref, RefOr, Schema,
    schema::{ArrayItems, Object},
};

type Schemas = BTreeMap<String, RefOr<Schema>>;

const ENVELOPE: &str = "Success_";
/// The envelope of responses without payload.
const NOTHING: &str = "Success_Nothing";

/// Names the parts of every envelope.
pub(super) fn name(schemas: &mut Schemas) {
    let envelopes: Vec<String> = schemas.keys().filter(|name| name.starts_with(ENVELOPE)).cloned().collect();
    for envelope in envelopes {
        let Some(RefOr::T(Schema::Object(mut object))) = schemas.remove(&envelope) else { continue };
        if envelope == NOTHING {
            object.properties.remove("data");
        } else if let Some(data) = object.properties.remove("data") {
            let data = named(schemas, &envelope[ENVELOPE.len()..], data);
            object.properties.insert("data".to_owned(), data);
            object.required.push("data".to_owned());
        }
        schemas.insert(envelope, RefOr::T(Schema::Object(object)));
    }
    let pages: Vec<String> = schemas.keys().filter(|name| name.starts_with("Page_")).cloned().collect();
    for page in pages {
        if let Some(schema) = schemas.remove(&page) {
            let schema = with_named_rows(schemas, &page, schema);
            schemas.insert(page, schema);
        }
    }
}

/// A reference to `schema` under the name `name`; a list stays a list of named rows. A schema whose name another one has
/// stays where it is.
fn named(schemas: &mut Schemas, name: &str, schema: RefOr<Schema>) -> RefOr<Schema> {
    match (name.strip_prefix("Vec_"), schema) {
        (_, RefOr::Ref(reference)) => RefOr::Ref(reference),
        (Some(row), RefOr::T(Schema::Array(mut array))) => {
            array.items = named_rows(schemas, row, array.items);
            RefOr::T(Schema::Array(array))
        }
        (_, schema) => {
            let schema = with_named_rows(schemas, name, schema);
            if schemas.get(name).is_some_and(|known| *known != schema) {
                return schema;
            }
            schemas.insert(name.to_owned(), schema);
            Ref::from_schema_name(name).into()
        }
    }
}

/// A page with a name for its rows.
fn with_named_rows(schemas: &mut Schemas, name: &str, schema: RefOr<Schema>) -> RefOr<Schema> {
    let Some(row) = name.strip_prefix("Page_") else { return schema };
    let RefOr::T(Schema::Object(mut page)) = schema else { return schema };
    name_content(schemas, row, &mut page);
    RefOr::T(Schema::Object(page))
}

fn name_content(schemas: &mut Schemas, row: &str, page: &mut Object) {
    if let Some(RefOr::T(Schema::Array(mut content))) = page.properties.remove("content") {
        content.items = named_rows(schemas, row, content.items);
        page.properties.insert("content".to_owned(), RefOr::T(Schema::Array(content)));
    }
}

fn named_rows(schemas: &mut Schemas, row: &str, items: ArrayItems) -> ArrayItems {
    match items {
        ArrayItems::RefOrSchema(item) => ArrayItems::RefOrSchema(Box::new(named(schemas, row, *item))),
        ArrayItems::False => ArrayItems::False,
    }
}
