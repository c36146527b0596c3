//! Configuration: built-in defaults < `holdfast.toml` < environment < flags. Names that do not exist are errors.

mod carriers;
mod checks;
pub mod layers;
pub mod sections;
mod show;

pub use sections::Settings;
pub use show::{documents, shown};

use crate::assembly::MODULES;
use layers::Layer;
use serde_json::{Map, Value};
use std::{fmt, path::PathBuf};
use web::settings::{ModuleSettings, WrongSetting};

/// What is wrong with a setting or a command: what, why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What cannot be done.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// The program's exit code: 2 for wrong usage or configuration, 3 when it could not be done.
    pub exit_code: u8,
}

impl Fault {
    /// Wrong usage or configuration.
    pub fn new(what: impl Into<String>, why: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { what: what.into(), why: why.into(), remedy: remedy.into(), exit_code: 2 }
    }

    /// The same for something that could not be done.
    pub fn failed(self) -> Fault {
        Fault { exit_code: 3, ..self }
    }

    /// Something that could not be done because of `error`.
    pub fn caused_by(what: impl Into<String>, error: &kernel::Error, remedy: impl Into<String>) -> Fault {
        Fault::new(what, format!("{error:?}"), remedy).failed()
    }

    /// Adds where the fault is.
    fn found_in(mut self, source: &str) -> Fault {
        self.what = format!("{} in {source}", self.what);
        self
    }
}

impl From<WrongSetting> for Fault {
    fn from(wrong: WrongSetting) -> Fault {
        let remedy = wrong.remedy.unwrap_or_else(|| "`holdfast config default` shows what it looks like".to_owned());
        Fault::new(format!("{} has a wrong value", wrong.key), wrong.why, remedy)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  why: {}\n  try: {}", self.what, self.why, self.remedy)
    }
}

impl std::error::Error for Fault {}

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// A file other than `holdfast.toml`; it must exist.
    pub file: Option<PathBuf>,
    /// `section.key` and value.
    pub options: Vec<(String, String)>,
}

/// The file that is read when it exists and no other is named.
pub const FILE: &str = "holdfast.toml";

/// The effective configuration and where it came from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The values.
    pub settings: Settings,
}

impl Config {
    /// Reads all layers, with this process's environment.
    pub fn load(flags: &Flags) -> Result<Config, Fault> {
        let file = match &flags.file {
            Some(path) => Some(read(path)?),
            None => std::fs::read_to_string(FILE).ok().map(|text| (FILE.to_owned(), text)),
        };
        let file = file.as_ref().map(|(place, text)| (place.as_str(), text.as_str()));
        let variables =
            std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        Config::of(file, variables, &flags.options)
    }

    /// Reads all layers from values.
    pub fn of(
        file: Option<(&str, &str)>,
        variables: impl IntoIterator<Item = (String, String)>,
        options: &[(String, String)],
    ) -> Result<Config, Fault> {
        let defaults = Layer::defaults();
        let mut layers = Vec::new();
        if let Some((place, text)) = file {
            layers.push(Layer::file(place, text)?);
        }
        layers.push(Layer::environment(variables, &defaults)?);
        layers.push(Layer::flags(options, &defaults)?);
        layers.insert(0, defaults);
        let mut merged = layers::merge(&layers)?;
        let modules = modules(&mut merged, &layers)?;
        let settings = web::settings::read(Value::Object(merged)).map_err(|wrong| misread("", wrong, &layers))?;
        let settings = Settings { modules, shown: show::rows(&layers).into(), ..settings };
        settings.check()?;
        Ok(Config { settings })
    }

    /// The built-in defaults.
    pub fn defaults() -> Config {
        Config::of(None, [], &[]).expect("the defaults are valid; a test reads them")
    }
}

fn read(path: &std::path::Path) -> Result<(String, String), Fault> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("the configuration file {} cannot be read", path.display());
        Fault::new(what, error.to_string(), "name an existing file, or leave --config out to use the defaults")
    })?;
    Ok((path.display().to_string(), text))
}

/// Takes the modules' sections out of the merged configuration, read and checked.
fn modules(merged: &mut Map<String, Value>, layers: &[Layer]) -> Result<ModuleSettings, Fault> {
    let mut settings = ModuleSettings::default();
    for module in MODULES {
        if let Some(section) = &module.settings {
            let value = merged.remove(module.name).unwrap_or_default();
            settings.load(section, value).map_err(|wrong| misread(module.name, wrong, layers))?;
        }
    }
    Ok(settings)
}

fn misread(section: &str, wrong: WrongSetting, layers: &[Layer]) -> Fault {
    let key = [section, &wrong.key].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    // of a list the place in it is named too
    let setting = key.split('[').next().unwrap_or(&key);
    let source = layers.iter().rev().find(|layer| layer.value(setting).is_some());
    let source = source.map_or("the configuration", |layer| &layer.source);
    let remedy = wrong.remedy.unwrap_or_else(|| "`holdfast config default` shows what it looks like".to_owned());
    let why = if show::may_be_secret(&key) { without_value(wrong.why) } else { wrong.why };
    Fault::new(format!("{key} has a wrong value in {source}"), why, remedy)
}

/// What serde says of a value of another kind, without the value.
fn without_value(why: String) -> String {
    match why.rsplit_once(", expected ") {
        Some((_, expected)) => format!("it is not {expected}"),
        None => why,
    }
}

/// The known name most like `name`, if one is alike enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or("").to_owned();
    let score = |candidate: &str| {
        let whole = strsim::levenshtein(name, candidate);
        // the right name in the wrong section is a common slip
        whole.min(strsim::levenshtein(&last(name), &last(candidate)) + 2)
    };
    known
        .map(|key| (score(key), key))
        .min()
        .filter(|(far, _)| *far <= name.len().div_ceil(3).max(2))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests;
