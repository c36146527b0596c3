//! Cancelling, and what happens when that does not go smoothly.

use super::shop::*;
use crate::{cancel, flow::ORDER, pay, request::PaymentMethod};
use kernel::OrderNumber;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_unpaid_order_is_cancelled_and_its_stock_given_back() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 2).await;
    shop.cancel(2, &order).await.must("403 S212");
    shop.put(1, &format!("/orders/{order}/cancel"), json!({ "reason": " " })).await.must("400 C002");
    let said = shop.cancel(1, &order).await.must("200");
    assert_eq!(
        (said.data()["status"].as_str(), said.data()["cancelReason"].as_str()),
        (Some("CANCELLED"), Some("changed my mind"))
    );
    assert_eq!(shop.stock(mug).await, (5, 0));
    shop.cancel(1, &order).await.must("400 S203");
    shop.pay(1, &order, "approve").await.must("400 S209");
    shop.consistent().await;
}

#[tokio::test]
async fn a_refund_whose_outcome_is_open_is_found_out() {
    for key in ["refund-timeout", "refund-timeout-undone", "refund-pending"] {
        let shop = Shop::open().await;
        let mug = shop.good("mug", 1_000, 5).await;
        let order = shop.paid(1, mug, 2, key).await;
        let said = shop.cancel(1, &order).await.must("202");
        assert_eq!(said.data()["status"], json!("PAID"), "{key}");
        shop.cancel(1, &order).await.must("202");
        shop.pass(Duration::from_secs(300)).await;
        assert_eq!(shop.status(&order).await, "REFUNDED", "{key}");
        assert_eq!((shop.stock(mug).await, shop.money()), ((5, 0), 0), "{key}");
        shop.consistent().await;
    }
}

#[tokio::test]
async fn cancelling_while_a_payment_is_open_finds_out_first() {
    let ends = [
        ("timeout-charged", "CANCELLED", 0),
        ("timeout-uncharged", "CANCELLED", 0),
        ("timeout-declined", "CANCELLED", 0),
        ("pending", "CANCELLED", 0),
    ];
    for (key, end, money) in ends {
        let shop = Shop::open().await;
        let mug = shop.good("mug", 1_000, 5).await;
        let order = shop.order(1, mug, 1).await;
        shop.pay(1, &order, key).await.must("202");
        let said = shop.cancel(1, &order).await;
        assert!(matches!(said.status, 200 | 202), "{key}: {}", said.text());
        shop.settle().await;
        assert_eq!((shop.status(&order).await.as_str(), shop.money()), (end, money), "{key}");
        assert_eq!(shop.stock(mug).await, (5, 0), "{key}");
        shop.consistent().await;
    }
}

#[tokio::test]
async fn money_that_is_taken_after_the_order_was_cancelled_goes_back() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    for wakes in [true, false] {
        let order = shop.order(1, mug, 1).await;
        let call = shop.begin_paying(&order).await.unwrap();
        // the process is paused before its request leaves; meanwhile the buyer cancels, and the gateway knows of nothing
        shop.cancel(1, &order).await.must("202");
        shop.pass(Duration::from_secs(45)).await;
        assert_eq!((shop.status(&order).await.as_str(), shop.captures()), ("CANCELLED", usize::from(!wakes)));
        let outcome = saga::Flow::call(&ORDER, &shop.app.ports, &call).await;
        assert_eq!(shop.money(), 1_000);
        if wakes {
            let settle = move |tx: &mut ::store::Tx<'_>| ORDER.settle(tx, &call, &outcome).map(|_| ());
            shop.app.db.write("settle", settle).await.unwrap();
            shop.pass(Duration::from_secs(10)).await;
        } else {
            // it died after the call, and its answer is lost
            shop.pass(Duration::from_secs(120)).await;
        }
        assert_eq!((shop.money(), shop.stock(mug).await), (0, (5, 0)), "wakes: {wakes}");
        shop.settle().await;
        shop.consistent().await;
    }
}

#[tokio::test]
async fn a_message_about_a_payment_that_was_cancelled_long_ago_is_looked_into() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    let call = shop.begin_paying(&order).await.unwrap();
    shop.cancel(1, &order).await.must("202");
    shop.settle().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.captures()), ("CANCELLED", 0));
    // a day later the request arrives after all
    drop(saga::Flow::call(&ORDER, &shop.app.ports, &call).await);
    assert_eq!(shop.money(), 1_000);
    let hook = json!({ "data": { "orderId": order, "paymentKey": "approve", "status": "DONE" } });
    shop.post(9, "/payments/webhooks/toss", hook).await.must("200");
    shop.pass(Duration::from_secs(120)).await;
    assert_eq!(shop.money(), 0);
    shop.settle().await;
    shop.consistent().await;
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses_ends_with_a_person() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.paid(1, mug, 1, "refund-declined").await;
    shop.cancel(1, &order).await.must("202");
    shop.settle().await;
    let stuck = shop.admin_get("/admin/sagas?status=COMPENSATION_FAILED").await.must("200");
    let saga = &stuck.data()["content"][0];
    assert_eq!((saga["attempts"].as_i64(), saga["step"].as_str()), (Some(3), Some("PROCESS_PAYMENT")));
    let id = saga["sagaId"].as_str().unwrap().to_owned();
    let alerts = "select count(*) from outbox where topic = ?";
    assert_eq!(shop.count(alerts, <events::CompensationFailed as kernel::Event>::TOPIC).await, 1);
    shop.get(1, "/admin/sagas").await.must("403 A002");
    shop.admin_post("/admin/sagas/SAGA-ZZZZZZZZ/retry", json!({})).await.must("404 S903");
    // the retry fails as well, once
    let retried = shop.admin_post(&format!("/admin/sagas/{id}/retry"), json!({})).await.must("200");
    assert_eq!(
        (retried.data()["status"].as_str(), retried.data()["attempts"].as_i64()),
        (Some("COMPENSATING"), Some(1))
    );
    let resolve = format!("/admin/sagas/{id}/resolve");
    shop.admin_post(&resolve, json!({ "reason": "paid back in cash" })).await.must("400 S904");
    shop.settle().await;
    let closed = shop.admin_post(&resolve, json!({ "reason": "paid back in cash" })).await.must("200");
    assert_eq!(closed.data()["status"], json!("FAILED"));
    assert!(closed.data()["resolution"].as_str().unwrap().ends_with("paid back in cash"));
    assert_eq!((shop.status(&order).await.as_str(), shop.stock(mug).await), ("REFUNDED", (5, 0)));
    shop.admin_post(&resolve, json!({ "reason": "again" })).await.must("400 S904");
    shop.admin_post(&format!("/admin/sagas/{id}/retry"), json!({})).await.must("400 S904");
    shop.consistent().await;
}

/// An order of two mugs with a coupon whose capture could not go back. It was cancelled before it was known that it had been paid.
async fn stuck(shop: &Shop, mug: Good) -> (OrderNumber, String) {
    let coupon = shop.coupons(&[1]).await[0];
    let order = shop.place(1, with(items(&[(mug, 2)]), "userCouponId", coupon.raw())).await;
    let number = order.clone();
    let begin = move |tx: &mut ::store::Tx<'_>| {
        let method = PaymentMethod::checked("CARD", Some("refund-declined"))?;
        pay::begin(tx, &ORDER, &number, &buyer(1), &method, None, pay::Limits::default()).map(|(_, action)| action)
    };
    let saga::Action::Call(call) = shop.app.db.write("pay", begin).await.unwrap() else { panic!("a call") };
    drop(saga::Flow::call(&ORDER, &shop.app.ports, &call).await);
    shop.cancel(1, &order).await.must("202");
    shop.settle().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.stock(mug).await), ("CONFIRMED", (3, 2)));
    let found = shop.admin_get("/admin/sagas?status=COMPENSATION_FAILED").await.must("200");
    (order, found.word("/content/0/sagaId"))
}

const USED_COUPONS: &str = "select count(*) from user_coupons where order_number = ?";

#[tokio::test]
async fn a_person_who_pays_the_money_back_leaves_no_stock_reserved_and_no_coupon_used() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let (order, saga) = stuck(&shop, mug).await;
    let resolve = format!("/admin/sagas/{saga}/resolve");
    let done = json!({ "reason": "paid back by bank transfer" });
    let closed = shop.keyed(0xff, "once", &resolve, done.clone()).await.must("200");
    assert_eq!(closed.data()["status"], json!("FAILED"));
    assert_eq!((shop.status(&order).await.as_str(), shop.stock(mug).await), ("CANCELLED", (5, 0)));
    assert_eq!(shop.count(USED_COUPONS, &order).await, 0);
    let shown = shop.admin_get(&format!("/admin/orders/{order}/explain")).await.must("200");
    assert!(shown.text().contains("RETURNED"), "{}", shown.text());
    let again = shop.keyed(0xff, "once", &resolve, done).await.must("200");
    assert!(replayed(&again));
    shop.consistent().await;
}

#[tokio::test]
async fn an_order_that_an_older_version_closed_with_its_stock_reserved_is_mended_at_the_next_start() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let (order, _) = stuck(&shop, mug).await;
    let number = order.clone();
    let closed = move |tx: &mut ::store::Tx<'_>| {
        let mut run = crate::flow::lock_run_of_order(tx, &number)?;
        order::ops::cancelled(tx, &number, "changed my mind", "SYSTEM")?;
        run.resolution = Some("paid back".to_owned());
        run.end(saga::Status::Failed, tx.now());
        saga::store::save(tx, &mut run)
    };
    shop.app.db.write("closed", closed).await.unwrap();
    assert_eq!((shop.stock(mug).await, shop.count(USED_COUPONS, &order).await), ((3, 2), 1));
    for _ in 0..2 {
        shop.app.db.backfill(crate::MODULE.backfills.to_vec()).await.unwrap();
        assert_eq!((shop.stock(mug).await, shop.count(USED_COUPONS, &order).await), ((5, 0), 0));
        assert_eq!(shop.status(&order).await, "CANCELLED");
    }
    shop.consistent().await;
}

#[tokio::test]
async fn compensation_twice_changes_nothing() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.paid(1, mug, 2, "approve").await;
    shop.cancel(1, &order).await.must("200");
    for _ in 0..2 {
        let number = order.clone();
        let again = move |tx: &mut ::store::Tx<'_>| {
            let mut record = crate::flow::lock_run_of_order(tx, &number)?;
            ORDER.cancel(tx, &mut record, saga::Cancellation::by_system("again")).map(|_| ())
        };
        shop.app.db.write("again", again).await.unwrap();
    }
    let number = order.clone();
    let begin = move |tx: &mut ::store::Tx<'_>| {
        cancel::begin(tx, &ORDER, &number, None, &saga::Cancellation::by_system("again")).map(|_| ())
    };
    assert!(shop.app.db.write("again", begin).await.is_err());
    assert_eq!((shop.stock(mug).await, shop.money()), ((5, 0), 0));
    shop.consistent().await;
}
