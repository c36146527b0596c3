//! Requests to a store of the kind S3: signed, bounded in number, time and size, tried again where that is safe, and not made at all for a
//! moment after several in a row had no answer.

use super::unavailable;
use crate::Settings;
use bytes::{Bytes, BytesMut};
use kernel::{Clock, Code, Error, Result};
use ports::{SystemClock, breaker::Breaker};
use reqwest::{Method, StatusCode, Url, header};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle, actions::ListObjectsV2};
use std::{fmt, time::Duration};
use tokio::{sync::Semaphore, time};

/// Requests of one instance at once; others wait. It bounds the answers that are in memory while they arrive.
const AT_ONCE_MAX: usize = 32;
/// How often a request is made whose failure may pass. All of them may be made twice: a file always has the same content.
const TRIES_MAX: u32 = 3;
/// The pause before the second try; each further one is [`PAUSE_GROWTH`] times as long.
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_GROWTH: u32 = 4;
/// How much longer than one request everything may take that it needs: waiting for its turn, all tries and their pauses.
const WITHIN_TIMEOUTS: u32 = 2;
/// Failures in a row after which the store is left alone, and for how long.
const FAILURES_MAX: u32 = 5;
const OPEN_FOR: Duration = Duration::from_secs(2);
/// How long a signature is good. A request that was held up on its way longer than this does nothing any more.
const SIGNED_FOR: Duration = Duration::from_secs(60);
/// Largest file that is read: several times what an image of the largest size takes.
const FILE_BYTES_MAX: usize = 32 << 20;
/// Largest answer of another kind: a page of 1,000 names.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// What is stored with each file, for those who read the bucket without the shop.
const JPEG: header::HeaderValue = header::HeaderValue::from_static("image/jpeg");
const FOREVER: header::HeaderValue = header::HeaderValue::from_static("public, max-age=31536000, immutable");

/// A client of one bucket.
pub(crate) struct Client {
    http: reqwest::Client,
    bucket: Bucket,
    credentials: Credentials,
    turns: Semaphore,
    breaker: Breaker,
    /// Longest time for one request.
    timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("bucket", &self.bucket.base_url().as_str()).finish_non_exhaustive()
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub files: Vec<File>,
    /// The keys up to the first slash behind the prefix, slash included, when the list is grouped.
    pub folders: Vec<String>,
    /// What the next page begins with.
    pub next: Option<String>,
}

/// A file in a list.
#[derive(Debug)]
pub(crate) struct File {
    pub key: String,
    /// As the store writes it: RFC 3339.
    pub written_at: String,
}

/// What is asked of the store.
struct Asked<'a> {
    method: Method,
    /// Signs the request anew for each try.
    sign: &'a (dyn Fn() -> Url + Sync),
    body: Option<Bytes>,
    tries_max: u32,
    answer_bytes_max: usize,
}

/// What the store answered.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

/// The bucket that these settings name; the text says what is wrong with them.
pub(crate) fn bucket(settings: &Settings) -> std::result::Result<Bucket, String> {
    let endpoint: Url = settings.s3_endpoint.parse().map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(endpoint.path(), "" | "/") || endpoint.query().is_some() || !endpoint.username().is_empty() {
        return Err("it has more than a scheme, a host and a port".to_owned());
    }
    let style = if settings.s3_path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
    Bucket::new(endpoint, style, settings.s3_bucket.clone(), settings.s3_region.clone())
        .map_err(|error| error.to_string())
}

impl Client {
    /// A client of the bucket in these settings. It connects when it is used first.
    pub fn new(settings: &Settings) -> Result<Client> {
        Client::over(settings, reqwest::Client::builder())
    }

    pub fn over(settings: &Settings, http: reqwest::ClientBuilder) -> Result<Client> {
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = http
            .timeout(settings.s3_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(AT_ONCE_MAX)
            .build()
            .map_err(|error| Code::Internal.error().caused_by(error))?;
        Ok(Client {
            http,
            bucket: bucket(settings).map_err(|why| Code::InvalidInput.because(why))?,
            credentials: Credentials::new(&settings.s3_access_key, &settings.s3_secret_key),
            turns: Semaphore::new(AT_ONCE_MAX),
            breaker: Breaker::new(FAILURES_MAX, OPEN_FOR),
            timeout: settings.s3_timeout,
        })
    }

    /// Stores a file; the store has it when this returns.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        let sign = || self.bucket.put_object(Some(&self.credentials), key).sign(SIGNED_FOR);
        let asked = Asked { method: Method::PUT, body: Some(bytes), ..Asked::new(&sign) };
        self.must(&asked).await.map(drop)
    }

    /// A file; `None` when the bucket has none with this key.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let sign = || self.bucket.get_object(Some(&self.credentials), key).sign(SIGNED_FOR);
        let answer = self.send(&Asked { answer_bytes_max: FILE_BYTES_MAX, ..Asked::new(&sign) }).await?;
        // a bucket that does not exist, and whatever is not a store, answer 404 too
        if answer.status == StatusCode::NOT_FOUND && answer.code() == Some("NoSuchKey") {
            return Ok(None);
        }
        answer.good().map(Some)
    }

    /// Removes a file, if there is one. It is tried once: a removal of which nothing is known could still be on its way when the next one
    /// has succeeded and the same file is stored again. The task comes back when its signature is no longer good.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let sign = || self.bucket.delete_object(Some(&self.credentials), key).sign(SIGNED_FOR);
        self.must(&Asked { method: Method::DELETE, tries_max: 1, ..Asked::new(&sign) }).await.map(drop)
    }

    /// A page of the keys that begin with `prefix`, in order; `grouped` leaves out what is behind the next slash.
    pub async fn list(&self, prefix: &str, grouped: bool, after: Option<&str>) -> Result<Listed> {
        let sign = || {
            let mut list = self.bucket.list_objects_v2(Some(&self.credentials));
            list.with_prefix(prefix);
            if grouped {
                list.with_delimiter("/");
            }
            if let Some(after) = after {
                list.with_continuation_token(after);
            }
            list.sign(SIGNED_FOR)
        };
        let body = self.must(&Asked::new(&sign)).await?;
        let text = std::str::from_utf8(&body).map_err(unavailable)?;
        let page = ListObjectsV2::parse_response(text).map_err(|error| unavailable(error.to_string()))?;
        let file = |file: rusty_s3::actions::list_objects_v2::ListObjectsContent| File {
            key: file.key,
            written_at: file.last_modified.unwrap_or_default(),
        };
        Ok(Listed {
            files: page.contents.into_iter().map(file).collect(),
            folders: page.common_prefixes.into_iter().map(|group| group.prefix).collect(),
            next: page.next_continuation_token,
        })
    }

    /// Whether the store answers, the bucket is there, and the key may read it: a list of one key. It is tried once, because the caller comes
    /// back.
    pub async fn reach(&self, prefix: &str) -> Result<()> {
        let sign = || {
            let mut list = self.bucket.list_objects_v2(Some(&self.credentials));
            list.with_prefix(prefix);
            list.with_max_keys(1);
            list.sign(SIGNED_FOR)
        };
        self.must(&Asked { tries_max: 1, ..Asked::new(&sign) }).await.map(drop)
    }

    /// The body of an answer that must be a good one.
    async fn must(&self, asked: &Asked<'_>) -> Result<Bytes> {
        self.send(asked).await?.good()
    }

    /// What the store answers in the end. C013 when it does not answer, or only that it cannot.
    async fn send(&self, asked: &Asked<'_>) -> Result<Answer> {
        let tried = time::timeout(self.timeout * WITHIN_TIMEOUTS, self.tried(asked)).await;
        tried.unwrap_or_else(|late| Err(unavailable(late)))
    }

    async fn tried(&self, asked: &Asked<'_>) -> Result<Answer> {
        let _turn = self.turns.acquire().await.map_err(unavailable)?;
        let (mut tries, mut pause) = (1, PAUSE);
        loop {
            if !self.breaker.admits(SystemClock.now()) {
                let seconds = u32::try_from(OPEN_FOR.as_secs()).unwrap_or(u32::MAX);
                return Err(unavailable("it has not answered several times in a row").retry_after(seconds));
            }
            let failure = match self.once(asked).await {
                Ok(answer) => {
                    self.breaker.succeeded();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if self.breaker.failed(SystemClock.now()) {
                tracing::warn!(error = ?failure, "the store of images is left alone for a moment");
            }
            if tries >= asked.tries_max {
                return Err(failure);
            }
            tries += 1;
            time::sleep(pause).await;
            pause *= PAUSE_GROWTH;
        }
    }

    /// One try. An error when there was no whole answer, or one that says to come again.
    async fn once(&self, asked: &Asked<'_>) -> Result<Answer> {
        let mut request = self.http.request(asked.method.clone(), (asked.sign)());
        if let Some(body) = &asked.body {
            request =
                request.header(header::CONTENT_TYPE, JPEG).header(header::CACHE_CONTROL, FOREVER).body(body.clone());
        }
        let answer = answered(request, asked.answer_bytes_max).await?;
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => Err(answer.refused()),
            status if status.is_server_error() => Err(answer.refused()),
            _ => Ok(answer),
        }
    }
}

impl<'a> Asked<'a> {
    fn new(sign: &'a (dyn Fn() -> Url + Sync)) -> Asked<'a> {
        Asked { method: Method::GET, sign, body: None, tries_max: TRIES_MAX, answer_bytes_max: ANSWER_BYTES_MAX }
    }
}

impl Answer {
    fn good(self) -> Result<Bytes> {
        if self.status.is_success() { Ok(self.body) } else { Err(self.refused()) }
    }

    /// C013: whatever the reason, the shop cannot get at its images.
    fn refused(&self) -> Error {
        unavailable(format!("status {}, {}", self.status.as_u16(), self.code().unwrap_or("without a reason")))
    }

    /// The name of the error.
    fn code(&self) -> Option<&str> {
        let (_, code) = std::str::from_utf8(&self.body).ok()?.split_once("<Code>")?;
        Some(code.split_once("</Code>")?.0.trim())
    }
}

async fn answered(request: reqwest::RequestBuilder, bytes_max: usize) -> Result<Answer> {
    // the signature is in the address
    let lost = |error: reqwest::Error| unavailable(error.without_url());
    let mut answer = request.send().await.map_err(lost)?;
    let (status, mut body) = (answer.status(), BytesMut::new());
    while let Some(part) = answer.chunk().await.map_err(lost)? {
        if body.len() + part.len() > bytes_max {
            return Err(unavailable(format!("an answer has more than {bytes_max} bytes")));
        }
        body.extend_from_slice(&part);
    }
    Ok(Answer { status, body: body.freeze() })
}
