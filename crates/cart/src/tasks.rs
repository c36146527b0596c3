//! Periodic tasks.

use crate::ops;
use futures_util::future::BoxFuture;
use kernel::Result;
use std::time::Duration;
use web::{App, Task};

/// Interval between two deletions of old carts; their age is counted in weeks.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// Every periodic task.
pub const TASKS: &[Task] = &[Task { name: "cart.forget", every: FORGET_EVERY, run: forget }];

/// Deletes some old carts. Finds them on a read connection, because that scans all carts, and deletes on the writer.
fn forget(app: App) -> BoxFuture<'static, Result<u64>> {
    Box::pin(async move {
        let carts = app.db.read("cart.forgettable", ops::forgettable).await?;
        if carts.is_empty() {
            return Ok(0);
        }
        app.db.write("cart.forget", move |tx| ops::forget(tx, &carts)).await
    })
}
