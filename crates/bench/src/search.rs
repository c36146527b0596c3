//! Searches in a shop with many products, beside orders: latencies, the size of the index, how soon a change is found, and a rebuild.

mod catalogue;
mod shop;

use crate::{
    How, Outcome,
    client::request,
    load::{self, Load, Summary},
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests,
};
use catalogue::Catalogue;
use shop::Shop;
use std::{
    path::{Path as FilePath, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use web::BASE;

/// Searches and suggestions that arrive in a second.
const SEARCHES: f64 = 200.0;
/// Orders that arrive in a second.
const ORDERS: f64 = 500.0;
/// Connections of the searches.
const CONNECTIONS: usize = 32;
/// Changes of each kind whose way into the index is timed.
const CHANGES: usize = 10;
/// What a rebuild may take so that orders as fast as they go are measured beside rebuilds, too.
const REBUILD_MAX: Duration = Duration::from_secs(90);
/// Different searches of one round.
const OTHERS: usize = 10_000;

/// What people type: whole and half words, Korean and English, typing errors and the wrong layout.
const TYPED: [&str; 24] = [
    "나이키 운동화",
    "nike shoes",
    "빨간 티셔츠",
    "ㄴㅇㅋ",
    "skdlzl",
    "adiads",
    "black belt",
    "나잌",
    "women handbag",
    "달항아리 머그",
    "남성 시계",
    "casual sho",
    "puma white",
    "청바지",
    "운동화",
    "blue jeans men",
    "backpak",
    "티셔",
    "leather wallet",
    "머그컵",
    "red tshirt nike",
    "ㅜㅑㅏㄷ",
    "선글라스",
    "titan watch silver",
];

/// What is searched.
#[derive(Debug, Clone, clap::Args)]
pub struct Searched {
    /// How many products the shop has
    #[arg(long, default_value_t = 100_000)]
    products: usize,
    /// Take the products from this file, the research data set of the import's README, many times over; made up when left out
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

/// Single values beside the rows of a path.
#[derive(Default)]
struct Figures(Vec<Figure>);

impl Figures {
    fn add(&mut self, name: &str, unit: &str, value: f64) {
        let value = (value * 100.0).round() / 100.0;
        eprintln!("{name}: {value} {unit}");
        self.0.push(Figure { name: name.to_owned(), unit: unit.to_owned(), value });
    }

    fn ms(&mut self, name: &str, time: Duration) {
        self.add(name, "ms", time.as_secs_f64() * 1_000.0);
    }

    fn memory(&mut self, when: &str, shop: &Shop) -> Outcome<()> {
        let used = shop.process.look()?.1;
        self.add(&format!("memory {when}"), "MiB", used.resident_kib as f64 / 1_024.0);
        self.add(&format!("of it mapped files, {when}"), "MiB", used.mapped_kib as f64 / 1_024.0);
        Ok(())
    }
}

/// Measures a shop with so many products.
pub fn measure(how: &How, folder: &FilePath, searched: &Searched) -> Outcome<Vec<Path>> {
    let (url, mut figures) = (format!("sqlite:{}", folder.join("search.db").display()), Figures::default());
    fill(&url, searched, &mut figures)?;
    let began = Instant::now();
    let shop = Shop::start(&url)?;
    shop.caller.wait(|status| status["ready"] == true)?;
    figures.ms("start: searches are answered after", began.elapsed());
    figures.memory("after the start", &shop)?;
    let products = latencies(how, &shop, "products", |_| paths("products"), &mut figures)?;
    let others = latencies(how, &shop, "products, each another search", others, &mut figures)?;
    let suggest = latencies(how, &shop, "suggest", |_| paths("suggest"), &mut figures)?;
    changes(how, &shop, &mut figures)?;
    let status = shop.caller.status()?;
    figures.add("words", "", status["words"].as_f64().unwrap_or(0.0));
    figures.add("index on disk", "MiB", status["bytes"].as_f64().unwrap_or(0.0) / f64::from(1 << 20));
    figures.memory("after searches", &shop)?;
    let rebuild = rebuild(how, &shop)?;
    figures.memory("after rebuilds", &shop)?;
    let unit = format!(
        "request over HTTP; {SEARCHES} in a second beside {ORDERS} orders in a second, in a shop with {} products",
        searched.products
    );
    let mut search = Path::new(
        "search",
        &unit,
        "p99 5 ms; a change found within 1 s; index 120 MB, memory 250 MB with 100,000 products",
        vec![products, others],
    );
    search.figures = figures.0;
    search.notes.push("CPU, KiB and drain are those of searches and orders together, for each search".to_owned());
    Ok(vec![search, Path::new("suggest", &unit, "p99 2 ms", vec![suggest]), rebuild])
}

/// Imports every product, while the index follows.
fn fill(url: &str, searched: &Searched, figures: &mut Figures) -> Outcome<()> {
    let (catalogue, shop) = (Catalogue::of(searched.data.as_deref())?, Shop::start(url)?);
    figures.memory("without products", &shop)?;
    let began = Instant::now();
    shop.import(&catalogue, searched.products)?;
    figures.ms("import", began.elapsed());
    let all = searched.products as u64;
    let behind = shop.caller.wait(|status| status["products"].as_u64() >= Some(all))?;
    figures.ms("after the import: all products are found", behind);
    figures.memory("after the import", &shop)
}

/// Searches or suggestions that come again and again, as those of most people do.
fn paths(of: &str) -> Arc<[Vec<u8>]> {
    TYPED.iter().map(|text| searched(of, text, "")).collect()
}

/// The same searches with a limit that no product is above, another one each time, so that no answer can be given again.
fn others(round: usize) -> Arc<[Vec<u8>]> {
    let limit = |n: usize| 1_000_000 + round * OTHERS + n;
    let one = |n| searched("products", TYPED[n % TYPED.len()], &format!("&maxPrice={}", limit(n)));
    (0..OTHERS).map(one).collect()
}

fn searched(of: &str, text: &str, more: &str) -> Vec<u8> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    request("GET", &format!("{BASE}/search/{of}?keyword={encoded}{more}"), None, None)
}

/// Rounds of searches or suggestions beside orders.
fn latencies(
    how: &How,
    shop: &Shop,
    of: &str,
    requests: impl Fn(usize) -> Arc<[Vec<u8>]>,
    figures: &mut Figures,
) -> Outcome<Side> {
    let mut ordered = Vec::new();
    let rounds = (0..how.rounds).map(|round| {
        Measured::of(&shop.process, |process| {
            let (searched, beside) = beside(how, process, requests(round))?;
            eprintln!("{of}: p99 {} µs beside {:.0} orders/s", searched.p99_us, beside.rate);
            ordered.push(beside);
            Ok(searched)
        })
    });
    let rounds = rounds.collect::<Outcome<_>>()?;
    ordered.sort_by_key(|one| one.p99_us);
    if let Some(median) = ordered.get(ordered.len() / 2) {
        figures.add(&format!("orders beside {of}"), "/s", median.rate);
        figures.ms(&format!("p99 of the orders beside {of}"), Duration::from_micros(median.p99_us));
    }
    Ok(Side { name: of.to_owned(), rounds })
}

/// Searches and orders at the same time, both at constant rates.
fn beside(how: &How, process: &Process, requests: Arc<[Vec<u8>]>) -> Outcome<(Summary, Summary)> {
    let to = process.hello.address;
    let at = |rate| Load { rate: Some(rate), connections: CONNECTIONS, ..how.load() };
    let (searching, buying) = (at(SEARCHES), at(ORDERS));
    let signed = requests::orders(&process.hello, &format!("{BASE}/orders"), true);
    let ordering = thread::spawn(move || load::run(buying, to, requests::unit(signed, 201)));
    let searched = load::run(searching, to, requests::unit(requests, 200))?;
    let ordered = ordering.join().map_err(|_| "the orders panicked")??;
    Ok((searched, ordered))
}

/// Runs `meanwhile` beside rounds of searches and orders. Gives its result and the rounds.
fn under_load<T: Send>(
    how: &How,
    process: &Process,
    meanwhile: impl FnOnce() -> Outcome<T> + Send,
) -> Outcome<(T, Vec<(Summary, Summary)>)> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            let done = meanwhile();
            over.store(true, Relaxed);
            done
        });
        let mut rounds = Vec::new();
        while !over.load(Relaxed) {
            rounds.push(beside(how, process, paths("products"))?);
        }
        let done = working.join().map_err(|_| "what was measured panicked")??;
        Ok((done, rounds))
    })
}

/// How soon a new product, a price and the stock are found, beside searches and orders.
fn changes(how: &How, shop: &Shop, figures: &mut Figures) -> Outcome<()> {
    let caller = shop.caller.clone();
    let measured = move || (0..CHANGES).map(|n| caller.changes(n)).collect::<Outcome<Vec<_>>>();
    let (times, _) = under_load(how, &shop.process, measured)?;
    for (kind, name) in ["a new product", "a price", "the stock"].into_iter().enumerate() {
        let mut of_kind: Vec<Duration> = times.iter().map(|three| three[kind]).collect();
        of_kind.sort_unstable();
        figures.ms(&format!("found after a change: {name}, median"), of_kind[CHANGES / 2]);
        figures.ms(&format!("found after a change: {name}, at most"), of_kind[CHANGES - 1]);
    }
    Ok(())
}

/// A rebuild beside searches and orders, and what it costs orders that are placed as fast as they go, beside searches.
fn rebuild(how: &How, shop: &Shop) -> Outcome<Path> {
    let (caller, mut figures) = (shop.caller.clone(), Figures::default());
    let (took, rounds) = under_load(how, &shop.process, move || caller.rebuild())?;
    figures.ms("rebuild", took);
    // a round may go on after it
    let inside = &rounds[..rounds.len().saturating_sub(1).max(1).min(rounds.len())];
    let searches = || inside.iter().map(|(searched, _)| Duration::from_micros(searched.p99_us));
    figures.ms("beside it: p99 of the searches of a round, at least", searches().min().unwrap_or_default());
    figures.ms("beside it: p99 of the searches of a round, at most", searches().max().unwrap_or_default());
    let fewest = inside.iter().map(|(_, ordered)| ordered.rate).fold(f64::INFINITY, f64::min);
    figures.add("beside it: orders in a round, at least", "/s", fewest);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    // each of these rounds ends with a whole rebuild
    let rounds = if took <= REBUILD_MAX { how.rounds } else { 0 };
    for _ in 0..rounds {
        without.push(Measured::of(&shop.process, |process| as_fast_as_they_go(how, process))?);
        let always = shop.caller.rebuilding();
        with.push(Measured::of(&shop.process, |process| as_fast_as_they_go(how, process))?);
        always.end()?;
    }
    let side = |name: &str, rounds| Side { name: name.to_owned(), rounds };
    let sides = [side("rebuilding", with), side("otherwise", without)];
    let sides = sides.into_iter().filter(|side| !side.rounds.is_empty()).collect();
    let unit = format!("order over HTTP, in a closed loop beside {SEARCHES} searches in a second");
    let mut path = Path::new("rebuild", &unit, "60 s at most; 0.80 of the orders otherwise", sides);
    path.figures = figures.0;
    if rounds == 0 {
        let long = format!("orders as fast as they go were not measured: a rebuild takes more than {REBUILD_MAX:?}");
        path.notes.push(long);
    }
    Ok(path)
}

/// Orders as fast as they go, beside searches.
fn as_fast_as_they_go(how: &How, process: &Process) -> Outcome<Summary> {
    let to = process.hello.address;
    let searching = Load { rate: Some(SEARCHES), connections: CONNECTIONS, ..how.load() };
    let searching = thread::spawn(move || load::run(searching, to, requests::unit(paths("products"), 200)));
    let signed = requests::orders(&process.hello, &format!("{BASE}/orders"), true);
    let ordered = load::run(Load { rate: None, ..how.load() }, to, requests::unit(signed, 201))?;
    searching.join().map_err(|_| "the searches panicked")??;
    Ok(ordered)
}
