//! The real program as its own process, to be killed.

use crate::{Wire, old_shop::JOURNAL};
use parking_lot::Mutex;
use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The variable with another program to test than the one that was built for the tests, such as a release build.
const VARIABLE: &str = "HOLDFAST_TEST_PROGRAM";
/// How long a start may take, on a machine busy with other tests.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A shop's database, its folder and the binary that serves it.
#[derive(Debug, Clone)]
pub struct Program {
    binary: PathBuf,
    folder: PathBuf,
    url: String,
    options: Vec<String>,
    secrets: Vec<(String, String)>,
}

/// The running process. Dropping it kills it.
pub struct Process {
    child: Mutex<Child>,
    /// The address that it serves.
    pub address: SocketAddr,
}

impl Program {
    /// `binary` serving the shop whose database is a file in `folder`.
    pub fn new(binary: &str, folder: &Path) -> Program {
        Program::on(binary, folder, &format!("sqlite:{}", folder.join("shop.db").display()))
    }

    /// `binary`, or the program that HOLDFAST_TEST_PROGRAM names, serving the shop at `url`, with a gateway that approves every charge unless its payment key refuses it. The
    /// journal of the gateway and the log are in `folder`.
    pub fn on(binary: &str, folder: &Path, url: &str) -> Program {
        let option = |text: String| ["-o".to_owned(), text];
        let options = [
            option(format!("database.url={url}")),
            option(format!("gateway.journal={}", folder.join(JOURNAL).display())),
            option("gateway.approve_percent=100".to_owned()),
            option("gateway.seed=7".to_owned()),
            option("log.filter=warn".to_owned()),
        ];
        let (options, secrets) = (options.concat(), Vec::new());
        let binary = std::env::var_os(VARIABLE).map_or_else(|| binary.into(), PathBuf::from);
        Program { binary, folder: folder.to_owned(), url: url.to_owned(), options, secrets }
    }

    /// The same program with this setting.
    pub fn with(&self, key: &str, value: &str) -> Program {
        let mut other = self.clone();
        other.options.extend(["-o".to_owned(), format!("{key}={value}")]);
        other
    }

    /// The same program with this variable in its environment, as secrets are given to it.
    pub fn with_secret(&self, variable: &str, value: &str) -> Program {
        let mut other = self.clone();
        other.secrets.push((variable.to_owned(), value.to_owned()));
        other
    }

    /// The address of the shop's database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the journal of the gateway.
    pub fn journal(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// What the program has written to its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.folder).args(&self.options).env_remove(store::fault::VARIABLE);
        command.envs(self.secrets.iter().cloned());
        command
    }

    /// Starts serving on a free port and waits until it is ready; with `crash_at`, a fault point is armed. `None` when the
    /// process ended before it was ready, which an armed point may do.
    pub fn start(&self, crash_at: Option<&str>) -> Option<Process> {
        // the port is free now; should another process take it, starting fails loudly
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("a log file");
        let mut command = self.command();
        command.arg("serve").arg("--listen").arg(address.to_string());
        command.stdout(Stdio::null()).stderr(log);
        if let Some(point) = crash_at {
            command.env(store::fault::VARIABLE, point);
        }
        let process = Process { child: Mutex::new(command.spawn().expect("the program starts")), address };
        let deadline = Instant::now() + STARTS_WITHIN;
        while Instant::now() < deadline {
            if process.has_ended() {
                assert!(crash_at.is_some(), "the program ended by itself:\n{}", self.log());
                return None;
            }
            let ready = Wire::connect(address).and_then(|mut wire| wire.send("GET", "/readyz", "", "", ""));
            if ready.is_ok_and(|answer| answer.status == 200) {
                return Some(process);
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the program is not ready after {STARTS_WITHIN:?}:\n{}", self.log());
    }

    /// A token made by the program itself.
    pub fn token(&self, user: &str, role: &str) -> String {
        let output = self.command().args(["token", "--user", user, "--role", role, "--expires", "1d"]).output();
        let output = output.expect("the program runs");
        assert!(output.status.success(), "no token: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs a command of the program to its end, or until it dies at an armed fault point; gives its exit code and what it said.
    pub fn run(&self, arguments: &[&str], crash_at: Option<&str>) -> (Option<i32>, String) {
        let mut command = self.command();
        command.args(arguments).envs(crash_at.map(|point| (store::fault::VARIABLE, point)));
        let output = command.output().expect("the program runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Begins a command that runs until it is killed.
    pub fn begin(&self, arguments: &[&str], address: SocketAddr) -> Process {
        let child = self.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Process { child: Mutex::new(child.expect("the program starts")), address }
    }

    /// The folder in which it runs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `holdfast audit`; gives what it said when a promise is broken.
    pub fn audit(&self) -> Result<(), String> {
        let output = self.command().arg("audit").output().expect("the program runs");
        let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(()) } else { Err(said()) }
    }
}

impl Process {
    /// Ends the process at once, wherever it is (SIGKILL).
    pub fn kill(&self) {
        let mut child = self.child.lock();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Its id in the system.
    pub fn pid(&self) -> u32 {
        self.child.lock().id()
    }

    /// Whether it has ended, by itself or killed.
    pub fn has_ended(&self) -> bool {
        matches!(self.child.lock().try_wait(), Ok(Some(_)))
    }

    /// A new connection to it.
    pub fn connect(&self) -> std::io::Result<Wire> {
        Wire::connect(self.address)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
