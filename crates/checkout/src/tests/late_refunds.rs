//! Refunds by the shop of money that was captured late, which the order does not need.

use super::shop::*;
use crate::flow::{LATE_CAPTURE, LateCapture, ORDER};
use fixture::Response;
use kernel::{OrderNumber, PaymentNumber};
use serde_json::{Value, json};
use std::time::Duration;

const PRICE: i64 = 9_000;

/// How the order goes on after its first payment was abandoned.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Paid,
    Delivered,
    Refunded,
    Unpaid,
    Cancelled,
}

/// An order whose first payment was cancelled while the gateway had not answered, and captured after all.
struct Late {
    shop: Shop,
    mug: Good,
    order: OrderNumber,
    payment: String,
}

impl Late {
    async fn open(then: Then) -> Late {
        let shop = Shop::open().await;
        let mug = shop.good("mug", PRICE, 5).await;
        let charge = json!({ "amount": PRICE, "paymentKey": "approve" });
        shop.post(1, &format!("/users/{}/balance/charge", buyer(1)), charge).await.must("200");
        let order = shop.order(1, mug, 1).await;
        let call = shop.begin_paying(&order).await.unwrap();
        let detail = shop.get(1, &format!("/orders/{order}")).await.must("200");
        let payment = detail.word("/payments/0/paymentNumber");
        // so long that the gateway may be asked; its request is still on the way
        shop.clock.advance(Duration::from_secs(60));
        shop.post(1, &format!("/payments/{payment}/cancel"), json!({})).await.must("200");
        let late = Late { shop, mug, order, payment };
        late.go_on(then).await;
        let outcome = saga::Flow::call(&ORDER, &late.shop.app.ports, &call).await;
        let saga::Outcome::Succeeded(captured) = outcome else { panic!("captured late") };
        let captured: crate::steps::Captured = serde_json::from_value(captured).unwrap();
        let (number, transaction): (PaymentNumber, _) = (late.payment.parse().unwrap(), captured.transaction.unwrap());
        let store = move |tx: &mut ::store::Tx<'_>| payment::ops::completed(tx, &number, &transaction).map(drop);
        late.shop.app.db.write("test.late", store).await.unwrap();
        late
    }

    async fn go_on(&self, then: Then) {
        let (shop, order) = (&self.shop, &self.order);
        match then {
            Then::Unpaid => return,
            Then::Cancelled => return drop(shop.cancel(1, order).await.must("200")),
            Then::Paid | Then::Delivered | Then::Refunded => {}
        }
        let body = json!({ "orderNumber": order, "paymentMethod": "BALANCE" });
        shop.post(1, "/payments", body).await.must("201");
        if then == Then::Paid {
            return;
        }
        let detail = shop.get(1, &format!("/orders/{order}")).await;
        let parcel = detail.word("/delivery/trackingNumber");
        for status in ["SHIPPED", "IN_TRANSIT", "DELIVERED"] {
            shop.put(255, &format!("/deliveries/{parcel}/status"), json!({ "status": status })).await.must("200");
        }
        if then == Then::Refunded {
            let payments = detail.data()["payments"].clone();
            let paid = payments.as_array().unwrap().iter().find(|one| one["status"] == "COMPLETED").unwrap();
            let paid = paid["paymentNumber"].as_str().unwrap();
            let all = json!({ "reason": "broken" });
            shop.admin_post(&format!("/payments/{paid}/refund"), all).await.must("200");
        }
    }

    async fn refund(&self, body: Value) -> Response {
        self.shop.admin_post(&format!("/payments/{}/refund", self.payment), with(body, "reason", "taken twice")).await
    }

    /// What the buyer and the shop have of the order.
    async fn state(&self) -> (String, i64, (i64, i64)) {
        let balance = self.shop.get(1, &format!("/users/{}/balance", buyer(1))).await.must("200");
        (self.shop.status(&self.order).await, balance.number("/balance"), self.shop.stock(self.mug).await)
    }
}

#[tokio::test]
async fn late_money_goes_back_and_the_order_stays_what_it_is() {
    for then in [Then::Paid, Then::Delivered, Then::Refunded, Then::Unpaid, Then::Cancelled] {
        for parts in [vec![json!({})], vec![json!({ "amount": 1 }), json!({})], vec![json!({ "amount": PRICE })]] {
            let late = Late::open(then).await;
            let before = late.state().await;
            let at_gateway = late.shop.money();
            late.refund(json!({ "amount": PRICE + 1 })).await.must("400 S306");
            late.refund(json!({ "lines": [{ "id": 1, "quantity": 1 }] })).await.must("400 S306");
            for part in parts {
                late.refund(part).await.must("200");
            }
            assert_eq!((late.state().await, late.shop.money()), (before, at_gateway - PRICE), "{then:?}");
            late.refund(json!({})).await.must("400 S306");
            if then == Then::Unpaid {
                late.shop.pay(1, &late.order, "approve").await.must("201");
            }
            late.shop.settle().await;
            assert_eq!(late.state().await.0, if then == Then::Unpaid { "PAID" } else { before_status(then) });
            late.shop.consistent().await;
        }
    }
}

fn before_status(then: Then) -> &'static str {
    match then {
        Then::Paid => "PAID",
        Then::Delivered => "DELIVERED",
        Then::Refunded => "REFUNDED",
        Then::Unpaid => "CONFIRMED",
        Then::Cancelled => "CANCELLED",
    }
}

#[tokio::test]
async fn late_money_whose_refund_the_gateway_refuses_changes_nothing() {
    let late = Late::open(Then::Paid).await;
    let before = late.state().await;
    late.shop.gateway.be_away(true);
    late.refund(json!({})).await.must("202");
    assert_eq!(late.state().await, before);
    late.refund(json!({})).await.must("400 S306");
    late.shop.gateway.be_away(false);
    late.shop.settle().await;
    assert_eq!((late.state().await, late.shop.money()), (before, PRICE), "the balance's charge is left");
    late.shop.consistent().await;
}

#[tokio::test]
async fn late_money_that_was_claimed_without_a_run_goes_back_too() {
    let late = Late::open(Then::Paid).await;
    let before = late.state().await;
    let number: PaymentNumber = late.payment.parse().unwrap();
    let claim = move |tx: &mut ::store::Tx<'_>| {
        payment::ops::begin_refund(tx, &number, kernel::Money::minor(PRICE), "by an older version").map(drop)
    };
    late.shop.app.db.write("test.claim", claim).await.unwrap();
    let found = late.shop.audit().await;
    assert!(found.iter().any(|one| one.rule == "an open refund has a run that asks for it"), "{found:?}");
    // an administrator has the run repeated that waited for a person
    let number: PaymentNumber = late.payment.parse().unwrap();
    let repeat = move |tx: &mut ::store::Tx<'_>| {
        let late = LateCapture { payment: payment::ops::find(tx, &number)? };
        let (mut run, _) = LATE_CAPTURE.begin(tx, &late, &late.start())?.expect("a new run");
        LATE_CAPTURE.cancel(tx, &mut run, saga::Cancellation::by_system("again"))
    };
    let action = late.shop.app.db.write("test.repeat", repeat).await.unwrap();
    saga::drive(&LATE_CAPTURE, &late.shop.app.db, &late.shop.app.ports, action).await.unwrap();
    late.shop.settle().await;
    assert_eq!((late.state().await, late.shop.money()), (before, PRICE));
    late.shop.consistent().await;
}
