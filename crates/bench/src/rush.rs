//! The rush: many people want one of a few coupons, or of a few units of a deal, and each gets an answer.

use crate::{
    How, Outcome,
    client::request,
    load::{self, Load, Summary},
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests, rows,
    side::Ask,
};
use ports::gate::{MemoryGate, conformance};
use std::{
    path::{Path as FilePath, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use web::BASE;

/// The names of the paths here.
pub const PATHS: &[&str] = &["coupon", "sold-out", "deal"];
/// One of so many people gets one.
const PEOPLE_TO_ONE: u64 = 20;

/// A side with its database file, and how its users show who they are.
struct Member {
    name: &'static str,
    process: Process,
    path: PathBuf,
    users: Arc<[String]>,
    base: &'static str,
}

/// What people want.
#[derive(Clone, Copy)]
enum Thing {
    Coupon,
    Deal,
}

impl Thing {
    /// The request of a user for the thing with this id.
    fn wanted(self, member: &Member, id: i64, user: &str) -> Vec<u8> {
        let ours = member.base == BASE;
        let (path, body) = match self {
            Thing::Coupon => (format!("{}/coupons/{id}/issue", member.base), None),
            Thing::Deal if ours => (format!("{BASE}/time-deals/purchase"), Some(requests::deal_body(id))),
            Thing::Deal => ("/purchase".to_owned(), Some(requests::deal_body(id))),
        };
        request("POST", &path, Some(user), body.as_deref())
    }

    fn make(self, units: u64) -> Ask {
        match self {
            Thing::Coupon => Ask::Coupon { total: units },
            Thing::Deal => Ask::Deal { units },
        }
    }
}

/// Measures the paths that are named.
pub fn measure(how: &How, wanted: &[String], folder: &FilePath) -> Outcome<Vec<Path>> {
    let (ours, bare) = open(how, folder)?;
    let mut paths = Vec::new();
    for name in wanted {
        paths.push(match name.as_str() {
            "coupon" => rush(how, "coupon", Thing::Coupon, [&ours, &bare])?,
            "deal" => rush(how, "deal", Thing::Deal, [&ours, &bare])?,
            _ => sold_out(how, &ours)?,
        });
    }
    Ok(paths)
}

fn open(how: &How, folder: &FilePath) -> Outcome<(Member, Member)> {
    let (path, copy) = (folder.join("rush.db"), folder.join("bare-rush.db"));
    let process = Process::start(&["ours", &format!("sqlite:{}", path.display())])?;
    process.ask::<Duration>(Ask::Drain)?;
    let wares = serde_json::to_string(&process.hello.wares)?;
    let tokens: Vec<String> = process.ask(Ask::Tokens { users: how.people.max(requests::USERS) })?;
    let (from, to) = (path.display().to_string(), copy.display().to_string());
    let bare = Process::start(&["bare-rush", &from, &to, "--wares", &wares])?;
    let ids: Vec<String> = (0..tokens.len() as u64).map(requests::user_id).collect();
    let ours = Member { name: "ours", process, path, users: tokens.into(), base: BASE };
    Ok((ours, Member { name: "bare", process: bare, path: copy, users: ids.into(), base: "" }))
}

/// Everybody asks once. Whatever comes first, as many get one as there are.
fn rush(how: &How, name: &str, thing: Thing, members: [&Member; 2]) -> Outcome<Path> {
    let notes = same_rows(thing, members)?;
    let mut sides = members.map(|member| Side { name: member.name.to_owned(), rounds: Vec::new() });
    for n in 0..how.rounds {
        for (member, side) in members.iter().zip(&mut sides) {
            eprintln!("{}: round {} of {}", member.name, n + 1, how.rounds);
            side.rounds.push(Measured::of(&member.process, |_| everybody(how, thing, member))?);
        }
    }
    let unit = "somebody got one or was refused; one of twenty gets one, durable";
    let goal = "15,000 decisions a second";
    let mut path = Path::new(name, unit, goal, sides.into());
    path.notes = notes;
    let gone = how.people / PEOPLE_TO_ONE;
    path.notes.push(format!("in every round exactly {gone} of {} got one", how.people));
    Ok(path)
}

fn everybody(how: &How, thing: Thing, member: &Member) -> Outcome<Summary> {
    let units = how.people / PEOPLE_TO_ONE;
    let id: i64 = member.process.ask(thing.make(units))?;
    let users = member.users.iter().take(usize::try_from(how.people)?);
    let wanted: Arc<[Vec<u8>]> = users.map(|user| thing.wanted(member, id, user)).collect();
    let won = Arc::new(AtomicU64::new(0));
    let load = Load { units: Some(how.people), rate: None, ..how.load() };
    let summary = load::run(load, member.process.hello.address, requests::rush(wanted, Arc::clone(&won)))?;
    let got = won.load(Ordering::Relaxed);
    if got != units {
        return Err(format!("{got} got one of {units}").into());
    }
    Ok(summary)
}

/// One user gets one on each side; the rows that this added are compared.
fn same_rows(thing: Thing, members: [&Member; 2]) -> Outcome<Vec<String>> {
    let added = |member: &Member| {
        let id: i64 = member.process.ask(thing.make(1))?;
        let before = rows::count(&member.path)?;
        let wanted: Arc<[Vec<u8>]> = [thing.wanted(member, id, &member.users[0])].into();
        let got = load::run(Load::once(1, 1), member.process.hello.address, requests::unit(wanted, 201))?;
        if !got.failed.is_empty() {
            return Err(format!("the first one was refused: {:?}", got.failed).into());
        }
        member.process.ask::<Duration>(Ask::Drain)?;
        Outcome::Ok(rows::added(&before, &rows::count(&member.path)?))
    };
    let (ours, bare) = (added(members[0])?, added(members[1])?);
    let same = if rows::alike(&ours, &bare) { "the same rows" } else { "DIFFERENT ROWS: the ratio is not fair" };
    Ok(vec![format!("{same}; ours adds {}", rows::shown(&ours)), format!("bare adds {}", rows::shown(&bare))])
}

/// Everything is gone, and people still ask.
fn sold_out(how: &How, ours: &Member) -> Outcome<Path> {
    let id: i64 = ours.process.ask(Ask::Coupon { total: 1 })?;
    let users = ours.users.iter().take(usize::try_from(requests::USERS)?);
    let wanted: Arc<[Vec<u8>]> = users.map(|user| Thing::Coupon.wanted(ours, id, user)).collect();
    let last: Arc<[Vec<u8>]> = [wanted[0].clone()].into();
    load::run(Load::once(1, 1), ours.process.hello.address, requests::unit(last, 201))?;
    // the first user has one, and gets another refusal of the same status
    let refusal = "x".repeat(REFUSAL_BYTES);
    let empty = Process::start(&["plain", "--page", &refusal])?;
    let nothing: Arc<[Vec<u8>]> = [request("GET", "/empty", None, None)].into();
    let mut sides = ["ours", "empty handler"].map(|name| Side { name: name.to_owned(), rounds: Vec::new() });
    for _ in 0..how.rounds {
        let round = |process: &Process, requests: &Arc<[Vec<u8>]>, status| {
            let to = process.hello.address;
            Measured::of(process, |_| Ok(load::run(how.load(), to, requests::unit(Arc::clone(requests), status))?))
        };
        sides[0].rounds.push(round(&ours.process, &wanted, 409)?);
        sides[1].rounds.push(round(&empty, &nothing, 200)?);
    }
    let unit = "somebody was refused because all coupons are gone";
    let mut path = Path::new("sold-out", unit, "60 % of an empty handler", sides.into());
    path.figures = vec![gate_alone(how)?];
    Ok(path)
}

/// What the gate refuses in a second on one thread, with the looks of those whom it lets through and without HTTP and a database.
fn gate_alone(how: &How) -> Outcome<Figure> {
    /// Refusals between two looks at the clock.
    const REFUSALS: u64 = 1_000;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (gate, mut rows) = (MemoryGate::default(), conformance::Rows::of(1, 1, None));
    let (mut count, began) = (0, Instant::now());
    runtime.block_on(async {
        while began.elapsed() < how.load().time {
            for n in 0..REFUSALS {
                rows.ask(&gate, conformance::user(n), 1).await;
            }
            count += REFUSALS;
        }
    });
    let value = count as f64 / began.elapsed().as_secs_f64();
    Ok(Figure { name: "the gate alone, on one thread".to_owned(), unit: "decisions/s".to_owned(), value })
}

/// Bytes of the body of a refusal that says that all coupons are gone.
const REFUSAL_BYTES: usize = 190;
