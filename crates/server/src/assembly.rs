//! Puts the program together: modules, router, background work. The running server and the tests use the same assembly.

use crate::background::Background;
use crate::config::Settings;
use crate::edge::{self, Edge, Fronts, Limits};
use crate::health::{self, Probe};
use crate::measure::{self, Requests};
use crate::parts::KnownParts;
use crate::{openapi, opening, operations, upkeep};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, header},
    middleware::from_fn_with_state,
    routing::get,
};
use console::{Console, SettingRow, Setup};
use kernel::{Code, Result};
use pages::{assets, origin::Origin, session::Ages};
use ports::Ports;
use std::sync::{Arc, LazyLock};
use store::{Backfill, Db, Migration};
use storefront::Site;
use tokio_util::sync::CancellationToken;
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::SizeAbove},
    cors::{AllowOrigin, CorsLayer},
};
use utoipa::openapi::OpenApi;
use web::outside::Outside;
use web::{
    App, Auth, BASE, Module, Parts, ResponseCache, Routes, Streams,
    route::{Built, Declared},
};

/// Every domain; composing crates after those they compose.
pub const MODULES: &[Module] = &[
    account::MODULE,
    catalog::MODULE,
    inventory::MODULE,
    cart::MODULE,
    order::MODULE,
    payment::MODULE,
    coupon::MODULE,
    timedeal::MODULE,
    queue::MODULE,
    wallet::MODULE,
    delivery::MODULE,
    returns::MODULE,
    media::MODULE,
    report::MODULE,
    saga::MODULE,
    checkout::MODULE,
    merchandising::MODULE,
    import::MODULE,
    search::MODULE,
    storefront::MODULE,
    console::MODULE,
    operations::MODULE,
];

/// A shop, ready to serve and not started.
pub struct Assembly {
    /// What handlers can reach.
    pub app: App,
    /// Every route with every layer.
    pub router: Router,
    /// `/metrics` alone, for its own port.
    pub metrics: Router,
    /// Relay and tasks, to be spawned or stepped.
    pub background: Background,
    /// The API's document.
    pub openapi: openapi::Document,
    /// Cancel it to turn `/readyz` red and end live streams' acceptance.
    pub closing: CancellationToken,
}

/// Every migration in order: the store's, then each domain's.
pub fn migrations() -> Vec<Migration> {
    let domains = MODULES.iter().flat_map(|module| module.migrations);
    store::MIGRATIONS.iter().chain(domains).copied().collect()
}

/// Everything that fills new columns of old rows.
pub fn backfills() -> Vec<Backfill> {
    MODULES.iter().flat_map(|module| module.backfills).copied().collect()
}

/// Every statement of the program, to be prepared on every database by a test.
pub fn statements() -> Vec<&'static str> {
    let own = store::STATEMENTS.iter().copied().flatten().copied();
    own.chain(MODULES.iter().flat_map(Module::all_statements)).collect()
}

/// The shop without routes: what the command line needs.
pub fn app(settings: &Settings, db: Db, ports: Ports) -> Result<App> {
    parts(settings, db, ports).map(App::from)
}

/// What the shop is made of, for tests that put other modules into it.
pub(crate) fn parts(settings: &Settings, db: Db, ports: Ports) -> Result<Parts> {
    let auth = settings.auth.settings().map_err(misconfigured).and_then(Auth::from_settings)?;
    Ok(Parts {
        db,
        shop: Arc::new(settings.shop().map_err(misconfigured)?),
        settings: settings.modules.clone(),
        ports: Arc::new(ports),
        auth: Arc::new(auth),
        cache: ResponseCache::of(MODULES),
        streams: Streams::of(MODULES),
        modules: MODULES.into(),
    })
}

fn misconfigured(fault: crate::config::Fault) -> kernel::Error {
    Code::InvalidInput.because(fault.to_string())
}

/// Puts a shop together over an opened and migrated database. Nothing runs until the router is served and the background
/// is spawned or stepped.
pub async fn assemble(settings: &Settings, db: Db, ports: Ports) -> Result<Assembly> {
    let app = app(settings, db, ports)?;
    measure::registry();
    let background =
        Background::open(&app, outside(settings, &app)?, |progress| upkeep::tasks(settings, progress, app.now()))
            .await?;
    let closing = CancellationToken::new();
    let probe = Probe {
        app: app.clone(),
        requests: Arc::new(Requests::default()),
        progress: background.progress(),
        parts: KnownParts::of(MODULES),
        closing: closing.clone(),
    };
    let separate = settings.server.metrics_address().map_err(misconfigured)?.is_some();
    let probes = probes(!separate).build();
    let api = openapi::document(move || DOMAINS.document.clone().merge_from(probes.document));
    let routes = DOMAINS.router.clone().with_state(app.clone());
    let probed = probes.router.with_state(probe.clone());
    let fronts = Fronts {
        site: site(&app, &routes),
        console: console(&app, routes.clone().merge(probed.clone()), &settings.shown),
    };
    let router = routes.merge(openapi::routes(Arc::clone(&api))).merge(probed);
    let declared = DOMAINS.declared.clone().merge(probes.declared);
    let router = layered(router, settings, declared, &app, &probe, fronts);
    let metrics = health::metrics().build().router.with_state(probe);
    Ok(Assembly { app, router, metrics, background, openapi: api, closing })
}

/// The storefront, if this shop has one. Its forms go to the API of these routes.
fn site(app: &App, routes: &Router) -> Option<Site> {
    let enabled = app.settings::<storefront::Settings>().enabled;
    enabled.then(|| Site::of(app.clone(), pages::Api::of(routes.clone())))
}

/// The console, if this shop has one. It reads from the API of these routes, and its forms go there.
fn console(app: &App, routes: Router, shown: &Arc<[SettingRow]>) -> Option<Console> {
    let shop = app.settings::<storefront::Settings>();
    let ages = Ages {
        refresh: app.settings::<account::Settings>().refresh_ttl,
        cart: app.settings::<cart::Settings>().guest_ttl,
    };
    let setup = || Setup {
        shop: shop.name.clone(),
        origin: Origin::of(&shop.public_url).unwrap_or_default(),
        ages,
        settings: Arc::clone(shown),
    };
    let enabled = app.settings::<console::Settings>().enabled;
    enabled.then(|| Console::of(app.clone(), pages::Api::of(routes), setup()))
}

/// The subscribers outside the shop: those that the settings name, and the search index of each instance.
fn outside(settings: &Settings, app: &App) -> Result<Vec<Arc<dyn Outside>>> {
    let log = opening::event_log(&settings.events).map_err(misconfigured)?;
    let collector = opening::collector(&settings.collector).map_err(misconfigured)?;
    let source = settings.collector.source.clone();
    let platform = collector.map(|collector| report::platform::Platform::new(app.db.clone(), collector, source));
    let log = log.map(|log| Arc::new(log) as Arc<dyn Outside>);
    let platform = platform.map(|platform| Arc::new(platform) as Arc<dyn Outside>);
    Ok(log.into_iter().chain(platform).chain([search::Follower::of(app)]).collect())
}

/// The document without a shop, for `holdfast openapi`.
pub fn document() -> OpenApi {
    openapi::complete(DOMAINS.document.clone().merge_from(probes(true).build().document))
}

/// The routes of all domains, which are the same for every shop. Describing them took up to a quarter of the processor time of a short
/// story, so the hundreds of shops of a test program share them.
static DOMAINS: LazyLock<Built<App>> = LazyLock::new(|| {
    let (mut below, mut absolute) = (Routes::new(), Routes::new());
    for module in MODULES {
        below = below.merge((module.routes)());
        absolute = absolute.merge((module.root_routes)());
    }
    absolute.nest(BASE, below).build()
});

fn probes(metrics: bool) -> Routes<Probe> {
    if metrics { health::probes().merge(health::metrics()) } else { health::probes() }
}

/// The router and the pages with what surrounds every handler. `declared` has the contracts of the router's routes.
pub(crate) fn layered(
    router: Router,
    settings: &Settings,
    declared: Declared,
    app: &App,
    probe: &Probe,
    fronts: Fronts,
) -> Router {
    let router = with_pages(router, &fronts);
    let edge = Edge {
        app: app.clone(),
        requests: Arc::clone(&probe.requests),
        limits: Limits::of(&settings.server),
        declared,
        body_max: DefaultBodyLimit::max(settings.server.body_max_bytes),
        fronts,
    };
    let surround = from_fn_with_state(Arc::new(edge), edge::surround);
    let router = router.fallback(edge::unknown_path).method_not_allowed_fallback(edge::unknown_method);
    match cors(&settings.server.cors_origins) {
        Some(cors) => router.layer((cors, compression(), surround)),
        None => router.layer((compression(), surround)),
    }
}

/// The router with the pages. What all pages share comes with the storefront, or without it by itself.
fn with_pages(router: Router, fronts: &Fronts) -> Router {
    let router = match (&fronts.site, &fronts.console) {
        (Some(site), _) => router.merge(storefront::router(site)),
        (None, Some(_)) => router.route(assets::ROUTE, get(assets::asset)),
        (None, None) => router,
    };
    fronts.console.iter().fold(router, |router, console| router.merge(console::router(console)))
}

/// Smallest response that is compressed, in bytes: a smaller one fits into a packet anyway.
const COMPRESSED_FROM: u16 = 1_024;
/// Of gzip, brotli and zstd: beyond it responses become little smaller and much slower.
const COMPRESSION_LEVEL: i32 = 4;

/// Responses in the encoding that the client prefers of gzip, brotli and zstd. Streams stay as they are, because a compressor
/// would hold their events back.
fn compression() -> CompressionLayer<impl Predicate> {
    let worthwhile = DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM));
    CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION_LEVEL)).compress_when(worthwhile)
}

/// Browsers of these origins may call with credentials and read our headers.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let name = HeaderName::from_static;
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::ACCEPT_LANGUAGE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                name("idempotency-key"),
                checkout::http::CART_TOKEN,
                name("last-event-id"),
                name("traceparent"),
                edge::REQUEST_ID,
            ])
            .expose_headers([
                header::LOCATION,
                header::RETRY_AFTER,
                header::ETAG,
                name("idempotent-replayed"),
                checkout::http::CART_TOKEN,
                edge::REQUEST_ID,
            ])
            .max_age(std::time::Duration::from_secs(3_600)),
    )
}
