//! The settings of uploaded images: `[media]` in the configuration.

use crate::files;
use serde::Deserialize;
use std::{fmt, time::Duration};
use web::settings::{self, WrongSetting};

/// Most pixels that the setting may allow. Each needs up to 8 bytes of memory while it is decoded.
const PIXELS_LIMIT: u64 = 200_000_000;
/// Most bytes of an upload that the setting may allow. An upload is in memory.
const BYTES_LIMIT: usize = 256 << 20;
/// Shortest and longest time for one request to a store of the kind S3. An operation may take twice as long, and a reader waits for it.
const TIMEOUT_MIN: Duration = Duration::from_millis(100);
const TIMEOUT_LIMIT: Duration = Duration::from_secs(15);

/// Which kind of store has the files of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// A folder on this machine.
    Folder,
    /// A bucket of a store of the kind S3.
    S3,
}

/// `[media]`; the server's default file explains each setting.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub store: Store,
    pub folder: String,
    pub s3_endpoint: String,
    pub s3_region: String,
    pub s3_bucket: String,
    pub s3_prefix: String,
    pub s3_path_style: bool,
    pub s3_access_key: String,
    pub s3_secret_key: String,
    #[serde(deserialize_with = "settings::duration")]
    pub s3_timeout: Duration,
    pub bytes_max: usize,
    pub pixels_max: u64,
    #[serde(deserialize_with = "settings::duration")]
    pub keep_unused: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { store, folder, s3_endpoint, s3_bucket, .. } = self;
        f.debug_struct("Settings")
            .field("store", store)
            .field("folder", folder)
            .field("s3_endpoint", s3_endpoint)
            .field("s3_bucket", s3_bucket)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            store: Store::Folder,
            folder: "data/media".to_owned(),
            s3_endpoint: String::new(),
            s3_region: "us-east-1".to_owned(),
            s3_bucket: String::new(),
            s3_prefix: String::new(),
            s3_path_style: true,
            s3_access_key: String::new(),
            s3_secret_key: String::new(),
            s3_timeout: Duration::from_secs(5),
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
        settings::at_least("keep_unused", self.keep_unused, Duration::from_secs(3_600))?;
        match self.store {
            Store::Folder => self.check_folder(),
            Store::S3 => self.check_s3(),
        }
    }
}

impl Settings {
    /// Nothing of a bucket may be set when images go into a folder: the person who set it believes that they go into the bucket.
    fn check_folder(&self) -> Result<(), WrongSetting> {
        let of_a_bucket = [
            ("s3_endpoint", &self.s3_endpoint),
            ("s3_bucket", &self.s3_bucket),
            ("s3_prefix", &self.s3_prefix),
            ("s3_access_key", &self.s3_access_key),
            ("s3_secret_key", &self.s3_secret_key),
        ];
        match of_a_bucket.into_iter().find(|(_, value)| !value.is_empty()) {
            Some((key, _)) => {
                let remedy = "set media.store to \"s3\", or leave it empty";
                Err(WrongSetting::new(key, "media.store is \"folder\", which has no bucket", remedy))
            }
            None => Ok(()),
        }
    }

    fn check_s3(&self) -> Result<(), WrongSetting> {
        let needed = [
            ("s3_endpoint", &self.s3_endpoint, "write it like https://s3.ap-northeast-2.amazonaws.com"),
            ("s3_region", &self.s3_region, "write it like ap-northeast-2, or us-east-1 where there are none"),
            ("s3_bucket", &self.s3_bucket, "write the name of the bucket"),
            ("s3_access_key", &self.s3_access_key, "write the id of the access key"),
            ("s3_secret_key", &self.s3_secret_key, "set HOLDFAST_MEDIA__S3_SECRET_KEY to the secret of the access key"),
        ];
        for (key, value, remedy) in needed {
            if value.is_empty() {
                return Err(WrongSetting::new(key, "media.store is \"s3\", which needs it", remedy));
            }
            // the value is not repeated: it may be a secret
            if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(WrongSetting::new(key, "it has a sign that cannot be in it", remedy));
            }
        }
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !self.s3_bucket.bytes().all(in_name) {
            let remedy = "write letters, digits, hyphens and dots";
            return Err(WrongSetting::new("s3_bucket", "no bucket has such a name", remedy));
        }
        let is_part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(in_name);
        if !self.s3_prefix.is_empty() && !self.s3_prefix.split('/').all(is_part) {
            let remedy = "write names separated by slashes, such as shop/images, or nothing";
            return Err(WrongSetting::new("s3_prefix", "keys cannot begin with it", remedy));
        }
        files::bucket(self).map_err(|why| {
            let remedy = "write it like https://s3.ap-northeast-2.amazonaws.com; of an IP address, or with a bucket that \
                          is no name of a host, media.s3_path_style must be true";
            WrongSetting::new("s3_endpoint", why, remedy)
        })?;
        if !(TIMEOUT_MIN..=TIMEOUT_LIMIT).contains(&self.s3_timeout) {
            let why = "a reader of an image waits up to twice as long";
            return Err(WrongSetting::new("s3_timeout", why, &format!("write {TIMEOUT_MIN:?} to {TIMEOUT_LIMIT:?}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::settings::Settings as _;

    fn in_a_bucket() -> Settings {
        Settings {
            store: Store::S3,
            s3_endpoint: "http://127.0.0.1:9000".to_owned(),
            s3_bucket: "shop-images".to_owned(),
            s3_access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            s3_secret_key: "tr0ub4dor/3+=".to_owned(),
            ..Settings::default()
        }
    }

    fn refused(settings: &Settings) -> String {
        settings.check().err().map(|wrong| wrong.key).unwrap_or_default()
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        assert!(Settings::default().check().is_ok());
        for (key, wrong) in [
            ("bytes_max", Settings { bytes_max: 0, ..Settings::default() }),
            ("pixels_max", Settings { pixels_max: PIXELS_LIMIT + 1, ..Settings::default() }),
            ("keep_unused", Settings { keep_unused: Duration::ZERO, ..Settings::default() }),
        ] {
            assert_eq!(refused(&wrong), key);
        }
    }

    #[test]
    fn a_bucket_that_is_named_in_part_or_not_used_is_refused() {
        let good = in_a_bucket();
        for good in [
            good.clone(),
            Settings { s3_prefix: "shop/images".to_owned(), ..good.clone() },
            Settings {
                s3_endpoint: "https://s3.ap-northeast-2.amazonaws.com/".to_owned(),
                s3_path_style: false,
                ..good.clone()
            },
        ] {
            assert_eq!(good.check(), Ok(()));
        }
        type Change = fn(&mut Settings, String);
        let changes: [(&str, Change, &[&str]); 7] = [
            (
                "s3_endpoint",
                |settings, value| settings.s3_endpoint = value,
                &[
                    "",
                    "store:9000",
                    "ftp://store",
                    "http://",
                    "http://kim:geheim@store",
                    "http://store/s3",
                    "http://store?a=b",
                ],
            ),
            ("s3_region", |settings, value| settings.s3_region = value, &["", "ap northeast"]),
            ("s3_bucket", |settings, value| settings.s3_bucket = value, &["", "shop/images", "a b"]),
            ("s3_prefix", |settings, value| settings.s3_prefix = value, &["/", "a/", "/a", "a//b", "../a", "a b"]),
            ("s3_access_key", |settings, value| settings.s3_access_key = value, &["", "AKIA\n"]),
            ("s3_secret_key", |settings, value| settings.s3_secret_key = value, &["", "a secret"]),
            ("s3_endpoint", |settings, _| settings.s3_path_style = false, &["an IP address has no buckets as hosts"]),
        ];
        for (key, change, values) in changes {
            for value in values {
                let mut wrong = good.clone();
                change(&mut wrong, (*value).to_owned());
                assert_eq!(refused(&wrong), key, "{value:?}");
            }
        }
        for timeout in [Duration::ZERO, Duration::from_secs(16)] {
            assert_eq!(refused(&Settings { s3_timeout: timeout, ..good.clone() }), "s3_timeout");
        }
        // set, and then not used
        assert_eq!(refused(&Settings { store: Store::Folder, ..good.clone() }), "s3_endpoint");
        let only_secret = Settings { s3_secret_key: good.s3_secret_key.clone(), ..Settings::default() };
        assert_eq!(refused(&only_secret), "s3_secret_key");
    }

    #[test]
    fn a_secret_is_not_in_what_is_logged() {
        let wrong = Settings { s3_secret_key: "tr0ub4dor 3".to_owned(), ..in_a_bucket() };
        let said = format!("{:?} {wrong:?}", wrong.check());
        assert!(!said.contains("tr0ub4dor"), "{said}");
    }
}
