//! The whole purchase, from signing up to the refund, as a storefront would make it.

use serde_json::{Value, json};
use testkit::{TestShop, address};

#[test]
fn a_visitor_signs_up_buys_and_follows_the_parcel() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let plate = shop.product("plate").price(12_000).stock(5).save();

    let visitor = shop.anonymous();
    let listed = visitor.get("/products?sort=price,asc").must("200");
    assert_eq!(listed.number("/totalElements"), 2);
    let credentials = json!({"email": "haneul@example.com", "password": "correct horse battery 7"});
    let mut sign_up = credentials.clone();
    sign_up["nickname"] = json!("하늘");
    visitor.post("/api/v1/users/signup", sign_up).must("201");
    let signed_in = visitor.post("/api/v1/auth/login", credentials).must("200");
    let buyer = visitor.with("authorization", &format!("Bearer {}", signed_in.word("/accessToken")));

    buyer.fills_cart(&mug, 2).must("200");
    let cart = buyer.fills_cart(&plate, 1).must("200");
    assert_eq!((cart.number("/itemCount"), cart.number("/totalQuantity"), cart.number("/totalAmount")), (2, 3, 30_000));

    let quote = buyer.post("/orders/quote", json!({"shippingAddress": address()})).must("200");
    assert_eq!(quote.number("/payable"), 30_000);
    let placed = buyer.post("/orders", json!({"shippingAddress": address(), "expectedAmount": 30_000})).must("201");
    let order = placed.word("/orderNumber");
    assert_eq!(placed.word("/status"), "CONFIRMED");
    assert!(placed.header("location").ends_with(&format!("/orders/{order}")));
    assert_eq!(shop.stock_of(&mug), (3, 2, 5), "available, reserved, total");

    let payment = buyer.pays(&order, "approve").must("201");
    assert_eq!((payment.word("/status"), payment.number("/amount")), ("COMPLETED".to_owned(), 30_000));
    shop.settle();
    let seen = buyer.sees(&order).must("200");
    assert_eq!(seen.word("/status"), "PAID");
    assert_eq!(shop.stock_of(&mug), (3, 0, 3), "goods left the shelf");

    let tracking = seen.word("/delivery/trackingNumber");
    for (status, order_becomes) in [("SHIPPED", "SHIPPING"), ("IN_TRANSIT", "SHIPPING"), ("DELIVERED", "DELIVERED")] {
        let step = json!({"status": status, "location": "Seoul", "description": "on its way"});
        shop.admin().put(format!("/deliveries/{tracking}/status"), step).must("200");
        shop.settle();
        assert_eq!(buyer.sees(&order).word("/status"), order_becomes, "after {status}");
    }
    let parcel = buyer.get(format!("/deliveries/{tracking}")).must("200");
    assert_eq!(parcel.word("/histories/0/status"), "DELIVERED", "newest first");
    buyer.cancels(&order).must("400 S203");
}

#[test]
fn what_sells_best_is_popular() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let plate = shop.product("plate").price(12_000).stock(9).save();
    let bowl = shop.product("bowl").price(30_000).stock(9).save();
    let buyer = shop.buyer();
    for (good, quantity, paid) in [(&mug, 1, true), (&plate, 2, true), (&bowl, 5, false), (&mug, 2, true)] {
        let order = buyer.orders(good, quantity).must("201").word("/orderNumber");
        if paid {
            buyer.pays(&order, "approve").must("201");
        }
    }
    let given_back = buyer.orders(&bowl, 4).must("201").word("/orderNumber");
    buyer.pays(&given_back, "approve").must("201");
    buyer.cancels(&given_back).must("200");

    shop.settle();
    let popular = shop.anonymous().get("/products/popular?days=3&limit=5").must("200");
    let seen = |n: usize| {
        let at = |name: &str| popular.number(&format!("/{n}/{name}"));
        (at("rank"), popular.word(&format!("/{n}/productName")), at("soldQuantity"), at("soldAmount"))
    };
    assert_eq!((seen(0), seen(1)), ((1, "mug".to_owned(), 3, 27_000), (2, "plate".to_owned(), 2, 24_000)));
    assert_eq!(popular.json()["data"].as_array().map(Vec::len), Some(2), "unpaid and refunded orders do not count");
    shop.later(std::time::Duration::from_secs(4 * 86_400));
    assert_eq!(shop.anonymous().get("/products/popular?days=2").must("200").json()["data"], json!([]));
    shop.anonymous().get("/products/popular?days=0").must("400 C002");
}

#[test]
fn a_declined_card_returns_everything() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(1).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");

    buyer.pays(&order, "decline-card-declined").must("400 S304");
    shop.settle();

    let seen = buyer.sees(&order).must("200");
    assert_eq!(seen.word("/status"), "CANCELLED");
    assert_eq!(seen.word("/payments/0/status"), "FAILED");
    assert!(seen.word("/payments/0/failureReason").contains("CARD_DECLINED"));
    assert_eq!(shop.stock_of(&mug), (1, 0, 1));
    shop.buyer().orders(&mug, 1).must("201");
}

#[test]
fn an_order_charges_the_current_price_and_shows_the_change_in_the_cart() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 1).must("200");
    shop.reprice(&mug, 9_500);

    let cart = buyer.get("/cart").must("200");
    assert_eq!((cart.number("/items/0/price"), cart.number("/items/0/currentPrice")), (9_000, 9_500));
    assert_eq!(cart.data()["items"][0]["priceChanged"], json!(true));
    buyer.post("/orders", json!({"shippingAddress": address(), "expectedAmount": 9_000})).must("409 S210");
    let placed = buyer.post("/orders", json!({"shippingAddress": address(), "expectedAmount": 9_500})).must("201");
    assert_eq!(placed.number("/items/0/price"), 9_500);
}

#[test]
fn one_cart_makes_at_most_one_order() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 1).must("200");
    let cart = buyer.post("/cart/checkout", json!({})).must("200").number("/id");
    let body = json!({"cartId": cart, "shippingAddress": address()});
    buyer.post("/orders", body.clone()).must("201");
    buyer.post("/orders", body).must("400 S103");
    assert_eq!(shop.stock_of(&mug), (4, 1, 5));
}

#[test]
fn twenty_parallel_orders_of_one_cart_make_one_order() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(50).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let responses = shop.at_once(20, |_| buyer.orders_cart());
    assert_eq!(responses.count("201"), 1, "{:?}", responses.summary());
    assert!(responses.iter().all(|response| response.status < 500), "{:?}", responses.summary());
    assert_eq!(shop.stock_of(&mug), (48, 2, 50));
}

#[test]
fn a_short_cart_stays_usable() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let plate = shop.product("plate").stock(5).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    buyer.fills_cart(&plate, 5).must("200");
    shop.buyer().orders(&plate, 3).must("201");
    let before = shop.contents();

    let refused = buyer.orders_cart().must("400 S402");
    let short = &refused.json()["error"]["details"][0];
    assert_eq!(
        (&short["productId"], &short["requested"], &short["available"]),
        (&json!(plate.id), &json!(5), &json!(2))
    );
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new(), "nothing is written");

    let item =
        buyer.get("/cart").data()["items"].as_array().unwrap().iter().find(|i| i["productId"] == plate.id).cloned();
    let item = item.and_then(|item| item["id"].as_i64()).expect("the line is still there");
    buyer.put(format!("/cart/items/{item}"), json!({"quantity": 2})).must("200");
    buyer.orders_cart().must("201");
}

#[test]
fn the_same_product_twice_in_a_cart_is_refused_or_merged() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 2).must("200");
    let refused = buyer.fills_cart(&mug, 1).must("409 S106");
    assert_eq!(refused.json()["error"]["details"][0]["quantity"], json!(2), "{}", refused.text());
    let merged = buyer.post("/cart/items", json!({"productId": mug.id, "quantity": 1, "merge": true})).must("200");
    assert_eq!(merged.number("/totalQuantity"), 3);
}

#[test]
fn an_order_can_be_explained() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let explained = shop.admin().get(format!("/admin/orders/{order}/explain")).must("200");
    let text = explained.text();
    for part in ["shopping.order.created", "shopping.payment.completed", "RESERV", "PAY-", "SAGA-"] {
        assert!(text.contains(part), "{part} is missing from {text}");
    }
}

#[test]
fn an_order_stream_sends_what_happens_and_resumes_where_it_was_left() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    shop.settle();
    let mut stream = buyer.stream(format!("/orders/{order}/stream"));
    let opening = stream.events(1);
    assert_eq!(opening.len(), 1, "a stream begins with the present");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let names: Vec<String> = stream.events(2).into_iter().map(|event| event.event).collect();
    assert!(names.contains(&"payment-completed".to_owned()) && names.contains(&"order-paid".to_owned()), "{names:?}");

    let mut again = buyer.with("last-event-id", &opening[0].id).stream(format!("/orders/{order}/stream"));
    let missed: Vec<String> = again.events(2).into_iter().map(|event| event.event).collect();
    assert_eq!(missed, names, "what was missed is sent again, in order");
}

#[test]
fn money_is_a_json_number_and_time_is_utc() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let placed = shop.buyer().orders(&mug, 1).must("201").data();
    assert!(placed["totalAmount"].is_i64() || placed["totalAmount"].is_u64(), "{placed}");
    let created = placed["createdAt"].as_str().unwrap_or_default();
    assert!(created.ends_with('Z') && created.contains('T'), "{created}");
    assert_eq!(placed["items"][0]["productName"], Value::from("mug"));
}
