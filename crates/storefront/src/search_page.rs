//! The search: what was found with the choices beside it, and what the visitor and everybody searched for.

use crate::{
    cards::Card,
    facets::{self, Chosen, FacetTexts, Facets},
    search_address::{ORDERS, SearchAddress},
    visit::Visit,
};
use askama::Template;
use axum::{
    Json,
    http::{Method, StatusCode},
    response::IntoResponse,
};
use catalog::ops::categories;
use kernel::{CategoryId, Code, ProductId};
use merchandising::page::{self, ProductPage, Viewer};
use pages::{
    Fields, FormToken, Html, PageResult, Refused,
    html::{encoded, see},
    show::Show,
    texts,
    words::{fill, plural},
};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

/// Products on a page.
const SIZE: i64 = 24;
/// Searches that are offered, those of the visitor and those of everybody each.
const OFFERED: usize = 10;

texts! {
    /// The texts of the search.
    SearchTexts {
        title: "Search", "검색";
        results: "“{}”", "‘{}’ 검색 결과";
        narrowed: "Matching products", "선택한 조건의 상품";
        one: "{} product", "상품 {}개";
        count: "{} products", "상품 {}개";
        understood: "Showing results for", "다음 검색어로 찾은 결과입니다:";
        some_words: "Nothing matches all of these words. These come closest.", "모든 단어를 포함한 상품이 없어 가장 비슷한 상품을 보여 드립니다.";
        sort: "Sort by", "정렬";
        best: "Best match", "정확도순";
        popular: "Most popular", "인기순";
        new: "Newest", "최신순";
        cheap: "Lowest price", "낮은 가격순";
        dear: "Highest price", "높은 가격순";
        least: "Price from", "최저 가격";
        most: "Price up to", "최고 가격";
        apply: "Apply", "적용";
        not_found: "We found nothing for this search. Check the spelling, or have a look around.", "검색 결과가 없습니다. 철자를 확인하거나 상품을 둘러보세요.";
        look: "See all products", "전체 상품 보기";
        start: "First page", "처음으로";
        next: "Next page", "다음 페이지";
        pages: "Pages", "페이지";
        recent: "Recent searches", "최근 검색어";
        nothing_recent: "Nothing yet.", "최근 검색어가 없습니다.";
        forget: "Remove: {}", "{} 삭제";
        forget_all: "Clear all", "전체 삭제";
        much_searched: "Popular searches", "인기 검색어";
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    t: &'static SearchTexts,
    f: &'static FacetTexts,
    title: String,
    trouble: Option<Html>,
    count: Option<String>,
    understood: Option<(String, String)>,
    has_every_word: bool,
    chosen: Vec<Chosen>,
    choices: Option<Html>,
    kept: Vec<(&'static str, String)>,
    least: String,
    most: String,
    orders: Vec<(&'static str, &'static str, bool)>,
    cards: Vec<Html>,
    start: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "search_start.html")]
struct Start {
    t: &'static SearchTexts,
    token: FormToken,
    signed_in: bool,
    recent: Vec<Offered>,
    popular: Vec<Offered>,
}

/// A search that is offered.
struct Offered {
    words: String,
    href: String,
    forget: String,
}

/// A page of what the API's search found, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    content: Vec<Hit>,
    total_elements: i64,
    next_cursor: Option<String>,
    has_every_word: bool,
    did_you_mean: Option<String>,
    facets: Option<Facets>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    id: ProductId,
    highlighted_name: Option<String>,
    highlighted_description: Option<String>,
}

/// `GET /search`
pub async fn search(visit: Visit) -> PageResult {
    let show = visit.show();
    let wanted = SearchAddress::of(&visit.query, &show);
    if wanted.is_empty() {
        return start(&visit).await;
    }
    match found(&visit, &wanted, SIZE).await {
        Ok(found) => {
            remember(&visit, &wanted, &found).await;
            results(&visit, StatusCode::OK, None, &wanted, found).await
        }
        // an address that was changed by hand, or an index that is not ready yet
        Err(refused) => {
            let trouble = Html::of(&visit.trouble(&refused))?;
            results(&visit, refused.status(), Some(trouble), &wanted, Found::default()).await
        }
    }
}

async fn found(visit: &Visit, wanted: &SearchAddress, size: i64) -> Result<Found, Refused> {
    visit.call(Method::GET, &wanted.path(size), None).await
}

/// The choices of everything in a category. A search that is not ready leaves them out: a list is shown without them.
pub async fn choices(visit: &Visit, category: Option<i64>) -> kernel::Result<Option<Html>> {
    let (show, wanted) = (visit.show(), SearchAddress { category, ..SearchAddress::default() });
    let facets = found(visit, &wanted, 1).await.ok().and_then(|found| found.facets);
    facets.map_or(Ok(None), |facets| facets::choices(&facets, &wanted, &show))
}

/// Remembers what a buyer searched for and found, when the buyer did it in the shop: a link on another site leaves no trace here.
async fn remember(visit: &Visit, wanted: &SearchAddress, found: &Found) {
    let is_first = wanted.after.is_empty() && visit.parts.method == Method::GET;
    let is_own = visit.user.is_some() && visit.site.origin.check(&visit.parts.headers).is_ok();
    if is_first && is_own && !wanted.words.is_empty() && found.total_elements > 0 {
        let path = format!("/search/recent?keyword={}", encoded(&wanted.words));
        // what was found is shown whether or not the search can be remembered
        let _ = visit.send(Method::POST, &path, None).await;
    }
}

async fn results(
    visit: &Visit,
    status: StatusCode,
    trouble: Option<Html>,
    wanted: &SearchAddress,
    found: Found,
) -> PageResult {
    let (t, show) = (SearchTexts::of(visit.language), visit.show());
    let (products, category) = shown(visit, &found, wanted.category).await?;
    let title = match wanted.words.as_str() {
        "" => category.clone().unwrap_or_else(|| t.narrowed.to_owned()),
        words => fill(t.results, words),
    };
    let understood = found.did_you_mean.map(|words| {
        let href = wanted.with(|other| other.words.clone_from(&words)).address(&show);
        (words, href)
    });
    let next = found.next_cursor.map(|after| SearchAddress { after, ..wanted.clone() }.address(&show));
    let typed = |amount: Option<kernel::Money>| amount.map(|amount| show.plain(amount)).unwrap_or_default();
    let counted = plural(found.total_elements, t.one, t.count);
    let page = Page {
        t,
        f: FacetTexts::of(visit.language),
        count: trouble.is_none().then(|| fill(counted, show.count(found.total_elements))),
        trouble,
        understood,
        has_every_word: found.has_every_word || found.total_elements == 0,
        chosen: facets::chosen(wanted, category.as_deref(), &show),
        choices: found.facets.map_or(Ok(None), |facets| facets::choices(&facets, wanted, &show))?,
        kept: wanted.kept(&show),
        least: typed(wanted.least),
        most: typed(wanted.most),
        orders: ORDERS.iter().enumerate().map(|(at, (name, _))| (*name, t.order(name), at == wanted.order)).collect(),
        cards: cards(&products, &found.content, &show)?,
        start: (!wanted.after.is_empty()).then(|| wanted.with(|_| {}).address(&show)),
        next,
        title,
    };
    visit.page_as(status, &page.title, &page)
}

/// The products as they are now, and the name of the category that was chosen.
async fn shown(
    visit: &Visit,
    found: &Found,
    category: Option<i64>,
) -> Result<(Vec<ProductPage>, Option<String>), Refused> {
    let currency = visit.app().shop.currency;
    let ids: Vec<ProductId> = found.content.iter().map(|hit| hit.id).collect();
    let look = move |tx: &mut store::Tx<'_>| {
        let name = match category.and_then(|id| CategoryId::checked(id).ok()) {
            Some(id) => categories::tree(tx)?.find(id).ok().map(|category| category.name.clone()),
            None => None,
        };
        Ok((page::pages(tx, &ids, currency, Viewer::Public)?, name))
    };
    visit.read("storefront.search", look).await
}

fn cards(products: &[ProductPage], hits: &[Hit], show: &Show) -> kernel::Result<Vec<Html>> {
    let marks: HashMap<ProductId, &Hit> = hits.iter().map(|hit| (hit.id, hit)).collect();
    let card = |product: &ProductPage| {
        let card = Card::of(product, show);
        Html::of(&match marks.get(&product.id) {
            Some(hit) => card.marked(hit.highlighted_name.as_deref(), hit.highlighted_description.as_deref()),
            None => card,
        })
    };
    products.iter().map(card).collect()
}

impl SearchTexts {
    fn order(&self, name: &str) -> &'static str {
        match name {
            "popular" => self.popular,
            "new" => self.new,
            "cheap" => self.cheap,
            "dear" => self.dear,
            _ => self.best,
        }
    }
}

/// The page before anything was searched for.
async fn start(visit: &Visit) -> PageResult {
    let t = SearchTexts::of(visit.language);
    let offered = |words: String| Offered {
        href: format!("/search?q={}", encoded(&words)),
        forget: fill(t.forget, &words),
        words,
    };
    let page = Start {
        t,
        token: visit.token.clone(),
        signed_in: visit.user.is_some(),
        recent: listed(visit, "/search/recent").await?.into_iter().map(offered).collect(),
        popular: listed(visit, "/search/popular").await?.into_iter().map(offered).collect(),
    };
    visit.page(t.title, &page)
}

async fn listed(visit: &Visit, path: &str) -> Result<Vec<String>, Refused> {
    visit.call(Method::GET, &format!("{path}?size={OFFERED}"), None).await
}

/// `GET /search/recent`: what the visitor searched for, for the field of the search.
pub async fn recent(visit: Visit) -> PageResult {
    let recent = listed(&visit, "/search/recent").await?;
    Ok(Json(json!({ "recent": recent })).into_response())
}

/// `POST /search/recent`: forgets one search, or all of them.
pub async fn forget(visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    let path = match fields.given("words") {
        Some(words) => format!("/search/recent/{}", encoded(words)),
        None => "/search/recent".to_owned(),
    };
    match visit.send(Method::DELETE, &path, None).await {
        Ok(_) => Ok(see("/search")),
        // it was forgotten in another window
        Err(refused) if refused.code() == Code::NotFound => Ok(see("/search")),
        Err(refused) => Err(refused),
    }
}
