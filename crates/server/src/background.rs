//! What goes on beside the requests: the relay and the tasks. Spawned in the running server, stepped by hand in tests.

use crate::relay::{Progress, Relay};
use crate::tasks::{self, Chore};
use kernel::{Code, Result};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::App;

/// Rounds of relay and tasks after which settling is given up: something keeps making work for itself.
const ROUNDS_MAX: usize = 10_000;

/// The relay and all tasks, not running yet.
pub struct Background {
    app: App,
    relay: Relay,
    chores: Vec<Chore>,
}

impl Background {
    /// Everything that `app`'s modules want done, and `own` tasks, which may watch the relay.
    pub async fn open(app: &App, own: impl FnOnce(Arc<Progress>) -> Vec<Chore>) -> Result<Background> {
        let relay = Relay::open(app).await?;
        let chores = tasks::of_modules(app).into_iter().chain(own(relay.progress())).collect();
        Ok(Background { app: app.clone(), relay, chores })
    }

    /// What the relay has done.
    pub fn progress(&self) -> Arc<Progress> {
        self.relay.progress()
    }

    /// Hands on every fact there is. Gives how many there were.
    pub async fn relay(&mut self) -> Result<usize> {
        let mut facts = 0;
        loop {
            match self.relay.step().await? {
                0 => return Ok(facts),
                some => facts += some,
            }
        }
    }

    /// Runs relay, parked events and tasks until none of them finds anything left to do at the shop's present time.
    /// C001 when it never ends or a task fails.
    pub async fn settle(&mut self) -> Result<()> {
        for _ in 0..ROUNDS_MAX {
            let mut done = self.relay().await? as u64;
            done += self.relay.upkeep().await? as u64;
            for chore in &self.chores {
                done += chore.once(&self.app).await?;
            }
            if done == 0 {
                return Ok(());
            }
        }
        Err(Code::Internal.error().caused_by("the shop does not come to rest"))
    }

    /// Runs one task by name, once. C003 when there is none of that name.
    pub async fn run_task(&mut self, name: &str) -> Result<u64> {
        let chore = self.chores.iter().find(|chore| chore.name == name);
        chore.ok_or_else(|| Code::NotFound.because(format!("no task {name}")))?.once(&self.app).await
    }

    /// The names of all tasks.
    pub fn task_names(&self) -> Vec<&'static str> {
        self.chores.iter().map(|chore| chore.name).collect()
    }

    /// Starts everything on its own intervals.
    pub fn spawn(self) -> Running {
        let (tasks_stop, relay_stop) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        for chore in self.chores {
            tasks.spawn(chore.keep(self.app.clone(), tasks_stop.clone()));
        }
        let mut relay = JoinSet::new();
        relay.spawn(self.relay.run(relay_stop.clone()));
        Running { tasks, tasks_stop, relay, relay_stop }
    }
}

/// The relay and all tasks, running.
pub struct Running {
    tasks: JoinSet<()>,
    tasks_stop: CancellationToken,
    relay: JoinSet<()>,
    relay_stop: CancellationToken,
}

impl Running {
    /// Lets tasks finish their present run, then lets the relay hand on what is left. Cut off by whoever waits for it.
    pub async fn stop(mut self) {
        self.tasks_stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.relay_stop.cancel();
        while self.relay.join_next().await.is_some() {}
    }
}
