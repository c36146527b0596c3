//! Carriers that are asked where parcels are: the simulated ones, and a service over a real socket.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Aggregator, Mishap, Product, Response, Sender, TestShop};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// An order that is paid, and the tracking number of its parcel.
fn paid(shop: &TestShop, buyer: &Sender, product: &Product, units: i64) -> (String, String) {
    let order = buyer.orders(product, units).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let tracking = buyer.sees(&order).word("/delivery/trackingNumber");
    (order, tracking)
}

fn gives(shop: &TestShop, tracking: &str, carrier: &str, number: &str) {
    let body = json!({"carrier": carrier, "carrierNumber": number});
    shop.admin().put(format!("/deliveries/{tracking}/carrier"), body).must("200");
    shop.settle();
}

fn reports(shop: &TestShop, tracking: &str, status: &str) -> Response {
    shop.admin().put(format!("/deliveries/{tracking}/status"), json!({ "status": status }))
}

/// The order's status and its parcel's, as an administrator sees them.
fn statuses(shop: &TestShop, order: &str, tracking: &str) -> (String, String) {
    let parcel = shop.admin().get(format!("/deliveries/{tracking}")).must("200").word("/status");
    (shop.admin().get(format!("/admin/orders/{order}/explain")).must("200").word("/order/status"), parcel)
}

/// What a parcel's history says, newest first: who reported it, the status and the place.
fn reported(shop: &TestShop, tracking: &str) -> Vec<(String, String, String)> {
    let histories = shop.admin().get(format!("/deliveries/{tracking}")).must("200").data()["histories"].clone();
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let histories = histories.as_array().expect("a list").clone();
    histories.iter().map(|one| (word(one, "source"), word(one, "status"), word(one, "location"))).collect()
}

/// The same as words.
fn seen(reported: &[(String, String, String)]) -> Vec<(&str, &str, &str)> {
    reported.iter().map(|(source, status, place)| (source.as_str(), status.as_str(), place.as_str())).collect()
}

fn asked_about(shop: &TestShop) -> i64 {
    shop.window().number("select count(*) from carrier_questions")
}

fn both(order: &str, parcel: &str) -> (String, String) {
    (order.to_owned(), parcel.to_owned())
}

#[test]
fn a_simulated_carrier_moves_parcels_and_their_orders_along() {
    let shop = TestShop::with(1, &[("carriers.kind", "simulated"), ("carriers.simulated_takes", "10h")]);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let (order, tracking) = paid(&shop, &buyer, &mug, 1);
    let (by_hand, faster) = paid(&shop, &buyer, &mug, 1);
    let (unknown, lost) = paid(&shop, &buyer, &mug, 1);
    gives(&shop, &tracking, "CJ_LOGISTICS", "6891-2345-6789");
    gives(&shop, &faster, "HANJIN", "5123-4567-8901");
    gives(&shop, &lost, "LOTTE", "234567890000");
    assert_eq!(statuses(&shop, &order, &tracking), both("PAID", "PREPARING"), "only registered");
    reports(&shop, &faster, "SHIPPED").must("200");
    shop.later(HOUR);
    assert_eq!(statuses(&shop, &order, &tracking), both("SHIPPING", "SHIPPED"));
    let first = reported(&shop, &faster);
    assert_eq!(seen(&first)[0], ("CARRIER", "SHIPPED", "서울강남"), "the person and the carrier report the same");
    assert_eq!(first.iter().filter(|(_, status, _)| status == "SHIPPED").count(), 1);
    // the carrier is asked every hour, and reports everything each time
    for _ in 0..4 {
        shop.later(HOUR);
    }
    assert_eq!(statuses(&shop, &order, &tracking), both("SHIPPING", "IN_TRANSIT"));
    for _ in 0..5 {
        shop.later(HOUR);
    }
    for (order, tracking) in [(&order, &tracking), (&by_hand, &faster)] {
        assert_eq!(statuses(&shop, order, tracking), both("DELIVERED", "DELIVERED"));
        let reported = reported(&shop, tracking);
        let carrier: Vec<_> = seen(&reported).into_iter().filter(|(source, _, _)| *source == "CARRIER").collect();
        let way = [
            ("CARRIER", "DELIVERED", "배송지점"),
            ("CARRIER", "IN_TRANSIT", "배송지점"),
            ("CARRIER", "IN_TRANSIT", "배송지점"),
            ("CARRIER", "IN_TRANSIT", "옥천HUB"),
            ("CARRIER", "SHIPPED", "서울강남"),
            ("CARRIER", "PREPARING", ""),
        ];
        assert_eq!(carrier, way);
        assert_eq!(reported.len(), way.len() + 2, "and the shop's: it was made, and given to the carrier");
    }
    assert_eq!((statuses(&shop, &unknown, &lost), asked_about(&shop)), (both("PAID", "PREPARING"), 1));
    shop.later(31 * DAY);
    assert_eq!(asked_about(&shop), 0, "after a month no one is asked any more");
    // another number is another parcel, and is asked about again
    gives(&shop, &lost, "LOTTE", "234567890123");
    shop.later(10 * HOUR);
    assert_eq!(statuses(&shop, &unknown, &lost), both("DELIVERED", "DELIVERED"));
}

#[test]
fn a_service_is_asked_until_a_parcel_has_arrived_and_its_failures_move_nothing() {
    let service = Aggregator::open();
    let settings =
        [("carriers.kind", "sweettracker"), ("carriers.url", service.url()), ("carriers.secret", Aggregator::KEY)];
    let shop = TestShop::with(1, &settings);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let (order, tracking) = paid(&shop, &buyer, &mug, 2);
    gives(&shop, &tracking, "CJ_LOGISTICS", "689123456789");
    assert_eq!((service.asked(), statuses(&shop, &order, &tracking)), (1, both("PAID", "PREPARING")), "not known yet");
    let collected = (2, "2026-02-06 10:00:00", "서울집중", "집화처리");
    let moving = (3, "2026-02-06 12:30", "옥천HUB", "간선상차");
    // in any order, twice, and with a level that does not exist
    service.knows("04", "689123456789", &[moving, collected, moving, (8, "2026-02-06 12:40:00", "달", "")]);
    for mishap in [Mishap::BadGateway, Mishap::Nonsense, Mishap::Failure("103"), Mishap::Failure("105")] {
        service.set_mishap(Some(mishap));
        shop.later(HOUR);
        assert_eq!(statuses(&shop, &order, &tracking), both("PAID", "PREPARING"), "{mishap:?}");
    }
    service.set_mishap(None);
    shop.later(HOUR);
    assert_eq!(statuses(&shop, &order, &tracking), both("SHIPPING", "IN_TRANSIT"));
    // parcels are moved by their carrier also where an order has several
    let (whole, first) = paid(&shop, &shop.user(buyer.id()), &mug, 3);
    let lines = json!({"lines": [{"id": 1, "quantity": 1}]});
    let second = shop.admin().post(format!("/deliveries/order/{whole}/parcels"), lines).must("201");
    let second = second.word("/trackingNumber");
    gives(&shop, &second, "LOGEN", "12345678901");
    let delivered = (6, "2026-02-06 18:02:00", "강남2", "배송완료");
    service.knows("04", "689123456789", &[collected, moving, delivered]);
    let (taken, on_its_way) =
        ((2, "2026-02-06 16:00:00", "서울집중", "집화처리"), (3, "2026-02-06 17:30", "옥천HUB", ""));
    service.knows("06", "12345678901", &[taken, delivered]);
    shop.later(4 * HOUR);
    assert_eq!(statuses(&shop, &order, &tracking), both("DELIVERED", "DELIVERED"));
    let history = reported(&shop, &tracking);
    let wanted = [
        ("CARRIER", "DELIVERED", "강남2"),
        ("CARRIER", "IN_TRANSIT", "옥천HUB"),
        ("CARRIER", "SHIPPED", "서울집중"),
        ("SHOP", "PREPARING", ""),
        ("SHOP", "PREPARING", ""),
    ];
    assert_eq!(seen(&history), wanted);
    assert_eq!(statuses(&shop, &whole, &second), both("SHIPPING", "DELIVERED"), "its other parcel is here");
    gives(&shop, &first, "LOGEN", "12345678902");
    service.knows("06", "12345678902", &[taken, on_its_way]);
    shop.later(HOUR);
    // its money goes back while it is on its way: the carrier reports on, and nothing moves
    let payment = shop.user(buyer.id()).sees(&whole).word("/payments/0/paymentNumber");
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"reason": "late"})).must("200");
    service.knows("06", "12345678902", &[taken, on_its_way, delivered]);
    shop.later(HOUR);
    assert_eq!(statuses(&shop, &whole, &first), both("REFUNDED", "IN_TRANSIT"));
    assert_eq!(seen(&reported(&shop, &first))[0], ("CARRIER", "DELIVERED", "강남2"));
    let asked = service.asked();
    shop.later(HOUR);
    assert_eq!(service.asked(), asked + 1, "about the one that has not ended");
}

#[test]
fn the_history_of_a_number_that_was_used_before_moves_no_parcel() {
    let service = Aggregator::open();
    let settings =
        [("carriers.kind", "sweettracker"), ("carriers.url", service.url()), ("carriers.secret", Aggregator::KEY)];
    let shop = TestShop::with(1, &settings);
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let buyer = shop.buyer();
    let (order, tracking) = paid(&shop, &buyer, &mug, 1);
    // of a year ago, of 1970, of next year and of the end of times
    let before = (6, "2025-02-04 18:02:00", "대구", "배송완료");
    let impossible =
        [(6, "1970-01-01 09:00:01", "", ""), (6, "2027-02-06 10:00:00", "", ""), (6, "9999-12-31 23:59:59", "", "")];
    service.knows("04", "689123456789", &[before, impossible[0], impossible[1], impossible[2]]);
    gives(&shop, &tracking, "CJ_LOGISTICS", "689123456789");
    shop.later(HOUR);
    assert_eq!((service.asked(), statuses(&shop, &order, &tracking)), (2, both("PAID", "PREPARING")));
    assert!(reported(&shop, &tracking).iter().all(|(source, _, _)| source == "SHOP"), "nothing of it is shown");
    // the same number comes to this parcel
    let collected = (2, "2026-02-06 10:30:00", "서울집중", "집화처리");
    service.knows("04", "689123456789", &[before, collected]);
    shop.later(HOUR);
    assert_eq!(statuses(&shop, &order, &tracking), both("SHIPPING", "SHIPPED"));
}
