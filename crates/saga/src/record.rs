//! The row of a run: where it stands, what its steps remember, and the pure rules of moving it on.

use crate::{drive::CALL_MAX, known::Known};
use kernel::{Code, Error, SagaId, Timestamp, text::REASON_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

/// How long a process that makes a call has it to itself: longer than the longest call, so that afterwards the process has
/// stored the outcome or is gone.
pub const HOLD: Duration = CALL_MAX.saturating_add(Duration::from_secs(5));
/// Attempts at compensating one step before a person has to look (docs/RULES.md).
pub const ATTEMPTS_MAX: i64 = 3;
/// Pauses after the first and the second failed attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Pause before an unknown outcome is asked about for the first time; it doubles each time …
const ASK_AFTER: Duration = Duration::from_secs(2);
/// … up to this: an outcome must not stay unknown much longer than the other system needs to recover.
const ASK_AFTER_MAX: Duration = Duration::from_secs(120);
/// Pause before a call is asked about again that waits for what a person does: a message of the other system is usually sooner.
pub const ASK_WAITING: Duration = Duration::from_secs(600);

::store::text_enum! {
    /// How a run stands.
    #[schema(as = SagaStatus)]
    pub enum Status: "saga status" {
        /// Running, or waiting.
        Started = "STARTED",
        Completed = "COMPLETED",
        Compensating = "COMPENSATING",
        /// Everything is compensated.
        Failed = "FAILED",
        /// Compensating failed too often: a person has to look.
        CompensationFailed = "COMPENSATION_FAILED",
    }
}

impl Status {
    /// Whether the run will move again by itself.
    pub const fn is_moving(self) -> bool {
        match self {
            Status::Started | Status::Compensating => true,
            Status::Completed | Status::Failed | Status::CompensationFailed => false,
        }
    }
}

/// Stands for the shop itself where a user id is expected.
pub const SYSTEM: &str = "SYSTEM";

/// Why a run is compensated, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// At most 500 characters; the buyer reads it as the order's cancel reason.
    pub reason: String,
    /// A user id, or [`SYSTEM`].
    pub by: String,
}

impl Cancellation {
    /// Decided by the shop itself. The reason is cut at 500 characters.
    pub fn by_system(reason: impl AsRef<str>) -> Cancellation {
        Cancellation { reason: reason.as_ref().chars().take(REASON_MAX).collect(), by: SYSTEM.to_owned() }
    }
}

/// A call to another system as its run remembers it. The names in the row are those of the first release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// The idempotency key of the call.
    pub key: String,
    #[serde(rename = "intent")]
    pub request: Value,
    /// The process that makes the call has it to itself until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// How often no answer came.
    #[serde(default)]
    pub unanswered: u32,
    /// How often it was answered with an error that the other system repeats under the same key, and had no effect: so often it has
    /// had another key. Its effect is still found by the first one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub again: u32,
    /// Why it was refused or abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl CallRecord {
    /// A call that is about to be made.
    pub fn new(key: String, request: Value) -> CallRecord {
        CallRecord { key, request, held_until: None, unanswered: 0, again: 0, refused: None }
    }

    /// Whether a process makes the call now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }
}

/// What one step remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The step's result; none while it is not completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Value>,
    /// The call of a remote step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<CallRecord>,
    /// The call that compensates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward: Option<CallRecord>,
    /// Calls that were refused or abandoned before. If one of them succeeds late, its effect has to be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<CallRecord>,
}

impl Entry {
    /// The forward call while its outcome is not known.
    pub fn pending(&self) -> Option<&CallRecord> {
        self.forward.as_ref().filter(|_| self.memory.is_none())
    }
}

/// What a run is about, such as `order ORD-20260206-7KQ2M9XT`. A subject has at most one run of each family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SagaSubject)]
pub struct Subject {
    /// Such as `order` or `refund`.
    pub kind: Cow<'static, str>,
    pub id: String,
}

impl Subject {
    /// The thing of this kind with this id or number.
    pub fn new(kind: &'static str, id: impl ToString) -> Subject {
        Subject { kind: Cow::Borrowed(kind), id: id.to_string() }
    }
}

/// What has to be known to begin a run.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    pub subject: Subject,
    /// The key of the run's events. All runs about one order have its number as their key, and are found by it.
    pub event_key: &'a str,
    /// Who begins it: a user id, or [`SYSTEM`].
    pub by: &'a str,
}

/// One run of a saga.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: SagaId,
    /// Family and version of its saga, such as `order.v1`.
    pub name: String,
    pub family: String,
    pub subject: Subject,
    pub event_key: String,
    pub status: Status,
    /// The step it is at.
    pub step: String,
    /// Steps that are completed and not compensated, in order.
    pub completed: Vec<String>,
    /// What the steps remember, by their names.
    pub memory: BTreeMap<String, Entry>,
    /// Failed attempts at compensating the step it is at.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why it is or was compensated.
    pub cancellation: Option<Cancellation>,
    /// What a person said who closed it by hand.
    pub resolution: Option<String>,
    /// When it is due; `None` once it has ended.
    pub wake_at: Option<Timestamp>,
    /// Grows by one with every save, which compares it.
    pub version: i64,
    /// A user id, or [`SYSTEM`].
    pub started_by: String,
    pub started_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    /// What this process knows of it besides. Not stored.
    pub known: Known,
}

impl Record {
    /// A run of a saga that begins now.
    pub fn begin(id: SagaId, family: &str, name: String, start: &Start<'_>, now: Timestamp) -> Record {
        Record {
            id,
            name,
            family: family.to_owned(),
            subject: start.subject.clone(),
            event_key: start.event_key.to_owned(),
            status: Status::Started,
            step: String::new(),
            completed: Vec::new(),
            memory: BTreeMap::new(),
            attempts: 0,
            last_error: None,
            cancellation: None,
            resolution: None,
            wake_at: None,
            version: 0,
            started_by: start.by.to_owned(),
            started_at: now,
            completed_at: None,
            known: Known::default(),
        }
    }

    /// What `step` remembers.
    pub fn entry(&mut self, step: &str) -> &mut Entry {
        if !self.memory.contains_key(step) {
            self.memory.insert(step.to_owned(), Entry::default());
        }
        self.memory.get_mut(step).expect("it was just inserted")
    }

    /// The call of a step in one direction.
    pub fn call(&mut self, step: &str, backwards: bool) -> &mut Option<CallRecord> {
        let entry = self.entry(step);
        if backwards { &mut entry.backward } else { &mut entry.forward }
    }

    /// The remote step whose forward call is pending, with the call.
    pub fn pending(&self) -> Option<(&str, &CallRecord)> {
        self.memory.iter().find_map(|(step, entry)| entry.pending().map(|call| (step.as_str(), call)))
    }

    /// How much longer a call is held for the process that makes it; `None` when no process makes one.
    pub fn held_for(&self, now: Timestamp) -> Option<Duration> {
        let calls = self.memory.values().flat_map(|entry| [&entry.forward, &entry.backward]).flatten();
        let until = calls.filter(|call| call.is_held(now)).filter_map(|call| call.held_until).max();
        until.filter(|_| self.status.is_moving()).map(|until| until.since(now))
    }

    /// Whether it is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now)
    }

    /// The step is completed. Most steps remember nothing and need no entry.
    pub fn complete(&mut self, step: &str, memory: Value) {
        if !memory.is_null() || self.memory.contains_key(step) {
            self.entry(step).memory = Some(memory);
        }
        self.completed.push(step.to_owned());
    }

    /// The step is compensated. What it remembers stays for people to read.
    pub fn compensated(&mut self, step: &str) {
        self.completed.retain(|done| done != step);
        self.attempts = 0;
    }

    /// A person has dealt with the step that could not be compensated, in these words. The other steps are compensated from now on.
    pub fn resolved(&mut self, resolution: &str) {
        if let Some(stuck) = self.completed.last().cloned() {
            self.compensated(&stuck);
        }
        self.status = Status::Compensating;
        self.attempts = 0;
        self.resolution = Some(resolution.to_owned());
    }

    /// It is tried again now, from the beginning of its attempts: a person wants it, or has said what was missing.
    pub fn try_again(&mut self, now: Timestamp) {
        if self.status == Status::CompensationFailed {
            self.status = Status::Compensating;
            self.attempts = 0;
        }
        self.wake_at = Some(now);
    }

    /// From now on it is compensated. No effect on a run that is compensated already.
    pub fn start_compensation(&mut self, cancellation: Cancellation, error: Option<&Error>) {
        match self.status {
            Status::Started | Status::Completed => {
                self.status = Status::Compensating;
                self.cancellation = Some(cancellation);
                self.attempts = 0;
                self.completed_at = None;
                if let Some(error) = error {
                    self.last_error = Some(error.stored());
                }
            }
            Status::Compensating | Status::Failed | Status::CompensationFailed => {}
        }
    }

    /// An attempt at compensating failed. After the last one the run rests until a person looks.
    pub fn attempt_failed(&mut self, error: &Error, now: Timestamp) {
        self.attempts += 1;
        self.last_error = Some(error.stored());
        let pause = usize::try_from(self.attempts - 1).ok().and_then(|n| PAUSES.get(n));
        match pause {
            Some(pause) if self.attempts < ATTEMPTS_MAX => self.wake_at = Some(now.after(*pause)),
            _ => {
                self.status = Status::CompensationFailed;
                self.wake_at = None;
            }
        }
    }

    /// The code of what went wrong last.
    pub fn last_code(&self) -> Option<Code> {
        self.last_error.as_deref().and_then(Error::code_of)
    }

    /// It has ended.
    pub fn end(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.wake_at = None;
        self.completed_at = Some(now);
    }
}

/// Pause before an outcome that was not known `times` times is asked about again.
pub fn ask_after(times: u32) -> Duration {
    (ASK_AFTER * 2_u32.saturating_pow(times.saturating_sub(1).min(16))).min(ASK_AFTER_MAX)
}

/// The key of the next call for a step, after `past` ones: `<saga id>/<step>` (and `…/UNDO` to take it back), then with `.2`
/// and so on, because after a refusal the same key would only be refused again.
pub fn key(id: &SagaId, step: &str, backwards: bool, past: &[CallRecord]) -> String {
    let base = if backwards { format!("{id}/{step}/UNDO") } else { format!("{id}/{step}") };
    let used = |key: &str| key == base || key.strip_prefix(&base).is_some_and(|rest| rest.starts_with('.'));
    match past.iter().filter(|call| used(&call.key)).count() {
        0 => base,
        n => format!("{base}.{}", n + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let start = Start { subject: Subject::new("toy", 7), event_key: "7", by: SYSTEM };
        Record::begin("SAGA-23456789".parse().unwrap(), "toy", "toy.v1".to_owned(), &start, Timestamp::from_millis(0))
    }

    #[test]
    fn pauses_between_attempts_grow_and_the_third_failure_is_the_last() {
        let mut record = record();
        record.start_compensation(Cancellation::by_system("test"), None);
        let now = Timestamp::from_millis(1_000);
        record.attempt_failed(&Code::Internal.error(), now);
        let first = record.wake_at.unwrap().since(now);
        record.attempt_failed(&Code::Internal.error(), now);
        let second = record.wake_at.unwrap().since(now);
        assert!(second > first && record.status == Status::Compensating);
        record.attempt_failed(&Code::Internal.error(), now);
        assert_eq!((record.status, record.wake_at), (Status::CompensationFailed, None));
    }

    #[test]
    fn starting_compensation_twice_keeps_the_first_reason() {
        let mut record = record();
        record.start_compensation(Cancellation::by_system("first"), None);
        record.start_compensation(Cancellation::by_system("second"), None);
        assert_eq!(record.cancellation.unwrap().reason, "first");
    }

    #[test]
    fn an_unknown_outcome_is_asked_about_at_growing_but_bounded_pauses() {
        let pauses: Vec<_> = (1..12).map(ask_after).collect();
        assert!(pauses.windows(2).all(|two| two[0] <= two[1]));
        assert_eq!(pauses[0], ASK_AFTER);
        assert_eq!(pauses[10], ASK_AFTER_MAX);
    }

    #[test]
    fn a_refused_call_is_never_repeated_with_its_key() {
        let id = "SAGA-23456789".parse().unwrap();
        let past = |key: &str| CallRecord::new(key.to_owned(), Value::Null);
        assert_eq!(key(&id, "PAY", false, &[]), "SAGA-23456789/PAY");
        let undone = past("SAGA-23456789/PAY/UNDO");
        assert_eq!(key(&id, "PAY", false, &[past("SAGA-23456789/PAY"), undone.clone()]), "SAGA-23456789/PAY.2");
        assert_eq!(key(&id, "PAY", true, &[undone]), "SAGA-23456789/PAY/UNDO.2");
    }
}
