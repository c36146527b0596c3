//! The simulated gateway passes the checks of every gateway, and keeps the promises that only it makes.

use super::conformance::{self, Case, Script, refund_of, request};
use super::simulated::{Settings, Simulated, keys};
use super::{ChargeRequest, ChargeState, Gateway, InTime, Outcome};
use kernel::Money;
use std::{collections::HashSet, time::Duration};

/// The payment keys of the simulated gateway, for the checks of every gateway.
pub(super) struct Keys;

impl Script for Keys {
    fn payment_key(&self, case: Case, _: &ChargeRequest) -> Option<String> {
        let key = match case {
            Case::Approve => keys::APPROVE,
            Case::Decline => "decline-card-declined",
            Case::LostAnswer => keys::TIMEOUT_CHARGED,
            Case::LostRequest => keys::TIMEOUT_UNCHARGED,
            Case::Pending => keys::PENDING,
            Case::Deposit => keys::DEPOSIT,
            Case::DepositNever => keys::DEPOSIT_NEVER,
            Case::WrongAmount => keys::WRONG_AMOUNT,
            Case::RefundDeclined => keys::REFUND_DECLINED,
            Case::RefundLostAnswer => keys::REFUND_TIMEOUT,
            Case::RefundLostRequest => keys::REFUND_TIMEOUT_UNDONE,
        };
        Some(key.to_owned())
    }
}

fn in_file(folder: &tempfile::TempDir) -> Simulated {
    let journal = Some(folder.path().join("gateway.ndjson"));
    Simulated::open(Settings { seed: Some(3), journal, ..Settings::default() }).unwrap()
}

#[tokio::test]
async fn the_simulated_gateway_conforms() {
    conformance::all(&Simulated::in_memory(1), &Keys, "memory").await;
    let folder = tempfile::tempdir().unwrap();
    conformance::all(&in_file(&folder), &Keys, "file").await;
    let limited = InTime::new(Simulated::approving(), Duration::from_secs(5));
    conformance::all(&limited, &Keys, "in time").await;
}

#[tokio::test]
async fn its_records_survive_the_shop() {
    let folder = tempfile::tempdir().unwrap();
    let before = in_file(&folder);
    conformance::all(&before, &Keys, "before").await;
    let approved = before.charge(&request("one", keys::APPROVE)).await;
    assert_eq!(before.charge(&request("two", keys::PENDING)).await, Outcome::Pending);
    assert_eq!(before.charge(&request("three", keys::TIMEOUT_UNCHARGED)).await, Outcome::Unknown);
    let records = before.charges();
    drop(before); // as it was at any instant: every line is written before its answer is given

    let after = in_file(&folder);
    assert_eq!(after.charges(), records);
    assert_eq!(after.of_key("one").await, Some(approved));
    assert_eq!(after.of_key("two").await, Some(Outcome::Pending));
    assert!(matches!(after.of_key("two").await, Some(Outcome::Approved { .. })));
    assert_eq!(after.of_key("three").await, None);
    assert!(matches!(after.charge(&request("three", keys::TIMEOUT_UNCHARGED)).await, Outcome::Approved { .. }));
}

#[tokio::test]
async fn each_refusal_can_be_forced() {
    let gateway = Simulated::approving();
    for (payment_key, code, text) in keys::DECLINES {
        match gateway.charge(&request(payment_key, payment_key)).await {
            Outcome::Declined(decline) => assert_eq!(decline.to_string(), format!("{code}: {text}")),
            other => panic!("{payment_key}: {other:?}"),
        }
    }
    let lost = request("lost", keys::TIMEOUT_DECLINED);
    assert_eq!(gateway.charge(&lost).await, Outcome::Unknown);
    assert!(matches!(gateway.of_key("lost").await, Some(Outcome::Declined(_))));
    assert_eq!(gateway.charge(&request("later", keys::PENDING_DECLINED)).await, Outcome::Pending);
    assert_eq!(gateway.of_key("later").await, Some(Outcome::Pending));
    assert!(matches!(gateway.of_key("later").await, Some(Outcome::Declined(_))));
}

#[tokio::test]
async fn an_answer_that_comes_twice_is_one_capture() {
    let gateway = Simulated::approving();
    let wanted = request("twice", keys::ANSWER_TWICE);
    let (first, second) = tokio::join!(gateway.charge(&wanted), gateway.charge(&wanted));
    assert_eq!(first, second);
    let records = gateway.charges().unwrap();
    assert_eq!(records.len(), 1);
    assert!(matches!(&records[0].state, ChargeState::Captured { transaction } if transaction.len() == 15));
}

#[tokio::test]
async fn a_refund_that_is_pending_counts_against_what_is_left() {
    let gateway = Simulated::approving();
    let Outcome::Approved { transaction, .. } = gateway.charge(&request("a", keys::REFUND_PENDING)).await else {
        panic!()
    };
    let refund = |key: &str, amount: i64| refund_of(key, "a", &transaction, amount);
    assert_eq!(gateway.refund(&refund("a/1", 12_000)).await, Outcome::Pending);
    assert!(matches!(gateway.refund(&refund("a/2", 1_000)).await, Outcome::Declined(_)));
    assert_eq!(gateway.refund(&refund("a/3", 900)).await, Outcome::Pending);
    assert_eq!(gateway.charges().unwrap()[0].refunded(), Money::ZERO);
    for key in ["a/3", "a/1"] {
        assert_eq!(gateway.refund_of_key(key).await, Some(Outcome::Pending));
        assert!(matches!(gateway.refund_of_key(key).await, Some(Outcome::Approved { .. })));
    }
    assert_eq!(gateway.charges().unwrap()[0].refunded(), Money::minor(12_900));
}

#[tokio::test]
async fn outcomes_depend_on_seed_and_key_only() {
    let outcomes = async |seed: u64, reversed: bool| {
        let gateway = Simulated::in_memory(seed);
        let mut keys: Vec<String> = (0..2_000).map(|n| format!("saga-{n}")).collect();
        if reversed {
            keys.reverse();
        }
        let mut outcomes = Vec::new();
        for key in &keys {
            outcomes.push((key.clone(), gateway.charge(&request(key, "")).await));
        }
        outcomes.sort_by(|(a, _), (b, _)| a.cmp(b));
        outcomes
    };
    let forward = outcomes(1, false).await;
    assert_eq!(forward, outcomes(1, true).await, "the order of arrival does not matter");
    assert_ne!(forward, outcomes(2, false).await);
    let approved = forward.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Approved { .. })).count();
    assert!((1_740..=1_860).contains(&approved), "nine in ten, not {approved} in 2,000");
    let reasons: HashSet<_> = forward
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Outcome::Declined(decline) => Some(decline.code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), keys::DECLINES.len());
}

#[tokio::test]
async fn a_gateway_that_is_away_says_nothing_and_does_nothing() {
    let gateway = Simulated::approving();
    gateway.be_away(true);
    assert_eq!(gateway.charge(&request("a", keys::APPROVE)).await, Outcome::Unknown);
    assert_eq!(gateway.of_key("a").await, Some(Outcome::Unknown));
    gateway.be_away(false);
    assert_eq!(gateway.of_key("a").await, None);
    assert_eq!(gateway.charges(), Some(Vec::new()));
}

#[tokio::test]
async fn an_answer_that_is_too_late_is_unknown() {
    let (latency_min, latency_max) = (Duration::from_millis(200), Duration::from_millis(200));
    let slow = Simulated::open(Settings { latency_min, latency_max, ..Settings::default() }).unwrap();
    let gateway = InTime::new(slow, Duration::from_millis(5));
    assert_eq!(gateway.charge(&request("a", keys::APPROVE)).await, Outcome::Unknown);
    assert_eq!(gateway.look_up(&request("a", keys::APPROVE)).await, Some(Outcome::Unknown));
    assert_eq!(gateway.charges().unwrap()[0].captured(), Money::minor(12_900), "although it was taken");
}
