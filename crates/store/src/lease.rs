//! What only one of several instances may do, it does under a lease.
//!
//! A lease is a row with a fencing number and a beat. Its holder raises the beat; whoever sees the same beat for the whole
//! time to live takes the lease over and raises the fencing number. No clock is compared with another's: each instance
//! measures only how long it has seen nothing new. What a holder writes checks the number in the same transaction
//! ([`Db::under`]), so that one that was paused and is no longer the holder can write nothing.

use crate::{Db, Tx, args};
use kernel::{Code, Result};
use std::time::{Duration, Instant};

/// How long a holder may be silent before another takes over.
pub const TIME_TO_LIVE: Duration = Duration::from_secs(5);
/// How often a holder beats and the others look: several times within the time to live.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);

const MAKE: &str = "insert into leases (name, holder, fence, beat) values (?, ?, 0, 0) {on conflict ignore: name}";
const MAKE_FENCE: &str = "insert into lease_fences (name, fence) values (?, 0) {on conflict ignore: name}";
const FIND: &str = "select holder, fence, beat from leases where name = ?";
const TAKE: &str =
    "update leases set holder = ?, fence = fence + 1, beat = 0 where name = ? and fence = ? and beat = ?";
const TAKE_FENCE: &str = "update lease_fences set fence = fence + 1 where name = ? and fence = ?";
const BEAT: &str = "update leases set beat = beat + 1 where name = ? and fence = ?";
const GIVE_BACK: &str = "update leases set holder = ? where name = ? and fence = ?";
const CHECK: &str = "select fence from lease_fences where name = ? and fence = ? {for share}";

pub(crate) const STATEMENTS: &[&str] = &[MAKE, MAKE_FENCE, FIND, TAKE, TAKE_FENCE, BEAT, GIVE_BACK, CHECK];

/// The holder's name while nobody holds the lease.
const NOBODY: &str = "";

/// A lease that was held when it was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: &'static str,
    /// Grows by one with every holder.
    pub fence: i64,
}

impl Lease {
    /// C013 unless the lease is still held; then it stays so until this transaction ends.
    pub(crate) fn check(self, tx: &mut Tx<'_>) -> Result<()> {
        let held = tx.query_first(CHECK, args![self.name, self.fence], |row| row.get::<i64>(0))?;
        held.map(|_| ()).ok_or_else(|| {
            let cause = format!("the lease {} with number {} has gone to another instance", self.name, self.fence);
            Code::Unavailable.error().retry_after(1).caused_by(cause)
        })
    }
}

/// A lease's row as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    holder: String,
    fence: i64,
    beat: i64,
}

/// An instance that holds a lease or waits for it.
#[derive(Debug)]
pub struct Candidate {
    name: &'static str,
    me: String,
    alone: bool,
    time_to_live: Duration,
    seen: Option<(Seen, Instant)>,
    held: Option<(Lease, Instant)>,
}

impl Candidate {
    /// Waits for the lease `name` as `me`, which no other instance is called. Who is `alone` need not wait for whoever held
    /// it before, and need not beat while nobody listens; should there be another all the same, they take turns.
    pub fn new(name: &'static str, me: impl Into<String>, alone: bool) -> Candidate {
        Candidate { name, me: me.into(), alone, time_to_live: TIME_TO_LIVE, seen: None, held: None }
    }

    /// The same with another time to live, for tests.
    pub fn living(self, time_to_live: Duration) -> Candidate {
        Candidate { time_to_live, ..self }
    }

    /// The lease, as far as this instance knows.
    pub fn held(&self) -> Option<Lease> {
        self.held.map(|(lease, _)| lease)
    }

    /// Beats, or looks whether the lease can be had. Gives it while it is held. To be called every [`BEAT_EVERY`].
    pub async fn tick(&mut self, db: &Db) -> Result<Option<Lease>> {
        match self.held {
            Some((lease, since)) => self.beat(db, lease, since).await?,
            None => self.look(db).await?,
        }
        Ok(self.held())
    }

    async fn beat(&mut self, db: &Db, lease: Lease, since: Instant) -> Result<()> {
        let now = Instant::now();
        let beaten = if self.alone {
            let seen = db.read("lease.see", move |tx| find(tx, lease.name)).await;
            seen.map(|seen| u64::from(seen.is_some_and(|seen| seen.fence == lease.fence)))
        } else {
            db.write("lease.beat", move |tx| tx.exec(BEAT, args![lease.name, lease.fence])).await
        };
        self.held = match &beaten {
            Ok(1) => Some((lease, now)),
            Ok(_) => {
                tracing::warn!(lease = lease.name, fence = lease.fence, "another instance has taken the lease");
                None
            }
            // the others count from the last beat they saw
            Err(_) if !self.alone && since.elapsed() >= self.time_to_live => None,
            Err(_) => Some((lease, since)),
        };
        beaten.map(|_| ())
    }

    async fn look(&mut self, db: &Db) -> Result<()> {
        let name = self.name;
        let Some(found) = db.read("lease.look", move |tx| find(tx, name)).await? else {
            let make = move |tx: &mut Tx<'_>| {
                tx.exec(MAKE_FENCE, args![name])?;
                tx.exec(MAKE, args![name, NOBODY])
            };
            db.write("lease.make", make).await?;
            return Box::pin(self.look(db)).await;
        };
        let since = match &self.seen {
            Some((before, since)) if *before == found => *since,
            _ => Instant::now(),
        };
        let first = self.seen.replace((found.clone(), since)).is_none();
        let free = found.holder == NOBODY || found.holder == self.me || (self.alone && first);
        if free || since.elapsed() >= self.time_to_live {
            self.take(db, &found).await?;
        }
        Ok(())
    }

    async fn take(&mut self, db: &Db, found: &Seen) -> Result<()> {
        let (me, name, fence, beat) = (self.me.clone(), self.name, found.fence, found.beat);
        let began = Instant::now();
        let take = move |tx: &mut Tx<'_>| {
            // waits for whatever the holder is writing at this moment
            if tx.exec(TAKE_FENCE, args![name, fence])? == 0 {
                return Ok(false);
            }
            if tx.exec(TAKE, args![me, name, fence, beat])? == 0 {
                return Err(Code::Conflict.because("the holder has beaten"));
            }
            Ok(true)
        };
        let taken = match db.write("lease.take", take).await {
            Err(error) if error.code() == Code::Conflict => false,
            taken => taken?,
        };
        if taken {
            let lease = Lease { name, fence: fence + 1 };
            tracing::info!(lease = name, fence = lease.fence, before = found.holder, "took the lease");
            self.held = Some((lease, began));
        }
        Ok(())
    }

    /// Gives the lease back, so that another need not wait. No effect when it is not held.
    pub async fn give_back(&mut self, db: &Db) -> Result<()> {
        let Some((lease, _)) = self.held.take() else { return Ok(()) };
        db.write("lease.give-back", move |tx| tx.exec(GIVE_BACK, args![NOBODY, lease.name, lease.fence]))
            .await
            .map(|_| ())
    }
}

fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<Seen>> {
    tx.query_first(FIND, args![name], |row| Ok(Seen { holder: row.get(0)?, fence: row.get(1)?, beat: row.get(2)? }))
}
