//! Who may do what only one may do.

use super::shop::*;
use crate::lease::Candidate;
use std::time::Duration;

const NAME: &str = "test";
/// Short for a test, and yet several looks long.
const TIME_TO_LIVE: Duration = Duration::from_millis(300);

fn candidate(me: &str) -> Candidate {
    Candidate::new(NAME, me, false).living(TIME_TO_LIVE)
}

/// Ticks until the lease is held.
async fn waits(candidate: &mut Candidate, db: &crate::Db) -> crate::Lease {
    for _ in 0..200 {
        if let Some(lease) = candidate.tick(db).await.unwrap() {
            return lease;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the lease is never free");
}

#[tokio::test]
async fn one_holds_it_as_long_as_it_beats_and_another_takes_over_when_it_is_silent() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    let held = first.tick(&shop.db).await.unwrap().expect("nobody had it");
    for _ in 0..30 {
        assert_eq!(second.tick(&shop.db).await.unwrap(), None, "the holder beats");
        assert_eq!(first.tick(&shop.db).await.unwrap(), Some(held));
        tokio::time::sleep(TIME_TO_LIVE / 15).await;
    }
    let taken = waits(&mut second, &shop.db).await;
    assert_eq!(taken.fence, held.fence + 1);
    assert_eq!(first.tick(&shop.db).await.unwrap(), None, "it learns that it is no longer the holder");
}

#[tokio::test]
async fn who_is_no_longer_the_holder_can_write_nothing() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    let held = first.tick(&shop.db).await.unwrap().unwrap();
    let under = shop.db.under(held);
    under.write("in time", |tx| add(tx, "in time")).await.unwrap();
    waits(&mut second, &shop.db).await;
    assert_eq!(code(under.write("too late", |tx| add(tx, "too late")).await), "C013");
    shop.add("without a lease").await.unwrap();
    assert_eq!(shop.labels().await, ["in time", "without a lease"]);
}

#[tokio::test]
async fn what_is_given_back_is_free_at_once() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    assert!(first.tick(&shop.db).await.unwrap().is_some());
    assert!(second.tick(&shop.db).await.unwrap().is_none());
    first.give_back(&shop.db).await.unwrap();
    assert!(second.tick(&shop.db).await.unwrap().is_some());
    assert!(first.tick(&shop.db).await.unwrap().is_none());
}

#[tokio::test]
async fn of_many_who_want_it_one_gets_it() {
    let shop = Shop::open().await;
    let asking: Vec<_> = (0..8)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { candidate(&format!("instance {n}")).tick(&db).await.unwrap() })
        })
        .collect();
    let mut holders = 0;
    for asked in asking {
        holders += usize::from(asked.await.unwrap().is_some());
    }
    assert_eq!(holders, 1);
}

#[tokio::test]
async fn who_is_alone_waits_for_nobody() {
    let shop = Shop::open().await;
    let mut before = Candidate::new(NAME, "before the crash", true);
    let held = before.tick(&shop.db).await.unwrap().unwrap();
    let mut after = Candidate::new(NAME, "after the crash", true);
    assert_eq!(after.tick(&shop.db).await.unwrap().unwrap().fence, held.fence + 1);
    assert_eq!(before.tick(&shop.db).await.unwrap(), None);
}
