//! The configuration as people read it: effective values with their source, and the reference made of the default file.

use super::{
    Config,
    layers::{self, Layer},
};
use console::SettingRow;
use serde_json::Value;
use std::fmt::Write;

/// A setting with one of these in its name is never shown.
const SECRETS: [&str; 4] = ["secret", "password", "credential", "private"];
/// Settings that may hold a password inside an address.
const ADDRESSES: [&str; 7] =
    ["database.url", "redis.url", "collector.url", "reviews.url", "carriers.url", "toss.url", "auth.jwks"];

/// Whether the value of a setting, or a part of it, must not be shown.
pub(super) fn may_be_secret(key: &str) -> bool {
    is_secret(key) || ADDRESSES.contains(&key)
}

fn is_secret(key: &str) -> bool {
    SECRETS.iter().any(|word| key.contains(word))
}

/// Every setting with its effective value and where it came from.
pub fn shown(config: &Config) -> String {
    let mut text = String::new();
    let mut section = "";
    for SettingRow { section: group, name, value, source } in &*config.settings.shown {
        if group != section {
            let _ = writeln!(text, "{}[{group}]", if section.is_empty() { "" } else { "\n" });
            section = group;
        }
        let _ = writeln!(text, "{:<60} # {source}", format!("{name} = {value}"));
    }
    text
}

/// The same as rows, without what is secret.
pub fn rows(layers: &[Layer]) -> Vec<SettingRow> {
    let row = |key: String| {
        let (section, name) = key.split_once('.')?;
        let (value, source) =
            layers.iter().rev().find_map(|layer| Some((layer.value(&key)?, layer.source.as_str())))?;
        let value = match key.as_str() {
            key if is_secret(key) => masked(value),
            // it may also be a file
            "auth.jwks" if value.as_str().is_some_and(|text| !text.contains("://")) => literal(value),
            key if ADDRESSES.contains(&key) => without_password(value),
            _ => literal(value),
        };
        let text = str::to_owned;
        Some(SettingRow { section: text(section), name: text(name), value, source: text(source) })
    };
    layers[0].keys().into_iter().filter_map(row).collect()
}

fn masked(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{} hidden]", items.len()),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        _ => "\"…hidden…\"".to_owned(),
    }
}

fn without_password(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    match text.parse::<store::DatabaseUrl>() {
        Ok(url) => format!("\"{url}\""),
        Err(_) => {
            let several: Option<Vec<String>> = text.split(',').map(host_and_path).collect();
            several.map_or_else(|| "\"…not an address…\"".to_owned(), |shown| format!("\"{}\"", shown.join(",")))
        }
    }
}

/// An address without what may be secret: the password, and what follows the path.
fn host_and_path(address: &str) -> Option<String> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, host) = authority
        .rsplit_once('@')
        .map_or(("", authority), |(who, host)| (who.split(':').next().unwrap_or_default(), host));
    // a password with a slash that is not written as %2F
    let is_strange = path.contains('@') || host.is_empty();
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    (!is_strange).then(|| format!("{scheme}://{user}{host}{path}"))
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// `docs/SETTINGS.md`: the default file as a table.
pub fn documents() -> String {
    let mut text = String::from(
        "# Settings\n\nMade from `crates/server/holdfast.default.toml` by `holdfast config default --markdown`; a test keeps it so.\n\
         A later source wins: defaults < `holdfast.toml` (or `--config FILE`) < environment < flags (`-o section.key=value`).\n",
    );
    let mut said: Vec<&str> = Vec::new();
    let mut section = "";
    for line in layers::DEFAULT_FILE.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            said.push(comment);
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            said.clear();
            let _ = writeln!(
                text,
                "\n## {name}\n\n| setting | default | what it is and when to change it |\n|---|---|---|"
            );
        } else if let Some((name, value)) = line.split_once(" = ") {
            let _ = writeln!(text, "| `{section}.{name}` | `{value}` | {} |", said.join(" ").replace('|', "\\|"));
            said.clear();
        } else {
            said.clear();
        }
    }
    text.push_str("\n## Other names\n\nFiles and variables with these names of settings work too.\n\n");
    for (old, new) in layers::MOVED {
        let _ = writeln!(text, "- `{old}` is now `{new}`");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_inside_an_address_is_hidden() {
        let shown = without_password(&Value::from("postgres://kim:geheim@db.example/shop"));
        assert_eq!(shown, "\"postgres://kim@db.example:5432/shop\"");
        for (address, shown) in [
            ("rediss://:geheim@cache.example:6379/2", "rediss://cache.example:6379/2"),
            ("redis://kim:geheim@one:6379, redis://kim:geheim@two:6379", "redis://kim@one:6379,redis://kim@two:6379"),
            ("https://data.example/orders?key=geheim", "https://data.example/orders"),
            ("redis://:ge/heim@cache.example", "…not an address…"),
            ("geheim", "…not an address…"),
            ("", ""),
        ] {
            assert_eq!(without_password(&Value::from(address)), format!("\"{shown}\""));
        }
    }
}
