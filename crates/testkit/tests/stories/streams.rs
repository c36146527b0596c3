//! Streams of events, and connections that break.

use serde_json::json;
use std::collections::BTreeSet;
use testkit::{StreamEvent, TestShop};

fn names(events: &[StreamEvent]) -> Vec<&str> {
    events.iter().map(|event| event.event.as_str()).collect()
}

#[test]
fn a_stream_that_breaks_between_two_messages_of_one_event_loses_neither() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let mut stream = buyer.stream("/orders/stream");
    stream.id();
    let mut of_shop = shop.admin().stream("/admin/orders/stream");
    of_shop.id();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    shop.settle();
    let placed = stream.events(2);
    assert_eq!(names(&placed), ["order-created", "order-confirmed"]);
    assert_ne!(placed[0].id, placed[1].id, "every message has its own id");
    let mut again = buyer.with("last-event-id", &placed[0].id).stream("/orders/stream");
    assert_eq!(again.events(1), placed[1..]);
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let paid = again.events(2);
    assert_eq!(names(&paid), ["payment-completed", "order-paid"]);
    let of_order = buyer.with("last-event-id", &placed[1].id).stream(format!("/orders/{order}/stream")).events(2);
    assert_eq!(names(&of_order), ["payment-completed", "order-paid"]);
    let seen = of_shop.events(4);
    assert_eq!(names(&seen), ["order-created", "order-confirmed", "payment-completed", "order-paid"]);
    let all: BTreeSet<&str> = placed.iter().chain(&paid).map(|event| event.id.as_str()).collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn a_stream_that_breaks_before_its_first_message_resumes() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    shop.settle();
    let mut stream = buyer.stream("/orders/stream");
    let id = stream.id();
    assert!(!id.is_empty(), "a stream has an id at once");
    drop(stream);
    buyer.orders(&mug, 1).must("201");
    shop.settle();
    let mut again = buyer.with("last-event-id", &id).stream("/orders/stream");
    assert_eq!(names(&again.events(2)), ["order-created", "order-confirmed"]);
    // the id of an older version names a whole event
    let of_old = buyer.with("last-event-id", id.split('-').next().unwrap()).stream("/orders/stream").events(2);
    assert_eq!(names(&of_old), ["order-created", "order-confirmed"]);
}

#[test]
fn two_products_in_one_stream_of_stock_have_ids_of_their_own() {
    let shop = TestShop::open();
    let (mug, cup) = (shop.product("mug").stock(5).save(), shop.product("cup").stock(7).save());
    let stock = shop.anonymous().stream(format!("/inventory/stream?productIds={},{}", mug.id, cup.id)).events(2);
    assert_eq!(stock.len(), 2);
    assert_ne!(stock[0].id, stock[1].id);
    assert_eq!(stock.iter().filter(|event| event.data["productId"] == json!(mug.id)).count(), 1);
}

#[test]
fn a_reader_that_is_too_slow_is_dropped_and_resumes_without_a_loss() {
    // as many messages wait for a reader; an order has two
    const BEHIND_MAX: usize = 256;
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(500).save();
    let buyer = shop.buyer();
    let mut stream = buyer.stream("/orders/stream");
    stream.id();
    for _ in 0..150 {
        buyer.orders(&mug, 1).must("201");
    }
    shop.settle();
    let read = stream.events(300);
    assert_eq!(read.len(), BEHIND_MAX, "the stream has ended after what it kept");
    let rest = buyer.with("last-event-id", &read[BEHIND_MAX - 1].id).stream("/orders/stream").events(300 - BEHIND_MAX);
    let all: BTreeSet<&str> = read.iter().chain(&rest).map(|event| event.id.as_str()).collect();
    assert_eq!(all.len(), 300);
}
