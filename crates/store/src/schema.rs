//! Compares the schema that the migrations declare with the schema that the database has.
//!
//! It compares tables, columns (type, length, whether they may be null), primary and unique keys, indexes and foreign keys. It
//! does not compare the order of columns, defaults, checks, which rows a partial index has, and where rows lie.

mod declared;
mod found;

use crate::{Db, Dialect, Migration, Tx, migrate};
use kernel::Result;
use std::{collections::BTreeMap, fmt};

/// The tables of a database, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    /// The columns of its primary key, in their order; empty when it has none.
    pub primary_key: Vec<String>,
    /// Indexes and unique keys, without the primary key.
    pub indexes: Vec<Index>,
    pub references: Vec<Reference>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An id that the database generates: `{id}`.
    Automatic,
    BigInt,
    /// Text of any length: `{text}`.
    Text,
    /// Text of at most this many characters.
    Varchar(u32),
    /// A type that migrations do not use, as the database writes it.
    Other(String),
}

/// An index or a unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// A unique key is declared without a name, and the database chooses one.
    pub name: Option<String>,
    pub columns: Vec<String>,
    /// Whether two rows must not have the same values.
    pub unique: bool,
    /// Whether it has only some of the rows.
    pub partial: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub columns: Vec<String>,
    pub table: String,
    /// The columns of that table.
    pub to: Vec<String>,
}

impl Schema {
    /// The schema that `migrations` declare for this database. C001 naming a migration that this program cannot read.
    pub fn declared(dialect: Dialect, migrations: &[Migration]) -> Result<Schema> {
        declared::read(dialect, migrations)
    }

    /// The schema that the database has.
    pub fn found(tx: &mut Tx<'_>) -> Result<Schema> {
        found::read(tx)
    }
}

impl Table {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Kind {
    /// The type that a migration, or [`Dialect::catalog`], writes like this.
    fn of(words: &str) -> Kind {
        let length = |words: &str| words.strip_prefix("varchar(")?.strip_suffix(')')?.trim().parse().ok();
        match words {
            // a table that is made anew on SQLite alone names the type that `{id}` has there
            "automatic" | "integer" => Kind::Automatic,
            "bigint" => Kind::BigInt,
            "text" => Kind::Text,
            other => length(other).map_or_else(|| Kind::Other(other.to_owned()), Kind::Varchar),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Automatic => f.write_str("an automatic id"),
            Kind::BigInt => f.write_str("bigint"),
            Kind::Text => f.write_str("text"),
            Kind::Varchar(length) => write!(f, "varchar({length})"),
            Kind::Other(words) => f.write_str(words),
        }
    }
}

/// The differences between the database of `tx` and what `migrations` declare, as sentences.
pub fn differences(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<Vec<String>> {
    let declared = Schema::declared(tx.conn.dialect(), migrations)?;
    Ok(compared(&declared, &Schema::found(tx)?))
}

/// [`differences`], in a reading job of its own.
pub async fn compare(db: &Db, migrations: Vec<Migration>) -> Result<Vec<String>> {
    db.read("store.schema", move |tx| differences(tx, &migrations)).await
}

fn compared(declared: &Schema, found: &Schema) -> Vec<String> {
    let mut sentences = Vec::new();
    for (name, table) in &declared.tables {
        match found.tables.get(name) {
            Some(actual) => Comparison { name, declared: table, found: actual, sentences: &mut sentences }.all(),
            None => sentences.push(format!("table {name} is missing")),
        }
    }
    let declared_here = |name: &str| declared.tables.contains_key(name) || name == migrate::TABLE;
    let undeclared = found.tables.keys().filter(|name| !declared_here(name));
    sentences.extend(undeclared.map(|name| format!("table {name} is in no migration")));
    sentences
}

/// One table, as it is declared and as it was found.
struct Comparison<'a> {
    name: &'a str,
    declared: &'a Table,
    found: &'a Table,
    sentences: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn all(mut self) {
        self.columns();
        self.primary_key();
        self.indexes();
        self.references();
    }

    fn columns(&mut self) {
        let name = self.name;
        for column in &self.declared.columns {
            let Some(actual) = self.found.column(&column.name) else {
                self.sentences.push(format!("table {name} has no column {}", column.name));
                continue;
            };
            let column_name = &column.name;
            if actual.kind != column.kind {
                self.sentences.push(format!("{name}.{column_name} is {} instead of {}", actual.kind, column.kind));
            }
            if actual.nullable != column.nullable {
                let may = if actual.nullable { "may be null" } else { "may not be null" };
                self.sentences.push(format!("{name}.{column_name} {may}"));
            }
        }
        let undeclared = self.found.columns.iter().filter(|actual| self.declared.column(&actual.name).is_none());
        self.sentences.extend(undeclared.map(|actual| format!("{name}.{} is in no migration", actual.name)));
    }

    fn primary_key(&mut self) {
        let (declared, found) = (&self.declared.primary_key, &self.found.primary_key);
        if declared != found {
            let (name, is, should) = (self.name, listed(found), listed(declared));
            self.sentences.push(format!("the primary key of {name} is {is} instead of {should}"));
        }
    }

    /// Compares unique keys by their columns, because they are declared without a name, and indexes by name.
    fn indexes(&mut self) {
        let mut left: Vec<&Index> = self.found.indexes.iter().collect();
        let (named, keys): (Vec<&Index>, Vec<&Index>) =
            self.declared.indexes.iter().partition(|index| index.name.is_some());
        for index in named {
            let name = index.name.as_deref().unwrap_or_default();
            match left.iter().position(|actual| actual.name == index.name) {
                Some(at) => self.index(name, index, left.swap_remove(at)),
                None => self.sentences.push(format!("index {name} is missing")),
            }
        }
        for key in keys {
            match left.iter().position(|actual| actual.unique && actual.columns == key.columns) {
                Some(at) => drop(left.swap_remove(at)),
                None => {
                    self.sentences.push(format!("table {} has no unique key on {}", self.name, listed(&key.columns)));
                }
            }
        }
        // a database may create an index for a foreign key
        let for_reference = |index: &Index| self.declared.references.iter().any(|one| one.columns == index.columns);
        for index in left.into_iter().filter(|index| index.unique || !for_reference(index)) {
            let what = if index.unique { "unique key" } else { "index" };
            let (name, columns) = (index.name.as_deref().unwrap_or_default(), listed(&index.columns));
            self.sentences.push(format!("{what} {name} of table {} on {columns} is in no migration", self.name));
        }
    }

    fn index(&mut self, name: &str, declared: &Index, found: &Index) {
        if declared.columns != found.columns {
            let (is, should) = (listed(&found.columns), listed(&declared.columns));
            self.sentences.push(format!("index {name} is on {is} instead of {should}"));
        }
        if declared.unique != found.unique {
            let is = if found.unique { "unique" } else { "not unique" };
            self.sentences.push(format!("index {name} is {is}"));
        }
        if declared.partial != found.partial {
            let rows = if found.partial { "only some of the rows" } else { "all rows" };
            self.sentences.push(format!("index {name} has {rows}"));
        }
    }

    fn references(&mut self) {
        let sentence = |one: &Reference| format!("{} to {} {}", listed(&one.columns), one.table, listed(&one.to));
        let (declared, found) = (&self.declared.references, &self.found.references);
        for one in declared.iter().filter(|one| !found.contains(one)) {
            self.sentences.push(format!("table {} has no foreign key {}", self.name, sentence(one)));
        }
        for one in found.iter().filter(|one| !declared.contains(one)) {
            self.sentences.push(format!("foreign key {} of table {} is in no migration", sentence(one), self.name));
        }
    }
}

fn listed(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}
