//! Coupons, deals and queues that make no sense are refused by field, when they are made and when they are changed, and nothing is
//! written. Tokens of a queue that are forged, foreign or over are of no use.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Sender, TestShop};

/// Values that are no whole number above 0, whatever the limits of the field are.
fn no_numbers() -> Vec<Value> {
    let texts = ["1", "", "many"].map(|text| json!(text));
    let numbers = [json!(-1), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(1.5), json!(1e30)];
    texts.into_iter().chain(numbers).chain([json!(true), json!([]), json!([1]), json!({})]).collect()
}

/// Values that are no text of one line with at most so many characters.
fn no_lines(most: usize) -> Vec<Value> {
    let long = ["x".repeat(most + 1), "가".repeat(most + 1), "x".repeat(100_000)];
    let texts = ["", " ", "\u{200B}\u{FEFF}", "two\nlines", "a\u{0}b", "tab\tinside", "\u{202E}"];
    let texts = texts.into_iter().map(|text| json!(text)).chain(long.map(|text| json!(text)));
    texts.chain([json!(1), json!(true), json!([]), json!({}), Value::Null]).collect()
}

fn no_times() -> Vec<Value> {
    let texts =
        ["", "soon", "2026-02-30T00:00:00Z", "2026-02-06T25:00:00Z", "99999-01-01T00:00:00Z", "1770336000", "-1"];
    texts.into_iter().map(|text| json!(text)).chain([json!(1_770_336_000), json!(true), Value::Null]).collect()
}

/// `good` with another value at the end of a path such as `products[0].dealPrice`.
fn with(good: &Value, field: &str, value: Value) -> Value {
    let mut body = good.clone();
    let pointer = format!("/{}", field.replace("[0].", "/0/"));
    match body.pointer_mut(&pointer) {
        Some(place) => *place = value,
        None => body[field] = value,
    }
    body
}

/// Sends wrong values for each of the fields. Complains about answers other than `code` that names the field.
fn refuses(sender: &Sender, request: (&str, &str), good: &Value, fields: &[(&str, Vec<Value>)]) -> Vec<String> {
    let (method, path) = request;
    let mut complaints = Vec::new();
    for (field, values) in fields {
        for value in values {
            let body = with(good, field, value.clone()).to_string().into_bytes();
            let answer = sender.send(method, path, Some(body));
            let named = answer.text().contains(&format!("\"field\":\"{field}\""));
            let whole = ["[", "."].iter().any(|sign| field.contains(sign)) && answer.text().contains(*field);
            if answer.summary() != "400 C002" || !(named || whole) {
                let value: String = value.to_string().chars().take(60).collect();
                complaints.push(format!("{method} {path} with {field} = {value}: {}", answer.text()));
            }
        }
    }
    complaints
}

/// Nothing of it was written.
fn nothing_is_written(shop: &TestShop, complaints: Vec<String>, before: &testkit::Contents) {
    let mut complaints = complaints;
    complaints.extend(before.differences(&shop.contents()));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

fn coupon() -> Value {
    json!({
        "code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "maximumDiscountAmount": 3_000, "totalQuantity": 5,
        "startsAt": "2026-02-01T00:00:00Z", "expiresAt": "2026-03-01T00:00:00Z",
    })
}

#[test]
fn a_coupon_that_makes_no_sense_is_neither_made_nor_put_in_the_place_of_one() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let id = admin.post("/admin/coupons", coupon()).must("201").number("/id");
    shop.settle();
    let before = shop.contents();
    let numbers =
        |also: &[i64]| -> Vec<Value> { no_numbers().into_iter().chain(also.iter().map(|n| json!(n))).collect() };
    let fields = [
        ("code", no_lines(50)),
        ("name", no_lines(100)),
        ("description", vec![json!("x".repeat(2_001)), json!("a\u{0}b"), json!(1), json!([])]),
        ("discountType", vec![json!("FREE"), json!(""), json!(1), Value::Null]),
        ("discountValue", numbers(&[0, 101, 1_000])),
        ("minimumOrderAmount", numbers(&[0])),
        ("maximumDiscountAmount", numbers(&[0])),
        ("totalQuantity", numbers(&[0, 100_000_001])),
        ("listed", vec![json!("yes"), json!(1), Value::Null]),
        ("startsAt", no_times()),
        ("expiresAt", [no_times(), vec![json!("2026-02-01T00:00:00Z"), json!("2026-01-31T23:59:59Z")]].concat()),
        ("percent", vec![json!(10)]),
    ];
    let path = format!("/admin/coupons/{id}");
    let mut complaints = refuses(&admin, ("POST", "/admin/coupons"), &coupon(), &fields);
    complaints.extend(refuses(&admin, ("PUT", &path), &coupon(), &fields));
    // a fixed discount has no percents, and no limit below itself
    let fixed = with(&with(&coupon(), "discountType", json!("FIXED")), "discountValue", json!(1_000));
    let of_fixed = [("discountValue", numbers(&[0])), ("maximumDiscountAmount", vec![json!(999)])];
    complaints.extend(refuses(&admin, ("POST", "/admin/coupons"), &fixed, &of_fixed));
    complaints.extend(refuses(&admin, ("PUT", &path), &fixed, &of_fixed));
    for missing in ["code", "name", "discountType", "discountValue", "totalQuantity", "startsAt", "expiresAt"] {
        let mut body = coupon();
        body.as_object_mut().expect("an object").remove(missing);
        let answer = admin.post("/admin/coupons", body);
        assert!(answer.summary() == "400 C002" && answer.text().contains(missing), "{missing}: {}", answer.text());
    }
    nothing_is_written(&shop, complaints, &before);
}

#[test]
fn a_coupon_is_asked_for_and_validated_in_words_that_make_sense_only() {
    let shop = TestShop::open();
    let (buyer, other) = (shop.buyer(), shop.buyer());
    let id = shop.admin().post("/admin/coupons", coupon()).must("201").number("/id");
    let held = other.post(format!("/coupons/{id}/issue"), json!({})).must("201").number("/id");
    shop.settle();
    let before = shop.contents();
    let mut complaints = refuses(
        &buyer,
        ("POST", "/coupons/claim"),
        &json!({"code": "SPRING-10"}),
        &[("code", no_lines(50)), ("couponCode", vec![json!("SPRING-10")])],
    );
    let amounts = no_numbers();
    let good = json!({"userCouponId": held, "orderAmount": 1_000});
    let fields = [("orderAmount", amounts), ("discount", vec![json!(1)])];
    complaints.extend(refuses(&other, ("POST", "/coupons/validate"), &good, &fields));
    for path in ["0", "-1", "x", "1.5", "99999999999999999999", "9007199254740993", "%00"] {
        buyer.post(format!("/coupons/{path}/issue"), json!({})).must("404 S601");
        shop.anonymous().get(format!("/coupons/{path}")).must("404 S601");
    }
    buyer.post(format!("/coupons/{id}/issue"), json!({"userId": other.id().to_string()})).must("400 C002");
    // what somebody else holds, and what no one holds
    for unknown in [held, held + 1, 0, -1] {
        let answer = buyer.post("/coupons/validate", json!({"userCouponId": unknown, "orderAmount": 1})).summary();
        assert!(["404 S608", "400 C002"].contains(&answer.as_str()), "{unknown}: {answer}");
    }
    nothing_is_written(&shop, complaints, &before);
}

/// A deal of the product, which costs 10,000 otherwise; it begins in an hour.
fn deal(product: &Product) -> Value {
    json!({
        "name": "Lunch deal", "startsAt": "2026-02-06T01:00:00Z", "endsAt": "2026-02-06T02:00:00Z", "heldApart": true,
        "products": [{"productId": product.id, "dealPrice": 7_000, "dealQuantity": 10, "maxPerUser": 2}],
    })
}

#[test]
fn a_deal_that_makes_no_sense_is_neither_made_nor_put_in_the_place_of_one() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let (mug, cup) =
        (shop.product("mug").price(10_000).stock(50).save(), shop.product("cup").price(10_000).stock(50).save());
    let id = admin.post("/admin/time-deals", deal(&mug)).must("201").number("/id");
    shop.settle();
    let before = shop.contents();
    let numbers =
        |also: &[i64]| -> Vec<Value> { no_numbers().into_iter().chain(also.iter().map(|n| json!(n))).collect() };
    let fields = [
        ("name", no_lines(100)),
        ("description", vec![json!("x".repeat(2_001)), json!("a\u{0}b"), json!(1), json!([])]),
        ("startsAt", no_times()),
        ("endsAt", no_times()),
        ("heldApart", vec![json!("yes"), json!(1), Value::Null]),
        ("products", vec![json!([]), json!({}), json!("mug"), Value::Null]),
        ("products[0].dealPrice", numbers(&[0, 10_000, 10_001])),
        ("products[0].dealQuantity", numbers(&[0, 51, 1_000_000_001])),
        ("products[0].maxPerUser", numbers(&[0, 11])),
        ("discount", vec![json!(30)]),
    ];
    let path = format!("/admin/time-deals/{id}");
    let mut complaints = refuses(&admin, ("POST", "/admin/time-deals"), &deal(&cup), &fields);
    complaints.extend(refuses(&admin, ("PUT", &path), &deal(&mug), &fields));
    // it ends after it starts, and not in the past
    for (method, path, product) in [("POST", "/admin/time-deals", &cup), ("PUT", path.as_str(), &mug)] {
        for ends in ["2026-02-06T01:00:00Z", "2026-02-06T00:59:59.999Z", "2020-01-01T00:00:00Z"] {
            let body = with(&deal(product), "endsAt", json!(ends)).to_string().into_bytes();
            admin.send(method, path, Some(body)).must("400 S708");
        }
        let over = with(
            &with(&deal(product), "startsAt", json!("2026-02-05T00:00:00Z")),
            "endsAt",
            json!("2026-02-06T00:00:00Z"),
        );
        admin.send(method, path, Some(over.to_string().into_bytes())).must("400 C002");
        let unknown = with(
            &deal(product),
            "products",
            json!([{"productId": 999, "dealPrice": 1, "dealQuantity": 1, "maxPerUser": 1}]),
        );
        admin.send(method, path, Some(unknown.to_string().into_bytes())).must("404 S001");
    }
    nothing_is_written(&shop, complaints, &before);
}

#[test]
fn a_purchase_in_a_deal_that_makes_no_sense_is_refused_by_field() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(10_000).stock(50).save();
    let running = with(&deal(&mug), "startsAt", json!("2026-02-06T00:00:00Z"));
    let product = shop.admin().post("/admin/time-deals", running).must("201").number("/products/0/id");
    let buyer = shop.buyer();
    shop.settle();
    let before = shop.contents();
    let good = json!({"timeDealProductId": product, "quantity": 1, "shippingAddress": testkit::address()});
    let complaints = refuses(
        &buyer,
        ("POST", "/time-deals/purchase"),
        &good,
        &[
            ("quantity", [no_numbers(), vec![json!(0), Value::Null]].concat()),
            ("expectedAmount", no_numbers()),
            ("memo", vec![json!("x".repeat(501)), json!("a\u{0}b"), json!(1)]),
            ("queueToken", vec![json!("x".repeat(501)), json!("a\u{0}b"), json!("a\nb"), json!(1), json!([])]),
            ("shippingAddress", vec![json!("here"), json!([]), json!(1)]),
            ("dealPrice", vec![json!(1)]),
        ],
    );
    for unknown in [json!(0), json!(-1), json!(999), json!(i64::MAX)] {
        let answer = buyer.post("/time-deals/purchase", with(&good, "timeDealProductId", unknown)).summary();
        assert!(["404 S706", "400 C002"].contains(&answer.as_str()), "{answer}");
    }
    nothing_is_written(&shop, complaints, &before);
}

#[test]
fn a_queue_is_not_activated_with_rules_that_make_no_sense() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let good = json!({"maxCapacity": 5, "entryBatchSize": 5, "entryIntervalSeconds": 5, "admissionSeconds": 60});
    let active = "/admin/queue/FLASH_SALE/1/activate";
    admin.post(active, good.clone()).must("200");
    shop.settle();
    let before = shop.contents();
    let numbers =
        |also: &[i64]| -> Vec<Value> { no_numbers().into_iter().chain(also.iter().map(|n| json!(n))).collect() };
    let fields = [
        ("maxCapacity", numbers(&[0, 1_000_001])),
        ("entryBatchSize", numbers(&[0, 10_001])),
        ("entryIntervalSeconds", numbers(&[0, 3_601])),
        ("admissionSeconds", numbers(&[0, 9, 86_401])),
        ("placesPerAddress", numbers(&[0, 1_000_001])),
        ("opensAt", no_times().into_iter().filter(|value| !value.is_null()).collect()),
        ("capacity", vec![json!(5)]),
    ];
    let mut complaints = refuses(&admin, ("POST", "/admin/queue/FLASH_SALE/2/activate"), &good, &fields);
    complaints.extend(refuses(&admin, ("POST", active), &good, &fields));
    let long = "X".repeat(51);
    for event in [
        "FLASH_SALE/0",
        "FLASH_SALE/-1",
        "FLASH_SALE/x",
        "FLASH_SALE/1.5",
        "FLASH_SALE/99999999999999999999",
        "%20/1",
        "%E2%80%8B/1",
        "A%00B/1",
        "A%0AB/1",
        &format!("{long}/1"),
    ] {
        admin.post(format!("/admin/queue/{event}/activate"), good.clone()).must("404 S801");
        shop.buyer().post(format!("/queue/{event}/enter"), json!({})).must("404 S801");
    }
    nothing_is_written(&shop, complaints, &before);
}

/// A token whose middle was changed: of another queue, another visit or another user.
fn forged(token: &str) -> Vec<String> {
    let letters: Vec<char> = token.chars().collect();
    let changed = |at: usize| {
        let mut letters = letters.clone();
        letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
        letters.into_iter().collect::<String>()
    };
    let ends = [token[1..].to_owned(), format!("{token}A"), format!("A{token}"), token.to_lowercase(), token.repeat(2)];
    [9, 20, 30, 45, 60, 80].map(changed).into_iter().chain(ends).chain(["x".to_owned(), "A".repeat(86)]).collect()
}

#[test]
fn a_forged_a_foreign_and_an_expired_token_buy_nothing_in_a_deal() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(10_000).stock(50).save();
    let running = with(&deal(&mug), "startsAt", json!("2026-02-06T00:00:00Z"));
    let made = shop.admin().post("/admin/time-deals", running).must("201");
    let (id, product) = (made.number("/id"), made.number("/products/0/id"));
    let rules = json!({"maxCapacity": 2, "entryBatchSize": 2, "entryIntervalSeconds": 1, "admissionSeconds": 60});
    for event in [format!("TIME_DEAL/{id}"), "FLASH_SALE/1".to_owned()] {
        shop.admin().post(format!("/admin/queue/{event}/activate"), rules.clone()).must("200");
    }
    let (buyer, other) = (shop.buyer(), shop.buyer());
    let enters = |who: &Sender, event: &str| {
        who.post(format!("/queue/{event}/enter"), json!({})).must("200").word("/entryToken")
    };
    let queue = format!("TIME_DEAL/{id}");
    let (mine, foreign, elsewhere) = (enters(&buyer, &queue), enters(&other, &queue), enters(&buyer, "FLASH_SALE/1"));
    shop.settle();
    let before = shop.contents();
    let buys = |token: &str| {
        let wanted = json!({"timeDealProductId": product, "quantity": 1, "shippingAddress": testkit::address(), "queueToken": token});
        buyer.post("/time-deals/purchase", wanted)
    };
    for token in forged(&mine) {
        buys(&token).must("404 S803");
        buyer.get(format!("/queue/token/{token}")).must("404 S803");
        buyer.delete(format!("/queue/token/{token}")).must("404 S803");
        assert_eq!(shop.anonymous().opens(format!("/queue/{queue}/subscribe/{token}")), 404, "{token}");
    }
    buys(&elsewhere).must("404 S803");
    buys(&foreign).must("403 S807");
    buyer.get(format!("/queue/token/{foreign}")).must("403 S807");
    buyer.delete(format!("/queue/token/{foreign}")).must("403 S807");
    assert_eq!(buyer.opens(format!("/queue/{queue}/subscribe/{foreign}")), 403);
    assert!(before.differences(&shop.contents()).is_empty());
    // the admission is over: first by the clock alone, then because a task has seen it
    shop.turn(Duration::from_secs(61));
    buys(&mine).must("401 S804");
    shop.settle();
    buys(&mine).must("401 S804");
    let again = enters(&buyer, &queue);
    shop.later(Duration::from_secs(5));
    // the token of the visit before
    buys(&mine).must("401 S804");
    buys(&again).must("201");
    // it bought what it was for
    buys(&again).must("403 S806");
}
