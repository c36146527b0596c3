//! Drafts into the database: chunk by chunk, each row on its own.

use crate::draft::Draft;
use catalog::ops::categories;
use catalog::ops::upsert::{self, Given, Known, NameOwner, Outcome, Row, SameName};
use catalog::product::{Author, Status};
use inventory::ops::Opening;
use inventory::{Amount, Decision, Seen};
use kernel::{CategoryId, Result, text};
use std::collections::HashMap;
use store::Tx;

/// Rows in one transaction: few enough to keep the writer for a few milliseconds only, enough to share the statements that read
/// ahead.
pub const CHUNK_ROWS: usize = 50;

/// What an import knows besides its rows.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whose products they become and who may change them.
    pub author: Author,
    /// What to do with a name that another product holds.
    pub same_name: SameName,
    /// Available units at or below which the stock of a new variant counts as low.
    pub low_stock_threshold: i64,
    /// The state of new products whose row does not say.
    pub status: Status,
    /// Who is noted in the stock ledger.
    pub by: String,
}

/// Categories by their path as rows write it.
pub type Paths = HashMap<String, CategoryId>;

/// What became of one row.
#[derive(Debug)]
pub struct Done {
    /// New, changed or as it was.
    pub outcome: Outcome,
    /// The sku of the product that holds its name.
    pub shares_name_with: Option<NameOwner>,
}

/// What became of a chunk.
#[derive(Debug)]
pub struct Stored {
    /// Row by row: stored, or refused and why.
    pub rows: Vec<Result<Done>>,
    /// Paths looked up or made by it.
    pub paths: Paths,
}

/// Stores a chunk: a refused row writes nothing and does not harm the others. An error that is not a row's fault (a
/// full disk, a bug) fails the whole chunk.
pub fn chunk(tx: &mut Tx<'_>, rules: &Rules, paths: &Paths, drafts: &[Draft]) -> Result<Stored> {
    let mut skus: Vec<&str> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        skus.push(&draft.row.sku);
        skus.extend(draft.row.variants.iter().map(|variant| variant.sku.as_str()));
    }
    let names: Vec<&str> = drafts.iter().filter_map(|draft| draft.row.name.as_deref()).collect();
    let mut known = upsert::known(tx, &skus, &names)?;
    // images that this shop does not have are shown as they are in the file, as those of other hosts are
    media::ops::wanted(tx, drafts.iter().flat_map(addresses))?;
    hold_stock(tx, &known, drafts)?;
    let mut stored = Stored { rows: Vec::with_capacity(drafts.len()), paths: Paths::new() };
    let mut openings = Vec::new();
    for draft in drafts {
        let row = tx.attempt(|tx| one(tx, rules, (paths, &stored.paths), &mut known, draft));
        let row = row.map(|one| {
            stored.paths.extend(one.path);
            openings.extend(one.openings);
            Done { outcome: one.outcome, shares_name_with: one.shares_name_with }
        });
        match row {
            Err(error) if error.code().status() >= 500 => return Err(error),
            row => stored.rows.push(row),
        }
    }
    // new variants have no stock yet, so no single row can be refused here
    inventory::ops::open(tx, &openings, None, &rules.by)?;
    Ok(stored)
}

/// The addresses of images that a row names.
fn addresses(draft: &Draft) -> impl Iterator<Item = &str> {
    let given = match &draft.row.images {
        Given::Value(gallery) => gallery.urls(),
        Given::Absent | Given::Cleared => &[],
    };
    given.iter().map(String::as_str)
}

/// Holds the stock that the rows are about to set, in the order in which orders take it.
fn hold_stock(tx: &mut Tx<'_>, known: &Known, drafts: &[Draft]) -> Result<()> {
    let decides = |draft: &&Draft| draft.stock.iter().flatten().any(|decision| !leaves(*decision));
    let counted = drafts.iter().filter(decides);
    let variants: Vec<_> = counted.flat_map(|draft| known.variants_of(&draft.row.sku)).map(|one| one.id).collect();
    if variants.is_empty() { Ok(()) } else { inventory::ops::lock(tx, &variants) }
}

struct One {
    outcome: Outcome,
    shares_name_with: Option<NameOwner>,
    path: Option<(String, CategoryId)>,
    openings: Vec<Opening>,
}

fn one(tx: &mut Tx<'_>, rules: &Rules, paths: (&Paths, &Paths), known: &mut Known, draft: &Draft) -> Result<One> {
    let mut row = Row { status_of_new: Some(rules.status), ..draft.row.clone() };
    let mut path = None;
    row.category_id = match &draft.category {
        Given::Absent => Given::Absent,
        Given::Cleared => Given::Cleared,
        Given::Value(category) => {
            let id = match paths.0.get(category).or_else(|| paths.1.get(category)) {
                Some(id) => *id,
                None => categories::at_path(tx, category, rules.author == Author::Admin)?,
            };
            path = Some((category.clone(), id));
            Given::Value(id)
        }
    };
    if row.status == Some(Status::Discontinued)
        && let Some(product) = known.product(&row.sku)
    {
        row.has_live_orders = order::ops::has_live_of(tx, product.id)?;
    }
    let put = upsert::put(tx, rules.author, rules.same_name, known, row)?;
    if put.is_of_several && draft.stock.iter().any(Option::is_some) {
        return Err(text::wrong("stock", "is that of each variant; give it in rows with the skus of the variants"));
    }
    let (mut openings, mut outcome) = (Vec::new(), put.outcome);
    for (variant, stock) in put.variants.iter().zip(draft.stock.iter().copied().chain(std::iter::repeat(None))) {
        let opening = |quantity| Opening::at_main(put.product, variant.variant, quantity, rules.low_stock_threshold);
        if variant.is_new {
            // what was expected is the stock of another shop, or of a product that was deleted
            let units = stock.map_or(Ok(0), |decision| Decision { seen: Seen::default(), ..decision }.delta(0, 0))?;
            openings.push(opening(inventory::stock::checked_field("stock", units)?));
        } else if let Some(decision) = stock.filter(|decision| !leaves(*decision)) {
            let changed = inventory::ops::open_or_set(tx, opening(0), decision, &rules.by)?;
            if changed && outcome == Outcome::Unchanged {
                outcome = Outcome::Updated;
            }
        }
    }
    Ok(One { outcome, shares_name_with: put.shares_name_with, path, openings })
}

/// Whether a row wants the units that it expects, as every row of an export does until a person changes it. It decides nothing about
/// stock: setting these units would bring back what was sold since.
fn leaves(decision: Decision) -> bool {
    matches!(decision.amount, Amount::To(units) if decision.seen.available == Some(units))
}
