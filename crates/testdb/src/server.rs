//! A running server: shared by a whole test run, or private to a test.

use crate::{
    Kind, Missing, Space, certificate,
    client::Clients,
    copies,
    engine::{self, Engine, Location, Purpose},
    folder::{self, Account},
    owner::Owner,
    port, process,
    registry::{Entry, Registry},
};
use std::{
    fs::{self, File},
    net::TcpStream,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it answers, on a machine that also runs other tests.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);
/// How long a server may take to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(60);
/// Time between two checks whether a server answers or has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// Ports to try when another process takes the port first.
const PORTS_MAX: u32 = 5;
/// How much of a server's log a failure shows, in bytes.
const LOG_BYTES_MAX: usize = 4_000;

/// A running database server with its own data, on a port of 127.0.0.1.
pub struct Server {
    kind: Kind,
    engine: Arc<dyn Engine>,
    location: Location,
    clients: Arc<Clients>,
    /// Set for a private server.
    private: Option<Private>,
}

struct Private {
    entry: Entry,
    process: Mutex<Option<Child>>,
    watch: Child,
}

/// Why there is no server.
enum Failure {
    Missing(Missing),
    /// It is installed and does not start.
    Broken(String),
}

impl Failure {
    /// What is missing.
    ///
    /// # Panics
    /// When nothing is.
    fn missing(&self) -> Missing {
        match self {
            Failure::Missing(missing) => missing.clone(),
            Failure::Broken(said) => panic!("{said}"),
        }
    }
}

/// A server that was started, and its watch.
struct Started {
    location: Location,
    process: Child,
    watch: Child,
}

impl Server {
    /// The server of the whole test run. The first caller starts it. It ends with the process that runs the tests.
    ///
    /// # Panics
    /// When the server cannot be started, with its log; for SQLite.
    pub fn shared(kind: Kind) -> Result<&'static Server, Missing> {
        // a failure is kept, too: the second test need not wait for a server that did not start
        static POSTGRES: OnceLock<Result<Server, Failure>> = OnceLock::new();
        static MYSQL: OnceLock<Result<Server, Failure>> = OnceLock::new();
        let server = if kind == Kind::MySql { &MYSQL } else { &POSTGRES };
        server.get_or_init(|| Server::join(kind)).as_ref().map_err(Failure::missing)
    }

    /// A private server, which a test may kill and start again. When it is dropped, server and data are removed.
    ///
    /// # Panics
    /// When the server cannot be started, with its log; for SQLite.
    pub fn private(kind: Kind) -> Result<Server, Missing> {
        Server::alone(kind, Purpose::Tests, make_folder)
    }

    /// A server for measurements, with the settings of production: its data is in a new folder below `folder`, which should be on a real
    /// disk, and it confirms a commit when the data is on that disk. When it is dropped, server and data are removed.
    ///
    /// `Missing` also when its user cannot enter `folder`.
    ///
    /// # Panics
    /// When the server cannot be started, with its log; for SQLite.
    pub fn durable(kind: Kind, folder: &Path) -> Result<Server, Missing> {
        Server::alone(kind, Purpose::Measuring, |account| {
            let unusable = |said| Missing(format!("{} has no folder to be measured in: {said}", kind.name()));
            folder::make_below(folder, account).map_err(|said| Failure::Missing(unusable(said)))
        })
    }

    /// A private server that refuses connections without encryption. Its certificate contains these names and addresses. A new authority
    /// signs it, and the addresses of its spaces name that authority. PostgreSQL checks passwords with SCRAM. When it is dropped, server and
    /// data are removed.
    ///
    /// # Panics
    /// When a certificate cannot contain a name, or the server cannot be started, with its log; for SQLite.
    pub fn encrypted(kind: Kind, names: &[&str]) -> Result<Server, Missing> {
        let signed = certificate::sign(names).expect("these are names or addresses");
        Server::alone(kind, Purpose::Encryption, |account| {
            let folder = make_folder(account)?;
            let written = signed.write(&folder).and_then(|()| folder::give(&certificate::key(&folder), account));
            written.expect("a new folder takes a certificate");
            Ok(folder)
        })
    }

    /// A server of this process only, in a new folder.
    fn alone(
        kind: Kind,
        purpose: Purpose,
        folder: impl FnOnce(Option<Account>) -> Result<PathBuf, Failure>,
    ) -> Result<Server, Missing> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let engine = engine::find(kind, purpose)?;
        let entry = Registry::open().private(kind, COUNT.fetch_add(1, Ordering::Relaxed));
        let started = folder(engine.account()).and_then(|folder| start_new(kind, &engine, &entry, folder));
        let Started { location, process, watch } = started.map_err(|failure| failure.missing())?;
        let private = Private { entry, process: Mutex::new(Some(process)), watch };
        Ok(Server::new(kind, engine, location, Some(private)))
    }

    fn new(kind: Kind, engine: Arc<dyn Engine>, location: Location, private: Option<Private>) -> Server {
        let clients = Arc::new(Clients::new(engine.clone(), location.clone()));
        Server { kind, engine, location, clients, private }
    }

    /// The server that another process of this run has started, or a new one.
    fn join(kind: Kind) -> Result<Server, Failure> {
        let engine = engine::find(kind, Purpose::Tests).map_err(Failure::Missing)?;
        let registry = Registry::open();
        let entry = registry.shared(kind, Owner::this_run());
        if let Some(server) = Server::running(kind, &engine, &entry) {
            return Ok(server);
        }
        let _lock = registry.lock();
        if let Some(server) = Server::running(kind, &engine, &entry) {
            return Ok(server);
        }
        // a server that no longer answers, and others without an owner
        entry.end();
        registry.sweep();
        let folder = make_folder(engine.account())?;
        let Started { location, .. } = start_new(kind, &engine, &entry, folder)?;
        Ok(Server::new(kind, engine, location, None))
    }

    /// The server of an entry, if it answers. The query goes through its socket, so no other server can answer.
    fn running(kind: Kind, engine: &Arc<dyn Engine>, entry: &Entry) -> Option<Server> {
        let (folder, port) = entry.read()?;
        let server = Server::new(kind, engine.clone(), Location { folder, port: port? }, None);
        server.clients.ask("").is_ok().then_some(server)
    }

    /// A new space on this server.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn space(&self) -> Space {
        Space::on_server(self.kind, &self.engine, &self.clients, &self.location)
    }

    /// A new space on this server in which `prepare` has been, see [`Space::prepared`].
    pub(crate) fn prepared_space(&self, key: &str, prepare: impl FnOnce(&str)) -> Space {
        let Some(copies) = self.engine.copies() else {
            let space = self.space();
            prepare(space.url());
            return space;
        };
        let original = copies::on_server((&*self.engine, copies), &self.clients, &self.location, key, prepare);
        Space::copy_of(&original, copies, self.kind, (&self.engine, &self.clients), &self.location)
    }

    /// Its port on 127.0.0.1. It stays the same.
    pub fn port(&self) -> u16 {
        self.location.port
    }

    /// The file with the authority that signed the certificate. Only an encrypted server has one.
    pub fn authority(&self) -> PathBuf {
        certificate::authority(&self.location.folder)
    }

    /// Ends all processes of the server at once, as a crash does.
    ///
    /// # Panics
    /// When the server is shared.
    pub fn kill(&self) {
        let mut process = self.process();
        if let Some(mut server) = process.take() {
            // it must not start another process after we have listed them
            process::stand_still(server.id());
            let mut all = vec![server.id()];
            all.extend(process::children(server.id()));
            process::signal("KILL", &all);
            server.wait().expect("it was ours");
            wait_until("a killed server is gone", || !all.iter().any(|pid| process::runs(*pid)));
        }
    }

    /// Stops the server in order, without waiting for its clients. Returns when it has ended.
    ///
    /// # Panics
    /// When the server is shared, or does not stop.
    pub fn stop(&self) {
        let mut process = self.process();
        if let Some(mut server) = process.take() {
            process::signal(self.engine.stop_signal(), &[server.id()]);
            wait_until("a stopped server has ended", || !matches!(server.try_wait(), Ok(None)));
        }
    }

    /// Starts the server again with the same port and data. Returns when it answers; at once if it runs.
    ///
    /// # Panics
    /// When the server is shared, or does not answer; with its log.
    pub fn start(&self) {
        let mut process = self.process();
        if process.as_mut().is_none_or(|server| !matches!(server.try_wait(), Ok(None))) {
            let started = start(&self.engine, &self.location);
            *process = Some(started.unwrap_or_else(|said| panic!("{} does not start again: {said}", self.kind.name())));
        }
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        let private = self.private.as_ref().expect("a shared server is not stopped; start a private one");
        private.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(private) = &mut self.private {
            private.entry.end();
            if let Some(mut server) = private.process.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = server.wait();
            }
            let _ = private.watch.kill();
            let _ = private.watch.wait();
        }
    }
}

/// A folder for a server that does not wait for the disk.
fn make_folder(account: Option<Account>) -> Result<PathBuf, Failure> {
    folder::make(account).map_err(|error| Failure::Broken(format!("no folder for a server: {error}")))
}

/// Makes a new server with a user for spaces. Its watch starts before it.
fn start_new(kind: Kind, engine: &Arc<dyn Engine>, entry: &Entry, folder: PathBuf) -> Result<Started, Failure> {
    let fail = |said: String| Failure::Broken(format!("{} does not start: {said}", kind.name()));
    entry.write(&folder, None);
    let mut watch = entry.watch(&folder);
    let said = match set_up(engine, folder.clone()) {
        // if the owner ended in the meantime, the watch ended too; if the owner runs now, the watch runs
        Ok((location, process)) if entry.owner_runs() => {
            entry.write(&folder, Some(location.port));
            return Ok(Started { location, process, watch });
        }
        Ok(_) => "what runs the tests has ended".to_owned(),
        Err(said) => said,
    };
    entry.end_in(&folder);
    let _ = watch.kill();
    let _ = watch.wait();
    Err(fail(said))
}

/// Installs a server in an empty folder and starts it. The error says what went wrong.
fn set_up(engine: &Arc<dyn Engine>, folder: PathBuf) -> Result<(Location, Child), String> {
    engine.install(&folder)?;
    let mut location = Location { folder, port: port::free() };
    let mut process = start(engine, &location);
    for _ in 1..PORTS_MAX {
        if process.is_ok() || TcpStream::connect(("127.0.0.1", location.port)).is_err() {
            break;
        }
        // another process has taken the port
        location.port = port::free();
        process = start(engine, &location);
    }
    let process = process?;
    let setup = engine.first_question(&location, &engine.setup()).stdin(Stdio::null()).output();
    let setup = setup.map_err(|error| error.to_string())?;
    if setup.status.success() {
        Ok((location, process))
    } else {
        Err(String::from_utf8_lossy(&setup.stderr).into_owned())
    }
}

/// Starts a server on its data and waits until it answers. The error is its log.
fn start(engine: &Arc<dyn Engine>, location: &Location) -> Result<Child, String> {
    let log = File::options().create(true).append(true).open(location.log());
    let (out, err) = log.and_then(|log| Ok((log.try_clone()?, log))).map_err(|error| error.to_string())?;
    let mut command = engine.server(location);
    // in its own process group: a signal that interrupts the tests must not stop a server that others use
    command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
    let mut process = command.spawn().map_err(|error| error.to_string())?;
    fs::write(location.pid(), process.id().to_string()).map_err(|error| error.to_string())?;
    let deadline = Instant::now() + ANSWERS_WITHIN;
    loop {
        if let Ok(Some(status)) = process.try_wait() {
            return Err(format!("it ended by itself, {status}\n{}", end_of_log(location)));
        }
        if answers(engine, location) {
            return Ok(process);
        }
        if Instant::now() > deadline {
            let _ = process.kill();
            let _ = process.wait();
            return Err(format!("no answer after {ANSWERS_WITHIN:?}\n{}", end_of_log(location)));
        }
        thread::sleep(PAUSE);
    }
}

fn answers(engine: &Arc<dyn Engine>, location: &Location) -> bool {
    let listens = TcpStream::connect(("127.0.0.1", location.port)).is_ok();
    let ask = || engine.first_question(location, "select 1").stdin(Stdio::null()).output();
    listens && ask().is_ok_and(|output| output.status.success())
}

fn end_of_log(location: &Location) -> String {
    let log = fs::read(location.log()).unwrap_or_default();
    String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_BYTES_MAX)..]).into_owned()
}

fn wait_until(what: &str, done: impl FnMut() -> bool) {
    let deadline = Instant::now() + STOPS_WITHIN;
    let mut done = done;
    while !done() {
        assert!(Instant::now() < deadline, "not true after {STOPS_WITHIN:?}: {what}");
        thread::sleep(PAUSE);
    }
}
