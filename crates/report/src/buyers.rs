//! How far buyers come, from the cart to the paid order, and who comes back.

use crate::days::{Days, of_number};
use crate::sheet::{Cell, Line};
use crate::ways::share;
use kernel::{Result, Timestamp, UserId};
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Tx, args};
use utoipa::ToSchema;

/// Carts whose last change was in this time, and what became of them. Old carts are deleted after a time.
const CARTS: &str = "select count(*), count(c.order_number), count(o.paid_at)
    from carts c left join orders o on o.order_number = c.order_number
    where c.updated_at >= ? and c.updated_at < ?
      and (c.order_number is not null or exists (select 1 from cart_items i where i.cart_id = c.id))";
const ORDERS: &str = "select cast(coalesce(sum(total_orders), 0) as {bigint}),
        cast(coalesce(sum(completed_orders), 0) as {bigint}), cast(coalesce(sum(cancelled_orders), 0) as {bigint}),
        cast(coalesce(sum(refunded_orders), 0) as {bigint}), cast(coalesce(sum(gross_revenue), 0) as {bigint}),
        cast(coalesce(sum(refunded_amount), 0) as {bigint})
    from mv_daily_sales where day between ? and ?";
/// Users by the month of their first paid order, in each month in which they bought.
const COHORTS: &str = "select u.first_order_day - u.first_order_day % 100, m.day - m.day % 100,
        count(distinct m.user_id), count(*), cast(sum(m.total_amount - m.refunded_amount) as {bigint})
    from mv_users u join mv_orders m on m.user_id = u.user_id
    where u.first_order_day between ? and ? and m.day between ? and ? and m.paid_at is not null
    group by u.first_order_day - u.first_order_day % 100, m.day - m.day % 100 order by 1, 2";
const CUSTOMERS: &str = "select m.user_id, a.email, a.nickname,
        (select count(*) from orders o where o.user_id = m.user_id), m.total_orders, m.total_spent,
        m.last_order_date
    from mv_users m left join users a on a.id = m.user_id
    order by m.total_spent desc, m.user_id desc limit ? offset ?";

pub(crate) const STATEMENTS: &[&str] = &[CARTS, ORDERS, COHORTS, CUSTOMERS];

/// How far orders came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunnelRow {
    /// Carts with something in them whose last change was on these days, as far as they are kept.
    pub carts: i64,
    /// Those that became an order.
    pub ordered_carts: i64,
    /// Those whose order was paid.
    pub paid_carts: i64,
    /// Orders that were placed on these days, from a cart or without one.
    pub total_orders: i64,
    pub completed_orders: i64,
    /// Cancelled before they were paid.
    pub cancelled_orders: i64,
    /// Refunded as a whole.
    pub refunded_orders: i64,
    /// Paid orders by placed ones, in basis points.
    pub completion_rate: i64,
    /// Cancelled orders by placed ones, in basis points.
    pub cancellation_rate: i64,
    /// Wholly refunded orders by paid ones, in basis points.
    pub refund_rate: i64,
    /// Refunded money by the money that was paid, in basis points.
    pub refunded_revenue_rate: i64,
}

impl Line for FunnelRow {
    const HEAD: &'static [&'static str] = &[
        "carts",
        "orderedCarts",
        "paidCarts",
        "totalOrders",
        "completedOrders",
        "cancelledOrders",
        "refundedOrders",
        "completionRatePercent",
        "cancellationRatePercent",
        "refundRatePercent",
        "refundedRevenueRatePercent",
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.carts.into(),
            self.ordered_carts.into(),
            self.paid_carts.into(),
            self.total_orders.into(),
            self.completed_orders.into(),
            self.cancelled_orders.into(),
            self.refunded_orders.into(),
            Cell::Share(self.completion_rate),
            Cell::Share(self.cancellation_rate),
            Cell::Share(self.refund_rate),
            Cell::Share(self.refunded_revenue_rate),
        ]
    }
}

/// Users who paid their first order in one month, in a month in which some of them bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CohortRow {
    /// The month of their first paid order, `YYYY-MM`.
    pub cohort: String,
    /// The month in which they bought.
    pub month: String,
    /// How many months later; 0 is the first month.
    pub months_later: i64,
    /// How many of them bought in it.
    pub customers: i64,
    /// The share of those of the first month, in basis points.
    pub retention: i64,
    /// Their paid orders in it.
    pub orders: i64,
    /// What these cost, without what was refunded.
    pub revenue: i64,
}

impl Line for CohortRow {
    const HEAD: &'static [&'static str] =
        &["cohort", "month", "monthsLater", "customers", "retentionPercent", "orders", "revenue"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            (&self.cohort).into(),
            (&self.month).into(),
            self.months_later.into(),
            self.customers.into(),
            Cell::Share(self.retention),
            self.orders.into(),
            Cell::Money(self.revenue),
        ]
    }
}

/// A buyer, over all days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    pub user_id: UserId,
    /// Null for users of an outside identity provider.
    pub email: Option<String>,
    pub nickname: Option<String>,
    pub placed_orders: i64,
    /// Paid ones.
    pub total_orders: i64,
    /// Paid and not refunded.
    pub total_spent: i64,
    /// When the newest paid order was placed.
    pub last_order_date: Option<Timestamp>,
}

impl Line for CustomerRow {
    const HEAD: &'static [&'static str] =
        &["userId", "email", "nickname", "placedOrders", "totalOrders", "totalSpent", "lastOrderDate"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(self.user_id.to_string()),
            self.email.as_deref().into(),
            self.nickname.as_deref().into(),
            self.placed_orders.into(),
            self.total_orders.into(),
            Cell::Money(self.total_spent),
            self.last_order_date.map_or(Cell::Nothing, |at| Cell::Text(at.to_string())),
        ]
    }
}

/// How far orders came. `moments` are those of the days.
pub fn funnel(tx: &mut Tx<'_>, days: Days, moments: (Timestamp, Timestamp)) -> Result<FunnelRow> {
    let carts: (i64, i64, i64) =
        tx.query_one(CARTS, args![moments.0, moments.1], |row| Ok((row.next()?, row.next()?, row.next()?)))?;
    tx.query_one(ORDERS, args![days.first(), days.last()], |row| {
        let (placed, paid, cancelled, refunded): (i64, i64, i64, i64) =
            (row.next()?, row.next()?, row.next()?, row.next()?);
        let (gross, money_back): (i64, i64) = (row.next()?, row.next()?);
        Ok(FunnelRow {
            carts: carts.0,
            ordered_carts: carts.1,
            paid_carts: carts.2,
            total_orders: placed,
            completed_orders: paid,
            cancelled_orders: cancelled,
            refunded_orders: refunded,
            completion_rate: share(paid, placed),
            cancellation_rate: share(cancelled, placed),
            refund_rate: share(refunded, paid),
            refunded_revenue_rate: share(money_back, gross),
        })
    })
}

/// Users who paid their first order on these days, by its month, and the months of these days in which they bought.
pub fn cohorts(tx: &mut Tx<'_>, days: Days) -> Result<Vec<CohortRow>> {
    let (first, last) = (days.first(), days.last());
    let found = tx.query(COHORTS, args![first, last, first, last], |row| {
        let (cohort, month): (i64, i64) = (row.next()?, row.next()?);
        Ok((cohort, month, row.next::<i64>()?, row.next::<i64>()?, row.next::<i64>()?))
    })?;
    let firsts: BTreeMap<i64, i64> = found
        .iter()
        .filter(|(cohort, month, ..)| cohort == month)
        .map(|(cohort, _, customers, ..)| (*cohort, *customers))
        .collect();
    let rows = found.into_iter().map(|(cohort, month, customers, orders, revenue)| CohortRow {
        cohort: month_of(cohort),
        month: month_of(month),
        months_later: months(month) - months(cohort),
        customers,
        retention: share(customers, firsts.get(&cohort).copied().unwrap_or(0)),
        orders,
        revenue,
    });
    Ok(rows.collect())
}

/// `202602` followed by `00`, as `2026-02`.
fn month_of(month: i64) -> String {
    of_number(month + 1).map(|day| day.strftime("%Y-%m").to_string()).unwrap_or_default()
}

/// Months since the year 0.
fn months(month: i64) -> i64 {
    month / 10_000 * 12 + month / 100 % 100
}

/// Buyers by what they have spent, from the `offset`th on.
pub fn customers(tx: &mut Tx<'_>, limit: i64, offset: i64) -> Result<Vec<CustomerRow>> {
    tx.query(CUSTOMERS, args![limit, offset], |row| {
        Ok(CustomerRow {
            user_id: row.next()?,
            email: row.next()?,
            nickname: row.next()?,
            placed_orders: row.next()?,
            total_orders: row.next()?,
            total_spent: row.next()?,
            last_order_date: row.next()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_over_the_turn_of_a_year() {
        assert_eq!((month_of(20_260_200), months(20_260_200) - months(20_251_100)), ("2026-02".to_owned(), 3));
    }
}
