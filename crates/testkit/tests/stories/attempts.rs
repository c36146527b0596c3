//! Trying another card after a decline, for as long as the shop allows it.

use serde_json::json;
use std::time::Duration;
use testkit::{TestShop, address};

const MINUTE: Duration = Duration::from_secs(60);

/// A shop that accepts so many declined payments of an order.
fn shop(attempts: &str) -> TestShop {
    TestShop::with(1, &[("shop.payment_attempts", attempts)])
}

#[test]
fn another_card_can_be_tried_after_a_decline() {
    let shop = shop("3");
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let order = buyer.orders_cart().must("201");
    let (order, pay_by) = (order.word("/orderNumber"), order.word("/payBy"));
    for _ in 0..2 {
        let declined = buyer.pays(&order, "decline-card-declined").must("400 S304");
        assert_eq!(declined.json()["error"]["details"][1]["payBy"], json!(pay_by), "{}", declined.text());
        assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
        assert_eq!(shop.stock_of(&mug), (3, 2, 5), "its stock stays reserved");
        assert_eq!(buyer.get("/cart").number("/itemCount"), 0);
    }
    buyer.pays(&order, "approve").must("201");
    let seen = buyer.sees(&order).must("200");
    assert_eq!(seen.word("/status"), "PAID");
    assert_eq!(shop.captures_of(&order), [18_000]);
    let payments = seen.data()["payments"].as_array().unwrap().clone();
    let statuses: Vec<_> = payments.iter().map(|payment| payment["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["FAILED", "FAILED", "COMPLETED"]);
}

#[test]
fn the_last_declined_card_cancels_the_order() {
    let shop = shop("2");
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let order = buyer.orders_cart().must("201").word("/orderNumber");
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    let last = buyer.pays(&order, "decline-expired-card").must("400 S304");
    assert_eq!(last.json()["error"]["details"].as_array().unwrap().len(), 1, "no other card is asked for");
    assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
    assert_eq!(buyer.get("/cart").number("/totalQuantity"), 2);
    buyer.pays(&order, "approve").must("400 S209");
}

#[test]
fn an_order_that_waits_for_another_card_expires_like_any_other() {
    let shop = shop("9");
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    shop.turn(8 * MINUTE);
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    shop.later(MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
    shop.later(2 * MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
    assert_eq!(buyer.get("/cart").number("/totalQuantity"), 2);
}

#[test]
fn a_decline_after_the_time_to_pay_is_over_cancels_the_order() {
    let shop = shop("9");
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "timeout-declined").must("202");
    shop.turn(20 * MINUTE);
    shop.later(5 * MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
}

#[test]
fn a_payment_that_its_payer_cancelled_is_no_declined_one() {
    let shop = shop("2");
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let open = buyer.pays(&order, "timeout-uncharged").must("202").word("/paymentNumber");
    buyer.post(format!("/payments/{open}/cancel"), json!({})).must("200");
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
}

#[test]
fn an_order_declined_in_the_call_that_placed_it_waits_for_another_card() {
    let shop = shop("2");
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 1).must("200");
    let payment = json!({"method": "CARD", "paymentKey": "decline-card-declined"});
    let body = json!({"shippingAddress": address(), "payment": payment});
    let declined = buyer.post("/orders", body).must("400 S304");
    let order = declined.json()["error"]["details"][0]["orderNumber"].as_str().unwrap().to_owned();
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
    let confirmed = json!({"orderNumber": order, "paymentKey": "approve", "amount": 9_000});
    buyer.post("/orders/confirm", confirmed).must("200");
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
}

#[test]
fn parallel_payments_after_a_decline_take_the_money_once() {
    let shop = shop("5");
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    let responses = shop.at_once(6, |_| buyer.pays(&order, "approve"));
    assert_eq!(responses.count("201"), 1, "{:?}", responses.summary());
    assert_eq!(shop.captures_of(&order), [9_000]);
}
