//! The first response to a key.

use super::shop::*;
use crate::args;
use crate::idempotency::{self, Claim, StoredResponse};

fn paid() -> StoredResponse {
    StoredResponse {
        status: 201,
        headers: [("location".to_owned(), "/orders/1".to_owned()), ("etag".to_owned(), "\"1\"".to_owned())].into(),
        body: r#"{"success": true,  "빈": 1}"#.to_owned(),
        refused: false,
    }
}

async fn claim(shop: &Shop, scope: &'static str, key: &'static str, hash: &'static str) -> kernel::Result<Claim> {
    shop.db.write("claim", move |tx| idempotency::claim(tx, scope, key, hash)).await
}

#[tokio::test]
async fn the_first_response_is_repeated_byte_for_byte() {
    let shop = Shop::open().await;
    let first = shop.db.write("first", |tx| {
        assert_eq!(idempotency::claim(tx, "kim", "k1", "h1")?, Claim::New);
        add(tx, "effect")?;
        idempotency::complete(tx, "kim", "k1", &paid())
    });
    first.await.unwrap();
    for _ in 0..2 {
        assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::Completed(paid()));
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
async fn a_running_request_names_what_it_works_on() {
    let shop = Shop::open().await;
    claim(&shop, "kim", "k1", "h1").await.unwrap();
    assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::Running { reference: None });
    shop.db.write("reference", |tx| idempotency::set_reference(tx, "kim", "k1", "PAY-1")).await.unwrap();
    let found = claim(&shop, "kim", "k1", "h1").await.unwrap();
    assert_eq!(found, Claim::Running { reference: Some("PAY-1".to_owned()) });
}

#[tokio::test]
async fn a_request_without_an_outcome_frees_its_key_and_one_with_an_outcome_keeps_it() {
    let shop = Shop::open().await;
    claim(&shop, "kim", "k1", "h1").await.unwrap();
    shop.db.write("release", |tx| idempotency::release(tx, "kim", "k1")).await.unwrap();
    assert_eq!(claim(&shop, "kim", "k1", "h2").await.unwrap(), Claim::New);
    shop.db.write("done", |tx| idempotency::complete(tx, "kim", "k1", &paid())).await.unwrap();
    shop.db.write("release", |tx| idempotency::release(tx, "kim", "k1")).await.unwrap();
    assert_eq!(claim(&shop, "kim", "k1", "h2").await.unwrap(), Claim::Completed(paid()));
}

#[tokio::test]
async fn an_outcome_that_an_older_version_stored_is_repeated_with_its_location() {
    let shop = Shop::open().await;
    claim(&shop, "kim", "k1", "h1").await.unwrap();
    let old = "update idempotency_records set status = 201, location = '/orders/1', body = ?";
    shop.db.write("old", move |tx| tx.exec(old, args![paid().body])).await.unwrap();
    let headers = [("location".to_owned(), "/orders/1".to_owned())].into();
    assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::Completed(StoredResponse { headers, ..paid() }));
}

#[tokio::test]
async fn a_failed_effect_leaves_its_key_free() {
    let shop = Shop::open().await;
    let failed = shop.db.write("failed", |tx| {
        idempotency::claim(tx, "kim", "k1", "h1")?;
        Err::<(), _>(refused())
    });
    assert!(failed.await.is_err());
    assert_eq!(claim(&shop, "kim", "k1", "h1").await.unwrap(), Claim::New);
}

#[tokio::test]
async fn old_records_are_deleted_in_pieces() {
    let shop = Shop::open().await;
    let many = shop.db.write("many", |tx| {
        (0..1_200).try_for_each(|n| idempotency::claim(tx, "kim", &format!("k{n}"), "h").map(|_| ()))
    });
    many.await.unwrap();
    shop.clock.passes(60);
    claim(&shop, "kim", "young", "h").await.unwrap();
    let cutoff = kernel::Clock::now(&*shop.clock);
    let mut deleted = 0;
    loop {
        match shop.db.write("delete", move |tx| idempotency::RECORDS.delete_before(tx, cutoff)).await.unwrap() {
            0 => break,
            some => deleted += some,
        }
    }
    assert_eq!(deleted, 1_200);
    assert!(matches!(claim(&shop, "kim", "young", "h").await.unwrap(), Claim::Running { .. }));
}
