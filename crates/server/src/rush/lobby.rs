//! A waiting queue in front of what people rush for. Everybody waits in its lobby; then a lottery gives the places.

use super::goods::Goods;
use crate::client::{Answer, Caller};
use crate::config::Fault;
use kernel::Timestamp;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

/// How long an admission lasts: longer than a rush, so that none expires.
const ADMISSION_S: u64 = 3_600;
/// Time between two batches.
const INTERVAL_S: u64 = 1;
/// The same while everybody's place is looked at.
const STANDING_S: u64 = 3_600;
/// Within this time every instance of the shop shows the opening.
const SHOWN_WITHIN: Duration = Duration::from_millis(500);
/// When the queue would open if the rush never opened it.
const OPENS_AFTER: Duration = Duration::from_secs(3_600);

/// How many are admitted.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// At a time, and in one batch.
    pub capacity: u32,
}

impl Rules {
    /// For so many people: a tenth of them at a time, in a batch a second.
    pub fn for_people(people: u32) -> Rules {
        Rules { capacity: (people / 10).max(1) }
    }

    fn body(self, interval_s: u64) -> Value {
        json!({"maxCapacity": self.capacity, "entryBatchSize": self.capacity, "entryIntervalSeconds": interval_s,
            "admissionSeconds": ADMISSION_S})
    }
}

/// The queue of some goods.
pub struct Lobby<'a> {
    admin: &'a Caller,
    goods: &'a Goods,
    rules: Rules,
    /// Most people that were admitted at a time, as far as the shop was asked.
    admitted_most: Cell<i64>,
}

impl<'a> Lobby<'a> {
    /// Activates the queue; no one is admitted until [`Lobby::draw`].
    pub async fn activate(
        admin: &'a Caller,
        goods: &'a Goods,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Lobby<'a>, Fault> {
        let lobby = Lobby { admin, goods, rules, admitted_most: Cell::new(0) };
        let mut body = rules.body(INTERVAL_S);
        body["opensAt"] = now.after(OPENS_AFTER).to_string().into();
        lobby.manage("activate", body).await?;
        Ok(lobby)
    }

    /// Opens it: the places that were drawn in the lobby count now. One person is admitted and then no one for a long time, so that
    /// everybody's place can be looked at.
    pub async fn draw(&self) -> Result<(), Fault> {
        let drawn = self.manage("activate", Rules { capacity: 1 }.body(STANDING_S)).await.map(drop);
        tokio::time::sleep(SHOWN_WITHIN).await;
        drawn
    }

    /// Admits people by the rules.
    pub async fn admit(&self) -> Result<(), Fault> {
        self.manage("activate", self.rules.body(INTERVAL_S)).await.map(drop)
    }

    async fn manage(&self, what: &str, body: Value) -> Result<Answer, Fault> {
        let path = format!("/admin/queue/{}/{what}", self.goods.event());
        let answer = self.admin.post(&path, body).await;
        match answer.status {
            200 => Ok(answer),
            _ => {
                let remedy = "a waiting queue needs an administrator; leave --queue out otherwise";
                Err(Fault::new("the shop does not set up a waiting queue", answer.brief(), remedy).failed())
            }
        }
    }

    /// Enters it.
    pub async fn enter(&self, person: &Caller) -> Answer {
        person.post(&format!("/queue/{}/enter", self.goods.event()), json!({})).await
    }

    /// How a person stands in it.
    pub async fn status(&self, person: &Caller) -> Answer {
        person.get(&format!("/queue/{}/status", self.goods.event())).await
    }

    /// Leaves it, so that the slot is free.
    pub async fn leave(&self, person: &Caller) -> Answer {
        person.delete(&format!("/queue/{}/leave", self.goods.event())).await
    }

    /// Asks the shop how many wait and how many are admitted now.
    pub async fn look(&self) -> (i64, i64) {
        let shown = self.admin.get(&format!("/admin/queue/{}/status", self.goods.event())).await;
        let admitted = shown.number("/enteredCount");
        self.admitted_most.set(self.admitted_most.get().max(admitted));
        (shown.number("/waitingCount"), admitted)
    }

    /// Deactivates it, and says what it did. `places` has the place of each person after the opening, in the order of arrival.
    pub async fn close(self, waited: u64, places: &[i64]) -> Result<Passage, Fault> {
        let (waiting, entered) = self.look().await;
        self.manage("deactivate", json!({})).await?;
        Ok(Passage {
            waited,
            capacity: i64::from(self.rules.capacity),
            admitted_most: self.admitted_most.get(),
            left_over: waiting + entered,
            early_birds: early_birds(places),
        })
    }
}

/// What a waiting queue did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// People who waited in the lobby without a place.
    pub waited: u64,
    pub capacity: i64,
    /// Most people that were admitted at a time, as far as the shop was asked.
    pub admitted_most: i64,
    /// People who still wait or are admitted in the end.
    pub left_over: i64,
    /// Of those who came in the first half, so many got a place in the first half: about half of them by lottery, all of them
    /// in the order of arrival.
    pub early_birds: usize,
}

impl Passage {
    /// Everything that is not as it must be.
    pub fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        if self.admitted_most > self.capacity {
            differences.push(format!("{} were admitted at a time, of {}", self.admitted_most, self.capacity));
        }
        if self.left_over != 0 {
            differences.push(format!("the queue still has {} people", self.left_over));
        }
        differences
    }
}

/// How many of the first half of `places` are among the smaller half of them.
fn early_birds(places: &[i64]) -> usize {
    let half = places.len() / 2;
    let mut by_place: Vec<usize> = (0..places.len()).collect();
    by_place.sort_by_key(|n| places[*n]);
    by_place[..half].iter().filter(|n| **n < half).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_birds_have_the_first_places_only_in_the_order_of_arrival() {
        assert_eq!(early_birds(&[1, 2, 3, 4, 5, 6]), 3);
        assert_eq!(early_birds(&[6, 5, 4, 3, 2, 1]), 0);
        assert_eq!(early_birds(&[1, 4, 2, 3]), 1);
        assert_eq!(early_birds(&[]), 0);
    }

    #[test]
    fn a_queue_for_few_people_admits_one_at_a_time() {
        assert_eq!(Rules::for_people(3).capacity, 1);
        assert_eq!(Rules::for_people(3_000).capacity, 300);
    }
}
