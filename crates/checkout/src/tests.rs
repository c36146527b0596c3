//! The shop's sagas and everything around them, through the real handlers, on a database of its own and a simulated gateway.

mod buying;
mod carts;
mod explaining;
mod giving_back;
mod mishaps;
mod old_shops;
mod paying;
mod proofs;
mod races;
mod shop;
mod statements;
mod undoing;
