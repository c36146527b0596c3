//! The engine with a toy: wind it up, pay a coin through the gateway, put the toy on the shelf.

use crate::*;
use ::events::CompensationFailed;
use ::store::{Db, Settings, Tx, args};
use kernel::{
    Clock as _, Code, Currency, Error, Event as _, Money, OrderNumber, Random, Result, SagaId, Timestamp, Zone,
};
use ports::{
    ManualClock, MemoryGate, NoCarriers, NoReviews, Ports,
    gateway::{ChargeRequest, RefundRequest, Simulated, simulated::keys},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use testdb::Space;

const TABLE: &str = "create table if not exists toys (name varchar(20) not null primary key, n bigint not null)";
const PUT: &str = "insert into toys (name, n) values (?, ?) {on conflict (name): n = new.n}";
const GET: &str = "select n from toys where name = ?";
const ALL: &str = "select name, n from toys where n <> 0 order by name";

fn put(tx: &mut Tx<'_>, name: &str, n: i64) -> Result<()> {
    tx.exec(PUT, args![name, n]).map(|_| ())
}

fn get(tx: &mut Tx<'_>, name: &str) -> Result<i64> {
    Ok(tx.query_first(GET, args![name], |row| row.get(0))?.unwrap_or(0))
}

struct Toy {
    number: String,
}

struct WindUp;
impl Local for WindUp {
    const NAME: &'static str = "WIND_UP";
    type Saga = Toy;
    type Memory = ();
    fn run(tx: &mut Tx<'_>, _: &Toy) -> Result<()> {
        put(tx, "spring", 1)
    }
    fn compensate(tx: &mut Tx<'_>, _: &Toy, (): ()) -> Result<()> {
        if get(tx, "jammed")? > 0 {
            return Err(Code::Internal.error().caused_by("the spring is jammed"));
        }
        put(tx, "spring", 0)
    }
}

struct GetCoin;
struct Paying;
struct PayingBack;
impl Remote for GetCoin {
    const NAME: &'static str = "GET_COIN";
    type Saga = Toy;
    type Forward = Paying;
    type Backward = PayingBack;
    fn prepare(tx: &mut Tx<'_>, _: &Toy) -> Result<Next<String, String>> {
        if get(tx, "closed")? > 0 {
            return Ok(Next::Fail(Code::SagaTimeout.because("closed")));
        }
        Ok(Next::WaitUntil(tx.now().after(Duration::from_secs(600))))
    }
    fn prepare_compensation(tx: &mut Tx<'_>, _: &Toy, given: String) -> Result<Undo<String>> {
        if get(tx, "away")? > 0 {
            return Ok(Undo::WaitUntil(tx.now().after(Duration::from_secs(86_400))));
        }
        Ok(Undo::Call(given))
    }
}

fn order() -> OrderNumber {
    OrderNumber::draw_on(&mut Random::seeded(1), Timestamp::from_millis(0), &Zone::utc())
}

fn start(number: u32) -> Start<'static> {
    Start { subject: Subject::new("toy", number), event_key: "toys", by: SYSTEM }
}

fn toy() -> Toy {
    Toy { number: "0".to_owned() }
}

const ASKED: (Money, Currency) = (Money::minor(100), Currency::KRW);

fn charge(payment_key: String, key: &str) -> ChargeRequest {
    ChargeRequest {
        key: key.to_owned(),
        order: order().into(),
        amount: ASKED.0,
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some(payment_key),
    }
}

fn refund(transaction: String, key: &str) -> RefundRequest {
    let (key, amount) = (key.to_owned(), ASKED.0);
    RefundRequest { key, transaction, order: Some(order().into()), payment_key: None, amount, account: None }
}

impl RemoteCall for Paying {
    type Saga = Toy;
    type Request = String;
    type Response = String;
    const STORED: &'static str = "payment.outcome-stored";
    async fn call(ports: &Ports, payment_key: String, key: &str) -> Outcome<String> {
        let answer = ports.gateway.charge(&charge(payment_key, key)).await;
        Outcome::of_gateway(Some(answer), ASKED, Code::PaymentDeclined)
    }
    async fn ask(ports: &Ports, payment_key: String, key: &str) -> Outcome<String> {
        Outcome::of_gateway(ports.gateway.look_up(&charge(payment_key, key)).await, ASKED, Code::PaymentDeclined)
    }
    async fn withdraw(ports: &Ports, payment_key: String, key: &str) -> Outcome<String> {
        Outcome::of_gateway(ports.gateway.withdraw(&charge(payment_key, key)).await, ASKED, Code::PaymentDeclined)
    }
    fn when_missing(tx: &mut Tx<'_>, _: &Toy, _: &String) -> Result<Missing> {
        Ok(match get(tx, "missing")? {
            0 => Missing::Repeat,
            1 => Missing::Ask,
            _ => Missing::Abandon,
        })
    }
    fn waiting(tx: &mut Tx<'_>, _: &Toy, _: String, _: Timestamp, _: &Value) -> Result<()> {
        put(tx, "waits", 1)
    }
    fn succeeded(tx: &mut Tx<'_>, _: &Toy, _: String, _: &String) -> Result<()> {
        put(tx, "coin", 1)
    }
    fn refused(tx: &mut Tx<'_>, _: &Toy, _: String, _: &Error) -> Result<()> {
        put(tx, "coin", 0)
    }
    fn abandoned(tx: &mut Tx<'_>, _: &Toy, _: String, _: &str, _: &Error) -> Result<()> {
        put(tx, "abandoned", 1)
    }
    fn succeeded_late(tx: &mut Tx<'_>, _: &Toy, _: String, _: &str, _: &String) -> Result<()> {
        put(tx, "late", 1)
    }
}

impl RemoteCall for PayingBack {
    type Saga = Toy;
    type Request = String;
    type Response = String;
    const STORED: &'static str = "";
    async fn call(ports: &Ports, transaction: String, key: &str) -> Outcome<String> {
        let answer = ports.gateway.refund(&refund(transaction, key)).await;
        Outcome::of_gateway(Some(answer), ASKED, Code::PaymentDeclined)
    }
    async fn ask(ports: &Ports, transaction: String, key: &str) -> Outcome<String> {
        Outcome::of_gateway(ports.gateway.look_up_refund(&refund(transaction, key)).await, ASKED, Code::PaymentDeclined)
    }
    fn succeeded(tx: &mut Tx<'_>, _: &Toy, _: String, _: &String) -> Result<()> {
        put(tx, "coin", 0)
    }
    fn refused(_: &mut Tx<'_>, _: &Toy, _: String, _: &Error) -> Result<()> {
        Ok(())
    }
    fn succeeded_late(_: &mut Tx<'_>, _: &Toy, _: String, _: &str, _: &String) -> Result<()> {
        Ok(())
    }
}

struct Shelve;
impl Local for Shelve {
    const NAME: &'static str = "SHELVE";
    type Saga = Toy;
    type Memory = i64;
    fn run(tx: &mut Tx<'_>, _: &Toy) -> Result<i64> {
        if get(tx, "shelf-full")? > 0 {
            return Err(Code::SagaExecutionFailed.because("the shelf is full"));
        }
        put(tx, "shelved", 1)?;
        Ok(7)
    }
    fn compensate(tx: &mut Tx<'_>, _: &Toy, memory: i64) -> Result<()> {
        assert_eq!(memory, 7);
        put(tx, "shelved", 0)
    }
}

const TOY: Saga<Toy> = Saga::new(
    "toy",
    &[
        Version { number: 2, steps: &[Step::local::<WindUp>(), Step::remote::<GetCoin>(), Step::local::<Shelve>()] },
        Version { number: 1, steps: &[Step::local::<WindUp>(), Step::remote::<GetCoin>()] },
    ],
    |_, record| Ok(Toy { number: record.subject.id.clone() }),
)
.closed_by(|tx, toy, why| {
    assert!(toy.number.parse::<u32>().is_ok());
    put(tx, &why.reason.chars().take(20).collect::<String>(), 1)
});

struct Playroom {
    db: Db,
    clock: Arc<ManualClock>,
    ports: Ports,
    gateway: Arc<Simulated>,
    _space: Space,
}

impl Playroom {
    async fn open() -> Playroom {
        let space = Space::open();
        let clock = Arc::new(ManualClock::default());
        let db = Db::open(Settings::throwaway(space.url().parse().unwrap(), clock.clone())).unwrap();
        db.migrate([::store::MIGRATIONS, crate::MIGRATIONS].concat()).await.unwrap();
        db.write("toys", |tx| tx.exec(TABLE, args![])).await.unwrap();
        let gateway = Arc::new(Simulated::approving());
        let ports = Ports {
            gateway: gateway.clone(),
            reviews: Arc::new(NoReviews),
            gate: Arc::new(MemoryGate::default()),
            carriers: Arc::new(NoCarriers),
        };
        Playroom { db, clock, ports, gateway, _space: space }
    }

    async fn begin(&self, saga: Saga<Toy>) -> SagaId {
        let begin = move |tx: &mut Tx<'_>| saga.begin(tx, &toy(), &start(0));
        self.db.write("begin", begin).await.unwrap().expect("a new run").0.id
    }

    async fn submit(&self, saga: Saga<Toy>, id: &SagaId, key: &'static str) -> Action {
        let id = id.clone();
        self.db
            .write("submit", move |tx| {
                let mut record = store::lock(tx, &id)?;
                saga.submit(tx, &mut record, key.into())
            })
            .await
            .unwrap()
    }

    async fn pay(&self, saga: Saga<Toy>, id: &SagaId, key: &'static str) -> Status {
        let action = self.submit(saga, id, key).await;
        let saga: &'static Saga<Toy> = Box::leak(Box::new(saga));
        drive(saga, &self.db, &self.ports, action).await.unwrap()
    }

    async fn cancel(&self, id: &SagaId) -> Action {
        let id = id.clone();
        let why = Cancellation::by_system("not wanted");
        self.db
            .write("cancel", move |tx| {
                let mut record = store::lock(tx, &id)?;
                TOY.cancel(tx, &mut record, why.clone())
            })
            .await
            .unwrap()
    }

    /// Lets time pass and works on what is due, until nothing is.
    async fn settle(&self) {
        for _ in 0..50 {
            self.clock.advance(Duration::from_secs(150));
            let now = self.clock.now();
            let due = self.db.read("due", move |tx| store::due(tx, now, 10)).await.unwrap();
            for (id, _) in due {
                let _ = nudge(&TOY, &self.db, &self.ports, id).await;
            }
        }
    }

    async fn record(&self, id: &SagaId) -> Record {
        let id = id.clone();
        self.db.write("record", move |tx| store::lock(tx, &id)).await.unwrap()
    }

    async fn set(&self, name: &'static str, n: i64) {
        self.db.write("set", move |tx| put(tx, name, n)).await.unwrap();
    }

    async fn toys(&self) -> String {
        let toys = self.db.read("toys", |tx| {
            tx.query(ALL, args![], |row| Ok(format!("{}={}", row.next::<String>()?, row.next::<i64>()?)))
        });
        toys.await.unwrap().join(" ")
    }

    fn coins(&self) -> i64 {
        use ports::Gateway;
        let charges = self.gateway.charges().unwrap();
        charges.iter().map(|charge| charge.captured().as_minor() - charge.refunded().as_minor()).sum()
    }
}

#[tokio::test]
async fn a_run_takes_its_local_steps_waits_and_completes() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    assert_eq!(room.toys().await, "spring=1");
    let waiting = room.record(&id).await;
    assert_eq!((waiting.step.as_str(), waiting.status), ("GET_COIN", Status::Started));
    assert_eq!(room.pay(TOY, &id, keys::APPROVE).await, Status::Completed);
    assert_eq!((room.toys().await.as_str(), room.coins()), ("coin=1 shelved=1 spring=1", 100));
    let record = room.record(&id).await;
    assert_eq!(record.completed, ["WIND_UP", "GET_COIN", "SHELVE"]);
    assert_eq!((record.step.as_str(), record.wake_at), ("SHELVE", None));
    assert_eq!(record.memory["GET_COIN"].forward.as_ref().unwrap().key, format!("{id}/GET_COIN"));
}

#[tokio::test]
async fn a_subject_has_one_run_of_a_family() {
    let room = Playroom::open().await;
    room.begin(TOY).await;
    let begin = |tx: &mut Tx<'_>| TOY.begin(tx, &toy(), &start(0));
    assert!(room.db.write("begin", begin).await.unwrap().is_none());
}

#[tokio::test]
async fn a_refusal_compensates_everything() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    assert_eq!(room.pay(TOY, &id, "decline-card-declined").await, Status::Failed);
    assert_eq!((room.toys().await.as_str(), room.coins()), ("CARD_DECLINED: the c=1", 0));
    assert!(room.record(&id).await.completed.is_empty());
}

#[tokio::test]
async fn a_local_step_that_fails_gives_the_coin_back() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.set("shelf-full", 1).await;
    assert_eq!(room.pay(TOY, &id, keys::APPROVE).await, Status::Failed);
    assert_eq!((room.toys().await.as_str(), room.coins()), ("shelf-full=1 the shelf is full=1", 0));
}

#[tokio::test]
async fn an_error_that_its_key_would_get_again_is_followed_by_another_key_once_nothing_has_happened() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let mut action = room.submit(TOY, &id, keys::APPROVE).await;
    for (answers, again) in [
        // no answer at all leads to no other key, however often it is asked about
        ([Outcome::Unknown, Outcome::NotFound], 0),
        ([Outcome::NotDone, Outcome::NotFound], 1),
        ([Outcome::Unknown, Outcome::NotFound], 1),
        ([Outcome::NotDone, Outcome::NotFound], 2),
    ] {
        for outcome in answers {
            let Action::Call(call) = action else { panic!("{action:?}") };
            let asks = matches!(outcome, Outcome::NotFound);
            assert_eq!(call.ask, asks, "between two calls the other system is asked");
            let settle = move |tx: &mut Tx<'_>| Ok(TOY.settle(tx, &call, &outcome)?.1);
            action = room.db.write("settle", settle).await.unwrap();
            if !asks {
                // everything is stored: whichever process comes next goes on
                room.clock.advance(Duration::from_secs(150));
                let id = id.clone();
                let resume = move |tx: &mut Tx<'_>| {
                    let mut record = store::lock(tx, &id)?;
                    TOY.resume(tx, &mut record)
                };
                action = room.db.write("resume", resume).await.unwrap();
            }
        }
        let Action::Call(call) = &action else { panic!("{action:?}") };
        assert_eq!((call.key.clone(), call.again, call.ask), (format!("{id}/GET_COIN"), again, false));
    }
    let made = drive(&TOY, &room.db, &room.ports, action).await.unwrap();
    assert_eq!((made, room.coins()), (Status::Completed, 100));
    use ports::Gateway;
    assert_eq!(room.gateway.charges().unwrap()[0].key, format!("{id}/GET_COIN~2"));
}

#[tokio::test]
async fn an_unknown_outcome_stays_pending_until_it_is_known() {
    for key in [keys::TIMEOUT_CHARGED, keys::TIMEOUT_UNCHARGED, keys::PENDING, keys::ANSWER_TWICE] {
        let room = Playroom::open().await;
        let id = room.begin(TOY).await;
        let status = room.pay(TOY, &id, key).await;
        assert!(status == Status::Completed || room.record(&id).await.pending().is_some(), "{key}");
        room.settle().await;
        assert_eq!(room.record(&id).await.status, Status::Completed, "{key}");
        assert_eq!((room.toys().await.as_str(), room.coins()), ("coin=1 shelved=1 spring=1", 100), "{key}");
    }
}

#[tokio::test]
async fn an_absent_gateway_neither_accepts_nor_refuses() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.gateway.be_away(true);
    assert_eq!(room.pay(TOY, &id, keys::APPROVE).await, Status::Started);
    room.settle().await;
    assert_eq!(room.record(&id).await.status, Status::Started);
    room.gateway.be_away(false);
    room.settle().await;
    assert_eq!((room.record(&id).await.status, room.coins()), (Status::Completed, 100));
}

#[tokio::test]
async fn a_crash_after_the_intent_is_found_out_by_asking() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let Action::Call(call) = room.submit(TOY, &id, keys::APPROVE).await else { panic!("no call") };
    // charged, and then the process died
    assert!(matches!(TOY.call(&room.ports, &call).await, Outcome::Succeeded(_)));
    let held = nudge(&TOY, &room.db, &room.ports, id.clone()).await.unwrap();
    assert_eq!(held, Status::Started, "while the call may still be made, it is not asked about");
    room.settle().await;
    assert_eq!((room.record(&id).await.status, room.coins()), (Status::Completed, 100));
    assert_eq!(room.ports.gateway.charges().unwrap().len(), 1);
}

#[tokio::test]
async fn cancelling_waits_for_an_unknown_outcome() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.pay(TOY, &id, keys::TIMEOUT_CHARGED).await;
    let Action::Call(asking) = room.cancel(&id).await else { panic!("the outcome has to be asked for") };
    assert!(asking.ask && room.toys().await.contains("spring=1"));
    let end = drive(&TOY, &room.db, &room.ports, Action::Call(asking)).await.unwrap();
    assert_eq!((end, room.coins()), (Status::Failed, 0));
    assert_eq!(room.toys().await, "not wanted=1");
}

#[tokio::test]
async fn a_call_that_succeeds_after_it_was_abandoned_is_noticed() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let Action::Call(call) = room.submit(TOY, &id, keys::APPROVE).await else { panic!("no call") };
    assert_eq!(room.cancel(&id).await, Action::Rest(Status::Compensating), "the call may still be made");
    room.settle().await;
    assert_eq!(room.record(&id).await.status, Status::Failed);
    assert!(room.toys().await.contains("abandoned=1"));
    // the process wakes up and makes its call
    let end = drive(&TOY, &room.db, &room.ports, Action::Call(call)).await.unwrap();
    assert_eq!(end, Status::Failed);
    assert!(room.toys().await.contains("late=1"));
}

#[tokio::test]
async fn a_completed_run_can_be_cancelled() {
    let room = Playroom::open().await;
    for (key, number) in
        [(keys::APPROVE, 0), (keys::REFUND_TIMEOUT, 1), (keys::REFUND_TIMEOUT_UNDONE, 2), (keys::REFUND_PENDING, 3)]
    {
        let begin = move |tx: &mut Tx<'_>| TOY.begin(tx, &toy(), &start(number));
        let id = room.db.write("begin", begin).await.unwrap().unwrap().0.id;
        assert_eq!(room.pay(TOY, &id, key).await, Status::Completed);
        let action = room.cancel(&id).await;
        drive(&TOY, &room.db, &room.ports, action).await.unwrap();
        room.settle().await;
        assert_eq!((room.record(&id).await.status, room.coins()), (Status::Failed, 0), "{key}");
        assert_eq!(room.toys().await, "not wanted=1");
    }
}

#[tokio::test]
async fn a_compensation_that_waits_for_a_person_makes_no_attempts_and_goes_on_when_they_have_spoken() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.pay(TOY, &id, keys::APPROVE).await;
    room.set("away", 1).await;
    let action = room.cancel(&id).await;
    drive(&TOY, &room.db, &room.ports, action).await.unwrap();
    room.settle().await;
    let record = room.record(&id).await;
    assert_eq!((record.status, record.attempts, room.coins()), (Status::Compensating, 0, 100));
    assert!(record.wake_at.is_some(), "it is due at a time that comes");
    room.set("away", 0).await;
    let run = id.clone();
    let wake = move |tx: &mut Tx<'_>| {
        let mut record = store::lock(tx, &run)?;
        record.try_again(tx.now());
        store::save(tx, &mut record)
    };
    room.db.write("wake", wake).await.unwrap();
    room.settle().await;
    assert_eq!((room.record(&id).await.status, room.coins()), (Status::Failed, 0));
}

#[tokio::test]
async fn compensating_is_tried_three_times_and_then_a_person_has_to_look() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.set("jammed", 1).await;
    room.pay(TOY, &id, "decline-card-declined").await;
    assert_eq!(room.record(&id).await.attempts, 1);
    room.settle().await;
    let record = room.record(&id).await;
    assert_eq!((record.status, record.attempts, record.wake_at), (Status::CompensationFailed, 3, None));
    room.db.write("places", |tx| ::store::outbox::assign_sequence_numbers(tx, 10)).await.unwrap();
    let said = room.db.read("events", |tx| ::store::outbox::after(tx, 0, 10)).await.unwrap();
    assert_eq!(said.len(), 1);
    assert_eq!(&*said[0].topic, CompensationFailed::TOPIC);
}

#[tokio::test]
async fn a_refused_refund_is_tried_again_with_another_key() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.pay(TOY, &id, keys::REFUND_DECLINED).await;
    let action = room.cancel(&id).await;
    drive(&TOY, &room.db, &room.ports, action).await.unwrap();
    room.settle().await;
    let record = room.record(&id).await;
    assert_eq!((record.status, record.attempts), (Status::CompensationFailed, 3));
    let keys: Vec<_> = record.memory["GET_COIN"].past.iter().map(|asked| asked.key.clone()).collect();
    assert_eq!(keys, ["", ".2", ".3"].map(|n| format!("{id}/GET_COIN/UNDO{n}")));
}

#[tokio::test]
async fn a_waiting_run_fails_when_its_step_says_so() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.set("closed", 1).await;
    room.settle().await;
    assert_eq!(room.record(&id).await.status, Status::Failed);
    assert_eq!(room.toys().await, "closed=1");
}

#[tokio::test]
async fn saving_an_old_version_is_refused() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let outdated = room.record(&id).await;
    let outcome = room.db.write("save", move |tx| {
        let mut copy = outdated.clone();
        copy.version -= 1;
        store::save(tx, &mut copy)
    });
    assert_eq!(outcome.await.unwrap_err().code(), Code::OutdatedVersion);
}

#[tokio::test]
async fn a_run_keeps_the_steps_of_the_version_it_began_with() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let run = id.clone();
    let old = move |tx: &mut Tx<'_>| tx.exec("update saga_runs set name = ? where saga_id = ?", args!["toy.v1", run]);
    room.db.write("old", old).await.unwrap();
    assert_eq!(room.pay(TOY, &id, keys::APPROVE).await, Status::Completed);
    assert_eq!(room.record(&id).await.completed, ["WIND_UP", "GET_COIN"]);
}

#[tokio::test]
async fn a_run_of_an_unknown_version_is_not_moved_on() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    let run = id.clone();
    let newer = move |tx: &mut Tx<'_>| tx.exec("update saga_runs set name = ? where saga_id = ?", args!["toy.v3", run]);
    room.db.write("newer", newer).await.unwrap();
    assert!(nudge(&TOY, &room.db, &room.ports, id).await.is_err());
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let room = Playroom::open().await;
    room.db.prepare_all(store::STATEMENTS.to_vec()).await.unwrap();
}

#[tokio::test]
async fn a_call_that_stays_missing_is_repeated_only_while_its_step_wants_it() {
    let room = Playroom::open().await;
    let id = room.begin(TOY).await;
    room.set("missing", 1).await;
    room.pay(TOY, &id, keys::TIMEOUT_UNCHARGED).await;
    room.settle().await;
    let record = room.record(&id).await;
    assert!(record.status == Status::Started && record.pending().is_some(), "{record:?}");
    assert_eq!((room.toys().await.as_str(), room.coins()), ("missing=1 spring=1", 0), "asked about, not repeated");
    // not wanted any more, and no other request comes
    room.set("missing", 2).await;
    room.set("closed", 1).await;
    room.settle().await;
    let record = room.record(&id).await;
    assert_eq!((record.status, record.memory["GET_COIN"].past.len()), (Status::Failed, 1));
    assert_eq!((room.toys().await.as_str(), room.coins()), ("abandoned=1 closed=1 missing=2", 0));
}
