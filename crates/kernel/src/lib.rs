//! The types that every other crate uses: money, quantities, ids, time, pages and errors.
//! This crate does no I/O and has no async code.

pub mod address;
pub mod code;
pub mod error;
pub mod event;
pub mod id;
pub mod korean;
pub mod money;
pub mod number;
pub mod page;
pub mod random;
pub mod reference;
pub mod text;
pub mod time;
pub mod together;
pub mod version;

pub use address::{Address, ShippingAddress};
pub use code::{Code, Remedy};
pub use error::{Detail, Error, Result};
pub use event::Event;
pub use id::{
    AddressId, CartId, CartItemId, CategoryId, CouponId, DeliveryId, Id, ImageId, OrderId, PaymentId, ProductId,
    RefundId, SnapshotId, TimeDealId, TimeDealProductId, TimeDealPurchaseId, UserCouponId, UserId, VariantId,
};
pub use money::{Currency, Money, Percent, Quantity};
pub use number::{OrderNumber, PaymentNumber, SagaId, TrackingNumber};
pub use page::{Cursor, Page, PageRequest, SortValue, SortedCursor, Total};
pub use random::Random;
pub use reference::Reference;
pub use text::hex;
pub use time::{Clock, Timestamp, Zone};
pub use together::Together;
