//! Users, as administrators find them.

use super::must_keep_accounts;
use crate::ops::{self, Found};
use crate::user::User;
use axum::extract::State;
use kernel::{Result, UserId, text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Admin, ApiResult, App, Checked, Path, Query, ok, response::Success};

/// Longest text to search by, in characters.
const KEYWORD_MAX: usize = 100;

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Part of the e-mail, the nickname or the name.
    #[param(value_type = String)]
    keyword: Option<String>,
    /// `next` of the search before.
    after: Option<UserId>,
}

impl UsersQuery {
    fn keyword(&self) -> Result<String> {
        text::required("keyword", self.keyword.as_deref().unwrap_or_default(), KEYWORD_MAX)
    }
}

impl Checked for UsersQuery {
    fn check(&self) -> Result<()> {
        self.keyword().map(drop)
    }
}

/// Users that were found.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersFound {
    /// At most 100.
    users: Vec<User>,
    /// Pass it as `after` to go on with the users behind; absent when everybody was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<UserId>,
}

/// Find users by a part of e-mail, nickname or name. One search looks at 20,000 users, and gives at most 50 of them; those whose e-mail
/// begins with the text are found first, wherever they are.
#[utoipa::path(get, path = "/api/v1/users", tag = "account", params(UsersQuery),
    responses((status = 200, body = Success<UsersFound>)))]
pub async fn find_users(
    State(app): State<App>,
    _admin: Admin,
    Query(query): Query<UsersQuery>,
) -> ApiResult<UsersFound> {
    must_keep_accounts(&app)?;
    let (keyword, after) = (query.keyword()?, query.after);
    let search = move |tx: &mut ::store::Tx<'_>| ops::search(tx, &keyword, after);
    let Found { users, next } = app.db.read("account.search", search).await?;
    Ok(ok(UsersFound { users, next }))
}

/// One user.
#[utoipa::path(get, path = "/api/v1/users/{userId}", tag = "account", params(("userId" = String, Path)),
    responses((status = 200, body = Success<User>)))]
pub async fn one_user(State(app): State<App>, _admin: Admin, Path(id): Path<UserId>) -> ApiResult<User> {
    must_keep_accounts(&app)?;
    Ok(ok(app.db.read("account.user", move |tx| ops::find(tx, &id)).await?))
}
