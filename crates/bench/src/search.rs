//! Searches in a shop with many products, beside orders: latencies, the size of the index, how soon a change is found, and a rebuild.

use crate::{
    How, Outcome,
    client::request,
    load::{self, Load, Summary},
    ours,
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests,
};
use serde_json::{Value, json};
use std::{
    path::Path as FilePath,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use web::BASE;

/// Searches and suggestions that arrive in a second.
const SEARCHES: f64 = 200.0;
/// Orders that arrive in a second.
const ORDERS: f64 = 500.0;
/// Connections of the searches.
const CONNECTIONS: usize = 32;
/// Products of one import.
const IMPORTED: usize = 5_000;
/// How long filling, rebuilding or finding may take.
const WITHIN: Duration = Duration::from_secs(600);

const BRANDS: [&str; 24] = [
    "Nike",
    "Adidas",
    "Puma",
    "Reebok",
    "Fila",
    "Converse",
    "Vans",
    "Titan",
    "Casio",
    "Fossil",
    "Levis",
    "Wrangler",
    "Arrow",
    "Lee",
    "Baggit",
    "Wildcraft",
    "Timberland",
    "Clarks",
    "Skechers",
    "Asics",
    "달항아리",
    "한산모시",
    "온기",
    "결",
];
const WHO: [&str; 5] = ["Men", "Women", "Boys", "Girls", "남녀공용"];
const HOW: [&str; 24] = [
    "Printed",
    "Solid",
    "Striped",
    "Checked",
    "Slim Fit",
    "Leather",
    "Canvas",
    "Running",
    "Training",
    "Casual",
    "Formal",
    "Quilted",
    "Washed",
    "Cotton",
    "Linen",
    "Wool",
    "Travel",
    "Classic",
    "Sport",
    "Light",
    "데일리",
    "클래식",
    "포근한",
    "가벼운",
];
const COLOURS: [&str; 16] = [
    "Black",
    "White",
    "Blue",
    "Red",
    "Pink",
    "Green",
    "Navy Blue",
    "Brown",
    "Grey",
    "Purple",
    "Silver",
    "Gold",
    "Yellow",
    "Beige",
    "네이비",
    "검정",
];
const KINDS: [(&str, &str); 24] = [
    ("Tshirt", "Apparel > Topwear > Tshirts"),
    ("Shirt", "Apparel > Topwear > Shirts"),
    ("Top", "Apparel > Topwear > Tops"),
    ("Sweatshirt", "Apparel > Topwear > Sweatshirts"),
    ("Jacket", "Apparel > Topwear > Jackets"),
    ("Jeans", "Apparel > Bottomwear > Jeans"),
    ("Trousers", "Apparel > Bottomwear > Trousers"),
    ("Shorts", "Apparel > Bottomwear > Shorts"),
    ("Dress", "Apparel > Dress > Dresses"),
    ("Socks", "Apparel > Socks > Socks"),
    ("Sports Shoes", "Footwear > Shoes > Sports Shoes"),
    ("Casual Shoes", "Footwear > Shoes > Casual Shoes"),
    ("Sandals", "Footwear > Sandal > Sandals"),
    ("Flip Flops", "Footwear > Flip Flops > Flip Flops"),
    ("Watch", "Accessories > Watches > Watches"),
    ("Belt", "Accessories > Belts > Belts"),
    ("Wallet", "Accessories > Wallets > Wallets"),
    ("Sunglasses", "Accessories > Eyewear > Sunglasses"),
    ("Handbag", "Accessories > Bags > Handbags"),
    ("Backpack", "Accessories > Bags > Backpacks"),
    ("운동화", "Footwear > Shoes > Sports Shoes"),
    ("머그컵", "Home > Kitchen > Mugs"),
    ("티셔츠", "Apparel > Topwear > Tshirts"),
    ("손가방", "Accessories > Bags > Handbags"),
];
/// What people type: whole and half words, Korean and English, typing errors and the wrong layout.
const TYPED: [&str; 24] = [
    "나이키 운동화",
    "nike shoes",
    "빨간 티셔츠",
    "ㄴㅇㅋ",
    "skdlzl",
    "adiads",
    "black belt",
    "나잌",
    "women handbag",
    "달항아리 머그",
    "남성 시계",
    "casual sho",
    "puma white",
    "청바지",
    "운동화",
    "blue jeans men",
    "backpak",
    "티셔",
    "leather wallet",
    "머그컵",
    "red tshirt nike",
    "ㅜㅑㅏㄷ",
    "선글라스",
    "titan watch silver",
];

/// Every product is another one: the words of its name are counted through, with a number of its model.
fn product(n: usize) -> Value {
    let at = |words: &[&str], step: usize| words[n / step % words.len()].to_owned();
    let (kind, category) = KINDS[n % KINDS.len()];
    let (brand, who, how) = (at(&BRANDS, 7), at(&WHO, 3), at(&HOW, 11));
    let colour = at(&COLOURS, 5);
    let name = format!("{brand} {who} {how} {colour} {kind} M{}", n % 4_999);
    let variant = |size: &str| json!({"sku": format!("S-{n}-{size}"), "options": {"color": colour, "size": size}, "stock": 1_000});
    json!({
        "sku": format!("S-{n}"), "name": format!("{name} {}", n / 4_999), "price": 9_900 + n % 900 * 100,
        "brand": brand,
        "category": category, "description": format!("{how} {kind}, made for {who}. 매일 쓰기 좋은 상품입니다."),
        "variants": [variant("M"), variant("L")],
    })
}

struct Shop {
    process: Process,
}

impl Shop {
    fn call(&self, method: &str, path: &str, body: Option<&str>) -> Outcome<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (to, token) = (self.process.hello.address, Some(self.process.hello.admin.as_str()));
        let answer = runtime.block_on(ours::send(to, method, path, token, body))?;
        Ok(serde_json::from_slice(&answer)?)
    }

    fn status(&self) -> Outcome<Value> {
        Ok(self.call("GET", "/admin/search", None)?["data"].clone())
    }

    /// Waits until the index is as wanted; gives how long that took.
    fn wait(&self, wanted: impl Fn(&Value) -> bool) -> Outcome<Duration> {
        let began = Instant::now();
        while !wanted(&self.status()?) {
            if began.elapsed() > WITHIN {
                return Err("the search index does not become what it should".into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(began.elapsed())
    }

    /// Changes a product and searches until that is found, with its name and with its price.
    fn found_after(&self) -> Outcome<Duration> {
        let product =
            json!({"sku": "FRESH-1", "name": "Zephyrine Lantern", "price": 1_000, "stock": 1, "status": "ACTIVE"});
        self.call("POST", "/admin/products", Some(&product.to_string()))?;
        let began = Instant::now();
        while self.call("GET", "/search/products?keyword=zephyrine&facets=false", None)?["data"]["totalHits"] != 1 {
            if began.elapsed() > WITHIN {
                return Err("a new product is not found".into());
            }
        }
        Ok(began.elapsed())
    }
}

/// A search or a suggestion, beside others.
fn paths(of: &str) -> Arc<[Vec<u8>]> {
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let one = |text: &&str| request("GET", &format!("{BASE}/search/{of}?keyword={}", encoded(text)), None, None);
    TYPED.iter().map(one).collect()
}

/// Measures a shop with so many products.
pub fn measure(how: &How, folder: &FilePath, products: usize) -> Outcome<Path> {
    let url = format!("sqlite:{}", folder.join("search.db").display());
    let shop = Shop { process: Process::start(&["ours", &url])? };
    for begin in (0..products).step_by(IMPORTED) {
        let rows: Vec<Value> = (begin..(begin + IMPORTED).min(products)).map(product).collect();
        shop.call("POST", "/admin/products/import", Some(&Value::from(rows).to_string()))?;
        eprint!("\r{begin} products");
    }
    eprintln!();
    let all = products as u64;
    let followed = shop.wait(|status| status["products"].as_u64() >= Some(all))?;
    drop(shop);
    let began = Instant::now();
    let shop = Shop { process: Process::start(&["ours", &url])? };
    shop.wait(|status| status["ready"] == true)?;
    let filled = began.elapsed();
    let mut figures = Vec::new();
    let mut figure = |name: &str, unit: &str, value: f64| {
        figures.push(Figure { name: name.to_owned(), unit: unit.to_owned(), value });
    };
    figure("after the import: all products are found", "ms", ms(followed));
    figure("start: searches are answered", "ms", ms(filled));
    let mut sides = Vec::new();
    for path in ["products", "suggest"] {
        let rounds = (0..how.rounds).map(|_| {
            Measured::of(&shop.process, |process| {
                let (searched, ordered) = beside(how, process, path)?;
                eprintln!("{path}: p99 {} µs beside {:.0} orders/s", searched.p99_us, ordered.rate);
                Ok(searched)
            })
        });
        sides.push(Side { name: format!("search {path}, beside orders"), rounds: rounds.collect::<Outcome<_>>()? });
    }
    let alone = orders(how, &shop.process)?;
    figure("found after a change", "ms", ms(shop.found_after()?));
    let before = shop.status()?["rebuiltAt"].clone();
    shop.call("POST", "/admin/search/rebuild", Some("{}"))?;
    let meanwhile = orders(how, &shop.process)?;
    let rebuilt = shop.wait(|status| status["running"].is_null() && status["rebuiltAt"] != before)?;
    figure("orders alone", "/s", alone.rate);
    figure("orders while the index is rebuilt", "/s", meanwhile.rate);
    figure("rebuild, at most", "ms", ms(rebuilt + how.load().time + how.load().warm_up));
    let status = shop.status()?;
    figure("words", "", status["words"].as_f64().unwrap_or(0.0));
    figure("index on disk", "MiB", status["bytes"].as_f64().unwrap_or(0.0) / f64::from(1 << 20));
    let unit =
        format!("request over HTTP, {SEARCHES} in a second beside {ORDERS} orders, in a shop with {products} products");
    let goal =
        "p99 of searches 5 ms, of suggestions 2 ms; found within 1 s; rebuilt within 60 s, orders 20 % slower; 120 MB";
    let mut path = Path::new("search", &unit, goal, sides);
    path.figures = figures;
    Ok(path)
}

/// Searches and orders at the same time, both at constant rates.
fn beside(how: &How, process: &Process, path: &str) -> Outcome<(Summary, Summary)> {
    let to = process.hello.address;
    let at = |rate| Load { rate: Some(rate), connections: CONNECTIONS, ..how.load() };
    let (searching, buying) = (at(SEARCHES), at(ORDERS));
    let signed = requests::orders(&process.hello, &format!("{BASE}/orders"), true);
    let ordering = thread::spawn(move || load::run(buying, to, requests::unit(signed, 201)));
    let searched = load::run(searching, to, requests::unit(paths(path), 200))?;
    let ordered = ordering.join().map_err(|_| "the orders panicked")??;
    Ok((searched, ordered))
}

/// Orders as fast as they go.
fn orders(how: &How, process: &Process) -> Outcome<Summary> {
    let signed = requests::orders(&process.hello, &format!("{BASE}/orders"), true);
    Ok(load::run(Load { rate: None, ..how.load() }, process.hello.address, requests::unit(signed, 201))?)
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
