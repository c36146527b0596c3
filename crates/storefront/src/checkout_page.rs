//! The checkout: what the cart costs now, where it goes, and the order.

use crate::{
    account_pages::{AddressTexts, Addressed},
    photo::{Photo, Photos},
    visit::Visit,
};
use account::address::SavedAddress;
use askama::Template;
use axum::http::{Method, StatusCode};
use checkout::{
    quote::{self, Quote},
    request::OrderRequest,
};
use coupon::UserCoupon;
use kernel::{Code, Currency, Money, UserCouponId, text::wrong};
use pages::{Fields, FormToken, Html, PageResult, Refused, form, html::see, show::Show, texts, words::fill};
use serde::Deserialize;
use serde_json::{Value, json};

texts! {
    /// The texts of the checkout.
    CheckoutTexts {
        title: "Checkout", "주문하기";
        what: "Your order", "주문 상품";
        to: "Delivery address", "배송지";
        saved: "Saved addresses", "저장된 배송지";
        other: "New address", "새 배송지 입력";
        keep: "Save this address", "이 배송지를 저장합니다";
        memo: "Note for the carrier (optional)", "배송 메모(선택)";
        pay: "Summary", "결제 금액";
        subtotal: "Subtotal", "상품 금액";
        coupon: "Coupon", "쿠폰 할인";
        points: "Points", "포인트 사용";
        shipping: "Delivery", "배송비";
        free: "free", "무료";
        tax: "Tax included", "포함된 부가세";
        no_coupon: "No coupon", "쿠폰 사용 안 함";
        choose_coupon: "Coupon", "사용할 쿠폰";
        use_points: "Points to use (you have {})", "사용할 포인트(보유 {})";
        recount: "Update the total", "금액 다시 계산";
        recounted: "The total has changed with your choices. Check it, then place the order.", "선택한 내용에 따라 금액이 바뀌었습니다. 확인한 뒤 주문해 주세요.";
        payable: "Total", "최종 결제 금액";
        order: "Place order", "주문하기";
        next: "You pay on the next page. Until then the items are reserved for you.", "다음 화면에서 결제합니다. 그때까지 상품을 확보해 둡니다.";
        each: "{} each", "개당 {}";
        units: "× {}", "{}개";
        cannot: "Something is not available right now. Please change your cart first.", "지금 주문할 수 없는 상품이 있습니다. 장바구니를 먼저 수정해 주세요.";
        to_cart: "Back to the cart", "장바구니로 돌아가기";
        empty: "Your cart is empty.", "장바구니가 비어 있습니다.";
        look: "Look around", "상품 둘러보기";
    }
}

#[derive(Template)]
#[template(path = "checkout.html")]
struct Page {
    t: &'static CheckoutTexts,
    a: &'static AddressTexts,
    token: FormToken,
    once: String,
    trouble: Option<Html>,
    note: Option<&'static str>,
    coupons: Vec<(i64, String, bool)>,
    coupon: i64,
    /// The points that can be used, as a sentence and in whole main units of the currency.
    held: Option<(String, i64)>,
    points: i64,
    lines: Vec<Line>,
    problems: Vec<String>,
    sums: Vec<(&'static str, String)>,
    payable: String,
    expected: i64,
    can_order: bool,
    saved: Vec<Saved>,
    typed: Addressed,
    memo: String,
}

struct Line {
    image: Photo,
    name: String,
    variant: Option<String>,
    units: String,
    each: String,
    subtotal: String,
    can_order: bool,
}

struct Saved {
    id: i64,
    label: String,
    text: String,
    chosen: bool,
}

/// What the page is made of.
struct Found {
    /// `None` for an empty cart.
    quote: Option<Quote>,
    photos: Photos,
    saved: Vec<SavedAddress>,
    coupons: Vec<UserCoupon>,
    points: Money,
}

/// `GET /checkout`
pub async fn checkout(visit: Visit) -> PageResult {
    page(&visit, StatusCode::OK, None, None, &Fields::default()).await
}

async fn page(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    note: Option<&'static str>,
    sent: &Fields,
) -> PageResult {
    let t = CheckoutTexts::of(visit.language);
    let found = found(visit, sent).await?;
    let show = visit.show();
    let Some(quote) = found.quote else { return visit.page_as(status, t.title, &Empty { t, trouble }) };
    let chosen = sent.number("address").or(found.saved.iter().find(|one| one.is_default).map(|one| one.id.raw()));
    let saved = found.saved.into_iter().map(|one| Saved {
        id: one.id.raw(),
        label: one.label.unwrap_or_else(|| one.address.receiver_name.clone()),
        text: one.full_address,
        chosen: chosen == Some(one.id.raw()),
    });
    let coupon = sent.number("coupon").unwrap_or(0);
    let coupons = found.coupons.into_iter().map(|one| (one.id.raw(), one.name, one.id.raw() == coupon));
    let page = Page {
        t,
        a: AddressTexts::of(visit.language),
        token: visit.token.clone(),
        once: form::draw(),
        trouble,
        note,
        coupons: coupons.collect(),
        coupon,
        held: held(found.points, &show),
        points: points(sent).unwrap_or_default(),
        lines: quote.lines.iter().map(|line| shown(line, &found.photos, &show)).collect(),
        problems: quote.problems.iter().map(|problem| problem.message.clone()).collect(),
        sums: sums(&quote, &show),
        payable: show.money(quote.payable),
        expected: quote.payable.as_minor(),
        can_order: quote.orderable,
        saved: saved.collect(),
        typed: Addressed::of(sent),
        memo: sent.text("memo").to_owned(),
    };
    visit.page_as(status, t.title, &page)
}

fn shown(line: &quote::QuoteLine, photos: &Photos, show: &Show) -> Line {
    let t = CheckoutTexts::of(show.language);
    Line {
        image: photos.get(line.product_id, &line.product_name),
        name: line.product_name.clone(),
        variant: line.variant_name.clone(),
        units: fill(t.units, line.quantity),
        each: fill(t.each, show.money(line.price)),
        subtotal: show.money(line.subtotal),
        can_order: line.orderable,
    }
}

/// The points that a buyer can use here; none below one main unit of the currency.
fn held(points: Money, show: &Show) -> Option<(String, i64)> {
    let whole = points.as_minor() / unit(show.currency);
    let sentence = || fill(CheckoutTexts::of(show.language).use_points, show.money(points));
    (whole > 0).then(|| (sentence(), whole))
}

/// Minor units of a main unit.
fn unit(currency: Currency) -> i64 {
    10_i64.pow(u32::from(currency.minor_digits()))
}

/// The points that the form uses, in whole main units; C002 for a text that is no such number.
fn points(fields: &Fields) -> Result<i64, Refused> {
    match (fields.given("points"), fields.number("points")) {
        (None, _) => Ok(0),
        (Some(_), Some(points @ 0..)) => Ok(points),
        (Some(_), Some(_)) => Err(wrong("pointsToUse", "must be 0 or more").into()),
        (Some(_), None) => Err(wrong("pointsToUse", "must be a whole number").into()),
    }
}

/// The same as an amount; none when the form uses none.
fn points_to_use(fields: &Fields, currency: Currency) -> Result<Option<Money>, Refused> {
    let minor = points(fields)?.saturating_mul(unit(currency));
    Ok(Some(Money::checked(minor)?).filter(|amount| amount.is_positive()))
}

/// The amounts of which the sum consists, as far as there are some.
fn sums(quote: &Quote, show: &Show) -> Vec<(&'static str, String)> {
    let t = CheckoutTexts::of(show.language);
    let less = |amount: Money| format!("−{}", show.money(amount));
    let mut sums = vec![(t.subtotal, show.money(quote.subtotal))];
    sums.extend(quote.coupon.as_ref().map(|coupon| (t.coupon, less(coupon.discount))));
    sums.extend(quote.points.is_positive().then(|| (t.points, less(quote.points))));
    let free = quote.shipping_fee.is_zero();
    sums.push((t.shipping, if free { t.free.to_owned() } else { show.money(quote.shipping_fee) }));
    sums.extend(quote.tax.is_positive().then(|| (t.tax, show.money(quote.tax))));
    sums
}

async fn found(visit: &Visit, sent: &Fields) -> Result<Found, Refused> {
    let buyer = visit.buyer()?.id;
    let (currency, context) = (visit.app().shop.currency, visit.context.clone());
    let rules = visit.app().settings::<checkout::Settings>().prices();
    let (typed, wanted) = (Addressed::of(sent), sent.number("address"));
    // a form with points that cannot be used was refused already, and its page counts none
    let points_to_use = points_to_use(sent, currency).unwrap_or_default();
    let coupon = sent.number("coupon").filter(|id| *id > 0).map(UserCouponId::checked).transpose()?;
    let look = move |tx: &mut store::Tx<'_>| {
        let saved = account::ops::addresses(tx, &buyer)?;
        let named = saved.iter().find(|one| wanted.map_or(one.is_default, |id| one.id.raw() == id));
        let shipping_address = named.map(|one| one.address.clone()).or(typed.complete());
        let request =
            OrderRequest { shipping_address, user_coupon_id: coupon, points_to_use, ..OrderRequest::default() };
        let quote = match quote::quote(tx, currency, &rules, &buyer, &request, &context) {
            Ok(quote) => Some(quote),
            Err(error) if matches!(error.code(), Code::CartEmpty | Code::CartNotFound) => None,
            Err(error) => return Err(error),
        };
        let (points, _) = wallet::ops::points::usable(tx, &buyer)?;
        let products = quote.iter().flat_map(|quote| &quote.lines).map(|line| line.product_id);
        let photos = Photos::of(tx, products)?;
        Ok(Found { quote, photos, saved, coupons: coupon::ops::available(tx, &buyer)?, points })
    };
    visit.read("storefront.checkout", look).await
}

#[derive(Template)]
#[template(path = "checkout_empty.html")]
struct Empty {
    t: &'static CheckoutTexts,
    trouble: Option<Html>,
}

/// The order that the API has placed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    order_number: String,
}

/// `POST /checkout`: places the order of the cart. The same form sent twice places one.
pub async fn order(visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    // what was chosen since the sum was shown changes it, and a buyer sees the sum before ordering
    let coupon = fields.number("coupon").unwrap_or(0) != fields.number("counted").unwrap_or(0);
    let counted = fields.number("countedPoints").unwrap_or(0);
    let points = points_to_use(&fields, visit.app().shop.currency).and_then(|_| points(&fields));
    if points.as_ref().is_ok_and(|points| fields.is_on("recount") || coupon || *points != counted) {
        let note = Some(CheckoutTexts::of(visit.language).recounted);
        return page(&visit, StatusCode::OK, None, note, &fields).await;
    }
    let placed = match points {
        Ok(_) => place(&visit, &fields).await,
        Err(refused) => Err(refused),
    };
    match placed {
        Ok(number) => Ok(see(&format!("/orders/{number}"))),
        Err(refused) if refused.code() == Code::SignInRequired => Err(refused),
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            page(&visit, refused.status(), Some(trouble), None, &fields).await
        }
    }
}

async fn place(visit: &Visit, fields: &Fields) -> Result<String, Refused> {
    let address = address(visit, fields).await?;
    let mut order = json!({"shippingAddress": address, "expectedAmount": fields.number("expected")});
    if let Some(memo) = fields.given("memo") {
        order["memo"] = json!(memo);
    }
    if let Some(points) = points_to_use(fields, visit.app().shop.currency)? {
        order["pointsToUse"] = json!(points);
    }
    if let Some(coupon) = fields.number("coupon").filter(|id| *id > 0) {
        order["userCouponId"] = json!(coupon);
    }
    let placed: Placed = visit.call_once(fields.raw("once"), Method::POST, "/orders", Some(order)).await?;
    if fields.is_on("keep") && fields.number("address").is_none() {
        // the order is placed whether or not the address can be kept
        let _ = visit.send(Method::POST, "/api/v1/users/me/addresses", Some(json!({"address": address}))).await;
    }
    Ok(placed.order_number)
}

/// The address that the form names or contains.
pub async fn address(visit: &Visit, fields: &Fields) -> Result<Value, Refused> {
    let Some(wanted) = fields.number("address").filter(|id| *id > 0) else { return Ok(Addressed::of(fields).json()) };
    let buyer = visit.buyer()?.id;
    let saved = visit.read("storefront.addresses", move |tx| account::ops::addresses(tx, &buyer)).await?;
    let found = saved.into_iter().find(|one| one.id.raw() == wanted).ok_or(Code::AddressNotFound)?;
    serde_json::to_value(found.address).map_err(|error| Code::Internal.error().caused_by(error).into())
}
