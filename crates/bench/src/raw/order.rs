//! Writes the rows of one `POST /orders` without our code; [`crate::rows`] checks that they are the same rows.
//!
//! The statements are repeated here on purpose: a baseline that used the store's would measure the store. `store/examples/cost.rs` has
//! its own small tables, because the store knows no domain.

use super::{commit::Job, schema1};
use rusqlite::{Connection, params};
use std::{
    fmt::Write,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Lines of an order.
pub const LINES: usize = 3;

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
const SAGA: &str = "insert into saga_runs
    (saga_id, name, family, subject_kind, subject_id, event_key, status, step, completed_steps, memory, attempts, wake_at,
     version, started_by, started_at)
    values (?, 'order.v2', 'order', 'order', ?, ?, 'STARTED', 'PROCESS_PAYMENT', 'PLACE_ORDER,RESERVE_INVENTORY', ?, 0, ?, 1,
     ?, ?)";
const SAY: &str = "insert into outbox (topic, event_key, payload, created_at) values (?, ?, ?, ?), (?, ?, ?, ?)";

/// A product, which the baseline keeps in memory.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Ware {
    pub product: i64,
    /// The default variant.
    pub variant: i64,
    /// In won.
    pub price: i64,
    pub sku: String,
    pub name: String,
}

/// A shipping address.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    pub receiver_name: String,
    pub receiver_phone: String,
    pub zip_code: String,
    pub address1: String,
    pub address2: Option<String>,
}

/// Which tables a bare writer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Ours.
    Today,
    /// Those of commit `fa2dae0`.
    One,
}

/// An order to write, of `N` lines.
pub struct Order<const N: usize = LINES> {
    pub schema: Schema,
    pub wares: Arc<[Ware]>,
    /// Indexes into `wares`, with quantities.
    pub lines: [(usize, i64); N],
    pub user: String,
    pub address: Arc<Address>,
    /// A unique number.
    pub serial: u64,
}

impl Job for Order {
    type Answer = String;

    fn write(&self, conn: &Connection) -> rusqlite::Result<Option<String>> {
        match self.schema {
            Schema::Today => self.written(conn),
            Schema::One => schema1::write(self, conn),
        }
    }
}

impl<const N: usize> Order<N> {
    /// Writes the rows of today's schema.
    pub fn written(&self, conn: &Connection) -> rusqlite::Result<Option<String>> {
        let now = now_ms();
        // begins with the time like drawn numbers, because where a key falls decides how many pages a commit writes
        let (tick, drawn) = ((now / 100) & 0xffff, (self.serial as u32).wrapping_mul(0x9e37_79b1) & 0xffff);
        let number = format!("ORD-20260206-{tick:04X}{drawn:04X}");
        let mut lines = self.lines;
        lines.sort_unstable();
        let mut held = [(0_i64, 0_i64, 0_i64, 0_i64); N];
        for (slot, (ware, quantity)) in held.iter_mut().zip(&lines) {
            let variant = self.wares[*ware].variant;
            let mut take = conn.prepare_cached(TAKE)?;
            let mut rows = take.query(params![quantity, quantity, now, variant, quantity])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            *slot = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        }
        let subtotal: i64 = lines.iter().map(|(ware, quantity)| self.wares[*ware].price * quantity).sum();
        let address = &self.address;
        conn.prepare_cached(ORDER)?.execute(params![
            number,
            self.user,
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
        let order = conn.last_insert_rowid();
        for (n, ((ware, quantity), (snapshot, version, available, reserved))) in (1_i64..).zip(lines.iter().zip(&held))
        {
            let ware = &self.wares[*ware];
            let price = ware.price;
            let line =
                params![order, n, ware.product, ware.variant, ware.sku, ware.name, price, quantity, price * quantity];
            conn.prepare_cached(ITEM)?.execute(line)?;
            let (product, variant, user) = (ware.product, ware.variant, &self.user);
            let event = params![
                snapshot, version, product, variant, -quantity, available, quantity, reserved, number, number, user,
                now
            ];
            conn.prepare_cached(EVENT)?.execute(event)?;
            conn.prepare_cached(HOLD)?.execute(params![number, n, snapshot, user, quantity, version, now, now])?;
        }
        let saga = format!("SAGA-{tick:04X}{drawn:04X}");
        let memory = r#"{"RESERVE_INVENTORY":{"forward":null,"memory":null},"about":{"payment":null}}"#;
        conn.prepare_cached(SAGA)?.execute(params![saga, number, number, memory, now + 600_000, self.user, now])?;
        let (created, reserved) = self.events(&number, subtotal, &lines);
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
}

/// Milliseconds since 1970.
#[allow(clippy::disallowed_methods, reason = "the bare baseline has no clock of its own")]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or_default())
}

impl<const N: usize> Order<N> {
    fn events(&self, number: &str, total: i64, lines: &[(usize, i64); N]) -> (String, String) {
        let mut created = format!(
            r#"{{"orderNumber":"{number}","userId":"{}","totalAmount":{total},"currency":"KRW","itemCount":{N},"items":["#,
            self.user
        );
        let mut reserved = format!(r#"{{"orderNumber":"{number}","userId":"{}","reservedQuantities":{{"#, self.user);
        for (n, (ware, quantity)) in lines.iter().enumerate() {
            let ware = &self.wares[*ware];
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
}
