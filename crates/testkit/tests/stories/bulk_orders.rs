//! Orders from other sales channels, and gifts: a file of them is placed once, by rows that are each right or refused by themselves.

use crate::workbook::{Cell, workbook};
use encoding_rs::EUC_KR;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Response, Sender, TestShop};

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const NDJSON: &str = "application/x-ndjson";
const HEAD: &str = "channel,channelOrderNumber,sku,quantity,unitPrice,shippingFee,paidAmount,giftReason,buyerEmail,receiverName,\
    receiverPhone,zipCode,address1,memo";
const TO: &str = "김하늘,010-1234-5678,04524,세종대로 110,문 앞";

fn sends(by: &Sender, query: &str, kind: &str, file: impl Into<Vec<u8>>) -> Response {
    by.with("content-type", kind).send("POST", &format!("/admin/orders/bulk{query}"), Some(file.into()))
}

fn table(rows: &[&str]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| row.replace("TO", TO)).collect();
    format!("{HEAD}\n{}\n", rows.join("\n"))
}

/// Who reads the mails of the newest account proves it.
fn verifies(shop: &TestShop) {
    shop.settle();
    let events = shop.read(|tx| store::outbox::before(tx, i64::MAX, 100));
    let mut mails = events.iter().filter(|event| *event.topic == *"shopping.account.email-verification-requested");
    let mail: Value = mails.next_back().expect("a mail").read().expect("an event");
    shop.anonymous().post("/api/v1/auth/email-verification", json!({"token": mail["token"]})).must("200");
}

/// Line and code of each refused row.
fn refused(report: &Response) -> Vec<(i64, String)> {
    let rows = report.data()["refused"].as_array().expect("a list").clone();
    rows.iter().map(|row| (row["line"].as_i64().unwrap_or(0), row["code"].as_str().unwrap_or("").to_owned())).collect()
}

fn counts(report: &Response) -> (i64, i64, i64) {
    (report.number("/placed"), report.number("/known"), report.number("/refusedRows"))
}

fn order_of(report: &Response, channel_number: &str) -> String {
    let orders = report.data()["orders"].as_array().expect("a list").clone();
    let found = orders.iter().find(|order| order["channelOrderNumber"] == channel_number);
    found.and_then(|order| order["orderNumber"].as_str()).unwrap_or_else(|| panic!("{}", report.text())).to_owned()
}

#[test]
fn rows_of_an_order_that_are_not_together_are_refused_and_not_taken_for_a_repetition() {
    let shop = TestShop::open();
    let (m, p) = (shop.product("mug").price(9_000).stock(10).save().sku, shop.product("pen").stock(50).save().sku);
    let one = format!("Market,Y-1,{m},1,9000,,,,,TO");
    let other = format!("Market,Y-2,{m},1,9000,,,,,TO");
    let third = format!("market,y-1,{p},3,1000,,,,,TO");
    let file = table(&[&one, &other, &one, &third, &other]);
    for (query, known) in [("?dryRun=true", (2, 0, 3)), ("", (2, 0, 3)), ("", (0, 2, 3))] {
        let report = sends(&shop.admin(), query, CSV, file.clone()).must("200");
        assert_eq!(counts(&report), known, "{}", report.text());
        assert_eq!(refused(&report).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5, 6]);
        assert!(refused(&report).iter().all(|(_, code)| code == "C019") && report.text().contains("from line 2 on"));
    }
    // what is wrong with a first part does not let the second one be an order by itself
    let broken =
        table(&[&format!("Market,Y-3,{m},none,9000,,,,,TO"), &other, &format!("Market,Y-3,{p},1,1000,,,,,TO")]);
    assert_eq!(counts(&sends(&shop.admin(), "", CSV, broken).must("200")), (0, 1, 2));
    shop.settle();
}

#[test]
fn a_file_of_orders_is_placed_once_and_each_wrong_row_says_why() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(10).save();
    let pen = shop.product("pen").price(1_000).stock(50).save();
    let new = json!({"email": "haneul@example.com", "password": "달항아리 일곱 개의 밤", "nickname": "하늘"});
    shop.anonymous().post("/api/v1/users/signup", new).must("201");
    verifies(&shop);
    let (m, p) = (&mug.sku, &pen.sku);
    let rows = [
        format!("Market,M-1,{m},2,\"8,500\",\"3,000\",\"21,000\",,Haneul@Example.com,TO"),
        format!("Market,M-1,{p},1,,,,,,,,,,"),
        format!("Market,M-2,{p},3,,,,an apology,,TO"),
        format!("Market,M-3,{m},40,9000,,,,,TO"),
        "Market,M-4,NONE,1,9000,,,,,TO".to_owned(),
        format!("Market,M-5,{m},1,9000,,8000,,,TO"),
        format!("Market,M-6,{m},1,9000,,,,,,,,,"),
        format!("Market,M-7,{m},1,0,,,,,TO"),
        format!("Market,M-8,{m},1,9000,,,,mina@example.com,TO"),
        format!("Store,M-8,{m},0,9000,,,,,TO"),
        format!("Store,M-9,{p},2,,500,2500,,mina@example.com,TO"),
    ];
    let file = table(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let wrong = [(5, "S402"), (6, "S001"), (7, "S210"), (8, "S211"), (9, "C002"), (11, "C002")];
    let wrong: Vec<(i64, String)> = wrong.map(|(line, code)| (line, code.to_owned())).into();

    let tried = sends(&shop.admin(), "?dryRun=true", CSV, file.clone()).must("200");
    assert_eq!((counts(&tried), refused(&tried)), ((4, 0, 6), wrong.clone()), "{}", tried.text());
    assert_eq!(tried.data()["orders"][0]["orderNumber"], Value::Null);
    assert_eq!(shop.admin().get("/admin/orders").number("/totalElements"), 0);

    let korean = EUC_KR.encode(&file).0.into_owned();
    let report = sends(&shop.admin(), "", CSV, korean).must("200");
    assert_eq!((counts(&report), refused(&report), report.word("/encoding")), ((4, 0, 6), wrong, "EUC-KR".to_owned()));
    assert_eq!((shop.stock_of(&mug), shop.stock_of(&pen)), ((7, 0, 7), (44, 0, 44)));
    let again = sends(&shop.admin(), "", CSV, file.clone()).must("200");
    assert_eq!(counts(&again), (0, 4, 6));
    assert_eq!(order_of(&again, "M-1"), order_of(&report, "M-1"));
    // what was short is placed when there is enough, and only that
    let more = json!({"delta": 60});
    shop.admin().patch(format!("/admin/products/{}/stock", mug.id), more).must("200");
    assert_eq!(counts(&sends(&shop.admin(), "", CSV, file.clone()).must("200")), (1, 4, 5));
    // the same number with something else is no order that is known
    let other = file.replace(&format!("M-2,{p},3"), &format!("M-2,{p},4"));
    let changed = sends(&shop.admin(), "", CSV, other).must("200");
    assert!(refused(&changed).contains(&(4, "C019".to_owned())), "{}", changed.text());

    // the buyer sees the order with where it was placed, and support finds it by the channel's number
    let number = order_of(&report, "M-1");
    let seen = shop.admin().get(format!("/admin/orders/{number}")).must("200");
    assert_eq!((seen.word("/status"), seen.number("/finalAmount")), ("PAID".to_owned(), 21_000));
    assert_eq!(
        (seen.word("/origin/channel"), seen.word("/origin/channelOrderNumber")),
        ("Market".into(), "M-1".into())
    );
    assert_eq!((seen.word("/payments/0/paymentMethod"), seen.number("/payments/0/amount")), ("CHANNEL".into(), 21_000));
    let found = shop.admin().get("/admin/orders?keyword=M-1").must("200");
    assert_eq!(found.word("/content/0/orderNumber"), number);
    let credentials = json!({"email": "haneul@example.com", "password": "달항아리 일곱 개의 밤"});
    let token = shop.anonymous().post("/api/v1/auth/login", credentials).must("200").word("/accessToken");
    let buyer = shop.anonymous().with("authorization", &format!("Bearer {token}"));
    assert_eq!(buyer.get("/orders").must("200").number("/totalElements"), 1);
    let guest = |channel_number: &str| {
        let order = order_of(&report, channel_number);
        shop.admin().get(format!("/admin/orders/{order}")).must("200").word("/userId")
    };
    assert_eq!(guest("M-8"), guest("M-9"), "the same e-mail is the same guest");
    assert_ne!(guest("M-2"), guest("M-8"));
}

#[test]
fn money_that_a_channel_took_goes_back_there_and_earns_nothing() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(10).save();
    let m = &mug.sku;
    let rows = [
        format!("Market,M-1,{m},2,8500,3000,,,,TO"),
        format!("Market,M-2,{m},1,,,,a review,,TO"),
        format!("Market,M-3,{m},1,9000,,,,,TO"),
    ];
    let report = sends(&shop.admin(), "", CSV, table(&rows.iter().map(String::as_str).collect::<Vec<_>>())).must("200");
    let orders = ["M-1", "M-2", "M-3"].map(|number| order_of(&report, number));
    shop.settle();
    let payment = shop.admin().get(format!("/admin/orders/{}", orders[0])).word("/payments/0/paymentNumber");
    let part = json!({"lines": [{"id": 1, "quantity": 1}], "reason": "one came broken"});
    shop.admin().post(format!("/payments/{payment}/refund"), part).must("200");
    let seen = shop.admin().get(format!("/admin/orders/{}", orders[0])).must("200");
    assert_eq!((seen.number("/refunds/0/amount"), seen.word("/refunds/0/status")), (8_500, "COMPLETED".to_owned()));
    // a gift and a paid order are cancelled with their goods; no gateway is asked
    for order in &orders[1..] {
        shop.admin().cancels(order).must("200");
    }
    assert_eq!(shop.stock_of(&mug), (8, 0, 8));
    assert!(orders.iter().all(|order| shop.captures_of(order).is_empty() && shop.refunds_of(order).is_empty()));
    let user = seen.word("/userId");
    let tracking = seen.word("/delivery/trackingNumber");
    shop.delivers(&tracking);
    shop.later(Duration::from_secs(30 * 86_400));
    let wallet = shop.admin().get(format!("/admin/wallets/{user}")).must("200");
    assert_eq!((wallet.number("/points/points"), wallet.number("/balance/balance")), (0, 0));
    let explained = shop.admin().get(format!("/admin/orders/{}/explain", orders[0])).must("200");
    assert!(explained.text().contains("PLACED_ELSEWHERE"), "{}", explained.text());
    // the money has rows of its own in reports, beside what a gateway and the shop have
    let settlement = shop.admin().get("/admin/reports/settlement?from=2026-02-06&to=2026-02-06").must("200");
    let rows = settlement.data()["rows"].as_array().expect("rows").clone();
    let of_channel = rows.iter().find(|row| row["gateway"] == "CHANNEL").expect("a row of the channel");
    assert_eq!((&of_channel["grossAmount"], &of_channel["refundAmount"]), (&json!(29_000), &json!(17_500)));
    assert_eq!((rows.len(), &of_channel["gatewayFee"]), (1, &json!(0)));
    let body = json!({"orderNumber": orders[0], "paymentMethod": "CHANNEL"});
    shop.buyer().post("/payments", body).must("400 S307");
}

#[test]
fn orders_in_json_have_lines_and_are_reported_as_a_stream() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(500).save();
    let to = json!({"receiverName": "Kim", "receiverPhone": "010-1234-5678", "zipCode": "04524", "주소": "Street 1"});
    let order = |n: usize, members: Value| {
        let mut all = to.clone();
        all["channelOrderNumber"] = json!(n);
        all.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        all.to_string()
    };
    let mut lines: Vec<String> =
        (0..120).map(|n| order(n, json!({"sku": mug.sku, "quantity": 1, "unitPrice": 900 + n}))).collect();
    let several = json!([{"sku": mug.sku, "quantity": 2, "unitPrice": 500}, {"sku": mug.sku, "quantity": 1}]);
    lines.push(order(200, json!({ "lines": several })));
    lines.push(order(201, json!({"lines": [{"sku": "NONE", "quantity": 1}, {"sku": mug.sku, "quantity": 1}]})));
    lines.push(order(202, json!({"sku": mug.sku, "quantity": 1, "colour": "red"})));
    lines.push("{\"sku\": ".to_owned());
    let file = lines.join("\n");
    let query = "?set=channel%3DMarket&map=address1%3D%EC%A3%BC%EC%86%8C";
    for (language, is_korean) in [("en", false), ("ko", true)] {
        let by = shop.admin().with("accept", NDJSON).with("accept-language", language);
        let answer = sends(&by, query, NDJSON, file.clone()).must("200");
        let found: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of = |name: &str| found.iter().filter(|line| line[name].is_object()).count();
        assert_eq!((of("placed"), of("refused")), (121, 3), "{}", answer.text());
        let report = &found[found.len() - 1]["report"];
        let placed = if is_korean { ("known", 121) } else { ("placed", 121) };
        assert_eq!((&report[placed.0], &report["refusedRows"]), (&json!(placed.1), &json!(3)));
        let reasons = found.iter().filter_map(|line| line["refused"]["reason"].as_str());
        let has_hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        assert!(reasons.clone().all(|reason| has_hangul(reason) == is_korean), "{:?}", reasons.collect::<Vec<_>>());
    }
    let all = shop.admin().get("/admin/orders").must("200");
    assert_eq!(all.number("/totalElements"), 121);
    assert_eq!(shop.stock_of(&mug), (377, 0, 377));
    // two people send the same file at once
    let more: String =
        (300..340).map(|n| order(n, json!({"sku": mug.sku, "quantity": 1, "unitPrice": 100})) + "\n").collect();
    let answers = shop.at_once(2, |_| sends(&shop.admin(), query, NDJSON, more.clone()));
    assert_eq!(answers.count("200"), 2, "{:?}", answers.summary());
    assert_eq!((shop.stock_of(&mug), shop.admin().get("/admin/orders").number("/totalElements")), ((337, 0, 337), 161));
}

#[test]
fn files_that_are_no_orders_are_refused_whole() {
    let shop = TestShop::open();
    let row = "Market,M-1,NONE,1,9000,,,,,TO";
    for (kind, query, file) in [
        (CSV, "", "channel,channelOrderNumber,sku\nMarket,1,A\n".to_owned()),
        (CSV, "", table(&[])),
        (CSV, "", table(&[row])),
        (CSV, "?colour=red", table(&[row])),
        (CSV, "?map=colour%3Dsku", table(&[row])),
        (CSV, "?set=sku%3D", table(&[row])),
        (NDJSON, "", "[]".to_owned()),
        (NDJSON, "", "7".to_owned()),
    ] {
        let answer = sends(&shop.admin(), query, kind, file);
        assert_eq!(answer.summary(), "400 C002", "{query}: {}", answer.text());
    }
    assert_eq!(sends(&shop.admin(), "", "text/html", "x").summary(), "415 C011");
    assert_eq!(sends(&shop.buyer(), "", CSV, table(&[row])).summary(), "403 A002");
    assert_eq!(shop.admin().get("/admin/orders").number("/totalElements"), 0);
}

#[test]
fn rows_that_cannot_be_read_are_reported_while_the_file_is_read() {
    let shop = TestShop::open();
    let report = sends(&shop.admin().with("accept", NDJSON), "", NDJSON, "7\n".repeat(3_000)).text();
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let progress = lines.iter().filter(|line| line.get("progress").is_some());
    assert!(progress.count() >= 3, "not all at the end, from memory: {report:.2000}");
    assert_eq!(lines.iter().filter(|line| line.get("refused").is_some()).count(), 3_000);
}

/// Row, number and code of each refused row, in the order of the report.
fn refused_rows(list: &Value) -> Vec<(i64, String, String)> {
    let word = |row: &Value, name: &str| row[name].as_str().unwrap_or("").to_owned();
    let one = |row: &Value| (row["row"].as_i64().unwrap_or(0), word(row, "channelOrderNumber"), word(row, "code"));
    list.as_array().expect("a list").iter().map(one).collect()
}

#[test]
fn the_same_orders_in_any_kind_of_file_give_the_same_report() {
    let wrong = [(2, "S001"), (3, "C002"), (4, "S402"), (6, "S001"), (7, "S211")];
    let wrong: Vec<(i64, String, String)> =
        wrong.iter().map(|(n, code)| (*n, format!("M-{n}"), (*code).into())).collect();
    for kind in ["csv", "lines", "pretty", "one line"] {
        let shop = TestShop::open();
        let mug = shop.product("mug").price(9_000).stock(475).save();
        let order = |n: usize, sku: &str, quantity: i64, zip: &str| {
            json!({"channel": "Market", "channelOrderNumber": format!("M-{n}"), "sku": sku, "quantity": quantity,
                "receiverName": "Kim", "receiverPhone": "010-1234-5678", "zipCode": zip, "address1": "Street 1"})
        };
        let orders = [
            order(1, &mug.sku, 1, "04524"),
            order(2, "NONE", 1, "04524"),
            order(3, &mug.sku, 0, "04524"),
            order(4, &mug.sku, 9_999, "04524"),
            order(5, &mug.sku, 1, "04524"),
            order(6, "NONE", 1, "04524"),
            order(7, &mug.sku, 1, ""),
        ];
        let names = [
            "channel",
            "channelOrderNumber",
            "sku",
            "quantity",
            "receiverName",
            "receiverPhone",
            "zipCode",
            "address1",
        ];
        let cells = |order: &Value| names.map(|name| order[name].to_string().replace('"', "")).join(",");
        let (content, file) = match kind {
            "csv" => {
                (CSV, [names.join(",")].into_iter().chain(orders.iter().map(cells)).collect::<Vec<_>>().join("\n"))
            }
            "lines" => (NDJSON, orders.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")),
            "pretty" => ("application/json", serde_json::to_string_pretty(&orders).expect("JSON")),
            _ => ("application/json", json!(orders).to_string()),
        };
        let tried = sends(&shop.admin(), "?dryRun=true", content, file.clone()).must("200");
        let report = sends(&shop.admin(), "", content, file.clone()).must("200");
        for report in [&tried, &report] {
            assert_eq!((report.number("/rows"), counts(report)), (7, (2, 0, 5)), "{kind}: {}", report.text());
            assert_eq!(refused_rows(&report.data()["refused"]), wrong, "{kind}");
        }
        let short = format!("not enough stock: {} only 474 left", mug.sku);
        assert_eq!(report.word("/refused/2/reason"), short);
        // an order has the position of its first row, too
        let at: Vec<i64> = (0..2).map(|n| report.number(&format!("/orders/{n}/row"))).collect();
        assert_eq!(at, [1, 5], "{kind}");
        let stream = sends(&shop.admin().with("accept", NDJSON), "", content, file).must("200");
        let lines: Vec<Value> = stream.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let found = lines.iter().filter(|line| line["refused"].is_object()).map(|line| line["refused"].clone());
        assert_eq!(refused_rows(&found.collect()), wrong, "{kind}");
    }
}

#[test]
fn an_object_of_json_is_one_row_however_many_lines_it_has() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(475).save();
    let order = |n: usize, lines: usize, sku: &str| {
        let lines: Vec<Value> = (0..lines).map(|_| json!({"sku": sku, "quantity": 1})).collect();
        json!({"channelOrderNumber": format!("M-{n}"), "receiverName": "Kim", "receiverPhone": "010-1234-5678",
            "zipCode": "04524", "address1": "Street 1", "lines": lines})
    };
    // two objects of one order that has too many lines together, orders that are short, and one that is right
    let orders = json!([order(1, 150, &mug.sku), order(1, 150, &mug.sku), order(2, 3, "NONE"), order(3, 2, &mug.sku)]);
    let report = sends(&shop.admin(), "?set=channel%3DMarket", "application/json", orders.to_string()).must("200");
    assert_eq!((report.number("/rows"), counts(&report)), (4, (1, 0, 3)), "{}", report.text());
    let rows: Vec<i64> = refused_rows(&report.data()["refused"]).into_iter().map(|(row, ..)| row).collect();
    assert_eq!(rows, [1, 2, 3]);
}

#[test]
fn long_numbers_of_a_workbook_keep_every_digit() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let head = ["sku", "name", "price", "stock"].map(Cell::Text);
    let goods = [
        head.as_slice(),
        &[Cell::Number("8801234567890121"), Cell::Text("mug"), Cell::Number("9000"), Cell::Number("10")],
        &[Cell::Number("8801234567890122"), Cell::Text("cup"), Cell::Number("9000.0000000000002"), Cell::Number("10")],
        &[Cell::Number("88012345678901234"), Cell::Text("pen"), Cell::Number("9000"), Cell::Number("10")],
    ];
    let import = admin.with("content-type", XLSX).send("POST", "/admin/products/import", Some(workbook(&goods)));
    let report = import.must("200");
    assert_eq!((report.number("/created"), report.number("/refusedRows")), (2, 1), "{}", report.text());
    assert!(report.word("/refused/0/reason").contains("save this column as text"), "{}", report.text());

    let head =
        ["channel", "channelOrderNumber", "sku", "quantity", "receiverName", "receiverPhone", "zipCode", "address1"];
    let head = head.map(Cell::Text);
    let order = |number: &'static str, sku: &'static str| {
        [Cell::Text("Market"), Cell::Number(number), Cell::Number(sku), Cell::Number("1")]
            .into_iter()
            .chain(["Kim", "010-1234-5678", "04524", "Street 1"].map(Cell::Text))
            .collect::<Vec<_>>()
    };
    let orders = [
        order("2026112812652791", "8801234567890121"),
        order("2026112812652792", "8801234567890121"),
        order("2026112812652793", "8801234567890122"),
        order("20261128126527931", "8801234567890122"),
    ];
    let rows: Vec<&[Cell<'_>]> = [head.as_slice()].into_iter().chain(orders.iter().map(Vec::as_slice)).collect();
    let report = sends(&admin, "", XLSX, workbook(&rows)).must("200");
    assert_eq!(counts(&report), (3, 0, 1), "{}", report.text());
    let numbers: Vec<String> = (0..3).map(|n| report.word(&format!("/orders/{n}/channelOrderNumber"))).collect();
    assert_eq!(numbers, ["2026112812652791", "2026112812652792", "2026112812652793"]);
    assert_eq!(refused(&report), [(5, "C002".to_owned())]);
}

#[test]
fn who_signs_up_with_an_e_mail_of_somebody_else_gets_none_of_their_orders() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(10).save();
    let email = "victim@example.com";
    let new = json!({"email": email, "password": "달항아리 일곱 개의 밤", "nickname": "누군가"});
    shop.anonymous().post("/api/v1/users/signup", new).must("201");
    let credentials = json!({"email": email, "password": "달항아리 일곱 개의 밤"});
    let token = shop.anonymous().post("/api/v1/auth/login", credentials).must("200").word("/accessToken");
    let account = shop.anonymous().with("authorization", &format!("Bearer {token}"));
    let placed = |number: &str, email: &str| {
        let row = format!("Market,{number},{},1,9000,,,,{email},TO", mug.sku);
        order_of(&sends(&shop.admin(), "", CSV, table(&[&row])).must("200"), number)
    };
    let to =
        json!({"receiverName": "Thief", "receiverPhone": "010-9999-9999", "zipCode": "04524", "address1": "Street 2"});

    let first = [placed("M-1", email), placed("M-2", "VICTIM@example.com"), placed("M-3", "ｖictim@example.com")];
    assert_eq!(account.get("/orders").must("200").number("/totalElements"), 0);
    for order in &first {
        let answers = [
            account.get(format!("/orders/{order}")),
            account.put(format!("/orders/{order}/address"), to.clone()),
            account.post(format!("/orders/{order}/cancel"), json!({"reason": "mine"})),
            account.post(format!("/orders/{order}/reorder"), json!({})),
            account.get(format!("/deliveries/order/{order}")),
        ];
        for answer in answers {
            assert!(answer.summary().starts_with("40"), "{}", answer.text());
        }
    }
    let buyer = |order: &str| shop.admin().get(format!("/admin/orders/{order}")).must("200").word("/userId");
    assert!(first.iter().all(|order| buyer(order) == buyer(&first[0])), "one buyer in every spelling");

    // who reads the mails of the address gets what is placed from then on, and not what was placed before
    verifies(&shop);
    let later = placed("M-4", "Victim@Example.com");
    let list = account.get("/orders").must("200");
    assert_eq!((list.number("/totalElements"), list.word("/content/0/orderNumber")), (1, later));
    account.get(format!("/orders/{}", first[0])).must("403 S212");
}
