//! The SQL of orders: rows in and out, lists, and the audit.

pub mod lists;

use crate::order::{Amounts, Kind, Line, Milestones, NewLine, NewOrder, Order, Status};
use kernel::{Address, Code, Currency, OrderId, OrderNumber, ProductId, Result, Timestamp, UserCouponId, UserId};
use std::collections::HashMap;
use store::{Arg, Check, Row, ToArg, Tx, args, audit::Keys, concatcp, present};

/// What [`head`] reads, in this order.
const COLUMNS: &str =
    "id, order_number, user_id, status, pay_by, paid_at, shipped_at, delivered_at, ended_at, end_reason,
    subtotal, coupon_discount, points_used, shipping_fee, tax, payable, currency, user_coupon_id, receiver_name, receiver_phone, zip_code,
    address1, address2, memo, created_at, updated_at, version";
/// What [`line`] reads, in this order.
const LINE_COLUMNS: &str = "order_id, line_number, product_id, variant_id, sku, product_name, variant_name, unit_price,
    quantity, subtotal, coupon_discount, points_used, tax_free";

const INSERT: &str = "insert into orders (order_number, user_id, status, subtotal, coupon_discount, points_used,
    shipping_fee, tax, payable, currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2,
    memo, pay_by, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    {on conflict ignore: order_number}";
const INSERT_LINES: &str = "insert into order_items (order_id, line_number, product_id, variant_id, sku, product_name,
    variant_name, unit_price, quantity, subtotal, coupon_discount, points_used, tax_free)
    values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const HEAD: &str = concatcp!("select ", COLUMNS, " from orders where order_number = ?");
/// An order with its lines in one statement: its columns are repeated for each line. Not for locking: a statement that waited for
/// a lock does not see lines that were added meanwhile.
const FIND: &str = concatcp!(
    "select l.order_id, l.line_number, l.product_id, l.variant_id, l.sku, l.product_name, l.variant_name, l.unit_price,
        l.quantity, l.subtotal, l.coupon_discount, l.points_used, l.tax_free, o.* from (",
    HEAD,
    ") o join order_items l on l.order_id = o.id order by l.line_number"
);
const LOCK: &str = concatcp!(HEAD, " {for update}");
const LINES: &str =
    concatcp!("select ", LINE_COLUMNS, " from order_items where order_id in ([?]) order by order_id, line_number");
const LIVE_OF_PRODUCT: &str = "select l.order_id from orders o join order_items l on l.order_id = o.id
    where o.status in ('CONFIRMED', 'PAID', 'SHIPPING') and l.product_id = ? limit 1";
/// An order that died unpaid is no order.
const HAS_ORDERED: &str = "select id from orders where user_id = ? and status <> 'CANCELLED' order by id limit 1";
const SET_PAY_BY: &str = "update orders set pay_by = ?, updated_at = ?, version = version + 1
    where order_number = ? and status = 'CONFIRMED'";
const SAVE: &str = "update orders set status = ?, pay_by = coalesce(?, pay_by), paid_at = ?, shipped_at = ?,
    delivered_at = ?, ended_at = ?, end_reason = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

const READDRESS: &str =
    "update orders set receiver_name = ?, receiver_phone = ?, zip_code = ?, address1 = ?, address2 = ?,
    memo = ?, shipping_fee = ?, tax = ?, payable = ?, updated_at = ?, version = version + 1
    where id = ? and version = ?";

const WRONG_AMOUNTS: &str =
    "select order_number, subtotal, coupon_discount, points_used, shipping_fee, payable, coalesce(tax, 0) from orders
    where id between ? and ? and (payable <> subtotal - coupon_discount - points_used + shipping_fee or payable < 0
        or coupon_discount < 0 or points_used < 0 or shipping_fee < 0 or tax < 0 or tax > payable
        or (coupon_discount > 0 and user_coupon_id is null))
    order by id limit ?";
const WRONG_SUMS: &str = "select o.order_number, o.subtotal, cast(coalesce(sum(l.subtotal), 0) as {bigint}),
        o.coupon_discount, cast(coalesce(sum(l.coupon_discount), 0) as {bigint}),
        o.points_used, cast(coalesce(sum(l.points_used), 0) as {bigint})
    from orders o left join order_items l on l.order_id = o.id where o.id between ? and ?
    group by o.id, o.order_number, o.subtotal, o.coupon_discount, o.points_used
    having o.subtotal <> coalesce(sum(l.subtotal), 0) or o.coupon_discount <> coalesce(sum(l.coupon_discount), 0)
        or o.points_used <> coalesce(sum(l.points_used), 0)
    order by o.id limit ?";
const WRONG_LINES: &str =
    "select order_id, line_number, unit_price, quantity, subtotal, coupon_discount, points_used from order_items
    where order_id between ? and ? and (subtotal <> unit_price * quantity or quantity < 1 or unit_price < 0
        or coupon_discount < 0 or points_used < 0 or coupon_discount + points_used > subtotal)
    order by order_id, line_number limit ?";
const WRONG_STATES: &str = "select order_number, status from orders
    where id between ? and ? and ((status = 'CONFIRMED' and pay_by is null)
       or (status in ('PAID', 'SHIPPING', 'DELIVERED', 'REFUNDED') and paid_at is null)
       or (status in ('CONFIRMED', 'CANCELLED') and paid_at is not null)
       or (status in ('CONFIRMED', 'PAID', 'CANCELLED') and shipped_at is not null)
       or (status = 'DELIVERED' and delivered_at is null)
       or (status in ('PAID', 'SHIPPING', 'DELIVERED') and receiver_name = '')
       or (status in ('CANCELLED', 'REFUNDED') and (ended_at is null or end_reason is null))
       or (status not in ('CANCELLED', 'REFUNDED') and ended_at is not null)
       or status not in ('CONFIRMED', 'PAID', 'SHIPPING', 'DELIVERED', 'CANCELLED', 'REFUNDED'))
    order by id limit ?";
const NO_LINES: &str = "select order_number from orders o
    where o.id between ? and ? and not exists (select 1 from order_items l where l.order_id = o.id) order by o.id limit ?";

/// Every statement of this domain.
pub const STATEMENTS: &[&str] =
    &[INSERT, INSERT_LINES, HEAD, FIND, LOCK, LINES, LIVE_OF_PRODUCT, HAS_ORDERED, SET_PAY_BY, SAVE, READDRESS];

/// Orders, and those that an event names.
const ORDERS: Keys = Keys::named("orders", "order_number");
/// Their lines.
const OF_ORDERS: Keys = Keys { table: "order_items", column: "order_id", ..ORDERS };

/// What must hold among orders: amounts that add up, and statuses with their data.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "payable = subtotal − discount − points + shipping fee, and never negative",
        over: Some(ORDERS),
        sql: WRONG_AMOUNTS,
        given: &[],
        subject: "{}",
        found: "subtotal {} − coupon {} − points {} + shipping {} is not payable {}, or tax {} is not in it",
    },
    Check {
        rule: "an order's amounts are the sums of its lines",
        over: Some(ORDERS),
        sql: WRONG_SUMS,
        given: &[],
        subject: "{}",
        found: "subtotal {}, lines {}; coupon {}, lines {}; points {}, lines {}",
    },
    Check {
        rule: "a line's subtotal is unit price × quantity, quantity at least 1, and its discounts are at most that",
        over: Some(OF_ORDERS),
        sql: WRONG_LINES,
        given: &[],
        subject: "order row {} line {}",
        found: "{} × {} is not {}, or coupon {} and points {} exceed it",
    },
    Check {
        rule: "an order has the data of its status",
        over: Some(ORDERS),
        sql: WRONG_STATES,
        given: &[],
        subject: "{}",
        found: "{} without its data, or with another status's",
    },
    Check { rule: "an order has lines", over: Some(ORDERS), sql: NO_LINES, given: &[], subject: "{}", found: "none" },
    crate::origin::TIED,
];

fn head(row: &Row<'_>) -> Result<Order> {
    let (id, number, user) = (row.next()?, row.next()?, row.next()?);
    let (status, milestones) = status(row)?;
    Ok(Order {
        id,
        number,
        user,
        status,
        milestones,
        lines: Vec::new(),
        amounts: Amounts {
            subtotal: row.next()?,
            coupon_discount: row.next()?,
            points_used: row.next()?,
            shipping_fee: row.next()?,
            tax: row.next()?,
            payable: row.next()?,
        },
        currency: Currency::of_code(&row.next::<String>()?)?,
        coupon: row.next::<Option<UserCouponId>>()?,
        address: address(row)?,
        memo: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

/// Where an order goes. The columns of one that waits for its address are empty.
fn address(row: &Row<'_>) -> Result<Option<Address>> {
    let address = Address {
        receiver_name: row.next()?,
        receiver_phone: row.next()?,
        zip_code: row.next()?,
        address1: row.next()?,
        address2: row.next()?,
    };
    Ok((!address.receiver_name.is_empty()).then_some(address))
}

/// What the columns of an address hold.
fn address_columns(address: Option<&Address>) -> [Arg<'_>; 5] {
    match address {
        Some(address) => [
            address.receiver_name.to_arg(),
            address.receiver_phone.to_arg(),
            address.zip_code.to_arg(),
            address.address1.to_arg(),
            address.address2.to_arg(),
        ],
        None => [Arg::Text(""), Arg::Text(""), Arg::Text(""), Arg::Text(""), Arg::Null],
    }
}

/// The status with the data that it needs, and the milestones; C001 when a column that the status needs is null.
fn status(row: &Row<'_>) -> Result<(Status, Milestones)> {
    let (kind, pay_by) = (row.next()?, row.next()?);
    let milestones = Milestones { paid_at: row.next()?, shipped_at: row.next()?, delivered_at: row.next()? };
    let Milestones { paid_at, delivered_at, .. } = milestones;
    let (ended_at, reason) = (row.next()?, row.next()?);
    let status = match kind {
        Kind::Pending => {
            return Err(Code::Internal.error().caused_by("no order is stored before its stock is reserved"));
        }
        Kind::Confirmed => Status::Confirmed { pay_by: present(pay_by)? },
        Kind::Paid => Status::Paid { at: present(paid_at)? },
        Kind::Shipping => Status::Shipping { paid_at: present(paid_at)? },
        Kind::Delivered => Status::Delivered { paid_at: present(paid_at)?, at: present(delivered_at)? },
        Kind::Cancelled => Status::Cancelled { at: present(ended_at)?, reason: present(reason)? },
        Kind::Refunded => Status::Refunded { at: present(ended_at)?, reason: present(reason)? },
    };
    Ok((status, milestones))
}

fn line(row: &Row<'_>) -> Result<(OrderId, Line)> {
    let order = row.next()?;
    let line = Line {
        number: row.next()?,
        product: row.next()?,
        variant: row.next()?,
        sku: row.next()?,
        product_name: row.next()?,
        variant_name: row.next()?,
        unit_price: row.next()?,
        quantity: row.next()?,
        subtotal: row.next()?,
        coupon_discount: row.next()?,
        points_used: row.next()?,
        tax_free: row.next()?,
    };
    Ok((order, line))
}

/// Stores an order without its lines; `None` when its number is taken.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    new: &NewOrder,
    status: &Status,
) -> Result<Option<OrderId>> {
    let (now, amounts) = (tx.now(), &new.amounts);
    let [receiver_name, receiver_phone, zip_code, address1, address2] = address_columns(new.address.as_ref());
    let id = tx.insert_new(
        INSERT,
        args![
            number,
            new.user,
            status.kind(),
            amounts.subtotal,
            amounts.coupon_discount,
            amounts.points_used,
            amounts.shipping_fee,
            amounts.tax,
            amounts.payable,
            new.currency.code(),
            new.coupon,
            receiver_name,
            receiver_phone,
            zip_code,
            address1,
            address2,
            new.memo,
            status.pay_by(),
            now,
            now,
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
                coupon_discount: new.coupon_discount,
                points_used: new.points_used,
                tax_free: new.tax_free,
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
                line.coupon_discount.to_arg(),
                line.points_used.to_arg(),
                line.tax_free.to_arg(),
            ]
        })
        .collect();
    tx.insert_rows(INSERT_LINES, rows).map(|_| ())
}

/// The order with its lines.
pub(crate) fn find(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<Option<Order>> {
    let (mut order, mut lines) = (None, Vec::new());
    tx.query(FIND, args![number], |row| {
        lines.push(line(row)?.1);
        if order.is_none() {
            order = Some(head(row)?);
        }
        Ok(())
    })?;
    Ok(order.map(|order| Order { lines, ..order }))
}

/// Whether an unfinished order has a line of this product.
pub(crate) fn has_live_of(tx: &mut Tx<'_>, product: ProductId) -> Result<bool> {
    Ok(tx.query_first(LIVE_OF_PRODUCT, args![product], |_| Ok(()))?.is_some())
}

/// Whether the user has an order that is not cancelled.
pub(crate) fn has_ordered(tx: &mut Tx<'_>, user: &UserId) -> Result<bool> {
    Ok(tx.query_first(HAS_ORDERED, args![user], |_| Ok(()))?.is_some())
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

/// Sets until when an order in CONFIRMED can be paid.
pub(crate) fn set_pay_by(tx: &mut Tx<'_>, number: &OrderNumber, pay_by: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.exec(SET_PAY_BY, args![pay_by, now, number]).map(|_| ())
}

/// Saves the order's new status and milestones if the order is unchanged since it was read; false when another change came first.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    order: &Order,
    next: &Status,
    milestones: Milestones,
    now: Timestamp,
) -> Result<bool> {
    let (ended_at, reason) = next.ended().unzip();
    let saved = tx.exec(
        SAVE,
        args![
            next.kind(),
            next.pay_by(),
            milestones.paid_at,
            milestones.shipped_at,
            milestones.delivered_at,
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

/// Saves where the order goes, its memo and what it costs then, if the order is unchanged since it was read; false when another change came first.
pub(crate) fn readdress(tx: &mut Tx<'_>, order: &Order, now: Timestamp) -> Result<bool> {
    let [receiver_name, receiver_phone, zip_code, address1, address2] = address_columns(order.address.as_ref());
    let crate::order::Amounts { shipping_fee, tax, payable, .. } = order.amounts;
    let row = args![
        receiver_name,
        receiver_phone,
        zip_code,
        address1,
        address2,
        order.memo,
        shipping_fee,
        tax,
        payable,
        now,
        order.id,
        order.version
    ];
    Ok(tx.exec(READDRESS, row)? == 1)
}
