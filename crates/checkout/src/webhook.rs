//! Messages that a gateway sends by itself. A message is a hint and nothing more: anybody could send it, late, twice or wrong.
//! What counts is what the gateway answers when it is asked.

use crate::{flow::lock_run_of_order, late, pay, steps::Charge};
use kernel::{Currency, Money, OrderNumber, Result, SagaId, Timestamp};
use payment::{Method, Payment};
use ports::gateway::{ChargeRequest, WrongAmount};
use serde::Deserialize;
use std::time::Duration;
use store::{Aged, Tx, args};
use utoipa::ToSchema;
use web::Checked;

/// How long a hint is remembered: gateways repeat theirs for up to four days.
pub const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Pause before a further hint about the same ended payment is worth another search.
const PAUSE: Duration = Duration::from_secs(60);

const RECEIVED: &str = "select heard_at from gateway_hints where hint = ?";
// one row for each payment and not for each message: anybody can send any number of different messages about one payment
const REMEMBER: &str = "insert into gateway_hints (hint, heard_at) values (?, ?)
    {on conflict (hint): heard_at = new.heard_at}";

/// Hints, by the time at which they were received last.
pub const HINTS: Aged = Aged { table: "gateway_hints", at: "heard_at" };

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[RECEIVED, REMEMBER];

/// A gateway's message (Toss Payments: `PAYMENT_STATUS_CHANGED` has `data`, `DEPOSIT_CALLBACK` has not). It may say more than
/// this; nothing it says is believed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TossMessage)]
pub struct Message {
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    payment_key: Option<String>,
    #[serde(default)]
    data: Option<Subject>,
}

/// The payment that a message is about.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TossSubject)]
pub struct Subject {
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    payment_key: Option<String>,
}

impl Checked for Message {}

impl Message {
    /// The order, if it could be one of ours, and the gateway's key of the payment.
    fn subject(&self) -> (Option<OrderNumber>, Option<&str>) {
        let data = self.data.as_ref();
        let order = data.and_then(|data| data.order_id.as_deref()).or(self.order_id.as_deref());
        let key = data.and_then(|data| data.payment_key.as_deref()).or(self.payment_key.as_deref());
        (order.and_then(|order| order.parse().ok()), key)
    }
}

/// What a hint leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Nothing: it is not about a payment of ours.
    Nothing,
    /// The gateway has to be asked about the payment of this saga.
    Ask(SagaId),
    /// The gateway has to be asked whether it still has the deposit of this payment, with this request.
    Deposited(Box<(Payment, ChargeRequest)>),
    /// Nothing now; the task does what has to be done.
    Noted,
}

/// Whether a hint is worth a transaction: it is about a payment of ours that is open, or that ended without money or was deposited, and
/// was not searched for a moment ago. Only reads, because anybody may send hints.
pub fn is_news(tx: &mut Tx<'_>, message: &Message) -> Result<bool> {
    let Some(payment) = payment_of(tx, message)? else { return Ok(false) };
    if pay::is_open(&payment) {
        return Ok(true);
    }
    if payment.captured.is_positive() && !is_deposited(&payment) {
        return Ok(false);
    }
    let last = tx.query_first(RECEIVED, args![payment.number], |row| row.get::<Timestamp>(0))?;
    Ok(last.is_none_or(|last| tx.now() >= last.after(PAUSE)))
}

/// Takes a hint in.
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<Received> {
    let Some(payment) = payment_of(tx, message)? else { return Ok(Received::Nothing) };
    if pay::is_open(&payment) {
        return Ok(Received::Ask(lock_run_of_order(tx, &payment.order)?.id));
    }
    let now = tx.now();
    if is_deposited(&payment) {
        tx.exec(REMEMBER, args![payment.number, now])?;
        let request = Charge::of(&payment, false).request(payment.number.as_str());
        return Ok(Received::Deposited(Box::new((payment, request))));
    }
    if payment.captured.is_positive() {
        return Ok(Received::Nothing);
    }
    // refused or cancelled here, and yet the gateway sends a message about it: perhaps it took the money after all
    late::search_now(tx, &payment)?;
    tx.exec(REMEMBER, args![payment.number, now])?;
    Ok(Received::Noted)
}

/// Whether its money came by a deposit, which the bank may take back.
fn is_deposited(payment: &Payment) -> bool {
    payment.method == Method::VirtualAccount && payment.status.is_live() && payment.captured.is_positive()
}

/// The gateway waits again for a deposit that it had: the bank took it back. The order stays as it is, because its goods may have left;
/// that the gateway has nothing of what was paid is kept until a person says how they have dealt with it. Repeated: no effect.
pub fn taken_back(tx: &mut Tx<'_>, payment: &Payment, currency: Currency) -> Result<()> {
    let transaction = format!("{}#BACK", payment.transaction.as_deref().unwrap_or_default());
    let nothing = WrongAmount { transaction, amount: Money::ZERO, currency: currency.code().to_owned() };
    payment::wrong::keep(tx, &payment.number, &payment.order, payment.captured, &nothing)
}

fn payment_of(tx: &mut Tx<'_>, message: &Message) -> Result<Option<Payment>> {
    let (Some(order), key) = message.subject() else { return Ok(None) };
    let mut payments = payment::ops::of_order(tx, &order)?;
    payments.retain(|payment| key.is_none_or(|key| payment.payment_key.as_deref() == Some(key)));
    Ok(payments.pop())
}
