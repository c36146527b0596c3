//! Accounts. The token of these events is a secret: it opens what the event is about, once, until it expires. It belongs
//! into the mail to this address and nowhere else.

use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who says to be this user wants to choose a new password. The mail leads to a page of the shop that sends the
/// token with the new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PasswordResetRequested {
    pub user_id: UserId,
    pub email: String,
    pub nickname: String,
    /// Works once.
    pub token: String,
    pub expires_at: Timestamp,
}

/// A user has to show that this e-mail address is theirs. The mail leads to a page of the shop that sends the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailVerificationRequested {
    pub user_id: UserId,
    pub email: String,
    pub nickname: String,
    /// Works once.
    pub token: String,
    pub expires_at: Timestamp,
}
