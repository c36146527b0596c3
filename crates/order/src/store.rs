//! The SQL of orders: rows in and out, lists, and the audit.

use crate::order::{Amounts, Kind, Line, NewLine, Order, Status};
use kernel::{Address, Code, Currency, Cursor, Money, OrderId, OrderNumber, Result, Timestamp, UserCouponId, UserId};
use std::collections::HashMap;
use store::{Arg, Column, FromColumn, Row, ToArg, Tx, Violation, args};

impl ToArg for Kind {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.name())
    }
}

impl FromColumn for Kind {
    fn from_column(column: Column<'_>) -> Result<Kind> {
        String::from_column(column)?.parse()
    }
}

const INSERT: &str = "insert into orders (order_number, user_id, status, subtotal, coupon_discount, points_used,
    payable, currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by,
    created_at, updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    {on conflict ignore: order_number}";
const INSERT_LINES: &str = "insert into order_items (order_id, line_number, product_id, variant_id, sku, product_name,
    variant_name, unit_price, quantity, subtotal) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const FIND: &str = "select id, order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
    currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by, paid_at,
    delivered_at, ended_at, end_reason, created_at, updated_at, version
    from orders where order_number = ?";
const LOCK: &str = "select id, order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
    currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by, paid_at,
    delivered_at, ended_at, end_reason, created_at, updated_at, version
    from orders where order_number = ? {for update}";
const LINES: &str = "select order_id, line_number, product_id, variant_id, sku, product_name, variant_name, unit_price,
    quantity, subtotal from order_items where order_id in ([?]) order by order_id, line_number";
const BEST_SELLERS: &str = "select l.product_id, cast(sum(l.quantity) as {bigint}), cast(sum(l.subtotal) as {bigint})
      from orders o join order_items l on l.order_id = o.id
     where o.status in ('PAID', 'SHIPPING', 'DELIVERED') and o.created_at >= ?
     group by l.product_id order by 2 desc, 3 desc, 1 limit ?";
const LIVE_OF_PRODUCT: &str = "select l.order_id from orders o join order_items l on l.order_id = o.id
    where o.status in ('PENDING', 'CONFIRMED', 'PAID', 'SHIPPING') and l.product_id = ? limit 1";
const SAVE: &str = "update orders set status = ?, pay_by = coalesce(?, pay_by), paid_at = coalesce(?, paid_at),
    delivered_at = coalesce(?, delivered_at), ended_at = ?, end_reason = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

// Planner hints: `coalesce(status, '')` and `created_at + 0` make the indexes on status and time unusable for these
// statements, so that every database uses the index on (user_id, id): it finds a user's few orders already sorted.
const OWN_PAGE: &str = "select id, order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
    currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by, paid_at,
    delivered_at, ended_at, end_reason, created_at, updated_at, version from orders
    where user_id = ? and coalesce(status, '') in ([?]) and created_at + 0 >= ? and created_at + 0 < ? and id < ?
    order by id desc limit ? offset ?";
const OWN_COUNT: &str = "select count(*) from orders
    where user_id = ? and coalesce(status, '') in ([?]) and created_at + 0 >= ? and created_at + 0 < ?";
const ALL_PAGE: &str = "select id, order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
    currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by, paid_at,
    delivered_at, ended_at, end_reason, created_at, updated_at, version from orders
    where created_at >= ? and created_at < ? and created_at <= ? and (created_at < ? or id < ?)
      and (order_number {like} ? escape '!' or user_id {like} ? escape '!')
    order by created_at desc, id desc limit ? offset ?";
const ALL_COUNT: &str = "select count(*) from orders where created_at >= ? and created_at < ?
      and (order_number {like} ? escape '!' or user_id {like} ? escape '!')";
const STATUS_PAGE: &str = "select id, order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
    currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, pay_by, paid_at,
    delivered_at, ended_at, end_reason, created_at, updated_at, version from orders
    where status = ? and created_at >= ? and created_at < ? and created_at <= ? and (created_at < ? or id < ?)
      and (order_number {like} ? escape '!' or user_id {like} ? escape '!')
    order by created_at desc, id desc limit ? offset ?";
const STATUS_COUNT: &str = "select count(*) from orders where status = ? and created_at >= ? and created_at < ?
      and (order_number {like} ? escape '!' or user_id {like} ? escape '!')";
const CREATED_AT: &str = "select created_at from orders where id = ?";

const WRONG_AMOUNTS: &str = "select order_number, subtotal, coupon_discount, points_used, payable from orders
    where payable <> subtotal - coupon_discount - points_used or payable < 0 or coupon_discount < 0 or points_used < 0
    order by id limit ?";
const WRONG_SUBTOTALS: &str = "select o.order_number, o.subtotal, cast(coalesce(sum(l.subtotal), 0) as {bigint})
    from orders o left join order_items l on l.order_id = o.id
    group by o.id, o.order_number, o.subtotal having o.subtotal <> coalesce(sum(l.subtotal), 0) order by o.id limit ?";
const WRONG_LINES: &str = "select order_id, line_number, unit_price, quantity, subtotal from order_items
    where subtotal <> unit_price * quantity or quantity < 1 or unit_price < 0 order by order_id, line_number limit ?";
const WRONG_STATES: &str = "select order_number, status from orders
    where (status = 'CONFIRMED' and pay_by is null)
       or (status in ('PAID', 'SHIPPING', 'DELIVERED', 'REFUNDED') and paid_at is null)
       or (status in ('PENDING', 'CONFIRMED', 'CANCELLED') and paid_at is not null)
       or (status = 'DELIVERED' and delivered_at is null)
       or (status in ('CANCELLED', 'REFUNDED') and (ended_at is null or end_reason is null))
       or (status not in ('CANCELLED', 'REFUNDED') and ended_at is not null)
       or status not in ('PENDING', 'CONFIRMED', 'PAID', 'SHIPPING', 'DELIVERED', 'CANCELLED', 'REFUNDED')
    order by id limit ?";
const NO_LINES: &str = "select order_number from orders o
    where not exists (select 1 from order_items l where l.order_id = o.id) order by id limit ?";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    INSERT_LINES,
    FIND,
    LOCK,
    LINES,
    LIVE_OF_PRODUCT,
    BEST_SELLERS,
    SAVE,
    OWN_PAGE,
    OWN_COUNT,
    ALL_PAGE,
    ALL_COUNT,
    STATUS_PAGE,
    STATUS_COUNT,
    CREATED_AT,
    WRONG_AMOUNTS,
    WRONG_SUBTOTALS,
    WRONG_LINES,
    WRONG_STATES,
    NO_LINES,
];

/// Most violations reported per rule; a shop with more has one cause for all of them.
const TOLD_MAX: i64 = 100;

fn head(row: &Row<'_>) -> Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        number: row.get(1)?,
        user: row.get(2)?,
        status: status(row)?,
        lines: Vec::new(),
        amounts: Amounts {
            subtotal: row.get(4)?,
            coupon_discount: row.get(5)?,
            points_used: row.get(6)?,
            payable: row.get(7)?,
        },
        currency: Currency::of_code(&row.get::<String>(8)?)?,
        coupon: row.get::<Option<UserCouponId>>(9)?,
        address: Address {
            receiver_name: row.get(10)?,
            receiver_phone: row.get(11)?,
            zip_code: row.get(12)?,
            address1: row.get(13)?,
            address2: row.get(14)?,
        },
        created_at: row.get(20)?,
        updated_at: row.get(21)?,
        version: row.get(22)?,
    })
}

fn status(row: &Row<'_>) -> Result<Status> {
    Ok(match row.get::<Kind>(3)? {
        Kind::Pending => Status::Pending,
        Kind::Confirmed => Status::Confirmed { pay_by: row.get(15)? },
        Kind::Paid => Status::Paid { at: row.get(16)? },
        Kind::Shipping => Status::Shipping { paid_at: row.get(16)? },
        Kind::Delivered => Status::Delivered { paid_at: row.get(16)?, at: row.get(17)? },
        Kind::Cancelled => Status::Cancelled { at: row.get(18)?, reason: row.get(19)? },
        Kind::Refunded => Status::Refunded { at: row.get(18)?, reason: row.get(19)? },
    })
}

fn line(row: &Row<'_>) -> Result<(OrderId, Line)> {
    let line = Line {
        number: row.get(1)?,
        product: row.get(2)?,
        variant: row.get(3)?,
        sku: row.get(4)?,
        product_name: row.get(5)?,
        variant_name: row.get(6)?,
        unit_price: row.get(7)?,
        quantity: row.get(8)?,
        subtotal: row.get(9)?,
    };
    Ok((row.get(0)?, line))
}

/// Stores the order without its lines under `order.number`; `None` when that number is taken.
pub(crate) fn insert(tx: &mut Tx<'_>, order: &Order) -> Result<Option<OrderId>> {
    let (amounts, address) = (&order.amounts, &order.address);
    let id = tx.insert_new(
        INSERT,
        args![
            order.number,
            order.user,
            order.status.kind(),
            amounts.subtotal,
            amounts.coupon_discount,
            amounts.points_used,
            amounts.payable,
            order.currency.code(),
            order.coupon,
            address.receiver_name,
            address.receiver_phone,
            address.zip_code,
            address.address1,
            address.address2,
            order.status.pay_by(),
            order.created_at,
            order.updated_at,
        ],
    )?;
    Ok(id.map(OrderId::new))
}

/// The lines as they will be stored, numbered from 1.
pub(crate) fn numbered(lines: Vec<NewLine>) -> Result<Vec<Line>> {
    (1..)
        .zip(lines)
        .map(|(number, new)| {
            Ok(Line {
                number,
                product: new.product,
                variant: new.variant,
                sku: new.sku,
                product_name: new.product_name,
                variant_name: new.variant_name,
                subtotal: new.unit_price.times(new.quantity)?,
                unit_price: new.unit_price,
                quantity: new.quantity,
            })
        })
        .collect()
}

/// Stores the order's lines in one statement.
pub(crate) fn insert_lines(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    let rows = order
        .lines
        .iter()
        .map(|line| {
            vec![
                order.id.to_arg(),
                line.number.to_arg(),
                line.product.to_arg(),
                line.variant.to_arg(),
                line.sku.to_arg(),
                line.product_name.to_arg(),
                line.variant_name.to_arg(),
                line.unit_price.to_arg(),
                line.quantity.to_arg(),
                line.subtotal.to_arg(),
            ]
        })
        .collect();
    tx.insert_rows(INSERT_LINES, rows).map(|_| ())
}

/// The order with its lines.
pub(crate) fn find(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Option<Order>> {
    let found = tx.query_first(FIND, args![number], head)?;
    with_lines(tx, found)
}

/// Whether an unfinished order has a line of this product.
pub(crate) fn has_live_of(tx: &mut Tx<'_>, product: kernel::ProductId) -> Result<bool> {
    Ok(tx.query_first(LIVE_OF_PRODUCT, args![product], |_| Ok(()))?.is_some())
}

/// The best sellers among the orders placed since `since` and paid.
pub(crate) fn best_sellers(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Vec<crate::ops::Sold>> {
    tx.query(BEST_SELLERS, args![since, limit], |row| {
        Ok(crate::ops::Sold { product: row.get(0)?, quantity: row.get(1)?, amount: row.get(2)? })
    })
}

/// The order with its lines, locked until the job ends.
pub(crate) fn lock(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Option<Order>> {
    let found = tx.query_first(LOCK, args![number], head)?;
    with_lines(tx, found)
}

fn with_lines(tx: &mut Tx<'_>, found: Option<Order>) -> Result<Option<Order>> {
    let mut orders: Vec<Order> = found.into_iter().collect();
    load_lines(tx, &mut orders)?;
    Ok(orders.pop())
}

fn load_lines(tx: &mut Tx<'_>, orders: &mut [Order]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut lines: HashMap<OrderId, Vec<Line>> = HashMap::new();
    for (id, line) in tx.query(LINES, &[Arg::list(&ids)], line)? {
        lines.entry(id).or_default().push(line);
    }
    for order in orders {
        order.lines = lines.remove(&order.id).unwrap_or_default();
    }
    Ok(())
}

/// Saves the order's new status if the order is unchanged since it was read; false when another change came first.
pub(crate) fn save(tx: &mut Tx<'_>, order: &Order, next: &Status, now: Timestamp) -> Result<bool> {
    let delivered_at = match next {
        Status::Delivered { at, .. } => Some(*at),
        Status::Pending
        | Status::Confirmed { .. }
        | Status::Paid { .. }
        | Status::Shipping { .. }
        | Status::Cancelled { .. }
        | Status::Refunded { .. } => None,
    };
    let (ended_at, reason) = next.ended().unzip();
    let saved = tx.exec(
        SAVE,
        args![
            next.kind(),
            next.pay_by(),
            next.paid_at(),
            delivered_at,
            ended_at,
            reason,
            now,
            order.id,
            order.status.kind(),
            order.version,
        ],
    )?;
    Ok(saved == 1)
}

/// Which orders a list shows.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Empty: all statuses.
    pub statuses: Vec<Kind>,
    /// Placed at or after.
    pub from: Timestamp,
    /// Placed before.
    pub to: Timestamp,
    /// Part of the order number or the user's id; used only by the list of all orders.
    pub keyword: Option<String>,
}

impl Default for Filter {
    fn default() -> Self {
        let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
        Filter { statuses: Vec::new(), from, to, keyword: None }
    }
}

impl Filter {
    fn names(&self) -> &[Kind] {
        if self.statuses.is_empty() { &Kind::ALL } else { &self.statuses }
    }

    /// The keyword as a pattern for `like … escape '!'`.
    fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for sign in self.keyword.as_deref().unwrap_or_default().chars() {
            if matches!(sign, '!' | '%' | '_') {
                pattern.push('!');
            }
            pattern.push(sign);
        }
        if pattern.len() > 1 {
            pattern.push('%');
        }
        pattern
    }
}

/// A part of a list: after a cursor or after an offset.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub after: Option<Cursor>,
    pub offset: i64,
    pub limit: i64,
}

/// A part of the user's own orders, newest first, and the number of orders on all pages.
pub fn own_page(tx: &mut Tx<'_>, user: &UserId, filter: &Filter, part: Part) -> Result<(Vec<Order>, i64)> {
    let before = part.after.map_or(i64::MAX, Cursor::id);
    let statuses = Arg::list(filter.names());
    let row = args![user, statuses, filter.from, filter.to, before, part.limit, part.offset];
    let mut orders = tx.query(OWN_PAGE, row, head)?;
    load_lines(tx, &mut orders)?;
    let total = tx.query_one(OWN_COUNT, args![user, statuses, filter.from, filter.to], |row| row.get(0))?;
    Ok((orders, total))
}

/// A part of all orders, newest first, and the number of orders on all pages.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, part: Part) -> Result<(Vec<Order>, i64)> {
    let (before, before_id) = match part.after {
        Some(cursor) => (created_at(tx, cursor)?, cursor.id()),
        None => (Timestamp::from_millis(i64::MAX), i64::MAX),
    };
    let (from, to, like) = (filter.from, filter.to, filter.pattern());
    let (mut orders, total) = match filter.statuses.as_slice() {
        [] => {
            let row = args![from, to, before, before, before_id, like, like, part.limit, part.offset];
            let orders = tx.query(ALL_PAGE, row, head)?;
            (orders, tx.query_one(ALL_COUNT, args![from, to, like, like], |row| row.get(0))?)
        }
        [status, ..] => {
            let row = args![status, from, to, before, before, before_id, like, like, part.limit, part.offset];
            let orders = tx.query(STATUS_PAGE, row, head)?;
            (orders, tx.query_one(STATUS_COUNT, args![status, from, to, like, like], |row| row.get(0))?)
        }
    };
    load_lines(tx, &mut orders)?;
    Ok((orders, total))
}

fn created_at(tx: &mut Tx<'_>, cursor: Cursor) -> Result<Timestamp> {
    tx.query_first(CREATED_AT, args![cursor.id()], |row| row.get(0))?
        .ok_or_else(|| Code::InvalidInput.because("that is not a cursor this list gave out"))
}

/// Violations: amounts that do not add up, and statuses without their data.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let mut found = tx.query(WRONG_AMOUNTS, args![TOLD_MAX], |row| {
        let what = format!(
            "subtotal {} − coupon {} − points {} is not payable {}",
            row.get::<Money>(1)?,
            row.get::<Money>(2)?,
            row.get::<Money>(3)?,
            row.get::<Money>(4)?
        );
        Ok(Violation::new("payable = subtotal − discount − points, and never negative", row.get::<String>(0)?, what))
    })?;
    found.extend(tx.query(WRONG_SUBTOTALS, args![TOLD_MAX], |row| {
        let what = format!("subtotal {}, lines {}", row.get::<Money>(1)?, row.get::<Money>(2)?);
        Ok(Violation::new("an order's subtotal is the sum of its lines", row.get::<String>(0)?, what))
    })?);
    found.extend(tx.query(WRONG_LINES, args![TOLD_MAX], |row| {
        let subject = format!("order row {} line {}", row.get::<i64>(0)?, row.get::<i64>(1)?);
        let what = format!("{} × {} is not {}", row.get::<i64>(2)?, row.get::<i64>(3)?, row.get::<i64>(4)?);
        Ok(Violation::new("a line's subtotal is unit price × quantity, quantity at least 1", subject, what))
    })?);
    found.extend(tx.query(WRONG_STATES, args![TOLD_MAX], |row| {
        let what = format!("{} without its data, or with another's", row.get::<String>(1)?);
        Ok(Violation::new("an order knows what its status says", row.get::<String>(0)?, what))
    })?);
    found.extend(tx.query(NO_LINES, args![TOLD_MAX], |row| {
        Ok(Violation::new("an order has lines", row.get::<String>(0)?, "none"))
    })?);
    Ok(found)
}
