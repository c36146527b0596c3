//! The data platform: every paid order reaches its collector, whatever becomes of the collector meanwhile.

use parking_lot::Mutex;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use testkit::TestShop;

/// What the collector does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    /// 503.
    Fails,
    /// Closes the connection without a response.
    HangsUp,
    /// Does not answer for so long that the shop stops waiting.
    Hangs,
    /// Takes it, and the response is lost.
    Forgets,
    /// 422 for whatever holds this order.
    Refuses,
}

/// One request: its headers and its events.
#[derive(Debug, Clone)]
struct Request {
    headers: Vec<String>,
    body: String,
    events: Vec<Value>,
}

/// A little HTTP server.
struct Platform {
    url: String,
    mood: Arc<Mutex<Mood>>,
    taken: Arc<Mutex<Vec<Request>>>,
    /// The order that it refuses.
    dislikes: Arc<Mutex<String>>,
}

impl Platform {
    fn open() -> Platform {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/orders", socket.local_addr().expect("an address"));
        let (mood, taken) = (Arc::new(Mutex::new(Mood::Takes)), Arc::new(Mutex::new(Vec::new())));
        let dislikes = Arc::new(Mutex::new(String::new()));
        let platform =
            Platform { url, mood: Arc::clone(&mood), taken: Arc::clone(&taken), dislikes: Arc::clone(&dislikes) };
        thread::spawn(move || {
            for connection in socket.incoming().flatten() {
                let (mood, taken, dislikes) = (Arc::clone(&mood), Arc::clone(&taken), Arc::clone(&dislikes));
                thread::spawn(move || serve(connection, &mood, &taken, &dislikes));
            }
        });
        platform
    }

    fn is_now(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }

    /// The orders that it has, each once, in the order in which they first came.
    fn orders(&self) -> Vec<String> {
        let mut orders = Vec::new();
        for event in self.taken.lock().iter().flat_map(|request| &request.events) {
            let order = event["data"]["orderNumber"].as_str().expect("an order").to_owned();
            if !orders.contains(&order) {
                orders.push(order);
            }
        }
        orders
    }
}

fn serve(connection: TcpStream, mood: &Mutex<Mood>, taken: &Mutex<Vec<Request>>, dislikes: &Mutex<String>) {
    let mut reader = BufReader::new(connection.try_clone().expect("a socket"));
    while let Some(request) = read(&mut reader) {
        let now = *mood.lock();
        let status = match now {
            Mood::HangsUp => return,
            Mood::Forgets => {
                taken.lock().push(request);
                return;
            }
            Mood::Hangs => {
                // the shop closes the connection when it stops waiting
                let _ = reader.read(&mut [0]);
                return;
            }
            Mood::Fails => 503,
            Mood::Refuses if request.body.contains(dislikes.lock().as_str()) => 422,
            Mood::Takes | Mood::Refuses => {
                taken.lock().push(request);
                202
            }
        };
        let response = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        if (&connection).write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        headers.push(line.trim().to_ascii_lowercase());
    }
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let events = serde_json::from_str(&body).ok()?;
    Some(Request { headers, body, events })
}

fn shop_with(platform: &Platform) -> TestShop {
    let settings = [
        ("collector.url", platform.url.as_str()),
        ("collector.secret", "between the two of us"),
        ("collector.credentials", "Bearer of-the-shop"),
        ("collector.timeout", "100ms"),
    ];
    TestShop::with(1, &settings)
}

#[test]
fn a_paid_order_is_sent_with_what_was_bought() {
    let platform = Platform::open();
    let shop = shop_with(&platform);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    shop.settle();
    assert_eq!(platform.orders(), Vec::<String>::new(), "it is not paid yet");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let request = platform.taken.lock().last().cloned().expect("a request");
    let header = |name: &str| request.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    assert_eq!(header("content-type"), Some("application/cloudevents-batch+json"));
    assert_eq!(header("authorization"), Some("bearer of-the-shop"));
    assert!(header("x-holdfast-signature").is_some() && header("x-holdfast-timestamp").is_some());
    let event = &request.events[0];
    assert_eq!((&event["specversion"], &event["subject"]), (&"1.0".into(), &order.as_str().into()));
    let data = &event["data"];
    assert_eq!(
        (&data["totalAmount"], &data["orderStatus"], &data["currency"]),
        (&18_000.into(), &"PAID".into(), &"KRW".into())
    );
    let item = &data["orderItems"][0];
    assert_eq!((&item["productId"], &item["quantity"], &item["subtotal"]), (&mug.id.into(), &2.into(), &18_000.into()));
}

#[test]
fn a_collector_that_is_away_loses_nothing_and_keeps_no_one_waiting() {
    let platform = Platform::open();
    let mut shop = shop_with(&platform);
    let mug = shop.product("mug").price(9_000).stock(99).save();
    let buyer = shop.buyer();
    let mut paid = Vec::new();
    for mood in [Mood::Takes, Mood::Fails, Mood::HangsUp, Mood::Hangs, Mood::Forgets, Mood::Takes] {
        platform.is_now(mood);
        for _ in 0..2 {
            let began = Instant::now();
            let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
            buyer.pays(&order, "approve").must("201");
            assert!(began.elapsed() < Duration::from_secs(3), "an order waits for the collector");
            paid.push(order);
        }
        shop.settle();
        if mood == Mood::Hangs {
            shop.crash();
        }
    }
    shop.later(Duration::from_secs(120));
    assert_eq!(platform.orders(), paid, "all of them, in the order of their payment");
}

#[test]
fn an_order_that_the_collector_refuses_waits_for_a_person_and_the_others_go_on() {
    let platform = Platform::open();
    let shop = shop_with(&platform);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let paid: Vec<String> = (0..3)
        .map(|_| {
            let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
            buyer.pays(&order, "approve").must("201");
            order
        })
        .collect();
    platform.dislikes.lock().clone_from(&paid[1]);
    platform.is_now(Mood::Refuses);
    shop.settle();
    assert_eq!(platform.orders(), [paid[0].clone(), paid[2].clone()]);
    let waiting = shop.window().lines("select consumer, event_key from parked_events");
    assert_eq!(waiting, [format!("collector | {}", paid[1])]);
    platform.is_now(Mood::Takes);
    shop.later(Duration::from_secs(120));
    assert_eq!(platform.orders().len(), 3);
}
