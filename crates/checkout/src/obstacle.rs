//! Why a line cannot be bought now, in a cart and in a quote. Reading either never refuses: such lines stand apart with the
//! reason, and the totals leave them out.

use crate::quote::not_on_sale;
use cart::cart::UNITS_MAX;
use catalog::ops::{ItemRef, Sellable, not_found};
use inventory::{Level, Shortage};
use kernel::{CartItemId, Code, Detail, Error, Money, ProductId, Quantity, Result, VariantId};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use web::Context;

/// Something that stands in an order's way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuoteProblem)]
pub struct Problem {
    /// The code with which the order would be refused.
    pub code: &'static str,
    /// A sentence in the caller's language.
    pub message: String,
    /// What it is about.
    pub details: Vec<Detail>,
}

impl Problem {
    pub(crate) fn of(error: &Error, context: &Context) -> Problem {
        Problem { code: error.code().code(), message: context.message(error), details: context.details(error) }
    }
}

/// A line that cannot be bought now. The totals leave it out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnavailableLine)]
pub struct Unavailable {
    /// The line of the cart; none in a quote.
    pub item_id: Option<CartItemId>,
    /// The product, if the request named it.
    pub product_id: Option<ProductId>,
    /// The variant, if it is known.
    pub variant_id: Option<VariantId>,
    /// How many units were wanted.
    pub quantity: Quantity,
    /// Why.
    #[serde(flatten)]
    pub reason: Problem,
}

/// The stock of this moment, from which lines take one after another.
pub(crate) struct Stock(HashMap<VariantId, i64>);

impl Stock {
    pub(crate) fn of(levels: &[Level]) -> Stock {
        Stock(levels.iter().map(|level| (level.variant, level.available)).collect())
    }

    /// Takes units of a variant; the refusal S401, or `code` when too few are left.
    fn take(&mut self, sellable: &Sellable, quantity: Quantity, code: Code) -> Result<()> {
        match self.0.get_mut(&sellable.variant) {
            Some(left) if *left >= quantity.as_i64() => {
                *left -= quantity.as_i64();
                Ok(())
            }
            Some(_) | None => Err(self.shortage(sellable, quantity, code)),
        }
    }

    /// Takes at most so many units, as far as they are left and one line of a cart can have them. Gives how many, and the refusal
    /// S401 or S105 when they are fewer.
    pub(crate) fn take_some(&mut self, sellable: &Sellable, quantity: Quantity) -> (i64, Option<Error>) {
        let wanted = quantity.as_i64();
        let left = self.0.get(&sellable.variant).copied().unwrap_or(0);
        let taken = wanted.min(left).min(UNITS_MAX);
        let short = (taken < wanted).then(|| self.shortage(sellable, quantity, Code::CartItemQuantityExceeded));
        self.0.entry(sellable.variant).and_modify(|left| *left -= taken);
        (taken, short)
    }

    fn shortage(&self, sellable: &Sellable, quantity: Quantity, code: Code) -> Error {
        let available = self.0.get(&sellable.variant).copied();
        let (product, variant, requested) = (sellable.product, sellable.variant, quantity.as_i64());
        Shortage::refusals(&[Shortage { product, variant, requested, available }], code).swap_remove(0)
    }
}

/// What can be bought, added up line by line.
pub(crate) struct Total {
    stock: Stock,
    /// With which code too little stock is refused.
    short: Code,
    pub amount: Money,
    pub units: i64,
}

impl Total {
    pub(crate) fn of(stock: Stock, short: Code) -> Total {
        Total { stock, short, amount: Money::ZERO, units: 0 }
    }

    /// Adds a line and gives what it costs. The reason why it cannot be bought: S001, S003, S401, S402 or S105, and C002 when
    /// the sum leaves the range of money.
    pub(crate) fn add(
        &mut self,
        name: &ItemRef,
        sellable: Option<&Sellable>,
        price: Money,
        quantity: Quantity,
    ) -> Result<Money> {
        let sellable = sellable.ok_or_else(|| not_found(&[name]))?;
        not_on_sale([sellable].into_iter()).map_or(Ok(()), Err)?;
        let subtotal = price.times(quantity)?;
        let amount = self.amount.plus(subtotal)?;
        self.stock.take(sellable, quantity, self.short)?;
        self.amount = amount;
        self.units += quantity.as_i64();
        Ok(subtotal)
    }
}

/// What a line costs when it is shown; the largest amount when it costs more.
pub(crate) fn shown_subtotal(price: Money, quantity: Quantity) -> Money {
    price.times(quantity).unwrap_or(Money::MAX)
}
