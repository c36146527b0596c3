//! Pages that show a refused form, lists by the number of their page, and what is typed into forms: on both sites.

use crate::{
    console_work::at_work,
    storefront_guards::filled,
    storefront_shop::{number, open, order, put, sign_up},
};
use serde_json::json;
use testkit::{Browser, Page, TestShop};
use web::Role;

/// The numbers of pages that are none.
const NO_PAGES: [&str; 6] = ["0", "-1", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "x"];

/// Where the link to the other language goes back to.
fn language_link(page: &Page) -> String {
    let text = page.text();
    let mark = ["href=\"/language/", "href=\"/console/language/"].into_iter().find(|mark| text.contains(mark));
    let rest = text.split(mark.unwrap_or_else(|| panic!("{} has no language: {text}", page.path))).nth(1).unwrap();
    format!("{}{}", &mark.unwrap()["href=\"".len()..], rest.split('"').next().unwrap()).replace("&#38;", "&")
}

/// Nothing of the page that a form led to ends at the path of the form.
fn leads_on(browser: &Browser, path: &str) {
    let asked = browser.get(path);
    assert_ne!(asked.response.status, 405, "{path} is asked for");
    let asked = browser.open(path);
    assert!(asked.response.status < 500 && asked.response.status != 405, "{path} leads to {}", asked.path);
    let token = browser.cookie("holdfast_form");
    for from in ["/", path] {
        let here = browser.with("referer", &format!("http://localhost{from}"));
        let sent = here.post(path, &[("form", &token)]);
        let to = sent.response.header("location");
        let page = if to.is_empty() { sent } else { browser.open(&to) };
        if !page.response.header("content-type").starts_with("text/html") {
            continue;
        }
        let back = browser.open(&language_link(&page));
        assert_ne!(back.response.status, 405, "the language of {path} leads to {}", back.path);
        if let Some(rest) = page.text().split("class=\"narrow error\"").nth(1) {
            let rest = rest.split("</div>").next().unwrap();
            for way in rest.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert_ne!(browser.open(way).response.status, 405, "a way from {path} leads to {way}");
            }
        }
        browser.set_cookie("holdfast_form", &token);
    }
}

#[test]
fn no_page_of_a_form_has_a_link_to_a_path_that_only_takes_forms() {
    let shop = open();
    let mug = shop.product("mug").price(18_000).stock(50).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    let account = browser.open("/account").must(200);
    let refused = browser.send(&account, "/account/addresses", &[("zipCode", "")]).must(400);
    assert!(language_link(&refused).ends_with("return=%2Faccount"), "{}", language_link(&refused));
    assert_eq!(browser.open("/account/addresses").must(200).path, "/account");
    put(&browser, &mug, "1");
    let placed = number(&order(&browser));
    assert_eq!(browser.open(&format!("/orders/{placed}/pay")).must(200).path, format!("/orders/{placed}"));
    let refused =
        browser.send(&browser.open(&format!("/orders/{placed}")), &format!("/orders/{placed}/pay"), &[("own", "x")]);
    assert!(language_link(&refused.must(400)).ends_with(&format!("return=%2Forders%2F{placed}")));
    for path in storefront::forms().into_iter().filter(|path| *path != "/sign-out") {
        leads_on(&browser, &filled(path).replace("ORD-20260206-AAAAAAAA", &placed));
    }
    // a form sent without a session leads to its page after the sign-in
    let guest = shop.browser();
    guest.open("/cart");
    let token = guest.cookie("holdfast_form");
    let sent = guest.post(&format!("/orders/{placed}/pay"), &[("form", &token)]).must(303);
    assert_eq!(sent.response.header("location"), format!("/sign-in?return=%2Forders%2F{placed}"));
    leads_on(&browser, "/sign-out");
}

#[test]
fn no_page_of_a_form_of_the_console_has_a_link_to_a_path_that_only_takes_forms() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let browser = at_work(&shop, "boss", Role::Admin);
    let page = browser.open(&format!("/console/products/{}", mug.id)).must(200);
    let refused = browser.send(&page, &format!("/console/products/{}/delete", mug.id), &[]).must(400);
    assert!(language_link(&refused).ends_with(&format!("return=%2Fconsole%2Fproducts%2F{}", mug.id)));
    for path in console::forms().into_iter().filter(|path| !path.ends_with("/sign-out")) {
        leads_on(&browser, &filled(path));
    }
    leads_on(&browser, "/console/sign-out");
}

#[test]
fn a_page_that_no_list_has_breaks_no_list() {
    let shop = open();
    shop.product("mug").save();
    let (browser, boss) = (shop.browser(), at_work(&shop, "boss", Role::Admin));
    sign_up(&browser, "mina", "/");
    for page in NO_PAGES {
        for path in ["/products", "/orders", "/returns", "/search", "/products?sort=price"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            browser.open(&format!("{path}{sign}page={page}")).must(200);
        }
        for path in [
            "/console/products",
            "/console/orders",
            "/console/returns",
            "/console/customers",
            "/console/categories",
            "/console/coupons",
            "/console/deals",
            "/console/queues",
            "/console/sagas",
            "/console/events",
            "/console/settlement",
            "/console/settlement/captures",
            "/console/products/import",
            "/console/reports/daily-sales",
            "/console/reports/top-products",
        ] {
            boss.open(&format!("{path}?page={page}&sort={page}")).must(200);
        }
    }
}

#[test]
fn a_customer_without_an_account_is_shown_in_the_console() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let boss = at_work(&shop, "boss", Role::Admin);
    let customers = boss.open("/console/customers").must(200);
    let link = customers.quoted_after("href=\"/console/customers/").remove(0);
    let page = boss.open(&format!("/console/customers/{link}")).must(200);
    page.says(&format!("Customer {link}")).says("Balance and points").says(&order);
}

#[test]
fn a_number_that_cannot_be_read_is_refused_and_changes_nothing() {
    let shop = open();
    let mug = shop.product("mug").price(18_000).stock(50).save();
    let browser = shop.browser().with("accept-language", "ko");
    sign_up(&browser, "mina", "/");
    for wrong in ["abc", "1.5", "1,5", "99999999999999999999", "+1"] {
        let page = browser.open(&format!("/products/{}", mug.id)).must(200);
        browser.send(&page, "/cart/items", &[("quantity", wrong)]).must(400).says("수량: 정수여야 합니다");
        assert_eq!(shop.window().number("select count(*) from cart_items"), 0, "{wrong}");
    }
    put(&browser, &mug, "２").must(200).says("36,000원");
    put(&browser, &mug, "1").must(200).says("54,000원");
    let checkout = browser.open("/checkout").must(200);
    let token = browser.cookie("holdfast_form");
    for wrong in ["abc", "1,5", "-5", "0.5"] {
        let fields = [("form", token.as_str()), ("points", wrong), ("once", "a")];
        browser.post("/checkout", &fields).must(400).says("포인트: ");
    }
    drop(checkout);
    assert_eq!(shop.window().number("select count(*) from orders"), 0);
    let form = browser.open("/search?q=mug&min=１０００").must(200);
    assert!(form.text().contains("value=\"1000\""), "{}", form.text());
}

#[test]
fn a_return_with_a_number_that_cannot_be_read_is_refused() {
    let shop = open();
    let mug = shop.product("mug").price(18_000).stock(50).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "2");
    let placed = number(&order(&browser));
    let token = browser.cookie("holdfast_form");
    let path = format!("/orders/{placed}/returns");
    for wrong in ["abc", "1,5"] {
        let fields = [
            ("form", token.as_str()),
            ("units-1", "1"),
            ("units-2", wrong),
            ("kind", "RETURN"),
            ("reason", "DEFECTIVE"),
        ];
        browser.post(&path, &fields).must(400).says("Quantity: must be a whole number");
    }
    let nothing = [("form", token.as_str()), ("kind", "RETURN"), ("reason", "DEFECTIVE")];
    browser.with("accept-language", "ko").post(&path, &nothing).must(400).says("보내는 상품: ");
}

#[test]
fn a_long_text_of_a_form_is_stored_as_it_was_typed() {
    let shop = TestShop::open();
    let boss = at_work(&shop, "boss", Role::Admin);
    let form = boss.open("/console/products/new").must(200);
    let text = format!("{}end", "line of a text\r\n".repeat(124));
    let stored = text.replace("\r\n", "\n");
    assert!(text.chars().count() > stored.chars().count() + 100);
    let fields = [("name", "jar"), ("price", "9000"), ("category", "Kitchen"), ("description", text.as_str())];
    let made = boss.send(&form, "/console/products/new", &fields).must(200);
    let id = made.path.split(['/', '?']).nth(3).unwrap().to_owned();
    let read = || shop.admin().get(format!("/admin/products/{id}")).must("200").word("/description");
    assert_eq!(read(), stored);
    // at the limit every line end counts once
    let longest = format!("{}{}", "a\r\n".repeat(500), "b".repeat(1_000));
    let page = boss.open(&format!("/console/products/{id}")).must(200);
    boss.send(&page, &format!("/console/products/{id}"), &[("description", &longest)]).must(200);
    assert_eq!(read(), longest.replace("\r\n", "\n"));
    let json = json!({"name": "mug", "price": 9_000, "category": "Kitchen", "description": "one\r\ntwo\rthree"});
    let id = shop.admin().post("/admin/products", json).must("201").number("/id");
    let same = shop.admin().get(format!("/admin/products/{id}")).must("200").word("/description");
    assert_eq!(same, "one\ntwo\nthree");
}

/// What the refusal on a page says.
fn trouble(page: &Page) -> String {
    let text = page.text();
    let part =
        text.split("class=\"notice trouble\"").nth(1).unwrap_or_default().split("</div>").next().unwrap_or_default();
    part.to_owned()
}

/// The names of fields of the API in a text: words with a capital letter inside, and header names.
fn api_names(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let inner = |word: &str| {
        word.chars().skip(1).any(|c| c.is_ascii_uppercase()) && word.starts_with(|c: char| c.is_ascii_lowercase())
    };
    words.filter(|word| inner(word) || word.starts_with("x-")).map(str::to_owned).collect()
}

#[test]
fn a_refusal_on_a_page_names_no_field_of_the_api() {
    let shop = open();
    let mug = shop.product("mug").price(18_000).stock(50).save();
    let browser = shop.browser().with("accept-language", "ko");
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "1");
    let placed = number(&order(&browser));
    let token = browser.cookie("holdfast_form");
    let guest = shop.browser().with("accept-language", "ko");
    guest.open("/cart");
    let guests = guest.cookie("holdfast_form");
    let names =
        ["quantity", "points", "amount", "version", "variant", "product", "email", "code", "bank", "units-1", "method"];
    let mut seen = 0;
    for path in storefront::forms().into_iter().filter(|path| *path != "/sign-out") {
        let path = filled(path).replace("ORD-20260206-AAAAAAAA", &placed);
        for value in ["", "?"] {
            let mut fields: Vec<_> = names.iter().map(|name| (*name, value)).collect();
            fields.push(("form", &token));
            let page = browser.post(&path, &fields);
            let said = trouble(&page);
            seen += usize::from(!said.is_empty());
            assert_eq!(api_names(&said), Vec::<String>::new(), "{path}: {said}");
            fields.pop();
            fields.push(("form", &guests));
            let said = trouble(&guest.post(&path, &fields));
            assert_eq!(api_names(&said), Vec::<String>::new(), "{path} as a guest: {said}");
            browser.set_cookie("holdfast_form", &token);
            guest.set_cookie("holdfast_form", &guests);
        }
    }
    assert!(seen > 20, "only {seen} refusals");
    let page = browser.open("/search?min=5000&max=1000").must(400);
    assert!(api_names(&trouble(&page)).is_empty(), "{}", trouble(&page));
    let weak = [("email", "abc"), ("password", "short"), ("nickname", "a"), ("form", guests.as_str())];
    guest.post("/sign-up", &weak).must(400).says("이메일: ").says("비밀번호: 8자에서 128자 사이여야 합니다");
}

#[test]
fn a_refusal_in_the_console_names_each_field_once_and_in_its_words() {
    let shop = TestShop::open();
    shop.product("mug").save();
    let boss = at_work(&shop, "boss", Role::Admin).with("accept-language", "ko");
    let form = boss.open("/console/coupons/new").must(200);
    let wrong =
        [("code", "SPRING"), ("name", "봄"), ("discountType", "PERCENTAGE"), ("discountValue", "x"), ("total", "1,5")];
    let page = boss.send(&form, "/console/coupons/new", &wrong).must(400);
    assert_eq!(page.words().matches("할인 값: 정수여야 합니다").count(), 1, "{}", page.words());
    page.says("전체 수량: 정수여야 합니다");
    let good = [
        ("code", "SPRING"),
        ("name", "봄"),
        ("discountType", "PERCENTAGE"),
        ("discountValue", "10"),
        ("total", "5"),
        ("startsAt", "2026-03-01T00:00"),
        ("expiresAt", "2026-04-01T00:00"),
        ("products", "1, 999"),
    ];
    let page = boss.send(&form, "/console/coupons/new", &good).must(404);
    page.says("상품 번호 999: 존재하지 않습니다");
    let token = boss.cookie("holdfast_form");
    let mut seen = 0;
    for path in console::forms().into_iter().filter(|path| !path.contains("sign-") && !path.ends_with("import")) {
        let path = filled(path);
        let fields = [
            ("form", token.as_str()),
            ("sure", "1"),
            ("price", "x"),
            ("quantity", "x"),
            ("total", "x"),
            ("product-0", "x"),
        ];
        let said = trouble(&boss.post(&path, &fields));
        seen += usize::from(!said.is_empty());
        assert_eq!(api_names(&said), Vec::<String>::new(), "{path}: {said}");
    }
    assert!(seen > 8, "only {seen} refusals");
}

#[test]
fn the_page_of_another_buyers_order_says_whose_it_is() {
    let shop = open();
    let mug = shop.product("mug").save();
    let placed = shop.buyer().orders(&mug, 1).must("201").word("/orderNumber");
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    let page = browser.open(&format!("/orders/{placed}")).must(403);
    page.says("this is someone else's order").says("Sign in with another account");
    assert!(!page.words().contains("open too long"), "{}", page.words());
    let korean = browser.with("accept-language", "ko");
    korean.open(&format!("/orders/{placed}")).must(403).says("본인의 주문이 아닙니다");
    let form = browser.open(&format!("/sign-in?other=1&return=%2Forders%2F{placed}")).must(200);
    form.says("Sign in");
    assert!(form.path.starts_with("/sign-in"));
}
