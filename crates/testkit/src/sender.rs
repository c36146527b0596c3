//! Someone who sends requests to the whole shop.

use fixture::{Caller, Response, Site};
use kernel::UserId;
use serde_json::{Value, json};
use std::{ops::Deref, sync::Arc};
use web::Role;

/// One caller of the whole shop: a [`Caller`] who can also buy. Cloning it gives the same caller.
#[derive(Clone)]
pub struct Sender(Caller);

impl Deref for Sender {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Sender {
    pub(crate) fn anonymous(site: &Arc<Site>) -> Sender {
        Sender(Caller::anonymous(site))
    }

    pub(crate) fn new(site: &Arc<Site>, id: UserId, role: Role) -> Sender {
        Sender(Caller::new(site, id, role))
    }

    /// The same caller with this header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Sender {
        Sender(self.0.with(name, value))
    }

    /// The same caller with this header once more, beside the one of that name.
    pub fn also(&self, name: &'static str, value: &str) -> Sender {
        Sender(self.0.also(name, value))
    }

    /// The same caller with this idempotency key on every request.
    pub fn keyed(&self, key: &str) -> Sender {
        Sender(self.0.keyed(key))
    }
}

/// What buyers do, in the words of the shop.
impl Sender {
    /// Puts `quantity` of a product into the caller's cart.
    pub fn fills_cart(&self, product: &crate::Product, quantity: i64) -> Response {
        self.post("/cart/items", json!({"productId": product.id, "quantity": quantity}))
    }

    /// Orders what is in the caller's cart.
    pub fn orders_cart(&self) -> Response {
        self.post("/orders", json!({"shippingAddress": address()}))
    }

    /// Orders `quantity` of one product without a cart.
    pub fn orders(&self, product: &crate::Product, quantity: i64) -> Response {
        self.orders_all(&[(product, quantity)])
    }

    /// Orders several lines without a cart.
    pub fn orders_all(&self, lines: &[(&crate::Product, i64)]) -> Response {
        self.post("/orders", order_of(lines))
    }

    /// Pays an order by card; `payment_key` says what the simulated gateway does.
    pub fn pays(&self, order: &str, payment_key: &str) -> Response {
        let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": payment_key});
        self.post("/payments", body)
    }

    /// Cancels an order.
    pub fn cancels(&self, order: &str) -> Response {
        self.put(format!("/orders/{order}/cancel"), json!({"reason": "changed my mind"}))
    }

    /// Looks at an order.
    pub fn sees(&self, order: &str) -> Response {
        self.get(format!("/orders/{order}"))
    }
}

/// Where test parcels go.
pub fn address() -> Value {
    json!({
        "receiverName": "김하늘",
        "receiverPhone": "010-1234-5678",
        "zipCode": "04524",
        "address1": "서울시 중구 세종대로 110",
        "address2": "3층",
    })
}

/// The body of an order of these lines.
pub fn order_of(lines: &[(&crate::Product, i64)]) -> Value {
    let items: Vec<Value> =
        lines.iter().map(|(p, quantity)| json!({"productId": p.id, "quantity": quantity})).collect();
    json!({"items": items, "shippingAddress": address()})
}
