//! Encrypted connections: which certificates are accepted, that no error contains a password, and that connecting ends in time.

use super::shop::*;
use crate::{
    DatabaseUrl, Db, Settings, Tx, args,
    url::{Remote, Tls},
};
use kernel::{Error, Result};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};
use testdb::{Kind, Server, Space};

/// How long a refusal may take, on a machine busy with other tests.
const REFUSED_WITHIN: Duration = Duration::from_secs(4);
/// How long connecting to a silent server may take, with time limits of one second.
const SILENT_FOR_MAX: Duration = Duration::from_secs(8);
/// The names of a server on this machine.
const HERE: &[&str] = &["localhost", "127.0.0.1"];

/// How PostgreSQL stores passwords.
const PROOF: &str = "select current_setting('password_encryption')";

/// The kind of server of this run; none on SQLite.
fn kind() -> Option<Kind> {
    let kind = testdb::wanted();
    if kind == Kind::Sqlite {
        testdb::skip("SQLite has no connection to encrypt");
        return None;
    }
    Some(kind)
}

/// A server that takes encrypted connections only, with a certificate for these names.
fn server(names: &[&str]) -> Option<Server> {
    Server::encrypted(kind()?, names).inspect_err(|missing| testdb::skip(missing)).ok()
}

/// The address of a space, changed.
fn changed(space: &Space, change: impl FnOnce(&mut Remote)) -> DatabaseUrl {
    let mut url = space.url().parse().unwrap();
    match &mut url {
        DatabaseUrl::Postgres(remote) | DatabaseUrl::MySql(remote) => change(remote),
        DatabaseUrl::Sqlite(_) => panic!("a file"),
    }
    url
}

fn trusting(roots: Option<PathBuf>) -> Tls {
    Tls::Verified { roots }
}

/// Opens a database, which must fail in time with C013 and without a password in the error.
fn refused(url: DatabaseUrl) -> String {
    let began = Instant::now();
    let refused = Db::open(settings(&url, hand())).map(|_| ()).expect_err("it is not to be opened");
    assert!(began.elapsed() < REFUSED_WITHIN, "it took {:?}", began.elapsed());
    checked_text(&refused)
}

fn checked_text(refused: &Error) -> String {
    let said = format!("{refused:?}");
    assert_eq!(refused.code().code(), "C013", "{said}");
    assert_eq!(refused.detail(), Some("the database cannot be reached"));
    assert!(!said.contains("secret") && !said.contains("geheim"), "{said}");
    said
}

/// The cipher of this connection, according to the server; empty when it is not encrypted.
fn cipher(tx: &mut Tx<'_>) -> Result<String> {
    let sql = match testdb::wanted() {
        Kind::MySql => {
            "select variable_value from information_schema.session_status where variable_name = 'Ssl_cipher'"
        }
        Kind::Sqlite | Kind::Postgres => {
            "select coalesce(max(cipher), '') from pg_stat_ssl where ssl and pid = pg_backend_pid()"
        }
    };
    tx.query_one(sql, args![], |row| row.get(0))
}

async fn works(space: Space, url: DatabaseUrl) {
    let shop = Shop::at(space, |settings| settings.url = url).await;
    shop.add("one").await.unwrap();
    assert_eq!(shop.labels().await, ["one"]);
    let (writing, reading) = (shop.db.write("cipher", cipher).await, shop.db.read("cipher", cipher).await);
    for cipher in [writing.unwrap(), reading.unwrap()] {
        assert!(cipher.starts_with("TLS_"), "encrypted with `{cipher}`");
    }
    if shop.space.kind() == Kind::Postgres {
        // it accepts no other kind of password
        let proof = shop.db.read("proof", |tx| tx.query_one(PROOF, args![], |row| row.get::<String>(0))).await;
        assert_eq!(proof.unwrap(), "scram-sha-256");
    }
}

#[tokio::test]
async fn a_shop_works_over_an_encrypted_connection_with_the_authority_it_was_given() {
    let Some(server) = server(HERE) else { return };
    let space = server.space();
    assert!(space.url().contains("sslmode=require&sslrootcert="));
    let by_address = space.url().parse().unwrap();
    works(space, by_address).await;
    let space = server.space();
    let by_name = changed(&space, |remote| remote.host = "localhost".to_owned());
    works(space, by_name).await;
}

#[tokio::test]
async fn a_user_and_password_beside_the_address_sign_in() {
    let Some(server) = server(HERE) else { return };
    let space = server.space();
    let bare = space.url().replace("holdfast:secret@", "");
    let url: DatabaseUrl = bare.parse().unwrap();
    works(space, url.signed_in("holdfast", "secret")).await;
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let Some(server) = server(HERE) else { return };
    let space = server.space();
    let untrusted = refused(changed(&space, |remote| remote.tls = trusting(None)));
    assert!(["UnknownIssuer", "trusts no authority"].iter().any(|why| untrusted.contains(why)), "{untrusted}");
}

#[test]
fn a_certificate_for_another_name_or_of_another_authority_is_refused() {
    let Some(server) = server(&["db.example"]) else { return };
    let space = server.space();
    for host in HERE {
        let mistaken = refused(changed(&space, |remote| remote.host = (*host).to_owned()));
        assert!(mistaken.contains("not valid for name"), "{mistaken}");
    }
    let other = Server::encrypted(space.kind(), HERE).expect("it is installed");
    let space_of_other = other.space();
    let not_trusted = refused(changed(&space_of_other, |remote| remote.tls = trusting(Some(server.authority()))));
    assert!(not_trusted.contains("invalid peer certificate"), "{not_trusted}");
}

#[test]
fn a_server_that_requires_encryption_refuses_a_connection_without() {
    let Some(server) = server(HERE) else { return };
    let plain = refused(changed(&server.space(), |remote| remote.tls = Tls::Off));
    assert!(["no encryption", "Access denied", "insecure transport"].iter().any(|why| plain.contains(why)), "{plain}");
}

#[test]
fn a_server_that_cannot_encrypt_gets_no_password() {
    let Some(kind) = kind() else { return };
    let space = Space::on(kind).expect("a space");
    let plain = refused(changed(&space, |remote| remote.tls = trusting(None)));
    assert!(
        ["does not support TLS", "does not have this capability", "UnknownIssuer"]
            .iter()
            .any(|why| plain.contains(why)),
        "{plain}"
    );
}

#[test]
fn a_wrong_password_is_refused_at_once_and_not_repeated() {
    let Some(server) = server(HERE) else { return };
    let space = server.space();
    for (user, password) in [("holdfast", "geheim"), ("nobody", "geheim"), ("holdfast", "")] {
        let wrong = refused(changed(&space, |remote| {
            (remote.user, remote.password) = (user.to_owned(), password.to_owned());
        }));
        let why = ["password authentication failed", "no pg_hba.conf entry", "password missing", "Access denied"];
        assert!(why.iter().any(|why| wrong.contains(why)), "{wrong}");
    }
}

#[test]
fn an_authority_that_cannot_be_read_is_named() {
    let Some(server) = server(HERE) else { return };
    let space = server.space();
    let empty = space.folder().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for file in [space.folder().join("missing.pem"), empty] {
        let unreadable = refused(changed(&space, |remote| remote.tls = trusting(Some(file.clone()))));
        assert!(unreadable.contains(&file.display().to_string()), "{unreadable}");
    }
}

/// The child process of the test below, whose machine trusts only one authority.
#[test]
#[ignore = "started by a test, as a process of its own"]
fn child_that_opens() {
    let url: DatabaseUrl = std::env::var("STORE_TEST_URL").unwrap().parse().unwrap();
    match Db::open(settings(&url, hand())) {
        Ok(_) => println!("opened"),
        Err(error) => println!("refused: {}", checked_text(&error)),
    }
}

#[test]
fn the_authorities_of_the_machine_count_when_none_is_given() {
    let Some(server) = server(HERE) else { return };
    let other = Server::encrypted(testdb::wanted(), &["db.example"]).expect("it is installed");
    let space = server.space();
    let open = |parameters: &str| {
        let url = space.url().replace(&format!("&sslrootcert={}", server.authority().display()), parameters);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::tls::child_that_opens", "--ignored", "--nocapture"])
            .env("STORE_TEST_URL", url)
            .env("SSL_CERT_FILE", server.authority())
            .env_remove("SSL_CERT_DIR")
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let (machines, others) = (open(""), open(&format!("&sslrootcert={}", other.authority().display())));
    // MySQL's driver has a list of its own
    let expected = if space.kind() == Kind::Postgres { "opened" } else { "UnknownIssuer" };
    assert!(machines.contains(expected), "{machines}");
    assert!(others.contains("invalid peer certificate"), "{others}");
}

/// A server that sends what a client needs before encryption begins, and then nothing more.
fn silent(kind: Kind) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let space = Space::on(kind).expect("a space");
    let url = changed(&space, |_| {});
    std::thread::spawn(move || {
        let _space = space;
        let mut silenced = Vec::new();
        for client in listener.incoming() {
            let (mut client, mut words) = (client.unwrap(), vec![0; 4_096]);
            let said = match &url {
                DatabaseUrl::MySql(remote) => {
                    let length = TcpStream::connect(("127.0.0.1", remote.port)).unwrap().read(&mut words).unwrap();
                    // the flags for what it supports, one of which is encryption
                    let version_ends = words[5..].iter().position(|byte| *byte == 0).unwrap() + 5;
                    words[version_ends + 15] |= 0x08;
                    words.truncate(length);
                    words
                }
                DatabaseUrl::Postgres(_) | DatabaseUrl::Sqlite(_) => b"S".to_vec(),
            };
            client.write_all(&said).unwrap();
            silenced.push(client);
        }
    });
    port
}

#[test]
fn connecting_to_a_server_that_falls_silent_before_encryption_ends() {
    let Some(kind) = kind() else { return };
    let port = silent(kind);
    let scheme = if kind == Kind::MySql { "mysql" } else { "postgres" };
    let url = format!("{scheme}://holdfast:geheim@127.0.0.1:{port}/shop?sslmode=require").parse().unwrap();
    let short = Duration::from_secs(1);
    let settings = Settings { connect_timeout: short, statement_timeout: short, ..settings(&url, hand()) };
    let began = Instant::now();
    let refused = Db::open(settings).map(|_| ()).expect_err("the server is silent");
    let why = checked_text(&refused);
    assert!(why.contains("it does not respond"), "{why}");
    assert!(began.elapsed() < SILENT_FOR_MAX, "it took {:?}", began.elapsed());
}
