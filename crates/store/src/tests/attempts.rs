//! Parts of a job that may fail alone. A job runs without savepoints until a part of it fails.

use super::shop::*;
use crate::Tx;
use kernel::Result;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use testdb::Kind;

/// Runs a job of this name with a part that succeeds or fails, and says how often it ran. What the part did is kept only if it succeeded.
async fn runs(shop: &Shop, name: &'static str, label: String, part_succeeds: bool) -> u32 {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let work = move |tx: &mut Tx<'_>| -> Result<bool> {
        counter.fetch_add(1, Relaxed);
        let part = tx.attempt(|tx| {
            add_loudly(tx, &format!("{label} part"))?;
            if part_succeeds { Ok(()) } else { Err(refused()) }
        });
        add_loudly(tx, &format!("{label} rest"))?;
        Ok(part.is_ok())
    };
    assert_eq!(shop.db.write(name, work).await.unwrap(), part_succeeds);
    runs.load(Relaxed)
}

#[tokio::test]
async fn a_job_runs_again_with_savepoints_only_when_a_part_of_it_fails() {
    let shop = Shop::open().await;
    assert_eq!(runs(&shop, "one", "good".into(), true).await, 1);
    assert_eq!(runs(&shop, "one", "bad".into(), false).await, 2);
    assert_eq!(runs(&shop, "other", "other".into(), false).await, 2, "each name for itself");
    // the next jobs of the name have savepoints from the beginning, because refusals come in crowds
    for n in 0..16 {
        assert_eq!(runs(&shop, "one", format!("crowd {n}"), n % 2 == 0).await, 1);
    }
    let crowd_is_over = testdb::wanted() != Kind::Sqlite;
    assert_eq!(runs(&shop, "one", "late".into(), false).await, if crowd_is_over { 2 } else { 1 });
    let labels = shop.labels().await;
    let events: Vec<_> = shop.all_events().await.iter().map(|event| event.payload.to_string()).collect();
    let reported: Vec<_> = labels.iter().map(|label| format!(r#"{{"label":"{label}"}}"#)).collect();
    assert_eq!(events, reported);
    assert_eq!(labels.iter().filter(|label| label.ends_with("rest")).count(), 20);
    assert_eq!(labels.iter().filter(|label| label.ends_with("part")).count(), 9, "{labels:?}");
}

#[tokio::test]
async fn a_refusal_after_a_part_that_succeeded_undoes_both() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        let refusal = shop.db.write("refused", |tx| {
            tx.attempt(|tx| add_loudly(tx, "part"))?;
            Err::<(), _>(refused())
        });
        assert_eq!(code(refusal.await), "C002");
    }
    assert_eq!((shop.count().await, shop.all_events().await.len()), (0, 0));
}

#[tokio::test]
async fn a_panic_behind_a_part_is_reported_once() {
    let shop = Shop::open().await;
    let panics = shop.db.write("panics", |tx| -> Result<()> {
        tx.attempt(|tx| add(tx, "part"))?;
        panic!("behind the part")
    });
    assert_eq!(code(panics.await), "C001");
    shop.add("afterwards").await.unwrap();
    assert_eq!(shop.labels().await, ["afterwards"]);
}
