//! What an order costs: one calculation for carts, quotes and orders. Pure: no I/O, no clock.
//!
//! Lines at their price → coupon → points → shipping fee → payable, and the tax that it contains. What a coupon and points take
//! off is spread over the lines in whole minor units, so that what goes back for some of them later adds up (`refund_lines`).

pub mod shipping;
#[cfg(test)]
mod tests;

pub use shipping::{Shipping, Surcharge};

use coupon::{Offer, scope};
use kernel::{CategoryId, Money, Percent, ProductId, Quantity, Result, UserId};

/// A line of an order.
#[derive(Debug, Clone)]
pub struct Line {
    pub product: ProductId,
    /// The product's category and those above it; needed only for a coupon that is limited to categories.
    pub categories: Vec<CategoryId>,
    /// Who sells it; `None` for the shop itself.
    pub seller: Option<UserId>,
    pub unit_price: Money,
    pub quantity: Quantity,
    /// Whether its price contains no value added tax.
    pub tax_free: bool,
}

/// The shop's own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub shipping: Shipping,
    /// The value added tax, which prices and shipping fees contain: of what costs 110, a rate of 10 % is 10.
    pub tax: Percent,
}

/// What a buyer wants beside the lines.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    pub rules: &'a Rules,
    pub coupon: Option<&'a Offer>,
    /// Points to pay with, at most; no more are used than the coupon leaves to pay of the lines.
    pub points: Money,
    /// Where it goes, as far as that is known.
    pub zip_code: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// No coupon, no points, and an address without surcharge.
    pub const fn plain(rules: &'a Rules) -> Options<'a> {
        Options { rules, coupon: None, points: Money::ZERO, zip_code: None }
    }
}

/// What an order costs. Its lines' shares add up to the amounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// In the order of the lines.
    pub shares: Vec<Share>,
    pub shipping_fee: Money,
    /// The value added tax that `payable` contains.
    pub tax: Money,
    /// What is left to pay in money.
    pub payable: Money,
}

/// What a line costs, and its share of the discounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    pub subtotal: Money,
    pub coupon_discount: Money,
    pub points_used: Money,
}

impl Share {
    /// What is paid for the line in money.
    pub const fn paid(&self) -> Money {
        Money::minor(self.subtotal.as_minor() - self.coupon_discount.as_minor() - self.points_used.as_minor())
    }
}

/// What an order of these lines costs. S612 when the coupon applies to none of them, S611 below its minimum, C002 when a sum leaves
/// the range of money.
pub fn price(lines: &[Line], options: &Options<'_>) -> Result<Price> {
    let subtotals = lines.iter().map(|line| line.unit_price.times(line.quantity)).collect::<Result<Vec<_>>>()?;
    let subtotal = Money::sum(subtotals.iter().copied())?;
    let coupon_discounts = coupon_discounts(lines, &subtotals, options.coupon)?;
    let left: Vec<Money> = subtotals.iter().zip(&coupon_discounts).map(|(all, off)| less(*all, *off)).collect();
    let goods = less(subtotal, Money::sum(coupon_discounts.iter().copied())?);
    let points_used = spread(options.points.max(Money::ZERO).at_most(goods), &left);
    let shares: Vec<Share> = subtotals
        .into_iter()
        .zip(coupon_discounts)
        .zip(points_used)
        .map(|((subtotal, coupon_discount), points_used)| Share { subtotal, coupon_discount, points_used })
        .collect();
    let shipping_fee =
        if lines.is_empty() { Money::ZERO } else { options.rules.shipping.fee(goods, options.zip_code)? };
    let taxed = lines.iter().zip(&shares).filter(|(line, _)| !line.tax_free).map(|(_, share)| share.paid());
    let tax = tax(options.rules, taxed, shipping_fee)?;
    let payable = Money::sum(shares.iter().map(Share::paid))?.plus(shipping_fee)?;
    Ok(Price { shares, shipping_fee, tax, payable })
}

/// The tax that an order contains for whose taxed lines so much is paid. C002 when a sum leaves the range of money.
pub fn tax(rules: &Rules, taxed: impl Iterator<Item = Money>, shipping_fee: Money) -> Result<Money> {
    Ok(contained(rules.tax, Money::sum(taxed)?.plus(shipping_fee)?))
}

/// What the coupon takes off each line: nothing of those that it does not apply to.
fn coupon_discounts(lines: &[Line], subtotals: &[Money], coupon: Option<&Offer>) -> Result<Vec<Money>> {
    let Some(offer) = coupon else { return Ok(vec![Money::ZERO; lines.len()]) };
    let as_coupons_see = |(line, subtotal): (&Line, &Money)| scope::Line {
        product: line.product,
        categories: line.categories.clone(),
        seller: line.seller,
        subtotal: *subtotal,
    };
    let seen: Vec<scope::Line> = lines.iter().zip(subtotals).map(as_coupons_see).collect();
    let weight = |line: &scope::Line| if offer.scope.has(line) { line.subtotal } else { Money::ZERO };
    let weights: Vec<Money> = seen.iter().map(weight).collect();
    Ok(spread(offer.discount_of_lines(&seen)?, &weights))
}

fn less(all: Money, off: Money) -> Money {
    Money::minor(all.as_minor() - off.as_minor())
}

/// The tax of this rate that `amount` contains, rounded half-up.
fn contained(rate: Percent, amount: Money) -> Money {
    const WHOLE: i128 = 10_000;
    let (rate, amount) = (i128::from(rate.basis_points()), i128::from(amount.as_minor()));
    let tax = (2 * amount * rate + WHOLE + rate) / (2 * (WHOLE + rate));
    Money::minor(i64::try_from(tax).unwrap_or(0))
}

/// `total` in whole minor units, spread in proportion to `weights` by largest remainder. Their sum is at least `total`, so no
/// part exceeds its weight.
pub(crate) fn spread(total: Money, weights: &[Money]) -> Vec<Money> {
    let sum: i128 = weights.iter().map(|weight| i128::from(weight.as_minor())).sum();
    if sum == 0 || total.is_zero() {
        return vec![Money::ZERO; weights.len()];
    }
    let exact = |weight: &Money| i128::from(total.as_minor()) * i128::from(weight.as_minor());
    let mut parts: Vec<i128> = weights.iter().map(|weight| exact(weight) / sum).collect();
    let mut missing = i128::from(total.as_minor()) - parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&n| (-(exact(&weights[n]) % sum), n));
    for n in order {
        if missing > 0 {
            parts[n] += 1;
            missing -= 1;
        }
    }
    parts.into_iter().map(|part| Money::minor(i64::try_from(part).unwrap_or(i64::MAX))).collect()
}
