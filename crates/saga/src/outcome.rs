//! What another system answered.

use kernel::{Code, Currency, Error, Money, Timestamp};
use ports::gateway;
use serde_json::Value;

/// What another system answered to a call, or to the question what became of a call.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Done, and final.
    Succeeded(T),
    /// Refused, and final: nothing has happened there.
    Refused(Error),
    /// The other system has the call and waits for something that a person does, such as a deposit.
    Waiting {
        /// Then the call is no longer wanted.
        until: Timestamp,
        /// What the flow has to know about it ([`crate::RemoteCall::waiting`]).
        note: Value,
    },
    /// An error, after which nothing has happened there, and which the same key would only get again: the call stays pending and is
    /// repeated with another key, after the other system was asked and still does not know it.
    NotDone,
    /// No answer, or none that is final: the call stays pending and is asked about again. Never treated as a refusal.
    Unknown,
    /// The other system does not know the call. Only an answer to `ask`; the call may then be repeated with the same key.
    NotFound,
}

impl<T> Outcome<T> {
    /// The same outcome with another response.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Succeeded(response) => Outcome::Succeeded(change(response)),
            Outcome::Refused(why) => Outcome::Refused(why),
            Outcome::Waiting { until, note } => Outcome::Waiting { until, note },
            Outcome::NotDone => Outcome::NotDone,
            Outcome::Unknown => Outcome::Unknown,
            Outcome::NotFound => Outcome::NotFound,
        }
    }
}

impl Outcome<String> {
    /// What the payment gateway answered to a request about `asked`, as its transaction; a refusal gets `code`, and so does an
    /// approval of another amount ([`gateway::WrongAmount`]). `None`: the gateway does not know the request.
    pub fn of_gateway(
        answer: Option<gateway::Outcome>,
        (amount, currency): (Money, Currency),
        code: Code,
    ) -> Outcome<String> {
        let Some(answer) = answer else { return Outcome::NotFound };
        if let Some(wrong) = answer.wrong(amount, currency) {
            return Outcome::Refused(wrong.refusal(code));
        }
        match answer {
            gateway::Outcome::Approved { transaction, .. } => Outcome::Succeeded(transaction),
            gateway::Outcome::Declined(decline) => Outcome::Refused(code.because(decline.to_string())),
            gateway::Outcome::Awaiting(account) => {
                Outcome::Waiting { until: account.due, note: serde_json::to_value(&account).unwrap_or_default() }
            }
            // as far as this shop can know; what was taken after all is searched for once the call is abandoned
            gateway::Outcome::Withheld => Outcome::NotFound,
            gateway::Outcome::NotDone => Outcome::NotDone,
            gateway::Outcome::Pending | gateway::Outcome::Unknown => Outcome::Unknown,
        }
    }
}
