//! Everything that happened to an order, in the order in which it happened. Ledger, payments, refunds, parcel and sagas are
//! kept for good; events are shown as long as the outbox keeps them.

use crate::{
    flow::ORDER,
    response::{SagaResponse, origin_of},
};
use delivery::Delivery;
use inventory::Movement;
use kernel::{Code, OrderNumber, Result, Timestamp};
use order::{Order, OrderResponse};
use payment::{Payment, PaymentResponse, Refund, RefundResponse, RefundedLine};
use returns::Return;
use saga::{Local, Record, Status};
use serde::Serialize;
use serde_json::{Value, json};
use store::{StoredEvent, Tx, outbox};
use utoipa::ToSchema;
use wallet::{Entry, response::EntryResponse};
use web::{Language, language::words};

/// Most events shown of one order; an order has a dozen or two.
const EVENTS_MAX: i64 = 500;

/// An order and everything that happened to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderExplanation)]
pub struct Explanation {
    /// The order as it is now.
    pub order: OrderResponse,
    /// Its sagas as they are now, with what their steps remember.
    pub sagas: Vec<SagaResponse>,
    /// What happened, oldest first.
    pub timeline: Vec<Moment>,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderMoment)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// Where it is written: ORDER, CHANNEL, COUPON, SAGA, LEDGER, PAYMENT, REFUND, WALLET, DELIVERY, RETURN or EVENT.
    pub source: Source,
    /// What happened, such as `shopping.order.created` or `RESERVATION`.
    pub what: String,
    /// Who did it, where that is known.
    pub by: Option<String>,
    /// The particulars.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Where something that happened is written; at the same instant, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = OrderMomentSource)]
pub enum Source {
    /// The order's row.
    Order,
    /// The sales channel where it was placed.
    Channel,
    /// The coupon that the order uses.
    Coupon,
    /// A saga's row.
    Saga,
    /// The inventory ledger.
    Ledger,
    /// A payment's row.
    Payment,
    /// A refund's row.
    Refund,
    /// An entry of the buyer's balance or points.
    Wallet,
    /// The delivery's history.
    Delivery,
    /// A return's row.
    Return,
    /// The stream of events.
    Event,
}

/// Explains an order in this language; S201 when there is none. The events are shown as they were published.
pub fn explain(tx: &mut Tx<'_>, number: &OrderNumber, language: Language) -> Result<Explanation> {
    // the particulars are written here and not with the response
    language.during(|| explained(tx, number))
}

fn explained(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Explanation> {
    let order = order::ops::find(tx, number)?;
    let records = saga::store::of_key(tx, number.as_str())?;
    let mut timeline = of_order(&order);
    timeline.extend(records.iter().flat_map(of_saga));
    timeline.extend(of_coupon(&order, &records));
    for movement in inventory::ops::movements_of_order(tx, number)? {
        timeline.push(of_movement(movement)?);
    }
    timeline.extend(of_money(tx, &order)?);
    timeline.extend(delivery::ops::all_of_order(tx, number)?.iter().flat_map(of_delivery));
    timeline.extend(returns::ops::of_order(tx, number)?.iter().flat_map(of_return));
    timeline.extend(outbox::of_key(tx, number.as_str(), EVENTS_MAX)?.iter().map(of_event));
    timeline.sort_by_key(|moment| (moment.at, moment.source));
    let sagas = records.into_iter().map(SagaResponse::from).collect();
    Ok(Explanation { order: order.into(), sagas, timeline })
}

/// Payments, refunds, what was booked for them in the buyer's wallet, and where the order was placed.
fn of_money(tx: &mut Tx<'_>, order: &Order) -> Result<Vec<Moment>> {
    let mut moments = Vec::new();
    let payments = payment::ops::of_order(tx, &order.number)?;
    if let Some(origin) = origin_of(tx, order, &payments)? {
        moments.push(moment(order.created_at, Source::Channel, "PLACED_ELSEWHERE", None, written(&origin)?));
    }
    let mut references: Vec<String> = payments.iter().map(|payment| payment.number.to_string()).collect();
    for payment in payments {
        moments.extend(of_payment(payment)?);
    }
    for refund in payment::ops::refunds_of_order(tx, &order.number)? {
        references.push(format!("RF-{}", refund.0.id));
        moments.extend(of_refund(refund)?);
    }
    // points that came back with goods
    references.extend(returns::ops::of_order(tx, &order.number)?.iter().map(|one| one.number.to_string()));
    for entry in wallet::ops::of_order(tx, &order.user, &order.number, references)? {
        moments.push(of_entry(entry)?);
    }
    Ok(moments)
}

fn of_entry(entry: Entry) -> Result<Moment> {
    let (at, kind, by) = (entry.at, entry.kind.name(), entry.by.map(|by| by.to_string()));
    Ok(moment(at, Source::Wallet, kind, by, written(&EntryResponse::from(entry))?))
}

fn moment(at: Timestamp, source: Source, what: impl Into<String>, by: Option<String>, data: Value) -> Moment {
    let data = if data.is_null() { json!({}) } else { data };
    Moment { at, source, what: what.into(), by, data }
}

fn of_order(order: &Order) -> Vec<Moment> {
    let amounts = json!({
        "subtotal": order.amounts.subtotal,
        "couponDiscount": order.amounts.coupon_discount,
        "pointsUsed": order.amounts.points_used,
        "shippingFee": order.amounts.shipping_fee,
        "payable": order.amounts.payable,
        "tax": order.amounts.tax,
    });
    let placed = moment(order.created_at, Source::Order, "PLACED", Some(order.user.to_string()), amounts);
    let reached = [
        (order.milestones.paid_at, "PAID"),
        (order.milestones.shipped_at, "SHIPPED"),
        (order.milestones.delivered_at, "DELIVERED"),
    ];
    let reached = reached.map(|(at, what)| at.map(|at| moment(at, Source::Order, what, None, Value::Null)));
    let ended = order.status.ended().map(|(at, reason)| {
        moment(at, Source::Order, order.status.kind().name(), None, json!({ "reason": words(reason) }))
    });
    [Some(placed)].into_iter().chain(reached).chain([ended]).flatten().collect()
}

fn of_saga(record: &Record) -> Vec<Moment> {
    let name = json!({ "saga": record.name, "sagaId": record.id });
    let began = moment(record.started_at, Source::Saga, "STARTED", Some(record.started_by.clone()), name.clone());
    let ended = record.completed_at.map(|at| {
        let by = record.cancellation.as_ref().map(|why| why.by.clone());
        let mut data = name;
        data["completedSteps"] = json!(record.completed);
        data["reason"] = json!(record.cancellation.as_ref().map(|why| words(&why.reason)));
        data["resolution"] = json!(record.resolution);
        moment(at, Source::Saga, record.status.name(), by, data)
    });
    [Some(began), ended].into_iter().flatten().collect()
}

/// The coupon is used when the order is placed, and comes back when everything is compensated. Its own row forgets the order then.
fn of_coupon(order: &Order, records: &[Record]) -> Vec<Moment> {
    let Some(coupon) = order.coupon else { return Vec::new() };
    let data = json!({ "userCouponId": coupon, "discount": order.amounts.coupon_discount });
    let run = records.iter().find(|run| run.family == ORDER.family());
    // a person may have dealt with the step instead
    let ended = run.filter(|run| {
        run.status == Status::Failed && !run.completed.iter().any(|done| done == crate::steps::UseCoupon::NAME)
    });
    let returned = ended.and_then(|run| run.completed_at);
    let returned = returned.map(|at| moment(at, Source::Coupon, "RETURNED", None, data.clone()));
    let used = moment(order.created_at, Source::Coupon, "USED", Some(order.user.to_string()), data);
    [Some(used), returned].into_iter().flatten().collect()
}

fn of_movement(movement: Movement) -> Result<Moment> {
    let by = Some(movement.performed_by.clone());
    Ok(moment(movement.created_at, Source::Ledger, movement.movement_type, by, written(&movement)?))
}

fn of_payment(payment: Payment) -> Result<Vec<Moment>> {
    let (began, user, kind, changed) =
        (payment.created_at, payment.user.to_string(), payment.status.kind().name(), payment.updated_at);
    let data = written(&PaymentResponse::from(payment))?;
    let number = data["paymentNumber"].clone();
    let begun = moment(began, Source::Payment, "BEGUN", Some(user), json!({ "paymentNumber": number }));
    Ok(vec![begun, moment(changed, Source::Payment, kind, None, data)])
}

fn of_refund(refund: (Refund, Vec<RefundedLine>)) -> Result<Vec<Moment>> {
    let shown = RefundResponse::from(refund);
    let (began, ended, status) = (shown.created_at, shown.completed_at, shown.status);
    let data = written(&shown)?;
    let begun = moment(began, Source::Refund, "BEGUN", None, json!({ "id": shown.id, "amount": shown.amount }));
    let ended = ended.map(|at| moment(at, Source::Refund, status, None, data));
    Ok([Some(begun), ended].into_iter().flatten().collect())
}

fn of_delivery(delivery: &Delivery) -> Vec<Moment> {
    let tracking = &delivery.tracking;
    let entry = |entry: &delivery::Entry| {
        let data = json!({
            "trackingNumber": tracking,
            "location": entry.location,
            "description": entry.description.as_deref().map(words),
        });
        moment(entry.at, Source::Delivery, entry.status.name(), None, data)
    };
    delivery.history.iter().rev().map(entry).collect()
}

fn of_return(one: &Return) -> Vec<Moment> {
    let lines: Vec<Value> = one.lines.iter().map(|line| json!({ "id": line.number, "quantity": line.units })).collect();
    let asked = json!({ "returnNumber": one.number, "kind": one.resolution, "reason": one.reason, "lines": lines });
    let number = json!({ "returnNumber": one.number });
    let by = one.requested_by.clone().unwrap_or_else(|| one.user.to_string());
    let asked = moment(one.created_at, Source::Return, "REQUESTED", Some(by), asked);
    let reached = [
        (one.milestones.approved_at, "APPROVED"),
        (one.milestones.collected_at, "COLLECTED"),
        (one.milestones.received_at, "RECEIVED"),
        (one.status.ended_at(), one.status.kind().name()),
    ];
    let reached = reached.map(|(at, what)| at.map(|at| moment(at, Source::Return, what, None, number.clone())));
    [Some(asked)].into_iter().chain(reached).flatten().collect()
}

fn of_event(event: &StoredEvent) -> Moment {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
    moment(event.at, Source::Event, &*event.topic, None, json!({ "id": event.id, "payload": payload }))
}

fn written<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Code::Internal.error().caused_by(e))
}
