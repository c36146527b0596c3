//! Coupons in the shop's language, on a real database.

use super::shop::MODULES;
use events::{CouponChanged, CouponIssued};
use fixture::{Fixture, Response, user_id};
use kernel::{Clock, Code, Event as _};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// A coupon of 10 %, of which there are two, for the next ten days.
fn spring(shop: &Fixture) -> Value {
    let (starts, expires) = (shop.clock.now(), shop.clock.now().after(10 * DAY));
    json!({
        "code": "SPRING-10", "name": "Ten percent in spring", "discountType": "PERCENTAGE", "discountValue": 10,
        "totalQuantity": 2, "startsAt": starts.to_string(), "expiresAt": expires.to_string(),
    })
}

fn with(mut coupon: Value, changes: Value) -> Value {
    for (member, value) in changes.as_object().unwrap() {
        coupon[member] = value.clone();
    }
    coupon
}

fn made(shop: &Fixture, coupon: Value) -> i64 {
    shop.admin().post("/admin/coupons", coupon).must("201").data()["id"].as_i64().unwrap()
}

fn issue(shop: &Fixture, user: u64, coupon: i64) -> Response {
    shop.user(user).post(format!("/coupons/{coupon}/issue"), json!({}))
}

#[test]
fn the_first_who_ask_get_a_coupon_and_each_gets_one() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, spring(&shop));
    assert_eq!(shop.anonymous().get("/coupons").must("200").data()[0]["remainingQuantity"], 2);
    issue(&shop, 1, coupon).must("201");
    issue(&shop, 1, coupon).must("409 S604");
    issue(&shop, 2, coupon).must("201");
    issue(&shop, 3, coupon).must("409 S602");
    // who has one gets the same answer before and after the last one is gone
    issue(&shop, 1, coupon).must("409 S604");
    assert_eq!(shop.anonymous().get("/coupons").must("200").data(), json!([]));
    let shown = shop.anonymous().get(format!("/coupons/{coupon}")).must("200").data();
    assert_eq!((&shown["status"], &shown["remainingQuantity"]), (&json!("EXHAUSTED"), &json!(0)));
    let published = [CouponChanged::TOPIC, CouponIssued::TOPIC, CouponIssued::TOPIC];
    assert_eq!(shop.topics_of("SPRING-10"), published);
    issue(&shop, 1, 999).must("404 S601");
}

#[test]
fn a_coupon_is_issued_from_its_start_until_its_expiry() {
    let shop = Fixture::of(MODULES);
    let starts = shop.clock.now().after(DAY).to_string();
    let coupon = made(&shop, with(spring(&shop), json!({"startsAt": starts})));
    assert_eq!(shop.anonymous().get("/coupons").must("200").data(), json!([]));
    let early = issue(&shop, 1, coupon).must("400 S605");
    assert_eq!(early.header("retry-after"), "86401");
    shop.clock.advance(DAY);
    issue(&shop, 1, coupon).must("201");
    shop.clock.advance(9 * DAY);
    issue(&shop, 2, coupon).must("400 S603");
    assert_eq!(shop.user(1).get("/coupons/my").must("200").data()[0]["status"], "EXPIRED");
    assert_eq!(shop.user(1).get("/coupons/my/available").must("200").data(), json!([]));
}

#[test]
fn a_coupon_that_is_issued_while_its_period_is_shortened_ends_with_it() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, spring(&shop));
    // as an instance has read it that issues it a moment later
    let id = kernel::CouponId::new(coupon);
    let read = shop.read(move |tx| coupon::ops::listed(tx, id)).unwrap();
    let soon = shop.clock.now().after(DAY);
    let shorter = with(spring(&shop), json!({"expiresAt": soon.to_string()}));
    shop.admin().put(format!("/admin/coupons/{coupon}"), shorter).must("200");
    let issue = |user: u64| {
        let read = read.clone();
        shop.write(move |tx| coupon::ops::issue(tx, &user_id(user), &read)).map(|issued| issued.expires_at)
    };
    assert_eq!([1, 2].map(|user| issue(user).unwrap()), [soon; 2]);
    assert_eq!(issue(3).unwrap_err().code(), Code::CouponExhausted);
    shop.clock.advance(DAY);
    assert_eq!(issue(4).unwrap_err().code(), Code::CouponExpired);
}

#[test]
fn a_coupon_is_rewritten_by_its_code_in_any_spelling() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, spring(&shop));
    let put =
        |code: &str| shop.admin().put(format!("/admin/coupons/{coupon}"), with(spring(&shop), json!({"code": code})));
    assert_eq!(put("spring-１０").must("200").data()["code"], "SPRING-10", "it keeps its spelling");
    put("SPRING-11").must("400 C002");
}

#[test]
fn a_coupon_that_is_not_listed_is_claimed_by_its_code_only() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, with(spring(&shop), json!({"listed": false})));
    shop.anonymous().get(format!("/coupons/{coupon}")).must("404 S601");
    issue(&shop, 1, coupon).must("404 S601");
    let claim = |user: u64, code: &str| shop.user(user).post("/coupons/claim", json!({"code": code}));
    claim(1, "AUTUMN").must("404 S601");
    for wrong in ["", " ", "SPRING\u{0}10", "SPRING\n10"] {
        claim(1, wrong).must("400 C002");
    }
    claim(1, " spring-10 ").must("201");
    claim(1, "SPRING-10").must("409 S604");
    claim(2, "ＳＰＲＩＮＧ-10").must("201");
}

#[test]
fn a_deactivated_coupon_is_not_issued_and_stays_with_its_holders() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, spring(&shop));
    issue(&shop, 1, coupon).must("201");
    shop.admin().delete(format!("/admin/coupons/{coupon}")).must("200");
    shop.admin().delete(format!("/admin/coupons/{coupon}")).must("200");
    issue(&shop, 2, coupon).must("400 S606");
    let held = shop.user(1).get("/coupons/my/available").must("200").data()[0].clone();
    assert_eq!(held["status"], "AVAILABLE");
    let validated = shop.user(1).post("/coupons/validate", json!({"userCouponId": held["id"], "orderAmount": 12_345}));
    let validated = validated.must("200").data();
    assert_eq!((&validated["discountAmount"], &validated["finalAmount"]), (&json!(1_235), &json!(11_110)));
    shop.user(2).post("/coupons/validate", json!({"userCouponId": held["id"], "orderAmount": 1})).must("404 S608");
}

#[test]
fn what_users_hold_does_not_change() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, spring(&shop));
    let path = format!("/admin/coupons/{coupon}");
    shop.admin().put(&path, with(spring(&shop), json!({"discountValue": 20, "version": 1}))).must("200");
    shop.admin().put(&path, with(spring(&shop), json!({"version": 1}))).must("409 C016");
    issue(&shop, 1, coupon).must("201");
    shop.admin().put(&path, with(spring(&shop), json!({"discountValue": 30}))).must("409 C019");
    let same = with(spring(&shop), json!({"discountValue": 20}));
    shop.admin().put(&path, with(same.clone(), json!({"code": "SUMMER"}))).must("400 C002");
    issue(&shop, 2, coupon).must("201");
    shop.admin().put(&path, with(same.clone(), json!({"totalQuantity": 1}))).must("409 C019");
    let more = shop.admin().put(&path, with(same, json!({"totalQuantity": 3, "name": "More"}))).must("200").data();
    assert_eq!(
        (&more["remainingQuantity"], &more["status"], &more["name"]),
        (&json!(1), &json!("ACTIVE"), &json!("More"))
    );
    issue(&shop, 3, coupon).must("201");
}

#[test]
fn a_seller_sees_and_changes_only_their_own_coupons() {
    let shop = Fixture::of(MODULES);
    let own = shop.seller(1).post("/admin/coupons", spring(&shop)).must("201").data()["id"].clone();
    let path = format!("/admin/coupons/{own}");
    shop.seller(2).get(&path).must("403 A002");
    shop.seller(2).put(&path, spring(&shop)).must("403 A002");
    shop.seller(2).delete(&path).must("403 A002");
    assert_eq!(shop.seller(2).get("/admin/coupons").must("200").data()["totalElements"], 0);
    assert_eq!(shop.seller(1).get("/admin/coupons?status=ACTIVE,EXPIRED").must("200").data()["totalElements"], 1);
    assert_eq!(shop.seller(1).get("/admin/coupons?status=EXHAUSTED").must("200").data()["totalElements"], 0);
    assert_eq!(shop.admin().get(&path).must("200").data()["code"], "SPRING-10");
    shop.user(1).get("/admin/coupons").must("403 A002");
    // the same code in another case or width is the same code
    shop.seller(2).post("/admin/coupons", with(spring(&shop), json!({"code": "spring-１０"}))).must("409 S607");
}

#[test]
fn wrong_coupons_are_refused_by_field_and_nothing_is_written() {
    let shop = Fixture::of(MODULES);
    for (changes, field) in [
        (json!({"code": " \u{200B}"}), "code"),
        (json!({"code": "x".repeat(51)}), "code"),
        (json!({"name": ""}), "name"),
        (json!({"discountValue": 101}), "discountValue"),
        (json!({"discountValue": 0}), "discountValue"),
        (json!({"discountType": "FREE"}), "discountType"),
        (json!({"minimumOrderAmount": -1}), "minimumOrderAmount"),
        (json!({"maximumDiscountAmount": 0}), "maximumDiscountAmount"),
        (json!({"totalQuantity": 0}), "totalQuantity"),
        (json!({"startsAt": "soon"}), "startsAt"),
        (json!({"expiresAt": "2020-01-01T00:00:00Z"}), "expiresAt"),
    ] {
        let refused = shop.admin().post("/admin/coupons", with(spring(&shop), changes)).must("400 C002");
        assert!(refused.text().contains(&format!("\"field\":\"{field}\"")), "{field}: {}", refused.text());
    }
    assert_eq!(shop.admin().get("/admin/coupons").must("200").data()["totalElements"], 0);
}

#[test]
fn a_repeated_request_with_a_key_gets_the_first_response() {
    let shop = Fixture::of(MODULES);
    let coupon = made(&shop, with(spring(&shop), json!({"totalQuantity": 1})));
    let path = format!("/coupons/{coupon}/issue");
    let first = shop.user(1).keyed("once").post(&path, json!({})).must("201").data();
    assert_eq!(shop.user(1).keyed("once").post(&path, json!({})).must("201").data(), first);
    shop.user(1).keyed("again").post(&path, json!({})).must("409 S604");
}
