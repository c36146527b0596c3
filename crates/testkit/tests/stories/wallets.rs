//! What a user holds: a balance, charged through the gateway, and points, earned with delivered orders.

use kernel::Money;
use ports::{Gateway, gateway::ChargeRequest};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Response, Sender, TestShop};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

pub fn charges(user: &Sender, amount: i64, payment_key: &str) -> Response {
    let body = json!({"amount": amount, "paymentMethod": "CARD", "paymentKey": payment_key});
    user.post(format!("/users/{}/balance/charge", user.id()), body)
}

pub fn balance(user: &Sender) -> i64 {
    user.get(format!("/users/{}/balance", user.id())).must("200").number("/balance")
}

pub fn points(user: &Sender) -> i64 {
    user.get(format!("/users/{}/points", user.id())).must("200").number("/points")
}

pub fn delivered(shop: &TestShop, buyer: &Sender, order: &str) {
    shop.settle();
    let tracking = buyer.sees(order).word("/delivery/trackingNumber");
    shop.delivers(&tracking);
}

fn history(user: &Sender, account: &str) -> Vec<(String, i64, i64)> {
    let page = user.get(format!("/users/{}/{account}/history", user.id())).must("200").data()["content"].clone();
    let entry = |one: &Value| {
        let kind = one["transactionType"].as_str().unwrap_or_default().to_owned();
        (kind, one["amount"].as_i64().unwrap_or_default(), one["balanceAfter"].as_i64().unwrap_or_default())
    };
    page.as_array().expect("a list").iter().map(entry).collect()
}

#[test]
fn charges_at_once_and_after_a_crash_are_each_booked_once() {
    let mut shop = TestShop::open();
    let user = shop.buyer();
    let answers = shop.at_once(8, |n| charges(&user, 10_000 + i64::try_from(n).unwrap_or(0), "approve"));
    assert_eq!((answers.count("200"), balance(&user)), (8, 80_028));
    assert_eq!(charges(&user, 5_000, "timeout-charged").must("202").word("/status"), "PROCESSING");
    let user = user.id();
    shop.crash();
    for _ in 0..3 {
        shop.later(5 * MINUTE);
    }
    let user = shop.user(user);
    assert_eq!(balance(&user), 85_028);
    let first = history(&user, "balance").swap_remove(0);
    assert_eq!(first, ("CHARGE".to_owned(), 5_000, 85_028));
}

#[test]
fn a_charge_may_name_its_own_number_which_no_other_charge_has() {
    let shop = TestShop::open();
    let (user, other) = (shop.buyer(), shop.buyer());
    let body = json!({"amount": 5_000, "paymentKey": "approve", "transactionId": "CHG-23456789"});
    let charge = |who: &Sender| who.post(format!("/users/{}/balance/charge", who.id()), body.clone());
    assert_eq!(charge(&user).must("200").word("/transactionId"), "CHG-23456789");
    let taken = charge(&other).must("400 C002");
    assert!(taken.text().contains("transactionId"), "{}", taken.text());
    charge(&user).must("400 C002");
    assert_eq!((balance(&user), balance(&other)), (5_000, 0));
    let wrong = json!({"amount": 5_000, "transactionId": "ORD-1"});
    user.post(format!("/users/{}/balance/charge", user.id()), wrong).must("400 C002");
}

#[test]
fn an_account_is_shown_page_by_page_to_its_user_and_to_administrators() {
    let shop = TestShop::open();
    let (user, stranger) = (shop.buyer(), shop.buyer());
    let path = format!("/users/{}/balance", user.id());
    assert_eq!(user.get(&path).must("200").data()["lastUpdated"], Value::Null);
    for n in 1..=3 {
        charges(&user, n * 1_000, "approve").must("200");
    }
    let page = user.get(format!("{path}/history?size=2")).must("200");
    assert_eq!((page.number("/totalElements"), page.number("/content/0/balanceAfter")), (3, 6_000));
    let next = user.get(format!("{path}/history?size=2&cursor={}", page.word("/nextCursor"))).must("200");
    assert_eq!((next.number("/content/0/number"), next.data()["last"].clone()), (1, json!(true)));
    let korean = user.with("accept-language", "ko").get(format!("{path}/history")).must("200");
    assert_eq!(korean.word("/content/0/description"), "충전");
    assert_eq!(shop.admin().get(&path).must("200").number("/balance"), 6_000);
    for path in [path.clone(), format!("{path}/history"), format!("/users/{}/points", user.id())] {
        stranger.get(&path).must("403 A002");
        shop.anonymous().get(&path).must("401 A001");
    }
    let gift = json!({"amount": 500, "reason": "sorry for the wait"});
    let by_hand = format!("/admin/wallets/{}/balance", user.id());
    user.post(&by_hand, gift.clone()).must("403 A002");
    let admin = shop.admin().keyed("gift");
    let first = admin.post(&by_hand, gift.clone()).must("201");
    assert_eq!((admin.post(&by_hand, gift).must("201").body, balance(&user)), (first.body, 6_500));
    shop.admin().post(&by_hand, json!({"amount": -6_501, "reason": "x"})).must("400 S310");
    let seen = shop.admin().get(format!("/admin/wallets/{}", user.id())).must("200");
    assert_eq!(seen.number("/balance/balance"), 6_500);
}

#[test]
fn a_delivered_order_earns_points_which_go_with_its_money_and_expire() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(20_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    assert_eq!(points(&buyer), 0, "nothing is earned before the delivery");
    delivered(&shop, &buyer, &order);
    assert_eq!(points(&buyer), 400);
    let half = json!({"lines": [{"id": 1, "quantity": 1}], "reason": "broken"});
    shop.admin().post(format!("/payments/{payment}/refund"), half).must("200");
    shop.settle();
    assert_eq!(points(&buyer), 200);
    shop.later(365 * DAY);
    shop.settle();
    assert_eq!(points(&buyer), 0);
    let kinds: Vec<String> = history(&buyer, "points").into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["EXPIRED", "TAKEN_BACK", "EARNED"]);
}

const TAKEN: &str = "all money that the gateway took belongs to a payment";

#[test]
fn the_comparison_with_the_gateway_knows_charges() {
    let shop = TestShop::open();
    let (user, admin) = (shop.buyer(), shop.admin());
    let number = charges(&user, 5_000, "approve").must("200").word("/transactionId");
    let found = || {
        let audit = admin.post("/admin/audit", json!({})).must("200");
        let violations = audit.data()["violations"].as_array().expect("a list").clone();
        violations.iter().map(|one| format!("{}: {}", one["rule"], one["found"])).collect::<Vec<_>>()
    };
    assert_eq!(found(), Vec::<String>::new());
    let request = ChargeRequest {
        key: "elsewhere".to_owned(),
        order: number.parse().expect("a reference"),
        amount: Money::minor(7_000),
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some("approve".to_owned()),
    };
    shop.wait(shop.gateway().charge(&request));
    shop.expect_difference_with_gateway(&number);
    let found = found();
    assert!(found.len() == 1 && found[0].contains(TAKEN) && found[0].contains("COMPLETED"), "{found:?}");
}
