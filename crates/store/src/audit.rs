//! What an audit finds.

use serde::Serialize;

/// A broken promise: something that must always hold does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The rule in words, such as `available is never negative`.
    pub rule: &'static str,
    /// What it is broken for, such as `variant 7 at MAIN`.
    pub subject: String,
    /// What was found.
    pub found: String,
}

impl Violation {
    /// `rule` is broken for `subject`.
    pub fn new(rule: &'static str, subject: impl Into<String>, found: impl Into<String>) -> Violation {
        Violation { rule, subject: subject.into(), found: found.into() }
    }
}
