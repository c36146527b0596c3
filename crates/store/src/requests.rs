//! The requests that wait for the threads of the database.
//!
//! A channel would give each request to the thread that has waited longest, so all connections of a pool would take turns although
//! one may be enough. Here the thread that had work last gets the next request: its connection has the statements prepared, and
//! connections that are not needed are not opened, or closed again.

use crate::job::Request;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// Where requests are put. Cheap to clone; the threads end when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Requests(Arc<Entrance>);

/// Where one thread takes its requests.
pub(crate) struct Taker {
    queue: Arc<Queue>,
    wake: Arc<Condvar>,
}

/// Why a request was not put into the queue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The queue holds its maximum of jobs.
    Full,
    /// Every thread has ended.
    Ended,
}

/// Why a thread was given no request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoRequest {
    /// None came in time.
    InTime,
    /// None will come, because every [`Requests`] is dropped.
    Ever,
}

struct Entrance(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    jobs_max: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Request>,
    /// The threads that wait for a request; the last of them had work last.
    idle: Vec<Arc<Condvar>>,
    takers: usize,
    /// Every [`Requests`] or every [`Taker`] is dropped.
    closed: bool,
}

impl Requests {
    /// A queue for at most so many jobs.
    pub fn new(jobs_max: usize) -> Requests {
        Requests(Arc::new(Entrance(Arc::new(Queue { state: Mutex::default(), jobs_max }))))
    }

    /// For one more thread.
    pub fn taker(&self) -> Taker {
        self.0.0.state.lock().takers += 1;
        Taker { queue: Arc::clone(&self.0.0), wake: Arc::default() }
    }

    /// Adds a request behind those that wait. [`Request::Stop`] is never refused.
    pub fn put(&self, request: Request) -> Result<(), Refused> {
        let mut state = self.0.0.state.lock();
        if state.closed {
            return Err(Refused::Ended);
        }
        if state.waiting.len() >= self.0.0.jobs_max && matches!(request, Request::Run(_)) {
            return Err(Refused::Full);
        }
        state.waiting.push_back(request);
        let next = state.idle.pop();
        drop(state);
        if let Some(thread) = next {
            thread.notify_one();
        }
        Ok(())
    }

    /// Requests that wait now.
    pub fn len(&self) -> usize {
        self.0.0.state.lock().waiting.len()
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.closed = true;
        for thread in state.idle.drain(..) {
            thread.notify_one();
        }
    }
}

impl Drop for Taker {
    /// Behind the last thread no job is run any more. Those that wait are dropped, and so their callers learn it.
    fn drop(&mut self) {
        let mut state = self.queue.state.lock();
        state.takers -= 1;
        if state.takers == 0 {
            state.closed = true;
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            drop(waiting);
        }
    }
}

impl Taker {
    /// The next request, if one waits.
    pub fn take_waiting(&self) -> Option<Request> {
        self.queue.state.lock().waiting.pop_front()
    }

    /// The next request; waits at most so long for it.
    pub fn take_within(&self, longest: Duration) -> Result<Request, NoRequest> {
        let until = Instant::now() + longest;
        let mut state = self.queue.state.lock();
        loop {
            if let Some(request) = state.waiting.pop_front() {
                return Ok(request);
            }
            if state.closed {
                return Err(NoRequest::Ever);
            }
            if Instant::now() >= until {
                return Err(NoRequest::InTime);
            }
            state.idle.push(Arc::clone(&self.wake));
            self.wake.wait_until(&mut state, until);
            // it is still there when the time is over; when it was woken, another thread may have taken the request
            state.idle.retain(|thread| !Arc::ptr_eq(thread, &self.wake));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Job, untyped};
    use std::{sync::mpsc, thread};
    use tokio::sync::oneshot;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    fn job() -> Request {
        let work = untyped(|_| Ok(()));
        Request::Run(Job {
            name: "nothing",
            single: false,
            lease: None,
            work,
            result: None,
            reply_to: oneshot::channel().0,
        })
    }

    /// Starts threads one after another, each when the one before waits for a request. Says which thread took each one.
    fn idle_threads(requests: &Requests, count: usize) -> mpsc::Receiver<usize> {
        let (took, taken) = mpsc::channel();
        for n in 0..count {
            let (taker, took) = (requests.taker(), took.clone());
            thread::spawn(move || {
                while taker.take_within(LONG).is_ok() {
                    took.send(n).unwrap();
                }
            });
            until_idle(requests, n + 1);
        }
        taken
    }

    fn until_idle(requests: &Requests, count: usize) {
        while requests.0.0.state.lock().idle.len() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn the_thread_that_had_work_last_gets_the_next_request() {
        let requests = Requests::new(10);
        let taken = idle_threads(&requests, 3);
        for _ in 0..20 {
            requests.put(job()).unwrap();
            assert_eq!(taken.recv().unwrap(), 2);
            until_idle(&requests, 3);
        }
    }

    #[test]
    fn each_request_is_taken_once_by_threads_that_come_and_go() {
        let requests = Requests::new(10_000);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let taker = requests.taker();
                thread::spawn(move || {
                    let mut jobs = 0;
                    loop {
                        match taker.take_within(Duration::from_micros(50)) {
                            Ok(_) => jobs += 1,
                            Err(NoRequest::InTime) => {}
                            Err(NoRequest::Ever) => return jobs,
                        }
                    }
                })
            })
            .collect();
        for n in 0..10_000 {
            requests.put(job()).unwrap();
            if n % 100 == 0 {
                // so that threads find nothing in time, as well as something
                thread::sleep(Duration::from_micros(100));
            }
        }
        drop(requests);
        assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<i32>(), 10_000);
    }

    #[test]
    fn a_full_queue_refuses_a_job_and_still_stops() {
        let requests = Requests::new(1);
        requests.put(job()).unwrap();
        assert_eq!(requests.put(job()), Err(Refused::Full));
        requests.put(Request::Stop).unwrap();
        assert_eq!(requests.len(), 2);
        let taker = requests.taker();
        assert!(matches!(taker.take_waiting(), Some(Request::Run(_))));
        assert!(matches!(taker.take_within(SOON), Ok(Request::Stop)));
        assert!(taker.take_waiting().is_none());
        assert!(matches!(taker.take_within(SOON), Err(NoRequest::InTime)));
        assert!(requests.0.0.state.lock().idle.is_empty(), "no thread waits any more");
    }

    #[test]
    fn what_was_put_is_taken_before_the_threads_end() {
        let requests = Requests::new(1);
        let taker = requests.taker();
        requests.put(job()).unwrap();
        drop(requests);
        assert!(taker.take_within(LONG).is_ok());
        assert!(matches!(taker.take_within(LONG), Err(NoRequest::Ever)));
    }

    #[test]
    fn no_caller_waits_for_threads_that_have_ended() {
        let requests = Requests::new(10);
        let (first, last) = (requests.taker(), requests.taker());
        let (reply_to, mut reply) = oneshot::channel();
        let Request::Run(waits) = job() else { unreachable!("a job is to be run") };
        requests.put(Request::Run(Job { reply_to, ..waits })).unwrap();
        drop(first);
        assert!(matches!(reply.try_recv(), Err(oneshot::error::TryRecvError::Empty)), "a thread is left");
        drop(last);
        assert!(matches!(reply.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert_eq!(requests.put(job()), Err(Refused::Ended));
    }
}
