//! The entries of the ledger: their kinds, what each changes, and their form in responses.

use crate::Location;
use kernel::{ProductId, Timestamp, VariantId};
use serde::Serialize;
use utoipa::ToSchema;
use web::Label;

::store::text_enum! {
    /// What happened to stock.
    #[schema(as = StockMovementKind)]
    pub enum Kind: "kind of stock movement" {
        /// Goods arrived, or the stock was opened.
        Received = "RECEIVED",
        /// Reserved for an order that is not paid yet.
        Reserved = "RESERVED",
        /// An order was cancelled or expired before it was paid.
        Released = "RELEASED",
        /// An order was paid: the goods leave the total.
        Committed = "COMMITTED",
        /// Goods of a paid order came back.
        Returned = "RETURNED",
        /// A person counted again, or goods broke or were found.
        Adjusted = "ADJUSTED",
    }
}

impl Kind {
    /// The name in responses.
    pub const fn movement_type(self) -> &'static str {
        match self {
            Kind::Received => "PURCHASE",
            Kind::Reserved => "RESERVATION",
            Kind::Released => "RELEASE",
            Kind::Committed => "SALE",
            Kind::Returned => "RETURN",
            Kind::Adjusted => "ADJUSTMENT",
        }
    }

    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Received => Label::new("received", "입고"),
            Kind::Reserved => Label::new("reserved", "예약"),
            Kind::Released => Label::new("released", "예약 해제"),
            Kind::Committed => Label::new("sold", "판매"),
            Kind::Returned => Label::new("returned", "반품"),
            Kind::Adjusted => Label::new("adjusted", "조정"),
        }
    }

    /// The changes of (available, reserved) by `units` of this kind. Units are above zero, except for ADJUSTED, where
    /// they have a sign.
    pub const fn changes(self, units: i64) -> (i64, i64) {
        match self {
            Kind::Received | Kind::Returned | Kind::Adjusted => (units, 0),
            Kind::Reserved => (-units, units),
            Kind::Released => (units, -units),
            Kind::Committed => (0, -units),
        }
    }
}

/// The names of [`Kind::movement_type`], for the document.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum MovementType {
    Purchase,
    Reservation,
    Release,
    Sale,
    Return,
    Adjustment,
}

/// One entry of the ledger, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StockMovementResponse)]
pub struct Movement {
    /// Grows with time.
    pub id: i64,
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Where.
    pub location_code: Location,
    /// What kind of movement.
    #[schema(value_type = MovementType)]
    pub movement_type: &'static str,
    /// The same in words, in the language of the response.
    #[schema(value_type = String)]
    pub movement_type_description: Label,
    /// How many units moved. Negative only for an ADJUSTMENT downwards.
    pub quantity: i64,
    /// Available before.
    pub previous_available: i64,
    /// Available after.
    pub after_available: i64,
    /// Reserved before.
    pub previous_reserved: i64,
    /// Reserved after.
    pub after_reserved: i64,
    /// What moved the stock.
    #[schema(value_type = ReferenceType)]
    pub reference_type: String,
    /// The order's number, or the id of the action.
    pub reference_id: String,
    /// Equal for all entries with the same cause.
    pub correlation_id: String,
    /// Why.
    #[serde(serialize_with = "web::language::localized")]
    pub reason: Option<String>,
    /// Who: a user, or SYSTEM.
    pub performed_by: String,
    /// Counts the entries of this variant and location, from 1.
    pub version: i64,
    /// When.
    pub created_at: Timestamp,
}

/// The names of what moves stock, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum ReferenceType {
    Order,
    Admin,
    System,
    /// It holds its units apart.
    TimeDeal,
    /// Its goods came back.
    Return,
    /// It holds its replacement apart.
    Exchange,
    /// What was in it came back.
    Parcel,
}

impl Movement {
    /// The units that these changes moved.
    pub(crate) const fn units(kind: Kind, available: i64, reserved: i64) -> i64 {
        match kind {
            Kind::Received | Kind::Returned | Kind::Adjusted | Kind::Released => available,
            Kind::Reserved => reserved,
            Kind::Committed => -reserved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_back_from_what_they_changed() {
        for kind in Kind::ALL {
            let (available, reserved) = kind.changes(7);
            assert_eq!(Movement::units(kind, available, reserved), 7, "{kind:?}");
        }
        assert_eq!(Movement::units(Kind::Adjusted, -3, 0), -3);
    }

    #[test]
    fn an_order_that_comes_and_goes_changes_nothing() {
        let sum =
            |kinds: &[Kind]| kinds.iter().map(|kind| kind.changes(5)).fold((0, 0), |(a, r), (da, dr)| (a + da, r + dr));
        assert_eq!(sum(&[Kind::Reserved, Kind::Released]), (0, 0));
        assert_eq!(sum(&[Kind::Reserved, Kind::Committed, Kind::Returned]), (0, 0));
        assert_eq!(sum(&[Kind::Reserved, Kind::Committed]), (-5, 0));
    }
}
