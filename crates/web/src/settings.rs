//! Settings that a module owns: the section of the configuration that has the module's name.
//!
//! A module writes a struct with `#[serde(deny_unknown_fields)]`, its [`Default`] and [`Settings::check`], and registers it
//! with `settings: Some(Section::of::<Settings>())`. The server's default file explains each key; a test compares the file
//! with `Default`. Handlers read it with `app.settings::<Settings>()`.

use crate::Module;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
    time::Duration,
};

/// A module's section of the configuration.
pub trait Settings: DeserializeOwned + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Checks what types cannot say, such as a limit of 0.
    fn check(&self) -> Result<(), WrongSetting> {
        Ok(())
    }
}

/// What is wrong with a setting and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSetting {
    /// The setting's name inside its section; empty for the section as a whole.
    pub key: String,
    pub why: String,
    /// What to write instead, as an imperative; `None` when only the default file explains it.
    pub remedy: Option<String>,
}

impl WrongSetting {
    /// The setting `key` has a wrong value, because of `why`; `remedy` says what to write instead.
    pub fn new(key: &str, why: impl fmt::Display, remedy: &str) -> WrongSetting {
        WrongSetting { key: key.to_owned(), why: why.to_string(), remedy: Some(remedy.to_owned()) }
    }
}

/// Reads a value of the configuration; the error names the key that has a wrong value.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, WrongSetting> {
    serde_path_to_error::deserialize(value).map_err(|error| WrongSetting {
        key: error.path().iter().next().map(|_| error.path().to_string()).unwrap_or_default(),
        why: error.inner().to_string(),
        remedy: None,
    })
}

/// How a module's section is read, without its type.
#[derive(Clone, Copy)]
pub struct Section {
    type_id: fn() -> TypeId,
    read: fn(Value) -> Result<Loaded, WrongSetting>,
    default: fn() -> Loaded,
    compare: fn(Value) -> Result<(), String>,
}

type Loaded = Arc<dyn Any + Send + Sync>;

impl Section {
    /// The section that is read as `S`.
    pub const fn of<S: Settings>() -> Section {
        Section {
            type_id: TypeId::of::<S>,
            read: |value| {
                let settings: S = read(value)?;
                settings.check()?;
                Ok(Arc::new(settings))
            },
            default: || Arc::new(S::default()),
            compare: |value| {
                let (written, default) = (read::<S>(value).map_err(|wrong| format!("{wrong:?}"))?, S::default());
                if written == default {
                    Ok(())
                } else {
                    Err(format!("the file has {written:?}, Default has {default:?}"))
                }
            },
        }
    }

    /// Whether the section of the default file says what the struct's `Default` says.
    pub fn compare_with_default(&self, written: Value) -> Result<(), String> {
        (self.compare)(written)
    }
}

/// The settings of every module, by their type.
#[derive(Clone, Default)]
pub struct ModuleSettings(Arc<HashMap<TypeId, Loaded>>);

impl ModuleSettings {
    /// Every module's defaults, for tests.
    pub fn defaults(modules: &[Module]) -> ModuleSettings {
        let sections = modules.iter().filter_map(|module| module.settings);
        ModuleSettings(Arc::new(sections.map(|section| ((section.type_id)(), (section.default)())).collect()))
    }

    /// Reads and checks one module's section.
    pub fn load(&mut self, section: &Section, value: Value) -> Result<(), WrongSetting> {
        Arc::make_mut(&mut self.0).insert((section.type_id)(), (section.read)(value)?);
        Ok(())
    }

    /// The same with other settings of one module, for tests.
    pub fn with<S: Settings>(mut self, settings: S) -> ModuleSettings {
        Arc::make_mut(&mut self.0).insert(TypeId::of::<S>(), Arc::new(settings));
        self
    }

    /// One module's settings. Panics when no module of the program registers them.
    pub fn get<S: Settings>(&self) -> Arc<S> {
        let found = self.0.get(&TypeId::of::<S>()).cloned().and_then(|loaded| loaded.downcast().ok());
        found.unwrap_or_else(|| panic!("no module registers the settings {}", type_name::<S>()))
    }
}

impl fmt::Debug for ModuleSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleSettings({} sections)", self.0.len())
    }
}

/// Longest time a setting may name. It refuses a slipped unit.
const DURATION_MAX: Duration = Duration::from_secs(3_660 * 86_400);

/// For `#[serde(deserialize_with = "web::settings::duration")]`: see [`parse_duration`].
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// Checks that a time is not below `shortest`: with a shorter one the thing that it limits could never work.
pub fn at_least(key: &str, span: Duration, shortest: Duration) -> Result<(), WrongSetting> {
    if span >= shortest {
        return Ok(());
    }
    let why = if span.is_zero() { "a time of 0 lets nothing work" } else { "it is too short to work" };
    Err(WrongSetting::new(key, why, &format!("write {shortest:?} or longer")))
}

/// A length of time as people write it: `500ms`, `10s`, `5m`, `24h`, `7d`. A day has 24 hours.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed =
        text.parse::<jiff::Span>().and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()));
    let duration = parsed.ok().and_then(|duration| Duration::try_from(duration).ok());
    match duration {
        Some(duration) if duration <= DURATION_MAX => Ok(duration),
        Some(_) => Err(format!("{text} is longer than ten years")),
        None => Err(format!("{text:?} is not a time such as 500ms, 10s, 5m, 24h or 7d")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Bells {
        count: u32,
        #[serde(deserialize_with = "duration")]
        every: Duration,
    }
    impl Default for Bells {
        fn default() -> Bells {
            Bells { count: 3, every: Duration::from_secs(60) }
        }
    }
    impl Settings for Bells {
        fn check(&self) -> Result<(), WrongSetting> {
            if self.count == 0 { Err(WrongSetting::new("count", "it is 0", "write 1 or more")) } else { Ok(()) }
        }
    }
    const BELLS: Module = Module { settings: Some(Section::of::<Bells>()), ..Module::named("bells") };

    #[test]
    fn a_section_is_read_and_checked_as_its_type() {
        let mut settings = ModuleSettings::defaults(&[BELLS]);
        assert_eq!(settings.get::<Bells>().count, 3);
        let section = BELLS.settings.unwrap();
        settings.load(&section, serde_json::json!({"count": 5, "every": "2m"})).unwrap();
        assert_eq!(*settings.get::<Bells>(), Bells { count: 5, every: Duration::from_secs(120) });
        let wrong = settings.load(&section, serde_json::json!({"count": 0, "every": "2m"})).unwrap_err();
        assert_eq!((wrong.key.as_str(), wrong.remedy.as_deref()), ("count", Some("write 1 or more")));
        let wrong = settings.load(&section, serde_json::json!({"count": 1, "every": "soon"})).unwrap_err();
        assert_eq!(wrong.key, "every");
        assert!(section.compare_with_default(serde_json::json!({"count": 3, "every": "60s"})).is_ok());
        assert!(section.compare_with_default(serde_json::json!({"count": 4, "every": "60s"})).is_err());
    }

    #[test]
    fn a_time_that_lets_nothing_work_is_refused() {
        let second = Duration::from_secs(1);
        assert!(at_least("ttl", second, second).is_ok());
        for short in [Duration::ZERO, Duration::from_millis(999)] {
            let wrong = at_least("ttl", short, second).unwrap_err();
            assert_eq!((wrong.key.as_str(), wrong.remedy.as_deref()), ("ttl", Some("write 1s or longer")));
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, ms) in [("500ms", 500), ("90s", 90_000), ("10m", 600_000), ("24h", 86_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)));
        }
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        for text in ["", "10", "s", "-1s", "soon", "1 month", "99999999999999999999d", "4000d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
