//! At most one instance is the leader.

use super::shop::*;
use crate::lease::Candidate;
use std::time::Duration;

const NAME: &str = "test";
/// Short for a test, and still several ticks long.
const TIME_TO_LIVE: Duration = Duration::from_millis(300);

fn candidate(instance: &str) -> Candidate {
    Candidate::new(NAME, instance, false).with_time_to_live(TIME_TO_LIVE)
}

/// Ticks until this candidate is the leader.
async fn until_leader(candidate: &mut Candidate, db: &crate::Db) -> crate::Lease {
    for _ in 0..200 {
        if let Some(lease) = candidate.tick(db).await.unwrap() {
            return lease;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the lease was never free");
}

#[tokio::test]
async fn the_leader_keeps_the_lease_while_it_renews_it_and_a_follower_takes_over_when_it_stops() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    let held = first.tick(&shop.db).await.unwrap().expect("a new lease is free");
    for _ in 0..30 {
        assert_eq!(second.tick(&shop.db).await.unwrap(), None, "the leader renews the lease");
        assert_eq!(first.tick(&shop.db).await.unwrap(), Some(held));
        tokio::time::sleep(TIME_TO_LIVE / 15).await;
    }
    let taken = until_leader(&mut second, &shop.db).await;
    assert_eq!(taken.fencing_token, held.fencing_token + 1);
    assert_eq!(first.tick(&shop.db).await.unwrap(), None, "the former leader notices it");
}

#[tokio::test]
async fn a_former_leader_cannot_write() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    let held = first.tick(&shop.db).await.unwrap().unwrap();
    let under = shop.db.under(held);
    under.write("in time", |tx| add(tx, "in time")).await.unwrap();
    until_leader(&mut second, &shop.db).await;
    assert_eq!(code(under.write("too late", |tx| add(tx, "too late")).await), "C013");
    shop.add("without a lease").await.unwrap();
    assert_eq!(shop.labels().await, ["in time", "without a lease"]);
}

#[tokio::test]
async fn a_released_lease_is_free_at_once() {
    let shop = Shop::open().await;
    let (mut first, mut second) = (candidate("first"), candidate("second"));
    assert!(first.tick(&shop.db).await.unwrap().is_some());
    assert!(second.tick(&shop.db).await.unwrap().is_none());
    first.release(&shop.db).await.unwrap();
    assert!(second.tick(&shop.db).await.unwrap().is_some());
    assert!(first.tick(&shop.db).await.unwrap().is_none());
}

#[tokio::test]
async fn one_of_many_candidates_becomes_the_leader() {
    let shop = Shop::open().await;
    let asking: Vec<_> = (0..8)
        .map(|n| {
            let db = shop.db.clone();
            tokio::spawn(async move { candidate(&format!("instance {n}")).tick(&db).await.unwrap() })
        })
        .collect();
    let mut leaders = 0;
    for asked in asking {
        leaders += usize::from(asked.await.unwrap().is_some());
    }
    assert_eq!(leaders, 1);
}

#[tokio::test]
async fn an_only_instance_does_not_wait_for_the_lease_of_a_crashed_one() {
    let shop = Shop::open().await;
    let mut before = Candidate::new(NAME, "before the crash", true);
    let held = before.tick(&shop.db).await.unwrap().unwrap();
    let mut after = Candidate::new(NAME, "after the crash", true);
    assert_eq!(after.tick(&shop.db).await.unwrap().unwrap().fencing_token, held.fencing_token + 1);
    assert_eq!(before.tick(&shop.db).await.unwrap(), None);
}
