//! Handlers under `/api/v1/auth` and `/api/v1/users`.

mod recovery;
mod sessions;
mod users;

use crate::address::{SaveAddress, SavedAddress};
use crate::ops::{self, Attempt, Lifetimes, Refreshed, Session};
use crate::session::{DEVICE_MAX, TOKEN_MAX};
use crate::user::{self, Change, SignUp, User};
use crate::{password, user::PASSWORD_MAX};
use ::store::Tx;
use axum::{
    extract::State,
    http::{HeaderMap, header::USER_AGENT},
};
use kernel::{AddressId, Code, Result, text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{
    ApiResponse, ApiResult, App, Checked, ClientAddress, Json, Path, Routes, SecretText, done, ok,
    response::Success,
    route::{ADMIN, PUBLIC, USER},
};

/// The failure of a caller whose token is good and whose account is gone.
const UNKNOWN: &[Code] = &[Code::UserNotFound];

/// The routes of this domain.
pub fn routes() -> Routes {
    Routes::new()
        .add(PUBLIC.costly(), routes!(sign_up))
        .add(PUBLIC.secret().costly(), routes!(sign_in))
        .add(PUBLIC.secret(), routes!(refresh))
        .add(PUBLIC, routes!(sign_out))
        .add(USER.secret(), routes!(stream_token))
        .add(USER.refusing(UNKNOWN), routes!(me, change_me))
        .add(USER.costly().refusing(UNKNOWN), routes!(change_password))
        .add(PUBLIC.costly(), routes!(recovery::request_password_reset))
        .add(PUBLIC.costly(), routes!(recovery::reset_password))
        .add(PUBLIC.costly(), routes!(recovery::verify_email))
        .add(USER.costly().refusing(UNKNOWN), routes!(recovery::request_email_verification))
        .add(USER, routes!(sessions::sessions, sessions::end_sessions))
        .add(USER.refusing(&[Code::NotFound]), routes!(sessions::end_session))
        .add(ADMIN, routes!(users::find_users))
        .add(ADMIN.refusing(UNKNOWN), routes!(users::one_user))
        .add(USER, routes!(addresses, save_address))
        .add(
            USER.refusing(&[Code::AddressNotFound, Code::InvalidShippingAddress]),
            routes!(change_address, forget_address),
        )
}

/// E-mail and password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The e-mail of the sign-up, in any case of letters.
    pub email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretText,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refresh {
    /// The newest token of the session.
    #[schema(value_type = String)]
    pub refresh_token: SecretText,
}

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChange {
    /// The old one.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretText,
    /// The new one: 8 to 128 characters.
    #[schema(value_type = String, format = Password)]
    pub new_password: SecretText,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// For the `Authorization: Bearer` header.
    pub access_token: String,
    /// For `/auth/refresh`, which gives the next one; then it works no longer.
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Whose.
    pub user: User,
}

/// A token that opens event streams by `?access_token=`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamToken {
    /// Add it to the stream's address.
    pub token: String,
    /// Seconds until it expires; an open stream stays open.
    pub expires_in: u64,
}

impl Checked for SignIn {}

impl Checked for Refresh {
    fn check(&self) -> Result<()> {
        self.token().map(drop)
    }
}

impl Refresh {
    fn token(&self) -> Result<String> {
        text::required("refreshToken", &self.refresh_token.0, TOKEN_MAX)
    }
}

impl Checked for PasswordChange {}

fn must_keep_accounts(app: &App) -> Result<()> {
    if app.settings::<crate::Settings>().enabled { Ok(()) } else { Err(Code::AccountsElsewhere.error()) }
}

fn tokens(app: &App, session: Session) -> Result<Tokens> {
    let access = app.auth.issue_in(session.id, &session.user.id, session.user.rights(), app.now())?;
    Ok(Tokens {
        access_token: access.token,
        refresh_token: session.refresh_token,
        expires_in: access.expires_in,
        user: session.user,
    })
}

/// The first characters of `text`.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// Sign up. A password that is in a list of breached ones, or easily guessed, is refused.
#[utoipa::path(post, path = "/api/v1/users/signup", tag = "account", request_body = SignUp,
    responses((status = 201, body = Success<User>), (status = 400, description = "C002, A012"), (status = 409, description = "A006"),
        (status = 429, description = "C012")))]
pub async fn sign_up(State(app): State<App>, client: ClientAddress, Json(body): Json<SignUp>) -> ApiResult<User> {
    must_keep_accounts(&app)?;
    let new = body.checked()?;
    let email = new.email.clone();
    let salt = app.db.read("account.prepare-sign-up", move |tx| ops::prepare_sign_up(tx, &email)).await?;
    let hash = password::hash_new(client.0, new.password.0.clone(), new.known(), salt).await;
    let hash = hash.map_err(|error| user::naming("password", error))?;
    let ttl = app.settings::<crate::Settings>().verification_ttl;
    let user = app.db.write("account.sign-up", move |tx| ops::sign_up(tx, &new, &hash, ttl)).await?;
    let location = Some("/api/v1/users/me".to_owned());
    Ok(ApiResponse { status: axum::http::StatusCode::CREATED, location, data: Some(user) })
}

/// Sign in. After ten wrong passwords for one e-mail from one address within a quarter of an hour, the two must wait
/// (A009); not when the request carries a valid token of the user, and not at an address where the user signed in before.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "account", request_body = SignIn,
    responses((status = 200, body = Success<Tokens>), (status = 401, description = "A005"),
        (status = 429, description = "A009, C012")))]
pub async fn sign_in(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> ApiResult<Tokens> {
    must_keep_accounts(&app)?;
    let email = user::email(&body.email).map_err(|_| Code::WrongCredentials)?;
    let SignIn { email: typed, password: SecretText(password) } = body;
    // a token that is no longer good is what a client that signs in often has
    let holder = app.auth.verify(&headers, app.now()).ok().flatten().map(|caller| caller.id);
    let device = headers.get(USER_AGENT).map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
    let device =
        text::optional("device", device.as_deref().map(|name| cut(name, DEVICE_MAX)), DEVICE_MAX).ok().flatten();
    let attempt = Arc::new(Attempt { email, typed, address: client.text(), holder, device });
    let begun = Arc::clone(&attempt);
    let found = app.db.read("account.begin-sign-in", move |tx| ops::begin_sign_in(tx, &begun)).await?;
    let too_long = text::password(&password).chars().count() > PASSWORD_MAX;
    let (user, hash) = found.filter(|_| !too_long).unzip();
    let password = if too_long { String::new() } else { password };
    let right = password::matches(client.0, password, hash.clone()).await?;
    let (Some(user), Some(hash), true) = (user, hash, right) else {
        return Err(app.db.write("account.wrong-password", move |tx| ops::wrong_password(tx, &attempt)).await?.into());
    };
    let ttl = app.settings::<crate::Settings>().refresh_ttl;
    let begin = move |tx: &mut Tx<'_>| ops::sign_in(tx, &user.id, &hash, &attempt, ttl);
    Ok(ok(tokens(&app, app.db.write("account.sign-in", begin).await?)?))
}

/// Go on with a session. The same token again within `account.refresh_grace` gets the same successor; later it counts as
/// stolen, and the session ends.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "account", request_body = Refresh,
    responses((status = 200, body = Success<Tokens>), (status = 401, description = "A003, A004, A007")))]
pub async fn refresh(State(app): State<App>, Json(body): Json<Refresh>) -> ApiResult<Tokens> {
    must_keep_accounts(&app)?;
    let token = body.token()?;
    let settings = app.settings::<crate::Settings>();
    let lifetimes = Lifetimes { ttl: settings.refresh_ttl, grace: settings.refresh_grace };
    match app.db.write("account.refresh", move |tx| ops::refresh(tx, &token, lifetimes)).await? {
        Refreshed::Session(session) => Ok(ok(tokens(&app, *session)?)),
        Refreshed::Reused => Err(Code::RefreshTokenReused.into()),
    }
}

/// End a session.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "account", request_body = Refresh, responses((status = 200, body = Success<web::NoBody>)))]
pub async fn sign_out(State(app): State<App>, Json(body): Json<Refresh>) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let token = body.token()?;
    app.db.write("account.sign-out", move |tx| ops::sign_out(tx, &token)).await?;
    Ok(done())
}

/// A token for event streams, which browsers open without headers.
#[utoipa::path(post, path = "/api/v1/auth/stream-token", tag = "account", responses((status = 200, body = Success<StreamToken>)))]
pub async fn stream_token(State(app): State<App>, user: web::User) -> ApiResult<StreamToken> {
    let issued = app.auth.issue_stream_token(&user.id, user.roles, app.now())?;
    Ok(ok(StreamToken { token: issued.token, expires_in: issued.expires_in }))
}

/// The caller.
#[utoipa::path(get, path = "/api/v1/users/me", tag = "account", responses((status = 200, body = Success<User>)))]
pub async fn me(State(app): State<App>, user: web::User) -> ApiResult<User> {
    must_keep_accounts(&app)?;
    Ok(ok(app.db.read("account.me", move |tx| ops::find(tx, &user.id)).await?))
}

/// Change the caller's profile.
#[utoipa::path(put, path = "/api/v1/users/me", tag = "account", request_body = Change,
    responses((status = 200, body = Success<User>), (status = 409, description = "C016")))]
pub async fn change_me(State(app): State<App>, user: web::User, Json(body): Json<Change>) -> ApiResult<User> {
    must_keep_accounts(&app)?;
    let change = body.checked()?;
    Ok(ok(app.db.write("account.change", move |tx| ops::change(tx, &user.id, &change)).await?))
}

/// Change the password; every session ends.
#[utoipa::path(put, path = "/api/v1/users/me/password", tag = "account", request_body = PasswordChange,
    responses((status = 200, body = Success<web::NoBody>), (status = 400, description = "A012"), (status = 401, description = "A005"),
        (status = 429, description = "A009, C012")))]
pub async fn change_password(
    State(app): State<App>,
    user: web::User,
    client: ClientAddress,
    Json(body): Json<PasswordChange>,
) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let id = user.id;
    let attempt = Arc::new(ops::attempt_to_change(&id, client.text()));
    let begun = Arc::clone(&attempt);
    let begin = move |tx: &mut Tx<'_>| ops::begin_password_change(tx, &id, &begun);
    let (user, old, salt) = app.db.read("account.begin-password-change", begin).await?;
    let naming = |error| user::naming("newPassword", error);
    user::password(&body.new_password.0, &user.email).map_err(naming)?;
    if !password::matches(client.0, body.current_password.0, Some(old.clone())).await? {
        let count = move |tx: &mut Tx<'_>| ops::wrong_current_password(tx, &id, &attempt);
        return Err(app.db.write("account.wrong-password", count).await?.into());
    }
    let hash = password::hash_new(client.0, body.new_password.0, user.known(), salt).await.map_err(naming)?;
    let change = move |tx: &mut Tx<'_>| ops::change_password(tx, &id, &old, &hash, &attempt);
    app.db.write("account.change-password", change).await?;
    Ok(done())
}

/// The caller's saved addresses.
#[utoipa::path(get, path = "/api/v1/users/me/addresses", tag = "account", responses((status = 200, body = Success<Vec<SavedAddress>>)))]
pub async fn addresses(State(app): State<App>, user: web::User) -> ApiResult<Vec<SavedAddress>> {
    must_keep_accounts(&app)?;
    Ok(ok(app.db.read("account.addresses", move |tx| ops::addresses(tx, &user.id)).await?))
}

/// SaveAddress an address.
#[utoipa::path(post, path = "/api/v1/users/me/addresses", tag = "account", request_body = SaveAddress,
    responses((status = 201, body = Success<SavedAddress>), (status = 400, description = "C002, S211")))]
pub async fn save_address(
    State(app): State<App>,
    user: web::User,
    Json(body): Json<SaveAddress>,
) -> ApiResult<SavedAddress> {
    must_keep_accounts(&app)?;
    let new = body.checked()?;
    let saved = app.db.write("account.save-address", move |tx| ops::save_address(tx, &user.id, &new)).await?;
    let location = Some(format!("/api/v1/users/me/addresses/{}", saved.id));
    Ok(ApiResponse { status: axum::http::StatusCode::CREATED, location, data: Some(saved) })
}

/// Change a saved address.
#[utoipa::path(put, path = "/api/v1/users/me/addresses/{id}", tag = "account", request_body = SaveAddress,
    params(("id" = i64, Path)), responses((status = 200, body = Success<SavedAddress>), (status = 404, description = "A010")))]
pub async fn change_address(
    State(app): State<App>,
    user: web::User,
    Path(id): Path<AddressId>,
    Json(body): Json<SaveAddress>,
) -> ApiResult<SavedAddress> {
    must_keep_accounts(&app)?;
    let new = body.checked()?;
    Ok(ok(app.db.write("account.change-address", move |tx| ops::change_address(tx, &user.id, id, &new)).await?))
}

/// Delete a saved address.
#[utoipa::path(delete, path = "/api/v1/users/me/addresses/{id}", tag = "account", params(("id" = i64, Path)),
    responses((status = 200, body = Success<web::NoBody>), (status = 404, description = "A010")))]
pub async fn forget_address(State(app): State<App>, user: web::User, Path(id): Path<AddressId>) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    app.db.write("account.forget-address", move |tx| ops::forget_address(tx, &user.id, id)).await?;
    Ok(done())
}
