//! Who is calling. Tokens are JWTs that we verify ourselves: HS256 with `kid` (ours, or another service that shares the
//! secret) and RS256 against a key set (an outside identity provider). Behind a gateway that has verified the caller, its
//! headers are trusted, but only together with a configured shared secret.

mod jwks;
mod roles;
mod secret;
#[cfg(test)]
mod tests;
mod verified;

pub use jwks::{JwksSettings, JwksSource};
pub use roles::{Role, RoleNames, Roles};
pub use secret::{DEVELOPMENT_SECRET, Secret, check_secret, weakness};

use crate::sent_once;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use jwks::Jwks;
use kernel::{Code, Error, Result, Timestamp, UserId};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use verified::{Verified, VerifiedTokens};

/// Longest token looked at, in bytes; a longer one is refused unread. Proxies allow headers of about this size.
const TOKEN_BYTES_MAX: usize = 8 << 10;
/// Clocks of other issuers may be off by this much; our own tokens get no such grace.
const LEEWAY: Duration = Duration::from_secs(30);
/// How long a stream token is good for: long enough to open the stream with it, too short to be worth stealing from a log.
const STREAM_TOKEN_TTL: Duration = Duration::from_secs(60);
/// What the gateway puts in front of us.
const USER_ID: HeaderName = HeaderName::from_static("x-user-id");
const USER_ROLES: HeaderName = HeaderName::from_static("x-user-roles");

/// How callers are recognised.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// Shared keys (HS256). The first signs; the others are still accepted, so that keys can be changed without signing
    /// anyone out.
    pub keys: Vec<HmacKey>,
    /// What `iss` says in tokens we issue.
    pub issuer: String,
    /// Other issuers whose HS256 tokens are accepted, because they share a key with us; an empty one stands for tokens
    /// without `iss`.
    pub other_issuers: Vec<String>,
    /// How long an access token is good for.
    pub access_ttl: Duration,
    /// Where the roles stand in a token; dots go into objects, such as `realm_access.roles`.
    pub roles_claim: String,
    /// What role names of other systems mean here.
    pub role_names: RoleNames,
    /// The key set of an outside identity provider (RS256).
    pub jwks: Option<JwksSettings>,
    /// A gateway whose identity headers are trusted.
    pub gateway: Option<GatewaySettings>,
}

/// A shared key with its name.
#[derive(Debug, Clone)]
pub struct HmacKey {
    /// The token header's `kid`.
    pub kid: String,
    /// At least 32 bytes; see [`check_secret`].
    pub secret: Secret,
}

/// A gateway that verifies callers before us and says who they are in `X-User-Id` and `X-User-Roles`.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// The header in which the gateway proves itself.
    pub header: String,
    /// What that header must say.
    pub secret: Secret,
}

impl AuthSettings {
    /// Everything that proves who somebody is.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.keys.iter().map(|key| &key.secret).chain(self.gateway.iter().map(|gateway| &gateway.secret))
    }

    /// One key for signing and verifying, a quarter of an hour per token, no gateway, no outside provider.
    pub fn single(secret: &str) -> AuthSettings {
        AuthSettings {
            keys: vec![HmacKey { kid: "key-default".to_owned(), secret: Secret::new(secret) }],
            issuer: "holdfast".to_owned(),
            other_issuers: Vec::new(),
            access_ttl: Duration::from_secs(15 * 60),
            roles_claim: "roles".to_owned(),
            role_names: RoleNames::default(),
            jwks: None,
            gateway: None,
        }
    }
}

/// A caller we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Who it is; the nil UUID for a service that has no user.
    pub id: UserId,
    /// What they may do.
    pub roles: Roles,
    /// The session that our token belongs to.
    pub session: Option<uuid::Uuid>,
}

/// A token as it is handed out.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuedToken {
    /// The signed token.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IssuedToken(until {})", self.expires_at)
    }
}

/// What a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Any call, in the `Authorization` header.
    Access,
    /// Opening an event stream, in the address, where browsers cannot send headers.
    Stream,
}

/// Recognises callers and issues tokens. Shared by the whole program.
pub struct Auth {
    settings: AuthSettings,
    signing: Option<(String, EncodingKey)>,
    verifying: HashMap<String, DecodingKey>,
    gateway: Option<(HeaderName, Secret)>,
    jwks: Option<Jwks>,
    /// How many times the key set was read anew. A token that was verified before may have had a key that is withdrawn.
    keys_read: AtomicU64,
    verified: VerifiedTokens,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Auth {
    /// Checks the settings and reads the key set when it is a file; one behind an address is fetched by
    /// [`Auth::refresh_keys`]. C002 names what is wrong.
    pub fn from_settings(settings: AuthSettings) -> Result<Auth> {
        let mut verifying = HashMap::new();
        for key in &settings.keys {
            if key.secret.is_empty() {
                return Err(wrong(format!("the secret of key {:?} is empty", key.kid)));
            }
            if verifying.insert(key.kid.clone(), DecodingKey::from_secret(key.secret.bytes())).is_some() {
                return Err(wrong(format!("two keys are called {:?}", key.kid)));
            }
        }
        let signing = settings.keys.first().map(|k| (k.kid.clone(), EncodingKey::from_secret(k.secret.bytes())));
        let gateway = settings.gateway.as_ref().map(gateway).transpose()?;
        let jwks = settings.jwks.clone().map(Jwks::open).transpose()?;
        if signing.is_none() && jwks.is_none() && gateway.is_none() {
            return Err(wrong("there is no key, no key set and no gateway, so no user could sign in"));
        }
        let (keys_read, verified) = (AtomicU64::new(0), VerifiedTokens::new());
        Ok(Auth { settings, signing, verifying, gateway, jwks, keys_read, verified })
    }

    /// The caller of a request with these headers; `None` without a token. An invalid token is an error even on public routes: A003 for an
    /// expired one, A004 otherwise.
    pub fn verify(&self, headers: &HeaderMap, now: Timestamp) -> Result<Option<Identity>> {
        if let Some(identity) = self.by_gateway(headers)? {
            return Ok(Some(identity));
        }
        let Some(text) = only(headers, &AUTHORIZATION)? else { return Ok(None) };
        match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.verify_token(token.trim(), now, Purpose::Access).map(Some)
            }
            _ => Err(not_valid("the scheme is not Bearer")),
        }
    }

    /// The caller whom a stream token (`?access_token=`) names; A003 or A004 when it is not good.
    pub fn verify_stream_token(&self, token: &str, now: Timestamp) -> Result<Identity> {
        self.verify_token(token, now, Purpose::Stream)
    }

    /// A token for this user, good from `now` for [`AuthSettings::access_ttl`]. A013 when we have no key to sign with.
    pub fn issue(&self, user: &UserId, roles: Roles, now: Timestamp) -> Result<IssuedToken> {
        self.issue_for(user, roles, now, self.settings.access_ttl)
    }

    /// [`Auth::issue`] for a session, which the token names.
    pub fn issue_in(&self, session: uuid::Uuid, user: &UserId, roles: Roles, now: Timestamp) -> Result<IssuedToken> {
        let of = Of { user, roles, session: Some(session), purpose: Purpose::Access };
        self.sign(&of, now, self.settings.access_ttl)
    }

    /// A token of a given lifetime, for scripts and services.
    pub fn issue_for(&self, user: &UserId, roles: Roles, now: Timestamp, ttl: Duration) -> Result<IssuedToken> {
        self.sign(&Of { user, roles, session: None, purpose: Purpose::Access }, now, ttl)
    }

    /// A token that opens event streams for a minute and does nothing else.
    pub fn issue_stream_token(&self, user: &UserId, roles: Roles, now: Timestamp) -> Result<IssuedToken> {
        self.sign(&Of { user, roles, session: None, purpose: Purpose::Stream }, now, STREAM_TOKEN_TTL)
    }

    /// Reads the outside provider's key set again when it is due, or when a token named a key we do not have. Gives
    /// whether it was read. The old keys stay when it cannot be read.
    pub async fn refresh_keys(&self, now: Timestamp) -> Result<bool> {
        let Some(jwks) = &self.jwks else { return Ok(false) };
        let read = jwks.refresh(now).await?;
        if read {
            self.keys_read.fetch_add(1, Ordering::Release);
        }
        Ok(read)
    }

    fn sign(&self, of: &Of<'_>, now: Timestamp, ttl: Duration) -> Result<IssuedToken> {
        let (kid, key) = self.signing.as_ref().ok_or(Code::AccountsElsewhere)?;
        let header = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        // whole seconds, as the claim has them; rounded down so that a token never outlives its time
        let issued_s = now.as_millis() / 1_000;
        let expires_s = now.after(ttl).as_millis() / 1_000;
        let claims = Claims {
            iss: &self.settings.issuer,
            sub: of.user,
            roles: of.roles,
            iat: issued_s,
            exp: expires_s,
            session: of.session,
            purpose: (of.purpose == Purpose::Stream).then_some("stream"),
        };
        let token = jsonwebtoken::encode(&header, &claims, key).map_err(|e| Code::Internal.error().caused_by(e))?;
        Ok(IssuedToken {
            token,
            expires_in: (expires_s - issued_s).unsigned_abs(),
            expires_at: Timestamp::from_millis(expires_s * 1_000),
        })
    }

    /// The caller the gateway vouches for. Without the right secret its headers are as if they were not there; with a
    /// wrong one the request is refused, because then someone pretends or something is configured wrongly.
    fn by_gateway(&self, headers: &HeaderMap) -> Result<Option<Identity>> {
        let Some((header, secret)) = &self.gateway else { return Ok(None) };
        let Some(given) = only(headers, header)? else { return Ok(None) };
        if !secret.matches(given.as_bytes()) {
            return Err(not_valid("the gateway's secret is wrong"));
        }
        let names = only(headers, &USER_ROLES)?.unwrap_or_default();
        let roles = self.settings.role_names.read(names.split([',', ' ']));
        match only(headers, &USER_ID)? {
            Some(id) => Ok(Some(Identity { id: user_id(id.trim())?, roles: roles.or_user(), session: None })),
            None if roles.includes(Role::Service) => Ok(Some(Identity { id: no_user(), roles, session: None })),
            None => Ok(None),
        }
    }

    fn verify_token(&self, token: &str, now: Timestamp, purpose: Purpose) -> Result<Identity> {
        // read before the keys are used: a token that was verified with older keys is verified again
        let keys_read = self.keys_read.load(Ordering::Acquire);
        if let Some(verified) = self.verified.get(token, keys_read) {
            return verified.caller(now, purpose);
        }
        let verified = self.read_token(token, keys_read)?;
        let identity = verified.caller(now, purpose)?;
        self.verified.keep(token, verified);
        Ok(identity)
    }

    /// Everything about a token that does not depend on the time and on what it is used for.
    fn read_token(&self, token: &str, keys_read: u64) -> Result<Verified> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(not_valid("the token is too long"));
        }
        must_not_demand_extensions(token)?;
        let header = jsonwebtoken::decode_header(token).map_err(unreadable)?;
        let (claims, leeway) = match header.alg {
            Algorithm::HS256 => self.with_shared_key(token, header.kid.as_deref())?,
            Algorithm::RS256 => (self.with_key_set(token, header.kid.as_deref())?, LEEWAY),
            other => return Err(not_valid(format!("{other:?} is not accepted"))),
        };
        let meant_for_streams = claims.get("use").is_some_and(|v| v == "stream");
        Ok(Verified {
            identity: self.identity(&claims)?,
            purpose: if meant_for_streams { Purpose::Stream } else { Purpose::Access },
            not_before: instant(&claims, "nbf"),
            expires_at: instant(&claims, "exp").ok_or_else(|| not_valid("it never expires"))?,
            leeway,
            keys_read,
        })
    }

    /// The claims, and how much the issuer's clock may be off.
    fn with_shared_key(&self, token: &str, kid: Option<&str>) -> Result<(Map<String, Value>, Duration)> {
        let key = match kid {
            Some(kid) => self.verifying.get(kid),
            None if self.verifying.len() == 1 => self.verifying.values().next(),
            None => None,
        };
        let key = key.ok_or_else(|| not_valid("no such shared key"))?;
        let claims = decode(token, key, Algorithm::HS256)?;
        let issuer = match claims.get("iss") {
            None => "",
            Some(issuer) => issuer.as_str().ok_or_else(|| not_valid("the issuer is not text"))?,
        };
        let ours = issuer == self.settings.issuer;
        if !ours && !self.settings.other_issuers.iter().any(|other| other == issuer) {
            return Err(not_valid("another issuer"));
        }
        Ok((claims, if ours { Duration::ZERO } else { LEEWAY }))
    }

    fn with_key_set(&self, token: &str, kid: Option<&str>) -> Result<Map<String, Value>> {
        let jwks = self.jwks.as_ref().ok_or_else(|| not_valid("RS256 is not configured"))?;
        let key = jwks.key(kid).ok_or_else(|| not_valid("the key set has no such key"))?;
        let claims = decode(token, &key, Algorithm::RS256)?;
        jwks.check_source(&claims)?;
        Ok(claims)
    }

    fn identity(&self, claims: &Map<String, Value>) -> Result<Identity> {
        let roles = self.settings.role_names.read_claim(claims, &self.settings.roles_claim);
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        match user_id(subject) {
            Ok(id) => Ok(Identity { id, roles: roles.or_user(), session: session(claims) }),
            Err(_) if roles.includes(Role::Service) => Ok(Identity { id: no_user(), roles, session: None }),
            Err(error) => Err(error),
        }
    }
}

/// Whose token, and what for.
struct Of<'a> {
    user: &'a UserId,
    roles: Roles,
    session: Option<uuid::Uuid>,
    purpose: Purpose,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a UserId,
    roles: Roles,
    iat: i64,
    exp: i64,
    #[serde(rename = "sid", skip_serializing_if = "Option::is_none")]
    session: Option<uuid::Uuid>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    purpose: Option<&'static str>,
}

/// The value of a header that says who is calling. A004 when it comes twice.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>> {
    let value = sent_once(headers, name).map_err(|_| not_valid(format!("the header {name} comes twice")))?;
    let Some(value) = value else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| not_valid(format!("the header {name} is not text")))
}

/// A004 when the token's header has `crit`: it lists extensions without which the token must not be accepted (RFC 7515),
/// and we know none. The JWT library reads over it.
fn must_not_demand_extensions(token: &str) -> Result<()> {
    let head = token.split('.').next().unwrap_or_default();
    let head = BASE64_URL_SAFE_NO_PAD.decode(head).map_err(|_| not_valid("its header is not base64url"))?;
    let head: Map<String, Value> = serde_json::from_slice(&head).map_err(|_| not_valid("its header is not JSON"))?;
    if head.contains_key("crit") { Err(not_valid("it demands extensions that are not known here")) } else { Ok(()) }
}

fn decode(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Map<String, Value>> {
    // times are checked against our own clock, issuer and audience against the settings of the key's source
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, key, &validation).map(|data| data.claims).map_err(unreadable)
}

fn instant(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let seconds = claims.get(name)?.as_f64()?; // some issuers write fractions
    Some(Timestamp::from_millis((seconds * 1_000.0) as i64))
}

fn gateway(settings: &GatewaySettings) -> Result<(HeaderName, Secret)> {
    let header = HeaderName::from_bytes(settings.header.as_bytes())
        .map_err(|_| wrong(format!("{:?} is not a header name", settings.header)))?;
    if settings.secret.is_empty() {
        return Err(wrong("the gateway's secret is empty"));
    }
    Ok((header, settings.secret.clone()))
}

fn session(claims: &Map<String, Value>) -> Option<uuid::Uuid> {
    claims.get("sid").and_then(Value::as_str).and_then(|sid| sid.parse().ok())
}

fn user_id(text: &str) -> Result<UserId> {
    text.parse().map_err(|_| not_valid("the subject is not a UUID"))
}

/// The id of a service that has no user.
fn no_user() -> UserId {
    UserId::new(uuid::Uuid::nil())
}

fn wrong(why: impl Into<String>) -> Error {
    Code::InvalidInput.because(why)
}

/// A004. The reason is for the log only, not for the caller.
fn not_valid(why: impl Into<String>) -> Error {
    Code::TokenInvalid.error().caused_by(why.into())
}

fn unreadable(error: jsonwebtoken::errors::Error) -> Error {
    Code::TokenInvalid.error().caused_by(error)
}
