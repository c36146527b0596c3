//! How orders were paid and what made them cheaper: payment methods, coupons, time deals.

use crate::days::Days;
use crate::sheet::{Cell, Line};
use kernel::Result;
use serde::Serialize;
use store::{Tx, args};
use utoipa::{ToSchema, openapi::Ref};

const PAYMENTS: &str = "select p.payment_method, p.payment_provider, count(*), count(p.captured_at),
        cast(sum(case when p.captured_at is null then 0 else p.amount end) as {bigint}),
        cast(sum(case when p.captured_at is null then 0 else p.refunded_amount end) as {bigint})
    from mv_orders m join mv_payments p on p.order_number = m.order_number
    where m.day between ? and ? group by p.payment_method, p.payment_provider order by 5 desc, 1, 2";
const COUPONS: &str = "select c.id, c.code, c.name, count(*), count(m.paid_at),
        cast(sum(case when m.paid_at is null then 0 else o.coupon_discount end) as {bigint}),
        cast(sum(case when m.paid_at is null then 0 else m.total_amount end) as {bigint}),
        cast(sum(case when m.paid_at is null then 0 else m.refunded_amount end) as {bigint})
    from mv_orders m join orders o on o.id = m.id join user_coupons u on u.id = o.user_coupon_id
    join coupons c on c.id = u.coupon_id
    where m.day between ? and ? group by c.id, c.code, c.name order by 7 desc, 1";
const DEALS: &str = "select d.id, d.name, count(*), count(m.paid_at),
        cast(sum(case when m.paid_at is null then 0 else t.quantity end) as {bigint}),
        cast(sum(case when m.paid_at is null then 0 else m.total_amount end) as {bigint}),
        cast(sum(case when m.paid_at is null then 0 else m.refunded_amount end) as {bigint})
    from mv_orders m join time_deal_purchases t on t.order_number = m.order_number
    join time_deal_products p on p.id = t.deal_product_id join time_deals d on d.id = p.deal_id
    where m.day between ? and ? group by d.id, d.name order by 6 desc, 1";

pub(crate) const STATEMENTS: &[&str] = &[PAYMENTS, COUPONS, DEALS];

/// The [`Provider`] of a row `p` of `payments`.
pub(crate) const PROVIDER: &str =
    "case p.method when 'BALANCE' then 'SHOP' when 'CHANNEL' then 'CHANNEL' else 'GATEWAY' end";

::store::text_enum! {
    /// Who took the money of a payment.
    #[derive(PartialOrd, Ord, Default)]
    #[schema(as = PaymentProvider)]
    pub enum Provider {
        /// Another sales channel.
        Channel = "CHANNEL",
        #[default]
        Gateway = "GATEWAY",
        /// The shop itself, out of what the buyer has there.
        Shop = "SHOP",
    }
}

/// The payment methods: a read model has their names only.
fn method() -> Ref {
    Ref::from_schema_name("Method")
}

/// Payments of one method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRow {
    #[schema(schema_with = method)]
    pub payment_method: String,
    pub payment_provider: Provider,
    /// Payments whose outcome is known.
    pub payments: i64,
    /// Those that took the money.
    pub completed: i64,
    /// The share of those that did not, in basis points.
    pub failure_rate: i64,
    pub amount: i64,
    pub refunded_amount: i64,
}

impl Line for PaymentRow {
    const HEAD: &'static [&'static str] = &[
        "paymentMethod",
        "paymentProvider",
        "payments",
        "completed",
        "failureRatePercent",
        "amount",
        "refundedAmount",
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            (&self.payment_method).into(),
            self.payment_provider.name().into(),
            self.payments.into(),
            self.completed.into(),
            Cell::Share(self.failure_rate),
            Cell::Money(self.amount),
            Cell::Money(self.refunded_amount),
        ]
    }
}

/// Orders with a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CouponRow {
    pub coupon_id: i64,
    pub coupon_code: String,
    pub coupon_name: String,
    pub orders: i64,
    pub completed_orders: i64,
    /// What it took off paid orders.
    pub discount: i64,
    /// What paid orders cost with it.
    pub gross_revenue: i64,
    pub refunded_amount: i64,
}

impl Line for CouponRow {
    const HEAD: &'static [&'static str] = &[
        "couponId",
        "couponCode",
        "couponName",
        "orders",
        "completedOrders",
        "discount",
        "grossRevenue",
        "refundedAmount",
    ];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.coupon_id.into(),
            (&self.coupon_code).into(),
            (&self.coupon_name).into(),
            self.orders.into(),
            self.completed_orders.into(),
            Cell::Money(self.discount),
            Cell::Money(self.gross_revenue),
            Cell::Money(self.refunded_amount),
        ]
    }
}

/// Orders in a time deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DealRow {
    pub time_deal_id: i64,
    pub time_deal_name: String,
    pub orders: i64,
    pub completed_orders: i64,
    /// Units in paid orders.
    pub units: i64,
    /// What paid orders cost, in minor units.
    pub gross_revenue: i64,
    /// In minor units.
    pub refunded_amount: i64,
}

impl Line for DealRow {
    const HEAD: &'static [&'static str] =
        &["timeDealId", "timeDealName", "orders", "completedOrders", "units", "grossRevenue", "refundedAmount"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            self.time_deal_id.into(),
            (&self.time_deal_name).into(),
            self.orders.into(),
            self.completed_orders.into(),
            self.units.into(),
            Cell::Money(self.gross_revenue),
            Cell::Money(self.refunded_amount),
        ]
    }
}

/// A part of a whole in basis points, rounded half-up; 0 of nothing.
pub fn share(part: i64, whole: i64) -> i64 {
    if whole > 0 { (part.saturating_mul(20_000) + whole) / (2 * whole) } else { 0 }
}

/// Payments of the orders of these days, by method.
pub fn payments(tx: &mut Tx<'_>, days: Days) -> Result<Vec<PaymentRow>> {
    tx.query(PAYMENTS, args![days.first(), days.last()], |row| {
        let (payment_method, payment_provider) = (row.next()?, row.next()?);
        let (payments, completed): (i64, i64) = (row.next()?, row.next()?);
        Ok(PaymentRow {
            payment_method,
            payment_provider,
            payments,
            completed,
            failure_rate: share(payments - completed, payments),
            amount: row.next()?,
            refunded_amount: row.next()?,
        })
    })
}

/// Orders of these days with a coupon, by coupon.
pub fn coupons(tx: &mut Tx<'_>, days: Days) -> Result<Vec<CouponRow>> {
    tx.query(COUPONS, args![days.first(), days.last()], |row| {
        Ok(CouponRow {
            coupon_id: row.next()?,
            coupon_code: row.next()?,
            coupon_name: row.next()?,
            orders: row.next()?,
            completed_orders: row.next()?,
            discount: row.next()?,
            gross_revenue: row.next()?,
            refunded_amount: row.next()?,
        })
    })
}

/// Orders of these days in time deals, by deal.
pub fn deals(tx: &mut Tx<'_>, days: Days) -> Result<Vec<DealRow>> {
    tx.query(DEALS, args![days.first(), days.last()], |row| {
        Ok(DealRow {
            time_deal_id: row.next()?,
            time_deal_name: row.next()?,
            orders: row.next()?,
            completed_orders: row.next()?,
            units: row.next()?,
            gross_revenue: row.next()?,
            refunded_amount: row.next()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_half_up() {
        assert_eq!((share(1, 3), share(2, 3), share(1, 1), share(0, 5), share(5, 0)), (3_333, 6_667, 10_000, 0, 0));
    }
}
