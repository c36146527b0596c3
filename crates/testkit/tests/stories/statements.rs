//! Every statement of every module can be prepared, and is written so that all databases understand it.

use store::{Arg, Dialect, Tx};
use testkit::TestShop;

#[test]
fn every_statement_can_be_prepared() {
    let shop = TestShop::open();
    let statements = shop.statements();
    assert!(statements.len() > 100, "only {} statements are listed", statements.len());
    let db = shop.app().db.clone();
    shop.wait(db.prepare_all(statements)).unwrap_or_else(|error| panic!("{error:?}"));
}

#[test]
fn every_statement_and_migration_is_rendered_for_every_database() {
    let shop = TestShop::open();
    let none: &[Arg<'_>] = &[];
    for dialect in Dialect::ALL {
        for sql in shop.statements() {
            let text = dialect.render(sql, none);
            assert!(!text.contains(['{', '}']), "{dialect:?}: {text}");
        }
        for migration in server::assembly::migrations() {
            let text = dialect.render(migration.sql, none);
            assert!(!text.contains(['{', '}']), "{dialect:?}: {}", migration.name);
        }
    }
}

#[test]
fn statements_keep_to_the_portable_subset() {
    let shop = TestShop::open();
    let banned = [
        (" returning ", "not on MySQL"),
        (" glob ", "only on SQLite"),
        ("insert or ", "use {on conflict …}"),
        ("on duplicate key", "use {on conflict …}"),
        ("on conflict do", "use {on conflict …}"),
        ("strftime(", "time is an argument"),
        ("datetime(", "time is an argument"),
        ("current_timestamp", "time is an argument"),
        ("now()", "time is an argument"),
        ("random()", "chance is an argument"),
        ("rowid", "only on SQLite"),
        (" || ", "a logical or on MySQL"),
        (" true", "flags are 0 and 1"),
        (" false", "flags are 0 and 1"),
        ("ilike", "use {like}"),
        ("ifnull(", "use coalesce"),
        ("full join", "not on MySQL"),
    ];
    let mut complaints = Vec::new();
    for sql in shop.statements() {
        let text = sql.to_lowercase();
        for (word, why) in banned {
            if text.contains(word) {
                complaints.push(format!("{word:?} ({why}) in: {sql}"));
            }
        }
        if text.trim_start().starts_with("update") && text.contains(" from ") && !text.contains("select") {
            complaints.push(format!("update … from in: {sql}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What SQLite does to answer a statement, a line for each step.
fn plan(shop: &TestShop, sql: &'static str) -> Vec<String> {
    let explained: &'static str = format!("explain query plan {sql}").leak();
    let read = move |tx: &mut Tx<'_>| {
        tx.query(explained, &arguments(sql), |row| {
            let [_step, _above, _unused] = [row.next::<i64>()?, row.next::<i64>()?, row.next::<i64>()?];
            row.next::<String>()
        })
    };
    shop.wait(shop.app().db.read("plan", read)).unwrap_or_else(|error| panic!("{error:?} in: {sql}"))
}

/// Any value for each place of a statement that takes one.
fn arguments(sql: &str) -> Vec<Arg<'static>> {
    let (mut found, mut rest) = (Vec::new(), sql);
    while let Some(at) = rest.find(['?', '[']) {
        let (kind, taken) = match &rest[at..] {
            list if list.starts_with("[?]") => (Arg::List(vec![Arg::Int(1)]), 3),
            pairs if pairs.starts_with("[case") => (Arg::Pairs(vec![(1, 1)]), 5),
            _ => (Arg::Int(1), 1),
        };
        found.push(kind);
        rest = &rest[at + taken..];
    }
    found
}

/// Statements whose rows may be sorted before the first of them is given, by a part of their text, and what bounds those rows.
const SORTED: &[(&str, &str)] = &[
    ("between ? and ?", "an audit looks at a range of rows"),
    ("from parked_events", "dead letters that are due, each put aside after a failure"),
    ("from sessions", "the devices of a user"),
    ("from categories where parent_id = ?", "the two that a name may mean"),
    ("p.newest - ?", "the newest movements of each variant of a product, as many as are shown"),
    ("union all select s.id, s.created_at", "as many orders of each status as are shown"),
    ("created_at + 0", "the orders of a user"),
    ("from wrong_captures", "captures that a person has to look at"),
    ("select user_id from user_coupons", "one page, read when a gate is filled"),
    ("from user_coupons u join coupons c", "the coupons of a user"),
    ("from time_deals", "the deals that are not over"),
    ("from point_lots where user_id = ?", "the points of a user"),
    ("q.ask_at, q.delivery_id", "parcels that are due in the same millisecond"),
    ("from search_keywords", "the keywords of a few days, whose number is bounded"),
    ("from search_recent where user_id = ?", "the keywords of a user, whose number is bounded"),
    ("from search_rebuilds", "the instances of the last month"),
];

/// A page of a table that grows is read in the order of an index. Otherwise each page costs as much as the table is long, and reading
/// all of them its square, which no small shop shows.
#[test]
fn pages_are_read_in_the_order_of_an_index() {
    if testdb::wanted() != testdb::Kind::Sqlite {
        return testdb::skip("only SQLite explains its plans so");
    }
    let shop = TestShop::open();
    let (mut complaints, mut pages) = (Vec::new(), 0);
    for sql in shop.statements() {
        if !sql.trim_start().starts_with("select") || !sql.contains(" limit ") {
            continue;
        }
        pages += 1;
        let plan = plan(&shop, sql);
        let sorts = plan.iter().any(|step| step.starts_with("USE TEMP B-TREE FOR") && step.ends_with("ORDER BY"));
        if sorts && !SORTED.iter().any(|(part, _)| sql.contains(part)) {
            complaints.push(format!("{sql}\n    {}", plan.join("\n    ")));
        }
    }
    assert!(pages > 100, "only {pages} statements were looked at");
    assert!(complaints.is_empty(), "all rows are sorted for each page of:\n{}", complaints.join("\n"));
}
