//! A cheap keep-alive HTTP/1.1 client: requests are made in advance, and a response ends after its `content-length`, or after the last of
//! its chunks.

use std::{io, net::SocketAddr, time::Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// One connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    /// When the first byte of the last response came.
    pub first_byte: Option<Instant>,
}

/// A response, borrowed from the buffer of the connection.
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body as it came: with the sizes of its chunks, if it came in chunks.
    pub body: &'a [u8],
}

/// First size of the buffer; it grows for larger responses.
const BUFFER_BYTES: usize = 64 << 10;

impl Client {
    /// Connects.
    pub async fn connect(to: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: vec![0; BUFFER_BYTES], filled: 0, first_byte: None })
    }

    /// Sends a request and reads the response.
    pub async fn call(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        self.first_byte = None;
        let (status, start, length) = loop {
            self.fill().await?;
            self.first_byte.get_or_insert_with(Instant::now);
            if let Some(end) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                let (status, length) = head(&self.buffer[..end])?;
                break (status, end + 4, length);
            }
        };
        let end = loop {
            let end = match length {
                Length::Known(length) => Some(start + length).filter(|end| *end <= self.filled),
                Length::InChunks => chunks_end(&self.buffer[start..self.filled])?.map(|length| start + length),
            };
            match end {
                Some(end) => break end,
                None => self.fill().await?,
            }
        };
        Ok(Answer { status, body: &self.buffer[start..end] })
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += read;
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(usize),
    /// It says so itself, as a response does that is compressed on its way.
    InChunks,
}

/// Where a body in chunks ends; `None` when there is more to come.
fn chunks_end(bytes: &[u8]) -> io::Result<Option<usize>> {
    let mut at = 0;
    while let Some(line) = find(&bytes[at..], b"\r\n") {
        let text =
            std::str::from_utf8(&bytes[at..at + line]).map_err(|_| strange("the size of a chunk is not text"))?;
        let size = usize::from_str_radix(text, 16).map_err(|_| strange("a chunk without a size"))?;
        at += line + 2 + size + 2;
        if at > bytes.len() {
            break;
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Status and body length, from the head of a response.
fn head(bytes: &[u8]) -> io::Result<(u16, Length)> {
    let text = std::str::from_utf8(bytes).map_err(|_| strange("the head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)).and_then(|code| code.parse().ok());
    let status: u16 = status.ok_or_else(|| strange("no status line"))?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => value.trim().parse().ok().map(Length::Known),
            "transfer-encoding" if value.trim() == "chunked" => Some(Length::InChunks),
            _ => None,
        }
    });
    match length {
        Some(length) => Ok((status, length)),
        None if status == 204 || status == 304 => Ok((status, Length::Known(0))),
        None => Err(strange("an answer without a length")),
    }
}

fn strange(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// What a browser asks, with one of its headers.
pub fn page(path: &str, header: (&str, &str)) -> Vec<u8> {
    let (name, value) = header;
    format!("GET {path} HTTP/1.1\r\nhost: shop\r\naccept: */*\r\n{name}: {value}\r\n\r\n").into_bytes()
}

/// A request as bytes. `token` becomes the bearer token.
pub fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    keyed(method, path, token, None, body)
}

/// The same with an idempotency key.
pub fn keyed(method: &str, path: &str, token: Option<&str>, key: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: shop\r\n");
    if let Some(token) = token {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if let Some(key) = key {
        text.push_str(&format!("idempotency-key: {key}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_gives_status_and_length() {
        let (status, length) = head(b"HTTP/1.1 201 Created\r\nx: y\r\nContent-Length: 17").unwrap();
        assert_eq!((status, length), (201, Length::Known(17)));
        let (_, length) = head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked").unwrap();
        assert_eq!(length, Length::InChunks);
        assert!(head(b"HTTP/1.1 200 OK\r\nx: y").is_err());
    }

    #[test]
    fn a_body_in_chunks_ends_after_the_empty_one() {
        let body = b"5\r\nab\r\nc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n";
        assert_eq!(chunks_end(body).unwrap(), Some(body.len()));
        for shorter in 0..body.len() {
            assert_eq!(chunks_end(&body[..shorter]).unwrap(), None, "{shorter}");
        }
        assert!(chunks_end(b"x\r\n").is_err());
    }
}
