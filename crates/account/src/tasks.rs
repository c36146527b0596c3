//! Periodic work of accounts.

use crate::ops;
use kernel::Result;
use std::time::Duration;
use web::{App, Task};

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![Task::on_leader("account.forget-expired", Duration::from_secs(600), forget_expired)]
}

async fn forget_expired(app: App) -> Result<u64> {
    app.db
        .write("account.forget-expired", |tx| {
            let now = tx.now();
            ops::forget_expired(tx, now)
        })
        .await
}
