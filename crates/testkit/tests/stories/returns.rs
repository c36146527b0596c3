//! Goods that come back: returns for their money and exchanges, and orders in several parcels (docs/RULES.md).

use crate::wallets::{balance, charges, delivered, points};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Response, Sender, TestShop};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

fn asks(buyer: &Sender, order: &str, kind: &str, reason: &str, lines: &Value) -> Response {
    let body = json!({"kind": kind, "reason": reason, "lines": lines});
    buyer.post(format!("/orders/{order}/returns"), body)
}

fn does(shop: &TestShop, number: &str, what: &str, body: Value) -> Response {
    shop.admin().post(format!("/admin/returns/{number}/{what}"), body)
}

fn bought(shop: &TestShop, buyer: &Sender, product: &testkit::Product, units: i64, key: &str) -> String {
    let order = buyer.orders(product, units).must("201").word("/orderNumber");
    buyer.pays(&order, key).must("201");
    delivered(shop, buyer, &order);
    order
}

/// Asked for, approved, collected and received, with everything that can be sold again but for `broken` of line 1.
fn received(shop: &TestShop, buyer: &Sender, order: &str, kind: &str, units: i64, broken: i64) -> String {
    let lines = json!([{"id": 1, "quantity": units}]);
    let number = asks(buyer, order, kind, "DEFECTIVE", &lines).must("201").word("/returnNumber");
    does(shop, &number, "approve", json!({})).must("200");
    does(shop, &number, "collect", json!({"carrier": "CJ대한통운 6891-2345-6789"})).must("200");
    does(shop, &number, "receive", json!({"lines": [{"id": 1, "restocked": units - broken}]})).must("200");
    number
}

#[test]
fn a_return_gives_its_money_back_and_what_can_be_sold_again_is_in_stock() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = bought(&shop, &buyer, &mug, 3, "approve");
    assert_eq!(shop.stock_of(&mug), (2, 0, 2));
    let number = received(&shop, &buyer, &order, "RETURN", 2, 1);
    assert_eq!(shop.stock_of(&mug), (3, 0, 3), "one was written off");
    let refund = does(&shop, &number, "refund", json!({})).must("200");
    assert_eq!((refund.word("/status"), refund.number("/refunded")), ("REFUNDED".to_owned(), 18_000));
    let seen = buyer.sees(&order).must("200");
    assert_eq!((seen.word("/status"), seen.number("/refundedLines/0/quantity")), ("DELIVERED".to_owned(), 2));
    assert_eq!(seen.word("/returns/0/returnNumber"), number);
    does(&shop, &number, "refund", json!({})).must("400 S1105");
    let tracking = seen.word("/delivery/trackingNumber");
    shop.admin().put(format!("/deliveries/{tracking}/status"), json!({"status": "RETURNED"})).must("400 S506");
    // the last unit takes the rest, and the order is refunded as a whole
    let number = received(&shop, &buyer, &order, "RETURN", 1, 0);
    assert_eq!(does(&shop, &number, "refund", json!({})).must("200").number("/refunded"), 9_000);
    shop.settle();
    assert_eq!((buyer.sees(&order).word("/status"), shop.stock_of(&mug)), ("REFUNDED".to_owned(), (4, 0, 4)));
    let explained = shop.admin().get(format!("/admin/orders/{order}/explain")).must("200").data();
    let whats: Vec<&str> =
        explained["timeline"].as_array().unwrap().iter().filter_map(|one| one["what"].as_str()).collect();
    assert!(whats.contains(&"RECEIVED") && whats.contains(&"shopping.return.changed"), "{whats:?}");
}

#[test]
fn an_exchange_keeps_its_replacement_and_sends_it_in_a_second_parcel() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(3).save();
    let buyer = shop.buyer();
    let order = bought(&shop, &buyer, &mug, 1, "approve");
    let number = received(&shop, &buyer, &order, "EXCHANGE", 1, 1);
    assert_eq!(shop.stock_of(&mug), (1, 1, 2), "one is kept for the buyer");
    shop.buyer().orders(&mug, 2).must("400 S402");
    let ended = does(&shop, &number, "exchange", json!({})).must("200");
    let second = ended.word("/replacementTrackingNumber");
    assert_eq!((ended.word("/status"), shop.stock_of(&mug)), ("EXCHANGED".to_owned(), (1, 0, 1)));
    let seen = buyer.sees(&order).must("200");
    assert_eq!(
        (seen.word("/parcels/1/trackingNumber"), seen.word("/parcels/1/purpose")),
        (second.clone(), "EXCHANGE".to_owned())
    );
    shop.delivers(&second);
    assert_eq!(buyer.sees(&order).word("/status"), "DELIVERED");
    let of_order = buyer.get(format!("/deliveries/order/{order}/parcels")).must("200").data();
    assert_eq!(of_order.as_array().map(Vec::len), Some(2));
    // what cannot be exchanged any more is refunded
    let order = bought(&shop, &buyer, &mug, 1, "approve");
    asks(&buyer, &order, "EXCHANGE", "DAMAGED", &json!([{"id": 1, "quantity": 1}])).must("201");
    let number = buyer.get("/returns").must("200").word("/content/0/returnNumber");
    does(&shop, &number, "approve", json!({})).must("400 S402");
    shop.admin().patch(format!("/admin/products/{}/stock", mug.id), json!({"delta": 1})).must("200");
    does(&shop, &number, "approve", json!({})).must("200");
    does(&shop, &number, "receive", json!({})).must("200");
    assert_eq!(does(&shop, &number, "refund", json!({})).must("200").number("/refunded"), 9_000);
    assert_eq!(shop.stock_of(&mug), (2, 0, 2), "the replacement and the first one can be sold");
}

#[test]
fn a_variant_is_exchanged_for_another_of_the_same_price() {
    let shop = TestShop::open();
    let tee = json!({"sku": "TEE", "name": "Tee", "price": 20_000, "status": "ACTIVE", "variants": [
        {"sku": "TEE-S", "options": {"size": "S"}, "stock": 5},
        {"sku": "TEE-L", "options": {"size": "L"}, "stock": 5},
        {"sku": "TEE-XL", "options": {"size": "XL"}, "stock": 5, "priceAdjustment": 1_000},
    ]});
    let tee = shop.admin().post("/admin/products", tee).must("201").number("/id");
    let variants = shop.admin().get(format!("/admin/products/{tee}/variants")).must("200");
    let [small, large, larger] = ["/0/id", "/1/id", "/2/id"].map(|at| variants.number(at));
    let mug = shop.product("mug").price(20_000).stock(5).save();
    let buyer = shop.buyer();
    let items = json!({"items": [{"productId": tee, "variantId": small, "quantity": 1}], "shippingAddress": testkit::address()});
    let order = buyer.post("/orders", items).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    delivered(&shop, &buyer, &order);
    let lines = |other: i64| json!([{"id": 1, "quantity": 1, "exchangeFor": other}]);
    for other in [larger, mug.variant] {
        asks(&buyer, &order, "EXCHANGE", "WRONG_CHOICE", &lines(other)).must("400 C002");
    }
    asks(&buyer, &order, "RETURN", "WRONG_CHOICE", &lines(large)).must("400 C002");
    let number = asks(&buyer, &order, "EXCHANGE", "WRONG_CHOICE", &lines(large)).must("201").word("/returnNumber");
    does(&shop, &number, "approve", json!({})).must("200");
    does(&shop, &number, "receive", json!({})).must("200");
    does(&shop, &number, "exchange", json!({})).must("200");
    let after = shop.admin().get(format!("/admin/products/{tee}/variants")).must("200");
    assert_eq!(["/0/stock", "/1/stock", "/2/stock"].map(|at| after.number(at)), [5, 4, 5]);
}

#[test]
fn a_buyer_asks_in_time_for_what_arrived_and_may_keep_it_after_all() {
    let shop = TestShop::with(1, &[("returns.fee", "3000")]);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let (buyer, stranger) = (shop.buyer(), shop.buyer());
    let one = json!([{"id": 1, "quantity": 1}]);
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    asks(&buyer, &order, "RETURN", "CHANGED_MIND", &one).must("400 S1102");
    buyer.pays(&order, "approve").must("201");
    delivered(&shop, &buyer, &order);
    asks(&stranger, &order, "RETURN", "CHANGED_MIND", &one).must("403 S212");
    asks(&buyer, &order, "RETURN", "CHANGED_MIND", &json!([{"id": 2, "quantity": 1}])).must("400 C002");
    asks(&buyer, &order, "RETURN", "CHANGED_MIND", &json!([{"id": 1, "quantity": 3}])).must("400 S1104");
    let first = asks(&buyer, &order, "RETURN", "CHANGED_MIND", &one).must("201");
    assert_eq!((first.word("/payer"), first.number("/fee")), ("BUYER".to_owned(), 3_000));
    let number = first.word("/returnNumber");
    stranger.get(format!("/returns/{number}")).must("403 S1106");
    stranger.post(format!("/returns/{number}/withdraw"), json!({})).must("403 S1106");
    asks(&buyer, &order, "RETURN", "CHANGED_MIND", &json!([{"id": 1, "quantity": 2}])).must("400 S1104");
    buyer.post(format!("/returns/{number}/withdraw"), json!({})).must("200");
    does(&shop, &number, "approve", json!({})).must("400 S1105");
    let number = asks(&buyer, &order, "RETURN", "CHANGED_MIND", &one).must("201").word("/returnNumber");
    does(&shop, &number, "refund", json!({})).must("400 S1105");
    does(&shop, &number, "approve", json!({})).must("200");
    does(&shop, &number, "receive", json!({})).must("200");
    assert_eq!(does(&shop, &number, "refund", json!({})).must("200").number("/refunded"), 6_000, "less the fee");
    let waiting = shop.admin().get("/admin/returns?status=REFUNDED,WITHDRAWN").must("200");
    assert_eq!(waiting.number("/totalElements"), 2);
    let id = buyer.id();
    shop.later(8 * DAY);
    let buyer = shop.user(id);
    asks(&buyer, &order, "RETURN", "CHANGED_MIND", &one).must("400 S1103");
    let number = asks(&buyer, &order, "RETURN", "DEFECTIVE", &one).must("201").word("/returnNumber");
    let rejected = does(&shop, &number, "reject", json!({"reason": "it was worn"})).must("200");
    assert_eq!(rejected.word("/rejection"), "it was worn");
    let korean = buyer.with("accept-language", "ko").get(format!("/returns/{number}")).must("200");
    assert_eq!(
        (korean.word("/statusDescription"), korean.word("/reasonDescription")),
        ("거절됨".to_owned(), "상품 불량".to_owned())
    );
}

#[test]
fn the_money_of_a_return_comes_back_share_by_share_and_also_when_the_gateway_is_slow() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    charges(&buyer, 10_000, "approve").must("200");
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    let splits = json!([{"method": "BALANCE", "amount": 5_000}, {"method": "CARD", "amount": 13_000}]);
    let body = json!({"orderNumber": order, "paymentMethod": "CARD", "paymentKey": "refund-timeout", "splits": splits});
    buyer.post("/payments", body).must("201");
    delivered(&shop, &buyer, &order);
    let number = received(&shop, &buyer, &order, "RETURN", 2, 0);
    let open = does(&shop, &number, "refund", json!({})).must("202");
    assert_eq!(open.word("/status"), "RECEIVED");
    does(&shop, &number, "refund", json!({})).must("409 C019");
    shop.later(5 * MINUTE);
    shop.later(5 * MINUTE);
    let ended = buyer.get(format!("/returns/{number}")).must("200");
    assert_eq!((ended.word("/status"), ended.number("/refunded")), ("REFUNDED".to_owned(), 18_000));
    assert_eq!((balance(&buyer), buyer.sees(&order).word("/status")), (10_000, "REFUNDED".to_owned()));
    // a gateway that refuses leaves the return where it is, and it ends when the money went back otherwise
    let order = bought(&shop, &buyer, &mug, 1, "refund-declined");
    let number = received(&shop, &buyer, &order, "RETURN", 1, 0);
    does(&shop, &number, "refund", json!({})).must("500 S305");
    let ended = does(&shop, &number, "refund", json!({"amount": 0})).must("200");
    assert_eq!((ended.word("/status"), ended.number("/refunded")), ("REFUNDED".to_owned(), 0));
}

#[test]
fn the_points_of_what_is_sent_back_come_back_with_its_money() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let gift = json!({"points": 1_001, "reason": "a birthday"});
    shop.admin().post(format!("/admin/wallets/{}/points", buyer.id()), gift).must("201");
    let mut body = testkit::order_of(&[(&mug, 2)]);
    body["pointsToUse"] = json!(1_001);
    let order = buyer.post("/orders", body).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    delivered(&shop, &buyer, &order);
    assert_eq!(points(&buyer), 169, "earned with 16,999");
    let refunded = |units: i64| {
        let number = received(&shop, &buyer, &order, "RETURN", units, 0);
        let ended = does(&shop, &number, "refund", json!({})).must("200");
        shop.settle();
        (ended.number("/refunded"), ended.number("/pointsRestored"))
    };
    assert_eq!(refunded(1), (8_499, 500));
    assert_eq!(points(&buyer), 500 + 85, "those that the other half has earned stay");
    assert_eq!(refunded(1), (8_500, 501));
    assert_eq!((points(&buyer), buyer.sees(&order).word("/status")), (1_001, "REFUNDED".to_owned()));
}

#[test]
fn an_order_is_sent_in_several_parcels_and_has_arrived_with_the_last() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let pen = shop.product("pen").price(1_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders_all(&[(&mug, 2), (&pen, 1)]).must("201").word("/orderNumber");
    let path = format!("/deliveries/order/{order}/parcels");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let split = |lines: Value| shop.admin().post(&path, json!({ "lines": lines }));
    split(json!([{"id": 1, "quantity": 3}])).must("400 C002");
    split(json!([{"id": 1, "quantity": 2}, {"id": 2, "quantity": 1}])).must("400 C002");
    buyer.post(&path, json!({"lines": [{"id": 1, "quantity": 1}]})).must("403 A002");
    let second = split(json!([{"id": 1, "quantity": 1}])).must("201");
    assert_eq!((second.number("/parcelNumber"), second.number("/lines/0/quantity")), (2, 1));
    let second = second.word("/trackingNumber");
    let first = buyer.sees(&order).word("/delivery/trackingNumber");
    let moves = |tracking: &str, to: &str| {
        shop.admin().put(format!("/deliveries/{tracking}/status"), json!({ "status": to })).must("200");
        buyer.sees(&order).word("/status")
    };
    assert_eq!(moves(&second, "SHIPPED"), "SHIPPING");
    assert_eq!(moves(&second, "IN_TRANSIT"), "SHIPPING");
    assert_eq!(moves(&second, "DELIVERED"), "SHIPPING");
    buyer.cancels(&order).must("400 S203");
    assert_eq!(moves(&first, "SHIPPED"), "SHIPPING");
    split(json!([{"id": 1, "quantity": 1}])).must("400 S502");
    assert_eq!(moves(&first, "IN_TRANSIT"), "SHIPPING");
    assert_eq!(moves(&first, "DELIVERED"), "DELIVERED");
    // one of them comes back as a whole, and with it what was in it
    assert_eq!(moves(&second, "RETURNED"), "DELIVERED");
    assert_eq!((shop.stock_of(&mug), shop.stock_of(&pen)), ((4, 0, 4), (4, 0, 4)));
    asks(&buyer, &order, "RETURN", "DEFECTIVE", &json!([{"id": 2, "quantity": 1}])).must("400 S1102");
}

#[test]
fn all_money_of_an_order_that_is_half_sent_stops_its_other_parcel() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 3).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    let lines = json!({"lines": [{"id": 1, "quantity": 1}]});
    let second =
        shop.admin().post(format!("/deliveries/order/{order}/parcels"), lines).must("201").word("/trackingNumber");
    shop.admin().put(format!("/deliveries/{second}/status"), json!({"status": "SHIPPED"})).must("200");
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"reason": "late"})).must("200");
    shop.settle();
    let seen = buyer.sees(&order).must("200");
    assert_eq!((seen.word("/status"), seen.word("/delivery/status")), ("REFUNDED".to_owned(), "CANCELLED".to_owned()));
    assert_eq!(shop.stock_of(&mug), (4, 0, 4), "the two that were not sent are in stock again");
    shop.admin().put(format!("/deliveries/{second}/status"), json!({"status": "RETURNED"})).must("200");
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
}

#[test]
fn a_parcel_has_a_carrier_and_a_number_that_fits_it() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
    let carriers = shop.anonymous().with("accept-language", "ko").get("/deliveries/carriers").must("200").data();
    let cj = carriers.as_array().unwrap().iter().find(|one| one["carrier"] == "CJ_LOGISTICS").unwrap().clone();
    assert_eq!((&cj["name"], &cj["code"]), (&json!("CJ대한통운"), &json!("04")));
    let set = |carrier: &str, number: &str| {
        let body = json!({"carrier": carrier, "carrierNumber": number});
        shop.admin().put(format!("/deliveries/{tracking}/carrier"), body)
    };
    set("CJ_LOGISTICS", "6891-2345-678").must("400 C002");
    set("PIGEON", "1").must("400 C002");
    let parcel = set("CJ_LOGISTICS", "6891-2345-6789").must("200");
    assert_eq!(
        (parcel.word("/carrier"), parcel.word("/carrierNumber")),
        ("CJ대한통운".to_owned(), "689123456789".to_owned())
    );
    delivered(&shop, &buyer, &order);
    let parcel = buyer.get(format!("/deliveries/{tracking}")).must("200");
    assert!(parcel.word("/shippedAt") <= parcel.word("/deliveredAt"));
    // what was typed wrongly can be corrected afterwards
    assert_eq!(set("LOGEN", "12345678901").must("200").word("/status"), "DELIVERED");
}
