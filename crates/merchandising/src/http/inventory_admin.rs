//! The handlers with which sellers and administrators keep the stock of a product: open, add, adjust, read the ledger; and the
//! rebuild. `inventory` knows neither the seller of a product nor its default variant; `catalog` does.

use crate::ops::{Settings, which_variant};
use crate::request::decision;
use axum::{extract::State, response::Response};
use catalog::ops::products;
use catalog::product::Author;
use inventory::rebuild::{self, Report};
use inventory::{Decision, Location, Movement, Opening, Seen, Stock, ops as stock, stock::checked};
use kernel::{Code, Detail, Error, Page, ProductId, Quantity, Result, Together, VariantId, text};
use serde::Deserialize;
use store::Tx;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::response::Success;
use web::{
    Admin, ApiResult, App, Checked, CursorQuery, Failure, Idempotent, IfMatch, PageQuery, Paging, Path, Query, Routes,
    Seller, created, ok, once,
    route::{ADMIN, SELLER},
};

/// The handlers for sellers and administrators.
pub fn routes() -> Routes {
    Routes::new()
        .add(
            SELLER.refusing(&[
                Code::ProductNotFound,
                Code::InventoryAlreadyExists,
                Code::InvalidStockQuantity,
                Code::NotFound,
            ]),
            routes!(open_stock),
        )
        .add(
            SELLER.refusing(&[
                Code::InventoryNotFound,
                Code::InvalidStockQuantity,
                Code::OutdatedVersion,
                Code::NotFound,
            ]),
            routes!(add_stock),
        )
        .add(
            SELLER.refusing(&[
                Code::InventoryNotFound,
                Code::InvalidStockQuantity,
                Code::OutdatedVersion,
                Code::NotFound,
            ]),
            routes!(adjust_stock),
        )
        .add(SELLER.refusing(&[Code::ProductNotFound]), routes!(stock_movements))
        .add(ADMIN.long(), routes!(rebuild_inventory))
}

/// What stock is opened with.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenStock {
    /// Of which variant; may be absent for a product with one variant.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// The sku of that variant, instead of its id.
    #[serde(default)]
    sku: Option<String>,
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
    /// Of which variant; may be absent for a product with one variant.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// The sku of that variant, instead of its id.
    #[serde(default)]
    sku: Option<String>,
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
    /// Of which variant; may be absent for a product with one variant.
    #[serde(default)]
    variant_id: Option<VariantId>,
    /// The sku of that variant, instead of its id.
    #[serde(default)]
    sku: Option<String>,
    /// Where; `MAIN` when absent.
    #[serde(default)]
    location_code: Option<String>,
    /// The change of what can be sold; not 0.
    #[serde(default)]
    delta: Option<i64>,
    /// Instead of `delta`: so many can be sold there from now on; needs `expected`, `version` or `If-Match`.
    #[serde(default)]
    #[schema(minimum = 0)]
    stock: Option<i64>,
    /// The available units there that it was decided on; refused when they are others by now.
    #[serde(default)]
    #[schema(minimum = 0)]
    expected: Option<i64>,
    /// The `version` in the `breakdown` that it was decided on; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
    /// Why, at most 500 characters.
    reason: String,
}

impl Checked for OpenStock {
    fn check(&self) -> Result<()> {
        let units = |field: &str, units: i64| checked(units).map_err(|error| error.about(field));
        (
            Location::or_main(self.location_code.as_deref()),
            units("quantity", self.quantity),
            self.low_stock_threshold.map_or(Ok(0), |threshold| units("lowStockThreshold", threshold)),
            text::paragraph("reason", self.reason.as_deref(), text::REASON_MAX),
        )
            .together()
            .map(drop)
    }
}

impl AddStock {
    fn quantity(&self) -> Result<Quantity> {
        let message = || format!("must be between 1 and {}", Quantity::MAX);
        let wrong = |_: Error| Error::of_fields(Code::InvalidStockQuantity, vec![Detail::field("quantity", message())]);
        Quantity::new(self.quantity).map_err(wrong)
    }
}

impl Checked for AddStock {
    fn check(&self) -> Result<()> {
        (
            Location::or_main(self.location_code.as_deref()),
            self.quantity(),
            text::paragraph("reason", self.reason.as_deref(), text::REASON_MAX),
        )
            .together()
            .map(drop)
    }
}

impl AdjustStock {
    /// Why, and the change; see [`decision`].
    fn checked(&self, if_match: IfMatch) -> Result<(String, Decision)> {
        let reason = text::required_paragraph("reason", &self.reason, text::REASON_MAX);
        let version = if_match.or(self.version);
        let seen = version.map(|version| Seen { available: self.expected, version });
        let decision = seen.and_then(|seen| decision(self.stock, self.delta, seen));
        let location = Location::or_main(self.location_code.as_deref());
        let (reason, decision, _) = (reason, decision, location).together()?;
        Ok((reason, decision))
    }
}

impl Checked for AdjustStock {
    fn check(&self) -> Result<()> {
        // a version in the header would be as good
        self.checked(IfMatch(self.version.or(Some(0)))).map(drop)
    }
}

/// The stock that a request names.
struct Place<'a> {
    variant: Option<VariantId>,
    sku: &'a Option<String>,
    location: &'a Option<String>,
}

impl Place<'_> {
    /// The variant and location, if `author` may change them. C002, C003.
    fn found(&self, tx: &mut Tx<'_>, author: Author, product: ProductId) -> Result<(VariantId, Location)> {
        products::lock_to_change(tx, author, product, None)?;
        let variant = which_variant(tx, product, self.variant, self.sku.as_deref())?;
        Ok((variant, Location::or_main(self.location.as_deref())?))
    }
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
    sent.check()?;
    let place = Place { variant: sent.variant_id, sku: &sent.sku, location: &sent.location_code };
    let (variant, location) = place.found(tx, author, product)?;
    let opening = Opening {
        product,
        variant,
        location,
        quantity: sent.quantity,
        threshold: sent.low_stock_threshold.unwrap_or(settings.inventory.low_stock_threshold),
    };
    stock::open(tx, &[opening], sent.reason.as_deref(), by)?;
    stock::stock_of_product(tx, product)
}

/// Goods arrived. S401, A002, S406.
fn add(tx: &mut Tx<'_>, author: Author, by: &str, product: ProductId, sent: &AddStock) -> Result<Stock> {
    sent.check()?;
    stock::stock_of_product(tx, product)?;
    let place = Place { variant: sent.variant_id, sku: &sent.sku, location: &sent.location_code };
    let (variant, location) = place.found(tx, author, product)?;
    let quantity = sent.quantity()?;
    let reason = sent.reason.as_deref().unwrap_or_default();
    stock::receive(tx, product, variant, location.as_str(), quantity, reason, by)?;
    stock::stock_of_product(tx, product)
}

/// Stock was counted anew. S401, A002, S406; C016 when it is not what the request was decided on.
fn adjust(
    tx: &mut Tx<'_>,
    author: Author,
    by: &str,
    product: ProductId,
    sent: &AdjustStock,
    if_match: IfMatch,
) -> Result<Stock> {
    let (reason, decision) = sent.checked(if_match)?;
    stock::stock_of_product(tx, product)?;
    let place = Place { variant: sent.variant_id, sku: &sent.sku, location: &sent.location_code };
    let (variant, location) = place.found(tx, author, product)?;
    stock::adjust(tx, product, variant, location.as_str(), decision, &reason, by)?;
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

/// Adjust what can be sold at a location, by `delta`, or to `stock` if it is still what it was decided on: `expected` units,
/// or the location's `version` in `If-Match`. What orders hold stays.
#[utoipa::path(put, path = "/inventory/{productId}/adjust", tag = "inventory", request_body = AdjustStock,
    params(("productId" = i64, Path), ("If-Match" = Option<String>, Header),
        ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Success<Stock>)))]
async fn adjust_stock(
    State(app): State<App>,
    seller: Seller,
    Path(product): Path<ProductId>,
    if_match: IfMatch,
    Idempotent { body, key }: Idempotent<AdjustStock>,
) -> Result<Response, Failure> {
    let (author, by) = (Author::from(&seller), seller.0.id.to_string());
    let work = move |tx: &mut Tx<'_>| Ok(ok(adjust(tx, author, &by, product, &body, if_match)?));
    once(&app, key, "merchandising.adjust-stock", work).await
}

/// The ledger of a product, newest first; empty for a product that never had stock. `cursor` goes on where a page ended.
#[utoipa::path(get, path = "/inventory/{productId}/movements", tag = "inventory",
    params(("productId" = i64, Path), PageQuery, CursorQuery),
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

impl Checked for How {}

/// Fold the ledger again and compare it with the stored stock; unless it is a dry run, repair the differences. Safe
/// while the shop sells.
#[utoipa::path(post, path = "/admin/inventory/rebuild", tag = "inventory", params(How),
    responses((status = 200, body = Success<Report>)))]
async fn rebuild_inventory(State(app): State<App>, _admin: Admin, Query(how): Query<How>) -> ApiResult<Report> {
    Ok(ok(rebuild::run(&app.db, how.dry_run, app.settings::<inventory::Settings>().low_stock_threshold).await?))
}
