//! Periodic work: the files of images that were taken away, and files without an image.

use crate::files::Files;
use crate::ops;
use kernel::{Result, Timestamp};
use parking_lot::Mutex;
use std::time::Duration;
use web::{App, Ran, Task};

/// How often it looks for images that were taken away.
const EVERY: Duration = Duration::from_secs(300);
/// Images whose files one run removes.
const REMOVED_AT_ONCE: i64 = 50;
/// How often all files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(86_400);
/// About how many images one run looks at.
const LOOKED_AT_ONCE: usize = 500;
/// Hashes of one query.
const ASKED_AT_ONCE: usize = 100;
/// An upload is over after this: younger files may still get their row.
const UPLOAD_MAX: Duration = Duration::from_secs(3_600);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![Task::on_leader("media.remove-files", EVERY, remove_files)]
}

/// How far the look at all files has come.
#[derive(Debug, Clone, Default)]
struct Look {
    /// The last part that was looked at.
    after: Option<String>,
    /// When the last look was over.
    over_at: Option<Timestamp>,
}

#[derive(Default)]
struct Looking(Mutex<Look>);

/// Gives how many images had their files removed, and how many were looked at while a look at all files is not over.
async fn remove_files(app: App) -> Result<Ran> {
    let removed = app.db.read_single("media.removed", |tx| ops::removed(tx, REMOVED_AT_ONCE)).await?;
    let may_go = app.now().before(ops::REMOVAL_WAITS);
    let (due, waiting): (Vec<_>, Vec<_>) = removed.into_iter().partition(|(_, removed_at)| *removed_at <= may_go);
    let count = due.len() as u64;
    for (hash, _) in due {
        Files::of(&app)?.remove(&hash).await?;
        app.db.write("media.forget", move |tx| ops::forget(tx, &hash)).await?;
    }
    if count > 0 {
        return Ok(Ran::from(count));
    }
    let next_removal = waiting.first().map(|(_, removed_at)| removed_at.after(ops::REMOVAL_WAITS));
    let looking = app.memory::<Looking>();
    let mut look = looking.0.lock().clone();
    let due = look.over_at.map(|at| at.after(LOOK_EVERY));
    if due.is_some_and(|due| due > app.now()) {
        return Ok(Ran::idle_until(due.into_iter().chain(next_removal).min()));
    }
    let work = look.go_on(&app).await?;
    *looking.0.lock() = look;
    Ok(Ran { work, next: next_removal })
}

impl Look {
    /// Looks at the next files and begins the removal of those without an image. Gives how much is to be done: 0 when all were looked at
    /// and nothing was found.
    async fn go_on(&mut self, app: &App) -> Result<u64> {
        let files = Files::of(app)?;
        let mut shards = files.shards().await?;
        shards.retain(|shard| self.after.as_ref().is_none_or(|after| shard > after));
        let (mut looked, mut found) = (0, 0);
        for shard in shards {
            if looked >= LOOKED_AT_ONCE {
                return Ok(looked as u64);
            }
            let young = app.now().before(UPLOAD_MAX);
            let old = files.in_shard(&shard).await?.into_iter().filter(|image| image.written_at < young);
            let old: Vec<String> = old.map(|image| image.hash).collect();
            looked += old.len();
            found += claim_orphans(app, &old).await?;
            self.after = Some(shard);
        }
        *self = Look { after: None, over_at: Some(app.now()) };
        Ok(found)
    }
}

async fn claim_orphans(app: &App, hashes: &[String]) -> Result<u64> {
    let mut claimed = 0;
    for asked in hashes.chunks(ASKED_AT_ONCE) {
        let asked = asked.to_vec();
        for hash in app.db.read("media.orphans", move |tx| ops::orphans(tx, &asked)).await? {
            tracing::info!(hash, "files without an image are removed");
            claimed += u64::from(app.db.write("media.claim", move |tx| ops::claim(tx, &hash)).await?);
        }
    }
    Ok(claimed)
}
