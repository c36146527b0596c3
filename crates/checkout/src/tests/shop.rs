//! What checkout's tests do in a shop of the crates that checkout composes: verbs over the fixture.

use crate::{flow, late, pay, request::PaymentMethod, webhook};
use ::store::{Arg, Tx, Violation, args};
use axum::http::Method;
use catalog::{
    ops::products,
    product::{Author, Content, New, Status},
};
use fixture::{Fixture, Response, user_id};
use kernel::{Clock, Money, OrderNumber, ProductId, Result, UserCouponId, UserId, VariantId};
use ports::{Gateway, ManualClock, gateway::Simulated};
use saga::{Action, Call, nudge};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use web::{App, Module, Role};

pub const MODULES: &[Module] = &[
    catalog::MODULE,
    inventory::MODULE,
    cart::MODULE,
    order::MODULE,
    payment::MODULE,
    delivery::MODULE,
    returns::MODULE,
    coupon::MODULE,
    timedeal::MODULE,
    wallet::MODULE,
    saga::MODULE,
    crate::MODULE,
];

pub struct Shop {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub gateway: Arc<Simulated>,
    fixture: Fixture,
}

#[derive(Debug, Clone, Copy)]
pub struct Good {
    pub product: ProductId,
    pub variant: VariantId,
}

pub fn buyer(n: u8) -> UserId {
    user_id(n.into())
}

const ADMIN: u8 = 0xff;

impl Shop {
    pub async fn open() -> Shop {
        let fixture = Fixture::of(MODULES);
        let (clock, gateway) = (Arc::clone(&fixture.clock), Arc::clone(&fixture.gateway));
        Shop { app: fixture.app(), clock, gateway, fixture }
    }

    /// A product with one variant.
    pub async fn good(&self, name: &'static str, price: i64, stock: i64) -> Good {
        let make = move |tx: &mut Tx<'_>| {
            let content = Content {
                name: name.to_owned(),
                description: None,
                price: Money::minor(price),
                sale_price: None,
                category_id: None,
                brand: None,
                image_url: None,
                tax_free: false,
            };
            let new = New { sku: None, content, images: Vec::new(), status: Status::Active, variants: Vec::new() };
            let made = products::create(tx, Author::Admin, new)?;
            let opening = inventory::Opening::at_main(made.product, made.variants[0], stock, 10);
            inventory::ops::open(tx, &[opening], None, "test")?;
            Ok(Good { product: made.product, variant: made.variants[0] })
        };
        self.app.db.write("test.good", make).await.unwrap()
    }

    /// A coupon of a tenth, of which `holders` have one each: what they hold.
    pub async fn coupons(&self, holders: &[u8]) -> Vec<UserCouponId> {
        let holders = holders.to_vec();
        let make = move |tx: &mut Tx<'_>| {
            let offer = coupon::Offer::of(coupon::Discount::checked(coupon::DiscountType::Percentage, 10), None, None)?;
            let content = coupon::coupon::Content {
                code: "TENTH".to_owned(),
                name: "A tenth".to_owned(),
                description: None,
                offer,
                total: 100,
                listed: true,
                starts_at: tx.now(),
                expires_at: tx.now().after(Duration::from_secs(1_000 * 86_400)),
            };
            let made = coupon::ops::create(tx, None, content)?;
            let issue = |holder: &u8| Ok(coupon::ops::issue(tx, &buyer(*holder), &made)?.id);
            holders.iter().map(issue).collect()
        };
        self.app.db.write("test.coupons", make).await.unwrap()
    }

    pub async fn call(&self, who: u8, method: Method, path: &str, key: Option<&str>, body: Option<Value>) -> Response {
        let role = if who == ADMIN { Role::Admin } else { Role::User };
        let caller = self.fixture.caller(who.into(), role);
        let caller = key.map(|key| caller.keyed(key)).unwrap_or(caller);
        caller.call(method.as_str(), path, body.map(|body| body.to_string().into_bytes())).await
    }

    pub async fn get(&self, who: u8, path: &str) -> Response {
        self.call(who, Method::GET, path, None, None).await
    }

    pub async fn post(&self, who: u8, path: &str, body: Value) -> Response {
        self.call(who, Method::POST, path, None, Some(body)).await
    }

    pub async fn put(&self, who: u8, path: &str, body: Value) -> Response {
        self.call(who, Method::PUT, path, None, Some(body)).await
    }

    pub async fn keyed(&self, who: u8, key: &str, path: &str, body: Value) -> Response {
        self.call(who, Method::POST, path, Some(key), Some(body)).await
    }

    pub async fn admin_get(&self, path: &str) -> Response {
        self.get(ADMIN, path).await
    }

    pub async fn admin_post(&self, path: &str, body: Value) -> Response {
        self.post(ADMIN, path, body).await
    }

    /// Places an order; its number.
    pub async fn place(&self, who: u8, body: Value) -> OrderNumber {
        order_number(&self.post(who, "/orders", body).await.must("201"))
    }

    /// Orders some of a good; the order is CONFIRMED.
    pub async fn order(&self, who: u8, good: Good, quantity: i64) -> OrderNumber {
        self.place(who, items(&[(good, quantity)])).await
    }

    /// Pays an order with a payment key that says what happens.
    pub async fn pay(&self, who: u8, order: &OrderNumber, key: &str) -> Response {
        let body = json!({ "orderNumber": order, "paymentMethod": "CARD", "paymentKey": key });
        self.post(who, "/payments", body).await
    }

    /// The first buyer begins to pay an order; the test makes the call to the gateway, or never does.
    pub async fn begin_paying(&self, order: &OrderNumber) -> Result<Call> {
        let number = order.clone();
        let begin = move |tx: &mut Tx<'_>| {
            let method = PaymentMethod::checked("CARD", Some("approve"))?;
            pay::begin(tx, &flow::ORDER, &number, &buyer(1), &method, None, pay::Limits::default())
        };
        match self.app.db.write("pay", begin).await? {
            (_, Action::Call(call)) => Ok(call),
            (_, Action::Rest(status)) => panic!("{status:?}"),
        }
    }

    /// Orders and pays.
    pub async fn paid(&self, who: u8, good: Good, quantity: i64, key: &str) -> OrderNumber {
        let order = self.order(who, good, quantity).await;
        self.pay(who, &order, key).await.must("201");
        order
    }

    pub async fn cancel(&self, who: u8, order: &OrderNumber) -> Response {
        self.put(who, &format!("/orders/{order}/cancel"), json!({ "reason": "changed my mind" })).await
    }

    pub async fn status(&self, order: &OrderNumber) -> String {
        self.admin_get(&format!("/admin/orders/{order}")).await.must("200").word("/status")
    }

    /// (available, reserved) of a good.
    pub async fn stock(&self, good: Good) -> (i64, i64) {
        let levels = self.app.db.read("test.levels", move |tx| inventory::ops::levels(tx, &[good.variant]));
        let level = levels.await.unwrap().swap_remove(0);
        (level.available, level.reserved)
    }

    /// What the gateway holds of the buyers' money.
    pub fn money(&self) -> i64 {
        let charges = self.gateway.charges().unwrap();
        charges.iter().map(|charge| charge.captured().as_minor() - charge.refunded().as_minor()).sum()
    }

    /// How often the gateway took money.
    pub fn captures(&self) -> usize {
        self.gateway.charges().unwrap().iter().filter(|charge| charge.captured().is_positive()).count()
    }

    /// Runs what is due once; how many.
    pub async fn tick(&self) -> usize {
        let now = self.app.now();
        let due = self.app.db.read("test.due", move |tx| saga::store::due(tx, now, 100)).await.unwrap();
        let late = self.app.db.read("test.late", |tx| late::due(tx, 100)).await.unwrap();
        let hints = self.app.db.read("test.hints", |tx| webhook::due(tx, 100)).await.unwrap();
        let count = due.len() + late.len() + hints.len();
        for (id, family) in due {
            let _ = nudge(flow::flow(&family).unwrap(), &self.app.db, &self.app.ports, id).await;
        }
        for payment in late {
            late::look(&self.app.db, &self.app.ports, payment).await.unwrap();
        }
        for number in hints {
            webhook::search(&self.app.db, &self.app.ports, number).await.unwrap();
        }
        count
    }

    /// Lets `by` pass, running what is due every now and then.
    pub async fn pass(&self, by: Duration) {
        let end = self.clock.now().after(by);
        while self.clock.now() < end {
            self.clock.advance((by / 20).max(Duration::from_secs(1)));
            self.tick().await;
        }
    }

    /// Lets a day pass: nothing is open any more.
    pub async fn settle(&self) {
        for _ in 0..200 {
            self.clock.advance(Duration::from_secs(432));
            self.tick().await;
        }
    }

    /// Everything that is wrong with the shop.
    pub async fn audit(&self) -> Vec<Violation> {
        self.app.db.read("test.audit", |tx| fixture::audit(tx, MODULES)).await.unwrap()
    }

    /// The test ends with something wrong on purpose.
    pub fn expect_damage(&self) {
        self.fixture.expect_damage();
    }

    #[track_caller]
    pub fn consistent(&self) -> impl Future<Output = ()> + '_ {
        let at = std::panic::Location::caller();
        async move {
            let found = self.audit().await;
            assert!(found.is_empty(), "{at}: {found:#?}");
        }
    }

    pub async fn count(&self, sql: &'static str, arg: impl ToString) -> i64 {
        let arg = arg.to_string();
        self.app.db.read("test.count", move |tx| tx.query_one(sql, args![arg], |row| row.get(0))).await.unwrap()
    }

    pub async fn exec(&self, sql: &'static str, args: Vec<Arg<'static>>) {
        self.app.db.write("test.exec", move |tx| tx.exec(sql, &args)).await.unwrap();
    }
}

/// The number of the order that a response shows.
#[track_caller]
pub fn order_number(response: &Response) -> OrderNumber {
    response.word("/orderNumber").parse().expect("an order number")
}

/// Whether the response is the kept one of an earlier request with the same idempotency key.
pub fn replayed(response: &Response) -> bool {
    !response.header("idempotent-replayed").is_empty()
}

/// Sets the price of everything.
pub async fn reprice(shop: &Shop, price: i64) {
    let all = "update products set price = ?, current_price = ?, lowest_price = ?, highest_price = ?";
    shop.exec(all, vec![Arg::Int(price); 4]).await;
}

/// An order of these things.
pub fn items(goods: &[(Good, i64)]) -> Value {
    let items: Vec<Value> = goods.iter().map(|(good, n)| json!({ "productId": good.product, "quantity": n })).collect();
    json!({ "items": items, "shippingAddress": address() })
}

pub fn address() -> Value {
    json!({ "receiverName": "김하나", "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "세종대로 110" })
}

/// `body` with one member more.
pub fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}
