//! The exact counts in the end: what people were answered, beside what the shop says itself.

use super::tally::{Outcome, by_text};
use indicatif::HumanCount;
use std::collections::{BTreeMap, HashSet};

/// What the shop says when the rush is over.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The shop's own counter of what it gave away.
    pub counted: i64,
    /// The ids of what each person holds of it, in the order of the people; `None` where that could not be read.
    pub held: Vec<Option<Vec<i64>>>,
}

/// The codes that a rush is expected to see.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// Nothing is left.
    pub sold_out: &'static str,
    /// The person has one; that is how a repeated request is answered when the first one had its effect.
    pub has_one: &'static str,
}

/// The counts of a rush.
#[derive(Debug, Clone)]
pub struct Counts {
    /// How many there were to have.
    pub units: u64,
    pub people: u64,
    /// People who were answered that they have one.
    pub got: u64,
    /// The shop's own counter.
    pub counted: i64,
    /// People who hold one or more.
    pub holders: u64,
    /// People who hold more than one, and rows that two people hold.
    pub twice: u64,
    /// Refusals by code.
    pub refused: BTreeMap<String, u64>,
    /// Refusals with a code that is none of a rush.
    pub strange: u64,
    /// Requests without a response, or with one that a client should never get, by what came.
    pub errors: BTreeMap<String, u64>,
    /// People who hold something else than they were answered.
    pub contradicted: u64,
    /// People of whom the shop did not say what they hold.
    pub unread: u64,
}

impl Counts {
    /// Compares every answer with what the shop says about the same person.
    pub fn of(units: u64, codes: Codes, outcomes: &[Outcome], found: &Found) -> Counts {
        let refusals = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Refused(code) => Some(code.as_str()),
            Outcome::Got(_) | Outcome::Failed(_) => None,
        });
        let failures = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(what) => Some(what.as_str()),
            Outcome::Got(_) | Outcome::Refused(_) => None,
        });
        let refused = by_text(refusals);
        let strange = refused.iter().filter(|(code, _)| ![codes.sold_out, codes.has_one].contains(&code.as_str()));
        let strange = strange.map(|(_, count)| count).sum();
        let held: Vec<&Vec<i64>> = found.held.iter().flatten().collect();
        let ids: HashSet<i64> = held.iter().flat_map(|ids| ids.iter().copied()).collect();
        let all: usize = held.iter().map(|ids| ids.len()).sum();
        let holders = held.iter().filter(|ids| !ids.is_empty()).count();
        let greedy = held.iter().filter(|ids| ids.len() > 1).count();
        let contradicted = outcomes.iter().zip(&found.held).filter(|(outcome, held)| contradict(codes, outcome, held));
        Counts {
            units,
            people: outcomes.len() as u64,
            got: outcomes.iter().filter(|outcome| has_one(codes, outcome)).count() as u64,
            counted: found.counted,
            holders: holders as u64,
            twice: (greedy + all - ids.len()) as u64,
            contradicted: contradicted.count() as u64,
            unread: found.held.iter().filter(|held| held.is_none()).count() as u64,
            errors: by_text(failures),
            refused,
            strange,
        }
    }

    /// How many must have one in the end.
    pub fn wanted(&self) -> u64 {
        self.units.min(self.people)
    }

    /// How many requests had no proper response.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Everything that is not as it must be; empty when every count is exact.
    pub fn differences(&self) -> Vec<String> {
        let wanted = HumanCount(self.wanted());
        let mut differences = Vec::new();
        let mut must = |holds: bool, text: String| {
            if !holds {
                differences.push(text);
            }
        };
        must(self.got == self.wanted(), format!("{} people were answered that they have one, not {wanted}", self.got));
        must(
            u64::try_from(self.counted) == Ok(self.wanted()),
            format!("the shop counts {}, not {wanted}", self.counted),
        );
        must(self.holders == self.wanted(), format!("{} people hold one, not {wanted}", self.holders));
        must(self.twice == 0, format!("{} were given twice", self.twice));
        must(
            self.contradicted == 0,
            format!("{} people hold something else than they were answered", self.contradicted),
        );
        must(self.strange == 0, format!("{} refusals have a code that is none of a rush", self.strange));
        must(self.error_count() == 0, format!("{} requests had no proper response", self.error_count()));
        must(self.unread == 0, format!("of {} people the shop does not say what they hold", self.unread));
        differences
    }

    /// The counts as lines; `given` is what the shop did with a unit, such as `issued`.
    pub fn lines(&self, given: &str) -> Vec<String> {
        let line =
            |name: &str, count: u64, more: String| format!("  {name:<16} {:>9}{more}", HumanCount(count).to_string());
        let counted = u64::try_from(self.counted).unwrap_or_default();
        vec![
            line(given, counted, format!(" of {}, as the shop counts", HumanCount(self.units))),
            line("held", self.holders, " people have one, as the shop shows each of them".to_owned()),
            line(&format!("{given} twice"), self.twice, String::new()),
            line("refused", self.refused.values().sum(), listed(&self.refused)),
            line("errors", self.error_count(), listed(&self.errors)),
        ]
    }
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    let each: Vec<String> = counts.iter().map(|(text, count)| format!("{text}: {}", HumanCount(*count))).collect();
    if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) }
}

fn has_one(codes: Codes, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Got(_) => true,
        Outcome::Refused(code) => code == codes.has_one,
        Outcome::Failed(_) => false,
    }
}

/// Whether a person was answered something else than the shop shows. A request without a response promises nothing.
fn contradict(codes: Codes, outcome: &Outcome, held: &Option<Vec<i64>>) -> bool {
    let Some(held) = held else { return false };
    match outcome {
        Outcome::Got(id) => !held.contains(id),
        Outcome::Refused(code) => held.is_empty() == (code == codes.has_one),
        Outcome::Failed(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES: Codes = Codes { sold_out: "S602", has_one: "S604" };

    fn refused(code: &str) -> Outcome {
        Outcome::Refused(code.to_owned())
    }

    fn counts(units: u64, outcomes: &[Outcome], counted: i64, held: &[&[i64]]) -> Counts {
        let held = held.iter().map(|ids| Some(ids.to_vec())).collect();
        Counts::of(units, CODES, outcomes, &Found { counted, held })
    }

    fn sold_out() -> Vec<Outcome> {
        vec![Outcome::Got(1), refused("S602"), Outcome::Got(2), refused("S602")]
    }

    #[test]
    fn two_coupons_for_four_people_are_exact_when_two_have_one_and_two_are_refused() {
        let exact = counts(2, &sold_out(), 2, &[&[1], &[], &[2], &[]]);
        assert_eq!(exact.differences(), Vec::<String>::new());
        let lines = exact.lines("issued").join("\n");
        for part in ["2 of 2", "issued twice", "(S602: 2)", "errors"] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
    }

    #[test]
    fn with_more_coupons_than_people_everybody_has_one() {
        let exact = counts(9, &[Outcome::Got(4), Outcome::Got(5)], 2, &[&[4], &[5]]);
        assert_eq!(exact.differences(), Vec::<String>::new());
    }

    #[test]
    fn a_repeated_request_that_is_answered_with_has_one_already_counts_as_one() {
        let exact = counts(1, &[refused("S604"), refused("S602")], 1, &[&[8], &[]]);
        assert_eq!((exact.got, exact.differences()), (1, Vec::new()));
    }

    #[track_caller]
    fn differs(counts: &Counts, wanted: &str) {
        let differences = counts.differences().join("; ");
        assert!(differences.contains(wanted), "{wanted}: {differences}");
    }

    #[test]
    fn every_count_that_is_not_exact_is_named() {
        let answers = sold_out();
        differs(&counts(2, &answers, 3, &[&[1], &[], &[2], &[]]), "the shop counts 3, not 2");
        differs(&counts(2, &answers, 2, &[&[1], &[3], &[2], &[]]), "3 people hold one, not 2");
        differs(&counts(2, &answers, 2, &[&[1, 3], &[], &[2], &[]]), "1 were given twice");
        differs(&counts(2, &answers, 2, &[&[1], &[], &[1], &[]]), "1 were given twice");
        differs(&counts(2, &answers, 2, &[&[1], &[], &[9], &[]]), "1 people hold something else");
        differs(&counts(2, &answers, 2, &[&[], &[1], &[2], &[]]), "2 people hold something else");
        differs(&counts(3, &answers, 2, &[&[1], &[], &[2], &[]]), "2 people were answered that they have one, not 3");
        let one_lost = [Outcome::Got(1), Outcome::Failed("no response".to_owned())];
        differs(&counts(1, &one_lost, 1, &[&[1], &[]]), "1 requests had no proper response");
        differs(&counts(1, &[Outcome::Got(1), refused("A001")], 1, &[&[1], &[]]), "a code that is none of a rush");
        let unread = Found { counted: 1, held: vec![Some(vec![1]), None] };
        differs(&Counts::of(1, CODES, &[Outcome::Got(1), refused("S602")], &unread), "of 1 people");
    }
}
