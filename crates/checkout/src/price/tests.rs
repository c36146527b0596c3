//! What must hold for every price.

use super::*;
use coupon::{Discount, DiscountType, scope::Scope};
use kernel::Code;
use proptest::prelude::*;

fn line(product: i64, unit_price: i64, quantity: i64) -> Line {
    Line {
        product: ProductId::new(product),
        categories: Vec::new(),
        seller: None,
        unit_price: Money::minor(unit_price),
        quantity: Quantity::new(quantity).unwrap(),
        tax_free: false,
    }
}

fn offer(kind: DiscountType, value: i64, minimum: Option<i64>, maximum: Option<i64>, products: &[i64]) -> Offer {
    let discount = Discount::checked(kind, value);
    let offer = Offer::of(discount, minimum.map(Money::minor), maximum.map(Money::minor)).unwrap();
    let products: Vec<ProductId> = products.iter().copied().map(ProductId::new).collect();
    Offer { scope: Scope::of(&products, &[]).unwrap(), ..offer }
}

fn rules(fee: i64, tax: i64) -> Rules {
    let shipping = Shipping { fee: Money::minor(fee), ..Shipping::default() };
    Rules { shipping, tax: Percent::of_basis_points(tax).unwrap() }
}

fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::as_minor).sum()
}

#[test]
fn an_order_with_everything() {
    let rules = rules(3_000, 1_000);
    let coupon = offer(DiscountType::Fixed, 1_000, Some(10_000), None, &[1, 2]);
    let book = Line { tax_free: true, ..line(3, 20_000, 1) };
    let lines = [line(1, 3_333, 3), line(2, 1, 1), book];
    let options = Options { coupon: Some(&coupon), points: Money::minor(500), ..Options::plain(&rules) };
    let refused = price(&lines[1..], &options).unwrap_err();
    assert_eq!(refused.code(), Code::CouponMinimumOrderNotMet, "the book does not count");
    let priced = price(&lines, &options).unwrap();
    let of = |of: fn(&Share) -> Money| priced.shares.iter().map(of).map(Money::as_minor).collect::<Vec<_>>();
    assert_eq!(of(|share| share.coupon_discount), [1_000, 0, 0]);
    assert_eq!(of(|share| share.points_used), [155, 0, 345]);
    assert_eq!(priced.payable.as_minor(), 9_999 + 1 + 20_000 - 1_000 - 500 + 3_000);
    // of 8,844 + 1 + 3,000, which is what is not tax-free
    assert_eq!(priced.tax.as_minor(), 1_077);
}

#[test]
fn points_pay_at_most_what_the_coupon_leaves_and_never_the_shipping_fee() {
    let rules = rules(2_500, 1_000);
    let coupon = offer(DiscountType::Percentage, 30, None, None, &[]);
    let options = Options { coupon: Some(&coupon), points: Money::minor(1_000_000), ..Options::plain(&rules) };
    let priced = price(&[line(1, 1_000, 1), line(2, 500, 1)], &options).unwrap();
    assert_eq!(sum(priced.shares.iter().map(|share| share.points_used)), 1_050);
    assert_eq!((priced.payable.as_minor(), priced.tax.as_minor()), (2_500, 227));
}

#[test]
fn nothing_costs_nothing() {
    let rules = rules(2_500, 1_000);
    assert_eq!(price(&[], &Options::plain(&rules)).unwrap(), Price::default());
}

#[test]
fn a_coupon_for_other_products_is_refused() {
    let rules = rules(0, 1_000);
    let coupon = offer(DiscountType::Fixed, 1_000, None, None, &[9]);
    let options = Options { coupon: Some(&coupon), ..Options::plain(&rules) };
    assert_eq!(price(&[line(1, 1_000, 1)], &options).unwrap_err().code(), Code::CouponNotApplicable);
}

fn seller(n: i64) -> UserId {
    format!("00000000-0000-4000-8000-{n:012}").parse().unwrap()
}

proptest! {
    #[test]
    fn a_coupon_of_a_seller_lowers_the_price_of_no_line_of_another_one(
        lines in prop::collection::vec((1_i64..6, prop::option::of(1_i64..4), 0_i64..500_000, 1_i64..20), 1..12),
        by in 1_i64..4, percent in 1_i64..=100, products in prop::collection::vec(1_i64..6, 0..4), fee in 0_i64..5_000,
    ) {
        let sold_by = |(product, by, unit_price, quantity): &(i64, Option<i64>, i64, i64)| {
            Line { seller: by.map(seller), ..line(*product, *unit_price, *quantity) }
        };
        let lines: Vec<Line> = lines.iter().map(sold_by).collect();
        let mut coupon = offer(DiscountType::Percentage, percent, None, None, &products);
        coupon.scope.seller = Some(seller(by));
        let rules = rules(fee, 1_000);
        let plain = price(&lines, &Options::plain(&rules)).unwrap();
        match price(&lines, &Options { coupon: Some(&coupon), ..Options::plain(&rules) }) {
            Err(refusal) => prop_assert_eq!(refusal.code(), Code::CouponNotApplicable),
            Ok(priced) => for ((line, before), now) in lines.iter().zip(&plain.shares).zip(&priced.shares) {
                prop_assert!(line.seller == Some(seller(by)) || now == before);
            },
        }
    }

    #[test]
    fn shares_add_up_to_the_amounts_whatever_lowers_the_price(
        lines in prop::collection::vec((1_i64..6, 0_i64..500_000, 1_i64..20, any::<bool>()), 1..12),
        coupon in prop::option::of((any::<bool>(), 1_i64..=100, prop::option::of(1_i64..9_000),
            prop::collection::vec(1_i64..6, 0..4))),
        points in -5_i64..3_000_000, fee in 0_i64..5_000, tax in 0_i64..=3_000,
    ) {
        let lines: Vec<Line> = lines
            .into_iter()
            .map(|(product, unit_price, quantity, tax_free)| Line { tax_free, ..line(product, unit_price, quantity) })
            .collect();
        let coupon = coupon.map(|(percent, value, maximum, products)| {
            let (kind, value) =
                if percent { (DiscountType::Percentage, value) } else { (DiscountType::Fixed, value * 1_000) };
            offer(kind, value, None, maximum.filter(|_| percent), &products)
        });
        let rules = rules(fee, tax);
        let options = Options { coupon: coupon.as_ref(), points: Money::minor(points), ..Options::plain(&rules) };
        let priced = match price(&lines, &options) {
            Ok(priced) => priced,
            Err(refusal) => {
                prop_assert_eq!(refusal.code(), Code::CouponNotApplicable);
                return Ok(());
            }
        };
        prop_assert_eq!(priced.shares.len(), lines.len());
        for (line, share) in lines.iter().zip(&priced.shares) {
            prop_assert_eq!(share.subtotal, line.unit_price.times(line.quantity).unwrap());
            prop_assert!(share.coupon_discount >= Money::ZERO && share.points_used >= Money::ZERO);
            prop_assert!(share.paid() >= Money::ZERO);
            let applies = coupon.as_ref().is_some_and(|offer| {
                offer.scope.is_everything() || offer.scope.products.contains(&line.product)
            });
            prop_assert!(applies || share.coupon_discount.is_zero());
        }
        let subtotal = sum(priced.shares.iter().map(|share| share.subtotal));
        let discount = sum(priced.shares.iter().map(|share| share.coupon_discount));
        let points_used = sum(priced.shares.iter().map(|share| share.points_used));
        prop_assert_eq!(points_used, points.clamp(0, subtotal - discount));
        let eligible = lines.iter().zip(&priced.shares).filter(|(line, _)| coupon.as_ref().is_some_and(|offer| {
            offer.scope.is_everything() || offer.scope.products.contains(&line.product)
        }));
        let eligible = Money::minor(sum(eligible.map(|(_, share)| share.subtotal)));
        let expected = coupon.as_ref().map_or(0, |offer| offer.discount_of(eligible).unwrap().as_minor());
        prop_assert_eq!(discount, expected);
        prop_assert_eq!(priced.payable.as_minor(), subtotal - discount - points_used + fee);
        // the tax of the whole is at most a won from what an exact calculation gives, and never more than what is paid
        prop_assert!(priced.tax >= Money::ZERO && priced.tax <= priced.payable);
        let taxed = fee + lines.iter().zip(&priced.shares).filter(|(line, _)| !line.tax_free)
            .map(|(_, share)| share.paid().as_minor()).sum::<i64>();
        prop_assert!((priced.tax.as_minor() * (10_000 + tax) - taxed * tax).abs() * 2 <= 10_000 + tax);
    }

    #[test]
    fn a_part_of_a_spread_sum_is_less_than_one_from_its_exact_share(
        weights in prop::collection::vec(0_i64..1_000_000_000, 1..20), share in 0_i64..=1_000,
    ) {
        let whole: i64 = weights.iter().sum();
        let total = whole * share / 1_000;
        let parts = spread(Money::minor(total), &weights.iter().copied().map(Money::minor).collect::<Vec<_>>());
        prop_assert_eq!(sum(parts.iter().copied()), if whole == 0 { 0 } else { total });
        for (weight, part) in weights.iter().zip(parts) {
            prop_assert!(part.as_minor() <= *weight);
            let distance = i128::from(part.as_minor()) * i128::from(whole) - i128::from(total) * i128::from(*weight);
            prop_assert!(distance.abs() < i128::from(whole.max(1)));
        }
    }
}
