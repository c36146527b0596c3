//! Flows over several systems that survive crashes, lost answers and repetition. A saga is a constant list of typed steps; this
//! crate runs them, stores every run, and compensates what was completed when a step is refused. It knows no domain: the
//! flows of the shop are listed in the crate `checkout`.

mod backward;
mod call;
mod drive;
mod events;
mod fault;
mod forward;
#[cfg(feature = "test-harness")]
pub mod harness;
mod known;
pub mod measure;
mod outcome;
pub mod record;
mod respond;
mod run;
mod step;
pub mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use call::{Missing, NoCall, RemoteCall};
pub use drive::{CALL_MAX, Flow, drive, nudge, nudge_if_due};
#[cfg(feature = "test-harness")]
pub use fault::Fault;
pub use measure::count_failure;
pub use outcome::Outcome;
pub use record::{CallRecord, Cancellation, Entry, HOLD, Record, SYSTEM, Start, Status, Subject};
pub use respond::{Begun, respond};
pub use run::{Action, Call, Saga, Version};
pub use step::{First, Local, Next, Remote, Step, Undo};

/// The table of this crate.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "saga/0001_runs", sql: include_str!("../migrations/0001_runs.sql") },
    ::store::Migration { name: "saga/0002_due", sql: include_str!("../migrations/0002_due.sql") },
    ::store::Migration { name: "saga/0003_lists", sql: include_str!("../migrations/0003_lists.sql") },
];

/// What this crate contributes to the program: its table.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[("saga_runs", Stay::Records)],
    statements: &[store::STATEMENTS, store::LISTS],
    checks: store::AUDIT,
    ..web::Module::named("saga")
};
