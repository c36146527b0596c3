//! The import itself: reads rows, stores them in chunks, and collects the report.

use crate::Options;
use crate::cells::{Group, Grouped, Reading};
use crate::draft::{self, Draft};
use crate::load::{self, Paths, Rules};
use crate::plan::Plan;
use crate::rename::Rename;
use crate::report::{Noted, Refused, Report, Watch};
use catalog::ops::upsert::{NameOwner, Outcome};
use catalog::product::Author;
use files::{Rows, Running, csv::Table, json_rows::JsonRows, report::Refusal, running::list};
use kernel::{Code, Result, text};
use std::{
    collections::HashMap,
    io::{Read, Seek},
    sync::Arc,
};
use store::{Db, Tx};

/// Imports the whole of `file`. Blocking: call it from a thread of its own, never from async code. The report lists the first
/// [`files::report::LISTED_MAX`] rows that were refused or are odd; `watch` gets every one, in the order of the file.
///
/// Errors: C002 for a file that is not in one encoding, has no rows or no header, or does not fit the mapping; C010 for one that is
/// too large; and a database that stays busy or fails. What was stored before an error stays, and importing the file again
/// continues, because rows are found by their sku. A file that becomes unreadable is imported up to that point; `stopped` in the
/// report says so.
pub fn run(db: &Db, file: impl Read + Seek, options: &Options, watch: &mut dyn Watch) -> Result<Report> {
    let mut import = Import::new(db, options, watch);
    let (rows, read) = files::open(file, &options.read)?;
    import.report.read = read;
    match rows {
        Rows::Table(table) => import.table(table)?,
        Rows::Json(rows) => import.json(rows)?,
    }
    import.store()?;
    let Running { rows, refused, refused_rows, stopped, .. } = import.running.ended()?;
    Ok(Report { rows, refused, refused_rows, stopped, ..import.report })
}

/// A running import.
struct Import<'a> {
    db: &'a Db,
    options: &'a Options,
    rules: Arc<Rules>,
    watch: &'a mut dyn Watch,
    /// Where each sku was seen first.
    seen: HashMap<Box<str>, u64>,
    paths: Arc<Paths>,
    waiting: Vec<Draft>,
    running: Running<Refused>,
    /// What `running` does not count.
    report: Report,
}

impl<'a> Import<'a> {
    fn new(db: &'a Db, options: &'a Options, watch: &'a mut dyn Watch) -> Import<'a> {
        let rules = Rules {
            author: Author::limited_to(options.seller),
            same_name: options.same_name,
            low_stock_threshold: options.low_stock_threshold,
            status: options.status,
            by: options.by.clone(),
        };
        Import {
            db,
            options,
            rules: Arc::new(rules),
            watch,
            seen: HashMap::new(),
            paths: Arc::default(),
            waiting: Vec::with_capacity(load::CHUNK_ROWS),
            running: Running::new(options.read.language),
            report: Report { dry_run: options.read.dry_run, ..Report::default() },
        }
    }

    fn table(&mut self, mut file: Box<dyn Table + '_>) -> Result<()> {
        let plan = Plan::of(file.header(), &self.options.read.map, &self.options.read.set)?;
        (self.report.read.mapping, self.report.read.unused_columns) = (plan.mapped(), plan.unused());
        let reading = Reading { plan, amounts: self.options.read.amounts(), blank: self.options.blank };
        let mut group = Group::default();
        while let Some((at, cells)) = self.running.next_cells(&mut *file) {
            let product = cells.as_ref().ok().and_then(|cells| reading.product_of(cells));
            let row = cells.and_then(|cells| reading.row(at, &cells));
            if let Some(before) = group.add(product, row)
                && !self.take(before)?
            {
                return Ok(());
            }
        }
        match group.end() {
            Some(last) => self.take(last).map(|_| ()),
            None => Ok(()),
        }
    }

    fn json(&mut self, mut rows: JsonRows<impl Read>) -> Result<()> {
        let rename = Rename::of(&self.options.read.map, &self.options.read.set, self.options.blank)?;
        let amounts = self.options.read.amounts();
        while let Some((at, object)) = self.running.next_object(&mut rows) {
            let draft = object.and_then(|bytes| draft::of_json(&rename, amounts, at, &bytes));
            if !self.take(draft.map_err(|refusal| vec![refusal]))? {
                break;
            }
        }
        Ok(())
    }

    /// Adds a product and its rows; false when the import must stop.
    fn take(&mut self, draft: Grouped) -> Result<bool> {
        self.running.rows += draft.as_ref().map_or_else(Vec::len, |draft| draft.rows.len()) as u64;
        match draft.and_then(|draft| self.first_of_its_skus(draft)) {
            Ok(draft) => {
                // a product is read once for all rows of a chunk
                if self.waiting.iter().any(|waiting| text::folded(&waiting.row.sku) == text::folded(&draft.row.sku)) {
                    self.store()?;
                }
                self.waiting.push(draft);
            }
            Err(refusals) => self.running.refuse(refusals),
        }
        if self.waiting.len() + self.running.waiting().len() >= load::CHUNK_ROWS {
            self.store()?;
        }
        Ok(self.running.goes_on())
    }

    /// A sku that appears twice in one file is a mistake in the file, not an update.
    fn first_of_its_skus(&mut self, draft: Draft) -> Grouped {
        let taken = draft.rows.iter().find_map(|(_, sku)| self.seen.get(text::folded(sku).as_str()).copied());
        let Some(taken) = taken else {
            self.seen.extend(draft.rows.iter().map(|(at, sku)| (text::folded(sku).into(), at.line)));
            return Ok(draft);
        };
        let refusal = |(at, sku)| Refusal {
            at,
            key: Some(sku),
            error: Code::ProductAlreadyExists.because(format!("line {taken} of the file has the same sku")),
        };
        Err(draft.rows.into_iter().map(refusal).collect())
    }

    fn note(&mut self, draft: Draft, shares_name_with: Option<NameOwner>) {
        let shared = shares_name_with.map(|owner| match owner {
            NameOwner::Sku(sku) => format!("the product with sku {sku} has the same name"),
            NameOwner::Hidden => "another product has the same name".to_owned(),
        });
        let at = draft.first();
        let notes = draft.notes.into_iter().chain(shared).map(|note| self.options.read.language.of_text(&note));
        let notes: Vec<String> = notes.collect();
        if notes.is_empty() {
            return;
        }
        let noted = Noted { row: at.row, line: at.line, sku: draft.row.sku, note: notes.join("; ") };
        self.watch.noted(&noted);
        self.report.noted_rows += 1;
        list(&mut self.report.noted, noted);
    }

    /// Stores the rows that wait.
    fn store(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            let drafts = Arc::new(std::mem::take(&mut self.waiting));
            let stored = self.write(&drafts)?;
            self.count(Arc::unwrap_or_clone(drafts), stored.rows);
            // what a dry run looked up may be gone with it
            if !self.options.read.dry_run {
                Arc::make_mut(&mut self.paths).extend(stored.paths);
            }
        }
        let progress = self.running.report(|row| self.watch.refused(row));
        self.watch.progress(progress);
        Ok(())
    }

    fn write(&self, drafts: &Arc<Vec<Draft>>) -> Result<load::Stored> {
        let (rules, paths, rows) = (Arc::clone(&self.rules), Arc::clone(&self.paths), Arc::clone(drafts));
        let chunk = move |tx: &mut Tx<'_>| load::chunk(tx, &rules, &paths, &rows);
        files::write(self.db, "import.chunk", self.options.read.dry_run, chunk)
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
                Err(error) => {
                    let refusal = |(at, sku)| Refusal { at, key: Some(sku), error: error.public_copy() };
                    self.running.refuse(draft.rows.into_iter().map(refusal));
                }
            }
        }
    }
}
