//! Three proofs that any saga can be put through. A [`World`] is a place where a saga can be run, and a picture of everything
//! its steps can change; each proof opens worlds, runs the saga with one step bent at a time, and compares pictures.

use crate::saga::{Bend, Saga, Status};
use kernel::{Result, SagaId};
use serde_json::Value;
use std::future::Future;

/// A place where a saga can be run.
pub trait World<S: 'static>: Sized {
    /// A new one, in which nothing has happened.
    fn open() -> impl Future<Output = Self>;
    /// Begins a run and gives it whatever it waits for. An error means that nothing was begun.
    fn begin(&self, saga: &'static Saga<S>) -> impl Future<Output = Result<SagaId>>;
    /// Turns a run back that is completed.
    fn turn_back(&self, saga: &'static Saga<S>, run: &SagaId) -> impl Future<Output = Result<()>>;
    /// Lets time pass and moves the run on until it rests; how it stands then.
    fn settle(&self, saga: &'static Saga<S>, run: &SagaId) -> impl Future<Output = Status>;
    /// Everything the steps can change, without what differs from run to run (ids, times, histories).
    fn picture(&self) -> impl Future<Output = Value>;
}

fn bent<S: 'static>(saga: Saga<S>, step: &'static str, bend: Bend) -> &'static Saga<S> {
    // a handful of words for each proof of a test process
    Box::leak(Box::new(saga.bent(step, bend)))
}

fn straight<S: 'static>(saga: Saga<S>) -> &'static Saga<S> {
    Box::leak(Box::new(saga))
}

/// Running any step twice leads to the same as running it once.
///
/// # Panics
/// When it does not.
pub async fn every_step_twice<S: 'static, W: World<S>>(saga: Saga<S>) {
    let once = W::open().await;
    let saga_once = straight(saga);
    let run = once.begin(saga_once).await.expect("the saga begins");
    assert_eq!(once.settle(saga_once, &run).await, Status::Completed);
    let expected = once.picture().await;
    for step in saga.steps {
        let world = W::open().await;
        let twice = bent(saga, step.name, Bend::Twice);
        let run = world.begin(twice).await.expect("the saga begins");
        assert_eq!(world.settle(twice, &run).await, Status::Completed, "{} twice", step.name);
        assert_eq!(world.picture().await, expected, "{} twice", step.name);
    }
}

/// When any step is refused, the world is as it was before.
///
/// # Panics
/// When it is not.
pub async fn a_refusal_at_each_step<S: 'static, W: World<S>>(saga: Saga<S>) {
    for step in saga.steps {
        let world = W::open().await;
        let before = world.picture().await;
        let refusing = bent(saga, step.name, Bend::Refuses);
        if let Ok(run) = world.begin(refusing).await {
            assert_eq!(world.settle(refusing, &run).await, Status::Failed, "{} refused", step.name);
        }
        assert_eq!(world.picture().await, before, "{} refused", step.name);
    }
}

/// Undoing any step twice leads to the same as undoing it once: the world is as it was before.
///
/// # Panics
/// When it is not.
pub async fn every_undo_twice<S: 'static, W: World<S>>(saga: Saga<S>) {
    for step in saga.steps {
        let world = W::open().await;
        let before = world.picture().await;
        let twice = bent(saga, step.name, Bend::Twice);
        let run = world.begin(twice).await.expect("the saga begins");
        assert_eq!(world.settle(twice, &run).await, Status::Completed);
        world.turn_back(twice, &run).await.expect("a completed saga can be undone");
        assert_eq!(world.settle(twice, &run).await, Status::Failed, "{} undone twice", step.name);
        assert_eq!(world.picture().await, before, "{} undone twice", step.name);
    }
}
