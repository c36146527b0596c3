//! `/cart`, for users and for guests.

use super::visitor::{Visitor, key_of, with_token};
use crate::cart_view::{self, CartResponse, NewItem, NewQuantity};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use cart::ops;
use kernel::{CartItemId, Code};
use store::Tx;
use utoipa_axum::routes;
use web::{
    App, Failure, Idempotent, NoBody, Path, Routes, ok, once,
    response::Success,
    route::{PUBLIC, Properties},
};

/// For users, and for guests who show a cart token.
const GUESTS_TOO: Properties = PUBLIC.personal();

/// The handlers for carts.
pub fn routes() -> Routes {
    Routes::new()
        .add(GUESTS_TOO.refusing(&[Code::CartNotFound]), routes!(get_cart, clear_cart))
        .add(
            GUESTS_TOO.refusing(&[
                Code::ProductNotFound,
                Code::ProductInactive,
                Code::InventoryNotFound,
                Code::CartNotFound,
                Code::CartItemQuantityExceeded,
                Code::CartItemAlreadyExists,
            ]),
            routes!(add_cart_item),
        )
        .add(
            GUESTS_TOO.refusing(&[
                Code::CartItemNotFound,
                Code::CartNotFound,
                Code::CartItemQuantityExceeded,
                Code::ProductNotFound,
                Code::ProductInactive,
                Code::InventoryNotFound,
            ]),
            routes!(change_cart_item, remove_cart_item),
        )
        .add(
            GUESTS_TOO.refusing(&[
                Code::CartEmpty,
                Code::CartNotFound,
                Code::ProductNotFound,
                Code::ProductInactive,
                Code::InventoryNotFound,
                Code::CartItemQuantityExceeded,
            ]),
            routes!(check_out_cart),
        )
}

/// The caller's cart, with today's prices and stock, checked out or not; made when there is none.
///
/// A caller who is not signed in is a guest, known by `X-Cart-Token`. Who sends none, or one that is not known any more, gets a
/// new cart, and its token in the response header `X-Cart-Token`. Send it once together with an access token, and the guest's cart
/// is merged into the user's.
#[utoipa::path(get, path = "/cart", tag = "cart", params(("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>,
        headers(("X-Cart-Token" = String, description = "a new guest's token")))))]
async fn get_cart(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let (shopper, token) = visitor.welcomed(&app).await?;
    let who = shopper.clone();
    let peek =
        move |tx: &mut Tx<'_>| ops::peek(tx, &who.owner)?.map(|cart| cart_view::shown(tx, cart, &who)).transpose();
    let cart = match app.db.read("cart.show", peek).await? {
        Some(cart) => cart,
        None => {
            let make = move |tx: &mut Tx<'_>| {
                let cart = ops::current(tx, &shopper.owner)?;
                cart_view::shown(tx, cart, &shopper)
            };
            app.db.write("cart.make", make).await?
        }
    };
    Ok(with_token(ok(cart).into_response(), token))
}

/// Put something into the cart. S106 when it is there already, unless `merge` says to add to that line. Who is not signed in and
/// sends no token gets a guest's cart, see `GET /cart`.
#[utoipa::path(post, path = "/cart/items", tag = "cart", request_body = NewItem,
    params(("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>,
        headers(("X-Cart-Token" = String, description = "a new guest's token")))))]
async fn add_cart_item(
    State(app): State<App>,
    visitor: Visitor,
    body: Idempotent<NewItem>,
) -> Result<Response, Failure> {
    let (shopper, token) = visitor.welcomed(&app).await?;
    let (new, key) = (body.body, key_of(&shopper, body.key));
    let response = once(&app, key, "cart.add", move |tx| cart_view::add(tx, &shopper, &new).map(ok)).await?;
    Ok(with_token(response, token))
}

/// Change how many units a line of the cart has. A line that cannot be bought now can only get fewer.
#[utoipa::path(put, path = "/cart/items/{itemId}", tag = "cart", request_body = NewQuantity,
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn change_cart_item(
    State(app): State<App>,
    visitor: Visitor,
    Path(item): Path<CartItemId>,
    body: Idempotent<NewQuantity>,
) -> Result<Response, Failure> {
    let shopper = visitor.known(&app).await?;
    let (quantity, key) = (body.body.quantity, key_of(&shopper, body.key));
    once(&app, key, "cart.change", move |tx| cart_view::change(tx, &shopper, item, quantity).map(ok)).await
}

/// Take a line out of the cart.
#[utoipa::path(delete, path = "/cart/items/{itemId}", tag = "cart",
    params(("itemId" = i64, Path), ("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn remove_cart_item(
    State(app): State<App>,
    visitor: Visitor,
    Path(item): Path<CartItemId>,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let shopper = visitor.known(&app).await?;
    once(&app, key_of(&shopper, body.key), "cart.remove", move |tx| {
        let cart = ops::remove(tx, &shopper.owner, item)?;
        cart_view::shown(tx, cart, &shopper).map(ok)
    })
    .await
}

/// Empty the cart.
#[utoipa::path(delete, path = "/cart", tag = "cart",
    params(("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn clear_cart(State(app): State<App>, visitor: Visitor, body: Idempotent<NoBody>) -> Result<Response, Failure> {
    let shopper = visitor.known(&app).await?;
    once(&app, key_of(&shopper, body.key), "cart.clear", move |tx| {
        let cart = ops::clear(tx, &shopper.owner)?;
        cart_view::shown(tx, cart, &shopper).map(ok)
    })
    .await
}

/// Check the cart out: it is checked and marked, and any later change takes the mark away. Optional and repeatable; an order
/// takes the cart either way.
#[utoipa::path(post, path = "/cart/checkout", tag = "cart",
    params(("Idempotency-Key" = Option<String>, Header), ("X-Cart-Token" = Option<String>, Header)),
    responses((status = 200, body = Success<CartResponse>)))]
async fn check_out_cart(
    State(app): State<App>,
    visitor: Visitor,
    body: Idempotent<NoBody>,
) -> Result<Response, Failure> {
    let shopper = visitor.known(&app).await?;
    let key = key_of(&shopper, body.key);
    once(&app, key, "cart.check-out", move |tx| cart_view::check_out(tx, &shopper).map(ok)).await
}
