//! How many reservations of one hot variant a second, durable, in process (docs/RULES.md, speed). Not part of the daily
//! tests: `cargo test -p inventory --release --test speed -- --ignored --nocapture`.

use fixture::Fixture;
use inventory::{Line, MODULE, Opening, ops};
use kernel::{OrderNumber, ProductId, Quantity, UserId, VariantId, Zone};
use std::{sync::Arc, time::Instant};
use store::{Db, Durability};

/// Buyers at once; each sends its next reservation when the last is on disk.
const BUYERS: usize = 1024;
/// Reservations of each.
const EACH: usize = 100;

#[test]
#[ignore = "a measurement, to be run alone and in release mode"]
fn hot_sku() {
    let shop = Fixture::with(&[MODULE], |settings| {
        settings.durability = Durability::Full;
        settings.queue = 100_000;
        settings.writers = 0;
        settings.clock = Arc::new(ports::SystemClock);
    });
    let db = shop.db();
    let (product, variant) = (ProductId::new(1), VariantId::new(1));
    shop.write(move |tx| ops::open(tx, &[Opening::at_main(product, variant, 100_000_000, 10)], None, "SYSTEM"))
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let user: UserId = "3f0e8c3a-0000-4000-8000-000000000001".parse().unwrap();
        let (started, before) = (Instant::now(), db.counts());
        let buyer = |db: Db| async move {
            for _ in 0..EACH {
                let reserved = db.write("reserve", move |tx| {
                    let now = tx.now();
                    let number = OrderNumber::draw_on(tx.random(), now, &Zone::utc());
                    ops::reserve(tx, &number, &user, &[Line { variant, product, quantity: Quantity::ONE }])
                });
                reserved.await.unwrap();
            }
        };
        let local = tokio::task::LocalSet::new();
        (0..BUYERS).for_each(|_| drop(local.spawn_local(buyer(db.clone()))));
        local.await;
        let (took, after) = (started.elapsed(), db.counts());
        let reserved = (BUYERS * EACH) as f64;
        println!(
            "{:.0} reservations/s ({reserved} in {took:?}, {:.1} to a commit)",
            reserved / took.as_secs_f64(),
            (after.jobs - before.jobs) as f64 / (after.commits - before.commits) as f64
        );
    });
}
