//! Periodic tasks.

use crate::{Settings, ops};
use kernel::Result;
use std::time::Duration;
use web::{App, Task};

/// Interval between two deletions of old carts; their age is counted in weeks.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![Task::on_leader("cart.forget", FORGET_EVERY, forget)]
}

/// Deletes some old carts. Finds them on a read connection, because that scans all carts, and deletes on the writer.
async fn forget(app: App) -> Result<u64> {
    let ttl = app.settings::<Settings>().guest_ttl;
    let carts = app.db.read("cart.forgettable", move |tx| ops::forgettable(tx, ttl)).await?;
    if carts.is_empty() {
        return Ok(0);
    }
    app.db.write("cart.forget", move |tx| ops::forget(tx, &carts, ttl)).await
}
