//! Periodic work: runs that are due, charges that were abandoned, hints that are old.

use crate::{flow, late, webhook};
use futures_util::{StreamExt, future::BoxFuture, stream};
use kernel::Result;
use saga::nudge_if_due;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use web::{App, Task};

/// Runs looked for at once.
const DUE_MAX: i64 = 128;
/// Runs moved on at the same time: enough to share commits and to have several calls open.
const AT_ONCE: usize = 16;

/// The periodic work of this crate.
pub const TASKS: &[Task] = &[
    Task { name: "checkout.due-sagas", every: Duration::from_secs(1), run: |app| Box::pin(due_sagas(app)) },
    Task { name: "checkout.late-captures", every: Duration::from_secs(1), run: |app| Box::pin(late_captures(app)) },
    Task { name: "checkout.forget-hints", every: Duration::from_secs(3_600), run: forget_hints },
];

/// Moves on every run that is due: unpaid orders expire, unknown outcomes are asked about, failed compensations are tried
/// again. Gives how many were moved on.
async fn due_sagas(app: App) -> Result<u64> {
    let now = app.now();
    let due = app.db.read("checkout.due", move |tx| saga::store::due(tx, now, DUE_MAX)).await?;
    let moved = AtomicU64::new(0);
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |(id, family)| {
            let Ok(flow) = flow::flow(&family).inspect_err(|error| tracing::error!(saga = %id, ?error, "unknown saga"))
            else {
                return;
            };
            if nudge_if_due(flow, &app.db, &app.ports, id).await.is_ok() {
                moved.fetch_add(1, Ordering::Relaxed);
            }
        })
        .await;
    Ok(moved.into_inner())
}

/// Asks the gateway about charges that were abandoned, so that money taken late goes back. Gives how many were asked about.
async fn late_captures(app: App) -> Result<u64> {
    let due = app.db.read("checkout.late-due", |tx| late::due(tx, DUE_MAX)).await?;
    let asked = AtomicU64::new(0);
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |payment| {
            let number = payment.clone();
            match late::look(&app.db, &app.ports, payment).await {
                Ok(()) => drop(asked.fetch_add(1, Ordering::Relaxed)),
                Err(error) => tracing::error!(payment = %number, ?error, "a late capture could not be searched for"),
            }
        })
        .await;
    Ok(asked.into_inner())
}

fn forget_hints(app: App) -> BoxFuture<'static, Result<u64>> {
    Box::pin(async move {
        let cutoff = app.now().before(webhook::REMEMBERED);
        app.db.write("checkout.forget-hints", move |tx| webhook::forget(tx, cutoff)).await?;
        Ok(0)
    })
}
