//! The operations against a real database.

use crate::address::SaveAddress;
use crate::ops::{self, FAILURES_MAX, FAILURES_WITHIN, Refreshed};
use crate::user::{Change, SignUp};
use crate::{MODULE, store};
use ::store::{Db, Settings, Tx};
use kernel::{Address, Code, Result, Timestamp, UserId};
use ports::ManualClock;
use std::{sync::Arc, time::Duration};
use testdb::Space;
use web::{Role, Roles};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

struct People {
    db: Db,
    clock: Arc<ManualClock>,
    _space: Space,
}

impl People {
    async fn open() -> People {
        let space = Space::open();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_770_000_000_000)));
        let db = Db::open(Settings::throwaway(space.url().parse().unwrap(), clock.clone())).unwrap();
        let migrations = ::store::MIGRATIONS.iter().chain(MODULE.migrations).copied().collect();
        db.migrate(migrations).await.unwrap();
        db.prepare_all(store::STATEMENTS.to_vec()).await.unwrap();
        People { db, clock, _space: space }
    }

    async fn tx<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.db.write("test", work).await
    }

    async fn mina(&self) -> UserId {
        self.tx(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "hash")).await.unwrap().id
    }

    async fn close(self) {
        assert_eq!(self.tx(store::audit).await.unwrap(), vec![]);
    }
}

fn sign_up(email: &str) -> SignUp {
    SignUp {
        email: email.to_owned(),
        password: "달항아리 하나".to_owned(),
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

#[tokio::test]
async fn an_email_belongs_to_one_user() {
    let people = People::open().await;
    people.mina().await;
    assert_eq!(code(people.tx(|tx| ops::prepare_sign_up(tx, "mina@shop.kr")).await), Code::EmailTaken);
    assert_eq!(code(people.tx(|tx| ops::sign_up(tx, &sign_up("mina@shop.kr"), "x")).await), Code::EmailTaken);
    people.close().await;
}

#[tokio::test]
async fn a_refresh_token_used_again_ends_the_session() {
    let people = People::open().await;
    let id = people.mina().await;
    let first = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    let token = first.clone();
    let second = match people.tx(move |tx| ops::refresh(tx, &token, WEEK)).await.unwrap() {
        Refreshed::Session(session) => session.refresh_token,
        Refreshed::Reused => panic!("the first use is good"),
    };
    let token = first.clone();
    assert!(matches!(people.tx(move |tx| ops::refresh(tx, &token, WEEK)).await.unwrap(), Refreshed::Reused));
    // the thief, or the owner, holds the second token: it is worth nothing now
    assert_eq!(code(people.tx(move |tx| ops::refresh(tx, &second, WEEK)).await), Code::TokenInvalid);
    people.close().await;
}

#[tokio::test]
async fn a_session_ends_by_time_by_signing_out_and_by_a_new_password() {
    let people = People::open().await;
    let id = people.mina().await;
    let late = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    people.clock.advance(WEEK);
    assert_eq!(code(people.tx(move |tx| ops::refresh(tx, &late, WEEK)).await), Code::TokenExpired);
    let token = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    let gone = token.clone();
    people.tx(move |tx| ops::sign_out(tx, &gone)).await.unwrap();
    assert_eq!(code(people.tx(move |tx| ops::refresh(tx, &token, WEEK)).await), Code::TokenInvalid);
    let token = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    people.tx(move |tx| ops::change_password(tx, &id, "hash", "new")).await.unwrap();
    assert_eq!(code(people.tx(move |tx| ops::refresh(tx, &token, WEEK)).await), Code::TokenInvalid);
    people.close().await;
}

#[tokio::test]
async fn failed_sign_ins_make_an_email_wait() {
    let people = People::open().await;
    let id = people.mina().await;
    for _ in 0..FAILURES_MAX {
        assert!(people.tx(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).await.unwrap().is_some());
    }
    let refused = people.tx(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).await.unwrap_err();
    assert_eq!(refused.code(), Code::TooManySignIns);
    assert_eq!(refused.retry_after_s(), Some(900));
    people.clock.advance(FAILURES_WITHIN);
    assert!(people.tx(|tx| ops::begin_sign_in(tx, "mina@shop.kr")).await.is_ok());
    people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap();
    assert_eq!(people.tx(|tx| store::failures(tx, "mina@shop.kr")).await.unwrap(), None);
    people.close().await;
}

#[tokio::test]
async fn an_unknown_email_must_wait_like_a_known_one() {
    let people = People::open().await;
    for _ in 0..FAILURES_MAX {
        assert!(people.tx(|tx| ops::begin_sign_in(tx, "no@shop.kr")).await.unwrap().is_none());
    }
    assert_eq!(code(people.tx(|tx| ops::begin_sign_in(tx, "no@shop.kr")).await), Code::TooManySignIns);
    people.close().await;
}

#[tokio::test]
async fn a_password_changed_meanwhile_opens_nothing() {
    let people = People::open().await;
    let id = people.mina().await;
    people.tx(move |tx| ops::change_password(tx, &id, "hash", "newer")).await.unwrap();
    assert_eq!(code(people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await), Code::WrongCredentials);
    assert_eq!(code(people.tx(move |tx| ops::change_password(tx, &id, "hash", "x")).await), Code::WrongCredentials);
    people.tx(move |tx| ops::sign_in(tx, &id, "newer", WEEK)).await.unwrap();
    people.close().await;
}

#[tokio::test]
async fn guessing_the_old_password_with_a_stolen_token_ends_too() {
    let people = People::open().await;
    let id = people.mina().await;
    for _ in 0..FAILURES_MAX {
        people.tx(move |tx| ops::begin_password_change(tx, &id)).await.unwrap();
    }
    assert_eq!(code(people.tx(move |tx| ops::begin_password_change(tx, &id)).await), Code::TooManySignIns);
    people.tx(move |tx| ops::change_password(tx, &id, "hash", "newer")).await.unwrap();
    people.tx(move |tx| ops::begin_password_change(tx, &id)).await.unwrap();
    people.close().await;
}

#[tokio::test]
async fn a_closed_account_neither_signs_in_nor_goes_on() {
    let people = People::open().await;
    let id = people.mina().await;
    let token = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    people.tx(move |tx| tx.exec("update users set status = 'DISABLED'", &[])).await.unwrap();
    assert_eq!(code(people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await), Code::AccountDisabled);
    assert_eq!(code(people.tx(move |tx| ops::refresh(tx, &token, WEEK)).await), Code::AccountDisabled);
    people.close().await;
}

#[tokio::test]
async fn what_has_expired_is_forgotten_in_pieces_and_the_rest_is_kept() {
    let people = People::open().await;
    let id = people.mina().await;
    let many = move |tx: &mut Tx<'_>| (0..700).try_for_each(|_| ops::sign_in(tx, &id, "hash", WEEK).map(|_| ()));
    people.tx(many).await.unwrap();
    people.clock.advance(WEEK + Duration::from_secs(1));
    let young = people.tx(move |tx| ops::sign_in(tx, &id, "hash", WEEK)).await.unwrap().refresh_token;
    let mut forgotten = Vec::new();
    while forgotten.last() != Some(&0) {
        let piece = people.tx(|tx| {
            let now = tx.now();
            ops::forget_expired(tx, now)
        });
        forgotten.push(piece.await.unwrap());
    }
    assert_eq!(forgotten, [500, 200, 0]);
    assert!(people.tx(move |tx| ops::refresh(tx, &young, WEEK)).await.is_ok());
    people.close().await;
}

#[tokio::test]
async fn a_stale_change_is_refused() {
    let people = People::open().await;
    let id = people.mina().await;
    let change = |version| Change { nickname: "Mi".to_owned(), real_name: None, marketing_agree: true, version };
    let changed = people.tx(move |tx| ops::change(tx, &id, &change(Some(1)))).await.unwrap();
    assert_eq!((changed.version, changed.nickname.as_str()), (2, "Mi"));
    assert_eq!(code(people.tx(move |tx| ops::change(tx, &id, &change(Some(1)))).await), Code::StaleVersion);
    people.close().await;
}

#[tokio::test]
async fn roles_are_granted_with_what_they_include() {
    let people = People::open().await;
    people.mina().await;
    let user = people.tx(|tx| ops::grant(tx, "mina@shop.kr", Roles::of(Role::Seller))).await.unwrap();
    assert_eq!(user.roles, ["USER", "SELLER"]);
    assert!(user.rights().includes(Role::Seller) && !user.rights().includes(Role::Admin));
    assert_eq!(code(people.tx(|tx| ops::grant(tx, "no@shop.kr", Roles::of(Role::Admin))).await), Code::UserNotFound);
    people.close().await;
}

#[tokio::test]
async fn one_address_is_the_default() {
    let people = People::open().await;
    let id = people.mina().await;
    let first = people.tx(move |tx| ops::save_address(tx, &id, &save(false))).await.unwrap();
    assert!(first.is_default, "the first always is");
    let second = people.tx(move |tx| ops::save_address(tx, &id, &save(true))).await.unwrap();
    let list = people.tx(move |tx| ops::addresses(tx, &id)).await.unwrap();
    assert_eq!(list.iter().map(|a| (a.id, a.is_default)).collect::<Vec<_>>(), [(second.id, true), (first.id, false)]);
    people.tx(move |tx| ops::forget_address(tx, &id, second.id)).await.unwrap();
    assert!(people.tx(move |tx| ops::addresses(tx, &id)).await.unwrap()[0].is_default);
    let other = UserId::new(uuid::Uuid::nil());
    assert_eq!(code(people.tx(move |tx| ops::forget_address(tx, &other, first.id)).await), Code::AddressNotFound);
    people.close().await;
}
