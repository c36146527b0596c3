//! Read models and reports: what happened in the shop, in figures that can be worked out anew.

use kernel::Result;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use report::{events, ops, rebuild};
use serde_json::json;
use std::time::Duration;
use store::{StoredEvent, outbox};
use testkit::{Product, Sender, TestShop};

const MINUTE: Duration = Duration::from_secs(60);

/// The read models without the times at which rows were written.
const VIEWS: [&str; 6] = [
    "select id, order_number, user_id, status, payment_status, total_amount, refunded_amount, currency, day, units,
        order_date, paid_at from mv_orders order by id",
    "select id, payment_number, order_number, user_id, amount, refunded_amount, status, payment_method,
        payment_provider, created_at, captured_at from mv_payments order by id",
    "select user_id, total_orders, total_spent, first_order_day, last_order_date from mv_users
        order by user_id",
    "select id, sku, name, status, brand, category_id, base_price, sale_price, primary_image_url, seller_id, created_at,
        available_stock, low_stock_threshold, purchase_count from mv_products order by id",
    "select day, total_orders, completed_orders, cancelled_orders, refunded_orders, units, gross_revenue,
        refunded_amount, unique_customers from mv_daily_sales order by day",
    "select day, product_id, orders, units, amount from mv_daily_products order by day, product_id",
];
const FORGOTTEN: [&str; 6] = [
    "delete from mv_orders",
    "delete from mv_payments",
    "delete from mv_users",
    "delete from mv_products",
    "delete from mv_daily_sales",
    "delete from mv_daily_products",
];

fn views(shop: &TestShop) -> Vec<Vec<String>> {
    VIEWS.iter().map(|sql| shop.window().lines(sql)).collect()
}

/// Those of these events that the subscriber follows.
fn followed(events: &[StoredEvent], subscriber: &str) -> Vec<StoredEvent> {
    let reactions = events::reactions();
    let follows =
        |event: &&StoredEvent| reactions.iter().any(|one| one.subscriber == subscriber && *one.topic == *event.topic);
    events.iter().filter(follows).cloned().collect()
}

fn differences(shop: &TestShop, dry_run: bool) -> Vec<(&'static str, usize)> {
    let report = shop.wait(rebuild::run(&shop.app().db, dry_run)).expect("a rebuild");
    let views = report.views.into_iter().filter(|view| view.different > 0);
    views.map(|view| (view.view, view.different)).collect()
}

/// What somebody does next in the shop; numbers name one of its orders, buyers and products.
#[derive(Debug, Clone)]
enum Act {
    Order(usize, usize, i64),
    Pay(usize, &'static str),
    Cancel(usize),
    RefundPart(usize),
    RefundAll(usize),
    Ship(usize),
    Restock(usize),
    Rename(usize),
    Later(u32),
    Settle,
    /// Events that came before come again: so many of them, from this one on, the last one first.
    Again(usize, usize),
}

fn act() -> impl Strategy<Value = Act> {
    let order = 0..30_usize;
    prop_oneof![
        6 => (0..3_usize, 0..2_usize, 1..4_i64).prop_map(|(buyer, product, units)| Act::Order(buyer, product, units)),
        5 => (order.clone(), prop_oneof![4 => Just("approve"), 1 => Just("decline-card-declined")])
            .prop_map(|(order, key)| Act::Pay(order, key)),
        2 => order.clone().prop_map(Act::Cancel),
        2 => order.clone().prop_map(Act::RefundPart),
        1 => order.clone().prop_map(Act::RefundAll),
        1 => order.prop_map(Act::Ship),
        1 => (0..2_usize).prop_map(Act::Restock),
        1 => (0..2_usize).prop_map(Act::Rename),
        1 => (1..900_u32).prop_map(Act::Later),
        2 => Just(Act::Settle),
        2 => (0..200_usize, 1..40_usize).prop_map(|(from, count)| Act::Again(from, count)),
    ]
}

/// An order of the history, with its buyer and its payment.
struct Placed {
    number: String,
    buyer: usize,
    payment: Option<String>,
}

struct History {
    shop: TestShop,
    buyers: Vec<Sender>,
    products: Vec<Product>,
    orders: Vec<Placed>,
}

impl History {
    fn begin() -> History {
        let shop = TestShop::open();
        let products =
            vec![shop.product("mug").price(9_000).stock(30).save(), shop.product("pen").price(1_000).stock(9).save()];
        let buyers = (0..3).map(|_| shop.buyer()).collect();
        History { shop, buyers, products, orders: Vec::new() }
    }

    fn events(&self) -> Vec<StoredEvent> {
        self.shop.read(|tx| outbox::after(tx, 0, 10_000))
    }

    /// Works out what these events are about, as if they had come just now.
    fn deliver(&self, events: Vec<StoredEvent>) {
        let (of_orders, of_products) = (followed(&events, report::ORDERS), followed(&events, report::PRODUCTS));
        let work = move |tx: &mut store::Tx<'_>| {
            let keys = of_orders.iter().map(events::order).collect::<Result<Vec<_>>>()?;
            ops::work_out_orders(tx, &keys.into_iter().flatten().collect())?;
            let keys = of_products.iter().map(events::products).collect::<Result<Vec<_>>>()?;
            ops::work_out_products(tx, &keys.into_iter().flatten().collect())
        };
        self.shop.write(work).expect("a reaction");
    }

    /// Whether the shop refuses is of no interest here: a history may ask for anything.
    fn act(&mut self, act: &Act) {
        match act {
            Act::Order(buyer, product, units) => {
                let placed = self.buyers[*buyer].orders(&self.products[*product], *units);
                if placed.status == 201 {
                    let number = placed.word("/orderNumber");
                    self.orders.push(Placed { number, buyer: *buyer, payment: None });
                }
            }
            Act::Later(minutes) => self.shop.later(*minutes * MINUTE),
            Act::Settle => self.shop.settle(),
            Act::Restock(product) => {
                let body = json!({"quantity": 5, "reason": "arrived"});
                self.shop.admin().put(format!("/inventory/{}/add", self.products[*product].id), body).must("200");
            }
            Act::Rename(product) => {
                let path = format!("/products/{}", self.products[*product].id);
                let found = self.shop.anonymous().get(&path).must("200");
                let name = format!("{}!", found.word("/name"));
                let body = json!({"name": name, "price": found.number("/price"), "version": found.number("/version")});
                self.shop.admin().put(format!("/admin{path}"), body);
            }
            Act::Again(from, count) => {
                let events: Vec<_> = self.events().into_iter().skip(*from).take(*count).collect();
                self.deliver(events.into_iter().rev().collect());
            }
            Act::Pay(order, _)
            | Act::Cancel(order)
            | Act::RefundPart(order)
            | Act::RefundAll(order)
            | Act::Ship(order) => {
                if !self.orders.is_empty() {
                    let order = order % self.orders.len();
                    self.act_on(act, order);
                }
            }
        }
    }

    fn act_on(&mut self, act: &Act, order: usize) {
        let admin = self.shop.admin();
        let Placed { number, buyer, payment } = &mut self.orders[order];
        let refund = |payment: &Option<String>, body| {
            if let Some(payment) = payment {
                admin.post(format!("/payments/{payment}/refund"), body);
            }
        };
        match act {
            Act::Pay(_, key) => {
                let paid = self.buyers[*buyer].pays(number, key);
                if paid.status == 201 {
                    *payment = Some(paid.word("/paymentNumber"));
                }
            }
            Act::Cancel(_) => drop(self.buyers[*buyer].cancels(number)),
            Act::RefundPart(_) => refund(payment, json!({"amount": 700, "reason": "scratched"})),
            Act::RefundAll(_) => refund(payment, json!({"reason": "lost"})),
            Act::Ship(_) => {
                let path = format!("/admin/orders/{number}/status");
                drop(admin.put(path, json!({"status": "SHIPPING", "reason": "sent"})));
            }
            _ => {}
        }
    }

    /// Every event twice: the keys in another order, those of a key in their own.
    fn deliver_all_again(&self, seed: usize) {
        let events = self.events();
        let mut keys: Vec<String> = events.iter().map(|event| event.key.to_string()).collect();
        keys.sort();
        keys.dedup();
        let turn = seed % keys.len().max(1);
        keys.rotate_left(turn);
        for key in &keys {
            let of_key: Vec<_> = events.iter().filter(|event| *event.key == **key).cloned().collect();
            for one in of_key.chunks(2) {
                self.deliver([one, one].concat());
            }
        }
    }
}

#[test]
fn read_models_equal_their_rebuild_whatever_happened_and_however_events_came() {
    let mut runner = TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let histories = (prop::collection::vec(act(), 20..45), any::<usize>());
    let holds = runner.run(&histories, |(acts, seed)| {
        let mut history = History::begin();
        acts.iter().for_each(|act| history.act(act));
        history.shop.settle();
        let before = views(&history.shop);
        history.deliver_all_again(seed);
        prop_assert_eq!(&views(&history.shop), &before, "a replay changes nothing");
        prop_assert_eq!(differences(&history.shop, true), vec![]);
        for sql in FORGOTTEN {
            history.shop.write(move |tx| tx.exec(sql, &[])).expect("a read model is emptied");
        }
        differences(&history.shop, false);
        prop_assert_eq!(&views(&history.shop), &before, "a rebuild gives the same");
        Ok(())
    });
    holds.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_day_shows_what_was_placed_paid_cancelled_and_refunded() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let (mina, joon) = (shop.buyer(), shop.buyer());
    let buys = |buyer: &Sender, units| {
        let order = buyer.orders(&mug, units).must("201").word("/orderNumber");
        (buyer.pays(&order, "approve").must("201").word("/paymentNumber"), order)
    };
    let (payment, _) = buys(&mina, 2);
    buys(&mina, 1);
    let (_, refunded) = buys(&joon, 3);
    let unpaid = joon.orders(&mug, 1).must("201").word("/orderNumber");
    joon.cancels(&unpaid).must("200");
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"amount": 4_000, "reason": "chipped"})).must("200");
    joon.cancels(&refunded).must("200");
    shop.settle();
    let day = "select day, total_orders, completed_orders, cancelled_orders, refunded_orders, units, gross_revenue,
        refunded_amount, unique_customers from mv_daily_sales";
    assert_eq!(shop.window().lines(day), ["20260206 | 4 | 3 | 1 | 1 | 6 | 54000 | 31000 | 2"]);
    let products = "select day, product_id, orders, units, amount from mv_daily_products";
    assert_eq!(shop.window().lines(products), [format!("20260206 | {} | 2 | 3 | 27000", mug.id)]);
    let sold = "select available_stock, purchase_count from mv_products";
    assert_eq!(shop.window().lines(sold), ["17 | 3"], "what was cancelled is in stock again");
    // an hour later it is the next day in Seoul, though not yet in Greenwich
    shop.later(Duration::from_secs(16 * 3_600));
    buys(&joon, 1);
    shop.settle();
    let days = "select day, unique_customers from mv_daily_sales order by day";
    assert_eq!(shop.window().lines(days), ["20260206 | 2", "20260207 | 1"]);
}

#[test]
fn a_rebuild_repairs_what_differs_and_a_dry_run_only_shows_it() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let whole = views(&shop);
    let damage = [
        "update mv_orders set status = 'CANCELLED', paid_at = null",
        "delete from mv_payments",
        "update mv_users set total_spent = 7",
        "update mv_products set available_stock = 1, purchase_count = 90",
        "update mv_daily_sales set units = 1",
        "insert into mv_daily_products (day, product_id, orders, units, amount) values (20200101, 5, 1, 1, 1)",
    ];
    for sql in damage {
        shop.write(move |tx| tx.exec(sql, &[])).expect("a damage");
    }
    let admin = shop.admin();
    let found = admin.post("/admin/reports/rebuild?dryRun=true", json!({})).must("200");
    assert!(found.number("/different") >= 6, "{found:?}");
    assert_ne!(views(&shop), whole);
    assert_eq!(found.word("/views/0/differences/0"), order);
    admin.post("/admin/reports/rebuild", json!({})).must("200");
    assert_eq!(views(&shop), whole);
    assert_eq!(admin.post("/admin/reports/rebuild?dryRun=true", json!({})).must("200").number("/different"), 0);
}
