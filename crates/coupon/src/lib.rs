//! Coupons. The README lists what this domain owns and promises.

pub mod coupon;
pub mod gate;
pub mod ops;
pub mod request;
pub mod response;
pub mod scope;
mod store;

use ::store::Stay;

pub use coupon::{Coupon, Discount, DiscountType, Offer, Status, UserCoupon, UserStatus};

/// The type of waiting queues in front of a coupon.
pub const QUEUE: &str = "COUPON";

/// What coupons contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        ::store::Migration { name: "coupon/0001_coupons", sql: include_str!("../migrations/0001_coupons.sql") },
        ::store::Migration { name: "coupon/0002_scope", sql: include_str!("../migrations/0002_scope.sql") },
        ::store::Migration { name: "coupon/0003_changes", sql: include_str!("../migrations/0003_changes.sql") },
    ],
    tables: &[("coupons", Stay::Records), ("user_coupons", Stay::Records)],
    statements: &[store::STATEMENTS],
    invalidates: gate::invalidates,
    checks: store::AUDIT,
    queued: Some(web::Queued { event_type: QUEUE, names: store::names }),
    ..web::Module::named("coupon")
};
