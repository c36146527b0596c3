//! What must hold when a test is over: no work is left, and the audit finds nothing, also not beside the gateway's records.

use crate::TestShop;
use std::{collections::HashSet, time::Duration};
use store::outbox;

/// Time in which every open outcome is found out, every unpaid order is cancelled and every retry is made.
const LONG_ENOUGH: Duration = Duration::from_secs(15 * 60);
/// How often that time passes at most, with everything that is due done in between.
const TURNS: u32 = 12;

/// Lets the shop come to rest, first at the present time and then after a long time, and fails the test if something is wrong. Once
/// nothing waits any more, the rest of that time passes in two steps: each step runs every task, for every test.
pub fn close(shop: &TestShop) {
    shop.settle();
    check(shop, "when the test was over", shop.at_rest());
    shop.gateway().be_away(false);
    for _ in 0..TURNS {
        shop.later(LONG_ENOUGH);
        if unfinished(shop).is_empty() {
            break;
        }
    }
    for _ in 0..2 {
        shop.later(LONG_ENOUGH * TURNS / 2);
    }
    let mut wrong = shop.at_rest();
    wrong.extend(unfinished(shop));
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
    let dead = "select consumer, topic, event_key, attempts, last_error from parked_events";
    found.extend(
        window
            .lines(dead)
            .into_iter()
            .map(|event| format!("an event keeps failing or waits behind one that does: {event}")),
    );
    // a replacement is kept until a person sends it
    let held = "select s.variant_id, s.available, s.reserved from inventory_snapshots s where s.reserved <>
        (select coalesce(sum(h.units), 0) from inventory_holds h where h.snapshot_id = s.id and h.purpose = 'EXCHANGE')";
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
        found.push(format!("events after {newest} have no sequence number yet"));
    }
    let behind = format!("select consumer, position from consumer_positions where position < {newest}");
    found.extend(
        window
            .lines(&behind)
            .into_iter()
            .map(|consumer| format!("a consumer has not received event {newest}: {consumer}")),
    );
    found
}

/// Products whose stock the API does not show as it is stored: a cached response was not invalidated.
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
