//! Waiting queues. The README lists what this domain owns and promises.

mod admin;
pub mod entry;
mod events;
#[cfg(test)]
mod histories;
mod http;
pub mod line;
mod lines;
mod names;
pub mod ops;
pub mod queue;
mod request;
mod response;
mod settings;
mod store;
mod streams;
pub mod subject;
mod tasks;
#[cfg(test)]
mod tests;
pub mod token;

use ::store::Stay;

pub use entry::{Entry, Status};
pub use queue::{Queue, Rules};
pub use settings::Settings;
pub use subject::{Subject, SubjectId, SubjectType};

/// What waiting queues contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[::store::Migration { name: "queue/0001_queues", sql: include_str!("../migrations/0001_queues.sql") }],
    tables: &[
        ("waiting_queues", Stay::Few("one for each coupon or deal that got one")),
        ("queue_entries", Stay::Until("queue.forget-ended")),
    ],
    statements: &[store::STATEMENTS],
    routes: http::routes,
    invalidates: events::invalidates,
    tasks: tasks::tasks,
    checks: store::AUDIT,
    settings: Some(web::settings::Section::of::<Settings>()),
    turnstile: Some(web::Turnstile { admitted: ops::admitted, pass: ops::pass }),
    ..web::Module::named("queue")
};
