//! Random histories of a queue against the pure rules: what must hold after every single change, without a database. The
//! people here do by hand what `ops` does with rows.

use crate::entry::{Entry, Place, State};
use crate::line::Line;
use crate::queue::{Opening, Pace, Queue, QueueId, Rules, seconds};
use crate::subject::{Subject, SubjectId, SubjectType};
use kernel::{Timestamp, UserId};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PEOPLE: u64 = 12;
const BEGIN: i64 = 1_770_336_000_000;

#[derive(Debug, Clone)]
enum Act {
    Enter(u64, u64),
    Leave(u64),
    Pass(u64),
    Tick(i64),
    Process,
    Rules { capacity: i64, batch: i64, interval: i64 },
    Pause,
    Activate { lobby: Option<i64> },
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (0..PEOPLE, any::<u64>()).prop_map(|(user, chance)| Act::Enter(user, chance)),
        3 => (0..PEOPLE).prop_map(Act::Leave),
        3 => (0..PEOPLE).prop_map(Act::Pass),
        6 => (1_i64..12).prop_map(Act::Tick),
        1 => Just(Act::Process),
        1 => (1_i64..5, 1_i64..4, 1_i64..6)
            .prop_map(|(capacity, batch, interval)| Act::Rules { capacity, batch, interval }),
        1 => Just(Act::Pause),
        2 => proptest::option::of(1_i64..20).prop_map(|lobby| Act::Activate { lobby }),
        1 => Just(Act::Restart),
    ]
}

fn rules(max_capacity: i64, batch_size: i64, interval_seconds: i64) -> Rules {
    Rules { max_capacity, batch_size, interval_seconds, admission_seconds: 30, places_per_address: None }
}

struct History {
    queue: Queue,
    entries: BTreeMap<u64, Entry>,
    line: Line,
    now: Timestamp,
    rows: i64,
    /// The largest capacity since the last change of the rules, or how many were admitted then.
    most: i64,
    /// The last position that each visit was shown.
    shown: BTreeMap<i64, u64>,
    /// When the last batch was admitted, and by which interval the next one must be later.
    last_batch: Option<Timestamp>,
}

fn user(n: u64) -> UserId {
    fixture::user_id(n)
}

impl History {
    fn begin() -> History {
        let now = Timestamp::from_millis(BEGIN);
        let subject = Subject { kind: SubjectType::named("COUPON").unwrap(), id: SubjectId::new(1) };
        let queue = Queue {
            id: QueueId::new(1),
            subject,
            active: true,
            rules: rules(2, 2, 3),
            opening: Opening::Open { since: now },
            activated_at: now,
            deactivated_at: None,
            changed_at: now,
            token_key: "key".to_owned(),
            version: 0,
            waiting: 0,
            entered: 0,
            last_place: 0,
            lobby_after: 0,
            admitted_place: 0,
            admitted_at: None,
        };
        let line = Line::of(queue.clone(), Vec::new());
        History {
            queue,
            entries: BTreeMap::new(),
            line,
            now,
            rows: 0,
            most: 2,
            shown: BTreeMap::new(),
            last_batch: None,
        }
    }

    fn play(&mut self, act: &Act) {
        match *act {
            Act::Enter(who, chance) => self.enter(who, chance),
            Act::Leave(who) | Act::Pass(who) => self.end(who, matches!(act, Act::Pass(_))),
            Act::Tick(by) => {
                self.now = self.now.after(seconds(by));
                self.process(Pace::Interval);
            }
            Act::Process => self.process(Pace::AtOnce),
            Act::Rules { capacity, batch, interval } if self.queue.active => {
                self.activate(rules(capacity, batch, interval), None);
            }
            Act::Activate { lobby } => {
                let opens_at = lobby.map(|after| self.now.after(seconds(after)));
                self.activate(self.queue.rules, opens_at);
            }
            Act::Pause if self.queue.active => {
                self.queue.deactivate(self.now);
                self.follow(&[]);
            }
            Act::Restart => self.restart(),
            Act::Rules { .. } | Act::Pause => {}
        }
    }

    /// The memory of the instance is gone, and made anew from the rows.
    fn restart(&mut self) {
        let standing = |line: &Line, now| {
            let shown = |who| line.standing(&user(who), now).map(|standing| (standing.entry.state, standing.position));
            (0..PEOPLE).map(shown).collect::<Vec<_>>()
        };
        let before = standing(&self.line, self.now);
        self.line = Line::of(self.queue.clone(), self.entries.values().copied().collect());
        assert_eq!(standing(&self.line, self.now), before, "a restart loses no one");
        self.must_hold();
    }

    fn activate(&mut self, rules: Rules, opens_at: Option<Timestamp>) {
        let before = self.queue.clone();
        match self.queue.activate(rules, opens_at, self.now) {
            Ok(()) => {
                self.most = rules.max_capacity.max(self.queue.entered);
                self.follow(&[]);
            }
            Err(_) => assert!(before.active && self.queue == before, "only an open queue refuses a lobby"),
        }
    }

    fn enter(&mut self, who: u64, chance: u64) {
        let known = self.entries.get(&who).copied();
        if !self.queue.active || known.is_some_and(|entry| !entry.state.at(self.now).has_ended()) {
            return;
        }
        if let Some(entry) = known.filter(|entry| !entry.state.has_ended()) {
            self.queue.end(entry.state, 1);
        }
        let last = self.entries.values().filter(|entry| entry.state == State::Waiting).map(|entry| entry.place).max();
        let number = self.queue.enter(chance);
        let entry = known.map_or_else(|| self.rows + 1, |entry| entry.place.entry);
        self.rows = self.rows.max(entry);
        let place = Place { number, entry };
        if matches!(self.queue.opening, Opening::Open { .. }) {
            assert!(last.is_none_or(|last| last < place), "who comes goes to the end");
        }
        let visit = self.queue.version;
        let state = State::Waiting;
        self.entries.insert(who, Entry { place, user: user(who), visit, state, admitted_at: None, ended_at: None });
        self.follow(&[who]);
    }

    fn end(&mut self, who: u64, passes: bool) {
        let Some(entry) = self.entries.get(&who).copied().filter(|_| self.queue.active) else { return };
        let state = entry.state.at(self.now);
        let may = if passes { matches!(state, State::Entered { .. }) } else { !state.has_ended() };
        if may {
            let (waiting, entered) = (self.queue.waiting, self.queue.entered);
            self.queue.end(entry.state, 1);
            assert_eq!(waiting + entered - 1, self.queue.waiting + self.queue.entered, "leaving frees what was held");
            self.set(who, State::Left);
            self.follow(&[who]);
        }
    }

    fn set(&mut self, who: u64, state: State) {
        let now = self.now;
        let entry = self.entries.get_mut(&who).expect("an entry");
        entry.state = state;
        entry.ended_at = state.has_ended().then_some(now);
    }

    fn process(&mut self, pace: Pace) {
        let before = self.queue.clone();
        self.queue.open(self.now);
        let over = |entry: &Entry| !entry.state.has_ended() && entry.state.at(self.now).has_ended();
        let overdue: Vec<u64> = self.entries.iter().filter(|(_, entry)| over(entry)).map(|(who, _)| *who).collect();
        if !overdue.is_empty() {
            self.queue.end(State::Entered { until: self.now }, overdue.len() as i64);
            overdue.iter().for_each(|who| self.set(*who, State::Expired));
        }
        let count = self.queue.admissible(self.now, pace);
        let mut first: Vec<(Place, u64)> = self.waiting();
        first.truncate(usize::try_from(count).unwrap());
        if let Some((last, _)) = first.last() {
            self.batch_is_in_time(pace, first.len());
            let until = self.queue.admit(first.len() as i64, last.number, self.now);
            for (_, who) in &first {
                self.set(*who, State::Entered { until });
                self.entries.get_mut(who).expect("an entry").admitted_at = Some(self.now);
            }
        } else if overdue.is_empty() && self.queue.opening == before.opening {
            assert_eq!(self.queue, before, "a queue that has nothing to do does nothing");
        }
        let changed: Vec<u64> = overdue.into_iter().chain(first.into_iter().map(|(_, who)| who)).collect();
        self.follow(&changed);
    }

    fn batch_is_in_time(&mut self, pace: Pace, count: usize) {
        assert!(count as i64 <= self.queue.rules.batch_size, "a batch is not larger than the rules say");
        let next = self.last_batch.map(|at| at.after(seconds(self.queue.rules.interval_seconds)));
        assert!(pace == Pace::AtOnce || next.is_none_or(|next| next <= self.now), "a batch keeps the interval");
        self.last_batch = Some(self.now);
    }

    /// Those who wait, the next one first.
    fn waiting(&self) -> Vec<(Place, u64)> {
        let waits = self.entries.iter().filter(|(_, entry)| entry.state == State::Waiting);
        let mut waiting: Vec<(Place, u64)> = waits.map(|(who, entry)| (entry.place, *who)).collect();
        waiting.sort_unstable();
        waiting
    }

    /// The instance's memory follows, and everything that must hold is looked at.
    fn follow(&mut self, changed: &[u64]) {
        let entries: Vec<Entry> = changed.iter().map(|who| self.entries[who]).collect();
        self.line.follow(self.queue.clone(), entries.clone());
        let once = self.line.clone();
        self.line.follow(self.queue.clone(), entries);
        assert_eq!(self.line, once, "what comes again changes nothing");
        self.must_hold();
    }

    fn must_hold(&mut self) {
        let held = self.entries.values().filter(|entry| matches!(entry.state, State::Entered { .. })).count() as i64;
        let waiting = self.waiting();
        assert_eq!(
            (self.queue.entered, self.queue.waiting),
            (held, waiting.len() as i64),
            "the row counts its entries"
        );
        assert!(held <= self.most, "{held} are admitted, capacity {}", self.most);
        self.most = self.queue.rules.max_capacity.max(held);
        for (n, (place, who)) in waiting.iter().enumerate() {
            assert!(place.number >= self.queue.admitted_place, "who waits stands behind everybody who was admitted");
            let standing = self.line.standing(&user(*who), self.now).expect("the line knows everybody who waits");
            let open = matches!(self.queue.opening, Opening::Open { .. });
            assert_eq!(standing.position, if open { n as u64 + 1 } else { 0 });
            assert_eq!(standing.total_waiting, waiting.len() as u64);
            if open {
                let before = self.shown.insert(standing.entry.visit, standing.position);
                assert!(before.is_none_or(|before| standing.position <= before), "a position never grows");
            }
        }
    }
}

/// Opens 40,000 lobbies, one after the other, in which `stays` people keep waiting. Each opening sets 2^48 numbers apart.
fn opens_lobbies(stays: u64) -> Queue {
    let mut history = History::begin();
    (0..stays).for_each(|n| _ = history.queue.enter(n));
    let (mut queue, now) = (history.queue, history.now);
    for n in 0..40_000 {
        queue.deactivate(now);
        queue.activate(queue.rules, Some(now.after(seconds(1))), now).unwrap();
        let last_before = queue.lobby_after;
        let drawn = queue.enter(n * 7_919);
        assert!(drawn > last_before || last_before == i64::MAX, "the lobby stands behind those who came before");
        assert!(queue.open(now.after(seconds(1))));
        let late = queue.enter(0);
        assert!(late > drawn || late == i64::MAX, "who comes after the opening stands behind the lobby");
        queue.end(State::Waiting, 2);
    }
    assert_eq!(queue.waiting, i64::try_from(stays).unwrap());
    queue
}

#[test]
fn the_numbers_of_places_do_not_run_out() {
    let queue = opens_lobbies(0);
    assert!(queue.last_place < 1 << 49, "an empty queue begins anew: {}", queue.last_place);
    opens_lobbies(1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_happens_a_queue_keeps_its_promises(acts in proptest::collection::vec(act(), 1..150)) {
        let mut history = History::begin();
        for act in &acts {
            history.play(act);
        }
        // once no one comes any more, everybody gets their turn
        history.activate(history.queue.rules, None);
        for _ in 0..1_000 {
            history.play(&Act::Tick(7));
        }
        prop_assert_eq!((history.queue.waiting, history.queue.entered), (0, 0));
    }
}
