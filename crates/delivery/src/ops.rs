//! Operations on deliveries, one function per verb.

use crate::delivery::{CARRIER, Delivery, ESTIMATED_WITHIN, Entry, Kind, LOCATION_MAX, Status};
use crate::events;
use crate::store;
use ::store::Tx;
use kernel::{Address, Code, DeliveryId, OrderNumber, Result, Together, TrackingNumber, UserId, Zone, text};

/// What the history says about a changed address.
const READDRESSED: &str = "the address or the memo was changed";

/// Makes the order's delivery in PREPARING, with the first entry of its history. Repeated: returns the same delivery.
pub fn create(
    tx: &mut Tx<'_>,
    order: &OrderNumber,
    user: &UserId,
    address: &Address,
    memo: Option<&str>,
) -> Result<Delivery> {
    let estimated_at = tx.now().after(ESTIMATED_WITHIN);
    let made = tx.insert_drawn(TrackingNumber::draw, |tx, tracking| {
        match store::insert(tx, tracking, order, user, address, memo, estimated_at)? {
            Some(id) => Ok(Some(Made::Now(id, tracking.clone()))),
            None => Ok(store::of_order(tx, order)?.map(|delivery| Made::Before(Box::new(delivery)))),
        }
    })?;
    let (id, tracking) = match made {
        Made::Now(id, tracking) => (id, tracking),
        Made::Before(delivery) => return Ok(*delivery),
    };
    let now = tx.now();
    let first = Entry { number: 1, status: Kind::Preparing, location: None, description: None, at: now };
    store::insert_entry(tx, id, &first)?;
    Ok(Delivery {
        id,
        tracking,
        order: order.clone(),
        user: *user,
        status: Status::Preparing,
        carrier: CARRIER.to_owned(),
        address: address.clone(),
        memo: memo.map(str::to_owned),
        estimated_at,
        history: vec![first],
        created_at: now,
        updated_at: now,
        version: 1,
    })
}

enum Made {
    Now(DeliveryId, TrackingNumber),
    Before(Box<Delivery>),
}

/// PREPARING → CANCELLED, because the order ended. Repeated, or without a delivery: no effect. S504 when the carrier
/// has the parcel.
pub fn cancel(tx: &mut Tx<'_>, order: &OrderNumber, reason: &str) -> Result<()> {
    let Some(delivery) = lock_of_order(tx, order)? else { return Ok(()) };
    match delivery.status {
        Status::Preparing => {
            let description = text::paragraph("reason", Some(reason), text::REASON_MAX)?;
            become_next(tx, delivery, Kind::Cancelled, None, description).map(|_| ())
        }
        Status::Cancelled => Ok(()),
        Status::Shipped | Status::InTransit | Status::Delivered { .. } | Status::Returned { .. } => {
            Err(Code::DeliveryCannotBeCancelled.because(format!("it is {} already", delivery.status.kind())))
        }
    }
}

/// The parcel became `to`; S506 when the transition is not allowed. CANCELLED is refused here, because an order
/// without its parcel would keep the buyer's money: cancelling or refunding the order also cancels its delivery.
///
/// Emits [`::events::DeliveryUpdated`], and [`::events::DeliveryShipped`] or [`::events::DeliveryDelivered`] for those statuses.
pub fn update(
    tx: &mut Tx<'_>,
    tracking: &TrackingNumber,
    to: Kind,
    location: Option<&str>,
    description: Option<&str>,
    zone: &Zone,
) -> Result<Delivery> {
    let (location, description) = texts(location, description)?;
    let delivery = lock(tx, tracking)?;
    if to == Kind::Cancelled {
        return Err(Code::InvalidDeliveryStatus.because("cancel or refund the order; that cancels its delivery"));
    }
    let delivery = become_next(tx, delivery, to, location, description)?;
    match delivery.status {
        Status::Shipped => tx.emit(&events::shipped(&delivery, zone))?,
        Status::Delivered { at } => tx.emit(&events::delivered(&delivery, at))?,
        Status::Preparing | Status::InTransit | Status::Returned { .. } | Status::Cancelled => {}
    }
    Ok(delivery)
}

/// Where a parcel is and what happened to it, as it is stored; C002 naming each that is too long.
pub fn texts(location: Option<&str>, description: Option<&str>) -> Result<(Option<String>, Option<String>)> {
    let location = text::optional("location", location, LOCATION_MAX);
    (location, text::paragraph("description", description, text::REASON_MAX)).together()
}

/// The parcel goes elsewhere, or its memo changes, while it is in PREPARING: S502 later. Its history says so. Emits
/// [`::events::DeliveryUpdated`].
pub fn readdress(tx: &mut Tx<'_>, mut delivery: Delivery, address: Address, memo: Option<String>) -> Result<Delivery> {
    if delivery.status != Status::Preparing {
        return Err(Code::DeliveryAlreadyShipped.because(format!("it is {} already", delivery.status.kind())));
    }
    let now = tx.now();
    delivery.address = address;
    delivery.memo = memo;
    if !store::readdress(tx, &delivery, now)? {
        return Err(Code::StaleVersion.because("the delivery changed at the same moment").retry_after(1));
    }
    delivery.updated_at = now;
    delivery.version += 1;
    let description = Some(READDRESSED.to_owned());
    let entry = Entry { number: delivery.version, status: Kind::Preparing, location: None, description, at: now };
    store::insert_entry(tx, delivery.id, &entry)?;
    delivery.history.insert(0, entry);
    tx.emit(&events::updated(&delivery))?;
    Ok(delivery)
}

/// Decides, saves, writes the history and emits [`::events::DeliveryUpdated`].
fn become_next(
    tx: &mut Tx<'_>,
    mut delivery: Delivery,
    to: Kind,
    location: Option<String>,
    description: Option<String>,
) -> Result<Delivery> {
    let now = tx.now();
    let next = delivery.status.step(to, now)?;
    if !store::save(tx, &delivery, next, now)? {
        return Err(Code::StaleVersion.because("the delivery changed at the same moment").retry_after(1));
    }
    delivery.status = next;
    delivery.updated_at = now;
    delivery.version += 1;
    let entry = Entry { number: delivery.version, status: to, location, description, at: now };
    store::insert_entry(tx, delivery.id, &entry)?;
    delivery.history.insert(0, entry);
    tx.emit(&events::updated(&delivery))?;
    Ok(delivery)
}

/// The delivery with this number; S501.
pub fn find(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Delivery> {
    store::find(tx, tracking)?.ok_or_else(|| Code::DeliveryNotFound.error())
}

/// The delivery with this number, locked until the job ends, for decisions that depend on its status; S501.
pub fn lock(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Delivery> {
    store::lock(tx, tracking)?.ok_or_else(|| Code::DeliveryNotFound.error())
}

/// The order's delivery, if it has one.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    store::of_order(tx, order)
}

/// The order's delivery, if it has one, locked until the job ends, for decisions that depend on its status.
pub fn lock_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    store::lock_of_order(tx, order)
}
