//! Where each field of a product comes from: a column, several columns, or a constant.

use crate::csv::shown;
use catalog::category::PATH_SIGN;
use kernel::{Code, Error, Result, text};
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// A field of a product or of a variant that a row can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The sku of the product to which the row belongs as a variant.
    ProductSku,
    /// Decides whether the product, or the variant, exists.
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
    /// Units that can be sold.
    Stock,
    /// Units more, or fewer, instead of [`Field::Stock`].
    StockChange,
    /// The units that were there when the stock of the row was decided.
    ExpectedStock,
    /// The state of the product.
    Status,
    /// Shown after the product's name.
    VariantName,
    /// What distinguishes the variant: `size=L|colour=Navy`.
    Options,
    /// Added to the product's price; else the difference of the row's price to that of the product's first row.
    PriceAdjustment,
    /// The state of the variant.
    VariantStatus,
    /// Whether it becomes the default variant.
    IsDefault,
}

/// Of what a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Product,
    /// Of a variant, in tables: a row of JSON has a list of variants instead.
    Variant,
}

/// A field with its name, the column names from which it is taken without a mapping, written as [`plain`] writes them, and
/// whether it may become empty.
struct Known(Field, &'static str, &'static [&'static str], Of, bool);

const FIELDS: [Known; 19] = [
    Known(Field::ProductSku, "productSku", &["productsku", "parentsku"], Of::Variant, false),
    Known(Field::Sku, "sku", &["sku", "id"], Of::Product, false),
    Known(Field::Name, "name", &["name", "title"], Of::Product, false),
    Known(Field::Description, "description", &["description"], Of::Product, true),
    Known(Field::Price, "price", &["price"], Of::Product, false),
    Known(Field::SalePrice, "salePrice", &["saleprice"], Of::Product, true),
    Known(Field::Category, "category", &["category"], Of::Product, true),
    Known(Field::Brand, "brand", &["brand"], Of::Product, true),
    Known(Field::ImageUrl, "imageUrl", &["imageurl", "image"], Of::Product, true),
    Known(Field::Images, "images", &["images"], Of::Product, true),
    Known(Field::Stock, "stock", &["stock", "quantity"], Of::Product, false),
    Known(Field::StockChange, "stockChange", &["stockchange"], Of::Product, false),
    Known(Field::ExpectedStock, "expectedStock", &["expectedstock"], Of::Product, false),
    Known(Field::Status, "status", &["status"], Of::Product, false),
    Known(Field::VariantName, "variantName", &["variantname"], Of::Variant, true),
    Known(Field::Options, "options", &["options"], Of::Variant, true),
    Known(Field::PriceAdjustment, "priceAdjustment", &["priceadjustment"], Of::Variant, false),
    Known(Field::VariantStatus, "variantStatus", &["variantstatus"], Of::Variant, false),
    Known(Field::IsDefault, "isDefault", &["isdefault"], Of::Variant, false),
];
/// Begins the name of a column that holds one option of a variant: `option.size`.
const OPTION: &str = "option.";

impl Field {
    fn known(self) -> &'static Known {
        FIELDS.iter().find(|known| known.0 == self).unwrap_or(&FIELDS[0])
    }

    /// As `--map` and JSON call it.
    pub fn name(self) -> &'static str {
        self.known().1
    }

    /// Whether a product may lack it, so that a row can clear it.
    pub fn may_be_empty(self) -> bool {
        self.known().4
    }

    /// Whether only rows that share a product give it.
    pub fn is_of_variant(self) -> bool {
        self.known().3 == Of::Variant
    }

    /// Whether JSON has a member of exactly this name.
    pub(crate) fn is_member(name: &str) -> bool {
        FIELDS.iter().any(|known| known.1 == name && known.3 == Of::Product)
    }

    fn named(name: &str) -> Result<Field> {
        let found = FIELDS.iter().find(|known| known.1.eq_ignore_ascii_case(name.trim()));
        found.map(|known| known.0).ok_or_else(|| {
            let names: Vec<_> = FIELDS.iter().map(|known| known.1).collect();
            text::wrong(
                "map",
                format!(
                    "names the field {}, which does not exist; the fields are {}, {OPTION}NAME",
                    shown(name),
                    names.join(", ")
                ),
            )
        })
    }
}

/// What an empty cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blank {
    /// Nothing: the product keeps what it has.
    #[default]
    Leave,
    /// The field becomes empty, if a product may lack it.
    Clear,
}

impl FromStr for Blank {
    type Err = Error;
    fn from_str(text: &str) -> Result<Blank> {
        match text {
            "leave" => Ok(Blank::Leave),
            "clear" => Ok(Blank::Clear),
            _ => Err(text::wrong("blank", "must be leave or clear")),
        }
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
    /// From where each option of a variant is taken, by its name.
    options: Vec<(String, Source)>,
    names: Vec<String>,
}

/// One line of the report: a field and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mapped {
    /// The field of the product or of its variant.
    pub field: String,
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
    /// Whether there is nothing because the caller set it so for every row.
    pub is_set_empty: bool,
}

impl Plan {
    /// The plan for these columns. C002 for an unknown field or column, for a field that is mapped twice, and when no column
    /// gives the sku.
    pub fn of(columns: &[String], map: &[(String, String)], set: &[(String, String)]) -> Result<Plan> {
        let mut plan = Plan { sources: Vec::new(), options: Vec::new(), names: columns.to_vec() };
        for (name, from) in map {
            let source = plan.source(from)?;
            plan.add(name, source)?;
        }
        for (name, value) in set {
            plan.add(name, Source::Constant(value.clone()))?;
        }
        plan.find(Of::Product);
        plan.find_one(Field::ProductSku.known());
        if plan.has(Field::ProductSku) {
            plan.find(Of::Variant);
            plan.find_options();
        } else if let Some((field, _)) = plan.sources.iter().find(|(field, _)| field.is_of_variant()) {
            return Err(text::wrong("map", format!("gives {}, which needs productSku", field.name())));
        } else if !plan.options.is_empty() {
            return Err(text::wrong("map", "gives an option, which needs productSku"));
        }
        if !plan.has(Field::Sku) {
            return Err(Code::InvalidInput.because(format!(
                "no column gives the sku; map one, such as sku=COLUMN. The columns are {}",
                columns.join(", ")
            )));
        }
        plan.sources.sort_by_key(|(field, _)| *field);
        Ok(plan)
    }

    /// Whether the rows give this field.
    pub fn has(&self, field: Field) -> bool {
        self.sources.iter().any(|(planned, _)| *planned == field)
    }

    /// Takes the fields that are not mapped from the columns of their names.
    fn find(&mut self, of: Of) {
        FIELDS.iter().filter(|known| known.3 == of).for_each(|known| self.find_one(known));
    }

    fn find_one(&mut self, Known(field, _, aliases, _, _): &Known) {
        let columns = &self.names;
        let place = aliases.iter().find_map(|alias| columns.iter().position(|column| plain(column) == *alias));
        if let Some(place) = place.filter(|_| !self.has(*field)) {
            self.sources.push((*field, Source::Column(place)));
        }
    }

    fn find_options(&mut self) {
        for (place, column) in self.names.iter().enumerate() {
            let name = column.get(..OPTION.len()).filter(|start| start.eq_ignore_ascii_case(OPTION));
            let Some(name) = name.map(|_| column[OPTION.len()..].trim().to_owned()) else { continue };
            if !name.is_empty() && !self.options.iter().any(|(known, _)| text::folded(known) == text::folded(&name)) {
                self.options.push((name, Source::Column(place)));
            }
        }
    }

    fn add(&mut self, name: &str, source: Source) -> Result<()> {
        let name = name.trim();
        if let Some(option) = name.strip_prefix(OPTION) {
            let option = option.trim().to_owned();
            if self.options.iter().any(|(planned, _)| text::folded(planned) == text::folded(&option)) {
                return Err(text::wrong("map", format!("gives the option {} twice", shown(&option))));
            }
            self.options.push((option, source));
            return Ok(());
        }
        let field = Field::named(name)?;
        if self.has(field) {
            return Err(text::wrong("map", format!("gives the field {} twice", field.name())));
        }
        if matches!(&source, Source::Constant(value) if text::is_blank(value)) && !field.may_be_empty() {
            return Err(text::wrong("set", format!("cannot make {} empty", field.name())));
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

    /// What a row gives for the options of its variant, without those that it leaves empty.
    pub fn read_options<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Vec<(String, String)> {
        let value = |source| found(Field::Options, source, &cell).value;
        self.options.iter().filter_map(|(name, source)| Some((name.clone(), value(source)?))).collect()
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
        let fields = self.sources.iter().map(|(field, source)| (field.name().to_owned(), source));
        let options = self.options.iter().map(|(name, source)| (format!("{OPTION}{name}"), source));
        fields.chain(options).map(|(field, source)| Mapped { field, from: from(source) }).collect()
    }

    /// Columns from which no field is taken.
    pub fn unused(&self) -> Vec<String> {
        let uses = |source: &Source, place: usize| match source {
            Source::Column(used) => *used == place,
            Source::Constant(_) => false,
            Source::Pattern(parts) => parts.contains(&Part::Column(place)),
        };
        let sources = || self.sources.iter().map(|(_, source)| source).chain(self.options.iter().map(|(_, one)| one));
        let unused = |place: &usize| !sources().any(|source| uses(source, *place));
        (0..self.names.len()).filter(unused).map(|place| self.names[place].clone()).collect()
    }
}

/// A column's name as aliases are compared: letters and digits only, as identities are compared.
fn plain(name: &str) -> String {
    text::folded(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn found<'a>(field: Field, source: &Source, cell: &impl Fn(usize) -> &'a str) -> Found {
    match source {
        Source::Column(place) => Found { value: something(cell(*place)), ..Found::default() },
        Source::Constant(value) => {
            let value = something(value);
            Found { is_set_empty: value.is_none(), value, ..Found::default() }
        }
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
    Found { value: something(&value), empty_columns, ..Found::default() }
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
        assert_eq!(read(["1", "x", "y"]), Found { value: Some("x, y".into()), ..Found::default() });
        assert_eq!(read(["1", "x", ""]), Found { value: Some("x".into()), empty_columns: vec![2], ..Found::default() });
        assert_eq!(read(["1", "", "y"]), Found { value: Some("y".into()), empty_columns: vec![1], ..Found::default() });
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
        assert!(refused(&[("colour", "code")], &[]).contains("the fields are productSku, sku, name"));
        assert!(refused(&[("sku", "code"), ("options", "title")], &[]).contains("needs productSku"));
        assert!(refused(&[("sku", "code")], &[("name", " ")]).contains("cannot make name empty"));
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
