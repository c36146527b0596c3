//! Operations on carts, one function per verb.

pub use crate::cart::{Cart, CartLine, LeftOut, NewLine, Status};
pub use crate::owner::{Guest, Owner};
pub use crate::store::Seen;

use crate::cart::{self, Addition, NEVER_ORDERED, UNTOUCHED};
use crate::store::{self, Cutoffs, Which};
use ::store::Tx;
use kernel::{CartId, CartItemId, Code, OrderNumber, Quantity, Result, UserId, VariantId};
use std::time::Duration;

/// Carts that are looked at, and deleted, by one transaction.
const FORGET_AT_ONCE: i64 = 200;

/// The owner's cart, locked; made if there is none. Try [`peek`] first: it needs only a read connection.
pub fn current(tx: &mut Tx<'_>, owner: &Owner) -> Result<Cart> {
    current_or_new(tx, owner).map(|(cart, _)| cart)
}

/// The owner's cart, locked, and whether this made it.
fn current_or_new(tx: &mut Tx<'_>, owner: &Owner) -> Result<(Cart, bool)> {
    if let Some(cart) = store::find(tx, owner, Which::Own, true)? {
        return Ok((cart, false));
    }
    match store::make(tx, owner)? {
        Some(cart) => Ok((cart, true)),
        None => Ok((own(tx, owner)?, false)),
    }
}

/// The owner's cart, if there is one, without a lock.
pub fn peek(tx: &mut Tx<'_>, owner: &Owner) -> Result<Option<Cart>> {
    store::find(tx, owner, Which::Own, false)
}

/// Adds a product to the owner's cart. If its variant is in the cart already, `merge` adds the quantities (the stored
/// price stays); without `merge` it is S106 with the existing line in the details. S105 for too many units, C002 for
/// too many lines.
pub fn add(tx: &mut Tx<'_>, owner: &Owner, item: NewLine, merge: bool) -> Result<Cart> {
    let (mut cart, is_new) = current_or_new(tx, owner)?;
    match cart.addition(&item, merge)? {
        Addition::New => {
            let line = store::add(tx, cart.id, item)?;
            cart.lines.push(line);
        }
        Addition::More { line, quantity } => change_line(tx, &mut cart, line, quantity)?,
    }
    // a cart of this moment says already when it changed last
    if is_new { Ok(cart) } else { touched(tx, cart) }
}

/// Fills the owner's cart with these lines: not with those whose variant is there already, and only as far as there is room.
/// Gives the variants that were left out. When no line is added, nothing changes.
pub fn fill(tx: &mut Tx<'_>, owner: &Owner, lines: Vec<NewLine>) -> Result<Vec<(VariantId, LeftOut)>> {
    let cart = current(tx, owner)?;
    let (room, left_out) = cart.room_for(lines);
    if !room.is_empty() {
        store::add_all(tx, cart.id, &room)?;
        touched(tx, cart)?;
    }
    Ok(left_out)
}

/// Whether the guest has a cart that was changed within `ttl`.
pub fn is_known(tx: &mut Tx<'_>, guest: &Guest, ttl: Duration) -> Result<bool> {
    let cart = store::find(tx, &Owner::Guest(*guest), Which::Own, false)?;
    Ok(cart.is_some_and(|cart| cart.updated_at >= tx.now().before(ttl)))
}

/// Makes a cart for a new guest, and gives the guest with its token.
pub fn welcome(tx: &mut Tx<'_>) -> Result<(Guest, String)> {
    let (guest, token) = Guest::draw(tx.random());
    store::make(tx, &Owner::Guest(guest))?;
    Ok((guest, token))
}

/// Puts the lines of a guest's cart into the cart of `user`, and closes the guest's. Quantities of the same variant are added, up
/// to [`cart::UNITS_MAX`]; the user's line keeps its price. Lines beyond [`cart::LINES_MAX`] are dropped. No effect when the
/// guest has no cart.
pub fn merge(tx: &mut Tx<'_>, user: UserId, guest: &Guest) -> Result<()> {
    let Some(theirs) = store::find(tx, &Owner::Guest(*guest), Which::Own, true)? else { return Ok(()) };
    store::close(tx, theirs.id)?;
    if theirs.lines.is_empty() {
        return Ok(());
    }
    let owner = Owner::User(user);
    let mut cart = current(tx, &owner)?;
    let mut added = Vec::new();
    for line in theirs.lines {
        let own = cart.line_of(line.variant).map(|own| (own.id, own.quantity.as_i64()));
        match own {
            Some((item, units)) => change_line(tx, &mut cart, item, cart::most(units + line.quantity.as_i64()))?,
            None => added.push(line.again()),
        }
    }
    let (room, _) = cart.room_for(added);
    store::add_all(tx, cart.id, &room)?;
    touched(tx, cart).map(|_| ())
}

/// Changes the quantity of a line, and gives the one it had before. S101 without a cart, S102 when the line is not in it, S105
/// for too many.
pub fn change(tx: &mut Tx<'_>, owner: &Owner, item: CartItemId, quantity: Quantity) -> Result<(Cart, Quantity)> {
    let mut cart = own(tx, owner)?;
    let line = cart.line(item)?;
    let (before, quantity) = (line.quantity, cart::purchasable(line.variant, quantity.as_i64())?);
    change_line(tx, &mut cart, item, quantity)?;
    Ok((touched(tx, cart)?, before))
}

/// Removes a line. S101, S102.
pub fn remove(tx: &mut Tx<'_>, owner: &Owner, item: CartItemId) -> Result<Cart> {
    let mut cart = own(tx, owner)?;
    cart.line(item)?;
    if !store::remove(tx, cart.id, item)? {
        return Err(Code::CartItemNotFound.because(format!("item {item}")));
    }
    cart.lines.retain(|line| line.id != item);
    touched(tx, cart)
}

/// Removes every line; the cart stays. S101.
pub fn clear(tx: &mut Tx<'_>, owner: &Owner) -> Result<Cart> {
    let mut cart = own(tx, owner)?;
    store::clear(tx, cart.id)?;
    cart.lines.clear();
    touched(tx, cart)
}

/// Checks the cart out: a mark that any change takes away again. Reserves no stock. Repeated: no effect. S101, S104 when it is
/// empty.
pub fn check_out(tx: &mut Tx<'_>, owner: &Owner) -> Result<Cart> {
    let cart = own(tx, owner)?.not_empty()?;
    match cart.status {
        Status::CheckedOut { .. } => return Ok(cart),
        Status::Active => store::check_out(tx, cart.id)?,
    }
    let (now, version) = (tx.now(), cart.version + 1);
    Ok(Cart { status: Status::CheckedOut { order: None }, updated_at: now, version, ..cart })
}

/// The cart to make an order from, locked until the transaction ends: the owner's, checked out or not. A named cart must be the
/// owner's (S101) and have no order yet (S103). S104 when it has no lines.
pub fn for_order(tx: &mut Tx<'_>, owner: &Owner, cart: Option<CartId>) -> Result<Cart> {
    choose(tx, owner, cart, true)
}

/// Chooses the same cart without locking it: for quotes, which only read.
pub fn for_quote(tx: &mut Tx<'_>, owner: &Owner, cart: Option<CartId>) -> Result<Cart> {
    choose(tx, owner, cart, false)
}

fn choose(tx: &mut Tx<'_>, owner: &Owner, cart: Option<CartId>, locked: bool) -> Result<Cart> {
    let which = cart.map_or(Which::Own, Which::Id);
    let missing = || match cart {
        // the first line makes it
        None => Code::CartNotFound.error().preparable(),
        Some(_) => Code::CartNotFound.error(),
    };
    let cart = store::find(tx, owner, which, locked)?.ok_or_else(missing)?;
    match &cart.status {
        Status::CheckedOut { order: Some(order) } => {
            Err(Code::CartAlreadyCheckedOut.because(format!("order {order} came from it")))
        }
        Status::CheckedOut { order: None } | Status::Active => cart.not_empty(),
    }
}

/// Closes the cart: links it to the order made from it and makes it CHECKED_OUT. S103 when it already has an order.
pub fn ordered(tx: &mut Tx<'_>, cart: CartId, order: &OrderNumber) -> Result<()> {
    if store::ordered(tx, cart, order)? { Ok(()) } else { Err(Code::CartAlreadyCheckedOut.error()) }
}

/// Some carts that are old enough to delete, and what was looked at then; nothing is left when that is what it was before.
pub fn forgettable(tx: &mut Tx<'_>, guest_ttl: Duration, seen: Seen) -> Result<(Vec<CartId>, Seen)> {
    let cutoffs = cutoffs(tx, guest_ttl);
    store::forgettable(tx, cutoffs, seen, FORGET_AT_ONCE)
}

/// Deletes those of `carts` that are still old enough. Returns the number of deleted carts.
pub fn forget(tx: &mut Tx<'_>, carts: &[CartId], guest_ttl: Duration) -> Result<u64> {
    let cutoffs = cutoffs(tx, guest_ttl);
    store::forget(tx, carts, cutoffs)
}

fn cutoffs(tx: &Tx<'_>, guest_ttl: Duration) -> Cutoffs {
    let now = tx.now();
    Cutoffs { untouched: now.before(UNTOUCHED), closed: now.before(NEVER_ORDERED), guests: now.before(guest_ttl) }
}

/// The owner's cart, locked; S101 when there is none.
fn own(tx: &mut Tx<'_>, owner: &Owner) -> Result<Cart> {
    store::find(tx, owner, Which::Own, true)?.ok_or_else(|| Code::CartNotFound.error().preparable())
}

fn change_line(tx: &mut Tx<'_>, cart: &mut Cart, item: CartItemId, quantity: Quantity) -> Result<()> {
    if cart.line(item)?.quantity == quantity {
        return Ok(());
    }
    if !store::change(tx, cart.id, item, quantity)? {
        return Err(Code::CartItemNotFound.because(format!("item {item}")));
    }
    cart.lines.iter_mut().filter(|line| line.id == item).for_each(|line| line.quantity = quantity);
    Ok(())
}

/// Stores that the cart changed, which makes it ACTIVE, and returns it with its new version.
fn touched(tx: &mut Tx<'_>, mut cart: Cart) -> Result<Cart> {
    store::touch(tx, cart.id)?;
    cart.status = Status::Active;
    cart.version += 1;
    cart.updated_at = tx.now();
    Ok(cart)
}
