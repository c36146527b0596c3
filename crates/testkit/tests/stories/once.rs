//! Idempotency keys: the same key and body get the same response, byte for byte.

use serde_json::json;
use testkit::{TestShop, address, order_of};

#[test]
fn the_same_key_and_body_is_answered_with_the_same_bytes() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let body = order_of(&[(&mug, 1)]);
    let first = buyer.keyed("k-1").post("/orders", body.clone()).must("201");
    let again = buyer.keyed("k-1").post("/orders", body).must("201");
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        (String::new(), "true".to_owned())
    );
    assert_eq!(shop.stock_of(&mug), (4, 1, 5));
}

#[test]
fn the_same_key_with_another_body_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.keyed("k-1").orders(&mug, 1).must("201");
    buyer.keyed("k-1").orders(&mug, 2).must("422 C014");
    assert_eq!(shop.stock_of(&mug), (4, 1, 5));
    shop.buyer().keyed("k-1").orders(&mug, 2).must("201");
}

#[test]
fn a_refusal_is_stored_like_a_success() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let buyer = shop.buyer();
    let first = buyer.keyed("k-1").orders(&mug, 2).must("400 S402");
    let restock = json!({"quantity": 5, "reason": "delivery"});
    shop.admin().put(format!("/inventory/{}/add", mug.id), restock).must("200");
    let again = buyer.keyed("k-1").orders(&mug, 2).must("400 S402");
    assert_eq!(first.body, again.body, "the same request is the same response, even when it would now succeed");
    buyer.keyed("k-2").orders(&mug, 2).must("201");
}

#[test]
fn a_refusal_that_its_client_can_put_right_is_not_kept() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let keyed = buyer.keyed("cart");
    // no cart, then an empty one
    keyed.orders_cart().must("404 S101");
    buyer.fills_cart(&mug, 1).must("200");
    let line = buyer.get("/cart").must("200").number("/items/0/id");
    buyer.delete(format!("/cart/items/{line}")).must("200");
    keyed.orders_cart().must("400 S104");
    buyer.fills_cart(&mug, 1).must("200");
    let placed = keyed.orders_cart().must("201");
    // the cart is closed again, but the order was placed
    assert_eq!(keyed.orders_cart().must("201").body, placed.body);
    // an order of a deal may wait for its address
    let deal = json!({"name": "Lunch", "startsAt": "2026-02-06T00:00:00Z", "endsAt": "2026-02-06T02:00:00Z",
        "products": [{"productId": mug.id, "dealPrice": 7_000, "dealQuantity": 5, "maxPerUser": 2}]});
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/products/0/id");
    let wanted = json!({"timeDealProductId": deal, "quantity": 1});
    let order = buyer.post("/time-deals/purchase", wanted).must("201").word("/order/orderNumber");
    let paying = buyer.keyed("pay");
    paying.pays(&order, "approve").must("400 S211");
    buyer.put(format!("/orders/{order}/address"), address()).must("200");
    paying.pays(&order, "approve").must("201");
}

#[test]
fn fifty_parallel_repetitions_have_one_effect() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(100).save();
    let buyer = shop.buyer();
    let responses = shop.at_once(50, |_| buyer.keyed("storm").orders(&mug, 1));
    let (made, running) = (responses.count("201"), responses.count("409 C015"));
    assert!(made >= 1 && made + running == 50, "{:?}", responses.summary());
    let first = buyer.keyed("storm").orders(&mug, 1).must("201");
    assert!(responses.iter().filter(|response| response.status == 201).all(|response| response.body == first.body));
    assert_eq!(shop.stock_of(&mug), (99, 1, 100));
}

#[test]
fn a_declined_payment_gets_the_same_response_again_and_is_not_charged_again() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let first = buyer.keyed("pay").pays(&order, "decline-invalid-card").must("400 S304");
    let again = buyer.keyed("pay").pays(&order, "decline-invalid-card").must("400 S304");
    assert_eq!(first.body, again.body);
}

#[test]
fn an_open_payment_keeps_its_key_until_it_is_known() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let first = buyer.keyed("pay").pays(&order, "timeout-charged").must("202");
    let again = buyer.keyed("pay").pays(&order, "timeout-charged");
    assert!(["202", "409 C015"].contains(&again.summary().as_str()), "{}", again.text());
    assert_eq!(first.word("/status"), "PROCESSING");
    assert_eq!(shop.captures_of(&order), [9_000]);
}

#[test]
fn keys_that_are_empty_or_too_long_are_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    for key in [String::new(), "k".repeat(256)] {
        buyer.keyed(&key).orders(&mug, 1).must("400 C002");
    }
    buyer.keyed(&"k".repeat(255)).orders(&mug, 1).must("201");
}

#[test]
fn cart_payment_cancel_and_refund_take_keys_too() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let twice = |send: &dyn Fn() -> testkit::Response| {
        let (first, second) = (send(), send());
        assert_eq!(first.body, second.body, "{} then {}", first.text(), second.text());
        assert_eq!(second.header("idempotent-replayed"), "true", "{}", second.text());
        first
    };
    twice(&|| buyer.keyed("a").fills_cart(&mug, 1)).must("200");
    let order = twice(&|| buyer.keyed("b").post("/orders", json!({"shippingAddress": address()}))).must("201");
    let order = order.word("/orderNumber");
    let payment = twice(&|| buyer.keyed("c").pays(&order, "approve")).must("201").word("/paymentNumber");
    let part = json!({"amount": 1_000, "reason": "scratch"});
    let admin = shop.admin();
    twice(&|| admin.keyed("d").post(format!("/payments/{payment}/refund"), part.clone())).must("200");
    assert_eq!(shop.refunds_of(&order), [1_000]);
    let other = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    twice(&|| buyer.keyed("e").cancels(&other)).must("200");
    let stock = json!({"quantity": 2, "reason": "delivery"});
    twice(&|| admin.keyed("f").put(format!("/inventory/{}/add", mug.id), stock.clone())).must("200");
    assert_eq!(shop.stock_of(&mug).0, 6);
}

#[test]
fn an_answer_that_says_later_is_not_kept() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "refund-timeout").must("201").word("/paymentNumber");
    let part = json!({"amount": 1_000, "reason": "scratch"});
    shop.admin().post(format!("/payments/{payment}/refund"), part).must("202");
    for _ in 0..2 {
        let later = buyer.keyed("cancel").cancels(&order).must("409 C019");
        assert_eq!(
            (later.header("retry-after"), later.header("idempotent-replayed")),
            ("10".to_owned(), String::new())
        );
    }
    shop.later(std::time::Duration::from_secs(300));
    buyer.keyed("cancel").cancels(&order).must("202");
    shop.later(std::time::Duration::from_secs(300));
    let outcome = buyer.keyed("cancel").cancels(&order).must("200");
    assert_eq!(outcome.word("/status"), "REFUNDED");
    let again = buyer.keyed("cancel").cancels(&order).must("200");
    assert_eq!((outcome.body, again.header("idempotent-replayed")), (again.body.clone(), "true".to_owned()));
}

#[test]
fn the_key_of_an_open_payment_leads_to_its_outcome() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    for (key, outcome) in [("timeout-charged", "201"), ("pending-declined", "400 S304")] {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let sends = || buyer.keyed(key).pays(&order, key);
        sends().must("202");
        (0..3).for_each(|_| shop.later(std::time::Duration::from_secs(120)));
        let first = sends().must(outcome);
        let again = sends().must(outcome);
        assert_eq!(first.body, again.body, "{key}");
        assert_eq!(first.header("location"), again.header("location"), "{key}");
    }
}

#[test]
fn a_payment_that_could_not_be_cancelled_yet_is_cancelled_by_the_same_request_later() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "timeout-uncharged").must("202").word("/paymentNumber");
    let cancel = || buyer.keyed("c").post(format!("/payments/{payment}/cancel"), json!({}));
    shop.gateway().be_away(true);
    cancel().must("409 C019");
    shop.gateway().be_away(false);
    assert_eq!(cancel().must("200").word("/status"), "CANCELLED");
}

#[test]
fn a_stored_refusal_is_rendered_for_each_caller() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let buyer = shop.buyer().keyed("k");
    let (problem, korean) = (buyer.with("accept", "application/problem+json"), buyer.with("accept-language", "ko-KR"));
    let first = problem.orders(&mug, 2);
    assert_eq!((first.status, first.header("content-type")), (400, "application/problem+json".to_owned()));
    let first = first.json();
    assert_eq!((first["code"].as_str(), first["status"].as_u64()), (Some("S402"), Some(400)));
    let plain = buyer.orders(&mug, 2).must("400 S402");
    assert_eq!(
        (plain.header("content-type"), plain.header("idempotent-replayed")),
        ("application/json".into(), "true".into())
    );
    assert_eq!(plain.json()["error"]["timestamp"], first["timestamp"], "it was decided once");
    assert_eq!(plain.json()["error"]["details"], first["details"]);
    let message = korean.orders(&mug, 2).must("400 S402").json()["error"]["message"].to_string();
    assert!(message.contains("재고"), "{message}");
    let again = problem.orders(&mug, 2);
    assert_eq!((again.json(), again.header("content-type")), (first, "application/problem+json".to_owned()));
}
