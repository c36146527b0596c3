//! Paying: every way a gateway can answer, and not answer.

use super::shop::*;
use crate::flow::ORDER;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn placing_and_paying_in_one_call() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let paying = |key: &str| with(items(&[(mug, 1)]), "payment", json!({ "method": "KAKAO_PAY", "paymentKey": key }));
    let said = shop.post(1, "/orders", paying("approve")).await.must("201");
    assert_eq!(
        (said.data()["status"].as_str(), said.data()["payment"]["status"].as_str()),
        (Some("PAID"), Some("COMPLETED"))
    );
    let declined = shop.post(1, "/orders", paying("decline-insufficient-funds")).await.must("400 S304");
    assert!(declined.json()["error"]["message"].as_str().unwrap().contains("INSUFFICIENT_FUNDS"));
    let open = shop.post(1, "/orders", paying("timeout-charged")).await.must("202");
    assert_eq!(
        (open.data()["status"].as_str(), open.data()["payment"]["status"].as_str()),
        (Some("CONFIRMED"), Some("PROCESSING"))
    );
    shop.settle().await;
    assert_eq!((shop.stock(mug).await, shop.money()), ((3, 0), 18_000));
    shop.consistent().await;
}

#[tokio::test]
async fn who_may_pay_what_and_how() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    shop.pay(2, &order, "approve").await.must("403 S212");
    let unknown = "ORD-20260206-ZZZZZZZZ".parse().unwrap();
    shop.pay(1, &unknown, "approve").await.must("404 S201");
    let body = |method: &str| json!({ "orderNumber": order, "paymentMethod": method });
    shop.post(1, "/payments", body("BALANCE")).await.must("400 S310");
    shop.post(1, "/payments", body("CASH")).await.must("400 S307");
    let split = with(body("CARD"), "splits", json!([{ "method": "CARD", "amount": 8_000 }]));
    shop.post(1, "/payments", split).await.must("400 S306");
    shop.post(1, "/payments", with(body("CARD"), "cardNumber", "4111")).await.must("400 C002");
    let confirm = |amount: i64| json!({ "orderNumber": order, "paymentKey": "approve", "amount": amount });
    shop.post(1, "/orders/confirm", confirm(8_999)).await.must("409 S210");
    assert_eq!(shop.captures(), 0);
    shop.post(1, "/orders/confirm", confirm(9_000)).await.must("200");
    shop.consistent().await;
}

#[tokio::test]
async fn a_lost_answer_is_never_a_refusal() {
    let ends = [
        ("timeout-charged", "PAID"),
        ("timeout-uncharged", "PAID"),
        ("timeout-declined", "CANCELLED"),
        ("pending", "PAID"),
        ("pending-declined", "CANCELLED"),
    ];
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 100).await;
    for (key, end) in ends {
        let order = shop.order(1, mug, 1).await;
        let said = shop.pay(1, &order, key).await.must("202");
        assert_eq!(said.data()["status"], json!("PROCESSING"), "{key}");
        assert_eq!(shop.status(&order).await, "CONFIRMED", "{key}: a status that is not final completes nothing");
        shop.pay(1, &order, "approve").await.must("400 S302");
        shop.pass(Duration::from_secs(300)).await;
        assert_eq!(shop.status(&order).await, end, "{key}");
    }
    assert_eq!((shop.money(), shop.stock(mug).await), (3_000, (97, 0)));
    shop.consistent().await;
}

#[tokio::test]
async fn unpaid_orders_expire_and_give_everything_back() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 2).await;
    shop.clock.advance(Duration::from_secs(599));
    assert_eq!(shop.tick().await, 0);
    shop.clock.advance(Duration::from_secs(1));
    shop.pay(1, &order, "approve").await.must("400 S209");
    assert_eq!(shop.tick().await, 1);
    let detail = shop.get(1, &format!("/orders/{order}")).await;
    assert_eq!(
        (detail.data()["status"].as_str(), detail.data()["cancelReason"].as_str()),
        (Some("CANCELLED"), Some("not paid in time"))
    );
    assert_eq!((shop.stock(mug).await, shop.captures()), ((5, 0), 0));
    shop.consistent().await;
}

#[tokio::test]
async fn a_timeout_racing_a_payment_is_never_paid_but_released() {
    for first in ["expiry", "payment"] {
        let shop = Shop::open().await;
        let mug = shop.good("mug", 1_000, 1).await;
        let order = shop.order(1, mug, 1).await;
        if first == "expiry" {
            shop.clock.advance(Duration::from_secs(601));
            shop.tick().await;
            assert!(shop.begin_paying(&order).await.is_err());
        } else {
            let call = shop.begin_paying(&order).await.unwrap();
            shop.clock.advance(Duration::from_secs(601));
            // the charge is on its way while the time to pay runs out
            let outcome = saga::Flow::call(&ORDER, &shop.app.ports, &call).await;
            shop.tick().await;
            let settle = move |tx: &mut ::store::Tx<'_>| ORDER.settle(tx, &call, &outcome).map(|_| ());
            shop.app.db.write("settle", settle).await.unwrap();
        }
        shop.settle().await;
        let ended = (shop.status(&order).await, shop.stock(mug).await, shop.money());
        let expected =
            if first == "expiry" { ("CANCELLED".to_owned(), (1, 0), 0) } else { ("PAID".to_owned(), (0, 0), 1_000) };
        assert_eq!(ended, expected);
        shop.consistent().await;
    }
}

#[tokio::test]
async fn browser_and_webhook_complete_the_same_payment_in_either_order() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 9).await;
    let confirm =
        |order: &kernel::OrderNumber, key: &str| json!({ "orderNumber": order, "paymentKey": key, "amount": 1_000 });
    let hook = |order: &kernel::OrderNumber, key: &str| {
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-02-06T09:00:00.000000",
                "data": { "orderId": order, "paymentKey": key, "status": "DONE", "unknown": { "more": 1 } } })
    };
    // the browser is first
    let order = shop.order(1, mug, 1).await;
    shop.post(1, "/orders/confirm", confirm(&order, "approve")).await.must("200");
    for _ in 0..7 {
        shop.post(9, "/payments/webhooks/toss", hook(&order, "approve")).await.must("200");
    }
    let again = shop.post(1, "/orders/confirm", confirm(&order, "approve")).await.must("200");
    assert_eq!((order_number(&again), again.data()["status"].as_str()), (order.clone(), Some("PAID")));
    // the browser's answer is lost and the webhook is first
    let order = shop.order(1, mug, 1).await;
    shop.post(1, "/orders/confirm", confirm(&order, "timeout-charged")).await.must("202");
    shop.post(9, "/payments/webhooks/toss", hook(&order, "timeout-charged")).await.must("200");
    assert_eq!(shop.status(&order).await, "PAID");
    let said = shop.post(1, "/orders/confirm", confirm(&order, "timeout-charged")).await.must("200");
    assert_eq!(said.data()["status"], json!("PAID"));
    shop.post(1, "/orders/confirm", confirm(&order, "other")).await.must("400 S204");
    assert_eq!((shop.captures(), shop.money()), (2, 2_000));
    shop.consistent().await;
}

#[tokio::test]
async fn a_webhook_is_only_a_hint() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 9).await;
    let order = shop.order(1, mug, 1).await;
    let hook = |order: &str| {
        let data = json!({ "orderId": order, "paymentKey": "pending", "status": "DONE" });
        json!({ "eventType": "PAYMENT_STATUS_CHANGED", "data": data })
    };
    // it claims that nothing-begun is done, or speaks of strangers: nothing happens
    shop.post(9, "/payments/webhooks/toss", hook(order.as_str())).await.must("200");
    shop.post(9, "/payments/webhooks/toss", hook("ORD-20260206-ZZZZZZZZ")).await.must("200");
    shop.post(9, "/payments/webhooks/toss", hook("drop table")).await.must("200");
    shop.post(9, "/payments/webhooks/toss", json!("what")).await.must("400 C002");
    assert_eq!(shop.status(&order).await, "CONFIRMED");
    // it claims DONE while the gateway has not decided
    shop.pay(1, &order, "pending").await.must("202");
    shop.post(9, "/payments/webhooks/toss", hook(order.as_str())).await.must("200");
    assert_eq!(shop.status(&order).await, "CONFIRMED");
    // soon afterwards it is kept for later: a flood of them must not become as many questions
    shop.post(9, "/payments/webhooks/toss", hook(order.as_str())).await.must("200");
    assert_eq!(shop.status(&order).await, "CONFIRMED");
    shop.clock.advance(Duration::from_secs(60));
    shop.post(9, "/payments/webhooks/toss", hook(order.as_str())).await.must("200");
    assert_eq!(shop.status(&order).await, "PAID");
    shop.consistent().await;
}

#[tokio::test]
async fn a_crash_between_captured_and_recorded_never_captures_twice() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 9).await;
    let order = shop.order(1, mug, 1).await;
    let call = shop.begin_paying(&order).await.unwrap();
    drop(saga::Flow::call(&ORDER, &shop.app.ports, &call).await);
    // here the process died; another one comes back
    shop.pay(1, &order, "approve").await.must("400 S302");
    shop.pass(Duration::from_secs(60)).await;
    assert_eq!((shop.status(&order).await.as_str(), shop.captures(), shop.money()), ("PAID", 1, 1_000));
    shop.consistent().await;
}

#[tokio::test]
async fn a_repetition_after_a_crash_gets_the_answer_the_lost_one_would_have_got() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 9).await;
    let body = with(items(&[(mug, 1)]), "payment", json!({ "method": "CARD", "paymentKey": "timeout-charged" }));
    // the first request dies after its first transaction: its key is taken, its answer was never stored
    shop.keyed(1, "k", "/orders", body.clone()).await.must("202");
    let forget = "update idempotency_records set status = null, body = null where idem_key = ?";
    shop.exec(forget, vec![::store::Arg::Text("k")]).await;
    shop.pass(Duration::from_secs(60)).await;
    let said = shop.keyed(1, "k", "/orders", body.clone()).await.must("201");
    assert_eq!((said.data()["status"].as_str(), replayed(&said)), (Some("PAID"), true));
    assert_eq!(shop.keyed(1, "k", "/orders", body).await.text(), said.text());
    assert_eq!((shop.captures(), shop.stock(mug).await), (1, (8, 0)));
    shop.consistent().await;
}

#[tokio::test]
async fn an_open_payment_is_cancelled_only_when_the_gateway_does_not_know_it() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 9).await;
    let cancel = |number: &serde_json::Value| format!("/payments/{}/cancel", number.as_str().unwrap());
    // the money was taken: the order is paid
    let taken = shop.order(1, mug, 1).await;
    let payment = shop.pay(1, &taken, "timeout-charged").await.must("202").data()["paymentNumber"].clone();
    shop.post(2, &cancel(&payment), json!({})).await.must("403 S313");
    shop.post(1, &cancel(&payment), json!({})).await.must("400 S312");
    assert_eq!(shop.status(&taken).await, "PAID");
    // the gateway does not answer
    let order = shop.order(1, mug, 1).await;
    let payment = shop.pay(1, &order, "timeout-uncharged").await.must("202").data()["paymentNumber"].clone();
    shop.gateway.be_away(true);
    shop.post(1, &cancel(&payment), json!({})).await.must("409 C019");
    shop.gateway.be_away(false);
    // the request never arrived: the payment is cancelled, and the order waits for another
    let said = shop.post(1, &cancel(&payment), json!({})).await.must("200");
    assert_eq!(said.data()["status"], json!("CANCELLED"));
    shop.post(1, &cancel(&payment), json!({})).await.must("400 S312");
    assert_eq!(shop.status(&order).await, "CONFIRMED");
    shop.pay(1, &order, "approve").await.must("201");
    shop.settle().await;
    assert_eq!((shop.captures(), shop.money()), (2, 2_000));
    shop.consistent().await;
}

#[tokio::test]
async fn an_order_that_is_sent_elsewhere_while_the_gateway_is_asked_is_packed_for_there() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    let call = shop.begin_paying(&order).await.unwrap();
    let elsewhere = with(address(), "address1", "테헤란로 1");
    shop.put(1, &format!("/orders/{order}/address"), elsewhere).await.must("200");
    let paid = saga::drive(&ORDER, &shop.app.db, &shop.app.ports, saga::Action::Call(call)).await.unwrap();
    assert_eq!(paid, saga::Status::Completed);
    let detail = shop.get(1, &format!("/orders/{order}")).await.must("200");
    assert_eq!(detail.data()["delivery"]["shippingAddress"]["address1"], "테헤란로 1");
    assert_eq!((shop.status(&order).await.as_str(), shop.captures()), ("PAID", 1));
    shop.consistent().await;
}

#[tokio::test]
async fn a_process_that_went_by_an_old_run_settles_nothing() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    let call = shop.begin_paying(&order).await.unwrap();
    let outcome = saga::Flow::call(&ORDER, &shop.app.ports, &call).await;
    shop.cancel(1, &order).await.must("202");
    let settle = move |tx: &mut ::store::Tx<'_>| ORDER.settle_as_known(tx, &call, &outcome).map(|_| ());
    let refused = shop.app.db.write("settle", settle).await.unwrap_err();
    assert_eq!(refused.code(), kernel::Code::OutdatedVersion);
    assert_eq!(shop.stock(mug).await, (4, 1), "nothing was sold");
    shop.settle().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("CANCELLED", 0));
    shop.consistent().await;
}

#[tokio::test]
async fn a_charge_that_the_gateway_never_knows_is_abandoned_when_the_time_to_pay_is_over() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 1_000, 5).await;
    let order = shop.order(1, mug, 2).await;
    let call = shop.begin_paying(&order).await.unwrap();
    // its request stays on its way, and no process repeats it before the time is over
    shop.clock.advance(Duration::from_secs(601));
    shop.tick().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.stock(mug).await), ("CANCELLED", (5, 0)));
    let payment = shop.get(1, &format!("/payments/order/{order}")).await.must("200");
    assert_eq!(payment.word("/status"), "CANCELLED");
    shop.consistent().await;
    // it arrives after all
    drop(saga::Flow::call(&ORDER, &shop.app.ports, &call).await);
    assert_eq!((shop.captures(), shop.money()), (1, 2_000));
    shop.settle().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("CANCELLED", 0), "what came late went back");
    assert_eq!(shop.stock(mug).await, (5, 0));
    shop.consistent().await;
}
