//! The gate in the process. With several instances each has its own, which follows the others by its looks and by the
//! events that open subjects; so it may be late and let too many through.

use super::{
    Answer, Asked, Gate, Health, Look, Outcome, Snapshot, Subject, Ticket, USERS_MAX,
    state::{State, ms},
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::{collections::HashMap, time::Instant};

/// Most subjects remembered. The one that was asked for longest ago is forgotten first.
const SUBJECTS_MAX: usize = 1_024;

/// A gate in the process.
#[derive(Debug)]
pub struct MemoryGate {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    subjects: HashMap<Subject, Kept>,
    /// Numbers tickets and fences.
    count: u64,
}

#[derive(Debug)]
struct Kept {
    state: State,
    asked_at: u64,
}

impl Default for MemoryGate {
    fn default() -> MemoryGate {
        MemoryGate { began: Instant::now(), inner: Mutex::default() }
    }
}

impl MemoryGate {
    fn now(&self) -> u64 {
        ms(self.began.elapsed())
    }

    /// How many subjects and users are remembered.
    pub fn size(&self) -> (usize, usize) {
        let inner = self.inner.lock();
        (inner.subjects.len(), inner.users())
    }
}

impl Inner {
    fn users(&self) -> usize {
        self.subjects.values().map(|kept| kept.state.users()).sum()
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn make_room(&mut self, subjects_max: usize) {
        while self.subjects.len() > subjects_max || (self.subjects.len() > 1 && self.users() > USERS_MAX) {
            let oldest = self.subjects.iter().min_by_key(|(_, kept)| kept.asked_at).map(|(subject, _)| *subject);
            oldest.map(|subject| self.subjects.remove(&subject));
        }
    }
}

#[async_trait]
impl Gate for MemoryGate {
    async fn take(&self, asked: &Asked) -> Answer {
        let now = self.now();
        let mut inner = self.inner.lock();
        let number = inner.next();
        if let Some(kept) = inner.subjects.get_mut(&asked.subject) {
            kept.asked_at = now;
            return kept.state.take(asked, number, now);
        }
        inner.make_room(SUBJECTS_MAX - 1);
        let mut kept = Kept { state: State::opened(number), asked_at: now };
        let answer = kept.state.take(asked, number, now);
        inner.subjects.insert(asked.subject, kept);
        answer
    }

    async fn settle(&self, asked: &Asked, ticket: Ticket, outcome: Outcome) {
        if let Some(kept) = self.inner.lock().subjects.get_mut(&asked.subject) {
            kept.state.settle(asked, ticket, outcome);
        }
    }

    async fn rebuild(&self, subject: &Subject, look: Look, snapshot: Option<&Snapshot>) {
        let now = self.now();
        let began = now.saturating_sub(ms(look.began.elapsed()));
        let mut inner = self.inner.lock();
        match (snapshot, inner.subjects.get_mut(subject)) {
            (Some(snapshot), Some(kept)) => kept.state.rebuild(look, began, snapshot, now),
            (None, Some(_)) => drop(inner.subjects.remove(subject)),
            (_, None) => {}
        }
        if snapshot.is_some_and(|snapshot| snapshot.users.is_some()) {
            inner.make_room(SUBJECTS_MAX);
        }
    }

    async fn open(&self, subject: &Subject) {
        let mut inner = self.inner.lock();
        let fence = inner.next();
        if let Some(kept) = inner.subjects.get_mut(subject) {
            kept.state.open(fence);
        }
    }

    async fn health(&self) -> Health {
        Health::InProcess
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::conformance::{self, Rows, histories, now, user};
    use proptest::prelude::*;

    #[tokio::test]
    async fn it_does_what_every_gate_does() {
        conformance::all(&MemoryGate::default(), 1).await;
    }

    proptest! {
        #[test]
        fn no_history_lets_it_refuse_whom_the_rows_would_serve(history in histories::any()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(conformance::play(&MemoryGate::default(), 1, &history));
        }
    }

    #[tokio::test]
    async fn what_it_remembers_is_bounded() {
        let gate = MemoryGate::default();
        for id in 0..2 * SUBJECTS_MAX as i64 {
            let subject = Subject { kind: "COUPON", id };
            gate.take(&Asked { subject, user: user(1), units: 1, at: now() }).await;
        }
        assert_eq!(gate.size(), (SUBJECTS_MAX, 0));
        let mut rows = Rows::of(-1, 300, None);
        for n in 0..300 {
            rows.ask(&gate, user(n), 1).await;
        }
        assert_eq!(gate.size(), (SUBJECTS_MAX, 300));
    }
}
