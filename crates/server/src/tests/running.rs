use super::{database, ports};
use crate::config::{Config, Settings};
use crate::{Listeners, Server, assemble, assembly};
use std::sync::Arc;
use testdb::Space;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub async fn started(options: &[(&str, &str)]) -> (Server, Space) {
    started_with(options, |_| {}).await
}

/// With settings that the check of the configuration would refuse, because a test cannot wait as long as a shop.
pub async fn started_with(options: &[(&str, &str)], change: impl FnOnce(&mut Settings)) -> (Server, Space) {
    let space = Space::open();
    let db = database(&space, Arc::new(::ports::SystemClock));
    db.migrate(assembly::migrations()).await.unwrap();
    let all = [("server.listen", "127.0.0.1:0"), ("server.shutdown_timeout", "5s"), ("search.folder", "")];
    let options: Vec<_> =
        all.iter().chain(options).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mut settings = Config::of(None, [], &options).unwrap().settings;
    change(&mut settings);
    let listeners = Listeners::bind(&settings).unwrap();
    let assembly = assemble(&settings, db, ports()).await.unwrap();
    (Server::start(&settings, listeners, assembly).await.unwrap(), space)
}

pub async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_health_metrics_and_the_document() {
    let (server, _space) = started(&[("server.metrics_listen", "127.0.0.1:0")]).await;
    assert!(get(server.address, "/healthz").await.starts_with("HTTP/1.1 200"));
    let ready = get(server.address, "/readyz").await;
    assert!(ready.contains("\"ready\":true"), "{ready}");
    assert!(get(server.address, "/metrics").await.starts_with("HTTP/1.1 404"), "they have their own port");
    let metrics = get(server.metrics_address.unwrap(), "/metrics").await;
    for name in ["holdfast_http_requests_total", "holdfast_store_commits_total", "holdfast_relay_lag_events"] {
        assert!(metrics.contains(name), "{name} is missing");
    }
    assert!(get(server.address, "/openapi.json").await.contains("\"openapi\":\"3.1"));
    assert!(get(server.address, "/docs/").await.contains("swagger-ui"));
    assert!(get(server.address, "/docs/swagger-ui.css").await.starts_with("HTTP/1.1 200"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_refuses_and_idle_connections_do_not_hold_it() {
    let (server, _space) = started(&[]).await;
    let address = server.address;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert!(server.stop().await, "in time, although a client keeps its connection");
    assert!(TcpStream::connect(address).await.is_err());
}
