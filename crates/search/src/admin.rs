//! The routes of the index for administrators.

use crate::keeper::{Keeper, SearchIndexStatus};
use crate::rebuilds;
use axum::extract::State;
use kernel::Result;
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

/// How the index of the instance that answers stands, and how far every instance is with the rebuild that was asked for last.
#[utoipa::path(get, path = "/admin/search", tag = "search",
    responses((status = 200, body = Success<SearchIndexStatus>)))]
async fn search_status(State(app): State<App>, _: Admin) -> ApiResult<SearchIndexStatus> {
    Ok(ok(status(&app).await?))
}

async fn status(app: &App) -> Result<SearchIndexStatus> {
    let rebuilds = app.db.read_single("search.rebuilds", rebuilds::newest).await?;
    Ok(SearchIndexStatus { rebuilds, ..app.memory::<Keeper>().status() })
}

/// Build the index of every instance anew, beside searches and sales. Each serves its new index at once when that is complete.
#[utoipa::path(post, path = "/admin/search/rebuild", tag = "search",
    responses((status = 202, body = Success<SearchIndexStatus>)))]
async fn rebuild_search(State(app): State<App>, _: Admin, _: Idempotent<NoBody>) -> ApiResult<SearchIndexStatus> {
    // the others learn it from the stream of events, and so does this one, which need not wait for that
    let asked_at = app.db.write("search.rebuild", rebuilds::ask).await?;
    app.memory::<Keeper>().rebuild(asked_at);
    Ok(accepted(status(&app).await?))
}
