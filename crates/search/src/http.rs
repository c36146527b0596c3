//! The routes of searches.

use crate::highlight::Marking;
use crate::keeper::Keeper;
use crate::keywords::{self, Keywords};
use crate::language::keys::as_typed;
use crate::query::{Filter, Found, From, Query as Asked, Sort};
use crate::request::{Popular, Recent, Search, SearchPaging, SearchSort, Searched, Suggest, sort};
use crate::response::{Autocompletion, SearchHit, SearchPage, SuggestedCategory, SuggestedProduct};
use axum::extract::State;
use catalog::{
    filter::FilterQuery,
    ops::{products, variants},
    product::{Product, Status},
};
use kernel::{Code, Money, ProductId, Result, SortValue, SortedCursor, text};
use std::collections::HashMap;
use store::Tx;
use utoipa_axum::routes;
use web::caller::{MaybeSeller, MaybeUser};
use web::input::{CursorQuery, PageQuery};
use web::{
    All, ApiResult, App, Idempotent, NoBody, Path, Query, Routes, User, ok,
    response::{Success, done},
    route::{PUBLIC, USER},
};

/// The handlers for buyers.
pub fn routes() -> Routes {
    const SEARCHING: &[Code] = &[Code::InvalidSearchQuery, Code::SearchIndexNotFound, Code::SearchFailed];
    const SUGGESTING: &[Code] = &[Code::InvalidSearchQuery, Code::SearchIndexNotFound, Code::SuggestFailed];
    Routes::new()
        .add(PUBLIC.refusing(SEARCHING), routes!(search_products))
        .add(PUBLIC.refusing(SUGGESTING), routes!(suggest))
        .add(PUBLIC.refusing(SUGGESTING), routes!(autocomplete))
        .add(PUBLIC, routes!(popular_keywords))
        .add(PUBLIC.personal(), routes!(recent_keywords))
        .add(USER.refusing(&[Code::InvalidSearchQuery]), routes!(remember_keyword))
        .add(USER, routes!(forget_keywords))
        .add(USER.refusing(&[Code::NotFound]), routes!(forget_keyword))
}

/// Search products on sale, in Korean and English: with typing errors, first consonants, half-typed syllables and the wrong keyboard
/// layout. `cursor` goes on where a page of the same search ended.
#[utoipa::path(get, path = "/search/products", tag = "search", params(Search, FilterQuery, PageQuery, CursorQuery, SearchSort),
    responses((status = 200, body = Success<SearchPage>)))]
async fn search_products(
    State(app): State<App>,
    MaybeSeller(of_the_shop): MaybeSeller,
    All((Query(search), Query(query), paging)): All<(Query<Search>, Query<FilterQuery>, SearchPaging)>,
) -> ApiResult<SearchPage> {
    let keyword = search.keyword()?;
    let sort = sort(paging.sort);
    let from = match &paging.cursor {
        Some(cursor) => after(cursor, sort)?,
        None => From::Offset(usize::try_from(paging.request.offset()).unwrap_or(usize::MAX)),
    };
    let asked = Asked {
        keyword: keyword.clone(),
        filter: Filter { usual: query.filter()?, options: search.options()? },
        sort,
        sold_out_among: search.sold_out_among(),
        from,
        most: usize::try_from(paging.request.limit()).unwrap_or(0),
        facets: search.facets(),
    };
    let found = app.memory::<Keeper>().ready(&app).await?.search(asked).await?;
    // everyone reads what is popular, so what people who work in the shop look for is not counted
    if found.total > 0 && found.has_every_word && from == From::default() && of_the_shop.is_none() {
        app.memory::<Keywords>().count(&keyword);
    }
    Ok(ok(shown(&app, found, &paging, sort).await?))
}

/// The letter of an order in cursors.
fn letter(sort: Sort) -> char {
    match sort {
        Sort::Relevance => 'r',
        Sort::Cheapest => 'a',
        Sort::Dearest => 'd',
        Sort::Newest => 'n',
        Sort::Popular => 'p',
    }
}

fn after(cursor: &SortedCursor, sort: Sort) -> Result<From> {
    match cursor.value {
        SortValue::Number(rank) if cursor.order == letter(sort) => {
            Ok(From::After { rank, id: ProductId::new(cursor.id) })
        }
        _ => Err(text::wrong("cursor", "belongs to another sort")),
    }
}

/// The page of what was found. The index says which products and in which order, the database what they are.
async fn shown(app: &App, found: Found, paging: &SearchPaging, sort: Sort) -> Result<SearchPage> {
    let cursor = |hit: &crate::query::Hit| SortedCursor {
        order: letter(sort),
        value: SortValue::Number(hit.rank),
        id: hit.id.raw(),
    };
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    let page = paging.request.page_after(found.hits, total, paging.cursor.clone(), cursor);
    let ids: Vec<ProductId> = page.content.iter().map(|hit| hit.id).collect();
    let read = move |tx: &mut Tx<'_>| Ok((products::products(tx, &ids)?, variants::default_prices(tx, &ids)?));
    let (read, prices) = match page.content.is_empty() {
        true => (Vec::new(), Vec::new()),
        false => app.db.read("search.shown", read).await?,
    };
    let prices: HashMap<ProductId, Money> = prices.into_iter().collect();
    let on_sale = read.into_iter().filter(|product| product.status == Status::Active);
    let mut products: HashMap<ProductId, Product> = on_sale.map(|product| (product.id, product)).collect();
    let (currency, mut marking) = (app.shop.currency, Marking::of(&found.marks));
    let hits = page.content.iter().filter_map(|hit| {
        let product = products.remove(&hit.id)?;
        let price = prices.get(&hit.id).copied().unwrap_or_else(|| product.content.current_price());
        Some(SearchHit::of((product, price), hit, &mut marking, currency, sort == Sort::Relevance))
    });
    let hits: Vec<SearchHit> = hits.collect();
    Ok(SearchPage {
        results: hits.clone(),
        total_hits: total,
        page: page.with(hits),
        has_every_word: found.has_every_word,
        did_you_mean: found.understood,
        facets: found.facets,
    })
}

/// What a half-typed search may become: searches, categories and names of products, as texts.
#[utoipa::path(get, path = "/search/suggest", tag = "search", params(Suggest),
    responses((status = 200, body = Success<Vec<String>>)))]
async fn suggest(State(app): State<App>, Query(asked): Query<Suggest>) -> ApiResult<Vec<String>> {
    let (keyword, size) = asked.read()?;
    let found = completed(&app, keyword, size).await?;
    let (categories, products) = (found.categories.into_iter(), found.products.into_iter());
    let categories = categories.filter_map(|category| category.path.rsplit(" > ").next().map(str::to_owned));
    let mut texts: Vec<String> = Vec::new();
    // the names of products are what most people look for, so they get at least half
    let searches = found.keywords.into_iter().chain(categories).take(size / 2);
    for text in searches.chain(products.map(|product| product.name)) {
        if !texts.iter().any(|before| text::folded(before) == text::folded(&text)) {
            texts.push(text);
        }
    }
    texts.truncate(size);
    Ok(ok(texts))
}

/// What a half-typed search may become, by its kinds.
#[utoipa::path(get, path = "/search/autocomplete", tag = "search", params(Suggest),
    responses((status = 200, body = Success<Autocompletion>)))]
async fn autocomplete(State(app): State<App>, Query(asked): Query<Suggest>) -> ApiResult<Autocompletion> {
    let (keyword, size) = asked.read()?;
    Ok(ok(completed(&app, keyword, size).await?))
}

async fn completed(app: &App, typed: String, size: usize) -> Result<Autocompletion> {
    if typed.is_empty() {
        return Ok(Autocompletion::default());
    }
    let index = app.memory::<Keeper>().ready(app).await?;
    let found = index.suggest(typed.clone(), size).await.map_err(|e| Code::SuggestFailed.error().caused_by(e))?;
    let begin = keywords::searched(&typed);
    let popular = app.memory::<Keywords>().popular(app).await?;
    let popular = popular.iter().filter(|keyword| keyword.starts_with(&begin) && **keyword != begin).cloned();
    let mut searches: Vec<String> = popular.take(size).collect();
    searches.extend(found.keywords.into_iter().filter(|word| !searches.contains(word)).collect::<Vec<_>>());
    searches.truncate(size);
    let searches = searches.iter().map(|keyword| as_typed(keyword)).collect();
    Ok(Autocompletion {
        products: found.products.into_iter().map(|(id, name)| SuggestedProduct { id, name }).collect(),
        categories: found.categories.into_iter().map(|(id, path)| SuggestedCategory { id, path }).collect(),
        keywords: searches,
    })
}

/// What was searched for most in the last days, by searches that found something. At most half a minute old.
#[utoipa::path(get, path = "/search/popular", tag = "search", params(Popular),
    responses((status = 200, body = Success<Vec<String>>)))]
async fn popular_keywords(State(app): State<App>, Query(asked): Query<Popular>) -> ApiResult<Vec<String>> {
    let size = asked.size()?;
    let popular = app.memory::<Keywords>().popular(&app).await?;
    Ok(ok(popular.iter().take(size).map(|keyword| as_typed(keyword)).collect()))
}

/// What the caller searched for lately, newest first; nothing for a caller who has not signed in.
#[utoipa::path(get, path = "/search/recent", tag = "search", params(Recent),
    responses((status = 200, body = Success<Vec<String>>)))]
async fn recent_keywords(
    State(app): State<App>,
    MaybeUser(user): MaybeUser,
    Query(asked): Query<Recent>,
) -> ApiResult<Vec<String>> {
    let size = i64::try_from(asked.size()?).unwrap_or(0);
    let Some(User { id, .. }) = user else { return Ok(ok(Vec::new())) };
    Ok(ok(app.db.read("search.recent", move |tx| keywords::recent(tx, id, size)).await?))
}

/// Remember what the caller searched for: at most the 20 newest, each once.
#[utoipa::path(post, path = "/search/recent", tag = "search", params(Searched),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn remember_keyword(
    State(app): State<App>,
    user: User,
    Query(sent): Query<Searched>,
    _: Idempotent<NoBody>,
) -> ApiResult<()> {
    let keyword = keywords::keyword(&sent.keyword)?;
    app.db.write("search.remember", move |tx| keywords::remember(tx, user.id, &keyword)).await?;
    Ok(done())
}

/// Forget everything that the caller searched for.
#[utoipa::path(delete, path = "/search/recent", tag = "search", responses((status = 200, body = Success<web::NoBody>)))]
async fn forget_keywords(State(app): State<App>, user: User) -> ApiResult<()> {
    app.db.write("search.forget-all", move |tx| keywords::forget_all(tx, user.id)).await?;
    Ok(done())
}

/// Forget one thing that the caller searched for.
#[utoipa::path(delete, path = "/search/recent/{keyword}", tag = "search", params(("keyword" = String, Path)),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn forget_keyword(State(app): State<App>, user: User, Path(keyword): Path<String>) -> ApiResult<()> {
    app.db.write("search.forget", move |tx| keywords::forget(tx, user.id, &keyword)).await?;
    Ok(done())
}
