//! Every table that grows with the shop has a bound, or is kept for ever on purpose.

use server::assembly;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use store::{Arg, Stay, Tx};
use testkit::{TABLES, TestShop};

/// Orders a second of the simulated shop. Each makes one row in every table of [`ROWS`], which is more than shops see.
const ORDERS_A_SECOND: u64 = 1_000;
/// The simulated day has so many times fewer rows than that, and its bounds are as many times smaller.
const SCALE: u64 = 4_000;
/// The longest interval of a task that deletes while the shop is in use.
const INTERVAL: Duration = Duration::from_secs(600);
const ROWS_OF_INTERVAL: u64 = ORDERS_A_SECOND * INTERVAL.as_secs() / SCALE;
/// Older than any retention. In a shop that has been open for longer than its rows stay, as many rows become too old in a second
/// as are added: what is added here became too old in this interval.
const LONG_AGO: Duration = Duration::from_secs(400 * 86_400);

/// A value of a row.
enum Value {
    /// The number of the row.
    Number,
    /// A text with the number of the row.
    Named,
    Text(&'static str),
    Int(i64),
    /// A time that is long over.
    Old,
}
use Value::{Int, Named, Number, Old, Text};

/// For each table that a task keeps in bounds, how a row of it is written.
const ROWS: &[(&str, &str, &[Value])] = &[
    (
        "outbox",
        "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]",
        &[Text("shopping.test"), Named, Text("{}"), Old],
    ),
    (
        "idempotency_records",
        "insert into idempotency_records (scope, idem_key, request_hash, created_at) values [(?, ?, ?, ?)]",
        &[Text("a"), Named, Text("h"), Old],
    ),
    (
        "refresh_tokens",
        "insert into refresh_tokens (token_hash, family, user_id, created_at, expires_at, changed_at)
         values [(?, ?, ?, ?, ?, ?)]",
        &[Named, Named, Text("u"), Old, Old, Old],
    ),
    (
        "sessions",
        "insert into sessions (family, user_id, address, created_at, used_at, expires_at) values [(?, ?, ?, ?, ?, ?)]",
        &[Named, Text("u"), Text(""), Old, Old, Old],
    ),
    (
        "one_time_tokens",
        "insert into one_time_tokens (token_hash, purpose, email, created_at, expires_at) values [(?, ?, ?, ?, ?)]",
        &[Named, Text("PASSWORD_RESET"), Named, Old, Old],
    ),
    (
        "sign_in_attempts",
        "insert into sign_in_attempts (email, address, failures, since) values [(?, ?, ?, ?)]",
        &[Named, Text("10.0.0.1"), Int(1), Old],
    ),
    (
        "sign_in_addresses",
        "insert into sign_in_addresses (user_id, address, seen_at) values [(?, ?, ?)]",
        &[Named, Text("10.0.0.1"), Old],
    ),
    ("gateway_hints", "insert into gateway_hints (hint, heard_at) values [(?, ?)]", &[Named, Old]),
    (
        "queue_entries",
        "insert into queue_entries (queue_id, user_id, visit, status, place, address, joined_at, ended_at, changed)
         values [(?, ?, ?, ?, ?, ?, ?, ?, ?)]",
        &[Int(1), Named, Int(1), Text("LEFT"), Number, Text(""), Old, Old, Int(1)],
    ),
    (
        "search_keywords",
        "insert into search_keywords (day, keyword, searches) values [(?, ?, ?)]",
        &[Old, Named, Int(1)],
    ),
    (
        "search_recent",
        "insert into search_recent (user_id, keyword_key, keyword, searched_at) values [(?, ?, ?, ?)]",
        &[Named, Named, Named, Old],
    ),
    (
        "search_rebuilds",
        "insert into search_rebuilds (instance, asked_at, done, products, finished_at, seen_at) values [(?, ?, ?, ?, ?, ?)]",
        &[Named, Old, Int(1), Int(1), Old, Old],
    ),
    (
        "cart_items",
        "insert into cart_items (cart_id, product_id, variant_id, product_name, price, quantity, added_at)
         values [(?, ?, ?, ?, ?, ?, ?)]",
        &[Number, Int(1), Int(1), Text("mug"), Int(1), Int(1), Old],
    ),
    (
        "carts",
        "insert into carts (id, user_id, status, created_at, updated_at, version) values [(?, ?, ?, ?, ?, ?)]",
        &[Number, Named, Text("CHECKED_OUT"), Old, Old, Int(1)],
    ),
];

/// Kept in bounds by the number of their rows: an audit a minute is more than a shop makes.
const COUNTED: [&str; 1] = ["audit_runs"];

fn kept() -> BTreeMap<&'static str, Stay> {
    store::TABLES.iter().chain(assembly::MODULES.iter().flat_map(|module| module.tables)).copied().collect()
}

#[test]
fn every_table_is_kept_on_purpose_or_has_a_task_that_deletes() {
    let shop = TestShop::open();
    let kept = kept();
    let known: BTreeSet<&str> = kept.keys().copied().collect();
    let made: BTreeSet<&str> = TABLES.iter().copied().chain(["schema_migrations", "store_probe", "leases"]).collect();
    assert_eq!(known, made, "the list `tables` of a module says how long the rows of its tables stay");
    let tasks = shop.task_names();
    let simulated: BTreeSet<&str> = ROWS.iter().map(|(table, ..)| *table).chain(COUNTED).collect();
    let document = include_str!("../../../../docs/DEPLOYMENT.md");
    let (_, document) = document.split_once("## What grows").expect("a section");
    for (table, stay) in kept {
        match stay {
            Stay::Until(task) => {
                // a shop of the tests has no audits on a schedule
                let is_there = tasks.contains(&task) || COUNTED.contains(&table);
                assert!(is_there, "there is no task {task} for {table}");
                assert!(simulated.contains(table), "the simulated day has no rows of {table}");
            }
            Stay::Records | Stay::Few(_) => assert!(!simulated.contains(table), "no task deletes from {table}"),
        }
        assert!(document.contains(&format!("`{table}`")), "docs/DEPLOYMENT.md does not say how long {table} grows");
    }
}

/// Adds rows that are too old, each a millisecond younger than the one before it.
fn add_old_rows(shop: &TestShop, first: u64, count: u64) {
    let old = shop.app().now().before(LONG_AGO).as_millis();
    for (_, sql, values) in ROWS {
        let add = move |tx: &mut Tx<'_>| {
            let names: Vec<String> = (first..first + count).map(|n| format!("r{n}")).collect();
            let rows = names.iter().zip(i64::try_from(first).unwrap_or(i64::MAX)..).map(|(name, n)| {
                let value = |value: &Value| match value {
                    Number => Arg::Int(n),
                    Named => Arg::Text(name),
                    Text(text) => Arg::Text(text),
                    Int(number) => Arg::Int(*number),
                    Old => Arg::Int(old + n),
                };
                values.iter().map(value).collect()
            });
            tx.insert_rows(sql, rows.collect())
        };
        shop.write(add).expect("rows");
    }
}

fn sizes(shop: &TestShop) -> BTreeMap<&'static str, i64> {
    let size = |table: &'static str| shop.window().number(&format!("select count(*) from {table}"));
    ROWS.iter().map(|(table, ..)| (*table, size(table))).collect()
}

/// A shop that no audit disturbs: rows of this story belong to nothing.
fn shop() -> TestShop {
    TestShop::with(1, &[("audit.every", "0s")])
}

#[test]
fn a_day_at_a_thousand_orders_a_second_leaves_no_more_than_one_interval_of_old_rows() {
    let shop = shop();
    // one interval is like the next, and a server takes longer for each
    let hours = if testdb::wanted() == testdb::Kind::Sqlite { 24 } else { 4 };
    let intervals = hours * 3_600 / INTERVAL.as_secs();
    // the newest event and the newest cart stay
    let bound = i64::try_from(ROWS_OF_INTERVAL + 1).expect("a small number");
    for n in 0..intervals {
        add_old_rows(&shop, 1 + n * ROWS_OF_INTERVAL, ROWS_OF_INTERVAL);
        for (table, size) in sizes(&shop) {
            assert!(size <= bound, "{table} has {size} rows after {n} intervals of {ROWS_OF_INTERVAL}");
        }
        shop.later(INTERVAL);
        for (table, size) in sizes(&shop) {
            assert!(size <= 1, "{table} has {size} rows too many after {n} intervals");
        }
    }
}

/// Without the scale: what a shop writes in ten seconds is deleted in less than ten seconds, by each task alone.
#[test]
fn each_task_deletes_faster_than_a_thousand_orders_a_second_write() {
    let shop = shop();
    let count = 10 * ORDERS_A_SECOND;
    add_old_rows(&shop, 1, count);
    let tasks: BTreeMap<&str, &str> = kept()
        .into_iter()
        .filter_map(|(table, stay)| match stay {
            Stay::Until(task) if !COUNTED.contains(&table) => Some((task, table)),
            Stay::Until(_) | Stay::Records | Stay::Few(_) => None,
        })
        .collect();
    for (task, table) in tasks {
        let (began, mut runs) = (Instant::now(), 0);
        while shop.run_task(task) > 0 {
            runs += 1;
        }
        let took = began.elapsed();
        println!("{task}: {count} rows of {table} in {runs} runs and {} ms", took.as_millis());
        assert!(sizes(&shop)[table] <= 1, "{task} leaves rows of {table}");
        assert!(runs >= 9, "{task} deletes {count} rows in {runs} runs: they are too large for the writer");
        assert!(took < Duration::from_secs(10), "{task} takes {took:?} for {count} rows of {table}");
    }
}
