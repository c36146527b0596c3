//! The routes of reports.

mod exports;
mod figures;
mod settlement;

use crate::rebuild::{self, Report};
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;
use web::{Admin, ApiResult, App, Checked, Query, Routes, ok, response::Success, route::ADMIN};

/// The handlers, for administrators and sellers.
pub fn routes() -> Routes {
    Routes::new()
        .add(ADMIN.long(), routes!(rebuild_reports))
        .merge(figures::routes())
        .merge(settlement::routes())
        .merge(exports::routes())
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

/// Work out every read model anew from the shop's records and compare; unless it is a dry run, repair the differences. Safe while
/// the shop sells.
#[utoipa::path(post, path = "/admin/reports/rebuild", tag = "report", params(How),
    responses((status = 200, body = Success<Report>)))]
async fn rebuild_reports(State(app): State<App>, _admin: Admin, Query(how): Query<How>) -> ApiResult<Report> {
    Ok(ok(rebuild::run(&app.db, how.dry_run).await?))
}
