//! Runs periodic work: each task on its interval with jitter, one run of each at a time.

use futures_util::FutureExt;
use kernel::{Code, Random, Result};
use std::{panic::AssertUnwindSafe, time::Duration};
use store::Lease;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::{App, RunsOn, Task};

/// After this many runs in a row that found work, a task pauses for [`YIELD`], so that requests get their turn.
const RUNS_IN_A_ROW_MAX: u32 = 50;
const YIELD: Duration = Duration::from_millis(20);
/// Longest pause after failures in a row.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Runs a task once and counts the run.
pub async fn run_once(task: &Task, app: &App) -> Result<u64> {
    let outcome = AssertUnwindSafe(task.run(app.clone())).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_| Err(Code::Internal.error().caused_by(format!("{} panicked", task.name))));
    match &outcome {
        Ok(done) => {
            metrics::counter!("holdfast_task_runs_total", "task" => task.name, "outcome" => "ok").increment(1);
            metrics::counter!("holdfast_task_work_total", "task" => task.name).increment(*done);
        }
        Err(_) => {
            metrics::counter!("holdfast_task_runs_total", "task" => task.name, "outcome" => "failed").increment(1);
        }
    }
    outcome
}

/// Runs a task on its interval until `stop`; a task of the leader only while this instance holds the lease. A run is never
/// cut off in the middle.
pub async fn keep_running(task: Task, app: App, mut held: watch::Receiver<Option<Lease>>, stop: CancellationToken) {
    let mut random = Random::from_system();
    let mut failures = 0_u32;
    let mut in_a_row = 0_u32;
    let mut pause = jittered(task.every.min(Duration::from_secs(1)), &mut random);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let Some(app) = app_for(&task, &app, &mut held, &stop).await else { return };
        pause = match run_once(&task, &app).await {
            Ok(0) => {
                (failures, in_a_row) = (0, 0);
                jittered(task.every, &mut random)
            }
            Ok(_) => {
                failures = 0;
                in_a_row += 1;
                if in_a_row.is_multiple_of(RUNS_IN_A_ROW_MAX) { YIELD } else { Duration::ZERO }
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(task = task.name, failures, error = ?error, "task failed; it will be run again");
                let longer = task.every.max(Duration::from_millis(100)) * 2_u32.saturating_pow(failures.min(10));
                jittered(longer.min(PAUSE_MAX.max(task.every)), &mut random)
            }
        };
    }
}

/// The app that the task writes with. For a task of the leader it carries the lease, and this waits until this instance holds
/// it. `None` once the program stops.
async fn app_for(
    task: &Task,
    app: &App,
    held: &mut watch::Receiver<Option<Lease>>,
    stop: &CancellationToken,
) -> Option<App> {
    if task.runs_on == RunsOn::EveryInstance {
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
