//! The SQL of coupons.

use crate::coupon::{Content, Coupon, Discount, DiscountType, Offer, State, Status, UserCoupon};
use crate::ops::Named;
use crate::scope::{self, Scope};
use kernel::{
    Code, CouponId, Cursor, Money, OrderNumber, PageRequest, Result, Timestamp, Total, UserCouponId, UserId, text,
};
use store::{
    Arg, Check, Row, Tx, args,
    audit::{Changed, Keys},
    concatcp, counted,
};

/// What [`coupon`] reads, in this order.
const COLUMNS: &str = "id, code, name, description, discount_type, discount_value, minimum_order, maximum_discount,
    product_ids, category_ids, seller_id, first_order_only, total_quantity, listed, starts_at, expires_at,
    issued_quantity, deactivated_at, created_at, updated_at, version";
/// What [`user_coupon`] reads, in this order.
const HELD_COLUMNS: &str =
    "u.id, u.coupon_id, u.user_id, c.code, c.name, c.discount_type, c.discount_value, c.minimum_order,
    c.maximum_discount, c.product_ids, c.category_ids, c.seller_id, c.first_order_only, u.order_number, u.used_at,
    u.issued_at, u.expires_at";
/// The status of a coupon, as `Coupon::status` decides it.
const STATUS: &str = "case when deactivated_at is not null then 'INACTIVE' when expires_at <= ? then 'EXPIRED'
    when issued_quantity >= total_quantity then 'EXHAUSTED' else 'ACTIVE' end";

const INSERT: &str =
    "insert into coupons (code, code_key, name, description, discount_type, discount_value, minimum_order,
    maximum_discount, product_ids, category_ids, first_order_only, total_quantity, issued_quantity, listed, starts_at,
    expires_at, seller_id, created_at, updated_at, version)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, 1) {on conflict ignore: code_key}";
const FIND: &str = concatcp!("select ", COLUMNS, " from coupons where id = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const BY_CODE: &str = concatcp!("select ", COLUMNS, " from coupons where code_key = ?");
const OPEN: &str = concatcp!(
    "select ",
    COLUMNS,
    " from coupons where expires_at > ? and starts_at <= ? and deactivated_at is null and listed = 1
        and issued_quantity < total_quantity order by expires_at, id limit ?"
);
// the counter may have been raised since the coupon was read, so the statement compares with itself
const SAVE: &str =
    "update coupons set name = ?, description = ?, discount_type = ?, discount_value = ?, minimum_order = ?,
    maximum_discount = ?, product_ids = ?, category_ids = ?, first_order_only = ?, total_quantity = ?, listed = ?, starts_at = ?, expires_at = ?, updated_at = ?,
    version = version + 1 where id = ? and version = ? and issued_quantity <= ?";
const DEACTIVATE: &str = "update coupons set deactivated_at = ?, updated_at = ?, version = version + 1
    where id = ? and version = ? and deactivated_at is null";
/// Guarantees that never more are issued than there are, none outside its time, and none with another expiry than the coupon's.
const COUNT_ISSUED: &str = "update coupons set issued_quantity = issued_quantity + 1
    where id = ? and issued_quantity < total_quantity and deactivated_at is null and starts_at <= ? and expires_at > ?
      and expires_at = ?";
/// Before it is counted.
const SET_EXPIRY: &str = "update user_coupons set expires_at = ?, changed_at = ? where id = ?";

const WANTED: &str = concatcp!(" from coupons where (? = '' or seller_id = ?) and ", STATUS, " in ([?])");
const PAGE: &str = concatcp!("select ", COLUMNS, WANTED, " and id < ? order by id desc limit ? offset ?");
const COUNT: &str = counted!(WANTED);
const NAMES: &str = "select id, name from coupons where id in ([?])";

/// Guarantees that a user has at most one of each coupon.
const HOLD: &str =
    "insert into user_coupons (coupon_id, user_id, issued_at, expires_at, changed_at) values (?, ?, ?, ?, ?)
    {on conflict ignore: coupon_id}";
const HOLDS: &str = "select id from user_coupons where coupon_id = ? and user_id = ?";
/// Who holds a coupon, for the gate.
const HOLDERS: &str = "select user_id from user_coupons where coupon_id = ? order by id limit ?";
const HELD: &str = concatcp!("select ", HELD_COLUMNS, " from user_coupons u join coupons c on c.id = u.coupon_id");
const OWN: &str = concatcp!(HELD, " where u.id = ? and u.user_id = ?");
const OWN_OF_COUPON: &str = concatcp!(HELD, " where u.coupon_id = ? and u.user_id = ?");
const OWN_OF_CODE: &str = concatcp!(HELD, " where c.code_key = ? and u.user_id = ?");
/// Guarantees that a coupon is used once.
const SPEND: &str = "update user_coupons set used_at = ?, order_number = ?, changed_at = ?
    where id = ? and user_id = ? and used_at is null and expires_at > ?";
/// Guarantees that it comes back once, and only from the order in which it is used.
const GIVE_BACK: &str = "update user_coupons set used_at = null, order_number = null, changed_at = ?
    where id = ? and order_number = ?";
/// The user's coupons, so that two orders of the user which ask whether they are the first wait for each other.
const LOCK_OWN: &str = "select id from user_coupons where user_id = ? order by id {for update}";
const ALL_OWN: &str = concatcp!(HELD, " where u.user_id = ? order by u.id desc limit ?");
const AVAILABLE: &str = concatcp!(
    HELD,
    " where u.user_id = ? and u.used_at is null and u.expires_at > ? order by u.expires_at, u.id limit ?"
);

const WRONG_COUNTS: &str = "select c.code, c.issued_quantity, count(u.id), c.total_quantity
      from coupons c left join user_coupons u on u.coupon_id = c.id
     where c.id between ? and ?
     group by c.id, c.code, c.issued_quantity, c.total_quantity
    having c.issued_quantity <> count(u.id) or c.issued_quantity > c.total_quantity order by c.id limit ?";
const WRONG_COUPONS: &str = "select code, discount_type, discount_value from coupons
    where id between ? and ? and (discount_value < 1 or (discount_type = 'PERCENTAGE' and discount_value > 10000)
       or expires_at <= starts_at or discount_type not in ('FIXED', 'PERCENTAGE')) order by id limit ?";
const WRONG_USES: &str = "select u.id, coalesce(u.order_number, '-') from user_coupons u
    where u.id between ? and ? and ((u.used_at is null) <> (u.order_number is null)
       or not exists (select 1 from coupons c where c.id = u.coupon_id)) order by u.id limit ?";

/// Every statement of these tables.
pub const STATEMENTS: &[&str] = &[
    LOCK_OWN,
    INSERT,
    FIND,
    LOCK,
    BY_CODE,
    OPEN,
    SAVE,
    DEACTIVATE,
    COUNT_ISSUED,
    SET_EXPIRY,
    PAGE,
    COUNT,
    NAMES,
    HOLD,
    HOLDS,
    HOLDERS,
    OWN,
    OWN_OF_COUPON,
    OWN_OF_CODE,
    SPEND,
    GIVE_BACK,
    ALL_OWN,
    AVAILABLE,
];

const COUPONS: Keys = Keys { table: "coupons", column: "id", changed: Changed::All };
const OF_USERS: Keys = Keys {
    table: "user_coupons",
    column: "id",
    changed: Changed::Dated { table: "user_coupons", at: "changed_at", key: "id" },
};

/// What must hold for coupons.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "as many coupons are issued as users hold, and never more than there are",
        over: Some(COUPONS),
        sql: WRONG_COUNTS,
        given: &[],
        subject: "coupon {}",
        found: "counted {}, held {}, of {}",
    },
    Check {
        rule: "a coupon has a discount and a period that make sense",
        over: Some(COUPONS),
        sql: WRONG_COUPONS,
        given: &[],
        subject: "coupon {}",
        found: "{} {}",
    },
    Check {
        rule: "a user's coupon is of a coupon, and has an order and a time when it was used",
        over: Some(OF_USERS),
        sql: WRONG_USES,
        given: &[],
        subject: "user coupon {}",
        found: "order {}",
    },
];

/// The value of a discount as it is stored: minor units, or basis points.
fn stored_value(discount: Discount) -> i64 {
    match discount {
        Discount::Fixed(amount) => amount.as_minor(),
        Discount::Percentage(percent) => i64::from(percent.basis_points()),
    }
}

fn offer(row: &Row<'_>) -> Result<Offer> {
    let (kind, value): (DiscountType, i64) = (row.next()?, row.next()?);
    let discount = match kind {
        DiscountType::Fixed => Discount::Fixed(Money::minor(value)),
        DiscountType::Percentage => Discount::Percentage(kernel::Percent::of_basis_points(value)?),
    };
    let (minimum_order, maximum_discount) = (row.next()?, row.next()?);
    let (products, categories) = (scope::read(row.next()?)?, scope::read(row.next()?)?);
    let scope = Scope { products, categories, seller: row.next()? };
    Ok(Offer { discount, minimum_order, maximum_discount, scope, first_order_only: row.next()? })
}

fn coupon(row: &Row<'_>) -> Result<Coupon> {
    let (id, code, name, description) = (row.next()?, row.next()?, row.next()?, row.next()?);
    let offer = offer(row)?;
    let (total, listed, starts_at, expires_at) = (row.next()?, row.next()?, row.next()?, row.next()?);
    Ok(Coupon {
        id: CouponId::new(id),
        content: Content { code, name, description, offer, total, listed, starts_at, expires_at },
        issued: row.next()?,
        deactivated_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

fn user_coupon(row: &Row<'_>) -> Result<UserCoupon> {
    let (id, coupon, user, code, name) = (row.next()?, row.next()?, row.next()?, row.next()?, row.next()?);
    let offer = offer(row)?;
    let state = match (row.next()?, row.next()?) {
        (Some(order), Some(at)) => State::Used { order, at },
        (None, None) => State::Available,
        _ => return Err(Code::Internal.error().caused_by(format!("user coupon {id} has half a use"))),
    };
    let (id, coupon) = (UserCouponId::new(id), CouponId::new(coupon));
    Ok(UserCoupon { id, coupon, user, code, name, offer, state, issued_at: row.next()?, expires_at: row.next()? })
}

/// Stores a new coupon; `None` when its code is taken.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &Content) -> Result<Option<CouponId>> {
    let (now, offer, key) = (tx.now(), &new.offer, text::folded(&new.code));
    let (kind, value) = (offer.discount.kind(), stored_value(offer.discount));
    let (products, categories) = (scope::stored(&offer.scope.products), scope::stored(&offer.scope.categories));
    let values = args![
        new.code,
        key,
        new.name,
        new.description,
        kind,
        value,
        offer.minimum_order,
        offer.maximum_discount,
        products,
        categories,
        offer.first_order_only,
        new.total,
        new.listed,
        new.starts_at,
        new.expires_at,
        offer.scope.seller,
        now,
        now
    ];
    Ok(tx.insert_new(INSERT, values)?.map(CouponId::new))
}

/// The coupon; S601 when there is none.
pub(crate) fn find(tx: &mut Tx<'_>, id: CouponId) -> Result<Coupon> {
    tx.query_first(FIND, args![id], coupon)?.ok_or_else(|| Code::CouponNotFound.error())
}

/// The coupon, locked until the transaction ends; S601 when there is none.
pub(crate) fn lock(tx: &mut Tx<'_>, id: CouponId) -> Result<Coupon> {
    tx.query_first(LOCK, args![id], coupon)?.ok_or_else(|| Code::CouponNotFound.error())
}

/// The coupon with this code; S601 when there is none.
pub(crate) fn by_code(tx: &mut Tx<'_>, code: &str) -> Result<Coupon> {
    tx.query_first(BY_CODE, args![text::folded(code)], coupon)?.ok_or_else(|| Code::CouponNotFound.error())
}

/// The listed coupons that can be issued now, those that expire first in front.
pub(crate) fn open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Coupon>> {
    let now = tx.now();
    tx.query(OPEN, args![now, now, limit], coupon)
}

/// Rewrites a coupon; false when it was changed meanwhile, or more are issued than `content` has.
pub(crate) fn save(tx: &mut Tx<'_>, id: CouponId, version: i64, content: &Content) -> Result<bool> {
    let (now, offer) = (tx.now(), &content.offer);
    let (kind, value) = (offer.discount.kind(), stored_value(offer.discount));
    let (products, categories) = (scope::stored(&offer.scope.products), scope::stored(&offer.scope.categories));
    let values = args![
        content.name,
        content.description,
        kind,
        value,
        offer.minimum_order,
        offer.maximum_discount,
        products,
        categories,
        offer.first_order_only,
        content.total,
        content.listed,
        content.starts_at,
        content.expires_at,
        now,
        id,
        version,
        content.total
    ];
    Ok(tx.exec(SAVE, values)? == 1)
}

/// Deactivates a coupon; false when it was changed meanwhile.
pub(crate) fn deactivate(tx: &mut Tx<'_>, id: CouponId, version: i64) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(DEACTIVATE, args![now, now, id, version])? == 1)
}

/// Which coupons a list shows.
#[derive(Debug, Clone)]
pub struct Filter {
    pub seller: Option<UserId>,
    /// None: all of them.
    pub statuses: Vec<Status>,
}

/// A page of coupons, newest first, and how many there are.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    filter: &Filter,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Coupon>, Total)> {
    let now = tx.now();
    let seller = filter.seller.map(|id| id.to_string()).unwrap_or_default();
    let statuses = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
    let statuses = Arg::list(statuses);
    let total = Total::counted(tx.query_one(COUNT, args![seller, seller, now, statuses], |row| row.get(0))?);
    let before = after.map_or(i64::MAX, Cursor::id);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    let wanted = args![seller, seller, now, statuses, before, limit, offset];
    Ok((tx.query(PAGE, wanted, coupon)?, total))
}

/// The names of those coupons with these numbers that there are.
pub(crate) fn names(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, String)>> {
    tx.query(NAMES, args![Arg::list(ids)], |row| Ok((row.next()?, row.next()?)))
}

/// Stores that the user has the coupon; `None` when they had it before.
pub(crate) fn hold(tx: &mut Tx<'_>, coupon: &Coupon, user: &UserId) -> Result<Option<UserCouponId>> {
    let now = tx.now();
    Ok(tx.insert_new(HOLD, args![coupon.id, user, now, coupon.content.expires_at, now])?.map(UserCouponId::new))
}

/// Whether the user has the coupon.
pub(crate) fn holds(tx: &mut Tx<'_>, coupon: CouponId, user: &UserId) -> Result<bool> {
    Ok(tx.query_first(HOLDS, args![coupon, user], |row| row.get::<i64>(0))?.is_some())
}

/// The users who have the coupon, at most `limit` of them.
pub(crate) fn holders(tx: &mut Tx<'_>, coupon: CouponId, limit: i64) -> Result<Vec<UserId>> {
    tx.query(HOLDERS, args![coupon, limit], |row| row.get(0))
}

/// Counts one more issued coupon; false when none is left, its time is over, or its expiry was changed since it was read.
pub(crate) fn count_issued(tx: &mut Tx<'_>, coupon: &Coupon) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(COUNT_ISSUED, args![coupon.id, now, now, coupon.content.expires_at])? == 1)
}

/// Gives a user's coupon another expiry.
pub(crate) fn set_expiry(tx: &mut Tx<'_>, held: UserCouponId, expires_at: Timestamp) -> Result<()> {
    let now = tx.now();
    tx.exec(SET_EXPIRY, args![expires_at, now, held]).map(drop)
}

/// The user's coupon; S608 when they have no such coupon.
pub(crate) fn named(tx: &mut Tx<'_>, user: &UserId, named: &Named) -> Result<UserCoupon> {
    let found = match named {
        Named::Held(id) => tx.query_first(OWN, args![id, user], user_coupon),
        Named::Coupon(id) => tx.query_first(OWN_OF_COUPON, args![id, user], user_coupon),
        Named::Code(code) => tx.query_first(OWN_OF_CODE, args![text::folded(code), user], user_coupon),
    };
    found?.ok_or_else(|| Code::UserCouponNotFound.error())
}

/// Locks every coupon of the user until the job ends.
pub(crate) fn lock_own(tx: &mut Tx<'_>, user: &UserId) -> Result<()> {
    tx.query(LOCK_OWN, args![user], |_| Ok(())).map(drop)
}

/// Uses the user's coupon in this order; false when it cannot be used.
pub(crate) fn spend(tx: &mut Tx<'_>, user: &UserId, id: UserCouponId, order: &OrderNumber) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(SPEND, args![now, order, now, id, user, now])? == 1)
}

/// The coupon that was used in this order can be used again; false when it is not used in it.
pub(crate) fn give_back(tx: &mut Tx<'_>, id: UserCouponId, order: &OrderNumber) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(GIVE_BACK, args![now, id, order])? == 1)
}

/// The user's newest coupons.
pub(crate) fn all_own(tx: &mut Tx<'_>, user: &UserId, limit: i64) -> Result<Vec<UserCoupon>> {
    tx.query(ALL_OWN, args![user, limit], user_coupon)
}

/// The user's coupons that can be used at `now`, those that expire first in front.
pub(crate) fn available(tx: &mut Tx<'_>, user: &UserId, now: Timestamp, limit: i64) -> Result<Vec<UserCoupon>> {
    tx.query(AVAILABLE, args![user, now, limit], user_coupon)
}
