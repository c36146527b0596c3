//! The cart, of buyers and of guests.

use crate::{
    photo::{Photo, Photos},
    visit::Visit,
};
use askama::Template;
use axum::{
    Json,
    extract::FromRequestParts,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use cart::ops;
use checkout::{
    cart_view::{self, CartItem, CartResponse},
    http::{CART_TOKEN, Visitor},
};
use kernel::{CartItemId, Code};
use pages::{
    Fields, FormToken, Html, PageResult, Refused, cookie, html,
    html::see,
    show::Show,
    texts,
    words::{fill, plural},
};
use serde_json::json;
use store::Tx;

texts! {
    /// The texts of the cart.
    CartTexts {
        title: "Cart", "장바구니";
        empty: "Your cart is empty.", "장바구니가 비어 있습니다.";
        look: "Look around", "상품 둘러보기";
        added: "Added to your cart.", "장바구니에 담았습니다.";
        quantity: "Quantity", "수량";
        change: "Update", "변경";
        remove: "Remove", "삭제";
        clear: "Empty cart", "장바구니 비우기";
        each: "{} each", "개당 {}";
        changed: "The price was {} when you added it.", "담을 때 가격은 {}이었습니다.";
        cannot: "Not available right now", "지금 주문할 수 없습니다";
        left_out: "Unavailable items are not in the total.", "주문할 수 없는 상품은 합계에 포함되지 않습니다.";
        total: "Total", "합계";
        unit: "{} item", "{}개";
        units: "{} items", "{}개";
        check_out: "Checkout", "주문하기";
        guest: "You sign in next. Your cart comes along.", "로그인이 필요합니다. 담은 상품은 그대로 유지됩니다.";
    }
}

#[derive(Template)]
#[template(path = "cart.html")]
struct Page {
    t: &'static CartTexts,
    token: FormToken,
    trouble: Option<Html>,
    note: Option<&'static str>,
    lines: Vec<Line>,
    total: String,
    units: String,
    some_unavailable: bool,
    can_check_out: bool,
    guest: bool,
}

struct Line {
    id: i64,
    href: String,
    image: Photo,
    name: String,
    variant: Option<String>,
    each: String,
    quantity: i64,
    subtotal: String,
    changed: Option<String>,
    problem: Option<String>,
}

/// `GET /cart`
pub async fn cart(visit: Visit) -> PageResult {
    let note = visit.query.is_on("added").then_some(CartTexts::of(visit.language).added);
    page(&visit, StatusCode::OK, None, note).await
}

async fn page(visit: &Visit, status: StatusCode, trouble: Option<Html>, note: Option<&'static str>) -> PageResult {
    let t = CartTexts::of(visit.language);
    let with_photos = |tx: &mut Tx<'_>, cart: CartResponse| {
        let photos = Photos::of(tx, cart.items.iter().map(|item| item.product_id))?;
        Ok((cart, photos))
    };
    let (cart, photos) = found(visit, with_photos).await?.unzip();
    let (show, units) = (visit.show(), cart.as_ref().map_or(0, |cart| cart.total_quantity));
    let lines: Vec<Line> = match (&cart, &photos) {
        (Some(cart), Some(photos)) => cart.items.iter().map(|item| line(item, cart, photos, &show)).collect(),
        _ => Vec::new(),
    };
    let page = Page {
        t,
        token: visit.token.clone(),
        trouble,
        note,
        total: show.money(cart.as_ref().map_or(kernel::Money::ZERO, |cart| cart.total_amount)),
        units: fill(plural(units, t.unit, t.units), show.count(units)),
        some_unavailable: cart.as_ref().is_some_and(|cart| !cart.unavailable.is_empty()),
        can_check_out: units > 0,
        guest: visit.user.is_none(),
        lines,
    };
    visit.page_as(status, t.title, &page)
}

fn line(item: &CartItem, cart: &CartResponse, photos: &Photos, show: &Show) -> Line {
    let t = CartTexts::of(show.language);
    let unavailable = cart.unavailable.iter().find(|other| other.item_id == Some(item.id));
    Line {
        id: item.id.raw(),
        href: format!("/products/{}", item.product_id),
        image: photos.get(item.product_id, &item.product_name),
        name: item.product_name.clone(),
        variant: item.variant_name.clone(),
        each: fill(t.each, show.money(item.current_price)),
        quantity: item.quantity.as_i64(),
        subtotal: show.money(item.subtotal),
        changed: item.price_changed.then(|| fill(t.changed, show.money(item.price))),
        problem: unavailable.map(|line| line.reason.message.clone()),
    }
}

/// What `read` gives of the visitor's cart; `None` when there is none yet. Looking makes none.
async fn found<T: Send + 'static>(
    visit: &Visit,
    read: impl Fn(&mut Tx<'_>, CartResponse) -> kernel::Result<T> + Send + 'static,
) -> Result<Option<T>, Refused> {
    if visit.user.is_none() && visit.cookies.get(cookie::CART).is_none() {
        return Ok(None);
    }
    let visitor = Visitor::from_request_parts(&mut visit.parts.clone(), visit.app()).await?;
    let shopper = match visitor.known(visit.app()).await.map_err(Refused::from) {
        Ok(shopper) => shopper,
        // the cart of this token was forgotten
        Err(refused) if matches!(refused.code(), Code::CartNotFound | Code::SignInRequired) => return Ok(None),
        Err(refused) => return Err(refused),
    };
    let look = move |tx: &mut Tx<'_>| {
        let Some(cart) = ops::peek(tx, &shopper.owner)? else { return Ok(None) };
        let cart = cart_view::shown(tx, cart, &shopper)?;
        read(tx, cart).map(Some)
    };
    visit.read("storefront.cart", look).await
}

/// `GET /me`: what of every page is the visitor's own.
pub async fn me(visit: Visit) -> PageResult {
    let units = |_: &mut Tx<'_>, cart: CartResponse| Ok(cart.items.iter().map(|item| item.quantity.as_i64()).sum());
    let units: i64 = found(&visit, units).await?.unwrap_or(0);
    let mut response = Json(json!({"cart": units, "signedIn": visit.user.is_some()})).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, html::PRIVATE);
    Ok(response)
}

/// `POST /cart/items`: puts something in, added to what is there.
pub async fn add(visit: Visit, fields: Fields) -> PageResult {
    let mut wanted = json!({"quantity": 1, "merge": true});
    if fields.is_on("quantity") {
        wanted["quantity"] = fields.number_to_send("quantity");
    }
    let (what, field) = if fields.is_on("variant") { ("variantId", "variant") } else { ("productId", "product") };
    wanted[what] = fields.number_to_send(field);
    match visit.send(Method::POST, "/cart/items", Some(wanted)).await {
        Ok(response) => Ok(with_cart(&visit, &response, see("/cart?added=1"))),
        Err(refused) => refused_page(&visit, &refused).await,
    }
}

/// The response with the cookie of a new guest's cart.
pub fn with_cart(visit: &Visit, from: &Response, mut to: Response) -> Response {
    if let Some(token) = from.headers().get(CART_TOKEN).and_then(|token| token.to_str().ok()) {
        cookie::add(&mut to, [visit.cookies.set(cookie::CART, token, visit.site.ages.cart)]);
    }
    to
}

/// `POST /cart/items/{item}`: another quantity, or out of the cart.
pub async fn change(web::Path(item): web::Path<CartItemId>, visit: Visit, fields: Fields) -> PageResult {
    let path = format!("/cart/items/{item}");
    let done = if fields.is_on("remove") || fields.number("quantity") == Some(0) {
        visit.send(Method::DELETE, &path, None).await
    } else {
        visit.send(Method::PUT, &path, Some(json!({"quantity": fields.number_to_send("quantity")}))).await
    };
    match done {
        Ok(_) => Ok(see("/cart")),
        Err(refused) => refused_page(&visit, &refused).await,
    }
}

/// `POST /cart/clear`
pub async fn clear(visit: Visit, _: Fields) -> PageResult {
    match visit.send(Method::DELETE, "/cart", None).await {
        Ok(_) => Ok(see("/cart")),
        Err(refused) => refused_page(&visit, &refused).await,
    }
}

async fn refused_page(visit: &Visit, refused: &Refused) -> PageResult {
    let trouble = Html::of(&visit.trouble(refused))?;
    page(visit, refused.status(), Some(trouble), None).await
}
