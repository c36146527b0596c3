//! `holdfast rush`: many people want what there is only little of, over HTTP in a shop that runs. In the end every answer is
//! compared with what the shop itself says. The demo plays its rushes with it, too.

pub mod counts;
pub mod crowd;
pub mod goods;
mod live;
pub mod lobby;
pub mod people;
pub mod tally;

use crate::cli::{self, not_in_order};
use crate::client::{Answer, Caller};
use crate::commands::{runtime, say};
use crate::config::{Config, Fault, Settings};
use crate::opening;
use counts::{Counts, Found};
use crowd::{Connection, Crowd};
use goods::Goods;
use live::{Shown, per_second};
use lobby::{Lobby, Passage, Rules};
use people::{Identities, Person};
use std::{
    cell::RefCell,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    process::ExitCode,
    time::{Duration, Instant},
};
use tally::{Outcome, Tally};

/// Shortest time between two looks at everybody who waits in a queue.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a queue may admit no one although people wait, before the rush ends without them.
const STANDSTILL: Duration = Duration::from_secs(60);

/// Runs `holdfast rush`.
pub(crate) fn run(config: &Config, wanted: &cli::Rush) -> Result<ExitCode, Fault> {
    let base = wanted.url.clone().unwrap_or_else(|| usual_address(&config.settings));
    runtime()?.block_on(async {
        let now = opening::clock().now();
        let (shop, mut identities) = (Caller::anonymous(&base), Identities::of(&config.settings, now)?);
        let admin = identities.admin(&shop, wanted.token.as_deref(), &base).await?;
        let people = identities.people(&shop, wanted.people, wanted.sign_ups).await?;
        let crowd = Crowd::of(&base, wanted.connections, wanted.in_flight);
        let rules = wanted.queue.then(|| Rules::for_people(wanted.people));
        let coupons = wanted.coupons.or(if wanted.deal.is_none() { Some(COUPONS) } else { None });
        let mut all = Vec::new();
        if let Some(units) = coupons {
            all.push(Goods::coupons(&admin, units, now).await?);
        }
        if let Some(units) = wanted.deal {
            all.push(Goods::deal(&admin, units, now).await?);
        }
        let mut exact = true;
        for goods in all {
            let rush = Rush { admin: &admin, goods, people: &people, crowd: &crowd };
            say(format_args!("\n{} people rush for {} {} at {base}", people.len(), goods.units, goods.name()));
            let done = rush.play(rules, true).await;
            for refused in goods.close(&admin).await {
                say(format_args!("what was rushed for stays in the shop: {refused}"));
            }
            exact &= show(&goods, done?);
        }
        Ok(if exact { ExitCode::SUCCESS } else { not_in_order() })
    })
}

/// How many coupons there are when nothing is named.
const COUPONS: u32 = 100;

/// Where the settings let a shop on this machine serve.
pub(crate) fn usual_address(settings: &Settings) -> String {
    let mut address = settings.server.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// Prints the counts; gives whether all of them are exact.
fn show(goods: &Goods, mut done: Rushed) -> bool {
    for line in done.counts.lines(goods.given()) {
        say(line);
    }
    if let Some(queue) = &done.queue {
        say(format_args!(
            "  queue: {} waited in the lobby, never more than {} of {} admitted, {} left over",
            queue.waited, queue.admitted_most, queue.capacity, queue.left_over
        ));
    }
    let [half, most] = [50, 99].map(|percent| done.tally.within(percent).as_secs_f64() * 1_000.0);
    say(format_args!(
        "  in {:.1} s: {} answers a second, half of them within {half:.1} ms, 99 % within {most:.1} ms; {} repeated",
        done.took.as_secs_f64(),
        per_second(&done.tally, done.took),
        done.tally.repeated
    ));
    let mut differences = done.counts.differences();
    differences.extend(done.queue.iter().flat_map(Passage::differences));
    for difference in &differences {
        say(format_args!("  NOT EXACT: {difference}"));
    }
    if differences.is_empty() {
        say("every count is exact");
    }
    differences.is_empty()
}

/// A rush that is about to begin.
pub(crate) struct Rush<'a> {
    pub admin: &'a Caller,
    pub goods: Goods,
    pub people: &'a [Person],
    pub crowd: &'a Crowd,
}

/// A rush that is over.
pub(crate) struct Rushed {
    pub counts: Counts,
    pub tally: Tally,
    /// How long it took until everybody was answered, without reading back.
    pub took: Duration,
    /// What the waiting queue did, if there was one.
    pub queue: Option<Passage>,
}

impl Rush<'_> {
    /// Everybody asks; then the shop is asked what it gave to whom.
    pub async fn play(&self, queue: Option<Rules>, shown: bool) -> Result<Rushed, Fault> {
        let (tally, began) = (RefCell::new(Tally::default()), Instant::now());
        let work = async {
            match queue {
                None => Ok((self.at_once(&tally).await, None)),
                Some(rules) => self.through(rules, &tally).await.map(|(outcomes, queue)| (outcomes, Some(queue))),
            }
        };
        let live =
            Shown { people: self.people.len() as u64, units: self.goods.units.into(), given: self.goods.given() };
        let (outcomes, queue) = if shown { live.during(&tally, work).await } else { work.await }?;
        let took = began.elapsed();
        let found = self.found().await;
        let counts = Counts::of(self.goods.units.into(), self.goods.codes(), &outcomes, &found);
        Ok(Rushed { counts, tally: tally.into_inner(), took, queue })
    }

    async fn at_once(&self, tally: &RefCell<Tally>) -> Vec<Outcome> {
        self.crowd.each(self.people, async |connection, person| self.ask(connection, person, tally).await).await
    }

    /// One person asks.
    async fn ask(&self, connection: Connection<'_>, person: &Person, tally: &RefCell<Tally>) -> Outcome {
        let began = Instant::now();
        let request = async |caller: &Caller| {
            tally.borrow_mut().in_flight += 1;
            let answer = self.goods.ask(caller).await;
            tally.borrow_mut().in_flight -= 1;
            answer
        };
        let answer = connection.sends(&person.token, request, || tally.borrow_mut().repeated += 1).await;
        let outcome = self.goods.outcome(&answer);
        tally.borrow_mut().count(&outcome, began.elapsed());
        outcome
    }

    /// Everybody enters the waiting queue; once it is open, each who is admitted asks, and leaves when there is none left.
    async fn through(&self, rules: Rules, tally: &RefCell<Tally>) -> Result<(Vec<Outcome>, Passage), Fault> {
        let lobby = Lobby::activate(self.admin, &self.goods, rules, opening::clock().now()).await?;
        let enter = async |connection: Connection<'_>, person: &Person| {
            let entered = connection.sends(&person.token, async |caller| lobby.enter(caller).await, || ()).await;
            entered.text("/status") == "WAITING" && entered.number("/position") == 0
        };
        let waited = self.crowd.each(self.people, enter).await.into_iter().filter(|waits| *waits).count() as u64;
        lobby.draw().await?;
        let place = async |connection: Connection<'_>, person: &Person| {
            let status = connection.sends(&person.token, async |caller| lobby.status(caller).await, || ()).await;
            status.number("/position")
        };
        let places = self.crowd.each(self.people, place).await;
        lobby.admit().await?;
        let outcomes = self.in_turn(&lobby, tally).await;
        Ok((outcomes, lobby.close(waited, &places).await?))
    }

    /// Looks at everybody who waits, again and again, until each of them had their turn.
    async fn in_turn(&self, lobby: &Lobby<'_>, tally: &RefCell<Tally>) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; self.people.len()];
        let mut moved = Instant::now();
        loop {
            let waiting: Vec<usize> = (0..outcomes.len()).filter(|n| outcomes[*n].is_none()).collect();
            if waiting.is_empty() {
                return outcomes.into_iter().flatten().collect();
            }
            let next = Instant::now() + LOOK_EVERY;
            lobby.look().await;
            let looks = self
                .crowd
                .each(&waiting, async |connection, n| self.in_line(lobby, connection, &self.people[*n], tally).await);
            for (n, outcome) in waiting.iter().copied().zip(looks.await) {
                moved = if outcome.is_some() { Instant::now() } else { moved };
                outcomes[n] = outcome;
            }
            if moved.elapsed() > STANDSTILL {
                let stuck = || Outcome::Failed("the queue admitted no one any more".to_owned());
                outcomes.iter_mut().for_each(|outcome| _ = outcome.get_or_insert_with(stuck));
            }
            tokio::time::sleep_until(next.into()).await;
        }
    }

    /// What became of a person who waits, if it was their turn.
    async fn in_line(
        &self,
        lobby: &Lobby<'_>,
        connection: Connection<'_>,
        person: &Person,
        tally: &RefCell<Tally>,
    ) -> Option<Outcome> {
        let status = connection.sends(&person.token, async |caller| lobby.status(caller).await, || ()).await;
        match status.text("/status") {
            "WAITING" => None,
            "ENTERED" => {
                let outcome = self.ask(connection, person, tally).await;
                if !matches!(outcome, Outcome::Got(_)) {
                    connection.sends(&person.token, async |caller| lobby.leave(caller).await, || ()).await;
                }
                Some(outcome)
            }
            _ => {
                let outcome = Outcome::Failed(format!("in the queue: {}", status.brief()));
                tally.borrow_mut().count(&outcome, Duration::ZERO);
                Some(outcome)
            }
        }
    }

    /// What the shop says about everybody.
    async fn found(&self) -> Found {
        let held = async |connection: Connection<'_>, person: &Person| {
            let answer: Answer =
                connection.sends(&person.token, async |caller| self.goods.holdings(caller).await, || ()).await;
            self.goods.held(&answer)
        };
        let held = self.crowd.each(self.people, held).await;
        Found { counted: self.goods.counted(self.admin).await, held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_that_every_machine_reaches_is_reached_from_its_own() {
        let address = |listen: &str| {
            let options = [("server.listen".to_owned(), listen.to_owned())];
            let strong = ("auth.secrets".to_owned(), "a:Zk3vQ9xT1mB7nR5wL0yH8cJ2fD6gS4pA".to_owned());
            usual_address(&Config::of(None, [], &[options[0].clone(), strong]).unwrap().settings)
        };
        assert_eq!(address("127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(address("0.0.0.0:9000"), "http://127.0.0.1:9000");
        assert_eq!(address("[::]:9000"), "http://[::1]:9000");
    }
}
