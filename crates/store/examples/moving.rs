//! How long it takes to copy a shop to another database: orders with their lines and events, from a file to each server that
//! is installed and back. `cargo run --release -p store --example moving [-- ORDERS]`

use kernel::{Clock, Result, Timestamp};
use std::{sync::Arc, time::Instant};
use store::{Arg, Db, Migration, Settings, copy::Transfer};
use testdb::{Kind, Space};

/// Orders that one writing job inserts.
const AT_ONCE: i64 = 500;

#[derive(Debug)]
struct Wall;
impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::from_millis(since.as_millis() as i64)
    }
}

const SCHEMA: Migration = Migration {
    name: "moving/0001_orders",
    sql: "
create table orders (
    id {id},
    order_number varchar(30) not null,
    user_id varchar(36) not null,
    status varchar(20) not null,
    subtotal bigint not null,
    payable bigint not null,
    currency varchar(3) not null,
    receiver_name varchar(100) not null,
    address1 varchar(255) not null,
    pay_by bigint,
    paid_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    version bigint not null,
    unique (order_number)
) {table};
create index orders_of_user on orders (user_id, id);
create index orders_by_status on orders (status, created_at, id);
create table order_items (
    order_id bigint not null,
    line_number bigint not null,
    variant_id bigint not null,
    sku varchar(100) not null,
    product_name varchar(255) not null,
    unit_price bigint not null,
    quantity bigint not null,
    primary key (order_id, line_number),
    foreign key (order_id) references orders (id)
) {table};
",
};
const ORDER: &str = "insert into orders (id, order_number, user_id, status, subtotal, payable, currency, receiver_name,
    address1, pay_by, paid_at, created_at, updated_at, version) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const LINE: &str =
    "insert into order_items (order_id, line_number, variant_id, sku, product_name, unit_price, quantity)
    values [(?, ?, ?, ?, ?, ?, ?)]";
const EVENT: &str = "insert into outbox (topic, event_key, payload, created_at) values [(?, ?, ?, ?)]";

fn migrations() -> Vec<Migration> {
    [store::MIGRATIONS, &[SCHEMA]].concat()
}

fn text(value: impl Into<String>) -> Arg<'static> {
    Arg::Owned(value.into())
}

fn order(n: i64) -> Vec<Arg<'static>> {
    let paid = if n % 3 == 0 { Arg::Null } else { Arg::Int(1_770_000_000_000 + n) };
    let user = format!("{:08x}-0000-4000-8000-{:012x}", n % 977, n % 977);
    let (number, at) = (format!("ORD-20260101-{n:08}"), 1_770_000_000_000 + n);
    vec![
        Arg::Int(n),
        text(number),
        text(user),
        text(if n % 3 == 0 { "CANCELLED" } else { "PAID" }),
        Arg::Int(19_900),
        Arg::Int(19_900),
        text("KRW"),
        text("김하나"),
        text("서울특별시 마포구 월드컵북로 396, 12층"),
        Arg::Null,
        paid,
        Arg::Int(at),
        Arg::Int(at),
        Arg::Int(4),
    ]
}

fn line(order: i64, number: i64) -> Vec<Arg<'static>> {
    let variant = order * 7 % 9_973;
    let (sku, name) = (format!("SKU-{variant:06}"), format!("Product {variant} with a name as long as most"));
    vec![Arg::Int(order), Arg::Int(number), Arg::Int(variant), text(sku), text(name), Arg::Int(9_950), Arg::Int(2)]
}

fn event(n: i64) -> Vec<Arg<'static>> {
    let payload = format!("{{\"orderNumber\":\"ORD-20260101-{n:08}\",\"detail\":\"{}\"}}", "x".repeat(250));
    vec![text("shopping.order.created"), text(format!("ORD-20260101-{n:08}")), text(payload), Arg::Int(n)]
}

/// Two lines and one event for each order: four rows.
fn fill(db: &Db, orders: i64) -> Result<()> {
    let mut from = 1;
    while from <= orders {
        let upto = (from + AT_ONCE).min(orders + 1);
        db.write_blocking("fill", move |tx| {
            tx.insert_rows(ORDER, (from..upto).map(order).collect())?;
            tx.insert_rows(LINE, (from..upto).flat_map(|n| [line(n, 1), line(n, 2)]).collect())?;
            tx.insert_rows(EVENT, (from..upto).map(event).collect())
        })?;
        from = upto;
    }
    Ok(())
}

fn opened(space: &Space) -> Result<Db> {
    let url = space.url().parse()?;
    let db = Db::open(Settings::of(url, Arc::new(Wall)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(db.migrate(migrations()))?;
    Ok(db)
}

fn moved(from: (&Space, &Db), to: (&Space, &Db)) -> Result<()> {
    let began = Instant::now();
    let transfer = Transfer::new(from.1.clone(), to.1.clone(), migrations())?;
    transfer.assign_sequence_numbers()?;
    let numbered = began.elapsed();
    let copied = Arc::new(parking_lot::Mutex::new(began));
    let last = Arc::clone(&copied);
    let report = transfer.run(Arc::new(move |_| *last.lock() = Instant::now()))?;
    let (all, written) = (began.elapsed().as_secs_f64(), (*copied.lock() - began - numbered).as_secs_f64());
    println!(
        "{:>8} to {:<8} {} rows, {:.1} MB in {all:.2} s: {:.0} rows/s; written {written:.2} s, compared {:.2} s",
        from.0.kind().name(),
        to.0.kind().name(),
        report.rows(),
        report.bytes() as f64 / 1e6,
        report.rows() as f64 / all,
        all - written - numbered.as_secs_f64(),
    );
    Ok(())
}

fn main() -> Result<()> {
    let orders = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let home = Space::on(Kind::Sqlite).expect("a folder");
    let first = opened(&home)?;
    fill(&first, orders)?;
    for kind in [Kind::Postgres, Kind::MySql] {
        let Ok(away) = Space::on(kind).inspect_err(|missing| println!("skipped: {missing}")) else { continue };
        let back = Space::on(Kind::Sqlite).expect("a folder");
        let (there, home_again) = (opened(&away)?, opened(&back)?);
        moved((&home, &first), (&away, &there))?;
        moved((&away, &there), (&back, &home_again))?;
        there.close_blocking();
        home_again.close_blocking();
    }
    first.close_blocking();
    Ok(())
}
