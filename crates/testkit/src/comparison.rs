//! What the gateway has recorded of an order.

use ports::{Gateway, gateway::Simulated};

/// What the gateway took for an order.
pub fn captures(gateway: &Simulated, order: &str) -> Vec<i64> {
    let charges = gateway.charges().unwrap_or_default();
    let of_order = charges.iter().filter(|charge| charge.order.as_str() == order);
    of_order.map(|charge| charge.captured().as_minor()).filter(|taken| *taken > 0).collect()
}

/// What the gateway gave back for an order.
pub fn refunds(gateway: &Simulated, order: &str) -> Vec<i64> {
    let charges = gateway.charges().unwrap_or_default();
    let of_order = charges.iter().filter(|charge| charge.order.as_str() == order);
    of_order.flat_map(|charge| &charge.refunds).map(|refund| refund.amount.as_minor()).collect()
}
