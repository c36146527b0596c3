//! Tidiness as a test: sizes, names, layers, words and documents, so that a reviewer need not remember them.

mod documents;
mod korean;
mod layers;
mod pages;
mod source;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longest source file, in lines.
const FILE_LINES_MAX: usize = 600;
/// Longest function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// Longest line, in characters; rustfmt keeps code below 120, this also covers the texts it leaves alone.
const LINE_CHARS_MAX: usize = 180;

/// Folders in which nothing is written by people.
const SKIPPED: &[&str] = &["target", "snapshots", ".git", "data", "node_modules"];

/// Module names that say nothing.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc", "shared"];

/// Beginnings of the files that may ask which database it is: dialects, drivers, and where an address is read or chosen.
const KNOW_THE_DATABASE: &[&str] = &[
    "crates/store/src/dialect",
    "crates/store/src/url.rs",
    "crates/store/src/open.rs",
    "crates/store/src/sqlite",
    "crates/store/src/wal.rs",
    "crates/store/src/postgres",
    "crates/store/src/mysql",
    "crates/server/src/config",
    "crates/server/src/opening.rs",
    "crates/testdb/",
    "crates/bench/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is two levels up")
}

/// Every file of the repository that people write.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root(), &mut |path| found.push(path.to_owned()));
    let known = ["rs", "md", "toml", "json", "sh"];
    found.retain(|path| path.extension().is_none_or(|kind| known.iter().any(|known| kind == *known)));
    found
}

/// Every Rust file of the workspace.
fn sources() -> Vec<PathBuf> {
    let mut found = files();
    found.retain(|path| path.extension().is_some_and(|kind| kind == "rs"));
    assert!(found.len() > 50, "only {} source files found; the walk is broken", found.len());
    found
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| !SKIPPED.iter().any(|skipped| name == *skipped)) {
                walk(&path, visit);
            }
        } else {
            visit(&path);
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn no_complaints(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn files_and_functions_stay_short() {
    let mut complaints = Vec::new();
    for path in sources() {
        let text = read(&path);
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE_LINES_MAX {
            complaints.push(format!("{}: {} lines, at most {FILE_LINES_MAX}", shown(&path), lines.len()));
        }
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if !begins_function(code) || code.ends_with([';', '}']) {
                continue;
            }
            // rustfmt puts a function's last bracket under its first letter
            let last = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[start..].iter().position(|line| *line == last).map_or(0, |end| end + 1);
            if length > FUNCTION_LINES_MAX {
                let place = format!("{}:{}", shown(&path), start + 1);
                complaints.push(format!("{place}: a function of {length} lines, at most {FUNCTION_LINES_MAX}"));
            }
        }
    }
    no_complaints(&complaints);
}

fn begins_function(code: &str) -> bool {
    let mut words = code.split_whitespace();
    loop {
        match words.next() {
            Some("fn") => return true,
            Some("pub" | "pub(crate)" | "pub(super)" | "async" | "const" | "unsafe") => {}
            _ => return false,
        }
    }
}

#[test]
fn lines_are_not_endless() {
    let mut complaints = Vec::new();
    for path in sources().iter().filter(|path| !path.ends_with("kernel/src/code.rs")) {
        for (n, line) in read(path).lines().enumerate() {
            let chars = line.chars().count();
            if chars > LINE_CHARS_MAX && !line.contains("http") {
                complaints.push(format!("{}:{}: {chars} characters, at most {LINE_CHARS_MAX}", shown(path), n + 1));
            }
        }
    }
    no_complaints(&complaints);
}

#[test]
fn names_say_something() {
    let mut complaints = Vec::new();
    for path in sources() {
        for part in path.strip_prefix(root()).expect("inside").components() {
            let name = part.as_os_str().to_string_lossy();
            let name = name.trim_end_matches(".rs");
            if EMPTY_NAMES.contains(&name) {
                complaints.push(format!("{}: {name} says nothing about what is in it", shown(&path)));
            }
        }
        for line in read(&path).lines() {
            let declared =
                line.trim().strip_suffix(" {").and_then(|line| line.rsplit_once("mod ")).map(|(_, name)| name);
            if declared.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
                complaints.push(format!("{}: `{}` says nothing about what is in it", shown(&path), line.trim()));
            }
        }
    }
    no_complaints(&complaints);
}

#[test]
fn time_and_chance_come_only_from_where_they_may() {
    let mut complaints = Vec::new();
    let domains: Vec<String> = layers::domains().into_iter().chain(layers::COMPOSERS.map(str::to_owned)).collect();
    for path in sources() {
        let name = shown(&path);
        if !domains.iter().any(|domain| name.starts_with(&format!("crates/{domain}/src/"))) {
            continue;
        }
        for (n, line) in read(&path).lines().enumerate() {
            for fetched in
                ["Instant::now(", "SystemTime::now(", "Timestamp::now(", "Uuid::new_v4(", "thread_rng(", "rand::rng("]
            {
                if line.contains(fetched) {
                    complaints.push(format!("{name}:{}: {fetched}…) in a domain; use tx.now() and tx.random()", n + 1));
                }
            }
        }
    }
    no_complaints(&complaints);
}

/// Where rows of a driver itself are read, which have no other way.
const READS_A_DRIVERS_ROWS: &[&str] = &["rusqlite", "tokio_postgres"];

#[test]
fn rows_are_read_without_positions() {
    let mut complaints = Vec::new();
    for path in sources() {
        let (name, text) = (shown(&path), read(&path));
        if READS_A_DRIVERS_ROWS.iter().any(|driver| text.contains(driver)) {
            continue;
        }
        for (line, code) in source::Rust::of(&text).code.iter() {
            // the only column of a row is read as `get(0)`
            let positions = ["row.get", "row.column"].iter().flat_map(|call| code.split(call).skip(1));
            let position = |rest: &str| {
                let rest =
                    rest.strip_prefix("::<").map_or(rest, |typed| typed.split_once(">(").map_or("", |(_, at)| at));
                rest.trim_start_matches('(').starts_with(|digit: char| matches!(digit, '1'..='9'))
            };
            if positions.into_iter().any(position) {
                complaints.push(format!(
                    "{name}:{line}: `{}`: read the columns in their order with `row.next()`",
                    code.trim()
                ));
            }
        }
    }
    no_complaints(&complaints);
}

#[test]
fn which_database_it_is_is_asked_in_few_places() {
    let names = ["Sqlite", "Postgres", "MySql"];
    let mut asked: Vec<String> =
        names.iter().flat_map(|n| [format!("Dialect::{n}"), format!("DatabaseUrl::{n}")]).collect();
    asked.extend(["sqlite", "postgres", "postgresql", "mysql", "mariadb"].map(|name| format!("\"{name}\"")));
    let mut complaints = Vec::new();
    for path in sources() {
        let name = shown(&path);
        let test = name.contains("/tests/") || name.contains("/examples/") || name.ends_with("tests.rs");
        if test || KNOW_THE_DATABASE.iter().any(|beginning| name.starts_with(beginning)) {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (n, line) in code.lines().enumerate() {
            let question = asked.iter().map(String::as_str).find(|question| line.contains(question));
            // the store may ask its dialect how something is done, but not which it is
            let question = question.or((!name.starts_with("crates/store/")).then_some(".dialect()"));
            if let Some(question) = question.filter(|question| line.contains(question)) {
                complaints.push(format!("{name}:{}: {question} is for dialects and drivers", n + 1));
            }
        }
    }
    no_complaints(&complaints);
}
