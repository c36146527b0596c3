//! Where an order goes, what is written on it, and how it is found again.

use serde_json::{Value, json};
use testkit::{Sender, TestShop, address};

fn elsewhere() -> Value {
    json!({"receiverName": "박하나", "receiverPhone": "010-9876-5432", "zipCode": "06236", "address1": "테헤란로 1"})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[test]
fn the_address_of_an_order_changes_until_its_parcel_has_left() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let path = format!("/orders/{order}/address");
    let changed = buyer.put(&path, elsewhere()).must("200");
    assert_eq!((changed.word("/shippingAddress/receiverName"), changed.number("/version")), ("박하나".into(), 2));
    shop.buyer().put(&path, elsewhere()).must("403 S212");
    buyer.put(&path, with(elsewhere(), "receiverName", json!("\u{3164}"))).must("400 S211");
    buyer.pays(&order, "approve").must("201");
    let seen = buyer.sees(&order).must("200");
    assert_eq!(seen.word("/delivery/shippingAddress/address1"), "테헤란로 1");
    admin.put(&path, with(elsewhere(), "address1", json!("세종대로 1"))).must("200");
    let seen = buyer.sees(&order).must("200");
    let both = (seen.word("/shippingAddress/address1"), seen.word("/delivery/shippingAddress/address1"));
    assert_eq!(both, ("세종대로 1".to_owned(), "세종대로 1".to_owned()));
    assert_eq!(seen.number("/delivery/histories/0/id"), 2, "{}", seen.text());
    admin.put(format!("/admin/orders/{order}/status"), json!({"status": "SHIPPING"})).must("200");
    buyer.put(&path, elsewhere()).must("400 S203");
    admin.put(&path, elsewhere()).must("400 S203");
    let unpaid = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.cancels(&unpaid).must("200");
    buyer.put(format!("/orders/{unpaid}/address"), elsewhere()).must("400 S203");
}

#[test]
fn the_address_of_an_order_that_is_being_undone_does_not_change() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "refund-timeout").must("201");
    buyer.cancels(&order).must("202");
    buyer.put(format!("/orders/{order}/address"), elsewhere()).must("409 C019");
}

#[test]
fn changing_the_address_and_shipping_at_once_never_sends_a_parcel_to_two_addresses() {
    for _ in 0..4 {
        let shop = TestShop::open();
        let mug = shop.product("mug").stock(5).save();
        let (buyer, admin) = (shop.buyer(), shop.admin());
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, "approve").must("201");
        let responses = shop.at_once(2, |n| match n {
            0 => buyer.put(format!("/orders/{order}/address"), elsewhere()),
            _ => admin.put(format!("/admin/orders/{order}/status"), json!({"status": "SHIPPING"})),
        });
        assert!(responses.iter().all(|one| one.status < 500), "{:?}", responses.summary());
        let seen = buyer.sees(&order).must("200");
        assert_eq!(seen.data()["shippingAddress"], seen.data()["delivery"]["shippingAddress"]);
    }
}

#[test]
fn a_memo_travels_with_the_order_and_its_parcel() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let body = |memo: Value| json!({"items": [{"productId": mug.id, "quantity": 1}], "shippingAddress": address(), "memo": memo});
    let placed = buyer.post("/orders", body(json!(" 문 앞에\n놔주세요 "))).must("201");
    let order = placed.word("/orderNumber");
    assert_eq!(placed.word("/memo"), "문 앞에\n놔주세요");
    buyer.pays(&order, "approve").must("201");
    let seen = buyer.sees(&order).must("200");
    assert_eq!(
        (seen.word("/memo"), seen.word("/delivery/memo")),
        ("문 앞에\n놔주세요".into(), "문 앞에\n놔주세요".into())
    );
    let path = format!("/orders/{order}/address");
    assert_eq!(buyer.put(&path, elsewhere()).must("200").word("/memo"), "문 앞에\n놔주세요", "it stays");
    buyer.put(&path, with(elsewhere(), "memo", json!("경비실"))).must("200");
    assert_eq!(buyer.sees(&order).word("/delivery/memo"), "경비실");
    assert!(buyer.put(&path, with(elsewhere(), "memo", json!(""))).must("200").data()["memo"].is_null());
    buyer.post("/orders", body(json!("가".repeat(501)))).must("400 C002");
    buyer.post("/orders", body(Value::Null)).must("201");
    let quote = buyer.post("/orders/quote", body(json!("가".repeat(501)))).must("200");
    assert!(quote.text().contains("memo"), "{}", quote.text());
}

/// The numbers that a list shows, oldest first.
fn listed(who: &Sender, path: &str) -> Vec<String> {
    let shown = who.get(path).must("200");
    let orders = shown.data()["content"].as_array().expect("a list").clone();
    assert_eq!(shown.number("/totalElements"), orders.len() as i64, "{path}");
    orders.iter().rev().map(|order| order["orderNumber"].as_str().expect("a number").to_owned()).collect()
}

#[test]
fn orders_are_found_by_name_phone_product_and_several_statuses() {
    let shop = TestShop::open();
    let (mug, pen) = (shop.product("Blue mug").stock(9).save(), shop.product("pen").stock(9).save());
    let (kim, park, admin) = (shop.buyer(), shop.buyer(), shop.admin());
    let first = kim.orders(&mug, 1).must("201").word("/orderNumber");
    let items = json!([{"productId": mug.id, "quantity": 1}, {"productId": pen.id, "quantity": 1}]);
    let second = park.post("/orders", json!({"items": items, "shippingAddress": elsewhere()})).must("201");
    let second = second.word("/orderNumber");
    let third = park.orders(&pen, 1).must("201").word("/orderNumber");
    kim.pays(&first, "approve").must("201");
    park.cancels(&third).must("200");
    let all = |query: &str| listed(&admin, &format!("/admin/orders?{query}"));
    assert_eq!(all("name=%EB%B0%95%ED%95%98"), std::slice::from_ref(&second), "by the beginning of 박하나");
    for phone in ["010-9876-5432", "01098765432", "9876", "9876%205432"] {
        assert_eq!(all(&format!("phone={phone}")), std::slice::from_ref(&second), "{phone}");
    }
    assert_eq!(all("phone=11-11-11-11"), Vec::<String>::new());
    assert_eq!(all("phone=%25"), Vec::<String>::new(), "a wildcard is only a sign");
    assert_eq!(all("product=blue"), [first.clone(), second.clone()]);
    assert_eq!(all(&format!("product={}", pen.sku)), [second.clone(), third.clone()]);
    assert_eq!(all(&format!("productId={}", pen.id)), [second.clone(), third.clone()]);
    assert_eq!(all("product=blue&name=%EB%B0%95%ED%95%98"), std::slice::from_ref(&second));
    for keyword in [&second[13..], "98765432", "%EB%B0%95%ED%95%98%EB%82%98"] {
        assert_eq!(all(&format!("keyword={keyword}")), std::slice::from_ref(&second), "{keyword}");
    }
    assert_eq!(all("status=PAID,CANCELLED"), [first.clone(), third.clone()]);
    assert_eq!(all("status=PAID&status=CANCELLED"), [first.clone(), third.clone()]);
    assert_eq!(all("status=PAID,CONFIRMED&product=blue"), [first.clone(), second.clone()]);
    admin.get("/admin/orders?status=PAID,GONE").must("400 C002");
    assert_eq!(listed(&park, "/orders?product=pen"), [second.clone(), third.clone()]);
    assert_eq!(listed(&park, "/orders?product=blue&status=CONFIRMED,PAID"), [second]);
    assert_eq!(listed(&kim, &format!("/orders?productId={}", pen.id)), Vec::<String>::new());
    park.get("/orders?name=x").must("400 C002");
}
