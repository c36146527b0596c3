//! Four proofs for every saga. A [`Scenario`] is a fresh set-up in which a saga can be run, with a snapshot of everything that
//! its steps can change. Each proof runs the saga with a fault at one step at a time and compares snapshots.

use crate::{Fault, Saga, Status};
use kernel::{Result, SagaId};
use serde_json::Value;
use std::future::Future;

/// A fresh set-up in which a saga can be run.
pub trait Scenario<S: 'static>: Sized {
    /// A new one, in which nothing has happened.
    fn open() -> impl Future<Output = Self>;
    /// Begins a run and gives it what it waits for. An error means that no run began.
    fn begin(&self, saga: &'static Saga<S>) -> impl Future<Output = Result<SagaId>>;
    /// Cancels a completed run.
    fn cancel(&self, saga: &'static Saga<S>, run: &SagaId) -> impl Future<Output = Result<()>>;
    /// A person has dealt with the step at which the run is stuck.
    fn resolve(&self, saga: &'static Saga<S>, run: &SagaId) -> impl Future<Output = Result<()>>;
    /// Lets time pass and moves the run on until it has ended; its status then.
    fn settle(&self, saga: &'static Saga<S>, run: &SagaId) -> impl Future<Output = Status>;
    /// Everything that the steps can change, without what differs between runs (ids, times, histories).
    fn snapshot(&self) -> impl Future<Output = Value>;
}

fn with_fault<S: 'static>(saga: Saga<S>, step: &'static str, fault: Fault) -> &'static Saga<S> {
    // a test process needs only a few of these
    Box::leak(Box::new(saga.with_fault(step, fault)))
}

/// The steps of new runs: all of them, and how many of them may be refused and compensated. What follows a step that cannot
/// be compensated is retried instead.
fn steps<S: 'static>(saga: &Saga<S>) -> (Vec<&'static str>, usize) {
    let steps = saga.newest().steps;
    let reversible = steps.iter().position(|step| !step.can_be_compensated()).unwrap_or(steps.len());
    (steps.iter().map(|step| step.name).collect(), reversible)
}

/// Running any step twice leads to the same as running it once.
///
/// # Panics
/// When it does not.
pub async fn every_step_twice<S: 'static, C: Scenario<S>>(saga: Saga<S>) {
    let once = C::open().await;
    let plain: &'static Saga<S> = Box::leak(Box::new(saga));
    let run = once.begin(plain).await.expect("the saga begins");
    assert_eq!(once.settle(plain, &run).await, Status::Completed);
    let expected = once.snapshot().await;
    for step in steps(&saga).0 {
        let scenario = C::open().await;
        let twice = with_fault(saga, step, Fault::Twice);
        let run = scenario.begin(twice).await.expect("the saga begins");
        assert_eq!(scenario.settle(twice, &run).await, Status::Completed, "{step} twice");
        assert_eq!(scenario.snapshot().await, expected, "{step} twice");
    }
}

/// When a step is refused, everything is as it was before the run.
///
/// # Panics
/// When it is not.
pub async fn a_refusal_at_each_step<S: 'static, C: Scenario<S>>(saga: Saga<S>) {
    let reversible = steps(&saga).1;
    for step in saga.newest().steps.iter().take(reversible + 1).filter(|step| step.can_be_refused()) {
        let step = step.name;
        let scenario = C::open().await;
        let before = scenario.snapshot().await;
        let refusing = with_fault(saga, step, Fault::Refused);
        if let Ok(run) = scenario.begin(refusing).await {
            assert_eq!(scenario.settle(refusing, &run).await, Status::Failed, "{step} refused");
        }
        assert_eq!(scenario.snapshot().await, before, "{step} refused");
    }
}

/// Compensating any step twice leads to the same as compensating it once: everything is as it was before the run.
///
/// # Panics
/// When it is not.
pub async fn every_compensation_twice<S: 'static, C: Scenario<S>>(saga: Saga<S>) {
    let (steps, reversible) = steps(&saga);
    if reversible < steps.len() {
        // a completed run of this saga cannot be cancelled
        return;
    }
    for step in steps {
        let scenario = C::open().await;
        let before = scenario.snapshot().await;
        let twice = with_fault(saga, step, Fault::Twice);
        let run = scenario.begin(twice).await.expect("the saga begins");
        assert_eq!(scenario.settle(twice, &run).await, Status::Completed);
        scenario.cancel(twice, &run).await.expect("a completed saga can be cancelled");
        assert_eq!(scenario.settle(twice, &run).await, Status::Failed, "{step} compensated twice");
        assert_eq!(scenario.snapshot().await, before, "{step} compensated twice");
    }
}

/// Whatever steps are completed when a run is compensated, and whichever of them cannot be: once a person has dealt with that one,
/// everything is as it was before the run.
///
/// # Panics
/// When it is not.
pub async fn a_person_at_each_step<S: 'static, C: Scenario<S>>(saga: Saga<S>) {
    let (names, reversible) = steps(&saga);
    let refused = saga.newest().steps.iter().take(reversible + 1).filter(|step| step.can_be_refused());
    let completed = (reversible == names.len()).then_some(None);
    for end in refused.map(|step| Some(step.name)).chain(completed) {
        let done = names.iter().take_while(|name| Some(**name) != end);
        for stuck in done {
            let scenario = C::open().await;
            let before = scenario.snapshot().await;
            let faulty = saga.with_fault(stuck, Fault::Stuck);
            let faulty: &'static Saga<S> = match end {
                Some(refused) => with_fault(faulty, refused, Fault::Refused),
                None => Box::leak(Box::new(faulty)),
            };
            // no run begins with a first step that is refused
            let Ok(run) = scenario.begin(faulty).await else { continue };
            let ended = scenario.settle(faulty, &run).await;
            if ended == Status::Completed {
                scenario.cancel(faulty, &run).await.expect("a completed saga can be cancelled");
                scenario.settle(faulty, &run).await;
            }
            // the step that creates what the run is about has no compensation that could fail
            if scenario.settle(faulty, &run).await == Status::CompensationFailed {
                scenario.resolve(faulty, &run).await.expect("a person resolves it");
            }
            assert_eq!(scenario.settle(faulty, &run).await, Status::Failed, "{stuck} stuck after {end:?}");
            assert_eq!(scenario.snapshot().await, before, "{stuck} stuck after {end:?}");
        }
    }
}
