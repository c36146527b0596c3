//! A collector of events: a data platform, which gets batches over HTTP.

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{Clock, Code, Error, Result};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use ring::hmac;
use std::{fmt, sync::Arc, time::Duration};

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// The collector has it.
    Taken,
    /// The collector will never take it as it is.
    Refused(String),
}

/// A system that collects events.
#[async_trait]
pub trait Collector: fmt::Debug + Send + Sync {
    /// Sends a batch. An error means that nothing is known: the same batch has to come again.
    async fn send(&self, batch: &[u8]) -> Result<Collected>;
}

/// How to reach a collector.
#[derive(Debug, Clone)]
pub struct Settings {
    pub url: String,
    /// Signs every request; empty: none is signed.
    pub secret: String,
    /// Sent as `Authorization`; empty: nothing is sent.
    pub credentials: String,
    /// Longest time for one request.
    pub timeout: Duration,
}

/// A batch of events in the format of CloudEvents.
const BATCH: &str = "application/cloudevents-batch+json";
/// When the request was signed, in ms since 1970, and the signature: Base64 of HMAC-SHA256 of the time, a dot and the body.
const SIGNED_AT: &str = "x-holdfast-timestamp";
const SIGNATURE: &str = "x-holdfast-signature";
/// Statuses with which a collector says that this batch will never do.
const REFUSED: [u16; 3] = [400, 413, 422];

/// Sends batches by `POST`. Every status but 2xx, and but those that refuse the batch itself, counts as a collector that is away.
pub struct HttpCollector {
    client: reqwest::Client,
    url: reqwest::Url,
    key: Option<hmac::Key>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for HttpCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpCollector({})", self.url.host_str().unwrap_or_default())
    }
}

impl HttpCollector {
    /// A client of the collector. C002 when the address or a header cannot be one.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Result<HttpCollector> {
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let wrong = |what: String| Code::InvalidInput.because(what);
        let url = reqwest::Url::parse(&settings.url).map_err(|e| wrong(format!("it is no address: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it begins with neither http:// nor https://".to_owned()));
        }
        let mut headers = HeaderMap::new();
        if !settings.credentials.is_empty() {
            let mut value = HeaderValue::from_str(&settings.credentials)
                .map_err(|_| wrong("the credentials cannot be sent in a header".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .build()
            .map_err(|e| Code::Internal.error().caused_by(e))?;
        let key = (!settings.secret.is_empty()).then(|| hmac::Key::new(hmac::HMAC_SHA256, settings.secret.as_bytes()));
        Ok(HttpCollector { client, url, key, clock })
    }

    /// The signature of a body that is sent at `at`.
    fn signature(key: &hmac::Key, at: i64, body: &[u8]) -> String {
        let signed = [format!("{at}.").as_bytes(), body].concat();
        BASE64_STANDARD.encode(hmac::sign(key, &signed))
    }
}

#[async_trait]
impl Collector for HttpCollector {
    async fn send(&self, batch: &[u8]) -> Result<Collected> {
        let mut request = self.client.post(self.url.clone()).header("content-type", BATCH).body(batch.to_vec());
        if let Some(key) = &self.key {
            let at = self.clock.now().as_millis();
            request = request.header(SIGNED_AT, at).header(SIGNATURE, HttpCollector::signature(key, at, batch));
        }
        let away = |why: String| -> Error { Code::Unavailable.error().caused_by(why) };
        // the address may hold a password
        let answer = request.send().await.map_err(|e| away(e.without_url().to_string()))?;
        match answer.status() {
            status if status.is_success() => Ok(Collected::Taken),
            status if REFUSED.contains(&status.as_u16()) => Ok(Collected::Refused(format!("status {status}"))),
            status => Err(away(format!("status {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    fn settings(url: &str) -> Settings {
        let (secret, credentials) = ("a secret".to_owned(), "Bearer abc".to_owned());
        Settings { url: url.to_owned(), secret, credentials, timeout: Duration::from_secs(1) }
    }

    #[test]
    fn what_cannot_be_an_address_or_a_header_is_refused() {
        for url in ["collector", "ftp://collector/x", "http://"] {
            assert!(HttpCollector::new(&settings(url), Arc::new(SystemClock)).is_err(), "{url}");
        }
        let mut odd = settings("http://collector:9000/events");
        assert!(HttpCollector::new(&odd, Arc::new(SystemClock)).is_ok());
        odd.credentials = "Bearer\nabc".to_owned();
        assert!(HttpCollector::new(&odd, Arc::new(SystemClock)).is_err());
    }

    #[test]
    fn a_signature_is_that_of_the_time_and_the_body() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"a secret");
        let [one, other] = [1_000, 1_001].map(|at| HttpCollector::signature(&key, at, b"[]"));
        assert_ne!(one, other);
        let signed = hmac::sign(&key, b"1000.[]");
        assert_eq!(one, BASE64_STANDARD.encode(signed));
    }
}
