//! The SQL of deliveries: rows in and out, and the audit.

use crate::delivery::{CARRIER, Delivery, Entry, Kind, Status};
use kernel::{Address, DeliveryId, OrderNumber, Result, Timestamp, TrackingNumber, UserId};
use store::{Check, Row, Tx, args, audit::Keys, concatcp, present};

/// What [`head`] reads, in this order.
const COLUMNS: &str = "id, tracking_number, order_number, user_id, status, delivered_at, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, memo, estimated_at, created_at, updated_at, version";

const INSERT: &str = "insert into deliveries (tracking_number, order_number, user_id, status, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, memo, estimated_at, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) {on conflict ignore: tracking_number}";
const INSERT_ENTRY: &str =
    "insert into delivery_history (delivery_id, entry_number, status, location, description, at_time)
    values [(?, ?, ?, ?, ?, ?)]";
const FIND: &str = concatcp!("select ", COLUMNS, " from deliveries where tracking_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const OF_ORDER: &str = concatcp!("select ", COLUMNS, " from deliveries where order_number = ?");
const LOCK_OF_ORDER: &str = concatcp!(OF_ORDER, " {for update}");
const HISTORY: &str = "select entry_number, status, location, description, at_time from delivery_history
    where delivery_id = ? order by entry_number desc";
const SAVE: &str = "update deliveries set status = ?, delivered_at = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

const WRONG_HISTORIES: &str = "select d.tracking_number, d.status, d.version, count(h.entry_number),
        coalesce(max(h.entry_number), 0)
    from deliveries d left join delivery_history h on h.delivery_id = d.id where d.id between ? and ?
    group by d.id, d.tracking_number, d.status, d.version
    having count(h.entry_number) <> d.version or coalesce(max(h.entry_number), 0) <> d.version order by d.id limit ?";
const WRONG_ENDS: &str = "select d.tracking_number, d.status, h.status
    from deliveries d join delivery_history h on h.delivery_id = d.id and h.entry_number = d.version
    where d.id between ? and ? and d.status <> h.status order by d.id limit ?";
const WRONG_STATES: &str = "select tracking_number, status from deliveries
    where id between ? and ? and ((status = 'DELIVERED' and delivered_at is null)
       or (status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'CANCELLED') and delivered_at is not null)
       or status not in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED', 'RETURNED', 'CANCELLED'))
    order by id limit ?";

const READDRESS: &str =
    "update deliveries set receiver_name = ?, receiver_phone = ?, zip_code = ?, address1 = ?, address2 = ?,
    memo = ?, updated_at = ?, version = version + 1 where id = ? and status = 'PREPARING' and version = ?";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[INSERT, INSERT_ENTRY, FIND, OF_ORDER, LOCK, LOCK_OF_ORDER, HISTORY, SAVE, READDRESS];

/// Deliveries, and those of orders that an event names.
const DELIVERIES: Keys = Keys::named("deliveries", "order_number");

/// What must hold among deliveries: histories without gaps that end with the status, and statuses with their data.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a delivery's history has one entry per version",
        over: Some(DELIVERIES),
        sql: WRONG_HISTORIES,
        given: &[],
        subject: "{}",
        found: "{}: version {}, {} entries, the last is number {}",
    },
    Check {
        rule: "a delivery's history ends with its status",
        over: Some(DELIVERIES),
        sql: WRONG_ENDS,
        given: &[],
        subject: "{}",
        found: "it is {}, its history ends with {}",
    },
    Check {
        rule: "a delivery has the data of its status",
        over: Some(DELIVERIES),
        sql: WRONG_STATES,
        given: &[],
        subject: "{}",
        found: "{} without its data, or with another status's",
    },
];

// order and account read an address in the same way; each table has its own columns for it, so each store reads them itself
fn head(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        id: row.next()?,
        tracking: row.next()?,
        order: row.next()?,
        user: row.next()?,
        status: status(row)?,
        carrier: row.next()?,
        address: Address {
            receiver_name: row.next()?,
            receiver_phone: row.next()?,
            zip_code: row.next()?,
            address1: row.next()?,
            address2: row.next()?,
        },
        memo: row.next()?,
        estimated_at: row.next()?,
        history: Vec::new(),
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

fn status(row: &Row<'_>) -> Result<Status> {
    let (kind, delivered_at) = (row.next()?, row.next()?);
    Ok(match kind {
        Kind::Preparing => Status::Preparing,
        Kind::Shipped => Status::Shipped,
        Kind::InTransit => Status::InTransit,
        Kind::Delivered => Status::Delivered { at: present(delivered_at)? },
        Kind::Returned => Status::Returned { delivered_at },
        Kind::Cancelled => Status::Cancelled,
    })
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        number: row.next()?,
        status: row.next()?,
        location: row.next()?,
        description: row.next()?,
        at: row.next()?,
    })
}

/// Stores a delivery in PREPARING without its history; `None` when its number is taken or its order has a delivery.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    tracking: &TrackingNumber,
    order: &OrderNumber,
    user: &UserId,
    address: &Address,
    memo: Option<&str>,
    estimated_at: Timestamp,
) -> Result<Option<DeliveryId>> {
    let now = tx.now();
    let row = args![
        tracking,
        order,
        user,
        Kind::Preparing,
        CARRIER,
        address.receiver_name,
        address.receiver_phone,
        address.zip_code,
        address.address1,
        address.address2,
        memo,
        estimated_at,
        now,
        now,
    ];
    Ok(tx.insert_new(INSERT, row)?.map(DeliveryId::new))
}

/// Stores an entry of the delivery's history. Its number is the version the delivery has with it.
pub(crate) fn insert_entry(tx: &mut Tx<'_>, delivery: DeliveryId, entry: &Entry) -> Result<()> {
    let row = args![delivery, entry.number, entry.status, entry.location, entry.description, entry.at];
    tx.insert_rows(INSERT_ENTRY, vec![row.to_vec()]).map(|_| ())
}

/// The delivery with its history.
pub(crate) fn find(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(FIND, args![tracking], head)?;
    with_history(tx, found)
}

/// The order's delivery with its history.
pub(crate) fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(OF_ORDER, args![order], head)?;
    with_history(tx, found)
}

/// The delivery with its history, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(LOCK, args![tracking], head)?;
    with_history(tx, found)
}

/// The order's delivery with its history, locked until the job ends.
pub(crate) fn lock_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(LOCK_OF_ORDER, args![order], head)?;
    with_history(tx, found)
}

fn with_history(tx: &mut Tx<'_>, found: Option<Delivery>) -> Result<Option<Delivery>> {
    let Some(mut delivery) = found else { return Ok(None) };
    delivery.history = tx.query(HISTORY, args![delivery.id], entry)?;
    Ok(Some(delivery))
}

/// Saves the delivery's new status if the delivery is unchanged since it was read; false when another change came
/// first.
pub(crate) fn save(tx: &mut Tx<'_>, delivery: &Delivery, next: Status, now: Timestamp) -> Result<bool> {
    let (kind, delivered_at, was) = (next.kind(), next.delivered_at(), delivery.status.kind());
    Ok(tx.exec(SAVE, args![kind, delivered_at, now, delivery.id, was, delivery.version])? == 1)
}

/// Saves where the delivery goes and its memo while it is in PREPARING and unchanged since it was read; false otherwise.
pub(crate) fn readdress(tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<bool> {
    let Address { receiver_name, receiver_phone, zip_code, address1, address2 } = &delivery.address;
    let (memo, id, version) = (&delivery.memo, delivery.id, delivery.version);
    let row = args![receiver_name, receiver_phone, zip_code, address1, address2, memo, now, id, version];
    Ok(tx.exec(READDRESS, row)? == 1)
}
