//! The configuration as people read it: effective values with their source, and the reference made of the default file.

use super::{Config, layers};
use figment::value::Value;
use std::fmt::Write;

/// Settings whose values are never shown.
const SECRETS: [&str; 4] = ["auth.secrets", "auth.gateway_secret", "auth.service_secret", "database.password"];
/// Settings that may hold a password inside an address.
const ADDRESSES: [&str; 1] = ["database.url"];

/// Every setting with its effective value and where it came from.
pub fn shown(config: &Config) -> String {
    let mut text = String::new();
    let mut section = "";
    let keys = config.layers[0].keys();
    for key in &keys {
        let Some((group, name)) = key.split_once('.') else { continue };
        if group != section {
            let _ = writeln!(text, "{}[{group}]", if section.is_empty() { "" } else { "\n" });
            section = group;
        }
        let source = config.layers.iter().rev().find_map(|layer| Some((layer.value(key)?, layer.place.as_str())));
        let Some((value, place)) = source else { continue };
        let value = match key.as_str() {
            key if SECRETS.contains(&key) => masked(value),
            key if ADDRESSES.contains(&key) => without_password(value),
            _ => literal(value),
        };
        let _ = writeln!(text, "{:<60} # {place}", format!("{name} = {value}"));
    }
    text
}

fn masked(value: &Value) -> String {
    match value {
        Value::Array(_, items) => format!("[{} hidden]", items.len()),
        Value::String(_, text) if text.is_empty() => "\"\"".to_owned(),
        _ => "\"…hidden…\"".to_owned(),
    }
}

fn without_password(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<store::DatabaseUrl>() {
        Ok(url) => format!("\"{url}\""),
        Err(_) => "\"…not an address…\"".to_owned(),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Array(_, items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Num(_, number) => {
            number.to_i128().map_or_else(|| number.to_f64().unwrap_or(0.0).to_string(), |whole| whole.to_string())
        }
        other => format!("{other:?}"),
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
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_inside_an_address_is_hidden() {
        let shown = without_password(&Value::from("postgres://kim:geheim@db.example/shop"));
        assert_eq!(shown, "\"postgres://kim@db.example:5432/shop\"");
    }

    #[test]
    fn everything_that_sounds_secret_is_hidden() {
        for key in layers::Layer::defaults().keys() {
            let sounds = ["secret", "password", "credential", "private"].iter().any(|word| key.contains(word));
            assert!(!sounds || SECRETS.contains(&key.as_str()), "{key} must be in SECRETS");
        }
    }
}
