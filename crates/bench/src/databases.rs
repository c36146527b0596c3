//! The same shop on several databases, in interleaved rounds.

use crate::{
    How, Outcome, paths,
    process::Process,
    report::{Measured, Path, Side},
    side::{Ask, Counts},
};
use std::{path::Path as FilePath, time::Duration};
use testdb::{Kind, Server, Space};

/// A shop on one of the databases.
struct Rig {
    name: &'static str,
    ours: Process,
    _place: Option<(Space, Server)>,
}

impl Rig {
    fn open(wanted: &str, folder: &FilePath) -> Outcome<Rig> {
        let (name, kind) = named(wanted)?;
        let place = match kind {
            Some(kind) if !wanted.contains(':') => {
                let server = Server::durable(kind, folder)?;
                Some((server.space(), server))
            }
            _ => None,
        };
        let url = match &place {
            Some((space, _)) => space.url().to_owned(),
            None if wanted.contains(':') => wanted.to_owned(),
            None => format!("sqlite:{}", folder.join("ours.db").display()),
        };
        let ours = Process::start(&["ours", &url])?;
        ours.ask::<Duration>(Ask::Drain)?;
        Ok(Rig { name, ours, _place: place })
    }
}

/// The name of a database of the command line or of its address, and its server if it has one.
pub fn named(wanted: &str) -> Outcome<(&'static str, Option<Kind>)> {
    match wanted.split(':').next().unwrap_or_default() {
        "sqlite" => Ok(("sqlite", None)),
        "postgres" | "postgresql" => Ok(("postgres", Some(Kind::Postgres))),
        "mysql" | "mariadb" => Ok(("mysql", Some(Kind::MySql))),
        other => Err(format!("--database {other}: is none of sqlite, postgres and mysql").into()),
    }
}

/// What is measured on every database: path, unit.
const MEASURES: [(&str, &str); 3] = [
    ("small", "one guarded update in a job of its own, through Db::write: the raw limit"),
    ("orders", "order of three lines placed over HTTP, durable"),
    ("checkout", "cart, order, payment, delivery made; three requests"),
];

/// Measures the databases of the command line in turns.
pub fn measure(how: &How, folder: &FilePath) -> Outcome<Vec<Path>> {
    let rigs: Vec<Rig> = how.database.iter().map(|wanted| Rig::open(wanted, folder)).collect::<Outcome<_>>()?;
    let mut measured = Vec::new();
    for (path, unit) in MEASURES {
        let mut sides: Vec<Side> =
            rigs.iter().map(|rig| Side { name: rig.name.to_owned(), rounds: Vec::new() }).collect();
        for n in 0..how.rounds {
            for (rig, side) in rigs.iter().zip(&mut sides) {
                eprintln!("{path} on {}: round {} of {}", rig.name, n + 1, how.rounds);
                side.rounds.push(Measured::of(&rig.ours, |ours| paths::round(how, ours, path))?);
            }
        }
        measured.push(Path::new(path, unit, "what a shop on this database can expect", sides));
    }
    let notes = notes(&rigs, &measured)?;
    measured.iter_mut().find(|path| path.name == "orders").into_iter().for_each(|path| path.notes = notes.clone());
    Ok(measured)
}

/// What an order costs on each database, compared with the smallest job.
fn notes(rigs: &[Rig], measured: &[Path]) -> Outcome<Vec<String>> {
    let rate = |path: &str, at: usize| {
        let path = measured.iter().find(|measured| measured.name == path)?;
        path.sides.get(at)?.median().map(|median| median.load.rate)
    };
    let mut notes = vec!["CPU and memory are those of the shop, without the database server".to_owned()];
    for (at, rig) in rigs.iter().enumerate() {
        let [(statements, round_trips), (keyed, round_trips_keyed)]: [(u64, u64); 2] = rig.ours.ask(Ask::Cost)?;
        let ratio = rate("orders", at).zip(rate("small", at)).map_or(0.0, |(orders, small)| orders / small);
        let again = rig.ours.ask::<Counts>(Ask::Counts)?.retried;
        notes.push(format!(
            "{}: {statements} statements and {round_trips} round trips an order, {keyed} and {round_trips_keyed} with an \
             idempotency key; orders ÷ small jobs = {ratio:.2}; {again} jobs were run again in all",
            rig.name
        ));
    }
    Ok(notes)
}
