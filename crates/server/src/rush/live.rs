//! Shows a rush while it runs: two bars on a terminal, otherwise a plain line every second.

use super::tally::Tally;
use crate::commands::say;
use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};
use std::{
    cell::RefCell,
    io::IsTerminal,
    time::{Duration, Instant},
};

/// Time between two looks on a terminal.
const TICK: Duration = Duration::from_millis(100);
/// Time between two lines elsewhere.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// What is shown of a rush.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub people: u64,
    pub units: u64,
    /// What the shop does with a unit, such as `issued`.
    pub given: &'static str,
}

impl Shown {
    /// Waits for `work` and shows `tally` meanwhile.
    pub async fn during<T>(self, tally: &RefCell<Tally>, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let bars = std::io::stderr().is_terminal().then(|| self.bars());
        let showing = async {
            let mut every = tokio::time::interval(if bars.is_some() { TICK } else { LINE_EVERY });
            every.tick().await;
            loop {
                every.tick().await;
                self.show(bars.as_ref(), &tally.borrow(), began.elapsed());
            }
        };
        let result = tokio::select! {
            result = work => result,
            () = showing => unreachable!("it shows until the work is done"),
        };
        if let Some([people, units]) = &bars {
            self.show(bars.as_ref(), &tally.borrow(), began.elapsed());
            people.abandon();
            units.abandon();
        }
        result
    }

    fn bars(self) -> [ProgressBar; 2] {
        let both = MultiProgress::new();
        let bar = |name: &str, length: u64, rest: &str| {
            let bar = both.add(ProgressBar::new(length));
            let template = format!("{name:<8} {{bar:40}} {{human_pos:>9}} of {{human_len}} {rest}");
            bar.with_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        };
        [bar("people", self.people, "answered  {msg}"), bar(self.given, self.units, "{msg}")]
    }

    fn show(self, bars: Option<&[ProgressBar; 2]>, tally: &Tally, time: Duration) {
        match bars {
            Some([people, units]) => {
                people.set_position(tally.answered());
                people.set_message(format!("{}/s, {} in flight", per_second(tally, time), tally.in_flight));
                units.set_position(tally.got);
                units.set_message(format!(
                    "refused {}, errors {}",
                    HumanCount(tally.refused),
                    HumanCount(tally.failed)
                ));
            }
            None => say(self.line(tally, time)),
        }
    }

    /// The state of a rush on a line.
    fn line(self, tally: &Tally, time: Duration) -> String {
        format!(
            "  {:>3} s: {} of {} answered, {} of {} {}, {} refused, {} errors, {} in flight, {}/s",
            time.as_secs(),
            HumanCount(tally.answered()),
            HumanCount(self.people),
            HumanCount(tally.got),
            HumanCount(self.units),
            self.given,
            HumanCount(tally.refused),
            HumanCount(tally.failed),
            tally.in_flight,
            per_second(tally, time),
        )
    }
}

/// Answers a second so far.
pub fn per_second(tally: &Tally, time: Duration) -> HumanCount {
    let seconds = time.as_secs_f64();
    HumanCount(if seconds > 0.0 { (tally.answered() as f64 / seconds).round() as u64 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rush::tally::Outcome;

    #[test]
    fn a_line_has_every_count() {
        let mut tally = Tally::default();
        tally.count(&Outcome::Got(1), Duration::from_millis(3));
        tally.in_flight = 64;
        for _ in 0..1_999 {
            tally.count(&Outcome::Refused("S602".to_owned()), Duration::from_millis(3));
        }
        let line = Shown { people: 3_000, units: 100, given: "issued" }.line(&tally, Duration::from_secs(2));
        assert_eq!(
            line,
            "    2 s: 2,000 of 3,000 answered, 1 of 100 issued, 1,999 refused, 0 errors, 64 in flight, 1,000/s"
        );
        assert_eq!(per_second(&tally, Duration::ZERO).0, 0);
    }
}
