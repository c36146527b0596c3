//! Jobs without HTTP, a fixed number of them on their way at any time.

use crate::{
    Outcome,
    bare::BareSide,
    load::{Round, Summary},
    ours::Ours,
};
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use store::args;
use tokio::runtime::Handle;

/// The smallest job: one guarded update and a commit. Jobs share no row as long as there are enough rows.
const TOUCH: &str = "update store_probe set written_at = written_at + 1 where id = ? and written_at >= 0";
const MAKE: &str = "insert into store_probe (id, written_at) values (?, ?) {on conflict ignore: id}";
/// Rows that small jobs change.
const ROWS: i64 = 1_000;

/// Which jobs, and how many.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Flood {
    pub what: What,
    /// Jobs on their way at once.
    pub jobs: usize,
    pub warm_up: Duration,
    pub time: Duration,
}

/// What one job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Places an order of three lines.
    Order,
    /// Changes one row.
    Touch,
}

impl Flood {
    /// Through `Db::write` of a shop.
    pub fn on_ours(self, ours: &Ours) -> Outcome<Summary> {
        match self.what {
            What::Order => self.run(ours.handle(), |n| ours.place(n)),
            What::Touch => {
                ours.app.db.write_blocking("bench.rows", |tx| {
                    (0..ROWS).try_for_each(|id| tx.exec(MAKE, args![id, 0_i64]).map(|_| ()))
                })?;
                self.run(ours.handle(), |n| {
                    let (db, id) = (ours.app.db.clone(), i64::try_from(n % ROWS.unsigned_abs()).unwrap_or(0));
                    async move { db.write("bench.touch", move |tx| tx.exec(TOUCH, args![id])).await.is_ok() }
                })
            }
        }
    }

    /// Through the bare writer.
    pub fn on_bare(self, side: &BareSide) -> Outcome<Summary> {
        self.run(side.handle(), |n| {
            let (writer, order) = (side.bare.writer.clone(), side.bare.order(n));
            async move { writer.write(order).await.is_some() }
        })
    }

    fn run<F>(self, on: &Handle, job: impl Fn(u64) -> F) -> Outcome<Summary>
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let (next, start) = (AtomicU64::new(0), Instant::now() + self.warm_up);
        let end = start + self.time;
        let mut round = Round::new();
        on.block_on(async {
            let mut running = tokio::task::JoinSet::new();
            let timed = |future: F| async move {
                let began = Instant::now();
                let good = future.await;
                (good, began, Instant::now())
            };
            for _ in 0..self.jobs {
                running.spawn(timed(job(next.fetch_add(1, Ordering::Relaxed))));
            }
            while let Some(done) = running.join_next().await {
                let (good, began, ended) = done?;
                round.ended();
                if ended >= start && ended < end {
                    round.count(if good { Ok(()) } else { Err(1) }, ended - began);
                }
                if Instant::now() < end {
                    running.spawn(timed(job(next.fetch_add(1, Ordering::Relaxed))));
                }
            }
            Outcome::Ok(())
        })?;
        Ok(round.summary(self.time, 0))
    }
}
