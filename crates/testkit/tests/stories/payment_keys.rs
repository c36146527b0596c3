//! Payment keys that pay nothing: those of other orders, those that the gateway never finds, and none at all. No order holds stock, and
//! no share of a balance, without end.

use crate::toss::Paid;
use crate::wallets::{balance, charges};
use faketoss::{Method, scripts};
use ports::gateway::{ChargeRequest, Outcome};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Response, Sender};

const MINUTE: Duration = Duration::from_secs(60);

fn paying(order: &str, method: &str, payment_key: &str) -> Value {
    json!({"orderNumber": order, "paymentMethod": method, "paymentKey": payment_key})
}

fn pays(buyer: &Sender, order: &str, method: &str, payment_key: &str) -> Response {
    buyer.post("/payments", paying(order, method, payment_key))
}

/// Pays 4,000 of 9,000 from the balance.
fn pays_a_share(buyer: &Sender, order: &str, payment_key: &str) -> Response {
    let splits = json!([{"method": "BALANCE", "amount": 4_000}, {"method": "CARD", "amount": 5_000}]);
    let mut body = paying(order, "CARD", payment_key);
    body["splits"] = splits;
    buyer.post("/payments", body)
}

#[test]
fn a_payment_key_of_another_order_is_refused_at_once() {
    let paid = Paid::with(&[("checkout.payment_attempts", "3")]);
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let order = || buyer.orders(&mug, 1).must("201").word("/orderNumber");
    // for a charge of the balance, a payment that is 5,000 large
    let charge = "CHG-7KQ2M9XT";
    let charged = paid.agrees(charge, 5_000, Method::Card, scripts::APPROVE);
    let body = json!({"amount": 5_000, "paymentKey": charged, "transactionId": charge});
    buyer.post(format!("/users/{}/balance/charge", buyer.id()), body).must("200");
    let keys =
        [("CARD", Method::Card), ("KAKAO_PAY", Method::EasyPay("카카오페이".to_owned()))].map(|(name, method)| {
            let order = order();
            let key = paid.agrees(&order, 9_000, method, scripts::APPROVE);
            pays(&buyer, &order, name, &key).must("201");
            (name, key)
        });
    let (waits, deposited) = (order(), order());
    let accounts = [&waits, &deposited].map(|order| {
        let key = paid.agrees(order, 9_000, Method::VirtualAccount, scripts::APPROVE);
        pays(&buyer, order, "VIRTUAL_ACCOUNT", &key).must("202");
        ("VIRTUAL_ACCOUNT", key)
    });
    paid.fake.deposit(&accounts[1].1, false).unwrap();
    paid.messages(1);
    let stock = shop.stock_of(&mug);

    for (method, key) in keys.iter().chain(&accounts).chain([&("CARD", charged)]) {
        let other = order();
        let answer = pays(&buyer, &other, method, key).must("400 S304");
        assert!(answer.text().contains("PAYMENT_OF_ANOTHER_ORDER"), "{method}: {}", answer.text());
        assert!(pays_a_share(&buyer, &other, key).must("400 S304").text().contains("PAYMENT_OF_ANOTHER_ORDER"));
        assert_eq!(balance(&buyer), 5_000, "the share is in the balance again");
        // the order waits for a payment of its own, as after any refusal
        let own = paid.agrees(&other, 9_000, Method::Card, scripts::APPROVE);
        pays(&buyer, &other, "CARD", &own).must("201");
        buyer.cancels(&other).must("200");
        let answer = charges(&buyer, 5_000, key).must("400 S304");
        assert!(answer.text().contains("PAYMENT_OF_ANOTHER_ORDER"), "{method}: {}", answer.text());
    }
    assert_eq!((shop.stock_of(&mug), balance(&buyer)), (stock, 5_000));
    shop.settle();
    assert_eq!(buyer.sees(&waits).word("/status"), "CONFIRMED", "the orders of the keys stay as they are");
    assert_eq!(buyer.sees(&deposited).word("/status"), "PAID");
    buyer.cancels(&waits).must("200");
    paid.messages(1);
}

#[test]
fn a_payment_that_the_gateway_never_finds_holds_stock_no_longer_than_an_unpaid_order() {
    let paid = Paid::with(&[("checkout.pay_within", "5m")]);
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let charged = paid.agrees("CHG-7KQ2M9XT", 5_000, Method::Card, scripts::APPROVE);
    let body = json!({"amount": 5_000, "paymentKey": charged, "transactionId": "CHG-7KQ2M9XT"});
    buyer.post(format!("/users/{}/balance/charge", buyer.id()), body).must("200");
    for with_a_share in [false, true] {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let amount = if with_a_share { 5_000 } else { 9_000 };
        // the gateway fails each time, and has no payment when it is asked
        let key = paid.agrees(&order, amount, Method::Card, "FAILED_INTERNAL_SYSTEM_PROCESSING");
        let open = if with_a_share { pays_a_share(&buyer, &order, &key) } else { pays(&buyer, &order, "CARD", &key) };
        let payment = open.must("202").word("/paymentNumber");
        shop.later(4 * MINUTE);
        assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED", "it may still be paid");
        shop.later(3 * MINUTE);
        assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
        assert_eq!(buyer.get(format!("/payments/{payment}")).must("200").word("/status"), "CANCELLED");
        assert_eq!((shop.stock_of(&mug), balance(&buyer)), ((9, 0, 9), 5_000));
        // a request that was on its way takes the money after all
        assert!(paid.fake.set_script(&key, scripts::APPROVE));
        let late = ChargeRequest {
            key: "on its way".to_owned() + &order,
            order: order.parse::<kernel::OrderNumber>().unwrap().into(),
            amount: kernel::Money::minor(amount),
            method: "CREDIT_CARD".to_owned(),
            payment_key: Some(key),
        };
        let app = shop.app();
        assert!(matches!(shop.wait(app.ports.gateway.charge(&late)), Outcome::Approved { .. }));
        assert_eq!(paid.of_order(&order), (amount, 0));
        shop.later(15 * MINUTE);
        assert_eq!(paid.of_order(&order), (amount, amount), "it goes back");
        shop.later(120 * MINUTE);
        assert_eq!((buyer.sees(&order).word("/status").as_str(), balance(&buyer)), ("CANCELLED", 5_000));
        paid.messages(1);
    }
}

#[test]
fn less_than_the_gateway_takes_costs_no_attempt() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let sticker = shop.product("sticker").price(5_050).stock(9).save();
    let buyer = shop.buyer();
    let charged = paid.agrees("CHG-7KQ2M9XT", 5_000, Method::Card, scripts::APPROVE);
    let body = json!({"amount": 5_000, "paymentKey": charged, "transactionId": "CHG-7KQ2M9XT"});
    buyer.post(format!("/users/{}/balance/charge", buyer.id()), body).must("200");
    let order = buyer.orders(&sticker, 1).must("201").word("/orderNumber");
    let shares = |own: i64, card: i64, key: &str| {
        let splits = json!([{"method": "BALANCE", "amount": own}, {"method": "CARD", "amount": card}]);
        buyer.post(
            "/payments",
            json!({"orderNumber": order, "paymentMethod": "CARD", "paymentKey": key, "splits": splits}),
        )
    };
    shares(5_000, 50, "tgen_1").must("400 S306");
    assert_eq!((buyer.sees(&order).word("/status"), balance(&buyer)), ("CONFIRMED".into(), 5_000));
    let key = paid.agrees(&order, 100, Method::Card, scripts::APPROVE);
    shares(4_950, 100, &key).must("201");
    assert_eq!(paid.of_order(&order), (100, 0));
    paid.messages(1);
}

#[test]
fn an_order_expires_also_while_the_gateway_does_not_serve_the_shop() {
    let paid = Paid::with(&[("checkout.pay_within", "5m")]);
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let key = paid.agrees(&order, 9_000, Method::Card, scripts::LOST_ANSWER);
    pays(&buyer, &order, "CARD", &key).must("202");
    // it has taken the money, its answer was lost, and from now on it refuses the shop's key
    paid.fake.fail_with(Some("UNAUTHORIZED_KEY"));
    shop.later(4 * MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
    shop.later(3 * MINUTE);
    assert_eq!((buyer.sees(&order).word("/status"), shop.stock_of(&mug)), ("CANCELLED".into(), (9, 0, 9)));
    shop.later(3 * 60 * MINUTE);
    assert_eq!(paid.of_order(&order), (9_000, 0), "no one knows");
    paid.fake.fail_with(None);
    shop.later(MINUTE);
    assert_eq!(paid.of_order(&order), (9_000, 9_000), "what was taken goes back");
    paid.messages(1);
}

#[test]
fn a_payment_without_the_key_that_the_gateway_needs_changes_nothing() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    for method in ["CARD", "TOSS_PAY", "VIRTUAL_ACCOUNT"] {
        let answer = buyer.post("/payments", json!({"orderNumber": order, "paymentMethod": method})).must("400 C002");
        assert!(answer.text().contains("paymentKey"), "{}", answer.text());
    }
    let mut placing = testkit::order_of(&[(&mug, 1)]);
    placing["payment"] = json!({"method": "CARD"});
    buyer.post("/orders", placing).must("400 C002");
    buyer.post(format!("/users/{}/balance/charge", buyer.id()), json!({"amount": 5_000})).must("400 C002");
    assert_eq!((buyer.sees(&order).word("/status").as_str(), shop.stock_of(&mug)), ("CONFIRMED", (8, 1, 9)));
    assert_eq!(buyer.get("/orders").number("/totalElements"), 1);
    // what the balance pays alone needs none
    buyer.post("/payments", json!({"orderNumber": order, "paymentMethod": "BALANCE"})).must("400 S310");
    let key = paid.agrees(&order, 9_000, Method::Card, scripts::APPROVE);
    pays(&buyer, &order, "CARD", &key).must("201");
}
