//! The operations against a real database.

use crate::address::SaveAddress;
use crate::ops::{self, FAILURES_MAX, FAILURES_WITHIN, Lifetimes, Refreshed};
use crate::user::{Change, SignUp};
use crate::{MODULE, store};
use ::store::{Tx, args};
use fixture::Fixture;
use kernel::{Address, Code, Result, Timestamp, UserId};
use std::{ops::Deref, time::Duration};
use web::{Role, Roles, SecretText};

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const LIFETIMES: Lifetimes = Lifetimes { ttl: WEEK, grace: Duration::from_secs(10) };

struct People(Fixture);

impl Deref for People {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl People {
    fn open() -> People {
        let people = Fixture::of(&[MODULE]);
        people.clock.set(Timestamp::from_millis(1_770_000_000_000));
        People(people)
    }

    fn mina(&self) -> UserId {
        self.write(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "hash")).unwrap().id
    }
}

fn sign_up(email: &str) -> SignUp {
    SignUp {
        email: email.to_owned(),
        password: SecretText("달항아리 하나".to_owned()),
        nickname: "Mina".to_owned(),
        real_name: None,
        marketing_agree: false,
    }
}

fn save(is_default: bool) -> SaveAddress {
    let address = Address {
        receiver_name: "김미나".to_owned(),
        receiver_phone: "010-1234-5678".to_owned(),
        zip_code: "04524".to_owned(),
        address1: "서울시 중구 세종대로 110".to_owned(),
        address2: None,
    };
    SaveAddress { label: None, address, is_default }
}

fn code<T>(result: Result<T>) -> Code {
    result.map(|_| ()).unwrap_err().code()
}

#[test]
fn an_email_belongs_to_one_user() {
    let people = People::open();
    people.mina();
    assert_eq!(code(people.write(|tx| ops::prepare_sign_up(tx, "mina@shop.kr"))), Code::EmailTaken);
    assert_eq!(code(people.write(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "x"))), Code::EmailTaken);
}

/// Refreshes with this token; gives the next one, or nothing when it counts as stolen.
fn refreshed(people: &People, token: &str) -> Option<String> {
    let token = token.to_owned();
    match people.write(move |tx| ops::refresh(tx, &token, LIFETIMES)).unwrap() {
        Refreshed::Session(session) => Some(session.refresh_token),
        Refreshed::Reused => None,
    }
}

#[test]
fn a_refresh_token_used_again_later_ends_the_session() {
    let people = People::open();
    let id = people.mina();
    let first = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    let second = refreshed(&people, &first).expect("the first use is good");
    people.clock.advance(LIFETIMES.grace);
    assert_eq!(refreshed(&people, &first), None);
    // the thief, or the owner, holds the second token: it is worth nothing now
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &second, LIFETIMES))), Code::TokenInvalid);
}

#[test]
fn two_tabs_that_refresh_at_once_continue_one_session() {
    let people = People::open();
    let id = people.mina();
    let first = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    let second = refreshed(&people, &first).unwrap();
    people.clock.advance(LIFETIMES.grace - Duration::from_millis(1));
    assert_eq!(refreshed(&people, &first).as_ref(), Some(&second));
    // one tab goes on with the successor, and the other one still gets it
    let third = refreshed(&people, &second).unwrap();
    assert_eq!(refreshed(&people, &first), Some(second));
    people.clock.advance(LIFETIMES.grace);
    assert!(refreshed(&people, &third).is_some());
}

#[test]
fn a_session_ends_by_time_by_signing_out_and_by_a_new_password() {
    let people = People::open();
    let id = people.mina();
    let late = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    people.clock.advance(WEEK);
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &late, LIFETIMES))), Code::TokenExpired);
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    let gone = token.clone();
    people.write(move |tx| ops::sign_out(tx, &gone)).unwrap();
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::TokenInvalid);
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    people.write(move |tx| ops::change_password(tx, &id, "hash", "new")).unwrap();
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::TokenInvalid);
}

#[test]
fn failed_sign_ins_make_an_email_wait() {
    let people = People::open();
    let id = people.mina();
    for _ in 0..FAILURES_MAX {
        assert!(people.write(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).unwrap().is_some());
    }
    let refused = people.write(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).unwrap_err();
    assert_eq!(refused.code(), Code::TooManySignIns);
    assert_eq!(refused.retry_after_s(), Some(900));
    people.clock.advance(FAILURES_WITHIN);
    assert!(people.write(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).is_ok());
    people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap();
    assert_eq!(people.write(|tx| store::failures(tx, "mina@shop.kr")).unwrap(), None);
}

#[test]
fn an_account_older_than_the_folding_of_emails_signs_in() {
    let people = People::open();
    let id = people.mina();
    people.write(|tx| tx.exec("update users set email = 'straße@shop.kr'", args![])).unwrap();
    for _ in 0..=FAILURES_MAX {
        let typed = |tx: &mut Tx<'_>| ops::begin_sign_in_typed(tx, "strasse@shop.kr", " Straße@shop.kr ");
        assert_eq!(people.write(typed).unwrap().unwrap().0.id, id);
        people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap();
    }
}

#[test]
fn an_unknown_email_must_wait_like_a_known_one() {
    let people = People::open();
    for _ in 0..FAILURES_MAX {
        assert!(people.write(|tx| ops::begin_sign_in(tx, "no@shop.kr")).unwrap().is_none());
    }
    assert_eq!(code(people.write(|tx| ops::begin_sign_in(tx, "no@shop.kr"))), Code::TooManySignIns);
}

#[test]
fn a_sign_in_that_checked_an_old_password_opens_no_session() {
    let people = People::open();
    let id = people.mina();
    people.write(move |tx| ops::change_password(tx, &id, "hash", "newer")).unwrap();
    assert_eq!(code(people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK))), Code::WrongCredentials);
    assert_eq!(code(people.write(move |tx| ops::change_password(tx, &id, "hash", "x"))), Code::WrongCredentials);
    people.write(move |tx| ops::sign_in(tx, &id, "newer", WEEK)).unwrap();
}

#[test]
fn guesses_of_the_old_password_with_a_stolen_token_are_limited_too() {
    let people = People::open();
    let id = people.mina();
    for _ in 0..FAILURES_MAX {
        people.write(move |tx| ops::begin_password_change(tx, &id)).unwrap();
    }
    assert_eq!(code(people.write(move |tx| ops::begin_password_change(tx, &id))), Code::TooManySignIns);
    people.write(move |tx| ops::change_password(tx, &id, "hash", "newer")).unwrap();
    people.write(move |tx| ops::begin_password_change(tx, &id)).unwrap();
}

#[test]
fn a_closed_account_neither_signs_in_nor_refreshes() {
    let people = People::open();
    let id = people.mina();
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    people.write(move |tx| tx.exec("update users set status = 'DISABLED'", &[])).unwrap();
    assert_eq!(code(people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK))), Code::AccountDisabled);
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::AccountDisabled);
}

#[test]
fn what_has_expired_is_deleted_in_batches_and_the_rest_is_kept() {
    let people = People::open();
    let id = people.mina();
    let many = move |tx: &mut Tx<'_>| (0..700).try_for_each(|_| ops::sign_in(tx, &id, "hash", WEEK).map(|_| ()));
    people.write(many).unwrap();
    people.clock.advance(WEEK + Duration::from_secs(1));
    let young = people.write(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).unwrap().refresh_token;
    let mut forgotten = Vec::new();
    while forgotten.last() != Some(&0) {
        let piece = people.write(|tx| {
            let now = tx.now();
            ops::forget_expired(tx, now)
        });
        forgotten.push(piece.unwrap());
    }
    assert_eq!(forgotten, [500, 200, 0]);
    assert!(people.write(move |tx| ops::refresh(tx, &young, LIFETIMES)).is_ok());
}

#[test]
fn a_change_of_an_old_version_is_refused() {
    let people = People::open();
    let id = people.mina();
    let change = |version| Change { nickname: "Mi".to_owned(), real_name: None, marketing_agree: true, version };
    let changed = people.write(move |tx| ops::change(tx, &id, &change(Some(1)))).unwrap();
    assert_eq!((changed.version, changed.nickname.as_str()), (2, "Mi"));
    assert_eq!(code(people.write(move |tx| ops::change(tx, &id, &change(Some(1))))), Code::StaleVersion);
}

#[test]
fn roles_are_granted_with_what_they_include() {
    let people = People::open();
    people.mina();
    let user = people.write(|tx| ops::grant(tx, "mina@shop.kr", Roles::of(Role::Seller))).unwrap();
    assert_eq!(user.roles, ["USER", "SELLER"]);
    assert!(user.rights().includes(Role::Seller) && !user.rights().includes(Role::Admin));
    assert_eq!(code(people.write(|tx| ops::grant(tx, "no@shop.kr", Roles::of(Role::Admin)))), Code::UserNotFound);
}

#[test]
fn one_address_is_the_default() {
    let people = People::open();
    let id = people.mina();
    let first = people.write(move |tx| ops::save_address(tx, &id, &save(false))).unwrap();
    assert!(first.is_default, "the first always is");
    let second = people.write(move |tx| ops::save_address(tx, &id, &save(true))).unwrap();
    let list = people.write(move |tx| ops::addresses(tx, &id)).unwrap();
    assert_eq!(list.iter().map(|a| (a.id, a.is_default)).collect::<Vec<_>>(), [(second.id, true), (first.id, false)]);
    people.write(move |tx| ops::forget_address(tx, &id, second.id)).unwrap();
    assert!(people.write(move |tx| ops::addresses(tx, &id)).unwrap()[0].is_default);
    let other = UserId::new(uuid::Uuid::nil());
    assert_eq!(code(people.write(move |tx| ops::forget_address(tx, &other, first.id))), Code::AddressNotFound);
}
