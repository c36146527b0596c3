//! The active queues in the memory of an instance. A request that needs them refreshes them first: a reading job for all queues,
//! and one more for the entries that changed, one request at a time, so that many requests at once share them. Without requests
//! nothing is read.
//!
//! Where other instances may work on the same database, a request is answered from a reading that began after it came. Somebody
//! who asks one instance after the other would otherwise see a position that grows, because the second one remembers an older
//! state than the first. Where this process is the only one, a reading serves for [`FRESH`] unless the process changes a queue.

use crate::entry::Entry;
use crate::line::{Line, MEASURED, Standing};
use crate::ops::Due;
use crate::queue::{Queue, QueueId};
use crate::store;
use crate::subject::Subject;
use ::store::Tx;
use kernel::{Code, Result, Timestamp, UserId};
use parking_lot::RwLock;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use web::memory::{LastLook, Look};
use web::{App, CacheKey};

/// How long a reading serves where no other instance changes queues; within it an opening time may come.
const FRESH: Duration = Duration::from_millis(200);
/// How long the leader goes without looking after it saw nothing to do: the bound on a lost event.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// The generation of this key counts the events of queues.
pub const CHANGES: CacheKey = CacheKey::new("queues", 0);

/// The active queues.
#[derive(Default)]
pub struct Lines {
    known: RwLock<HashMap<QueueId, Arc<RwLock<Line>>>>,
    /// Counts the changes that this instance made.
    own_changes: AtomicU64,
    refreshed: LastLook,
    refreshing: tokio::sync::Mutex<()>,
    /// When the leader last saw that nothing happens until the time in `rests_until`.
    at_rest: LastLook,
    rests_until: RwLock<Option<Timestamp>>,
}

/// What changed of one queue since it was read last.
enum News {
    Nothing(QueueId),
    /// It was not known; with its entries.
    All(Queue, Vec<Entry>),
    Since(Queue, Vec<Entry>),
}

impl Lines {
    /// The active queues, with every change that was committed before this was called.
    pub async fn now(app: &App) -> Result<Arc<Lines>> {
        let lines = app.memory::<Lines>();
        let asked = Look::at(lines.own_changes.load(Ordering::SeqCst));
        if lines.serve(app, asked) {
            return Ok(lines);
        }
        let one_at_a_time = lines.refreshing.lock().await;
        if !lines.serve(app, asked) {
            lines.refresh(app).await?;
        }
        drop(one_at_a_time);
        Ok(lines)
    }

    /// This instance has changed a queue, so that the next request reads again.
    pub fn changed(app: &App) {
        app.memory::<Lines>().own_changes.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the last reading answers a request that came at `asked`.
    fn serve(&self, app: &App, asked: Look) -> bool {
        if app.db.is_shared() {
            self.refreshed.is_later_than(asked)
        } else {
            self.refreshed.is_fresh(self.own_changes.load(Ordering::SeqCst), FRESH)
        }
    }

    async fn refresh(&self, app: &App) -> Result<()> {
        let look = Look::at(self.own_changes.load(Ordering::SeqCst));
        let active = app.db.read("queue.refresh", store::active).await?;
        let versions = self.versions();
        let is_known = |queue: &Queue| versions.get(&queue.id) == Some(&queue.version);
        let news = if active.iter().all(is_known) {
            active.iter().map(|queue| News::Nothing(queue.id)).collect()
        } else {
            // in another transaction, because a snapshot of MariaDB may show a change of a queue without the one before it, and a
            // later snapshot shows both. What it shows beyond the queue's version is read once more next time
            app.db.read("queue.changes", move |tx| news(tx, &active, &versions)).await?
        };
        self.take(news, app.now());
        self.refreshed.set(Some(look));
        Ok(())
    }

    /// The versions of the active queues as they are in memory.
    pub fn versions(&self) -> HashMap<QueueId, i64> {
        self.known.read().iter().map(|(id, line)| (*id, line.read().queue.version)).collect()
    }

    fn take(&self, news: Vec<News>, now: Timestamp) {
        let mut active = Vec::with_capacity(news.len());
        for one in news {
            match one {
                News::Nothing(id) => active.push(id),
                News::All(queue, entries) => {
                    active.push(queue.id);
                    self.known.write().insert(queue.id, Arc::new(RwLock::new(Line::of(queue, entries))));
                }
                News::Since(queue, changed) => {
                    active.push(queue.id);
                    if let Some(line) = self.by_id(queue.id) {
                        let mut line = line.write();
                        line.follow(queue, changed);
                        line.forget(now);
                    }
                }
            }
        }
        self.known.write().retain(|id, _| active.contains(id));
    }

    /// The active queue with this id.
    pub fn by_id(&self, id: QueueId) -> Option<Arc<RwLock<Line>>> {
        self.known.read().get(&id).cloned()
    }

    /// The active queue of `subject`; S801.
    pub fn of(&self, subject: &Subject) -> Result<Arc<RwLock<Line>>> {
        let known = self.known.read();
        let is_wanted = |line: &&Arc<RwLock<Line>>| {
            let wanted = &line.read().queue.subject;
            wanted.id == subject.id && wanted.kind.key == subject.kind.key
        };
        known.values().find(is_wanted).cloned().ok_or_else(|| Code::QueueNotFound.error())
    }

    /// Whether the leader needs not look for work: it saw that nothing happens until later, and no event of a queue came since.
    pub fn is_at_rest(&self, app: &App) -> bool {
        let later = self.rests_until.read().is_none_or(|until| app.now() < until);
        later && self.at_rest.is_fresh(app.cache.generation(&CHANGES), LOOK_AGAIN)
    }

    /// When the leader looks again, if it is at rest until some time.
    pub fn rests_until(&self) -> Option<Timestamp> {
        *self.rests_until.read()
    }

    /// The leader looked and saw what is due.
    pub fn looked(&self, look: Look, due: &Due) {
        *self.rests_until.write() = due.next;
        self.at_rest.set((due.now.is_empty() && !due.waits).then_some(look));
    }
}

/// What changed in these queues since these versions.
fn news(tx: &mut Tx<'_>, active: &[Queue], versions: &HashMap<QueueId, i64>) -> Result<Vec<News>> {
    let since = tx.now().before(MEASURED);
    let mut news = Vec::new();
    for queue in active {
        news.push(match versions.get(&queue.id) {
            Some(version) if *version == queue.version => News::Nothing(queue.id),
            Some(version) => News::Since(queue.clone(), store::changed(tx, queue.id, *version)?),
            None => News::All(queue.clone(), store::present_entries(tx, queue.id, since)?),
        });
    }
    Ok(news)
}

/// How the user's entry stands in the queue with this id, read from the database when the instance does not remember it; S801
/// when the queue is not active, S803 when there is no entry.
pub async fn standing(app: &App, line: &RwLock<Line>, user: UserId) -> Result<(Queue, Standing)> {
    let now = app.now();
    let (queue, found) = {
        let line = line.read();
        (line.queue.clone(), line.standing(&user, now))
    };
    if let Some(found) = found {
        return Ok((queue, found));
    }
    let id = queue.id;
    let entry = app.db.read("queue.entry", move |tx| store::own(tx, id, &user)).await?;
    let entry = entry.ok_or_else(|| Code::QueueEntryNotFound.error())?;
    let standing = line.read().standing_of(entry, now);
    Ok((queue, standing))
}
