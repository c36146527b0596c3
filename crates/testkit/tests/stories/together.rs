//! Everything at once: all wrong fields of a request in one response, and all texts of a response in one language.

use fixture::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::TestShop;

fn fields(response: &Response) -> BTreeSet<String> {
    let details = response.json()["error"]["details"].as_array().cloned().unwrap_or_default();
    details.iter().filter_map(|detail| detail["field"].as_str().map(str::to_owned)).collect()
}

fn names(wanted: &[&str]) -> BTreeSet<String> {
    wanted.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn everything_that_is_wrong_with_an_order_is_answered_at_once() {
    let shop = TestShop::open();
    let buyer = shop.buyer();
    let address = json!({"receiverName": " ", "receiverPhone": "010", "zipCode": "12345678901", "address1": "a\tb"});
    let wrong_types = json!({
        "items": [{"productId": 1, "quantity": 1}, {"quantity": 1}, {"productId": "mug", "quantity": 0}],
        "shippingAddress": address, "memo": "m".repeat(501), "planet": "Mars",
    });
    let wanted = names(&[
        "items[1].productId",
        "items[2].productId",
        "items[2].quantity",
        "shippingAddress.receiverName",
        "shippingAddress.zipCode",
        "shippingAddress.address1",
        "memo",
        "planet",
    ]);
    assert_eq!(fields(&buyer.post("/orders", wrong_types).must("400 C002")), wanted);
    let wrong_values =
        json!({"items": [{"quantity": 1}, {"quantity": 2}], "shippingAddress": address, "pointsToUse": -1});
    let wanted = names(&[
        "items[0].productId",
        "items[1].productId",
        "shippingAddress.receiverName",
        "shippingAddress.zipCode",
        "shippingAddress.address1",
        "pointsToUse",
    ]);
    assert_eq!(fields(&buyer.post("/orders", wrong_values)), wanted);
}

#[test]
fn a_list_in_place_of_an_object_is_refused_with_its_field() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let address = json!(["김미나", "010-1234-5678", "04524", "세종대로 110", null]);
    let order = json!({"items": [[mug.id, null, 1]], "shippingAddress": address, "payment": ["CARD", null]});
    let refused = buyer.post("/orders", order).must("400 C002");
    assert_eq!(fields(&refused), names(&["items[0]", "shippingAddress", "payment"]));
    let refused = shop.anonymous().post("/products/verify", json!({"items": [[mug.id, null, 1]]})).must("400 C002");
    assert_eq!(fields(&refused), names(&["items[0]"]));
    let address = json!({"label": "home", "address": address});
    let refused = buyer.send("POST", "/api/v1/users/me/addresses", Some(address.to_string().into_bytes()));
    assert_eq!(fields(&refused.must("400 C002")), names(&["address"]));
    let product = json!({"name": "tee", "price": 100, "variants": [["TEE-S", "small"]]});
    let refused = shop.admin().post("/admin/products", product).must("400 C002");
    assert_eq!(fields(&refused), names(&["variants[0]"]));
}

#[test]
fn everything_that_is_wrong_with_a_product_a_coupon_and_a_refund_is_answered_at_once() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let product = json!({
        "name": "", "price": 0, "salePrice": -1, "brand": "b".repeat(101), "images": ["javascript:x", "a b"], "stock": -1,
        "variants": [{"options": {"size": ""}, "stock": -1}, {"sku": "s".repeat(101), "status": "DISCONTINUED"}],
    });
    let wanted = names(&[
        "name",
        "price",
        "salePrice",
        "brand",
        "images[0]",
        "images[1]",
        "stock",
        "variants[0].options.size",
        "variants[0].stock",
        "variants[1].sku",
        "variants[1].status",
    ]);
    assert_eq!(fields(&admin.post("/admin/products", product)), wanted);
    let coupon = json!({
        "code": "", "name": "x", "discountType": "PERCENTAGE", "discountValue": 101, "minimumOrderAmount": 0,
        "totalQuantity": 0, "startsAt": "soon", "expiresAt": "later",
    });
    let wanted = names(&["code", "discountValue", "minimumOrderAmount", "totalQuantity", "startsAt", "expiresAt"]);
    assert_eq!(fields(&admin.post("/admin/coupons", coupon).must("400 C002")), wanted);
    let refund = json!({"amount": 0, "reason": " ", "lines": [{"id": 1, "quantity": 1}, {"id": 1, "quantity": 1}]});
    let refused = admin.post("/payments/PAY-22222222/refund", refund);
    assert_eq!(fields(&refused), names(&["amount", "reason", "lines[1].id"]));
    let stock = json!({"quantity": -1, "lowStockThreshold": -1, "locationCode": "?", "reason": "r".repeat(501)});
    let wanted = names(&["quantity", "lowStockThreshold", "locationCode", "reason"]);
    assert_eq!(fields(&admin.post("/inventory/1", stock)), wanted);
}

#[test]
fn everything_that_is_wrong_with_an_account_a_queue_and_a_wallet_is_answered_at_once() {
    let shop = TestShop::open();
    let (admin, buyer) = (shop.admin(), shop.buyer());
    let account = json!({"email": "mina", "password": "short", "nickname": " ", "realName": "a\tb"});
    let refused = shop.anonymous().post("/api/v1/users/signup", account).must("400 C002");
    assert_eq!(fields(&refused), names(&["email", "password", "nickname", "realName"]));
    let queue = json!({
        "maxCapacity": 0, "entryBatchSize": 0, "entryIntervalSeconds": 0, "admissionSeconds": 1, "opensAt": "soon",
        "placesPerAddress": 0,
    });
    let wanted = names(&[
        "maxCapacity",
        "entryBatchSize",
        "entryIntervalSeconds",
        "admissionSeconds",
        "opensAt",
        "placesPerAddress",
    ]);
    assert_eq!(fields(&admin.post("/admin/queue/COUPON/1/activate", queue).must("400 C002")), wanted);
    let points = json!({"points": 0, "reason": " ", "expiresAt": "soon"});
    let refused = admin.post(format!("/admin/wallets/{}/points", buyer.id()), points);
    assert_eq!(fields(&refused.must("400 C002")), names(&["points", "reason", "expiresAt"]));
    let bank = json!({"bank": " ", "accountNumber": "12", "holder": ""});
    let refused = buyer.put("/payments/PAY-22222222/refund-account", bank).must("400 C002");
    assert_eq!(fields(&refused), names(&["bank", "accountNumber", "holder"]));
    let splits = json!([{"method": "BALANCE", "amount": 0}, {"method": "CARD", "amount": -1}]);
    let paid = json!({"orderNumber": "ORD-20260206-22222222", "paymentMethod": "CARD", "splits": splits});
    let refused = buyer.post("/payments", paid).must("400 S306");
    assert_eq!(fields(&refused), names(&["splits[0].amount", "splits[1].amount"]));
    let order = json!({"orderNumber": "ORD-20260206-22222222", "paymentMethod": "CASH", "paymentKey": "k".repeat(201)});
    assert_eq!(fields(&buyer.post("/payments", order).must("400 S307")), names(&["paymentMethod", "paymentKey"]));
}

#[test]
fn everything_that_is_wrong_with_a_query_is_answered_at_once() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let query = format!("/admin/orders?status=NOPE&from=soon&to=late&name={}&page=-1&size=0&cursor=x", "n".repeat(101));
    let wanted = names(&["status", "from", "to", "name", "page", "size", "cursor"]);
    let refused = admin.get(query).must("400 C002");
    let without_period = names(&["status", "name", "page", "size", "cursor"]);
    assert!(fields(&refused) == wanted || fields(&refused).is_superset(&without_period), "{}", refused.text());
    let refused =
        admin.get("/admin/products?minPrice=5&maxPrice=1&inStock=perhaps&sort=colour&page=x").must("400 C002");
    assert_eq!(fields(&refused), names(&["inStock", "page", "minPrice", "sort"]));
    let refused = admin.get("/products?minPrice=5&maxPrice=1&sort=colour&page=-1").must("400 C002");
    assert_eq!(fields(&refused), names(&["minPrice", "sort", "page"]));
    let file = Some(b"sku,name,price\nA,a,1\n".to_vec());
    let path = "/admin/products/import?decimal=dot&blank=maybe&map=name&sameNames=x";
    let refused = admin.with("content-type", "text/csv").send("POST", path, file).must("400 C002");
    assert_eq!(fields(&refused), names(&["decimal", "blank", "map", "sameNames"]));
}

/// Whether every text below these members has Korean in it; those that are missing.
fn not_korean(node: &Value, texts: &[&str], found: &mut Vec<String>) {
    match node {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if texts.contains(&name.as_str()) => {
                        if !text.chars().any(|c| ('가'..='힣').contains(&c)) {
                            found.push(format!("{name}: {text}"));
                        }
                    }
                    // events are shown as they were published, and a saga's memory as it is stored
                    _ if name == "payload" || name == "memory" => {}
                    value => not_korean(value, texts, found),
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| not_korean(entry, texts, found)),
        _ => {}
    }
}

#[test]
fn what_happened_to_an_order_is_shown_in_the_language_of_the_reader() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let declined = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&declined, "decline-expired-card").must("400 S304");
    let refunded = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&refunded, "approve").must("201");
    let status = format!("/admin/orders/{refunded}/status");
    shop.admin().put(&status, json!({"status": "REFUNDED"})).must("200");
    shop.settle();
    let korean = shop.admin().with("accept-language", "ko");
    let texts = [
        "statusDescription",
        "paymentMethodDescription",
        "movementTypeDescription",
        "failureReason",
        "cancelReason",
        "reason",
        "lastError",
        "description",
    ];
    let paths = [&declined, &refunded].map(|order| {
        [format!("/admin/orders/{order}"), format!("/admin/orders/{order}/explain"), format!("/payments/order/{order}")]
    });
    let mut missing = Vec::new();
    for path in paths.iter().flatten().map(String::as_str).chain(["/admin/sagas"]) {
        not_korean(&korean.get(path).must("200").json(), &texts, &mut missing);
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let explained = korean.get(format!("/admin/orders/{declined}/explain")).must("200").text();
    assert!(
        explained.contains("유효기간이 지난 카드입니다") && explained.contains("신용카드")
            || explained.contains("카드")
    );
}
