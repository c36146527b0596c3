//! The bare baselines: the same rows written by bare SQLite, with and without a bare HTTP handler in front.

pub mod commit;
pub mod http;
pub mod order;
pub mod rush;
pub mod schema1;
pub mod watch;
