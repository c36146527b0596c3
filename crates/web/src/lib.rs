//! The glue between axum and the domains: extractors, answers, errors, idempotency, pages in memory and live streams.
//! See the README for the map.

pub mod answer;
pub mod app;
pub mod auth;
pub mod caller;
pub mod failure;
pub mod input;
pub mod keyed;
pub mod live;
pub mod module;
pub mod pages;
pub mod pictures;
pub mod twin;
pub mod version;

pub use answer::{Answer, Reply, accepted, created, done, ok};
pub use app::{App, Parts, Shop};
pub use auth::{Auth, Identity, Role, Roles};
pub use caller::{Admin, MaybeUser, Seller, Service, StreamUser, User};
pub use failure::{Context, Failure};
pub use input::{Json, Paging, Path, Query};
pub use keyed::{Keyed, Keying, Nothing, once, replay};
pub use live::{Live, Notice};
pub use module::{Module, Routes, Task};
pub use pages::{PageKey, Pages};
pub use pictures::Picture;
pub use version::IfMatch;

/// Every path of the shop's API begins with this, but for those of a module's `root_routes`.
pub const BASE: &str = "/api/v1/shopping";
