//! Our side: the whole server in this process, with fsync on.

use crate::{
    Outcome,
    client::{Client, keyed, request},
    raw::order::{LINES, Ware},
    requests,
    side::Hello,
};
use checkout::{
    draft::OrderDraft,
    flow::ORDER,
    place::{self, OrderSettings},
    request::{Item, OrderRequest},
};
use kernel::{Address, ProductId, Quantity, UserId};
use ports::{MemoryGate, NoCarriers, NoReviews, Ports, SystemClock, gateway::Simulated};
use serde_json::{Value, json};
use server::{Listeners, Server, assembly, audit::Pass, config::Config, relay::Progress};
use std::{
    future::Future,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    DatabaseUrl, Db, Tx, args,
    idempotency::{self, StoredResponse},
    outbox,
};
use tokio::runtime::{Handle, Runtime};
use web::{App, BASE, Role, Roles};

/// Products in the shop; orders are spread over them evenly.
const PRODUCTS: usize = 100;
/// Units of each product: more than any run can sell.
const STOCK: i64 = 100_000_000;
/// The products with their default variants.
const WARES: &str = "select p.id, v.id, p.current_price, p.sku, p.name
    from products p join product_variants v on v.default_of = p.id order by p.id";
const POSTGRES_LOG: &str = "select cast(pg_current_wal_insert_lsn() - '0/0' as bigint)";
const MYSQL_LOG: &str = "select cast(variable_value as signed) from information_schema.global_status
    where variable_name = 'Innodb_os_log_written'";
/// How long the relay may take to deliver every event; after it the run fails.
const DRAIN_MAX: Duration = Duration::from_secs(300);

/// The running shop.
pub struct Ours {
    pub app: App,
    /// Its database file; empty on a server.
    pub path: PathBuf,
    hello: Hello,
    url: DatabaseUrl,
    progress: Arc<Progress>,
    runtime: Runtime,
    _server: Server,
}

impl Ours {
    /// Serves the shop in this database. An empty one gets the tables and the products.
    pub fn at(url: DatabaseUrl) -> Outcome<Ours> {
        Ours::with(url, &[])
    }

    /// The same with these settings besides.
    pub fn with(url: DatabaseUrl, more: &[(&str, &str)]) -> Outcome<Ours> {
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let path = url.file().cloned().unwrap_or_default();
        let options = [
            ("server.listen", "127.0.0.1:0"),
            ("audit.every", "0s"),
            ("checkout.pay_within", "1d"),
            ("auth.access_ttl", "1d"),
            // all streams of the bench come from one client
            ("server.connections_max", "19500"),
            ("server.connections_per_client", "19500"),
            ("server.streams_per_client", "19500"),
        ];
        // beside the file of the database; on a server in memory
        let search = url.file().map(|file| format!("{}.search", file.display())).unwrap_or_default();
        let search = [("search.folder", search.as_str())];
        let options = options.iter().chain(&search).chain(more);
        let options = options.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let options: Vec<(String, String)> = options.collect();
        let settings = Config::of(None, [], &options).map_err(|fault| fault.to_string())?.settings;
        let (server, app, progress) = runtime.block_on(async {
            let threads = &settings.database;
            let db = Db::open(store::Settings {
                queue: threads.queue,
                readers: threads.readers,
                writers: threads.writers,
                ..store::Settings::of(url.clone(), Arc::new(SystemClock))
            })?;
            db.migrate(assembly::migrations()).await?;
            let ports = Ports {
                gateway: Arc::new(Simulated::approving()),
                reviews: Arc::new(NoReviews),
                gate: Arc::new(MemoryGate::default()),
                carriers: Arc::new(NoCarriers),
            };
            let assembly = server::assemble(&settings, db, ports).await?;
            let (app, progress) = (assembly.app.clone(), assembly.background.progress());
            let listeners = Listeners::bind(&settings).map_err(|fault| fault.to_string())?;
            let server = Server::start(&settings, listeners, assembly).await.map_err(|fault| fault.to_string())?;
            Outcome::Ok((server, app, progress))
        })?;
        let (address, started) = (server.address, began.elapsed());
        let token = |n: u64, role| {
            let user: UserId = requests::user_id(n).parse()?;
            app.auth.issue(&user, Roles::of(role), app.now()).map(|issued| issued.token)
        };
        let tokens = (0..requests::USERS).map(|n| token(n, Role::User)).collect::<kernel::Result<_>>()?;
        let admin = token(requests::USERS, Role::Admin)?;
        let mut wares: Vec<Ware> = runtime.block_on(app.db.read("bench.wares", known))?;
        if wares.is_empty() {
            wares = runtime.block_on(stocked(address, &admin))?;
        }
        let hello = Hello { address, empty: None, wares, tokens, admin, started };
        Ok(Ours { app, path, hello, url, progress, runtime, _server: server })
    }

    /// What the parent is to know.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The runtime for jobs without HTTP.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits until every subscriber has received every event. Returns how long that took.
    pub fn drain(&self) -> Outcome<Duration> {
        let began = Instant::now();
        let db = self.app.db.clone();
        loop {
            let newest = self.runtime.block_on(db.read("bench.newest", outbox::newest))?;
            if self.progress.dealt_with() >= newest {
                return Ok(began.elapsed());
            }
            if began.elapsed() > DRAIN_MAX {
                return Err("the event stream does not drain".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends one request and returns the body of a successful response.
    pub fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Outcome<Vec<u8>> {
        self.runtime.block_on(send(self.hello.address, method, path, token, body))
    }

    /// Bytes that the database server has written to its log; `None` without a server.
    pub fn logged(&self) -> Outcome<Option<u64>> {
        let sql = match self.url {
            DatabaseUrl::Sqlite(_) => return Ok(None),
            DatabaseUrl::Postgres(_) => POSTGRES_LOG,
            DatabaseUrl::MySql(_) => MYSQL_LOG,
        };
        let read = self.app.db.read("bench.log", |tx| tx.query_one(sql, args![], |row| row.get::<i64>(0)));
        Ok(u64::try_from(self.runtime.block_on(read)?).ok())
    }

    /// Places these orders, all in one job and so in one commit.
    pub fn place_together(&self, which: std::ops::Range<u64>) -> Outcome<()> {
        let settings = OrderSettings::of(&self.app);
        let order = |n: u64| Some((requests::user(n).parse().ok()?, draft(self.wanted(n))?));
        let orders: Vec<(UserId, OrderDraft)> = which.map(order).collect::<Option<_>>().ok_or("an order is wrong")?;
        let place = move |tx: &mut Tx<'_>| {
            orders.iter().try_for_each(|(user, draft)| place::place(tx, &ORDER, &settings, user, draft).map(|_| ()))
        };
        self.runtime.block_on(self.app.db.write("bench.together", place))?;
        Ok(())
    }

    /// Places order `n`: what the handler does after it has read the request.
    pub fn place(&self, n: u64) -> impl Future<Output = bool> + Send + 'static {
        let (app, wanted, user) = (self.app.clone(), self.wanted(n), requests::user(n).parse());
        async move {
            let Ok(user) = user else { return false };
            place_in(&app.db, &app, user, wanted, None).await
        }
    }

    fn wanted(&self, n: u64) -> [(i64, i64); LINES] {
        let wares = &self.hello.wares;
        requests::lines(wares.len(), n).map(|(ware, quantity)| (wares[ware].product, quantity))
    }

    /// Looks at every row, as `holdfast audit` does, and fails if anything is broken. How long each part took.
    pub fn audit(&self) -> Outcome<Vec<(String, Duration)>> {
        self.runtime.block_on(async {
            let mut pass = Pass::begin(&self.app, None).await?;
            pass.at_once = self.app.db.readers();
            let mut times: Vec<(String, Duration)> = Vec::new();
            loop {
                let part = pass.part().map(|(name, _)| name.to_owned()).unwrap_or_default();
                let began = Instant::now();
                if !pass.step().await? {
                    break;
                }
                match times.last_mut() {
                    Some((name, time)) if *name == part => *time += began.elapsed(),
                    _ => times.push((part, began.elapsed())),
                }
            }
            match pass.position.found.first() {
                None => Ok(times),
                Some(broken) => Err(format!("a promise is broken in the grown shop: {broken:?}").into()),
            }
        })
    }

    /// Sends one request of the first user with an idempotency key, if there is one, and returns the body of a successful response.
    pub fn post(&self, path: &str, key: Option<&str>, body: &str) -> Outcome<Vec<u8>> {
        let request = keyed("POST", &format!("{BASE}{path}"), Some(&self.hello.tokens[0]), key, Some(body));
        self.runtime.block_on(answered(self.hello.address, path, &request))
    }

    /// Statements and round trips of one order without HTTP: first without an idempotency key, then with one. Counted on a separate
    /// connection, because background tasks use the others.
    pub fn cost(&self) -> Outcome<[(u64, u64); 2]> {
        let settings = store::Settings::of(self.url.clone(), Arc::new(SystemClock));
        let db = Db::open(store::Settings { readers: 1, writers: 1, ..settings })?;
        let (user, wanted) = (requests::user(0).parse()?, self.wanted(5));
        let place = |key| self.runtime.block_on(place_in(&db, &self.app, user, wanted, key));
        let mut costs = [(0, 0); 2];
        for (cost, with_key) in costs.iter_mut().zip([false, true]) {
            let key = |n: u32| with_key.then(|| format!("bench {n}"));
            // the first orders also prepare their statements
            let warm = (0..8).all(|n| place(key(n)));
            let before = db.counts();
            if !(warm && place(key(8))) {
                return Err("an order was refused".into());
            }
            let after = db.counts();
            *cost = (after.statements - before.statements, after.round_trips - before.round_trips);
        }
        Ok(costs)
    }
}

/// Sends one request and returns the body of a successful response.
pub async fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Outcome<Vec<u8>> {
    answered(to, path, &request(method, &format!("{BASE}{path}"), token, body)).await
}

async fn answered(to: SocketAddr, path: &str, request: &[u8]) -> Outcome<Vec<u8>> {
    let mut client = Client::connect(to).await?;
    let answer = client.call(request).await?;
    if (200..300).contains(&answer.status) {
        return Ok(answer.body.to_vec());
    }
    Err(format!("{path} answered {} {}", answer.status, String::from_utf8_lossy(answer.body)).into())
}

async fn stocked(to: SocketAddr, admin: &str) -> Outcome<Vec<Ware>> {
    let mut wares = Vec::new();
    for n in 0..PRODUCTS {
        let (name, sku, price) = (format!("Everyday mug no. {n}"), format!("MUG-{n:05}"), 9_000 + 100 * n);
        let description = "A mug of stoneware, fired twice, that holds 330 ml and stands the dishwasher. ".repeat(4);
        let body = json!({"name": name, "sku": sku, "price": price, "stock": STOCK, "description": description});
        let made = send(to, "POST", "/admin/products", Some(admin), Some(&body.to_string())).await?;
        let made: Value = serde_json::from_slice(&made)?;
        let product = made["data"]["id"].as_i64().ok_or("a product without id")?;
        let seen: Value = serde_json::from_slice(&send(to, "GET", &format!("/products/{product}"), None, None).await?)?;
        let variant = seen["data"]["variants"][0]["id"].as_i64().ok_or("a product without variant")?;
        wares.push(Ware { product, variant, price: i64::try_from(price)?, sku, name });
    }
    Ok(wares)
}

/// The products of an old database, in the order in which they were made.
fn known(tx: &mut Tx<'_>) -> kernel::Result<Vec<Ware>> {
    tx.query(WARES, args![], |row| {
        let (product, variant, price) = (row.next()?, row.next()?, row.next()?);
        Ok(Ware { product, variant, price, sku: row.next()?, name: row.next()? })
    })
}

/// Places an order on any connection to the database; with a key, also the statements for the idempotency record.
async fn place_in(db: &Db, app: &App, user: UserId, wanted: [(i64, i64); LINES], key: Option<String>) -> bool {
    let Some(draft) = draft(wanted) else { return false };
    let settings = OrderSettings::of(app);
    let place = move |tx: &mut Tx<'_>| place::place(tx, &ORDER, &settings, &user, &draft).map(|_| ());
    let placed = db.write("order.place", move |tx| {
        let Some(key) = &key else { return place(tx) };
        if idempotency::claim(tx, "bench", key, "")? != idempotency::Claim::New {
            return Err(kernel::Code::Conflict.because("the key was used before"));
        }
        tx.attempt(&place)?;
        let (headers, body) = (std::collections::BTreeMap::new(), "{}".to_owned());
        idempotency::complete(tx, "bench", key, &StoredResponse { status: 201, headers, body, refused: false })
    });
    placed.await.is_ok()
}

fn draft(wanted: [(i64, i64); LINES]) -> Option<OrderDraft> {
    let item = |(product, quantity): (i64, i64)| {
        Some(Item {
            product_id: Some(ProductId::new(product)),
            variant_id: None,
            quantity: Quantity::new(quantity).ok()?,
        })
    };
    let address = Address {
        receiver_name: "김하늘".to_owned(),
        receiver_phone: "010-1234-5678".to_owned(),
        zip_code: "04524".to_owned(),
        address1: "서울시 중구 세종대로 110".to_owned(),
        address2: Some("3층".to_owned()),
    };
    let items: Option<Vec<Item>> = wanted.into_iter().map(item).collect();
    OrderDraft::to_place(&OrderRequest { items, shipping_address: Some(address), ..OrderRequest::default() }).ok()
}
