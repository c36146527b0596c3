//! What every driver can do. One implementation per database; everything above knows only this.

use crate::{Arg, Dialect, Row};
use kernel::{Code, Error, Result};

/// Receives the rows of a query one by one, until it returns false.
pub(crate) type Each<'e> = &'e mut dyn FnMut(&Row<'_>) -> Result<bool>;

/// One connection to a database.
pub(crate) trait Connection {
    /// Which database this is.
    fn dialect(&self) -> Dialect;

    /// Runs a statement and returns how many rows it changed. An update counts the rows it matched.
    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64>;

    /// Inserts one row and returns its automatic id; `None` when `{on conflict ignore: …}` inserted nothing.
    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>>;

    /// Inserts rows that are all new. A driver may send them together with the next statement, which then returns a failure of
    /// these rows.
    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()>;

    /// Inserts rows by a statement that may leave some of them out or change existing ones. Returns how many rows it changed.
    fn exec_rows(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<u64> {
        self.exec(sql, &[Arg::Rows(rows)])
    }

    /// Runs a statement without returning the number of rows. A driver may send it together with the next statement, which
    /// then returns a failure of this one.
    fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        self.exec(sql, args).map(|_| ())
    }

    /// Calls `each` with the rows of a query until it returns false.
    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()>;

    /// Runs a text without arguments that is sent as it is, such as a step of a migration.
    fn run(&mut self, text: &str) -> Result<()>;

    /// Begins a part of the transaction that can be rolled back alone.
    fn begin_savepoint(&mut self, savepoint: &Savepoint) -> Result<()>;

    /// Ends that part and keeps it. A failure of a statement that was sent later is returned here at the latest.
    fn release_savepoint(&mut self, savepoint: &Savepoint) -> Result<()>;

    /// Rolls that part back.
    fn roll_back_to_savepoint(&mut self, savepoint: &Savepoint) -> Result<()>;

    /// Begins a read-only transaction that sees one unchanging state of the database.
    fn begin_reading(&mut self) -> Result<()>;

    /// Begins a job of one statement, which is a transaction by itself: nothing is sent before it and after it. Ended like any
    /// other job; a second statement fails.
    fn begin_single(&mut self) -> Result<()>;

    /// Ends the read-only transaction.
    fn end_reading(&mut self) -> Result<()>;

    /// Whether the transaction can go on.
    fn state(&self) -> TxState;

    /// Prepares the statement, for the test that prepares all of them.
    fn prepare(&mut self, sql: &'static str) -> Result<()>;

    /// Statements run so far, without those that begin, end or nest transactions.
    fn statements(&self) -> u64;

    /// How often this connection waited for its server; 0 for the embedded database.
    fn round_trips(&self) -> u64;

    /// The embedded driver, for tests of what only it can do.
    #[cfg(test)]
    fn embedded(&mut self) -> &mut crate::sqlite::Connected {
        panic!("this test is about SQLite")
    }
}

/// Whether a transaction can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TxState {
    Open,
    /// The database rolled it back because of other transactions. It may succeed if the job runs again.
    Retry(String),
    /// Its connection was lost, or the database ended it.
    Lost(String),
}

impl TxState {
    /// C013 if the transaction is no longer open.
    pub fn must_be_open(self) -> Result<()> {
        match self {
            TxState::Open => Ok(()),
            TxState::Retry(cause) | TxState::Lost(cause) => Err(transaction_lost(&cause)),
        }
    }
}

/// C013: the transaction is lost, and nothing of it is stored.
pub(crate) fn transaction_lost(cause: &str) -> Error {
    Code::Unavailable.error().retry_after(1).caused_by(format!("the transaction is lost: {cause}"))
}

/// What a connection to a server can do besides: each job has a transaction of its own.
pub(crate) trait Server: Connection + Send {
    /// Begins a transaction at READ COMMITTED.
    fn begin(&mut self) -> Result<()>;

    /// Commits. Unless the connection is lost, it can be used again.
    fn commit(&mut self) -> Committed;

    /// Rolls back.
    fn roll_back(&mut self) -> Result<()>;
}

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Committed {
    Done,
    /// Certainly not stored. It may succeed if the job runs again.
    Retry(Error),
    /// Certainly not stored.
    Refused(Error),
    /// The server never confirmed it: it may be stored or not.
    Unknown(Error),
}

/// The statements of one level of nesting. They are literals, so that they stay prepared.
pub(crate) struct Savepoint {
    pub begin: &'static str,
    pub release: &'static str,
    pub rollback: &'static str,
}

/// Level 0 is for the jobs that share a transaction; [`crate::Tx::attempt`] uses the others.
pub(crate) const SAVEPOINTS: [Savepoint; 4] = [
    Savepoint { begin: "savepoint job", release: "release savepoint job", rollback: "rollback to savepoint job" },
    Savepoint { begin: "savepoint part1", release: "release savepoint part1", rollback: "rollback to savepoint part1" },
    Savepoint { begin: "savepoint part2", release: "release savepoint part2", rollback: "rollback to savepoint part2" },
    Savepoint { begin: "savepoint part3", release: "release savepoint part3", rollback: "rollback to savepoint part3" },
];
