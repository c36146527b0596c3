//! The same shop on several databases, in interleaved rounds.

use crate::{
    Cli, Outcome,
    load::{self, Round},
    ours::Ours,
    paths,
    report::{Counters, Measured, Path, Side},
};
use std::{
    path::Path as FilePath,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{DatabaseUrl, args};
use testdb::{Kind, Server, Space};
use web::BASE;

/// The smallest job: one guarded update and a commit. Jobs share no row as long as there are enough rows.
const TOUCH: &str = "update store_probe set written_at = written_at + 1 where id = ? and written_at >= 0";
const MAKE: &str = "insert into store_probe (id, written_at) values (?, ?) {on conflict ignore: id}";
/// Rows that small jobs change.
const ROWS: i64 = 1_000;

/// A shop on one of the databases.
struct Rig {
    name: &'static str,
    ours: Ours,
    _place: Option<(Space, Server)>,
}

impl Rig {
    fn open(wanted: &str, folder: &FilePath) -> Outcome<Rig> {
        let (name, kind) = match wanted.split(':').next().unwrap_or_default() {
            "sqlite" => ("sqlite", None),
            "postgres" | "postgresql" => ("postgres", Some(Kind::Postgres)),
            "mysql" | "mariadb" => ("mysql", Some(Kind::MySql)),
            other => return Err(format!("--database {other}: is none of sqlite, postgres and mysql").into()),
        };
        let place = match kind {
            Some(kind) if !wanted.contains(':') => {
                let server = Server::durable(kind, folder)?;
                Some((server.space(), server))
            }
            _ => None,
        };
        let url = match &place {
            Some((space, _)) => space.url().parse()?,
            None if wanted.contains(':') => wanted.parse()?,
            None => DatabaseUrl::Sqlite(folder.join("ours.db")),
        };
        let ours = Ours::at(url)?;
        let rows = ours.app.db.write_blocking("bench.rows", |tx| {
            (0..ROWS).try_for_each(|id| tx.exec(MAKE, args![id, 0_i64]).map(|_| ()))
        });
        rows?;
        ours.drain()?;
        Ok(Rig { name, ours, _place: place })
    }

    fn round(&self, run: impl FnOnce(&Ours) -> Outcome<Round>) -> Outcome<Measured> {
        let before = Counters::of(&self.ours.app.db);
        let round = run(&self.ours)?;
        let after = Counters::of(&self.ours.app.db);
        let began = Instant::now();
        self.ours.drain()?;
        Ok(Measured::of(&round, before, after, began.elapsed().max(Duration::from_millis(1))))
    }
}

/// One thing to measure on every database.
struct Measure {
    name: &'static str,
    unit: &'static str,
    run: fn(&Cli, &Ours) -> Outcome<Round>,
}

const MEASURES: &[Measure] = &[
    Measure {
        name: "small",
        unit: "one guarded update in a job of its own, through Db::write: the raw limit",
        run: small,
    },
    Measure { name: "orders", unit: "order of three lines placed over HTTP, durable", run: orders },
    Measure { name: "checkout", unit: "cart, order, payment, delivery made; three requests", run: checkout },
];

fn small(cli: &Cli, ours: &Ours) -> Outcome<Round> {
    let job = |n: u64| {
        let (db, id) = (ours.app.db.clone(), i64::try_from(n % ROWS.unsigned_abs()).unwrap_or(0));
        async move { db.write("bench.touch", move |tx| tx.exec(TOUCH, args![id])).await.is_ok() }
    };
    paths::flood(cli, ours.handle(), job)
}

fn orders(cli: &Cli, ours: &Ours) -> Outcome<Round> {
    let requests = paths::order_requests(ours, &format!("{BASE}/orders"), true);
    Ok(load::run(cli.load(), ours.address, paths::unit(Arc::clone(&requests), 201))?)
}

fn checkout(cli: &Cli, ours: &Ours) -> Outcome<Round> {
    paths::checkouts(ours, cli.load())
}

/// Measures the databases of the command line in turns.
pub fn measure(cli: &Cli, folder: &FilePath) -> Outcome<Vec<Path>> {
    let rigs: Vec<Rig> = cli.database.iter().map(|wanted| Rig::open(wanted, folder)).collect::<Outcome<_>>()?;
    let mut measured = Vec::new();
    for measure in MEASURES {
        let mut sides: Vec<Side> = rigs.iter().map(|rig| Side { name: rig.name, rounds: Vec::new() }).collect();
        for n in 0..cli.rounds {
            for (rig, side) in rigs.iter().zip(&mut sides) {
                eprintln!("{} on {}: round {} of {}", measure.name, rig.name, n + 1, cli.rounds);
                side.rounds.push(rig.round(|ours| (measure.run)(cli, ours))?);
            }
        }
        measured.push(Path::new(measure.name, measure.unit, "what a shop on this database can expect", sides));
    }
    let notes = notes(&rigs, &measured)?;
    measured.iter_mut().find(|path| path.name == "orders").into_iter().for_each(|path| path.notes = notes.clone());
    Ok(measured)
}

/// What an order costs on each database, compared with the smallest job.
fn notes(rigs: &[Rig], measured: &[Path]) -> Outcome<Vec<String>> {
    let rate = |path: &str, at: usize| {
        let path = measured.iter().find(|measured| measured.name == path)?;
        path.sides.get(at)?.median().map(|median| median.rate)
    };
    let mut notes = Vec::new();
    for (at, rig) in rigs.iter().enumerate() {
        let [(statements, round_trips), (keyed, round_trips_keyed)] = paths::cost_of_an_order(&rig.ours)?;
        let ratio = rate("orders", at).zip(rate("small", at)).map_or(0.0, |(orders, small)| orders / small);
        let again = rig.ours.app.db.counts().retried;
        notes.push(format!(
            "{}: {statements} statements and {round_trips} round trips an order, {keyed} and {round_trips_keyed} with an \
             idempotency key; orders ÷ small jobs = {ratio:.2}; {again} jobs were run again in all",
            rig.name
        ));
    }
    Ok(notes)
}
