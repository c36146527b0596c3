//! Reads the schema that the database has.

use super::{Column, Index, Kind, Reference, Schema};
use crate::{Tx, args};
use kernel::Result;

/// One row of the query for indexes: a column, and the index it belongs to.
struct Part {
    table: String,
    name: String,
    primary: bool,
    unique: bool,
    partial: bool,
    column: String,
}

pub(super) fn read(tx: &mut Tx<'_>) -> Result<Schema> {
    let catalog = tx.conn.dialect().catalog();
    let mut schema = Schema::default();
    let columns = tx.query(catalog.columns, args![], |row| {
        let (table, name, kind) = (row.next::<String>()?, row.next()?, Kind::of(&row.next::<String>()?));
        Ok((table, Column { name, kind, nullable: row.next()? }))
    })?;
    for (table, column) in columns {
        schema.tables.entry(table).or_default().columns.push(column);
    }
    let parts = tx.query(catalog.indexes, args![], |row| {
        let (table, name, primary, unique) = (row.next()?, row.next()?, row.next()?, row.next()?);
        Ok(Part { table, name, primary, unique, partial: row.next()?, column: row.next()? })
    })?;
    for part in parts {
        let table = schema.tables.entry(part.table).or_default();
        if part.primary {
            table.primary_key.push(part.column);
            continue;
        }
        match table.indexes.last_mut() {
            Some(index) if index.name.as_ref() == Some(&part.name) => index.columns.push(part.column),
            _ => {
                let (name, columns) = (Some(part.name), vec![part.column]);
                table.indexes.push(Index { name, columns, unique: part.unique, partial: part.partial });
            }
        }
    }
    references(tx, catalog.references, &mut schema)?;
    Ok(schema)
}

fn references(tx: &mut Tx<'_>, sql: &'static str, schema: &mut Schema) -> Result<()> {
    let pairs = tx.query(sql, args![], |row| {
        let (table, key, column): (String, String, String) = (row.next()?, row.next()?, row.next()?);
        Ok((table, key, column, row.next::<String>()?, row.next::<String>()?))
    })?;
    let mut before = None;
    for (name, key, column, to_table, to) in pairs {
        let this = Some((name.clone(), key));
        let table = schema.tables.entry(name).or_default();
        match table.references.last_mut() {
            Some(reference) if before == this => {
                reference.columns.push(column);
                reference.to.push(to);
            }
            _ => table.references.push(Reference { columns: vec![column], table: to_table, to: vec![to] }),
        }
        before = this;
    }
    Ok(())
}
