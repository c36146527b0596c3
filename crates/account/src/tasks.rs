//! What this domain does from time to time.

use crate::ops;
use std::time::Duration;
use web::{App, Task};

/// Forgets what has expired.
pub const TASKS: &[Task] = &[Task {
    name: "account.forget-expired",
    every: Duration::from_secs(600),
    run: |app: App| {
        Box::pin(async move {
            app.db
                .write("account.forget-expired", |tx| {
                    let now = tx.now();
                    ops::forget_expired(tx, now)
                })
                .await
        })
    },
}];
