//! The SQL of carts.

use crate::Owner;
use crate::cart::{Cart, CartLine, Kind, LINES_MAX, NewLine, Status};
use kernel::{CartId, CartItemId, Code, OrderNumber, Quantity, Result, Timestamp};
use store::{
    Arg, Check, Row, ToArg, Tx, args,
    audit::{Changed, Given, Keys},
    concatcp,
};

/// What [`cart`] reads, in this order. The column `user_id` has its name from the first release, which knew no guests.
const COLUMNS: &str = "id, user_id, status, order_number, created_at, updated_at, version";
/// What [`line`] reads, in this order.
const LINE_COLUMNS: &str = "id, product_id, variant_id, product_name, price, quantity, added_at";

const OWN: &str = concatcp!("select ", COLUMNS, " from carts where active_key = ?");
const OWN_LOCKED: &str = concatcp!(OWN, " {for update}");
const BY_ID: &str = concatcp!("select ", COLUMNS, " from carts where id = ? and user_id = ?");
const BY_ID_LOCKED: &str = concatcp!(BY_ID, " {for update}");
const LINES: &str = concatcp!("select ", LINE_COLUMNS, " from cart_items where cart_id = ? order by id");
const MAKE: &str = "
    insert into carts (user_id, status, active_key, created_at, updated_at, version) values (?, 'ACTIVE', ?, ?, ?, 1)
    {on conflict ignore: user_id}";
const ADD: &str = "
    insert into cart_items (cart_id, product_id, variant_id, product_name, price, quantity, added_at)
    values (?, ?, ?, ?, ?, ?, ?)";
const ADD_ALL: &str = "
    insert into cart_items (cart_id, product_id, variant_id, product_name, price, quantity, added_at)
    values [(?, ?, ?, ?, ?, ?, ?)]";
const CHANGE: &str = "update cart_items set quantity = ? where id = ? and cart_id = ?";
const REMOVE: &str = "delete from cart_items where id = ? and cart_id = ?";
const CLEAR: &str = "delete from cart_items where cart_id = ?";
const TOUCH: &str = "
    update carts set status = 'ACTIVE', version = version + 1, updated_at = ? where id = ? and active_key is not null";
const CHECK_OUT: &str = "
    update carts set status = 'CHECKED_OUT', version = version + 1, updated_at = ?
     where id = ? and active_key is not null";
/// Guarantees that a cart makes at most one order.
const ORDERED: &str = "
    update carts set status = 'CHECKED_OUT', active_key = null, order_number = ?, version = version + 1, updated_at = ?
     where id = ? and order_number is null";
const CLOSE: &str = "
    update carts set status = 'CHECKED_OUT', active_key = null, version = version + 1, updated_at = ?
     where id = ? and active_key is not null";
/// Where the next so many carts end that were not changed since some time.
const AGED: &str = "select max(r.t) from (select updated_at as t from carts
    where updated_at > ? and updated_at < ? order by updated_at limit ?) r";
const BETWEEN: &str = "select id from carts where updated_at > ? and updated_at <= ?";
/// Excludes the newest cart, so that no database reuses its id for another one.
const NOT_NEWEST: &str = " and id < (select max(id) from carts) order by id";
const OLD: &str = concatcp!(BETWEEN, NOT_NEWEST);
const OLD_CLOSED: &str = concatcp!(BETWEEN, " and active_key is null and order_number is null", NOT_NEWEST);
const OLD_OF_GUESTS: &str = concatcp!(BETWEEN, " and user_id {like} 'guest-%'", NOT_NEWEST);
const STILL_FORGETTABLE: &str = "
    select id from carts
     where id in ([?]) and (updated_at < ? or (updated_at < ? and active_key is null and order_number is null)
        or (updated_at < ? and user_id {like} 'guest-%'))
     order by id {for update}";
const FORGET_LINES: &str = "delete from cart_items where cart_id in ([?])";
const FORGET: &str = "delete from carts where id in ([?])";
// carts of the first release, and of guests who signed in, are closed without an order: they have no key and no order number
const UNTRUE: &str = "
    select id, status, coalesce(active_key, '-'), coalesce(order_number, '-') from carts
     where id between ? and ? and ((status = 'ACTIVE' and (active_key is null or order_number is not null))
        or (active_key is not null and (active_key <> user_id or order_number is not null))
        or status not in ('ACTIVE', 'CHECKED_OUT') or version < 1)
     order by id limit ?";
const OVERFULL: &str = "
    select cart_id, count(*) from cart_items where cart_id between ? and ?
     group by cart_id having count(*) > ? order by cart_id limit ?";
const WRONG_LINES: &str = "
    select id, cart_id, quantity, price from cart_items i
     where cart_id between ? and ?
       and (quantity < 1 or price < 0 or not exists (select 1 from carts c where c.id = i.cart_id))
     order by cart_id, id limit ?";

/// Every statement.
pub(crate) const STATEMENTS: &[&str] = &[
    OWN,
    OWN_LOCKED,
    BY_ID,
    BY_ID_LOCKED,
    LINES,
    MAKE,
    ADD,
    ADD_ALL,
    CHANGE,
    REMOVE,
    CLEAR,
    TOUCH,
    CHECK_OUT,
    ORDERED,
    CLOSE,
    AGED,
    OLD,
    OLD_CLOSED,
    OLD_OF_GUESTS,
    STILL_FORGETTABLE,
    FORGET_LINES,
    FORGET,
];

const CARTS: Keys = Keys { table: "carts", column: "id", changed: DATED };
/// Lines; every change of a line changes its cart.
const OF_CARTS: Keys = Keys { table: "cart_items", column: "cart_id", changed: DATED };
const DATED: Changed = Changed::Dated { table: "carts", at: "updated_at", key: "id" };

/// What must hold among carts.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a cart has its owner's key until it is closed",
        over: Some(CARTS),
        sql: UNTRUE,
        given: &[],
        subject: "cart {}",
        found: "{}, active key {}, order {}",
    },
    Check {
        rule: "a cart has at most 200 lines",
        over: Some(OF_CARTS),
        sql: OVERFULL,
        given: &[Given::Number(LINES_MAX as i64)],
        subject: "cart {}",
        found: "{} lines",
    },
    Check {
        rule: "a line has a cart, a quantity and a price",
        over: Some(OF_CARTS),
        sql: WRONG_LINES,
        given: &[],
        subject: "item {} of cart {}",
        found: "quantity {} price {}",
    },
];

/// Selects one of the owner's carts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    /// The one that no order came from.
    Own,
    /// The cart with this id, if it is the owner's.
    Id(CartId),
}

fn cart(row: &Row<'_>) -> Result<Cart> {
    Ok(Cart {
        id: row.next()?,
        owner: row.next()?,
        status: status(row)?,
        lines: Vec::new(),
        created_at: row.next()?,
        updated_at: row.next()?,
        version: row.next()?,
    })
}

fn status(row: &Row<'_>) -> Result<Status> {
    let (kind, order) = (row.next()?, row.next()?);
    Ok(match kind {
        Kind::Active => Status::Active,
        Kind::CheckedOut => Status::CheckedOut { order },
    })
}

fn line(row: &Row<'_>) -> Result<CartLine> {
    Ok(CartLine {
        id: row.next()?,
        product: row.next()?,
        variant: row.next()?,
        product_name: row.next()?,
        price: row.next()?,
        quantity: row.next()?,
        added_at: row.next()?,
    })
}

/// The cart with its lines, in two statements. `locked` locks the cart until the transaction ends; only for jobs that
/// write.
pub(crate) fn find(tx: &mut Tx<'_>, owner: &Owner, which: Which, locked: bool) -> Result<Option<Cart>> {
    let found = match (which, locked) {
        (Which::Own, false) => tx.query_first(OWN, args![owner], cart),
        (Which::Own, true) => tx.query_first(OWN_LOCKED, args![owner], cart),
        (Which::Id(id), false) => tx.query_first(BY_ID, args![id, owner], cart),
        (Which::Id(id), true) => tx.query_first(BY_ID_LOCKED, args![id, owner], cart),
    };
    let Some(mut cart) = found? else { return Ok(None) };
    cart.lines = tx.query(LINES, args![cart.id], line)?;
    Ok(Some(cart))
}

/// Makes the owner's cart; `None` when a concurrent job just made it.
pub(crate) fn make(tx: &mut Tx<'_>, owner: &Owner) -> Result<Option<Cart>> {
    let now = tx.now();
    let id = tx.insert_new(MAKE, args![owner, owner, now, now])?;
    Ok(id.map(|id| Cart {
        id: CartId::new(id),
        owner: *owner,
        status: Status::Active,
        lines: Vec::new(),
        created_at: now,
        updated_at: now,
        version: 1,
    }))
}

/// Stores a new line.
pub(crate) fn add(tx: &mut Tx<'_>, cart: CartId, item: NewLine) -> Result<CartLine> {
    let now = tx.now();
    let NewLine { product, variant, product_name, price, quantity } = item;
    let id = tx.insert(ADD, args![cart, product, variant, product_name, price, quantity, now])?;
    Ok(CartLine { id: CartItemId::new(id), product, variant, product_name, price, quantity, added_at: now })
}

/// Stores new lines in one statement.
pub(crate) fn add_all(tx: &mut Tx<'_>, cart: CartId, lines: &[NewLine]) -> Result<()> {
    let now = tx.now();
    let rows = lines.iter().map(|line| {
        vec![
            cart.to_arg(),
            line.product.to_arg(),
            line.variant.to_arg(),
            line.product_name.to_arg(),
            line.price.to_arg(),
            line.quantity.to_arg(),
            now.to_arg(),
        ]
    });
    tx.insert_rows(ADD_ALL, rows.collect()).map(|_| ())
}

/// Stores a line's quantity. `false` when the cart has no such line.
pub(crate) fn change(tx: &mut Tx<'_>, cart: CartId, item: CartItemId, quantity: Quantity) -> Result<bool> {
    Ok(tx.exec(CHANGE, args![quantity, item, cart])? == 1)
}

/// Deletes a line. `false` when the cart has no such line.
pub(crate) fn remove(tx: &mut Tx<'_>, cart: CartId, item: CartItemId) -> Result<bool> {
    Ok(tx.exec(REMOVE, args![item, cart])? == 1)
}

/// Deletes every line.
pub(crate) fn clear(tx: &mut Tx<'_>, cart: CartId) -> Result<()> {
    tx.exec(CLEAR, args![cart]).map(|_| ())
}

/// Makes a locked cart ACTIVE and raises its version.
pub(crate) fn touch(tx: &mut Tx<'_>, cart: CartId) -> Result<()> {
    let now = tx.now();
    let touched = tx.exec(TOUCH, args![now, cart])?;
    held(touched)
}

/// Marks a locked cart as CHECKED_OUT.
pub(crate) fn check_out(tx: &mut Tx<'_>, cart: CartId) -> Result<()> {
    let now = tx.now();
    let marked = tx.exec(CHECK_OUT, args![now, cart])?;
    held(marked)
}

/// S103 when the guard of a statement did not hold: an order came from the cart.
fn held(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Code::CartAlreadyCheckedOut.error()) }
}

/// Links the cart to its order. `false` when it already has one.
pub(crate) fn ordered(tx: &mut Tx<'_>, cart: CartId, order: &OrderNumber) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(ORDERED, args![order, now, cart])? == 1)
}

/// Closes a locked cart without an order, and deletes its lines.
pub(crate) fn close(tx: &mut Tx<'_>, cart: CartId) -> Result<()> {
    let now = tx.now();
    let closed = tx.exec(CLOSE, args![now, cart])?;
    held(closed)?;
    clear(tx, cart)
}

/// Carts that were not changed since these times are deleted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cutoffs {
    /// Any cart.
    pub untouched: Timestamp,
    /// One that was closed without an order.
    pub closed: Timestamp,
    /// A guest's.
    pub guests: Timestamp,
}

/// Up to which time of their last change closed carts and those of guests were looked at (after one that is not used: all that
/// are [`Cutoffs::untouched`] are deleted). One that was found young or wanted then is not looked
/// at again: it is deleted with all others when it is [`Cutoffs::untouched`], or a change makes it young.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen([Timestamp; 3]);

impl Default for Seen {
    fn default() -> Seen {
        Seen([Timestamp::from_millis(-1); 3])
    }
}

/// The next carts that are old enough to delete, oldest first, and what was looked at then. It looks at about `limit` carts.
pub(crate) fn forgettable(tx: &mut Tx<'_>, cutoffs: Cutoffs, seen: Seen, limit: i64) -> Result<(Vec<CartId>, Seen)> {
    let Cutoffs { untouched, closed, guests } = cutoffs;
    let kinds = [(OLD, untouched), (OLD_CLOSED, closed), (OLD_OF_GUESTS, guests)];
    for (kind, (old, cutoff)) in kinds.into_iter().enumerate() {
        let mut now = seen;
        let last = tx.query_one(AGED, args![seen.0[kind], cutoff, limit], |row| row.get::<Option<Timestamp>>(0))?;
        let Some(last) = last else { continue };
        let carts: Vec<CartId> = tx.query(old, args![seen.0[kind], last], |row| row.get(0))?;
        if kind > 0 {
            now.0[kind] = last;
        } else if carts.is_empty() {
            // only the newest cart, which is looked at again until a newer one is there
            continue;
        }
        return Ok((carts, now));
    }
    Ok((Vec::new(), seen))
}

/// Deletes those of these carts that are still old enough. Returns the number of deleted carts.
pub(crate) fn forget(tx: &mut Tx<'_>, carts: &[CartId], cutoffs: Cutoffs) -> Result<u64> {
    let Cutoffs { untouched, closed, guests } = cutoffs;
    let conditions = &[Arg::list(carts), untouched.to_arg(), closed.to_arg(), guests.to_arg()];
    let old: Vec<CartId> = tx.query(STILL_FORGETTABLE, conditions, |row| row.get(0))?;
    tx.exec(FORGET_LINES, &[Arg::list(&old)])?;
    tx.exec(FORGET, &[Arg::list(&old)])
}
