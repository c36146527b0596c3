//! What the console must not let happen: foreign forms, scripts in texts, a seller in another's pages, pages in a cache.

use crate::console_work::at_work;
use crate::storefront_guards::{EVIL, harmless, refuse_foreign_forms};
use crate::storefront_money::delivered;
use crate::storefront_shop::{number, open, order, pay, put, sign_up};
use serde_json::json;
use testkit::TestShop;
use web::Role;

#[test]
fn every_form_of_the_console_refuses_what_does_not_come_from_its_pages() {
    let shop = TestShop::open();
    let browser = at_work(&shop, "boss", Role::Admin);
    let other = shop.browser();
    sign_up(&other, "eve", "/");
    let forms = console::forms();
    assert!(forms.len() > 35, "{forms:?}");
    refuse_foreign_forms(&browser, &other, forms);
}

#[test]
fn a_seller_sees_and_changes_what_is_theirs_and_nothing_else() {
    let shop = TestShop::open();
    let (mina, jun) = (at_work(&shop, "mina", Role::Seller), at_work(&shop, "jun", Role::Seller));
    let form = mina.open("/console/products/new").must(200);
    let product = [("name", "moon jar"), ("price", "18000"), ("stock", "5"), ("sku", "JAR-1")];
    let made = mina.send(&form, "/console/products/new", &product).must(200);
    made.says("moon jar");
    let path = made.path.split('?').next().unwrap().to_owned();
    shop.settle();
    mina.open("/console/products").must(200).says("moon jar").says("1 products");
    mina.open("/console/search?q=moon").must(200).says("moon jar");
    jun.open("/console/products").must(200).says("0 products");
    jun.open(&path).must(403).says("Your account may not see this");
    assert!(!jun.open("/console/search?q=moon").must(200).text().contains(&path), "it is not theirs");
    let token = jun.cookie("holdfast_form");
    let foreign = [("form", token.as_str()), ("name", "mine"), ("price", "1"), ("sure", "1"), ("version", "0")];
    for act in ["", "/delete", "/close", "/images", "/variants"] {
        jun.post(&format!("{path}{act}"), &foreign).must(403);
    }
    mina.open(&path).must(200).says("moon jar").says("active");
    let buyer = shop.buyer();
    let order = buyer.orders(&shop.product("mug").save(), 1).must("201").word("/orderNumber");
    for path in [
        "/console/orders",
        &format!("/console/orders/{order}"),
        "/console/returns",
        "/console/customers",
        "/console/categories",
        "/console/queues",
        "/console/queues/COUPON/1",
        "/console/reports/daily-sales",
        "/console/settlement",
        "/console/settlement/captures",
        "/console/rebuild",
        "/console/exports/orders",
        "/console/sagas",
        "/console/events",
        "/console/audit",
        "/console/settings",
        "/console/health",
        "/console/parts/work",
        "/console/parts/sales",
    ] {
        mina.open(path).must(403).says("Your account may not see this");
    }
    let page = mina.open("/console").must(200);
    assert!(!page.text().contains("/console/settings") && !page.text().contains("/console/orders"), "{}", page.text());
    mina.open("/console/reports").must(200).says("What sells most");
    mina.open("/console/parts/stock").must(200);
}

#[test]
fn who_does_not_work_here_does_not_come_in() {
    let shop = TestShop::open();
    let browser = shop.browser();
    let asked = browser.open("/console/orders?status=PAID").must(200);
    assert_eq!(asked.path, "/console/sign-in?return=%2Fconsole%2Forders%3Fstatus%3DPAID");
    asked.says("Sign in to the console");
    let wrong = browser.send(&asked, "/console/sign-in", &[("email", "x@example.com"), ("password", "wrong")]);
    assert!((400..500).contains(&wrong.response.status), "{}", wrong.words());
    sign_up(&browser, "mina", "/");
    browser.open("/console").must(403).says("Your account may not see this");
    browser.open("/console/sign-in").must(200).says("neither a seller's nor an administrator's");
    for back in ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let form = browser.open(&format!("/console/sign-in?return={back}")).must(200);
        let hidden = form.form("/console/sign-in").into_iter().find(|(name, _)| name == "return").unwrap().1;
        assert_eq!(hidden, "/console", "{back}");
        let sent = browser.get(&format!("/console/language/ko?return={back}")).must(303);
        assert_eq!(sent.response.header("location"), "/console", "{back}");
    }
}

#[test]
fn no_text_of_a_person_becomes_markup_in_the_console() {
    let shop = TestShop::open();
    let text = |start: &str| json!(format!("{start} {EVIL}"));
    let mug = shop.product(&format!("mug {EVIL}")).with("sku", json!("SKU-EVIL")).with("brand", text("brand"));
    let mug = mug.with("description", text("about")).with("category", json!("evil\"'<script>alert(1)<")).save();
    let coupon = json!({"code": "EVIL", "name": EVIL, "description": EVIL, "discountType": "FIXED", "discountValue": 1_000,
        "totalQuantity": 9, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
    shop.admin().post("/admin/coupons", coupon).must("201");
    let deal = json!({"name": EVIL, "description": EVIL, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 2, "maxPerUser": 1}]});
    shop.admin().post("/admin/time-deals", deal).must("201");
    let address = json!({"receiverName": EVIL, "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": EVIL});
    let body = json!({"items": [{"productId": mug.id, "quantity": 2}], "shippingAddress": address, "memo": EVIL});
    let buyer = shop.buyer();
    let order = buyer.post("/orders", body).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    let browser = at_work(&shop, "boss", Role::Admin);
    let page = browser.open(&format!("/console/orders/{order}")).must(200);
    let line = shop.admin().get(format!("/admin/orders/{order}")).must("200").number("/items/0/id");
    let field = format!("line-{line}");
    let wanted = [(field.as_str(), "1"), ("reason", EVIL), ("sure", "1")];
    harmless(&browser.send(&page, &format!("/console/orders/{order}/refund/{payment}"), &wanted).must(200));
    let form = browser.open("/console/products/new").must(200);
    let wrong = [("name", EVIL), ("price", EVIL), ("category", EVIL), ("description", EVIL)];
    harmless(&browser.send(&form, "/console/products/new", &wrong).must(400));
    shop.settle();
    let evil = "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        "/console",
        "/console/products",
        &format!("/console/products/{}", mug.id),
        "/console/categories",
        "/console/categories/1",
        "/console/orders",
        "/console/coupons",
        "/console/coupons/1",
        "/console/deals",
        "/console/deals/1",
        "/console/customers",
        "/console/reports",
        "/console/reports/top-products",
        "/console/reports/categories",
        "/console/reports/time-deals",
        "/console/sagas",
        "/console/events",
        "/console/settings",
        "/console/nothing",
    ] {
        harmless(&browser.open(path));
        harmless(&browser.open(&format!("{path}?q={evil}&category={evil}&sort={evil}&done={evil}")));
        harmless(&browser.with("accept-language", "ko").open(path));
    }
    harmless(&browser.open(&format!("/console/orders/{order}")));
    harmless(&browser.open(&format!("/console/search?q={evil}")));
    harmless(&shop.browser().open(&format!("/console/sign-in?return={evil}")));
}

#[test]
fn what_returns_files_and_images_are_called_becomes_no_markup_either() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.browser();
    sign_up(&buyer, "mina", "/");
    put(&buyer, &mug, "1");
    let placed = order(&buyer);
    let number = number(&placed);
    pay(&buyer, &placed, "approve").must(200);
    delivered(&shop, &number);
    let path = format!("/orders/{number}/returns");
    let wanted = [("units-1", "1"), ("kind", "RETURN"), ("reason", "DEFECTIVE"), ("description", EVIL)];
    harmless(&buyer.send(&buyer.open(&path).must(200), &path, &wanted).must(200));

    let boss = at_work(&shop, "boss", Role::Admin);
    let returned = shop.window().texts("select return_number from return_requests").remove(0);
    let path = format!("/console/returns/{returned}");
    let page = boss.open(&path).must(200);
    harmless(&page);
    harmless(&boss.send(&page, &format!("{path}/reject"), &[("reason", EVIL), ("sure", "1")]).must(200));
    harmless(&boss.open("/console/returns").must(200));
    harmless(&buyer.open("/returns").must(200));

    let path = "/console/products/import";
    let (name, table) =
        ("<script>alert(1)</script><img src=x>.csv", "sku,name,price\nEVIL,<img src=x>,<script>alert(1)\n");
    let page = boss.upload(&boss.open(path).must(200), path, &[], ("file", name, table.as_bytes())).must(200);
    harmless(&page);
    harmless(&boss.open(page.path.split('?').next().unwrap()).must(200));

    let path = format!("/console/products/{}/images", mug.id);
    let page = boss.upload(&boss.open(&path).must(200), &path, &[], ("file", name, table.as_bytes())).must(400);
    harmless(&page);
    let added = boss.send(&page, &path, &[("address", "https://img.example/mug.jpg")]).must(200);
    harmless(&boss.send(&added, &path, &[("text-0", EVIL)]).must(200));
    harmless(&buyer.open(&format!("/products/{}", mug.id)).must(200));
}

#[test]
fn pages_of_the_console_are_in_no_cache_and_it_can_be_switched_off() {
    let shop = TestShop::open();
    let browser = at_work(&shop, "boss", Role::Admin);
    for path in ["/console", "/console/products", "/console/orders", "/console/settings", "/console/sign-in"] {
        let page = browser.get(path).must(200);
        assert_eq!(page.response.header("cache-control"), "no-store", "{path}");
        assert!(page.response.header("vary").contains("cookie"), "{path}");
    }
    let page = browser.open("/console").text();
    let files: Vec<&str> = page.split('"').filter(|part| part.starts_with("/console/assets/console-")).collect();
    assert_eq!(files.len(), 2, "{page}");
    for path in files {
        assert!(browser.get(path).must(200).response.header("cache-control").contains("immutable"));
    }
    browser.open("/console/nothing").must(404).says("There is nothing here");
    let program = browser.with("accept", "*/*").get("/console/orders/ORD-20260206-AAAAAAAA").must(404);
    assert_eq!(program.response.json()["error"]["code"], "S201");
    let page = browser.open("/console");
    browser.send(&page, "/console/sign-out", &[]).must(200).says("Sign in to the console");
    assert!(browser.open("/console").path.starts_with("/console/sign-in"));
    let off = TestShop::with(1, &[("console.enabled", "false")]);
    off.browser().get("/console").must(404);
    let alone = TestShop::with(1, &[("storefront.enabled", "false")]);
    let page = alone.browser().open("/console").must(200);
    let style = page.quoted_after("stylesheet\" href=\"").remove(0);
    alone.browser().get(&style).must(200);
}
