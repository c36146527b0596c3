//! Readers of event streams that read slowly or not at all, over HTTP/2, whose windows say exactly how much a client takes.

use super::running::started_with;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const API: &str = "/api/v1/shopping";
/// With the entry token it makes a path of 123 bytes; 126 are the most that fit into one byte of HPACK.
const EVENT: &str = "X/1";
const SECRET: &str = "the gateway of this test, which knows everybody";
/// Longer than the pause between two messages of a stream.
const IDLE: Duration = Duration::from_secs(8);
/// One message and the beginning of the next one.
const WINDOW: u32 = 450;
const WITHIN: Duration = Duration::from_secs(30);
/// The reader is the last of so many who wait.
const WAITING: u64 = 9;
const LEAVING: u64 = 6;

/// Sends a request; gives what came back in the envelope.
async fn send(address: SocketAddr, user: u64, request: &str, body: &Value) -> Value {
    let body = if request.starts_with("POST") { body.to_string() } else { String::new() };
    let head = format!(
        "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-gateway-secret: {SECRET}\r\nx-user-roles: ADMIN\r\n\
         x-user-id: 00000000-0000-4000-8000-{user:012x}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{request}: {text}");
    serde_json::from_str::<Value>(text.split_once("\r\n\r\n").unwrap().1).unwrap()["data"].clone()
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A client with one stream, which takes as many bytes as it granted.
struct Reader {
    socket: TcpStream,
    text: String,
}

impl Reader {
    async fn opens(address: SocketAddr, path: &str) -> Reader {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let window = [&[0, 4][..], &WINDOW.to_be_bytes()].concat();
        // :method GET, :scheme http, :path as a literal, :authority x as a literal
        let length = u8::try_from(path.len()).unwrap();
        assert!(length < 127);
        let block = [&[0x82, 0x86, 0x04, length], path.as_bytes(), &[0x01, 1, b'x']].concat();
        let begin = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(4, 0, 0, &window), &frame(1, 0x5, 1, &block)];
        socket.write_all(&begin.concat()).await.unwrap();
        Reader { socket, text: String::new() }
    }

    async fn grants(&mut self, bytes: u32) {
        self.socket.write_all(&frame(8, 0, 1, &bytes.to_be_bytes())).await.unwrap();
    }

    /// The positions in the messages that are here as a whole.
    fn positions(&self) -> Vec<u64> {
        let messages = self.text.split_inclusive("\n\n").filter(|message| message.ends_with("\n\n"));
        let data = messages.filter_map(|message| message.lines().find_map(|line| line.strip_prefix("data: ")));
        data.map(|data| serde_json::from_str::<Value>(data).unwrap()["position"].as_u64().unwrap()).collect()
    }

    /// Reads until it has seen this position; `false` when the server ended the stream or the connection first.
    async fn sees(&mut self, position: u64) -> bool {
        while self.positions().last() != Some(&position) {
            if !tokio::time::timeout(WITHIN, self.frame()).await.expect("something happens") {
                return false;
            }
        }
        true
    }

    /// Reads a frame; `false` when it is the last one.
    async fn frame(&mut self) -> bool {
        let mut head = [0; 9];
        if self.socket.read_exact(&mut head).await.is_err() {
            return false;
        }
        let mut payload = vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
        if self.socket.read_exact(&mut payload).await.is_err() {
            return false;
        }
        match head[3] {
            0 => self.text.push_str(std::str::from_utf8(&payload).unwrap()),
            // the end of the stream, or of the connection
            3 | 7 => return false,
            // a ping that is no answer
            6 if head[4] == 0 => self.socket.write_all(&frame(6, 1, 0, &payload)).await.unwrap(),
            _ => {}
        }
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_goes_on_with_the_newest_and_one_that_stands_still_is_dropped_and_finds_its_place_again() {
    let options = [("auth.gateway_secret", SECRET)];
    let (server, _space) = started_with(&options, |settings| settings.server.idle_timeout = IDLE).await;
    let queue = |what: &str| format!("{API}/queue/{EVENT}/{what}");
    // the first is admitted, and no one else while the test runs
    let rules = json!({
        "maxCapacity": 1, "entryBatchSize": 1, "entryIntervalSeconds": 3_600, "admissionSeconds": 3_600,
    });
    send(server.address, 1, &format!("POST {API}/admin/queue/{EVENT}/activate"), &rules).await;
    let mut token = String::new();
    for user in 1..=WAITING + 1 {
        let entered = send(server.address, user, &format!("POST {}", queue("enter")), &json!({})).await;
        token = entered["entryToken"].as_str().unwrap().to_owned();
        while user == 1
            && send(server.address, 1, &format!("GET {}", queue("status")), &json!({})).await["status"] != "ENTERED"
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let path = queue(&format!("subscribe/{token}"));
    let mut slow = Reader::opens(server.address, &path).await;
    assert!(slow.sees(WAITING).await);
    // six changes, a second apart at most, while the reader takes no more than the beginning of the next message
    for user in 2..2 + LEAVING {
        send(server.address, user, &format!("DELETE {}", queue("leave")), &json!({})).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // enough for what was on its way and for the newest, and for the beginning of one more
    slow.grants(2 * WINDOW).await;
    assert!(slow.sees(WAITING - LEAVING).await, "{}", slow.text);
    let positions = slow.positions();
    assert!(positions.is_sorted_by(|one, next| one >= next), "{positions:?}");
    assert!(positions.len() <= 4, "{positions:?}: what is old is kept for the reader");
    // it takes nothing more, although something happens
    send(server.address, 2 + LEAVING, &format!("DELETE {}", queue("leave")), &json!({})).await;
    assert!(!slow.sees(0).await, "it is dropped");
    let mut again = Reader::opens(server.address, &path).await;
    assert!(again.sees(WAITING - LEAVING - 1).await, "{}", again.text);
    drop((slow, again));
    assert!(server.stop().await);
}
