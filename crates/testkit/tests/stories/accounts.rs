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
    let refused = change("iloveyou123").must("400 A012");
    assert_eq!(refused.json()["error"]["details"][0]["field"], "newPassword");
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

const NEW_PASSWORD: &str = "항아리 여덟 개의 새벽";

/// The tokens that were published for mails of this kind, the newest first.
fn mailed(shop: &TestShop, kind: &str) -> Vec<String> {
    shop.settle();
    let topic = format!("shopping.account.{kind}-requested");
    let events = shop.read(|tx| store::outbox::before(tx, i64::MAX, 100));
    let of_kind = events.iter().filter(|event| *event.topic == *topic);
    let token = |event: &store::StoredEvent| event.read::<Value>().unwrap()["token"].as_str().unwrap().to_owned();
    of_kind.map(token).collect()
}

fn forgets(shop: &TestShop, email: &str) {
    shop.anonymous().post("/api/v1/auth/password-reset", json!({"email": email})).must("200");
}

fn resets(shop: &TestShop, token: &str, password: &str) -> fixture::Response {
    let body = json!({"token": token, "newPassword": password});
    shop.anonymous().post("/api/v1/auth/password-reset/confirm", body)
}

#[test]
fn a_forgotten_password_is_replaced_with_the_token_of_the_mail() {
    let shop = TestShop::open();
    let email = "forgets@example.com";
    let session = signed_in(&shop, email);
    forgets(&shop, "Forgets@Example.com");
    let token = mailed(&shop, "password-reset").pop().unwrap();
    resets(&shop, "another", NEW_PASSWORD).must("400 A014");
    resets(&shop, &token, "iloveyou123").must("400 A012");
    resets(&shop, &token, NEW_PASSWORD).must("200");
    resets(&shop, &token, PASSWORD).must("400 A014");
    refresh(&shop.anonymous(), &session["refreshToken"]).must("401 A004");
    sign_in(&shop.anonymous(), email, PASSWORD).must("401 A005");
    let user = sign_in(&shop.anonymous(), email, NEW_PASSWORD).must("200").json()["data"]["user"].clone();
    assert_eq!(user["emailVerified"], true, "who reads the mails of an address has it");
}

#[test]
fn a_token_of_a_mail_works_in_time_and_an_email_gets_few_of_them() {
    let shop = TestShop::open();
    signed_in(&shop, "slow@example.com");
    for _ in 0..3 {
        forgets(&shop, "slow@example.com");
    }
    assert_eq!(mailed(&shop, "password-reset").len(), 1, "one a minute");
    for _ in 0..10 {
        shop.turn(Duration::from_secs(60));
        forgets(&shop, "slow@example.com");
    }
    let tokens = mailed(&shop, "password-reset");
    assert_eq!(tokens.len(), 5, "five an hour");
    shop.turn(Duration::from_secs(30 * 60));
    resets(&shop, &tokens[0], NEW_PASSWORD).must("400 A014");
}

#[test]
fn asking_for_a_new_password_does_not_say_which_emails_are_known() {
    let shop = TestShop::open();
    signed_in(&shop, "known@example.com");
    let ask = |email: &str| shop.anonymous().post("/api/v1/auth/password-reset", json!({"email": email}));
    let (known, unknown) = (ask("known@example.com").must("200"), ask("unknown@example.com").must("200"));
    assert_eq!(known.body, unknown.body);
    assert_eq!(mailed(&shop, "password-reset").len(), 1);
    ask("not an address").must("400 C002");
}

#[test]
fn an_email_is_verified_with_the_token_of_its_mail() {
    let shop = TestShop::open();
    let session = signed_in(&shop, "verify@example.com");
    assert_eq!(session["user"]["emailVerified"], false);
    let token = mailed(&shop, "email-verification").pop().unwrap();
    let verify = |token: &str| shop.anonymous().post("/api/v1/auth/email-verification", json!({"token": token}));
    resets(&shop, &token, NEW_PASSWORD).must("400 A014");
    verify(&token).must("200");
    verify(&token).must("400 A014");
    let bearer = format!("Bearer {}", session["accessToken"].as_str().unwrap());
    let user = shop.anonymous().with("authorization", &bearer);
    assert_eq!(user.get("/api/v1/users/me").must("200").json()["data"]["emailVerified"], true);
    shop.turn(Duration::from_secs(61));
    user.post("/api/v1/users/me/email-verification", json!({})).must("200");
    assert_eq!(mailed(&shop, "email-verification").len(), 2);
    let list = shop.admin().get("/admin/events").must("200");
    assert!(list.text().contains("\"token\":\"masked\"") && !list.text().contains(&token), "{}", list.text());
}

#[test]
fn a_user_sees_the_sessions_and_signs_out_of_one_and_everywhere() {
    let shop = TestShop::with(1, &[PROXY]);
    let email = "devices@example.com";
    let first = signed_in(&shop, email);
    shop.turn(Duration::from_secs(60));
    let phone = at(&shop, "10.0.0.9").with("user-agent", "Shop for phones 2.1");
    let second = sign_in(&phone, email, PASSWORD).must("200").json()["data"].clone();
    let bearer = format!("Bearer {}", second["accessToken"].as_str().unwrap());
    let me = phone.with("authorization", &bearer);
    let list = me.get("/api/v1/users/me/sessions").must("200").json()["data"].clone();
    let shown = |n: usize, member: &str| list[n][member].clone();
    assert_eq!(list.as_array().unwrap().len(), 2, "{list}");
    assert_eq!((shown(0, "current"), shown(1, "current")), (json!(true), json!(false)));
    assert_eq!((shown(0, "address"), shown(0, "device")), (json!("10.0.0.9"), json!("Shop for phones 2.1")));
    let other = format!("/api/v1/users/me/sessions/{}", shown(1, "id").as_str().unwrap());
    shop.buyer().delete(&other).must("404 C003");
    me.delete(&other).must("200");
    me.delete(&other).must("404 C003");
    refresh(&shop.anonymous(), &first["refreshToken"]).must("401 A004");
    let next = refresh(&phone, &second["refreshToken"]).must("200").json()["data"].clone();
    assert_eq!(me.get("/api/v1/users/me/sessions").must("200").json()["data"].as_array().unwrap().len(), 1);
    me.delete("/api/v1/users/me/sessions").must("200");
    refresh(&shop.anonymous(), &next["refreshToken"]).must("401 A004");
    assert_eq!(me.get("/api/v1/users/me/sessions").must("200").json()["data"], json!([]));
}

#[test]
fn an_administrator_finds_users_by_a_part_of_what_they_are_called() {
    let shop = TestShop::open();
    for (name, real) in [("mina", "김미나"), ("minho", "이민호"), ("joon", "박_준")] {
        let new = json!({"email": format!("{name}@example.com"), "password": PASSWORD, "nickname": format!("{name} 100%"),
            "realName": real});
        shop.anonymous().post("/api/v1/users/signup", new).must("201");
    }
    let find = |query: &str| {
        let found = shop.admin().get(format!("/api/v1/users?{query}")).must("200").json()["data"].clone();
        let users = found["users"].as_array().unwrap().iter();
        let mut emails: Vec<String> = users.map(|user| user["email"].as_str().unwrap().to_owned()).collect();
        assert!(found["next"].is_null(), "everybody was looked at");
        emails.sort();
        emails
    };
    assert_eq!(find("keyword=MIN"), ["mina@example.com", "minho@example.com"]);
    assert_eq!(find("keyword=%EB%AF%BC"), ["minho@example.com"], "a part of a name");
    assert_eq!(find("keyword=n%40example"), ["joon@example.com"]);
    assert_eq!(find("keyword=_"), ["joon@example.com"], "a sign of patterns is a sign");
    assert_eq!(find("keyword=00%25").len(), 3);
    assert_eq!(find("keyword=nobody"), Vec::<String>::new());
    shop.admin().get("/api/v1/users").must("400 C002");
    let mina = shop.admin().get("/api/v1/users?keyword=mina").must("200").word("/users/0/id");
    let one = shop.admin().get(format!("/api/v1/users/{mina}")).must("200");
    assert_eq!((one.word("/email"), one.word("/realName")), ("mina@example.com".to_owned(), "김미나".to_owned()));
    assert!(!one.text().contains("password"), "{}", one.text());
    shop.admin().get(format!("/api/v1/users/{}", shop.buyer().id())).must("404 A011");
    shop.seller().get("/api/v1/users?keyword=mina").must("403 A002");
}
