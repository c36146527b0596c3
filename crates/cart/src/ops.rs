//! What can be done with carts, one function per verb.

pub use crate::cart::{Cart, CartLine, NewLine, Status};
use kernel::{CartId, CartItemId, Code, OrderNumber, Quantity, Result, UserId};
use store::Tx;

fn soon<T>() -> Result<T> {
    Err(Code::Internal.because("not written yet"))
}

/// The ACTIVE cart, made when there is none.
pub fn current(_tx: &mut Tx<'_>, _user: &UserId) -> Result<Cart> {
    soon()
}
/// The ACTIVE cart if there is one; only reads.
pub fn peek(_tx: &mut Tx<'_>, _user: &UserId) -> Result<Option<Cart>> {
    soon()
}
/// Adds.
pub fn add(_tx: &mut Tx<'_>, _user: &UserId, _item: NewLine, _merge: bool) -> Result<Cart> {
    soon()
}
/// Changes.
pub fn change(_tx: &mut Tx<'_>, _user: &UserId, _item: CartItemId, _quantity: Quantity) -> Result<Cart> {
    soon()
}
/// Removes.
pub fn remove(_tx: &mut Tx<'_>, _user: &UserId, _item: CartItemId) -> Result<Cart> {
    soon()
}
/// Clears.
pub fn clear(_tx: &mut Tx<'_>, _user: &UserId) -> Result<Cart> {
    soon()
}
/// Checks out.
pub fn check_out(_tx: &mut Tx<'_>, _user: &UserId) -> Result<Cart> {
    soon()
}
/// The cart an order is made from.
pub fn for_order(_tx: &mut Tx<'_>, _user: &UserId, _cart: Option<CartId>) -> Result<Cart> {
    soon()
}
/// The same choice for a quote; only reads and locks nothing.
pub fn for_quote(_tx: &mut Tx<'_>, _user: &UserId, _cart: Option<CartId>) -> Result<Cart> {
    soon()
}
/// Ties the cart to its order.
pub fn ordered(_tx: &mut Tx<'_>, _cart: CartId, _order: &OrderNumber) -> Result<()> {
    soon()
}
