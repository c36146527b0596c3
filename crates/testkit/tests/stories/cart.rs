//! The buyer's one cart: checking it out, ordering it, getting it back, and what it shows of things that cannot be bought.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Response, Sender, TestShop, address};

/// The lines of the caller's cart: product and quantity.
fn lines(buyer: &Sender) -> Vec<(i64, i64)> {
    let cart = buyer.get("/cart").must("200").data();
    let line = |item: &Value| (item["productId"].as_i64().unwrap(), item["quantity"].as_i64().unwrap());
    cart["items"].as_array().unwrap().iter().map(line).collect()
}

fn checks_out(buyer: &Sender) -> Response {
    buyer.post("/cart/checkout", json!({}))
}

fn line_of(buyer: &Sender, product: &Product) -> String {
    let items = buyer.get("/cart").must("200").data()["items"].as_array().unwrap().clone();
    let line = items.iter().find(|item| item["productId"] == product.id).expect("the product is in the cart");
    format!("/cart/items/{}", line["id"])
}

fn sets_status(shop: &TestShop, product: &Product, status: &str) {
    shop.write({
        let (id, status) = (product.id, status.to_owned());
        move |tx| tx.exec("update products set status = ? where id = ?", store::args![status, id])
    })
    .unwrap();
}

#[test]
fn a_cart_in_checkout_is_still_shown_and_can_be_checked_out_again() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let filled = buyer.fills_cart(&mug, 2).must("200");
    let checked = checks_out(&buyer).must("200");
    assert_eq!((checked.word("/status"), checked.number("/id")), ("CHECKED_OUT".to_owned(), filled.number("/id")));
    assert_eq!(checks_out(&buyer).must("200").data(), checked.data());
    assert_eq!(buyer.get("/cart").must("200").data(), checked.data());
    let order = buyer.orders_cart().must("201");
    assert_eq!(order.number("/totalAmount"), 18_000);
    assert_eq!(lines(&buyer), []);
}

#[test]
fn a_cart_that_was_thrown_away_in_checkout_is_not_ordered() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 1).must("200");
    checks_out(&buyer).must("200");
    assert_eq!(buyer.delete("/cart").must("200").word("/status"), "ACTIVE");
    buyer.orders_cart().must("400 S104");
    checks_out(&buyer).must("400 S104");
    assert_eq!(shop.stock_of(&mug).0, 5);
}

#[test]
fn any_change_takes_a_cart_out_of_checkout() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let pen = shop.product("pen").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let line = line_of(&buyer, &mug);
    let changes: [&dyn Fn() -> Response; 4] = [
        &|| buyer.fills_cart(&pen, 1),
        &|| buyer.post("/cart/items", json!({"productId": pen.id, "quantity": 1, "merge": true})),
        &|| buyer.put(&line, json!({"quantity": 3})),
        &|| buyer.delete(&line),
    ];
    for change in changes {
        assert_eq!(checks_out(&buyer).must("200").word("/status"), "CHECKED_OUT");
        assert_eq!(change().must("200").word("/status"), "ACTIVE");
        assert_eq!(buyer.get("/cart").word("/status"), "ACTIVE");
    }
    checks_out(&buyer).must("200");
    buyer.fills_cart(&pen, 1).must("409 S106");
    assert_eq!(buyer.get("/cart").word("/status"), "CHECKED_OUT", "a refused change changes nothing");
    assert_eq!(lines(&buyer), [(pen.id, 2)]);
}

#[test]
fn a_refused_order_leaves_the_cart_as_it_was() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(2).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let checked = checks_out(&buyer).must("200").data();
    shop.buyer().orders(&mug, 1).must("201");
    buyer.orders_cart().must("400 S402");
    buyer.post("/orders", json!({"shippingAddress": address(), "expectedAmount": 1})).must("400 S402");
    buyer.post("/orders", json!({})).must("400 S211");
    let seen = buyer.get("/cart").must("200").data();
    for member in ["id", "status", "updatedAt"] {
        assert_eq!(seen[member], checked[member], "{member}");
    }
    buyer.put(line_of(&buyer, &mug), json!({"quantity": 1})).must("200");
    buyer.post("/orders", json!({"shippingAddress": address(), "expectedAmount": 1})).must("409 S210");
    buyer.orders_cart().must("201");
}

#[test]
fn the_lines_of_a_declined_order_are_in_the_cart_again() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let pen = shop.product("pen").price(1_000).stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    buyer.fills_cart(&pen, 1).must("200");
    checks_out(&buyer).must("200");
    let order = buyer.orders_cart().must("201").word("/orderNumber");
    assert_eq!(lines(&buyer), []);
    buyer.pays(&order, "decline-card-declined").must("400 S304");
    assert_eq!(lines(&buyer), [(mug.id, 2), (pen.id, 1)]);
    let cart = buyer.get("/cart").must("200");
    assert_eq!((cart.word("/status"), cart.number("/totalAmount")), ("ACTIVE".to_owned(), 19_000));
    let order = buyer.orders_cart().must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    assert_eq!(lines(&buyer), []);
}

#[test]
fn the_lines_of_an_expired_or_cancelled_order_are_in_the_cart_again_but_not_those_already_there() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let pen = shop.product("pen").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    buyer.orders_cart().must("201");
    buyer.fills_cart(&pen, 1).must("200");
    shop.later(Duration::from_secs(11 * 60));
    assert_eq!(lines(&buyer), [(pen.id, 1), (mug.id, 2)]);

    let order = buyer.orders_cart().must("201").word("/orderNumber");
    buyer.fills_cart(&mug, 5).must("200");
    checks_out(&buyer).must("200");
    buyer.cancels(&order).must("200");
    assert_eq!(lines(&buyer), [(mug.id, 5), (pen.id, 1)]);
    assert_eq!(buyer.get("/cart").word("/status"), "ACTIVE");
    buyer.cancels(&order).must("400 S203");
    assert_eq!(lines(&buyer).len(), 2);
}

#[test]
fn an_order_declined_in_the_call_that_placed_it_gives_its_lines_back_too() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let payment = json!({"method": "CARD", "paymentKey": "decline-card-declined"});
    buyer.post("/orders", json!({"shippingAddress": address(), "payment": payment})).must("400 S304");
    assert_eq!(lines(&buyer), [(mug.id, 2)]);
    // lines that were never in a cart, too: of one variant they become one line
    let stranger = shop.buyer();
    let order = stranger.orders_all(&[(&mug, 1), (&mug, 2)]).must("201").word("/orderNumber");
    stranger.cancels(&order).must("200");
    assert_eq!(lines(&stranger), [(mug.id, 3)]);
}

#[test]
fn the_lines_of_a_paid_order_that_is_cancelled_stay_out_of_the_cart() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let order = buyer.orders_cart().must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    buyer.cancels(&order).must("200");
    assert_eq!(lines(&buyer), []);
}

#[test]
fn totals_count_what_can_be_bought_now_and_the_rest_stands_apart_with_its_reason() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(5_000).stock(9).save();
    let closed = shop.product("closed").price(9_000).stock(9).save();
    let short = shop.product("short").price(700).stock(3).save();
    let buyer = shop.buyer();
    for (product, quantity) in [(&mug, 2), (&closed, 1), (&short, 3)] {
        buyer.fills_cart(product, quantity).must("200");
    }
    sets_status(&shop, &closed, "INACTIVE");
    shop.buyer().orders(&short, 2).must("201");

    let cart = buyer.get("/cart").must("200");
    assert_eq!((cart.number("/totalAmount"), cart.number("/totalQuantity")), (10_000, 2));
    assert_eq!(cart.number("/itemCount"), 3);
    let reasons: Vec<_> = cart.data()["unavailable"].as_array().unwrap().clone();
    let reasons: Vec<_> = reasons.iter().map(|it| (it["productId"].as_i64(), it["code"].as_str().unwrap())).collect();
    assert_eq!(reasons, [(Some(closed.id), "S003"), (Some(short.id), "S105")]);
    assert_eq!(cart.data()["unavailable"][1]["details"][0]["available"], json!(1));

    let quote = buyer.post("/orders/quote", json!({})).must("200");
    assert_eq!((quote.number("/subtotal"), quote.number("/payable")), (10_000, 10_000));
    assert_eq!(quote.data()["orderable"], json!(false));
    let reasons: Vec<_> = quote.data()["unavailable"].as_array().unwrap().clone();
    let reasons: Vec<_> = reasons.iter().map(|it| (it["productId"].as_i64(), it["code"].as_str().unwrap())).collect();
    assert_eq!(reasons, [(Some(closed.id), "S003"), (Some(short.id), "S402")]);
    // the amount of the quote is that of what is in stock, so it does not hide why the order is refused
    let order = json!({"shippingAddress": address(), "expectedAmount": 10_000});
    buyer.post("/orders", order.clone()).must("400 S003");
    buyer.delete(line_of(&buyer, &closed)).must("200");
    buyer.post("/orders", order.clone()).must("400 S402");
    buyer.delete(line_of(&buyer, &short)).must("200");
    buyer.post("/orders", order).must("201");
}

#[test]
fn the_quantity_of_a_line_that_cannot_be_bought_can_only_fall() {
    let shop = TestShop::open();
    let closed = shop.product("closed").stock(9).save();
    let short = shop.product("short").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&closed, 3).must("200");
    buyer.fills_cart(&short, 6).must("200");
    sets_status(&shop, &closed, "INACTIVE");
    shop.buyer().orders(&short, 8).must("201");
    let (closed_line, short_line) = (line_of(&buyer, &closed), line_of(&buyer, &short));
    buyer.put(&closed_line, json!({"quantity": 4})).must("400 S003");
    buyer.put(&short_line, json!({"quantity": 7})).must("400 S105");
    buyer.post("/cart/items", json!({"productId": closed.id, "quantity": 1, "merge": true})).must("400 S003");
    buyer.post("/cart/items", json!({"productId": short.id, "quantity": 1, "merge": true})).must("400 S105");
    buyer.put(&closed_line, json!({"quantity": 2})).must("200");
    buyer.put(&short_line, json!({"quantity": 6})).must("200");
    buyer.put(&short_line, json!({"quantity": 2})).must("200");
    assert_eq!(buyer.put(&short_line, json!({"quantity": 1})).must("200").number("/totalQuantity"), 1);
    checks_out(&buyer).must("400 S003");
    assert_eq!(buyer.get("/cart").word("/status"), "ACTIVE");
    shop.admin().delete(format!("/admin/products/{}", closed.id)).must("200");
    buyer.put(&closed_line, json!({"quantity": 3})).must("400 S003");
    assert_eq!(buyer.get("/cart").must("200").number("/totalQuantity"), 1);
}

#[test]
fn a_cart_whose_sum_is_too_large_is_read_and_only_what_fits_is_counted() {
    let shop = TestShop::open();
    let (dearest, units) = (100_000_000_000, 6_000);
    let (gold, silver) = (shop.product("gold").price(1).stock(units).save(), shop.product("silver").price(1));
    let silver = silver.stock(units).save();
    let pen = shop.product("pen").price(1_000).stock(9).save();
    let buyer = shop.buyer();
    for (product, quantity) in [(&gold, units), (&silver, units - 1), (&pen, 1)] {
        buyer.fills_cart(product, quantity).must("200");
    }
    for product in [&gold, &silver] {
        shop.reprice(product, dearest);
    }
    let fits = dearest * units + 1_000;
    let cart = buyer.get("/cart").must("200");
    assert_eq!(cart.number("/totalAmount"), fits);
    assert_eq!(cart.data()["unavailable"][0]["productId"], json!(silver.id));
    assert_eq!(cart.data()["unavailable"][0]["code"], json!("C002"));
    let quote = buyer.post("/orders/quote", json!({})).must("200");
    assert_eq!((quote.number("/payable"), &quote.data()["orderable"]), (fits, &json!(false)));
    assert_eq!(quote.data()["problems"][0]["code"], json!("C002"));
    checks_out(&buyer).must("400 C002");
    buyer.orders_cart().must("400 C002");
    buyer.put(line_of(&buyer, &silver), json!({"quantity": units})).must("400 C002");
    // one line alone can be too much as well
    let line = json!({"items": [{"productId": gold.id, "quantity": 1_000_000}]});
    let quote = buyer.post("/orders/quote", line).must("200");
    assert_eq!((quote.number("/payable"), quote.number("/lines/0/subtotal")), (0, 1_000_000_000_000_000));
    buyer.put(line_of(&buyer, &gold), json!({"quantity": 1})).must("200");
    assert_eq!(buyer.get("/cart").must("200").data()["unavailable"], json!([]));
    buyer.orders_cart().must("201");
}

#[test]
fn a_quote_counts_the_same_variant_on_two_lines_once_per_unit_in_stock() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let quote = shop.buyer().post("/orders/quote", testkit::order_of(&[(&mug, 3), (&mug, 3)])).must("200");
    assert_eq!((quote.number("/payable"), &quote.data()["orderable"]), (27_000, &json!(false)));
    let orderable: Vec<_> = quote.data()["lines"].as_array().unwrap().iter().map(|l| l["orderable"].clone()).collect();
    assert_eq!(orderable, [json!(true), json!(false)]);
    let missing = json!({"items": [{"productId": 999, "quantity": 1}, {"productId": mug.id, "quantity": 1}]});
    let quote = shop.buyer().post("/orders/quote", missing).must("200");
    assert_eq!((quote.number("/payable"), &quote.data()["unavailable"][0]["code"]), (9_000, &json!("S001")));
}

#[test]
fn an_order_again_fills_the_cart_with_what_can_be_bought_and_names_the_rest() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let closed = shop.product("closed").stock(9).save();
    let short = shop.product("short").stock(9).save();
    let gone = shop.product("gone").stock(9).save();
    let there = shop.product("there").stock(9).save();
    let buyer = shop.buyer();
    let all = [(&mug, 2), (&closed, 1), (&short, 5), (&gone, 1), (&there, 3)];
    let order = buyer.orders_all(&all).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    sets_status(&shop, &closed, "INACTIVE");
    shop.buyer().orders(&short, 3).must("201");
    shop.reprice(&mug, 8_000);
    buyer.fills_cart(&there, 1).must("200");
    buyer.put(format!("/orders/{order}/cancel"), json!({"reason": "too late"})).must("200");
    shop.admin().delete(format!("/admin/products/{}", gone.id)).must("200");
    shop.buyer().orders(&short, 3).must("201");

    let again = buyer.post(format!("/orders/{order}/reorder"), json!({})).must("200");
    assert_eq!(lines(&buyer), [(there.id, 1), (mug.id, 2), (short.id, 3)]);
    assert_eq!(again.number("/items/1/price"), 8_000, "at the price of today");
    let rest = again.data()["notAdded"].as_array().unwrap().clone();
    let rest: Vec<_> = rest
        .iter()
        .map(|it| (it["productId"].as_i64().unwrap(), it["quantity"].as_i64().unwrap(), it["code"].as_str().unwrap()))
        .collect();
    let expected = [(closed.id, 1, "S003"), (short.id, 2, "S105"), (gone.id, 1, "S001"), (there.id, 3, "S106")];
    assert_eq!(rest, expected);

    let again = buyer.post(format!("/orders/{order}/reorder"), json!({})).must("200");
    assert_eq!(again.data()["notAdded"].as_array().unwrap().len(), 5, "a second time adds nothing twice");
    assert_eq!(lines(&buyer), [(there.id, 1), (mug.id, 2), (short.id, 3)]);
}

#[test]
fn only_the_buyer_orders_again() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    for other in [shop.buyer(), shop.admin()] {
        other.post(format!("/orders/{order}/reorder"), json!({})).must("403 S212");
    }
    buyer.post("/orders/ORD-20260206-23456789/reorder", json!({})).must("404 S201");
    checks_out(&buyer).must("404 S101");
    let again = buyer.keyed("again");
    let first = again.post(format!("/orders/{order}/reorder"), json!({})).must("200");
    assert_eq!(again.post(format!("/orders/{order}/reorder"), json!({})).must("200").data(), first.data());
    assert_eq!((first.number("/totalQuantity"), first.data()["notAdded"].clone()), (2, json!([])));
}
