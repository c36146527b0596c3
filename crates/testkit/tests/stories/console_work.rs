//! The console as those use it who work in the shop: in a browser without scripts, by links and forms alone.

use crate::storefront_shop::{PASSWORD, sign_up};
use serde_json::json;
use std::time::Duration;
use testkit::{Browser, Page, TestShop};
use web::{Role, Roles};

/// A browser in which somebody with this role is signed in to the console.
pub fn at_work(shop: &TestShop, name: &str, role: Role) -> Browser {
    let browser = shop.browser();
    sign_up(&browser, name, "/");
    let email = format!("{name}@example.com");
    let granted = email.clone();
    shop.write(move |tx| account::ops::grant(tx, &granted, Roles::of(role)).map(drop)).expect("the role is granted");
    // the session of before has the roles of before
    let form = browser.open("/console/sign-in").must(200);
    let page = browser.send(&form, "/console/sign-in", &[("email", &email), ("password", PASSWORD)]);
    page.must(200).says("Dashboard");
    browser
}

/// The part of the path of a page after `/console/products/` and the like.
fn id_of(page: &Page) -> String {
    page.path.split(['/', '?']).nth(3).expect("the path of a thing").to_owned()
}

#[test]
fn an_administrator_makes_a_product_with_variants_and_keeps_its_stock() {
    let shop = TestShop::open();
    let browser = at_work(&shop, "boss", Role::Admin);
    let form = browser.open("/console/products/new").must(200);
    let wrong = [("name", "moon jar"), ("price", "a lot"), ("sku", "JAR-1")];
    let form = browser.send(&form, "/console/products/new", &wrong).must(400);
    form.says("C002").says("Price: must be");
    let good = [
        ("name", "moon jar"),
        ("price", "18,000"),
        ("category", "Kitchen > Jars"),
        ("stock", "50"),
        ("status", "ACTIVE"),
    ];
    let made = browser.send(&form, "/console/products/new", &good).must(200);
    made.says("It is done.").says("moon jar").says("in stock");
    let id = id_of(&made);
    assert_eq!(shop.anonymous().get(format!("/products/{id}")).must("200").number("/price"), 18_000);
    // two variants differ by an option
    let links = made.quoted_after("href=\"");
    let link = links.iter().find(|href| href.contains("/variants/")).expect("the page of the variant");
    let small = [
        ("name", "small"),
        ("sku", "JAR-1-S"),
        ("options", "size: small"),
        ("priceAdjustment", "-3000"),
        ("stock", "2"),
    ];
    let variants = format!("/console/products/{id}/variants");
    let refused = browser.send(&made, &variants, &small).must(409);
    assert!(refused.form(&variants).contains(&("sku".to_owned(), "JAR-1-S".to_owned())), "what was typed is not lost");
    let one = browser.open(link).must(200);
    let changed = [("name", "large"), ("options", "size: large"), ("status", "ACTIVE")];
    let page = browser.send(&one, link, &changed).must(200);
    page.says("size: large").says("₩18,000");
    let page = browser.send(&page, &variants, &small).must(200);
    page.says("small").says("size: small").says("₩15,000");
    let places = page.text();
    let adjust = places.split("action=\"").find(|part| part.contains("/adjust/")).expect("a place of the stock");
    let adjust = adjust.split('"').next().unwrap().to_owned();
    let page = browser.send(&page, &adjust, &[("delta", "-1"), ("reason", "one is broken")]).must(200);
    page.says("one is broken").says("adjusted");
    // somebody else counted meanwhile: the form was decided on a stock that is another by now
    let seen = page.form(&adjust).into_iter().find(|(name, _)| name == "version").expect("a version").1;
    let other = browser.open(&format!("/console/products/{id}")).must(200);
    browser.send(&other, &adjust, &[("delta", "-1"), ("reason", "one more")]).must(200);
    let late = [("delta", "-1"), ("reason", "again"), ("version", seen.as_str())];
    browser.send(&page, &adjust, &late).must(409).says("C016");
    browser.open("/console/products?stock=true&order=price%2Casc").must(200).says("moon jar").says("1 products");
    browser.open("/console/products?status=DRAFT").must(200).says("Nothing is here.");
}

#[test]
fn an_edit_that_was_overtaken_shows_both_versions() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).save();
    let browser = at_work(&shop, "boss", Role::Admin);
    let path = format!("/console/products/{}", mug.id);
    let form = browser.open(&path).must(200);
    shop.reprice(&mug, 9_500);
    let page = browser.send(&form, &path, &[("price", "8000"), ("description", "blue")]).must(409);
    page.says("C016").says("Stored now: 9500");
    assert!(page.form(&path).contains(&("price".to_owned(), "8000".to_owned())), "what was typed is not lost");
    browser.send(&page, &path, &[]).must(200).says("It is done.");
    assert_eq!(shop.anonymous().get(format!("/products/{}", mug.id)).number("/price"), 8_000);
    let cups = shop.admin().post("/admin/categories", json!({"name": "Cups"})).must("201").number("/id");
    let path = format!("/console/categories/{cups}");
    let form = browser.open(&path).must(200);
    let version = shop.admin().get(format!("/admin/categories/{cups}")).number("/version");
    let bowls = json!({"name": "Bowls", "displayOrder": 3, "version": version});
    shop.admin().put(format!("/admin/categories/{cups}"), bowls).must("200");
    let page = browser.send(&form, &path, &[("name", "Mugs")]).must(409);
    page.says("Stored now: Bowls").says("Stored now: 3");
    assert!(page.form(&path).contains(&("name".to_owned(), "Mugs".to_owned())), "what was typed is not lost");
}

#[test]
fn an_administrator_finds_an_order_refunds_a_line_and_ships_the_rest() {
    let shop = TestShop::open();
    let (mug, jar) = (shop.product("mug").price(9_000).save(), shop.product("jar").price(20_000).save());
    let buyer = shop.buyer();
    let order = buyer.orders_all(&[(&mug, 2), (&jar, 1)]).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    let browser = at_work(&shop, "boss", Role::Admin);
    browser
        .open("/console/orders?q=%EA%B9%80%ED%95%98%EB%8A%98")
        .must(200)
        .says(&order)
        .says("김하늘")
        .says("1 orders");
    browser.open("/console/orders?status=CANCELLED").must(200).says("Nothing is here.");
    let path = format!("/console/orders/{order}");
    let page = browser.open(&format!("/console/search?q={order}")).must(200);
    assert_eq!(page.path, path);
    page.says("₩38,000").says("What happened").says("Order: placed").says("shopping.order.created");
    let line = shop.admin().get(format!("/admin/orders/{order}")).must("200").number("/items/0/id");
    let (refund, field) = (format!("{path}/refund/{payment}"), format!("line-{line}"));
    let wanted = [(field.as_str(), "1"), ("reason", "one was broken")];
    browser.send(&page, &refund, &wanted).must(400).says("Confirmation");
    assert_eq!(shop.refunds_of(&order), Vec::<i64>::new());
    let sure = [wanted[0], wanted[1], ("sure", "1")];
    let page = browser.send(&page, &refund, &sure).must(200);
    page.says("It is done.").says("one was broken").says("₩9,000");
    assert_eq!(shop.refunds_of(&order), vec![9_000]);
    let page = browser.send(&page, &format!("{path}/ship"), &[("reason", "handed over")]).must(200);
    shop.settle();
    page.says("Mark as delivered");
    assert_eq!(buyer.sees(&order).word("/status"), "SHIPPING");
    let token = browser.cookie("holdfast_form");
    let late = [("reason", "too late"), ("sure", "1"), ("form", token.as_str())];
    browser.post(&format!("{path}/cancel"), &late).must(400).says("That did not work");
    let page = browser.open(&path).must(200);
    browser.send(&page, &format!("{path}/deliver"), &[("reason", "the carrier says so")]).must(200);
    assert_eq!(buyer.sees(&order).word("/status"), "DELIVERED");
}

#[test]
fn an_administrator_resolves_a_stuck_saga() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "refund-declined").must("201");
    let browser = at_work(&shop, "boss", Role::Admin);
    let page = browser.open(&format!("/console/orders/{order}")).must(200);
    let cancel = format!("/console/orders/{order}/cancel");
    browser.send(&page, &cancel, &[("reason", "sold by mistake"), ("sure", "1")]);
    for _ in 0..10 {
        shop.later(Duration::from_secs(30 * 60));
    }
    let browser = back_at_work(&shop, "boss");
    browser.open("/console/parts/work").must(200).says("1 Stuck sagas");
    let page = browser.open("/console/sagas?status=COMPENSATION_FAILED").must(200);
    page.says("1 sagas").says("stuck").says("sold by mistake");
    let saga = shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200").word("/content/0/sagaId");
    let retry = browser.send(&page, &format!("/console/sagas/{saga}/retry"), &[]);
    assert!([200, 202].contains(&retry.response.status), "{}", retry.words());
    for _ in 0..10 {
        shop.later(Duration::from_secs(30 * 60));
    }
    let browser = back_at_work(&shop, "boss");
    let page = browser.open("/console/sagas?status=COMPENSATION_FAILED").must(200);
    let resolve = format!("/console/sagas/{saga}/resolve");
    browser.send(&page, &resolve, &[("reason", "paid back by bank transfer")]).must(400);
    let done = [("reason", "paid back by bank transfer"), ("sure", "1")];
    browser.send(&page, &resolve, &done).must(200).says("paid back by bank transfer");
    browser.open("/console/sagas?status=COMPENSATION_FAILED").must(200).says("Nothing is here.");
    shop.settle();
    shop.expect_difference_with_gateway(&order);
}

/// A new session of somebody who has signed up: the clock has ended the one of before.
fn back_at_work(shop: &TestShop, name: &str) -> Browser {
    let browser = shop.browser();
    let form = browser.open("/console/sign-in").must(200);
    let email = format!("{name}@example.com");
    browser.send(&form, "/console/sign-in", &[("email", &email), ("password", PASSWORD)]).must(200).says("Dashboard");
    browser
}

#[test]
fn coupons_deals_and_queues_are_made_and_changed_while_they_run() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let browser = at_work(&shop, "boss", Role::Admin);
    let form = browser.open("/console/coupons/new").must(200);
    let coupon = [
        ("code", "SPRING"),
        ("name", "Spring"),
        ("discountType", "PERCENTAGE"),
        ("discountValue", "10"),
        ("total", "100"),
        ("startsAt", "2026-02-01T00:00:00"),
        ("expiresAt", "2026-03-01T00:00:00"),
    ];
    browser.send(&form, "/console/coupons/new", &coupon).must(200).says("SPRING").says("10 %").says("1 coupons");
    let made = shop.admin().get("/admin/coupons").must("200").number("/content/0/id");
    let path = format!("/console/coupons/{made}");
    let page = browser.open(&path).must(200);
    let more = [("total", "200"), ("discountType", "PERCENTAGE")];
    browser.send(&page, &path, &more).must(200).says("It is done.");
    assert_eq!(shop.admin().get(format!("/admin/coupons/{made}")).must("200").number("/totalQuantity"), 200);
    let form = browser.open("/console/deals/new").must(200);
    let product = mug.id.to_string();
    let deal = [
        ("name", "Flash"),
        ("startsAt", "2026-02-06T00:00:00"),
        ("endsAt", "2026-02-07T00:00:00"),
        ("product-0", product.as_str()),
        ("price-0", "5,000"),
        ("quantity-0", "10"),
        ("each-0", "2"),
    ];
    browser.send(&form, "/console/deals/new", &deal).must(200).says("Flash").says("1 deals");
    let deal = shop.admin().get("/admin/time-deals").must("200").number("/content/0/id");
    let queue = format!("/console/queues/TIME_DEAL/{deal}");
    let page = browser.open(&queue).must(200);
    page.says("There was never a queue here.");
    let page = browser.send(&page, &format!("{queue}/rules"), &[("capacity", "5"), ("batch", "2")]).must(200);
    page.says("0 / 5");
    shop.buyer().post(format!("/queue/TIME_DEAL/{deal}/enter"), json!({})).must("200");
    let page = browser.send(&page, &format!("{queue}/rules"), &[("capacity", "50")]).must(200);
    page.says("/ 50");
    browser.send(&page, &format!("{queue}/process"), &[]).must(200).says("1 / 50");
    browser.open("/console/queues").must(200).says("Time deal: Flash").says("Runs");
    let page = browser.open(&queue).must(200);
    browser.send(&page, &format!("{queue}/stop"), &[("sure", "1")]).must(200).says("Does not run");
    let path = format!("/console/deals/{deal}");
    let page = browser.open(&path).must(200);
    browser.send(&page, &format!("{path}/end"), &[("sure", "1")]).must(200).says("ended");
}

#[test]
fn the_page_of_queues_names_each_of_them_and_takes_no_statement_for_each() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let browser = at_work(&shop, "boss", Role::Admin);
    let activate = |event: String| {
        let rules = json!({"maxCapacity": 5, "entryBatchSize": 1, "entryIntervalSeconds": 5});
        shop.admin().post(format!("/admin/queue/{event}/activate"), rules).must("200");
    };
    let period = ("2026-02-01T00:00:00", "2026-03-01T00:00:00");
    let queue_up = |n: i64| {
        let deal = json!({"name": format!("Flash {n}"), "startsAt": period.0, "endsAt": period.1,
            "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 2, "maxPerUser": 1}]});
        let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/id");
        activate(format!("TIME_DEAL/{deal}"));
        let coupon = json!({"code": format!("SPRING-{n}"), "name": format!("Spring {n}"), "discountType": "PERCENTAGE",
            "discountValue": 10, "totalQuantity": 5, "startsAt": period.0, "expiresAt": period.1});
        let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
        activate(format!("COUPON/{coupon}"));
    };
    let statements = || shop.statements_of(|| drop(browser.open("/console/queues").must(200)));
    queue_up(1);
    let of_two = statements();
    (2..=6).for_each(queue_up);
    assert_eq!(statements(), of_two, "statements for twelve queues, and for two");
    // what the shop does not know
    activate("COUPON/999".to_owned());
    activate("FLASH_SALE/7".to_owned());
    let page = browser.open("/console/queues").must(200);
    for n in 1..=6 {
        page.says(&format!("Time deal: Flash {n}")).says(&format!("Coupon: Spring {n}"));
    }
    page.says("Coupon: 999").says("FLASH_SALE 7");
}

#[test]
fn operators_see_reports_events_audit_settings_and_health() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).with("category", json!("Kitchen")).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let browser = at_work(&shop, "boss", Role::Admin);
    browser.open("/console/parts/sales").must(200).says("Today").says("₩9,000").says("Revenue, day by day");
    browser.open("/console/parts/minutes").must(200).says("1 in the last minute");
    browser.open("/console/parts/queues").must(200).says("Nothing is here.");
    browser.open("/console/parts/orders").must(200).says(&order);
    browser.open("/console/parts/products").must(200).says("mug");
    browser.open("/console/reports").must(200).says("Sales").says("Customers");
    browser.open("/console/reports/top-products?sort=-4").must(200).says("mug").says("₩9,000");
    browser.open("/console/settlement").must(200).says("Differences to the gateway");
    let file = browser.open("/console/reports/daily-sales/table.csv").must(200);
    assert!(file.response.header("content-type").starts_with("text/csv"), "{}", file.path);
    assert_eq!(file.response.header("cache-control"), "no-store");
    browser.open("/console/exports/products").must(200).says("mug");
    browser.open("/console/reports/nothing").must(404).says("There is nothing here");
    browser.open("/console/customers").must(200).says("Those who spent most come first.");
    let found = browser.open("/console/customers?q=boss%40exa").must(200);
    found.says("boss@example.com").says("administrator");
    browser.open("/console/search?q=boss%40example.com").must(200).says("boss@example.com").says("Customers");
    let id = shop.admin().get("/api/v1/users?keyword=boss").must("200").word("/users/0/id");
    browser.open(&format!("/console/customers/{id}")).must(200).says("boss@example.com (not verified)").says("Points");
    let events = browser.open("/console/events").must(200);
    events.says("shopping.order.created").says("Subscribers");
    let page = browser.open("/console/audit").must(200);
    browser.send(&page, "/console/audit", &[]).must(200).says("Violations 0");
    browser.open("/console/settlement/captures").must(200).says("Nothing is here.");
    let page = browser.open("/console/rebuild").must(200);
    browser.send(&page, "/console/rebuild/stock", &[]).must(200).says("Differences 0").says("no, only compared");
    browser.send(&page, "/console/rebuild/figures", &[]).must(200).says("Differences 0");
    browser.open("/console/settings?sort=1").must(200).says("audit every").says("command line").says("console enabled");
    browser.open("/console/health").must(200).says("Gets requests yes").says("Database up");
    let page = browser.open("/console/categories").must(200);
    page.says("Kitchen");
    browser.send(&page, "/console/categories", &[("name", "Garden"), ("order", "2")]).must(200).says("Garden");
    let korean = browser.open("/console/language/ko?return=/console/orders").must(200);
    korean.says("주문 1건").says("결제 완료").says("관리 콘솔");
}

#[test]
fn chosen_rows_are_acted_on_together_and_each_refusal_is_named() {
    let shop = TestShop::open();
    let (mug, jar) = (shop.product("mug").price(9_000).save(), shop.product("jar").price(20_000).save());
    let browser = at_work(&shop, "boss", Role::Admin);
    let list = browser.open("/console/products?order=name%2Casc").must(200);
    list.says("mug").says("jar").says("2 products");
    let chosen = "/console/products/chosen?order=name%2Casc";
    let rows = list.quoted_after("name=\"row\" value=\"");
    assert_eq!(rows.len(), 2, "{rows:?}");
    browser.send(&list, chosen, &[("act", "close")]).must(400).says("Chosen rows");
    let token = browser.cookie("holdfast_form");
    let both = |act: &str, more: &[(&str, &str)]| {
        let mut fields =
            vec![("form", token.as_str()), ("act", act), ("row", rows[0].as_str()), ("row", rows[1].as_str())];
        fields.extend(more);
        browser.post(chosen, &fields)
    };
    both("close", &[]).must(200).says("Done: 2").says("Refused: 0");
    assert_eq!(shop.anonymous().get("/products").must("200").number("/totalElements"), 0);
    both("publish", &[]).must(200).says("Done: 2");
    both("delete", &[]).must(400).says("Confirmation");
    let late = both("delete", &[("sure", "1")]).must(200);
    late.says("Done: 0").says("Refused: 2").says("C016");
    assert_eq!(shop.anonymous().get("/products").must("200").number("/totalElements"), 2, "they changed since");
    let buyer = shop.buyer();
    let paid = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&paid, "approve").must("201");
    let unpaid = buyer.orders(&jar, 1).must("201").word("/orderNumber");
    shop.settle();
    browser.open("/console/orders").must(200).says("2 orders");
    let fields = [("form", token.as_str()), ("act", "SHIPPING"), ("row", paid.as_str()), ("row", unpaid.as_str())];
    let page = browser.post("/console/orders/chosen", &fields).must(200);
    page.says("Done: 1").says("Refused: 1");
    assert_eq!(
        (buyer.sees(&paid).word("/status"), buyer.sees(&unpaid).word("/status")),
        ("SHIPPING".into(), "CONFIRMED".into())
    );
    let falling = browser.open("/console/orders?sort=-7").must(200).text();
    assert!(falling.find(&unpaid) < falling.find(&paid), "the larger amount comes first");
}

#[test]
fn a_catalogue_is_imported_from_a_file_and_refused_rows_are_named() {
    let shop = TestShop::open();
    let browser = at_work(&shop, "boss", Role::Admin);
    let path = "/console/products/import";
    let form = browser.open(path).must(200);
    browser.send(&form, path, &[]).must(400).says("File:");
    let table = "sku,name,price,stock\nMUG-1,mug,9000,5\nJAR-1,jar,much,1\n";
    browser.upload(&form, path, &[], ("file", "goods.exe", table.as_bytes())).must(415);
    let mut page = browser.upload(&form, path, &[], ("file", "goods.csv", table.as_bytes())).must(200);
    for _ in 0..500 {
        if !page.words().contains("State runs") {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        page = browser.open(&page.path).must(200);
    }
    page.says("State done").says("Made 1").says("JAR-1").says("C002");
    browser.open(path).must(200).says("goods.csv");
    browser.open("/console/products").must(200).says("mug").says("1 products");
    let other = at_work(&shop, "mina", Role::Seller);
    other.open(&page.path).must(404);
    assert!(!other.open(path).must(200).text().contains("goods.csv"));
    let buyer = shop.browser();
    sign_up(&buyer, "eve", "/");
    let mine = [("form", buyer.cookie("holdfast_form"))];
    let mine: Vec<(&str, &str)> = mine.iter().map(|(name, value)| (*name, value.as_str())).collect();
    buyer.upload(&form, path, &mine, ("file", "goods.csv", table.as_bytes())).must(403);
}

#[test]
fn a_return_is_taken_through_its_steps() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    for status in ["SHIPPING", "DELIVERED"] {
        shop.admin().put(format!("/admin/orders/{order}/status"), json!({"status": status})).must("200");
    }
    shop.settle();
    let line = buyer.sees(&order).number("/items/0/id");
    let body = json!({"kind": "RETURN", "reason": "DEFECTIVE", "description": "a crack", "lines": [{"id": line, "quantity": 1}]});
    let number = buyer.post(format!("/orders/{order}/returns"), body).must("201").word("/returnNumber");
    let browser = at_work(&shop, "boss", Role::Admin);
    browser.open("/console/parts/work").must(200).says("1 Returns to decide");
    browser.open("/console/returns?status=REQUESTED").must(200).says(&number).says("money back").says("1 returns");
    let path = format!("/console/returns/{number}");
    let page = browser.open(&format!("/console/orders/{order}?sort-lines=-2")).must(200);
    assert!(page.text().contains(&format!("href=\"{path}\"")), "the order leads to its return");
    let page = browser.open(&path).must(200);
    page.says("a crack").says("mug").says("the shop");
    let page = browser.send(&page, &format!("{path}/approve"), &[]).must(200);
    let page = browser.send(&page, &format!("{path}/collect"), &[("carrier", "CJ 123456")]).must(200);
    page.says("CJ 123456");
    let field = format!("line-{line}");
    let page = browser.send(&page, &format!("{path}/receive"), &[(field.as_str(), "0")]).must(200);
    browser.send(&page, &format!("{path}/refund"), &[]).must(400).says("Confirmation");
    browser.send(&page, &format!("{path}/refund"), &[("sure", "1")]).must(200).says("Given back ₩9,000");
    assert_eq!(shop.refunds_of(&order), vec![9_000]);
}

#[test]
fn images_are_uploaded_ordered_and_taken_away() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let browser = at_work(&shop, "boss", Role::Admin);
    let path = format!("/console/products/{}/images", mug.id);
    let form = browser.open(&path).must(200);
    let drawing = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    browser.upload(&form, &path, &[], ("file", "a.png", drawing)).must(400).says("S1202");
    let elsewhere = [("address", "https://img.example/mug.jpg")];
    let page = browser.send(&form, &path, &elsewhere).must(200);
    page.says("https://img.example/mug.jpg");
    let page =
        browser.send(&page, &path, &[("text-0", "a mug, \"blue\""), ("address", "https://img.example/side.jpg")]);
    let page = page.must(200);
    let texts = page.form(&path);
    assert!(texts.contains(&("text-0".to_owned(), "a mug, \"blue\"".to_owned())), "{texts:?}");
    let turned = browser.send(&page, &path, &[("place-0", "2"), ("place-1", "1")]).must(200);
    let images = || shop.admin().get(format!("/admin/products/{}/images", mug.id)).must("200").data()["images"].clone();
    assert_eq!(images(), json!(["https://img.example/side.jpg", "https://img.example/mug.jpg"]));
    browser.send(&turned, &path, &[("remove-0", "1")]).must(200);
    assert_eq!(images(), json!(["https://img.example/mug.jpg"]));
    browser.send(&page, &path, &[]).must(409).says("C016");
}
