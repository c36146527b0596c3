//! Payments, refunds and the rules of their statuses.

use crate::Part;
use kernel::{Code, Error, Money, OrderNumber, PaymentId, PaymentNumber, RefundId, Result, Timestamp, UserId};
use std::str::FromStr;
use web::Label;

/// Longest payment key of a gateway, in characters (the limit of Toss Payments).
pub const PAYMENT_KEY_MAX: usize = 200;

/// A payment to begin.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub order: OrderNumber,
    pub user: UserId,
    /// What this share pays: the order's payable, or less when the payment is split; above zero.
    pub amount: Money,
    pub method: Method,
    /// The buyer's own word for the method, such as `CARD`.
    pub method_sent: Option<String>,
    /// The key that the gateway gave the buyer's browser; at most [`PAYMENT_KEY_MAX`] characters.
    pub payment_key: Option<String>,
}

/// A payment: one attempt to pay an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    pub id: PaymentId,
    pub number: PaymentNumber,
    pub order: OrderNumber,
    pub user: UserId,
    pub amount: Money,
    pub method: Method,
    /// The buyer's own word for the method, such as `CARD`, unless the gateway named another one; `None` for payments that are older than
    /// this column.
    pub method_sent: Option<String>,
    /// The key that the gateway gave the buyer's browser.
    pub payment_key: Option<String>,
    pub status: Status,
    /// The gateway's id of the capture.
    pub transaction: Option<String>,
    /// What the gateway took: nothing or the whole amount. Also set when the approval came late.
    pub captured: Money,
    pub refunded: Money,
    /// Refunded or being refunded; never more than `captured`.
    pub refund_claimed: Money,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Payment {
    /// The amount that can still be refunded.
    pub fn refundable(&self) -> Money {
        Money::minor(self.captured.as_minor() - self.refund_claimed.as_minor())
    }

    /// The same payment, made by this method.
    #[must_use]
    pub fn made_by(self, method: Method) -> Payment {
        if method == self.method {
            return self;
        }
        Payment { method, method_sent: Some(method.name().to_owned()), ..self }
    }
}

/// Status of a payment, with the data that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The gateway was not asked yet.
    Pending,
    /// The gateway is being asked, or its answer is unknown.
    Processing,
    /// The gateway took the money.
    Completed { at: Timestamp },
    /// The gateway refused.
    Failed {
        at: Timestamp,
        /// `CODE: text`.
        reason: String,
    },
    /// Abandoned before the gateway's outcome was known.
    Cancelled { at: Timestamp },
    /// Part of the money was refunded.
    PartiallyRefunded {
        /// When the money was taken.
        paid_at: Timestamp,
        /// When the last refund completed.
        at: Timestamp,
    },
    /// All of the money was refunded.
    Refunded {
        /// When the money was taken.
        paid_at: Timestamp,
        /// When the last refund completed.
        at: Timestamp,
    },
}

/// A change of a payment's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The gateway took the money.
    Approved {
        /// When we recorded it.
        at: Timestamp,
    },
    /// The gateway refused.
    Declined {
        /// When we recorded it.
        at: Timestamp,
        /// `CODE: text`.
        reason: String,
    },
    /// Abandoned before the gateway's outcome was known.
    Abandoned { at: Timestamp },
    /// Part of the money was refunded.
    PartRefunded {
        /// When we recorded it.
        at: Timestamp,
    },
    /// The rest of the money was refunded.
    AllRefunded {
        /// When we recorded it.
        at: Timestamp,
    },
}

impl Status {
    /// The status after `change`. A change that is known already or comes too late keeps the status; a change that
    /// contradicts what is known is an error: S302 (the payment is completed), S305, S312.
    pub fn step(&self, change: &Change) -> Result<Status> {
        use Status::{Cancelled, Completed, Failed, PartiallyRefunded, Pending, Processing, Refunded};
        match (self, change) {
            (Pending | Processing, Change::Approved { at }) => Ok(Completed { at: *at }),
            (Pending | Processing, Change::Declined { at, reason }) => Ok(Failed { at: *at, reason: reason.clone() }),
            (Pending | Processing, Change::Abandoned { at }) => Ok(Cancelled { at: *at }),
            (Completed { at: paid_at } | PartiallyRefunded { paid_at, .. }, Change::PartRefunded { at }) => {
                Ok(PartiallyRefunded { paid_at: *paid_at, at: *at })
            }
            (Completed { at: paid_at } | PartiallyRefunded { paid_at, .. }, Change::AllRefunded { at }) => {
                Ok(Refunded { paid_at: *paid_at, at: *at })
            }

            // known already
            (Completed { .. } | PartiallyRefunded { .. } | Refunded { .. }, Change::Approved { .. })
            | (Cancelled { .. }, Change::Abandoned { .. }) => Ok(self.clone()),
            // too late: the recorded outcome stays, and a late capture is refunded
            (Failed { .. } | Cancelled { .. }, Change::Approved { .. } | Change::Declined { .. })
            | (Failed { .. } | Cancelled { .. }, Change::PartRefunded { .. } | Change::AllRefunded { .. }) => {
                Ok(self.clone())
            }

            (Completed { .. } | PartiallyRefunded { .. } | Refunded { .. }, Change::Declined { .. }) => {
                Err(Code::PaymentAlreadyCompleted.because("it is completed and cannot be refused any more"))
            }
            (
                Completed { .. } | PartiallyRefunded { .. } | Refunded { .. } | Failed { .. },
                Change::Abandoned { .. },
            ) => Err(Code::PaymentCannotBeCancelled.because(format!("it is {}", self.kind()))),
            (Pending | Processing | Refunded { .. }, Change::PartRefunded { .. } | Change::AllRefunded { .. }) => {
                Err(Code::PaymentRefundFailed.because(format!("a payment in {} has nothing to give back", self.kind())))
            }
        }
    }

    /// The status without its data.
    pub const fn kind(&self) -> Kind {
        match self {
            Status::Pending => Kind::Pending,
            Status::Processing => Kind::Processing,
            Status::Completed { .. } => Kind::Completed,
            Status::Failed { .. } => Kind::Failed,
            Status::Cancelled { .. } => Kind::Cancelled,
            Status::PartiallyRefunded { .. } => Kind::PartiallyRefunded,
            Status::Refunded { .. } => Kind::Refunded,
        }
    }

    /// When the money was taken, unless that came too late.
    pub const fn paid_at(&self) -> Option<Timestamp> {
        match self {
            Status::Completed { at: paid_at }
            | Status::PartiallyRefunded { paid_at, .. }
            | Status::Refunded { paid_at, .. } => Some(*paid_at),
            Status::Pending | Status::Processing | Status::Failed { .. } | Status::Cancelled { .. } => None,
        }
    }

    /// When money went back last.
    pub const fn refunded_at(&self) -> Option<Timestamp> {
        match self {
            Status::PartiallyRefunded { at, .. } | Status::Refunded { at, .. } => Some(*at),
            Status::Pending
            | Status::Processing
            | Status::Completed { .. }
            | Status::Failed { .. }
            | Status::Cancelled { .. } => None,
        }
    }

    /// Why the gateway refused.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Status::Failed { reason, .. } => Some(reason),
            Status::Pending
            | Status::Processing
            | Status::Completed { .. }
            | Status::Cancelled { .. }
            | Status::PartiallyRefunded { .. }
            | Status::Refunded { .. } => None,
        }
    }

    /// Whether this payment keeps the order from beginning another one. Failed and cancelled payments do not.
    pub const fn is_live(&self) -> bool {
        match self {
            Status::Pending
            | Status::Processing
            | Status::Completed { .. }
            | Status::PartiallyRefunded { .. }
            | Status::Refunded { .. } => true,
            Status::Failed { .. } | Status::Cancelled { .. } => false,
        }
    }
}

::store::text_enum! {
    /// The names of the statuses, as the API and the database show them.
    #[schema(as = PaymentStatus)]
    pub enum Kind: "payment status" {
        Pending = "PENDING",
        Processing = "PROCESSING",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        Refunded = "REFUNDED",
    }
}

impl Kind {
    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Pending => Label::new("pending", "대기 중"),
            Kind::Processing => Label::new("in progress", "처리 중"),
            Kind::Completed => Label::new("completed", "완료"),
            Kind::Failed => Label::new("failed", "실패"),
            Kind::Cancelled => Label::new("cancelled", "취소"),
            Kind::PartiallyRefunded => Label::new("partly refunded", "부분 환불"),
            Kind::Refunded => Label::new("refunded", "환불"),
        }
    }
}

::store::text_enum! {
    /// How a buyer pays.
    pub enum Method {
        /// `CARD` is accepted as another name.
        CreditCard = "CREDIT_CARD",
        BankTransfer = "BANK_TRANSFER",
        /// Into an account opened for this payment.
        VirtualAccount = "VIRTUAL_ACCOUNT",
        KakaoPay = "KAKAO_PAY",
        NaverPay = "NAVER_PAY",
        TossPay = "TOSS_PAY",
        Mobile = "MOBILE",
        /// The buyer's prepaid balance.
        Balance = "BALANCE",
        /// Money that another sales channel took and gives back. No buyer pays so here.
        Channel = "CHANNEL",
    }
}

impl Method {
    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Method::CreditCard => Label::new("card", "카드"),
            Method::BankTransfer => Label::new("bank transfer", "계좌이체"),
            Method::VirtualAccount => Label::new("virtual account", "가상계좌"),
            Method::KakaoPay => Label::new("Kakao Pay", "카카오페이"),
            Method::NaverPay => Label::new("Naver Pay", "네이버페이"),
            Method::TossPay => Label::new("Toss Pay", "토스페이"),
            Method::Mobile => Label::new("mobile phone", "휴대폰"),
            Method::Balance => Label::new("balance", "잔액"),
            Method::Channel => Label::new("sales channel", "판매 채널"),
        }
    }
}

impl Method {
    /// The method that a gateway names, if it is one by which a gateway takes money.
    pub fn of_gateway(named: Option<&str>) -> Option<Method> {
        named.and_then(Method::named).filter(|method| Part::of(*method) == Part::Gateway)
    }
}

impl FromStr for Method {
    type Err = Error;
    /// The method with this name, or `CARD`, as a buyer sends it; S307 for any other text.
    fn from_str(text: &str) -> Result<Method> {
        let name = if text == "CARD" { Method::CreditCard.name() } else { text };
        Method::named(name)
            .filter(|method| *method != Method::Channel)
            .ok_or_else(|| Code::PaymentMethodNotSupported.because("that is no payment method of this shop"))
    }
}

/// A refund of a part or all of a payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Refund {
    pub id: RefundId,
    pub payment: PaymentNumber,
    pub order: OrderNumber,
    pub amount: Money,
    pub reason: String,
    pub status: RefundStatus,
    pub created_at: Timestamp,
}

/// Money that the gateway moved, as the shop has recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The row of the payment or of the refund.
    pub id: i64,
    pub payment: PaymentNumber,
    pub order: OrderNumber,
    /// The gateway's name for it.
    pub transaction: String,
    pub amount: Money,
    pub created_at: Timestamp,
}

/// What is recorded of money: that it was taken, or that it was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    Captured,
    Refunded,
}

/// A piece of what is recorded.
#[derive(Debug, Default)]
pub struct Records {
    pub rows: Vec<Recorded>,
    /// The last row that was looked at, and the latest time of one; `None` when there were none.
    pub last: Option<(i64, Timestamp)>,
}

/// What is given back of a line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundedLine {
    /// Counts from 1 within the order.
    pub number: i64,
    /// Units that are given back whole; 0 for a part of their worth.
    pub units: i64,
    pub amount: Money,
}

/// Status of a refund, with the data that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStatus {
    /// The gateway is being asked, or its answer is unknown.
    Processing,
    /// The gateway refunded the money.
    Completed {
        at: Timestamp,
        /// The gateway's id of the refund.
        transaction: String,
    },
    /// The gateway refused.
    Failed {
        at: Timestamp,
        /// `CODE: text`.
        reason: String,
    },
}

::store::text_enum! {
    /// The names of a refund's statuses.
    #[schema(as = RefundStatus)]
    pub enum RefundKind: "refund status" {
        Processing = "PROCESSING",
        Completed = "COMPLETED",
        Failed = "FAILED",
    }
}

impl RefundStatus {
    /// The status without its data.
    pub const fn kind(&self) -> RefundKind {
        match self {
            RefundStatus::Processing => RefundKind::Processing,
            RefundStatus::Completed { .. } => RefundKind::Completed,
            RefundStatus::Failed { .. } => RefundKind::Failed,
        }
    }
}

/// Result of recording an approval.
#[derive(Debug, Clone, PartialEq)]
pub enum Approval {
    /// Completed, now or by an earlier record of the same transaction.
    Completed(Payment),
    /// The payment had failed or was abandoned before, and keeps that status. The gateway took the money anyway and
    /// the capture is recorded: the caller must refund it.
    Late(Payment),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_read_by_its_name_and_a_card_also_by_its_short_one() {
        assert_eq!("CARD".parse::<Method>().unwrap(), Method::CreditCard);
        for text in ["card", "POINTS", ""] {
            assert_eq!(text.parse::<Method>().unwrap_err().code(), Code::PaymentMethodNotSupported);
        }
    }
}
