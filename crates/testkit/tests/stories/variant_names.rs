//! The options that a buyer chose are shown wherever the goods are named, also when no variant has a name of its own.

use crate::console_work::at_work;
use crate::storefront_shop::{number, open, order, pay, sign_up};
use serde_json::{Value, json};
use testkit::{Browser, Product, TestShop, address};
use web::Role;

const NAVY: &str = "M · 네이비";
const WHITE: &str = "L · 화이트";

/// A shirt in two sizes and colours; its variants have options and no names.
fn shirt(shop: &TestShop) -> Product {
    let variant = |sku: &str, colour: &str, size: &str| json!({"sku": sku, "options": {"색상": colour, "사이즈": size}, "stock": 30});
    let variants = json!([variant("SH-N-M", "네이비", "M"), variant("SH-W-L", "화이트", "L")]);
    shop.product("shirt").price(30_000).with("stock", Value::Null).with("variants", variants).save()
}

fn variants_of(shop: &TestShop, product: &Product) -> Vec<Value> {
    let detail = shop.anonymous().get(format!("/products/{}", product.id)).must("200");
    detail.data()["variants"].as_array().expect("variants").clone()
}

/// The values of this member of all elements of a list.
fn all(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(|one| one[member].clone()).collect()
}

/// Puts one of each variant into the cart of this browser.
fn put_all(shop: &TestShop, browser: &Browser, product: &Product) {
    for variant in variants_of(shop, product) {
        let page = browser.open(&format!("/products/{}", product.id)).must(200);
        page.says(NAVY).says(WHITE);
        let id = variant["id"].to_string();
        browser.send(&page, "/cart/items", &[("variant", &id), ("quantity", "1")]).must(200);
    }
}

#[test]
fn every_answer_of_the_api_says_which_variant_it_means() {
    let shop = TestShop::open();
    let shirt = shirt(&shop);
    let variants = Value::Array(variants_of(&shop, &shirt));
    assert_eq!(all(&variants, "variantName"), [NAVY, WHITE]);
    assert_eq!(all(&variants, "name"), [Value::Null, Value::Null], "what was written stays as it was written");
    let buyer = shop.buyer();
    let ids = all(&variants, "id");
    for id in &ids {
        buyer.post("/cart/items", json!({"variantId": id, "quantity": 1})).must("200");
    }
    let cart = buyer.get("/cart").must("200");
    assert_eq!(all(&cart.data()["items"], "variantName"), [NAVY, WHITE]);
    let items: Vec<Value> = ids.iter().map(|id| json!({"variantId": id, "quantity": 1})).collect();
    let quote = buyer.post("/orders/quote", json!({ "items": items })).must("200");
    assert_eq!(all(&quote.data()["lines"], "variantName"), [NAVY, WHITE]);
    let known = shop.service().post("/internal/variants/by-ids", json!({ "variantIds": ids })).must("200");
    assert_eq!(all(&known.data(), "variantName"), [NAVY, WHITE]);
    let order = buyer.post("/orders", json!({"items": items, "shippingAddress": address()})).must("201");
    assert_eq!(all(&order.data()["items"], "variantName"), [NAVY, WHITE]);
    // the order keeps what was bought, whatever the variant is called later
    let path = format!("/admin/products/{}/variants/{}", shirt.id, ids[0]);
    let renamed =
        json!({"sku": "SH-N-M", "name": "Navy", "options": {"색상": "네이비", "사이즈": "M"}, "priceAdjustment": 0});
    shop.admin().put(path, renamed).must("200");
    assert_eq!(all(&buyer.sees(&order.word("/orderNumber")).data()["items"], "variantName"), [NAVY, WHITE]);
    let cart = buyer.post("/cart/items", json!({"variantId": ids[0], "quantity": 1, "merge": true})).must("200");
    assert!(all(&cart.data()["items"], "variantName").contains(&json!("Navy")));
}

#[test]
fn a_line_of_an_order_stores_the_longest_options() {
    let shop = TestShop::open();
    let options = |last: &str| {
        let long = (1..5).map(|n| (format!("선택 {n}"), json!("가".repeat(100))));
        Value::Object(long.chain([("끝".to_owned(), json!(last))]).collect())
    };
    let variants =
        json!([{"sku": "A", "options": options("하나")}, {"sku": "B", "options": options("둘"), "stock": 3}]);
    let robe = shop.product("robe").with("stock", Value::Null).with("variants", variants).save();
    let id = variants_of(&shop, &robe)[1]["id"].clone();
    let body = json!({"items": [{"variantId": id, "quantity": 1}], "shippingAddress": address()});
    let order = shop.buyer().post("/orders", body).must("201");
    assert_eq!(order.word("/items/0/variantName").chars().count(), 200);
}

#[test]
fn a_buyer_and_the_shop_see_on_every_page_which_variant_was_chosen() {
    let shop = open();
    let shirt = shirt(&shop);
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put_all(&shop, &browser, &shirt);
    for page in ["/cart", "/checkout"] {
        browser.open(page).must(200).says(NAVY).says(WHITE);
    }
    let placed = order(&browser);
    placed.says(NAVY).says(WHITE);
    let number = number(&placed);
    pay(&browser, &placed, "approve").must(200);
    shop.settle();
    for status in ["SHIPPING", "DELIVERED"] {
        shop.admin().put(format!("/admin/orders/{number}/status"), json!({ "status": status })).must("200");
    }
    shop.settle();
    let path = format!("/orders/{number}/returns");
    let form = browser.open(&path).must(200);
    form.says(NAVY).says(WHITE);
    let wanted = [("units-1", "1"), ("units-2", "1"), ("kind", "RETURN"), ("reason", "DEFECTIVE")];
    browser.send(&form, &path, &wanted).must(200).says(NAVY).says(WHITE);
    let boss = at_work(&shop, "boss", Role::Admin);
    let page = boss.open(&format!("/console/orders/{number}")).must(200);
    for (name, sku) in [(NAVY, "SH-N-M"), (WHITE, "SH-W-L")] {
        page.says(&format!("shirt · {name}")).says(&format!("shirt · {name} · {sku}: units to refund"));
    }
    let back = shop.window().texts("select return_number from return_requests").remove(0);
    for step in ["approve", "collect"] {
        shop.admin().post(format!("/admin/returns/{back}/{step}"), json!({})).must("200");
    }
    let page = boss.open(&format!("/console/returns/{back}")).must(200);
    page.says(&format!("shirt · {NAVY} · SH-N-M: units that can be sold again")).says(WHITE);
    let page = boss.open(&format!("/console/products/{}", shirt.id)).must(200);
    page.says(&format!("Goods arrived: {NAVY} · SH-N-M · MAIN")).says(WHITE);
}
