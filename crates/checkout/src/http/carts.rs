//! `/cart`.

use crate::cart_view::{self, CartResponse, NewItem, NewQuantity};
use axum::{extract::State, response::Response};
use cart::ops;
use kernel::CartItemId;
use store::Tx;
use utoipa_axum::routes;
use web::{ApiResult, App, Failure, Idempotent, NoBody, Path, Routes, User, ok, once, response::Success, route::USER};

/// The handlers for carts.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER, routes!(get_cart, clear_cart))
        .add(USER, routes!(add_cart_item))
        .add(USER, routes!(change_cart_item, remove_cart_item))
        .add(USER, routes!(check_out_cart))
}

/// The caller's cart, with today's prices and stock; made when there is none.
#[utoipa::path(get, path = "/cart", tag = "cart", responses((status = 200, body = Success<CartResponse>)))]
async fn get_cart(State(app): State<App>, user: User) -> ApiResult<CartResponse> {
    let peek = move |tx: &mut Tx<'_>| ops::peek(tx, &user.id)?.map(|cart| cart_view::shown(tx, cart)).transpose();
    if let Some(cart) = app.db.read("cart.show", peek).await? {
        return Ok(ok(cart));
    }
    let make = move |tx: &mut Tx<'_>| {
        let cart = ops::current(tx, &user.id)?;
        cart_view::shown(tx, cart)
    };
    Ok(ok(app.db.write("cart.make", make).await?))
}

/// Put something into the cart. S106 when it is there already, unless `merge` says to add to that line.
#[utoipa::path(post, path = "/cart/items", tag = "cart", request_body = NewItem,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn add_cart_item(State(app): State<App>, user: User, body: Idempotent<NewItem>) -> Result<Response, Failure> {
    let new = body.body;
    once(&app, body.key, "cart.add", move |tx| cart_view::add(tx, &user.id, &new).map(ok)).await
}

/// Change how many units a line of the cart has.
#[utoipa::path(put, path = "/cart/items/{itemId}", tag = "cart", request_body = NewQuantity,
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn change_cart_item(
    State(app): State<App>,
    user: User,
    Path(item): Path<CartItemId>,
    body: Idempotent<NewQuantity>,
) -> Result<Response, Failure> {
    let quantity = body.body.quantity;
    once(&app, body.key, "cart.change", move |tx| cart_view::change(tx, &user.id, item, quantity).map(ok)).await
}

/// Take a line out of the cart.
#[utoipa::path(delete, path = "/cart/items/{itemId}", tag = "cart",
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn remove_cart_item(
    State(app): State<App>,
    user: User,
    Path(item): Path<CartItemId>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    once(&app, body.key, "cart.remove", move |tx| {
        let cart = ops::remove(tx, &user.id, item)?;
        cart_view::shown(tx, cart).map(ok)
    })
    .await
}

/// Empty the cart.
#[utoipa::path(delete, path = "/cart", tag = "cart", params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn clear_cart(State(app): State<App>, user: User, body: Idempotent<NoBody>) -> Result<Response, Failure> {
    once(&app, body.key, "cart.clear", move |tx| {
        let cart = ops::clear(tx, &user.id)?;
        cart_view::shown(tx, cart).map(ok)
    })
    .await
}

/// Check the cart out: it is no longer changed, and the next order comes from it. Optional; placing an order does it too.
#[utoipa::path(post, path = "/cart/checkout", tag = "cart", params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn check_out_cart(State(app): State<App>, user: User, body: Idempotent<NoBody>) -> Result<Response, Failure> {
    once(&app, body.key, "cart.check-out", move |tx| cart_view::check_out(tx, &user.id).map(ok)).await
}
