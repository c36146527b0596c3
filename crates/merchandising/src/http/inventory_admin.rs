//! The handlers with which sellers and administrators keep the stock of a product: open, add, adjust, read the ledger; and the
//! rebuild. `inventory` knows neither the seller of a product nor its default variant; `catalog` does.

use crate::ops::Settings;
use axum::{extract::State, response::Response};
use catalog::ops::{products, variants};
use catalog::product::Author;
use inventory::rebuild::{self, Report};
use inventory::{Location, Movement, Opening, Stock, ops as stock};
use kernel::{Code, Error, Page, ProductId, Quantity, Result, VariantId};
use serde::Deserialize;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::response::Success;
use web::{
    Admin, ApiResult, App, Failure, Idempotent, Paging, Path, Query, Routes, Seller, created, ok, once,
    route::{ADMIN, SELLER},
};

/// The handlers for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(SELLER, routes!(open_stock))
        .add(SELLER, routes!(add_stock))
        .add(SELLER, routes!(adjust_stock))
        .add(SELLER, routes!(stock_movements))
        .add(ADMIN.long(), routes!(rebuild_inventory))
}

/// What stock is opened with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenStock {
    /// Of which variant; the default one when absent.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// Where; `MAIN` when absent.
    #[serde(default)]
    location_code: Option<String>,
    /// How many units lie there.
    #[schema(minimum = 0)]
    quantity: i64,
    /// At or below how many available units it counts as low; the shop's setting when absent.
    #[serde(default)]
    #[schema(minimum = 0)]
    low_stock_threshold: Option<i64>,
    /// At most 500 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// Goods that arrived.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddStock {
    /// Of which variant; the default one when absent.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// Where; `MAIN` when absent.
    #[serde(default)]
    location_code: Option<String>,
    /// How many units.
    #[schema(minimum = 1)]
    quantity: i64,
    /// At most 500 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// Stock that was counted anew, broke or was found.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustStock {
    /// Of which variant; the default one when absent.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// Where; `MAIN` when absent.
    #[serde(default)]
    location_code: Option<String>,
    /// The change of what can be sold; not 0.
    delta: i64,
    /// Why, at most 500 characters.
    reason: String,
}

/// The named variant of the product, or its default one; C003 when it has none such.
fn variant_of(tx: &mut Tx<'_>, product: ProductId, named: Option<VariantId>) -> Result<VariantId> {
    let family = variants::of_products(tx, &[product])?;
    let chosen = family.iter().find(|one| named.map_or(one.is_default, |id| one.id == id));
    chosen.map(|one| one.id).ok_or_else(|| Code::NotFound.because("the product has no such variant"))
}

/// The variant and location of the request, if `author` may change them. S401 when the product has no stock.
fn place(
    tx: &mut Tx<'_>,
    author: Author,
    product: ProductId,
    (variant, location): (Option<VariantId>, Option<&str>),
) -> Result<(VariantId, Location)> {
    stock::stock_of_product(tx, product)?;
    products::lock_to_change(tx, author, product, None)?;
    Ok((variant_of(tx, product, variant)?, Location::or_main(location)?))
}

/// Begins to keep stock. S001, A002; S407 when it is kept there already, S406 for a wrong quantity.
fn open(
    tx: &mut Tx<'_>,
    settings: Settings,
    author: Author,
    by: &str,
    product: ProductId,
    sent: &OpenStock,
) -> Result<Stock> {
    products::lock_to_change(tx, author, product, None)?;
    let opening = Opening {
        product,
        variant: variant_of(tx, product, sent.variant_id)?,
        location: Location::or_main(sent.location_code.as_deref())?,
        quantity: sent.quantity,
        threshold: sent.low_stock_threshold.unwrap_or(settings.inventory.low_stock_threshold),
    };
    stock::open(tx, &[opening], sent.reason.as_deref(), by)?;
    stock::stock_of_product(tx, product)
}

/// Goods arrived. S401, A002, S406.
fn add(tx: &mut Tx<'_>, author: Author, by: &str, product: ProductId, sent: &AddStock) -> Result<Stock> {
    let (variant, location) = place(tx, author, product, (sent.variant_id, sent.location_code.as_deref()))?;
    let wrong = |_: Error| Code::InvalidStockQuantity.because(format!("quantity must be 1 to {}", Quantity::MAX));
    let quantity = Quantity::new(sent.quantity).map_err(wrong)?;
    let reason = sent.reason.as_deref().unwrap_or_default();
    stock::receive(tx, product, variant, location.as_str(), quantity, reason, by)?;
    stock::stock_of_product(tx, product)
}

/// Stock was counted anew. S401, A002, S406.
fn adjust(tx: &mut Tx<'_>, author: Author, by: &str, product: ProductId, sent: &AdjustStock) -> Result<Stock> {
    let (variant, location) = place(tx, author, product, (sent.variant_id, sent.location_code.as_deref()))?;
    let reason = kernel::text::required_paragraph("reason", &sent.reason, kernel::text::REASON_MAX)?;
    stock::adjust(tx, product, variant, location.as_str(), sent.delta, &reason, by)?;
    stock::stock_of_product(tx, product)
}

/// Begin to keep stock of a product's variant at a location.
#[utoipa::path(post, path = "/inventory/{productId}", tag = "inventory", request_body = OpenStock,
    params(("productId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<Stock>)))]
async fn open_stock(
    State(app): State<App>,
    seller: Seller,
    Path(product): Path<ProductId>,
    Idempotent { body, key }: Idempotent<OpenStock>,
) -> Result<Response, Failure> {
    let (settings, author, by) = (Settings::of(&app), Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| {
        let opened = open(tx, settings, author, &by, product, &body)?;
        Ok(created(format!("/inventory/{product}"), opened))
    };
    once(&app, key, "merchandising.open-stock", work).await
}

/// Add goods that arrived.
#[utoipa::path(put, path = "/inventory/{productId}/add", tag = "inventory", request_body = AddStock,
    params(("productId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<Stock>)))]
async fn add_stock(
    State(app): State<App>,
    seller: Seller,
    Path(product): Path<ProductId>,
    Idempotent { body, key }: Idempotent<AddStock>,
) -> Result<Response, Failure> {
    let (author, by) = (Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| Ok(ok(add(tx, author, &by, product, &body)?));
    once(&app, key, "merchandising.add-stock", work).await
}

/// Adjust what can be sold by a difference. What orders hold stays.
#[utoipa::path(put, path = "/inventory/{productId}/adjust", tag = "inventory", request_body = AdjustStock,
    params(("productId" = i64, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<Stock>)))]
async fn adjust_stock(
    State(app): State<App>,
    seller: Seller,
    Path(product): Path<ProductId>,
    Idempotent { body, key }: Idempotent<AdjustStock>,
) -> Result<Response, Failure> {
    let (author, by) = (Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| Ok(ok(adjust(tx, author, &by, product, &body)?));
    once(&app, key, "merchandising.adjust-stock", work).await
}

/// The ledger of a product, newest first; empty for a product that never had stock. `cursor` goes on where a page ended.
#[utoipa::path(get, path = "/inventory/{productId}/movements", tag = "inventory",
    params(("productId" = i64, Path), ("page" = Option<i64>, Query), ("size" = Option<i64>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Success<Page<Movement>>)))]
async fn stock_movements(
    State(app): State<App>,
    seller: Seller,
    Path(product): Path<ProductId>,
    paging: Paging,
) -> ApiResult<Page<Movement>> {
    let limited = seller.limited_to();
    let work = move |tx: &mut Tx<'_>| {
        if limited.is_some() {
            Author::limited_to(limited).may_change(products::product(tx, product)?.seller)?;
        }
        stock::movements(tx, product, paging.request, paging.cursor)
    };
    Ok(ok(app.db.read("merchandising.movements", work).await?))
}

/// How to rebuild.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only compare, change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Fold the ledger again and compare it with the stored stock; unless it is a dry run, repair the differences. Safe
/// while the shop sells.
#[utoipa::path(post, path = "/admin/inventory/rebuild", tag = "inventory", params(How),
    responses((status = 200, body = Success<Report>)))]
async fn rebuild_inventory(State(app): State<App>, _admin: Admin, Query(how): Query<How>) -> ApiResult<Report> {
    Ok(ok(rebuild::run(&app.db, how.dry_run, app.settings::<inventory::Settings>().low_stock_threshold).await?))
}
