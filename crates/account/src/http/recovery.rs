//! New passwords for those who forgot theirs, and verification of e-mail addresses.

use super::must_keep_accounts;
use crate::ops::{self, Attempt};
use crate::session::TOKEN_MAX;
use crate::{password, recovery, user};
use ::store::Tx;
use axum::extract::State;
use kernel::{Result, text};
use serde::Deserialize;
use utoipa::ToSchema;
use web::response::Success;
use web::{ApiResult, App, Checked, ClientAddress, Json, SecretText, done};

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForgottenPassword {
    /// The e-mail of the sign-up, in any case of letters.
    pub email: String,
}

impl Checked for ForgottenPassword {
    fn check(&self) -> Result<()> {
        user::email(&self.email).map(drop)
    }
}

/// A token from the mail, and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordReset {
    /// Works once.
    #[schema(value_type = String)]
    pub token: SecretText,
    /// 8 to 128 characters, and none that is easily guessed.
    #[schema(value_type = String, format = Password)]
    pub new_password: SecretText,
}

impl Checked for PasswordReset {
    fn check(&self) -> Result<()> {
        mail_token(&self.token).map(drop)
    }
}

/// A token from the mail.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailVerification {
    /// Works once.
    #[schema(value_type = String)]
    pub token: SecretText,
}

impl Checked for EmailVerification {
    fn check(&self) -> Result<()> {
        mail_token(&self.token).map(drop)
    }
}

fn mail_token(sent: &SecretText) -> Result<String> {
    text::required("token", &sent.0, TOKEN_MAX)
}

/// Ask for a new password. The answer is the same whether the e-mail is known or not; if it is, the event
/// `shopping.account.password-reset-requested` has a token for the mail, at most once a minute.
#[utoipa::path(post, path = "/api/v1/auth/password-reset", tag = "account", request_body = ForgottenPassword,
    responses((status = 200, body = Success<web::NoBody>), (status = 400, description = "C002"), (status = 429, description = "C012")))]
pub async fn request_password_reset(
    State(app): State<App>,
    client: ClientAddress,
    Json(body): Json<ForgottenPassword>,
) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let email = user::email(&body.email)?;
    let attempt = Attempt { email, typed: body.email, address: client.text(), holder: None, device: None };
    let ttl = app.settings::<crate::Settings>().reset_ttl;
    app.db.write("account.request-reset", move |tx| recovery::request_reset(tx, &attempt, ttl)).await?;
    Ok(done())
}

/// Choose a new password with the token from the mail; every session ends.
#[utoipa::path(post, path = "/api/v1/auth/password-reset/confirm", tag = "account", request_body = PasswordReset,
    responses((status = 200, body = Success<web::NoBody>), (status = 400, description = "A012, A014"), (status = 429, description = "C012")))]
pub async fn reset_password(
    State(app): State<App>,
    client: ClientAddress,
    Json(body): Json<PasswordReset>,
) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let token = mail_token(&body.token)?;
    let looked = token.clone();
    let begin = move |tx: &mut Tx<'_>| recovery::begin_reset(tx, &looked);
    let (user, salt) = app.db.read("account.begin-reset", begin).await?;
    let naming = |error| user::naming("newPassword", error);
    user::password(&body.new_password.0, &user.email).map_err(naming)?;
    let hash = password::hash_new(client.0, body.new_password.0, user.known(), salt).await.map_err(naming)?;
    let reset = move |tx: &mut Tx<'_>| recovery::reset(tx, &token, &hash, &client.text());
    app.db.write("account.reset-password", reset).await?;
    Ok(done())
}

/// Ask for another mail that verifies the caller's e-mail address: the event
/// `shopping.account.email-verification-requested` has a token for it, at most once a minute. A sign-up asks by itself.
#[utoipa::path(post, path = "/api/v1/users/me/email-verification", tag = "account",
    responses((status = 200, body = Success<web::NoBody>), (status = 429, description = "C012")))]
pub async fn request_email_verification(State(app): State<App>, user: web::User) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let ttl = app.settings::<crate::Settings>().verification_ttl;
    let request = move |tx: &mut Tx<'_>| {
        let user = ops::find(tx, &user.id)?;
        recovery::request_verification(tx, user, ttl)
    };
    app.db.write("account.request-verification", request).await?;
    Ok(done())
}

/// Show with the token from the mail that the e-mail address is the user's.
#[utoipa::path(post, path = "/api/v1/auth/email-verification", tag = "account", request_body = EmailVerification,
    responses((status = 200, body = Success<web::NoBody>), (status = 400, description = "A014"), (status = 429, description = "C012")))]
pub async fn verify_email(State(app): State<App>, Json(body): Json<EmailVerification>) -> ApiResult<()> {
    must_keep_accounts(&app)?;
    let token = mail_token(&body.token)?;
    app.db.write("account.verify-email", move |tx| recovery::verify_email(tx, &token)).await?;
    Ok(done())
}
