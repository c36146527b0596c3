//! Crates and their layers. The domains are derived: a new one needs no edit here.

use crate::source::Rust;
use crate::{no_complaints, read, root, shown, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// The layers around the domains, lowest first. A crate may use the layers below its own; domains know nothing of each other.
const GROUND: [&str; 1] = ["kernel"];
const INFRASTRUCTURE: [&str; 3] = ["events", "store", "ports"];
/// Clients of real systems behind a port, and what stands for such a system.
const ADAPTERS: [&str; 2] = ["toss", "faketoss"];
const GLUE: [&str; 1] = ["web"];
/// What reads files of rows.
const FILES: [&str; 1] = ["files"];
const ENGINE: [&str; 1] = ["saga"];
/// Crates that combine domains. Among themselves they know nothing of each other.
pub const COMPOSERS: [&str; 4] = ["checkout", "merchandising", "import", "search"];
/// What pages for people share.
const PAGES: [&str; 1] = ["pages"];
/// Pages for people. They know nothing of each other.
const FRONTS: [&str; 2] = ["storefront", "console"];
const TOP: [&str; 1] = ["server"];
/// Crates that are not part of the shop. They may use every crate.
const OUTSIDE: [&str; 4] = ["testdb", "fixture", "testkit", "bench"];

/// Heavy dependencies and the only crates that may have them.
const RESERVED: &[(&str, &[&str])] = &[
    ("rusqlite", &["store", "bench", "testkit"]),
    ("tokio-postgres", &["store"]),
    ("mysql", &["store"]),
    ("reqwest", &["ports", "toss", "faketoss", "media", "server"]),
    ("rusty-s3", &["media"]),
    ("redis", &["ports"]),
    ("tantivy", &["search"]),
    ("image", &["media", "server"]),
    ("argon2", &["account", "server"]),
    ("jsonwebtoken", &["web", "account", "server", "fixture", "testkit", "bench"]),
    ("clap", &["server", "bench"]),
];

/// Crates that know nothing of HTTP.
const WITHOUT_HTTP: [&str; 4] = ["kernel", "events", "store", "testdb"];

/// Files of the server that name a domain although they are not its list of modules.
const NAMES_A_DOMAIN: &[(&str, &str)] = &[
    ("crates/server/src/assembly.rs", "the list of modules"),
    ("crates/server/src/commands", "a command for one domain"),
    ("crates/server/src/ready.rs", "the folders in which a domain writes"),
];

/// Every crate with its manifest.
pub fn manifests() -> BTreeMap<String, toml::Table> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).expect("readable") {
        let path = entry.expect("readable").path().join("Cargo.toml");
        if path.exists() {
            let manifest: toml::Table = read(&path).parse().expect("a manifest is TOML");
            let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
            found.insert(name, manifest);
        }
    }
    found
}

/// The names in a section of a crate's `Cargo.toml`.
fn dependencies(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn around() -> Vec<&'static str> {
    [&GROUND[..], &INFRASTRUCTURE, &ADAPTERS, &GLUE, &FILES, &PAGES, &ENGINE, &COMPOSERS, &FRONTS, &TOP, &OUTSIDE]
        .concat()
}

/// The crates with a business noun: all that are in no other layer.
pub fn domains() -> BTreeSet<String> {
    manifests().into_keys().filter(|name| !around().contains(&name.as_str())).collect()
}

/// The crates that `name` may use.
fn allowed(name: &str, domains: &BTreeSet<String>) -> BTreeSet<String> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let layers = [
        owned(&GROUND),
        owned(&INFRASTRUCTURE),
        owned(&ADAPTERS),
        owned(&GLUE),
        owned(&FILES),
        owned(&PAGES),
        owned(&ENGINE),
        domains.iter().cloned().collect(),
        owned(&COMPOSERS),
        owned(&FRONTS),
        owned(&TOP),
    ];
    let own = layers.iter().position(|layer| layer.iter().any(|crate_| crate_ == name)).unwrap_or(layers.len());
    let mut allowed: BTreeSet<String> = layers[..own].concat().into_iter().collect();
    if OUTSIDE.contains(&name) {
        allowed.extend(owned(&OUTSIDE));
    }
    allowed
}

#[test]
fn crates_depend_only_on_the_layers_below_them() {
    let (manifests, domains) = (manifests(), domains());
    let mut complaints = Vec::new();
    for (name, manifest) in &manifests {
        let allowed = allowed(name, &domains);
        for used in dependencies(manifest, "dependencies") {
            if manifests.contains_key(&used) && !allowed.contains(&used) {
                complaints.push(format!("{name} must not depend on {used}"));
            }
        }
    }
    no_complaints(&complaints);
}

/// So that a reader of the list sees the layers.
#[test]
fn the_workspace_lists_crates_after_those_they_depend_on() {
    let workspace = read(&root().join("Cargo.toml"));
    let lines = workspace.lines().filter_map(|line| line.split_once(" = { path = \"crates/"));
    let order: Vec<&str> = lines.map(|(name, _)| name).collect();
    let line_of = |name: &str| order.iter().position(|listed| *listed == name);
    let mut complaints = Vec::new();
    for (name, manifest) in &manifests() {
        let Some(own) = line_of(name) else { continue };
        for used in dependencies(manifest, "dependencies") {
            if line_of(&used).is_some_and(|line| line > own) {
                complaints.push(format!("Cargo.toml: {name} stands above {used}, which it depends on"));
            }
        }
    }
    assert!(order.len() > 20, "{order:?}");
    no_complaints(&complaints);
}

#[test]
fn every_domain_is_in_the_list_of_modules() {
    let list = read(&root().join("crates/server/src/assembly.rs"));
    let composers = COMPOSERS.map(str::to_owned).into_iter();
    let complaints: Vec<String> = domains()
        .into_iter()
        .chain(composers)
        .filter(|name| manifests().contains_key(name) && !list.contains(&format!("{name}::MODULE")))
        .map(|name| format!("crates/server/src/assembly.rs does not list {name}::MODULE"))
        .collect();
    no_complaints(&complaints);
}

/// A domain that other crates name costs an edit in each of them when it is added.
#[test]
fn crates_below_and_around_the_domains_name_none_of_them() {
    let domains = domains();
    let generic =
        [&GROUND[..], &INFRASTRUCTURE, &ADAPTERS, &GLUE, &FILES, &PAGES, &ENGINE, &TOP, &["fixture", "testdb"]]
            .concat();
    let mut complaints = Vec::new();
    for path in sources() {
        let name = shown(&path);
        let test = name.contains("/tests/") || name.contains("/examples/") || name.ends_with("tests.rs");
        let ours = generic.iter().any(|generic| name.starts_with(&format!("crates/{generic}/src/")));
        if test || !ours || NAMES_A_DOMAIN.iter().any(|(file, _)| name.starts_with(file)) {
            continue;
        }
        let text = read(&path);
        for (line, code) in Rust::of(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()).code.iter() {
            for part in code
                .split("::")
                .map(|part| part.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
            {
                if domains.contains(part)
                    && code.contains(&format!("{part}::"))
                    && !code.contains(&format!("mod {part}"))
                    && !declares(&name, part)
                {
                    complaints.push(format!("{name}:{line}: names the domain {part}"));
                }
            }
        }
    }
    no_complaints(&complaints);
}

/// Whether a crate has a module of its own with the name of a domain.
fn declares(file: &str, module: &str) -> bool {
    let folder = file.split("/src/").next().unwrap_or_default();
    sources().iter().any(|path| shown(path).starts_with(folder) && path.file_stem().is_some_and(|stem| stem == module))
}

#[test]
fn every_domain_has_the_same_files() {
    let mut complaints = Vec::new();
    let (crates, manifests, domains) = (root().join("crates"), manifests(), domains());
    for name in manifests.keys() {
        let folder = crates.join(name);
        let domain = domains.contains(name);
        let mut expected = vec!["README.md"];
        expected.extend(if domain { vec!["src/lib.rs", "src/ops", "src/store", "migrations"] } else { Vec::new() });
        for file in expected {
            if !folder.join(file).exists() && !folder.join(format!("{file}.rs")).exists() {
                complaints.push(format!("crates/{name} has no {file}"));
            }
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default().to_lowercase();
        for section in ["owns", "emits", "subscribes", "promises"] {
            if domain && !readme.contains(section) {
                complaints.push(format!("crates/{name}/README.md does not say what the domain {section}"));
            }
        }
    }
    no_complaints(&complaints);
}

#[test]
fn heavy_dependencies_stay_where_they_belong() {
    let mut complaints = Vec::new();
    for (name, manifest) in &manifests() {
        for used in dependencies(manifest, "dependencies") {
            let home = RESERVED.iter().find(|(reserved, _)| *reserved == used);
            if home.is_some_and(|(_, homes)| !homes.contains(&name.as_str())) {
                complaints.push(format!("{name} must not depend on {used}"));
            }
            if used == "axum" && WITHOUT_HTTP.contains(&name.as_str()) {
                complaints.push(format!("{name} knows nothing of HTTP, so it must not depend on axum"));
            }
        }
        let features = dependencies(manifest, "features").len();
        if features > 3 {
            complaints.push(format!("{name} has {features} cargo features, at most 3"));
        }
    }
    let kernel = &manifests()["kernel"];
    for io in ["tokio", "axum", "rusqlite", "reqwest", "tracing", "futures-util"] {
        if dependencies(kernel, "dependencies").contains(io) {
            complaints.push(format!("kernel does no I/O and has no async code, so it must not depend on {io}"));
        }
    }
    no_complaints(&complaints);
}

/// Who writes topics as text on purpose: the crate that declares them, the bare baselines, crates that know no event, and the
/// stories, which are what another system sees.
const MAY_NAME_TOPICS: &[&str] = &["events", "bench", "store", "fixture", "testkit"];

/// Topics have their types in the crate `events`. A topic written as text elsewhere compiles even when no event has it, also in
/// the tests of a domain.
#[test]
fn topics_are_written_in_the_crate_events_only() {
    let mut complaints = Vec::new();
    for path in sources().iter().filter(|path| path.components().any(|part| part.as_os_str() == "src")) {
        let name = shown(path);
        if MAY_NAME_TOPICS.iter().any(|owner| name.starts_with(&format!("crates/{owner}/"))) {
            continue;
        }
        for (line, string) in Rust::of(&read(path)).strings.iter() {
            if string.contains("\"shopping.") || string.contains("'shopping.") {
                complaints.push(format!("{name}:{line}: {string} is a topic"));
            }
        }
    }
    no_complaints(&complaints);
}

/// A crate with a test over the tested database must not be left out when the tests run on a server. Of `testdb`, `servers`, `cli` and
/// `tidy` the reason is in the list itself: they start servers or programs of their own.
#[test]
fn what_is_left_out_on_servers_opens_no_database_that_is_tested() {
    let script = read(&root().join(".ci/on-server"));
    let (_, from) = script.split_once("case $name in\n").expect("it chooses by name");
    let names = from.split(')').next().expect("a list").replace(['|', '\\'], " ");
    let left_out: BTreeSet<&str> = names.split_whitespace().collect();
    let manifests = manifests();
    let mut complaints = Vec::new();
    for name in left_out.iter().filter(|name| manifests.contains_key(**name) && **name != "testdb") {
        for path in sources().iter().filter(|path| path.starts_with(root().join("crates").join(name))) {
            if ["Fixture::", "Space::open", "Space::prepared", "TestShop"]
                .iter()
                .any(|opens| read(path).contains(opens))
            {
                complaints.push(format!("{} opens a database, but .ci/on-server leaves {name} out", shown(path)));
            }
        }
    }
    assert!(left_out.contains("kernel") && left_out.len() > 10, "{left_out:?}");
    no_complaints(&complaints);
}

/// Looking for examples takes a second for each crate, so only crates that have some say nothing; an example is never left out.
#[test]
fn crates_without_examples_say_so_and_those_with_examples_run_them() {
    let mut complaints = Vec::new();
    for (name, manifest) in manifests() {
        let source = root().join("crates").join(&name).join("src");
        if !source.join("lib.rs").exists() {
            continue;
        }
        let is_example =
            |line: &str| line.trim_start().starts_with("/// ```") || line.trim_start().starts_with("//! ```");
        let of_crate = sources().into_iter().filter(|path| path.starts_with(&source));
        let has_examples = of_crate.into_iter().any(|path| read(&path).lines().any(is_example));
        let runs =
            manifest.get("lib").and_then(|lib| lib.get("doctest")).and_then(toml::Value::as_bool).unwrap_or(true);
        if has_examples != runs {
            complaints.push(format!("crates/{name}/Cargo.toml: examples: {has_examples}, doctest: {runs}"));
        }
    }
    no_complaints(&complaints);
}
