//! `holdfast import`: a catalogue from a file, with a progress bar and a report of every row that was not stored.

use super::{open, runtime, say};
use crate::cli::{self, not_in_order};
use crate::config::{Config, Fault};
use ::import::report::{Noted, Refused};
use ::import::{Format, Options, Progress, Report, Watch, amount::DecimalMark, encoding, plan::Blank, spooled};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs::File,
    io::{Cursor, Read, stdin},
    path::Path,
    process::ExitCode,
    time::Instant,
};
use web::App;

/// Imports a file.
pub(crate) fn import(config: &Config, wanted: &cli::Import) -> Result<ExitCode, Fault> {
    let format = format_of(wanted)?;
    let given = Given::of(wanted)?;
    let runtime = runtime()?;
    let app = runtime.block_on(open(&config.settings))?;
    let mut options = options(&app, format);
    (options.encoding, options.decimal, options.blank) = (given.encoding, given.decimal, given.blank);
    options.map.clone_from(&wanted.map);
    options.sheet.clone_from(&wanted.sheet);
    options.set.clone_from(&wanted.set);
    options.seller = wanted.seller.as_deref().map(seller).transpose()?;
    if wanted.draft {
        options.status = catalog::product::Status::Draft;
    }
    options.dry_run = wanted.dry_run;
    if wanted.unique_names {
        options.same_name = catalog::ops::upsert::SameName::Refuse;
    }
    let began = Instant::now();
    let bar = bar(given.length);
    let mut shown = Shown(bar.clone());
    let report = match given.file {
        Source::File(file) => ::import::run(&app.db, file, &options, &mut shown),
        Source::Stream(stream) => spooled(stream).and_then(|file| ::import::run(&app.db, file, &options, &mut shown)),
    };
    bar.finish_and_clear();
    app.db.close_blocking();
    let report = report.map_err(|error| {
        let remedy =
            "rows stored before this stay; repair the cause and import again: known rows are found by their sku";
        Fault::caused_by(format!("{} cannot be imported", wanted.file.display()), &error, remedy)
    })?;
    say(report.summary().trim_end());
    say(format_args!("took {:.2} s", began.elapsed().as_secs_f64()));
    let failed = report.stopped.is_some() || report.nothing_stored().is_some();
    let refused = wanted.strict && report.refused_rows > 0 || failed;
    Ok(if refused { not_in_order() } else { ExitCode::SUCCESS })
}

fn options(app: &App, format: Format) -> Options {
    Options::new(format, app.shop.currency, app.settings::<inventory::Settings>().low_stock_threshold)
}

fn format_of(wanted: &cli::Import) -> Result<Format, Fault> {
    let by_name = || Format::of_file(&wanted.file.to_string_lossy());
    let chosen = match wanted.format {
        Some(cli::Format::Csv) => Some(Format::Csv),
        Some(cli::Format::Xlsx) => Some(Format::Xlsx),
        Some(cli::Format::Json) => Some(Format::Json),
        None => by_name(),
    };
    chosen.ok_or_else(|| {
        let what = format!("{} cannot be imported", wanted.file.display());
        Fault::new(what, "its name does not say how it is written", "add --format csv, --format json or --format xlsx")
    })
}

/// What the command line says about the file, checked before the shop is opened.
struct Given {
    encoding: Option<&'static ::import::Encoding>,
    decimal: Option<DecimalMark>,
    blank: Blank,
    file: Source,
    length: Option<u64>,
}

enum Source {
    /// Can be read again from its start.
    File(File),
    /// Standard input, or a pipe.
    Stream(Box<dyn Read>),
}

impl Given {
    fn of(wanted: &cli::Import) -> Result<Given, Fault> {
        let wrong = |flag: &str, error: kernel::Error| {
            Fault::new(
                format!("{flag} has a wrong value"),
                error.detail().unwrap_or_default().to_owned(),
                "see import --help",
            )
        };
        let encoding =
            wanted.encoding.as_deref().map(encoding::named).transpose().map_err(|e| wrong("--encoding", e))?;
        let decimal = wanted.decimal.as_deref().map(str::parse).transpose().map_err(|e| wrong("--decimal", e))?;
        let blank = wanted.blank.parse().map_err(|e| wrong("--blank", e))?;
        let (file, length) = source(&wanted.file)?;
        Ok(Given { encoding, decimal, blank, file, length })
    }
}

fn source(file: &Path) -> Result<(Source, Option<u64>), Fault> {
    if file == Path::new("-") {
        return Ok((Source::Stream(Box::new(stdin())), None));
    }
    let opened = File::open(file).and_then(|opened| Ok((opened.metadata()?, opened)));
    let (about, opened) = opened.map_err(|error| {
        let what = format!("{} cannot be read", file.display());
        Fault::new(what, error.to_string(), "name an existing file, or - for standard input").failed()
    })?;
    Ok(match about.is_file() {
        true => (Source::File(opened), Some(about.len())),
        false => (Source::Stream(Box::new(opened)), None),
    })
}

fn seller(text: &str) -> Result<kernel::UserId, Fault> {
    text.parse()
        .map_err(|_| Fault::new("--seller has a wrong value", format!("{text:?} is not a UUID"), "give a user's id"))
}

/// On a terminal only; indicatif is silent otherwise.
fn bar(length: Option<u64>) -> ProgressBar {
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = "{wide_bar} {percent:>3} %  {bytes}/{total_bytes}  {msg}  {eta} left";
    let style = if length.is_some() { template } else { "{spinner} {bytes}  {msg}" };
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// Shows an import while it runs: a bar on a terminal, and a line for each row that was refused or is odd.
struct Shown(ProgressBar);

impl Watch for Shown {
    fn progress(&mut self, progress: Progress) {
        self.0.set_position(progress.bytes);
        self.0.set_message(format!("{} rows, {} refused", progress.rows, progress.refused));
    }

    fn refused(&mut self, row: &Refused) {
        self.0.suspend(|| say(row));
    }

    fn noted(&mut self, row: &Noted) {
        self.0.suspend(|| say(row));
    }
}

/// What became of the bundled catalogue.
pub(crate) struct Imported {
    pub products: i64,
    pub refused: u64,
    pub ms: u64,
    pub report: Report,
}

/// Imports a bundled text into a running shop.
pub(crate) async fn import_text(app: &App, text: &'static str) -> Result<Imported, Fault> {
    let began = Instant::now();
    let (db, options) = (app.db.clone(), options(app, Format::Json));
    let bar = bar(Some(text.len() as u64));
    let work = move || {
        let report = ::import::run(&db, Cursor::new(text), &options, &mut Shown(bar.clone()));
        bar.finish_and_clear();
        report
    };
    let what = "the bundled catalogue cannot be imported";
    let report = tokio::task::spawn_blocking(work).await;
    let report = report.map_err(|e| Fault::new(what, e.to_string(), "report this").failed())?;
    let report = report.map_err(|e| Fault::caused_by(what, &e, "check that the disk can be written"))?;
    let products = i64::try_from(report.created).unwrap_or(i64::MAX);
    Ok(Imported { products, refused: report.refused_rows, ms: began.elapsed().as_millis() as u64, report })
}
