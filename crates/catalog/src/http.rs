//! Public category routes, answered from the response cache.

use crate::category::{Node, WithPath};
use crate::ops::categories;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use events::CategoryChanged;
use kernel::{CategoryId, Code};
use utoipa_axum::routes;
use web::response::Success;
use web::{App, CacheKey, Failure, Invalidation, Path, Routes, route::PUBLIC};

/// The handlers of this domain.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(list_categories))
        .add(PUBLIC, routes!(category_tree))
        .add(PUBLIC.refusing(&[Code::NotFound]), routes!(category))
        .merge(crate::admin::routes())
}

const ALL: CacheKey = CacheKey::new("categories", 0);
const TREE: CacheKey = CacheKey::new("category-tree", 0);

/// Which cached responses an event invalidates; those of products are `merchandising`'s.
pub fn invalidates() -> Vec<Invalidation> {
    vec![Invalidation::on(|_: &CategoryChanged| vec![ALL, TREE])]
}

/// Every category with its path, each before what is below it.
#[utoipa::path(get, path = "/categories", tag = "catalog", responses((status = 200, body = Success<Vec<WithPath>>)))]
async fn list_categories(State(app): State<App>) -> Result<Response, Failure> {
    let db = app.db.clone();
    let make = || async move { db.read("catalog.categories", |tx| Ok(categories::tree(tx)?.all_with_paths())).await };
    Ok(app.cache.get(ALL, make).await?.into_response())
}

/// The whole tree, for menus.
#[utoipa::path(get, path = "/categories/tree", tag = "catalog", responses((status = 200, body = Success<Vec<Node>>)))]
async fn category_tree(State(app): State<App>) -> Result<Response, Failure> {
    let db = app.db.clone();
    let make = || async move { db.read("catalog.category-tree", |tx| Ok(categories::tree(tx)?.nodes())).await };
    Ok(app.cache.get(TREE, make).await?.into_response())
}

/// One category with its path.
#[utoipa::path(get, path = "/categories/{id}", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<WithPath>)))]
async fn category(State(app): State<App>, Path(id): Path<CategoryId>) -> web::ApiResult<WithPath> {
    let placed = app.db.read("catalog.category", move |tx| categories::tree(tx)?.with_path(id)).await?;
    Ok(web::ok(placed))
}
