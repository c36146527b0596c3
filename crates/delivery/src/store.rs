//! The SQL of deliveries: rows in and out, and the audit.

use crate::carrier::{Carrier, Waybill};
use crate::delivery::{CARRIER, Delivery, Entry, Kind, Packed, Purpose, Status};
use crate::ops::Asked;
use crate::scan::Scan;
use kernel::{Address, DeliveryId, OrderNumber, Result, Timestamp, TrackingNumber, UserId};
use store::{
    Arg, Check, Row, ToArg, Tx, args,
    audit::{Changed, Keys},
    concatcp, present,
};

/// What [`head`] reads, in this order.
const COLUMNS: &str = "id, tracking_number, order_number, user_id, status, delivered_at, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, memo, estimated_at, created_at, updated_at, version, parcel_number, purpose,
    carrier_code, carrier_number";

const INSERT: &str = "insert into deliveries (tracking_number, order_number, user_id, status, carrier, receiver_name,
    receiver_phone, zip_code, address1, address2, memo, estimated_at, created_at, updated_at, version, parcel_number, purpose)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) {on conflict ignore: tracking_number}";
const INSERT_ENTRY: &str =
    "insert into delivery_history (delivery_id, entry_number, status, location, description, at_time)
    values [(?, ?, ?, ?, ?, ?)]";
const FIND: &str = concatcp!("select ", COLUMNS, " from deliveries where tracking_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const OF_ORDER: &str = concatcp!("select ", COLUMNS, " from deliveries where order_number = ? order by parcel_number");
const LOCK_OF_ORDER: &str = concatcp!(OF_ORDER, " {for update}");
const FIRST_OF_ORDER: &str =
    concatcp!("select ", COLUMNS, " from deliveries where order_number = ? and parcel_number = 1");
const LINES: &str = "select line_number, units from delivery_lines where delivery_id = ? order by line_number";
const INSERT_LINES: &str = "insert into delivery_lines (delivery_id, line_number, units) values [(?, ?, ?)]";
const SET_WAYBILL: &str = "update deliveries set carrier = ?, carrier_code = ?, carrier_number = ?, updated_at = ?,
    version = version + 1 where id = ? and status = ? and version = ?";
// the first entry follows from the delivery; earlier versions of the program stored it too
const HISTORY: &str = "select entry_number, status, location, description, at_time from delivery_history
    where delivery_id = ? and entry_number > 1 order by entry_number desc";
const SAVE: &str = "update deliveries set status = ?, delivered_at = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

const TO_ASK: &str = "select d.id, d.tracking_number, d.carrier_code, d.carrier_number, q.since
    from carrier_questions q join deliveries d on d.id = q.delivery_id
    where q.ask_at <= ? order by q.ask_at, q.delivery_id limit ?";
const NEXT_TO_ASK: &str = "select min(ask_at) from carrier_questions";
const ASK: &str = "insert into carrier_questions (delivery_id, since, ask_at) values (?, ?, ?)
    {on conflict (delivery_id): since = new.since, ask_at = new.ask_at}";
const ASK_AGAIN: &str = "update carrier_questions set ask_at = ? where delivery_id = ?";
const ASK_NO_MORE: &str = "delete from carrier_questions where delivery_id = ?";
const SCANS: &str = "select status, place, what, at_time, entry_number from delivery_scans
    where delivery_id = ? order by scan_number";
const INSERT_SCANS: &str = "insert into delivery_scans (delivery_id, scan_number, status, place, what, at_time)
    values [(?, ?, ?, ?, ?, ?)]";
const FORGET_SCANS: &str = "delete from delivery_scans where delivery_id = ?";
const TIE_SCAN: &str = "update delivery_scans set entry_number = ? where delivery_id = ? and scan_number = ?";

const WRONG_HISTORIES: &str = "select d.tracking_number, d.status, d.version, 1 + count(h.entry_number),
        coalesce(max(h.entry_number), 1)
    from deliveries d left join delivery_history h on h.delivery_id = d.id and h.entry_number > 1
    where d.id between ? and ?
    group by d.id, d.tracking_number, d.status, d.version
    having 1 + count(h.entry_number) <> d.version or coalesce(max(h.entry_number), 1) <> d.version
    order by d.id limit ?";
const WRONG_ENDS: &str = "select d.tracking_number, d.status, coalesce(h.status, 'PREPARING')
    from deliveries d left join delivery_history h on h.delivery_id = d.id and h.entry_number = d.version
    where d.id between ? and ? and (d.status <> h.status or (d.version = 1 and d.status <> 'PREPARING'))
    order by d.id limit ?";
const WRONG_STATES: &str = "select tracking_number, status from deliveries
    where id between ? and ? and ((status = 'DELIVERED' and delivered_at is null)
       or (status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'CANCELLED') and delivered_at is not null)
       or status not in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED', 'RETURNED', 'CANCELLED'))
    order by id limit ?";

const PARCEL_OF_NOTHING: &str = "select d.tracking_number, d.parcel_number, d.purpose from deliveries d
    where d.id between ? and ? and ((d.parcel_number > 1) <> exists (select 1 from delivery_lines l where l.delivery_id = d.id)
        or exists (select 1 from delivery_lines l where l.delivery_id = d.id and l.units <= 0)
        or d.purpose not in ('ORDER', 'EXCHANGE') or (d.parcel_number = 1 and d.purpose <> 'ORDER')
        or (d.carrier_code is null) <> (d.carrier_number is null)
        or (d.parcel_number > 1 and not exists (select 1 from deliveries p
             where p.order_number = d.order_number and p.parcel_number = d.parcel_number - 1)))
    order by d.id limit ?";

const ASKED_FOR_NOTHING: &str = "select q.delivery_id, coalesce(d.status, '-') from carrier_questions q
    left join deliveries d on d.id = q.delivery_id
    where q.delivery_id between ? and ?
      and (d.id is null or d.carrier_number is null or d.status in ('DELIVERED', 'RETURNED', 'CANCELLED'))
    order by q.delivery_id limit ?";
const WRONG_SCANS: &str = "select d.tracking_number, s.scan_number, s.status from deliveries d
    join delivery_scans s on s.delivery_id = d.id
    left join delivery_history h on h.delivery_id = s.delivery_id and h.entry_number = s.entry_number
    where d.id between ? and ? and (s.status not in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED')
        or (s.entry_number = 1 and s.status <> 'PREPARING')
        or (s.entry_number > 1 and (h.status is null or h.status <> s.status))
        or (s.scan_number > 1 and not exists (select 1 from delivery_scans b
             where b.delivery_id = s.delivery_id and b.scan_number = s.scan_number - 1)))
    order by d.id, s.scan_number limit ?";

const READDRESS: &str =
    "update deliveries set receiver_name = ?, receiver_phone = ?, zip_code = ?, address1 = ?, address2 = ?,
    memo = ?, updated_at = ?, version = version + 1 where id = ? and status = 'PREPARING' and version = ?";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    INSERT_ENTRY,
    FIND,
    OF_ORDER,
    LOCK,
    LOCK_OF_ORDER,
    FIRST_OF_ORDER,
    LINES,
    INSERT_LINES,
    SET_WAYBILL,
    HISTORY,
    SAVE,
    READDRESS,
    TO_ASK,
    NEXT_TO_ASK,
    ASK,
    ASK_AGAIN,
    ASK_NO_MORE,
    SCANS,
    INSERT_SCANS,
    FORGET_SCANS,
    TIE_SCAN,
];

/// Deliveries, and those of orders that an event names.
const DELIVERIES: Keys = Keys::named("deliveries", "order_number");

const QUESTIONS: Keys = Keys { table: "carrier_questions", column: "delivery_id", changed: Changed::All };

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
    Check {
        rule: "the parcels of an order are counted without a gap, and each but the first says what is in it",
        over: Some(DELIVERIES),
        sql: PARCEL_OF_NOTHING,
        given: &[],
        subject: "{}",
        found: "parcel {} for {}",
    },
    Check {
        rule: "a carrier is asked about parcels on their way that have its number",
        over: Some(QUESTIONS),
        sql: ASKED_FOR_NOTHING,
        given: &[],
        subject: "parcel {}",
        found: "it is {}",
    },
    Check {
        rule: "what carriers reported is counted without a gap and says what the history says",
        over: Some(DELIVERIES),
        sql: WRONG_SCANS,
        given: &[],
        subject: "{} scan {}",
        found: "{}",
    },
];

// order and account read an address in the same way; each table has its own columns for it, so each store reads them itself
fn head(row: &Row<'_>) -> Result<Delivery> {
    let delivery = Delivery {
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
        parcel: row.next()?,
        purpose: row.next()?,
        lines: Vec::new(),
        waybill: None,
        scans: Vec::new(),
    };
    let (carrier, number): (Option<Carrier>, Option<String>) = (row.next()?, row.next()?);
    let waybill = carrier.zip(number).map(|(carrier, number)| Waybill { carrier, number });
    Ok(Delivery { waybill, ..delivery })
}

fn scan(row: &Row<'_>) -> Result<Scan> {
    Ok(Scan { status: row.next()?, place: row.next()?, what: row.next()?, at: row.next()?, entry: row.next()? })
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

/// A parcel to store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewRow<'a> {
    pub order: &'a OrderNumber,
    pub user: &'a UserId,
    pub address: &'a Address,
    pub memo: Option<&'a str>,
    pub estimated_at: Timestamp,
    pub parcel: i64,
    pub purpose: Purpose,
}

/// Stores a delivery in PREPARING without its history and lines; `None` when its number is taken or its order has this parcel.
pub(crate) fn insert(tx: &mut Tx<'_>, tracking: &TrackingNumber, new: NewRow<'_>) -> Result<Option<DeliveryId>> {
    let (now, NewRow { order, user, address, memo, estimated_at, parcel, purpose }) = (tx.now(), new);
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
        parcel,
        purpose,
    ];
    Ok(tx.insert_new(INSERT, row)?.map(DeliveryId::new))
}

/// Stores what is in a parcel.
pub(crate) fn insert_lines(tx: &mut Tx<'_>, delivery: DeliveryId, lines: &[Packed]) -> Result<()> {
    let rows = lines
        .iter()
        .map(|packed| vec![Arg::Int(delivery.raw()), Arg::Int(packed.line), Arg::Int(packed.units)])
        .collect();
    tx.insert_rows(INSERT_LINES, rows).map(|_| ())
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

/// The order's first parcel with its history.
pub(crate) fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(FIRST_OF_ORDER, args![order], head)?;
    with_history(tx, found)
}

/// Every parcel of the order with its history, in their order.
pub(crate) fn all_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Delivery>> {
    let found = tx.query(OF_ORDER, args![order], head)?;
    found.into_iter().map(|delivery| completed(tx, delivery)).collect()
}

/// The delivery with its history, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, tracking: &TrackingNumber) -> Result<Option<Delivery>> {
    let found = tx.query_first(LOCK, args![tracking], head)?;
    with_history(tx, found)
}

/// Every parcel of the order with its history, in their order, locked until the job ends.
pub(crate) fn lock_all_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Delivery>> {
    let found = tx.query(LOCK_OF_ORDER, args![order], head)?;
    found.into_iter().map(|delivery| completed(tx, delivery)).collect()
}

fn with_history(tx: &mut Tx<'_>, found: Option<Delivery>) -> Result<Option<Delivery>> {
    found.map(|delivery| completed(tx, delivery)).transpose()
}

/// The delivery with its history, and with what is in it.
fn completed(tx: &mut Tx<'_>, mut delivery: Delivery) -> Result<Delivery> {
    // nothing has happened yet to the parcel of most orders that are read
    if delivery.version > Entry::FIRST {
        delivery.history = tx.query(HISTORY, args![delivery.id], entry)?;
    }
    delivery.history.push(Entry::first(delivery.created_at));
    if delivery.waybill.is_some() {
        delivery.scans = tx.query(SCANS, args![delivery.id], scan)?;
    }
    // most orders have one parcel, and nothing is stored about what is in it
    if delivery.parcel > 1 {
        delivery.lines =
            tx.query(LINES, args![delivery.id], |row| Ok(Packed { line: row.next()?, units: row.next()? }))?;
    }
    Ok(delivery)
}

/// Saves the carrier's number of the delivery if the delivery is unchanged since it was read; false otherwise.
pub(crate) fn set_waybill(tx: &mut Tx<'_>, delivery: &Delivery, waybill: &Waybill, now: Timestamp) -> Result<bool> {
    let Waybill { carrier, number } = waybill;
    let (id, was, version) = (delivery.id, delivery.status.kind(), delivery.version);
    Ok(tx.exec(SET_WAYBILL, args![carrier.printed(), carrier, number, now, id, was, version])? == 1)
}

/// Saves the delivery's new status if the delivery is unchanged since it was read; false when another change came
/// first.
pub(crate) fn save(tx: &mut Tx<'_>, delivery: &Delivery, next: Status, now: Timestamp) -> Result<bool> {
    let (kind, delivered_at, was) = (next.kind(), next.delivered_at(), delivery.status.kind());
    Ok(tx.exec(SAVE, args![kind, delivered_at, now, delivery.id, was, delivery.version])? == 1)
}

/// Parcels about which their carriers are to be asked now.
pub(crate) fn to_ask(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Asked>> {
    let now = tx.now();
    tx.query(TO_ASK, args![now, limit], |row| {
        Ok(Asked {
            id: row.next()?,
            tracking: row.next()?,
            waybill: Waybill { carrier: row.next()?, number: row.next()? },
            since: row.next()?,
        })
    })
}

/// When a carrier is to be asked next.
pub(crate) fn next_to_ask(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT_TO_ASK, args![], |row| row.get(0))
}

/// The carrier of a parcel is asked from now on.
pub(crate) fn ask(tx: &mut Tx<'_>, delivery: DeliveryId, now: Timestamp) -> Result<()> {
    tx.exec(ASK, args![delivery, now, now]).map(drop)
}

/// When the carrier of a parcel that is asked about is asked again.
pub(crate) fn ask_again(tx: &mut Tx<'_>, delivery: DeliveryId, at: Timestamp) -> Result<()> {
    tx.exec(ASK_AGAIN, args![at, delivery]).map(drop)
}

/// The carrier of a parcel is not asked any more.
pub(crate) fn ask_no_more(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<()> {
    tx.exec(ASK_NO_MORE, args![delivery]).map(drop)
}

/// Stores scans behind the `known` ones.
pub(crate) fn insert_scans(tx: &mut Tx<'_>, delivery: DeliveryId, known: usize, new: &[Scan]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let numbers = (number_at(known)..).zip(new);
    let rows = numbers.map(|(number, scan)| {
        vec![
            Arg::Int(delivery.raw()),
            Arg::Int(number),
            Arg::Text(scan.status.name()),
            scan.place.to_arg(),
            scan.what.to_arg(),
            scan.at.to_arg(),
        ]
    });
    tx.insert_rows(INSERT_SCANS, rows.collect()).map(|_| ())
}

/// Forgets what a carrier reported: it was about another parcel.
pub(crate) fn forget_scans(tx: &mut Tx<'_>, delivery: DeliveryId) -> Result<()> {
    tx.exec(FORGET_SCANS, args![delivery]).map(drop)
}

/// Remembers which entry of the history says the same as the scan at this place.
pub(crate) fn tie_scan(tx: &mut Tx<'_>, delivery: DeliveryId, at: usize, entry: i64) -> Result<()> {
    tx.exec(TIE_SCAN, args![entry, delivery, number_at(at)]).map(drop)
}

/// Scans are counted from 1.
fn number_at(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1)
}

/// Saves where the delivery goes and its memo while it is in PREPARING and unchanged since it was read; false otherwise.
pub(crate) fn readdress(tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<bool> {
    let Address { receiver_name, receiver_phone, zip_code, address1, address2 } = &delivery.address;
    let (memo, id, version) = (&delivery.memo, delivery.id, delivery.version);
    let row = args![receiver_name, receiver_phone, zip_code, address1, address2, memo, now, id, version];
    Ok(tx.exec(READDRESS, row)? == 1)
}
