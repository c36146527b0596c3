//! Documents: what they name exists, and what exists is documented.

use crate::layers::manifests;
use crate::source::{Rust, code_spans, links, markdown};
use crate::{files, no_complaints, read, root, shown, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Longest map of the whole.
const ARCHITECTURE_LINES_MAX: usize = 300;

/// Endings of the files that a document may name in `code`.
const NAMED_KINDS: &[&str] = &[".rs", ".md", ".toml", ".json"];

/// Files that documents name although they are not in the repository.
const MADE_LATER: &[(&str, &str)] =
    &[("holdfast.toml", "an operator writes it"), ("crates/bookmark", "the example of CONTRIBUTING.md")];

#[test]
fn files_that_documents_name_exist() {
    let all: Vec<String> = files().iter().map(|path| shown(path)).collect();
    let mut complaints = Vec::new();
    for path in files() {
        let name = shown(&path);
        let text = read(&path);
        let lines = match path.extension().and_then(|kind| kind.to_str()) {
            Some("md") => markdown(&text),
            Some("rs") => Rust::of(&text).comments,
            _ => continue,
        };
        for (line, text) in lines.iter() {
            let linked = links(text)
                .filter(|address| name.ends_with(".md") && !address.contains(':') && !address.starts_with('#'));
            for address in linked {
                let file = address.split('#').next().unwrap_or_default();
                if !path.parent().expect("a file is in a folder").join(file).exists() {
                    complaints.push(format!("{name}:{line}: the link to {file} leads nowhere"));
                }
            }
            for span in code_spans(text).filter(|span| is_file_name(span) && !is_there(span, &name, &all)) {
                complaints.push(format!("{name}:{line}: there is no file {span}"));
            }
        }
    }
    no_complaints(&complaints);
}

fn is_file_name(span: &str) -> bool {
    let plain = !span.starts_with('/') && span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let known = NAMED_KINDS.iter().any(|kind| span.ends_with(kind) && span.len() > kind.len());
    plain
        && (known || span.starts_with("crates/") || span.starts_with("docs/"))
        && !MADE_LATER.iter().any(|(name, _)| *name == span)
}

/// A name is good from the root, from the document's folder, or, without a folder in it, from anywhere.
fn is_there(span: &str, document: &str, all: &[String]) -> bool {
    let beside = Path::new(document).parent().map(|folder| root().join(folder).join(span));
    root().join(span).exists()
        || beside.is_some_and(|path| path.exists())
        || all.iter().any(|file| file.ends_with(&format!("/{span}")))
}

/// What each source file declares.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources() {
        let names = found.entry(shown(&path)).or_default();
        for (_, code) in Rust::of(&read(&path)).code.iter() {
            let words: Vec<&str> =
                code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                if ["fn", "struct", "enum", "trait", "type", "mod", "const", "static"].contains(&pair[0]) {
                    names.insert(pair[1].to_owned());
                }
            }
            // variants and fields begin their line
            names.extend(words.first().map(|word| (*word).to_owned()));
        }
    }
    found
}

/// Whether a crate declares what a path such as `order::ops::place` names, in the file or folder of its module.
fn exists(path: &str, declared: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let parts: Vec<&str> = path.trim_end_matches("()").split("::").collect();
    let (owner, modules, name) = (parts[0], &parts[1..parts.len() - 1], parts[parts.len() - 1]);
    let is_module =
        |file: &str, module: &str| file.contains(&format!("/{module}/")) || file.ends_with(&format!("/{module}.rs"));
    let of_crate = declared.iter().filter(|(file, _)| file.starts_with(&format!("crates/{owner}/src/")));
    let candidates: Vec<_> = of_crate
        .filter(|(file, _)| modules.iter().all(|module| is_module(file, module) || declared[*file].contains(*module)))
        .collect();
    candidates.iter().any(|(file, names)| names.contains(name) || is_module(file, name))
}

#[test]
fn names_in_the_map_exist() {
    let declared = declared();
    let mut complaints = Vec::new();
    for (line, text) in markdown(&read(&root().join("ARCHITECTURE.md"))).iter() {
        let missing = code_spans(text).filter(|span| span.contains("::") && !exists(span, &declared));
        complaints.extend(missing.map(|span| format!("ARCHITECTURE.md:{line}: nothing is called {span}")));
    }
    no_complaints(&complaints);
}

#[test]
fn every_code_is_documented() {
    let document = read(&root().join("docs/ERRORS.md"));
    let missing: Vec<String> = kernel::Code::ALL
        .iter()
        .filter(|code| {
            !document.contains(&format!("`{}`", code.code())) && !document.contains(&format!("| {} |", code.code()))
        })
        .map(|code| format!("docs/ERRORS.md does not have {} {}", code.code(), code.name()))
        .collect();
    no_complaints(&missing);
}

/// A code is answered where it is more than an entry of a list: the lists of routes document it.
#[test]
fn every_code_is_answered_or_reserved() {
    let mut answered = BTreeSet::new();
    for path in sources() {
        let name = shown(&path);
        let is_program = name.contains("/src/") && !name.ends_with("tests.rs") && !name.contains("/tests/");
        let outside = ["crates/kernel/src/code.rs", "crates/bench/", "crates/testkit/", "crates/fixture/"];
        if !is_program || outside.iter().any(|outside| name.starts_with(outside)) {
            continue;
        }
        let text = read(&path);
        let program = without_lists_of_codes(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        let names = program.split("Code::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
        answered.extend(names.flatten().map(str::to_owned));
    }
    let mut complaints = Vec::new();
    for code in kernel::Code::ALL {
        match (answered.contains(&format!("{code:?}")), kernel::code::RESERVED.contains(code)) {
            (true, true) => complaints.push(format!("{code:?} is answered, so it is not reserved")),
            (false, false) => {
                complaints.push(format!("{code:?} is answered nowhere; kernel::code::RESERVED has such codes"))
            }
            _ => {}
        }
    }
    no_complaints(&complaints);
}

/// The text without `[Code::…]`.
fn without_lists_of_codes(text: &str) -> String {
    let mut kept = String::new();
    for (n, part) in text.split('[').enumerate() {
        let list = n > 0 && part.trim_start().starts_with("Code::");
        kept.push_str(if list { part.split_once(']').map_or("", |(_, after)| after) } else { part });
    }
    kept
}

/// Topics and types of all events, from the list in the crate `events`.
fn events() -> Vec<(String, String)> {
    let list = read(&root().join("crates/events/src/lib.rs"));
    let lines = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    let found: Vec<_> = lines
        .filter_map(|(topic, rest)| Some((topic.to_owned(), rest.split(',').next()?.rsplit("::").next()?.to_owned())))
        .collect();
    assert!(found.len() > 10, "only {} events found in the list", found.len());
    found
}

#[test]
fn every_event_is_emitted() {
    let domains: Vec<String> = sources()
        .iter()
        .filter(|path| shown(path).contains("/src/") && !shown(path).contains("tests"))
        .filter(|path| !shown(path).starts_with("crates/events/"))
        .map(|path| read(path))
        .collect();
    let made = |event: &str| domains.iter().any(|text| text.contains(&format!("{event} {{")));
    let never = events().into_iter().filter(|(_, event)| !made(event));
    no_complaints(&never.map(|(_, event)| format!("events::{event} is never made")).collect::<Vec<_>>());
}

/// Modules, types, traits and functions that other crates can see say what they are for. Fields, variants, `new`, functions of one line
/// and the code of tests need not.
#[test]
fn public_items_say_what_they_are_for() {
    let mut complaints = Vec::new();
    for path in sources() {
        let name = shown(&path);
        if !name.contains("/src/") || name.contains("/tests/") || name.ends_with("tests.rs") {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let short = lines.get(n + 2).is_some_and(|line| line.trim() == "}");
            let item =
                public_item(line).filter(|_| !has_words_above(&lines[..n]) && !of_private_type(line, &lines[..n]));
            if let Some(item) = item.filter(|item| !(short && item.contains("fn "))) {
                complaints.push(format!("{name}:{}: {item} has no doc comment", n + 1));
            }
        }
        if path.file_stem().is_some_and(|stem| stem != "main") && !text.starts_with("//!") {
            complaints.push(format!("{name}: the module does not say what it is for (`//!`)"));
        }
    }
    no_complaints(&complaints);
}

/// The public function or type that a line begins. A module says it in its own file, and a type without a value needs no words.
fn public_item(line: &str) -> Option<&str> {
    let item = line.trim_start().strip_prefix("pub ")?;
    let mut words = item.split_whitespace().skip_while(|word| ["async", "const", "unsafe"].contains(word));
    let kind = words.next().is_some_and(|word| ["fn", "struct", "enum", "trait", "type"].contains(&word));
    let name = words.next().unwrap_or_default();
    let needs_none = name.starts_with("new(") || name.starts_with('$') || line.ends_with("{}");
    (kind && !needs_none).then(|| item.split(['(', '{', '<', ';', '=']).next().unwrap_or(item).trim())
}

/// Whether a doc comment stands above, with attributes between at most.
fn has_words_above(above: &[&str]) -> bool {
    for line in above.iter().rev().map(|line| line.trim()) {
        if line.starts_with("///") {
            return true;
        }
        if line.is_empty() || line.ends_with(['{', '}', ';']) {
            return false;
        }
    }
    false
}

/// Whether a method belongs to a type of this file that other crates cannot see.
fn of_private_type(line: &str, above: &[&str]) -> bool {
    let Some(begins) = above.iter().rev().find(|above| above.starts_with("impl")).filter(|_| line.starts_with("    "))
    else {
        return false;
    };
    let words =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>();
    let owners = words(begins);
    above.iter().filter(|line| !line.starts_with("pub struct") && !line.starts_with("pub enum")).any(|line| {
        let declared = words(line);
        declared.windows(2).any(|pair| ["struct", "enum"].contains(&pair[0].as_str()) && owners.contains(&pair[1]))
    })
}

/// Where the example domain is that documents quote, and which documents do.
const EXAMPLE: &str = "crates/fixture/tests/bookmark";
const QUOTE_THE_EXAMPLE: &[(&str, &str)] = &[
    ("CONTRIBUTING.md", "src/"),
    ("CONTRIBUTING.md", "migrations/"),
    ("crates/fixture/README.md", "tests/bookmark/src/"),
];

/// A block of code that begins with the name of a file of the example is a part of that file, paragraph by paragraph.
#[test]
fn code_in_documents_is_the_code_of_the_example() {
    let mut complaints = Vec::new();
    for (document, names) in QUOTE_THE_EXAMPLE {
        let blocks = code_blocks(&read(&root().join(document)));
        let quoted = blocks.iter().filter_map(|(line, block)| {
            let name = block.lines().next()?.trim_start_matches("//").trim_start_matches("--").trim();
            name.starts_with(names).then_some((line, name, block))
        });
        let mut found = 0;
        for (line, name, block) in quoted {
            let file = root().join(EXAMPLE).join(name.trim_start_matches("tests/bookmark/"));
            let code = if file.exists() { format!("\n{}", read(&file)) } else { String::new() };
            let paragraphs = block.split_once('\n').map_or("", |(_, rest)| rest).split("\n\n");
            let is_other = |paragraph: &&str| !code.contains(&format!("\n{}\n", paragraph.trim_end()));
            let other = paragraphs.filter(is_other).filter_map(|paragraph| paragraph.lines().next());
            complaints.extend(other.map(|first| format!("{document}:{line}: {EXAMPLE} has no such code: {first}")));
            found += 1;
        }
        assert!(found > 0, "{document} quotes nothing of {names}");
    }
    no_complaints(&complaints);
}

/// The fenced blocks of a document without the indentation of their fences, each with its line.
fn code_blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, String)> = None;
    for (n, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        match (open.as_mut(), line.trim_start().starts_with("```")) {
            (None, true) => open = Some((n + 1, indent, String::new())),
            (Some(_), true) => found.extend(open.take().map(|(line, _, block)| (line, block))),
            (Some((_, fence, block)), false) => {
                block.push_str(line.get(*fence..).unwrap_or_default());
                block.push('\n');
            }
            (None, false) => {}
        }
    }
    found
}

#[test]
fn every_crate_is_on_the_map() {
    let map = read(&root().join("ARCHITECTURE.md"));
    let missing = manifests().into_keys().filter(|name| !map.contains(&format!("\n  {name}/ ")));
    no_complaints(&missing.map(|name| format!("ARCHITECTURE.md has no line for crates/{name}")).collect::<Vec<_>>());
}

#[test]
fn the_map_stays_short() {
    let lines = read(&root().join("ARCHITECTURE.md")).lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines, at most {ARCHITECTURE_LINES_MAX}");
}
