//! PostgreSQL. An empty space is a schema: 0.2 ms to make and 12 to remove, where a database of its own takes 8 and 6, and 8 MiB,
//! and makes every first connection to it slower. A space with tables is a copy of a database, which is quicker than its tables.

use super::{CONNECT_WAITS_S, CONNECTIONS_MAX, Copies, Engine, Location, PASSWORD, Purpose, REMOVAL_WAITS_S, USER};
use crate::{Missing, certificate, folder::Account};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// The first user, who may do everything, and only through the socket.
const ADMINISTRATOR: &str = "postgres";
/// The database in which all spaces are.
const DATABASE: &str = "tests";
/// An empty database, from which those are made that are copied.
const EMPTY: &str = "empty";
/// Begins the name of a space that is a schema; every other one is a database of its own.
const SCHEMA: char = 't';
/// Where packages put a folder for each version: Debian `15`, Red Hat `pgsql-15`, Homebrew `postgresql@15`.
const VERSIONS: &[&str] = &["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt"];

/// The programs, and the user that they run as.
pub(super) struct Postgres {
    initdb: PathBuf,
    postgres: PathBuf,
    psql: PathBuf,
    account: Option<Account>,
    purpose: Purpose,
}

impl Postgres {
    pub(super) fn find(purpose: Purpose) -> Result<Postgres, Missing> {
        let find = |name: &str| {
            let newest = newest_version().map(|folder| folder.join(name)).filter(|program| program.is_file());
            let found = newest.or_else(|| super::program(&[name]));
            let missing = || format!("PostgreSQL is not installed: no `{name}` (Debian: apt-get install postgresql)");
            found.ok_or_else(|| Missing(missing()))
        };
        let (initdb, postgres, psql) = (find("initdb")?, find("postgres")?, find("psql")?);
        Ok(Postgres { initdb, postgres, psql, account: super::account("PostgreSQL", "postgres")?, purpose })
    }

    /// A client of the administrator.
    fn psql(&self, location: &Location, database: &str) -> Command {
        let mut command = self.bare_psql();
        command.arg("--host").arg(&location.folder).arg("--port").arg(location.port.to_string());
        command.args(["--username", ADMINISTRATOR, "--dbname", database]);
        command
    }

    /// A client that prints rows only, whatever is set up for the people who use this machine.
    fn bare_psql(&self) -> Command {
        let mut command = Command::new(&self.psql);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.env("PGCONNECT_TIMEOUT", CONNECT_WAITS_S.to_string());
        command.args(["--no-psqlrc", "--no-password", "--quiet", "--no-align", "--tuples-only"]);
        command
    }
}

/// The folder of the newest version's programs.
fn newest_version() -> Option<PathBuf> {
    let folders = VERSIONS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let version = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        name.trim_start_matches("postgresql@").trim_start_matches("pgsql-").parse::<u32>().ok()
    };
    let versions = folders.filter_map(|entry| Some((version(&entry.path())?, entry.path().join("bin"))));
    versions.filter(|(_, programs)| programs.join("postgres").is_file()).max().map(|(_, programs)| programs)
}

/// The settings that every server has.
fn settings(folder: &Path, purpose: Purpose) -> String {
    let more = match purpose {
        Purpose::Tests => quick(),
        Purpose::Measuring => CAREFUL.to_owned(),
        Purpose::Encryption => quick() + &encrypted(folder),
    };
    let (folder, proof) = (folder.display(), proof(purpose));
    format!(
        "listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
password_encryption = {proof}
timezone = 'UTC'
{more}"
    )
}

/// How a password is stored and proven. Sent as MD5 it costs a client 4,000 hashes less than SCRAM, which matters to a
/// driver that was not optimised.
fn proof(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Tests => "md5",
        Purpose::Measuring | Purpose::Encryption => "scram-sha-256",
    }
}

fn encrypted(folder: &Path) -> String {
    let (certificate, key) = (certificate::certificate(folder), certificate::key(folder));
    format!("ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'\n", certificate.display(), key.display())
}

/// A commit that was answered is on the disk. All that is not named is as the server comes.
const CAREFUL: &str = "fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 512MB
";

/// A commit that was answered is in the log before it is answered, so that it survives the end of every process; nothing
/// waits for a disk, so that it would not survive a power cut.
fn quick() -> String {
    format!(
        "max_connections = {CONNECTIONS_MAX}
fsync = off
full_page_writes = off
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 256MB
deadlock_timeout = 100ms
dynamic_shared_memory_type = mmap
autovacuum_naptime = 5s
log_statement = none
"
    )
}

impl Engine for Postgres {
    fn account(&self) -> Option<Account> {
        self.account
    }

    fn install(&self, folder: &Path) -> Result<(), String> {
        let data = folder.join("data");
        let mut initdb = super::command(&self.initdb, self.account);
        initdb.arg("--pgdata").arg(&data).args(["--username", ADMINISTRATOR, "--auth", "trust"]);
        if self.purpose != Purpose::Measuring {
            initdb.arg("--no-sync");
        }
        // the order of bytes, as the other databases have it with the collations we use
        initdb.args(["--encoding", "UTF8", "--locale", "C"]);
        super::install(initdb, folder)?;
        // only the administrator comes through the socket, because its folder is closed to other users
        let host = if self.purpose == Purpose::Encryption { "hostssl" } else { "host" };
        let proof = proof(self.purpose);
        let access = format!("local all {ADMINISTRATOR} trust\n{host} all {USER} 127.0.0.1/32 {proof}\n");
        let settings_file = File::options().append(true).open(data.join("postgresql.conf"));
        let written = settings_file.and_then(|mut file| file.write_all(settings(folder, self.purpose).as_bytes()));
        written.and_then(|()| fs::write(data.join("pg_hba.conf"), access)).map_err(|error| error.to_string())
    }

    fn server(&self, location: &Location) -> Command {
        let mut command = super::command(&self.postgres, self.account);
        command.arg("-D").arg(location.folder.join("data")).arg("-p").arg(location.port.to_string());
        command
    }

    fn first_question(&self, location: &Location, sql: &str) -> Command {
        let mut command = self.psql(location, "postgres");
        command.args(["--set", "ON_ERROR_STOP=1"]);
        // each statement by itself: a database is not created inside a transaction
        for statement in sql.split_terminator(';') {
            command.args(["--command", statement]);
        }
        command
    }

    fn setup(&self) -> String {
        // the audit checks indexes and tables with the extension, which only an administrator can install
        format!(
            "create role {USER} login password '{PASSWORD}';create database {EMPTY} owner {USER};\\connect {EMPTY};\
             create extension amcheck;grant execute on all functions in schema public to {USER};\\connect postgres;\
             create database {DATABASE} template {EMPTY} owner {USER};"
        )
    }

    fn administrator(&self, location: &Location) -> Command {
        let mut command = self.psql(location, DATABASE);
        command.args(["--set", "ON_ERROR_STOP=1"]);
        command
    }

    fn remover(&self, location: &Location) -> Command {
        let mut command = self.psql(location, DATABASE);
        command.env("PGOPTIONS", format!("-c lock_timeout={REMOVAL_WAITS_S}s -c client_min_messages=error"));
        command
    }

    fn client(&self, location: &Location, name: &str) -> Command {
        let mut command = self.bare_psql();
        command.arg(self.url(location, name));
        command
    }

    fn make(&self, name: &str) -> String {
        format!("create schema {name} authorization {USER};")
    }

    fn copies(&self) -> Option<&dyn Copies> {
        Some(self)
    }

    fn remove(&self, name: &str) -> String {
        match name.starts_with(SCHEMA) {
            true => format!("drop schema {name} cascade;"),
            false => format!("drop database {name} with (force);"),
        }
    }

    fn url(&self, location: &Location, name: &str) -> String {
        let (port, mut parameters) = (location.port, String::new());
        if self.purpose == Purpose::Encryption {
            parameters = super::encryption(location) + "&";
        }
        match name.starts_with(SCHEMA) {
            true => {
                format!(
                    "postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}?{parameters}options=-csearch_path%3D{name}"
                )
            }
            false => format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{port}/{name}?{parameters}"),
        }
    }

    fn stop_signal(&self) -> &'static str {
        "INT"
    }
}

impl Copies for Postgres {
    fn begin(&self, name: &str) -> String {
        let name = self.unfinished(name);
        format!("drop database if exists {name} with (force);\ncreate database {name} template {EMPTY} owner {USER};")
    }

    fn unfinished(&self, name: &str) -> String {
        format!("{name}_new")
    }

    fn finish(&self, name: &str) -> String {
        format!("alter database {} rename to {name};", self.unfinished(name))
    }

    fn is_there(&self, name: &str) -> String {
        format!("select 1 / count(*) from pg_database where datname = '{name}';")
    }

    fn copy(&self, _location: &Location, original: &str, name: &str) -> Result<String, String> {
        Ok(format!("create database {name} template {original} owner {USER};"))
    }
}
