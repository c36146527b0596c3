//! `bench` compares Holdfast with bare baselines in the same run. See the README.

mod bare;
mod client;
mod compare;
mod cost;
mod databases;
mod flood;
mod goods;
mod grown;
mod growth;
mod html;
mod load;
mod machine;
mod ours;
mod pages;
mod paths;
mod process;
mod raw;
mod report;
mod requests;
mod rooms;
mod rows;
mod rush;
mod search;
mod side;
mod streams;
mod waiting;

use clap::{Args, Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// The allocator of the program `holdfast`, for all sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A result whose error `main` prints.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the shop and bare baselines in turns, and prints rates, latencies, costs and ratios.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// What to measure; orders, core, product and checkout when nothing is named
    #[arg(value_parser = ["orders", "core", "product", "checkout", "coupon", "sold-out", "deal", "queue-status", "queue-stream", "page", "waiting-room"])]
    paths: Vec<String>,
    /// Make a shop with so many paid orders in the one --database, such as sqlite:target/large.db, and measure nothing
    #[arg(long, value_name = "ORDERS", requires = "database")]
    grow: Option<i64>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What an order adds to SQLite's log, per table and index
    Pages {
        #[command(flatten)]
        how: How,
    },
    /// What a purchase costs in statements, round trips and bytes on each database
    Cost {
        #[command(flatten)]
        how: How,
    },
    /// Whether a shop gets slower as it grows
    Growth {
        /// Numbers of orders, ascending
        #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
        orders: Vec<i64>,
        #[command(flatten)]
        how: How,
    },
    /// Searches in a shop with many products, beside orders
    Search {
        #[command(flatten)]
        searched: search::Searched,
        #[command(flatten)]
        how: How,
    },
    /// Compare two reports that were written with --json
    Compare { one: PathBuf, other: PathBuf },
    /// One side of a comparison; bench starts it itself
    #[command(hide = true)]
    Side {
        #[command(subcommand)]
        role: side::Role,
    },
}

/// How to measure.
#[derive(Debug, Clone, Args)]
pub struct How {
    /// Seconds that count in a round
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Seconds before counting starts
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Rounds of each side, taken in turns; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections of the load generator
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Open loop: so many requests arrive in a second, whether or not the server is ready
    #[arg(long, value_name = "PER SECOND")]
    rate: Option<f64>,
    /// People who want one of a twentieth as many coupons or units of a deal
    #[arg(long, default_value_t = 100_000)]
    people: u64,
    /// People in the waiting queue
    #[arg(long, default_value_t = 100_000)]
    waiting: u64,
    /// Of them, those who watch their place in a stream
    #[arg(long, default_value_t = 10_000)]
    streams: u64,
    /// Jobs on their way at once where there is no HTTP
    #[arg(long, default_value_t = 256)]
    jobs: usize,
    /// Compare databases instead: sqlite, postgres or mysql (a private server is started from the installed packages, with
    /// fsync on), or the address of an empty database; to be repeated
    #[arg(long, value_name = "DATABASE")]
    database: Vec<String>,
    /// Where the databases are put, on the disk to be measured; removed afterwards
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl How {
    fn load(&self) -> load::Load {
        load::Load {
            connections: self.connections,
            warm_up: Duration::from_secs_f64(self.warmup),
            time: Duration::from_secs_f64(self.seconds),
            rate: self.rate,
            units: None,
            first_byte: false,
        }
    }
}

fn main() -> ExitCode {
    // as the program `holdfast` does
    server::huge_pages::refuse();
    let Cli { command, paths, grow, how } = Cli::parse();
    let done = match command {
        None if let Some(orders) = grow => grow_one(&how, orders).map(|()| 0),
        None if how.database.is_empty() => report(&how, |folder| all(&how, &paths, folder)),
        None => report(&how, |folder| databases::measure(&how, folder)),
        Some(Command::Pages { how }) => report(&how, |folder| Ok(vec![pages::measure(folder)?])),
        Some(Command::Search { searched, how }) => report(&how, |folder| search::measure(&how, folder, &searched)),
        Some(Command::Growth { orders, how }) => {
            report(&how, |folder| Ok(vec![growth::measure(&how, folder, &orders)?]))
        }
        Some(Command::Cost { how }) => folder(&how).and_then(|folder| cost::print(&how, folder.path())).map(|()| 0),
        Some(Command::Compare { one, other }) => compare::table(&one, &other).map(|table| {
            print!("{table}");
            0
        }),
        Some(Command::Side { role }) => side::serve(role).map(|()| 0),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            eprintln!("{failures} answers were not as wanted; the rates above are of the others");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

/// Measures the paths that are named.
fn all(how: &How, paths: &[String], folder: &Path) -> Outcome<Vec<report::Path>> {
    let of = |known: &[&str]| -> Vec<String> {
        paths.iter().filter(|path| known.contains(&path.as_str())).cloned().collect()
    };
    let (rush, waiting, html, rooms) = (of(rush::PATHS), of(waiting::PATHS), of(html::PATHS), of(rooms::PATHS));
    let apart = [&rush, &waiting, &html, &rooms];
    let others: Vec<String> =
        paths.iter().filter(|path| !apart.iter().any(|names| names.contains(path))).cloned().collect();
    let mut measured = Vec::new();
    if !others.is_empty() || paths.is_empty() {
        measured.extend(paths::measure(how, &others, folder)?);
    }
    if !rush.is_empty() {
        measured.extend(rush::measure(how, &rush, folder)?);
    }
    if !waiting.is_empty() {
        measured.extend(waiting::measure(how, &waiting, folder)?);
    }
    if !html.is_empty() {
        measured.extend(html::measure(how, folder)?);
    }
    if !rooms.is_empty() {
        measured.push(rooms::measure(how, folder)?);
    }
    Ok(measured)
}

fn grow_one(how: &How, orders: i64) -> Outcome<()> {
    let database = how.database.first().ok_or("--grow needs --database")?;
    grown::grow(&database.parse()?, orders)
}

/// A folder for the databases, on the disk to be measured.
fn folder(how: &How) -> Outcome<tempfile::TempDir> {
    std::fs::create_dir_all(&how.folder)?;
    let mut builder = tempfile::Builder::new();
    // a database server that bench starts runs as another user, who must be able to read the folder
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711));
    Ok(builder.tempdir_in(&how.folder)?)
}

/// Measures in a folder of its own, prints the report and returns the number of failed units.
fn report(how: &How, measure: impl FnOnce(&Path) -> Outcome<Vec<report::Path>>) -> Outcome<u64> {
    let folder = folder(how)?;
    let machine = machine::Machine::look(folder.path())?;
    let paths = measure(folder.path())?;
    let report = report::Report { machine, connections: how.connections, rate: how.rate, seconds: how.seconds, paths };
    println!("{}", report.table());
    if let Some(file) = &how.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report.failures())
}
