//! The SQL of the read models. What is read of the other domains' tables is read by statements here and in `rebuild`: a report is
//! over all of them, and going through each domain's functions would cost a statement for each order.

use crate::view::{self, Day, DaySums, OrderView, PaymentView, ProductSums, ProductView, UserSums, user_sums};
use crate::ways::PROVIDER;
use kernel::{OrderId, PaymentId, ProductId, Result, Timestamp, UserId};
use std::collections::{BTreeMap, BTreeSet};
use store::{Arg, ToArg, Tx, args, concatcp};

/// One turn at a time: two transactions that work out the same row would both add it to the sums.
const TURN: &str = "insert into mv_turn (id, taken) values (1, 0) {on conflict (id): taken = 0}";

/// The columns of [`view::order`], from the records. The payment that counts is the live one; without one, the last that ended.
pub(crate) const ORDER_RECORDS: &str = "select o.id, o.order_number, o.user_id, o.status,
       coalesce((select p.status from payments p
                  where p.order_number = o.order_number and p.status not in ('PENDING', 'PROCESSING')
                    and p.live_key is not null order by p.id desc limit 1),
                (select p.status from payments p
                  where p.order_number = o.order_number and p.status not in ('PENDING', 'PROCESSING')
                    and p.live_key is null order by p.id desc limit 1)) as payment_status,
       o.payable as total_amount,
       coalesce((select cast(sum(p.refunded) as {bigint}) from payments p
                  where p.order_number = o.order_number and p.live_key is not null), 0) as refunded_amount,
       o.currency, cast(substr(o.order_number, 5, 8) as {bigint}) as day,
       coalesce((select cast(sum(l.quantity) as {bigint}) from order_items l where l.order_id = o.id), 0) as units,
       o.created_at as order_date, o.paid_at
  from orders o";
pub(crate) const ORDER_COLUMNS: &str = "id, order_number, user_id, status, payment_status, total_amount,
    refunded_amount, currency, day, units, order_date, paid_at";
const ORDER_RECORDS_OF: &str = concatcp!(ORDER_RECORDS, " where o.order_number in ([?])");
const ORDERS_OF: &str = concatcp!("select ", ORDER_COLUMNS, " from mv_orders where id in ([?])");
const INSERT_ORDERS: &str = concatcp!(
    "insert into mv_orders (",
    ORDER_COLUMNS,
    ", synced_at) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]
    {on conflict (id): order_number = new.order_number, status = new.status, payment_status = new.payment_status,
     total_amount = new.total_amount, refunded_amount = new.refunded_amount, currency = new.currency,
     units = new.units, order_date = new.order_date, synced_at = new.synced_at"
);
const SAVE_ORDERS: &str = concatcp!(INSERT_ORDERS, ", user_id = new.user_id, day = new.day, paid_at = new.paid_at}");
/// Of rows whose columns with an index stay: writing them again would write the pages of the indexes.
const UPDATE_ORDERS: &str = concatcp!(INSERT_ORDERS, "}");
const FORGET_ORDERS: &str = "delete from mv_orders where id in ([?])";
/// Which of these users have a paid order of which of these days.
const CUSTOMERS: &str = "select distinct day, user_id from mv_orders
    where user_id in ([?]) and day in ([?]) and paid_at is not null";

/// The columns of [`view::payment`], from the records: payments whose outcome is known.
pub(crate) const PAYMENT_RECORDS: &str = concatcp!(
    "select p.id, p.payment_number, p.order_number, p.user_id, p.amount,
       p.refunded as refunded_amount, p.status, p.method as payment_method, ",
    PROVIDER,
    " as payment_provider,
       p.created_at, p.paid_at as captured_at
  from payments p where p.status not in ('PENDING', 'PROCESSING')"
);
pub(crate) const PAYMENT_COLUMNS: &str = "id, payment_number, order_number, user_id, amount, refunded_amount, status,
    payment_method, payment_provider, created_at, captured_at";
const PAYMENT_RECORDS_OF: &str = concatcp!(PAYMENT_RECORDS, " and p.order_number in ([?])");
const PAYMENTS_OF: &str = concatcp!("select ", PAYMENT_COLUMNS, " from mv_payments where id in ([?])");
const INSERT_PAYMENTS: &str = concatcp!(
    "insert into mv_payments (",
    PAYMENT_COLUMNS,
    ", synced_at) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]
    {on conflict (id): payment_number = new.payment_number, user_id = new.user_id, amount = new.amount,
     refunded_amount = new.refunded_amount, status = new.status, payment_method = new.payment_method,
     payment_provider = new.payment_provider, created_at = new.created_at, synced_at = new.synced_at"
);
const SAVE_PAYMENTS: &str =
    concatcp!(INSERT_PAYMENTS, ", order_number = new.order_number, captured_at = new.captured_at}");
/// Of rows whose columns with an index stay.
const UPDATE_PAYMENTS: &str = concatcp!(INSERT_PAYMENTS, "}");
const FORGET_PAYMENTS: &str = "delete from mv_payments where id in ([?])";

/// The columns of [`view::product`], from the records. Stock is that of the variants on sale. A deleted product is in no category.
pub(crate) const PRODUCT_RECORDS: &str = "select p.id, p.sku, p.name, p.status, p.brand,
       case when p.status = 'DISCONTINUED' then null else p.category_id end as category_id,
       p.price as base_price, p.sale_price, p.image_url as primary_image_url, p.seller_id, p.created_at,
       coalesce((select cast(sum(s.available) as {bigint}) from product_variants v
                   join inventory_snapshots s on s.variant_id = v.id
                  where v.product_id = p.id and v.status = 'ACTIVE'), 0) as available_stock,
       coalesce((select max(s.low_stock_threshold) from product_variants v
                   join inventory_snapshots s on s.variant_id = v.id
                  where v.product_id = p.id and v.status = 'ACTIVE'), 0) as low_stock_threshold
  from products p";
pub(crate) const PRODUCT_COLUMNS: &str = "id, sku, name, status, brand, category_id, base_price, sale_price,
    primary_image_url, seller_id, created_at, available_stock, low_stock_threshold";
const PRODUCT_RECORDS_OF: &str = concatcp!(PRODUCT_RECORDS, " where p.id in ([?])");
const PRODUCTS_OF: &str = concatcp!("select ", PRODUCT_COLUMNS, " from mv_products where id in ([?])");
const INSERT_PRODUCTS: &str = concatcp!(
    "insert into mv_products (",
    PRODUCT_COLUMNS,
    ", purchase_count, synced_at) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]
    {on conflict (id): sku = new.sku, name = new.name, status = new.status, brand = new.brand,
     category_id = new.category_id, base_price = new.base_price, sale_price = new.sale_price,
     primary_image_url = new.primary_image_url, created_at = new.created_at, available_stock = new.available_stock,
     low_stock_threshold = new.low_stock_threshold, synced_at = new.synced_at"
);
const SAVE_PRODUCTS: &str = concatcp!(INSERT_PRODUCTS, ", seller_id = new.seller_id}");
/// Of rows whose column with an index stays.
const UPDATE_PRODUCTS: &str = concatcp!(INSERT_PRODUCTS, "}");
const FORGET_PRODUCTS: &str = "delete from mv_products where id in ([?])";
pub(crate) const PURCHASED: &str = "select product_id, cast(sum(units) as {bigint}) from mv_daily_products
    where product_id in ([?]) group by product_id";
const ADD_PURCHASES: &str =
    "update mv_products set purchase_count = purchase_count + [case id], synced_at = ? where id in ([?])";

pub(crate) const USER_COLUMNS: &str = "user_id, total_orders, total_spent, first_order_day, last_order_date";
const USERS_OF: &str = concatcp!("select ", USER_COLUMNS, " from mv_users where user_id in ([?])");
const INSERT_USERS: &str = concatcp!(
    "insert into mv_users (",
    USER_COLUMNS,
    ", synced_at) values [(?, ?, ?, ?, ?, ?)]
    {on conflict (user_id): total_orders = new.total_orders, total_spent = new.total_spent,
     last_order_date = new.last_order_date, synced_at = new.synced_at"
);
const SAVE_USERS: &str = concatcp!(INSERT_USERS, ", first_order_day = new.first_order_day}");
/// Of rows whose first day stays, which has an index.
const UPDATE_USERS: &str = concatcp!(INSERT_USERS, "}");

pub(crate) const DAY_COLUMNS: &str = "day, total_orders, completed_orders, cancelled_orders, refunded_orders, units,
    gross_revenue, refunded_amount, unique_customers";
const ADD_TO_DAYS: &str = concatcp!(
    "insert into mv_daily_sales (",
    DAY_COLUMNS,
    ", synced_at) values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]
    {on conflict (day): total_orders = mv_daily_sales.total_orders + new.total_orders,
     completed_orders = mv_daily_sales.completed_orders + new.completed_orders,
     cancelled_orders = mv_daily_sales.cancelled_orders + new.cancelled_orders,
     refunded_orders = mv_daily_sales.refunded_orders + new.refunded_orders,
     units = mv_daily_sales.units + new.units, gross_revenue = mv_daily_sales.gross_revenue + new.gross_revenue,
     refunded_amount = mv_daily_sales.refunded_amount + new.refunded_amount,
     unique_customers = mv_daily_sales.unique_customers + new.unique_customers, synced_at = new.synced_at}"
);

const LINES_OF: &str = "select order_id, product_id, cast(sum(quantity) as {bigint}), cast(sum(subtotal) as {bigint})
    from order_items where order_id in ([?]) group by order_id, product_id";
const ADD_TO_PRODUCTS: &str = "insert into mv_daily_products (day, product_id, orders, units, amount)
    values [(?, ?, ?, ?, ?)]
    {on conflict (day, product_id): orders = mv_daily_products.orders + new.orders,
     units = mv_daily_products.units + new.units, amount = mv_daily_products.amount + new.amount}";
/// A product of which nothing was sold on a day has no row.
const FORGET_UNSOLD: &str = "delete from mv_daily_products where orders = 0 and day in ([?]) and product_id in ([?])";

/// Every statement that keeps the read models.
pub const STATEMENTS: &[&str] = &[
    TURN,
    ORDER_RECORDS_OF,
    ORDERS_OF,
    SAVE_ORDERS,
    UPDATE_ORDERS,
    FORGET_ORDERS,
    CUSTOMERS,
    PAYMENT_RECORDS_OF,
    PAYMENTS_OF,
    SAVE_PAYMENTS,
    UPDATE_PAYMENTS,
    FORGET_PAYMENTS,
    PRODUCT_RECORDS_OF,
    PRODUCTS_OF,
    SAVE_PRODUCTS,
    UPDATE_PRODUCTS,
    FORGET_PRODUCTS,
    PURCHASED,
    ADD_PURCHASES,
    USERS_OF,
    SAVE_USERS,
    UPDATE_USERS,
    ADD_TO_DAYS,
    LINES_OF,
    ADD_TO_PRODUCTS,
    FORGET_UNSOLD,
];

/// Waits until no other transaction works out read models.
pub(crate) fn take_turn(tx: &mut Tx<'_>) -> Result<()> {
    tx.exec(TURN, args![]).map(drop)
}

/// What the records say of these orders.
pub(crate) fn order_records(tx: &mut Tx<'_>, numbers: &BTreeSet<String>) -> Result<Vec<OrderView>> {
    let numbers = Arg::List(numbers.iter().map(ToArg::to_arg).collect());
    tx.query(ORDER_RECORDS_OF, &[numbers], view::order)
}

/// The rows with these ids.
pub(crate) fn orders(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<BTreeMap<OrderId, OrderView>> {
    let rows = tx.query(ORDERS_OF, &[Arg::list(ids)], view::order)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Stores the rows; `before` has those that are there already.
pub(crate) fn save_orders(tx: &mut Tx<'_>, rows: &[&OrderView], before: &BTreeMap<OrderId, OrderView>) -> Result<()> {
    let indexed = |row: &OrderView| (row.user, row.day, row.paid_at);
    let stays = |row: &OrderView| before.get(&row.id).is_some_and(|old| indexed(old) == indexed(row));
    let now = tx.now();
    let values = |row| of_order(row, &now);
    save_parted(tx, rows, stays, [UPDATE_ORDERS, SAVE_ORDERS], values)
}

fn of_order<'r>(row: &'r OrderView, now: &'r Timestamp) -> Vec<Arg<'r>> {
    let fields = args![
        row.id,
        row.number,
        row.user,
        row.status,
        row.payment_status,
        row.total,
        row.refunded,
        row.currency,
        row.day,
        row.units,
        row.ordered_at,
        row.paid_at,
        *now
    ];
    fields.to_vec()
}

pub(crate) fn forget_orders(tx: &mut Tx<'_>, ids: &[OrderId]) -> Result<()> {
    tx.exec(FORGET_ORDERS, &[Arg::list(ids)]).map(|_| ())
}

/// Those of these pairs of a day and a user who have a paid order of that day.
pub(crate) fn customers(tx: &mut Tx<'_>, asked: &BTreeSet<(Day, UserId)>) -> Result<BTreeSet<(Day, UserId)>> {
    let days: BTreeSet<Day> = asked.iter().map(|(day, _)| *day).collect();
    let users: BTreeSet<UserId> = asked.iter().map(|(_, user)| *user).collect();
    let (days, users): (Vec<_>, Vec<_>) = (days.into_iter().collect(), users.into_iter().collect());
    let found = tx.query(CUSTOMERS, &[Arg::list(&users), Arg::list(&days)], |row| Ok((row.next()?, row.next()?)))?;
    Ok(found.into_iter().collect())
}

/// What the records say of the payments of these orders.
pub(crate) fn payment_records(tx: &mut Tx<'_>, orders: &BTreeSet<String>) -> Result<Vec<PaymentView>> {
    let orders = Arg::List(orders.iter().map(ToArg::to_arg).collect());
    tx.query(PAYMENT_RECORDS_OF, &[orders], view::payment)
}

/// The rows with these ids.
pub(crate) fn payments(tx: &mut Tx<'_>, ids: &[PaymentId]) -> Result<BTreeMap<PaymentId, PaymentView>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx.query(PAYMENTS_OF, &[Arg::list(ids)], view::payment)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Stores the rows; `before` has those that are there already.
pub(crate) fn save_payments(
    tx: &mut Tx<'_>,
    rows: &[&PaymentView],
    before: &BTreeMap<PaymentId, PaymentView>,
) -> Result<()> {
    let stays = |row: &PaymentView| {
        let old = before.get(&row.id);
        old.is_some_and(|old| old.order == row.order && old.captured_at == row.captured_at)
    };
    let now = tx.now();
    save_parted(tx, rows, stays, [UPDATE_PAYMENTS, SAVE_PAYMENTS], |row| of_payment(row, &now))
}

fn of_payment<'r>(row: &'r PaymentView, now: &'r Timestamp) -> Vec<Arg<'r>> {
    let fields = args![
        row.id,
        row.number,
        row.order,
        row.user,
        row.amount,
        row.refunded,
        row.status,
        row.method,
        row.provider,
        row.created_at,
        row.captured_at,
        *now
    ];
    fields.to_vec()
}

pub(crate) fn forget_payments(tx: &mut Tx<'_>, ids: &[PaymentId]) -> Result<()> {
    tx.exec(FORGET_PAYMENTS, &[Arg::list(ids)]).map(|_| ())
}

/// What the records say of these products.
pub(crate) fn product_records(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<ProductView>> {
    tx.query(PRODUCT_RECORDS_OF, &[Arg::list(ids)], view::product)
}

/// The rows with these ids.
pub(crate) fn products(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<BTreeMap<ProductId, ProductView>> {
    let rows = tx.query(PRODUCTS_OF, &[Arg::list(ids)], view::product)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Stores the rows; `before` has those that are there already, and `purchased` is what a new one begins with.
pub(crate) fn save_products(
    tx: &mut Tx<'_>,
    rows: &[&ProductView],
    before: &BTreeMap<ProductId, ProductView>,
    purchased: &BTreeMap<ProductId, i64>,
) -> Result<()> {
    let stays = |row: &ProductView| before.get(&row.id).is_some_and(|old| old.seller == row.seller);
    let now = tx.now();
    let values = |row| of_product(row, purchased, &now);
    save_parted(tx, rows, stays, [UPDATE_PRODUCTS, SAVE_PRODUCTS], values)
}

fn of_product<'r>(row: &'r ProductView, purchased: &'r BTreeMap<ProductId, i64>, now: &'r Timestamp) -> Vec<Arg<'r>> {
    let sold = purchased.get(&row.id).unwrap_or(&0);
    let fields = args![
        row.id,
        row.sku,
        row.name,
        row.status,
        row.brand,
        row.category,
        row.base_price,
        row.sale_price,
        row.image_url,
        row.seller,
        row.created_at,
        row.available,
        row.low_stock_threshold,
        *sold,
        *now
    ];
    fields.to_vec()
}

pub(crate) fn forget_products(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<()> {
    tx.exec(FORGET_PRODUCTS, &[Arg::list(ids)]).map(|_| ())
}

/// How many units of these products were sold on all days.
pub(crate) fn purchased(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<BTreeMap<ProductId, i64>> {
    Ok(tx.query(PURCHASED, &[Arg::list(ids)], |row| Ok((row.next()?, row.next()?)))?.into_iter().collect())
}

pub(crate) fn add_purchases(tx: &mut Tx<'_>, units: &BTreeMap<ProductId, i64>) -> Result<()> {
    let now = tx.now();
    let pairs = units.iter().map(|(product, units)| (product.raw(), *units)).collect();
    let ids: Vec<ProductId> = units.keys().copied().collect();
    tx.exec(ADD_PURCHASES, &[Arg::Pairs(pairs), now.to_arg(), Arg::list(&ids)]).map(|_| ())
}

/// The sums of these users.
pub(crate) fn users(tx: &mut Tx<'_>, ids: &[UserId]) -> Result<BTreeMap<UserId, UserSums>> {
    Ok(tx.query(USERS_OF, &[Arg::list(ids)], user_sums)?.into_iter().collect())
}

/// Stores the rows; `before` has those that are there already.
pub(crate) fn save_users(
    tx: &mut Tx<'_>,
    rows: &BTreeMap<UserId, UserSums>,
    before: &BTreeMap<UserId, UserSums>,
) -> Result<()> {
    let rows: Vec<(UserId, UserSums)> = rows.iter().map(|(user, sums)| (*user, *sums)).collect();
    let rows: Vec<&(UserId, UserSums)> = rows.iter().collect();
    let stays = |(user, sums): &(UserId, UserSums)| before.get(user).is_some_and(|old| old.first_day == sums.first_day);
    let now = tx.now();
    save_parted(tx, &rows, stays, [UPDATE_USERS, SAVE_USERS], |(user, sums)| {
        args![*user, sums.paid, sums.spent, sums.first_day, sums.last_at, now].to_vec()
    })
}

/// Adds to the rows of these days.
pub(crate) fn add_to_days(tx: &mut Tx<'_>, days: &BTreeMap<Day, DaySums>) -> Result<()> {
    let now = tx.now();
    let values = days.iter().filter(|(_, sums)| !sums.is_nothing()).map(|(day, sums)| {
        let fields = args![
            *day,
            sums.orders,
            sums.completed,
            sums.cancelled,
            sums.refunded_orders,
            sums.units,
            sums.gross,
            sums.refunded,
            sums.customers,
            now
        ];
        fields.to_vec()
    });
    save(tx, ADD_TO_DAYS, values.collect())
}

/// What was bought of each product with these orders.
pub(crate) fn lines(tx: &mut Tx<'_>, orders: &[OrderId]) -> Result<Vec<(OrderId, ProductId, ProductSums)>> {
    tx.query(LINES_OF, &[Arg::list(orders)], |row| {
        let (order, product) = (row.next()?, row.next()?);
        Ok((order, product, ProductSums { orders: 1, units: row.next()?, amount: row.next()? }))
    })
}

/// Adds to the rows of these days and products. Rows that count nothing any more are deleted.
pub(crate) fn add_to_products(tx: &mut Tx<'_>, sums: &BTreeMap<(Day, ProductId), ProductSums>) -> Result<()> {
    let values =
        sums.iter().map(|((day, product), sums)| args![*day, *product, sums.orders, sums.units, sums.amount].to_vec());
    save(tx, ADD_TO_PRODUCTS, values.collect())?;
    let fewer: Vec<_> = sums.iter().filter(|(_, sums)| sums.orders <= 0).map(|(key, _)| *key).collect();
    if fewer.is_empty() {
        return Ok(());
    }
    let (days, products): (BTreeSet<Day>, BTreeSet<ProductId>) = fewer.into_iter().unzip();
    let (days, products): (Vec<_>, Vec<_>) = (days.into_iter().collect(), products.into_iter().collect());
    tx.exec(FORGET_UNSOLD, &[Arg::list(&days), Arg::list(&products)]).map(|_| ())
}

/// Stores rows: those whose columns with an index stay by the first statement, the others by the second.
fn save_parted<'r, T>(
    tx: &mut Tx<'_>,
    rows: &[&'r T],
    stays: impl Fn(&T) -> bool,
    [update, insert]: [&'static str; 2],
    values: impl Fn(&'r T) -> Vec<Arg<'r>>,
) -> Result<()> {
    let (staying, others): (Vec<&'r T>, Vec<&'r T>) = rows.iter().copied().partition(|row| stays(row));
    save(tx, update, staying.into_iter().map(&values).collect())?;
    save(tx, insert, others.into_iter().map(&values).collect())
}

fn save(tx: &mut Tx<'_>, sql: &'static str, values: Vec<Vec<Arg<'_>>>) -> Result<()> {
    if values.is_empty() { Ok(()) } else { tx.insert_rows(sql, values).map(|_| ()) }
}
