//! The machine of a report: its disk, its cores, and the commit that was built.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    process::Command,
    time::Instant,
};

/// The machine that a report was made on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// Cores shared by load generator and server.
    pub cores: usize,
    /// Median of one 4 KiB append with fsync, in microseconds.
    pub fsync_p50_us: u64,
    /// The same, 99th percentile.
    pub fsync_p99_us: u64,
    /// The commit that was built, as git names it.
    pub commit: String,
}

/// Appends that are timed.
const FSYNCS: usize = 300;
/// Bytes of one append: a page of the database's log.
const APPEND_BYTES: usize = 4096;

impl Machine {
    /// Measures this machine, with the disk of `folder`.
    pub fn look(folder: &Path) -> io::Result<Machine> {
        let fsync = fsync_latency(folder)?;
        Ok(Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            fsync_p50_us: fsync.value_at_quantile(0.5),
            fsync_p99_us: fsync.value_at_quantile(0.99),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
        })
    }
}

fn fsync_latency(folder: &Path) -> io::Result<Histogram<u64>> {
    let path = folder.join("fsync-probe");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut latency = Histogram::new_with_max(60_000_000, 3).map_err(io::Error::other)?;
    let page = [0x5a_u8; APPEND_BYTES];
    for _ in 0..FSYNCS {
        let started = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        latency.saturating_record(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX).max(1));
    }
    std::fs::remove_file(&path)?;
    Ok(latency)
}

/// Bytes that this process has written to the disk; 0 where the operating system does not count them.
pub fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|s| !s.is_empty())
}
