//! Several people at once. SQLite has one writer, so there they wait for each other; on a server their transactions overlap.

use crate::MODULE;
use crate::address::SaveAddress;
use crate::ops::{self, Attempt, FAILURES_MAX, Lifetimes, Refreshed};
use crate::user::{Change, SignUp};
use ::store::{Tx, args};
use fixture::{Fixture, at_once};
use kernel::{Address, AddressId, Code, Result, UserId};
use std::{collections::HashSet, thread, time::Duration};
use web::SecretText;

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const LIFETIMES: Lifetimes = Lifetimes { ttl: WEEK, grace: Duration::from_secs(10) };
/// How often each race is repeated.
const ROUNDS: usize = 3;

/// Mina's account, which many writers change at once.
struct Crowd {
    shop: Fixture,
    mina: UserId,
}

impl Crowd {
    fn open() -> Crowd {
        let shop = Fixture::with(&[MODULE], |settings| settings.writers = 12);
        let sign_up = |tx: &mut Tx<'_>| {
            let new = SignUp {
                email: "mina@shop.kr".to_owned(),
                password: SecretText("달항아리 하나".to_owned()),
                nickname: "Mina".to_owned(),
                real_name: None,
                marketing_agree: false,
            };
            ops::sign_up(tx, &new, "hash", WEEK)
        };
        let mina = shop.write(sign_up).unwrap().id;
        Crowd { shop, mina }
    }

    /// `count` people do it at the same moment, each with a number.
    fn all<T: Send + 'static>(
        &self,
        count: usize,
        work: impl Fn(&mut Tx<'_>, usize) -> Result<T> + Clone + Send + Sync + 'static,
    ) -> Vec<Result<T>> {
        at_once(0..count, |n| {
            let work = work.clone();
            self.shop.write(move |tx| work(tx, n))
        })
    }

    fn live_tokens(&self) -> i64 {
        let count = "select count(*) from refresh_tokens where ended_at is null";
        self.shop.read(move |tx| tx.query_one(count, args![], |row| row.get(0))).unwrap()
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

fn at_home() -> Attempt {
    let email = "mina@shop.kr".to_owned();
    Attempt { typed: email.clone(), email, address: "10.0.0.1".to_owned(), holder: None, device: None }
}

#[test]
fn guesses_at_the_same_moment_are_limited_like_guesses_one_after_another() {
    let crowd = Crowd::open();
    let tried = crowd.all(30, |tx, _| ops::wrong_password(tx, &at_home()));
    let refusals: Vec<Code> = tried.into_iter().map(|refusal| refusal.unwrap().code()).collect();
    let wrong = refusals.iter().filter(|code| **code == Code::WrongCredentials).count();
    assert_eq!(wrong, FAILURES_MAX as usize);
    assert!(refusals.iter().all(|code| matches!(code, Code::WrongCredentials | Code::TooManySignIns)), "{refusals:?}");
}

#[test]
fn right_passwords_at_the_same_moment_all_open_a_session() {
    let crowd = Crowd::open();
    let mina = crowd.mina;
    let answers = crowd.all(30, move |tx, _| {
        ops::begin_sign_in(tx, &at_home())?;
        ops::sign_in(tx, &mina, "hash", &at_home(), WEEK).map(|_| ())
    });
    assert_eq!(codes(&answers), []);
    assert_eq!(crowd.live_tokens(), 30);
}

#[test]
fn of_many_addresses_changed_at_once_exactly_one_is_the_default() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open();
        let mina = crowd.mina;
        let saved = crowd.all(12, move |tx, n| ops::save_address(tx, &mina, &home(n.is_multiple_of(2))));
        let ids: Vec<AddressId> = saved.into_iter().map(|saved| saved.unwrap().id).collect();
        let change = move |tx: &mut Tx<'_>, n: usize| match n % 3 {
            0 => ops::forget_address(tx, &mina, ids[n % ids.len()]),
            _ => ops::change_address(tx, &mina, ids[n % ids.len()], &home(n.is_multiple_of(2))).map(|_| ()),
        };
        let refused = codes(&crowd.all(24, change));
        assert!(refused.iter().all(|code| *code == Code::AddressNotFound), "{refused:?}");
        let left = crowd.shop.read(move |tx| ops::addresses(tx, &mina)).unwrap();
        assert_eq!(left.iter().filter(|one| one.is_default).count(), 1);
    }
}

#[test]
fn changes_that_name_no_version_all_succeed() {
    let crowd = Crowd::open();
    let mina = crowd.mina;
    let change = move |tx: &mut Tx<'_>, n: usize| {
        let change = Change { nickname: format!("Mina {n}"), real_name: None, marketing_agree: true, version: None };
        ops::change(tx, &mina, &change)
    };
    assert_eq!(codes(&crowd.all(12, change)), []);
}

/// Refreshes a session until it has ended; gives why it ended.
fn refreshes(shop: &Fixture, mut token: String) -> Code {
    loop {
        let used = token.clone();
        match shop.write(move |tx| ops::refresh(tx, &used, LIFETIMES)) {
            Ok(Refreshed::Session(session)) => token = session.refresh_token,
            Ok(Refreshed::Reused) => return Code::RefreshTokenReused,
            Err(error) => return error.code(),
        }
    }
}

#[test]
fn a_session_refreshed_while_a_thief_ends_it_is_ended() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open();
        let mina = crowd.mina;
        let begun = crowd.shop.write(move |tx| ops::sign_in(tx, &mina, "hash", &at_home(), WEEK)).unwrap();
        let (stolen, first) = (begun.refresh_token.clone(), begun.refresh_token);
        let next = crowd.shop.write(move |tx| ops::refresh(tx, &first, LIFETIMES)).unwrap();
        let Refreshed::Session(next) = next else { panic!("the first use") };
        let ended = thread::scope(|scope| {
            let holder = scope.spawn(|| refreshes(&crowd.shop, next.refresh_token));
            let long_after = Lifetimes { grace: Duration::ZERO, ..LIFETIMES };
            let thief = crowd.shop.write(move |tx| ops::refresh(tx, &stolen, long_after)).unwrap();
            assert!(matches!(thief, Refreshed::Reused));
            holder.join().unwrap()
        });
        assert_eq!((ended, crowd.live_tokens()), (Code::TokenInvalid, 0));
    }
}

#[test]
fn tabs_that_refresh_at_the_same_moment_get_the_same_successor() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open();
        let mina = crowd.mina;
        let token =
            crowd.shop.write(move |tx| ops::sign_in(tx, &mina, "hash", &at_home(), WEEK)).unwrap().refresh_token;
        let tabs = crowd.all(12, move |tx, _| ops::refresh(tx, &token, LIFETIMES));
        let successors = tabs.into_iter().map(|tab| match tab.unwrap() {
            Refreshed::Session(session) => session.refresh_token,
            Refreshed::Reused => panic!("no tab is a thief"),
        });
        assert_eq!(successors.collect::<HashSet<_>>().len(), 1);
        assert_eq!(crowd.live_tokens(), 2, "the first one, used, and its successor");
    }
}

#[test]
fn no_session_begun_with_the_old_password_outlives_it() {
    for _ in 0..ROUNDS {
        let crowd = Crowd::open();
        let mina = crowd.mina;
        let answers = crowd.all(16, move |tx, n| match n {
            8 => ops::change_password(tx, &mina, "hash", "newer", &at_home()),
            _ => ops::sign_in(tx, &mina, "hash", &at_home(), WEEK).map(|_| ()),
        });
        let refused = codes(&answers);
        assert!(refused.iter().all(|code| *code == Code::WrongCredentials), "{refused:?}");
        assert_eq!(crowd.live_tokens(), 0);
    }
}
