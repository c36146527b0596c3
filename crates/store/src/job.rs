//! A job without its types: run until it succeeds or is refused, answered once.

use crate::Tx;
use kernel::{Code, Error, Result};
use tokio::sync::oneshot;

/// What the threads of the database know of a job.
pub(crate) trait Job: Send {
    fn name(&self) -> &'static str;
    /// Runs the work and keeps its result; `false` when it failed and must be rolled back.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// The job failed with this, whatever its work said.
    fn fail(&mut self, error: Error);
    /// Answers the caller: the kept result, unless the commit failed.
    fn answer(self: Box<Self>, commit: Option<&CommitFailure>);
}

/// What a thread is asked for.
pub(crate) enum Request {
    Run(Box<dyn Job>),
    /// Finish what was asked before, then end.
    Stop,
}

/// Why nothing of a transaction is stored, as far as anybody knows.
pub(crate) struct CommitFailure {
    pub cause: String,
    pub at_commit: bool,
}

impl CommitFailure {
    /// For a job that succeeded: whether it is stored is unknown only if the commit itself failed.
    fn of_success(&self) -> Error {
        let code = if self.at_commit { Code::OutcomeUnknown } else { Code::Unavailable };
        code.error().retry_after(1).caused_by(self.cause.clone())
    }

    /// For a job that was refused: it stored nothing, but what it was refused for (the stock that an earlier job of the
    /// batch took, say) is gone too, so the refusal must not be told. Failures of our own stay as they are.
    fn of_refusal(&self, error: Error) -> Error {
        if error.code().status() >= 500 {
            error
        } else {
            Code::Unavailable.error().retry_after(1).caused_by(self.cause.clone())
        }
    }
}

/// The typed side of a job.
pub(crate) struct Typed<T, W> {
    pub name: &'static str,
    pub work: W,
    pub result: Option<Result<T>>,
    pub answer: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: Fn(&mut Tx<'_>) -> Result<T> + Send> Job for Typed<T, W> {
    fn name(&self) -> &'static str {
        self.name
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

    fn answer(mut self: Box<Self>, commit: Option<&CommitFailure>) {
        let result = match (self.result.take(), commit) {
            (Some(result), None) => result,
            (Some(Err(error)), Some(failure)) => Err(failure.of_refusal(error)),
            (Some(Ok(_)) | None, Some(failure)) => Err(failure.of_success()),
            (None, None) => Err(Code::Internal.error().caused_by(format!("{} was never run", self.name))),
        };
        // the caller may have gone away; what it asked for has happened all the same
        let _ = self.answer.send(result);
    }
}
