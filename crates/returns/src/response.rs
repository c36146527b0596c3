//! Returns as callers see them.

use crate::returns::{Kind, Line, Payer, Reason, Resolution, Return, ReturnNumber, Status};
use kernel::{Money, OrderNumber, ProductId, Timestamp, TrackingNumber, UserId, VariantId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

/// A return or an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnResponse {
    #[schema(value_type = String)]
    pub return_number: ReturnNumber,
    pub order_number: OrderNumber,
    pub user_id: UserId,
    pub kind: Resolution,
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    pub reason: Reason,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub reason_description: Label,
    /// In the buyer's words.
    pub description: Option<String>,
    /// Who pays the way back.
    pub payer: Payer,
    /// What the way back costs the buyer. It is taken off what goes back; of an exchange it is only shown.
    pub fee: Money,
    /// Who collects the goods, in the shop's words.
    pub carrier: Option<String>,
    pub lines: Vec<ReturnLineResponse>,
    /// What went back; null before it is REFUNDED.
    pub refunded: Option<Money>,
    /// The points of these units that the order had used, which the buyer has again; null before it is REFUNDED.
    pub points_restored: Option<Money>,
    /// The parcel with the replacement; null before it is EXCHANGED.
    pub replacement_tracking_number: Option<TrackingNumber>,
    /// Why the shop rejected it.
    pub rejection: Option<String>,
    pub requested_at: Timestamp,
    /// This time and those below stay whatever the return becomes later.
    pub approved_at: Option<Timestamp>,
    pub collected_at: Option<Timestamp>,
    pub received_at: Option<Timestamp>,
    /// When it was refunded, exchanged, rejected or withdrawn.
    pub ended_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// Units of a line of the order that are sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReturnLineResponse {
    /// The line's `id` in the order.
    pub id: i64,
    pub product_id: ProductId,
    pub variant_id: VariantId,
    pub quantity: i64,
    /// What an exchange sends instead.
    pub exchange_for: Option<VariantId>,
    /// Units that can be sold again; null until they are received.
    pub restocked: Option<i64>,
    /// Units that cannot; null until they are received.
    pub written_off: Option<i64>,
}

impl From<Line> for ReturnLineResponse {
    fn from(line: Line) -> ReturnLineResponse {
        ReturnLineResponse {
            id: line.number,
            product_id: line.product,
            variant_id: line.variant,
            quantity: line.units,
            exchange_for: line.replacement,
            restocked: line.received.map(|received| received.restocked),
            written_off: line.received.map(|received| received.written_off),
        }
    }
}

impl From<Return> for ReturnResponse {
    fn from(one: Return) -> ReturnResponse {
        let (kind, ended_at) = (one.status.kind(), one.status.ended_at());
        let (given, replacement_tracking_number, rejection) = match one.status {
            Status::Refunded { given, .. } => (Some(given), None, None),
            Status::Exchanged { parcel, .. } => (None, Some(parcel), None),
            Status::Rejected { reason, .. } => (None, None, Some(reason)),
            Status::Requested | Status::Approved | Status::Collected | Status::Received | Status::Withdrawn { .. } => {
                (None, None, None)
            }
        };
        ReturnResponse {
            return_number: one.number,
            order_number: one.order,
            user_id: one.user,
            kind: one.resolution,
            status: kind,
            status_description: kind.label(),
            reason: one.reason,
            reason_description: one.reason.label(),
            description: one.description,
            payer: one.payer,
            fee: one.fee,
            carrier: one.carrier_note,
            lines: one.lines.into_iter().map(ReturnLineResponse::from).collect(),
            refunded: given.map(|given| given.amount),
            points_restored: given.map(|given| given.points),
            replacement_tracking_number,
            rejection,
            requested_at: one.created_at,
            approved_at: one.milestones.approved_at,
            collected_at: one.milestones.collected_at,
            received_at: one.milestones.received_at,
            ended_at,
            updated_at: one.updated_at,
        }
    }
}
