//! The routes of exports: tables that are sent while they are read.

use crate::export::{Export, What};
use crate::sheet::table;
use axum::{body::Body, extract::State, response::Response};
use futures_util::stream;
use kernel::{Error, UserId};
use utoipa_axum::routes;
use web::{
    Admin, App, Failure, Routes, Seller,
    route::{ADMIN, SELLER},
};

/// The handlers.
pub fn routes() -> Routes {
    Routes::new()
        .add(SELLER.long(), routes!(export_products))
        .add(SELLER.long(), routes!(export_stock))
        .add(ADMIN.long(), routes!(export_orders))
        .add(ADMIN.long(), routes!(export_customers))
}

async fn streamed(app: &App, what: What, name: &str, seller: Option<UserId>) -> Result<Response, Failure> {
    let export = Export::begin(&app.db, what, app.shop.currency, seller).await?;
    let parts = stream::try_unfold(export, |mut export| async move {
        Ok::<_, Error>(export.part().await?.map(|part| (part, export)))
    });
    Ok(table(name, Body::from_stream(parts)))
}

/// All products, a row for each variant, as `POST /admin/products/import` reads them. Amounts are in the currency's main unit. A
/// seller gets their own.
#[utoipa::path(get, path = "/admin/exports/products", tag = "report",
    responses((status = 200, content((String = "text/csv")))))]
async fn export_products(State(app): State<App>, seller: Seller) -> Result<Response, Failure> {
    streamed(&app, What::Products, "products", seller.limited_to()).await
}

/// The units of every sku, as `POST /admin/products/import` reads them. A seller gets their own.
#[utoipa::path(get, path = "/admin/exports/stock", tag = "report",
    responses((status = 200, content((String = "text/csv")))))]
async fn export_stock(State(app): State<App>, seller: Seller) -> Result<Response, Failure> {
    streamed(&app, What::Stock, "stock", seller.limited_to()).await
}

/// All orders, a row for each.
#[utoipa::path(get, path = "/admin/exports/orders", tag = "report",
    responses((status = 200, content((String = "text/csv")))))]
async fn export_orders(State(app): State<App>, _admin: Admin) -> Result<Response, Failure> {
    streamed(&app, What::Orders, "orders", None).await
}

/// All users who have ordered, with what they have spent.
#[utoipa::path(get, path = "/admin/exports/customers", tag = "report",
    responses((status = 200, content((String = "text/csv")))))]
async fn export_customers(State(app): State<App>, _admin: Admin) -> Result<Response, Failure> {
    streamed(&app, What::Customers, "customers", None).await
}
