//! Reads the schema that migrations declare. It knows only the small part of SQL that migrations use.

use super::{Column, Index, Kind, Reference, Schema, Table};
use crate::{Dialect, Migration, migrate};
use kernel::{Code, Error, Result};

/// Neutral words for tokens that the dialects render differently, so that one reader is enough.
const WORDS: [(&str, &str); 4] = [("{id}", "automatic"), ("{text}", "text"), ("{table}", ""), ("{clustered}", "")];
/// Steps that change rows and not the schema.
const OF_ROWS: [&str; 3] = ["insert", "update", "delete"];

pub(super) fn read(dialect: Dialect, migrations: &[Migration]) -> Result<Schema> {
    let mut schema = Schema::default();
    for migration in migrations {
        let words = WORDS.iter().fold(migration.sql.to_owned(), |sql, (token, word)| sql.replace(token, word));
        let text = dialect.render(&words, &[]);
        for step in migrate::steps(&text) {
            Reader::new(step).statement(&mut schema).map_err(|why| unreadable(migration, step, &why))?;
        }
    }
    Ok(schema)
}

fn unreadable(migration: &Migration, step: &str, why: &str) -> Error {
    Code::Internal.error().caused_by(format!("{} cannot be read: {why} in: {step}", migration.name))
}

/// Why a migration cannot be read.
type Why = String;

/// Reads one statement word by word.
struct Reader<'s> {
    words: Vec<&'s str>,
    at: usize,
}

impl<'s> Reader<'s> {
    fn new(mut text: &'s str) -> Reader<'s> {
        let mut words = Vec::new();
        loop {
            text = text.trim_start();
            let Some(first) = text.chars().next() else { break };
            let of_word = |c: char| c.is_alphanumeric() || c == '_';
            let end = if of_word(first) {
                text.find(|c| !of_word(c)).unwrap_or(text.len())
            } else if first == '\'' {
                text[1..].find('\'').map_or(text.len(), |end| end + 2)
            } else {
                first.len_utf8()
            };
            words.push(&text[..end]);
            text = &text[end..];
        }
        Reader { words, at: 0 }
    }

    fn next(&mut self) -> Result<&'s str, Why> {
        let word = self.words.get(self.at).copied().ok_or("it ends too early")?;
        self.at += 1;
        Ok(word)
    }

    /// Whether these words come next. If so, moves behind them.
    fn accept(&mut self, wanted: &str) -> bool {
        let wanted: Vec<&str> = wanted.split(' ').collect();
        let found = self.words[self.at..].starts_with(&wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Why> {
        if self.accept(wanted) { Ok(()) } else { Err(format!("{wanted} is expected {}", self.position())) }
    }

    fn position(&self) -> String {
        self.words.get(self.at).map_or_else(|| "at its end".to_owned(), |word| format!("before {word}"))
    }

    fn name(&mut self) -> Result<String, Why> {
        let position = self.position();
        let word = self.next()?;
        let good = word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if good { Ok(word.to_owned()) } else { Err(format!("a name in lower case is expected {position}")) }
    }

    /// Names in brackets.
    fn names(&mut self) -> Result<Vec<String>, Why> {
        self.expect("(")?;
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        self.expect(")")?;
        Ok(names)
    }

    /// Skips a part in brackets, which is not compared.
    fn skip_brackets(&mut self) -> Result<(), Why> {
        self.expect("(")?;
        let mut open = 1;
        while open > 0 {
            match self.next()? {
                "(" => open += 1,
                ")" => open -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn statement(mut self, schema: &mut Schema) -> Result<(), Why> {
        if OF_ROWS.iter().any(|verb| self.accept(verb)) {
            return Ok(());
        } else if self.accept("create table") {
            self.create_table(schema)?;
        } else if self.accept("create unique index") {
            self.create_index(schema, true)?;
        } else if self.accept("create index") {
            self.create_index(schema, false)?;
        } else if self.accept("drop index") {
            self.drop_index(schema)?;
        } else if self.accept("alter table") {
            let name = self.name()?;
            let table = table(schema, &name)?;
            if self.accept("rename to") {
                let table = std::mem::take(table);
                schema.tables.remove(&name);
                schema.tables.insert(self.name()?, table);
            } else if self.accept("drop column") {
                let column = self.name()?;
                table.column(&column).ok_or_else(|| format!("there is no column {column}"))?;
                table.columns.retain(|other| other.name != column);
            } else if self.accept("drop constraint") || self.accept("drop index") {
                drop_unique(&name, table, &self.name()?)?;
            } else {
                self.expect("add column")?;
                self.column(table)?;
            }
        } else if self.accept("drop table if exists") {
            let name = self.name()?;
            schema.tables.remove(&name).ok_or_else(|| format!("there is no table {name}"))?;
        } else {
            let known = "create table, create index, drop index, alter table and drop table if exists";
            return Err(format!("it is none of {known}"));
        }
        if self.at < self.words.len() { Err(format!("there is something unknown {}", self.position())) } else { Ok(()) }
    }

    fn create_table(&mut self, schema: &mut Schema) -> Result<(), Why> {
        let name = self.name()?;
        let mut table = Table::default();
        self.expect("(")?;
        loop {
            self.part(&mut table)?;
            if !self.accept(",") {
                break;
            }
        }
        self.expect(")")?;
        self.accept("without rowid"); // where the rows lie is not compared
        for column in &mut table.columns {
            column.nullable &= !table.primary_key.contains(&column.name);
        }
        match schema.tables.insert(name.clone(), table) {
            None => Ok(()),
            Some(_) => Err(format!("there is a table {name} already")),
        }
    }

    fn create_index(&mut self, schema: &mut Schema, unique: bool) -> Result<(), Why> {
        let name = self.name()?;
        self.expect("on")?;
        let on = self.name()?;
        let columns = self.names()?;
        let partial = self.accept("where");
        if partial {
            self.at = self.words.len(); // which rows is not compared
        }
        let table = table(schema, &on)?;
        exist(table, &columns)?;
        table.indexes.push(Index { name: Some(name), columns, unique, partial });
        Ok(())
    }

    /// Some databases name the table of the index, others do not.
    fn drop_index(&mut self, schema: &mut Schema) -> Result<(), Why> {
        let name = self.name()?;
        if self.accept("on") {
            self.name()?;
        }
        let is_it = |index: &Index| index.name.as_ref() == Some(&name);
        let table = schema.tables.values_mut().find(|table| table.indexes.iter().any(is_it));
        let table = table.ok_or_else(|| format!("there is no index {name}"))?;
        table.indexes.retain(|index| !is_it(index));
        Ok(())
    }

    /// A column, or a key or check of the table.
    fn part(&mut self, table: &mut Table) -> Result<(), Why> {
        if self.accept("primary key") {
            table.primary_key = self.names()?;
            return exist(table, &table.primary_key);
        }
        if self.accept("unique") {
            let columns = self.names()?;
            exist(table, &columns)?;
            table.indexes.push(Index { name: None, columns, unique: true, partial: false });
            return Ok(());
        }
        if self.accept("foreign key") {
            let columns = self.names()?;
            self.expect("references")?;
            let (to_table, to) = (self.name()?, self.names()?);
            exist(table, &columns)?;
            table.references.push(Reference { columns, table: to_table, to });
            return Ok(());
        }
        if self.accept("check") {
            return self.skip_brackets();
        }
        self.column(table)
    }

    fn column(&mut self, table: &mut Table) -> Result<(), Why> {
        let name = self.name()?;
        let kind = self.kind()?;
        let mut nullable = true;
        if kind == Kind::Automatic {
            table.primary_key = vec![name.clone()];
            nullable = false;
        }
        loop {
            if self.accept("not null") {
                nullable = false;
            } else if self.accept("primary key") {
                table.primary_key = vec![name.clone()];
                nullable = false;
            } else if self.accept("unique") {
                table.indexes.push(Index { name: None, columns: vec![name.clone()], unique: true, partial: false });
            } else if self.accept("check") {
                self.skip_brackets()?;
            } else if self.accept("default -") || self.accept("default") {
                self.next()?;
            } else {
                break;
            }
        }
        if table.column(&name).is_some() {
            return Err(format!("there is a column {name} already"));
        }
        table.columns.push(Column { name, kind, nullable });
        Ok(())
    }

    fn kind(&mut self) -> Result<Kind, Why> {
        let word = self.next()?;
        let kind = if word == "varchar" {
            self.expect("(")?;
            let length = self.next()?;
            self.expect(")")?;
            Kind::of(&format!("varchar({length})"))
        } else {
            Kind::of(word)
        };
        if let Kind::Other(words) = kind { Err(format!("the type {words} is unknown")) } else { Ok(kind) }
    }
}

fn table<'t>(schema: &'t mut Schema, name: &str) -> Result<&'t mut Table, Why> {
    schema.tables.get_mut(name).ok_or_else(|| format!("there is no table {name}"))
}

/// Servers name a unique key themselves: PostgreSQL after the table and its columns, MySQL after its first column.
fn drop_unique(name: &str, table: &mut Table, key: &str) -> Result<(), Why> {
    let is_it = |index: &Index| {
        let of_postgres = format!("{name}_{}_key", index.columns.join("_"));
        index.unique
            && index.name.is_none()
            && (key == of_postgres || index.columns.first().is_some_and(|one| one == key))
    };
    let before = table.indexes.len();
    table.indexes.retain(|index| !is_it(index));
    if table.indexes.len() < before { Ok(()) } else { Err(format!("there is no unique key {key}")) }
}

fn exist(table: &Table, columns: &[String]) -> Result<(), Why> {
    match columns.iter().find(|name| table.column(name).is_none()) {
        Some(missing) => Err(format!("there is no column {missing}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &'static str) -> Result<Schema> {
        read(Dialect::Sqlite, &[Migration { name: "test/0001_one", sql }])
    }

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn every_word_of_a_migration_is_understood() {
        let schema = of("
-- the shop's shelves; each with a note
create table shelves (id {id}, note {text}, label varchar(40) not null unique) {table};
create table jars (
    shelf bigint not null,
    place bigint not null check (place > 0 and (place < 100)),
    owner varchar(36),
    primary key (shelf, place),
    unique (owner, place),
    check (place <> 7),
    foreign key (shelf) references shelves (id)
) {table};
insert into shelves (label) values ('create table lies (');
create unique index jars_owner on jars (owner);
{servers: alter table jars add column position bigint};
alter table jars add column colour varchar(20) not null default 'red';
alter table jars add column weight bigint;
alter table jars drop column weight;
create table lids (id {id}) {table};
{sqlite: alter table lids rename to lids_before};
{sqlite: create table lids (id bigint not null primary key) without rowid};
{sqlite: drop table if exists lids_before};
drop table if exists lids;
create index jars_place on jars (place) {where: owner is not null and place > 3};
")
        .unwrap();
        assert_eq!(schema.tables.keys().collect::<Vec<_>>(), ["jars", "shelves"]);
        let shelves = &schema.tables["shelves"];
        assert_eq!(shelves.primary_key, texts(&["id"]));
        let kinds: Vec<_> = shelves.columns.iter().map(|c| (c.kind.clone(), c.nullable)).collect();
        assert_eq!(kinds, [(Kind::Automatic, false), (Kind::Text, true), (Kind::Varchar(40), false)]);
        assert_eq!(shelves.indexes, [Index { name: None, columns: texts(&["label"]), unique: true, partial: false }]);
        let jars = &schema.tables["jars"];
        assert_eq!(jars.primary_key, texts(&["shelf", "place"]));
        assert!(jars.column("position").is_none(), "only servers have it");
        assert!(jars.column("weight").is_none(), "it was dropped again");
        assert_eq!(jars.column("colour").unwrap().kind, Kind::Varchar(20));
        let named: Vec<_> = jars.indexes[1..].iter().map(|index| (index.name.as_deref(), index.partial)).collect();
        assert_eq!(named, [(Some("jars_owner"), false), (Some("jars_place"), true)]);
        assert_eq!(
            jars.references[0],
            Reference { columns: texts(&["shelf"]), table: "shelves".to_owned(), to: texts(&["id"]) }
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_names_the_migration() {
        for (sql, why) in [
            ("drop table jars;", "none of create table"),
            ("create table jars (id serial);", "the type serial is unknown"),
            ("create table jars (id {id}) {table} tablespace fast;", "there is something unknown before tablespace"),
            ("create table jars (id {id}, owner bigint references users (id));", "before references"),
            ("create table jars (id {id});\ncreate index i on jars (lower(id));", ") is expected before ("),
            ("create table jars (id {id});\ncreate index i on jars (label);", "there is no column label"),
            ("create index i on jars (label);", "there is no table jars"),
            ("drop table if exists jars;", "there is no table jars"),
            ("create table jars (id {id});\nalter table jars drop column label;", "there is no column label"),
            ("create table Jars (id {id});", "lower case"),
            ("create table jars (id {id}", "is expected at its end"),
        ] {
            let error = format!("{:?}", of(sql).unwrap_err());
            assert!(error.contains("test/0001_one") && error.contains(why), "{error}");
        }
    }
}
