//! Accounts: sessions of several tabs, tokens that no cache keeps, passwords that no message repeats.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Sender, TestShop};

const PASSWORD: &str = "달항아리 일곱 개의 밤";

/// A user who has signed up with this e-mail; gives the answer to a sign-in.
fn signed_in(shop: &TestShop, email: &str) -> Value {
    let visitor = shop.anonymous();
    let new = json!({"email": email, "password": PASSWORD, "nickname": "하늘"});
    visitor.post("/api/v1/users/signup", new).must("201");
    visitor.post("/api/v1/auth/login", json!({"email": email, "password": PASSWORD})).must("200").json()["data"].clone()
}

fn refresh(visitor: &Sender, token: &Value) -> fixture::Response {
    visitor.post("/api/v1/auth/refresh", json!({"refreshToken": token}))
}

const PROXY: (&str, &str) = ("server.client_address_header", "X-Forwarded-For");

/// A visitor at this address.
fn at(shop: &TestShop, address: &str) -> Sender {
    shop.anonymous().with("x-forwarded-for", address)
}

fn sign_in(visitor: &Sender, email: &str, password: &str) -> fixture::Response {
    visitor.post("/api/v1/auth/login", json!({"email": email, "password": password}))
}

#[test]
fn a_stranger_with_wrong_passwords_locks_itself_out_and_not_the_owner() {
    let shop = TestShop::with(1, &[PROXY]);
    let email = "owner@example.com";
    signed_in(&shop, email);
    let (home, stranger) = (at(&shop, "10.0.0.1"), at(&shop, "10.9.9.9"));
    let token = sign_in(&home, email, PASSWORD).must("200").word("/accessToken");
    for _ in 0..10 {
        sign_in(&stranger, email, "guess").must("401 A005");
    }
    let refused = sign_in(&stranger, email, PASSWORD).must("429 A009");
    assert_eq!(refused.header("retry-after"), "900");
    sign_in(&home, email, PASSWORD).must("200");
    sign_in(&at(&shop, "10.0.0.77"), email, PASSWORD).must("200");
    // the owner travels, and shares the stranger's network
    let here = stranger.with("authorization", &format!("Bearer {token}"));
    sign_in(&here, email, PASSWORD).must("200");
    sign_in(&stranger, email, PASSWORD).must("200");
}

#[test]
fn only_wrong_passwords_count() {
    let shop = TestShop::with(1, &[PROXY]);
    let email = "hasty@example.com";
    signed_in(&shop, email);
    let visitor = at(&shop, "10.0.0.2");
    let answers = shop.at_once(15, |_| sign_in(&visitor, email, PASSWORD));
    assert_eq!(answers.count("200"), 15, "{:?}", answers.summary());
    let unknown = at(&shop, "10.0.0.3");
    for _ in 0..10 {
        sign_in(&unknown, "nobody@example.com", "guess").must("401 A005");
    }
    sign_in(&unknown, "nobody@example.com", "guess").must("429 A009");
    sign_in(&unknown, email, PASSWORD).must("200");
}

#[test]
fn breached_and_trivial_passwords_are_refused() {
    let shop = TestShop::open();
    let visitor = shop.anonymous();
    let sign_up = |password: &str| {
        let new = json!({"email": "weak@example.com", "password": password, "nickname": "하늘정원"});
        visitor.post("/api/v1/users/signup", new)
    };
    for weak in ["1q2w3e4r", "P@ssw0rd1", "qlalfqjsgh1", "하늘정원하늘정원", "weak@example.com", "20010203"] {
        sign_up(weak).must("400 A012");
    }
    sign_up(PASSWORD).must("201");
    let token = sign_in(&visitor, "weak@example.com", PASSWORD).must("200").word("/accessToken");
    let signed_in = visitor.with("authorization", &format!("Bearer {token}"));
    let change = |new: &str| {
        signed_in.put("/api/v1/users/me/password", json!({"currentPassword": PASSWORD, "newPassword": new}))
    };
    change("iloveyou123").must("400 A012");
    change("항아리 여덟 개의 새벽").must("200");
}

#[test]
fn two_tabs_that_refresh_the_same_token_continue_one_session() {
    let shop = TestShop::open();
    let first = signed_in(&shop, "tabs@example.com")["refreshToken"].clone();
    let tabs = shop.at_once(6, |_| refresh(&shop.anonymous(), &first));
    let successors: Vec<_> = tabs.iter().map(|tab| tab.clone().must("200").word("/refreshToken")).collect();
    assert!(successors.iter().all(|next| *next == successors[0]), "{successors:?}");
    shop.turn(Duration::from_secs(9));
    assert_eq!(refresh(&shop.anonymous(), &first).must("200").word("/refreshToken"), successors[0]);
    refresh(&shop.anonymous(), &json!(successors[0])).must("200");
}

#[test]
fn a_refresh_token_used_again_after_the_grace_is_theft() {
    let shop = TestShop::open();
    let first = signed_in(&shop, "theft@example.com")["refreshToken"].clone();
    let second = refresh(&shop.anonymous(), &first).must("200").word("/refreshToken");
    shop.turn(Duration::from_secs(10));
    refresh(&shop.anonymous(), &first).must("401 A007");
    refresh(&shop.anonymous(), &json!(second)).must("401 A004");
}

#[test]
fn a_shop_may_allow_no_second_use_of_a_refresh_token() {
    let shop = TestShop::with(1, &[("account.refresh_grace", "0s")]);
    let first = signed_in(&shop, "strict@example.com")["refreshToken"].clone();
    refresh(&shop.anonymous(), &first).must("200");
    refresh(&shop.anonymous(), &first).must("401 A007");
}

#[test]
fn no_cache_may_store_an_answer_with_a_token() {
    let shop = TestShop::open();
    let visitor = shop.anonymous();
    let token = signed_in(&shop, "cache@example.com")["refreshToken"].clone();
    let wrong = json!({"email": "cache@example.com", "password": "wrong"});
    for answer in [
        visitor.post("/api/v1/auth/login", json!({"email": "cache@example.com", "password": PASSWORD})).must("200"),
        refresh(&visitor, &token).must("200"),
        shop.buyer().post("/api/v1/auth/stream-token", json!({})).must("200"),
        visitor.post("/api/v1/auth/login", wrong).must("401 A005"),
    ] {
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text());
    }
}

#[test]
fn a_password_of_the_wrong_type_is_never_repeated() {
    let shop = TestShop::open();
    let visitor = shop.anonymous();
    let email = "typed@example.com";
    for secret in [json!(20_481_632), json!(20481632.5), json!(["20481632"]), json!({"is": "20481632"}), json!(true)] {
        let sign_up = json!({"email": email, "password": secret, "nickname": "하늘"});
        let change = json!({"currentPassword": secret, "newPassword": secret});
        for answer in [
            visitor.post("/api/v1/users/signup", sign_up).must("400 C002"),
            visitor.post("/api/v1/auth/login", json!({"email": email, "password": secret})).must("400 C002"),
            shop.buyer().put("/api/v1/users/me/password", change).must("400 C002"),
            refresh(&visitor, &secret).must("400 C002"),
            visitor.post("/api/v1/auth/logout", json!({"refreshToken": secret})).must("400 C002"),
        ] {
            assert!(!answer.text().contains("20481632") && !answer.text().contains("true}"), "{}", answer.text());
        }
    }
}
