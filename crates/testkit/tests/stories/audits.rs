//! The audit of a large shop: in ranges, resumed after a stop, of what changed; and what each of its checks finds.

use kernel::{Code, Error};
use parking_lot::Mutex;
use serde_json::{Value, json};
use server::{
    assembly,
    audit::{Asked, Pass, Stored},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store::audit::which_are_broken;
use testkit::{Product, Sender, TestShop};

const HOUR: Duration = Duration::from_secs(3_600);

/// Checks that no row can break, because the database refuses it, or that count more rows than a test can plant.
const NOT_PLANTED: [&str; 2] = ["available and reserved are never negative", "categories are at most 5000"];

/// Statements that damage the shop of [`shop_in_every_state`], and a rule that is broken then.
pub const DAMAGES: &[(&str, &str)] = &[
    ("payable = subtotal − discount − points + shipping fee, and never negative", "update orders set shipping_fee = 5"),
    ("an order's amounts are the sums of its lines", "update order_items set points_used = points_used + 1"),
    (
        "a line's subtotal is unit price × quantity, quantity at least 1, and its discounts are at most that",
        "update order_items set coupon_discount = subtotal + 1",
    ),
    ("an order has the data of its status", "update orders set paid_at = null"),
    ("an order has lines", "delete from order_items"),
    (
        "an order of a sales channel is an order of the shop",
        "update channel_orders set order_number = 'ORD-20260206-22222222'",
    ),
    (
        "money that a sales channel took belongs to an order that was placed there",
        "delete from channel_orders",
    ),
    ("a delivery's history has one entry per version", "update deliveries set version = version + 1"),
    ("a delivery's history ends with its status", "update delivery_history set status = 'SHIPPED'"),
    ("a delivery has the data of its status", "update deliveries set delivered_at = 5"),
    (
        "refunded ≤ claimed ≤ captured, which is nothing or the amount",
        "update payments set refund_claimed = captured + 1",
    ),
    ("what a payment claimed and refunded is the sum of its refunds", "update refunds set amount = amount + 1"),
    (
        "an open refund has a run that asks for it",
        "update refunds set status = 'PROCESSING', ended_at = null where order_number in
            (select s.event_key from saga_runs s where s.status in ('COMPLETED', 'FAILED'))
            and order_number not in (select s.event_key from saga_runs s
                where s.status in ('STARTED', 'COMPENSATING', 'COMPENSATION_FAILED'))",
    ),
    ("a payment has the data of its status", "update payments set live_key = null"),
    (
        "an order has at most one live payment of each part",
        "insert into payments (payment_number, order_number, user_id, amount, method, status, captured, refunded,
            refund_claimed, created_at, updated_at, version)
         select 'PAY-ZZZZZZZZ', order_number, user_id, amount, method, 'PENDING', 0, 0, 0, created_at, updated_at, 1
         from payments where status = 'COMPLETED' order by id limit 1",
    ),
    (
        "money captured by an abandoned payment is refunded",
        "update payments set status = 'FAILED', updated_at = 1, refund_claimed = 0",
    ),
    (
        "a person has dealt with money that the gateway took in another amount",
        "insert into wrong_captures (payment_number, order_number, transaction_id, amount, currency, expected, found_at)
         values ('PAY-22222222', 'ORD-20260206-22222222', 'PG-WRONG', 1, 'KRW', 2, 1)",
    ),
    ("a refund belongs to a payment and has the data of its status", "update refunds set status = 'PROCESSING'"),
    ("a refund gives its lines no more than it has", "update refund_lines set amount = amount + 1"),
    ("beside its lines a refund has at most the shipping fee", "update refund_lines set amount = amount - 1"),
    (
        "as many coupons are issued as users hold, and never more than there are",
        "update coupons set issued_quantity = issued_quantity + 1",
    ),
    ("a coupon has a discount and a period that make sense", "update coupons set expires_at = starts_at"),
    (
        "a user's coupon is of a coupon, and has an order and a time when it was used",
        "update user_coupons set used_at = 5, order_number = null",
    ),
    ("a cart has its owner's key until it is closed", "update carts set active_key = null, status = 'ACTIVE'"),
    (
        "a cart has at most 200 lines",
        "insert into cart_items (cart_id, product_id, variant_id, product_name, price, quantity, added_at)
         select c.id, 1, a.id * 1000 + b.id, 'mug', 1, 1, 1 from outbox a cross join outbox b
         join (select max(id) as id from carts) c on a.id <= 20 and b.id <= 20",
    ),
    ("a line has a cart, a quantity and a price", "delete from carts"),
    ("a user has at most one default address", "update user_addresses set is_default = 1"),
    ("a session continues with one token", "update refresh_tokens set used_at = null, ended_at = null"),
    ("a product has exactly one default variant", "update product_variants set default_of = null"),
    ("0 < sale price <= price", "update products set sale_price = price + 1"),
    ("a variant costs more than nothing", "update product_variants set price_adjustment = -1000000"),
    ("a product's range of prices is that of its variants on sale", "update products set lowest_price = 1"),
    (
        "a name is owned only by a live product of that name",
        "update products set held_name = concat(held_name, '!') where held_name is not null",
    ),
    ("categories are a tree", "update categories set parent_id = 999"),
    ("every saga ends, or waits for a time that comes", "update saga_runs set status = 'STARTED', wake_at = 1"),
    (
        "a saga that has not ended has a time at which it is due",
        "update saga_runs set status = 'STARTED', wake_at = null",
    ),
    (
        "a deal sold what living orders bought, and never more than it has",
        "update time_deal_products set sold_quantity = sold_quantity + 1",
    ),
    ("a user has at most as many units of a deal as it allows", "update time_deal_allowances set units = units + 1"),
    ("who bought in a deal has an allowance that counts it", "delete from time_deal_allowances"),
    (
        "a deal has a period, and its products have its times, prices and limits",
        "update time_deals set ends_at = starts_at",
    ),
    (
        "a used coupon was used by its user in an order that lives, and an order that died has given it back",
        "update orders set user_coupon_id = null where user_coupon_id is not null",
    ),
    (
        "an order that lives has used its coupon, and no other order has",
        "update user_coupons set order_number = null, used_at = null",
    ),
    (
        "what was bought in a time deal is bought while its order lives, and comes back when it dies",
        "update time_deal_purchases set returned_at = 5",
    ),
    (
        "a time deal that holds its units apart has those in stock that it did not sell",
        "update inventory_holds set units = units + 1",
    ),
    ("stock is held only for products of time deals and for replacements", "update inventory_holds set purpose = 'ELSE'"),
    ("a queue counts its entries: each user has one, waiting or admitted", OVERFULL_QUEUE),
    ("a queue admits no more than its capacity", OVERFULL_QUEUE),
    ("a queue admits in the order of its places", OVERFULL_QUEUE),
    (
        "an entry belongs to a queue and has what its status needs",
        "insert into queue_entries (queue_id, user_id, visit, status, place, address, joined_at, changed)
         values (99, 'u', 1, 'WAITING', 3, '', 1, 1)",
    ),
    ("each entry of a wallet follows the one before it", "update wallet_entries set amount = amount + 1"),
    ("balance and points are the sums of their entries", "update wallets set balance = balance + 1"),
    ("nothing in a wallet is below zero", "update wallets set points_owed = -1"),
    ("points are what is left of their lots", "update point_lots set remaining = remaining - 1"),
    ("a wallet keeps room for its charges under way", "update wallets set charging = 1"),
    (
        "a charge is booked exactly when it is completed, and has the data of its status",
        "update balance_charges set balance_before = null",
    ),
    ("a lot of points is what is left, lost and used of it", "update point_lots set gone = gone + 1"),
    ("points expire when their time is over", "update point_lots set expires_at = 1"),
    (
        "an order has earned what is booked, and no more is taken back",
        "insert into point_earnings (order_number, user_id, base, points, taken_back, delivered_at, updated_at)
         values ('ORD-20260206-22222222', 'u', 1, 0, 1, 1, 1)",
    ),
    (
        "the parcels of an order are counted without a gap, and each but the first says what is in it",
        "update deliveries set parcel_number = parcel_number + 5",
    ),
    (
        "a carrier is asked about parcels on their way that have its number",
        "insert into carrier_questions (delivery_id, since, ask_at) values (1, 1, 1)",
    ),
    (
        "what carriers reported is counted without a gap and says what the history says",
        "insert into delivery_scans (delivery_id, scan_number, status, at_time) values (1, 2, 'SHIPPED', 1)",
    ),
    ("an order with several parcels is where they are", "update deliveries set status = 'CANCELLED'"),
    ("the parcels of an order have no more than was bought", "update delivery_lines set units = 50"),
    ("a return has the data of its status", "update return_requests set approved_at = null"),
    ("a return has lines", "delete from return_lines"),
    (
        "what was received of a return can be sold again or is written off",
        "update return_lines set written_off = 7",
    ),
    ("no more units of a line are sent back than were bought", "update return_lines set units = 50"),
    (
        "a refunded return got what its refunds gave back",
        "update return_requests set refunded = 5 where status = 'REFUNDED'",
    ),
    (
        "returns bring back no more points than their order used",
        "update return_requests set points_restored = 1000000 where status = 'REFUNDED'",
    ),
    (
        "an exchange ends with a parcel of its order",
        "update return_requests set replacement = 'x' where status = 'EXCHANGED'",
    ),
    (
        "an exchange that was approved keeps its replacement until it is sent",
        "update inventory_holds set units = 0 where purpose = 'EXCHANGE'",
    ),
    ("what returns brought into stock was received", "update return_lines set restocked = 0"),
    ("every order has a saga", "delete from saga_runs"),
    ("an order and its saga agree", "update saga_runs set status = 'FAILED'"),
    (
        "money taken is what the order costs, and all of it goes back when the order is cancelled",
        "update orders set payable = payable + 1",
    ),
    ("a PAID order has its goods and its parcel", "delete from deliveries"),
    (
        "a cancelled order has no goods",
        "update saga_runs set status = 'FAILED'; update orders set status = 'CANCELLED'",
    ),
    (
        "stock is reserved only for orders that wait for their payment",
        "update inventory_reservations set state = 'LIVE'",
    ),
    (
        "the parcel of a cancelled order is stopped",
        "update saga_runs set status = 'FAILED'; update orders set status = 'CANCELLED'",
    ),
    ("an order and its parcel agree", "update deliveries set status = 'SHIPPED'"),
    (
        "goods are in stock again exactly when their parcel was stopped or came back",
        "update inventory_reservations set state = 'RETURNED'",
    ),
    ("a line never gets back more than it cost", "update refund_lines set units = 50"),
    ("money goes back for lines that the order has", "update refund_lines set line_number = line_number + 90"),
    (
        "what a balance pays is booked in its wallet, and comes back when the payment comes to nothing",
        "update wallet_entries set reference = 'x' where kind = 'PAYMENT'",
    ),
    (
        "what is given back into a balance is booked in its wallet",
        "update wallet_entries set reference = 'x' where kind = 'REFUND'",
    ),
    ("every order was published", "delete from outbox where topic = 'shopping.order.created'"),
    (
        "an event changes what its kind changes, and leaves nothing below zero",
        "update inventory_events set quantity_change = quantity_change + 1 where event_type = 'COMMITTED'",
    ),
    (
        "an event begins where the one before it ended, and versions are 1..n without a gap",
        "delete from inventory_events where aggregate_version = 1",
    ),
    ("every event belongs to a snapshot", "delete from inventory_snapshots"),
    ("what orders took in the ledger is reserved for them", "delete from inventory_reservations"),
    ("what was kept apart in the ledger is held for somebody", "delete from inventory_holds"),
    ("the snapshot is the fold of its events", "update inventory_snapshots set version = version + 1"),
    ("every reservation belongs to a snapshot", "delete from inventory_snapshots"),
    ("a reservation is what the ledger says", "update inventory_reservations set quantity = quantity + 1"),
    (
        "an order reserves once at each stock",
        "insert into inventory_reservations (order_number, line_no, snapshot_id, user_id, quantity, state,
            reserved_version, settled_version, returned_version, reserved_at, updated_at)
         select order_number, line_no + 50, snapshot_id, user_id, quantity, state, reserved_version, settled_version,
            returned_version, reserved_at, updated_at from inventory_reservations",
    ),
    (
        "the read model has every order as its records say",
        "update orders set updated_at = 1; update payments set updated_at = 1;
         update mv_orders set total_amount = total_amount + 1",
    ),
    ("every order of the read model exists", "update mv_orders set id = id + 1000"),
    (
        "the read model has every payment with an outcome as its records say",
        "update payments set updated_at = 1; update mv_payments set amount = amount + 1",
    ),
    ("every payment of the read model exists and has an outcome", "update mv_payments set id = id + 1000"),
    (
        "the read model has every product as its records say",
        "update products set updated_at = 1; update product_variants set updated_at = 1;
         update inventory_snapshots set updated_at = 1; update mv_products set available_stock = available_stock + 1",
    ),
    (
        "a product's purchases are the units that were sold of it",
        "update mv_products set purchase_count = purchase_count + 1",
    ),
    ("the sums of a user are those of the user's orders", "update mv_users set total_spent = total_spent + 1"),
    ("a user with sums has orders", "delete from mv_orders"),
    ("the sums of a day are those of its orders", "update mv_daily_sales set units = units + 1"),
    ("a day with sums has orders", "delete from mv_orders"),
    ("what was sold of a product on a day is what its orders say", "update mv_daily_products set units = units + 1"),
    ("the products of a day were sold as often as its orders say", "update mv_daily_products set units = units + 1"),
];

/// A queue of one place that counts five admitted users and has passed over one who waits.
const OVERFULL_QUEUE: &str =
    "insert into waiting_queues (id, event_type, event_key, event_id, active, max_capacity, batch_size,
            interval_seconds, admission_seconds, activated_at, changed_at, token_key, version, waiting, entered,
            last_place, lobby_after, admitted_place, admitted_at)
         values (77, 'TIME_DEAL', 'time_deal', 5, 1, 1, 1, 1, 1, 1, 1, 'k', 1, 0, 5, 9, 9, 9, 10);
    insert into queue_entries (queue_id, user_id, visit, status, place, address, joined_at, changed)
         values (77, 'u', 1, 'WAITING', 3, '', 1, 1)";

/// Orders that were delivered, paid, partly refunded and cancelled, and a little of everything else.
pub fn shop_in_every_state(shop: &TestShop) -> (Sender, Product) {
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let pen = shop.product("pen").price(1_000).stock(50).save();
    shop.admin().post("/admin/categories", json!({"name": "Cups"})).must("201");
    let buyer = shop.buyer();
    buys(&buyer, &mug);
    let order = buyer.orders_all(&[(&mug, 2), (&pen, 1)]).must("201").word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    let part = json!({"lines": [{"id": 1, "quantity": 1}], "reason": "broken"});
    shop.admin().post(format!("/payments/{payment}/refund"), part).must("200");
    let cancelled = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.cancels(&cancelled).must("200");
    let coupon = json!({"code": "SPRING", "name": "Spring", "discountType": "FIXED", "discountValue": 1_000,
        "totalQuantity": 5, "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let held = buyer.post(format!("/coupons/{coupon}/issue"), json!({})).must("201").number("/id");
    let mut with_coupon = testkit::order_of(&[(&mug, 1)]);
    with_coupon["userCouponId"] = json!(held);
    let order = buyer.post("/orders", with_coupon).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.buyer().fills_cart(&mug, 1).must("200");
    let deal = json!({"name": "Lunch deal", "heldApart": true, "startsAt": "2026-02-06T00:00:00Z", "endsAt": "2026-02-06T02:00:00Z",
        "products": [{"productId": pen.id, "dealPrice": 700, "dealQuantity": 10, "maxPerUser": 2}]});
    let deal = shop.admin().post("/admin/time-deals", deal).must("201").number("/products/0/id");
    let wanted = json!({"timeDealProductId": deal, "quantity": 1, "shippingAddress": testkit::address()});
    let order = buyer.post("/time-deals/purchase", wanted).must("201").word("/order/orderNumber");
    buyer.pays(&order, "approve").must("201");
    let money = json!({"amount": 50_000, "paymentKey": "approve"});
    buyer.post(format!("/users/{}/balance/charge", buyer.id()), money).must("200");
    let points = json!({"points": 300, "reason": "a birthday"});
    shop.admin().post(format!("/admin/wallets/{}/points", buyer.id()), points).must("201");
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    let paid = buyer.post("/payments", json!({"orderNumber": order, "paymentMethod": "BALANCE"})).must("201");
    let part = json!({"amount": 1_000, "reason": "late"});
    shop.admin().post(format!("/payments/{}/refund", paid.word("/paymentNumber")), part).must("200");
    let elsewhere = json!({"channel": "Market", "channelOrderNumber": "M-1", "sku": mug.sku, "quantity": 1, "unitPrice": 8_000,
        "receiverName": "Kim", "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "Street 1"});
    let import = shop.admin().with("content-type", "application/x-ndjson");
    import.send("POST", "/admin/orders/bulk", Some(elsewhere.to_string().into())).must("200");
    let credentials = json!({"email": "haneul@example.com", "password": "달항아리 일곱 개의 밤"});
    let mut new = credentials.clone();
    new["nickname"] = json!("하늘");
    shop.anonymous().post("/api/v1/users/signup", new).must("201");
    let tokens = shop.anonymous().post("/api/v1/auth/login", credentials).must("200");
    let refresh = json!({"refreshToken": tokens.word("/refreshToken")});
    shop.anonymous().post("/api/v1/auth/refresh", refresh).must("200");
    let user = shop.anonymous().with("authorization", &format!("Bearer {}", tokens.word("/accessToken")));
    for label in ["home", "work"] {
        user.post("/api/v1/users/me/addresses", json!({"label": label, "address": testkit::address()})).must("201");
    }
    goods_that_came_back(shop, &buyer, &mug);
    shop.settle();
    (buyer, mug)
}

/// An order in two parcels, and one of which a unit was returned, one exchanged, and one is being exchanged.
fn goods_that_came_back(shop: &TestShop, buyer: &Sender, mug: &Product) {
    let order = buyer.orders(mug, 2).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    shop.settle();
    let one = json!([{"id": 1, "quantity": 1}]);
    shop.admin().post(format!("/deliveries/order/{order}/parcels"), json!({"lines": one})).must("201");
    let order = buyer.orders(mug, 4).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    crate::wallets::delivered(shop, buyer, &order);
    for (kind, steps) in [
        ("RETURN", &["approve", "receive", "refund"][..]),
        ("EXCHANGE", &["approve", "receive", "exchange"]),
        ("EXCHANGE", &["approve"]),
    ] {
        let asked = json!({"kind": kind, "reason": "DEFECTIVE", "lines": one});
        let number = buyer.post(format!("/orders/{order}/returns"), asked).must("201").word("/returnNumber");
        for step in steps {
            shop.admin().post(format!("/admin/returns/{number}/{step}"), json!({})).must("200");
        }
    }
}

pub fn buys(buyer: &Sender, product: &Product) -> String {
    let order = buyer.orders(product, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    order
}

/// The rules that are broken after these statements, which leave nothing behind.
fn broken_by(shop: &TestShop, damage: &'static str) -> BTreeSet<String> {
    let found = Arc::new(Mutex::new(BTreeSet::new()));
    let keep = Arc::clone(&found);
    let undone = shop.write::<()>(move |tx| {
        for sql in damage.split(';') {
            tx.exec(sql, &[])?;
        }
        for module in assembly::MODULES {
            keep.lock().extend(module.violations(tx)?.into_iter().map(|violation| violation.rule.into_owned()));
        }
        Err(Code::Conflict.error())
    });
    let refused = undone.err().map(|error: Error| format!("{error:?}")).unwrap_or_default();
    assert!(refused.contains("Conflict") || refused.contains("C019"), "{damage}: {refused}");
    found.lock().clone()
}

#[test]
fn every_check_finds_what_breaks_it() {
    let shop = TestShop::open();
    shop_in_every_state(&shop);
    for (rule, damage) in DAMAGES {
        let broken = broken_by(&shop, damage);
        assert!(broken.contains(*rule), "{rule} is not found broken after {damage}, but {broken:?}");
    }
    let known: BTreeSet<&str> = DAMAGES.iter().map(|(rule, _)| *rule).chain(NOT_PLANTED).collect();
    let checks = assembly::MODULES.iter().flat_map(|module| module.checks);
    let unknown: Vec<&str> = checks.map(|check| check.rule).filter(|rule| !known.contains(rule)).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "a new check needs a damage that it finds");
}

/// A scan of a table would make the audit of a large shop one long read. SQLite says how it runs a statement.
#[test]
fn an_index_leads_every_check_to_its_rows() {
    if testdb::wanted() != testdb::Kind::Sqlite {
        return testdb::skip("only SQLite explains every statement in a few words");
    }
    let shop = TestShop::open();
    let mut wrong = Vec::new();
    for check in assembly::MODULES.iter().flat_map(|module| module.checks) {
        let sql = which_are_broken(&[*check]).replace('?', "1");
        let plan = shop.window().lines(&format!("explain query plan {sql}"));
        // each range would look at all rows again that another index leads to
        let first = plan.iter().find(|line| line.contains("SEARCH "));
        let is_by_range = first.is_some_and(|line| line.contains(">? AND ") && !line.contains("=?"));
        if check.over.is_some() && !is_by_range {
            wrong.push(format!("{} is led by another key: {plan:?}", check.rule));
        }
        // the rows of a part of the statement are not a table
        let parts: Vec<&str> = plan
            .iter()
            .filter_map(|line| line.split_once("CO-ROUTINE ").or(line.split_once("MATERIALIZE ")))
            .map(|(_, name)| name)
            .collect();
        let is_part = |line: &str| parts.iter().any(|part| line.ends_with(&format!("SCAN {part}")));
        let is_scan = |line: &&String| line.contains("SCAN ") && !line.contains("CONSTANT") && !is_part(line);
        if plan.iter().filter(is_scan).count() > 0 {
            wrong.push(format!("{} reads a whole table: {plan:?}", check.rule));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_audit_that_was_stopped_goes_on_where_it_stopped() {
    let mut shop = TestShop::open();
    let (buyer, mug) = shop_in_every_state(&shop);
    (0..4).for_each(|_| drop(buys(&buyer, &mug)));
    shop.settle();
    shop.write(|tx| tx.exec("update carts set version = 0", &[])).expect("a damage");
    let whole = shop.wait(server::audit::look_inside(&shop.app())).expect("an audit");
    let steps = |shop: &TestShop, most: usize| {
        let app = shop.app();
        shop.wait(async move {
            let mut stored = match Stored::resumed(&app, "a test").await.expect("a position") {
                Some(stored) => stored,
                None => Stored::begin(&app, "a test", None).await.expect("a pass"),
            };
            stored.pass.rows_at_once = 2;
            let mut done = 0;
            while done < most && stored.step().await.expect("a step") {
                done += 1;
            }
            stored.save().await.expect("it is stored");
            (done, stored.pass.position)
        })
    };
    let (all, _) = {
        let (done, position) = steps(&shop, 1_000);
        shop.wait(async { Stored::forget(&shop.app(), "a test").await }).expect("forgotten");
        (done, position)
    };
    let mut done = 0;
    let found = loop {
        let (more, position) = steps(&shop, 7);
        done += more;
        let shown = shop.admin().get("/admin/audit/progress").must("200");
        assert_eq!(
            (shown.word("/0/askedBy"), shown.json()["data"][0]["full"].clone()),
            ("a test".to_owned(), json!(true))
        );
        if more < 7 {
            break position.found;
        }
        shop.crash();
    };
    assert_eq!(done, all, "no range is looked at twice, and none is left out");
    assert_eq!(found, whole.found);
    assert!(!found.is_empty());
    shop.write(|tx| tx.exec("update carts set version = 1", &[])).expect("a repair");
}

fn broken(shop: &TestShop, query: &str) -> (Value, usize) {
    let audit = shop.admin().post(format!("/admin/audit{query}"), json!({})).must("200");
    (audit.data()["full"].clone(), audit.data()["violations"].as_array().map_or(0, Vec::len))
}

#[test]
fn an_audit_of_what_changed_finds_what_broke_since_the_last_one() {
    let shop = TestShop::open();
    let (buyer, mug) = shop_in_every_state(&shop);
    assert_eq!(broken(&shop, "?changed=true"), (json!(true), 0), "the first one looks at everything");
    shop.later(3 * HOUR);
    let order = buys(&buyer, &mug);
    shop.settle();
    assert_eq!(broken(&shop, "?changed=true"), (json!(false), 0));
    let damage = |sql: &str, order: &str| {
        let (sql, order) = (sql.to_owned(), order.to_owned());
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        shop.write(move |tx| tx.exec(sql, store::args![order])).expect("a damage")
    };
    assert_eq!(damage("update payments set refunded = 5 where order_number = ?", &order), 1);
    let (full, found) = broken(&shop, "?changed=true");
    assert!(full == json!(false) && found > 0, "{found}");
    assert_eq!(damage("update payments set refunded = 0 where order_number = ?", &order), 1);
    // what changes without an event is found by the next audit of everything
    assert!(damage("update payments set refunded = refunded + 5 where order_number <> ?", &order) > 0);
    assert_eq!(broken(&shop, "?changed=true"), (json!(false), 0));
    assert_ne!(broken(&shop, "").1, 0);
    damage("update payments set refunded = refunded - 5 where order_number <> ?", &order);
}

#[test]
fn what_changes_between_two_ranges_raises_no_false_alarm() {
    let shop = TestShop::open();
    let (buyer, mug) = shop_in_every_state(&shop);
    (0..3).for_each(|_| drop(buys(&buyer, &mug)));
    let mut pass = shop.wait(Pass::begin(&shop.app(), None)).expect("a pass");
    pass.rows_at_once = 1;
    let mut paid = Vec::new();
    for step in 0.. {
        if !shop.wait(pass.step()).expect("a step") {
            break;
        }
        match step % 12 {
            3 => paid.push(buys(&buyer, &mug)),
            7 => drop(buyer.orders(&mug, 1)),
            11 => drop(paid.pop().map(|order| buyer.cancels(&order))),
            _ => {}
        }
        // orders would otherwise be placed as fast as they are looked at
        if step == 120 {
            pass.rows_at_once = 100;
        }
    }
    assert_eq!(pass.position.found, []);
}

#[test]
fn an_audit_is_shown_while_it_goes_on() {
    let shop = TestShop::open();
    shop_in_every_state(&shop);
    let seen = Mutex::new(BTreeSet::new());
    let watch = |pass: &Pass| seen.lock().extend(pass.part().map(|(part, _)| part.to_owned()));
    let (by, at_once, watch) = ("a test", 2, &watch);
    let asked = Asked { by, changed: false, thorough: true, anew: true, at_once, period: None, watch };
    let (run, _) = shop.wait(server::audit::run(&shop.app(), asked)).expect("an audit");
    assert_eq!((run.violation_count, run.full), (0, Some(true)));
    assert!(
        ["orders.id", "payments.id", "catalog"].iter().all(|part| seen.lock().contains(*part)),
        "{:?}",
        seen.lock()
    );
    assert_eq!(shop.admin().get("/admin/audit/progress").must("200").json()["data"], json!([]));
}
