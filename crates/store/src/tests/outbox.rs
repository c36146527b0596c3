//! Facts stored with the change they tell of.

use super::shop::*;
use crate::outbox;
use kernel::Result;

#[tokio::test]
async fn facts_are_told_in_the_order_they_were_emitted_and_wake_the_relay() {
    let shop = Shop::open().await;
    let mut newest = shop.db.newest_event();
    assert_eq!(*newest.borrow_and_update(), 0);
    let three = shop.db.write("three", |tx| ["a-1", "b-1", "a-2"].iter().try_for_each(|label| add_loudly(tx, label)));
    three.await.unwrap();
    newest.changed().await.unwrap();
    assert_eq!(*newest.borrow_and_update(), 1, "one commit told something");
    shop.db.write("one", |tx| add_loudly(tx, "c-1")).await.unwrap();
    shop.db.write("silent", |tx| add(tx, "silent")).await.unwrap();

    let told = shop.told().await;
    let ids: Vec<i64> = told.iter().map(|fact| fact.id).collect();
    let keys: Vec<&str> = told.iter().map(|fact| &*fact.key).collect();
    assert_eq!((ids, keys), (vec![1, 2, 3, 4], vec!["a", "b", "a", "c"]));
    assert!(told.iter().all(|fact| *fact.topic == *"test.jar.added"));

    let (of_a, two, before) = shop
        .db
        .read("looks", |tx| Ok((outbox::of_key(tx, "a", 10)?, outbox::find(tx, 2)?, outbox::before(tx, 3, 10)?)))
        .await
        .unwrap();
    assert_eq!(of_a.iter().map(|fact| fact.id).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(before.iter().map(|fact| fact.id).collect::<Vec<_>>(), [2, 1]);
    #[derive(serde::Deserialize)]
    struct Label {
        label: String,
    }
    assert_eq!(two.unwrap().read::<Label>().unwrap().label, "b-1");
}

#[tokio::test]
async fn ids_grow_even_after_everything_was_forgotten() {
    let shop = Shop::open().await;
    let tell = |label: &'static str| shop.db.write("tell", move |tx| add_loudly(tx, label));
    tell("a-1").await.unwrap();
    tell("a-2").await.unwrap();
    shop.told().await;
    shop.clock.passes(3_600);
    let now = kernel::Clock::now(&*shop.clock);
    assert_eq!(
        shop.db.write("forget", move |tx| outbox::remove_old(tx, 1, now)).await.unwrap(),
        1,
        "one was not heard yet"
    );
    assert_eq!(shop.db.write("forget", move |tx| outbox::remove_old(tx, 2, now)).await.unwrap(), 0, "the newest stays");
    tell("a-3").await.unwrap();
    shop.told().await;
    assert_eq!(shop.db.read("newest", outbox::newest).await.unwrap(), 3);
}

#[tokio::test]
async fn young_facts_are_kept() {
    let shop = Shop::open().await;
    shop.db.write("old", |tx| add_loudly(tx, "a-1")).await.unwrap();
    shop.clock.passes(60);
    let now = kernel::Clock::now(&*shop.clock);
    shop.db.write("young", |tx| add_loudly(tx, "a-2").and_then(|()| add_loudly(tx, "a-3"))).await.unwrap();
    shop.told().await;
    assert_eq!(shop.db.write("forget", move |tx| outbox::remove_old(tx, 3, now)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_a_bug_found_at_once() {
    let shop = Shop::open().await;
    let long: Result<()> = shop.db.write("long", |tx| tx.emit(&JarAdded { label: "x".repeat(101) })).await;
    assert_eq!(code(long), "C001");
}
