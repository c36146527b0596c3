//! Whether a shop gets slower as it grows: what an order costs, the start of the server, lists and the audit, at several numbers
//! of orders.

use crate::{
    How, Outcome, grown, ours, paths,
    process::Process,
    report::{Figure, Measured, Path, Side},
    side::Ask,
};
use std::{
    path::Path as FilePath,
    time::{Duration, Instant},
};
use store::DatabaseUrl;

/// Requests of an administrator; each is sent [`TIMES`] times and the median counts.
const LISTS: [(&str, &str); 11] = [
    ("newest orders", "/admin/orders?size=20"),
    ("orders by status", "/admin/orders?status=PAID&size=20"),
    ("orders by a product", "/admin/orders?product=mug&size=20"),
    ("orders by a product that none has", "/admin/orders?product=teapot&size=20"),
    ("orders by a word", "/admin/orders?keyword=mug&size=20"),
    ("orders by a part of a name that none has", "/admin/orders?name=gildong&size=20"),
    ("all products", "/admin/products?size=20"),
    ("movements of a product", "/inventory/1/movements?size=20"),
    ("newest sagas", "/admin/sagas?size=20"),
    ("sagas by status", "/admin/sagas?status=COMPLETED&size=20"),
    ("newest events", "/admin/events?size=20"),
];
const TIMES: usize = 5;
/// Parts of an audit that the report names, the slowest first.
const PARTS_NAMED: usize = 8;

/// Measures a shop at each of `levels` orders, ascending.
pub fn measure(how: &How, folder: &FilePath, levels: &[i64]) -> Outcome<Path> {
    let large = folder.join("large.db");
    let (mut sides, mut figures, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for level in levels {
        let began = Instant::now();
        grown::grow(&DatabaseUrl::Sqlite(large.clone()), *level)?;
        let grown_in = began.elapsed();
        // a copy, because the orders of a measurement cannot be grown further
        let file = folder.join(format!("{level}.db"));
        std::fs::copy(&large, &file)?;
        let mut figure = |name: &str, unit: &str, value: f64| {
            figures.push(Figure { name: format!("{level} orders: {name}"), unit: unit.to_owned(), value });
        };
        figure("grown until here", "ms", ms(grown_in));
        figure("file", "MiB", std::fs::metadata(&file)?.len() as f64 / f64::from(1 << 20));
        let shop = Process::start(&["ours", &format!("sqlite:{}", file.display())])?;
        figure("start", "ms", ms(shop.hello.started));
        for (name, path) in LISTS {
            figure(name, "ms", ms(list(&shop, path)?));
        }
        let parts: Vec<(String, Duration)> = shop.ask(Ask::Audit)?;
        figure("audit of everything", "ms", ms(parts.iter().map(|(_, time)| *time).sum()));
        notes.push(format!("{level} orders: the audit took longest in {}", longest(parts)));
        let rounds = (0..how.rounds)
            .map(|_| Measured::of(&shop, |shop| paths::round(how, shop, "orders")))
            .collect::<Outcome<_>>()?;
        sides.push(Side { name: format!("{level} orders"), rounds });
        drop(shop);
        std::fs::remove_file(&file)?;
    }
    let unit = "order of three lines placed over HTTP, durable, in a shop that has so many paid ones already";
    let mut path = Path::new("growth", unit, "1.2 times the cost at most; lists 20 ms, audit 10 s a million", sides);
    (path.figures, path.notes) = (figures, notes);
    Ok(path)
}

/// The slowest parts of an audit. The database's own check runs beside the others, so only what is left of it at their end counts.
fn longest(mut parts: Vec<(String, Duration)>) -> String {
    parts.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
    let named = parts.iter().take(PARTS_NAMED).map(|(name, time)| format!("{name} {:.0} ms", ms(*time)));
    named.collect::<Vec<_>>().join(", ")
}

fn list(shop: &Process, path: &str) -> Outcome<Duration> {
    let mut times = (0..TIMES).map(|_| timed(shop, path)).collect::<Outcome<Vec<_>>>()?;
    times.sort_unstable();
    Ok(times[TIMES / 2])
}

fn timed(shop: &Process, path: &str) -> Outcome<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    runtime.block_on(ours::send(shop.hello.address, "GET", path, Some(&shop.hello.admin), None))?;
    Ok(began.elapsed())
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
