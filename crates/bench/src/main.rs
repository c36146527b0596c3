//! `bench` compares Holdfast with bare baselines in the same run. See the README.

mod bare;
mod client;
mod databases;
mod grown;
mod load;
mod machine;
mod ours;
mod pages;
mod paths;
mod raw;
mod report;
mod rows;

use clap::Parser;
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// A result whose error `main` prints.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures the shop and bare baselines in turns, and prints rates, latencies and ratios.
#[derive(Debug, Parser)]
pub struct Cli {
    /// What to measure; everything but pages when nothing is named
    #[arg(value_parser = ["orders", "core", "product", "checkout", "pages"])]
    paths: Vec<String>,
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
    /// Jobs on their way at once where there is no HTTP
    #[arg(long, default_value_t = 256)]
    jobs: usize,
    /// Compare databases instead: sqlite, postgres or mysql (a private server is started from the installed packages, with
    /// fsync on), or the address of an empty database; to be repeated
    #[arg(long, value_name = "DATABASE")]
    database: Vec<String>,
    /// Make a shop with so many paid orders in the one --database, such as sqlite:target/large.db, and measure nothing
    #[arg(long, value_name = "ORDERS", requires = "database")]
    grow: Option<i64>,
    /// Where the databases are put, on the disk to be measured; removed afterwards
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Also write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Cli {
    fn wants(&self, path: &str) -> bool {
        (self.paths.is_empty() && path != "pages") || self.paths.iter().any(|wanted| wanted == path)
    }

    fn load(&self) -> load::Load {
        load::Load {
            connections: self.connections,
            warm_up: Duration::from_secs_f64(self.warmup),
            time: Duration::from_secs_f64(self.seconds),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
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

fn run(cli: &Cli) -> Outcome<u64> {
    if let Some(orders) = cli.grow {
        return grown::grow(&cli.database[0].parse()?, orders).map(|()| 0);
    }
    std::fs::create_dir_all(&cli.folder)?;
    let mut builder = tempfile::Builder::new();
    // a database server that bench starts runs as another user, who must be able to read the folder
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711));
    let folder = builder.tempdir_in(&cli.folder)?;
    let machine = machine::Machine::look(folder.path())?;
    let paths = if cli.database.is_empty() {
        paths::measure(cli, folder.path())?
    } else {
        databases::measure(cli, folder.path())?
    };
    let report = report::Report { machine, connections: cli.connections, seconds: cli.seconds, paths };
    println!("{}", report.table());
    if let Some(file) = &cli.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report.failures())
}
