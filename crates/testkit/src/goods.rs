//! Products for tests, made through the admin API like any other.

use crate::{Sender, TestShop};
use serde_json::{Map, Value, json};

/// A product that is being described.
pub struct ProductBuilder<'a> {
    shop: &'a TestShop,
    by: Option<Sender>,
    members: Map<String, Value>,
}

/// A product on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: i64,
    /// Its default variant.
    pub variant: i64,
    /// Its sku.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its price in won.
    pub price: i64,
}

impl<'a> ProductBuilder<'a> {
    pub(crate) fn new(shop: &'a TestShop, name: &str) -> ProductBuilder<'a> {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(name));
        members.insert("sku".to_owned(), json!(format!("SKU-{}", name.to_uppercase().replace(' ', "-"))));
        members.insert("price".to_owned(), json!(10_000));
        members.insert("stock".to_owned(), json!(100));
        ProductBuilder { shop, by: None, members }
    }

    /// What one costs, in won.
    pub fn price(self, won: i64) -> Self {
        self.with("price", json!(won))
    }

    /// How many are there.
    pub fn stock(self, units: i64) -> Self {
        self.with("stock", json!(units))
    }

    /// Who sells it; an administrator unless a test names a seller.
    pub fn sold_by(mut self, seller: &Sender) -> Self {
        self.by = Some(seller.clone());
        self
    }

    /// Any other member of the request.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Makes it.
    #[track_caller]
    pub fn save(self) -> Product {
        let by = self.by.unwrap_or_else(|| self.shop.admin());
        let price = self.members["price"].as_i64().unwrap_or_default();
        let made = by.post("/admin/products", Value::Object(self.members)).must("201");
        let id = made.number("/id");
        let detail = self.shop.anonymous().get(format!("/products/{id}")).must("200");
        Product {
            id,
            variant: detail.number("/variants/0/id"),
            sku: made.word("/sku"),
            name: made.word("/name"),
            price,
        }
    }
}
