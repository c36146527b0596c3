//! What every gate must do, as checks that panic with a sentence, and a model of the database to hold a gate against. Run
//! [`all`] and random [`History`]s in a test of each implementation.

use super::{Answer, Asked, Gate, HOLD, LOOK_EVERY, OVERBOOKED, Outcome, Refusal, Snapshot, Subject, Ticket};
use kernel::{Timestamp, UserId};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How long a gate may take to do what it does at once on an idle machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The database, for one subject.
#[derive(Debug, Clone)]
pub struct Rows {
    pub subject: Subject,
    pub total: i64,
    pub per_user: i64,
    pub users: BTreeMap<UserId, i64>,
    /// What ever came back; `None` for a subject whose units never do.
    pub returned: Option<i64>,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
}

/// The `n`th user.
pub fn user(n: u64) -> UserId {
    format!("00000000-0000-4000-8000-{n:012}").parse().expect("a UUID")
}

/// When the histories happen, by the shop's clock.
pub fn now() -> Timestamp {
    Timestamp::from_millis(1_770_336_000_000)
}

impl Rows {
    /// Coupons, of which a user gets one and which never come back; or units that come back, of which a user gets
    /// `per_user`.
    pub fn of(id: i64, total: i64, per_user: Option<i64>) -> Rows {
        Rows {
            subject: Subject { kind: if per_user.is_some() { "TIME_DEAL_PRODUCT" } else { "COUPON" }, id },
            total,
            per_user: per_user.unwrap_or(1),
            users: BTreeMap::new(),
            returned: per_user.map(|_| 0),
            opens_at: now(),
            closes_at: now().after(Duration::from_secs(3_600)),
        }
    }

    fn taken(&self) -> i64 {
        self.users.values().sum()
    }

    /// Why the database would refuse.
    pub fn refusal(&self, user: UserId, units: i64) -> Option<Refusal> {
        if self.users.get(&user).copied().unwrap_or(0) + units > self.per_user {
            return Some(Refusal::OverLimit { per_user: self.per_user });
        }
        let left = self.total - self.taken();
        (units > left).then_some(Refusal::SoldOut { left })
    }

    /// What a look reads; with all users if it wants them.
    pub fn snapshot(&self, with_users: impl FnOnce(&Snapshot) -> bool) -> Snapshot {
        let (total, taken, per_user, returned) = (self.total, self.taken(), self.per_user, self.returned);
        let (opens_at, closes_at) = (self.opens_at, self.closes_at);
        let limit_last = returned.is_none();
        let snapshot = Snapshot { opens_at, closes_at, total, taken, per_user, limit_last, returned, users: None };
        let users = with_users(&snapshot).then(|| self.users.iter().map(|(user, units)| (*user, *units)).collect());
        Snapshot { users, ..snapshot }
    }

    fn asked(&self, user: UserId, units: i64) -> Asked {
        Asked { subject: self.subject, user, units, at: now() }
    }

    /// One request, as a handler makes it. Gives the gate's answer, and whether the user has the units now.
    pub async fn ask(&mut self, gate: &dyn Gate, user: UserId, units: i64) -> (Answer, bool) {
        let asked = self.asked(user, units);
        let answer = gate.take(&asked).await;
        let Answer::Through(ticket) = answer else { return (answer, false) };
        if let Some(look) = ticket.look {
            gate.rebuild(&self.subject, look, Some(&self.snapshot(|snapshot| look.wants_users(snapshot)))).await;
        }
        let took = self.buys(user, units);
        gate.settle(&asked, ticket, if took { Outcome::Took } else { Outcome::GaveBack }).await;
        (answer, took)
    }

    /// The gate's refusal of one whom the rows refuse too. Not every answer is one: in a while a request is let through to look,
    /// on a slow machine nearly each.
    pub async fn refused(&mut self, gate: &dyn Gate, user: UserId, units: i64) -> Refusal {
        let began = Instant::now();
        loop {
            if let (Answer::Refused(refusal), _) = self.ask(gate, user, units).await {
                return refusal;
            }
            assert!(began.elapsed() < PATIENCE, "the gate refuses no one");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A purchase that the gate does not see.
    pub fn buys(&mut self, user: UserId, units: i64) -> bool {
        let may = self.refusal(user, units).is_none();
        if may {
            *self.users.entry(user).or_default() += units;
        }
        may
    }

    /// All units of a user come back. The caller opens the gate, or not.
    pub fn gives_back(&mut self, user: UserId) {
        if let Some(returned) = &mut self.returned {
            *returned += self.users.remove(&user).unwrap_or(0);
        }
    }
}

/// What may happen to a subject.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    Asks {
        user: u64,
        units: i64,
    },
    /// On an instance whose gate does not reach this one.
    BuysElsewhere {
        user: u64,
    },
    GivesBack {
        user: u64,
    },
    Raised,
    /// Let through, and never seen again.
    Vanishes {
        user: u64,
    },
    /// The subject is opened without a reason.
    Opened,
}

/// A random history.
#[derive(Debug, Clone)]
pub struct History {
    pub total: i64,
    pub per_user: Option<i64>,
    pub steps: Vec<Step>,
}

/// Plays a history and holds every refusal against the rows: a gate that is opened after what opens it refuses no one whom
/// the rows would serve, and its reason is theirs.
pub async fn play(gate: &dyn Gate, id: i64, history: &History) {
    let mut rows = Rows::of(id, history.total, history.per_user);
    for step in &history.steps {
        match *step {
            Step::Asks { user: n, units } => {
                let units = units.min(rows.per_user);
                let by_rows = rows.refusal(user(n), units);
                let (answer, took) = rows.ask(gate, user(n), units).await;
                match (answer, by_rows) {
                    (Answer::Through(_), refused) => assert_eq!(took, refused.is_none()),
                    (Answer::Crowded, _) => {}
                    (Answer::Refused(by_gate), Some(by_rows)) => must_agree(by_gate, by_rows, step),
                    (Answer::Refused(refusal), None) => panic!("{refusal:?} to {step:?}, whom the rows would serve"),
                }
            }
            Step::BuysElsewhere { user: n } => drop(rows.buys(user(n), 1)),
            Step::GivesBack { user: n } => {
                rows.gives_back(user(n));
                gate.open(&rows.subject).await;
            }
            Step::Raised => {
                rows.total += 1;
                gate.open(&rows.subject).await;
            }
            Step::Vanishes { user: n } => drop(gate.take(&rows.asked(user(n), 1)).await),
            Step::Opened => gate.open(&rows.subject).await,
        }
    }
}

/// While the gate saw units left, but too few, others may have bought some of them since: then less is left, and the user may be one
/// of those others.
fn must_agree(by_gate: Refusal, by_rows: Refusal, step: &Step) {
    match (by_gate, by_rows) {
        (Refusal::SoldOut { left: remembered }, Refusal::SoldOut { left }) => assert!(remembered >= left, "{step:?}"),
        (Refusal::SoldOut { left: 1.. }, Refusal::OverLimit { .. }) => {}
        _ => assert_eq!(by_gate, by_rows, "{step:?}"),
    }
}

/// Runs every check on subjects with these ids and the next ones.
pub async fn all(gate: &dyn Gate, ids: i64) {
    a_sold_out_subject_refuses_and_says_why(gate, ids).await;
    what_came_back_can_be_had_at_once(gate, ids + 10).await;
    a_lost_message_refuses_no_user_for_longer_than_a_second(gate, ids + 20).await;
    a_look_from_before_an_opening_is_of_no_use(gate, ids + 30).await;
    many_under_way_make_a_crowd_and_those_who_vanish_do_not(gate, ids + 40).await;
    outside_of_its_time_a_subject_refuses_no_user(gate, ids + 50).await;
    one_in_a_while_looks(gate, ids + 60).await;
}

async fn sell_out(gate: &dyn Gate, rows: &mut Rows) {
    let total = rows.total;
    for n in 0..(total as u64) {
        let (_, took) = rows.ask(gate, user(n), 1).await;
        assert!(took, "unit {n} of {total} is sold");
    }
    // one is let through to look
    tokio::time::sleep(LOOK_EVERY).await;
    rows.ask(gate, user(900), 1).await;
}

async fn a_sold_out_subject_refuses_and_says_why(gate: &dyn Gate, id: i64) {
    for (n, per_user) in [None, Some(1), Some(3)].into_iter().enumerate() {
        let mut rows = Rows::of(id + n as i64, 5, per_user);
        sell_out(gate, &mut rows).await;
        assert_eq!(rows.refused(gate, user(77), 1).await, Refusal::SoldOut { left: 0 }, "{per_user:?}");
        let most = rows.per_user;
        assert_eq!(rows.refused(gate, user(0), most).await, Refusal::OverLimit { per_user: most }, "{per_user:?}");
    }
}

async fn what_came_back_can_be_had_at_once(gate: &dyn Gate, id: i64) {
    let mut rows = Rows::of(id, 3, Some(1));
    sell_out(gate, &mut rows).await;
    rows.gives_back(user(1));
    gate.open(&rows.subject).await;
    assert!(rows.ask(gate, user(8), 1).await.1, "the unit that came back");
    rows.total += 1;
    gate.open(&rows.subject).await;
    assert!(rows.ask(gate, user(1), 1).await.1, "a unit more, and an allowance that came back");
}

async fn a_lost_message_refuses_no_user_for_longer_than_a_second(gate: &dyn Gate, id: i64) {
    for (n, per_user) in [None, Some(2)].into_iter().enumerate() {
        let mut rows = Rows::of(id + n as i64, 2, per_user);
        sell_out(gate, &mut rows).await;
        rows.total += 5;
        let began = Instant::now();
        loop {
            // a user who asks a second later is served, however slow this machine is
            let asked = began.elapsed();
            if rows.ask(gate, user(50), 1).await.1 {
                break;
            }
            assert!(asked < Duration::from_secs(1), "refused for longer than a second");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn a_look_from_before_an_opening_is_of_no_use(gate: &dyn Gate, id: i64) {
    let mut rows = Rows::of(id, 1, Some(1));
    rows.buys(user(1), 1);
    let Answer::Through(Ticket { look: Some(look), .. }) = gate.take(&rows.asked(user(2), 1)).await else {
        panic!("the first request looks");
    };
    let outdated = rows.snapshot(|_| true);
    rows.gives_back(user(1));
    gate.open(&rows.subject).await;
    gate.rebuild(&rows.subject, look, Some(&outdated)).await;
    assert!(rows.ask(gate, user(2), 1).await.1, "the unit had come back before");
}

async fn many_under_way_make_a_crowd_and_those_who_vanish_do_not(gate: &dyn Gate, id: i64) {
    for attempt in 0..10 {
        let mut rows = Rows::of(id + attempt, 2, None);
        rows.ask(gate, user(1), 1).await;
        let (began, mut crowded) = (Instant::now(), 0);
        for n in 0..OVERBOOKED + 20 {
            let answer = gate.take(&rows.asked(user(100 + n as u64), 1)).await;
            crowded += i64::from(answer == Answer::Crowded);
            if let Answer::Through(Ticket { look: Some(look), .. }) = answer {
                gate.rebuild(&rows.subject, look, Some(&rows.snapshot(|snapshot| look.wants_users(snapshot)))).await;
            }
        }
        // on a machine that needs longer, the first of them are forgotten before the last ones come
        if began.elapsed() < HOLD * 9 / 10 {
            assert!((10..=20).contains(&crowded), "{crowded} had to wait");
            tokio::time::sleep(HOLD).await;
            assert!(rows.ask(gate, user(2), 1).await.1, "those who vanished are no crowd any more");
            return;
        }
    }
    panic!("this machine is too slow to make a crowd");
}

async fn outside_of_its_time_a_subject_refuses_no_user(gate: &dyn Gate, id: i64) {
    let mut rows = Rows::of(id, 1, None);
    sell_out(gate, &mut rows).await;
    for at in [now().before(Duration::from_millis(1)), rows.closes_at] {
        let answer = gate.take(&Asked { at, ..rows.asked(user(5), 1) }).await;
        assert!(matches!(answer, Answer::Through(_)), "{answer:?}");
    }
}

async fn one_in_a_while_looks(gate: &dyn Gate, id: i64) {
    let mut rows = Rows::of(id, 1, None);
    sell_out(gate, &mut rows).await;
    let (began, mut looks) = (Instant::now(), 0);
    while looks < 8 {
        looks += u32::from(matches!(rows.ask(gate, user(9), 1).await.0, Answer::Through(_)));
        assert!(began.elapsed() < PATIENCE, "{looks} looked");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // seven pauses, and room for a look that Redis did not learn of in time
    assert!(began.elapsed() > 4 * LOOK_EVERY, "they asked the database within {:?}", began.elapsed());
}

#[cfg(test)]
pub(super) mod histories {
    use super::{History, Step};
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = Step> {
        let user = 0_u64..6;
        prop_oneof![
            12 => (user.clone(), 1_i64..3).prop_map(|(user, units)| Step::Asks { user, units }),
            2 => user.clone().prop_map(|user| Step::BuysElsewhere { user }),
            2 => user.clone().prop_map(|user| Step::GivesBack { user }),
            1 => Just(Step::Raised),
            1 => user.prop_map(|user| Step::Vanishes { user }),
            1 => Just(Step::Opened),
        ]
    }

    /// Histories of up to 60 steps.
    pub fn any() -> impl Strategy<Value = History> {
        (0_i64..8, proptest::option::of(1_i64..4), proptest::collection::vec(step(), 1..60))
            .prop_map(|(total, per_user, steps)| History { total, per_user, steps })
    }
}
