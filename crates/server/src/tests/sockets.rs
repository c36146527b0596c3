//! Clients that say nothing, say it too slowly, or do not read, over real sockets.

use super::running::{get, started, started_with};
use crate::Server;
use crate::config::Settings;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// A PING frame.
const PING: &[u8] = &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

const ONE_REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const EVENTS: &[u8] =
    b"GET /api/v1/shopping/inventory/stream?productIds=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// HEADERS that end a request: `GET /healthz` on this stream. The path is written without compression.
fn request(stream: u8, path: &str) -> Vec<u8> {
    // :method GET, :scheme http, :path as a literal, :authority x as a literal
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(&[0x01, 1, b'x']);
    let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 1, 0x5, 0, 0, 0, stream];
    frame.extend_from_slice(&block);
    frame
}

/// A shop whose limits of time a test can wait for.
fn hasty(settings: &mut Settings) {
    settings.server.header_timeout = Duration::from_millis(400);
    settings.server.idle_timeout = Duration::from_millis(800);
}

async fn says(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Waits until the server closes; gives what it sent before.
async fn closed(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut all)).await;
    assert!(ended.is_ok(), "the connection stays open; it sent {all:?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_connection_is_closed_in_time_whatever_it_began_with() {
    let (server, _space) = started_with(&[], hasty).await;
    let whole = [PREFACE, SETTINGS].concat();
    let half_a_request = [&whole[..], &request(1, "/healthz")[..12]].concat();
    let answered = [&whole[..], &request(1, "/healthz")].concat();
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("half a request line", b"GET /heal"),
        ("a head without its end", b"GET /healthz HTTP/1.1\r\nhost: x\r\n"),
        ("what could become either version", b"P"),
        ("half a preface", &PREFACE[..11]),
        ("a preface", PREFACE),
        ("a preface and settings", &whole),
        ("half a request of HTTP/2", &half_a_request),
        ("HTTP/2 after a response", &answered),
        ("HTTP/1 after a response", b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"),
    ] {
        let began = Instant::now();
        closed(says(server.address, bytes).await).await;
        assert!(began.elapsed() < Duration::from_secs(6), "{what}: {:?}", began.elapsed());
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dripping_bytes_do_not_keep_a_connection_open() {
    let (server, _space) = started_with(&[], hasty).await;
    for bytes in [PREFACE, b"GET /healthz HTTP/1.1\r\nx-slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let mut stream = says(server.address, &bytes[..1]).await;
        let began = Instant::now();
        for byte in &bytes[1..] {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
    // frames that are no requests are no use of the connection
    let mut stream = says(server.address, &[PREFACE, SETTINGS].concat()).await;
    let began = Instant::now();
    while stream.write_all(PING).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(began.elapsed() < Duration::from_secs(8), "pings keep it open");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_do_not_keep_others_out() {
    let options = [("server.connections_max", "50")];
    let (server, _space) = started(&options).await;
    let mut silent = Vec::new();
    for n in 0..60 {
        let bytes = [&b""[..], &PREFACE[..7], PREFACE][n % 3];
        silent.push(says(server.address, bytes).await);
    }
    // neither the same client nor another one has to wait until they are closed
    for from in ["127.0.0.1", "127.0.0.2"] {
        let mut other = connected(from, server.address).await;
        other.write_all(ONE_REQUEST).await.unwrap();
        let answer = String::from_utf8(closed(other).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{from}: {answer}");
    }
    drop(silent);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_that_was_silent_longest_makes_room_for_a_new_one() {
    let options = [("server.connections_max", "16"), ("server.connections_per_client", "8")];
    let (server, _space) = started(&options).await;
    let head = |stream: TcpStream| async move {
        let (mut stream, mut head) = (stream, [0; 12]);
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        stream
    };
    // an event stream is open and not silent, however old it is
    let mut events = head(says(server.address, EVENTS).await).await;
    // silent in every way: nothing sent, half a head, half a preface, HTTP/2 without a request, kept alive after a response
    let begun = [PREFACE, SETTINGS].concat();
    let mut silent = Vec::new();
    for n in 0..15_u8 {
        let mut stream = connected(&format!("127.0.0.{}", 2 + n % 3), server.address).await;
        let bytes = [&b""[..], b"GET /hea", &PREFACE[..7], &begun, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"];
        stream.write_all(bytes[usize::from(n) % 5]).await.unwrap();
        let stream = if n % 5 == 4 { head(stream).await } else { stream };
        silent.push(stream);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // a flood of silent sockets from many addresses, and shoppers between them
    for n in 0..60_u8 {
        silent.push(connected(&format!("127.0.1.{n}"), server.address).await);
        let began = Instant::now();
        let mut shopper = connected(&format!("127.0.2.{n}"), server.address).await;
        shopper.write_all(ONE_REQUEST).await.unwrap();
        let answer = String::from_utf8(closed(shopper).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "shopper {n}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(3), "shopper {n}: {:?}", began.elapsed());
    }
    for stream in silent.drain(..15) {
        closed(stream).await;
    }
    let mut byte = [0];
    let more = tokio::time::timeout(Duration::from_millis(200), events.read(&mut byte)).await;
    assert!(!matches!(more, Ok(Ok(0) | Err(_))), "the event stream was closed");
    drop(silent);
    assert!(server.stop().await);
}

async fn connected(from: &str, to: SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_only_its_share_of_connections_and_streams() {
    let options = [("server.connections_per_client", "3"), ("server.streams_per_client", "3")];
    let (server, _space) = started(&options).await;
    let mut head = [0; 12];
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = says(server.address, EVENTS).await;
        stream.read_exact(&mut head).await.unwrap();
        held.push(stream);
    }
    assert_eq!(closed(TcpStream::connect(server.address).await.unwrap()).await, b"", "the fourth is closed at once");
    drop(held);
    assert!(server.stop().await);
    let (server, _space) = started(&[("server.streams_per_client", "1")]).await;
    let mut first = says(server.address, EVENTS).await;
    first.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let second = String::from_utf8(closed(says(server.address, EVENTS).await).await).unwrap();
    assert!(
        second.starts_with("HTTP/1.1 429") && second.contains("C012") && second.contains("retry-after"),
        "{second}"
    );
    drop(first);
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut again = says(server.address, EVENTS).await;
        again.read_exact(&mut head).await.unwrap();
        if &head == b"HTTP/1.1 200" {
            drop(again);
            assert!(server.stop().await);
            return;
        }
    }
    panic!("the stream that ended still counts");
}

/// Stops the server; it must be in time and report success.
async fn stops(server: Server, what: &str) {
    let began = Instant::now();
    assert!(server.stop().await, "{what}: it is not in time");
    assert!(began.elapsed() < Duration::from_secs(5), "{what}: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_dead_clients_do_not_make_a_shutdown_fail() {
    let begun = [PREFACE, SETTINGS].concat();
    let answered = [&begun[..], &request(1, "/openapi.json")].concat();
    // a window of no bytes: the client never takes the response
    let no_window = [PREFACE, &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0], &request(1, "/openapi.json")].concat();
    let document = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("half a preface", &PREFACE[..9]),
        ("HTTP/2 without a request", &begun),
        ("HTTP/2 that answers no ping", &answered),
        ("HTTP/2 that takes no response", &no_window),
        ("HTTP/1 that reads no response", &document[..]),
        ("half a head", b"GET /healthz HT"),
    ] {
        let (server, _space) = started(&[("server.shutdown_timeout", "8s")]).await;
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(says(server.address, bytes).await);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        stops(server, what).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_stream_is_not_idle() {
    let (server, _space) = started_with(&[], |settings| {
        hasty(settings);
        // longer than the heartbeats of streams
        settings.server.idle_timeout = Duration::from_secs(20);
    })
    .await;
    let stream = b"GET /api/v1/shopping/inventory/stream?productIds=1 HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = says(server.address, stream).await;
    let mut bytes = vec![0; 64 << 10];
    let until = Instant::now() + Duration::from_secs(2);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if let Ok(read) = tokio::time::timeout(left, open.read(&mut bytes)).await {
            assert!(read.unwrap() > 0, "the stream was closed");
        }
    }
    assert!(get(server.address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(server.stop().await);
}
