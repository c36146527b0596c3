//! Someone who sends requests: nobody, a buyer, a seller, an administrator, another service.

use crate::{answer::Answer, shop::Inner};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, header},
};
use http_body_util::BodyExt;
use kernel::UserId;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;
use web::{BASE, Roles};

/// Paths that are written as they are; everything else is below [`BASE`].
const ROOTS: &[&str] = &["/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"];
/// How long an answer may take to be whole; more than any request may last.
const WHOLE_WITHIN: Duration = Duration::from_secs(60);
/// How long a test waits for an event that should come.
const PATIENCE: Duration = Duration::from_secs(5);

/// One caller. Cloning it gives the same caller.
#[derive(Clone)]
pub struct Sender {
    shop: Arc<Inner>,
    who: Option<(UserId, Roles)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Sender {
    pub(crate) fn new(shop: Arc<Inner>, who: Option<(UserId, Roles)>) -> Sender {
        Sender { shop, who, headers: Vec::new() }
    }

    /// The caller's user id; panics for an anonymous one.
    pub fn id(&self) -> UserId {
        self.who.expect("an anonymous sender has no id").0
    }

    /// The same caller with one more header on every request.
    pub fn with(&self, name: &'static str, value: &str) -> Sender {
        let mut copy = self.clone();
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        copy.headers.push((HeaderName::from_static(name), value));
        copy
    }

    /// The same caller with this idempotency key on every request.
    pub fn keyed(&self, key: &str) -> Sender {
        self.with("idempotency-key", key)
    }

    /// GET.
    pub fn get(&self, path: impl AsRef<str>) -> Answer {
        self.send("GET", path.as_ref(), None)
    }

    /// POST with a JSON body.
    pub fn post(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send("POST", path.as_ref(), Some(body.to_string().into_bytes()))
    }

    /// PUT with a JSON body.
    pub fn put(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send("PUT", path.as_ref(), Some(body.to_string().into_bytes()))
    }

    /// PATCH with a JSON body.
    pub fn patch(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send("PATCH", path.as_ref(), Some(body.to_string().into_bytes()))
    }

    /// DELETE.
    pub fn delete(&self, path: impl AsRef<str>) -> Answer {
        self.send("DELETE", path.as_ref(), None)
    }

    /// Any method with any bytes, sent as JSON when there are some.
    pub fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Answer {
        let request = self.request(method, path, body);
        let router = self.shop.open().router.clone();
        self.shop.wait(async move {
            let response = router.oneshot(request).await.expect("a router answers everything");
            let (parts, body) = response.into_parts();
            let whole = tokio::time::timeout(WHOLE_WITHIN, body.collect()).await;
            let body = whole
                .expect("an answer ends; streams are for `listens`")
                .expect("a body in memory is whole")
                .to_bytes();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body }
        })
    }

    /// The status with which an event stream opens; the stream is then left.
    pub fn opens(&self, path: impl AsRef<str>) -> u16 {
        let request = self.request("GET", path.as_ref(), None);
        let router = self.shop.open().router.clone();
        self.shop
            .wait(async move { router.oneshot(request).await.expect("a router answers everything").status().as_u16() })
    }

    /// Opens an event stream.
    pub fn listens(&self, path: impl AsRef<str>) -> Stream {
        let request = self.request("GET", path.as_ref(), None);
        let router = self.shop.open().router.clone();
        let body = self.shop.wait(async move {
            let response = router.oneshot(request).await.expect("a router answers everything");
            assert_eq!(response.status(), 200, "a stream opens with 200");
            response.into_body()
        });
        Stream { shop: Arc::clone(&self.shop), body, text: String::new() }
    }

    fn request(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Request<Body> {
        let absolute = ROOTS.iter().any(|root| path.starts_with(root));
        let uri = if absolute { path.to_owned() } else { format!("{BASE}{path}") };
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(uri)
            .header(header::HOST, "shop")
            .body(Body::empty())
            .expect("a request");
        if let Some((id, roles)) = &self.who {
            let app = &self.shop.open().app;
            let token = app.auth.issue(id, *roles, app.now()).expect("a token").token;
            let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header value");
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        if let Some(body) = body {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Body::from(body);
        }
        for (name, value) in &self.headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        request
    }
}

/// What buyers do, in the shop's words.
impl Sender {
    /// Puts `quantity` of a product into the caller's cart.
    pub fn fills_cart(&self, product: &crate::Product, quantity: i64) -> Answer {
        self.post("/cart/items", json!({"productId": product.id, "quantity": quantity}))
    }

    /// Orders what is in the caller's cart.
    pub fn orders_cart(&self) -> Answer {
        self.post("/orders", json!({"shippingAddress": address()}))
    }

    /// Orders `quantity` of one product without a cart.
    pub fn orders(&self, product: &crate::Product, quantity: i64) -> Answer {
        self.orders_all(&[(product, quantity)])
    }

    /// Orders several lines without a cart.
    pub fn orders_all(&self, lines: &[(&crate::Product, i64)]) -> Answer {
        self.post("/orders", order_of(lines))
    }

    /// Pays an order by card; `payment_key` says what the simulated gateway does.
    pub fn pays(&self, order: &str, payment_key: &str) -> Answer {
        let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": payment_key});
        self.post("/payments", body)
    }

    /// Cancels an order.
    pub fn cancels(&self, order: &str) -> Answer {
        self.put(format!("/orders/{order}/cancel"), json!({"reason": "changed my mind"}))
    }

    /// Looks at an order.
    pub fn sees(&self, order: &str) -> Answer {
        self.get(format!("/orders/{order}"))
    }
}

/// Where test parcels go.
pub fn address() -> Value {
    json!({
        "receiverName": "김하늘",
        "receiverPhone": "010-1234-5678",
        "zipCode": "04524",
        "address1": "서울시 중구 세종대로 110",
        "address2": "3층",
    })
}

/// The body of an order of these lines.
pub fn order_of(lines: &[(&crate::Product, i64)]) -> Value {
    let items: Vec<Value> =
        lines.iter().map(|(p, quantity)| json!({"productId": p.id, "quantity": quantity})).collect();
    json!({"items": items, "shippingAddress": address()})
}

/// An open event stream.
pub struct Stream {
    shop: Arc<Inner>,
    body: Body,
    text: String,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The event's `id:`, which `Last-Event-ID` resumes after.
    pub id: String,
    /// The event's name.
    pub event: String,
    /// The event's data.
    pub data: Value,
}

impl Stream {
    /// The next `count` events; fewer if they do not come in time.
    pub fn told(&mut self, count: usize) -> Vec<Told> {
        let Stream { shop, body, text } = self;
        let mut found = Vec::new();
        shop.wait(async {
            while found.len() < count {
                while let Some(end) = text.find("\n\n") {
                    let block: String = text.drain(..end + 2).collect();
                    found.extend(told(&block));
                }
                if found.len() >= count {
                    break;
                }
                let Ok(Some(Ok(frame))) = tokio::time::timeout(PATIENCE, body.frame()).await else { break };
                if let Ok(bytes) = frame.into_data() {
                    text.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        });
        found
    }
}

fn told(block: &str) -> Option<Told> {
    let field = |name: &str| {
        let lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect::<Vec<_>>().join("\n")
    };
    let data = field("data");
    if data.is_empty() {
        return None;
    }
    Some(Told {
        id: field("id"),
        event: field("event"),
        data: serde_json::from_str(&data).unwrap_or(Value::String(data)),
    })
}
