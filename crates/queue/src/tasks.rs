//! Periodic work: the leader admits, and deletes what ended long ago.

use crate::lines::{CHANGES, Lines};
use crate::ops;
use crate::queue::Pace;
use crate::settings::Settings;
use crate::store::ENDED;
use kernel::Result;
use std::time::Duration;
use web::{App, Ran, Task, memory::Look};

/// How often the leader looks for batches that are due. Intervals have whole seconds.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often entries that ended too long ago are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![
        Task::on_leader("queue.admit", LOOK_EVERY, admit),
        Task::forgetting("queue.forget-ended", FORGET_EVERY, ENDED, |app| app.settings::<Settings>().keep_ended),
    ]
}

/// Opens lobbies, ends admissions and admits batches that are due. While no one waits it sends no statement until a lobby
/// opens, an admission is over, or somebody comes. Gives how many entries changed.
async fn admit(app: App) -> Result<Ran> {
    let lines = app.memory::<Lines>();
    if lines.is_at_rest(&app) {
        return Ok(Ran::idle_until(lines.rests_until()));
    }
    let look = Look::at(app.cache.generation(&CHANGES));
    let due = app.db.read("queue.due", ops::due).await?;
    lines.looked(look, &due);
    let next = if due.waits { Some(app.now().after(LOOK_EVERY)) } else { due.next };
    let mut work = 0;
    for queue in due.now {
        let (_, processed) = app.db.write("queue.process", move |tx| ops::process(tx, queue, Pace::Interval)).await?;
        work += processed.admitted + processed.expired + u64::from(processed.opened);
        Lines::changed(&app);
    }
    Ok(Ran { work, next })
}
