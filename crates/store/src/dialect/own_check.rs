//! How each kind of database checks its own pages.

use crate::concatcp;

/// The check that a database has.
pub(crate) enum OwnCheck {
    /// This query gives the tables. `pragma quick_check` (thorough: `integrity_check`) reads every page of one and of its indexes,
    /// and gives `ok`, or a line for each thing that is wrong.
    Pages(&'static str),
    /// This query gives the tables and their bytes, for `check table`.
    Tables(&'static str),
    /// An extension checks tables and indexes one by one; the database itself only counts wrong checksums.
    Extension(Extension),
}

/// How PostgreSQL checks tables and indexes.
pub(crate) struct Extension {
    /// The number of wrong checksums that were counted, if there are any.
    pub counted: &'static str,
    /// The schema of the extension, if it is installed.
    pub installed: &'static str,
    /// A row if it could be installed.
    pub available: &'static str,
    pub install: &'static str,
    /// Indexes and tables, small ones first: the id, the name, whether it is an index.
    pub relations: &'static str,
}

/// The tables and indexes of this shop that can be checked, and whether one has so many bytes.
const RELATIONS: &str = "select cast(c.oid as bigint) as id, cast(c.relname as text) as name,
        cast(c.relkind = 'i' as integer) + cast(0 as bigint) as is_index, pg_relation_size(c.oid) >= ? as is_large
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_am a on a.oid = c.relam
    left join pg_index i on i.indexrelid = c.oid
    where n.nspname = current_schema() and c.relpersistence = 'p'
      and (c.relkind = 'r' or (c.relkind = 'i' and a.amname = 'btree' and i.indisvalid))
    order by c.relpages, c.relname";

impl Extension {
    /// Checks one relation, by its id, with the functions in `schema`. Without a fault a table gives no row; an index gives one, and
    /// an error when it is damaged.
    pub fn check(schema: &str, is_index: bool) -> String {
        match is_index {
            true => {
                format!("select '' from {schema}.bt_index_check(cast(cast(? as bigint) as regclass), true) checked")
            }
            false => format!("select msg from {schema}.verify_heapam(cast(cast(? as bigint) as regclass)) limit 100"),
        }
    }

    /// Checks all relations with fewer than so many bytes in one statement. A row is a fault without a name, or a larger relation as
    /// `relations` gives it. An error is a fault, too.
    pub fn check_small(schema: &str) -> String {
        // `offset 0` keeps what is called from being called where it is not wanted, or twice
        format!(
            "select f.id, case when f.fault <> '' then null else f.name end, f.is_index from (
                select r.id, r.name, r.is_index, r.is_large, case
                    when r.is_large then ''
                    when r.is_index = 1 then cast({schema}.bt_index_check(cast(r.id as regclass), true) as text)
                    else (select min(msg) from {schema}.verify_heapam(cast(r.id as regclass))) end as fault
                from ({RELATIONS} offset 0) r offset 0
            ) f where f.is_large or f.fault <> ''"
        )
    }

    /// Whether an error says that the relation is damaged: the class "internal error" of codes.
    pub fn is_damage(error: &str) -> bool {
        error.contains("XX00")
    }
}

pub(super) const SQLITE: OwnCheck =
    OwnCheck::Pages("select name from sqlite_schema where type = 'table' order by name");
pub(super) const MYSQL: OwnCheck = OwnCheck::Tables(
    "select table_name, cast(coalesce(data_length + index_length, 0) as signed) from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE' order by table_name",
);
pub(super) const POSTGRES: OwnCheck = OwnCheck::Extension(Extension {
    counted: "select checksum_failures from pg_stat_database
        where datname = current_database() and checksum_failures > 0",
    installed: "select format('%I', n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        join pg_proc p on p.pronamespace = n.oid and p.proname = 'bt_index_check' and p.pronargs = 2
        where e.extname = 'amcheck' and has_function_privilege(p.oid, 'execute')",
    available: "select name from pg_available_extensions where name = 'amcheck' and installed_version is null",
    install: "create extension if not exists amcheck",
    relations: concatcp!("select id, name, is_index from (", RELATIONS, ") r"),
});
