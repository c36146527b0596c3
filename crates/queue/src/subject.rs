//! What a waiting queue stands in front of: a coupon, a time deal, or anything else that has a name and a number.

use kernel::{Id, Result, text};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Longest type, in characters.
pub const TYPE_MAX: usize = 50;
/// Two spellings of one type: (another one, the one that is kept), both folded.
const SAME: (&str, &str) = ("timedeal", "time_deal");

/// Marker of [`SubjectId`].
pub enum Guarded {}
/// Which coupon, which time deal.
pub type SubjectId = Id<Guarded>;

/// The type of what people queue for, such as `TIME_DEAL`. Types are free names, compared as identities are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectType {
    /// As it was written.
    pub name: String,
    /// What is the same for every spelling.
    pub key: String,
}

impl SubjectType {
    /// The type that `text` names; C002 when it is blank or longer than [`TYPE_MAX`] characters.
    pub fn named(text: &str) -> Result<SubjectType> {
        let name = text::key("eventType", text, TYPE_MAX)?;
        let folded = text::folded(&name);
        let key = if folded == SAME.0 { SAME.1.to_owned() } else { folded };
        Ok(SubjectType { name, key })
    }
}

impl<'de> Deserialize<'de> for SubjectType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SubjectType, D::Error> {
        SubjectType::named(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What people queue for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub kind: SubjectType,
    pub id: SubjectId,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_deal_is_written_in_two_ways_and_other_names_are_free() {
        let key = |text: &str| SubjectType::named(text).unwrap().key;
        assert_eq!(key("TIMEDEAL"), key("TIME_DEAL"));
        assert_eq!(key("timedeal"), key("ＴＩＭＥ_DEAL"));
        assert_ne!(key("FLASH_SALE"), key("FLASHSALE"));
        assert!(SubjectType::named(" ").is_err() && SubjectType::named(&"x".repeat(51)).is_err());
    }
}
