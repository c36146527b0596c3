//! Waiting queues in the shop's language, on a real database.

use crate::{MODULE, Subject, SubjectId, SubjectType, ops};
use fixture::{Caller, Fixture, Response, at_once, user_id};
use kernel::{Clock, Code, Random};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use web::Role;

const QUEUE: &str = "/queue/TIME_DEAL/7";
const ADMIN: &str = "/admin/queue/TIME_DEAL/7";
const SECOND: Duration = Duration::from_secs(1);

fn rules(capacity: i64, batch: i64) -> Value {
    json!({"maxCapacity": capacity, "entryBatchSize": batch, "entryIntervalSeconds": 5, "admissionSeconds": 60})
}

/// A shop with an active queue.
fn queueing(capacity: i64, batch: i64) -> Fixture {
    let shop = Fixture::with(&[MODULE], |settings| settings.writers = 8);
    shop.admin().post(format!("{ADMIN}/activate"), rules(capacity, batch)).must("200");
    shop
}

fn enter(shop: &Fixture, user: u64) -> Response {
    shop.user(user).post(format!("{QUEUE}/enter"), json!({}))
}

fn status(shop: &Fixture, user: u64) -> Value {
    shop.user(user).get(format!("{QUEUE}/status")).must("200").data()
}

fn token(shop: &Fixture, user: u64) -> String {
    status(shop, user)["entryToken"].as_str().expect("a token").to_owned()
}

fn leave(shop: &Fixture, user: u64) -> Response {
    shop.user(user).delete(format!("{QUEUE}/leave"))
}

fn later(shop: &Fixture, by: Duration) {
    shop.clock.advance(by);
    shop.run_task("queue.admit").unwrap();
}

fn statuses(shop: &Fixture, users: std::ops::RangeInclusive<u64>) -> Vec<(String, u64)> {
    let one = |user| {
        let status = status(shop, user);
        (status["status"].as_str().unwrap_or_default().to_owned(), status["position"].as_u64().unwrap_or(99))
    };
    users.map(one).collect()
}

fn waits(position: u64) -> (String, u64) {
    ("WAITING".to_owned(), position)
}

fn is(status: &str) -> (String, u64) {
    (status.to_owned(), 0)
}

#[test]
fn people_are_admitted_in_batches_and_in_the_order_of_their_arrival() {
    let shop = queueing(10, 2);
    for user in 1..=5 {
        let entered = enter(&shop, user).must("200").data();
        assert_eq!((&entered["status"], &entered["position"]), (&json!("WAITING"), &json!(user)));
    }
    // entering again changes nothing
    assert_eq!(enter(&shop, 4).must("200").data(), status(&shop, 4));
    shop.run_task("queue.admit").unwrap();
    assert_eq!(statuses(&shop, 1..=5), [is("ENTERED"), is("ENTERED"), waits(1), waits(2), waits(3)]);
    later(&shop, 4 * SECOND);
    assert_eq!(status(&shop, 3)["position"], 1, "the interval is not over");
    later(&shop, SECOND);
    assert_eq!(statuses(&shop, 3..=5), [is("ENTERED"), is("ENTERED"), waits(1)]);
}

#[test]
fn no_more_are_admitted_than_the_capacity_and_a_slot_that_becomes_free_goes_to_the_next() {
    let shop = queueing(2, 5);
    (1..=5).for_each(|user| drop(enter(&shop, user).must("200")));
    later(&shop, 20 * SECOND);
    assert_eq!(statuses(&shop, 1..=3), [is("ENTERED"), is("ENTERED"), waits(1)]);
    leave(&shop, 1).must("200");
    leave(&shop, 1).must("404 S803");
    later(&shop, 20 * SECOND);
    assert_eq!(statuses(&shop, 1..=4), [is("LEFT"), is("ENTERED"), is("ENTERED"), waits(1)]);
    // an admission ends by the clock, at every read
    shop.clock.advance(40 * SECOND);
    assert_eq!(statuses(&shop, 2..=3), [is("EXPIRED"), is("ENTERED")]);
    later(&shop, SECOND);
    assert_eq!(statuses(&shop, 3..=5), [is("ENTERED"), is("ENTERED"), waits(1)]);
}

#[test]
fn who_enters_again_after_leaving_goes_to_the_end() {
    let shop = queueing(1, 1);
    (1..=3).for_each(|user| drop(enter(&shop, user).must("200")));
    let first = token(&shop, 1);
    leave(&shop, 1).must("200");
    assert_eq!(statuses(&shop, 2..=3), [waits(1), waits(2)]);
    assert_eq!(enter(&shop, 1).must("200").data()["position"], 3);
    assert_ne!(token(&shop, 1), first, "the new place has a token of its own");
    shop.user(1).get(format!("/queue/token/{first}")).must("401 S804");
    shop.user(1).delete(format!("/queue/token/{first}")).must("401 S804");
    assert_eq!(status(&shop, 1)["position"], 3);
}

/// The second instance remembers the state of the moment before, as it does when somebody's connection to the first one breaks.
#[test]
fn a_position_does_not_grow_from_one_instance_to_another() {
    let shop = Fixture::with(&[MODULE], |settings| settings.shared = true);
    shop.admin().post(format!("{ADMIN}/activate"), rules(10, 2)).must("200");
    let other = shop.another_instance();
    let at_other = |user| Caller::new(&other, user_id(user), Role::User);
    (1..=9).for_each(|user| drop(enter(&shop, user).must("200")));
    let token = token(&shop, 9);
    for position in [9, 7, 5, 3, 1] {
        assert_eq!(status(&shop, 9)["position"], position);
        assert_eq!(at_other(9).get(format!("{QUEUE}/status")).must("200").data()["position"], position);
        let by_token = at_other(9).get(format!("/queue/token/{token}")).must("200").data();
        assert_eq!(by_token["position"], position);
        let mut stream = at_other(9).stream(format!("{QUEUE}/subscribe/{token}"));
        assert_eq!(stream.event().unwrap().data["position"], position);
        later(&shop, 5 * SECOND);
    }
    assert_eq!(at_other(9).get(format!("{QUEUE}/status")).must("200").data()["status"], "ENTERED");
    // and what the second instance changes is seen at the first
    at_other(9).delete(format!("{QUEUE}/leave")).must("200");
    assert_eq!(status(&shop, 9)["status"], "LEFT");
}

#[test]
fn a_token_is_of_use_to_its_user_only() {
    let shop = queueing(1, 1);
    (1..=2).for_each(|user| drop(enter(&shop, user).must("200")));
    let own = token(&shop, 1);
    assert_eq!(shop.user(1).get(format!("/queue/token/{own}")).must("200").data(), status(&shop, 1));
    shop.user(2).get(format!("/queue/token/{own}")).must("403 S807");
    shop.user(2).delete(format!("/queue/token/{own}")).must("403 S807");
    shop.anonymous().get(format!("/queue/token/{own}")).must("401 A001");
    let forged = format!("{}{}", &own[..own.len() - 2], if own.ends_with("AA") { "BA" } else { "AA" });
    for wrong in [forged.as_str(), "x", &own[1..], &"A".repeat(86), &"x".repeat(3_000)] {
        shop.user(1).get(format!("/queue/token/{wrong}")).must("404 S803");
        shop.user(1).delete(format!("/queue/token/{wrong}")).must("404 S803");
    }
    shop.user(1).delete(format!("/queue/token/{own}")).must("200");
    assert_eq!(shop.user(1).get(format!("/queue/token/{own}")).must("200").data()["status"], "LEFT");
}

#[test]
fn the_rules_change_while_the_queue_runs_and_places_survive_a_deactivation() {
    let shop = queueing(1, 1);
    (1..=6).for_each(|user| drop(enter(&shop, user).must("200")));
    later(&shop, 5 * SECOND);
    shop.admin().post(format!("{ADMIN}/activate"), rules(4, 3)).must("200");
    later(&shop, 5 * SECOND);
    assert_eq!(statuses(&shop, 1..=5)[3..], [is("ENTERED"), waits(1)]);
    // fewer slots than are held: no one loses theirs, no one is admitted
    shop.admin().post(format!("{ADMIN}/activate"), rules(2, 3)).must("200");
    leave(&shop, 1).must("200");
    later(&shop, 5 * SECOND);
    assert_eq!(statuses(&shop, 4..=5), [is("ENTERED"), waits(1)]);
    shop.admin().post(format!("{ADMIN}/deactivate"), json!({})).must("200");
    for path in ["status", "enter"] {
        let method = if path == "status" { "GET" } else { "POST" };
        shop.user(5).send(method, &format!("{QUEUE}/{path}"), None).must("404 S801");
    }
    shop.admin().post(format!("{ADMIN}/deactivate"), json!({})).must("404 S801");
    shop.admin().post(format!("{ADMIN}/process"), json!({})).must("404 S801");
    assert_eq!(shop.admin().get(format!("{ADMIN}/status")).must("200").data()["isActive"], false);
    shop.admin().post("/admin/queue/timedeal/7/activate", rules(4, 3)).must("200");
    assert_eq!(statuses(&shop, 5..=6), [waits(1), waits(2)]);
}

#[test]
fn both_spellings_of_a_time_deal_are_one_queue_and_other_names_are_free() {
    let shop = queueing(1, 1);
    let there = shop.user(1).post("/queue/TIMEDEAL/7/enter", json!({})).must("200").data();
    assert_eq!(there, status(&shop, 1));
    shop.user(1).get("/queue/TIME_DEAL/8/status").must("404 S801");
    shop.user(1).get("/queue/FLASH_SALE/7/status").must("404 S801");
    shop.user(2).get(format!("{QUEUE}/status")).must("404 S803");
    leave(&shop, 2).must("404 S803");
    for wrong in ["/queue/TIME_DEAL/x/enter", "/queue/TIME_DEAL/0/enter", "/queue/TIME_DEAL/-7/enter"] {
        shop.user(1).post(wrong, json!({})).must("404 S801");
    }
    shop.user(1).post(format!("/queue/{}/7/enter", "x".repeat(51)), json!({})).must("404 S801");
}

#[test]
fn those_who_come_before_the_opening_get_their_places_by_lottery() {
    let shop = Fixture::of(&[MODULE]);
    let mut lobby = rules(50, 50);
    lobby["opensAt"] = json!(shop.clock.now().after(100 * SECOND).to_string());
    shop.admin().post(format!("{ADMIN}/activate"), lobby.clone()).must("200");
    (1..=30).for_each(|user| drop(enter(&shop, user).must("200")));
    let waits_there = status(&shop, 1);
    assert_eq!((&waits_there["position"], &waits_there["totalWaiting"]), (&json!(0), &json!(30)));
    assert_eq!(waits_there["estimatedWaitSeconds"], 100);
    assert_eq!(waits_there["opensAt"], lobby["opensAt"]);
    later(&shop, 99 * SECOND);
    assert_eq!(status(&shop, 1)["position"], 0, "no one is admitted from a lobby");
    lobby["maxCapacity"] = json!(1);
    lobby["entryBatchSize"] = json!(1);
    shop.admin().post(format!("{ADMIN}/activate"), lobby).must("200");
    later(&shop, SECOND);
    (31..=33).for_each(|user| drop(enter(&shop, user).must("200")));
    let places: Vec<u64> = statuses(&shop, 1..=30).into_iter().map(|(_, position)| position).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..30).collect::<Vec<u64>>(), "one was admitted, and everybody has a place of their own");
    assert!(!places.is_sorted(), "{places:?} is the order of arrival");
    assert_eq!(statuses(&shop, 31..=33), [waits(30), waits(31), waits(32)], "later arrivals stand behind");
    let mut again = rules(1, 1);
    again["opensAt"] = json!(shop.clock.now().after(SECOND).to_string());
    shop.admin().post(format!("{ADMIN}/activate"), again).must("409 C019");
}

#[test]
fn a_queue_in_which_no_one_waits_costs_no_statement() {
    let shop = Fixture::of(&[MODULE]);
    let statements = |shop: &Fixture| shop.db().counts().statements;
    shop.run_task("queue.admit").unwrap();
    let before = statements(&shop);
    (0..10).for_each(|_| assert_eq!(shop.run_task("queue.admit").unwrap(), 0));
    assert_eq!(statements(&shop), before);
    // the event of the activation wakes the leader
    shop.admin().post(format!("{ADMIN}/activate"), rules(1, 1)).must("200");
    let version = |shop: &Fixture| {
        let subject = Subject { kind: SubjectType::named("TIMEDEAL").unwrap(), id: SubjectId::new(7) };
        shop.read(move |tx| Ok(ops::find(tx, &subject)?.version)).unwrap()
    };
    let idle = version(&shop);
    later(&shop, SECOND);
    let before = statements(&shop);
    (0..5).for_each(|_| later(&shop, 7 * SECOND));
    assert_eq!(statements(&shop), before, "an active queue in which no one waits");
    assert_eq!(version(&shop), idle);
    // the first who comes wakes the leader
    enter(&shop, 1).must("200");
    later(&shop, SECOND);
    assert_eq!(status(&shop, 1)["status"], "ENTERED");
    later(&shop, SECOND);
    let before = statements(&shop);
    (0..5).for_each(|_| later(&shop, 10 * SECOND));
    assert_eq!(statements(&shop), before, "until the admission is over");
    later(&shop, 10 * SECOND);
    assert_eq!(shop.admin().get(format!("{ADMIN}/status")).must("200").data()["enteredCount"], 0);
}

#[test]
fn an_address_gets_so_many_places_as_the_queue_allows() {
    let shop = Fixture::of(&[MODULE]);
    let mut few = rules(5, 5);
    few["placesPerAddress"] = json!(2);
    shop.admin().post(format!("{ADMIN}/activate"), few).must("200");
    let subject = Subject { kind: SubjectType::named("TIME_DEAL").unwrap(), id: SubjectId::new(7) };
    let come = |user: u64, address: &'static str| {
        let subject = subject.clone();
        shop.write(move |tx| ops::enter(tx, &subject, &user_id(user), address))
    };
    come(1, "203.0.113.9").unwrap();
    come(2, "203.0.113.9").unwrap();
    come(2, "203.0.113.9").unwrap();
    assert_eq!(come(3, "203.0.113.9").unwrap_err().code(), Code::TooManyRequests);
    come(3, "203.0.113.10").unwrap();
    leave(&shop, 1).must("200");
    come(4, "203.0.113.9").unwrap();
}

#[test]
fn thirty_requests_of_one_user_give_one_place_and_a_crowd_at_once_one_each() {
    let shop = queueing(3, 3);
    let answers = at_once(0..30, |_| enter(&shop, 1).must("200").data()["entryToken"].clone());
    assert!(answers.iter().all(|token| *token == answers[0]));
    at_once(2..=40, |user| enter(&shop, user).must("200"));
    let mut places: Vec<u64> = statuses(&shop, 1..=40).into_iter().map(|(_, position)| position).collect();
    assert_eq!(places[0], 1);
    places.sort_unstable();
    assert_eq!(places, (1..=40).collect::<Vec<u64>>());
    at_once(1..=40, |user| leave(&shop, user).must("200"));
    assert_eq!(shop.admin().get(format!("{ADMIN}/status")).must("200").data()["waitingCount"], 0);
}

#[test]
fn the_estimate_goes_by_the_slots_that_became_free() {
    let shop = queueing(2, 2);
    (1..=40).for_each(|user| drop(enter(&shop, user).must("200")));
    let wait = |user| status(&shop, user)["estimatedWaitSeconds"].as_u64().unwrap();
    assert_eq!(wait(2), 5, "in the first batch");
    later(&shop, SECOND);
    assert_eq!(wait(4), 60, "no admission ended early yet");
    // everybody who is admitted buys within ten seconds
    for pair in 0..6 {
        shop.clock.advance(10 * SECOND);
        (1..=2).for_each(|n| drop(leave(&shop, pair * 2 + n).must("200")));
        shop.run_task("queue.admit").unwrap();
    }
    // twelve slots became free in the 61 seconds since the opening, and 26 wait
    assert_eq!(statuses(&shop, 40..=40), [waits(26)]);
    assert_eq!(wait(40), (26.0_f64 * 61.0 / 12.0).ceil() as u64);
}

#[test]
fn wrong_rules_are_refused_by_field() {
    let shop = Fixture::of(&[MODULE]);
    for (field, value) in [
        ("maxCapacity", json!(0)),
        ("maxCapacity", json!(1_000_001)),
        ("entryBatchSize", json!(-1)),
        ("entryIntervalSeconds", json!(0)),
        ("admissionSeconds", json!(9)),
        ("placesPerAddress", json!(0)),
        ("opensAt", json!("soon")),
        ("maxCapacity", json!("many")),
    ] {
        let mut wrong = rules(1, 1);
        wrong[field] = value;
        let refused = shop.admin().post(format!("{ADMIN}/activate"), wrong).must("400 C002");
        assert!(refused.text().contains(&format!("\"field\":\"{field}\"")), "{field}: {}", refused.text());
    }
    shop.admin().get(format!("{ADMIN}/status")).must("404 S801");
    shop.user(1).post(format!("{ADMIN}/activate"), rules(1, 1)).must("403 A002");
}

#[test]
fn a_stream_shows_every_change_and_ends_with_the_admission() {
    let shop = queueing(1, 1);
    (1..=2).for_each(|user| drop(enter(&shop, user).must("200")));
    let path = format!("{QUEUE}/subscribe/{}", token(&shop, 2));
    // a browser's EventSource sends no header; a caller who signs in must be the user
    assert_eq!(shop.user(1).opens(&path), 403);
    assert_eq!(shop.anonymous().opens(format!("{QUEUE}/subscribe/{}", "A".repeat(86))), 404);
    let mut stream = shop.anonymous().stream(&path);
    let first = stream.event().unwrap();
    assert_eq!((first.event.as_str(), first.data), ("queue-status", status(&shop, 2)));
    leave(&shop, 1).must("200");
    // every stream says something every few seconds, on a slow machine also before it moves
    let mut events = std::iter::from_fn(|| stream.event()).take(9);
    let moved = events.find(|event| event.data["position"] == 1).expect("it moves up");
    assert_eq!(moved.data["status"], "WAITING");
    assert_ne!(moved.id, first.id);
    // nothing changes, and still something comes
    assert_eq!(stream.event().unwrap().data["position"], 1);
    later(&shop, SECOND);
    let admitted = stream.events(5);
    let last = admitted.last().unwrap();
    assert_eq!((&last.data["status"], &last.data["message"]), (&json!("ENTERED"), &json!("it is your turn")));
    // the stream has ended; one that comes back finds the same
    let back = shop.user(2).with("accept-language", "ko").stream(&path).events(5);
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].data["message"], "입장하실 수 있습니다");
}

#[test]
fn streams_end_when_the_user_leaves_and_when_the_queue_is_deactivated() {
    let shop = queueing(1, 1);
    (1..=2).for_each(|user| drop(enter(&shop, user).must("200")));
    let mut streams: Vec<_> =
        (1..=2).map(|user| shop.anonymous().stream(format!("{QUEUE}/subscribe/{}", token(&shop, user)))).collect();
    streams.iter_mut().for_each(|stream| drop(stream.event().unwrap()));
    leave(&shop, 2).must("200");
    assert_eq!(streams[1].events(9).last().unwrap().data["status"], "LEFT");
    shop.admin().post(format!("{ADMIN}/deactivate"), json!({})).must("200");
    assert!(streams[0].events(9).len() < 9, "the stream ends");
    drop(streams);
    assert_eq!(shop.app().streams.open(), 0);
}

#[test]
fn a_random_history_on_the_database_keeps_the_promises() {
    for seed in 1..=3 {
        let shop = queueing(3, 2);
        let mut chance = Random::seeded(seed);
        let mut shown: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..150 {
            let user = chance.below(9) + 1;
            match chance.below(10) {
                0..=4 => drop(enter(&shop, user).must("200")),
                5..=6 => drop(leave(&shop, user)),
                7 => drop(shop.admin().post(format!("{ADMIN}/process"), json!({})).must("200")),
                _ => later(&shop, SECOND * (1 + chance.below(40) as u32)),
            }
            let queue = shop.admin().get(format!("{ADMIN}/status")).must("200").data();
            assert!(queue["enteredCount"].as_i64().unwrap() <= 3);
            for user in 1..=9 {
                let Ok(status) = serde_json::from_str::<Value>(&shop.user(user).get(format!("{QUEUE}/status")).text())
                else {
                    continue;
                };
                let (Some(token), Some(position)) =
                    (status["data"]["entryToken"].as_str(), status["data"]["position"].as_u64())
                else {
                    continue;
                };
                let before = shown.insert(token.to_owned(), position);
                assert!(
                    before.is_none_or(|before| position <= before),
                    "a position grew from {before:?} to {position}"
                );
            }
            assert_eq!(shop.audit(), []);
        }
    }
}

#[test]
fn the_audit_finds_what_breaks_the_promises() {
    let shop = queueing(2, 2);
    (1..=4).for_each(|user| drop(enter(&shop, user).must("200")));
    later(&shop, SECOND);
    let broken = shop.rules_broken_by(&[
        "update queue_entries set place = 0 where status = 'WAITING'",
        "update queue_entries set admitted_until = 1 where status = 'WAITING'",
        "update waiting_queues set max_capacity = 1, waiting = waiting + 1",
    ]);
    assert_eq!(broken.len(), 4, "{broken:?}");
}

/// Another domain that names its deals below 9. A name says with how many others it was asked for.
const DEALS: web::Module = web::Module {
    queued: Some(web::Queued {
        event_type: "TIME_DEAL",
        names: |_, ids| {
            let known = ids.iter().filter(|id| **id < 9);
            Ok(known.map(|id| (*id, format!("deal {id} of {}", ids.len()))).collect())
        },
    }),
    ..web::Module::named("deals")
};

#[test]
fn administrators_see_what_people_wait_for_by_its_name_and_all_names_are_asked_for_at_once() {
    let shop = Fixture::of(&[MODULE, DEALS]);
    let activated = |event: &str| shop.admin().post(format!("/admin/queue/{event}/activate"), rules(1, 1)).must("200");
    let names: Vec<Value> = ["TIME_DEAL/7", "timedeal/8", "TIME_DEAL/9", "COUPON/7"]
        .map(|event| activated(event).data()["eventName"].clone())
        .into();
    assert_eq!(names, [json!("deal 7 of 1"), json!("deal 8 of 1"), Value::Null, Value::Null]);
    let list = shop.admin().get("/admin/queue").must("200").data();
    let named = |queue: &Value| (queue["eventType"].clone(), queue["eventName"].clone());
    let named: Vec<(Value, Value)> = list.as_array().into_iter().flatten().map(named).collect();
    let expected = [
        (json!("COUPON"), Value::Null),
        (json!("TIME_DEAL"), Value::Null),
        (json!("timedeal"), json!("deal 8 of 3")),
        (json!("TIME_DEAL"), json!("deal 7 of 3")),
    ];
    assert_eq!(named, expected);
    assert_eq!(shop.admin().get(format!("{ADMIN}/status")).must("200").data()["eventName"], "deal 7 of 1");
    let stopped = shop.admin().post(format!("{ADMIN}/deactivate"), json!({})).must("200").data();
    assert_eq!(stopped["eventName"], "deal 7 of 1");
}
