//! The statements of keywords and rebuilds.

use crate::rebuilds::Progress;
use kernel::{Result, Timestamp, UserId};
use store::{Aged, Tx, args};

const COUNT: &str = "insert into search_keywords (day, keyword, searches) values (?, ?, ?)
    {on conflict (day, keyword): searches = search_keywords.searches + new.searches}";
const COUNTED: &str =
    "select keyword, day, searches from search_keywords where day >= ? order by searches desc, keyword limit ?";
const REMEMBER: &str = "insert into search_recent (user_id, keyword_key, keyword, searched_at) values (?, ?, ?, ?)
    {on conflict (user_id, keyword_key): keyword = new.keyword, searched_at = new.searched_at}";
const RECENT: &str =
    "select keyword from search_recent where user_id = ? order by searched_at desc, keyword_key limit ?";
const OLDER: &str = "select keyword_key from search_recent where user_id = ?
    order by searched_at desc, keyword_key limit 100 offset ?";
const FORGET: &str = "delete from search_recent where user_id = ? and keyword_key in ([?])";
const FORGET_ALL: &str = "delete from search_recent where user_id = ?";

const SAY: &str = "insert into search_rebuilds (instance, asked_at, done, products, finished_at, seen_at)
    values (?, ?, ?, ?, ?, ?)
    {on conflict (instance): asked_at = new.asked_at, done = new.done, products = new.products,
        finished_at = new.finished_at, seen_at = new.seen_at}";
const SAID: &str = "select instance, asked_at, done, products, finished_at, seen_at from search_rebuilds
    order by asked_at desc, instance limit 200";

pub(crate) const STATEMENTS: &[&str] = &[COUNT, COUNTED, REMEMBER, RECENT, OLDER, FORGET, FORGET_ALL, SAY, SAID];

/// Counts of days that are over.
pub(crate) const DAYS: Aged = Aged { table: "search_keywords", at: "day" };
/// Keywords of users who have not searched since.
pub(crate) const SEARCHED: Aged = Aged { table: "search_recent", at: "searched_at" };

/// What instances said about their rebuilds.
pub(crate) const REBUILDS: Aged = Aged { table: "search_rebuilds", at: "seen_at" };

/// An instance says how far it is.
pub(crate) fn report_progress(tx: &mut Tx<'_>, progress: &Progress) -> Result<()> {
    let Progress { instance, asked_at, done, products, finished_at } = progress;
    tx.exec(SAY, args![instance, *asked_at, *done, *products, *finished_at, tx.now()]).map(drop)
}

/// What every instance said last, and when.
pub(crate) fn rebuilds(tx: &mut Tx<'_>) -> Result<Vec<(Progress, Timestamp)>> {
    tx.query(SAID, args![], |row| {
        let (instance, asked_at, done) = (row.next()?, row.next()?, row.next()?);
        let progress = Progress { instance, asked_at, done, products: row.next()?, finished_at: row.next()? };
        Ok((progress, row.next()?))
    })
}

pub(crate) fn count(tx: &mut Tx<'_>, day: Timestamp, keyword: &str, searches: i64) -> Result<()> {
    tx.exec(COUNT, args![day, keyword, searches]).map(drop)
}

/// The most frequent of each day: keyword, day, searches.
pub(crate) fn counted(tx: &mut Tx<'_>, since: Timestamp, most: i64) -> Result<Vec<(String, Timestamp, i64)>> {
    tx.query(COUNTED, args![since, most], |row| Ok((row.next()?, row.next()?, row.next()?)))
}

/// Remembers what a user searched for, and forgets what goes beyond the newest `most`.
pub(crate) fn remember(tx: &mut Tx<'_>, user: UserId, key: &str, keyword: &str, most: i64) -> Result<()> {
    tx.exec(REMEMBER, args![user, key, keyword, tx.now()])?;
    let older: Vec<String> = tx.query(OLDER, args![user, most], |row| row.get(0))?;
    forget(tx, user, &older).map(drop)
}

pub(crate) fn recent(tx: &mut Tx<'_>, user: UserId, most: i64) -> Result<Vec<String>> {
    tx.query(RECENT, args![user, most], |row| row.get(0))
}

/// Gives how many there were.
pub(crate) fn forget(tx: &mut Tx<'_>, user: UserId, keys: &[String]) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    let keys = store::Arg::list(keys);
    tx.exec(FORGET, &[store::ToArg::to_arg(&user), keys])
}

pub(crate) fn forget_all(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    tx.exec(FORGET_ALL, args![user]).map(drop)
}
