//! Sending goods back in a browser without scripts.

use crate::storefront_shop::{open, order, put, sign_up};
use serde_json::json;

#[test]
fn a_buyer_sends_goods_back_and_keeps_some_after_all() {
    let shop = open();
    let mug = shop.product("moon jar mug").price(18_000).stock(5).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "2");
    let placed = order(&browser);
    let number = placed.path.split(['/', '?']).nth(2).expect("the path of an order").to_owned();
    let pay = [("outcome", "approve"), ("method", "KAKAO_PAY")];
    browser.send(&placed, &format!("/orders/{number}/pay"), &pay).must(200);
    browser.open(&format!("/orders/{number}/returns")).must(200).says("Nothing of this order can be sent back.");
    shop.settle();
    let tracking = shop.window().texts("select tracking_number from deliveries").remove(0);
    shop.delivers(&tracking);
    browser.open(&format!("/orders/{number}")).must(200).says("Return or exchange");
    let path = format!("/orders/{number}/returns");
    let form = browser.open(&path).must(200);
    form.says("How many (at most 2)").says("moon jar mug");
    // nothing chosen: the form comes back with what was typed
    let again = [("reason", "DAMAGED"), ("description", "the handle")];
    browser.send(&form, &path, &again).must(400).says("the handle");
    let wanted = [("units-1", "1"), ("kind", "RETURN"), ("reason", "DEFECTIVE")];
    let list = browser.send(&form, &path, &wanted).must(200);
    assert_eq!(list.path, "/returns?done=asked");
    list.says("We have your request").says("Return · defective").says("requested");
    // the same form again is the same request
    browser.send(&form, &path, &wanted).must(200);
    assert_eq!(shop.window().number("select count(*) from return_requests"), 1);
    let number_of = |kind: &str| {
        shop.window().texts(&format!("select return_number from return_requests where kind = '{kind}'")).remove(0)
    };
    let withdraw = format!("/returns/{}/withdraw", number_of("RETURN"));
    browser.send(&list, &withdraw, &[]).must(200).says("You keep it.").says("withdrawn");
    let form = browser.open(&path).must(200);
    browser.send(&form, &path, &[("units-1", "2"), ("kind", "EXCHANGE"), ("reason", "DEFECTIVE")]).must(200);
    for step in ["approve", "receive", "exchange"] {
        shop.admin().post(format!("/admin/returns/{}/{step}", number_of("EXCHANGE")), json!({})).must("200");
    }
    browser.open("/returns").must(200).says("exchanged").says("Parcel TRK-");
    browser.open(&format!("/orders/{number}")).must(200).says("Replacement").says("2 returns and exchanges");
    browser.open(&path).must(200).says("Nothing of this order can be sent back.");
    browser.with("accept-language", "ko").open("/returns").must(200).says("반품·교환 내역").says("교환 완료");
    // no one else's
    let other = shop.browser();
    sign_up(&other, "eve", "/");
    other.get(&path).must(403);
    other.open("/returns").must(200).says("You have not sent anything back.");
}
