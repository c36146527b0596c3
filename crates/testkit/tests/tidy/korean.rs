//! Korean: every message that a refusal can have is in `kernel::korean` too.

use crate::source::{Kind, parts};
use crate::{read, root, sources};
use std::collections::BTreeSet;

/// Whose messages people read at a terminal and not in a response, and what is no program of the shop.
const NOT_IN_RESPONSES: &[&str] = &[
    "crates/bench/",
    "crates/faketoss/",
    "crates/fixture/",
    "crates/kernel/src/korean",
    // causes, which the log has
    "crates/media/src/files/",
    "crates/ports/",
    "crates/saga/src/fault.rs",
    "crates/saga/src/harness.rs",
    "crates/search/src/keeper.rs",
    "crates/search/src/language/synonyms.rs",
    "crates/search/src/local",
    "crates/server/src/background.rs",
    "crates/server/src/cli.rs",
    "crates/server/src/commands",
    "crates/server/src/config",
    "crates/server/src/currency.rs",
    "crates/server/src/demo",
    "crates/server/src/logs.rs",
    "crates/server/src/opening.rs",
    "crates/server/src/ready.rs",
    "crates/server/src/rush",
    "crates/server/src/schema.rs",
    "crates/store/examples/",
    "crates/store/src/copy",
    "crates/store/src/file.rs",
    "crates/store/src/integrity.rs",
    "crates/store/src/lease.rs",
    "crates/store/src/mysql",
    "crates/store/src/open.rs",
    "crates/store/src/postgres",
    "crates/store/src/row.rs",
    "crates/store/src/schema",
    "crates/store/src/sqlite.rs",
    "crates/store/src/tx.rs",
    "crates/store/src/url.rs",
    "crates/store/src/wal.rs",
    "crates/testdb/",
    "crates/testkit/",
    "crates/toss/src/client.rs",
    "crates/toss/",
    "crates/web/src/auth",
    "crates/web/src/settings.rs",
];
/// Calls whose texts become a message; the second is true where the first argument is the name of a field.
const CALLS: &[(&str, bool)] = &[
    ("Err", false),
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
/// Sentences of a field's name and the message about it, which has a row by itself.
const OF_A_FIELD: &[&str] = &["{field} {message}", "stock {message}", "locationCode {message}", "{} {why}"];
/// Where every sentence is a message, however it becomes one: the reasons of an import are put together of several.
const ALL_SENTENCES: &[&str] = &["crates/import/src/", "crates/files/src/"];
/// What is none there: reports for a terminal, and texts that are looked for, that a log has, or that a terminal
/// shows.
const REPORTS: &[&str] = &["crates/import/src/report.rs", "crates/files/src/report.rs"];
const NO_MESSAGES: &[&str] = &["digits after", "a JSON value", "the upload was cut off", "{name} (CP949)", " · "];

#[test]
fn every_message_of_a_refusal_has_a_korean_row() {
    let mut without = BTreeSet::new();
    for path in sources() {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        let is_test =
            name.contains("/tests/") || ["tests.rs", "races.rs", "sample.rs"].iter().any(|end| name.ends_with(end));
        if is_test || name.ends_with("settings.rs") || NOT_IN_RESPONSES.iter().any(|begin| name.starts_with(begin)) {
            continue;
        }
        let text = read(&path);
        let begins_tests = ["#[cfg(test)]\nmod ", "#[cfg(test)]\npub(crate) mod "];
        let ends = begins_tests.iter().filter_map(|begin| text.find(begin)).min();
        let program = &text[..ends.unwrap_or(text.len())];
        let mut all = [messages(program), constants(&name, program)].concat();
        if ALL_SENTENCES.iter().any(|begin| name.starts_with(begin)) && !REPORTS.contains(&name.as_str()) {
            all.extend(sentences(program));
        }
        let excused = |message: &&String| [OF_A_FIELD, NO_MESSAGES].concat().contains(&message.as_str());
        for message in all.iter().filter(|message| !excused(message) && !has_korean(&filled(message))) {
            without.insert(format!("{name}: {message}"));
        }
    }
    assert!(
        without.is_empty(),
        "add rows to crates/kernel/src/korean.rs for:\n{}",
        without.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// Whether there is a row for the message, or for the message after a value, and no English is left in what it gives.
fn has_korean(message: &str) -> bool {
    let found = [message.to_owned(), format!("7 {message}")].iter().find_map(|text| kernel::korean::of(text));
    found.is_some_and(|korean| !has_english(&korean))
}

/// Whether two English words follow each other.
fn has_english(korean: &str) -> bool {
    let words: Vec<&str> = korean.split([' ', ',', '.', ';', ':']).collect();
    let is_english = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.windows(2).any(|pair| pair.iter().all(is_english))
}

#[test]
fn a_row_that_leaves_a_part_in_english_counts_as_none() {
    assert!(has_korean("must not be blank") && has_korean("is not an amount"));
    assert!(!has_korean("line 7 is upside down") && !has_korean("it is upside down"));
}

/// The sentences that constants of a domain hold, such as the reasons in a history. Those of its tables are statements.
fn constants(name: &str, program: &str) -> Vec<String> {
    // pages have both languages beside each other
    if ["store", "/audit", "comparison", "crates/pages/"].iter().any(|part| name.contains(part)) {
        return Vec::new();
    }
    let is_statement = |text: &str| {
        ["select ", "insert ", "update ", "delete "].iter().any(|verb| text.trim_start().starts_with(verb))
    };
    let (mut found, mut before) = (Vec::new(), String::new());
    for (kind, part) in parts(program).filter(|(kind, _)| *kind != Kind::Comment) {
        let literal = unescaped(part);
        let is_sentence = literal.contains(' ') && !is_statement(&literal);
        if kind == Kind::String && before.ends_with(": &str = ") && is_sentence {
            found.push(literal);
        }
        before.push_str(part);
    }
    found
}

/// All sentences of the program outside of its attributes and its log.
fn sentences(program: &str) -> Vec<String> {
    let (mut found, mut depth, mut left_out) = (Vec::new(), 0_usize, None);
    let mut before = String::new();
    for (kind, part) in parts(program) {
        match (kind, part) {
            (Kind::Comment, _) => continue,
            (Kind::String, literal) if left_out.is_none() => {
                let literal = unescaped(literal);
                if literal.contains(' ') && filled(&literal).chars().any(char::is_alphabetic) {
                    found.push(literal);
                }
            }
            (Kind::Code, "(" | "[" | "{") => {
                depth += 1;
                if before.ends_with('#') || before.ends_with("tracing::warn!") {
                    left_out = left_out.or(Some(depth));
                }
            }
            (Kind::Code, ")" | "]" | "}") => {
                left_out = left_out.filter(|begun| *begun < depth);
                depth = depth.saturating_sub(1);
            }
            (Kind::String | Kind::Code, _) => {}
        }
        before.push_str(part);
    }
    found
}

/// A call or an assignment that is being read.
struct Open {
    /// How many brackets are open inside it.
    depth: usize,
    argument: usize,
    names_field: bool,
    is_assignment: bool,
    /// Its text is for the log.
    is_cause: bool,
}

/// The sentences that the program makes messages of.
fn messages(program: &str) -> Vec<String> {
    let (mut found, mut open, mut depth) = (Vec::new(), Vec::<Open>::new(), 0);
    let mut before = String::new();
    for (kind, part) in parts(program) {
        match (kind, part) {
            (Kind::Comment, _) => continue,
            (Kind::String, literal) => {
                let says = |open: &Open| !open.is_cause && (!open.names_field || open.argument > 0);
                let is_message = open.last().is_some_and(says);
                let literal = unescaped(literal);
                if is_message && literal.contains(' ') && literal.chars().any(char::is_alphabetic) {
                    found.push(literal);
                }
            }
            (Kind::Code, "(" | "[" | "{") => {
                depth += 1;
                if let Some((_, names_field)) = CALLS.iter().find(|(name, _)| part == "(" && ends_with(&before, name)) {
                    let is_cause = false;
                    open.push(Open { depth, argument: 0, names_field: *names_field, is_assignment: false, is_cause });
                } else if part == "(" && ends_with(&before, "caused_by") {
                    open.push(Open { depth, argument: 0, names_field: false, is_assignment: false, is_cause: true });
                }
            }
            (Kind::Code, ")" | "]" | "}") => {
                open.retain(|open| open.depth < depth || (open.is_assignment && open.depth == depth));
                depth = depth.saturating_sub(1);
            }
            (Kind::Code, ",") => open.iter_mut().filter(|open| open.depth == depth).for_each(|open| open.argument += 1),
            (Kind::Code, ";") => open.retain(|open| !(open.is_assignment && open.depth == depth)),
            (Kind::Code, "=") if VARIABLES.iter().any(|name| before.ends_with(&format!("let {name} "))) => {
                open.push(Open { depth, argument: 0, names_field: false, is_assignment: true, is_cause: false });
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
