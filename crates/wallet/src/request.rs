//! What callers send about wallets.

use kernel::{Money, Result, Timestamp, Together, UserId, Zone, text};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Checked;

use crate::ops::ByHand;

/// An administrator's change of a balance.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustBalance {
    /// Above zero puts in, below zero takes out.
    pub amount: Money,
    /// For the user to read; at most 500 characters.
    pub reason: String,
}

/// An administrator's change of points.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustPoints {
    /// Above zero gives, below zero takes away.
    pub points: Money,
    /// For the user to read; at most 500 characters.
    pub reason: String,
    /// When points that are given expire; without it as if they were earned now. RFC 3339; without a zone it is the shop's.
    #[serde(default)]
    pub expires_at: Option<String>,
}

impl AdjustBalance {
    /// What is booked; C002, S306.
    pub fn by_hand(&self, user: UserId, by: UserId) -> Result<ByHand> {
        ByHand::checked(user, ("amount", self.amount), &self.reason, by)
    }
}

impl AdjustPoints {
    /// What is booked, and when given points expire: at the time that is named, which is after `now`, or at `usually`. C002, S306.
    pub fn by_hand(
        &self,
        (user, by): (UserId, UserId),
        zone: &Zone,
        now: Timestamp,
        usually: Timestamp,
    ) -> Result<(ByHand, Timestamp)> {
        let booked = ByHand::checked(user, ("points", self.points), &self.reason, by);
        (booked, self.expires_at(zone, now, usually)).together()
    }

    fn expires_at(&self, zone: &Zone, now: Timestamp, usually: Timestamp) -> Result<Timestamp> {
        let Some(named) = &self.expires_at else { return Ok(usually) };
        let at = Timestamp::parse(named, zone).map_err(|_| text::wrong("expiresAt", "is not a time"))?;
        if at > now { Ok(at) } else { Err(text::wrong("expiresAt", "is over")) }
    }
}

impl Checked for AdjustBalance {}
impl Checked for AdjustPoints {}
