//! What an order is, and the rules of its life.

use kernel::{
    Address, Code, Currency, Error, Money, OrderId, OrderNumber, ProductId, Quantity, Result, Timestamp, UserCouponId,
    UserId, VariantId, Zone,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};
use utoipa::ToSchema;

/// Most lines in one order. A cart of 200 lines must work (docs/RULES.md, wound 16); beyond it, orders are split.
pub const LINES_MAX: usize = 200;

/// An order that is about to be placed. Names and prices are the current ones, read in the same transaction.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Who buys.
    pub user: UserId,
    /// What; 1 to [`LINES_MAX`] lines.
    pub lines: Vec<NewLine>,
    /// Where it goes; already [`Address::checked`].
    pub address: Address,
    /// What a coupon takes off (0 until there are coupons).
    pub coupon_discount: Money,
    /// The coupon that does.
    pub coupon: Option<UserCouponId>,
    /// What points pay (0 until there are points).
    pub points_used: Money,
    /// The shop's currency.
    pub currency: Currency,
    /// How long the buyer has to pay.
    pub pay_within: Duration,
    /// The shop's zone: the day in the order number is a day there.
    pub zone: Zone,
}

/// A line of an order that is about to be placed.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// The product.
    pub product: ProductId,
    /// The sellable unit.
    pub variant: VariantId,
    /// The variant's stock keeping unit.
    pub sku: String,
    /// The product's name today.
    pub product_name: String,
    /// The variant's name today; `None` for a product with a single variant.
    pub variant_name: Option<String>,
    /// What one unit costs today.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The row.
    pub id: OrderId,
    /// What people call it.
    pub number: OrderNumber,
    /// Who bought.
    pub user: UserId,
    /// Where it is in its life.
    pub status: Status,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What it costs.
    pub amounts: Amounts,
    /// In which currency.
    pub currency: Currency,
    /// The coupon used.
    pub coupon: Option<UserCouponId>,
    /// Where it goes.
    pub address: Address,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// One line of an order: a snapshot that no later change of the product touches.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its number in the order, from 1.
    pub number: i64,
    /// The product.
    pub product: ProductId,
    /// The sellable unit.
    pub variant: VariantId,
    /// The variant's stock keeping unit then.
    pub sku: String,
    /// The product's name then.
    pub product_name: String,
    /// The variant's name then.
    pub variant_name: Option<String>,
    /// What one unit cost.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
    /// Unit price × quantity.
    pub subtotal: Money,
}

/// What an order costs and how that comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// Σ unit price × quantity.
    pub subtotal: Money,
    /// What the coupon takes off; at most the subtotal.
    pub coupon_discount: Money,
    /// What points pay; at most what is left then.
    pub points_used: Money,
    /// What is left to pay; never negative.
    pub payable: Money,
}

impl Amounts {
    /// The amounts of an order over these lines. S306 when discount or points are negative or exceed what they reduce.
    pub fn of(lines: &[NewLine], coupon_discount: Money, points_used: Money) -> Result<Amounts> {
        let mut subtotal = Money::ZERO;
        for line in lines {
            if line.unit_price < Money::ZERO {
                return Err(Code::InvalidProductPrice.because("a price is never negative"));
            }
            subtotal = subtotal.plus(line.unit_price.times(line.quantity)?)?;
        }
        let reduced = subtotal.minus(coupon_discount)?;
        let payable = reduced.minus(points_used)?;
        let fits = coupon_discount >= Money::ZERO && points_used >= Money::ZERO && payable >= Money::ZERO;
        if !fits || reduced < Money::ZERO {
            return Err(Code::InvalidPaymentAmount.because("discount and points cannot exceed what the order costs"));
        }
        Ok(Amounts { subtotal, coupon_discount, points_used, payable })
    }
}

/// Where an order is in its life, with what is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Someone outside is still being asked; nothing is promised yet.
    Pending,
    /// Everything is secured; the buyer has to pay.
    Confirmed {
        /// Until then; afterwards the order is cancelled.
        pay_by: Timestamp,
    },
    /// Paid, not shipped.
    Paid {
        /// When it was paid.
        at: Timestamp,
    },
    /// On its way.
    Shipping {
        /// When it was paid.
        paid_at: Timestamp,
    },
    /// Arrived.
    Delivered {
        /// When it was paid.
        paid_at: Timestamp,
        /// When it arrived.
        at: Timestamp,
    },
    /// Given up before it was paid.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Given up after it was paid; the money went back.
    Refunded {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Everything is secured; waiting for payment until `pay_by`.
    Secured {
        /// Until then the buyer has to pay.
        pay_by: Timestamp,
    },
    /// It was paid.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// The parcel left.
    Shipped,
    /// The parcel arrived.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It was given up unpaid.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It was given up and the money went back.
    Refunded {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl Status {
    /// The status after `change`; the error says why it cannot happen now (S203, S204, S205, S206, S207, S209).
    pub fn step(&self, change: &Change) -> Result<Status> {
        use Status::{Cancelled, Confirmed, Delivered, Paid, Pending, Refunded, Shipping};
        match (self, change) {
            (Pending, Change::Secured { pay_by }) => Ok(Confirmed { pay_by: *pay_by }),
            (Confirmed { .. }, Change::Paid { at }) => Ok(Paid { at: *at }),
            (Paid { at }, Change::Shipped) => Ok(Shipping { paid_at: *at }),
            (Shipping { paid_at }, Change::Delivered { at }) => Ok(Delivered { paid_at: *paid_at, at: *at }),
            (Pending | Confirmed { .. }, Change::Cancelled { at, reason }) => {
                Ok(Cancelled { at: *at, reason: reason.clone() })
            }
            (Paid { .. } | Shipping { .. }, Change::Refunded { at, reason }) => {
                Ok(Refunded { at: *at, reason: reason.clone() })
            }

            (
                Confirmed { .. }
                | Paid { .. }
                | Shipping { .. }
                | Delivered { .. }
                | Cancelled { .. }
                | Refunded { .. },
                Change::Secured { .. },
            ) => Err(self.forbids(Code::InvalidOrderStatus, "be confirmed again")),
            (Paid { .. } | Shipping { .. } | Delivered { .. }, Change::Paid { .. }) => {
                Err(Code::OrderAlreadyPaid.error())
            }
            (Pending | Cancelled { .. } | Refunded { .. }, Change::Paid { .. }) => {
                Err(self.forbids(Code::InvalidOrderStatus, "be paid"))
            }
            (Pending | Confirmed { .. }, Change::Shipped | Change::Delivered { .. }) => Err(Code::OrderNotPaid.error()),
            (Shipping { .. }, Change::Shipped) => Err(Code::OrderAlreadyShipped.error()),
            (Delivered { .. }, Change::Shipped | Change::Delivered { .. }) => Err(Code::OrderAlreadyDelivered.error()),
            (Paid { .. }, Change::Delivered { .. }) => {
                Err(self.forbids(Code::InvalidOrderStatus, "arrive before it left"))
            }
            (Cancelled { .. } | Refunded { .. }, Change::Shipped | Change::Delivered { .. }) => {
                Err(self.forbids(Code::InvalidOrderStatus, "be shipped"))
            }
            (
                Paid { .. } | Shipping { .. } | Delivered { .. } | Cancelled { .. } | Refunded { .. },
                Change::Cancelled { .. },
            ) => Err(self.forbids(Code::OrderCannotBeCancelled, "be cancelled")),
            (
                Pending | Confirmed { .. } | Delivered { .. } | Cancelled { .. } | Refunded { .. },
                Change::Refunded { .. },
            ) => Err(self.forbids(Code::OrderCannotBeCancelled, "be refunded")),
        }
    }

    fn forbids(&self, code: Code, what: &str) -> Error {
        code.because(format!("an order in {} cannot {what}", self.kind()))
    }

    /// The status without its data.
    pub fn kind(&self) -> Kind {
        match self {
            Status::Pending => Kind::Pending,
            Status::Confirmed { .. } => Kind::Confirmed,
            Status::Paid { .. } => Kind::Paid,
            Status::Shipping { .. } => Kind::Shipping,
            Status::Delivered { .. } => Kind::Delivered,
            Status::Cancelled { .. } => Kind::Cancelled,
            Status::Refunded { .. } => Kind::Refunded,
        }
    }

    /// Until when the buyer has to pay, while that is awaited.
    pub fn pay_by(&self) -> Option<Timestamp> {
        match self {
            Status::Confirmed { pay_by } => Some(*pay_by),
            Status::Pending
            | Status::Paid { .. }
            | Status::Shipping { .. }
            | Status::Delivered { .. }
            | Status::Cancelled { .. }
            | Status::Refunded { .. } => None,
        }
    }

    /// When it was paid, where that is still told.
    pub fn paid_at(&self) -> Option<Timestamp> {
        match self {
            Status::Paid { at: paid_at } | Status::Shipping { paid_at } | Status::Delivered { paid_at, .. } => {
                Some(*paid_at)
            }
            Status::Pending | Status::Confirmed { .. } | Status::Cancelled { .. } | Status::Refunded { .. } => None,
        }
    }

    /// When and why it was given up.
    pub fn ended(&self) -> Option<(Timestamp, &str)> {
        match self {
            Status::Cancelled { at, reason } | Status::Refunded { at, reason } => Some((*at, reason)),
            Status::Pending
            | Status::Confirmed { .. }
            | Status::Paid { .. }
            | Status::Shipping { .. }
            | Status::Delivered { .. } => None,
        }
    }
}

/// The names of the statuses, as the API and the database show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = OrderStatus)]
pub enum Kind {
    /// See [`Status::Pending`].
    Pending,
    /// See [`Status::Confirmed`].
    Confirmed,
    /// See [`Status::Paid`].
    Paid,
    /// See [`Status::Shipping`].
    Shipping,
    /// See [`Status::Delivered`].
    Delivered,
    /// See [`Status::Cancelled`].
    Cancelled,
    /// See [`Status::Refunded`].
    Refunded,
}

impl Kind {
    /// Every status.
    pub const ALL: [Kind; 7] =
        [Kind::Pending, Kind::Confirmed, Kind::Paid, Kind::Shipping, Kind::Delivered, Kind::Cancelled, Kind::Refunded];

    /// The name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Pending => "PENDING",
            Kind::Confirmed => "CONFIRMED",
            Kind::Paid => "PAID",
            Kind::Shipping => "SHIPPING",
            Kind::Delivered => "DELIVERED",
            Kind::Cancelled => "CANCELLED",
            Kind::Refunded => "REFUNDED",
        }
    }

    /// Design A's Korean label.
    pub const fn label(self) -> &'static str {
        match self {
            Kind::Pending => "대기 중",
            Kind::Confirmed => "확정됨",
            Kind::Paid => "결제 완료",
            Kind::Shipping => "배송 중",
            Kind::Delivered => "배송 완료",
            Kind::Cancelled => "취소됨",
            Kind::Refunded => "환불됨",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Kind> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| Code::InvalidInput.because("that is no status of an order"))
    }
}
