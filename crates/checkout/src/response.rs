//! What several domains together answer.

use crate::{
    flow::ORDER,
    images::{self, GoodsImage},
    refund_lines,
};
use delivery::DeliveryResponse;
use kernel::{Code, OrderNumber, ProductId, Result, SagaId, Timestamp, Zone};
use order::{Order, OrderResponse, origin::Origin};
use payment::{Method, Payment, PaymentResponse, RefundResponse, RefundedLineResponse};
use returns::ReturnResponse;
use saga::{Record, Status, Subject};
use serde::Serialize;
use serde_json::Value;
use store::Tx;
use utoipa::ToSchema;

/// A placed order, with its payment when it was paid in the same call.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacedOrder {
    /// The order.
    #[serde(flatten)]
    pub order: OrderResponse,
    /// The payment.
    pub payment: Option<PaymentResponse>,
}

/// An order with everything that belongs to it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDetail {
    /// The order.
    #[serde(flatten)]
    pub order: OrderResponse,
    /// Where it was placed, when that was not here.
    pub origin: Option<Origin>,
    /// Its payments, oldest first.
    pub payments: Vec<PaymentResponse>,
    /// What went back or is on its way back, oldest first.
    pub refunds: Vec<RefundResponse>,
    /// What went back of each line, or is on its way back, by refunds that name lines or give back all that is left.
    pub refunded_lines: Vec<RefundedLineResponse>,
    /// Its first parcel, once it is paid.
    pub delivery: Option<DeliveryResponse>,
    /// All of its parcels: those with its goods, and the replacements of its exchanges.
    pub parcels: Vec<DeliveryResponse>,
    /// What was sent back of it, or is asked for, oldest first.
    pub returns: Vec<ReturnResponse>,
    /// Where its saga stands.
    pub saga: Option<SagaState>,
}

/// An order as those see it who work in the shop.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnyOrder {
    /// The order.
    #[serde(flatten)]
    pub detail: OrderDetail,
    /// What the products of its lines look like now: of each the first uploaded image, if it has one.
    pub images: Vec<GoodsImage>,
}

/// Where a saga stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SagaState {
    /// The step it is at, such as `PROCESS_PAYMENT`.
    pub step: String,
    /// How it stands.
    pub status: Status,
}

/// Everything about an order.
pub fn detail(tx: &mut Tx<'_>, order: Order, zone: &Zone) -> Result<OrderDetail> {
    let number: OrderNumber = order.number.clone();
    let payments = payment::ops::of_order(tx, &number)?;
    // orders without a payment have no refunds, and unpaid ones no parcel: most details are of such orders
    let refunds = if payments.is_empty() { Vec::new() } else { payment::ops::refunds_of_order(tx, &number)? };
    let parcels = delivery::ops::all_of_order(tx, &number)?;
    let parcels: Vec<_> = parcels.into_iter().map(|parcel| DeliveryResponse::of(parcel, zone)).collect();
    // nothing is sent back of an order that never arrived
    let arrived = order.milestones.delivered_at.is_some();
    let returns = if arrived { returns::ops::of_order(tx, &number)? } else { Vec::new() };
    let mut runs = saga::store::of_key(tx, number.as_str())?.into_iter();
    let run = runs.find(|run| run.family == ORDER.family());
    let origin = origin_of(tx, &order, &payments)?;
    let payments = payments.into_iter().map(|payment| PaymentResponse::of(tx, payment)).collect::<Result<_>>()?;
    Ok(OrderDetail {
        order: order.into(),
        origin,
        payments,
        refunded_lines: refund_lines::sums(&refunds).into_iter().map(RefundedLineResponse::from).collect(),
        refunds: refunds.into_iter().map(RefundResponse::from).collect(),
        delivery: parcels.first().cloned(),
        parcels,
        returns: returns.into_iter().map(ReturnResponse::from).collect(),
        saga: run.map(|run| SagaState { step: run.step, status: run.status }),
    })
}

/// The same with what its goods look like.
pub fn any_order(tx: &mut Tx<'_>, order: Order, zone: &Zone) -> Result<AnyOrder> {
    let products: Vec<ProductId> = order.lines.iter().map(|line| line.product).collect();
    let images = images::of(tx, &products)?;
    Ok(AnyOrder { detail: detail(tx, order, zone)?, images })
}

/// Where an order was placed. It costs a statement only of orders that may have been placed elsewhere: what their channel was paid is a
/// payment, and gifts cost nothing.
pub fn origin_of(tx: &mut Tx<'_>, order: &Order, payments: &[Payment]) -> Result<Option<Origin>> {
    let is_of_channel = payments.iter().any(|payment| payment.method == Method::Channel);
    if is_of_channel || order.amounts.payable.is_zero() {
        return order::origin::of_order(tx, &order.number);
    }
    Ok(None)
}

/// A saga as the shop's people see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SagaResponse {
    /// The run.
    #[schema(value_type = String)]
    pub saga_id: SagaId,
    /// Which saga, such as `order.v1`.
    pub name: String,
    /// What it is about, such as an order or a refund.
    pub subject: Subject,
    /// The order it belongs to.
    pub order_number: String,
    /// How it stands.
    pub status: Status,
    /// The step it is at.
    pub step: String,
    /// What is done and not undone, in order.
    pub completed_steps: Vec<String>,
    /// What its steps remember, and what they asked of other systems.
    #[schema(value_type = Object)]
    pub memory: Value,
    /// Failed attempts at undoing the step it is at.
    pub attempts: i64,
    /// What went wrong last.
    #[serde(serialize_with = "web::language::localized_failure")]
    pub last_error: Option<String>,
    /// Why it is or was undone.
    #[serde(serialize_with = "web::language::localized")]
    pub reason: Option<String>,
    /// By whom.
    pub ended_by: Option<String>,
    /// What a person says who closed it by hand.
    pub resolution: Option<String>,
    /// When it is due.
    pub wake_at: Option<Timestamp>,
    /// Who began it.
    pub started_by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Grows with every change.
    pub version: i64,
}

impl From<Record> for SagaResponse {
    fn from(record: Record) -> SagaResponse {
        let (reason, ended_by) = record.cancellation.map(|why| (why.reason, why.by)).unzip();
        SagaResponse {
            saga_id: record.id,
            name: record.name,
            subject: record.subject,
            order_number: record.event_key,
            status: record.status,
            step: record.step,
            completed_steps: record.completed,
            memory: serde_json::to_value(&record.memory).unwrap_or(Value::Null),
            attempts: record.attempts,
            last_error: record.last_error,
            reason,
            ended_by,
            resolution: record.resolution,
            wake_at: record.wake_at,
            started_by: record.started_by,
            started_at: record.started_at,
            completed_at: record.completed_at,
            version: record.version,
        }
    }
}

/// Refuses an order that the caller may not see: its buyer and administrators do; S212 for others.
pub fn shown_to(user: &web::User, order: Order) -> Result<Order> {
    if order.user == user.id || user.is_admin() { Ok(order) } else { Err(Code::OrderUserMismatch.error()) }
}
