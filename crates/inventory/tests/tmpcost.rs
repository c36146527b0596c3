use inventory::{Line, ops};
use kernel::*;
use std::{sync::Arc, time::Instant};
use store::{Db, Durability, Settings};
#[test]
fn cost() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(Settings{path: folder.path().join("s.db"), durability: Durability::ProcessOnly, queue: 10000, readers: 1, clock: Arc::new(ports::SystemClock), seed: Some(1)}).unwrap();
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    rt.block_on(async {
    db.migrate([store::MIGRATIONS, inventory::MIGRATIONS].concat()).await.unwrap();
    let all: Vec<_> = (1..=2000).map(|n| (ProductId::new(n), VariantId::new(n), 1_000_000)).collect();
    db.write("open", move |tx| ops::open_many(tx, &all, "SYSTEM")).await.unwrap();
    let user: UserId = "3f0e8c3a-0000-4000-8000-000000000001".parse().unwrap();
    for n in [3_i64; 12] {
        let total = if n > 40 { 100 } else { 3000 };
        let t = Instant::now();
        let mut all = Vec::new();
        for _ in 0..total {
            all.push(db.write("r", move |tx| {
                let now = tx.now();
                let number = OrderNumber::draw(tx.random(), now, &Zone::utc());
                let lines: Vec<_> = (1..=n).map(|_| { let n = 1 + tx.random().below(2000) as i64; Line { variant: VariantId::new(n), product: ProductId::new(n), quantity: Quantity::ONE } }).collect();
                let t = Instant::now();
                ops::reserve(tx, &number, &user, &lines)?;
                Ok((number, t.elapsed()))
            }));
        }
        let mut orders = Vec::new();
        let mut sum = std::time::Duration::ZERO;
        for a in futures_util::future::join_all(all).await { let (o, d) = a.unwrap(); orders.push(o); sum += d; }
        let r = t.elapsed();
        let t = Instant::now();
        let mut sumc = std::time::Duration::ZERO;
        for a in futures_util::future::join_all(orders.into_iter().map(|o| db.write("c", move |tx| { let t = Instant::now(); ops::commit(tx, &o)?; Ok(t.elapsed()) }))).await { sumc += a.unwrap(); }
        println!("{n}: reserve {:?} in job {:?} commit {:?} in job {:?}", r / total, sum / total, t.elapsed()/total, sumc / total);
    }
    });
}
