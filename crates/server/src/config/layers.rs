//! Where settings come from: layers of named values, later ones winning, and no name that the default file does not have.

use super::{Fault, nearest};
use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

/// The file in which every setting is explained; the defaults are read from it.
pub const DEFAULT_FILE: &str = include_str!("../../holdfast.default.toml");
/// What every setting's environment variable begins with.
pub const PREFIX: &str = "HOLDFAST_";
/// Beginnings of variables with the prefix that are not settings: the file's name, what `copy` is given, and what tests and
/// benchmarks are told.
const OTHER_VARIABLES: [&str; 5] =
    ["HOLDFAST_CONFIG", "HOLDFAST_COPY_", "HOLDFAST_CRASH_", "HOLDFAST_TEST_", "HOLDFAST_BENCH_"];

/// Settings from one place.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Where they come from, as people say it.
    pub place: String,
    /// Sections of settings.
    pub sections: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.place.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.sections.clone())]))
    }
}

impl Layer {
    /// The built-in defaults.
    pub fn defaults() -> Layer {
        let sections = parse(DEFAULT_FILE).expect("the default file is TOML; a test reads it");
        Layer { place: "default".to_owned(), sections }
    }

    /// The settings of a file.
    pub fn file(place: &str, text: &str) -> Result<Layer, Fault> {
        let sections = parse(text).map_err(|why| {
            Fault::new(format!("{place} cannot be read"), why, "it must be TOML like `holdfast config default` prints")
        })?;
        Ok(Layer { place: place.to_owned(), sections })
    }

    /// The settings among environment variables.
    pub fn environment(
        variables: impl IntoIterator<Item = (String, String)>,
        defaults: &Layer,
    ) -> Result<Layer, Fault> {
        let mut layer = Layer { place: "environment".to_owned(), sections: Dict::new() };
        let ours =
            |name: &str| name.starts_with(PREFIX) && !OTHER_VARIABLES.iter().any(|other| name.starts_with(other));
        for (name, text) in variables.into_iter().filter(|(name, _)| ours(name)) {
            let key = name[PREFIX.len()..].to_ascii_lowercase().replacen("__", ".", 1);
            layer.put(&key, &text, defaults).map_err(|fault| fault.at(&format!("the variable {name}")))?;
        }
        Ok(layer)
    }

    /// The settings given as `section.key=value`.
    pub fn flags(options: &[(String, String)], defaults: &Layer) -> Result<Layer, Fault> {
        let mut layer = Layer { place: "command line".to_owned(), sections: Dict::new() };
        for (key, text) in options {
            layer.put(key, text, defaults).map_err(|fault| fault.at("the command line"))?;
        }
        Ok(layer)
    }

    /// The value of `section.key`.
    pub fn value(&self, key: &str) -> Option<&Value> {
        let (section, name) = key.split_once('.')?;
        self.sections.get(section)?.as_dict()?.get(name)
    }

    /// Every `section.key` in it, in order.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for (section, values) in &self.sections {
            match values.as_dict() {
                Some(values) => keys.extend(values.keys().map(|name| format!("{section}.{name}"))),
                None => keys.push(section.clone()),
            }
        }
        keys
    }

    /// Puts text where the default says what kind of value it is: text stays text even when it looks like a number.
    fn put(&mut self, key: &str, text: &str, defaults: &Layer) -> Result<(), Fault> {
        let known = defaults.value(key).ok_or_else(|| unknown(key, defaults))?;
        let value = match known {
            Value::String(..) => Value::from(text),
            Value::Array(..) if !text.trim_start().starts_with('[') => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::from(items.map(Value::from).collect::<Vec<_>>())
            }
            _ => text.trim().parse().unwrap_or_else(|_| Value::from(text)),
        };
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let section = self.sections.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
        if let Value::Dict(_, values) = section {
            values.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// Whether every name in it is one of the defaults'.
    fn check_names(&self, defaults: &Layer) -> Result<(), Fault> {
        match self.keys().iter().find(|key| defaults.value(key).is_none()) {
            Some(key) => Err(unknown(key, defaults).at(&self.place)),
            None => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<Dict, String> {
    let mut profiles = Toml::string(text).data().map_err(|error| error.to_string())?;
    Ok(profiles.remove(&Profile::Default).unwrap_or_default())
}

fn unknown(key: &str, defaults: &Layer) -> Fault {
    let known = defaults.keys();
    let hint = match nearest(key, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}? `holdfast config default` lists all settings"),
        None => "`holdfast config default` lists all settings".to_owned(),
    };
    Fault::new(format!("unknown setting {key}"), "no setting has this name", hint)
}

/// All layers as one; a name that no setting has is refused.
pub fn merge(layers: &[Layer]) -> Result<Figment, Fault> {
    let defaults = &layers[0];
    let mut merged = Figment::new();
    for layer in layers {
        layer.check_names(defaults)?;
        merged = merged.merge(layer.clone());
    }
    Ok(merged)
}
