//! The machine of a report: its disk, its cores, and the commit that was built.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    process::Command,
    time::Instant,
};

/// The machine that a report was made on.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// What a process has used so far; zeros where the operating system has no `/proc`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Time on a processor, in the program and in the kernel for it, in microseconds.
    pub cpu_us: u64,
    /// Bytes written to the disk.
    pub written: u64,
    /// Memory that it has now, in KiB.
    pub resident_kib: u64,
    /// Of it what is mapped from files, which the system may take back, in KiB.
    pub mapped_kib: u64,
}

/// Linux counts processor time in these units, whatever its own clock does.
const TICK_US: u64 = 10_000;

impl Usage {
    /// Of the process with this id.
    pub fn of(process: u32) -> Usage {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
        let status = read("status");
        // the name of the program, which may contain anything, ends with the last bracket
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |n: usize| fields.get(n).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
        Usage {
            cpu_us: (ticks(11) + ticks(12)) * TICK_US,
            written: number(&read("io"), "write_bytes:"),
            resident_kib: number(&status, "VmRSS:"),
            mapped_kib: number(&status, "RssFile:"),
        }
    }
}

/// The number behind `name` in a text of lines.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_knows_what_it_uses() {
        let used = Usage::of(std::process::id());
        assert!(used.resident_kib > 1_000, "{used:?}");
        assert_eq!(number("rchar: 1\nwrite_bytes: 4096\n", "write_bytes:"), 4_096);
    }
}
