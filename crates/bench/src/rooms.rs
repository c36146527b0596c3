//! Open waiting rooms beside orders: each has fetched its page and keeps the stream open that the page names, as a browser does.

use crate::{
    How, Outcome, client,
    goods::EVENT,
    load::{self, Load, Summary},
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests,
    waiting::{Watched, admit_one, gathered, queued, watching},
};
use std::{path::Path as FilePath, thread, time::Instant};
use web::BASE;

/// The names of the paths here.
pub const PATHS: &[&str] = &["waiting-room"];
/// Orders that arrive in a second, where nothing else is asked for.
const ORDERS: f64 = 500.0;
/// What names the stream in the page.
const NAMES_STREAM: &str = "data-queue=\"";

/// Orders at a constant rate, before any room is open and beside all of them. In the middle of each round beside them one more
/// person is admitted, which every room shows.
pub fn measure(how: &How, folder: &FilePath) -> Outcome<Path> {
    let (process, tokens) = queued(how, folder)?;
    let mut alone = Side { name: "no rooms".to_owned(), rounds: Vec::new() };
    for _ in 0..how.rounds {
        alone
            .rounds
            .push(Measured::of(&process, |shop| Ok(load::run(orders(how), shop.hello.address, buying(shop))?))?);
    }
    let room = |token: &String| {
        // the cookie of a shop that is not on the visitor's own machine
        let session = format!("__Host-holdfast_access={token}");
        client::page(&format!("/queue/{EVENT}/1"), ("cookie", &session))
    };
    let rooms: Vec<Vec<u8>> = watching(how, &tokens)?.iter().map(room).collect();
    let before = process.look()?.1.resident_kib;
    let (paths, fetched) = gathered(&process, rooms, |body| stream_of(&String::from_utf8_lossy(body)))?;
    let watched = Watched::open(process, &paths)?;
    let open = watched.process.look()?.1.resident_kib;
    let (mut beside, mut shown) = (Side { name: "open rooms".to_owned(), rounds: Vec::new() }, Vec::new());
    for n in 0..how.rounds as u64 {
        let round = Measured::of(&watched.process, |shop| {
            let (ordered, seen) = round(how, shop, &watched, n)?;
            shown.push(seen);
            Ok(ordered)
        })?;
        beside.rounds.push(round);
    }
    let after = watched.process.look()?.1.resident_kib;
    let unit = format!("order of three lines over HTTP; {} in a second", orders(how).rate.unwrap_or_default());
    let goal = "10,000 open waiting rooms while 500 orders/s go through";
    let mut path = Path::new("waiting-room", &unit, goal, vec![beside, alone]);
    let mut add = |name: &str, unit: &str, value: f64| {
        path.figures.push(Figure { name: name.to_owned(), unit: unit.to_owned(), value });
    };
    add("rooms", "", paths.len() as f64);
    add("a room, memory", "KiB", watched.kib);
    add("memory before they open", "MiB", before as f64 / 1_024.0);
    add("memory when they are open", "MiB", open as f64 / 1_024.0);
    add("memory at the end", "MiB", after as f64 / 1_024.0);
    add("p50 of a page while they open", "ms", fetched.p50_us as f64 / 1_000.0);
    add("p99 of a page while they open", "ms", fetched.p99_us as f64 / 1_000.0);
    for (n, (seen, last)) in shown.iter().enumerate() {
        add(&format!("round {n}: half of the rooms show it after"), "ms", seen.p50_us as f64 / 1_000.0);
        add(&format!("round {n}: every room shows it after"), "ms", *last);
    }
    path.notes.push(format!("{} people wait", how.waiting));
    Ok(path)
}

fn orders(how: &How) -> Load {
    Load { rate: Some(how.rate.unwrap_or(ORDERS)), ..how.load() }
}

fn buying(
    shop: &Process,
) -> impl AsyncFn(&mut client::Client, usize, u64) -> std::io::Result<Result<(), u16>> + Send + 'static {
    requests::unit(requests::orders(&shop.hello, &format!("{BASE}/orders"), true), 201)
}

/// Orders, and somebody who is admitted meanwhile. What the orders took, how soon the rooms showed it, and the last of them in
/// milliseconds.
fn round(how: &How, shop: &Process, watched: &Watched, n: u64) -> Outcome<(Summary, (Summary, f64))> {
    let (load, to, unit) = (orders(how), shop.hello.address, buying(shop));
    let ordering = thread::spawn(move || load::run(load, to, unit));
    thread::sleep(load.warm_up + load.time / 2);
    let began = Instant::now();
    let seen = watched.shown(|| admit_one(shop, n))?;
    let last = watched.streams.seen().iter().filter_map(|seen| seen.at).max();
    let last = last.map_or(0.0, |at| (at - began).as_secs_f64() * 1_000.0);
    let ordered = ordering.join().map_err(|_| "the orders panicked")??;
    Ok((ordered, (seen, last)))
}

/// The address of the stream that a page names.
fn stream_of(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(NAMES_STREAM)?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_stream() {
        let page = "<div class=\"narrow room\" data-queue=\"/api/x/subscribe/abc\" data-wait=\"About {}\">";
        assert_eq!(stream_of(page).as_deref(), Some("/api/x/subscribe/abc"));
        assert_eq!(stream_of("<div class=\"narrow room\">"), None);
    }
}
