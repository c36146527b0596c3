//! One function per verb. Passwords are hashed and compared outside, see [`crate::password`].

use crate::address::{ADDRESSES_MAX, SaveAddress, SavedAddress};
use crate::recovery;
use crate::session::{self, SessionView, StoredToken, Use};
use crate::store;
use crate::user::{Change, SignUp, Status, User};
use ::store::Tx;
use kernel::{AddressId, Code, Error, Result, Timestamp, UserId, version::outdated};
use std::time::Duration;
use uuid::Uuid;
use web::{Role, Roles};

/// Wrong passwords for one e-mail from one address within [`FAILURES_WITHIN`] before the two must wait.
pub const FAILURES_MAX: i64 = 10;
/// How long wrong passwords are remembered.
pub const FAILURES_WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long an address is remembered from which a user signed in.
pub const ADDRESS_KNOWN_FOR: Duration = Duration::from_secs(180 * 86_400);

/// A session that was just begun or refreshed, with the refresh token that continues it.
#[derive(Clone)]
pub struct Session {
    pub user: User,
    /// Which of the user's sessions.
    pub id: Uuid,
    /// Shown to the user once; the database has only its hash.
    pub refresh_token: String,
}

/// A salt for a new user, if the e-mail is free; A006 when it is not.
pub fn prepare_sign_up(tx: &mut Tx<'_>, email: &str) -> Result<[u8; 16]> {
    if store::find_by_email(tx, email)?.is_some() {
        return Err(Code::EmailTaken.error());
    }
    salt(tx)
}

/// Random bytes to hash a password with.
pub fn salt(tx: &mut Tx<'_>) -> Result<[u8; 16]> {
    let mut salt = [0; 16];
    tx.random().fill(&mut salt);
    Ok(salt)
}

/// Stores a new user with the role USER, and publishes a token that verifies the e-mail for as long as `verification_ttl`.
/// A006 when another request took the e-mail first.
pub fn sign_up(tx: &mut Tx<'_>, new: &SignUp, password_hash: &str, verification_ttl: Duration) -> Result<User> {
    let now = tx.now();
    let user = User {
        id: UserId::new(tx.random().uuid()),
        email: new.email.clone(),
        nickname: new.nickname.clone(),
        real_name: new.real_name.clone(),
        marketing_agree: new.marketing_agree,
        roles: names(Roles::of(Role::User)),
        status: Status::Active,
        email_verified: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    if !store::insert_user(tx, &user, password_hash)? {
        return Err(Code::EmailTaken.error());
    }
    recovery::request_verification(tx, user.clone(), verification_ttl)?;
    Ok(user)
}

/// The user whose verified e-mail this is, in any spelling. Anybody can sign up with an e-mail, so an account that never proved that it
/// reads the mails gets nothing by it.
pub fn id_of_verified_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<UserId>> {
    let found = store::find_by_email(tx, email)?.map(|(user, _)| user);
    Ok(found.filter(|user| user.email_verified).map(|user| user.id))
}

/// Somebody who says a password.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The e-mail as accounts are identified by it.
    pub email: String,
    /// The e-mail as it was typed.
    pub typed: String,
    /// Where the request comes from.
    pub address: String,
    /// The user whose valid token came with the request.
    pub holder: Option<UserId>,
    /// What the client calls itself.
    pub device: Option<String>,
}

impl Attempt {
    /// The user and the password hash, if the e-mail is known.
    pub(crate) fn find(&self, tx: &mut Tx<'_>) -> Result<Option<(User, String)>> {
        store::find_by_email(tx, &self.typed)
    }

    /// A009 while this e-mail must wait at this address. A stranger's wrong passwords must not lock the owner out, so the
    /// lock concerns the address from which they came. It never concerns a caller with a valid token of the user, nor an
    /// address from which the user signed in before.
    fn must_not_wait(&self, tx: &mut Tx<'_>, user: Option<&UserId>) -> Result<()> {
        self.must_wait_from(tx, user, FAILURES_MAX)
    }

    fn must_wait_from(&self, tx: &mut Tx<'_>, user: Option<&UserId>, failures_max: i64) -> Result<()> {
        let Some((failures, since)) = store::failures(tx, &self.email, &self.address)? else { return Ok(()) };
        let (now, over) = (tx.now(), since.after(FAILURES_WITHIN));
        if failures < failures_max || now >= over {
            return Ok(());
        }
        if let Some(user) = user
            && (self.holder == Some(*user) || store::knows_address(tx, user, &self.address)?)
        {
            return Ok(());
        }
        let wait_s = u32::try_from(over.since(now).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1);
        Err(Code::TooManySignIns.error().retry_after(wait_s))
    }

    /// Counts a wrong password; gives the refusal. The counted row stays locked until the job ends, so that guesses at the
    /// same moment see different counts.
    fn count(&self, tx: &mut Tx<'_>, user: Option<&UserId>) -> Result<Error> {
        store::count_failure(tx, &self.email, &self.address)?;
        match self.must_wait_from(tx, user, FAILURES_MAX + 1) {
            Ok(()) => Ok(Code::WrongCredentials.error()),
            Err(refusal) if refusal.code() == Code::TooManySignIns => Ok(refusal),
            Err(failure) => Err(failure),
        }
    }
}

/// The user and the password hash to compare with, if the e-mail is known. A009 when it must wait. Only reads: an attempt
/// that never comes to the comparison, because the caller hung up or the shop was busy, does not count.
pub fn begin_sign_in(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<Option<(User, String)>> {
    let found = attempt.find(tx)?;
    attempt.must_not_wait(tx, found.as_ref().map(|(user, _)| &user.id))?;
    Ok(found)
}

/// Counts a wrong password and gives the refusal: A005, or A009 when others were counted meanwhile and the e-mail must wait.
/// Guesses at the same moment learn no more than guesses one after another, because [`sign_in`] looks again too.
pub fn wrong_password(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<Error> {
    let user = attempt.find(tx)?.map(|(user, _)| user.id);
    attempt.count(tx, user.as_ref())
}

/// Begins a session for the user whose password matched `hash`. A005 when the password changed after the comparison,
/// A008 when the account is disabled, A009 when the e-mail must wait meanwhile.
pub fn sign_in(
    tx: &mut Tx<'_>,
    user: &UserId,
    hash: &str,
    attempt: &Attempt,
    refresh_ttl: Duration,
) -> Result<Session> {
    // locked, so that a password change that runs at the same time also ends this session
    let (user, current) = lock(tx, user)?;
    if current != hash {
        return Err(Code::WrongCredentials.error());
    }
    user.must_be_active()?;
    attempt.must_not_wait(tx, Some(&user.id))?;
    store::forget_failures_of(tx, &attempt.email, &attempt.address)?;
    store::remember_address(tx, &user.id, &attempt.address)?;
    let family = tx.random().uuid();
    let expires = tx.now().after(refresh_ttl);
    store::insert_session(tx, &family.to_string(), &user.id, &attempt.address, attempt.device.as_deref(), expires)?;
    let first = session::draw(tx.random());
    store_token(tx, user, family, first, expires)
}

/// Result of a refresh. Reuse is no `Err`, because ending the family must be committed.
pub enum Refreshed {
    Session(Box<Session>),
    /// The token was used before, so its whole family ended.
    Reused,
}

/// How long a session lasts without a refresh, and how long after its use a refresh token may be used again.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    pub ttl: Duration,
    pub grace: Duration,
}

/// Exchanges a refresh token for the next one. The same token again within the grace gets the same next one. A004 when it
/// is unknown or its session ended, A003 when it expired, A008 when the account is disabled.
pub fn refresh(tx: &mut Tx<'_>, token: &str, lifetimes: Lifetimes) -> Result<Refreshed> {
    let now = tx.now();
    let kept = store::find_token(tx, &session::hash(token))?
        .ok_or_else(|| Code::TokenInvalid.because("no such refresh token"))?;
    match kept.used_at(now, lifetimes.grace) {
        Use::Ended => Err(Code::TokenInvalid.because("this session was ended")),
        Use::Expired => Err(Code::TokenExpired.error()),
        Use::Again => {
            store::end_family(tx, &kept.family)?;
            Ok(Refreshed::Reused)
        }
        Use::Repeated(salt) => {
            let user = find(tx, &kept.user)?;
            user.must_be_active()?;
            let refresh_token = session::successor(token, &salt);
            Ok(Refreshed::Session(Box::new(Session { user, id: family(&kept)?, refresh_token })))
        }
        Use::Good => {
            let salt = session::salt(tx.random());
            if !store::use_token(tx, kept.id, &salt)? {
                store::end_family(tx, &kept.family)?;
                return Ok(Refreshed::Reused);
            }
            let user = find(tx, &kept.user)?;
            user.must_be_active()?;
            let (next, expires) = (session::successor(token, &salt), now.after(lifetimes.ttl));
            store::continue_session(tx, &kept.family, expires)?;
            let session = store_token(tx, user, family(&kept)?, next, expires)?;
            Ok(Refreshed::Session(Box::new(session)))
        }
    }
}

/// Ends the session of a token. An unknown token is no error: it opens nothing.
pub fn sign_out(tx: &mut Tx<'_>, token: &str) -> Result<()> {
    match store::find_token(tx, &session::hash(token))? {
        Some(kept) => store::end_family(tx, &kept.family),
        None => Ok(()),
    }
}

fn store_token(tx: &mut Tx<'_>, user: User, id: Uuid, refresh_token: String, expires: Timestamp) -> Result<Session> {
    store::insert_token(tx, &session::hash(&refresh_token), &id.to_string(), &user.id, expires)?;
    Ok(Session { user, id, refresh_token })
}

fn family(token: &StoredToken) -> Result<Uuid> {
    token.family.parse().map_err(|e: uuid::Error| Code::Internal.error().caused_by(e))
}

/// The user's open sessions, the one used last first; `current` is the one that asks.
pub fn sessions(tx: &mut Tx<'_>, user: &UserId, current: Option<Uuid>) -> Result<Vec<SessionView>> {
    store::sessions(tx, user, current)
}

/// Ends one session of the user; C003 when it is not an open one of theirs.
pub fn end_session(tx: &mut Tx<'_>, user: &UserId, id: Uuid) -> Result<()> {
    let family = id.to_string();
    if !store::owns_session(tx, user, &family)? {
        return Err(Code::NotFound.because("no such session"));
    }
    store::end_family(tx, &family)
}

/// Ends every session of the user.
pub fn end_sessions(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    store::end_all_of(tx, user)
}

/// The user; A011 when there is none, for example because an external identity provider manages the users.
pub fn find(tx: &mut Tx<'_>, id: &UserId) -> Result<User> {
    store::find(tx, id)?.map(|(user, _)| user).ok_or_else(|| Code::UserNotFound.error())
}

/// Users that one search looks at. No index finds a part of a name, so each of them is read (docs/RULES.md).
pub const LOOKED_AT_MAX: i64 = 20_000;
/// Most users that one search gives.
const FOUND_MAX: i64 = 50;
/// Greater than the text of every id.
const BEYOND_IDS: &str = "~";

/// What a search of users found.
#[derive(Debug, Clone)]
pub struct Found {
    pub users: Vec<User>,
    /// The user after whom the search goes on; `None` when it looked at everybody.
    pub next: Option<UserId>,
}

/// Users with `text` in e-mail, nickname or name, among the [`LOOKED_AT_MAX`] users after `after`. Without `after` it begins with those
/// whose e-mail begins with `text`, wherever they are.
pub fn search(tx: &mut Tx<'_>, text: &str, after: Option<UserId>) -> Result<Found> {
    let begin = after.map(|id| id.to_string()).unwrap_or_default();
    let end = store::after_many(tx, &begin, LOOKED_AT_MAX)?;
    let among = (begin.as_str(), end.as_deref().unwrap_or(BEYOND_IDS));
    let mut more = store::containing(tx, text, among, FOUND_MAX + 1)?;
    let next = if usize::try_from(FOUND_MAX).is_ok_and(|most| more.len() > most) {
        more.pop();
        more.last().map(|user| user.id)
    } else {
        end.map(|id| id.parse()).transpose()?
    };
    let mut users = match after {
        None => store::beginning(tx, &text.to_lowercase(), FOUND_MAX)?,
        Some(_) => Vec::new(),
    };
    more.retain(|user| users.iter().all(|known| known.id != user.id));
    users.extend(more);
    Ok(Found { users, next })
}

/// The user with the password hash, locked until the end of the job. A011 when there is no such user.
pub(crate) fn lock(tx: &mut Tx<'_>, id: &UserId) -> Result<(User, String)> {
    store::lock(tx, id)?.ok_or_else(|| Code::UserNotFound.error())
}

/// Changes the user's profile. C016 when the version is outdated.
pub fn change(tx: &mut Tx<'_>, id: &UserId, change: &Change) -> Result<User> {
    let (user, _) = lock(tx, id)?;
    let version = change.version.unwrap_or(user.version);
    if !store::change(tx, id, change, version)? {
        return Err(outdated(user.version));
    }
    find(tx, id)
}

/// The attempt of a signed-in user to say the current password. Wrong ones are counted apart from those of sign-ins, and
/// they lock only an address from which the user never signed in: there somebody may use a stolen access token.
pub fn attempt_to_change(user: &UserId, address: String) -> Attempt {
    let name = format!("user {user}");
    Attempt { email: name.clone(), typed: name, address, holder: None, device: None }
}

/// The user, the hash to compare the current password with, and a salt for the new one; A009 when the caller must wait.
pub fn begin_password_change(tx: &mut Tx<'_>, id: &UserId, attempt: &Attempt) -> Result<(User, String, [u8; 16])> {
    let (user, hash) = store::find(tx, id)?.ok_or_else(|| Code::UserNotFound.error())?;
    attempt.must_not_wait(tx, Some(id))?;
    Ok((user, hash, salt(tx)?))
}

/// Counts a wrong current password and gives the refusal, as [`wrong_password`] does.
pub fn wrong_current_password(tx: &mut Tx<'_>, id: &UserId, attempt: &Attempt) -> Result<Error> {
    attempt.count(tx, Some(id))
}

/// Stores the hash of the new password and ends every session, because others may have known the old password. A005
/// when `old` is no longer the stored hash, A009 when the caller must wait meanwhile.
pub fn change_password(tx: &mut Tx<'_>, id: &UserId, old: &str, hash: &str, attempt: &Attempt) -> Result<()> {
    attempt.must_not_wait(tx, Some(id))?;
    if !store::set_password(tx, id, old, hash)? {
        return Err(Code::WrongCredentials.error());
    }
    store::forget_failures_of(tx, &attempt.email, &attempt.address)?;
    store::end_all_of(tx, id)
}

/// Sets the user's roles to exactly these and the roles they include. Used by the command line; A011 when the e-mail
/// is unknown.
pub fn grant(tx: &mut Tx<'_>, email: &str, roles: Roles) -> Result<User> {
    let (user, _) = store::find_by_email(tx, email)?.ok_or_else(|| Code::UserNotFound.error())?;
    store::set_roles(tx, &user.id, &names(roles).join(","))?;
    find(tx, &user.id)
}

fn names(roles: Roles) -> Vec<String> {
    roles.iter().map(|role| role.name().to_owned()).collect()
}

/// A user's saved addresses, the default first, then oldest first.
pub fn addresses(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<SavedAddress>> {
    store::addresses(tx, user)
}

/// Saves an address. C002 when the user already has [`ADDRESSES_MAX`].
pub fn save_address(tx: &mut Tx<'_>, user: &UserId, new: &SaveAddress) -> Result<SavedAddress> {
    lock_addresses(tx, user)?;
    let kept = store::addresses(tx, user)?;
    if kept.len() >= ADDRESSES_MAX {
        return Err(Code::InvalidInput.because(format!("at most {ADDRESSES_MAX} addresses can be kept")));
    }
    let is_default = new.is_default || kept.is_empty();
    if is_default {
        store::clear_default(tx, user)?;
    }
    let id = store::insert_address(tx, user, new, is_default)?;
    address(tx, user, id)
}

/// Changes a saved address; A010 when it is not this user's.
pub fn change_address(tx: &mut Tx<'_>, user: &UserId, id: AddressId, new: &SaveAddress) -> Result<SavedAddress> {
    lock_addresses(tx, user)?;
    let before = address(tx, user, id)?;
    if new.is_default {
        store::clear_default(tx, user)?;
    }
    store::change_address(tx, id, new, new.is_default || before.is_default)?;
    address(tx, user, id)
}

/// Deletes a saved address; A010 when it is not this user's. If it was the default, the oldest remaining address
/// becomes the default.
pub fn forget_address(tx: &mut Tx<'_>, user: &UserId, id: AddressId) -> Result<()> {
    lock_addresses(tx, user)?;
    let gone = address(tx, user, id)?;
    store::delete_address(tx, id)?;
    if gone.is_default
        && let Some(next) = store::addresses(tx, user)?.first()
    {
        store::make_default(tx, next.id)?;
    }
    Ok(())
}

/// Locks the user's row, so that changes of the addresses run one after another: otherwise two first addresses saved
/// at the same moment would both become the default.
fn lock_addresses(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    store::lock(tx, user).map(|_| ())
}

fn address(tx: &mut Tx<'_>, user: &UserId, id: AddressId) -> Result<SavedAddress> {
    let found = store::addresses(tx, user)?.into_iter().find(|saved| saved.id == id);
    found.ok_or_else(|| Code::AddressNotFound.error())
}
