//! The schema that the migrations declare and the one that the database has, in the same words, and how they differ.
//!
//! What is compared: tables, columns with type, length and whether they may be null, primary and unique keys, indexes and
//! foreign keys. The order of columns, defaults and checks are not.

mod declared;
mod found;

use crate::{Db, Dialect, Migration, Tx, migrate};
use kernel::Result;
use std::{collections::BTreeMap, fmt};

/// The tables of a database, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// Every table with a name of its own.
    pub tables: BTreeMap<String, Table>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in their order; none when it has no such key.
    pub primary_key: Vec<String>,
    /// Its other keys and indexes.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub references: Vec<Reference>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers that the database gives out by itself: `{id}`.
    Automatic,
    /// Whole numbers.
    BigInt,
    /// Text of any length: `{text}`.
    Text,
    /// Text of at most so many characters.
    Varchar(u32),
    /// Something that no migration of ours declares.
    Other(String),
}

/// An index or a unique key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name. A unique key is declared without one, and the database makes up its own.
    pub name: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// Whether two rows with the same values are refused.
    pub unique: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table they refer to.
    pub table: String,
    /// Its columns.
    pub to: Vec<String>,
}

impl Schema {
    /// What `migrations` declare for this database. C001 naming the migration that is not understood.
    pub fn declared(dialect: Dialect, migrations: &[Migration]) -> Result<Schema> {
        declared::read(dialect, migrations)
    }

    /// What the database has.
    pub fn found(tx: &mut Tx<'_>) -> Result<Schema> {
        found::read(tx)
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Kind {
    /// As the words of a migration say it, or a database in those words.
    fn of(words: &str) -> Kind {
        let length = |words: &str| words.strip_prefix("varchar(")?.strip_suffix(')')?.trim().parse().ok();
        match words {
            "automatic" => Kind::Automatic,
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

/// How the database of `tx` differs from what `migrations` declare, a sentence for each difference.
pub fn differences(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<Vec<String>> {
    let declared = Schema::declared(tx.conn.dialect(), migrations)?;
    Ok(compared(&declared, &Schema::found(tx)?))
}

/// [`differences`] in a reading job of its own.
pub async fn compare(db: &Db, migrations: Vec<Migration>) -> Result<Vec<String>> {
    db.read("store.schema", move |tx| differences(tx, &migrations)).await
}

fn compared(declared: &Schema, found: &Schema) -> Vec<String> {
    let mut sentences = Vec::new();
    for (name, table) in &declared.tables {
        match found.tables.get(name) {
            Some(there) => Comparison { name, declared: table, found: there, sentences: &mut sentences }.all(),
            None => sentences.push(format!("table {name} is missing")),
        }
    }
    let ours = |name: &str| declared.tables.contains_key(name) || name == migrate::TABLE;
    let strange = found.tables.keys().filter(|name| !ours(name));
    sentences.extend(strange.map(|name| format!("table {name} is nobody's")));
    sentences
}

/// One table as it is declared and as it is.
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
            let Some(there) = self.found.column(&column.name) else {
                self.sentences.push(format!("table {name} has no column {}", column.name));
                continue;
            };
            let column_name = &column.name;
            if there.kind != column.kind {
                self.sentences.push(format!("{name}.{column_name} is {} instead of {}", there.kind, column.kind));
            }
            if there.nullable != column.nullable {
                let may = if there.nullable { "may be null" } else { "may not be null" };
                self.sentences.push(format!("{name}.{column_name} {may}"));
            }
        }
        let strange = self.found.columns.iter().filter(|there| self.declared.column(&there.name).is_none());
        self.sentences.extend(strange.map(|there| format!("{name}.{} is nobody's", there.name)));
    }

    fn primary_key(&mut self) {
        let (declared, found) = (&self.declared.primary_key, &self.found.primary_key);
        if declared != found {
            let (name, is, should) = (self.name, listed(found), listed(declared));
            self.sentences.push(format!("the primary key of {name} is {is} instead of {should}"));
        }
    }

    /// Declared unique keys have no name, so they are found by their columns; the rest by name.
    fn indexes(&mut self) {
        let mut left: Vec<&Index> = self.found.indexes.iter().collect();
        let (named, keys): (Vec<&Index>, Vec<&Index>) =
            self.declared.indexes.iter().partition(|index| index.name.is_some());
        for index in named {
            let name = index.name.as_deref().unwrap_or_default();
            match left.iter().position(|there| there.name == index.name) {
                Some(at) => self.index(name, index, left.swap_remove(at)),
                None => self.sentences.push(format!("index {name} is missing")),
            }
        }
        for key in keys {
            match left.iter().position(|there| there.unique && there.columns == key.columns) {
                Some(at) => drop(left.swap_remove(at)),
                None => {
                    self.sentences.push(format!("table {} has no unique key on {}", self.name, listed(&key.columns)));
                }
            }
        }
        // a database may make an index for a foreign key that has none
        let for_reference = |index: &Index| self.declared.references.iter().any(|one| one.columns == index.columns);
        for index in left.into_iter().filter(|index| index.unique || !for_reference(index)) {
            let what = if index.unique { "unique key" } else { "index" };
            let (name, columns) = (index.name.as_deref().unwrap_or_default(), listed(&index.columns));
            self.sentences.push(format!("{what} {name} of table {} on {columns} is nobody's", self.name));
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
    }

    fn references(&mut self) {
        let told = |one: &Reference| format!("{} to {} {}", listed(&one.columns), one.table, listed(&one.to));
        let (declared, found) = (&self.declared.references, &self.found.references);
        for one in declared.iter().filter(|one| !found.contains(one)) {
            self.sentences.push(format!("table {} has no foreign key {}", self.name, told(one)));
        }
        for one in found.iter().filter(|one| !declared.contains(one)) {
            self.sentences.push(format!("foreign key {} of table {} is nobody's", told(one), self.name));
        }
    }
}

fn listed(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}
