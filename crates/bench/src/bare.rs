//! The bare side: raw HTTP, raw core, empty handler, each over a copy of our own database.

use crate::{
    Outcome,
    raw::{
        commit::Writer,
        http::{self, Bare},
        order::Ware,
    },
};
use axum::{Router, body::Bytes, serve::ListenerExt};
use rusqlite::Connection;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    net::TcpListener,
    runtime::{Handle, Runtime},
};

/// The running baseline.
pub struct BareSide {
    /// Its database file.
    pub path: PathBuf,
    /// The order handler's state.
    pub bare: Bare,
    /// The address of the bare order handler.
    pub orders: SocketAddr,
    /// The address of the empty handler.
    pub empty: SocketAddr,
    runtime: Runtime,
}

impl BareSide {
    /// Copies the database at `ours`, starts the bare writer on the copy and serves both handlers. The empty handler responds with
    /// `page`.
    pub fn open(ours: &Path, folder: &Path, wares: Arc<[Ware]>, page: Bytes) -> Outcome<BareSide> {
        let path = folder.join("bare.db");
        Connection::open(ours)?.execute("vacuum into ?", [path.to_string_lossy()])?;
        let bare = Bare::new(Writer::open(&path)?, wares);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let orders = runtime.block_on(serve(bare.clone().router()))?;
        let empty = runtime.block_on(serve(http::empty(page)))?;
        Ok(BareSide { path, bare, orders, empty, runtime })
    }

    /// The runtime for jobs without HTTP.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }
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
