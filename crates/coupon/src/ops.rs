//! What can be done with coupons: one function per verb.

use crate::coupon::{Content, Coupon, UserCoupon};
use crate::store;
use ::store::Tx;
use events::{CouponChanged, CouponIssued, CouponReturned, CouponUsed};
use kernel::{
    Code, CouponId, Cursor, Money, OrderNumber, Page, PageRequest, Result, UserCouponId, UserId, version::same_version,
};

pub use crate::store::Filter;

/// Most coupons in the list of those that can be issued: as many as a page of a shop can show.
pub const OPEN_MAX: i64 = 200;
/// Most coupons of a user in a list; the newest are shown.
pub const OWN_MAX: i64 = 500;

/// Makes a coupon of this seller, or of the shop. S607 when its code is taken; C002.
pub fn create(tx: &mut Tx<'_>, seller: Option<UserId>, content: Content) -> Result<Coupon> {
    let content = content.checked()?.of(seller);
    match store::insert(tx, &content)? {
        Some(id) => publish_change(tx, id),
        None => Err(Code::CouponCodeAlreadyExists.because(format!("code {}", content.code))),
    }
}

/// Rewrites a coupon. What users hold does not change: C019. S601; A002; C016 when it was changed meanwhile; C002.
pub fn rewrite(
    tx: &mut Tx<'_>,
    limited_to: Option<UserId>,
    id: CouponId,
    content: Content,
    expected: Option<i64>,
) -> Result<Coupon> {
    let content = content.checked()?;
    let coupon = lock(tx, limited_to, id, expected)?;
    let content = content.of(coupon.seller());
    coupon.may_become(&content)?;
    if !store::save(tx, id, coupon.version, &content)? {
        return Err(Code::OutdatedVersion.error());
    }
    publish_change(tx, id)
}

/// The coupon as it is after a change, which is published.
fn publish_change(tx: &mut Tx<'_>, id: CouponId) -> Result<Coupon> {
    let coupon = store::find(tx, id)?;
    tx.emit(&CouponChanged {
        coupon_id: id,
        coupon_code: coupon.content.code.clone(),
        coupon_name: coupon.content.name.clone(),
        total_quantity: coupon.content.total,
        starts_at: coupon.content.starts_at,
        expires_at: coupon.content.expires_at,
        deactivated: coupon.deactivated_at.is_some(),
        version: coupon.version,
    })?;
    Ok(coupon)
}

/// Issues no more of this coupon. Who has one keeps it. Repeated: no effect. S601, A002, C016.
pub fn deactivate(tx: &mut Tx<'_>, limited_to: Option<UserId>, id: CouponId, expected: Option<i64>) -> Result<()> {
    let coupon = lock(tx, limited_to, id, expected)?;
    if coupon.deactivated_at.is_some() {
        return Ok(());
    }
    if !store::deactivate(tx, id, coupon.version)? {
        return Err(Code::OutdatedVersion.error());
    }
    publish_change(tx, id).map(drop)
}

fn lock(tx: &mut Tx<'_>, limited_to: Option<UserId>, id: CouponId, expected: Option<i64>) -> Result<Coupon> {
    let coupon = store::lock(tx, id)?;
    may_change(&coupon, limited_to)?;
    same_version(coupon.version, expected)?;
    Ok(coupon)
}

/// A002 unless the coupon belongs to the seller to whom the caller is limited.
fn may_change(coupon: &Coupon, limited_to: Option<UserId>) -> Result<()> {
    match limited_to {
        Some(seller) if coupon.seller() != Some(seller) => Err(Code::RoleRequired.because("this coupon is not yours")),
        _ => Ok(()),
    }
}

/// A coupon in any status, for who may change it. S601, A002.
pub fn owned(tx: &mut Tx<'_>, limited_to: Option<UserId>, id: CouponId) -> Result<Coupon> {
    let coupon = store::find(tx, id)?;
    may_change(&coupon, limited_to)?;
    Ok(coupon)
}

/// Coupons in any status, newest first.
pub fn page(tx: &mut Tx<'_>, filter: &Filter, request: PageRequest, after: Option<Cursor>) -> Result<Page<Coupon>> {
    let (rows, total) = store::page(tx, filter, request, after)?;
    Ok(request.page_of(rows, total, after, |coupon| coupon.id.raw()))
}

/// The listed coupons that can be issued now, those that expire first in front; at most [`OPEN_MAX`].
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<Coupon>> {
    store::open(tx, OPEN_MAX)
}

/// A listed coupon in any status; S601.
pub fn listed(tx: &mut Tx<'_>, id: CouponId) -> Result<Coupon> {
    let coupon = store::find(tx, id)?;
    if coupon.content.listed { Ok(coupon) } else { Err(Code::CouponNotFound.error()) }
}

/// Which coupon somebody wants.
#[derive(Debug, Clone)]
pub enum CouponName {
    /// A listed one.
    Id(CouponId),
    /// Any one, by its code.
    Code(String),
}

/// The coupon that somebody wants; S601.
pub fn wanted(tx: &mut Tx<'_>, wanted: &CouponName) -> Result<Coupon> {
    match wanted {
        CouponName::Id(id) => listed(tx, *id),
        CouponName::Code(code) => store::by_code(tx, code),
    }
}

/// Why the user cannot get the coupon, as far as reading shows: the errors of [`issue`]. Sold-out coupons and users who have
/// one are most of a rush; here they cost no write.
pub fn refusal(tx: &mut Tx<'_>, user: &UserId, coupon: &Coupon) -> Result<()> {
    coupon.is_open(tx.now())?;
    if coupon.remaining() > 0 {
        return Ok(());
    }
    // who has one gets the same answer before and after the last one was issued
    let code = if store::holds(tx, coupon.id, user)? { Code::CouponAlreadyIssued } else { Code::CouponExhausted };
    Err(code.error())
}

/// Gives the user a coupon, the first who ask. S606 inactive, S605 not started, S603 expired, S604 has one already, S602
/// exhausted.
pub fn issue(tx: &mut Tx<'_>, user: &UserId, coupon: &Coupon) -> Result<UserCoupon> {
    coupon.is_open(tx.now())?;
    let Some(id) = store::hold(tx, coupon, user)? else { return Err(Code::CouponAlreadyIssued.error()) };
    // last, because everybody who wants this coupon waits for its row
    if !store::count_issued(tx, coupon)? {
        count_changed(tx, coupon.id, id)?;
    }
    let issued = store::named(tx, user, &Named::Held(id))?;
    tx.emit(&CouponIssued {
        coupon_id: coupon.id,
        user_coupon_id: issued.id,
        user_id: *user,
        coupon_code: issued.code.clone(),
        coupon_name: issued.name.clone(),
        discount_type: issued.offer.discount.kind().name().to_owned(),
        discount_value: issued.offer.discount.value(),
        issued_at: issued.issued_at,
        expires_at: issued.expires_at,
    })?;
    Ok(issued)
}

/// Counts an issued coupon that was changed since it was read, and gives it the expiry that the coupon has now. S606, S605, S603, S602.
fn count_changed(tx: &mut Tx<'_>, id: CouponId, held: UserCouponId) -> Result<()> {
    let coupon = store::find(tx, id)?;
    coupon.is_open(tx.now())?;
    // nearly always it is exhausted, and then those who are too late do not wait for its row again
    if coupon.remaining() <= 0 {
        return Err(Code::CouponExhausted.error());
    }
    let coupon = store::lock(tx, id)?;
    coupon.is_open(tx.now())?;
    store::set_expiry(tx, held, coupon.content.expires_at)?;
    if store::count_issued(tx, &coupon)? { Ok(()) } else { Err(Code::CouponExhausted.error()) }
}

/// The user's coupons, newest first; at most [`OWN_MAX`].
pub fn own(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<UserCoupon>> {
    store::all_own(tx, user, OWN_MAX)
}

/// The user's coupons that can be used now, those that expire first in front; at most [`OWN_MAX`].
pub fn available(tx: &mut Tx<'_>, user: &UserId) -> Result<Vec<UserCoupon>> {
    let now = tx.now();
    store::available(tx, user, now, OWN_MAX)
}

/// How a user names a coupon of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Held(UserCouponId),
    /// The only one that they have of this coupon.
    Coupon(CouponId),
    Code(String),
}

/// The user's coupon, if it can be used now. S608 when they have no such coupon, S609 used, S610 expired. A coupon that was
/// deactivated since can still be used.
pub fn usable(tx: &mut Tx<'_>, user: &UserId, named: &Named) -> Result<UserCoupon> {
    let held = store::named(tx, user, named)?;
    held.is_available(tx.now())?;
    Ok(held)
}

/// Lets no other order of the user decide about a coupon for first orders until this one is stored.
pub fn lock_own(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    store::lock_own(tx, user)
}

/// Uses the user's coupon in this order, off which it takes `discount`. Of several orders at once one uses it. A repetition for
/// the same order has no effect. S608, S609, S610.
pub fn spend(tx: &mut Tx<'_>, user: &UserId, id: UserCouponId, order: &OrderNumber, discount: Money) -> Result<()> {
    if store::spend(tx, user, id, order)? {
        let used_at = tx.now();
        return tx.emit(&CouponUsed {
            user_coupon_id: id,
            user_id: *user,
            order_number: order.clone(),
            discount,
            used_at,
        });
    }
    let held = store::named(tx, user, &Named::Held(id))?;
    if held.is_used_in(order) {
        return Ok(());
    }
    held.is_available(tx.now())?;
    // the order that had it a moment ago has just given it back
    Err(Code::UserCouponAlreadyUsed.error())
}

/// The user has the coupon again that was used in this order. No effect when it is not used in this order: of whatever gives it
/// back repeatedly, only the first does.
pub fn give_back(tx: &mut Tx<'_>, user: &UserId, id: UserCouponId, order: &OrderNumber) -> Result<()> {
    if !store::give_back(tx, id, order)? {
        return Ok(());
    }
    let returned_at = tx.now();
    tx.emit(&CouponReturned { user_coupon_id: id, user_id: *user, order_number: order.clone(), returned_at })
}
