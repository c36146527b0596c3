//! The proofs of the harness, for every saga of the shop.

use super::shop::*;
use crate::{
    cancel,
    draft::OrderDraft,
    flow::{CHARGE, Checkout, FLOWS, LATE_CAPTURE, LateCapture, ORDER, PartialRefund, REFUND, order_of},
    pay,
    place::{self, OrderSettings},
    request::{OrderRequest, PaymentMethod, Shared},
};
use kernel::{Money, OrderNumber, Result, SagaId, UserCouponId};
use payment::{Approval, Payment};
use saga::{
    Action, Call, Cancellation, Flow, Saga, Status, drive,
    harness::{self, Scenario},
    nudge, store,
};
use serde_json::{Value, json};
use std::time::Duration;

/// A shop with stock, in which nothing is sold yet, and a buyer with a coupon, a balance and points.
pub struct Stocked {
    pub shop: Shop,
    pub mug: Good,
    pub pen: Good,
    coupon: UserCouponId,
}

impl Stocked {
    pub async fn open() -> Stocked {
        let shop = Shop::open().await;
        let (mug, pen) = (shop.good("mug", 9_000, 5).await, shop.good("pen", 1_000, 5).await);
        let coupon = shop.coupons(&[1]).await[0];
        let wallet = format!("/admin/wallets/{}", buyer(1));
        shop.admin_post(&format!("{wallet}/balance"), json!({ "amount": 5_000, "reason": "proof" })).await.must("201");
        shop.admin_post(&format!("{wallet}/points"), json!({ "points": 700, "reason": "proof" })).await.must("201");
        Stocked { shop, mug, pen, coupon }
    }

    pub async fn go_on(&self, flow: &'static dyn Flow, action: Action) -> Result<()> {
        drive(flow, &self.shop.app.db, &self.shop.app.ports, action).await.map(|_| ())
    }

    pub async fn settle(&self, flow: &'static dyn Flow, run: &SagaId) -> Status {
        for _ in 0..20 {
            let id = run.clone();
            let record = self.shop.app.db.read("look", move |tx| store::find(tx, &id)).await.unwrap();
            if !record.status.is_moving() {
                return record.status;
            }
            self.shop.clock.advance(Duration::from_secs(60));
            let _ = nudge(flow, &self.shop.app.db, &self.shop.app.ports, run.clone()).await;
        }
        panic!("the saga does not end");
    }

    async fn cancel<S: 'static>(&self, saga: &'static Saga<S>, run: &SagaId) -> Result<()> {
        let id = run.clone();
        let cancel = move |tx: &mut ::store::Tx<'_>| {
            let mut record = store::lock(tx, &id)?;
            saga.cancel(tx, &mut record, Cancellation::by_system("proof"))
        };
        let action = self.shop.app.db.write("cancel", cancel).await?;
        self.go_on(saga, action).await
    }

    pub async fn resolve<S: 'static>(&self, saga: &'static Saga<S>, run: &SagaId) -> Result<()> {
        let id = run.clone();
        let resolve = move |tx: &mut ::store::Tx<'_>| {
            let mut record = store::lock(tx, &id)?;
            saga.resolve(tx, &mut record, "proof")
        };
        let action = self.shop.app.db.write("resolve", resolve).await?;
        self.go_on(saga, action).await
    }

    /// Orders by status, stock, parcels, coupons, the gateway's money and what our payments say about it.
    pub async fn snapshot(&self) -> Value {
        self.shop.consistent().await;
        self.values().await
    }

    pub async fn values(&self) -> Value {
        json!({
            "mug": self.shop.stock(self.mug).await,
            "pen": self.shop.stock(self.pen).await,
            "money": self.shop.money(),
            "balance": self.shop.count("select coalesce(sum(balance), 0) from wallets where user_id <> ?", "-").await,
            "points": self.shop.count("select coalesce(sum(points), 0) from wallets where user_id <> ?", "-").await,
            "parcels": self.shop.count("select count(*) from deliveries where status <> ?", "CANCELLED").await,
            "orders": self.shop.count("select count(*) from orders where status not in ('CANCELLED', ?)", "REFUNDED").await,
            "used coupons": self.shop.count("select count(*) from user_coupons where order_number <> ?", "").await,
            "refundable": self.shop.count("select coalesce(sum(captured - refund_claimed), 0) from payments where status <> ?", "-").await,
        })
    }

    async fn payment(&self, order: &OrderNumber) -> Payment {
        let order = order.clone();
        let find = move |tx: &mut ::store::Tx<'_>| payment::ops::current(tx, &order);
        self.shop.app.db.read("payment", find).await.unwrap()
    }
}

impl Scenario<Checkout> for Stocked {
    async fn open() -> Stocked {
        Stocked::open().await
    }

    async fn begin(&self, saga: &'static Saga<Checkout>) -> Result<SagaId> {
        let body = with(items(&[(self.mug, 2), (self.pen, 1)]), "userCouponId", self.coupon.raw());
        let body = with(body, "pointsToUse", 500);
        let request: OrderRequest = serde_json::from_value(body).unwrap();
        let draft = OrderDraft::to_place(&request)?;
        let settings = OrderSettings::of(&self.shop.app);
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let mut placed = place::place(tx, saga, &settings, &buyer(1), &draft)?;
            let (own, payable) = (Money::minor(2_000), placed.order.amounts.payable);
            let split = Some(Shared { own, gateway: payable.minus(own)? });
            let method = PaymentMethod { split, ..PaymentMethod::checked("CARD", Some("approve"))? };
            let action = pay::submit(tx, saga, &mut placed.saga, &placed.order, &method, pay::Limits::default())?;
            Ok((placed.saga.id, action))
        };
        let (id, action) = self.shop.app.db.write("begin", begin).await?;
        self.go_on(saga, action).await?;
        Ok(id)
    }

    async fn cancel(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Result<()> {
        let id = run.clone();
        let cancel = move |tx: &mut ::store::Tx<'_>| {
            let order = order_of(&store::lock(tx, &id)?)?;
            cancel::begin(tx, saga, &order, None, &Cancellation::by_system("proof")).map(|(_, action)| action)
        };
        let action = self.shop.app.db.write("cancel", cancel).await?;
        self.go_on(saga, action).await
    }

    async fn resolve(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Result<()> {
        Stocked::resolve(self, saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<Checkout>, run: &SagaId) -> Status {
        Stocked::settle(self, saga, run).await
    }

    async fn snapshot(&self) -> Value {
        Stocked::snapshot(self).await
    }
}

/// A shop with an order that is on its way to its buyer.
struct Shipped(Stocked, OrderNumber);

impl Scenario<PartialRefund> for Shipped {
    async fn open() -> Shipped {
        let stocked = Stocked::open().await;
        let shop = &stocked.shop;
        let order = shop.paid(1, stocked.mug, 1, "approve").await;
        let detail = shop.get(1, &format!("/orders/{order}")).await;
        let tracking = detail.word("/delivery/trackingNumber");
        shop.put(255, &format!("/deliveries/{tracking}/status"), json!({ "status": "SHIPPED" })).await.must("200");
        Shipped(stocked, order)
    }

    async fn begin(&self, saga: &'static Saga<PartialRefund>) -> Result<SagaId> {
        let payment = self.0.payment(&self.1).await;
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let refund = payment::ops::begin_refund(tx, &payment.number, payment.refundable(), "proof")?;
            let refund = PartialRefund { refund, payment: payment.clone(), by: "proof".to_owned() };
            Ok(saga.begin(tx, &refund, &refund.start())?.expect("a new run"))
        };
        let (record, action) = self.0.shop.app.db.write("begin", begin).await?;
        self.0.go_on(saga, action).await?;
        Ok(record.id)
    }

    async fn cancel(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Result<()> {
        self.0.cancel(saga, run).await
    }

    async fn resolve(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Result<()> {
        self.0.resolve(saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Status {
        self.0.settle(saga, run).await
    }

    async fn snapshot(&self) -> Value {
        self.0.snapshot().await
    }
}

/// A shop with an order of which one unit was sent back, and is here.
struct SentBack(Stocked, returns::ReturnNumber);

impl Scenario<PartialRefund> for SentBack {
    async fn open() -> SentBack {
        let stocked = Stocked::open().await;
        let shop = &stocked.shop;
        let order = shop.paid(1, stocked.mug, 2, "approve").await;
        let detail = shop.get(1, &format!("/orders/{order}")).await;
        let tracking = detail.word("/delivery/trackingNumber");
        for status in ["SHIPPED", "IN_TRANSIT", "DELIVERED"] {
            shop.put(255, &format!("/deliveries/{tracking}/status"), json!({ "status": status })).await.must("200");
        }
        let asked = json!({ "kind": "RETURN", "reason": "DEFECTIVE", "lines": [{ "id": 1, "quantity": 1 }] });
        let asked = shop.post(1, &format!("/orders/{order}/returns"), asked).await.must("201");
        let number = asked.word("/returnNumber");
        for step in ["approve", "receive"] {
            shop.admin_post(&format!("/admin/returns/{number}/{step}"), json!({})).await.must("200");
        }
        SentBack(stocked, number.parse().unwrap())
    }

    async fn begin(&self, saga: &'static Saga<PartialRefund>) -> Result<SagaId> {
        let number = self.1.clone();
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let one = returns::ops::find(tx, &number)?;
            let payment = payment::ops::current(tx, &one.order)?;
            let refund = payment::ops::begin_refund(tx, &payment.number, Money::minor(9_000), "proof")?;
            returns::ops::remember_refunds(tx, &number, &[refund.id])?;
            let refund = PartialRefund { refund, payment, by: "proof".to_owned() };
            Ok(saga.begin(tx, &refund, &refund.start())?.expect("a new run"))
        };
        let (record, action) = self.0.shop.app.db.write("begin", begin).await?;
        self.0.go_on(saga, action).await?;
        Ok(record.id)
    }

    async fn cancel(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Result<()> {
        self.0.cancel(saga, run).await
    }

    async fn resolve(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Result<()> {
        self.0.resolve(saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<PartialRefund>, run: &SagaId) -> Status {
        self.0.settle(saga, run).await
    }

    async fn snapshot(&self) -> Value {
        let mut seen = self.0.snapshot().await;
        let refunded = "select count(*) from return_requests where status = ?";
        seen["refunded returns"] = json!(self.0.shop.count(refunded, "REFUNDED").await);
        seen
    }
}

/// A shop with a charge that was abandoned before its request left.
struct Abandoned(Stocked, Call);

impl Scenario<LateCapture> for Abandoned {
    async fn open() -> Abandoned {
        let stocked = Stocked::open().await;
        let order = stocked.shop.order(1, stocked.mug, 1).await;
        let call = stocked.shop.begin_paying(&order).await.unwrap();
        stocked.shop.cancel(1, &order).await.must("202");
        stocked.shop.settle().await;
        Abandoned(stocked, call)
    }

    async fn begin(&self, saga: &'static Saga<LateCapture>) -> Result<SagaId> {
        let app = &self.0.shop.app;
        let outcome = ORDER.call(&app.ports, &self.1).await;
        let saga::Outcome::Succeeded(captured) = outcome else { panic!("captured late") };
        let captured: crate::steps::Captured = serde_json::from_value(captured).unwrap();
        let begin = move |tx: &mut ::store::Tx<'_>| {
            let (number, transaction) = (captured.payment.as_ref().unwrap(), captured.transaction.as_ref().unwrap());
            let Approval::Late(payment) = payment::ops::completed(tx, number, transaction)? else { panic!("late") };
            let late = LateCapture { payment };
            Ok(saga.begin(tx, &late, &late.start())?.expect("a new run").0.id)
        };
        app.db.write("begin", begin).await
    }

    async fn cancel(&self, saga: &'static Saga<LateCapture>, run: &SagaId) -> Result<()> {
        self.0.cancel(saga, run).await
    }

    async fn resolve(&self, saga: &'static Saga<LateCapture>, run: &SagaId) -> Result<()> {
        self.0.resolve(saga, run).await
    }

    async fn settle(&self, saga: &'static Saga<LateCapture>, run: &SagaId) -> Status {
        let status = self.0.settle(saga, run).await;
        if status == Status::Failed {
            self.0.shop.consistent().await;
        } else {
            // the shop itself never leaves such a run completed
            self.0.shop.expect_damage();
        }
        status
    }

    async fn snapshot(&self) -> Value {
        // a captured charge of a cancelled order is not consistent until its money has gone back
        self.0.values().await
    }
}

/// The families of the sagas that are proved here, and in [`super::charging`].
const PROVED: [&str; 4] = [ORDER.family(), REFUND.family(), LATE_CAPTURE.family(), CHARGE.family()];

#[tokio::test]
async fn every_step_of_an_order_may_be_run_twice() {
    harness::every_step_twice::<_, Stocked>(ORDER).await;
}

#[tokio::test]
async fn a_refusal_at_any_step_of_an_order_leaves_everything_as_it_was() {
    harness::a_refusal_at_each_step::<_, Stocked>(ORDER).await;
}

#[tokio::test]
async fn every_step_of_an_order_may_be_compensated_twice() {
    harness::every_compensation_twice::<_, Stocked>(ORDER).await;
}

#[tokio::test]
async fn a_person_who_deals_with_one_step_of_an_order_leaves_nothing_of_the_others() {
    harness::a_person_at_each_step::<_, Stocked>(ORDER).await;
}

#[tokio::test]
async fn every_step_of_a_refund_may_be_run_twice() {
    harness::every_step_twice::<_, Shipped>(REFUND).await;
}

#[tokio::test]
async fn every_step_of_the_refund_of_a_return_may_be_run_twice() {
    harness::every_step_twice::<_, SentBack>(REFUND).await;
}

#[tokio::test]
async fn a_refusal_of_a_refund_leaves_everything_as_it_was() {
    harness::a_refusal_at_each_step::<_, Shipped>(REFUND).await;
    harness::a_refusal_at_each_step::<_, SentBack>(REFUND).await;
    harness::every_compensation_twice::<_, Shipped>(REFUND).await;
    harness::a_person_at_each_step::<_, Shipped>(REFUND).await;
}

#[tokio::test]
async fn a_late_capture_may_be_run_twice_and_compensated_twice() {
    harness::every_step_twice::<_, Abandoned>(LATE_CAPTURE).await;
    harness::a_refusal_at_each_step::<_, Abandoned>(LATE_CAPTURE).await;
    harness::every_compensation_twice::<_, Abandoned>(LATE_CAPTURE).await;
    harness::a_person_at_each_step::<_, Abandoned>(LATE_CAPTURE).await;
}

#[test]
fn every_saga_of_the_shop_is_proved() {
    let families: Vec<&str> = FLOWS.iter().map(|flow| flow.family()).collect();
    assert_eq!(families, PROVED);
}

/// Every version that a shop's database may have runs of. A line is never changed or removed: a change of a flow is a new
/// version, and an old one goes only when a migration converts its runs (as checkout/0002 did with `late.v1`).
const RELEASED: &[(&str, &[&str])] = &[
    ("order.v1", &["RESERVE_INVENTORY", "PROCESS_PAYMENT", "DEDUCT_INVENTORY", "CREATE_DELIVERY", "CONFIRM_ORDER"]),
    (
        "order.v2",
        &[
            "PLACE_ORDER",
            "RESERVE_INVENTORY",
            "PROCESS_PAYMENT",
            "DEDUCT_INVENTORY",
            "CREATE_DELIVERY",
            "CONFIRM_ORDER",
        ],
    ),
    (
        "order.v3",
        &[
            "PLACE_ORDER",
            "USE_COUPON",
            "USE_POINTS",
            "RESERVE_INVENTORY",
            "PROCESS_PAYMENT",
            "DEDUCT_INVENTORY",
            "CREATE_DELIVERY",
            "CONFIRM_ORDER",
        ],
    ),
    ("refund.v1", &["REFUND_PAYMENT", "CLOSE_ORDER"]),
    ("refund.v2", &["REFUND_PAYMENT", "CLOSE_RETURN", "CLOSE_ORDER"]),
    ("late-capture.v1", &["LATE_CAPTURE"]),
    ("charge.v1", &["OPEN_CHARGE", "CHARGE_GATEWAY", "BOOK_CHARGE"]),
];

#[test]
fn a_released_list_of_steps_never_changes() {
    let registered: Vec<(String, Vec<&str>)> = FLOWS.iter().flat_map(|flow| flow.step_lists()).collect();
    for (name, steps) in &registered {
        let released = RELEASED.iter().find(|(released, _)| released == name);
        let released = released.unwrap_or_else(|| panic!("{name} is new: add its steps to RELEASED"));
        assert_eq!(steps, released.1, "{name} was released with other steps: make a new version");
    }
    for (name, _) in RELEASED {
        assert!(registered.iter().any(|(registered, _)| registered == name), "runs of {name} could not be moved on");
    }
}
