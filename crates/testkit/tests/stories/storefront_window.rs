//! Paying in the payment window of `holdfast fake-toss`: the way there, the ways back, and who may complete what was agreed to there.

use crate::{
    storefront_shop::{number, order, put, sign_up},
    toss::Paid,
};
use axum::{body::Body, http::Request};
use faketoss::scripts;
use serde_json::json;
use std::time::Duration;
use testkit::{Browser, Page, wait};
use tower::ServiceExt;

/// Where the shop says that the window is. The story takes each link there to the fake itself.
const WINDOW: &str = "http://pay.test/window";

fn open() -> Paid {
    Paid::with(&[("storefront.payment_window", WINDOW)])
}

/// Chooses how to pay on the page of an order; gives the page with the link to the window.
fn chooses(browser: &Browser, order: &Page, own: &str, method: &str) -> Page {
    let action = format!("/orders/{}/pay", number(order));
    browser.send(order, &action, &[("own", own), ("method", method)]).must(200)
}

/// Follows the link to the window and presses `pay` or `leave` there; gives the path to which the window sends the browser.
fn in_window(paid: &Paid, page: &Page, button: &str, script: &str) -> String {
    let markup = page.text();
    let link = markup.split(&format!("href=\"{WINDOW}?")).nth(1).expect("a link to the window");
    let query = link.split('"').next().unwrap_or_default().replace("&#38;", "&");
    let address = format!("/window/{button}?{query}&script={script}");
    let request = Request::builder().uri(address).body(Body::empty()).expect("a request");
    let response = wait(paid.fake.router().oneshot(request)).expect("the fake responds");
    let to = response.headers()["location"].to_str().expect("an address").to_owned();
    to.strip_prefix("http://localhost").expect("back to the shop").to_owned()
}

#[test]
fn a_buyer_pays_in_the_window_leaves_it_and_comes_back_twice() {
    let paid = open();
    let shop = &paid.shop;
    let mug = shop.product("달항아리 머그").price(9_000).stock(9).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    unpaid.says("You pay in our payment provider's window and come back here.");
    let number = number(&unpaid);

    let there = chooses(&browser, &unpaid, "", "CREDIT_CARD");
    there.says("In the payment window ₩9,000").says("Go to the payment window");
    let left = browser.open(&in_window(&paid, &there, "leave", scripts::APPROVE)).must(200);
    left.says("Nothing was paid. You can choose another way to pay.").says("Pay ₩9,000");

    let back = in_window(&paid, &chooses(&browser, &left, "", "KAKAO_PAY"), "pay", scripts::APPROVE);
    browser.open(&back).must(200).says("Thank you. The payment is complete.").says("Kakao Pay · completed");
    browser.open(&back).must(200).says("Thank you. The payment is complete.");
    assert_eq!(paid.of_order(&number), (9_000, 0));
    paid.messages(2);

    // refused, and with an answer that is lost
    put(&browser, &mug, "1");
    let page = chooses(&browser, &order(&browser), "", "CREDIT_CARD");
    let refused = browser.open(&in_window(&paid, &page, "pay", "REJECT_CARD_COMPANY")).must(400);
    refused.says("That did not work").says("card · failed");
    browser.open("/cart").must(200).says("₩9,000");
    let page = chooses(&browser, &order(&browser), "", "CREDIT_CARD");
    let open = browser.open(&in_window(&paid, &page, "pay", scripts::LOST_ANSWER)).must(200);
    open.says("The payment is being confirmed.");
    shop.later(Duration::from_secs(60));
    browser.open(&open.path).must(200).says("card · completed");
}

#[test]
fn what_another_browser_brings_from_the_window_needs_a_click() {
    let paid = open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    let bearer = format!("Bearer {}", browser.cookie("holdfast_access"));
    let id = shop.anonymous().with("authorization", &bearer).get("/api/v1/users/me").must("200").word("/id");
    let gift = json!({"amount": 4_000, "reason": "sorry for the wait"});
    shop.admin().post(format!("/admin/wallets/{id}/balance"), gift).must("201");

    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    let number = number(&unpaid);
    let there = chooses(&browser, &unpaid, "4000", "CREDIT_CARD");
    there.says("From your balance ₩4,000").says("In the payment window ₩5,000");
    let back = in_window(&paid, &there, "pay", scripts::APPROVE);

    // the same buyer on another device: its form token is another one
    let other = shop.browser();
    for name in ["holdfast_access", "holdfast_refresh"] {
        other.set_cookie(name, &browser.cookie(name));
    }
    let asked = other.open(&back).must(200);
    asked.says("You have agreed to this payment. Nothing was taken yet.").says("From your balance ₩4,000");
    assert_eq!(paid.of_order(&number), (0, 0));
    // an address that was changed by hand
    let changed = browser.open(&back.replace("own=4000", "own=0")).must(200);
    changed.says("Nothing was taken yet.");
    let action = format!("/orders/{number}/paid");
    browser.send(&changed, &action, &[]).must(400).says("the amount is not valid");
    browser.open(&format!("{action}?method=CREDIT_CARD&own=0&amount=9000")).must(400);
    assert_eq!(paid.of_order(&number), (0, 0));
    // without a session the way leads through the sign-in
    let stranger = shop.browser().open(&back).must(200);
    assert!(stranger.path.starts_with("/sign-in?return=%2Forders%2F"), "{}", stranger.path);

    let done = other.send(&asked, &action, &[]).must(200);
    done.says("Thank you.").says("balance · completed ₩4,000").says("card · completed ₩5,000");
    assert_eq!(paid.of_order(&number), (5_000, 0));
    paid.messages(1);
}

#[test]
fn an_account_from_the_window_is_shown_with_its_bank_and_paid_into() {
    let paid = open();
    let shop = &paid.shop;
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    let number = number(&unpaid);
    let back = in_window(&paid, &chooses(&browser, &unpaid, "", "VIRTUAL_ACCOUNT"), "pay", scripts::APPROVE);
    let waits = browser.open(&back).must(200);
    waits.says("Deposit into this account").says("Bank Woori").says("Account number X").says("Amount ₩9,000");
    let account = [("bank", "20"), ("accountNumber", "1002-123-456789"), ("holder", "김미나")];
    browser.send(&waits, &format!("/orders/{number}/refund-account"), &account).must(200).says("*********6789");
    let key = paid.fake.of_order(&number).expect("a payment").key;
    paid.messages(1);
    paid.fake.deposit(&key, false).expect("the account waits");
    assert!(paid.messages(1) > 0);
    // the gateway was just asked because of a message; the next time is a minute later
    shop.later(Duration::from_secs(60));
    let done = browser.open(&format!("/orders/{number}")).must(200);
    done.says("virtual account · completed").says("Refunds go to the account *********6789.");
    browser.send(&done, &format!("/orders/{number}/cancel"), &[]).must(200).says("Refunded ₩9,000");
    shop.settle();
    assert_eq!(paid.of_order(&number), (9_000, 9_000));
}

#[test]
fn a_balance_is_charged_in_the_window_once() {
    let paid = open();
    let browser = paid.shop.browser();
    let page = sign_up(&browser, "mina", "/balance");
    page.says("You pay in our payment provider's window and come back here.");
    let charges =
        |amount: &str| browser.send(&page, "/balance/charge", &[("amount", amount), ("method", "CREDIT_CARD")]);
    charges("10").must(400).says("Amount: must be between");
    let there = charges("20,000").must(200);
    there.says("In the payment window ₩20,000");
    browser.open(&in_window(&paid, &there, "leave", scripts::APPROVE)).must(200).says("Nothing was charged.");
    let back = in_window(&paid, &there, "pay", scripts::APPROVE);
    browser.open(&back).must(200).says("Your balance is topped up.").says("+₩20,000");
    browser.open(&back).must(200).says("₩20,000");
    assert_eq!(paid.fake.payments().iter().map(faketoss::Payment::captured).sum::<i64>(), 20_000);
    // the same consent from another device is the same charge
    let other = paid.shop.browser();
    for name in ["holdfast_access", "holdfast_refresh"] {
        other.set_cookie(name, &browser.cookie(name));
    }
    let asked = other.open(&back).must(200);
    asked.says("Nothing was taken yet.");
    other.send(&asked, "/balance/charged", &[]).must(200).says("Your balance is topped up.");
    let next = in_window(&paid, &charges("1,000").must(200), "pay", "REJECT_CARD_COMPANY");
    browser.open(&next).must(400).says("That did not work");
    let again = browser.open("/balance").must(200);
    again.says("₩20,000");
    assert!(!again.words().contains("₩40,000"));
    paid.messages(1);
}
