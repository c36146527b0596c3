//! What is left of an order's payment to give back, in all and of each line; and who gets the shipping fee back: the refund that
//! takes the last unit, or all that is left.

use crate::{parts::Shares, price::spread, request::RefundLine};
use kernel::{Code, Money, Result, text};
use order::{Line, Order};
use payment::{Payment, Refund, RefundKind, RefundedLine};
use std::collections::{BTreeMap, VecDeque};

/// What can still be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    all: Money,
    lines: Vec<LineLeft>,
}

/// What can still be given back of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LineLeft {
    number: i64,
    bought: i64,
    paid: Money,
    units: i64,
    amount: Money,
}

/// A refund that fits what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub amount: Money,
    /// Empty for a refund that names no lines and leaves some of the money.
    pub lines: Vec<RefundedLine>,
}

impl Left {
    /// What is left of an order's money, of which `refunded` was given back by lines.
    pub fn of(order: &Order, shares: &Shares, refunded: &[RefundedLine]) -> Left {
        let paid: Vec<Money> = order.lines.iter().map(Line::paid).collect();
        // what was captured beyond the lines is the shipping fee, which is no line's
        let paid = spread(shares.captured().at_most(total(&paid)), &paid);
        let lines = order.lines.iter().zip(paid).map(|(line, paid)| {
            let back = refunded.iter().find(|back| back.number == line.number);
            let (units, amount) = back.map_or((0, Money::ZERO), |back| (back.units, back.amount));
            let bought = line.quantity.as_i64();
            LineLeft {
                number: line.number,
                bought,
                paid,
                units: bought - units,
                amount: Money::minor(paid.as_minor() - amount.as_minor()),
            }
        });
        Left { all: shares.refundable(), lines: lines.collect() }
    }

    /// The same with `given` more, which went back of these lines and is not among what was given back by lines.
    pub fn with(self, given: Money) -> Left {
        Left { all: Money::minor(self.all.as_minor() + given.as_minor()), ..self }
    }

    /// The refund of `amount`, or of all there is, of the named lines or of the whole payment. C002 for a line that the order
    /// does not have or that is named twice, and for more units than were bought; S306 for more than is left.
    pub fn claim(&self, amount: Option<Money>, lines: &[RefundLine]) -> Result<Claim> {
        if lines.is_empty() {
            let amount = within(amount.unwrap_or(self.all), self.all)?;
            let lines = if amount == self.all { self.rest() } else { Vec::new() };
            return Ok(Claim { amount, lines });
        }
        let mut worths = Vec::with_capacity(lines.len());
        for (n, wanted) in lines.iter().enumerate() {
            if lines[..n].iter().any(|earlier| earlier.id == wanted.id) {
                return Err(text::wrong(&format!("lines[{n}]"), "may be named once"));
            }
            worths.push(self.worth(n, wanted)?);
        }
        let worth = total(&worths);
        // who gives back the last unit gets the rest, and so the shipping fee; money that was given back without naming lines
        // reduces what the lines can get
        let whole = if self.is_rest(lines) { self.all } else { worth.at_most(self.all) };
        let amount = within(amount.unwrap_or(whole), whole)?;
        // units count as given back with their whole worth; with a part of it only the money counts
        let is_whole = amount >= worth.at_most(self.all);
        let units = |wanted: &RefundLine| if is_whole { wanted.quantity.as_i64() } else { 0 };
        let parts = spread(amount.at_most(worth), &worths);
        let lines = lines.iter().zip(parts);
        let lines = lines.map(|(line, amount)| RefundedLine { number: line.id, units: units(line), amount }).collect();
        let lines = if amount == self.all { self.with_all_units(lines) } else { lines };
        Ok(Claim { amount, lines })
    }

    /// What each line gets when everything that is left goes back.
    pub fn rest(&self) -> Vec<RefundedLine> {
        let amounts: Vec<Money> = self.lines.iter().map(|line| line.amount).collect();
        let parts = self.lines.iter().zip(spread(self.all.at_most(total(&amounts)), &amounts));
        self.with_all_units(
            parts.map(|(line, amount)| RefundedLine { number: line.number, units: 0, amount }).collect(),
        )
    }

    /// Whether these are all units that have not been given back.
    fn is_rest(&self, wanted: &[RefundLine]) -> bool {
        let names = |line: &LineLeft| {
            line.units == 0 || wanted.iter().any(|one| one.id == line.number && one.quantity.as_i64() == line.units)
        };
        self.lines.iter().all(names)
    }

    /// Once nothing of the money is left, every unit of every line counts as given back, whichever lines the last money was for.
    fn with_all_units(&self, named: Vec<RefundedLine>) -> Vec<RefundedLine> {
        let lines = self.lines.iter().map(|line| {
            let amount = named.iter().find(|one| one.number == line.number).map_or(Money::ZERO, |one| one.amount);
            RefundedLine { number: line.number, units: line.units, amount }
        });
        lines.filter(|line| line.units > 0 || line.amount.is_positive()).collect()
    }

    /// What the named units can get.
    fn worth(&self, n: usize, wanted: &RefundLine) -> Result<Money> {
        let (field, units) = (format!("lines[{n}]"), wanted.quantity.as_i64());
        let line = self.lines.iter().find(|line| line.number == wanted.id);
        let line = line.ok_or_else(|| text::wrong(&field, "is no line of this order"))?;
        if units > line.bought {
            return Err(text::wrong(&field, format!("has {} units", line.bought)));
        }
        // a line that the discounts paid for is worth nothing, and its units can still be given back
        if units > line.units || (line.amount.is_zero() && line.paid.is_positive()) {
            let why = format!("{} units and {} are left of line {} to give back", line.units, line.amount, line.number);
            return Err(Code::InvalidPaymentAmount.because(why));
        }
        if units == line.units {
            return Ok(line.amount);
        }
        // rounded down: the last unit gets what is left
        let share = i128::from(line.paid.as_minor()) * i128::from(units) / i128::from(line.bought);
        Ok(Money::minor(i64::try_from(share).unwrap_or(i64::MAX)).at_most(line.amount))
    }
}

/// The amount, if so much can be given back; S306 if not.
pub fn within(amount: Money, limit: Money) -> Result<Money> {
    if amount.is_positive() && amount <= limit {
        return Ok(amount);
    }
    Err(Code::InvalidPaymentAmount.because(format!("{amount} is not 1 to the {limit} that can be given back")))
}

fn total(amounts: &[Money]) -> Money {
    Money::minor(amounts.iter().map(|amount| amount.as_minor()).sum())
}

/// Divides a refund among the shares of a payment, one claim for each: the first share gives as much as it has left, then the next. A
/// line's units count where the last of its money goes. The lines of each claim add up to no more than its amount.
pub fn divided(claim: Claim, shares: &[Payment]) -> Vec<Claim> {
    let (mut left, mut lines, mut claims) =
        (claim.amount, VecDeque::from(claim.lines), Vec::with_capacity(shares.len()));
    for (n, share) in shares.iter().enumerate() {
        let amount = share.refundable().at_most(left);
        left = Money::minor(left.as_minor() - amount.as_minor());
        let (mut room, mut own, is_last) = (amount, Vec::new(), left.is_zero() || n + 1 == shares.len());
        while let Some(line) = lines.front_mut().filter(|line| room.is_positive() || (is_last && line.amount.is_zero()))
        {
            let part = line.amount.at_most(room);
            room = Money::minor(room.as_minor() - part.as_minor());
            if part == line.amount {
                own.extend(lines.pop_front().map(|whole| RefundedLine { amount: part, ..whole }));
            } else {
                own.push(RefundedLine { units: 0, amount: part, ..*line });
                line.amount = Money::minor(line.amount.as_minor() - part.as_minor());
            }
        }
        claims.push(Claim { amount, lines: own });
    }
    claims
}

/// The sums of what refunds that did not fail give back of each line, in the order of the lines.
pub fn sums(refunds: &[(Refund, Vec<RefundedLine>)]) -> Vec<RefundedLine> {
    let mut sums = BTreeMap::new();
    for (_, lines) in refunds.iter().filter(|(refund, _)| refund.status.kind() != RefundKind::Failed) {
        for line in lines {
            let sum =
                sums.entry(line.number).or_insert(RefundedLine { number: line.number, units: 0, amount: Money::ZERO });
            sum.units += line.units;
            sum.amount = Money::minor(sum.amount.as_minor() + line.amount.as_minor());
        }
    }
    sums.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{self, Options, Rules, Shipping};
    use coupon::{Discount, DiscountType, Offer};
    use fixture::user_id;
    use kernel::{PaymentId, Percent, ProductId, Quantity, Timestamp};
    use payment::{Method, Status};
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
            unit_price: Money::minor(*unit_price),
            quantity: Quantity::new(*quantity).unwrap(),
            tax_free: false,
        };
        let ordered: Vec<price::Line> = lines.iter().map(ordered).collect();
        let priced = price::price(&ordered, &options).unwrap();
        let lines = (1..).zip(lines).zip(&priced.shares).map(|((number, (_, bought)), share)| {
            let paid = share.paid();
            LineLeft { number, bought: *bought, paid, units: *bought, amount: paid }
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

    /// A share with so much money left.
    fn share(left: i64) -> Payment {
        let now = Timestamp::from_millis(0);
        Payment {
            id: PaymentId::new(1),
            number: "PAY-22222222".parse().unwrap(),
            order: "ORD-20260206-22222222".parse().unwrap(),
            user: user_id(1),
            amount: Money::minor(left),
            method: Method::Balance,
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
                                || left.is_rest(&named), "only the rest has the shipping fee in it");
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
            let mut shares = [share(own), share(payable - own)];
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
}
