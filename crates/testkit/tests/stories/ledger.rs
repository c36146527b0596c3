//! The audit beside the gateway's records: money that one of the two has and the other has not.

use kernel::Money;
use ports::{Gateway, gateway::ChargeRequest};
use serde_json::json;
use testkit::{Sender, TestShop};

/// What an audit finds broken, as rules.
fn broken(admin: &Sender, query: &str) -> Vec<String> {
    let found = admin.post(format!("/admin/audit{query}"), json!({})).must("200");
    let violations = found.data()["violations"].as_array().expect("a list").clone();
    violations.iter().map(|one| one["rule"].as_str().expect("a rule").to_owned()).collect()
}

/// The gateway takes money that the shop did not ask for.
fn charge(shop: &TestShop, order: &str) {
    let request = ChargeRequest {
        key: format!("elsewhere/{order}"),
        order: order.parse().expect("an order number"),
        amount: Money::minor(9_000),
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some("approve".to_owned()),
    };
    shop.wait(shop.gateway().charge(&request));
    shop.expect_difference_with_gateway(order);
}

fn paid(shop: &TestShop) -> String {
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    order
}

const TAKEN: &str = "all money that the gateway took belongs to a payment";
const PAYMENT_TAKEN: &str = "the gateway took the money of every captured payment";
const GIVEN_BACK: &str = "all money that the gateway gave back belongs to a refund";
const REFUND_GIVEN_BACK: &str = "the gateway gave back the money of every completed refund";

#[test]
fn a_second_charge_of_an_order_is_found() {
    let shop = TestShop::open();
    let order = paid(&shop);
    let admin = shop.admin();
    assert_eq!(broken(&admin, ""), Vec::<String>::new());
    charge(&shop, &order);
    let found = admin.post("/admin/audit", json!({})).must("200");
    assert_eq!((found.number("/violationCount"), found.word("/violations/0/subject")), (1, order));
    assert_eq!(found.word("/violations/0/rule"), TAKEN);
}

#[test]
fn money_for_an_unknown_order_is_found() {
    let shop = TestShop::open();
    charge(&shop, "ORD-20260206-ZZZZZZZZ");
    assert_eq!(broken(&shop.admin(), ""), [TAKEN]);
}

#[test]
fn a_paid_order_that_was_never_charged_is_found() {
    let shop = TestShop::open();
    let order = paid(&shop);
    let set = |sql: &'static str| shop.write(move |tx| tx.exec(sql, &[])).map(|_| ()).expect("a change");
    let true_name = shop.window().texts("select transaction_id from payments").remove(0);
    set("update payments set transaction_id = 'PG-NEVER'");
    let mut found = broken(&shop.admin(), "");
    found.sort();
    assert_eq!(found, [TAKEN, PAYMENT_TAKEN]);
    shop.write(move |tx| tx.exec("update payments set transaction_id = ?", &[store::Arg::Owned(true_name.clone())]))
        .expect("a change");
    assert_eq!(broken(&shop.admin(), ""), Vec::<String>::new());
    // the amount differs
    set("update payments set amount = 9001, captured = 9001");
    assert!(broken(&shop.admin(), "").iter().any(|rule| rule.starts_with("the shop and the gateway have the same")));
    set("update payments set amount = 9000, captured = 9000");
    assert_eq!(shop.captures_of(&order), [9_000]);
}

#[test]
fn a_refund_that_never_happened_is_found() {
    let shop = TestShop::open();
    let order = paid(&shop);
    let admin = shop.admin();
    let payment = admin.get(format!("/payments/order/{order}")).must("200").word("/paymentNumber");
    admin.post(format!("/payments/{payment}/refund"), json!({"amount": 1_000, "reason": "scratch"})).must("200");
    assert_eq!(broken(&admin, ""), Vec::<String>::new());
    let true_name = shop.window().texts("select transaction_id from refunds").remove(0);
    shop.write(|tx| tx.exec("update refunds set transaction_id = 'RF-NEVER'", &[])).expect("a change");
    let mut found = broken(&admin, "");
    found.sort();
    assert_eq!(found, [GIVEN_BACK, REFUND_GIVEN_BACK]);
    shop.write(move |tx| tx.exec("update refunds set transaction_id = ?", &[store::Arg::Owned(true_name.clone())]))
        .expect("a change");
}

#[test]
fn an_audit_compares_the_time_that_is_asked_for_and_says_what_it_could_not() {
    let shop = TestShop::open();
    let order = paid(&shop);
    let admin = shop.admin();
    charge(&shop, &order);
    shop.later(std::time::Duration::from_secs(3 * 24 * 3_600));
    assert_eq!(broken(&admin, "?from=2026-02-08"), Vec::<String>::new());
    assert_eq!(broken(&admin, "?from=2026-02-06&to=2026-02-07"), [TAKEN]);
    let compared = admin.post("/admin/audit?from=2026-02-08&to=2026-02-09", json!({})).must("200");
    assert_eq!(compared.word("/comparedFrom"), "2026-02-07T15:00:00.000Z", "days are days of the shop");
    assert!(compared.data()["leftOut"].is_null());
    shop.gateway().be_away(true);
    let away = admin.post("/admin/audit", json!({})).must("200");
    assert!(away.word("/leftOut").contains("gave no list") && away.data()["comparedFrom"].is_null(), "{}", away.text());
    assert_eq!(admin.get("/admin/audit").must("200").word("/leftOut"), away.word("/leftOut"));
    for wrong in ["?from=2026-02-09&to=2026-02-08", "?to=2026-02-08", "?from=yesterday"] {
        admin.post(format!("/admin/audit{wrong}"), json!({})).must("400 C002");
    }
}

#[test]
fn a_charge_whose_outcome_is_still_found_out_is_no_difference() {
    for key in ["timeout-charged", "refund-timeout"] {
        let shop = TestShop::open();
        let mug = shop.product("mug").price(9_000).stock(5).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, key);
        buyer.cancels(&order);
        assert_eq!(broken(&shop.admin(), ""), Vec::<String>::new(), "{key}");
    }
}
