//! The upload over HTTP.

use crate::tests::MODULES;
use fixture::{Fixture, Response};

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
