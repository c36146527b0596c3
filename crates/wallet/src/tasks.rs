//! Periodic work: orders that were delivered earn their points, and points expire.

use crate::{Settings, ops::points};
use kernel::Result;
use std::time::Duration;
use web::{App, Ran, Task};

/// Orders or lots of one run; each has a transaction of its own.
const AT_ONCE: i64 = 128;

/// The periodic tasks.
pub fn tasks(_: &App) -> Vec<Task> {
    vec![
        Task::on_leader("wallet.earn-points", Duration::from_secs(1), earn),
        Task::on_leader("wallet.expire-points", Duration::from_secs(60), expire),
    ]
}

fn rules(app: &App) -> Result<points::Rules> {
    let settings = app.settings::<Settings>();
    Ok(points::Rules {
        rate: settings.rate()?,
        after: settings.points_after,
        expire_after: settings.points_expire_after,
    })
}

/// Gives how many orders have earned.
async fn earn(app: App) -> Result<Ran> {
    let (now, rules) = (app.now(), rules(&app)?);
    let next = app.db.read_single("wallet.next-earning", move |tx| points::next_waiting(tx, &rules)).await?;
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
    let mut granted = 0_u64;
    for order in app.db.read("wallet.earnings", move |tx| points::waiting(tx, &rules, AT_ONCE)).await? {
        let number = order.clone();
        match app.db.write("wallet.earn", move |tx| points::grant(tx, &number, &rules)).await {
            Ok(()) => granted += 1,
            Err(error) => tracing::error!(order = %order, ?error, "an order could not earn its points"),
        }
    }
    Ok(granted.into())
}

/// Gives how many lots have expired.
async fn expire(app: App) -> Result<Ran> {
    let (now, next) = (app.now(), app.db.read_single("wallet.next-expiry", points::next_due).await?);
    if next.is_none_or(|next| next > now) {
        return Ok(Ran::idle_until(next));
    }
    let mut expired = 0_u64;
    for (lot, user) in app.db.read("wallet.expiries", |tx| points::due(tx, AT_ONCE)).await? {
        match app.db.write("wallet.expire", move |tx| points::expire(tx, lot, &user)).await {
            Ok(()) => expired += 1,
            Err(error) => tracing::error!(lot, ?error, "a lot of points could not expire"),
        }
    }
    Ok(expired.into())
}
