//! The differences between the databases. Statements are written once, in a portable subset of SQL, with `?` and the tokens
//! below; this file renders them for each database.
//!
//! | token | meaning |
//! |---|---|
//! | `?` | one scalar argument |
//! | `([?])` | the values of one [`Arg::List`] |
//! | `[(?, ?)]` | the tuples of one [`Arg::Rows`] |
//! | `[case column]` | `case column when ? then ? … end` over one [`Arg::Pairs`] |
//! | `{id}` | type of an automatic 64-bit primary key |
//! | `{text}` | type of unlimited text |
//! | `{table}` | options after the closing bracket of `create table` |
//! | `{clustered}` | the same for rows that lie in the order of their primary key and are read by its beginning |
//! | `{where: condition}` | at the end of `create index`: only these rows; MySQL indexes all rows |
//! | `{bigint}` | type name in `cast(… as {bigint})` |
//! | `{for update}`, `{for update skip locked}`, `{for share}` | row locks; empty on SQLite, which has only one writer |
//! | `{on conflict ignore: column}` | a row that breaks a unique key is not inserted; `column` is any column of the table |
//! | `{on conflict (a, b): x = new.x}` | … updates the existing row instead |
//! | `{position}` | the column with the sequence number of an event: the id where commits become visible in the order of ids |
//! | `{servers: …}`, `{sqlite: …}` | a step of a migration that SQLite does not need, or only SQLite |
//! | `{drop index: name on table}` | a step of a migration that drops an index |
//! | `{drop unique: column on table}` | drops a unique key that a table was declared with; empty on SQLite, where the table is made anew |
//! | `{like}` | pattern match that ignores (ASCII) case |
//! | `{greatest}` | the function for the larger of two values |

mod catalog;
mod own_check;

use crate::Arg;
pub(crate) use catalog::Catalog;
pub(crate) use own_check::{Extension, OwnCheck};
use std::{fmt::Write, time::Duration};

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL 15 and what speaks its protocol.
    Postgres,
    /// MySQL 8, MariaDB 10.11 and what speaks their protocol.
    MySql,
}

impl Dialect {
    /// Every dialect, for tests that render a statement for all of them.
    pub const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql];

    /// The statement in this dialect. `args` decide how often lists, rows and pairs are repeated.
    ///
    /// # Panics
    /// On an unknown token or when a list token has no list argument: a bug in the statement, found by the test that
    /// prepares every statement.
    pub fn render(self, sql: &str, args: &[Arg<'_>]) -> String {
        Renderer { dialect: self, out: String::with_capacity(sql.len() + 32), placeholders: 0 }.run(sql, args)
    }

    /// The final text of a rendered step of a migration. It makes PostgreSQL compare and sort text byte by byte, as the other
    /// databases do, whatever the locale of the database.
    pub(crate) fn schema_step(self, step: &str) -> String {
        let declares = ["create table", "alter table"].iter().any(|words| step.starts_with(words));
        match self {
            Dialect::Postgres if declares => with_c_collation(step),
            Dialect::Sqlite | Dialect::MySql | Dialect::Postgres => step.to_owned(),
        }
    }

    /// Whether transactions become visible in the order in which their rows got their ids: only where there is one writer.
    pub(crate) fn commits_in_order(self) -> bool {
        match self {
            Dialect::Sqlite => true,
            Dialect::Postgres | Dialect::MySql => false,
        }
    }

    /// Whether a snapshot that shows a transaction shows every one that had committed before it. MariaDB reads which transactions
    /// are under way one after the other: one that ends meanwhile is missing, and another one that waited for it and ends, too,
    /// is not. A snapshot that begins afterwards shows both.
    pub(crate) fn snapshots_follow_commits(self) -> bool {
        match self {
            Dialect::Sqlite | Dialect::Postgres => true,
            Dialect::MySql => false,
        }
    }

    /// Whether the database can roll back changes of the schema; if not, each step of a migration is recorded.
    pub(crate) fn changes_schema_in_transactions(self) -> bool {
        match self {
            Dialect::Sqlite | Dialect::Postgres => true,
            Dialect::MySql => false,
        }
    }

    /// A statement that takes the lock for changing the schema, until the connection is closed, so that one instance at a time
    /// changes it. SQLite needs none, because it has only one writer.
    pub(crate) fn schema_lock(self) -> Option<&'static str> {
        match self {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some("select pg_advisory_lock(hashtext(coalesce(current_schema(), '')))"),
            Dialect::MySql => Some("select get_lock(concat('holdfast ', left(database(), 50)), 3600)"),
        }
    }

    /// A query for the encoding of the database, where a database may have one in which long Korean names do not fit their columns: it must
    /// be `UTF8`.
    pub(crate) fn encoding(self) -> Option<&'static str> {
        match self {
            Dialect::Sqlite | Dialect::MySql => None,
            Dialect::Postgres => {
                Some("select pg_encoding_to_char(encoding) from pg_database where datname = current_database()")
            }
        }
    }

    /// How soon an instance looks for events of others while there are some; the pause grows while there are none. Its own
    /// commits wake it at once. On SQLite the others are only commands that are run beside the server.
    pub(crate) fn poll_interval(self) -> Duration {
        match self {
            Dialect::Sqlite => Duration::from_millis(500),
            Dialect::Postgres | Dialect::MySql => Duration::from_millis(50),
        }
    }

    /// The default numbers of reading and writing threads. On a server a thread mostly waits for results.
    pub(crate) fn threads(self) -> (usize, usize) {
        match self {
            Dialect::Sqlite => (2, 1),
            Dialect::Postgres | Dialect::MySql => (8, 16),
        }
    }

    /// How long a job is retried before it fails. With the one writer of SQLite no job conflicts with another.
    pub(crate) fn retries_for(self) -> Duration {
        match self {
            Dialect::Sqlite => Duration::ZERO,
            Dialect::Postgres | Dialect::MySql => Duration::from_secs(10),
        }
    }

    /// How the database checks its own pages.
    pub(crate) fn own_check(self) -> OwnCheck {
        match self {
            Dialect::Sqlite => own_check::SQLITE,
            Dialect::Postgres => own_check::POSTGRES,
            Dialect::MySql => own_check::MYSQL,
        }
    }

    /// The queries for the schema of a database.
    pub(crate) fn catalog(self) -> Catalog {
        match self {
            Dialect::Sqlite => catalog::SQLITE,
            Dialect::Postgres => catalog::POSTGRES,
            Dialect::MySql => catalog::MYSQL,
        }
    }

    /// A statement that makes automatic ids continue after the largest one, needed after rows were inserted with given ids.
    /// `None` where the database does that itself.
    pub(crate) fn advance_automatic_ids(self, table: &str, column: &str) -> Option<String> {
        match self {
            Dialect::Sqlite | Dialect::MySql => None,
            Dialect::Postgres => Some(format!(
                "select setval(pg_get_serial_sequence('{table}', '{column}'), \
                 greatest(coalesce(max({column}), 1), 1), max({column}) is not null) from {table}"
            )),
        }
    }

    fn token(self, token: &str) -> &'static str {
        match (token, self) {
            ("id", Dialect::Sqlite) => "integer primary key",
            ("id", Dialect::Postgres) => "bigint generated by default as identity primary key",
            ("id", Dialect::MySql) => "bigint not null auto_increment primary key",
            ("text", Dialect::Sqlite | Dialect::Postgres) => "text",
            ("text", Dialect::MySql) => "longtext",
            ("table", Dialect::Sqlite | Dialect::Postgres) => "",
            ("table" | "clustered", Dialect::MySql) => "engine=InnoDB default charset=utf8mb4 collate=utf8mb4_bin",
            ("clustered", Dialect::Sqlite) => "without rowid",
            ("clustered", Dialect::Postgres) => "",
            ("bigint", Dialect::Sqlite | Dialect::Postgres) => "bigint",
            ("bigint", Dialect::MySql) => "signed",
            ("for update" | "for update skip locked" | "for share", Dialect::Sqlite) => "",
            ("for update", Dialect::Postgres | Dialect::MySql) => "for update",
            ("for update skip locked", Dialect::Postgres | Dialect::MySql) => "for update skip locked",
            ("for share", Dialect::Postgres) => "for share",
            // MariaDB has no other syntax for it, and MySQL still supports it
            ("for share", Dialect::MySql) => "lock in share mode",
            ("position", Dialect::Sqlite) => "id",
            ("position", Dialect::Postgres | Dialect::MySql) => "position",
            ("like", Dialect::Sqlite) => "like",
            // the collation of the tables distinguishes upper and lower case
            ("like", Dialect::MySql) => "collate utf8mb4_general_ci like",
            ("like", Dialect::Postgres) => "ilike",
            ("greatest", Dialect::Sqlite) => "max",
            ("greatest", Dialect::Postgres | Dialect::MySql) => "greatest",
            (other, _) => panic!("unknown token {{{other}}} in a statement"),
        }
    }
}

/// Adds `collate "C"` to every text column. The first word of a column's declaration is its name, even if that is `text`.
fn with_c_collation(step: &str) -> String {
    let mut out = String::with_capacity(step.len() + 256);
    let mut before = "";
    for word in step.split_inclusive([' ', ',', '\n']) {
        let bare = word.trim_end_matches([' ', ',', '\n']);
        let is_name = before.ends_with([',', '(']) || before == "column";
        let is_text = bare == "text" || (bare.starts_with("varchar(") && bare.ends_with(')'));
        out.push_str(bare);
        if is_text && !is_name {
            out.push_str(" collate \"C\"");
        }
        out.push_str(&word[bare.len()..]);
        let seen = word.trim_end_matches([' ', '\n']);
        before = if seen.is_empty() { before } else { seen };
    }
    out
}

struct Renderer {
    dialect: Dialect,
    out: String,
    placeholders: usize,
}

impl Renderer {
    fn run(mut self, sql: &str, args: &[Arg<'_>]) -> String {
        let mut args = args.iter();
        let mut rest = sql;
        while let Some(at) = rest.find(['?', '{', '[', '\'', '-']) {
            self.out.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = match rest.as_bytes()[0] {
                b'?' => {
                    args.next();
                    self.placeholder();
                    1
                }
                b'\'' => {
                    let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
                    self.out.push_str(&rest[..end]);
                    end
                }
                // a comment may hold an apostrophe or a token; it says nothing to the database
                b'-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
                b'-' => {
                    self.out.push('-');
                    1
                }
                b'{' => {
                    let end = rest.find('}').expect("a token ends with }");
                    self.token(&rest[1..end]);
                    end + 1
                }
                _ => {
                    let end = rest.find(']').expect("a list token ends with ]");
                    self.list(&rest[1..end], args.next());
                    end + 1
                }
            };
            rest = &rest[taken..];
        }
        self.out.push_str(rest);
        self.out
    }

    fn placeholder(&mut self) {
        self.placeholders += 1;
        match self.dialect {
            Dialect::Sqlite | Dialect::MySql => self.out.push('?'),
            Dialect::Postgres => write!(self.out, "${}", self.placeholders).expect("a string takes everything"),
        }
    }

    fn token(&mut self, token: &str) {
        if let Some(statement) = token.strip_prefix("servers:") {
            match self.dialect {
                Dialect::Sqlite => {}
                Dialect::Postgres | Dialect::MySql => self.out.push_str(statement.trim()),
            }
        } else if let Some(statement) = token.strip_prefix("sqlite:") {
            match self.dialect {
                Dialect::Sqlite => self.out.push_str(statement.trim()),
                Dialect::Postgres | Dialect::MySql => {}
            }
        } else if let Some(condition) = token.strip_prefix("where:") {
            match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => self.out.push_str(&format!("where {}", condition.trim())),
                Dialect::MySql => {}
            }
        } else if let Some(index) = token.strip_prefix("drop index:") {
            let (name, table) = index.trim().split_once(" on ").expect("{drop index: name on table}");
            match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => self.out.push_str(&format!("drop index {name}")),
                Dialect::MySql => self.out.push_str(&format!("drop index {name} on {table}")),
            }
        } else if let Some(key) = token.strip_prefix("drop unique:") {
            let (column, table) = key.trim().split_once(" on ").expect("{drop unique: column on table}");
            match self.dialect {
                Dialect::Sqlite => {}
                Dialect::Postgres => {
                    self.out.push_str(&format!("alter table {table} drop constraint {table}_{column}_key"))
                }
                Dialect::MySql => self.out.push_str(&format!("alter table {table} drop index {column}")),
            }
        } else if let Some(column) = token.strip_prefix("on conflict ignore:") {
            let column = column.trim();
            match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => self.out.push_str("on conflict do nothing"),
                Dialect::MySql => self.out.push_str(&format!("on duplicate key update {column} = {column}")),
            }
        } else if let Some(rule) = token.strip_prefix("on conflict (") {
            let (columns, set) = rule.split_once("):").expect("{on conflict (columns): assignments}");
            self.upsert(columns, set.trim());
        } else {
            self.out.push_str(self.dialect.token(token));
        }
    }

    fn upsert(&mut self, columns: &str, set: &str) {
        match self.dialect {
            Dialect::Sqlite | Dialect::Postgres => {
                let set = set.replace("new.", "excluded.");
                self.out.push_str(&format!("on conflict ({columns}) do update set {set}"));
            }
            Dialect::MySql => {
                self.out.push_str("on duplicate key update ");
                let mut rest = set;
                while let Some(at) = rest.find("new.") {
                    self.out.push_str(&rest[..at]);
                    rest = &rest[at + 4..];
                    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                    self.out.push_str(&format!("values({})", &rest[..end]));
                    rest = &rest[end..];
                }
                self.out.push_str(rest);
            }
        }
    }

    fn list(&mut self, token: &str, arg: Option<&Arg<'_>>) {
        match (token, arg) {
            ("?", Some(Arg::List(values))) => self.repeat(padded(values.len()), Renderer::placeholder),
            ("?", None) => self.placeholder(),
            (tuple, Some(Arg::Rows(rows))) if tuple.starts_with('(') => self.repeat(rows.len(), |r| r.tuple(tuple)),
            (tuple, None) if tuple.starts_with('(') => self.tuple(tuple),
            (case, Some(Arg::Pairs(pairs))) if case.starts_with("case ") => self.case(case, padded(pairs.len())),
            (case, None) if case.starts_with("case ") => self.case(case, 1),
            (token, arg) => panic!("[{token}] was given {arg:?}"),
        }
    }

    fn case(&mut self, case: &str, pairs: usize) {
        self.out.push_str(case);
        for _ in 0..pairs {
            self.out.push_str(" when ");
            self.placeholder();
            self.out.push_str(" then cast(");
            self.placeholder();
            self.out.push_str(&format!(" as {})", self.dialect.token("bigint")));
        }
        self.out.push_str(" end");
    }

    fn tuple(&mut self, tuple: &str) {
        for part in tuple.split_inclusive('?') {
            self.out.push_str(part.trim_end_matches('?'));
            if part.ends_with('?') {
                self.placeholder();
            }
        }
    }

    fn repeat(&mut self, times: usize, mut one: impl FnMut(&mut Self)) {
        for n in 0..times {
            if n > 0 {
                self.out.push_str(", ");
            }
            one(self);
        }
    }
}

/// How many placeholders a list of `len` values gets: the next power of two, so that few distinct statements exist. The
/// last value is repeated to fill them; an empty list becomes one null.
pub(crate) fn padded(len: usize) -> usize {
    len.max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(sql: &str, args: &[Arg<'_>]) -> [String; 3] {
        Dialect::ALL.map(|dialect| dialect.render(sql, args))
    }

    #[test]
    fn placeholders_are_numbered_on_postgres_and_quotes_are_left_alone() {
        let [sqlite, postgres, mysql] = all("select '?', a from t where b = ? and c = ?", &[Arg::Int(1), Arg::Int(2)]);
        assert_eq!(sqlite, "select '?', a from t where b = ? and c = ?");
        assert_eq!(postgres, "select '?', a from t where b = $1 and c = $2");
        assert_eq!(mysql, sqlite);
    }

    #[test]
    fn an_index_is_dropped_from_its_table() {
        let [sqlite, postgres, mysql] = all("{drop index: shelves_note on shelves}", &[]);
        assert_eq!((sqlite.as_str(), postgres.as_str()), ("drop index shelves_note", "drop index shelves_note"));
        assert_eq!(mysql, "drop index shelves_note on shelves");
    }

    #[test]
    fn a_unique_key_is_dropped_where_a_table_can_lose_one() {
        let [sqlite, postgres, mysql] = all("{drop unique: note on shelves}", &[]);
        assert_eq!((sqlite.as_str(), mysql.as_str()), ("", "alter table shelves drop index note"));
        assert_eq!(postgres, "alter table shelves drop constraint shelves_note_key");
    }

    #[test]
    fn a_table_is_clustered_and_an_index_partial_where_the_database_can() {
        let [sqlite, postgres, mysql] = all("create table t (a bigint not null primary key) {clustered}", &[]);
        assert!(sqlite.ends_with(") without rowid") && postgres.ends_with(") ") && mysql.contains("InnoDB"));
        let [sqlite, postgres, mysql] = all("create index i on t (a) {where: a is not null}", &[]);
        assert_eq!((sqlite.as_str(), postgres.as_str()), ("create index i on t (a) where a is not null", &*sqlite));
        assert_eq!(mysql, "create index i on t (a) ");
        assert_eq!(all("{sqlite: drop table if exists t}", &[]), ["drop table if exists t", "", ""]);
    }

    #[test]
    fn comments_are_left_out() {
        let [sqlite, ..] = all("select a - b -- the shop's {nonsense}; really?\n from t", &[]);
        assert_eq!(sqlite, "select a - b \n from t");
        assert_eq!(all("-- only this", &[])[0], "");
    }

    #[test]
    fn lists_are_padded_to_powers_of_two() {
        let three = Arg::List(vec![Arg::Int(1), Arg::Int(2), Arg::Int(3)]);
        let [sqlite, postgres, _] = all("a in ([?]) and b = ?", &[three, Arg::Int(9)]);
        assert_eq!(sqlite, "a in (?, ?, ?, ?) and b = ?");
        assert_eq!(postgres, "a in ($1, $2, $3, $4) and b = $5");
        assert_eq!(all("a in ([?])", &[Arg::List(vec![])])[0], "a in (?)");
    }

    #[test]
    fn rows_are_repeated_exactly() {
        let rows = Arg::Rows(vec![vec![Arg::Int(1), Arg::Int(2)]; 3]);
        let [sqlite, postgres, _] = all("insert into t (a, b) values [(?, ?)]", &[rows]);
        assert_eq!(sqlite, "insert into t (a, b) values (?, ?), (?, ?), (?, ?)");
        assert_eq!(postgres, "insert into t (a, b) values ($1, $2), ($3, $4), ($5, $6)");
    }

    #[test]
    fn pairs_become_a_case_with_typed_results() {
        let [sqlite, postgres, mysql] =
            all("set n = n - [case id] where x = ?", &[Arg::Pairs(vec![(1, 2)]), Arg::Int(3)]);
        assert_eq!(sqlite, "set n = n - case id when ? then cast(? as bigint) end where x = ?");
        assert_eq!(postgres, "set n = n - case id when $1 then cast($2 as bigint) end where x = $3");
        assert_eq!(mysql, "set n = n - case id when ? then cast(? as signed) end where x = ?");
    }

    #[test]
    fn locks_are_empty_on_sqlite() {
        let [sqlite, postgres, mysql] = all("select a from t {for update skip locked}", &[]);
        assert_eq!(sqlite, "select a from t ");
        assert_eq!(postgres, "select a from t for update skip locked");
        assert_eq!(mysql, postgres);
    }

    #[test]
    fn a_sequence_number_is_the_id_only_where_commits_are_in_order() {
        let [sqlite, postgres, mysql] = all("select {position} from t {for share}", &[]);
        assert_eq!(sqlite, "select id from t ");
        assert_eq!(postgres, "select position from t for share");
        assert_eq!(mysql, "select position from t lock in share mode");
        let [sqlite, postgres, _] = all("{servers: alter table t add column position bigint};", &[]);
        assert_eq!((sqlite.as_str(), postgres.as_str()), (";", "alter table t add column position bigint;"));
    }

    #[test]
    fn conflicts_are_rendered_for_each_database() {
        let [sqlite, postgres, mysql] = all("insert into t (a) values (?) {on conflict ignore: a}", &[Arg::Int(1)]);
        assert_eq!(sqlite, "insert into t (a) values (?) on conflict do nothing");
        assert_eq!(postgres, "insert into t (a) values ($1) on conflict do nothing");
        assert_eq!(mysql, "insert into t (a) values (?) on duplicate key update a = a");
        let [sqlite, _, mysql] = all("insert into t (a, n) values (?, ?) {on conflict (a): n = t.n + new.n}", &[]);
        assert_eq!(sqlite, "insert into t (a, n) values (?, ?) on conflict (a) do update set n = t.n + excluded.n");
        assert_eq!(mysql, "insert into t (a, n) values (?, ?) on duplicate key update n = t.n + values(n)");
    }

    #[test]
    fn text_is_sorted_by_bytes_whatever_the_locale_of_the_database() {
        let sent = |step: &str| Dialect::Postgres.schema_step(&Dialect::Postgres.render(step, &[]));
        let table = sent("create table t (\n  text varchar(9) not null unique,\n  b {text}, n bigint) {table}");
        let wanted =
            "create table t (\n  text varchar(9) collate \"C\" not null unique,\n  b text collate \"C\", n bigint) ";
        assert_eq!(table, wanted);
        assert_eq!(sent("alter table t add column text {text}"), "alter table t add column text text collate \"C\"");
        assert_eq!(sent("insert into t (a, text) values (1, 'b')"), "insert into t (a, text) values (1, 'b')");
    }

    #[test]
    fn column_types_are_rendered() {
        let [sqlite, postgres, mysql] = all("create table t (id {id}, body {text}) {table}", &[]);
        assert_eq!(sqlite, "create table t (id integer primary key, body text) ");
        assert_eq!(postgres, "create table t (id bigint generated by default as identity primary key, body text) ");
        assert!(mysql.contains("auto_increment") && mysql.contains("longtext") && mysql.ends_with("utf8mb4_bin"));
    }

    #[test]
    #[should_panic(expected = "unknown token")]
    fn an_unknown_token_is_a_bug() {
        let _ = Dialect::Sqlite.render("select {nonsense}", &[]);
    }
}
