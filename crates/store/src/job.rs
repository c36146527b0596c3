//! A job without its types, as the threads of the database see it: it is run, possibly several times, and then its caller
//! gets the result.

use crate::Tx;
use kernel::{Code, Error, Result};
use tokio::sync::oneshot;

/// A job whose types are hidden.
pub(crate) trait Job: Send {
    fn name(&self) -> &'static str;
    /// Whether it runs only one statement, which then needs no transaction around it.
    fn is_single(&self) -> bool;
    /// Runs the work and keeps its result; `false` when it failed and must be rolled back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Replaces the result of the work by this error.
    fn fail(&mut self, error: Error);
    /// Sends the kept result to the caller, or an error if the commit failed.
    fn finish(self: Box<Self>, commit: Option<&CommitFailure>);
}

/// What a thread of the database is asked to do.
pub(crate) enum Request {
    Run(Box<dyn Job>),
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

/// A job with its types.
pub(crate) struct Typed<T, W> {
    pub name: &'static str,
    pub single: bool,
    pub work: W,
    pub result: Option<Result<T>>,
    pub reply_to: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: Fn(&mut Tx<'_>) -> Result<T> + Send> Job for Typed<T, W> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_single(&self) -> bool {
        self.single
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let result = (self.work)(tx);
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn fail(&mut self, error: Error) {
        self.result = Some(Err(error));
    }

    fn finish(mut self: Box<Self>, commit: Option<&CommitFailure>) {
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
