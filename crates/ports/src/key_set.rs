//! The key set that an outside identity provider publishes.

use kernel::{Code, Error, Result};
use std::time::Duration;

/// Longest wait for the provider.
const FETCH_WITHIN: Duration = Duration::from_secs(5);

/// Reads the document at `url`. C013 when it does not arrive in time, has more than `bytes_max` bytes, or when the server redirects.
pub async fn fetch(url: &str, bytes_max: usize) -> Result<String> {
    // fails if the process has chosen its cryptography before; that choice is as good
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(FETCH_WITHIN)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(unreadable)?;
    let mut answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(unreadable)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(unreadable(format!("status {}", answer.status())));
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreadable)? {
        if body.len() + part.len() > bytes_max {
            return Err(unreadable(format!("more than {bytes_max} bytes")));
        }
        body.extend_from_slice(&part);
    }
    String::from_utf8(body).map_err(unreadable)
}

fn unreadable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Code::Unavailable.because("the identity provider's keys cannot be read").caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// The address of a server that answers one request with `answer`.
    async fn answering(answer: String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 2_048];
            let _ = stream.read(&mut request).await.unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        url
    }

    fn with_body(status: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn a_long_answer_or_a_redirect_is_refused() {
        let good = answering(with_body("200 OK", "{}")).await;
        assert_eq!(fetch(&good, 2).await.unwrap(), "{}");
        let elsewhere = answering(with_body("200 OK", "{}")).await;
        let moved = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
        for answer in [with_body("200 OK", "{ }"), with_body("404 Not Found", "{}"), moved] {
            let refused = fetch(&answering(answer.clone()).await, 2).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable, "{answer}");
        }
        assert_eq!(fetch("http://127.0.0.1:1/keys", 2).await.unwrap_err().code(), Code::Unavailable);
    }
}
