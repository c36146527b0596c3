//! The SQL of deliveries: rows in and out, and the audit.

use crate::delivery::{Delivery, Entry, Kind, Status};
use kernel::{Address, DeliveryId, OrderNumber, Result, Timestamp, TrackingNumber};
use store::{Arg, Column, FromColumn, Row, ToArg, Tx, Violation, args};

impl ToArg for Kind {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.name())
    }
}

impl FromColumn for Kind {
    fn from_column(column: Column<'_>) -> Result<Kind> {
        String::from_column(column)?.parse()
    }
}

const INSERT: &str = "insert into deliveries (tracking_number, order_number, user_id, status, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, estimated_at, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) {on conflict ignore: tracking_number}";
const INSERT_ENTRY: &str =
    "insert into delivery_history (delivery_id, entry_number, status, location, description, at_time)
    values [(?, ?, ?, ?, ?, ?)]";
const FIND: &str = "select id, tracking_number, order_number, user_id, status, carrier, receiver_name, receiver_phone,
    zip_code, address1, address2, estimated_at, delivered_at, created_at, updated_at, version
    from deliveries where tracking_number = ?";
const OF_ORDER: &str =
    "select id, tracking_number, order_number, user_id, status, carrier, receiver_name, receiver_phone,
    zip_code, address1, address2, estimated_at, delivered_at, created_at, updated_at, version
    from deliveries where order_number = ?";
const LOCK: &str = "select id, tracking_number, order_number, user_id, status, carrier, receiver_name, receiver_phone,
    zip_code, address1, address2, estimated_at, delivered_at, created_at, updated_at, version
    from deliveries where tracking_number = ? {for update}";
const LOCK_OF_ORDER: &str = "select id, tracking_number, order_number, user_id, status, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, estimated_at, delivered_at, created_at, updated_at, version
    from deliveries where order_number = ? {for update}";
const HISTORY: &str = "select entry_number, status, location, description, at_time from delivery_history
    where delivery_id = ? order by entry_number desc";
const SAVE: &str = "update deliveries set status = ?, delivered_at = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

const WRONG_HISTORIES: &str = "select d.tracking_number, d.status, d.version, count(h.entry_number),
        coalesce(max(h.entry_number), 0)
    from deliveries d left join delivery_history h on h.delivery_id = d.id
    group by d.id, d.tracking_number, d.status, d.version
    having count(h.entry_number) <> d.version or coalesce(max(h.entry_number), 0) <> d.version order by d.id limit ?";
const WRONG_ENDS: &str = "select d.tracking_number, d.status, h.status
    from deliveries d join delivery_history h on h.delivery_id = d.id and h.entry_number = d.version
    where d.status <> h.status order by d.id limit ?";
const WRONG_STATES: &str = "select tracking_number, status from deliveries
    where (status = 'DELIVERED' and delivered_at is null)
       or (status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'CANCELLED') and delivered_at is not null)
       or status not in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED', 'RETURNED', 'CANCELLED')
    order by id limit ?";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    INSERT_ENTRY,
    FIND,
    OF_ORDER,
    LOCK,
    LOCK_OF_ORDER,
    HISTORY,
    SAVE,
    WRONG_HISTORIES,
    WRONG_ENDS,
    WRONG_STATES,
];

/// Most violations reported per rule; a shop with more has one cause for all of them.
const TOLD_MAX: i64 = 100;

fn head(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        tracking: row.get(1)?,
        order: row.get(2)?,
        user: row.get(3)?,
        status: match row.get::<Kind>(4)? {
            Kind::Preparing => Status::Preparing,
            Kind::Shipped => Status::Shipped,
            Kind::InTransit => Status::InTransit,
            Kind::Delivered => Status::Delivered { at: row.get(12)? },
            Kind::Returned => Status::Returned { delivered_at: row.get(12)? },
            Kind::Cancelled => Status::Cancelled,
        },
        carrier: row.get(5)?,
        address: Address {
            receiver_name: row.get(6)?,
            receiver_phone: row.get(7)?,
            zip_code: row.get(8)?,
            address1: row.get(9)?,
            address2: row.get(10)?,
        },
        estimated_at: row.get(11)?,
        history: Vec::new(),
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
        version: row.get(15)?,
    })
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    Ok(Entry {
        number: row.get(0)?,
        status: row.get(1)?,
        location: row.get(2)?,
        description: row.get(3)?,
        at: row.get(4)?,
    })
}

/// Stores the delivery without its history; `None` when its tracking number is taken or its order has a delivery.
pub(crate) fn insert(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<Option<DeliveryId>> {
    let address = &delivery.address;
    let id = tx.insert_new(
        INSERT,
        args![
            delivery.tracking,
            delivery.order,
            delivery.user,
            delivery.status.kind(),
            delivery.carrier,
            address.receiver_name,
            address.receiver_phone,
            address.zip_code,
            address.address1,
            address.address2,
            delivery.estimated_at,
            delivery.created_at,
            delivery.updated_at,
        ],
    )?;
    Ok(id.map(DeliveryId::new))
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

/// Violations: histories with gaps or another last entry, statuses without their data.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let mut found = tx.query(WRONG_HISTORIES, args![TOLD_MAX], |row| {
        let (version, entries, last): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let what = format!("version {version}, {entries} entries, the last is number {last}");
        Ok(Violation::new("a delivery's history has one entry per version", row.get::<String>(0)?, what))
    })?;
    found.extend(tx.query(WRONG_ENDS, args![TOLD_MAX], |row| {
        let what = format!("it is {}, its history ends with {}", row.get::<String>(1)?, row.get::<String>(2)?);
        Ok(Violation::new("a delivery's history ends with its status", row.get::<String>(0)?, what))
    })?);
    found.extend(tx.query(WRONG_STATES, args![TOLD_MAX], |row| {
        let what = format!("{} without its data, or with another's", row.get::<String>(1)?);
        Ok(Violation::new("a delivery knows what its status says", row.get::<String>(0)?, what))
    })?);
    Ok(found)
}
