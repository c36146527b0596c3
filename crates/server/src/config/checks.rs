//! Checks of settings that types cannot say.

use super::Fault;
use super::sections::{GatewayKind, Server, Settings, wrong};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use web::auth::check_secret;
use web::settings::at_least;

/// Longest time that a request to the collector may take: a delivery of several requests must end within half a minute.
const COLLECTOR_TIMEOUT_MAX: Duration = Duration::from_secs(5);
/// Longest time that a decision of the gate may take: what it read may be this much older when it refuses.
const REDIS_TIMEOUT_MAX: Duration = Duration::from_millis(150);

/// Most threads of the database, each with a connection, and most connections to Redis. The system refuses threads at some tens of
/// thousands, and no database server takes as many connections.
const THREADS_MAX: usize = 1_000;
/// Most closed files of the event log: all of them are renamed when one is full.
const FILES_MAX: usize = 10_000;

impl Settings {
    /// Checks what types cannot say. Everything wrong here would otherwise come out later, in the middle of something.
    pub fn check(&self) -> Result<(), Fault> {
        self.server.check()?;
        self.database.check()?;
        self.check_times()?;
        self.check_counts()?;
        self.shop()?;
        let auth = self.auth.settings()?;
        if let Some(reached) = self.reached_by_others() {
            for secret in auth.secrets() {
                check_secret(&reached, secret.reveal()).map_err(|error| {
                    wrong("auth", error.detail().unwrap_or_default(), "set auth.secrets or HOLDFAST_AUTH__SECRETS")
                })?;
            }
        }
        web::Auth::from_settings(auth).map_err(|error| {
            wrong("auth", error.detail().unwrap_or_default(), "see auth in `holdfast config default`")
        })?;
        if self.gateway.approve_percent > 100 {
            return Err(wrong("gateway.approve_percent", "it is above 100", "write a number from 0 to 100"));
        }
        if self.gateway.latency_max < self.gateway.latency_min {
            return Err(wrong("gateway.latency_max", "it is below gateway.latency_min", "make it at least as long"));
        }
        if self.gateway.timeout >= self.server.request_timeout {
            let why = "the request would time out before the gateway does";
            return Err(wrong("gateway.timeout", why, "keep it below server.request_timeout"));
        }
        match self.gateway.kind {
            GatewayKind::Simulated => {}
            GatewayKind::Toss => self.toss.check()?,
        }
        self.carriers.check()?;
        if self.redis.timeout > REDIS_TIMEOUT_MAX {
            let why = "a request would wait longer for Redis than for the database";
            return Err(wrong("redis.timeout", why, "write a shorter time such as 50ms"));
        }
        if self.collector.timeout > COLLECTOR_TIMEOUT_MAX {
            let why = "a delivery of several requests would not end in time";
            return Err(wrong("collector.timeout", why, "write at most 5s"));
        }
        let source = &self.collector.source;
        if source.is_empty() || !source.bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = "it is empty, or has a sign that no address has";
            return Err(wrong("collector.source", why, "write it like /holdfast or https://shop.example"));
        }
        if self.gateway.timeout > saga::CALL_MAX {
            let why = format!("a saga holds a remote call for {} s at most", saga::CALL_MAX.as_secs());
            return Err(wrong("gateway.timeout", why, "write a shorter time such as 10s"));
        }
        crate::logs::filter(&self.log.filter)?;
        Ok(())
    }

    /// Why others than the people of this machine can reach the shop, if a setting says that they can. A proxy on the same machine does not
    /// show in the address.
    pub fn reached_by_others(&self) -> Option<String> {
        let listen = self.server.listen;
        let public_url = &self.modules.get::<storefront::Settings>().public_url;
        if !listen.ip().is_loopback() {
            Some(format!("server.listen is {listen}, beyond this machine"))
        } else if !self.server.client_address_header.is_empty() {
            Some("server.client_address_header says that they come through a proxy".to_owned())
        } else if !public_url.is_empty() && !is_of_this_machine(public_url) {
            Some(format!("storefront.public_url is {public_url}"))
        } else if self.gateway.kind == GatewayKind::Toss && self.toss.secret.starts_with("live_") {
            Some("toss.secret is a live key".to_owned())
        } else {
            None
        }
    }

    /// Times with which something could never work. A token lives for whole seconds.
    fn check_times(&self) -> Result<(), Fault> {
        let (second, some) = (Duration::from_secs(1), Duration::from_millis(1));
        for (name, span, shortest) in [
            ("server.header_timeout", self.server.header_timeout, some),
            // event streams send something every 15 seconds
            ("server.idle_timeout", self.server.idle_timeout, Duration::from_secs(20)),
            ("server.request_timeout", self.server.request_timeout, some),
            ("server.shutdown_timeout", self.server.shutdown_timeout, some),
            ("database.connect_timeout", self.database.connect_timeout, second),
            ("database.statement_timeout", self.database.statement_timeout, second),
            ("auth.access_ttl", self.auth.access_ttl, second),
            ("auth.jwks_refresh", self.auth.jwks_refresh, second),
            ("gateway.timeout", self.gateway.timeout, some),
            ("reviews.timeout", self.reviews.timeout, some),
            ("carriers.timeout", self.carriers.timeout, some),
            ("carriers.simulated_takes", self.carriers.simulated_takes, second),
            ("redis.connect_timeout", self.redis.connect_timeout, some),
            ("redis.timeout", self.redis.timeout, some),
            ("collector.timeout", self.collector.timeout, some),
            ("retention.idempotency", self.retention.idempotency, second),
            ("retention.events", self.retention.events, second),
        ] {
            at_least(name, span, shortest).map_err(Fault::from)?;
        }
        Ok(())
    }

    /// Numbers and names with which something could never work.
    fn check_counts(&self) -> Result<(), Fault> {
        for (name, empty) in [
            ("server.connections_max", self.server.connections_max == 0),
            ("server.body_max_bytes", self.server.body_max_bytes == 0),
            ("database.queue", self.database.queue == 0),
            ("redis.connections", self.redis.connections == 0),
            ("retention.audits", self.retention.audits < 1),
            ("events.file_max_bytes", self.events.file_max_bytes == 0),
            ("events.file_keep", self.events.file_keep == 0),
        ] {
            if empty {
                return Err(wrong(name, "a limit below 1 lets nothing through", "write a number above 0"));
            }
        }
        for (name, count, most) in [
            ("database.readers", self.database.readers, THREADS_MAX),
            ("database.writers", self.database.writers, THREADS_MAX),
            ("redis.connections", self.redis.connections, THREADS_MAX),
            ("events.file_keep", self.events.file_keep as usize, FILES_MAX),
        ] {
            if count > most {
                let remedy = format!("write at most {most}");
                return Err(wrong(name, "it is more than a process can have", &remedy));
            }
        }
        for (name, text) in [("auth.issuer", &self.auth.issuer), ("auth.roles_claim", &self.auth.roles_claim)] {
            if text.trim().is_empty() {
                return Err(wrong(name, "it is empty", "write a name, or leave the setting out for the default"));
            }
        }
        Ok(())
    }
}

/// Whether a web address leads to this machine only.
fn is_of_this_machine(url: &str) -> bool {
    let uri: Option<axum::http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(axum::http::Uri::host).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Whether two addresses cannot be used at once. An unspecified one takes the port at every address of its kind, that of IPv6 also at
/// those of IPv4; any free port is no clash.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let takes = |one: SocketAddr, other: SocketAddr| one.ip().is_unspecified() && (one.is_ipv6() || other.is_ipv4());
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || takes(one, other) || takes(other, one))
}

impl Server {
    fn check(&self) -> Result<(), Fault> {
        if let Some(metrics) = self.metrics_address()?
            && clash(metrics, self.listen)
        {
            let why = format!("server.listen, {}, takes the same port", self.listen);
            let remedy = "write another port, or leave it empty for /metrics on the API's own port";
            return Err(wrong("server.metrics_listen", why, remedy));
        }
        for (name, per_second, burst) in [
            ("server.rate_burst", self.rate_per_second, self.rate_burst),
            ("server.costly_burst", self.costly_per_second, self.costly_burst),
        ] {
            if per_second > 0 && burst == 0 {
                return Err(wrong(name, "a limit needs at least 1", "write a number above 0"));
            }
        }
        if !self.client_address_header.is_empty() {
            axum::http::HeaderName::from_bytes(self.client_address_header.as_bytes())
                .map_err(|e| wrong("server.client_address_header", e, "write a header name such as X-Forwarded-For"))?;
        }
        for origin in &self.cors_origins {
            let plain = origin.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
            });
            if !plain || axum::http::HeaderValue::from_str(origin).is_err() {
                let why = format!("{origin:?} is not an origin");
                return Err(wrong(
                    "server.cors_origins",
                    why,
                    "write scheme, host and port only, such as https://shop.example",
                ));
            }
        }
        Ok(())
    }
}
