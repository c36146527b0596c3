//! The statements of lists. They read the catalogue's and the inventory's tables together, and never write.

use crate::list::Column;
use catalog::product::Status;
use kernel::money::MONEY_MAX_MINOR;
use kernel::{CategoryId, Money, PageRequest, ProductId, Result, UserId};
use store::{Arg, Tx, args, concatcp};

/// Filters before the price. A filter that a caller does not use has 0 as its first argument.
const FILTERS: &str = "
      from products p
     where p.status in ([?])
       and (cast(? as {bigint}) = 0 or p.brand = ?)
       and (cast(? as {bigint}) = 0 or p.seller_id = ?)";
/// The range of prices in a form that lets the planner use the index on the price.
const PRICE: &str = " and p.current_price >= ? and p.current_price <= ?";
/// The same range in a form that hides the column from the planner, where another index gives the order.
const PRICE_WITHOUT_INDEX: &str = " and p.current_price + 0 >= ? and p.current_price + 0 <= ?";
/// The filter after the price.
const IN_STOCK: &str = "
       and (cast(? as {bigint}) = 0 or exists (
           select 1 from product_variants v join inventory_snapshots s on s.variant_id = v.id
            where v.product_id = p.id and v.status = 'ACTIVE' and s.available > 0))";
/// The categories of the first argument with everything below them.
const SUBTREE: &str = "
    with recursive subtree (id) as (
        select c.id from categories c where c.id in ([?])
        union select c.id from categories c join subtree s on c.parent_id = s.id)";
const IN_SUBTREE: &str = " and p.category_id in (select s.id from subtree s)";

const LIST: &str = concatcp!(" select p.id", FILTERS, PRICE_WITHOUT_INDEX, IN_STOCK);
const LIST_BY_PRICE: &str = concatcp!(" select p.id", FILTERS, PRICE, IN_STOCK);
const LIST_BELOW: &str = concatcp!(SUBTREE, LIST, IN_SUBTREE);
const LIST_BY_PRICE_BELOW: &str = concatcp!(SUBTREE, LIST_BY_PRICE, IN_SUBTREE);

const OLDEST: &str = " order by p.created_at, p.id limit ? offset ?";
const NEWEST: &str = " order by p.created_at desc, p.id desc limit ? offset ?";
const CHEAPEST: &str = " order by p.current_price, p.id limit ? offset ?";
const DEAREST: &str = " order by p.current_price desc, p.id desc limit ? offset ?";
const FIRST_NAME: &str = " order by p.name, p.id limit ? offset ?";
const LAST_NAME: &str = " order by p.name desc, p.id desc limit ? offset ?";

/// Lists over all categories, in the sequence that [`ids`] counts on: each column ascending, then descending.
pub const EVERYWHERE: [&str; 6] = [
    concatcp!(LIST, OLDEST),
    concatcp!(LIST, NEWEST),
    concatcp!(LIST_BY_PRICE, CHEAPEST),
    concatcp!(LIST_BY_PRICE, DEAREST),
    concatcp!(LIST, FIRST_NAME),
    concatcp!(LIST, LAST_NAME),
];
/// The same lists below some categories.
pub const IN_CATEGORY: [&str; 6] = [
    concatcp!(LIST_BELOW, OLDEST),
    concatcp!(LIST_BELOW, NEWEST),
    concatcp!(LIST_BY_PRICE_BELOW, CHEAPEST),
    concatcp!(LIST_BY_PRICE_BELOW, DEAREST),
    concatcp!(LIST_BELOW, FIRST_NAME),
    concatcp!(LIST_BELOW, LAST_NAME),
];
const COUNT: &str = concatcp!("select count(*)", FILTERS, PRICE, IN_STOCK);
const COUNT_BELOW: &str = concatcp!(SUBTREE, " select count(*)", FILTERS, PRICE_WITHOUT_INDEX, IN_STOCK, IN_SUBTREE);
/// Without any filter the index on the status is enough.
const COUNT_ALL: &str = "select count(*) from products where status in ([?])";
/// The counts of all lists.
pub const COUNTS: [&str; 3] = [COUNT, COUNT_BELOW, COUNT_ALL];

/// What a listed product must be.
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    /// In one of these or below; `None`: anywhere.
    pub categories: Option<&'a [CategoryId]>,
    /// In one of these states.
    pub statuses: &'a [Status],
    /// Of this brand.
    pub brand: Option<&'a str>,
    /// Of this seller.
    pub seller: Option<UserId>,
    /// Not cheaper.
    pub lowest: Money,
    /// Not dearer.
    pub highest: Money,
    /// A variant on sale can be bought now.
    pub in_stock: bool,
}

impl Conditions<'_> {
    /// Whether only the state counts.
    fn are_none(&self) -> bool {
        let Conditions { categories: None, brand: None, seller: None, lowest, highest, in_stock: false, .. } = self
        else {
            return false;
        };
        lowest.is_zero() && highest.as_minor() == MONEY_MAX_MINOR
    }

    fn args(&self) -> Vec<Arg<'_>> {
        let flag = |on: bool| Arg::Int(i64::from(on));
        let mut all: Vec<Arg<'_>> = self.categories.map(Arg::list).into_iter().collect();
        all.extend([
            Arg::list(self.statuses),
            flag(self.brand.is_some()),
            Arg::Text(self.brand.unwrap_or("")),
            flag(self.seller.is_some()),
            Arg::Owned(self.seller.map(|seller| seller.to_string()).unwrap_or_default()),
            Arg::Int(self.lowest.as_minor()),
            Arg::Int(self.highest.as_minor()),
            flag(self.in_stock),
        ]);
        all
    }
}

/// How many products meet the conditions.
pub(crate) fn count(tx: &mut Tx<'_>, conditions: &Conditions<'_>) -> Result<i64> {
    if conditions.are_none() {
        return tx.query_one(COUNT_ALL, args![Arg::list(conditions.statuses)], |row| row.get(0));
    }
    let sql = if conditions.categories.is_some() { COUNT_BELOW } else { COUNT };
    tx.query_one(sql, &conditions.args(), |row| row.get(0))
}

/// Their ids on one page of one order.
pub(crate) fn ids(
    tx: &mut Tx<'_>,
    conditions: &Conditions<'_>,
    (column, falling): (Column, bool),
    request: PageRequest,
) -> Result<Vec<ProductId>> {
    let lists = if conditions.categories.is_some() { &IN_CATEGORY } else { &EVERYWHERE };
    let first = match column {
        Column::CreatedAt => 0,
        Column::Price => 2,
        Column::Name => 4,
    };
    let mut all = conditions.args();
    all.extend([Arg::Int(request.size()), Arg::Int(request.offset())]);
    tx.query(lists[first + usize::from(falling)], &all, |row| row.get(0))
}
