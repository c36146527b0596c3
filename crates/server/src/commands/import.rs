//! `holdfast import`: a catalogue from a file, with a progress bar and a report of every row that was not stored. And `holdfast orders
//! import`: orders from other sales channels, the same way.

use super::{open, open_or_make, runtime, say};
use crate::cli::{self, not_in_order};
use crate::config::{Config, Fault};
use ::import::report::{Noted, Refused};
use ::import::{Options, Report, Watch};
use checkout::{channel, place::OrderSettings};
use files::{Format, Progress, amount::DecimalMark, encoding, report::Outcome, spooled};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt::Display,
    fs::File,
    io::{Cursor, Read, Seek, stdin},
    path::Path,
    process::ExitCode,
    time::Instant,
};
use web::App;

/// Imports a file of products.
pub(crate) fn import(config: &Config, wanted: &cli::Import) -> Result<ExitCode, Fault> {
    let given = Given::of(&wanted.rows)?;
    let blank = wanted.blank.parse().map_err(|e| wrong("--blank", &e))?;
    let seller = wanted.seller.as_deref().map(seller).transpose()?;
    let (runtime, began) = (runtime()?, Instant::now());
    let app = runtime.block_on(async {
        // what stores nothing makes no shop either
        if wanted.rows.dry_run { open(&config.settings).await } else { open_or_make(&config.settings).await }
    })?;
    let mut options = options(&app, given.format);
    (options.read, options.blank, options.seller) = (given.options(&app, &wanted.rows), blank, seller);
    if wanted.draft {
        options.status = catalog::product::Status::Draft;
    }
    if wanted.unique_names {
        options.same_name = catalog::ops::upsert::SameName::Refuse;
    }
    let remedy = "rows stored before this stay; repair the cause and import again: known rows are found by their sku";
    let report =
        given.run(&app, &wanted.rows, remedy, |file, bar| ::import::run(&app.db, file, &options, &mut Shown(bar)))?;
    let failed = report.stopped.is_some() || report.nothing_stored().is_some();
    Ok(ended(&report.summary(), began, wanted.rows.strict && report.refused_rows > 0 || failed))
}

/// Places the orders of a file.
pub(crate) fn import_orders(config: &Config, wanted: &cli::RowsOfFile) -> Result<ExitCode, Fault> {
    let given = Given::of(wanted)?;
    let (runtime, began) = (runtime()?, Instant::now());
    let app = runtime.block_on(open(&config.settings))?;
    let (read, by) = (given.options(&app, wanted), "IMPORT".to_owned());
    let options = channel::Options { read, settings: OrderSettings::of(&app), by };
    let remedy = "orders placed before this stay; repair the cause and import again: nothing is placed twice";
    let report = given.run(&app, wanted, remedy, |file, bar| channel::run(&app.db, file, &options, &mut Shown(bar)))?;
    let failed = report.stopped.is_some() || report.nothing_stored().is_some();
    Ok(ended(&report.summary(), began, wanted.strict && report.refused_rows > 0 || failed))
}

/// Says the counts; the exit code.
fn ended(summary: &str, began: Instant, is_wrong: bool) -> ExitCode {
    say(summary.trim_end());
    say(format_args!("took {:.2} s", began.elapsed().as_secs_f64()));
    if is_wrong { not_in_order() } else { ExitCode::SUCCESS }
}

fn options(app: &App, format: Format) -> Options {
    Options::new(format, app.shop.currency, app.settings::<inventory::Settings>().low_stock_threshold)
}

fn format_of(wanted: &cli::RowsOfFile) -> Result<Format, Fault> {
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
    format: Format,
    encoding: Option<&'static files::Encoding>,
    decimal: Option<DecimalMark>,
    file: Source,
    length: Option<u64>,
}

enum Source {
    /// Can be read again from its start.
    File(File),
    /// Standard input, or a pipe.
    Stream(Box<dyn Read>),
}

/// A file that can be read again.
trait Rereadable: Read + Seek {}
impl<T: Read + Seek> Rereadable for T {}

fn wrong(flag: &str, error: &kernel::Error) -> Fault {
    Fault::new(format!("{flag} has a wrong value"), error.detail().unwrap_or_default().to_owned(), "see --help")
}

impl Given {
    fn of(wanted: &cli::RowsOfFile) -> Result<Given, Fault> {
        let format = format_of(wanted)?;
        let encoding =
            wanted.encoding.as_deref().map(encoding::named).transpose().map_err(|e| wrong("--encoding", &e))?;
        let decimal = wanted.decimal.as_deref().map(str::parse).transpose().map_err(|e| wrong("--decimal", &e))?;
        let (file, length) = source(&wanted.file)?;
        Ok(Given { format, encoding, decimal, file, length })
    }

    fn options(&self, app: &App, wanted: &cli::RowsOfFile) -> files::Options {
        files::Options {
            sheet: wanted.sheet.clone(),
            encoding: self.encoding,
            decimal: self.decimal,
            map: wanted.map.clone(),
            set: wanted.set.clone(),
            dry_run: wanted.dry_run,
            ..files::Options::new(self.format, app.shop.currency)
        }
    }

    /// Runs an import over the file, with a bar, and closes the shop.
    fn run<R>(
        self,
        app: &App,
        wanted: &cli::RowsOfFile,
        remedy: &'static str,
        import: impl FnOnce(Box<dyn Rereadable>, ProgressBar) -> kernel::Result<R>,
    ) -> Result<R, Fault> {
        let bar = bar(self.length);
        let report = match self.file {
            Source::File(file) => import(Box::new(file), bar.clone()),
            Source::Stream(stream) => spooled(stream).and_then(|file| import(Box::new(file), bar.clone())),
        };
        bar.finish_and_clear();
        app.db.close_blocking();
        let what = format!("{} cannot be imported", wanted.file.display());
        report.map_err(|error| Fault::caused_by(what, &error, remedy))
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

impl Shown {
    fn moved(&self, progress: Progress) {
        self.0.set_position(progress.bytes);
        self.0.set_message(format!("{} rows, {} refused", progress.rows, progress.refused));
    }

    fn line(&self, row: impl Display) {
        self.0.suspend(|| say(row));
    }
}

impl Watch for Shown {
    fn progress(&mut self, progress: Progress) {
        self.moved(progress);
    }

    fn refused(&mut self, row: &Refused) {
        self.line(row);
    }

    fn noted(&mut self, row: &Noted) {
        self.line(row);
    }
}

impl channel::Watch for Shown {
    fn progress(&mut self, progress: Progress) {
        self.moved(progress);
    }

    fn refused(&mut self, row: &channel::report::Refused) {
        self.line(row);
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
