//! Sales over time: by day, week and month, and by hour of the day.

use crate::days::{Days, Unit, hour};
use crate::sheet::{Cell, Line};
use crate::view::{self, Day, DaySums};
use kernel::{Result, Timestamp, Zone};
use serde::Serialize;
use std::collections::BTreeMap;
use store::{Tx, args, concatcp};
use utoipa::ToSchema;

const DAYS: &str =
    concatcp!("select ", crate::store::DAY_COLUMNS, " from mv_daily_sales where day between ? and ? order by day");
const CUSTOMERS: &str =
    "select count(distinct user_id) from mv_orders where day between ? and ? and paid_at is not null";
/// By the hour in which they were placed, in Greenwich: zones differ by quarters of an hour.
const QUARTERS: &str = "select order_date - order_date % 900000, count(*), count(paid_at),
        cast(sum(case when paid_at is null then 0 else units end) as {bigint}),
        cast(sum(case when paid_at is null then 0 else total_amount end) as {bigint})
    from mv_orders where day between ? and ? group by order_date - order_date % 900000";

pub(crate) const STATEMENTS: &[&str] = &[DAYS, CUSTOMERS, QUARTERS];

/// Sales of a day, a week or a month. All figures are those of the orders that were placed in it, whenever they were paid or
/// refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SalesRow {
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub to: String,
    /// Orders that were placed.
    pub total_orders: i64,
    /// Those of them that were paid.
    pub completed_orders: i64,
    /// Those that were cancelled before they were paid.
    pub cancelled_orders: i64,
    /// Those that were refunded as a whole.
    pub refunded_orders: i64,
    /// Units in paid orders.
    pub units: i64,
    /// What paid orders cost.
    pub gross_revenue: i64,
    /// What was refunded of it.
    pub refunded_amount: i64,
    /// What is left.
    pub total_revenue: i64,
    /// Users with a paid order.
    pub unique_customers: i64,
}

impl Line for SalesRow {
    const HEAD: &'static [&'static str] = &[
        "from",
        "to",
        "totalOrders",
        "completedOrders",
        "cancelledOrders",
        "refundedOrders",
        "units",
        "grossRevenue",
        "refundedAmount",
        "totalRevenue",
        "uniqueCustomers",
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            (&self.from).into(),
            (&self.to).into(),
            self.total_orders.into(),
            self.completed_orders.into(),
            self.cancelled_orders.into(),
            self.refunded_orders.into(),
            self.units.into(),
            Cell::Money(self.gross_revenue),
            Cell::Money(self.refunded_amount),
            Cell::Money(self.total_revenue),
            self.unique_customers.into(),
        ]
    }
}

/// Sales in an hour of the day, over all days of the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HourRow {
    /// From 0 to 23, as the clocks in the shop's zone show it when an order is placed.
    pub hour: i64,
    pub total_orders: i64,
    pub completed_orders: i64,
    /// Units in paid orders.
    pub units: i64,
    /// What paid orders cost.
    pub gross_revenue: i64,
}

impl Line for HourRow {
    const HEAD: &'static [&'static str] = &["hour", "totalOrders", "completedOrders", "units", "grossRevenue"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.hour.into(),
            self.total_orders.into(),
            self.completed_orders.into(),
            self.units.into(),
            Cell::Money(self.gross_revenue),
        ]
    }
}

/// Sales by `unit`, oldest first, one row for each. A customer counts once in each.
pub fn by_unit(tx: &mut Tx<'_>, days: Days, unit: Unit) -> Result<Vec<SalesRow>> {
    let all: BTreeMap<Day, DaySums> =
        tx.query(DAYS, args![days.first(), days.last()], view::day_sums)?.into_iter().collect();
    let mut rows = Vec::new();
    for part in unit.split(days) {
        let mut sums = DaySums::default();
        all.range(part.first()..=part.last()).for_each(|(_, day)| sums.add(day, 1));
        if part.first() != part.last() && sums.completed > 0 {
            sums.customers = tx.query_one(CUSTOMERS, args![part.first(), part.last()], |row| row.get(0))?;
        }
        rows.push(SalesRow {
            from: part.from.to_string(),
            to: part.to.to_string(),
            total_orders: sums.orders,
            completed_orders: sums.completed,
            cancelled_orders: sums.cancelled,
            refunded_orders: sums.refunded_orders,
            units: sums.units,
            gross_revenue: sums.gross,
            refunded_amount: sums.refunded,
            total_revenue: sums.gross - sums.refunded,
            unique_customers: sums.customers,
        });
    }
    Ok(rows)
}

/// Sales by hour of the day, all 24 of them.
pub fn by_hour(tx: &mut Tx<'_>, days: Days, zone: &Zone) -> Result<Vec<HourRow>> {
    let mut rows: Vec<HourRow> = (0..24).map(|hour| HourRow { hour, ..HourRow::default() }).collect();
    let quarters = tx.query(QUARTERS, args![days.first(), days.last()], |row| {
        let at: Timestamp = row.next()?;
        let (total_orders, completed_orders, units, gross_revenue) =
            (row.next()?, row.next()?, row.next()?, row.next()?);
        Ok(HourRow { hour: hour(zone, at), total_orders, completed_orders, units, gross_revenue })
    })?;
    for quarter in quarters {
        let Some(row) = usize::try_from(quarter.hour).ok().and_then(|hour| rows.get_mut(hour)) else { continue };
        row.total_orders += quarter.total_orders;
        row.completed_orders += quarter.completed_orders;
        row.units += quarter.units;
        row.gross_revenue += quarter.gross_revenue;
    }
    Ok(rows)
}
