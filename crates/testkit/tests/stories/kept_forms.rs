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
fn a_time_that_is_not_changed_stays_as_it_is_to_the_millisecond() {
    // the second hour of this name when the clocks are put back
    let (starts, ends) = ("2026-02-01T00:00:42.123Z", "2026-11-01T06:30:00.456Z");
    let shop = TestShop::with(1, &[("shop.zone", "America/New_York")]);
    let browser = at_work(&shop, "boss", Role::Admin);
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let deal = json!({"name": "Flash", "startsAt": starts, "endsAt": ends,
        "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 3, "maxPerUser": 1}]});
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/id");
    let coupon = json!({"code": "SPRING", "name": "Spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 5, "startsAt": starts, "expiresAt": ends});
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let rules = json!({"maxCapacity": 5, "entryBatchSize": 1, "entryIntervalSeconds": 5, "opensAt": ends});
    shop.admin().post(format!("/admin/queue/COUPON/{coupon}/activate"), rules).must("200");
    let form = |page: &str, action: &str, changed: &[(&str, &str)]| {
        let open = browser.open(page).must(200);
        browser.send(&open, action, changed).must(200).says("It is done.");
    };
    let (of_deal, of_coupon) = (format!("/console/deals/{deal}"), format!("/console/coupons/{coupon}"));
    let of_queue = format!("/console/queues/COUPON/{coupon}");
    form(&of_deal, &of_deal, &[("name", "Late flash")]);
    // the test's browser fills in the first choice
    form(&of_coupon, &of_coupon, &[("name", "Late spring"), ("discountType", "PERCENTAGE")]);
    form(&of_queue, &format!("{of_queue}/rules"), &[("capacity", "7")]);
    let read = |path: &str| shop.admin().get(path).must("200").data();
    let (deal, coupon, queue) = (
        read(&format!("/admin/time-deals/{deal}")),
        read(&format!("/admin/coupons/{coupon}")),
        read(&format!("/admin/queue/COUPON/{coupon}/status")),
    );
    assert_eq!(
        (&deal["name"], &deal["startsAt"], &deal["endsAt"]),
        (&json!("Late flash"), &json!(starts), &json!(ends))
    );
    assert_eq!(
        (&coupon["name"], &coupon["startsAt"], &coupon["expiresAt"]),
        (&json!("Late spring"), &json!(starts), &json!(ends))
    );
    assert_eq!((&queue["maxCapacity"], &queue["opensAt"]), (&json!(7), &json!(ends)));
    // what is typed counts
    form(&of_deal, &of_deal, &[("endsAt", "2026-11-01T01:31")]);
    assert_eq!(read(&format!("/admin/time-deals/{}", deal["id"]))["endsAt"], "2026-11-01T05:31:00.000Z");
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
