//! A real shop moves from one database to another, by the command as its users run it.

use ports::SystemClock;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::Arc,
};
use store::{Db, Settings, args};
use testdb::{Kind, Space};
use testkit::{OldShop, Program, TestShop};

const BINARY: &str = env!("CARGO_BIN_EXE_holdfast");

/// Runs `holdfast` in a folder with these settings instead of those in the environment of the tests.
fn holdfast(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOLDFAST_")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).current_dir(folder);
    command.args(["-o", "log.filter=error"]).args(arguments).output().expect("it runs")
}

/// Runs it and wants this exit code; gives what it said.
fn exits(code: i32, folder: &Path, arguments: &[&str]) -> String {
    let output = holdfast(folder, &[], arguments);
    said(code, &output, arguments)
}

fn said(code: i32, output: &Output, arguments: &[&str]) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?} said: {text}");
    text
}

fn migrated(space: &Space) {
    exits(0, space.folder(), &["-o", &format!("database.url={}", space.url()), "migrate"]);
}

/// A shop after a played-through day: orders paid, cancelled, refunded and under way.
fn shop(folder: &Path) -> String {
    exits(0, folder, &["demo", "--once", "--data", "demo"]);
    format!("sqlite:{}", folder.join("demo/holdfast.db").display())
}

/// A shop with one product and its stock.
fn small_shop(folder: &Path) -> String {
    let url = format!("sqlite:{}", folder.join("small.db").display());
    let option = format!("database.url={url}");
    exits(0, folder, &["-o", &option, "migrate"]);
    fs::write(folder.join("goods.csv"), "sku,name,price,stock\nMUG-1,Mug,9000,5\n").unwrap();
    exits(0, folder, &["-o", &option, "import", "goods.csv"]);
    url
}

fn changed(url: &str, sql: &'static str) {
    let db = Db::open(Settings::of(url.parse().unwrap(), Arc::new(SystemClock))).unwrap();
    assert_eq!(db.write_blocking("by hand", move |tx| tx.exec(sql, args![])).unwrap(), 1);
    db.close_blocking();
}

/// The lines of a report about tables, without the outbox, which has one more column on servers.
fn tables(report: &str) -> Vec<&str> {
    let counted = report.lines().filter(|line| line.contains(" rows ") && line.contains(" kB "));
    counted.filter(|line| !line.contains("outbox")).collect()
}

/// These tests go to every database that is installed, so that the run without HOLDFAST_TEST_DB plays them all.
fn skipped() -> bool {
    let again = testdb::wanted() != Kind::Sqlite;
    if again {
        testdb::skip("the run without HOLDFAST_TEST_DB copies between all databases");
    }
    again
}

#[test]
fn a_shop_goes_to_every_database_and_back() {
    if skipped() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut from = shop(home.path());
    let servers = [Kind::Postgres, Kind::MySql, Kind::Sqlite].map(Space::on);
    let mut before: Option<String> = None;
    for space in servers.iter().flatten() {
        let copy = ["copy", "--from", &from, "--to", space.url()];
        if space.kind() != Kind::Sqlite {
            let text = exits(3, home.path(), &copy);
            assert!(text.contains("there is no shop in it") && text.contains("holdfast migrate"), "{text}");
        }
        migrated(space);
        let text = exits(0, home.path(), &copy);
        for part in ["0 broken promises in the source", "0 broken promises in the target", "the same on both sides"] {
            assert!(text.contains(part), "{part} is missing: {text}");
        }
        assert!(tables(&text).len() > 15, "{text}");
        if let Some(before) = &before {
            assert_eq!(tables(before), tables(&text));
        }
        before = Some(text);
        from = space.url().to_owned();
    }
    if let Some(missing) = servers.iter().find_map(|space| space.as_ref().err()) {
        testdb::skip(missing);
    }
    // life goes on where it arrived: new rows get new ids
    let last = ["-o", &format!("database.url={from}")];
    fs::write(home.path().join("goods.csv"), "sku,name,price,stock\nNEW-1,Mug,9000,5\n").unwrap();
    let text = exits(0, home.path(), &[&last[..], &["import", "goods.csv"]].concat());
    assert!(text.contains("1 created"), "{text}");
    // the gateway has its own records and images are files, which no copy moves
    let journal = format!("gateway.journal={}", home.path().join("demo/gateway.ndjson").display());
    let images = format!("media.folder={}", home.path().join("demo/media").display());
    exits(0, home.path(), &[&last[..], &["-o", &journal, "-o", &images, "audit"]].concat());
}

#[test]
fn a_shop_of_an_earlier_version_goes_to_another_database() {
    if skipped() {
        return;
    }
    let ways = [(Kind::Sqlite, Kind::Postgres), (Kind::Postgres, Kind::MySql), (Kind::MySql, Kind::Sqlite)];
    for (old, (from, to)) in OldShop::all().iter().flat_map(|old| ways.map(|way| (old, way))) {
        let (source, target) = match (old.restored(from), Space::on(to)) {
            (Ok(source), Ok(target)) => (source, target),
            (Err(missing), _) | (_, Err(missing)) => {
                testdb::skip(missing);
                continue;
            }
        };
        comes_to_rest(&source);
        migrated(&target);
        let text = exits(0, target.folder(), &["copy", "--from", source.url(), "--to", target.url()]);
        for part in ["0 broken promises in the source", "0 broken promises in the target"] {
            assert!(text.contains(part), "a shop of {}: {text}", old.commit());
        }
    }
}

/// The present program opens the shop, months later, and finishes what was going on in it.
fn comes_to_rest(space: &Space) {
    let shop = TestShop::adopt(space.url(), &space.folder().join("gateway.ndjson"));
    shop.settle();
    for letter in shop.window().texts("select concat('', id) from parked_events") {
        shop.admin().post(format!("/admin/events/{letter}/redeliver"), serde_json::json!({})).must("200");
    }
    shop.close();
}

#[test]
fn an_unsafe_copy_is_refused_and_a_broken_promise_is_reported() {
    if skipped() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let from = small_shop(home.path());
    let space = Space::on(Kind::Postgres).or_else(|_| Space::on(Kind::MySql));
    let space = space.unwrap_or_else(|_| Space::on(Kind::Sqlite).expect("a folder"));
    migrated(&space);
    let folder = home.path();
    let copy = ["copy", "--from", &from, "--to", space.url()];
    exits(0, folder, &copy);
    assert!(exits(3, folder, &copy).contains("--replace"), "the target is not empty");
    assert!(exits(2, folder, &["copy", "--from", &from, "--to", &from, "--replace"]).contains("the same database"));
    assert!(exits(2, folder, &["copy", "--from", "shop.db", "--to", space.url()]).contains("--from"));
    let text = exits(3, folder, &["copy", "--from", "sqlite:none.db", "--to", space.url(), "--replace"]);
    assert!(text.contains("no such file") && !folder.join("none.db").exists(), "{text}");

    // a promise that the shop has broken is broken in the copy, too, and the report shows both
    changed(&from, "update inventory_snapshots set available = available + 1 where id = 1");
    let variables = [("HOLDFAST_COPY_FROM", from.as_str()), ("HOLDFAST_COPY_TO", space.url())];
    let text = said(1, &holdfast(folder, &variables, &["copy", "--replace"]), &["copy", "--replace"]);
    assert!(
        text.contains("BROKEN in the source, inventory") && text.contains("BROKEN in the target, inventory"),
        "{text}"
    );

    if space.kind() == Kind::Sqlite {
        return testdb::skip("a server on a SQLite file is not detected");
    }
    let program = Program::on(BINARY, space.folder(), space.url());
    let process = program.start(None).expect("it serves");
    let text = exits(3, folder, &["copy", "--from", space.url(), "--to", &from, "--replace"]);
    assert!(text.contains("is being served") && text.contains("stop every"), "{text}");
    process.kill();
}

#[test]
fn a_schema_that_was_changed_by_hand_is_reported() {
    if skipped() {
        return;
    }
    let space = Space::open();
    migrated(&space);
    let url = format!("database.url={}", space.url());
    let db = Db::open(Settings::of(space.url().parse().unwrap(), Arc::new(SystemClock))).unwrap();
    let by_hand = "create table notes (note varchar(20))";
    db.write_blocking("by hand", move |tx| tx.exec(by_hand, args![])).unwrap();
    db.close_blocking();
    let text = exits(3, space.folder(), &["-o", &url, "migrate"]);
    assert!(text.contains("table notes is in no migration") && text.contains("try:"), "{text}");
}
