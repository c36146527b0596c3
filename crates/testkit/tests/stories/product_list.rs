//! The list of products: by what can be paid, in the order of letters, page after page while others write (docs/RULES.md).

use serde_json::{Value, json};
use testkit::{Response, Sender, TestShop};

fn skus(page: &Response) -> Vec<String> {
    let content = page.data()["content"].clone();
    content.as_array().unwrap().iter().map(|one| one["sku"].as_str().unwrap().to_owned()).collect()
}

fn listed(shop: &TestShop, query: &str) -> Vec<String> {
    skus(&shop.anonymous().get(format!("/products?{query}")).must("200"))
}

/// A product whose variants cost its price and so much more.
fn with_variants(shop: &TestShop, sku: &str, price: i64, more: &[(i64, i64)]) -> i64 {
    let variant = |(n, (adjustment, stock)): (usize, &(i64, i64))| {
        let sku = format!("{sku}-{n}");
        json!({"sku": sku, "options": {"size": n.to_string()}, "priceAdjustment": adjustment, "stock": stock})
    };
    let variants: Vec<Value> = more.iter().enumerate().map(variant).collect();
    let product = json!({"sku": sku, "name": sku, "price": price, "variants": variants});
    shop.admin().post("/admin/products", product).must("201").number("/id")
}

#[test]
fn products_are_found_and_sorted_by_what_can_be_paid() {
    let shop = TestShop::open();
    let id = with_variants(&shop, "WIDE", 10_000, &[(0, 0), (5_000, 3), (20_000, 1)]);
    with_variants(&shop, "CHEAP", 12_000, &[(0, 1)]);
    let sale = json!({"sku": "SALE", "name": "SALE", "price": 40_000, "salePrice": 11_000, "stock": 1});
    shop.admin().post("/admin/products", sale).must("201");

    assert_eq!(listed(&shop, "sort=price,asc"), ["WIDE", "SALE", "CHEAP"]);
    assert_eq!(listed(&shop, "sort=price,desc"), ["WIDE", "CHEAP", "SALE"]);
    for (query, found) in [
        ("minPrice=13000", &["WIDE"][..]),
        ("maxPrice=10000", &["WIDE"]),
        ("minPrice=15000&maxPrice=15000", &["WIDE"]),
        // between two of its variants nothing can be paid
        ("minPrice=15001&maxPrice=29999", &[]),
        ("minPrice=30001", &[]),
        ("minPrice=11000&maxPrice=12000", &["SALE", "CHEAP"]),
        // the variant that costs so much is sold out
        ("maxPrice=10000&inStock=true", &[]),
        ("minPrice=30000&inStock=true", &["WIDE"]),
    ] {
        let page = shop.anonymous().get(format!("/products?sort=price,asc&{query}")).must("200");
        assert_eq!(
            (skus(&page), page.number("/totalElements")),
            (found.iter().map(|sku| (*sku).to_owned()).collect(), found.len() as i64),
            "{query}"
        );
    }

    let page = shop.anonymous().get("/products?sort=price,asc&size=1").must("200");
    let prices = ["effectivePrice", "minPrice", "maxPrice"].map(|field| page.number(&format!("/content/0/{field}")));
    assert_eq!(prices, [10_000, 10_000, 30_000]);
    let wide = shop.anonymous().get(format!("/products/{id}")).must("200");
    assert_eq!((wide.number("/variants/1/effectivePrice"), wide.number("/maxPrice")), (15_000, 30_000));

    // a variant that goes off sale, a deleted one and a new price change what can be paid
    let dearest = wide.number("/variants/2/id");
    let off = json!({"options": {"size": "2"}, "priceAdjustment": 20_000, "status": "INACTIVE"});
    shop.admin().put(format!("/admin/products/{id}/variants/{dearest}"), off).must("200");
    assert_eq!(listed(&shop, "minPrice=15001"), Vec::<String>::new());
    assert_eq!(shop.anonymous().get(format!("/products/{id}")).must("200").number("/maxPrice"), 15_000);
    shop.admin().put(format!("/admin/products/{id}"), json!({"name": "WIDE", "price": 9_000})).must("200");
    assert_eq!(listed(&shop, "minPrice=14000&maxPrice=14000"), ["WIDE"]);
    let on = json!({"options": {"size": "2"}, "priceAdjustment": 20_000, "status": "ACTIVE"});
    shop.admin().put(format!("/admin/products/{id}/variants/{dearest}"), on).must("200");
    assert_eq!(listed(&shop, "minPrice=29000"), ["WIDE"]);

    // what the id alone buys costs the same in a list and in a search
    let default = json!({"sku": "ODD-2", "options": {"size": "2"}, "priceAdjustment": 2_000, "isDefault": true});
    let variants = json!([{"sku": "ODD-1", "options": {"size": "1"}}, default]);
    let odd = json!({"sku": "ODD", "name": "Oddity", "price": 50_000, "variants": variants});
    shop.admin().post("/admin/products", odd).must("201");
    shop.settle();
    for path in ["/products?minPrice=50000", "/search/products?keyword=oddity"] {
        let found = shop.anonymous().get(path).must("200");
        let prices = ["effectivePrice", "minPrice"].map(|field| found.number(&format!("/content/0/{field}")));
        assert_eq!(prices, [52_000, 50_000], "{path}");
    }
}

#[test]
fn names_are_sorted_by_letters_and_not_by_bytes() {
    let shop = TestShop::open();
    let admin = shop.admin();
    for name in ["Zebra", "가방", "Banana", "éclair", "apple", "Äpfel", "나비"] {
        admin.post("/admin/products", json!({"sku": name, "name": name, "price": 1_000})).must("201");
        admin.post("/admin/categories", json!({"name": name})).must("201");
    }
    let sorted = ["Äpfel", "apple", "Banana", "éclair", "Zebra", "가방", "나비"];
    assert_eq!(listed(&shop, "sort=name,asc"), sorted);
    let backwards: Vec<&str> = sorted.iter().rev().copied().collect();
    assert_eq!(listed(&shop, "sort=name,desc"), backwards);
    let tree = shop.anonymous().get("/categories/tree").must("200").data();
    let names: Vec<&str> = tree.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, sorted);
}

#[test]
fn a_list_is_read_whole_while_products_are_made_and_change() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let make = |sku: String, n: i64| {
        let product = json!({"sku": sku, "name": format!("Name {sku}"), "price": 1_000 + n % 7, "stock": 1});
        admin.post("/admin/products", product).must("201").number("/id")
    };
    let ids: Vec<i64> = (10..30).map(|n| make(format!("P{n}"), n)).collect();
    let mut others = 0;
    for (caller, path) in [(shop.anonymous(), "/products"), (admin.clone(), "/admin/products")] {
        for sort in ["", "createdAt,asc", "createdAt,desc", "price,asc", "price,desc", "name,asc", "name,desc"] {
            let sort = if sort.is_empty() { String::new() } else { format!("&sort={sort}") };
            let whole = skus(&caller.get(format!("{path}?size=100{sort}")).must("200"));
            let mut page = caller.get(format!("{path}?size=7{sort}")).must("200");
            let mut read = skus(&page);
            assert_eq!(page.data()["first"], true);
            while let Some(cursor) = page.data()["nextCursor"].as_str() {
                others += 1;
                let other = make(format!("OTHER-{others}"), others);
                page = caller.get(format!("{path}?size=7{sort}&cursor={cursor}")).must("200");
                admin.delete(format!("/admin/products/{other}")).must("200");
                read.extend(skus(&page));
                assert_eq!(page.data()["first"], false);
            }
            read.retain(|sku| sku.starts_with('P'));
            assert_eq!(read, whole, "{path} {sort}");
        }
    }
    let first = shop.anonymous().get("/products?size=7&sort=price,asc").must("200");
    let cursor = first.data()["nextCursor"].as_str().unwrap().to_owned();
    admin.delete(format!("/admin/products/{}", ids[0])).must("200");
    for wrong in ["sort=price,desc", "sort=name,asc", ""] {
        shop.anonymous().get(format!("/products?size=7&{wrong}&cursor={cursor}")).must("400 C002");
    }
    for wrong in ["c1", "x", "sc1.k1", "%00"] {
        shop.anonymous().get(format!("/products?sort=price,asc&cursor={wrong}")).must("400 C002");
    }
}

#[test]
fn skus_that_differ_in_case_are_one() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let id = shop.product("mug").with("sku", json!("Mug-1")).save().id;
    let refused =
        admin.post("/admin/products", json!({"sku": "MUG-1", "name": "other", "price": 1_000})).must("409 S002");
    assert_eq!(refused.json()["error"]["details"][0]["sku"], "Mug-1");
    let twice = json!([{"sku": "a", "name": "A"}, {"sku": "Ａ", "name": "B"}]);
    admin.post("/admin/products", json!({"name": "cap", "price": 1_000, "variants": twice})).must("409 S002");
    admin.post(format!("/admin/products/{id}/variants"), json!({"sku": "mug-1", "name": "other"})).must("409 S002");
    let same = json!({"sku": "mug-1", "name": "mug", "price": 2_000});
    assert_eq!(admin.put(format!("/admin/products/{id}"), same).must("200").word("/sku"), "Mug-1");
    let made = shop.at_once(8, |n| {
        let sku = if n % 2 == 0 { "race-1" } else { "RACE-1" };
        admin.post("/admin/products", json!({"sku": sku, "name": format!("race {n}"), "price": 1_000}))
    });
    assert_eq!((made.count("201"), made.count("409 S002")), (1, 7), "{:?}", made.summary());
}

#[test]
fn one_category_is_made_when_two_people_spell_it_differently_at_once() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let made = shop
        .at_once(8, |n| admin.post("/admin/categories", json!({"name": if n % 2 == 0 { "Mugs" } else { "ｍｕｇｓ" }})));
    assert_eq!((made.count("201"), made.count("409 C019")), (1, 7), "{:?}", made.summary());
    let made = shop.at_once(8, |n| {
        let path = if n % 2 == 0 { "Home > Cups" } else { "HOME > cups" };
        admin.post("/admin/products", json!({"name": format!("cup {n}"), "price": 1_000, "category": path}))
    });
    assert_eq!(made.count("201"), 8, "{:?}", made.summary());
    assert_eq!(shop.anonymous().get("/categories").must("200").data().as_array().unwrap().len(), 3);
}

#[test]
fn those_who_keep_products_find_them_by_name_and_sku_in_every_state() {
    let shop = TestShop::open();
    let (mina, jun, admin) = (shop.seller(), shop.seller(), shop.admin());
    let make = |who: &Sender, sku: &str, name: &str, status: &str| {
        let product = json!({"sku": sku, "name": name, "price": 9_000, "stock": 1, "status": status});
        who.post("/admin/products", product).must("201").number("/id")
    };
    make(&mina, "JAR-1", "달항아리 머그", "ACTIVE");
    make(&mina, "JAR-2", "100% moon_jar", "DRAFT");
    let gone = make(&jun, "JAR-3", "달항아리 접시", "ACTIVE");
    admin.delete(format!("/admin/products/{gone}")).must("200");
    let bag = json!({"sku": "BAG", "name": "bag", "price": 9_000, "variants": [{"sku": "RED-S", "stock": 1}]});
    jun.post("/admin/products", bag).must("201");
    let of = |who: &Sender, keyword: &str, more: &str| -> Vec<String> {
        let keyword: String = keyword.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page = who.get(format!("/admin/products?keyword={keyword}&sort=name,asc{more}")).must("200");
        assert_eq!(page.number("/totalElements") as usize, skus(&page).len());
        skus(&page)
    };
    assert_eq!(of(&admin, "jar", ""), ["JAR-2", "JAR-1"]);
    assert_eq!(of(&admin, "jar-2", ""), ["JAR-2"]);
    assert_eq!(of(&admin, "항아리", ""), ["JAR-1"]);
    assert_eq!(of(&admin, "항아리", "&status=DISCONTINUED"), ["JAR-3"]);
    assert_eq!(of(&admin, "red-", ""), ["BAG"], "the beginning of a variant's sku");
    assert_eq!((of(&admin, "100%", ""), of(&admin, "n_j", "")), (vec!["JAR-2".into()], vec!["JAR-2".into()]));
    assert_eq!((of(&admin, "%", "").len(), of(&admin, "a%g", "").len()), (1, 0), "signs of patterns mean themselves");
    assert_eq!((of(&mina, "bag", "").len(), of(&jun, "bag", "").len()), (0, 1), "a seller's own");
    admin.get(format!("/admin/products?keyword={}", "x".repeat(101))).must("400 C002");
    shop.anonymous().get("/products?keyword=jar").must("400 C002");
}
