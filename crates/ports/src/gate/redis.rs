//! The gate in Redis, which all instances share. Each call is one script and one round trip. The keys of a subject have one
//! hash tag, so a script touches one slot of a cluster.
//!
//! While Redis is away or slow, the gate lets everybody through: every call has a time limit, and after a few failures in a
//! row the circuit breaker makes no calls for a second. A Redis that was flushed or restarted knows nothing, and the first
//! looks rebuild it. A replica that has taken over knows what it has copied; what it missed is as old as a lost message at most.

mod client;
mod pool;

use super::{
    Answer, Asked, FRESH, Gate, HOLD, Health, LOAD_EVERY, LOOK_AGAIN, LOOK_EVERY, Look, OVERBOOKED, Outcome, Refusal,
    Snapshot, Subject, Ticket, USERS_MAX,
};
use crate::breaker::Breaker;
use async_trait::async_trait;
use client::Client;
use kernel::{Clock, Code, Error, UserId};
use pool::Pool;
use redis::{ErrorKind, FromRedisValue, RedisError, RedisResult, Script, ScriptInvocation, ServerErrorKind};
use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// Failures in a row after which the breaker opens, and for how long.
const FAILURES_MAX: u32 = 3;
const OPEN_FOR: Duration = Duration::from_secs(1);
/// Users that one call of the loading script brings.
const LOADED_AT_ONCE: usize = 1_000;

/// How Redis is reached.
#[derive(Clone)]
pub struct Settings {
    /// `redis://host:port`, or `rediss://` for an encrypted connection; `/n` chooses a database. Of a cluster also several,
    /// separated by commas: one that answers is enough.
    pub url: String,
    /// Whether it is a Redis Cluster, whose nodes have a part of the keys each.
    pub cluster: bool,
    /// Empty: the one in the url, or none.
    pub user: String,
    pub password: String,
    /// A file with the authority that signed the server's certificate; empty for those that this machine trusts.
    pub authority: String,
    /// What every key begins with, so that several shops can share one Redis.
    pub prefix: String,
    pub connections: usize,
    pub connect_timeout: Duration,
    /// Longest time for one decision.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            url: "redis://127.0.0.1:6379".to_owned(),
            cluster: false,
            user: String::new(),
            password: String::new(),
            authority: String::new(),
            prefix: "holdfast".to_owned(),
            connections: 4,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_millis(50),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// A gate in Redis.
pub struct RedisGate {
    pool: Pool,
    scripts: Scripts,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    prefix: String,
    timeout: Duration,
    /// Distinguishes the tickets of this gate from those of other instances.
    instance: u64,
    tickets: AtomicU64,
    is_away: AtomicBool,
    openings: AtomicU64,
}

struct Scripts {
    take: Script,
    settle: Script,
    load: Script,
    rebuild: Script,
    open: Script,
    probe: Script,
}

impl fmt::Debug for RedisGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisGate").field("is_away", &self.is_away).finish_non_exhaustive()
    }
}

impl RedisGate {
    /// A gate that connects when it is asked for the first time. `clock` is a real one: it measures how long Redis is left
    /// alone. C002 when `url` is no address of a Redis, or the authority cannot be read.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<RedisGate, Error> {
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::of(settings)
            .map_err(|error| Code::InvalidInput.because("the address of Redis cannot be used").caused_by(error))?;
        Ok(RedisGate {
            pool: Pool::new(client, settings.connections),
            scripts: Scripts {
                take: Script::new(include_str!("redis/take.lua")),
                settle: Script::new(include_str!("redis/settle.lua")),
                load: Script::new(include_str!("redis/load.lua")),
                rebuild: Script::new(include_str!("redis/rebuild.lua")),
                open: Script::new(include_str!("redis/open.lua")),
                probe: Script::new(include_str!("redis/probe.lua")),
            },
            breaker: Breaker::new(FAILURES_MAX, OPEN_FOR),
            clock,
            prefix: settings.prefix.clone(),
            timeout: settings.timeout,
            instance: RandomState::new().hash_one("an instance"),
            tickets: AtomicU64::new(0),
            is_away: AtomicBool::new(false),
            openings: AtomicU64::new(0),
        })
    }

    /// The keys of a subject: its rows, its users, who is under way.
    fn keys(&self, subject: &Subject) -> [String; 3] {
        ["rows", "users", "under-way"].map(|what| format!("{}:{{{subject}}}:{what}", self.prefix))
    }

    fn ticket(&self, number: u64) -> String {
        format!("{:x}-{number:x}", self.instance)
    }

    /// Runs a script in time; `None` when Redis does not answer, or is left alone.
    async fn call<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Option<T> {
        if !self.breaker.admits(self.clock.now()) {
            return None;
        }
        match tokio::time::timeout(self.timeout, self.ask(script)).await {
            Ok(Ok(answer)) => {
                self.breaker.succeeded();
                if self.is_away.swap(false, Relaxed) {
                    tracing::info!("Redis answers again, and the gate with it");
                }
                Some(answer)
            }
            Ok(Err(error)) => self.failed(&said(&error)),
            Err(_) => self.failed(LATE),
        }
    }

    async fn ask<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> RedisResult<T> {
        let mut lent = self.pool.connection().await?;
        let outcome = script.invoke_async(&mut lent.connection).await;
        lent.judge(&outcome);
        if outcome.as_ref().is_err_and(|error| error.kind() == READ_ONLY) {
            // another server was made the primary: its address leads there by now, but open connections stay
            self.pool.close();
        }
        outcome
    }

    /// Whether Redis answers on every node and runs our scripts.
    async fn probe(&self) -> RedisResult<()> {
        let mut lent = self.pool.connection().await?;
        let answered = redis::cmd("PING").query_async::<()>(&mut lent.connection).await;
        lent.judge(&answered);
        answered?;
        let mut script = self.scripts.probe.prepare_invoke();
        script.key(format!("{}:{{probe}}", self.prefix));
        self.ask(&script).await
    }

    fn failed<T>(&self, why: &str) -> Option<T> {
        if self.breaker.failed(self.clock.now()) {
            self.openings.fetch_add(1, Relaxed);
            self.is_known_away(why);
            // a connection to a machine that is gone does not fail by itself
            self.pool.close();
        }
        None
    }

    /// Says once, until Redis is back, that it is away.
    fn is_known_away(&self, why: &str) {
        if !self.is_away.swap(true, Relaxed) {
            tracing::warn!(
                error = why,
                "Redis does not answer: the gate lets everybody through, and the database decides"
            );
        }
    }

    /// Stores all users of a subject; false when that failed, or the subject was opened meanwhile.
    async fn load(&self, keys: &[String; 3], fence: u64, returned: i64, users: &[(UserId, i64)]) -> bool {
        let mut chunks: Vec<&[(UserId, i64)]> = users.chunks(LOADED_AT_ONCE).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let last = chunks.len() - 1;
        for (n, chunk) in chunks.into_iter().enumerate() {
            let mut script = self.scripts.load.prepare_invoke();
            script.key(&keys[0]).key(&keys[1]).arg(fence).arg(returned);
            script.arg(i32::from(n == 0)).arg(i32::from(n == last));
            for (user, units) in chunk {
                script.arg(&user.uuid().as_bytes()[..]).arg(*units);
            }
            if self.call::<i64>(&script).await != Some(1) {
                return false;
            }
        }
        true
    }
}

#[async_trait]
impl Gate for RedisGate {
    async fn take(&self, asked: &Asked) -> Answer {
        let number = self.tickets.fetch_add(1, Relaxed) + 1;
        let began = Instant::now();
        let mut script = self.scripts.take.prepare_invoke();
        for key in self.keys(&asked.subject) {
            script.key(key);
        }
        script.arg(&asked.user.uuid().as_bytes()[..]).arg(asked.units).arg(asked.at.as_millis());
        script.arg(self.ticket(number));
        for span in [FRESH, LOOK_EVERY, LOOK_AGAIN, LOAD_EVERY, HOLD] {
            script.arg(millis(span));
        }
        script.arg(OVERBOOKED);
        let answer = self.call::<Vec<String>>(&script).await.unwrap_or_default();
        read(&answer, number, began).unwrap_or(Answer::Through(Ticket::UNCOUNTED))
    }

    async fn settle(&self, asked: &Asked, ticket: Ticket, outcome: Outcome) {
        let mut script = self.scripts.settle.prepare_invoke();
        for key in self.keys(&asked.subject) {
            script.key(key);
        }
        script.arg(&asked.user.uuid().as_bytes()[..]).arg(asked.units).arg(self.ticket(ticket.number));
        let ended = match outcome {
            Outcome::Took => "took",
            Outcome::GaveBack if ticket.look.is_some() => "looked",
            Outcome::GaveBack => "gave back",
        };
        script.arg(ended).arg(USERS_MAX);
        self.call::<()>(&script).await;
    }

    async fn rebuild(&self, subject: &Subject, look: Look, snapshot: Option<&Snapshot>) {
        let keys = self.keys(subject);
        let Some(snapshot) = snapshot else { return self.open(subject).await };
        let returned = snapshot.returned.unwrap_or(-1);
        if let Some(users) = &snapshot.users
            && !self.load(&keys, look.fence, returned, users).await
        {
            return;
        }
        let mut script = self.scripts.rebuild.prepare_invoke();
        script.key(&keys[0]).key(&keys[1]).arg(look.fence).arg(millis(look.began.elapsed()));
        script.arg(snapshot.opens_at.as_millis()).arg(snapshot.closes_at.as_millis());
        script.arg(snapshot.total).arg(snapshot.taken).arg(snapshot.per_user).arg(returned);
        script.arg(i32::from(snapshot.limit_last));
        self.call::<i64>(&script).await;
    }

    async fn open(&self, subject: &Subject) {
        let mut script = self.scripts.open.prepare_invoke();
        script.key(&self.keys(subject)[0]);
        self.call::<()>(&script).await;
    }

    async fn health(&self) -> Health {
        if !self.breaker.admits(self.clock.now()) {
            return Health::Away;
        }
        let why = match tokio::time::timeout(self.timeout.max(PROBE_WITHIN), self.probe()).await {
            Ok(Ok(())) => {
                self.breaker.succeeded();
                self.is_away.store(false, Relaxed);
                return Health::Up;
            }
            Ok(Err(error)) => said(&error),
            Err(_) => LATE.to_owned(),
        };
        self.breaker.failed(self.clock.now());
        self.is_known_away(&why);
        Health::Away
    }

    fn breaker_openings(&self) -> u64 {
        self.openings.load(Relaxed)
    }
}

/// How long a probe waits at least: connecting takes longer than asking.
const PROBE_WITHIN: Duration = Duration::from_millis(500);
const LATE: &str = "no answer in time";
/// What a replica says to a script that writes.
const READ_ONLY: ErrorKind = ErrorKind::Server(ServerErrorKind::ReadOnly);

/// What the log says of a failure. Redis' own messages contain no password.
fn said(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::Moved) => "this is a cluster: set redis.cluster".to_owned(),
        _ => error.to_string(),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// What the script of [`Gate::take`] says; `None` for what no version of it says.
fn read(answer: &[String], number: u64, began: Instant) -> Option<Answer> {
    let part = |n: usize| answer.get(n).map(String::as_str);
    let count = |n: usize| part(n)?.parse::<i64>().ok();
    let look = || {
        let known = count(3).and_then(|returned| Some((count(2)?, returned)));
        Some(Look { fence: part(1)?.parse().ok()?, began, known, load: part(4)? == "1" })
    };
    Some(match part(0)? {
        "through" => Answer::Through(Ticket { number, look: None }),
        "look" => Answer::Through(Ticket { number, look: Some(look()?) }),
        "crowded" => Answer::Crowded,
        "over limit" => Answer::Refused(Refusal::OverLimit { per_user: count(1)? }),
        "sold out" => Answer::Refused(Refusal::SoldOut { left: count(1)? }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
