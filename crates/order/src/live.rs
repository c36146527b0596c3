//! What the streams of an order and of its buyer are told: the facts of orders, payments and deliveries, by docs/EVENTS.md's
//! names.

use kernel::{Event, Money, OrderNumber, PaymentNumber, Result, Timestamp, TrackingNumber, UserId};
use serde::{Deserialize, Serialize};
use store::{StoredEvent, Tx, outbox};
use web::Notice;

/// The channel of one order.
pub(crate) fn of_order(number: &OrderNumber) -> String {
    format!("order:{number}")
}

/// The channel of all orders of one buyer.
pub(crate) fn of_user(user: &UserId) -> String {
    format!("user-orders:{user}")
}

/// Who is concerned by a fact. Every fact that is told names both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Concerned {
    order_number: OrderNumber,
    user_id: UserId,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    order_number: OrderNumber,
    total_amount: Money,
    item_count: i64,
    created_at: Timestamp,
}

/// "Waiting for payment": from the same fact as [`Created`], because an order is confirmed as it is placed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
struct Confirmed {
    #[serde(alias = "orderNumber")]
    order_number: OrderNumber,
    #[serde(alias = "totalAmount")]
    payable: Money,
    #[serde(alias = "payBy")]
    pay_by: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentCompleted {
    order_number: OrderNumber,
    payment_number: PaymentNumber,
    amount: Money,
    payment_method: String,
    paid_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentFailed {
    order_number: OrderNumber,
    payment_number: PaymentNumber,
    amount: Money,
    payment_method: String,
    failure_reason: String,
    failed_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    order_number: OrderNumber,
    total_amount: Money,
    payment_number: Option<PaymentNumber>,
    confirmed_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cancelled {
    order_number: OrderNumber,
    status: String,
    total_amount: Money,
    cancel_reason: String,
    cancelled_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryUpdated {
    order_number: OrderNumber,
    tracking_number: TrackingNumber,
    status: String,
    at: Timestamp,
}

/// Facts of one order that are looked at; an order has about ten.
const HISTORY_MAX: i64 = 100;

/// What was told of the order last: its present, for a stream that begins. None once that fact is forgotten.
pub(crate) fn present(tx: &mut Tx<'_>, order: &str) -> Result<Vec<Notice>> {
    let channel = format!("order:{order}");
    let told = outbox::of_key(tx, order, HISTORY_MAX)?.into_iter().flat_map(|fact| notices(&fact));
    Ok(told.filter(|notice| notice.channel == channel).last().into_iter().collect())
}

/// The notices a fact leads to; none for facts that streams are not told.
pub fn notices(fact: &StoredEvent) -> Vec<Notice> {
    let told = match &*fact.topic {
        <events::OrderCreated as Event>::TOPIC => {
            let created = told::<Created>(fact, "order-created");
            created.and_then(|mut notices| {
                notices.extend(told::<Confirmed>(fact, "order-confirmed")?);
                Ok(notices)
            })
        }
        <events::OrderConfirmed as Event>::TOPIC => told::<Paid>(fact, "order-paid"),
        <events::OrderCancelled as Event>::TOPIC => told::<Cancelled>(fact, "order-cancelled"),
        <events::PaymentCompleted as Event>::TOPIC => told::<PaymentCompleted>(fact, "payment-completed"),
        <events::PaymentFailed as Event>::TOPIC => told::<PaymentFailed>(fact, "payment-failed"),
        <events::DeliveryUpdated as Event>::TOPIC => told::<DeliveryUpdated>(fact, "delivery-updated"),
        _ => return Vec::new(),
    };
    told.unwrap_or_else(|error| {
        tracing::error!(event = fact.id, topic = %fact.topic, ?error, "a fact cannot be told to streams");
        Vec::new()
    })
}

fn told<T: Serialize + for<'a> Deserialize<'a>>(fact: &StoredEvent, event: &'static str) -> Result<Vec<Notice>> {
    let (who, data): (Concerned, T) = (fact.read()?, fact.read()?);
    let one = Notice::new(of_order(&who.order_number), event, &data);
    let all = Notice { channel: of_user(&who.user_id), ..one.clone() };
    Ok(vec![one, all])
}
