//! The events of orders, and what orders do because of deliveries.

use crate::ops;
use crate::order::{Kind, Line, Order};
use events::{
    DeliveryDelivered, DeliveryShipped, OrderCancelled, OrderConfirmed, OrderCreated, OrderReaddressed,
    OrderStatusChanged, OrderedItem,
};
use kernel::{Code, PaymentNumber, Result, Timestamp};
use store::{Reaction, Tx};

pub(crate) fn created(order: &Order) -> OrderCreated {
    OrderCreated {
        order_number: order.number.clone(),
        user_id: order.user,
        total_amount: order.amounts.payable,
        currency: order.currency.code().to_owned(),
        item_count: order.lines.len(),
        items: order.lines.iter().map(item).collect(),
        pay_by: order.status.pay_by(),
        created_at: order.created_at,
    }
}

fn item(line: &Line) -> OrderedItem {
    OrderedItem {
        product_id: line.product,
        variant_id: line.variant,
        product_name: line.product_name.clone(),
        quantity: line.quantity,
        price: line.unit_price,
    }
}

pub(crate) fn confirmed(order: &Order, payment: Option<&PaymentNumber>, at: Timestamp) -> OrderConfirmed {
    OrderConfirmed {
        order_number: order.number.clone(),
        user_id: order.user,
        total_amount: order.amounts.payable,
        payment_number: payment.cloned(),
        confirmed_at: at,
    }
}

pub(crate) fn cancelled(order: &Order, by: &str) -> OrderCancelled {
    let (cancelled_at, reason) = order.status.ended().unwrap_or((order.updated_at, ""));
    OrderCancelled {
        order_number: order.number.clone(),
        user_id: order.user,
        total_amount: order.amounts.payable,
        status: order.status.kind().name().to_owned(),
        cancel_reason: reason.to_owned(),
        cancelled_by: by.to_owned(),
        cancelled_at,
    }
}

pub(crate) fn readdressed(order: &Order, by: &str) -> OrderReaddressed {
    OrderReaddressed {
        order_number: order.number.clone(),
        user_id: order.user,
        changed_by: by.to_owned(),
        at: order.updated_at,
    }
}

pub(crate) fn status_changed(order: &Order, from: Kind, reason: Option<&str>, by: &str) -> OrderStatusChanged {
    OrderStatusChanged {
        order_number: order.number.clone(),
        user_id: order.user,
        previous_status: from.name().to_owned(),
        status: order.status.kind().name().to_owned(),
        reason: reason.map(str::to_owned),
        changed_by: by.to_owned(),
        at: order.updated_at,
    }
}

/// The name under which orders subscribe.
pub const SUBSCRIBER: &str = "order";

/// What orders do because of deliveries. `checkout` moves a parcel and its order in one transaction, so this has an effect only
/// after an older version of the program moved a parcel alone. Events of such a version do not number the parcel; of those that do,
/// one says nothing about the order, which may have several.
pub fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::on::<DeliveryShipped>(SUBSCRIBER, on_shipped),
        Reaction::on::<DeliveryDelivered>(SUBSCRIBER, on_delivered),
    ]
}

fn on_shipped(tx: &mut Tx<'_>, event: &DeliveryShipped) -> Result<()> {
    if event.parcel_number.is_some() {
        return Ok(());
    }
    match ops::lock(tx, &event.order_number)?.status.kind() {
        Kind::Paid => ops::shipped(tx, &event.order_number, None, "delivery").map(|_| ()),
        // it moved with its parcel, or it was cancelled meanwhile
        Kind::Shipping | Kind::Delivered | Kind::Cancelled | Kind::Refunded => Ok(()),
        Kind::Pending | Kind::Confirmed => Err(Code::OrderNotPaid.because("its parcel left before it was paid")),
    }
}

fn on_delivered(tx: &mut Tx<'_>, event: &DeliveryDelivered) -> Result<()> {
    if event.parcel_number.is_some() {
        return Ok(());
    }
    match ops::lock(tx, &event.order_number)?.status.kind() {
        Kind::Shipping => ops::delivered(tx, &event.order_number, None, "delivery").map(|_| ()),
        Kind::Delivered | Kind::Cancelled | Kind::Refunded => Ok(()),
        Kind::Pending | Kind::Confirmed | Kind::Paid => {
            Err(Code::OrderNotPaid.because("its parcel arrived before the order was shipped"))
        }
    }
}
