//! Carts as their owners see them.

use super::shop::*;
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn a_cart_shows_todays_prices_and_stock() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let empty = shop.get(1, "/cart").await.must("200");
    assert_eq!((empty.data()["status"].as_str(), empty.data()["itemCount"].as_i64()), (Some("ACTIVE"), Some(0)));
    let said = shop.post(1, "/cart/items", json!({ "productId": mug.product, "quantity": 2 })).await.must("200");
    let line = &said.data()["items"][0];
    assert_eq!((line["subtotal"].as_i64(), line["available"].as_bool()), (Some(18_000), Some(true)));
    assert_eq!((line["stockStatus"].as_str(), line["priceChanged"].as_bool()), (Some("LOW_STOCK"), Some(false)));
    reprice(&shop, 8_000).await;
    let said = shop.get(1, "/cart").await.must("200");
    let line = &said.data()["items"][0];
    assert_eq!((line["price"].as_i64(), line["currentPrice"].as_i64()), (Some(9_000), Some(8_000)));
    assert_eq!(said.data()["totalAmount"], json!(16_000));
}

#[tokio::test]
async fn what_cannot_be_had_cannot_be_put_into_a_cart() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let add = |n: i64| json!({ "productId": mug.product, "quantity": n });
    shop.post(1, "/cart/items", add(6)).await.must("400 S105");
    shop.post(1, "/cart/items", json!({ "productId": 999, "quantity": 1 })).await.must("404 S001");
    shop.post(1, "/cart/items", json!({ "quantity": 1 })).await.must("400 C002");
    shop.post(1, "/cart/items", add(0)).await.must("400 C002");
    shop.post(1, "/cart/items", add(3)).await.must("200");
    let twice = shop.post(1, "/cart/items", add(1)).await.must("409 S106");
    assert!(!twice.json()["error"]["details"].as_array().unwrap().is_empty());
    shop.post(1, "/cart/items", with(add(3), "merge", true)).await.must("400 S105");
    let merged = shop.post(1, "/cart/items", with(add(2), "merge", true)).await.must("200");
    assert_eq!(merged.data()["totalQuantity"], json!(5));
    let item = format!("/cart/items/{}", merged.data()["items"][0]["id"]);
    shop.put(1, &item, json!({ "quantity": 6 })).await.must("400 S105");
    shop.put(2, &item, json!({ "quantity": 1 })).await.must("404 S101");
    shop.put(1, &item, json!({ "quantity": 1 })).await.must("200");
    shop.put(1, "/cart/items/999", json!({ "quantity": 1 })).await.must("404 S102");
    let gone = shop.call(1, Method::DELETE, &item, None, None).await.must("200");
    assert_eq!(gone.data()["items"], json!([]));
    shop.post(1, "/cart/checkout", json!({})).await.must("400 S104");
}

#[tokio::test]
async fn a_checked_out_cart_becomes_the_next_order() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    shop.post(1, "/cart/items", json!({ "variantId": mug.variant, "quantity": 2 })).await.must("200");
    let checked = shop.post(1, "/cart/checkout", json!({})).await.must("200");
    assert_eq!(checked.data()["status"], json!("CHECKED_OUT"));
    shop.post(1, "/cart/checkout", json!({})).await;
    shop.post(1, "/orders", json!({ "shippingAddress": address() })).await.must("201");
    assert_eq!(shop.stock(mug).await, (3, 2));
    shop.consistent().await;
}

#[tokio::test]
async fn a_closed_product_stays_in_the_cart_but_cannot_be_ordered() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    shop.post(1, "/cart/items", json!({ "productId": mug.product, "quantity": 2 })).await.must("200");
    shop.exec("update products set status = ?", vec![::store::Arg::Text("INACTIVE")]).await;
    let cart = shop.get(1, "/cart").await.must("200");
    assert_eq!(cart.data()["items"][0]["available"], json!(false));
    shop.post(1, "/cart/items", json!({ "productId": mug.product, "quantity": 1, "merge": true }))
        .await
        .must("400 S003");
    shop.post(1, "/cart/checkout", json!({})).await.must("400 S003");
    let refused = shop.post(1, "/orders", json!({ "shippingAddress": address() })).await.must("400 S003");
    assert_eq!(refused.json()["error"]["details"][0]["productId"], json!(mug.product));
    // the cart stays usable
    shop.call(1, Method::DELETE, "/cart", None, None).await.must("200");
}
