//! The words every other crate speaks: money, quantities, ids, time, pages and errors.
//! No I/O and no async lives here; see the README for the map.

pub mod address;
pub mod code;
pub mod error;
pub mod id;
pub mod money;
pub mod number;
pub mod page;
pub mod random;
pub mod text;
pub mod time;

pub use address::{Address, ShippingAddress};
pub use code::{Code, Remedy};
pub use error::{Detail, Error, Result};
pub use id::{
    AddressId, CartId, CartItemId, CategoryId, DeliveryId, Id, ImageId, OrderId, PaymentId, ProductId, RefundId,
    SnapshotId, UserCouponId, UserId, VariantId,
};
pub use money::{Currency, Money, Percent, Quantity};
pub use number::{OrderNumber, PaymentNumber, SagaId, TrackingNumber};
pub use page::{Cursor, Page, PageRequest};
pub use random::Random;
pub use time::{Clock, Timestamp, Zone};
