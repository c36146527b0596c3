//! Orders and the rules of their statuses.

use kernel::{
    Address, Code, Currency, Error, Money, OrderId, OrderNumber, ProductId, Quantity, Result, Timestamp, UserCouponId,
    UserId, VariantId, Zone,
};
use std::time::Duration;
use web::Label;

/// Most lines of one order. A cart of 200 lines must work (docs/RULES.md, known failure 16); larger orders are split.
pub const LINES_MAX: usize = 200;

/// An order to place. Names and prices are the current ones, read in the same transaction.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub user: UserId,
    /// 1 to [`LINES_MAX`] lines.
    pub lines: Vec<NewLine>,
    /// Must have passed [`Address::checked`]. An order without one waits for it until it is paid.
    pub address: Option<Address>,
    /// A note for the carrier, at most [`kernel::text::REASON_MAX`] characters.
    pub memo: Option<String>,
    /// What the lines cost, as [`Amounts::of`] adds it up.
    pub amounts: Amounts,
    /// The coupon that lowers it.
    pub coupon: Option<UserCouponId>,
    pub currency: Currency,
    /// Time the buyer has to pay.
    pub pay_within: Duration,
    /// The order number contains the day in this zone.
    pub zone: Zone,
}

/// A line of an order to place.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub product: ProductId,
    pub variant: VariantId,
    pub sku: String,
    pub product_name: String,
    /// What the variant is called; `None` for a product with a single variant.
    pub variant_name: Option<String>,
    /// Price of one unit at this moment.
    pub unit_price: Money,
    pub quantity: Quantity,
    /// Its share of what the coupon takes off.
    pub coupon_discount: Money,
    /// Its share of what points pay.
    pub points_used: Money,
    /// Whether the price contains no value added tax.
    pub tax_free: bool,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub id: OrderId,
    pub number: OrderNumber,
    pub user: UserId,
    pub status: Status,
    pub milestones: Milestones,
    pub lines: Vec<Line>,
    pub amounts: Amounts,
    pub currency: Currency,
    pub coupon: Option<UserCouponId>,
    /// `None` only before it is paid.
    pub address: Option<Address>,
    /// A note for the carrier.
    pub memo: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// One line of an order: a snapshot that later changes of the product do not affect. It repeats the fields of [`NewLine`]
/// on purpose: a line that is not stored yet has no number and no subtotal.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Counts from 1 within the order.
    pub number: i64,
    pub product: ProductId,
    pub variant: VariantId,
    pub sku: String,
    pub product_name: String,
    pub variant_name: Option<String>,
    pub unit_price: Money,
    pub quantity: Quantity,
    /// Unit price × quantity.
    pub subtotal: Money,
    pub coupon_discount: Money,
    pub points_used: Money,
    pub tax_free: bool,
}

impl Line {
    /// The names of product and variant together.
    pub fn name(&self) -> String {
        match &self.variant_name {
            Some(variant) => format!("{} · {variant}", self.product_name),
            None => self.product_name.clone(),
        }
    }

    /// What is paid for it in money, and so can be given back for it.
    pub const fn paid(&self) -> Money {
        Money::minor(self.subtotal.as_minor() - self.coupon_discount.as_minor() - self.points_used.as_minor())
    }
}

/// The amounts of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Σ unit price × quantity.
    pub subtotal: Money,
    /// At most the subtotal.
    pub coupon_discount: Money,
    /// At most what the coupon leaves.
    pub points_used: Money,
    /// What sending it costs.
    pub shipping_fee: Money,
    /// The value added tax that `payable` contains; unknown of an order of an older version.
    pub tax: Option<Money>,
    /// Never negative.
    pub payable: Money,
}

impl Amounts {
    /// Adds up the amounts of an order with these lines. S306 when a line's discount or points are negative or exceed what they
    /// reduce.
    pub fn of(lines: &[NewLine], shipping_fee: Money, tax: Option<Money>) -> Result<Amounts> {
        let mut amounts = Amounts { shipping_fee, tax, payable: shipping_fee, ..Amounts::default() };
        for line in lines {
            if line.unit_price < Money::ZERO {
                return Err(Code::InvalidProductPrice.because("a price is never negative"));
            }
            let subtotal = line.unit_price.times(line.quantity)?;
            let paid = subtotal.minus(line.coupon_discount)?.minus(line.points_used)?;
            if line.coupon_discount < Money::ZERO || line.points_used < Money::ZERO || paid < Money::ZERO {
                let why = "discount and points cannot exceed what the order costs";
                return Err(Code::InvalidPaymentAmount.because(why));
            }
            amounts.subtotal = amounts.subtotal.plus(subtotal)?;
            amounts.coupon_discount = amounts.coupon_discount.plus(line.coupon_discount)?;
            amounts.points_used = amounts.points_used.plus(line.points_used)?;
            amounts.payable = amounts.payable.plus(paid)?;
        }
        Ok(amounts)
    }
}

/// Status of an order, with the data that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Stock is reserved; the buyer has to pay.
    Confirmed {
        /// After this time the order is cancelled.
        pay_by: Timestamp,
    },
    /// Paid, not shipped.
    Paid {
        at: Timestamp,
    },
    Shipping {
        paid_at: Timestamp,
    },
    Delivered {
        paid_at: Timestamp,
        at: Timestamp,
    },
    /// Ended before it was paid.
    Cancelled {
        at: Timestamp,
        reason: String,
    },
    /// Ended after it was paid; the buyer got the money back.
    Refunded {
        at: Timestamp,
        reason: String,
    },
}

/// When an order was paid, left and arrived. No later status takes these times away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Milestones {
    pub paid_at: Option<Timestamp>,
    /// Unknown for an order that was shipped before this time was stored.
    pub shipped_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
}

impl Milestones {
    /// The milestones after the order became `status` at `now`.
    pub fn with(self, status: &Status, now: Timestamp) -> Milestones {
        match status {
            Status::Paid { at } => Milestones { paid_at: Some(*at), ..self },
            Status::Shipping { .. } => Milestones { shipped_at: Some(now), ..self },
            Status::Delivered { at, .. } => Milestones { delivered_at: Some(*at), ..self },
            Status::Confirmed { .. } | Status::Cancelled { .. } | Status::Refunded { .. } => self,
        }
    }
}

/// A change of an order's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Paid {
        at: Timestamp,
    },
    Shipped,
    Delivered {
        at: Timestamp,
    },
    /// It ended unpaid.
    Cancelled {
        at: Timestamp,
        reason: String,
    },
    /// It ended and the buyer got the money back.
    Refunded {
        at: Timestamp,
        reason: String,
    },
}

impl Status {
    /// The status after `change`; the error says why it cannot happen now (S203, S204, S205, S206, S207, S209).
    pub fn step(&self, change: &Change) -> Result<Status> {
        use Status::{Cancelled, Confirmed, Delivered, Paid, Refunded, Shipping};
        match (self, change) {
            (Confirmed { .. }, Change::Paid { at }) => Ok(Paid { at: *at }),
            (Paid { at }, Change::Shipped) => Ok(Shipping { paid_at: *at }),
            (Shipping { paid_at }, Change::Delivered { at }) => Ok(Delivered { paid_at: *paid_at, at: *at }),
            (Confirmed { .. }, Change::Cancelled { at, reason }) => Ok(Cancelled { at: *at, reason: reason.clone() }),
            (Paid { .. } | Shipping { .. } | Delivered { .. }, Change::Refunded { at, reason }) => {
                Ok(Refunded { at: *at, reason: reason.clone() })
            }

            (Paid { .. } | Shipping { .. } | Delivered { .. }, Change::Paid { .. }) => {
                Err(Code::OrderAlreadyPaid.error())
            }
            (Cancelled { .. } | Refunded { .. }, Change::Paid { .. }) => {
                Err(self.forbids(Code::InvalidOrderStatus, "be paid"))
            }
            (Confirmed { .. }, Change::Shipped | Change::Delivered { .. }) => Err(Code::OrderNotPaid.error()),
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
            (Confirmed { .. } | Cancelled { .. } | Refunded { .. }, Change::Refunded { .. }) => {
                Err(self.forbids(Code::OrderCannotBeCancelled, "be refunded"))
            }
        }
    }

    fn forbids(&self, code: Code, what: &str) -> Error {
        code.because(format!("an order in {} cannot {what}", self.kind()))
    }

    /// The status without its data.
    pub fn kind(&self) -> Kind {
        match self {
            Status::Confirmed { .. } => Kind::Confirmed,
            Status::Paid { .. } => Kind::Paid,
            Status::Shipping { .. } => Kind::Shipping,
            Status::Delivered { .. } => Kind::Delivered,
            Status::Cancelled { .. } => Kind::Cancelled,
            Status::Refunded { .. } => Kind::Refunded,
        }
    }

    /// The time until which the buyer has to pay, while the order waits for payment.
    pub fn pay_by(&self) -> Option<Timestamp> {
        match self {
            Status::Confirmed { pay_by } => Some(*pay_by),
            Status::Paid { .. }
            | Status::Shipping { .. }
            | Status::Delivered { .. }
            | Status::Cancelled { .. }
            | Status::Refunded { .. } => None,
        }
    }

    /// When it was paid, if the status records it.
    pub fn paid_at(&self) -> Option<Timestamp> {
        match self {
            Status::Paid { at: paid_at } | Status::Shipping { paid_at } | Status::Delivered { paid_at, .. } => {
                Some(*paid_at)
            }
            Status::Confirmed { .. } | Status::Cancelled { .. } | Status::Refunded { .. } => None,
        }
    }

    /// When and why it was cancelled or refunded.
    pub fn ended(&self) -> Option<(Timestamp, &str)> {
        match self {
            Status::Cancelled { at, reason } | Status::Refunded { at, reason } => Some((*at, reason)),
            Status::Confirmed { .. } | Status::Paid { .. } | Status::Shipping { .. } | Status::Delivered { .. } => None,
        }
    }
}

::store::text_enum! {
    /// The names of the statuses, as the API and the database show them.
    #[schema(as = OrderStatus)]
    pub enum Kind: "order status" {
        // no order has it: one is stored when its stock is reserved. It is a name of the API, which a filter may ask for
        Pending = "PENDING",
        Confirmed = "CONFIRMED",
        Paid = "PAID",
        Shipping = "SHIPPING",
        Delivered = "DELIVERED",
        Cancelled = "CANCELLED",
        Refunded = "REFUNDED",
    }
}

impl Kind {
    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Pending => Label::new("pending", "대기 중"),
            Kind::Confirmed => Label::new("confirmed", "확정됨"),
            Kind::Paid => Label::new("paid", "결제 완료"),
            Kind::Shipping => Label::new("on its way", "배송 중"),
            Kind::Delivered => Label::new("delivered", "배송 완료"),
            Kind::Cancelled => Label::new("cancelled", "취소됨"),
            Kind::Refunded => Label::new("refunded", "환불됨"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn new_line(price: i64, quantity: i64) -> NewLine {
        NewLine {
            product: ProductId::new(1),
            variant: VariantId::new(11),
            sku: "MUG-1".to_owned(),
            product_name: "머그컵".to_owned(),
            variant_name: None,
            unit_price: Money::minor(price),
            quantity: Quantity::new(quantity).unwrap(),
            coupon_discount: Money::ZERO,
            points_used: Money::ZERO,
            tax_free: false,
        }
    }

    fn statuses() -> impl Strategy<Value = Status> {
        let at = Timestamp::from_millis(5);
        let reason = "because".to_owned();
        prop::sample::select(vec![
            Status::Confirmed { pay_by: at },
            Status::Paid { at },
            Status::Shipping { paid_at: at },
            Status::Delivered { paid_at: at, at },
            Status::Cancelled { at, reason: reason.clone() },
            Status::Refunded { at, reason },
        ])
    }

    fn changes() -> impl Strategy<Value = Change> {
        let at = Timestamp::from_millis(9);
        let reason = "enough".to_owned();
        prop::sample::select(vec![
            Change::Paid { at },
            Change::Shipped,
            Change::Delivered { at },
            Change::Cancelled { at, reason: reason.clone() },
            Change::Refunded { at, reason },
        ])
    }

    proptest! {
        #[test]
        fn no_change_happens_twice_and_no_order_leaves_a_final_status(status in statuses(), change in changes()) {
            if let Ok(next) = status.step(&change) {
                prop_assert!(!matches!(status.kind(), Kind::Cancelled | Kind::Refunded));
                prop_assert!(next.step(&change).is_err(), "{:?} twice", change);
                prop_assert!(status.kind() != next.kind());
                // money that was paid is remembered until it is given back
                if status.paid_at().is_some() && next.kind() != Kind::Refunded {
                    prop_assert_eq!(next.paid_at(), status.paid_at());
                }
            }
        }

        #[test]
        fn payable_is_never_negative_and_always_adds_up(
            lines in prop::collection::vec((0_i64..1_000_000, 1_i64..1_000, -10_i64..500_000, -10_i64..500_000), 1..10),
            shipping in 0_i64..10_000,
        ) {
            let fits = lines.iter().all(|(price, quantity, coupon, points)| {
                *coupon >= 0 && *points >= 0 && coupon + points <= price * quantity
            });
            let new: Vec<_> = lines.iter().map(|(price, quantity, coupon, points)| NewLine {
                coupon_discount: Money::minor(*coupon),
                points_used: Money::minor(*points),
                ..new_line(*price, *quantity)
            }).collect();
            match Amounts::of(&new, Money::minor(shipping), None) {
                Ok(amounts) => {
                    let sum = |of: fn(&(i64, i64, i64, i64)) -> i64| lines.iter().map(of).sum::<i64>();
                    let (subtotal, coupon, points) = (sum(|line| line.0 * line.1), sum(|line| line.2), sum(|line| line.3));
                    prop_assert!(fits);
                    prop_assert_eq!(amounts.subtotal.as_minor(), subtotal);
                    prop_assert_eq!((amounts.coupon_discount.as_minor(), amounts.points_used.as_minor()), (coupon, points));
                    prop_assert_eq!(amounts.payable.as_minor(), subtotal - coupon - points + shipping);
                }
                Err(_) => prop_assert!(!fits),
            }
        }
    }
}
