//! The rules of a delivery's life, and its SQL on a real database.

use crate::delivery::{CARRIER, Delivery, Kind, Status};
use crate::{MIGRATIONS, ops, store};
use ::store::{Db, Settings, Tx, args, outbox};
use kernel::{Address, Clock, Code, OrderNumber, Random, Result, Timestamp, TrackingNumber, UserId, Zone};
use ports::ManualClock;
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};
use testdb::Space;

fn address() -> Address {
    Address {
        receiver_name: "김구매".to_owned(),
        receiver_phone: "010-0000-0000".to_owned(),
        zip_code: "04524".to_owned(),
        address1: "서울시 중구 세종대로 110".to_owned(),
        address2: Some("3층".to_owned()),
    }
}

fn order(n: u64) -> OrderNumber {
    OrderNumber::draw_on(&mut Random::seeded(n), ManualClock::default().now(), &Zone::utc())
}

fn buyer(n: u64) -> UserId {
    UserId::new(Random::seeded(n).uuid())
}

struct Shop {
    db: Db,
    clock: Arc<ManualClock>,
    _space: Space,
}

impl Shop {
    fn open() -> Shop {
        let space = Space::open();
        let clock = Arc::new(ManualClock::default());
        let db = Db::open(Settings::throwaway(space.url().parse().unwrap(), clock.clone())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(db.migrate([::store::MIGRATIONS, MIGRATIONS].concat())).unwrap();
        runtime.block_on(db.prepare_all(store::STATEMENTS.to_vec())).unwrap();
        Shop { db, clock, _space: space }
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.db.write_blocking("test", work)
    }

    fn create(&self, n: u64) -> Delivery {
        self.write(move |tx| ops::create(tx, &order(n), &buyer(n), &address())).unwrap()
    }

    fn becomes(&self, tracking: &TrackingNumber, to: Kind) -> Result<Delivery> {
        let tracking = tracking.clone();
        let zone = Zone::named("Asia/Seoul").unwrap();
        self.write(move |tx| ops::update(tx, &tracking, to, Some("옥천 HUB"), None, &zone))
    }

    fn cancel(&self, n: u64) -> Result<()> {
        self.write(move |tx| ops::cancel(tx, &order(n), "changed my mind"))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.write(store::audit).unwrap(), [], "the audit complains");
        }
    }
}

#[test]
fn an_order_has_one_delivery_however_often_it_is_made() {
    let shop = Shop::open();
    let first = shop.create(1);
    assert_eq!((first.status, first.carrier.as_str(), first.history.len()), (Status::Preparing, CARRIER, 1));
    assert_eq!(first.estimated_at, shop.clock.now().after(Duration::from_secs(3 * 86_400)));
    shop.clock.advance(Duration::from_secs(60));
    assert_eq!(shop.create(1), first);
    assert_ne!(shop.create(2).tracking, first.tracking);
}

#[test]
fn a_tracking_number_that_is_taken_is_drawn_again() {
    let shop = Shop::open();
    shop.write(|tx| {
        let made = ops::create(tx, &order(1), &buyer(1), &address())?;
        let next = TrackingNumber::draw(&mut tx.random().clone());
        tx.exec("update deliveries set tracking_number = ? where id = ?", args![next, made.id])?;
        let second = ops::create(tx, &order(2), &buyer(2), &address())?;
        assert_ne!(second.tracking, next);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_parcel_travels_and_its_history_tells() {
    let shop = Shop::open();
    let tracking = shop.create(1).tracking;
    for to in [Kind::Shipped, Kind::InTransit, Kind::Delivered] {
        shop.clock.advance(Duration::from_secs(3_600));
        shop.becomes(&tracking, to).unwrap();
    }
    let t = tracking.clone();
    let delivery = shop.write(move |tx| ops::find(tx, &t)).unwrap();
    assert_eq!(delivery.status, Status::Delivered { at: shop.clock.now() });
    let told: Vec<_> = delivery.history.iter().map(|entry| (entry.number, entry.status)).collect();
    let newest_first = [(4, Kind::Delivered), (3, Kind::InTransit), (2, Kind::Shipped), (1, Kind::Preparing)];
    assert_eq!(told, newest_first);
    shop.write(|tx| outbox::place(tx, 100)).unwrap();
    let facts = shop.write(|tx| outbox::of_key(tx, order(1).as_str(), 100)).unwrap();
    let topics: Vec<_> = facts.iter().map(|fact| fact.topic.trim_start_matches("shopping.delivery.")).collect();
    assert_eq!(topics, ["updated", "shipped", "updated", "updated", "delivered"]);
    assert!(facts[1].payload.contains(r#""estimatedDeliveryDate":"2026-02-09""#), "{}", facts[1].payload);
}

#[test]
fn only_a_parcel_that_is_not_shipped_is_cancelled_and_only_once() {
    let shop = Shop::open();
    assert!(shop.cancel(9).is_ok(), "an order without a delivery has nothing to cancel");
    let tracking = shop.create(1).tracking;
    assert_eq!(shop.becomes(&tracking, Kind::Cancelled).unwrap_err().code(), Code::InvalidDeliveryStatus);
    shop.cancel(1).unwrap();
    shop.cancel(1).unwrap();
    let t = tracking.clone();
    let delivery = shop.write(move |tx| ops::find(tx, &t)).unwrap();
    assert_eq!((delivery.status, delivery.history.len()), (Status::Cancelled, 2));
    assert_eq!(shop.becomes(&tracking, Kind::Shipped).unwrap_err().code(), Code::InvalidDeliveryStatus);
    let shipped = shop.create(2).tracking;
    shop.becomes(&shipped, Kind::Shipped).unwrap();
    assert_eq!(shop.cancel(2).unwrap_err().code(), Code::DeliveryCannotBeCancelled);
}

#[test]
fn unknown_parcels_and_endless_words_are_refused() {
    let shop = Shop::open();
    let nobody: TrackingNumber = "TRK-ZZZZZZZZZZZZ".parse().unwrap();
    assert_eq!(shop.becomes(&nobody, Kind::Shipped).unwrap_err().code(), Code::DeliveryNotFound);
    let tracking = shop.create(1).tracking;
    let refused = shop.write(move |tx| {
        let long = "가".repeat(256);
        ops::update(tx, &tracking, Kind::Shipped, Some(&long), None, &Zone::utc())
    });
    assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
}

#[test]
fn the_audit_sees_what_is_broken() {
    let shop = Shop::open();
    (1..=3).for_each(|n| drop(shop.create(n)));
    let damage = [
        "update deliveries set status = 'DELIVERED' where id = 1",
        "delete from delivery_history where delivery_id = 2",
    ];
    let found = shop
        .write(move |tx| {
            for sql in damage {
                tx.exec(sql, args![])?;
            }
            store::audit(tx)
        })
        .unwrap();
    let mut rules: Vec<_> = found.iter().map(|violation| violation.rule).collect();
    rules.sort_unstable();
    assert_eq!(rules.len(), 3, "{rules:?}");
    std::mem::forget(shop); // its audit would complain again
}

proptest! {
    #[test]
    fn a_delivery_never_stands_still_or_leaves_its_end(path in prop::collection::vec(0_usize..6, 0..12)) {
        let now = Timestamp::from_millis(7);
        let mut status = Status::Preparing;
        for next in path.into_iter().map(|n| Kind::ALL[n]) {
            if let Ok(after) = status.step(next, now) {
                prop_assert_eq!(after.kind(), next);
                prop_assert!(status != Status::Cancelled && status.kind() != Kind::Returned);
                prop_assert!(status.kind() != next);
                status = after;
            }
        }
    }
}
