//! The settings of searches: `[search]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[search]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub folder: String,
    pub synonyms: String,
    #[serde(deserialize_with = "settings::duration")]
    pub check_every: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub keep_keywords: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            folder: "data/search".to_owned(),
            synonyms: String::new(),
            check_every: Duration::from_secs(6 * 3_600),
            keep_keywords: Duration::from_secs(30 * 86_400),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        settings::at_least("check_every", self.check_every, Duration::from_secs(60))?;
        settings::at_least("keep_keywords", self.keep_keywords, Duration::from_secs(86_400))
    }
}
