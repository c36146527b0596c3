//! What buyers ask of their carts, orders and payments, as far as several domains are needed to answer.

mod carts;
mod orders;
mod payments;

use web::Routes;

/// The handlers of this crate.
pub fn routes() -> Routes {
    Routes::default()
        .merge(carts::routes())
        .merge(orders::routes())
        .merge(payments::routes())
        .merge(crate::admin::routes())
}
