//! Rows of a table as products: a row is a product, or rows that share a product are its variants.

use crate::draft::{Draft, decision, gallery, without};
use crate::json::variant_status;
use crate::plan::{Blank, Field, Plan};
use catalog::ops::upsert::{Gallery, Given, Row, VariantRow};
use catalog::product::SKU_MAX;
use catalog::variant::Options;
use files::Position;
use files::amount::Amounts;
use files::columns::{Field as _, Found, unguarded};
use files::csv::shown;
use files::report::Refusal;
use inventory::Decision;
use kernel::{Code, Error, Money, Result, text};
use std::collections::BTreeMap;

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    at: Position,
    sku: String,
    /// The sku of the product whose variant the row is.
    product: Option<String>,
    row: Row,
    category: Given<String>,
    variant: VariantRow,
    stock: Option<Decision>,
    notes: Vec<String>,
}

/// How the cells of a table are read.
#[derive(Debug, Clone)]
pub struct Reading {
    pub plan: Plan,
    pub amounts: Amounts,
    pub blank: Blank,
}

impl Reading {
    /// The row that these cells are.
    pub fn row(&self, at: Position, cells: &[String]) -> Result<Cells, Refusal> {
        let cell = |column: usize| cells.get(column).map_or("", |cell| unguarded(cell));
        let values = self.plan.read(cell);
        let of =
            |wanted| values.iter().find(|(field, _)| *field == wanted).and_then(|(_, found)| found.value.as_deref());
        let sku = of(Field::Sku).map(text::identity);
        let product = of(Field::ProductSku).map(text::identity);
        let refuse = |error| Refusal { at, key: sku.clone(), error };
        if let Some(column) = cells.iter().position(|cell| cell.contains(char::REPLACEMENT_CHARACTER)) {
            return Err(refuse(text::wrong(
                self.plan.name_of(column),
                "has a character that was damaged before (U+FFFD)",
            )));
        }
        let Some(known) = sku.clone() else { return Err(refuse(text::wrong("sku", "must not be empty"))) };
        let mut row = Cells {
            at,
            row: Row { sku: product.clone().unwrap_or_else(|| known.clone()), ..Row::default() },
            variant: VariantRow { sku: known.clone(), ..VariantRow::default() },
            sku: known,
            product,
            category: Given::Absent,
            stock: None,
            notes: Vec::new(),
        };
        self.fill(&mut row, values).map_err(refuse)?;
        let named = self.plan.read_options(cell);
        if !named.is_empty() {
            let mut options = row.variant.options.value().cloned().unwrap_or_default();
            options.0.extend(named);
            row.variant.options = Given::Value(options);
        }
        row.checked().map_err(refuse)
    }

    /// The product sku of a row that may be refused.
    pub fn product_of(&self, cells: &[String]) -> Option<String> {
        let values = self.plan.read(|column| cells.get(column).map_or("", |cell| unguarded(cell)));
        let found = values.into_iter().find(|(field, _)| *field == Field::ProductSku);
        found.and_then(|(_, found)| found.value).map(|sku| text::identity(&sku))
    }

    fn fill(&self, to: &mut Cells, values: Vec<(Field, Found)>) -> Result<()> {
        let (mut first, mut images) = (Given::Absent, Given::Absent);
        let (mut units, mut change, mut expected) = (None, None, None);
        for (field, found) in values {
            to.notes.extend(found.empty_columns.iter().map(|column| without(&self.plan, *column, field)));
            let text = match found.value {
                Some(text) => Given::Value(text),
                None if found.is_set_empty || self.blank == Blank::Clear && field.may_be_empty() => Given::Cleared,
                None => continue,
            };
            match field {
                Field::Description => to.row.description = text,
                Field::Brand => to.row.brand = text,
                Field::Category => to.category = text,
                Field::ImageUrl => first = text,
                Field::VariantName => to.variant.name = text,
                Field::Images => images = each(text, |text| Ok(addresses(text)))?,
                Field::SalePrice => to.row.sale_price = each(text, |text| self.amounts.money(field.name(), text))?,
                Field::Options => to.variant.options = each(text, options)?,
                Field::Stock => units = self.count(field, &text)?,
                Field::StockChange => change = self.count(field, &text)?,
                Field::ExpectedStock => expected = self.count(field, &text)?,
                Field::ProductSku
                | Field::Sku
                | Field::Name
                | Field::Price
                | Field::Status
                | Field::TaxFree
                | Field::PriceAdjustment
                | Field::VariantStatus
                | Field::IsDefault => {
                    if let Given::Value(text) = text {
                        self.fill_needed(to, field, text)?;
                    }
                }
            }
        }
        to.row.images = gallery(first, images);
        to.stock = decision(units, change, expected)?;
        Ok(())
    }

    fn count(&self, field: Field, text: &Given<String>) -> Result<Option<i64>> {
        text.value().map(|text| self.amounts.count(field.name(), text)).transpose()
    }

    /// A field that cannot be empty.
    fn fill_needed(&self, to: &mut Cells, field: Field, text: String) -> Result<()> {
        match field {
            Field::Name => to.row.name = Some(text),
            Field::Price => to.row.price = Some(self.amounts.money(field.name(), &text)?),
            Field::Status => to.row.status = Some(text::identity(&text).to_uppercase().parse()?),
            Field::TaxFree => to.row.tax_free = Some(yes_or_no(field, &text)?),
            Field::PriceAdjustment => {
                to.variant.price_adjustment = Some(self.amounts.money(field.name(), &text)?);
            }
            Field::VariantStatus => to.variant.status = Some(variant_status(&text)?),
            Field::IsDefault => to.variant.is_default = yes_or_no(field, &text)?,
            // read before
            _ => {}
        }
        Ok(())
    }
}

/// The addresses of a cell, separated by `|`. One that belongs to an address has a `\` in front, which no address has.
fn addresses(text: &str) -> Vec<String> {
    let (mut all, mut one, mut chars) = (Vec::new(), String::new(), text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next_if_eq(&'|').is_some() => one.push('|'),
            '|' => all.push(std::mem::take(&mut one)),
            c => one.push(c),
        }
    }
    all.push(one);
    all.iter().map(|address| text::clean(address)).collect()
}

fn each<T>(text: Given<String>, read: impl FnOnce(&str) -> Result<T>) -> Result<Given<T>> {
    match text {
        Given::Absent => Ok(Given::Absent),
        Given::Cleared => Ok(Given::Cleared),
        Given::Value(text) => read(&text).map(Given::Value),
    }
}

/// A cell that says whether something is so.
pub(crate) fn yes_or_no(field: Field, text: &str) -> Result<bool> {
    match text::folded(text).as_str() {
        "true" | "yes" | "y" | "1" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(text::wrong(field.name(), "must be true or false")),
    }
}

/// `size=L|colour=Navy`. A pair without a value is left out: a pattern of columns makes it where a column is empty.
fn options(text: &str) -> Result<Options> {
    let mut options = BTreeMap::new();
    for pair in text.split('|') {
        let wrong = || text::wrong("options", format!("has {}, which is not name=value", shown(pair)));
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (text::clean(name), text::clean(value)),
            None if text::is_blank(pair) => continue,
            None => return Err(wrong()),
        };
        match (name.is_empty(), value.is_empty()) {
            (_, true) => {}
            (true, false) => return Err(wrong()),
            (false, false) => match options.insert(name, value) {
                None => {}
                Some(_) => return Err(text::wrong("options", "must not name an option twice")),
            },
        }
    }
    Ok(Options(options))
}

impl Cells {
    /// C002 for what only the variant of a product has in a row that names no product.
    fn checked(self) -> Result<Cells> {
        let plain = VariantRow { sku: self.sku.clone(), ..VariantRow::default() };
        match &self.product {
            Some(product) => text::key("productSku", product, SKU_MAX).map(|_| self),
            None if self.variant == plain => Ok(self),
            None => {
                Err(text::wrong("productSku", "must not be empty in a row with options, a variant's name or its like"))
            }
        }
    }

    /// The row as a product of its own.
    fn alone(self) -> Draft {
        let (rows, category) = (vec![(self.at, self.sku)], self.category);
        Draft { rows, row: self.row, category, stock: vec![self.stock], notes: self.notes }
    }
}

/// Rows that follow each other and share a product.
#[derive(Debug, Default)]
pub struct Group {
    product: Option<String>,
    rows: Vec<Result<Cells, Refusal>>,
}

/// What a group becomes: a product, or the reason why each of its rows is refused.
pub type Grouped = Result<Draft, Vec<Refusal>>;

impl Group {
    /// Adds a row of `product`. Returns the product that the rows before it are, if it is of another.
    pub fn add(&mut self, product: Option<String>, row: Result<Cells, Refusal>) -> Option<Grouped> {
        let same = product.is_some() && product == self.product;
        let before = if same { None } else { self.end() };
        self.product = product;
        self.rows.push(row);
        before
    }

    /// The product that the rows so far are.
    pub fn end(&mut self) -> Option<Grouped> {
        let rows = std::mem::take(&mut self.rows);
        match (self.product.take(), rows.len()) {
            (_, 0) => None,
            (None, _) => rows.into_iter().next().map(|row| row.map(Cells::alone).map_err(|refusal| vec![refusal])),
            (Some(product), _) => Some(joined(&product, rows)),
        }
    }
}

/// The rows of one product. A product with some of its variants only would be wrong, so one broken row refuses all of them.
fn joined(product: &str, rows: Vec<Result<Cells, Refusal>>) -> Grouped {
    let broken = rows.iter().find_map(|row| row.as_ref().err().map(|refusal| refusal.at.line));
    if let Some(broken) = broken {
        let why = format!("the product {product} is refused because of line {broken}");
        let refusal = |cells: Cells| Refusal {
            at: cells.at,
            key: Some(cells.sku),
            error: Code::InvalidInput.because(why.clone()),
        };
        return Err(rows.into_iter().map(|row| row.map_or_else(|refusal| refusal, refusal)).collect());
    }
    let rows: Vec<Cells> = rows.into_iter().flatten().collect();
    let names: Vec<(Position, String)> = rows.iter().map(|row| (row.at, row.sku.clone())).collect();
    merged(rows).map_err(|error| {
        let refusal = |(at, sku)| Refusal { at, key: Some(sku), error: error.public_copy() };
        names.into_iter().map(refusal).collect()
    })
}

fn merged(rows: Vec<Cells>) -> Result<Draft> {
    let is_one = rows.len() == 1;
    let mut rest = rows.into_iter();
    let Some(mut first) = rest.next() else { return Err(Code::Internal.error()) };
    // a product without options whose only variant has its own sku has no list of variants
    if is_one && first.variant == (VariantRow { sku: first.row.sku.clone(), ..VariantRow::default() }) {
        return Ok(first.alone());
    }
    let (price, sale) = (first.row.price.take(), std::mem::take(&mut first.row.sale_price));
    let variant = VariantRow { price, sale_price: sale.clone(), ..first.variant };
    let mut draft = Draft {
        rows: vec![(first.at, first.sku)],
        row: Row { variants: vec![variant], ..first.row },
        category: first.category,
        stock: vec![first.stock],
        notes: first.notes,
    };
    for next in rest {
        let line = next.at.line;
        if draft.rows.iter().any(|(_, sku)| text::folded(sku) == text::folded(&next.sku)) {
            return Err(
                Code::ProductAlreadyExists.because(format!("line {line} has the sku {} again", shown(&next.sku)))
            );
        }
        same_sale(line, &sale, &next.row.sale_price, price, next.row.price)?;
        agree("name", line, &mut draft.row.name, next.row.name)?;
        agree("status", line, &mut draft.row.status, next.row.status)?;
        agree("taxFree", line, &mut draft.row.tax_free, next.row.tax_free)?;
        agree_given("description", line, &mut draft.row.description, next.row.description)?;
        agree_given("brand", line, &mut draft.row.brand, next.row.brand)?;
        agree_given("category", line, &mut draft.category, next.category)?;
        add_images(&mut draft.row.images, next.row.images);
        draft.rows.push((next.at, next.sku));
        draft.row.variants.push(VariantRow { price: next.row.price, ..next.variant });
        draft.stock.push(next.stock);
        draft.notes.extend(next.notes.into_iter().map(|note| format!("line {line}: {note}")));
    }
    Ok(draft)
}

/// A variant has the sale of its product: its sale price differs from that of the first row as its price does.
fn same_sale(
    line: u64,
    first: &Given<Money>,
    own: &Given<Money>,
    first_price: Option<Money>,
    price: Option<Money>,
) -> Result<()> {
    let right = match (first, own) {
        (_, Given::Absent) => true,
        (Given::Value(first), Given::Value(own)) => {
            let (from, to) = (first_price.unwrap_or_default(), price.or(first_price).unwrap_or_default());
            own.minus(*first)? == to.minus(from)?
        }
        (first, own) => first == own,
    };
    match right {
        true => Ok(()),
        false => Err(text::wrong(
            "salePrice",
            format!("of line {line} must differ from that of the product's first row as the price does"),
        )),
    }
}

/// Rows of one product may repeat what its first row says, or leave it out.
fn agree<T: PartialEq>(field: &str, line: u64, known: &mut Option<T>, own: Option<T>) -> Result<()> {
    match (known.as_ref(), own) {
        (_, None) => Ok(()),
        (None, own) => {
            *known = own;
            Ok(())
        }
        (Some(known), Some(own)) if *known == own => Ok(()),
        (Some(_), Some(_)) => Err(disagree(field, line)),
    }
}

fn agree_given(field: &str, line: u64, known: &mut Given<String>, own: Given<String>) -> Result<()> {
    match (&known, &own) {
        // blanks in later rows only repeat nothing
        (_, Given::Absent) | (Given::Value(_), Given::Cleared) => Ok(()),
        (Given::Absent | Given::Cleared, _) => {
            *known = own;
            Ok(())
        }
        (Given::Value(known), Given::Value(own)) if known == own => Ok(()),
        (Given::Value(_), Given::Value(_)) => Err(disagree(field, line)),
    }
}

fn disagree(field: &str, line: u64) -> Error {
    text::wrong(field, format!("of line {line} is not that of the product's rows before it"))
}

fn add_images(known: &mut Given<Gallery>, own: Given<Gallery>) {
    match (&mut *known, own) {
        (_, Given::Absent | Given::Cleared) => {}
        (Given::Value(Gallery::First(known)), Given::Value(Gallery::First(own))) if *known == own => {}
        (Given::Value(known), Given::Value(own)) => {
            let mut all = known.urls().to_vec();
            for one in own.urls() {
                if !all.contains(one) {
                    all.push(one.clone());
                }
            }
            *known = Gallery::Whole(all);
        }
        (Given::Absent | Given::Cleared, own) => *known = own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;

    fn read(blank: Blank, header: &[&str], rows: &[&[&str]]) -> Vec<Grouped> {
        let texts = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let amounts = Amounts { currency: Currency::KRW, decimal: None };
        let reading = Reading { plan: Plan::of(&texts(header), &[], &[]).unwrap(), amounts, blank };
        let (mut group, mut found) = (Group::default(), Vec::new());
        for (line, cells) in (2..).zip(rows) {
            let cells = texts(cells);
            found.extend(group.add(reading.product_of(&cells), reading.row(Position { row: line - 1, line }, &cells)));
        }
        found.extend(group.end());
        found
    }

    fn why(grouped: &Grouped) -> Vec<(u64, String)> {
        let refusals = grouped.as_ref().unwrap_err();
        refusals.iter().map(|one| (one.at.line, one.error.detail().unwrap_or_default().to_owned())).collect()
    }

    const HEADER: [&str; 8] = ["productSku", "sku", "name", "price", "stock", "option.size", "options", "isDefault"];

    #[test]
    fn rows_that_share_a_product_are_its_variants() {
        let found = read(
            Blank::Leave,
            &HEADER,
            &[
                &["TEE", "TEE-S", "Tee", "9000", "5", "S", "colour=Navy", ""],
                &["TEE", "TEE-L", "", "9,500", "0", "L", "colour=Navy", "yes"],
                &["", "MUG", "Mug", "5000", "3", "", "", ""],
                &["CAP", "CAP", "Cap", "7000", "1", "", "", ""],
            ],
        );
        let tee = found[0].as_ref().unwrap();
        assert_eq!((tee.row.sku.as_str(), tee.row.name.as_deref()), ("TEE", Some("Tee")));
        assert_eq!((tee.rows.len(), tee.stock.as_slice()), (2, &[Some(Decision::to(5)), Some(Decision::to(0))][..]));
        let large = &tee.row.variants[1];
        assert_eq!((large.sku.as_str(), large.price), ("TEE-L", Some(Money::minor(9_500))));
        assert_eq!((large.is_default, large.options.value().unwrap().0.len()), (true, 2));
        let (mug, cap) = (found[1].as_ref().unwrap(), found[2].as_ref().unwrap());
        assert_eq!((mug.row.sku.as_str(), mug.row.variants.len(), mug.stock[0]), ("MUG", 0, Some(Decision::to(3))));
        assert_eq!((cap.row.sku.as_str(), cap.row.variants.len()), ("CAP", 0));
    }

    #[test]
    fn a_broken_row_refuses_its_product_and_no_other() {
        let found = read(
            Blank::Leave,
            &HEADER,
            &[
                &["TEE", "TEE-S", "Tee", "9000", "5", "S", "", ""],
                &["TEE", "TEE-L", "", "free", "0", "L", "", ""],
                &["MUG", "MUG-1", "Mug", "5000", "3", "", "", ""],
                &["MUG", "MUG-2", "Jug", "5000", "3", "", "", ""],
                &["", "X", "X", "5000", "3", "L", "", ""],
            ],
        );
        assert_eq!(why(&found[0])[0], (2, "the product TEE is refused because of line 3".to_owned()));
        assert!(why(&found[0])[1].1.contains("not an amount"));
        assert!(why(&found[1])[1].1.contains("name of line 5 is not that of"), "{:?}", found[1]);
        assert!(why(&found[2])[0].1.contains("productSku must not be empty"));
    }

    #[test]
    fn a_cell_has_several_images_and_an_address_may_have_the_mark_between_them() {
        for (cell, wanted) in [
            ("a.jpg", &["a.jpg"][..]),
            (" a.jpg | b.jpg ", &["a.jpg", "b.jpg"]),
            (r"/a\|b.jpg|/c.jpg\|", &["/a|b.jpg", "/c.jpg|"]),
            (r"\a\", &[r"\a\"]),
            ("a||b", &["a", "", "b"]),
        ] {
            assert_eq!(addresses(cell), wanted, "{cell}");
        }
    }

    #[test]
    fn a_blank_cell_leaves_or_clears() {
        let header = ["sku", "name", "price", "salePrice", "brand", "description", "category", "image", "stock"];
        let row: &[&str] = &["A", "", "", "", "", "", "", "", ""];
        let left = read(Blank::Leave, &header, &[row]).remove(0).unwrap();
        assert_eq!(left.row, Row { sku: "A".to_owned(), ..Row::default() });
        let cleared = read(Blank::Clear, &header, &[row]).remove(0).unwrap();
        let row = &cleared.row;
        assert_eq!(
            (&row.sale_price, &row.brand, &row.description),
            (&Given::Cleared, &Given::Cleared, &Given::Cleared)
        );
        assert_eq!((&row.images, &cleared.category), (&Given::Cleared, &Given::Cleared));
        assert_eq!((&row.name, row.price, cleared.stock[0]), (&None, None, None));
    }

    #[test]
    fn the_apostrophe_before_a_formula_is_no_part_of_the_text() {
        for (cell, text) in [("'=1+1", "=1+1"), ("''=x", "'=x"), ("'tis", "'tis"), ("-5", "-5"), ("'-5", "-5")] {
            assert_eq!(unguarded(cell), text);
        }
    }

    #[test]
    fn options_are_pairs() {
        let read = |text: &str| options(text).map(|options| options.0.into_iter().collect::<Vec<_>>());
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("size=L | colour = Navy").unwrap(), [pair("colour", "Navy"), pair("size", "L")]);
        assert_eq!(read("size=L|=|colour=").unwrap(), [pair("size", "L")]);
        assert!(read("L").is_err() && read("=L").is_err() && read("a=1|a=2").is_err());
    }
}
