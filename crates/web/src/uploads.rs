//! Uploads take turns: so many at once in all and of one caller, each at a pace that lets the next one come.

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use kernel::{Code, Result, UserId};
use parking_lot::Mutex;
use std::{collections::BTreeMap, io, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::{Instant, timeout, timeout_at},
};

/// Longest wait for a turn.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Time in which an upload has to begin, or has to end if it is small.
const BEGINS_WITHIN: Duration = Duration::from_secs(60);
/// Bytes a second that it has to bring after that.
const PACE: u64 = 16 << 10;

/// How many uploads of one kind an instance takes at once.
#[derive(Debug)]
pub struct Uploads {
    all: Semaphore,
    each: usize,
    callers: Mutex<BTreeMap<UserId, Arc<Semaphore>>>,
    wait_max: Duration,
}

/// The right to upload now. Work that goes on when its caller is gone takes it along.
#[derive(Debug)]
pub struct Turn {
    _one_of_all: SemaphorePermit<'static>,
    _one_of_the_callers: Option<OwnedSemaphorePermit>,
}

impl Uploads {
    /// At most `all` at once, and `each` of one caller; at least 1.
    pub const fn new(all: usize, each: usize) -> Uploads {
        Uploads { all: Semaphore::const_new(all), each, callers: Mutex::new(BTreeMap::new()), wait_max: WAIT_MAX }
    }

    /// Waits for a turn, without having read the upload. C013 when none is free within 30 seconds.
    pub async fn turn(&'static self, caller: Option<&UserId>) -> Result<Turn> {
        let take = async {
            let own = match caller.map(|caller| self.own(caller)) {
                Some(own) => Some(own.acquire_owned().await.map_err(|e| Code::Internal.error().caused_by(e))?),
                None => None,
            };
            let one = self.all.acquire().await.map_err(|e| Code::Internal.error().caused_by(e))?;
            Ok(Turn { _one_of_all: one, _one_of_the_callers: own })
        };
        let busy = |_| Code::Unavailable.because("other uploads are being taken").retry_after(30);
        timeout(self.wait_max, take).await.map_err(busy)?
    }

    fn own(&self, caller: &UserId) -> Arc<Semaphore> {
        let mut callers = self.callers.lock();
        callers.retain(|_, own| Arc::strong_count(own) > 1);
        Arc::clone(callers.entry(*caller).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

/// The body as it arrives, which fails when it does not arrive at the pace: a minute, and a second more for every 16 KiB.
pub fn paced(body: Body) -> Body {
    Body::from_stream(at_pace(body, BEGINS_WITHIN))
}

fn at_pace(body: Body, begins_within: Duration) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    let began = Instant::now();
    stream::unfold(Some((body.into_data_stream(), 0_u64)), move |arriving| async move {
        let (mut parts, read) = arriving?;
        match timeout_at(began + begins_within + Duration::from_secs(read / PACE), parts.next()).await {
            Ok(Some(Ok(part))) => {
                let read = read + part.len() as u64;
                Some((Ok(part), Some((parts, read))))
            }
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(io::Error::new(io::ErrorKind::TimedOut, "the upload is too slow")), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    fn user(n: u64) -> UserId {
        format!("00000000-0000-4000-8000-{n:012}").parse().unwrap()
    }

    fn of(all: usize, each: usize) -> &'static Uploads {
        Box::leak(Box::new(Uploads { wait_max: Duration::from_millis(50), ..Uploads::new(all, each) }))
    }

    #[tokio::test]
    async fn one_caller_cannot_take_every_turn_and_who_waits_long_is_refused() {
        let uploads = of(4, 2);
        let (one, other, third) = (user(1), user(2), user(3));
        let first = [uploads.turn(Some(&one)).await.unwrap(), uploads.turn(Some(&one)).await.unwrap()];
        let refused = uploads.turn(Some(&one)).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_s()), (Code::Unavailable, Some(30)));
        let second = [uploads.turn(Some(&other)).await.unwrap(), uploads.turn(None).await.unwrap()];
        assert_eq!(uploads.turn(Some(&third)).await.unwrap_err().code(), Code::Unavailable, "all turns are taken");
        drop(first);
        assert!(uploads.turn(Some(&third)).await.is_ok());
        drop(second);
        assert!(uploads.turn(Some(&other)).await.is_ok());
        assert!(uploads.callers.lock().len() <= 2, "callers that are gone are forgotten");
    }

    async fn read(body: Body, begins_within: Duration) -> Result<usize, io::ErrorKind> {
        let parts = at_pace(body, begins_within).collect::<Vec<_>>().await;
        parts.into_iter().try_fold(0, |read, part| part.map(|part| read + part.len()).map_err(|error| error.kind()))
    }

    #[tokio::test]
    async fn an_upload_that_stops_arriving_ends_and_one_at_its_pace_goes_on() {
        let soon = Duration::from_millis(50);
        assert_eq!(read(Body::from("sku,name\n"), soon).await, Ok(9));
        let silent = Body::from_stream(stream::once(pending::<io::Result<Bytes>>()));
        assert_eq!(read(silent, soon).await, Err(io::ErrorKind::TimedOut));
        // byte after byte is no pace
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, io::Error>(Bytes::from_static(b"x")), ()))
        });
        assert_eq!(read(Body::from_stream(trickle), soon).await, Err(io::ErrorKind::TimedOut));
        let part = Bytes::from(vec![b'x'; PACE as usize]);
        let steady = stream::iter(0..4).then(move |_| {
            let part = part.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                Ok::<_, io::Error>(part)
            }
        });
        assert_eq!(read(Body::from_stream(steady), soon).await, Ok(4 * PACE as usize));
    }
}
