//! The server's own periodic tasks: what is forgotten when, scheduled audits, keys of the identity provider.

use crate::audit;
use crate::config::Settings;
use crate::relay::{self, Progress};
use crate::tasks::Chore;
use futures_util::FutureExt;
use kernel::{Result, Timestamp};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use store::{Tx, idempotency, outbox, subscriber};
use web::App;

/// How often old rows are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(30);
/// How often it is asked whether an audit or the key set is due.
const DUE_EVERY: Duration = Duration::from_secs(15);

/// The server's own tasks.
pub fn chores(settings: &Settings, progress: Arc<Progress>, running_since: Timestamp) -> Vec<Chore> {
    let retention = settings.retention.clone();
    let (idempotency, events, audits) =
        (retention.idempotency.duration(), retention.events.duration(), retention.audits);
    let audit_every = settings.audit.every;
    let mut chores = vec![
        chore("server.forget-idempotency", FORGET_EVERY, move |app| forget_keys(app, idempotency)),
        chore("server.forget-events", FORGET_EVERY, move |app| forget_events(app, events, Arc::clone(&progress))),
        Chore {
            everywhere: true,
            ..chore("server.identity-keys", DUE_EVERY, |app| async move {
                app.auth.refresh_keys(app.now()).await.map(|_| 0)
            })
        },
    ];
    if !audit_every.is_zero() {
        chores.push(chore("server.audit", DUE_EVERY, move |app| async move {
            audit::when_due(&app, audit_every.duration(), running_since).await?;
            app.db.write("audit.forget", move |tx| audit::forget(tx, audits)).await
        }));
    }
    chores
}

fn chore<F>(name: &'static str, every: Duration, run: impl Fn(App) -> F + Send + Sync + 'static) -> Chore
where
    F: Future<Output = Result<u64>> + Send + 'static,
{
    Chore { name, every, everywhere: false, run: Arc::new(move |app| run(app).boxed()) }
}

async fn forget_keys(app: App, after: Duration) -> Result<u64> {
    let cutoff = app.now().before(after);
    app.db.write("server.forget-idempotency", move |tx| idempotency::delete_old(tx, cutoff)).await
}

async fn forget_events(app: App, after: Duration, progress: Arc<Progress>) -> Result<u64> {
    let cutoff = app.now().before(after);
    // positions in memory are ahead of those stored, but only the relay of this instance has those of every consumer
    let in_memory = progress.heard_by_all.load(Ordering::Relaxed);
    let subscribers = relay::consumers(&relay::reactions(&app.modules));
    let forget = move |tx: &mut Tx<'_>| {
        let stored = |(name, _): &(&str, _)| Ok(subscriber::position(tx, name)?.unwrap_or(0));
        let stored = subscribers.iter().map(stored).collect::<Result<Vec<i64>>>()?;
        let heard_by_all = stored.into_iter().fold(in_memory, i64::min);
        outbox::remove_old(tx, heard_by_all, cutoff)
    };
    app.db.write("server.forget-events", forget).await
}
