//! What carts do from time to time.

use crate::ops;
use futures_util::future::BoxFuture;
use kernel::Result;
use std::time::Duration;
use web::{App, Task};

/// Pause between two looks for carts that nobody will need any more; their age is counted in weeks.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// Every periodic task.
pub const TASKS: &[Task] = &[Task { name: "cart.forget", every: FORGET_EVERY, run: forget }];

/// Forgets some of them: looks on a read connection, because that means reading every cart, and deletes on the writer.
fn forget(app: App) -> BoxFuture<'static, Result<u64>> {
    Box::pin(async move {
        let carts = app.db.read("cart.forgettable", ops::forgettable).await?;
        if carts.is_empty() {
            return Ok(0);
        }
        app.db.write("cart.forget", move |tx| ops::forget(tx, &carts)).await
    })
}
