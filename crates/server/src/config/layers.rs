//! Where settings come from: layers of named values. A later layer wins, and a name that the default file does not have is an
//! error.

use super::{Fault, nearest};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The file in which every setting is explained; the defaults are read from it.
pub const DEFAULT_FILE: &str = include_str!("../../holdfast.default.toml");
/// What every setting's environment variable begins with.
pub const PREFIX: &str = "HOLDFAST_";
/// Most letters by which a variable may differ from one that is known and still counts as that one, misspelled.
const MISSPELLED_BY: usize = 2;
/// Beginnings of variables with the prefix that tests and benchmarks are given. Those of the command line are no settings either.
const OF_TESTS: [&str; 3] = ["HOLDFAST_CRASH_", "HOLDFAST_TEST_", "HOLDFAST_BENCH_"];
/// Other names of settings: most of them moved to the section of the module that owns them. Files and variables with such a name
/// work.
pub const MOVED: [(&str, &str); 5] = [
    ("shop.pay_within", "checkout.pay_within"),
    ("shop.payment_attempts", "checkout.payment_attempts"),
    ("shop.low_stock_threshold", "inventory.low_stock_threshold"),
    ("auth.accounts", "account.enabled"),
    ("auth.refresh_ttl", "account.refresh_ttl"),
];

/// Settings from one source.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The source, as people name it: `default`, a file, `environment` or `command line`.
    pub source: String,
    sections: Map<String, Value>,
}

impl Layer {
    /// The built-in defaults.
    pub fn defaults() -> Layer {
        let sections = toml::from_str(DEFAULT_FILE).expect("the default file is TOML; a test reads it");
        Layer { source: "default".to_owned(), sections }
    }

    /// The settings of a file.
    pub fn file(source: &str, text: &str) -> Result<Layer, Fault> {
        let sections = toml::from_str(text).map_err(|error: toml::de::Error| {
            let remedy = "it must be TOML like `holdfast config default` prints";
            // the error itself would show the line, which may have a secret
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            Fault::new(format!("{source} cannot be read"), format!("line {line}: {}", error.message()), remedy)
        })?;
        let mut layer = Layer { source: source.to_owned(), sections };
        for (old, new) in MOVED {
            if let Some(value) = layer.take(old) {
                if layer.value(new).is_some() {
                    let what = format!("{old} and {new} are both set in {source}");
                    return Err(Fault::new(what, "they are two names of one setting", format!("keep {new} only")));
                }
                layer.set(new, value);
            }
        }
        Ok(layer)
    }

    /// The settings among environment variables.
    pub fn environment(
        variables: impl IntoIterator<Item = (String, String)>,
        defaults: &Layer,
    ) -> Result<Layer, Fault> {
        let mut layer = Layer { source: "environment".to_owned(), sections: Map::new() };
        let of_commands = &*crate::cli::VARIABLES;
        let ours = |name: &str| {
            name.starts_with(PREFIX)
                && !of_commands.contains(name)
                && !OF_TESTS.iter().any(|other| name.starts_with(other))
                && (name.contains("__") || is_misspelled(name, defaults, of_commands))
        };
        for (name, text) in variables.into_iter().filter(|(name, _)| ours(name)) {
            let key = name[PREFIX.len()..].to_ascii_lowercase().replacen("__", ".", 1);
            layer.put(&key, &text, defaults).map_err(|fault| fault.found_in(&format!("the variable {name}")))?;
        }
        Ok(layer)
    }

    /// The settings given as `section.key=value`.
    pub fn flags(options: &[(String, String)], defaults: &Layer) -> Result<Layer, Fault> {
        let mut layer = Layer { source: "command line".to_owned(), sections: Map::new() };
        for (key, text) in options {
            layer.put(key, text, defaults).map_err(|fault| fault.found_in("the command line"))?;
        }
        Ok(layer)
    }

    /// The value of `section.key`.
    pub fn value(&self, key: &str) -> Option<&Value> {
        let (section, name) = key.split_once('.')?;
        self.sections.get(section)?.as_object()?.get(name)
    }

    /// Every `section.key` in it, sections in alphabetical order, the keys of a section too.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for (section, values) in &self.sections {
            match values.as_object() {
                Some(values) => keys.extend(values.keys().map(|name| format!("{section}.{name}"))),
                None => keys.push(section.clone()),
            }
        }
        keys.sort();
        keys
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        let (section, name) = key.split_once('.')?;
        self.sections.get_mut(section)?.as_object_mut()?.remove(name)
    }

    fn set(&mut self, key: &str, value: Value) {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let section = self.sections.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(values) = section {
            values.insert(name.to_owned(), value);
        }
    }

    /// Sets `key` to what `text` means. The kind of the default decides: text stays text even when it looks like a number.
    fn put(&mut self, key: &str, text: &str, defaults: &Layer) -> Result<(), Fault> {
        let key = MOVED.iter().find(|(old, _)| *old == key).map_or(key, |(_, new)| new);
        let value = match defaults.value(key).ok_or_else(|| unknown(key, defaults))? {
            Value::String(_) => Value::from(text),
            Value::Array(_) => toml_value(text).filter(Value::is_array).unwrap_or_else(|| plain_list(text)),
            _ => toml_value(text).unwrap_or_else(|| Value::from(text)),
        };
        self.set(key, value);
        Ok(())
    }

    fn check_names(&self, defaults: &Layer) -> Result<(), Fault> {
        match self.keys().iter().find(|key| defaults.value(key).is_none()) {
            Some(key) => Err(unknown(key, defaults).found_in(&self.source)),
            None => Ok(()),
        }
    }
}

/// Whether a variable without `__` looks like a setting or like a variable of a command. Others are none of ours: Kubernetes gives every
/// program beside a service called holdfast variables such as HOLDFAST_SERVICE_HOST and HOLDFAST_PORT_8080_TCP.
fn is_misspelled(name: &str, defaults: &Layer, of_commands: &BTreeSet<String>) -> bool {
    let text = name[PREFIX.len()..].to_ascii_lowercase();
    let is_near = |known: &str| strsim::levenshtein(&text, known) <= MISSPELLED_BY;
    let is_of_command = |known: &String| is_near(&known[PREFIX.len()..].to_ascii_lowercase());
    let is_setting = |key: &String| is_near(&key.replace('.', "_")) || key.rsplit('.').next() == Some(&text);
    of_commands.iter().any(is_of_command) || defaults.keys().iter().any(is_setting)
}

/// A value as it would stand in a file.
fn toml_value(text: &str) -> Option<Value> {
    toml::from_str::<Map<String, Value>>(&format!("value = {}", text.trim())).ok()?.remove("value")
}

/// A list as people write it in a variable: `a, b` or `[a, b]`.
fn plain_list(text: &str) -> Value {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    inner.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
}

fn unknown(key: &str, defaults: &Layer) -> Fault {
    let known = defaults.keys();
    let hint = match nearest(key, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}? `holdfast config default` lists all settings"),
        None => "`holdfast config default` lists all settings".to_owned(),
    };
    Fault::new(format!("unknown setting {key}"), "no setting has this name", hint)
}

/// All layers as one, the first being the defaults; a name that they do not have is refused.
pub fn merge(layers: &[Layer]) -> Result<Map<String, Value>, Fault> {
    let defaults = &layers[0];
    let mut merged = defaults.clone();
    for layer in &layers[1..] {
        layer.check_names(defaults)?;
        for key in layer.keys() {
            if let Some(value) = layer.value(&key) {
                merged.set(&key, value.clone());
            }
        }
    }
    Ok(merged.sections)
}
