//! The routes of carts, orders, payments, deliveries, returns, coupons, time deals, wallets and sagas: all of each family, also those that one
//! domain could answer alone.

mod carts;
mod coupons;
mod deals;
mod deals_admin;
mod deliveries;
mod order_lists;
mod order_streams;
mod orders;
mod orders_admin;
mod orders_bulk;
mod payments;
mod payments_admin;
mod returns;
mod sagas;
mod visitor;
mod wallets;

pub use visitor::{CART_TOKEN, Visitor};
use web::Routes;

/// The handlers of this crate.
pub fn routes() -> Routes {
    Routes::new()
        .merge(carts::routes())
        .merge(orders::routes())
        .merge(order_lists::routes())
        .merge(order_streams::routes())
        .merge(orders_admin::routes())
        .merge(orders_bulk::routes())
        .merge(payments::routes())
        .merge(payments_admin::routes())
        .merge(deliveries::routes())
        .merge(coupons::routes())
        .merge(deals::routes())
        .merge(deals_admin::routes())
        .merge(sagas::routes())
        .merge(wallets::routes())
        .merge(returns::routes())
}
