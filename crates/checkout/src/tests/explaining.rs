//! Explaining an order.

use super::shop::*;
use std::time::Duration;

#[tokio::test]
async fn everything_that_happened_to_an_order_is_shown_in_order() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 5).await;
    let order = shop.order(1, mug, 1).await;
    shop.clock.advance(Duration::from_secs(60));
    shop.pay(1, &order, "approve").await.must("201");
    shop.clock.advance(Duration::from_secs(60));
    shop.cancel(1, &order).await.must("200");
    shop.get(1, &format!("/admin/orders/{order}/explain")).await.must("403 A002");
    let path = format!("/admin/orders/{order}/explain");
    shop.app.db.write("test.place", |tx| ::store::outbox::assign_sequence_numbers(tx, 1_000)).await.unwrap();
    let shown = shop.admin_get(&path).await.must("200");
    let moments: Vec<String> = shown.data()["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| format!("{} {}", moment["source"].as_str().unwrap(), moment["what"].as_str().unwrap()))
        .collect();
    let at =
        |what: &str| moments.iter().position(|moment| moment == what).unwrap_or_else(|| panic!("{what}: {moments:#?}"));
    let story = [
        "ORDER PLACED",
        "LEDGER RESERVATION",
        "EVENT shopping.order.created",
        "LEDGER SALE",
        "DELIVERY PREPARING",
        "EVENT shopping.order.confirmed",
        "LEDGER RETURN",
        "REFUND COMPLETED",
        "EVENT shopping.order.cancelled",
    ];
    assert!(story.windows(2).all(|two| at(two[0]) < at(two[1])), "{moments:#?}");
    assert_eq!(shown.data()["sagas"][0]["memory"]["PROCESS_PAYMENT"]["forward"]["intent"]["amount"], 9_000);
    // the events are deleted after a while, the rest is kept
    shop.exec("delete from outbox where id > ?", vec![::store::Arg::Int(0)]).await;
    let shown = shop.admin_get(&path).await.must("200");
    assert!(shown.data()["timeline"].as_array().unwrap().len() >= 12);
}
