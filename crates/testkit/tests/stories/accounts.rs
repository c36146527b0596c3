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
