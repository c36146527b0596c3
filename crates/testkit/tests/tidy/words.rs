//! The language: words that GLOSSARY.md replaces do not come back, and what it defines is used.

use crate::source::{Kind, Lines, Rust, hash_comments, markdown, parts};
use crate::{files, no_complaints, read, root, shown, sources, walk};
use std::collections::{BTreeMap, BTreeSet};

/// Words that a file may use although the glossary replaces them, because there they have their usual sense.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("*", "GLOSSARY.md", "it lists them"),
    ("*", "crates/testkit/tests/tidy/", "it looks for them"),
    ("listen", "crates/server/", "a server listens on a port"),
    ("listens", "crates/server/", "a server listens on a port"),
    ("listening", "crates/server/", "a server listens on a port"),
    ("parked", "crates/store/src/dead_letter.rs", "the API calls a dead letter `Parked`, with a member `parkedAt`"),
    ("listening", "docs/SETTINGS.md", "a server listens on a port"),
    ("listens", "docs/SETTINGS.md", "a server listens on a port"),
    ("terms", "crates/search/", "Tantivy calls the entries of an index terms"),
    ("parked", "crates/server/src/operations.rs", "the API has called the member so since the first release"),
    ("given up", "crates/kernel/src/korean.rs", "payments of earlier versions have the message"),
];

/// Texts that are not part of this repository, or are no longer.
const UNKNOWN_SOURCES: &[&str] = &[
    "design a",
    "design b",
    "design c",
    "design d",
    "designs a",
    "designs b",
    "designs c",
    "designs d",
    "quality.md",
    "quality:",
    "shapes",
    "style.md",
];

/// Words that are riddles in a comment; in a name or a message of the program they are about a port of the network.
const FINE_IN_NAMES: &[&str] = &["listen", "listens", "listening", "listener", "listeners"];

/// The rows of a table of GLOSSARY.md: its first and its second column.
fn table(heading: &str) -> Vec<(String, String)> {
    let glossary = read(&root().join("GLOSSARY.md"));
    let section = glossary.split("\n## ").find(|part| part.starts_with(heading)).expect("the section is there");
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.filter_map(|row| row.trim_matches('|').split_once('|'))
        .map(|(first, second)| (first.trim().to_owned(), second.trim().to_owned()))
        .collect()
}

/// Each word or phrase that is not used, with what to write.
fn replaced() -> Vec<(String, String)> {
    let rows = table("Words we do not use");
    assert!(rows.len() > 15, "GLOSSARY.md lists {} replaced words; was its table changed?", rows.len());
    let each = |(words, instead): &(String, String)| {
        words.split(", ").map(|word| (word.to_owned(), instead.clone())).collect::<Vec<_>>()
    };
    rows.iter().flat_map(each).collect()
}

/// What people read in a file. Published migrations never change, not even their comments.
fn prose(name: &str, text: &str) -> Option<Lines> {
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("rs") => Some(Rust::of(text).comments),
        Some("md") => Some(markdown(text)),
        Some("toml") => Some(hash_comments(text)),
        Some("sh") => Some(hash_comments(text)),
        None => name.starts_with(".ci/").then(|| hash_comments(text)),
        Some(_) => None,
    }
}

/// The part of the repository that a file belongs to: its crate, or the documents.
fn part(name: &str) -> &str {
    name.strip_prefix("crates/").and_then(|rest| rest.split('/').next()).unwrap_or("documents")
}

fn allowed(word: &str, name: &str) -> bool {
    ALLOWED.iter().any(|(allowed, place, _)| (*allowed == "*" || *allowed == word) && name.starts_with(place))
}

/// Where a word or phrase stands in a text, not as a part of a longer word.
fn occurrences<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back().is_some_and(letter);
        let after = text[at + word.len()..].chars().next().is_some_and(letter);
        !before && !after
    })
}

/// The words of the names in a line of code: `PageKey` and `page_key` are both page and key.
fn words_of_names(code: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in code.chars().chain([' ']) {
        if (!c.is_alphabetic() || (c.is_uppercase() && before.is_lowercase())) && !word.is_empty() {
            words.insert(std::mem::take(&mut word).to_lowercase());
        }
        if c.is_alphabetic() {
            word.push(c);
        }
        before = c;
    }
    words
}

/// The sentences among the literals of a Rust file, in lower case and each with its line: a literal without a space is a name.
fn sentences(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut line) = (Vec::new(), 1);
    for (kind, part) in parts(text) {
        if kind == Kind::String && part.contains(' ') {
            let words: Vec<&str> = part.split_whitespace().filter(|word| *word != "\\").collect();
            found.push((line, words.join(" ").to_lowercase()));
        }
        line += part.matches('\n').count();
    }
    found
}

/// Fails with the number of complaints of each part, and with each complaint.
fn judge(complaints: BTreeMap<String, Vec<String>>) {
    let counts = complaints.iter().map(|(part, found)| format!("{part}: {}", found.len()));
    no_complaints(&counts.chain(complaints.values().flatten().cloned()).collect::<Vec<_>>());
}

#[test]
fn words_that_the_glossary_replaces_are_gone_from_comments_and_documents() {
    let replaced = replaced();
    let mut complaints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files() {
        let name = shown(&path);
        let Some(lines) = prose(&name, &read(&path)) else { continue };
        let (text, line_of) = lines.joined();
        let unknown = UNKNOWN_SOURCES
            .iter()
            .map(|source| ((*source).to_owned(), "the fact itself, a rule number or an ADR".to_owned()));
        for (word, instead) in replaced.iter().cloned().chain(unknown) {
            for at in occurrences(&text, &word).filter(|_| !allowed(&word, &name)) {
                let complaint = format!("{name}:{}: \"{word}\": {instead}", line_of[at]);
                complaints.entry(part(&name).to_owned()).or_default().push(complaint);
            }
        }
    }
    judge(complaints);
}

#[test]
fn words_that_the_glossary_replaces_are_gone_from_names() {
    let replaced: BTreeMap<String, String> =
        replaced().into_iter().filter(|(word, _)| !FINE_IN_NAMES.contains(&word.as_str())).collect();
    let mut complaints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources() {
        let name = shown(&path);
        for (line, code) in Rust::of(&read(&path)).code.iter() {
            for word in words_of_names(code) {
                if let Some(instead) = replaced.get(&word).filter(|_| !allowed(&word, &name)) {
                    let complaint = format!("{name}:{line}: {word} in `{}`: {instead}", code.trim());
                    complaints.entry(part(&name).to_owned()).or_default().push(complaint);
                }
            }
        }
    }
    judge(complaints);
}

/// Programs that are made from the document call their functions so.
#[test]
fn words_that_the_glossary_replaces_are_gone_from_the_names_of_operations() {
    let replaced: Vec<_> = replaced().into_iter().filter(|(word, _)| !FINE_IN_NAMES.contains(&word.as_str())).collect();
    let (mut complaints, mut count): (BTreeMap<String, Vec<String>>, usize) = (BTreeMap::new(), 0);
    for line in read(&root().join("docs/openapi.json")).lines() {
        let Some(name) = line.trim().strip_prefix("\"operationId\": ") else { continue };
        count += 1;
        let names = words_of_names(name);
        for (word, instead) in replaced.iter().filter(|(word, _)| names.contains(word)) {
            complaints.entry("documents".to_owned()).or_default().push(format!("{name} \"{word}\": {instead}"));
        }
    }
    assert!(count > 100, "only {count} operations found; was the document's form changed?");
    judge(complaints);
}

#[test]
fn words_that_the_glossary_replaces_are_gone_from_messages() {
    let replaced: Vec<_> = replaced().into_iter().filter(|(word, _)| !FINE_IN_NAMES.contains(&word.as_str())).collect();
    let mut complaints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources() {
        let name = shown(&path);
        for (line, sentence) in sentences(&read(&path)) {
            for (word, instead) in replaced.iter().filter(|(word, _)| !allowed(word, &name)) {
                if occurrences(&sentence, word).next().is_some() {
                    let complaint = format!("{name}:{line}: \"{word}\" in {sentence}: {instead}");
                    complaints.entry(part(&name).to_owned()).or_default().push(complaint);
                }
            }
        }
    }
    judge(complaints);
}

#[test]
fn words_that_the_glossary_replaces_are_gone_from_pages_and_scripts() {
    let replaced: Vec<_> = replaced().into_iter().filter(|(word, _)| !FINE_IN_NAMES.contains(&word.as_str())).collect();
    let mut complaints: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut count = 0;
    walk(&root(), &mut |path| {
        let kinds = ["css", "html", "js", "mjs", "ts"];
        if path.extension().is_none_or(|kind| !kinds.iter().any(|known| kind == *known)) {
            return;
        }
        count += 1;
        let name = shown(path);
        for (n, line) in read(path).lines().enumerate() {
            // names are words too: `.order-facts` and `orderFacts`
            let names = words_of_names(line);
            let has = |word: &str| names.contains(word) || occurrences(&line.to_lowercase(), word).next().is_some();
            for (word, instead) in replaced.iter().filter(|(word, _)| has(word) && !allowed(word, &name)) {
                let complaint = format!("{name}:{}: \"{word}\": {instead}", n + 1);
                complaints.entry(part(&name).to_owned()).or_default().push(complaint);
            }
        }
    });
    assert!(count > 20, "only {count} pages and scripts found; the walk is broken");
    judge(complaints);
}

#[test]
fn words_of_the_glossary_are_used() {
    let mut texts = String::new();
    for path in files().iter().filter(|path| !path.ends_with("GLOSSARY.md")) {
        if shown(path).ends_with(".rs") || shown(path).ends_with(".md") {
            texts.push_str(&read(path).to_lowercase());
        }
    }
    let unused = |word: &String| !["_", "", " "].iter().any(|between| texts.contains(&word.replace(' ', between)));
    let words = table("Words").into_iter().map(|(word, _)| word);
    let complaints: Vec<String> =
        words.filter(unused).map(|word| format!("GLOSSARY.md defines \"{word}\", which is used nowhere")).collect();
    no_complaints(&complaints);
}
