//! Bad input (docs/RULES.md): a clear error with its code, and nothing written.

use serde_json::{Value, json};
use testkit::{Mutant, Operation, Sender, TestShop, address, mutants, order_of};

/// Tables in which a refused request may leave a trace on purpose: failed sign-ins are counted, a cart may be opened.
const TRACES: &[&str] = &["sign_in_failures", "carts"];

/// Sends every mutant of `body` and complains about failures of ours and about refused requests that wrote something.
fn throw(shop: &TestShop, sender: &Sender, method: &str, path: &str, body: &Value) -> Vec<String> {
    let mut complaints = Vec::new();
    let window = shop.window();
    let (mut version, mut before) = (window.version(), window.contents().without(TRACES));
    for Mutant { what, body } in mutants(body) {
        let response = sender.send(method, path, Some(body));
        if response.status >= 500 {
            complaints.push(format!("{method} {path} with {what}: {}", response.summary()));
        }
        if response.status >= 400 && response.json()["error"]["code"].as_str().is_none() {
            complaints.push(format!("{method} {path} with {what}: no code in {}", response.text()));
        }
        if window.version() != version {
            let after = window.contents().without(TRACES);
            let written = before.differences(&after);
            if response.status >= 400 && !written.is_empty() {
                complaints.push(format!("{method} {path} with {what}: {} and wrote {written:?}", response.summary()));
            }
            (version, before) = (window.version(), after);
        }
    }
    complaints
}

#[test]
fn no_body_of_any_operation_breaks_the_shop_or_writes_when_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1_000_000).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
    let (coupon, deal) = rush(&shop, &mug);
    let document = shop.document();
    let mut complaints = Vec::new();
    let mut thrown = 0;
    for operation in document.operations() {
        let Some(schema) = document.body(&operation) else { continue };
        let things = [
            ("order", order.as_str()),
            ("payment", payment.as_str()),
            ("tracking", tracking.as_str()),
            ("coupons", coupon.as_str()),
            ("time-deals", deal.as_str()),
        ];
        let path = filled(&operation, &things, mug.id);
        let mut body = document.sample(&schema);
        fit(&mut body, &things, &mug);
        let sender = if operation.path.contains("/internal/") { shop.service() } else { shop.admin() };
        complaints.extend(throw(&shop, &sender, &operation.method, &path, &body));
        thrown += 1;
    }
    assert!(thrown > 15, "only {thrown} operations with a body");
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn an_empty_body_of_any_operation_is_refused_with_the_names_of_its_fields() {
    let shop = TestShop::open();
    let (document, mut complaints, mut refused) = (shop.document(), Vec::new(), 0);
    for operation in document.operations().into_iter().filter(|operation| document.body(operation).is_some()) {
        let sender = if operation.path.contains("/internal/") { shop.service() } else { shop.admin() };
        let response = sender.send(&operation.method, &filled(&operation, &[], 1), Some(json!({}).to_string().into()));
        let error = response.json()["error"].clone();
        if error["code"] != "C002" {
            continue;
        }
        refused += 1;
        let details = error["details"].as_array().cloned().unwrap_or_default();
        let whole = error["message"].as_str().is_some_and(|message| message.ends_with("the body must be a list"));
        let named = details.iter().all(|detail| detail["field"].as_str().is_some_and(|field| !field.is_empty()));
        if !(whole || named && !details.is_empty()) {
            complaints.push(format!("{} {}: {}", operation.method, operation.path, response.text()));
        }
    }
    assert!(refused > 15, "only {refused} operations refuse an empty body");
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn no_refusal_shows_a_password() {
    const SECRET: &str = "purple-Tiger-4821!";
    let shop = TestShop::open();
    let document = shop.document();
    let mut with_secrets = 0;
    for operation in document.operations() {
        let Some(schema) = document.body(&operation) else { continue };
        let members = schema["properties"].as_object().cloned().unwrap_or_default();
        let secrets: Vec<_> = members.iter().filter(|(_, of)| of["format"] == "password").collect();
        with_secrets += usize::from(!secrets.is_empty());
        for (secret, _) in secrets {
            for value in [json!(SECRET), json!([SECRET]), json!({SECRET: SECRET}), json!(48_214_821)] {
                let mut body = json!({"planet": "Mars"});
                body[secret.as_str()] = value;
                let response = shop.admin().send(&operation.method, &operation.path, Some(body.to_string().into()));
                let text = response.text();
                assert!(response.status >= 400 && !text.contains(SECRET) && !text.contains("48214821"), "{text}");
            }
        }
    }
    assert!(with_secrets >= 4, "only {with_secrets} operations have a secret");
}

/// A coupon and a time deal that run, with a queue in front of something else.
fn rush(shop: &TestShop, mug: &testkit::Product) -> (String, String) {
    let (starts, ends) = ("2026-02-06T00:00:00Z", "2026-02-06T02:00:00Z");
    let coupon = json!({
        "code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 10, "startsAt": starts, "expiresAt": ends,
    });
    let product = json!({"productId": mug.id, "dealPrice": 1, "dealQuantity": 10, "maxPerUser": 2});
    let deal = json!({"name": "Lunch deal", "startsAt": starts, "endsAt": ends, "products": [product]});
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/id");
    shop.settle();
    (coupon.to_string(), deal.to_string())
}

fn filled(operation: &Operation, things: &[(&str, &str)], product: i64) -> String {
    let mut path = operation.path.clone();
    while let Some((head, rest)) = path.split_once('{') {
        let (name, tail) = rest.split_once('}').expect("a parameter ends");
        let thing = things.iter().find(|(kind, _)| head.contains(kind) || name.to_lowercase().contains(kind));
        let value = thing.map_or_else(|| product.to_string(), |(_, value)| (*value).to_owned());
        path = format!("{head}{value}{tail}");
    }
    path
}

/// Puts ids of things that exist where a sample only has the right type, so that bodies pass the first check.
fn fit(body: &mut Value, things: &[(&str, &str)], mug: &testkit::Product) {
    match body {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match name.as_str() {
                    "productId" => *value = json!(mug.id),
                    "variantId" => *value = Value::Null,
                    "orderNumber" => *value = json!(things[0].1),
                    "shippingAddress" => *value = address(),
                    "paymentMethod" | "method" => *value = json!("CREDIT_CARD"),
                    "paymentKey" => *value = json!("approve"),
                    "quantity" | "delta" => *value = json!(1),
                    _ => fit(value, things, mug),
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| fit(entry, things, mug)),
        _ => {}
    }
}

#[test]
fn orders_with_bad_bodies_write_nothing() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(100).save();
    let buyer = shop.buyer();
    buyer.get("/cart").must("200");
    let complaints = throw(&shop, &buyer, "POST", "/orders", &order_of(&[(&mug, 1)]));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn unknown_members_anywhere_are_named() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let mut body = order_of(&[(&mug, 1)]);
    body["shippingAddress"]["planet"] = json!("Mars");
    let refused = shop.buyer().post("/orders", body).must("400 C002");
    assert!(refused.text().contains("planet"), "{}", refused.text());
}

#[test]
fn a_member_written_twice_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let line = format!(r#"{{"productId": {}, "quantity": 1, "quantity": 9}}"#, mug.id);
    let body = format!(r#"{{"items": [{line}], "shippingAddress": {}}}"#, address());
    shop.buyer().send("POST", "/orders", Some(body.into_bytes())).must("400 C002");
}

#[test]
fn a_cart_or_order_of_ten_thousand_lines_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1_000_000).save();
    let buyer = shop.buyer();
    let before = shop.contents();
    let lines = vec![(&mug, 1); 10_000];
    buyer.orders_all(&lines).must("400 C002");
    buyer.post("/orders/quote", order_of(&lines)).must("400 C002");
    let ids: Vec<i64> = (1..=10_000).collect();
    buyer.post("/inventory/batch", json!({"productIds": ids})).must("400 C002");
    let items: Vec<Value> = (0..10_000).map(|_| json!({"productId": mug.id, "quantity": 1})).collect();
    buyer.post("/products/verify", json!({"items": items})).must("400 C002");
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new());
}

#[test]
fn a_body_of_ten_megabytes_is_refused() {
    let shop = TestShop::open();
    let body = format!(r#"{{"items": "{}"}}"#, "x".repeat(10 << 20)).into_bytes();
    shop.buyer().send("POST", "/orders", Some(body.clone())).must("413 C010");
    shop.anonymous().send("POST", "/products/verify", Some(body)).must("413 C010");
}

#[test]
fn another_content_type_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let buyer = shop.buyer().with("content-type", "text/plain");
    buyer.orders(&mug, 1).must("415 C011");
    let lenient = shop.buyer().with("content-type", "application/json; charset=utf-8");
    lenient.orders(&mug, 1).must("201");
}

#[test]
fn ids_in_paths_are_checked() {
    let shop = TestShop::open();
    let buyer = shop.buyer();
    for id in ["0", "-1", "x", "1.5", "9007199254740993", "99999999999999999999", "%00", "1%27%20or%201=1"] {
        shop.anonymous().get(format!("/products/{id}")).must("404 S001");
        shop.anonymous().get(format!("/inventory/{id}")).must("404 S401");
    }
    for number in ["x", "ORD-", "ORD-20260206-zzzzzzzz", "%F0%9F%A6%80", "ORD-20260206-222222222222222"] {
        buyer.sees(number).must("404 S201");
    }
    buyer.sees("ORD-20260206-22222222").must("404 S201");
    buyer.get("/payments/PAY-22222222").must("404 S301");
    buyer.get("/deliveries/TRK-222222222222").must("404 S501");
}

#[test]
fn queries_with_unknown_or_wrong_values_are_refused() {
    let shop = TestShop::open();
    for query in ["minPrice=-1", "minPrice=x", "inStock=perhaps", "sort=;drop", "page=1e9", "size=NaN"] {
        shop.anonymous().get(format!("/products?{query}")).must("400 C002");
    }
    let long = "가".repeat(2_000);
    let got = shop.anonymous().get(format!("/products?category={}", long.len())).status;
    assert!(got == 200 || got == 400, "{got}");
    for query in ["status=NOPE", "from=yesterday", "cursor=nonsense"] {
        shop.buyer().get(format!("/orders?{query}")).must("400 C002");
    }
}

#[test]
fn a_replayed_webhook_changes_nothing() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let data = json!({"paymentKey": "approve", "orderId": order, "status": "CANCELED"});
    let hint = json!({"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-02-06T00:00:00.000000", "data": data});
    for _ in 0..7 {
        shop.anonymous().post("/payments/webhooks/toss", hint.clone());
        shop.later(std::time::Duration::from_secs(13 * 3_600));
    }
    assert_eq!(buyer.sees(&order).word("/status"), "PAID", "a hint is only a hint");
    assert_eq!((shop.captures_of(&order), shop.refunds_of(&order)), (vec![9_000], vec![]));
}

#[test]
fn half_a_csv_imports_the_whole_rows_and_names_the_rest() {
    let shop = TestShop::open();
    let file = "sku,name,price\nA-1,Apple,1000\nB-1,,2000\nC-1,Cherry,free\nD-1,Date,-5\nE-1,\"Elder";
    let admin = shop.admin().with("content-type", "text/csv");
    let report = admin.send("POST", "/admin/products/import", Some(file.as_bytes().to_vec()));
    assert!(report.status < 500, "{}", report.text());
    let listed = shop.anonymous().get("/products").must("200");
    let names: Vec<&str> = listed.text().matches("\"sku\":\"A-1\"").map(|_| "A-1").collect();
    assert_eq!((names.len(), listed.number("/totalElements")), (1, 1), "{} then {}", report.text(), listed.text());
    for row in ["B-1", "C-1", "D-1"] {
        assert!(report.text().contains(row), "{row} is not named in {}", report.text());
    }
    shop.buyer()
        .with("content-type", "text/csv")
        .send("POST", "/admin/products/import", Some(b"sku".to_vec()))
        .must("403 A002");
}

#[test]
fn no_query_of_any_operation_breaks_the_shop() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let document = shop.document();
    let values = [
        "",
        "-1",
        "0",
        "1.5",
        "9223372036854775808",
        "x",
        "true",
        "%00",
        "%ff",
        "%F0%9F%A6%80",
        "'--",
        "a,b,c",
        "null",
    ];
    let (admin, before) = (shop.admin(), shop.contents().without(TRACES));
    let mut complaints = Vec::new();
    let reading = document.operations().into_iter().filter(|operation| operation.method == "GET");
    for operation in reading.filter(|operation| !operation.path.ends_with("/stream")) {
        let path = filled(&operation, &[], mug.id);
        for parameter in document.parameters(&operation).iter().filter(|parameter| parameter.place == "query") {
            for value in values.into_iter().chain([&*"9".repeat(5_000)]) {
                let response = admin.get(format!("{path}?{}={value}", parameter.name));
                if response.status >= 500 {
                    complaints.push(format!("{path}?{}={value}: {}", parameter.name, response.summary()));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(before.differences(&shop.contents().without(TRACES)), Vec::<String>::new(), "reading writes nothing");
}
