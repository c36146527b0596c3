//! Rows into the database: repeated while it is busy, and undone in a dry run.

use kernel::{Code, Error, Result};
use parking_lot::Mutex;
use std::{sync::Arc, thread, time::Duration};
use store::{Db, Tx};

/// Attempts at storing the same rows while the database is busy or failing.
const ATTEMPTS_MAX: u32 = 50;
/// Time between two attempts.
const BACKOFF: Duration = Duration::from_millis(100);

/// Runs `job` until it is known what became of it; of a dry run nothing stays. Blocking. The job must have no effect when what it stores
/// is stored already, because it runs again after an outcome that is not known.
pub fn write<T: Send + 'static>(
    db: &Db,
    name: &'static str,
    dry_run: bool,
    job: impl Fn(&mut Tx<'_>) -> Result<T> + Clone + Send + 'static,
) -> Result<T> {
    let mut attempts = 1;
    loop {
        let stored = match dry_run {
            true => tried(db, name, job.clone()),
            false => db.write_blocking(name, job.clone()),
        };
        match stored {
            Err(error) if may_repeat(&error) && attempts < ATTEMPTS_MAX => {
                attempts += 1;
                thread::sleep(BACKOFF);
            }
            stored => return stored,
        }
    }
}

/// Whether the same job may run again after this error: nothing of it is stored, or storing it again changes nothing.
fn may_repeat(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::OutcomeUnknown)
}

/// What a job would do: it is done, and undone by its failure.
fn tried<T: Send + 'static>(
    db: &Db,
    name: &'static str,
    job: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&done);
    let undone = db.write_blocking(name, move |tx| {
        *keep.lock() = Some(job(tx)?);
        Err::<(), _>(Code::Conflict.error())
    });
    match (done.lock().take(), undone) {
        (Some(stored), Err(error)) if error.code() == Code::Conflict => Ok(stored),
        (_, Err(error)) => Err(error),
        (_, Ok(())) => Err(Code::Internal.error()),
    }
}
