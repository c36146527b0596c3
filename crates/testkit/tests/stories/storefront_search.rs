//! The search as buyers use it: in a browser without scripts, where every choice is a link.

use crate::{search::goods, storefront_shop::sign_up};
use std::time::Duration;
use testkit::{Browser, Page, TestShop};

/// The address of the link with this text, which may have a count behind it.
#[track_caller]
fn link(page: &Page, text: &str) -> String {
    let markup = page.text();
    let at = markup.find(&format!(">{text} <span")).or_else(|| markup.find(&format!(">{text}</a>")));
    let at = at.unwrap_or_else(|| panic!("{} has no link {text}: {}", page.path, page.words()));
    let (_, href) = markup[..at].rsplit_once("<a ").and_then(|(_, tag)| tag.split_once("href=\"")).expect("a link");
    href.split('"').next().unwrap_or_default().replace("&#38;", "&")
}

/// The names of the cards, in order.
fn names(page: &Page) -> Vec<String> {
    let markup = page.text().replace("<mark>", "").replace("</mark>", "");
    let names =
        markup.split("<span class=\"name\">").skip(1).map(|rest| rest.split("</span>").next().unwrap_or_default());
    names.map(str::to_owned).collect()
}

const RUN: &str = "Nike Men Running Shoes";
const AIR: &str = "나이키 에어 운동화";

#[test]
fn what_was_found_is_narrowed_by_links_marked_and_understood() {
    let shop = TestShop::open();
    goods(&shop);
    let browser = shop.browser();
    let open = |path: &str| browser.open(path).must(200);

    // the list of everything has the choices of the search beside it
    let all = open("/products");
    all.says("5 products").says("Filter").says("Brand").says("Nike 2").says("Adidas 1").says("Navy 1");
    let nike = open(&link(&all, "Nike"));
    assert_eq!(nike.path, "/search?brand=Nike");
    nike.says("Matching products").says("2 products").says("Nike ×");
    let cheap = open("/search?brand=nike&sort=cheap");
    assert_eq!(names(&cheap), [RUN, AIR]);
    assert_eq!(names(&open("/search?brand=nike&sort=dear")), [AIR, RUN]);
    assert_eq!(open(&link(&nike, "Nike")).path, "/search", "a choice is taken back by its link");
    let navy = open(&link(&all, "Navy"));
    assert_eq!((navy.path.as_str(), names(&navy)), ("/search?option=color%3ANavy", vec!["Leather Bag".to_owned()]));
    assert_eq!(names(&open("/search?min=60000&max=99000&sort=new")), ["Leather Bag", RUN]);
    open("/search?option=color%3ARed&option=size%3AS&stock=1")
        .says("0 products")
        .says("We found nothing for this search.");
    let shoes = all.quoted_after("href=\"/search?category=").remove(0);
    open(&format!("/search?category={shoes}")).says("2 products").says("Shoes ×");

    // what was found is marked, and what people wrote stays text
    let running = open("/search?q=running");
    running.says("“running”").says("2 products");
    let markup = running.text();
    assert!(markup.contains("Nike Men <mark>Running</mark> Shoes"), "{markup}");
    assert!(markup.contains("A tee &#38; more for <mark>running</mark>"), "{markup}");
    let tee = open("/search?q=tshirt").text();
    assert!(tee.contains("Adidas <mark>Tshirt</mark> &#60;b&#62;bold&#60;/b&#62;"), "{tee}");

    // misspelled, half-typed, in the other language
    let understood = open("/search?q=nkie");
    understood.says("Showing results for nike").says("2 products");
    assert_eq!(link(&understood, "nike"), "/search?q=nike");
    open("/search?q=skdlzl").says(AIR);
    let some = open("/search?q=nike%20qqqqqqqqq");
    some.says("Nothing matches all of these words.").says(RUN);
    open("/search?q=qqqqqqqqq").says("We found nothing for this search.").says("See all products");
    let korean = browser.with("accept-language", "ko");
    korean.open("/search?q=running").must(200).says("‘running’ 검색 결과").says("상품 2개").says("정확도순");
    korean.open("/products").must(200).says("조건으로 좁히기").says("브랜드");

    // addresses that were changed by hand
    browser.open("/search?min=9&max=1").must(400).says("That did not work").says("Price from:");
    browser.open("/search?q=nike&after=nonsense").must(400).says("That did not work");
    assert_eq!(open("/products?q=nike").path, "/search?q=nike", "older links lead to the search");
    assert!(open("/").text().contains("<form class=\"search\" action=\"/search\""));
}

#[test]
fn many_goods_are_paged_by_links() {
    let shop = TestShop::open();
    for n in 0..26 {
        shop.product(&format!("cup {n:02}")).price(1_000 + n).save();
    }
    shop.settle();
    let browser = shop.browser();
    let first = browser.open("/search?q=cup&sort=cheap").must(200);
    first.says("26 products").says("Next page");
    assert!(!first.words().contains("First page"));
    let second = browser.open(&link(&first, "Next page")).must(200);
    let all: Vec<String> = names(&first).into_iter().chain(names(&second)).collect();
    assert_eq!(all, (0..26).map(|n| format!("cup {n:02}")).collect::<Vec<_>>());
    assert_eq!(link(&second, "First page"), "/search?q=cup&sort=cheap");
    assert!(!second.words().contains("Next page"));
}

fn recent(browser: &Browser) -> String {
    browser.get("/search/recent").must(200).text()
}

#[test]
fn a_buyer_finds_recent_searches_again_and_can_forget_them() {
    let shop = TestShop::open();
    goods(&shop);
    let browser = shop.browser();
    browser.open("/search?q=Nike").must(200);
    assert_eq!(recent(&browser), r#"{"recent":[]}"#, "nothing is remembered of a guest");
    sign_up(&browser, "mina", "/search").says("Recent searches").says("Nothing yet.");
    for words in ["Nike", "bag", "qqqqqqqqq", "Nike&after=nonsense"] {
        browser.open(&format!("/search?q={words}"));
        shop.turn(Duration::from_millis(5));
    }
    browser.with("sec-fetch-site", "cross-site").open("/search?q=leather").must(200);
    assert_eq!(
        recent(&browser),
        r#"{"recent":["bag","Nike"]}"#,
        "what found something, and was looked for in the shop"
    );
    let page = browser.open("/search").must(200);
    page.says("bag").says("Nike");
    assert_eq!(link(&page, "bag"), "/search?q=bag");
    let page = browser.send(&page, "/search/recent", &[("words", "bag")]).must(200);
    assert_eq!((page.path.as_str(), recent(&browser)), ("/search", r#"{"recent":["Nike"]}"#.to_owned()));
    browser.send(&page, "/search/recent", &[("words", "bag")]).must(200);
    browser.send(&page, "/search/recent", &[("words", "")]).must(200).says("Nothing yet.");
    // what everybody looks for is there for everybody
    shop.settle();
    shop.browser().open("/search").must(200).says("Popular searches").says("nike");
    // the script that suggests while somebody types is a file of our own
    let script = shop.browser().open("/").quoted_after("<script type=\"module\" src=\"").remove(1);
    assert!(script.starts_with("/assets/suggest-"), "{script}");
    let script = shop.browser().get(&script).must(200);
    assert!(script.text().contains("/search/autocomplete") && !script.text().contains("innerHTML"));
}

#[test]
fn a_shop_whose_index_is_not_ready_shows_its_lists() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search");
    let shop = TestShop::with(1, &[("search.folder", path.to_str().unwrap())]);
    shop.product("mug").save();
    let browser = shop.browser();
    browser.open("/search?q=mug").must(503).says("the search index is not ready yet").says("Wait a moment");
    let list = browser.open("/products").must(200);
    list.says("mug");
    assert!(!list.words().contains("Filter"));
    shop.settle();
    browser.open("/search?q=mug").must(200).says("1 product");
}
