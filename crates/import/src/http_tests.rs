//! The upload over HTTP.

use crate::tests::MODULES;
use fixture::{Fixture, Response};

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
    assert_eq!(uploads(&shop, "", "application/json", "{}").status, 415);
    for query in ["?map=sku", "?colour=red", "?sameNames=maybe", "?map=sku%3Dnothing"] {
        assert_eq!(uploads(&shop, query, csv, "no,title\n").status, 400, "{query}");
    }
}
