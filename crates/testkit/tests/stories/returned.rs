//! The money of returns in whatever order they come, whatever the gateway refuses, and returns that the shop asks for (docs/RULES.md).

use crate::wallets::{balance, charges, delivered};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Product, Response, Sender, TestShop};

const MINUTE: Duration = Duration::from_secs(60);

fn asks(sender: &Sender, order: &str, reason: &str, lines: &Value) -> Response {
    let body = json!({"kind": "RETURN", "reason": reason, "lines": lines});
    sender.post(format!("/orders/{order}/returns"), body)
}

fn does(shop: &TestShop, number: &str, what: &str, body: Value) -> Response {
    shop.admin().post(format!("/admin/returns/{number}/{what}"), body)
}

/// The goods of a return are here.
fn received(shop: &TestShop, buyer: &Sender, order: &str, reason: &str, lines: &Value) -> String {
    let number = asks(buyer, order, reason, lines).must("201").word("/returnNumber");
    does(shop, &number, "approve", json!({})).must("200");
    does(shop, &number, "receive", json!({})).must("200");
    number
}

fn refunded(shop: &TestShop, buyer: &Sender, order: &str, reason: &str, line: i64) -> i64 {
    let number = received(shop, buyer, order, reason, &json!([{"id": line, "quantity": 1}]));
    does(shop, &number, "refund", json!({})).must("200").number("/refunded")
}

/// An order whose buyer paid a part from the balance and deposited the rest. The account to which they want it back is wrong at first: the
/// gateway refuses its share of every refund.
struct Deposited {
    shop: TestShop,
    buyer: Sender,
    order: String,
    payment: String,
}

impl Deposited {
    fn of(units: i64, own: i64) -> Deposited {
        let shop = TestShop::with(1, &[("checkout.shipping_fee", "2500")]);
        let mug = shop.product("mug").price(10_000).stock(9).save();
        let buyer = shop.buyer();
        charges(&buyer, own, "approve").must("200");
        let placed = buyer.orders(&mug, units).must("201");
        let (order, gateway) = (placed.word("/orderNumber"), placed.number("/finalAmount") - own);
        let splits = json!([{"method": "BALANCE", "amount": own}, {"method": "VIRTUAL_ACCOUNT", "amount": gateway}]);
        let body = json!({"orderNumber": order, "paymentMethod": "VIRTUAL_ACCOUNT", "paymentKey": "deposit", "splits": splits});
        let payment = buyer.post("/payments", body).must("202").word("/paymentNumber");
        (0..20).for_each(|_| shop.later(10 * MINUTE));
        assert_eq!(buyer.sees(&order).word("/status"), "PAID");
        delivered(&shop, &buyer, &order);
        let sold = Deposited { shop, buyer, order, payment };
        sold.names("1002-123-450000");
        sold
    }

    fn names_an_account(&self) {
        self.names("1002-123-456789");
    }

    fn names(&self, number: &str) {
        let account = json!({"bank": "20", "accountNumber": number, "holder": "김미나"});
        self.buyer.put(format!("/payments/{}/refund-account", self.payment), account).must("200");
    }

    /// Status, and units and money of line 1 that came back.
    fn line(&self) -> (String, i64, i64) {
        let seen = self.buyer.sees(&self.order).must("200");
        (seen.word("/status"), seen.number("/refundedLines/0/quantity"), seen.number("/refundedLines/0/amount"))
    }

    fn back(&self) -> i64 {
        balance(&self.buyer) + self.shop.refunds_of(&self.order).iter().sum::<i64>()
    }
}

#[test]
fn a_return_that_the_gateway_refused_in_part_gets_what_is_missing() {
    let sold = Deposited::of(1, 5_000);
    let number = received(&sold.shop, &sold.buyer, &sold.order, "DEFECTIVE", &json!([{"id": 1, "quantity": 1}]));
    for _ in 0..2 {
        does(&sold.shop, &number, "refund", json!({})).must("500 S305");
        assert_eq!(sold.buyer.get(format!("/returns/{number}")).word("/status"), "RECEIVED");
        assert_eq!(balance(&sold.buyer), 5_000, "the balance has its share, once");
    }
    sold.names_an_account();
    let ended = does(&sold.shop, &number, "refund", json!({})).must("200");
    assert_eq!((ended.word("/status"), ended.number("/refunded")), ("REFUNDED".to_owned(), 12_500));
    sold.shop.settle();
    assert_eq!((sold.line(), sold.back()), (("REFUNDED".to_owned(), 1, 10_000), 12_500));
}

#[test]
fn returns_after_one_that_was_refused_get_what_their_units_cost() {
    let sold = Deposited::of(3, 24_000);
    let number = received(&sold.shop, &sold.buyer, &sold.order, "DEFECTIVE", &json!([{"id": 1, "quantity": 2}]));
    does(&sold.shop, &number, "refund", json!({})).must("500 S305");
    sold.names_an_account();
    assert_eq!(does(&sold.shop, &number, "refund", json!({})).must("200").number("/refunded"), 20_000);
    assert_eq!((sold.line(), sold.back()), (("DELIVERED".to_owned(), 2, 20_000), 20_000));
    assert_eq!(refunded(&sold.shop, &sold.buyer, &sold.order, "DEFECTIVE", 1), 12_500);
    sold.shop.settle();
    assert_eq!((sold.line(), sold.back()), (("REFUNDED".to_owned(), 3, 30_000), 32_500));
}

#[test]
fn a_refund_by_lines_that_was_refused_in_part_goes_on_when_it_is_asked_for_again() {
    let sold = Deposited::of(3, 4_000);
    let body = json!({"lines": [{"id": 1, "quantity": 1}], "reason": "scratch"});
    let own = sold.buyer.sees(&sold.order).data()["payments"].clone();
    let own =
        own.as_array().unwrap().iter().find(|one| one["paymentMethod"] == "BALANCE").unwrap()["paymentNumber"].clone();
    let refund = || sold.shop.admin().post(format!("/payments/{}/refund", own.as_str().unwrap()), body.clone());
    refund().must("500 S305");
    assert_eq!(sold.back(), 4_000);
    sold.names_an_account();
    refund().must("200");
    assert_eq!((sold.line(), sold.back()), (("DELIVERED".to_owned(), 1, 10_000), 10_000));
    // this is another unit
    refund().must("200");
    assert_eq!((sold.line(), sold.back()), (("DELIVERED".to_owned(), 2, 20_000), 20_000));
}

#[test]
fn the_shipping_fee_comes_back_in_whatever_order_things_are_sent_back() {
    let settings = [("checkout.shipping_fee", "2500"), ("returns.fee", "3000")];
    let shop = TestShop::with(1, &settings);
    let (mug, pen) =
        (shop.product("mug").price(10_000).stock(9).save(), shop.product("pen").price(7_000).stock(9).save());
    let bought = || {
        let buyer = shop.buyer();
        let order = buyer.orders_all(&[(&mug, 1), (&pen, 1)]).must("201").word("/orderNumber");
        buyer.pays(&order, "approve").must("201");
        delivered(&shop, &buyer, &order);
        (buyer, order)
    };
    for (first, second, given) in [
        ("CHANGED_MIND", "DEFECTIVE", (7_000, 9_500)),
        ("DEFECTIVE", "CHANGED_MIND", (10_000, 6_500)),
        ("DEFECTIVE", "DEFECTIVE", (10_000, 9_500)),
        ("CHANGED_MIND", "CHANGED_MIND", (7_000, 6_500)),
    ] {
        let (buyer, order) = bought();
        let back = (refunded(&shop, &buyer, &order, first, 1), refunded(&shop, &buyer, &order, second, 2));
        assert_eq!(back, given, "{first}, {second}");
        let lines = buyer.sees(&order).data()["refundedLines"].clone();
        assert_eq!((&lines[0]["quantity"], &lines[1]["quantity"]), (&json!(1), &json!(1)), "{first}, {second}");
    }
    let (buyer, order) = bought();
    let both = json!([{"id": 1, "quantity": 1}, {"id": 2, "quantity": 1}]);
    let number = received(&shop, &buyer, &order, "CHANGED_MIND", &both);
    assert_eq!(does(&shop, &number, "refund", json!({})).must("200").number("/refunded"), 16_500);
    // the shop may give the fee back after all
    let payment = buyer.sees(&order).word("/payments/0/paymentNumber");
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"reason": "goodwill"})).must("200");
    shop.settle();
    assert_eq!(buyer.sees(&order).word("/status"), "REFUNDED");
}

#[test]
fn an_administrator_asks_for_a_buyer_who_cannot() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let (order, tracking) = of_a_guest(&shop, &mug);
    shop.delivers(&tracking);
    let one = json!([{"id": 1, "quantity": 1}]);
    asks(&shop.buyer(), &order, "DEFECTIVE", &one).must("403 S212");
    let admin = shop.admin();
    let asked = asks(&admin, &order, "DEFECTIVE", &one).must("201");
    let seen = shop.admin().get(format!("/admin/orders/{order}")).must("200");
    assert_eq!(asked.word("/userId"), seen.word("/userId"), "it is the guest's");
    let number = asked.word("/returnNumber");
    does(&shop, &number, "approve", json!({})).must("200");
    does(&shop, &number, "receive", json!({})).must("200");
    assert_eq!(does(&shop, &number, "refund", json!({})).must("200").number("/refunded"), 9_000);
    let explained = shop.admin().get(format!("/admin/orders/{order}/explain")).must("200").data();
    let asked_by = explained["timeline"].as_array().unwrap().iter().filter(|one| one["what"] == "REQUESTED");
    assert_eq!(asked_by.map(|one| one["by"].clone()).collect::<Vec<_>>(), [json!(admin.id().to_string())]);
    // what is left is exchanged, which withdraws as before
    let exchange = json!({"kind": "EXCHANGE", "reason": "DAMAGED", "lines": one});
    let asked = shop.admin().post(format!("/orders/{order}/returns"), exchange).must("201").word("/returnNumber");
    shop.admin().post(format!("/returns/{asked}/withdraw"), json!({})).must("200");
}

/// Two units that a guest bought at another channel: the order and its parcel.
fn of_a_guest(shop: &TestShop, mug: &Product) -> (String, String) {
    let file = format!(
        "channel,channelOrderNumber,sku,quantity,unitPrice,receiverName,receiverPhone,zipCode,address1\n\
         Market,M-1,{},2,9000,김하늘,010-1234-5678,04524,세종대로 110\n",
        mug.sku
    );
    let by = shop.admin().with("content-type", "text/csv");
    let report = by.send("POST", "/admin/orders/bulk", Some(file.into_bytes())).must("200");
    let order = report.word("/orders/0/orderNumber");
    shop.settle();
    let tracking = shop.admin().get(format!("/admin/orders/{order}")).must("200").word("/delivery/trackingNumber");
    (order, tracking)
}

#[test]
fn a_replacement_is_stopped_until_it_leaves() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    delivered(&shop, &buyer, &order);
    let exchanged = || {
        let body = json!({"kind": "EXCHANGE", "reason": "DEFECTIVE", "lines": [{"id": 1, "quantity": 1}]});
        let number = buyer.post(format!("/orders/{order}/returns"), body).must("201").word("/returnNumber");
        does(&shop, &number, "approve", json!({})).must("200");
        does(&shop, &number, "receive", json!({"lines": [{"id": 1, "restocked": 0}]})).must("200");
        does(&shop, &number, "exchange", json!({})).must("200").word("/replacementTrackingNumber")
    };
    let moves =
        |tracking: &str, to: &str| shop.admin().put(format!("/deliveries/{tracking}/status"), json!({ "status": to }));
    let stopped = exchanged();
    assert_eq!(shop.stock_of(&mug), (6, 0, 6));
    assert_eq!(moves(&stopped, "CANCELLED").must("200").word("/status"), "CANCELLED");
    assert_eq!((shop.stock_of(&mug), buyer.sees(&order).word("/status")), ((7, 0, 7), "DELIVERED".to_owned()));
    moves(&stopped, "CANCELLED").must("400 S506");
    let sent = exchanged();
    moves(&sent, "SHIPPED").must("200");
    let refused = moves(&sent, "CANCELLED").must("400 S506");
    assert!(refused.text().contains("set it to RETURNED"), "{}", refused.text());
    shop.settle();
}
