//! The shop that is searched, and the calls of its administrator.

use super::catalogue::Catalogue;
use crate::{Outcome, ours, process::Process};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Products of one import.
const IMPORTED: usize = 5_000;
/// How long filling, rebuilding or finding may take.
const WITHIN: Duration = Duration::from_secs(1_800);
/// How often it is looked whether something is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often the bench prints how far the index is.
const SAID_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Shop {
    pub process: Process,
    pub caller: Caller,
}

impl Shop {
    pub fn start(url: &str) -> Outcome<Shop> {
        let process = Process::start(&["ours", url])?;
        let caller = Caller { to: process.hello.address, token: process.hello.admin.clone() };
        Ok(Shop { process, caller })
    }

    /// Imports so many products.
    pub fn import(&self, catalogue: &Catalogue, products: usize) -> Outcome<()> {
        for begin in (0..products).step_by(IMPORTED) {
            let rows: Vec<Value> = (begin..(begin + IMPORTED).min(products)).map(|n| catalogue.product(n)).collect();
            self.caller.call("POST", "/admin/products/import", Some(&Value::from(rows)))?;
            eprint!("\r{begin} products");
        }
        eprintln!();
        Ok(())
    }
}

/// An administrator.
#[derive(Clone)]
pub(super) struct Caller {
    to: SocketAddr,
    token: String,
}

impl Caller {
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let body = body.map(Value::to_string);
        let answer = runtime.block_on(ours::send(self.to, method, path, Some(&self.token), body.as_deref()))?;
        Ok(serde_json::from_slice::<Value>(&answer)?["data"].take())
    }

    pub fn status(&self) -> Outcome<Value> {
        self.call("GET", "/admin/search", None)
    }

    /// Waits until the index is as wanted; gives how long that took.
    pub fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Outcome<Duration> {
        let (began, mut said) = (Instant::now(), Duration::ZERO);
        loop {
            let status = self.status()?;
            let passed = began.elapsed();
            if wanted(&status) {
                return Ok(passed);
            }
            if passed > WITHIN {
                return Err("the search index does not become what it should".into());
            }
            if passed - said > SAID_EVERY {
                said = passed;
                eprintln!(
                    "{} s: {} products in the index, {} read",
                    passed.as_secs(),
                    status["products"],
                    status["done"]
                );
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Makes a product and changes its price and its stock. Gives how long after each response that was found.
    pub fn changes(&self, n: usize) -> Outcome<[Duration; 3]> {
        let (sku, word) = (format!("FRESH-{n}"), format!("zephyrine{n}"));
        let name = format!("{word} lantern");
        let product = json!({"sku": sku, "name": name, "price": 1_000, "stock": 1, "status": "ACTIVE"});
        let made = self.call("POST", "/admin/products", Some(&product))?;
        let id = made["id"].as_i64().ok_or("a product without id")?;
        let new = self.found(&word, |hit| hit["sku"] == *sku)?;
        let content = json!({"name": name, "price": 2_000});
        self.call("PUT", &format!("/admin/products/{id}"), Some(&content))?;
        let price = self.found(&word, |hit| hit["minPrice"] == 2_000)?;
        self.call("PATCH", &format!("/admin/products/{id}/stock"), Some(&json!({"delta": 6})))?;
        let stock = self.found(&word, |hit| hit["stock"] == 7)?;
        Ok([new, price, stock])
    }

    /// Searches until the first hit is as wanted.
    fn found(&self, word: &str, wanted: impl Fn(&Value) -> bool) -> Outcome<Duration> {
        let (began, path) = (Instant::now(), format!("/search/products?keyword={word}&size=1&facets=false"));
        while !wanted(&self.call("GET", &path, None)?["content"][0]) {
            if began.elapsed() > WITHIN {
                return Err(format!("{word} is not found").into());
            }
        }
        Ok(began.elapsed())
    }

    /// Has the index built anew; gives how long that took.
    pub fn rebuild(&self) -> Outcome<Duration> {
        let before = self.status()?["rebuiltAt"].clone();
        let began = Instant::now();
        self.call("POST", "/admin/search/rebuild", Some(&json!({})))?;
        self.wait(|status| status["running"].is_null() && status["rebuiltAt"] != before)?;
        Ok(began.elapsed())
    }

    /// Has the index built anew again and again.
    pub fn rebuilding(&self) -> Rebuilding {
        let (caller, over) = (self.clone(), Arc::new(AtomicBool::new(false)));
        let ended = Arc::clone(&over);
        let thread = thread::spawn(move || {
            while !ended.load(Relaxed) {
                caller.rebuild()?;
            }
            Ok(())
        });
        Rebuilding { over, thread }
    }
}

/// Rebuilds one after the other.
pub(super) struct Rebuilding {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Outcome<()>>,
}

impl Rebuilding {
    /// Waits until the last of them is done.
    pub fn end(self) -> Outcome<()> {
        self.over.store(true, Relaxed);
        self.thread.join().map_err(|_| "the rebuilds panicked")?
    }
}
