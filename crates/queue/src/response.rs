//! Waiting queues as callers see them.

use crate::entry::{State, Status};
use crate::line::Standing;
use crate::names::Named;
use crate::ops::Processed;
use crate::queue::{Opening, Queue};
use crate::token::Token;
use kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::Language;

/// How the caller stands in a queue.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QueueStatusResponse)]
pub struct StatusResponse {
    /// Proves the place; it is of use to its user only.
    pub entry_token: String,
    pub status: Status,
    /// 1 for who is next; 0 in the lobby and for everybody who does not wait.
    pub position: u64,
    /// How long the wait lasts if slots become free as in the last minutes; 0 for everybody who does not wait.
    pub estimated_wait_seconds: u64,
    /// How many wait; 0 for everybody who does not wait.
    pub total_waiting: u64,
    /// Until when an admission is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admitted_until: Option<Timestamp>,
    /// In the lobby: when the places are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<Timestamp>,
    /// A sentence for the caller.
    pub message: String,
}

impl StatusResponse {
    /// How an entry of this queue stands, in the language of the response that is being written.
    pub fn of(queue: &Queue, standing: &Standing) -> StatusResponse {
        let entry = standing.entry;
        let token = Token { queue: queue.id, visit: entry.visit, user: entry.user };
        let opens_at = match (entry.state, queue.opening) {
            (State::Waiting, Opening::Lobby { opens_at }) => Some(opens_at),
            _ => None,
        };
        let seconds = standing.wait.as_millis().div_ceil(1_000);
        let wait = u64::try_from(seconds).unwrap_or(u64::MAX);
        StatusResponse {
            entry_token: token.signed(queue),
            status: entry.state.status(),
            position: standing.position,
            estimated_wait_seconds: wait,
            total_waiting: standing.total_waiting,
            admitted_until: match entry.state {
                State::Entered { until } => Some(until),
                State::Waiting | State::Expired | State::Left => None,
            },
            opens_at,
            message: message(entry.state, standing.position, wait),
        }
    }
}

fn message(state: State, position: u64, wait: u64) -> String {
    let korean = Language::current() == Language::Korean;
    let sentence = |english: &str, korean_sentence: &str| if korean { korean_sentence } else { english }.to_owned();
    match (state, position) {
        (State::Waiting, 0) => sentence(
            "the queue is not open yet; places are drawn by lottery when it opens",
            "아직 대기열이 열리지 않았습니다. 열릴 때 추첨으로 순번이 정해집니다",
        ),
        (State::Waiting, position) if korean => {
            format!("현재 대기 순번은 {position}번이며, 예상 대기 시간은 약 {wait}초입니다")
        }
        (State::Waiting, position) => format!("you are number {position}; it takes about {wait} seconds"),
        (State::Entered { .. }, _) => sentence("it is your turn", "입장하실 수 있습니다"),
        (State::Expired, _) => sentence(
            "your admission has expired; enter again",
            "입장 시간이 만료되었습니다. 다시 대기열에 참여해 주세요",
        ),
        (State::Left, _) => sentence("you have left the queue", "대기열에서 나갔습니다"),
    }
}

/// A queue as an administrator sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueResponse {
    pub queue_id: i64,
    pub event_type: String,
    pub event_id: i64,
    /// What people call the coupon or the deal; null where the shop has none with this type and number.
    pub event_name: Option<String>,
    pub is_active: bool,
    pub max_capacity: i64,
    pub entry_batch_size: i64,
    pub entry_interval_seconds: i64,
    pub admission_seconds: i64,
    pub places_per_address: Option<i64>,
    /// In the lobby: when the places are drawn.
    pub opens_at: Option<Timestamp>,
    /// When places began to be given.
    pub opened_at: Option<Timestamp>,
    /// How many wait, with those in the lobby.
    pub waiting_count: i64,
    /// How many are admitted now.
    pub entered_count: i64,
    pub activated_at: Timestamp,
    pub deactivated_at: Option<Timestamp>,
    /// When the last batch was admitted.
    pub last_admitted_at: Option<Timestamp>,
}

impl From<Named> for QueueResponse {
    fn from(Named { queue, event_name }: Named) -> QueueResponse {
        let (opens_at, opened_at) = match queue.opening {
            Opening::Lobby { opens_at } => (Some(opens_at), None),
            Opening::Open { since } => (None, Some(since)),
        };
        QueueResponse {
            queue_id: queue.id.raw(),
            event_type: queue.subject.kind.name,
            event_id: queue.subject.id.raw(),
            event_name,
            is_active: queue.active,
            max_capacity: queue.rules.max_capacity,
            entry_batch_size: queue.rules.batch_size,
            entry_interval_seconds: queue.rules.interval_seconds,
            admission_seconds: queue.rules.admission_seconds,
            places_per_address: queue.rules.places_per_address,
            opens_at,
            opened_at,
            waiting_count: queue.waiting,
            entered_count: queue.entered,
            activated_at: queue.activated_at,
            deactivated_at: queue.deactivated_at,
            last_admitted_at: queue.admitted_at,
        }
    }
}

/// What moving a queue on did.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessedResponse {
    /// How many were admitted.
    pub admitted: u64,
    /// How many admissions ended because their time was over.
    pub expired: u64,
}

impl From<Processed> for ProcessedResponse {
    fn from(done: Processed) -> ProcessedResponse {
        ProcessedResponse { admitted: done.admitted, expired: done.expired }
    }
}
