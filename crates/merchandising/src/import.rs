//! The import of whole catalogues from CSV or NDJSON: streaming, row by row, with a report that names every row that
//! was not stored and every one that is odd. See the README for the mapping.

pub mod csv;
pub mod draft;
pub mod lines;
pub mod load;
pub mod plan;

use crate::ops::House;
use catalog::ops::upsert::{Outcome, SameName};
use catalog::product::{Author, Status};
use draft::{Draft, Refusal, Rename};
use kernel::{Code, Error, Result, UserId};
use lines::Lines;
use load::{Paths, Terms};
use plan::{Mapped, Plan};
use serde::Serialize;
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    io::Read,
    str::FromStr,
    sync::Arc,
    thread,
    time::Duration,
};
use store::Db;
use utoipa::ToSchema;

/// Most refused rows that are listed; with more, something is wrong with the file or the mapping and the import stops.
pub const REFUSED_MAX: usize = 100_000;
/// Most odd rows that are listed; the rest is only counted.
pub const NOTED_MAX: usize = 10_000;
/// Tries of one chunk while the database is busy or failing.
const TRIES: u32 = 50;
/// Pause between them.
const PAUSE: Duration = Duration::from_millis(100);

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma (or semicolon, or tab) separated values with a header.
    Csv,
    /// One JSON object on each line.
    Ndjson,
}

impl Format {
    /// By the end of a file's name; `None` when it says nothing.
    pub fn of_file(name: &str) -> Option<Format> {
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase())?;
        match end.as_str() {
            "csv" | "tsv" | "txt" => Some(Format::Csv),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            _ => None,
        }
    }

    /// By a `Content-Type`; `None` when it is neither.
    pub fn of_content_type(header: &str) -> Option<Format> {
        match header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" | "application/csv" => Some(Format::Csv),
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Some(Format::Ndjson)
            }
            _ => None,
        }
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(text: &str) -> Result<Format> {
        Format::of_file(&format!(".{text}")).ok_or_else(|| kernel::text::wrong("format", "must be csv or ndjson"))
    }
}

/// How to read a file and what its products become.
#[derive(Debug, Clone)]
pub struct Options {
    /// What kind of file it is.
    pub format: Format,
    /// Where fields come from: `(field, column or pattern)`.
    pub map: Vec<(String, String)>,
    /// Fields that are the same for every row: `(field, value)`.
    pub set: Vec<(String, String)>,
    /// Whose products they become and who may change them; `None`: the shop, which may change everything.
    pub seller: Option<UserId>,
    /// The state of new products whose row does not say.
    pub status: Status,
    /// What to do with a name that another product holds.
    pub same_name: SameName,
    /// The shop's settings.
    pub house: House,
    /// Who is noted in the stock ledger.
    pub by: String,
}

impl Options {
    /// A file of this kind, read without mapping, for the shop itself, on sale at once.
    pub fn new(format: Format, house: House) -> Options {
        Options {
            format,
            map: Vec::new(),
            set: Vec::new(),
            seller: None,
            status: Status::Active,
            same_name: SameName::default(),
            house,
            by: "IMPORT".to_owned(),
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Rows dealt with.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportReport)]
pub struct Report {
    /// Rows in the file.
    pub rows: u64,
    /// New products.
    pub created: u64,
    /// Changed products.
    pub updated: u64,
    /// Products that were as their row says.
    pub unchanged: u64,
    /// Every row that was not stored.
    pub refused: Vec<Refused>,
    /// Rows that were stored but are odd, the first 10,000.
    pub noted: Vec<Noted>,
    /// How many those are in all.
    pub noted_rows: u64,
    /// Where the fields came from (CSV).
    pub mapping: Vec<Mapped>,
    /// Columns nothing was taken from (CSV).
    pub unused_columns: Vec<String>,
    /// Why the rest of the file was not looked at.
    pub stopped: Option<String>,
}

/// A row that was not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportRefusal)]
pub struct Refused {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its sku, when that much could be read.
    pub sku: Option<String>,
    /// The code from the one table.
    #[schema(example = "S004")]
    pub code: &'static str,
    /// Why.
    pub reason: String,
}

/// A row that was stored but is odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportNote)]
pub struct Noted {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its sku.
    pub sku: String,
    /// What is odd.
    pub note: String,
}

impl fmt::Display for Report {
    /// For people: the counts, then the rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rows, created, updated, unchanged, .. } = self;
        writeln!(
            f,
            "{rows} rows: {created} created, {updated} updated, {unchanged} unchanged, {} refused",
            self.refused.len()
        )?;
        for Refused { line, sku, code, reason } in &self.refused {
            writeln!(f, "line {line}, sku {}: refused, {code} {reason}", sku.as_deref().unwrap_or("?"))?;
        }
        if self.noted_rows > 0 {
            writeln!(f, "{} rows are odd but were stored", self.noted_rows)?;
        }
        for Noted { line, sku, note } in &self.noted {
            writeln!(f, "line {line}, sku {sku}: {note}")?;
        }
        if let Some(why) = &self.stopped {
            writeln!(f, "stopped: {why}")?;
        }
        Ok(())
    }
}

/// Imports everything `reader` gives. Blocking: call it from a thread of its own, never from async code. `progress` is
/// called after every chunk of rows.
///
/// Errors: a file that is none (no header, an unknown column in the mapping; C002), and a database that stays busy or
/// fails. What was stored before an error stays; importing again goes on where it stopped, because rows are found by
/// their sku. A file that is too large or cannot be read on is imported up to there; the report says so in `stopped`.
pub fn import(db: &Db, reader: impl Read, options: &Options, progress: &mut dyn FnMut(Progress)) -> Result<Report> {
    let lines = Lines::of(reader);
    let mut import = Import::new(db, options, progress);
    match options.format {
        Format::Csv => import.csv(lines)?,
        Format::Ndjson => import.ndjson(lines)?,
    }
    import.store()?;
    let mut report = import.report;
    // rows that were no rows were refused before the chunk they came with
    report.refused.sort_by_key(|refused| refused.line);
    Ok(report)
}

/// A running import.
struct Import<'a> {
    db: &'a Db,
    options: &'a Options,
    terms: Arc<Terms>,
    progress: &'a mut dyn FnMut(Progress),
    /// Where each sku was seen first.
    seen: HashMap<Box<str>, u64>,
    paths: Arc<Paths>,
    waiting: Vec<Draft>,
    bytes: u64,
    report: Report,
}

impl<'a> Import<'a> {
    fn new(db: &'a Db, options: &'a Options, progress: &'a mut dyn FnMut(Progress)) -> Import<'a> {
        let terms = Terms {
            author: Author::limited_to(options.seller),
            same_name: options.same_name,
            house: options.house,
            by: options.by.clone(),
        };
        Import {
            db,
            options,
            terms: Arc::new(terms),
            progress,
            seen: HashMap::new(),
            paths: Arc::default(),
            waiting: Vec::with_capacity(load::CHUNK_ROWS),
            bytes: 0,
            report: Report::default(),
        }
    }

    fn csv<R: Read>(&mut self, lines: Lines<R>) -> Result<()> {
        let mut file = csv::Csv::open(lines)?;
        let plan = Plan::of(file.header(), &self.options.map, &self.options.set)?;
        (self.report.mapping, self.report.unused_columns) = (plan.mapped(), plan.unused());
        while let Some(record) = self.go_on(file.next_row()) {
            self.bytes = file.read();
            let line = record.line;
            let draft = match record.fields {
                Ok(cells) => draft::of_cells(&plan, line, &cells, self.options.status),
                Err(why) => Err(Refusal { line, sku: None, error: Code::InvalidInput.because(why) }),
            };
            if !self.take(draft)? {
                break;
            }
        }
        Ok(())
    }

    fn ndjson<R: Read>(&mut self, mut lines: Lines<R>) -> Result<()> {
        let rename = Rename::of(&self.options.map, &self.options.set)?;
        while let Some(line) = self.go_on(lines.next_line()) {
            self.bytes = lines.read();
            let draft = match &line.bytes {
                Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
                Some(bytes) => draft::of_json(&rename, line.number, bytes, self.options.status),
                None => {
                    let why = format!("it is longer than {} bytes", lines::LINE_MAX);
                    Err(Refusal { line: line.number, sku: None, error: Code::InvalidInput.because(why) })
                }
            };
            if !self.take(draft)? {
                break;
            }
        }
        Ok(())
    }

    /// What was read; a file that cannot be read on ends the import, and what came before it is stored.
    fn go_on<T>(&mut self, read: Result<Option<T>>) -> Option<T> {
        read.unwrap_or_else(|error| {
            tracing::warn!(error = ?error, "an import ends early");
            self.report.stopped = Some(error.detail().unwrap_or(error.code().english()).to_owned());
            None
        })
    }

    /// One more row; false when the import is to stop.
    fn take(&mut self, draft: Result<Draft, Refusal>) -> Result<bool> {
        self.report.rows += 1;
        match draft.and_then(|draft| self.first_of_its_sku(draft)) {
            Ok(draft) => self.waiting.push(draft),
            Err(Refusal { line, sku, error }) => self.refuse(line, sku, &error),
        }
        if self.waiting.len() >= load::CHUNK_ROWS {
            self.store()?;
        }
        if self.report.refused.len() >= REFUSED_MAX {
            self.report.stopped = Some(format!("{REFUSED_MAX} rows were refused"));
        }
        Ok(self.report.stopped.is_none())
    }

    /// A sku that comes twice in one file is a mistake in the file, not an update.
    fn first_of_its_sku(&mut self, draft: Draft) -> Result<Draft, Refusal> {
        match self.seen.entry(draft.row.sku.as_str().into()) {
            Entry::Vacant(free) => {
                free.insert(draft.line);
                Ok(draft)
            }
            Entry::Occupied(taken) => {
                let error = Code::ProductAlreadyExists.because(format!("line {} has the same sku", taken.get()));
                Err(Refusal { line: draft.line, sku: Some(draft.row.sku), error })
            }
        }
    }

    fn refuse(&mut self, line: u64, sku: Option<String>, error: &Error) {
        let code = error.code();
        let mut reason = error.detail().unwrap_or(code.english()).to_owned();
        if error.detail().is_none() {
            for detail in error.details() {
                let field = detail.field.as_deref().unwrap_or_default();
                reason = format!("{reason}: {field} {}", detail.message);
            }
        } else if code != Code::InvalidInput {
            reason = format!("{}: {reason}", code.english());
        }
        self.report.refused.push(Refused { line, sku, code: code.code(), reason });
    }

    fn note(&mut self, draft: Draft, shares_name_with: Option<String>) {
        let shared = shares_name_with.map(|sku| format!("it has the same name as sku {sku}"));
        let notes: Vec<String> = draft.notes.into_iter().chain(shared).collect();
        if notes.is_empty() {
            return;
        }
        self.report.noted_rows += 1;
        if self.report.noted.len() < NOTED_MAX {
            self.report.noted.push(Noted { line: draft.line, sku: draft.row.sku, note: notes.join("; ") });
        }
    }

    /// Stores the rows that wait.
    fn store(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            let drafts = Arc::new(std::mem::take(&mut self.waiting));
            let stored = self.write(&drafts)?;
            self.count(Arc::unwrap_or_clone(drafts), stored.rows);
            Arc::make_mut(&mut self.paths).extend(stored.paths);
        }
        let refused = self.report.refused.len() as u64;
        (self.progress)(Progress { bytes: self.bytes, rows: self.report.rows, refused });
        Ok(())
    }

    fn write(&self, drafts: &Arc<Vec<Draft>>) -> Result<load::Stored> {
        let mut tries = 1;
        loop {
            let (terms, paths, rows) = (Arc::clone(&self.terms), Arc::clone(&self.paths), Arc::clone(drafts));
            match self.db.write_blocking("merchandising.import", move |tx| load::chunk(tx, &terms, &paths, &rows)) {
                Err(error) if load::may_repeat(&error) && tries < TRIES => {
                    tries += 1;
                    thread::sleep(PAUSE);
                }
                stored => return stored,
            }
        }
    }

    fn count(&mut self, drafts: Vec<Draft>, rows: Vec<Result<load::Done>>) {
        for (draft, row) in drafts.into_iter().zip(rows) {
            match row {
                Ok(done) => {
                    match done.outcome {
                        Outcome::Created => self.report.created += 1,
                        Outcome::Updated => self.report.updated += 1,
                        Outcome::Unchanged => self.report.unchanged += 1,
                    }
                    self.note(draft, done.shares_name_with);
                }
                Err(error) => self.refuse(draft.line, Some(draft.row.sku), &error),
            }
        }
    }
}
