//! The address of a database: `sqlite:PATH`, `postgres://…` or `mysql://…`.

use crate::Dialect;
use kernel::{Code, Error, Result};
use percent_encoding::percent_decode_str;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{fmt, path::PathBuf, str::FromStr};
use url::Url;

/// The address of a database. It is displayed without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server, or one with the same protocol.
    Postgres(Remote),
    /// A MySQL or MariaDB server, or one with the same protocol.
    MySql(Remote),
}

/// A database on a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    /// Name or address of the machine.
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Empty for none.
    pub password: String,
    pub database: String,
    /// PostgreSQL's `options`, such as `-csearch_path=shop`; empty for none.
    pub options: String,
    /// Whether and how the connection is encrypted.
    pub tls: Tls,
}

/// Whether a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not encrypted. The default for addresses of this machine.
    Off,
    /// Encrypted, and the server must prove its name by a certificate. The default for other addresses.
    Verified {
        /// A PEM file with the trusted authorities. For PostgreSQL only these are trusted, or without a file those of this
        /// machine. The driver for MySQL always trusts the list of Mozilla too, and never that of this machine.
        roots: Option<PathBuf>,
    },
}

impl Tls {
    /// The authorities in the file, at least one; `None` when no file is named. The error names the file.
    pub(crate) fn authorities(&self) -> std::result::Result<Option<Vec<CertificateDer<'static>>>, String> {
        let Tls::Verified { roots: Some(file) } = self else { return Ok(None) };
        let unreadable = |why: &dyn fmt::Display| format!("sslrootcert {}: {why}", file.display());
        let certificates = CertificateDer::pem_file_iter(file).map_err(|e| unreadable(&e))?;
        let certificates: Vec<_> = certificates.collect::<std::result::Result<_, _>>().map_err(|e| unreadable(&e))?;
        if certificates.is_empty() { Err(unreadable(&"it holds no certificate")) } else { Ok(Some(certificates)) }
    }
}

impl DatabaseUrl {
    /// The kind of database.
    pub fn dialect(&self) -> Dialect {
        match self {
            DatabaseUrl::Sqlite(_) => Dialect::Sqlite,
            DatabaseUrl::Postgres(_) => Dialect::Postgres,
            DatabaseUrl::MySql(_) => Dialect::MySql,
        }
    }

    /// The same address with this user and password. An empty text keeps what the address contains. No effect on a file.
    pub fn signed_in(mut self, user: &str, password: &str) -> DatabaseUrl {
        if let DatabaseUrl::Postgres(remote) | DatabaseUrl::MySql(remote) = &mut self {
            for (mine, given) in [(&mut remote.user, user), (&mut remote.password, password)] {
                if !given.is_empty() {
                    given.clone_into(mine);
                }
            }
        }
        self
    }

    /// Why the file of `sslrootcert` cannot be used, if there is one.
    pub fn check_authority(&self) -> std::result::Result<(), String> {
        match self {
            DatabaseUrl::Sqlite(_) => Ok(()),
            DatabaseUrl::Postgres(remote) | DatabaseUrl::MySql(remote) => remote.tls.authorities().map(drop),
        }
    }

    /// The path of a SQLite file; `None` for a server.
    pub fn file(&self) -> Option<&PathBuf> {
        match self {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::Postgres(_) | DatabaseUrl::MySql(_) => None,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = Error;

    /// C002 with a sentence that never contains a password.
    fn from_str(text: &str) -> Result<DatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return if path.is_empty() { Err(wrong("it names no file")) } else { Ok(DatabaseUrl::Sqlite(path.into())) };
        }
        let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
        match url.scheme() {
            "postgres" | "postgresql" => Remote::of(&url, 5432).map(DatabaseUrl::Postgres),
            "mysql" | "mariadb" => Remote::of(&url, 3306).map(DatabaseUrl::MySql),
            other => Err(wrong(&format!("{other}: is none of sqlite:, postgres: and mysql:"))),
        }
    }
}

impl Remote {
    fn of(url: &Url, port: u16) -> Result<Remote> {
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        let database = decoded(url.path().trim_start_matches('/'))?;
        if database.is_empty() || database.contains('/') {
            return Err(wrong("it names no database"));
        }
        let (mut mode, mut roots, mut options) = (None, None, String::new());
        for (name, value) in url.query_pairs() {
            match &*name {
                "sslmode" => mode = Some(value.into_owned()),
                "sslrootcert" => roots = Some(PathBuf::from(value.into_owned())),
                "options" if url.scheme().starts_with("postgres") => options = value.into_owned(),
                other => return Err(wrong(&format!("it has an unknown parameter {other}"))),
            }
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match mode.as_deref() {
            None if is_this_machine(&host) && roots.is_none() => Tls::Off,
            None | Some("require" | "verify-ca" | "verify-full") => Tls::Verified { roots },
            Some("disable") => Tls::Off,
            Some(_) => return Err(wrong("sslmode is neither disable nor require")),
        };
        Ok(Remote {
            host,
            port: url.port().unwrap_or(port),
            user: decoded(url.username())?,
            password: decoded(url.password().unwrap_or_default())?,
            database,
            options,
            tls,
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| wrong("a part of it is not UTF-8"))?;
    Ok(decoded.into_owned())
}

fn wrong(why: &str) -> Error {
    Code::InvalidInput.because(format!("the address of the database is wrong: {why}"))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            DatabaseUrl::Postgres(remote) => write!(f, "postgres://{remote}"),
            DatabaseUrl::MySql(remote) => write!(f, "mysql://{remote}"),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> Remote {
        match text.parse().unwrap() {
            DatabaseUrl::Postgres(remote) | DatabaseUrl::MySql(remote) => remote,
            DatabaseUrl::Sqlite(_) => panic!("a file"),
        }
    }

    #[test]
    fn every_kind_of_address_is_read() {
        assert_eq!("sqlite:a/b.db".parse::<DatabaseUrl>().unwrap(), DatabaseUrl::Sqlite("a/b.db".into()));
        let shop = remote("postgres://kim:p%40ss%2Fword@db.example/shop?options=-csearch_path%3Dt1");
        assert_eq!((shop.user.as_str(), shop.password.as_str(), shop.port), ("kim", "p@ss/word", 5432));
        assert_eq!((shop.database.as_str(), shop.options.as_str()), ("shop", "-csearch_path=t1"));
        assert_eq!(remote("mysql://db.example:3307/shop").port, 3307);
    }

    #[test]
    fn a_connection_to_another_machine_is_encrypted_unless_the_address_says_otherwise() {
        assert_eq!(remote("postgres://db.example/shop").tls, Tls::Verified { roots: None });
        assert_eq!(remote("postgres://127.0.0.1/shop").tls, Tls::Off);
        assert_eq!(remote("mysql://[::1]/shop").tls, Tls::Off);
        assert_eq!(remote("mysql://db.example/shop?sslmode=disable").tls, Tls::Off);
        let roots = Some("ca.pem".into());
        assert_eq!(remote("mysql://localhost/shop?sslmode=require&sslrootcert=ca.pem").tls, Tls::Verified { roots });
    }

    #[test]
    fn a_wrong_address_is_refused_without_showing_its_password() {
        for text in ["", "shop.db", "sqlite:", "oracle://u:geheim@h/d", "postgres://u:geheim@h", "mysql:///d"] {
            let refused = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!format!("{refused:?}").contains("geheim"), "{refused:?}");
        }
        for wrong in ["sslmode=maybe", "colour=red"] {
            assert!(format!("postgres://u:geheim@h/d?{wrong}").parse::<DatabaseUrl>().is_err());
        }
        let url: DatabaseUrl = "mysql://u:geheim@h/d".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "mysql://u@h:3306/d mysql://u@h:3306/d");
    }

    #[test]
    fn credentials_beside_the_address_win() {
        let url: DatabaseUrl = "postgres://a:b@h/d".parse().unwrap();
        let DatabaseUrl::Postgres(remote) = url.signed_in("kim", "") else { panic!("a server") };
        assert_eq!((remote.user.as_str(), remote.password.as_str()), ("kim", "b"));
    }
}
