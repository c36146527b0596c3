//! Payments and refunds in responses.

use crate::deposit::{self, Deposit};
use crate::payment::{Kind, Method, Payment, Refund, RefundStatus, RefundedLine};
use ::store::Tx;
use kernel::{Money, OrderNumber, PaymentId, PaymentNumber, RefundId, Result, Timestamp, UserId};
use ports::gateway::RefundAccount;
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

/// A payment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentResponse {
    /// The row.
    pub id: PaymentId,
    /// The number that people use.
    pub payment_number: PaymentNumber,
    /// What is paid.
    pub order_number: OrderNumber,
    /// Who pays.
    pub user_id: UserId,
    /// How much.
    pub amount: Money,
    /// Where it is in its life. PROCESSING may mean that the gateway's answer is not known yet.
    pub status: Kind,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub status_description: Label,
    /// How, in the word that was sent: `CARD` stays `CARD`. The name of another method when the gateway said that it was paid by that.
    #[schema(value_type = MethodName)]
    pub payment_method: String,
    /// The same under the name that every such payment has.
    pub canonical_payment_method: Method,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub payment_method_description: Label,
    /// The account into which the buyer pays, while the gateway waits for the deposit (`WAITING_FOR_DEPOSIT`) and afterwards.
    pub deposit: Option<DepositResponse>,
    /// The gateway's id of the capture.
    pub pg_transaction_id: Option<String>,
    /// Why the gateway refused: `CODE: text`.
    #[serde(serialize_with = "web::language::localized")]
    pub failure_reason: Option<String>,
    /// The refunded amount.
    pub refunded_amount: Money,
    /// When the money was taken.
    pub paid_at: Option<Timestamp>,
    /// When the last refund completed.
    pub refunded_at: Option<Timestamp>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl From<Payment> for PaymentResponse {
    fn from(payment: Payment) -> PaymentResponse {
        PaymentResponse {
            id: payment.id,
            payment_number: payment.number,
            order_number: payment.order,
            user_id: payment.user,
            amount: payment.amount,
            status: payment.status.kind(),
            status_description: payment.status.kind().label(),
            payment_method: payment.method_sent.unwrap_or_else(|| payment.method.name().to_owned()),
            canonical_payment_method: payment.method,
            payment_method_description: payment.method.label(),
            deposit: None,
            pg_transaction_id: payment.transaction,
            failure_reason: payment.status.failure().map(str::to_owned),
            refunded_amount: payment.refunded,
            paid_at: payment.status.paid_at(),
            refunded_at: payment.status.refunded_at(),
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

impl PaymentResponse {
    /// The payment with the account into which it is paid, if there is one. A payment that ended otherwise than by a deposit costs
    /// no statement.
    pub fn of(tx: &mut Tx<'_>, payment: Payment) -> Result<PaymentResponse> {
        let is_open = matches!(payment.status.kind(), Kind::Pending | Kind::Processing);
        let deposit = match is_open || payment.method == Method::VirtualAccount {
            true => deposit::find(tx, payment.number.as_str())?.map(|found| DepositResponse::of(found, is_open)),
            false => None,
        };
        Ok(PaymentResponse { deposit, ..PaymentResponse::from(payment) })
    }
}

/// The account into which a payment is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DepositResponse {
    /// `WAITING_FOR_DEPOSIT`, or `CLOSED` when it is decided whether the deposit came.
    #[schema(value_type = DepositStatusName)]
    pub status: &'static str,
    /// The gateway's code of the bank, such as `20`.
    pub bank: String,
    /// Where the buyer pays.
    pub account_number: String,
    /// In whose name the account is.
    pub holder: String,
    /// Until when. Then the order is cancelled.
    pub due_at: Timestamp,
    /// The last four digits of the account to which refunds go; `null` until the buyer says one.
    pub refund_account: Option<String>,
}

impl DepositResponse {
    /// The account of a payment or charge, which waits for its deposit while it is open.
    pub fn of(deposit: Deposit, is_open: bool) -> DepositResponse {
        let masked = |account: RefundAccount| {
            let hidden = account.number.chars().count().saturating_sub(SHOWN_DIGITS);
            "*".repeat(hidden) + &account.number.chars().skip(hidden).collect::<String>()
        };
        DepositResponse {
            status: if is_open { "WAITING_FOR_DEPOSIT" } else { "CLOSED" },
            bank: deposit.account.bank,
            account_number: deposit.account.number,
            holder: deposit.account.holder,
            due_at: deposit.account.due,
            refund_account: deposit.refund.map(masked),
        }
    }
}

/// How many digits of a buyer's account a response shows.
const SHOWN_DIGITS: usize = 4;

/// The names of a deposit's status, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum DepositStatusName {
    WaitingForDeposit,
    Closed,
}

/// The names under which a payment method can be sent, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum MethodName {
    CreditCard,
    /// Another name of `CREDIT_CARD`.
    Card,
    BankTransfer,
    VirtualAccount,
    KakaoPay,
    NaverPay,
    TossPay,
    Mobile,
    Balance,
    /// Only in responses: paid at another sales channel.
    Channel,
}

/// The names of a refund's status, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum RefundStatusName {
    Processing,
    Completed,
    Failed,
}

/// A payment with its refunds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetail {
    /// The payment.
    #[serde(flatten)]
    pub payment: PaymentResponse,
    /// Refunds that completed, failed or are in progress, oldest first.
    pub refunds: Vec<RefundResponse>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefundResponse {
    /// The row.
    pub id: RefundId,
    /// Of which payment.
    pub payment_number: PaymentNumber,
    /// How much.
    pub amount: Money,
    /// What of it is for which lines of the order; empty for a refund that named none.
    pub lines: Vec<RefundedLineResponse>,
    /// Why.
    #[serde(serialize_with = "web::language::localized_always")]
    pub reason: String,
    /// Where it is in its life.
    #[schema(value_type = RefundStatusName)]
    pub status: &'static str,
    /// The gateway's id of the refund.
    pub pg_transaction_id: Option<String>,
    /// Why the gateway refused: `CODE: text`.
    #[serde(serialize_with = "web::language::localized")]
    pub failure_reason: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended, either way.
    pub completed_at: Option<Timestamp>,
}

/// What is given back of a line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefundedLine)]
pub struct RefundedLineResponse {
    /// The line's `id` in the order.
    pub id: i64,
    /// How many units; none when only a part of their price is given back.
    pub quantity: i64,
    /// How much.
    pub amount: Money,
}

impl From<RefundedLine> for RefundedLineResponse {
    fn from(line: RefundedLine) -> RefundedLineResponse {
        RefundedLineResponse { id: line.number, quantity: line.units, amount: line.amount }
    }
}

impl From<(Refund, Vec<RefundedLine>)> for RefundResponse {
    fn from((refund, lines): (Refund, Vec<RefundedLine>)) -> RefundResponse {
        let status = refund.status.kind().name();
        let (completed_at, pg_transaction_id, failure_reason) = match refund.status {
            RefundStatus::Processing => (None, None, None),
            RefundStatus::Completed { at, transaction } => (Some(at), Some(transaction), None),
            RefundStatus::Failed { at, reason } => (Some(at), None, Some(reason)),
        };
        RefundResponse {
            id: refund.id,
            payment_number: refund.payment,
            amount: refund.amount,
            lines: lines.into_iter().map(RefundedLineResponse::from).collect(),
            reason: refund.reason,
            status,
            pg_transaction_id,
            failure_reason,
            created_at: refund.created_at,
            completed_at,
        }
    }
}
