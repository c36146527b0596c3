//! Sagas.

use kernel::{OrderNumber, SagaId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The compensation of a saga's step failed too often: a person has to look at `/admin/sagas`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompensationFailed {
    pub saga_id: SagaId,
    /// Name and version of the flow.
    pub saga: String,
    /// Missing when the flow is about no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<OrderNumber>,
    /// The step that could not be compensated.
    pub step: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When the last attempt failed.
    pub failed_at: Timestamp,
    /// Missing in events of older versions, which knew flows about orders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SagaSubject>,
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SagaSubject {
    /// Such as `order`.
    pub kind: String,
    pub id: String,
}

impl CompensationFailed {
    pub(crate) fn order_number_or_subject_id(&self) -> &str {
        let subject = self.subject.as_ref().map_or("", |subject| &subject.id);
        self.order_number.as_ref().map_or(subject, OrderNumber::as_str)
    }
}
