//! Time deals: the list, and the page of one deal with its countdown.

use crate::{
    cards::stock_class,
    photo::{Photo, Photos},
    site::{BRIEFLY, DEALS},
    visit::Visit,
};
use askama::Template;
use axum::http::Method;
use checkout::deal::view::{self, TimeDealProductResponse, TimeDealResponse};
use inventory::StockStatus;
use kernel::{Code, Quantity, TimeDealId, TimeDealProductId, Timestamp, UserId};
use pages::{
    Fields, FormToken, Html, PageResult, Refused, form, html::see, shell::About, show::Show, texts, words::fill,
};
use serde::Deserialize;
use serde_json::json;
use timedeal::{Status, ops};

texts! {
    /// The texts of deals.
    DealTexts {
        title: "Time deals", "타임딜";
        lead: "Limited time, limited quantity. Every unit is sold exactly once.", "짧은 시간, 한정 수량. 한 개도 두 번 팔지 않습니다.";
        running: "Now", "진행 중";
        coming: "Coming up", "예정";
        none: "There is no deal at the moment. Have a look at our products instead.", "지금은 진행 중인 타임딜이 없습니다. 다른 상품을 둘러보세요.";
        look: "All products", "전체 상품 보기";
        starts: "Starts {}", "{} 시작";
        ends: "Ends {}", "{} 종료";
        ends_in: "Time left", "남은 시간";
        starts_in: "Starts in", "시작까지";
        over: "Ended", "종료되었습니다";
        begun: "It has started. Please reload the page", "시작되었습니다. 페이지를 새로 고쳐 주세요";
        days: "{} d", "{}일";
        left: "{} left", "{}개 남음";
        sold_out: "Sold out", "품절";
        per_person: "Max. {} per person", "1인당 최대 {}개";
        quantity: "Quantity", "수량";
        buy: "Buy now", "타임딜 가격으로 구매";
        was: "Regular price", "정가";
        product: "Product details", "상품 보기";
        ended: "This deal has ended.", "종료된 타임딜입니다.";
        see: "See the deal", "타임딜 보기";
    }
}

/// A deal as pages show it.
#[derive(Template)]
#[template(path = "deal_card.html")]
pub struct DealView {
    t: &'static DealTexts,
    id: i64,
    name: String,
    description: Option<String>,
    status: Status,
    when: String,
    /// What the countdown counts to, and the shop's time now.
    until_ms: i64,
    now_ms: i64,
    products: Vec<Product>,
}

struct Product {
    id: i64,
    href: String,
    name: String,
    image: Photo,
    price: String,
    was: Option<String>,
    off: i64,
    left: String,
    stock_class: &'static str,
    can_buy: bool,
    /// How much of the deal is sold, in percents.
    sold: i64,
    per_person: String,
    units_max: i64,
}

impl DealView {
    fn of(deal: &TimeDealResponse, photos: &Photos, show: &Show) -> DealView {
        let t = DealTexts::of(show.language);
        let (when, until) = match deal.status {
            Status::Scheduled => (fill(t.starts, show.moment(deal.starts_at)), deal.starts_at),
            _ => (fill(t.ends, show.moment(deal.ends_at)), deal.ends_at),
        };
        DealView {
            t,
            id: deal.id.raw(),
            name: deal.name.clone(),
            description: deal.description.clone(),
            status: deal.status,
            when,
            until_ms: until.as_millis(),
            now_ms: deal.server_time.as_millis(),
            products: deal.products.iter().map(|product| Product::of(product, deal.status, photos, show)).collect(),
        }
    }

    /// The deal in a list.
    pub fn card(deal: &TimeDealResponse, photos: &Photos, show: &Show) -> kernel::Result<Html> {
        Html::of(&DealView::of(deal, photos, show))
    }

    fn is_coming(&self) -> bool {
        self.status == Status::Scheduled
    }

    fn is_running(&self) -> bool {
        self.status == Status::Active
    }
}

impl Product {
    fn of(product: &TimeDealProductResponse, status: Status, photos: &Photos, show: &Show) -> Product {
        let t = DealTexts::of(show.language);
        let name = match &product.variant_name {
            Some(variant) => format!("{} · {variant}", product.product_name),
            None => product.product_name.clone(),
        };
        let stock = if product.remaining_quantity > 0 { StockStatus::InStock } else { StockStatus::OutOfStock };
        let sold_out = status == Status::Active && !product.available;
        Product {
            id: product.id.raw(),
            href: format!("/products/{}", product.product_id),
            image: photos.get(product.product_id, &product.product_name),
            name,
            price: show.money(product.deal_price),
            was: (product.original_price > product.deal_price).then(|| show.money(product.original_price)),
            off: product.discount_rate,
            left: if sold_out { t.sold_out.to_owned() } else { fill(t.left, show.count(product.remaining_quantity)) },
            stock_class: stock_class(stock),
            can_buy: status == Status::Active && product.available,
            sold: (product.sold_quantity * 100 / product.deal_quantity.max(1)).clamp(0, 100),
            per_person: fill(t.per_person, show.count(product.max_per_user)),
            units_max: product.max_per_user.min(product.remaining_quantity).max(1),
        }
    }
}

#[derive(Template)]
#[template(path = "deals.html")]
struct Deals {
    t: &'static DealTexts,
    running: Vec<Html>,
    coming: Vec<Html>,
}

#[derive(Template)]
#[template(path = "deal.html")]
struct Page {
    token: FormToken,
    /// With it a form that is sent twice buys once.
    once: String,
    deal: DealView,
    trouble: Option<Html>,
}

/// `GET /deals`
pub async fn deals(visit: Visit) -> PageResult {
    let key = visit.key(DEALS, "list");
    visit.shared(key, || made_list(&visit)).await
}

async fn made_list(visit: &Visit) -> kernel::Result<(Html, Option<Timestamp>)> {
    let work = |tx: &mut store::Tx<'_>| {
        let deals = ops::current(tx)?;
        let deals = view::shown(tx, deals)?;
        let photos = photos(tx, &deals)?;
        Ok((deals, photos))
    };
    let (deals, photos) = visit.app().db.read("storefront.deals", work).await?;
    let show = visit.show();
    let (mut running, mut coming) = (Vec::new(), Vec::new());
    for deal in &deals {
        let list = if deal.status == Status::Scheduled { &mut coming } else { &mut running };
        list.push(DealView::card(deal, &photos, &show)?);
    }
    let t = DealTexts::of(visit.language);
    let about = About {
        title: t.title.to_owned(),
        description: t.lead.to_owned(),
        canonical: Some(visit.kept_address("/deals")),
        kind: "website",
        ..About::default()
    };
    Ok((visit.framed(&about, &Deals { t, running, coming })?, Some(visit.app().now().after(BRIEFLY))))
}

/// `GET /deals/{id}`
pub async fn deal(web::Path(id): web::Path<TimeDealId>, visit: Visit) -> PageResult {
    let key = visit.key(DEALS, id.raw());
    visit.shared_with_orders(key, || made(&visit, id)).await
}

async fn made(visit: &Visit, id: TimeDealId) -> kernel::Result<(Html, Option<Timestamp>)> {
    let (deal, photos) = read(visit, id).await?;
    let about = About {
        title: deal.name.clone(),
        description: deal.description.clone().unwrap_or_default(),
        canonical: Some(visit.kept_address(&format!("/deals/{id}"))),
        kind: "website",
        ..About::default()
    };
    let deal = DealView::of(&deal, &photos, &visit.show());
    let page = Page { token: form::gap(), once: form::once_gap(), deal, trouble: None };
    Ok((visit.framed(&about, &page)?, Some(visit.app().now().after(BRIEFLY))))
}

/// The images of what is in these deals.
pub fn photos<'a>(
    tx: &mut store::Tx<'_>,
    deals: impl IntoIterator<Item = &'a TimeDealResponse>,
) -> kernel::Result<Photos> {
    Photos::of(tx, deals.into_iter().flat_map(|deal| &deal.products).map(|product| product.product_id))
}

async fn read(visit: &Visit, id: TimeDealId) -> kernel::Result<(TimeDealResponse, Photos)> {
    let work = move |tx: &mut store::Tx<'_>| {
        let deal = ops::find(tx, id)?;
        let deal = view::shown_one(tx, deal)?;
        let photos = photos(tx, [&deal])?;
        Ok((deal, photos))
    };
    visit.app().db.read("storefront.deal", work).await
}

/// What a purchase in a deal has made.
#[derive(Deserialize)]
struct Bought {
    order: Order,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_number: String,
}

/// `POST /deals/{id}`: buys, and goes on to the order, which asks for the address and the payment.
pub async fn buy(web::Path(id): web::Path<TimeDealId>, visit: Visit, fields: Fields) -> PageResult {
    let user = visit.buyer()?.id;
    if let (Some(product), Some(units)) = (fields.number("product"), fields.number("quantity"))
        && let Ok(units) = Quantity::new(units)
    {
        let look = move |tx: &mut store::Tx<'_>| comes_too_late(tx, &user, TimeDealProductId::new(product), units);
        if let Some(refusal) = visit.app().db.read("storefront.deal-refusal", look).await? {
            return refused_page(&visit, id, &refusal.into()).await;
        }
    }
    let (product, quantity) = (fields.number_to_send("product"), fields.number_to_send("quantity"));
    // every form of the page has the same key, and somebody who comes back to the page may want another product, or more of it
    let key = fields.given("once").map(|once| format!("{once}-{product}-{quantity}")).unwrap_or_default();
    let body = json!({"timeDealProductId": product, "quantity": quantity});
    match visit.call_once::<Bought>(&key, Method::POST, "/time-deals/purchase", Some(body)).await {
        Ok(bought) => Ok(see(&format!("/orders/{}", bought.order.order_number))),
        Err(refused) if must_wait(&refused) => Ok(see(&format!("/queue/TIME_DEAL/{id}"))),
        Err(refused) => refused_page(&visit, id, &refused).await,
    }
}

/// Why a purchase is refused, as far as reading shows. Nothing for someone who has bought this before: the form may be sent again, and its
/// key knows what came of it. Most of a rush comes too late, and what is decided under a key is stored.
fn comes_too_late(
    tx: &mut store::Tx<'_>,
    user: &UserId,
    product: TimeDealProductId,
    units: Quantity,
) -> kernel::Result<Option<kernel::Error>> {
    let offered = match ops::offered(tx, product) {
        Err(unknown) if unknown.code() == Code::TimeDealProductNotFound => return Ok(Some(unknown)),
        offered => offered?,
    };
    let Err(refusal) = ops::refusal(tx, user, &offered, units) else { return Ok(None) };
    let has_bought = ops::own(tx, user)?.iter().any(|bought| bought.deal_product == product);
    Ok((!has_bought).then_some(refusal))
}

/// Whether a waiting queue stands in front.
pub fn must_wait(refused: &Refused) -> bool {
    matches!(refused.code(), Code::QueueEntryRequired | Code::QueueNotAllowed)
}

async fn refused_page(visit: &Visit, id: TimeDealId, refused: &Refused) -> PageResult {
    let (deal, photos) = read(visit, id).await?;
    let trouble = Some(Html::of(&visit.trouble(refused))?);
    let view = DealView::of(&deal, &photos, &visit.show());
    let page = Page { token: visit.token.clone(), once: form::draw(), deal: view, trouble };
    visit.page_as(refused.status(), &deal.name, &page)
}
