//! A row of JSON: read strictly, and refused in words that name the member.

use crate::draft::{Draft, decision, gallery};
use catalog::ops::upsert::{Given, Row, VariantRow};
use catalog::product::SKU_MAX;
use catalog::variant::{self, Options};
use files::Position;
use files::amount::{Amounts, DecimalMark};
use files::csv::shown;
use files::members::shown_value;
use inventory::Decision;
use kernel::{Code, Error, Money, Result, text};
use serde_json::{Map, Value};

/// What a member may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A number in the main unit, or such a text as a cell has.
    Amount,
    Whole,
    YesNo,
    Texts,
    TextsByName,
    Variants,
}

/// A member, what it may be, and whether `null` makes it empty.
type Member = (&'static str, Kind, bool);

/// The members of a row.
const ROW: &[Member] = &[
    ("sku", Kind::Text, false),
    ("name", Kind::Text, false),
    ("description", Kind::Text, true),
    ("price", Kind::Amount, false),
    ("salePrice", Kind::Amount, true),
    ("category", Kind::Text, true),
    ("brand", Kind::Text, true),
    ("imageUrl", Kind::Text, true),
    ("images", Kind::Texts, true),
    ("stock", Kind::Whole, false),
    ("stockChange", Kind::Whole, false),
    ("expectedStock", Kind::Whole, false),
    ("status", Kind::Text, false),
    ("taxFree", Kind::YesNo, false),
    ("variants", Kind::Variants, false),
];

/// The members of a variant.
const VARIANT: &[Member] = &[
    ("sku", Kind::Text, false),
    ("name", Kind::Text, true),
    ("options", Kind::TextsByName, true),
    ("priceAdjustment", Kind::Amount, false),
    ("stock", Kind::Whole, false),
    ("stockChange", Kind::Whole, false),
    ("expectedStock", Kind::Whole, false),
    ("status", Kind::Text, false),
    ("isDefault", Kind::YesNo, false),
];

/// C002 unless every member is one of `known` and has a value of its kind, and there is a sku.
fn check(members: &Map<String, Value>, known: &[Member]) -> Result<()> {
    for (name, value) in members {
        let Some((_, kind, clears)) = known.iter().find(|(known, _, _)| known == name) else {
            let names: Vec<&str> = known.iter().map(|(name, _, _)| *name).collect();
            let why = format!("the member {} is not known; the members are {}", shown(name), names.join(", "));
            return Err(Code::InvalidInput.because(why));
        };
        match value {
            Value::Null if *clears => {}
            Value::Null if name == "sku" => return Err(no_sku()),
            Value::Null => return Err(text::wrong(name, "cannot be empty; leave it out to keep what is stored")),
            value => check_value(name, value, *kind)?,
        }
    }
    match members.contains_key("sku") {
        true => Ok(()),
        false => Err(no_sku()),
    }
}

fn no_sku() -> Error {
    Code::InvalidInput.because("the member sku is missing")
}

fn check_value(name: &str, value: &Value, kind: Kind) -> Result<()> {
    let texts = |list: &Vec<Value>| list.iter().all(Value::is_string);
    let (right, wanted) = match kind {
        Kind::Text => (value.is_string(), "text in quotes"),
        Kind::Amount => (value.is_number() || value.is_string(), "an amount such as 19.99"),
        Kind::Whole => (value.is_i64(), "a whole number without quotes"),
        Kind::YesNo => (value.is_boolean(), "true or false"),
        Kind::Texts => (value.as_array().is_some_and(texts), "a list of texts"),
        Kind::TextsByName => {
            (value.as_object().is_some_and(|map| map.values().all(Value::is_string)), "an object with texts")
        }
        Kind::Variants => match value.as_array() {
            None => (false, "a list of objects"),
            Some(list) => {
                return list.iter().try_for_each(|one| match one.as_object() {
                    None => Err(text::wrong(name, "must hold objects only")),
                    Some(members) => check(members, VARIANT).map_err(|error| inside(name, error)),
                });
            }
        },
    };
    if right { Ok(()) } else { Err(text::wrong(name, format!("must be {wanted}, not {}", shown_value(value)))) }
}

/// What is wrong with an entry of the list `name`.
fn inside(name: &str, error: Error) -> Error {
    match error.is_about_fields() {
        true => error.within(name),
        false => text::wrong(name, format!("has a wrong entry: {}", error.detail().unwrap_or_default())),
    }
}

/// The product that these members describe.
pub(crate) fn draft(amounts: Amounts, at: Position, members: &Map<String, Value>) -> Result<Draft> {
    check(members, ROW)?;
    let sku = sku(members);
    let variants = members.get("variants").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let variants: Vec<&Map<String, Value>> = variants.iter().filter_map(Value::as_object).collect();
    let own_stock = stock(members)?;
    if own_stock.is_some() && !variants.is_empty() {
        return Err(text::wrong("stock", "must be given for each variant when the row has variants"));
    }
    let mut row = Row {
        sku: sku.clone(),
        name: word(members, "name").map(text::clean),
        price: amount(amounts, members, "price")?,
        sale_price: match members.get("salePrice") {
            Some(Value::Null) => Given::Cleared,
            _ => amount(amounts, members, "salePrice")?.map_or(Given::Absent, Given::Value),
        },
        description: given(members, "description"),
        brand: given(members, "brand"),
        tax_free: members.get("taxFree").and_then(Value::as_bool),
        images: gallery(given(members, "imageUrl"), images(members)),
        status: word(members, "status").map(|status| text::identity(status).to_uppercase().parse()).transpose()?,
        ..Row::default()
    };
    let mut units = Vec::with_capacity(variants.len().max(1));
    for one in variants {
        units.push(stock(one)?);
        row.variants.push(variant(amounts, one)?);
    }
    if row.variants.is_empty() {
        units.push(own_stock);
    }
    let category = given(members, "category");
    Ok(Draft { rows: vec![(at, sku)], row, category, stock: units, notes: Vec::new() })
}

fn variant(amounts: Amounts, members: &Map<String, Value>) -> Result<VariantRow> {
    let options = match members.get("options") {
        None => Given::Absent,
        Some(Value::Object(options)) => {
            let pairs = options.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            Given::Value(Options(pairs.collect()))
        }
        Some(_) => Given::Cleared,
    };
    Ok(VariantRow {
        sku: text::key("variants.sku", &sku(members), SKU_MAX)?,
        name: given(members, "name"),
        options,
        price_adjustment: amount(amounts, members, "priceAdjustment")?,
        status: word(members, "status").map(variant_status).transpose()?,
        is_default: members.get("isDefault").and_then(Value::as_bool).unwrap_or(false),
        ..VariantRow::default()
    })
}

/// ACTIVE or INACTIVE.
pub(crate) fn variant_status(text: &str) -> Result<variant::Status> {
    match text::identity(text).to_uppercase().parse() {
        Ok(variant::Status::Discontinued) | Err(_) => {
            Err(text::wrong("status", "of a variant must be ACTIVE or INACTIVE"))
        }
        found => found,
    }
}

fn word<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// The sku of a row, also of one that is refused for something else; empty when there is none.
pub(crate) fn sku(members: &Map<String, Value>) -> String {
    word(members, "sku").map(text::identity).unwrap_or_default()
}

/// A text that a product may lack: `null` and blank text make it empty.
fn given(members: &Map<String, Value>, name: &str) -> Given<String> {
    match members.get(name) {
        None => Given::Absent,
        Some(Value::String(text)) if !text::is_blank(text) => Given::Value(text.clone()),
        Some(_) => Given::Cleared,
    }
}

fn images(members: &Map<String, Value>) -> Given<Vec<String>> {
    match members.get("images") {
        None => Given::Absent,
        Some(Value::Array(list)) if !list.is_empty() => {
            Given::Value(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        Some(_) => Given::Cleared,
    }
}

fn stock(members: &Map<String, Value>) -> Result<Option<Decision>> {
    let whole = |name| members.get(name).and_then(Value::as_i64);
    decision(whole("stock"), whole("stockChange"), whole("expectedStock"))
}

/// The amount of a member, if it has one. A number has no thousands, so its point is the decimal mark.
fn amount(amounts: Amounts, members: &Map<String, Value>, name: &str) -> Result<Option<Money>> {
    match members.get(name) {
        Some(Value::Number(number)) => {
            Amounts { decimal: Some(DecimalMark::Point), ..amounts }.money(name, &number.to_string()).map(Some)
        }
        Some(Value::String(text)) => amounts.money(name, text).map(Some),
        None | Some(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::ops::upsert::Gallery;
    use catalog::product::Status;
    use kernel::Currency;

    const WON: Amounts = Amounts { currency: Currency::KRW, decimal: None };

    fn read(text: &str) -> Result<Draft, String> {
        let found =
            files::members::members(text.as_bytes()).and_then(|members| draft(WON, Position::default(), &members));
        found.map_err(|error| error.detail().unwrap_or("").to_owned())
    }

    #[test]
    fn a_row_is_read_with_its_variants() {
        let draft = read(
            r#"{"sku":" TEE ","name":"Tee","price":"9,000","category":"A > B","imageUrl":"t.jpg","status":"draft",
            "variants":[{"sku":"TEE-S","options":{"size":"S"},"stock":4},{"sku":"TEE-L","priceAdjustment":500}]}"#,
        );
        let draft = draft.unwrap();
        assert_eq!((draft.row.sku.as_str(), draft.category.value().unwrap().as_str()), ("TEE", "A > B"));
        assert_eq!((draft.row.price, draft.row.status), (Some(Money::minor(9_000)), Some(Status::Draft)));
        assert_eq!((draft.stock.as_slice(), draft.row.variants.len()), (&[Some(Decision::to(4)), None][..], 2));
        assert_eq!(draft.row.images, Given::Value(Gallery::First("t.jpg".to_owned())));
    }

    #[test]
    fn null_makes_empty_and_what_is_left_out_stays() {
        let row = read(
            r#"{"sku":"A","salePrice":null,"brand":null,"description":"","images":null,"category":null,
            "variants":[{"sku":"A-1","name":null,"options":null}]}"#,
        )
        .unwrap();
        let (category, row) = (row.category, row.row);
        assert_eq!((row.sale_price, row.brand, category), (Given::Cleared, Given::Cleared, Given::Cleared));
        assert_eq!((row.description, row.images), (Given::Cleared, Given::Cleared));
        assert_eq!((&row.variants[0].name, &row.variants[0].options), (&Given::Cleared, &Given::Cleared));
        let row = read(r#"{"sku":"A"}"#).unwrap().row;
        assert_eq!(row, Row { sku: "A".to_owned(), ..Row::default() });
        for name in ["name", "price", "stock", "status", "variants"] {
            let why = read(&format!("{{\"sku\":\"A\",\"{name}\":null}}")).unwrap_err();
            assert_eq!(why, format!("{name} cannot be empty; leave it out to keep what is stored"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_row_is_named() {
        for (row, why) in [
            (r#"{"sku":"A","colour":1}"#, "the member \"colour\" is not known"),
            (r#"{"sku":"A","sku":"B"}"#, "a member appears twice"),
            (r#"{"sku":"A","variants":[{"sku":"B","sku":"C"}]}"#, "a member appears twice"),
            (r#"{"sku":"A","price":1.5}"#, "digits after the decimal mark, which KRW does not have"),
            (r#"{"sku":"A","price":"1.999"}"#, "may be thousands or a fraction"),
            (r#"{"sku":"A","price":true}"#, "price must be an amount such as 19.99, not true"),
            (r#"{"sku":"A","stock":"5"}"#, "stock must be a whole number without quotes, not \"5\""),
            (r#"{"sku":"A","stock":-1}"#, "stock must be between"),
            (r#"{"sku":"A","stock":1,"variants":[{"sku":"B"}]}"#, "must be given for each variant"),
            (r#"{"sku":"A","status":"GONE"}"#, "status must be"),
            (r#"{"sku":"A","variants":[{"sku":"B","status":"DISCONTINUED"}]}"#, "must be ACTIVE or INACTIVE"),
            (r#"{"name":"A"}"#, "sku is missing"),
            (r#"["sku"]"#, "it is a list, not a JSON object"),
            (r#"{"sku":"A","variants":[{"sku":7}]}"#, "variants.sku must be text"),
            (r#"{"sku":"A","variants":[{"name":"L"}]}"#, "variants has a wrong entry: the member sku is missing"),
            (r#"{"sku":null}"#, "sku is missing"),
            (r#"{"sku":"A""#, "cut off"),
            ("\u{0}", "it is not a JSON object"),
        ] {
            let found = read(row).unwrap_err();
            assert!(found.contains(why), "{row}: {found}");
        }
        assert!(read(&format!("{{\"sku\":\"A\",\"variants\":{}", "[".repeat(100_000))).is_err());
    }
}
