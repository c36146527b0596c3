//! A long waiting queue: how fast it says where somebody stands, what a stream that waits costs in memory, and how fast all
//! streams show a change.

use crate::{
    How, Outcome,
    client::{Client, request},
    goods::EVENT,
    load::{self, Load, Round, Summary},
    ours,
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests,
    side::Ask,
    streams::{Seen, Streams},
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    path::Path as FilePath,
    sync::Arc,
    time::{Duration, Instant},
};
use web::BASE;

/// The names of the paths here.
pub const PATHS: &[&str] = &["queue-status", "queue-stream"];
/// Requests of the open loop, a second.
const ARRIVALS: f64 = 2_000.0;
/// Until the memory of a process has settled after its streams have opened.
const SETTLE: Duration = Duration::from_secs(5);
/// Bytes of the answer to a question for a place.
const STATUS_BYTES: usize = 420;

/// A side of the comparison with its open streams.
pub struct Watched {
    pub process: Process,
    pub streams: Streams,
    /// KiB of memory for each stream of the second half.
    pub kib: f64,
}

/// The queue, and those who watch it.
struct Rig<'a> {
    how: &'a How,
    ours: Watched,
    bare: Watched,
    tokens: Vec<String>,
}

/// Measures the paths that are named.
pub fn measure(how: &How, wanted: &[String], folder: &FilePath) -> Outcome<Vec<Path>> {
    let rig = Rig::open(how, folder)?;
    let mut paths = Vec::new();
    for name in wanted {
        paths.push(if name == "queue-status" { rig.status()? } else { rig.moved()? });
    }
    Ok(paths)
}

impl Rig<'_> {
    fn open<'a>(how: &'a How, folder: &FilePath) -> Outcome<Rig<'a>> {
        let (process, tokens) = queued(how, folder)?;
        let ask = |token: &String| request("GET", &format!("{BASE}/queue/{EVENT}/1/status"), Some(token), None);
        let asked: Vec<Vec<u8>> = watching(how, &tokens)?.iter().map(ask).collect();
        let path = |body: &[u8]| {
            let shown: Value = serde_json::from_slice(body).ok()?;
            Some(format!("{BASE}/queue/{EVENT}/1/subscribe/{}", shown["data"]["entryToken"].as_str()?))
        };
        let (paths, _) = gathered(&process, asked, path)?;
        let ours = Watched::open(process, &paths)?;
        let plain = Process::start(&["plain", "--page", &"x".repeat(STATUS_BYTES)])?;
        plain.ask::<()>(Ask::Publish { position: how.waiting })?;
        let bare = Watched::open(plain, &vec!["/events".to_owned(); paths.len()])?;
        Ok(Rig { how, ours, bare, tokens })
    }

    /// Everybody asks where they stand, while the streams are open.
    fn status(&self) -> Outcome<Path> {
        let ask = |token: &String| request("GET", &format!("{BASE}/queue/{EVENT}/1/status"), Some(token), None);
        let asked: Arc<[Vec<u8>]> = self.tokens.iter().skip(1).map(ask).collect();
        let nothing: Arc<[Vec<u8>]> = [request("GET", "/empty", None, None)].into();
        let open_loop = Load { rate: Some(self.how.rate.unwrap_or(ARRIVALS)), ..self.how.load() };
        let sides = [
            ("ours", &self.ours, &asked, self.how.load()),
            ("empty handler", &self.bare, &nothing, self.how.load()),
            ("ours, arrivals", &self.ours, &asked, open_loop),
            ("empty, arrivals", &self.bare, &nothing, open_loop),
        ];
        let mut measured = sides.map(|(name, ..)| Side { name: name.to_owned(), rounds: Vec::new() });
        for _ in 0..self.how.rounds {
            for ((_, watched, requests, load), side) in sides.iter().zip(&mut measured) {
                let (to, unit) = (watched.process.hello.address, requests::unit(Arc::clone(requests), 200));
                side.rounds.push(Measured::of(&watched.process, |_| Ok(load::run(*load, to, unit)?))?);
            }
        }
        let goal = "p99 ≤ 5,000 µs while requests arrive at a constant rate";
        let mut path = Path::new("queue-status", "where somebody stands, over HTTP", goal, measured.into());
        path.notes = self.sizes();
        Ok(path)
    }

    /// One more is admitted, so that everybody moves up, in every round.
    fn moved(&self) -> Outcome<Path> {
        let mut sides = ["ours", "bare stream"].map(|name| Side { name: name.to_owned(), rounds: Vec::new() });
        for n in 0..self.how.rounds as u64 {
            let ours = Measured::of(&self.ours.process, |shop| self.ours.shown(|| admit_one(shop, n)))?;
            sides[0].rounds.push(ours);
            let position = self.how.waiting - 1 - n;
            let bare =
                Measured::of(&self.bare.process, |plain| self.bare.shown(|| plain.ask(Ask::Publish { position })))?;
            sides[1].rounds.push(bare);
        }
        let goal = "every stream shows it within 1,000,000 µs; ≤ 12 KiB a stream";
        let mut path = Path::new("queue-stream", "one stream showed a change", goal, sides.into());
        let last = |watched: &Watched| watched.streams.seen().len() as f64;
        let memory = |name: &str, watched: &Watched| Figure {
            name: format!("memory a stream, {name}"),
            unit: "KiB".to_owned(),
            value: watched.kib,
        };
        path.figures = vec![
            memory("ours", &self.ours),
            memory("bare stream", &self.bare),
            Figure { name: "streams".to_owned(), unit: String::new(), value: last(&self.ours) },
        ];
        path.notes = self.sizes();
        Ok(path)
    }

    fn sizes(&self) -> Vec<String> {
        vec![format!("{} wait, {} of them with an open stream", self.how.waiting, self.ours.streams.seen().len())]
    }
}

/// A shop in whose queue everybody stands, and the tokens of those in front.
pub fn queued(how: &How, folder: &FilePath) -> Outcome<(Process, Vec<String>)> {
    let url = format!("sqlite:{}", folder.join("queue.db").display());
    let shop = Process::start(&["ours", &url])?;
    set_capacity(&shop, 1)?;
    shop.ask::<()>(Ask::Enter { from: 0, to: how.waiting })?;
    shop.ask::<Duration>(Ask::Drain)?;
    drop(shop);
    // a new process, so that memory that was used before is not taken for free memory of streams
    let process = Process::start(&["ours", &url])?;
    let users = how.streams.max(requests::USERS).min(how.waiting);
    let tokens: Vec<String> = process.ask(Ask::Tokens { users })?;
    Ok((process, tokens))
}

/// Those who watch. Those in front of them are admitted, at once or in a round, and then their streams end.
pub fn watching<'a>(how: &How, tokens: &'a [String]) -> Outcome<&'a [String]> {
    let rest = tokens.get(1 + how.rounds..).ok_or("too few people wait")?;
    Ok(&rest[..rest.len().min(usize::try_from(how.streams)?)])
}

impl Watched {
    /// Opens the streams in two halves. The memory of the second half counts, because the first one also uses what the process
    /// had free.
    pub fn open(process: Process, paths: &[String]) -> Outcome<Watched> {
        let streams = Streams::new(process.hello.address)?;
        let (first, second) = paths.split_at(paths.len() / 2);
        let resident = |paths: &[String]| {
            streams.open(paths)?;
            std::thread::sleep(SETTLE);
            Outcome::Ok(process.look()?.1.resident_kib)
        };
        let (half, all) = (resident(first)?, resident(second)?);
        let kib = all.saturating_sub(half) as f64 / second.len().max(1) as f64;
        Ok(Watched { process, streams, kib })
    }

    /// Makes a change that every stream shows by another position, and waits until all have shown it. Each delay counts from
    /// before the change was asked for.
    pub fn shown(&self, change: impl FnOnce() -> Outcome<()>) -> Outcome<Summary> {
        let before = self.streams.seen();
        let began = Instant::now();
        change()?;
        let changed = |seen: &[Seen]| seen.iter().zip(&before).all(|(now, before)| now.position != before.position);
        if !self.streams.wait(changed) {
            return Err("not every stream showed the change".into());
        }
        let time = began.elapsed();
        let mut round = Round::new();
        for seen in self.streams.seen() {
            round.ended();
            round.count(Ok(()), seen.at.unwrap_or(began) - began);
        }
        Ok(round.summary(time, 0))
    }
}

/// One more is admitted in the `n`th round.
pub fn admit_one(shop: &Process, n: u64) -> Outcome<()> {
    set_capacity(shop, 2 + n)?;
    admin(shop, "process", &json!({}))
}

/// So many may be admitted; everybody else waits.
fn set_capacity(shop: &Process, capacity: u64) -> Outcome<()> {
    let rules = json!({"maxCapacity": capacity, "entryBatchSize": 1, "entryIntervalSeconds": 3_600, "admissionSeconds": 86_400});
    admin(shop, "activate", &rules)
}

fn admin(shop: &Process, verb: &str, body: &Value) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (hello, path) = (&shop.hello, format!("/admin/queue/{EVENT}/1/{verb}"));
    let body = body.to_string();
    runtime.block_on(ours::send(hello.address, "POST", &path, Some(&hello.admin), Some(&body))).map(drop)
}

/// Sends each request once; what `pick` finds in the bodies, and how long the responses took.
pub fn gathered(
    shop: &Process,
    asked: Vec<Vec<u8>>,
    pick: impl Fn(&[u8]) -> Option<String> + Send + 'static,
) -> Outcome<(Vec<String>, Summary)> {
    let all = Arc::new(Mutex::new(Vec::with_capacity(asked.len())));
    let (found, load) = (Arc::clone(&all), Load::once(asked.len() as u64, 8));
    let got = load::run(load, shop.hello.address, async move |client: &mut Client, _: usize, n: u64| {
        let answer = client.call(&asked[usize::try_from(n).unwrap_or(0)]).await?;
        let Some(picked) = pick(answer.body) else { return Ok(Err(answer.status)) };
        found.lock().push(picked);
        Ok(Ok(()))
    })?;
    if !got.failed.is_empty() {
        return Err(format!("places were not given: {:?}", got.failed).into());
    }
    let all = std::mem::take(&mut *all.lock());
    Ok((all, got))
}
