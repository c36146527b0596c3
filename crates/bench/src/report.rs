//! What was measured, as a table for people and as JSON for programs.

use crate::{load::Round, machine::Machine};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// One round of one side.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// Units a second.
    pub rate: f64,
    /// Latency in microseconds.
    pub p50_us: u64,
    /// 95th percentile.
    pub p95_us: u64,
    /// 99th percentile.
    pub p99_us: u64,
    /// Unexpected responses, by status.
    pub failed: BTreeMap<u16, u64>,
    /// Commits made meanwhile, warm-up included.
    pub commits: u64,
    /// Jobs in those commits.
    pub jobs: u64,
    /// Bytes written to the disk meanwhile, with warm-up and checkpoints; 0 where the operating system does not count them.
    pub written: u64,
    /// Milliseconds until every subscriber had received the events of the round.
    pub drain_ms: u64,
}

/// Counters, read before and after a round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Commits so far.
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
    /// Bytes that this process has written to the disk.
    pub written: u64,
}

impl Counters {
    /// Commits and jobs of our store, bytes from the operating system.
    pub fn of(db: &store::Db) -> Counters {
        let counts = db.counts();
        Counters::now((counts.commits, counts.jobs))
    }

    /// Commits and jobs of the bare writer, bytes from the operating system.
    pub fn now((commits, jobs): (u64, u64)) -> Counters {
        Counters { commits, jobs, written: crate::machine::written() }
    }
}

impl Measured {
    /// A round with the counters before and after it, and the time that its events needed.
    pub fn of(round: &Round, before: Counters, after: Counters, drain: Duration) -> Measured {
        Measured {
            rate: round.rate(),
            p50_us: round.latency.value_at_quantile(0.50),
            p95_us: round.latency.value_at_quantile(0.95),
            p99_us: round.latency.value_at_quantile(0.99),
            failed: round.failed.clone(),
            commits: after.commits - before.commits,
            jobs: after.jobs - before.jobs,
            written: after.written.saturating_sub(before.written),
            drain_ms: u64::try_from(drain.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn jobs_per_commit(&self) -> f64 {
        if self.commits == 0 { 0.0 } else { self.jobs as f64 / self.commits as f64 }
    }

    fn kib_per_job(&self) -> f64 {
        if self.jobs == 0 { 0.0 } else { self.written as f64 / 1024.0 / self.jobs as f64 }
    }
}

/// All rounds of one side of a path.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// `ours`, `raw HTTP`, …
    pub name: &'static str,
    /// In the order they were run.
    pub rounds: Vec<Measured>,
}

impl Side {
    /// The round with the median rate.
    pub fn median(&self) -> Option<&Measured> {
        let mut sorted: Vec<&Measured> = self.rounds.iter().collect();
        sorted.sort_by(|a, b| a.rate.total_cmp(&b.rate));
        sorted.get(sorted.len() / 2).copied()
    }
}

/// One measured path: ours first, then what it is compared with.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Short name, as on the command line.
    pub name: &'static str,
    /// What one unit is.
    pub unit: &'static str,
    /// The goal (docs/RULES.md, Speed).
    pub goal: &'static str,
    /// Ours first.
    pub sides: Vec<Side>,
    /// Ours ÷ baseline, of the medians.
    pub ratio: Option<f64>,
    /// Remarks: statement counts, rows that differ.
    pub notes: Vec<String>,
}

impl Path {
    /// A path with its ratio.
    pub fn new(name: &'static str, unit: &'static str, goal: &'static str, sides: Vec<Side>) -> Path {
        let rate = |n: usize| sides.get(n).and_then(Side::median).map(|m| m.rate);
        let ratio = rate(0).zip(rate(1)).filter(|(_, theirs)| *theirs > 0.0).map(|(ours, theirs)| ours / theirs);
        Path { name, unit, goal, sides, ratio, notes: Vec::new() }
    }
}

/// Everything one run measured.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub machine: Machine,
    /// Connections of the load generator.
    pub connections: usize,
    /// Seconds counted per round.
    pub seconds: f64,
    pub paths: Vec<Path>,
}

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let machine = &self.machine;
        let _ = writeln!(
            out,
            "{} cores shared by load and server, fsync {} µs (p99 {} µs), commit {}, {} connections, {} s a round",
            machine.cores, machine.fsync_p50_us, machine.fsync_p99_us, machine.commit, self.connections, self.seconds
        );
        let _ = writeln!(
            out,
            "\n{:<10} {:<14} {:>10} {:>9} {:>9} {:>9} {:>9} {:>12} {:>8} {:>9}  rounds",
            "path", "side", "rate/s", "p50 µs", "p95 µs", "p99 µs", "failed", "jobs/commit", "KiB/job", "drain ms"
        );
        for path in &self.paths {
            for side in &path.sides {
                row(&mut out, path.name, side);
            }
            if let Some(ratio) = path.ratio {
                let _ =
                    writeln!(out, "{:<10} {} ÷ {} = {:.2}", path.name, path.sides[0].name, path.sides[1].name, ratio);
            }
            let _ = writeln!(out, "{:<10} goal: {}", path.name, path.goal);
            for note in &path.notes {
                let _ = writeln!(out, "{:<10} {note}", path.name);
            }
            out.push('\n');
        }
        out
    }

    /// Units with an unexpected response, over all rounds.
    pub fn failures(&self) -> u64 {
        let rounds = self.paths.iter().flat_map(|path| &path.sides).flat_map(|side| &side.rounds);
        rounds.flat_map(|round| round.failed.values()).sum()
    }
}

fn row(out: &mut String, path: &str, side: &Side) {
    let Some(median) = side.median() else { return };
    let failed: u64 = side.rounds.iter().flat_map(|round| round.failed.values()).sum();
    let rounds: Vec<String> = side.rounds.iter().map(|round| format!("{:.0}", round.rate)).collect();
    let _ = writeln!(
        out,
        "{path:<10} {:<14} {:>10.0} {:>9} {:>9} {:>9} {failed:>9} {:>12.1} {:>8.1} {:>9}  {}",
        side.name,
        median.rate,
        median.p50_us,
        median.p95_us,
        median.p99_us,
        median.jobs_per_commit(),
        median.kib_per_job(),
        median.drain_ms,
        rounds.join(" ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &'static str, rates: &[f64]) -> Side {
        let none = Counters::default();
        let rounds = rates
            .iter()
            .map(|rate| Measured { rate: *rate, ..Measured::of(&Round::new(), none, none, Duration::ZERO) });
        Side { name, rounds: rounds.collect() }
    }

    #[test]
    fn the_median_round_counts() {
        let path = Path::new("x", "u", "g", vec![side("ours", &[10.0, 90.0, 50.0]), side("raw", &[100.0, 100.0, 1.0])]);
        assert_eq!(path.ratio, Some(0.5));
    }
}
