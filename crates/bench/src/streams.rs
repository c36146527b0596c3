//! Many open event streams, read on one thread: which position each one showed last, and when it came.

use crate::{Outcome, client::request};
use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc, task::LocalSet};

/// How long all streams may take to open, or to get a message.
const WITHIN: Duration = Duration::from_secs(120);
/// Files that are no streams.
const OTHER_FILES: u64 = 200;
/// Bytes read at once; a message is smaller.
const READ_BYTES: usize = 4_096;

/// What one stream showed last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    pub position: u64,
    /// When it came; `None` before the first message.
    pub at: Option<Instant>,
}

/// The open streams; dropping them closes them.
pub struct Streams {
    seen: Arc<Mutex<Vec<Seen>>>,
    paths: mpsc::UnboundedSender<String>,
}

impl Streams {
    /// None yet.
    pub fn new(to: SocketAddr) -> io::Result<Streams> {
        let now = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now })?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (paths, coming) = mpsc::unbounded_channel();
        let shared = Arc::clone(&seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let read = move || LocalSet::new().block_on(&runtime, read_all(to, coming, shared));
        thread::Builder::new().name("streams".to_owned()).spawn(read)?;
        Ok(Streams { seen, paths })
    }

    /// Opens one more for each path, and waits until each has its first message.
    pub fn open(&self, paths: &[String]) -> Outcome<()> {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let wanted = self.seen.lock().len() + paths.len();
        if wanted as u64 + OTHER_FILES > limit {
            return Err(format!("{wanted} streams need more open files than {limit}").into());
        }
        for path in paths {
            self.seen.lock().push(Seen::default());
            self.paths.send(path.clone())?;
        }
        let opened = |seen: &[Seen]| seen.iter().all(|seen| seen.at.is_some());
        if self.wait(opened) { Ok(()) } else { Err("streams do not open".into()) }
    }

    /// What each shows now.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Waits until what they show is as wanted; false when that takes too long.
    pub fn wait(&self, is_wanted: impl Fn(&[Seen]) -> bool) -> bool {
        let began = Instant::now();
        while !is_wanted(&self.seen.lock()) {
            if began.elapsed() > WITHIN {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

async fn read_all(to: SocketAddr, mut paths: mpsc::UnboundedReceiver<String>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut count = 0;
    while let Some(path) = paths.recv().await {
        let (index, seen) = (count, Arc::clone(&seen));
        count += 1;
        // one at a time, so that the system's queue of new connections is not what is measured
        let Ok(stream) = opened(to, &path).await else { continue };
        tokio::task::spawn_local(read(stream, index, seen));
    }
}

async fn opened(to: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(&request("GET", path, None, None)).await?;
    Ok(stream)
}

async fn read(stream: TcpStream, index: usize, seen: Arc<Mutex<Vec<Seen>>>) {
    loop {
        // not kept while it waits: ten thousand buffers would be most of the memory of the load generator
        if stream.readable().await.is_err() {
            return;
        }
        let mut bytes = [0; READ_BYTES];
        let read = match stream.try_read(&mut bytes) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        if let Some(position) = position(&bytes[..read]) {
            let at = Some(Instant::now());
            let seen = &mut seen.lock()[index];
            // the time of the first message that shows it
            if seen.at.is_none() || seen.position != position {
                *seen = Seen { position, at };
            }
        }
    }
}

/// The last position in these bytes.
fn position(bytes: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(bytes);
    let (_, rest) = text.rsplit_once("\"position\":")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_position_of_a_message_counts() {
        assert_eq!(position(b"data: {\"position\":7,\"x\":1}\n\ndata: {\"position\":6}\n\n"), Some(6));
        assert_eq!(position(b": heartbeat\n\n"), None);
    }
}
