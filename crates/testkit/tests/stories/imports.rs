//! Catalogues from files over HTTP: encodings, line ends, arrays, workbooks, amounts, clearing and closing; and files that are
//! broken on purpose.

use crate::workbook::{Cell, workbook};
use encoding_rs::EUC_KR;
use serde_json::{Value, json};
use testkit::{Response, TestShop};

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn uploads(shop: &TestShop, query: &str, kind: &str, file: impl Into<Vec<u8>>) -> Response {
    let path = format!("/admin/products/import{query}");
    shop.admin().with("content-type", kind).send("POST", &path, Some(file.into()))
}

/// The products by sku, as (name, price).
fn stored(shop: &TestShop) -> Vec<(String, String, i64)> {
    let found = shop.admin().get("/admin/products?sort=createdAt,asc&size=100").must("200").data();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let products = found["content"].as_array().unwrap().iter();
    products.map(|one| (text(one, "sku"), text(one, "name"), one["price"].as_i64().unwrap())).collect()
}

fn product(shop: &TestShop, sku: &str) -> Value {
    let found = shop.admin().get("/admin/products?size=100").must("200").data();
    found["content"].as_array().unwrap().iter().find(|one| one["sku"] == sku).cloned().unwrap_or(Value::Null)
}

fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn a_catalogue_is_the_same_in_every_encoding_and_with_every_line_end() {
    let table = "sku,name,price\nA,뚝배기 그릇,9000\nB,\"달, 항아리\",19900\n";
    let wanted = [("A", "뚝배기 그릇", 9_000), ("B", "달, 항아리", 19_900)];
    let wanted = wanted.map(|(sku, name, price)| (sku.to_owned(), name.to_owned(), price));
    let marked = |text: &str| [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat();
    let korean = |text: &str| EUC_KR.encode(text).0.into_owned();
    let shop = TestShop::open();
    for ends in ["\n", "\r\n", "\r"] {
        let text = table.replace('\n', ends);
        for (file, name) in [
            (text.clone().into_bytes(), "UTF-8"),
            (marked(&text), "UTF-8"),
            (korean(&text), "EUC-KR"),
            (utf16(&text, true, false), "UTF-16LE"),
            (utf16(&text, true, true), "UTF-16BE"),
            (utf16(&text, false, false), "UTF-16LE"),
            (utf16(&text, false, true), "UTF-16BE"),
            // the last line has no end
            (text.trim_end().as_bytes().to_vec(), "UTF-8"),
            (utf16(text.trim_end(), false, true), "UTF-16BE"),
        ] {
            let report = uploads(&shop, "", CSV, file).must("200");
            assert_eq!(report.word("/encoding"), name, "{ends:?}");
            assert_eq!((report.number("/rows"), report.number("/refusedRows")), (2, 0), "{name} {ends:?}");
            assert_eq!(stored(&shop), wanted, "{name} {ends:?}");
        }
    }
    for (kind, file) in [
        ("text/csv; charset=cp949", korean(table)),
        ("text/csv; charset=\"EUC-KR\"", korean(table)),
        ("text/csv; charset=utf-16", utf16(table, true, true)),
        ("text/csv; charset=utf-16le", utf16(table, false, false)),
        ("text/csv;charset=UTF-8", marked(table)),
    ] {
        let report = uploads(&shop, "", kind, file).must("200");
        assert_eq!((report.word("/encodingSource"), report.number("/unchanged")), ("GIVEN".to_owned(), 2), "{kind}");
    }
}

#[test]
fn a_file_that_is_no_text_in_one_encoding_stores_nothing() {
    let shop = TestShop::open();
    let table = "sku,name,price\nA,뚝배기,9000\nB,항아리,1000\n";
    let korean = EUC_KR.encode(table).0.into_owned();
    let (head, tail) = korean.split_at(20);
    let with = |bytes: &[u8]| [head, bytes, tail].concat();
    let odd = |mark| [utf16(table, mark, false), vec![b'x']].concat();
    for (what, kind, file) in [
        ("CP949 with a byte that begins nothing", CSV, with(b"\xFF\xFF")),
        ("UTF-8 and CP949 in one file", CSV, [table.as_bytes(), &korean[15..]].concat()),
        ("UTF-16 with the name of UTF-8", "text/csv; charset=utf-8", utf16(table, false, false)),
        ("the mark of UTF-16 and another charset", "text/csv; charset=cp949", utf16(table, true, false)),
        ("an encoding that does not exist", "text/csv; charset=klingon", table.into()),
        ("zeros", CSV, vec![0; 400]),
        ("a program", CSV, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0".repeat(9)),
    ] {
        let refused = uploads(&shop, "", kind, file).must("400 C002");
        assert!(!refused.text().contains("panicked") && stored(&shop).is_empty(), "{what}: {}", refused.text());
    }
    // a character that the end of the file cuts in half costs its row and no more
    for (what, file, rows) in [
        ("CP949", [korean.as_slice(), b"C,\xB6"].concat(), 2),
        ("UTF-8", [table.as_bytes(), b"C,\xEB\x9A"].concat(), 2),
        ("UTF-16 with a mark", odd(true), 2),
        ("UTF-16", odd(false), 2),
    ] {
        let report = uploads(&shop, "", CSV, file).must("200");
        let taken = report.number("/created") + report.number("/unchanged");
        assert_eq!(taken, rows, "{what}: {}", report.text());
        assert_eq!(stored(&shop).len(), 2, "{what}: {}", report.text());
    }
}

#[test]
fn a_file_without_rows_is_never_a_success() {
    let shop = TestShop::open();
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        (CSV, Vec::new()),
        (CSV, b"\n\n\r\n".to_vec()),
        (CSV, b"   ".to_vec()),
        (CSV, b"sku,name,price\n".to_vec()),
        (CSV, b"sku,name,price".to_vec()),
        (CSV, b"sku,name,price\r\r\r".to_vec()),
        (CSV, b"sku,name,price\n,,\n".to_vec()),
        (CSV, b"A,Apple,100\n".to_vec()),
        (CSV, utf16("sku,name,price\r\n", true, false)),
        ("application/json", Vec::new()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b" [ ] \n".to_vec()),
        ("application/json", b"{}".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"[null]".to_vec()),
        ("application/json", b"[[[[".repeat(9_000)),
        ("application/x-ndjson", b"\n\n".to_vec()),
        (XLSX, Vec::new()),
        (XLSX, b"sku,name,price\nA,Apple,100\n".to_vec()),
        (XLSX, workbook(&[])),
        (XLSX, workbook(&[&[Cell::Text("sku"), Cell::Text("name"), Cell::Text("price")]])),
    ];
    files.extend(marks.iter().flat_map(|mark| [(CSV, mark.to_vec()), ("application/json", mark.to_vec())]));
    for (kind, file) in files {
        let shown = String::from_utf8_lossy(&file[..file.len().min(40)]).into_owned();
        let refused = uploads(&shop, "", kind, file);
        assert!(refused.status == 400 && !refused.text().contains("\"C001\""), "{kind} {shown:?}: {}", refused.text());
    }
    assert_eq!(stored(&shop), []);
}

#[test]
fn arrays_and_lines_of_json_are_both_read_whole() {
    let shop = TestShop::open();
    let row = |sku: &str| format!("{{\"sku\":\"{sku}\",\"name\":\"{sku} 컵\",\"price\":100}}");
    let rows = |skus: &[&str]| skus.iter().map(|sku| row(sku)).collect::<Vec<_>>();
    let array = |skus: &[&str]| format!("[{}]", rows(skus).join(","));
    for (kind, file, wanted) in [
        ("application/json", array(&["A", "B"]), 2),
        ("application/json", format!("\u{FEFF}[\n  {}\n]\n", rows(&["A", "B", "C"]).join("\n,\n")), 3),
        ("application/x-ndjson", rows(&["A", "B", "C"]).join("\n"), 3),
        ("application/x-ndjson", rows(&["A", "B", "C"]).join("\r\n") + "\r\n", 3),
        ("application/x-ndjson", array(&["A", "B", "C"]), 3),
        ("application/json", rows(&["A", "B", "C", "D"]).join("\n\n"), 4),
    ] {
        let report = uploads(&shop, "", kind, file.clone()).must("200");
        assert_eq!((report.number("/rows"), report.number("/refusedRows")), (wanted, 0), "{kind} {file}");
        let again = uploads(&shop, "", kind, utf16(&file, !file.starts_with('\u{FEFF}'), false)).must("200");
        assert_eq!(again.number("/unchanged"), wanted, "{kind} {file} in UTF-16: {}", again.text());
    }
    assert_eq!(stored(&shop).len(), 4);
    // the report names what is broken, and what was whole before it is stored
    for (what, file, taken) in [
        ("half an object at the end", format!("[{},{}", row("E"), &row("F")[..20]), 1),
        ("no end of the array", format!("[{},{}", row("E"), row("F")), 2),
        ("rubbish behind the array", format!("{} x", array(&["E", "F"])), 2),
        ("a row that is no object", format!("[{},7,\"x\",{}]", row("E"), row("F")), 2),
        ("half an object in a line", format!("{}\n{}\n{}", row("E"), &row("F")[..20], row("G")), 2),
        ("two commas", format!("[{},,{}]", row("E"), row("F")), 1),
    ] {
        let report = uploads(&shop, "", "application/json", file).must("200");
        let stored = report.number("/created") + report.number("/unchanged");
        assert!(stored >= taken, "{what}: {}", report.text());
        let said = report.number("/refusedRows") > 0 || report.data()["stopped"].is_string();
        assert!(said, "{what} is not reported: {}", report.text());
    }
}

#[test]
fn a_workbook_is_read_as_a_person_sees_it() {
    let shop = TestShop::open();
    let head: &[Cell] = &[Cell::Text("sku"), Cell::Text("name"), Cell::Text("price"), Cell::Text("stock")];
    let file = workbook(&[
        head,
        &[Cell::Text("A"), Cell::Text("머그컵"), Cell::Number("9000"), Cell::Number("5")],
        // a number as text, an inline formula with its result, a date in a column of names
        &[Cell::Number("1001"), Cell::Formula("\"접시 \" &amp; 1", "접시 1"), Cell::Text("19,900"), Cell::Text(" 7 ")],
        &[Cell::Text("D"), Cell::Date("45688"), Cell::FormulaNumber("B2*2", "1.8E4"), Cell::Number("3.0")],
        &[Cell::Text("E"), Cell::Text("error"), Cell::Error("#REF!"), Cell::Number("1")],
        &[Cell::Text("F"), Cell::Text("fraction"), Cell::Number("9000.5"), Cell::Number("1")],
        &[Cell::Text("G"), Cell::Text("half a unit"), Cell::Number("9000"), Cell::Number("0.5")],
        &[Cell::Text("H"), Cell::Text("binary error"), Cell::Number("8999.9999999999991"), Cell::Number("1")],
    ]);
    let report = uploads(&shop, "", XLSX, file.clone()).must("200");
    let refused: Vec<i64> = (0..3).map(|n| report.number(&format!("/refused/{n}/line"))).collect();
    assert_eq!((report.number("/created"), &refused[..]), (4, &[5, 6, 7][..]), "{}", report.text());
    let wanted =
        [("A", "머그컵", 9_000), ("1001", "접시 1", 19_900), ("D", "2025-01-31", 18_000), ("H", "binary error", 9_000)];
    assert_eq!(stored(&shop), wanted.map(|(sku, name, price)| (sku.to_owned(), name.to_owned(), price)));
    assert_eq!(product(&shop, "1001")["stock"], 7);
    // as CSV it is refused with a hint, and half of it is no workbook
    assert!(uploads(&shop, "", CSV, file.clone()).must("400 C002").text().contains("xlsx"));
    for end in [10, file.len() / 2, file.len() - 10] {
        uploads(&shop, "", XLSX, file[..end].to_vec()).must("400 C002");
    }
}

#[test]
fn an_import_clears_closes_and_opens() {
    let shop = TestShop::open();
    let full = "sku,name,price,salePrice,brand,description,status\nA,Mug,9000,8000,Tree,Round,ACTIVE\n";
    uploads(&shop, "", CSV, full).must("200");
    let seen = |name: &str| product(&shop, "A")[name].clone();
    // an empty cell leaves, with blank=clear it clears, and a column that is not there leaves
    let blank = "sku,name,salePrice,brand\nA,Mug,,\n";
    assert_eq!(uploads(&shop, "", CSV, blank).must("200").number("/unchanged"), 1);
    assert_eq!(uploads(&shop, "?blank=leave", CSV, blank).must("200").number("/unchanged"), 1);
    assert_eq!((seen("salePrice"), seen("brand")), (json!(8_000), json!("Tree")));
    assert_eq!(uploads(&shop, "?blank=clear", CSV, blank).must("200").number("/updated"), 1);
    assert_eq!((seen("salePrice"), seen("brand"), seen("description")), (json!(null), json!(null), json!("Round")));
    // what a product cannot lack is not cleared
    let nameless = "sku,name,price\nA,,\n";
    uploads(&shop, "?blank=clear", CSV, nameless);
    assert_eq!((seen("name"), seen("price")), (json!("Mug"), json!(9_000)));
    // in JSON null clears
    uploads(&shop, "", CSV, full).must("200");
    let null = "[{\"sku\":\"A\",\"salePrice\":null,\"description\":null}]";
    assert_eq!(uploads(&shop, "", "application/json", null).must("200").number("/updated"), 1);
    assert_eq!((seen("salePrice"), seen("description"), seen("brand")), (json!(null), json!(null), json!("Tree")));
    for wrong in ["{\"sku\":\"A\",\"name\":null}", "{\"sku\":\"A\",\"price\":null}"] {
        let answer = uploads(&shop, "", "application/x-ndjson", wrong);
        assert!(answer.status == 400 || answer.number("/unchanged") == 1, "{wrong}: {}", answer.text());
    }
    assert_eq!((seen("name"), seen("price")), (json!("Mug"), json!(9_000)));
    // a status closes, opens, deletes and brings back, however it is written
    for (status, wanted) in
        [("INACTIVE", "INACTIVE"), ("active", "ACTIVE"), (" Inactive ", "INACTIVE"), ("ＡＣＴＩＶＥ", "ACTIVE")]
    {
        uploads(&shop, "", CSV, format!("sku,status\nA,{status}\n")).must("200");
        assert_eq!(seen("status"), wanted, "{status:?}");
    }
    uploads(&shop, "", CSV, "sku,status\nA,CLOSED\n").must("400 C002");
    uploads(&shop, "", CSV, "sku,status\nA,DISCONTINUED\n").must("200");
    assert_eq!(product(&shop, "A"), Value::Null);
    uploads(&shop, "", CSV, "sku,status\na,ACTIVE\n").must("200");
    assert_eq!(seen("status"), "ACTIVE");
    for (query, file) in [("?blank=maybe", blank), ("?decimal=dot", blank), ("?encoding=klingon", blank)] {
        uploads(&shop, query, CSV, file).must("400 C002");
    }
}

/// What each amount becomes, in minor units; `None` when it is refused.
fn amounts(currency: &str, query: &str, written: &[(&str, Option<i64>)]) {
    let shop = TestShop::with(1, &[("shop.currency", currency)]);
    for (n, (text, wanted)) in written.iter().enumerate() {
        let row = format!("sku;name;price\nA{n};Mug {n};\"{text}\"\n");
        let answer = uploads(&shop, query, CSV, row);
        match wanted {
            Some(minor) => {
                answer.must("200");
                assert_eq!(product(&shop, &format!("A{n}"))["price"], json!(minor), "{currency} {query} {text:?}");
            }
            None => assert!(answer.status == 400, "{currency} {query} {text:?}: {}", answer.text()),
        }
    }
}

#[test]
fn amounts_in_files_are_what_people_mean_or_refused() {
    amounts(
        "USD",
        "",
        &[
            ("20", Some(2_000)),
            ("1,999.50", Some(199_950)),
            ("1.999,50", Some(199_950)),
            ("1,999", Some(199_900)),
            ("1 999.5", Some(199_950)),
            ("1'999.50", Some(199_950)),
            ("1\u{A0}999.50", Some(199_950)),
            ("1\u{202F}999,50", Some(199_950)),
            ("$19.99", Some(1_999)),
            ("19.99 USD", Some(1_999)),
            ("US$ 19.99", Some(1_999)),
            ("＄１９．９９", Some(1_999)),
            ("１,９９９.５０", Some(199_950)),
            ("19.9", Some(1_990)),
            ("19.990", None),
            ("19.999", None),
            ("1.999", None),
            ("-1", None),
            ("- 1", None),
            ("(5.00)", None),
            ("1e3", None),
            ("1E3", None),
            ("0x10", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            (".", None),
            ("1..5", None),
            ("1,99,9.50", None),
            ("1,999,50", None),
            ("€20", None),
            ("₩20", None),
            ("20%", None),
            ("20 30", None),
            ("٢٠", None),
            ("99999999999999999999", None),
            ("0", None),
            ("0.001", None),
        ],
    );
    amounts("USD", "?decimal=comma", &[("1.999", Some(199_900)), ("19,99", Some(1_999)), ("1,999.50", None)]);
    amounts("USD", "?decimal=point", &[("1.99", Some(199)), ("1,999", Some(199_900)), ("1.999,50", None)]);
    amounts(
        "KRW",
        "",
        &[
            ("20", Some(20)),
            ("1,999", Some(1_999)),
            ("1,999.00", Some(1_999)),
            ("₩ 1,999", Some(1_999)),
            ("1,999원", Some(1_999)),
            ("２０,０００원", Some(20_000)),
            ("1,999.50", None),
            ("$20", None),
            ("-1", None),
            ("1e3", None),
            ("만원", None),
        ],
    );
}
