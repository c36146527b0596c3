//! The gate in Redis, which all instances share. Each call is one script and one round trip. The keys of a subject have one
//! hash tag, so a script touches one slot of a cluster.
//!
//! While Redis is away or slow, the gate lets everybody through: every call has a time limit, and after a few failures in a
//! row the circuit breaker makes no calls for a second. A Redis that was flushed, restarted or failed over knows nothing,
//! and the first looks rebuild it.

mod pool;

use super::{
    Answer, Asked, FRESH, Gate, HOLD, Health, LOAD_EVERY, LOOK_AGAIN, LOOK_EVERY, Look, OVERBOOKED, Outcome, Refusal,
    Stand, Subject, Ticket, USERS_MAX,
};
use crate::breaker::Breaker;
use async_trait::async_trait;
use kernel::{Clock, Code, Error, UserId};
use pool::Pool;
use redis::{FromRedisValue, Script, ScriptInvocation};
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
    /// `redis://host:port`, or `rediss://` for an encrypted connection; `/n` chooses a database.
    pub url: String,
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
        let client = pool::client(settings)
            .map_err(|error| Code::InvalidInput.because("the address of Redis cannot be used").caused_by(error))?;
        Ok(RedisGate {
            pool: Pool::new(client, settings.connections, settings.connect_timeout),
            scripts: Scripts {
                take: Script::new(include_str!("redis/take.lua")),
                settle: Script::new(include_str!("redis/settle.lua")),
                load: Script::new(include_str!("redis/load.lua")),
                rebuild: Script::new(include_str!("redis/rebuild.lua")),
                open: Script::new(include_str!("redis/open.lua")),
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
        let asked = async {
            let mut lent = self.pool.connection().await?;
            let outcome = script.invoke_async(&mut lent.connection).await;
            lent.judge(&outcome);
            outcome
        };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(answer)) => {
                self.breaker.succeeded();
                if self.is_away.swap(false, Relaxed) {
                    tracing::info!("Redis answers again, and the gate with it");
                }
                Some(answer)
            }
            Ok(Err(error)) => self.failed(&error.to_string()),
            Err(_) => self.failed("no answer in time"),
        }
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

    async fn rebuild(&self, subject: &Subject, look: Look, stand: Option<&Stand>) {
        let keys = self.keys(subject);
        let Some(stand) = stand else { return self.open(subject).await };
        let returned = stand.returned.unwrap_or(-1);
        if let Some(users) = &stand.users
            && !self.load(&keys, look.fence, returned, users).await
        {
            return;
        }
        let mut script = self.scripts.rebuild.prepare_invoke();
        script.key(&keys[0]).key(&keys[1]).arg(look.fence).arg(millis(look.began.elapsed()));
        script.arg(stand.opens_at.as_millis()).arg(stand.closes_at.as_millis());
        script.arg(stand.total).arg(stand.taken).arg(stand.per_user).arg(returned);
        script.arg(i32::from(stand.limit_last));
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
        let ping = async {
            let mut lent = self.pool.connection().await?;
            let outcome = redis::cmd("PING").query_async::<()>(&mut lent.connection).await;
            lent.judge(&outcome);
            outcome
        };
        match tokio::time::timeout(self.timeout.max(HEALTH_WITHIN), ping).await {
            Ok(Ok(())) => {
                self.breaker.succeeded();
                self.is_away.store(false, Relaxed);
                Health::Up
            }
            Ok(Err(error)) => {
                self.breaker.failed(self.clock.now());
                self.is_known_away(&error.to_string());
                Health::Away
            }
            Err(_) => {
                self.breaker.failed(self.clock.now());
                self.is_known_away("no answer in time");
                Health::Away
            }
        }
    }

    fn breaker_openings(&self) -> u64 {
        self.openings.load(Relaxed)
    }
}

/// How long a probe waits at least: connecting takes longer than asking.
const HEALTH_WITHIN: Duration = Duration::from_millis(500);

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
mod tests {
    use super::*;
    use crate::{
        SystemClock,
        gate::conformance::{self, Rows, histories, user},
    };
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    use testdb::{Proxy, Redis};

    fn gate(url: &str) -> RedisGate {
        // builds run beside these tests, so an answer may take longer than in a shop
        let settings = Settings { url: url.to_owned(), timeout: Duration::from_millis(500), ..Settings::default() };
        RedisGate::new(&settings, Arc::new(SystemClock)).unwrap()
    }

    #[tokio::test]
    async fn it_does_what_every_gate_does() {
        match Redis::private() {
            Ok(redis) => conformance::all(&gate(&redis.url()), 1).await,
            Err(missing) => testdb::skip(missing),
        }
    }

    // a script whose keys are in several slots fails on a cluster, and the gate would let everybody through
    #[tokio::test]
    async fn it_does_the_same_on_a_cluster() {
        match Redis::cluster() {
            Ok(redis) => conformance::all(&gate(&redis.url()), 1).await,
            Err(missing) => testdb::skip(missing),
        }
    }

    #[tokio::test]
    async fn no_history_lets_it_refuse_whom_the_rows_would_serve() {
        let redis = match Redis::private() {
            Ok(redis) => redis,
            Err(missing) => return testdb::skip(missing),
        };
        let (gate, mut runner) = (gate(&redis.url()), TestRunner::deterministic());
        for id in 0..100 {
            let history = proptest::strategy::Strategy::new_tree(&histories::any(), &mut runner).unwrap().current();
            conformance::play(&gate, id, &history).await;
        }
        assert_eq!(gate.breaker_openings(), 0);
    }

    #[tokio::test]
    async fn two_instances_share_what_they_know() {
        let redis = match Redis::private() {
            Ok(redis) => redis,
            Err(missing) => return testdb::skip(missing),
        };
        let (one, other) = (gate(&redis.url()), gate(&redis.url()));
        let mut rows = Rows::of(1, 4, None);
        for n in 0..4 {
            rows.ask(if n % 2 == 0 { &one } else { &other }, user(n), 1).await;
        }
        // one in a while looks
        let mut answers = Vec::new();
        for n in [9, 9, 9, 0, 0, 0] {
            answers.push(rows.ask(&other, user(n), 1).await.0);
        }
        assert!(answers.contains(&Answer::Refused(Refusal::SoldOut { left: 0 })), "{answers:?}");
        assert!(answers.contains(&Answer::Refused(Refusal::OverLimit { per_user: 1 })), "{answers:?}");
    }

    #[tokio::test]
    async fn while_redis_is_killed_flushed_or_slow_everybody_is_let_through() {
        let redis = match Redis::private() {
            Ok(redis) => redis,
            Err(missing) => return testdb::skip(missing),
        };
        let proxy = Proxy::before(redis.port());
        let gate = gate(&format!("redis://127.0.0.1:{}", proxy.port()));
        let mut rows = Rows::of(1, 1, None);
        rows.ask(&gate, user(1), 1).await;
        let refused = async |rows: &mut Rows| matches!(rows.ask(&gate, user(2), 1).await.0, Answer::Refused(_));
        let knows_again = async |rows: &mut Rows| {
            let began = Instant::now();
            while !refused(rows).await {
                assert!(began.elapsed() < Duration::from_secs(20), "the gate is rebuilt");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        knows_again(&mut rows).await;
        redis.flush();
        assert!(!refused(&mut rows).await, "it knows nothing any more");
        knows_again(&mut rows).await;
        redis.kill();
        for _ in 0..5 {
            assert!(!refused(&mut rows).await, "killed");
        }
        assert_eq!((gate.health().await, gate.breaker_openings()), (Health::Away, 1));
        redis.start();
        knows_again(&mut rows).await;
        assert_eq!(gate.health().await, Health::Up);
        proxy.delay(Duration::from_secs(1));
        let began = Instant::now();
        for _ in 0..20 {
            assert!(!refused(&mut rows).await, "slow");
        }
        assert!(began.elapsed() < Duration::from_secs(6), "the breaker spares most of them the wait");
        proxy.delay(Duration::ZERO);
        knows_again(&mut rows).await;
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let settings = Settings { url: "http://localhost".to_owned(), ..Settings::default() };
        assert!(RedisGate::new(&settings, Arc::new(SystemClock)).is_err());
    }
}
