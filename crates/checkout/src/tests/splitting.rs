//! Paying from the balance, alone and beside the gateway, and how refunds are divided among the shares.

use super::shop::*;
use fixture::Response;
use kernel::OrderNumber;
use serde_json::{Value, json};
use std::time::Duration;

async fn charged(shop: &Shop, who: u8, amount: i64) {
    let body = json!({ "amount": amount, "paymentKey": "approve" });
    shop.post(who, &format!("/users/{}/balance/charge", buyer(who)), body).await.must("200");
}

async fn balance(shop: &Shop, who: u8) -> i64 {
    let said = shop.get(who, &format!("/users/{}/balance", buyer(who))).await.must("200");
    said.number("/balance")
}

async fn pays(shop: &Shop, order: &OrderNumber, key: &str, shares: &[(&str, i64)]) -> Response {
    let splits: Vec<Value> =
        shares.iter().map(|(method, amount)| json!({ "method": method, "amount": amount })).collect();
    let body = json!({ "orderNumber": order, "paymentMethod": "CARD", "paymentKey": key, "splits": splits });
    shop.post(1, "/payments", body).await
}

/// Method, status and amount of each payment of the order, oldest first.
async fn payments(shop: &Shop, order: &OrderNumber) -> Vec<(String, String, i64)> {
    let detail = shop.get(1, &format!("/orders/{order}")).await.must("200");
    let word = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let payment =
        |one: &Value| (word(one, "canonicalPaymentMethod"), word(one, "status"), one["amount"].as_i64().unwrap());
    detail.data()["payments"].as_array().unwrap().iter().map(payment).collect()
}

fn paid_by(method: &str, status: &str, amount: i64) -> (String, String, i64) {
    (method.to_owned(), status.to_owned(), amount)
}

#[tokio::test]
async fn the_balance_alone_pays_an_order_without_the_gateway() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    charged(&shop, 1, 20_000).await;
    let at_once = with(items(&[(mug, 1)]), "payment", json!({ "method": "BALANCE" }));
    let said = shop.post(1, "/orders", at_once).await.must("201");
    assert_eq!(
        (said.data()["status"].as_str(), said.data()["payment"]["status"].as_str()),
        (Some("PAID"), Some("COMPLETED"))
    );
    let later = shop.order(1, mug, 1).await;
    let body = json!({ "orderNumber": later, "paymentMethod": "BALANCE" });
    shop.post(1, "/payments", body.clone()).await.must("201");
    shop.post(1, "/payments", body).await.must("400 S204");
    assert_eq!((balance(&shop, 1).await, shop.captures(), shop.stock(mug).await), (2_000, 1, (3, 0)));
    let short = with(items(&[(mug, 1)]), "payment", json!({ "method": "BALANCE" }));
    shop.post(1, "/orders", short).await.must("400 S310");
    assert_eq!(
        (shop.stock(mug).await, shop.count("select count(*) from orders where status <> ?", "-").await),
        ((3, 0), 2)
    );
    shop.cancel(1, &later).await.must("200");
    assert_eq!((balance(&shop, 1).await, shop.status(&later).await.as_str()), (11_000, "REFUNDED"));
    assert_eq!(payments(&shop, &later).await, [paid_by("BALANCE", "REFUNDED", 9_000)]);
    shop.consistent().await;
}

#[tokio::test]
async fn a_share_of_the_balance_is_held_first_and_goes_back_when_the_gateway_refuses() {
    let shares = [("BALANCE", 4_000), ("CARD", 5_000)];
    for (key, first, held, paid) in [
        ("approve", "201", 6_000, true),
        ("decline-expired-card", "400 S304", 10_000, false),
        ("timeout-charged", "202", 6_000, true),
        ("timeout-declined", "202", 6_000, false),
        ("pending-declined", "202", 6_000, false),
    ] {
        let shop = Shop::open().await;
        let mug = shop.good("mug", 9_000, 5).await;
        charged(&shop, 1, 10_000).await;
        let order = shop.order(1, mug, 1).await;
        pays(&shop, &order, key, &shares).await.must(first);
        assert_eq!(balance(&shop, 1).await, held, "{key}");
        shop.pass(Duration::from_secs(500)).await;
        let (status, ends, left) = if paid { ("COMPLETED", "PAID", 6_000) } else { ("FAILED", "CANCELLED", 10_000) };
        let both = [paid_by("BALANCE", status, 4_000), paid_by("CREDIT_CARD", status, 5_000)];
        assert_eq!(payments(&shop, &order).await, both, "{key}");
        assert_eq!((shop.status(&order).await.as_str(), balance(&shop, 1).await), (ends, left), "{key}");
        shop.consistent().await;
    }
}

#[tokio::test]
async fn an_abandoned_charge_gives_the_share_of_the_balance_back() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    charged(&shop, 1, 10_000).await;
    let order = shop.order(1, mug, 1).await;
    shop.gateway.be_away(true);
    let shares = [("BALANCE", 4_000), ("CARD", 5_000)];
    let open = pays(&shop, &order, "approve", &shares).await.must("202");
    shop.gateway.be_away(false);
    shop.clock.advance(Duration::from_secs(60));
    let number = open.word("/paymentNumber");
    shop.post(1, &format!("/payments/{number}/cancel"), json!({})).await.must("200");
    assert_eq!(balance(&shop, 1).await, 10_000);
    shop.post(1, "/payments", json!({ "orderNumber": order, "paymentMethod": "BALANCE" })).await.must("201");
    assert_eq!((balance(&shop, 1).await, shop.status(&order).await.as_str()), (1_000, "PAID"));
    shop.settle().await;
    shop.consistent().await;
}

#[tokio::test]
async fn shares_are_what_the_order_costs() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    charged(&shop, 1, 10_000).await;
    let order = shop.order(1, mug, 1).await;
    for (shares, wanted) in [
        (vec![("BALANCE", 4_000), ("CARD", 4_999)], "400 S306"),
        (vec![("BALANCE", 0), ("CARD", 9_000)], "400 S306"),
        (vec![("BALANCE", 4_000), ("KAKAO_PAY", 5_000)], "400 S307"),
        (vec![("BALANCE", 4_000), ("CASH", 5_000)], "400 S307"),
        (vec![("CARD", 4_000), ("CARD", 5_000)], "400 C002"),
        (vec![("BALANCE", 4_000), ("BALANCE", 4_000), ("CARD", 1_000)], "400 C002"),
        (vec![], "400 C002"),
    ] {
        pays(&shop, &order, "approve", &shares).await.must(wanted);
    }
    charged(&shop, 2, 1_000).await;
    let poor = shop.order(2, mug, 1).await;
    let splits = json!([{ "method": "BALANCE", "amount": 1_001 }, { "method": "CARD", "amount": 7_999 }]);
    let body = json!({ "orderNumber": poor, "paymentMethod": "CARD", "paymentKey": "approve", "splits": splits });
    shop.post(2, "/payments", body).await.must("400 S310");
    assert_eq!((shop.captures(), balance(&shop, 1).await, balance(&shop, 2).await), (2, 10_000, 1_000));
    shop.consistent().await;
}

#[tokio::test]
async fn refunds_of_a_split_payment_take_from_the_named_share_first() {
    let shop = Shop::open().await;
    let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 5).await);
    charged(&shop, 1, 10_000).await;
    let order = shop.place(1, items(&[(mug, 1), (pen, 3)])).await;
    pays(&shop, &order, "approve", &[("BALANCE", 4_000), ("CARD", 8_000)]).await.must("201");
    let detail = shop.get(1, &format!("/orders/{order}")).await;
    let number = |n: usize| detail.word(&format!("/payments/{n}/paymentNumber"));
    let (own, card) = (number(0), number(1));
    let refund = async |number: &str, body: Value| {
        let body = with(body, "reason", "test");
        shop.admin_post(&format!("/payments/{number}/refund"), body).await
    };
    let sides = async || (balance(&shop, 1).await, shop.money());
    assert_eq!(sides().await, (6_000, 18_000));
    refund(&own, json!({ "lines": [{ "id": 2, "quantity": 1 }] })).await.must("200");
    assert_eq!(sides().await, (7_000, 18_000), "the balance had enough");
    refund(&own, json!({ "lines": [{ "id": 1, "quantity": 1 }] })).await.must("200");
    assert_eq!(sides().await, (10_000, 12_000), "3,000 of the balance, and the rest by the card");
    refund(&card, json!({ "amount": 2_001 })).await.must("400 S306");
    refund(&card, json!({})).await.must("200");
    assert_eq!((sides().await, shop.status(&order).await.as_str()), ((10_000, 10_000), "REFUNDED"));
    let back = shop.get(1, &format!("/orders/{order}")).await;
    let lines = json!([{ "id": 1, "quantity": 1, "amount": 9_000 }, { "id": 2, "quantity": 3, "amount": 3_000 }]);
    assert_eq!(back.data()["refundedLines"], lines);
    shop.consistent().await;
}

#[tokio::test]
async fn after_the_parcel_has_left_an_order_is_refunded_when_no_share_has_money_left() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    charged(&shop, 1, 10_000).await;
    let order = shop.order(1, mug, 1).await;
    let paid = pays(&shop, &order, "approve", &[("BALANCE", 4_000), ("CARD", 5_000)]).await.must("201");
    let card = paid.word("/paymentNumber");
    let detail = shop.get(1, &format!("/orders/{order}")).await;
    let tracking = detail.word("/delivery/trackingNumber");
    shop.put(255, &format!("/deliveries/{tracking}/status"), json!({ "status": "SHIPPED" })).await.must("200");
    let refund = async |body: Value| {
        shop.admin_post(&format!("/payments/{card}/refund"), with(body, "reason", "test")).await.must("200");
        (shop.status(&order).await, balance(&shop, 1).await)
    };
    assert_eq!(refund(json!({ "amount": 5_000 })).await, ("SHIPPING".to_owned(), 6_000));
    assert_eq!(refund(json!({})).await, ("REFUNDED".to_owned(), 10_000));
    shop.consistent().await;
}
