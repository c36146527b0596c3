//! Periodic work of modules and of the server.

use crate::App;
use futures_util::future::{BoxFuture, FutureExt};
use kernel::Result;
use std::{fmt, future::Future, sync::Arc, time::Duration};

/// Which instances of the program run a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsOn {
    /// The leader, for all instances; what it writes carries the lease.
    Leader,
    /// Each instance for itself.
    EveryInstance,
}

/// Periodic work. It is idempotent and does the same whether its interval has passed or an operator or a test runs it by name.
#[derive(Clone)]
pub struct Task {
    /// For logs and metrics, such as `checkout.due-sagas`.
    pub name: &'static str,
    pub runs_on: RunsOn,
    /// Pause between runs that found nothing to do.
    pub every: Duration,
    run: Arc<dyn Fn(App) -> BoxFuture<'static, Result<u64>> + Send + Sync>,
}

impl Task {
    /// A task of the leader. `run` does a bounded piece of work and returns how much it did; while that is above zero, it is
    /// run again at once.
    pub fn on_leader<F>(name: &'static str, every: Duration, run: impl Fn(App) -> F + Send + Sync + 'static) -> Task
    where
        F: Future<Output = Result<u64>> + Send + 'static,
    {
        Task { name, runs_on: RunsOn::Leader, every, run: Arc::new(move |app| run(app).boxed()) }
    }

    /// A task of every instance; see [`Task::on_leader`].
    pub fn on_every_instance<F>(
        name: &'static str,
        every: Duration,
        run: impl Fn(App) -> F + Send + Sync + 'static,
    ) -> Task
    where
        F: Future<Output = Result<u64>> + Send + 'static,
    {
        Task { runs_on: RunsOn::EveryInstance, ..Task::on_leader(name, every, run) }
    }

    /// Runs once.
    pub async fn run(&self, app: App) -> Result<u64> {
        (self.run)(app).await
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} every {:?}", self.name, self.every)
    }
}
