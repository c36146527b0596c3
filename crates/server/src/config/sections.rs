//! The server's own settings as typed sections. `holdfast.default.toml` explains each; a test compares the names.

use super::Fault;
pub use super::carriers::{Carriers, CarriersKind};
use console::SettingRow;
use serde::Deserialize;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::DatabaseUrl;
use web::auth::{
    AuthSettings, GatewaySettings, HmacKey, JwksSettings, JwksSource, Role, RoleNames, Secret, check_secret,
};
use web::settings::{ModuleSettings, at_least, duration};

/// Every setting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the sections; their settings are explained in the default file")]
pub struct Settings {
    pub server: Server,
    pub database: Database,
    pub shop: Shop,
    pub auth: Auth,
    pub gateway: Gateway,
    pub toss: Toss,
    pub reviews: Reviews,
    pub carriers: Carriers,
    pub gate: Gate,
    pub redis: Redis,
    pub log: Log,
    pub audit: Audit,
    pub retention: Retention,
    pub events: Events,
    pub collector: Collector,
    /// The sections that modules own.
    #[serde(skip)]
    pub modules: ModuleSettings,
    /// Every setting as people read it, with its source.
    #[serde(skip)]
    pub shown: Arc<[SettingRow]>,
}

/// How the API is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Server {
    pub listen: SocketAddr,
    pub metrics_listen: String,
    pub connections_max: usize,
    pub connections_per_client: usize,
    pub streams_per_client: usize,
    pub body_max_bytes: usize,
    #[serde(deserialize_with = "duration")]
    pub header_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub idle_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub request_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub shutdown_timeout: Duration,
    pub rate_per_second: u32,
    pub rate_burst: u32,
    pub costly_per_second: u32,
    pub costly_burst: u32,
    pub client_address_header: String,
    pub cors_origins: Vec<String>,
}

/// Where the shop's memory is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Database {
    pub url: String,
    pub user: String,
    pub password: String,
    pub queue: usize,
    pub readers: usize,
    pub writers: usize,
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub statement_timeout: Duration,
    pub migrate: bool,
}

/// What the rules of the shop read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Shop {
    pub zone: String,
    pub currency: String,
}

/// How callers are recognised.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Auth {
    pub secrets: Vec<String>,
    pub issuer: String,
    pub other_issuers: Vec<String>,
    #[serde(deserialize_with = "duration")]
    pub access_ttl: Duration,
    pub roles_claim: String,
    pub role_names: Vec<String>,
    pub jwks: String,
    pub jwks_issuer: String,
    pub jwks_audience: String,
    #[serde(deserialize_with = "duration")]
    pub jwks_refresh: Duration,
    pub gateway_header: String,
    pub gateway_secret: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Who takes the money.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Gateway {
    pub kind: GatewayKind,
    pub approve_percent: u32,
    #[serde(deserialize_with = "duration")]
    pub latency_min: Duration,
    #[serde(deserialize_with = "duration")]
    pub latency_max: Duration,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    pub seed: u64,
    pub journal: String,
}

/// Which gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    /// In process, without money.
    Simulated,
    /// Toss Payments, or a server that behaves like it.
    Toss,
}

/// The shop's account at Toss Payments.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Toss {
    pub url: String,
    pub secret: String,
    pub test_code: String,
}

impl std::fmt::Debug for Toss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Toss").field("url", &self.url).finish_non_exhaustive()
    }
}

/// How a secret key begins; the other kinds of keys are for browsers.
const SECRET_KEYS: [&str; 4] = ["test_sk_", "live_sk_", "test_gsk_", "live_gsk_"];

impl Toss {
    fn check(&self) -> Result<(), Fault> {
        let remedy = "set HOLDFAST_TOSS__SECRET to the secret key of the developer centre";
        if !SECRET_KEYS.iter().any(|prefix| self.secret.starts_with(prefix)) {
            return Err(wrong("toss.secret", format!("it begins with none of {}", SECRET_KEYS.join(", ")), remedy));
        }
        if !self.secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("toss.secret", "it has a sign that no key has", remedy));
        }
        let remedy = "write https://api.tosspayments.com, or http://127.0.0.1:8090 for `holdfast fake-toss`";
        let url: reqwest::Url = self.url.parse().map_err(|e| wrong("toss.url", e, remedy))?;
        let is_live = self.secret.starts_with("live_");
        match url.scheme() {
            "https" => {}
            "http" if !is_live => {}
            "http" => return Err(wrong("toss.url", "a live key would be sent unencrypted", remedy)),
            _ => return Err(wrong("toss.url", "it is no http address", remedy)),
        }
        if is_live && !self.test_code.is_empty() {
            return Err(wrong("toss.test_code", "a live key ignores it", "leave it empty"));
        }
        Ok(())
    }
}

/// The review service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Reviews {
    pub url: String,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

/// What stands in front of coupons and time deals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Gate {
    pub kind: GateKind,
}

/// Where the gate remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateKind {
    /// In the process.
    Memory,
    /// In a Redis that all instances share.
    Redis,
}

/// The Redis of the gate.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Redis {
    pub url: String,
    pub cluster: bool,
    pub user: String,
    pub password: String,
    pub authority: String,
    pub prefix: String,
    pub connections: usize,
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// What is logged and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// How often the shop looks for broken promises.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Audit {
    #[serde(deserialize_with = "duration")]
    pub every: Duration,
    #[serde(deserialize_with = "duration")]
    pub full_every: Duration,
}

/// What is forgotten when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Retention {
    #[serde(deserialize_with = "duration")]
    pub idempotency: Duration,
    #[serde(deserialize_with = "duration")]
    pub events: Duration,
    pub audits: i64,
}

/// What events are written to besides the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Events {
    pub file: String,
    pub file_max_bytes: u64,
    pub file_keep: u32,
}

/// The data platform.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the default file")]
pub struct Collector {
    pub url: String,
    pub secret: String,
    pub credentials: String,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Longest time that a request to the collector may take: a delivery of several requests must end within half a minute.
const COLLECTOR_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Longest time that a decision of the gate may take: what it read may be this much older when it refuses.
const REDIS_TIMEOUT_MAX: Duration = Duration::from_millis(150);

pub(super) fn wrong(key: &str, why: impl std::fmt::Display, remedy: &str) -> Fault {
    Fault::new(format!("{key} has a wrong value"), why.to_string(), remedy)
}

impl Settings {
    /// Checks what types cannot say. Everything wrong here would otherwise come out later, in the middle of something.
    pub fn check(&self) -> Result<(), Fault> {
        self.server.check()?;
        self.database.check()?;
        self.check_times()?;
        self.check_counts()?;
        self.shop()?;
        let auth = self.auth.settings()?;
        for secret in auth.keys.iter().map(|key| &key.secret).chain(auth.gateway.iter().map(|gateway| &gateway.secret))
        {
            check_secret(self.server.listen, secret.reveal()).map_err(|error| {
                wrong("auth", error.detail().unwrap_or_default(), "set auth.secrets or HOLDFAST_AUTH__SECRETS")
            })?;
        }
        web::Auth::from_settings(auth).map_err(|error| {
            wrong("auth", error.detail().unwrap_or_default(), "see auth in `holdfast config default`")
        })?;
        if self.gateway.approve_percent > 100 {
            return Err(wrong("gateway.approve_percent", "it is above 100", "write a number from 0 to 100"));
        }
        if self.gateway.latency_max < self.gateway.latency_min {
            return Err(wrong("gateway.latency_max", "it is below gateway.latency_min", "make it at least as long"));
        }
        if self.gateway.timeout >= self.server.request_timeout {
            let why = "the request would time out before the gateway does";
            return Err(wrong("gateway.timeout", why, "keep it below server.request_timeout"));
        }
        match self.gateway.kind {
            GatewayKind::Simulated => {}
            GatewayKind::Toss => self.toss.check()?,
        }
        self.carriers.check()?;
        if self.redis.timeout > REDIS_TIMEOUT_MAX {
            let why = "a request would wait longer for Redis than for the database";
            return Err(wrong("redis.timeout", why, "write a shorter time such as 50ms"));
        }
        if self.collector.timeout > COLLECTOR_TIMEOUT_MAX {
            let why = "a delivery of several requests would not end in time";
            return Err(wrong("collector.timeout", why, "write at most 5s"));
        }
        if self.gateway.timeout > saga::CALL_MAX {
            let why = format!("a saga holds a remote call for {} s at most", saga::CALL_MAX.as_secs());
            return Err(wrong("gateway.timeout", why, "write a shorter time such as 10s"));
        }
        crate::logs::filter(&self.log.filter)?;
        Ok(())
    }

    /// Times with which something could never work. A token lives for whole seconds.
    fn check_times(&self) -> Result<(), Fault> {
        let (second, some) = (Duration::from_secs(1), Duration::from_millis(1));
        for (name, span, shortest) in [
            ("server.header_timeout", self.server.header_timeout, some),
            // event streams send something every 15 seconds
            ("server.idle_timeout", self.server.idle_timeout, Duration::from_secs(20)),
            ("server.request_timeout", self.server.request_timeout, some),
            ("server.shutdown_timeout", self.server.shutdown_timeout, some),
            ("database.connect_timeout", self.database.connect_timeout, second),
            ("database.statement_timeout", self.database.statement_timeout, second),
            ("auth.access_ttl", self.auth.access_ttl, second),
            ("auth.jwks_refresh", self.auth.jwks_refresh, second),
            ("gateway.timeout", self.gateway.timeout, some),
            ("reviews.timeout", self.reviews.timeout, some),
            ("carriers.timeout", self.carriers.timeout, some),
            ("carriers.simulated_takes", self.carriers.simulated_takes, second),
            ("redis.connect_timeout", self.redis.connect_timeout, some),
            ("redis.timeout", self.redis.timeout, some),
            ("collector.timeout", self.collector.timeout, some),
            ("retention.idempotency", self.retention.idempotency, second),
            ("retention.events", self.retention.events, second),
        ] {
            at_least(name, span, shortest).map_err(Fault::from)?;
        }
        Ok(())
    }

    /// Numbers and names with which something could never work.
    fn check_counts(&self) -> Result<(), Fault> {
        for (name, empty) in [
            ("server.connections_max", self.server.connections_max == 0),
            ("server.body_max_bytes", self.server.body_max_bytes == 0),
            ("database.queue", self.database.queue == 0),
            ("redis.connections", self.redis.connections == 0),
            ("retention.audits", self.retention.audits < 1),
            ("events.file_max_bytes", self.events.file_max_bytes == 0),
            ("events.file_keep", self.events.file_keep == 0),
        ] {
            if empty {
                return Err(wrong(name, "a limit below 1 lets nothing through", "write a number above 0"));
            }
        }
        for (name, text) in [("auth.issuer", &self.auth.issuer), ("auth.roles_claim", &self.auth.roles_claim)] {
            if text.trim().is_empty() {
                return Err(wrong(name, "it is empty", "write a name, or leave the setting out for the default"));
            }
        }
        Ok(())
    }

    /// Zone and currency.
    pub fn shop(&self) -> Result<web::Shop, Fault> {
        let shop = &self.shop;
        let zone = kernel::Zone::named(&shop.zone)
            .map_err(|e| wrong("shop.zone", e.detail().unwrap_or_default(), "write an IANA name such as Asia/Seoul"))?;
        let currency = kernel::Currency::of_code(&shop.currency).map_err(|e| {
            wrong("shop.currency", e.detail().unwrap_or_default(), "write an ISO 4217 code such as KRW")
        })?;
        Ok(web::Shop { zone, currency })
    }
}

impl Server {
    fn check(&self) -> Result<(), Fault> {
        self.metrics_address()?;
        for (name, per_second, burst) in [
            ("server.rate_burst", self.rate_per_second, self.rate_burst),
            ("server.costly_burst", self.costly_per_second, self.costly_burst),
        ] {
            if per_second > 0 && burst == 0 {
                return Err(wrong(name, "a limit needs at least 1", "write a number above 0"));
            }
        }
        if !self.client_address_header.is_empty() {
            axum::http::HeaderName::from_bytes(self.client_address_header.as_bytes())
                .map_err(|e| wrong("server.client_address_header", e, "write a header name such as X-Forwarded-For"))?;
        }
        for origin in &self.cors_origins {
            let plain = origin.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
            });
            if !plain || axum::http::HeaderValue::from_str(origin).is_err() {
                let why = format!("{origin:?} is not an origin");
                return Err(wrong(
                    "server.cors_origins",
                    why,
                    "write scheme, host and port only, such as https://shop.example",
                ));
            }
        }
        Ok(())
    }

    /// Where the metrics listen, when not with the API.
    pub fn metrics_address(&self) -> Result<Option<SocketAddr>, Fault> {
        if self.metrics_listen.is_empty() {
            return Ok(None);
        }
        let parsed = self.metrics_listen.parse();
        parsed
            .map(Some)
            .map_err(|e| wrong("server.metrics_listen", e, "write an address and port such as 127.0.0.1:9090"))
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Database {
    /// Where it is, with the credentials that were given apart.
    pub fn place(&self) -> Result<DatabaseUrl, Fault> {
        let remedy = "write it like sqlite:data/holdfast.db, postgres://user@host/shop or mysql://user@host/shop";
        let url: DatabaseUrl = self
            .url
            .parse()
            .map_err(|e: kernel::Error| wrong("database.url", e.detail().unwrap_or_default(), remedy))?;
        Ok(url.signed_in(&self.user, &self.password))
    }

    fn check(&self) -> Result<(), Fault> {
        self.place().map(|_| ())
    }
}

impl Auth {
    /// As `web` takes them.
    pub fn settings(&self) -> Result<AuthSettings, Fault> {
        let keys = self.secrets.iter().map(|text| key(text)).collect::<Result<Vec<_>, _>>()?;
        let mut role_names = RoleNames::default();
        for text in &self.role_names {
            let parts = text.split_once('=').and_then(|(name, role)| Some((name.trim(), Role::named(role.trim())?)));
            let (name, role) = parts.ok_or_else(|| {
                wrong(
                    "auth.role_names",
                    format!("{text:?} is not NAME=ROLE"),
                    "roles are USER, SELLER, ADMIN and SERVICE",
                )
            })?;
            role_names = role_names.with(name, role);
        }
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let jwks = some(&self.jwks).map(|place| JwksSettings {
            source: if place.contains("://") { JwksSource::Url(place) } else { JwksSource::File(place.into()) },
            issuer: some(&self.jwks_issuer),
            audience: some(&self.jwks_audience),
            refresh: self.jwks_refresh,
        });
        let gateway = some(&self.gateway_secret)
            .map(|secret| GatewaySettings { header: self.gateway_header.clone(), secret: Secret::new(secret) });
        Ok(AuthSettings {
            keys,
            issuer: self.issuer.clone(),
            other_issuers: self.other_issuers.clone(),
            access_ttl: self.access_ttl,
            roles_claim: self.roles_claim.clone(),
            role_names,
            jwks,
            gateway,
        })
    }
}

/// A key written `kid:secret`. A message never repeats it, because it may be a secret with its name forgotten.
fn key(text: &str) -> Result<HmacKey, Fault> {
    match text.split_once(':') {
        Some((kid, secret)) if !kid.is_empty() && !secret.is_empty() => {
            Ok(HmacKey { kid: kid.to_owned(), secret: Secret::new(secret) })
        }
        _ => Err(wrong("auth.secrets", "a key is not written kid:secret", "write it like 2026-01:THE-SECRET")),
    }
}
