//! Category routes for administrators. The routes of products are in `merchandising`.

use crate::category::WithPath;
use crate::ops::categories::{self, Content};
use crate::product::Author;
use axum::extract::State;
use kernel::{CategoryId, Code, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::response::Success;
use web::{
    Admin, ApiResult, App, AtVersion, Checked, IfMatch, Json, Path, Query, Routes, Seller, created, done, ok,
    route::ADMIN,
};

/// The handlers for administrators.
pub fn routes() -> Routes {
    let writing = ADMIN.refusing(&[Code::NotFound, Code::Conflict]);
    Routes::new()
        .add(ADMIN, routes!(admin_categories))
        .add(writing, routes!(create_category))
        .add(ADMIN.refusing(&[Code::NotFound]), routes!(admin_category))
        .add(writing, routes!(change_category, delete_category))
}

impl From<&Seller> for Author {
    fn from(seller: &Seller) -> Author {
        Author::limited_to(seller.limited_to())
    }
}

/// A category to make or to rewrite as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveCategory {
    /// 1 to 100 characters without `>`, unique among its siblings.
    name: String,
    /// The category it is part of; absent or `null`: at the top.
    #[serde(default)]
    parent_id: Option<CategoryId>,
    /// Siblings are shown by this number, then by name.
    #[serde(default)]
    display_order: i64,
    /// The version that is rewritten; or send `If-Match`.
    #[serde(default)]
    version: Option<i64>,
}

impl Checked for SaveCategory {
    fn check(&self) -> Result<()> {
        self.content().checked().map(drop)
    }
}

impl SaveCategory {
    fn content(&self) -> Content {
        Content { name: self.name.clone(), parent: self.parent_id, display_order: self.display_order }
    }
}

/// Every category with its version.
#[utoipa::path(get, path = "/admin/categories", tag = "catalog", responses((status = 200, body = Success<Vec<WithPath>>)))]
async fn admin_categories(State(app): State<App>, _admin: Admin) -> ApiResult<Vec<WithPath>> {
    Ok(ok(app.db.read("catalog.categories", |tx| Ok(categories::tree(tx)?.all_with_paths())).await?))
}

/// One category with its version.
#[utoipa::path(get, path = "/admin/categories/{id}", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<WithPath>)))]
async fn admin_category(State(app): State<App>, _admin: Admin, Path(id): Path<CategoryId>) -> ApiResult<WithPath> {
    Ok(ok(app.db.read("catalog.category", move |tx| categories::tree(tx)?.with_path(id)).await?))
}

/// Make a category.
#[utoipa::path(post, path = "/admin/categories", tag = "catalog", request_body = SaveCategory,
    responses((status = 201, body = Success<WithPath>)))]
async fn create_category(State(app): State<App>, _admin: Admin, Json(sent): Json<SaveCategory>) -> ApiResult<WithPath> {
    let made = app.db.write("catalog.create-category", move |tx| categories::create(tx, sent.content())).await?;
    Ok(created(format!("/categories/{}", made.category.id), made))
}

/// Rename, move or reorder a category with everything below it.
#[utoipa::path(put, path = "/admin/categories/{id}", tag = "catalog", request_body = SaveCategory,
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = Success<WithPath>)))]
async fn change_category(
    State(app): State<App>,
    _admin: Admin,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Json(sent): Json<SaveCategory>,
) -> ApiResult<WithPath> {
    let expected = if_match.or(sent.version)?;
    let work = move |tx: &mut ::store::Tx<'_>| categories::change(tx, id, sent.content(), expected);
    Ok(ok(app.db.write("catalog.change-category", work).await?))
}

/// Remove a category that has neither children nor products.
#[utoipa::path(delete, path = "/admin/categories/{id}", tag = "catalog",
    params(("id" = i64, Path), ("If-Match" = Option<String>, Header), AtVersion),
    responses((status = 200, body = Success<web::NoBody>)))]
async fn delete_category(
    State(app): State<App>,
    _admin: Admin,
    Path(id): Path<CategoryId>,
    if_match: IfMatch,
    Query(at): Query<AtVersion>,
) -> ApiResult<()> {
    let expected = if_match.or(at.version)?;
    app.db.write("catalog.delete-category", move |tx| categories::remove(tx, id, expected)).await?;
    Ok(done())
}
