//! What a client writes into an address: parameters, ids and numbers.

use serde_json::{Value, json};
use testkit::{Operation, Response, Sender, TestShop};

/// The fields that a refusal names.
fn fields(response: &Response) -> Vec<String> {
    let details = response.json()["error"]["details"].as_array().cloned().unwrap_or_default();
    details.iter().filter_map(|detail| detail["field"].as_str().map(str::to_owned)).collect()
}

fn names(response: &Response) -> Vec<String> {
    let content = response.data()["content"].as_array().cloned().unwrap_or_default();
    content.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
}

/// Someone who may call this operation.
fn caller(shop: &TestShop, operation: &Operation) -> Sender {
    match operation.node["x-holdfast-role"].as_str() {
        Some("service") => shop.service(),
        Some("user" | "owner") => shop.buyer(),
        Some("public") => shop.anonymous(),
        _ => shop.admin(),
    }
}

/// The path with 1 for every id and a number that nothing has for every printed number.
fn path(operation: &Operation) -> String {
    let numbers = [
        ("{orderNumber}", "ORD-20260206-22222222"),
        ("{paymentNumber}", "PAY-22222222"),
        ("{trackingNumber}", "TRK-222222222222"),
        ("{sagaId}", "SAGA-22222222"),
    ];
    let path = numbers.iter().fold(operation.path.clone(), |path, (name, number)| path.replace(name, number));
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

/// Routes of monitors, which may add parameters of their own.
const OF_MONITORS: &[&str] = &["/healthz", "/readyz", "/metrics"];

#[test]
fn a_misspelled_parameter_is_named_and_never_ignored() {
    let shop = TestShop::open();
    shop.product("mug").stock(0).save();
    let refused = shop.anonymous().get("/products?inStok=true&brand=&colour=red").must("400 C002");
    assert_eq!(fields(&refused), ["inStok", "colour"]);
    for operation in shop.document().operations() {
        if OF_MONITORS.contains(&operation.path.as_str()) {
            continue;
        }
        let target = format!("{}?inStok=true", path(&operation));
        let refused = caller(&shop, &operation).send(&operation.method, &target, None);
        assert_eq!((refused.summary().as_str(), fields(&refused)), ("400 C002", vec!["inStok".to_owned()]), "{target}");
    }
    shop.anonymous().get("/healthz?from=the-load-balancer").must("200");
}

#[test]
fn every_parameter_of_the_document_works() {
    let shop = TestShop::open();
    shop.product("mug").save();
    let document = shop.document();
    let mut tried = 0;
    for operation in document.operations() {
        for parameter in document.parameters(&operation).iter().filter(|parameter| parameter.place == "query") {
            let sample = match document.sample(&parameter.schema) {
                Value::String(text) => text,
                Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
                other => other.to_string(),
            };
            let target = format!("{}?{}={sample}", path(&operation), parameter.name);
            if operation.path.ends_with("/stream") {
                continue;
            }
            let response = caller(&shop, &operation).send(&operation.method, &target, None);
            assert!(!response.text().contains("is not known here"), "{target}: {}", response.text());
            tried += 1;
        }
    }
    assert!(tried > 30, "only {tried} parameters");
}

#[test]
fn a_parameter_without_a_value_is_no_filter() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.orders(&mug, 1).must("201");
    let all = buyer.get("/orders?status=&from=&to=&page=&size=&cursor=").must("200");
    assert_eq!(all.number("/totalElements"), 1);
    shop.admin().get("/admin/sagas?status=").must("200");
    shop.admin().get("/admin/orders?status=&keyword=").must("200");
    let all = shop.anonymous().get("/products?category=&categoryId=&brand=&minPrice=&maxPrice=&inStock=&sort=&sortBy=");
    assert_eq!(all.must("200").number("/totalElements"), 1);
    buyer.get("/orders?status=%20").must("400 C002");
}

#[test]
fn every_wrong_parameter_is_named_at_once_in_plain_words() {
    let shop = TestShop::open();
    let refused = shop.anonymous().get("/products?minPrice=abc&inStock=perhaps&maxPrice=1&maxPrice=2").must("400 C002");
    let mut found = fields(&refused);
    found.sort();
    assert_eq!(found, ["inStock", "maxPrice", "minPrice"]);
    for word in ["i64", "parse", "bool", "deserial", "invalid digit", "expected"] {
        assert!(!refused.text().contains(word), "{word} in {}", refused.text());
    }
    let refused = shop.anonymous().get("/products?page=-1&size=0&sort=price,asc&sortBy=name").must("400 C002");
    assert_eq!(fields(&refused), ["page", "size", "sortBy"]);
}

#[test]
fn sort_by_and_sort_order_are_another_spelling_of_sort() {
    let shop = TestShop::open();
    for (name, price) in [("a", 3_000), ("b", 1_000), ("c", 2_000)] {
        shop.product(name).price(price).save();
    }
    let list = |query: &str| names(&shop.anonymous().get(format!("/products?{query}")).must("200"));
    for (one, other) in [
        ("sort=price,asc", "sortBy=price&sortOrder=asc"),
        ("sort=price,desc", "sortBy=price&sortOrder=desc"),
        ("sort=price,desc", "sortBy=price&sortOrder=DESC"),
        ("sort=name", "sortBy=name"),
        ("sort=createdAt,desc", "sortBy=createdAt&sortOrder=desc"),
    ] {
        assert_eq!(list(one), list(other), "{other}");
    }
    assert_eq!(list("sortBy=price&sortOrder=desc"), ["a", "c", "b"]);
    for (query, field) in [
        ("sortBy=password", "sortBy"),
        ("sortBy=price&sortOrder=up", "sortOrder"),
        ("sortOrder=asc", "sortOrder"),
        ("sort=price,asc&sortBy=price", "sortBy"),
    ] {
        let refused = shop.anonymous().get(format!("/products?{query}")).must("400 C002");
        assert_eq!(fields(&refused), [field], "{query}");
    }
}

#[test]
fn a_category_whose_name_is_a_year_is_found_by_its_name() {
    let shop = TestShop::open();
    let admin = shop.admin();
    for n in 0..3 {
        admin.post("/admin/categories", serde_json::json!({"name": format!("shelf {n}")})).must("201");
    }
    let year = admin.post("/admin/categories", serde_json::json!({"name": "2"})).must("201").number("/id");
    assert_ne!(year, 2, "the name is the id of another category");
    let body =
        serde_json::json!({"name": "calendar", "sku": "CAL-2", "price": 9_000, "categoryId": year, "status": "ACTIVE"});
    admin.post("/admin/products", body).must("201");
    let list = |query: &str| names(&shop.anonymous().get(format!("/products?{query}")).must("200"));
    assert_eq!(list("category=2"), ["calendar"]);
    assert_eq!(list("categoryId=2"), Vec::<String>::new());
    assert_eq!(list(&format!("categoryId={year}")), ["calendar"]);
    shop.anonymous().get("/products?category=2&categoryId=2").must("400 C002");
    shop.anonymous().get("/products?categoryId=shelf").must("400 C002");
}

#[test]
fn a_malformed_id_or_number_in_a_path_is_unknown_there() {
    let shop = TestShop::open();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    let wrong =
        ["x", "0", "-1", "1.5", "+1", "9007199254740993", "99999999999999999999", "%00", "%ff", "1%27or", "ORD-"];
    for text in wrong {
        for (path, code) in [
            (format!("/products/{text}"), "404 S001"),
            (format!("/inventory/{text}"), "404 S401"),
            (format!("/categories/{text}"), "404 C003"),
            (format!("/orders/{text}"), "404 S201"),
            (format!("/payments/{text}"), "404 S301"),
            (format!("/payments/order/{text}"), "404 S301"),
            (format!("/deliveries/{text}"), "404 S501"),
            (format!("/deliveries/order/{text}"), "404 S501"),
        ] {
            let refused = buyer.get(&path).must(code);
            assert!(!refused.text().contains("parse") && !refused.text().contains("i64"), "{}", refused.text());
        }
        buyer.delete(format!("/cart/items/{text}")).must("404 S102");
        buyer.delete(format!("/api/v1/users/me/addresses/{text}")).must("404 A010");
        buyer.put(format!("/orders/{text}/cancel"), serde_json::json!({"reason": "x"})).must("404 S201");
        admin.get(format!("/admin/products/{text}/variants")).must("404 S001");
        admin.delete(format!("/admin/products/1/variants/{text}")).must("404 S001");
        admin.post(format!("/admin/sagas/{text}/retry"), serde_json::json!({})).must("404 S903");
        admin.get(format!("/admin/orders/{text}/explain")).must("404 S201");
    }
}

#[test]
fn orders_up_to_the_last_day_of_all_are_all_orders() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    buyer.orders(&mug, 1).must("201");
    for to in ["9999-12-31", "2026-02-06", "9999-12-31T23:59:59Z"] {
        assert_eq!(buyer.get(format!("/orders?to={to}")).must("200").number("/totalElements"), 1, "{to}");
    }
    for to in ["2026-02-05", "1970-01-01"] {
        assert_eq!(buyer.get(format!("/orders?to={to}")).must("200").number("/totalElements"), 0, "{to}");
    }
    buyer.get("/orders?to=10000-01-01").must("400 C002");
}

#[test]
fn a_header_that_decides_what_a_request_does_comes_once() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    let token = shop.anonymous().get("/cart").must("200").header("x-cart-token");
    let close = format!("/admin/products/{}/close", mug.id);
    for (name, value, other) in [
        ("idempotency-key", "one", "other"),
        ("x-cart-token", token.as_str(), "other"),
        ("if-match", "0", "1"),
        ("last-event-id", "1", "2"),
        ("content-type", "application/json", "text/csv"),
        ("content-encoding", "identity", "gzip"),
    ] {
        for second in [value, other] {
            let refused = match name {
                "if-match" => admin.with(name, value).also(name, second).patch(&close, json!({})),
                "last-event-id" => buyer.with(name, value).also(name, second).get("/orders/stream"),
                _ => buyer.with(name, value).also(name, second).orders(&mug, 1),
            };
            assert_eq!(fields(&refused.must("400 C002")).join(" ").to_ascii_lowercase(), name, "{second}");
        }
    }
    buyer.also("authorization", "Bearer another").orders(&mug, 1).must("401 A004");
    assert_eq!(buyer.get("/orders").must("200").number("/totalElements"), 0, "nothing was bought");
    // what is a list by its nature may come in several lines
    let listed = buyer.with("accept", "text/html").also("accept", "application/json").also("if-none-match", "\"x\"");
    listed.also("if-none-match", "\"y\"").get("/products").must("200");
}

#[test]
fn a_body_in_an_encoding_that_the_shop_does_not_read_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    for encoding in ["gzip", "br", "zstd", "deflate", "nonsense", "gzip, identity"] {
        shop.buyer().with("content-encoding", encoding).orders(&mug, 1).must("415 C011");
        let admin = shop.admin().with("content-type", "text/csv").with("content-encoding", encoding);
        admin.send("POST", "/admin/products/import", Some(b"sku,name,price\nA,B,1".to_vec())).must("415 C011");
    }
    shop.buyer().with("content-encoding", "identity").orders(&mug, 1).must("201");
}
