//! Wallets as callers see them.

use crate::charge::{Charge, ChargeNumber, Status};
use crate::points::Lot;
use crate::wallet::{Account, Entry, Kind, Wallet};
use kernel::{Money, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

/// A user's balance.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceResponse {
    pub user_id: UserId,
    /// What can be paid with.
    pub balance: Money,
    /// Being paid in: the outcome of these charges is not known yet.
    pub charging: Money,
    /// When the wallet changed last; null for a user for whom nothing was booked yet.
    pub last_updated: Option<Timestamp>,
}

impl From<Wallet> for BalanceResponse {
    fn from(wallet: Wallet) -> BalanceResponse {
        BalanceResponse {
            user_id: wallet.user,
            balance: wallet.balance,
            charging: wallet.charging,
            last_updated: (wallet.version > 1).then_some(wallet.updated_at),
        }
    }
}

/// A user's points.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointsResponse {
    pub user_id: UserId,
    /// What can be used.
    pub points: Money,
    /// Points that were taken back after they had been spent: the next ones that are earned go there.
    pub owed: Money,
    /// Those that expire first, at most 50 lots.
    pub lots: Vec<LotResponse>,
}

impl PointsResponse {
    /// The points of this wallet, of which so many can be used.
    pub fn of(wallet: &Wallet, points: Money, lots: Vec<Lot>) -> PointsResponse {
        PointsResponse {
            user_id: wallet.user,
            points,
            owed: wallet.points_owed,
            lots: lots.into_iter().map(LotResponse::from).collect(),
        }
    }
}

/// Points that were earned together.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PointLot)]
pub struct LotResponse {
    /// What is left of them.
    pub points: Money,
    pub expires_at: Timestamp,
    /// The order with which they were earned, or the administrator's booking.
    pub earned_by: String,
}

impl From<Lot> for LotResponse {
    fn from(lot: Lot) -> LotResponse {
        LotResponse { points: lot.remaining, expires_at: lot.expires_at, earned_by: lot.reference }
    }
}

/// A change of a balance or of points.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WalletEntry)]
pub struct EntryResponse {
    pub account: Account,
    /// Counts from 1 within the account.
    pub number: i64,
    pub transaction_type: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub description: Label,
    /// Below zero was taken out.
    pub amount: Money,
    /// What was in the account then.
    pub balance_after: Money,
    /// What it belongs to, such as a payment or an order.
    pub reference: String,
    /// An administrator's reason.
    pub reason: Option<String>,
    pub created_at: Timestamp,
}

impl From<Entry> for EntryResponse {
    fn from(entry: Entry) -> EntryResponse {
        EntryResponse {
            account: entry.account,
            number: entry.number,
            transaction_type: entry.kind,
            description: entry.kind.label(),
            amount: entry.amount,
            balance_after: entry.after,
            reference: entry.reference,
            reason: entry.reason,
            created_at: entry.at,
        }
    }
}

/// A charge of a balance.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BalanceCharge)]
pub struct ChargeResponse {
    #[schema(value_type = String)]
    pub transaction_id: ChargeNumber,
    pub user_id: UserId,
    /// PROCESSING may mean that the gateway's answer is not known yet.
    pub status: Status,
    pub charged_amount: Money,
    /// The balance before it was booked; null until then.
    pub previous_balance: Option<Money>,
    /// The balance after it was booked; null until then.
    pub current_balance: Option<Money>,
    /// How, in the word that was sent.
    pub payment_method: String,
    /// The gateway's id of the capture.
    pub pg_transaction_id: Option<String>,
    /// Why the gateway refused: `CODE: text`.
    #[serde(serialize_with = "web::language::localized")]
    pub failure_reason: Option<String>,
    pub created_at: Timestamp,
    /// When its outcome was stored.
    pub completed_at: Option<Timestamp>,
}

impl From<Charge> for ChargeResponse {
    fn from(charge: Charge) -> ChargeResponse {
        let after = charge.balance_before.map(|before| Money::minor(before.as_minor() + charge.amount.as_minor()));
        ChargeResponse {
            transaction_id: charge.number,
            user_id: charge.user,
            status: charge.status,
            charged_amount: charge.amount,
            previous_balance: charge.balance_before,
            current_balance: after,
            payment_method: charge.method_sent,
            pg_transaction_id: charge.transaction,
            failure_reason: charge.failure,
            created_at: charge.created_at,
            completed_at: charge.ended_at,
        }
    }
}
