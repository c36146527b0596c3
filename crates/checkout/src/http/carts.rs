//! `/cart`.

use crate::cart_view::{self, CartResponse, NewItem, NewQuantity, Shopper};
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::Response,
};
use cart::ops;
use kernel::{CartItemId, Code};
use store::Tx;
use utoipa_axum::routes;
use web::{
    ApiResult, App, Context, Failure, Idempotent, NoBody, Path, Routes, User, ok, once, response::Success, route::USER,
};

/// The handlers for carts.
pub fn routes() -> Routes {
    Routes::new()
        .add(USER, routes!(get_cart, clear_cart))
        .add(USER, routes!(add_cart_item))
        .add(USER.refusing(&[Code::CartItemNotFound]), routes!(change_cart_item, remove_cart_item))
        .add(USER, routes!(check_out_cart))
}

/// The caller's cart, with today's prices and stock, checked out or not; made when there is none.
#[utoipa::path(get, path = "/cart", tag = "cart", responses((status = 200, body = Success<CartResponse>)))]
async fn get_cart(State(app): State<App>, shopper: Shopper) -> ApiResult<CartResponse> {
    let who = shopper.clone();
    let peek =
        move |tx: &mut Tx<'_>| ops::peek(tx, &who.user)?.map(|cart| cart_view::shown(tx, cart, &who)).transpose();
    if let Some(cart) = app.db.read("cart.show", peek).await? {
        return Ok(ok(cart));
    }
    let make = move |tx: &mut Tx<'_>| {
        let cart = ops::current(tx, &shopper.user)?;
        cart_view::shown(tx, cart, &shopper)
    };
    Ok(ok(app.db.write("cart.make", make).await?))
}

/// Put something into the cart. S106 when it is there already, unless `merge` says to add to that line.
#[utoipa::path(post, path = "/cart/items", tag = "cart", request_body = NewItem,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn add_cart_item(
    State(app): State<App>,
    shopper: Shopper,
    body: Idempotent<NewItem>,
) -> Result<Response, Failure> {
    let new = body.body;
    once(&app, body.key, "cart.add", move |tx| cart_view::add(tx, &shopper, &new).map(ok)).await
}

/// Change how many units a line of the cart has. A line that cannot be bought now can only get fewer.
#[utoipa::path(put, path = "/cart/items/{itemId}", tag = "cart", request_body = NewQuantity,
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn change_cart_item(
    State(app): State<App>,
    shopper: Shopper,
    Path(item): Path<CartItemId>,
    body: Idempotent<NewQuantity>,
) -> Result<Response, Failure> {
    let quantity = body.body.quantity;
    once(&app, body.key, "cart.change", move |tx| cart_view::change(tx, &shopper, item, quantity).map(ok)).await
}

/// Take a line out of the cart.
#[utoipa::path(delete, path = "/cart/items/{itemId}", tag = "cart",
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn remove_cart_item(
    State(app): State<App>,
    shopper: Shopper,
    Path(item): Path<CartItemId>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    once(&app, body.key, "cart.remove", move |tx| {
        let cart = ops::remove(tx, &shopper.user, item)?;
        cart_view::shown(tx, cart, &shopper).map(ok)
    })
    .await
}

/// Empty the cart.
#[utoipa::path(delete, path = "/cart", tag = "cart", params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn clear_cart(State(app): State<App>, shopper: Shopper, body: Idempotent<NoBody>) -> Result<Response, Failure> {
    once(&app, body.key, "cart.clear", move |tx| {
        let cart = ops::clear(tx, &shopper.user)?;
        cart_view::shown(tx, cart, &shopper).map(ok)
    })
    .await
}

/// Check the cart out: it is checked and marked, and any later change takes the mark away. Optional and repeatable; an order
/// takes the cart either way.
#[utoipa::path(post, path = "/cart/checkout", tag = "cart", params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn check_out_cart(
    State(app): State<App>,
    shopper: Shopper,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    once(&app, body.key, "cart.check-out", move |tx| cart_view::check_out(tx, &shopper).map(ok)).await
}

impl FromRequestParts<App> for Shopper {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Shopper, Failure> {
        let User { id: user, .. } = User::from_request_parts(parts, app).await?;
        let Ok(context) = Context::from_request_parts(parts, app).await;
        Ok(Shopper { user, context })
    }
}
