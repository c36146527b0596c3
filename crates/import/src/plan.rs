//! Where each field of a product comes from: a column, several columns, or a constant.

use catalog::category::PATH_SIGN;
use files::columns::{self, Columns, Found, Mapped, Source};
use files::csv::shown;
use kernel::{Code, Error, Result, text};
use std::str::FromStr;

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
    /// Whether the product's price contains no value added tax.
    TaxFree,
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

impl columns::Field for Field {
    const ALL: &'static [Field] = &[
        Field::ProductSku,
        Field::Sku,
        Field::Name,
        Field::Description,
        Field::Price,
        Field::SalePrice,
        Field::Category,
        Field::Brand,
        Field::ImageUrl,
        Field::Images,
        Field::Stock,
        Field::StockChange,
        Field::ExpectedStock,
        Field::Status,
        Field::TaxFree,
        Field::VariantName,
        Field::Options,
        Field::PriceAdjustment,
        Field::VariantStatus,
        Field::IsDefault,
    ];

    fn name(self) -> &'static str {
        match self {
            Field::ProductSku => "productSku",
            Field::Sku => "sku",
            Field::Name => "name",
            Field::Description => "description",
            Field::Price => "price",
            Field::SalePrice => "salePrice",
            Field::Category => "category",
            Field::Brand => "brand",
            Field::ImageUrl => "imageUrl",
            Field::Images => "images",
            Field::Stock => "stock",
            Field::StockChange => "stockChange",
            Field::ExpectedStock => "expectedStock",
            Field::Status => "status",
            Field::TaxFree => "taxFree",
            Field::VariantName => "variantName",
            Field::Options => "options",
            Field::PriceAdjustment => "priceAdjustment",
            Field::VariantStatus => "variantStatus",
            Field::IsDefault => "isDefault",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Field::ProductSku => &["productsku", "parentsku"],
            Field::Sku => &["sku", "id"],
            Field::Name => &["name", "title"],
            Field::Description => &["description"],
            Field::Price => &["price"],
            Field::SalePrice => &["saleprice"],
            Field::Category => &["category"],
            Field::Brand => &["brand"],
            Field::ImageUrl => &["imageurl", "image"],
            Field::Images => &["images"],
            Field::Stock => &["stock", "quantity"],
            Field::StockChange => &["stockchange"],
            Field::ExpectedStock => &["expectedstock"],
            Field::Status => &["status"],
            Field::TaxFree => &["taxfree"],
            Field::VariantName => &["variantname"],
            Field::Options => &["options"],
            Field::PriceAdjustment => &["priceadjustment"],
            Field::VariantStatus => &["variantstatus"],
            Field::IsDefault => &["isdefault"],
        }
    }

    /// Whether a product may lack it, so that a row can clear it.
    fn may_be_empty(self) -> bool {
        matches!(
            self,
            Field::Description
                | Field::SalePrice
                | Field::Category
                | Field::Brand
                | Field::ImageUrl
                | Field::Images
                | Field::VariantName
                | Field::Options
        )
    }

    fn without_gaps(self, value: &str) -> String {
        if self != Field::Category {
            return value.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        let levels = value.split(PATH_SIGN).map(str::trim).filter(|level| !level.is_empty());
        levels.collect::<Vec<_>>().join(&format!(" {PATH_SIGN} "))
    }
}

/// Begins the name of a column that holds one option of a variant: `option.size`.
const OPTION: &str = "option.";

impl Field {
    /// Whether only rows that share a product give it.
    pub fn is_of_variant(self) -> bool {
        matches!(
            self,
            Field::ProductSku
                | Field::VariantName
                | Field::Options
                | Field::PriceAdjustment
                | Field::VariantStatus
                | Field::IsDefault
        )
    }

    /// Whether JSON has a member of exactly this name. A row of JSON has a list of variants instead of rows of them.
    pub(crate) fn is_member(name: &str) -> bool {
        let mut fields = <Field as columns::Field>::ALL.iter();
        fields.any(|field| columns::Field::name(*field) == name && !field.is_of_variant())
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

/// From where each field is taken, for one header.
#[derive(Debug, Clone)]
pub struct Plan {
    columns: Columns<Field>,
    /// From where each option of a variant is taken, by its name.
    options: Vec<(String, Source)>,
}

impl Plan {
    /// The plan for these columns. C002 for an unknown field or column, for a field that is mapped twice, and when no column
    /// gives the sku.
    pub fn of(columns: &[String], map: &[(String, String)], set: &[(String, String)]) -> Result<Plan> {
        let mut plan = Plan { columns: Columns::of(columns), options: Vec::new() };
        for (name, from) in map {
            let source = plan.columns.source(from)?;
            plan.add(name, source)?;
        }
        for (name, value) in set {
            plan.add(name, Source::Constant(value.clone()))?;
        }
        plan.find(false);
        plan.columns.find(Field::ProductSku);
        if plan.has(Field::ProductSku) {
            plan.find(true);
            plan.find_options();
        } else if let Some(field) = plan.columns.fields().find(|field| field.is_of_variant()) {
            return Err(text::wrong("map", format!("gives {}, which needs productSku", columns::Field::name(field))));
        } else if !plan.options.is_empty() {
            return Err(text::wrong("map", "gives an option, which needs productSku"));
        }
        if !plan.has(Field::Sku) {
            return Err(Code::InvalidInput.because(format!(
                "no column gives the sku; map one, such as sku=COLUMN. The columns are {}",
                columns.join(", ")
            )));
        }
        plan.columns.sort();
        Ok(plan)
    }

    /// Whether the rows give this field.
    pub fn has(&self, field: Field) -> bool {
        self.columns.has(field)
    }

    /// Takes the fields that are not mapped from the columns of their names.
    fn find(&mut self, of_variant: bool) {
        let fields = <Field as columns::Field>::ALL.iter();
        fields.filter(|field| field.is_of_variant() == of_variant).for_each(|field| self.columns.find(*field));
    }

    fn find_options(&mut self) {
        for (place, column) in self.columns.names().iter().enumerate() {
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
        self.columns.add(<Field as columns::Field>::named(name, &["option.NAME"])?, source)
    }

    /// The name of a column.
    pub fn name_of(&self, column: usize) -> &str {
        self.columns.name_of(column)
    }

    /// What a row gives for every field of the plan; `cell` gives its cells.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Vec<(Field, Found)> {
        self.columns.read(cell)
    }

    /// What a row gives for the options of its variant, without those that it leaves empty.
    pub fn read_options<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Vec<(String, String)> {
        let value = |source| columns::found(Field::Options, source, &cell).value;
        self.options.iter().filter_map(|(name, source)| Some((name.clone(), value(source)?))).collect()
    }

    /// From where each field is taken, for the report.
    pub fn mapped(&self) -> Vec<Mapped> {
        let option = |(name, source): &(String, Source)| self.columns.mapped_from(format!("{OPTION}{name}"), source);
        self.columns.mapped().into_iter().chain(self.options.iter().map(option)).collect()
    }

    /// Columns from which no field is taken.
    pub fn unused(&self) -> Vec<String> {
        self.columns.unused(self.options.iter().map(|(_, source)| source))
    }
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
