//! The storefront as buyers use it: in a browser without scripts, by links and forms alone.

use crate::media::{png, uploaded};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Browser, Page, Product, TestShop};

pub const PASSWORD: &str = "purple-Tiger-4821!";
const ADDRESS: [(&str, &str); 5] = [
    ("receiverName", "김하늘"),
    ("receiverPhone", "010-1234-5678"),
    ("zipCode", "04524"),
    ("address1", "서울시 중구 세종대로 110"),
    ("address2", "3층"),
];

pub fn open() -> TestShop {
    TestShop::with(1, &[("storefront.offer_outcomes", "true")])
}

/// Signs up in this browser; gives the page to which that leads.
pub fn sign_up(browser: &Browser, name: &str, back: &str) -> Page {
    let form = browser.open(&format!("/sign-up?return={back}")).must(200);
    let email = format!("{name}@example.com");
    browser.send(&form, "/sign-up", &[("email", &email), ("password", PASSWORD), ("nickname", name)]).must(200)
}

/// Puts `quantity` of a product into the cart of this browser.
pub fn put(browser: &Browser, product: &Product, quantity: &str) -> Page {
    let page = browser.open(&format!("/products/{}", product.id)).must(200);
    browser.send(&page, "/cart/items", &[("quantity", quantity)]).must(200)
}

/// Orders what is in the cart; gives the page of the order.
pub fn order(browser: &Browser) -> Page {
    let form = browser.open("/checkout").must(200);
    browser.send(&form, "/checkout", &ADDRESS).must(200)
}

/// The number of the order on this page.
pub fn number(order: &Page) -> String {
    order.path.split(['/', '?']).nth(2).expect("the path of an order").to_owned()
}

/// Pays an order by Kakao Pay, with this outcome of the simulated gateway.
pub fn pay(browser: &Browser, order: &Page, outcome: &str) -> Page {
    let action = format!("/orders/{}/pay", number(order));
    browser.send(order, &action, &[("outcome", outcome), ("method", "KAKAO_PAY")])
}

#[test]
fn a_guest_fills_the_cart_signs_up_orders_pays_and_follows_the_parcel() {
    let shop = open();
    let mug = shop.product("moon jar mug").price(18_000).stock(5).with("category", json!("Kitchen > Cups")).save();
    let browser = shop.browser();
    browser.open("/").must(200).says("moon jar mug").says("₩18,000").says("Kitchen");
    browser.open("/products").must(200).says("1 product").says("moon jar mug");
    put(&browser, &mug, "2").says("Added to your cart.").says("₩36,000").says("You sign in next.");
    let cart = put(&browser, &mug, "1");
    cart.says("₩54,000");
    let line = cart.quoted_after("action=\"/cart/items/").remove(0);
    let cart = browser.send(&cart, &format!("/cart/items/{line}"), &[("quantity", "2")]).must(200);
    cart.says("₩36,000");

    // the checkout asks for a sign-in, and the cart of the guest comes along
    let asked = browser.open("/checkout").must(200);
    asked.says("Sign in to go on.");
    assert_eq!(asked.path, "/sign-in?return=%2Fcheckout");
    let checkout = sign_up(&browser, "mina", "/checkout");
    assert_eq!((checkout.path.as_str(), browser.cookie("holdfast_cart").as_str()), ("/checkout", ""));
    checkout.says("moon jar mug").says("Total ₩36,000");
    let order =
        browser.send(&checkout, "/checkout", &[&ADDRESS[..], &[("keep", "1"), ("memo", "문 앞")]].concat()).must(200);
    let number = number(&order);
    order
        .says(&number)
        .says("waiting for payment")
        .says("Your items are reserved until")
        .says("문 앞")
        .says("김하늘 · 010-1234-5678");
    assert_eq!(shop.stock_of(&mug), (3, 2, 5));
    // the same form again is the same order
    let again =
        browser.send(&checkout, "/checkout", &[&ADDRESS[..], &[("keep", "1"), ("memo", "문 앞")]].concat()).must(200);
    assert_eq!(again.path, order.path);
    browser.open("/account").must(200).says("Hello, mina").says("서울시 중구 세종대로 110");

    let paid = pay(&browser, &order, "approve").must(200);
    paid.says("Thank you. The payment is complete.").says("paid").says("Kakao Pay · completed").says("Tracking number");
    assert_eq!(shop.captures_of(&number), [36_000]);
    let delivery = shop.admin().get(format!("/deliveries/order/{number}")).must("200").word("/trackingNumber");
    let moved = json!({"status": "SHIPPED", "location": "옥천", "description": null});
    shop.admin().put(format!("/deliveries/{delivery}/status"), moved).must("200");
    browser.open(&format!("/orders/{number}")).must(200).says("on its way").says("옥천");
    browser.open("/orders").must(200).says("moon jar mug").says(&number);
    let page = browser.open(&format!("/orders/{number}"));
    browser.send(&page, &format!("/orders/{number}/reorder"), &[]).must(200).says("₩36,000");
    shop.later(Duration::from_secs(3));
    browser.open("/").says("Loved right now");
}

#[test]
fn a_declined_card_is_said_in_the_buyers_language_and_the_goods_are_in_the_cart_again() {
    let shop = open();
    let mug = shop.product("머그").price(9_000).stock(3).save();
    let browser = shop.browser().with("accept-language", "ko-KR,ko;q=0.9,en;q=0.5");
    sign_up(&browser, "haneul", "/");
    put(&browser, &mug, "1").says("장바구니에 담았습니다.").says("9,000원");
    let order = order(&browser);
    order.says("결제 대기").says("9,000원 결제하기");
    let declined = pay(&browser, &order, "decline-expired-card").must(400);
    declined.says("처리하지 못했습니다").says("취소됨").says("카카오페이 · 실패");
    browser.open("/cart").must(200).says("머그").says("9,000원");
    assert_eq!(shop.stock_of(&mug), (3, 0, 3));

    // an open outcome is no failure
    let order = order_again(&browser);
    pay(&browser, &order, "timeout-charged").must(200).says("결제 결과를 확인하고 있습니다").says("처리 중");
    shop.later(Duration::from_secs(60));
    browser.open(&order.path).must(200).says("결제 완료");
    // and a paid order can be cancelled, with its money back
    let page = browser.open(&order.path);
    let cancel = format!("/orders/{}/cancel", number(&order));
    browser.send(&page, &cancel, &[]).must(200).says("주문이 취소되었습니다.").says("환불됨").says("단순 변심");
    assert_eq!(shop.refunds_of(&number(&order)), [9_000]);
}

fn order_again(browser: &Browser) -> Page {
    let form = browser.open("/checkout").must(200);
    browser.send(&form, "/checkout", &ADDRESS).must(200)
}

#[test]
fn the_cart_marks_prices_that_changed_and_what_cannot_be_bought() {
    let shop = open();
    let (mug, pen) =
        (shop.product("mug").price(9_000).stock(3).save(), shop.product("pen").price(1_000).stock(2).save());
    let browser = shop.browser();
    put(&browser, &mug, "1");
    put(&browser, &pen, "2");
    shop.reprice(&mug, 9_500);
    shop.buyer().orders(&pen, 1).must("201");
    let cart = browser.open("/cart").must(200);
    cart.says("The price was ₩9,000 when you added it.").says("Not available right now:").says("Total 1 item ₩9,500");
    let line = cart.quoted_after("action=\"/cart/items/").pop().unwrap();
    let refused = browser.send(&cart, &format!("/cart/items/{line}"), &[("quantity", "9")]).must(400);
    refused.says("That did not work");
    browser.send(&cart, &format!("/cart/items/{line}"), &[("remove", "1")]).must(200);
    let cart = browser.open("/cart");
    assert!(!cart.words().contains("pen"), "{}", cart.words());
    browser.send(&cart, "/cart/clear", &[]).must(200).says("Your cart is empty.");
    let gone = put_refused(&browser, &pen);
    gone.must(400).says("That did not work");
}

fn put_refused(browser: &Browser, product: &Product) -> Page {
    let page = browser.open(&format!("/products/{}", product.id)).must(200);
    browser.send(&page, "/cart/items", &[("quantity", "50")])
}

#[test]
fn a_link_to_the_shop_shows_an_image_that_the_home_page_shows() {
    let shop = open();
    let browser = shop.browser();
    let image = |path: &str| {
        let page = browser.open(path).must(200);
        page.quoted_after("<meta property=\"og:image\" content=\"").into_iter().next()
    };
    assert_eq!(image("/"), None, "nothing is for sale");
    let drawn = shop.product("mug").price(9_000).stock(3).save();
    shop.settle();
    let drawing = image("/").expect("the drawing of the mug");
    assert_eq!(Some(&drawing), image(&format!("/products/{}", drawn.id)).as_ref());
    assert!(drawing.starts_with("http") && drawing.contains("/images/mug-"), "{drawing}");
    let url = uploaded(&shop.admin(), &png(400, 300, 1));
    let photographed = shop.product("jar").price(9_000).stock(3).with("images", json!([url])).save();
    // the mug stands in front, and cannot be shown in a link
    deal_of(&shop, &drawn);
    let photo = image("/").expect("the photo of the jar");
    assert_eq!(Some(&photo), image(&format!("/products/{}", photographed.id)).as_ref());
    assert!(photo.starts_with("http") && photo.contains("/media/"), "{photo}");
}

pub fn deal_of(shop: &TestShop, product: &Product) -> i64 {
    let deal = json!({"name": "Tuesday deal", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "products": [{"productId": product.id, "dealPrice": 5_000, "dealQuantity": 2, "maxPerUser": 1}]});
    let id = shop.admin().post("/admin/time-deals", deal).must("201").number("/id");
    shop.settle();
    id
}

#[test]
fn a_deal_is_bought_through_the_waiting_room() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(3).save();
    let deal = deal_of(&shop, &mug);
    let browser = shop.browser();
    browser.open("/").must(200).says("Tuesday deal").says("₩5,000");
    browser.open(&format!("/products/{}", mug.id)).says("Tuesday deal · ₩5,000").says("2 left");
    let room = format!("/queue/TIME_DEAL/{deal}");
    let rules = json!({"maxCapacity": 1, "entryBatchSize": 1, "entryIntervalSeconds": 5, "admissionSeconds": 600});
    shop.admin().post(format!("/admin/queue/TIME_DEAL/{deal}/activate"), rules).must("200");
    let page = browser.open(&format!("/deals/{deal}")).must(200);
    page.says("Max. 1 per person");
    browser.send(&page, &format!("/deals/{deal}"), &[]).must(200).says("Sign in to go on.");
    sign_up(&browser, "mina", "/");
    let page = browser.open(&format!("/deals/{deal}"));
    let waits = browser.send(&page, &format!("/deals/{deal}"), &[]).must(200);
    assert_eq!(waits.path, room);
    waits.says("Waiting room Tuesday deal");
    assert!(waits.text().contains("<title>Waiting room: Tuesday deal"), "{}", waits.text());
    let waits = browser.send(&waits, &room, &[]).must(200);
    waits.says("Your place 1");
    browser.open(&room).says("Your place 1");
    shop.later(Duration::from_secs(5));
    let let_in = browser.open(&room).must(200);
    assert_eq!(let_in.path, format!("/deals/{deal}"), "whose turn it is goes on");
    let order = browser.send(&let_in, &format!("/deals/{deal}"), &[]).must(200);
    // an order of a deal asks for its address, and can be paid then
    order.says("Where should it go?");
    let action = format!("/orders/{}/address", number(&order));
    let order = browser.send(&order, &action, &ADDRESS).must(200);
    order.says("The address is saved.").says("Pay ₩5,000");
    pay(&browser, &order, "approve").must(200).says("paid");
    shop.later(Duration::from_secs(3));
    browser.open(&format!("/deals/{deal}")).must(200).says("1 left");
}

#[test]
fn a_deals_form_sent_twice_buys_once() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let jar = shop.product("jar").price(9_000).stock(50).save();
    let line =
        |product: &Product| json!({"productId": product.id, "dealPrice": 5_000, "dealQuantity": 50, "maxPerUser": 20});
    let deal = json!({"name": "Tuesday deal", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "products": [line(&mug), line(&jar)]});
    let made = shop.admin().post("/admin/time-deals", deal).must("201");
    let path = format!("/deals/{}", made.number("/id"));
    let sold = || {
        let shown = shop.anonymous().get(format!("/time-{}", &path[1..])).must("200");
        [0, 1].map(|n| shown.number(&format!("/products/{n}/soldQuantity")))
    };
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    let page = browser.open(&path).must(200);
    let bought = |page: &Page, changed: &[(&str, &str)]| number(&browser.send(page, &path, changed).must(200));
    let twice = std::thread::scope(|scope| {
        let posts = [(); 4].map(|()| scope.spawn(|| browser.send(&page, &path, &[])));
        posts.map(|post| post.join().unwrap())
    });
    // while the first of them is under way, the others may be asked to wait
    let orders: Vec<String> = twice.iter().filter(|page| page.response.status == 200).map(number).collect();
    assert!(!orders.is_empty() && orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    assert_eq!(bought(&page, &[]), orders[0]);
    assert_eq!(sold(), [1, 0]);
    // more of it, and another product, from the same page
    assert_ne!(bought(&page, &[("quantity", "2")]), orders[0]);
    let other = made.number("/products/1/id").to_string();
    assert_ne!(bought(&page, &[("product", &other)]), orders[0]);
    assert_eq!(sold(), [3, 1]);
    // the page opened again is a new form, also after a refusal
    let refused = browser.send(&browser.open(&path), &path, &[("quantity", "21")]).must(400);
    assert_ne!(bought(&refused, &[]), orders[0]);
    assert_ne!(bought(&browser.open(&path).must(200), &[]), orders[0]);
    assert_eq!(sold(), [5, 1]);
}

#[test]
fn who_comes_too_late_to_a_deal_costs_no_write() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let deal = json!({"name": "Tuesday deal", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 1, "maxPerUser": 1}]});
    let made = shop.admin().post("/admin/time-deals", deal).must("201");
    let path = format!("/deals/{}", made.number("/id"));
    let browsers = ["mina", "juno", "hana"].map(|name| {
        let browser = shop.browser();
        sign_up(&browser, name, "/");
        let page = browser.open(&path).must(200);
        (browser, page)
    });
    let (first, page) = &browsers[0];
    let order = number(&first.send(page, &path, &[]).must(200));
    shop.settle();
    let commits = || shop.app().db.counts().commits;
    for (browser, page) in &browsers[1..] {
        let before = commits();
        browser.send(page, &path, &[]).must(409).says("Sold out");
        assert_eq!(commits(), before, "a refusal is stored nowhere");
    }
    assert_eq!(number(&first.send(page, &path, &[]).must(200)), order, "the same form still leads to its order");
}

#[test]
fn a_waiting_room_names_its_deal_and_no_coupon_that_is_not_listed() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(3).save();
    let deal = deal_of(&shop, &mug);
    let coupon = |code: &str, listed: bool| {
        let coupon = json!({"code": code, "name": format!("Ten percent by {code}"), "discountType": "PERCENTAGE",
            "discountValue": 10, "totalQuantity": 1, "startsAt": "2020-01-01T00:00:00Z",
            "expiresAt": "2100-01-01T00:00:00Z", "listed": listed});
        shop.admin().post("/admin/coupons", coupon).must("201").number("/id")
    };
    let (listed, hidden) = (coupon("SPRING-10", true), coupon("SECRET-10", false));
    let browser = shop.browser().with("accept-language", "ko");
    sign_up(&browser, "mina", "/");
    browser.open(&format!("/queue/TIME_DEAL/{deal}")).must(200).says("대기실 Tuesday deal");
    browser.open(&format!("/queue/COUPON/{listed}")).must(200).says("대기실 Ten percent by SPRING-10");
    let of_hidden = browser.open(&format!("/queue/COUPON/{hidden}")).must(200).text();
    assert!(!of_hidden.contains("SECRET-10"), "{of_hidden}");
    assert!(!browser.open("/queue/TIME_DEAL/999").must(200).text().contains("Tuesday deal"));

    // one read serves all who come within two seconds
    let renamed = json!({"name": "Wednesday deal", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
        "version": 1, "products": [{"productId": mug.id, "dealPrice": 5_000, "dealQuantity": 2, "maxPerUser": 1}]});
    shop.admin().put(format!("/admin/time-deals/{deal}"), renamed).must("200");
    browser.open(&format!("/queue/TIME_DEAL/{deal}")).must(200).says("대기실 Tuesday deal");
    shop.later(Duration::from_secs(2));
    browser.open(&format!("/queue/TIME_DEAL/{deal}")).must(200).says("대기실 Wednesday deal");
}

#[test]
fn coupons_are_had_by_a_button_once_each() {
    let shop = open();
    let coupon = json!({"code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE",
        "discountValue": 10, "maximumDiscountAmount": 3_000, "minimumOrderAmount": 10_000, "totalQuantity": 1,
        "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let (one, other) = (shop.browser(), shop.browser().with("accept-language", "ko"));
    let page = one.open("/coupons").must(200);
    page.says("10% off").says("at most ₩3,000 · for orders from ₩10,000").says("1 left").says("Sign in to get one.");
    let action = format!("/coupons/{coupon}");
    one.send(&page, &action, &[]).says("Sign in to go on.");
    sign_up(&one, "mina", "/coupons");
    sign_up(&other, "jun", "/coupons").says("10% 할인").says("1장 남음");
    let before = other.open("/coupons");
    one.send(&one.open("/coupons"), &action, &[]).must(200).says("The coupon is yours.").says("Ready to use");
    spent_in_an_order(&shop, &one);
    other.send(&before, &action, &[]).must(409).says("쿠폰이 모두 소진되었습니다");
    other.send(&other.open("/coupons"), "/coupons/claim", &[("code", "no-such-code")]).must(404).says("쿠폰");
}

/// The buyer in this browser chooses the only coupon, sees the new sum, and orders.
fn spent_in_an_order(shop: &TestShop, browser: &Browser) {
    let mug = shop.product("mug").price(20_000).save();
    put(browser, &mug, "1");
    let form = browser.open("/checkout").must(200);
    form.says("Coupon No coupon").says("Total ₩20,000");
    let id = form.quoted_after("<option value=\"").remove(1);
    let chosen = [&ADDRESS[..], &[("coupon", &id)]].concat();
    let counted = browser.send(&form, "/checkout", &chosen).must(200);
    assert_eq!(counted.path, "/checkout", "no order before the buyer has seen the sum");
    counted.says("The total has changed with your choices.").says("Coupon −₩2,000").says("Total ₩18,000");
    let ordered = browser.send(&counted, "/checkout", &chosen).must(200);
    ordered.says("Coupon −₩2,000").says("Pay ₩18,000");
    browser.open("/coupons").must(200).says("Used");
}

#[test]
fn addresses_and_the_account_are_kept_by_forms() {
    let shop = open();
    let browser = shop.browser();
    let account = sign_up(&browser, "mina", "/account");
    let added = browser.send(&account, "/account/addresses", &[&ADDRESS[..], &[("label", "집")]].concat()).must(200);
    added.says("Saved.").says("집").says("Default");
    let wrong = browser.send(&added, "/account/addresses", &[("receiverName", "x")]).must(400);
    wrong.says("Postal code:").says("Please correct it and send it again.");
    let id = added.quoted_after("/account/addresses/").remove(0);
    let edit = browser.open(&format!("/account/addresses/{id}")).must(200);
    let action = format!("/account/addresses/{id}");
    browser.send(&edit, &action, &[("address2", "5층")]).must(200).says("5층");
    let named = browser.send(&added, "/account/profile", &[("nickname", "미나")]).must(200);
    named.says("Hello, 미나");
    browser.send(&named, &action, &[("remove", "1")]).must(200).says("No address saved yet.");
    let page = browser.open("/account");
    let weak = [("currentPassword", PASSWORD), ("newPassword", "password")];
    browser.send(&page, "/account/password", &weak).must(400).says("the password is too weak");
    let strong = [("currentPassword", PASSWORD), ("newPassword", "another-Horse-1177?")];
    let out = browser.send(&page, "/account/password", &strong).must(200);
    assert_eq!(out.path, "/sign-in?return=/account");
    let wrong = [("email", "mina@example.com"), ("password", PASSWORD)];
    browser.send(&out, "/sign-in", &wrong).must(401).says("wrong e-mail or password");
    let right = [("email", "mina@example.com"), ("password", "another-Horse-1177?")];
    let account = browser.send(&out, "/sign-in", &right).must(200);
    assert_eq!(account.path, "/account");
    browser.send(&account, "/sign-out", &[]).must(200);
    assert_eq!(browser.open("/account").path, "/sign-in?return=%2Faccount");
    let another = shop.browser();
    let form = another.open("/sign-up").must(200);
    let taken = [("email", "mina@example.com"), ("password", PASSWORD), ("nickname", "x")];
    another.send(&form, "/sign-up", &taken).must(409).says("this e-mail is already signed up");
}

#[test]
fn lists_are_filtered_sorted_and_paged_by_their_address() {
    let shop = open();
    for n in 0..26 {
        shop.product(&format!("mug {n:02}")).price(1_000 + n).with("category", json!("Kitchen > Cups")).save();
    }
    let lamp = shop
        .product("lamp")
        .price(50_000)
        .stock(0)
        .with("category", json!("Home"))
        .with("brand", json!("Dalbit"))
        .save();
    let browser = shop.browser();
    browser.open("/products?sort=dear").must(200).says("27 products").says("lamp").says("Next page");
    let cheap = browser.open("/products?sort=cheap&page=2").must(200);
    cheap.says("Page 2").says("mug 24").says("Previous page");
    assert!(!browser.open("/products?stock=1").words().contains("lamp"));
    // the search learns of products by their events
    shop.settle();
    browser.open("/products?q=dalbit").must(200).says("lamp").says("“dalbit”");
    browser.open("/products?q=nothing").must(200).says("We found nothing for this search.");
    let categories = shop.anonymous().get("/categories").must("200").data();
    let category = categories.as_array().unwrap().iter().find(|one| one["name"] == "Kitchen").unwrap();
    browser.open(&format!("/products?category={}", category["id"])).must(200).says("Kitchen").says("Cups");
    browser.open("/products?category=999").must(404).says("This page does not exist");
    browser.open("/products?page=-3&sort=wild&category=x&utm_source=mail").must(200).says("27 products");
    let page = browser.open(&format!("/products/{}", lamp.id)).must(200);
    page.says("Sold out").says("Dalbit");
    let text = page.text();
    let data = text.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&data["name"], &data["offers"]["lowPrice"]), (&json!("lamp"), &json!("50000")));
    assert!(text.contains("<link rel=\"canonical\" href=\"http://localhost/products/"), "{text}");
    let map = browser.get("/sitemap.xml").must(200).text();
    assert_eq!(map.matches("/products/").count(), 27);
    assert!(browser.get("/robots.txt").must(200).text().contains("Sitemap: http://localhost/sitemap.xml"));
}
