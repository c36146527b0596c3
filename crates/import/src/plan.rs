//! Where each field of a product comes from: a column, several columns, or a constant.

use crate::csv::shown;
use catalog::category::PATH_SIGN;
use kernel::{Code, Error, Result, text};
use serde::Serialize;
use utoipa::ToSchema;

/// A field of a product that a row can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Decides whether the product exists.
    Sku,
    /// Its name.
    Name,
    /// Its description.
    Description,
    /// The normal price.
    Price,
    /// The price it is sold at instead.
    SalePrice,
    /// A path such as `A > B`.
    Category,
    /// Its brand.
    Brand,
    /// The first image.
    ImageUrl,
    /// The whole gallery, separated by `|`.
    Images,
    /// Units that can be sold of the default variant.
    Stock,
    /// The state of a new product.
    Status,
}

/// Every field with its name and the column names from which it is taken without a mapping, written as [`plain`] writes them.
const FIELDS: [(Field, &str, &[&str]); 11] = [
    (Field::Sku, "sku", &["sku", "id"]),
    (Field::Name, "name", &["name", "title"]),
    (Field::Description, "description", &["description"]),
    (Field::Price, "price", &["price"]),
    (Field::SalePrice, "salePrice", &["saleprice"]),
    (Field::Category, "category", &["category"]),
    (Field::Brand, "brand", &["brand"]),
    (Field::ImageUrl, "imageUrl", &["imageurl", "image"]),
    (Field::Images, "images", &["images"]),
    (Field::Stock, "stock", &["stock", "quantity"]),
    (Field::Status, "status", &["status"]),
];

impl Field {
    /// As `--map` and NDJSON call it.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, _, _)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// Whether NDJSON has a member of exactly this name.
    pub(crate) fn is_member(name: &str) -> bool {
        FIELDS.iter().any(|(_, known, _)| *known == name)
    }

    fn named(name: &str) -> Result<Field> {
        let found = FIELDS.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name.trim()));
        found.map(|(field, _, _)| *field).ok_or_else(|| {
            let names: Vec<_> = FIELDS.iter().map(|(_, name, _)| *name).collect();
            text::wrong(
                "map",
                format!("names the field {}, which does not exist; the fields are {}", shown(name), names.join(", ")),
            )
        })
    }
}

/// From where a field is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// This column, counted from 0.
    Column(usize),
    /// Text between columns.
    Pattern(Vec<Part>),
    /// The same for every row.
    Constant(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Column(usize),
}

/// From where each field is taken, for one header.
#[derive(Debug, Clone)]
pub struct Plan {
    sources: Vec<(Field, Source)>,
    names: Vec<String>,
}

/// One line of the report: a field and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mapped {
    /// The product's field.
    pub field: &'static str,
    /// A column, a pattern of columns, or `=` and a constant.
    #[schema(example = "{masterCategory} > {subCategory}")]
    pub from: String,
}

/// What one row gives for one field.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The value without surrounding blanks; `None` when there is nothing.
    pub value: Option<String>,
    /// Columns of a pattern that are empty although others are not.
    pub empty_columns: Vec<usize>,
}

impl Plan {
    /// The plan for these columns. C002 for an unknown field or column, for a field that is mapped twice, and when no column
    /// gives the sku.
    pub fn of(columns: &[String], map: &[(String, String)], set: &[(String, String)]) -> Result<Plan> {
        let mut plan = Plan { sources: Vec::new(), names: columns.to_vec() };
        for (name, from) in map {
            let source = plan.source(from)?;
            plan.add(Field::named(name)?, source)?;
        }
        for (name, value) in set {
            plan.add(Field::named(name)?, Source::Constant(value.clone()))?;
        }
        for (field, _, aliases) in FIELDS {
            if plan.sources.iter().any(|(planned, _)| *planned == field) {
                continue;
            }
            let place = aliases.iter().find_map(|alias| columns.iter().position(|column| plain(column) == *alias));
            plan.sources.extend(place.map(|place| (field, Source::Column(place))));
        }
        if !plan.sources.iter().any(|(field, _)| *field == Field::Sku) {
            return Err(Code::InvalidInput.because(format!(
                "no column gives the sku; map one, such as sku=COLUMN. The columns are {}",
                columns.join(", ")
            )));
        }
        plan.sources.sort_by_key(|(field, _)| *field);
        Ok(plan)
    }

    fn add(&mut self, field: Field, source: Source) -> Result<()> {
        if self.sources.iter().any(|(planned, _)| *planned == field) {
            return Err(text::wrong("map", format!("gives the field {} twice", field.name())));
        }
        self.sources.push((field, source));
        Ok(())
    }

    fn source(&self, from: &str) -> Result<Source> {
        if !from.contains('{') {
            return self.column(from).map(Source::Column);
        }
        let (mut parts, mut rest) = (Vec::new(), from);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| {
                text::wrong("map", format!("has an opening brace without a closing one: {}", shown(from)))
            })?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Column(self.column(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Source::Pattern(parts))
    }

    fn column(&self, name: &str) -> Result<usize> {
        let name = name.trim();
        let exact = self.names.iter().position(|column| column == name);
        exact
            .or_else(|| self.names.iter().position(|column| plain(column) == plain(name)))
            .ok_or_else(|| self.no_column(name))
    }

    fn no_column(&self, name: &str) -> Error {
        text::wrong(
            "map",
            format!(
                "names the column {}, which the file does not have; the columns are {}",
                shown(name),
                self.names.join(", ")
            ),
        )
    }

    /// The name of a column.
    pub fn name_of(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// What a row gives for every field of the plan; `cell` gives its cells.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Vec<(Field, Found)> {
        self.sources.iter().map(|(field, source)| (*field, found(*field, source, &cell))).collect()
    }

    /// From where each field is taken, for the report.
    pub fn mapped(&self) -> Vec<Mapped> {
        let from = |source: &Source| match source {
            Source::Column(place) => self.name_of(*place).to_owned(),
            Source::Constant(value) => format!("={value}"),
            Source::Pattern(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Column(place) => format!("{{{}}}", self.name_of(*place)),
                })
                .collect(),
        };
        self.sources.iter().map(|(field, source)| Mapped { field: field.name(), from: from(source) }).collect()
    }

    /// Columns from which no field is taken.
    pub fn unused(&self) -> Vec<String> {
        let uses = |source: &Source, place: usize| match source {
            Source::Column(used) => *used == place,
            Source::Constant(_) => false,
            Source::Pattern(parts) => parts.contains(&Part::Column(place)),
        };
        let unused = |place: &usize| !self.sources.iter().any(|(_, source)| uses(source, *place));
        (0..self.names.len()).filter(unused).map(|place| self.names[place].clone()).collect()
    }
}

/// A column's name as aliases are compared: small letters and digits only.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn found<'a>(field: Field, source: &Source, cell: &impl Fn(usize) -> &'a str) -> Found {
    match source {
        Source::Column(place) => Found { value: something(cell(*place)), empty_columns: Vec::new() },
        Source::Constant(value) => Found { value: something(value), empty_columns: Vec::new() },
        Source::Pattern(parts) => filled(field, parts, cell),
    }
}

fn something(text: &str) -> Option<String> {
    let text = text::clean(text);
    (!text.is_empty()).then_some(text)
}

/// A pattern filled with the row's cells. Empty cells leave no gap: no double blanks, no empty level in a category's path.
/// When all cells are empty, there is no value.
fn filled<'a>(field: Field, parts: &[Part], cell: &impl Fn(usize) -> &'a str) -> Found {
    let (mut value, mut empty_columns, mut any) = (String::new(), Vec::new(), false);
    for part in parts {
        match part {
            Part::Text(text) => value.push_str(text),
            Part::Column(place) => match text::clean(cell(*place)).as_str() {
                "" => empty_columns.push(*place),
                text => {
                    any = true;
                    value.push_str(text);
                }
            },
        }
    }
    if !any {
        return Found::default();
    }
    if !empty_columns.is_empty() {
        value = match field {
            Field::Category => {
                let levels = value.split(PATH_SIGN).map(str::trim).filter(|level| !level.is_empty());
                levels.collect::<Vec<_>>().join(&format!(" {PATH_SIGN} "))
            }
            _ => value.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        // a comma that stood before or after the missing part
        value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | '/')).to_owned();
    }
    Found { value: something(&value), empty_columns }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn value(plan: &Plan, row: &[&'static str], field: Field) -> Option<String> {
        let row = row.to_vec();
        plan.read(|n| row[n]).into_iter().find(|(one, _)| *one == field).and_then(|(_, found)| found.value)
    }

    #[test]
    fn columns_are_found_by_their_names_and_by_the_mapping() {
        let header = columns(&["id", "Sale Price", "productDisplayName", "a", "b", "image"]);
        let map = pairs(&[("name", "productDisplayName"), ("category", "{a} > {b}")]);
        let plan = Plan::of(&header, &map, &pairs(&[("price", "19900")])).unwrap();
        let row = ["7", "5", " Mug ", "X", "", "m.jpg"];
        assert_eq!(value(&plan, &row, Field::Sku).as_deref(), Some("7"));
        assert_eq!(value(&plan, &row, Field::SalePrice).as_deref(), Some("5"));
        assert_eq!(value(&plan, &row, Field::Name).as_deref(), Some("Mug"));
        assert_eq!(value(&plan, &row, Field::Price).as_deref(), Some("19900"));
        assert_eq!(value(&plan, &row, Field::Category).as_deref(), Some("X"));
        assert_eq!(value(&plan, &row, Field::ImageUrl).as_deref(), Some("m.jpg"));
        assert_eq!(plan.unused(), Vec::<String>::new());
        let mapped: Vec<_> = plan.mapped().into_iter().map(|m| format!("{}<{}", m.field, m.from)).collect();
        assert_eq!(mapped[..3], ["sku<id", "name<productDisplayName", "price<=19900"]);
    }

    #[test]
    fn empty_cells_leave_no_gap_in_a_pattern() {
        let plan = Plan::of(&columns(&["sku", "a", "b"]), &pairs(&[("description", "{a}, {b}")]), &[]).unwrap();
        let read = |row: [&'static str; 3]| {
            plan.read(|n| row[n]).into_iter().find(|(f, _)| *f == Field::Description).map(|(_, found)| found).unwrap()
        };
        assert_eq!(read(["1", "x", "y"]), Found { value: Some("x, y".into()), empty_columns: vec![] });
        assert_eq!(read(["1", "x", ""]), Found { value: Some("x".into()), empty_columns: vec![2] });
        assert_eq!(read(["1", "", "y"]), Found { value: Some("y".into()), empty_columns: vec![1] });
        assert_eq!(read(["1", "", " "]), Found::default());
    }

    #[test]
    fn a_plan_that_makes_no_sense_is_refused_with_what_there_is() {
        let header = columns(&["code", "title"]);
        let refused = |map: &[(&str, &str)], set: &[(&str, &str)]| {
            Plan::of(&header, &pairs(map), &pairs(set)).unwrap_err().detail().unwrap_or_default().to_owned()
        };
        assert!(refused(&[], &[]).contains("he columns are code, title"));
        assert!(refused(&[("sku", "nothing")], &[]).contains("he columns are code, title"));
        assert!(refused(&[("colour", "code")], &[]).contains("the fields are sku, name"));
        assert!(refused(&[("sku", "code")], &[("sku", "1")]).contains("twice"));
        assert!(refused(&[("sku", "{code")], &[]).contains("without a closing one"));
    }

    proptest! {
        #[test]
        fn any_pattern_is_read_or_refused(pattern in "[{}ab> ]{0,20}", a in "[x ]{0,3}", b in "[y>]{0,3}") {
            let header = columns(&["a", "b", "sku"]);
            if let Ok(plan) = Plan::of(&header, &pairs(&[("category", &pattern)]), &[]) {
                let row = [a.as_str(), b.as_str(), "1"];
                for (_, found) in plan.read(|n| row[n]) {
                    prop_assert!(found.value.is_none_or(|value| !value.is_empty() && value.trim() == value));
                }
            }
        }
    }
}
