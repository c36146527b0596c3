//! What holds when the journal of the simulated gateway begins another file: nothing is charged twice, everything is found and
//! listed once, whatever moment a process ends at.

use super::conformance::{self, approval, refund_of, request};
use super::journal::{FILES_MAX, Journal};
use super::simulated::{Settings, Simulated, keys};
use super::tests::Keys;
use super::{ChargeState, Gateway, Listing, Moved, Movement, Outcome, Period};
use crate::ManualClock;
use kernel::{Clock, Money, Timestamp};
use std::{
    collections::HashSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

fn opened(folder: &Path, file_charges: usize) -> Simulated {
    let journal = Some(folder.join("gateway.ndjson"));
    Simulated::open(Settings { seed: Some(3), journal, file_charges, ..Settings::default() }).unwrap()
}

fn closed_files(folder: &Path) -> usize {
    super::closed::numbers(&folder.join("gateway.ndjson")).unwrap().len()
}

/// Charges, and waits until a file that this closed has its index, so that a test knows how many files there are.
async fn approved(gateway: &Simulated, key: &str, payment_key: &str) -> String {
    let transaction = approves(gateway, key, payment_key).await;
    indexed(gateway);
    transaction
}

fn indexed(gateway: &Simulated) {
    gateway.inside(|ledger| ledger.journal.iter_mut().for_each(Journal::wait_for_indexes));
}

async fn approves(gateway: &Simulated, key: &str, payment_key: &str) -> String {
    match gateway.charge(&request(key, payment_key)).await {
        Outcome::Approved { transaction, .. } => transaction,
        other => panic!("{key}: {other:?}"),
    }
}

async fn listed(gateway: &Simulated, period: Period) -> (Vec<Moved>, Option<Timestamp>) {
    let (mut moved, mut after, mut since) = (Vec::new(), None, None);
    loop {
        let Listing::Page(page) = gateway.list(period, after.as_deref()).await else { panic!("there is a list") };
        moved.extend(page.moved);
        since = if after.is_none() { page.since } else { since };
        match page.next {
            Some(next) => after = Some(next),
            None => return (moved, since),
        }
    }
}

fn always() -> Period {
    Period { from: Timestamp::from_millis(0), to: Timestamp::from_millis(i64::MAX) }
}

#[tokio::test]
async fn the_gateway_conforms_when_every_few_charges_begin_another_file() {
    for file_charges in [1, 2, 5] {
        let folder = tempfile::tempdir().unwrap();
        let gateway = opened(folder.path(), file_charges);
        conformance::all(&gateway, &Keys, "one").await;
        assert!(closed_files(folder.path()) > 0, "a file goes on while the one before it gets its index");
        conformance::all(&opened(folder.path(), file_charges), &Keys, "two").await;
    }
}

#[tokio::test]
async fn what_is_in_closed_files_is_asked_repeated_and_refunded_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = opened(folder.path(), 4);
    let pay = approved(&gateway, "pay", keys::APPROVE).await;
    let declined = gateway.charge(&request("declined", "decline-expired-card")).await;
    assert_eq!(gateway.charge(&request("lost", keys::TIMEOUT_UNCHARGED)).await, Outcome::Unknown);
    assert_eq!(gateway.charge(&request("pending", keys::PENDING)).await, Outcome::Pending);
    let slow = approved(&gateway, "slow", keys::REFUND_PENDING).await;
    let slow_refund = refund_of("slow/1", "slow", &slow, 5_000);
    assert_eq!(gateway.refund(&slow_refund).await, Outcome::Pending);
    let part = |key: &str, amount| refund_of(key, "pay", &pay, amount);
    let first = gateway.refund(&part("pay/1", 900)).await;
    for n in 0..40 {
        approved(&gateway, &format!("other {n}"), keys::APPROVE).await;
    }
    assert!(closed_files(folder.path()) >= 10);
    drop(gateway);
    let gateway = opened(folder.path(), 4);
    assert_eq!(gateway.of_key("pay").await, Some(approval(&pay)));
    assert_eq!(gateway.charge(&request("pay", keys::APPROVE)).await, approval(&pay));
    assert_eq!(gateway.charge(&request("declined", keys::APPROVE)).await, declined);
    assert_eq!((gateway.of_key("lost").await, gateway.of_key("never").await), (None, None));
    approved(&gateway, "lost", keys::TIMEOUT_UNCHARGED).await;
    assert_eq!(gateway.of_key("pending").await, Some(Outcome::Pending));
    assert!(matches!(gateway.of_key("pending").await, Some(Outcome::Approved { .. })));
    assert_eq!(gateway.refund(&part("pay/1", 900)).await, first);
    assert!(matches!(gateway.refund(&part("pay/2", 12_001)).await, Outcome::Declined(_)), "900 of 12,900 went back");
    assert!(matches!(gateway.refund(&part("pay/3", 12_000)).await, Outcome::Approved { .. }));
    assert!(matches!(gateway.refund(&part("pay/4", 1)).await, Outcome::Declined(_)));
    for _ in 0..2 {
        gateway.refund_of_key("slow/1").await;
    }
    assert!(matches!(gateway.refund_of_key("slow/1").await, Some(Outcome::Approved { .. })));
    let charges = gateway.charges().unwrap();
    assert_eq!(charges.len(), 45, "each charge once");
    let of = |key: &str| charges.iter().find(|charge| charge.key == key).unwrap();
    assert_eq!((of("pay").refunded(), of("slow").refunded()), (Money::minor(12_900), Money::minor(5_000)));
    assert!(matches!(of("pending").state, ChargeState::Captured { .. }));
    // the list has each movement once, whichever files it is in
    let (moved, since) = listed(&gateway, always()).await;
    let names: HashSet<_> = moved.iter().map(|one| (one.movement, one.transaction.clone())).collect();
    assert_eq!((moved.len(), names.len(), since), (47, 47, None), "44 captures and 3 refunds");
    assert!(gateway.inside(|ledger| ledger.open.len()) <= 4, "no more is in memory than one file has");
}

#[tokio::test]
async fn a_period_lists_what_moved_in_it_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_770_000_000_000)));
    let gateway = opened(folder.path(), 3).with_clock(Arc::clone(&clock) as _);
    let mut transactions = Vec::new();
    for n in 0..20 {
        transactions.push(approved(&gateway, &format!("pay {n}"), keys::APPROVE).await);
        clock.advance(Duration::from_secs(60));
    }
    let refunded_at = clock.now();
    let refund = refund_of("r", "pay 0", &transactions[0], 7);
    gateway.refund(&refund).await;
    let minute = |n: u64| Timestamp::from_millis(1_770_000_000_000).after(Duration::from_secs(60 * n));
    let (moved, _) = listed(&gateway, Period { from: minute(5), to: minute(9) }).await;
    let found: Vec<_> = moved.iter().map(|one| one.transaction.clone()).collect();
    assert_eq!(found, transactions[5..9]);
    let (moved, _) = listed(&gateway, Period { from: refunded_at, to: always().to }).await;
    assert_eq!(
        moved.iter().map(|one| (one.movement, one.amount)).collect::<Vec<_>>(),
        [(Movement::Refunded, Money::minor(7))]
    );
}

#[tokio::test]
async fn the_oldest_files_are_forgotten_and_the_list_says_since_when() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_770_000_000_000)));
    let gateway = opened(folder.path(), 1).with_clock(Arc::clone(&clock) as _);
    let charges = FILES_MAX + 6;
    for n in 0..charges {
        approved(&gateway, &format!("pay {n}"), keys::APPROVE).await;
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(closed_files(folder.path()), FILES_MAX);
    let oldest = Timestamp::from_millis(1_770_000_000_000).after(Duration::from_secs(6));
    for gateway in [gateway, opened(folder.path(), 1)] {
        let (moved, since) = listed(&gateway, always()).await;
        assert_eq!((moved.len(), since), (FILES_MAX, Some(oldest)));
        assert_eq!(gateway.of_key("pay 5").await, None, "forgotten");
        assert!(gateway.of_key("pay 6").await.is_some(), "kept");
    }
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1 + 2 * FILES_MAX, "the journal, and each closed file with its index");
}

#[tokio::test]
async fn several_instances_see_each_others_files() {
    let folder = tempfile::tempdir().unwrap();
    let gateways = [opened(folder.path(), 3), opened(folder.path(), 3), opened(folder.path(), 1_000)];
    for n in 0..60 {
        let key = format!("pay {n}");
        let first = approved(&gateways[n % 3], &key, keys::APPROVE).await;
        for gateway in &gateways {
            assert_eq!(gateway.charge(&request(&key, keys::APPROVE)).await, approval(&first));
        }
        let earlier = format!("pay {}", n / 2);
        assert!(gateways[(n + 1) % 3].of_key(&earlier).await.is_some(), "{earlier}");
    }
    for gateway in &gateways {
        assert_eq!(gateway.charges().unwrap().len(), 60);
    }
}

fn copied(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

/// What a process leaves that ends at each moment of closing this journal, and of an older version's way to do it.
fn unfinished(folder: &Path) -> Vec<(String, tempfile::TempDir)> {
    const CLOSED: &[u8] = b"{\"did\":\"closed\"}\n";
    let read = |folder: &Path, end: &str| fs::read(folder.join(format!("gateway.ndjson{end}"))).unwrap();
    let with = |from: &Path, files: &[(&str, &[u8])]| {
        let folder = copied(from);
        for (end, bytes) in files {
            fs::write(folder.path().join(format!("gateway.ndjson{end}")), bytes).unwrap();
        }
        folder
    };
    // the next open closes the file
    let whole = copied(folder);
    drop(opened(whole.path(), 5));
    assert_eq!(closed_files(whole.path()), 1);
    let files = ["", ".0", ".0.index"].map(|end| read(whole.path(), end));
    let (begun, closed, index) = (&files[0][..], &files[1][..], &files[2][..]);
    let lines = [read(folder, ""), CLOSED.to_vec()].concat();
    let lines = &lines[..];
    let renamed = with(folder, &[(".0", lines)]);
    fs::remove_file(renamed.path().join("gateway.ndjson")).unwrap();
    let half = &closed[..closed.len() / 2];
    let mut states: Vec<(String, tempfile::TempDir)> = vec![
        ("it is closed, and not renamed".into(), with(folder, &[("", lines)])),
        ("it is renamed, and there is no other".into(), copied(renamed.path())),
        ("half of the records are written".into(), with(renamed.path(), &[("", begun), (".0.tmp", half)])),
        (
            "the records are written, half of the index is".into(),
            with(renamed.path(), &[("", begun), (".0.tmp", closed), (".0.index.tmp", &index[..index.len() / 2])]),
        ),
        (
            "both are written, and do not have their names".into(),
            with(renamed.path(), &[("", begun), (".0.tmp", closed), (".0.index.tmp", index)]),
        ),
        (
            "only the index has its name".into(),
            with(renamed.path(), &[("", begun), (".0.tmp", closed), (".0.index", index)]),
        ),
        ("an older version: half of the closed file is written".into(), with(folder, &[(".0.tmp", half)])),
        ("an older version: it is written, its index is not".into(), with(folder, &[(".0", closed)])),
        (
            "an older version: the journal is not emptied yet".into(),
            with(folder, &[(".0", closed), (".0.index", index)]),
        ),
        ("an older version: the index is missing".into(), with(whole.path(), &[(".0.index", &b""[..])])),
    ];
    for length in 1..CLOSED.len() {
        let cut = &lines[..lines.len() - CLOSED.len() + length];
        states.push((format!("{length} bytes of the last line are written"), with(folder, &[("", cut)])));
    }
    for length in 0..begun.len() {
        let next = with(whole.path(), &[("", &begun[..length])]);
        states.push((format!("{length} bytes of the next file are written"), next));
    }
    for bytes in [&index[..index.len() - 1], b"nonsense"] {
        states.push((format!("an index of {} bytes", bytes.len()), with(whole.path(), &[(".0.index", bytes)])));
    }
    states
}

/// What a process leaves that ends at each moment of beginning another file.
#[tokio::test]
async fn a_process_that_ends_while_it_begins_another_file_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = opened(folder.path(), 1_000);
    let mut known = Vec::new();
    for n in 0..10 {
        known.push((format!("pay {n}"), approved(&gateway, &format!("pay {n}"), keys::APPROVE).await));
    }
    gateway.charge(&request("lost", keys::TIMEOUT_UNCHARGED)).await;
    drop(gateway);
    for (what, folder) in unfinished(folder.path()) {
        // twice, because what is opened first may repair something
        for round in 0..2 {
            let gateway = opened(folder.path(), 5 + 1_000 * round);
            for (key, transaction) in &known {
                let again = gateway.charge(&request(key, keys::APPROVE)).await;
                assert_eq!(again, approval(transaction), "{what}: {key}");
            }
            approved(&gateway, &format!("new {round}"), keys::APPROVE).await;
            let (moved, _) = listed(&gateway, always()).await;
            assert_eq!(moved.len(), 11 + round, "{what}");
            assert_eq!(gateway.of_key("lost").await, None, "{what}");
        }
        let gateway = opened(folder.path(), 5);
        approved(&gateway, "lost", keys::TIMEOUT_UNCHARGED).await;
    }
}

/// Another instance goes on after one has ended while it began another file.
#[tokio::test]
async fn an_unfinished_closed_file_is_replaced_with_all_that_came_later() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = opened(folder.path(), 3);
    approved(&gateway, "one", keys::APPROVE).await;
    let left = copied(folder.path());
    approved(&gateway, "two", keys::APPROVE).await;
    // as if it had been closed after the first charge, and an older version had ended before it emptied the journal
    drop(opened(left.path(), 1));
    fs::copy(left.path().join("gateway.ndjson.0"), folder.path().join("gateway.ndjson.0")).unwrap();
    fs::copy(left.path().join("gateway.ndjson.0.index"), folder.path().join("gateway.ndjson.0.index")).unwrap();
    let other = opened(folder.path(), 3);
    approved(&other, "three", keys::APPROVE).await;
    assert_eq!(closed_files(folder.path()), 1);
    for key in ["one", "two", "three"] {
        assert!(gateway.of_key(key).await.is_some() && other.of_key(key).await.is_some(), "{key}");
    }
    assert_eq!(listed(&gateway, always()).await.0.len(), 3);
}

/// The child of the test below: charges until it is killed, and says each approval.
#[tokio::test]
#[ignore = "started by a test, as a process of its own"]
async fn child_that_charges() {
    let folder = PathBuf::from(std::env::var("PORTS_TEST_FOLDER").unwrap());
    let from: usize = std::env::var("PORTS_TEST_FROM").unwrap().parse().unwrap();
    let gateway = opened(&folder, 4);
    for n in from..from + 100_000 {
        let key = format!("pay {n}");
        println!("{key}={}", approves(&gateway, &key, keys::APPROVE).await);
    }
}

/// Charges, repetitions, lookups, refunds and the list do not wait for the index of the file before.
#[tokio::test]
#[expect(
    clippy::await_holding_lock,
    reason = "only the thread that makes indexes waits for it, which is what is tested"
)]
async fn payments_go_on_while_a_file_gets_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = opened(folder.path(), 10);
    let hold = gateway.inside(|ledger| Arc::clone(&ledger.journal.as_ref().unwrap().hold));
    let holding = hold.lock();
    let mut transactions = Vec::new();
    for n in 0..25 {
        transactions.push(approves(&gateway, &format!("pay {n}"), keys::APPROVE).await);
    }
    let is_indexed =
        |gateway: &Simulated| gateway.inside(|ledger| ledger.journal.as_ref().is_some_and(Journal::is_indexed));
    assert!(!is_indexed(&gateway) && !folder.path().join("gateway.ndjson.0.index").exists());
    assert_eq!(closed_files(folder.path()), 1, "the next file goes on until the first one has its index");
    let again = gateway.charge(&request("pay 3", keys::APPROVE)).await;
    assert_eq!(again, approval(&transactions[3]));
    let refund = refund_of("r", "pay 4", &transactions[4], 7);
    assert!(matches!(gateway.refund(&refund).await, Outcome::Approved { .. }));
    assert_eq!(listed(&gateway, always()).await.0.len(), 26);
    assert_eq!(gateway.charges().unwrap().len(), 25);
    // another instance, which has not seen the file before it was closed, writes the index itself
    let other = opened(folder.path(), 1_000);
    assert!(folder.path().join("gateway.ndjson.0.index").exists());
    for gateway in [&other, &gateway] {
        assert_eq!(gateway.of_key("pay 9").await, Some(approval(&transactions[9])));
        assert_eq!(listed(gateway, always()).await.0.len(), 26);
    }
    drop(holding);
    indexed(&gateway);
    approved(&gateway, "pay 25", keys::APPROVE).await;
    assert_eq!((is_indexed(&gateway), closed_files(folder.path())), (true, 2));
    assert_eq!(listed(&gateway, always()).await.0.len(), 27);
    assert_eq!(other.of_key("pay 25").await, gateway.of_key("pay 25").await);
}

/// An instance that has read a file to its end needs nothing but the name of the next one.
#[tokio::test]
async fn instances_go_on_together_when_one_of_them_closes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (opened(folder.path(), 5), opened(folder.path(), 1_000));
    for n in 0..23 {
        let gateway = if n % 2 == 0 { &one } else { &other };
        let transaction = approves(gateway, &format!("pay {n}"), keys::APPROVE).await;
        for gateway in [&one, &other] {
            let found = gateway.of_key(&format!("pay {n}")).await;
            assert_eq!(found, Some(approval(&transaction)));
        }
    }
    for gateway in [&one, &other] {
        indexed(gateway);
        assert_eq!(listed(gateway, always()).await.0.len(), 23);
    }
}

#[tokio::test]
async fn killed_processes_lose_no_charge_that_they_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let mut confirmed: Vec<(String, String)> = Vec::new();
    for round in 0..8_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "gateway::rotation_tests::child_that_charges", "--ignored", "--nocapture"])
            .env("PORTS_TEST_FOLDER", folder.path())
            .env("PORTS_TEST_FROM", (round * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = child.stdout.take().unwrap();
        tokio::time::sleep(Duration::from_millis(150 + 37 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        // a last line without its end was not said as a whole
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let lines = whole.lines().filter(|line| line.starts_with("pay "));
        confirmed.extend(lines.filter_map(|line| line.split_once('=')).map(|(key, drawn)| (key.into(), drawn.into())));
    }
    assert!(confirmed.len() > 100, "{} charges", confirmed.len());
    let gateway = opened(folder.path(), 4);
    let kept = closed_files(folder.path()) * 4;
    for (key, transaction) in confirmed.iter().rev().take(kept.saturating_sub(8)) {
        assert_eq!(gateway.of_key(key).await, Some(approval(transaction)), "{key}");
    }
    let (moved, _) = listed(&gateway, always()).await;
    let names: HashSet<_> = moved.iter().map(|one| one.transaction.clone()).collect();
    assert_eq!(names.len(), moved.len(), "nothing is charged twice");
}
