//! Consumers: exactly once in effect, poison aside, in order per key.

use super::shop::*;
use crate::{Envelope, Reaction, Tx, args, consumer, consumer::Advanced};
use kernel::{Code, Result};

const WHO: &str = "test.counter";
const TOPIC: &str = "test.jar.added";

/// Counts the fact in a jar named after its key; fails on a label that ends in `poison` until that jar is cured.
fn count(tx: &mut Tx<'_>, fact: &Envelope) -> Result<()> {
    let heard = format!("heard-{}-{}", fact.key, fact.id);
    tx.exec(ADD, args![heard, fact.id])?;
    if fact.payload.contains("panic") {
        panic!("poisoned");
    }
    if fact.payload.contains("poison") {
        let cured: i64 = tx.query_one("select count(*) from jars where label = ?", args!["cure"], |row| row.get(0))?;
        if cured == 0 {
            return Err(Code::Conflict.because("poisoned"));
        }
    }
    Ok(())
}

const REACTIONS: &[Reaction] = &[
    Reaction { consumer: WHO, topic: TOPIC, run: count },
    Reaction { consumer: "somebody.else", topic: TOPIC, run: |_, _| Err(Code::Internal.error()) },
    Reaction { consumer: WHO, topic: "another.topic", run: |_, _| Err(Code::Internal.error()) },
];

async fn shop_with(labels: &'static [&'static str]) -> Shop {
    let shop = Shop::open().await;
    shop.db.write("tell", move |tx| labels.iter().try_for_each(|label| add_loudly(tx, label))).await.unwrap();
    shop.told().await;
    shop
}

async fn advance(shop: &Shop, limit: i64) -> Advanced {
    shop.db.write("advance", move |tx| consumer::advance(tx, WHO, REACTIONS, limit)).await.unwrap()
}

async fn retry(shop: &Shop) -> usize {
    shop.db.write("retry", |tx| consumer::retry_due(tx, REACTIONS, 100)).await.unwrap()
}

async fn heard(shop: &Shop) -> Vec<String> {
    let labels = shop.labels().await;
    labels.into_iter().filter_map(|label| label.strip_prefix("heard-").map(str::to_owned)).collect()
}

async fn parked(shop: &Shop) -> Vec<(i64, i64, String)> {
    let (rows, total) = shop.db.read("list", |tx| consumer::list(tx, 100, 0)).await.unwrap();
    assert_eq!(rows.len() as i64, total);
    rows.into_iter().map(|row| (row.event_id, row.attempts, row.status)).collect()
}

fn retrying(rows: &[(i64, i64)]) -> Vec<(i64, i64, String)> {
    rows.iter().map(|(event, attempts)| (*event, *attempts, "RETRYING".to_owned())).collect()
}

#[tokio::test]
async fn a_fact_has_its_effect_once_and_the_position_goes_with_it() {
    let shop = shop_with(&["a-1", "b-1", "a-2"]).await;
    assert_eq!(advance(&shop, 2).await, Advanced { position: 2, seen: 2, parked: 0 });
    assert_eq!(advance(&shop, 2).await, Advanced { position: 3, seen: 1, parked: 0 });
    assert_eq!(advance(&shop, 2).await, Advanced { position: 3, seen: 0, parked: 0 });
    assert_eq!(heard(&shop).await, ["a-1", "b-2", "a-3"]);
}

#[tokio::test]
async fn a_transaction_that_fails_takes_back_effect_and_position_together() {
    let shop = shop_with(&["a-1"]).await;
    let lost = shop.db.write("lost", |tx| {
        consumer::advance(tx, WHO, REACTIONS, 10)?;
        Err::<(), _>(refused())
    });
    assert!(lost.await.is_err());
    assert!(heard(&shop).await.is_empty());
    assert_eq!(advance(&shop, 10).await.position, 1);
    assert_eq!(heard(&shop).await, ["a-1"]);
}

#[tokio::test]
async fn facts_read_elsewhere_are_not_applied_twice() {
    let shop = shop_with(&["a-1", "a-2", "a-3"]).await;
    let facts = shop.told().await;
    assert_eq!(advance(&shop, 2).await.position, 2);
    for _ in 0..2 {
        let facts = facts.clone();
        shop.db.write("apply", move |tx| consumer::apply(tx, WHO, REACTIONS, &facts, 3)).await.unwrap();
    }
    assert_eq!(heard(&shop).await, ["a-1", "a-2", "a-3"]);
}

#[tokio::test]
async fn poison_waits_aside_with_what_follows_on_its_key_and_others_go_on() {
    let shop = shop_with(&["a-1", "a-poison", "b-1", "a-3", "b-panic", "c-1", "b-2"]).await;
    assert_eq!(advance(&shop, 100).await, Advanced { position: 7, seen: 7, parked: 4 });
    assert_eq!(heard(&shop).await, ["a-1", "b-3", "c-6"], "a failed reaction leaves nothing behind");
    assert_eq!(parked(&shop).await, retrying(&[(2, 1), (4, 0), (5, 1), (7, 0)]));
    // a later fact of a blocked key waits too, in another transaction
    shop.db.write("tell", |tx| add_loudly(tx, "a-late")).await.unwrap();
    shop.told().await;
    assert_eq!(advance(&shop, 100).await.parked, 1);
}

#[tokio::test]
async fn parked_facts_are_tried_again_in_order_until_they_are_dead_and_then_wait_for_a_person() {
    let shop = shop_with(&["a-poison", "a-2"]).await;
    advance(&shop, 100).await;
    assert_eq!(retry(&shop).await, 0, "not due yet");
    assert_eq!(parked(&shop).await, retrying(&[(1, 1), (2, 0)]));
    for attempts in 2..consumer::ATTEMPTS_MAX {
        shop.clock.passes(3_600);
        assert_eq!(retry(&shop).await, 0);
        assert_eq!(parked(&shop).await, retrying(&[(1, attempts), (2, 0)]));
    }
    shop.clock.passes(3_600);
    assert_eq!(retry(&shop).await, 0);
    assert_eq!(parked(&shop).await[0], (1, consumer::ATTEMPTS_MAX, "DEAD".to_owned()));
    shop.clock.passes(36_000);
    assert_eq!(retry(&shop).await, 0, "neither the dead one nor what waits behind it");

    let redeliver = |id: i64| shop.db.write("redeliver", move |tx| consumer::redeliver(tx, REACTIONS, id));
    assert_eq!(code(redeliver(2).await), "C019", "the first of its key comes first");
    assert!(!redeliver(1).await.unwrap(), "still poisoned");
    assert_eq!(code(redeliver(99).await), "C003");
    shop.add("cure").await.unwrap();
    assert!(redeliver(1).await.unwrap());
    assert_eq!(retry(&shop).await, 1);
    assert_eq!(heard(&shop).await, ["a-1", "a-2"]);
    assert!(parked(&shop).await.is_empty());
}

#[tokio::test]
async fn what_one_consumer_does_because_of_one_fact_is_done_together() {
    fn add_second(tx: &mut Tx<'_>, fact: &Envelope) -> Result<()> {
        tx.exec(ADD, args![format!("second-{}", fact.id), 1_i64])?;
        let cured: i64 = tx.query_one("select count(*) from jars where label = ?", args!["cure"], |row| row.get(0))?;
        if cured == 0 { Err(Code::Conflict.because("not yet")) } else { Ok(()) }
    }
    const BOTH: &[Reaction] = &[
        Reaction { consumer: WHO, topic: TOPIC, run: count },
        Reaction { consumer: WHO, topic: TOPIC, run: add_second },
    ];
    let shop = shop_with(&["a-1"]).await;
    let advanced = shop.db.write("advance", |tx| consumer::advance(tx, WHO, BOTH, 10)).await.unwrap();
    assert_eq!(advanced.parked, 1);
    assert!(heard(&shop).await.is_empty(), "the first reaction is undone with the second");
    shop.add("cure").await.unwrap();
    shop.clock.passes(2);
    assert_eq!(shop.db.write("retry", |tx| consumer::retry_due(tx, BOTH, 10)).await.unwrap(), 1);
    assert_eq!(shop.labels().await, ["a-1", "cure", "heard-a-1", "second-1"]);
}

#[tokio::test]
async fn the_slowest_consumer_says_what_everyone_has_heard() {
    let shop = shop_with(&["a-1", "a-2"]).await;
    assert_eq!(shop.db.read("heard", consumer::heard_by_all).await.unwrap(), 0);
    advance(&shop, 10).await;
    shop.db.write("slow", |tx| consumer::set_position(tx, "slow", 1)).await.unwrap();
    assert_eq!(shop.db.read("heard", consumer::heard_by_all).await.unwrap(), 1);
}
