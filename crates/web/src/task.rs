//! Periodic work of modules and of the server.

use crate::App;
use futures_util::future::{BoxFuture, FutureExt};
use kernel::{Result, Timestamp};
use std::{fmt, future::Future, sync::Arc, time::Duration};
use store::Aged;

/// Which instances of the program run a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsOn {
    /// The leader, for all instances; what it writes carries the lease.
    Leader,
    /// Each instance for itself.
    EveryInstance,
}

/// What one run of a task did. A run that returns a number does not know when there will be work again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// How much work it did; while that is above zero, the task is run again at once.
    pub work: u64,
    /// When there will be work, as far as the database shows now.
    pub next: Option<Timestamp>,
}

impl Ran {
    /// There was nothing to do, and there will be at `next`.
    pub fn idle_until(next: Option<Timestamp>) -> Ran {
        Ran { work: 0, next }
    }
}

impl From<u64> for Ran {
    fn from(work: u64) -> Ran {
        Ran { work, next: None }
    }
}

/// Periodic work. It is idempotent and does the same whether its interval has passed or an operator or a test runs it by name.
#[derive(Clone)]
pub struct Task {
    /// For logs and metrics, such as `checkout.due-sagas`.
    pub name: &'static str,
    pub runs_on: RunsOn,
    /// Pause between runs that found nothing to do while the shop is in use. In an idle shop the pause grows, up to ten times
    /// this or thirty seconds, but not beyond the time that [`Ran::next`] names.
    pub every: Duration,
    run: Arc<dyn Fn(App) -> BoxFuture<'static, Result<Ran>> + Send + Sync>,
}

impl Task {
    /// A task of the leader. `run` does a bounded piece of work and returns how much it did, as a number or as [`Ran`]; while that
    /// is above zero, it is run again at once. In an idle shop a run should cost one statement ([`store::Db::read_single`]).
    pub fn on_leader<F, R>(name: &'static str, every: Duration, run: impl Fn(App) -> F + Send + Sync + 'static) -> Task
    where
        F: Future<Output = Result<R>> + Send + 'static,
        R: Into<Ran> + 'static,
    {
        let run = move |app| run(app).map(|ran| ran.map(Into::into)).boxed();
        Task { name, runs_on: RunsOn::Leader, every, run: Arc::new(run) }
    }

    /// A task of every instance; see [`Task::on_leader`].
    pub fn on_every_instance<F, R>(
        name: &'static str,
        every: Duration,
        run: impl Fn(App) -> F + Send + Sync + 'static,
    ) -> Task
    where
        F: Future<Output = Result<R>> + Send + 'static,
        R: Into<Ran> + 'static,
    {
        Task { runs_on: RunsOn::EveryInstance, ..Task::on_leader(name, every, run) }
    }

    /// A task of the leader that deletes rows when their time is longer ago than `keep` says, a bounded number in each run.
    pub fn forgetting(
        name: &'static str,
        every: Duration,
        rows: Aged,
        keep: impl Fn(&App) -> Duration + Send + Sync + 'static,
    ) -> Task {
        Task::on_leader(name, every, move |app| {
            let keep = keep(&app);
            async move {
                let cutoff = app.now().before(keep);
                let oldest = app.db.read_single(name, move |tx| rows.oldest(tx)).await?;
                if oldest.is_none_or(|oldest| oldest >= cutoff) {
                    return Ok(Ran::idle_until(oldest.map(|oldest| oldest.after(keep))));
                }
                app.db.write(name, move |tx| rows.delete_before(tx, cutoff)).await.map(Ran::from)
            }
        })
    }

    /// Runs once.
    pub async fn run(&self, app: App) -> Result<Ran> {
        (self.run)(app).await
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} every {:?}", self.name, self.every)
    }
}
