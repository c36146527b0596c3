//! The loop of one subscriber. Each subscriber has its own, so that a slow one delays no other.

use super::feed::Feed;
use super::progress::Standing;
use futures_util::FutureExt;
use kernel::{Code, Error, Result};
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use store::Lease;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often dead letters are looked at.
pub(super) const RETRY_EVERY: Duration = Duration::from_secs(2);

/// With so many events waiting no subscriber pauses for more: what the feed keeps in memory must last until it reads them.
pub(super) const WAITING_MAX: i64 = 4_096;

/// Something that follows the stream of events.
pub(super) trait Subscriber: Send {
    /// Pause after a batch, to make larger batches out of what comes meanwhile.
    fn linger(&self) -> Duration;

    fn standing(&self) -> &Standing;

    /// Deals with the next events, under the lease if this instance leads. Gives how many events it has passed; 0 when
    /// nothing is left for it.
    fn step(&mut self, lease: Option<Lease>) -> impl Future<Output = Result<usize>> + Send;

    /// Retries its dead letters that are due. Gives how many succeeded.
    fn retry(&mut self, lease: Option<Lease>) -> impl Future<Output = Result<usize>> + Send;

    /// Pause after so many failures in a row.
    fn backoff(failures: u32) -> Duration;
}

/// Follows the stream until `drained`, then deals with what is left and ends.
pub(super) async fn run<S: Subscriber>(
    mut subscriber: S,
    feed: Arc<Feed>,
    mut held: watch::Receiver<Option<Lease>>,
    drained: CancellationToken,
) {
    let mut newest = feed.watch();
    let (mut failures, mut retried) = (0, Instant::now());
    loop {
        let last = drained.is_cancelled();
        newest.mark_unchanged();
        let lease = *held.borrow_and_update();
        let mut outcome = contained(subscriber.step(lease)).await;
        if retried.elapsed() >= RETRY_EVERY {
            retried = Instant::now();
            outcome = contained(subscriber.retry(lease)).await.and(outcome);
        }
        failures = if outcome.is_ok() { 0 } else { failures + 1 };
        let pause = match &outcome {
            Ok(0) => Pause::UntilMoreComes,
            Ok(_) => Pause::ForMore(subscriber.linger(), subscriber.standing().position()),
            Err(error) => {
                report(subscriber.standing(), error);
                Pause::Whole(S::backoff(failures))
            }
        };
        if last && !matches!(outcome, Ok(1..)) {
            return;
        }
        tokio::select! {
            () = drained.cancelled() => {}
            () = wait(pause, &mut newest, &mut held) => {}
        }
    }
}

/// What a subscriber waits for after a step.
enum Pause {
    /// It has dealt with everything.
    UntilMoreComes,
    /// At most so long, for more events after this position.
    ForMore(Duration, i64),
    /// It failed.
    Whole(Duration),
}

async fn wait(pause: Pause, newest: &mut watch::Receiver<i64>, held: &mut watch::Receiver<Option<Lease>>) {
    match pause {
        Pause::UntilMoreComes => tokio::select! {
            Ok(()) = newest.changed() => {}
            Ok(()) = held.changed() => {}
            () = tokio::time::sleep(RETRY_EVERY) => {}
        },
        Pause::ForMore(time, position) => {
            let too_many = async { newest.wait_for(|newest| newest - position >= WAITING_MAX).await.map(drop) };
            tokio::select! {
                Ok(()) = too_many => {}
                () = tokio::time::sleep(time) => {}
            }
        }
        Pause::Whole(time) => tokio::time::sleep(time).await,
    }
}

/// A panic counts as a failure.
pub(super) async fn contained<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(Code::Internal.error().caused_by("a subscriber panicked")))
}

pub(super) fn report(standing: &Standing, error: &Error) {
    if standing.failed() {
        tracing::warn!(subscriber = standing.name, error = ?error, "a subscriber failed; it will be tried again");
    }
}
