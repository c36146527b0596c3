//! The rules of a return's life, and its SQL on a real database.

use crate::ops::{self, Approval};
use crate::returns::{
    Change, Kind, NewLine, NewReturn, Payer, Reason, Resolution, Return, Settlement, Status, in_time, units_left,
};
use crate::{MODULE, Settings};
use events::{ReturnChanged, ReturnRequested};
use fixture::{Fixture, user_id};
use kernel::{
    Clock, Code, Event as _, Money, OrderNumber, ProductId, Random, RefundId, Result, Timestamp, TrackingNumber,
    VariantId, Zone,
};
use ports::ManualClock;
use proptest::prelude::*;
use std::{ops::Deref, time::Duration};

fn order(n: u64) -> OrderNumber {
    OrderNumber::draw_on(&mut Random::seeded(n), ManualClock::default().now(), &Zone::utc())
}

fn line(number: i64, units: i64, bought: i64) -> NewLine {
    NewLine { number, product: ProductId::new(1), variant: VariantId::new(number), units, bought, replacement: None }
}

fn asked(n: u64, resolution: Resolution, lines: Vec<NewLine>) -> NewReturn {
    let replacement = |line: NewLine| match resolution {
        Resolution::Return => line,
        Resolution::Exchange => NewLine { replacement: Some(line.variant), ..line },
    };
    NewReturn {
        order: order(n),
        user: user_id(n),
        resolution,
        reason: Reason::Defective,
        description: Some("the handle is loose".to_owned()),
        payer: Payer::Shop,
        fee: Money::ZERO,
        lines: lines.into_iter().map(replacement).collect(),
    }
}

const GIVEN: Settlement = Settlement { amount: Money::minor(15_000), points: Money::minor(150) };

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

    fn asks(&self, new: NewReturn) -> Result<Return> {
        self.write(move |tx| ops::request(tx, new.clone(), "the buyer"))
    }

    fn approves(&self, one: Return) -> Result<Return> {
        let approval =
            Approval { payer: Payer::Buyer, fee: Money::minor(3_000), holds: one.resolution == Resolution::Exchange };
        self.write(move |tx| ops::approve(tx, one.clone(), approval, "admin"))
    }

    fn receives(&self, one: Return, restocked: &[(i64, i64)]) -> Result<Return> {
        let restocked = restocked.to_vec();
        self.write(move |tx| ops::receive(tx, one.clone(), &restocked, "admin"))
    }
}

#[test]
fn a_return_goes_from_its_request_to_its_refund() {
    let shop = Shop::open();
    let one = shop.asks(asked(1, Resolution::Return, vec![line(1, 2, 3), line(2, 1, 1)])).unwrap();
    assert_eq!((one.status.kind(), one.units()), (Kind::Requested, 3));
    let one = shop.approves(one).unwrap();
    assert_eq!((one.payer, one.fee), (Payer::Buyer, Money::minor(3_000)));
    let one = shop.write(move |tx| ops::collect(tx, one.clone(), Some("CJ대한통운 6891-2345-6789"), "admin")).unwrap();
    let one = shop.receives(one, &[(1, 1)]).unwrap();
    let received: Vec<_> = one.lines.iter().filter_map(|line| line.received).collect();
    let received: Vec<_> = received.iter().map(|line| (line.restocked, line.written_off)).collect();
    assert_eq!(received, [(1, 1), (1, 0)]);
    let number = one.number.clone();
    let refunded = shop.write(move |tx| {
        ops::remember_refunds(tx, &one.number, &[RefundId::new(7), RefundId::new(8)])?;
        let found = ops::of_refund(tx, RefundId::new(8))?.expect("it is remembered");
        ops::refunded(tx, found, GIVEN, "admin")
    });
    assert_eq!(refunded.unwrap().status.kind(), Kind::Refunded);
    let found = shop.write(move |tx| ops::find(tx, &number)).unwrap();
    assert!(matches!(found.status, Status::Refunded { given, .. } if given == GIVEN));
    assert!(found.milestones.approved_at.is_some() && found.milestones.received_at.is_some());
    let topics: Vec<_> = shop.events_of(order(1).as_str()).into_iter().map(|event| event.topic.to_string()).collect();
    let changed = ReturnChanged::TOPIC;
    assert_eq!(topics, [ReturnRequested::TOPIC, changed, changed, changed, changed]);
}

#[test]
fn an_exchange_ends_with_the_parcel_of_its_replacement() {
    let shop = Shop::open();
    let one = shop.asks(asked(1, Resolution::Exchange, vec![line(1, 1, 1)])).unwrap();
    let one = shop.approves(one).unwrap();
    assert!(one.replacement_held);
    let one = shop.receives(one, &[]).unwrap();
    let parcel: TrackingNumber = "TRK-23456789ABCD".parse().unwrap();
    let sent = parcel.clone();
    let one = shop.write(move |tx| ops::exchanged(tx, one.clone(), sent.clone(), "admin")).unwrap();
    assert!(!one.replacement_held);
    assert!(matches!(one.status, Status::Exchanged { parcel: found, .. } if found == parcel));
}

#[test]
fn no_more_units_are_sent_back_than_were_bought() {
    let shop = Shop::open();
    let first = shop.asks(asked(1, Resolution::Return, vec![line(1, 2, 3)])).unwrap();
    let refused = shop.asks(asked(1, Resolution::Return, vec![line(1, 2, 3)])).unwrap_err();
    assert_eq!(refused.code(), Code::ReturnQuantityExceeded);
    assert!(
        shop.asks(asked(2, Resolution::Return, vec![line(1, 2, 3)])).is_ok(),
        "another order's line is another line"
    );
    shop.write(move |tx| ops::reject(tx, first.clone(), "it was worn", "admin")).unwrap();
    assert!(shop.asks(asked(1, Resolution::Return, vec![line(1, 3, 3)])).is_ok(), "a rejected return keeps nothing");
}

#[test]
fn what_is_received_is_named_line_by_line() {
    let shop = Shop::open();
    let one = shop.asks(asked(1, Resolution::Return, vec![line(1, 2, 2)])).unwrap();
    let one = shop.approves(one).unwrap();
    for wrong in [&[(9, 1)][..], &[(1, 3)], &[(1, -1)], &[(1, 1), (1, 1)]] {
        assert_eq!(shop.receives(one.clone(), wrong).unwrap_err().code(), Code::InvalidInput, "{wrong:?}");
    }
    shop.receives(one.clone(), &[(1, 0)]).unwrap();
    assert_eq!(shop.receives(one, &[]).unwrap_err().code(), Code::OutdatedVersion, "as it was read before");
}

#[test]
fn lists_show_the_newest_first() {
    let shop = Shop::open();
    let made: Vec<_> = (1..=3).map(|n| shop.asks(asked(n, Resolution::Return, vec![line(1, 1, 1)])).unwrap()).collect();
    let first = made[0].clone();
    shop.write(move |tx| ops::withdraw(tx, first.clone(), "buyer")).unwrap();
    let page = |user: Option<u64>, statuses: Vec<Kind>| {
        let request = kernel::PageRequest::new(0, 2).unwrap();
        let user = user.map(user_id);
        let found = shop.write(move |tx| ops::page(tx, user.as_ref(), &statuses, request, None)).unwrap();
        found.content.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, Vec::new()), [made[2].id, made[1].id]);
    assert_eq!(page(None, vec![Kind::Withdrawn]), [made[0].id]);
    assert_eq!(page(Some(2), vec![Kind::Requested, Kind::Approved]), [made[1].id]);
    assert!(page(Some(2), vec![Kind::Refunded]).is_empty());
}

#[test]
fn the_audit_sees_what_is_broken() {
    let shop = Shop::open();
    for n in 1..=3 {
        shop.asks(asked(n, Resolution::Return, vec![line(1, 1, 1)])).unwrap();
    }
    let broken = shop.rules_broken_by(&[
        "update return_requests set status = 'REFUNDED' where id = 1",
        "delete from return_lines where return_id = 2",
        "update return_lines set restocked = 1 where return_id = 3",
    ]);
    assert_eq!(broken.len(), 3, "{broken:?}");
}

#[test]
fn the_reason_says_who_pays_and_for_how_long() {
    let settings = Settings { fee: Money::minor(3_000), ..Settings::default() };
    assert_eq!(settings.fee(Reason::ChangedMind.payer()), Money::minor(3_000));
    assert_eq!(settings.fee(Reason::WrongItem.payer()), Money::ZERO);
    let (arrived, day, zone) = (Timestamp::from_millis(0), Duration::from_secs(86_400), Zone::utc());
    let late = arrived.after(8 * day);
    let refused = in_time(arrived, settings.window(Reason::ChangedMind), late, &zone).unwrap_err();
    assert_eq!(refused.code(), Code::ReturnWindowOver);
    assert!(in_time(arrived, settings.window(Reason::Damaged), late, &zone).is_ok());
    assert!(in_time(arrived, settings.window(Reason::ChangedMind), arrived.after(7 * day), &zone).is_ok());
    assert!(units_left(&line(1, 2, 3), 1).is_ok());
    assert!(units_left(&line(1, 2, 3), 2).is_err());
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Approved),
        Just(Change::Collected),
        Just(Change::Received),
        Just(Change::Refunded(GIVEN)),
        Just(Change::Exchanged { parcel: "TRK-23456789ABCD".parse().unwrap() }),
        Just(Change::Rejected { reason: "worn".to_owned() }),
        Just(Change::Withdrawn),
    ]
}

proptest! {
    #[test]
    fn a_return_never_goes_back_and_ends_once(
        exchange in any::<bool>(),
        changes in prop::collection::vec(change(), 0..20),
    ) {
        let (now, kind) = (Timestamp::from_millis(7), if exchange { Resolution::Exchange } else { Resolution::Return });
        let (mut status, mut seen) = (Status::Requested, vec![Kind::Requested]);
        for change in changes {
            let wanted = change.kind();
            match status.step(kind, change, now) {
                Ok(next) => {
                    prop_assert!(status.ended_at().is_none());
                    prop_assert_eq!(next.kind(), wanted);
                    prop_assert!(!seen.contains(&wanted));
                    prop_assert!(wanted != Kind::Exchanged || exchange);
                    seen.push(wanted);
                    status = next;
                }
                Err(error) => prop_assert_eq!(error.code(), Code::InvalidReturnStatus),
            }
        }
        prop_assert!(status.kind() != Kind::Refunded || seen.contains(&Kind::Received));
    }
}
