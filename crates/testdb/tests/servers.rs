//! Real servers: spaces, one server for many processes, crashes, cut connections. Servers that are not installed are skipped.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use testdb::{Kind, Proxy, Server, Space};

/// How long an event in the background may take.
const WITHIN: Duration = Duration::from_secs(20);

const SERVERS: [Kind; 2] = [Kind::Postgres, Kind::MySql];

/// Runs the test on every server that is installed.
fn on_servers<T>(open: fn(Kind) -> Result<T, testdb::Missing>, test: impl Fn(Kind, T)) {
    for kind in SERVERS {
        match open(kind) {
            Ok(opened) => test(kind, opened),
            Err(missing) => testdb::skip(missing),
        }
    }
}

/// The output of the database's client in this space.
fn ask(space: &Space, sql: &str) -> Result<String, String> {
    ask_by(space.client().expect("a server has a client"), sql)
}

fn ask_by(mut client: Command, sql: &str) -> Result<String, String> {
    let mut child =
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // a client that cannot connect may have ended before it reads
    let _ = child.stdin.take().expect("it is piped").write_all(sql.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && complaint.is_empty() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(complaint)
    }
}

/// The client of a space, through a proxy.
fn through(proxy: &Proxy, space: &Space) -> Command {
    let (_, to) = space.url().split_once("@127.0.0.1:").expect("a server's address");
    let (port, _) = to.split_once('/').expect("a server's address");
    let direct = space.client().expect("a server has a client");
    let mut client = Command::new(direct.get_program());
    let port_option = format!("--port={}", proxy.port());
    client.args(direct.get_args().map(|arg| match arg.to_str() {
        Some(url) if url == space.url() => proxy.url(url),
        Some(option) if option == format!("--port={port}") => port_option.clone(),
        other => other.expect("arguments are text").to_owned(),
    }));
    client
}

fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + WITHIN;
    while !happened() {
        assert!(Instant::now() < deadline, "not after {WITHIN:?}: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_place_on_a_file_is_a_folder_that_goes_with_it() {
    let space = Space::on(Kind::Sqlite).expect("SQLite needs nothing");
    assert_eq!(space.kind(), Kind::Sqlite);
    assert_eq!(space.url(), format!("sqlite:{}/shop.db", space.folder().display()));
    assert!(space.client().is_none());
    let folder = space.folder().to_owned();
    assert!(folder.is_dir());
    drop(space);
    assert!(!folder.exists());
}

#[test]
fn every_place_is_empty_and_its_owners_alone_and_goes_when_it_is_dropped() {
    on_servers(Space::on, |kind, mine| {
        let other = Space::on(kind).expect("it is installed");
        assert_eq!(mine.kind(), kind);
        assert_ne!(mine.url(), other.url());
        for (space, n) in [(&mine, 1), (&other, 2)] {
            assert!(space.folder().is_dir());
            let filled = ask(space, &format!("create table jars (n bigint); insert into jars values ({n});"));
            assert_eq!(filled, Ok(String::new()));
        }
        assert_eq!(ask(&mine, "select n from jars;"), Ok("1".to_owned()));
        let name = mine.url().rsplit(['/', 'D']).next().expect("it ends with a name").to_owned();
        let schemas = format!("select count(*) from information_schema.schemata where schema_name = '{name}';");
        assert_eq!(ask(&mine, &schemas), Ok("1".to_owned()));
        let folder = mine.folder().to_owned();
        drop(mine);
        assert!(!folder.exists());
        wait_for("a dropped location is removed", || ask(&other, &schemas).as_deref() == Ok("0"));
        assert_eq!(ask(&other, "select n from jars;"), Ok("2".to_owned()));
    });
}

#[test]
fn what_was_committed_survives_a_crash_and_a_stop() {
    on_servers(Server::private, |_, server| {
        let space = server.space();
        let port = server.port();
        let made = ask(&space, "create table jars (n bigint primary key); insert into jars values (0);");
        assert_eq!(made, Ok(String::new()));
        for (n, end) in [(1, Server::kill as fn(&Server)), (2, Server::stop), (3, Server::kill)] {
            let mut client = space.client().expect("a server has a client");
            let mut open = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let statements =
                format!("insert into jars values ({n}); select 'stored'; begin; insert into jars values (-{n});\n");
            open.stdin.as_mut().unwrap().write_all(statements.as_bytes()).unwrap();
            let mut answer = String::new();
            BufReader::new(open.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
            assert_eq!(answer, "stored\n");
            end(&server);
            assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
            drop(open.stdin.take());
            open.wait().unwrap();
            server.start();
            assert_eq!(server.port(), port);
            assert_eq!(
                ask(&space, "select count(*), min(n) from jars;").unwrap().replace('|', "\t"),
                format!("{}\t0", n + 1)
            );
        }
        server.start();
        let fresh = server.space();
        assert_eq!(ask(&fresh, "select 1;"), Ok("1".to_owned()));
        drop((space, fresh, server));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "a dropped server is gone");
    });
}

/// A folder on the disk with the build, for servers of measurements.
fn on_disk() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("measured-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn a_server_to_measure_answers_when_it_is_on_the_disk_and_leaves_nothing_behind() {
    let servers = || fs::read_dir(on_disk()).expect("it is ours").count();
    on_servers(
        |kind| Server::durable(kind, &on_disk()),
        |kind, server| {
            let space = server.space();
            let (settings, expected) = match kind {
                Kind::MySql => (
                    "@@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@innodb_file_per_table, @@innodb_buffer_pool_size >> 20",
                    "1 ON ON 512",
                ),
                Kind::Sqlite | Kind::Postgres => (
                    "current_setting('fsync'), current_setting('full_page_writes'), \
                     current_setting('synchronous_commit'), current_setting('password_encryption')",
                    "on on on scram-sha-256",
                ),
            };
            assert_eq!(ask(&space, &format!("select concat_ws(' ', {settings});")), Ok(expected.to_owned()));
            server.kill();
            server.start();
            assert_eq!(ask(&space, "select 7;"), Ok("7".to_owned()));
            assert_eq!(servers(), 1);
            drop((space, server));
            assert_eq!(servers(), 0);
        },
    );
    fs::remove_dir(on_disk()).expect("it is empty");
}

#[test]
fn a_server_with_a_certificate_takes_no_connection_without_encryption() {
    on_servers(
        |kind| Server::encrypted(kind, &["localhost", "127.0.0.1"]),
        |kind, server| {
            let space = server.space();
            let cipher = match kind {
                Kind::MySql => "show session status like 'Ssl_cipher';",
                Kind::Sqlite | Kind::Postgres => "select cipher from pg_stat_ssl where ssl and pid = pg_backend_pid();",
            };
            assert!(ask(&space, cipher).expect("it answers").contains("TLS_"));
            assert!(space.url().contains(&format!("sslrootcert={}", server.authority().display())), "{}", space.url());
            let mut plain = Command::new(space.client().expect("a server has a client").get_program());
            match kind {
                Kind::MySql => {
                    let there = ["--host=127.0.0.1".to_owned(), format!("--port={}", server.port())];
                    plain.args(["--no-defaults", "--skip-ssl", "--user=holdfast", "--password=secret"]).args(there)
                }
                Kind::Sqlite | Kind::Postgres => plain.arg(space.url().replace("=require", "=disable")),
            };
            let refused = ask_by(plain, "select 7;").expect_err("it is not encrypted");
            let expected = if kind == Kind::MySql { "ERROR" } else { "no encryption" };
            assert!(refused.contains(expected), "{refused}");
            server.stop();
            server.start();
            assert_eq!(ask(&space, "select 7;"), Ok("7".to_owned()));
        },
    );
}

#[test]
fn a_folder_that_the_server_cannot_reach_is_named() {
    let closed = tempfile::tempdir().expect("a folder");
    let inner = closed.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    for kind in SERVERS {
        // a user who is not root runs the server with his own rights, and may enter his own folders
        if let Err(missing) = Server::durable(kind, &inner) {
            let (said, name) = (missing.to_string(), closed.path().display().to_string());
            assert!(said.contains("is not installed") || said.contains(&format!("may not enter {name}:")), "{said}");
        }
        let nowhere = Server::durable(kind, &inner.join("nowhere")).map(|_| ()).expect_err("it is not there");
        assert!(
            nowhere.to_string().contains("nowhere") || nowhere.to_string().contains("is not installed"),
            "{nowhere}"
        );
    }
}

#[test]
fn a_proxy_cuts_and_refuses_and_stalls() {
    on_servers(Space::on, |kind, space| {
        let (_, to) = space.url().split_once("@127.0.0.1:").expect("a server's address");
        let port = to.split_once('/').expect("a server's address").0.parse().expect("a port");
        let proxy = Proxy::before(port);
        assert!(proxy.url(space.url()).contains(&proxy.port().to_string()));
        let through = || through(&proxy, &space);
        assert_eq!(ask_by(through(), "select 7;"), Ok("7".to_owned()));
        let sleep = if kind == Kind::Postgres { "select pg_sleep(60);" } else { "select sleep(60);" };
        thread::scope(|scope| {
            let began = Instant::now();
            let cut = scope.spawn(|| ask_by(through(), sleep));
            thread::sleep(Duration::from_millis(300));
            proxy.cut();
            assert!(cut.join().unwrap().is_err());
            assert!(began.elapsed() < Duration::from_secs(20));
        });
        assert_eq!(ask_by(through(), "select 8;"), Ok("8".to_owned()));
        proxy.refuse(true);
        assert!(ask_by(through(), "select 8;").is_err());
        proxy.refuse(false);
        proxy.stall(true);
        thread::scope(|scope| {
            let stalled = scope.spawn(|| ask_by(through(), "select 9;"));
            thread::sleep(Duration::from_millis(300));
            assert!(!stalled.is_finished());
            proxy.stall(false);
            assert_eq!(stalled.join().unwrap(), Ok("9".to_owned()));
        });
    });
}

/// Not a test: the work of the processes that another test starts.
#[test]
#[ignore = "run by others as a process of its own"]
fn prints_its_server() {
    let space = Space::open();
    println!("\nserver {}", space.url().split_once("@127.0.0.1:").expect("a server's address").1);
}

/// Starts this program as such a process.
const PRINTS_ITS_SERVER: [&str; 4] = ["--ignored", "--exact", "--nocapture", "prints_its_server"];

#[test]
fn processes_of_one_run_share_a_server_that_ends_with_the_run() {
    for kind in SERVERS {
        // two at the same moment, whose parent is the shell
        let mut run = Command::new("sh");
        run.args(["-c", r#""$0" "$@" & "$0" "$@" & wait"#]).arg(env::current_exe().expect("a program has a name"));
        let output = run.args(PRINTS_ITS_SERVER).env(testdb::VARIABLE, kind.name()).output().expect("a shell starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        if complaint.contains("is not installed") || complaint.contains("there is no user") {
            testdb::skip(format!("{} is not available", kind.name()));
            continue;
        }
        // the two write into one pipe, so what one says may stand within a line of the other
        let words = said.split("server ").skip(1).filter_map(|rest| rest.split_whitespace().next());
        let servers: Vec<&str> = words.filter(|word| word.contains('/')).collect();
        let [one, other] = servers[..] else { panic!("two show their server:\n{said}\n{complaint}") };
        assert_ne!(one, other, "each has its own location");
        let port = |server: &str| -> u16 { server.split_once('/').expect("a location").0.parse().expect("a port") };
        assert_eq!(port(one), port(other));
        wait_for("the server ends with the shell", || TcpStream::connect(("127.0.0.1", port(one))).is_err());
    }
}

#[test]
fn a_run_on_a_named_server_that_is_not_installed_fails() {
    let mut program = Command::new(env::current_exe().expect("a program has a name"));
    let output = program.args(PRINTS_ITS_SERVER).env(testdb::VARIABLE, "mysql").env("PATH", "/nowhere").output();
    let output = output.expect("the program runs");
    assert!(!output.status.success(), "{output:?}");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("HOLDFAST_TEST_DB is mysql, but MariaDB is not installed"), "{complaint}");
}
