//! MariaDB. A space is a database. A space with tables is made by the statements that `mariadb-dump` writes of another one: one for each
//! table as it is now, which takes about a quarter of the server's time that its migrations take.

use super::{CONNECT_WAITS_S, CONNECTIONS_MAX, Copies, Engine, Location, PASSWORD, Purpose, REMOVAL_WAITS_S, USER};
use crate::{Missing, certificate, folder::Account};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

/// The programs, and the user that they run as.
pub(super) struct MariaDb {
    install: PathBuf,
    server: PathBuf,
    client: PathBuf,
    /// It comes with the client; without it, spaces are not copied.
    dump: Option<PathBuf>,
    /// The statements that make a space like an original.
    dumps: Mutex<HashMap<String, String>>,
    account: Option<Account>,
    purpose: Purpose,
}

impl MariaDb {
    pub(super) fn find(purpose: Purpose) -> Result<MariaDb, Missing> {
        let find = |names: &[&str]| {
            let missing =
                || format!("MariaDB is not installed: no `{}` (Debian: apt-get install mariadb-server)", names[0]);
            super::program(names).ok_or_else(|| Missing(missing()))
        };
        Ok(MariaDb {
            install: find(&["mariadb-install-db", "mysql_install_db"])?,
            server: find(&["mariadbd", "mysqld"])?,
            client: find(&["mariadb", "mysql"])?,
            dump: super::program(&["mariadb-dump", "mysqldump"]),
            dumps: Mutex::default(),
            account: super::account("MariaDB", "mysql")?,
            purpose,
        })
    }

    /// A client that prints rows only, whatever is set up for the people who use this machine.
    fn bare_client(&self) -> Command {
        let mut command = Command::new(&self.client);
        command.args(["--no-defaults", "--batch", "--skip-column-names", "--unbuffered"]);
        command.arg(format!("--connect-timeout={CONNECT_WAITS_S}"));
        command
    }

    /// The statements that make the tables and rows of this original.
    fn dumped(&self, program: &Path, location: &Location, original: &str) -> Result<String, String> {
        let mut command = Command::new(program);
        command.arg("--no-defaults").arg(super::option("--socket=", &location.folder.join("socket")));
        command.args(["--protocol=socket", "--user=root", "--default-character-set=utf8mb4", "--hex-blob"]);
        command.args([
            "--skip-comments",
            "--skip-opt",
            "--create-options",
            "--set-charset",
            "--extended-insert",
            original,
        ]);
        let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
        match output.status.success() {
            true => String::from_utf8(output.stdout).map_err(|error| error.to_string()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

fn settings_file(folder: &Path) -> PathBuf {
    folder.join("my.cnf")
}

/// The settings that every server has.
fn settings(folder: &Path, purpose: Purpose) -> String {
    let more = match purpose {
        Purpose::Tests => quick(),
        Purpose::Measuring => CAREFUL.to_owned(),
        Purpose::Encryption => quick() + &encrypted(folder),
    };
    let folder = folder.display();
    format!(
        "[mariadbd]
datadir = {folder}/data
socket = {folder}/socket
tmpdir = {folder}
secure-file-priv = {folder}
pid-file = {folder}/data/mariadbd.pid
bind-address = 127.0.0.1
skip-name-resolve
character-set-server = utf8mb4
default-time-zone = +00:00
{more}"
    )
}

fn encrypted(folder: &Path) -> String {
    let (certificate, key) = (certificate::certificate(folder), certificate::key(folder));
    let (certificate, key) = (certificate.display(), key.display());
    format!("ssl-cert = {certificate}\nssl-key = {key}\nrequire-secure-transport = on\n")
}

/// A commit that was answered is on the disk. All that is not named is as the server comes.
const CAREFUL: &str = "innodb-flush-log-at-trx-commit = 1
innodb-doublewrite = on
innodb-file-per-table = on
innodb-buffer-pool-size = 512M
";

/// A commit that was answered is in the log before it is answered, so that it survives the end of every process; nothing
/// waits for a disk, so that it would not survive a power cut. One file for all tables and statistics that are not stored
/// make creating tables a third quicker.
fn quick() -> String {
    format!(
        "max-connections = {CONNECTIONS_MAX}
max-connect-errors = 1000000
performance-schema = off
skip-log-bin
innodb-flush-log-at-trx-commit = 2
innodb-flush-method = nosync
loose-debug-no-sync
sync-frm = off
innodb-doublewrite = off
innodb-log-file-size = 32M
innodb-buffer-pool-size = 96M
innodb-buffer-pool-dump-at-shutdown = off
innodb-buffer-pool-load-at-startup = off
innodb-file-per-table = off
innodb-autoextend-increment = 8
innodb-stats-persistent = off
"
    )
}

impl Engine for MariaDb {
    fn account(&self) -> Option<Account> {
        self.account
    }

    fn install(&self, folder: &Path) -> Result<(), String> {
        fs::write(settings_file(folder), settings(folder, self.purpose)).map_err(|error| error.to_string())?;
        let mut install = super::command(&self.install, self.account);
        install.arg(super::option("--defaults-file=", &settings_file(folder)));
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        super::install(install, folder)
    }

    fn server(&self, location: &Location) -> Command {
        let mut command = super::command(&self.server, self.account);
        command.arg(super::option("--defaults-file=", &settings_file(&location.folder)));
        command.arg(format!("--port={}", location.port));
        command
    }

    fn first_question(&self, location: &Location, sql: &str) -> Command {
        let mut command = self.administrator(location);
        command.arg("--execute").arg(sql);
        command
    }

    fn setup(&self) -> String {
        let encrypted = if self.purpose == Purpose::Encryption { " require ssl" } else { "" };
        // root comes through the socket only, which other users cannot reach
        format!(
            "delete from mysql.global_priv where user = '' or (user = 'root' and host <> 'localhost');
flush privileges;
create user {USER} identified by '{PASSWORD}'{encrypted};
grant all on `t%`.* to {USER};
grant all on `o%`.* to {USER};
grant all on `c%`.* to {USER};"
        )
    }

    fn administrator(&self, location: &Location) -> Command {
        let mut command = self.bare_client();
        command
            .arg(super::option("--socket=", &location.folder.join("socket")))
            .args(["--protocol=socket", "--user=root"]);
        command
    }

    fn remover(&self, location: &Location) -> Command {
        let mut command = self.administrator(location);
        command.arg("--force").arg(format!("--init-command=set lock_wait_timeout = {REMOVAL_WAITS_S}"));
        command
    }

    fn client(&self, location: &Location, name: &str) -> Command {
        let mut command = self.bare_client();
        command.args(["--protocol=tcp", "--host=127.0.0.1"]).arg(format!("--port={}", location.port));
        if self.purpose == Purpose::Encryption {
            command.arg(super::option("--ssl-ca=", &certificate::authority(&location.folder)));
            command.arg("--ssl-verify-server-cert");
        }
        command.args([format!("--user={USER}"), format!("--password={PASSWORD}"), name.to_owned()]);
        command
    }

    fn make(&self, name: &str) -> String {
        format!("create database {name};")
    }

    fn copies(&self) -> Option<&dyn Copies> {
        self.dump.is_some().then_some(self)
    }

    fn remove(&self, name: &str) -> String {
        format!("drop database {name};")
    }

    fn url(&self, location: &Location, name: &str) -> String {
        let (port, mut parameters) = (location.port, String::new());
        if self.purpose == Purpose::Encryption {
            parameters = format!("?{}", super::encryption(location));
        }
        format!("mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/{name}{parameters}")
    }

    fn stop_signal(&self) -> &'static str {
        "TERM"
    }
}

impl Copies for MariaDb {
    fn begin(&self, name: &str) -> String {
        format!("drop database if exists {name};\ncreate database {name};")
    }

    fn unfinished(&self, name: &str) -> String {
        name.to_owned()
    }

    fn finish(&self, name: &str) -> String {
        // a database has no other name to be given, so a second one says that the first is whole
        format!("create database {name}_whole;")
    }

    fn is_there(&self, name: &str) -> String {
        format!("use {name}_whole;")
    }

    fn copy(&self, location: &Location, original: &str, name: &str) -> Result<String, String> {
        let program = self.dump.as_deref().ok_or("there is no mariadb-dump")?;
        let mut dumps = self.dumps.lock().unwrap_or_else(PoisonError::into_inner);
        if !dumps.contains_key(original) {
            dumps.insert(original.to_owned(), self.dumped(program, location, original)?);
        }
        let tables = &dumps[original];
        Ok(format!("create database {name};\nuse {name};\n{tables}"))
    }
}
