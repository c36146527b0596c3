//! What inventory says. It hears nothing.

use crate::Level;
use kernel::{OrderNumber, ProductId, Timestamp, UserId, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::{Envelope, Event};

/// Units by product id.
pub type Quantities = BTreeMap<ProductId, i64>;

/// Stock is held for an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockReserved<'a> {
    /// The order.
    pub order_number: &'a OrderNumber,
    /// Whose order.
    pub user_id: UserId,
    /// How many units of which product.
    pub reserved_quantities: Quantities,
    /// When.
    pub reserved_at: Timestamp,
}

impl Event for StockReserved<'_> {
    const TOPIC: &'static str = "shopping.inventory.reserved";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// The order's stock is sold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockCommitted<'a> {
    /// The order.
    pub order_number: &'a OrderNumber,
    /// Whose order.
    pub user_id: UserId,
    /// How many units of which product.
    pub reserved_quantities: Quantities,
    /// When.
    pub committed_at: Timestamp,
}

impl Event for StockCommitted<'_> {
    const TOPIC: &'static str = "shopping.inventory.committed";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// The order's stock can be sold to others again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockReleased<'a> {
    /// The order.
    pub order_number: &'a OrderNumber,
    /// Whose order.
    pub user_id: UserId,
    /// How many units of which product.
    pub reserved_quantities: Quantities,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub released_at: Timestamp,
}

impl Event for StockReleased<'_> {
    const TOPIC: &'static str = "shopping.inventory.released";
    fn key(&self) -> String {
        self.order_number.to_string()
    }
}

/// A person, or goods that came back, changed what can be sold of a variant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockChanged {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// What can be sold of the variant now, over all locations.
    pub available: i64,
    /// What orders hold of the variant now, over all locations.
    pub reserved: i64,
}

impl Event for StockChanged {
    const TOPIC: &'static str = "shopping.inventory.changed";
    fn key(&self) -> String {
        self.product_id.to_string()
    }
}

impl StockChanged {
    /// The present level as a fact.
    pub(crate) fn of(level: &Level) -> StockChanged {
        let &Level { product, variant, available, reserved, .. } = level;
        StockChanged { product_id: product, variant_id: variant, available, reserved }
    }
}

/// The products whose stock `fact` changed: what the pages that show stock need to know.
pub fn products_of(fact: &Envelope) -> Vec<ProductId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OfOrder {
        reserved_quantities: Quantities,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OfProduct {
        product_id: ProductId,
    }
    match &*fact.topic {
        StockReserved::TOPIC | StockCommitted::TOPIC | StockReleased::TOPIC => {
            fact.read::<OfOrder>().map(|event| event.reserved_quantities.into_keys().collect()).unwrap_or_default()
        }
        StockChanged::TOPIC => fact.read::<OfProduct>().map(|event| vec![event.product_id]).unwrap_or_default(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_learns_which_products_moved() {
        let order: OrderNumber = "ORD-20260206-22222222".parse().unwrap();
        let user: UserId = "11111111-1111-1111-1111-111111111111".parse().unwrap();
        let said = StockReserved {
            order_number: &order,
            user_id: user,
            reserved_quantities: Quantities::from([(ProductId::new(7), 2), (ProductId::new(9), 1)]),
            reserved_at: Timestamp::from_millis(0),
        };
        let fact = Envelope {
            id: 1,
            topic: StockReserved::TOPIC.into(),
            key: said.key().into(),
            payload: serde_json::to_string(&said).unwrap().into(),
            at: Timestamp::from_millis(0),
        };
        assert!(fact.payload.contains(r#""reservedQuantities":{"7":2,"9":1}"#), "{}", fact.payload);
        assert_eq!(products_of(&fact), [ProductId::new(7), ProductId::new(9)]);
    }
}
