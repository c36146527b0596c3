//! A plain HTTP/1.1 client over a socket, for tests that kill the server while it speaks: every failure is an `io::Error`,
//! never a panic, because a broken connection is what these tests are about.

use crate::Response;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long a response may take before the connection counts as dead.
const RESPONSE_WITHIN: Duration = Duration::from_secs(30);

/// One connection.
pub struct Wire {
    reader: BufReader<TcpStream>,
}

impl Wire {
    /// Connects.
    pub fn connect(to: SocketAddr) -> io::Result<Wire> {
        let stream = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(RESPONSE_WITHIN))?;
        stream.set_nodelay(true)?;
        Ok(Wire { reader: BufReader::new(stream) })
    }

    /// Sends a request with a token, an idempotency key and a JSON body, each if it is not empty, and reads the response.
    pub fn send(&mut self, method: &str, path: &str, token: &str, key: &str, body: &str) -> io::Result<Response> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: shop\r\n");
        if !token.is_empty() {
            text.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        if !key.is_empty() {
            text.push_str(&format!("idempotency-key: {key}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.reader.get_mut().write_all(text.as_bytes())?;
        self.response()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    fn response(&mut self) -> io::Result<Response> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
            headers.append(name, HeaderValue::from_str(value.trim()).map_err(io::Error::other)?);
        }
        let length = headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        self.reader.read_exact(&mut body)?;
        Ok(Response { status, headers, body: Bytes::from(body) })
    }
}
