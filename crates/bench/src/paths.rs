//! What is measured: each path with its sides, in interleaved rounds.

use crate::{
    Cli, Outcome,
    bare::BareSide,
    client::{Client, request},
    load::{self, Round},
    ours::Ours,
    pages,
    raw::order::{Address, LINES, Order, Ware},
    report::{Counters, Measured, Path, Side},
    rows,
};
use serde_json::{Value, json};
use std::{
    future::Future,
    path::Path as FilePath,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use web::BASE;

/// Everything a round needs.
struct Rig<'a> {
    cli: &'a Cli,
    ours: Ours,
    bare: BareSide,
}

/// Measures what the command line names.
pub fn measure(cli: &Cli, folder: &FilePath) -> Outcome<Vec<Path>> {
    let ours = Ours::open(folder)?;
    ours.drain()?;
    let page = ours.call("GET", &format!("/products/{}", ours.wares[0].product), None, None)?;
    let bare = BareSide::open(&ours.path, folder, Arc::clone(&ours.wares), page.into())?;
    let rig = Rig { cli, ours, bare };
    let mut paths = Vec::new();
    if cli.wants("orders") {
        paths.push(rig.orders()?);
    }
    if cli.wants("core") {
        paths.push(rig.core()?);
    }
    if cli.wants("product") {
        paths.push(rig.product()?);
    }
    if cli.wants("checkout") {
        paths.push(rig.checkout()?);
    }
    if cli.wants("pages") {
        paths.push(rig.pages()?);
    }
    Ok(paths)
}

/// Three different products for order `n`, chosen so that all products are ordered equally often.
fn lines(wares: usize, n: u64) -> [(usize, i64); LINES] {
    // steps that share no factor with the number of products, so that the three always differ
    let at = |step: u64| usize::try_from(n.wrapping_mul(7).wrapping_add(step) % wares as u64).unwrap_or(0);
    [(at(0), 1), (at(33), 2), (at(61), 1)]
}

fn address() -> Value {
    json!({"receiverName": "김하늘", "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "서울시 중구 세종대로 110", "address2": "3층"})
}

/// The body of the `n`th order.
pub fn order_body(wares: &[Ware], n: u64) -> String {
    let items =
        lines(wares.len(), n).map(|(ware, quantity)| json!({"productId": wares[ware].product, "quantity": quantity}));
    json!({"items": items, "shippingAddress": address()}).to_string()
}

/// Requests made in advance, so that making them is not measured.
pub fn order_requests(ours: &Ours, path: &str, signed: bool) -> Arc<[Vec<u8>]> {
    let tokens = &ours.tokens;
    let one = |n: usize| {
        let token = signed.then(|| tokens[n % tokens.len()].as_str());
        request("POST", path, token, Some(&order_body(&ours.wares, n as u64)))
    };
    (0..tokens.len()).map(one).collect()
}

/// Statements and round trips of one order of three lines: without and with an idempotency key.
pub fn cost_of_an_order(ours: &Ours) -> Outcome<[(u64, u64); 2]> {
    ours.cost(lines(ours.wares.len(), 5).map(|(ware, quantity)| (ours.wares[ware].product, quantity)))
}

impl Rig<'_> {
    /// Runs rounds in turns: ours, bare, ours, bare.
    fn turns(
        &self,
        names: [&'static str; 2],
        mut ours: impl FnMut() -> Outcome<Round>,
        mut theirs: impl FnMut() -> Outcome<Round>,
    ) -> Outcome<Vec<Side>> {
        let mut sides = names.map(|name| Side { name, rounds: Vec::new() });
        for n in 0..self.cli.rounds {
            eprintln!("{} and {}: round {} of {}", names[0], names[1], n + 1, self.cli.rounds);
            sides[0].rounds.push(self.ours_once(&mut ours)?);
            let before = Counters::now(self.bare.bare.writer.commits_and_jobs());
            let round = theirs()?;
            let after = Counters::now(self.bare.bare.writer.commits_and_jobs());
            sides[1].rounds.push(Measured::of(&round, before, after, Duration::ZERO));
        }
        Ok(sides.into())
    }

    fn ours_once(&self, run: &mut impl FnMut() -> Outcome<Round>) -> Outcome<Measured> {
        let before = Counters::of(&self.ours.app.db);
        let round = run()?;
        let after = Counters::of(&self.ours.app.db);
        Ok(Measured::of(&round, before, after, self.ours.drain()?))
    }

    fn orders(&self) -> Outcome<Path> {
        let signed = order_requests(&self.ours, &format!("{BASE}/orders"), true);
        let plain = order_requests(&self.ours, "/orders", false);
        let note = self.same_rows()?;
        let [(cost, _), (keyed, _)] = cost_of_an_order(&self.ours)?;
        let load = self.cli.load();
        let sides = self.turns(
            ["ours", "raw HTTP"],
            || Ok(load::run(load, self.ours.address, unit(Arc::clone(&signed), 201))?),
            || Ok(load::run(load, self.bare.orders, unit(Arc::clone(&plain), 201))?),
        )?;
        let goal = "8,000/s and 60 % of raw HTTP";
        let mut path = Path::new("orders", "order of three lines placed over HTTP, durable", goal, sides);
        path.notes = note;
        path.notes.push(format!("{cost} statements an order, {keyed} with an idempotency key; savepoints not counted"));
        Ok(path)
    }

    /// Places one order on each side and compares the rows.
    fn same_rows(&self) -> Outcome<Vec<String>> {
        let body = order_body(&self.ours.wares, 3);
        let before = rows::count(&self.ours.path)?;
        self.ours.call("POST", "/orders", Some(&self.ours.tokens[0]), Some(&body))?;
        self.ours.drain()?;
        let ours = rows::added(&before, &rows::count(&self.ours.path)?);
        let before = rows::count(&self.bare.path)?;
        self.bare
            .handle()
            .block_on(self.bare.bare.writer.write(self.bare_order(3)))
            .ok_or("the bare order was refused")?;
        let bare = rows::added(&before, &rows::count(&self.bare.path)?);
        let same = if rows::alike(&ours, &bare) { "the same rows" } else { "DIFFERENT ROWS: the ratio is not fair" };
        let (ours, bare) = (rows::shown(&ours), rows::shown(&bare));
        Ok(vec![format!("{same}; ours adds {ours}"), format!("bare adds {bare}")])
    }

    fn bare_order(&self, n: u64) -> Order {
        let address = Address {
            receiver_name: "김하늘".to_owned(),
            receiver_phone: "010-1234-5678".to_owned(),
            zip_code: "04524".to_owned(),
            address1: "서울시 중구 세종대로 110".to_owned(),
            address2: Some("3층".to_owned()),
        };
        let wares = Arc::clone(&self.bare.bare.wares);
        let user = self.ours.users[usize::try_from(n).unwrap_or(0) % self.ours.users.len()].to_string();
        Order { lines: lines(wares.len(), n), wares, user, address: Arc::new(address), serial: self.bare.bare.serial() }
    }

    fn core(&self) -> Outcome<Path> {
        let sides = self.turns(
            ["ours", "raw core"],
            || {
                let (app, wares, users) = (&self.ours.app, &self.ours.wares, &self.ours.users);
                let job = |n: u64| {
                    let user = users[usize::try_from(n).unwrap_or(0) % users.len()];
                    let wanted = lines(wares.len(), n).map(|(ware, quantity)| (wares[ware].product, quantity));
                    crate::ours::place(app.clone(), user, wanted)
                };
                flood(self.cli, self.ours.handle(), job)
            },
            || {
                let job = |n: u64| {
                    let (writer, order) = (self.bare.bare.writer.clone(), self.bare_order(n));
                    async move { writer.write(order).await.is_some() }
                };
                flood(self.cli, self.bare.handle(), job)
            },
        )?;
        let goal = "40 % of raw core";
        Ok(Path::new("core", "the same order through Db::write, without HTTP, durable", goal, sides))
    }

    /// Which pages an order writes, alone in its commit and sharing it with others.
    fn pages(&self) -> Outcome<Path> {
        let place = |n: u64| {
            let user = self.ours.users[usize::try_from(n).unwrap_or(0) % self.ours.users.len()];
            let wares = &self.ours.wares;
            let wanted = lines(wares.len(), n).map(|(ware, quantity)| (wares[ware].product, quantity));
            crate::ours::place(self.ours.app.clone(), user, wanted)
        };
        let mut notes = Vec::new();
        for (what, at_once, times) in [("alone in its commit", 1, 100), ("64 at once", 64, 20)] {
            self.ours.drain()?;
            pages::empty_log(&self.ours.path)?;
            for round in 0..times {
                let jobs: Vec<_> = (0..at_once).map(|n| self.ours.handle().spawn(place(round * at_once + n))).collect();
                for job in jobs {
                    self.ours.handle().block_on(job)?;
                }
            }
            let orders = (at_once * times) as f64;
            let written = pages::logged(&self.ours.path)?;
            let all: u64 = written.iter().map(|(_, pages)| pages).sum();
            let parts: Vec<String> =
                written.iter().map(|(name, n)| format!("{name} {:.2}", *n as f64 / orders)).collect();
            notes.push(format!("{:.1} pages an order, {what}: {}", all as f64 / orders, parts.join(", ")));
        }
        let mut path = Path::new("pages", "pages of 4 KiB written for an order of three lines", "few", Vec::new());
        path.notes = notes;
        Ok(path)
    }

    fn product(&self) -> Outcome<Path> {
        let pages =
            self.ours.wares.iter().map(|ware| request("GET", &format!("{BASE}/products/{}", ware.product), None, None));
        let pages: Arc<[Vec<u8>]> = pages.collect();
        let empty: Arc<[Vec<u8>]> = [request("GET", "/empty", None, None)].into();
        let load = self.cli.load();
        let sides = self.turns(
            ["ours", "empty handler"],
            || Ok(load::run(load, self.ours.address, unit(Arc::clone(&pages), 200))?),
            || Ok(load::run(load, self.bare.empty, unit(Arc::clone(&empty), 200))?),
        )?;
        Ok(Path::new("product", "product detail over HTTP", "60 % of an empty handler", sides))
    }

    fn checkout(&self) -> Outcome<Path> {
        let mut side = Side { name: "ours", rounds: Vec::new() };
        for n in 0..self.cli.rounds {
            eprintln!("checkout: round {} of {}", n + 1, self.cli.rounds);
            side.rounds.push(self.ours_once(&mut || checkouts(&self.ours, self.cli.load()))?);
        }
        let mut path =
            Path::new("checkout", "cart, order, payment, delivery made; three requests", "3,000/s", vec![side]);
        path.notes.push(format!("{} deliveries were made", rows::count(&self.ours.path)?["deliveries"].0));
        Ok(path)
    }
}

/// Keeps `--jobs` jobs running until the time is up.
pub fn flood<F>(cli: &Cli, on: &Handle, job: impl Fn(u64) -> F) -> Outcome<Round>
where
    F: Future<Output = bool> + Send + 'static,
{
    let load = cli.load();
    let (next, start) = (Arc::new(AtomicU64::new(0)), Instant::now() + load.warm_up);
    let end = start + load.time;
    let mut round = Round::new();
    on.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        let timed = |future: F| async move {
            let began = Instant::now();
            let good = future.await;
            (good, began, Instant::now())
        };
        for _ in 0..cli.jobs {
            running.spawn(timed(job(next.fetch_add(1, Ordering::Relaxed))));
        }
        while let Some(done) = running.join_next().await {
            let (good, began, ended) = done?;
            if ended >= start && ended < end {
                round.count(if good { Ok(()) } else { Err(1) }, ended - began);
            }
            if Instant::now() < end {
                running.spawn(timed(job(next.fetch_add(1, Ordering::Relaxed))));
            }
        }
        Outcome::Ok(())
    })?;
    round.time = load.time;
    Ok(round)
}

/// One round of whole checkouts. Every connection is one buyer with one cart.
pub fn checkouts(ours: &Ours, load: load::Load) -> Outcome<Round> {
    let (wares, tokens) = (Arc::clone(&ours.wares), Arc::clone(&ours.tokens));
    let unit = async move |client: &mut Client, connection: usize, n: u64| {
        let token = &tokens[connection % tokens.len()];
        buy(client, token, &wares, connection as u64 * 31 + n).await
    };
    Ok(load::run(load, ours.address, unit)?)
}

/// A unit that sends one of `requests` and expects the status `wanted`.
pub fn unit(
    requests: Arc<[Vec<u8>]>,
    wanted: u16,
) -> impl AsyncFn(&mut Client, usize, u64) -> std::io::Result<Result<(), u16>> + Send + 'static {
    async move |client: &mut Client, connection: usize, n: u64| {
        let at = connection.wrapping_mul(7919).wrapping_add(usize::try_from(n).unwrap_or(0)) % requests.len();
        let answer = client.call(&requests[at]).await?;
        Ok(if answer.status == wanted { Ok(()) } else { Err(answer.status) })
    }
}

/// A whole checkout of one buyer.
async fn buy(client: &mut Client, token: &str, wares: &[Ware], n: u64) -> std::io::Result<Result<(), u16>> {
    let ware = &wares[usize::try_from(n.wrapping_mul(7)).unwrap_or(0) % wares.len()];
    let item = json!({"productId": ware.product, "quantity": 1, "merge": true}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/cart/items"), Some(token), Some(&item))).await?;
    if answer.status != 200 && answer.status != 201 {
        return Ok(Err(answer.status));
    }
    let body = json!({"shippingAddress": address()}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/orders"), Some(token), Some(&body))).await?;
    let placed: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    let Some(order) = placed["data"]["orderNumber"].as_str() else { return Ok(Err(answer.status)) };
    let payment = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/payments"), Some(token), Some(&payment))).await?;
    Ok(if (200..300).contains(&answer.status) && answer.status != 202 { Ok(()) } else { Err(answer.status) })
}
