//! Reactions: exactly once in effect, failing events set aside, in order per key.

use super::shop::*;
use crate::reaction::{self, Applied};
use crate::{Reaction, Tx, args, dead_letter, outbox, subscriber};
use kernel::{Code, Event, PageRequest, Result};
use std::collections::BTreeSet;

const WHO: &str = "test.counter";

/// An event of which the tests emit none.
#[derive(serde::Serialize, serde::Deserialize)]
struct JarBroken;

impl Event for JarBroken {
    const TOPIC: &'static str = "test.jar.broken";
    fn key(&self) -> String {
        String::new()
    }
}

/// Notes the event in a jar with its label; panics on a label with `panic`, and fails on one with `poison` until there is a
/// jar `cure`.
fn note(tx: &mut Tx<'_>, event: &JarAdded) -> Result<()> {
    tx.exec(ADD, args![format!("noted-{}", event.label), 1_i64])?;
    if event.label.contains("panic") {
        panic!("poisoned");
    }
    if event.label.contains("poison") {
        let cured: i64 = tx.query_one("select count(*) from jars where label = ?", args!["cure"], |row| row.get(0))?;
        if cured == 0 {
            return Err(Code::Conflict.because("poisoned"));
        }
    }
    Ok(())
}

fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::on::<JarAdded>(WHO, note),
        Reaction::on::<JarAdded>("another", |_, _| Err(Code::Internal.error())),
        Reaction::on::<JarBroken>(WHO, |_, _| Err(Code::Internal.error())),
    ]
}

/// Applies up to `limit` events that come after the subscriber's position.
fn apply_next(tx: &mut Tx<'_>, reactions: &[Reaction], limit: i64) -> Result<Applied> {
    let position = subscriber::position(tx, WHO)?.unwrap_or(0);
    let events = outbox::after(tx, position, limit)?;
    let upto = events.last().map_or(position, |event| event.id);
    reaction::apply(tx, WHO, reactions, &events, upto)
}

async fn shop_with(labels: &'static [&'static str]) -> Shop {
    let shop = Shop::open().await;
    shop.db.write("emit", move |tx| labels.iter().try_for_each(|label| add_loudly(tx, label))).await.unwrap();
    shop.all_events().await;
    shop
}

async fn advance(shop: &Shop, limit: i64) -> Applied {
    shop.db.write("advance", move |tx| apply_next(tx, &reactions(), limit)).await.unwrap()
}

async fn retry(shop: &Shop) -> usize {
    shop.db.write("retry", |tx| reaction::retry_due(tx, WHO, &reactions(), 100)).await.unwrap()
}

async fn noted(shop: &Shop) -> Vec<String> {
    let labels = shop.labels().await;
    labels.into_iter().filter_map(|label| label.strip_prefix("noted-").map(str::to_owned)).collect()
}

async fn set_aside(shop: &Shop) -> Vec<(i64, i64, String)> {
    let request = PageRequest::new(0, 100).unwrap();
    let page = shop.db.read("list", move |tx| dead_letter::page(tx, request, None)).await.unwrap();
    let (rows, total) = (page.content, page.total_elements);
    assert_eq!(rows.len() as i64, total);
    rows.into_iter().map(|row| (row.event_id, row.attempts, row.status.name().to_owned())).collect()
}

fn retrying(rows: &[(i64, i64)]) -> Vec<(i64, i64, String)> {
    rows.iter().map(|(event, attempts)| (*event, *attempts, "RETRYING".to_owned())).collect()
}

#[tokio::test]
async fn an_event_has_its_effect_once_and_the_position_commits_with_it() {
    let shop = shop_with(&["a-1", "b-1", "a-2"]).await;
    assert_eq!(advance(&shop, 2).await, Applied { position: 2, set_aside: 0 });
    assert_eq!(advance(&shop, 2).await, Applied { position: 3, set_aside: 0 });
    assert_eq!(advance(&shop, 2).await, Applied { position: 3, set_aside: 0 });
    assert_eq!(noted(&shop).await, ["a-1", "b-1", "a-2"]);
}

#[tokio::test]
async fn a_transaction_that_fails_takes_back_effect_and_position_together() {
    let shop = shop_with(&["a-1"]).await;
    let lost = shop.db.write("lost", |tx| {
        apply_next(tx, &reactions(), 10)?;
        Err::<(), _>(refused())
    });
    assert!(lost.await.is_err());
    assert!(noted(&shop).await.is_empty());
    assert_eq!(advance(&shop, 10).await.position, 1);
    assert_eq!(noted(&shop).await, ["a-1"]);
}

#[tokio::test]
async fn events_that_were_read_before_are_not_applied_twice() {
    let shop = shop_with(&["a-1", "a-2", "a-3"]).await;
    let events = shop.all_events().await;
    assert_eq!(advance(&shop, 2).await.position, 2);
    for _ in 0..2 {
        let events = events.clone();
        let apply = move |tx: &mut Tx<'_>| reaction::apply(tx, WHO, &reactions(), &events, 3);
        shop.db.write("apply", apply).await.unwrap();
    }
    assert_eq!(noted(&shop).await, ["a-1", "a-2", "a-3"]);
}

#[tokio::test]
async fn an_event_that_fails_is_set_aside_with_what_follows_on_its_key_and_others_go_on() {
    let shop = shop_with(&["a-1", "a-poison", "b-1", "a-3", "b-panic", "c-1", "b-2"]).await;
    assert_eq!(advance(&shop, 100).await, Applied { position: 7, set_aside: 4 });
    assert_eq!(noted(&shop).await, ["a-1", "b-1", "c-1"], "a failed reaction leaves nothing behind");
    assert_eq!(set_aside(&shop).await, retrying(&[(2, 1), (4, 0), (5, 1), (7, 0)]));
    // a later event of a blocked key waits too, in another transaction
    shop.db.write("emit", |tx| add_loudly(tx, "a-late")).await.unwrap();
    shop.all_events().await;
    assert_eq!(advance(&shop, 100).await.set_aside, 1);
}

#[tokio::test]
async fn dead_letters_are_retried_in_order_until_attempts_are_spent_and_then_wait_for_a_person() {
    let shop = shop_with(&["a-poison", "a-2"]).await;
    advance(&shop, 100).await;
    assert_eq!(retry(&shop).await, 0, "not due yet");
    assert_eq!(set_aside(&shop).await, retrying(&[(1, 1), (2, 0)]));
    for attempts in 2..dead_letter::ATTEMPTS_MAX {
        shop.clock.passes(3_600);
        assert_eq!(retry(&shop).await, 0);
        assert_eq!(set_aside(&shop).await, retrying(&[(1, attempts), (2, 0)]));
    }
    shop.clock.passes(3_600);
    assert_eq!(retry(&shop).await, 0);
    assert_eq!(set_aside(&shop).await[0], (1, dead_letter::ATTEMPTS_MAX, "DEAD".to_owned()));
    shop.clock.passes(36_000);
    assert_eq!(retry(&shop).await, 0, "neither the dead one nor what waits behind it");

    let redeliver = |id: i64| {
        shop.db.write("redeliver", move |tx| {
            let letter = dead_letter::to_redeliver(tx, id)?;
            reaction::retry(tx, &reactions(), &letter)
        })
    };
    assert_eq!(code(redeliver(2).await), "C019", "the first of its key comes first");
    assert!(!redeliver(1).await.unwrap(), "still poisoned");
    assert_eq!(code(redeliver(99).await), "C003");
    shop.add("cure").await.unwrap();
    assert!(redeliver(1).await.unwrap());
    assert_eq!(retry(&shop).await, 1);
    assert_eq!(noted(&shop).await, ["a-poison", "a-2"]);
    assert!(set_aside(&shop).await.is_empty());
}

#[tokio::test]
async fn what_one_subscriber_does_because_of_one_event_commits_together() {
    fn add_second(tx: &mut Tx<'_>, event: &JarAdded) -> Result<()> {
        tx.exec(ADD, args![format!("second-{}", event.label), 1_i64])?;
        let cured: i64 = tx.query_one("select count(*) from jars where label = ?", args!["cure"], |row| row.get(0))?;
        if cured == 0 { Err(Code::Conflict.because("not yet")) } else { Ok(()) }
    }
    let both = || vec![Reaction::on::<JarAdded>(WHO, note), Reaction::on::<JarAdded>(WHO, add_second)];
    let shop = shop_with(&["a-1"]).await;
    let applied = shop.db.write("advance", move |tx| apply_next(tx, &both(), 10)).await.unwrap();
    assert_eq!(applied.set_aside, 1);
    assert!(noted(&shop).await.is_empty(), "the first reaction is undone with the second");
    shop.add("cure").await.unwrap();
    shop.clock.passes(2);
    assert_eq!(shop.db.write("retry", move |tx| reaction::retry_due(tx, WHO, &both(), 10)).await.unwrap(), 1);
    assert_eq!(shop.labels().await, ["a-1", "cure", "noted-a-1", "second-a-1"]);
}

#[tokio::test]
async fn dead_letters_of_one_subscriber_are_not_those_of_another() {
    let shop = shop_with(&["a-poison"]).await;
    advance(&shop, 100).await;
    shop.clock.passes(2);
    let others = shop.db.write("retry", |tx| reaction::retry_due(tx, "another", &reactions(), 100));
    assert_eq!(others.await.unwrap(), 0);
    let counts = shop.db.read("count", |tx| Ok((dead_letter::count(tx, WHO)?, dead_letter::count(tx, "another")?)));
    assert_eq!(counts.await.unwrap(), (1, 0));
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_set_aside() {
    let shop = shop_with(&["a-1"]).await;
    let spoil = "update outbox set payload = ? where topic = ?";
    shop.db.write("spoil", move |tx| tx.exec(spoil, args!["{}", JarAdded::TOPIC])).await.unwrap();
    assert_eq!(advance(&shop, 10).await, Applied { position: 1, set_aside: 1 });
}

/// What the event is about: the letter of its jar.
fn letter(event: &crate::StoredEvent) -> Result<Vec<String>> {
    Ok(vec![event.key.to_string()])
}

/// Notes which letters came together, and fails while one of them is poisoned.
fn note_together(tx: &mut Tx<'_>, letters: &BTreeSet<String>) -> Result<()> {
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    tx.exec(ADD, args![format!("noted-{}", letters.join("+")), 1_i64])?;
    if letters.contains(&"poison") { Err(Code::Conflict.because("poisoned")) } else { Ok(()) }
}

fn together() -> Reaction {
    Reaction::works_out::<JarAdded, String>(WHO, letter, note_together)
}

async fn advance_together(shop: &Shop) -> Applied {
    shop.db.write("advance", |tx| apply_next(tx, &[together()], 100)).await.unwrap()
}

#[tokio::test]
async fn what_many_events_of_a_batch_are_about_is_worked_out_once() {
    let shop = shop_with(&["a-1", "b-1", "a-2"]).await;
    assert_eq!(advance_together(&shop).await, Applied { position: 3, set_aside: 0 });
    assert_eq!(noted(&shop).await, ["a+b"]);
}

#[tokio::test]
async fn a_transaction_takes_events_until_they_are_about_too_many_keys() {
    let shop = shop_with(&["a-1", "b-1", "a-2", "c-1", "d-1"]).await;
    let events = shop.db.read("events", |tx| outbox::after(tx, 0, 100)).await.unwrap();
    let fitting = |most| together().fitting(&events, most);
    assert_eq!((fitting(1), fitting(2), fitting(3), fitting(9)), (1, 3, 4, 5));
    assert_eq!(reactions()[0].fitting(&events, 2), 2, "two events of a reaction that is run for each");
}

#[tokio::test]
async fn of_a_batch_that_fails_only_the_broken_event_is_set_aside() {
    let shop = shop_with(&["a-1", "poison-1", "c-1"]).await;
    assert_eq!(advance_together(&shop).await, Applied { position: 3, set_aside: 1 });
    assert_eq!(noted(&shop).await, ["a", "c"]);
}
