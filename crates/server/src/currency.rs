//! The currency of the shop, kept in its database: amounts are numbers of its minor unit, so a program with another `shop.currency`
//! would sell for a hundredth or for a hundred times as much.

use crate::config::Fault;
use kernel::{Currency, Result};
use store::{Db, Tx, args};

const NAME: &str = "shop.currency";

const KEPT: &str = "select value from shop_choices where name = ?";
const KEEP: &str = "insert into shop_choices (name, value) values (?, ?) {on conflict ignore: name}";
/// Of a shop that began before its currency was kept.
const OF_NEWEST_ORDER: &str = "select currency from orders order by id desc limit 1";

pub(crate) const STATEMENTS: &[&str] = &[KEPT, KEEP, OF_NEWEST_ORDER];

/// Refuses a currency other than the one in which the amounts of this database are stored.
pub(crate) async fn must_be_the_shops(db: &Db, currency: Currency) -> std::result::Result<(), Fault> {
    let stored = db.read("currency.kept", stored).await.map_err(|error| failed(&error))?;
    match stored {
        Some(stored) if stored != currency.code() => {
            let why =
                format!("the amounts of this shop are stored in {stored}, and the setting is {}", currency.code());
            let remedy = format!(
                "write shop.currency = \"{stored}\"; a command needs the settings of `serve`: its file, its environment, its flags"
            );
            Err(Fault::new("shop.currency has a wrong value", why, remedy))
        }
        Some(_) | None => Ok(()),
    }
}

/// Keeps the currency with which the shop begins, and refuses another one than before.
pub(crate) async fn keep(db: &Db, currency: Currency) -> std::result::Result<(), Fault> {
    must_be_the_shops(db, currency).await?;
    let is_kept = db.read("currency.kept", |tx| Ok(kept(tx)?.is_some())).await.map_err(|error| failed(&error))?;
    if !is_kept {
        let keep = move |tx: &mut Tx<'_>| tx.exec(KEEP, args![NAME, currency.code()]);
        db.write("currency.keep", keep).await.map_err(|error| failed(&error))?;
        // another program may have been the first
        must_be_the_shops(db, currency).await?;
    }
    Ok(())
}

fn stored(tx: &mut Tx<'_>) -> Result<Option<String>> {
    match kept(tx)? {
        Some(kept) => Ok(Some(kept)),
        None => tx.query_first(OF_NEWEST_ORDER, args![], |row| row.get(0)),
    }
}

fn kept(tx: &mut Tx<'_>) -> Result<Option<String>> {
    tx.query_first(KEPT, args![NAME], |row| row.get(0))
}

fn failed(error: &kernel::Error) -> Fault {
    Fault::caused_by("the shop's currency cannot be read or kept", error, "see the cause above")
}
