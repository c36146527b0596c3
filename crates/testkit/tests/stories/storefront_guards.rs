//! What the storefront must not let happen: foreign forms, scripts in texts, lost or stolen sessions, pages in the wrong cache.

use crate::storefront_shop::{deal_of, open, order, put, sign_up};
use serde_json::json;
use std::time::Duration;
use testkit::{Browser, Page, TestShop};

pub const EVIL: &str = "\"'><script>alert(1)</script><img src=x>";

/// The path of a form with something in place of its parameters.
pub fn filled(path: &str) -> String {
    let values = [
        ("{number}", "ORD-20260206-AAAAAAAA"),
        ("{payment}", "PAY-AAAAAAAA"),
        ("{kind}", "COUPON"),
        ("{variant}", "1"),
        ("{location}", "MAIN"),
        ("{id}", "1"),
        ("{item}", "1"),
        ("{what}", "stock"),
        ("{act}", "approve"),
    ];
    values.into_iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// Every one of these paths refuses a form of `browser` that does not come from our pages, such as one with the token of `other`.
pub fn refuse_foreign_forms(browser: &Browser, other: &Browser, forms: Vec<&str>) {
    let (token, foreign) = (browser.cookie("holdfast_form"), other.cookie("holdfast_form"));
    assert!(token.len() == 22 && token != foreign);
    for path in forms {
        let path = filled(path);
        for fields in [&[][..], &[("form", "")], &[("form", foreign.as_str())], &[("form", "AAAAAAAAAAAAAAAAAAAAAA")]] {
            browser.post(&path, fields).must(403).says("This is not possible");
        }
        let good = [("form", token.as_str())];
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            browser.with(name, value).post(&path, &good).must(403);
        }
        browser.with("content-type", "text/plain").post(&path, &good).must(415);
        let own = browser.with("origin", "http://localhost").with("sec-fetch-site", "same-origin").post(&path, &good);
        assert_ne!(own.response.status, 403, "{path}: {}", own.text());
        // signing in and out changes the token
        browser.set_cookie("holdfast_form", &token);
    }
}

#[test]
fn every_form_refuses_what_does_not_come_from_our_pages() {
    let shop = open();
    let (browser, other) = (shop.browser(), shop.browser());
    sign_up(&browser, "mina", "/");
    sign_up(&other, "eve", "/");
    browser.open("/cart");
    let forms = storefront::forms();
    assert!(forms.len() > 15, "{forms:?}");
    refuse_foreign_forms(&browser, &other, forms);
}

pub fn harmless(page: &Page) {
    let text = page.text();
    assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{}: {text}", page.path);
    let policy = page.response.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{}: {policy}", page.path);
    assert!(
        !policy.contains("unsafe") && !text.contains(" style=\"") && !text.contains(" onerror=\""),
        "{}",
        page.path
    );
    assert_eq!(page.response.header("x-content-type-options"), "nosniff");
}

#[test]
fn no_text_of_a_person_becomes_markup() {
    let shop = open();
    let text = |start: &str| json!(format!("{start} {EVIL}"));
    let mug = shop.product(&format!("mug {EVIL}")).with("sku", json!("SKU-EVIL")).with("brand", text("brand"));
    let variants = json!([{"sku": "SKU-EVIL-1", "name": EVIL, "options": {"color": EVIL}, "stock": 9},
        {"sku": "SKU-EVIL-2", "name": format!("b{EVIL}"), "options": {"color": "blue"}, "stock": 9}]);
    let mug = mug.with("description", text("about")).with("category", json!("evil\"'<script>alert(1)<"));
    let mug = mug.with("variants", variants).with("stock", json!(null)).save();
    let deal = json!({"name": EVIL, "description": EVIL, "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 2, "maxPerUser": 1}]});
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/id");
    let coupon = json!({"code": "EVIL", "name": EVIL, "description": EVIL, "discountType": "FIXED", "discountValue": 1_000,
        "totalQuantity": 9, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
    shop.admin().post("/admin/coupons", coupon).must("201");
    shop.settle();
    let browser = shop.browser();
    let form = browser.open("/sign-up").must(200);
    let me = [("email", "eve@example.com"), ("password", "purple-Tiger-4821!"), ("nickname", EVIL)];
    browser.send(&form, "/sign-up", &me).must(200);
    let account = browser.open("/account").must(200);
    let address = [
        ("label", EVIL),
        ("receiverName", EVIL),
        ("receiverPhone", "1\"'><b>"),
        ("zipCode", "0\"'><b>"),
        ("address1", EVIL),
        ("address2", EVIL),
    ];
    harmless(&browser.send(&account, "/account/addresses", &address).must(200));
    harmless(&put(&browser, &mug, "1"));
    let checkout = browser.open("/checkout").must(200);
    harmless(&checkout);
    let ordered = browser.send(&checkout, "/checkout", &[("memo", EVIL)]).must(200);
    harmless(&ordered);
    let pages = [
        "/",
        "/products",
        "/deals",
        "/coupons",
        "/orders",
        "/account",
        "/balance",
        "/points",
        "/search",
        "/search?q=mug&brand=%3Cb%3E&option=a%3A%22%3E%3Cb%3E",
        "/cart",
        "/checkout",
        "/nothing",
        "/sitemap.xml",
    ];
    for path in pages.into_iter().map(str::to_owned).chain([
        format!("/products/{}", mug.id),
        format!("/deals/{deal}"),
        format!("/products?q={}", "%22%27%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
        "/sign-in?return=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
    ]) {
        harmless(&browser.open(&path));
        harmless(&shop.browser().with("accept-language", "ko").open(&path));
    }
    let wrong = browser.send(&shop.browser().open("/sign-in"), "/sign-in", &[("email", EVIL)]);
    harmless(&wrong);
    let drawing = browser.open(&format!("/products/{}", mug.id)).quoted_after("<img src=\"").remove(0);
    let drawing = browser.get(&drawing).must(200);
    assert_eq!(drawing.response.header("content-type"), "image/svg+xml");
    assert_eq!(drawing.response.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(!drawing.text().contains("script") && drawing.response.header("cache-control").contains("immutable"));
}

// a client chooses the name of the host that it sends, so no page may be made and kept for it
#[test]
fn a_page_that_is_kept_for_everybody_is_made_once_whatever_the_name_of_the_host() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(3).save();
    let deal = deal_of(&shop, &mug);
    shop.settle();
    let of = |host: &str| shop.browser().with("host", host);
    let product = format!("/products/{}", mug.id);
    for path in ["/", "/products", "/deals", &product, &format!("/deals/{deal}"), "/sitemap.xml", "/sitemap.xml?part=1"]
    {
        let known = of("shop.example").get(path).must(200).text();
        assert!(known.contains("https://shop.example/") && !known.contains("localhost"), "{path}: {known}");
        let other = of("x7.example:8443");
        let tried = other.get("/cart").must(200).text().contains("x7.example");
        assert!(!tried, "a page without the address");
        let mut page = String::new();
        assert_eq!(shop.statements_of(|| page = other.get(path).must(200).text()), 0, "{path} was made anew");
        assert!(!page.contains("shop.example"), "{path}");
        let same = |text: &str| text.replace("https://x7.example:8443", "https://shop.example");
        let without = |text: &str, field: &str| {
            let before = format!("name=\"{field}\" value=\"");
            let mut parts = text.split(&before);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |all, part| all + part.split_once('"').map_or(part, |(_, rest)| rest))
        };
        // what is drawn for each visitor
        let kept = |text: &str| without(&without(text, "form"), "once");
        assert_eq!(kept(&same(&page)), kept(&known), "{path}");
    }
    of("shop.example").get("/sitemap.xml?part=2").must(404);
    of("shop.example").get("/sitemap.xml?part=x").must(404);
}

#[test]
fn a_browser_is_never_sent_to_another_site() {
    let shop = open();
    for back in [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "%2F%2Fevil.example",
        "/%0d%0aset-cookie:x=1",
    ] {
        let browser = shop.browser();
        let sent = browser.get(&format!("/language/ko?return={back}")).must(303);
        let to = sent.response.header("location");
        assert!(to == "/" || to.starts_with("/%0d"), "{back} leads to {to}");
        let page = browser.open(&format!("/sign-in?return={back}")).must(200);
        let hidden = page.form("/sign-in").into_iter().find(|(name, _)| name == "return").unwrap().1;
        assert!(hidden.starts_with('/') && !hidden.starts_with("//") && !hidden.contains('\\'), "{back}: {hidden}");
    }
    let browser = shop.browser();
    let name = "mina";
    sign_up(&browser, name, "//evil.example");
    let page = browser.open("/account");
    browser.send(&page, "/sign-out", &[]);
    let form = browser.open("/sign-in");
    let mut fields = form.form("/sign-in");
    fields.retain(|(name, _)| name == "form");
    let filled = [
        ("form", fields[0].1.as_str()),
        ("email", "mina@example.com"),
        ("password", "purple-Tiger-4821!"),
        ("return", "//evil.example"),
    ];
    assert_eq!(browser.post("/sign-in", &filled).must(303).response.header("location"), "/");
}

#[test]
fn private_pages_are_in_no_cache_and_public_ones_are_the_same_for_everybody() {
    let shop = open();
    let mug = shop.product("mug").stock(5).save();
    let (mina, jun) = (shop.browser(), shop.browser());
    sign_up(&mina, "mina", "/");
    put(&mina, &mug, "1");
    order(&mina);
    for path in [
        "/cart",
        "/checkout",
        "/orders",
        "/account",
        "/coupons",
        "/me",
        "/sign-up",
        "/balance",
        "/points",
        "/search?q=mug",
    ] {
        let page = mina.get(path);
        assert_eq!(page.response.header("cache-control"), "no-store", "{path}");
        assert!(page.response.header("vary").contains("cookie"), "{path}");
    }
    for path in ["/", "/products", "/deals"] {
        let (one, other) = (mina.get(path).must(200), jun.get(path).must(200));
        assert_eq!(one.text(), other.text(), "{path}");
        assert!(!one.text().contains("mina") && one.response.header("set-cookie").is_empty(), "{path}");
        assert_eq!(one.response.header("cache-control"), "public, no-cache");
        let tag = one.response.header("etag");
        jun.with("if-none-match", &tag).get(path).must(304);
    }
    let path = format!("/products/{}", mug.id);
    let (one, other) = (mina.get(&path).must(200), jun.get(&path).must(200));
    assert_eq!(one.response.header("cache-control"), "private, no-cache");
    let (own, others) = (mina.cookie("holdfast_form"), jun.cookie("holdfast_form"));
    assert!(own != others && one.text().contains(&own) && other.text().contains(&others));
    assert_eq!(one.text().replace(&own, ""), other.text().replace(&others, ""));
    let style = one.quoted_after("stylesheet\" href=\"").remove(0);
    assert!(mina.get(&style).must(200).response.header("cache-control").contains("immutable"));
    mina.get("/assets/shop-000000000000.css").must(404);
    // the page follows a sale at once
    shop.buyer().orders(&mug, 4).must("201");
    mina.open(&path).says("Sold out");
}

#[test]
fn a_session_lasts_is_renewed_in_two_tabs_at_once_and_ends() {
    let shop = open();
    let browser = shop.browser();
    browser.set_cookie("holdfast_access", "planted");
    browser.set_cookie("holdfast_refresh", "planted");
    let before = browser.open("/cart");
    let token = browser.cookie("holdfast_form");
    drop(before);
    sign_up(&browser, "mina", "/account").says("Hello, mina");
    let (access, refresh) = (browser.cookie("holdfast_access"), browser.cookie("holdfast_refresh"));
    assert!(
        access != "planted" && refresh != "planted" && browser.cookie("holdfast_form") != token,
        "nothing planted stays"
    );
    shop.later(Duration::from_secs(20 * 60));
    // two tabs send the same old tokens at the same moment
    let (one, other) = (shop.browser(), shop.browser());
    for tab in [&one, &other] {
        tab.set_cookie("holdfast_access", &access);
        tab.set_cookie("holdfast_refresh", &refresh);
        tab.open("/account").must(200).says("Hello, mina");
    }
    assert_ne!(one.cookie("holdfast_refresh"), refresh);
    assert_eq!(one.cookie("holdfast_refresh"), other.cookie("holdfast_refresh"));
    one.open("/account").must(200).says("Hello, mina");
    let page = one.open("/account");
    one.send(&page, "/sign-out", &[]).must(200);
    assert_eq!(one.cookie("holdfast_refresh"), "");
    // a thief who kept the refresh token gets nothing for it
    other.set_cookie("holdfast_access", "");
    assert!(other.open("/account").path.starts_with("/sign-in"));
    assert_eq!(other.cookie("holdfast_refresh"), "", "the browser forgets a session that is over");
    // cookies are for TLS, except on this machine
    let public = shop.browser().with("host", "shop.example");
    let set = public.get("/cart").response.header("set-cookie");
    assert!(set.starts_with("__Host-holdfast_form=") && set.ends_with("; Secure"), "{set}");
}

#[test]
fn failures_are_pages_for_people_and_json_for_programs() {
    let shop = open();
    let browser = shop.browser();
    browser.open("/nothing").must(404).says("This page does not exist").says("To the front page");
    browser.open("/products/999").must(404);
    browser.open("/orders/ORD-20260206-AAAAAAAA");
    let korean = shop.browser().with("accept-language", "ko");
    korean.open("/nothing").must(404).says("페이지를 찾을 수 없습니다");
    korean.open("/language/en?return=/products");
    korean.open("/nothing").must(404).says("This page does not exist");
    let program = browser.with("accept", "*/*").get("/nothing").must(404);
    assert_eq!(program.response.json()["error"]["code"], "C003");
    browser.get("/api/v1/shopping/products/999").must(404).response.must("404 S001");
    sign_up(&browser, "mina", "/");
    let stranger = shop.buyer();
    let mug = shop.product("mug").save();
    let order = stranger.orders(&mug, 1).must("201").word("/orderNumber");
    let hidden = browser.open(&format!("/orders/{order}"));
    assert!(matches!(hidden.response.status, 403 | 404), "{}", hidden.response.status);
    assert!(!hidden.text().contains("세종대로"));
    let off = TestShop::with(1, &[("storefront.enabled", "false")]);
    let none = off.browser().get("/").must(404);
    assert_eq!(none.response.json()["error"]["code"], "C003");
}

#[test]
fn pages_are_small() {
    let shop = open();
    for n in 0..30 {
        let name = format!("이름이 아주 긴 상품 {n} · A Product With Quite a Long Name {n}");
        let about = format!("설명 {n} ").repeat(60);
        shop.product(&name).with("sku", json!(format!("LONG-{n}"))).with("description", json!(about)).save();
    }
    let coupon = json!({"code": "SPRING-10", "name": "Ten", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 5, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let rules = json!({"maxCapacity": 1, "entryBatchSize": 1, "entryIntervalSeconds": 5, "admissionSeconds": 60});
    shop.admin().post(format!("/admin/queue/COUPON/{coupon}/activate"), rules).must("200");
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    let room = format!("/queue/COUPON/{coupon}");
    browser.send(&browser.open(&room), &room, &[]).must(200).says("Your place 1");
    let packed = browser.with("accept-encoding", "gzip");
    let size = |path: &str| packed.get(path).must(200).response.body.len();
    let page = browser.open("/");
    let named = |mark: &str| -> usize { page.quoted_after(mark).iter().map(|path| size(path)).sum() };
    let parts = named("stylesheet\" href=\"") + named("module\" src=\"") + named("icon\" href=\"");
    for path in ["/", "/products/1", "/products", "/search?q=product"] {
        let whole = size(path) + parts;
        assert!(whole <= 50 << 10, "{path} has {whole} bytes");
    }
    assert!(size(&room) <= 8 << 10, "the waiting room has {} bytes", size(&room));
}
