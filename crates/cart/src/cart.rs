//! Types and pure rules of carts.

use crate::Owner;
use kernel::{
    CartId, CartItemId, Code, Detail, Error, Money, OrderNumber, ProductId, Quantity, Result, Timestamp, VariantId,
};
use std::time::Duration;

/// Most lines of a cart, and so of an order made from it. A person can still review so many; known failure 16 of
/// docs/RULES.md is tested with this number.
pub const LINES_MAX: usize = 200;
/// Most units on one line: more than a household buys, and low enough to catch typing errors.
pub const UNITS_MAX: i64 = 10_000;
/// Age at which a cart is deleted that the first release closed without an order.
pub const NEVER_ORDERED: Duration = Duration::from_secs(30 * 86_400);
/// Age at which an unchanged cart is deleted, in whatever status.
pub const UNTOUCHED: Duration = Duration::from_secs(90 * 86_400);

/// Status of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Its owner fills it, and the next order comes from it.
    Active,
    /// Its owner checked it out. Any change makes it ACTIVE again, until an order comes from it, which closes it.
    CheckedOut { order: Option<OrderNumber> },
}

::store::text_enum! {
    /// The names of the statuses, as the API and the database show them.
    #[schema(as = CartStatus)]
    pub enum Kind: "cart status" {
        Active = "ACTIVE",
        CheckedOut = "CHECKED_OUT",
    }
}

impl Status {
    /// The status without its data.
    pub const fn kind(&self) -> Kind {
        match self {
            Status::Active => Kind::Active,
            Status::CheckedOut { .. } => Kind::CheckedOut,
        }
    }
}

/// A cart with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    pub owner: Owner,
    pub status: Status,
    /// Oldest first.
    pub lines: Vec<CartLine>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// A variant and its quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    pub id: CartItemId,
    pub product: ProductId,
    pub variant: VariantId,
    /// The product's name when it was added.
    pub product_name: String,
    /// The unit price when it was added.
    pub price: Money,
    pub quantity: Quantity,
    pub added_at: Timestamp,
}

/// A line to add: the product with its current name and price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    pub product: ProductId,
    pub variant: VariantId,
    pub product_name: String,
    pub price: Money,
    pub quantity: Quantity,
}

/// Why a line was not put into a cart that was filled with several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The variant is in the cart already; that line stays as it is.
    AlreadyThere,
    /// The cart has [`LINES_MAX`] lines.
    Full,
}

/// How a line is added to a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addition {
    /// The variant is not in the cart yet.
    New,
    /// The variant is in the cart already.
    More { line: CartItemId, quantity: Quantity },
}

impl CartLine {
    /// The same line for another cart.
    pub(crate) fn again(self) -> NewLine {
        let CartLine { product, variant, product_name, price, quantity, .. } = self;
        NewLine { product, variant, product_name, price, quantity }
    }
}

impl Cart {
    /// The line of a variant.
    pub fn line_of(&self, variant: VariantId) -> Option<&CartLine> {
        self.lines.iter().find(|line| line.variant == variant)
    }

    /// The line with this id; S102 when it is not in this cart.
    pub fn line(&self, item: CartItemId) -> Result<&CartLine> {
        self.lines
            .iter()
            .find(|line| line.id == item)
            .ok_or_else(|| Code::CartItemNotFound.because(format!("item {item}")))
    }

    /// The cart; S104 when it has no lines.
    pub fn not_empty(self) -> Result<Cart> {
        if self.lines.is_empty() { Err(Code::CartEmpty.error()) } else { Ok(self) }
    }

    /// Decides how to add `item`: S106 with the existing line when the variant is in the cart already and `merge` is
    /// false, S105 above [`UNITS_MAX`], C002 above [`LINES_MAX`].
    pub(crate) fn addition(&self, item: &NewLine, merge: bool) -> Result<Addition> {
        match self.line_of(item.variant) {
            None if self.lines.len() >= LINES_MAX => {
                Err(Code::InvalidInput.because(format!("a cart has at most {LINES_MAX} lines")))
            }
            None => purchasable(item.variant, item.quantity.as_i64()).map(|_| Addition::New),
            Some(line) if merge => {
                let quantity = purchasable(item.variant, line.quantity.as_i64() + item.quantity.as_i64())?;
                Ok(Addition::More { line: line.id, quantity })
            }
            Some(line) => Err(exists(line)),
        }
    }

    /// Divides `lines` into those that the cart has room for and those that are left out. Lines of the same variant become one,
    /// of at most [`UNITS_MAX`] units.
    pub(crate) fn room_for(&self, lines: Vec<NewLine>) -> (Vec<NewLine>, Vec<(VariantId, LeftOut)>) {
        let (mut room, mut left_out): (Vec<NewLine>, _) = (Vec::new(), Vec::new());
        for line in lines {
            if self.line_of(line.variant).is_some() {
                left_out.push((line.variant, LeftOut::AlreadyThere));
            } else if let Some(same) = room.iter_mut().find(|other| other.variant == line.variant) {
                same.quantity = most(same.quantity.as_i64() + line.quantity.as_i64());
            } else if self.lines.len() + room.len() < LINES_MAX {
                room.push(NewLine { quantity: most(line.quantity.as_i64()), ..line });
            } else {
                left_out.push((line.variant, LeftOut::Full));
            }
        }
        (room, left_out)
    }
}

/// As many of `units`, which are one or more, as one line can have.
pub(crate) fn most(units: i64) -> Quantity {
    Quantity::new(units.min(UNITS_MAX)).unwrap_or(Quantity::ONE)
}

/// `units` as a quantity; S105 when one line cannot have so many.
pub(crate) fn purchasable(variant: VariantId, units: i64) -> Result<Quantity> {
    if units > UNITS_MAX {
        let limit = Detail::field("quantity", format!("at most {UNITS_MAX} on one line"));
        let limit = limit.with("variantId", variant.raw()).with("requested", units).with("limit", UNITS_MAX);
        return Err(Code::CartItemQuantityExceeded.because(format!("at most {UNITS_MAX} on one line")).with(limit));
    }
    Quantity::new(units)
}

fn exists(line: &CartLine) -> Error {
    let existing = Detail::note("change the existing line, or send \"merge\": true")
        .with("itemId", line.id.raw())
        .with("productId", line.product.raw())
        .with("variantId", line.variant.raw())
        .with("quantity", line.quantity.as_i64())
        .with("price", line.price.as_minor());
    Code::CartItemAlreadyExists.error().with(existing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(lines: usize, quantity: i64) -> Cart {
        let line = |n: usize| CartLine {
            id: CartItemId::new(n as i64),
            product: ProductId::new(n as i64),
            variant: VariantId::new(n as i64),
            product_name: "mug".to_owned(),
            price: Money::minor(9_000),
            quantity: Quantity::new(quantity).unwrap(),
            added_at: Timestamp::from_millis(0),
        };
        Cart {
            id: CartId::new(1),
            owner: Owner::User("3f0e8c3a-0000-4000-8000-000000000001".parse().unwrap()),
            status: Status::Active,
            lines: (1..=lines).map(line).collect(),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
            version: 1,
        }
    }

    fn mug(variant: i64, quantity: i64) -> NewLine {
        NewLine {
            product: ProductId::new(variant),
            variant: VariantId::new(variant),
            product_name: "mug".to_owned(),
            price: Money::minor(9_000),
            quantity: Quantity::new(quantity).unwrap(),
        }
    }

    #[test]
    fn the_same_product_again_is_a_conflict_unless_merged() {
        let error = cart(2, 3).addition(&mug(2, 4), false).unwrap_err();
        assert_eq!(error.code(), Code::CartItemAlreadyExists);
        assert_eq!(
            (&error.details()[0].values["itemId"], &error.details()[0].values["quantity"]),
            (&2.into(), &3.into())
        );
        let merged = cart(2, 3).addition(&mug(2, 4), true).unwrap();
        assert_eq!(merged, Addition::More { line: CartItemId::new(2), quantity: Quantity::new(7).unwrap() });
    }

    #[test]
    fn limits_are_kept() {
        assert_eq!(cart(LINES_MAX, 1).addition(&mug(900, 1), true).unwrap_err().code(), Code::InvalidInput);
        assert_eq!(cart(LINES_MAX - 1, 1).addition(&mug(900, 1), true).unwrap(), Addition::New);
        let too_many = cart(1, UNITS_MAX).addition(&mug(1, 1), true).unwrap_err();
        assert_eq!(too_many.code(), Code::CartItemQuantityExceeded);
        assert_eq!(
            cart(0, 1).addition(&mug(1, UNITS_MAX + 1), false).unwrap_err().code(),
            Code::CartItemQuantityExceeded
        );
    }

    #[test]
    fn a_cart_is_filled_with_what_is_not_there_yet_as_far_as_there_is_room() {
        let (room, left_out) = cart(1, 1).room_for(vec![mug(1, 5), mug(8, 2), mug(8, 3), mug(9, UNITS_MAX), mug(9, 1)]);
        assert_eq!(room, [mug(8, 5), mug(9, UNITS_MAX)]);
        assert_eq!(left_out, [(VariantId::new(1), LeftOut::AlreadyThere)]);
        let (room, left_out) = cart(LINES_MAX - 1, 1).room_for(vec![mug(901, 1), mug(902, 1)]);
        assert_eq!((room.len(), left_out), (1, vec![(VariantId::new(902), LeftOut::Full)]));
    }

    #[test]
    fn an_empty_cart_cannot_be_ordered() {
        assert_eq!(cart(0, 1).not_empty().unwrap_err().code(), Code::CartEmpty);
        assert!(cart(1, 1).not_empty().is_ok());
    }
}
