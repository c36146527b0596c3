//! The other end of [`crate::side`]: starts a side, asks it, and knows what it uses.

use crate::{
    Outcome,
    machine::Usage,
    side::{Ask, Counts, Hello},
};
use serde::de::DeserializeOwned;
use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

/// A running side; it ends with this value.
pub struct Process {
    pub hello: Hello,
    child: RefCell<Child>,
    answers: RefCell<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts this program again with the arguments of `bench side`.
    pub fn start(arguments: &[&str]) -> Outcome<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("side").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut answers = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let hello = serde_json::from_str(&line).map_err(|_| format!("{arguments:?} did not start"))?;
        Ok(Process { hello, child: child.into(), answers: answers.into() })
    }

    /// Asks, and waits for the answer, whose type [`Ask`] says.
    pub fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Outcome<T> {
        let mut child = self.child.borrow_mut();
        let pipe = child.stdin.as_mut().ok_or("no pipe")?;
        writeln!(pipe, "{}", serde_json::to_string(&ask)?)?;
        pipe.flush()?;
        let mut line = String::new();
        self.answers.borrow_mut().read_line(&mut line)?;
        let answer: Result<T, String> = serde_json::from_str(&line).map_err(|e| format!("{ask:?}: {e}: {line}"))?;
        Ok(answer?)
    }

    /// What it has counted and used so far.
    pub fn look(&self) -> Outcome<(Counts, Usage)> {
        Ok((self.ask(Ask::Counts)?, Usage::of(self.child.borrow().id())))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        drop(child.stdin.take());
        let _ = child.wait();
    }
}
