//! Periodic tasks.

use crate::ops;
use std::time::Duration;
use web::{App, Task};

/// Deletes expired refresh tokens and old failure counts.
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
