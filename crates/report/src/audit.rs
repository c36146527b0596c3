//! Every read model equals what a rebuild gives (docs/RULES.md, invariant 7).
//!
//! Rows that were worked out of the records may be a moment behind: only those count whose records did not change lately. The sums
//! change in the same transaction as the rows that they add up, so they are compared as they are.

use crate::store::{ORDER_RECORDS, PAYMENT_RECORDS, PRODUCT_RECORDS};
use std::time::Duration;
use store::{
    Check,
    audit::{Changed, Given, Keys},
    concatcp,
};

/// How long the read models may be behind. They usually are for less than a second; after an upgrade they first follow all events that
/// are kept.
const BEHIND_MAX: Duration = Duration::from_secs(600);

const WRONG_ORDERS: &str = concatcp!(
    "select t.order_number, coalesce(m.status, 'none'), t.status from (",
    ORDER_RECORDS,
    " where o.id between ? and ? and o.updated_at < ?) t
     left join mv_orders m on m.id = t.id
     where (m.id is null or m.order_number <> t.order_number or m.user_id <> t.user_id or m.status <> t.status
        or coalesce(m.payment_status, '') <> coalesce(t.payment_status, '') or m.total_amount <> t.total_amount
        or m.refunded_amount <> t.refunded_amount or m.currency <> t.currency or m.day <> t.day
        or m.units <> t.units or m.order_date <> t.order_date or coalesce(m.paid_at, -1) <> coalesce(t.paid_at, -1))
       and not exists (select 1 from payments q where q.order_number = t.order_number and q.updated_at >= ?)
     order by t.id limit ?"
);
const NO_ORDER: &str = "select m.order_number from mv_orders m where m.day between ? and ?
    and not exists (select 1 from orders o where o.id = m.id) order by m.day, m.id limit ?";
const WRONG_PAYMENTS: &str = concatcp!(
    "select t.payment_number, coalesce(m.status, 'none'), t.status from (",
    PAYMENT_RECORDS,
    " and p.id between ? and ? and p.updated_at < ?) t
     left join mv_payments m on m.id = t.id
     where m.id is null or m.payment_number <> t.payment_number or m.order_number <> t.order_number
        or m.user_id <> t.user_id or m.amount <> t.amount or m.refunded_amount <> t.refunded_amount
        or m.status <> t.status or m.payment_method <> t.payment_method
        or m.payment_provider <> t.payment_provider or m.created_at <> t.created_at
        or coalesce(m.captured_at, -1) <> coalesce(t.captured_at, -1)
     order by t.id limit ?"
);
const NO_PAYMENT: &str = "select m.payment_number from mv_payments m where m.id between ? and ?
    and not exists (select 1 from payments p where p.id = m.id and p.status not in ('PENDING', 'PROCESSING'))
    order by m.id limit ?";
const WRONG_PRODUCTS: &str = concatcp!(
    "select t.id, coalesce(m.available_stock, -1), t.available_stock from (",
    PRODUCT_RECORDS,
    " where p.id between ? and ? and p.updated_at < ?
        and not exists (select 1 from product_variants w where w.product_id = p.id and w.updated_at >= ?)
        and not exists (select 1 from inventory_snapshots n where n.product_id = p.id and n.updated_at >= ?)) t
     left join mv_products m on m.id = t.id
     where m.id is null or m.sku <> t.sku or m.name <> t.name or m.status <> t.status
        or coalesce(m.brand, '') <> coalesce(t.brand, '')
        or coalesce(m.category_id, -1) <> coalesce(t.category_id, -1) or m.base_price <> t.base_price
        or coalesce(m.sale_price, -1) <> coalesce(t.sale_price, -1)
        or coalesce(m.primary_image_url, '') <> coalesce(t.primary_image_url, '')
        or coalesce(m.seller_id, '') <> coalesce(t.seller_id, '') or m.created_at <> t.created_at
        or m.available_stock <> t.available_stock or m.low_stock_threshold <> t.low_stock_threshold
     order by t.id limit ?"
);
const WRONG_PURCHASES: &str = "select t.id, t.purchase_count, t.sold from (
        select m.id, m.purchase_count, coalesce((select cast(sum(d.units) as {bigint}) from mv_daily_products d
                                                  where d.product_id = m.id), 0) as sold
          from mv_products m where m.id between ? and ?) t
    where t.purchase_count <> t.sold order by t.id limit ?";
const WRONG_USERS: &str = "select t.user_id, coalesce(m.total_spent, -1), t.spent from (
        select q.user_id, count(o.paid_at) as paid,
               cast(sum(case when o.paid_at is null then 0 else o.total_amount - o.refunded_amount end) as {bigint})
                   as spent,
               min(case when o.paid_at is null then null else o.day end) as first_day,
               max(case when o.paid_at is null then null else o.order_date end) as last_at
          from orders q join mv_orders o on o.id = q.id where q.user_id between ? and ? group by q.user_id) t
    left join mv_users m on m.user_id = t.user_id
    where m.user_id is null or m.total_orders <> t.paid or m.total_spent <> t.spent
       or coalesce(m.first_order_day, -1) <> coalesce(t.first_day, -1)
       or coalesce(m.last_order_date, -1) <> coalesce(t.last_at, -1)
    order by t.user_id limit ?";
const NO_USER: &str = "select m.user_id from mv_users m where m.user_id between ? and ? and m.total_orders <> 0
    and not exists (select 1 from orders q join mv_orders o on o.id = q.id where q.user_id = m.user_id)
    order by m.user_id limit ?";
const WRONG_DAYS: &str = "select t.day, coalesce(m.gross_revenue, -1), t.gross from (
        select o.day, count(*) as orders, count(o.paid_at) as completed,
               sum(case when o.status = 'CANCELLED' then 1 else 0 end) as cancelled,
               sum(case when o.status = 'REFUNDED' then 1 else 0 end) as refunded_orders,
               sum(case when o.paid_at is null then 0 else o.units end) as units,
               cast(sum(case when o.paid_at is null then 0 else o.total_amount end) as {bigint}) as gross,
               sum(case when o.paid_at is null then 0 else o.refunded_amount end) as refunded,
               count(distinct case when o.paid_at is null then null else o.user_id end) as customers
          from mv_orders o where o.day between ? and ? group by o.day) t
    left join mv_daily_sales m on m.day = t.day
    where m.day is null or m.total_orders <> t.orders or m.completed_orders <> t.completed
       or m.cancelled_orders <> t.cancelled or m.refunded_orders <> t.refunded_orders or m.units <> t.units
       or m.gross_revenue <> t.gross or m.refunded_amount <> t.refunded or m.unique_customers <> t.customers
    order by t.day limit ?";
const NO_DAY: &str = "select m.day from mv_daily_sales m where m.day between ? and ? and m.total_orders <> 0
    and not exists (select 1 from mv_orders o where o.day = m.day) order by m.day limit ?";
const WRONG_DAILY_PRODUCTS: &str = "select t.day, t.product_id, coalesce(m.units, 0), t.units from (
        select o.day, l.product_id, count(distinct o.id) as orders, cast(sum(l.quantity) as {bigint}) as units,
               sum(l.subtotal) as amount
          from mv_orders o join order_items l on l.order_id = o.id
         where o.day between ? and ? and o.paid_at is not null and o.status <> 'REFUNDED'
         group by o.day, l.product_id) t
    left join mv_daily_products m on m.day = t.day and m.product_id = t.product_id
    where m.day is null or m.orders <> t.orders or m.units <> t.units or m.amount <> t.amount
    order by t.day, t.product_id limit ?";
/// Together with the check before: every product that was sold has its row, and no row counts more.
const SOLD_MORE: &str = "select t.day, t.units, t.sold from (
        select d.day, cast(sum(d.units) as {bigint}) as units,
               coalesce((select cast(sum(o.units) as {bigint}) from mv_orders o
                          where o.day = d.day and o.paid_at is not null and o.status <> 'REFUNDED'), 0) as sold
          from mv_daily_products d where d.day between ? and ? group by d.day) t
    where t.units <> t.sold order by t.day limit ?";

/// Orders, and those that an event names.
const ORDERS: Keys = Keys::named("orders", "order_number");
const PAYMENTS: Keys = Keys::named("payments", "order_number");
const PAYMENT_ROWS: Keys = Keys::named("mv_payments", "order_number");
/// The days of the orders that an event names. A range has whole days.
const DAYS: Keys = Keys {
    table: "mv_orders",
    column: "day",
    changed: Changed::Named {
        table: "orders",
        name: "order_number",
        key: "cast(substr(order_number, 5, 8) as {bigint})",
    },
};
const DAILY_PRODUCTS: Keys = Keys { table: "mv_daily_products", ..DAYS };
/// Their users.
const USERS: Keys = Keys {
    table: "orders",
    column: "user_id",
    changed: Changed::Named { table: "orders", name: "order_number", key: "user_id" },
};
const USER_ROWS: Keys = Keys { table: "mv_users", ..USERS };
const PRODUCTS: Keys = Keys { table: "products", column: "id", changed: Changed::All };
const PRODUCT_ROWS: Keys = Keys { table: "mv_products", column: "id", changed: Changed::All };
const DAY_ROWS: Keys = Keys { table: "mv_daily_sales", column: "day", changed: Changed::All };

const LATELY: Given = Given::Ago(BEHIND_MAX);

/// What must hold of the read models.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "the read model has every order as its records say",
        over: Some(ORDERS),
        sql: WRONG_ORDERS,
        given: &[LATELY, LATELY],
        subject: "{}",
        found: "{} in the read model, {} in the records, or another figure differs",
    },
    Check {
        rule: "every order of the read model exists",
        over: Some(DAYS),
        sql: NO_ORDER,
        given: &[],
        subject: "{}",
        found: "no such order",
    },
    Check {
        rule: "the read model has every payment with an outcome as its records say",
        over: Some(PAYMENTS),
        sql: WRONG_PAYMENTS,
        given: &[LATELY],
        subject: "{}",
        found: "{} in the read model, {} in the records, or another figure differs",
    },
    Check {
        rule: "every payment of the read model exists and has an outcome",
        over: Some(PAYMENT_ROWS),
        sql: NO_PAYMENT,
        given: &[],
        subject: "{}",
        found: "no such payment",
    },
    Check {
        rule: "the read model has every product as its records say",
        over: Some(PRODUCTS),
        sql: WRONG_PRODUCTS,
        given: &[LATELY, LATELY, LATELY],
        subject: "product {}",
        found: "stock {} in the read model, {} in the records, or another field differs",
    },
    Check {
        rule: "a product's purchases are the units that were sold of it",
        over: Some(PRODUCT_ROWS),
        sql: WRONG_PURCHASES,
        given: &[],
        subject: "product {}",
        found: "{} purchases, {} units sold",
    },
    Check {
        rule: "the sums of a user are those of the user's orders",
        over: Some(USERS),
        sql: WRONG_USERS,
        given: &[],
        subject: "user {}",
        found: "spent {} in the read model, {} in the orders, or another figure differs",
    },
    Check {
        rule: "a user with sums has orders",
        over: Some(USER_ROWS),
        sql: NO_USER,
        given: &[],
        subject: "user {}",
        found: "none",
    },
    Check {
        rule: "the sums of a day are those of its orders",
        over: Some(DAYS),
        sql: WRONG_DAYS,
        given: &[],
        subject: "day {}",
        found: "revenue {} in the read model, {} in the orders, or another figure differs",
    },
    Check {
        rule: "a day with sums has orders",
        over: Some(DAY_ROWS),
        sql: NO_DAY,
        given: &[],
        subject: "day {}",
        found: "none",
    },
    Check {
        rule: "what was sold of a product on a day is what its orders say",
        over: Some(DAYS),
        sql: WRONG_DAILY_PRODUCTS,
        given: &[],
        subject: "day {} product {}",
        found: "{} units in the read model, {} in the orders, or another figure differs",
    },
    Check {
        rule: "the products of a day were sold as often as its orders say",
        over: Some(DAILY_PRODUCTS),
        sql: SOLD_MORE,
        given: &[],
        subject: "day {}",
        found: "{} units in the read model, {} in the orders",
    },
];
