//! Uploaded images: who may upload what, how products show them, and that every image has its files whatever happens.

use crate::{
    console_work::at_work,
    storefront_money::delivered,
    storefront_shop::{number, open, order, pay, put, sign_up},
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};
use testkit::{Page, Response, Sender, TestShop};
use web::Role;

const DAY: Duration = Duration::from_secs(86_400);
/// How long the files of an image stay after it was taken away.
pub const REMOVAL_WAITS: Duration = Duration::from_secs(2 * 60);
/// An address of ours where nothing is.
const NOWHERE: &str = "/media/00000000000000000000000000000000-400x300.jpg";

/// A PNG of this size; another `tone` makes another image.
pub fn png(width: u32, height: u32, tone: u8) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 250) as u8, (y % 250) as u8, tone]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Png).expect("it can be written");
    bytes.into_inner()
}

pub fn uploads(sender: &Sender, bytes: &[u8]) -> Response {
    sender.with("content-type", "image/png").send("POST", "/admin/media", Some(bytes.to_vec()))
}

pub fn uploaded(sender: &Sender, bytes: &[u8]) -> String {
    uploads(sender, bytes).must("201").word("/url")
}

fn gallery(response: &Response) -> Vec<(String, Value, Value)> {
    let gallery = response.data()["gallery"].as_array().cloned().unwrap_or_default();
    let texts = |image: &Value| {
        let url = image["url"].as_str().unwrap_or_default().to_owned();
        (url, image["alternativeText"].clone(), image["width"].clone())
    };
    gallery.iter().map(texts).collect()
}

#[test]
fn an_uploaded_image_is_served_for_ever_and_shown_by_its_product() {
    let shop = TestShop::open();
    let (seller, rival, anyone) = (shop.seller(), shop.seller(), shop.anonymous());
    let image = uploads(&seller, &png(400, 300, 1)).must("201");
    let url = image.word("/url");
    assert_eq!(image.header("location"), url);
    assert_eq!((image.number("/width"), image.number("/height")), (400, 300));
    let sources: Vec<String> = (0..3).map(|n| image.word(&format!("/sources/{n}/url"))).collect();
    assert_eq!(sources[2], url);

    for (source, size) in sources.iter().zip([(160, 120), (320, 240), (400, 300)]) {
        let file = anyone.get(source).must("200");
        assert_eq!(
            (file.header("content-type").as_str(), file.header("x-content-type-options").as_str()),
            ("image/jpeg", "nosniff")
        );
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(file.header("content-security-policy").contains("default-src 'none'"));
        let shown = image::load_from_memory(&file.body).expect("it is an image");
        assert_eq!((shown.width(), shown.height()), size);
        let again = anyone.with("if-none-match", &file.header("etag")).get(source);
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, file.header("etag")));
    }
    anyone.get(NOWHERE).must("404 S1201");
    for wrong in ["/media/mug.png", "/media/..%2f..%2fetc%2fpasswd", "/media/%00", "/media/a-1x1.jpg"] {
        anyone.get(wrong).must("404 S1201");
    }

    // the same content is stored once, also when another seller sends it
    let again = uploads(&rival, &png(400, 300, 1)).must("200");
    assert_eq!((again.word("/url"), again.word("/uploadedBy")), (url.clone(), seller.id().to_string()));
    let count = |who: &Sender| who.get("/admin/media").must("200").number("/totalElements");
    assert_eq!((count(&seller), count(&rival), count(&shop.admin())), (1, 0, 1));

    let mug = shop.product("mug").sold_by(&seller).with("images", json!([url, "https://img.example/back.jpg"])).save();
    let page = || anyone.get(format!("/products/{}", mug.id)).must("200");
    assert_eq!(page().word("/imageUrl"), url);
    assert_eq!(page().data()["gallery"][0]["sources"], image.data()["sources"]);
    let images = format!("/admin/products/{}/images", mug.id);
    let body = json!({"images": ["https://img.example/back.jpg", url], "alternativeTexts": [" the back ", "a mug on a table"]});
    rival.put(&images, body.clone()).must("403 A002");
    let set = seller.put(&images, body).must("200");
    let (back, front) = (
        ("https://img.example/back.jpg".to_owned(), json!("the back"), Value::Null),
        (url.clone(), json!("a mug on a table"), json!(400)),
    );
    assert_eq!(gallery(&set), [back.clone(), front.clone()]);
    assert_eq!(gallery(&page()), [back, front.clone()], "everybody sees it at once");

    // what stays keeps its text, whatever else changes
    let more = json!({"url": uploaded(&seller, &png(90, 90, 2)), "alternativeText": "from above"});
    seller.post(&images, more).must("201");
    seller.put(&images, json!({"images": [url]})).must("200");
    assert_eq!(gallery(&page()), [front]);
    seller.put(&images, json!({"images": [url], "alternativeTexts": []})).must("400 C002");
    seller.put(&images, json!({"images": [url], "alternativeTexts": ["x".repeat(301)]})).must("400 C002");

    // an address of ours where nothing is
    let before = shop.contents();
    seller.put(&images, json!({"images": [NOWHERE]})).must("404 S1201");
    seller.post(&images, json!({"url": NOWHERE})).must("404 S1201");
    seller.post("/admin/products", json!({"name": "cup", "price": 1, "imageUrl": NOWHERE})).must("404 S1201");
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new());
    let file = format!("sku,name,price,images\nCUP,cup,9000,{url}|{NOWHERE}\n");
    shop.admin()
        .with("content-type", "text/csv")
        .send("POST", "/admin/products/import", Some(file.into_bytes()))
        .must("200");
}

#[test]
fn what_is_no_image_is_refused_by_name_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let media = folder.path().join("media");
    let settings =
        [("media.folder", media.to_str().unwrap()), ("media.bytes_max", "20000"), ("media.pixels_max", "10000")];
    let shop = TestShop::with(1, &settings);
    let (seller, before) = (shop.seller(), shop.contents());
    let good = png(40, 30, 1);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (bytes, wanted, said) in [
        (svg.to_vec(), "400 S1202", "SVG"),
        (b"<!doctype html><script>alert(1)</script>".to_vec(), "400 S1202", "HTML"),
        (b"GIF89a/*\0\0*/=1;alert(1)//".to_vec(), "400 S1202", "GIF"),
        (b"PK\x03\x04 an archive".to_vec(), "400 S1202", "ZIP"),
        ([&good[..], svg].concat(), "400 S1202", "follows"),
        (good[..good.len() / 2].to_vec(), "400 S1204", "early"),
        (b"\xff\xd8\xff\xd9".to_vec(), "400 S1204", "damaged"),
        (Vec::new(), "400 S1202", "empty"),
        (png(101, 100, 0), "400 S1203", "101 × 100"),
        (vec![0; 20_001], "413 C010", "20000"),
    ] {
        let refused = uploads(&seller, &bytes).must(wanted);
        assert!(refused.text().contains(said), "{said}: {}", refused.text());
        let korean = seller.with("accept-language", "ko").with("content-type", "image/png").send(
            "POST",
            "/admin/media",
            Some(bytes),
        );
        assert!(!korean.text().contains("is not taken") && korean.summary() == wanted);
    }
    for kind in ["application/json", "text/html", "multipart/form-data; boundary=x"] {
        seller.with("content-type", kind).send("POST", "/admin/media", Some(good.clone())).must("415 C011");
    }
    // a name and a type say nothing
    for kind in ["image/svg+xml", "application/octet-stream"] {
        let sent = seller.with("content-type", kind).send("POST", "/admin/media", Some(svg.to_vec()));
        sent.must("400 S1202");
    }
    uploads(&shop.buyer(), &good).must("403 A002");
    uploads(&shop.anonymous(), &good).must("401 A001");
    assert_eq!(before.differences(&shop.contents()), Vec::<String>::new());
    assert!(!media.exists(), "nothing was stored");
    seller.with("content-type", "application/octet-stream").send("POST", "/admin/media", Some(good)).must("201");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("readable").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_folder_that_does_not_have_the_shops_images_is_not_up() {
    let place = tempfile::tempdir().unwrap();
    let (media, aside) = (place.path().join("media"), place.path().join("aside"));
    let shop = TestShop::with(1, &[("media.folder", media.to_str().unwrap())]);
    let images = || {
        shop.turn(Duration::from_secs(10));
        shop.anonymous().get("/readyz").must("200").json()["parts"]["images"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(images(), "up", "without an image there is nothing to miss");
    uploaded(&shop.admin(), &png(40, 30, 1));
    assert_eq!(images(), "up");
    // its volume is not mounted: the folder is there and empty
    fs::rename(&media, &aside).unwrap();
    fs::create_dir(&media).unwrap();
    assert!(images().starts_with("degraded"));
    fs::remove_dir(&media).unwrap();
    fs::rename(&aside, &media).unwrap();
    assert_eq!(images(), "up");
}

#[test]
fn every_image_has_its_files_and_every_file_its_image() {
    let folder = tempfile::tempdir().unwrap();
    let media = folder.path().join("media");
    let mut shop = TestShop::with(1, &[("media.folder", media.to_str().unwrap())]);
    let admin = shop.admin();
    let (shown, unused) = (uploaded(&admin, &png(200, 100, 1)), uploaded(&admin, &png(100, 50, 2)));
    shop.product("mug").with("imageUrl", json!(shown)).save();
    assert_eq!(files(&media).len(), 3, "160 and 200 pixels wide, and 100");
    shop.crash();
    let is_there = |shop: &TestShop, url: &str| shop.anonymous().get(url).status == 200;
    assert!(is_there(&shop, &shown) && is_there(&shop, &unused));

    // a file that is missing is found by the audit
    let all = files(&media);
    let kept = fs::read(&all[0]).unwrap();
    fs::remove_file(&all[0]).unwrap();
    let audit = || shop.admin().post("/admin/audit", json!({})).must("200");
    let found = audit().text();
    assert!(found.contains("an image has all of its files"), "{found}");
    fs::create_dir_all(all[0].parent().unwrap()).unwrap();
    fs::write(&all[0], kept).unwrap();
    assert_eq!(audit().number("/violationCount"), 0);

    // a crash between the files and the row leaves files that belong to no image; others are left alone
    let orphan = media.join("ab/ab0123456789abcdef0123456789abcd");
    fs::create_dir_all(&orphan).unwrap();
    fs::create_dir_all(media.join("notes")).unwrap();
    let strange = [media.join("ab/readme.txt"), media.join("notes/a.jpg")];
    for file in [orphan.join("160x90.jpg"), orphan.join("170x96.jpg")].iter().chain(&strange) {
        fs::write(file, "left").unwrap();
    }
    shop.later(2 * DAY);
    assert!(orphan.exists(), "it is younger than the clock of this shop");
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for file in files(&orphan) {
        fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
    shop.later(2 * DAY);
    shop.later(REMOVAL_WAITS);
    assert!(files(&orphan).is_empty() && strange.iter().all(|file| file.exists()));

    // what no product shows goes after a while, and can come again
    assert!(is_there(&shop, &unused));
    shop.later(5 * DAY);
    // an upload that began before is over by then; until then the same image is refused
    assert!(is_there(&shop, &unused));
    uploads(&admin, &png(100, 50, 2)).must("503 C013");
    shop.later(REMOVAL_WAITS);
    assert!(is_there(&shop, &shown) && !is_there(&shop, &unused));
    assert_eq!(files(&media).len(), 4);
    assert_eq!(admin.get("/admin/media").must("200").number("/totalElements"), 1);
    assert_eq!(uploaded(&admin, &png(100, 50, 2)), unused);
    assert!(is_there(&shop, &unused));
}

#[test]
fn carts_orders_and_returns_show_their_goods_as_the_product_page_does() {
    let shop = open();
    let image = uploaded(&shop.admin(), &png(400, 300, 1));
    let tee = shop.product("moon tee").price(18_000).stock(5).with("images", json!([image])).save();
    let set = json!({"images": [image], "alternativeTexts": ["a tee, \"folded\""]});
    shop.admin().put(format!("/admin/products/{}/images", tee.id), set).must("200");
    // its drawing follows from its category
    let plain = shop.product("moon").price(9_000).stock(5).with("category", json!("Fashion > Shirt")).save();
    let (browser, smallest) = (shop.browser(), image.replace("-400x300", "-160x120"));
    sign_up(&browser, "mina", "/");
    let product = browser.open(&format!("/products/{}", plain.id)).must(200).text();
    let drawing =
        product.split(['"', ' ']).find(|part| part.starts_with("/images/shirt-")).expect("a drawing").to_owned();
    let shows = |page: &Page| {
        let text = page.text();
        for wanted in [&format!("{smallest} 160w"), "a tee, &#34;folded&#34;", &drawing] {
            assert!(text.contains(wanted), "{}: {wanted}", page.path);
        }
    };
    put(&browser, &tee, "1");
    shows(&put(&browser, &plain, "1"));
    shows(&browser.open("/checkout").must(200));
    let placed = order(&browser);
    shows(&placed);
    let number = number(&placed);
    pay(&browser, &placed, "approve").must(200);
    delivered(&shop, &number);
    shows(&browser.open(&format!("/orders/{number}/returns")).must(200));
    let text = at_work(&shop, "boss", Role::Admin).open(&format!("/console/orders/{number}")).must(200).text();
    assert!(text.contains(&format!("src=\"{smallest}\" alt=\"a tee, &#34;folded&#34;\"")), "{text}");
}
