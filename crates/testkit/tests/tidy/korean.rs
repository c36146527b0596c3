//! Korean: every message that a refusal can have is in `kernel::korean` too.

use crate::source::{Kind, parts};
use crate::{read, root, sources};
use std::collections::BTreeSet;

/// Whose messages people read at a terminal and not in a response, and what is no program of the shop.
const NOT_IN_RESPONSES: &[&str] = &[
    "crates/bench/",
    "crates/fixture/",
    "crates/kernel/src/korean.rs",
    "crates/ports/",
    "crates/saga/src/fault.rs",
    "crates/saga/src/harness.rs",
    "crates/server/src/background.rs",
    "crates/server/src/commands",
    "crates/server/src/config",
    "crates/server/src/demo",
    "crates/server/src/logs.rs",
    "crates/server/src/opening.rs",
    "crates/server/src/rush",
    "crates/store/examples/",
    "crates/store/src/copy",
    "crates/store/src/file.rs",
    "crates/store/src/integrity.rs",
    "crates/store/src/lease.rs",
    "crates/store/src/mysql",
    "crates/store/src/open.rs",
    "crates/store/src/postgres",
    "crates/store/src/schema",
    "crates/store/src/sqlite.rs",
    "crates/store/src/url.rs",
    "crates/store/src/wal.rs",
    "crates/testdb/",
    "crates/testkit/",
    "crates/web/src/auth",
    "crates/web/src/settings.rs",
];
/// Calls whose texts become a message; the second is true where the first argument is the name of a field.
const CALLS: &[(&str, bool)] = &[
    ("because", false),
    ("wrong", true),
    ("field", true),
    ("note", false),
    ("custom", false),
    ("by_system", false),
    ("Problem::new", false),
];
/// Variables that hold a message before such a call.
const VARIABLES: &[&str] = &["message", "why"];
/// Sentences of a field's name and the message about it, which has a row by itself; and a text that is only looked for.
const OF_A_FIELD: &[&str] =
    &["{field} {message}", "stock {message}", "locationCode {message}", "{} {why}", "digits after"];

#[test]
fn every_message_of_a_refusal_has_a_korean_row() {
    let mut without = BTreeSet::new();
    for path in sources() {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        let is_test = name.contains("/tests/") || name.ends_with("tests.rs") || name.ends_with("races.rs");
        if is_test || name.ends_with("settings.rs") || NOT_IN_RESPONSES.iter().any(|begin| name.starts_with(begin)) {
            continue;
        }
        let text = read(&path);
        let program = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for message in messages(program) {
            if kernel::korean::of(&filled(&message)).is_none() && !OF_A_FIELD.contains(&message.as_str()) {
                without.insert(format!("{name}: {message}"));
            }
        }
    }
    assert!(
        without.is_empty(),
        "add rows to crates/kernel/src/korean.rs for:\n{}",
        without.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// A call or an assignment that is being read.
struct Open {
    /// How many brackets are open inside it.
    depth: usize,
    argument: usize,
    names_field: bool,
    is_assignment: bool,
}

/// The sentences that the program makes messages of.
fn messages(program: &str) -> Vec<String> {
    let (mut found, mut open, mut depth) = (Vec::new(), Vec::<Open>::new(), 0);
    let mut before = String::new();
    for (kind, part) in parts(program) {
        match (kind, part) {
            (Kind::Comment, _) => continue,
            (Kind::String, literal) => {
                let is_message = open.last().is_some_and(|open| !open.names_field || open.argument > 0);
                let literal = unescaped(literal);
                if is_message && literal.contains(' ') && literal.chars().any(char::is_alphabetic) {
                    found.push(literal);
                }
            }
            (Kind::Code, "(" | "[" | "{") => {
                depth += 1;
                if let Some((_, names_field)) = CALLS.iter().find(|(name, _)| part == "(" && ends_with(&before, name)) {
                    open.push(Open { depth, argument: 0, names_field: *names_field, is_assignment: false });
                }
            }
            (Kind::Code, ")" | "]" | "}") => {
                open.retain(|open| open.depth < depth || (open.is_assignment && open.depth == depth));
                depth = depth.saturating_sub(1);
            }
            (Kind::Code, ",") => open.iter_mut().filter(|open| open.depth == depth).for_each(|open| open.argument += 1),
            (Kind::Code, ";") => open.retain(|open| !(open.is_assignment && open.depth == depth)),
            (Kind::Code, "=") if VARIABLES.iter().any(|name| before.ends_with(&format!("let {name} "))) => {
                open.push(Open { depth, argument: 0, names_field: false, is_assignment: true });
            }
            (Kind::Code, _) => {}
        }
        before.push_str(part);
    }
    found
}

fn ends_with(before: &str, call: &str) -> bool {
    let rest = before.strip_suffix(call);
    rest.is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The text of a literal.
fn unescaped(literal: &str) -> String {
    let inner = literal.trim_matches('"').replace("\\\"", "\"").replace("{{", "{").replace("}}", "}");
    let mut lines = inner.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start())
}

/// The message with something in each of its gaps.
fn filled(message: &str) -> String {
    let mut pieces = message.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + "7" + piece.split_once('}').map_or(piece, |(_, after)| after))
}
