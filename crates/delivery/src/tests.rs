//! Deliveries on a real database.

use crate::carrier::{Carrier, Waybill};
use crate::delivery::{CARRIER, Delivery, Kind, NewParcel, Packed, Purpose, Status, rest};
use crate::{MODULE, ops};
use ::store::args;
use events::{DeliveryDelivered, DeliveryShipped, DeliveryUpdated};
use fixture::{Fixture, user_id};
use kernel::{Address, Clock, Code, Event as _, OrderNumber, Random, Result, TrackingNumber, Zone};
use ports::ManualClock;
use std::{ops::Deref, time::Duration};

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

struct Shop(Fixture);

impl Deref for Shop {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Shop {
    fn open() -> Shop {
        Shop(Fixture::of(&[MODULE]))
    }

    fn create(&self, n: u64) -> Delivery {
        self.write(move |tx| ops::create(tx, &order(n), &user_id(n), &address(), None)).unwrap()
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
        let made = ops::create(tx, &order(1), &user_id(1), &address(), None)?;
        let next = TrackingNumber::draw(&mut tx.random().clone(), tx.now());
        tx.exec("update deliveries set tracking_number = ? where id = ?", args![next, made.id])?;
        let second = ops::create(tx, &order(2), &user_id(2), &address(), None)?;
        assert_ne!(second.tracking, next);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_history_of_a_parcel_has_every_status_newest_first() {
    let shop = Shop::open();
    let tracking = shop.create(1).tracking;
    for to in [Kind::Shipped, Kind::InTransit, Kind::Delivered] {
        shop.clock.advance(Duration::from_secs(3_600));
        shop.becomes(&tracking, to).unwrap();
    }
    let t = tracking.clone();
    let delivery = shop.write(move |tx| ops::find(tx, &t)).unwrap();
    assert_eq!(delivery.status, Status::Delivered { at: shop.clock.now() });
    let history: Vec<_> = delivery.history.iter().map(|entry| (entry.number, entry.status)).collect();
    let newest_first = [(4, Kind::Delivered), (3, Kind::InTransit), (2, Kind::Shipped), (1, Kind::Preparing)];
    assert_eq!(history, newest_first);
    let events = shop.events_of(order(1).as_str());
    let (updated, shipped, delivered) = (DeliveryUpdated::TOPIC, DeliveryShipped::TOPIC, DeliveryDelivered::TOPIC);
    let topics: Vec<&str> = events.iter().map(|event| &*event.topic).collect();
    assert_eq!(topics, [updated, shipped, updated, updated, delivered]);
    assert!(events[1].payload.contains(r#""estimatedDeliveryDate":"2026-02-09""#), "{}", events[1].payload);
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
fn further_parcels_say_what_is_in_them_and_the_first_has_the_rest() {
    let shop = Shop::open();
    let first = shop.create(1);
    let (bought, packed) = ([Packed { line: 1, units: 3 }, Packed { line: 2, units: 1 }], Packed { line: 1, units: 2 });
    let add = move |purpose| {
        move |tx: &mut ::store::Tx<'_>| {
            let (order, user, address) = (order(1), user_id(1), address());
            let new =
                NewParcel { order: &order, user: &user, address: &address, memo: None, purpose, lines: vec![packed] };
            ops::add(tx, new)
        }
    };
    let second = shop.write(add(Purpose::Order)).unwrap();
    let third = shop.write(add(Purpose::Exchange)).unwrap();
    assert_eq!((first.parcel, second.parcel, third.parcel), (1, 2, 3));
    let all = shop.write(|tx| ops::all_of_order(tx, &order(1))).unwrap();
    assert_eq!(all.iter().map(|parcel| parcel.lines.len()).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(rest(&bought, &all), [Packed { line: 1, units: 1 }, Packed { line: 2, units: 1 }]);
    assert_eq!(shop.create(1).tracking, first.tracking);
    shop.cancel(1).unwrap();
    let all = shop.write(|tx| ops::all_of_order(tx, &order(1))).unwrap();
    let statuses: Vec<_> = all.iter().map(|parcel| parcel.status).collect();
    assert_eq!(
        statuses,
        [Status::Cancelled, Status::Cancelled, Status::Preparing],
        "a replacement is no goods of the order"
    );
}

#[test]
fn the_number_of_a_carrier_can_be_corrected_until_the_parcel_comes_back() {
    let shop = Shop::open();
    let tracking = shop.create(1).tracking;
    let waybill = Waybill::checked(Carrier::Hanjin, "5123-4567-8901").unwrap();
    let set = |tracking: TrackingNumber, waybill: Waybill| {
        shop.write(move |tx| ops::set_waybill(tx, &tracking, waybill.clone()))
    };
    let parcel = set(tracking.clone(), waybill.clone()).unwrap();
    assert_eq!((parcel.carrier.as_str(), parcel.history.len()), ("한진택배", 2));
    assert_eq!(
        set(tracking.clone(), waybill.clone()).unwrap().history.len(),
        2,
        "the same number again changes nothing"
    );
    for to in [Kind::Shipped, Kind::InTransit, Kind::Delivered] {
        shop.becomes(&tracking, to).unwrap();
    }
    let t = tracking.clone();
    let parcel = shop.write(move |tx| ops::find(tx, &t)).unwrap();
    assert_eq!(parcel.waybill, Some(waybill));
    let other = Waybill::checked(Carrier::Logen, "12345678901").unwrap();
    let parcel = set(tracking.clone(), other.clone()).unwrap();
    assert_eq!((parcel.status.kind(), parcel.waybill), (Kind::Delivered, Some(other)), "what was wrong is corrected");
    let asked = shop.write(|tx| ops::to_ask(tx, 9)).unwrap();
    assert!(asked.is_empty(), "no one asks about a parcel that has arrived: {asked:?}");
    shop.becomes(&tracking, Kind::Returned).unwrap();
    let again = Waybill::checked(Carrier::Logen, "12345678902").unwrap();
    assert_eq!(set(tracking, again).unwrap_err().code(), Code::InvalidDeliveryStatus);
}

#[test]
fn unknown_parcels_and_endless_texts_are_refused() {
    let shop = Shop::open();
    let unknown: TrackingNumber = "TRK-ZZZZZZZZZZZZ".parse().unwrap();
    assert_eq!(shop.becomes(&unknown, Kind::Shipped).unwrap_err().code(), Code::DeliveryNotFound);
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
    let broken = shop.rules_broken_by(&[
        "update deliveries set status = 'DELIVERED' where id = 1",
        "update deliveries set version = 2 where id = 2",
    ]);
    assert_eq!(broken.len(), 3, "{broken:?}");
}
