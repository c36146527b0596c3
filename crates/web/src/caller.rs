//! Extractors of the caller. A handler that names one of them refuses every other caller.

use crate::{App, Failure, Identity, Role, Roles};
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Code, Result, UserId};
use std::{convert::Infallible, net::IpAddr, sync::Arc};

/// A signed-in user with any role.
#[derive(Debug, Clone)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// What the user may do.
    pub roles: Roles,
}

impl User {
    /// Whether this user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.roles.includes(Role::Admin)
    }
}

/// A seller or an administrator.
#[derive(Debug, Clone)]
pub struct Seller(pub User);

impl Seller {
    /// The seller to whose things this caller is limited; `None` for an administrator, who may touch everything.
    pub fn limited_to(&self) -> Option<UserId> {
        (!self.0.is_admin()).then_some(self.0.id)
    }
}

/// An administrator.
#[derive(Debug, Clone)]
pub struct Admin(pub User);

/// Another service of the shop.
#[derive(Debug, Clone)]
pub struct Service;

/// A signed-in user, or a caller without a token. An invalid token is still refused.
#[derive(Debug, Clone)]
pub struct MaybeUser(pub Option<User>);

/// A seller or an administrator, or any other caller of a public route, who is never refused: what everyone gets must not depend on
/// a token, not even on an invalid one.
#[derive(Debug, Clone)]
pub struct MaybeSeller(pub Option<Seller>);

/// The token of a stream, for the document.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `StreamUser` reads")]
pub struct StreamToken {
    /// A token of `POST /api/v1/auth/stream-token`, for a browser's `EventSource`, which sends no headers.
    access_token: Option<String>,
}

/// A signed-in user by header, or by `?access_token=` with a stream token, for browsers' `EventSource`.
#[derive(Debug, Clone)]
pub struct StreamUser(pub User);

/// Like [`StreamUser`], but a caller without a token is let in. An invalid token is still refused.
#[derive(Debug, Clone)]
pub struct MaybeStreamUser(pub Option<User>);

/// What the server knows about the sender of a request. It puts it into the request's extensions.
#[derive(Clone)]
pub struct Client {
    pub address: ClientAddress,
    pub costly: CostlyLimit,
}

/// Where a request comes from: an IPv4 address, or an IPv6 network that one household owns. The server finds it out, also
/// behind a proxy; `None` in tests without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// As it is stored; empty without one.
    pub fn text(self) -> String {
        self.0.map(|address| address.to_string()).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<ClientAddress, Infallible> {
        Ok(parts.extensions.get().map_or(ClientAddress(None), |client: &Client| client.address))
    }
}

/// The limit of costly requests, for a handler that finds out by itself that a request is one. The server gives it to every
/// request; without it there is no limit.
#[derive(Clone, Default)]
pub struct CostlyLimit(pub Option<Admission>);

/// Counts a costly request of a client; C012 when the client makes too many.
pub type Admission = Arc<dyn Fn(IpAddr) -> Result<()> + Send + Sync>;

impl CostlyLimit {
    /// Counts a costly request of this client; C012 when it makes too many.
    pub fn admit(&self, client: ClientAddress) -> Result<()> {
        match (&self.0, client.0) {
            (Some(admit), Some(client)) => admit(client),
            (None, _) | (_, None) => Ok(()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for CostlyLimit {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<CostlyLimit, Infallible> {
        Ok(parts.extensions.get().map(|client: &Client| client.costly.clone()).unwrap_or_default())
    }
}

/// The caller as found by an earlier extractor of the same request.
#[derive(Clone)]
struct Found(Option<Identity>);

fn identity(parts: &mut Parts, app: &App) -> Result<Option<Identity>> {
    if let Some(Found(identity)) = parts.extensions.get() {
        return Ok(*identity);
    }
    let identity = app.auth.verify(&parts.headers, app.now())?;
    parts.extensions.insert(Found(identity));
    Ok(identity)
}

fn user(identity: Identity) -> User {
    User { id: identity.id, roles: identity.roles }
}

fn signed_in(parts: &mut Parts, app: &App) -> Result<User> {
    identity(parts, app)?.map(user).ok_or_else(|| Code::SignInRequired.error())
}

fn with_role(parts: &mut Parts, app: &App, role: Role) -> Result<User> {
    let user = signed_in(parts, app)?;
    if user.roles.includes(role) { Ok(user) } else { Err(Code::RoleRequired.error()) }
}

impl FromRequestParts<App> for User {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<User, Failure> {
        Ok(with_role(parts, app, Role::User)?)
    }
}

impl FromRequestParts<App> for Seller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Seller, Failure> {
        Ok(Seller(with_role(parts, app, Role::Seller)?))
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Admin, Failure> {
        Ok(Admin(with_role(parts, app, Role::Admin)?))
    }
}

impl FromRequestParts<App> for Service {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Service, Failure> {
        with_role(parts, app, Role::Service)?;
        Ok(Service)
    }
}

impl FromRequestParts<App> for MaybeUser {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<MaybeUser, Failure> {
        Ok(MaybeUser(identity(parts, app)?.map(user)))
    }
}

impl FromRequestParts<App> for MaybeSeller {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<MaybeSeller, Infallible> {
        Ok(MaybeSeller(with_role(parts, app, Role::Seller).ok().map(Seller)))
    }
}

/// The token in the query, if there is one.
fn stream_token(parts: &Parts) -> Result<Option<&str>> {
    let pairs = parts.uri.query().unwrap_or("").split('&');
    let mut tokens = pairs.filter_map(|pair| pair.strip_prefix("access_token="));
    let token = tokens.next();
    match tokens.next() {
        Some(_) => Err(Code::TokenInvalid.error().caused_by("access_token comes twice")),
        None => Ok(token),
    }
}

impl FromRequestParts<App> for StreamUser {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<StreamUser, Failure> {
        Ok(StreamUser(match stream_token(parts)? {
            Some(token) => user(app.auth.verify_stream_token(token, app.now())?),
            None => with_role(parts, app, Role::User)?,
        }))
    }
}

impl FromRequestParts<App> for MaybeStreamUser {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<MaybeStreamUser, Failure> {
        Ok(MaybeStreamUser(match stream_token(parts)? {
            Some(token) => Some(user(app.auth.verify_stream_token(token, app.now())?)),
            None => identity(parts, app)?.map(user),
        }))
    }
}
