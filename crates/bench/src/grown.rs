//! A large shop, made in minutes: a few orders are placed and paid over HTTP, and SQL copies their rows with other numbers. The
//! copies keep every promise that the audit checks, so the shop can be measured as if buyers had filled it.

use crate::{Outcome, ours::Ours};
use kernel::number::ALPHABET;
use ports::SystemClock;
use serde_json::{Value, json};
use std::{sync::Arc, time::Instant};
use store::{
    Arg, DatabaseUrl, Db, Tx, args,
    schema::{Kind, Schema},
};

/// Orders that are copied. Each has three products of its own, so that stock is not one hot row.
const TEMPLATES: usize = 33;
/// Copies of each template in one job.
const AT_ONCE: i64 = 100;
/// Time between two copies of a template, in ms: a million orders then take eleven days.
const APART_MS: i64 = 30_000;
/// Signs of a number by which the copies differ.
const SIGNS: u32 = 8;

const COPIES: &str = "create table bench_copies (template varchar(30) not null, payment varchar(30) not null,
    saga varchar(30) not null, tracking varchar(30) not null, transaction_id varchar(30) not null, j bigint not null,
    signs varchar(8) not null primary key) {table}";
const TEMPLATE: &str = "select o.order_number, p.payment_number, s.saga_id, d.tracking_number, p.transaction_id
    from orders o join payments p on p.order_number = o.order_number
    join saga_runs s on s.event_key = o.order_number join deliveries d on d.order_number = o.order_number
    order by o.id limit ?";
const MADE: &str = "select s.version - r.settled_version from inventory_reservations r
    join inventory_snapshots s on s.id = r.snapshot_id where r.order_number = ? order by r.line_no limit 1";
const ADD: &str = "insert into bench_copies (template, payment, saga, tracking, transaction_id, j, signs)
    values [(?, ?, ?, ?, ?, ?, ?)]";
/// Each copy has taken what its template took.
const STOCK: &str = "update inventory_snapshots set version = version + ? * 2,
    available = available - ? * (select r.quantity from inventory_reservations r
                                  where r.order_number = ? and r.snapshot_id = inventory_snapshots.id)
    where id in (select r.snapshot_id from inventory_reservations r where r.order_number = ?)";
const PLACED: &str = "update outbox set {position} = id where {position} is null";
const RECEIVED: &str = "update consumer_positions set position = (select max({position}) from outbox)";

/// The tables of an order, and how the rows of a template are found.
const TABLES: [(&str, &str); 9] = [
    ("orders", "join orders t on t.order_number = n.template"),
    ("order_items", "join orders p on p.order_number = n.template join order_items t on t.order_id = p.id"),
    ("payments", "join payments t on t.order_number = n.template"),
    ("deliveries", "join deliveries t on t.order_number = n.template"),
    (
        "delivery_history",
        "join deliveries p on p.order_number = n.template join delivery_history t on t.delivery_id = p.id",
    ),
    ("saga_runs", "join saga_runs t on t.event_key = n.template"),
    ("inventory_reservations", "join inventory_reservations t on t.order_number = n.template"),
    (
        "inventory_events",
        "join inventory_reservations r on r.order_number = n.template join inventory_events t
            on t.snapshot_id = r.snapshot_id and t.aggregate_version in (r.reserved_version, r.settled_version)",
    ),
    ("outbox", "join outbox t on t.event_key = n.template"),
];

/// A template, with its numbers.
type Template = [String; 5];

/// Fills the shop at `url` until it has at least `orders` paid orders. Makes the shop when the database is empty. No server
/// may run on it.
pub fn grow(url: &DatabaseUrl, orders: i64) -> Outcome<()> {
    if !is_shop(url)? {
        place_templates(url)?;
    }
    let db = Db::open(store::Settings::of(url.clone(), Arc::new(SystemClock)))?;
    let began = Instant::now();
    let templates = db.read_blocking("bench.templates", |tx| {
        tx.query(TEMPLATE, args![TEMPLATES as i64], |row| {
            Ok([row.next()?, row.next()?, row.next()?, row.next()?, row.next()?])
        })
    })?;
    let first: String = templates.first().map(|one: &Template| one[0].clone()).ok_or("the shop has no templates")?;
    let made = db.read_blocking("bench.made", move |tx| tx.query_one(MADE, args![first], |row| row.get::<i64>(0)))? / 2;
    let wanted = orders / templates.len() as i64;
    let statements: Arc<[&'static str]> = db.read_blocking("bench.schema", statements)?.into();
    let templates: Arc<[Template]> = templates.into();
    db.write_blocking("bench.copies", |tx| tx.exec(COPIES, args![]))?;
    for from in (made + 1..=wanted).step_by(AT_ONCE as usize) {
        let to = (from + AT_ONCE - 1).min(wanted);
        let (templates, statements) = (Arc::clone(&templates), Arc::clone(&statements));
        db.write_blocking("bench.grow", move |tx| copy(tx, &templates, &statements, (from, to), wanted))?;
        eprint!("\r{} orders after {:.0} s", to * TEMPLATES as i64, began.elapsed().as_secs_f64());
    }
    eprintln!();
    db.write_blocking("bench.grown", |tx| {
        tx.exec("drop table bench_copies", args![])?;
        tx.exec(PLACED, args![])?;
        tx.exec(RECEIVED, args![])
    })?;
    // the copies have no events that were received
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(report::rebuild::run(&db, false))?;
    db.close_blocking();
    Ok(())
}

fn is_shop(url: &DatabaseUrl) -> Outcome<bool> {
    let db = Db::open(store::Settings::of(url.clone(), Arc::new(SystemClock)))?;
    let tables = db.read_blocking("bench.tables", |tx| Ok(Schema::found(tx)?.tables.contains_key("orders")))?;
    db.close_blocking();
    Ok(tables)
}

/// Places and pays the orders that are copied.
fn place_templates(url: &DatabaseUrl) -> Outcome<()> {
    let ours = Ours::at(url.clone())?;
    for n in 0..TEMPLATES {
        let token = ours.hello().tokens[n].clone();
        let items: Vec<Value> = ours.hello().wares[3 * n..3 * n + 3]
            .iter()
            .map(|ware| json!({"productId": ware.product, "quantity": 1}))
            .collect();
        let order = json!({"items": items, "shippingAddress": {"receiverName": "김하늘", "receiverPhone": "010-1234-5678",
            "zipCode": "04524", "address1": "서울시 중구 세종대로 110", "address2": "3층"}});
        let placed = ours.call("POST", "/orders", Some(&token), Some(&order.to_string()))?;
        let placed: Value = serde_json::from_slice(&placed)?;
        let number = placed["data"]["orderNumber"].as_str().ok_or("an order without a number")?;
        let payment = json!({"orderNumber": number, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"});
        ours.call("POST", "/payments", Some(&token), Some(&payment.to_string()))?;
    }
    ours.drain().map(|_| ())
}

/// Copies the rows of every template.
fn copy(
    tx: &mut Tx<'_>,
    templates: &[Template],
    statements: &[&'static str],
    (from, to): (i64, i64),
    upto: i64,
) -> kernel::Result<()> {
    tx.exec("delete from bench_copies", args![])?;
    let copies = (from..=to).flat_map(|j| (0..).zip(templates).map(move |(k, template)| (j, k, template)));
    let rows = copies.map(|(j, k, template): (i64, i64, &Template)| {
        let numbers = template.iter().map(|number| Arg::Text(number));
        numbers.chain([Arg::Int(j), Arg::Owned(signs(j * TEMPLATES as i64 + k))]).collect()
    });
    tx.insert_rows(ADD, rows.collect())?;
    for sql in statements {
        let earlier = sql.matches('?').map(|_| Arg::Int(upto)).collect::<Vec<_>>();
        tx.exec(sql, &earlier)?;
    }
    for [order, ..] in templates {
        tx.exec(STOCK, args![to - from + 1, to - from + 1, order, order])?;
    }
    Ok(())
}

/// A number as signs of printed numbers.
fn signs(number: i64) -> String {
    let base = ALPHABET.len() as i64;
    (0..SIGNS).rev().map(|place| char::from(ALPHABET[(number / base.pow(place) % base) as usize])).collect()
}

/// One statement for each table, with the columns that it has. Each `?` in them is the number of the last copy.
fn statements(tx: &mut Tx<'_>) -> kernel::Result<Vec<&'static str>> {
    let schema = Schema::found(tx)?;
    let made = TABLES.iter().map(|(table, rows)| {
        let columns = &schema.tables[*table].columns;
        let columns: Vec<&str> = columns
            .iter()
            .filter(|column| column.kind != Kind::Automatic && !(*table == "outbox" && column.name == "position"))
            .map(|column| column.name.as_str())
            .collect();
        let values: Vec<String> = columns.iter().map(|column| value(table, column)).collect();
        let (columns, values) = (columns.join(", "), values.join(", "));
        let sql =
            format!("insert into {table} ({columns}) select {values} from bench_copies n {rows} order by n.signs");
        &*Box::leak(sql.into_boxed_str())
    });
    Ok(made.collect())
}

/// What a copy has in a column.
fn value(table: &str, column: &str) -> String {
    let number = |prefix: &str| format!("concat('{prefix}', n.signs)");
    // the day of the template stays
    let order = "concat(substr(n.template, 1, 13), n.signs)".to_owned();
    match (table, column) {
        ("order_items", "order_id") => format!("(select c.id from orders c where c.order_number = {order})"),
        ("delivery_history", "delivery_id") => {
            format!("(select c.id from deliveries c where c.order_number = {order})")
        }
        (_, "order_number" | "event_key" | "live_key" | "reference_id" | "correlation_id" | "subject_id") => order,
        (_, "payment_number") => number("PAY-"),
        (_, "tracking_number") => number("TRK-2222"),
        (_, "saga_id") => number("SAGA-"),
        (_, "transaction_id") => number("PG-2222"),
        (_, "memory" | "payload") => replaced(column, &order),
        (_, "aggregate_version" | "reserved_version" | "settled_version") => format!("t.{column} + n.j * 2"),
        ("inventory_events", "quantity_after") => "t.quantity_after - n.j * abs(t.reserved_change)".to_owned(),
        (_, name) if name.ends_with("_at") || name == "at_time" => format!("t.{name} - (? - n.j) * {APART_MS}"),
        (_, name) => format!("t.{name}"),
    }
}

/// JSON with the numbers of the copy.
fn replaced(column: &str, order: &str) -> String {
    let numbers = [
        ("n.template", order),
        ("n.payment", "concat('PAY-', n.signs)"),
        ("n.saga", "concat('SAGA-', n.signs)"),
        ("n.tracking", "concat('TRK-2222', n.signs)"),
        ("n.transaction_id", "concat('PG-2222', n.signs)"),
    ];
    numbers.iter().fold(format!("t.{column}"), |text, (old, new)| format!("replace({text}, {old}, {new})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use server::{assembly, audit, config::Config};

    #[test]
    fn a_grown_shop_keeps_every_promise() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("shop.db"));
        grow(&url, 500).unwrap();
        grow(&url, 1_000).unwrap();
        let settings = Config::of(None, [], &[]).unwrap().settings;
        let db = Db::open(store::Settings::of(url, Arc::new(SystemClock))).unwrap();
        let count = |tx: &mut Tx<'_>| tx.query_one("select count(*) from orders", args![], |row| row.get::<i64>(0));
        assert_eq!(db.read_blocking("count", count).unwrap(), 33 + 990);
        let ports = ports::Ports {
            gateway: Arc::new(ports::gateway::Simulated::approving()),
            reviews: Arc::new(ports::NoReviews),
            gate: Arc::new(ports::MemoryGate::default()),
            carriers: Arc::new(ports::NoCarriers),
        };
        let app = assembly::app(&settings, db, ports).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let looked = runtime.block_on(audit::look_inside(&app)).unwrap();
        assert_eq!(looked.found.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>(), Vec::<String>::new());
    }
}
