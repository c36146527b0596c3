//! A private Redis for a test.

mod cluster;

pub use cluster::RedisCluster;

use crate::{Missing, certificate, folder, port, process};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Ends the server and removes its folder when this process has ended in any way: then its input ends.
const WATCH: &str = r#"cat >/dev/null; kill -s KILL "$(cat "$0/pid")"; rm -rf "$0""#;
/// How long a server may take until it answers, on a machine that also runs other tests.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// A Redis without a file, on a port of 127.0.0.1. It ends with the test.
pub struct Redis {
    folder: PathBuf,
    port: u16,
    kind: Kind,
    server: Mutex<Option<Child>>,
    watch: Child,
    /// Open as long as this process lives.
    lives: Option<ChildStdin>,
}

enum Kind {
    Plain,
    /// It also has a port for encrypted connections, and wants a password.
    Encrypted {
        port: u16,
        password: String,
    },
    /// A node of a cluster, with the port at which the other nodes reach it.
    Node {
        bus: u16,
    },
}

impl Redis {
    /// A server of its own, or why there is none.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub fn private() -> Result<Redis, Missing> {
        Redis::new(Kind::Plain)
    }

    /// A server that wants this password and encrypts, with a certificate for these names and addresses; a client must trust
    /// `authority()`.
    ///
    /// # Panics
    /// When a certificate cannot contain a name, or the server is installed and does not start.
    pub fn encrypted(names: &[&str], password: &str) -> Result<Redis, Missing> {
        Redis::new_with(Kind::Encrypted { port: port::free(), password: password.to_owned() }, |folder| {
            let signed = certificate::sign(names).expect("these are names or addresses");
            signed.write(folder).expect("a new folder takes a certificate");
        })
    }

    fn new(kind: Kind) -> Result<Redis, Missing> {
        Redis::new_with(kind, |_| {})
    }

    fn new_with(kind: Kind, prepare: impl FnOnce(&Path)) -> Result<Redis, Missing> {
        let installed = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if !installed.is_ok_and(|status| status.success()) {
            return Err(Missing("redis-server is not installed: apt-get install redis-server".to_owned()));
        }
        let (folder, port) = (folder::make(None).expect("a folder for Redis"), port::free());
        prepare(&folder);
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH]).arg(&folder);
        let watch = watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn();
        let mut watch = watch.expect("sh is there");
        let lives = watch.stdin.take();
        let redis = Redis { folder, port, kind, server: Mutex::new(None), watch, lives };
        redis.start();
        Ok(redis)
    }

    /// Its address, without the password.
    pub fn url(&self) -> String {
        match self.kind {
            Kind::Plain | Kind::Node { .. } => format!("redis://127.0.0.1:{}", self.port),
            Kind::Encrypted { port, .. } => format!("rediss://127.0.0.1:{port}"),
        }
    }

    /// Its port, which stays the same. Connections to it are not encrypted.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file with the authority that signed the certificate. Only an encrypted server has one.
    pub fn authority(&self) -> PathBuf {
        certificate::authority(&self.folder)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&self) {
        if let Some(mut server) = self.server().take() {
            process::signal("KILL", &[server.id()]);
            let _ = server.wait();
        }
    }

    /// Starts it again, empty. Returns when it answers.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn start(&self) {
        let mut server = self.server();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]).arg(self.port.to_string());
        // a replica gets its copy at once, by a file that does not stay
        command.args(["--repl-diskless-sync", "no", "--rdb-del-sync-files", "yes", "--dir"]).arg(&self.folder);
        match &self.kind {
            Kind::Plain => {}
            Kind::Encrypted { port, password } => {
                command.args(["--requirepass", password.as_str(), "--tls-port"]).arg(port.to_string());
                command.arg("--tls-cert-file").arg(certificate::certificate(&self.folder));
                command.arg("--tls-key-file").arg(certificate::key(&self.folder));
                command.arg("--tls-ca-cert-file").arg(certificate::authority(&self.folder));
                command.args(["--tls-auth-clients", "no"]);
            }
            Kind::Node { bus } => {
                command.args(["--cluster-enabled", "yes", "--cluster-port"]).arg(bus.to_string());
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().expect("redis-server starts");
        std::fs::write(self.folder.join("pid"), child.id().to_string()).expect("its folder can be written");
        *server = Some(child);
        until("Redis answers", || {
            TcpStream::connect(("127.0.0.1", self.port)).is_ok() && self.command("PING").starts_with("+PONG")
        });
    }

    /// Forgets everything.
    pub fn flush(&self) {
        assert!(self.command("FLUSHALL").starts_with("+OK"), "Redis flushes");
    }

    /// Becomes a replica of another one. Returns when it has everything that the other one has.
    ///
    /// # Panics
    /// When it does not get it.
    pub fn follows(&self, primary: &Redis) {
        let begins = self.command(&format!("REPLICAOF 127.0.0.1 {}", primary.port));
        assert!(begins.starts_with("+OK"), "{begins}");
        primary.command("SET copied 1");
        until("the replica has its copy", || {
            self.has_all_of(primary) && self.command("EXISTS copied").starts_with(":1")
        });
    }

    fn has_all_of(&self, primary: &Redis) -> bool {
        self.command("DBSIZE") == primary.command("DBSIZE")
    }

    /// Is no replica any more, but a server that can be written to.
    pub fn leads(&self) {
        assert!(self.command("REPLICAOF NO ONE").starts_with("+OK"), "a replica becomes a primary");
    }

    /// The answer to an inline command: its first line, or of a text that may have several lines the first of these.
    ///
    /// # Panics
    /// When Redis does not answer.
    pub fn command(&self, command: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("Redis answers");
        let mut lines = BufReader::new(connection.try_clone().expect("a socket can be shared"));
        let mut ask = |command: &str| {
            connection.write_all(format!("{command}\r\n").as_bytes()).expect("Redis reads");
            let mut line = String::new();
            lines.read_line(&mut line).expect("Redis writes");
            if line.starts_with('$') && !line.starts_with("$-1") {
                line.clear();
                lines.read_line(&mut line).expect("Redis writes");
            }
            line
        };
        if let Kind::Encrypted { password, .. } = &self.kind {
            ask(&format!("AUTH {password}"));
        }
        ask(command)
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        self.lives.take();
        let _ = self.watch.wait();
    }
}

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + ANSWERS_WITHIN;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {ANSWERS_WITHIN:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
