//! Every event of the shop: one owned type per topic, with its key. The README says how to add one.
//!
//! An event is declared here and nowhere else. The domain that makes it happen emits the type; the domains, streams and
//! systems that want it subscribe by the type. docs/EVENTS.md and docs/events.schema.json are made from this crate.

mod account;
mod catalog;
mod coupon;
mod delivery;
mod describe;
mod inventory;
mod order;
mod payment;
mod queue;
mod returns;
mod saga;
mod search;
mod timedeal;
mod wallet;

pub use account::{EmailVerificationRequested, PasswordResetRequested};
pub use catalog::{CategoryChanged, Change, ProductChanged};
pub use coupon::{CouponChanged, CouponIssued, CouponReturned, CouponUsed};
pub use delivery::{DeliveryDelivered, DeliveryShipped, DeliveryUpdated};
pub use describe::{EXAMPLES, Topic, markdown, schema};
pub use inventory::{Quantities, StockChanged, StockCommitted, StockReleased, StockReserved};
pub use order::{OrderCancelled, OrderConfirmed, OrderCreated, OrderReaddressed, OrderStatusChanged, OrderedItem};
pub use payment::{PaymentCompleted, PaymentFailed, PaymentRefunded};
pub use queue::{QueueChange, QueueChanged};
pub use returns::{ReturnChanged, ReturnRequested};
pub use saga::{CompensationFailed, SagaSubject};
pub use search::SearchRebuildAsked;
pub use timedeal::{TimeDealChanged, TimeDealEnded, TimeDealReturned, TimeDealStarted};
pub use wallet::{BalanceCharged, PointsEarned, PointsExpired, PointsTakenBack};

/// Gives each type its topic and its key, and lists all of them: a type without a line here cannot be emitted.
macro_rules! topics {
    ($($topic:literal => $domain:ident::$event:ident, key $($prefix:literal)? $member:ident $(($($none:tt)*))?;)*) => {
        $(impl kernel::Event for $event {
            const TOPIC: &'static str = $topic;

            fn key(&self) -> String {
                format!(concat!($($prefix,)? "{}"), self.$member $(($($none)*))?)
            }
        })*

        /// Every event, in the order of docs/EVENTS.md.
        pub const ALL: &[Topic] = &[$(Topic::of::<$event>(
            stringify!($domain),
            stringify!($event),
            concat!($($prefix)?),
            stringify!($member),
        )),*];
    };
}

topics! {
    "shopping.order.created" => order::OrderCreated, key order_number;
    "shopping.order.confirmed" => order::OrderConfirmed, key order_number;
    "shopping.order.cancelled" => order::OrderCancelled, key order_number;
    "shopping.order.status-changed" => order::OrderStatusChanged, key order_number;
    "shopping.order.readdressed" => order::OrderReaddressed, key order_number;
    "shopping.payment.completed" => payment::PaymentCompleted, key order_number;
    "shopping.payment.failed" => payment::PaymentFailed, key order_number;
    "shopping.payment.refunded" => payment::PaymentRefunded, key order_number;
    "shopping.inventory.reserved" => inventory::StockReserved, key order_number;
    "shopping.inventory.committed" => inventory::StockCommitted, key order_number;
    "shopping.inventory.released" => inventory::StockReleased, key order_number;
    "shopping.inventory.changed" => inventory::StockChanged, key product_id;
    "shopping.delivery.shipped" => delivery::DeliveryShipped, key order_number;
    "shopping.delivery.updated" => delivery::DeliveryUpdated, key order_number;
    "shopping.delivery.delivered" => delivery::DeliveryDelivered, key order_number;
    "shopping.return.requested" => returns::ReturnRequested, key order_number;
    "shopping.return.changed" => returns::ReturnChanged, key order_number;
    "shopping.coupon.changed" => coupon::CouponChanged, key coupon_code;
    "shopping.coupon.issued" => coupon::CouponIssued, key coupon_code;
    "shopping.coupon.used" => coupon::CouponUsed, key order_number;
    "shopping.coupon.returned" => coupon::CouponReturned, key order_number;
    "shopping.timedeal.changed" => timedeal::TimeDealChanged, key "time-deal-" time_deal_id;
    "shopping.timedeal.started" => timedeal::TimeDealStarted, key "time-deal-" time_deal_id;
    "shopping.timedeal.ended" => timedeal::TimeDealEnded, key "time-deal-" time_deal_id;
    "shopping.timedeal.returned" => timedeal::TimeDealReturned, key order_number;
    "shopping.wallet.charged" => wallet::BalanceCharged, key "user-" user_id;
    "shopping.wallet.points-earned" => wallet::PointsEarned, key "user-" user_id;
    "shopping.wallet.points-taken-back" => wallet::PointsTakenBack, key "user-" user_id;
    "shopping.wallet.points-expired" => wallet::PointsExpired, key "user-" user_id;
    "shopping.queue.changed" => queue::QueueChanged, key "queue-" queue_id;
    "shopping.product.changed" => catalog::ProductChanged, key product_id;
    "shopping.category.changed" => catalog::CategoryChanged, key "category-" category_id;
    "shopping.search.rebuild-asked" => search::SearchRebuildAsked, key "search-" asked_at;
    "shopping.account.password-reset-requested" => account::PasswordResetRequested, key "user-" user_id;
    "shopping.account.email-verification-requested" => account::EmailVerificationRequested, key "user-" user_id;
    "shopping.saga.compensation-failed" => saga::CompensationFailed, key order_number_or_subject_id();
}
