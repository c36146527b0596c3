//! A file of orders: reads rows, places an order in one transaction each, and collects the report.

use super::{
    field::Field,
    order::{self, ChannelOrder},
    place::{self, Done},
    report::{PlacedRow, Refused, Report, Watch},
    row::{Added, Group, Mapping, Row},
};
use crate::{flow::ORDER, place::OrderSettings};
use ::order::origin::Key;
use files::{
    Rows, Running,
    columns::{Columns, Field as _},
    csv::Table,
    json_rows::JsonRows,
    report::Refusal,
    running::list,
};
use kernel::{Code, Result};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{Read, Seek},
    sync::Arc,
};
use store::{Db, Tx};

/// Orders that are read before they are placed; a dry run places so many together, and undoes them.
const ORDERS_AT_ONCE: usize = 50;

/// How a file of orders is read, and what its orders depend on.
#[derive(Debug, Clone)]
pub struct Options {
    pub read: files::Options,
    pub settings: OrderSettings,
    /// Who places them.
    pub by: String,
}

/// Places the orders of `file`, each in a transaction of its own. Blocking: call it from a thread of its own, never from async code.
/// `watch` gets every order and every refused row, in the order of the file; the report lists the first [`files::report::LISTED_MAX`] of each.
///
/// Errors: C002 for a file that is not in one encoding, has no rows or no header, or does not fit the mapping; C010 for one that is too
/// large; and a database that stays busy or fails. What was placed before an error stays, and importing the file again continues: an
/// order is known by its number at its channel.
pub fn run(db: &Db, file: impl Read + Seek, options: &Options, watch: &mut dyn Watch) -> Result<Report> {
    let report = Report { dry_run: options.read.dry_run, ..Report::default() };
    let mut import = Import {
        db,
        options,
        settings: Arc::new(options.settings.clone()),
        watch,
        waiting: Vec::new(),
        seen: BTreeMap::new(),
        running: Running::new(options.read.language),
        report,
    };
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
    settings: Arc<OrderSettings>,
    watch: &'a mut dyn Watch,
    waiting: Vec<ChannelOrder>,
    /// The orders of the file so far, and the lines on which they begin.
    seen: BTreeMap<Key, u64>,
    running: Running<Refused>,
    /// What `running` does not count.
    report: Report,
}

impl Import<'_> {
    fn table(&mut self, mut file: Box<dyn Table + '_>) -> Result<()> {
        let columns = Columns::<Field>::all(file.header(), &self.options.read.map, &self.options.read.set)?;
        if let Some(field) = Field::ALL.iter().find(|field| field.is_needed() && !columns.has(**field)) {
            let (name, names) = (field.name(), columns.names().join(", "));
            return Err(Code::InvalidInput.because(format!(
                "no column gives {name}; map one, such as {name}=COLUMN, or set it. The columns are {names}"
            )));
        }
        (self.report.read.mapping, self.report.read.unused_columns) = (columns.mapped(), columns.unused([].iter()));
        let mut group = Group::default();
        while let Some((at, cells)) = self.running.next_cells(&mut *file) {
            self.running.rows += 1;
            let row = cells.and_then(|cells| Row::of_cells(&columns, at, &cells));
            if !self.take(&mut group, row)? {
                return Ok(());
            }
        }
        self.order(&group.end());
        Ok(())
    }

    fn json(&mut self, mut rows: JsonRows<impl Read>) -> Result<()> {
        let mapping = Mapping::of(&self.options.read.map, &self.options.read.set)?;
        let mut group = Group::default();
        while let Some((at, object)) = self.running.next_object(&mut rows) {
            self.running.rows += 1;
            let goes_on = match object.and_then(|bytes| Row::of_json(&mapping, at, &bytes)) {
                Ok(lines) => lines.into_iter().try_fold(true, |_, line| self.take(&mut group, Ok(line)))?,
                Err(refusal) => self.take(&mut group, Err(refusal))?,
            };
            if !goes_on {
                return Ok(());
            }
        }
        self.order(&group.end());
        Ok(())
    }

    /// Takes a row; false when the import must stop. A row that cannot be read ends the order before it.
    fn take(&mut self, group: &mut Group, row: Result<Row, Refusal>) -> Result<bool> {
        match row {
            Ok(row) => match group.add(row) {
                Added::Kept(before) => self.order(&before),
                Added::TooMany(row) => self.running.refuse([row.refused(order::too_many())]),
            },
            Err(refusal) => {
                self.order(&group.end());
                self.running.refuse([refusal]);
            }
        }
        if self.waiting.len() + self.running.waiting().len() >= ORDERS_AT_ONCE {
            self.store()?;
        }
        Ok(self.running.goes_on())
    }

    /// The rows of one order.
    fn order(&mut self, rows: &[Row]) {
        let Some(first) = rows.first() else { return };
        let begun = first.key().and_then(|key| match self.seen.entry(key) {
            Entry::Occupied(begun) => Some(*begun.get()),
            Entry::Vacant(new) => {
                new.insert(first.at.line);
                None
            }
        });
        let order = match begun {
            // they would be taken for the same order again, and what is in them would never be sent
            Some(line) => Err(order::refused(rows, &order::split(line))),
            None => ChannelOrder::of(rows, self.options.read.amounts()),
        };
        match order {
            Ok(order) => self.waiting.push(order),
            Err(refusals) => self.running.refuse(refusals),
        }
    }

    /// Places the orders that wait.
    fn store(&mut self) -> Result<()> {
        let orders: Arc<Vec<ChannelOrder>> = Arc::new(std::mem::take(&mut self.waiting));
        let outcomes = if self.options.read.dry_run { self.tried(&orders)? } else { self.placed(&orders)? };
        for (order, outcome) in orders.iter().zip(outcomes) {
            match outcome {
                Ok(done) => self.count(PlacedRow::of(order, done, self.options.read.dry_run)),
                Err(error) => {
                    let number = &order.origin.channel_order_number;
                    let refusal = |at| Refusal { at, key: Some(number.clone()), error: error.public_copy() };
                    self.running.refuse(order.rows.iter().copied().map(refusal));
                }
            }
        }
        let progress = self.running.report(|row| self.watch.refused(row));
        self.watch.progress(progress);
        Ok(())
    }

    /// Each order in a transaction of its own. An error that is no row's fault ends the import.
    fn placed(&self, orders: &Arc<Vec<ChannelOrder>>) -> Result<Vec<Result<Done>>> {
        let mut outcomes = Vec::with_capacity(orders.len());
        for n in 0..orders.len() {
            let (orders, settings, by) = (Arc::clone(orders), Arc::clone(&self.settings), self.options.by.clone());
            let place = move |tx: &mut Tx<'_>| place::place(tx, &ORDER, &settings, &by, &orders[n]);
            match files::write(self.db, "checkout.channel-order", false, place) {
                Err(fault) if fault.code().status() >= 500 => return Err(fault),
                outcome => outcomes.push(outcome),
            }
        }
        Ok(outcomes)
    }

    /// The same, together and undone.
    fn tried(&self, orders: &Arc<Vec<ChannelOrder>>) -> Result<Vec<Result<Done>>> {
        let (orders, settings, by) = (Arc::clone(orders), Arc::clone(&self.settings), self.options.by.clone());
        let place = move |tx: &mut Tx<'_>| {
            let mut outcomes = Vec::with_capacity(orders.len());
            for order in orders.iter() {
                match tx.attempt(|tx| place::place(tx, &ORDER, &settings, &by, order)) {
                    Err(fault) if fault.code().status() >= 500 => return Err(fault),
                    outcome => outcomes.push(outcome),
                }
            }
            Ok(outcomes)
        };
        files::write(self.db, "checkout.channel-order", true, place)
    }

    fn count(&mut self, order: PlacedRow) {
        self.watch.placed(&order);
        match order.is_known {
            true => self.report.known += 1,
            false => self.report.placed += 1,
        }
        list(&mut self.report.orders, order);
    }
}
