//! Charging a balance: real money, which the payment gateway takes. The wallet keeps room for it, the gateway is asked, and what it
//! took is booked. A charge is never taken twice, for the same reasons as a payment.

use crate::{
    flow::{BalanceCharge, CHARGE, charge_of, charge_subject},
    pay,
    request::PaymentMethod,
    steps::OpenCharge,
};
use kernel::{Code, Detail, Error, Money, Result, Together, UserId};
use payment::Method;
use saga::{Action, Record, Saga};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use wallet::{
    Charge, ChargeNumber, NewCharge,
    charge::{Limits, Status},
    ops::charges,
};
use web::Checked;

/// Money to pay into a balance.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChargeBalance)]
pub struct ChargeRequest {
    /// Between `wallet.charge_min` and `wallet.charge_max`: 1,000 to 1,000,000 unless the shop says otherwise.
    pub amount: Money,
    /// CREDIT_CARD (or CARD) unless another one is named; not BALANCE.
    #[serde(default)]
    #[schema(value_type = Option<payment::MethodName>)]
    pub payment_method: Option<String>,
    /// What the gateway gave the user's browser. C002 without it when the gateway needs one, as Toss Payments does.
    #[serde(default)]
    pub payment_key: Option<String>,
    /// The number of the charge, for a user who agrees to it in the gateway's window before it begins: `CHG-` and eight letters
    /// or digits, which no other charge has. Without it the shop draws one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub transaction_id: Option<ChargeNumber>,
}

impl ChargeRequest {
    fn method(&self) -> Result<PaymentMethod> {
        let sent = self.payment_method.as_deref().unwrap_or(Method::CreditCard.name());
        let method = PaymentMethod::checked(sent, self.payment_key.as_deref())?;
        if method.method == Method::Balance {
            return Err(Code::PaymentMethodNotSupported.because("a balance is not charged from itself"));
        }
        Ok(method)
    }

    /// The charge that is wanted; S307, C002, S306.
    pub fn charge(&self, user: UserId, limits: Limits) -> Result<NewCharge> {
        let ((), method) = (limits.check(self.amount), self.method()).together()?;
        Ok(NewCharge {
            number: self.transaction_id.clone(),
            user,
            amount: self.amount,
            method: method.method.name().to_owned(),
            method_sent: method.sent,
            payment_key: method.key,
            limits,
        })
    }
}

impl Checked for ChargeRequest {
    fn check(&self) -> Result<()> {
        self.method().map(drop)
    }
}

/// Begins a charge: its room is kept and its call is stored, the gateway is not asked yet. S314 when the user would hold too much.
pub fn begin(tx: &mut Tx<'_>, saga: &Saga<BalanceCharge>, new: NewCharge) -> Result<(Record, Action)> {
    let by = new.user.to_string();
    let (_, record, action) = saga.begin_with::<OpenCharge>(tx, new, &by)?;
    Ok((record, action))
}

/// Begins to cancel a charge of the user whose outcome is not known: the gateway is asked, and unless it has taken the money, the charge
/// is FAILED and nothing will be paid in. S301 when the user has no such charge, S312 when its outcome is known, C019 while it is being
/// found out.
pub fn begin_cancel(tx: &mut Tx<'_>, owner: &UserId, number: &ChargeNumber) -> Result<(Record, Action)> {
    must_be_open(&charges::of_user(tx, owner, number)?)?;
    let mut run = saga::store::lock_of_subject(tx, number.as_str(), CHARGE.family(), &charge_subject(number))?;
    if run.status != saga::Status::Started || run.pending().is_none() {
        // its outcome may have been stored while this waited for the run
        must_be_open(&charges::of_user(tx, owner, number)?)?;
        return Err(pay::being_found_out());
    }
    let action = pay::withdraw(tx, &CHARGE, &mut run)?;
    Ok((run, action))
}

fn must_be_open(charge: &Charge) -> Result<()> {
    match charge.status {
        Status::Processing => Ok(()),
        Status::Completed | Status::Failed => {
            Err(Code::PaymentCannotBeCancelled.because(format!("it is {}", charge.status)))
        }
    }
}

/// The charge that was to be cancelled. C019 while the gateway has not answered, S312 when it had taken the money.
pub fn cancelled(charge: Charge) -> Result<Charge> {
    match charge.status {
        Status::Failed => Ok(charge),
        Status::Processing if charge.transaction.is_none() => Err(pay::being_found_out()),
        Status::Processing | Status::Completed => {
            Err(Code::PaymentCannotBeCancelled.because(format!("it turned out to be {}", Status::Completed)))
        }
    }
}

/// How a charge stands. S304 when the gateway refused it.
pub fn standing(tx: &mut Tx<'_>, run: &Record) -> Result<Charge> {
    let charge = charges::find(tx, &charge_of(run)?)?;
    match charge.status {
        Status::Processing | Status::Completed => Ok(charge),
        Status::Failed => Err(declined(&charge)),
    }
}

fn declined(charge: &Charge) -> Error {
    let why = charge.failure.clone().unwrap_or_default();
    let detail = Detail::note("this charge").with("transactionId", charge.number.as_str());
    Code::PaymentDeclined.because(why).with(detail)
}
