//! Time deals in the shop's language, on a real database: what this domain promises without prices, stock and orders.

use crate::MODULE;
use crate::deal::{Close, Content, Deal, Offer, Status};
use crate::ops::{self, Buying, Changed};
use ::store::Tx;
use events::{TimeDealChanged, TimeDealEnded, TimeDealStarted};
use fixture::{Fixture, at_once, user_id};
use kernel::{
    Clock, Code, Error, Event as _, Money, OrderNumber, ProductId, Quantity, Result, TimeDealId, TimeDealProductId,
    Timestamp, VariantId,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Ten units, two for each user, from now for an hour.
fn content(shop: &Fixture) -> Content {
    let now = shop.clock.now();
    let offer = Offer {
        product: ProductId::new(1),
        variant: VariantId::new(1),
        price: Money::minor(700),
        units: 10,
        per_user: 2,
    };
    let (name, offers) = ("Lunch".to_owned(), vec![offer]);
    Content { name, description: None, starts_at: now, ends_at: now.after(HOUR), held_apart: true, offers }
}

fn made(shop: &Fixture, content: Content) -> Deal {
    shop.write(move |tx| ops::create(tx, None, content.clone())).unwrap()
}

fn product(deal: &Deal) -> TimeDealProductId {
    deal.products[0].id
}

fn order(n: u64) -> OrderNumber {
    format!("ORD-20260206-{n:08}").parse().unwrap()
}

fn buys(tx: &mut Tx<'_>, deal: TimeDealProductId, user: u64, n: u64, units: i64) -> Result<bool> {
    let version = ops::offered(tx, deal)?.product.version;
    buys_as_read(tx, deal, version, user, n, units)
}

/// Buys what was read when the deal's product had this version.
fn buys_as_read(tx: &mut Tx<'_>, deal: TimeDealProductId, version: i64, user: u64, n: u64, units: i64) -> Result<bool> {
    let (order, units) = (order(n), Quantity::new(units)?);
    let buying = Buying {
        product: deal,
        per_user: 2,
        user: user_id(user),
        order: &order,
        product_name: "mug",
        units,
        unit_price: Money::minor(700),
        version,
    };
    ops::take(tx, &buying)
}

fn sold(shop: &Fixture, id: TimeDealId) -> i64 {
    shop.read(move |tx| ops::find(tx, id)).unwrap().products[0].sold
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.map_err(|error: Error| error.code()).unwrap_err()
}

#[test]
fn an_order_takes_its_units_once_and_gives_them_back_once() {
    let shop = Fixture::of(&[MODULE]);
    let deal = made(&shop, content(&shop));
    let product = product(&deal);
    let take = move |tx: &mut Tx<'_>| buys(tx, product, 1, 2, 2);
    assert!(shop.write(take).unwrap());
    assert!(!shop.write(take).unwrap(), "the same order");
    assert_eq!(sold(&shop, deal.id), 2);
    assert_eq!(code(shop.write(move |tx| buys(tx, product, 1, 3, 1))), Code::TimeDealPurchaseLimitExceeded);
    let back = shop.write(|tx| ops::give_back(tx, &order(2))).unwrap().unwrap();
    assert!(back.is_held);
    assert_eq!(shop.write(|tx| ops::give_back(tx, &order(2))).unwrap(), None);
    assert_eq!(shop.write(|tx| ops::give_back(tx, &order(9))).unwrap(), None, "it bought in no deal");
    assert_eq!(sold(&shop, deal.id), 0);
    assert!(shop.write(move |tx| buys(tx, product, 1, 3, 2)).unwrap());
}

#[test]
fn forty_who_buy_at_once_get_ten_units() {
    let shop = Fixture::with(&[MODULE], |settings| settings.writers = 8);
    let deal = made(&shop, content(&shop));
    let product = product(&deal);
    let answers = at_once(2..42, |n| shop.write(move |tx| buys(tx, product, n, n, 1)));
    let taken = answers.iter().filter(|answer| answer.as_ref().is_ok_and(|taken| *taken)).count();
    assert_eq!((taken, sold(&shop, deal.id)), (10, 10));
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code() == Code::TimeDealSoldOut));
}

#[test]
fn nothing_is_sold_outside_the_time_of_a_deal() {
    let shop = Fixture::of(&[MODULE]);
    let starts_at = shop.clock.now().after(HOUR);
    let deal = made(&shop, Content { starts_at, ends_at: starts_at.after(HOUR), ..content(&shop) });
    let product = product(&deal);
    let buy = move |tx: &mut Tx<'_>| buys(tx, product, 1, 2, 1);
    assert_eq!(shop.refused(buy).code(), Code::TimeDealNotActive);
    shop.clock.advance(HOUR);
    assert!(shop.write(buy).unwrap());
    shop.clock.advance(HOUR);
    assert_eq!(shop.refused(move |tx| buys(tx, product, 1, 3, 1)).code(), Code::TimeDealExpired);
}

#[test]
fn nothing_is_sold_as_the_deal_was_before_it_was_rewritten() {
    let shop = Fixture::of(&[MODULE]);
    let deal = made(&shop, content(&shop));
    let (id, product) = (deal.id, product(&deal));
    let read = deal.products[0].version;
    let renamed = Content { name: "Tea".to_owned(), ..content(&shop) };
    shop.write(move |tx| ops::rewrite(tx, None, id, renamed.clone(), None)).unwrap();
    let outdated = Arc::new(AtomicBool::new(true));
    let buy = move |tx: &mut Tx<'_>| {
        if outdated.swap(false, Ordering::Relaxed) {
            return buys_as_read(tx, product, read, 1, 2, 2);
        }
        buys(tx, product, 1, 2, 2)
    };
    // a server database runs the job again by itself
    let first = shop.write(buy.clone());
    if let Err(error) = first {
        assert_eq!((error.code(), sold(&shop, id)), (Code::Unavailable, 0));
        assert!(shop.write(buy).unwrap());
    }
    assert_eq!(sold(&shop, id), 2);
}

#[test]
fn the_clock_starts_and_ends_a_deal_once() {
    let shop = Fixture::of(&[MODULE]);
    let starts_at = shop.clock.now().after(HOUR);
    let deal = made(&shop, Content { starts_at, ends_at: starts_at.after(HOUR), ..content(&shop) });
    let (id, key) = (deal.id, format!("time-deal-{}", deal.id));
    let due = || shop.read(|tx| ops::due(tx, 10)).unwrap();
    let turn = || shop.write(move |tx| ops::turn(tx, id)).unwrap();
    assert_eq!(due(), []);
    // no task looks while it runs
    shop.clock.advance(3 * HOUR);
    assert_eq!(due(), [id]);
    let Changed { before, after } = turn().unwrap();
    let held = |deal: &Deal| deal.held().map(|(_, units)| units).sum::<i64>();
    assert_eq!((held(&before), held(&after)), (10, 0));
    assert_eq!(after.closed, Some((before.ends_at, Close::Ended)));
    assert_eq!((due(), turn()), (Vec::new(), None));
    let topics = [TimeDealChanged::TOPIC, TimeDealStarted::TOPIC, TimeDealEnded::TOPIC];
    assert_eq!(shop.topics_of(&key), topics);
}

#[test]
fn a_deal_is_ended_or_cancelled_once() {
    let shop = Fixture::of(&[MODULE]);
    let running = made(&shop, content(&shop)).id;
    let starts_at = shop.clock.now().after(HOUR);
    let planned = made(&shop, Content { starts_at, ends_at: starts_at.after(HOUR), ..content(&shop) }).id;
    let close = |id, how| shop.write(move |tx| ops::close(tx, None, id, how, None));
    assert_eq!(code(close(planned, Close::Ended)), Code::Conflict);
    assert!(close(planned, Close::Cancelled).unwrap().is_some());
    assert_eq!(shop.topics_of(&format!("time-deal-{planned}")), [TimeDealChanged::TOPIC; 2]);
    assert!(close(running, Close::Ended).unwrap().is_some());
    assert!(close(running, Close::Ended).unwrap().is_none());
    assert_eq!(code(close(running, Close::Cancelled)), Code::Conflict);
    let now = shop.clock.now();
    let status = |id| shop.read(move |tx| ops::find(tx, id)).unwrap().status(now);
    assert_eq!((status(running), status(planned)), (Status::Ended, Status::Cancelled));
}

#[test]
fn units_that_come_back_to_a_closed_deal_are_not_held_again() {
    let shop = Fixture::of(&[MODULE]);
    let deal = made(&shop, content(&shop));
    let (id, product) = (deal.id, product(&deal));
    shop.write(move |tx| buys(tx, product, 1, 2, 2)).unwrap();
    shop.write(move |tx| ops::close(tx, None, id, Close::Cancelled, None)).unwrap();
    assert!(!shop.write(|tx| ops::give_back(tx, &order(2))).unwrap().unwrap().is_held);
    assert_eq!(sold(&shop, id), 0);
}

#[test]
fn damage_is_found_by_the_audit() {
    let broken = |damage: &'static [&'static str]| {
        let shop = Fixture::of(&[MODULE]);
        let product = product(&made(&shop, content(&shop)));
        shop.write(move |tx| buys(tx, product, 1, 2, 2)).unwrap();
        shop.rules_broken_by(damage)
    };
    assert_eq!(
        broken(&["update time_deal_products set sold_quantity = 3"]),
        ["a deal sold what living orders bought, and never more than it has"]
    );
    assert_eq!(
        broken(&["update time_deal_allowances set units = 1"]),
        ["a user has at most as many units of a deal as it allows"]
    );
    assert_eq!(broken(&["delete from time_deal_allowances"]), ["who bought in a deal has an allowance that counts it"]);
    assert_eq!(
        broken(&["update time_deals set ends_at = starts_at"]),
        ["a deal has a period, and its products have its times, prices and limits"]
    );
}

#[test]
fn deals_of_a_product_are_found_from_before_their_start_until_their_end() {
    let shop = Fixture::of(&[MODULE]);
    let found = || shop.read(|tx| ops::of_products(tx, &[ProductId::new(1), ProductId::new(5)])).unwrap().len();
    let starts_at = shop.clock.now().after(HOUR);
    made(&shop, Content { starts_at, ends_at: starts_at.after(HOUR), ..content(&shop) });
    assert_eq!(found(), 1);
    shop.clock.advance(HOUR);
    assert_eq!(found(), 1);
    let current = shop.read(ops::current).unwrap();
    assert_eq!(current[0].starts_at, Timestamp::from_millis(starts_at.as_millis()));
    shop.clock.advance(HOUR);
    assert_eq!((found(), shop.read(ops::current).unwrap().len()), (0, 0));
}
