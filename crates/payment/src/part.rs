//! The parts in which an order is paid.

use crate::Method;
use kernel::OrderNumber;

/// A part of what an order costs. Each part has payments of its own; an order
/// has at most one live payment of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What the payment gateway takes.
    Gateway,
    /// What the shop takes from the buyer's balance.
    OwnMoney,
    /// What a sales channel took.
    Channel,
}

impl Part {
    /// The part that is paid with this method.
    pub const fn of(method: Method) -> Part {
        match method {
            Method::Balance => Part::OwnMoney,
            Method::Channel => Part::Channel,
            Method::CreditCard
            | Method::BankTransfer
            | Method::VirtualAccount
            | Method::KakaoPay
            | Method::NaverPay
            | Method::TossPay
            | Method::Mobile => Part::Gateway,
        }
    }

    /// The unique key of the order's live payment of this part. The gateway's is the order's number, as in the first release.
    pub fn live_key(self, order: &OrderNumber) -> String {
        match self {
            Part::Gateway => order.to_string(),
            Part::OwnMoney => format!("{order}#OWN"),
            Part::Channel => format!("{order}#CHANNEL"),
        }
    }
}
