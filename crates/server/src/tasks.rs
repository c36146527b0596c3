//! Periodic work: every module's tasks and the server's own, each on its interval with jitter, one run of each at a time.

use futures_util::{FutureExt, future::BoxFuture};
use kernel::{Code, Random, Result};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use store::Lease;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::App;

/// Runs in a row of one task that still finds something to do, before it pauses for a moment so that requests come first.
const IN_A_ROW: u32 = 50;
/// That moment.
const BREATH: Duration = Duration::from_millis(20);
/// Longest pause after failures in a row.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A task with what it needs.
#[derive(Clone)]
pub struct Chore {
    /// For logs and metrics.
    pub name: &'static str,
    /// Pause between runs that found nothing to do.
    pub every: Duration,
    /// Whether every instance has to do it for itself, and not one for the shop.
    pub everywhere: bool,
    /// Does a bounded piece of work and says how much.
    pub run: Arc<dyn Fn(App) -> BoxFuture<'static, Result<u64>> + Send + Sync>,
}

impl std::fmt::Debug for Chore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} every {:?}", self.name, self.every)
    }
}

/// The tasks of every module.
pub fn of_modules(app: &App) -> Vec<Chore> {
    let tasks = app.modules.iter().flat_map(|module| module.tasks);
    let chore =
        |task: &web::Task| Chore { name: task.name, every: task.every, everywhere: false, run: Arc::new(task.run) };
    tasks.map(chore).collect()
}

impl Chore {
    /// Runs once, counted.
    pub async fn once(&self, app: &App) -> Result<u64> {
        let outcome = AssertUnwindSafe((self.run)(app.clone())).catch_unwind().await;
        let outcome =
            outcome.unwrap_or_else(|_| Err(Code::Internal.error().caused_by(format!("{} panicked", self.name))));
        match &outcome {
            Ok(done) => {
                metrics::counter!("holdfast_task_runs_total", "task" => self.name, "outcome" => "ok").increment(1);
                metrics::counter!("holdfast_task_work_total", "task" => self.name).increment(*done);
            }
            Err(_) => {
                metrics::counter!("holdfast_task_runs_total", "task" => self.name, "outcome" => "failed").increment(1);
            }
        }
        outcome
    }

    /// Runs on its interval until `stop`, while this instance holds the lease. A run is never cut off in the middle.
    pub async fn keep(self, app: App, mut held: watch::Receiver<Option<Lease>>, stop: CancellationToken) {
        let mut random = Random::from_system();
        let mut failures = 0_u32;
        let mut in_a_row = 0_u32;
        let mut pause = jittered(self.every.min(Duration::from_secs(1)), &mut random);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let Some(app) = self.turn(&app, &mut held, &stop).await else { return };
            pause = match self.once(&app).await {
                Ok(0) => {
                    (failures, in_a_row) = (0, 0);
                    jittered(self.every, &mut random)
                }
                Ok(_) => {
                    failures = 0;
                    in_a_row += 1;
                    if in_a_row.is_multiple_of(IN_A_ROW) { BREATH } else { Duration::ZERO }
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(task = self.name, failures, error = ?error, "task failed; it will be run again");
                    let longer = self.every.max(Duration::from_millis(100)) * 2_u32.saturating_pow(failures.min(10));
                    jittered(longer.min(PAUSE_MAX.max(self.every)), &mut random)
                }
            };
        }
    }
}

impl Chore {
    /// Waits until it is this instance's turn, and gives the shop under that lease; `None` once the program stops.
    async fn turn(
        &self,
        app: &App,
        held: &mut watch::Receiver<Option<Lease>>,
        stop: &CancellationToken,
    ) -> Option<App> {
        if self.everywhere {
            return Some(app.clone());
        }
        loop {
            if let Some(lease) = *held.borrow_and_update() {
                return Some(app.under(lease));
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                changed = held.changed() => changed.ok()?,
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
