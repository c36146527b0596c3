//! Wallets in the shop's language, on a real database: what this domain promises without orders and without a gateway.

use crate::charge::{ChargeNumber, Limits, NewCharge, Status};
use crate::ops::{self, ByHand, charges, points};
use crate::wallet::{Account, Kind};
use crate::{MODULE, Wallet};
use ::events::{BalanceCharged, PointsEarned, PointsExpired};
use ::store::Tx;
use fixture::{Fixture, at_once, user_id};
use kernel::{Clock, Code, Event as _, Money, OrderNumber, PageRequest, Percent, Result, UserId};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn won(amount: i64) -> Money {
    Money::minor(amount)
}

fn limits() -> Limits {
    Limits { least: won(1_000), most: won(1_000_000), held_max: won(10_000_000) }
}

fn rules() -> points::Rules {
    points::Rules { rate: Percent::of_basis_points(100).unwrap(), after: Duration::ZERO, expire_after: 365 * DAY }
}

fn order(n: u64) -> OrderNumber {
    format!("ORD-20260206-{n:08}").parse().unwrap()
}

fn wallet(shop: &Fixture, user: UserId) -> Wallet {
    shop.read(move |tx| ops::find(tx, &user)).unwrap()
}

fn begins(tx: &mut Tx<'_>, user: UserId, amount: i64) -> Result<ChargeNumber> {
    let (method, method_sent) = ("CREDIT_CARD".to_owned(), "CARD".to_owned());
    let new =
        NewCharge { number: None, user, amount: won(amount), method, method_sent, payment_key: None, limits: limits() };
    charges::begin(tx, &new).map(|charge| charge.number)
}

fn charged(shop: &Fixture, user: UserId, amount: i64) -> ChargeNumber {
    let number = shop.write(move |tx| begins(tx, user, amount)).unwrap();
    let charge = number.clone();
    let work = move |tx: &mut Tx<'_>| {
        charges::captured(tx, &charge, &format!("PG-{charge}"))?;
        charges::book(tx, &charge)
    };
    shop.write(work).unwrap();
    number
}

/// An order of 100 times so many points is delivered and has earned them.
fn earned(shop: &Fixture, user: UserId, n: u64, amount: i64) {
    let now = shop.clock.now();
    let work = move |tx: &mut Tx<'_>| {
        points::expect(tx, user, &order(n), won(amount * 100), now)?;
        points::grant(tx, &order(n), &rules())
    };
    shop.write(work).unwrap();
}

fn lots(shop: &Fixture, user: UserId) -> Vec<i64> {
    let (_, lots) = shop.read(move |tx| points::usable(tx, &user)).unwrap();
    lots.iter().map(|lot| lot.remaining.as_minor()).collect()
}

#[test]
fn what_the_gateway_took_is_booked_once() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    let number = shop.write(move |tx| begins(tx, user, 5_000)).unwrap();
    assert_eq!((wallet(&shop, user).balance, wallet(&shop, user).charging), (won(0), won(5_000)));
    let charge = number.clone();
    shop.write(move |tx| charges::captured(tx, &charge, "PG-1")).unwrap();
    for _ in 0..2 {
        let charge = number.clone();
        shop.write(move |tx| charges::captured(tx, &charge, "PG-1")).unwrap();
        let charge = number.clone();
        shop.write(move |tx| charges::book(tx, &charge)).unwrap();
    }
    assert_eq!((wallet(&shop, user).balance, wallet(&shop, user).charging), (won(5_000), won(0)));
    let charge = number.clone();
    let found = shop.read(move |tx| charges::of_user(tx, &user_id(1), &charge)).unwrap();
    assert_eq!((found.status, found.balance_before), (Status::Completed, Some(won(0))));
    assert_eq!(shop.topics_of(&format!("user-{user}")), [BalanceCharged::TOPIC]);
    let charge = number.clone();
    assert_eq!(shop.refused(move |tx| charges::captured(tx, &charge, "PG-2")).code(), Code::Conflict);
    assert_eq!(shop.refused(move |tx| charges::of_user(tx, &user_id(2), &number)).code(), Code::PaymentNotFound);
}

#[test]
fn a_refused_charge_leaves_nothing_behind() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    let number = shop.write(move |tx| begins(tx, user, 5_000)).unwrap();
    for _ in 0..2 {
        let charge = number.clone();
        shop.write(move |tx| charges::failed(tx, &charge, "CARD_DECLINED: no")).unwrap();
    }
    assert_eq!((wallet(&shop, user).balance, wallet(&shop, user).charging), (won(0), won(0)));
    assert_eq!(shop.refused(move |tx| charges::book(tx, &number)).code(), Code::Conflict);
}

#[test]
fn charges_at_once_never_lead_above_the_limit() {
    let (shop, user) = (Fixture::with(&[MODULE], |settings| settings.writers = 8), user_id(1));
    let answers = at_once(0..14, |_| shop.write(move |tx| begins(tx, user, 1_000_000)));
    let begun: Vec<ChargeNumber> = answers.iter().filter_map(|answer| answer.as_ref().ok().cloned()).collect();
    assert_eq!((begun.len(), wallet(&shop, user).charging), (10, won(10_000_000)));
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code() == Code::BalanceLimitExceeded));
    at_once(begun, |number| {
        let work = move |tx: &mut Tx<'_>| {
            charges::captured(tx, &number, &format!("PG-{number}"))?;
            charges::book(tx, &number)
        };
        shop.write(work).unwrap();
    });
    assert_eq!((wallet(&shop, user).balance, wallet(&shop, user).charging), (won(10_000_000), won(0)));
    // money that comes back is never refused
    shop.write(move |tx| ops::refund(tx, &user, "RF-1", won(1))).unwrap();
    assert_eq!(shop.refused(move |tx| begins(tx, user, 1_000)).code(), Code::BalanceLimitExceeded);
}

#[test]
fn payments_at_once_take_what_is_there_and_no_more() {
    let (shop, user) = (Fixture::with(&[MODULE], |settings| settings.writers = 8), user_id(1));
    charged(&shop, user, 10_000);
    let answers = at_once(0..6, |n| shop.write(move |tx| ops::pay(tx, &user, &format!("PAY-{n}"), won(3_000))));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert_eq!(wallet(&shop, user).balance, won(1_000));
    assert!(answers.into_iter().filter_map(Result::err).all(|error| error.code() == Code::InsufficientBalance));
}

#[test]
fn a_payment_takes_and_releases_once() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    charged(&shop, user, 5_000);
    for taken in [true, false] {
        assert_eq!(shop.write(move |tx| ops::pay(tx, &user, "PAY-1", won(5_000))).unwrap(), taken);
    }
    assert_eq!(wallet(&shop, user).balance, won(0));
    for _ in 0..2 {
        shop.write(move |tx| ops::release(tx, &user, "PAY-1", won(5_000))).unwrap();
    }
    assert_eq!(wallet(&shop, user).balance, won(5_000));
    let request = PageRequest::new(0, 2).unwrap();
    let page = shop.read(move |tx| ops::history(tx, &user, Account::Balance, request, None)).unwrap();
    let kinds: Vec<_> = page.content.iter().map(|entry| (entry.kind, entry.after.as_minor())).collect();
    assert_eq!((kinds, page.total_elements), (vec![(Kind::Release, 5_000), (Kind::Payment, 0)], 3));
}

#[test]
fn points_are_spent_from_the_lots_that_expire_first_and_come_back_with_their_expiry() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    earned(&shop, user, 1, 300);
    shop.clock.advance(30 * DAY);
    earned(&shop, user, 2, 500);
    assert_eq!(lots(&shop, user), [300, 500]);
    for taken in [true, false] {
        assert_eq!(shop.write(move |tx| points::spend(tx, &user, &order(9), won(400))).unwrap(), taken);
    }
    assert_eq!(lots(&shop, user), [400]);
    let refused = shop.refused(move |tx| points::spend(tx, &user, &order(8), won(401)));
    assert_eq!(refused.code(), Code::InsufficientBalance);
    for back in [400, 0] {
        assert_eq!(shop.write(move |tx| points::restore(tx, &user, &order(9))).unwrap(), won(back));
    }
    assert_eq!(lots(&shop, user), [300, 500]);
    // the first lot expires a year after it was earned, whatever happened to it
    shop.clock.advance(335 * DAY);
    shop.run_task("wallet.expire-points").unwrap();
    assert_eq!((lots(&shop, user), wallet(&shop, user).points), (vec![500], won(500)));
    shop.run_task("wallet.expire-points").unwrap();
    let topics = shop.topics_of(&format!("user-{user}"));
    assert_eq!(topics, [PointsEarned::TOPIC, PointsEarned::TOPIC, PointsExpired::TOPIC]);
}

#[test]
fn some_points_of_an_order_come_back_first_and_the_rest_later() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    earned(&shop, user, 1, 300);
    shop.clock.advance(30 * DAY);
    earned(&shop, user, 2, 200);
    shop.write(move |tx| points::spend(tx, &user, &order(9), won(400))).unwrap();
    let some = |reference: &'static str, wanted: i64| {
        shop.write(move |tx| points::restore_part(tx, &user, &order(9), reference, won(wanted))).unwrap()
    };
    assert_eq!([some("RET-A", 150), some("RET-A", 150)], [won(150), won(0)], "the same return gives once");
    assert_eq!((lots(&shop, user), wallet(&shop, user).points), (vec![50, 200], won(250)));
    assert_eq!(some("RET-B", 50), won(50));
    assert_eq!(shop.write(move |tx| points::restore(tx, &user, &order(9))).unwrap(), won(200));
    assert_eq!((lots(&shop, user), some("RET-C", 10)), (vec![300, 200], won(0)), "nothing is left");
}

#[test]
fn points_that_come_back_after_their_expiry_expire_again() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    earned(&shop, user, 1, 300);
    shop.write(move |tx| points::spend(tx, &user, &order(9), won(100))).unwrap();
    shop.clock.advance(366 * DAY);
    shop.run_task("wallet.expire-points").unwrap();
    shop.write(move |tx| points::restore(tx, &user, &order(9))).unwrap();
    assert_eq!((lots(&shop, user), wallet(&shop, user).points), (vec![], won(100)));
    assert_eq!(shop.refused(move |tx| points::spend(tx, &user, &order(8), won(1))).code(), Code::InsufficientBalance);
    shop.run_task("wallet.expire-points").unwrap();
    assert_eq!(wallet(&shop, user).points, won(0));
}

#[test]
fn points_at_once_are_spent_once() {
    let (shop, user) = (Fixture::with(&[MODULE], |settings| settings.writers = 8), user_id(1));
    earned(&shop, user, 1, 500);
    earned(&shop, user, 2, 500);
    let answers = at_once(10..20, |n| shop.write(move |tx| points::spend(tx, &user, &order(n), won(300))));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert_eq!((lots(&shop, user), wallet(&shop, user).points), (vec![100], won(100)));
}

#[test]
fn points_of_money_that_went_back_are_taken_back_or_owed() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    earned(&shop, user, 1, 300);
    for _ in 0..2 {
        shop.write(move |tx| points::rebase(tx, &order(1), won(20_000))).unwrap();
    }
    assert_eq!((lots(&shop, user), wallet(&shop, user).points_owed), (vec![200], won(0)));
    shop.write(move |tx| points::spend(tx, &user, &order(9), won(150))).unwrap();
    shop.write(move |tx| points::rebase(tx, &order(1), won(0))).unwrap();
    assert_eq!((lots(&shop, user), wallet(&shop, user).points_owed), (vec![], won(150)));
    earned(&shop, user, 2, 100);
    assert_eq!((lots(&shop, user), wallet(&shop, user).points_owed), (vec![], won(50)));
    earned(&shop, user, 3, 100);
    assert_eq!((lots(&shop, user), wallet(&shop, user).points_owed), (vec![50], won(0)));
}

#[test]
fn money_that_went_back_before_the_points_were_earned_earns_none() {
    let (shop, user, now) = (Fixture::of(&[MODULE]), user_id(1), Fixture::of(&[MODULE]).clock.now());
    shop.write(move |tx| points::expect(tx, user, &order(1), won(30_000), now)).unwrap();
    shop.write(move |tx| points::rebase(tx, &order(1), won(10_000))).unwrap();
    shop.run_task("wallet.earn-points").unwrap();
    assert_eq!(lots(&shop, user), [100]);
    shop.write(move |tx| points::expect(tx, user, &order(1), won(30_000), now)).unwrap();
    shop.run_task("wallet.earn-points").unwrap();
    assert_eq!(lots(&shop, user), [100], "an order earns once");
}

#[test]
fn an_administrator_gives_and_takes_with_a_reason() {
    let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
    let by_hand = move |amount: i64| ByHand::checked(user, ("amount", won(amount)), "a birthday", user_id(255));
    let expires_at = shop.clock.now().after(DAY);
    shop.write(move |tx| ops::adjust_balance(tx, &by_hand(700)?, won(1_000))).unwrap();
    assert_eq!(
        shop.refused(move |tx| ops::adjust_balance(tx, &by_hand(301)?, won(1_000))).code(),
        Code::BalanceLimitExceeded
    );
    let refused = shop.refused(move |tx| ops::adjust_balance(tx, &by_hand(-701)?, won(1_000)));
    assert_eq!(refused.code(), Code::InsufficientBalance);
    let entry = shop.write(move |tx| ops::adjust_balance(tx, &by_hand(-700)?, won(1_000))).unwrap();
    assert_eq!((entry.after, entry.reason.as_deref(), entry.by), (won(0), Some("a birthday"), Some(user_id(255))));
    shop.write(move |tx| points::adjust_points(tx, &by_hand(50)?, expires_at)).unwrap();
    shop.write(move |tx| points::adjust_points(tx, &by_hand(-20)?, expires_at)).unwrap();
    assert_eq!(lots(&shop, user), [30]);
    let refused = shop.refused(move |tx| points::adjust_points(tx, &by_hand(-31)?, expires_at));
    assert_eq!(refused.code(), Code::InsufficientBalance);
    assert_eq!(by_hand(0).unwrap_err().code(), Code::InvalidPaymentAmount);
}

#[test]
fn damage_is_found_by_the_audit() {
    let broken = |damage: &'static [&'static str]| {
        let (shop, user) = (Fixture::of(&[MODULE]), user_id(1));
        charged(&shop, user, 5_000);
        earned(&shop, user, 1, 300);
        shop.write(move |tx| points::spend(tx, &user, &order(9), won(100))).unwrap();
        shop.rules_broken_by(damage)
    };
    assert_eq!(
        broken(&["update wallet_entries set amount = amount + 1 where kind = 'SPENT'"]),
        ["each entry of a wallet follows the one before it"]
    );
    assert_eq!(
        broken(&["update wallets set balance = balance + 1"]),
        ["balance and points are the sums of their entries"]
    );
    assert_eq!(broken(&["update wallets set points_owed = -1"]), ["nothing in a wallet is below zero"]);
    assert_eq!(broken(&["update wallets set charging = 1"]), ["a wallet keeps room for its charges under way"]);
    assert_eq!(
        broken(&["update point_lots set remaining = remaining - 1, gone = gone + 1"]),
        ["points are what is left of their lots"]
    );
    assert_eq!(broken(&["update point_uses set amount = 1"]), ["a lot of points is what is left, lost and used of it"]);
    assert_eq!(broken(&["update point_lots set expires_at = 1"]), ["points expire when their time is over"]);
    assert_eq!(
        broken(&["update balance_charges set balance_before = null"]),
        ["a charge is booked exactly when it is completed, and has the data of its status"]
    );
    assert_eq!(
        broken(&["update point_earnings set taken_back = points + 1"]),
        ["an order has earned what is booked, and no more is taken back"]
    );
}
