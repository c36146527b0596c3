//! What buyers wrote about products: another service's knowledge (design A's blog service), read over HTTP.

use crate::breaker::Breaker;
use async_trait::async_trait;
use kernel::{Clock, Code, ProductId};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};
use utoipa::ToSchema;

/// Who can be asked for reviews.
#[async_trait]
pub trait Reviews: fmt::Debug + Send + Sync {
    /// The reviews of a product, at most [`REVIEWS_MAX`]; the error when they cannot be had now, which is never a reason
    /// to fail a page.
    async fn of_product(&self, product: ProductId) -> Result<Vec<Review>, Unreachable>;
}

/// Most reviews taken from one answer; a product page shows no more.
pub const REVIEWS_MAX: usize = 100;
/// Largest answer read, in bytes.
pub const ANSWER_MAX_BYTES: usize = 1 << 20;

/// One review (design A's fields).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The review's id in its own service.
    pub id: i64,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub content: String,
    /// Who wrote it.
    pub author_id: String,
    /// What it is about.
    pub product_id: i64,
}

/// The other service cannot be asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable;

/// No such service is configured: there are no reviews, and that is not a failure.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReviews;

#[async_trait]
impl Reviews for NoReviews {
    async fn of_product(&self, _: ProductId) -> Result<Vec<Review>, Unreachable> {
        Ok(Vec::new())
    }
}

/// How the reviews of another service are read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address of the service, without the path, such as `http://localhost:8082`.
    pub base_url: String,
    /// Longest time for one try, connecting included.
    pub timeout: Duration,
    /// Failures in a row after which the service is left alone …
    pub failures_max: u32,
    /// … for so long.
    pub open_for: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            base_url: "http://localhost:8082".to_owned(),
            timeout: Duration::from_secs(2),
            failures_max: 5,
            open_for: Duration::from_secs(10),
        }
    }
}

/// Reviews read over HTTP: `GET {base}/api/blog/reviews?productId=`, tried twice, behind a circuit breaker.
#[derive(Debug)]
pub struct HttpReviews {
    client: reqwest::Client,
    url: reqwest::Url,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

/// Tries of one question: the first and one more, because a lost connection is the commonest failure and the cheapest to repeat.
const TRIES: u32 = 2;

impl HttpReviews {
    /// A client of the service named in `settings`. C002 when the address is none.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<HttpReviews, kernel::Error> {
        // the process may have chosen its cryptography before; then that one stays
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = settings.base_url.trim_end_matches('/');
        let url = reqwest::Url::parse(&format!("{base}/api/blog/reviews"))
            .map_err(|e| Code::InvalidInput.because("the address of the review service is not a URL").caused_by(e))?;
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| Code::Internal.error().caused_by(e))?;
        Ok(HttpReviews { client, url, breaker: Breaker::new(settings.failures_max, settings.open_for), clock })
    }

    async fn ask(&self, product: ProductId) -> Result<Vec<Review>, String> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("productId", &product.to_string());
        let mut answer = self.client.get(url).send().await.map_err(|e| e.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("status {}", answer.status()));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|e| e.to_string())? {
            if body.len() + part.len() > ANSWER_MAX_BYTES {
                return Err(format!("more than {ANSWER_MAX_BYTES} bytes"));
            }
            body.extend_from_slice(&part);
        }
        let mut reviews: Vec<Review> = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        reviews.truncate(REVIEWS_MAX);
        Ok(reviews)
    }
}

#[async_trait]
impl Reviews for HttpReviews {
    async fn of_product(&self, product: ProductId) -> Result<Vec<Review>, Unreachable> {
        let mut last = None;
        for _ in 0..TRIES {
            if !self.breaker.admits(self.clock.now()) {
                break;
            }
            match self.ask(product).await {
                Ok(reviews) => {
                    self.breaker.succeeded();
                    return Ok(reviews);
                }
                Err(error) => {
                    self.breaker.failed(self.clock.now());
                    last = Some(error);
                }
            }
        }
        if let Some(error) = last {
            tracing::warn!(%error, "reviews cannot be read");
        }
        Err(Unreachable)
    }
}
