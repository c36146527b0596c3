//! The routes of catalogue and merchandising through a real router, with real tokens.

use crate::tests::MODULES;
use fixture::Fixture;
use web::Role;

const MUG: &str = r#"{"sku":"MUG","name":"Mug","price":9000,"stock":3,"category":"Kitchen > Cups","imageUrl":"m.jpg"}"#;

#[test]
fn a_page_comes_from_the_cache_until_something_changes() {
    let shop = Fixture::of(MODULES);
    let admin = shop.caller(1, Role::Admin);
    let made = admin.request("POST /admin/products", MUG);
    assert_eq!((made.status, made.header("location")), (201, "/api/v1/shopping/products/1".to_owned()));
    let page = shop.anonymous().get("/products/1").json();
    assert_eq!((&page["data"]["stock"], &page["data"]["variants"][0]["sku"]), (&3.into(), &"MUG".into()));
    let set = admin.request("PATCH /admin/products/1/stock", r#"{"stock":8,"expected":3}"#);
    assert_eq!((set.status, &set.json()["data"]["stock"]), (200, &8.into()));
    let fresh = shop.anonymous().get("/products/1").json();
    assert_eq!(fresh["data"]["stock"], 8, "a client reads what it has written, before the relay comes by");
    let before = shop.db().counts().statements;
    assert_eq!(shop.anonymous().get("/products/1").json(), fresh);
    assert_eq!(shop.anonymous().get("/products/1/with-reviews").json()["data"]["stock"], 8);
    assert_eq!(shop.db().counts().statements, before, "neither page costs a statement");
    let closed = admin.with("if-match", "\"1\"").request("PATCH /admin/products/1/close", "");
    assert_eq!(closed.json()["data"]["status"], "INACTIVE");
    shop.relay();
    let gone = shop.anonymous().get("/products/1");
    assert_eq!(gone.summary(), "404 S001");
    let back = admin.with("if-match", "\"1\"").request("PATCH /admin/products/1/publish", "");
    assert_eq!((back.status, &back.json()["error"]["details"][0]["currentVersion"]), (409, &2.into()));
    let back = admin.request("PATCH /admin/products/1/publish", "");
    assert_eq!((back.status, &back.json()["data"]["version"]), (200, &3.into()));
    let reviews = shop.anonymous().get("/products/1/with-reviews").json();
    assert_eq!((&reviews["data"]["reviewsAvailable"], &reviews["data"]["name"]), (&false.into(), &"Mug".into()));
}

#[test]
fn every_role_may_do_what_its_routes_allow() {
    let shop = Fixture::of(MODULES);
    let (buyer, seller, other) =
        (shop.caller(1, Role::User), shop.caller(2, Role::Seller), shop.caller(3, Role::Seller));
    let (admin, service) = (shop.caller(4, Role::Admin), shop.caller(5, Role::Service));
    let plain = r#"{"name":"Mine","price":5}"#;
    for path in ["/products", "/admin/products"] {
        let line = format!("POST {path}");
        assert_eq!(shop.anonymous().request(&line, plain).status, 401);
        assert_eq!(buyer.request(&line, plain).status, 403);
    }
    assert_eq!(seller.request("POST /products", plain).status, 201);
    for (line, body) in [
        ("PUT /products/1", plain),
        ("PUT /admin/products/1", plain),
        ("PATCH /admin/products/1/stock", r#"{"stock":1}"#),
        ("PUT /admin/products/1/images", r#"{"images":[]}"#),
        ("POST /products/1/variants", r#"{"name":"L"}"#),
        ("DELETE /products/1", ""),
        ("GET /admin/products/1", ""),
        ("GET /admin/products/1/variants", ""),
        ("GET /admin/products/1/images", ""),
    ] {
        let refused = other.request(line, body);
        assert_eq!(refused.summary(), "403 A002", "{line}");
    }
    assert_eq!(admin.with("if-match", "1").request("PUT /products/1", plain).status, 200);
    assert_eq!(seller.request("POST /admin/categories", r#"{"name":"X"}"#).status, 403);
    let ids = r#"{"variantIds":[1,9]}"#;
    assert_eq!(admin.request("POST /internal/variants/by-ids", ids).status, 403);
    let bulk = service.request("POST /internal/variants/by-ids", ids);
    assert_eq!((bulk.status, bulk.json()["data"].as_array().map(Vec::len)), (200, Some(1)));
    let deleted = seller.request("DELETE /products/1", "");
    assert_eq!((deleted.status, deleted.text().as_str()), (200, r#"{"success":true}"#));
}

#[test]
fn sellers_manage_the_stock_of_their_own_products() {
    let shop = Fixture::of(MODULES);
    let (seller, other, admin) =
        (shop.caller(2, Role::Seller), shop.caller(3, Role::Seller), shop.caller(4, Role::Admin));
    let made = seller.request("POST /products", r#"{"name":"Mine","price":5,"stock":3}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    let add = r#"{"quantity":4,"reason":"truck"}"#;

    assert_eq!(shop.anonymous().request("PUT /inventory/1/add", add).status, 401);
    assert_eq!(other.request("PUT /inventory/1/add", add).summary(), "403 A002");
    let keyed = seller.keyed("truck-1");
    let added = keyed.request("PUT /inventory/1/add", add);
    assert_eq!((added.status, &added.json()["data"]["availableQuantity"]), (200, &7.into()));
    assert!(keyed.request("PUT /inventory/1/add", add).header("idempotent-replayed") == "true");
    let adjusted = admin.request("PUT /inventory/1/adjust", r#"{"delta":-2,"reason":"broken"}"#);
    assert_eq!(adjusted.json()["data"]["totalQuantity"], 5);
    let elsewhere = r#"{"quantity":9,"locationCode":"busan"}"#;
    let opened = seller.request("POST /inventory/1", elsewhere);
    assert_eq!((opened.status, opened.header("location")), (201, "/api/v1/shopping/inventory/1".to_owned()));
    assert_eq!(opened.json()["data"]["breakdown"][0]["locationCode"], "BUSAN");
    for (line, body, expected) in [
        ("POST /inventory/1", elsewhere, "409 S407"),
        ("POST /inventory/9", elsewhere, "404 S001"),
        ("POST /inventory/1", r#"{"quantity":-1,"locationCode":"AIR"}"#, "400 S406"),
        ("POST /inventory/1", r#"{"quantity":1,"locationCode":"A B"}"#, "400 C002"),
        ("PUT /inventory/9/add", add, "404 S401"),
        ("PUT /inventory/1/add", r#"{"quantity":0}"#, "400 S406"),
        ("PUT /inventory/1/add", r#"{"quantity":1,"variantId":77}"#, "404 C003"),
        ("PUT /inventory/1/adjust", r#"{"delta":-6,"reason":"lost"}"#, "400 S406"),
        ("PUT /inventory/1/adjust", r#"{"delta":1,"reason":" "}"#, "400 C002"),
    ] {
        let got = admin.request(line, body).summary();
        assert_eq!(got, expected, "{line} {body}");
    }
    let seen = seller.request("GET /inventory/1/movements?size=3", "").json();
    let kinds: Vec<_> = seen["data"]["content"].as_array().unwrap().iter().map(|m| &m["movementType"]).collect();
    assert_eq!(kinds, ["PURCHASE", "ADJUSTMENT", "PURCHASE"]);
    assert_eq!((&seen["data"]["totalElements"], &seen["data"]["content"][1]["quantity"]), (&4.into(), &(-2).into()));
    let next = format!("GET /inventory/1/movements?cursor={}", seen["data"]["nextCursor"].as_str().unwrap());
    assert_eq!(admin.request(&next, "").json()["data"]["content"][0]["quantity"], 3);
    assert_eq!(other.request("GET /inventory/1/movements", "").summary(), "403 A002");
}

#[test]
fn a_repeated_key_makes_one_product() {
    let shop = Fixture::of(MODULES);
    let admin = shop.caller(1, Role::Admin);
    let keyed = admin.keyed("k1");
    let first = keyed.request("POST /admin/products", MUG);
    let again = keyed.request("POST /admin/products", MUG);
    assert_eq!((first.status, again.status, again.header("idempotent-replayed") == "true"), (201, 201, true));
    assert_eq!(first.body, again.body);
    assert_eq!(shop.anonymous().get("/products").json()["data"]["totalElements"], 1);
    let other = keyed.request("POST /admin/products", r#"{"name":"B","price":1}"#);
    assert_eq!(other.status, 422);
}

#[test]
fn lists_and_verification_answer_and_refuse() {
    let shop = Fixture::of(MODULES);
    let admin = shop.caller(1, Role::Admin);
    admin.request("POST /admin/products", MUG);
    let page = shop
        .anonymous()
        .get("/products?category=Kitchen&minPrice=1&maxPrice=9000&inStock=true&sort=price,desc&size=5")
        .json();
    assert_eq!((&page["data"]["totalElements"], &page["data"]["content"][0]["currency"]), (&1.into(), &"KRW".into()));
    assert_eq!(shop.anonymous().get("/products?brand=Nobody").json()["data"]["totalElements"], 0);
    for path in ["?sort=colour", "?minPrice=x", "?minPrice=9&maxPrice=1", "?size=101", "?inStock=perhaps"] {
        let refused = shop.anonymous().get(format!("/products{path}"));
        assert_eq!(refused.summary(), "400 C002", "{path}");
    }
    assert_eq!(shop.anonymous().get("/products/none").summary(), "404 S001");
    assert_eq!(shop.anonymous().get("/products/99").status, 404);
    let verify = |body: &str| shop.anonymous().send("POST", "/products/verify", Some(body.as_bytes().to_vec()));
    let short = verify(r#"{"items":[{"productId":1,"quantity":4}]}"#).json();
    assert_eq!(
        (&short["data"]["allAvailable"], &short["data"]["results"][0]["reason"]),
        (&false.into(), &"INSUFFICIENT_STOCK".into())
    );
    for body in [
        r#"{"items":[]}"#,
        r#"{"items":[{"quantity":1}]}"#,
        r#"{"items":[{"productId":1,"quantity":0}]}"#,
        r#"{"item":[]}"#,
        "{",
        "",
    ] {
        assert_eq!(verify(body).status, 400, "{body}");
    }
    let unknown = admin.request("POST /admin/products", r#"{"name":"A","price":1,"colour":"red"}"#);
    assert_eq!(unknown.summary(), "400 C002");
    for status in ["ACTIVE", "DRAFT"] {
        let listed = admin.request(&format!("GET /admin/products?status={status}"), "");
        assert_eq!(listed.json()["data"]["totalElements"], i64::from(status == "ACTIVE"));
    }
}

#[test]
fn categories_are_kept_in_memory_until_one_changes() {
    let shop = Fixture::of(MODULES);
    let admin = shop.caller(1, Role::Admin);
    let made = admin.request("POST /admin/categories", r#"{"name":"Home"}"#);
    assert_eq!((made.status, made.header("location")), (201, "/api/v1/shopping/categories/1".to_owned()));
    assert_eq!(shop.anonymous().get("/categories/tree").json()["data"][0]["name"], "Home");
    let child = r#"{"name":"Cups","parentId":1}"#;
    assert_eq!(admin.request("POST /admin/categories", child).status, 201);
    shop.relay();
    assert_eq!(shop.anonymous().get("/categories/tree").json()["data"][0]["children"][0]["path"], "Home > Cups");
    assert_eq!(shop.anonymous().get("/categories").json()["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(shop.anonymous().get("/categories/2").json()["data"]["depth"], 2);
    assert_eq!(shop.anonymous().get("/categories/3").status, 404);
    let outdated = admin.request("PUT /admin/categories/2", r#"{"name":"Mugs","version":7}"#);
    assert_eq!(outdated.status, 409);
    assert_eq!(admin.request("DELETE /admin/categories/1", "").status, 409);
    assert_eq!(admin.request("DELETE /admin/categories/2?version=1", "").status, 200);
    assert_eq!(admin.request("GET /admin/categories", "").json()["data"].as_array().map(Vec::len), Some(1));
}
