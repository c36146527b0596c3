//! The time deals that product pages show.

use catalog::variant::Variant;
use inventory::stock::LocationStock;
use kernel::{Money, ProductId, Result, TimeDealId, TimeDealProductId, Timestamp, VariantId};
use serde::Serialize;
use std::collections::HashMap;
use store::Tx;
use timedeal::{Offered, Status, deal::discount_rate};
use utoipa::ToSchema;

/// A time deal that runs, as the page of its product shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductDeal {
    pub time_deal_id: TimeDealId,
    /// What a purchase names.
    pub time_deal_product_id: TimeDealProductId,
    pub name: String,
    /// The variant that it offers.
    pub variant_id: VariantId,
    pub deal_price: Money,
    /// What the deal takes off, in whole percents.
    pub discount_rate: i64,
    /// Units that can still be bought.
    pub remaining_quantity: i64,
    pub max_per_user: i64,
    pub ends_at: Timestamp,
}

/// The deals of some products that run now or later, the cheapest first.
pub(crate) struct Deals {
    offers: HashMap<ProductId, Vec<Offered>>,
    now: Timestamp,
}

impl Deals {
    pub(crate) fn of(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Deals> {
        let mut offers: HashMap<ProductId, Vec<Offered>> = HashMap::new();
        for offered in timedeal::ops::of_products(tx, products)? {
            offers.entry(offered.product.offer.product).or_default().push(offered);
        }
        Ok(Deals { offers, now: tx.now() })
    }

    fn of_product(&self, product: ProductId) -> &[Offered] {
        self.offers.get(&product).map_or(&[], Vec::as_slice)
    }

    /// The cheapest deal that runs, of a variant that is on sale.
    pub(crate) fn running(
        &self,
        product: ProductId,
        on_sale: &[&Variant],
        places: &[LocationStock],
    ) -> Option<ProductDeal> {
        let runs = |offered: &&Offered| offered.deal.status(self.now) == Status::Active;
        self.of_product(product).iter().filter(runs).find_map(|offered| {
            let (deal, offer) = (&offered.deal, offered.product.offer);
            let variant = on_sale.iter().find(|variant| variant.id == offer.variant)?;
            let in_stock = places.iter().filter(|place| place.variant_id == offer.variant);
            let in_stock = in_stock.map(|place| place.available_quantity).sum();
            let remaining = offered.product.remaining();
            Some(ProductDeal {
                time_deal_id: deal.id,
                time_deal_product_id: offered.product.id,
                name: deal.name.clone(),
                variant_id: offer.variant,
                deal_price: offer.price,
                discount_rate: discount_rate(variant.price, offer.price),
                remaining_quantity: if deal.held_apart { remaining } else { remaining.min(in_stock) },
                max_per_user: offer.per_user,
                ends_at: deal.ends_at,
            })
        })
    }

    /// When the clock starts or ends a deal of this product next.
    pub(crate) fn next_change(&self, product: ProductId) -> Option<Timestamp> {
        let times = self.of_product(product).iter().flat_map(|offered| [offered.deal.starts_at, offered.deal.ends_at]);
        times.filter(|at| *at > self.now).min()
    }
}
