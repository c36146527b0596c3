//! What orders say, and what they do because of what others say.

use crate::ops;
use crate::order::{Kind, Line, Order};
use kernel::{Currency, Money, OrderNumber, PaymentNumber, ProductId, Quantity, Result, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize, Serializer};
use store::{Envelope, Event, Reaction, Tx};

/// An order was placed. Everything is secured; the buyer has until `payBy` to pay `totalAmount`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCreated<'a> {
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    /// What is left to pay (design A's final amount).
    total_amount: Money,
    #[serde(serialize_with = "code")]
    currency: Currency,
    item_count: usize,
    items: Vec<Item<'a>>,
    pay_by: Option<Timestamp>,
    created_at: Timestamp,
}

/// A line of an order in [`OrderCreated`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item<'a> {
    product_id: ProductId,
    variant_id: VariantId,
    product_name: &'a str,
    quantity: Quantity,
    price: Money,
}

impl<'a> From<&'a Line> for Item<'a> {
    fn from(line: &'a Line) -> Item<'a> {
        Item {
            product_id: line.product,
            variant_id: line.variant,
            product_name: &line.product_name,
            quantity: line.quantity,
            price: line.unit_price,
        }
    }
}

fn code<S: Serializer>(currency: &Currency, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(currency.code())
}

impl<'a> OrderCreated<'a> {
    pub(crate) fn of(order: &'a Order) -> OrderCreated<'a> {
        OrderCreated {
            order_number: &order.number,
            user_id: &order.user,
            total_amount: order.amounts.payable,
            currency: order.currency,
            item_count: order.lines.len(),
            items: order.lines.iter().map(Item::from).collect(),
            pay_by: order.status.pay_by(),
            created_at: order.created_at,
        }
    }
}

impl Event for OrderCreated<'_> {
    const TOPIC: &'static str = "shopping.order.created";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// An order was paid and its saga is complete. (Design A calls this `confirmed`; the status is PAID.)
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderConfirmed<'a> {
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    total_amount: Money,
    /// None for an order that cost nothing.
    payment_number: Option<&'a PaymentNumber>,
    confirmed_at: Timestamp,
}

impl<'a> OrderConfirmed<'a> {
    pub(crate) fn of(order: &'a Order, payment: Option<&'a PaymentNumber>, at: Timestamp) -> OrderConfirmed<'a> {
        OrderConfirmed {
            order_number: &order.number,
            user_id: &order.user,
            total_amount: order.amounts.payable,
            payment_number: payment,
            confirmed_at: at,
        }
    }
}

impl Event for OrderConfirmed<'_> {
    const TOPIC: &'static str = "shopping.order.confirmed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// An order was given up, unpaid (CANCELLED) or paid (REFUNDED), by whomever.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCancelled<'a> {
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    total_amount: Money,
    /// CANCELLED or REFUNDED.
    status: Kind,
    cancel_reason: &'a str,
    cancelled_by: &'a str,
    cancelled_at: Timestamp,
}

impl<'a> OrderCancelled<'a> {
    pub(crate) fn of(order: &'a Order, by: &'a str) -> OrderCancelled<'a> {
        let (cancelled_at, cancel_reason) = order.status.ended().unwrap_or((order.updated_at, ""));
        OrderCancelled {
            order_number: &order.number,
            user_id: &order.user,
            total_amount: order.amounts.payable,
            status: order.status.kind(),
            cancel_reason,
            cancelled_by: by,
            cancelled_at,
        }
    }
}

impl Event for OrderCancelled<'_> {
    const TOPIC: &'static str = "shopping.order.cancelled";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// An order became SHIPPING or DELIVERED. The other statuses have events of their own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusChanged<'a> {
    order_number: &'a OrderNumber,
    user_id: &'a UserId,
    previous_status: Kind,
    status: Kind,
    reason: Option<&'a str>,
    changed_by: &'a str,
    at: Timestamp,
}

impl<'a> OrderStatusChanged<'a> {
    pub(crate) fn of(order: &'a Order, from: Kind, reason: Option<&'a str>, by: &'a str) -> OrderStatusChanged<'a> {
        OrderStatusChanged {
            order_number: &order.number,
            user_id: &order.user,
            previous_status: from,
            status: order.status.kind(),
            reason,
            changed_by: by,
            at: order.updated_at,
        }
    }
}

impl Event for OrderStatusChanged<'_> {
    const TOPIC: &'static str = "shopping.order.status-changed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// Who orders are among the consumers of the stream.
pub const CONSUMER: &str = "order";

/// What orders do because of deliveries.
pub const REACTIONS: &[Reaction] = &[
    Reaction { consumer: CONSUMER, topic: "shopping.delivery.shipped", run: on_shipped },
    Reaction { consumer: CONSUMER, topic: "shopping.delivery.delivered", run: on_delivered },
];

/// The part of a delivery's facts that orders read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parcel {
    order_number: OrderNumber,
}

fn on_shipped(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<()> {
    let parcel: Parcel = envelope.read()?;
    match ops::lock(tx, &parcel.order_number)?.status.kind() {
        Kind::Paid => ops::shipped(tx, &parcel.order_number, "delivery").map(|_| ()),
        // an admin was faster, or the order was given up meanwhile: the parcel's own history tells
        Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => Ok(()),
        Kind::Pending | Kind::Confirmed => Err(kernel::Code::OrderNotPaid.because("its parcel left all the same")),
    }
}

fn on_delivered(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<()> {
    let parcel: Parcel = envelope.read()?;
    match ops::lock(tx, &parcel.order_number)?.status.kind() {
        Kind::Shipping => ops::delivered(tx, &parcel.order_number, "delivery").map(|_| ()),
        Kind::Delivered | Kind::Cancelled | Kind::Refunded => Ok(()),
        Kind::Pending | Kind::Confirmed | Kind::Paid => {
            Err(kernel::Code::OrderNotPaid.because("its parcel arrived all the same"))
        }
    }
}
