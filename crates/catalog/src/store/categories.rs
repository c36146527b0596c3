//! Statements about categories.

use crate::category::{Category, name_key};
use kernel::{CategoryId, Result};
use store::{Arg, Row, Tx, args, concatcp};

/// The stored parent of a top-level category. Never null, so that the unique key (parent, name) also covers the top
/// level.
const TOP: i64 = 0;

const COLUMNS: &str = "id, parent_id, name, display_order, version, created_at, updated_at";

const ALL: &str = concatcp!("select ", COLUMNS, " from categories order by id");
const LOCK_ALL: &str = "select id from categories order by id {for update}";
const ALL_LOCKED: &str = concatcp!(ALL, " {for update}");
/// A name that is written the same comes before one that only is the same identity.
const CHILD: &str = "select id from categories where parent_id = ? and (name = ? or name_key = ?)
    order by case when name = ? then 0 else 1 end limit 1";
const EXISTING: &str = "select id from categories where id in ([?])";
const LOCK_SHARED: &str = "select id from categories where id = ? {for share}";
const NAMED: &str = "select id from categories where name = ?";
const INSERT: &str =
    "insert into categories (parent_id, name, name_key, display_order, version, created_at, updated_at)
    values (?, ?, ?, ?, 1, ?, ?) {on conflict ignore: name}";
const SAVE: &str =
    "update categories set parent_id = ?, name = ?, name_key = ?, display_order = ?, version = version + 1, updated_at = ?
    where id = ? and version = ?";
const LIVE_PRODUCTS: &str = "select count(*) from products where category_id = ? and status <> 'DISCONTINUED'";
const FORGET_DEAD: &str = "update products set category_id = null where category_id = ? and status = 'DISCONTINUED'";
const DELETE: &str = "delete from categories where id = ? and version = ?";

pub(crate) const STATEMENTS: &[&str] =
    &[ALL, LOCK_ALL, ALL_LOCKED, CHILD, EXISTING, LOCK_SHARED, NAMED, INSERT, SAVE, LIVE_PRODUCTS, FORGET_DEAD, DELETE];

fn category(row: &Row<'_>) -> Result<Category> {
    let (id, parent) = (row.next()?, row.next::<i64>()?);
    Ok(Category {
        id,
        parent_id: (parent != TOP).then(|| CategoryId::new(parent)),
        name: row.next()?,
        display_order: row.next()?,
        version: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

fn raw(parent: Option<CategoryId>) -> i64 {
    parent.map_or(TOP, CategoryId::raw)
}

pub(crate) fn all(tx: &mut Tx<'_>) -> Result<Vec<Category>> {
    tx.query(ALL, args![], category)
}

/// Every category, locked until the end of the job: two concurrent moves could make a cycle that neither sees. Two
/// statements, because a statement that waited for a lock does not see categories inserted meanwhile.
pub(crate) fn all_locked(tx: &mut Tx<'_>) -> Result<Vec<Category>> {
    tx.query(LOCK_ALL, args![], |_| Ok(()))?;
    tx.query(ALL_LOCKED, args![], category)
}

pub(crate) fn child(tx: &mut Tx<'_>, parent: Option<CategoryId>, name: &str) -> Result<Option<CategoryId>> {
    tx.query_first(CHILD, args![raw(parent), name, name_key(name), name], |row| row.get(0))
}

/// Every category with this name, at any level.
pub(crate) fn named(tx: &mut Tx<'_>, name: &str) -> Result<Vec<CategoryId>> {
    tx.query(NAMED, args![name], |row| row.get(0))
}

/// False when `parent` already has a child whose name is the same identity.
pub(crate) fn insert(tx: &mut Tx<'_>, parent: Option<CategoryId>, name: &str, display_order: i64) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(INSERT, args![raw(parent), name, name_key(name), display_order, now, now])? == 1)
}

/// False when another change came first. C019 when a sibling has the name.
pub(crate) fn save(tx: &mut Tx<'_>, category: &Category) -> Result<bool> {
    let (now, parent) = (tx.now(), raw(category.parent_id));
    let key = name_key(&category.name);
    let values = args![parent, category.name, key, category.display_order, now, category.id, category.version];
    Ok(tx.exec(SAVE, values)? == 1)
}

/// Products in the category itself that are not discontinued.
pub(crate) fn live_products(tx: &mut Tx<'_>, id: CategoryId) -> Result<i64> {
    tx.query_one(LIVE_PRODUCTS, args![id], |row| row.get(0))
}

/// Deletes the category and removes it from discontinued products; false when another change came first.
pub(crate) fn delete(tx: &mut Tx<'_>, id: CategoryId, version: i64) -> Result<bool> {
    tx.exec(FORGET_DEAD, args![id])?;
    Ok(tx.exec(DELETE, args![id, version])? == 1)
}

/// Whether the category exists; an existing one is locked against deletion until the end of the job.
pub(crate) fn lock_shared(tx: &mut Tx<'_>, id: CategoryId) -> Result<bool> {
    Ok(tx.query_first(LOCK_SHARED, args![id], |_| Ok(()))?.is_some())
}

/// Those of `ids` that exist.
pub(crate) fn existing(tx: &mut Tx<'_>, ids: &[CategoryId]) -> Result<Vec<CategoryId>> {
    tx.query(EXISTING, args![Arg::list(ids)], |row| row.get(0))
}
