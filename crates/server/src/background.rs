//! What runs beside the requests: the lease, the relay and the tasks. The server spawns them; tests step them.

use crate::leader::Leader;
use crate::relay::{Progress, Relay};
use crate::tasks::{self, Runner, Use};
use kernel::{Code, Result};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::{App, Task, outside::Outside};

/// Rounds of relay and tasks after which settling fails: something keeps making work for itself.
const ROUNDS_MAX: usize = 10_000;

/// The relay and all tasks, not running yet.
pub struct Background {
    app: App,
    leader: Leader,
    relay: Relay,
    tasks: Vec<Task>,
}

impl Background {
    /// The work of `app`'s modules, the subscribers outside, and the server's `own` tasks, which may watch the relay.
    pub async fn open(
        app: &App,
        outside: Vec<Arc<dyn Outside>>,
        own: impl FnOnce(Arc<Progress>) -> Vec<Task>,
    ) -> Result<Background> {
        let leader = Leader::stand(&app.db).await?;
        let mut relay = Relay::open(app, outside).await?;
        relay.lead(*leader.held().borrow());
        let of_modules = app.modules.iter().flat_map(|module| (module.tasks)(app));
        let tasks = of_modules.chain(own(relay.progress())).collect();
        Ok(Background { app: app.clone(), leader, relay, tasks })
    }

    /// What the relay has done.
    pub fn progress(&self) -> Arc<Progress> {
        self.relay.progress()
    }

    /// Renews the lease or tries to get it, as the running server does every [`store::lease::RENEW_EVERY`]. Gives whether this instance leads.
    pub async fn stand(&mut self) -> Result<bool> {
        self.leader.tick().await;
        let held = *self.leader.held().borrow();
        self.relay.lead(held);
        Ok(held.is_some())
    }

    /// Feeds every event to every subscriber. Gives how many events there were.
    pub async fn relay(&mut self) -> Result<usize> {
        let mut events = 0;
        loop {
            match self.relay.step().await? {
                0 => return Ok(events),
                some => events += some,
            }
        }
    }

    /// Stores how far the subscribers are and delivers dead letters that are due, as the running relay does every now and then.
    pub async fn upkeep(&mut self) -> Result<usize> {
        self.relay.upkeep().await
    }

    /// Runs relay, dead letters and tasks until none of them finds anything left to do at the shop's present time.
    /// C001 when it never ends or a task fails.
    pub async fn settle(&mut self) -> Result<()> {
        for _ in 0..ROUNDS_MAX {
            let mut done = self.relay().await? as u64;
            done += self.relay.upkeep().await? as u64;
            let shop = self.relay.shop();
            for task in &self.tasks {
                done += tasks::run_once(task, &shop).await?.work;
            }
            if done == 0 {
                return Ok(());
            }
        }
        Err(Code::Internal.error().caused_by("the shop does not come to rest"))
    }

    /// Runs one task by name, once. C003 when there is none of that name.
    pub async fn run_task(&mut self, name: &str) -> Result<u64> {
        let task = self.tasks.iter().find(|task| task.name == name);
        let task = task.ok_or_else(|| Code::NotFound.because(format!("no task {name}")))?;
        tasks::run_once(task, &self.relay.shop()).await.map(|ran| ran.work)
    }

    /// The names of all tasks.
    pub fn task_names(&self) -> Vec<&'static str> {
        self.tasks.iter().map(|task| task.name).collect()
    }

    /// Starts everything on its own intervals.
    pub fn spawn(self) -> Running {
        let mut running = Running::default();
        let use_of_shop = Use::watch(self.app.db.clone(), self.relay.progress());
        for task in self.tasks {
            let runner = Runner::new(task, self.app.clone(), self.leader.held(), use_of_shop.changes());
            running.tasks.start(|stop| runner.run(stop));
        }
        running.tasks.start(|stop| use_of_shop.keep(stop));
        running.relay.start(|stop| self.relay.run(self.leader.held(), stop));
        running.leader.start(|stop| self.leader.keep(stop));
        running
    }
}

/// The lease, the relay and all tasks, running.
#[derive(Default)]
pub struct Running {
    tasks: Group,
    relay: Group,
    leader: Group,
}

/// Loops that are stopped together.
#[derive(Default)]
struct Group {
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl Group {
    fn start<F: Future<Output = ()> + Send + 'static>(&mut self, begin: impl FnOnce(CancellationToken) -> F) {
        self.running.spawn(begin(self.stop.clone()));
    }

    async fn end(&mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }
}

impl Running {
    /// Lets tasks finish their present run, then the relay what is left, then releases the lease. The caller limits how long
    /// that may take.
    pub async fn stop(mut self) {
        self.tasks.end().await;
        self.relay.end().await;
        self.leader.end().await;
    }
}
