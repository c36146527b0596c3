//! What must hold when a test is over: nothing left undone, no promise broken, the gateway's books equal to the shop's.

use crate::TestShop;
use ports::{Gateway, gateway::Simulated};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};
use store::outbox;

/// Time in which every open outcome must be found out, every unpaid order given up and every retry spent.
const LONG_ENOUGH: Duration = Duration::from_secs(15 * 60);
/// How often that time passes, with everything that is due done in between.
const TURNS: usize = 12;

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

/// Lets the shop come to rest, first as it is and then after a long time, and fails the test for whatever is wrong.
pub fn close(shop: &TestShop, excused: &HashSet<String>) {
    shop.settle();
    check(shop, "when the test was over", shop.at_rest());
    shop.gateway().be_away(false);
    for _ in 0..TURNS {
        shop.later(LONG_ENOUGH);
    }
    let mut wrong = shop.at_rest();
    wrong.extend(unfinished(shop));
    wrong.extend(differences(shop, excused));
    wrong.extend(charged_twice(shop));
    wrong.extend(shown_wrongly(shop));
    check(shop, "a long time after the test", wrong);
}

fn check(shop: &TestShop, when: &str, wrong: Vec<String>) {
    if wrong.is_empty() {
        return;
    }
    let sagas = shop
        .window()
        .lines("select event_key, name, status, step, attempts, last_error from saga_runs order by id desc limit 20");
    panic!("{when}, the shop is not in order:\n  {}\nnewest sagas:\n  {}", wrong.join("\n  "), sagas.join("\n  "));
}

/// What still waits although nothing is wrong any more.
fn unfinished(shop: &TestShop) -> Vec<String> {
    let window = shop.window();
    let mut found = Vec::new();
    let sagas =
        "select event_key, name, status, step, last_error from saga_runs where status in ('STARTED', 'COMPENSATING')";
    found.extend(window.lines(sagas).into_iter().map(|saga| format!("a saga never ended: {saga}")));
    let parked = "select consumer, topic, event_key, attempts, last_error from parked_events";
    found.extend(window.lines(parked).into_iter().map(|event| format!("an event is parked: {event}")));
    let held = "select variant_id, available, reserved from inventory_snapshots where reserved <> 0";
    found.extend(window.lines(held).into_iter().map(|stock| format!("stock is still held: {stock}")));
    let resting = "('PAID', 'SHIPPING', 'DELIVERED', 'CANCELLED', 'REFUNDED')";
    let orders = format!("select order_number, status from orders where status not in {resting}");
    let stuck = "select event_key from saga_runs where status = 'COMPENSATION_FAILED'";
    let waiting: HashSet<String> = window.texts(stuck).into_iter().collect();
    let moving =
        window.lines(&orders).into_iter().filter(|order| !waiting.iter().any(|number| order.starts_with(number)));
    found.extend(moving.map(|order| format!("an order does not come to rest: {order}")));
    let (newest, has_new) = shop.read(|tx| Ok((outbox::newest(tx)?, outbox::has_unnumbered(tx)?)));
    if has_new {
        found.push(format!("there are events that nobody was told of, after event {newest}"));
    }
    let behind = format!("select consumer, position from consumer_positions where position < {newest}");
    found.extend(
        window.lines(&behind).into_iter().map(|consumer| format!("not everyone heard event {newest}: {consumer}")),
    );
    found
}

/// Orders for which the shop's books and the gateway's differ.
fn differences(shop: &TestShop, excused: &HashSet<String>) -> Vec<String> {
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
fn charged_twice(shop: &TestShop) -> Vec<String> {
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

/// Products whose stock the API shows otherwise than it is stored: a page that nobody said was stale.
fn shown_wrongly(shop: &TestShop) -> Vec<String> {
    let mut found = Vec::new();
    let sql = "select product_id, sum(available), sum(reserved) from inventory_snapshots group by product_id";
    for line in shop.window().lines(sql) {
        let mut parts = line.split(" | ").map(|text| text.parse::<i64>().unwrap_or(-1));
        let mut next = || parts.next().unwrap_or(-1);
        let (product, available, reserved) = (next(), next(), next());
        let shown = shop.anonymous().get(format!("/inventory/{product}"));
        let stock = shown.data();
        let same = stock["availableQuantity"] == available && stock["reservedQuantity"] == reserved;
        if shown.status == 200 && !same {
            found.push(format!("product {product} has {available} and {reserved} held, but is shown as {stock}"));
        }
        let page = shop.anonymous().get(format!("/products/{product}"));
        if page.status == 200 && page.data()["stock"] != available {
            found.push(format!("product {product} has {available}, but its page says {}", page.data()["stock"]));
        }
    }
    found
}
