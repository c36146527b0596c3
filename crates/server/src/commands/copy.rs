//! `holdfast copy`: a shop from one database to another, with a progress bar, compared row by row and audited on both sides.

use super::{runtime, say};
use crate::cli::{self, not_in_order};
use crate::config::{Config, Fault, Settings};
use crate::{assembly, audit as audits, opening, schema};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::Error;
use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    DatabaseUrl, Db,
    copy::{Progress, Report, Side, Transfer},
};

/// How long is looked for an instance that is alive: two of its beats, and a little.
const LOOKING: Duration = Duration::from_millis(2_500);
/// How long one statement may take: emptying a large table, counting one.
const STATEMENT_MAX: Duration = Duration::from_secs(3_600);

/// Copies a shop.
pub(crate) fn copy(config: &Config, wanted: &cli::Transfer) -> Result<ExitCode, Fault> {
    let urls = [address("--from", &wanted.from)?, address("--to", &wanted.to)?];
    let [from, to] = &urls;
    say(format_args!("copying {from} to {to}; nothing may serve either of them meanwhile"));
    let alone = !is_one_file(from, to);
    let source = opened(&config.settings, from, Side::Source, alone)?;
    let target = opened(&config.settings, to, Side::Target, alone)?;
    let outcome = Copying { settings: &config.settings, urls: &urls, source: &source, target: &target }.all(wanted);
    source.close_blocking();
    target.close_blocking();
    outcome
}

fn address(flag: &str, text: &str) -> Result<DatabaseUrl, Fault> {
    text.parse().map_err(|error: Error| {
        let why = error.detail().unwrap_or_default().to_owned();
        Fault::new(format!("{flag} has a wrong value"), why, "write sqlite:FILE, postgres://… or mysql://…")
    })
}

/// Whether both are the same file, which can be locked only once; another check refuses to copy a shop to itself.
fn is_one_file(one: &DatabaseUrl, other: &DatabaseUrl) -> bool {
    let real = |url: &DatabaseUrl| url.file().and_then(|path| path.canonicalize().ok());
    real(one).is_some_and(|path| real(other) == Some(path))
}

fn opened(settings: &Settings, url: &DatabaseUrl, side: Side, alone: bool) -> Result<Db, Fault> {
    let what = || format!("the {side} {url} cannot be opened");
    if url.file().is_some_and(|path| !path.exists()) {
        let remedy = match side {
            Side::Source => "name the file of a shop",
            Side::Target => "run `holdfast migrate` with database.url set to it first",
        };
        return Err(Fault::new(what(), "there is no such file", remedy).failed());
    }
    let opened = Db::open(store::Settings {
        connect_timeout: settings.database.connect_timeout,
        statement_timeout: STATEMENT_MAX,
        alone,
        ..store::Settings::of(url.clone(), opening::clock())
    });
    if opened.as_ref().is_err_and(|error| error.code() == kernel::Code::Conflict) {
        let why = "another program has locked the file";
        let remedy = "stop every `holdfast serve` on it, then copy";
        return Err(Fault::new(format!("the {side} {url} is being served"), why, remedy).failed());
    }
    opened
        .map_err(|error| Fault::caused_by(what(), &error, "check its address, user and password, and that it answers"))
}

/// Both sides, opened.
struct Copying<'a> {
    settings: &'a Settings,
    urls: &'a [DatabaseUrl; 2],
    source: &'a Db,
    target: &'a Db,
}

impl Copying<'_> {
    fn all(&self, wanted: &cli::Transfer) -> Result<ExitCode, Fault> {
        let transfer = Transfer::new(self.source.clone(), self.target.clone(), assembly::migrations());
        let transfer = transfer.map_err(|error| self.cannot(&error, "report this"))?;
        self.must_be_ready(&transfer)?;
        self.must_have_room(&transfer, wanted.replace)?;
        let began = Instant::now();
        let placed = transfer.assign_sequence_numbers().map_err(|error| self.cannot(&error, "see the cause above"))?;
        if placed > 0 {
            say(format_args!("{placed} events of the source got their sequence numbers"));
        }
        let bar = bar();
        let moving = bar.clone();
        let report = transfer.run(Arc::new(move |progress: Progress| {
            moving.set_length(progress.rows_total);
            moving.set_position(progress.rows);
        }));
        bar.finish_and_clear();
        let remedy = "repair the cause and copy again with --replace, which empties the target first";
        let report = report.map_err(|error| self.cannot(&error, remedy))?;
        show(&report, began.elapsed());
        self.audit()
    }

    fn must_be_ready(&self, transfer: &Transfer) -> Result<(), Fault> {
        for side in [Side::Source, Side::Target] {
            let unready = transfer.schema_problems(side).map_err(|error| self.cannot(&error, "see the cause above"))?;
            if !unready.is_empty() {
                let what = format!("the {side} does not have the schema of this program");
                let remedy =
                    "run this program's `holdfast migrate` with database.url set to it, and repair what that shows";
                return Err(Fault::new(what, schema::joined(&unready), remedy).failed());
            }
        }
        let itself = transfer.is_same_database().map_err(|error| self.cannot(&error, "see the cause above"))?;
        if itself {
            let why = "both addresses lead to the same database";
            return Err(Fault::new("a shop cannot be copied to itself", why, "name another target"));
        }
        match transfer.side_in_use(LOOKING).map_err(|error| self.cannot(&error, "see the cause above"))? {
            None => Ok(()),
            Some(side) => {
                let what = format!("the {side} {} is being served", self.urls[usize::from(side == Side::Target)]);
                let why = "an instance renews its lease in the table leases";
                Err(Fault::new(what, why, "stop every `holdfast serve` on it, then copy").failed())
            }
        }
    }

    fn must_have_room(&self, transfer: &Transfer, replace: bool) -> Result<(), Fault> {
        let occupied = transfer.tables_with_rows().map_err(|error| self.cannot(&error, "see the cause above"))?;
        if occupied.is_empty() {
            return Ok(());
        }
        if !replace {
            let why = format!("it has rows in {}", occupied.join(", "));
            let remedy = "name an empty one, or add --replace to delete every row of it first";
            return Err(Fault::new(format!("the target {} is not empty", self.urls[1]), why, remedy).failed());
        }
        transfer.empty_target().map_err(|error| self.cannot(&error, "see the cause above, then copy again"))?;
        say(format_args!("emptied {} tables of the target", occupied.len()));
        Ok(())
    }

    /// Every module's audit on both sides. A copy has no gateway, and its rows are the same on both sides.
    fn audit(&self) -> Result<ExitCode, Fault> {
        let ports = opening::ports(self.settings).map_err(Fault::failed)?;
        let runtime = runtime()?;
        let mut found = 0;
        for (side, db) in [(Side::Source, self.source), (Side::Target, self.target)] {
            let app = assembly::app(self.settings, db.clone(), ports.clone());
            let app =
                app.map_err(|e| Fault::caused_by("the shop cannot be opened", &e, "run `holdfast config check`"))?;
            let findings = runtime.block_on(audits::look_inside(&app));
            let remedy = "the copy itself is complete; see the cause above and run `holdfast audit`";
            let findings =
                findings.map_err(|e| Fault::caused_by(format!("the {side} cannot be audited"), &e, remedy))?.found;
            for audits::Finding { module, violation } in &findings {
                let (rule, subject) = (&violation.rule, &violation.subject);
                say(format!("BROKEN in the {side}, {module}: {rule} - {subject}: {}", violation.found));
            }
            say(format_args!("{} broken promises in the {side}", findings.len()));
            found += findings.len();
        }
        Ok(if found == 0 { ExitCode::SUCCESS } else { not_in_order() })
    }

    fn cannot(&self, error: &Error, remedy: &str) -> Fault {
        let [from, to] = self.urls;
        Fault::caused_by(format!("{from} cannot be copied to {to}"), error, remedy)
    }
}

fn show(report: &Report, took: Duration) {
    for copied in report.tables.iter().filter(|copied| copied.rows > 0) {
        say(format_args!("{:>12} rows {:>10.1} kB  {}", copied.rows, copied.bytes as f64 / 1e3, copied.table));
    }
    let (rows, seconds) = (report.rows(), took.as_secs_f64());
    say(format_args!(
        "{rows} rows, {:.1} MB, the same on both sides; took {seconds:.2} s, {:.0} rows/s",
        report.bytes() as f64 / 1e6,
        rows as f64 / seconds.max(1e-3)
    ));
}

/// On a terminal only; indicatif is silent otherwise.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {percent:>3} %  {human_pos} of {human_len} rows  {eta} left")
    {
        bar.set_style(style);
    }
    bar
}
