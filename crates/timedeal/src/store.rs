//! The SQL of time deals.

use crate::deal::{Close, Content, Deal, DealProduct, Offer, Purchase, Status};
use kernel::{
    Code, Cursor, Money, OrderNumber, PageRequest, ProductId, Result, TimeDealId, TimeDealProductId,
    TimeDealPurchaseId, Timestamp, Total, UserId,
};
use std::collections::HashMap;
use store::{
    Arg, Check, Row, Tx, args,
    audit::{Changed, Keys},
    concatcp, counted,
};

/// What [`head`] reads, in this order.
const COLUMNS: &str =
    "id, name, description, starts_at, ends_at, held_apart, started_at, closed_at, closed_as, seller_id,
    created_at, updated_at, version";
/// What [`product`] reads, in this order.
const PRODUCT_COLUMNS: &str =
    "deal_id, id, product_id, variant_id, deal_price, deal_quantity, max_per_user, sold_quantity, returned_quantity,
    version";
/// What [`purchase`] reads, in this order.
const PURCHASE_COLUMNS: &str =
    "u.id, p.deal_id, u.deal_product_id, p.product_id, p.variant_id, u.user_id, u.order_number,
    u.product_name, u.quantity, u.unit_price, u.purchased_at, u.returned_at";
/// The status of a deal, as `Deal::status` decides it.
const STATUS: &str = "case when closed_as is not null then closed_as when ends_at <= ? then 'ENDED'
    when starts_at > ? then 'SCHEDULED' else 'ACTIVE' end";

const INSERT: &str = "insert into time_deals (name, description, starts_at, ends_at, held_apart, seller_id, created_at,
    updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, 1)";
const FIND: &str = concatcp!("select ", COLUMNS, " from time_deals where id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const SAVE: &str = "update time_deals set name = ?, description = ?, starts_at = ?, ends_at = ?, held_apart = ?,
    updated_at = ?, version = version + 1 where id = ? and version = ?";
/// Guarantees that a start is published once.
const START: &str = "update time_deals set started_at = ? where id = ? and started_at is null";
/// Guarantees that an end is published, and gives units back, once.
const CLOSE: &str = "update time_deals set closed_at = ?, closed_as = ?, updated_at = ?, version = version + 1
    where id = ? and closed_at is null";
/// Deals that the clock started or ended, but whose start is not published or whose end is not recorded.
const DUE: &str =
    "select id from time_deals where closed_at is null and (ends_at <= ? or (started_at is null and starts_at <= ?))
    order by id limit ?";
/// When the clock brings the next start or end.
const NEXT_DUE: &str =
    "select min(case when started_at is null then starts_at else ends_at end) from time_deals where closed_at is null";
/// Running ones that end first, then those that start first.
const CURRENT: &str = concatcp!(
    "select ",
    COLUMNS,
    " from time_deals where closed_at is null and ends_at > ?
      order by case when starts_at <= ? then ends_at else starts_at + ? end, id limit ?"
);

const WANTED: &str = concatcp!(" from time_deals where (? = '' or seller_id = ?) and ", STATUS, " in ([?])");
const PAGE: &str = concatcp!("select ", COLUMNS, WANTED, " and id < ? order by id desc limit ? offset ?");
const COUNT: &str = counted!(WANTED);
const NAMES: &str = "select id, name from time_deals where id in ([?])";

const PRODUCTS: &str =
    concatcp!("select ", PRODUCT_COLUMNS, " from time_deal_products where deal_id in ([?]) order by deal_id, id");
const LOCK_PRODUCTS: &str =
    concatcp!("select ", PRODUCT_COLUMNS, " from time_deal_products where deal_id = ? order by id {for update}");
const ONE_PRODUCT: &str = concatcp!("select ", PRODUCT_COLUMNS, " from time_deal_products where id = ?");
/// Offers that run now or later, the cheapest of a product first.
const OF_PRODUCTS: &str = "select p.id from time_deal_products p join time_deals d on d.id = p.deal_id
    where p.product_id in ([?]) and d.closed_at is null and p.closes_at > ? order by p.product_id, p.deal_price, p.id";
const DEALS: &str = concatcp!("select ", COLUMNS, " from time_deals where id in ([?]) order by id");
const SOME_PRODUCTS: &str =
    concatcp!("select ", PRODUCT_COLUMNS, " from time_deal_products where id in ([?]) order by deal_price, id");
const INSERT_PRODUCTS: &str =
    "insert into time_deal_products (deal_id, product_id, variant_id, deal_price, deal_quantity,
    sold_quantity, max_per_user, opens_at, closes_at) values [(?, ?, ?, ?, ?, 0, ?, ?, ?)]";
const SAVE_PRODUCT: &str = "update time_deal_products set deal_price = ?, deal_quantity = ?, max_per_user = ?,
    opens_at = ?, closes_at = ?, version = version + 1 where id = ? and sold_quantity <= ?";
const REMOVE_PRODUCT: &str = "delete from time_deal_products where id = ? and sold_quantity = 0";
/// From now on no guard lets a purchase through, whatever time its instance believes it is.
const CLOSE_PRODUCTS: &str = "update time_deal_products set closes_at = 0 where deal_id = ?";
/// Guarantees that never more units are sold than there are, none outside the deal's time, and none at another price or limit than the
/// deal has now.
const TAKE: &str = "update time_deal_products set sold_quantity = sold_quantity + ?
    where id = ? and version = ? and sold_quantity + ? <= deal_quantity and opens_at <= ? and closes_at > ?";
const GIVE_BACK: &str =
    "update time_deal_products set sold_quantity = sold_quantity - ?, returned_quantity = returned_quantity + ?
    where id = ? and sold_quantity >= ?";
const LOCK_DEAL_OF: &str = concatcp!(
    "select ",
    COLUMNS,
    " from time_deals where id = (select deal_id from time_deal_products where id = ?) {for share}"
);

/// Guarantees that an order buys in one deal once.
const BUY: &str =
    "insert into time_deal_purchases (deal_product_id, user_id, order_number, product_name, quantity, unit_price,
    purchased_at) values (?, ?, ?, ?, ?, ?, ?) {on conflict ignore: order_number}";
const PURCHASES: &str = concatcp!(
    "select ",
    PURCHASE_COLUMNS,
    " from time_deal_purchases u join time_deal_products p on p.id = u.deal_product_id"
);
const OF_ORDER: &str = concatcp!(PURCHASES, " where u.order_number = ?");
const OF_USER: &str = concatcp!(PURCHASES, " where u.user_id = ? order by u.id desc limit ?");
/// Guarantees that what an order bought comes back once.
const RETURN: &str = "update time_deal_purchases set returned_at = ? where order_number = ? and returned_at is null";

const ALLOW: &str = "insert into time_deal_allowances (deal_product_id, user_id, units) values (?, ?, 0)
    {on conflict ignore: units}";
/// Guarantees that a user has no more units than the deal allows.
const USE_ALLOWANCE: &str = "update time_deal_allowances set units = units + ?
    where deal_product_id = ? and user_id = ? and units + ? <= ?";
const RETURN_ALLOWANCE: &str = "update time_deal_allowances set units = units - ?
    where deal_product_id = ? and user_id = ? and units >= ?";
/// Who has units of a product, for the gate.
const ALLOWANCES_OF: &str =
    "select user_id, units from time_deal_allowances where deal_product_id = ? and units > 0 limit ?";
const ALLOWANCE: &str = "select units from time_deal_allowances where deal_product_id = ? and user_id = ?";

const WRONG_SALES: &str =
    "select p.id, p.deal_quantity, p.sold_quantity, cast(coalesce(sum(u.quantity), 0) as {bigint})
      from time_deal_products p
      left join time_deal_purchases u on u.deal_product_id = p.id and u.returned_at is null
     where p.id between ? and ?
     group by p.id, p.deal_quantity, p.sold_quantity
    having p.sold_quantity > p.deal_quantity or p.sold_quantity <> coalesce(sum(u.quantity), 0) order by p.id limit ?";
const WRONG_ALLOWANCES: &str =
    "select a.deal_product_id, a.user_id, a.units, cast(coalesce(sum(u.quantity), 0) as {bigint}), p.max_per_user
      from time_deal_allowances a join time_deal_products p on p.id = a.deal_product_id
      left join time_deal_purchases u on u.deal_product_id = a.deal_product_id and u.user_id = a.user_id
           and u.returned_at is null
     where a.deal_product_id between ? and ?
     group by a.deal_product_id, a.user_id, a.units, p.max_per_user
    having a.units > p.max_per_user or a.units <> coalesce(sum(u.quantity), 0)
     order by a.deal_product_id, a.user_id limit ?";
const WITHOUT_ALLOWANCE: &str = "select u.order_number from time_deal_purchases u
    where u.id between ? and ? and not exists (select 1 from time_deal_allowances a
                       where a.deal_product_id = u.deal_product_id and a.user_id = u.user_id) order by u.id limit ?";
const WRONG_DEALS: &str = "select d.id, d.starts_at, d.ends_at, coalesce(d.closed_as, '-') from time_deals d
    where d.id between ? and ? and (d.ends_at <= d.starts_at or (d.closed_at is null) <> (d.closed_as is null)
       or exists (select 1 from time_deal_products p where p.deal_id = d.id
                   and (p.deal_price < 1 or p.deal_quantity < 1 or p.max_per_user < 1
                     or (d.closed_at is null and (p.opens_at <> d.starts_at or p.closes_at <> d.ends_at))
                     or (d.closed_at is not null and p.closes_at <> 0))))
    order by d.id limit ?";

/// Every statement of these tables.
pub const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    LOCK,
    SAVE,
    START,
    CLOSE,
    DUE,
    NEXT_DUE,
    CURRENT,
    PAGE,
    COUNT,
    NAMES,
    PRODUCTS,
    LOCK_PRODUCTS,
    ONE_PRODUCT,
    OF_PRODUCTS,
    DEALS,
    SOME_PRODUCTS,
    INSERT_PRODUCTS,
    SAVE_PRODUCT,
    REMOVE_PRODUCT,
    CLOSE_PRODUCTS,
    TAKE,
    GIVE_BACK,
    LOCK_DEAL_OF,
    BUY,
    OF_ORDER,
    OF_USER,
    RETURN,
    ALLOW,
    USE_ALLOWANCE,
    RETURN_ALLOWANCE,
    ALLOWANCES_OF,
    ALLOWANCE,
];

const BY_DEAL: Keys = Keys { table: "time_deals", column: "id", changed: Changed::All };
const BY_PRODUCT: Keys = Keys { table: "time_deal_products", column: "id", changed: Changed::All };
const ALLOWANCES: Keys = Keys { table: "time_deal_allowances", column: "deal_product_id", changed: Changed::All };
/// What was bought, and that of orders that an event names.
const BY_PURCHASE: Keys = Keys::named("time_deal_purchases", "order_number");

/// What must hold for time deals.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a deal sold what living orders bought, and never more than it has",
        over: Some(BY_PRODUCT),
        sql: WRONG_SALES,
        given: &[],
        subject: "time deal product {}",
        found: "of {}, counted {}, bought {}",
    },
    Check {
        rule: "a user has at most as many units of a deal as it allows",
        over: Some(ALLOWANCES),
        sql: WRONG_ALLOWANCES,
        given: &[],
        subject: "time deal product {} of user {}",
        found: "counted {}, bought {}, allowed {}",
    },
    Check {
        rule: "who bought in a deal has an allowance that counts it",
        over: Some(BY_PURCHASE),
        sql: WITHOUT_ALLOWANCE,
        given: &[],
        subject: "{}",
        found: "no allowance",
    },
    Check {
        rule: "a deal has a period, and its products have its times, prices and limits",
        over: Some(BY_DEAL),
        sql: WRONG_DEALS,
        given: &[],
        subject: "time deal {}",
        found: "from {} to {}, closed {}",
    },
];

fn head(row: &Row<'_>) -> Result<Deal> {
    let (id, name, description) = (row.next()?, row.next()?, row.next()?);
    let (starts_at, ends_at, held_apart, started_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let closed = match (row.next::<Option<Timestamp>>()?, row.next::<Option<Close>>()?) {
        (Some(at), Some(close)) => Some((at, close)),
        (None, None) => None,
        _ => return Err(Code::Internal.error().caused_by(format!("time deal {id} has half an end"))),
    };
    Ok(Deal {
        id: TimeDealId::new(id),
        name,
        description,
        starts_at,
        ends_at,
        held_apart,
        started_at,
        closed,
        seller: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
        products: Vec::new(),
    })
}

fn product(row: &Row<'_>) -> Result<(TimeDealId, DealProduct)> {
    let (deal, id) = (row.next()?, row.next()?);
    let (product, variant, price) = (row.next()?, row.next()?, row.next()?);
    let offer = Offer { product, variant, price, units: row.next()?, per_user: row.next()? };
    Ok((deal, DealProduct { id, offer, sold: row.next()?, returned: row.next()?, version: row.next()? }))
}

fn purchase(row: &Row<'_>) -> Result<Purchase> {
    Ok(Purchase {
        id: row.next()?,
        deal: row.next()?,
        deal_product: row.next()?,
        product: row.next()?,
        variant: row.next()?,
        user: row.next()?,
        order: row.next()?,
        product_name: row.next()?,
        units: row.next()?,
        unit_price: row.next()?,
        purchased_at: row.next()?,
        returned_at: row.next()?,
    })
}

/// Stores a new deal with its products.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &Content, seller: Option<UserId>) -> Result<TimeDealId> {
    let now = tx.now();
    let values = args![new.name, new.description, new.starts_at, new.ends_at, new.held_apart, seller, now, now];
    let id = TimeDealId::new(tx.insert(INSERT, values)?);
    insert_products(tx, id, new, new.offers.iter())?;
    Ok(id)
}

fn insert_products<'a>(
    tx: &mut Tx<'_>,
    deal: TimeDealId,
    of: &Content,
    offers: impl Iterator<Item = &'a Offer>,
) -> Result<()> {
    let row = |offer: &Offer| {
        let (product, variant, price) = (offer.product.raw(), offer.variant.raw(), offer.price.as_minor());
        let (opens, closes) = (of.starts_at.as_millis(), of.ends_at.as_millis());
        [deal.raw(), product, variant, price, offer.units, offer.per_user, opens, closes].map(Arg::Int).to_vec()
    };
    let rows: Vec<Vec<Arg<'_>>> = offers.map(row).collect();
    if rows.is_empty() { Ok(()) } else { tx.insert_rows(INSERT_PRODUCTS, rows).map(|_| ()) }
}

fn with_products(tx: &mut Tx<'_>, mut deals: Vec<Deal>) -> Result<Vec<Deal>> {
    if deals.is_empty() {
        return Ok(deals);
    }
    let ids: Vec<TimeDealId> = deals.iter().map(|deal| deal.id).collect();
    let mut products: HashMap<TimeDealId, Vec<DealProduct>> = HashMap::new();
    for (deal, product) in tx.query(PRODUCTS, &[Arg::list(&ids)], product)? {
        products.entry(deal).or_default().push(product);
    }
    for deal in &mut deals {
        deal.products = products.remove(&deal.id).unwrap_or_default();
    }
    Ok(deals)
}

/// The deal; S701 when there is none.
pub(crate) fn find(tx: &mut Tx<'_>, id: TimeDealId) -> Result<Deal> {
    let found = tx.query_first(FIND, args![id], head)?;
    with_products(tx, found.into_iter().collect())?.pop().ok_or_else(|| Code::TimeDealNotFound.error())
}

/// The deal and its products, locked until the transaction ends; S701 when there is none.
pub(crate) fn lock(tx: &mut Tx<'_>, id: TimeDealId) -> Result<Deal> {
    let mut deal = tx.query_first(LOCK, args![id], head)?.ok_or_else(|| Code::TimeDealNotFound.error())?;
    deal.products = tx.query(LOCK_PRODUCTS, args![id], |row| Ok(product(row)?.1))?;
    Ok(deal)
}

/// Rewrites a deal and its products; false when it was changed meanwhile.
pub(crate) fn save(tx: &mut Tx<'_>, deal: &Deal, content: &Content) -> Result<bool> {
    let now = tx.now();
    let (starts, ends) = (content.starts_at, content.ends_at);
    let values = args![content.name, content.description, starts, ends, content.held_apart, now, deal.id, deal.version];
    if tx.exec(SAVE, values)? != 1 {
        return Ok(false);
    }
    for product in &deal.products {
        let kept = content.offers.iter().find(|offer| offer.variant == product.offer.variant);
        let changed = match kept {
            Some(offer) => {
                let values = args![offer.price, offer.units, offer.per_user, starts, ends, product.id, offer.units];
                tx.exec(SAVE_PRODUCT, values)?
            }
            None => tx.exec(REMOVE_PRODUCT, args![product.id])?,
        };
        if changed != 1 {
            return Ok(false);
        }
    }
    let is_new = |offer: &&Offer| deal.products.iter().all(|product| product.offer.variant != offer.variant);
    insert_products(tx, deal.id, content, content.offers.iter().filter(is_new))?;
    Ok(true)
}

/// Records that the start was published; false when it was before.
pub(crate) fn start(tx: &mut Tx<'_>, id: TimeDealId) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(START, args![now, id])? == 1)
}

/// Records the end; false when it was recorded before.
pub(crate) fn close(tx: &mut Tx<'_>, id: TimeDealId, at: Timestamp, close: Close) -> Result<bool> {
    let now = tx.now();
    if tx.exec(CLOSE, args![at, close, now, id])? != 1 {
        return Ok(false);
    }
    tx.exec(CLOSE_PRODUCTS, args![id])?;
    Ok(true)
}

/// Deals of which a start or an end has to be published.
pub(crate) fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<TimeDealId>> {
    let now = tx.now();
    tx.query(DUE, args![now, now, limit], |row| row.get(0))
}

/// When the next start or end has to be published; `None` while no deal is open.
pub(crate) fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(NEXT_DUE, args![], |row| row.get(0))
}

/// Longer than any deal runs: what is added to a start so that running deals come first.
const AFTER_ALL_MS: i64 = 1 << 50;

/// The deals that run, those that end first in front, then those that are to come.
pub(crate) fn current(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Deal>> {
    let now = tx.now();
    let deals = tx.query(CURRENT, args![now, now, AFTER_ALL_MS, limit], head)?;
    with_products(tx, deals)
}

/// Which deals a list shows.
#[derive(Debug, Clone)]
pub struct Filter {
    pub seller: Option<UserId>,
    /// None: all of them.
    pub statuses: Vec<Status>,
}

/// A page of deals, newest first, and how many there are.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    filter: &Filter,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Deal>, Total)> {
    let now = tx.now();
    let seller = filter.seller.map(|id| id.to_string()).unwrap_or_default();
    let statuses = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
    let statuses = Arg::list(statuses);
    let total = Total::counted(tx.query_one(COUNT, args![seller, seller, now, now, statuses], |row| row.get(0))?);
    let before = after.map_or(i64::MAX, Cursor::id);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let deals = tx.query(PAGE, args![seller, seller, now, now, statuses, before, limit, offset], head)?;
    Ok((with_products(tx, deals)?, total))
}

/// The names of those deals with these numbers that there are.
pub(crate) fn names(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, String)>> {
    tx.query(NAMES, args![Arg::list(ids)], |row| Ok((row.next()?, row.next()?)))
}

/// One product of a deal, and the deal without its other products; S706 when there is none.
pub(crate) fn offered(tx: &mut Tx<'_>, id: TimeDealProductId) -> Result<(Deal, DealProduct)> {
    let unknown = || Code::TimeDealProductNotFound.error();
    let (deal, product) = tx.query_first(ONE_PRODUCT, args![id], product)?.ok_or_else(unknown)?;
    let deal = tx.query_first(FIND, args![deal], head)?.ok_or_else(unknown)?;
    Ok((deal, product))
}

/// The offers of these products that run at `now` or later, each with its deal, the cheapest first.
pub(crate) fn of_products(tx: &mut Tx<'_>, products: &[ProductId], now: Timestamp) -> Result<Vec<(Deal, DealProduct)>> {
    let ids: Vec<TimeDealProductId> = tx.query(OF_PRODUCTS, args![Arg::list(products), now], |row| row.get(0))?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(SOME_PRODUCTS, &[Arg::list(&ids)], product)?;
    let deals: Vec<TimeDealId> = rows.iter().map(|(deal, _)| *deal).collect();
    let deals = tx.query(DEALS, &[Arg::list(&deals)], head)?;
    let deals: HashMap<TimeDealId, Deal> = deals.into_iter().map(|deal| (deal.id, deal)).collect();
    Ok(rows.into_iter().filter_map(|(deal, product)| Some((deals.get(&deal)?.clone(), product))).collect())
}

/// What an order buys.
#[derive(Debug)]
pub(crate) struct NewPurchase<'a> {
    pub product: TimeDealProductId,
    pub user: UserId,
    pub order: &'a OrderNumber,
    pub product_name: &'a str,
    pub units: i64,
    pub unit_price: Money,
}

/// Stores what the order buys; `None` when it bought before.
pub(crate) fn buy(tx: &mut Tx<'_>, new: &NewPurchase<'_>) -> Result<Option<TimeDealPurchaseId>> {
    let now = tx.now();
    let values = args![new.product, new.user, new.order, new.product_name, new.units, new.unit_price, now];
    Ok(tx.insert_new(BUY, values)?.map(TimeDealPurchaseId::new))
}

/// Counts units of the user; false when they would be more than `most`.
pub(crate) fn use_allowance(
    tx: &mut Tx<'_>,
    product: TimeDealProductId,
    user: &UserId,
    units: i64,
    most: i64,
) -> Result<bool> {
    tx.exec(ALLOW, args![product, user])?;
    Ok(tx.exec(USE_ALLOWANCE, args![units, product, user, units, most])? == 1)
}

/// How many units the user has.
pub(crate) fn allowance(tx: &mut Tx<'_>, product: TimeDealProductId, user: &UserId) -> Result<i64> {
    Ok(tx.query_first(ALLOWANCE, args![product, user], |row| row.get(0))?.unwrap_or(0))
}

/// Who has how many units, at most `limit` users.
pub(crate) fn allowances(tx: &mut Tx<'_>, product: TimeDealProductId, limit: i64) -> Result<Vec<(UserId, i64)>> {
    tx.query(ALLOWANCES_OF, args![product, limit], |row| Ok((row.next()?, row.next()?)))
}

/// Counts units as sold; false when too few are left or the deal is not open.
pub(crate) fn take(tx: &mut Tx<'_>, product: TimeDealProductId, version: i64, units: i64) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(TAKE, args![units, product, version, units, now, now])? == 1)
}

/// What the order bought, whether it came back or not.
pub(crate) fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Purchase>> {
    tx.query_first(OF_ORDER, args![order], purchase)
}

/// Marks what the order bought as returned; false when it was returned before.
pub(crate) fn mark_returned(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(RETURN, args![now, order])? == 1)
}

/// Gives units back to the user's allowance and to the deal, and the deal, which cannot be closed before the transaction ends.
pub(crate) fn give_back(tx: &mut Tx<'_>, purchase: &Purchase) -> Result<Deal> {
    let Purchase { deal_product, user, units, .. } = purchase;
    let allowed = tx.exec(RETURN_ALLOWANCE, args![units, deal_product, user, units])?;
    let deal = tx.query_one(LOCK_DEAL_OF, args![deal_product], head)?;
    let sold = tx.exec(GIVE_BACK, args![units, units, deal_product, units])?;
    if (allowed, sold) != (1, 1) {
        return Err(Code::Internal.error().caused_by(format!("{} bought more than was counted", purchase.order)));
    }
    Ok(deal)
}

/// What the user bought last.
pub(crate) fn of_user(tx: &mut Tx<'_>, user: &UserId, limit: i64) -> Result<Vec<Purchase>> {
    tx.query(OF_USER, args![user, limit], purchase)
}
