//! A shop of real processes, and what its clients remember.

use kernel::UserId;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use testdb::Space;
use testkit::{Process, Program, Response, TestShop, Wire, address};

/// Buyers that order, pay and cancel.
pub const BUYERS: u64 = 6;

pub const API: &str = "/api/v1/shopping";

/// What a payment key makes of a payment; the last of them are the nasty ones.
const PAYMENT_KEYS: &[&str] =
    &["approve", "timeout-charged", "timeout-uncharged", "answer-twice", "pending", "decline-expired-card"];

/// The id of a buyer.
pub fn user(buyer: usize) -> UserId {
    format!("00000000-0000-4000-8000-{:012x}", buyer + 1).parse().expect("a UUID")
}

/// A request that may be repeated: with its key it has one effect and one answer.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub path: String,
    pub key: String,
    pub body: String,
    pub buyer: usize,
}

/// What clients remember of the shop: all that counts.
#[derive(Default)]
pub struct Memory {
    /// Calls with the answer that was received whole.
    pub answered: Vec<(Call, Response)>,
    /// Calls whose connection broke first.
    open: Vec<Call>,
    /// How often a connection broke.
    broken: u64,
}

impl Memory {
    /// What was answered how often, such as `POST /orders 201`.
    pub fn said(&self) -> BTreeMap<String, u64> {
        let mut said = BTreeMap::from([("broken".to_owned(), self.broken)]);
        for (call, answer) in &self.answered {
            let last = call.path.rsplit('/').next().unwrap_or_default();
            *said.entry(format!("{} /{last} {}", call.method, answer.summary())).or_default() += 1;
        }
        said
    }
}

pub struct World {
    pub program: Program,
    pub people: People,
    pub products: Vec<i64>,
    pub memory: Mutex<Memory>,
    calls: AtomicU64,
    _space: Space,
}

/// Tokens, which are good in every shop here.
#[derive(Clone)]
pub struct People {
    pub admin: String,
    pub buyers: Vec<String>,
}

impl World {
    /// A shop in a place of its own.
    pub fn new() -> World {
        World::at(Space::open())
    }

    /// A shop in this place.
    pub fn at(space: Space) -> World {
        let program = World::program(&space);
        let token = |n: u64| program.token(&user(usize::try_from(n).expect("small")).to_string(), "USER");
        let admin = program.token("00000000-0000-4000-8000-00000000ad00", "ADMIN");
        World::of(space, People { admin, buyers: (0..BUYERS).map(token).collect() })
    }

    /// Another one with the same people.
    pub fn another(&self) -> World {
        World::of(Space::open(), self.people.clone())
    }

    fn program(space: &Space) -> Program {
        Program::on(env!("CARGO_BIN_EXE_holdfast"), space.folder(), space.url())
    }

    fn of(space: Space, people: People) -> World {
        let program = World::program(&space);
        let process = program.start(None).expect("nothing is armed");
        let mut wire = process.connect().expect("it listens");
        let mut products = Vec::new();
        for n in 0..5 {
            let body = json!({"name": format!("thing {n}"), "sku": format!("THING-{n}"), "price": 1_000 * (n + 1), "stock": 1_000_000});
            let path = format!("{API}/admin/products");
            let made = wire.send("POST", &path, &people.admin, "", &body.to_string()).expect("an answer");
            products.push(made.must("201").number("/id"));
        }
        process.kill();
        World { program, people, products, memory: Mutex::default(), calls: AtomicU64::new(0), _space: space }
    }

    /// A call with a key of its own.
    pub fn call(&self, buyer: usize, method: &'static str, path: impl AsRef<str>, body: Value) -> Call {
        let key = format!("call-{}", self.calls.fetch_add(1, Ordering::Relaxed));
        Call { method, path: format!("{API}{}", path.as_ref()), key, body: body.to_string(), buyer }
    }

    pub fn send(&self, wire: &mut Wire, call: &Call) -> io::Result<Response> {
        wire.send(call.method, &call.path, &self.people.buyers[call.buyer], &call.key, &call.body)
    }

    /// Sends and remembers. An answer that asks to try again says nothing that must hold.
    fn try_it(&self, wire: &mut Wire, call: Call) -> io::Result<Response> {
        let outcome = self.send(wire, &call);
        let mut memory = self.memory.lock().expect("no test thread panicked");
        match &outcome {
            Ok(answer) if [429, 503].contains(&answer.status) || answer.summary() == "409 C015" => {
                memory.open.push(call)
            }
            Ok(answer) => {
                assert!(answer.status < 500, "{call:?} answered {}", answer.text());
                memory.answered.push((call, answer.clone()));
            }
            Err(_) => {
                memory.broken += 1;
                memory.open.push(call);
            }
        }
        outcome
    }

    pub fn order(&self, buyer: usize, n: u64) -> Call {
        let line = |shift: u64| {
            let product = self.products[usize::try_from((n + shift) % 5).expect("small")];
            json!({"productId": product, "quantity": 1 + (n + shift) % 3})
        };
        let body = json!({"items": [line(0), line(1), line(3)], "shippingAddress": address()});
        self.call(buyer, "POST", "/orders", body)
    }

    pub fn pay(&self, buyer: usize, order: &str, payment_key: &str) -> Call {
        let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": payment_key});
        self.call(buyer, "POST", "/payments", body)
    }

    pub fn cancel(&self, buyer: usize, order: &str) -> Call {
        self.call(buyer, "PUT", format!("/orders/{order}/cancel"), json!({"reason": "changed my mind"}))
    }

    /// One buyer's life until the connection breaks.
    pub fn live(&self, process: &Process, buyer: usize, over: &AtomicBool) {
        let Ok(mut wire) = process.connect() else { return };
        let mut n = u64::try_from(buyer).expect("small") * 7;
        while !over.load(Ordering::Relaxed) {
            n += 1;
            let Ok(placed) = self.try_it(&mut wire, self.order(buyer, n)) else { return };
            if placed.status != 201 {
                continue;
            }
            let order = placed.word("/orderNumber");
            let script = PAYMENT_KEYS[usize::try_from(n / 2 % 6).expect("small")];
            if !n.is_multiple_of(5) && self.try_it(&mut wire, self.pay(buyer, &order, script)).is_err() {
                return;
            }
            if n.is_multiple_of(3) && self.try_it(&mut wire, self.cancel(buyer, &order)).is_err() {
                return;
            }
        }
    }

    /// What was answered how often.
    pub fn said(&self) -> BTreeMap<String, u64> {
        self.memory.lock().expect("no test thread panicked").said()
    }

    /// How many calls were answered so far.
    pub fn answered(&self) -> usize {
        self.memory.lock().expect("no test thread panicked").answered.len()
    }

    /// Everything acknowledged since `from` is still so; what was open gets its one answer now.
    pub fn verify(&self, process: &Process, from: usize) {
        let mut wire = process.connect().expect("it listens");
        let mut memory = self.memory.lock().expect("no test thread panicked");
        for (call, answer) in &memory.answered[from..] {
            let again = self.send(&mut wire, call).expect("an answer");
            assert_eq!(again.body, answer.body, "{call:?} was answered {} and now {}", answer.text(), again.text());
            assert_eq!(again.status, answer.status);
            assert_eq!(again.header("idempotent-replayed"), "true", "{call:?}");
        }
        let orders = memory.answered[from..]
            .iter()
            .filter(|(call, answer)| call.path.ends_with("/orders") && answer.status == 201);
        for (call, answer) in orders {
            let path = format!("{API}/orders/{}", answer.word("/orderNumber"));
            let seen = wire.send("GET", &path, &self.people.buyers[call.buyer], "", "").expect("an answer").must("200");
            assert_eq!(seen.number("/finalAmount"), answer.number("/finalAmount"));
        }
        self.verify_paid(&mut wire, &memory.answered[from..]);
        for call in std::mem::take(&mut memory.open) {
            let first = self.send(&mut wire, &call).expect("an answer");
            assert!(first.status < 500 || first.status == 503, "{call:?} answered {}", first.text());
            let again = self.send(&mut wire, &call).expect("an answer");
            if first.status == 503 || [first.summary(), again.summary()].contains(&"409 C015".to_owned()) {
                memory.open.push(call);
                continue;
            }
            assert_eq!(first.body, again.body, "{call:?}");
            memory.answered.push((call, again));
        }
    }

    /// What was acknowledged as paid and not cancelled afterwards is paid.
    fn verify_paid(&self, wire: &mut Wire, answered: &[(Call, Response)]) {
        let mut paid: HashMap<String, usize> = HashMap::new();
        for (call, answer) in answered {
            if call.path.ends_with("/payments") && answer.status == 201 {
                paid.insert(answer.word("/orderNumber"), call.buyer);
            }
        }
        let memory: Vec<&str> = answered.iter().map(|(call, _)| call.path.as_str()).collect();
        for (order, buyer) in paid {
            let cancel = format!("{API}/orders/{order}/cancel");
            if memory.contains(&cancel.as_str()) {
                continue;
            }
            let seen = wire
                .send("GET", &format!("{API}/orders/{order}"), &self.people.buyers[buyer], "", "")
                .expect("an answer");
            let status = seen.must("200").word("/status");
            assert!(["PAID", "REFUNDED"].contains(&status.as_str()), "{order} was paid and is {status}");
        }
    }

    /// The end: the process is gone, its audit is clean, and a shop over its database comes to rest in order.
    pub fn close(self) {
        self.program.audit().unwrap_or_else(|said| panic!("holdfast audit:\n{said}\n{}", self.program.log()));
        TestShop::adopt(self.program.url(), &self.program.journal()).close();
    }
}

/// Lets the buyers go home, also when the test fails.
pub struct Closing<'a>(pub &'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
