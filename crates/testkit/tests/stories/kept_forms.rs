//! Forms that are sent back with one field changed: all the rest stays as it was.

use crate::console_work::at_work;
use serde_json::{Value, json};
use testkit::TestShop;
use web::Role;

/// A deal of products of its own with this name, all at 5,000 instead of 9,000.
fn deal_of(shop: &TestShop, name: &str, count: usize, starts_at: &str) -> i64 {
    let products: Vec<Value> = (0..count)
        .map(|n| shop.product(&format!("{name} {n}")).price(9_000).stock(5).save().id)
        .map(|id| json!({"productId": id, "dealPrice": 5_000, "dealQuantity": 3, "maxPerUser": 1}))
        .collect();
    let deal = json!({"name": "Flash", "startsAt": starts_at, "endsAt": "2026-03-01T00:00:00Z", "products": products});
    shop.admin().post("/admin/time-deals", deal).must("201").number("/id")
}

#[test]
fn a_deal_keeps_its_products_in_the_console_however_many_they_are() {
    let shop = TestShop::open();
    let browser = at_work(&shop, "boss", Role::Admin);
    for (name, count, starts_at) in [("mug", 30, "2026-02-20T00:00:00Z"), ("bowl", 100, "2026-02-01T00:00:00Z")] {
        let deal = deal_of(&shop, name, count, starts_at);
        let stored = || shop.admin().get(format!("/admin/time-deals/{deal}")).must("200").data().clone();
        let before = stored();
        let path = format!("/console/deals/{deal}");
        let page = browser.open(&path).must(200);
        browser.send(&page, &path, &[("name", "Late flash")]).must(200).says("It is done.");
        let after = stored();
        assert_eq!(after["name"], "Late flash");
        assert_eq!(after["products"], before["products"], "the products of a deal of {count}");
    }
    // the empty lines of the form are lines, too
    let (deal, more) = (deal_of(&shop, "plate", 30, "2026-02-20T00:00:00Z"), shop.product("jar").price(9_000).save());
    let path = format!("/console/deals/{deal}");
    let page = browser.open(&path).must(200);
    let id = more.id.to_string();
    let line = [("product-32", id.as_str()), ("price-32", "5,000"), ("quantity-32", "3"), ("each-32", "1")];
    browser.send(&page, &path, &line).must(200).says("It is done.");
    let after = shop.admin().get(format!("/admin/time-deals/{deal}")).must("200");
    assert_eq!(after.data()["products"].as_array().unwrap().len(), 31);
}

#[test]
fn the_last_line_of_a_long_order_is_refunded_in_the_console() {
    let shop = TestShop::open();
    let buyer = shop.buyer();
    let goods: Vec<_> = (0..150).map(|n| shop.product(&format!("mug {n}")).price(1_000).stock(5).save()).collect();
    let lines: Vec<Value> = goods.iter().map(|mug| json!({"productId": mug.id, "quantity": 1})).collect();
    let order = json!({"items": lines, "shippingAddress": testkit::address()});
    let order = buyer.post("/orders", order).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let browser = at_work(&shop, "boss", Role::Admin);
    let path = format!("/console/orders/{order}");
    let page = browser.open(&path).must(200);
    let last = shop.admin().get(format!("/admin/orders/{order}")).must("200").number("/items/149/id");
    let wanted = [(&*format!("line-{last}"), "1"), ("sure", "1"), ("reason", "broken")];
    browser.send(&page, &format!("{path}/refund/{payment}"), &wanted).must(200);
    assert_eq!(shop.refunds_of(&order), vec![1_000]);
}
