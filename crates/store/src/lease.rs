//! Leases: a job that only one of several instances may do, such as publishing events, is done by the instance that holds
//! a lease. That instance is the leader; the others are followers.
//!
//! A lease is one row with three values: the name of the leader, a fencing token and a heartbeat counter.
//!
//! - The leader raises the heartbeat counter every [`RENEW_EVERY`].
//! - A follower reads the row as often. When it has seen the same token and the same heartbeat for [`TIME_TO_LIVE`], it
//!   concludes that the leader is dead. It then takes the lease over by writing its own name and raising the token by one.
//! - No instance compares its clock with the clock of another one. Each measures only how long the row has not changed.
//!
//! Both statements also look for events, so that an idle instance needs no statement of its own for that: the heartbeat is
//! refused while there are events without a sequence number, and the row is read together with the newest sequence number.
//!
//! A leader that was paused may not know yet that it lost the lease. So every transaction of a leader ([`Db::under`])
//! checks that its fencing token is still the newest. If it is not, the transaction fails and nothing is stored.

use crate::{Db, Tx, args, concatcp};
use kernel::{Code, Result};
use std::time::{Duration, Instant};

/// A follower takes over when it has seen no heartbeat for this long.
pub const TIME_TO_LIVE: Duration = Duration::from_secs(5);
/// How often the leader renews the lease and each follower reads it: three times within [`TIME_TO_LIVE`], so that one slow
/// answer of the database does not end the leadership. It is most of what an idle instance does.
pub const RENEW_EVERY: Duration = Duration::from_millis(1_650);

// The token stands in two tables. `leases` changes with every heartbeat. A transaction of the leader locks the row of
// `lease_fences`, which changes only when the lease is taken over: so heartbeats never wait for those transactions, and a
// takeover waits until they have ended.
const CREATE: &str = "insert into leases (name, holder, fence, beat) values (?, ?, 0, 0) {on conflict ignore: name}";
const CREATE_FENCE: &str = "insert into lease_fences (name, fence) values (?, 0) {on conflict ignore: name}";
const FIND: &str =
    "select holder, fence, beat, (select coalesce(max({position}), 0) from outbox) from leases where name = ?";
const TAKE_OVER: &str =
    "update leases set holder = ?, fence = fence + 1, beat = 0 where name = ? and fence = ? and beat = ?";
const TAKE_OVER_FENCE: &str = "update lease_fences set fence = fence + 1 where name = ? and fence = ?";
const RENEW: &str = "update leases set beat = beat + 1 where name = ? and fence = ?";
const RENEW_IF_QUIET: &str = concatcp!(RENEW, " and not exists (select 1 from outbox where {position} is null)");
const RELEASE: &str = "update leases set holder = ? where name = ? and fence = ?";
const CHECK: &str = "select fence from lease_fences where name = ? and fence = ? {for share}";

pub(crate) const STATEMENTS: &[&str] =
    &[CREATE, CREATE_FENCE, FIND, TAKE_OVER, TAKE_OVER_FENCE, RENEW, RENEW_IF_QUIET, RELEASE, CHECK];

/// The leader's name in the row of a lease that is free.
const NO_LEADER: &str = "";

/// Proof that an instance became the leader. It may have lost the lease since; [`Db::under`] finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// What the lease is for.
    pub name: &'static str,
    /// Grows by one with each new leader, so that a former leader can no longer write.
    pub fencing_token: i64,
}

impl Lease {
    /// C013 if another instance has taken the lease over. Otherwise no other instance can take it over until the
    /// transaction of `tx` has ended.
    pub(crate) fn check(self, tx: &mut Tx<'_>) -> Result<()> {
        let newest = tx.query_first(CHECK, args![self.name, self.fencing_token], |row| row.get::<i64>(0))?;
        newest.map(|_| ()).ok_or_else(|| {
            let Lease { name, fencing_token } = self;
            let cause = format!("another instance has taken over the lease {name} since token {fencing_token}");
            Code::Unavailable.error().retry_after(1).caused_by(cause)
        })
    }
}

/// The row of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    leader: String,
    fencing_token: i64,
    heartbeat: i64,
}

/// What one look at the row of a lease finds.
struct Look {
    state: State,
    newest_event: i64,
}

/// An instance that wants a lease: a follower at first, and the leader while it holds the lease.
#[derive(Debug)]
pub struct Candidate {
    lease_name: &'static str,
    instance: String,
    only_instance: bool,
    time_to_live: Duration,
    /// As a follower: the row as it was last read, and since when it has not changed.
    observed: Option<(State, Instant)>,
    /// As the leader: the lease, and when it was last renewed.
    held: Option<(Lease, Instant)>,
    /// The newest sequence number at the last look.
    newest_event: i64,
    /// Whether there were events at the last tick that this instance may not have read.
    saw_events: bool,
}

impl Candidate {
    /// A candidate for the lease `lease_name`. `instance` must be a name that no other instance has.
    ///
    /// `only_instance`: no other instance works on this database, as is the rule for a SQLite file. Then the candidate
    /// takes the lease at once, because its last holder must have ended, and it writes no heartbeats, because no follower
    /// reads them. If a second instance is started by mistake, it takes the lease over and the fencing token stops the
    /// first one: the two never write at the same time.
    pub fn new(lease_name: &'static str, instance: impl Into<String>, only_instance: bool) -> Candidate {
        let instance = instance.into();
        Candidate {
            lease_name,
            instance,
            only_instance,
            time_to_live: TIME_TO_LIVE,
            observed: None,
            held: None,
            newest_event: 0,
            saw_events: false,
        }
    }

    /// Replaces [`TIME_TO_LIVE`], for tests.
    pub fn with_time_to_live(self, time_to_live: Duration) -> Candidate {
        Candidate { time_to_live, ..self }
    }

    /// The lease, if this instance was the leader at the last [`Candidate::tick`].
    pub fn held(&self) -> Option<Lease> {
        self.held.map(|(lease, _)| lease)
    }

    /// Whether the last [`Candidate::tick`] saw events that this instance may not have read yet.
    pub fn saw_events(&self) -> bool {
        self.saw_events
    }

    /// Renews the lease as the leader, or takes it as a follower if it is free. Returns the lease if this instance is the
    /// leader afterwards. Call it every [`RENEW_EVERY`].
    pub async fn tick(&mut self, db: &Db) -> Result<Option<Lease>> {
        self.saw_events = false;
        match self.held {
            Some((lease, renewed_at)) => self.renew(db, lease, renewed_at).await?,
            None => self.follow(db).await?,
        }
        Ok(self.held())
    }

    async fn renew(&mut self, db: &Db, lease: Lease, renewed_at: Instant) -> Result<()> {
        // measured before the statement, because a follower may see the new heartbeat from then on
        let now = Instant::now();
        let renewed = if self.only_instance { self.still_leads(db, lease).await } else { self.beat(db, lease).await };
        match renewed {
            Ok(true) => self.held = Some((lease, now)),
            Ok(false) => {
                tracing::warn!(lease = lease.name, "another instance has taken over the lease");
                self.held = None;
            }
            Err(error) => {
                // the followers have seen no heartbeat for as long, so one of them may be the leader by now
                if !self.only_instance && renewed_at.elapsed() >= self.time_to_live {
                    self.held = None;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn follow(&mut self, db: &Db) -> Result<()> {
        let look = read_or_create(db, self.lease_name).await?;
        self.note(look.newest_event);
        let state = look.state;
        let unchanged_since = match &self.observed {
            Some((before, since)) if *before == state => *since,
            _ => Instant::now(),
        };
        let first_look = self.observed.replace((state.clone(), unchanged_since)).is_none();
        let is_free = state.leader == NO_LEADER || state.leader == self.instance || (self.only_instance && first_look);
        let leader_is_dead = unchanged_since.elapsed() >= self.time_to_live;
        if is_free || leader_is_dead {
            self.take_over(db, state).await?;
        }
        Ok(())
    }

    fn note(&mut self, newest_event: i64) {
        self.saw_events = newest_event != self.newest_event;
        self.newest_event = newest_event;
    }

    /// Whether `lease` has the newest token, without writing anything.
    async fn still_leads(&mut self, db: &Db, lease: Lease) -> Result<bool> {
        let Some(look) = db.read_single("lease.read", move |tx| find(tx, lease.name)).await? else { return Ok(false) };
        self.note(look.newest_event);
        Ok(look.state.fencing_token == lease.fencing_token)
    }

    /// Raises the heartbeat counter; `false` if `lease` no longer has the newest token.
    async fn beat(&mut self, db: &Db, lease: Lease) -> Result<bool> {
        let values = move |sql| move |tx: &mut Tx<'_>| tx.exec(sql, args![lease.name, lease.fencing_token]);
        if db.write_single("lease.renew", values(RENEW_IF_QUIET)).await? == 1 {
            return Ok(true);
        }
        let renewed = db.write_single("lease.renew", values(RENEW)).await? == 1;
        self.saw_events = renewed;
        Ok(renewed)
    }

    async fn take_over(&mut self, db: &Db, seen: State) -> Result<()> {
        let began = Instant::now();
        let lease = Lease { name: self.lease_name, fencing_token: seen.fencing_token + 1 };
        if write_takeover(db, lease.name, self.instance.clone(), seen.clone()).await? {
            let (name, fencing_token) = (lease.name, lease.fencing_token);
            tracing::info!(lease = name, fencing_token, leader_before = seen.leader, "took over the lease");
            self.held = Some((lease, began));
        }
        Ok(())
    }

    /// Makes the lease free, so that the next leader does not have to wait for [`TIME_TO_LIVE`]. No effect on a follower.
    pub async fn release(&mut self, db: &Db) -> Result<()> {
        let Some((lease, _)) = self.held.take() else { return Ok(()) };
        let release = move |tx: &mut Tx<'_>| tx.exec(RELEASE, args![NO_LEADER, lease.name, lease.fencing_token]);
        db.write("lease.release", release).await.map(|_| ())
    }
}

/// The row of the lease, which the first instance of a shop has to create.
async fn read_or_create(db: &Db, name: &'static str) -> Result<Look> {
    if let Some(look) = db.read_single("lease.read", move |tx| find(tx, name)).await? {
        return Ok(look);
    }
    let create = move |tx: &mut Tx<'_>| {
        tx.exec(CREATE_FENCE, args![name])?;
        tx.exec(CREATE, args![name, NO_LEADER])
    };
    db.write("lease.create", create).await?;
    let created = db.read_single("lease.read", move |tx| find(tx, name)).await?;
    created.ok_or_else(|| Code::Internal.error().caused_by(format!("the lease {name:?} was created and is missing")))
}

fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<Look>> {
    tx.query_first(FIND, args![name], |row| {
        let state = State { leader: row.next()?, fencing_token: row.next()?, heartbeat: row.next()? };
        Ok(Look { state, newest_event: row.next()? })
    })
}

/// Makes `instance` the leader if the row is still as it was seen; `false` if another instance was faster.
async fn write_takeover(db: &Db, name: &'static str, instance: String, seen: State) -> Result<bool> {
    let take_over = move |tx: &mut Tx<'_>| {
        // waits for the transactions of the present leader, which have locked this row
        if tx.exec(TAKE_OVER_FENCE, args![name, seen.fencing_token])? == 0 {
            return Ok(false);
        }
        if tx.exec(TAKE_OVER, args![instance, name, seen.fencing_token, seen.heartbeat])? == 0 {
            // an error, because the first update must be rolled back
            return Err(Code::Conflict.because("the leader has renewed the lease"));
        }
        Ok(true)
    };
    match db.write("lease.take-over", take_over).await {
        Err(error) if error.code() == Code::Conflict => Ok(false),
        taken => taken,
    }
}
