//! The routes of stock through a real router, with real tokens.

use crate::tests::MODULES;
use fixture::{Fixture, Response};
use inventory::{Line, Opening, ops};
use kernel::{ProductId, Quantity, Result, VariantId};
use serde_json::json;
use store::{Tx, args};

/// A mug in two variants and a bowl without stock.
fn shop() -> Fixture {
    let shop = Fixture::of(MODULES);
    let open = |tx: &mut Tx<'_>| {
        let ids = |product, variant| (ProductId::new(product), VariantId::new(variant));
        let ((mug, red), (_, blue), (bowl, plain)) = (ids(1, 1), ids(1, 2), ids(2, 3));
        let openings = [(mug, red, 5), (mug, blue, 7), (bowl, plain, 0)];
        let openings = openings.map(|(product, variant, units)| Opening::at_main(product, variant, units, 10));
        ops::open(tx, &openings, None, "SYSTEM")
    };
    shop.write(open).unwrap();
    shop.relay();
    shop
}

fn buy(tx: &mut Tx<'_>, number: &str, units: i64) -> Result<()> {
    let line = Line { product: ProductId::new(1), variant: VariantId::new(1), quantity: Quantity::new(units)? };
    ops::reserve(tx, &number.parse()?, &fixture::user_id(1), &[line])
}

#[test]
fn everybody_sees_the_stock_of_this_moment() {
    let shop = shop();
    let stock = shop.anonymous().get("/inventory/1").must("200");
    assert_eq!((stock.number("/availableQuantity"), stock.number("/totalQuantity")), (12, 12));
    assert_eq!((stock.word("/stockStatus").as_str(), stock.number("/breakdown/1/availableQuantity")), ("IN_STOCK", 7));
    assert_eq!(stock.word("/breakdown/0/locationCode"), "MAIN");
    shop.write(|tx| buy(tx, "ORD-20260206-22222222", 4)).unwrap();
    shop.relay();
    let stock = shop.anonymous().get("/inventory/1").must("200");
    assert_eq!((stock.number("/availableQuantity"), stock.number("/reservedQuantity")), (8, 4));
    shop.anonymous().get("/inventory/77").must("404 S401");
}

#[test]
fn many_products_are_asked_for_at_once() {
    let shop = shop();
    let batch = |body| shop.anonymous().request("POST /inventory/batch", body);
    let stocks = batch(r#"{"productIds":[2,77,1,2]}"#).must("200");
    assert_eq!((stocks.number("/0/productId"), stocks.number("/1/productId")), (1, 2));
    assert_eq!(
        (stocks.word("/1/stockStatus").as_str(), stocks.data().as_array().map(Vec::len)),
        ("OUT_OF_STOCK", Some(2))
    );
    for wrong in [r#"{"productIds":[]}"#, r#"{"productIds":[0]}"#, r#"{"productIds":[1],"more":1}"#, "{}"] {
        assert_eq!(batch(wrong).summary(), "400 C002", "{wrong}");
    }
}

#[test]
fn a_stream_begins_with_the_present_stock_and_sends_every_change() {
    let shop = shop();
    let mut stream = shop.anonymous().stream("/inventory/stream?productIds=1,77,2");
    let opening = stream.events(2);
    assert_eq!((opening[0].id.as_str(), opening[0].event.as_str()), ("1-2", "inventory-update"));
    let first = &opening[0].data;
    assert_eq!((&first["productId"], &first["available"], &first["reserved"]), (&json!(1), &json!(12), &json!(0)));
    assert_eq!(opening[1].data["productId"], 2);
    shop.write(|tx| buy(tx, "ORD-20260206-22222222", 1)).unwrap();
    shop.relay();
    let change = stream.event().unwrap();
    assert_eq!(
        (change.id.as_str(), &change.data["available"], &change.data["reserved"]),
        ("1-3", &json!(11), &json!(1))
    );
    assert_eq!(change.data["timestamp"], "2026-02-06T00:00:00.000Z");
    shop.app().streams.close();
    assert_eq!(stream.event(), None);
    shop.anonymous().get("/inventory/stream").must("400 C002");
}

#[test]
fn only_administrators_rebuild() {
    let shop = shop();
    let rebuild = "/admin/inventory/rebuild";
    let send = |caller: fixture::Caller, path: &str| -> Response { caller.send("POST", path, None) };
    send(shop.anonymous(), rebuild).must("401 A001");
    send(shop.seller(1), rebuild).must("403 A002");
    let damage = "update inventory_snapshots set available = 99 where variant_id = 1";
    shop.write(move |tx| tx.exec(damage, args![])).unwrap();
    let dry = send(shop.admin(), "/admin/inventory/rebuild?dryRun=true").must("200");
    let (kept, folded) = ("/differences/0/kept/available", "/differences/0/folded/available");
    assert_eq!((dry.number(kept), dry.number(folded), dry.number("/repaired")), (99, 5, 0));
    assert_eq!(dry.data()["dryRun"], true);
    let repaired = send(shop.admin(), rebuild).must("200");
    assert_eq!((repaired.number("/different"), repaired.number("/repaired")), (1, 1));
    shop.relay();
    assert_eq!(shop.anonymous().get("/inventory/1").must("200").number("/availableQuantity"), 12);
}
