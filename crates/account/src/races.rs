//! Several people at once. With one writer they only wait for each other; on a server they meet.

use crate::address::SaveAddress;
use crate::ops::{self, FAILURES_MAX, Refreshed};
use crate::user::{Change, SignUp};
use crate::{MODULE, store};
use ::store::{Db, Settings, Tx, args};
use kernel::{Address, AddressId, Code, Result, UserId};
use ports::ManualClock;
use std::{sync::Arc, time::Duration};
use testdb::Space;
use tokio::task::JoinSet;

const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// Times each meeting is played.
const ROUNDS: usize = 3;

struct Crowd {
    db: Db,
    mina: UserId,
    _space: Space,
}

impl Crowd {
    async fn open() -> Crowd {
        let space = Space::open();
        let settings = Settings::throwaway(space.url().parse().unwrap(), Arc::new(ManualClock::default()));
        let db = Db::open(Settings { writers: 12, ..settings }).unwrap();
        db.migrate(::store::MIGRATIONS.iter().chain(MODULE.migrations).copied().collect()).await.unwrap();
        let sign_up = |tx: &mut Tx<'_>| {
            let new = SignUp {
                email: "mina@shop.kr".to_owned(),
                password: "달항아리 하나".to_owned(),
                nickname: "Mina".to_owned(),
                real_name: None,
                marketing_agree: false,
            };
            ops::sign_up(tx, &new, "hash")
        };
        let mina = db.write("race.sign-up", sign_up).await.unwrap().id;
        Crowd { db, mina, _space: space }
    }

    /// `count` people do it at the same moment; each is given its number.
    async fn all<T: Send + 'static>(
        &self,
        count: usize,
        work: impl Fn(&mut Tx<'_>, usize) -> Result<T> + Clone + Send + 'static,
    ) -> Vec<Result<T>> {
        let mut people = JoinSet::new();
        for n in 0..count {
            let (db, work) = (self.db.clone(), work.clone());
            people.spawn(async move { db.write("race", move |tx| work(tx, n)).await });
        }
        people.join_all().await
    }

    async fn live_tokens(&self) -> i64 {
        let count = "select count(*) from refresh_tokens where ended_at is null";
        self.db.read("race.tokens", move |tx| tx.query_one(count, args![], |row| row.get(0))).await.unwrap()
    }

    async fn close(self) {
        assert_eq!(self.db.read("race.audit", store::audit).await.unwrap(), vec![]);
    }
}

fn codes<T>(answers: &[Result<T>]) -> Vec<Code> {
    answers.iter().filter_map(|answer| answer.as_ref().err().map(kernel::Error::code)).collect()
}

fn home(is_default: bool) -> SaveAddress {
    let address = Address {
        receiver_name: "김미나".to_owned(),
        receiver_phone: "010-1234-5678".to_owned(),
        zip_code: "04524".to_owned(),
        address1: "세종대로 110".to_owned(),
        address2: None,
    };
    SaveAddress { label: None, address, is_default }
}

#[tokio::test]
async fn guesses_side_by_side_gain_nothing() {
    let crowd = Crowd::open().await;
    let tried = crowd.all(30, |tx, _| ops::begin_sign_in(tx, "mina@shop.kr")).await;
    let refused = codes(&tried);
    assert_eq!(tried.len() - refused.len(), FAILURES_MAX as usize);
    assert!(refused.iter().all(|code| *code == Code::TooManySignIns), "{refused:?}");
    crowd.close().await;
}

#[tokio::test]
async fn of_many_addresses_changed_at_once_one_is_the_default() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open().await;
        let mina = crowd.mina;
        let saved = crowd.all(12, move |tx, n| ops::save_address(tx, &mina, &home(n.is_multiple_of(2)))).await;
        let ids: Vec<AddressId> = saved.into_iter().map(|saved| saved.unwrap().id).collect();
        let change = move |tx: &mut Tx<'_>, n: usize| match n % 3 {
            0 => ops::forget_address(tx, &mina, ids[n % ids.len()]),
            _ => ops::change_address(tx, &mina, ids[n % ids.len()], &home(n.is_multiple_of(2))).map(|_| ()),
        };
        let refused = codes(&crowd.all(24, change).await);
        assert!(refused.iter().all(|code| *code == Code::AddressNotFound), "{refused:?}");
        let left = crowd.db.read("race.addresses", move |tx| ops::addresses(tx, &mina)).await.unwrap();
        assert_eq!(left.iter().filter(|one| one.is_default).count(), 1);
        crowd.close().await;
    }
}

#[tokio::test]
async fn changes_that_name_no_version_all_count() {
    let crowd = Crowd::open().await;
    let mina = crowd.mina;
    let change = move |tx: &mut Tx<'_>, n: usize| {
        let change = Change { nickname: format!("Mina {n}"), real_name: None, marketing_agree: true, version: None };
        ops::change(tx, &mina, &change)
    };
    assert_eq!(codes(&crowd.all(12, change).await), []);
    crowd.close().await;
}

/// Goes on with a session until it is ended; gives why it ended.
async fn goes_on(db: Db, mut token: String) -> Code {
    loop {
        let used = token.clone();
        match db.write("race.refresh", move |tx| ops::refresh(tx, &used, WEEK)).await {
            Ok(Refreshed::Session(session)) => token = session.refresh_token,
            Ok(Refreshed::Reused) => return Code::RefreshTokenReused,
            Err(error) => return error.code(),
        }
    }
}

#[tokio::test]
async fn a_session_that_goes_on_while_it_is_ended_ends() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open().await;
        let mina = crowd.mina;
        let begun = crowd.db.write("race.sign-in", move |tx| ops::sign_in(tx, &mina, "hash", WEEK)).await.unwrap();
        let (stolen, first) = (begun.refresh_token.clone(), begun.refresh_token);
        let next = crowd.db.write("race.refresh", move |tx| ops::refresh(tx, &first, WEEK)).await.unwrap();
        let Refreshed::Session(next) = next else { panic!("the first use") };
        let holder = tokio::spawn(goes_on(crowd.db.clone(), next.refresh_token));
        let thief = crowd.db.write("race.refresh", move |tx| ops::refresh(tx, &stolen, WEEK)).await.unwrap();
        assert!(matches!(thief, Refreshed::Reused));
        let ended = tokio::time::timeout(Duration::from_secs(20), holder).await.expect("the session ends").unwrap();
        assert_eq!((ended, crowd.live_tokens().await), (Code::TokenInvalid, 0));
        crowd.close().await;
    }
}

#[tokio::test]
async fn no_session_begun_with_the_old_password_outlives_it() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open().await;
        let mina = crowd.mina;
        let answers = crowd
            .all(16, move |tx, n| match n {
                8 => ops::change_password(tx, &mina, "hash", "newer"),
                _ => ops::sign_in(tx, &mina, "hash", WEEK).map(|_| ()),
            })
            .await;
        let refused = codes(&answers);
        assert!(refused.iter().all(|code| *code == Code::WrongCredentials), "{refused:?}");
        assert_eq!(crowd.live_tokens().await, 0);
        crowd.close().await;
    }
}
