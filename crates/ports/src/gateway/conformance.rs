//! What every payment gateway must do, as checks that panic with a sentence. Run [`all`] in a test of each implementation, with a
//! [`Script`] that makes that gateway do what they are about.

use super::{ChargeRequest, Gateway, Listing, Moved, Movement, Outcome, Period, RefundAccount, RefundRequest};
use kernel::{Currency, Money, OrderNumber, Random, Timestamp, Zone};

/// What a gateway under test is made to do with a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Approve,
    Decline,
    /// Take the money and lose the answer.
    LostAnswer,
    /// Lose the request.
    LostRequest,
    /// Decide later.
    Pending,
    /// Open an account, and find the deposit at a later lookup.
    Deposit,
    /// Open an account, and find no deposit.
    DepositNever,
    /// Take another amount.
    WrongAmount,
    /// Approve, and refuse every refund.
    RefundDeclined,
    /// Approve, and lose the answer to the first refund.
    RefundLostAnswer,
    /// Approve, and lose the first request to refund.
    RefundLostRequest,
}

/// How the gateway under test is made to do something.
pub trait Script: Send + Sync {
    /// The payment key with which it does this with this charge. `None` when it cannot be made to; then the check is skipped.
    fn payment_key(&self, case: Case, request: &ChargeRequest) -> Option<String>;

    /// Deposits what an account waits for, if the gateway does not do it by itself.
    fn deposit(&self, request: &ChargeRequest) {
        let _ = request;
    }

    /// The account to which deposited money goes back.
    fn refund_account(&self) -> Option<RefundAccount> {
        Some(RefundAccount {
            bank: "20".to_owned(), number: "1002123456789".to_owned(), holder: "김미나".to_owned()
        })
    }
}

/// The amount of every charge in these checks; above any gateway's minimum.
const AMOUNT: Money = Money::minor(12_900);
/// Lookups after which a gateway must have decided.
const LOOKUPS_MAX: usize = 20;

/// Runs every check. `run` is part of every key, so that several runs can use one gateway.
pub async fn all(gateway: &dyn Gateway, script: &dyn Script, run: &str) {
    let checked = Checked { gateway, script, run };
    checked.a_key_charges_once().await;
    checked.a_refusal_is_final().await;
    checked.an_unknown_key_is_absent().await;
    checked.refunds_never_exceed_the_charge().await;
    checked.a_refund_key_gives_back_once().await;
    checked.the_list_has_what_moved().await;
    checked.a_lost_answer_is_found_by_asking().await;
    checked.a_lost_request_charges_nothing_until_it_is_repeated().await;
    checked.a_pending_charge_is_decided_later().await;
    checked.a_deposit_completes_the_charge_that_waits_for_it().await;
    checked.a_charge_that_waits_can_be_withdrawn().await;
    checked.a_payment_key_of_another_order_takes_nothing(Case::Approve, "another-order").await;
    checked.a_payment_key_of_another_order_takes_nothing(Case::Deposit, "another-order-deposit").await;
    checked.another_amount_is_said().await;
    checked.a_refused_refund_gives_nothing_back().await;
    checked.a_refund_without_answer_is_settled(Case::RefundLostAnswer, "refund-lost-answer").await;
    checked.a_refund_without_answer_is_settled(Case::RefundLostRequest, "refund-lost-request").await;
}

/// A request for a charge of an order of its own.
pub fn request(key: &str, payment_key: &str) -> ChargeRequest {
    let seed = key.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let at = Timestamp::from_millis(1_770_336_000_000);
    ChargeRequest {
        key: key.to_owned(),
        order: OrderNumber::draw_on(&mut Random::seeded(seed), at, &Zone::utc()).into(),
        amount: AMOUNT,
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some(payment_key.to_owned()),
    }
}

/// A request to refund a part of the charge [`request`] makes with this key.
pub fn refund_of(key: &str, charge: &str, transaction: &str, amount: i64) -> RefundRequest {
    RefundRequest {
        key: key.to_owned(),
        transaction: transaction.to_owned(),
        order: Some(request(charge, "").order),
        payment_key: None,
        amount: Money::minor(amount),
        account: None,
    }
}

/// The approval of the charge that [`request`] makes.
pub fn approval(transaction: &str) -> Outcome {
    Outcome::Approved { transaction: transaction.to_owned(), amount: AMOUNT, currency: Currency::KRW, method: None }
}

fn transaction(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Approved { transaction, .. } => transaction,
        other => panic!("expected an approval, got {other:?}"),
    }
}

/// What the gateway took for this key, if its records can be read.
fn captured(gateway: &dyn Gateway, key: &str) -> Option<Money> {
    let charges = gateway.charges()?;
    Some(Money::minor(
        charges.iter().filter(|charge| charge.key == key).map(|charge| charge.captured().as_minor()).sum(),
    ))
}

fn refunded(gateway: &dyn Gateway, key: &str) -> Option<Money> {
    let charges = gateway.charges()?;
    Some(Money::minor(
        charges.iter().filter(|charge| charge.key == key).map(|charge| charge.refunded().as_minor()).sum(),
    ))
}

fn must_have(found: Option<Money>, expected: Money, what: &str) {
    if let Some(found) = found {
        assert_eq!(found, expected, "{what}");
    }
}

/// Everything that the gateway moved in `period`; `None` when it keeps no list.
async fn listed(gateway: &dyn Gateway, period: Period) -> Option<Vec<Moved>> {
    let (mut moved, mut after) = (Vec::new(), None);
    loop {
        match gateway.list(period, after.as_deref()).await {
            Listing::Page(page) => {
                moved.extend(page.moved);
                match page.next {
                    Some(next) => after = Some(next),
                    None => return Some(moved),
                }
            }
            Listing::NotKept => return None,
            Listing::Unknown => panic!("the gateway gave no list"),
        }
    }
}

struct Checked<'a> {
    gateway: &'a dyn Gateway,
    script: &'a dyn Script,
    run: &'a str,
}

impl Checked<'_> {
    /// A request with which the gateway does this; `None` when it cannot be made to.
    fn request(&self, case: Case, name: &str) -> Option<ChargeRequest> {
        let request = request(&format!("{}/{name}", self.run), "");
        let payment_key = self.script.payment_key(case, &request)?;
        Some(ChargeRequest { payment_key: Some(payment_key), ..request })
    }

    fn must(&self, case: Case, name: &str) -> ChargeRequest {
        self.request(case, name).expect("every gateway can approve and refuse")
    }

    /// The name of a charge that is approved.
    async fn approved(&self, charge: &ChargeRequest) -> String {
        transaction(&self.gateway.charge(charge).await).to_owned()
    }

    fn refund(&self, charge: &ChargeRequest, transaction: &str, n: u32, amount: Money) -> RefundRequest {
        RefundRequest {
            key: format!("{}/{n}", charge.key),
            transaction: transaction.to_owned(),
            order: Some(charge.order.clone()),
            payment_key: charge.payment_key.clone(),
            amount,
            account: None,
        }
    }

    async fn a_key_charges_once(&self) {
        let (gateway, wanted) = (self.gateway, self.must(Case::Approve, "once"));
        let first = gateway.charge(&wanted).await;
        assert!(!transaction(&first).is_empty(), "a transaction has a name");
        assert_eq!(first.wrong(AMOUNT, gateway.currency()), None, "what it took is what it was asked for");
        assert_eq!(gateway.charge(&wanted).await, first, "a repeated charge gives the first outcome");
        assert_eq!(gateway.look_up(&wanted).await, Some(first.clone()), "asking gives the same outcome");
        assert_eq!(gateway.withdraw(&wanted).await, Some(first.clone()), "what was taken is not withdrawn");
        must_have(captured(gateway, &wanted.key), AMOUNT, "the money is taken once");
        let other = self.approved(&self.must(Case::Approve, "once-other")).await;
        assert_ne!(other, transaction(&first), "each charge has its own transaction");
    }

    async fn a_refusal_is_final(&self) {
        let (gateway, wanted) = (self.gateway, self.must(Case::Decline, "declined"));
        let first = gateway.charge(&wanted).await;
        let Outcome::Declined(decline) = &first else { panic!("expected a refusal, got {first:?}") };
        assert!(!decline.code.is_empty() && !decline.text.is_empty(), "a refusal says why");
        assert_eq!(gateway.charge(&wanted).await, first, "a repeated charge gives the first outcome");
        assert_eq!(gateway.look_up(&wanted).await, Some(first), "asking gives the same outcome");
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken");
    }

    async fn an_unknown_key_is_absent(&self) {
        let charge = ChargeRequest { payment_key: None, ..request(&format!("{}/never-sent", self.run), "") };
        assert_eq!(self.gateway.look_up(&charge).await, None, "a charge that was never requested is not known");
        let refund = self.refund(&charge, "none", 1, AMOUNT);
        assert_eq!(self.gateway.look_up_refund(&refund).await, None, "a refund that was never requested is not known");
    }

    async fn refunds_never_exceed_the_charge(&self) {
        let (gateway, charge) = (self.gateway, self.must(Case::Approve, "refunds"));
        let transaction = self.approved(&charge).await;
        let part = Money::minor(900);
        let refund = |n: u32, amount: Money| self.refund(&charge, &transaction, n, amount);
        assert!(matches!(gateway.refund(&refund(1, part)).await, Outcome::Approved { .. }), "a part goes back");
        assert!(matches!(gateway.refund(&refund(2, AMOUNT)).await, Outcome::Declined(_)), "more than is left does not");
        must_have(refunded(gateway, &charge.key), part, "nothing of it went back");
        let rest = Money::minor(AMOUNT.as_minor() - part.as_minor());
        assert!(matches!(gateway.refund(&refund(3, rest)).await, Outcome::Approved { .. }), "the rest goes back");
        must_have(refunded(gateway, &charge.key), AMOUNT, "all of it went back");
        let more = gateway.refund(&refund(4, Money::minor(1))).await;
        assert!(matches!(more, Outcome::Declined(_)), "and then nothing more");
    }

    async fn a_refund_key_gives_back_once(&self) {
        let (gateway, charge) = (self.gateway, self.must(Case::Approve, "refund-once"));
        let transaction = self.approved(&charge).await;
        let refund = self.refund(&charge, &transaction, 1, Money::minor(100));
        let first = gateway.refund(&refund).await;
        assert!(matches!(first, Outcome::Approved { .. }), "it goes back, and not: {first:?}");
        assert_eq!(first.wrong(Money::minor(100), gateway.currency()), None, "as much as was asked for");
        assert_eq!(gateway.refund(&refund).await, first, "a repeated refund gives the first outcome");
        assert_eq!(gateway.look_up_refund(&refund).await, Some(first), "asking gives the same outcome");
        must_have(refunded(gateway, &charge.key), Money::minor(100), "it goes back once");
    }

    async fn the_list_has_what_moved(&self) {
        let (gateway, charge) = (self.gateway, self.must(Case::Approve, "listed"));
        let taken = self.approved(&charge).await;
        gateway.charge(&self.must(Case::Decline, "listed-declined")).await;
        let back = gateway.refund(&self.refund(&charge, &taken, 1, Money::minor(100))).await;
        let back = transaction(&back);
        let (start, end) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
        let Some(all) = listed(gateway, Period { from: start, to: end }).await else { return };
        let of_order = all.iter().filter(|moved| moved.order == charge.order);
        let found: Vec<_> = of_order.map(|moved| (moved.movement, moved.transaction.as_str(), moved.amount)).collect();
        let (captured, refunded) = (Movement::Captured, Movement::Refunded);
        let wanted = [(captured, taken.as_str(), AMOUNT), (refunded, back, Money::minor(100))];
        assert_eq!(found, wanted, "a capture and its refund are listed, and nothing that was refused");
        assert!(all.iter().all(|moved| moved.at.is_some()), "the list says when money moved");
        let before = listed(gateway, Period { from: start, to: start }).await;
        assert_eq!(before, Some(Vec::new()), "nothing moved in a period without time");
    }

    async fn a_lost_answer_is_found_by_asking(&self) {
        let Some(wanted) = self.request(Case::LostAnswer, "lost-answer") else { return };
        let gateway = self.gateway;
        assert_eq!(gateway.charge(&wanted).await, Outcome::Unknown, "no answer");
        let found = gateway.look_up(&wanted).await.expect("the gateway knows what it took");
        assert_eq!(gateway.charge(&wanted).await, found, "a repeated charge gives the same outcome");
        assert!(!transaction(&found).is_empty());
        must_have(captured(gateway, &wanted.key), AMOUNT, "the money is taken once");
    }

    async fn a_lost_request_charges_nothing_until_it_is_repeated(&self) {
        let Some(wanted) = self.request(Case::LostRequest, "lost-request") else { return };
        let gateway = self.gateway;
        assert_eq!(gateway.charge(&wanted).await, Outcome::Unknown, "no answer");
        assert_eq!(gateway.look_up(&wanted).await, None, "the gateway never saw it");
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken");
        let repeated = gateway.charge(&wanted).await;
        assert!(!transaction(&repeated).is_empty());
        assert_eq!(gateway.charge(&wanted).await, repeated);
        must_have(captured(gateway, &wanted.key), AMOUNT, "the money is taken once");
    }

    async fn a_pending_charge_is_decided_later(&self) {
        let Some(wanted) = self.request(Case::Pending, "pending") else { return };
        let gateway = self.gateway;
        assert_eq!(gateway.charge(&wanted).await, Outcome::Pending, "not decided");
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken before it is decided");
        self.comes(&wanted, &Outcome::Pending).await;
    }

    async fn a_deposit_completes_the_charge_that_waits_for_it(&self) {
        let Some(wanted) = self.request(Case::Deposit, "deposit") else { return };
        let gateway = self.gateway;
        let first = gateway.charge(&wanted).await;
        let Outcome::Awaiting(account) = &first else { panic!("expected an account, got {first:?}") };
        assert!(!account.number.is_empty() && !account.bank.is_empty(), "the buyer learns where to pay");
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken before the deposit");
        self.script.deposit(&wanted);
        let transaction = self.comes(&wanted, &first).await;
        let account = self.script.refund_account();
        let refund = RefundRequest { account, ..self.refund(&wanted, &transaction, 1, Money::minor(400)) };
        assert!(matches!(gateway.refund(&refund).await, Outcome::Approved { .. }), "a part of a deposit goes back");
        must_have(refunded(gateway, &wanted.key), Money::minor(400), "it goes back once");
    }

    /// Looks the charge up until it is no longer `open`; gives its transaction.
    async fn comes(&self, wanted: &ChargeRequest, open: &Outcome) -> String {
        for _ in 0..LOOKUPS_MAX {
            let found = self.gateway.look_up(wanted).await.expect("the gateway has it");
            if found != *open {
                let name = transaction(&found).to_owned();
                assert_eq!(self.gateway.look_up(wanted).await, Some(found), "a decision stays");
                must_have(captured(self.gateway, &wanted.key), AMOUNT, "the money is taken once");
                return name;
            }
        }
        panic!("an open charge was never decided");
    }

    async fn a_charge_that_waits_can_be_withdrawn(&self) {
        let Some(wanted) = self.request(Case::DepositNever, "withdrawn") else { return };
        let gateway = self.gateway;
        let first = gateway.charge(&wanted).await;
        assert!(matches!(first, Outcome::Awaiting(_)), "it waits, and not: {first:?}");
        assert_eq!(gateway.look_up(&wanted).await, Some(first), "asking gives the same account");
        assert_eq!(gateway.withdraw(&wanted).await, None, "nothing will be taken");
        let after = gateway.look_up(&wanted).await;
        assert!(matches!(after, None | Some(Outcome::Declined(_))), "it does not wait any more, and not: {after:?}");
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken");
    }

    /// Checked of a gateway whose payment keys each belong to one payment.
    async fn a_payment_key_of_another_order_takes_nothing(&self, case: Case, name: &str) {
        let Some(other) = self.request(case, &format!("{name}-paid")) else { return };
        let Some(own) = self.request(case, name).filter(|own| own.payment_key != other.payment_key) else { return };
        let gateway = self.gateway;
        let first = gateway.charge(&other).await;
        let wanted = ChargeRequest { payment_key: other.payment_key.clone(), ..own };
        for answer in [Some(gateway.charge(&wanted).await), gateway.look_up(&wanted).await] {
            assert!(matches!(answer, Some(Outcome::Declined(_))), "it is refused for good, and not: {answer:?}");
        }
        let withdrawn = gateway.withdraw(&wanted).await;
        assert!(
            matches!(withdrawn, None | Some(Outcome::Declined(_))),
            "nothing will be taken, and not: {withdrawn:?}"
        );
        must_have(captured(gateway, &wanted.key), Money::ZERO, "nothing is taken for it");
        assert_eq!(gateway.look_up(&other).await, Some(first), "the other payment stays as it is");
    }

    async fn another_amount_is_said(&self) {
        let Some(wanted) = self.request(Case::WrongAmount, "wrong-amount") else { return };
        let gateway = self.gateway;
        let first = gateway.charge(&wanted).await;
        let wrong = first.wrong(AMOUNT, gateway.currency()).expect("it says what it took");
        assert_ne!(wrong.amount, AMOUNT);
        assert_eq!(gateway.look_up(&wanted).await, Some(first), "asking says the same");
    }

    async fn a_refused_refund_gives_nothing_back(&self) {
        let Some(charge) = self.request(Case::RefundDeclined, "refund-declined") else { return };
        let transaction = self.approved(&charge).await;
        let refund = self.refund(&charge, &transaction, 1, AMOUNT);
        assert!(matches!(self.gateway.refund(&refund).await, Outcome::Declined(_)), "refused");
        must_have(refunded(self.gateway, &charge.key), Money::ZERO, "nothing goes back");
    }

    async fn a_refund_without_answer_is_settled(&self, case: Case, name: &str) {
        let Some(charge) = self.request(case, name) else { return };
        let gateway = self.gateway;
        let transaction = self.approved(&charge).await;
        let refund = self.refund(&charge, &transaction, 1, AMOUNT);
        assert_eq!(gateway.refund(&refund).await, Outcome::Unknown, "no answer");
        let settled = match gateway.look_up_refund(&refund).await {
            Some(found) => found,
            None => gateway.refund(&refund).await,
        };
        assert!(matches!(settled, Outcome::Approved { .. }), "asking or repeating settles it, got {settled:?}");
        assert_eq!(gateway.refund(&refund).await, settled, "a repeated refund gives the same outcome");
        must_have(refunded(gateway, &charge.key), AMOUNT, "it goes back once");
    }
}
