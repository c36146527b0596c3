//! Bare handlers: the least that an HTTP server in Rust can do for the same request.

use super::{
    commit::Writer,
    order::{Address, LINES, Order, Ware},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What the bare order handler knows.
#[derive(Clone)]
pub struct Bare {
    /// The bare writer.
    pub writer: Writer<Order>,
    /// Products, from memory.
    pub wares: Arc<[Ware]>,
    places: Arc<HashMap<i64, usize>>,
    serial: Arc<AtomicU64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlaceOrder {
    items: Vec<Item>,
    shipping_address: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product_id: i64,
    quantity: i64,
}

impl Bare {
    /// Orders of `wares` go to `writer`.
    pub fn new(writer: Writer<Order>, wares: Arc<[Ware]>) -> Bare {
        let places = wares.iter().enumerate().map(|(n, ware)| (ware.product, n)).collect();
        Bare { writer, wares, places: Arc::new(places), serial: Arc::new(AtomicU64::new(1)) }
    }

    /// A unique number.
    pub fn serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// The router with the one handler.
    pub fn router(self) -> Router {
        Router::new().route("/orders", post(order)).with_state(self)
    }

    fn read(&self, body: &[u8]) -> Option<Order> {
        let wanted: PlaceOrder = serde_json::from_slice(body).ok()?;
        let mut lines = [(0, 0); LINES];
        for (slot, item) in lines.iter_mut().zip(&wanted.items) {
            *slot = (*self.places.get(&item.product_id)?, item.quantity);
        }
        let serial = self.serial();
        Some(Order {
            wares: Arc::clone(&self.wares),
            lines,
            user: format!("00000000-0000-4000-8000-{:012x}", serial % 1_000),
            address: Arc::new(wanted.shipping_address),
            serial,
        })
    }
}

async fn order(State(bare): State<Bare>, body: Bytes) -> Response {
    let Some(order) = bare.read(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    match bare.writer.write(order).await {
        Some(number) => {
            let body = format!(r#"{{"success":true,"data":{{"orderNumber":"{number}","status":"CONFIRMED"}}}}"#);
            (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        None => StatusCode::CONFLICT.into_response(),
    }
}

/// A router that answers `GET /empty` with `body`.
pub fn empty(body: Bytes) -> Router {
    let answer = move || {
        let body = body.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], body) }
    };
    Router::new().route("/empty", get(answer))
}
