//! The saga engine: flows of typed steps that survive crashes, lost answers and repetition (ARCHITECTURE.md). Knows no
//! domain; what the shop's sagas are stands in [`crate::flow`].

mod backward;
mod drive;
mod events;
mod forward;
mod record;
mod run;
mod step;
pub mod store;
#[cfg(test)]
mod tests;

pub use drive::{Flow, drive, noted, nudge, nudge_if_due};
pub use events::CompensationFailed;
pub use record::{About, Asked, Ending, Entry, HOLD, Record, SYSTEM, Status};
pub use run::{Call, Todo};
pub use step::{Bend, Errand, Given, Intended, Intent, Local, Next, Nothing, Outcome, Remote, Saga, Step, Undo};
