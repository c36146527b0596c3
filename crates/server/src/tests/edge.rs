use super::{Shop, shop};
use crate::assembly::layered;
use crate::config::{Config, Settings};
use crate::edge::{Fronts, Peer};
use crate::health::Probe;
use crate::measure::Requests;
use crate::parts::KnownParts;
use crate::relay::Progress;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    routing::{get, post},
};
use futures_util::StreamExt;
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use web::{
    Failure, Json,
    route::{Built, Declared},
};

/// A body of any shape.
#[derive(serde::Deserialize)]
struct Anything(Value);

impl web::Checked for Anything {}

fn settings(options: &[(&str, &str)]) -> Settings {
    let options: Vec<_> = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::of(None, [], &options).unwrap().settings
}

fn probe(shop: &Shop) -> Probe {
    Probe {
        app: shop.app.clone(),
        requests: Arc::new(Requests::default()),
        progress: Arc::new(Progress::default()),
        parts: KnownParts::default(),
        closing: CancellationToken::new(),
    }
}

async fn router(options: &[(&str, &str)]) -> (Shop, Router) {
    let shop = shop(&[]).await;
    let routes = Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/panics", get(|| async { panic!("in the kitchen") as &'static str }))
        .route("/sleeps", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }))
        .route(
            "/sleeps-after",
            post(|_: axum::body::Bytes| async { tokio::time::sleep(Duration::from_secs(60)).await }),
        )
        .route("/fails", get(|| async { Err::<(), _>(Failure(kernel::Code::PaymentGatewayUnreachable.error())) }))
        .route(
            "/takes",
            post(|Json(Anything(value)): Json<Anything>| async move { value.to_string().len().to_string() }),
        );
    let router = layered(routes, &settings(options), Declared::default(), &shop.app, &probe(&shop), Fronts::default());
    (shop, router)
}

async fn send(router: &Router, request: Request) -> (StatusCode, HeaderMap, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn ask(path: &str) -> Request {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_failure_of_the_server_itself_has_the_envelope() {
    let (_shop, router) = router(&[("server.request_timeout", "50ms"), ("gateway.timeout", "10ms")]).await;
    for (request, status, code) in [
        (ask("/nowhere"), 404, "C003"),
        (Request::delete("/fine").body(Body::empty()).unwrap(), 405, "C009"),
        (ask("/panics"), 500, "C001"),
        (ask("/sleeps"), 504, "C017"),
        (ask("/fails"), 503, "S311"),
    ] {
        let (answered, headers, body) = send(&router, request).await;
        assert_eq!((answered.as_u16(), body["error"]["code"].as_str()), (status, Some(code)));
        assert_eq!(body["success"], false);
        assert_eq!(body["error"]["traceId"].as_str().map(str::len), Some(32));
        assert_eq!(headers[header::CONTENT_TYPE], "application/json");
        assert!(!body.to_string().contains("kitchen"), "the cause is not shown");
        assert_eq!(headers.contains_key(header::RETRY_AFTER), status == 503);
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_no_failure_of_the_server() {
    let (_shop, router) = router(&[("server.request_timeout", "50ms"), ("gateway.timeout", "10ms")]).await;
    let sent = |end: bool| {
        let parts = futures_util::stream::iter(["\"x", "yz\""]).map(Ok::<_, std::io::Error>);
        let never = futures_util::stream::pending();
        let body = if end { Body::from_stream(parts) } else { Body::from_stream(parts.chain(never)) };
        Request::post("/takes").header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
    };
    assert_eq!(send(&router, sent(true)).await.0, 200);
    let (status, _, answer) = send(&router, sent(false)).await;
    assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (400, Some("C002")));
    // a client that has sent everything waits for the server
    let (status, ..) = send(&router, Request::post("/sleeps-after").body(Body::from("\"x\"")).unwrap()).await;
    assert_eq!(status, 504);
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let (_shop, router) = router(&[("server.body_max_bytes", "100")]).await;
    let body = |length: usize| {
        let text = format!("\"{}\"", "x".repeat(length));
        Request::post("/takes").header(header::CONTENT_TYPE, "application/json").body(Body::from(text)).unwrap()
    };
    assert_eq!(send(&router, body(50)).await.0, 200);
    let (status, _, answer) = send(&router, body(200)).await;
    assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (413, Some("C010")));
}

#[tokio::test]
async fn a_client_over_its_rate_gets_retry_after() {
    let options = [("server.rate_per_second", "1"), ("server.rate_burst", "3")];
    let (_shop, router) = router(&options).await;
    let from = |client: &str| {
        let mut request = ask("/fine");
        request.extensions_mut().insert(Peer(SocketAddr::new(client.parse().unwrap(), 1)));
        request
    };
    for _ in 0..3 {
        assert_eq!(send(&router, from("10.0.0.1")).await.0, 200);
    }
    let (status, headers, body) = send(&router, from("10.0.0.1")).await;
    assert_eq!((status.as_u16(), body["error"]["code"].as_str()), (429, Some("C012")));
    assert!(headers[header::RETRY_AFTER].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(send(&router, from("10.0.0.2")).await.0, 200, "another client is not concerned");
}

/// A route that hashes a password.
#[utoipa::path(get, path = "/hashes", responses((status = 200)))]
async fn hashes() {}

#[tokio::test]
async fn costly_requests_have_a_limit_of_their_own_for_each_client() {
    let shop = shop(&[]).await;
    let routes = web::Routes::<()>::new().add(web::route::PUBLIC.costly(), utoipa_axum::routes!(hashes));
    let Built { router, declared, .. } = routes.build();
    let routes = router.route("/fine", get(|| async { "fine" }));
    let router = layered(routes, &settings(&[]), declared, &shop.app, &probe(&shop), Fronts::default());
    let from = |client: [u8; 4], path: &str| {
        let mut request = ask(path);
        request.extensions_mut().insert(Peer(SocketAddr::from((client, 1))));
        request
    };
    for _ in 0..100 {
        assert_eq!(send(&router, from([10, 0, 0, 1], "/hashes")).await.0, 200);
    }
    let mut last = (StatusCode::OK, HeaderMap::new(), Value::Null);
    for _ in 0..100 {
        last = send(&router, from([10, 0, 0, 1], "/hashes")).await;
    }
    assert_eq!((last.0.as_u16(), last.2["error"]["code"].as_str()), (429, Some("C012")));
    assert_eq!(send(&router, from([10, 0, 0, 1], "/fine")).await.0, 200, "other requests are not concerned");
    assert_eq!(send(&router, from([10, 0, 0, 2], "/hashes")).await.0, 200, "nor are other clients");
}

#[tokio::test]
async fn behind_a_proxy_the_client_is_who_the_proxy_says() {
    let options = [
        ("server.rate_per_second", "1"),
        ("server.rate_burst", "1"),
        ("server.client_address_header", "X-Forwarded-For"),
        ("auth.secrets", "a:Zk3vQ9xT1mB7nR5wL0yH8cJ2fD6gS4pA"),
    ];
    let (_shop, router) = router(&options).await;
    let from = |forwarded: &str| {
        let mut request = Request::get("/fine").header("x-forwarded-for", forwarded).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(SocketAddr::from(([127, 0, 0, 1], 1))));
        request
    };
    assert_eq!(send(&router, from("1.1.1.1")).await.0, 200);
    // what the client claims itself stands before what the proxy appended
    assert_eq!(send(&router, from("9.9.9.9, 1.1.1.1")).await.0, 429);
    assert_eq!(send(&router, from("2.2.2.2")).await.0, 200);
    // with its port, and as addresses of IPv6 are written beside one
    for (first, again) in
        [("3.3.3.3:4711", "3.3.3.3:4712"), ("[2001:db8::1]:443", "2001:db8::1"), ("[2001:db8:1::1]", "2001:db8:1::1")]
    {
        assert_eq!(send(&router, from(first)).await.0, 200, "{first}");
        assert_eq!(send(&router, from(again)).await.0, 429, "{again}");
    }
}

#[tokio::test]
async fn ids_are_echoed_and_traces_continued() {
    let (_shop, router) = router(&[]).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = Request::get("/nowhere")
        .header("x-request-id", "shop-7")
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let (_, headers, body) = send(&router, request.body(Body::empty()).unwrap()).await;
    assert_eq!((headers["x-request-id"].to_str().unwrap(), body["error"]["traceId"].as_str()), ("shop-7", Some(trace)));
    let (_, headers, _) = send(&router, ask("/fine")).await;
    assert_eq!(headers["x-request-id"].len(), 32);
}

#[tokio::test]
async fn only_configured_origins_may_call_from_a_browser() {
    let (_shop, router) = router(&[("server.cors_origins", "https://shop.example")]).await;
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/takes")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    let (status, headers, _) = send(&router, preflight("https://shop.example")).await;
    assert_eq!(
        (status.as_u16(), headers[header::ACCESS_CONTROL_ALLOW_ORIGIN].to_str().unwrap()),
        (200, "https://shop.example")
    );
    let (_, headers, _) = send(&router, preflight("https://evil.example")).await;
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[test]
fn operation_names_are_unique() {
    let document = serde_json::to_value(crate::assembly::document()).unwrap();
    let mut seen = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(seen.insert(id.to_owned()), "{id} twice");
        }
    }
}

#[test]
fn every_operation_declares_its_callers() {
    let document = serde_json::to_value(crate::assembly::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation[web::route::ROLE_EXTENSION].is_string(), "{method} {path}");
        }
    }
}
