//! What merchandisers do with products and their stock (docs/RULES.md).

use serde_json::{Value, json};
use testkit::{Product, Sender, TestShop};

/// A tee in two sizes: 10 of the small one, 20 of the large one.
fn tee(shop: &TestShop) -> i64 {
    let tee = json!({"sku": "TEE", "name": "Tee", "price": 20_000, "variants": [
        {"sku": "TEE-S", "options": {"size": "S"}, "stock": 10},
        {"sku": "TEE-L", "options": {"size": "L"}, "stock": 20},
    ]});
    shop.admin().post("/admin/products", tee).must("201").number("/id")
}

/// The units of each variant that can be sold.
fn stock_of_variants(shop: &TestShop, product: i64) -> Vec<i64> {
    let variants = shop.admin().get(format!("/admin/products/{product}/variants")).must("200").data();
    variants.as_array().unwrap().iter().map(|one| one["stock"].as_i64().unwrap()).collect()
}

#[test]
fn a_form_that_was_opened_before_a_sale_puts_no_stock_back() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").stock(2).save();
    let form = admin.get(format!("/admin/products/{}", mug.id)).must("200");
    let (version, stock_version) = (form.number("/version"), form.number("/stockVersion"));
    shop.buyer().orders(&mug, 1).must("201");

    let saved = admin.with("if-match", &version.to_string());
    let content = |stock: i64| json!({"name": "mug", "price": 9_000, "stock": stock});
    let refused = saved.put(format!("/admin/products/{}", mug.id), content(2)).must("409 C016");
    let detail = &refused.json()["error"]["details"][0];
    assert_eq!((&detail["field"], &detail["currentStock"]), (&json!("stock"), &json!(1)));
    assert_eq!(detail["route"], format!("PATCH /api/v1/shopping/admin/products/{}/stock", mug.id));
    assert_eq!(shop.stock_of(&mug), (1, 1, 2));
    let changed = saved.put(format!("/admin/products/{}", mug.id), content(1)).must("200");
    assert_eq!((changed.number("/price"), changed.number("/stock")), (9_000, 1));

    let stock = format!("/admin/products/{}/stock", mug.id);
    admin.patch(&stock, json!({"stock": 5})).must("400 C002");
    admin.patch(&stock, json!({"stock": 5, "delta": 1, "expected": 1})).must("400 C002");
    let refused = admin.patch(&stock, json!({"stock": 5, "expected": 2})).must("409 C016");
    let detail = refused.json()["error"]["details"][0].clone();
    assert_eq!((&detail["currentStock"], &detail["currentVersion"]), (&json!(1), &json!(stock_version + 1)));
    admin.with("if-match", &stock_version.to_string()).patch(&stock, json!({"stock": 5})).must("409 C016");
    let seen = admin.with("if-match", &(stock_version + 1).to_string()).patch(&stock, json!({"stock": 5}));
    assert_eq!(seen.must("200").number("/stock"), 5);
    assert_eq!(admin.patch(&stock, json!({"delta": -2})).must("200").number("/stock"), 3);
    admin.patch(&stock, json!({"delta": -4})).must("400 S406");
    assert_eq!(shop.stock_of(&mug), (3, 1, 4));
}

#[test]
fn a_count_of_a_location_holds_only_for_the_stock_that_was_counted() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").stock(8).save();
    let counted = |body: Value| admin.put(format!("/inventory/{}/adjust", mug.id), body);
    let seen = admin.get(format!("/inventory/{}", mug.id)).must("200").number("/breakdown/0/version");
    shop.buyer().orders(&mug, 3).must("201");
    counted(json!({"stock": 7, "expected": 8, "reason": "count"})).must("409 C016");
    counted(json!({"stock": 7, "version": seen, "reason": "count"})).must("409 C016");
    counted(json!({"stock": 7, "reason": "count"})).must("400 C002");
    counted(json!({"reason": "count"})).must("400 C002");
    counted(json!({"stock": 4, "expected": 5, "reason": "count"})).must("200");
    assert_eq!(shop.stock_of(&mug), (4, 3, 7));
    counted(json!({"stock": 4, "expected": 4, "reason": "count"})).must("200");
    counted(json!({"delta": 2, "reason": "found"})).must("200");
    assert_eq!(shop.stock_of(&mug), (6, 3, 9));
}

#[test]
fn of_two_counts_that_were_decided_at_once_one_is_stored() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(10).save();
    let admin = shop.admin();
    let responses = shop.at_once(8, |n| {
        admin.patch(format!("/admin/products/{}/stock", mug.id), json!({"stock": 20 + n, "expected": 10}))
    });
    assert_eq!((responses.count("200"), responses.count("409 C016")), (1, 7), "{:?}", responses.summary());
}

#[test]
fn the_stock_of_a_product_with_several_variants_is_set_variant_by_variant() {
    let shop = TestShop::open();
    let (admin, id) = (shop.admin(), tee(&shop));
    assert_eq!(admin.get(format!("/admin/products/{id}")).must("200").number("/stock"), 30);
    let content = |stock: i64| json!({"name": "Tee", "price": 20_000, "stock": stock});
    admin.put(format!("/admin/products/{id}"), content(50)).must("409 C016");
    admin.put(format!("/admin/products/{id}"), content(30)).must("200");

    let stock = format!("/admin/products/{id}/stock");
    for unclear in [json!({"stock": 30, "expected": 30}), json!({"delta": 5})] {
        admin.patch(&stock, unclear).must("400 C002");
    }
    for (verb, body) in [
        ("adjust", json!({"delta": 1, "reason": "count"})),
        ("adjust", json!({"stock": 30, "expected": 30, "reason": "count"})),
        ("add", json!({"quantity": 1})),
    ] {
        admin.put(format!("/inventory/{id}/{verb}"), body).must("400 C002");
    }
    assert_eq!(stock_of_variants(&shop, id), [10, 20]);

    admin.patch(&stock, json!({"stock": 7, "expected": 20, "sku": "TEE-L"})).must("200");
    admin.patch(&stock, json!({"stock": 1, "expected": 1, "sku": "MUG"})).must("404 C003");
    admin.put(format!("/inventory/{id}/adjust"), json!({"delta": -1, "reason": "lost", "sku": "TEE-S"})).must("200");
    assert_eq!(stock_of_variants(&shop, id), [9, 7]);
}

#[test]
fn a_form_of_a_variant_leaves_its_stock_alone() {
    let shop = TestShop::open();
    let (admin, id) = (shop.admin(), tee(&shop));
    let small = admin.get(format!("/admin/products/{id}/variants")).must("200").number("/0/id");
    let form = |stock: i64| json!({"options": {"size": "S"}, "priceAdjustment": 500, "stock": stock});
    let path = format!("/admin/products/{id}/variants/{small}");
    let sold = Product { id, variant: small, sku: "TEE-S".into(), name: "Tee".into(), price: 20_000 };
    shop.buyer().orders(&sold, 1).must("201");
    admin.put(&path, form(10)).must("409 C016");
    assert_eq!(admin.put(&path, form(9)).must("200").number("/stock"), 9);
}

#[test]
fn variants_that_a_buyer_cannot_distinguish_are_refused() {
    let shop = TestShop::open();
    let (admin, id) = (shop.admin(), tee(&shop));
    let variants = format!("/admin/products/{id}/variants");
    for same in [
        json!({"options": {"size": "S"}}),
        json!({"options": {"Size": "s"}}),
        json!({"options": {"ｓｉｚｅ": "L "}}),
        json!({"options": {"size": "S", "color": "Red"}}),
        json!({"options": {"color": "Red"}}),
        json!({"options": {}}),
        json!({"name": "Other"}),
    ] {
        admin.post(&variants, same).must("409 C019");
    }
    let refused = admin.post(&variants, json!({"options": {"SIZE": "s"}})).must("409 C019");
    assert_eq!(refused.json()["error"]["details"][0]["sku"], "TEE-S");
    let medium = admin.post(&variants, json!({"options": {"size": "M"}, "sku": "TEE-M"})).must("201").number("/id");
    admin.put(format!("{variants}/{medium}"), json!({"options": {"SIZE": "l"}})).must("409 C019");
    admin.put(format!("{variants}/{medium}"), json!({"options": {"size": "M"}, "priceAdjustment": 100})).must("200");
    for both in
        [json!([{}, {}]), json!([{"options": {"size": "S"}}, {}]), json!([{"name": "A"}, {"name": "a\u{200B}"}])]
    {
        admin.post("/admin/products", json!({"name": "Cap", "price": 1_000, "variants": both})).must("409 C019");
    }
    let plain = shop.product("mug").save();
    let large = json!({"options": {"size": "L"}});
    admin.post(format!("/admin/products/{}/variants", plain.id), large.clone()).must("409 C019");
    let own = json!({"options": {"size": "M"}});
    admin.put(format!("/admin/products/{}/variants/{}", plain.id, plain.variant), own).must("200");
    admin.post(format!("/admin/products/{}/variants", plain.id), large).must("201");
}

#[test]
fn the_sku_of_a_deleted_product_says_so_and_the_product_can_come_back() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").stock(3).save();
    admin.delete(format!("/admin/products/{}", mug.id)).must("200");
    let again = json!({"sku": mug.sku, "name": "another", "price": 1_000});
    let refused = admin.post("/admin/products", again).must("409 S002");
    let detail = refused.json()["error"]["details"][0].clone();
    let route = format!("/admin/products/{}/restore", mug.id);
    assert_eq!((&detail["status"], &detail["productId"]), (&json!("DISCONTINUED"), &json!(mug.id)));
    assert_eq!(detail["route"], format!("PATCH /api/v1/shopping{route}"));
    shop.seller().patch(&route, json!({})).must("403 A002");

    let other = admin.post("/admin/products", json!({"name": "mug", "price": 1_000})).must("201").number("/id");
    admin.patch(&route, json!({})).must("409 S008");
    admin.delete(format!("/admin/products/{other}")).must("200");
    let back = admin.patch(&route, json!({})).must("200");
    assert_eq!((back.word("/status").as_str(), back.number("/stock")), ("INACTIVE", 3));
    assert_eq!(admin.patch(&route, json!({})).must("200").number("/version"), back.number("/version"));
    shop.anonymous().get(format!("/products/{}", mug.id)).must("404 S001");
    admin.patch(format!("/admin/products/{}/publish", mug.id), json!({})).must("200");
    shop.buyer().orders(&mug, 1).must("201");
    admin.patch("/admin/products/99/restore", json!({})).must("404 S001");
}

#[test]
fn the_sku_of_a_deleted_variant_says_so_and_the_variant_can_come_back() {
    let shop = TestShop::open();
    let (admin, id) = (shop.admin(), tee(&shop));
    let variants = format!("/admin/products/{id}/variants");
    let large = admin.get(&variants).must("200").number("/1/id");
    admin.delete(format!("{variants}/{large}")).must("200");
    let again = admin.post(&variants, json!({"sku": "TEE-L", "options": {"size": "XL"}})).must("409 S002");
    let detail = again.json()["error"]["details"][0].clone();
    assert_eq!((&detail["variantId"], &detail["status"]), (&json!(large), &json!("DISCONTINUED")));

    let other = admin.post(&variants, json!({"options": {"Size": "l"}})).must("201").number("/id");
    let route = format!("{variants}/{large}/restore");
    admin.patch(&route, json!({})).must("409 C019");
    admin.delete(format!("{variants}/{other}")).must("200");
    let back = admin.patch(&route, json!({})).must("200");
    assert_eq!((back.word("/status").as_str(), back.number("/stock")), ("INACTIVE", 20));
    admin.patch(&route, json!({})).must("200");
    admin.patch(format!("{variants}/999/restore"), json!({})).must("404 C003");
    admin.put(format!("{variants}/{large}"), json!({"options": {"size": "L"}, "status": "ACTIVE"})).must("200");
    assert_eq!(admin.get(format!("/admin/products/{id}")).must("200").number("/stock"), 30);
}

#[test]
fn a_product_that_was_never_put_on_sale_does_not_exist_for_the_public() {
    let shop = TestShop::open();
    let (seller, rival, anyone, buyer) = (shop.seller(), shop.seller(), shop.anonymous(), shop.buyer());
    let mug = shop.product("mug").stock(3).save();
    let secret = json!({"name": "secret", "sku": "SECRET", "price": 9_000, "stock": 7, "status": "DRAFT"});
    let id = seller.post("/admin/products", secret).must("201").number("/id");
    let items = |id: i64| json!({"items": [{"productId": id, "quantity": 1}]});
    let verified = |id: i64| {
        let mut line = anyone.post("/products/verify", items(id)).must("200").data()["results"][0].clone();
        line["productId"] = json!(0);
        line
    };
    assert_eq!(verified(id), verified(id + 1_000));
    let quote = buyer.post("/orders/quote", items(id)).must("200");
    assert_eq!(quote.data()["lines"], json!([]));
    buyer.post("/cart/items", json!({"productId": id, "quantity": 1})).must("404 S001");
    let stock = format!("/inventory/{id}");
    for other in [&anyone, &buyer, &rival] {
        other.get(&stock).must("404 S401");
    }
    for owner in [&seller, &shop.admin()] {
        assert_eq!(owner.get(&stock).must("200").number("/availableQuantity"), 7);
    }
    anyone.get(&stock).must("404 S401");
    let batch = || anyone.post("/inventory/batch", json!({"productIds": [id, mug.id]})).must("200").data();
    assert_eq!(batch().as_array().map(Vec::len), Some(1));
    let mut stream = anyone.stream(format!("/inventory/stream?productIds={id},{}", mug.id));
    assert_eq!(stream.event().expect("the stock of the mug").data["productId"], mug.id);

    seller.patch(format!("/admin/products/{id}/publish"), json!({})).must("200");
    shop.settle();
    assert_eq!(stream.event().expect("the stock of what was published").data["productId"], id);
    drop(stream);
    assert_eq!(anyone.get(&stock).must("200").number("/availableQuantity"), 7);
    assert_eq!((verified(id)["available"].clone(), batch().as_array().map(Vec::len)), (json!(true), Some(2)));
    // it was public once, so its data are known, also when it is off sale
    seller.patch(format!("/admin/products/{id}/close"), json!({})).must("200");
    shop.settle();
    let line = verified(id);
    assert_eq!((&line["reason"], &line["sku"]), (&json!("NOT_ON_SALE"), &json!("SECRET")));
    anyone.get(&stock).must("200");
}

// that a name or a sku is taken cannot be hidden; by what, is only for who may know of it
#[test]
fn a_refusal_says_nothing_about_a_hidden_product_of_another_seller() {
    let shop = TestShop::open();
    let (seller, rival) = (shop.seller(), shop.seller());
    let make = |who: &Sender, sku: &str, name: &str| {
        who.post("/admin/products", json!({"name": name, "sku": sku, "price": 9_000, "status": "DRAFT"}))
    };
    let id = make(&seller, "SECRET-1", "Secret mug").must("201").number("/id");
    let gone = make(&seller, "SECRET-2", "Gone").must("201").number("/id");
    seller.delete(format!("/admin/products/{gone}")).must("200");
    let variants = json!([{"sku": "OWN-S", "options": {"size": "S"}}]);
    let own = json!({"name": "Own", "sku": "OWN", "price": 9_000, "variants": variants});
    let own = rival.post("/admin/products", own).must("201").number("/id");
    let row = |who: &Sender, same_names: &str| {
        let who = who.with("content-type", "text/csv");
        let table = b"sku,name,price\nNEW,secret MUG,5000\nOTHER,Other,1\n".to_vec();
        who.send("POST", &format!("/admin/products/import?dryRun=true&sameNames={same_names}"), Some(table))
    };
    let tries = |who: &Sender| {
        let rewritten = json!({"name": "SECRET mug", "price": 9_000});
        let variant = json!({"sku": "secret-2", "options": {"size": "L"}});
        [
            make(who, "NEW", "secret mug").must("409 S008"),
            make(who, "secret-2", "New").must("409 S002"),
            rival.put(format!("/admin/products/{own}"), rewritten).must("409 S008"),
            rival.post(format!("/admin/products/{own}/variants"), variant).must("409 S002"),
            row(who, "refuse").must("200"),
            row(who, "store").must("200"),
        ]
    };
    for (n, answer) in tries(&rival).iter().enumerate() {
        let (text, number) = (answer.text(), format!("\"productId\":{id}"));
        assert!(!text.contains("SECRET-1") && !text.contains(&number), "{n}: {text}");
        assert!(!text.contains("restore") && !text.contains(&format!("\"productId\":{gone}")), "{n}: {text}");
    }
    let [by_name, by_sku, .., refused, noted] = tries(&seller);
    for answer in [by_name, refused, noted] {
        assert!(answer.text().contains("SECRET-1"), "{}", answer.text());
    }
    assert!(by_sku.text().contains("restore"), "{}", by_sku.text());
    // what was public is no secret
    seller.patch(format!("/admin/products/{id}/publish"), json!({})).must("200");
    assert!(make(&rival, "NEW", "secret mug").must("409 S008").text().contains("SECRET-1"));
}
