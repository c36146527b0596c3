//! What another system answered.

use kernel::{Code, Error};
use ports::gateway;

/// What another system answered to a call, or to the question what became of a call.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Done, and final.
    Succeeded(T),
    /// Refused, and final: nothing has happened there.
    Refused(Error),
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
            Outcome::Unknown => Outcome::Unknown,
            Outcome::NotFound => Outcome::NotFound,
        }
    }
}

impl Outcome<String> {
    /// What the payment gateway answered, as its transaction; a refusal gets `code`. `None`: the gateway does not know the key.
    pub fn of_gateway(answer: Option<gateway::Outcome>, code: Code) -> Outcome<String> {
        match answer {
            Some(gateway::Outcome::Approved { transaction }) => Outcome::Succeeded(transaction),
            Some(gateway::Outcome::Declined(decline)) => Outcome::Refused(code.because(decline.to_string())),
            Some(gateway::Outcome::Pending | gateway::Outcome::Unknown) => Outcome::Unknown,
            None => Outcome::NotFound,
        }
    }
}
