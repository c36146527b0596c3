//! The three proofs, for the saga of orders.

use super::shop::*;
use crate::{
    cancel,
    flow::{Checkout, ORDER},
    harness::{self, World},
    pay,
    place::{self, Terms, Wish},
    request::{Means, OrderRequest},
    saga::{Ending, Saga, Status, Todo, drive, nudge, store},
};
use kernel::{Result, SagaId};
use serde_json::{Value, json};
use std::time::Duration;

struct Counter {
    shop: TestShop,
    mug: Good,
    pen: Good,
}

impl Counter {
    async fn go_on(&self, saga: &'static Saga<Checkout>, todo: Todo) -> Result<()> {
        drive(saga, &self.shop.app.db, &self.shop.app.ports, todo).await.map(|_| ())
    }
}

impl World<Checkout> for Counter {
    async fn open() -> Counter {
        let shop = TestShop::open().await;
        let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 5).await);
        Counter { shop, mug, pen }
    }

    async fn begin(&self, saga: &'static Saga<Checkout>) -> Result<SagaId> {
        let request: OrderRequest = serde_json::from_value(items(&[(self.mug, 2), (self.pen, 1)])).unwrap();
        let wish = Wish::of(&request)?;
        let shop = &self.shop.app.shop;
        let terms = Terms { currency: shop.currency, pay_within: shop.pay_within, zone: shop.zone.clone() };
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let mut placed = place::place(tx, saga, &terms, &buyer(1), &wish)?;
            let means = Means::checked("CARD", Some("approve"))?;
            let call = pay::offer(tx, saga, &mut placed.saga, &placed.order, &means)?;
            Ok((placed.saga.id, call))
        };
        let (id, call) = self.shop.app.db.write("begin", begin).await?;
        self.go_on(saga, Todo::Call(call)).await?;
        Ok(id)
    }

    async fn turn_back(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Result<()> {
        let id = run.clone();
        let back = move |tx: &mut ::store::Tx<'_>| {
            let order = store::lock(tx, &id)?.order;
            cancel::begin(tx, saga, &order, None, &Ending::by_system("proof")).map(|undoing| undoing.todo)
        };
        let todo = self.shop.app.db.write("back", back).await?;
        self.go_on(saga, todo).await
    }

    async fn settle(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Status {
        for _ in 0..20 {
            let id = run.clone();
            let record = self.shop.app.db.read("look", move |tx| store::find(tx, &id)).await.unwrap();
            if !record.status.is_moving() {
                return record.status;
            }
            self.shop.clock.advance(Duration::from_secs(60));
            let _ = nudge(saga, &self.shop.app.db, &self.shop.app.ports, run.clone()).await;
        }
        panic!("the saga does not rest");
    }

    async fn picture(&self) -> Value {
        self.shop.consistent().await;
        json!({
            "mug": self.shop.stock(self.mug).await,
            "pen": self.shop.stock(self.pen).await,
            "money": self.shop.money(),
            "parcels": self.shop.count("select count(*) from deliveries where status <> ?", "CANCELLED").await,
            "orders": self.shop.count("select count(*) from orders where status not in ('CANCELLED', ?)", "REFUNDED").await,
        })
    }
}

#[tokio::test]
async fn every_step_of_an_order_may_be_run_twice() {
    harness::every_step_twice::<Checkout, Counter>(ORDER).await;
}

#[tokio::test]
async fn a_refusal_at_any_step_of_an_order_leaves_the_world_as_it_was() {
    harness::a_refusal_at_each_step::<Checkout, Counter>(ORDER).await;
}

#[tokio::test]
async fn every_step_of_an_order_may_be_undone_twice() {
    harness::every_undo_twice::<Checkout, Counter>(ORDER).await;
}
