//! Operations on deliveries, one function per verb.

use crate::carrier::Waybill;
use crate::delivery::{
    CARRIER, Delivery, ESTIMATED_WITHIN, Entry, Kind, LOCATION_MAX, NewParcel, Packed, Purpose, Status,
};
use crate::events;
use crate::scan::{self, Scan};
use crate::store::{self, NewRow};
use ::store::Tx;
use kernel::{
    Address, Code, DeliveryId, Error, OrderNumber, Result, Timestamp, Together, TrackingNumber, UserId, Zone, text,
};

/// What the history says about a changed address.
const READDRESSED: &str = "the address or the memo was changed";
/// What the history says once the carrier's number is known.
const GIVEN_TO_CARRIER: &str = "the carrier's number was set";

/// Makes the order's first parcel in PREPARING. Repeated: returns the same one.
pub fn create(
    tx: &mut Tx<'_>,
    order: &OrderNumber,
    user: &UserId,
    address: &Address,
    memo: Option<&str>,
) -> Result<Delivery> {
    let estimated_at = tx.now().after(ESTIMATED_WITHIN);
    let new = NewRow { order, user, address, memo, estimated_at, parcel: 1, purpose: Purpose::Order };
    let made = tx.insert_drawn(TrackingNumber::draw, |tx, tracking| match store::insert(tx, tracking, new)? {
        Some(id) => Ok(Some(Made::Now(id, tracking.clone()))),
        None => Ok(store::of_order(tx, order)?.map(|delivery| Made::Before(Box::new(delivery)))),
    })?;
    match made {
        Made::Now(id, tracking) => Ok(begun(tx.now(), id, tracking, new, Vec::new())),
        Made::Before(delivery) => Ok(*delivery),
    }
}

/// Makes a further parcel of the order in PREPARING. The caller holds the order, so that no two are made at once, and knows that its
/// goods are there. C001 without lines.
pub fn add(tx: &mut Tx<'_>, new: NewParcel<'_>) -> Result<Delivery> {
    if new.lines.is_empty() {
        return Err(Code::Internal.error().caused_by("a parcel of nothing"));
    }
    let NewParcel { order, user, address, memo, purpose, lines } = new;
    let estimated_at = tx.now().after(ESTIMATED_WITHIN);
    let parcel = store::all_of_order(tx, order)?.last().map_or(1, |last| last.parcel) + 1;
    let row = NewRow { order, user, address, memo, estimated_at, parcel, purpose };
    let (id, tracking) = tx.insert_drawn(TrackingNumber::draw, |tx, tracking| {
        Ok(store::insert(tx, tracking, row)?.map(|id| (id, tracking.clone())))
    })?;
    store::insert_lines(tx, id, &lines)?;
    let delivery = begun(tx.now(), id, tracking, row, lines);
    tx.emit(&events::updated(&delivery))?;
    Ok(delivery)
}

enum Made {
    Now(DeliveryId, TrackingNumber),
    Before(Box<Delivery>),
}

/// The parcel that was just stored.
fn begun(now: Timestamp, id: DeliveryId, tracking: TrackingNumber, new: NewRow<'_>, lines: Vec<Packed>) -> Delivery {
    Delivery {
        id,
        tracking,
        order: new.order.clone(),
        parcel: new.parcel,
        purpose: new.purpose,
        lines,
        user: *new.user,
        status: Status::Preparing,
        carrier: CARRIER.to_owned(),
        waybill: None,
        address: new.address.clone(),
        memo: new.memo.map(str::to_owned),
        estimated_at: new.estimated_at,
        history: vec![Entry::first(now)],
        scans: Vec::new(),
        created_at: now,
        updated_at: now,
        version: Entry::FIRST,
    }
}

/// PREPARING → CANCELLED for every parcel with goods of the order, because the order ended. Repeated, or without a delivery: no
/// effect. S504 when the carrier has one of them.
pub fn cancel(tx: &mut Tx<'_>, order: &OrderNumber, reason: &str) -> Result<()> {
    for delivery in lock_all_of_order(tx, order)? {
        if delivery.purpose == Purpose::Order {
            cancel_parcel(tx, delivery, reason)?;
        }
    }
    Ok(())
}

/// PREPARING → CANCELLED for one parcel that is locked. Repeated: no effect. S504 when the carrier has it.
pub fn cancel_parcel(tx: &mut Tx<'_>, delivery: Delivery, reason: &str) -> Result<()> {
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

/// A person says who carries a parcel, and under which number. Its history says so; emits [`::events::DeliveryUpdated`]. Its carrier is asked
/// from now on, unless the parcel has arrived; what was reported about another number is forgotten. S506 once it came back or was
/// cancelled.
pub fn set_waybill(tx: &mut Tx<'_>, tracking: &TrackingNumber, waybill: Waybill) -> Result<Delivery> {
    let mut delivery = lock(tx, tracking)?;
    match delivery.status {
        // of one that has arrived, too: a wrong number may be what made it arrive, and its buyer sees the number
        Status::Preparing | Status::Shipped | Status::InTransit | Status::Delivered { .. } => {}
        Status::Returned { .. } | Status::Cancelled => {
            return Err(Code::InvalidDeliveryStatus.because(format!("it is {} already", delivery.status.kind())));
        }
    }
    if delivery.waybill.as_ref() == Some(&waybill) {
        return Ok(delivery);
    }
    let now = tx.now();
    if !store::set_waybill(tx, &delivery, &waybill, now)? {
        return Err(changed_meanwhile());
    }
    if !delivery.scans.is_empty() {
        store::forget_scans(tx, delivery.id)?;
        delivery.scans.clear();
    }
    if delivery.status.is_open() {
        store::ask(tx, delivery.id, now)?;
    }
    waybill.carrier.printed().clone_into(&mut delivery.carrier);
    delivery.waybill = Some(waybill);
    noted(tx, delivery, now, GIVEN_TO_CARRIER)
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
        return Err(changed_meanwhile());
    }
    noted(tx, delivery, now, READDRESSED)
}

/// The history says what changed beside the status, which is saved already. Emits [`::events::DeliveryUpdated`].
fn noted(tx: &mut Tx<'_>, mut delivery: Delivery, now: Timestamp, what: &str) -> Result<Delivery> {
    delivery.updated_at = now;
    delivery.version += 1;
    let (status, description) = (delivery.status.kind(), Some(what.to_owned()));
    let entry = Entry { number: delivery.version, status, location: None, description, at: now };
    store::insert_entry(tx, delivery.id, &entry)?;
    delivery.history.insert(0, entry);
    tx.emit(&events::updated(&delivery))?;
    Ok(delivery)
}

fn changed_meanwhile() -> Error {
    Code::OutdatedVersion.because("the delivery changed at the same moment").retry_after(1)
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
        return Err(changed_meanwhile());
    }
    if delivery.waybill.is_some() && !next.is_open() {
        store::ask_no_more(tx, delivery.id)?;
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

/// A parcel about which its carrier is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub id: DeliveryId,
    pub tracking: TrackingNumber,
    pub waybill: Waybill,
    /// Since when its number is known.
    pub since: Timestamp,
}

/// Parcels about which their carriers are to be asked now, those that wait longest in front.
pub fn to_ask(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Asked>> {
    store::to_ask(tx, limit)
}

/// When a carrier is to be asked next; `None` while no parcel is on its way.
pub fn next_to_ask(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    store::next_to_ask(tx)
}

/// The carrier of a parcel that is asked about is asked again at `at`, or never again. Without effect on a parcel that has ended.
pub fn ask_again(tx: &mut Tx<'_>, id: DeliveryId, at: Option<Timestamp>) -> Result<()> {
    match at {
        Some(at) => store::ask_again(tx, id, at),
        None => store::ask_no_more(tx, id),
    }
}

/// Keeps what the carrier of a locked parcel reported and was not known, and whether the shop knew it by itself. Emits
/// [`::events::DeliveryUpdated`] for something new that moved nothing. Repeated: no effect.
pub fn keep_scans(tx: &mut Tx<'_>, mut delivery: Delivery, reported: &[Scan], has_moved: bool) -> Result<()> {
    let new = scan::new_ones(&delivery.scans, reported);
    store::insert_scans(tx, delivery.id, delivery.scans.len(), &new)?;
    delivery.scans.extend(new.iter().cloned());
    for (at, entry) in scan::same(&delivery.history, &delivery.scans) {
        store::tie_scan(tx, delivery.id, at, entry)?;
    }
    if new.is_empty() || has_moved {
        return Ok(());
    }
    delivery.updated_at = tx.now();
    tx.emit(&events::updated(&delivery))
}

/// The delivery with this number; S501.
pub fn find(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Delivery> {
    store::find(tx, tracking)?.ok_or_else(|| Code::DeliveryNotFound.error())
}

/// The delivery with this number, locked until the job ends, for decisions that depend on its status; S501.
pub fn lock(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Delivery> {
    store::lock(tx, tracking)?.ok_or_else(|| Code::DeliveryNotFound.error())
}

/// The order's first parcel, if it has one.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    store::of_order(tx, order)
}

/// Every parcel of the order, in their order.
pub fn all_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Delivery>> {
    store::all_of_order(tx, order)
}

/// Every parcel of the order, in their order, locked until the job ends, for decisions that depend on their statuses.
pub fn lock_all_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Delivery>> {
    store::lock_all_of_order(tx, order)
}
