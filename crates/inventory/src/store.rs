//! The SQL of stock. Every change goes through [`move_units`]: one guarded statement and the events it writes.

use crate::movement::{Kind, Movement};
use crate::ops::Holder;
use crate::stock::{Level, LocationStock, Opening, Stock, StockRow, StockStatus};
use crate::{Location, Reservation, rebuild};
use kernel::{Code, Cursor, OrderNumber, PageRequest, ProductId, Result, SnapshotId, UserId, VariantId};
use store::{Arg, Row, ToArg, Tx, args, concatcp};

/// What [`stock_row`] reads, in this order.
const ROW_COLUMNS: &str = "s.id, s.product_id, s.variant_id, s.location_code, s.available, s.reserved, s.version";
/// What [`level`] reads, in this order.
const LEVEL_COLUMNS: &str = "variant_id, product_id, cast(sum(available) as {bigint}),
    cast(sum(reserved) as {bigint}), max(low_stock_threshold)";
/// What [`movement`] reads, in this order.
const MOVEMENT_COLUMNS: &str = "e.event_type, e.quantity_change, e.quantity_after, e.reserved_change,
    e.reserved_after, e.id, e.product_id, e.variant_id, e.location_code, e.reference_type, e.reference_id,
    e.correlation_id, e.change_reason, e.performed_by, e.aggregate_version, e.occurred_at";

const LOCK_VARIANTS: &str = concatcp!(
    "select ",
    ROW_COLUMNS,
    ", (select count(*) from inventory_reservations where order_number = ?)
      from inventory_snapshots s
     where s.variant_id in ([?])
     order by s.variant_id, s.location_code {for update}"
);
const LOCK_RESERVED: &str = concatcp!(
    "select ",
    ROW_COLUMNS,
    ", r.quantity, r.line_no, r.user_id
      from inventory_reservations r
      join inventory_snapshots s on s.id = r.snapshot_id
     where r.order_number = ? and r.state = ?
     order by r.line_no {for update}"
);
/// The only statement that changes stock in the course of business. Its guards guarantee that no unit is sold twice.
const MOVE: &str = "
    update inventory_snapshots
       set available = available + [case id], reserved = reserved + [case id], version = version + 1, updated_at = ?
     where id in ([?]) and available + [case id] >= 0 and reserved + [case id] >= 0";
const INSERT_EVENTS: &str = "
    insert into inventory_events (snapshot_id, aggregate_version, product_id, variant_id, location_code, event_type,
        quantity_change, quantity_after, reserved_change, reserved_after,
        reference_type, reference_id, correlation_id, change_reason, performed_by, occurred_at)
    values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const INSERT_RESERVATIONS: &str = "
    insert into inventory_reservations
        (order_number, line_no, snapshot_id, user_id, quantity, state, reserved_version, reserved_at, updated_at)
    values [(?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const SETTLE: &str = "
    update inventory_reservations set state = ?, settled_version = [case line_no], updated_at = ?
     where order_number = ? and state = 'LIVE'";
const RETURN: &str = "
    update inventory_reservations set state = ?, returned_version = [case line_no], updated_at = ?
     where order_number = ? and state = 'COMMITTED'";
/// Guarantees with the checks of its columns that no more is freed than is held.
const ADD_HELD: &str = "
    insert into inventory_holds (purpose, holder, snapshot_id, units, released, updated_at)
    values (?, ?, ?, 0, 0, ?) {on conflict ignore: units}";
const RAISE_HELD: &str = "
    update inventory_holds set units = units + ?, updated_at = ? where purpose = ? and holder = ? and snapshot_id = ?";
const TAKE_HELD: &str = "
    update inventory_holds set units = units - ?, released = released + ?, updated_at = ?
     where purpose = ? and holder = ? and snapshot_id = ? and units >= ?";
const LOCK_HELD: &str = concatcp!(
    "select ",
    ROW_COLUMNS,
    ", h.units
      from inventory_holds h
      join inventory_snapshots s on s.id = h.snapshot_id
     where h.purpose = ? and h.holder = ? and s.variant_id = ?
     order by s.variant_id, s.location_code {for update}"
);
const OPENED: &str = "
    select variant_id, product_id, location_code from inventory_snapshots where variant_id in ([?]) order by variant_id";
const OPEN: &str = "
    insert into inventory_snapshots (product_id, variant_id, location_code, available, reserved, low_stock_threshold,
        version, created_at, updated_at)
    values [(?, ?, ?, ?, 0, ?, 1, ?, ?)] {on conflict ignore: variant_id}";
const IDS: &str = "select id, variant_id, location_code from inventory_snapshots where variant_id in ([?])";
const THRESHOLD: &str = "
    update inventory_snapshots set low_stock_threshold = ? where variant_id = ? and location_code = ?";
const LEVELS: &str = concatcp!(
    "select ",
    LEVEL_COLUMNS,
    " from inventory_snapshots where variant_id in ([?])
     group by variant_id, product_id order by variant_id"
);
const LEVELS_OF_PRODUCTS: &str = concatcp!(
    "select ",
    LEVEL_COLUMNS,
    " from inventory_snapshots where product_id in ([?])
     group by variant_id, product_id order by product_id, variant_id"
);
const OF_PRODUCTS: &str = "
    select product_id, available, reserved, low_stock_threshold, id, variant_id, location_code, created_at, updated_at,
           version
      from inventory_snapshots where product_id in ([?])
     order by product_id, variant_id, location_code";
/// The newest events of each of the product's snapshots, found by the ledger's primary key because a further index
/// would cost a page per written line; then the newest of those.
const MOVEMENTS: &str = concatcp!(
    "select ",
    MOVEMENT_COLUMNS,
    " from (select s.id, coalesce((select b.aggregate_version from inventory_events b
                                    where b.snapshot_id = s.id and b.id < ?
                                    order by b.aggregate_version desc limit 1), 0) as newest
              from inventory_snapshots s where s.product_id = ?) p
      join inventory_events e
        on e.snapshot_id = p.id and e.aggregate_version <= p.newest and e.aggregate_version > p.newest - ?
     order by e.id desc limit ? offset ?"
);
/// A snapshot's version is the number of its events, so no events have to be counted.
const MOVEMENTS_COUNT: &str = "
    select cast(coalesce(sum(version), 0) as {bigint}) from inventory_snapshots where product_id = ?";
const MOVEMENTS_OF_ORDER: &str = concatcp!(
    "select ",
    MOVEMENT_COLUMNS,
    " from inventory_reservations r
      join inventory_events e
        on e.snapshot_id = r.snapshot_id
       and e.aggregate_version in (r.reserved_version, r.settled_version, r.returned_version)
     where r.order_number = ?
     order by e.id"
);
const RESERVATIONS: &str = "
    select s.product_id, s.variant_id, s.location_code, r.quantity, r.state, r.reserved_at, r.updated_at
      from inventory_reservations r
      join inventory_snapshots s on s.id = r.snapshot_id
     where r.order_number = ?
     order by r.line_no";

/// Every statement of this crate.
pub(crate) const STATEMENTS: &[&str] = &[
    LOCK_VARIANTS,
    LOCK_RESERVED,
    MOVE,
    INSERT_EVENTS,
    INSERT_RESERVATIONS,
    SETTLE,
    RETURN,
    ADD_HELD,
    RAISE_HELD,
    TAKE_HELD,
    LOCK_HELD,
    OPENED,
    OPEN,
    IDS,
    THRESHOLD,
    LEVELS,
    LEVELS_OF_PRODUCTS,
    OF_PRODUCTS,
    MOVEMENTS,
    MOVEMENTS_COUNT,
    MOVEMENTS_OF_ORDER,
    RESERVATIONS,
    rebuild::NEWEST,
    rebuild::NEWEST_IN_LEDGER,
    rebuild::COMPARE,
    rebuild::LOST,
    rebuild::LOCK,
    rebuild::FOLD,
    rebuild::REPAIR,
    rebuild::RESTORE,
];

store::text_enum! {
    /// State of an order's reservation.
    #[schema(as = InventoryReservationState)]
    pub enum State: "reservation state" {
        /// Reserved, not paid.
        Live = "LIVE",
        Committed = "COMMITTED",
        Released = "RELEASED",
        /// Sold, then returned.
        Returned = "RETURNED",
    }
}

/// Why stock moves; stored with every event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cause<'a> {
    pub reference_type: &'static str,
    pub reference: &'a str,
    pub correlation: &'a str,
    pub reason: Option<&'a str>,
    pub by: &'a str,
}

impl<'a> Cause<'a> {
    /// An order causes the movement.
    pub const fn order(order: &'a str, reason: Option<&'a str>, by: &'a str) -> Cause<'a> {
        Cause { reference_type: "ORDER", reference: order, correlation: order, reason, by }
    }
}

fn stock_row(row: &Row<'_>) -> Result<StockRow> {
    Ok(StockRow {
        id: row.next()?,
        product: row.next()?,
        variant: row.next()?,
        location: row.next()?,
        available: row.next()?,
        reserved: row.next()?,
        version: row.next()?,
        units: 0,
        line_no: 0,
    })
}

/// The stock of these variants, locked in ascending order, and whether `order` has reservations already.
pub(crate) fn lock_variants(tx: &mut Tx<'_>, variants: Vec<Arg<'_>>, order: &str) -> Result<(Vec<StockRow>, bool)> {
    let mut reserved = false;
    let all = tx.query(LOCK_VARIANTS, &[Arg::Text(order), Arg::List(variants)], |row| {
        let stock = stock_row(row)?;
        reserved = row.next()?;
        Ok(stock)
    })?;
    Ok((all, reserved))
}

/// The order's reservations in `state`, locked, and the order's user.
pub(crate) fn lock_reserved(
    tx: &mut Tx<'_>,
    order: &OrderNumber,
    state: State,
) -> Result<(Vec<StockRow>, Option<UserId>)> {
    let mut user = None;
    let all = tx.query(LOCK_RESERVED, args![order, state], |row| {
        let stock = stock_row(row)?;
        let stock = StockRow { units: row.next()?, line_no: row.next()?, ..stock };
        user = Some(row.next()?);
        Ok(stock)
    })?;
    Ok((all, user))
}

/// Moves `units` of every row that has some and writes the events. `false` when a guard refused: then nothing may be
/// relied on, and the caller must fail so that its transaction is rolled back.
pub(crate) fn move_units(tx: &mut Tx<'_>, kind: Kind, cause: Cause<'_>, rows: &[StockRow]) -> Result<bool> {
    let now = tx.now();
    let moving = || rows.iter().filter(|row| row.units != 0);
    let ids: Vec<Arg<'_>> = moving().map(|row| row.id.to_arg()).collect();
    let wanted = ids.len() as u64;
    if wanted == 0 {
        return Ok(true);
    }
    let available = || Arg::Pairs(moving().map(|row| (row.id.raw(), kind.changes(row.units).0)).collect());
    let reserved = || Arg::Pairs(moving().map(|row| (row.id.raw(), kind.changes(row.units).1)).collect());
    let changed = tx.exec(MOVE, &[available(), reserved(), now.to_arg(), Arg::List(ids), available(), reserved()])?;
    if changed != wanted {
        return Ok(false);
    }
    let events = moving().map(|row| {
        let (available, reserved) = kind.changes(row.units);
        event(row, kind, cause, (row.version + 1, available, reserved), now.as_millis())
    });
    tx.insert_rows(INSERT_EVENTS, events.collect())?;
    Ok(true)
}

/// The event for `row`, which has its figures before the change by (available, reserved).
fn event<'a>(
    row: &'a StockRow,
    kind: Kind,
    cause: Cause<'a>,
    (version, available, reserved): (i64, i64, i64),
    now_ms: i64,
) -> Vec<Arg<'a>> {
    vec![
        row.id.to_arg(),
        Arg::Int(version),
        Arg::Int(row.product.raw()),
        Arg::Int(row.variant.raw()),
        row.location.to_arg(),
        Arg::Text(kind.name()),
        Arg::Int(available),
        Arg::Int(row.available + available),
        Arg::Int(reserved),
        Arg::Int(row.reserved + reserved),
        Arg::Text(cause.reference_type),
        Arg::Text(cause.reference),
        Arg::Text(cause.correlation),
        cause.reason.map_or(Arg::Null, Arg::Text),
        Arg::Text(cause.by),
        Arg::Int(now_ms),
    ]
}

/// Stores a reservation for every row that gives units.
pub(crate) fn insert_reservations(tx: &mut Tx<'_>, order: &OrderNumber, user: &str, rows: &[StockRow]) -> Result<()> {
    let now = Arg::Int(tx.now().as_millis());
    let held = rows.iter().filter(|row| row.units != 0).enumerate().map(|(n, row)| {
        vec![
            Arg::Text(order.as_str()),
            Arg::Int(n as i64),
            row.id.to_arg(),
            Arg::Text(user),
            Arg::Int(row.units),
            Arg::Text(State::Live.name()),
            Arg::Int(row.version + 1),
            now.clone(),
            now.clone(),
        ]
    });
    tx.insert_rows(INSERT_RESERVATIONS, held.collect()).map(|_| ())
}

/// Moves the order's reservations to the state `to` and stores the version of the event that did it. `false` when the
/// order has other reservations than `rows`: then nothing may be relied on.
pub(crate) fn transition(tx: &mut Tx<'_>, order: &OrderNumber, to: State, rows: &[StockRow]) -> Result<bool> {
    let versions = Arg::Pairs(rows.iter().map(|row| (row.line_no, row.version + 1)).collect());
    let sql = match to {
        State::Committed | State::Released => SETTLE,
        State::Returned => RETURN,
        State::Live => return Err(Code::Internal.error().caused_by("nothing becomes live again")),
    };
    let now = tx.now();
    Ok(tx.exec(sql, args![to, versions, now, order])? == rows.len() as u64)
}

/// Counts the `units` of these rows as held.
pub(crate) fn add_held(tx: &mut Tx<'_>, holder: Holder, rows: &[StockRow]) -> Result<()> {
    let (now, Holder { purpose, id }) = (tx.now(), holder);
    for row in rows.iter().filter(|row| row.units != 0) {
        tx.exec(ADD_HELD, args![purpose, id, row.id, now])?;
        tx.exec(RAISE_HELD, args![row.units, now, purpose, id, row.id])?;
    }
    Ok(())
}

/// The stock rows of which the holder keeps units of this variant, locked, each with how many.
pub(crate) fn lock_held(tx: &mut Tx<'_>, holder: Holder, variant: VariantId) -> Result<Vec<(StockRow, i64)>> {
    let Holder { purpose, id } = holder;
    tx.query(LOCK_HELD, args![purpose, id, variant], |row| Ok((stock_row(row)?, row.next()?)))
}

/// Counts the `units` of these rows as held no more. `false` when fewer are held: then nothing may be relied on.
pub(crate) fn take_held(tx: &mut Tx<'_>, holder: Holder, rows: &[StockRow]) -> Result<bool> {
    let (now, Holder { purpose, id }) = (tx.now(), holder);
    for row in rows.iter().filter(|row| row.units != 0) {
        let values = args![row.units, row.units, now, purpose, id, row.id, row.units];
        if tx.exec(TAKE_HELD, values)? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Existing stock rows of these variants.
pub(crate) fn opened(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<Vec<(VariantId, ProductId, Location)>> {
    tx.query(OPENED, &[Arg::list(variants)], |row| Ok((row.next()?, row.next()?, row.next()?)))
}

/// Inserts the rows and their first events. Returns the number of inserted rows, which is lower than asked for when
/// one exists.
pub(crate) fn open(tx: &mut Tx<'_>, openings: &[Opening], cause: Cause<'_>) -> Result<usize> {
    let now = Arg::Int(tx.now().as_millis());
    let rows = openings.iter().map(|o| {
        let (product, variant) = (o.product.to_arg(), o.variant.to_arg());
        let (quantity, threshold) = (Arg::Int(o.quantity), Arg::Int(o.threshold));
        vec![product, variant, o.location.to_arg(), quantity, threshold, now.clone(), now.clone()]
    });
    let made = tx.insert_rows(OPEN, rows.collect())?;
    let variants: Vec<VariantId> = openings.iter().map(|o| o.variant).collect();
    let ids: Vec<(SnapshotId, VariantId, Location)> =
        tx.query(IDS, &[Arg::list(&variants)], |row| Ok((row.next()?, row.next()?, row.next()?)))?;
    let ids: std::collections::HashMap<_, _> = ids.into_iter().map(|(id, v, location)| ((v, location), id)).collect();
    let before: Vec<StockRow> = openings
        .iter()
        .filter_map(|o| {
            let id = *ids.get(&(o.variant, o.location.clone()))?;
            let (product, variant, location) = (o.product, o.variant, o.location.clone());
            Some(StockRow {
                id,
                product,
                variant,
                location,
                available: 0,
                reserved: 0,
                version: 0,
                units: o.quantity,
                line_no: 0,
            })
        })
        .collect();
    if made as usize == openings.len() && before.len() == openings.len() {
        let now_ms = tx.now().as_millis();
        let events = before.iter().map(|row| event(row, Kind::Received, cause, (1, row.units, 0), now_ms));
        tx.insert_rows(INSERT_EVENTS, events.collect())?;
    }
    Ok(made as usize)
}

/// Sets a low-stock threshold. `false` when there is no such row.
pub(crate) fn set_threshold(tx: &mut Tx<'_>, variant: VariantId, location: &Location, threshold: i64) -> Result<bool> {
    Ok(tx.exec(THRESHOLD, args![threshold, variant, location])? == 1)
}

fn level(row: &Row<'_>) -> Result<Level> {
    let (variant, product, available, reserved) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let status = StockStatus::of(available, row.next()?);
    Ok(Level { variant, product, available, reserved, total: available + reserved, status })
}

/// The levels of these variants, ascending; those without stock rows are missing.
pub(crate) fn levels(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<Vec<Level>> {
    tx.query(LEVELS, &[Arg::list(variants)], level)
}

/// The levels of these products' variants, by product and variant.
pub(crate) fn levels_of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Level>> {
    tx.query(LEVELS_OF_PRODUCTS, &[Arg::list(products)], level)
}

/// The stock of these products, by product; those without stock rows are missing.
pub(crate) fn stock(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Stock>> {
    let rows = tx.query(OF_PRODUCTS, &[Arg::list(products)], |row| {
        let product: ProductId = row.next()?;
        let (available, reserved, threshold): (i64, i64, i64) = (row.next()?, row.next()?, row.next()?);
        let stock = LocationStock {
            id: row.next()?,
            variant_id: row.next()?,
            location_code: row.next()?,
            available_quantity: available,
            reserved_quantity: reserved,
            total_quantity: available + reserved,
            stock_status: StockStatus::of(available, threshold),
            low_stock_threshold: threshold,
            created_at: row.next()?,
            updated_at: row.next()?,
            version: row.next()?,
        };
        Ok((product, stock))
    })?;
    let by_product = rows.chunk_by(|a, b| a.0 == b.0);
    Ok(by_product.filter_map(|all| Stock::of(all[0].0, all.iter().map(|(_, stock)| stock.clone()).collect())).collect())
}

fn movement(row: &Row<'_>) -> Result<Movement> {
    let kind: Kind = row.next()?;
    let (change, after): (i64, i64) = (row.next()?, row.next()?);
    let (reserved_change, reserved_after): (i64, i64) = (row.next()?, row.next()?);
    Ok(Movement {
        id: row.next()?,
        product_id: row.next()?,
        variant_id: row.next()?,
        location_code: row.next()?,
        movement_type: kind.movement_type(),
        movement_type_description: kind.label(),
        quantity: Movement::units(kind, change, reserved_change),
        previous_available: after - change,
        after_available: after,
        previous_reserved: reserved_after - reserved_change,
        after_reserved: reserved_after,
        reference_type: row.next()?,
        reference_id: row.next()?,
        correlation_id: row.next()?,
        reason: row.next()?,
        performed_by: row.next()?,
        version: row.next()?,
        created_at: row.next()?,
    })
}

/// The product's movements, newest first: a numbered page, or what follows `after`. Also the number of all movements.
pub(crate) fn movements(
    tx: &mut Tx<'_>,
    product: ProductId,
    page: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Movement>, i64)> {
    let before = after.map_or(i64::MAX, Cursor::id);
    let (skip, limit) = (page.offset_after(after), page.limit());
    let rows = tx.query(MOVEMENTS, args![before, product, skip + limit, limit, skip], movement)?;
    let total = tx.query_one(MOVEMENTS_COUNT, args![product], |row| row.get(0))?;
    Ok((rows, total))
}

/// The ledger's entries of one order, oldest first.
pub(crate) fn movements_of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Movement>> {
    tx.query(MOVEMENTS_OF_ORDER, args![order], movement)
}

/// The order's reservations.
pub(crate) fn reservations(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Reservation>> {
    tx.query(RESERVATIONS, args![order], |row| {
        Ok(Reservation {
            product_id: row.next()?,
            variant_id: row.next()?,
            location_code: row.next()?,
            quantity: row.next()?,
            state: row.next::<State>()?.name(),
            reserved_at: row.next()?,
            updated_at: row.next()?,
        })
    })
}
