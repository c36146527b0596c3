//! SQL, row mapping and audit.

use crate::address::{SaveAddress, SavedAddress};
use crate::ops::FAILURES_WITHIN;
use crate::recovery::Purpose;
use crate::session::{SessionView, StoredToken};
use crate::user::{Change, User, email_key};
use ::store::{
    Aged, Check, Row, Tx, args,
    audit::{Changed, Keys},
    concatcp,
};
use kernel::{Address, AddressId, Code, Result, Timestamp, UserId};
use uuid::Uuid;

/// What [`user`] reads, in this order.
const COLUMNS: &str = "id, email, nickname, real_name, marketing_agree, roles, status, email_verified_at, version,
    created_at, updated_at, password_hash";

const INSERT_USER: &str =
    "insert into users (id, email, email_key, password_hash, nickname, real_name, marketing_agree, roles, status,
    version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {on conflict ignore: id}";
const FIND: &str = concatcp!("select ", COLUMNS, " from users where id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
/// In an older shop two accounts may have the same identity; then only one of them has the key.
const FIND_BY_EMAIL: &str = concatcp!("select ", COLUMNS, " from users where email = ? or email_key = ?");
/// Users whose e-mail begins with a text: by its index.
const BEGINNING: &str =
    concatcp!("select ", COLUMNS, " from users where email >= ? and email < ? order by email limit ?");
/// Users among these ids with a text anywhere in e-mail, nickname or name. No index finds a part of them.
const CONTAINING: &str = concatcp!(
    "select ",
    COLUMNS,
    " from users where id > ? and id <= ? and (email {like} ? escape '!' or nickname {like} ? escape '!'
        or coalesce(real_name, '') {like} ? escape '!') order by id limit ?"
);
const AFTER_MANY: &str = "select id from users where id > ? order by id limit 1 offset ?";
const CHANGE: &str =
    "update users set nickname = ?, real_name = ?, marketing_agree = ?, version = version + 1, updated_at = ?
    where id = ? and version = ?";
const SET_PASSWORD: &str = "update users set password_hash = ?, version = version + 1, updated_at = ?
    where id = ? and password_hash = ?";
const SET_ROLES: &str = "update users set roles = ?, version = version + 1, updated_at = ? where id = ?";
const INSERT_TOKEN: &str =
    "insert into refresh_tokens (token_hash, family, user_id, created_at, expires_at, changed_at)
    values (?, ?, ?, ?, ?, ?)";
const FIND_TOKEN: &str = "select id, family, user_id, expires_at, used_at, successor_salt, ended_at from refresh_tokens
    where token_hash = ? {for update}";
const USE_TOKEN: &str = "update refresh_tokens set used_at = ?, successor_salt = ?, changed_at = ?
    where id = ? and used_at is null and ended_at is null";
const END_FAMILY: &str = "update refresh_tokens set ended_at = ?, changed_at = ? where family = ? and ended_at is null";
const END_ALL: &str = "update refresh_tokens set ended_at = ?, changed_at = ? where user_id = ? and ended_at is null";
const INSERT_SESSION: &str = "insert into sessions (family, user_id, address, device, created_at, used_at, expires_at)
    values (?, ?, ?, ?, ?, ?, ?)";
const CONTINUE_SESSION: &str = "update sessions set used_at = ?, expires_at = ? where family = ?";
const END_SESSION: &str = "update sessions set ended_at = ? where family = ? and ended_at is null";
const END_SESSIONS: &str = "update sessions set ended_at = ? where user_id = ? and ended_at is null";
const SESSIONS: &str = "select family, address, device, created_at, used_at, expires_at from sessions
    where user_id = ? and ended_at is null and expires_at > ? order by used_at desc, family limit ?";
const OWNS_SESSION: &str = "select family from sessions where family = ? and user_id = ? and ended_at is null
    and expires_at > ?";
const ONE_TIME_TOKENS: &str = "select count(*), max(created_at) from one_time_tokens
    where email = ? and purpose = ? and created_at > ?";
const INSERT_ONE_TIME_TOKEN: &str = "insert into one_time_tokens (token_hash, purpose, email, user_id, created_at,
    expires_at) values (?, ?, ?, ?, ?, ?)";
const USER_OF_TOKEN: &str = "select user_id from one_time_tokens
    where token_hash = ? and purpose = ? and expires_at > ? and user_id is not null";
const USE_ONE_TIME_TOKEN: &str = "delete from one_time_tokens where token_hash = ?";
const FORGET_ONE_TIME_TOKENS_OF: &str = "delete from one_time_tokens where user_id = ? and purpose = ?";
const VERIFY_EMAIL: &str = "update users set email_verified_at = ?, version = version + 1, updated_at = ?
    where id = ? and email_verified_at is null";
const FAILURES: &str = "select failures, since from sign_in_attempts where email = ? and address = ?";
const FAILURES_WITHIN_MS: u64 = FAILURES_WITHIN.as_secs() * 1_000;
/// The counts are kept while the last failure is recent, else they start again.
const RECENT: &str =
    concatcp!("case when sign_in_attempts.since >= new.since - ", FAILURES_WITHIN_MS, " then sign_in_attempts.");
// `failures` comes first: MySQL assigns from left to right, and the next expression would see the new `since`. The
// upsert token takes no arguments, so the time span is a part of the text.
const COUNT_FAILURE: &str = concatcp!(
    "insert into sign_in_attempts (email, address, failures, since) values (?, ?, 1, ?)
    {on conflict (email, address): failures = ",
    RECENT,
    "failures + 1 else 1 end, since = ",
    RECENT,
    "since else new.since end}"
);
const FORGET_FAILURES_OF: &str = "delete from sign_in_attempts where email = ? and address = ?";
const KNOWS_ADDRESS: &str = "select seen_at from sign_in_addresses where user_id = ? and address = ?";
const REMEMBER_ADDRESS: &str = "insert into sign_in_addresses (user_id, address, seen_at) values (?, ?, ?)
    {on conflict (user_id, address): seen_at = new.seen_at}";
const ADDRESSES: &str = "select id, label, receiver_name, receiver_phone, zip_code, address1, address2, is_default,
    created_at, updated_at from user_addresses where user_id = ? order by is_default desc, id";
const INSERT_ADDRESS: &str =
    "insert into user_addresses (user_id, label, receiver_name, receiver_phone, zip_code, address1,
    address2, is_default, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGE_ADDRESS: &str = "update user_addresses set label = ?, receiver_name = ?, receiver_phone = ?, zip_code = ?,
    address1 = ?, address2 = ?, is_default = ?, updated_at = ? where id = ?";
const CLEAR_DEFAULT: &str = "update user_addresses set is_default = 0 where user_id = ? and is_default = 1";
const MAKE_DEFAULT: &str = "update user_addresses set is_default = 1 where id = ?";
const DELETE_ADDRESS: &str = "delete from user_addresses where id = ?";
const DEFAULTS: &str = "select a.user_id, a.id from user_addresses a where a.id between ? and ? and a.is_default = 1
      and exists (select 1 from user_addresses b where b.user_id = a.user_id and b.is_default = 1 and b.id < a.id)
    order by a.id limit ?";
// each of the live tokens is named, because either may be the one that changed
const LIVE_FORKS: &str = "select t.family, t.id from refresh_tokens t
    where t.id between ? and ? and t.used_at is null and t.ended_at is null
      and exists (select 1 from refresh_tokens o where o.family = t.family and o.id <> t.id
                     and o.used_at is null and o.ended_at is null)
    order by t.id limit ?";

/// Sessions in a list; the one used longest ago is left out first.
const SESSIONS_SHOWN: i64 = 100;

/// Tokens, by the time at which they expire.
pub(crate) const TOKENS: Aged = Aged { table: "refresh_tokens", at: "expires_at" };
/// Sessions, by the time at which they expire.
pub(crate) const ALL_SESSIONS: Aged = Aged { table: "sessions", at: "expires_at" };
/// One-time tokens, by the time at which they expire.
pub(crate) const ALL_ONE_TIME_TOKENS: Aged = Aged { table: "one_time_tokens", at: "expires_at" };
/// Wrong passwords, by the time of the first one.
pub(crate) const ATTEMPTS: Aged = Aged { table: "sign_in_attempts", at: "since" };
/// Addresses that users signed in from, by the time at which they were seen last.
pub(crate) const SEEN_ADDRESSES: Aged = Aged { table: "sign_in_addresses", at: "seen_at" };

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT_USER,
    FIND,
    LOCK,
    FIND_BY_EMAIL,
    BEGINNING,
    CONTAINING,
    AFTER_MANY,
    CHANGE,
    SET_PASSWORD,
    SET_ROLES,
    INSERT_TOKEN,
    FIND_TOKEN,
    USE_TOKEN,
    END_FAMILY,
    END_ALL,
    INSERT_SESSION,
    CONTINUE_SESSION,
    END_SESSION,
    END_SESSIONS,
    SESSIONS,
    OWNS_SESSION,
    ONE_TIME_TOKENS,
    INSERT_ONE_TIME_TOKEN,
    USER_OF_TOKEN,
    USE_ONE_TIME_TOKEN,
    FORGET_ONE_TIME_TOKENS_OF,
    VERIFY_EMAIL,
    FAILURES,
    COUNT_FAILURE,
    FORGET_FAILURES_OF,
    KNOWS_ADDRESS,
    REMEMBER_ADDRESS,
    ADDRESSES,
    INSERT_ADDRESS,
    CHANGE_ADDRESS,
    CLEAR_DEFAULT,
    MAKE_DEFAULT,
    DELETE_ADDRESS,
];

fn user(row: &Row<'_>) -> Result<(User, String)> {
    let user = User {
        id: row.next()?,
        email: row.next()?,
        nickname: row.next()?,
        real_name: row.next()?,
        marketing_agree: row.next()?,
        roles: row.next::<String>()?.split(',').map(str::to_owned).collect(),
        status: row.next()?,
        email_verified: row.next::<Option<Timestamp>>()?.is_some(),
        version: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    };
    Ok((user, row.next()?))
}

/// Stores the user; false when the e-mail is taken.
pub(crate) fn insert_user(tx: &mut Tx<'_>, user: &User, hash: &str) -> Result<bool> {
    let (roles, email_key) = (user.roles.join(","), email_key(&user.email));
    let row = args![
        user.id,
        user.email,
        email_key,
        hash,
        user.nickname,
        user.real_name,
        user.marketing_agree,
        roles,
        user.status,
        user.version,
        user.created_at,
        user.updated_at
    ];
    Ok(tx.exec(INSERT_USER, row)? == 1)
}

pub(crate) fn find(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<(User, String)>> {
    tx.query_first(FIND, args![id], user)
}

/// The user, locked until the end of the job: no other job changes the profile, the password or the addresses
/// meanwhile.
pub(crate) fn lock(tx: &mut Tx<'_>, id: &UserId) -> Result<Option<(User, String)>> {
    tx.query_first(LOCK, args![id], user)
}

/// The user with the e-mail that was `typed`: the one who has exactly it, as older versions stored e-mails in lower case, else
/// the one whose e-mail is the same identity.
pub(crate) fn find_by_email(tx: &mut Tx<'_>, typed: &str) -> Result<Option<(User, String)>> {
    let (exact, key) = (typed.trim().to_lowercase(), email_key(typed));
    let mut found = tx.query(FIND_BY_EMAIL, args![exact, key], user)?;
    let wanted = found.iter().position(|(user, _)| user.email == exact).unwrap_or(0);
    Ok((wanted < found.len()).then(|| found.swap_remove(wanted)))
}

/// Users whose e-mail begins with `text`.
pub(crate) fn beginning(tx: &mut Tx<'_>, text: &str, limit: i64) -> Result<Vec<User>> {
    let end = format!("{text}{}", char::MAX);
    Ok(tx.query(BEGINNING, args![text, end, limit], user)?.into_iter().map(|(user, _)| user).collect())
}

/// A pattern for `like … escape '!'`: anything that contains `text`.
fn anywhere(text: &str) -> String {
    let plain = |sign: char| if matches!(sign, '!' | '%' | '_') { format!("!{sign}") } else { sign.to_string() };
    format!("%{}%", text.chars().map(plain).collect::<String>())
}

/// Users with `text` anywhere in e-mail, nickname or name, with an id beyond `after` and up to `until`.
pub(crate) fn containing(tx: &mut Tx<'_>, text: &str, (after, until): (&str, &str), limit: i64) -> Result<Vec<User>> {
    let pattern = anywhere(text);
    let found = tx.query(CONTAINING, args![after, until, pattern, pattern, pattern, limit], user)?;
    Ok(found.into_iter().map(|(user, _)| user).collect())
}

/// The id of the user with which `count` users beyond `after` end; `None` when there are fewer.
pub(crate) fn after_many(tx: &mut Tx<'_>, after: &str, count: i64) -> Result<Option<String>> {
    tx.query_first(AFTER_MANY, args![after, count - 1], |row| row.get(0))
}

pub(crate) fn change(tx: &mut Tx<'_>, id: &UserId, change: &Change, version: i64) -> Result<bool> {
    let now = tx.now();
    let row = args![change.nickname, change.real_name, change.marketing_agree, now, id, version];
    Ok(tx.exec(CHANGE, row)? == 1)
}

/// Stores the new hash; false when `old` is no longer the stored one.
pub(crate) fn set_password(tx: &mut Tx<'_>, id: &UserId, old: &str, hash: &str) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(SET_PASSWORD, args![hash, now, id, old])? == 1)
}

pub(crate) fn set_roles(tx: &mut Tx<'_>, id: &UserId, roles: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(SET_ROLES, args![roles, now, id]).map(|_| ())
}

pub(crate) fn insert_token(tx: &mut Tx<'_>, hash: &str, family: &str, user: &UserId, expires: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.exec(INSERT_TOKEN, args![hash, family, user, now, expires, now]).map(|_| ())
}

pub(crate) fn find_token(tx: &mut Tx<'_>, hash: &str) -> Result<Option<StoredToken>> {
    tx.query_first(FIND_TOKEN, args![hash], |row| {
        Ok(StoredToken {
            id: row.next()?,
            family: row.next()?,
            user: row.next()?,
            expires_at: row.next()?,
            used_at: row.next()?,
            successor_salt: row.next()?,
            ended_at: row.next()?,
        })
    })
}

/// Marks the token as used, with the salt of its successor; false when it was used or ended before.
pub(crate) fn use_token(tx: &mut Tx<'_>, id: i64, salt: &str) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(USE_TOKEN, args![now, salt, now, id])? == 1)
}

/// Ends every token of the session. Repeats until no row changes: a statement that waited for a concurrent refresh
/// does not see the token that refresh inserted, but the next statement does.
pub(crate) fn end_family(tx: &mut Tx<'_>, family: &str) -> Result<()> {
    let now = tx.now();
    while tx.exec(END_FAMILY, args![now, now, family])? > 0 {}
    tx.exec(END_SESSION, args![now, family]).map(|_| ())
}

/// Ends every token of the user, as [`end_family`] does.
pub(crate) fn end_all_of(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    let now = tx.now();
    while tx.exec(END_ALL, args![now, now, user])? > 0 {}
    tx.exec(END_SESSIONS, args![now, user]).map(|_| ())
}

/// Stores a session that begins now.
pub(crate) fn insert_session(
    tx: &mut Tx<'_>,
    family: &str,
    user: &UserId,
    address: &str,
    device: Option<&str>,
    expires: Timestamp,
) -> Result<()> {
    let now = tx.now();
    tx.exec(INSERT_SESSION, args![family, user, address, device, now, now, expires]).map(|_| ())
}

pub(crate) fn continue_session(tx: &mut Tx<'_>, family: &str, expires: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.exec(CONTINUE_SESSION, args![now, expires, family]).map(|_| ())
}

/// The user's open sessions; `current` is the one that asks.
pub(crate) fn sessions(tx: &mut Tx<'_>, user: &UserId, current: Option<Uuid>) -> Result<Vec<SessionView>> {
    let now = tx.now();
    tx.query(SESSIONS, args![user, now, SESSIONS_SHOWN], |row| {
        let id = family(&row.next::<String>()?)?;
        Ok(SessionView {
            id,
            current: current == Some(id),
            address: Some(row.next::<String>()?).filter(|address| !address.is_empty()),
            device: row.next()?,
            created_at: row.next()?,
            used_at: row.next()?,
            expires_at: row.next()?,
        })
    })
}

fn family(text: &str) -> Result<Uuid> {
    text.parse().map_err(|e: uuid::Error| Code::Internal.error().caused_by(e))
}

/// Whether this is an open session of the user.
pub(crate) fn owns_session(tx: &mut Tx<'_>, user: &UserId, family: &str) -> Result<bool> {
    let now = tx.now();
    tx.query_first(OWNS_SESSION, args![family, user, now], |row| row.get::<String>(0)).map(|found| found.is_some())
}

/// How many tokens the e-mail has got since `since`, and when the newest one.
pub(crate) fn one_time_tokens(
    tx: &mut Tx<'_>,
    email: &str,
    purpose: Purpose,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>)> {
    tx.query_one(ONE_TIME_TOKENS, args![email, purpose, since], |row| Ok((row.next()?, row.next()?)))
}

/// Stores a token by its hash; without a user it opens nothing.
pub(crate) fn insert_one_time_token(
    tx: &mut Tx<'_>,
    hash: &str,
    purpose: Purpose,
    email: &str,
    user: Option<UserId>,
    expires: Timestamp,
) -> Result<()> {
    let now = tx.now();
    tx.exec(INSERT_ONE_TIME_TOKEN, args![hash, purpose, email, user, now, expires]).map(|_| ())
}

/// The user of a token that works.
pub(crate) fn user_of_token(tx: &mut Tx<'_>, hash: &str, purpose: Purpose) -> Result<Option<UserId>> {
    let now = tx.now();
    tx.query_first(USER_OF_TOKEN, args![hash, purpose, now], |row| row.get(0))
}

/// Deletes the token; false when another job was faster.
pub(crate) fn use_one_time_token(tx: &mut Tx<'_>, hash: &str) -> Result<bool> {
    Ok(tx.exec(USE_ONE_TIME_TOKEN, args![hash])? == 1)
}

pub(crate) fn forget_one_time_tokens_of(tx: &mut Tx<'_>, user: &UserId, purpose: Purpose) -> Result<()> {
    tx.exec(FORGET_ONE_TIME_TOKENS_OF, args![user, purpose]).map(|_| ())
}

pub(crate) fn verify_email(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    let now = tx.now();
    tx.exec(VERIFY_EMAIL, args![now, now, user]).map(|_| ())
}

/// Number of wrong passwords for `email` from `address`, and the time of the first one.
pub(crate) fn failures(tx: &mut Tx<'_>, email: &str, address: &str) -> Result<Option<(i64, Timestamp)>> {
    tx.query_first(FAILURES, args![email, address], |row| Ok((row.next()?, row.next()?)))
}

/// Counts one more wrong password. The count starts again at 1 when the last ones are older than [`FAILURES_WITHIN`].
pub(crate) fn count_failure(tx: &mut Tx<'_>, email: &str, address: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(COUNT_FAILURE, args![email, address, now]).map(|_| ())
}

pub(crate) fn forget_failures_of(tx: &mut Tx<'_>, email: &str, address: &str) -> Result<()> {
    tx.exec(FORGET_FAILURES_OF, args![email, address]).map(|_| ())
}

/// Whether the user has signed in from this address.
pub(crate) fn knows_address(tx: &mut Tx<'_>, user: &UserId, address: &str) -> Result<bool> {
    tx.query_first(KNOWS_ADDRESS, args![user, address], |row| row.get::<Timestamp>(0)).map(|seen| seen.is_some())
}

pub(crate) fn remember_address(tx: &mut Tx<'_>, user: &UserId, address: &str) -> Result<()> {
    let now = tx.now();
    tx.exec(REMEMBER_ADDRESS, args![user, address, now]).map(|_| ())
}

pub(crate) fn addresses(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<SavedAddress>> {
    tx.query(ADDRESSES, args![user], |row| {
        let (id, label) = (row.next()?, row.next()?);
        let address = Address {
            receiver_name: row.next()?,
            receiver_phone: row.next()?,
            zip_code: row.next()?,
            address1: row.next()?,
            address2: row.next()?,
        };
        Ok(SavedAddress {
            id,
            label,
            full_address: address.full(),
            address,
            is_default: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    })
}

pub(crate) fn insert_address(tx: &mut Tx<'_>, user: &UserId, new: &SaveAddress, is_default: bool) -> Result<AddressId> {
    let (now, a) = (tx.now(), &new.address);
    let row = args![
        user,
        new.label,
        a.receiver_name,
        a.receiver_phone,
        a.zip_code,
        a.address1,
        a.address2,
        is_default,
        now,
        now
    ];
    tx.insert(INSERT_ADDRESS, row).map(AddressId::new)
}

pub(crate) fn change_address(tx: &mut Tx<'_>, id: AddressId, new: &SaveAddress, is_default: bool) -> Result<()> {
    let (now, a) = (tx.now(), &new.address);
    let row =
        args![new.label, a.receiver_name, a.receiver_phone, a.zip_code, a.address1, a.address2, is_default, now, id];
    tx.exec(CHANGE_ADDRESS, row).map(|_| ())
}

pub(crate) fn clear_default(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    tx.exec(CLEAR_DEFAULT, args![user]).map(|_| ())
}

pub(crate) fn make_default(tx: &mut Tx<'_>, id: AddressId) -> Result<()> {
    tx.exec(MAKE_DEFAULT, args![id]).map(|_| ())
}

pub(crate) fn delete_address(tx: &mut Tx<'_>, id: AddressId) -> Result<()> {
    tx.exec(DELETE_ADDRESS, args![id]).map(|_| ())
}

const BY_ADDRESS: Keys = Keys { table: "user_addresses", column: "id", changed: Changed::All };
const BY_TOKEN: Keys = Keys {
    table: "refresh_tokens",
    column: "id",
    changed: Changed::Dated { table: "refresh_tokens", at: "changed_at", key: "id" },
};

/// What must hold of users.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a user has at most one default address",
        over: Some(BY_ADDRESS),
        sql: DEFAULTS,
        given: &[],
        subject: "user {}",
        found: "address {} is one more",
    },
    Check {
        rule: "a session continues with one token",
        over: Some(BY_TOKEN),
        sql: LIVE_FORKS,
        given: &[],
        subject: "session {}",
        found: "token {} is not the only one",
    },
];
