//! `/products` as buyers read it, and `/internal`: the same for other services.

use crate::list::{self, Products, Question};
use crate::ops::{self, BulkVariant, Verified};
use crate::page::{self, ProductDetail, ProductPage, Viewer};
use crate::request::{ByIds, Verify};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::filter::FilterQuery;
use events::{ProductChanged, TimeDealChanged, TimeDealEnded, TimeDealStarted};
use kernel::{Code, Page, ProductId, Result, SortedCursor};
use ports::reviews::Review;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Tx;
use utoipa::{
    IntoParams, ToSchema,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_axum::routes;
use web::input::sort_params;
use web::response::Success;
use web::tag::Tagged;
use web::{
    All, ApiResult, App, CacheKey, CursorQuery, Failure, Invalidation, Json, PageQuery, Paging, Path, Query, Routes,
    Service, ok,
    route::{PUBLIC, SERVICE},
};

/// The handlers for buyers and other services.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(list_products))
        .add(PUBLIC.refusing(&[Code::ProductNotFound]), routes!(product))
        .add(PUBLIC.refusing(&[Code::ProductNotFound]), routes!(product_with_reviews))
        .add(PUBLIC, routes!(verify_products))
        .add(SERVICE, routes!(variants_by_ids))
}

/// The cached page of one product.
const fn cached(id: ProductId) -> CacheKey {
    CacheKey::new("product", id.raw())
}

/// Which cached responses an event invalidates: the pages of products that changed, or whose stock or time deals changed.
pub fn invalidates() -> Vec<Invalidation> {
    let mut all = inventory::events::invalidations(cached);
    let all_of = |ids: &[ProductId]| ids.iter().copied().map(cached).collect();
    all.push(Invalidation::on(|event: &ProductChanged| vec![cached(event.product_id)]));
    all.push(Invalidation::on(move |event: &TimeDealChanged| all_of(&event.product_ids)));
    all.push(Invalidation::on(move |event: &TimeDealStarted| all_of(&event.product_ids)));
    all.push(Invalidation::on(move |event: &TimeDealEnded| all_of(&event.product_ids)));
    all
}

/// Which page of a list of products.
pub(crate) type ProductPaging = Paging<SortedCursor, Products>;

/// The parameters that sort a list of products, for the document.
pub(crate) struct ProductSort;

impl IntoParams for ProductSort {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        sort_params::<Products>()
    }
}

/// Products on sale. `sort`: `createdAt`, `price` or `name`, with `,asc` or `,desc`; the newest first when absent. By price they are
/// sorted by their cheapest variant on sale, or by their dearest when it descends. `cursor` goes on where a page of the same sort
/// ended, and neither repeats nor leaves out a product when others are made meanwhile.
#[utoipa::path(get, path = "/products", tag = "product", params(FilterQuery, PageQuery, CursorQuery, ProductSort),
    responses((status = 200, body = Success<Page<ProductPage>>)))]
async fn list_products(
    State(app): State<App>,
    All((Query(query), paging)): All<(Query<FilterQuery>, ProductPaging)>,
) -> ApiResult<Page<ProductPage>> {
    let question = Question {
        filter: query.filter()?,
        status: None,
        seller: None,
        keyword: None,
        viewer: Viewer::Public,
        sort: paging.sort,
        request: paging.request,
        after: paging.cursor,
    };
    let currency = app.shop.currency;
    Ok(ok(app.db.read("merchandising.list", move |tx| list::page(tx, &question, currency)).await?))
}

/// The page of a product on sale, from the response cache while neither an event nor the clock has made it wrong.
async fn shown(app: &App, id: ProductId) -> Result<Tagged> {
    let currency = app.shop.currency;
    let make = || async {
        let read = move |tx: &mut Tx<'_>| page::detail(tx, id, currency, Viewer::Public);
        let detail: ProductDetail = app.db.read("merchandising.product", read).await?;
        let until = detail.true_until;
        Ok((detail, until))
    };
    app.cache.get_until(cached(id), app.now(), make).await
}

/// A product on sale, with its variants and the stock of this moment.
#[utoipa::path(get, path = "/products/{id}", tag = "product", params(("id" = i64, Path)),
    responses((status = 200, body = Success<ProductDetail>)))]
async fn product(State(app): State<App>, Path(id): Path<ProductId>) -> Result<Response, Failure> {
    Ok(shown(&app, id).await?.into_response())
}

/// A product with what buyers wrote about it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductWithReviews {
    /// The product.
    #[serde(flatten)]
    #[schema(value_type = ProductDetail)]
    pub product: Map<String, Value>,
    /// The reviews; empty when there are none or they cannot be had.
    pub reviews: Vec<Review>,
    /// False when the other service is down or there is none.
    pub reviews_available: bool,
}

/// The product page as the response cache has it. The reviews are another service's and change without an event, so only the
/// product comes from the cache.
#[derive(Deserialize)]
struct CachedPage {
    data: Map<String, Value>,
}

fn read_page(page: &[u8]) -> Result<CachedPage> {
    serde_json::from_slice(page).map_err(|e| Code::Internal.error().caused_by(e))
}

/// A product on sale with its reviews. When those cannot be had, the page comes without them.
#[utoipa::path(get, path = "/products/{id}/with-reviews", tag = "product", params(("id" = i64, Path)),
    responses((status = 200, body = Success<ProductWithReviews>)))]
async fn product_with_reviews(State(app): State<App>, Path(id): Path<ProductId>) -> ApiResult<ProductWithReviews> {
    let CachedPage { data: product } = read_page(&shown(&app, id).await?)?;
    let found = app.ports.reviews.of_product(id).await;
    let reviews_available = found.is_ok() && app.ports.reviews.is_configured();
    Ok(ok(ProductWithReviews { product, reviews: found.unwrap_or_default(), reviews_available }))
}

/// Whether these lines can be bought now. Writes nothing.
#[utoipa::path(post, path = "/products/verify", tag = "product", request_body = Verify,
    responses((status = 200, body = Success<Verified>)))]
async fn verify_products(State(app): State<App>, Json(sent): Json<Verify>) -> ApiResult<Verified> {
    Ok(ok(app.db.read("merchandising.verify", move |tx| ops::verify(tx, &sent.items)).await?))
}

/// Bulk data of variants for other services, in the order asked; unknown ones are missing.
#[utoipa::path(post, path = "/internal/variants/by-ids", tag = "internal", request_body = ByIds,
    responses((status = 200, body = Success<Vec<BulkVariant>>)))]
async fn variants_by_ids(
    State(app): State<App>,
    _service: Service,
    Json(sent): Json<ByIds>,
) -> ApiResult<Vec<BulkVariant>> {
    Ok(ok(app.db.read("merchandising.by-ids", move |tx| ops::by_ids(tx, &sent.variant_ids)).await?))
}
