//! Reviews of products, which another service keeps; read over HTTP.

use crate::breaker::Breaker;
use async_trait::async_trait;
use kernel::{Clock, Code, ProductId};
use reqwest::StatusCode;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};
use std::{fmt, sync::Arc, time::Duration};
use utoipa::ToSchema;

/// A source of reviews.
#[async_trait]
pub trait Reviews: fmt::Debug + Send + Sync {
    /// The reviews of a product, at most [`REVIEWS_MAX`]. A caller must not fail a page because of the error.
    async fn of_product(&self, product: ProductId) -> Result<Vec<Review>, Unreachable>;

    /// Whether a review service is configured; product pages show it.
    fn is_configured(&self) -> bool {
        true
    }
}

/// Most reviews taken from one answer; a product page shows no more.
pub const REVIEWS_MAX: usize = 100;
/// Most bytes of an answer that are read. Of a longer one the reviews count that are whole until there.
pub const ANSWER_MAX_BYTES: usize = 1 << 20;

/// One review.
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

/// The review service does not answer, or not with reviews of this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable;

/// Used when no review service is configured: products have no reviews, which is not a failure.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReviews;

#[async_trait]
impl Reviews for NoReviews {
    async fn of_product(&self, _: ProductId) -> Result<Vec<Review>, Unreachable> {
        Ok(Vec::new())
    }

    fn is_configured(&self) -> bool {
        false
    }
}

/// How to reach the review service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address of the service, without the path, such as `http://localhost:8082`.
    pub base_url: String,
    /// Longest time for one try, connecting included.
    pub timeout: Duration,
    /// After so many failures in a row the circuit breaker opens.
    pub failures_max: u32,
    /// How long the circuit breaker stays open.
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

/// Reads reviews over HTTP, `GET {base}/api/blog/reviews?productId=`, with one retry and a circuit breaker.
#[derive(Debug)]
pub struct HttpReviews {
    client: reqwest::Client,
    url: reqwest::Url,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
}

/// Attempts for one request: one retry, because a lost connection is the most frequent failure and the cheapest to repeat.
const ATTEMPTS_MAX: u32 = 2;

impl HttpReviews {
    /// A client of the service. C002 when `base_url` is not an address.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<HttpReviews, kernel::Error> {
        // fails if the process has chosen its cryptography before; that choice is as good
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

    async fn ask(&self, product: ProductId) -> Result<Vec<Review>, Failure> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("productId", &product.to_string());
        let lost = |e: reqwest::Error| Failure::OfTheService(e.to_string());
        let mut answer = self.client.get(url).send().await.map_err(lost)?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Failure::OfTheService(format!("status {status}")));
        }
        if !status.is_success() {
            return Err(Failure::OfTheAnswer(format!("status {status}")));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(lost)? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_MAX_BYTES {
                break;
            }
        }
        first(&body).map_err(Failure::OfTheAnswer)
    }
}

/// Why there are no reviews.
#[derive(Debug)]
enum Failure {
    /// The service does not answer, or says that it cannot: other products would not get theirs either.
    OfTheService(String),
    /// It has answered for this product, with something that is no list of reviews. Others get theirs.
    OfTheAnswer(String),
}

/// The first reviews of an answer, of which the end may be missing.
fn first(body: &[u8]) -> Result<Vec<Review>, String> {
    let mut reviews = Vec::new();
    let read = serde_json::Deserializer::from_slice(body).deserialize_seq(First(&mut reviews));
    match read {
        // what follows is not looked at
        Err(_) if reviews.len() == REVIEWS_MAX || body.len() > ANSWER_MAX_BYTES && !reviews.is_empty() => Ok(reviews),
        Err(error) => Err(error.to_string()),
        Ok(()) => Ok(reviews),
    }
}

struct First<'a>(&'a mut Vec<Review>);

impl<'de> Visitor<'de> for First<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of reviews")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.len() < REVIEWS_MAX
            && let Some(review) = list.next_element()?
        {
            self.0.push(review);
        }
        Ok(())
    }
}

#[async_trait]
impl Reviews for HttpReviews {
    async fn of_product(&self, product: ProductId) -> Result<Vec<Review>, Unreachable> {
        let mut last = None;
        for _ in 0..ATTEMPTS_MAX {
            if !self.breaker.admits(self.clock.now()) {
                break;
            }
            match self.ask(product).await {
                Ok(reviews) => {
                    self.breaker.succeeded();
                    return Ok(reviews);
                }
                Err(Failure::OfTheAnswer(error)) => {
                    self.breaker.succeeded();
                    last = Some(error);
                    break;
                }
                Err(Failure::OfTheService(error)) => {
                    self.breaker.failed(self.clock.now());
                    last = Some(error);
                }
            }
        }
        if let Some(error) = last {
            tracing::warn!(%product, %error, "reviews cannot be read");
        }
        Err(Unreachable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;
    use std::{
        io::{Read, Write},
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const REVIEWS: &str = r#"[{"id":1,"title":"좋아요","content":"튼튼해요","authorId":"a","productId":7,"likes":3},
            {"id":2,"title":"그냥","content":"","authorId":"b","productId":7}]"#;

    /// A service that gives `answers` in turn and then closes every connection; and the number of requests it got.
    fn service(answers: Vec<(u16, String)>) -> (HttpReviews, Arc<ManualClock>, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (mut connection, n) = (connection.unwrap(), count.fetch_add(1, Ordering::SeqCst));
                let Some((status, body)) = answers.get(n) else { continue };
                let mut request = [0; 2_048];
                let read = connection.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..read]);
                assert!(request.starts_with("GET /api/blog/reviews?productId=7 HTTP/1.1\r\n"), "{request}");
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(body.as_bytes()).unwrap();
            }
        });
        let clock = Arc::new(ManualClock::default());
        let settings = Settings { base_url, failures_max: 4, ..Settings::default() };
        (HttpReviews::new(settings, Arc::clone(&clock) as Arc<dyn Clock>).unwrap(), clock, asked)
    }

    async fn ask(reviews: &HttpReviews) -> Result<usize, Unreachable> {
        reviews.of_product(ProductId::new(7)).await.map(|reviews| reviews.len())
    }

    #[tokio::test]
    async fn reviews_are_read_and_unknown_members_ignored() {
        let (reviews, _, _) = service(vec![(200, REVIEWS.to_owned())]);
        let found = reviews.of_product(ProductId::new(7)).await.unwrap();
        assert_eq!((found.len(), found[0].title.as_str()), (2, "좋아요"));
    }

    #[tokio::test]
    async fn one_failure_is_tried_again() {
        let (reviews, _, asked) = service(vec![(503, String::new()), (200, "[]".to_owned())]);
        assert_eq!(ask(&reviews).await, Ok(0));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_service_that_is_down_gets_no_calls_for_a_time() {
        let wrong = [500, 503, 429, 502].map(|status| (status, String::new()));
        let well = [(200, REVIEWS.to_owned())];
        let (reviews, clock, asked) = service(wrong.into_iter().chain(well).collect());
        for _ in 0..5 {
            assert_eq!(ask(&reviews).await, Err(Unreachable));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4, "the breaker is open");
        clock.advance(Duration::from_secs(10));
        assert_eq!(ask(&reviews).await, Ok(2));
    }

    // otherwise a product without reviews, or with very many, would take those of all products away
    #[tokio::test]
    async fn an_answer_that_is_wrong_for_one_product_is_no_failure_of_the_service() {
        let wrong = [(200, "nonsense".to_owned()), (404, String::new()), (302, String::new()), (400, String::new())];
        let wrong: Vec<_> = wrong.into_iter().chain([(200, "{}".to_owned())]).collect();
        let count = wrong.len();
        let (reviews, _, asked) = service(wrong.into_iter().chain([(200, REVIEWS.to_owned())]).collect());
        for _ in 0..count {
            assert_eq!(ask(&reviews).await, Err(Unreachable));
        }
        assert_eq!(asked.load(Ordering::SeqCst), count, "and it would be the same a second time");
        assert_eq!(ask(&reviews).await, Ok(2), "the breaker is closed");
    }

    #[test]
    fn of_an_answer_that_is_too_long_the_first_reviews_are_taken() {
        let review = |content: usize| {
            format!(r#"{{"id":1,"title":"t","content":"{}","authorId":"a","productId":7}}"#, "x".repeat(content))
        };
        let list = |content: usize, count: usize| format!("[{}]", vec![review(content); count].join(","));
        let count = |body: &str| first(body.as_bytes()).map(|reviews| reviews.len());
        assert_eq!((count("[]"), count(&list(9, 3)), count(&list(9, 500))), (Ok(0), Ok(3), Ok(REVIEWS_MAX)));
        // 1 MiB ends in the eleventh review
        let cut = &list(100_000, 50)[..=ANSWER_MAX_BYTES];
        assert_eq!(count(cut), Ok(10));
        assert!(count(&list(9, 3)[..150]).is_err(), "an answer that is cut off earlier was lost");
        assert!(count(&format!("[{}", " ".repeat(ANSWER_MAX_BYTES))).is_err());
    }

    #[test]
    fn an_invalid_address_is_refused() {
        let settings = Settings { base_url: "reviews".to_owned(), ..Settings::default() };
        assert!(HttpReviews::new(settings, Arc::new(ManualClock::default())).is_err());
    }
}
