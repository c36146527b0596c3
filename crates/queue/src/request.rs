//! What administrators send about waiting queues.

use crate::queue::Rules;
use kernel::{Result, Timestamp, Together, Zone, text::wrong};
use serde::Deserialize;
use std::time::Duration;
use utoipa::ToSchema;
use web::Checked;

/// How a queue is to admit.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActivateQueue {
    /// Most users who are admitted at the same time: 1 to 1,000,000.
    pub max_capacity: i64,
    /// Most users admitted at once: 1 to 10,000.
    pub entry_batch_size: i64,
    /// Shortest time between two batches: 1 to 3,600 seconds.
    pub entry_interval_seconds: i64,
    /// How long an admission lasts: 10 to 86,400 seconds; as `queue.admission` says when absent.
    #[serde(default)]
    pub admission_seconds: Option<i64>,
    /// Until then people wait in a lobby; then a lottery gives the places. RFC 3339; without a zone it is the shop's.
    /// Absent or past: places are given in the order of arrival at once.
    #[serde(default)]
    pub opens_at: Option<String>,
    /// Most users who may wait or be admitted from one client address; absent: no limit.
    #[serde(default)]
    pub places_per_address: Option<i64>,
}

impl ActivateQueue {
    /// The rules and the opening time. C002.
    pub fn rules(&self, admission: Duration, zone: &Zone) -> Result<(Rules, Option<Timestamp>)> {
        let opens_at = self.opens_at.as_deref().map(|text| Timestamp::parse(text, zone));
        let opens_at = opens_at.transpose().map_err(|_| wrong("opensAt", "is not a time"));
        let usual = i64::try_from(admission.as_secs()).unwrap_or(i64::MAX);
        let rules = Rules {
            max_capacity: self.max_capacity,
            batch_size: self.entry_batch_size,
            interval_seconds: self.entry_interval_seconds,
            admission_seconds: self.admission_seconds.unwrap_or(usual),
            places_per_address: self.places_per_address,
        };
        (rules.checked(), opens_at).together()
    }
}

impl Checked for ActivateQueue {
    fn check(&self) -> Result<()> {
        self.rules(Duration::from_secs(600), &Zone::utc()).map(drop)
    }
}
