//! The server's own periodic tasks: deletion of old rows, scheduled audits, keys of the identity provider.

use crate::audit;
use crate::config::Settings;
use crate::relay::Progress;
use kernel::{Result, Timestamp};
use std::{sync::Arc, time::Duration};
use store::{Tx, idempotency, outbox};
use web::{App, Ran, Task};

/// How often old rows are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(30);
/// How often it is asked whether an audit or the key set is due.
const DUE_EVERY: Duration = Duration::from_secs(15);

/// The server's own tasks.
pub fn tasks(settings: &Settings, progress: Arc<Progress>, running_since: Timestamp) -> Vec<Task> {
    let (keys, events) = (settings.retention.idempotency, settings.retention.events);
    let (audit_every, full_every, audits) =
        (settings.audit.every, settings.audit.full_every, settings.retention.audits);
    let mut tasks = vec![
        Task::forgetting("server.forget-idempotency", FORGET_EVERY, idempotency::RECORDS, move |_| keys),
        Task::on_leader("server.forget-events", FORGET_EVERY, move |app| {
            forget_events(app, events, Arc::clone(&progress))
        }),
        Task::on_every_instance("server.identity-keys", DUE_EVERY, refresh_identity_keys),
    ];
    if !audit_every.is_zero() {
        tasks.push(Task::on_leader("server.audit", DUE_EVERY, move |app| async move {
            let ran = audit::when_due(&app, audit_every, full_every, running_since).await?;
            if ran.work > 0 {
                app.db.write("audit.forget", move |tx| audit::forget(tx, audits)).await?;
            }
            Ok(ran)
        }));
    }
    tasks
}

async fn refresh_identity_keys(app: App) -> Result<u64> {
    app.auth.refresh_keys(app.now()).await.map(|_| 0)
}

async fn forget_events(app: App, after: Duration, progress: Arc<Progress>) -> Result<Ran> {
    let cutoff = app.now().before(after);
    let oldest = app.db.read_single("server.oldest-event", outbox::oldest_at).await?;
    if oldest.is_none_or(|oldest| oldest >= cutoff) {
        return Ok(Ran::idle_until(oldest.map(|oldest| oldest.after(after))));
    }
    let removable = progress.removable();
    let forget = move |tx: &mut Tx<'_>| outbox::remove_old(tx, removable, cutoff);
    app.db.write("server.forget-events", forget).await.map(Ran::from)
}
