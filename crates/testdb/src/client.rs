//! The server's own command line clients. They stay open, because starting one costs much more than a statement.

use crate::engine::{Engine, Location};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

/// What the client prints after each statement, so that we know that it was executed.
const DONE: &str = "done";

/// Two clients of one server, as its administrator, started when first needed.
pub(crate) struct Clients {
    engine: Arc<dyn Engine>,
    location: Location,
    asked: Mutex<Option<Asked>>,
    background: Mutex<Option<Child>>,
}

/// A client whose answers are read.
struct Asked {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Clients {
    pub(crate) fn new(engine: Arc<dyn Engine>, location: Location) -> Clients {
        Clients { engine, location, asked: Mutex::default(), background: Mutex::default() }
    }

    /// Executes statements. The error is what the client printed.
    pub(crate) fn ask(&self, sql: &str) -> Result<(), String> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // the server may have been restarted since the last statement
        if asked.as_mut().is_some_and(|asked| asked.ask(sql).is_ok()) {
            return Ok(());
        }
        *asked = None;
        let complaints = self.location.folder.join(format!("client-{}.log", std::process::id()));
        let mut fresh = self.start(&complaints).map_err(|error| format!("the client does not start: {error}"))?;
        let answer =
            fresh.ask(sql).map_err(|error| format!("{error}\n{}", fs::read_to_string(complaints).unwrap_or_default()));
        *asked = answer.is_ok().then_some(fresh);
        answer
    }

    fn start(&self, complaints: &PathBuf) -> io::Result<Asked> {
        let mut command = self.engine.administrator(&self.location);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(complaints)?);
        let mut child = command.process_group(0).spawn()?;
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Asked { child, questions, answers })
    }

    /// Lets a client execute statements later, even after the end of this process. Errors are not reported.
    pub(crate) fn execute_later(&self, sql: &str) {
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        let write = |child: &mut Child| writeln!(child.stdin.as_mut().expect("it is piped"), "{sql}");
        if background.as_mut().is_some_and(|child| write(child).is_ok()) {
            return;
        }
        if let Some(mut ended) = background.take() {
            let _ = ended.wait();
        }
        let mut command = self.engine.remover(&self.location);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        *background = command.spawn().ok();
        let _ = background.as_mut().map(write);
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        if let Some(mut child) = self.background.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // closes its input: it executes the statements that it has and ends
            let _ = child.wait();
        }
    }
}

impl Asked {
    fn ask(&mut self, sql: &str) -> io::Result<()> {
        writeln!(self.questions, "{sql}\nselect '{DONE}';")?;
        let mut line = String::new();
        while line.trim_end() != DONE {
            line.clear();
            if self.answers.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the client ended without having done it"));
            }
        }
        Ok(())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
