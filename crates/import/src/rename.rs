//! A mapping for rows of JSON: members renamed, joined and set as the options say.

use crate::cells::yes_or_no;
use crate::draft::without;
use crate::plan::{Blank, Field, Plan};
use files::amount::Amounts;
use files::columns::{Field as _, Found, named_columns};
use kernel::{Result, text};
use serde_json::{Map, Value};

/// Turns rows of JSON into what [`crate::json`] reads.
#[derive(Debug)]
pub struct Rename<'a> {
    map: &'a [(String, String)],
    set: &'a [(String, String)],
    blank: Blank,
}

impl<'a> Rename<'a> {
    /// C002 for an unknown field, a field that is mapped twice, and a broken pattern. Whether the members exist is only
    /// known row by row.
    pub fn of(map: &'a [(String, String)], set: &'a [(String, String)], blank: Blank) -> Result<Rename<'a>> {
        let members: Vec<String> = map.iter().flat_map(|(_, from)| named_columns(from)).collect();
        let known = [vec!["sku".to_owned()], members].concat();
        Plan::of(&known, map, set).map(|_| Rename { map, set, blank })
    }

    /// Whether rows are read as they are.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty() && self.set.is_empty()
    }

    /// Renames the members of one row. A member that is mapped and is no field itself is removed, so that it does not count as
    /// unknown. A mapped field replaces a member of the same name.
    pub(crate) fn apply(&self, amounts: Amounts, row: &mut Map<String, Value>, notes: &mut Vec<String>) -> Result<()> {
        let before = row.clone();
        let cells: Vec<String> = before.values().map(plain_text).collect();
        let cell = |column: usize| cells.get(column).map_or("", String::as_str);
        // members that this row lacks are empty cells, not unknown columns
        let mut all: Vec<String> = before.keys().cloned().collect();
        for name in self.map.iter().flat_map(|(_, from)| named_columns(from)).chain(["sku".to_owned()]) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
        let plan = Plan::of(&all, self.map, self.set)?;
        let values = plan.read(cell);
        for name in self.map.iter().flat_map(|(_, from)| named_columns(from)).filter(|name| !Field::is_member(name)) {
            row.remove(&name);
        }
        for (field, found) in values {
            let Some(from) = self.source(field) else { continue };
            notes.extend(found.empty_columns.iter().map(|column| without(&plan, *column, field)));
            match self.value(amounts, field, found, from.is_some_and(|from| is_null(from, &before)))? {
                Some(value) => row.insert(field.name().to_owned(), value),
                None => row.remove(field.name()),
            };
        }
        Ok(())
    }

    /// The mapping of a field: `None` when it has none, `Some(None)` when it is set.
    fn source(&self, field: Field) -> Option<Option<&str>> {
        let of = |name: &str| name.trim().eq_ignore_ascii_case(field.name());
        let mapped = self.map.iter().find(|(name, _)| of(name)).map(|(_, from)| Some(from.as_str()));
        mapped.or_else(|| self.set.iter().any(|(name, _)| of(name)).then_some(None))
    }

    /// The member that a row gets; `None` when it says nothing about the field.
    fn value(&self, amounts: Amounts, field: Field, found: Found, is_null: bool) -> Result<Option<Value>> {
        let is_cleared = found.is_set_empty || is_null || self.blank == Blank::Clear && field.may_be_empty();
        match (found.value, field) {
            (None, _) => Ok(is_cleared.then_some(Value::Null)),
            (Some(text), Field::Stock | Field::StockChange | Field::ExpectedStock) => {
                amounts.count(field.name(), &text).map(|units| Some(units.into()))
            }
            (Some(text), Field::TaxFree) => yes_or_no(field, &text).map(|flag| Some(flag.into())),
            (Some(text), Field::Images) => Ok(Some(text.split('|').map(text::clean).collect())),
            (Some(text), _) => Ok(Some(Value::String(text))),
        }
    }
}

/// Whether a member that the mapping names is there as `null`, and no other is there.
fn is_null(from: &str, row: &Map<String, Value>) -> bool {
    let names = named_columns(from);
    let found: Vec<&Value> = names.iter().filter_map(|name| row.get(name)).collect();
    !found.is_empty() && found.into_iter().all(Value::is_null)
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}
