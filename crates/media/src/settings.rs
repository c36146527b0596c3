//! The settings of uploaded images: `[media]` in the configuration.

use serde::Deserialize;
use std::time::Duration;
use web::settings::{self, WrongSetting};

/// Most pixels that the setting may allow. Each needs up to 8 bytes of memory while it is decoded.
const PIXELS_LIMIT: u64 = 200_000_000;
/// Most bytes of an upload that the setting may allow. An upload is in memory.
const BYTES_LIMIT: usize = 256 << 20;

/// `[media]`; the server's default file explains each setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub folder: String,
    pub bytes_max: usize,
    pub pixels_max: u64,
    #[serde(deserialize_with = "settings::duration")]
    pub keep_unused: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            folder: "data/media".to_owned(),
            bytes_max: 15 << 20,
            pixels_max: 50_000_000,
            keep_unused: Duration::from_secs(7 * 86_400),
        }
    }
}

impl settings::Settings for Settings {
    fn check(&self) -> Result<(), WrongSetting> {
        if !(1..=BYTES_LIMIT).contains(&self.bytes_max) {
            let why = "an upload is in memory as a whole";
            return Err(WrongSetting::new("bytes_max", why, &format!("write 1 to {BYTES_LIMIT}")));
        }
        if !(1..=PIXELS_LIMIT).contains(&self.pixels_max) {
            let why = "each pixel needs up to 8 bytes of memory";
            return Err(WrongSetting::new("pixels_max", why, &format!("write 1 to {PIXELS_LIMIT}")));
        }
        settings::at_least("keep_unused", self.keep_unused, Duration::from_secs(3_600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::settings::Settings as _;

    #[test]
    fn settings_that_cannot_work_are_refused() {
        assert!(Settings::default().check().is_ok());
        for (key, wrong) in [
            ("bytes_max", Settings { bytes_max: 0, ..Settings::default() }),
            ("pixels_max", Settings { pixels_max: PIXELS_LIMIT + 1, ..Settings::default() }),
            ("keep_unused", Settings { keep_unused: Duration::ZERO, ..Settings::default() }),
        ] {
            assert_eq!(wrong.check().map_err(|wrong| wrong.key), Err(key.to_owned()));
        }
    }
}
