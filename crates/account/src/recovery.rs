//! One-time tokens: they let a user choose a new password, or show that an e-mail address is theirs. The token leaves the shop
//! in an event, for whatever sends mails; the database has only its hash.

use crate::ops::{Attempt, find, lock};
use crate::session;
use crate::store;
use crate::user::User;
use ::store::Tx;
use events::{EmailVerificationRequested, PasswordResetRequested};
use kernel::{Code, Error, Result, UserId};
use std::time::Duration;

/// Pause between two tokens for one e-mail, so that strangers cannot fill a mailbox.
const PAUSE: Duration = Duration::from_secs(60);
/// Most tokens for one e-mail within [`COUNTED_FOR`].
const TOKENS_MAX: i64 = 5;
const COUNTED_FOR: Duration = Duration::from_secs(3_600);

::store::text_enum! {
    /// What a one-time token is for.
    pub enum Purpose {
        PasswordReset = "PASSWORD_RESET",
        EmailVerification = "EMAIL_VERIFICATION",
    }
}

/// Publishes a token that resets the password of the user with this e-mail. Without such a user, or too soon after the last
/// one, nothing is published; the same is stored and answered, so that a stranger does not learn which e-mails are known.
pub fn request_reset(tx: &mut Tx<'_>, attempt: &Attempt, ttl: Duration) -> Result<()> {
    let user = attempt.find(tx)?.map(|(user, _)| user);
    let user = user.filter(|user| user.must_be_active().is_ok());
    let id = user.as_ref().map(|user| user.id);
    let Some(token) = draw(tx, Purpose::PasswordReset, &attempt.email, id, ttl)? else { return Ok(()) };
    let Some(User { id, email, nickname, .. }) = user else { return Ok(()) };
    let expires_at = tx.now().after(ttl);
    tx.emit(&PasswordResetRequested { user_id: id, email, nickname, token, expires_at })
}

/// Publishes a token that shows that the user's e-mail address is theirs; not too soon after the last one.
pub fn request_verification(tx: &mut Tx<'_>, user: User, ttl: Duration) -> Result<()> {
    let User { id, email, nickname, .. } = user;
    let Some(token) = draw(tx, Purpose::EmailVerification, &email, Some(id), ttl)? else { return Ok(()) };
    let expires_at = tx.now().after(ttl);
    tx.emit(&EmailVerificationRequested { user_id: id, email, nickname, token, expires_at })
}

/// A new token, stored as its hash; `None` when the e-mail has had enough of them.
fn draw(tx: &mut Tx<'_>, purpose: Purpose, email: &str, user: Option<UserId>, ttl: Duration) -> Result<Option<String>> {
    let now = tx.now();
    let (count, newest) = store::one_time_tokens(tx, email, purpose, now.before(COUNTED_FOR))?;
    if count >= TOKENS_MAX || newest.is_some_and(|newest| now < newest.after(PAUSE)) {
        return Ok(None);
    }
    let token = session::draw(tx.random());
    store::insert_one_time_token(tx, &session::hash(&token), purpose, email, user, now.after(ttl))?;
    Ok(Some(token))
}

/// The user whose password this token resets, with a salt for the new one; A014 when it is not valid.
pub fn begin_reset(tx: &mut Tx<'_>, token: &str) -> Result<(User, [u8; 16])> {
    let user = store::user_of_token(tx, &session::hash(token), Purpose::PasswordReset)?.ok_or_else(not_valid)?;
    let user = find(tx, &user)?;
    user.must_be_active()?;
    Ok((user, crate::ops::salt(tx)?))
}

/// Stores the hash of the new password and ends every session. The holder of the token reads the mails of the address, so it
/// is verified too. A014 when the token is not valid any more.
pub fn reset(tx: &mut Tx<'_>, token: &str, hash: &str, address: &str) -> Result<()> {
    let id = take(tx, token, Purpose::PasswordReset)?;
    // locked, so that a sign-in that runs at the same time either ends or sees the new password
    let (user, old) = lock(tx, &id)?;
    user.must_be_active()?;
    store::set_password(tx, &id, &old, hash)?;
    store::forget_one_time_tokens_of(tx, &id, Purpose::PasswordReset)?;
    store::verify_email(tx, &id)?;
    store::forget_failures_of(tx, &kernel::text::folded(&user.email), address)?;
    store::end_all_of(tx, &id)
}

/// The e-mail address is the user's. A014 when the token is not valid.
pub fn verify_email(tx: &mut Tx<'_>, token: &str) -> Result<()> {
    let id = take(tx, token, Purpose::EmailVerification)?;
    store::verify_email(tx, &id)
}

/// The user of a token, which works no longer from now on.
fn take(tx: &mut Tx<'_>, token: &str, purpose: Purpose) -> Result<UserId> {
    let hash = session::hash(token);
    let user = store::user_of_token(tx, &hash, purpose)?.ok_or_else(not_valid)?;
    if store::use_one_time_token(tx, &hash)? { Ok(user) } else { Err(not_valid()) }
}

fn not_valid() -> Error {
    Code::OneTimeTokenInvalid.error()
}
