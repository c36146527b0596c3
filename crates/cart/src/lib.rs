//! Carts: what a buyer means to buy. The README says what it owns, says, hears and promises.

pub mod cart;
pub mod ops;

pub use cart::{Cart, CartLine, NewLine, Status};
