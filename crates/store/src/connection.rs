//! What every driver can do. One implementation per database; everything above knows only this.

use crate::{Arg, Dialect, Row};
use kernel::{Code, Error, Result};

/// Gives the rows of a query one by one until it says false.
pub(crate) type Each<'e> = &'e mut dyn FnMut(&Row<'_>) -> Result<bool>;

/// One connection to a database.
pub(crate) trait Connection {
    /// Which database speaks.
    fn dialect(&self) -> Dialect;

    /// Runs a statement; gives how many rows it changed. An update counts the rows it matched.
    fn exec(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64>;

    /// Inserts one row and gives its automatic id; `None` when `{on conflict ignore: …}` inserted nothing.
    fn insert(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<i64>>;

    /// Inserts rows that all are new. A driver may send them with the next statement; a failure then comes with that one.
    fn insert_all(&mut self, sql: &'static str, rows: Vec<Vec<Arg<'_>>>) -> Result<()>;

    /// Runs a statement whose count nobody needs. A driver may send it with the next one; a failure then comes with that one.
    fn exec_unseen(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<()> {
        self.exec(sql, args).map(|_| ())
    }

    /// Gives the rows of a query to `each` until that is false.
    fn query(&mut self, sql: &'static str, args: &[Arg<'_>], each: Each<'_>) -> Result<()>;

    /// Runs a text without arguments that is sent as it is, such as a step of a migration.
    fn run(&mut self, words: &str) -> Result<()>;

    /// Begins a part of the transaction that can be undone by itself.
    fn begin_part(&mut self, words: &Savepoint) -> Result<()>;

    /// Ends that part and keeps it. Whatever was not answered yet is, before this returns.
    fn keep_part(&mut self, words: &Savepoint) -> Result<()>;

    /// Undoes that part.
    fn undo_part(&mut self, words: &Savepoint) -> Result<()>;

    /// Begins a view that does not change, of which nothing can be written.
    fn begin_reading(&mut self) -> Result<()>;

    /// Ends it.
    fn end_reading(&mut self) -> Result<()>;

    /// Whether the transaction is still there.
    fn standing(&self) -> Standing;

    /// Whether the statement can be prepared, for the test that prepares them all.
    fn prepare(&mut self, sql: &'static str) -> Result<()>;

    /// Statements run so far, those that only hold a transaction together not counted.
    fn statements(&self) -> u64;

    /// Times the other side was waited for; 0 where there is no other side.
    fn round_trips(&self) -> u64;

    /// The embedded driver, for tests of what only it can do.
    #[cfg(test)]
    fn embedded(&mut self) -> &mut crate::sqlite::Connected {
        panic!("this test is about SQLite")
    }
}

/// How a transaction stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can go on.
    Open,
    /// The database rolled it back because of others; run again, it may succeed.
    Again(String),
    /// It is gone with its connection, or the database ended it.
    Gone(String),
}

impl Standing {
    /// An error for whoever goes on as if the transaction were there.
    pub fn must_be_open(self) -> Result<()> {
        match self {
            Standing::Open => Ok(()),
            Standing::Again(cause) | Standing::Gone(cause) => Err(gone(&cause)),
        }
    }
}

/// C013: the transaction is gone, and whatever it did with it.
pub(crate) fn gone(cause: &str) -> Error {
    Code::Unavailable.error().retry_after(1).caused_by(format!("the transaction is gone: {cause}"))
}

/// What a driver on a server can do besides: its transactions are its own.
pub(crate) trait Server: Connection {
    /// Begins a transaction at READ COMMITTED.
    fn begin(&mut self) -> Result<()>;

    /// Commits. The connection can then be used again, unless it is lost.
    fn commit(&mut self) -> Committed;

    /// Rolls back.
    fn roll_back(&mut self) -> Result<()>;
}

/// What became of a commit.
#[derive(Debug)]
pub(crate) enum Committed {
    /// Stored.
    Done,
    /// Certainly not stored; run again, it may succeed.
    Again(Error),
    /// Certainly not stored.
    Refused(Error),
    /// The answer never came: nobody knows.
    Unknown(Error),
}

/// The words of one level of nesting, as literals so that they stay prepared.
pub(crate) struct Savepoint {
    pub begin: &'static str,
    pub release: &'static str,
    pub rollback: &'static str,
}

/// Level 0 is the job itself where many share a transaction; [`crate::Tx::attempt`] uses the others.
pub(crate) const SAVEPOINTS: [Savepoint; 4] = [
    Savepoint { begin: "savepoint job", release: "release savepoint job", rollback: "rollback to savepoint job" },
    Savepoint { begin: "savepoint part1", release: "release savepoint part1", rollback: "rollback to savepoint part1" },
    Savepoint { begin: "savepoint part2", release: "release savepoint part2", rollback: "rollback to savepoint part2" },
    Savepoint { begin: "savepoint part3", release: "release savepoint part3", rollback: "rollback to savepoint part3" },
];
