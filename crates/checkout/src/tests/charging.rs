//! Charging a balance: the three proofs of its saga, and what a gateway may answer.

use super::proofs::Stocked;
use super::shop::*;
use crate::{
    charge,
    flow::{BalanceCharge, CHARGE},
};
use fixture::Response;
use kernel::{Money, Result, SagaId};
use saga::{
    Saga, Status,
    harness::{self, Scenario},
};
use serde_json::{Value, json};
use std::time::Duration;
use wallet::{NewCharge, Settings};

/// A charge of 5,000 by card, which the gateway approves.
fn by_card() -> NewCharge {
    NewCharge {
        number: None,
        user: buyer(1),
        amount: Money::minor(5_000),
        method: "CREDIT_CARD".to_owned(),
        method_sent: "CARD".to_owned(),
        payment_key: Some("approve".to_owned()),
        limits: Settings::default().limits(),
    }
}

/// A shop in which nothing was charged yet.
struct Empty(Stocked);

impl Empty {
    async fn values(&self) -> Value {
        json!({
            "money": self.0.shop.money(),
            "balance": self.0.shop.count("select coalesce(sum(balance), 0) from wallets where user_id <> ?", "-").await,
            "charging": self.0.shop.count("select coalesce(sum(charging), 0) from wallets where user_id <> ?", "-").await,
            "entries": self.0.shop.count("select count(*) from wallet_entries where user_id <> ?", "-").await,
        })
    }
}

impl Scenario<BalanceCharge> for Empty {
    async fn open() -> Empty {
        Empty(Stocked::open().await)
    }

    async fn begin(&self, saga: &'static Saga<BalanceCharge>) -> Result<SagaId> {
        let new = by_card();
        let begin = move |tx: &mut ::store::Tx<'_>| charge::begin(tx, saga, new.clone());
        let (record, action) = self.0.shop.app.db.write("begin", begin).await?;
        self.0.go_on(saga, action).await?;
        Ok(record.id)
    }

    async fn cancel(&self, _: &'static Saga<BalanceCharge>, _: &SagaId) -> Result<()> {
        panic!("a charge that is booked is never taken back")
    }

    async fn resolve(&self, saga: &'static Saga<BalanceCharge>, run: &SagaId) -> Result<()> {
        self.0.resolve(saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<BalanceCharge>, run: &SagaId) -> Status {
        self.0.settle(saga, run).await
    }

    async fn snapshot(&self) -> Value {
        self.0.shop.consistent().await;
        self.values().await
    }
}

#[tokio::test]
async fn every_step_of_a_charge_may_be_run_twice() {
    harness::every_step_twice::<_, Empty>(CHARGE).await;
}

#[tokio::test]
async fn a_refusal_at_any_step_of_a_charge_leaves_everything_as_it_was() {
    harness::a_refusal_at_each_step::<_, Empty>(CHARGE).await;
    harness::every_compensation_twice::<_, Empty>(CHARGE).await;
}

/// Charges by a key that says what the gateway does.
async fn charges(shop: &Shop, amount: i64, key: &str) -> Response {
    let body = json!({ "amount": amount, "paymentMethod": "CARD", "paymentKey": key });
    shop.post(1, &format!("/users/{}/balance/charge", buyer(1)), body).await
}

async fn balance(shop: &Shop) -> (i64, i64) {
    let said = shop.get(1, &format!("/users/{}/balance", buyer(1))).await.must("200");
    (said.number("/balance"), said.number("/charging"))
}

#[tokio::test]
async fn a_charge_is_booked_when_the_gateway_has_taken_it_and_never_twice() {
    for (key, first, booked) in [
        ("approve", "200", 5_000),
        ("answer-twice", "200", 5_000),
        ("decline-expired-card", "400 S304", 0),
        ("timeout-charged", "202", 5_000),
        ("timeout-uncharged", "202", 5_000),
        ("timeout-declined", "202", 0),
        ("pending", "202", 5_000),
        ("pending-declined", "202", 0),
    ] {
        let shop = Shop::open().await;
        let said = charges(&shop, 5_000, key).await.must(first);
        if first == "202" {
            assert_eq!(said.data()["status"], "PROCESSING", "{key}");
            assert_eq!(balance(&shop).await, (0, 5_000), "{key}");
        }
        shop.pass(Duration::from_secs(600)).await;
        assert_eq!((balance(&shop).await, shop.money()), ((booked, 0), booked), "{key}");
        assert_eq!(shop.captures(), usize::from(booked > 0), "{key}");
        if first == "202" {
            let number = said.word("/transactionId");
            let now = shop.get(1, &format!("/users/{}/balance/charges/{number}", buyer(1))).await.must("200");
            let wanted = if booked > 0 { "COMPLETED" } else { "FAILED" };
            assert_eq!(now.data()["status"], wanted, "{key}");
        }
        shop.consistent().await;
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_charge_that_it_began() {
    let shop = Shop::open().await;
    let path = format!("/users/{}/balance/charge", buyer(1));
    let body = json!({ "amount": 5_000, "paymentKey": "approve" });
    let first = shop.keyed(1, "once", &path, body.clone()).await.must("200");
    let again = shop.keyed(1, "once", &path, body).await.must("200");
    assert_eq!((again.text(), replayed(&again), balance(&shop).await), (first.text(), true, (5_000, 0)));
    let open = json!({ "amount": 1_000, "paymentKey": "timeout-charged" });
    shop.keyed(1, "open", &path, open.clone()).await.must("202");
    shop.pass(Duration::from_secs(60)).await;
    let now = shop.keyed(1, "open", &path, open).await.must("200");
    assert_eq!((now.data()["previousBalance"].as_i64(), balance(&shop).await), (Some(5_000), (6_000, 0)));
}

#[tokio::test]
async fn amounts_and_callers_are_checked() {
    let shop = Shop::open().await;
    for (amount, wanted) in [(999, "400 S306"), (0, "400 S306"), (-5_000, "400 S306"), (1_000_001, "400 S306")] {
        charges(&shop, amount, "approve").await.must(wanted);
    }
    for _ in 0..10 {
        charges(&shop, 1_000_000, "approve").await.must("200");
    }
    charges(&shop, 1_000, "approve").await.must("400 S314");
    let path = format!("/users/{}/balance/charge", buyer(1));
    shop.post(2, &path, json!({ "amount": 5_000 })).await.must("403 A002");
    shop.post(1, &path, json!({ "amount": 5_000, "paymentMethod": "BALANCE" })).await.must("400 S307");
    shop.post(1, "/users/somebody/balance/charge", json!({ "amount": 5_000 })).await.must("404 A011");
    assert_eq!(balance(&shop).await, (10_000_000, 0));
}

#[tokio::test]
async fn a_charge_that_the_gateway_never_knows_ends() {
    let shop = Shop::open().await;
    let said = charges(&shop, 5_000, "timeout-uncharged").await.must("202");
    let status = || async {
        let path = format!("/users/{}/balance/charges/{}", buyer(1), said.word("/transactionId"));
        shop.get(1, &path).await.must("200").word("/status")
    };
    shop.clock.advance(Duration::from_secs(11 * 60));
    shop.tick().await;
    assert_eq!((status().await.as_str(), balance(&shop).await, shop.captures()), ("PROCESSING", (0, 5_000), 0));
    shop.clock.advance(Duration::from_secs(3 * 3_600));
    shop.tick().await;
    assert_eq!((status().await.as_str(), balance(&shop).await, shop.captures()), ("FAILED", (0, 0), 0));
    shop.settle().await;
    assert_eq!((balance(&shop).await, shop.captures()), ((0, 0), 0));
    shop.consistent().await;
    charges(&shop, 5_000, "approve").await.must("200");
}

#[tokio::test]
async fn a_charge_that_is_abandoned_is_not_asked_for_again() {
    let shop = Shop::open().await;
    shop.gateway.be_away(true);
    charges(&shop, 5_000, "approve").await.must("202");
    shop.clock.advance(Duration::from_secs(4 * 3_600));
    shop.gateway.be_away(false);
    shop.tick().await;
    assert_eq!((balance(&shop).await, shop.captures()), ((0, 0), 0));
    shop.settle().await;
    assert_eq!((balance(&shop).await, shop.captures()), ((0, 0), 0));
    shop.consistent().await;
}

async fn status(shop: &Shop, number: &str) -> String {
    shop.get(1, &format!("/users/{}/balance/charges/{number}", buyer(1))).await.must("200").word("/status")
}

#[tokio::test]
async fn a_charge_whose_outcome_is_open_can_be_cancelled_unless_its_money_was_taken() {
    for (key, wanted, booked) in [
        ("approve", "400 S312", 5_000),
        ("timeout-charged", "400 S312", 5_000),
        ("timeout-uncharged", "200", 0),
        ("timeout-declined", "200", 0),
        ("pending", "409 C019", 5_000),
        ("pending-declined", "409 C019", 0),
        ("deposit", "200", 0),
        ("deposit-never", "200", 0),
    ] {
        let shop = Shop::open().await;
        let body = json!({ "amount": 5_000, "paymentMethod": "VIRTUAL_ACCOUNT", "paymentKey": key });
        let said = shop.post(1, &format!("/users/{}/balance/charge", buyer(1)), body).await;
        let number = said.word("/transactionId");
        let path = format!("/users/{}/balance/charges/{number}/cancel", buyer(1));
        shop.post(2, &path, json!({})).await.must("403 A002");
        shop.post(1, &path, json!({})).await.must(wanted);
        if wanted == "200" {
            assert_eq!((status(&shop, &number).await.as_str(), balance(&shop).await), ("FAILED", (0, 0)), "{key}");
            shop.post(1, &path, json!({})).await.must("400 S312");
        }
        shop.settle().await;
        let end = if booked > 0 { "COMPLETED" } else { "FAILED" };
        assert_eq!(
            (status(&shop, &number).await.as_str(), balance(&shop).await, shop.money()),
            (end, (booked, 0), booked),
            "{key}"
        );
        shop.consistent().await;
    }
}

#[tokio::test]
async fn money_that_is_taken_after_its_charge_was_cancelled_waits_for_a_person() {
    for has_message in [true, false] {
        let shop = Shop::open().await;
        let new = by_card();
        let begin = move |tx: &mut ::store::Tx<'_>| charge::begin(tx, &CHARGE, new.clone());
        let (run, action) = shop.app.db.write("begin", begin).await.unwrap();
        let saga::Action::Call(call) = action else { panic!("the gateway is asked") };
        // so long that the gateway may be asked; the request is still on its way
        shop.clock.advance(Duration::from_secs(60));
        let number = run.subject.id;
        let path = format!("/users/{}/balance/charges/{number}/cancel", buyer(1));
        shop.post(1, &path, json!({})).await.must("200");
        let hint = json!({ "data": { "orderId": number } });
        shop.post(9, "/payments/webhooks/toss", hint.clone()).await.must("200");
        saga::Flow::call(&CHARGE, &shop.app.ports, &call).await;
        assert_eq!((balance(&shop).await, shop.money()), ((0, 0), 5_000));
        if has_message {
            shop.clock.advance(Duration::from_secs(61));
            shop.post(9, "/payments/webhooks/toss", hint).await.must("200");
        } else {
            shop.settle().await;
        }
        let kept = shop.admin_get("/admin/payments/wrong-captures").await.must("200");
        let kept = (kept.number("/0/amount"), kept.number("/0/expected"), kept.word("/0/paymentNumber"));
        assert_eq!((kept, balance(&shop).await), ((5_000, 5_000, number), (0, 0)), "{has_message}");
        shop.admin_post("/admin/payments/wrong-captures/1/resolve", json!({ "reason": "given back" }))
            .await
            .must("200");
        shop.settle().await;
        shop.consistent().await;
    }
}
