//! The routes of settlements.

use crate::days::{Days, DaysQuery};
use crate::settlement::{self, DAYS_MAX, DifferenceRow, Fees, SettlementRow};
use crate::sheet::{Sheet, respond};
use crate::{Settings, ops};
use axum::{extract::State, http::HeaderMap, response::Response};
use kernel::{Result, text};
use store::Tx;
use utoipa_axum::routes;
use web::{Admin, App, Failure, Query, Routes, response::Success, route::ADMIN};

/// The handlers.
pub fn routes() -> Routes {
    Routes::new().add(ADMIN.long(), routes!(settlement)).add(ADMIN.long(), routes!(settlement_differences))
}

fn days(app: &App, asked: &DaysQuery) -> Result<Days> {
    let days = asked.days(&app.shop.zone, app.now())?;
    match days.count() <= DAYS_MAX {
        true => Ok(days),
        false => Err(text::wrong("from", format!("must be at most {DAYS_MAX} days before to"))),
    }
}

/// What moved through each gateway on each day, with fees, and beside it what the gateway's own records say. At most 92 days. Money
/// counts for the day on which it moved, not for that of its order.
#[utoipa::path(get, path = "/admin/reports/settlement", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<SettlementRow>> = "application/json"), (String = "text/csv")))))]
async fn settlement(
    State(app): State<App>,
    _admin: Admin,
    Query(asked): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (days, zone, settings) = (days(&app, &asked)?, app.shop.zone.clone(), app.settings::<Settings>());
    let fees = Fees { gateway: settings.gateway_fee, platform: settings.platform_fee };
    let read = move |tx: &mut Tx<'_>| Ok((ops::as_of(tx)?, settlement::rows(tx, days, &zone, fees)?));
    let (as_of, mut rows) = app.db.read("report.settlement", read).await?;
    settlement::beside_the_gateway(&*app.ports.gateway, days, &app.shop.zone, &mut rows).await?;
    respond(&app, &headers, ("settlement", days), (as_of, rows))
}

/// Money of these days about which the shop and its gateway do not agree, at most 1,000 amounts. C013 when the gateway gives no list
/// of what it did.
#[utoipa::path(get, path = "/admin/reports/settlement/differences", tag = "report", params(DaysQuery),
    responses((status = 200, content((Success<Sheet<DifferenceRow>> = "application/json"), (String = "text/csv")))))]
async fn settlement_differences(
    State(app): State<App>,
    _admin: Admin,
    Query(asked): Query<DaysQuery>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let days = days(&app, &asked)?;
    let as_of = app.db.read("report.as-of", ops::as_of).await?;
    let rows = settlement::differences(&app.db, &*app.ports.gateway, days, &app.shop.zone).await?;
    respond(&app, &headers, ("settlement-differences", days), (as_of, rows))
}
