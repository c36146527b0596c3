//! The settings of waiting queues: `[queue]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// `[queue]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(deserialize_with = "settings::duration")]
    pub admission: Duration,
    #[serde(deserialize_with = "settings::duration")]
    pub keep_ended: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { admission: Duration::from_secs(600), keep_ended: Duration::from_secs(7 * 86_400) }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        let seconds = crate::queue::ADMISSION_SECONDS;
        if !i64::try_from(self.admission.as_secs()).is_ok_and(|admission| seconds.contains(&admission)) {
            return Err(WrongSetting::new("admission", "it is below 10s or above 24h", "write a time such as 10m"));
        }
        settings::at_least("keep_ended", self.keep_ended, Duration::from_secs(3_600))
    }
}
