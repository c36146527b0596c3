//! Opens what the settings name: database, gateway, review service.

use crate::assembly;
use crate::config::{Fault, Settings, sections};
use crate::event_log::{self, EventLog};
use kernel::{Clock, Error};
use ports::{
    Carriers, Collector, Gate, Gateway, HttpCollector, MemoryGate, NoCarriers, NoReviews, Ports, RedisGate, Reviews,
    SystemClock, carriers, collector, gate, gateway, reviews,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use store::Db;

/// Failures in a row after which the review service is left alone, and for how long: a page then costs no waiting at all.
const REVIEW_FAILURES_MAX: u32 = 5;
const REVIEWS_LEFT_ALONE: std::time::Duration = std::time::Duration::from_secs(10);

/// The clock of a real shop.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Refuses to serve with a clock before 1970, such as a machine without a battery has until it is set: every time that the
/// shop stored would be wrong, and the HTTP library cannot write such a date.
pub fn clock_must_be_set() -> Result<(), Fault> {
    #[allow(clippy::disallowed_methods, reason = "it is the machine's clock that is checked")]
    clock_is_set(std::time::SystemTime::now())
}

fn clock_is_set(now: std::time::SystemTime) -> Result<(), Fault> {
    if now >= std::time::UNIX_EPOCH + std::time::Duration::from_secs(1) {
        return Ok(());
    }
    let why = "it shows a time before 1970, so every stored time would be wrong";
    Err(Fault::new("the clock of this machine is not set", why, "set the clock, then start again").failed())
}

/// Opens the database, made new when there is none, and applies what is missing of the schema, when `database.migrate` says so.
pub async fn database(database: &sections::Database) -> Result<Db, Fault> {
    open(database, false).await
}

/// [`database`] for a program that serves: a file is locked against a second one.
pub async fn database_alone(database: &sections::Database) -> Result<Db, Fault> {
    open(database, true).await
}

/// Refuses a database that is no shop's. A command that works on what a shop has would find nothing wrong with a new one, although
/// only the address is wrong, or a restored file is missing.
pub async fn must_hold_a_shop(database: &sections::Database) -> Result<(), Fault> {
    if holds_a_shop(database).await? {
        return Ok(());
    }
    let url = database.place()?;
    let why = match url.file() {
        Some(path) if !path.exists() => format!("there is no file {}", whole(path).display()),
        Some(path) => format!("the file {} has none of a shop's tables", whole(path).display()),
        None => "it has none of a shop's tables".to_owned(),
    };
    let remedy = "set database.url to the shop's database (a relative path begins in the folder in which the command runs), or make \
                  a new shop with `holdfast migrate`";
    Err(Fault::new(format!("there is no shop in {url}"), why, remedy))
}

/// Whether the database is a shop's. Changes nothing.
pub async fn holds_a_shop(database: &sections::Database) -> Result<bool, Fault> {
    let url = database.place()?;
    let settings = settings(database, url.clone(), false);
    let found = tokio::task::spawn_blocking(move || store::holds_a_shop(&settings)).await;
    let found = found.unwrap_or_else(|panic| Err(kernel::Code::Internal.error().caused_by(panic)));
    found.map_err(|error| fault(&cannot_be_opened(&url), &error, remedy(&url, &error)))
}

/// The path from the root, which says in which folder the program looked.
fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn cannot_be_opened(url: &store::DatabaseUrl) -> String {
    format!("the database {url} cannot be opened")
}

fn settings(database: &sections::Database, url: store::DatabaseUrl, alone: bool) -> store::Settings {
    store::Settings {
        queue: database.queue,
        readers: database.readers,
        writers: database.writers,
        connect_timeout: database.connect_timeout,
        statement_timeout: database.statement_timeout,
        alone,
        ..store::Settings::of(url, clock())
    }
}

async fn open(database: &sections::Database, alone: bool) -> Result<Db, Fault> {
    let url = database.place()?;
    if !database.migrate {
        must_hold_a_shop(database).await?;
    }
    if let Some(path) = url.file() {
        make_folder_of(path)?;
    }
    let opened = Db::open(settings(database, url.clone(), alone));
    let db = opened.map_err(|error| fault(&cannot_be_opened(&url), &error, remedy(&url, &error)))?;
    if database.migrate {
        let what = "the schema cannot be brought up to date";
        db.migrate(assembly::migrations())
            .await
            .map_err(|error| fault(what, &error, "restore a backup, and report this"))?;
        let what = "new columns of old rows cannot be filled";
        db.backfill(assembly::backfills())
            .await
            .map_err(|error| fault(what, &error, "start again, and report this"))?;
    } else {
        let what = "the schema is older than this program";
        db.prepare_all(assembly::statements())
            .await
            .map_err(|error| fault(what, &error, "run `holdfast migrate` first"))?;
        crate::schema::must_agree(&db).await?;
    }
    Ok(db)
}

fn remedy(url: &store::DatabaseUrl, error: &Error) -> String {
    let Some(path) = url.file() else {
        return "check database.url, database.user and database.password, and that the server answers".to_owned();
    };
    if error.code() == kernel::Code::Conflict {
        return "stop the program that serves this file, or name another file with database.url; several instances \
                need a database server"
            .to_owned();
    }
    let file = path.display();
    if store::stray_log(path).is_some() {
        return format!(
            "if {file} was restored from a backup, remove {file}-wal and {file}-shm, which a killed program left, and \
             start again; the file itself was not touched"
        );
    }
    format!(
        "check that the file is a Holdfast database and that the disk can be written; a damaged one is restored from a \
         backup, without the old {file}-wal and {file}-shm beside it (docs/DEPLOYMENT.md, Backups)"
    )
}

/// Opens the systems outside.
pub fn ports(settings: &Settings) -> Result<Ports, Fault> {
    let (reviews, carriers) = (reviews(&settings.reviews)?, carriers(&settings.carriers)?);
    Ok(Ports { gateway: gateway(settings)?, reviews, gate: gate(settings)?, carriers })
}

/// The payment gateway. Toss Payments is connected to by the first payment.
pub fn gateway(all: &Settings) -> Result<Arc<dyn Gateway>, Fault> {
    let (settings, currency) = (&all.gateway, all.shop()?.currency);
    match settings.kind {
        sections::GatewayKind::Toss => {
            let sections::Toss { url, secret, test_code } = all.toss.clone();
            let toss = toss::Settings { url, secret, test_code, timeout: settings.timeout };
            let remedy = "write toss.url like https://api.tosspayments.com";
            let toss = toss::Toss::new(&toss, currency, clock());
            let toss = toss.map_err(|error| fault("toss.url or toss.secret has a wrong value", &error, remedy))?;
            Ok(Arc::new(gateway::InTime::new(toss, settings.timeout)))
        }
        sections::GatewayKind::Simulated => {
            let journal = (!settings.journal.is_empty()).then(|| PathBuf::from(&settings.journal));
            if let Some(path) = &journal {
                make_folder_of(path)?;
            }
            let simulated = gateway::Simulated::open(gateway::simulated::Settings {
                approve_per_mille: settings.approve_percent * 10,
                latency_min: settings.latency_min,
                latency_max: settings.latency_max,
                seed: (settings.seed != 0).then_some(settings.seed),
                journal,
                currency,
                ..gateway::simulated::Settings::default()
            });
            let remedy = "repair the file gateway.journal names, or name another";
            let simulated =
                simulated.map_err(|error| fault("the simulated gateway cannot be opened", &error, remedy))?;
            Ok(Arc::new(gateway::InTime::new(simulated, settings.timeout)))
        }
    }
}

/// The review service, if the settings name one.
pub fn reviews(settings: &sections::Reviews) -> Result<Arc<dyn Reviews>, Fault> {
    if settings.url.is_empty() {
        return Ok(Arc::new(NoReviews));
    }
    let settings = reviews::Settings {
        base_url: settings.url.clone(),
        timeout: settings.timeout,
        failures_max: REVIEW_FAILURES_MAX,
        open_for: REVIEWS_LEFT_ALONE,
    };
    let client = reviews::HttpReviews::new(settings, clock());
    Ok(Arc::new(
        client.map_err(|error| fault("reviews.url has a wrong value", &error, "write it like http://reviews:8080"))?,
    ))
}

/// Who knows where parcels are.
pub fn carriers(settings: &sections::Carriers) -> Result<Arc<dyn Carriers>, Fault> {
    Ok(match settings.kind {
        sections::CarriersKind::None => Arc::new(NoCarriers),
        sections::CarriersKind::Simulated => Arc::new(carriers::SimulatedCarriers::new(settings.simulated_takes)),
        sections::CarriersKind::SweetTracker => {
            let sections::Carriers { url, secret, timeout, .. } = settings.clone();
            let tracker = carriers::SweetTracker::new(&carriers::Settings { url, key: secret, timeout });
            let remedy = "write carriers.url like https://info.sweettracker.co.kr";
            Arc::new(tracker.map_err(|error| fault("carriers.url has a wrong value", &error, remedy))?)
        }
    })
}

/// The gate. One in Redis connects later: the shop starts without it.
pub fn gate(settings: &Settings) -> Result<Arc<dyn Gate>, Fault> {
    let redis = match settings.gate.kind {
        sections::GateKind::Memory => return Ok(Arc::new(MemoryGate::default())),
        sections::GateKind::Redis => &settings.redis,
    };
    let settings = gate::redis::Settings {
        url: redis.url.clone(),
        cluster: redis.cluster,
        user: redis.user.clone(),
        password: redis.password.clone(),
        authority: redis.authority.clone(),
        prefix: redis.prefix.clone(),
        connections: redis.connections,
        connect_timeout: redis.connect_timeout,
        timeout: redis.timeout,
    };
    let remedy = "write redis.url like redis://redis:6379 (of a cluster also several, with commas, and redis.cluster = true), and \
                  a readable file in redis.authority, if any";
    let gate = RedisGate::new(&settings, clock());
    Ok(Arc::new(gate.map_err(|error| fault("redis.url or redis.authority has a wrong value", &error, remedy))?))
}

/// The collector of paid orders, if the settings name one.
pub fn collector(settings: &sections::Collector) -> Result<Option<Arc<dyn Collector>>, Fault> {
    if settings.url.is_empty() {
        return Ok(None);
    }
    let settings = collector::Settings {
        url: settings.url.clone(),
        secret: settings.secret.clone(),
        credentials: settings.credentials.clone(),
        timeout: settings.timeout,
    };
    let remedy = "write collector.url like https://data.example/orders, and credentials of one line";
    let collector = HttpCollector::new(&settings, clock());
    let collector = collector.map_err(|error| fault("the settings of collector have a wrong value", &error, remedy))?;
    Ok(Some(Arc::new(collector)))
}

/// The event log, if the settings name one.
pub fn event_log(settings: &sections::Events) -> Result<Option<EventLog>, Fault> {
    if settings.file.is_empty() {
        return Ok(None);
    }
    let file = PathBuf::from(&settings.file);
    make_folder_of(&file)?;
    let (max_bytes, keep) = (settings.file_max_bytes, settings.file_keep);
    Ok(Some(EventLog::new(event_log::Settings { file, max_bytes, keep })))
}

fn fault(what: &str, error: &Error, remedy: impl Into<String>) -> Fault {
    Fault::new(what, format!("{error:?}"), remedy)
}

fn make_folder_of(path: &Path) -> Result<(), Fault> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        let what = format!("the folder {} cannot be made", folder.display());
        Fault::new(what, error.to_string(), "choose a folder that you may write, or change the rights of this one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_clock_before_1970_is_refused_at_the_start() {
        assert!(clock_is_set(UNIX_EPOCH + Duration::from_secs(1_770_336_000)).is_ok());
        for unset in [UNIX_EPOCH, UNIX_EPOCH - Duration::from_millis(1), UNIX_EPOCH - Duration::from_secs(86_400 * 365)]
        {
            let fault = clock_is_set(unset).unwrap_err();
            assert!(fault.what.contains("clock") && fault.exit_code == 3, "{fault}");
        }
    }
}
