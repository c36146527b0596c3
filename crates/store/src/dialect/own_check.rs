//! How each kind of database checks its own pages.

/// The check that a database has.
pub(crate) enum OwnCheck {
    /// This query reads every page and gives `ok`, or a line for each thing that is wrong.
    Pages(&'static str),
    /// This query gives the tables, which are checked one by one with `check table`.
    Tables(&'static str),
    /// This query gives the number of wrong checksums that were counted, if there are any.
    Counted(&'static str),
}

pub(super) const SQLITE: OwnCheck = OwnCheck::Pages("pragma integrity_check(100)");
pub(super) const MYSQL: OwnCheck = OwnCheck::Tables(
    "select table_name from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE' order by table_name",
);
pub(super) const POSTGRES: OwnCheck = OwnCheck::Counted(
    "select checksum_failures from pg_stat_database
    where datname = current_database() and checksum_failures > 0",
);
