//! What is left of an order's payment to give back, in all and of each line; and who gets the shipping fee back: the refund that
//! takes the last unit, or all that is left. What a return costs its buyer is kept apart, because its units came back anyway.

use crate::{parts::Shares, price::spread, request::RefundLine};
use kernel::{Code, Money, Result, text};
use order::{Line, Order};
use payment::{Method, Payment, Refund, RefundKind, RefundedLine};
use std::collections::{BTreeMap, VecDeque};

/// A refund with what it gives back of each line.
pub type Refunded = (Refund, Vec<RefundedLine>);

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
    /// Of its money, with what is withheld.
    amount: Money,
    /// What returns of its units did not give back.
    withheld: Money,
}

impl LineLeft {
    /// What the units that are left can get.
    fn open(&self) -> Money {
        less(self.amount, self.withheld)
    }

    /// What some of the units that are left can get. Rounded down: the last unit gets what is left.
    fn worth(&self, units: i64) -> Money {
        if units == self.units {
            return if units == 0 { Money::ZERO } else { self.open() };
        }
        let share = i128::from(self.paid.as_minor()) * i128::from(units) / i128::from(self.bought);
        Money::minor(i64::try_from(share).unwrap_or(i64::MAX)).at_most(self.open())
    }
}

/// Units of a line that are to be given back.
#[derive(Debug, Clone, Copy)]
struct Units {
    of: LineLeft,
    units: i64,
}

impl Units {
    fn worth(&self) -> Money {
        self.of.worth(self.units)
    }
}

/// What returns of a line's units did not give back, such as their fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withheld {
    /// The line's number.
    pub line: i64,
    /// Units that came back for no money, so that no refund names them.
    pub units: i64,
    pub amount: Money,
}

/// What went back before for a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub amount: Money,
    pub lines: Vec<RefundedLine>,
}

/// What a return gets now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its amount is 0 when nothing goes back.
    pub claim: Claim,
    /// What its units were worth beyond that, line by line.
    pub withheld: Vec<(i64, Money)>,
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
                withheld: Money::ZERO,
            }
        });
        Left { all: shares.refundable(), lines: lines.collect() }
    }

    /// The same after returns whose units are not given back whole.
    pub fn withholding(mut self, withheld: &[Withheld]) -> Left {
        for kept in withheld {
            if let Some(line) = self.lines.iter_mut().find(|line| line.number == kept.line) {
                line.units = (line.units - kept.units).max(0);
                line.withheld = Money::minor(line.withheld.as_minor() + kept.amount.as_minor()).at_most(line.amount);
            }
        }
        self
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
        let named = self.named(lines)?;
        named.iter().try_for_each(must_be_left)?;
        let worths: Vec<Money> = named.iter().map(Units::worth).collect();
        let worth = total(&worths);
        let whole = self.whole(&named, worth);
        let amount = within(amount.unwrap_or(whole), whole)?;
        // units count as given back with their whole worth; with a part of it only the money counts
        let is_whole = amount >= worth.at_most(self.all);
        let units = |wanted: &Units| if is_whole { wanted.units } else { 0 };
        let parts = named.iter().zip(spread(amount.at_most(worth), &worths));
        let part =
            |(line, amount): (&Units, Money)| RefundedLine { number: line.of.number, units: units(line), amount };
        let lines = parts.map(part).collect();
        let lines = if amount == self.all { self.with_all_units(lines) } else { lines };
        Ok(Claim { amount, lines })
    }

    /// What the named units of a return get now, of which `given` went back before, because one share of the payment could be refunded and
    /// the other could not; `self` is what was left before that. It is `amount`, or what the units are worth less `fee`: nothing for units
    /// that the discounts paid for, or that were given back by hand before. In any case the units came back. S306 when `amount` is more.
    pub fn of_return(&self, lines: &[RefundLine], amount: Option<Money>, fee: Money, given: &Given) -> Result<Due> {
        let mut lines = self.named(lines)?;
        for line in &mut lines {
            line.units = line.units.min(line.of.units);
        }
        let worths: Vec<Money> = lines.iter().map(Units::worth).collect();
        let worth = total(&worths);
        let whole = self.whole(&lines, worth);
        let now = match amount {
            Some(named) => within(named, less(whole, given.amount))?,
            None => less(less(whole, fee), given.amount),
        };
        let before = |number: i64| given.lines.iter().find(|line| line.number == number);
        let had = |line: &Units| before(line.of.number).map_or(Money::ZERO, |before| before.amount);
        let open: Vec<Money> = lines.iter().zip(&worths).map(|(line, worth)| less(*worth, had(line))).collect();
        let parts = spread(now.at_most(total(&open)), &open);
        let gaps: Vec<Money> = open.iter().zip(&parts).map(|(open, part)| less(*open, *part)).collect();
        let withheld = less(less(whole, given.amount), now).at_most(total(&gaps));
        let withheld = lines.iter().map(|line| line.of.number).zip(spread(withheld, &gaps)).collect();
        let parts = lines.iter().zip(parts);
        let parts = parts.map(|(line, amount)| RefundedLine { number: line.of.number, units: line.units, amount });
        let parts: Vec<RefundedLine> = parts.collect();
        let mut back = if now == less(self.all, given.amount) { self.with_all_units(parts) } else { parts };
        for line in &mut back {
            line.units -= before(line.number).map_or(0, |before| before.units.min(line.units));
        }
        Ok(Due { claim: Claim { amount: now, lines: back }, withheld })
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
    fn is_rest(&self, named: &[Units]) -> bool {
        let names = |line: &LineLeft| {
            line.units == 0 || named.iter().any(|one| one.of.number == line.number && one.units == line.units)
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

    /// All that the named units can get. Who gives back the last unit gets the rest, and so the shipping fee, without what was withheld of
    /// other units; money that was given back without naming lines reduces what the lines can get.
    fn whole(&self, named: &[Units], worth: Money) -> Money {
        let worth = worth.at_most(self.all);
        if self.is_rest(named) {
            let withheld = total(&self.lines.iter().map(|line| line.withheld).collect::<Vec<_>>());
            return less(self.all, withheld).max(worth);
        }
        worth
    }

    /// The lines with these units. C002 for a line that the order does not have or that is named twice, and for more units than were bought.
    fn named(&self, lines: &[RefundLine]) -> Result<Vec<Units>> {
        let once = |n: usize| lines[..n].iter().all(|earlier| earlier.id != lines[n].id);
        let find = |(n, wanted): (usize, &RefundLine)| {
            let (field, units) = (format!("lines[{n}]"), wanted.quantity.as_i64());
            if !once(n) {
                return Err(text::wrong(&field, "may be named once"));
            }
            let line = self.lines.iter().find(|line| line.number == wanted.id);
            let line = line.ok_or_else(|| text::wrong(&field, "is no line of this order"))?;
            if units > line.bought {
                return Err(text::wrong(&field, format!("has {} units", line.bought)));
            }
            Ok(Units { of: *line, units })
        };
        lines.iter().enumerate().map(find).collect()
    }
}

/// S306 for more units than are left. A line that the discounts paid for is worth nothing, and its units can still be given back.
fn must_be_left(wanted: &Units) -> Result<()> {
    let Units { of: line, units } = wanted;
    if *units <= line.units && (line.open().is_positive() || line.paid.is_zero()) {
        return Ok(());
    }
    let why = format!("{} units and {} are left of line {} to give back", line.units, line.open(), line.number);
    Err(Code::InvalidPaymentAmount.because(why))
}

/// The amount, if so much can be given back; S306 if not.
pub fn within(amount: Money, limit: Money) -> Result<Money> {
    if amount.is_positive() && amount <= limit {
        return Ok(amount);
    }
    Err(Code::InvalidPaymentAmount.because(format!("{amount} is not 1 to the {limit} that can be given back")))
}

/// `amount` without `part`, at least 0.
fn less(amount: Money, part: Money) -> Money {
    Money::minor((amount.as_minor() - part.as_minor()).max(0))
}

fn total(amounts: &[Money]) -> Money {
    Money::minor(amounts.iter().map(|amount| amount.as_minor()).sum())
}

/// Divides a refund among the shares of a payment, one claim for each: the first share gives as much as it has left, then the next. The
/// units count with the share that the gateway can still refuse, so that they can be named again when it did. The lines of each claim add
/// up to no more than its amount.
pub fn divided(claim: Claim, shares: &[Payment]) -> Vec<Claim> {
    let units: Vec<RefundedLine> = claim
        .lines
        .iter()
        .map(|line| RefundedLine { amount: Money::ZERO, ..*line })
        .filter(|line| line.units > 0)
        .collect();
    let (mut left, mut lines, mut claims) =
        (claim.amount, VecDeque::from(claim.lines), Vec::with_capacity(shares.len()));
    for share in shares {
        let amount = share.refundable().at_most(left);
        left = less(left, amount);
        let (mut room, mut own) = (amount, Vec::new());
        while let Some(line) = lines.front_mut().filter(|line| room.is_positive() || line.amount.is_zero()) {
            let part = line.amount.at_most(room);
            room = less(room, part);
            if part.is_positive() {
                own.push(RefundedLine { units: 0, amount: part, ..*line });
            }
            line.amount = less(line.amount, part);
            if line.amount.is_zero() {
                lines.pop_front();
            }
        }
        claims.push(Claim { amount, lines: own });
    }
    let gives = |n: &usize| claims[*n].amount.is_positive();
    let can_be_refused = |n: &usize| !matches!(shares[*n].method, Method::Balance | Method::Channel);
    let with_units = (0..claims.len()).filter(gives).max_by_key(can_be_refused);
    if let Some(claim) = with_units.map(|n| &mut claims[n]) {
        for line in units {
            match claim.lines.iter_mut().find(|part| part.number == line.number) {
                Some(part) => part.units = line.units,
                None => claim.lines.push(line),
            }
        }
        claim.lines.sort_by_key(|line| line.number);
    }
    claims
}

/// The part of an earlier refund of the same lines that the gateway refused while the other share gave its part, if it is asked for again
/// and nothing was given back since. `amount` is what is asked for; all that the lines are worth when there is none.
pub fn refused<'a>(refunds: &'a [Refunded], amount: Option<Money>, lines: &[RefundLine]) -> Option<&'a Refunded> {
    let failed = |refund: &Refund| refund.status.kind() == RefundKind::Failed;
    let names = |parts: &[RefundedLine], line: &RefundLine| {
        parts.iter().any(|part| part.number == line.id && part.units == line.quantity.as_i64())
    };
    let names_the_same = |parts: &[RefundedLine]| {
        !lines.is_empty()
            && lines.iter().all(|line| names(parts, line))
            && parts.iter().filter(|part| part.units > 0).count() == lines.len()
    };
    let is_last = |one: &Refund| {
        let since = refunds.iter().map(|(refund, _)| refund);
        let since = since.filter(|refund| !failed(refund) && refund.created_at >= one.created_at);
        // one act gives back a part of each share
        let (beside, later): (Vec<&Refund>, Vec<&Refund>) =
            since.partition(|refund| refund.created_at == one.created_at && refund.payment != one.payment);
        let given = total(&beside.iter().map(|refund| refund.amount).collect::<Vec<_>>());
        let asked = amount.is_none_or(|amount| amount == one.amount || less(amount, given) == one.amount);
        later.is_empty() && given.is_positive() && asked
    };
    refunds.iter().find(|(refund, parts)| failed(refund) && names_the_same(parts) && is_last(refund))
}

/// The sums of what refunds that did not fail give back of each line, in the order of the lines.
pub fn sums(refunds: &[Refunded]) -> Vec<RefundedLine> {
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
mod tests;
