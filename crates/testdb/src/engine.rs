//! What the two servers have in common, and the programs of each.

mod mariadb;
mod postgres;

use crate::{Kind, Missing, VARIABLE, certificate, folder::Account, wanted};
use std::{
    ffi::OsStr,
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

/// The user who owns every space.
const USER: &str = "holdfast";
/// Its password.
const PASSWORD: &str = "secret";
/// How many connections a server takes: many tests at once, each with its own pool.
const CONNECTIONS_MAX: u32 = 1000;
/// How long the removal of a space waits for open connections, in seconds. After that the space stays.
const REMOVAL_WAITS_S: u32 = 5;
/// How long a client tries to connect, in seconds.
const CONNECT_WAITS_S: u32 = 10;

/// What a server is for; its settings depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Tests: the server does not wait for the disk.
    Tests,
    /// Measuring: the server waits for the disk, as in production.
    Measuring,
    /// Tests of encryption: the server refuses connections without encryption and does not wait for the disk.
    Encryption,
}

/// Where a server is.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    /// Its data, its socket, its log, its process id.
    pub(crate) folder: PathBuf,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Location {
    /// The log of the server.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The file that holds the server's process id.
    pub(crate) fn pid(&self) -> PathBuf {
        self.folder.join("pid")
    }
}

/// The programs of a database server: how to install, start, query and stop it.
pub(crate) trait Engine: Send + Sync {
    /// The user that runs the server; `None` is the current user.
    fn account(&self) -> Option<Account>;
    /// Writes the settings and the first files into an empty folder. The error says what went wrong.
    fn install(&self, folder: &Path) -> Result<(), String>;
    /// The server.
    fn server(&self, location: &Location) -> Command;
    /// One query, before our user exists. Its error output says why the server does not answer.
    fn first_question(&self, location: &Location, sql: &str) -> Command;
    /// Statements that create the user and everything that spaces need.
    fn setup(&self) -> String;
    /// A client that executes what it reads and ends at the first failure.
    fn administrator(&self, location: &Location) -> Command;
    /// A client that continues after failures and has a short timeout.
    fn remover(&self, location: &Location) -> Command;
    /// A client in the space `name`, as its user.
    fn client(&self, location: &Location, name: &str) -> Command;
    /// Creates the space `name`.
    fn make(&self, name: &str) -> String;
    /// How spaces are copied; `None` where a program for it is missing.
    fn copies(&self) -> Option<&dyn Copies> {
        None
    }
    /// Removes it.
    fn remove(&self, name: &str) -> String;
    /// Its address.
    fn url(&self, location: &Location, name: &str) -> String;
    /// The signal for an orderly stop that does not wait for clients.
    fn stop_signal(&self) -> &'static str;
}

/// Statements for spaces that are copies of an original. The names of originals and copies begin with another letter than those of
/// other spaces.
pub(crate) trait Copies {
    /// Creates an original, which `finish` gives its name.
    fn begin(&self, name: &str) -> String;
    /// The name of its space while it is being made.
    fn unfinished(&self, name: &str) -> String;
    /// The original is whole. May fail while a connection to it is open.
    fn finish(&self, name: &str) -> String;
    /// Fails unless there is this original.
    fn is_there(&self, name: &str) -> String;
    /// Creates the space `name` with everything that is in the original. The error says why there are no such statements.
    fn copy(&self, location: &Location, original: &str, name: &str) -> Result<String, String>;
}

/// The programs of this database server.
///
/// # Panics
/// For SQLite, which has no server. When the server is not installed although `HOLDFAST_TEST_DB` names it: a run on a chosen
/// database must not pass without that database.
pub(crate) fn find(kind: Kind, purpose: Purpose) -> Result<Arc<dyn Engine>, Missing> {
    let found = match kind {
        Kind::Sqlite => panic!("SQLite has no server; open a Space on it"),
        Kind::Postgres => postgres::Postgres::find(purpose).map(|engine| Arc::new(engine) as Arc<dyn Engine>),
        Kind::MySql => mariadb::MariaDb::find(purpose).map(|engine| Arc::new(engine) as Arc<dyn Engine>),
    };
    match found {
        Err(missing) if wanted() == kind => panic!("{VARIABLE} is {}, but {missing}", kind.name()),
        found => found,
    }
}

/// A program with one of these names, from the search path or the usual folders of servers.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(more).collect();
    let all = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}

/// The user who runs a server. Servers refuse to run as root, so root needs another user.
fn account(server: &str, name: &str) -> Result<Option<Account>, Missing> {
    if crate::folder::our_uid() != 0 {
        return Ok(None);
    }
    let account = Account::named(name).map(Some);
    account.ok_or_else(|| Missing(format!("{server} does not run as root, and there is no user `{name}` to run it as")))
}

/// A command that runs as this user.
fn command(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    // a folder that every user may enter
    command.current_dir("/");
    command
}

/// Runs a program that makes a server's first files.
fn install(mut command: Command, folder: &Path) -> Result<(), String> {
    let log = folder.join("install.log");
    let output = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
    let (out, err) = output.map_err(|error| error.to_string())?;
    let status = command.stdin(Stdio::null()).stdout(out).stderr(err).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}\n{}", std::fs::read_to_string(log).unwrap_or_default())),
        Err(error) => Err(format!("{}: {error}", Path::new(command.get_program()).display())),
    }
}

/// The parameters of an address that ask for encryption.
fn encryption(location: &Location) -> String {
    format!("sslmode=require&sslrootcert={}", certificate::authority(&location.folder).display())
}

/// An option that holds a path.
fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = OsStr::new(name).to_owned();
    option.push(path);
    option
}
