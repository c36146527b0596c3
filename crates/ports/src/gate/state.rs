//! What a gate in the process remembers of one subject: the pure part. Times are milliseconds of a clock that only grows.
//! The scripts of the gate in Redis do the same, and one suite compares both.

use super::{
    Answer, Asked, FRESH, HOLD, LOAD_EVERY, LOOK_AGAIN, LOOK_EVERY, Look, OVERBOOKED, Outcome, Refusal, Snapshot,
    Ticket, USERS_MAX,
};
use kernel::UserId;
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

/// One subject.
#[derive(Debug, Default)]
pub(super) struct State {
    fence: u64,
    /// The rows, without the users, and when they were read.
    seen: Option<(u64, Snapshot)>,
    /// When a request was last let through to read them.
    elected_at: Option<u64>,
    /// Whether something happened since.
    is_due: bool,
    users: Users,
    under_way: UnderWay,
}

/// Who has how many units.
#[derive(Debug, Default)]
struct Users {
    units: HashMap<UserId, u32>,
    sum: i64,
    /// What had come back when they were read; `None` before they were.
    returned: Option<i64>,
    loaded_at: Option<u64>,
}

/// When the requests were let through that have not ended, by ticket, the oldest first.
#[derive(Debug, Default)]
struct UnderWay(BTreeMap<u64, u64>);

impl State {
    pub fn opened(fence: u64) -> State {
        State { fence, ..State::default() }
    }

    /// How many users are remembered.
    pub fn users(&self) -> usize {
        self.users.units.len()
    }

    pub fn take(&mut self, asked: &Asked, number: u64, now: u64) -> Answer {
        self.under_way.forget_lost(now);
        let look = self.elect(now);
        if look.is_none()
            && let Some(snapshot) = self.fresh(asked, now)
        {
            if let Some(refusal) = self.refusal(snapshot, asked) {
                return Answer::Refused(refusal);
            }
            if self.under_way.0.len() as i64 >= snapshot.total - self.taken(snapshot) + OVERBOOKED {
                return Answer::Crowded;
            }
        }
        self.under_way.0.insert(number, now);
        Answer::Through(Ticket { number, look })
    }

    /// Whether this request is to read the rows.
    fn elect(&mut self, now: u64) -> Option<Look> {
        let wait = ms(if self.is_due { LOOK_AGAIN } else { LOOK_EVERY });
        if self.elected_at.is_some_and(|at| now < at + wait) {
            return None;
        }
        self.elected_at = Some(now);
        self.is_due = false;
        let known = self.users.returned.map(|returned| (self.users.sum, returned));
        let load = self.users.loaded_at.is_none_or(|at| now >= at + ms(LOAD_EVERY));
        Some(Look { fence: self.fence, began: Instant::now(), known, load })
    }

    /// The rows, while they are fresh and the subject is open by the shop's clock.
    fn fresh(&self, asked: &Asked, now: u64) -> Option<&Snapshot> {
        let (looked_at, snapshot) = self.seen.as_ref()?;
        let open = snapshot.opens_at <= asked.at && asked.at < snapshot.closes_at;
        (open && now < looked_at + ms(FRESH)).then_some(snapshot)
    }

    /// Units that are taken, as far as rows and commits have shown.
    fn taken(&self, snapshot: &Snapshot) -> i64 {
        match snapshot.returned {
            None if self.users.returned.is_some() => snapshot.taken.max(self.users.sum),
            None | Some(_) => snapshot.taken,
        }
    }

    fn refusal(&self, snapshot: &Snapshot, asked: &Asked) -> Option<Refusal> {
        // while nothing comes back, a user's units only grow, and their sum shows whether all users are known
        let known = self.users.returned == Some(snapshot.returned.unwrap_or(0));
        let (has, taken) = (self.users.units.get(&asked.user).copied().unwrap_or(0), self.taken(snapshot));
        let sold_out = taken + asked.units > snapshot.total && self.users.sum == taken;
        if known && i64::from(has) + asked.units > snapshot.per_user && (sold_out || !snapshot.limit_last) {
            return Some(Refusal::OverLimit { per_user: snapshot.per_user });
        }
        (known && sold_out).then_some(Refusal::SoldOut { left: snapshot.total - taken })
    }

    pub fn settle(&mut self, asked: &Asked, ticket: Ticket, outcome: Outcome) {
        self.under_way.0.remove(&ticket.number);
        let never_returns = self.seen.as_ref().is_some_and(|(_, snapshot)| snapshot.returned.is_none());
        match outcome {
            Outcome::Took if never_returns => self.users.add(asked.user, asked.units),
            // who looked has brought what there is to know
            Outcome::GaveBack if ticket.look.is_some() => {}
            Outcome::Took | Outcome::GaveBack => self.is_due = true,
        }
    }

    /// Takes what a look read; `began` is when it began.
    pub fn rebuild(&mut self, look: Look, began: u64, snapshot: &Snapshot, now: u64) {
        if look.fence != self.fence || self.seen.as_ref().is_some_and(|(at, _)| *at > began) {
            return;
        }
        let returned = snapshot.returned.unwrap_or(0);
        if let Some(users) = &snapshot.users {
            // commits that this gate saw meanwhile stay, where units never come back
            if snapshot.returned.is_some() {
                self.users.units.clear();
            }
            for (user, units) in users {
                self.users.units.insert(*user, u32::try_from(*units).unwrap_or(u32::MAX));
            }
            self.users.sum = self.users.units.values().map(|units| i64::from(*units)).sum();
            self.users.returned = Some(returned);
            self.users.loaded_at = Some(now);
        } else if snapshot.taken == 0 && snapshot.returned.is_some() {
            self.users = Users { returned: Some(returned), loaded_at: Some(now), ..Users::default() };
        } else if snapshot.taken == 0 {
            self.users.returned = Some(returned);
        }
        self.seen = Some((began, Snapshot { users: None, ..snapshot.clone() }));
    }

    /// Forgets what the rows were. The users stay: their own counts show whether they still hold.
    pub fn open(&mut self, fence: u64) {
        (self.fence, self.seen, self.elected_at) = (fence, None, None);
    }
}

impl Users {
    /// Where a user has the most they can have once and for all.
    fn add(&mut self, user: UserId, units: i64) {
        if self.units.len() >= USERS_MAX {
            return; // the sum stays too small, so the database answers
        }
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let before = self.units.insert(user, units).unwrap_or(0);
        self.sum += i64::from(units) - i64::from(before);
    }
}

impl UnderWay {
    fn forget_lost(&mut self, now: u64) {
        while let Some(oldest) = self.0.first_entry()
            && now >= oldest.get() + ms(HOLD)
        {
            oldest.remove();
        }
    }
}

/// A time of this module.
pub(super) fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
