//! Lists in a large shop: they are read by the index whose order they have, and not by reading and sorting a table.

use serde_json::json;
use store::Arg;
use testkit::TestShop;

/// Tables with so few rows in any shop that sorting them costs nothing.
const SMALL: &[&str] = &["coupons", "time_deals", "parked_events"];
/// What some list sorts on purpose, as a part of its plan's statement, and why that is bounded.
const SORTED: &[(&str, &str)] = &[
    ("from orders where order_number = ?", "at most one order"),
    ("from orders where user_id = ?", "the orders of one user"),
    ("as u order by u.created_at desc", "so many orders of each status as the page needs"),
    ("status = ? and wake_at is not null", "the sagas that are open now"),
    ("with recursive subtree", "the products of some categories"),
    ("from inventory_snapshots s where s.product_id", "so many entries of each location as the page needs"),
];

#[test]
fn no_list_reads_a_whole_table_to_sort_it() {
    let shop = TestShop::open();
    // the plans of the embedded database are texts that a test can read
    if testdb::wanted() != testdb::Kind::Sqlite {
        return;
    }
    let mut complaints = Vec::new();
    for sql in
        shop.statements().into_iter().filter(|sql| sql.contains("limit ? offset ?") || sql.contains("as counted"))
    {
        for step in plan(&shop, sql) {
            let small = SMALL.iter().any(|table| step.ends_with(table) || step.contains(&format!("{table} ")));
            let sorts = step.contains("TEMP B-TREE FOR") && !SORTED.iter().any(|(part, _)| sql.contains(part));
            let scans = step.starts_with("SCAN") && !step.contains("INDEX") && !sql.contains("as counted");
            let of_rows =
                !["SCAN counted", "SCAN s", "SCAN p", "SCAN u", "SCAN c", "SCAN subtree"].contains(&step.as_str());
            if (sorts && !sql.contains("from coupons") && !sql.contains("from time_deals"))
                || (scans && of_rows && !small)
            {
                complaints.push(format!("{step}: {}", sql.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn plan(shop: &TestShop, sql: &'static str) -> Vec<String> {
    let statement: &'static str = format!("explain query plan {sql}").leak();
    let is_list = sql.match_indices('?').map(|(at, _)| sql[..at].ends_with('['));
    let value = |list| if list { Arg::List(vec![Arg::Text("A")]) } else { Arg::Int(1) };
    let args: Vec<Arg<'static>> = is_list.map(value).collect();
    shop.read(move |tx| {
        tx.query(statement, &args, |row| {
            let [_id, _parent, _unused]: [i64; 3] = [row.next()?, row.next()?, row.next()?];
            row.next::<String>()
        })
    })
}

#[test]
fn sagas_and_dead_letters_are_read_to_their_end_by_cursors() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(50).save();
    let buyer = shop.buyer();
    for _ in 0..5 {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, "decline-expired-card").must("400 S304");
    }
    for _ in 0..3 {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        buyer.pays(&order, "approve").must("201");
    }
    shop.settle();
    let walk = |path: &str| {
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = shop.admin().get(format!("{path}size=2{next}")).must("200").json();
            let rows = page["data"]["content"].as_array().cloned().unwrap_or_default();
            seen.extend(rows.iter().map(|row| row["sagaId"].as_str().unwrap_or_default().to_owned()));
            assert_eq!(page["data"]["totalIsExact"], true);
            match page["data"]["nextCursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return seen,
            }
        }
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let (all, failed, completed) =
        (walk("/admin/sagas?"), walk("/admin/sagas?status=FAILED&"), walk("/admin/sagas?status=COMPLETED&"));
    assert_eq!((all.len(), failed.len(), completed.len()), (8, 5, 3));
    assert_eq!(sorted(all), sorted([failed, completed].concat()));
    assert_eq!(walk("/admin/sagas?status=STARTED&").len(), 0);
    let letters = shop.admin().get("/admin/events?parkedCursor=c0&size=1").must("200");
    assert_eq!(letters.number("/parked/totalElements"), 0);
    shop.admin().get("/admin/events?parkedCursor=x&page=-1").must("400 C002");
}

#[test]
fn a_list_of_orders_refuses_a_range_that_ends_before_it_begins_and_names_what_a_status_may_be() {
    let shop = TestShop::open();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    let both = [(&buyer, "/orders"), (&admin, "/admin/orders")];
    for (who, path) in both {
        for wrong in ["from=2026-02-06&to=2026-02-05", "from=2026-02-06T10:00:00Z&to=2026-02-06T09:00:00Z"] {
            let refused = who.get(format!("{path}?{wrong}")).must("400 C002");
            let detail = &refused.json()["error"]["details"][0];
            assert_eq!((&detail["field"], &detail["message"]), (&json!("from"), &json!("must not be after to")));
        }
        who.get(format!("{path}?from=2026-02-06&to=2026-02-06")).must("200");
        let refused = who.get(format!("{path}?status=EATEN")).must("400 C002");
        let detail = &refused.json()["error"]["details"][0];
        let message = detail["message"].as_str().expect("a message");
        assert!(detail["field"] == "status" && message.starts_with("must be one of PENDING, "), "{detail}");
    }
}
