//! The promises of the store.

mod attempts;
mod close;
mod commit;
mod copy;
mod crash;
mod disk;
mod file;
mod idempotency;
mod kit;
mod lease;
mod many;
mod migrate;
mod outage;
mod outbox;
mod reaction;
mod read;
mod schema;
mod shop;
mod statement;
mod tls;
