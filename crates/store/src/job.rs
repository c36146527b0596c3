//! A job, as the threads of the database see it: it is run, possibly several times, and then its caller gets the result.

use crate::{Tx, lease::Lease};
use kernel::{Code, Error, Result};
use std::any::Any;
use tokio::sync::oneshot;

/// The result of a job. The caller knows its type; what lies between does not, so it is compiled once and not for every job.
pub(crate) type Value = Box<dyn Any + Send>;

/// What a job does, possibly several times.
pub(crate) type Work = Box<dyn Fn(&mut Tx<'_>) -> Result<Value> + Send>;

/// What a thread of the database is asked to do.
pub(crate) enum Request {
    Run(Job),
    /// Finish the earlier requests, then end.
    Stop,
}

/// Why a transaction of several jobs was not stored.
pub(crate) struct CommitFailure {
    pub cause: String,
    pub at_commit: bool,
}

impl CommitFailure {
    /// The error of a job that succeeded. Whether it is stored is unknown only if the commit itself failed.
    fn of_success(&self) -> Error {
        let code = if self.at_commit { Code::OutcomeUnknown } else { Code::Unavailable };
        code.error().retry_after(1).caused_by(self.cause.clone())
    }

    /// The error of a job that was refused. It stored nothing, but the reason for the refusal may be lost with the
    /// transaction, such as the stock that an earlier job of it reserved: so the caller must not see the refusal. Internal
    /// errors stay as they are.
    fn of_refusal(&self, error: Error) -> Error {
        if error.code().status() >= 500 {
            error
        } else {
            Code::Unavailable.error().retry_after(1).caused_by(self.cause.clone())
        }
    }
}

/// Work in a transaction, and who waits for its result.
pub(crate) struct Job {
    pub name: &'static str,
    /// Whether it runs only one statement, which then needs no transaction around it.
    pub single: bool,
    /// The lease that the work needs, checked first.
    pub lease: Option<Lease>,
    pub work: Work,
    pub result: Option<Result<Value>>,
    pub reply_to: oneshot::Sender<Result<Value>>,
}

impl Job {
    /// Runs the work and keeps its result; `false` when it failed and must be rolled back.
    pub fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let held = self.lease.map_or(Ok(()), |lease| lease.check(tx));
        let result = held.and_then(|()| (self.work)(tx));
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    /// Replaces the result of the work by this error.
    pub fn fail(&mut self, error: Error) {
        self.result = Some(Err(error));
    }

    /// Sends the kept result to the caller, or an error if the commit failed.
    pub fn finish(mut self, commit: Option<&CommitFailure>) {
        let result = match (self.result.take(), commit) {
            (Some(result), None) => result,
            (Some(Err(error)), Some(failure)) => Err(failure.of_refusal(error)),
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.of_success()),
            (None, None) => Err(Code::Internal.error().caused_by(format!("{} was never run", self.name))),
        };
        // fails if the caller does not wait any more, which changes nothing: the job is done
        let _ = self.reply_to.send(result);
    }
}

/// `work` without the type of its result.
pub(crate) fn untyped<T: Send + 'static>(work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Work {
    Box::new(move |tx| Ok(Box::new(work(tx)?)))
}

/// The result of [`untyped`] work with its type again.
pub(crate) fn typed<T: 'static>(reply: std::result::Result<Result<Value>, oneshot::error::RecvError>) -> Result<T> {
    let value = reply.map_err(|_| stopped())??;
    value
        .downcast()
        .map(|value| *value)
        .map_err(|_| Code::Internal.error().caused_by("a job's result has another type"))
}

/// The error of a job that comes too late.
pub(crate) fn stopped() -> Error {
    Code::Unavailable.because("the database is closed").retry_after(1)
}
