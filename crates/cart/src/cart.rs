//! Types and pure rules of carts.

use kernel::{CartId, CartItemId, Money, OrderNumber, ProductId, Quantity, Timestamp, UserId, VariantId};

/// What has become of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The user fills it. A user has at most one.
    Active,
    /// No longer changed: an order came from it, or may come.
    CheckedOut {
        /// The order it became.
        order: Option<OrderNumber>,
    },
}

/// A cart with its lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// The cart.
    pub id: CartId,
    /// Whose it is.
    pub user: UserId,
    /// What has become of it.
    pub status: Status,
    /// Its lines, oldest first.
    pub lines: Vec<CartLine>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// One line: a variant and how many of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// The line.
    pub id: CartItemId,
    /// The product.
    pub product: ProductId,
    /// The variant.
    pub variant: VariantId,
    /// The product's name when it was added.
    pub product_name: String,
    /// The unit price when it was added.
    pub price: Money,
    /// How many units.
    pub quantity: Quantity,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What is put into a cart: the product as it is shown and priced now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// The product.
    pub product: ProductId,
    /// The variant.
    pub variant: VariantId,
    /// The product's name now.
    pub product_name: String,
    /// The unit price now.
    pub price: Money,
    /// How many units.
    pub quantity: Quantity,
}
