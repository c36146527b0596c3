//! What is measured: each path with its sides, in interleaved rounds. Each side is a process of its own.

use crate::{
    How, Outcome,
    client::request,
    flood::{Flood, What},
    load::{self, Summary},
    ours,
    process::Process,
    report::{Measured, Path, Side},
    requests, rows,
    side::Ask,
};
use std::{
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::Duration,
};
use web::BASE;

/// A side of the comparison, with its database file.
struct Member {
    name: &'static str,
    process: Process,
    path: PathBuf,
}

/// Everything a round needs.
struct Rig<'a> {
    how: &'a How,
    ours: Member,
    bare: Member,
    schema_1: Member,
}

/// Measures the paths that are named, or all.
pub fn measure(how: &How, wanted: &[String], folder: &FilePath) -> Outcome<Vec<Path>> {
    let rig = Rig::open(how, folder)?;
    let wants = |path: &str| wanted.is_empty() || wanted.iter().any(|name| name == path);
    let mut paths = Vec::new();
    if wants("orders") {
        paths.push(rig.orders()?);
    }
    if wants("core") {
        paths.push(rig.core()?);
    }
    if wants("product") {
        paths.push(rig.product()?);
    }
    if wants("checkout") {
        paths.push(rig.checkout()?);
    }
    Ok(paths)
}

/// A round of ours on a database of any kind, by the name of its path.
pub fn round(how: &How, side: &Process, path: &str) -> Outcome<Summary> {
    let to = side.hello.address;
    Ok(match path {
        "small" => side.ask(Ask::Flood(flood(how, What::Touch)))?,
        "orders" => {
            let signed = requests::orders(&side.hello, &format!("{BASE}/orders"), true);
            load::run(how.load(), to, requests::unit(signed, 201))?
        }
        "checkout" => load::run(how.load(), to, requests::purchase(&side.hello))?,
        other => return Err(format!("there is no path {other}").into()),
    })
}

fn flood(how: &How, what: What) -> Flood {
    let load = how.load();
    Flood { what, jobs: how.jobs, warm_up: load.warm_up, time: load.time }
}

impl Rig<'_> {
    fn open<'a>(how: &'a How, folder: &FilePath) -> Outcome<Rig<'a>> {
        let path = folder.join("ours.db");
        let process = Process::start(&["ours", &format!("sqlite:{}", path.display())])?;
        process.ask::<Duration>(Ask::Drain)?;
        let wares = serde_json::to_string(&process.hello.wares)?;
        let product = format!("/products/{}", process.hello.wares[0].product);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let page = runtime.block_on(ours::send(process.hello.address, "GET", &product, None, None))?;
        let page = String::from_utf8(page)?;
        let ours = Member { name: "ours", process, path };
        let bare = |name, file: &str, schema: &[&str]| {
            let path = folder.join(file);
            let (from, to) = (ours.path.display().to_string(), path.display().to_string());
            let given = ["bare", &from, &to, "--wares", &wares, "--page", &page];
            Outcome::Ok(Member { name, process: Process::start(&[&given, schema].concat())?, path })
        };
        let schema_1 = bare("bare, schema 1", "schema1.db", &["--schema-1"])?;
        Ok(Rig { how, bare: bare("bare", "bare.db", &[])?, ours, schema_1 })
    }

    /// Runs rounds in turns: ours, then the others.
    fn turns(&self, others: &[&Member], run: impl Fn(&Member) -> Outcome<Summary>) -> Outcome<Vec<Side>> {
        let members = [&[&self.ours], others].concat();
        let mut sides: Vec<Side> =
            members.iter().map(|member| Side { name: member.name.to_owned(), rounds: Vec::new() }).collect();
        for n in 0..self.how.rounds {
            for (member, side) in members.iter().zip(&mut sides) {
                eprintln!("{}: round {} of {}", member.name, n + 1, self.how.rounds);
                side.rounds.push(Measured::of(&member.process, |_| run(member))?);
            }
        }
        Ok(sides)
    }

    fn is_ours(&self, member: &Member) -> bool {
        std::ptr::eq(member, &self.ours)
    }

    fn orders(&self) -> Outcome<Path> {
        let plain = requests::orders(&self.ours.process.hello, "/orders", false);
        let mut notes = self.same_rows()?;
        let [(cost, _), (keyed, _)]: [(u64, u64); 2] = self.ours.process.ask(Ask::Cost)?;
        let sides = self.turns(&[&self.bare, &self.schema_1], |member| {
            if self.is_ours(member) {
                return round(self.how, &member.process, "orders");
            }
            Ok(load::run(self.how.load(), member.process.hello.address, requests::unit(Arc::clone(&plain), 201))?)
        })?;
        let goal = "more than bare, schema 1, and at most 20 KiB of log (`bench pages`)";
        let mut path = Path::new("orders", "order of three lines placed over HTTP, durable", goal, sides);
        notes.push(format!("{cost} statements an order, {keyed} with an idempotency key; savepoints not counted"));
        path.notes = notes;
        Ok(path)
    }

    /// Places one order on each side and compares its rows with those of today's bare side.
    fn same_rows(&self) -> Outcome<Vec<String>> {
        let added = |member: &Member| {
            let before = rows::count(&member.path)?;
            member.process.ask::<()>(Ask::Place { from: 3, to: 4 })?;
            member.process.ask::<Duration>(Ask::Drain)?;
            Outcome::Ok(rows::parted(rows::added(&before, &rows::count(&member.path)?)))
        };
        let ((ours, views), (bare, _), (old, _)) = (added(&self.ours)?, added(&self.bare)?, added(&self.schema_1)?);
        let same = if rows::alike(&ours, &bare) { "the same rows" } else { "DIFFERENT ROWS: the ratio is not fair" };
        let [ours, bare, old, views] = [&ours, &bare, &old, &views].map(rows::shown);
        let behind = "ours alone keeps read models behind the order, which count in its rate, CPU and KiB";
        Ok(vec![
            format!("{same}; the order of ours adds {ours}"),
            format!("bare adds {bare}"),
            format!("schema 1 adds {old}"),
            format!("{behind}: {views}, and rows that it changes"),
        ])
    }

    fn core(&self) -> Outcome<Path> {
        let sides = self.turns(&[&self.bare, &self.schema_1], |member| {
            member.process.ask(Ask::Flood(flood(self.how, What::Order)))
        })?;
        let unit = "the same order through Db::write, without HTTP, durable";
        Ok(Path::new("core", unit, "more than bare, schema 1", sides))
    }

    fn product(&self) -> Outcome<Path> {
        let page = |product: i64| request("GET", &format!("{BASE}/products/{product}"), None, None);
        let pages: Arc<[Vec<u8>]> = self.ours.process.hello.wares.iter().map(|ware| page(ware.product)).collect();
        let empty: Arc<[Vec<u8>]> = [request("GET", "/empty", None, None)].into();
        let mut sides = self.turns(&[&self.bare], |member| {
            let (to, requests) = match member.process.hello.empty {
                Some(empty_handler) => (empty_handler, &empty),
                None => (member.process.hello.address, &pages),
            };
            Ok(load::run(self.how.load(), to, requests::unit(Arc::clone(requests), 200))?)
        })?;
        sides[1].name = "empty handler".to_owned();
        Ok(Path::new("product", "product detail over HTTP", "80 % of an empty handler", sides))
    }

    fn checkout(&self) -> Outcome<Path> {
        let sides = self.turns(&[], |member| round(self.how, &member.process, "checkout"))?;
        let unit = "cart, order, payment, delivery made; three requests";
        let mut path = Path::new("checkout", unit, "twice the rate of commit fa2dae0", sides);
        path.notes.push(format!("{} deliveries were made", rows::count(&self.ours.path)?["deliveries"].0));
        Ok(path)
    }
}
