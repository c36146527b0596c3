//! A row of a file as a product to store, or why it cannot be one.

use crate::amount::{Amounts, DecimalMark};
use crate::json::{self, JsonRow};
use crate::plan::{Field, Plan};
use catalog::ops::upsert::Row;
use catalog::product::Status;
use catalog::variant;
use kernel::{Error, Money, Result, text};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A product to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The line it begins on.
    pub line: u64,
    /// As the catalogue stores it, without its category: that is looked up when the row is stored.
    pub row: Row,
    /// The path of its category.
    pub category: Option<String>,
    /// Units of the default variant, or of each variant in the order of the row.
    pub stock: Vec<Option<i64>>,
    /// What looks wrong but is no reason to refuse it.
    pub notes: Vec<String>,
}

/// A row that cannot be stored.
#[derive(Debug)]
pub struct Refusal {
    /// The line it begins on.
    pub line: u64,
    /// Its sku, when that much could be read.
    pub sku: Option<String>,
    /// Why.
    pub error: Error,
}

fn empty_row(sku: String, status: Status) -> Row {
    Row {
        sku,
        name: None,
        price: None,
        sale_price: None,
        description: None,
        category_id: None,
        brand: None,
        images: Vec::new(),
        status,
        variants: Vec::new(),
    }
}

/// The product that a CSV row describes.
pub fn of_cells(plan: &Plan, amounts: Amounts, line: u64, cells: &[String], status: Status) -> Result<Draft, Refusal> {
    let values = plan.read(|column| cells.get(column).map_or("", String::as_str));
    let sku = values.iter().find(|(field, _)| *field == Field::Sku).and_then(|(_, found)| found.value.as_deref());
    let sku = sku.map(text::identity);
    let refuse = |error| Refusal { line, sku: sku.clone(), error };
    if let Some(column) = cells.iter().position(|cell| cell.contains(char::REPLACEMENT_CHARACTER)) {
        return Err(refuse(text::wrong(plan.name_of(column), "has a character that was damaged before (U+FFFD)")));
    }
    let Some(known) = &sku else { return Err(refuse(text::wrong("sku", "must not be empty"))) };
    let mut draft =
        Draft { line, row: empty_row(known.clone(), status), category: None, stock: vec![None], notes: Vec::new() };
    let mut first_image = None;
    for (field, found) in values {
        draft.notes.extend(found.empty_columns.iter().map(|column| without(plan, *column, field)));
        let Some(value) = found.value else { continue };
        let row = &mut draft.row;
        match field {
            Field::Sku => {}
            Field::Name => row.name = Some(value),
            Field::Description => row.description = Some(value),
            Field::Price => row.price = Some(amounts.money(field.name(), &value).map_err(refuse)?),
            Field::SalePrice => row.sale_price = Some(amounts.money(field.name(), &value).map_err(refuse)?),
            Field::Category => draft.category = Some(value),
            Field::Brand => row.brand = Some(value),
            Field::ImageUrl => first_image = Some(value),
            Field::Images => row.images = value.split('|').map(text::clean).collect(),
            Field::Stock => draft.stock = vec![Some(units(amounts, &value).map_err(refuse)?)],
            Field::Status => row.status = value.to_uppercase().parse().map_err(refuse)?,
        }
    }
    draft.row.images.splice(0..0, first_image);
    not_deleted(&draft.row).map_err(refuse)?;
    Ok(draft)
}

/// The note about a column that a pattern names and this row leaves empty.
fn without(plan: &Plan, column: usize, field: Field) -> String {
    format!("column {} is empty, so {} was built without it", plan.name_of(column), field.name())
}

fn units(amounts: Amounts, text: &str) -> Result<i64> {
    amounts.count(Field::Stock.name(), text).and_then(sound_stock)
}

fn sound_stock(units: i64) -> Result<i64> {
    inventory::stock::checked_field("stock", units)
}

fn not_deleted(row: &Row) -> Result<()> {
    match row.status {
        Status::Discontinued => Err(text::wrong("status", "must be DRAFT, ACTIVE or INACTIVE")),
        Status::Draft | Status::Active | Status::Inactive => Ok(()),
    }
}

/// Turns rows of NDJSON into what [`JsonRow`] reads: members renamed, joined and set as the options say.
#[derive(Debug)]
pub struct Rename<'a> {
    map: &'a [(String, String)],
    set: &'a [(String, String)],
}

impl<'a> Rename<'a> {
    /// C002 for an unknown field, a field that is mapped twice, and a broken pattern. Whether the members exist is only
    /// known row by row.
    pub fn of(map: &'a [(String, String)], set: &'a [(String, String)]) -> Result<Rename<'a>> {
        let members: Vec<String> = map.iter().flat_map(|(_, from)| members(from)).collect();
        let known = [vec!["sku".to_owned()], members].concat();
        Plan::of(&known, map, set).map(|_| Rename { map, set })
    }

    /// Whether rows are read as they are.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty() && self.set.is_empty()
    }

    /// Renames the members of one row. A member that is mapped and is no field itself is removed, so that it does not count as
    /// unknown. A mapped field replaces a member of the same name.
    fn apply(&self, amounts: Amounts, row: &mut Map<String, Value>, notes: &mut Vec<String>) -> Result<()> {
        let names: Vec<String> = row.keys().cloned().collect();
        let cells: Vec<String> = row.values().map(plain_text).collect();
        let cell = |column: usize| cells.get(column).map_or("", String::as_str);
        // members that this row lacks are empty cells, not unknown columns
        let mut all = names.clone();
        for name in self.map.iter().flat_map(|(_, from)| members(from)).chain(["sku".to_owned()]) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        let plan = Plan::of(&all, self.map, self.set)?;
        let mapped: Vec<&str> = self.map.iter().chain(self.set).map(|(field, _)| field.trim()).collect();
        let values = plan.read(cell);
        for name in self.map.iter().flat_map(|(_, from)| members(from)).filter(|name| !Field::is_member(name)) {
            row.remove(&name);
        }
        for (field, found) in values {
            if !mapped.iter().any(|name| name.eq_ignore_ascii_case(field.name())) {
                continue;
            }
            notes.extend(found.empty_columns.iter().map(|column| without(&plan, *column, field)));
            let value = found.value.map(|text| typed(amounts, field, text)).transpose()?;
            row.insert(field.name().to_owned(), value.unwrap_or(Value::Null));
        }
        Ok(())
    }
}

/// The members that a `--map` value names.
fn members(from: &str) -> Vec<String> {
    if !from.contains('{') {
        return vec![from.trim().to_owned()];
    }
    from.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.trim().to_owned()).collect()
}

/// The amount of a member, if it has one. A number has no thousands, so its point is the decimal mark.
fn amount(amounts: Amounts, field: &str, value: Option<&Value>) -> Result<Option<Money>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            Amounts { decimal: Some(DecimalMark::Point), ..amounts }.money(field, &number.to_string()).map(Some)
        }
        Some(Value::String(text)) => amounts.money(field, text).map(Some),
        Some(other) => {
            Err(text::wrong(field, format!("must be an amount such as 19.99, not {}", json::shown_value(other))))
        }
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn typed(amounts: Amounts, field: Field, text: String) -> Result<Value> {
    match field {
        Field::Stock => amounts.count(field.name(), &text).map(Value::from),
        Field::Images => Ok(text.split('|').map(text::clean).collect()),
        _ => Ok(Value::String(text)),
    }
}

/// The product that a line of NDJSON describes.
pub fn of_json(
    rename: &Rename<'_>,
    amounts: Amounts,
    line: u64,
    bytes: &[u8],
    status: Status,
) -> Result<Draft, Refusal> {
    let mut notes = Vec::new();
    let (row, sku) = match rename.is_empty() {
        true => (json::row(bytes), sku_of(bytes)),
        false => match json::members(bytes) {
            Err(error) => (Err(error), None),
            Ok(mut members) => {
                let renamed = rename.apply(amounts, &mut members, &mut notes);
                let sku = members.get("sku").map(plain_text).filter(|sku| !sku.is_empty());
                let row = renamed.and_then(|()| json::row_of(members));
                (row, sku)
            }
        },
    };
    let mut draft =
        row.and_then(|row| drafted(amounts, line, row, status)).map_err(|error| Refusal { line, sku, error })?;
    draft.notes = notes;
    Ok(draft)
}

/// The sku of a row that may be refused for something else.
fn sku_of(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        sku: String,
    }
    serde_json::from_slice::<Named>(bytes).ok().map(|named| text::identity(&named.sku)).filter(|sku| !sku.is_empty())
}

fn drafted(amounts: Amounts, line: u64, json: JsonRow, status: Status) -> Result<Draft> {
    let own_stock = json.stock.map(sound_stock).transpose()?;
    if own_stock.is_some() && !json.variants.is_empty() {
        return Err(text::wrong("stock", "must be given for each variant when the row has variants"));
    }
    let mut stock = Vec::with_capacity(json.variants.len().max(1));
    let mut row = empty_row(text::identity(&json.sku), json.status.unwrap_or(status));
    for one in json.variants {
        stock.push(one.stock.map(sound_stock).transpose()?);
        row.variants.push(variant::New {
            sku: Some(text::key("variants.sku", &one.sku, catalog::product::SKU_MAX)?),
            name: one.name,
            options: one.options,
            price_adjustment: amount(amounts, "priceAdjustment", one.price_adjustment.as_ref())?.unwrap_or_default(),
            status: variant::Status::Active,
            is_default: one.is_default,
        });
    }
    if row.variants.is_empty() {
        stock.push(own_stock);
    }
    row.name = json.name.as_deref().map(text::clean);
    row.description = json.description;
    row.price = amount(amounts, "price", json.price.as_ref())?;
    row.sale_price = amount(amounts, "salePrice", json.sale_price.as_ref())?;
    row.brand = json.brand;
    row.images = json.image_url.into_iter().chain(json.images).collect();
    not_deleted(&row)?;
    Ok(Draft { line, row, category: json.category.filter(|path| !text::is_blank(path)), stock, notes: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;
    use proptest::prelude::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    const WON: Amounts = Amounts { currency: Currency::KRW, decimal: None };

    fn json(text: &str) -> Result<Draft, String> {
        let rename = Rename::of(&[], &[]).unwrap();
        of_json(&rename, WON, 3, text.as_bytes(), Status::Active)
            .map_err(|refused| refused.error.detail().unwrap_or("").to_owned())
    }

    #[test]
    fn a_row_of_json_is_read_strictly() {
        let draft = json(
            r#"{"sku":" TEE ","name":"Tee","price":9000,"category":"A > B","imageUrl":"t.jpg",
            "variants":[{"sku":"TEE-S","options":{"size":"S"},"stock":4},{"sku":"TEE-L","priceAdjustment":500}]}"#,
        );
        let draft = draft.unwrap();
        assert_eq!((draft.row.sku.as_str(), draft.category.as_deref()), ("TEE", Some("A > B")));
        assert_eq!((draft.stock.as_slice(), draft.row.variants.len()), (&[Some(4), None][..], 2));
        for (row, why) in [
            (r#"{"sku":"A","colour":1}"#, "the member \"colour\" is not known"),
            (r#"{"sku":"A","sku":"B"}"#, "a member appears twice"),
            (r#"{"sku":"A","price":1.5}"#, "digits after the decimal mark, which KRW does not have"),
            (r#"{"sku":"A","price":"1.999"}"#, "may be thousands or a fraction"),
            (r#"{"sku":"A","price":true}"#, "price must be an amount such as 19.99, not true"),
            (r#"{"sku":"A","stock":"5"}"#, "stock must be a whole number without quotes, not \"5\""),
            (r#"{"sku":"A","stock":-1}"#, "stock must be between"),
            (r#"{"sku":"A","stock":1,"variants":[{"sku":"B"}]}"#, "must be given for each variant"),
            (r#"{"sku":"A","status":"DISCONTINUED"}"#, "status must be"),
            (r#"{"name":"A"}"#, "sku is missing"),
            (r#"["sku"]"#, "it is not a JSON object"),
            (r#"{"sku":"A","variants":[{"sku":7}]}"#, "variants has a wrong entry: sku must be text"),
            (r#"{"sku":null}"#, "sku is missing"),
            (r#"{"sku":"A""#, "cut off"),
            ("\u{0}", "it is not a JSON object"),
        ] {
            let found = json(row).unwrap_err();
            assert!(found.contains(why), "{row}: {found}");
        }
        let deep = format!("{{\"sku\":\"A\",\"variants\":{}", "[".repeat(100_000));
        assert!(json(&deep).is_err());
    }

    #[test]
    fn members_are_renamed_joined_and_set() {
        let (map, set) =
            (pairs(&[("name", "title"), ("category", "{a} > {b}"), ("sku", "no")]), pairs(&[("price", "5")]));
        let rename = Rename::of(&map, &set).unwrap();
        let read = |row: &str| of_json(&rename, WON, 1, row.as_bytes(), Status::Draft);
        let draft = read(r#"{"no":17,"title":"Mug","a":"X","b":""}"#).unwrap();
        assert_eq!((draft.row.sku.as_str(), draft.row.name.as_deref()), ("17", Some("Mug")));
        assert_eq!((draft.category.as_deref(), draft.row.price), (Some("X"), Some(Money::minor(5))));
        assert_eq!(draft.notes, ["column b is empty, so category was built without it"]);
        let refused = read(r#"{"no":17,"title":"Mug","other":1}"#).unwrap_err();
        assert_eq!(refused.sku.as_deref(), Some("17"));
        assert!(refused.error.detail().unwrap().contains("the member \"other\" is not known"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
            let map = pairs(&[("name", "{a} {b}")]);
            let _ = of_json(&Rename::of(&map, &[]).unwrap(), WON, 1, line.as_bytes(), Status::Active);
            let _ = json(&line);
        }
    }
}
