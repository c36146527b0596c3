//! What can be done with time deals: one function per verb. Stock, prices and orders belong to other domains; `checkout`
//! calls these functions in one transaction with theirs.

use crate::deal::{Close, Content, Deal, DealProduct, Purchase, Status};
use crate::store::{self, NewPurchase};
use ::store::Tx;
use events::{TimeDealChanged, TimeDealEnded, TimeDealReturned, TimeDealStarted};
use kernel::{
    Code, Cursor, Money, OrderNumber, Page, PageRequest, ProductId, Quantity, Result, TimeDealId, TimeDealProductId,
    Timestamp, UserId, version::same_version,
};

pub use crate::store::Filter;

/// Most deals in the list of those that run or are to come: as many as a page of a shop can show.
pub const CURRENT_MAX: i64 = 200;
/// Most purchases of a user in a list; the newest are shown.
pub const OWN_MAX: i64 = 500;

/// Makes a deal. The caller has checked the offers against the normal prices. S707, S708, C002.
pub fn create(tx: &mut Tx<'_>, seller: Option<UserId>, content: Content) -> Result<Deal> {
    let content = content.checked(tx.now())?;
    let id = store::insert(tx, &content, seller)?;
    let mut deal = store::find(tx, id)?;
    publish_change(tx, &deal)?;
    publish_start(tx, &mut deal)?;
    Ok(deal)
}

/// A deal before and after it was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub before: Deal,
    pub after: Deal,
}

/// Rewrites a deal. What buyers of a running deal rely on does not change: C019. S701; A002; C016 when it was changed
/// meanwhile; S707, S708, C002.
pub fn rewrite(
    tx: &mut Tx<'_>,
    limited_to: Option<UserId>,
    id: TimeDealId,
    content: Content,
    expected: Option<i64>,
) -> Result<Changed> {
    let content = content.checked(tx.now())?;
    let before = lock(tx, limited_to, id, expected)?;
    before.may_become(&content, tx.now())?;
    if !store::save(tx, &before, &content)? {
        return Err(Code::OutdatedVersion.error());
    }
    let mut after = store::find(tx, id)?;
    publish_change(tx, &after)?;
    publish_start(tx, &mut after)?;
    Ok(Changed { before, after })
}

/// Ends a running deal before its time, or cancels one that is not over. `None` when a repetition finds it so. S701, A002,
/// C016; C019 for a deal that is over, and for ending one that has not started.
pub fn close(
    tx: &mut Tx<'_>,
    limited_to: Option<UserId>,
    id: TimeDealId,
    how: Close,
    expected: Option<i64>,
) -> Result<Option<Changed>> {
    let before = lock(tx, limited_to, id, expected)?;
    match (before.status(tx.now()), how) {
        (Status::Active, Close::Ended | Close::Cancelled) | (Status::Scheduled, Close::Cancelled) => {
            record_end(tx, before, how).map(Some)
        }
        (Status::Ended, Close::Ended) | (Status::Cancelled, Close::Cancelled) => Ok(None),
        (Status::Scheduled, Close::Ended) => Err(Code::Conflict.because("it has not started; cancel it instead")),
        (Status::Ended, Close::Cancelled) => Err(Code::Conflict.because("this time deal is over")),
        (Status::Cancelled, Close::Ended) => Err(Code::Conflict.because("this time deal was cancelled")),
    }
}

/// Deals whose start or end the clock has brought and no one has recorded, at most `limit`.
pub fn due(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<TimeDealId>> {
    store::due(tx, limit)
}

/// When the next start or end has to be recorded, in one statement; `None` while no deal is open.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    store::next_due(tx)
}

/// Records what the clock has done to a deal: publishes its start, and records its end. The change when it ended now.
pub fn turn(tx: &mut Tx<'_>, id: TimeDealId) -> Result<Option<Changed>> {
    let mut deal = store::lock(tx, id)?;
    publish_start(tx, &mut deal)?;
    let over = deal.closed.is_none() && deal.ends_at <= tx.now();
    if over { record_end(tx, deal, Close::Ended).map(Some) } else { Ok(None) }
}

/// The deal is locked by the caller.
fn record_end(tx: &mut Tx<'_>, mut before: Deal, how: Close) -> Result<Changed> {
    publish_start(tx, &mut before)?;
    let at = tx.now().min(before.ends_at);
    if !store::close(tx, before.id, at, how)? {
        return Err(Code::OutdatedVersion.error());
    }
    let after = store::find(tx, before.id)?;
    if before.started_at.is_none() {
        publish_change(tx, &after)?;
    } else {
        tx.emit(&TimeDealEnded {
            time_deal_id: after.id,
            time_deal_name: after.name.clone(),
            status: how.name().to_owned(),
            sold_quantity: after.products.iter().map(|product| product.sold).sum(),
            product_ids: product_ids(&after),
            time_deal_product_ids: after.products.iter().map(|product| product.id).collect(),
            ended_at: at,
        })?;
    }
    Ok(Changed { before, after })
}

/// Publishes that the deal has started, once, when it has.
fn publish_start(tx: &mut Tx<'_>, deal: &mut Deal) -> Result<()> {
    let started = deal.closed.is_none() && deal.starts_at <= tx.now();
    if deal.started_at.is_some() || !started || !store::start(tx, deal.id)? {
        return Ok(());
    }
    deal.started_at = Some(tx.now());
    tx.emit(&TimeDealStarted {
        time_deal_id: deal.id,
        time_deal_name: deal.name.clone(),
        product_ids: product_ids(deal),
        starts_at: deal.starts_at,
        ends_at: deal.ends_at,
    })
}

fn publish_change(tx: &mut Tx<'_>, deal: &Deal) -> Result<()> {
    tx.emit(&TimeDealChanged {
        time_deal_id: deal.id,
        time_deal_name: deal.name.clone(),
        status: deal.status(tx.now()).name().to_owned(),
        product_ids: product_ids(deal),
        time_deal_product_ids: deal.products.iter().map(|product| product.id).collect(),
        starts_at: deal.starts_at,
        ends_at: deal.ends_at,
        version: deal.version,
    })
}

fn product_ids(deal: &Deal) -> Vec<ProductId> {
    let mut ids: Vec<ProductId> = deal.products.iter().map(|product| product.offer.product).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn lock(tx: &mut Tx<'_>, limited_to: Option<UserId>, id: TimeDealId, expected: Option<i64>) -> Result<Deal> {
    let deal = store::lock(tx, id)?;
    may_change(&deal, limited_to)?;
    same_version(deal.version, expected)?;
    Ok(deal)
}

/// A002 unless the deal belongs to the seller to whom the caller is limited.
fn may_change(deal: &Deal, limited_to: Option<UserId>) -> Result<()> {
    match limited_to {
        Some(seller) if deal.seller != Some(seller) => Err(Code::RoleRequired.because("this time deal is not yours")),
        _ => Ok(()),
    }
}

/// A deal in any status; S701.
pub fn find(tx: &mut Tx<'_>, id: TimeDealId) -> Result<Deal> {
    store::find(tx, id)
}

/// A deal in any status, for who may change it. S701, A002.
pub fn owned(tx: &mut Tx<'_>, limited_to: Option<UserId>, id: TimeDealId) -> Result<Deal> {
    let deal = store::find(tx, id)?;
    may_change(&deal, limited_to)?;
    Ok(deal)
}

/// Deals in any status, newest first.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, request: PageRequest, after: Option<Cursor>) -> Result<Page<Deal>> {
    let (rows, total) = store::page(tx, filter, request, after)?;
    Ok(request.page_of(rows, total, after, |deal| deal.id.raw()))
}

/// The deals that run, those that end first in front, then those that are to come; at most [`CURRENT_MAX`].
pub fn current(tx: &mut Tx<'_>) -> Result<Vec<Deal>> {
    store::current(tx, CURRENT_MAX)
}

/// One product of a deal, with the deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Without its other products.
    pub deal: Deal,
    pub product: DealProduct,
}

impl Offered {
    fn of((deal, product): (Deal, DealProduct)) -> Offered {
        Offered { deal, product }
    }
}

/// The product of a deal with this id, in any status; S706.
pub fn offered(tx: &mut Tx<'_>, id: TimeDealProductId) -> Result<Offered> {
    store::offered(tx, id).map(Offered::of)
}

/// What deals that run now or later offer of these products, the cheapest first.
pub fn of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Offered>> {
    let now = tx.now();
    Ok(store::of_products(tx, products, now)?.into_iter().map(Offered::of).collect())
}

/// Why the user cannot buy so many units, as far as reading shows: S702, S703, S705, S704. Most of a rush is refused; here
/// that costs no write.
pub fn refusal(tx: &mut Tx<'_>, user: &UserId, offered: &Offered, units: Quantity) -> Result<()> {
    let Offered { deal, product } = offered;
    deal.is_open(tx.now())?;
    let units = units.as_i64();
    if store::allowance(tx, product.id, user)?.saturating_add(units) > product.offer.per_user {
        return Err(over_the_limit(product.offer.per_user));
    }
    if product.remaining() < units { Err(sold_out(product.remaining())) } else { Ok(()) }
}

pub(crate) fn over_the_limit(per_user: i64) -> kernel::Error {
    Code::TimeDealPurchaseLimitExceeded.because(format!("at most {per_user} for each buyer"))
}

pub(crate) fn sold_out(left: i64) -> kernel::Error {
    match left {
        left if left > 0 => Code::TimeDealSoldOut.because(format!("only {left} left")),
        _ => Code::TimeDealSoldOut.error(),
    }
}

/// Units that an order buys in a deal.
#[derive(Debug)]
pub struct Buying<'a> {
    pub product: TimeDealProductId,
    /// How many units the deal allows a user.
    pub per_user: i64,
    pub user: UserId,
    pub order: &'a OrderNumber,
    pub product_name: &'a str,
    pub units: Quantity,
    pub unit_price: Money,
    /// That of the deal's product when its price and limit were read.
    pub version: i64,
}

/// Takes the units of an order out of a deal and out of the user's allowance. False when the order took them before. S702,
/// S703, S705, S704. The caller has read the deal, and that it is open.
pub fn take(tx: &mut Tx<'_>, buying: &Buying<'_>) -> Result<bool> {
    let units = buying.units.as_i64();
    let new = NewPurchase {
        product: buying.product,
        user: buying.user,
        order: buying.order,
        product_name: buying.product_name,
        units,
        unit_price: buying.unit_price,
    };
    if store::buy(tx, &new)?.is_none() {
        return Ok(false);
    }
    if !store::use_allowance(tx, buying.product, &buying.user, units, buying.per_user)? {
        return Err(over_the_limit(buying.per_user));
    }
    // last, because everybody who wants this product waits for its row
    if store::take(tx, buying.product, buying.version, units)? {
        return Ok(true);
    }
    let Offered { deal, product } = offered(tx, buying.product)?;
    if product.version != buying.version {
        return Err(tx.run_again("the time deal was rewritten while this order was placed"));
    }
    deal.is_open(tx.now())?;
    Err(sold_out(product.remaining()))
}

/// What came back to a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub purchase: Purchase,
    /// Whether the deal keeps units out of the product's stock, so that these must be kept again.
    pub is_held: bool,
}

/// The order has died: its units and its user's allowance come back, once. `None` when it bought in no deal, and when they
/// came back before.
pub fn give_back(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Returned>> {
    let Some(purchase) = store::of_order(tx, order)? else { return Ok(None) };
    if !store::mark_returned(tx, order)? {
        return Ok(None);
    }
    let deal = store::give_back(tx, &purchase)?;
    let returned_at = tx.now();
    tx.emit(&TimeDealReturned {
        time_deal_id: purchase.deal,
        time_deal_product_id: purchase.deal_product,
        product_id: purchase.product,
        order_number: purchase.order.clone(),
        user_id: purchase.user,
        quantity: purchase.units,
        returned_at,
    })?;
    let is_held = deal.held_apart && deal.closed.is_none();
    Ok(Some(Returned { purchase, is_held }))
}

/// What the order bought; S706 when it bought in no deal.
pub fn purchase_of(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Purchase> {
    store::of_order(tx, order)?.ok_or_else(|| Code::TimeDealProductNotFound.error())
}

/// What the user bought, newest first; at most [`OWN_MAX`].
pub fn own(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<Purchase>> {
    store::of_user(tx, user, OWN_MAX)
}
