//! The rules of a payment's life, and its SQL on a real database.

use crate::payment::{Approval, Kind, Method, NewPayment, Payment, RefundStatus, Status};
use crate::remote;
use crate::{MODULE, Part, ops};
use ::store::{Tx, args};
use events::{PaymentCompleted, PaymentFailed, PaymentRefunded};
use fixture::{Fixture, user_id};
use kernel::{Clock, Code, Event as _, Money, OrderNumber, PaymentNumber, Random, Result, Zone};
use ports::{
    ManualClock,
    gateway::{ChargeRequest, Outcome, Simulated, simulated::keys},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{ops::Deref, time::Duration};

fn order(n: u64) -> OrderNumber {
    OrderNumber::draw_on(&mut Random::seeded(n), ManualClock::default().now(), &Zone::utc())
}

fn new_payment(n: u64) -> NewPayment {
    NewPayment {
        order: order(n),
        user: user_id(n),
        amount: Money::minor(9_000),
        method: Method::CreditCard,
        method_sent: None,
        payment_key: Some("approve".to_owned()),
    }
}

struct Shop(Fixture);

impl Deref for Shop {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Shop {
    fn open() -> Shop {
        Shop(Fixture::of(&[MODULE]))
    }

    fn begin(&self, n: u64) -> Result<Payment> {
        self.write(move |tx| ops::begin(tx, new_payment(n)))
    }

    fn approve(&self, number: &PaymentNumber, transaction: &'static str) -> Result<Approval> {
        let number = number.clone();
        self.write(move |tx| ops::completed(tx, &number, transaction))
    }

    fn decline(&self, number: &PaymentNumber) -> Result<Payment> {
        let number = number.clone();
        self.write(move |tx| ops::failed(tx, &number, "CARD_DECLINED: the card company refused"))
    }

    fn cancel(&self, number: &PaymentNumber) -> Result<Payment> {
        let number = number.clone();
        self.write(move |tx| ops::cancelled(tx, &number))
    }

    fn refund(&self, number: &PaymentNumber, amount: i64) -> Result<kernel::RefundId> {
        let number = number.clone();
        self.write(move |tx| ops::begin_refund(tx, &number, Money::minor(amount), "changed my mind").map(|r| r.id))
    }

    fn find(&self, number: &PaymentNumber) -> Payment {
        let number = number.clone();
        self.write(move |tx| ops::find(tx, &number)).unwrap()
    }

    fn topics(&self, n: u64) -> Vec<String> {
        self.topics_of(order(n).as_str())
    }
}

#[test]
fn a_payment_is_completed_once_and_published_once() {
    let shop = Shop::open();
    let begun = shop.begin(1).unwrap();
    assert_eq!((begun.status.clone(), begun.captured), (Status::Processing, Money::ZERO));
    assert_eq!(shop.find(&begun.number), begun);
    shop.clock.advance(Duration::from_secs(1));
    let Approval::Completed(completed) = shop.approve(&begun.number, "PG-A").unwrap() else { panic!("late") };
    assert_eq!(completed.status, Status::Completed { at: shop.clock.now() });
    assert_eq!(shop.find(&begun.number), completed);
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(shop.approve(&begun.number, "PG-A").unwrap(), Approval::Completed(completed));
    assert_eq!(shop.approve(&begun.number, "PG-B").unwrap_err().code(), Code::Conflict);
    assert_eq!(shop.topics(1), [PaymentCompleted::TOPIC]);
}

#[test]
fn an_order_has_at_most_one_live_payment() {
    let shop = Shop::open();
    let first = shop.begin(1).unwrap();
    let second = shop.begin(1).unwrap_err();
    assert_eq!(second.code(), Code::PaymentAlreadyCompleted);
    assert_eq!(second.details()[0].values["paymentNumber"], first.number.as_str());
    shop.begin(2).unwrap();
    shop.decline(&first.number).unwrap();
    let third = shop.begin(1).unwrap();
    shop.cancel(&third.number).unwrap();
    let fourth = shop.begin(1).unwrap();
    shop.approve(&fourth.number, "PG-A").unwrap();
    assert_eq!(shop.begin(1).unwrap_err().code(), Code::PaymentAlreadyCompleted);
    let refund = shop.refund(&fourth.number, 9_000).unwrap();
    shop.write(move |tx| ops::refund_completed(tx, refund, "RF-PG-A")).unwrap();
    assert_eq!(shop.begin(1).unwrap_err().code(), Code::PaymentAlreadyCompleted, "a refunded order is not paid again");
    let all = shop.write(|tx| ops::of_order(tx, &order(1))).unwrap();
    assert_eq!(
        all.iter().map(|p| p.status.kind()).collect::<Vec<_>>(),
        [Kind::Failed, Kind::Cancelled, Kind::Refunded]
    );
    assert_eq!(shop.write(|tx| ops::current(tx, &order(1))).unwrap().number, fourth.number);
    assert_eq!(shop.write(|tx| ops::current(tx, &order(9))).unwrap_err().code(), Code::PaymentNotFound);
}

#[test]
fn a_payment_number_that_is_taken_is_drawn_again() {
    let shop = Shop::open();
    shop.write(|tx| {
        let first = ops::begin(tx, new_payment(1))?;
        let next = PaymentNumber::draw(&mut tx.random().clone(), tx.now());
        tx.exec("update payments set payment_number = ? where id = ?", args![next, first.id])?;
        assert_ne!(ops::begin(tx, new_payment(2))?.number, next);
        Ok(())
    })
    .unwrap();
}

#[test]
fn impossible_payments_are_refused() {
    let shop = Shop::open();
    let refused = |change: fn(&mut NewPayment)| {
        let mut new = new_payment(1);
        change(&mut new);
        shop.write(move |tx| ops::begin(tx, new.clone())).unwrap_err().code()
    };
    assert_eq!(refused(|new| new.amount = Money::ZERO), Code::InvalidPaymentAmount);
    assert_eq!(refused(|new| new.amount = Money::minor(-1)), Code::InvalidPaymentAmount);
    assert_eq!(refused(|new| new.payment_key = Some("k".repeat(201))), Code::InvalidInput);
}

#[test]
fn a_refusal_keeps_its_reason_and_never_undoes_an_approval() {
    let shop = Shop::open();
    let refused = shop.begin(1).unwrap().number;
    let failed = shop.decline(&refused).unwrap();
    assert_eq!(failed.status.failure(), Some("CARD_DECLINED: the card company refused"));
    assert_eq!(shop.find(&refused), failed);
    assert_eq!(shop.decline(&refused).unwrap(), failed);
    assert_eq!(shop.cancel(&refused).unwrap_err().code(), Code::PaymentCannotBeCancelled);
    assert_eq!(shop.topics(1), [PaymentFailed::TOPIC]);

    let approved = shop.begin(2).unwrap().number;
    shop.approve(&approved, "PG-A").unwrap();
    assert_eq!(shop.decline(&approved).unwrap_err().code(), Code::PaymentAlreadyCompleted);
    assert_eq!(shop.cancel(&approved).unwrap_err().code(), Code::PaymentCannotBeCancelled);
    assert_eq!(shop.find(&approved).status.kind(), Kind::Completed);
}

#[test]
fn an_approval_that_comes_too_late_is_recorded_to_be_refunded() {
    let shop = Shop::open();
    for (n, transaction) in [(1, "PG-A"), (2, "PG-B")] {
        let number = shop.begin(n).unwrap().number;
        let ended = if n == 1 { shop.decline(&number) } else { shop.cancel(&number) }.unwrap();
        let Approval::Late(late) = shop.approve(&number, transaction).unwrap() else { panic!("not late") };
        assert_eq!((late.status.kind(), late.captured), (ended.status.kind(), Money::minor(9_000)));
        assert!(matches!(shop.approve(&number, transaction).unwrap(), Approval::Late(_)));
        let refund = shop.refund(&number, 9_000).unwrap();
        let transaction = format!("RF-{transaction}");
        shop.write(move |tx| ops::refund_completed(tx, refund, &transaction)).unwrap();
        let back = shop.find(&number);
        assert_eq!((back.status.kind(), back.refunded), (ended.status.kind(), Money::minor(9_000)));
        assert_eq!(shop.topics(n), [PaymentFailed::TOPIC, PaymentRefunded::TOPIC]);
        shop.begin(n).unwrap();
    }
}

#[test]
fn the_audit_finds_money_kept_from_a_late_approval() {
    let shop = Shop::open();
    let number = shop.begin(1).unwrap().number;
    shop.cancel(&number).unwrap();
    shop.approve(&number, "PG-A").unwrap();
    assert_eq!(shop.audit(), [], "recovery has its time");
    shop.clock.advance(Duration::from_secs(2 * 3_600));
    let found = shop.audit();
    assert_eq!((found.len(), found[0].subject.as_str()), (1, number.as_str()));
    shop.refund(&number, 9_000).unwrap();
}

#[test]
fn refunds_never_exceed_what_was_taken() {
    let shop = Shop::open();
    let number = shop.begin(1).unwrap().number;
    assert_eq!(shop.refund(&number, 1).unwrap_err().code(), Code::InvalidPaymentAmount, "nothing was taken yet");
    shop.approve(&number, "PG-A").unwrap();
    for wrong in [0, -1, 9_001] {
        assert_eq!(shop.refund(&number, wrong).unwrap_err().code(), Code::InvalidPaymentAmount);
    }
    let first = shop.refund(&number, 5_000).unwrap();
    assert_eq!(shop.refund(&number, 4_001).unwrap_err().code(), Code::InvalidPaymentAmount, "5,000 are on their way");
    let second = shop.refund(&number, 4_000).unwrap();
    assert_eq!(shop.refund(&number, 1).unwrap_err().code(), Code::InvalidPaymentAmount);
    let refused = shop.write(move |tx| ops::refund_failed(tx, second, "REFUND_REJECTED: no")).unwrap();
    assert!(matches!(refused.status, RefundStatus::Failed { .. }));
    assert_eq!(shop.write(move |tx| ops::refund_failed(tx, second, "again")).unwrap(), refused);
    let back = shop.write(move |tx| ops::refund_completed(tx, first, "RF-PG-A")).unwrap();
    assert_eq!(shop.write(move |tx| ops::refund_completed(tx, first, "RF-PG-A")).unwrap(), back);
    assert_eq!(shop.find(&number).status.kind(), Kind::PartiallyRefunded);
    let crossed = shop.write(move |tx| ops::refund_completed(tx, second, "RF-PG-B")).unwrap_err();
    assert_eq!(crossed.code(), Code::Conflict);
    let rest = shop.refund(&number, 4_000).unwrap();
    shop.write(move |tx| ops::refund_completed(tx, rest, "RF-PG-C")).unwrap();
    assert_eq!(shop.find(&number).status.kind(), Kind::Refunded);
    let n = number.clone();
    assert_eq!(shop.write(move |tx| ops::refunds(tx, &n)).unwrap().len(), 3);
    assert_eq!(shop.topics(1), [PaymentCompleted::TOPIC, PaymentRefunded::TOPIC, PaymentRefunded::TOPIC]);
}

#[test]
fn the_audit_sees_what_is_broken() {
    let shop = Shop::open();
    for (n, transaction) in [(1, "PG-A"), (2, "PG-B"), (3, "PG-C"), (4, "PG-D")] {
        let number = shop.begin(n).unwrap().number;
        shop.approve(&number, transaction).unwrap();
        shop.refund(&number, 100).unwrap();
    }
    let broken = shop.rules_broken_by(&[
        "update payments set refund_claimed = 9001 where id = 1",
        "update payments set status = 'PENDING' where id = 2",
        "update payments set order_number = (select order_number from payments where id = 4) where id = 3",
        "update refunds set status = 'COMPLETED' where id = 4",
    ]);
    assert_eq!(broken.len(), 5, "{broken:?}");
}

#[tokio::test]
async fn only_a_final_outcome_ends_a_payment() {
    let gateway = Simulated::approving();
    let request = |payment_key: &str| ChargeRequest {
        key: format!("SAGA-22222222/{payment_key}"),
        order: order(1).into(),
        amount: Money::minor(9_000),
        method: Method::CreditCard.name().to_owned(),
        payment_key: Some(payment_key.to_owned()),
    };
    let take = async |payment_key: &str| remote::take(&gateway, &request(payment_key)).await;
    let ask = async |payment_key: &str| remote::ask(&gateway, &request(payment_key)).await;
    assert!(matches!(take(keys::APPROVE).await, Outcome::Approved { .. }));
    let Outcome::Declined(why) = take("decline-expired-card").await else { panic!("a refusal") };
    assert_eq!(why.to_string(), "EXPIRED_CARD: the card has expired");
    for open in [keys::TIMEOUT_CHARGED, keys::TIMEOUT_UNCHARGED, keys::PENDING] {
        assert!(matches!(take(open).await, Outcome::Pending | Outcome::Unknown), "{open}");
    }
    assert!(matches!(ask(keys::TIMEOUT_CHARGED).await, Some(Outcome::Approved { .. })));
    assert_eq!(ask(keys::TIMEOUT_UNCHARGED).await, None);
    assert_eq!(ask(keys::PENDING).await, Some(Outcome::Pending));
    let nothing = remote::give_back(&gateway, None).await;
    assert!(matches!(nothing, Outcome::Declined { .. }));
    assert_eq!(remote::ask_refund(&gateway, None).await, None);
}

#[test]
fn each_part_of_an_order_has_at_most_one_live_payment() {
    let shop = Shop::open();
    let insert = |number: &'static str, method| {
        let new = move || NewPayment { method, ..new_payment(1) };
        shop.write(move |tx| crate::store::insert(tx, &number.parse()?, &new())).unwrap().is_some()
    };
    assert!(insert("PAY-22222222", Method::CreditCard));
    assert!(insert("PAY-33333333", Method::Balance));
    assert!(!insert("PAY-44444444", Method::KakaoPay));
    assert!(!insert("PAY-55555555", Method::Balance));
    let own = shop.read(|tx| ops::live(tx, &order(1), Part::OwnMoney)).unwrap().unwrap();
    assert_eq!((own.method, own.number.as_str()), (Method::Balance, "PAY-33333333"));
}

/// What may happen to a payment, in any order and any number of times.
#[derive(Debug, Clone)]
enum Step {
    Begin,
    Approve,
    Decline,
    Cancel,
    Refund(i64),
    RefundDone(usize),
    RefundRefused(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Begin),
        Just(Step::Approve),
        Just(Step::Decline),
        Just(Step::Cancel),
        (1_i64..9_500).prop_map(Step::Refund),
        (0_usize..4).prop_map(Step::RefundDone),
        (0_usize..4).prop_map(Step::RefundRefused),
    ];
    prop::collection::vec(step, 1..25)
}

/// Runs the steps on one order in one job that is undone at the end, and audits after each.
fn walk(tx: &mut Tx<'_>, steps: &[Step]) -> Result<()> {
    let mut number = ops::begin(tx, new_payment(7))?.number;
    let mut refunds = Vec::new();
    for step in steps {
        let before = ops::find(tx, &number)?;
        let transaction = format!("PG-{number}");
        // a refused step may have written before it failed, as in a real job
        let _ = tx.attempt(|tx| match step {
            Step::Begin => ops::begin(tx, new_payment(7)).map(|payment| number = payment.number),
            Step::Approve => ops::completed(tx, &number, &transaction).map(|_| ()),
            Step::Decline => ops::failed(tx, &number, "CARD_DECLINED: no").map(|_| ()),
            Step::Cancel => ops::cancelled(tx, &number).map(|_| ()),
            Step::Refund(amount) => {
                ops::begin_refund(tx, &number, Money::minor(*amount), "why not").map(|refund| refunds.push(refund.id))
            }
            Step::RefundDone(n) => match refunds.get(*n) {
                Some(refund) => ops::refund_completed(tx, *refund, &format!("RF-{n}")).map(|_| ()),
                None => Ok(()),
            },
            Step::RefundRefused(n) => match refunds.get(*n) {
                Some(refund) => ops::refund_failed(tx, *refund, "REFUND_REJECTED: no").map(|_| ()),
                None => Ok(()),
            },
        });
        assert_eq!(fixture::audit(tx, &[MODULE])?, [], "after {step:?} of {steps:?}");
        let after = ops::find(tx, &before.number)?;
        assert!(after.captured >= before.captured && after.refunded >= before.refunded);
        assert!(before.status.is_live() || !after.status.is_live(), "an ended payment lives again");
    }
    Ok(())
}

#[test]
fn any_order_of_steps_keeps_the_sums_of_payments_and_refunds() {
    let shop = Shop::open();
    let mut runner = TestRunner::new(Config::with_cases(200));
    let outcome = runner.run(&steps(), |steps| {
        let undone = shop.write(move |tx| {
            walk(tx, &steps)?;
            Err::<(), _>(Code::Timeout.error())
        });
        prop_assert_eq!(undone.unwrap_err().code(), Code::Timeout);
        Ok(())
    });
    outcome.unwrap();
}
