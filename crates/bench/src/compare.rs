//! Compares two reports that were written with `--json`.

use crate::{
    Outcome,
    report::{Path, Report, Side},
};
use std::{fmt::Write, path::Path as FilePath};

/// The table of what both reports have.
pub fn table(one: &FilePath, other: &FilePath) -> Outcome<String> {
    let read = |file: &FilePath| -> Outcome<Report> {
        let text = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(serde_json::from_slice(&text).map_err(|e| format!("{} is no report: {e}", file.display()))?)
    };
    Ok(compared(&read(one)?, &read(other)?))
}

fn compared(one: &Report, other: &Report) -> String {
    let mut out = String::new();
    for (name, report) in [("A", one), ("B", other)] {
        let machine = &report.machine;
        let _ = writeln!(
            out,
            "{name}: commit {}, {} cores, fsync {} µs, {} connections, {} s a round",
            machine.commit, machine.cores, machine.fsync_p50_us, report.connections, report.seconds
        );
    }
    let _ = writeln!(out, "\n{:<52} {:>12} {:>12} {:>7}", "", "A", "B", "B ÷ A");
    for path in &one.paths {
        let Some(same) = other.paths.iter().find(|candidate| candidate.name == path.name) else { continue };
        for (name, a, b) in pairs(path, same) {
            let ratio = if a > 0.0 { format!("{:.2}", b / a) } else { "–".to_owned() };
            let _ = writeln!(out, "{name:<52} {a:>12.1} {b:>12.1} {ratio:>7}");
        }
    }
    out
}

/// Name and both values of everything that two measurements of a path have.
fn pairs(one: &Path, other: &Path) -> Vec<(String, f64, f64)> {
    let mut pairs = Vec::new();
    for side in &one.sides {
        let Some(same) = other.sides.iter().find(|candidate| candidate.name == side.name) else { continue };
        for ((what, a), (_, b)) in values(side).into_iter().zip(values(same)) {
            pairs.push((format!("{}, {}: {what}", one.name, side.name), a, b));
        }
    }
    for (side, ratio) in one.ratios() {
        if let Some((_, same)) = other.ratios().into_iter().find(|(name, _)| *name == side) {
            pairs.push((format!("{}: ours ÷ {side}", one.name), ratio, same));
        }
    }
    for figure in &one.figures {
        if let Some(same) = other.figures.iter().find(|candidate| candidate.name == figure.name) {
            pairs.push((format!("{}, {}, {}", one.name, figure.name, figure.unit), figure.value, same.value));
        }
    }
    pairs
}

/// The figures of a side's median round.
fn values(side: &Side) -> Vec<(&'static str, f64)> {
    let Some(median) = side.median() else { return Vec::new() };
    vec![
        ("rate/s", median.load.rate),
        ("p50 µs", median.load.p50_us as f64),
        ("p99 µs", median.load.p99_us as f64),
        ("KiB", median.kib),
        ("CPU µs", median.cpu_us),
        ("MiB", median.resident_mib),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        load::Summary,
        machine::Machine,
        report::{Figure, Measured},
    };

    fn report(rate: f64, audit: f64) -> Report {
        let load = Summary { rate, ..Summary::default() };
        let rounds = vec![Measured { load, ..Measured::default() }];
        let mut path = Path::new("orders", "u", "g", vec![Side { name: "ours".to_owned(), rounds }]);
        path.figures.push(Figure { name: "audit".to_owned(), unit: "ms".to_owned(), value: audit });
        let machine = Machine { cores: 2, fsync_p50_us: 1, fsync_p99_us: 2, commit: "c0ffee".to_owned() };
        Report { machine, connections: 64, rate: None, seconds: 1.0, paths: vec![path] }
    }

    #[test]
    fn two_reports_are_compared_value_by_value() {
        let table = compared(&report(100.0, 10.0), &report(150.0, 5.0));
        let line = |name: &str| {
            let line = table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {table}"));
            line.split_whitespace().rev().take(3).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(line("orders, ours: rate/s"), ["1.50", "150.0", "100.0"]);
        assert_eq!(line("orders, audit, ms"), ["0.50", "5.0", "10.0"]);
        assert_eq!(line("orders, ours: KiB"), ["–", "0.0", "0.0"]);
    }

    #[test]
    fn a_written_report_is_read_back() {
        let text = serde_json::to_string(&report(100.0, 10.0)).unwrap();
        let read: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
