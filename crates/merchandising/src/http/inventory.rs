//! `/inventory` for everyone: stock as it is, once or as a stream.

use ::events::ProductChanged;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use catalog::{ops::products, product::Author};
use inventory::stock::InventoryUpdate;
use inventory::{Stock, events, ops};
use kernel::{Code, Error, ProductId, Result, text};
use serde::Deserialize;
use std::time::Duration;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::response::Success;
use web::ticks::{self, Snapshot, Ticker};
use web::{
    ApiResult, App, CacheKey, Checked, Failure, Invalidation, Json, MaybeSeller, Path, Query, Routes, Several, ok,
    route::PUBLIC,
};

/// Most products of one question or one stream (docs/RULES.md).
const PRODUCTS_MAX: usize = 100;
/// Interval between two looks of a stream: faster than a person reacts, slower than a rush changes stock.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The handlers for everyone.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(stock_of_products))
        .add(PUBLIC, routes!(stream_stock))
        .add(PUBLIC.refusing(&[Code::InventoryNotFound]), routes!(stock_of_product))
}

/// The cached stock of one product.
const fn cached(product: ProductId) -> CacheKey {
    CacheKey::new(STOCK.kind, product.raw())
}

/// Which cached responses an event invalidates. A product that is published has a public stock from then on.
pub fn invalidates() -> Vec<Invalidation> {
    let mut all = events::invalidations(cached);
    all.push(Invalidation::on(|event: &ProductChanged| vec![cached(event.product_id)]));
    all
}

/// The stock of products as everyone may see it: without that of drafts.
fn public(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Stock>> {
    let mut stocks = ops::stock_of_products(tx, products)?;
    let drafts = products::drafts(tx, products)?;
    stocks.retain(|stock| !drafts.contains(&stock.product_id));
    Ok(stocks)
}

/// The stock of a product, summed over its variants and locations, with the breakdown. That of a draft is for its seller and
/// administrators.
#[utoipa::path(get, path = "/inventory/{productId}", tag = "inventory", params(("productId" = i64, Path)),
    responses((status = 200, body = Success<Stock>)))]
async fn stock_of_product(
    State(app): State<App>,
    MaybeSeller(seller): MaybeSeller,
    Path(product): Path<ProductId>,
) -> Result<Response, Failure> {
    let work = move |tx: &mut Tx<'_>| public(tx, &[product])?.pop().ok_or_else(|| not_found(product));
    let read = || app.db.read("merchandising.stock-of-product", work);
    match (app.cache.get(cached(product), read).await, seller) {
        (Err(error), Some(seller)) if error.code() == Code::InventoryNotFound => {
            let author = Author::from(&seller);
            let work = move |tx: &mut Tx<'_>| of_draft(tx, author, product);
            Ok(ok(app.db.read("merchandising.stock-of-draft", work).await?).into_response())
        }
        (found, _) => Ok(found?.into_response()),
    }
}

fn not_found(product: ProductId) -> Error {
    Code::InventoryNotFound.because(format!("product {product}"))
}

/// The stock of a draft for its owner; S401 for everyone else.
fn of_draft(tx: &mut Tx<'_>, author: Author, product: ProductId) -> Result<Stock> {
    let owned = products::product(tx, product).and_then(|one| author.may_change(one.seller));
    owned.map_err(|_| not_found(product))?;
    ops::stock_of_product(tx, product)
}

/// Whose stock is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockOf {
    /// 1 to 100 products.
    product_ids: Vec<ProductId>,
}

impl Checked for StockOf {
    fn check(&self) -> Result<()> {
        checked(self.product_ids.clone()).map(drop)
    }
}

/// 1 to [`PRODUCTS_MAX`] different products, else C002.
fn checked(mut products: Vec<ProductId>) -> Result<Vec<ProductId>> {
    if products.is_empty() || products.len() > PRODUCTS_MAX {
        return Err(text::wrong("productIds", format!("must name 1 to {PRODUCTS_MAX} products")));
    }
    products.sort_unstable();
    products.dedup();
    Ok(products)
}

/// The stock of several products, ascending by product. Products without stock rows and drafts are missing.
#[utoipa::path(post, path = "/inventory/batch", tag = "inventory", request_body = StockOf,
    responses((status = 200, body = Success<Vec<Stock>>)))]
async fn stock_of_products(State(app): State<App>, Json(wanted): Json<StockOf>) -> ApiResult<Vec<Stock>> {
    let products = checked(wanted.product_ids)?;
    Ok(ok(app.db.read("merchandising.stock-of-products", move |tx| public(tx, &products)).await?))
}

/// The stock of products in streams.
static STOCK: Ticker = Ticker {
    kind: "inventory",
    event: "inventory-update",
    every: LOOK_EVERY,
    read: |app, products| Box::pin(snapshots(app, products)),
};

async fn snapshots(app: App, products: Vec<i64>) -> Result<Vec<Snapshot>> {
    let products: Vec<ProductId> = products.into_iter().map(ProductId::new).collect();
    let stock = app.db.read("merchandising.stock-snapshots", move |tx| public(tx, &products)).await?;
    Ok(stock.iter().map(snapshot).collect())
}

fn snapshot(stock: &Stock) -> Snapshot {
    Snapshot::new(stock.product_id.raw(), stock.version, &InventoryUpdate::from(stock))
}

/// Whose stock a stream shows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub struct StreamOf {
    /// 1 to 100 products: `1,2`, or the parameter repeated.
    #[param(value_type = String, required = true)]
    product_ids: Several<ProductId>,
}

impl Checked for StreamOf {
    fn check(&self) -> Result<()> {
        checked(self.product_ids.0.clone()).map(drop)
    }
}

/// The stock of some products as server-sent events `inventory-update`: as it is now, then whenever it changed, at most four
/// times a second. A stream that comes back begins with the present.
#[utoipa::path(get, path = "/inventory/stream", tag = "inventory", params(StreamOf),
    responses((status = 200, content_type = "text/event-stream", body = InventoryUpdate)))]
async fn stream_stock(State(app): State<App>, Query(wanted): Query<StreamOf>) -> Result<Response, Failure> {
    let products: Vec<i64> = checked(wanted.product_ids.0)?.into_iter().map(ProductId::raw).collect();
    Ok(ticks::stream(&app, &STOCK, &products))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_products_are_named_each_once() {
        let ids = |raw: &[i64]| raw.iter().copied().map(ProductId::new).collect::<Vec<_>>();
        assert_eq!(checked(ids(&[3, 1, 2, 1])).unwrap(), ids(&[1, 2, 3]));
        assert!(checked(Vec::new()).is_err());
    }
}
