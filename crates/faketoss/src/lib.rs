//! A payment gateway that behaves as Toss Payments does, over real HTTP, without money. See the README.

mod api;
mod control;
mod failure;
mod idempotency;
mod journal;
mod payment;
mod records;
mod webhooks;
mod window;

pub use failure::documented;
pub use payment::{Cancel, Method, Payment, Status, Transaction};
pub use records::{Agreed, VALID_HOURS, scripts};
pub use webhooks::{Policy, Webhook};

use axum::Router;
use journal::{Journal, Line};
use kernel::{Clock, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use records::Records;
use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Pause between two looks for messages that are due.
const DELIVER_EVERY: Duration = Duration::from_millis(100);

/// How the fake is opened.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The journal; `None` keeps everything in memory.
    pub file: Option<PathBuf>,
    /// Where messages go; `None` keeps them until they are asked for.
    pub webhook_url: Option<String>,
    /// The secret key that it accepts; `None` accepts every test key.
    pub secret: Option<String>,
}

/// The fake gateway. Clones share its records.
#[derive(Debug, Clone)]
pub struct Fake {
    records: Arc<Mutex<Records>>,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
    fails_with: Arc<Mutex<Option<&'static str>>>,
    asked: Arc<AtomicU64>,
}

impl Fake {
    /// Opens it with what it remembers.
    pub fn open(settings: Settings, clock: Arc<dyn Clock>) -> io::Result<Fake> {
        let (journal, lines) = match &settings.file {
            Some(file) => Journal::open(file)?,
            None => (Journal::default(), Vec::new()),
        };
        let records = Arc::new(Mutex::new(Records::new(journal, lines)));
        Ok(Fake { records, clock, settings: Arc::new(settings), fails_with: Arc::default(), asked: Arc::default() })
    }

    /// Its API, the payment window and the control.
    pub fn router(&self) -> Router {
        api::routes().merge(window::routes()).merge(control::routes()).with_state(self.clone())
    }

    /// Serves on this socket until the process ends, and sends messages.
    pub async fn serve(self, listener: tokio::net::TcpListener) -> io::Result<()> {
        let sending = self.clone().send_webhooks();
        let router = self.router();
        tokio::select! {
            served = async { axum::serve(listener, router).await } => served,
            () = sending => Ok(()),
        }
    }

    async fn send_webhooks(self) {
        let Some(url) = self.settings.webhook_url.clone() else { return std::future::pending().await };
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        loop {
            self.deliver(&client, &url).await;
            tokio::time::sleep(DELIVER_EVERY).await;
        }
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock()
    }

    /// How often it was asked for a payment.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn count_question(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn fails_with(&self) -> Option<&'static str> {
        *self.fails_with.lock()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// As if a buyer had agreed to a payment in the window.
    pub fn agree(&self, agreed: Agreed) -> Payment {
        let now = self.now();
        self.records().agree(agreed, now)
    }

    /// The buyer deposits what an account waits for; `late` although its time is over. The error code when that is impossible.
    pub fn deposit(&self, payment_key: &str, late: bool) -> Result<Payment, String> {
        let now = self.now();
        self.records().deposit(payment_key, late, now).map_err(|failure| failure.code)
    }

    /// The bank takes a deposit back. The error code when there is none.
    pub fn deposit_error(&self, payment_key: &str) -> Result<Payment, String> {
        let now = self.now();
        self.records().deposit_error(payment_key, now).map_err(|failure| failure.code)
    }

    /// Another script for a payment. Whether there is such a payment.
    pub fn set_script(&self, payment_key: &str, script: &str) -> bool {
        let now = self.now();
        let mut records = self.records();
        let Some(payment) = records.find(payment_key, now) else { return false };
        records.write(vec![Line::Payment(Box::new(Payment { script: script.to_owned(), ..payment }))]);
        true
    }

    /// Makes every request to the API fail, or answer again. What was agreed or deposited goes on.
    pub fn be_away(&self, is_away: bool) {
        self.fail_with(is_away.then_some("FAILED_INTERNAL_SYSTEM_PROCESSING"));
    }

    /// The same with this documented error, such as `UNAUTHORIZED_KEY` for a shop whose key it does not accept any more.
    pub fn fail_with(&self, code: Option<&'static str>) {
        *self.fails_with.lock() = code;
    }

    /// How messages are sent from now on.
    pub fn set_policy(&self, policy: Policy) {
        self.records().policy = policy;
    }

    /// Every payment, in no order.
    pub fn payments(&self) -> Vec<Payment> {
        self.records().payments.values().cloned().collect()
    }

    /// The newest payment of an order.
    pub fn of_order(&self, order: &str) -> Option<Payment> {
        let now = self.now();
        self.records().of_order(order, now)
    }

    /// Takes the messages that are due, instead of sending them.
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        let due = self.due_webhooks();
        due.iter().for_each(|webhook| self.sent(webhook.clone(), true));
        due
    }

    pub(crate) fn due_webhooks(&self) -> Vec<Webhook> {
        let now = self.now();
        self.records().webhooks.iter().filter(|webhook| webhook.due <= now).cloned().collect()
    }

    pub(crate) fn sent(&self, webhook: Webhook, has_arrived: bool) {
        let (id, now) = (webhook.id.clone(), self.now());
        let again = if has_arrived { None } else { webhook.again(now) };
        self.records().write(vec![again.map_or(Line::Delivered(id), Line::Webhook)]);
    }
}
