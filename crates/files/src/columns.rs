//! Where each field of a row comes from: a column, several columns, or a constant.

use crate::csv::shown;
use kernel::{Error, Result, text};
use serde::Serialize;
use utoipa::ToSchema;

/// A field that a row can give.
pub trait Field: Copy + Ord + 'static {
    /// Every field, in the order in which a refusal lists them.
    const ALL: &'static [Self];

    /// As `--map` and JSON call it.
    fn name(self) -> &'static str;

    /// The names of columns from which it is taken without a mapping: letters and digits only, folded.
    fn aliases(self) -> &'static [&'static str];

    /// Whether it may become empty.
    fn may_be_empty(self) -> bool;

    /// A pattern whose columns are partly empty, without the gaps.
    fn without_gaps(self, value: &str) -> String {
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The field with this name; C002 when there is none. `more` are names that the caller knows beside the fields.
    fn named(name: &str, more: &[&str]) -> Result<Self> {
        let found = Self::ALL.iter().find(|field| field.name().eq_ignore_ascii_case(name.trim()));
        found.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|field| field.name()).chain(more.iter().copied()).collect();
            let (name, names) = (shown(name), names.join(", "));
            text::wrong("map", format!("names the field {name}, which does not exist; the fields are {names}"))
        })
    }
}

/// From where a field is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This column, counted from 0.
    Column(usize),
    /// Text between columns.
    Pattern(Vec<Part>),
    /// The same for every row.
    Constant(String),
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Column(usize),
}

/// One line of the report: a field and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mapped {
    /// The field.
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

/// From where each field is taken, for one header.
#[derive(Debug, Clone)]
pub struct Columns<F> {
    sources: Vec<(F, Source)>,
    names: Vec<String>,
}

impl<F: Field> Columns<F> {
    /// Columns with these names, from which nothing is taken yet.
    pub fn of(names: &[String]) -> Columns<F> {
        Columns { sources: Vec::new(), names: names.to_vec() }
    }

    /// Takes every field from where the caller says, and what is not mapped from the columns of its names. C002 for an unknown field
    /// or column, and for a field that is mapped twice.
    pub fn all(names: &[String], map: &[(String, String)], set: &[(String, String)]) -> Result<Columns<F>> {
        let mut columns = Columns::of(names);
        for (name, from) in map {
            let source = columns.source(from)?;
            columns.add(F::named(name, &[])?, source)?;
        }
        for (name, value) in set {
            columns.add(F::named(name, &[])?, Source::Constant(value.clone()))?;
        }
        F::ALL.iter().for_each(|field| columns.find(*field));
        columns.sort();
        Ok(columns)
    }

    /// Takes a field from there. C002 when it is taken from elsewhere already, or is set to nothing and may not be empty.
    pub fn add(&mut self, field: F, source: Source) -> Result<()> {
        if self.has(field) {
            return Err(text::wrong("map", format!("gives the field {} twice", field.name())));
        }
        if matches!(&source, Source::Constant(value) if text::is_blank(value)) && !field.may_be_empty() {
            return Err(text::wrong("set", format!("cannot make {} empty", field.name())));
        }
        self.sources.push((field, source));
        Ok(())
    }

    /// Takes a field that is not mapped from the column of one of its names.
    pub fn find(&mut self, field: F) {
        let columns = &self.names;
        let place = field.aliases().iter().find_map(|alias| columns.iter().position(|column| plain(column) == *alias));
        if let Some(place) = place.filter(|_| !self.has(field)) {
            self.sources.push((field, Source::Column(place)));
        }
    }

    /// From now on rows give the fields in their own order.
    pub fn sort(&mut self) {
        self.sources.sort_by_key(|(field, _)| *field);
    }

    /// Whether the rows give this field.
    pub fn has(&self, field: F) -> bool {
        self.fields().any(|planned| planned == field)
    }

    /// The fields that rows give.
    pub fn fields(&self) -> impl Iterator<Item = F> {
        self.sources.iter().map(|(field, _)| *field)
    }

    /// A column, or a pattern of columns in braces; C002.
    pub fn source(&self, from: &str) -> Result<Source> {
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

    /// The one column from which a field is taken.
    pub fn column_of(&self, field: F) -> Option<usize> {
        self.sources.iter().find_map(|(planned, source)| match source {
            Source::Column(place) if *planned == field => Some(*place),
            Source::Column(_) | Source::Pattern(_) | Source::Constant(_) => None,
        })
    }

    /// The names of all columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a column.
    pub fn name_of(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// What a row gives for every field; `cell` gives its cells.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Vec<(F, Found)> {
        self.sources.iter().map(|(field, source)| (*field, found(*field, source, &cell))).collect()
    }

    /// From where each field is taken, for the report.
    pub fn mapped(&self) -> Vec<Mapped> {
        let mapped = |(field, source): &(F, Source)| self.mapped_from(field.name().to_owned(), source);
        self.sources.iter().map(mapped).collect()
    }

    /// A line of the report.
    pub fn mapped_from(&self, field: String, source: &Source) -> Mapped {
        let from = match source {
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
        Mapped { field, from }
    }

    /// Columns from which neither a field nor one of `others` is taken.
    pub fn unused<'a>(&'a self, others: impl Iterator<Item = &'a Source>) -> Vec<String> {
        let uses = |source: &Source, place: usize| match source {
            Source::Column(used) => *used == place,
            Source::Constant(_) => false,
            Source::Pattern(parts) => parts.contains(&Part::Column(place)),
        };
        let sources: Vec<&Source> = self.sources.iter().map(|(_, source)| source).chain(others).collect();
        let unused = |place: &usize| !sources.iter().any(|source| uses(source, *place));
        (0..self.names.len()).filter(unused).map(|place| self.names[place].clone()).collect()
    }
}

/// The columns that a `--map` value names.
pub fn named_columns(from: &str) -> Vec<String> {
    if !from.contains('{') {
        return vec![from.trim().to_owned()];
    }
    from.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.trim().to_owned()).collect()
}

/// A column's name as aliases are compared: letters and digits only, as identities are compared.
fn plain(name: &str) -> String {
    text::folded(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What a row gives for a field that is taken from `source`.
pub fn found<'a, F: Field>(field: F, source: &Source, cell: &impl Fn(usize) -> &'a str) -> Found {
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
fn filled<'a, F: Field>(field: F, parts: &[Part], cell: &impl Fn(usize) -> &'a str) -> Found {
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
        let whole = field.without_gaps(&value);
        // a comma that stood before or after the missing part
        value = whole.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '-' | '/')).to_owned();
    }
    Found { value: something(&value), empty_columns, ..Found::default() }
}

/// A cell without the apostrophe in front of what a spreadsheet would run as a formula; exports write it.
pub fn unguarded(cell: &str) -> &str {
    let formula = ['=', '+', '-', '@', '\t', '\r'];
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(formula) => rest,
        Some(_) | None => cell,
    }
}
