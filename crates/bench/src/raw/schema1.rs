//! Bare, schema 1: the rows and statements of the baseline at commit `fa2dae0`, with the tables of that commit. Frozen, so that
//! what a shop gains by other rows shows. Today's baseline, in [`super::order`], repeats some of it on purpose.

use super::order::{LINES, Order, now_ms};
use rusqlite::{Connection, params};
use std::fmt::Write;

/// The tables of `fa2dae0` that an order touches.
pub const TABLES: &str = include_str!("schema1.sql");

/// Takes over the stock of the attached database `ours`.
pub const STOCK: &str = "insert into inventory_snapshots (id, product_id, variant_id, location_code, available, reserved,
        low_stock_threshold, version, created_at, updated_at)
    select id, product_id, variant_id, location_code, available, reserved, low_stock_threshold, version, created_at, updated_at
      from ours.inventory_snapshots;
    detach database ours";

const TAKE: &str = "update inventory_snapshots
       set available = available - ?, reserved = reserved + ?, version = version + 1, updated_at = ?
     where variant_id = ? and available >= ? returning id, version, available, reserved";
const ORDER: &str = "insert into orders
    (order_number, user_id, status, subtotal, coupon_discount, points_used, payable, currency, receiver_name, receiver_phone,
     zip_code, address1, address2, pay_by, created_at, updated_at, version)
    values (?, ?, 'CONFIRMED', ?, 0, 0, ?, 'KRW', ?, ?, ?, ?, ?, ?, ?, ?, 1)";
const ITEM: &str = "insert into order_items
    (order_id, line_number, product_id, variant_id, sku, product_name, variant_name, unit_price, quantity, subtotal)
    values (?, ?, ?, ?, ?, ?, null, ?, ?, ?)";
const EVENT: &str = "insert into inventory_events
    (snapshot_id, aggregate_version, product_id, variant_id, location_code, event_type, quantity_change, quantity_after,
     reserved_change, reserved_after, reference_type, reference_id, correlation_id, change_reason, performed_by, occurred_at)
    values (?, ?, ?, ?, 'MAIN', 'RESERVED', ?, ?, ?, ?, 'ORDER', ?, ?, null, ?, ?)";
const HOLD: &str = "insert into inventory_reservations
    (order_number, line_no, snapshot_id, user_id, quantity, state, reserved_version, reserved_at, updated_at)
    values (?, ?, ?, ?, ?, 'LIVE', ?, ?, ?)";
const SAGA: &str = "insert into saga_states
    (saga_id, name, order_number, slot, status, step, completed_steps, memory, attempts, wake_at, version,
     started_by, started_at)
    values (?, 'order.v1', ?, 0, 'STARTED', 'PROCESS_PAYMENT', 'RESERVE_INVENTORY', ?, 0, ?, 1, ?, ?)";
const SAY: &str = "insert into outbox (topic, event_key, payload, created_at) values (?, ?, ?, ?), (?, ?, ?, ?)";

/// Writes the order. `None` when the stock is short.
pub fn write(order: &Order, conn: &Connection) -> rusqlite::Result<Option<String>> {
    let now = now_ms();
    // spread like drawn numbers, because where a key falls decides how many pages a commit writes
    let number = format!("ORD-20260206-{:08X}", scattered(order.serial) as u32);
    let mut lines = order.lines;
    lines.sort_unstable();
    let mut held = [(0_i64, 0_i64, 0_i64, 0_i64); LINES];
    for (slot, (ware, quantity)) in held.iter_mut().zip(&lines) {
        let variant = order.wares[*ware].variant;
        let mut take = conn.prepare_cached(TAKE)?;
        let mut rows = take.query(params![quantity, quantity, now, variant, quantity])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        *slot = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    }
    let subtotal: i64 = lines.iter().map(|(ware, quantity)| order.wares[*ware].price * quantity).sum();
    let address = &order.address;
    conn.prepare_cached(ORDER)?.execute(params![
        number,
        order.user,
        subtotal,
        subtotal,
        address.receiver_name,
        address.receiver_phone,
        address.zip_code,
        address.address1,
        address.address2,
        now + 600_000,
        now,
        now
    ])?;
    let id = conn.last_insert_rowid();
    for (n, ((ware, quantity), (snapshot, version, available, reserved))) in (1_i64..).zip(lines.iter().zip(&held)) {
        let ware = &order.wares[*ware];
        let price = ware.price;
        let line = params![id, n, ware.product, ware.variant, ware.sku, ware.name, price, quantity, price * quantity];
        conn.prepare_cached(ITEM)?.execute(line)?;
        let (product, variant, user) = (ware.product, ware.variant, &order.user);
        let event = params![
            snapshot, version, product, variant, -quantity, available, quantity, reserved, number, number, user, now
        ];
        conn.prepare_cached(EVENT)?.execute(event)?;
        conn.prepare_cached(HOLD)?.execute(params![number, n, snapshot, user, quantity, version, now, now])?;
    }
    let saga = format!("SAGA-{:08X}", scattered(order.serial).rotate_left(32) as u32);
    let memory = r#"{"RESERVE_INVENTORY":{"forward":null,"memory":null},"about":{"payment":null}}"#;
    conn.prepare_cached(SAGA)?.execute(params![saga, number, memory, now + 600_000, order.user, now])?;
    let (created, reserved) = events(order, &number, subtotal, &lines);
    conn.prepare_cached(SAY)?.execute(params![
        "shopping.order.created",
        number,
        created,
        now,
        "shopping.inventory.reserved",
        number,
        reserved,
        now
    ])?;
    Ok(Some(number))
}

/// Looks drawn, and differs for every serial (in its lower half, for as many as a run can make).
fn scattered(serial: u64) -> u64 {
    let low = (serial as u32).wrapping_mul(0x9e37_79b1);
    u64::from(low) | u64::from(low.wrapping_mul(0x85eb_ca6b) ^ 0x5bd1_e995) << 32
}

fn events(order: &Order, number: &str, total: i64, lines: &[(usize, i64); LINES]) -> (String, String) {
    let mut created = format!(
        r#"{{"orderNumber":"{number}","userId":"{}","totalAmount":{total},"currency":"KRW","itemCount":{LINES},"items":["#,
        order.user
    );
    let mut reserved = format!(r#"{{"orderNumber":"{number}","userId":"{}","reservedQuantities":{{"#, order.user);
    for (n, (ware, quantity)) in lines.iter().enumerate() {
        let ware = &order.wares[*ware];
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            created,
            r#"{comma}{{"productId":{},"variantId":{},"productName":"{}","quantity":{quantity},"price":{}}}"#,
            ware.product, ware.variant, ware.name, ware.price
        );
        let _ = write!(reserved, r#"{comma}"{}":{quantity}"#, ware.product);
    }
    created.push_str(r#"],"payBy":"2026-02-06T00:10:00.000Z","createdAt":"2026-02-06T00:00:00.000Z"}"#);
    reserved.push_str(r#"},"reservedAt":"2026-02-06T00:00:00.000Z"}"#);
    (created, reserved)
}
