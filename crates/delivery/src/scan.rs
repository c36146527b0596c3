//! What carriers report about parcels, and how it becomes one history with what the shop knows.

use crate::delivery::{Entry, Kind, LOCATION_MAX};
use kernel::{Timestamp, text};
use std::time::Duration;

/// Most scans of a parcel that are kept; a real one has a few dozen.
pub const SCANS_MAX: usize = 200;
/// How much the clocks of carriers and the shop's may differ.
const CLOCKS_DIFFER: Duration = Duration::from_secs(3_600);

/// A place on a parcel's way, as its carrier reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The status that the parcel has with it.
    pub status: Kind,
    pub place: Option<String>,
    /// What happened there, in the carrier's words.
    pub what: Option<String>,
    /// When, by the carrier's clock.
    pub at: Timestamp,
    /// The entry of the shop's own history that says the same.
    pub entry: Option<i64>,
}

impl Scan {
    /// A scan as it is stored: its texts come from outside, and are cut to what a history has.
    pub fn reported(status: Kind, place: Option<&str>, what: Option<&str>, at: Timestamp) -> Scan {
        Scan { status, place: line(place, LOCATION_MAX), what: line(what, text::REASON_MAX), at, entry: None }
    }

    /// Whether the carrier reported this before.
    fn is(&self, other: &Scan) -> bool {
        (self.status, self.at) == (other.status, other.at) && self.place == other.place && self.what == other.what
    }
}

/// One line of visible text, cut to so many characters.
fn line(text: Option<&str>, max: usize) -> Option<String> {
    let spaced: String = text?.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect();
    let cut: String = text::clean(&spaced).chars().take(max).collect();
    let clean = text::clean(&cut);
    if clean.is_empty() { None } else { Some(clean) }
}

/// Scans that can be about a parcel that was made at `made`. Carriers use their numbers again after some months, and the service then
/// answers with the former parcel; what was scanned before this one existed, or in the future, says nothing about it.
pub fn about(made: Timestamp, now: Timestamp, mut scans: Vec<Scan>) -> Vec<Scan> {
    scans.retain(|scan| scan.at.after(CLOCKS_DIFFER) >= made && scan.at <= now.after(CLOCKS_DIFFER));
    scans
}

/// Scans among `reported` that are not known yet, oldest first; at most as many as may still be kept.
pub fn new_ones(known: &[Scan], reported: &[Scan]) -> Vec<Scan> {
    let mut new: Vec<Scan> = Vec::new();
    for scan in reported {
        if !known.iter().chain(&new).any(|other| other.is(scan)) {
            new.push(scan.clone());
        }
    }
    new.sort_by_key(|scan| (scan.at, scan.status.rank()));
    new.truncate(SCANS_MAX.saturating_sub(known.len()));
    new
}

/// The statuses through which a parcel in `now` goes until it is where its carrier has it, each with the first scan that says so.
pub fn ahead(now: Kind, scans: &[Scan]) -> Vec<(Kind, Option<&Scan>)> {
    const WAY: [Kind; 3] = [Kind::Shipped, Kind::InTransit, Kind::Delivered];
    let furthest = scans.iter().map(|scan| scan.status.rank()).max().unwrap_or(0);
    match now {
        // it is here again, or was never sent
        Kind::Delivered | Kind::Returned | Kind::Cancelled => Vec::new(),
        Kind::Preparing | Kind::Shipped | Kind::InTransit => {
            let steps = WAY.into_iter().filter(|step| step.rank() > now.rank() && step.rank() <= furthest);
            steps.map(|step| (step, first(scans, step).map(|at| &scans[at]))).collect()
        }
    }
}

/// Where the earliest scan with this status is in the list.
fn first(scans: &[Scan], status: Kind) -> Option<usize> {
    let with_it = scans.iter().enumerate().filter(|(_, scan)| scan.status == status);
    with_it.min_by_key(|(_, scan)| scan.at).map(|(at, _)| at)
}

/// Which scans (by their place in the list) and entries of the shop's own history (by their number) say the same, and were not known to:
/// the first of both with a status, unless the shop said something else about it.
pub fn same(history: &[Entry], scans: &[Scan]) -> Vec<(usize, i64)> {
    let mut found = Vec::new();
    for status in [Kind::Shipped, Kind::InTransit, Kind::Delivered] {
        // newest first
        let entry = history.iter().rfind(|entry| entry.status == status);
        let (Some(entry), Some(at)) = (entry, first(scans, status)) else { continue };
        let scan = &scans[at];
        let agrees = |own: Option<&str>, reported: Option<&str>| own.is_none() || own == reported;
        let is_free = scan.entry.is_none() && scans.iter().all(|other| other.entry != Some(entry.number));
        if is_free
            && agrees(entry.location.as_deref(), scan.place.as_deref())
            && agrees(entry.description.as_deref(), scan.what.as_deref())
        {
            found.push((at, entry.number));
        }
    }
    found
}

/// Who reported something about a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    Shop,
    Carrier,
}

/// A moment of a parcel's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub status: Kind,
    pub location: Option<String>,
    pub description: Option<String>,
    pub at: Timestamp,
    pub reporter: Reporter,
}

/// What the shop and the carrier know together, newest first. What both reported is there once, with the carrier's time.
pub fn together(history: &[Entry], scans: &[Scan]) -> Vec<Moment> {
    let mut moments = Vec::with_capacity(history.len() + scans.len());
    // the shop learns later than the carrier: an entry is never shown after the one that follows it
    let mut next = None;
    for entry in history {
        let scan = scans.iter().find(|scan| scan.entry == Some(entry.number));
        let at = scan.map_or(entry.at, |scan| scan.at);
        let at = next.map_or(at, |next: Timestamp| at.min(next));
        next = Some(at);
        moments.push(Moment {
            status: entry.status,
            location: entry.location.clone().or_else(|| scan.and_then(|scan| scan.place.clone())),
            description: entry.description.clone().or_else(|| scan.and_then(|scan| scan.what.clone())),
            at,
            reporter: if scan.is_some() { Reporter::Carrier } else { Reporter::Shop },
        });
    }
    let alone = scans.iter().rev().filter(|scan| scan.entry.is_none());
    moments.extend(alone.map(|scan| Moment {
        status: scan.status,
        location: scan.place.clone(),
        description: scan.what.clone(),
        at: scan.at,
        reporter: Reporter::Carrier,
    }));
    moments.sort_by_key(|moment| std::cmp::Reverse(moment.at));
    moments
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn reported(status: Kind, place: &str, ms: i64) -> Scan {
        Scan::reported(status, Some(place), None, at(ms))
    }

    fn entry(number: i64, status: Kind, ms: i64) -> Entry {
        Entry { number, status, location: None, description: None, at: at(ms) }
    }

    /// The same as the shop does: what is new is added, and what both sides know is tied.
    fn learn(known: &mut Vec<Scan>, history: &[Entry], scans: &[Scan]) {
        let new = new_ones(known, scans);
        known.extend(new);
        for (scan, entry) in same(history, known) {
            known[scan].entry = Some(entry);
        }
    }

    #[test]
    fn texts_of_carriers_are_one_line_and_not_endless() {
        let scan = Scan::reported(Kind::Shipped, Some(" 옥천\nHUB\u{200B} "), Some(&"가".repeat(600)), at(1));
        assert_eq!(scan.place.as_deref(), Some("옥천 HUB"));
        assert_eq!(scan.what.map(|what| what.chars().count()), Some(500));
        assert_eq!(Scan::reported(Kind::Shipped, Some(" \u{200B}"), None, at(1)).place, None);
    }

    #[test]
    fn what_was_scanned_before_a_parcel_was_made_or_in_the_future_is_about_another_one() {
        const HOUR: i64 = 3_600_000;
        let (made, now) = (1_000 * HOUR, 1_010 * HOUR);
        let kept = |ms: i64| !about(at(made), at(now), vec![reported(Kind::Delivered, "대구", ms)]).is_empty();
        assert!(kept(made) && kept(now) && kept(made - HOUR) && kept(now + HOUR), "clocks differ");
        for other in [1, made - HOUR - 1, made - 8_760 * HOUR, now + HOUR + 1, now + 8_760 * HOUR, i64::MAX] {
            assert!(!kept(other), "{other}");
        }
    }

    #[test]
    fn a_parcel_goes_through_every_status_until_it_is_where_its_carrier_has_it() {
        let scans = [reported(Kind::Shipped, "서울", 10), reported(Kind::Delivered, "부산", 30)];
        let steps: Vec<_> = ahead(Kind::Preparing, &scans).into_iter().map(|(to, scan)| (to, scan.is_some())).collect();
        assert_eq!(steps, [(Kind::Shipped, true), (Kind::InTransit, false), (Kind::Delivered, true)]);
        assert_eq!(ahead(Kind::InTransit, &scans).len(), 1);
        assert!(ahead(Kind::Delivered, &scans).is_empty() && ahead(Kind::Returned, &scans).is_empty());
        assert!(ahead(Kind::Preparing, &[reported(Kind::Preparing, "서울", 5)]).is_empty(), "only registered");
    }

    #[test]
    fn what_both_sides_report_is_there_once_and_in_order() {
        let shipped = Entry { description: Some("by bike".to_owned()), ..entry(2, Kind::Shipped, 20) };
        let history =
            [entry(4, Kind::Delivered, 90), entry(3, Kind::InTransit, 90), shipped, entry(1, Kind::Preparing, 5)];
        let mut known = Vec::new();
        let scans = [
            reported(Kind::Shipped, "서울", 15),
            reported(Kind::InTransit, "옥천", 40),
            reported(Kind::InTransit, "부산", 60),
            reported(Kind::Delivered, "부산", 70),
        ];
        for _ in 0..3 {
            learn(&mut known, &history, &scans);
        }
        let seen = together(&history, &known);
        let seen: Vec<_> = seen.iter().map(|one| (one.status, one.at.as_millis(), one.reporter)).collect();
        let wanted = [
            (Kind::Delivered, 70, Reporter::Carrier),
            (Kind::InTransit, 60, Reporter::Carrier),
            (Kind::InTransit, 40, Reporter::Carrier),
            // the shop said something of its own about it
            (Kind::Shipped, 20, Reporter::Shop),
            (Kind::Shipped, 15, Reporter::Carrier),
            (Kind::Preparing, 5, Reporter::Shop),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn an_entry_between_two_that_the_carrier_knows_is_not_shown_after_them() {
        let history = [entry(3, Kind::Delivered, 90), entry(2, Kind::InTransit, 90), entry(1, Kind::Shipped, 90)];
        let mut known = Vec::new();
        learn(&mut known, &history, &[reported(Kind::Shipped, "서울", 15), reported(Kind::Delivered, "부산", 70)]);
        let seen: Vec<_> = together(&history, &known).iter().map(|one| (one.status, one.at.as_millis())).collect();
        assert_eq!(seen, [(Kind::Delivered, 70), (Kind::InTransit, 70), (Kind::Shipped, 15)]);
    }

    proptest! {
        #[test]
        fn however_often_and_in_whatever_order_it_is_reported_nothing_repeats_and_nothing_is_lost(
            reported_at in prop::collection::vec((0_i64..50, 0_usize..4, 0_usize..3), 0..12),
            asked in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..12), 0..6),
        ) {
            let statuses = [Kind::Preparing, Kind::Shipped, Kind::InTransit, Kind::Delivered];
            let scans: Vec<Scan> =
                reported_at.iter().map(|(ms, status, place)| reported(statuses[*status], ["a", "b", "c"][*place], *ms)).collect();
            let history = [entry(2, Kind::Shipped, 60), entry(1, Kind::Preparing, 0)];
            let mut known = Vec::new();
            for some in asked {
                let some: Vec<Scan> =
                    if scans.is_empty() { Vec::new() } else { some.iter().map(|at| at.get(&scans).clone()).collect() };
                learn(&mut known, &history, &some);
            }
            learn(&mut known, &history, &scans);
            let different = |list: &[Scan]| {
                let mut keys: Vec<_> = list.iter().map(|scan| (scan.at, scan.status.name(), scan.place.clone())).collect();
                keys.sort();
                keys.dedup();
                keys.len()
            };
            prop_assert_eq!((known.len(), different(&known)), (different(&scans), different(&scans)));
            let tied = known.iter().filter(|scan| scan.entry.is_some()).count();
            prop_assert!(tied <= 1, "the shop has one entry of the carrier's statuses");
            let seen = together(&history, &known);
            prop_assert_eq!(seen.len(), history.len() + known.len() - tied);
            prop_assert!(seen.windows(2).all(|pair| pair[0].at >= pair[1].at));
        }
    }
}
