//! Fills the keys of rows that older versions wrote: sort keys of names, and identities as they are compared.

use crate::product::{brand_key, name_key};
use kernel::{Result, text};
use std::collections::{HashMap, HashSet};
use store::{Arg, Backfill, Tx, args};

/// Rows of one transaction.
const CHUNK: i64 = 500;

/// What fills the keys. An identity that an older row has stays empty: the two rows were different things to the older version,
/// and orders refer to both.
pub const BACKFILLS: &[Backfill] = &[
    Backfill { name: "catalog.name-keys", chunk: names },
    Backfill { name: "catalog.product-skus", chunk: product_skus },
    Backfill { name: "catalog.variant-skus", chunk: variant_skus },
    Backfill { name: "catalog.category-names", chunk: category_names },
    Backfill { name: "catalog.held-names", chunk: held_names },
    Backfill { name: "catalog.brands", chunk: brands },
];

/// Names without a key of this version, each status by the index on the keys. In no order, because all of them would be sorted for
/// every chunk; those of the chunks before have their keys.
const NAMES: &str = "select id, name from products
    where status in ('DRAFT', 'ACTIVE', 'INACTIVE', 'DISCONTINUED') and (name_key < ? or name_key >= ?)
    limit ? {for update}";
const SET_NAME: &str = "update products set name_key = ? where id = ?";

const PRODUCT_SKUS: &str =
    "select id, sku from products where sku_key is null and id > ? order by id limit ? {for update}";
const PRODUCT_SKUS_TAKEN: &str = "select sku_key from products where sku_key in ([?])";
const SET_PRODUCT_SKU: &str = "update products set sku_key = ? where id = ?";

const VARIANT_SKUS: &str =
    "select id, sku from product_variants where sku_key is null and id > ? order by id limit ? {for update}";
const VARIANT_SKUS_TAKEN: &str = "select sku_key from product_variants where sku_key in ([?])";
const SET_VARIANT_SKU: &str = "update product_variants set sku_key = ? where id = ?";

/// Of names that are the same identity the oldest product owns it. The others share it, as an import may let them.
const HELD_NAMES: &str =
    "select id, held_name from products where held_key is null and held_name is not null and id > ?
    order by id limit ? {for update}";
const HELD_NAMES_TAKEN: &str = "select held_key from products where held_key in ([?])";
const SET_HELD_NAME: &str = "update products set held_key = ? where id = ?";
const SHARE_NAME: &str = "update products set held_name = null where id = ?";

/// A product without a brand has an empty key.
const BRANDS: &str =
    "select id, brand from products where brand_key is null and id > ? order by id limit ? {for update}";
const SET_BRAND: &str = "update products set brand_key = ? where id = ?";

const HAS_CATEGORY_NAMES: &str = "select id from categories where name_key is null limit 1";
const CATEGORY_NAMES: &str = "select id, parent_id, name, name_key from categories order by id {for update}";
const SET_CATEGORY_NAME: &str = "update categories set name_key = ? where id = ?";

pub(crate) const STATEMENTS: &[&str] = &[
    NAMES,
    SET_NAME,
    PRODUCT_SKUS,
    PRODUCT_SKUS_TAKEN,
    SET_PRODUCT_SKU,
    VARIANT_SKUS,
    VARIANT_SKUS_TAKEN,
    SET_VARIANT_SKU,
    HELD_NAMES,
    HELD_NAMES_TAKEN,
    SET_HELD_NAME,
    SHARE_NAME,
    BRANDS,
    SET_BRAND,
    HAS_CATEGORY_NAMES,
    CATEGORY_NAMES,
    SET_CATEGORY_NAME,
];

fn names(tx: &mut Tx<'_>, _: i64) -> Result<Option<i64>> {
    let (first, end) = text::sort_key_range();
    let rows: Vec<(i64, String)> = tx.query(NAMES, args![first, end, CHUNK], |row| Ok((row.next()?, row.next()?)))?;
    for (id, name) in &rows {
        tx.exec(SET_NAME, args![text::sort_key(name), *id])?;
    }
    Ok(rows.last().map(|(id, _)| *id))
}

fn product_skus(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    skus(tx, after, PRODUCT_SKUS, PRODUCT_SKUS_TAKEN, SET_PRODUCT_SKU)
}

fn variant_skus(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    skus(tx, after, VARIANT_SKUS, VARIANT_SKUS_TAKEN, SET_VARIANT_SKU)
}

fn skus(
    tx: &mut Tx<'_>,
    after: i64,
    missing: &'static str,
    taken: &'static str,
    set: &'static str,
) -> Result<Option<i64>> {
    let rows: Vec<(i64, String)> =
        tx.query(missing, args![after, CHUNK], |row| Ok((row.next()?, text::folded(&row.next::<String>()?))))?;
    let keys: Vec<&str> = rows.iter().map(|(_, key)| key.as_str()).collect();
    let mut taken: HashSet<String> = tx.query(taken, args![Arg::list(&keys)], |row| row.get(0))?.into_iter().collect();
    for (id, key) in &rows {
        if taken.insert(key.clone()) {
            tx.exec(set, args![key, *id])?;
        }
    }
    Ok(rows.last().map(|(id, _)| *id))
}

fn held_names(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    let rows: Vec<(i64, String)> =
        tx.query(HELD_NAMES, args![after, CHUNK], |row| Ok((row.next()?, name_key(&row.next::<String>()?))))?;
    let keys: Vec<&str> = rows.iter().map(|(_, key)| key.as_str()).collect();
    let taken = tx.query(HELD_NAMES_TAKEN, args![Arg::list(&keys)], |row| row.get(0))?;
    let mut taken: HashSet<String> = taken.into_iter().collect();
    for (id, key) in &rows {
        match taken.insert(key.clone()) {
            true => tx.exec(SET_HELD_NAME, args![key, *id])?,
            false => tx.exec(SHARE_NAME, args![*id])?,
        };
    }
    Ok(rows.last().map(|(id, _)| *id))
}

fn brands(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    let rows: Vec<(i64, Option<String>)> =
        tx.query(BRANDS, args![after, CHUNK], |row| Ok((row.next()?, row.next()?)))?;
    for (id, brand) in &rows {
        tx.exec(SET_BRAND, args![brand_key(brand.as_deref()), *id])?;
    }
    Ok(rows.last().map(|(id, _)| *id))
}

/// There are few categories, so all of them are one chunk. They are locked only when a key is missing, because every start and every
/// command asks.
fn category_names(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    if after > 0 || tx.query_first(HAS_CATEGORY_NAMES, args![], |row| row.get::<i64>(0))?.is_none() {
        return Ok(None);
    }
    let rows = tx.query(CATEGORY_NAMES, args![], |row| {
        Ok((row.next::<i64>()?, row.next::<i64>()?, row.next::<String>()?, row.next::<Option<String>>()?))
    })?;
    let key_of = |key: &Option<String>, parent: i64| key.clone().map(|key| (parent, key));
    let mut taken: HashMap<(i64, String), i64> =
        rows.iter().filter_map(|(id, parent, _, key)| key_of(key, *parent).map(|key| (key, *id))).collect();
    let mut last = None;
    for (id, parent, name, _) in rows.iter().filter(|(_, _, _, key)| key.is_none()) {
        let Some(key) = crate::category::name_key(name) else { continue };
        if let std::collections::hash_map::Entry::Vacant(free) = taken.entry((*parent, key.clone())) {
            free.insert(*id);
            tx.exec(SET_CATEGORY_NAME, args![key, *id])?;
            last = Some(*id);
        }
    }
    // a name that an older sibling has stays without a key, so only a key that was written counts as one
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::categories::{self, Content};
    use fixture::Fixture;

    #[test]
    fn categories_that_have_their_keys_are_neither_locked_nor_reported_as_filled() {
        let shop = Fixture::of(&[crate::MODULE]);
        let made = |name: &'static str| {
            let content = Content { name: name.to_owned(), parent: None, display_order: 0 };
            shop.write(move |tx| categories::create(tx, content.clone())).unwrap().category.id
        };
        let ids = [made("Mugs"), made("Cups"), made("Jars")];
        let fills = || shop.write(|tx| category_names(tx, 0)).unwrap();
        assert_eq!(fills(), None);
        // an older version took spellings for two names
        for statement in
            ["update categories set name_key = null", "update categories set name = 'MUGS' where name = 'Cups'"]
        {
            shop.write(move |tx| tx.exec(statement, args![])).unwrap();
        }
        assert_eq!(fills(), Some(ids[2].raw()));
        assert_eq!(fills(), None, "the second one stays without a key, and nothing is filled");
    }
}
