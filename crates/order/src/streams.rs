//! What the streams of an order, of its buyer and of the whole shop are sent: messages made from the events of orders, payments, deliveries
//! and returns.

use events::{
    DeliveryUpdated, OrderCancelled, OrderConfirmed, OrderCreated, PaymentCompleted, PaymentFailed, ReturnChanged,
    ReturnRequested,
};
use kernel::{Money, OrderNumber, PaymentNumber, Result, Timestamp, TrackingNumber, UserId};
use serde::Serialize;
use store::{Tx, outbox};
use web::{StreamKey, StreamMessage, StreamSource, Streams};

/// Events of one order that are looked at; an order has about ten.
const HISTORY_MAX: i64 = 100;

/// The kind of the keys of one order's streams.
const ORDER: &str = "order";

/// The key of one order's streams.
pub fn of_order(number: &OrderNumber) -> StreamKey {
    StreamKey::new(ORDER, number)
}

/// The key of the streams of all orders of one buyer.
pub fn of_user(user: &UserId) -> StreamKey {
    StreamKey::new("user-orders", user)
}

/// The key of the streams of all orders of the shop.
pub fn of_shop() -> StreamKey {
    StreamKey::new("all-orders", "")
}

/// The events that become messages.
pub fn sources() -> Vec<StreamSource> {
    vec![
        StreamSource::on::<OrderCreated>(|event| and_of_shop(created(event))),
        StreamSource::on::<OrderConfirmed>(|event| and_of_shop(confirmed(event))),
        StreamSource::on::<OrderCancelled>(|event| and_of_shop(cancelled(event))),
        StreamSource::on::<PaymentCompleted>(|event| and_of_shop(payment_completed(event))),
        StreamSource::on::<PaymentFailed>(|event| and_of_shop(payment_failed(event))),
        StreamSource::on::<DeliveryUpdated>(|event| and_of_shop(delivery_updated(event))),
        StreamSource::on::<ReturnRequested>(|event| and_of_shop(return_requested(event))),
        StreamSource::on::<ReturnChanged>(|event| and_of_shop(return_changed(event))),
    ]
}

/// The messages, and behind them those for the streams of all orders: each message of an order once. They stand behind the others so
/// that the ids of those, which count them, stay as older versions gave them.
fn and_of_shop(mut messages: Vec<StreamMessage>) -> Vec<StreamMessage> {
    let of_orders = messages.iter().filter(|message| message.key.kind == ORDER);
    let of_shop: Vec<StreamMessage> =
        of_orders.map(|message| StreamMessage { key: of_shop(), ..message.clone() }).collect();
    messages.extend(of_shop);
    messages
}

/// The newest message of the order, with which a new stream begins. None once its event is no longer kept.
pub fn present(tx: &mut Tx<'_>, streams: &Streams, order: &OrderNumber) -> Result<Vec<StreamMessage>> {
    let key = of_order(order);
    let history = outbox::of_key(tx, order.as_str(), HISTORY_MAX)?;
    let messages = history.iter().flat_map(|event| streams.messages(event));
    Ok(messages.filter(|message| message.key == key).last().into_iter().collect())
}

/// The same message for the order's streams and for those of its buyer.
fn both<T: Serialize>(order: &OrderNumber, user: &UserId, event: &'static str, data: &T) -> Vec<StreamMessage> {
    let one = StreamMessage::new(of_order(order), event, data);
    let all = StreamMessage { key: of_user(user), ..one.clone() };
    vec![one, all]
}

/// An order is confirmed as it is created: the second message says that it waits for its payment.
fn created(event: &OrderCreated) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Created<'a> {
        order_number: &'a OrderNumber,
        total_amount: Money,
        item_count: usize,
        created_at: Timestamp,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Confirmed<'a> {
        order_number: &'a OrderNumber,
        payable: Money,
        pay_by: Option<Timestamp>,
    }
    let OrderCreated { order_number, user_id, total_amount, item_count, pay_by, created_at, .. } = event;
    let (total_amount, item_count, created_at) = (*total_amount, *item_count, *created_at);
    let created = Created { order_number, total_amount, item_count, created_at };
    let confirmed = Confirmed { order_number, payable: total_amount, pay_by: *pay_by };
    let mut messages = both(order_number, user_id, "order-created", &created);
    messages.extend(both(order_number, user_id, "order-confirmed", &confirmed));
    messages
}

fn confirmed(event: &OrderConfirmed) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Paid<'a> {
        order_number: &'a OrderNumber,
        total_amount: Money,
        payment_number: &'a Option<PaymentNumber>,
        confirmed_at: Timestamp,
    }
    let &OrderConfirmed { ref order_number, ref user_id, total_amount, ref payment_number, confirmed_at } = event;
    let paid = Paid { order_number, total_amount, payment_number, confirmed_at };
    both(order_number, user_id, "order-paid", &paid)
}

fn cancelled(event: &OrderCancelled) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Cancelled<'a> {
        order_number: &'a OrderNumber,
        status: &'a str,
        total_amount: Money,
        cancel_reason: &'a str,
        cancelled_at: Timestamp,
    }
    let OrderCancelled { order_number, user_id, total_amount, status, cancel_reason, cancelled_at, .. } = event;
    let (total_amount, cancelled_at) = (*total_amount, *cancelled_at);
    let cancelled = Cancelled { order_number, status, total_amount, cancel_reason, cancelled_at };
    both(order_number, user_id, "order-cancelled", &cancelled)
}

fn payment_completed(event: &PaymentCompleted) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Completed<'a> {
        order_number: &'a OrderNumber,
        payment_number: &'a PaymentNumber,
        amount: Money,
        payment_method: &'a str,
        paid_at: Timestamp,
    }
    let PaymentCompleted { order_number, user_id, payment_number, amount, payment_method, paid_at, .. } = event;
    let (amount, paid_at) = (*amount, *paid_at);
    let completed = Completed { order_number, payment_number, amount, payment_method, paid_at };
    both(order_number, user_id, "payment-completed", &completed)
}

fn payment_failed(event: &PaymentFailed) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Failed<'a> {
        order_number: &'a OrderNumber,
        payment_number: &'a PaymentNumber,
        amount: Money,
        payment_method: &'a str,
        failure_reason: &'a str,
        failed_at: Timestamp,
    }
    let PaymentFailed { order_number, user_id, payment_number, amount, payment_method, failure_reason, failed_at } =
        event;
    let (amount, failed_at) = (*amount, *failed_at);
    let failed = Failed { order_number, payment_number, amount, payment_method, failure_reason, failed_at };
    both(order_number, user_id, "payment-failed", &failed)
}

fn delivery_updated(event: &DeliveryUpdated) -> Vec<StreamMessage> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Updated<'a> {
        order_number: &'a OrderNumber,
        tracking_number: &'a TrackingNumber,
        status: &'a str,
        at: Timestamp,
    }
    let DeliveryUpdated { order_number, user_id, tracking_number, status, at } = event;
    both(order_number, user_id, "delivery-updated", &Updated { order_number, tracking_number, status, at: *at })
}

fn return_requested(event: &ReturnRequested) -> Vec<StreamMessage> {
    let ReturnRequested { order_number, user_id, return_number, kind, requested_at, .. } = event;
    let updated = ReturnUpdated {
        order_number,
        return_number,
        kind,
        status: "REQUESTED",
        refunded: None,
        points_restored: None,
        at: *requested_at,
    };
    both(order_number, user_id, "return-updated", &updated)
}

fn return_changed(event: &ReturnChanged) -> Vec<StreamMessage> {
    let ReturnChanged { order_number, user_id, return_number, kind, status, refunded, points_restored, at, .. } = event;
    let (refunded, points_restored, at) = (*refunded, *points_restored, *at);
    let updated = ReturnUpdated { order_number, return_number, kind, status, refunded, points_restored, at };
    both(order_number, user_id, "return-updated", &updated)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReturnUpdated<'a> {
    order_number: &'a OrderNumber,
    return_number: &'a str,
    kind: &'a str,
    status: &'a str,
    refunded: Option<Money>,
    points_restored: Option<Money>,
    at: Timestamp,
}

#[cfg(test)]
mod tests {
    use events::{DeliveryShipped, DeliveryUpdated, PaymentCompleted, PaymentFailed, ReturnChanged};
    use kernel::{Event as _, Timestamp};

    #[test]
    fn streams_get_payments_and_parcels_and_nothing_else() {
        let common = r#""orderNumber":"ORD-20260206-23456789","userId":"00000000-0000-4000-8000-000000000000""#;
        let payment = r#""paymentNumber":"PAY-23456789","amount":9000,"paymentMethod":"CREDIT_CARD""#;
        let at = "2026-02-06T00:00:00.000Z";
        let streams = web::Streams::of(&[crate::MODULE]);
        let message_of = |topic: &str, rest: String| {
            let event = ::store::StoredEvent {
                id: 7,
                topic: topic.into(),
                key: "ORD-20260206-23456789".into(),
                payload: format!("{{{common},{rest}}}").into(),
                at: Timestamp::from_millis(0),
            };
            streams.messages(&event).into_iter().map(|notice| (notice.event, notice.data.to_string())).next()
        };
        let number = r#""orderNumber":"ORD-20260206-23456789""#;
        let completed =
            message_of(PaymentCompleted::TOPIC, format!(r#"{payment},"pgTransactionId":"PG-A","paidAt":"{at}""#));
        let expected = format!(r#"{{{number},{payment},"paidAt":"{at}"}}"#);
        assert_eq!(completed, Some(("payment-completed", expected)));
        let failed = format!(r#"{payment},"failureReason":"CARD_DECLINED: no","failedAt":"{at}""#);
        let expected = format!("{{{number},{failed}}}");
        assert_eq!(message_of(PaymentFailed::TOPIC, failed), Some(("payment-failed", expected)));
        let returned =
            r#""returnNumber":"RET-23456789","kind":"RETURN","status":"REFUNDED","refunded":1,"pointsRestored":0"#;
        let returned = format!(r#"{returned},"at":"{at}""#);
        let expected = format!("{{{number},{returned}}}");
        let event = format!(r#"{returned},"changedBy":"SYSTEM""#);
        assert_eq!(message_of(ReturnChanged::TOPIC, event), Some(("return-updated", expected)));
        let updated = format!(r#""trackingNumber":"TRK-23456789ABCD","status":"SHIPPED","at":"{at}""#);
        let expected = format!("{{{number},{updated}}}");
        assert_eq!(message_of(DeliveryUpdated::TOPIC, updated.clone()), Some(("delivery-updated", expected)));
        assert_eq!(message_of(DeliveryShipped::TOPIC, updated), None);
        assert_eq!(
            message_of(PaymentFailed::TOPIC, r#""amount":1"#.to_owned()),
            None,
            "a broken event becomes no message"
        );
    }
}
