//! What was sold: by product and by category, what sells best, and how long the stock lasts. A seller sees only their own goods.

use crate::days::Days;
use crate::sheet::{Cell, Line};
use crate::view::Day;
use kernel::{CategoryId, Money, ProductId, Result, UserId};
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Arg, Tx, args};
use utoipa::{ToSchema, openapi::Ref};

const PRODUCTS: &str = "select p.id, p.sku, p.name, cast(sum(d.orders) as {bigint}), cast(sum(d.units) as {bigint}),
        cast(sum(d.amount) as {bigint})
    from mv_daily_products d join mv_products p on p.id = d.product_id
    where d.day between ? and ? and (cast(? as {bigint}) = 0 or p.seller_id = ?)
    group by p.id, p.sku, p.name order by 5 desc, 6 desc, 1 limit ?";
/// Units that were given back of orders which were not refunded as a whole.
const RETURNED: &str = "select l.product_id, cast(sum(r.units) as {bigint})
    from mv_orders m join refunds f on f.order_number = m.order_number and f.status = 'COMPLETED'
    join refund_lines r on r.refund_id = f.id
    join order_items l on l.order_id = m.id and l.line_number = r.line_number
    where m.day between ? and ? and m.refunded_amount > 0 and m.status <> 'REFUNDED' and l.product_id in ([?])
    group by l.product_id";
const CATEGORIES: &str = "select p.category_id, c.name, cast(sum(d.orders) as {bigint}),
        cast(sum(d.units) as {bigint}), cast(sum(d.amount) as {bigint}), count(distinct p.id)
    from mv_daily_products d join mv_products p on p.id = d.product_id left join categories c on c.id = p.category_id
    where d.day between ? and ? and (cast(? as {bigint}) = 0 or p.seller_id = ?)
    group by p.category_id, c.name order by 5 desc, 1";
const BEST: &str = "select product_id, cast(sum(units) as {bigint}), cast(sum(amount) as {bigint})
    from mv_daily_products where day between ? and ? group by product_id order by 2 desc, 3 desc, 1 limit ?";
const STOCK: &str = "select p.id, p.sku, p.name, p.available_stock, p.low_stock_threshold,
        coalesce((select cast(sum(d.units) as {bigint}) from mv_daily_products d
                   where d.product_id = p.id and d.day between ? and ?), 0)
    from mv_products p
    where p.id > ? and p.status <> 'DISCONTINUED' and (cast(? as {bigint}) = 0 or p.seller_id = ?)
      and (cast(? as {bigint}) = 0 or p.available_stock <= p.low_stock_threshold)
    order by p.id limit ?";

pub(crate) const STATEMENTS: &[&str] = &[PRODUCTS, RETURNED, CATEGORIES, BEST, STOCK];

/// What was sold of a product, in orders that were paid and not refunded as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductRow {
    pub product_id: ProductId,
    pub sku: String,
    pub product_name: String,
    pub orders: i64,
    pub units: i64,
    /// What they cost before coupons and points.
    pub amount: i64,
    /// Units of them that were given back by their lines.
    pub returned_units: i64,
}

impl Line for ProductRow {
    const HEAD: &'static [&'static str] =
        &["productId", "sku", "productName", "orders", "units", "amount", "returnedUnits"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.product_id.raw().into(),
            (&self.sku).into(),
            (&self.product_name).into(),
            self.orders.into(),
            self.units.into(),
            Cell::Money(self.amount),
            self.returned_units.into(),
        ]
    }
}

/// What was sold of the products that are in a category now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryRow {
    /// Null for products in none.
    pub category_id: Option<CategoryId>,
    pub category_name: Option<String>,
    /// How many of its products were sold.
    pub products: i64,
    /// Orders of each of its products, added up: one order with two of them counts twice.
    pub orders: i64,
    pub units: i64,
    /// What they cost before coupons and points.
    pub amount: i64,
}

impl Line for CategoryRow {
    const HEAD: &'static [&'static str] = &["categoryId", "categoryName", "products", "orders", "units", "amount"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.category_id.map(|id| id.raw()).into(),
            self.category_name.as_deref().into(),
            self.products.into(),
            self.orders.into(),
            self.units.into(),
            Cell::Money(self.amount),
        ]
    }
}

/// The statuses of stock, as product pages have them.
fn status_of_stock() -> Ref {
    Ref::from_schema_name("StockStatus")
}

/// The stock of a product beside what was sold of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockRow {
    pub product_id: ProductId,
    pub sku: String,
    pub product_name: String,
    /// Units that can be sold now.
    pub available_stock: i64,
    #[schema(schema_with = status_of_stock)]
    pub stock_status: &'static str,
    /// Units that were sold on the days of the report.
    pub units_sold: i64,
    /// For how many more days the stock lasts if it sells as on these days; null when nothing was sold.
    pub days_left: Option<i64>,
    /// How often the stock was turned over on these days, in basis points: 10,000 is once. Units sold by the average stock, which is
    /// taken as the stock of now and half of what was sold. Null when there was neither.
    pub turnover: Option<i64>,
}

impl Line for StockRow {
    const HEAD: &'static [&'static str] = &[
        "productId",
        "sku",
        "productName",
        "availableStock",
        "stockStatus",
        "unitsSold",
        "daysLeft",
        "turnoverPercent",
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.product_id.raw().into(),
            (&self.sku).into(),
            (&self.product_name).into(),
            self.available_stock.into(),
            self.stock_status.into(),
            self.units_sold.into(),
            self.days_left.into(),
            self.turnover.map_or(Cell::Nothing, Cell::Share),
        ]
    }
}

/// Two arguments: whether only the goods of one seller count, and of whom.
fn only(seller: Option<UserId>) -> [Arg<'static>; 2] {
    let id = seller.map(|seller| seller.to_string()).unwrap_or_default();
    [Arg::Int(i64::from(seller.is_some())), Arg::Owned(id)]
}

/// The `limit` products of which most was sold: by units, then by amount, then the older one.
pub fn products(tx: &mut Tx<'_>, days: Days, seller: Option<UserId>, limit: i64) -> Result<Vec<ProductRow>> {
    let [is_limited, id] = only(seller);
    let mut rows = tx.query(PRODUCTS, args![days.first(), days.last(), is_limited, id, limit], |row| {
        Ok(ProductRow {
            product_id: row.next()?,
            sku: row.next()?,
            product_name: row.next()?,
            orders: row.next()?,
            units: row.next()?,
            amount: row.next()?,
            returned_units: 0,
        })
    })?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let ids: Vec<ProductId> = rows.iter().map(|row| row.product_id).collect();
    let given = [Arg::Int(days.first()), Arg::Int(days.last()), Arg::list(&ids)];
    let returned: BTreeMap<ProductId, i64> =
        tx.query(RETURNED, &given, |row| Ok((row.next()?, row.next()?)))?.into_iter().collect();
    rows.iter_mut().for_each(|row| row.returned_units = returned.get(&row.product_id).copied().unwrap_or(0));
    Ok(rows)
}

/// What was sold in each category, by amount.
pub fn categories(tx: &mut Tx<'_>, days: Days, seller: Option<UserId>) -> Result<Vec<CategoryRow>> {
    let [is_limited, id] = only(seller);
    tx.query(CATEGORIES, args![days.first(), days.last(), is_limited, id], |row| {
        let (category_id, category_name) = (row.next()?, row.next()?);
        let (orders, units, amount, products) = (row.next()?, row.next()?, row.next()?, row.next()?);
        Ok(CategoryRow { category_id, category_name, products, orders, units, amount })
    })
}

/// Which rows of the stock a report shows.
#[derive(Debug, Clone, Copy)]
pub struct StockFilter {
    pub seller: Option<UserId>,
    /// Only what is at or below its threshold.
    pub low_only: bool,
    /// Products with larger ids.
    pub after: i64,
    pub limit: i64,
}

/// The stock of products beside what was sold of them on these days, by id.
pub fn stock(tx: &mut Tx<'_>, days: Days, filter: StockFilter) -> Result<Vec<StockRow>> {
    let [is_limited, id] = only(filter.seller);
    let (first, last) = (days.first(), days.last());
    let given = args![first, last, filter.after, is_limited, id, filter.low_only, filter.limit];
    tx.query(STOCK, given, |row| {
        let (product_id, sku, product_name) = (row.next()?, row.next()?, row.next()?);
        let (available_stock, threshold, units_sold) = (row.next()?, row.next()?, row.next()?);
        let stock_status = stock_status(available_stock, threshold);
        let (days_left, turnover) =
            (days_left(available_stock, units_sold, days.count()), turnover(available_stock, units_sold));
        Ok(StockRow { product_id, sku, product_name, available_stock, stock_status, units_sold, days_left, turnover })
    })
}

fn stock_status(available: i64, threshold: i64) -> &'static str {
    match available {
        ..=0 => "OUT_OF_STOCK",
        units if units <= threshold => "LOW_STOCK",
        _ => "IN_STOCK",
    }
}

/// How many more days `available` units last, rounded down, when `sold` were sold in `days`.
fn days_left(available: i64, sold: i64, days: i64) -> Option<i64> {
    (sold > 0).then(|| available.max(0).saturating_mul(days) / sold)
}

/// Units sold by the average stock, in basis points, rounded half-up.
fn turnover(available: i64, sold: i64) -> Option<i64> {
    // twice the average, so that half a unit is no fraction
    let twice = 2 * available.max(0) + sold;
    (twice > 0).then(|| (sold.saturating_mul(40_000) + twice) / (2 * twice))
}

/// What was sold of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sold {
    pub product: ProductId,
    pub quantity: i64,
    /// What the lines cost.
    pub amount: Money,
}

/// The `limit` products of which most was sold in paid orders of these days: by units, then by amount, then the older product.
pub fn best_sellers(tx: &mut Tx<'_>, (first, last): (Day, Day), limit: i64) -> Result<Vec<Sold>> {
    tx.query(BEST, args![first, last, limit], |row| {
        Ok(Sold { product: row.next()?, quantity: row.next()?, amount: row.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_lasts_as_long_as_it_sells() {
        assert_eq!(days_left(10, 5, 30), Some(60));
        assert_eq!(days_left(0, 5, 30), Some(0));
        assert_eq!(days_left(10, 0, 30), None);
        // twelve sold, four left: the average of sixteen and four is ten
        assert_eq!(turnover(4, 12), Some(12_000));
        assert_eq!(turnover(0, 0), None);
        assert_eq!(
            (stock_status(0, 5), stock_status(5, 5), stock_status(6, 5)),
            ("OUT_OF_STOCK", "LOW_STOCK", "IN_STOCK")
        );
    }
}
