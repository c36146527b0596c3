//! A whole shop in a test: the real router over a real database, a clock turned by hand, seeded chance, a gateway that
//! does what payment keys say. Nothing runs in the background unless a test says so.

use crate::{
    Browser, Contents, Document, OldShop, Product, ProductBuilder, Sender, closing, comparison, contents::Window,
    old_shop::JOURNAL, played::Played,
};
use fixture::{Response, Responses, Site, at_once, user_id, wait};
use kernel::{Clock, Result, Timestamp, UserId};
use parking_lot::RwLock;
use ports::{
    Gateway, ManualClock, NoReviews, Ports, SystemClock,
    gateway::{Simulated, simulated},
};
use serde_json::json;
use server::{
    assembly::{self, Assembly},
    background::Background,
    config::{Config, Settings},
};
use std::{
    collections::HashSet,
    future::Future,
    path::Path,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use store::{DatabaseUrl, Db, Tx};
use testdb::{Kind, Space};
use tokio::sync::Mutex;
use web::{App, Role};

/// Settings that differ from the defaults: audits run when a test asks, no request is refused for its rate, and
/// a server is not asked for more connections than most tests need.
const SETTINGS: &[(&str, &str)] = &[
    ("audit.every", "0s"),
    // strong enough for stories in which a setting says that others reach the shop
    ("auth.secrets", "tests:Zk3vQ9xT1mB7nR5wL0yH8cJ2fD6gS4pA"),
    ("server.rate_per_second", "0"),
    ("gateway.journal", ""),
    // in memory, and filled by the first search
    ("search.folder", ""),
    ("media.folder", ""),
    ("database.readers", "1"),
    ("database.writers", "4"),
];

/// The document, which is the same for all shops of a test binary. Reading it takes as long as a short story.
static DOCUMENT: OnceLock<Document> = OnceLock::new();

/// What the tables of a shop depend on.
static TABLES: LazyLock<String> = LazyLock::new(|| {
    assembly::migrations().iter().map(|migration| format!("{}\n{}", migration.name, migration.sql)).collect()
});

/// Makes the tables of a shop, once for the shops of a test run.
fn migrate(url: &str) {
    let url = url.parse().expect("the address of a database");
    let settings = store::Settings { writers: 1, ..store::Settings::throwaway(url, Arc::new(ManualClock::default())) };
    let made: Result<()> = wait(async {
        let db = Db::open(settings)?;
        db.migrate(assembly::migrations()).await?;
        db.close().await;
        Ok(())
    });
    made.expect("the tables are made");
}

/// What all senders of a shop share.
pub(crate) struct Inner {
    site: Arc<Site>,
    open: RwLock<Option<Arc<Open>>>,
    clock: Arc<ManualClock>,
    gateway: Arc<Simulated>,
    /// The gateway of the shop, when it is another one than the simulated.
    paid_through: Option<Arc<dyn Gateway>>,
    url: DatabaseUrl,
    settings: Settings,
    seed: u64,
    users: AtomicU64,
    /// Removed with the shop, after it; a shop adopted from elsewhere has none.
    space: Option<Space>,
}

/// A shop between two crashes.
pub(crate) struct Open {
    background: Mutex<Background>,
    document: Document,
}

impl Inner {
    pub fn app(&self) -> App {
        self.site.app()
    }

    fn open(&self) -> Arc<Open> {
        Arc::clone(self.open.read().as_ref().expect("the shop is open"))
    }

    fn start(&self, starts: u64) {
        let settings = store::Settings {
            // another sequence after every crash, as a new process would have
            seed: Some(self.seed.wrapping_mul(1_000).wrapping_add(starts)),
            readers: self.settings.database.readers,
            writers: self.settings.database.writers,
            ..store::Settings::throwaway(self.url.clone(), Arc::clone(&self.clock) as _)
        };
        let gate = server::opening::gate(&self.settings).unwrap_or_else(|fault| panic!("{fault}"));
        let gateway = self.paid_through.clone().unwrap_or_else(|| Arc::clone(&self.gateway) as _);
        let carriers = server::opening::carriers(&self.settings.carriers).unwrap_or_else(|fault| panic!("{fault}"));
        let ports = Ports { gateway, reviews: Arc::new(NoReviews), gate, carriers };
        let made: Result<Assembly> = wait(async {
            let db = Db::open(settings)?;
            db.migrate(assembly::migrations()).await?;
            db.backfill(assembly::backfills()).await?;
            assembly::assemble(&self.settings, db, ports).await
        });
        let Assembly { app, router, background, openapi, .. } = made.expect("the shop opens");
        let read = || Document::of(serde_json::to_value(&**openapi).expect("the document is JSON"));
        let document = DOCUMENT.get_or_init(read).clone();
        self.site.open(app, router);
        let open = Open { background: Mutex::new(background), document };
        *self.open.write() = Some(Arc::new(open));
    }
}

/// The shop. Dropping it settles it and fails the test if anything is left undone or any promise is broken.
pub struct TestShop {
    inner: Arc<Inner>,
    starts: u64,
    excused: RwLock<HashSet<String>>,
    played: Arc<Played>,
    closed: bool,
}

impl TestShop {
    /// An empty shop at 9 in the morning of 2026-02-06 in Seoul.
    pub fn open() -> TestShop {
        TestShop::seeded(1)
    }

    /// The same with another source of chance.
    pub fn seeded(seed: u64) -> TestShop {
        TestShop::with(seed, &[])
    }

    /// A shop with settings that differ from the defaults, such as `("checkout.pay_within", "1h")`.
    pub fn with(seed: u64, settings: &[(&str, &str)]) -> TestShop {
        let space = Space::prepared(&TABLES, migrate);
        let url = space.url().to_owned();
        let clock = Arc::new(ManualClock::default());
        let gateway = Simulated::approving().with_clock(Arc::clone(&clock) as _);
        TestShop::of(seed, settings, &url, Some(space), clock, gateway, None)
    }

    /// A shop with these settings that is paid through another gateway, which gets the shop's clock.
    pub fn paid_through(
        settings: &[(&str, &str)],
        gateway: impl FnOnce(&Arc<ManualClock>) -> Arc<dyn Gateway>,
    ) -> TestShop {
        let space = Space::open();
        let (url, clock) = (space.url().to_owned(), Arc::new(ManualClock::default()));
        let paid_through = gateway(&clock);
        TestShop::of(1, settings, &url, Some(space), clock, Simulated::approving(), Some(paid_through))
    }

    /// The shop that another process left: its database and the journal of its gateway. The clock begins with the present.
    pub fn adopt(url: &str, journal: &Path) -> TestShop {
        TestShop::with_journal(url, journal, None, SystemClock.now())
    }

    /// The shop in this space, at this time. The journal of its gateway is in the folder of the space.
    pub fn in_space(space: Space, at: Timestamp) -> TestShop {
        let (url, journal) = (space.url().to_owned(), space.folder().join(JOURNAL));
        TestShop::with_journal(&url, &journal, Some(space), at)
    }

    fn with_journal(url: &str, journal: &Path, space: Option<Space>, at: Timestamp) -> TestShop {
        let gateway = simulated::Settings {
            approve_per_mille: 1_000,
            seed: Some(1),
            journal: Some(journal.to_owned()),
            ..simulated::Settings::default()
        };
        let gateway = Simulated::open(gateway).expect("the journal of the gateway can be read");
        let clock = Arc::new(ManualClock::new(at));
        let gateway = gateway.with_clock(Arc::clone(&clock) as _);
        TestShop::of(1, &[], url, space, clock, gateway, None)
    }

    /// Keeps the shop as it is now under the name of a commit ([`crate::OldShop`]).
    pub fn keep(&self, commit: &str) {
        OldShop::keep(commit, self, self.inner.space.as_ref().expect("the shop has a space of its own"));
    }

    fn of(
        seed: u64,
        settings: &[(&str, &str)],
        url: &str,
        space: Option<Space>,
        clock: Arc<ManualClock>,
        gateway: Simulated,
        paid_through: Option<Arc<dyn Gateway>>,
    ) -> TestShop {
        let options = SETTINGS.iter().chain(settings).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let options: Vec<(String, String)> = options.collect();
        let settings = Config::of(None, [], &options).unwrap_or_else(|fault| panic!("{fault}")).settings;
        let (open, users, gateway) = (RwLock::new(None), AtomicU64::new(0), Arc::new(gateway));
        let url = url.parse().expect("the address of a database");
        let site = Arc::default();
        let inner = Inner { site, open, clock, gateway, paid_through, url, settings, seed, users, space };
        inner.start(0);
        let played = Arc::new(Played::of(inner.open().document.clone()));
        // what is documented does not depend on the database
        if testdb::wanted() == Kind::Sqlite {
            let watcher = Arc::clone(&played);
            inner.site.watch(move |exchange| watcher.see(exchange));
        }
        TestShop { inner: Arc::new(inner), starts: 0, excused: RwLock::default(), played, closed: false }
    }

    /// A product that is to be made.
    pub fn product(&self, name: &str) -> ProductBuilder<'_> {
        ProductBuilder::new(self, name)
    }

    /// A caller who has not signed in.
    pub fn anonymous(&self) -> Sender {
        Sender::anonymous(&self.inner.site)
    }

    /// A new browser on this machine, in English until it says otherwise.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.inner.site)
    }

    /// A new buyer.
    pub fn buyer(&self) -> Sender {
        self.user(self.new_user())
    }

    /// This buyer again.
    pub fn user(&self, id: UserId) -> Sender {
        self.who(id, Role::User)
    }

    /// A new seller.
    pub fn seller(&self) -> Sender {
        self.who(self.new_user(), Role::Seller)
    }

    /// A new administrator.
    pub fn admin(&self) -> Sender {
        self.who(self.new_user(), Role::Admin)
    }

    /// Another service of the shop.
    pub fn service(&self) -> Sender {
        self.who(self.new_user(), Role::Service)
    }

    fn who(&self, id: UserId, role: Role) -> Sender {
        Sender::new(&self.inner.site, id, role)
    }

    fn new_user(&self) -> UserId {
        let n = self.inner.users.fetch_add(1, Ordering::Relaxed) + 1;
        user_id(n)
    }

    /// So many new buyers.
    pub fn buyers(&self, count: usize) -> Crowd {
        Crowd { people: (0..count).map(|_| self.buyer()).collect() }
    }

    /// Runs `act` with 0 to `count` − 1, all at once.
    pub fn at_once(&self, count: usize, act: impl Fn(usize) -> Response + Sync) -> Responses {
        Responses(at_once(0..count, act))
    }

    /// Publishes every event and runs every task until nothing is left to do at the present time.
    pub fn settle(&self) {
        let open = self.inner.open();
        let settled = wait(async { open.background.lock().await.settle().await });
        settled.unwrap_or_else(|error| panic!("the shop does not settle: {error:?}"));
    }

    /// The parcel with this tracking number leaves, is on its way and arrives.
    pub fn delivers(&self, tracking: &str) {
        for status in ["SHIPPED", "IN_TRANSIT", "DELIVERED"] {
            self.admin().put(format!("/deliveries/{tracking}/status"), json!({ "status": status })).must("200");
        }
        self.settle();
    }

    /// Publishes the events there are and runs every task once; for races, in which other threads keep making work.
    pub fn run_tasks(&self) {
        let open = self.inner.open();
        let ran: Result<()> = wait(async {
            let mut background = open.background.lock().await;
            background.relay().await?;
            for name in background.task_names() {
                background.run_task(name).await?;
            }
            Ok(())
        });
        ran.unwrap_or_else(|error| panic!("a task failed: {error:?}"));
    }

    /// The names of the periodic tasks.
    pub fn task_names(&self) -> Vec<&'static str> {
        let open = self.inner.open();
        wait(async { open.background.lock().await.task_names() })
    }

    /// Publishes the events there are and runs this task once. Gives how much it did.
    pub fn run_task(&self, name: &str) -> u64 {
        let open = self.inner.open();
        let ran: Result<u64> = wait(async {
            let mut background = open.background.lock().await;
            background.relay().await?;
            background.upkeep().await?;
            background.run_task(name).await
        });
        ran.unwrap_or_else(|error| panic!("{name} failed: {error:?}"))
    }

    /// Turns the clock without doing anything that is due.
    pub fn turn(&self, by: Duration) {
        self.inner.clock.advance(by);
    }

    /// Turns the clock and does everything that is then due.
    pub fn later(&self, by: Duration) {
        self.turn(by);
        self.settle();
    }

    /// Ends the program without warning, as far as one process can end itself, and starts it again on the same database. What
    /// was in memory is gone; the gateway is another program and keeps its records.
    pub fn crash(&mut self) {
        *self.inner.open.write() = None;
        self.inner.site.close();
        self.starts += 1;
        self.inner.start(self.starts);
    }

    /// The gateway that does what payment keys say.
    pub fn gateway(&self) -> &Simulated {
        &self.inner.gateway
    }

    /// The running program.
    pub fn app(&self) -> App {
        self.inner.app()
    }

    /// The API's document.
    pub fn document(&self) -> Document {
        self.inner.open().document.clone()
    }

    /// Every statement the program may send.
    pub fn statements(&self) -> Vec<&'static str> {
        assembly::statements()
    }

    /// Reads through the store.
    pub fn read<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        let db = self.app().db.clone();
        wait(db.read("test.read", work)).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Writes through the store.
    pub fn write<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let db = self.app().db.clone();
        wait(db.write("test.write", work))
    }

    /// Runs a future to its end, for tests that go below HTTP.
    pub fn wait<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        wait(future)
    }

    /// How many statements `act` ran, writing and reading.
    pub fn statements_of(&self, act: impl FnOnce()) -> u64 {
        let ran = || self.app().db.counts().statements;
        let before = ran();
        act();
        ran() - before
    }

    /// A look at the rows.
    pub fn window(&self) -> Window {
        Window::of(Arc::clone(&self.inner))
    }

    /// What is in the database now.
    pub fn contents(&self) -> Contents {
        self.window().contents()
    }

    /// Available, reserved and total units of a product, as they are stored.
    pub fn stock_of(&self, product: &Product) -> (i64, i64, i64) {
        let window = self.window();
        let sum = |column: &str| {
            let what =
                format!("select coalesce(sum({column}), 0) from inventory_snapshots where product_id = {}", product.id);
            window.number(&what)
        };
        let (available, reserved) = (sum("available"), sum("reserved"));
        (available, reserved, available + reserved)
    }

    /// The same as the API shows it, once the last change has been published.
    pub fn shown_stock_of(&self, product: &Product) -> (i64, i64, i64) {
        self.settle();
        let stock = self.anonymous().get(format!("/inventory/{}", product.id)).must("200");
        (stock.number("/availableQuantity"), stock.number("/reservedQuantity"), stock.number("/totalQuantity"))
    }

    /// Changes a product's price.
    pub fn reprice(&self, product: &Product, won: i64) {
        let body = json!({"name": product.name, "sku": product.sku, "price": won});
        self.admin().put(format!("/admin/products/{}", product.id), body).must("200");
        self.settle();
    }

    /// What the gateway took for an order, capture by capture.
    pub fn captures_of(&self, order: &str) -> Vec<i64> {
        comparison::captures(&self.inner.gateway, order)
    }

    /// What the gateway gave back for an order, refund by refund.
    pub fn refunds_of(&self, order: &str) -> Vec<i64> {
        comparison::refunds(&self.inner.gateway, order)
    }

    /// A person settled this order outside the shop, so the gateway's records may differ from the shop's.
    pub fn expect_difference_with_gateway(&self, order: &str) {
        self.excused.write().insert(order.to_owned());
    }

    /// Settles the shop and checks everything; dropping does the same.
    pub fn close(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        self.closed = true;
        closing::close(self);
        let complaints = self.played.complaints();
        assert!(complaints.is_empty(), "docs/openapi.json says something else:\n{}", complaints.join("\n"));
    }

    pub(crate) fn at_rest(&self) -> Vec<String> {
        let app = self.app();
        let looked = wait(server::audit::look(&app, None)).unwrap_or_else(|error| panic!("{error:?}"));
        let excused = self.excused.read();
        let of_excused = |one: &store::Violation| {
            excused.iter().any(|order| one.subject == *order || one.found.contains(order.as_str()))
        };
        let found = looked.found.iter().filter(|found| !of_excused(&found.violation));
        found.map(|found| format!("{}: {:?}", found.module, found.violation)).collect()
    }
}

impl Drop for TestShop {
    fn drop(&mut self) {
        // a test that has failed already says more by its own failure
        if !self.closed && !thread::panicking() {
            self.finish();
        }
    }
}

/// Several people who act at the same moment.
pub struct Crowd {
    people: Vec<Sender>,
}

impl Crowd {
    /// Everyone does `act` at once.
    pub fn at_once(&self, act: impl Fn(&Sender) -> Response + Sync) -> Responses {
        Responses(at_once(&self.people, act))
    }
}
