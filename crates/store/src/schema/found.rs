//! What the database says of itself.

use super::{Column, Index, Kind, Reference, Schema};
use crate::{Tx, args};
use kernel::Result;

/// One row of the queries for indexes and foreign keys: a column, and what it is part of.
struct Part {
    table: String,
    name: String,
    primary: bool,
    unique: bool,
    column: String,
}

pub(super) fn read(tx: &mut Tx<'_>) -> Result<Schema> {
    let catalog = tx.conn.dialect().catalog();
    let mut schema = Schema::default();
    let columns = tx.query(catalog.columns, args![], |row| {
        let kind = Kind::of(&row.get::<String>(2)?);
        Ok((row.get::<String>(0)?, Column { name: row.get(1)?, kind, nullable: row.get(3)? }))
    })?;
    for (table, column) in columns {
        schema.tables.entry(table).or_default().columns.push(column);
    }
    let parts = tx.query(catalog.indexes, args![], |row| {
        let (table, name, column) = (row.get(0)?, row.get(1)?, row.get(4)?);
        Ok(Part { table, name, primary: row.get(2)?, unique: row.get(3)?, column })
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
                table.indexes.push(Index { name, columns, unique: part.unique });
            }
        }
    }
    references(tx, catalog.references, &mut schema)?;
    Ok(schema)
}

fn references(tx: &mut Tx<'_>, sql: &'static str, schema: &mut Schema) -> Result<()> {
    let pairs = tx.query(sql, args![], |row| {
        let (table, key, column): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((table, key, column, row.get::<String>(3)?, row.get::<String>(4)?))
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
