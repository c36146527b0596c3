//! Refunds by lines, by amounts and of returns, in whatever order and whatever the gateway refuses.

use super::*;
use crate::price::{self, Options, Rules, Shipping};
use coupon::{Discount, DiscountType, Offer};
use fixture::user_id;
use kernel::{PaymentId, Percent, ProductId, Quantity, RefundId, Timestamp};
use payment::{RefundStatus, Status};
use proptest::prelude::*;

/// What a shop sold: pairs of a line's price and its units, less a discount, sent for a fee.
fn sold_and_sent(lines: &[(i64, i64)], discount: i64, shipping_fee: i64) -> Left {
    let costs: Vec<Money> = lines.iter().map(|(price, units)| Money::minor(price * units)).collect();
    let goods = Money::minor((total(&costs).as_minor() - discount).max(1));
    let (all, paid) = (Money::minor(goods.as_minor() + shipping_fee), spread(goods, &costs));
    let lines = (1..).zip(lines).zip(paid).map(|((number, (_, bought)), paid)| LineLeft {
        number,
        bought: *bought,
        paid,
        units: *bought,
        amount: paid,
        withheld: Money::ZERO,
    });
    Left { all, lines: lines.collect() }
}

fn sold(lines: &[(i64, i64)], discount: i64) -> Left {
    sold_and_sent(lines, discount, 0)
}

/// What is left of an order that was placed at these prices, with a coupon, points and a fee; and what it costs.
fn bought(lines: &[(i64, i64)], coupon: i64, points: i64, fee: i64) -> (Left, i64) {
    let shipping = Shipping { fee: Money::minor(fee), ..Shipping::default() };
    let rules = Rules { shipping, tax: Percent::of_basis_points(1_000).unwrap() };
    let coupon = Offer::of(Discount::checked(DiscountType::Fixed, coupon), None, None).unwrap();
    let options = Options { coupon: Some(&coupon), points: Money::minor(points), ..Options::plain(&rules) };
    let ordered = |(unit_price, quantity): &(i64, i64)| price::Line {
        product: ProductId::new(1),
        categories: Vec::new(),
        seller: None,
        unit_price: Money::minor(*unit_price),
        quantity: Quantity::new(*quantity).unwrap(),
        tax_free: false,
    };
    let ordered: Vec<price::Line> = lines.iter().map(ordered).collect();
    let priced = price::price(&ordered, &options).unwrap();
    let lines = (1..).zip(lines).zip(&priced.shares).map(|((number, (_, bought)), share)| {
        let paid = share.paid();
        LineLeft { number, bought: *bought, paid, units: *bought, amount: paid, withheld: Money::ZERO }
    });
    (Left { all: priced.payable, lines: lines.collect() }, priced.payable.as_minor())
}

impl Left {
    fn without(&self, claim: &Claim) -> Left {
        let mut left = self.clone();
        left.all = Money::minor(left.all.as_minor() - claim.amount.as_minor());
        for back in &claim.lines {
            let line = left.lines.iter_mut().find(|line| line.number == back.number).unwrap();
            line.units -= back.units;
            line.amount = Money::minor(line.amount.as_minor() - back.amount.as_minor());
        }
        left
    }
}

/// A share of the balance with so much money left.
fn share(left: i64) -> Payment {
    share_of(left, Method::Balance)
}

fn share_of(left: i64, method: Method) -> Payment {
    let now = Timestamp::from_millis(0);
    Payment {
        id: PaymentId::new(1),
        number: "PAY-22222222".parse().unwrap(),
        order: "ORD-20260206-22222222".parse().unwrap(),
        user: user_id(1),
        amount: Money::minor(left),
        method,
        method_sent: None,
        payment_key: None,
        status: Status::Completed { at: now },
        transaction: None,
        captured: Money::minor(left),
        refunded: Money::ZERO,
        refund_claimed: Money::ZERO,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

fn units(id: i64, quantity: i64) -> RefundLine {
    RefundLine { id, quantity: Quantity::new(quantity).unwrap() }
}

#[test]
fn a_line_is_given_back_once_and_the_other_line_still_can_be() {
    let left = sold(&[(5_000, 1), (9_000, 1)], 0);
    let first = left.claim(None, &[units(1, 1)]).unwrap();
    assert_eq!(first.amount, Money::minor(5_000));
    let left = left.without(&first);
    assert_eq!(left.claim(None, &[units(1, 1)]).unwrap_err().code(), Code::InvalidPaymentAmount);
    assert_eq!(left.claim(None, &[units(2, 1)]).unwrap().amount, Money::minor(9_000));
}

#[test]
fn a_part_of_a_line_leaves_the_rest_of_the_line() {
    let left = sold(&[(5_000, 1), (9_000, 1)], 0);
    let left = left.without(&left.claim(Some(Money::minor(2_000)), &[units(1, 1)]).unwrap());
    assert_eq!(left.claim(None, &[units(1, 1)]).unwrap().amount, Money::minor(3_000));
    assert!(left.claim(Some(Money::minor(3_001)), &[units(1, 1)]).is_err());
}

#[test]
fn the_rest_is_given_back_of_every_line_that_has_something_left() {
    let left = sold(&[(5_000, 1), (9_000, 2)], 0);
    let left = left.without(&left.claim(None, &[units(2, 1)]).unwrap());
    let rest = left.claim(None, &[]).unwrap();
    let lines: Vec<_> = rest.lines.iter().map(|one| (one.number, one.units, one.amount.as_minor())).collect();
    assert_eq!(lines, [(1, 1, 5_000), (2, 1, 9_000)]);
    let left = left.without(&left.claim(Some(Money::minor(9_000)), &[]).unwrap());
    let last = left.claim(None, &[units(1, 1)]).unwrap();
    let lines: Vec<_> = last.lines.iter().map(|one| (one.number, one.units, one.amount.as_minor())).collect();
    assert_eq!(lines, [(1, 1, 5_000), (2, 1, 0)], "the money was line 1's, and no unit is left to pay back");
}

#[test]
fn the_shipping_fee_goes_back_with_the_last_unit() {
    let left = sold_and_sent(&[(5_000, 2), (9_000, 1)], 0, 3_000);
    let first = left.claim(None, &[units(1, 2)]).unwrap();
    assert_eq!(first.amount, Money::minor(10_000));
    let left = left.without(&first);
    let last = left.claim(None, &[units(2, 1)]).unwrap();
    assert_eq!((last.amount, last.lines[0].amount), (Money::minor(12_000), Money::minor(9_000)));
    assert_eq!(left.without(&last).all, Money::ZERO);
    // or with all that is left, and first of all with money that is no line's
    assert_eq!(left.claim(None, &[]).unwrap().amount, Money::minor(12_000));
    let left = left.without(&left.claim(Some(Money::minor(2_000)), &[]).unwrap());
    assert_eq!(left.claim(None, &[units(2, 1)]).unwrap().amount, Money::minor(10_000));
}

#[test]
fn a_line_that_its_coupon_paid_for_is_given_back_with_another_one() {
    let mut left = sold(&[(5_000, 1), (9_000, 1)], 0);
    (left.all, left.lines[0].paid, left.lines[0].amount) = (Money::minor(9_000), Money::ZERO, Money::ZERO);
    assert_eq!(left.claim(None, &[units(1, 1)]).unwrap_err().code(), Code::InvalidPaymentAmount);
    let both = left.claim(None, &[units(1, 1), units(2, 1)]).unwrap();
    let lines: Vec<_> = both.lines.iter().map(|one| (one.number, one.units, one.amount.as_minor())).collect();
    assert_eq!((both.amount.as_minor(), lines), (9_000, vec![(1, 1, 0), (2, 1, 9_000)]));
}

proptest! {
    #[test]
    fn refunds_in_any_order_give_back_no_more_than_was_paid_and_never_keep_the_last_won(
        lines in prop::collection::vec((1_i64..10_000, 1_i64..5), 1..5),
        discount in 0_i64..5_000,
        shipping_fee in prop_oneof![Just(0), 1_i64..3_000],
        wanted in prop::collection::vec(
            (prop::option::of(1_i64..8_000), prop::collection::vec((1_i64..6, 1_i64..5), 0..3)),
            0..20,
        ),
    ) {
        let start = sold_and_sent(&lines, discount, shipping_fee);
        let goods: i64 = start.lines.iter().map(|line| line.paid.as_minor()).sum();
        prop_assert_eq!(goods + shipping_fee, start.all.as_minor());
        let mut left = start;
        for (amount, named) in wanted {
            let named: Vec<RefundLine> = named.into_iter().map(|(id, quantity)| units(id, quantity)).collect();
            match left.claim(amount.map(Money::minor), &named) {
                Ok(claim) => {
                    prop_assert!(claim.amount.is_positive());
                    if !named.is_empty() {
                        let sum = Money::sum(claim.lines.iter().map(|line| line.amount)).unwrap();
                        prop_assert!(sum == claim.amount || claim.amount > sum && claim.amount == left.all
                            || left.is_rest(&left.named(&named).unwrap()), "only the rest has the shipping fee in it");
                    }
                    left = left.without(&claim);
                }
                Err(error) => {
                    prop_assert!([Code::InvalidInput, Code::InvalidPaymentAmount].contains(&error.code()));
                }
            }
            prop_assert!(left.all >= Money::ZERO);
            prop_assert!(left.lines.iter().all(|line| line.units >= 0 && line.amount >= Money::ZERO));
        }
        let units_left = |left: &Left| left.lines.iter().map(|line| line.units).sum::<i64>();
        prop_assert!(units_left(&left) == 0 || left.all.is_positive());
        prop_assert!(units_left(&left) > 0 || left.all.as_minor() <= shipping_fee);
        if left.all.is_positive() {
            let rest = left.claim(None, &[]).unwrap();
            prop_assert_eq!(rest.amount, left.all);
            prop_assert!(Money::sum(rest.lines.iter().map(|line| line.amount)).unwrap() <= rest.amount);
            let nothing = left.without(&rest);
            prop_assert!(nothing.all.is_zero() && units_left(&nothing) == 0);
            prop_assert!(nothing.lines.iter().all(|line| line.amount >= Money::ZERO));
            prop_assert!(left.claim(Some(Money::minor(1)), &[]).is_ok());
        } else {
            prop_assert!(left.claim(None, &[]).is_err());
        }
    }

    #[test]
    fn what_is_divided_is_neither_more_nor_less_than_the_whole(
        left in prop::collection::vec(0_i64..5_000, 1..3),
        lines in prop::collection::vec((0_i64..2_000, 0_i64..4), 0..5),
        fee in 0_i64..500,
    ) {
        let goods: i64 = lines.iter().map(|(amount, _)| amount).sum();
        prop_assume!(goods + fee <= left.iter().sum());
        let lines: Vec<RefundedLine> = (1..).zip(&lines)
            .map(|(number, (amount, units))| RefundedLine { number, units: *units, amount: Money::minor(*amount) })
            .collect();
        let shares: Vec<Payment> = left.iter().map(|left| share(*left)).collect();
        let claims = divided(Claim { amount: Money::minor(goods + fee), lines: lines.clone() }, &shares);
        prop_assert_eq!(Money::sum(claims.iter().map(|claim| claim.amount)).unwrap(), Money::minor(goods + fee));
        for (claim, share) in claims.iter().zip(&shares) {
            prop_assert!(claim.amount <= share.refundable());
            prop_assert!(Money::sum(claim.lines.iter().map(|line| line.amount)).unwrap() <= claim.amount);
        }
        for line in lines {
            let parts = claims.iter().flat_map(|claim| &claim.lines).filter(|part| part.number == line.number);
            let (amount, units) = parts.fold((0, 0), |(amount, units), part| (amount + part.amount.as_minor(), units + part.units));
            prop_assert_eq!((amount, units), (line.amount.as_minor(), line.units));
        }
    }

    /// A card, the balance, points and a coupon on one order.
    #[test]
    fn each_share_gives_back_what_it_took_in_whatever_parts(
        lines in prop::collection::vec((1_i64..10_000, 1_i64..5), 1..5),
        (coupon, points, fee) in (1_i64..5_000, 0_i64..5_000, prop_oneof![Just(0), 1_i64..3_000]),
        own_percent in 0_i64..=100,
        wanted in prop::collection::vec(
            (any::<bool>(), prop::option::of(1_i64..8_000), prop::collection::vec((1_i64..6, 1_i64..5), 0..3)),
            0..20,
        ),
    ) {
        let (mut left, payable) = bought(&lines, coupon, points, fee);
        prop_assume!(payable >= 2);
        let paid = left.lines.clone();
        let own = 1 + (payable - 2) * own_percent / 100;
        let mut shares = [share(own), share_of(payable - own, Method::CreditCard)];
        let mut back = vec![(0, Money::ZERO); lines.len()];
        // in the end all that is left
        for (other_first, amount, named) in wanted.into_iter().chain([(false, None, Vec::new())]) {
            let named: Vec<RefundLine> = named.into_iter().map(|(id, quantity)| units(id, quantity)).collect();
            let Ok(claim) = left.claim(amount.map(Money::minor), &named) else { continue };
            if other_first {
                shares.reverse();
            }
            let parts = divided(claim.clone(), &shares);
            for (share, part) in shares.iter_mut().zip(parts) {
                prop_assert!(part.amount <= share.refundable());
                share.refund_claimed = share.refund_claimed.plus(part.amount).unwrap();
                for line in part.lines {
                    let (units, amount) = &mut back[usize::try_from(line.number - 1).unwrap()];
                    *units += line.units;
                    *amount = amount.plus(line.amount).unwrap();
                }
            }
            left = left.without(&claim);
        }
        prop_assert!(shares.iter().all(|share| share.refundable().is_zero()), "{:?}", shares);
        for (line, (units, amount)) in paid.iter().zip(back) {
            prop_assert_eq!(units, line.bought);
            prop_assert!(amount <= line.paid);
        }
    }
}

/// An order that is paid by card and from the balance, and what was tried to give back of it.
struct Ledger {
    start: Left,
    /// The card first.
    shares: [Payment; 2],
    refunds: Vec<Refunded>,
    returns: Vec<SentBack>,
}

/// A return: its refunds, what is sent back, what it withholds of each line, and whether it ended.
struct SentBack {
    refunds: Vec<RefundId>,
    lines: Vec<RefundLine>,
    withheld: Vec<(i64, Money)>,
    ended: bool,
}

impl Ledger {
    fn of(start: Left, own: i64) -> Ledger {
        let gateway = start.all.as_minor() - own;
        let mut shares = [share_of(gateway, Method::CreditCard), share(own)];
        shares[1].number = "PAY-33333333".parse().unwrap();
        Ledger { start, shares, refunds: Vec::new(), returns: Vec::new() }
    }

    fn live(&self) -> impl Iterator<Item = &Refunded> {
        self.refunds.iter().filter(|(refund, _)| refund.status.kind() != RefundKind::Failed)
    }

    fn given(&self, which: &[RefundId]) -> Given {
        let own: Vec<Refunded> = self.live().filter(|(refund, _)| which.contains(&refund.id)).cloned().collect();
        Given { amount: total(&own.iter().map(|(refund, _)| refund.amount).collect::<Vec<_>>()), lines: sums(&own) }
    }

    /// What is left without the refunds of one return, as `returning` reads it.
    fn left(&self, except: Option<usize>) -> Left {
        let own = except.map_or(&[][..], |n| &self.returns[n].refunds);
        let others: Vec<Refunded> = self.live().filter(|(refund, _)| !own.contains(&refund.id)).cloned().collect();
        let mut left = self.start.clone();
        left.all = Money::minor(self.shares.iter().map(|share| share.refundable().as_minor()).sum());
        for back in sums(&others) {
            let line = left.lines.iter_mut().find(|line| line.number == back.number).unwrap();
            line.units -= back.units;
            line.amount = Money::minor(line.amount.as_minor() - back.amount.as_minor());
        }
        let mut withheld = Vec::new();
        for (n, SentBack { refunds: own, lines, withheld: kept, ended }) in self.returns.iter().enumerate() {
            for line in lines.iter().filter(|_| Some(n) != except) {
                let units =
                    self.given(own).lines.iter().find(|back| back.number == line.id).map_or(0, |back| back.units);
                let kept = kept.iter().find(|(number, _)| *number == line.id);
                if let Some((_, amount)) = kept.filter(|_| *ended || units > 0) {
                    let units = (line.quantity.as_i64() - units).max(0);
                    withheld.push(Withheld { line: line.id, units, amount: *amount });
                }
            }
        }
        left.with(self.given(own).amount).withholding(&withheld)
    }

    /// Each share that gives something gets a refund; the gateway may refuse its own. Whether it did, and the refunds.
    fn refund(&mut self, claims: Vec<(usize, Claim)>, refuses: bool) -> (bool, Vec<RefundId>) {
        let at = Timestamp::from_millis(self.refunds.len() as i64 + 1);
        let (mut refused, mut made) = (false, Vec::new());
        for (n, claim) in claims.into_iter().filter(|(_, claim)| claim.amount.is_positive()) {
            let share = &mut self.shares[n];
            assert!(claim.amount <= share.refundable());
            assert!(total(&claim.lines.iter().map(|line| line.amount).collect::<Vec<_>>()) <= claim.amount);
            let fails = refuses && share.method == Method::CreditCard;
            let status = if fails {
                RefundStatus::Failed { at, reason: "refused".to_owned() }
            } else {
                share.refund_claimed = share.refund_claimed.plus(claim.amount).unwrap();
                RefundStatus::Completed { at, transaction: "RF".to_owned() }
            };
            let id = RefundId::new(self.refunds.len() as i64 + 1);
            let (payment, order) = (share.number.clone(), share.order.clone());
            let refund =
                Refund { id, payment, order, amount: claim.amount, reason: "test".to_owned(), status, created_at: at };
            self.refunds.push((refund, claim.lines));
            refused |= fails;
            made.push(id);
        }
        (refused, made)
    }

    fn divided(&self, claim: Claim) -> Vec<(usize, Claim)> {
        divided(claim, &self.shares).into_iter().enumerate().collect()
    }

    /// A refund by hand, asked for until it goes through.
    fn by_hand(&mut self, amount: Option<Money>, lines: &[RefundLine], refusals: usize) {
        for n in 0..=refusals {
            let again = refused(&self.refunds, amount, lines).map(|(refund, lines)| {
                let claim = Claim { amount: refund.amount, lines: lines.clone() };
                let share = self.shares.iter().position(|share| share.number == refund.payment).unwrap();
                vec![(share, claim)]
            });
            let claims = match again {
                Some(claims) => claims,
                None => match self.left(None).claim(amount, lines) {
                    Ok(claim) => self.divided(claim),
                    Err(_) => return,
                },
            };
            if !self.refund(claims, n < refusals).0 {
                return;
            }
        }
    }

    /// A return whose refund is asked for until it goes through. Whether its units could be given back.
    fn sent_back(&mut self, lines: &[RefundLine], fee: i64, refusals: usize) -> bool {
        let n = self.returns.len();
        self.returns.push(SentBack { refunds: Vec::new(), lines: lines.to_vec(), withheld: Vec::new(), ended: false });
        for refusal in 0..=refusals {
            let given = self.given(&self.returns[n].refunds);
            let Ok(due) = self.left(Some(n)).of_return(lines, None, Money::minor(fee), &given) else {
                assert!(refusal == 0, "a return that was refused can be asked for again");
                self.returns.pop();
                return false;
            };
            self.returns[n].withheld = due.withheld;
            let (refused, made) = self.refund(self.divided(due.claim), refusal < refusals);
            self.returns[n].refunds.extend(made);
            if !refused {
                break;
            }
        }
        self.returns[n].ended = true;
        true
    }

    fn back(&self) -> i64 {
        self.shares.iter().map(|share| share.refund_claimed.as_minor()).sum()
    }

    fn units_back(&self, line: i64) -> i64 {
        sums(&self.refunds).iter().find(|back| back.number == line).map_or(0, |back| back.units)
    }
}

proptest! {
    /// A card, the balance, points and a coupon on one order, and a gateway that refuses now and then.
    #[test]
    fn what_is_asked_for_again_after_a_refusal_gives_back_everything_once(
        lines in prop::collection::vec((1_i64..10_000, 1_i64..5), 1..4),
        (coupon, points, fee) in (1_i64..5_000, 0_i64..5_000, prop_oneof![Just(0), 1_i64..3_000]),
        own_percent in 0_i64..=100,
        wanted in prop::collection::vec(
            (0_usize..3, prop::option::of(1_i64..8_000), prop::collection::vec((1_i64..4, 1_i64..5), 0..3), 0_usize..3),
            0..12,
        ),
        last_refusals in 0_usize..3,
    ) {
        let (start, payable) = bought(&lines, coupon, points, fee);
        prop_assume!(payable >= 2);
        let own = 1 + (payable - 2) * own_percent / 100;
        let mut ledger = Ledger::of(start.clone(), own);
        for (kind, amount, named, refusals) in wanted {
            let named: Vec<RefundLine> = named.into_iter().map(|(id, quantity)| units(id, quantity)).collect();
            match kind {
                0 if !named.is_empty() => { ledger.sent_back(&named, 0, refusals); }
                1 => ledger.by_hand(None, &named, refusals),
                _ => ledger.by_hand(amount.map(Money::minor), &named, refusals),
            }
        }
        ledger.by_hand(None, &[], last_refusals);
        prop_assert!(ledger.shares.iter().all(|share| share.refundable().is_zero()), "{:?}", ledger.refunds);
        let sums = sums(&ledger.refunds);
        for line in &start.lines {
            let back = sums.iter().find(|back| back.number == line.number);
            prop_assert!(back.is_none_or(|back| back.amount <= line.paid));
        }
        // with the units that came back for no money
        prop_assert!(ledger.left(None).lines.iter().all(|line| line.units == 0));
    }

    /// Units are sent back in any order, each return with its own fee, and each refund may be refused first.
    #[test]
    fn returns_of_everything_give_the_lines_and_the_shipping_fee_less_their_fees(
        lines in prop::collection::vec((3_000_i64..20_000, 1_i64..4), 1..4),
        shipping in prop_oneof![Just(0), 1_i64..3_000],
        own_percent in 0_i64..=100,
        parts in prop::collection::vec((0_usize..100, prop_oneof![Just(0), 1_i64..3_000], 0_usize..3), 30..31),
        together in 1_usize..4,
    ) {
        let start = sold_and_sent(&lines, 0, shipping);
        let payable = start.all.as_minor();
        let mut ledger = Ledger::of(start.clone(), 1 + (payable - 2) * own_percent / 100);
        let mut left: Vec<i64> = (1..).zip(&lines).flat_map(|(id, (_, bought))| vec![id; usize::try_from(*bought).unwrap()]).collect();
        let mut fees = 0;
        for (pick, fee, refusals) in parts {
            if left.is_empty() {
                break;
            }
            let mut sent: BTreeMap<i64, i64> = BTreeMap::new();
            for n in 0..together.min(left.len()) {
                *sent.entry(left.remove((pick + n) % left.len())).or_default() += 1;
            }
            let named: Vec<RefundLine> = sent.into_iter().map(|(id, quantity)| units(id, quantity)).collect();
            prop_assert!(ledger.sent_back(&named, fee, refusals));
            fees += fee;
        }
        prop_assert!(left.is_empty());
        prop_assert_eq!(ledger.back(), payable - fees);
        for line in &start.lines {
            prop_assert_eq!(ledger.units_back(line.number), line.bought);
        }
    }
}

proptest! {
    /// Whatever was given back by hand before, a return comes to its end, and nothing goes back twice.
    #[test]
    fn returns_among_refunds_by_hand_always_end(
        lines in prop::collection::vec((1_i64..20_000, 1_i64..4), 1..4),
        coupon in prop_oneof![Just(1), 1_i64..70_000],
        points in prop_oneof![Just(0), 1_i64..60_000],
        shipping in prop_oneof![Just(0), 1_i64..3_000],
        steps in prop::collection::vec((0_usize..100, any::<bool>(), prop::option::of(1_i64..20_000), 0_usize..2), 0..8),
    ) {
        let (start, payable) = bought(&lines, coupon, points, shipping);
        prop_assume!(payable > 1);
        let mut ledger = Ledger::of(start, payable / 2);
        let mut left: Vec<i64> = (1..).zip(&lines).flat_map(|(id, (_, bought))| vec![id; usize::try_from(*bought).unwrap()]).collect();
        for (pick, by_hand, amount, refusals) in steps {
            if by_hand {
                let line = i64::try_from(pick % lines.len()).unwrap() + 1;
                let named = if amount.is_some() { Vec::new() } else { vec![units(line, 1)] };
                ledger.by_hand(amount.map(Money::minor), &named, refusals);
            } else if !left.is_empty() {
                let line = left.remove(pick % left.len());
                prop_assert!(ledger.sent_back(&[units(line, 1)], 0, refusals));
            }
            prop_assert!(ledger.back() <= payable);
        }
        for line in left {
            prop_assert!(ledger.sent_back(&[units(line, 1)], 0, 0));
        }
        prop_assert!(ledger.back() <= payable);
    }
}

#[test]
fn units_that_have_nothing_left_come_back_without_money() {
    let mut by_hand = Ledger::of(sold(&[(10_000, 3)], 0), 1);
    by_hand.by_hand(None, &[units(1, 1)], 0);
    assert!(by_hand.sent_back(&[units(1, 3)], 0, 0));
    assert_eq!((by_hand.back(), by_hand.units_back(1)), (30_000, 3));
    let mut all = Ledger::of(sold(&[(10_000, 3)], 0), 1);
    all.by_hand(None, &[], 0);
    assert!(all.sent_back(&[units(1, 2)], 0, 0));
    assert_eq!(all.back(), 30_000);
    let (start, payable) = bought(&[(1, 1), (20_000, 1)], 19_000, 0, 0);
    assert!(start.lines[0].paid.is_zero(), "the coupon paid for the first line");
    let mut discounted = Ledger::of(start, 1);
    assert!(discounted.sent_back(&[units(1, 1)], 0, 0));
    assert_eq!(discounted.back(), 0);
    assert!(discounted.sent_back(&[units(2, 1)], 0, 0));
    assert_eq!(discounted.back(), payable);
}

#[test]
fn a_return_that_its_fee_takes_whole_still_brings_its_units_back() {
    let mut ledger = Ledger::of(sold_and_sent(&[(2_000, 1), (7_000, 1)], 0, 2_500), 1);
    assert!(ledger.sent_back(&[units(1, 1)], 3_000, 0));
    assert_eq!(ledger.back(), 0);
    assert!(ledger.sent_back(&[units(2, 1)], 0, 0));
    assert_eq!(ledger.back(), 9_500, "the second was the last one, and what was withheld of the first is not its");
    ledger.by_hand(None, &[], 0);
    assert_eq!(ledger.back(), 11_500, "the shop may still give it back");
}

#[test]
fn a_refund_of_some_units_that_was_refused_in_part_goes_on_where_it_stopped() {
    let mut ledger = Ledger::of(sold(&[(10_000, 3)], 0), 24_000);
    ledger.by_hand(None, &[units(1, 1)], 2);
    assert_eq!((ledger.back(), ledger.units_back(1)), (10_000, 1));
    ledger.by_hand(None, &[units(1, 1)], 1);
    assert_eq!((ledger.back(), ledger.units_back(1)), (20_000, 2));
}
