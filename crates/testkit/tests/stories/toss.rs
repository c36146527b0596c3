//! Toss Payments: the adapter and the fake over a real socket, with the buyers' payments, lost answers, messages and deposits. And the
//! same waiting and wrong amounts with the simulated gateway.

use faketoss::{Agreed, Fake, Method, scripts};
use kernel::Currency;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use testkit::{Product, Response, Sender, TestShop};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// The account to which the buyers want their money back.
fn account() -> Value {
    json!({"bank": "20", "accountNumber": "1002-123-456789", "holder": "김미나"})
}

/// A shop and the fake it is paid through.
pub struct Paid {
    pub shop: TestShop,
    pub fake: Fake,
}

impl Paid {
    /// A shop with the default settings.
    pub fn open() -> Paid {
        Paid::with(&[])
    }

    /// A shop with settings that differ from the defaults.
    pub fn with(settings: &[(&str, &str)]) -> Paid {
        let mut opened = None;
        let shop = TestShop::paid_through(settings, |clock| {
            let fake = Fake::open(faketoss::Settings::default(), Arc::clone(clock) as _).unwrap();
            let (serving, clock) = (fake.clone(), Arc::clone(clock));
            let address = testkit::wait(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                tokio::spawn(serving.serve(listener));
                address
            });
            opened = Some(fake);
            let settings = toss::Settings {
                url: format!("http://{address}"),
                secret: "test_sk_story".to_owned(),
                test_code: String::new(),
                timeout: Duration::from_secs(5),
            };
            Arc::new(toss::Toss::new(&settings, Currency::KRW, clock).unwrap())
        });
        Paid { shop, fake: opened.unwrap() }
    }

    /// The buyer goes through the window; gives the payment key with which they come back.
    pub fn agrees(&self, order: &str, amount: i64, method: Method, script: &str) -> String {
        let (order, name, script) = (order.to_owned(), "머그".to_owned(), script.to_owned());
        self.fake.agree(Agreed { order, name, amount, method, script, valid_hours: 24 }).key
    }

    /// Brings the fake's messages to the shop, `copies` times each.
    pub fn messages(&self, copies: usize) -> usize {
        let due = self.fake.take_webhooks();
        for webhook in &due {
            for _ in 0..copies {
                let id = webhook.id.as_str();
                let sender = self.shop.anonymous().with("tosspayments-webhook-transmission-id", id);
                assert!(sender.post("/payments/webhooks/toss", webhook.body.clone()).is_good());
            }
        }
        due.len()
    }

    /// What the fake has taken and given back for an order.
    pub fn of_order(&self, order: &str) -> (i64, i64) {
        let payments = self.fake.payments();
        let of_order = || payments.iter().filter(|payment| payment.order == order);
        (of_order().map(faketoss::Payment::captured).sum(), of_order().map(faketoss::Payment::refunded).sum())
    }
}

fn pays(buyer: &Sender, order: &str, method: &str, payment_key: &str) -> Response {
    buyer.post("/payments", json!({"orderNumber": order, "paymentMethod": method, "paymentKey": payment_key}))
}

fn shows(buyer: &Sender, payment: &str) -> Response {
    buyer.get(format!("/payments/{payment}")).must("200")
}

#[test]
fn cards_and_easy_pay_are_confirmed_refused_lost_and_given_back_in_parts() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = |quantity: i64| buyer.orders(&mug, quantity).must("201").word("/orderNumber");

    // a card, confirmed by the route of the gateway's page; the message comes seven times
    let card = order(1);
    let key = paid.agrees(&card, 9_000, Method::Card, scripts::APPROVE);
    let confirm = json!({"orderNumber": card, "paymentKey": key, "amount": 9_000});
    buyer.post("/orders/confirm", confirm.clone()).must("200");
    assert_eq!(paid.messages(7), 1);
    buyer.post("/orders/confirm", confirm).must("200");
    assert_eq!((buyer.sees(&card).word("/status"), paid.of_order(&card)), ("PAID".to_owned(), (9_000, 0)));
    let how = buyer.get(format!("/payments/order/{card}")).must("200").word("/canonicalPaymentMethod");
    assert_eq!(how, "CREDIT_CARD", "the gateway says how it was paid");

    // easy pay whose answer is lost, and the message is first
    let lost = order(2);
    let key = paid.agrees(&lost, 18_000, Method::EasyPay("토스페이".to_owned()), scripts::LOST_ANSWER);
    assert_eq!(pays(&buyer, &lost, "TOSS_PAY", &key).must("202").word("/status"), "PROCESSING");
    assert_eq!(paid.messages(1), 1);
    assert_eq!(buyer.sees(&lost).word("/status"), "PAID", "the gateway was asked because of the message");

    // a request that is lost, and a failure that passes
    for script in [scripts::LOST_REQUEST, scripts::PASSING] {
        let again = order(1);
        let key = paid.agrees(&again, 9_000, Method::Card, script);
        pays(&buyer, &again, "CARD", &key).must("202");
        shop.later(MINUTE);
        assert_eq!(buyer.sees(&again).word("/status"), "PAID", "{script}");
        assert_eq!(paid.of_order(&again), (9_000, 0), "{script}");
    }

    // refused; and agreed to another amount than the order costs
    let refused = order(1);
    let key = paid.agrees(&refused, 9_000, Method::Card, "REJECT_CARD_COMPANY");
    let answer = pays(&buyer, &refused, "CARD", &key).must("400 S304");
    assert!(answer.text().contains("REJECT_CARD_COMPANY"), "{}", answer.text());
    let cheap = order(1);
    let key = paid.agrees(&cheap, 100, Method::Card, scripts::APPROVE);
    pays(&buyer, &cheap, "CARD", &key).must("400 S304");
    assert_eq!((paid.of_order(&refused), paid.of_order(&cheap)), ((0, 0), (0, 0)));

    // two parts and the rest, one of them with a lost answer at the gateway
    let payment = buyer.get(format!("/payments/order/{lost}")).must("200").word("/paymentNumber");
    let refund = |amount: Value| shop.admin().post(format!("/payments/{payment}/refund"), amount).must("200");
    refund(json!({"amount": 500, "reason": "scratched"}));
    refund(json!({"amount": 700, "reason": "scratched"}));
    assert_eq!(paid.of_order(&lost), (18_000, 1_200));
    buyer.cancels(&lost).must("200");
    assert_eq!((buyer.sees(&lost).word("/status"), paid.of_order(&lost)), ("REFUNDED".to_owned(), (18_000, 18_000)));
    shop.settle();
    paid.messages(7);
}

/// An order that waits for a deposit: its number, its payment's and the payment key.
fn waits_for_a_deposit(paid: &Paid, buyer: &Sender, mug: &Product) -> (String, String, String) {
    let order = buyer.orders(mug, 1).must("201").word("/orderNumber");
    let key = paid.agrees(&order, 9_000, Method::VirtualAccount, scripts::APPROVE);
    let open = pays(buyer, &order, "VIRTUAL_ACCOUNT", &key).must("202");
    assert_eq!(
        (open.word("/status"), open.word("/deposit/status")),
        ("PROCESSING".into(), "WAITING_FOR_DEPOSIT".into())
    );
    assert!(open.word("/deposit/accountNumber").starts_with('X'), "{}", open.text());
    let due = open.word("/deposit/dueAt");
    assert_eq!(buyer.sees(&order).word("/payBy"), due, "the order waits as long as the account");
    (order, open.word("/paymentNumber"), key)
}

#[test]
fn an_order_waits_for_its_deposit_until_the_account_is_due() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let waits = || waits_for_a_deposit(&paid, &buyer, &mug);

    // deposited after a while; the message is believed only because the gateway says the same
    let (order, payment, key) = waits();
    let lie = json!({"createdAt": "2026-02-06T00:00:00.000000", "secret": "?", "status": "DONE", "orderId": order});
    assert!(shop.anonymous().post("/payments/webhooks/toss", lie).is_good());
    assert_eq!(shows(&buyer, &payment).word("/status"), "PROCESSING", "nothing was deposited");
    shop.later(5 * HOUR);
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED", "longer than checkout.pay_within");
    paid.messages(1);
    paid.fake.deposit(&key, false).unwrap();
    assert!(paid.messages(7) > 0);
    // the gateway was just asked because of a message; the next time is a minute later
    shop.later(MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
    assert_eq!(shows(&buyer, &payment).word("/deposit/status"), "CLOSED");

    // money from an account goes back to one of the buyer's, which they have to say first
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"amount": 400, "reason": "a"})).must("400 C002");
    let stranger = shop.buyer();
    stranger.put(format!("/payments/{payment}/refund-account"), account()).must("403 S313");
    let said = buyer.put(format!("/payments/{payment}/refund-account"), account()).must("200");
    assert_eq!(said.word("/deposit/refundAccount"), "*********6789");
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"amount": 400, "reason": "a"})).must("200");
    assert_eq!(paid.of_order(&order), (9_000, 400));

    // not deposited: the order is cancelled and the account closed, but the bank lets a deposit through
    let (late, payment, key) = waits();
    shop.later(DAY);
    assert_eq!(buyer.sees(&late).word("/status"), "CANCELLED");
    assert_eq!(shows(&buyer, &payment).word("/status"), "CANCELLED");
    buyer.put(format!("/payments/{payment}/refund-account"), account()).must("200");
    paid.messages(1);
    shop.later(2 * MINUTE);
    assert_eq!(paid.fake.deposit(&key, false), Err("INVALID_REQUEST".to_owned()));
    paid.fake.deposit(&key, true).unwrap();
    paid.messages(7);
    // a search for it was just made; the next one comes a minute later
    shop.later(MINUTE);
    assert_eq!(paid.of_order(&late), (9_000, 9_000), "money that came late goes back");
    assert_eq!(buyer.sees(&late).word("/status"), "CANCELLED");

    // the buyer decides otherwise
    let (given_up, _, key) = waits();
    buyer.cancels(&given_up).must("200");
    assert_eq!(buyer.sees(&given_up).word("/status"), "CANCELLED");
    assert_eq!(paid.fake.deposit(&key, false), Err("INVALID_REQUEST".to_owned()), "the account is closed");
    assert_eq!(shop.stock_of(&mug), (8, 0, 8));
}

/// The order stays as it is until a person decides, and the gateway's word counts, not the message.
#[test]
fn a_deposit_that_the_bank_takes_back_is_for_a_person() {
    let paid = Paid::open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let (order, payment, key) = waits_for_a_deposit(&paid, &buyer, &mug);
    paid.fake.deposit(&key, false).unwrap();
    paid.messages(1);
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
    let gone = || shop.admin().get("/admin/payments/wrong-captures").must("200").data();
    shop.later(2 * MINUTE);
    let lie = json!({"createdAt": "2026-02-06T00:00:00.000000", "secret": "?", "status": "WAITING_FOR_DEPOSIT", "orderId": order});
    assert!(shop.anonymous().post("/payments/webhooks/toss", lie).is_good());
    assert_eq!(gone().as_array().map(Vec::len), Some(0));
    shop.later(2 * MINUTE);
    paid.fake.deposit_error(&key).unwrap();
    assert!(paid.messages(3) > 0);
    // a search for it was just made; the next one comes a minute later
    shop.later(MINUTE);
    let found = gone()[0].clone();
    assert_eq!(
        (&found["paymentNumber"], &found["amount"], &found["expected"]),
        (&json!(payment), &json!(0), &json!(9_000))
    );
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
    let path = format!("/admin/payments/wrong-captures/{}/resolve", found["id"]);
    shop.admin().post(path, json!({"reason": "the buyer paid again by transfer"})).must("200");
}

#[test]
fn a_payment_into_an_account_can_be_cancelled_alone() {
    let shop = TestShop::with(1, &[("checkout.pay_within", "2h")]);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let pay_by = buyer.sees(&order).word("/payBy");
    let open = pays(&buyer, &order, "VIRTUAL_ACCOUNT", "deposit-never").must("202");
    assert_ne!(buyer.sees(&order).word("/payBy"), pay_by);
    let payment = open.word("/paymentNumber");
    assert_eq!(buyer.post(format!("/payments/{payment}/cancel"), json!({})).must("200").word("/status"), "CANCELLED");
    assert_eq!(buyer.sees(&order).word("/payBy"), pay_by, "the order waits for another payment as long as before");
    buyer.pays(&order, "approve").must("201");
    assert_eq!(shop.captures_of(&order), [9_000]);
    // one that is deposited
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    pays(&buyer, &order, "VIRTUAL_ACCOUNT", "deposit").must("202");
    shop.later(HOUR);
    shop.later(HOUR);
    assert_eq!(buyer.sees(&order).word("/status"), "PAID");
}

#[test]
fn another_amount_than_was_asked_for_pays_nothing_and_waits_for_a_person() {
    for through_toss in [false, true] {
        let paid = through_toss.then(Paid::open);
        let own = (!through_toss).then(TestShop::open);
        let shop = paid.as_ref().map_or_else(|| own.as_ref().unwrap(), |paid| &paid.shop);
        let mug = shop.product("mug").price(9_000).stock(9).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let key = match &paid {
            Some(paid) => paid.agrees(&order, 9_000, Method::Card, scripts::WRONG_AMOUNT),
            None => "wrong-amount".to_owned(),
        };
        let refused = pays(&buyer, &order, "CARD", &key).must("400 S304");
        assert!(refused.text().contains("WRONG_AMOUNT"), "{}", refused.text());
        assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
        assert_eq!(shop.stock_of(&mug), (9, 0, 9));
        let list = shop.admin().get("/admin/payments/wrong-captures").must("200");
        let found = &list.data()[0];
        assert_eq!(
            (&found["amount"], &found["expected"], &found["currency"]),
            (&json!(8_999), &json!(9_000), &json!("KRW"))
        );
        assert_eq!(found["orderNumber"], order);
        assert!(found["resolvedAt"].is_null());
        let audit = shop.admin().post("/admin/audit", json!({})).must("200");
        assert!(audit.text().contains("took in another amount"), "{}", audit.text());
        let path = format!("/admin/payments/wrong-captures/{}/resolve", found["id"]);
        let resolved = shop.admin().post(&*path, json!({"reason": "given back at the gateway"})).must("200");
        assert!(!resolved.data()["resolvedAt"].is_null());
        let audit = shop.admin().post("/admin/audit", json!({})).must("200");
        assert!(!audit.text().contains("took in another amount"), "{}", audit.text());
    }
}
