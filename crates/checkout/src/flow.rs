//! The shop's sagas, each whole flow on one screen. Each step has a file in [`crate::steps`].

use crate::deal::units::DealUnits;
use crate::steps::{
    BookCharge, CaptureLate, Captured, Charge, ChargeGateway, CloseOrder, CloseReturn, ConfirmOrder, CreateDelivery,
    DeductInventory, OpenCharge, PlaceOrder, ProcessPayment, RefundPayment, ReserveInventory, UseCoupon, UsePoints,
};
use kernel::{Code, OrderNumber, PaymentNumber, RefundId, Result};
use order::{Kind, Order};
use payment::{Payment, Refund};
use saga::{Cancellation, Flow, Record, Remote, Saga, Start, Step, Subject, Version};
use serde::Deserialize;
use store::Tx;

/// An order from its placing to its delivery. It waits at PROCESS_PAYMENT until the buyer pays or the time to pay is over.
/// Cancelling an order, paid or not, is compensating it. Every order has exactly one run of this family.
pub const ORDER: Saga<Checkout> = Saga::new(
    "order",
    &[
        Version {
            number: 3,
            steps: &[
                Step::first::<PlaceOrder>(),
                Step::local::<UseCoupon>(),
                Step::local::<UsePoints>(),
                Step::local::<ReserveInventory>(),
                Step::remote::<ProcessPayment>(),
                Step::local::<DeductInventory>(),
                Step::local::<CreateDelivery>(),
                Step::local::<ConfirmOrder>(),
            ],
        },
        // before coupons and points could be used in orders
        Version {
            number: 2,
            steps: &[
                Step::first::<PlaceOrder>(),
                Step::local::<ReserveInventory>(),
                Step::remote::<ProcessPayment>(),
                Step::local::<DeductInventory>(),
                Step::local::<CreateDelivery>(),
                Step::local::<ConfirmOrder>(),
            ],
        },
        // orders of the first release were placed before their run began
        Version {
            number: 1,
            steps: &[
                Step::local::<ReserveInventory>(),
                Step::remote::<ProcessPayment>(),
                Step::local::<DeductInventory>(),
                Step::local::<CreateDelivery>(),
                Step::local::<ConfirmOrder>(),
            ],
        },
    ],
    load_order,
)
.closed_by(close_order);

/// Money given back while the goods stay where they are: a part of it, or all of it after the parcel has left.
pub const REFUND: Saga<PartialRefund> = Saga::new(
    "refund",
    &[
        Version {
            number: 2,
            steps: &[Step::remote::<RefundPayment>(), Step::local::<CloseReturn>(), Step::local::<CloseOrder>()],
        },
        // before there were returns
        Version { number: 1, steps: &[Step::remote::<RefundPayment>(), Step::local::<CloseOrder>()] },
    ],
    load_refund,
);

/// Money that the gateway took for a charge that had been abandoned. A run begins with the capture as its completed step and
/// is compensated at once: the money goes back, with all attempts and the alert of a compensation.
pub const LATE_CAPTURE: Saga<LateCapture> =
    Saga::new("late-capture", &[Version { number: 1, steps: &[Step::remote::<CaptureLate>()] }], load_late_capture);

/// Money that a user pays into the balance. Once the gateway has taken it, it is booked, and never given back.
pub const CHARGE: Saga<BalanceCharge> = Saga::new(
    "charge",
    &[Version {
        number: 1,
        steps: &[Step::first::<OpenCharge>(), Step::remote::<ChargeGateway>(), Step::local::<BookCharge>()],
    }],
    load_charge,
);

/// Every saga of the shop.
pub static FLOWS: &[&dyn Flow] = &[&ORDER, &REFUND, &LATE_CAPTURE, &CHARGE];

/// The saga of this family; C001 for a run of a saga that this program does not know.
pub fn flow(family: &str) -> Result<&'static dyn Flow> {
    let found = FLOWS.iter().find(|flow| flow.family() == family);
    found.copied().ok_or_else(|| Code::Internal.error().caused_by(format!("no such saga: {family}")))
}

/// What the run of an order is about.
pub fn order_subject(number: &OrderNumber) -> Subject {
    Subject::new("order", number)
}

/// The run of an order, locked until this transaction ends; S903 when there is none.
pub fn lock_run_of_order(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Record> {
    saga::store::lock_of_subject(tx, number.as_str(), ORDER.family(), &order_subject(number))
}

/// The order that a run belongs to. Its number is the key of the run's events.
pub fn order_of(run: &Record) -> Result<OrderNumber> {
    run.event_key.parse()
}

/// What the steps of an order know.
#[derive(Debug, Clone)]
pub struct Checkout {
    pub order: Order,
    /// The payment that is being made, or was.
    pub payment: Option<PaymentNumber>,
    /// The time deal in which it buys.
    pub deal: Option<DealUnits>,
    /// That payment, for the process that has just begun it and makes its charge.
    pub begun: Option<Payment>,
}

/// What the steps of a refund know.
#[derive(Debug, Clone)]
pub struct PartialRefund {
    pub refund: Refund,
    pub payment: Payment,
    /// Who decided it.
    pub by: String,
}

impl PartialRefund {
    /// What begins its run. The subject is the refund.
    pub fn start(&self) -> Start<'_> {
        let subject = Subject::new("refund", self.refund.id.raw());
        Start { subject, event_key: self.payment.order.as_str(), by: &self.by }
    }
}

/// A payment whose charge was abandoned and captured after all.
#[derive(Debug, Clone)]
pub struct LateCapture {
    pub payment: Payment,
}

impl LateCapture {
    /// What begins its run. The subject is the payment.
    pub fn start(&self) -> Start<'_> {
        let subject = Subject::new("payment", &self.payment.number);
        Start { subject, event_key: self.payment.order.as_str(), by: saga::SYSTEM }
    }
}

/// What the steps of a charge know.
#[derive(Debug, Clone)]
pub struct BalanceCharge {
    pub charge: wallet::Charge,
}

/// What the run of a charge is about.
pub fn charge_subject(number: &wallet::ChargeNumber) -> Subject {
    Subject::new("charge", number)
}

/// The charge that a run of [`CHARGE`] is about.
pub fn charge_of(run: &Record) -> Result<wallet::ChargeNumber> {
    run.subject.id.parse()
}

fn load_charge(tx: &mut Tx<'_>, run: &Record) -> Result<BalanceCharge> {
    Ok(BalanceCharge { charge: wallet::ops::charges::find(tx, &charge_of(run)?)? })
}

fn load_order(tx: &mut Tx<'_>, run: &Record) -> Result<Checkout> {
    let order = order::ops::find(tx, &order_of(run)?)?;
    let paying = run.memory.get(ProcessPayment::NAME);
    let charge = paying.and_then(|entry| entry.forward.as_ref());
    let charged = charge.and_then(|call| Charge::deserialize(&call.request).ok()).map(|charge| charge.payment);
    // an order that the balance pays alone has no charge
    let own = || paying.and_then(|entry| Captured::deserialize(entry.memory.as_ref()?).ok()?.own);
    let payment = charged.or_else(own);
    Ok(Checkout { order, payment, deal: ReserveInventory::remembered(run)?, begun: None })
}

fn load_refund(tx: &mut Tx<'_>, run: &Record) -> Result<PartialRefund> {
    let refund = payment::ops::find_refund(tx, refund_of(run)?)?;
    let payment = payment::ops::find(tx, &refund.payment)?;
    Ok(PartialRefund { refund, payment, by: run.started_by.clone() })
}

/// The refund that a run of [`REFUND`] is about.
pub fn refund_of(run: &Record) -> Result<RefundId> {
    let id = run.subject.id.parse().map_err(|e| Code::Internal.error().caused_by(e))?;
    Ok(RefundId::new(id))
}

fn load_late_capture(tx: &mut Tx<'_>, run: &Record) -> Result<LateCapture> {
    Ok(LateCapture { payment: payment::ops::find(tx, &run.subject.id.parse()?)? })
}

/// Closes an order of which everything is compensated: CANCELLED, or REFUNDED when it had been paid. The lines of an order that
/// was never paid are in its buyer's cart again.
fn close_order(tx: &mut Tx<'_>, saga: &Checkout, why: &Cancellation) -> Result<()> {
    let order = &saga.order;
    match order.status.kind() {
        Kind::Pending | Kind::Confirmed => {
            order::ops::cancelled(tx, &order.number, &why.reason, &why.by)?;
            cart::ops::fill(tx, &order.user.into(), cart_lines(order)).map(|_| ())
        }
        Kind::Paid | Kind::Shipping | Kind::Delivered => {
            order::ops::refunded(tx, &order.number, &why.reason, &why.by).map(|_| ())
        }
        Kind::Cancelled | Kind::Refunded => Ok(()),
    }
}

/// The lines of an order as lines of a cart, with the names and prices of the order.
fn cart_lines(order: &Order) -> Vec<cart::NewLine> {
    let line = |line: &order::Line| cart::NewLine {
        product: line.product,
        variant: line.variant,
        product_name: line.product_name.clone(),
        price: line.unit_price,
        quantity: line.quantity,
    };
    order.lines.iter().map(line).collect()
}
