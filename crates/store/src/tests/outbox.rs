//! Events stored with the change that they report.

use super::shop::*;
use crate::outbox;
use kernel::Result;

#[tokio::test]
async fn events_keep_the_order_of_their_emission_and_wake_the_relay() {
    let shop = Shop::open().await;
    let mut newest = shop.db.newest_event();
    assert_eq!(*newest.borrow_and_update(), 0);
    let three = shop.db.write("three", |tx| ["a-1", "b-1", "a-2"].iter().try_for_each(|label| add_loudly(tx, label)));
    three.await.unwrap();
    newest.changed().await.unwrap();
    assert_eq!(*newest.borrow_and_update(), 1, "one commit had events");
    shop.db.write("one", |tx| add_loudly(tx, "c-1")).await.unwrap();
    shop.db.write("silent", |tx| add(tx, "silent")).await.unwrap();

    let events = shop.all_events().await;
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let keys: Vec<&str> = events.iter().map(|event| &*event.key).collect();
    assert_eq!((ids, keys), (vec![1, 2, 3, 4], vec!["a", "b", "a", "c"]));
    assert!(events.iter().all(|event| *event.topic == *"test.jar.added"));

    let (of_a, two, before) = shop
        .db
        .read("looks", |tx| Ok((outbox::of_key(tx, "a", 10)?, outbox::find(tx, 2)?, outbox::before(tx, 3, 10)?)))
        .await
        .unwrap();
    assert_eq!(of_a.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(before.iter().map(|event| event.id).collect::<Vec<_>>(), [2, 1]);
    #[derive(serde::Deserialize)]
    struct Label {
        label: String,
    }
    assert_eq!(two.unwrap().read::<Label>().unwrap().label, "b-1");
}

#[tokio::test]
async fn sequence_numbers_grow_even_after_old_events_were_removed() {
    let shop = Shop::open().await;
    let emit = |label: &'static str| shop.db.write("emit", move |tx| add_loudly(tx, label));
    emit("a-1").await.unwrap();
    emit("a-2").await.unwrap();
    shop.all_events().await;
    shop.clock.passes(3_600);
    let now = kernel::Clock::now(&*shop.clock);
    assert_eq!(
        shop.db.write("forget", move |tx| outbox::remove_old(tx, 1, now)).await.unwrap(),
        1,
        "the other one is not dealt with yet"
    );
    assert_eq!(shop.db.write("forget", move |tx| outbox::remove_old(tx, 2, now)).await.unwrap(), 0, "the newest stays");
    emit("a-3").await.unwrap();
    shop.all_events().await;
    assert_eq!(shop.db.read("newest", outbox::newest).await.unwrap(), 3);
}

#[tokio::test]
async fn young_events_are_kept() {
    let shop = Shop::open().await;
    shop.db.write("old", |tx| add_loudly(tx, "a-1")).await.unwrap();
    shop.clock.passes(60);
    let now = kernel::Clock::now(&*shop.clock);
    shop.db.write("young", |tx| add_loudly(tx, "a-2").and_then(|()| add_loudly(tx, "a-3"))).await.unwrap();
    shop.all_events().await;
    assert_eq!(shop.db.write("forget", move |tx| outbox::remove_old(tx, 3, now)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_that_is_too_long_is_a_bug() {
    let shop = Shop::open().await;
    let long: Result<()> = shop.db.write("long", |tx| tx.emit(&JarAdded { label: "x".repeat(101) })).await;
    assert_eq!(code(long), "C001");
}
