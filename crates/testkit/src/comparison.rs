//! The ledger comparison: what the gateway has recorded of every order, beside what the shop has recorded.

use crate::TestShop;
use ports::{Gateway, gateway::Simulated};
use std::collections::{BTreeMap, HashSet};

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

/// Orders for which the records of the shop and of the gateway differ.
pub fn differences(shop: &TestShop, excused: &HashSet<String>) -> Vec<String> {
    let mut theirs: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for charge in shop.gateway().charges().unwrap_or_default() {
        let entry = theirs.entry(charge.order.to_string()).or_default();
        entry.0 += charge.captured().as_minor();
        entry.1 += charge.refunded().as_minor();
    }
    let mut ours: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let sql = "select order_number, sum(captured), sum(refunded) from payments group by order_number";
    for line in shop.window().lines(sql) {
        let mut parts = line.split(" | ");
        let order = parts.next().unwrap_or_default().to_owned();
        let mut number = || parts.next().and_then(|text| text.parse().ok()).unwrap_or_default();
        ours.insert(order, (number(), number()));
    }
    let orders: HashSet<&String> = theirs.keys().chain(ours.keys()).filter(|order| !excused.contains(*order)).collect();
    let differing = orders.into_iter().filter_map(|order| {
        let (theirs, ours) =
            (theirs.get(order).copied().unwrap_or_default(), ours.get(order).copied().unwrap_or_default());
        (theirs != ours)
            .then(|| format!("{order}: the gateway took and gave back {theirs:?}, the shop thinks {ours:?}"))
    });
    differing.collect()
}

/// Orders for which the gateway keeps the money of more than one charge.
pub fn charged_twice(shop: &TestShop) -> Vec<String> {
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for charge in shop.gateway().charges().unwrap_or_default() {
        if charge.captured().as_minor() > charge.refunded().as_minor() {
            *kept.entry(charge.order.to_string()).or_default() += 1;
        }
    }
    kept.into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(order, times)| format!("{order} was charged {times} times"))
        .collect()
}
