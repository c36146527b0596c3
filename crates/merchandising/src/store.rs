//! The statements of lists. They read the catalogue's and the inventory's tables together, and never write.

use crate::list::Column;
use catalog::product::Status;
use kernel::money::MONEY_MAX_MINOR;
use kernel::{CategoryId, Money, PageRequest, ProductId, Result, UserId};
use store::{Arg, Tx, args};

/// A list of literals: `$wanted` of the products that the terms let through. `$price` is the current price as the
/// statement compares it: a bare column where the price's index helps, an expression where it would keep the planner
/// from the index that gives the order.
macro_rules! listed {
    (everywhere, $wanted:literal, $price:literal, $tail:literal) => {
        concat!(
            "select ",
            $wanted,
            " from products p
              where p.status in ([?])
                and (cast(? as {bigint}) = 0 or p.brand = ?)
                and (cast(? as {bigint}) = 0 or p.seller_id = ?)
                and ",
            $price,
            " >= ? and ",
            $price,
            " <= ?
                and (cast(? as {bigint}) = 0 or exists (
                    select 1 from product_variants v join inventory_snapshots s on s.variant_id = v.id
                     where v.product_id = p.id and v.status = 'ACTIVE' and s.available > 0)) ",
            $tail
        )
    };
    (in category, $wanted:literal, $price:literal, $tail:literal) => {
        concat!(
            "with recursive subtree (id) as (
                select c.id from categories c where c.id in ([?])
                union select c.id from categories c join subtree s on c.parent_id = s.id)
             ",
            listed!(everywhere, $wanted, $price, " and p.category_id in (select s.id from subtree s) "),
            $tail
        )
    };
}

/// A list of literals: the six orders of one kind of list.
macro_rules! orders {
    ($where:ident $($category:ident)?) => {
        [
            listed!($where $($category)?, "p.id", "p.current_price + 0", "order by p.created_at, p.id limit ? offset ?"),
            listed!($where $($category)?, "p.id", "p.current_price + 0", "order by p.created_at desc, p.id desc limit ? offset ?"),
            listed!($where $($category)?, "p.id", "p.current_price", "order by p.current_price, p.id limit ? offset ?"),
            listed!($where $($category)?, "p.id", "p.current_price", "order by p.current_price desc, p.id desc limit ? offset ?"),
            listed!($where $($category)?, "p.id", "p.current_price + 0", "order by p.name, p.id limit ? offset ?"),
            listed!($where $($category)?, "p.id", "p.current_price + 0", "order by p.name desc, p.id desc limit ? offset ?"),
        ]
    };
}

const EVERYWHERE: [&str; 6] = orders!(everywhere);
const IN_CATEGORY: [&str; 6] = orders!(in category);
const COUNT_EVERYWHERE: &str = listed!(everywhere, "count(*)", "p.current_price", "");
const COUNT_IN_CATEGORY: &str = listed!(in category, "count(*)", "p.current_price + 0", "");
/// Without any filter an index alone tells.
const COUNT_ALL: &str = "select count(*) from products where status in ([?])";

/// Every statement of this crate.
pub const STATEMENTS: &[&str] = &[
    EVERYWHERE[0],
    EVERYWHERE[1],
    EVERYWHERE[2],
    EVERYWHERE[3],
    EVERYWHERE[4],
    EVERYWHERE[5],
    IN_CATEGORY[0],
    IN_CATEGORY[1],
    IN_CATEGORY[2],
    IN_CATEGORY[3],
    IN_CATEGORY[4],
    IN_CATEGORY[5],
    COUNT_EVERYWHERE,
    COUNT_IN_CATEGORY,
    COUNT_ALL,
];

/// What a listed product must be.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
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

impl Terms<'_> {
    /// Whether only the state counts.
    fn are_none(&self) -> bool {
        let Terms { categories: None, brand: None, seller: None, lowest, highest, in_stock: false, .. } = self else {
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

/// How many products the terms let through.
pub(crate) fn count(tx: &mut Tx<'_>, terms: &Terms<'_>) -> Result<i64> {
    if terms.are_none() {
        return tx.query_one(COUNT_ALL, args![Arg::list(terms.statuses)], |row| row.get(0));
    }
    let sql = if terms.categories.is_some() { COUNT_IN_CATEGORY } else { COUNT_EVERYWHERE };
    tx.query_one(sql, &terms.args(), |row| row.get(0))
}

/// Their ids on one page of one order.
pub(crate) fn ids(
    tx: &mut Tx<'_>,
    terms: &Terms<'_>,
    (column, falling): (Column, bool),
    request: PageRequest,
) -> Result<Vec<ProductId>> {
    let lists = if terms.categories.is_some() { &IN_CATEGORY } else { &EVERYWHERE };
    let first = match column {
        Column::CreatedAt => 0,
        Column::Price => 2,
        Column::Name => 4,
    };
    let mut all = terms.args();
    all.extend([Arg::Int(request.size()), Arg::Int(request.offset())]);
    tx.query(lists[first + usize::from(falling)], &all, |row| row.get(0))
}
