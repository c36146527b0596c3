//! A request's body as a file that a thread reads while it still arrives.

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use std::io::{self, Read};
use tokio::sync::mpsc;

/// Parts that wait to be read; then the sender waits too, so a slow database slows the upload instead of filling
/// memory.
const PARTS_WAITING: usize = 8;

enum Part {
    Bytes(Bytes),
    /// The body is complete. Without it the connection was lost, and the last row may be half a row.
    End,
    Broken(io::Error),
}

/// The reading side; for a thread of its own.
pub struct Upload {
    parts: mpsc::Receiver<Part>,
    current: Bytes,
    ended: bool,
}

/// The two sides of an upload: `feed(body).await` on one, [`Upload`] on the other.
pub fn upload() -> (Feed, Upload) {
    let (sender, parts) = mpsc::channel(PARTS_WAITING);
    (Feed(sender), Upload { parts, current: Bytes::new(), ended: false })
}

/// The arriving side.
pub struct Feed(mpsc::Sender<Part>);

impl Feed {
    /// Passes the whole body on, or as much as the reader wants.
    pub async fn body(self, body: Body) {
        let mut arriving = body.into_data_stream();
        while let Some(part) = arriving.next().await {
            let part = part.map_or_else(|e| Part::Broken(io::Error::other(e)), Part::Bytes);
            if self.0.send(part).await.is_err() {
                return;
            }
        }
        // a reader that is gone needs no end
        let _ = self.0.send(Part::End).await;
    }
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.parts.blocking_recv() {
                Some(Part::Bytes(bytes)) => self.current = bytes,
                Some(Part::End) => self.ended = true,
                Some(Part::Broken(error)) => return Err(error),
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the upload was cut off")),
            }
        }
        let taken = self.current.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&self.current.split_to(taken));
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_arrives_is_what_is_read() {
        let (feed, mut upload) = upload();
        let reader = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            upload.read_to_string(&mut text).map(|_| text)
        });
        feed.body(Body::from("sku,name\nA,Apple\n")).await;
        assert_eq!(reader.await.unwrap().unwrap(), "sku,name\nA,Apple\n");
    }

    #[tokio::test]
    async fn a_lost_connection_is_not_the_end_of_the_file() {
        let (feed, mut upload) = upload();
        let reader = tokio::task::spawn_blocking(move || upload.read_to_string(&mut String::new()));
        feed.0.send(Part::Bytes(Bytes::from_static(b"sku,na"))).await.map_err(|_| ()).unwrap();
        drop(feed);
        assert_eq!(reader.await.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
