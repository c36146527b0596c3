//! An order and its parcel: what moves one moves both, and what goes back goes back once.

use serde_json::json;
use std::time::Duration;
use testkit::{Product, Response, Sender, TestShop};

/// A paid order of two mugs of a stock of five.
struct Sold {
    shop: TestShop,
    mug: Product,
    buyer: Sender,
    order: String,
    payment: String,
    tracking: String,
}

impl Sold {
    fn paid_with(key: &str) -> Sold {
        let shop = TestShop::open();
        let mug = shop.product("mug").price(9_000).stock(5).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
        let payment = buyer.pays(&order, key).must("201").word("/paymentNumber");
        shop.settle();
        let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
        Sold { shop, mug, buyer, order, payment, tracking }
    }

    fn paid() -> Sold {
        Sold::paid_with("approve")
    }

    fn set(&self, status: &str) -> Response {
        let body = json!({"status": status, "reason": "by phone"});
        self.shop.admin().put(format!("/admin/orders/{}/status", self.order), body)
    }

    fn parcel(&self, status: &str) -> Response {
        let body = json!({"status": status, "location": "Seoul"});
        self.shop.admin().put(format!("/deliveries/{}/status", self.tracking), body)
    }

    fn refund(&self) -> Response {
        self.shop.admin().post(format!("/payments/{}/refund", self.payment), json!({"reason": "broken"}))
    }

    /// The statuses of the order and of its parcel, before anything is published.
    fn statuses(&self) -> (String, String) {
        let seen = self.buyer.sees(&self.order).must("200");
        (seen.word("/status"), seen.word("/delivery/status"))
    }

    #[track_caller]
    fn is(&self, order: &str, parcel: &str) {
        assert_eq!(self.statuses(), (order.to_owned(), parcel.to_owned()));
    }
}

#[test]
fn an_order_and_its_parcel_move_in_one_act() {
    let sold = Sold::paid();
    sold.set("DELIVERED").must("400 S209");
    sold.is("PAID", "PREPARING");
    sold.set("SHIPPING").must("200");
    sold.is("SHIPPING", "SHIPPED");
    sold.set("SHIPPING").must("400 S206");
    sold.parcel("IN_TRANSIT").must("200");
    sold.is("SHIPPING", "IN_TRANSIT");
    sold.set("DELIVERED").must("200");
    sold.is("DELIVERED", "DELIVERED");
    sold.parcel("DELIVERED").must("400 S506");
    let other = Sold::paid();
    other.parcel("SHIPPED").must("200");
    other.is("SHIPPING", "SHIPPED");
    other.set("DELIVERED").must("200");
    other.is("DELIVERED", "DELIVERED");
    let history = other.buyer.get(format!("/deliveries/{}", other.tracking)).must("200");
    assert_eq!(history.word("/histories/1/status"), "IN_TRANSIT");
}

#[test]
fn refunding_everything_stops_a_parcel_that_is_still_here() {
    for parts in [&[18_000][..], &[17_999, 1]] {
        let sold = Sold::paid();
        for part in parts {
            let body = json!({"amount": part, "reason": "broken"});
            sold.shop.admin().post(format!("/payments/{}/refund", sold.payment), body).must("200");
        }
        sold.is("REFUNDED", "CANCELLED");
        assert_eq!(sold.shop.stock_of(&sold.mug), (5, 0, 5));
        sold.parcel("SHIPPED").must("400 S506");
    }
}

#[test]
fn the_parcel_of_a_refunded_order_only_comes_back_and_its_goods_with_it() {
    let sold = Sold::paid();
    sold.parcel("SHIPPED").must("200");
    sold.refund().must("200");
    sold.is("REFUNDED", "SHIPPED");
    assert_eq!(sold.shop.stock_of(&sold.mug), (3, 0, 3));
    sold.parcel("IN_TRANSIT").must("400 S506");
    sold.set("DELIVERED").must("400 S209");
    sold.parcel("RETURNED").must("200");
    sold.is("REFUNDED", "RETURNED");
    assert_eq!(sold.shop.shown_stock_of(&sold.mug), (5, 0, 5));
    sold.parcel("RETURNED").must("400 S506");
    assert_eq!(sold.shop.stock_of(&sold.mug), (5, 0, 5));
}

#[test]
fn the_goods_of_a_parcel_that_came_back_are_in_stock_once() {
    for way in [&["SHIPPED", "IN_TRANSIT", "RETURNED"][..], &["SHIPPED", "IN_TRANSIT", "DELIVERED", "RETURNED"]] {
        let sold = Sold::paid();
        way.iter().for_each(|status| drop(sold.parcel(status).must("200")));
        assert_eq!(sold.shop.shown_stock_of(&sold.mug), (5, 0, 5));
        sold.set("DELIVERED");
        sold.refund().must("200");
        sold.is("REFUNDED", "RETURNED");
        assert_eq!(sold.shop.stock_of(&sold.mug), (5, 0, 5));
        sold.buyer.orders(&sold.mug, 5).must("201");
    }
}

#[test]
fn an_order_that_is_being_undone_is_not_moved_by_hand() {
    let sold = Sold::paid_with("refund-declined");
    sold.buyer.cancels(&sold.order).must("202");
    for again in [false, true] {
        for status in ["SHIPPING", "DELIVERED"] {
            let refused = sold.set(status).must("409 C019");
            assert!(!refused.header("retry-after").is_empty());
        }
        sold.parcel("SHIPPED").must("409 C019");
        if !again {
            // the last attempt fails, and a person has to decide
            (0..10).for_each(|_| sold.shop.later(Duration::from_secs(1_800)));
        }
    }
    sold.is("PAID", "CANCELLED");
    let saga = sold.shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200").word("/content/0/sagaId");
    let resolved = json!({"reason": "paid back by bank transfer"});
    sold.shop.admin().post(format!("/admin/sagas/{saga}/resolve"), resolved).must("200");
    sold.set("SHIPPING").must("400 S209");
    sold.is("REFUNDED", "CANCELLED");
    sold.shop.expect_difference_with_gateway(&sold.order);
}

#[test]
fn an_order_with_an_open_refund_is_not_moved_by_hand() {
    let sold = Sold::paid_with("refund-timeout");
    let part = json!({"amount": 1_000, "reason": "scratch"});
    sold.shop.admin().post(format!("/payments/{}/refund", sold.payment), part).must("202");
    sold.set("SHIPPING").must("409 C019");
    sold.parcel("SHIPPED").must("409 C019");
    sold.shop.later(Duration::from_secs(300));
    sold.set("SHIPPING").must("200");
    sold.is("SHIPPING", "SHIPPED");
}

#[test]
fn an_administrator_cancels_and_refunds_by_either_route() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    let set = |order: &str, body: serde_json::Value| admin.put(format!("/admin/orders/{order}/status"), body);
    let placed = || buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let paid = || {
        let order = placed();
        buyer.pays(&order, "approve").must("201");
        order
    };
    let unpaid = placed();
    set(&unpaid, json!({"status": "REFUNDED"})).must("400 S205");
    assert_eq!(admin.cancels(&unpaid).must("200").word("/status"), "CANCELLED");
    let cancelled = set(&placed(), json!({"status": "CANCELLED", "reason": "fraud"})).must("200");
    assert_eq!((cancelled.word("/status"), cancelled.word("/cancelReason")), ("CANCELLED".into(), "fraud".into()));
    for order in [paid(), paid(), paid()].iter().zip(["CANCELLED", "REFUNDED", ""]) {
        let refunded = match order {
            (order, "") => admin.cancels(order),
            (order, status) => set(order, json!({"status": status})),
        };
        assert_eq!(refunded.must("200").word("/status"), "REFUNDED");
        assert_eq!(shop.refunds_of(order.0), [9_000]);
        set(order.0, json!({"status": "REFUNDED"})).must("400 S306");
        set(order.0, json!({"status": "CANCELLED"})).must("400 S203");
    }
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
    let shipped = paid();
    set(&shipped, json!({"status": "SHIPPING"})).must("200");
    set(&shipped, json!({"status": "CANCELLED"})).must("400 S203");
    assert_eq!(set(&shipped, json!({"status": "REFUNDED"})).must("200").word("/status"), "REFUNDED");
    assert_eq!(shop.stock_of(&mug), (4, 0, 4));
    for never in ["PENDING", "CONFIRMED", "PAID"] {
        set(&shipped, json!({"status": never})).must("400 S209");
    }
    set("ORD-20260206-ZZZZZZZZ", json!({"status": "PAID"})).must("404 S201");
}

#[test]
fn an_administrator_cancels_a_payment_whose_outcome_is_open() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "timeout-uncharged").must("202").word("/paymentNumber");
    shop.buyer().post(format!("/payments/{payment}/cancel"), json!({})).must("403 S313");
    let cancelled = shop.admin().post(format!("/payments/{payment}/cancel"), json!({})).must("200");
    assert_eq!(cancelled.word("/status"), "CANCELLED");
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
}

#[test]
fn shipping_and_refunding_at_once_ends_in_one_of_both() {
    for _ in 0..6 {
        let sold = Sold::paid();
        let responses = sold.shop.at_once(3, |n| match n {
            0 => sold.refund(),
            1 => sold.set("SHIPPING"),
            _ => sold.parcel("SHIPPED"),
        });
        assert!(responses.iter().all(|response| response.status < 500), "{:?}", responses.summary());
        sold.shop.settle();
        let stock = sold.shop.stock_of(&sold.mug);
        match sold.statuses() {
            (order, parcel) if order == "REFUNDED" && parcel == "CANCELLED" => assert_eq!(stock, (5, 0, 5)),
            (order, parcel) if order == "REFUNDED" && parcel == "SHIPPED" => assert_eq!(stock, (3, 0, 3)),
            (order, parcel) => panic!("{order} {parcel}: {:?}", responses.summary()),
        }
    }
}

#[test]
fn two_audits_see_an_order_and_a_parcel_that_contradict_each_other_and_both_can_be_mended() {
    let sold = Sold::paid();
    let damaged = |sql: &'static str| sold.shop.write(move |tx| tx.exec(sql, &[])).map(|_| ()).unwrap();
    let broken = || {
        let found = sold.shop.admin().post("/admin/audit", json!({})).must("200");
        let rules = found.data()["violations"].as_array().expect("a list").clone();
        rules.iter().map(|one| one["rule"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    damaged("update orders set status = 'DELIVERED', shipped_at = paid_at, delivered_at = paid_at");
    assert_eq!(broken(), ["an order and its parcel agree"]);
    sold.set("DELIVERED").must("200");
    sold.is("DELIVERED", "DELIVERED");
    // no event says what was written by hand
    sold.shop.admin().post("/admin/reports/rebuild", json!({})).must("200");
    assert_eq!(broken(), Vec::<String>::new());
    damaged("update inventory_reservations set state = 'RETURNED'");
    assert!(
        broken().contains(&"goods are in stock again exactly when their parcel was stopped or came back".to_owned())
    );
    damaged("update inventory_reservations set state = 'COMMITTED'");
    assert_eq!(broken(), Vec::<String>::new());
}
