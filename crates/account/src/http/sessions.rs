//! The caller's sessions.

use super::must_keep_accounts;
use crate::ops;
use crate::session::SessionView;
use axum::{extract::State, http::HeaderMap};
use uuid::Uuid;
use web::{ApiResult, App, Path, done, ok, response::Success};

/// The caller's open sessions, the one used last first.
#[utoipa::path(get, path = "/api/v1/users/me/sessions", tag = "account",
    responses((status = 200, body = Success<Vec<SessionView>>)))]
pub async fn sessions(State(app): State<App>, user: web::User, headers: HeaderMap) -> ApiResult<Vec<SessionView>> {
    must_keep_accounts(&app)?;
    let current = app.auth.verify(&headers, app.now())?.and_then(|caller| caller.session);
    Ok(ok(app.db.read("account.sessions", move |tx| ops::sessions(tx, &user.id, current)).await?))
}

/// Sign out of one session. Its access token works until it expires.
#[utoipa::path(delete, path = "/api/v1/users/me/sessions/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 200, body = Success<web::NoBody>), (status = 404, description = "C003")))]
pub async fn end_session(State(app): State<App>, user: web::User, Path(id): Path<Uuid>) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    app.db.write("account.end-session", move |tx| ops::end_session(tx, &user.id, id)).await?;
    Ok(done())
}

/// Sign out everywhere, here too. Access tokens work until they expire.
#[utoipa::path(delete, path = "/api/v1/users/me/sessions", tag = "account", responses((status = 200, body = Success<web::NoBody>)))]
pub async fn end_sessions(State(app): State<App>, user: web::User) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    app.db.write("account.end-sessions", move |tx| ops::end_sessions(tx, &user.id)).await?;
    Ok(done())
}
