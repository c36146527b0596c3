//! When the reader of the outbox looks again: at once after a commit of this instance, as soon as another instance reports one,
//! and otherwise after a pause that grows while nothing happens.
//!
//! Instances on PostgreSQL report to each other by notifications (`postgres/notices.rs`), outside the transactions that they
//! report. Where there are none, and while the connection for them is lost, the pause is short after anything was found or
//! committed here, and grows from look to look. The row of the lease shows every instance the newest events as often as the lease is
//! renewed ([`crate::lease`]), so a report that never arrives delays an event by that much at most.

use crate::Settings;
use crate::db::Shared;
use crate::lease::RENEW_EVERY;
use crate::open;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

/// Longest pause between two looks: only a safety net, because the row of the lease is read more often.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What one instance reports to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// A follower committed events: the leader has to assign their sequence numbers.
    Committed,
    /// The leader assigned sequence numbers: the followers can read those events.
    Numbered,
}

impl Report {
    pub const ALL: [Report; 2] = [Report::Committed, Report::Numbered];
}

/// Reports that came from other instances, and those that have to be sent.
#[derive(Default)]
pub(crate) struct Elsewhere {
    received: [watch::Sender<u64>; 2],
    to_send: [AtomicBool; 2],
    something_to_send: Notify,
    connected: AtomicBool,
}

impl Elsewhere {
    /// Another instance reported this.
    pub fn received(&self, report: Report) {
        self.received[report as usize].send_modify(|times| *times += 1);
    }

    /// Anything may have happened.
    pub fn wake_all(&self) {
        Report::ALL.into_iter().for_each(|report| self.received(report));
    }

    /// Whether other instances can report now. Something may have been missed before, or may be from now on.
    pub fn set_connected(&self, connected: bool) {
        if self.connected.swap(connected, Relaxed) != connected {
            self.wake_all();
        }
    }

    /// Reports this to the other instances soon. Several reports of a kind become one.
    pub fn report(&self, report: Report) {
        self.to_send[report as usize].store(true, Relaxed);
        self.something_to_send.notify_one();
    }

    /// Waits until there is something to report, and takes it.
    pub async fn reports(&self) -> Vec<Report> {
        loop {
            let taken = |report: &Report| self.to_send[*report as usize].swap(false, Relaxed);
            let taken: Vec<_> = Report::ALL.into_iter().filter(taken).collect();
            if !taken.is_empty() {
                return taken;
            }
            self.something_to_send.notified().await;
        }
    }
}

/// When to look for events again. Ends what it started when it is dropped.
pub struct News {
    shared: Arc<Shared>,
    own: watch::Receiver<u64>,
    elsewhere: [watch::Receiver<u64>; 2],
    /// Whether an event can be read as soon as it is committed, without a leader.
    readable_at_once: bool,
    pause_min: Duration,
    pause: Duration,
    notices: Option<JoinHandle<()>>,
}

impl News {
    /// Must be called inside an async runtime.
    pub(crate) fn follow(settings: &Settings, shared: &Arc<Shared>) -> News {
        let dialect = settings.url.dialect();
        let notices = if settings.shared { open::notices(&settings.url, settings.limits(), shared) } else { None };
        News {
            own: shared.newest_event(),
            elsewhere: Report::ALL.map(|report| shared.elsewhere.received[report as usize].subscribe()),
            shared: Arc::clone(shared),
            readable_at_once: dialect.commits_in_order(),
            pause_min: dialect.poll_interval(),
            pause: dialect.poll_interval(),
            notices: notices.map(tokio::spawn),
        }
    }

    /// The caller looks now, as the leader or not: what happens from now on ends the next [`News::wait`].
    pub fn looking(&mut self, leads: bool) {
        if self.own.has_changed().unwrap_or(false) {
            self.committed_here(leads);
        }
        self.own.mark_unchanged();
        self.elsewhere.iter_mut().for_each(watch::Receiver::mark_unchanged);
    }

    /// The look found events. More may follow soon, and followers can read what the leader has read.
    pub fn found(&mut self, leads: bool) {
        self.pause = self.pause_min;
        if leads && !self.readable_at_once {
            self.shared.elsewhere.report(Report::Numbered);
        }
    }

    /// Waits for a reason to look again.
    pub async fn wait(&mut self, leads: bool) {
        loop {
            let pause = if self.shared.elsewhere.connected.load(Relaxed) { PAUSE_MAX } else { self.pause };
            let [committed, numbered] = &mut self.elsewhere;
            tokio::select! {
                _ = self.own.changed() => {
                    self.committed_here(leads);
                    if leads || self.readable_at_once {
                        return;
                    }
                }
                _ = committed.changed(), if leads => return,
                _ = numbered.changed(), if !leads => return,
                () = tokio::time::sleep(pause) => {
                    let longer = self.pause * 3 / 2;
                    // beyond this the row of the lease is read more often anyway
                    self.pause = if longer < RENEW_EVERY { longer } else { PAUSE_MAX };
                    return;
                }
            }
        }
    }

    /// Events of a follower cannot be read before the leader has assigned their sequence numbers.
    fn committed_here(&mut self, leads: bool) {
        self.pause = self.pause_min;
        if !leads && !self.readable_at_once {
            self.shared.elsewhere.report(Report::Committed);
        }
    }
}

impl Drop for News {
    fn drop(&mut self) {
        if let Some(notices) = &self.notices {
            notices.abort();
            self.shared.elsewhere.set_connected(false);
        }
    }
}
