//! Typed row ids. One generic type with a marker, so that a product id cannot be passed where a cart id is meant.

use crate::{Code, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, hash, marker::PhantomData, str::FromStr};

/// A row's id: a positive integer below 2^53, so that it is exact as a JSON number.
pub struct Id<Of> {
    raw: i64,
    of: PhantomData<fn() -> Of>,
}

/// Ids stay below this, the largest integer a JSON reader keeps exact.
pub const ID_LIMIT: i64 = 1 << 53;

impl<Of> Id<Of> {
    /// The id with this number, as read from the database.
    pub const fn new(raw: i64) -> Self {
        Id { raw, of: PhantomData }
    }

    /// The number.
    pub const fn raw(self) -> i64 {
        self.raw
    }

    /// An id from outside: 1 to 2^53 − 1, else C002.
    pub fn checked(raw: i64) -> Result<Self> {
        if (1..ID_LIMIT).contains(&raw) { Ok(Self::new(raw)) } else { Err(Code::InvalidInput.because(not_an_id())) }
    }
}

fn not_an_id() -> String {
    format!("must be an id, 1 to {}", ID_LIMIT - 1)
}

impl<Of> Clone for Id<Of> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Of> Copy for Id<Of> {}
impl<Of> PartialEq for Id<Of> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<Of> Eq for Id<Of> {}
impl<Of> PartialOrd for Id<Of> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Of> Ord for Id<Of> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}
impl<Of> hash::Hash for Id<Of> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<Of> fmt::Debug for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.raw)
    }
}
impl<Of> fmt::Display for Id<Of> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.raw)
    }
}
impl<Of> FromStr for Id<Of> {
    type Err = crate::Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::checked(text.parse().map_err(|_| Code::InvalidInput.because(not_an_id()))?)
    }
}
impl<Of> Serialize for Id<Of> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.raw)
    }
}
impl<'de, Of> Deserialize<'de> for Id<Of> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = i64::deserialize(deserializer)?;
        Self::checked(raw).map_err(|_| serde::de::Error::custom(not_an_id()))
    }
}
impl<Of> utoipa::PartialSchema for Id<Of> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <i64 as utoipa::PartialSchema>::schema()
    }
}
impl<Of> utoipa::ToSchema for Id<Of> {}

/// What an [`Id`] can be an id of.
pub mod of {
    // markers without a value; the alias of each says what it is
    pub enum Address {}
    pub enum Cart {}
    pub enum CartItem {}
    pub enum Category {}
    pub enum Coupon {}
    pub enum Delivery {}
    pub enum Image {}
    pub enum Order {}
    pub enum Payment {}
    pub enum Product {}
    pub enum Refund {}
    pub enum Snapshot {}
    pub enum TimeDeal {}
    pub enum TimeDealProduct {}
    pub enum TimeDealPurchase {}
    pub enum UserCoupon {}
    pub enum Variant {}
}

/// A saved address of a user.
pub type AddressId = Id<of::Address>;
/// A cart.
pub type CartId = Id<of::Cart>;
/// A line in a cart.
pub type CartItemId = Id<of::CartItem>;
/// A category of products.
pub type CategoryId = Id<of::Category>;
/// A delivery.
pub type DeliveryId = Id<of::Delivery>;
/// An image of a product.
pub type ImageId = Id<of::Image>;
/// An order's row; people see its [`crate::OrderNumber`].
pub type OrderId = Id<of::Order>;
/// A payment's row; people see its [`crate::PaymentNumber`].
pub type PaymentId = Id<of::Payment>;
/// A product.
pub type ProductId = Id<of::Product>;
/// A refund of a payment.
pub type RefundId = Id<of::Refund>;
/// The stock of one variant at one location.
pub type SnapshotId = Id<of::Snapshot>;
/// A time deal.
pub type TimeDealId = Id<of::TimeDeal>;
/// A product in a time deal.
pub type TimeDealProductId = Id<of::TimeDealProduct>;
/// What a user bought of a product in a time deal.
pub type TimeDealPurchaseId = Id<of::TimeDealPurchase>;
/// A coupon that is issued to users.
pub type CouponId = Id<of::Coupon>;
/// A coupon that a user holds.
pub type UserCouponId = Id<of::UserCoupon>;
/// The sellable unit: one variant of a product.
pub type VariantId = Id<of::Variant>;

/// A user: a UUID, written in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Uuid)]
pub struct UserId(uuid::Uuid);

impl UserId {
    /// The user with this UUID.
    pub const fn new(uuid: uuid::Uuid) -> UserId {
        UserId(uuid)
    }

    /// The UUID.
    pub const fn uuid(self) -> uuid::Uuid {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl FromStr for UserId {
    type Err = crate::Error;
    fn from_str(text: &str) -> Result<UserId> {
        uuid::Uuid::parse_str(text)
            .map(UserId)
            .map_err(|_| Code::InvalidInput.because("must be a UUID").caused_by(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<UserId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("must be a UUID"))
    }
}
