//! How what an order costs is divided among the parts of its payment. Each part is a step of the order's saga.

use kernel::Money;
use order::Order;

/// The amount of each part; together they are what the order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Paid by PROCESS_PAYMENT.
    pub gateway: Money,
}

impl Parts {
    /// The parts of this order. The gateway takes everything until there is a wallet.
    pub fn of(order: &Order) -> Parts {
        Parts { gateway: order.amounts.payable }
    }
}
