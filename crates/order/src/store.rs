//! The SQL of orders: rows in and out, lists, and the audit.

use crate::ops::Sold;
use crate::order::{Amounts, Kind, Line, Milestones, NewLine, NewOrder, Order, Status};
use kernel::{
    Address, Code, Currency, Cursor, OrderId, OrderNumber, PageRequest, ProductId, Result, Timestamp, UserCouponId,
    UserId,
};
use std::collections::HashMap;
use store::{Arg, Check, Row, ToArg, Tx, args, concatcp, present};

/// What [`head`] reads, in this order.
const COLUMNS: &str =
    "id, order_number, user_id, status, pay_by, paid_at, shipped_at, delivered_at, ended_at, end_reason,
    subtotal, coupon_discount, points_used, payable, currency, user_coupon_id, receiver_name, receiver_phone, zip_code,
    address1, address2, memo, created_at, updated_at, version";
/// What [`line`] reads, in this order.
const LINE_COLUMNS: &str = "order_id, line_number, product_id, variant_id, sku, product_name, variant_name, unit_price,
    quantity, subtotal";

const INSERT: &str = "insert into orders (order_number, user_id, status, subtotal, coupon_discount, points_used,
    payable, currency, user_coupon_id, receiver_name, receiver_phone, zip_code, address1, address2, memo, pay_by,
    created_at, updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    {on conflict ignore: order_number}";
const INSERT_LINES: &str = "insert into order_items (order_id, line_number, product_id, variant_id, sku, product_name,
    variant_name, unit_price, quantity, subtotal) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
const FIND: &str = concatcp!("select ", COLUMNS, " from orders where order_number = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const LINES: &str =
    concatcp!("select ", LINE_COLUMNS, " from order_items where order_id in ([?]) order by order_id, line_number");
const BEST_SELLERS: &str = "select l.product_id, cast(sum(l.quantity) as {bigint}), cast(sum(l.subtotal) as {bigint})
      from orders o join order_items l on l.order_id = o.id
     where o.status in ('PAID', 'SHIPPING', 'DELIVERED') and o.created_at >= ?
     group by l.product_id order by 2 desc, 3 desc, 1 limit ?";
const LIVE_OF_PRODUCT: &str = "select l.order_id from orders o join order_items l on l.order_id = o.id
    where o.status in ('PENDING', 'CONFIRMED', 'PAID', 'SHIPPING') and l.product_id = ? limit 1";
const SAVE: &str = "update orders set status = ?, pay_by = coalesce(?, pay_by), paid_at = ?, shipped_at = ?,
    delivered_at = ?, ended_at = ?, end_reason = ?, updated_at = ?, version = version + 1
    where id = ? and status = ? and version = ?";

const READDRESS: &str =
    "update orders set receiver_name = ?, receiver_phone = ?, zip_code = ?, address1 = ?, address2 = ?,
    memo = ?, updated_at = ?, version = version + 1 where id = ? and version = ?";

// Planner hints: `coalesce(status, '')` and `created_at + 0` make the indexes on status and time unusable for a
// condition, so that every database walks the index whose order the list has: a user's few orders by id, and orders of
// several statuses by time. Without the hints planners choose the index on status and sort what they find.
const OWN_ONLY: &str =
    " where user_id = ? and coalesce(status, '') in ([?]) and created_at + 0 >= ? and created_at + 0 < ?";
const OWN_PAGE: &str = concatcp!(
    "select ",
    COLUMNS,
    " from orders",
    OWN_ONLY,
    OF_PRODUCT,
    " and id < ? order by id desc limit ? offset ?"
);
const OWN_COUNT: &str = concatcp!("select count(*) from orders", OWN_ONLY, OF_PRODUCT);

/// Orders with a line of a product, by a part of its name or sku, and by its id; each only where the argument before says so.
const OF_PRODUCT: &str = " and (? = 0 or exists (select 1 from order_items l where l.order_id = orders.id
        and (l.product_name {like} ? escape '!' or l.sku {like} ? escape '!')))
    and (? = 0 or exists (select 1 from order_items l where l.order_id = orders.id and l.product_id = ?))";
/// The signs that people write between the digits of a phone number do not count.
const PHONE: &str =
    "replace(replace(replace(replace(replace(receiver_phone, '-', ''), ' ', ''), '.', ''), '(', ''), ')', '')";
/// Of statuses, in a period, by everything that orders are found by.
const SEARCHED: &str = concatcp!(
    " coalesce(status, '') in ([?]) and created_at >= ? and created_at < ?
    and (order_number {like} ? escape '!' or user_id {like} ? escape '!' or receiver_name {like} ? escape '!'
        or ",
    PHONE,
    " like ? or exists (select 1 from order_items l where l.order_id = orders.id
        and (l.product_name {like} ? escape '!' or l.sku {like} ? escape '!')))
    and receiver_name {like} ? escape '!' and ",
    PHONE,
    " like ?",
    OF_PRODUCT
);
const SEARCH_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", SEARCHED, NEWEST_AFTER);
const SEARCH_COUNT: &str = concatcp!("select count(*) from orders where", SEARCHED);

const IN_PERIOD: &str = " created_at >= ? and created_at < ?";
const NEWEST_AFTER: &str = " and created_at <= ? and (created_at < ? or id < ?)
    order by created_at desc, id desc limit ? offset ?";
const OF_STATUS: &str = " status = ? and";
const OF_STATUSES: &str = " coalesce(status, '') in ([?]) and";
const ALL_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", IN_PERIOD, NEWEST_AFTER);
const ALL_COUNT: &str = concatcp!("select count(*) from orders where", IN_PERIOD);
const STATUS_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", OF_STATUS, IN_PERIOD, NEWEST_AFTER);
const STATUS_COUNT: &str = concatcp!("select count(*) from orders where", OF_STATUS, IN_PERIOD);
const STATUSES_PAGE: &str = concatcp!("select ", COLUMNS, " from orders where", OF_STATUSES, IN_PERIOD, NEWEST_AFTER);
const STATUSES_COUNT: &str = concatcp!("select count(*) from orders where status in ([?]) and", IN_PERIOD);
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
       or (status in ('PENDING', 'CONFIRMED', 'PAID', 'CANCELLED') and shipped_at is not null)
       or (status = 'DELIVERED' and delivered_at is null)
       or (status in ('PAID', 'SHIPPING', 'DELIVERED') and receiver_name = '')
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
    STATUSES_PAGE,
    STATUSES_COUNT,
    SEARCH_PAGE,
    SEARCH_COUNT,
    READDRESS,
    CREATED_AT,
];

/// What must hold among orders: amounts that add up, and statuses with their data.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "payable = subtotal − discount − points, and never negative",
        sql: WRONG_AMOUNTS,
        given: &[],
        subject: "{}",
        found: "subtotal {} − coupon {} − points {} is not payable {}",
    },
    Check {
        rule: "an order's subtotal is the sum of its lines",
        sql: WRONG_SUBTOTALS,
        given: &[],
        subject: "{}",
        found: "subtotal {}, lines {}",
    },
    Check {
        rule: "a line's subtotal is unit price × quantity, quantity at least 1",
        sql: WRONG_LINES,
        given: &[],
        subject: "order row {} line {}",
        found: "{} × {} is not {}",
    },
    Check {
        rule: "an order has the data of its status",
        sql: WRONG_STATES,
        given: &[],
        subject: "{}",
        found: "{} without its data, or with another status's",
    },
    Check { rule: "an order has lines", sql: NO_LINES, given: &[], subject: "{}", found: "none" },
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
        Kind::Pending => Status::Pending,
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
pub(crate) fn has_live_of(tx: &mut Tx<'_>, product: ProductId) -> Result<bool> {
    Ok(tx.query_first(LIVE_OF_PRODUCT, args![product], |_| Ok(()))?.is_some())
}

/// The best sellers among the orders placed since `since` and paid.
pub(crate) fn best_sellers(tx: &mut Tx<'_>, since: Timestamp, limit: i64) -> Result<Vec<Sold>> {
    tx.query(BEST_SELLERS, args![since, limit], |row| {
        Ok(Sold { product: row.get(0)?, quantity: row.get(1)?, amount: row.get(2)? })
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

/// Saves where the order goes and its memo, if the order is unchanged since it was read; false when another change came first.
pub(crate) fn readdress(tx: &mut Tx<'_>, order: &Order, now: Timestamp) -> Result<bool> {
    let [receiver_name, receiver_phone, zip_code, address1, address2] = address_columns(order.address.as_ref());
    let row =
        args![receiver_name, receiver_phone, zip_code, address1, address2, order.memo, now, order.id, order.version];
    Ok(tx.exec(READDRESS, row)? == 1)
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
    pub search: Search,
}

/// What orders are found by. A buyer's own orders are found by their products only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Part of the order number, the user's id, the receiver's name or phone, or a product's name or sku.
    pub keyword: Option<String>,
    /// Part of the receiver's name.
    pub name: Option<String>,
    /// Part of the receiver's phone; only its digits count.
    pub phone: Option<String>,
    /// Part of a product's name or sku.
    pub product: Option<String>,
    pub product_id: Option<ProductId>,
}

impl Default for Filter {
    fn default() -> Self {
        let (from, to) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
        Filter { statuses: Vec::new(), from, to, search: Search::default() }
    }
}

impl Filter {
    fn names(&self) -> &[Kind] {
        if self.statuses.is_empty() { &Kind::ALL } else { &self.statuses }
    }
}

impl Search {
    /// The arguments of [`OF_PRODUCT`].
    fn of_product(&self) -> [Arg<'static>; 5] {
        let pattern = pattern(self.product.as_deref());
        [
            Arg::Int(i64::from(self.product.is_some())),
            Arg::Owned(pattern.clone()),
            Arg::Owned(pattern),
            Arg::Int(i64::from(self.product_id.is_some())),
            Arg::Int(self.product_id.map_or(0, ProductId::raw)),
        ]
    }

    /// The arguments of [`SEARCHED`] after the period.
    fn all(&self) -> Vec<Arg<'static>> {
        let word = || Arg::Owned(pattern(self.keyword.as_deref()));
        // a keyword that cannot be a phone matches no phone, because none keeps its hyphens
        let as_phone =
            self.keyword.as_deref().map_or_else(|| "%".to_owned(), |word| digits(word).unwrap_or("-".to_owned()));
        let phone =
            self.phone.as_deref().map_or_else(|| "%".to_owned(), |phone| digits(phone).unwrap_or("-".to_owned()));
        let mut all = vec![word(), word(), word(), Arg::Owned(as_phone), word(), word()];
        all.extend([Arg::Owned(pattern(self.name.as_deref())), Arg::Owned(phone)]);
        all.extend(self.of_product());
        all
    }
}

/// Fewest digits that are taken for a part of a phone number.
const PHONE_DIGITS_MIN: usize = 3;

/// A pattern for a part of a phone number; `None` for a text that cannot be one.
fn digits(text: &str) -> Option<String> {
    let between = |c: char| matches!(c, '-' | ' ' | '.' | '(' | ')');
    let digits: String = text.chars().filter(|c| !between(*c)).collect();
    let number = digits.strip_prefix('+').unwrap_or(&digits);
    let is_one = number.len() >= PHONE_DIGITS_MIN && number.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| format!("%{digits}%"))
}

/// A pattern for `like … escape '!'`: anything that contains `text`.
fn pattern(text: Option<&str>) -> String {
    let mut pattern = String::from("%");
    for sign in text.unwrap_or_default().chars() {
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

/// A part of a list: after a cursor or after an offset.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub after: Option<Cursor>,
    pub offset: i64,
    pub limit: i64,
}

impl Part {
    /// The part that a page shows, and the row after it.
    pub(crate) fn of(request: PageRequest, after: Option<Cursor>) -> Part {
        Part { after, offset: request.offset_after(after), limit: request.limit() }
    }
}

/// A part of the user's own orders, newest first, and the number of orders on all pages.
pub fn own_page(tx: &mut Tx<'_>, user: &UserId, filter: &Filter, part: Part) -> Result<(Vec<Order>, i64)> {
    let before = part.after.map_or(i64::MAX, Cursor::id);
    let (statuses, product) = (Arg::list(filter.names()), filter.search.of_product());
    let which = [args![user, statuses, filter.from, filter.to], &product].concat();
    let mut orders = tx.query(OWN_PAGE, &[&which, args![before, part.limit, part.offset]].concat(), head)?;
    load_lines(tx, &mut orders)?;
    let total = tx.query_one(OWN_COUNT, &which, |row| row.get(0))?;
    Ok((orders, total))
}

/// A part of all orders, newest first, and the number of orders on all pages.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, part: Part) -> Result<(Vec<Order>, i64)> {
    let (before, before_id) = match part.after {
        Some(cursor) => (created_at(tx, cursor)?, cursor.id()),
        None => (Timestamp::from_millis(i64::MAX), i64::MAX),
    };
    let period = args![filter.from, filter.to];
    let newest = args![before, before, before_id, part.limit, part.offset];
    let statuses: &[Arg<'_>] = match filter.statuses.as_slice() {
        _ if filter.search != Search::default() => &[Arg::list(filter.names())],
        [] => &[],
        [status] => &[status.to_arg()],
        several => &[Arg::list(several)],
    };
    let (page, count, search) = match filter.statuses.as_slice() {
        _ if filter.search != Search::default() => (SEARCH_PAGE, SEARCH_COUNT, filter.search.all()),
        [] => (ALL_PAGE, ALL_COUNT, Vec::new()),
        [_] => (STATUS_PAGE, STATUS_COUNT, Vec::new()),
        [_, _, ..] => (STATUSES_PAGE, STATUSES_COUNT, Vec::new()),
    };
    let which = [statuses, period, &search].concat();
    let mut orders = tx.query(page, &[&which, newest].concat(), head)?;
    let total = tx.query_one(count, &which, |row| row.get(0))?;
    load_lines(tx, &mut orders)?;
    Ok((orders, total))
}

fn created_at(tx: &mut Tx<'_>, cursor: Cursor) -> Result<Timestamp> {
    tx.query_first(CREATED_AT, args![cursor.id()], |row| row.get(0))?
        .ok_or_else(|| Code::InvalidInput.because("that is not a cursor this list gave out"))
}
