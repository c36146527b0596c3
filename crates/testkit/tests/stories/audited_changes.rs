//! The audit of what changed sees a change of an old row as well as a new row.

use crate::audits::{DAMAGES, buys, shop_in_every_state};
use kernel::{Code, Result};
use parking_lot::Mutex;
use serde_json::json;
use server::assembly;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{
    Column, Tx, args,
    audit::{Changed, Key, Keys, Mark, Range, Since, run_since},
    outbox,
};
use testkit::{Sender, TestShop, address};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// What the audit of what changed cannot see: a row that is gone has no time of its last change. No statement of the program
/// deletes a cart and leaves its lines.
const GONE: [&str; 1] = ["delete from carts"];

fn keys() -> BTreeSet<Keys> {
    assembly::MODULES.iter().flat_map(|module| module.checks).filter_map(|check| check.over).collect()
}

fn statement(sql: String) -> &'static str {
    Box::leak(sql.into_boxed_str())
}

/// Says of every row what a statement of the program that changes it would say: its time, or an event.
fn note_changes(tx: &mut Tx<'_>) -> Result<()> {
    let now = tx.now();
    for keys in keys() {
        match keys.changed {
            Changed::Dated { table, at, .. } => {
                tx.exec(statement(format!("update {table} set {at} = ?")), args![now])?;
            }
            Changed::Named { table, name, .. } => {
                let event = format!("select 'shopping.test', {name}, '', {} from {table}", now.as_millis());
                let sql = format!("insert into outbox (topic, event_key, payload, created_at) {event}");
                tx.exec(statement(sql), &[])?;
            }
            Changed::Added | Changed::All => {}
        }
    }
    outbox::assign_sequence_numbers(tx, 100_000).map(|_| ())
}

/// The rules that the audit of what changed after `mark` finds broken after these statements, which leave nothing behind.
fn found_since(shop: &TestShop, damage: &'static str, mark: &Mark) -> BTreeSet<String> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let (keep, mark) = (Arc::clone(&found), mark.clone());
    let undone = shop.write::<()>(move |tx| {
        for sql in damage.split(';') {
            tx.exec(sql, &[])?;
        }
        note_changes(tx)?;
        let since = Since { from: mark.clone(), to: Mark::now(tx, keys())? };
        for module in assembly::MODULES {
            let mut broken = run_since(tx, module.checks, &since)?;
            broken.extend((module.audit)(tx)?);
            keep.lock().extend(broken.into_iter().map(|violation| violation.rule.into_owned()));
        }
        Err(Code::Conflict.error())
    });
    let refused = undone.err().map(|error| format!("{error:?}")).unwrap_or_default();
    assert!(refused.contains("Conflict") || refused.contains("C019"), "{damage}: {refused}");
    found.lock().clone()
}

#[test]
fn every_check_finds_what_broke_in_an_old_row() {
    let shop = TestShop::open();
    // rows of the ledger never change, so only a new one can be damaged
    let empty = shop.read(|tx| Mark::now(tx, keys()));
    shop_in_every_state(&shop);
    shop.later(20 * MINUTE);
    let mark = Mark { added: empty.added, ..shop.read(|tx| Mark::now(tx, keys())) };
    for (rule, damage) in DAMAGES.iter().filter(|(_, damage)| !GONE.contains(damage)) {
        let found = found_since(&shop, damage, &mark);
        assert!(found.contains(*rule), "{rule} is not found broken after {damage}, but {found:?}");
    }
}

/// A statement that changed such a row and did not say so would leave the audit of what changed blind.
#[test]
fn statements_say_what_they_change_in_tables_that_are_audited() {
    let statements = TestShop::open().statements();
    for keys in keys() {
        for sql in statements.iter().map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")) {
            let changes = |table: &str| sql.starts_with(&format!("update {table} set "));
            match keys.changed {
                Changed::Added => {
                    let deletes = sql.starts_with(&format!("delete from {} ", keys.table));
                    assert!(!changes(keys.table) && !deletes, "rows of {} are only added, but: {sql}", keys.table);
                }
                Changed::Dated { table, at, .. } => {
                    assert!(!changes(table) || sql.contains(&format!(" {at} = ?")), "it leaves {at} as it was: {sql}");
                    let inserts = sql.starts_with(&format!("insert into {table} ("));
                    let columns = sql.split(" values ").next().unwrap_or_default();
                    assert!(!inserts || columns.contains(at), "it gives no {at}: {sql}");
                }
                Changed::Named { .. } | Changed::All => {}
            }
        }
    }
}

/// What was there long before the audit.
struct Old {
    mug: testkit::Product,
    unpaid: String,
    undecided: String,
    declined: String,
    moves: String,
    cancelled: String,
    payment: String,
    token: String,
}

fn old_shop(shop: &TestShop) -> (Sender, Old) {
    let (buyer, mug) = shop_in_every_state(shop);
    let credentials = json!({"email": "haneul@example.com", "password": "달항아리 일곱 개의 밤"});
    let token = shop.anonymous().post("/api/v1/auth/login", credentials).must("200").word("/refreshToken");
    let [moves, cancelled] = [(); 2].map(|()| buys(&buyer, &mug));
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let [unpaid, undecided, declined] = [(); 3].map(|()| buyer.orders(&mug, 1).must("201").word("/orderNumber"));
    shop.settle();
    (buyer, Old { mug, unpaid, undecided, declined, moves, cancelled, payment, token })
}

/// Changes of old rows, in the ways of the shop.
fn change(shop: &TestShop, buyer: &Sender, old: &Old) {
    buyer.put(format!("/orders/{}/address", old.moves), address()).must("200");
    buyer.pays(&old.declined, "decline-card-declined").must("400 S304");
    buyer.pays(&old.undecided, "pending").must("202");
    buyer.cancels(&old.cancelled).must("200");
    buyer.cancels(&old.unpaid).must("200");
    shop.admin().post(format!("/payments/{}/refund", old.payment), json!({"reason": "late"})).must("200");
    let wallet = format!("/admin/wallets/{}/points", buyer.id());
    shop.admin().post(wallet, json!({"points": -50, "reason": "a mistake"})).must("201");
    let more = json!({"productId": old.mug.id, "quantity": 1, "merge": true});
    buyer.post("/cart/items", more).must("200");
    buyer.orders_cart().must("201");
    let refresh = |token: &str| shop.anonymous().post("/api/v1/auth/refresh", json!({"refreshToken": token}));
    refresh(&old.token).must("200");
    shop.later(HOUR);
}

/// The rows of a table by their whole contents, with the key that a check runs over.
type Rows = BTreeMap<String, Key>;

fn rows(tx: &mut Tx<'_>, keys: Keys) -> Result<Rows> {
    let sql = statement(format!("select t.{}, t.* from {} t", keys.column, keys.table));
    let rows = tx.query(sql, &[], |row| {
        let cells = (1..row.columns()).map(|n| Ok(format!("{:?}", row.column(n)?))).collect::<Result<Vec<_>>>()?;
        let key = match row.column(0)? {
            Column::Int(number) => Key::Int(number),
            Column::Text(text) => Key::Text(text.to_owned()),
            Column::Null => return Err(Code::Internal.error()),
        };
        Ok((cells.join(" "), key))
    })?;
    Ok(rows.into_iter().collect())
}

/// The tables that the audit of what changed is led into, with their rows, and where they end.
fn led(tx: &mut Tx<'_>) -> Result<(Mark, BTreeMap<Keys, Rows>)> {
    let mut all = BTreeMap::new();
    for keys in keys().into_iter().filter(|keys| keys.has_changes()) {
        all.insert(keys, rows(tx, keys)?);
    }
    Ok((Mark::now(tx, keys())?, all))
}

fn looked_at(tx: &mut Tx<'_>, keys: Keys, since: &Since) -> Result<Vec<Range>> {
    let (mut looked, mut after) = (Vec::new(), None);
    loop {
        let (ranges, next) = keys.next(tx, Some(since), after.as_ref(), 7)?;
        looked.extend(ranges);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(looked),
        }
    }
}

#[test]
fn whatever_the_shop_changes_in_an_old_row_is_looked_at_by_the_next_audit() {
    let shop = TestShop::with(1, &[("checkout.pay_within", "40m")]);
    let (buyer, old) = old_shop(&shop);
    shop.later(20 * MINUTE);
    let (from, before) = shop.read(led);
    change(&shop, &buyer, &old);
    let (to, after) = shop.read(led);
    let since = Since { from, to };
    let mut unchanged = BTreeSet::new();
    for (keys, rows) in after {
        let since = since.clone();
        let looked = shop.read(move |tx| looked_at(tx, keys, &since));
        let known = &before[&keys];
        let old: BTreeSet<&Key> = known.values().collect();
        // a new row without an event, such as a payment without an outcome, is looked at when it gets one
        let changed: Vec<_> =
            rows.iter().filter(|(text, key)| old.contains(*key) && !known.contains_key(*text)).collect();
        for (text, key) in &changed {
            let is_seen = looked.iter().any(|range| range.from <= **key && **key <= range.to);
            assert!(is_seen, "a row of {} changed and would not be looked at: {text}", keys.table);
        }
        if changed.is_empty() {
            unchanged.insert(keys.table);
        }
    }
    let never = [
        "balance_charges",
        "channel_orders",
        "order_items",
        "point_earnings",
        "refunds",
        "return_requests",
        "time_deal_purchases",
        "user_coupons",
    ];
    assert_eq!(unchanged, BTreeSet::from(never), "the story changes old rows of all other tables");
}
