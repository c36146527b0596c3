//! A private Redis for a test.

use crate::{Missing, folder, port, process};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::PathBuf,
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
    cluster: bool,
    server: Mutex<Option<Child>>,
    watch: Child,
    /// Open as long as this process lives.
    lives: Option<ChildStdin>,
}

impl Redis {
    /// A server of its own, or why there is none.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub fn private() -> Result<Redis, Missing> {
        Redis::new(false)
    }

    /// A cluster of one node, which refuses scripts whose keys are in several slots.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub fn cluster() -> Result<Redis, Missing> {
        let redis = Redis::new(true)?;
        assert!(redis.command("CLUSTER ADDSLOTSRANGE 0 16383").starts_with("+OK"), "the node takes all slots");
        let deadline = Instant::now() + ANSWERS_WITHIN;
        while !redis.command("SET {a}:1 1").starts_with("+OK") {
            assert!(Instant::now() < deadline, "the cluster is not up after {ANSWERS_WITHIN:?}");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(redis)
    }

    fn new(cluster: bool) -> Result<Redis, Missing> {
        let installed = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if !installed.is_ok_and(|status| status.success()) {
            return Err(Missing("redis-server is not installed: apt-get install redis-server".to_owned()));
        }
        let (folder, port) = (folder::make(None).expect("a folder for Redis"), port::free());
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH]).arg(&folder);
        let watch = watch.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn();
        let mut watch = watch.expect("sh is there");
        let lives = watch.stdin.take();
        let redis = Redis { folder, port, cluster, server: Mutex::new(None), watch, lives };
        redis.start();
        Ok(redis)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port, which stays the same.
    pub fn port(&self) -> u16 {
        self.port
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
        command.arg("--dir").arg(&self.folder);
        if self.cluster {
            command.args(["--cluster-enabled", "yes", "--cluster-port"]).arg(port::free().to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().expect("redis-server starts");
        std::fs::write(self.folder.join("pid"), child.id().to_string()).expect("its folder can be written");
        *server = Some(child);
        let deadline = Instant::now() + ANSWERS_WITHIN;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() || !self.command("PING").starts_with("+PONG") {
            assert!(Instant::now() < deadline, "Redis does not answer after {ANSWERS_WITHIN:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Forgets everything.
    pub fn flush(&self) {
        assert!(self.command("FLUSHALL").starts_with("+OK"), "Redis flushes");
    }

    /// The first line of the answer to an inline command.
    ///
    /// # Panics
    /// When Redis does not answer.
    pub fn command(&self, command: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("Redis answers");
        connection.write_all(format!("{command}\r\n").as_bytes()).expect("Redis reads");
        let mut line = String::new();
        BufReader::new(connection).read_line(&mut line).expect("Redis writes");
        line
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
