//! The authorization matrix: every route × {anonymous, another user, owner, seller, administrator, service}. Who may call a
//! route is what its module declares; the extractor of its handler has to agree.

use crate::routes::routes;
use serde_json::{Value, json};
use testkit::{Product, Response, Sender, TestShop};
use web::route::Access;

/// A shop with one thing of each kind. `owner` owns it, or `merchant` sells it.
struct Scenario {
    shop: TestShop,
    owner: Sender,
    merchant: Sender,
    mug: Product,
    order: String,
    payment: String,
    tracking: String,
    saga: String,
    item: i64,
    category: i64,
    coupon: i64,
    deal: i64,
    entry_token: String,
    charge: String,
    returned: String,
}

fn scenario() -> Scenario {
    let shop = TestShop::open();
    let merchant = shop.seller();
    let mug = shop.product("mug").stock(50).sold_by(&merchant).save();
    let owner = shop.buyer();
    let order = owner.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = owner.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    let tracking = owner.sees(&order).word("/delivery/trackingNumber");
    let saga = shop.admin().get("/admin/sagas").must("200").word("/content/0/sagaId");
    let item = owner.fills_cart(&mug, 1).must("200").number("/items/0/id");
    let category = shop.admin().post("/admin/categories", json!({"name": "kitchen"}));
    let category = if category.is_good() { category.number("/id") } else { 1 };
    let coupon = merchant.post("/admin/coupons", spring()).must("201").number("/id");
    let deal = merchant.post("/admin/time-deals", lunch(&mug)).must("201").number("/id");
    let rules = json!({"maxCapacity": 1, "entryBatchSize": 1, "entryIntervalSeconds": 1});
    shop.admin().post("/admin/queue/TIME_DEAL/1/activate", rules).must("200");
    let entry_token = owner.post("/queue/TIME_DEAL/1/enter", json!({})).must("200").word("/entryToken");
    let money = json!({"amount": 1_000, "paymentKey": "approve"});
    let charge = owner.post(format!("/users/{}/balance/charge", owner.id()), money).must("200").word("/transactionId");
    let arrived = owner.orders(&mug, 1).must("201").word("/orderNumber");
    owner.pays(&arrived, "approve").must("201");
    crate::wallets::delivered(&shop, &owner, &arrived);
    let returned = owner.post(format!("/orders/{arrived}/returns"), sent_back()).must("201").word("/returnNumber");
    Scenario {
        shop,
        owner,
        merchant,
        mug,
        order,
        payment,
        tracking,
        saga,
        item,
        category,
        coupon,
        deal,
        entry_token,
        charge,
        returned,
    }
}

fn sent_back() -> Value {
    json!({"kind": "RETURN", "reason": "CHANGED_MIND", "lines": [{"id": 1, "quantity": 1}]})
}

fn spring() -> Value {
    json!({
        "code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 10, "startsAt": "2026-02-01T00:00:00Z", "expiresAt": "2026-03-01T00:00:00Z",
    })
}

fn lunch(mug: &Product) -> Value {
    let product = json!({"productId": mug.id, "dealPrice": 1, "dealQuantity": 10, "maxPerUser": 2});
    json!({
        "name": "Lunch deal", "startsAt": "2026-02-06T00:00:00Z", "endsAt": "2026-02-06T02:00:00Z", "products": [product],
    })
}

impl Scenario {
    /// The route with the ids of the scenario in it.
    fn path(&self, path: &str) -> String {
        let mut filled = path.strip_prefix("//").map_or_else(|| path.to_owned(), |rest| format!("/{rest}"));
        let homes = [("/categories/", self.category), ("/coupons/", self.coupon), ("/time-deals/", self.deal)];
        let thing = homes.iter().find(|(home, _)| path.contains(home)).map_or(self.mug.id, |(_, id)| *id).to_string();
        let names = [
            ("{userId}", self.owner.id().to_string()),
            ("{chargeNumber}", self.charge.clone()),
            ("{productId}", self.mug.id.to_string()),
            ("{variantId}", self.mug.variant.to_string()),
            ("{itemId}", self.item.to_string()),
            ("{orderNumber}", self.order.clone()),
            ("{paymentNumber}", self.payment.clone()),
            ("{trackingNumber}", self.tracking.clone()),
            ("{sagaId}", self.saga.clone()),
            ("{returnNumber}", self.returned.clone()),
            ("{eventType}", "TIME_DEAL".to_owned()),
            ("{eventId}", "1".to_owned()),
            ("{token}", self.entry_token.clone()),
            ("{file}", "00000000000000000000000000000000-1x1.jpg".to_owned()),
            ("{id}", thing),
        ];
        for (name, value) in names {
            filled = filled.replace(name, &value);
        }
        if filled.ends_with("/inventory/stream") { format!("{filled}?productIds={}", self.mug.id) } else { filled }
    }

    /// Sends a body that no handler accepts, so that only the right to call the route is tested.
    fn knock(&self, sender: &Sender, method: &str, path: &str) -> Response {
        let body = (method != "GET").then(|| br#"{"thisIsNoMember":1}"#.to_vec());
        sender.send(method, &self.path(path), body)
    }
}

/// Streams never end; the test only opens them.
fn is_stream(path: &str) -> bool {
    path.ends_with("/stream") || path.contains("/subscribe/")
}

/// Deletes have no body, so a call would succeed; other tests check what they do.
fn is_harmless(method: &str, path: &str) -> bool {
    method != "DELETE" && !path.ends_with("/import") && !is_stream(path)
}

#[test]
fn no_caller_gets_through_a_door_that_is_not_theirs() {
    let scenario = scenario();
    let stranger = scenario.shop.buyer();
    let seller = scenario.shop.seller();
    let service = scenario.shop.service();
    let mut complaints = Vec::new();
    for route in routes(&scenario.shop) {
        let (method, path) = (route.method.as_str(), route.path.as_str());
        let shut: &[(&str, Sender, &str)] = match route.access {
            Access::Public => &[],
            Access::User | Access::Owner => {
                &[("anonymous", scenario.shop.anonymous(), "401 A001"), ("service", service.clone(), "403 A002")]
            }
            Access::Seller => &[
                ("anonymous", scenario.shop.anonymous(), "401 A001"),
                ("a user", stranger.clone(), "403 A002"),
                ("service", service.clone(), "403 A002"),
            ],
            Access::Admin => &[
                ("anonymous", scenario.shop.anonymous(), "401 A001"),
                ("a user", stranger.clone(), "403 A002"),
                ("a seller", seller.clone(), "403 A002"),
                ("service", service.clone(), "403 A002"),
            ],
            Access::Service => &[
                ("anonymous", scenario.shop.anonymous(), "401 A001"),
                ("a user", stranger.clone(), "403 A002"),
                ("an administrator", scenario.shop.admin(), "403 A002"),
            ],
        };
        let before = scenario.shop.contents();
        for (who, sender, wanted) in shut {
            let got = scenario.knock(sender, method, path).summary();
            if got != *wanted {
                complaints.push(format!("{method} {path} answered {got} to {who}, wanted {wanted}"));
            }
        }
        let written = before.differences(&scenario.shop.contents());
        if !written.is_empty() {
            complaints.push(format!("{method} {path} wrote for someone it must refuse: {written:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

impl Scenario {
    /// Somebody who may call a route.
    fn caller_of(&self, access: Access) -> Sender {
        match access {
            Access::Public => self.shop.anonymous(),
            Access::User | Access::Owner => self.owner.clone(),
            Access::Seller => self.merchant.clone(),
            Access::Admin => self.shop.admin(),
            Access::Service => self.shop.service(),
        }
    }
}

#[test]
fn a_head_is_answered_with_the_headers_of_its_get_and_no_body() {
    const COMPARED: [&str; 4] = ["content-type", "etag", "cache-control", "vary"];
    let scenario = scenario();
    let (mut complaints, mut tagged) = (Vec::new(), 0);
    for route in routes(&scenario.shop) {
        if route.method != "GET" || is_stream(&route.path) {
            continue;
        }
        let (sender, path) = (scenario.caller_of(route.access), scenario.path(&route.path));
        let (head, get) = (sender.send("HEAD", &path, None), sender.send("GET", &path, None));
        // what has no tag, such as a file of everything, has a length and an encoding only once it is written
        let is_tagged = !get.header("etag").is_empty();
        tagged += usize::from(is_tagged);
        let compared = if is_tagged { &COMPARED[..] } else { &COMPARED[..1] };
        let of = |response: &Response| compared.iter().map(|name| response.header(name)).collect::<Vec<_>>();
        let (one, other) = (of(&head), of(&get));
        if head.status != get.status || !head.text().is_empty() || one != other {
            complaints.push(format!("{path}: HEAD {} {one:?}, GET {} {other:?}", head.status, get.status));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(tagged > 50, "only {tagged} have a tag; the walk is broken");
}

#[test]
fn everybody_gets_through_their_own_doors() {
    let scenario = scenario();
    let mut complaints = Vec::new();
    for route in routes(&scenario.shop) {
        let (method, path) = (route.method.as_str(), route.path.as_str());
        let sender = scenario.caller_of(route.access);
        if is_stream(path) {
            if sender.opens(scenario.path(path)) != 200 {
                complaints.push(format!("{method} {path} does not open for whom it is meant"));
            }
        } else if is_harmless(method, path) {
            let answer = scenario.knock(&sender, method, path);
            if [401, 403, 405].contains(&answer.status) || answer.status >= 500 {
                complaints.push(format!("{method} {path} answered {} to whom it is meant", answer.summary()));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn what_belongs_to_someone_else_is_neither_shown_nor_changed() {
    let scenario = scenario();
    let stranger = scenario.shop.buyer();
    let good = [
        ("PUT", "/orders/{orderNumber}/address", testkit::address()),
        ("PUT", "/orders/{orderNumber}/cancel", json!({"reason": "mine now"})),
        ("POST", "/orders/{orderNumber}/cancel", json!({"reason": "mine now"})),
        (
            "POST",
            "/payments",
            json!({"orderNumber": scenario.order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"}),
        ),
        ("POST", "/orders/confirm", json!({"orderNumber": scenario.order, "paymentKey": "approve", "amount": 10_000})),
        (
            "PUT",
            "/payments/{paymentNumber}/refund-account",
            json!({"bank": "20", "accountNumber": "1002123456789", "holder": "a"}),
        ),
        ("POST", "/users/{userId}/balance/charge", json!({"amount": 1_000, "paymentKey": "approve"})),
        ("POST", "/orders/{orderNumber}/returns", sent_back()),
    ];
    let mut complaints = Vec::new();
    let before = scenario.shop.contents();
    for route in routes(&scenario.shop).iter().filter(|route| route.access == Access::Owner) {
        let (method, path) = (route.method.as_str(), route.path.as_str());
        if is_stream(path) {
            if stranger.opens(scenario.path(path)) != 403 {
                complaints.push(format!("{method} {path} opens for a stranger"));
            }
            continue;
        }
        let body =
            good.iter().find(|(m, p, _)| *m == method && *p == path).map(|(.., body)| body.to_string().into_bytes());
        let answer = stranger.send(method, &scenario.path(path), body.or((method != "GET").then(|| b"{}".to_vec())));
        let hidden = ["403 A002", "403 S212", "403 S313", "403 S807", "403 S1106", "404 S501", "404 S201", "404 S301"]
            .contains(&answer.summary().as_str());
        if !hidden {
            complaints.push(format!("{method} {path} answered {} to a stranger", answer.summary()));
        }
    }
    for (method, path, body) in &good[3..5] {
        let answer = stranger.send(method, path, Some(body.to_string().into_bytes()));
        if answer.summary() != "403 S212" {
            complaints.push(format!("{method} {path} answered {} to a stranger", answer.summary()));
        }
    }
    stranger.get("/cart").must("200");
    stranger.put(format!("/cart/items/{}", scenario.item), json!({"quantity": 9})).must("404 S102");
    stranger.delete(format!("/cart/items/{}", scenario.item)).must("404 S102");
    let written = before.without(&["carts"]).differences(&scenario.shop.contents());
    assert!(complaints.is_empty() && written.is_empty(), "{}\n{written:?}", complaints.join("\n"));
}

#[test]
fn sellers_see_and_change_only_what_is_theirs() {
    let scenario = scenario();
    let rival = scenario.shop.seller();
    let (id, name) = (scenario.mug.id, &scenario.mug.name);
    let refused = [
        rival.put(format!("/admin/products/{id}"), json!({"name": name, "sku": scenario.mug.sku, "price": 1})),
        rival.patch(format!("/admin/products/{id}/stock"), json!({"stock": 1})),
        rival.patch(format!("/admin/products/{id}/close"), json!({})),
        rival.delete(format!("/admin/products/{id}")),
        rival.delete(format!("/products/{id}")),
        rival.put(format!("/inventory/{id}/add"), json!({"quantity": 1, "reason": "x"})),
        rival.put(format!("/inventory/{id}/adjust"), json!({"delta": -1, "reason": "x"})),
        rival.get(format!("/inventory/{id}/movements")),
        rival.get(format!("/admin/coupons/{}", scenario.coupon)),
        rival.put(format!("/admin/coupons/{}", scenario.coupon), spring()),
        rival.delete(format!("/admin/coupons/{}", scenario.coupon)),
        rival.post("/admin/time-deals", lunch(&scenario.mug)),
        rival.get(format!("/admin/time-deals/{}", scenario.deal)),
        rival.put(format!("/admin/time-deals/{}", scenario.deal), lunch(&scenario.mug)),
        rival.delete(format!("/admin/time-deals/{}", scenario.deal)),
        rival.post(format!("/admin/time-deals/{}/end", scenario.deal), json!({})),
        rival.post(format!("/admin/time-deals/{}/cancel", scenario.deal), json!({})),
    ];
    for (n, answer) in refused.iter().enumerate() {
        assert!([403, 404].contains(&answer.status), "{n}: {} {}", answer.summary(), answer.text());
    }
    scenario.merchant.put(format!("/inventory/{id}/add"), json!({"quantity": 1, "reason": "delivery"})).must("200");
    scenario.merchant.get(format!("/inventory/{id}/movements")).must("200");
    assert_eq!(rival.get("/admin/products").must("200").number("/totalElements"), 0);
    assert_eq!(scenario.merchant.get("/admin/products").must("200").number("/totalElements"), 1);
    for list in ["/admin/coupons", "/admin/time-deals"] {
        assert_eq!(rival.get(list).must("200").number("/totalElements"), 0);
        assert_eq!(scenario.merchant.get(list).must("200").number("/totalElements"), 1);
    }
}

#[test]
fn expired_forged_and_mangled_tokens_are_refused() {
    let shop = TestShop::open();
    let app = shop.app();
    let buyer = shop.buyer();
    let token = |seconds| {
        let ttl = std::time::Duration::from_secs(seconds);
        app.auth.issue_for(&buyer.id(), web::Roles::of(web::Role::User), app.now(), ttl).expect("a token").token
    };
    let good = token(60);
    let knock = |token: &str| shop.anonymous().with("authorization", &format!("Bearer {token}")).get("/cart").summary();
    assert_eq!(knock(&good), "200");
    let (body, signature) = good.rsplit_once('.').expect("a token has three parts");
    let (head, claims) = body.split_once('.').expect("a token has three parts");
    assert_eq!(knock(&format!("{body}.{}", signature.chars().rev().collect::<String>())), "401 A004");
    assert_eq!(knock(&format!("{head}.{claims}x.{signature}")), "401 A004");
    assert_eq!(knock(body), "401 A004");
    let text = shop.anonymous().with("authorization", "Bearer a.b.c").get("/cart").text();
    assert!(!text.contains("caused by") && !text.contains("Error("), "the private cause is shown: {text}");
    assert_eq!(knock(&format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.")), "401 A004", "no algorithm");
    for nonsense in ["", "x", "a.b.c", &"x".repeat(100_000)] {
        assert_eq!(knock(nonsense), "401 A004");
    }
    shop.turn(std::time::Duration::from_secs(61));
    assert_eq!(knock(&good), "401 A003");
    let stream =
        app.auth.issue_stream_token(&buyer.id(), web::Roles::of(web::Role::User), app.now()).expect("a token").token;
    assert_eq!(knock(&stream), "401 A004", "a stream token opens streams only");
    let pretended = shop.anonymous().with("x-user-id", &buyer.id().to_string()).with("x-user-roles", "ADMIN");
    pretended.get("/orders").must("401 A001");
}
