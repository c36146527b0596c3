//! The server's own settings as typed sections. `holdfast.default.toml` explains each; a test compares the names.

use super::Fault;
pub use super::carriers::{Carriers, CarriersKind};
use console::SettingRow;
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use store::DatabaseUrl;
use web::auth::{AuthSettings, GatewaySettings, HmacKey, JwksSettings, JwksSource, Role, RoleNames, Secret};
use web::settings::{ModuleSettings, duration};

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
    pub(super) fn check(&self) -> Result<(), Fault> {
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
    pub source: String,
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

pub(super) fn wrong(key: &str, why: impl std::fmt::Display, remedy: &str) -> Fault {
    Fault::new(format!("{key} has a wrong value"), why.to_string(), remedy)
}

impl Settings {
    /// Every file that a setting names, by the setting's name.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let database = self.database.place().ok().and_then(|url| url.file().cloned());
        let named = [
            ("gateway.journal", &self.gateway.journal),
            ("events.file", &self.events.file),
            ("auth.jwks", &self.auth.jwks),
            ("redis.authority", &self.redis.authority),
            ("search.synonyms", &self.modules.get::<search::Settings>().synonyms),
        ];
        let named = named.into_iter().filter(|(_, path)| !path.is_empty() && !path.contains("://"));
        let named = named.map(|(setting, path)| (setting, PathBuf::from(path)));
        database.map(|path| ("database.url", path)).into_iter().chain(named).collect()
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

    pub(super) fn check(&self) -> Result<(), Fault> {
        self.place().map(|_| ())
    }
}

impl Auth {
    /// As `web` takes them.
    pub fn settings(&self) -> Result<AuthSettings, Fault> {
        let keys = self.secrets.iter().map(|text| key(text)).collect::<Result<Vec<_>, _>>()?;
        let (mut role_names, mut given) = (RoleNames::default(), RoleNames::none());
        for text in &self.role_names {
            let parts = text.split_once('=').and_then(|(name, role)| Some((name.trim(), Role::named(role.trim())?)));
            let (name, role) = parts.ok_or_else(|| {
                wrong(
                    "auth.role_names",
                    format!("{text:?} is not NAME=ROLE"),
                    "roles are USER, SELLER, ADMIN and SERVICE",
                )
            })?;
            if let Some(other) = given.role(name).filter(|other| *other != role) {
                let why = format!("{name:?} means {} already, and cannot mean {} too", other.name(), role.name());
                return Err(wrong("auth.role_names", why, "write each name once"));
            }
            (role_names, given) = (role_names.with(name, role), given.with(name, role));
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
