//! Processes by their id: whether one runs, who its children are, and signals.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Whether this system has `/proc` with processes.
fn proc_is_there() -> bool {
    Path::new("/proc/self/stat").exists()
}

/// The fields of `/proc/<pid>/stat` after the name: state, parent, …; the name may contain spaces and brackets.
fn stat(pid: u32) -> Option<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = line.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// When the process began, in units of the kernel. Ids are used again, but id and start time together identify one process.
pub(crate) fn born(pid: u32) -> Option<u64> {
    stat(pid)?.get(19)?.parse().ok()
}

/// Whether the process runs. A process that ended without being waited for does not.
pub(crate) fn runs(pid: u32) -> bool {
    if proc_is_there() {
        return stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "Z" | "X"));
    }
    signal("0", &[pid])
}

/// Pauses the process, so that it starts no others. Returns when it is paused, or after a second.
pub(crate) fn stand_still(pid: u32) {
    signal("STOP", &[pid]);
    let began = Instant::now();
    let moves = || stat(pid).is_some_and(|fields| !matches!(fields[0].as_str(), "T" | "Z" | "X"));
    while moves() && began.elapsed() < Duration::from_secs(1) {
        thread::sleep(Duration::from_millis(1));
    }
}

/// The processes that this one has started.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    if !proc_is_there() {
        return listed_children(pid);
    }
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    let parent = pid.to_string();
    all.filter(|one| stat(*one).is_some_and(|fields| fields.get(1) == Some(&parent))).collect()
}

fn listed_children(pid: u32) -> Vec<u32> {
    let Ok(output) = Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid="]).output() else { return Vec::new() };
    let list = String::from_utf8_lossy(&output.stdout);
    let pairs = list.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().map(|field| field.parse::<u32>());
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    });
    pairs.filter(|(_, parent)| *parent == pid).map(|(child, _)| child).collect()
}

/// Sends a signal, by name without `SIG`. Returns whether all processes existed.
pub(crate) fn signal(name: &str, pids: &[u32]) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", r#"kill -s "$0" "$@""#, name]).args(pids.iter().map(u32::to_string));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_from_its_beginning_to_its_end() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep is there");
        let pid = child.id();
        assert!(runs(pid));
        assert!(children(std::process::id()).contains(&pid));
        if Command::new("ps").output().is_ok() {
            assert!(listed_children(std::process::id()).contains(&pid));
        }
        assert!(signal("KILL", &[pid]));
        while runs(pid) {
            std::thread::yield_now();
        }
        child.wait().expect("it was ours");
        assert!(!signal("0", &[pid]));
    }
}
