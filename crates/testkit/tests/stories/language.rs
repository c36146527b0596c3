//! How failures look to a client: the envelope, problem+json, Korean; and the parts of responses that every client relies on.

use testkit::TestShop;

#[test]
fn a_failure_has_one_shape() {
    let shop = TestShop::open();
    let response = shop.anonymous().get("/products/999").must("404 S001");
    let json = response.json();
    assert_eq!(json["success"], false);
    assert_eq!(json["error"]["path"], "/api/v1/shopping/products/999");
    assert!(json["error"]["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{json}");
    assert!(json["error"]["traceId"].is_string(), "{json}");
    assert_eq!(response.header("content-type"), "application/json");
}

#[test]
fn a_problem_is_written_on_request() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let buyer = shop.buyer().with("accept", "application/problem+json");
    let problem = buyer.orders(&mug, 2).must("400 S402");
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let json = problem.json();
    assert_eq!((json["status"].as_i64(), json["code"].as_str()), (Some(400), Some("S402")));
    assert!(json["type"].is_string() && json["title"].is_string() && json["instance"].is_string(), "{json}");
    assert_eq!(json["details"][0]["productId"], mug.id);
}

#[test]
fn a_failure_is_in_korean_for_callers_who_ask_for_korean() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let buyer = shop.buyer();
    let english = buyer.orders(&mug, 2).must("400 S402").json();
    assert!(english["error"]["message"].as_str().unwrap().contains("not enough stock"));
    let korean = buyer.with("accept-language", "ko-KR,ko;q=0.9,en;q=0.5").orders(&mug, 2).must("400 S402").json();
    assert!(korean["error"]["message"].as_str().unwrap().contains("재고가 부족합니다"), "{korean}");
    let problem = buyer.with("accept-language", "ko").with("accept", "application/problem+json").orders(&mug, 2);
    assert!(problem.text().contains("재고가 부족합니다"));
}

#[test]
fn a_success_without_payload_is_exactly_success() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let gone = shop.admin().delete(format!("/admin/products/{}", mug.id)).must("200");
    assert_eq!(gone.text(), r#"{"success":true}"#);
}

#[test]
fn unknown_paths_and_unknown_methods_have_different_codes() {
    let shop = TestShop::open();
    shop.anonymous().get("/nothing/here").must("404 C003");
    shop.anonymous().get("/api/v2/shopping/products").must("404 C003");
    shop.anonymous().send("PATCH", "/cart", None).must("405 C009");
    shop.anonymous().get("/healthz").must("200");
    shop.anonymous().get("/readyz").must("200");
    shop.anonymous().get("/openapi.json").must("200");
}

#[test]
fn pages_have_one_shape_and_a_limit() {
    let shop = TestShop::open();
    for n in 0..5 {
        shop.product(&format!("thing {n}")).save();
    }
    let page = shop.anonymous().get("/products?page=1&size=2&sort=name,asc").must("200").data();
    assert_eq!(
        (page["page"].as_i64(), page["size"].as_i64(), page["totalElements"].as_i64()),
        (Some(1), Some(2), Some(5))
    );
    assert_eq!((&page["totalPages"], &page["first"], &page["last"]), (&3.into(), &false.into(), &false.into()));
    assert_eq!(page["content"].as_array().map(Vec::len), Some(2));
    for query in ["size=101", "size=0", "page=-1", "page=x", "sort=password,asc", "size=9999999999999999999999"] {
        shop.anonymous().get(format!("/products?{query}")).must("400 C002");
    }
}

#[test]
fn every_response_names_its_request() {
    let shop = TestShop::open();
    let given = shop.anonymous().with("x-request-id", "web-7").get("/products");
    assert_eq!(given.header("x-request-id"), "web-7");
    assert!(!shop.anonymous().get("/products").header("x-request-id").is_empty());
}
