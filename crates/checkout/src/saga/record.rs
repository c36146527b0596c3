//! The saga's row: where a run stands, what its steps remember, and the pure rules of moving it on.

use kernel::{Code, Error, OrderNumber, Result, SagaId, Timestamp, text::REASON_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use store::{Arg, Column, FromColumn, ToArg};
use utoipa::ToSchema;

/// How long whoever makes a call has it to itself: longer than the longest call, so that afterwards the caller has
/// recorded the outcome or is gone.
pub const HOLD: Duration = Duration::from_secs(30);
/// Attempts at undoing one step before a person has to look (docs/RULES.md).
pub const ATTEMPTS_MAX: i64 = 3;
/// Pauses after the first and the second failed attempt.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Pause before an unknown outcome is asked about for the first time; it doubles each time …
const ASK_AFTER: Duration = Duration::from_secs(2);
/// … up to this: an open outcome must not stay unknown much longer than the other system needs to recover.
const ASK_AFTER_MAX: Duration = Duration::from_secs(120);
/// Longest error kept in the row, in characters.
const ERROR_MAX: usize = 1_000;

/// How a saga stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = SagaStatus)]
pub enum Status {
    /// On its way, or waiting.
    Started,
    /// Every step is done.
    Completed,
    /// On its way back.
    Compensating,
    /// Everything is undone.
    Failed,
    /// Undoing failed too often: a person has to look.
    CompensationFailed,
}

impl Status {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Started => "STARTED",
            Status::Completed => "COMPLETED",
            Status::Compensating => "COMPENSATING",
            Status::Failed => "FAILED",
            Status::CompensationFailed => "COMPENSATION_FAILED",
        }
    }

    /// Whether the saga will move again by itself.
    pub const fn is_moving(self) -> bool {
        match self {
            Status::Started | Status::Compensating => true,
            Status::Completed | Status::Failed | Status::CompensationFailed => false,
        }
    }
}

impl std::str::FromStr for Status {
    type Err = Error;
    fn from_str(text: &str) -> Result<Status> {
        [Status::Started, Status::Completed, Status::Compensating, Status::Failed, Status::CompensationFailed]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Code::InvalidInput.because(format!("{text:?} is not a saga status")))
    }
}

impl ToArg for Status {
    fn to_arg(&self) -> Arg<'_> {
        Arg::Text(self.as_str())
    }
}

impl FromColumn for Status {
    fn from_column(column: Column<'_>) -> Result<Self> {
        String::from_column(column)?.parse()
    }
}

/// Why a saga is undone, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// In words, at most 500 characters; the buyer reads it as the order's cancel reason.
    pub reason: String,
    /// A user id, or [`SYSTEM`].
    pub by: String,
}

/// Who ends sagas that nobody ended.
pub const SYSTEM: &str = "SYSTEM";

impl Ending {
    /// Ended by the shop itself. The reason is cut at 500 characters.
    pub fn by_system(reason: impl AsRef<str>) -> Ending {
        Ending { reason: reason.as_ref().chars().take(REASON_MAX).collect(), by: SYSTEM.to_owned() }
    }
}

/// What was asked of another system, and how that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The idempotency key of the call.
    pub key: String,
    /// What was asked for.
    pub intent: Value,
    /// Who makes the call has it to itself until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// How often no answer came.
    #[serde(default)]
    pub unanswered: u32,
    /// Why it was refused or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Asked {
    /// An errand that is about to be asked for.
    pub fn new(key: String, intent: Value) -> Asked {
        Asked { key, intent, held_until: None, unanswered: 0, refused: None }
    }

    /// Whether somebody is making the call now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }
}

/// What one step remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// What the step gave when it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Value>,
    /// What a remote step asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Asked>,
    /// What it asks for to take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backward: Option<Asked>,
    /// Errands that were refused or given up before; something given late for one of them is given back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Asked>,
}

impl Entry {
    /// The forward errand while nobody knows how it ends.
    pub fn open(&self) -> Option<&Asked> {
        self.forward.as_ref().filter(|_| self.memory.is_none())
    }
}

/// What a run is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The order.
    pub order: &'a OrderNumber,
    /// Tells runs of one saga about one order apart.
    pub slot: i64,
    /// Who begins it: a user id, or [`SYSTEM`].
    pub by: &'a str,
}

/// One run of a saga.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The run's number.
    pub id: SagaId,
    /// Which saga.
    pub name: String,
    /// The order it is about.
    pub order: OrderNumber,
    /// Tells runs of one saga about one order apart.
    pub slot: i64,
    /// How it stands.
    pub status: Status,
    /// The step it is at.
    pub step: String,
    /// What is done and not undone, in order.
    pub completed: Vec<String>,
    /// What the steps remember, by their names.
    pub memory: BTreeMap<String, Entry>,
    /// Failed attempts at undoing the step it is at.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Why it is or was undone.
    pub ending: Option<Ending>,
    /// What a person says who closed it by hand.
    pub resolution: Option<String>,
    /// When it is due; `None` once it rests for good.
    pub wake_at: Option<Timestamp>,
    /// Grows by one with every save, which compares it.
    pub version: i64,
    /// Who began it: a user id, or [`SYSTEM`].
    pub started_by: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

impl Record {
    /// A run of saga `name` that begins now.
    pub fn begin(id: SagaId, name: &str, about: &About<'_>, now: Timestamp) -> Record {
        Record {
            id,
            name: name.to_owned(),
            order: about.order.clone(),
            slot: about.slot,
            status: Status::Started,
            step: String::new(),
            completed: Vec::new(),
            memory: BTreeMap::new(),
            attempts: 0,
            last_error: None,
            ending: None,
            resolution: None,
            wake_at: None,
            version: 0,
            started_by: about.by.to_owned(),
            started_at: now,
            completed_at: None,
        }
    }

    /// What `step` remembers.
    pub fn entry(&mut self, step: &str) -> &mut Entry {
        if !self.memory.contains_key(step) {
            self.memory.insert(step.to_owned(), Entry::default());
        }
        self.memory.get_mut(step).expect("it was just inserted")
    }

    /// The errand of a step in one direction.
    pub fn errand(&mut self, step: &str, backwards: bool) -> &mut Option<Asked> {
        let entry = self.entry(step);
        if backwards { &mut entry.backward } else { &mut entry.forward }
    }

    /// The remote step whose forward errand is open, with the errand.
    pub fn open(&self) -> Option<(&str, &Asked)> {
        self.memory.iter().find_map(|(step, entry)| entry.open().map(|asked| (step.as_str(), asked)))
    }

    /// Whether somebody makes a call for it now.
    pub fn is_held(&self, now: Timestamp) -> bool {
        let held = |asked: &Option<Asked>| asked.as_ref().is_some_and(|asked| asked.is_held(now));
        self.status.is_moving() && self.memory.values().any(|entry| held(&entry.forward) || held(&entry.backward))
    }

    /// Whether its time has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= now)
    }

    /// The step is done.
    pub fn complete(&mut self, step: &str, memory: Value) {
        self.entry(step).memory = Some(memory);
        self.completed.push(step.to_owned());
    }

    /// The step is undone; what it remembers stays for people to read.
    pub fn uncomplete(&mut self, step: &str) {
        self.completed.retain(|done| done != step);
        self.attempts = 0;
    }

    /// From here on backwards. No effect on one that is on its way back already.
    pub fn turn_back(&mut self, ending: Ending, error: Option<&Error>) {
        match self.status {
            Status::Started | Status::Completed => {
                self.status = Status::Compensating;
                self.ending = Some(ending);
                self.attempts = 0;
                self.completed_at = None;
                if let Some(error) = error {
                    self.last_error = Some(shortened(error));
                }
            }
            Status::Compensating | Status::Failed | Status::CompensationFailed => {}
        }
    }

    /// An attempt at undoing failed: after the last one the saga rests until a person looks.
    pub fn stumble(&mut self, error: &Error, now: Timestamp) {
        self.attempts += 1;
        self.last_error = Some(shortened(error));
        let pause = usize::try_from(self.attempts - 1).ok().and_then(|n| PAUSES.get(n));
        match pause {
            Some(pause) if self.attempts < ATTEMPTS_MAX => self.wake_at = Some(now.after(*pause)),
            _ => {
                self.status = Status::CompensationFailed;
                self.wake_at = None;
            }
        }
    }

    /// It rests for good.
    pub fn end(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.wake_at = None;
        self.completed_at = Some(now);
    }
}

/// The error as it is kept in the row, without the one sign that PostgreSQL keeps in no text.
pub fn shortened(error: &Error) -> String {
    format!("{error:?}").chars().filter(|c| *c != '\0').take(ERROR_MAX).collect()
}

/// Pause before an outcome that was not known `times` times is asked about again.
pub fn ask_after(times: u32) -> Duration {
    (ASK_AFTER * 2_u32.saturating_pow(times.saturating_sub(1).min(16))).min(ASK_AFTER_MAX)
}

/// The key of the next call for a step, after `past` ones: `<saga id>/<step>` (and `…/UNDO` to take it back), then with `.2`
/// and so on, because after a refusal the same key would only be refused again.
pub fn key(id: &SagaId, step: &str, backwards: bool, past: &[Asked]) -> String {
    let base = if backwards { format!("{id}/{step}/UNDO") } else { format!("{id}/{step}") };
    let used = |key: &str| key == base || key.strip_prefix(&base).is_some_and(|rest| rest.starts_with('.'));
    match past.iter().filter(|asked| used(&asked.key)).count() {
        0 => base,
        n => format!("{base}.{}", n + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let order = "ORD-20260206-23456789".parse().unwrap();
        let about = About { order: &order, slot: 0, by: SYSTEM };
        Record::begin("SAGA-23456789".parse().unwrap(), "toy.v1", &about, Timestamp::from_millis(0))
    }

    #[test]
    fn pauses_between_attempts_grow_and_the_third_failure_is_the_last() {
        let mut record = record();
        record.turn_back(Ending::by_system("test"), None);
        let now = Timestamp::from_millis(1_000);
        record.stumble(&Code::Internal.error(), now);
        let first = record.wake_at.unwrap().since(now);
        record.stumble(&Code::Internal.error(), now);
        let second = record.wake_at.unwrap().since(now);
        assert!(second > first && record.status == Status::Compensating);
        record.stumble(&Code::Internal.error(), now);
        assert_eq!((record.status, record.wake_at), (Status::CompensationFailed, None));
    }

    #[test]
    fn turning_back_keeps_the_first_reason() {
        let mut record = record();
        record.turn_back(Ending::by_system("first"), None);
        record.turn_back(Ending::by_system("second"), None);
        assert_eq!(record.ending.unwrap().reason, "first");
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
        let past = |key: &str| Asked::new(key.to_owned(), Value::Null);
        assert_eq!(key(&id, "PAY", false, &[]), "SAGA-23456789/PAY");
        let undone = past("SAGA-23456789/PAY/UNDO");
        assert_eq!(key(&id, "PAY", false, &[past("SAGA-23456789/PAY"), undone.clone()]), "SAGA-23456789/PAY.2");
        assert_eq!(key(&id, "PAY", true, &[undone]), "SAGA-23456789/PAY/UNDO.2");
    }
}
