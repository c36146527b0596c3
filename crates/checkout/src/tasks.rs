//! Periodic work: runs that are due, charges that were abandoned, hints that are old, time deals that start and end, parcels on their way.

use crate::{carriers, deal, flow, late, webhook};
use futures_util::{StreamExt, stream};
use kernel::Result;
use saga::nudge_if_due;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use web::{App, Ran, Task};

/// Runs looked for at once.
const DUE_MAX: i64 = 128;
/// Runs moved on at the same time: enough to share commits and to have several calls open.
const AT_ONCE: usize = 16;

/// How often hints that are too old are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// How often parcels are looked for about which their carriers are to be asked.
const ASK_CARRIERS_EVERY: Duration = Duration::from_secs(30);

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![
        Task::on_leader("checkout.due-sagas", Duration::from_secs(1), due_sagas),
        Task::on_leader("checkout.late-captures", Duration::from_secs(1), late_captures),
        Task::on_leader("checkout.gateway-hints", Duration::from_secs(1), gateway_hints),
        Task::on_leader("checkout.time-deals", Duration::from_secs(1), time_deals),
        Task::on_leader("checkout.ask-carriers", ASK_CARRIERS_EVERY, carriers::ask),
        Task::forgetting("checkout.forget-hints", FORGET_EVERY, webhook::HINTS, |_| webhook::REMEMBERED),
    ]
}

/// Moves on every run that is due: unpaid orders expire, unknown outcomes are asked about, failed compensations are tried
/// again. Gives how many were moved on.
async fn due_sagas(app: App) -> Result<Ran> {
    let now = app.now();
    let next = app.db.read_single("checkout.next-due", saga::store::next_due).await?;
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
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
    Ok(moved.into_inner().into())
}

/// Asks the gateway about charges that were abandoned, so that money taken late goes back. Gives how many were asked about.
async fn late_captures(app: App) -> Result<Ran> {
    let (now, next) = (app.now(), app.db.read_single("checkout.next-late", late::next_due).await?);
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
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
    Ok(asked.into_inner().into())
}

/// Asks the gateway about payments whose hints came too soon after another one, or got no answer. Gives how many were asked about.
async fn gateway_hints(app: App) -> Result<Ran> {
    let (now, next) = (app.now(), app.db.read_single("checkout.next-hint", webhook::next_due).await?);
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
    let due = app.db.read("checkout.hints-due", |tx| webhook::due(tx, DUE_MAX)).await?;
    let asked = AtomicU64::new(0);
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |payment| {
            let number = payment.clone();
            match webhook::search(&app.db, &app.ports, payment).await {
                Ok(()) => drop(asked.fetch_add(1, Ordering::Relaxed)),
                Err(error) => tracing::error!(payment = %number, ?error, "a payment could not be asked about"),
            }
        })
        .await;
    Ok(asked.into_inner().into())
}

/// Publishes the start of deals, and closes those that are over. Gives how many were due. Whether a deal can be bought does not
/// depend on it.
async fn time_deals(app: App) -> Result<Ran> {
    let (now, next) = (app.now(), app.db.read_single("timedeal.next-due", timedeal::ops::next_due).await?);
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
    let due = app.db.read("timedeal.due", |tx| timedeal::ops::due(tx, DUE_MAX)).await?;
    let mut turned = 0_u64;
    for id in due {
        match app.db.write("timedeal.turn", move |tx| deal::turn(tx, id)).await {
            Ok(()) => turned += 1,
            Err(error) => tracing::error!(deal = %id, ?error, "a time deal could not be started or closed"),
        }
    }
    Ok(turned.into())
}
