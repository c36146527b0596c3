//! Periodic work: every instance keeps its index and stores what was searched for; the leader forgets.

use crate::keeper::Keeper;
use crate::keywords::Keywords;
use crate::settings::Settings;
use crate::store::{DAYS, REBUILDS, SEARCHED};
use std::time::Duration;
use web::{App, Task};

/// How often an instance looks whether its index has work. It looks in memory only.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many times as long as it works the reading of every product rests, when searches are answered meanwhile.
const RESTS: u32 = 2;
/// It rests no longer, so that it ends on a busy machine, too.
const REST_MAX: Duration = Duration::from_millis(100);
/// How often counted searches are stored.
const STORE_EVERY: Duration = Duration::from_secs(5);
/// How often old keywords are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long a user's keywords stay after the search.
const RECENT_FOR: Duration = Duration::from_secs(180 * 86_400);

/// How long it stays what an instance said about a rebuild.
const REBUILDS_FOR: Duration = Duration::from_secs(30 * 86_400);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![
        Task::on_every_instance("search.index", LOOK_EVERY, keep),
        Task::on_every_instance("search.keywords", STORE_EVERY, |app: App| async move {
            app.memory::<Keywords>().store(&app).await
        }),
        Task::forgetting("search.forget-keywords", FORGET_EVERY, DAYS, |app| app.settings::<Settings>().keep_keywords),
        Task::forgetting("search.forget-recent", FORGET_EVERY, SEARCHED, |_| RECENT_FOR),
        Task::forgetting("search.forget-rebuilds", FORGET_EVERY, REBUILDS, |_| REBUILDS_FOR),
    ]
}

/// Fills, compares or rebuilds the index of this instance, a piece at a time. An index in memory is left alone until the first search
/// wants it.
async fn keep(app: App) -> kernel::Result<u64> {
    let keeper = app.memory::<Keeper>();
    if app.settings::<Settings>().folder.is_empty() && !keeper.is_open() {
        return Ok(0);
    }
    let began = app.now();
    let worked = keeper.step(&app).await?;
    if worked && keeper.has_time() {
        // searches and orders come first: reading everything beside them takes a third of a core at most
        tokio::time::sleep((RESTS * app.now().since(began)).min(REST_MAX)).await;
    }
    Ok(u64::from(worked))
}
