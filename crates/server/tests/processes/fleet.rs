//! The running instances of a shop.

use crate::alarm::Alarm;
use ports::SystemClock;
use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use store::{DatabaseUrl, Db, Settings, args};
use testdb::Kind;
use testkit::{Process, Program};

/// How long there may be no leader after the leader was killed: seven seconds, and the rest is for a busy machine.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(40);

/// As many instances as a test of several has: a SQLite file has one.
pub fn instances() -> usize {
    if testdb::wanted() == Kind::Sqlite { 1 } else { 3 }
}

/// Gives the instance with a number.
pub type AddressBook = Arc<dyn Fn(usize) -> Arc<Process> + Send + Sync>;

/// The running processes. The test replaces those that it kills.
pub struct Fleet<'a> {
    program: &'a Program,
    processes: Arc<Vec<Mutex<Arc<Process>>>>,
    /// A look at the rows, beside the instances.
    pub window: Db,
    /// Of the threads that use the instances.
    pub alarm: Alarm,
}

impl<'a> Fleet<'a> {
    /// Starts `count` instances at the same moment.
    pub fn start(program: &'a Program, instances: usize) -> Fleet<'a> {
        let started = thread::scope(|scope| {
            let starting: Vec<_> = (0..instances).map(|_| scope.spawn(|| program.start(None))).collect();
            starting.into_iter().map(|one| one.join().expect("no panic").expect("nothing is armed")).collect::<Vec<_>>()
        });
        let processes = Arc::new(started.into_iter().map(|process| Mutex::new(Arc::new(process))).collect());
        let url: DatabaseUrl = program.url().parse().expect("an address");
        let window = Db::open(Settings::throwaway(url, Arc::new(SystemClock))).expect("the database answers");
        Fleet { program, processes, window, alarm: Alarm::default() }
    }

    /// An instance; the numbers begin anew after the last one.
    pub fn instance(&self, n: usize) -> Arc<Process> {
        self.address_book()(n)
    }

    /// Finds instances as they are when it is asked, also from other threads.
    pub fn address_book(&self) -> AddressBook {
        let processes = Arc::clone(&self.processes);
        Arc::new(move |n| Arc::clone(&processes[n % processes.len()].lock().expect("no test thread panicked")))
    }

    /// The leader.
    pub fn leader(&self) -> u32 {
        let read = self.window.read_blocking("leader", |tx| {
            tx.query_one("select holder from leases where name = 'background'", args![], |row| row.get::<String>(0))
        });
        let holder = read.expect("the lease can be read");
        holder.split('-').next().and_then(|pid| pid.parse().ok()).unwrap_or(0)
    }

    /// Waits until a running instance is the leader.
    pub fn is_led(&self) {
        until("one of the living leads", || (0..self.processes.len()).any(|n| self.instance(n).pid() == self.leader()));
    }

    /// Kills an instance, starts another and waits until one leads.
    pub fn kill(&self, n: usize) {
        self.replace(n);
        self.is_led();
    }

    /// Kills an instance and starts another. Returns when it was killed, if it was the leader.
    pub fn replace(&self, n: usize) -> Option<Instant> {
        let victim = self.instance(n);
        let leads = self.leader() == victim.pid();
        let killed = Instant::now();
        victim.kill();
        let started = self.program.start(None).expect("nothing is armed");
        *self.processes[n].lock().expect("no test thread panicked") = Arc::new(started);
        leads.then_some(killed)
    }
}

/// Waits until the condition holds.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    until_within(TAKEN_OVER_WITHIN, what, is_so);
}

/// The same, for what may take longer.
pub fn until_within(limit: Duration, what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
