//! Whether the program lives, whether it should get requests, and its measurements.

use crate::measure::{self, Requests};
use crate::parts::KnownParts;
use crate::relay::Progress;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use ports::gate::Health;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{App, Routes, route::PUBLIC};

/// How old the oldest event may be that a subscriber has not processed before the program counts as stuck.
const BEHIND_MAX: Duration = Duration::from_secs(60);

/// What the probes look at.
#[derive(Clone)]
pub struct Probe {
    /// The shop.
    pub app: App,
    /// What requests cost.
    pub requests: Arc<Requests>,
    /// What the relay has done.
    pub progress: Arc<Progress>,
    /// What is known of the systems beside the database.
    pub parts: KnownParts,
    /// Cancelled when the program begins to shut down.
    pub closing: CancellationToken,
}

/// `/healthz` and `/readyz`.
pub fn probes() -> Routes<Probe> {
    Routes::new().add(PUBLIC.unlimited(), routes!(healthz)).add(PUBLIC.unlimited(), routes!(readyz))
}

/// `/metrics`.
pub fn metrics() -> Routes<Probe> {
    Routes::new().add(PUBLIC.unlimited(), routes!(metrics_text))
}

/// Whether the program should get requests, and if not, why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// Whether requests should be sent here.
    pub ready: bool,
    /// `up`, or what is wrong with the database.
    pub database: String,
    /// `up`, or how far events are behind.
    pub relay: String,
    /// `in process`; `up`, when the gate is in a Redis that answers; or that it is away. The shop is ready without it.
    pub gate: &'static str,
    /// The other systems that parts of the shop need: `images` is the store of images. `in process`; `up`, when it could be reached in the
    /// last 10 seconds; or that it is away. The shop is ready without them.
    pub parts: BTreeMap<&'static str, &'static str>,
    /// `applied`: the program does not start otherwise.
    pub migrations: &'static str,
    /// Whether the program is shutting down.
    pub closing: bool,
}

/// The program lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// The program should get requests: it can write, events flow, the schema is right, it is not shutting down.
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn readyz(State(probe): State<Probe>) -> Response {
    let readiness = probe.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(readiness)).into_response()
}

/// Measurements in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics_text(State(probe): State<Probe>) -> Response {
    match measure::render(&probe.app, &probe.requests, &probe.progress).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => web::Failure(error).into_response(),
    }
}

impl Probe {
    /// Looks at everything.
    pub async fn readiness(&self) -> Readiness {
        let database = self.database().await;
        let behind = self.progress.behind(self.app.now());
        let stuck = behind > BEHIND_MAX;
        let closing = self.closing.is_cancelled();
        let gate = match self.app.ports.gate.health().await {
            Health::InProcess => "in process",
            Health::Up => "up",
            Health::Away => "degraded: Redis does not answer, the database decides",
        };
        Readiness {
            ready: database.is_none() && !stuck && !closing,
            // the cause is in the log; a probe's answer is public
            database: database.unwrap_or("up").to_owned(),
            relay: if stuck { format!("{} s behind", behind.as_secs()) } else { "up".to_owned() },
            gate,
            parts: self.parts.shown(&self.app).await,
            migrations: "applied",
            closing,
        }
    }

    async fn database(&self) -> Option<&'static str> {
        if !self.app.db.health().is_healthy() {
            return Some("cannot be written");
        }
        let read = self.app.db.read("health.read", store::outbox::newest);
        match tokio::time::timeout(Duration::from_secs(2), read).await {
            Ok(Ok(_)) => None,
            Ok(Err(_)) => Some("cannot be read"),
            Err(_) => Some("does not answer"),
        }
    }
}
