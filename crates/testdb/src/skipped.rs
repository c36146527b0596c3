//! Tests that do not apply to the database of this run.

use std::{
    fmt::Display,
    fs::File,
    io::{self, Write},
    thread,
};

/// The variable with the file that collects the names of skipped tests. `.ci/run` sets it and prints how many there were.
pub const SKIPPED: &str = "HOLDFAST_TEST_SKIPPED";

/// Reports that the calling test does not apply here. The test then returns, and the test harness counts it as passed: so
/// this line is the only trace of it. It is written to the error output, and to the file that [`SKIPPED`] names.
///
/// ```
/// use testdb::{Kind, skip, wanted};
///
/// fn a_killed_server_loses_nothing() {
///     if wanted() == Kind::Sqlite {
///         return skip("SQLite has no server");
///     }
///     // …
/// }
/// # a_killed_server_loses_nothing();
/// ```
pub fn skip(reason: impl Display) {
    let thread = thread::current();
    let line = format!("skipped: {}: {reason}\n", thread.name().unwrap_or("a test"));
    // not eprintln!, which the test harness captures
    let _ = io::stderr().write_all(line.as_bytes());
    if let Some(file) = std::env::var_os(SKIPPED) {
        let file = File::options().create(true).append(true).open(file);
        // one write, so that lines of tests that run at the same time are not mixed
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the file of skipped tests can be written");
    }
}
