//! What a client asks for again, and how it wants it: entity tags, encodings of responses, languages.

use serde_json::{Value, json};
use testkit::{Response, Sender, TestShop, address};

/// Asks again with the tag of the first response.
fn again(sender: &Sender, path: &str) -> (Response, Response) {
    let first = sender.get(path).must("200");
    let tag = first.header("etag");
    assert!(tag.starts_with("W/"), "{path} has the tag {tag:?}");
    let second = sender.with("if-none-match", &tag).get(path);
    (first, second)
}

#[test]
fn what_a_client_has_already_is_not_sent_again() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let (buyer, admin) = (shop.buyer(), shop.admin());
    admin.post("/admin/categories", json!({"name": "Cups"})).must("201");
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    shop.settle();
    let product = format!("/products/{}", mug.id);
    let public = [product.as_str(), "/products", "/categories", "/categories/tree", "/categories/1"];
    let own = ["/orders".to_owned(), format!("/orders/{order}"), "/cart".to_owned()];
    for path in public.into_iter().chain(own.iter().map(String::as_str)) {
        let (first, second) = again(&buyer, path);
        assert_eq!((second.status, second.body.len()), (304, 0), "{path}");
        assert_eq!(second.header("etag"), first.header("etag"));
        assert!(first.header("cache-control").contains("no-cache"), "{path}");
        let private = first.header("cache-control").contains("private");
        assert!(private || !own.iter().any(|own| own == path), "{path} is for one caller");
    }
    let tag = buyer.get(&product).header("etag");
    admin
        .put(format!("/admin/products/{}", mug.id), json!({"name": "cup", "sku": mug.sku, "price": 7_000}))
        .must("200");
    let changed = buyer.with("if-none-match", &tag).get(&product).must("200");
    assert_ne!(changed.header("etag"), tag);
    assert!(
        admin
            .post("/products/verify", json!({"items": [{"productId": mug.id, "quantity": 1}]}))
            .header("etag")
            .is_empty()
    );
}

#[test]
fn the_tag_of_a_product_is_what_if_match_takes() {
    let shop = TestShop::open();
    let mug = shop.product("mug").save();
    let admin = shop.admin();
    let path = format!("/admin/products/{}", mug.id);
    let seen = admin.get(&path).must("200").header("etag");
    let body = |name: &str| json!({"name": name, "sku": mug.sku, "price": 7_000});
    admin.with("if-match", &seen).put(&path, body("cup")).must("200");
    admin.with("if-match", &seen).put(&path, body("glass")).must("409 C016");
}

#[test]
fn a_response_comes_in_the_encoding_that_the_client_prefers() {
    let shop = TestShop::open();
    for n in 0..20 {
        shop.product(&format!("mug {n}")).save();
    }
    let plain = shop.anonymous().get("/products").must("200");
    assert_eq!(plain.header("content-encoding"), "");
    for encoding in ["gzip", "br", "zstd"] {
        let packed = shop.anonymous().with("accept-encoding", encoding).get("/products");
        assert_eq!((packed.status, packed.header("content-encoding").as_str()), (200, encoding));
        assert!(packed.body.len() * 3 < plain.body.len(), "{encoding}: {} of {}", packed.body.len(), plain.body.len());
        let vary: Vec<_> = packed.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
        assert!(vary.contains(&"accept-encoding"), "{vary:?}");
        assert_eq!(packed.header("etag"), plain.header("etag"), "the tag is weak");
        let known = shop.anonymous().with("accept-encoding", encoding).with("if-none-match", &packed.header("etag"));
        assert_eq!(known.get("/products").status, 304);
    }
}

#[test]
fn a_stream_is_never_compressed() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(5).save();
    let buyer = shop.buyer().with("accept-encoding", "gzip, br, zstd");
    let mut stream = buyer.stream("/orders/stream");
    stream.id();
    buyer.orders(&mug, 1).must("201");
    shop.settle();
    assert_eq!(stream.events(2).len(), 2, "events arrive one by one and can be read");
}

#[test]
fn the_payment_method_comes_back_as_it_was_sent() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let buyer = shop.buyer();
    for (sent, canonical) in [("CARD", "CREDIT_CARD"), ("CREDIT_CARD", "CREDIT_CARD"), ("KAKAO_PAY", "KAKAO_PAY")] {
        let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
        let body = json!({"orderNumber": order, "paymentMethod": sent, "paymentKey": "approve"});
        let paid = buyer.post("/payments", body).must("201");
        for shown in [&paid, &buyer.get(format!("/payments/order/{order}")).must("200")] {
            assert_eq!(
                (shown.word("/paymentMethod"), shown.word("/canonicalPaymentMethod")),
                (sent.into(), canonical.into())
            );
        }
        assert_eq!(buyer.sees(&order).word("/payments/0/paymentMethod"), sent);
    }
}

fn has_korean(text: &str) -> bool {
    text.chars().any(|c| ('가'..='힣').contains(&c))
}

/// The texts of a failure that people read.
fn messages(response: &Response) -> Vec<String> {
    let error = &response.json()["error"];
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let all = [error["message"].clone()].into_iter().chain(details.into_iter().map(|detail| detail["message"].clone()));
    all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[test]
fn every_message_has_the_one_language_of_its_reader() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(1).save();
    let english = shop.buyer();
    let korean = english.with("accept-language", "ko-KR,ko;q=0.9,en;q=0.1");
    let bodies: [(&str, Value); 5] = [
        ("/orders", json!({"items": [{"productId": "x", "quantity": 0}], "shippingAddress": 7, "planet": "Mars"})),
        ("/orders", json!({"items": [{"productId": mug.id, "quantity": 2}], "shippingAddress": address()})),
        ("/orders", json!({"items": []})),
        ("/payments", json!({"orderNumber": "1", "paymentMethod": "GOLD"})),
        ("/cart/items", json!({"productId": 999_999, "quantity": 1})),
    ];
    for (path, body) in &bodies {
        for text in messages(&english.post(path, body.clone())) {
            assert!(!has_korean(&text), "{path} {body}: {text}");
        }
        for text in messages(&korean.post(path, body.clone())) {
            assert!(has_korean(&text), "{path} {body}: {text}");
        }
    }
    for path in ["/orders?status=NOPE&from=yesterday&page=x", "/orders/x", "/payments/PAY-22222222", "/nothing"] {
        for text in messages(&korean.get(path)) {
            assert!(has_korean(&text), "{path}: {text}");
        }
    }
}

#[test]
fn the_words_of_a_status_follow_the_reader_also_in_a_kept_response() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let english = shop.buyer();
    let korean = english.with("accept-language", "ko");
    let order = korean.keyed("k-1").orders(&mug, 1).must("201");
    assert_eq!(order.word("/statusDescription"), "확정됨");
    let order = order.word("/orderNumber");
    assert_eq!(english.sees(&order).word("/statusDescription"), "confirmed");
    let paid = korean.keyed("k-2").pays(&order, "approve").must("201");
    assert_eq!(
        (paid.word("/statusDescription"), paid.word("/paymentMethodDescription")),
        ("완료".into(), "카드".into())
    );
    shop.settle();
    let parcel = |who: &Sender| who.get(format!("/deliveries/order/{order}")).must("200");
    assert_eq!(parcel(&korean).word("/histories/0/statusDescription"), "준비 중");
    assert_eq!(parcel(&english).word("/histories/0/statusDescription"), "in preparation");
    let movements = |who: Sender| who.get(format!("/inventory/{}/movements", mug.id)).must("200");
    assert_eq!(movements(shop.admin()).word("/content/0/movementTypeDescription"), "sold");
    let in_korean = movements(shop.admin().with("accept-language", "ko"));
    assert_eq!(in_korean.word("/content/0/movementTypeDescription"), "판매");
}

#[test]
fn the_shops_own_reasons_follow_the_reader_and_a_persons_words_stay() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let english = shop.buyer();
    let korean = english.with("accept-language", "ko");
    let late = english.orders(&mug, 1).must("201").word("/orderNumber");
    shop.later(std::time::Duration::from_secs(3_600));
    assert_eq!(english.sees(&late).word("/cancelReason"), "not paid in time");
    assert_eq!(korean.sees(&late).word("/cancelReason"), "결제 시간이 지났습니다");
    let own = english.orders(&mug, 1).must("201").word("/orderNumber");
    english.cancels(&own).must("200");
    assert_eq!(korean.sees(&own).word("/cancelReason"), "changed my mind");
}

#[test]
fn no_text_of_a_parser_reaches_a_client() {
    let shop = TestShop::open();
    let buyer = shop.buyer();
    let send = |body: &str| buyer.send("POST", "/orders", Some(body.as_bytes().to_vec())).text();
    let broken = [
        "",
        "{",
        "[",
        "[]",
        "null",
        "7",
        "{\"items\": [}",
        "{\"items\": \"x\"}",
        "{\"items\": [{\"productId\": 1e99}]}",
        "\u{1}",
    ];
    let mut texts: Vec<String> = broken.into_iter().map(send).collect();
    texts.push(buyer.with("if-match", "abc").put("/orders/x/cancel", json!({})).text());
    texts.push(shop.admin().with("if-match", "abc").delete("/admin/products/1").must("400 C002").text());
    texts.push(buyer.get("/orders?page=9999999999999999999999&size=1e3&from=soon").must("400 C002").text());
    texts.push(buyer.get("/orders/%ff%fe").must("404 S201").text());
    texts.push(buyer.keyed(&"k".repeat(300)).orders_cart().text());
    let leaks = [
        "EOF",
        "expected",
        "invalid type",
        "deserialize",
        "i64",
        "u64",
        "struct ",
        "column 0",
        "Cannot parse",
        "Utf8",
        "utf-8",
    ];
    for text in &texts {
        for leak in leaks {
            assert!(!text.contains(leak), "{leak} in {text}");
        }
    }
}
