//! The key set of an outside identity provider: read from a file or an address, kept, and read again when due.

use super::{not_valid, wrong};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use kernel::{Code, Error, Result, Timestamp};
use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Largest key set read, in bytes; providers publish a handful of keys of about a kilobyte.
const BYTES_MAX: usize = 256 << 10;
/// Most keys taken from a set.
const KEYS_MAX: usize = 64;
/// A token with an unknown key makes us look again, but no sooner than this after the last look: strangers can name keys.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(30);

/// An outside identity provider.
#[derive(Debug, Clone)]
pub struct JwksSettings {
    /// Where its keys are.
    pub source: JwksSource,
    /// What `iss` must be, when given. Give it: a key set may serve several issuers.
    pub issuer: Option<String>,
    /// What `aud` must be or contain, when given. Give it: tokens for other audiences are not meant for us.
    pub audience: Option<String>,
    /// How often the keys are read again.
    pub refresh: Duration,
}

/// Where a key set is.
#[derive(Debug, Clone)]
pub enum JwksSource {
    /// A file.
    File(PathBuf),
    /// An address, such as `https://id.example.com/.well-known/jwks.json`.
    Url(String),
}

pub(super) struct Jwks {
    settings: JwksSettings,
    keys: RwLock<HashMap<String, DecodingKey>>,
    looked_at: RwLock<Option<Timestamp>>,
    wanted: AtomicBool,
}

impl Jwks {
    /// Reads a file at once, so that a wrong one is seen at start; an address is left to [`Jwks::refresh`].
    pub fn open(settings: JwksSettings) -> Result<Jwks> {
        let keys = match &settings.source {
            JwksSource::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|e| wrong(format!("the key set {} cannot be read: {e}", path.display())))?;
                parse(&text)?
            }
            JwksSource::Url(url) => {
                if !is_safe(url) {
                    return Err(wrong(
                        "the key set's address must begin with https://, or anyone between can make keys",
                    ));
                }
                HashMap::new()
            }
        };
        Ok(Jwks { settings, keys: RwLock::new(keys), looked_at: RwLock::new(None), wanted: AtomicBool::new(false) })
    }

    /// The key with this name; the only one when the token names none.
    pub fn key(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let keys = self.keys.read();
        let found = match kid {
            Some(kid) => keys.get(kid),
            None if keys.len() == 1 => keys.values().next(),
            None => None,
        };
        if found.is_none() {
            self.wanted.store(true, Ordering::Relaxed);
        }
        found.cloned()
    }

    /// A004 unless the token comes from the configured issuer and is meant for the configured audience.
    pub fn check_source(&self, claims: &Map<String, Value>) -> Result<()> {
        if let Some(issuer) = &self.settings.issuer
            && claims.get("iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(not_valid("another issuer"));
        }
        if let Some(audience) = &self.settings.audience {
            let meant = match claims.get("aud") {
                Some(Value::String(one)) => one == audience,
                Some(Value::Array(several)) => several.iter().any(|one| one == audience.as_str()),
                _ => false,
            };
            if !meant {
                return Err(not_valid("another audience"));
            }
        }
        Ok(())
    }

    /// Reads the set again when it is due; gives whether it was read.
    pub async fn refresh(&self, now: Timestamp) -> Result<bool> {
        let looked_at = *self.looked_at.read();
        let due = looked_at.is_none_or(|at| {
            let pause = if self.wanted.load(Ordering::Relaxed) { UNKNOWN_KEY_PAUSE } else { self.settings.refresh };
            now.since(at) >= pause.min(self.settings.refresh)
        });
        if !due {
            return Ok(false);
        }
        *self.looked_at.write() = Some(now);
        self.wanted.store(false, Ordering::Relaxed);
        let text = match &self.settings.source {
            JwksSource::File(path) => tokio::fs::read_to_string(path).await.map_err(unreadable)?,
            JwksSource::Url(url) => ports::key_set::fetch(url, BYTES_MAX).await?,
        };
        let keys = parse(&text)?;
        *self.keys.write() = keys;
        Ok(true)
    }
}

/// Whether the connection is safe against forged keys: TLS, or the same machine.
fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let here = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => here,
        _ => false,
    }
}

/// The RS256 signing keys of a set. C002 when it is not a set or has none, so that a broken answer never empties ours.
fn parse(text: &str) -> Result<HashMap<String, DecodingKey>> {
    if text.len() > BYTES_MAX {
        return Err(wrong("the key set is too large"));
    }
    // a key of a kind we do not know must not hide the others, so each is read by itself
    let set: Map<String, Value> =
        serde_json::from_str(text).map_err(|e| wrong("the key set is not JSON").caused_by(e))?;
    let listed = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let readable = listed.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    let set = JwkSet { keys: readable.filter(signs_rs256).take(KEYS_MAX).collect() };
    let mut keys = HashMap::new();
    for jwk in &set.keys {
        let name = jwk.common.key_id.clone().unwrap_or_default();
        let key = DecodingKey::from_jwk(jwk).map_err(|e| wrong(format!("key {name:?} cannot be read")).caused_by(e))?;
        keys.insert(name, key);
    }
    if keys.is_empty() { Err(wrong("the key set has no RS256 signing key")) } else { Ok(keys) }
}

fn signs_rs256(jwk: &Jwk) -> bool {
    matches!(jwk.algorithm, AlgorithmParameters::RSA(_))
        && matches!(jwk.common.key_algorithm, None | Some(KeyAlgorithm::RS256))
        && matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature))
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Code::Unavailable.because("the identity provider's keys cannot be read").caused_by(error)
}
