//! What buyers send: the orders of every measurement, and whole purchases.

use crate::{
    client::{Client, request},
    raw::order::{LINES, Ware},
    side::Hello,
};
use serde_json::{Value, json};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use web::BASE;

/// Users who order, each with a token.
pub const USERS: u64 = 1_000;

/// The id of the user who places order `n`. Buyers of the same moment are not neighbours in an index.
pub fn user(n: u64) -> String {
    user_id(n.wrapping_mul(7_919) % USERS)
}

/// The id of a user.
pub fn user_id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

/// Three different products for order `n`, chosen so that all products are ordered equally often.
pub fn lines(wares: usize, n: u64) -> [(usize, i64); LINES] {
    // steps that share no factor with the number of products, so that the three always differ
    let at = |step: u64| usize::try_from(n.wrapping_mul(7).wrapping_add(step) % wares as u64).unwrap_or(0);
    [(at(0), 1), (at(33), 2), (at(61), 1)]
}

fn address() -> Value {
    json!({"receiverName": "김하늘", "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "서울시 중구 세종대로 110", "address2": "3층"})
}

/// The body of the `n`th order.
fn order_body(wares: &[Ware], n: u64) -> String {
    let items =
        lines(wares.len(), n).map(|(ware, quantity)| json!({"productId": wares[ware].product, "quantity": quantity}));
    json!({"items": items, "shippingAddress": address()}).to_string()
}

/// Requests made in advance, so that making them is not measured.
pub fn orders(shop: &Hello, path: &str, signed: bool) -> Arc<[Vec<u8>]> {
    let one = |n: usize| {
        let token = signed.then(|| shop.tokens[n % shop.tokens.len()].as_str());
        request("POST", path, token, Some(&order_body(&shop.wares, n as u64)))
    };
    (0..shop.tokens.len()).map(one).collect()
}

/// A unit that sends one of `requests` and expects the status `wanted`.
pub fn unit(
    requests: Arc<[Vec<u8>]>,
    wanted: u16,
) -> impl AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + Send + 'static {
    async move |client: &mut Client, connection: usize, n: u64| {
        let at = connection.wrapping_mul(7919).wrapping_add(usize::try_from(n).unwrap_or(0)) % requests.len();
        let answer = client.call(&requests[at]).await?;
        Ok(if answer.status == wanted { Ok(()) } else { Err(answer.status) })
    }
}

/// A unit in which user `n` asks for one of the last things, and gets one or is refused with 409. `won` counts those who got one.
pub fn rush(
    requests: Arc<[Vec<u8>]>,
    won: Arc<AtomicU64>,
) -> impl AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + Send + 'static {
    async move |client: &mut Client, _: usize, n: u64| {
        let answer = client.call(&requests[usize::try_from(n).unwrap_or(0) % requests.len()]).await?;
        Ok(match answer.status {
            201 => {
                won.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            409 => Ok(()),
            other => Err(other),
        })
    }
}

/// The body of a purchase in a deal.
pub fn deal_body(product: i64) -> String {
    json!({"timeDealProductId": product, "quantity": 1, "shippingAddress": address()}).to_string()
}

/// A unit that is a whole purchase. Every connection is one buyer with one cart.
pub fn purchase(shop: &Hello) -> impl AsyncFn(&mut Client, usize, u64) -> io::Result<Result<(), u16>> + Send + 'static {
    let (wares, tokens) = (shop.wares.clone(), shop.tokens.clone());
    async move |client: &mut Client, connection: usize, n: u64| {
        buy(client, &tokens[connection % tokens.len()], &wares, connection as u64 * 31 + n).await
    }
}

async fn buy(client: &mut Client, token: &str, wares: &[Ware], n: u64) -> io::Result<Result<(), u16>> {
    let ware = &wares[usize::try_from(n.wrapping_mul(7) % wares.len() as u64).unwrap_or(0)];
    let item = json!({"productId": ware.product, "quantity": 1, "merge": true}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/cart/items"), Some(token), Some(&item))).await?;
    if answer.status != 200 && answer.status != 201 {
        return Ok(Err(answer.status));
    }
    let body = json!({"shippingAddress": address()}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/orders"), Some(token), Some(&body))).await?;
    let placed: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    let Some(order) = placed["data"]["orderNumber"].as_str() else { return Ok(Err(answer.status)) };
    let payment = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"}).to_string();
    let answer = client.call(&request("POST", &format!("{BASE}/payments"), Some(token), Some(&payment))).await?;
    Ok(if (200..300).contains(&answer.status) && answer.status != 202 { Ok(()) } else { Err(answer.status) })
}
