//! Cancelling and refunding: known failures 12, 22 and 23 of docs/RULES.md, cancels and refunds at every stage, sagas that get stuck.

use serde_json::json;
use std::time::Duration;
use testkit::TestShop;

const MINUTE: Duration = Duration::from_secs(60);

// known failure 12: compensation twice changes nothing
#[test]
fn cancelling_twice_changes_nothing_the_second_time() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    assert_eq!(buyer.cancels(&order).must("200").word("/status"), "CANCELLED");
    shop.settle();
    let before = shop.contents();
    buyer.cancels(&order).must("400 S203");
    shop.run_tasks();
    shop.settle();
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new());
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
}

#[test]
fn twenty_parallel_cancels_return_stock_and_money_once() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    for paid in [false, true] {
        let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
        if paid {
            buyer.pays(&order, "approve").must("201");
        }
        let responses = shop.at_once(20, |_| buyer.cancels(&order));
        assert!(responses.iter().all(|response| response.status < 500), "{:?}", responses.summary());
        assert!(responses.iter().any(|response| response.is_good()), "{:?}", responses.summary());
        shop.later(5 * MINUTE);
        assert_eq!(shop.stock_of(&mug), (5, 0, 5), "paid: {paid}");
        assert_eq!(shop.refunds_of(&order), if paid { vec![18_000] } else { vec![] });
    }
}

// known failure 22: unpaid orders expire and return everything
#[test]
fn an_unpaid_order_expires_and_returns_everything() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    shop.later(9 * MINUTE);
    assert_eq!(buyer.sees(&order).word("/status"), "CONFIRMED");
    shop.turn(2 * MINUTE);
    buyer.pays(&order, "approve").must("400 S209");
    shop.settle();
    assert_eq!(buyer.sees(&order).word("/status"), "CANCELLED");
    assert_eq!(shop.stock_of(&mug), (1, 0, 1));
    assert!(!buyer.pays(&order, "approve").is_good(), "an expired order cannot be paid");
    assert_eq!(shop.captures_of(&order), Vec::<i64>::new());
    shop.buyer().orders(&mug, 1).must("201");
}

// known failure 23: cancelling a PAID order returns money, stock, coupon and points once
#[test]
fn cancelling_a_paid_order_returns_money_and_stock_once() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    assert_eq!(shop.stock_of(&mug), (3, 0, 3));
    assert_eq!(buyer.cancels(&order).must("200").word("/status"), "REFUNDED");
    shop.settle();
    let seen = buyer.sees(&order).must("200");
    assert_eq!((seen.word("/status"), seen.word("/delivery/status")), ("REFUNDED".to_owned(), "CANCELLED".to_owned()));
    assert_eq!(shop.stock_of(&mug), (5, 0, 5));
    assert_eq!((shop.captures_of(&order), shop.refunds_of(&order)), (vec![18_000], vec![18_000]));
    buyer.cancels(&order);
    shop.later(5 * MINUTE);
    assert_eq!(shop.refunds_of(&order), [18_000]);
}

#[test]
fn a_refund_whose_response_is_lost_is_asked_for_and_made_once() {
    for key in ["refund-timeout", "refund-timeout-undone", "refund-pending"] {
        let shop = TestShop::open();
        let mug = shop.product("mug").price(9_000).stock(5).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, key).must("201");
        let response = buyer.cancels(&order);
        assert!(["200", "202"].contains(&response.summary().as_str()), "{key}: {}", response.text());
        for _ in 0..5 {
            shop.later(5 * MINUTE);
        }
        assert_eq!(buyer.sees(&order).word("/status"), "REFUNDED", "{key}");
        assert_eq!((shop.refunds_of(&order), shop.stock_of(&mug)), (vec![9_000], (5, 0, 5)), "{key}");
    }
}

#[test]
fn a_refund_that_keeps_failing_waits_for_a_person() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "refund-declined").must("201");
    buyer.cancels(&order);
    for _ in 0..10 {
        shop.later(30 * MINUTE);
    }
    let stuck = shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200");
    assert_eq!(stuck.number("/totalElements"), 1, "{}", stuck.text());
    let saga = stuck.word("/content/0/sagaId");
    shop.buyer().post(format!("/admin/sagas/{saga}/resolve"), json!({"reason": "x"})).must("403 A002");
    shop.admin()
        .post(format!("/admin/sagas/{saga}/resolve"), json!({"reason": "paid back by bank transfer"}))
        .must("200");
    shop.settle();
    let left = shop.admin().get("/admin/sagas?status=COMPENSATION_FAILED").must("200");
    assert_eq!(left.number("/totalElements"), 0);
    shop.admin().post(format!("/admin/sagas/{saga}/retry"), json!({})).must("400 S904");
    shop.expect_difference_with_gateway(&order);
}

#[test]
fn an_administrator_refunds_a_part() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 2).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let refund = |amount: i64| {
        shop.admin().post(format!("/payments/{payment}/refund"), json!({"amount": amount, "reason": "scratch"}))
    };
    buyer.post(format!("/payments/{payment}/refund"), json!({"amount": 1, "reason": "x"})).must("403 A002");
    refund(5_000).must("200");
    assert_eq!(buyer.get(format!("/payments/{payment}")).word("/status"), "PARTIALLY_REFUNDED");
    for wrong in [13_001, 0, -1] {
        assert!(!refund(wrong).is_good(), "{wrong}");
    }
    assert_eq!(shop.refunds_of(&order), [5_000]);
    refund(13_000).must("200");
    shop.settle();
    assert_eq!(buyer.get(format!("/payments/{payment}")).word("/status"), "REFUNDED");
    assert_eq!(shop.refunds_of(&order).iter().sum::<i64>(), 18_000);
}

#[test]
fn what_is_shipped_cannot_be_cancelled_by_the_buyer() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer();
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
    let ship = json!({"status": "SHIPPED", "location": "Seoul", "description": "handed over"});
    shop.admin().put(format!("/deliveries/{tracking}/status"), ship).must("200");
    shop.settle();
    buyer.cancels(&order).must("400 S203");
    let back = json!({"status": "PREPARING", "location": "Seoul", "description": "time machine"});
    shop.admin().put(format!("/deliveries/{tracking}/status"), back).must("400 S506");
}

#[test]
fn cancelling_and_shipping_at_once_ends_in_one_of_both() {
    for _ in 0..6 {
        let shop = TestShop::open();
        let mug = shop.product("mug").price(9_000).stock(5).save();
        let buyer = shop.buyer();
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, "approve").must("201");
        shop.settle();
        let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
        let ship = json!({"status": "SHIPPED", "location": "Seoul", "description": "handed over"});
        let responses = shop.at_once(2, |n| match n {
            0 => buyer.cancels(&order),
            _ => shop.admin().put(format!("/deliveries/{tracking}/status"), ship.clone()),
        });
        assert!(responses.iter().all(|response| response.status < 500), "{:?}", responses.summary());
        shop.later(5 * MINUTE);
        let seen = buyer.sees(&order);
        let both = (seen.word("/status"), seen.word("/delivery/status"));
        let refunded = shop.refunds_of(&order);
        match (both.0.as_str(), both.1.as_str()) {
            ("SHIPPING", "SHIPPED") => assert!(refunded.is_empty(), "shipped and refunded"),
            ("REFUNDED", "CANCELLED") => assert_eq!(refunded, [9_000]),
            other => panic!("{other:?}"),
        }
    }
}
