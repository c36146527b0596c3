//! Bad bodies made from good ones: every member in turn is dropped, mistyped, blown up or doubled.

use serde_json::{Value, json};

/// A body that was changed, and how.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// What was done, for the failure message.
    pub what: String,
    /// The body's bytes; not always JSON.
    pub body: Vec<u8>,
}

/// Characters in a text no field takes.
const LONG_TEXT: usize = 20_000;
/// Entries in a list no field takes.
const LONG_LIST: usize = 10_000;
/// Depth no parser should follow.
const DEEP: usize = 2_000;

/// Every single change of `body` that this module knows, in a fixed order.
pub fn mutants(body: &Value) -> Vec<Mutant> {
    let mut found = whole(body);
    for place in places(body) {
        let old = body.pointer(&place).cloned().unwrap_or(Value::Null);
        for (what, new) in replacements(&old) {
            found.push(changed(body, &place, what, Some(new)));
        }
        found.push(changed(body, &place, "dropped", None));
    }
    for place in objects(body) {
        let mut with_stranger = body.clone();
        if let Some(object) = with_stranger.pointer_mut(&place).and_then(Value::as_object_mut) {
            object.insert("unknownMember".to_owned(), json!(1));
        }
        found.push(Mutant { what: format!("{place}: unknown member"), body: with_stranger.to_string().into_bytes() });
    }
    found.extend(doubled(body));
    found
}

fn whole(body: &Value) -> Vec<Mutant> {
    let mut text = body.to_string();
    let cut = text.floor_char_boundary(text.len() / 2);
    let mut broken = text.clone().into_bytes();
    let letter = broken.iter().position(u8::is_ascii_alphabetic).unwrap_or(0);
    broken[letter] = 0xff;
    let nested = format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let mut halved = text.split_off(cut);
    std::mem::swap(&mut halved, &mut text);
    let named = |what: &str, body: Vec<u8>| Mutant { what: what.to_owned(), body };
    vec![
        named("empty body", Vec::new()),
        named("half a body", halved.into_bytes()),
        named("broken UTF-8", broken),
        named("deep nesting", nested.clone().into_bytes()),
        named("deep nesting in a member", format!("{{\"items\": {nested}}}").into_bytes()),
        named("a list", b"[]".to_vec()),
        named("null", b"null".to_vec()),
        named("a number", b"7".to_vec()),
        named("two bodies", format!("{body}{body}").into_bytes()),
        named("not JSON", b"orderNumber=1&x=2".to_vec()),
    ]
}

fn replacements(old: &Value) -> Vec<(&'static str, Value)> {
    let mut new = vec![
        ("null", Value::Null),
        ("true", json!(true)),
        ("an empty text", json!("")),
        ("an empty list", json!([])),
        ("an empty object", json!({})),
        ("a list of itself", json!([old])),
        ("minus one", json!(-1)),
        ("zero", json!(0)),
        ("a fraction", json!(1.5)),
        ("beyond 2^53", json!(1_i64 << 53)),
        ("the largest integer", json!(i64::MAX)),
        ("the smallest integer", json!(i64::MIN)),
        ("beyond 64 bits", json!(u64::MAX)),
        ("beyond floats", json!(1e300)),
        ("a long text", json!("x".repeat(LONG_TEXT))),
        ("blanks", json!("   ")),
        ("control characters", json!("a\u{0}b\u{7}c")),
        ("markup", json!("<script>'; drop table orders; --")),
        ("signs from everywhere", json!("🦀한글\u{202e}\u{feff}")),
    ];
    if let Some(first) = old.as_array().and_then(|list| list.first()) {
        new.push(("a long list", Value::Array(vec![first.clone(); LONG_LIST])));
        new.push(("every entry twice", json!([first, first])));
    }
    if old.is_number() {
        new.push(("a number as text", json!(old.to_string())));
    }
    new
}

fn changed(body: &Value, place: &str, what: &str, new: Option<Value>) -> Mutant {
    let mut copy = body.clone();
    match new {
        Some(new) => {
            if let Some(slot) = copy.pointer_mut(place) {
                *slot = new;
            }
        }
        None => {
            let (parent, name) = place.rsplit_once('/').unwrap_or(("", place));
            match copy.pointer_mut(parent) {
                Some(Value::Object(members)) => {
                    members.remove(&name.replace("~1", "/").replace("~0", "~"));
                }
                Some(Value::Array(entries)) => entries.clear(),
                _ => {}
            }
        }
    }
    Mutant { what: format!("{place}: {what}"), body: copy.to_string().into_bytes() }
}

/// Pointers to every value below the root.
fn places(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(body, String::new(), &mut |place, _| found.push(place));
    found
}

/// Pointers to every object.
fn objects(body: &Value) -> Vec<String> {
    let mut found = if body.is_object() { vec![String::new()] } else { Vec::new() };
    collect(body, String::new(), &mut |place, value| {
        if value.is_object() {
            found.push(place);
        }
    });
    found
}

fn collect(value: &Value, place: String, visit: &mut dyn FnMut(String, &Value)) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, v)| (name.replace('~', "~0").replace('/', "~1"), v)).collect()
        }
        Value::Array(entries) => entries.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        _ => return,
    };
    for (name, child) in children {
        let inner = format!("{place}/{name}");
        visit(inner.clone(), child);
        collect(child, inner, visit);
    }
}

/// The body with each of its first-level members written twice, which a JSON library cannot even express.
fn doubled(body: &Value) -> Vec<Mutant> {
    let Some(members) = body.as_object() else { return Vec::new() };
    let text = body.to_string();
    members
        .iter()
        .map(|(name, value)| Mutant {
            what: format!("/{name}: twice"),
            body: format!("{},{}:{value}}}", text.trim_end_matches('}').to_owned() + &closing(&text), json!(name))
                .into_bytes(),
        })
        .collect()
}

/// The brackets that `trim_end_matches` took too many of: all but the body's own.
fn closing(text: &str) -> String {
    "}".repeat((text.len() - text.trim_end_matches('}').len()).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_can_be_written_twice() {
        let all = doubled(&json!({"a": 1, "b": {"c": 2}}));
        let texts: Vec<_> = all.iter().map(|m| String::from_utf8(m.body.clone()).unwrap()).collect();
        assert_eq!(texts, [r#"{"a":1,"b":{"c":2},"a":1}"#, r#"{"a":1,"b":{"c":2},"b":{"c":2}}"#]);
    }

    #[test]
    fn every_member_is_mutated() {
        let all = mutants(&json!({"items": [{"productId": 1}], "note": "x"}));
        for place in ["/items", "/items/0", "/items/0/productId", "/note"] {
            assert!(all.iter().any(|m| m.what.starts_with(&format!("{place}: dropped"))), "{place}");
        }
        assert!(all.iter().any(|m| m.what == "/items/0: unknown member"));
    }
}
