//! A bare side: a handler that writes an order's rows by bare SQLite, over a copy of our own database or over the frozen tables of
//! schema 1, and an empty handler.

use crate::{
    Outcome,
    raw::{
        commit::Writer,
        http::{self, Bare},
        order::{Schema, Ware},
        rush::{Make, Shop, Ticket},
        schema1,
        watch::{self, Positions},
    },
    side::Hello,
};
use axum::{Router, body::Bytes, serve::ListenerExt};
use rusqlite::Connection;
use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    runtime::{Handle, Runtime},
};

/// The running baseline.
pub struct BareSide {
    /// The order handler's state.
    pub bare: Bare,
    orders: SocketAddr,
    empty: SocketAddr,
    started: Duration,
    runtime: Runtime,
}

impl BareSide {
    /// Makes a database at `path` from the one at `ours`, starts the bare writer on it and serves both handlers. The empty handler
    /// responds with `page`.
    pub fn open(ours: &Path, path: &Path, schema: Schema, wares: Arc<[Ware]>, page: Bytes) -> Outcome<BareSide> {
        let began = Instant::now();
        match schema {
            Schema::Today => {
                Connection::open(ours)?.execute("vacuum into ?", [path.to_string_lossy()])?;
            }
            Schema::One => {
                let conn = Connection::open(path)?;
                conn.execute_batch(schema1::TABLES)?;
                conn.execute("attach database ? as ours", [ours.to_string_lossy()])?;
                conn.execute_batch(schema1::STOCK)?;
            }
        }
        let bare = Bare::new(Writer::open(path)?, schema, wares);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let orders = runtime.block_on(serve(bare.clone().router()))?;
        let empty = runtime.block_on(serve(http::empty(page)))?;
        Ok(BareSide { bare, orders, empty, started: began.elapsed(), runtime })
    }

    /// What the parent is to know.
    pub fn hello(&self) -> Hello {
        Hello {
            address: self.orders,
            empty: Some(self.empty),
            wares: Vec::new(),
            tokens: Vec::new(),
            admin: String::new(),
            started: self.started,
        }
    }

    /// The runtime for jobs without HTTP.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }
}

/// The baseline of a rush: bare handlers of coupons and deals on a copy of a shop's database.
pub struct BareRush {
    pub shop: Shop,
    hello: Hello,
    runtime: Runtime,
}

impl BareRush {
    /// Copies the database at `ours` to `path`, starts the bare writer on it and serves both handlers.
    pub fn open(ours: &Path, path: &Path, wares: Arc<[Ware]>) -> Outcome<BareRush> {
        let began = Instant::now();
        Connection::open(ours)?.execute("vacuum into ?", [path.to_string_lossy()])?;
        let shop = Shop::new(Writer::open(path)?, wares);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let address = runtime.block_on(serve(shop.clone().router()))?;
        Ok(BareRush { shop, hello: hello_from(address, None, began), runtime })
    }

    /// What the parent is to know.
    pub fn hello(&self) -> Hello {
        self.hello.clone()
    }

    /// Makes something that there are few of; its id.
    pub fn made(&self, what: Make) -> Outcome<i64> {
        let made = self.runtime.block_on(self.shop.writer.write(Ticket::Make(what)));
        Ok(made.ok_or("the row was refused")?.parse()?)
    }
}

/// An empty handler, and a bare event stream at the same address.
pub struct Plain {
    positions: Positions,
    hello: Hello,
    _runtime: Runtime,
}

impl Plain {
    /// Serves an empty handler that responds with `page`, and streams that show position 0 at first.
    pub fn open(page: Bytes) -> Outcome<Plain> {
        let began = Instant::now();
        let positions = Positions::new(0);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let address = runtime.block_on(serve(http::empty(page).merge(watch::router(positions.clone()))))?;
        Ok(Plain { positions, hello: hello_from(address, Some(address), began), _runtime: runtime })
    }

    /// What the parent is to know.
    pub fn hello(&self) -> Hello {
        self.hello.clone()
    }

    /// Sends a position to every stream.
    pub fn publish(&self, position: u64) {
        self.positions.send_replace(position);
    }
}

fn hello_from(address: SocketAddr, empty: Option<SocketAddr>, began: Instant) -> Hello {
    let (wares, tokens, admin) = (Vec::new(), Vec::new(), String::new());
    Hello { address, empty, wares, tokens, admin, started: began.elapsed() }
}

async fn serve(router: Router) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
