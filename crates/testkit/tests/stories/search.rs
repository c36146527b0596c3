//! Finding products: what a search shows, how fresh it is, and what happens to its index (docs/RULES.md).

use serde_json::{Value, json};
use std::time::Duration;
use store::{StoredEvent, outbox};
use testkit::{Response, Sender, TestShop};

/// A query of an address, with everything but letters and digits encoded.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn search(who: &Sender, keyword: &str, more: &str) -> Response {
    who.get(format!("/search/products?keyword={}{more}", encoded(keyword))).must("200")
}

fn skus(page: &Response) -> Vec<String> {
    let content = page.data()["content"].clone();
    content.as_array().unwrap().iter().map(|hit| hit["sku"].as_str().unwrap().to_owned()).collect()
}

fn found(shop: &TestShop, keyword: &str) -> Vec<String> {
    skus(&search(&shop.anonymous(), keyword, ""))
}

fn texts(response: &Response) -> Vec<String> {
    serde_json::from_value(response.data()).unwrap()
}

/// A shop with a few goods, in Korean and English.
pub fn goods(shop: &TestShop) {
    let admin = shop.admin();
    let category = admin.post("/admin/categories", json!({"name": "Shoes"})).must("201").number("/id");
    let product = |sku: &str, name: &str, more: Value| {
        let mut product = json!({"sku": sku, "name": name, "price": 50_000, "stock": 10});
        product.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        admin.post("/admin/products", product).must("201");
    };
    product("AIR", "나이키 에어 운동화", json!({"brand": "Nike", "categoryId": category, "price": 129_000}));
    product("RUN", "Nike Men Running Shoes", json!({"brand": "Nike", "categoryId": category, "price": 99_000}));
    product("TEE", "Adidas Tshirt <b>bold</b>", json!({"brand": "Adidas", "description": "A tee & more for running"}));
    product("JAR", "달항아리 머그컵", json!({"price": 18_000}));
    let variant = |color: &str, size: &str, stock: i64| json!({"sku": format!("BAG-{color}-{size}"), "options": {"color": color, "size": size}, "stock": stock});
    let variants = [variant("Red", "S", 0), variant("Red", "L", 2), variant("Navy", "S", 1)];
    let bag = json!({"sku": "BAG", "name": "Leather Bag", "price": 70_000, "variants": variants});
    admin.post("/admin/products", bag).must("201");
    shop.settle();
}

#[test]
fn products_are_found_however_they_are_typed() {
    let shop = TestShop::open();
    goods(&shop);
    for keyword in
        ["나이키 운동화", "nike shoes", "나잌", "ㄴㅇㅋ", "skdlzl", "ㅜㅑㅏㄷ", "NKIE", "나이키운동화", "ＮＩＫＥ"]
    {
        let skus = found(&shop, keyword);
        assert!(skus.contains(&"AIR".to_owned()) || skus.contains(&"RUN".to_owned()), "{keyword}: {skus:?}");
        assert!(!skus.contains(&"JAR".to_owned()), "{keyword}: {skus:?}");
    }
    assert_eq!(found(&shop, "달항아리머그"), ["JAR"]);
    assert_eq!(found(&shop, "티셔츠"), ["TEE"]);
    assert_eq!(found(&shop, "run")[0], "RUN", "a whole sku, and the name, come first");
    let page = search(&shop.anonymous(), "nkie", "");
    assert_eq!((page.word("/didYouMean"), page.data()["hasEveryWord"].clone()), ("nike".to_owned(), json!(true)));
    let page = search(&shop.anonymous(), "qqqqqqqqq", "");
    assert_eq!((page.number("/totalHits"), page.data()["didYouMean"].clone()), (0, Value::Null));
}

#[test]
fn what_was_found_is_filtered_counted_marked_and_paged() {
    let shop = TestShop::open();
    goods(&shop);
    let who = shop.anonymous();
    let page = search(&who, "running", "");
    let (data, first) = (page.data(), page.data()["content"][0].clone());
    assert_eq!(data["content"], data["results"]);
    assert_eq!(first["highlightedName"], "Nike Men <em>Running</em> Shoes");
    let tee = data["content"].as_array().unwrap().iter().find(|hit| hit["sku"] == "TEE").unwrap().clone();
    assert_eq!(tee["highlightedDescription"], "A tee &amp; more for <em>running</em>");
    assert_eq!(data["facets"]["inStock"], 2);
    let tee = search(&who, "tshirt", "").data()["content"][0].clone();
    assert_eq!(tee["highlightedName"], "Adidas <em>Tshirt</em> &lt;b&gt;bold&lt;/b&gt;");

    let all = search(&who, "", "").data();
    let facets = &all["facets"];
    assert_eq!(all["totalElements"], 5);
    assert_eq!(facets["brands"][0], json!({"value": "Nike", "count": 2}));
    let shoes = &facets["categories"][0];
    assert_eq!((shoes["name"].clone(), shoes["count"].clone()), (json!("Shoes"), json!(2)));
    assert_eq!(facets["options"][0]["name"], "color");
    let ranges = facets["priceRanges"].as_array().unwrap();
    assert_eq!(ranges.iter().map(|range| range["count"].as_i64().unwrap()).sum::<i64>(), 5);

    let sorted = |more: &str| skus(&search(&who, "", more));
    assert_eq!(sorted("&brand=nike&sort=price_asc"), ["RUN", "AIR"]);
    assert_eq!(sorted("&category=shoes&sort=price,desc"), ["AIR", "RUN"]);
    assert_eq!(sorted("&minPrice=60000&maxPrice=99000&sort=newest"), ["BAG", "RUN"]);
    assert_eq!(sorted("&option=color:navy&option=size:s"), ["BAG"]);
    assert_eq!(sorted("&option=color:red,size:s"), ["BAG"]);
    assert_eq!(sorted("&option=color:red,size:s&inStock=true"), Vec::<String>::new());
    assert_eq!(search(&who, "", "&facets=false").data()["facets"], Value::Null);

    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(&who, "", &format!("&size=2&sort=price_desc{cursor}"));
        pages.extend(skus(&page));
        if page.data()["last"] == true {
            break;
        }
        cursor = format!("&cursor={}", page.word("/nextCursor"));
    }
    assert_eq!(pages, ["AIR", "RUN", "BAG", "TEE", "JAR"]);
    let cursor = cursor.trim_start_matches('&');
    who.get(format!("/search/products?{cursor}&sort=newest")).must("400 C002");
    who.get(format!("/search/products?keyword={}", "x".repeat(101))).must("400 S1002");
    who.get("/search/products?sort=nonsense").must("400 C002");
    who.get("/search/products?option=color").must("400 C002");
}

#[test]
fn whatever_a_facet_counts_can_be_asked_for() {
    let shop = TestShop::open();
    let odd = [("size", "1,5L"), ("용량(ml):", "100"), ("묶음", "250ml, 2개"), ("path", r"a\b"), ("a,b:c", r"x:y\")];
    let ids = [0, 1, 2, 3, 4].map(|n| {
        let (name, value): (&str, &str) = odd[n];
        let variant = json!({"sku": format!("ODD-{n}"), "options": {name: value}, "stock": 1});
        let product =
            json!({"sku": format!("P{n}"), "name": format!("odd {n}"), "price": 1_000, "variants": [variant]});
        shop.admin().post("/admin/products", product).must("201").number("/id")
    });
    shop.settle();
    let who = shop.anonymous();
    let facets = search(&who, "odd", "").data()["facets"]["options"].clone();
    let facets = facets.as_array().expect("options").clone();
    assert_eq!(facets.len(), odd.len());
    // as the documents say: a `\` in front of a comma, and of a colon in a name
    let marked = |text: &str, signs: &[char]| {
        text.chars().flat_map(|c| signs.contains(&c).then_some('\\').into_iter().chain([c])).collect::<String>()
    };
    for (n, (name, value)) in odd.into_iter().enumerate() {
        assert!(facets.iter().any(|one| one["name"] == name && one["values"][0]["value"] == value), "{name}");
        let option = format!("{}:{}", marked(name, &['\\', ',', ':']), marked(value, &['\\', ',']));
        assert_eq!(skus(&search(&who, "odd", &format!("&option={}", encoded(&option)))), [format!("P{n}")], "{option}");
    }
    let both = format!("&option={}", encoded(r"size:1\,5L,color:Navy"));
    assert_eq!(skus(&search(&who, "odd", &both)), Vec::<String>::new(), "two options");
    // the pages offer each of them as a link that finds it
    let browser = shop.browser();
    let page = browser.open("/search?q=odd").must(200).text();
    let shows = |page: &str, id: &i64| page.contains(&format!("href=\"/products/{id}\""));
    for (id, (_, value)) in ids.iter().zip(odd) {
        let links = page.split("href=\"").skip(1).filter_map(|part| part.split_once('"')).map(|(href, _)| href);
        let links = links.filter(|href| href.contains("option=")).map(|href| href.replace("&#38;", "&"));
        let found = links.map(|href| browser.open(&href).must(200).text());
        let only = found.filter(|page| ids.iter().all(|one| shows(page, one) == (one == id)));
        assert_eq!(only.count(), 1, "{value}");
    }
}

#[test]
fn what_changes_is_found_as_it_is_now() {
    let shop = TestShop::open();
    goods(&shop);
    assert_eq!(found(&shop, "nike"), ["RUN", "AIR"]);
    let admin = shop.admin();
    let id = |sku: &str| search(&admin, sku, "").number("/content/0/id");
    let (run, air) = (id("RUN"), id("AIR"));
    let stock = |id: i64, stock: i64| {
        let expected = shop.anonymous().get(format!("/products/{id}")).must("200").number("/stock");
        admin.patch(format!("/admin/products/{id}/stock"), json!({"stock": stock, "expected": expected})).must("200");
        shop.settle();
    };
    // sold out comes last, whatever the order, unless it is asked for
    stock(run, 0);
    assert_eq!(found(&shop, "nike"), ["AIR", "RUN"]);
    assert_eq!(skus(&search(&admin, "nike", "&sort=price_asc&soldOutLast=false")), ["RUN", "AIR"]);
    assert_eq!(skus(&search(&admin, "nike", "&inStock=true")), ["AIR"]);
    assert_eq!(search(&admin, "nike", "").data()["facets"]["soldOut"], 1);
    stock(run, 1);
    let buyer = shop.buyer();
    let order = json!({"items": [{"productId": run, "quantity": 1}], "shippingAddress": testkit::address()});
    buyer.post("/orders", order).must("201");
    shop.settle();
    assert_eq!(found(&shop, "nike"), ["AIR", "RUN"], "its last unit is reserved");
    let body = json!({"sku": "RUN", "name": "Puma Sandals", "price": 10});
    admin.put(format!("/admin/products/{run}"), body).must("200");
    shop.settle();
    assert_eq!((found(&shop, "nike"), found(&shop, "puma")), (vec!["AIR".to_owned()], vec!["RUN".to_owned()]));
    assert_eq!(search(&admin, "puma", "").number("/content/0/minPrice"), 10);
    admin.patch(format!("/admin/products/{air}/close"), json!({})).must("200");
    shop.settle();
    assert_eq!(found(&shop, "nike"), Vec::<String>::new());
    admin.patch(format!("/admin/products/{air}/publish"), json!({})).must("200");
    shop.settle();
    assert_eq!(found(&shop, "nike"), ["AIR"]);
    let shoes = search(&admin, "nike", "").number("/content/0/categoryId");
    admin.put(format!("/admin/categories/{shoes}"), json!({"name": "Footwear"})).must("200");
    shop.settle();
    assert_eq!((found(&shop, "footwear"), found(&shop, "shoes").len()), (vec!["AIR".to_owned()], 1));
}

#[test]
fn a_half_typed_search_is_completed() {
    let shop = TestShop::open();
    goods(&shop);
    let who = shop.anonymous();
    let suggest = |text: &str| texts(&who.get(format!("/search/suggest?keyword={}", encoded(text))).must("200"));
    assert!(suggest("나이").contains(&"나이키 에어 운동화".to_owned()));
    assert!(suggest("skdl").contains(&"나이키 에어 운동화".to_owned()));
    assert!(suggest("nike ru").contains(&"nike running".to_owned()));
    assert_eq!(suggest(""), Vec::<String>::new());
    let completed = who.get("/search/autocomplete?keyword=sho&size=3").must("200");
    assert_eq!(completed.word("/categories/0/path"), "Shoes");
    assert_eq!(completed.word("/keywords/0"), "shoes");
    assert!(completed.number("/products/0/id") > 0);
    who.get("/search/suggest?keyword=x&size=21").must("400 C002");
}

#[test]
fn keywords_are_popular_by_searches_that_found_something() {
    let shop = TestShop::open();
    goods(&shop);
    let who = shop.anonymous();
    let popular = || texts(&who.get("/search/popular").must("200"));
    for keyword in ["Nike", "\"nike\"", "bag", "zzzzzzzzz", "kim@example.com", "010-1234-5678"] {
        search(&who, keyword, "");
    }
    // what people who work in the shop look for is not shown to everyone
    for staff in [shop.seller(), shop.admin()] {
        search(&staff, "adidas", "").must("200");
    }
    assert_eq!(popular(), Vec::<String>::new(), "nothing is written by a search itself");
    shop.settle();
    assert_eq!(popular(), ["nike", "bag"]);
    shop.turn(Duration::from_secs(5 * 86_400));
    search(&who, "bag", "");
    shop.settle();
    assert_eq!(popular(), ["bag", "nike"], "old searches count less");
    shop.turn(Duration::from_secs(40 * 86_400));
    shop.settle();
    assert_eq!(popular(), Vec::<String>::new());

    let (buyer, other) = (shop.buyer(), shop.buyer());
    let remember = |keyword: &str| {
        buyer.request(&format!("POST /search/recent?keyword={}", encoded(keyword)), "").must("200");
    };
    let recent = |who: &Sender| texts(&who.get("/search/recent?size=20").must("200"));
    for n in 0..22 {
        remember(&format!("k{n}"));
        shop.turn(Duration::from_millis(5));
    }
    remember("K5");
    let kept = recent(&buyer);
    assert_eq!((kept.len(), kept[0].as_str(), kept[1].as_str()), (20, "K5", "k21"));
    assert!(!kept.contains(&"k5".to_owned()) && !kept.contains(&"k0".to_owned()));
    assert_eq!((recent(&other), recent(&who)), (Vec::new(), Vec::new()));
    buyer.delete(format!("/search/recent/{}", encoded("k5"))).must("200");
    assert_eq!(recent(&buyer)[0], "k21");
    buyer.delete(format!("/search/recent/{}", encoded("k5"))).must("404 C003");
    buyer.delete("/search/recent").must("200");
    assert_eq!(recent(&buyer), Vec::<String>::new());
    buyer.request("POST /search/recent?keyword=%20", "").must("400 S1002");
    who.request("POST /search/recent?keyword=x", "").must("401 A001");
}

#[test]
fn first_consonants_are_shown_as_people_type_them() {
    let shop = TestShop::open();
    goods(&shop);
    let who = shop.anonymous();
    search(&who, "ㄴㅇㅋ", "");
    shop.settle();
    let shown = |path: &str| texts(&who.get(path).must("200"));
    assert_eq!(shown("/search/popular"), ["ㄴㅇㅋ"]);
    let suggested = shown(&format!("/search/suggest?keyword={}", encoded("ㄴ")));
    assert!(suggested.contains(&"ㄴㅇㅋ".to_owned()), "{suggested:?}");
    assert_eq!(found(&shop, &shown("/search/popular")[0]), found(&shop, "ㄴㅇㅋ"));
}

#[test]
fn whatever_is_typed_is_answered() {
    let shop = TestShop::open();
    goods(&shop);
    let who = shop.anonymous();
    let long = ["x ".repeat(50), "가".repeat(100), "qwertyuiopasdfgh ".repeat(5), "ㅋ".repeat(100), "a1".repeat(50)];
    let wild = [
        "😀",
        "👩‍👩‍👧‍👦 nike",
        "   ",
        "\t",
        "AND OR NOT",
        "name:nike",
        "nike*",
        "\"nike",
        "(((",
        "nike~2 +run -shoe",
        "'; drop table",
        "\\",
        "%00",
        "\u{200b}",
        "\u{feff}나이키",
        "ﷺ",
        "İstanbul",
        "\u{1112}\u{1161}\u{11ab}",
        "0x1F",
        "١٢٣",
        "½",
        "e\u{301}",
        "<script>",
    ];
    for text in wild.iter().map(|text| (*text).to_owned()).chain(long) {
        for path in ["products", "suggest", "autocomplete"] {
            let answer = who.get(format!("/search/{path}?keyword={}", encoded(&text)));
            assert_eq!(answer.status, 200, "{path} {text:?}: {}", answer.text());
        }
    }
    for text in ["\0", "nike\0", "a\nb", "\u{7}"] {
        who.get(format!("/search/products?keyword={}", encoded(text))).must("400 S1002");
        who.get(format!("/search/suggest?keyword={}", encoded(text))).must("400 S1002");
    }
    assert_eq!(found(&shop, "나이키*").len(), 2);
    who.get(format!("/search/products?keyword={}", encoded(&"term ".repeat(200)))).must("400 S1002");
}

#[test]
fn events_that_come_again_and_in_another_order_change_nothing() {
    let shop = TestShop::open();
    goods(&shop);
    let (admin, buyer, mug) = (shop.admin(), shop.buyer(), shop.product("mug").stock(9).save());
    assert_eq!(found(&shop, "mug").len(), 2, "the mug and the 머그컵, which mean the same");
    for units in [2, 1] {
        let order = buyer.orders(&mug, units).must("201").word("/orderNumber");
        buyer.pays(&order, "approve").must("201");
    }
    let jar = search(&admin, "JAR", "").number("/content/0/id");
    admin.put(format!("/admin/products/{jar}"), json!({"name": "백자 머그컵", "price": 21_000})).must("200");
    admin.post("/admin/search/rebuild", json!({})).must("202");
    shop.later(Duration::from_secs(700));
    let seen = || ["", "mug", "머그", "nike"].map(|keyword| search(&buyer, keyword, "&sort=popular").data());
    let before = (seen(), admin.get("/admin/search").must("200").data());
    assert_eq!(found(&shop, "달항아리"), Vec::<String>::new());

    let follower = ::search::Follower::of(&shop.app());
    let mut events: Vec<StoredEvent> = shop.read(|tx| outbox::after(tx, 0, 10_000));
    events.retain(|event| follower.wants(&event.topic));
    assert!(events.len() > 10, "{events:?}");
    // the keys in another order, the events of a key in their own
    events.sort_by(|one, other| other.key.cmp(&one.key).then(one.id.cmp(&other.id)));
    for batch in events.chunks(4) {
        for _ in 0..2 {
            let rejected = shop.wait(follower.deliver(batch)).expect("an index");
            assert!(rejected.is_empty(), "{rejected:?}");
        }
    }
    shop.settle();
    assert_eq!((seen(), admin.get("/admin/search").must("200").data()), before);
}

#[test]
fn the_index_on_disk_survives_and_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search");
    let mut shop = TestShop::with(1, &[("search.folder", path.to_str().unwrap())]);
    shop.anonymous().get("/search/products").must("503 S1003");
    goods(&shop);
    let admin = shop.admin();
    assert_eq!(found(&shop, "nike").len(), 2);
    assert_eq!(admin.get("/admin/search").must("200").data()["ready"], true);
    shop.crash();
    shop.settle();
    assert_eq!(found(&shop, "nike").len(), 2);
    let before = std::fs::read_to_string(path.join("current")).unwrap();
    let started = admin.post("/admin/search/rebuild", json!({})).must("202");
    assert_eq!((started.word("/running"), started.data()["rebuilds"].clone()), ("REBUILD".to_owned(), json!([])));
    shop.settle();
    let done = admin.get("/admin/search").must("200");
    let said = &done.data()["rebuilds"][0];
    assert_eq!((&said["done"], &said["products"], &said["isGone"]), (&json!(5), &json!(5), &json!(false)));
    assert_eq!(said["askedAt"], started.data()["rebuildAskedAt"]);
    assert!(said["finishedAt"].is_string() && said["instance"].is_string());
    assert_eq!((done.number("/products"), done.data()["running"].clone()), (5, Value::Null));
    assert!(done.word("/rebuiltAt").starts_with("2026-02-"));
    assert_ne!(std::fs::read_to_string(path.join("current")).unwrap(), before);
    assert_eq!(found(&shop, "nike").len(), 2);

    // somebody changes a product without an event, and the index is compared with the database on its schedule
    let rename = "update products set description = 'Reebok' where sku = 'RUN'";
    shop.write(move |tx| tx.exec(rename, &[])).unwrap();
    shop.settle();
    assert_eq!(found(&shop, "reebok"), Vec::<String>::new());
    shop.later(Duration::from_secs(7 * 3_600));
    assert_eq!(found(&shop, "reebok"), ["RUN"]);
    assert_eq!(admin.get("/admin/search").must("200").number("/differences"), 1);
    shop.buyer().get("/admin/search").must("403 A002");
}

#[test]
fn a_disk_that_takes_nothing_stops_searches_and_no_sale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search");
    std::fs::write(&path, "not a folder").unwrap();
    let shop = TestShop::with(1, &[("search.folder", path.to_str().unwrap())]);
    let mug = shop.product("mug").save();
    let buyer = shop.buyer();
    shop.anonymous().get("/search/products").must("503 S1003");
    let order = buyer.orders(&mug, 1).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");
    std::fs::remove_file(&path).unwrap();
    shop.settle();
    assert_eq!(found(&shop, "mug"), [mug.sku]);
}

// known failure 17: a rebuild reads in parts, beside orders and searches, and misses nothing that changes meanwhile.
#[test]
fn reindexing_does_not_slow_down_buying() {
    let folder = tempfile::tempdir().unwrap();
    let shop = TestShop::with(1, &[("search.folder", folder.path().to_str().unwrap())]);
    goods(&shop);
    let (mug, buyer) = (shop.product("mug").stock(20).save(), shop.buyer());
    shop.settle();
    let buys = || {
        buyer.orders(&mug, 1).must("201");
    };
    buys();
    let alone = shop.statements_of(buys);
    shop.admin().post("/admin/search/rebuild", json!({})).must("202");
    shop.run_task("search.index");
    assert_eq!(shop.admin().get("/admin/search").must("200").word("/running"), "REBUILD");
    assert_eq!(shop.statements_of(buys), alone);
    assert_eq!(found(&shop, "nike").len(), 2, "the old index serves");
    let lantern = shop.product("lantern").save();
    shop.admin()
        .delete(format!("/admin/products/{}", search(&shop.admin(), "AIR", "").number("/content/0/id")))
        .must("200");
    shop.settle();
    assert_eq!((found(&shop, "lantern"), found(&shop, "nike")), (vec![lantern.sku], vec!["RUN".to_owned()]));
    assert_eq!(search(&buyer, "mug", "").number("/content/0/stock"), 17);
}
