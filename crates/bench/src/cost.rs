//! `bench cost`: what a purchase costs in statements, round trips and bytes on each database.
//!
//! One buyer puts a product into a cart, orders it and pays, again and again and alone, so that each job can be counted. The server
//! of a database is reached through a proxy that counts what passes: it sees what begins and ends transactions, too.

use crate::{How, Outcome, databases, ours::Ours};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write, path::Path, time::Duration};
use store::{Cost, Costs, DatabaseUrl};
use testdb::{Proxy, Server, Space};

/// Purchases before counting, which also prepare the statements.
const WARM_UP: usize = 20;
/// Purchases that are counted.
const COUNTED: u64 = 50;
/// One connection for each kind of job is enough for one buyer, and its statements are soon prepared.
const CONNECTIONS: &[(&str, &str)] = &[("database.readers", "1"), ("database.writers", "1")];

/// Pause after each purchase, in which the relay delivers its events.
const REST: Duration = Duration::from_millis(15);

/// A shop on one of the databases, behind a proxy if it has a server.
struct Rig {
    name: &'static str,
    ours: Ours,
    proxy: Option<Proxy>,
    _place: Option<(Space, Server)>,
}

impl Rig {
    fn open(wanted: &str, folder: &Path) -> Outcome<Rig> {
        if wanted.contains(':') {
            return Err("bench cost counts on databases that it starts: sqlite, postgres or mysql".into());
        }
        let (name, kind) = databases::named(wanted)?;
        let Some(kind) = kind else {
            let ours = Ours::with(DatabaseUrl::Sqlite(folder.join("cost.db")), CONNECTIONS)?;
            return Ok(Rig { name, ours, proxy: None, _place: None });
        };
        let server = Server::durable(kind, folder)?;
        let space = server.space();
        let proxy = Proxy::counting_before(kind, space.url());
        let ours = Ours::with(proxy.url(space.url()).parse()?, CONNECTIONS)?;
        Ok(Rig { name, ours, proxy: Some(proxy), _place: Some((space, server)) })
    }

    fn passed(&self) -> (u64, u64) {
        self.proxy.as_ref().map_or((0, 0), |proxy| (proxy.statements(), proxy.bytes()))
    }

    fn purchase(&self, key: Option<usize>) -> Outcome<()> {
        let ours = &self.ours;
        let call = |path: &str, body: Value| -> Outcome<Value> {
            let key = key.map(|n| format!("{path}-{n}"));
            Ok(serde_json::from_slice(&ours.post(path, key.as_deref(), &body.to_string())?)?)
        };
        call("/cart/items", json!({"productId": ours.hello().wares[0].product, "quantity": 1}))?;
        let address = json!({"receiverName": "김미나", "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "세종대로 110"});
        let placed = call("/orders", json!({"shippingAddress": address}))?;
        let order = placed["data"]["orderNumber"].as_str().ok_or("an order without number")?;
        call("/payments", json!({"orderNumber": order, "paymentMethod": "CARD", "paymentKey": "approve"}))?;
        std::thread::sleep(REST);
        Ok(())
    }

    fn counted(&self, keys: bool) -> Outcome<Counted> {
        let key = |n: usize| keys.then_some(n);
        (0..WARM_UP).try_for_each(|n| self.purchase(key(n)))?;
        let (costs, passed) = (self.ours.app.db.costs(), self.passed());
        (0..COUNTED as usize).try_for_each(|n| self.purchase(key(WARM_UP + n)))?;
        let after = self.passed();
        let jobs = difference(&costs, &self.ours.app.db.costs());
        Ok(Counted { jobs, sent: after.0 - passed.0, bytes: after.1 - passed.1 })
    }
}

/// What [`COUNTED`] purchases cost together.
struct Counted {
    jobs: Costs,
    /// Statements that passed the proxy.
    sent: u64,
    bytes: u64,
}

fn difference(before: &Costs, after: &Costs) -> Costs {
    let less = |(job, cost): (&&'static str, &Cost)| {
        let known = before.get(job).copied().unwrap_or_default();
        let (runs, statements) = (cost.runs - known.runs, cost.statements - known.statements);
        (*job, Cost { runs, statements, round_trips: cost.round_trips - known.round_trips })
    };
    after.iter().map(less).filter(|(_, cost)| cost.runs > 0).collect()
}

/// The jobs of requests; every other job runs in the background.
const OF_REQUESTS: &[(&str, &str)] = &[
    ("cart.add", "a line into a new cart"),
    ("checkout.place", "the order is placed"),
    ("checkout.pay", "the payment begins"),
    ("saga.settle", "the gateway's answer: stock, parcel, order"),
];

/// Runs and prints the tables.
pub fn print(how: &How, folder: &Path) -> Outcome<()> {
    let all = ["sqlite", "postgres", "mysql"].map(str::to_owned);
    let wanted = if how.database.is_empty() { &all[..] } else { &how.database[..] };
    let rigs: Vec<Rig> = wanted.iter().map(|wanted| Rig::open(wanted, folder)).collect::<Outcome<_>>()?;
    for keys in [false, true] {
        let counted: Vec<Counted> = rigs.iter().map(|rig| rig.counted(keys)).collect::<Outcome<_>>()?;
        println!("{}", table(&rigs, &counted, keys)?);
    }
    Ok(())
}

fn table(rigs: &[Rig], counted: &[Counted], keys: bool) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let title = if keys { "with idempotency keys" } else { "without idempotency keys" };
    writeln!(out, "\nOne purchase, {title}: statements / round trips\n")?;
    writeln!(out, "| | {} |", rigs.iter().map(|rig| rig.name).collect::<Vec<_>>().join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(rigs.len()))?;
    let mut row = |name: &str, cell: &dyn Fn(&Counted) -> String| {
        writeln!(out, "| {name} | {} |", counted.iter().map(cell).collect::<Vec<_>>().join(" | "))
    };
    for (job, what) in OF_REQUESTS {
        row(&format!("{what} (`{job}`)"), &|counted| pair(counted.jobs.get(job).copied().unwrap_or_default()))?;
    }
    row("**whole purchase**", &|counted| {
        let of_requests = |job: &str| OF_REQUESTS.iter().any(|(wanted, _)| *wanted == job);
        pair(sum(&counted.jobs, of_requests))
    })?;
    row("relay and tasks meanwhile", &|counted| {
        pair(sum(&counted.jobs, |job| OF_REQUESTS.iter().all(|(request, _)| *request != job)))
    })?;
    row("everything that the server was sent, with `begin`, `commit` and savepoints", &|counted| each(counted.sent))?;
    row("bytes to and from the server", &|counted| each(counted.bytes))?;
    let background: BTreeMap<_, ()> = counted.iter().flat_map(|one| one.jobs.keys().map(|job| (*job, ()))).collect();
    for job in background.keys().filter(|job| OF_REQUESTS.iter().all(|(request, _)| request != *job)) {
        row(&format!("`{job}`"), &|counted| pair(counted.jobs.get(job).copied().unwrap_or_default()))?;
    }
    Ok(out)
}

fn sum(jobs: &Costs, wanted: impl Fn(&str) -> bool) -> Cost {
    let mut sum = Cost::default();
    for cost in jobs.iter().filter(|(job, _)| wanted(job)).map(|(_, cost)| cost) {
        sum.runs += cost.runs;
        sum.statements += cost.statements;
        sum.round_trips += cost.round_trips;
    }
    sum
}

fn pair(cost: Cost) -> String {
    format!("{} / {}", each(cost.statements), each(cost.round_trips))
}

/// For one purchase.
fn each(count: u64) -> String {
    let each = count as f64 / COUNTED as f64;
    if (each - each.round()).abs() < 0.05 { format!("{each:.0}") } else { format!("{each:.1}") }
}
