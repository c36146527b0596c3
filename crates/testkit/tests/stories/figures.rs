//! The figures of reports, as pages and as tables, and who sees them.

use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Sender, TestShop};

const DAY: Duration = Duration::from_secs(86_400);

/// Buys and pays. Gives the payment's number.
fn buys(buyer: &Sender, product: &testkit::Product, units: i64) -> String {
    let order = buyer.orders(product, units).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201").word("/paymentNumber")
}

#[test]
fn sales_are_summed_up_by_day_week_month_and_hour() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let (mina, joon) = (shop.buyer(), shop.buyer());
    // Friday the 6th of February, at nine in the morning
    buys(&mina, &mug, 1);
    buys(&mina, &mug, 1);
    shop.turn(DAY);
    let payment = buys(&mina, &mug, 2);
    shop.admin().post(format!("/payments/{payment}/refund"), json!({"amount": 3_000, "reason": "chipped"})).must("200");
    // the next Monday, at eleven
    shop.turn(2 * DAY + Duration::from_secs(2 * 3_600));
    buys(&joon, &mug, 1);
    shop.settle();

    let admin = shop.admin();
    let report = admin.get("/admin/reports/daily-sales?from=2026-02-05&to=2026-02-09").must("200");
    assert_eq!((report.word("/zone"), report.word("/currency")), ("Asia/Seoul".to_owned(), "KRW".to_owned()));
    assert!(report.number("/asOf") > 0);
    let days: Vec<_> = report.data()["rows"].as_array().expect("rows").clone();
    let brief = |row: &Value| {
        let of = |name: &str| row[name].as_i64().expect("a number");
        (of("completedOrders"), of("totalRevenue"), of("uniqueCustomers"))
    };
    let brief_days: Vec<_> = days.iter().map(brief).collect();
    assert_eq!(brief_days, [(0, 0, 0), (2, 18_000, 1), (1, 15_000, 1), (0, 0, 0), (1, 9_000, 1)]);
    let weeks = admin.get("/admin/reports/daily-sales?from=2026-02-01&to=2026-02-28&by=WEEK").must("200").data();
    let weeks: Vec<_> = weeks["rows"].as_array().expect("rows").iter().map(brief).collect();
    assert_eq!(weeks[..3], [(0, 0, 0), (3, 33_000, 1), (1, 9_000, 1)], "a customer counts once a week");
    let month = admin.get("/admin/reports/daily-sales?from=2026-02-01&to=2026-02-28&by=MONTH").must("200");
    assert_eq!((month.number("/rows/0/completedOrders"), month.number("/rows/0/uniqueCustomers")), (4, 2));
    let hours = admin.get("/admin/reports/hours?from=2026-02-05&to=2026-02-09").must("200");
    assert_eq!((hours.number("/rows/9/completedOrders"), hours.number("/rows/11/completedOrders")), (3, 1));

    let table = admin.with("accept", "text/csv").get("/admin/reports/daily-sales?from=2026-02-07&to=2026-02-07");
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.header("content-disposition").contains("sales-2026-02-07-2026-02-07.csv"));
    assert_eq!(
        (table.header("x-report-zone"), table.header("x-report-as-of").is_empty()),
        ("Asia/Seoul".to_owned(), false)
    );
    let text = table.text();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[1], "2026-02-07,2026-02-07,1,1,0,0,2,18000,3000,15000,1");
    for wrong in ["?from=2026-02-09&to=2026-02-01", "?from=yesterday", "?from=2020-01-01&to=2026-01-01", "?by=YEAR"] {
        admin.get(format!("/admin/reports/daily-sales{wrong}")).must("400 C002");
    }
}

#[test]
fn goods_payments_coupons_and_deals_have_their_figures_and_a_seller_sees_only_their_own() {
    let shop = TestShop::open();
    let (merchant, other) = (shop.seller(), shop.seller());
    let category = shop.admin().post("/admin/categories", json!({"name": "Cups"})).must("201").number("/id");
    let mug = shop.product("mug").price(9_000).stock(20).sold_by(&merchant).with("categoryId", json!(category)).save();
    let pen = shop.product("=pen").price(1_000).stock(3).sold_by(&other).save();
    let deal = json!({"name": "Lunch deal", "startsAt": "2026-02-06T00:00:00Z", "endsAt": "2026-02-06T02:00:00Z",
        "products": [{"productId": mug.id, "dealPrice": 7_000, "dealQuantity": 10, "maxPerUser": 2}]});
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/products/0/id");
    let buyer = shop.buyer();
    let wanted = json!({"timeDealProductId": deal, "quantity": 2, "shippingAddress": testkit::address()});
    let order = buyer.post("/time-deals/purchase", wanted).must("201").word("/order/orderNumber");
    buyer.pays(&order, "approve").must("201");
    buys(&buyer, &pen, 2);
    let declined = buyer.orders(&pen, 1).must("201").word("/orderNumber");
    buyer.pays(&declined, "decline-card-declined").must("400 S304");
    shop.settle();

    let rows = |who: &Sender, path: &str| {
        let report = who.get(format!("/admin/reports/{path}")).must("200");
        report.data()["rows"].as_array().expect("rows").clone()
    };
    let admin = shop.admin();
    let names = |rows: Vec<Value>| rows.iter().map(|row| row["productName"].clone()).collect::<Vec<_>>();
    assert_eq!(names(rows(&admin, "top-products")), [json!("mug"), json!("=pen")], "by units, then by amount");
    assert_eq!(names(rows(&merchant, "top-products")), [json!("mug")]);
    assert_eq!(names(rows(&other, "stock")), [json!("=pen")]);
    let low = &rows(&admin, "stock?lowOnly=true")[0];
    assert_eq!(
        (&low["availableStock"], &low["stockStatus"], &low["daysLeft"]),
        (&json!(1), &json!("LOW_STOCK"), &json!(15))
    );
    let cups = &rows(&merchant, "categories")[0];
    assert_eq!((&cups["categoryName"], &cups["units"], &cups["amount"]), (&json!("Cups"), &json!(2), &json!(14_000)));
    let cards = &rows(&admin, "payments")[0];
    assert_eq!((&cards["payments"], &cards["completed"], &cards["failureRate"]), (&json!(3), &json!(2), &json!(3_333)));
    let lunch = &rows(&admin, "time-deals")[0];
    assert_eq!(
        (&lunch["timeDealName"], &lunch["units"], &lunch["grossRevenue"]),
        (&json!("Lunch deal"), &json!(2), &json!(14_000))
    );
    assert_eq!(rows(&admin, "coupons"), Vec::<Value>::new());
    let table = admin.with("accept", "text/csv").get("/admin/reports/top-products").must("200").text();
    assert!(table.contains(",'=pen,"), "no spreadsheet runs it: {table}");
    for path in ["daily-sales", "hours", "payments", "coupons", "time-deals", "orders", "cohorts", "customers"] {
        merchant.get(format!("/admin/reports/{path}")).must("403 A002");
        buyer.get(format!("/admin/reports/{path}")).must("403 A002");
    }
    for path in ["top-products", "categories", "stock", "settlement"] {
        buyer.get(format!("/admin/reports/{path}")).must("403 A002");
    }
}

#[test]
fn buyers_are_followed_from_the_cart_and_counted_when_they_come_back() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let (mina, joon, suji) = (shop.buyer(), shop.buyer(), shop.buyer());
    suji.fills_cart(&mug, 1).must("200");
    mina.fills_cart(&mug, 1).must("200");
    let order = mina.orders_cart().must("201").word("/orderNumber");
    mina.pays(&order, "approve").must("201");
    let given_back = joon.orders(&mug, 2).must("201").word("/orderNumber");
    joon.pays(&given_back, "approve").must("201");
    joon.cancels(&given_back).must("200");
    let unpaid = joon.orders(&mug, 1).must("201").word("/orderNumber");
    joon.cancels(&unpaid).must("200");
    shop.settle();
    let admin = shop.admin();
    let funnel = admin.get("/admin/reports/orders").must("200");
    let of = |name: &str| funnel.number(&format!("/rows/0/{name}"));
    // what joon did not pay is in the cart again
    assert_eq!((of("carts"), of("orderedCarts"), of("paidCarts")), (3, 1, 1));
    assert_eq!((of("totalOrders"), of("completedOrders"), of("cancelledOrders"), of("refundedOrders")), (3, 2, 1, 1));
    assert_eq!((of("cancellationRate"), of("refundRate"), of("refundedRevenueRate")), (3_333, 5_000, 6_667));
    shop.turn(40 * DAY);
    buys(&mina, &mug, 1);
    shop.settle();
    let cohorts = admin.get("/admin/reports/cohorts?from=2026-02-01&to=2026-03-31").must("200").data();
    let brief = |row: &Value| {
        (row["cohort"].clone(), row["monthsLater"].clone(), row["customers"].clone(), row["retention"].clone())
    };
    let rows: Vec<_> = cohorts["rows"].as_array().expect("rows").iter().map(brief).collect();
    let feb = json!("2026-02");
    assert_eq!(rows, [(feb.clone(), json!(0), json!(2), json!(10_000)), (feb, json!(1), json!(1), json!(5_000))]);
    let customers = admin.get("/admin/reports/customers?limit=1").must("200");
    assert_eq!((customers.number("/rows/0/totalSpent"), customers.number("/rows/0/totalOrders")), (18_000, 2));
}
