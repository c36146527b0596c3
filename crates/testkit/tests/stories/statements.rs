//! Every statement of every module can be prepared, and is written so that all databases understand it.

use store::{Arg, Dialect};
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
