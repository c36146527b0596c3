//! Periodic tasks.

use crate::{Settings, ops};
use kernel::Result;
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use web::{App, Task};

/// Interval between two deletions of old carts; their age is counted in weeks.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    let seen = Arc::new(Mutex::new(ops::Seen::default()));
    vec![Task::on_leader("cart.forget", FORGET_EVERY, move |app| forget(app, Arc::clone(&seen)))]
}

/// Looks at some carts that were not changed for long, on a read connection, and deletes those that are not needed. Gives 1 while
/// there are more.
async fn forget(app: App, seen: Arc<Mutex<ops::Seen>>) -> Result<u64> {
    let (ttl, before) = (app.settings::<Settings>().guest_ttl, *seen.lock());
    let (carts, after) = app.db.read("cart.forgettable", move |tx| ops::forgettable(tx, ttl, before)).await?;
    let deleted = match carts.is_empty() {
        true => 0,
        false => app.db.write("cart.forget", move |tx| ops::forget(tx, &carts, ttl)).await?,
    };
    *seen.lock() = after;
    Ok(deleted.max(u64::from(after != before)))
}
