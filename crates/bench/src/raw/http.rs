//! Bare handlers: the least that an HTTP server in Rust can do for the same request.

use super::{
    commit::Writer,
    order::{Address, LINES, Order, Schema, Ware},
};
use crate::requests;
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
    schema: Schema,
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
    pub fn new(writer: Writer<Order>, schema: Schema, wares: Arc<[Ware]>) -> Bare {
        let places = wares.iter().enumerate().map(|(n, ware)| (ware.product, n)).collect();
        Bare { writer, wares, schema, places: Arc::new(places), serial: Arc::new(AtomicU64::new(1)) }
    }

    /// The order `n` of [`requests::lines`], without a request.
    pub fn order(&self, n: u64) -> Order {
        let address = Address {
            receiver_name: "김하늘".to_owned(),
            receiver_phone: "010-1234-5678".to_owned(),
            zip_code: "04524".to_owned(),
            address1: "서울시 중구 세종대로 110".to_owned(),
            address2: Some("3층".to_owned()),
        };
        self.wanted(requests::lines(self.wares.len(), n), n, address)
    }

    fn wanted(&self, lines: [(usize, i64); LINES], n: u64, address: Address) -> Order {
        let user = match self.schema {
            Schema::Today => requests::user(n),
            Schema::One => requests::user_id(n % requests::USERS),
        };
        let (wares, schema, address) = (Arc::clone(&self.wares), self.schema, Arc::new(address));
        Order { schema, wares, lines, user, address, serial: self.serial.fetch_add(1, Ordering::Relaxed) }
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
        Some(self.wanted(lines, self.serial.load(Ordering::Relaxed), wanted.shipping_address))
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
