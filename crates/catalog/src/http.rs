//! Public category routes, answered from the response cache.

use crate::category::{Node, WithPath};
use crate::ops::categories;
use ::store::StoredEvent;
use axum::{extract::State, http::StatusCode, response::Response};
use events::CategoryChanged;
use kernel::{CategoryId, Event};
use utoipa_axum::routes;
use web::response::{Success, json_response};
use web::{App, Failure, PageKey, Path, Routes, route::PUBLIC};

/// The handlers of this domain.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC, routes!(list_categories))
        .add(PUBLIC, routes!(category_tree))
        .add(PUBLIC, routes!(category))
        .merge(crate::admin::routes())
}

const ALL: PageKey = PageKey { kind: "categories", id: 0 };
const TREE: PageKey = PageKey { kind: "category-tree", id: 0 };

/// Which kept pages an event makes stale; product pages are `merchandising`'s.
pub fn stale(fact: &StoredEvent) -> Vec<PageKey> {
    match &*fact.topic {
        CategoryChanged::TOPIC => vec![ALL, TREE],
        _ => Vec::new(),
    }
}

/// Every category with its path, each before what is below it.
#[utoipa::path(get, path = "/categories", tag = "catalog", responses((status = 200, body = Success<Vec<WithPath>>)))]
async fn list_categories(State(app): State<App>) -> Result<Response, Failure> {
    let db = app.db.clone();
    let make = || async move { db.read("catalog.categories", |tx| Ok(categories::tree(tx)?.all_with_paths())).await };
    Ok(json_response(StatusCode::OK, None, app.pages.get(ALL, make).await?))
}

/// The whole tree, for menus.
#[utoipa::path(get, path = "/categories/tree", tag = "catalog", responses((status = 200, body = Success<Vec<Node>>)))]
async fn category_tree(State(app): State<App>) -> Result<Response, Failure> {
    let db = app.db.clone();
    let make = || async move { db.read("catalog.category-tree", |tx| Ok(categories::tree(tx)?.nodes())).await };
    Ok(json_response(StatusCode::OK, None, app.pages.get(TREE, make).await?))
}

/// One category with its path.
#[utoipa::path(get, path = "/categories/{id}", tag = "catalog", params(("id" = i64, Path)),
    responses((status = 200, body = Success<WithPath>)))]
async fn category(State(app): State<App>, Path(id): Path<CategoryId>) -> web::ApiResult<WithPath> {
    let placed = app.db.read("catalog.category", move |tx| categories::tree(tx)?.with_path(id)).await?;
    Ok(web::ok(placed))
}
