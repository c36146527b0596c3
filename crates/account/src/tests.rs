//! The operations against a real database.

use crate::address::SaveAddress;
use crate::ops::{self, Attempt, FAILURES_MAX, FAILURES_WITHIN, Lifetimes, Refreshed};
use crate::tasks::FORGOTTEN;
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
        self.write(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "hash", WEEK)).unwrap().id
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

const HOME: &str = "10.0.0.1";
const ELSEWHERE: &str = "10.9.9.9";

/// Somebody at this address who says Mina's password.
fn from(address: &str) -> Attempt {
    let email = "mina@shop.kr".to_owned();
    Attempt { typed: email.clone(), email, address: address.to_owned(), holder: None, device: None }
}

fn to_change(id: &UserId) -> Attempt {
    ops::attempt_to_change(id, ELSEWHERE.to_owned())
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

/// Deletes a piece of all that is too old, as the tasks do.
fn forget(tx: &mut Tx<'_>) -> Result<u64> {
    let now = tx.now();
    FORGOTTEN.into_iter().try_fold(0, |sum, (_, rows, keep)| Ok(sum + rows.delete_before(tx, now.before(keep))?))
}

#[test]
fn an_email_belongs_to_one_user() {
    let people = People::open();
    people.mina();
    assert_eq!(code(people.write(|tx| ops::prepare_sign_up(tx, "mina@shop.kr"))), Code::EmailTaken);
    assert_eq!(code(people.write(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "x", WEEK))), Code::EmailTaken);
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
    let first = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
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
    let first = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
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
    let late = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
    people.clock.advance(WEEK);
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &late, LIFETIMES))), Code::TokenExpired);
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
    let gone = token.clone();
    people.write(move |tx| ops::sign_out(tx, &gone)).unwrap();
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::TokenInvalid);
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
    people.write(move |tx| ops::change_password(tx, &id, "hash", "new", &to_change(&id))).unwrap();
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::TokenInvalid);
}

/// So many wrong passwords for Mina's account; gives the code of the last refusal.
fn guesses(people: &People, count: i64, attempt: &Attempt) -> Code {
    let guess = |_| {
        let attempt = attempt.clone();
        people.write(move |tx| ops::wrong_password(tx, &attempt)).unwrap().code()
    };
    (0..count).map(guess).last().expect("at least one")
}

fn begins(people: &People, attempt: &Attempt) -> Result<bool> {
    let attempt = attempt.clone();
    people.write(move |tx| ops::begin_sign_in(tx, &attempt)).map(|found| found.is_some())
}

#[test]
fn wrong_passwords_make_their_address_wait_and_no_other() {
    let people = People::open();
    let id = people.mina();
    assert_eq!(guesses(&people, FAILURES_MAX, &from(ELSEWHERE)), Code::WrongCredentials);
    let refused = begins(&people, &from(ELSEWHERE)).unwrap_err();
    assert_eq!((refused.code(), refused.retry_after_s()), (Code::TooManySignIns, Some(900)));
    assert!(begins(&people, &from(HOME)).unwrap(), "the owner is not concerned");
    // a right guess that was compared before the wrong ones were counted opens nothing
    let late = from(ELSEWHERE);
    let late = people.write(move |tx| ops::sign_in(tx, &id, "hash", &late, WEEK));
    assert_eq!(code(late), Code::TooManySignIns);
    people.clock.advance(FAILURES_WITHIN);
    assert!(begins(&people, &from(ELSEWHERE)).unwrap());
}

#[test]
fn attempts_that_never_come_to_the_comparison_do_not_count() {
    let people = People::open();
    let id = people.mina();
    for _ in 0..3 * FAILURES_MAX {
        assert!(begins(&people, &from(ELSEWHERE)).unwrap());
    }
    guesses(&people, FAILURES_MAX - 1, &from(ELSEWHERE));
    people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(ELSEWHERE), WEEK)).unwrap();
    assert_eq!(people.write(|tx| store::failures(tx, "mina@shop.kr", ELSEWHERE)).unwrap(), None);
}

#[test]
fn an_address_that_signed_in_before_and_a_signed_in_caller_never_wait() {
    let people = People::open();
    let id = people.mina();
    people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap();
    assert_eq!(guesses(&people, 3 * FAILURES_MAX, &from(HOME)), Code::WrongCredentials);
    assert!(begins(&people, &from(HOME)).unwrap());
    guesses(&people, FAILURES_MAX, &from(ELSEWHERE));
    let signed_in = Attempt { holder: Some(id), ..from(ELSEWHERE) };
    assert!(begins(&people, &signed_in).unwrap());
    let other = Attempt { holder: Some(UserId::new(uuid::Uuid::nil())), ..from(ELSEWHERE) };
    assert_eq!(code(begins(&people, &other)), Code::TooManySignIns);
    people.clock.advance(Duration::from_secs(181 * 86_400));
    people.write(forget).unwrap();
    guesses(&people, FAILURES_MAX, &from(HOME));
    assert_eq!(code(begins(&people, &from(HOME))), Code::TooManySignIns, "it was not seen for half a year");
}

#[test]
fn an_account_older_than_the_folding_of_emails_signs_in() {
    let people = People::open();
    let id = people.mina();
    people.write(|tx| tx.exec("update users set email = 'straße@shop.kr'", args![])).unwrap();
    let typed = Attempt { email: "strasse@shop.kr".to_owned(), typed: " Straße@shop.kr ".to_owned(), ..from(HOME) };
    for _ in 0..=FAILURES_MAX {
        let typed = typed.clone();
        assert!(begins(&people, &typed).unwrap());
        people.write(move |tx| ops::sign_in(tx, &id, "hash", &typed, WEEK)).unwrap();
    }
}

/// Accounts of an older version, which folded nothing but letters in Latin: e-mails with the time of their sign-up.
fn older(people: &People, emails: &[(&'static str, i64)]) -> Vec<UserId> {
    let made = |(email, at): &(&'static str, i64)| {
        let (email, at) = (*email, *at);
        let id = people.write(move |tx| ops::sign_up(tx, &sign_up(&format!("{at}@shop.kr")), email, WEEK)).unwrap().id;
        let set = "update users set email = ?, email_key = null, created_at = ? where id = ?";
        people.write(move |tx| tx.exec(set, args![email, at, id])).unwrap();
        id
    };
    let ids = emails.iter().map(made).collect();
    for _ in 0..2 {
        people.wait(people.db().backfill(MODULE.backfills.to_vec())).unwrap();
    }
    ids
}

/// Who signs in with what is typed.
fn who(people: &People, typed: &'static str) -> Option<UserId> {
    let email = crate::user::email(typed).unwrap();
    let attempt = Attempt { email, typed: typed.to_owned(), ..from(HOME) };
    people.write(move |tx| ops::begin_sign_in(tx, &attempt)).unwrap().map(|(user, _)| user.id)
}

#[test]
fn an_account_is_found_by_every_spelling_of_its_email_also_when_an_older_version_stored_it() {
    let people = People::open();
    let ids = older(&people, &[("straße@shop.kr", 5), ("jose\u{301}@shop.kr", 6)]);
    for (typed, id) in [
        ("straße@shop.kr", ids[0]),
        ("STRASSE@shop.kr", ids[0]),
        ("José@shop.kr", ids[1]),
        ("JOSE\u{301}@ｓｈｏｐ.kr", ids[1]),
    ] {
        assert_eq!(who(&people, typed), Some(id), "{typed}");
        let email = crate::user::email(typed).unwrap();
        assert_eq!(code(people.write(move |tx| ops::prepare_sign_up(tx, &email))), Code::EmailTaken, "{typed}");
        let email = crate::user::email(typed).unwrap();
        assert_eq!(code(people.write(move |tx| ops::sign_up(tx, &sign_up(&email), "x", WEEK))), Code::EmailTaken);
        let granted = people.write(move |tx| ops::grant(tx, typed, Roles::of(Role::Admin))).unwrap();
        assert_eq!(granted.id, id, "{typed}");
    }
    assert_eq!(who(&people, "nobody@shop.kr"), None);
}

#[test]
fn accounts_of_one_email_from_an_older_shop_stay_apart() {
    let people = People::open();
    let ids = older(&people, &[("strasse@shop.kr", 9), ("straße@shop.kr", 5), ("ｓtrasse@shop.kr", 7)]);
    // each opens by its own spelling, and the oldest by every other one
    for (typed, id) in [
        ("Strasse@shop.kr", ids[0]),
        ("straße@shop.kr", ids[1]),
        ("ｓtrasse@shop.kr", ids[2]),
        ("STRAßE@SHOP.KR", ids[1]),
        ("strasse@ｓｈｏｐ.kr", ids[1]),
    ] {
        assert_eq!(who(&people, typed), Some(id), "{typed}");
    }
    let again = people.write(|tx| ops::sign_up(tx, &sign_up("strasse@shop.kr"), "x", WEEK));
    assert_eq!(code(again), Code::EmailTaken);
}

#[test]
fn an_unknown_email_must_wait_like_a_known_one() {
    let people = People::open();
    assert_eq!(guesses(&people, FAILURES_MAX, &from(HOME)), Code::WrongCredentials);
    assert_eq!(guesses(&people, 1, &from(HOME)), Code::TooManySignIns);
    assert_eq!(code(begins(&people, &from(HOME))), Code::TooManySignIns);
}

#[test]
fn a_sign_in_that_checked_an_old_password_opens_no_session() {
    let people = People::open();
    let id = people.mina();
    people.write(move |tx| ops::change_password(tx, &id, "hash", "newer", &to_change(&id))).unwrap();
    assert_eq!(code(people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK))), Code::WrongCredentials);
    assert_eq!(
        code(people.write(move |tx| ops::change_password(tx, &id, "hash", "x", &to_change(&id)))),
        Code::WrongCredentials
    );
    people.write(move |tx| ops::sign_in(tx, &id, "newer", &from(HOME), WEEK)).unwrap();
}

#[test]
fn guesses_of_the_old_password_with_a_stolen_token_are_limited_where_its_owner_never_was() {
    let people = People::open();
    let id = people.mina();
    people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap();
    let guess = |attempt: &Attempt| {
        let attempt = attempt.clone();
        people.write(move |tx| ops::wrong_current_password(tx, &id, &attempt)).unwrap();
    };
    let (thief, owner) = (to_change(&id), ops::attempt_to_change(&id, HOME.to_owned()));
    for _ in 0..FAILURES_MAX {
        guess(&thief);
        guess(&owner);
    }
    let refused = people.write(move |tx| ops::begin_password_change(tx, &id, &thief));
    assert_eq!(code(refused), Code::TooManySignIns);
    let of_owner = owner.clone();
    people.write(move |tx| ops::begin_password_change(tx, &id, &of_owner)).unwrap();
    people.write(move |tx| ops::change_password(tx, &id, "hash", "newer", &owner)).unwrap();
    assert!(begins(&people, &from(ELSEWHERE)).unwrap(), "signing in is counted apart");
}

#[test]
fn a_closed_account_neither_signs_in_nor_refreshes() {
    let people = People::open();
    let id = people.mina();
    let token = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
    people.write(move |tx| tx.exec("update users set status = 'DISABLED'", &[])).unwrap();
    assert_eq!(code(people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK))), Code::AccountDisabled);
    assert_eq!(code(people.write(move |tx| ops::refresh(tx, &token, LIFETIMES))), Code::AccountDisabled);
}

#[test]
fn what_has_expired_is_deleted_in_batches_and_the_rest_is_kept() {
    let people = People::open();
    let id = people.mina();
    for _ in 0..4 {
        let many = move |tx: &mut Tx<'_>| {
            (0..300).try_for_each(|_| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK).map(|_| ()))
        };
        people.write(many).unwrap();
        people.clock.advance(Duration::from_millis(1));
    }
    people.clock.advance(WEEK + Duration::from_secs(1));
    let young = people.write(move |tx| ops::sign_in(tx, &id, "hash", &from(HOME), WEEK)).unwrap().refresh_token;
    let mut forgotten = Vec::new();
    while forgotten.last() != Some(&0) {
        forgotten.push(people.write(forget).unwrap());
    }
    // 1,200 tokens and as many sessions, about 500 of each at once, and the token that verifies the e-mail
    assert_eq!(forgotten, [1_201, 1_200, 0]);
    assert!(people.write(move |tx| ops::refresh(tx, &young, LIFETIMES)).is_ok());
}

#[test]
fn a_change_of_an_old_version_is_refused() {
    let people = People::open();
    let id = people.mina();
    let change = |version| Change { nickname: "Mi".to_owned(), real_name: None, marketing_agree: true, version };
    let changed = people.write(move |tx| ops::change(tx, &id, &change(Some(1)))).unwrap();
    assert_eq!((changed.version, changed.nickname.as_str()), (2, "Mi"));
    assert_eq!(code(people.write(move |tx| ops::change(tx, &id, &change(Some(1))))), Code::OutdatedVersion);
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
