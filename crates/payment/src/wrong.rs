//! Captures that are not what the shop asked the gateway for, of payments and of charges of balances: in another amount or currency,
//! after the shop had closed the charge, or taken back by the bank. The shop does not use such money; it is kept apart here until a
//! person has dealt with it.

use ::store::{Row, Tx, args, concatcp};
use kernel::{Code, Money, Reference, Result, Timestamp, UserId, text};
use ports::gateway::WrongAmount;
use serde::Serialize;
use utoipa::ToSchema;

/// Most of them shown at once; there should be none.
pub const SHOWN_MAX: i64 = 200;

const KEEP: &str =
    "insert into wrong_captures (payment_number, order_number, transaction_id, amount, currency, expected,
    found_at) values (?, ?, ?, ?, ?, ?, ?) {on conflict ignore: transaction_id}";
/// What [`capture`] reads, in this order.
const ALL: &str =
    "select id, payment_number, order_number, transaction_id, amount, currency, expected, found_at, resolved_at,
    resolved_by, resolution from wrong_captures";
const LIST: &str = concatcp!(ALL, " order by case when resolved_at is null then 0 else 1 end, id desc limit ?");
const FIND: &str = concatcp!(ALL, " where id = ?");
const OF_REFERENCE: &str = concatcp!(ALL, " where order_number = ? order by id");
const RESOLVE: &str = "update wrong_captures set resolved_at = ?, resolved_by = ?, resolution = ?
    where id = ? and resolved_at is null";
/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[KEEP, LIST, FIND, OF_REFERENCE, RESOLVE];

/// What the gateway was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The payment, or the charge of a balance.
    pub number: Reference,
    /// What was to be paid: the order, or the charge itself.
    pub reference: Reference,
    pub amount: Money,
}

/// A capture that is not what the gateway was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrongCapture {
    /// The row.
    pub id: i64,
    /// Which payment asked for it, or which charge of a balance.
    #[schema(value_type = String)]
    pub payment_number: Reference,
    /// What was to be paid: the order, or the charge of a balance.
    #[schema(value_type = String)]
    pub order_number: Reference,
    /// The gateway's name for the money.
    pub pg_transaction_id: String,
    /// What was taken, in minor units of `currency`; 0 when the bank took a deposit back.
    pub amount: Money,
    /// The currency in which it was taken.
    pub currency: String,
    /// What the shop asked for, in its own currency.
    pub expected: Money,
    /// When the shop noticed it.
    pub found_at: Timestamp,
    /// When a person dealt with it.
    pub resolved_at: Option<Timestamp>,
    /// Who.
    pub resolved_by: Option<UserId>,
    /// How.
    pub resolution: Option<String>,
}

/// Keeps a capture apart; a repetition has no effect.
pub fn keep(tx: &mut Tx<'_>, asked: &Asked, wrong: &WrongAmount) -> Result<()> {
    let Asked { number, reference, amount: expected } = asked;
    let WrongAmount { transaction, amount, currency } = wrong;
    tracing::error!(%number, %reference, %expected, %amount, currency, "a capture is not what the gateway was asked for");
    let now = tx.now();
    let currency: String = currency.chars().take(3).collect();
    tx.insert_new(KEEP, args![number, reference, transaction, amount, currency, expected, now]).map(|_| ())
}

fn capture(row: &Row<'_>) -> Result<WrongCapture> {
    Ok(WrongCapture {
        id: row.next()?,
        payment_number: row.next()?,
        order_number: row.next()?,
        pg_transaction_id: row.next()?,
        amount: row.next()?,
        currency: row.next()?,
        expected: row.next()?,
        found_at: row.next()?,
        resolved_at: row.next()?,
        resolved_by: row.next()?,
        resolution: row.next()?,
    })
}

/// All of them, those that wait for a person first; at most [`SHOWN_MAX`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<WrongCapture>> {
    tx.query(LIST, args![SHOWN_MAX], capture)
}

/// Those of an order, or of a charge of a balance, oldest first.
pub fn of_reference(tx: &mut Tx<'_>, reference: &Reference) -> Result<Vec<WrongCapture>> {
    tx.query(OF_REFERENCE, args![reference], capture)
}

/// A person has dealt with it and says how. S301 when there is no such capture, C002 for a reason that is
/// blank or too long. Repeated: what was said first stays.
pub fn resolve(tx: &mut Tx<'_>, id: i64, by: &UserId, how: &str) -> Result<WrongCapture> {
    let how = text::required_paragraph("reason", how, text::REASON_MAX)?;
    let now = tx.now();
    tx.exec(RESOLVE, args![now, by, how, id])?;
    let found = tx.query_first(FIND, args![id], capture)?;
    found.ok_or_else(|| Code::PaymentNotFound.because("no such capture"))
}
