//! The upload over HTTP.

use crate::tests::MODULES;
use fixture::{Fixture, Response};

#[test]
fn every_refused_row_is_a_line_of_a_stream() {
    let shop = Fixture::of(MODULES);
    let sends = |accept: &str, file: String| {
        let caller = shop.seller(1).with("content-type", "text/csv").with("accept", accept);
        caller.send("POST", "/admin/products/import", Some(file.into_bytes()))
    };
    let rows = (0..1_500).map(|n| format!("R{n},,1\n")).collect::<String>();
    let file = format!("sku,name,price\nA,Apple,100\n{rows}");
    let short = sends("application/json", file.clone()).must("200").data();
    assert_eq!((&short["refusedRows"], short["refused"].as_array().unwrap().len()), (&1_500.into(), 1_000));
    let lines = |response: &Response| -> Vec<serde_json::Value> {
        response.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = lines(&sends("application/x-ndjson", file).must("200"));
    assert_eq!(all.iter().filter(|line| line["refused"].is_object()).count(), 1_500);
    let last = &all[all.len() - 1]["report"];
    assert_eq!(
        (&last["unchanged"], &last["refusedRows"], &last["refused"]),
        (&1.into(), &1_500.into(), &serde_json::json!([]))
    );
    let nothing = format!("sku,name,price\n{rows}");
    let refused = sends("application/json", nothing.clone()).must("400 C002");
    assert!(refused.text().contains("none of the 1500 rows could be stored"), "{}", refused.text());
    let all = lines(&sends("application/x-ndjson", nothing).must("200"));
    assert_eq!(all[all.len() - 1]["error"]["code"], "C002");
    assert_eq!(sends("application/x-ndjson", "name\nA\n".to_owned()).must("400 C002").status, 400);
}

#[test]
fn the_charset_of_an_upload_is_obeyed_and_said() {
    let shop = Fixture::of(MODULES);
    let file = encoding_rs::EUC_KR.encode("sku,name,price\nA,뚝배기,\"9,000\"\n").0.into_owned();
    let sends = |query: &str, kind: &str| {
        let path = format!("/admin/products/import{query}");
        shop.seller(1).with("content-type", kind).send("POST", &path, Some(file.clone()))
    };
    assert_eq!(sends("", "text/csv; charset=utf-8").must("400 C002").status, 400);
    assert_eq!(sends("", "text/csv; charset=klingon").must("400 C002").status, 400);
    let report = sends("", "text/csv").must("200").data();
    assert_eq!((&report["encoding"], &report["encodingSource"]), (&"EUC-KR".into(), &"CONTENT".into()));
    for (query, kind) in [("", "text/csv; charset=\"cp949\""), ("?encoding=cp949", "text/csv; charset=utf-8")] {
        let report = sends(query, kind).must("200").data();
        assert_eq!((&report["unchanged"], &report["encodingSource"]), (&1.into(), &"GIVEN".into()), "{query} {kind}");
    }
    let found = shop.seller(1).get("/admin/products").must("200").data();
    assert_eq!((&found["content"][0]["name"], &found["content"][0]["price"]), (&"뚝배기".into(), &9_000.into()));
}

#[test]
fn a_file_without_rows_is_refused_in_a_stream_too() {
    let shop = Fixture::of(MODULES);
    for (kind, file) in [("text/csv", "sku,name,price\n"), ("application/json", "[]"), ("text/csv", "")] {
        let caller = shop.seller(1).with("content-type", kind).with("accept", "application/x-ndjson");
        let refused = caller.send("POST", "/admin/products/import", Some(file.as_bytes().to_vec()));
        assert_eq!((refused.status, refused.text().contains("C002")), (400, true), "{kind} {file}: {}", refused.text());
    }
}

fn uploads(shop: &Fixture, query: &str, kind: &str, body: &str) -> Response {
    let path = format!("/admin/products/import{query}");
    shop.seller(1).with("content-type", kind).send("POST", &path, Some(body.as_bytes().to_vec()))
}

#[test]
fn a_catalogue_is_uploaded() {
    let shop = Fixture::of(MODULES);
    let csv = "text/csv; charset=utf-8";
    let query = "?map=sku%3Dno&map=name%3D%7Btitle%7D&set=price%3D100&status=DRAFT";
    let report = uploads(&shop, query, csv, "no,title\nA,Apple\nB,\nC,Corn\n").must("200").data();
    assert_eq!((&report["created"], &report["refused"][0]["line"]), (&2.into(), &3.into()));
    assert_eq!((&report["refused"][0]["sku"], &report["refused"][0]["code"]), (&"B".into(), &"C002".into()));
    let row = "{\"sku\":\"D\",\"name\":\"Dill\",\"price\":5}";
    assert_eq!(uploads(&shop, "", "application/x-ndjson", row).must("200").data()["created"], 1);
    let listed = |state: &str| shop.seller(1).get(format!("/admin/products?status={state}")).must("200").data();
    assert_eq!((&listed("DRAFT")["totalElements"], &listed("ACTIVE")["totalElements"]), (&2.into(), &1.into()));
    assert_eq!(uploads(&shop, "", "text/html", "{}").status, 415);
    for query in ["?map=sku", "?colour=red", "?sameNames=maybe", "?map=sku%3Dnothing"] {
        assert_eq!(uploads(&shop, query, csv, "no,title\n").status, 400, "{query}");
    }
}
