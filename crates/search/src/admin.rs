//! The routes of the index for administrators.

use crate::keeper::{Keeper, SearchIndexStatus};
use axum::extract::State;
use utoipa_axum::routes;
use web::{
    Admin, ApiResult, App, Idempotent, NoBody, Routes, ok,
    response::{Success, accepted},
    route::ADMIN,
};

/// The handlers for administrators.
pub fn routes() -> Routes {
    Routes::new().add(ADMIN, routes!(search_status)).add(ADMIN, routes!(rebuild_search))
}

/// How the index of the instance that answers stands, and how far a rebuild is.
#[utoipa::path(get, path = "/admin/search", tag = "search",
    responses((status = 200, body = Success<SearchIndexStatus>)))]
async fn search_status(State(app): State<App>, _: Admin) -> ApiResult<SearchIndexStatus> {
    Ok(ok(app.memory::<Keeper>().status()))
}

/// Build the index of the instance that answers anew, beside searches and sales. It serves at once when it is complete.
#[utoipa::path(post, path = "/admin/search/rebuild", tag = "search",
    responses((status = 202, body = Success<SearchIndexStatus>)))]
async fn rebuild_search(State(app): State<App>, _: Admin, _: Idempotent<NoBody>) -> ApiResult<SearchIndexStatus> {
    let keeper = app.memory::<Keeper>();
    keeper.rebuild();
    Ok(accepted(keeper.status()))
}
