//! Signing in over real sockets: people who hang up, and crowds.

use super::running::started;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const PASSWORD: &str = "moon jars and seven cups";
/// More than wrong passwords lock a sign-in.
const MANY: usize = 15;
/// More than one client may have in the queue of hashes.
const CROWD: usize = 150;

/// Sends a request from this address and leaves the response unread.
async fn asks(server: SocketAddr, from: &str, path: &str, body: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn signs_up(server: SocketAddr, email: &str) {
    let body = format!(r#"{{"email": "{email}", "password": "{PASSWORD}", "nickname": "하늘"}}"#);
    let text = answer(asks(server, "127.0.0.1", "/api/v1/users/signup", &body).await).await;
    assert!(text.starts_with("HTTP/1.1 201"), "{text}");
}

fn credentials(email: &str, password: &str) -> String {
    format!(r#"{{"email": "{email}", "password": "{password}"}}"#)
}

const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_who_hang_up_are_not_locked_out() {
    let (server, _space) = started(&[]).await;
    let email = "hasty@example.com";
    signs_up(server.address, email).await;
    // neither with the right password nor with a wrong one that was never compared
    for password in [PASSWORD, "wrong"] {
        for _ in 0..MANY {
            let hangs_up = asks(server.address, "127.0.0.2", LOGIN, &credentials(email, password)).await;
            tokio::time::sleep(Duration::from_millis(if password == PASSWORD { 5 } else { 0 })).await;
            drop(hangs_up);
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let text = answer(asks(server.address, "127.0.0.3", LOGIN, &credentials(email, PASSWORD)).await).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    for _ in 0..MANY {
        let hangs_up = asks(server.address, "127.0.0.4", LOGIN, &credentials(email, PASSWORD)).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(hangs_up);
    }
    let text = answer(asks(server.address, "127.0.0.4", LOGIN, &credentials(email, PASSWORD)).await).await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_one_address_does_not_keep_another_from_signing_in() {
    let (server, _space) = started(&[("server.costly_per_second", "0")]).await;
    let (address, email) = (server.address, "patient@example.com");
    signs_up(address, email).await;
    let served = Arc::new(AtomicUsize::new(0));
    let mut crowd = Vec::new();
    for n in 0..CROWD {
        let stream = asks(address, "127.0.0.1", LOGIN, &credentials(&format!("no{n}@example.com"), "guess")).await;
        let served = Arc::clone(&served);
        crowd.push(tokio::spawn(async move {
            let text = answer(stream).await;
            served.fetch_add(1, Ordering::SeqCst);
            text
        }));
    }
    let text = answer(asks(address, "127.0.0.2", LOGIN, &credentials(email, PASSWORD)).await).await;
    let before = served.load(Ordering::SeqCst);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(before < CROWD, "it waited for the whole crowd");
    let mut busy = 0;
    for one in crowd {
        let text = one.await.unwrap();
        busy += usize::from(text.starts_with("HTTP/1.1 503"));
        assert!(text.starts_with("HTTP/1.1 401") || text.contains("retry-after: 2"), "{text}");
    }
    assert!(busy < CROWD, "none of the crowd was served");
    // what the shop was too busy for does not count
    let text = answer(asks(address, "127.0.0.1", LOGIN, &credentials("no1@example.com", "guess")).await).await;
    assert!(text.starts_with("HTTP/1.1 401"), "{text}");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_of_one_address_are_limited_by_default() {
    let (server, _space) = started(&[]).await;
    let mut crowd = Vec::new();
    for n in 0..CROWD {
        crowd
            .push(asks(server.address, "127.0.0.1", LOGIN, &credentials(&format!("no{n}@example.com"), "guess")).await);
    }
    let mut limited = 0;
    for one in crowd {
        let text = answer(one).await;
        limited += usize::from(text.starts_with("HTTP/1.1 429") && text.contains("C012"));
    }
    assert!(limited > 0, "{CROWD} at once are let through");
    let text = answer(asks(server.address, "127.0.0.2", LOGIN, &credentials("no@example.com", "guess")).await).await;
    assert!(text.starts_with("HTTP/1.1 401"), "another address is not concerned: {text}");
    assert!(server.stop().await);
}
