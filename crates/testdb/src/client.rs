//! The server's own command line clients, kept open: starting one costs many times what it is asked to do.

use crate::engine::{Engine, Place};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

/// What the client prints after each order, so that we know that it was carried out.
const DONE: &str = "done";

/// Two clients of one server, as its administrator, started when first needed.
pub(crate) struct Clients {
    engine: Arc<dyn Engine>,
    place: Place,
    asked: Mutex<Option<Asked>>,
    told: Mutex<Option<Child>>,
}

/// A client that is asked and answers.
struct Asked {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Clients {
    pub(crate) fn new(engine: Arc<dyn Engine>, place: Place) -> Clients {
        Clients { engine, place, asked: Mutex::default(), told: Mutex::default() }
    }

    /// Carries out statements, and gives what the client complained of when it could not.
    pub(crate) fn ask(&self, sql: &str) -> Result<(), String> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // the server may have been started anew since the last question
        if asked.as_mut().is_some_and(|asked| asked.ask(sql).is_ok()) {
            return Ok(());
        }
        *asked = None;
        let complaints = self.place.folder.join(format!("client-{}.log", std::process::id()));
        let mut fresh = self.start(&complaints).map_err(|error| format!("the client does not start: {error}"))?;
        let answer =
            fresh.ask(sql).map_err(|error| format!("{error}\n{}", fs::read_to_string(complaints).unwrap_or_default()));
        *asked = answer.is_ok().then_some(fresh);
        answer
    }

    fn start(&self, complaints: &PathBuf) -> io::Result<Asked> {
        let mut command = self.engine.administrator(&self.place);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(complaints)?);
        let mut child = command.process_group(0).spawn()?;
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Asked { child, questions, answers })
    }

    /// Has statements carried out some time later, also when this process has ended by then. Nobody hears whether they
    /// could be.
    pub(crate) fn tell(&self, sql: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let write = |child: &mut Child| writeln!(child.stdin.as_mut().expect("it is piped"), "{sql}");
        if told.as_mut().is_some_and(|child| write(child).is_ok()) {
            return;
        }
        if let Some(mut ended) = told.take() {
            let _ = ended.wait();
        }
        let mut command = self.engine.remover(&self.place);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        *told = command.spawn().ok();
        let _ = told.as_mut().map(write);
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        if let Some(mut child) = self.told.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // closes its input: it carries out what it was told and ends
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
