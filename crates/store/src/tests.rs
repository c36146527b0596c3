//! What the store promises, each promise by name.

mod close;
mod commit;
mod consumer;
mod crash;
mod disk;
mod idempotency;
mod migrate;
mod outbox;
mod read;
mod shop;
mod statement;
