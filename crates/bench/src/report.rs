//! What was measured, as a table for people and as JSON for programs.

use crate::{
    Outcome,
    load::Summary,
    machine::{Machine, Usage},
    process::Process,
    side::{Ask, Counts},
};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, time::Duration};

/// One round of one side.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    #[serde(flatten)]
    pub load: Summary,
    /// Commits made meanwhile, warm-up and drain included.
    pub commits: u64,
    /// Jobs in those commits.
    pub jobs: u64,
    /// KiB for a unit: on a file what the side wrote to the disk, checkpoints included (0 where the operating system does not
    /// count it); on a server what was added to the log of the database.
    pub kib: f64,
    /// Processor time of the side's process for a unit, in microseconds.
    pub cpu_us: f64,
    /// Memory of the side's process at the end, in MiB.
    pub resident_mib: f64,
    /// Milliseconds until every subscriber had received the events of the round.
    pub drain_ms: u64,
}

impl Measured {
    /// Runs a round on a side and looks at its process before and after. The work after the round, until every subscriber has
    /// its events, counts as a cost of the round.
    pub fn of(side: &Process, run: impl FnOnce(&Process) -> Outcome<Summary>) -> Outcome<Measured> {
        let (counts, used) = side.look()?;
        let load = run(side)?;
        let drain: Duration = side.ask(Ask::Drain)?;
        Ok(Measured::between((counts, used), side.look()?, load, drain))
    }

    fn between(before: (Counts, Usage), after: (Counts, Usage), load: Summary, drain: Duration) -> Measured {
        let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / load.all.max(1) as f64;
        let written = match (before.0.logged, after.0.logged) {
            (Some(before), Some(after)) => each(before, after),
            _ => each(before.1.written, after.1.written),
        };
        Measured {
            commits: after.0.commits - before.0.commits,
            jobs: after.0.jobs - before.0.jobs,
            kib: written / 1024.0,
            cpu_us: each(before.1.cpu_us, after.1.cpu_us),
            resident_mib: after.1.resident_kib as f64 / 1024.0,
            drain_ms: u64::try_from(drain.as_millis()).unwrap_or(u64::MAX),
            load,
        }
    }

    fn jobs_per_commit(&self) -> f64 {
        if self.commits == 0 { 0.0 } else { self.jobs as f64 / self.commits as f64 }
    }
}

/// All rounds of one side of a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// `ours`, `bare`, …
    pub name: String,
    /// In the order they were run.
    pub rounds: Vec<Measured>,
}

impl Side {
    /// The round with the median rate.
    pub fn median(&self) -> Option<&Measured> {
        let mut sorted: Vec<&Measured> = self.rounds.iter().collect();
        sorted.sort_by(|a, b| a.load.rate.total_cmp(&b.load.rate));
        sorted.get(sorted.len() / 2).copied()
    }
}

/// One measured path: ours first, then what it is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Short name, as on the command line.
    pub name: String,
    /// What one unit is.
    pub unit: String,
    /// The goal.
    pub goal: String,
    /// Ours first.
    pub sides: Vec<Side>,
    /// Single values that no load gives.
    pub figures: Vec<Figure>,
    /// Remarks: statement counts, rows that differ.
    pub notes: Vec<String>,
}

/// A value with its unit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    pub name: String,
    pub unit: String,
    pub value: f64,
}

impl Path {
    pub fn new(name: &str, unit: &str, goal: &str, sides: Vec<Side>) -> Path {
        let [name, unit, goal] = [name, unit, goal].map(str::to_owned);
        Path { name, unit, goal, sides, figures: Vec::new(), notes: Vec::new() }
    }

    /// Ours ÷ each of the others, of the medians.
    pub fn ratios(&self) -> Vec<(&str, f64)> {
        let rate = |side: &Side| side.median().map(|median| median.load.rate);
        let Some((ours, others)) = self.sides.split_first() else { return Vec::new() };
        let ratio = |other: &Side| rate(ours).zip(rate(other)).filter(|(_, theirs)| *theirs > 0.0).map(|(a, b)| a / b);
        others.iter().filter_map(|other| Some((other.name.as_str(), ratio(other)?))).collect()
    }
}

/// Everything one run measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub machine: Machine,
    /// Connections of the load generator.
    pub connections: usize,
    /// Arrivals a second, if they were constant.
    pub rate: Option<f64>,
    /// Seconds counted per round.
    pub seconds: f64,
    pub paths: Vec<Path>,
}

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let machine = &self.machine;
        let arrivals = self.rate.map_or(String::new(), |rate| format!(", {rate} arrivals/s"));
        let _ = writeln!(
            out,
            "{} cores shared by load and server, fsync {} µs (p99 {} µs), commit {}, {} connections{arrivals}, {} s a round",
            machine.cores, machine.fsync_p50_us, machine.fsync_p99_us, machine.commit, self.connections, self.seconds
        );
        let _ = writeln!(
            out,
            "\n{:<10} {:<15} {:>8} {:>8} {:>8} {:>8} {:>7} {:>11} {:>6} {:>7} {:>6} {:>8}  rounds",
            "path",
            "side",
            "rate/s",
            "p50 µs",
            "p95 µs",
            "p99 µs",
            "failed",
            "jobs/commit",
            "KiB",
            "CPU µs",
            "MiB",
            "drain ms"
        );
        for path in &self.paths {
            for side in &path.sides {
                row(&mut out, &path.name, side);
            }
            for (other, ratio) in path.ratios() {
                let _ = writeln!(out, "{:<10} {} ÷ {other} = {ratio:.2}", path.name, path.sides[0].name);
            }
            let _ = writeln!(out, "{:<10} goal: {}", path.name, path.goal);
            for Figure { name, unit, value } in &path.figures {
                let _ = writeln!(out, "{:<10} {value:>10.1} {unit:<4} {name}", path.name);
            }
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
        rounds.flat_map(|round| round.load.failed.values()).sum()
    }
}

fn row(out: &mut String, path: &str, side: &Side) {
    let Some(median) = side.median() else { return };
    let failed: u64 = side.rounds.iter().flat_map(|round| round.load.failed.values()).sum();
    let rounds: Vec<String> = side.rounds.iter().map(|round| format!("{:.0}", round.load.rate)).collect();
    let Summary { rate, p50_us, p95_us, p99_us, waiting, .. } = &median.load;
    let _ = write!(
        out,
        "{path:<10} {:<15} {rate:>8.0} {p50_us:>8} {p95_us:>8} {p99_us:>8} {failed:>7} {:>11.1} {:>6.1} {:>7.0} {:>6.0} {:>8}  {}",
        side.name,
        median.jobs_per_commit(),
        median.kib,
        median.cpu_us,
        median.resident_mib,
        median.drain_ms,
        rounds.join(" ")
    );
    let _ = if *waiting > 0 { writeln!(out, "; {waiting} still waited at the end") } else { writeln!(out) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &str, rates: &[f64]) -> Side {
        let round =
            |rate: &f64| Measured { load: Summary { rate: *rate, ..Summary::default() }, ..Measured::default() };
        Side { name: name.to_owned(), rounds: rates.iter().map(round).collect() }
    }

    #[test]
    fn the_median_round_counts() {
        let sides = vec![side("ours", &[10.0, 90.0, 50.0]), side("bare", &[100.0, 100.0, 1.0]), side("old", &[25.0])];
        assert_eq!(Path::new("x", "u", "g", sides).ratios(), [("bare", 0.5), ("old", 2.0)]);
    }

    #[test]
    fn costs_are_per_unit_with_those_of_the_warm_up() {
        let load = Summary { all: 4, ..Summary::default() };
        let after = Usage { cpu_us: 400, written: 8_192, resident_kib: 2_048, mapped_kib: 0 };
        let none = (Counts::default(), Usage::default());
        let measured = Measured::between(none, (Counts::default(), after), load, Duration::ZERO);
        assert_eq!((measured.cpu_us, measured.kib, measured.resident_mib), (100.0, 2.0, 2.0));
    }
}
