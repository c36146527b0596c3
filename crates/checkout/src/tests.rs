//! The branches of the shop's sagas, through the real handlers. Whole flows are in the stories of testkit.

mod cancelling;
mod carts;
mod charging;
mod comparing;
mod coupons;
mod deals;
mod explaining;
mod late_refunds;
mod mishaps;
mod old_shops;
mod ordering;
mod paying;
mod proofs;
mod races;
mod refunding;
mod shop;
mod splitting;
mod statements;
