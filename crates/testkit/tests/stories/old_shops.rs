//! Shops that earlier versions wrote (`crates/testkit/shops`): the present program opens them, and they go on.

use events::DeliveryShipped;
use serde_json::{Value, json};
use std::time::Duration;
use testdb::Space;
use testkit::{OldShop, Product, Sender, TestShop, address};

const MINUTE: Duration = Duration::from_secs(60);
/// The commit whose shop is being written.
const COMMIT: &str = "HOLDFAST_SHOP_OF";

#[test]
fn a_shop_of_an_earlier_version_opens_without_a_broken_promise_and_sells() {
    for old in OldShop::all() {
        let kind = testdb::wanted();
        let space = old.restored(kind).unwrap_or_else(|missing| panic!("{missing}"));
        let shop = TestShop::in_space(space, old.written_at(kind));
        assert_eq!(broken(&shop), json!([]), "a shop of {}", old.commit());
        let orders = shop.window().lines("select status, count(*) from orders group by status order by status");
        assert_eq!(orders.len(), 6, "orders in every state: {orders:?}");
        pays_the_waiting_order(&shop);
        buys(&shop);
        refreshes_a_session(&shop);
        delivers_dead_letters(&shop);
        shop.later(15 * MINUTE);
        assert_eq!(broken(&shop), json!([]), "a shop of {}, after a sale", old.commit());
    }
}

/// What an audit finds.
fn broken(shop: &TestShop) -> Value {
    let audit = shop.admin().post("/admin/audit", json!({})).must("200");
    assert!(audit.data()["leftOut"].is_null(), "{}", audit.text());
    audit.data()["violations"].clone()
}

/// An order that an earlier version reserved stock for is paid, and its parcel leaves.
fn pays_the_waiting_order(shop: &TestShop) {
    let window = shop.window();
    let of_plates = "from orders where status = 'CONFIRMED' and exists (select 1 from order_items l
        where l.order_id = orders.id and l.sku = 'SKU-PLATE')";
    let [user, order] =
        ["user_id", "order_number"].map(|column| window.texts(&format!("select {column} {of_plates}")).remove(0));
    let buyer = shop.user(user.parse().expect("a user's id"));
    buyer.pays(&order, "approve").must("201");
    moves(shop, &buyer, &order, &["SHIPPED", "IN_TRANSIT", "DELIVERED"]);
    assert_eq!(buyer.sees(&order).word("/status"), "DELIVERED");
    assert_eq!(shop.captures_of(&order).len(), 1);
}

fn buys(shop: &TestShop) {
    let listed = shop.anonymous().get("/products?sort=price,asc").must("200");
    let (id, price) = (listed.number("/content/0/id"), listed.number("/content/0/price"));
    let mug = Product { id, variant: 0, sku: listed.word("/content/0/sku"), name: "mug".to_owned(), price };
    let (available, reserved, total) = shop.stock_of(&mug);
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
    assert_eq!(shop.stock_of(&mug), (available - 2, reserved, total - 2));
}

fn refreshes_a_session(shop: &TestShop) {
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    let signed_in = shop.anonymous().post("/api/v1/auth/login", credentials).must("200");
    let user = shop.anonymous().with("authorization", &format!("Bearer {}", signed_in.word("/accessToken")));
    let sessions = user.get("/api/v1/users/me/sessions").must("200").json()["data"].clone();
    assert_eq!(sessions.as_array().map(Vec::len), Some(2), "the old session is still open: {sessions}");
}

/// The event waited for an order that was not paid; once the order has expired, it changes nothing.
fn delivers_dead_letters(shop: &TestShop) {
    shop.later(15 * MINUTE);
    for letter in shop.window().texts("select concat('', id) from parked_events") {
        shop.admin().post(format!("/admin/events/{letter}/redeliver"), json!({})).must("200");
    }
}

fn moves(shop: &TestShop, buyer: &Sender, order: &str, statuses: &[&str]) {
    shop.settle();
    let tracking = buyer.sees(order).word("/delivery/trackingNumber");
    for status in statuses {
        let step = json!({"status": status, "location": "Seoul", "description": "on its way"});
        shop.admin().put(format!("/deliveries/{tracking}/status"), step).must("200");
        shop.settle();
    }
}

const EMAIL: &str = "haneul@example.com";
const PASSWORD: &str = "달항아리 일곱 개의 밤";

/// Run it at the commit to keep, on each database, as crates/testkit/shops/README.md says.
#[test]
#[ignore = "writes files"]
fn write_a_shop_of_this_version() {
    let commit = std::env::var(COMMIT).unwrap_or_else(|_| panic!("{COMMIT} names the commit"));
    let shop = TestShop::in_space(Space::open(), kernel::Clock::now(&ports::ManualClock::default()));
    let mug = shop.product("mug").price(9_000).stock(500).save();
    let plate = shop.product("plate").price(12_000).stock(200).save();
    stuck(&shop, &mug);
    catalogue(&shop);
    account(&shop);
    coupons(&shop);
    ended_orders(&shop, &mug, &plate);
    refunds(&shop, &mug, &plate);
    carts(&shop, &mug, &plate);
    shop.admin().post("/admin/audit", json!({})).must("200");
    open_orders(&shop, &mug, &plate);
    shop.keep(&commit);
    delivers_dead_letters(&shop);
}

fn paid(shop: &TestShop, buyer: &Sender, product: &Product, key: &str) -> (String, String) {
    let order = buyer.orders(product, 2).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, key).must("201").word("/paymentNumber");
    shop.settle();
    (order, payment)
}

/// Two compensations that failed: one waits for a person, one was resolved. It takes hours.
fn stuck(shop: &TestShop, mug: &Product) {
    for resolved in [true, false] {
        let buyer = shop.buyer();
        let (order, _) = paid(shop, &buyer, mug, "refund-declined");
        buyer.cancels(&order);
        for _ in 0..10 {
            shop.later(30 * MINUTE);
        }
        let saga = shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").word("/content/0/sagaId");
        if resolved {
            let how = json!({"reason": "paid back by bank transfer"});
            shop.admin().post(format!("/admin/sagas/{saga}/resolve"), how).must("200");
            shop.expect_difference_with_gateway(&order);
        }
    }
}

fn catalogue(shop: &TestShop) {
    let admin = shop.admin();
    let cups = admin.post("/admin/categories", json!({"name": "Cups"})).must("201").number("/id");
    admin.post("/admin/categories", json!({"name": "Small cups", "parentId": cups})).must("201");
    let tee = json!({"sku": "TEE", "name": "Tee", "price": 20_000, "salePrice": 15_000, "categoryId": cups, "variants": [
        {"sku": "TEE-S", "options": {"size": "S"}, "stock": 10},
        {"sku": "TEE-L", "options": {"size": "L"}, "priceAdjustment": 1_000, "stock": 20},
    ]});
    let tee = admin.post("/admin/products", tee).must("201").number("/id");
    admin.patch(format!("/admin/products/{tee}/stock"), json!({"sku": "TEE-S", "delta": -3})).must("200");
    let lamp = shop.product("lamp").sold_by(&shop.seller()).save();
    admin.delete(format!("/admin/products/{}", lamp.id)).must("200");
}

fn account(shop: &TestShop) {
    let new = json!({"email": EMAIL, "password": PASSWORD, "nickname": "하늘"});
    shop.anonymous().post("/api/v1/users/signup", new).must("201");
    let credentials = json!({"email": EMAIL, "password": PASSWORD});
    let first = shop.anonymous().post("/api/v1/auth/login", credentials).must("200");
    let refresh = json!({"refreshToken": first.word("/refreshToken")});
    shop.anonymous().post("/api/v1/auth/refresh", refresh).must("200");
    shop.anonymous().post("/api/v1/auth/password-reset", json!({"email": EMAIL})).must("200");
    shop.anonymous().post("/api/v1/auth/login", json!({"email": EMAIL, "password": "a guess"})).must("401 A005");
    let user = shop.anonymous().with("authorization", &format!("Bearer {}", first.word("/accessToken")));
    let home = json!({"label": "home", "address": address()});
    user.post("/api/v1/users/me/addresses", home).must("201");
}

fn coupons(shop: &TestShop) {
    let coupon = |code: &str, total: i64| {
        let body = json!({"code": code, "name": "Spring", "discountType": "PERCENTAGE", "discountValue": 10,
            "maximumDiscountAmount": 3_000, "totalQuantity": total, "startsAt": "2020-01-01T00:00:00Z",
            "expiresAt": "2100-01-01T00:00:00Z"});
        shop.admin().post("/admin/coupons", body).must("201").number("/id")
    };
    let (open, last, ended) = (coupon("OPEN", 10), coupon("LAST", 1), coupon("ENDED", 10));
    for coupon in [open, last, ended] {
        shop.buyer().post(format!("/coupons/{coupon}/issue"), json!({})).must("201");
    }
    shop.admin().delete(format!("/admin/coupons/{ended}")).must("200");
}

/// Orders that are at rest, and one on its way.
fn ended_orders(shop: &TestShop, mug: &Product, plate: &Product) {
    let buyer = shop.buyer();
    buyer.fills_cart(mug, 2).must("200");
    buyer.fills_cart(plate, 1).must("200");
    let order = buyer.keyed("first").orders_cart().must("201").word("/orderNumber");
    buyer.keyed("pay").pays(&order, "approve").must("201");
    moves(shop, &buyer, &order, &["SHIPPED", "IN_TRANSIT", "DELIVERED"]);
    let (shipped, _) = paid(shop, &buyer, mug, "approve");
    moves(shop, &buyer, &shipped, &["SHIPPED"]);
    let (returned, _) = paid(shop, &buyer, plate, "approve");
    moves(shop, &buyer, &returned, &["SHIPPED", "IN_TRANSIT", "DELIVERED", "RETURNED"]);
    paid(shop, &buyer, plate, "approve");
    let cancelled = buyer.orders(mug, 1).must("201").word("/orderNumber");
    buyer.cancels(&cancelled).must("200");
    let declined = buyer.orders(mug, 1).must("201").word("/orderNumber");
    buyer.pays(&declined, "decline-card-declined").must("400 S304");
    buyer.orders(plate, 1).must("201");
    shop.later(11 * MINUTE);
}

fn refunds(shop: &TestShop, mug: &Product, plate: &Product) {
    let buyer = shop.buyer();
    let (given_back, _) = paid(shop, &buyer, mug, "approve");
    buyer.cancels(&given_back).must("200");
    let order = buyer.orders_all(&[(mug, 1), (plate, 1)]).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let refund = |payment: &str, mut body: Value| {
        body["reason"] = json!("broken");
        shop.admin().post(format!("/payments/{payment}/refund"), body)
    };
    refund(&payment, json!({"lines": [{"id": 1, "quantity": 1}]})).must("200");
    refund(&payment, json!({"amount": 500})).must("200");
    let (_, refused) = paid(shop, &buyer, mug, "refund-declined");
    let answer = refund(&refused, json!({"amount": 1_000}));
    assert!(!answer.is_good(), "{}", answer.text());
    shop.settle();
}

fn carts(shop: &TestShop, mug: &Product, plate: &Product) {
    let buyer = shop.buyer();
    buyer.fills_cart(mug, 2).must("200");
    buyer.fills_cart(plate, 1).must("200");
    let other = shop.buyer();
    other.fills_cart(plate, 3).must("200");
    other.post("/cart/checkout", json!({})).must("200");
    shop.anonymous().fills_cart(mug, 1).must("200");
}

/// Orders whose sagas are running: one waits for its payment, one for the gateway, one for its refund; a charge that was
/// abandoned is searched for; and an event waits for a person.
fn open_orders(shop: &TestShop, mug: &Product, plate: &Product) {
    let buyer = shop.buyer();
    let abandoned = buyer.orders(mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&abandoned, "timeout-uncharged").must("202").word("/paymentNumber");
    buyer.post(format!("/payments/{payment}/cancel"), json!({})).must("200");
    buyer.cancels(&abandoned).must("200");
    let pending = buyer.orders(mug, 1).must("201").word("/orderNumber");
    buyer.pays(&pending, "refund-pending").must("201");
    buyer.cancels(&pending);
    let unpaid = shop.buyer();
    let order = unpaid.orders(mug, 3).must("201").word("/orderNumber");
    let early = DeliveryShipped {
        tracking_number: "TRK-23456789ABCD".parse().expect("a number"),
        order_number: order.parse().expect("a number"),
        user_id: unpaid.id(),
        carrier: "by hand".to_owned(),
        estimated_delivery_date: "2026-02-08".to_owned(),
        shipped_at: shop.app().now(),
        parcel_number: None,
    };
    shop.write(move |tx| tx.emit(&early)).expect("an event");
    shop.settle();
    shop.buyer().orders(plate, 1).must("201");
    let asking = buyer.orders(mug, 2).must("201").word("/orderNumber");
    buyer.pays(&asking, "timeout-charged").must("202");
    if shop.window().number("select count(*) from parked_events") == 0 {
        panic!("the event of a parcel without a paid order is a dead letter");
    }
}
