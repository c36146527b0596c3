//! Giving money back by decision of the shop, and what an order, a payment and a parcel still show afterwards.

use serde_json::json;
use testkit::{Response, Sender, TestShop};

fn refund(shop: &TestShop, payment: &str, mut body: serde_json::Value) -> Response {
    body["reason"] = json!("broken");
    shop.admin().post(format!("/payments/{payment}/refund"), body)
}

fn moves(shop: &TestShop, buyer: &Sender, order: &str, statuses: &[&str]) {
    shop.settle();
    let tracking = buyer.sees(order).word("/delivery/trackingNumber");
    for status in statuses {
        let step = json!({"status": status, "location": "Seoul", "description": "on its way"});
        shop.admin().put(format!("/deliveries/{tracking}/status"), step).must("200");
        shop.settle();
    }
}

#[test]
fn a_refunded_order_still_shows_when_it_was_paid() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let paid_at = buyer.sees(&order).word("/paidAt");
    shop.turn(std::time::Duration::from_secs(60));
    refund(&shop, &payment, json!({})).must("200");
    shop.settle();
    let seen = buyer.sees(&order).must("200");
    assert_eq!((seen.word("/status"), seen.word("/paidAt")), ("REFUNDED".to_owned(), paid_at));
    assert_eq!(seen.word("/refundedAt"), seen.word("/cancelledAt"));
    assert!(seen.word("/refundedAt") > seen.word("/paidAt"));
    let payment = buyer.get(format!("/payments/{payment}")).must("200");
    assert_eq!(payment.word("/status"), "REFUNDED");
    assert!(payment.word("/refundedAt") > payment.word("/paidAt"));
}

#[test]
fn an_order_refunded_on_its_way_still_shows_when_it_was_shipped() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    moves(&shop, &buyer, &order, &["SHIPPED"]);
    let shipping = buyer.sees(&order).must("200");
    refund(&shop, &payment, json!({})).must("200");
    shop.settle();
    let seen = buyer.sees(&order).must("200");
    assert_eq!(seen.word("/status"), "REFUNDED");
    for time in ["/paidAt", "/shippedAt", "/delivery/shippedAt"] {
        assert_eq!(seen.word(time), shipping.word(time), "{time}");
    }
    assert!(!seen.word("/refundedAt").is_empty());
}

#[test]
fn a_parcel_that_came_back_still_shows_when_it_left_and_arrived() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    moves(&shop, &buyer, &order, &["SHIPPED", "IN_TRANSIT", "DELIVERED"]);
    let arrived = buyer.sees(&order).must("200");
    shop.turn(std::time::Duration::from_secs(60));
    moves(&shop, &buyer, &order, &["RETURNED"]);
    let seen = buyer.sees(&order).must("200");
    for time in ["/paidAt", "/shippedAt", "/deliveredAt", "/delivery/shippedAt", "/delivery/deliveredAt"] {
        assert_eq!(seen.word(time), arrived.word(time), "{time}");
    }
    assert!(seen.word("/delivery/returnedAt") > seen.word("/delivery/deliveredAt"));
}

#[test]
fn what_was_given_back_cannot_be_given_back_again_and_that_is_the_clients_fault() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let responses = shop.at_once(4, |_| refund(&shop, &payment, json!({})));
    assert!(responses.iter().all(|response| response.status < 500), "{:?}", responses.summary());
    shop.settle();
    refund(&shop, &payment, json!({})).must("400 S306");
    refund(&shop, &payment, json!({ "amount": 1 })).must("400 S306");
    refund(&shop, &payment, json!({ "lines": [{ "id": 1, "quantity": 1 }] })).must("400 S306");
    assert_eq!(shop.refunds_of(&order), [9_000]);
    let unpaid = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&unpaid, "decline-expired-card").must("400 S304");
    let payment = buyer.get(format!("/payments/order/{unpaid}")).word("/paymentNumber");
    refund(&shop, &payment, json!({})).must("400 S306");
}

fn two_lines(shop: &TestShop, payment_key: &str) -> (Sender, String, String) {
    let (a, b) = (shop.product("A").price(5_000).stock(5).save(), shop.product("B").price(9_000).stock(5).save());
    let buyer = shop.buyer();
    let items = json!([{"productId": a.id, "quantity": 1}, {"productId": b.id, "quantity": 1}]);
    let order = buyer.post("/orders", json!({"items": items, "shippingAddress": testkit::address()})).must("201");
    let order = order.word("/orderNumber");
    let payment = buyer.pays(&order, payment_key).must("201").word("/paymentNumber");
    (buyer, order, payment)
}

#[test]
fn a_line_is_given_back_once_and_the_other_line_still_can_be() {
    let shop = TestShop::open();
    let (buyer, order, payment) = two_lines(&shop, "approve");
    let line = |id: i64| json!({"lines": [{"id": id, "quantity": 1}]});
    assert_eq!(refund(&shop, &payment, line(1)).must("200").number("/refundedAmount"), 5_000);
    refund(&shop, &payment, line(1)).must("400 S306");
    refund(&shop, &payment, json!({"lines": [{"id": 1, "quantity": 1}], "amount": 1})).must("400 S306");
    assert_eq!(refund(&shop, &payment, line(2)).must("200").number("/refundedAmount"), 14_000);
    shop.settle();
    assert_eq!(buyer.sees(&order).word("/status"), "REFUNDED");
    assert_eq!(shop.refunds_of(&order).iter().sum::<i64>(), 14_000);
}

#[test]
fn what_was_refunded_of_each_line_is_shown() {
    let shop = TestShop::open();
    let (buyer, order, payment) = two_lines(&shop, "approve");
    refund(&shop, &payment, json!({"amount": 1_000})).must("200");
    refund(&shop, &payment, json!({"lines": [{"id": 2, "quantity": 1}], "amount": 2_000})).must("200");
    refund(&shop, &payment, json!({"lines": [{"id": 1, "quantity": 1}]})).must("200");
    let parts = [
        json!([]),
        json!([{"id": 2, "quantity": 0, "amount": 2_000}]),
        json!([{"id": 1, "quantity": 1, "amount": 5_000}]),
    ];
    let shown = |seen: Response| -> Vec<serde_json::Value> {
        seen.data()["refunds"].as_array().unwrap().iter().map(|refund| refund["lines"].clone()).collect()
    };
    let seen = buyer.sees(&order).must("200");
    let sums = json!([{"id": 1, "quantity": 1, "amount": 5_000}, {"id": 2, "quantity": 0, "amount": 2_000}]);
    assert_eq!(seen.data()["refundedLines"], sums);
    assert_eq!(shown(seen), parts);
    assert_eq!(shown(buyer.get(format!("/payments/{payment}")).must("200")), parts);
    assert_eq!(shown(buyer.get(format!("/payments/order/{order}")).must("200")), parts);
    let untouched = shop.buyer();
    let mug = shop.product("another mug").stock(2).save();
    let other = untouched.orders(&mug, 1).must("201").word("/orderNumber");
    assert_eq!(untouched.sees(&other).must("200").data()["refundedLines"], json!([]));
}

#[test]
fn refunds_by_amount_and_by_line_add_up() {
    let shop = TestShop::open();
    let (_, order, payment) = two_lines(&shop, "approve");
    let first = json!([{"id": 1, "quantity": 1}]);
    refund(&shop, &payment, json!({"lines": first, "amount": 2_000})).must("200");
    refund(&shop, &payment, json!({"lines": first, "amount": 3_001})).must("400 S306");
    assert_eq!(refund(&shop, &payment, json!({"lines": first})).must("200").number("/refundedAmount"), 5_000);
    refund(&shop, &payment, json!({"lines": first})).must("400 S306");
    assert_eq!(refund(&shop, &payment, json!({"amount": 8_999})).must("200").number("/refundedAmount"), 13_999);
    let last = refund(&shop, &payment, json!({"lines": [{"id": 2, "quantity": 1}]})).must("200");
    assert_eq!(last.number("/refundedAmount"), 14_000, "the last won goes back");
    refund(&shop, &payment, json!({"amount": 1})).must("400 S306");
    shop.settle();
    assert_eq!(shop.refunds_of(&order).iter().sum::<i64>(), 14_000);
}

fn refunded_lines(buyer: &Sender, order: &str) -> Vec<(i64, i64, i64)> {
    let seen = buyer.sees(order).must("200").data();
    let number = |line: &serde_json::Value, name: &str| line[name].as_i64().unwrap();
    let lines = seen["refundedLines"].as_array().unwrap().iter();
    lines.map(|line| (number(line, "id"), number(line, "quantity"), number(line, "amount"))).collect()
}

#[test]
fn the_rest_of_an_order_that_was_not_shipped_is_remembered_line_by_line() {
    let first = || json!({"lines": [{"id": 1, "quantity": 1}]});
    let both = || json!({"lines": [{"id": 2, "quantity": 1}, {"id": 1, "quantity": 1}]});
    let whole = vec![(1, 1, 5_000), (2, 1, 9_000)];
    for (refunds, wanted) in [
        (vec![first(), json!({"lines": [{"id": 2, "quantity": 1}]})], whole.clone()),
        (vec![both()], whole.clone()),
        (vec![json!({})], whole.clone()),
        (vec![json!({"amount": 14_000})], whole.clone()),
        (vec![first(), json!({"amount": 9_000})], whole.clone()),
        (vec![first(), json!({})], whole),
        // the first 9,000 belong to no line; nothing is left of the second line either
        (vec![json!({"amount": 9_000}), first()], vec![(1, 1, 5_000), (2, 1, 0)]),
        (vec![json!({"amount": 13_999}), json!({"amount": 1})], vec![(1, 1, 0), (2, 1, 1)]),
    ] {
        let shop = TestShop::open();
        let (buyer, order, payment) = two_lines(&shop, "approve");
        for body in &refunds {
            refund(&shop, &payment, body.clone()).must("200");
        }
        shop.settle();
        assert_eq!((refunded_lines(&buyer, &order), buyer.sees(&order).word("/status")), (wanted, "REFUNDED".into()));
        let lines = buyer.get(format!("/payments/{payment}")).must("200").data()["refunds"].clone();
        assert_eq!(lines.as_array().map(Vec::len), Some(refunds.len()), "one refund for each request: {lines}");
        refund(&shop, &payment, first()).must("400 S306");
    }
}

#[test]
fn a_cancelled_order_and_one_refunded_on_its_way_show_what_went_back_of_each_line() {
    let whole = [(1, 1, 5_000), (2, 1, 9_000)];
    let shop = TestShop::open();
    let (buyer, order, _) = two_lines(&shop, "approve");
    buyer.put(format!("/orders/{order}/cancel"), json!({"reason": "too small"})).must("200");
    shop.settle();
    assert_eq!(refunded_lines(&buyer, &order), whole);
    shop.close();
    let shop = TestShop::open();
    let (buyer, order, payment) = two_lines(&shop, "approve");
    moves(&shop, &buyer, &order, &["SHIPPED"]);
    refund(&shop, &payment, json!({})).must("200");
    shop.settle();
    assert_eq!(
        (&refunded_lines(&buyer, &order)[..], buyer.sees(&order).word("/status")),
        (&whole[..], "REFUNDED".into())
    );
}

#[test]
fn what_the_gateway_refused_to_give_back_of_a_line_can_be_asked_for_again() {
    let shop = TestShop::open();
    let (_, order, payment) = two_lines(&shop, "refund-declined");
    for _ in 0..2 {
        refund(&shop, &payment, json!({"lines": [{"id": 1, "quantity": 1}]})).must("500 S305");
    }
    assert_eq!(shop.refunds_of(&order), Vec::<i64>::new());
}

#[test]
fn all_of_the_money_can_be_given_back_after_the_parcel_arrived_or_came_back() {
    for statuses in [&["SHIPPED", "IN_TRANSIT", "DELIVERED"][..], &["SHIPPED", "IN_TRANSIT", "DELIVERED", "RETURNED"]] {
        for parts in [&[10_000][..], &[9_999, 1]] {
            let shop = TestShop::open();
            let mug = shop.product("mug").price(10_000).stock(5).save();
            let buyer = shop.buyer();
            let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
            let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
            moves(&shop, &buyer, &order, statuses);
            for part in parts {
                assert_eq!(buyer.sees(&order).word("/status"), "DELIVERED");
                refund(&shop, &payment, json!({ "amount": part })).must("200");
                shop.settle();
            }
            let seen = buyer.sees(&order).must("200");
            let back = if statuses.contains(&"RETURNED") { 5 } else { 4 };
            assert_eq!((seen.word("/status"), shop.stock_of(&mug)), ("REFUNDED".to_owned(), (back, 0, back)));
            assert!(!seen.word("/deliveredAt").is_empty());
            refund(&shop, &payment, json!({})).must("400 S306");
        }
    }
}
