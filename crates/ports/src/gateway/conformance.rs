//! What every payment gateway must do, as checks that panic with a sentence. Run [`all`] in a test of each implementation, with the
//! payment keys that force that gateway's outcomes.

use super::{ChargeRequest, Gateway, Listing, Moved, Movement, Outcome, Period, RefundRequest};
use kernel::{Money, OrderNumber, Random, Timestamp, Zone};

/// Payment keys that force an outcome of the gateway under test. A check whose key is `None` is skipped.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// Approve.
    pub approve: &'a str,
    /// Refuse.
    pub decline: &'a str,
    /// Take the money and lose the answer.
    pub lost_answer: Option<&'a str>,
    /// Lose the request.
    pub lost_request: Option<&'a str>,
    /// Decide later.
    pub pending: Option<&'a str>,
    /// Approve, and refuse every refund.
    pub refund_declined: Option<&'a str>,
    /// Approve, and lose the answer to the first refund.
    pub refund_lost_answer: Option<&'a str>,
    /// Approve, and lose the first request to refund.
    pub refund_lost_request: Option<&'a str>,
}

/// The amount of every charge in these checks; above any gateway's minimum.
const AMOUNT: Money = Money::minor(12_900);
/// Lookups after which a gateway must have decided.
const LOOKUPS_MAX: usize = 20;

/// Runs every check. `run` is part of every key, so that several runs can use one gateway.
pub async fn all(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    a_key_charges_once(gateway, script, run).await;
    a_refusal_is_final(gateway, script, run).await;
    an_unknown_key_is_absent(gateway, run).await;
    refunds_never_exceed_the_charge(gateway, script, run).await;
    a_refund_key_gives_back_once(gateway, script, run).await;
    the_list_has_what_moved(gateway, script, run).await;
    if let Some(payment_key) = script.lost_answer {
        a_lost_answer_is_found_by_asking(gateway, payment_key, run).await;
    }
    if let Some(payment_key) = script.lost_request {
        a_lost_request_charges_nothing_until_it_is_repeated(gateway, payment_key, run).await;
    }
    if let Some(payment_key) = script.pending {
        a_pending_charge_is_decided_later(gateway, payment_key, run).await;
    }
    if let Some(payment_key) = script.refund_declined {
        a_refused_refund_gives_nothing_back(gateway, payment_key, run).await;
    }
    for payment_key in [script.refund_lost_answer, script.refund_lost_request].into_iter().flatten() {
        a_refund_without_answer_is_settled(gateway, payment_key, run).await;
    }
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

fn transaction(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Approved { transaction } => transaction,
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

async fn approved(gateway: &dyn Gateway, key: &str, payment_key: &str) -> String {
    transaction(&gateway.charge(&request(key, payment_key)).await).to_owned()
}

async fn a_key_charges_once(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    let key = format!("{run}/once");
    let wanted = request(&key, script.approve);
    let first = gateway.charge(&wanted).await;
    assert!(!transaction(&first).is_empty(), "a transaction has a name");
    assert_eq!(gateway.charge(&wanted).await, first, "a repeated charge gives the first outcome");
    assert_eq!(gateway.look_up(&key).await, Some(first.clone()), "asking gives the same outcome");
    must_have(captured(gateway, &key), AMOUNT, "the money is taken once");
    let other = approved(gateway, &format!("{run}/once-other"), script.approve).await;
    assert_ne!(other, transaction(&first), "each charge has its own transaction");
}

async fn a_refusal_is_final(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    let key = format!("{run}/declined");
    let wanted = request(&key, script.decline);
    let first = gateway.charge(&wanted).await;
    let Outcome::Declined(decline) = &first else { panic!("expected a refusal, got {first:?}") };
    assert!(!decline.code.is_empty() && !decline.text.is_empty(), "a refusal says why");
    assert_eq!(gateway.charge(&wanted).await, first, "a repeated charge gives the first outcome");
    assert_eq!(gateway.look_up(&key).await, Some(first), "asking gives the same outcome");
    must_have(captured(gateway, &key), Money::ZERO, "nothing is taken");
}

async fn an_unknown_key_is_absent(gateway: &dyn Gateway, run: &str) {
    let key = format!("{run}/never-sent");
    assert_eq!(gateway.look_up(&key).await, None, "a charge that was never requested is not known");
    assert_eq!(gateway.look_up_refund(&key).await, None, "a refund that was never requested is not known");
}

async fn refunds_never_exceed_the_charge(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    let key = format!("{run}/refunds");
    let transaction = approved(gateway, &key, script.approve).await;
    let part = Money::minor(900);
    let refund =
        |n: i64, amount: Money| RefundRequest { key: format!("{key}/{n}"), transaction: transaction.clone(), amount };
    assert!(matches!(gateway.refund(&refund(1, part)).await, Outcome::Approved { .. }), "a part goes back");
    assert!(matches!(gateway.refund(&refund(2, AMOUNT)).await, Outcome::Declined(_)), "more than is left does not");
    must_have(refunded(gateway, &key), part, "nothing of it went back");
    let rest = Money::minor(AMOUNT.as_minor() - part.as_minor());
    assert!(matches!(gateway.refund(&refund(3, rest)).await, Outcome::Approved { .. }), "the rest goes back");
    must_have(refunded(gateway, &key), AMOUNT, "all of it went back");
    assert!(matches!(gateway.refund(&refund(4, Money::minor(1))).await, Outcome::Declined(_)), "and then nothing more");
}

async fn a_refund_key_gives_back_once(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    let key = format!("{run}/refund-once");
    let transaction = approved(gateway, &key, script.approve).await;
    let refund = RefundRequest { key: format!("{key}/1"), transaction, amount: Money::minor(100) };
    let first = gateway.refund(&refund).await;
    assert!(matches!(first, Outcome::Approved { .. }), "it goes back");
    assert_eq!(gateway.refund(&refund).await, first, "a repeated refund gives the first outcome");
    assert_eq!(gateway.look_up_refund(&refund.key).await, Some(first), "asking gives the same outcome");
    must_have(refunded(gateway, &key), Money::minor(100), "it goes back once");
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

async fn the_list_has_what_moved(gateway: &dyn Gateway, script: &Script<'_>, run: &str) {
    let key = format!("{run}/listed");
    let taken = approved(gateway, &key, script.approve).await;
    gateway.charge(&request(&format!("{key}/declined"), script.decline)).await;
    let refund = RefundRequest { key: format!("{key}/1"), transaction: taken.clone(), amount: Money::minor(100) };
    let back = transaction(&gateway.refund(&refund).await).to_owned();
    let (start, end) = (Timestamp::from_millis(0), Timestamp::from_millis(i64::MAX));
    let Some(all) = listed(gateway, Period { from: start, to: end }).await else { return };
    let of_order = all.iter().filter(|moved| moved.order == request(&key, script.approve).order);
    let found: Vec<_> = of_order.map(|moved| (moved.movement, moved.transaction.as_str(), moved.amount)).collect();
    let (captured, refunded) = (Movement::Captured, Movement::Refunded);
    let wanted = [(captured, taken.as_str(), AMOUNT), (refunded, back.as_str(), Money::minor(100))];
    assert_eq!(found, wanted, "a capture and its refund are listed, and nothing that was refused");
    assert!(all.iter().all(|moved| moved.at.is_some()), "the list says when money moved");
    let before = listed(gateway, Period { from: start, to: start }).await;
    assert_eq!(before, Some(Vec::new()), "nothing moved in a period without time");
}

async fn a_lost_answer_is_found_by_asking(gateway: &dyn Gateway, payment_key: &str, run: &str) {
    let key = format!("{run}/lost-answer");
    let wanted = request(&key, payment_key);
    assert_eq!(gateway.charge(&wanted).await, Outcome::Unknown, "no answer");
    let found = gateway.look_up(&key).await.expect("the gateway knows what it took");
    assert_eq!(gateway.charge(&wanted).await, found, "a repeated charge gives the same outcome");
    assert!(!transaction(&found).is_empty());
    must_have(captured(gateway, &key), AMOUNT, "the money is taken once");
}

async fn a_lost_request_charges_nothing_until_it_is_repeated(gateway: &dyn Gateway, payment_key: &str, run: &str) {
    let key = format!("{run}/lost-request");
    let wanted = request(&key, payment_key);
    assert_eq!(gateway.charge(&wanted).await, Outcome::Unknown, "no answer");
    assert_eq!(gateway.look_up(&key).await, None, "the gateway never saw it");
    must_have(captured(gateway, &key), Money::ZERO, "nothing is taken");
    let repeated = gateway.charge(&wanted).await;
    assert!(!transaction(&repeated).is_empty());
    assert_eq!(gateway.charge(&wanted).await, repeated);
    must_have(captured(gateway, &key), AMOUNT, "the money is taken once");
}

async fn a_pending_charge_is_decided_later(gateway: &dyn Gateway, payment_key: &str, run: &str) {
    let key = format!("{run}/pending");
    assert_eq!(gateway.charge(&request(&key, payment_key)).await, Outcome::Pending, "not decided");
    must_have(captured(gateway, &key), Money::ZERO, "nothing is taken before it is decided");
    for _ in 0..LOOKUPS_MAX {
        let found = gateway.look_up(&key).await.expect("the gateway has it");
        if found != Outcome::Pending {
            assert!(!transaction(&found).is_empty());
            assert_eq!(gateway.look_up(&key).await, Some(found), "a decision stays");
            return must_have(captured(gateway, &key), AMOUNT, "the money is taken once");
        }
    }
    panic!("a pending charge was never decided");
}

async fn a_refused_refund_gives_nothing_back(gateway: &dyn Gateway, payment_key: &str, run: &str) {
    let key = format!("{run}/refund-declined");
    let transaction = approved(gateway, &key, payment_key).await;
    let refund = RefundRequest { key: format!("{key}/1"), transaction, amount: AMOUNT };
    assert!(matches!(gateway.refund(&refund).await, Outcome::Declined(_)), "refused");
    must_have(refunded(gateway, &key), Money::ZERO, "nothing goes back");
}

async fn a_refund_without_answer_is_settled(gateway: &dyn Gateway, payment_key: &str, run: &str) {
    let key = format!("{run}/{payment_key}");
    let transaction = approved(gateway, &key, payment_key).await;
    let refund = RefundRequest { key: format!("{key}/1"), transaction, amount: AMOUNT };
    assert_eq!(gateway.refund(&refund).await, Outcome::Unknown, "no answer");
    let settled = match gateway.look_up_refund(&refund.key).await {
        Some(found) => found,
        None => gateway.refund(&refund).await,
    };
    assert!(matches!(settled, Outcome::Approved { .. }), "asking or repeating settles it, got {settled:?}");
    assert_eq!(gateway.refund(&refund).await, settled, "a repeated refund gives the same outcome");
    must_have(refunded(gateway, &key), AMOUNT, "it goes back once");
}
