//! Placing orders and asking what they would cost.

use super::shop::*;
use serde_json::json;

#[tokio::test]
async fn an_order_secures_everything_and_waits_for_its_payment() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let said = shop.post(1, "/orders", with(items(&[(mug, 2)]), "expectedAmount", 18_000)).await.must("201");
    let order = order_number(&said);
    assert_eq!(said.header("location"), format!("/api/v1/shopping/orders/{order}"));
    assert_eq!(
        (said.data()["status"].as_str(), said.data()["finalAmount"].as_i64()),
        (Some("CONFIRMED"), Some(18_000))
    );
    assert_eq!(said.data()["payBy"], json!("2026-02-06T00:10:00.000Z"));
    assert_eq!(shop.stock(mug).await, (3, 2));
    let detail = shop.get(1, &format!("/orders/{order}")).await.must("200");
    assert_eq!(detail.data()["saga"], json!({ "step": "PROCESS_PAYMENT", "status": "STARTED" }));
    assert_eq!(detail.data()["payments"], json!([]));
    shop.get(2, &format!("/orders/{order}")).await.must("403 S212");
    shop.consistent().await;
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_and_nothing_is_written() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let short = shop.post(1, "/orders", items(&[(mug, 6)])).await.must("400 S402");
    let values = &short.json()["error"]["details"][0];
    assert_eq!((values["requested"].as_i64(), values["available"].as_i64()), (Some(6), Some(5)));
    assert_eq!(values["productId"], json!(mug.product));
    shop.post(1, "/orders", items(&[(mug, 3), (mug, 3)])).await.must("400 S402");
    let unknown = Good { product: kernel::ProductId::new(999), ..mug };
    shop.post(1, "/orders", items(&[(mug, 1), (unknown, 1)])).await.must("404 S001");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "expectedAmount", 8_999)).await.must("409 S210");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "userCouponId", 1)).await.must("404 S608");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "pointsToUse", 1)).await.must("400 S310");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "payment", json!({ "method": "BALANCE" }))).await.must("400 S310");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "shippingAddress", json!(null))).await.must("400 S211");
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "price", 1)).await.must("400 C002");
    shop.post(1, "/orders", json!({ "items": [], "shippingAddress": address() })).await.must("400 C002");
    for quantity in [json!(0), json!(-1), json!(1.5), json!("1"), json!(9_007_199_254_740_993_i64)] {
        let body =
            json!({ "items": [{ "productId": mug.product, "quantity": quantity }], "shippingAddress": address() });
        shop.post(1, "/orders", body).await.must("400 C002");
    }
    shop.post(1, "/orders", json!({ "shippingAddress": address() })).await.must("404 S101");
    assert_eq!(shop.stock(mug).await, (5, 0));
    assert_eq!(shop.get(1, "/orders").await.data()["totalElements"], json!(0));
    shop.post(1, "/orders", with(items(&[(mug, 1)]), "pointsToUse", 0)).await.must("201");
    shop.consistent().await;
}

#[tokio::test]
async fn a_cart_makes_one_order_at_todays_prices() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    shop.post(1, "/cart/items", json!({ "productId": mug.product, "quantity": 2 })).await.must("200");
    reprice(&shop, 9_500).await;
    let cart = shop.get(1, "/cart").await.must("200");
    assert_eq!(cart.data()["items"][0]["priceChanged"], json!(true));
    let order = shop.post(1, "/orders", json!({ "shippingAddress": address() })).await.must("201");
    assert_eq!(order.data()["finalAmount"], json!(19_000));
    let again = json!({ "cartId": cart.data()["id"], "shippingAddress": address() });
    shop.post(1, "/orders", again.clone()).await.must("400 S103");
    shop.post(2, "/orders", again).await.must("404 S101");
    let next = shop.get(1, "/cart").await.must("200");
    assert_eq!(next.data()["items"], json!([]));
    shop.post(1, "/orders", json!({ "shippingAddress": address() })).await.must("400 S104");
    shop.consistent().await;
}

#[tokio::test]
async fn an_order_that_costs_nothing_needs_no_gateway() {
    let shop = Shop::open().await;
    let gift = shop.good("gift", 1, 3).await;
    reprice(&shop, 0).await;
    let said = shop.post(1, "/orders", with(items(&[(gift, 1)]), "payment", json!({ "method": "CARD" }))).await;
    let said = said.must("201");
    assert_eq!((said.data()["status"].as_str(), shop.captures()), (Some("PAID"), 0));
    assert_eq!(shop.stock(gift).await, (2, 0));
    let order = order_number(&said);
    let detail = shop.get(1, &format!("/orders/{order}")).await;
    assert_eq!(detail.data()["saga"]["status"], json!("COMPLETED"));
    assert_eq!(detail.data()["delivery"]["status"], json!("PREPARING"));
    reprice(&shop, 1).await;
    shop.consistent().await;
    shop.cancel(1, &order).await.must("200");
    assert_eq!((shop.stock(gift).await, shop.status(&order).await.as_str()), ((3, 0), "REFUNDED"));
    shop.consistent().await;
}

#[tokio::test]
async fn a_quote_names_every_problem_and_writes_nothing() {
    let shop = Shop::open().await;
    let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 0).await);
    let fine = shop.post(1, "/orders/quote", items(&[(mug, 2)])).await.must("200");
    assert_eq!((fine.data()["payable"].as_i64(), fine.data()["orderable"].as_bool()), (Some(18_000), Some(true)));
    let unknown = Good { product: kernel::ProductId::new(999), ..mug };
    let body = with(items(&[(mug, 3), (mug, 3), (pen, 1), (unknown, 1)]), "expectedAmount", 1);
    let said = shop.post(1, "/orders/quote", with(body, "userCouponId", 5)).await.must("200");
    let codes: Vec<_> = said.data()["problems"].as_array().unwrap().iter().map(|p| p["code"].clone()).collect();
    assert_eq!(codes, [json!("S001"), json!("S402"), json!("S608"), json!("S210")]);
    let short = &said.data()["problems"][1]["details"];
    assert_eq!((short[0]["requested"].as_i64(), short[1]["available"].as_i64()), (Some(6), Some(0)));
    assert_eq!(said.data()["lines"].as_array().unwrap().len(), 3);
    shop.post(1, "/orders/quote", json!({})).await.must("404 S101");
    assert_eq!(shop.stock(mug).await, (5, 0));
}
