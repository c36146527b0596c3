//! Deposits that the bank takes back: none of the gateway's messages about one is lost, whenever it comes. And how long an order waits
//! for a deposit.

use crate::toss::Paid;
use faketoss::{Agreed, Method, scripts};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Sender};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What the buyer, or the route that the gateway's page leads to, says about the method of the same deposit.
const WORDS: [Option<&str>; 3] = [Some("VIRTUAL_ACCOUNT"), Some("CARD"), None];

fn waits(paid: &Paid, buyer: &Sender, mug: &Product) -> (String, String) {
    let order = buyer.orders(mug, 1).must("201").word("/orderNumber");
    let key = paid.agrees(&order, 9_000, Method::VirtualAccount, scripts::APPROVE);
    let body = json!({"orderNumber": order, "paymentMethod": "VIRTUAL_ACCOUNT", "paymentKey": key});
    buyer.post("/payments", body).must("202");
    paid.messages(1);
    (order, key)
}

fn deposited(paid: &Paid, buyer: &Sender, mug: &Product) -> (String, String) {
    let (order, key) = waits(paid, buyer, mug);
    paid.shop.later(MINUTE);
    paid.fake.deposit(&key, false).unwrap();
    assert_eq!(paid.messages(1), 2);
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
    (order, key)
}

/// The captures that wait for a person.
pub fn gone(paid: &Paid) -> Vec<Value> {
    let list = paid.shop.admin().get("/admin/payments/wrong-captures").must("200").data();
    list.as_array().unwrap().iter().filter(|one| one["resolvedAt"].is_null()).cloned().collect()
}

/// A person deals with what was found, so that the shop is consistent.
pub fn resolve(paid: &Paid, order: &str) {
    let found = gone(paid);
    assert_eq!((found.len(), &found[0]["orderNumber"]), (1, &json!(order)));
    let path = format!("/admin/payments/wrong-captures/{}/resolve", found[0]["id"]);
    paid.shop.admin().post(path, json!({"reason": "the buyer paid again"})).must("200");
}

/// What the audit reports.
pub fn audited(paid: &Paid) -> String {
    paid.shop.admin().post("/admin/audit", json!({})).must("200").text()
}

#[test]
fn a_deposit_that_is_taken_back_soon_after_it_came_is_found() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    for pause in [Duration::ZERO, SECOND, 20 * SECOND, 59 * SECOND, 61 * SECOND] {
        let (order, key) = deposited(&paid, &buyer, &mug);
        shop.turn(pause);
        paid.fake.deposit_error(&key).unwrap();
        // the message comes with others, within the pause
        assert!(paid.messages(3) > 0);
        shop.later(MINUTE);
        let found = gone(&paid);
        assert_eq!(found.len(), 1, "after {pause:?}: {found:?}");
        assert_eq!((&found[0]["amount"], &found[0]["expected"]), (&json!(0), &json!(9_000)));
        assert_eq!(buyer.sees(&order).word("/status"), "PAID");
        assert!(audited(&paid).contains("took in another amount"));
        resolve(&paid, &order);
        shop.later(2 * MINUTE);
    }
}

#[test]
fn a_deposit_is_one_whatever_the_buyer_said_and_whichever_route_they_came_by() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    for word in WORDS {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let key = paid.agrees(&order, 9_000, Method::VirtualAccount, scripts::APPROVE);
        match word {
            Some(word) => {
                let body = json!({"orderNumber": order, "paymentMethod": word, "paymentKey": key});
                buyer.post("/payments", body).must("202");
            }
            None => {
                let body = json!({"orderNumber": order, "paymentKey": key, "amount": 9_000});
                buyer.post("/orders/confirm", body).must("202");
            }
        }
        let shown = || buyer.get(format!("/payments/order/{order}")).must("200");
        assert_eq!(shown().word("/canonicalPaymentMethod"), "VIRTUAL_ACCOUNT", "{word:?}, while it waits");
        paid.messages(1);
        shop.later(MINUTE);
        paid.fake.deposit(&key, false).unwrap();
        paid.messages(1);
        assert_eq!(buyer.sees(&order).word("/status"), "PAID");
        let payment = shown();
        let how =
            [payment.word("/paymentMethod"), payment.word("/canonicalPaymentMethod"), payment.word("/deposit/status")];
        assert_eq!(how, ["VIRTUAL_ACCOUNT", "VIRTUAL_ACCOUNT", "CLOSED"], "{word:?}");
        shop.later(2 * MINUTE);
        paid.fake.deposit_error(&key).unwrap();
        assert!(paid.messages(1) > 0);
        shop.later(MINUTE);
        resolve(&paid, &order);
    }
    shop.settle();
    let report = shop.admin().get("/admin/reports/payments").must("200").text();
    assert!(report.contains("VIRTUAL_ACCOUNT") && !report.contains("TOSS_PAY"), "{report}");
}

/// The account of a buyer whose number ends so.
fn names(buyer: &Sender, payment: &str, ending: &str) {
    let account = json!({"bank": "20", "accountNumber": format!("1002-123-45{ending}"), "holder": "김미나"});
    buyer.put(format!("/payments/{payment}/refund-account"), account).must("200");
}

fn payment_of(buyer: &Sender, order: &str) -> String {
    buyer.get(format!("/payments/order/{order}")).must("200").word("/paymentNumber")
}

#[test]
fn a_deposit_is_asked_for_its_way_back_before_anything_is_undone() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let (order, _) = deposited(&paid, &buyer, &mug);
    let payment = payment_of(&buyer, &order);
    let refused = buyer.cancels(&order).must("400 C002");
    assert!(refused.text().contains("refundAccount") && refused.text().contains(&payment), "{}", refused.text());
    let refund = |amount: Value| shop.admin().post(format!("/payments/{payment}/refund"), amount);
    refund(json!({"amount": 400, "reason": "a"})).must("400 C002");
    refund(json!({"reason": "all"})).must("400 C002");
    shop.settle();
    let seen = buyer.sees(&order);
    assert_eq!((seen.word("/status"), seen.word("/delivery/status")), ("PAID".into(), "PREPARING".into()));
    names(&buyer, &payment, "6789");
    buyer.cancels(&order).must("200");
    assert_eq!((buyer.sees(&order).word("/status"), paid.of_order(&order)), ("REFUNDED".into(), (9_000, 9_000)));
    paid.messages(1);
}

#[test]
fn a_deposit_that_came_too_late_waits_for_its_way_back_and_goes_once_it_is_named() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let (order, key) = waits(&paid, &buyer, &mug);
    let payment = payment_of(&buyer, &order);
    buyer.cancels(&order).must("200");
    paid.messages(1);
    shop.later(2 * MINUTE);
    paid.fake.deposit(&key, true).unwrap();
    paid.messages(1);
    shop.later(DAY);
    shop.later(DAY);
    let stuck = || shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200").text();
    assert!(!stuck().contains("SAGA-"), "no attempt was made: {}", stuck());
    assert_eq!(paid.of_order(&order), (9_000, 0));
    names(&buyer, &payment, "6789");
    shop.later(SECOND);
    assert_eq!(paid.of_order(&order), (9_000, 9_000));
    paid.messages(1);
}

#[test]
fn a_deposit_that_is_faster_than_the_cancellation_of_its_order_waits_for_its_way_back() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    for in_cash in [false, true] {
        let (order, key) = waits(&paid, &buyer, &mug);
        let payment = payment_of(&buyer, &order);
        paid.fake.deposit(&key, false).unwrap();
        buyer.cancels(&order).must("202");
        shop.later(DAY);
        let waiting = shop.admin().get("/admin/sagas?status=COMPENSATING").must("200").word("/content/0/sagaId");
        if in_cash {
            // a person may deal with the money otherwise
            let said = json!({"reason": "given back in cash"});
            let ended = shop.admin().post(format!("/admin/sagas/{waiting}/resolve"), said).must("200");
            assert_eq!(ended.word("/status"), "FAILED");
        } else {
            names(&buyer, &payment, "6789");
            shop.later(SECOND);
        }
        let given = if in_cash { 0 } else { 9_000 };
        assert_eq!((buyer.sees(&order).word("/status"), paid.of_order(&order)), ("CANCELLED".into(), (9_000, given)));
        paid.messages(1);
    }
}

#[test]
fn another_account_lets_a_refund_go_on_that_the_bank_refused() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let (order, key) = deposited(&paid, &buyer, &mug);
    let payment = payment_of(&buyer, &order);
    names(&buyer, &payment, "0000");
    assert!(paid.fake.set_script(&key, scripts::REFUND_DECLINED));
    buyer.cancels(&order).must("202");
    (0..5).for_each(|_| shop.later(20 * SECOND));
    let stuck = || shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200").text();
    assert!(stuck().contains("SAGA-"), "{}", stuck());
    assert!(paid.fake.set_script(&key, scripts::APPROVE));
    // the same account again changes nothing
    names(&buyer, &payment, "0000");
    shop.later(MINUTE);
    assert_eq!(paid.of_order(&order), (9_000, 0));
    names(&buyer, &payment, "6789");
    shop.later(SECOND);
    assert_eq!((buyer.sees(&order).word("/status"), paid.of_order(&order)), ("REFUNDED".into(), (9_000, 9_000)));
    paid.messages(1);
}

#[test]
fn a_flood_of_hints_about_an_open_payment_asks_the_gateway_once_a_minute_and_loses_none() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let (order, key) = waits(&paid, &buyer, &mug);
    shop.later(MINUTE);
    let asked = || paid.fake.asked();
    let before = asked();
    let hint = json!({"createdAt": "2026-02-06T00:00:00.000000", "secret": "?", "status": "DONE", "orderId": order});
    for _ in 0..30 {
        assert!(shop.anonymous().post("/payments/webhooks/toss", hint.clone()).is_good());
    }
    assert_eq!(asked() - before, 1);
    // one of them was true
    paid.fake.deposit(&key, false).unwrap();
    assert!(paid.messages(1) > 0);
    shop.later(MINUTE);
    assert_eq!((buyer.sees(&order).word("/status"), asked() - before), ("PAID".into(), 2));
}

#[test]
fn a_message_is_kept_while_the_gateway_is_away_and_when_the_shop_starts_again() {
    let mut paid = Paid::open();
    let mug = paid.shop.product("mug").price(9_000).stock(20).save();
    let buyer = paid.shop.buyer();
    let id = buyer.id();
    let (order, key) = deposited(&paid, &buyer, &mug);
    paid.shop.later(2 * MINUTE);
    paid.fake.deposit_error(&key).unwrap();
    paid.fake.be_away(true);
    assert!(paid.messages(1) > 0);
    for _ in 0..3 {
        paid.shop.later(61 * SECOND);
        assert_eq!(gone(&paid), Vec::<Value>::new());
    }
    paid.fake.be_away(false);
    // the circuit breaker lets requests through again
    paid.shop.later(2 * MINUTE);
    resolve(&paid, &order);

    // one that came within the pause, and the process ends before it is over
    let buyer = paid.shop.user(id);
    let (order, key) = deposited(&paid, &buyer, &mug);
    paid.fake.deposit_error(&key).unwrap();
    assert!(paid.messages(1) > 0);
    paid.shop.crash();
    paid.shop.later(61 * SECOND);
    resolve(&paid, &order);
}

#[test]
fn a_deposit_that_is_taken_back_without_any_message_is_found_by_the_ledger_comparison() {
    let paid = Paid::open();
    let mug = paid.shop.product("mug").price(9_000).stock(20).save();
    let buyer = paid.shop.buyer();
    let (order, key) = deposited(&paid, &buyer, &mug);
    assert!(!audited(&paid).contains(&order));
    paid.shop.later(2 * MINUTE);
    paid.fake.deposit_error(&key).unwrap();
    let unsent = paid.fake.take_webhooks();
    let said = audited(&paid);
    assert!(said.contains("the gateway took the money of every captured payment") && said.contains(&order), "{said}");
    // the messages come late, and then only the kept amount is reported
    for webhook in unsent {
        assert!(paid.shop.anonymous().post("/payments/webhooks/toss", webhook.body).is_good());
    }
    // a search was just made; the next one comes a minute later
    paid.shop.later(MINUTE);
    let said = audited(&paid);
    assert!(!said.contains("the gateway took the money of every captured payment"), "{said}");
    resolve(&paid, &order);
    let said = audited(&paid);
    assert!(!said.contains(&order), "{said}");
}

#[test]
fn an_account_that_is_closed_in_the_second_of_its_late_deposit_is_no_refund() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let (order, key) = waits(&paid, &buyer, &mug);
    let payment = buyer.get(format!("/payments/order/{order}")).must("200").word("/paymentNumber");
    let account = json!({"bank": "20", "accountNumber": "1002-123-456789", "holder": "김미나"});
    buyer.put(format!("/payments/{payment}/refund-account"), account).must("200");
    buyer.cancels(&order).must("200");
    paid.fake.deposit(&key, true).unwrap();
    paid.messages(1);
    shop.settle();
    shop.later(2 * MINUTE);
    assert_eq!(paid.of_order(&order), (9_000, 9_000));
    let said = audited(&paid);
    assert!(!said.contains(&order), "{said}");
}

#[test]
fn an_order_waits_for_a_deposit_no_longer_than_the_shop_allows() {
    for (settings, hours, waits_for) in [
        (vec![], 2_160, DAY),
        (vec![("checkout.deposit_within", "2h")], 2_160, 2 * HOUR),
        (vec![("checkout.deposit_within", "90d")], 3, 3 * HOUR),
    ] {
        let paid = Paid::with(&settings);
        let shop = &paid.shop;
        let mug = shop.product("mug").price(9_000).stock(9).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let agreed = Agreed {
            order: order.clone(),
            name: "머그".to_owned(),
            amount: 9_000,
            method: Method::VirtualAccount,
            script: scripts::APPROVE.to_owned(),
            valid_hours: hours,
        };
        let key = paid.fake.agree(agreed).key;
        // the method that the buyer names does not matter
        let body = json!({"orderNumber": order, "paymentMethod": "CARD", "paymentKey": key});
        let open = buyer.post("/payments", body).must("202");
        assert_eq!(open.word("/deposit/dueAt"), buyer.sees(&order).word("/payBy"));
        shop.later(waits_for - MINUTE);
        assert_eq!((buyer.sees(&order).word("/status").as_str(), shop.stock_of(&mug)), ("CONFIRMED", (8, 1, 9)));
        shop.later(2 * MINUTE);
        assert_eq!((buyer.sees(&order).word("/status").as_str(), shop.stock_of(&mug)), ("CANCELLED", (9, 0, 9)));
        assert_eq!(paid.fake.deposit(&key, false), Err("INVALID_REQUEST".to_owned()), "the account is closed");
        shop.later(3 * HOUR);
    }
}
