//! Balance, points and shares as buyers use them in a browser, and accounts into which they deposit.

use crate::storefront_shop::{number, open, order, put, sign_up};
use std::time::Duration;
use testkit::{Browser, Page, TestShop};

const MINUTE: Duration = Duration::from_secs(60);

fn charges(browser: &Browser, amount: &str, outcome: &str) -> Page {
    let page = browser.open("/balance").must(200);
    browser.send(&page, "/balance/charge", &[("amount", amount), ("outcome", outcome)])
}

/// Pays the order on this page: so much from the balance, the rest by card.
fn pays(browser: &Browser, order: &Page, own: &str) -> Page {
    let action = format!("/orders/{}/pay", number(order));
    browser.send(order, &action, &[("own", own), ("method", "CREDIT_CARD"), ("outcome", "approve")])
}

#[test]
fn a_balance_is_charged_by_a_form_and_pays_alone_and_beside_a_card() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let browser = shop.browser();
    let page = sign_up(&browser, "mina", "/balance");
    page.says("Balance ₩0").says("Amount (₩1,000 to ₩1,000,000)").says("No activity yet.");
    let filled = [("amount", "15,000"), ("outcome", "approve")];
    let charged = browser.send(&page, "/balance/charge", &filled).must(200);
    charged.says("Your balance is topped up.").says("₩15,000").says("+₩15,000").says("balance ₩15,000");
    // the same form again charges nothing more
    browser.send(&page, "/balance/charge", &filled).must(200);
    assert!(!browser.open("/balance").words().contains("₩30,000"));
    charges(&browser, "10", "approve").must(400).says("Amount: must be between");
    charges(&browser, "much", "approve").must(400).says("the amount is not valid");
    charges(&browser, "5000", "decline-expired-card").must(400).says("That did not work");
    charges(&browser, "5000", "timeout-charged")
        .must(200)
        .says("The payment is being confirmed.")
        .says("On its way: ₩5,000");
    for _ in 0..3 {
        shop.later(5 * MINUTE);
    }
    browser.open("/balance").must(200).says("₩20,000");

    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    unpaid.says("Use your balance (you have ₩20,000)").says("The rest is paid by the method above.");
    pays(&browser, &unpaid, "a lot").must(400).says("the amount is not valid").says("Pay ₩9,000");
    let paid = pays(&browser, &unpaid, "4,000").must(200);
    paid.says("Thank you.").says("balance · completed ₩4,000").says("card · completed ₩5,000");
    assert_eq!(shop.captures_of(&number(&paid)), [5_000]);

    // all of it, by the method or by the amount
    for (own, method) in [("", "BALANCE"), ("9000", "CREDIT_CARD")] {
        charges(&browser, "1500", "approve").must(200);
        put(&browser, &mug, "1");
        let unpaid = order(&browser);
        let action = format!("/orders/{}/pay", number(&unpaid));
        let fields = [("own", own), ("method", method), ("outcome", "approve")];
        browser.send(&unpaid, &action, &fields).must(200).says("Thank you.").says("balance · completed ₩9,000");
        assert_eq!(shop.captures_of(&number(&unpaid)), Vec::<i64>::new());
    }
    // what is not there cannot be spent, and the order still waits
    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    assert!(!unpaid.text().contains("value=\"BALANCE\""));
    let short = pays(&browser, &unpaid, "9000").must(400);
    short.says("That did not work").says("Pay ₩9,000");
    assert!(short.text().contains("name=\"own\" value=\"9000\""), "what was typed stays");
    let history = browser.open("/balance").must(200);
    history.says("paid").says("−₩9,000").says("charged");
    browser.open("/balance?after=c1").must(200).says("Newest");
    browser.open("/balance?after=wrong").must(400);
    let korean = browser.with("accept-language", "ko");
    korean.open("/balance").must(200).says("잔액 1,000원").says("충전 금액(1,000원~1,000,000원)");
}

pub fn delivered(shop: &TestShop, order: &str) {
    shop.settle();
    let tracking = shop.admin().get(format!("/deliveries/order/{order}")).must("200").word("/trackingNumber");
    shop.delivers(&tracking);
}

#[test]
fn points_are_earned_shown_with_their_end_and_spent_in_the_checkout() {
    let shop = open();
    let mug = shop.product("mug").price(50_000).stock(9).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/points").says("Points ₩0").says("No activity yet.");
    put(&browser, &mug, "1");
    let paid = pays(&browser, &order(&browser), "").must(200);
    delivered(&shop, &number(&paid));
    let points = browser.open("/points").must(200);
    points.says("Points ₩500").says("Expiring first ₩500 until").says("earned").says(&number(&paid));
    put(&browser, &mug, "1");
    let form = browser.open("/checkout").must(200);
    form.says("Points to use (you have ₩500)");
    let chosen = [("points", "500")];
    let counted = browser.send(&form, "/checkout", &filled(&chosen)).must(200);
    counted.says("Points −₩500").says("Total ₩49,500");
    let ordered = browser.send(&counted, "/checkout", &filled(&chosen)).must(200);
    ordered.says("Points −₩500");
    browser.open("/points").must(200).says("Points ₩0").says("spent").says("−₩500");
    let account = browser.open("/account").must(200);
    account.says("Balance").says("Points").says("Recent searches");
}

fn filled<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let address = [
        ("receiverName", "김하늘"),
        ("receiverPhone", "010-1234-5678"),
        ("zipCode", "04524"),
        ("address1", "서울시 중구 세종대로 110"),
    ];
    [&address[..], more].concat()
}

#[test]
fn an_order_waits_for_its_deposit_and_can_be_paid_otherwise() {
    let shop = open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    let browser = shop.browser();
    sign_up(&browser, "mina", "/");
    put(&browser, &mug, "1");
    let unpaid = order(&browser);
    let path = format!("/orders/{}", number(&unpaid));
    let deposit = [("method", "VIRTUAL_ACCOUNT"), ("outcome", "deposit-never")];
    let waits = browser.send(&unpaid, &format!("{path}/pay"), &deposit).must(200);
    waits.says("Deposit into this account").says("Account number").says("Amount ₩9,000").says("Until");
    assert!(!waits.words().contains("Pay ₩9,000") && !waits.words().contains("The payment is being confirmed."));
    let korean = browser.with("accept-language", "ko").open(&path).must(200);
    korean.says("아래 계좌로 입금해 주세요").says("입금 기한");
    let wrong = [("bank", "20"), ("accountNumber", "12"), ("holder", "김하늘")];
    let account = format!("{path}/refund-account");
    browser.send(&waits, &account, &wrong).must(400).says("Account number: must be 6 to 20 digits");
    let right = [("bank", "20"), ("accountNumber", "1002-123-456789"), ("holder", "김하늘")];
    browser.send(&waits, &account, &right).must(200).says("Your account is saved.").says("*********6789");
    let withdrawn = browser.send(&waits, &format!("{path}/withdraw"), &[]).must(200);
    withdrawn.says("The payment is cancelled. You can choose another way to pay.").says("Pay ₩9,000");
    pays(&browser, &withdrawn, "").must(200).says("Thank you.");
    assert_eq!(shop.captures_of(&number(&unpaid)), [9_000]);
    // somebody else's payment is not theirs to withdraw
    let other = shop.browser();
    sign_up(&other, "eve", "/");
    let token = other.cookie("holdfast_form");
    let payment = waits.form(&format!("{path}/withdraw")).into_iter().find(|(name, _)| name == "payment").unwrap().1;
    let foreign = [("form", token.as_str()), ("payment", payment.as_str())];
    assert!(matches!(other.post(&format!("{path}/withdraw"), &foreign).response.status, 403 | 404));
}
