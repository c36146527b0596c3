//! The glue between axum and the domains: extractors, responses, errors, idempotency, the response cache and streams.
//! The README has the map.

pub mod alias;
pub mod app;
pub mod auth;
pub mod beats;
pub mod cache;
pub mod caller;
pub mod checked;
pub mod contract;
pub mod documented;
pub mod failure;
pub mod gate;
pub mod idempotency;
pub mod input;
pub mod language;
pub mod memory;
pub mod module;
pub mod outside;
mod place;
mod reader;
pub mod response;
pub mod route;
mod sent_once;
pub mod settings;
mod sse;
pub mod streams;
pub mod tag;
pub mod task;
pub mod ticks;
pub mod turnstile;
mod unique;
pub mod uploads;
pub mod version;

pub use app::{App, Parts, Shop};
pub use auth::{Auth, Identity, Role, Roles};
pub use cache::{CacheKey, Invalidation, ResponseCache};
pub use caller::{
    Admin, Admission, Client, ClientAddress, CostlyLimit, MaybeSeller, MaybeStreamUser, MaybeUser, Seller, Service,
    StreamUser, User,
};
pub use checked::{All, Checked};
pub use failure::{Context, Failure};
pub use idempotency::{IdempotencyKey, Idempotent, NoBody, once, replay};
pub use input::{CursorQuery, Json, PageQuery, Paging, Path, Query, SecretText, Several, Sorts};
pub use language::{Label, Language};
pub use module::{Gauge, Module, Modules};
pub use response::{ApiResponse, ApiResult, accepted, created, done, ok};
pub use route::Routes;
pub use sent_once::sent_once;
pub use streams::{StreamKey, StreamMessage, StreamSource, Streams};
pub use task::{Ran, RunsOn, Task};
pub use turnstile::{Queued, Turnstile, Visitor};
pub use version::{AtVersion, IfMatch};

/// Every path of the shop's API begins with this, except those of a module's `root_routes`.
pub const BASE: &str = "/api/v1/shopping";
