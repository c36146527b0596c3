//! The adapter passes the checks of every gateway, against the fake over a real socket.

use crate::{Settings, Toss, meaning};
use faketoss::{Agreed, Fake, Method, Status, VALID_HOURS, scripts};
use kernel::{Currency, Money};
use ports::{
    ManualClock, SystemClock,
    gateway::{
        Charge, ChargeRequest, ChargeState, Gateway, Listing, Outcome, Period, RefundRequest, Refunded,
        conformance::{self, Case, Script},
        key_again,
    },
};
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};

const SECRET: &str = "test_sk_docs";

/// The adapter, and the fake's own records beside it.
#[derive(Debug)]
struct Watched {
    toss: Toss,
    fake: Fake,
    address: String,
}

impl Watched {
    async fn open(file: Option<PathBuf>) -> Watched {
        let settings = faketoss::Settings { file, ..faketoss::Settings::default() };
        let fake = Fake::open(settings, Arc::new(SystemClock)).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(fake.clone().serve(listener));
        Watched { toss: toss(&address, SECRET, ""), fake, address }
    }

    fn agreed(&self, order: &str, method: Method, script: &str) -> String {
        let (order, name, script) = (order.to_owned(), "머그".to_owned(), script.to_owned());
        self.fake.agree(Agreed { order, name, amount: 12_900, method, script, valid_hours: VALID_HOURS }).key
    }

    /// A request for a payment to which a buyer has agreed.
    fn request(&self, key: &str, method: Method, script: &str) -> ChargeRequest {
        let request = conformance::request(key, "");
        let payment_key = Some(self.agreed(request.order.to_string().as_str(), method, script));
        ChargeRequest { payment_key, ..request }
    }
}

fn toss(url: &str, secret: &str, test_code: &str) -> Toss {
    let settings = Settings {
        url: url.to_owned(),
        secret: secret.to_owned(),
        test_code: test_code.to_owned(),
        timeout: Duration::from_secs(5),
    };
    Toss::new(&settings, Currency::KRW, Arc::new(SystemClock)).unwrap()
}

#[async_trait::async_trait]
impl Gateway for Watched {
    async fn charge(&self, request: &ChargeRequest) -> Outcome {
        self.toss.charge(request).await
    }
    async fn look_up(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.toss.look_up(request).await
    }
    async fn withdraw(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.toss.withdraw(request).await
    }
    async fn refund(&self, request: &RefundRequest) -> Outcome {
        self.toss.refund(request).await
    }
    async fn look_up_refund(&self, request: &RefundRequest) -> Option<Outcome> {
        self.toss.look_up_refund(request).await
    }
    async fn list(&self, period: Period, after: Option<&str>) -> Listing {
        self.toss.list(period, after).await
    }
    fn charges(&self) -> Option<Vec<Charge>> {
        let charge = |payment: faketoss::Payment| {
            let refunds = payment.cancels.iter().filter(|_| payment.approved.is_some());
            let refund = |one: &faketoss::Cancel| Refunded {
                key: one.key.clone().unwrap_or_default(),
                amount: Money::minor(one.amount),
                transaction: one.transaction.clone(),
                at: Some(one.at),
            };
            Charge {
                key: payment.confirmed_with.clone().unwrap_or_default(),
                order: payment.order.parse().unwrap(),
                amount: Money::minor(payment.total),
                state: match payment.approved {
                    Some(_) => ChargeState::Captured { transaction: payment.key.clone() },
                    None => ChargeState::Pending,
                },
                at: payment.approved,
                refunds: refunds.map(refund).collect(),
            }
        };
        Some(self.fake.payments().into_iter().map(charge).collect())
    }
}

impl Script for Watched {
    fn payment_key(&self, case: Case, request: &ChargeRequest) -> Option<String> {
        let (method, script) = match case {
            Case::Approve => (Method::Card, scripts::APPROVE),
            Case::Decline => (Method::Card, "REJECT_CARD_COMPANY"),
            Case::LostAnswer => (Method::Card, scripts::LOST_ANSWER),
            Case::LostRequest => (Method::EasyPay("토스페이".to_owned()), scripts::LOST_REQUEST),
            // a card is decided at once
            Case::Pending => return None,
            Case::Deposit | Case::DepositNever => (Method::VirtualAccount, scripts::APPROVE),
            Case::WrongAmount => (Method::Card, scripts::WRONG_AMOUNT),
            Case::RefundDeclined => (Method::Card, scripts::REFUND_DECLINED),
            Case::RefundLostAnswer => (Method::Card, scripts::REFUND_LOST_ANSWER),
            Case::RefundLostRequest => (Method::Card, scripts::REFUND_LOST_REQUEST),
        };
        Some(self.agreed(&request.order.to_string(), method, script))
    }

    fn deposit(&self, request: &ChargeRequest) {
        let key = request.payment_key.as_deref().unwrap();
        self.fake.deposit(key, false).unwrap();
    }
}

#[tokio::test]
async fn toss_payments_conforms() {
    let watched = Watched::open(None).await;
    conformance::all(&watched, &watched, "memory").await;
    let folder = tempfile::tempdir().unwrap();
    let watched = Watched::open(Some(folder.path().join("fake.ndjson"))).await;
    conformance::all(&watched, &watched, "file").await;
}

#[tokio::test]
async fn every_documented_error_leads_to_an_outcome_and_none_is_an_approval() {
    let watched = Watched::open(None).await;
    for (n, code) in faketoss::documented().enumerate() {
        let means = meaning::of(code);
        let is_known = meaning::CODES.iter().any(|(known, _)| *known == code);
        assert!(is_known, "{code} has no meaning");
        let charge = watched.request(&format!("code {n}"), Method::Card, scripts::APPROVE);
        let failing = toss(&watched.address, SECRET, code);
        let outcome = failing.charge(&charge).await;
        let fits = match means {
            meaning::Meaning::Refused | meaning::Meaning::Absent => {
                matches!(&outcome, Outcome::Declined(decline) if decline.code == code)
            }
            // the read-back meets the same error
            meaning::Meaning::Unknown | meaning::Meaning::Running => outcome == Outcome::Unknown,
            meaning::Meaning::Passing | meaning::Meaning::Ours => outcome == Outcome::NotDone,
        };
        assert!(fits, "{code} is {means:?} and gave {outcome:?}");
    }
    assert!(watched.fake.payments().iter().all(|payment| payment.captured() == 0), "nothing was taken");
    let charge = watched.request("a word that is not documented", Method::Card, scripts::APPROVE);
    assert!(!matches!(toss(&watched.address, SECRET, "NEW_WORD").charge(&charge).await, Outcome::Declined(_)));
}

#[tokio::test]
async fn an_error_after_which_nothing_happened_is_not_replayed_for_ever() {
    let watched = Watched::open(None).await;
    // the code says so, the gateway has to be asked, and a code that no program knows
    let codes = [
        "PROVIDER_ERROR",
        "FAILED_INTERNAL_SYSTEM_PROCESSING",
        "FAILED_REFUND_PROCESS",
        "NOT_FOUND_TERMINAL_ID",
        "NEW_WORD",
    ];
    for code in codes {
        let charge = watched.request(&format!("once {code}"), Method::Card, &format!("{}{code}", scripts::ONCE));
        for _ in 0..2 {
            assert_eq!(watched.charge(&charge).await, Outcome::NotDone, "{code}: the same key gets the same error");
            assert_eq!(watched.look_up(&charge).await, None, "nothing was taken");
        }
        let again = ChargeRequest { key: key_again(&charge.key, 1), ..charge.clone() };
        assert!(matches!(watched.charge(&again).await, Outcome::Approved { .. }), "{code}");

        let script = format!("{}{code}", scripts::REFUND_ONCE);
        let charge = watched.request(&format!("refund once {code}"), Method::Card, &script);
        let Outcome::Approved { transaction, .. } = watched.charge(&charge).await else { panic!() };
        let (key, order, payment_key) = (format!("once {code}/1"), Some(charge.order.clone()), None);
        let refund = RefundRequest { key, transaction, order, payment_key, amount: Money::minor(900), account: None };
        for _ in 0..2 {
            assert_eq!(watched.refund(&refund).await, Outcome::NotDone, "{code}");
            assert_eq!(watched.look_up_refund(&refund).await, None);
        }
        let again = RefundRequest { key: key_again(&refund.key, 1), ..refund.clone() };
        let given = watched.refund(&again).await;
        assert!(matches!(given, Outcome::Approved { .. }), "{code}, found by its order alone: {given:?}");
        assert_eq!(watched.look_up_refund(&refund).await.as_ref(), Some(&given), "found by its first key");
        // a further key gives nothing more, as when the first request had an effect after all
        let third = RefundRequest { key: key_again(&refund.key, 2), ..refund };
        assert_eq!(watched.refund(&third).await, given);
        let payment = watched.fake.of_order(charge.order.as_str()).unwrap();
        assert_eq!((payment.captured(), payment.refunded()), (12_900, 900), "{code}");
    }
}

#[test]
fn the_gateway_says_how_a_payment_was_made() {
    let paid_by = |method: &str, provider: &str| {
        let payment = json!({"paymentKey": "k", "orderId": "o", "status": "DONE", "currency": "KRW", "totalAmount": 900,
            "method": method, "easyPay": {"provider": provider, "amount": 900}});
        let outcome = crate::outcome(&serde_json::from_value(payment).unwrap());
        let Some(Outcome::Approved { method, .. }) = outcome else { panic!("{outcome:?}") };
        method.unwrap_or_default()
    };
    let words = ["카드", "가상계좌", "계좌이체", "휴대폰", "문화상품권"].map(|word| paid_by(word, ""));
    assert_eq!(words, ["CREDIT_CARD", "VIRTUAL_ACCOUNT", "BANK_TRANSFER", "MOBILE", ""]);
    let services = ["토스페이", "네이버페이", "KAKAOPAY", "삼성페이"].map(|service| paid_by("간편결제", service));
    assert_eq!(services, ["TOSS_PAY", "NAVER_PAY", "KAKAO_PAY", ""]);
}

#[test]
fn what_is_not_needed_for_a_decision_does_not_keep_it_from_being_read() {
    let payment = |status: &str, account: serde_json::Value| {
        let payment = json!({"paymentKey": "k", "orderId": "o", "status": status, "currency": "KRW", "totalAmount": 900,
            "method": "가상계좌", "virtualAccount": account, "cancels": [{"cancelAmount": 100, "transactionKey": null}]});
        crate::outcome(&serde_json::from_value(payment).unwrap())
    };
    for account in [
        json!(null),
        json!({}),
        json!({"accountNumber": "X1", "dueDate": null}),
        json!({"dueDate": "2026-02-07T09:00:00"}),
    ] {
        assert!(matches!(payment("DONE", account.clone()), Some(Outcome::Approved { .. })), "{account}");
        assert_eq!(payment("WAITING_FOR_DEPOSIT", account), Some(Outcome::Pending));
    }
    let row = json!({"transactionKey": "t", "paymentKey": "k", "orderId": null, "status": "DONE", "currency": "KRW", "amount": 900,
        "transactionAt": "2026-02-06T09:00:00+09:00"});
    assert!(serde_json::from_value::<Vec<crate::wire::Transaction>>(json!([row])).is_ok());
}

fn refund(key: &str, amount: i64) -> RefundRequest {
    let (key, transaction, amount) = (key.to_owned(), "t".to_owned(), Money::minor(amount));
    RefundRequest { key, transaction, order: None, payment_key: Some("k".to_owned()), amount, account: None }
}

#[test]
fn a_whole_refund_that_a_person_made_at_the_gateway_is_the_one_that_is_asked_for() {
    let found = |reason: &str, given: i64, approved: bool, asked: i64| {
        let status = if given == 900 { "CANCELED" } else { "PARTIAL_CANCELED" };
        let cancel =
            json!({"cancelAmount": given, "cancelReason": reason, "transactionKey": "t9", "cancelStatus": "DONE"});
        let payment = json!({"paymentKey": "k", "orderId": "o", "status": status, "currency": "KRW", "totalAmount": 900,
            "approvedAt": approved.then_some("2026-02-06T09:00:00+09:00"), "cancels": [cancel]});
        crate::refund_of(&serde_json::from_value(payment).unwrap(), &refund("SAGA-1/UNDO", asked))
    };
    let all = found("고객 변심", 900, true, 900);
    assert!(matches!(&all, Some(Outcome::Approved { transaction, .. }) if transaction == "t9"), "{all:?}");
    assert_eq!(found("고객 변심", 900, true, 500), None, "a part of it was not what the person gave back");
    assert_eq!(found("고객 변심", 500, true, 500), None, "there may be two such parts");
    assert_eq!(found("refund [SAGA-2/UNDO]", 900, true, 900), None, "it is another refund of the shop's");
    assert_eq!(found("closed", 900, false, 900), None, "nothing was paid");
}

#[test]
fn a_cancellation_that_the_gateway_gives_up_is_refused_and_any_other_word_leaves_it_open() {
    let read = |status: &str| {
        let cancel = json!({"cancelAmount": 500, "cancelReason": "refund [SAGA-1/UNDO]", "transactionKey": "t", "cancelStatus": status});
        let payment = json!({"paymentKey": "k", "orderId": "o", "status": "DONE", "currency": "KRW", "totalAmount": 900,
            "cancels": [cancel]});
        crate::refund_of(&serde_json::from_value(payment).unwrap(), &refund("SAGA-1/UNDO~1", 500))
    };
    assert!(matches!(read("DONE"), Some(Outcome::Approved { .. })));
    assert!(matches!(read("ABORTED"), Some(Outcome::Declined(why)) if why.code == "CANCEL_ABORTED"));
    for word in ["IN_PROGRESS", "READY", "SOMETHING_NEW"] {
        assert_eq!(read(word), Some(Outcome::Pending), "{word}");
    }
}

#[tokio::test]
async fn a_wrong_key_refuses_no_buyer() {
    let watched = Watched::open(None).await;
    let charge = watched.request("wrong key", Method::Card, scripts::APPROVE);
    for secret in ["live_sk_of_another_shop", "test_ck_the_public_one"] {
        let wrong = toss(&watched.address, secret, "");
        assert_eq!(wrong.charge(&charge).await, Outcome::NotDone, "{secret}");
        assert_eq!(wrong.look_up(&charge).await, Some(Outcome::Withheld), "{secret}");
        assert!(!format!("{wrong:?}").contains(secret), "the key is in no log");
    }
    assert!(matches!(watched.charge(&charge).await, Outcome::Approved { .. }), "after the key was corrected");
}

#[tokio::test]
async fn a_payment_key_of_another_order_takes_nothing() {
    let watched = Watched::open(None).await;
    let other = watched.request("other order", Method::Card, scripts::APPROVE);
    let charge = ChargeRequest { payment_key: other.payment_key.clone(), ..conformance::request("this order", "") };
    assert!(matches!(watched.charge(&charge).await, Outcome::Declined(decline) if decline.code == "INVALID_REQUEST"));
    assert!(matches!(watched.charge(&other).await, Outcome::Approved { .. }));
    let found = watched.look_up(&charge).await;
    let is_refused = matches!(&found, Some(Outcome::Declined(decline)) if decline.code == "PAYMENT_OF_ANOTHER_ORDER");
    assert!(is_refused, "what another order paid does not pay this one, and will not: {found:?}");
    // the gateway says only that this payment is processed already
    let later = ChargeRequest { key: "another try".to_owned(), ..charge.clone() };
    assert_eq!(Some(watched.charge(&later).await), found);
    let without = ChargeRequest { payment_key: None, ..charge };
    assert!(matches!(watched.charge(&without).await, Outcome::Declined(_)), "the buyer has to go to the window first");
}

#[tokio::test]
async fn what_is_no_payment_key_is_refused_and_never_asked_about() {
    let watched = Watched::open(None).await;
    for key in
        ["..", ".", "a/b", "a?b=c", "%2e%2e", "x y", " ", "a\nb", "키", "#", "orders/ORD-20260206-7KQ2M9XT", "confirm"]
    {
        let request = conformance::request(&format!("junk {key:?}"), key);
        for outcome in
            [Some(watched.charge(&request).await), watched.look_up(&request).await, watched.withdraw(&request).await]
        {
            let is_refused = matches!(&outcome, Some(Outcome::Declined(why)) if why.code == "PAYMENT_KEY_INVALID");
            assert!(is_refused, "{key:?}: {outcome:?}");
        }
    }
    // words that could be a key, and of which the gateway knows none
    for key in ["tgen_20260206", "a.b~c=_-", "confirm2"] {
        let request = conformance::request(&format!("unknown {key}"), key);
        assert!(matches!(watched.charge(&request).await, Outcome::Declined(_)), "{key}");
        assert_eq!(watched.look_up(&request).await, None, "{key}");
    }
    // a payment of another shop, and a question that is not served
    for (code, found) in
        [("FORBIDDEN_REQUEST", None), ("UNAUTHORIZED_KEY", Some(Outcome::Withheld)), ("NOT_FOUND_PAYMENT", None)]
    {
        let request = conformance::request(code, "tgen_20260206");
        assert_eq!(toss(&watched.address, SECRET, code).look_up(&request).await, found, "{code}");
    }
}

#[tokio::test]
async fn an_unreachable_gateway_says_nothing_and_is_left_alone() {
    let gone = toss("http://127.0.0.1:9", SECRET, "");
    let charge = conformance::request("gone", "tfake_gone");
    for _ in 0..8 {
        assert_eq!(gone.charge(&charge).await, Outcome::Unknown);
        assert_eq!(gone.look_up(&charge).await, Some(Outcome::Unknown));
    }
}

#[tokio::test]
async fn the_fake_remembers_everything_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fake.ndjson");
    let clock = Arc::new(ManualClock::default());
    let open = || {
        let settings = faketoss::Settings { file: Some(file.clone()), ..faketoss::Settings::default() };
        Fake::open(settings, Arc::clone(&clock) as _).unwrap()
    };
    let fake = open();
    let agreed = |order: &str, method: Method| Agreed {
        order: order.to_owned(),
        name: "머그".to_owned(),
        amount: 5_000,
        method,
        script: scripts::APPROVE.to_owned(),
        valid_hours: 1,
    };
    let forgotten = fake.agree(agreed("ORDER-forgotten", Method::Card));
    drop(fake);
    let fake = open();
    assert_eq!(fake.of_order("ORDER-forgotten"), Some(forgotten));
    clock.advance(Duration::from_secs(600));
    assert_eq!(fake.of_order("ORDER-forgotten").unwrap().status, Status::Expired, "ten minutes are over");
    assert_eq!(fake.take_webhooks().len(), 1);
    drop(fake);
    assert_eq!(open().take_webhooks(), [], "it was taken");
}
