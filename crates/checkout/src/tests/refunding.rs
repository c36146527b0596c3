//! Refunds by the shop.

use super::shop::*;
use fixture::Response;
use serde_json::{Value, json};
use std::time::Duration;

async fn payment_of(shop: &Shop, order: &kernel::OrderNumber) -> String {
    let detail = shop.admin_get(&format!("/admin/orders/{order}")).await;
    detail.word("/payments/0/paymentNumber")
}

async fn refund(shop: &Shop, payment: &str, body: Value) -> Response {
    shop.admin_post(&format!("/payments/{payment}/refund"), with(body, "reason", "broken")).await
}

#[tokio::test]
async fn a_part_goes_back_and_the_order_stays() {
    let shop = Shop::open().await;
    let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 5).await);
    let order = shop.place(1, items(&[(mug, 1), (pen, 3)])).await;
    shop.pay(1, &order, "approve").await.must("201");
    let payment = payment_of(&shop, &order).await;
    shop.post(1, &format!("/payments/{payment}/refund"), json!({ "reason": "mine" })).await.must("403 A002");
    refund(&shop, &payment, json!({ "amount": 12_001 })).await.must("400 S306");
    refund(&shop, &payment, json!({ "amount": 0 })).await.must("400 S306");
    refund(&shop, &payment, json!({ "lines": [{ "id": 2, "quantity": 4 }] })).await.must("400 C002");
    refund(&shop, &payment, json!({ "lines": [{ "id": 2, "quantity": 1 }], "amount": 1_001 })).await.must("400 S306");
    let said = refund(&shop, &payment, json!({ "lines": [{ "id": 2, "quantity": 2 }] })).await.must("200");
    assert_eq!(
        (said.data()["status"].as_str(), said.data()["refundedAmount"].as_i64()),
        (Some("PARTIALLY_REFUNDED"), Some(2_000))
    );
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("PAID", 10_000));
    shop.consistent().await;
    // the rest undoes the order
    let said = refund(&shop, &payment, json!({})).await.must("200");
    assert_eq!(said.data()["status"], json!("REFUNDED"));
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("REFUNDED", 0));
    assert_eq!((shop.stock(mug).await, shop.stock(pen).await), ((5, 0), (5, 0)));
    refund(&shop, &payment, json!({})).await.must("400 S306");
    shop.consistent().await;
}

#[tokio::test]
async fn cancelling_after_a_part_gives_back_the_rest() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.paid(1, mug, 1, "approve").await;
    let payment = payment_of(&shop, &order).await;
    refund(&shop, &payment, json!({ "amount": 4_000 })).await.must("200");
    shop.cancel(1, &order).await.must("200");
    assert_eq!((shop.money(), shop.stock(mug).await), (0, (5, 0)));
    shop.consistent().await;
}

#[tokio::test]
async fn a_part_whose_outcome_is_open_is_found_out_before_anything_else() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.paid(1, mug, 1, "refund-timeout").await;
    let payment = payment_of(&shop, &order).await;
    let path = format!("/payments/{payment}/refund");
    let body = json!({ "amount": 4_000, "reason": "scratched" });
    let said = shop.call(255, axum::http::Method::POST, &path, Some("r"), Some(body.clone())).await.must("202");
    let again = shop.call(255, axum::http::Method::POST, &path, Some("r"), Some(body)).await.must("202");
    assert_eq!(said.text(), again.text());
    shop.cancel(1, &order).await.must("409 C019");
    shop.pass(Duration::from_secs(120)).await;
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("PAID", 5_000));
    shop.cancel(1, &order).await.must("202");
    shop.settle().await;
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("REFUNDED", 0));
    shop.consistent().await;
}

#[tokio::test]
async fn a_parcel_on_its_way_is_refunded_without_its_goods() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.paid(1, mug, 1, "approve").await;
    let detail = shop.get(1, &format!("/orders/{order}")).await;
    let tracking = detail.word("/delivery/trackingNumber");
    shop.put(255, &format!("/deliveries/{tracking}/status"), json!({ "status": "SHIPPED" })).await.must("200");
    shop.put(255, &format!("/admin/orders/{order}/status"), json!({ "status": "SHIPPING" })).await.must("400 S206");
    let payment = payment_of(&shop, &order).await;
    refund(&shop, &payment, json!({})).await.must("200");
    assert_eq!((shop.status(&order).await.as_str(), shop.money(), shop.stock(mug).await), ("REFUNDED", 0, (4, 0)));
    shop.consistent().await;
}

#[tokio::test]
async fn what_was_never_paid_cannot_be_refunded() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    shop.pay(1, &order, "decline-expired-card").await.must("400 S304");
    let payment = payment_of(&shop, &order).await;
    refund(&shop, &payment, json!({})).await.must("400 S306");
    refund(&shop, "PAY-ZZZZZZZZ", json!({})).await.must("404 S301");
    // a refund that the gateway refuses changes nothing
    let order = shop.paid(1, mug, 1, "refund-declined").await;
    let payment = payment_of(&shop, &order).await;
    refund(&shop, &payment, json!({ "amount": 1_000 })).await.must("500 S305");
    assert_eq!((shop.status(&order).await.as_str(), shop.money()), ("PAID", 9_000));
    shop.consistent().await;
}

#[tokio::test]
async fn the_audit_finds_a_line_that_gets_back_more_than_it_cost() {
    let shop = Shop::open().await;
    let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 5).await);
    let order = shop.place(1, items(&[(mug, 1), (pen, 3)])).await;
    shop.pay(1, &order, "approve").await.must("201");
    let payment = payment_of(&shop, &order).await;
    refund(&shop, &payment, json!({ "lines": [{ "id": 2, "quantity": 3 }] })).await.must("200");
    shop.consistent().await;
    shop.expect_damage();
    let rules = async |damage: &'static str| -> Vec<String> {
        shop.exec(damage, vec![]).await;
        shop.audit().await.into_iter().map(|violation| violation.rule.to_string()).collect()
    };
    assert_eq!(rules("update refund_lines set units = 4").await, ["a line never gets back more than it cost"]);
    assert_eq!(rules("update refund_lines set units = 3").await, Vec::<String>::new());
    let dearer = rules("update order_items set subtotal = 2999, unit_price = 1000 where line_number = 2").await;
    assert!(dearer.contains(&"a line never gets back more than it cost".to_owned()), "{dearer:?}");
    shop.exec("update order_items set subtotal = 3000 where line_number = 2", vec![]).await;
    let none = rules("update refund_lines set line_number = 7").await;
    assert_eq!(none, ["money goes back for lines that the order has"]);
}
