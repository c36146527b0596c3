//! Carts of buyers who are not signed in.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Sender, TestShop, address, order_of};

const DAY: Duration = Duration::from_secs(86_400);

fn lines(caller: &Sender) -> Vec<(i64, i64)> {
    let cart = caller.get("/cart").must("200").data();
    let line = |item: &Value| (item["productId"].as_i64().unwrap(), item["quantity"].as_i64().unwrap());
    cart["items"].as_array().unwrap().iter().map(line).collect()
}

/// A guest who has put something into a cart, and the guest's token.
fn guest_with(shop: &TestShop, lines: &[(&Product, i64)]) -> (Sender, String) {
    let token = shop.anonymous().get("/cart").must("200").header("x-cart-token");
    let guest = shop.anonymous().with("x-cart-token", &token);
    for (product, quantity) in lines {
        guest.fills_cart(product, *quantity).must("200");
    }
    (guest, token)
}

#[test]
fn a_guest_fills_a_cart_and_takes_it_along_at_sign_in() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let pen = shop.product("pen").price(1_000).stock(9).save();
    let first = shop.anonymous().fills_cart(&mug, 2).must("200");
    assert_eq!((first.data()["userId"].clone(), first.number("/totalAmount")), (json!(null), 18_000));
    assert_eq!(first.header("cache-control"), "no-store");
    let token = first.header("x-cart-token");
    let guest = shop.anonymous().with("x-cart-token", &token);
    let cart = guest.get("/cart").must("200");
    assert_eq!((cart.number("/id"), cart.header("x-cart-token").as_str()), (first.number("/id"), ""));
    let item = cart.number("/items/0/id");
    guest.put(format!("/cart/items/{item}"), json!({"quantity": 3})).must("200");
    guest.fills_cart(&pen, 1).must("200");
    assert_eq!(guest.post("/cart/checkout", json!({})).must("200").word("/status"), "CHECKED_OUT");
    guest.delete(format!("/cart/items/{item}")).must("200");
    guest.fills_cart(&mug, 1).must("200");
    guest.orders_cart().must("401 A001");

    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 4).must("200");
    let signed_in = buyer.with("x-cart-token", &token);
    assert_eq!(lines(&signed_in), [(mug.id, 5), (pen.id, 1)]);
    assert_eq!(lines(&signed_in), [(mug.id, 5), (pen.id, 1)], "only once");
    guest.delete("/cart").must("404 S101");
    let fresh = guest.get("/cart").must("200");
    assert_eq!(fresh.number("/itemCount"), 0);
    assert_ne!(fresh.header("x-cart-token"), token, "the old token opens nothing any more");
    assert_ne!(fresh.header("x-cart-token"), "");
}

#[test]
fn the_first_order_after_the_sign_in_takes_the_cart_of_the_guest() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let (_, token) = guest_with(&shop, &[(&mug, 2)]);
    let signed_in = shop.buyer().with("x-cart-token", &token);
    assert_eq!(signed_in.orders_cart().must("201").number("/totalAmount"), 18_000);
    let (_, token) = guest_with(&shop, &[(&mug, 1)]);
    let signed_in = shop.buyer().with("x-cart-token", &token);
    assert_eq!(signed_in.post("/cart/checkout", json!({})).must("200").number("/totalQuantity"), 1);
    signed_in.post("/orders/quote", json!({"shippingAddress": address()})).must("200");
}

#[test]
fn a_token_opens_one_guests_cart_and_no_users() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let (one, token) = guest_with(&shop, &[(&mug, 2)]);
    let (other, other_token) = guest_with(&shop, &[(&mug, 1)]);
    assert_ne!(token, other_token);
    let item = one.get("/cart").number("/items/0/id");
    other.put(format!("/cart/items/{item}"), json!({"quantity": 9})).must("404 S102");
    other.delete(format!("/cart/items/{item}")).must("404 S102");
    assert_eq!((lines(&one), lines(&other)), (vec![(mug.id, 2)], vec![(mug.id, 1)]));
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 3).must("200");
    let user = shop.window().texts("select user_id from carts where user_id not like 'guest-%'");
    let key = shop.window().texts("select user_id from carts where user_id like 'guest-%' order by id");
    let long = "x".repeat(5_000);
    for wrong in ["x", "null", &user[0], &key[0], &token.to_uppercase(), &long, "' or 1=1 --"] {
        let stranger = shop.anonymous().with("x-cart-token", wrong);
        assert_eq!(lines(&stranger), [], "{wrong}");
        let refused = stranger.put(format!("/cart/items/{item}"), json!({"quantity": 9})).summary();
        assert!(["404 S101", "401 A001"].contains(&refused.as_str()), "{wrong}: {refused}");
    }
    assert!(key.iter().all(|key| !key.contains(&token)), "the database does not have the token");
    shop.anonymous().delete("/cart").must("401 A001");
    shop.anonymous().post("/cart/checkout", json!({})).must("401 A001");
    shop.service().get("/cart").must("403 A002");
    shop.anonymous().with("authorization", "Bearer a.b.c").with("x-cart-token", &token).get("/cart").must("401 A004");
}

#[test]
fn the_cart_of_a_guest_is_forgotten_after_the_time_that_the_shop_sets() {
    let shop = TestShop::with(1, &[("cart.guest_ttl", "2d")]);
    let mug = shop.product("mug").stock(9).save();
    let (gone, _) = guest_with(&shop, &[(&mug, 1)]);
    let (kept, _) = guest_with(&shop, &[(&mug, 1)]);
    shop.buyer().fills_cart(&mug, 1).must("200");
    shop.turn(DAY);
    kept.post("/cart/items", json!({"productId": mug.id, "quantity": 1, "merge": true})).must("200");
    shop.turn(DAY + DAY / 2);
    gone.delete("/cart").must("404 S101");
    assert_eq!(lines(&kept), [(mug.id, 2)]);
    shop.later(DAY / 24);
    assert_eq!(shop.window().number("select count(*) from carts where user_id like 'guest-%'"), 1);
}

#[test]
fn keys_of_guests_do_not_meet() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let (one, _) = guest_with(&shop, &[]);
    let (other, _) = guest_with(&shop, &[]);
    let fills = |guest: &Sender| guest.keyed("same").fills_cart(&mug, 1).must("200");
    let first = fills(&one);
    assert_ne!(fills(&other).number("/id"), first.number("/id"));
    assert_eq!(fills(&one).data(), first.data(), "a repetition gets the first response");
    assert_eq!((lines(&one), lines(&other)), (vec![(mug.id, 1)], vec![(mug.id, 1)]));
    let new: Vec<_> = (0..2).map(|_| fills(&shop.anonymous())).collect();
    assert_ne!(new[0].number("/id"), new[1].number("/id"));
    assert_ne!(new[0].header("x-cart-token"), new[1].header("x-cart-token"));
}

#[test]
fn one_client_cannot_make_carts_without_end() {
    let settings = [
        ("server.client_address_header", "x-forwarded-for"),
        ("server.costly_per_second", "1"),
        ("server.costly_burst", "3"),
    ];
    let shop = TestShop::with(1, &settings);
    let mug = shop.product("mug").stock(9).save();
    let client = shop.anonymous().with("x-forwarded-for", "203.0.113.9");
    let token = client.get("/cart").must("200").header("x-cart-token");
    client.fills_cart(&mug, 1).must("200");
    client.get("/cart").must("200");
    client.get("/cart").must("429 C012");
    client.fills_cart(&mug, 1).must("429 C012");
    let guest = client.with("x-cart-token", &token);
    for _ in 0..9 {
        guest.get("/cart").must("200");
    }
    shop.anonymous().with("x-forwarded-for", "203.0.113.10").get("/cart").must("200");
    assert_eq!(shop.window().number("select count(*) from carts"), 4);
}

#[test]
fn many_tabs_of_a_guest_who_signs_in_merge_the_cart_once() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(50).save();
    for _ in 0..3 {
        let (_, token) = guest_with(&shop, &[(&mug, 2)]);
        let signed_in = shop.buyer().with("x-cart-token", &token);
        let responses = shop.at_once(8, |n| match n % 4 {
            0 => signed_in.post("/cart/checkout", json!({})),
            1 => signed_in.post("/orders/quote", order_of(&[(&mug, 1)])),
            _ => signed_in.get("/cart"),
        });
        assert!(
            responses.summary().keys().all(|it| ["200", "400 S104"].contains(&it.as_str())),
            "{:?}",
            responses.summary()
        );
        assert_eq!(lines(&signed_in), [(mug.id, 2)]);
    }
}
