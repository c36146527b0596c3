//! The first answer to a key.

use super::shop::*;
use crate::idempotency::{self, Answer, Claim};

fn paid() -> Answer {
    Answer { status: 201, location: Some("/orders/1".to_owned()), body: r#"{"success": true,  "빈": 1}"#.to_owned() }
}

async fn claim(shop: &Shop, scope: &'static str, key: &'static str, hash: &'static str) -> kernel::Result<Claim> {
    shop.db.write("claim", move |tx| idempotency::claim(tx, scope, key, hash)).await
}

#[tokio::test]
async fn the_first_answer_is_repeated_byte_for_byte() {
    let shop = Shop::open().await;
    let first = shop.db.write("first", |tx| {
        assert_eq!(idempotency::claim(tx, "kim", "k1", "h1")?, Claim::New);
        add(tx, "effect")?;
        idempotency::answer(tx, "kim", "k1", &paid())
    });
    first.await.unwrap();
    for _ in 0..2 {
        assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::Answered(paid()));
    }
    assert_eq!(claim(&shop, "lee", "k1", "h1").await.unwrap(), Claim::New, "keys belong to their users");
    assert_eq!(claim(&shop, "kim", "K1", "h1").await.unwrap(), Claim::New, "case matters");
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let shop = Shop::open().await;
    claim(&shop, "kim", "k1", "h1").await.unwrap();
    assert_eq!(code(claim(&shop, "kim", "k1", "h2").await), "C014");
}

#[tokio::test]
async fn a_running_request_says_since_when_and_what_it_works_on() {
    let shop = Shop::open().await;
    let since = kernel::Clock::now(&*shop.clock);
    claim(&shop, "kim", "k1", "h1").await.unwrap();
    shop.clock.passes(5);
    assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::Running { since, reference: None });
    shop.db.write("refer", |tx| idempotency::refer(tx, "kim", "k1", "PAY-1")).await.unwrap();
    let found = claim(&shop, "kim", "k1", "h1").await.unwrap();
    assert_eq!(found, Claim::Running { since, reference: Some("PAY-1".to_owned()) });
}

#[tokio::test]
async fn a_failed_effect_takes_its_key_along() {
    let shop = Shop::open().await;
    let failed = shop.db.write("failed", |tx| {
        idempotency::claim(tx, "kim", "k1", "h1")?;
        Err::<(), _>(refused())
    });
    assert!(failed.await.is_err());
    assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::New);
    shop.db.write("release", |tx| idempotency::release(tx, "kim", "k1")).await.unwrap();
    assert_eq!(claim(&shop, "kim", "k1", "h2").await.unwrap(), Claim::New, "given back");
}

#[tokio::test]
async fn old_records_are_forgotten_in_pieces() {
    let shop = Shop::open().await;
    let many = shop.db.write("many", |tx| {
        (0..1_200).try_for_each(|n| idempotency::claim(tx, "kim", &format!("k{n}"), "h").map(|_| ()))
    });
    many.await.unwrap();
    shop.clock.passes(60);
    claim(&shop, "kim", "young", "h").await.unwrap();
    let cutoff = kernel::Clock::now(&*shop.clock);
    let mut forgotten = 0;
    loop {
        match shop.db.write("forget", move |tx| idempotency::forget(tx, cutoff)).await.unwrap() {
            0 => break,
            some => forgotten += some,
        }
    }
    assert_eq!(forgotten, 1_200);
    assert!(matches!(claim(&shop, "kim", "young", "h").await.unwrap(), Claim::Running { .. }));
}
