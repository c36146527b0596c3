//! Whose cart a request is about: a signed-in user's, or that of a guest who shows a cart token.

use crate::{Settings, cart_view::Shopper};
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::Response,
};
use cart::{Guest, Owner, ops};
use kernel::{Code, UserId};
use web::{App, ClientAddress, Context, CostlyLimit, Failure, IdempotencyKey, MaybeUser, Role, sent_once};

/// The header with a guest's token, in requests and, once, in the response that makes the guest's cart.
pub const CART_TOKEN: HeaderName = HeaderName::from_static("x-cart-token");

/// The caller of a route of carts.
#[derive(Clone)]
pub struct Visitor {
    user: Option<UserId>,
    /// By the token that came with the request.
    guest: Option<Guest>,
    context: Context,
    client: ClientAddress,
    limit: CostlyLimit,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visitor, Failure> {
        let MaybeUser(user) = MaybeUser::from_request_parts(parts, app).await?;
        if user.as_ref().is_some_and(|user| !user.roles.includes(Role::User)) {
            return Err(Code::RoleRequired.error().into());
        }
        let Ok(context) = Context::from_request_parts(parts, app).await;
        let Ok(client) = ClientAddress::from_request_parts(parts, app).await;
        let Ok(limit) = CostlyLimit::from_request_parts(parts, app).await;
        let token = sent_once(&parts.headers, &CART_TOKEN)?.and_then(|token| token.to_str().ok());
        let guest = token.and_then(Guest::of_token);
        Ok(Visitor { user: user.map(|user| user.id), guest, context, client, limit })
    }
}

fn shopper(app: &App, owner: Owner, context: Context) -> Shopper {
    Shopper { owner, context, prices: app.settings::<Settings>().prices() }
}

impl Visitor {
    /// The signed-in user, or the guest with this token. A user's request that also has a token first takes the guest's cart over.
    /// A001 without either, S101 for a token without a cart: it is unknown, or the cart was not changed for too long.
    pub async fn known(self, app: &App) -> Result<Shopper, Failure> {
        let owner = match (self.user, self.guest) {
            (Some(user), guest) => {
                take_over(app, user, guest).await?;
                Owner::User(user)
            }
            (None, Some(guest)) if is_known(app, guest).await? => Owner::Guest(guest),
            (None, Some(_)) => return Err(Code::CartNotFound.because("no cart has this token").into()),
            (None, None) => {
                return Err(Code::SignInRequired.because(format!("sign in, or send a guest's {CART_TOKEN}")).into());
            }
        };
        Ok(shopper(app, owner, self.context))
    }

    /// The same, but who is not known becomes a guest with a new cart and gets its token. C012 for a client that makes too many.
    pub async fn welcomed(self, app: &App) -> Result<(Shopper, Option<String>), Failure> {
        let known = match (self.user, self.guest) {
            (Some(_), _) => true,
            (None, Some(guest)) => is_known(app, guest).await?,
            (None, None) => false,
        };
        if known {
            return Ok((self.known(app).await?, None));
        }
        self.limit.admit(self.client)?;
        let (guest, token) = app.db.write("cart.welcome", ops::welcome).await?;
        Ok((shopper(app, Owner::Guest(guest), self.context), Some(token)))
    }

    /// Takes the guest's cart over if a signed-in user shows its token.
    pub async fn taken_over(self, app: &App) -> Result<(), Failure> {
        match self.user {
            Some(user) => take_over(app, user, self.guest).await,
            None => Ok(()),
        }
    }
}

async fn is_known(app: &App, guest: Guest) -> Result<bool, Failure> {
    let ttl = app.settings::<cart::Settings>().guest_ttl;
    Ok(app.db.read("cart.known", move |tx| ops::is_known(tx, &guest, ttl)).await?)
}

async fn take_over(app: &App, user: UserId, guest: Option<Guest>) -> Result<(), Failure> {
    let Some(guest) = guest else { return Ok(()) };
    if is_known(app, guest).await? {
        app.db.write("cart.merge", move |tx| ops::merge(tx, user, &guest)).await?;
    }
    Ok(())
}

/// The key in the scope of its cart's owner.
pub fn key_of(shopper: &Shopper, key: IdempotencyKey) -> IdempotencyKey {
    match shopper.owner {
        Owner::User(_) => key,
        Owner::Guest(guest) => key.scoped(guest.key()),
    }
}

/// The response with the token of a new guest, which no cache may keep.
pub fn with_token(mut response: Response, token: Option<String>) -> Response {
    if let Some(token) = token.and_then(|token| HeaderValue::from_str(&token).ok()) {
        response.headers_mut().insert(CART_TOKEN, token);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
