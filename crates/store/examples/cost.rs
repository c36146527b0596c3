//! What one job costs: the writes of a three-line order (18 statements) through `Db::write`, beside bare rusqlite sending
//! the same statements in one transaction per batch. `cargo run --release -p store --example cost [-- FOLDER]`

use kernel::{Clock, Result, Timestamp};
use rusqlite::{Connection, params};
use std::{
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Arg, DatabaseUrl, Db, Migration, Settings, Tx, args};

const ORDERS: i64 = 40_000;
const CALLERS: i64 = 256;
const BARE_BATCH: i64 = 64;
const VARIANTS: i64 = 1_000;
const CARTS: i64 = 20_000;

#[derive(Debug)]
struct Wall;
impl Clock for Wall {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::from_millis(since.as_millis() as i64)
    }
}

const SCHEMA: Migration = Migration {
    name: "cost/0001_tables",
    sql: "
create table variants (id {id}, sku varchar(40) not null, name varchar(200) not null, price bigint not null) {table};
create table carts (id {id}, user_id varchar(36) not null, status varchar(20) not null) {table};
create index carts_user on carts (user_id, status);
create table cart_items (id {id}, cart_id bigint not null, variant_id bigint not null, quantity bigint not null) {table};
create index cart_items_cart on cart_items (cart_id);
create table stock (variant_id bigint not null primary key, available bigint not null, reserved bigint not null,
    version bigint not null) {table};
create table orders (id {id}, number varchar(30) not null unique, user_id varchar(36) not null, status varchar(20) not null,
    total bigint not null, address {text} not null, created_at bigint not null) {table};
create index orders_user on orders (user_id, id);
create table order_items (id {id}, order_id bigint not null, variant_id bigint not null, name varchar(200) not null,
    price bigint not null, quantity bigint not null) {table};
create index order_items_order on order_items (order_id);
create table reservations (id {id}, order_number varchar(30) not null, variant_id bigint not null,
    quantity bigint not null, status varchar(20) not null) {table};
create index reservations_order on reservations (order_number);
create table ledger (id {id}, variant_id bigint not null, version bigint not null, kind varchar(20) not null, change bigint not null,
    reference varchar(30) not null, at bigint not null, unique (variant_id, version)) {table};
create table sagas (id {id}, number varchar(30) not null unique, order_number varchar(30) not null,
    step varchar(40) not null, status varchar(20) not null, version bigint not null) {table};
",
};

const CART: &str = "select id, status from carts where user_id = ? and status = ?";
const LINES: &str = "select id, variant_id, quantity from cart_items where cart_id = ? order by id";
const VARIANTS_OF: &str = "select id, sku, name, price from variants where id in ([?]) order by id";
const NUMBER_FREE: &str = "select count(*) from orders where number = ?";
const RESERVE: &str = "update stock set available = available - [case variant_id],
    reserved = reserved + [case variant_id], version = version + 1
    where variant_id in ([?]) and available >= [case variant_id]";
const LEVELS: &str = "select variant_id, available, reserved, version from stock where variant_id in ([?])";
const RESERVATIONS: &str =
    "insert into reservations (order_number, variant_id, quantity, status) values [(?, ?, ?, ?)]";
const LEDGER: &str =
    "insert into ledger (variant_id, version, kind, change, reference, at) values [(?, ?, ?, ?, ?, ?)]";
const ORDER: &str =
    "insert into orders (number, user_id, status, total, address, created_at) values (?, ?, ?, ?, ?, ?)";
const ITEMS: &str = "insert into order_items (order_id, variant_id, name, price, quantity) values [(?, ?, ?, ?, ?)]";
const CART_DONE: &str = "update carts set status = ? where id = ? and status = ?";
const SAGA: &str = "insert into sagas (number, order_number, step, status, version) values (?, ?, ?, ?, ?)";
const SAGA_STEP: &str = "update sagas set step = ?, status = ?, version = version + 1 where number = ? and version = ?";
const ORDER_BACK: &str = "select id, number, user_id, status, total, address, created_at from orders where id = ?";
const ITEMS_BACK: &str = "select id, variant_id, name, price, quantity from order_items where order_id = ? order by id";
const CLAIM: &str = "insert into idempotency_records (scope, idem_key, request_hash, created_at) values (?, ?, ?, ?)
    {on conflict ignore: scope}";
const ANSWER: &str = "update idempotency_records set status = ?, body = ? where scope = ? and idem_key = ?";
const ADDRESS: &str =
    r#"{"receiverName":"Kim Minji","receiverPhone":"010-0000-0000","zipCode":"04524","address1":"110 Sejong-daero"}"#;

const HASH: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderCreated {
    order_number: String,
    user_id: String,
    total_amount: i64,
    items: Vec<(i64, i64)>,
}
impl kernel::Event for OrderCreated {
    const TOPIC: &'static str = "shopping.order.created";
    fn key(&self) -> String {
        self.order_number.clone()
    }
}

fn lines_of(n: i64) -> [(i64, i64); 3] {
    let first = n * 7_919 % VARIANTS;
    let mut lines = [(first + 1, 1), ((first + 331) % VARIANTS + 1, 2), ((first + 662) % VARIANTS + 1, 1)];
    lines.sort_unstable();
    lines
}

/// 18 statements, the last two being the outbox rows and the idempotent answer.
fn place(tx: &mut Tx<'_>, n: i64) -> Result<i64> {
    let user = format!("018f2b6e-5a51-7c3e-9d0b-{:012}", n % CARTS);
    let (number, saga) = (format!("ORD-20260206-{n:08}"), format!("SAGA-{n:08}"));
    let key = format!("key-{n}");
    let now = tx.now();
    tx.exec(CLAIM, args![user, key, HASH, now])?;
    let cart = tx.query_one(CART, args![user, "ACTIVE"], |row| row.get::<i64>(0))?;
    let in_cart: i64 = tx.query(LINES, args![cart], |row| row.get::<i64>(2))?.iter().sum();
    let lines = lines_of(n);
    let ids: Vec<i64> = lines.iter().map(|line| line.0).collect();
    let pairs = lines.to_vec();
    let found = tx.query(VARIANTS_OF, args![Arg::list(&ids)], |row| {
        Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get::<i64>(3)?))
    })?;
    assert_eq!(tx.query_one(NUMBER_FREE, args![number], |row| row.get::<i64>(0))?, 0);
    let reserved =
        tx.exec(RESERVE, &[Arg::Pairs(pairs.clone()), Arg::Pairs(pairs.clone()), Arg::list(&ids), Arg::Pairs(pairs)])?;
    assert_eq!(reserved, 3);
    let levels = tx.query(LEVELS, args![Arg::list(&ids)], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(3)?)))?;
    let rows = lines.iter().map(|l| args![number, l.0, l.1, "RESERVED"].to_vec()).collect();
    tx.insert_rows(RESERVATIONS, rows)?;
    let rows = levels.iter().map(|l| args![l.0, l.1, "RESERVED", -1_i64, number, now].to_vec()).collect();
    tx.insert_rows(LEDGER, rows)?;
    let total: i64 = found.iter().map(|v| v.3).sum::<i64>() + in_cart;
    let order = tx.insert(ORDER, args![number, user, "PENDING", total, ADDRESS, now])?;
    let rows = found.iter().zip(&lines).map(|(v, l)| args![order, v.0, v.2, v.3, l.1].to_vec()).collect();
    tx.insert_rows(ITEMS, rows)?;
    tx.exec(CART_DONE, args!["ACTIVE", cart, "ACTIVE"])?;
    tx.exec(SAGA, args![saga, number, "RESERVE_INVENTORY", "STARTED", 1_i64])?;
    tx.exec(SAGA_STEP, args!["PROCESS_PAYMENT", "STARTED", saga, 1_i64])?;
    let back = tx.query_one(ORDER_BACK, args![order], |row| row.get::<String>(1))?;
    let items = tx.query(ITEMS_BACK, args![order], |row| Ok((row.get::<i64>(1)?, row.get::<i64>(4)?)))?;
    tx.emit(&OrderCreated { order_number: back.clone(), user_id: user.clone(), total_amount: total, items })?;
    tx.exec(ANSWER, args![201_i64, ADDRESS, user, key])?;
    Ok(order)
}

fn fill(tx: &mut Tx<'_>) -> Result<()> {
    let rows = (1..=VARIANTS)
        .map(|n| args![n, format!("SKU-{n}"), format!("Mug number {n}"), 9_000 + n].iter().map(owned).collect());
    tx.insert_rows("insert into variants (id, sku, name, price) values [(?, ?, ?, ?)]", rows.collect())?;
    let rows = (1..=VARIANTS).map(|n| vec![Arg::Int(n), Arg::Int(100_000_000), Arg::Int(0), Arg::Int(0)]).collect();
    tx.insert_rows("insert into stock (variant_id, available, reserved, version) values [(?, ?, ?, ?)]", rows)?;
    let rows = (0..CARTS)
        .map(|n| vec![Arg::Int(n + 1), Arg::Owned(format!("018f2b6e-5a51-7c3e-9d0b-{n:012}")), Arg::Text("ACTIVE")])
        .collect();
    tx.insert_rows("insert into carts (id, user_id, status) values [(?, ?, ?)]", rows)?;
    let rows = (0..CARTS * 3).map(|n| vec![Arg::Int(n / 3 + 1), Arg::Int(n % VARIANTS + 1), Arg::Int(1)]).collect();
    tx.insert_rows("insert into cart_items (cart_id, variant_id, quantity) values [(?, ?, ?)]", rows)?;
    Ok(())
}

fn owned(arg: &Arg<'_>) -> Arg<'static> {
    match arg {
        Arg::Int(n) => Arg::Int(*n),
        Arg::Text(text) => Arg::Owned((*text).to_owned()),
        _ => Arg::Null,
    }
}

const PRICE: &str = "select price from variants where id = ?";
const TAKE: &str = "update stock set available = available - 1 where variant_id = ? and available >= 1";

fn open_again(path: &Path) -> Result<Db> {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    let settings = Settings { readers: 1, seed: Some(1), ..Settings::of(url, Arc::new(Wall)) };
    Db::open(settings)
}

async fn open(path: &Path) -> Result<Db> {
    let db = open_again(path)?;
    db.migrate([store::MIGRATIONS, &[SCHEMA]].concat()).await?;
    db.write("fill", fill).await?;
    Ok(db)
}

async fn through_db(path: &Path) -> Result<(Duration, f64)> {
    let db = open(path).await?;
    let next = Arc::new(AtomicI64::new(0));
    let before = db.counts();
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (db, next) = (db.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= ORDERS {
                        return;
                    }
                    db.write("place", move |tx| place(tx, n)).await.expect("an order");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("a caller");
    }
    let took = started.elapsed();
    let after = db.counts();
    Ok((took, (after.jobs - before.jobs) as f64 / (after.commits - before.commits) as f64))
}

async fn one_small_job(path: &Path) -> Result<(Duration, Duration)> {
    let db = open(path).await?;
    let small = |db: Db| async move {
        for n in 0..2_000_i64 {
            db.write("small", move |tx| tx.exec(TAKE, args![n % VARIANTS + 1])).await?;
        }
        Ok::<_, kernel::Error>(())
    };
    let started = Instant::now();
    small(db.clone()).await?;
    let alone = started.elapsed() / 2_000;
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(small(db.clone()))).collect();
    for caller in callers {
        caller.await.expect("a caller")?;
    }
    Ok((alone, started.elapsed() / (2_000 * CALLERS as u32)))
}

async fn one_small_read(path: &Path) -> Result<Duration> {
    let db = open_again(path)?;
    let small = |db: Db| async move {
        for n in 0..1_000_i64 {
            db.read("small", move |tx| tx.query_one(PRICE, args![n % VARIANTS + 1], |row| row.get::<i64>(0))).await?;
        }
        Ok::<_, kernel::Error>(())
    };
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(small(db.clone()))).collect();
    for caller in callers {
        caller.await.expect("a caller")?;
    }
    Ok(started.elapsed() / (1_000 * CALLERS as u32))
}

/// What `place` sends, in its order, with how often its lists repeat for three lines.
const SENT: [(&str, &[Times]); 18] = [
    (CLAIM, &[]),
    (CART, &[]),
    (LINES, &[]),
    (VARIANTS_OF, &[Times::List]),
    (NUMBER_FREE, &[]),
    (RESERVE, &[Times::Pairs, Times::Pairs, Times::List, Times::Pairs]),
    (LEVELS, &[Times::List]),
    (RESERVATIONS, &[Times::Rows(4)]),
    (LEDGER, &[Times::Rows(6)]),
    (ORDER, &[]),
    (ITEMS, &[Times::Rows(5)]),
    (CART_DONE, &[]),
    (SAGA, &[]),
    (SAGA_STEP, &[]),
    (ORDER_BACK, &[]),
    (ITEMS_BACK, &[]),
    (OUTBOX, &[]),
    (ANSWER, &[]),
];
const OUTBOX: &str = "insert into outbox (topic, event_key, payload, created_at) values (?, ?, ?, ?)";

/// A list argument of three values.
#[derive(Clone, Copy)]
enum Times {
    List,
    Pairs,
    Rows(usize),
}

impl Times {
    fn arg(self) -> Arg<'static> {
        match self {
            Times::List => Arg::List(vec![Arg::Int(1); 3]),
            Times::Pairs => Arg::Pairs(vec![(1, 1); 3]),
            Times::Rows(width) => Arg::Rows(vec![vec![Arg::Int(1); width]; 3]),
        }
    }
}

/// The same statements with the same values, prepared once, 64 orders per transaction, no savepoints, and no callers that wait.
fn bare(path: &Path) -> rusqlite::Result<Duration> {
    let conn = Connection::open(path)?;
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch("pragma synchronous = full; pragma wal_autocheckpoint = 2048; pragma cache_size = -65536")?;
    let prepare = |(sql, times): &(&str, &[Times])| {
        let args: Vec<Arg<'_>> = times.iter().map(|times| times.arg()).collect();
        conn.prepare(&store::Dialect::Sqlite.render(sql, &args))
    };
    let mut sent = SENT.iter().map(prepare).collect::<rusqlite::Result<Vec<_>>>()?;
    let started = Instant::now();
    for first in (0..ORDERS).step_by(BARE_BATCH as usize) {
        conn.execute_batch("begin immediate")?;
        for n in first..(first + BARE_BATCH).min(ORDERS) {
            place_barely(&conn, &mut sent, n)?;
        }
        conn.execute_batch("commit")?;
    }
    Ok(started.elapsed())
}

fn place_barely(conn: &Connection, sent: &mut [rusqlite::Statement<'_>], n: i64) -> rusqlite::Result<()> {
    let user = format!("018f2b6e-5a51-7c3e-9d0b-{:012}", n % CARTS);
    let (number, saga) = (format!("ORD-20260206-{n:08}"), format!("SAGA-{n:08}"));
    let (key, now) = (format!("key-{n}"), 1_770_000_000_000_i64);
    sent[0].execute((&user, &key, HASH, now))?;
    let cart: i64 = sent[1].query_row((&user, "ACTIVE"), |row| row.get(0))?;
    let in_cart: i64 = sent[2].query_map([cart], |row| row.get::<_, i64>(2))?.map(|q| q.unwrap_or(0)).sum();
    let [(a, x), (b, y), (c, z)] = lines_of(n);
    let variant = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let found: Vec<(i64, String, String, i64)> = sent[3].query_map([a, b, c, c], variant)?.collect::<Result<_, _>>()?;
    let _: i64 = sent[4].query_row([&number], |row| row.get(0))?;
    let (case, list) = ([a, x, b, y, c, z, c, z], [a, b, c, c]);
    let all = case.iter().chain(&case).chain(&list).chain(&case);
    assert_eq!(sent[5].execute(rusqlite::params_from_iter(all))?, 3);
    let level = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(3)?));
    let l: Vec<(i64, i64)> = sent[6].query_map([a, b, c, c], level)?.collect::<Result<_, _>>()?;
    let (r, m) = ("RESERVED", -1_i64);
    sent[7].execute(params![number, a, x, r, number, b, y, r, number, c, z, r])?;
    let of = |n: usize| (l[n].0, l[n].1);
    let ((p, q), (s, t), (u, v)) = (of(0), of(1), of(2));
    sent[8].execute(params![p, q, r, m, number, now, s, t, r, m, number, now, u, v, r, m, number, now])?;
    let total: i64 = found.iter().map(|v| v.3).sum::<i64>() + in_cart;
    sent[9].execute((&number, &user, "PENDING", total, ADDRESS, now))?;
    let order = conn.last_insert_rowid();
    let [f, g, h] = &found[..] else { unreachable!("three variants") };
    sent[10].execute(params![order, f.0, f.2, f.3, x, order, g.0, g.2, g.3, y, order, h.0, h.2, h.3, z])?;
    sent[11].execute(("ACTIVE", cart, "ACTIVE"))?;
    sent[12].execute((&saga, &number, "RESERVE_INVENTORY", "STARTED", 1))?;
    sent[13].execute(("PROCESS_PAYMENT", "STARTED", &saga, 1))?;
    let back: String = sent[14].query_row([order], |row| row.get(1))?;
    let item = |row: &rusqlite::Row<'_>| Ok((row.get(1)?, row.get(4)?));
    let items = sent[15].query_map([order], item)?.collect::<Result<_, _>>()?;
    let event = OrderCreated { order_number: back.clone(), user_id: user.clone(), total_amount: total, items };
    sent[16].execute((
        <OrderCreated as kernel::Event>::TOPIC,
        &number,
        serde_json::to_string(&event).unwrap_or_default(),
        now,
    ))?;
    sent[17].execute((201, ADDRESS, &user, &key))?;
    Ok(())
}

/// The time of one `fsync` of a freshly written page, the middle one of 200.
fn fsync(folder: &Path) -> std::io::Result<Duration> {
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[7; 4_096])?;
        let started = Instant::now();
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[100])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(here)?;
    println!("fsync of one page: {:?}", fsync(folder.path())?);
    let (alone, together) = one_small_job(&folder.path().join("small.db")).await?;
    println!("one guarded update: {alone:?} by a single caller, {together:?} each with {CALLERS} callers");
    println!("one row read: {:?} each with {CALLERS} callers", one_small_read(&folder.path().join("small.db")).await?);
    drop(open(&folder.path().join("bare.db")).await?);
    let alone_in_it = bare(&folder.path().join("bare.db"))?;
    let (took, shared) = through_db(&folder.path().join("db.db")).await?;
    let each = |all: Duration| all.as_secs_f64() * 1e6 / ORDERS as f64;
    println!(
        "bare rusqlite: {:.1} µs an order ({:.0}/s), {BARE_BATCH} in a commit",
        each(alone_in_it),
        1e6 / each(alone_in_it)
    );
    println!("Db::write: {:.1} µs an order ({:.0}/s), {shared:.0} in a commit", each(took), 1e6 / each(took));
    println!("in process: {:.0} % of bare", 100.0 * each(alone_in_it) / each(took));
    Ok(())
}
