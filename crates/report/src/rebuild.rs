//! Works out every read model anew, compares it with what is stored and repairs the differences, in chunks that keep no one waiting.

use crate::ops;
use crate::store::{
    self, DAY_COLUMNS, ORDER_COLUMNS, ORDER_RECORDS, PAYMENT_COLUMNS, PAYMENT_RECORDS, PRODUCT_COLUMNS,
    PRODUCT_RECORDS, USER_COLUMNS,
};
use crate::view::{self, Day, DaySums, OrderView, PaymentView, ProductSums, ProductView, UserSums};
use ::store::{Arg, Db, ToArg, Tx, args, concatcp};
use kernel::{ProductId, Result, UserId};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use utoipa::ToSchema;

/// Rows compared by one job.
const CHUNK: i64 = 500;
/// Differences listed for each read model; further ones are only counted and repaired.
const LISTED_MAX: usize = 100;
/// After this time a row that differs is looked at again: the reaction to its last event may not have run yet.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

const LAST_ORDER: &str = "select {greatest}(coalesce((select max(id) from orders), 0),
    coalesce((select max(id) from mv_orders), 0))";
const LAST_PAYMENT: &str = "select {greatest}(coalesce((select max(id) from payments), 0),
    coalesce((select max(id) from mv_payments), 0))";
const LAST_PRODUCT: &str = "select {greatest}(coalesce((select max(id) from products), 0),
    coalesce((select max(id) from mv_products), 0))";
const ORDER_RECORDS_IN: &str = concatcp!(ORDER_RECORDS, " where o.id > ? and o.id <= ?");
const ORDERS_IN: &str = concatcp!("select ", ORDER_COLUMNS, " from mv_orders where id > ? and id <= ?");
const PAYMENT_RECORDS_IN: &str = concatcp!(PAYMENT_RECORDS, " and p.id > ? and p.id <= ?");
const PAYMENTS_IN: &str = concatcp!("select ", PAYMENT_COLUMNS, " from mv_payments where id > ? and id <= ?");
const PRODUCT_RECORDS_IN: &str = concatcp!(PRODUCT_RECORDS, " where p.id > ? and p.id <= ?");
const PRODUCTS_IN: &str = concatcp!("select ", PRODUCT_COLUMNS, " from mv_products where id > ? and id <= ?");
const PURCHASES_IN: &str = "select m.id, m.purchase_count,
        coalesce((select cast(sum(d.units) as {bigint}) from mv_daily_products d where d.product_id = m.id), 0)
    from mv_products m where m.id > ? and m.id <= ?";
const SET_PURCHASES: &str = "update mv_products set purchase_count = [case id], synced_at = ? where id in ([?])";

const BUYERS_AFTER: &str = "select distinct user_id from orders where user_id > ? order by user_id limit ?";
const USERS_AFTER: &str = "select user_id from mv_users where user_id > ? order by user_id limit ?";
const OF_USERS: &str = "select o.user_id, count(m.paid_at),
        cast(sum(case when m.paid_at is null then 0 else m.total_amount - m.refunded_amount end) as {bigint}),
        min(case when m.paid_at is null then null else m.day end),
        max(case when m.paid_at is null then null else m.order_date end)
    from orders o join mv_orders m on m.id = o.id";
const USERS_SUMMED: &str = concatcp!(OF_USERS, " where o.user_id > ? and o.user_id <= ? group by o.user_id");
const USER_SUMMED: &str = concatcp!(OF_USERS, " where o.user_id in ([?]) group by o.user_id");
const USERS_IN: &str = concatcp!("select ", USER_COLUMNS, " from mv_users where user_id > ? and user_id <= ?");
const FORGET_USERS: &str = "delete from mv_users where user_id in ([?])";

const NEXT_DAY: &str = "select min(d.day) from (select min(day) as day from mv_orders where day > ?
    union all select min(day) as day from mv_daily_sales where day > ?
    union all select min(day) as day from mv_daily_products where day > ?) d";
const DAY_SUMMED: &str = "select day, count(*), count(paid_at),
        cast(sum(case when status = 'CANCELLED' then 1 else 0 end) as {bigint}),
        cast(sum(case when status = 'REFUNDED' then 1 else 0 end) as {bigint}),
        cast(sum(case when paid_at is null then 0 else units end) as {bigint}),
        cast(sum(case when paid_at is null then 0 else total_amount end) as {bigint}),
        cast(sum(case when paid_at is null then 0 else refunded_amount end) as {bigint}),
        count(distinct case when paid_at is null then null else user_id end)
    from mv_orders where day = ? group by day";
const DAY: &str = concatcp!("select ", DAY_COLUMNS, " from mv_daily_sales where day = ?");
const FORGET_DAY: &str = "delete from mv_daily_sales where day = ?";
const DAY_PRODUCTS_SUMMED: &str = "select l.product_id, count(distinct o.id), cast(sum(l.quantity) as {bigint}),
        cast(sum(l.subtotal) as {bigint})
    from mv_orders o join order_items l on l.order_id = o.id
    where o.day = ? and o.paid_at is not null and o.status <> 'REFUNDED' group by l.product_id";
const DAY_PRODUCTS: &str = "select product_id, orders, units, amount from mv_daily_products where day = ?";
const FORGET_DAY_PRODUCTS: &str = "delete from mv_daily_products where day = ?";

/// Every statement of rebuilds.
pub const STATEMENTS: &[&str] = &[
    LAST_ORDER,
    LAST_PAYMENT,
    LAST_PRODUCT,
    ORDER_RECORDS_IN,
    ORDERS_IN,
    PAYMENT_RECORDS_IN,
    PAYMENTS_IN,
    PRODUCT_RECORDS_IN,
    PRODUCTS_IN,
    PURCHASES_IN,
    SET_PURCHASES,
    BUYERS_AFTER,
    USERS_AFTER,
    USERS_SUMMED,
    USER_SUMMED,
    USERS_IN,
    FORGET_USERS,
    NEXT_DAY,
    DAY_SUMMED,
    DAY,
    FORGET_DAY,
    DAY_PRODUCTS_SUMMED,
    DAY_PRODUCTS,
    FORGET_DAY_PRODUCTS,
];

/// Result of a rebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportRebuild)]
pub struct Report {
    /// Whether it only compared.
    pub dry_run: bool,
    /// The sequence number of the newest event that the read models had followed when it began.
    pub as_of: i64,
    /// Rows that differ, over all read models.
    pub different: usize,
    /// Each read model.
    pub views: Vec<Rebuilt>,
}

/// What a rebuild found in one read model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportRebuilt)]
pub struct Rebuilt {
    /// Its table.
    pub view: &'static str,
    /// Rows compared.
    pub rows: usize,
    /// Rows that are missing, superfluous, or not as the records say.
    pub different: usize,
    /// The first 100 of them.
    pub differences: Vec<String>,
}

/// What one look found.
struct Look<T> {
    rows: usize,
    wrong: Vec<T>,
}

/// Compares every read model with what the records say and, unless `dry_run`, repairs it. Safe while the shop sells.
pub async fn run(db: &Db, dry_run: bool) -> Result<Report> {
    let as_of = db.read("report.as-of", ops::as_of).await?;
    let rebuild = Rebuild { db, dry_run };
    let views = vec![
        rebuild.in_ranges("mv_orders", LAST_ORDER, look_at_orders, repair_orders).await?,
        rebuild.in_ranges("mv_payments", LAST_PAYMENT, look_at_payments, repair_payments).await?,
        rebuild.in_ranges("mv_products", LAST_PRODUCT, look_at_products, repair_products).await?,
        rebuild.users().await?,
        rebuild.days().await?,
        rebuild.in_ranges("mv_products.purchase_count", LAST_PRODUCT, look_at_purchases, repair_purchases).await?,
    ];
    let different = views.iter().map(|view| view.different).sum();
    Ok(Report { dry_run, as_of, different, views })
}

/// Something that differs, with its name in the report.
trait Wrong: Clone + PartialEq + Send + Sync + 'static {
    fn name(&self) -> String;
}

struct Rebuild<'a> {
    db: &'a Db,
    dry_run: bool,
}

impl Rebuild<'_> {
    /// A read model with numbers for keys.
    async fn in_ranges<T: Wrong>(
        &self,
        view: &'static str,
        last: &'static str,
        look: fn(&mut Tx<'_>, (i64, i64)) -> Result<Look<T>>,
        repair: fn(&mut Tx<'_>, &[T]) -> Result<()>,
    ) -> Result<Rebuilt> {
        let last: i64 = self.db.read("report.rebuild", move |tx| tx.query_one(last, args![], |row| row.get(0))).await?;
        let mut rebuilt = Rebuilt { view, ..Rebuilt::default() };
        for from in (0..last).step_by(CHUNK as usize) {
            let range = (from, from + CHUNK);
            self.chunk(&mut rebuilt, move |tx| look(tx, range), repair).await?;
        }
        Ok(rebuilt)
    }

    async fn users(&self) -> Result<Rebuilt> {
        let mut rebuilt = Rebuilt { view: "mv_users", ..Rebuilt::default() };
        let mut after = String::new();
        loop {
            let from = after.clone();
            let Some(to) = self.db.read("report.rebuild", move |tx| last_user(tx, &from)).await? else {
                return Ok(rebuilt);
            };
            let range = (after, to.clone());
            self.chunk(&mut rebuilt, move |tx| look_at_users(tx, &range), repair_users).await?;
            after = to;
        }
    }

    async fn days(&self) -> Result<Rebuilt> {
        let mut rebuilt = Rebuilt { view: "mv_daily_sales", ..Rebuilt::default() };
        let mut after = 0;
        loop {
            let next = move |tx: &mut Tx<'_>| tx.query_one(NEXT_DAY, args![after, after, after], |row| row.get(0));
            let Some(day) = self.db.read("report.rebuild", next).await? else { return Ok(rebuilt) };
            self.chunk(&mut rebuilt, move |tx| look_at_day(tx, day), repair_days).await?;
            after = day;
        }
    }

    /// Looks and repairs. A dry run looks again at what differs, and only what differs both times counts; a repair can only be too
    /// early, which changes nothing in the end.
    async fn chunk<T: Wrong>(
        &self,
        rebuilt: &mut Rebuilt,
        look: impl Fn(&mut Tx<'_>) -> Result<Look<T>> + Clone + Send + 'static,
        repair: fn(&mut Tx<'_>, &[T]) -> Result<()>,
    ) -> Result<()> {
        let first = self.db.read("report.rebuild", look.clone()).await?;
        rebuilt.rows += first.rows;
        if first.wrong.is_empty() {
            return Ok(());
        }
        let mut wrong = first.wrong;
        if self.dry_run {
            tokio::time::sleep(LOOK_AGAIN).await;
            let again = self.db.read("report.rebuild", look).await?.wrong;
            wrong.retain(|one| again.iter().any(|other| other.name() == one.name()));
        }
        rebuilt.different += wrong.len();
        let room = LISTED_MAX.saturating_sub(rebuilt.differences.len());
        rebuilt.differences.extend(wrong.iter().take(room).map(Wrong::name));
        if !self.dry_run && !wrong.is_empty() {
            tracing::warn!(view = rebuilt.view, rows = wrong.len(), "read model repaired");
            let repaired = move |tx: &mut Tx<'_>| {
                store::take_turn(tx)?;
                repair(tx, &wrong)
            };
            self.db.write("report.repair", repaired).await?;
        }
        Ok(())
    }
}

/// A row as the records say, and as it is stored.
#[derive(Debug, Clone, PartialEq)]
struct Pair<T> {
    records: Option<T>,
    stored: Option<T>,
}

/// The rows that differ; `key` finds the two that belong together.
fn paired<T: PartialEq, K: Ord>(records: Vec<T>, stored: Vec<T>, key: fn(&T) -> K) -> Look<Pair<T>> {
    let rows = records.len();
    let mut stored: BTreeMap<K, T> = stored.into_iter().map(|row| (key(&row), row)).collect();
    let mut pairs: Vec<Pair<T>> = Vec::new();
    for row in records {
        let stored = stored.remove(&key(&row));
        if stored.as_ref() != Some(&row) {
            pairs.push(Pair { records: Some(row), stored });
        }
    }
    pairs.extend(stored.into_values().map(|row| Pair { records: None, stored: Some(row) }));
    Look { rows, wrong: pairs }
}

fn either<T>(pair: &Pair<T>, name: impl Fn(&T) -> String) -> String {
    pair.records.as_ref().or(pair.stored.as_ref()).map(name).unwrap_or_default()
}

impl Wrong for Pair<OrderView> {
    fn name(&self) -> String {
        either(self, |row| row.number.clone())
    }
}

impl Wrong for Pair<PaymentView> {
    fn name(&self) -> String {
        either(self, |row| row.number.clone())
    }
}

impl Wrong for Pair<ProductView> {
    fn name(&self) -> String {
        either(self, |row| format!("product {}", row.id))
    }
}

fn look_at_orders(tx: &mut Tx<'_>, (from, to): (i64, i64)) -> Result<Look<Pair<OrderView>>> {
    let records = tx.query(ORDER_RECORDS_IN, args![from, to], view::order)?;
    let stored = tx.query(ORDERS_IN, args![from, to], view::order)?;
    Ok(paired(records, stored, |row| row.id))
}

fn repair_orders(tx: &mut Tx<'_>, wrong: &[Pair<OrderView>]) -> Result<()> {
    let lost: Vec<OrderView> =
        wrong.iter().filter(|pair| pair.records.is_none()).filter_map(|pair| pair.stored.clone()).collect();
    if !lost.is_empty() {
        ops::forget_orders(tx, &lost)?;
    }
    let numbers = wrong.iter().filter_map(|pair| pair.records.as_ref()).map(|row| row.number.clone());
    ops::work_out_orders(tx, &numbers.collect())
}

fn look_at_payments(tx: &mut Tx<'_>, (from, to): (i64, i64)) -> Result<Look<Pair<PaymentView>>> {
    let records = tx.query(PAYMENT_RECORDS_IN, args![from, to], view::payment)?;
    let stored = tx.query(PAYMENTS_IN, args![from, to], view::payment)?;
    Ok(paired(records, stored, |row| row.id))
}

fn repair_payments(tx: &mut Tx<'_>, wrong: &[Pair<PaymentView>]) -> Result<()> {
    let lost = wrong.iter().filter(|pair| pair.records.is_none()).filter_map(|pair| pair.stored.as_ref());
    let lost: Vec<_> = lost.map(|row| row.id).collect();
    if !lost.is_empty() {
        store::forget_payments(tx, &lost)?;
    }
    let orders = wrong.iter().filter_map(|pair| pair.records.as_ref()).map(|row| row.order.clone());
    ops::work_out_orders(tx, &orders.collect())
}

fn look_at_products(tx: &mut Tx<'_>, (from, to): (i64, i64)) -> Result<Look<Pair<ProductView>>> {
    let records = tx.query(PRODUCT_RECORDS_IN, args![from, to], view::product)?;
    let stored = tx.query(PRODUCTS_IN, args![from, to], view::product)?;
    Ok(paired(records, stored, |row| row.id))
}

fn repair_products(tx: &mut Tx<'_>, wrong: &[Pair<ProductView>]) -> Result<()> {
    let lost: Vec<ProductId> = wrong
        .iter()
        .filter(|pair| pair.records.is_none())
        .filter_map(|pair| pair.stored.as_ref())
        .map(|row| row.id)
        .collect();
    if !lost.is_empty() {
        store::forget_products(tx, &lost)?;
    }
    let products = wrong.iter().filter_map(|pair| pair.records.as_ref()).map(|row| row.id);
    ops::work_out_products(tx, &products.collect())
}

/// A product whose purchases are not what was sold of it.
#[derive(Debug, Clone, PartialEq)]
struct Purchases {
    product: ProductId,
    sold: i64,
}

impl Wrong for Purchases {
    fn name(&self) -> String {
        format!("product {}", self.product)
    }
}

fn look_at_purchases(tx: &mut Tx<'_>, (from, to): (i64, i64)) -> Result<Look<Purchases>> {
    let all = tx.query(PURCHASES_IN, args![from, to], |row| {
        let (product, counted, sold): (ProductId, i64, i64) = (row.next()?, row.next()?, row.next()?);
        Ok((Purchases { product, sold }, counted))
    })?;
    let rows = all.len();
    let wrong = all.into_iter().filter(|(one, counted)| one.sold != *counted).map(|(one, _)| one).collect();
    Ok(Look { rows, wrong })
}

fn repair_purchases(tx: &mut Tx<'_>, wrong: &[Purchases]) -> Result<()> {
    let ids: Vec<ProductId> = wrong.iter().map(|one| one.product).collect();
    let sold = store::purchased(tx, &ids)?;
    let pairs = ids.iter().map(|id| (id.raw(), sold.get(id).copied().unwrap_or(0))).collect();
    let now = tx.now();
    tx.exec(SET_PURCHASES, &[Arg::Pairs(pairs), now.to_arg(), Arg::list(&ids)]).map(|_| ())
}

impl Wrong for (UserId, Pair<UserSums>) {
    fn name(&self) -> String {
        format!("user {}", self.0)
    }
}

/// The last of the next users after `after`; `None` when there are no more.
fn last_user(tx: &mut Tx<'_>, after: &str) -> Result<Option<String>> {
    let mut users = BTreeSet::new();
    for sql in [BUYERS_AFTER, USERS_AFTER] {
        users.extend(tx.query(sql, args![after, CHUNK], |row| row.get::<String>(0))?);
    }
    Ok(users.into_iter().take(CHUNK as usize).next_back())
}

type WrongUser = (UserId, Pair<UserSums>);

fn look_at_users(tx: &mut Tx<'_>, (from, to): &(String, String)) -> Result<Look<WrongUser>> {
    let records = tx.query(USERS_SUMMED, args![from, to], view::user_sums)?;
    let stored = tx.query(USERS_IN, args![from, to], view::user_sums)?;
    let rows = records.len();
    Ok(Look { rows, wrong: differing(records, stored) })
}

/// Keys with values that are not the same on both sides.
fn differing<K: Ord + Copy, V: Copy + PartialEq>(records: Vec<(K, V)>, stored: Vec<(K, V)>) -> Vec<(K, Pair<V>)> {
    let (records, stored): (BTreeMap<K, V>, BTreeMap<K, V>) =
        (records.into_iter().collect(), stored.into_iter().collect());
    let keys: BTreeSet<K> = records.keys().chain(stored.keys()).copied().collect();
    let pair = |key: K| (key, Pair { records: records.get(&key).copied(), stored: stored.get(&key).copied() });
    keys.into_iter().map(pair).filter(|(_, pair)| pair.records != pair.stored).collect()
}

fn repair_users(tx: &mut Tx<'_>, wrong: &[WrongUser]) -> Result<()> {
    let users: Vec<UserId> = wrong.iter().map(|(user, _)| *user).collect();
    // the orders may have changed since they were compared
    let sums: BTreeMap<_, _> = tx.query(USER_SUMMED, &[Arg::list(&users)], view::user_sums)?.into_iter().collect();
    store::save_users(tx, &sums, &BTreeMap::new())?;
    let lost: Vec<UserId> = users.into_iter().filter(|user| !sums.contains_key(user)).collect();
    if lost.is_empty() { Ok(()) } else { tx.exec(FORGET_USERS, &[Arg::list(&lost)]).map(|_| ()) }
}

/// A day whose sums, or those of its products, are not what its orders say.
#[derive(Debug, Clone, PartialEq)]
struct WrongDay(Day);

impl Wrong for WrongDay {
    fn name(&self) -> String {
        format!("day {}", self.0)
    }
}

/// The sums of a day and of its products.
type OfDay = (DaySums, BTreeMap<ProductId, ProductSums>);

fn of_day(tx: &mut Tx<'_>, day: Day, (sums, products): (&'static str, &'static str)) -> Result<OfDay> {
    let sums = tx.query_first(sums, args![day], view::day_sums)?.map(|(_, sums)| sums).unwrap_or_default();
    let products = tx.query(products, args![day], |row| Ok((row.next()?, view::product_sums(row)?)))?;
    Ok((sums, products.into_iter().collect()))
}

fn look_at_day(tx: &mut Tx<'_>, day: Day) -> Result<Look<WrongDay>> {
    let records = of_day(tx, day, (DAY_SUMMED, DAY_PRODUCTS_SUMMED))?;
    let stored = of_day(tx, day, (DAY, DAY_PRODUCTS))?;
    let wrong = if records == stored { Vec::new() } else { vec![WrongDay(day)] };
    Ok(Look { rows: 1 + records.1.len(), wrong })
}

fn repair_days(tx: &mut Tx<'_>, wrong: &[WrongDay]) -> Result<()> {
    for WrongDay(day) in wrong {
        let (sums, products) = of_day(tx, *day, (DAY_SUMMED, DAY_PRODUCTS_SUMMED))?;
        tx.exec(FORGET_DAY, args![day])?;
        tx.exec(FORGET_DAY_PRODUCTS, args![day])?;
        store::add_to_days(tx, &BTreeMap::from([(*day, sums)]))?;
        let products = products.into_iter().map(|(product, sums)| ((*day, product), sums)).collect();
        store::add_to_products(tx, &products)?;
    }
    Ok(())
}
