//! Shops that an earlier commit of this program wrote, kept as SQL text in `shops/`: what a later version must open.

use crate::TestShop;
use kernel::Timestamp;
use rusqlite::Connection;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use testdb::{Kind, Missing, Space};

/// The journal of the simulated gateway, beside the database in the folder of a space.
pub(crate) const JOURNAL: &str = "gateway.ndjson";
/// What the first line of a kept shop begins with; the time at which it was written follows.
const WRITTEN_AT: &str = "-- written at ";

/// A shop of an earlier commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldShop {
    folder: PathBuf,
}

impl OldShop {
    /// Every kept shop, by the name of its commit.
    pub fn all() -> Vec<OldShop> {
        let entries = fs::read_dir(shops()).expect("the folder of old shops can be read");
        let folders = entries.map(|entry| entry.expect("it can be read").path()).filter(|path| path.is_dir());
        let mut all: Vec<OldShop> = folders.map(|folder| OldShop { folder }).collect();
        all.sort_by(|one, other| one.folder.cmp(&other.folder));
        all
    }

    /// The commit that wrote it.
    pub fn commit(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The shop in a space of its own, as it was, with the journal of its gateway in the folder of the space. `Err` says which
    /// server to install.
    pub fn restored(&self, kind: Kind) -> Result<Space, Missing> {
        let space = Space::on(kind)?;
        let sql = read(&self.folder.join(format!("{}.sql", kind.name())));
        match kind {
            Kind::Sqlite => {
                let loaded = Connection::open(file_of(&space)).and_then(|file| file.execute_batch(&sql));
                loaded.expect("the kept SQL text is loaded");
            }
            Kind::Postgres => execute(&space, &format!("\\set ON_ERROR_STOP on\n{sql}")),
            Kind::MySql => execute(&space, &sql),
        }
        fs::copy(self.folder.join(format!("{}.ndjson", kind.name())), space.folder().join(JOURNAL))
            .expect("its journal");
        Ok(space)
    }

    /// The time at which it was written on this database.
    pub fn written_at(&self, kind: Kind) -> Timestamp {
        let sql = read(&self.folder.join(format!("{}.sql", kind.name())));
        let at = sql.strip_prefix(WRITTEN_AT).and_then(|rest| rest.lines().next()?.parse().ok());
        Timestamp::from_millis(at.expect("the first line says when the shop was written"))
    }

    /// Keeps a shop as it is now under the name of a commit, for the database that it is on.
    pub fn keep(commit: &str, shop: &TestShop, space: &Space) {
        let folder = shops().join(commit);
        fs::create_dir_all(&folder).expect("the folder of old shops can be written");
        let (name, now) = (space.kind().name(), shop.app().now().as_millis());
        let sql = match space.kind() {
            Kind::Sqlite => dumped_file(&file_of(space)).expect("the file can be read"),
            Kind::Postgres => dumped_schema(space),
            Kind::MySql => dumped_database(space),
        };
        let file = folder.join(format!("{name}.sql"));
        fs::write(file, format!("{WRITTEN_AT}{now}\n{sql}")).expect("the shop can be kept");
        let journal = folder.join(format!("{name}.ndjson"));
        fs::copy(space.folder().join(JOURNAL), journal).expect("the journal can be kept");
    }
}

fn shops() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("shops")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file_of(space: &Space) -> PathBuf {
    space.url().strip_prefix("sqlite:").expect("the address of a file").into()
}

/// Executes SQL text with the client of the server.
fn execute(space: &Space, sql: &str) {
    let mut client = space.client().expect("a server has a client");
    client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = client.spawn().expect("the client starts");
    let written = child.stdin.take().expect("it is piped").write_all(sql.as_bytes());
    let output = child.wait_with_output().expect("the client ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && written.is_ok(), "the kept SQL text is not loaded: {complaint}");
}

/// Tables with their rows first, because indexes are quicker made afterwards.
fn dumped_file(path: &Path) -> rusqlite::Result<String> {
    let file = Connection::open(path)?;
    let made = "select type, name, sql from sqlite_schema where sql is not null order by type <> 'table', rowid";
    let mut made = file.prepare(made)?;
    let parts = made.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut text = "pragma foreign_keys = off;\nbegin;\n".to_owned();
    for part in parts {
        let (kind, name, sql): (String, String, String) = part?;
        text.push_str(&sql);
        text.push_str(";\n");
        if kind == "table" {
            let mut columns = file
                .prepare("select group_concat('quote(' || name || ')', ' || '','' || ') from pragma_table_info(?)")?;
            let quoted: String = columns.query_row([&name], |row| row.get(0))?;
            let mut rows = file.prepare(&format!("select {quoted} from {name}"))?;
            for row in rows.query_map([], |row| row.get::<_, String>(0))? {
                text.push_str(&format!("insert into {name} values ({});\n", row?));
            }
        }
    }
    text.push_str("commit;\n");
    Ok(text)
}

/// A space is a schema with a random name, so the text names no schema.
fn dumped_schema(space: &Space) -> String {
    let name = space.url().rsplit("%3D").next().unwrap_or_default().to_owned();
    let mut dump = beside_client(space, &["pg_dump"]);
    dump.args(["--inserts", "--no-owner", "--no-privileges"]).arg(format!("--schema={name}")).arg(space.url());
    let text = output(dump).replace(&format!("{name}."), "");
    let wanted = |line: &&str| {
        let left_out = ["--", "SET ", "CREATE SCHEMA", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"];
        !line.is_empty() && !left_out.iter().any(|start| line.starts_with(start))
    };
    joined(text.lines().filter(wanted))
}

fn dumped_database(space: &Space) -> String {
    let client = space.client().expect("a server has a client");
    let mut dump = beside_client(space, &["mariadb-dump", "mysqldump"]);
    let asks = |text: &str| {
        ["--batch", "--skip-column-names", "--unbuffered", "--connect-timeout"].iter().any(|one| text.starts_with(one))
    };
    let (options, names): (Vec<_>, Vec<_>) =
        client.get_args().map(|arg| arg.to_string_lossy().into_owned()).partition(|arg| arg.starts_with("--"));
    dump.args(options.iter().filter(|option| !asks(option)));
    dump.args(["--single-transaction", "--skip-comments", "--skip-extended-insert", "--skip-add-locks"]).args(names);
    // the first line of newer versions is refused by the clients of older ones
    joined(output(dump).lines().filter(|line| !line.starts_with("/*M!999999")))
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A program that is installed with the client of the server.
fn beside_client(space: &Space, names: &[&str]) -> Command {
    let client = space.client().expect("a server has a client");
    let path = |name: &&str| Path::new(client.get_program()).with_file_name(name);
    let found = names.iter().map(path).find(|path| path.exists());
    Command::new(found.unwrap_or_else(|| panic!("there is no {} beside the client", names[0])))
}

fn output(mut command: Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the dump is UTF-8")
}
