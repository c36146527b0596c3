//! Coupons: those that can be had, with the button of the rush, and those that the buyer has.

use crate::{deals_page::must_wait, visit::Visit};
use askama::Template;
use axum::http::{Method, StatusCode};
use coupon::{
    coupon::{DiscountType, UserStatus},
    ops,
    response::{CouponResponse, UserCouponResponse},
};
use kernel::{CouponId, Money};
use pages::{Fields, FormToken, Html, PageResult, Refused, html::see, show::Show, texts, words::fill};
use serde_json::json;

texts! {
    /// The texts of coupons.
    CouponTexts {
        title: "Coupons", "쿠폰";
        lead: "A limited number, first come, first served.", "수량이 한정되어 있습니다. 먼저 받는 분께 드립니다.";
        open: "Available now", "지금 받을 수 있는 쿠폰";
        none: "There is no coupon available at the moment.", "지금 받을 수 있는 쿠폰이 없습니다.";
        mine: "My coupons", "내 쿠폰";
        none_mine: "You have no coupon yet.", "보유한 쿠폰이 없습니다.";
        get: "Get coupon", "쿠폰 받기";
        have: "Yours", "받은 쿠폰";
        gone: "All gone", "모두 소진되었습니다";
        got: "The coupon is yours.", "쿠폰을 받았습니다.";
        left: "{} left", "{}장 남음";
        until: "Until {}", "{}까지";
        off: "{} off", "{} 할인";
        percent: "{}% off", "{}% 할인";
        at_most: "at most {}", "최대 {}";
        from: "for orders from {}", "{} 이상 주문 시";
        first_only: "for the first order", "첫 주문 전용";
        some_only: "for selected products", "일부 상품 전용";
        sign_in: "Sign in to get one.", "로그인하면 쿠폰을 받을 수 있습니다.";
        code: "Coupon code", "쿠폰 코드";
        claim: "Redeem", "코드 등록";
        available: "Ready to use", "사용 가능";
        used: "Used", "사용 완료";
        expired: "Expired", "기간 만료";
    }
}

#[derive(Template)]
#[template(path = "coupons.html")]
struct Page {
    t: &'static CouponTexts,
    token: FormToken,
    trouble: Option<Html>,
    note: Option<&'static str>,
    signed_in: bool,
    open: Vec<Open>,
    mine: Vec<Mine>,
}

struct Open {
    id: i64,
    name: String,
    description: Option<String>,
    off: String,
    conditions: String,
    left: String,
    until: String,
    held: bool,
    gone: bool,
}

struct Mine {
    name: String,
    off: String,
    conditions: String,
    until: String,
    state: &'static str,
    usable: bool,
}

/// What a coupon takes off, and for which orders.
struct Takes<'a> {
    kind: DiscountType,
    value: i64,
    from: Option<Money>,
    at_most: Option<Money>,
    first_only: bool,
    some_only: bool,
    show: &'a Show,
}

impl Takes<'_> {
    fn off(&self) -> String {
        let t = CouponTexts::of(self.show.language);
        match self.kind {
            DiscountType::Fixed => fill(t.off, self.show.money(Money::minor(self.value))),
            DiscountType::Percentage => fill(t.percent, self.value),
        }
    }

    fn conditions(&self) -> String {
        let t = CouponTexts::of(self.show.language);
        let all = [
            self.at_most.map(|amount| fill(t.at_most, self.show.money(amount))),
            self.from.map(|amount| fill(t.from, self.show.money(amount))),
            self.first_only.then(|| t.first_only.to_owned()),
            self.some_only.then(|| t.some_only.to_owned()),
        ];
        all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

fn open(coupon: &CouponResponse, held: bool, show: &Show) -> Open {
    let t = CouponTexts::of(show.language);
    let takes = Takes {
        kind: coupon.discount_type,
        value: coupon.discount_value,
        from: coupon.minimum_order_amount,
        at_most: coupon.maximum_discount_amount,
        first_only: coupon.first_order_only,
        some_only: coupon.seller_id.is_some() || !coupon.product_ids.is_empty() || !coupon.category_ids.is_empty(),
        show,
    };
    Open {
        id: coupon.id.raw(),
        name: coupon.name.clone(),
        description: coupon.description.clone(),
        off: takes.off(),
        conditions: takes.conditions(),
        left: fill(t.left, show.count(coupon.remaining_quantity)),
        until: fill(t.until, show.moment(coupon.expires_at)),
        held,
        gone: coupon.remaining_quantity == 0,
    }
}

fn mine(coupon: &UserCouponResponse, show: &Show) -> Mine {
    let t = CouponTexts::of(show.language);
    let takes = Takes {
        kind: coupon.discount_type,
        value: coupon.discount_value,
        from: coupon.minimum_order_amount,
        at_most: coupon.maximum_discount_amount,
        first_only: coupon.first_order_only,
        some_only: coupon.seller_id.is_some() || !coupon.product_ids.is_empty() || !coupon.category_ids.is_empty(),
        show,
    };
    Mine {
        name: coupon.coupon_name.clone(),
        off: takes.off(),
        conditions: takes.conditions(),
        until: fill(t.until, show.moment(coupon.expires_at)),
        state: match coupon.status {
            UserStatus::Available => t.available,
            UserStatus::Used => t.used,
            UserStatus::Expired => t.expired,
        },
        usable: coupon.status == UserStatus::Available,
    }
}

/// `GET /coupons`
pub async fn coupons(visit: Visit) -> PageResult {
    let note = visit.query.is_on("got").then_some(CouponTexts::of(visit.language).got);
    page(&visit, StatusCode::OK, None, note).await
}

async fn page(visit: &Visit, status: StatusCode, trouble: Option<Html>, note: Option<&'static str>) -> PageResult {
    let buyer = visit.user.as_ref().map(|user| user.id);
    let look = move |tx: &mut store::Tx<'_>| {
        let now = tx.now();
        let open: Vec<CouponResponse> = ops::open(tx)?.into_iter().map(CouponResponse::at(now)).collect();
        let held = buyer.map(|buyer| ops::own(tx, &buyer)).transpose()?.unwrap_or_default();
        Ok((open, held.into_iter().map(UserCouponResponse::at(now)).collect::<Vec<_>>()))
    };
    let (all, held) = visit.read("storefront.coupons", look).await?;
    let (t, show) = (CouponTexts::of(visit.language), visit.show());
    let has = |coupon: &CouponResponse| held.iter().any(|one| one.coupon_id == coupon.id);
    let page = Page {
        t,
        token: visit.token.clone(),
        trouble,
        note,
        signed_in: buyer.is_some(),
        open: all.iter().map(|coupon| open(coupon, has(coupon), &show)).collect(),
        mine: held.iter().map(|coupon| mine(coupon, &show)).collect(),
    };
    visit.page_as(status, t.title, &page)
}

/// `POST /coupons/{id}`: the rush. Where a waiting queue stands in front of the coupon, the way leads there.
pub async fn get(web::Path(id): web::Path<CouponId>, visit: Visit, _: Fields) -> PageResult {
    visit.buyer()?;
    match visit.send(Method::POST, &format!("/coupons/{id}/issue"), None).await {
        Ok(_) => Ok(see("/coupons?got=1")),
        Err(refused) if must_wait(&refused) => Ok(see(&format!("/queue/COUPON/{id}"))),
        Err(refused) => refused_page(&visit, &refused).await,
    }
}

/// `POST /coupons/claim`
pub async fn claim(visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    match visit.send(Method::POST, "/coupons/claim", Some(json!({"code": fields.text("code")}))).await {
        Ok(_) => Ok(see("/coupons?got=1")),
        Err(refused) => refused_page(&visit, &refused).await,
    }
}

async fn refused_page(visit: &Visit, refused: &Refused) -> PageResult {
    let trouble = Html::of(&visit.trouble(refused))?;
    page(visit, refused.status(), Some(trouble), None).await
}
