//! Uploaded images in a store of the kind S3: shared by programs, checked by the audit, and away without stopping the shop.

use crate::console_work::at_work;
use crate::media::{REMOVAL_WAITS, png, uploaded, uploads};
use serde_json::json;
use std::time::Duration;
use testkit::{Fault, ObjectStore, TestShop, address};
use web::Role;

const DAY: Duration = Duration::from_secs(86_400);

/// A shop with its images in this store.
fn shop_with(store: &ObjectStore) -> TestShop {
    let settings = store.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    TestShop::with(1, &settings)
}

#[test]
fn an_image_in_a_bucket_is_served_by_every_program_as_one_in_a_folder_is() {
    let store = ObjectStore::open();
    let (here, there) = (shop_with(&store), shop_with(&store));
    let image = uploads(&here.seller(), &png(400, 300, 1)).must("201");
    for n in 0..3 {
        let source = image.word(&format!("/sources/{n}/url"));
        let (one, other) = (here.anonymous().get(&source).must("200"), there.anonymous().get(&source).must("200"));
        assert_eq!((&one.body, one.header("etag")), (&other.body, other.header("etag")));
        assert_eq!(other.header("content-type"), "image/jpeg");
        assert_eq!(other.header("cache-control"), "public, max-age=31536000, immutable");
        store.seen();
        there.anonymous().with("if-none-match", &one.header("etag")).get(&source).must("304");
        assert_eq!(store.seen(), Vec::<String>::new(), "a client that has it needs no store");
    }
    here.anonymous().get("/media/00000000000000000000000000000000-400x300.jpg").must("404 S1201");
}

#[test]
fn while_the_store_is_away_goods_are_sold_and_nothing_is_promised() {
    let store = ObjectStore::open();
    let shop = shop_with(&store);
    let seller = shop.seller();
    let url = uploaded(&seller, &png(400, 300, 1));
    let mug = shop.product("mug").sold_by(&seller).price(9_000).stock(5).with("images", json!([url])).save();

    store.set_away(true);
    let before = shop.contents();
    uploads(&seller, &png(300, 200, 2)).must("503 C013");
    shop.anonymous().get(&url).must("503 C013");
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new(), "no row promises what is not there");
    let buyer = shop.buyer();
    buyer.fills_cart(&mug, 1).must("200");
    assert_eq!(shop.anonymous().get(format!("/products/{}", mug.id)).must("200").word("/imageUrl"), url);
    let order = buyer.post("/orders", json!({"shippingAddress": address()})).must("201").word("/orderNumber");
    buyer.pays(&order, "approve").must("201");

    store.set_away(false);
    // it was left alone for a moment
    std::thread::sleep(Duration::from_millis(2_100));
    shop.anonymous().get(&url).must("200");

    // the store keeps one of the files, and loses the connections to the others: still nothing is promised
    let kept = store.keys().len();
    store.fail_next([Fault::ClosedAfter, Fault::Closed, Fault::Closed, Fault::Closed]);
    store.set_page_max(1);
    let stored = uploads(&seller, &png(300, 200, 2)).must("201");
    assert_eq!(store.keys().len(), kept + 2, "tried again until every file was acknowledged");
    shop.anonymous().get(stored.word("/url")).must("200");
}

#[test]
fn probes_name_the_store_of_images_and_stay_ready_without_it() {
    let in_memory = TestShop::open();
    assert_eq!(in_memory.anonymous().get("/readyz").must("200").json()["parts"], json!({"images": "in process"}));

    let store = ObjectStore::open();
    let shop = shop_with(&store);
    let ready = || {
        let said = shop.anonymous().get("/readyz").must("200").json();
        assert_eq!(said["ready"], true);
        said["parts"]["images"].as_str().unwrap_or_default().to_owned()
    };
    let away = "degraded: the store of images cannot be reached, the shop sells without them";
    store.seen();
    let said: Vec<String> = (0..3).map(|_| ready()).collect();
    assert_eq!(said, ["up", "up", "up"]);
    assert_eq!(store.seen(), ["LIST "], "one request for all of them");

    store.set_away(true);
    assert_eq!(ready(), "up", "as it was a moment ago");
    shop.turn(Duration::from_secs(10));
    assert_eq!(ready(), away);
    let browser = at_work(&shop, "boss", Role::Admin);
    browser.open("/console/health").must(200).says("Store of images cannot be reached, the shop sells without images");
    store.set_away(false);
    shop.turn(Duration::from_secs(10));
    assert_eq!(ready(), "up");
    let korean = browser.open("/console/language/ko?return=/console/health").must(200);
    korean.says("이미지 저장소 정상");
}

#[test]
fn every_image_in_a_bucket_has_its_files_and_every_file_its_image() {
    let store = ObjectStore::open();
    store.set_page_max(2);
    let shop = shop_with(&store);
    let admin = shop.admin();
    let (shown, unused) = (uploaded(&admin, &png(200, 100, 1)), uploaded(&admin, &png(100, 50, 2)));
    shop.product("mug").with("imageUrl", json!(shown)).save();
    let is_there = |url: &str| shop.anonymous().get(url).status == 200;
    assert_eq!(store.keys().len(), 3, "160 and 200 pixels wide, and 100");

    let audit = || shop.admin().post("/admin/audit", json!({})).must("200");
    let (key, now) = (store.keys()[0].clone(), shop.app().now());
    let lost = store.take(&key).expect("a file");
    assert!(audit().text().contains("an image has all of its files"));
    store.place(&key, &lost.bytes, lost.written_at);
    assert_eq!(audit().number("/violationCount"), 0);

    let orphan = "ab/ab0123456789abcdef0123456789abcd";
    let long_ago = now.before(DAY);
    for path in [format!("{orphan}/160x90.jpg"), format!("{orphan}/170x96.jpg"), "ab/readme.txt".to_owned()] {
        store.place(&path, b"left", long_ago);
    }
    let young = format!("ab/ab{}/160x90.jpg", "1".repeat(30));
    store.place(&young, b"left", now.after(30 * DAY));
    shop.later(2 * DAY);
    shop.later(REMOVAL_WAITS);
    let left: Vec<String> =
        store.keys().into_iter().filter(|key| key.starts_with("ab/ab") || key.ends_with(".txt")).collect();
    assert_eq!(left, [young, "ab/readme.txt".to_owned()]);

    assert!(is_there(&unused));
    shop.later(6 * DAY);
    shop.later(REMOVAL_WAITS);
    assert!(is_there(&shown) && !is_there(&unused));
    assert_eq!(uploaded(&admin, &png(100, 50, 2)), unused);
    assert!(is_there(&unused));
}
