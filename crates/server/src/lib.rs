//! The program: configuration, assembly of all domains, the relay, periodic tasks, operations endpoints, command line, demo.
//! See the README for the map.

pub mod assembly;
pub mod audit;
pub mod background;
pub mod cli;
mod client;
mod commands;
pub mod config;
mod currency;
mod demo;
pub mod edge;
pub mod errors;
mod event_log;
pub mod health;
pub mod huge_pages;
mod leader;
pub mod logs;
pub mod measure;
pub mod openapi;
pub mod opening;
pub mod operations;
mod parts;
mod ready;
pub mod relay;
mod rush;
mod schema;
pub mod serve;
pub mod tasks;
mod upkeep;

pub use assembly::{Assembly, assemble};
pub use background::Background;
pub use serve::{Listeners, Server};

#[cfg(test)]
mod tests;
