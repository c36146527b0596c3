//! Fills the e-mails as they are compared in rows that an older version wrote.
//!
//! An older version took spellings of one e-mail for several. Such accounts stay apart: the oldest gets the key and is found by
//! every spelling, the others by their own one only.

use crate::user::email_key;
use kernel::{Result, Timestamp};
use std::collections::HashMap;
use store::{Arg, Backfill, Tx, args};

/// Rows of one transaction.
const CHUNK: i64 = 2_000;

pub(crate) const BACKFILLS: &[Backfill] = &[Backfill { name: "account.emails", chunk: emails }];

/// An account without a key: its id, its e-mail, and when it was made.
type Unfilled = (String, String, Timestamp);

/// Filled rows are found no longer, so a chunk begins where the last one ended.
const EMAILS: &str = "select id, email, created_at from users where email_key is null limit ? {for update}";
const HOLDERS: &str = "select email_key, id, created_at from users where email_key in ([?])";
const SET_KEY: &str = "update users set email_key = ? where id = ?";

pub(crate) const STATEMENTS: &[&str] = &[EMAILS, HOLDERS, SET_KEY];

fn emails(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    let mut rows: Vec<Unfilled> = tx.query(EMAILS, args![CHUNK], |row| Ok((row.next()?, row.next()?, row.next()?)))?;
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by(|one, other| (one.2, &one.0).cmp(&(other.2, &other.0)));
    let keys: Vec<String> = rows.iter().map(|(_, email, _)| email_key(email)).collect();
    let holders = tx.query(HOLDERS, args![Arg::list(&keys)], |row| Ok((row.next()?, (row.next()?, row.next()?))))?;
    let mut holders: HashMap<String, (String, Timestamp)> = holders.into_iter().collect();
    for ((id, _, made), key) in rows.iter().zip(&keys) {
        match holders.get(key) {
            Some((_, since)) if since <= made => set(tx, id, &without_key(id))?,
            younger => {
                if let Some((holder, _)) = younger {
                    set(tx, holder, &without_key(holder))?;
                }
                set(tx, id, key)?;
                holders.insert(key.clone(), (id.clone(), *made));
            }
        }
    }
    Ok(Some(after + 1))
}

/// What stands in the place of a key that another account has. No e-mail is without an `@`.
fn without_key(id: &str) -> String {
    format!("id {id}")
}

fn set(tx: &mut Tx<'_>, id: &str, key: &str) -> Result<()> {
    tx.exec(SET_KEY, args![key, id]).map(|_| ())
}
