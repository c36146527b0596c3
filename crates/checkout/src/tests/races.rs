//! Several people at once. With one writer they only wait for each other; on a server they meet: buyers who pay, cancel and
//! repeat themselves, support, the gateway's hints and the task that moves sagas on.

use super::shop::*;
use crate::{Settings, flow, late, parcel, parcel::Readdressing};
use ::store::Tx;
use axum::http::Method;
use fixture::Response;
use kernel::{Address, OrderNumber, Random};
use ports::gateway::simulated::keys;
use saga::{Action, Status, nudge_if_due};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinSet;

/// Days played.
const DAYS: u64 = 2;
/// People at once.
const PEOPLE: u64 = 8;
/// What each of them does on a day.
const DEEDS: u64 = 25;
/// Orders that somebody may still speak of.
const RECENT: usize = 12;
const ADMIN: u8 = 0xff;

const PAYMENT_KEYS: [&str; 8] = [
    keys::APPROVE,
    keys::APPROVE,
    keys::APPROVE,
    keys::TIMEOUT_CHARGED,
    keys::TIMEOUT_UNCHARGED,
    keys::PENDING,
    keys::REFUND_TIMEOUT,
    "decline-card-declined",
];

struct Crowd {
    shop: Shop,
    goods: Vec<Good>,
    orders: Mutex<Vec<(u8, OrderNumber)>>,
}

/// Refused or done, but nothing that is the shop's own fault.
fn no_fault(said: &Response) {
    let fault = ["500 C001", "503 C013", "503 C018"].contains(&said.summary().as_str());
    assert!(!fault, "{}", said.text());
}

fn payment_key(chance: &mut Random) -> &'static str {
    PAYMENT_KEYS[chance.below(PAYMENT_KEYS.len() as u64) as usize]
}

impl Crowd {
    fn some_order(&self, chance: &mut Random) -> Option<(u8, OrderNumber)> {
        let orders = self.orders.lock().unwrap();
        let recent = &orders[orders.len().saturating_sub(RECENT)..];
        (!recent.is_empty()).then(|| recent[chance.below(recent.len() as u64) as usize].clone())
    }

    fn placed(&self, who: u8, said: &Response) {
        no_fault(said);
        if said.status < 300 && !replayed(said) {
            self.orders.lock().unwrap().push((who, order_number(said)));
        }
    }

    fn some_items(&self, chance: &mut Random) -> Value {
        let mut some = || self.goods[chance.below(self.goods.len() as u64) as usize];
        items(&[(some(), 2), (some(), 1), (some(), 1)])
    }

    /// The same order twice at once, under one key.
    async fn order(&self, who: u8, key: &str, chance: &mut Random) {
        let mut body = self.some_items(chance);
        if chance.chance(300) {
            body = with(body, "payment", json!({ "method": "CARD", "paymentKey": payment_key(chance) }));
        }
        let again = self.shop.keyed(who, key, "/orders", body.clone());
        let (one, other) = tokio::join!(self.shop.keyed(who, key, "/orders", body), again);
        if one.status < 300 && other.status < 300 {
            assert_eq!(one.text(), other.text(), "one key, one answer");
            assert!(replayed(&one) != replayed(&other));
        }
        self.placed(who, &one);
        self.placed(who, &other);
    }

    /// Two orders from one cart.
    async fn order_the_cart(&self, who: u8, chance: &mut Random) {
        let good = self.goods[chance.below(self.goods.len() as u64) as usize];
        let more = json!({ "productId": good.product, "quantity": 1, "merge": true });
        no_fault(&self.shop.post(who, "/cart/items", more).await);
        let order = || self.shop.post(who, "/orders", json!({ "shippingAddress": address() }));
        let (one, other) = tokio::join!(order(), order());
        self.placed(who, &one);
        self.placed(who, &other);
    }

    async fn refund(&self, who: u8, order: &OrderNumber, chance: &mut Random) {
        let detail = self.shop.get(who, &format!("/orders/{order}")).await.must("200").data();
        let Some(payment) = detail["payments"].as_array().and_then(|all| all.last()) else { return };
        let number = payment["paymentNumber"].as_str().unwrap();
        let (refund, withdraw) = (format!("/payments/{number}/refund"), format!("/payments/{number}/cancel"));
        let part = json!({ "amount": 1 + chance.below(1_500), "reason": "a scratch" });
        let rest = if chance.chance(300) { json!({ "reason": "all of it" }) } else { part.clone() };
        let (one, other, third) = tokio::join!(
            self.shop.admin_post(&refund, part),
            self.shop.admin_post(&refund, rest),
            self.shop.post(who, &withdraw, json!({}))
        );
        [one, other, third].iter().for_each(no_fault);
    }

    async fn ship(&self, order: &OrderNumber, chance: &mut Random) {
        let detail = self.shop.admin_get(&format!("/admin/orders/{order}")).await.must("200").data();
        let Some(tracking) = detail["delivery"]["trackingNumber"].as_str() else { return };
        let to = ["SHIPPED", "IN_TRANSIT", "DELIVERED"][chance.below(3) as usize];
        let body = Some(json!({ "status": to }));
        no_fault(&self.shop.call(ADMIN, Method::PUT, &format!("/deliveries/{tracking}/status"), None, body).await);
    }

    async fn move_on(&self, chance: &mut Random) {
        self.shop.clock.advance(Duration::from_secs(chance.below(20)));
        let (app, now) = (&self.shop.app, self.shop.app.now());
        let due = app.db.read("race.due", move |tx| saga::store::due(tx, now, 100)).await.unwrap();
        for (id, family) in due {
            // a run that somebody else has just moved on is refused with C016
            let _ = nudge_if_due(flow::flow(&family).unwrap(), &app.db, &app.ports, id).await;
        }
        for payment in app.db.read("race.late", |tx| late::due(tx, 100)).await.unwrap() {
            let _ = late::look(&app.db, &app.ports, payment).await;
        }
    }

    async fn deed(&self, who: u8, key: &str, chance: &mut Random) {
        let (what, some) = (chance.below(100), self.some_order(chance));
        match (what, some) {
            (0..25, _) | (_, None) => self.order(who, key, chance).await,
            (25..35, _) => self.order_the_cart(who, chance).await,
            (35..55, Some((who, order))) => {
                let (one, other) = (payment_key(chance), payment_key(chance));
                let (one, other) = tokio::join!(self.shop.pay(who, &order, one), self.shop.pay(who, &order, other));
                [one, other].iter().for_each(no_fault);
            }
            (55..68, Some((who, order))) => {
                let key = payment_key(chance);
                let (one, other) = tokio::join!(self.shop.cancel(who, &order), self.shop.pay(who, &order, key));
                [one, other].iter().for_each(no_fault);
            }
            (68..80, Some((who, order))) => self.refund(who, &order, chance).await,
            (80..85, Some((_, order))) => {
                let hint = json!({ "data": { "orderId": order, "status": "DONE", "n": chance.below(3) } });
                no_fault(&self.shop.post(9, "/payments/webhooks/toss", hint).await);
            }
            (85..92, Some((_, order))) => self.ship(&order, chance).await,
            _ => self.move_on(chance).await,
        }
    }

    /// Every run ends, and the shop and the gateway agree about the money.
    async fn rests(&self) {
        self.shop.settle().await;
        self.shop.consistent().await;
        let kept = "select coalesce(sum(captured - refunded), 0) from payments where order_number <> ?";
        assert_eq!(self.shop.count(kept, "").await, self.shop.money());
        let open = "select count(*) from saga_runs where status in ('STARTED', 'COMPENSATING', ?)";
        assert_eq!(self.shop.count(open, "COMPENSATION_FAILED").await, 0);
        for good in &self.goods {
            assert_eq!(self.shop.stock(*good).await.1, 0, "no stock is reserved when every run has ended");
        }
    }
}

#[tokio::test]
async fn the_shop_stays_consistent_when_many_act_at_once() {
    for day in 0..DAYS {
        let shop = Shop::open().await;
        let mut goods = Vec::new();
        for name in ["mug", "pen", "jar", "cup"] {
            goods.push(shop.good(name, 1_000, 40).await);
        }
        let crowd = Arc::new(Crowd { shop, goods, orders: Mutex::default() });
        let mut people = JoinSet::new();
        for person in 0..PEOPLE {
            let crowd = Arc::clone(&crowd);
            people.spawn(async move {
                let mut chance = Random::seeded(1 + day * PEOPLE + person);
                for deed in 0..DEEDS {
                    crowd.deed(1 + (person % 5) as u8, &format!("{person}-{deed}"), &mut chance).await;
                }
            });
        }
        people.join_all().await;
        crowd.rests().await;
    }
}

/// How long a change of the address holds the run before it goes on to the order: until the settlement has come as far as it can.
const HELD: Duration = Duration::from_millis(400);

/// The settlement of a payment locks the order before its run, because its process knows both; a change of the address locks the run
/// first. On a server each then waits for the other. The database ends one of them, whose job runs again.
#[tokio::test]
async fn a_payment_is_settled_while_its_order_gets_another_address() {
    let shop = Shop::open().await;
    let good = shop.good("mug", 1_000, 10).await;
    let order = shop.order(1, good, 1).await;
    let call = shop.begin_paying(&order).await.unwrap();
    let (app, before) = (shop.app.clone(), shop.app.db.counts().retried);
    let (holds, mut held) = tokio::sync::mpsc::unbounded_channel();
    let readdressed = tokio::spawn({
        let (app, order) = (app.clone(), order.clone());
        async move {
            let elsewhere = Address { address1: "남대문로 5".to_owned(), ..an_address() };
            let rules = app.settings::<Settings>().prices();
            let readdress = move |tx: &mut Tx<'_>| {
                flow::lock_run_of_order(tx, &order)?;
                let _ = holds.send(());
                std::thread::sleep(HELD);
                let to = Readdressing { address: &elsewhere, memo: None, rules: &rules, expected: None };
                parcel::readdress(tx, &order, Some(&buyer(1)), to, "the buyer")
            };
            app.db.write("test.readdress", readdress).await
        }
    });
    held.recv().await.expect("the run is held");
    let settled = saga::drive(&flow::ORDER, &app.db, &app.ports, Action::Call(call)).await.unwrap();
    assert_eq!(settled, Status::Completed);
    readdressed.await.unwrap().unwrap();
    if testdb::wanted() != testdb::Kind::Sqlite {
        assert!(app.db.counts().retried > before, "neither waited for the other");
    }
    let shown = shop.admin_get(&format!("/admin/orders/{order}")).await.must("200");
    assert_eq!((shown.word("/status"), shown.word("/shippingAddress/address1")), ("PAID".into(), "남대문로 5".into()));
    let parcels = "select count(*) from deliveries where address1 = ?";
    assert_eq!((shop.count(parcels, "남대문로 5").await, shop.captures()), (1, 1));
    shop.consistent().await;
}

fn an_address() -> Address {
    let address: crate::request::AddressRequest = serde_json::from_value(address()).unwrap();
    address.address().unwrap()
}
