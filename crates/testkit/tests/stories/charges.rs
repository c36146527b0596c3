//! Charges of a balance through Toss Payments: its messages are followed, what it took otherwise than it was asked is shown to a
//! person, and one that waits for a deposit can be cancelled.

use crate::{
    deposits::{audited, gone, resolve},
    toss::Paid,
};
use faketoss::{Method, scripts};
use kernel::number::ALPHABET;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Response, Sender};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The number of the nth charge of a test.
fn number(nth: usize) -> String {
    format!("CHG-2222222{}", char::from(ALPHABET[nth]))
}

/// A charge of 5,000 to which the user has agreed in the payment window.
fn charges(paid: &Paid, user: &Sender, nth: usize, method: Method, script: &str) -> (String, String, Response) {
    let number = number(nth);
    let name = if method == Method::VirtualAccount { "VIRTUAL_ACCOUNT" } else { "CARD" };
    let key = paid.agrees(&number, 5_000, method, script);
    let body = json!({"amount": 5_000, "paymentMethod": name, "paymentKey": key, "transactionId": number});
    let said = user.post(format!("/users/{}/balance/charge", user.id()), body);
    (number, key, said)
}

fn held(user: &Sender) -> (i64, i64) {
    let wallet = user.get(format!("/users/{}/balance", user.id())).must("200");
    (wallet.number("/balance"), wallet.number("/charging"))
}

fn cancels(by: &Sender, user: &Sender, number: &str) -> Response {
    by.post(format!("/users/{}/balance/charges/{number}/cancel", user.id()), json!({}))
}

#[test]
fn a_deposit_is_in_the_balance_when_the_gateway_sends_its_message_and_one_taken_back_is_shown_to_a_person() {
    let paid = Paid::open();
    let user = paid.shop.buyer();
    for (nth, pause) in [Duration::ZERO, Duration::from_secs(59), 2 * MINUTE].into_iter().enumerate() {
        let before = held(&user).0;
        let (charge, key, said) = charges(&paid, &user, nth, Method::VirtualAccount, scripts::APPROVE);
        assert!(said.must("202").data()["deposit"]["accountNumber"].is_string());
        paid.messages(1);
        assert_eq!(held(&user), (before, 5_000));
        paid.shop.turn(MINUTE);
        paid.fake.deposit(&key, false).unwrap();
        assert!(paid.messages(3) > 0);
        assert_eq!(held(&user), (before + 5_000, 0));
        paid.shop.turn(pause);
        paid.fake.deposit_error(&key).unwrap();
        assert!(paid.messages(3) > 0);
        paid.shop.later(2 * MINUTE);
        let found = gone(&paid);
        let asked = (&found[0]["paymentNumber"], &found[0]["amount"], &found[0]["expected"]);
        assert_eq!(asked, (&json!(charge), &json!(0), &json!(5_000)), "after {pause:?}");
        let said = audited(&paid);
        assert!(said.contains("another amount") && !said.contains("the gateway took the money of every"), "{said}");
        resolve(&paid, &charge);
        assert!(!audited(&paid).contains(&charge));
    }
}

#[test]
fn a_charge_that_waits_for_a_deposit_can_be_cancelled_by_its_user_and_no_money_is_paid_in() {
    let paid = Paid::open();
    let (user, other) = (paid.shop.buyer(), paid.shop.buyer());
    let (charge, key, said) = charges(&paid, &user, 0, Method::VirtualAccount, scripts::APPROVE);
    said.must("202");
    paid.messages(1);
    cancels(&other, &user, &charge).must("403 A002");
    cancels(&other, &other, &charge).must("404 S301");
    cancels(&user, &user, &number(9)).must("404 S301");
    let once = |key: &str| {
        let path = format!("/users/{}/balance/charges/{charge}/cancel", user.id());
        user.keyed(key).post(path, json!({}))
    };
    let said = once("cancel-1").must("200");
    assert_eq!((said.word("/status"), held(&user)), ("FAILED".to_owned(), (0, 0)));
    assert_eq!(once("cancel-1").must("200").text(), said.text());
    cancels(&user, &user, &charge).must("400 S312");
    // its account is closed
    assert!(paid.fake.deposit(&key, false).is_err());
    paid.messages(3);
    paid.shop.later(DAY);
    assert_eq!((held(&user), gone(&paid)), ((0, 0), Vec::<Value>::new()));
    assert!(!audited(&paid).contains(&charge));
    // one that was deposited is not cancelled, also when nothing said so yet
    let (charge, key, said) = charges(&paid, &user, 1, Method::VirtualAccount, scripts::APPROVE);
    said.must("202");
    paid.shop.turn(MINUTE);
    paid.fake.deposit(&key, false).unwrap();
    cancels(&paid.shop.admin(), &user, &charge).must("400 S312");
    assert_eq!(held(&user), (5_000, 0));
}

#[test]
fn money_that_was_taken_otherwise_than_asked_is_shown_to_a_person() {
    let paid = Paid::open();
    let user = paid.shop.buyer();
    let (charge, _, said) = charges(&paid, &user, 0, Method::Card, scripts::WRONG_AMOUNT);
    said.must("400 S304");
    paid.messages(3);
    paid.shop.later(10 * MINUTE);
    assert_eq!((held(&user), gone(&paid).len()), ((0, 0), 1));
    let said = audited(&paid);
    assert!(said.contains("another amount") && !said.contains("all money that the gateway took"), "{said}");
    resolve(&paid, &charge);
    assert!(!audited(&paid).contains(&charge));
}
