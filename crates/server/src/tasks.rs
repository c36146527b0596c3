//! Runs periodic work: each task on its interval with jitter, one run of each at a time.

use crate::relay::Progress;
use futures_util::FutureExt;
use kernel::{Code, Random, Result, Timestamp};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use store::{Db, Lease};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::{App, Ran, RunsOn, Task};

/// After this many runs in a row that found work, a task pauses for [`YIELD`], so that requests get their turn.
const RUNS_IN_A_ROW_MAX: u32 = 50;
const YIELD: Duration = Duration::from_millis(20);
/// Longest pause after failures in a row.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How far the pause of a task grows in an idle shop: to so many of its intervals …
const IDLE_INTERVALS_MAX: u32 = 10;
/// … or to this, if that is longer.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How much longer each pause in an idle shop is than the one before.
const IDLE_GROWTH: u32 = 3;
/// Shortest pause before a time at which there will be work.
const SOON: Duration = Duration::from_millis(20);
/// How often it is noticed that an idle shop is used again.
const USE_EVERY: Duration = Duration::from_millis(500);

/// Runs a task once and counts the run.
pub async fn run_once(task: &Task, app: &App) -> Result<Ran> {
    let outcome = AssertUnwindSafe(task.run(app.clone())).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_| Err(Code::Internal.error().caused_by(format!("{} panicked", task.name))));
    match &outcome {
        Ok(Ran { work, .. }) => {
            metrics::counter!("holdfast_task_runs_total", "task" => task.name, "outcome" => "ok").increment(1);
            metrics::counter!("holdfast_task_work_total", "task" => task.name).increment(*work);
        }
        Err(_) => {
            metrics::counter!("holdfast_task_runs_total", "task" => task.name, "outcome" => "failed").increment(1);
        }
    }
    outcome
}

/// Runs one task on its interval; a task of the leader only while this instance holds the lease.
pub struct Runner {
    task: Task,
    app: App,
    held: watch::Receiver<Option<Lease>>,
    in_use: watch::Receiver<u64>,
    random: Random,
    failures: u32,
    in_a_row: u32,
    /// The pause after the last run that found nothing.
    idle: Duration,
}

impl Runner {
    pub fn new(task: Task, app: App, held: watch::Receiver<Option<Lease>>, in_use: watch::Receiver<u64>) -> Runner {
        let idle = task.every;
        Runner { task, app, held, in_use, random: Random::from_system(), failures: 0, in_a_row: 0, idle }
    }

    /// Runs the task until `stop`. A run is never cut off in the middle.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut pause = jittered(self.task.every.min(Duration::from_secs(1)), &mut self.random);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wait(pause) => {}
            }
            let Some(app) = self.app_for(&stop).await else { return };
            let used = self.in_use.has_changed().unwrap_or(false);
            self.in_use.mark_unchanged();
            let outcome = run_once(&self.task, &app).await;
            pause = self.pause_after(outcome, used, app.now());
        }
    }

    /// Waits for so long, or only for the task's interval once the shop is in use.
    async fn wait(&mut self, pause: Duration) {
        let began = Instant::now();
        let interval = self.task.every.min(pause);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            Ok(()) = async { self.in_use.clone().changed().await } => {
                tokio::time::sleep(interval.saturating_sub(began.elapsed())).await;
            }
        }
    }

    fn pause_after(&mut self, outcome: Result<Ran>, used: bool, now: Timestamp) -> Duration {
        let every = self.task.every;
        match outcome {
            Ok(Ran { work: 0, next }) => {
                (self.failures, self.in_a_row) = (0, 0);
                self.idle =
                    if used { every } else { (self.idle * IDLE_GROWTH).min(IDLE_MAX.max(every * IDLE_INTERVALS_MAX)) };
                let pause = jittered(self.idle, &mut self.random);
                // a time that has passed although there was nothing to do says nothing
                let until = next.filter(|next| *next > now).map(|next| next.since(now).max(SOON));
                until.map_or(pause, |until| pause.min(until))
            }
            Ok(_) => {
                self.failures = 0;
                self.in_a_row += 1;
                self.idle = every;
                if self.in_a_row.is_multiple_of(RUNS_IN_A_ROW_MAX) { YIELD } else { Duration::ZERO }
            }
            Err(error) => {
                self.failures += 1;
                let (task, failures) = (self.task.name, self.failures);
                tracing::warn!(task, failures, error = ?error, "task failed; it will be run again");
                let longer = every.max(Duration::from_millis(100)) * 2_u32.saturating_pow(failures.min(10));
                jittered(longer.min(PAUSE_MAX.max(every)), &mut self.random)
            }
        }
    }

    /// The app that the task writes with. For a task of the leader it carries the lease, and this waits until this instance
    /// holds it. `None` once the program stops.
    async fn app_for(&mut self, stop: &CancellationToken) -> Option<App> {
        if self.task.runs_on == RunsOn::EveryInstance {
            return Some(self.app.clone());
        }
        loop {
            if let Some(lease) = *self.held.borrow_and_update() {
                return Some(self.app.under(lease));
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                changed = self.held.changed() => changed.ok()?,
            }
        }
    }
}

/// Whether the shop is in use: requests of this instance write, or events arrive, which may be those of other instances.
pub struct Use {
    db: Db,
    relay: Arc<Progress>,
    changes: watch::Sender<u64>,
}

impl Use {
    pub fn watch(db: Db, relay: Arc<Progress>) -> Use {
        Use { db, relay, changes: watch::Sender::new(0) }
    }

    /// Changes while the shop is in use.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks until `stop`, at counters in memory. A signal for each request would wake every task thousands of times a second.
    pub async fn keep(self, stop: CancellationToken) {
        loop {
            let used = self.db.requests() + self.relay.events.load(Relaxed);
            self.changes.send_if_modified(|known| std::mem::replace(known, used) != used);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(USE_EVERY) => {}
            }
        }
    }
}

/// Between nine and eleven tenths of `pause`, so that tasks of many instances do not meet.
fn jittered(pause: Duration, random: &mut Random) -> Duration {
    let tenths_of_percent = u32::try_from(900 + random.below(201)).unwrap_or(1_000);
    pause * tenths_of_percent / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_tenth() {
        let mut random = Random::seeded(3);
        for _ in 0..1_000 {
            let pause = jittered(Duration::from_secs(10), &mut random);
            assert!((9..=11).contains(&pause.as_secs()) && pause <= Duration::from_secs(11), "{pause:?}");
        }
    }
}
