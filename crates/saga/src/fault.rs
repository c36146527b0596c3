//! Fault injection, for the harnesses only. Without the feature `test-harness` a saga has no fault and nothing of this is
//! compiled into the program.

use super::{run::Saga, step::Step};
use ::store::Tx;
use kernel::{Error, Result};
use serde_json::Value;

/// How a harness makes one step misbehave.
#[cfg(feature = "test-harness")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step is run twice and compensated twice.
    Twice,
    /// The step is refused instead of run.
    Refused,
    /// Compensating the step has its effect and is counted as a failure, as if a person had dealt with a step that is stuck.
    Stuck,
}

/// The steps that a harness makes misbehave, one after the other; always none in the shop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Injected {
    #[cfg(feature = "test-harness")]
    faults: [Option<(&'static str, Fault)>; 2],
}

impl Injected {
    pub(crate) const NONE: Injected = Injected {
        #[cfg(feature = "test-harness")]
        faults: [None; 2],
    };
}

#[cfg(feature = "test-harness")]
impl<S> Saga<S> {
    /// The same saga with a fault at one step, in front of the fault that it has.
    #[must_use]
    pub const fn with_fault(mut self, step: &'static str, fault: Fault) -> Saga<S> {
        self.injected = Injected { faults: [Some((step, fault)), self.injected.faults[0]] };
        self
    }

    fn has_fault(&self, step: &str, fault: Fault) -> bool {
        self.injected.faults.iter().flatten().any(|found| *found == (step, fault))
    }

    pub(crate) fn is_run_twice(&self, step: &str) -> bool {
        self.has_fault(step, Fault::Twice)
    }

    pub(crate) fn injected_failure(&self, step: &str) -> Result<()> {
        let why = || kernel::Code::SagaExecutionFailed.because("stuck by the harness");
        if self.has_fault(step, Fault::Stuck) { Err(why()) } else { Ok(()) }
    }

    pub(crate) fn injected_refusal(&self, step: &str) -> Option<Error> {
        let refused = self.has_fault(step, Fault::Refused);
        refused.then(|| kernel::Code::SagaExecutionFailed.because("refused by the harness"))
    }
}

#[cfg(not(feature = "test-harness"))]
impl<S> Saga<S> {
    #[allow(clippy::unused_self)]
    pub(crate) fn is_run_twice(&self, _: &str) -> bool {
        let Injected {} = self.injected;
        false
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub(crate) fn injected_failure(&self, _: &str) -> Result<()> {
        Ok(())
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn injected_refusal(&self, _: &str) -> Option<Error> {
        None
    }
}

impl<S: 'static> Saga<S> {
    /// Runs a local step, as often and with the outcome that an injected fault says.
    pub(crate) fn run_local(
        &self,
        tx: &mut Tx<'_>,
        saga: &S,
        step: &Step<S>,
        run: fn(&mut Tx<'_>, &S) -> Result<Value>,
    ) -> Result<Value> {
        if let Some(refusal) = self.injected_refusal(step.name) {
            return Err(refusal);
        }
        if self.is_run_twice(step.name) {
            run(tx, saga)?;
        }
        run(tx, saga)
    }
}
