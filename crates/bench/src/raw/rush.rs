//! Bare coupons and deals: the least that an HTTP server in Rust can do to give each of many people one of a few things. The
//! guarded row decides, and a thing that is known to be sold out costs no write, as in the shop.

use super::{
    commit::{Job, Writer},
    order::{Address, Order, Schema, Ware, now_ms},
};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

const HOLD: &str =
    "insert into user_coupons (coupon_id, user_id, issued_at, expires_at, changed_at) values (?, ?, ?, ?, ?)
    on conflict do nothing returning id";
const COUNT: &str = "update coupons set issued_quantity = issued_quantity + 1
    where id = ? and issued_quantity < total_quantity";
const SAY: &str =
    "insert into outbox (topic, event_key, payload, created_at) values ('shopping.coupon.issued', ?, ?, ?)";
const TAKE: &str = "update time_deal_products set sold_quantity = sold_quantity + 1
    where id = ? and sold_quantity + 1 <= deal_quantity and opens_at <= ? and closes_at > ? returning variant_id";
const ALLOW: &str = "insert into time_deal_allowances (deal_product_id, user_id, units) values (?, ?, 1)
    on conflict do nothing";
const BUY: &str = "insert into time_deal_purchases (deal_product_id, user_id, order_number, product_name, quantity,
    unit_price, purchased_at) values (?, ?, ?, ?, 1, ?, ?)";
const MAKE_COUPON: &str = "insert into coupons (code, code_key, name, discount_type, discount_value, total_quantity,
    issued_quantity, listed, starts_at, expires_at, created_at, updated_at, version)
    values (?1, ?1, 'Rush', 'FIXED', 1000, ?2, 0, 1, 0, ?3, ?4, ?4, 1) returning id";
const MAKE_DEAL: &str = "insert into time_deals (name, starts_at, ends_at, held_apart, created_at, updated_at, version)
    values ('Rush', 0, ?, 0, ?, ?, 1) returning id";
const MAKE_DEAL_PRODUCT: &str =
    "insert into time_deal_products (deal_id, product_id, variant_id, deal_price, deal_quantity,
    sold_quantity, max_per_user, opens_at, closes_at) values (?, ?, ?, 7000, ?, 0, 1, 0, ?) returning id";
/// The part of an event that is the same for all.
const OFFER: &str = r#""discountType":"FIXED","discountValue":1000,"issuedAt":"2026-02-06T00:00:00.000Z","expiresAt":"2100-01-01T00:00:00.000Z""#;
/// A time that no run reaches, in milliseconds.
const LATER: i64 = 4_102_444_800_000;

/// What people of a rush want, or what they want it from.
pub enum Ticket {
    Coupon { coupon: i64, user: String },
    Deal { product: i64, order: Order<1> },
    Make(Make),
}

/// Something that there are few of.
#[derive(Debug, Clone, Copy)]
pub enum Make {
    Coupon { total: u64 },
    Deal { units: u64 },
}

impl Job for Ticket {
    /// The id of what was written.
    type Answer = String;

    fn write(&self, conn: &Connection) -> rusqlite::Result<Option<String>> {
        match self {
            Ticket::Coupon { coupon, user } => issue(conn, *coupon, user),
            Ticket::Deal { product, order } => buy(conn, *product, order),
            Ticket::Make(what) => make(conn, *what).map(|id| Some(id.to_string())),
        }
    }
}

fn issue(conn: &Connection, coupon: i64, user: &str) -> rusqlite::Result<Option<String>> {
    let now = now_ms();
    let mut hold = conn.prepare_cached(HOLD)?;
    let held: Option<i64> = hold.query_row(params![coupon, user, now, LATER, now], |row| row.get(0)).optional()?;
    let Some(id) = held else { return Ok(None) };
    if conn.prepare_cached(COUNT)?.execute([coupon])? == 0 {
        return Ok(None);
    }
    let said = format!(
        r#"{{"couponId":{coupon},"userCouponId":{id},"userId":"{user}","couponCode":"RUSH-{coupon}","couponName":"Rush",{OFFER}}}"#
    );
    conn.prepare_cached(SAY)?.execute(params![format!("user-coupon-{id}"), said, now])?;
    Ok(Some(id.to_string()))
}

fn buy(conn: &Connection, product: i64, order: &Order<1>) -> rusqlite::Result<Option<String>> {
    let now = now_ms();
    let mut take = conn.prepare_cached(TAKE)?;
    let taken: Option<i64> = take.query_row(params![product, now, now], |row| row.get(0)).optional()?;
    if taken.is_none() || conn.prepare_cached(ALLOW)?.execute(params![product, order.user])? == 0 {
        return Ok(None);
    }
    let Some(number) = order.written(conn)? else { return Ok(None) };
    let ware = &order.wares[order.lines[0].0];
    conn.prepare_cached(BUY)?.execute(params![product, order.user, number, ware.name, 7_000, now])?;
    Ok(Some(number))
}

fn make(conn: &Connection, what: Make) -> rusqlite::Result<i64> {
    let now = now_ms();
    let id = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    match what {
        Make::Coupon { total } => {
            let code = format!("RUSH-{now}-{total}");
            conn.query_row(MAKE_COUPON, params![code, whole(total), LATER, now], id)
        }
        Make::Deal { units } => {
            let deal = conn.query_row(MAKE_DEAL, params![LATER, now, now], id)?;
            let (ware, variant) =
                conn.query_row("select product_id, variant_id from inventory_snapshots limit 1", [], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })?;
            conn.query_row(MAKE_DEAL_PRODUCT, params![deal, ware, variant, whole(units), LATER], id)
        }
    }
}

/// A number as a column has it.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What the bare handlers know.
#[derive(Clone)]
pub struct Shop {
    pub writer: Writer<Ticket>,
    wares: Arc<[Ware]>,
    serial: Arc<AtomicU64>,
    /// The coupon and the product of a deal that are known to be sold out.
    sold_out: Arc<[AtomicI64; 2]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purchase {
    time_deal_product_id: i64,
    shipping_address: Address,
}

impl Shop {
    pub fn new(writer: Writer<Ticket>, wares: Arc<[Ware]>) -> Shop {
        Shop { writer, wares, serial: Arc::new(AtomicU64::new(1)), sold_out: Arc::default() }
    }

    /// The router with both handlers. Their users are what the bearer token says.
    pub fn router(self) -> Router {
        Router::new().route("/coupons/{id}/issue", post(coupon)).route("/purchase", post(deal)).with_state(self)
    }

    /// Writes one, unless this thing is known to be sold out.
    async fn wants(&self, known: usize, id: i64, ticket: Ticket) -> Response {
        let sold_out = &self.sold_out[known];
        if sold_out.load(Ordering::Relaxed) != id {
            if let Some(number) = self.writer.write(ticket).await {
                let body = format!(r#"{{"success":true,"data":{{"id":"{number}","status":"AVAILABLE"}}}}"#);
                return (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body).into_response();
            }
            sold_out.store(id, Ordering::Relaxed);
        }
        let body = r#"{"success":false,"error":{"code":"S602","message":"all coupons have been issued"}}"#;
        (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// The user whom the request names.
fn user(headers: &HeaderMap) -> String {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    bearer.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default().to_owned()
}

async fn coupon(State(shop): State<Shop>, Path(coupon): Path<i64>, headers: HeaderMap) -> Response {
    shop.wants(0, coupon, Ticket::Coupon { coupon, user: user(&headers) }).await
}

async fn deal(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(wanted) = serde_json::from_slice::<Purchase>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let (serial, address) = (shop.serial.fetch_add(1, Ordering::Relaxed), Arc::new(wanted.shipping_address));
    let (wares, user) = (Arc::clone(&shop.wares), user(&headers));
    let order = Order { schema: Schema::Today, wares, lines: [(0, 1)], user, address, serial };
    let product = wanted.time_deal_product_id;
    shop.wants(1, product, Ticket::Deal { product, order }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that a source inserts into a table.
    fn columns(source: &str, table: &str) -> Vec<String> {
        let (_, after) = source.split_once(&format!("insert into {table} (")).unwrap_or_else(|| panic!("{table}"));
        let list = after.split(')').next().unwrap_or_default();
        list.split(',').map(|column| column.trim().trim_start_matches(['\\', '\n', ' ']).to_owned()).collect()
    }

    /// A column that only the shop writes would make its row dearer than the bare one, and an audit would miss it.
    #[test]
    fn a_bare_row_has_every_column_that_the_shop_writes() {
        let coupons = include_str!("../../../coupon/src/store.rs");
        let deals = include_str!("../../../timedeal/src/store.rs");
        for (table, shop, bare) in [
            ("user_coupons", coupons, HOLD),
            ("time_deal_allowances", deals, ALLOW),
            ("time_deal_purchases", deals, BUY),
        ] {
            let bare = columns(bare, table);
            let missing: Vec<String> = columns(shop, table).into_iter().filter(|name| !bare.contains(name)).collect();
            assert!(missing.is_empty(), "{table}: {missing:?}");
        }
    }
}
