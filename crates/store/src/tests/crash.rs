//! A process that ends while it writes.

use super::shop::*;
use crate::{Db, Durability, args};
use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use testdb::Space;

const WRITERS: usize = 8;

/// The child process of the tests below: writes as fast as it can and prints what was confirmed, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by a test, as a process of its own"]
async fn child_that_writes() {
    let url = std::env::var("STORE_TEST_URL").unwrap();
    let round = std::env::var("STORE_TEST_ROUND").unwrap();
    let mut settings = settings(&url.parse().unwrap(), hand());
    settings.durability = Durability::Full;
    let db = Db::open(settings).unwrap();
    db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await.unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (db, round) = (db.clone(), round.clone());
            tokio::spawn(async move {
                for n in 0..20_000 {
                    let label = format!("{round}-{writer}-{n}");
                    let written = label.clone();
                    db.write("add", move |tx| add_loudly(tx, &label)).await.unwrap();
                    println!("confirmed {written}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

fn start(space: &Space, round: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::child_that_writes", "--ignored", "--nocapture"])
        .env("STORE_TEST_URL", space.url())
        .env("STORE_TEST_ROUND", round)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn confirmed(line: &str) -> Option<String> {
    line.strip_prefix("confirmed ").map(str::to_owned)
}

#[tokio::test]
async fn what_was_confirmed_is_there_after_kill_9() {
    let space = Space::open();
    let mut all_confirmed = HashSet::new();
    for round in 0..5_usize {
        let mut child = start(&space, &format!("r{round}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let enough = 50 + 170 * round;
        all_confirmed.extend(lines.by_ref().filter_map(|line| confirmed(&line)).take(enough));
        child.kill().unwrap();
        child.wait().unwrap();
        all_confirmed.extend(lines.filter_map(|line| confirmed(&line))); // what was printed before the end
        check(&space, &all_confirmed).await;
    }
    assert!(all_confirmed.len() > 1_900, "{} confirmed", all_confirmed.len());
}

#[tokio::test]
async fn a_crash_just_before_or_after_the_commit_loses_nothing_confirmed() {
    let space = Space::open();
    let mut all_confirmed = HashSet::new();
    for (round, point) in
        ["store.before-commit:20", "store.after-commit:20", "store.before-commit:3", "store.after-commit:3"]
            .into_iter()
            .enumerate()
    {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::crash::child_that_writes", "--ignored", "--nocapture"])
            .env("STORE_TEST_URL", space.url())
            .env("STORE_TEST_ROUND", format!("p{round}"))
            .env(crate::fault::VARIABLE, point)
            .output()
            .unwrap();
        assert!(!child.status.success(), "{point} was not reached");
        all_confirmed.extend(String::from_utf8_lossy(&child.stdout).lines().filter_map(confirmed));
        check(&space, &all_confirmed).await;
    }
}

/// Checks that every confirmed row is stored, and every row with its event.
async fn check(space: &Space, confirmed: &HashSet<String>) {
    let db = Db::open(settings(&space.url().parse().unwrap(), hand())).unwrap();
    db.migrate([crate::MIGRATIONS, &[TABLES]].concat()).await.unwrap();
    let (labels, payloads) = db
        .read("all", |tx| {
            let labels = tx.query("select label from jars order by id", args![], |row| row.get::<String>(0))?;
            let payloads = tx.query("select payload from outbox order by id", args![], |row| row.get::<String>(0))?;
            Ok((labels, payloads))
        })
        .await
        .unwrap();
    let stored: HashSet<&String> = labels.iter().collect();
    let lost: Vec<_> = confirmed.iter().filter(|label| !stored.contains(label)).collect();
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
    let expected: HashSet<String> = labels.iter().map(|label| format!(r#"{{"label":"{label}"}}"#)).collect();
    assert_eq!(payloads.len(), labels.len());
    assert_eq!(payloads.into_iter().collect::<HashSet<_>>(), expected, "events and changes are stored together");
    db.close().await;
}
