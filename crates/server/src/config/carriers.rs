//! The section `[carriers]`: who knows where parcels are.

use super::{Fault, sections::wrong};
use serde::Deserialize;
use std::time::Duration;
use web::settings::duration;

/// Who knows where parcels are.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Carriers {
    pub kind: CarriersKind,
    #[serde(deserialize_with = "duration")]
    pub simulated_takes: Duration,
    pub url: String,
    pub secret: String,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CarriersKind {
    /// No one.
    None,
    /// In process, without parcels.
    Simulated,
    /// Sweet Tracker, or a server that behaves like it.
    SweetTracker,
}

impl std::fmt::Debug for Carriers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carriers").field("kind", &self.kind).field("url", &self.url).finish_non_exhaustive()
    }
}

impl Carriers {
    pub(super) fn check(&self) -> Result<(), Fault> {
        match self.kind {
            CarriersKind::None | CarriersKind::Simulated => Ok(()),
            CarriersKind::SweetTracker if self.secret.is_empty() => {
                let why = "the service answers only shops with a key";
                Err(wrong("carriers.secret", why, "set HOLDFAST_CARRIERS__SECRET to the key of the service"))
            }
            CarriersKind::SweetTracker => Ok(()),
        }
    }
}
