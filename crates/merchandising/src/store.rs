//! The statements of lists. They read the catalogue's and the inventory's tables together, and never write.

use crate::list::Column;
use catalog::product::{Status, brand_key};
use kernel::money::MONEY_MAX_MINOR;
use kernel::text::SORT_KEY_LAST;
use kernel::{CategoryId, Money, PageRequest, ProductId, Result, SortValue, SortedCursor, Total, UserId, text};
use store::{Arg, Tx, concatcp, counted, counted_of};

/// Filters before the price. A filter that a caller does not use has 0 as its first argument.
const FILTERS: &str = "
      from products p
     where p.status in ([?])
       and (cast(? as {bigint}) = 0 or p.brand_key = ?)
       and (cast(? as {bigint}) = 0 or p.seller_id = ?)
       and (cast(? as {bigint}) = 0 or p.name {like} ? escape '!' or p.sku {like} ? escape '!' or p.id in (
           select v.product_id from product_variants v where v.sku_key >= ? and v.sku_key < ?))";
/// Products of which something can be paid for with a price in the range, and of which units are there if that is asked for.
/// The stored range of a product decides most of them; its variants are read only when they surround the wanted range.
const PRICE: &str = "
       and (p.lowest_price + 0 >= ? or p.highest_price + 0 <= ? or exists (
           select 1 from product_variants v where v.product_id = p.id and v.status = 'ACTIVE'
              and p.current_price + v.price_adjustment >= ? and p.current_price + v.price_adjustment <= ?))
       and (cast(? as {bigint}) = 0 or exists (
           select 1 from product_variants v join inventory_snapshots s on s.variant_id = v.id
            where v.product_id = p.id and v.status = 'ACTIVE' and s.available > 0
              and p.current_price + v.price_adjustment >= ? and p.current_price + v.price_adjustment <= ?))";
/// The bounds of the range. A column that is hidden from the planner by `+ 0` cannot keep it from the index that gives the order.
const BOUNDS: &str = " and p.highest_price + 0 >= ? and p.lowest_price + 0 <= ?";
const BOUNDS_BY_LOWEST: &str = " and p.highest_price + 0 >= ? and p.lowest_price <= ?";
const BOUNDS_BY_HIGHEST: &str = " and p.highest_price >= ? and p.lowest_price + 0 <= ?";
/// The categories of the first argument with everything below them.
const SUBTREE: &str = "
    with recursive subtree (id) as (
        select c.id from categories c where c.id in ([?])
        union select c.id from categories c join subtree s on c.parent_id = s.id)";
const IN_SUBTREE: &str = " and p.category_id in (select s.id from subtree s)";

/// The orders of a list: after a row with this value and id, by the value and then by the id.
const OLDEST: &str = " and p.created_at >= ? and (p.created_at > ? or p.id > ?)
    order by p.created_at, p.id limit ? offset ?";
const NEWEST: &str = " and p.created_at <= ? and (p.created_at < ? or p.id < ?)
    order by p.created_at desc, p.id desc limit ? offset ?";
const CHEAPEST: &str = " and p.lowest_price >= ? and (p.lowest_price > ? or p.id > ?)
    order by p.lowest_price, p.id limit ? offset ?";
const DEAREST: &str = " and p.highest_price <= ? and (p.highest_price < ? or p.id < ?)
    order by p.highest_price desc, p.id desc limit ? offset ?";
const FIRST_NAME: &str = " and p.name_key >= ? and (p.name_key > ? or p.id > ?)
    order by p.name_key, p.id limit ? offset ?";
const LAST_NAME: &str = " and p.name_key <= ? and (p.name_key < ? or p.id < ?)
    order by p.name_key desc, p.id desc limit ? offset ?";

const BY_TIME: &str = concatcp!(" select p.id, p.created_at", FILTERS, BOUNDS, PRICE);
const BY_LOWEST: &str = concatcp!(" select p.id, p.lowest_price", FILTERS, BOUNDS_BY_LOWEST, PRICE);
const BY_HIGHEST: &str = concatcp!(" select p.id, p.highest_price", FILTERS, BOUNDS_BY_HIGHEST, PRICE);
const BY_NAME: &str = concatcp!(" select p.id, p.name_key", FILTERS, BOUNDS, PRICE);

/// Lists over all categories, in the sequence of [`place`]: each column ascending, then descending.
pub const EVERYWHERE: [&str; 6] = [
    concatcp!(BY_TIME, OLDEST),
    concatcp!(BY_TIME, NEWEST),
    concatcp!(BY_LOWEST, CHEAPEST),
    concatcp!(BY_HIGHEST, DEAREST),
    concatcp!(BY_NAME, FIRST_NAME),
    concatcp!(BY_NAME, LAST_NAME),
];
/// The same lists below some categories.
pub const IN_CATEGORY: [&str; 6] = [
    concatcp!(SUBTREE, BY_TIME, IN_SUBTREE, OLDEST),
    concatcp!(SUBTREE, BY_TIME, IN_SUBTREE, NEWEST),
    concatcp!(SUBTREE, BY_LOWEST, IN_SUBTREE, CHEAPEST),
    concatcp!(SUBTREE, BY_HIGHEST, IN_SUBTREE, DEAREST),
    concatcp!(SUBTREE, BY_NAME, IN_SUBTREE, FIRST_NAME),
    concatcp!(SUBTREE, BY_NAME, IN_SUBTREE, LAST_NAME),
];
const COUNT: &str = counted!(FILTERS, BOUNDS_BY_LOWEST, PRICE);
const COUNT_BELOW: &str = counted_of!(concatcp!(SUBTREE, " "), FILTERS, BOUNDS, PRICE, IN_SUBTREE);
/// Without any filter the index on the status is enough.
const COUNT_ALL: &str = counted!(" from products where status in ([?])");
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
    /// With this part of its name or sku, or with a variant whose sku begins so. No index finds a part of a name, so such a list
    /// reads every product that the other conditions leave; only those who work in the shop ask for one.
    pub keyword: Option<&'a str>,
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
        let Conditions {
            categories: None,
            brand: None,
            seller: None,
            keyword: None,
            lowest,
            highest,
            in_stock: false,
            ..
        } = self
        else {
            return false;
        };
        lowest.is_zero() && highest.as_minor() == MONEY_MAX_MINOR
    }

    fn args(&self) -> Vec<Arg<'_>> {
        let flag = |on: bool| Arg::Int(i64::from(on));
        let (lowest, highest) = (Arg::Int(self.lowest.as_minor()), Arg::Int(self.highest.as_minor()));
        let range = || [lowest.clone(), highest.clone()];
        let mut all: Vec<Arg<'_>> = self.categories.map(Arg::list).into_iter().collect();
        all.extend([
            Arg::list(self.statuses),
            flag(self.brand.is_some()),
            Arg::Owned(brand_key(self.brand)),
            flag(self.seller.is_some()),
            Arg::Owned(self.seller.map(|seller| seller.to_string()).unwrap_or_default()),
        ]);
        let part = self.keyword.map(anywhere).unwrap_or_default();
        // without a keyword a range in which no sku is
        let begin = self.keyword.map(text::folded).unwrap_or_default();
        let end = self.keyword.map(|_| format!("{begin}{}", char::MAX)).unwrap_or_default();
        let texts = [part.clone(), part, begin, end].map(Arg::Owned);
        all.push(flag(self.keyword.is_some()));
        all.extend(texts);
        // the bounds, the ends of the range, a variant inside it, a variant inside it that is in stock
        all.extend([range(), range(), range()].into_iter().flatten());
        all.push(flag(self.in_stock));
        all.extend(range());
        all
    }
}

/// A pattern for `like … escape '!'`: anything that contains `text`.
fn anywhere(text: &str) -> String {
    let plain = |sign: char| if matches!(sign, '!' | '%' | '_') { format!("!{sign}") } else { sign.to_string() };
    format!("%{}%", text.chars().map(plain).collect::<String>())
}

/// How many products meet the conditions.
pub(crate) fn count(tx: &mut Tx<'_>, conditions: &Conditions<'_>) -> Result<Total> {
    let (sql, args) = match conditions.categories {
        _ if conditions.are_none() => (COUNT_ALL, vec![Arg::list(conditions.statuses)]),
        Some(_) => (COUNT_BELOW, conditions.args()),
        None => (COUNT, conditions.args()),
    };
    tx.query_one(sql, &args, |row| row.get(0)).map(Total::counted)
}

/// The place of an order in [`EVERYWHERE`] and [`IN_CATEGORY`].
pub(crate) fn place((column, falling): (Column, bool)) -> usize {
    let first = match column {
        Column::CreatedAt => 0,
        Column::Price => 2,
        Column::Name => 4,
    };
    first + usize::from(falling)
}

/// Their ids on one page of one order, with the values by which they are sorted, and one more than the page shows.
pub(crate) fn ids(
    tx: &mut Tx<'_>,
    conditions: &Conditions<'_>,
    sort: (Column, bool),
    request: PageRequest,
    after: Option<&SortedCursor>,
) -> Result<Vec<(ProductId, SortValue)>> {
    let (column, falling) = sort;
    let lists = if conditions.categories.is_some() { &IN_CATEGORY } else { &EVERYWHERE };
    let (value, id) = match after {
        Some(SortedCursor { value, id, .. }) => (value.clone(), *id),
        None => (before_all(sort), if falling { i64::MAX } else { 0 }),
    };
    let value = || match &value {
        SortValue::Number(number) => Arg::Int(*number),
        SortValue::Key(key) => Arg::Text(key),
    };
    let offset = if after.is_some() { 0 } else { request.offset() };
    let mut all = conditions.args();
    all.extend([value(), value(), Arg::Int(id), Arg::Int(request.limit()), Arg::Int(offset)]);
    tx.query(lists[place(sort)], &all, |row| {
        let id = row.next()?;
        let value = match column {
            Column::CreatedAt | Column::Price => SortValue::Number(row.next()?),
            Column::Name => SortValue::Key(row.next()?),
        };
        Ok((id, value))
    })
}

/// A value before those of all rows.
fn before_all((column, falling): (Column, bool)) -> SortValue {
    match (column, falling) {
        (Column::CreatedAt | Column::Price, false) => SortValue::Number(0),
        (Column::CreatedAt | Column::Price, true) => SortValue::Number(i64::MAX),
        (Column::Name, false) => SortValue::Key(String::new()),
        (Column::Name, true) => SortValue::Key(SORT_KEY_LAST.to_owned()),
    }
}
