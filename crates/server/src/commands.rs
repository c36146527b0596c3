//! What each command does.

mod copy;
mod export;
mod fake_toss;
mod import;
mod output;
mod reports;
mod search;

pub(crate) use copy::copy;
pub(crate) use export::export;
pub(crate) use fake_toss::fake_toss;
pub(crate) use import::{import, import_orders, import_text};
pub(crate) use reports::rebuild_reports;
pub(crate) use search::search;

use crate::cli::{Audit, Grant, Token, not_in_order};
use crate::config::{Config, Fault, Settings};
use crate::{assembly, audit as audits, currency, opening, ready, schema, serve as serving};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::UserId;
use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::{Duration, Instant},
};
use web::{App, Role, Roles};

/// Prints a line for the user of the command.
pub(crate) fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Threads of requests and tasks; the database has its own.
pub(crate) struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    /// Runs the work of a command.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.as_ref().expect("it is there until it is dropped").block_on(work)
    }
}

impl Drop for Runtime {
    /// Work that nothing waits for any more, such as the reading of a file whose sender is gone, does not keep the process from ending.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Starts the threads of a command.
pub(crate) fn runtime() -> Result<Runtime, Fault> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let failed = |e: std::io::Error| {
        Fault::new("no threads can be started", e.to_string(), "raise the process's limits").failed()
    };
    built.map(|runtime| Runtime(Some(runtime))).map_err(failed)
}

/// How long a statement of a command may take on a database server: no request waits for it, and an audit reads the whole shop.
const STATEMENT_MAX: Duration = Duration::from_secs(3_600);

/// The shop that there is, without anything running. A database without a shop stays as it is.
pub(crate) async fn open(settings: &Settings) -> Result<App, Fault> {
    opening::must_hold_a_shop(&settings.database).await.map_err(Fault::failed)?;
    let app = opened(settings).await?;
    currency::must_be_the_shops(&app.db, app.shop.currency).await?;
    Ok(app)
}

/// [`open`] for a command with which a shop may begin.
pub(crate) async fn open_or_make(settings: &Settings) -> Result<App, Fault> {
    let is_new = !opening::holds_a_shop(&settings.database).await.map_err(Fault::failed)?;
    let app = opened(settings).await?;
    currency::keep(&app.db, app.shop.currency).await?;
    if is_new {
        say(format_args!("a new shop was made in {}", settings.database.place()?));
    }
    Ok(app)
}

async fn opened(settings: &Settings) -> Result<App, Fault> {
    let mut database = settings.database.clone();
    database.statement_timeout = database.statement_timeout.max(STATEMENT_MAX);
    let db = opening::database(&database).await.map_err(Fault::failed)?;
    let ports = opening::ports(settings).map_err(Fault::failed)?;
    assembly::app(settings, db, ports)
        .map_err(|e| Fault::caused_by("the shop cannot be opened", &e, "run `holdfast config check`"))
}

/// A shop that serves. First its addresses, then its file: a second program on either ends here, before it has touched what
/// the first one uses.
pub(crate) async fn start(settings: &Settings) -> Result<(serving::Server, App), Fault> {
    opening::clock_must_be_set()?;
    ready::check(settings)?;
    let listeners = serving::Listeners::bind(settings).map_err(Fault::failed)?;
    let db = opening::database_alone(&settings.database).await.map_err(Fault::failed)?;
    currency::keep(&db, settings.shop()?.currency).await?;
    let ports = opening::ports(settings).map_err(Fault::failed)?;
    // a gate that is away says so in the log, and the shop opens without it
    ports.gate.health().await;
    let assembly = assembly::assemble(settings, db, ports).await;
    let assembly =
        assembly.map_err(|e| Fault::caused_by("the shop cannot be put together", &e, "see the cause above"))?;
    let app = assembly.app.clone();
    let server = serving::Server::start(settings, listeners, assembly).await.map_err(Fault::failed)?;
    Ok((server, app))
}

/// A shop that only people of this machine can reach may have any secret, and no setting says whether a proxy leads to it.
fn warn_of_weak_secrets(settings: &Settings) -> Result<(), Fault> {
    let auth = settings.auth.settings()?;
    if let Some(why) = auth.secrets().find_map(|secret| web::auth::weakness(secret.reveal())) {
        let remedy = "before others can reach this shop, also through a proxy, set auth.secrets: with this one they can make \
                      themselves administrators";
        tracing::warn!(remedy, "a secret of auth {why}");
    }
    Ok(())
}

pub(crate) fn serve(config: &Config) -> Result<ExitCode, Fault> {
    let began = Instant::now();
    warn_of_weak_secrets(&config.settings)?;
    runtime()?.block_on(async {
        let (server, app) = start(&config.settings).await?;
        drop(app);
        let ms = began.elapsed().as_millis() as u64;
        tracing::info!(address = %server.address, ms, "ready");
        if std::io::stdout().is_terminal() {
            say(format!("Holdfast serves http://{0} (reader: http://{0}/docs); Ctrl-C ends it", server.address));
        }
        serving::asked_to_stop().await;
        tracing::info!("asked to stop");
        let in_time = server.stop().await;
        Ok(if in_time { ExitCode::SUCCESS } else { not_in_order() })
    })
}

pub(crate) fn migrate(config: &Config) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let what = "the schema cannot be brought up to date";
        let mut database = config.settings.database.clone();
        database.migrate = true;
        let db = opening::database(&database).await.map_err(Fault::failed)?;
        let statements = assembly::statements();
        let count = statements.len();
        let prepared = db.prepare_all(statements).await;
        prepared.map_err(|e| Fault::caused_by(what, &e, "the database has tables of another program or version"))?;
        schema::must_agree(&db).await.map_err(Fault::failed)?;
        db.close().await;
        say(format!(
            "the schema is up to date and as declared ({} migrations, {count} statements prepared)",
            assembly::migrations().len()
        ));
        Ok(ExitCode::SUCCESS)
    })
}

pub(crate) fn token(config: &Config, wanted: &Token) -> Result<ExitCode, Fault> {
    let user: UserId = wanted.user.parse().map_err(|_| {
        Fault::new(
            "--user has a wrong value",
            format!("{:?} is not a UUID", wanted.user),
            "sign the user up, and use the id of the answer",
        )
    })?;
    let roles = roles(&wanted.role)?;
    let settings = config.settings.auth.settings()?;
    let ttl = wanted.expires.unwrap_or(settings.access_ttl);
    web::settings::at_least("--expires", ttl, Duration::from_secs(1))?;
    let auth = web::Auth::from_settings(settings);
    let issued = auth.and_then(|auth| auth.issue_for(&user, roles, opening::clock().now(), ttl));
    let issued = issued.map_err(|e| Fault::caused_by("no token can be made", &e, "set auth.secrets"))?;
    say(&issued.token);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn grant(config: &Config, wanted: &Grant) -> Result<ExitCode, Fault> {
    let roles = roles(&wanted.role)?;
    if roles.includes(Role::Service) {
        let why = "SERVICE is for programs, and a person who had it would have nothing else";
        return Err(Fault::new(
            "--role has a wrong value",
            why,
            "give USER, SELLER or ADMIN; `holdfast token` makes tokens for programs",
        ));
    }
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let granted = give(&app, &wanted.email, roles).await;
        app.db.close().await;
        if !granted?.email_verified {
            say(format_args!(
                "WARNING {} was never verified: the person who signed up with it has these roles now, and it may be the \
                 address of somebody else; take them back with --role USER if you do not know",
                wanted.email
            ));
        }
        say(format_args!("granted; it counts from the user's next sign-in or token refresh"));
        Ok(ExitCode::SUCCESS)
    })
}

/// Gives a signed-up user exactly these roles.
pub(crate) async fn give(app: &App, email: &str, roles: Roles) -> Result<account::user::User, Fault> {
    let asked = email.to_owned();
    let granted = app.db.write("account.grant", move |tx| account::ops::grant(tx, &asked, roles)).await;
    granted.map_err(|e| Fault::caused_by(format!("{email} cannot be given roles"), &e, "let the user sign up first"))
}

fn roles(names: &[String]) -> Result<Roles, Fault> {
    names.iter().try_fold(Roles::NONE, |roles, name| match Role::named(&name.to_ascii_uppercase()) {
        Some(role) => Ok(roles.with(role)),
        None => {
            let why = format!("there is no role {name:?}");
            Err(Fault::new("--role has a wrong value", why, "roles are USER, SELLER, ADMIN and SERVICE"))
        }
    })
}

pub(crate) fn audit(config: &Config, asked: &Audit) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let period = audits::period(asked.from.as_deref(), asked.to.as_deref(), &app.shop.zone, app.now());
        let period = period.map_err(|e| {
            Fault::caused_by(
                "the time to compare cannot be read",
                &e,
                "write it like --from 2026-02-01 --to 2026-02-06",
            )
        })?;
        let bar = bar();
        let watch = |pass: &audits::Pass| show(&bar, pass);
        let &Audit { changed, thorough, anew, .. } = asked;
        let at_once = app.db.readers().min(std::thread::available_parallelism().map_or(1, usize::from));
        let asked = audits::Asked { by: "command line", changed, thorough, anew, at_once, period, watch: &watch };
        let findings = audits::run(&app, asked).await;
        bar.finish_and_clear();
        app.db.close().await;
        let findings = findings.map_err(|e| Fault::caused_by("the audit cannot be done", &e, "see the cause above"))?.1;
        for audits::Finding { module, violation } in &findings.found {
            say(format!("BROKEN {module}: {} - {}: {}", violation.rule, violation.subject, violation.found));
        }
        for why in findings.left_out.iter().chain(&findings.not_checked) {
            say(format!("NOT CHECKED {why}"));
        }
        if let Some(period) = findings.compared {
            say(format!("compared with the gateway's records from {} to {}", period.from, period.to));
        }
        let names: Vec<_> = app.modules.iter().map(|module| module.name).collect();
        let ms = findings.finished_at.since(findings.started_at).as_millis();
        say(format!("{} broken promises in {} ({ms} ms)", findings.found.len(), names.join(", ")));
        let good = findings.found.is_empty() && findings.left_out.is_empty();
        Ok(if good { ExitCode::SUCCESS } else { not_in_order() })
    })
}

/// On a terminal only; indicatif is silent otherwise.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} parts  {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, pass: &audits::Pass) {
    let (parts, done) = pass.parts();
    bar.set_length(parts as u64);
    bar.set_position(done as u64);
    if let Some((part, percent)) = pass.part() {
        bar.set_message(percent.map_or_else(|| part.to_owned(), |percent| format!("{part} {percent} %")));
    }
}

pub(crate) fn rebuild(config: &Config, dry_run: bool) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let report =
            inventory::rebuild::run(&app.db, dry_run, app.settings::<inventory::Settings>().low_stock_threshold).await;
        app.db.close().await;
        let report = report.map_err(|e| Fault::caused_by("the stock cannot be rebuilt", &e, "see the cause above"))?;
        for one in &report.differences {
            say(format!("{one:?}"));
        }
        let (snapshots, events, different, repaired) =
            (report.snapshots, report.events, report.different, report.repaired);
        say(format!("{snapshots} stock rows folded from {events} events: {different} differ, {repaired} repaired"));
        Ok(if dry_run && different > 0 { not_in_order() } else { ExitCode::SUCCESS })
    })
}
