//! The proofs of the harness for an order that buys in a time deal, and what it costs.

use super::{proofs::Stocked, shop::*};
use crate::{
    cancel,
    deal::{
        buy::{self, DealOrder},
        request::{DealDraft, ProductDraft},
    },
    flow::{Checkout, ORDER, order_of},
    pay,
    place::OrderSettings,
    request::PaymentMethod,
};
use ::store::args;
use kernel::{Clock, Money, Quantity, Result, SagaId, TimeDealProductId, UserId};
use saga::{
    Cancellation, Saga, Status,
    harness::{self, Scenario},
    store,
};
use serde_json::{Value, json};
use std::time::Duration;

const HELD: &str = "select cast(coalesce(sum(units), 0) as {bigint}) from inventory_holds where holder = ?";
const ALLOWED: &str =
    "select cast(coalesce(sum(units), 0) as {bigint}) from time_deal_allowances where deal_product_id = ?";

/// A shop with a deal of three mugs, which it holds apart.
struct Dealing {
    stocked: Stocked,
    product: TimeDealProductId,
}

impl Dealing {
    fn wanted(&self) -> DealOrder {
        let address = serde_json::from_value(address()).unwrap();
        let (product, units) = (self.product, Quantity::new(2).unwrap());
        DealOrder { product, units, address: Some(address), memo: None, expected: None, queue_token: None }
    }

    async fn deal(&self) -> Value {
        let product = self.product;
        let count = async |sql: &'static str| {
            let count = move |tx: &mut ::store::Tx<'_>| tx.query_one(sql, args![product], |row| row.get::<i64>(0));
            self.stocked.shop.app.db.read("count", count).await.unwrap()
        };
        json!({
            "sold": count("select sold_quantity from time_deal_products where id = ?").await,
            "held": count(HELD).await,
            "allowances": count(ALLOWED).await,
        })
    }
}

impl Scenario<Checkout> for Dealing {
    async fn open() -> Dealing {
        let stocked = Stocked::open().await;
        let (now, mug) = (stocked.shop.clock.now(), stocked.mug);
        let product = ProductDraft {
            product: Some(mug.product),
            variant: None,
            price: Money::minor(7_000),
            units: 3,
            per_user: 2,
        };
        let draft = DealDraft {
            name: "Lunch".to_owned(),
            description: None,
            starts_at: now,
            ends_at: now.after(Duration::from_secs(86_400)),
            held_apart: true,
            products: vec![product],
        };
        let make = move |tx: &mut ::store::Tx<'_>| crate::deal::create(tx, None, &draft, "proof");
        let deal = stocked.shop.app.db.write("deal", make).await.unwrap();
        Dealing { stocked, product: deal.products[0].id }
    }

    async fn begin(&self, saga: &'static Saga<Checkout>) -> Result<SagaId> {
        let (settings, wanted) = (OrderSettings::of(&self.stocked.shop.app), self.wanted());
        let turnstile = self.stocked.shop.app.turnstile();
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let (mut placed, _) = buy::buy(tx, saga, &settings, &buyer(1), &wanted, turnstile)?;
            let method = PaymentMethod::checked("CARD", Some("approve"))?;
            let action = pay::submit(tx, saga, &mut placed.saga, &placed.order, &method, pay::Limits::default())?;
            Ok((placed.saga.id, action))
        };
        let (id, action) = self.stocked.shop.app.db.write("begin", begin).await?;
        self.stocked.go_on(saga, action).await?;
        Ok(id)
    }

    async fn cancel(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Result<()> {
        let id = run.clone();
        let cancel = move |tx: &mut ::store::Tx<'_>| {
            let order = order_of(&store::lock(tx, &id)?)?;
            cancel::begin(tx, saga, &order, None, &Cancellation::by_system("proof")).map(|(_, action)| action)
        };
        let action = self.stocked.shop.app.db.write("cancel", cancel).await?;
        self.stocked.go_on(saga, action).await
    }

    async fn resolve(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Result<()> {
        self.stocked.resolve(saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Status {
        self.stocked.settle(saga, run).await
    }

    async fn snapshot(&self) -> Value {
        json!([self.stocked.snapshot().await, self.deal().await])
    }
}

#[tokio::test]
async fn every_step_of_an_order_in_a_deal_may_be_run_twice() {
    harness::every_step_twice::<_, Dealing>(ORDER).await;
}

#[tokio::test]
async fn a_refusal_at_any_step_of_an_order_in_a_deal_leaves_everything_as_it_was() {
    harness::a_refusal_at_each_step::<_, Dealing>(ORDER).await;
}

#[tokio::test]
async fn every_step_of_an_order_in_a_deal_may_be_compensated_twice() {
    harness::every_compensation_twice::<_, Dealing>(ORDER).await;
}

#[tokio::test]
async fn a_person_who_deals_with_one_step_of_an_order_in_a_deal_leaves_nothing_of_the_others() {
    harness::a_person_at_each_step::<_, Dealing>(ORDER).await;
}

#[tokio::test]
async fn an_order_in_a_deal_costs_a_few_statements_more() {
    let dealing = Dealing::open().await;
    let settings = OrderSettings::of(&dealing.stocked.shop.app);
    let turnstile = dealing.stocked.shop.app.turnstile();
    let buy = async |user: UserId| {
        let (settings, wanted) = (settings.clone(), DealOrder { units: Quantity::new(1).unwrap(), ..dealing.wanted() });
        let buy = move |tx: &mut ::store::Tx<'_>| {
            let before = tx.statements();
            buy::buy(tx, &ORDER, &settings, &user, &wanted, turnstile)?;
            Ok(tx.statements() - before)
        };
        dealing.stocked.shop.app.db.write("buy", buy).await.unwrap()
    };
    let statements = buy(buyer(1)).await;
    println!("buying in a deal that holds its units apart: {statements} statements");
    assert!(statements <= 26, "{statements}");
    dealing.stocked.shop.settle().await;
}
