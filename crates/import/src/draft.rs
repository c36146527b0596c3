//! A row of a file as a product to store, or why it cannot be one.

use crate::json;
use crate::plan::{Field, Plan};
use crate::rename::Rename;
use catalog::ops::upsert::{Gallery, Given, Row};
use files::Position;
use files::amount::Amounts;
use files::columns::Field as _;
use files::members;
use files::report::Refusal;
use inventory::{Amount, Decision, Seen};
use kernel::{Result, text};

/// A product to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The rows it comes from: where each stands, and its sku.
    pub rows: Vec<(Position, String)>,
    /// As the catalogue stores it, without its category: that is looked up when the row is stored.
    pub row: Row,
    /// The path of its category.
    pub category: Given<String>,
    /// The stock of the one variant, or of each variant in the order of the row.
    pub stock: Vec<Option<Decision>>,
    /// What looks wrong but is no reason to refuse it.
    pub notes: Vec<String>,
}

impl Draft {
    /// The first row it comes from.
    pub fn first(&self) -> Position {
        self.rows.first().map_or_else(Position::default, |(at, _)| *at)
    }
}

/// The product that a row of JSON describes.
pub fn of_json(rename: &Rename<'_>, amounts: Amounts, at: Position, bytes: &[u8]) -> Result<Draft, Refusal> {
    let mut members = members::members(bytes).map_err(|error| Refusal { at, key: None, error })?;
    let mut notes = Vec::new();
    let renamed = match rename.is_empty() {
        true => Ok(()),
        false => rename.apply(amounts, &mut members, &mut notes),
    };
    let key = Some(json::sku(&members)).filter(|sku| !sku.is_empty());
    let draft = renamed.and_then(|()| json::draft(amounts, at, &members));
    draft.map(|draft| Draft { notes, ..draft }).map_err(|error| Refusal { at, key, error })
}

/// The gallery of a row that may name its first image apart.
pub(crate) fn gallery(first: Given<String>, images: Given<Vec<String>>) -> Given<Gallery> {
    match (first, images) {
        (Given::Value(first), Given::Value(mut rest)) => {
            rest.retain(|one| *one != first);
            rest.insert(0, first);
            Given::Value(Gallery::Whole(rest))
        }
        (Given::Value(first), Given::Absent) => Given::Value(Gallery::First(first)),
        (Given::Value(first), Given::Cleared) => Given::Value(Gallery::Whole(vec![first])),
        (Given::Absent | Given::Cleared, Given::Value(rest)) => Given::Value(Gallery::Whole(rest)),
        (Given::Absent, Given::Absent) => Given::Absent,
        (Given::Cleared, _) | (_, Given::Cleared) => Given::Cleared,
    }
}

/// The note about a column that a pattern names and this row leaves empty.
pub(crate) fn without(plan: &Plan, column: usize, field: Field) -> String {
    format!("column {} is empty, so {} was built without it", plan.name_of(column), field.name())
}

/// What a row decides about stock: so many units, or so many more, if there are still as many as it expects. C002 when it says
/// both or expects units without deciding about them; S007 for a number that cannot be a stock.
pub(crate) fn decision(units: Option<i64>, change: Option<i64>, expected: Option<i64>) -> Result<Option<Decision>> {
    let amount = match (units, change) {
        (Some(_), Some(_)) => return Err(text::wrong("stockChange", "must not be given beside stock")),
        (Some(units), None) => Amount::To(inventory::stock::checked_field("stock", units)?),
        (None, Some(change)) if change != 0 => Amount::By(change),
        (None, None) if expected.is_some() => {
            return Err(text::wrong("expectedStock", "must be given beside stock or stockChange"));
        }
        (None, _) => return Ok(None),
    };
    Ok(Some(Decision { amount, seen: Seen { available: expected, version: None } }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Blank;
    use kernel::{Currency, Money};
    use proptest::prelude::*;

    const WON: Amounts = Amounts { currency: Currency::KRW, decimal: None };

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn members_are_renamed_joined_and_set() {
        let map = pairs(&[("name", "title"), ("category", "{a} > {b}"), ("sku", "no"), ("salePrice", "sale")]);
        let set = pairs(&[("price", "5"), ("brand", "")]);
        let rename = Rename::of(&map, &set, Blank::Leave).unwrap();
        let read = |row: &str| of_json(&rename, WON, Position::default(), row.as_bytes());
        let draft = read(r#"{"no":17,"title":"Mug","a":"X","b":"","sale":null}"#).unwrap();
        assert_eq!((draft.row.sku.as_str(), draft.row.name.as_deref()), ("17", Some("Mug")));
        assert_eq!((draft.category, draft.row.price), (Given::Value("X".to_owned()), Some(Money::minor(5))));
        assert_eq!((draft.row.sale_price, draft.row.brand), (Given::Cleared, Given::Cleared));
        assert_eq!(draft.notes, ["column b is empty, so category was built without it"]);
        let bare = read(r#"{"no":"17"}"#).unwrap();
        assert_eq!((bare.row.name, bare.category, bare.row.sale_price), (None, Given::Absent, Given::Absent));
        let refused = read(r#"{"no":17,"title":"Mug","other":1}"#).unwrap_err();
        assert_eq!(refused.key.as_deref(), Some("17"));
        assert!(refused.error.detail().unwrap().contains("the member \"other\" is not known"));
    }

    #[test]
    fn the_first_image_may_stand_apart() {
        let (first, list) = (
            || Given::Value("a".to_owned()),
            |list: &[&str]| Given::Value(list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()),
        );
        let whole = |list: &[&str]| Given::Value(Gallery::Whole(list.iter().map(|one| (*one).to_owned()).collect()));
        assert_eq!(gallery(first(), list(&["b", "a"])), whole(&["a", "b"]));
        assert_eq!(gallery(first(), Given::Absent), Given::Value(Gallery::First("a".to_owned())));
        assert_eq!(gallery(first(), Given::Cleared), whole(&["a"]));
        assert_eq!(gallery(Given::Absent, list(&["b"])), whole(&["b"]));
        assert_eq!(gallery(Given::Cleared, Given::Absent), Given::Cleared);
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
            let map = pairs(&[("name", "{a} {b}")]);
            let _ = of_json(&Rename::of(&map, &[], Blank::Leave).unwrap(), WON, Position::default(), line.as_bytes());
            let _ = of_json(&Rename::of(&[], &[], Blank::Clear).unwrap(), WON, Position::default(), line.as_bytes());
        }
    }
}
