//! What a coupon applies to. A small set of ids that never changes once users hold the coupon; so it is stored in the coupon's own
//! row, and getting a coupon reads nothing more for it.

use kernel::{CategoryId, Code, Error, Money, ProductId, Result, Together, UserId, text::wrong};
use std::{collections::BTreeSet, fmt::Display, str::FromStr};

/// Most products that a coupon names. More of them are a category.
pub const PRODUCTS_MAX: usize = 200;
/// Most categories that a coupon names.
pub const CATEGORIES_MAX: usize = 50;

/// The products that a coupon applies to: those it names, and those in its categories or below. Nothing named: all of them. Of a
/// seller's coupon only the seller's own products are among them, whatever it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub products: BTreeSet<ProductId>,
    pub categories: BTreeSet<CategoryId>,
    /// Whose coupon it is; `None` for the shop's own.
    pub seller: Option<UserId>,
}

/// A line of an order, as a coupon sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub product: ProductId,
    /// The product's category, and every category above it.
    pub categories: Vec<CategoryId>,
    /// Who sells the product now; `None` for the shop itself.
    pub seller: Option<UserId>,
    /// Price × quantity.
    pub subtotal: Money,
}

impl Scope {
    /// What the shop's own coupon names. C002 when there are too many.
    pub fn of(products: &[ProductId], categories: &[CategoryId]) -> Result<Scope> {
        let at_most = |field: &str, count: usize, most: usize| match count <= most {
            true => Ok(()),
            false => Err(wrong(field, format!("must be at most {most}"))),
        };
        let (products, categories): (BTreeSet<_>, BTreeSet<_>) =
            (products.iter().copied().collect(), categories.iter().copied().collect());
        (at_most("productIds", products.len(), PRODUCTS_MAX), at_most("categoryIds", categories.len(), CATEGORIES_MAX))
            .together()?;
        Ok(Scope { products, categories, seller: None })
    }

    /// Whether it is every product of the shop.
    pub fn is_everything(&self) -> bool {
        self.seller.is_none() && self.names_nothing()
    }

    fn names_nothing(&self) -> bool {
        self.products.is_empty() && self.categories.is_empty()
    }

    /// Whether it has this line.
    pub fn has(&self, line: &Line) -> bool {
        let is_named = self.names_nothing()
            || self.products.contains(&line.product)
            || line.categories.iter().any(|category| self.categories.contains(category));
        is_named && self.seller.is_none_or(|seller| line.seller == Some(seller))
    }

    /// What the lines that it has cost together. S612 when it has none of them.
    pub fn eligible(&self, lines: &[Line]) -> Result<Money> {
        let mut eligible = lines.iter().filter(|line| self.has(line)).peekable();
        if eligible.peek().is_none() && !self.is_everything() {
            return Err(Code::CouponNotApplicable.error());
        }
        Money::sum(eligible.map(|line| line.subtotal))
    }
}

/// Ids as they are stored; none for an empty set.
pub(crate) fn stored<T: Display>(ids: &BTreeSet<T>) -> Option<String> {
    let texts: Vec<String> = ids.iter().map(T::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

/// Ids as they were stored.
pub(crate) fn read<T: FromStr<Err = Error> + Ord>(text: Option<String>) -> Result<BTreeSet<T>> {
    let id = |id: &str| id.parse().map_err(|_| Code::Internal.error().caused_by(format!("{id:?} in a scope is no id")));
    text.iter().flat_map(|text| text.split(',')).map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::{Discount, DiscountType, Offer};
    use proptest::prelude::*;

    fn line(product: i64, categories: &[i64], subtotal: i64) -> Line {
        let categories = categories.iter().map(|id| CategoryId::new(*id)).collect();
        Line { product: ProductId::new(product), categories, seller: None, subtotal: Money::minor(subtotal) }
    }

    fn seller(n: i64) -> Option<UserId> {
        Some(format!("00000000-0000-4000-8000-{n:012}").parse().unwrap())
    }

    fn scope(products: &[i64], categories: &[i64]) -> Scope {
        let products: Vec<_> = products.iter().map(|id| ProductId::new(*id)).collect();
        let categories: Vec<_> = categories.iter().map(|id| CategoryId::new(*id)).collect();
        Scope::of(&products, &categories).unwrap()
    }

    #[test]
    fn a_coupon_of_a_category_applies_to_everything_below_it() {
        let (cups, kitchen) = (3, 1);
        let lines = [line(7, &[cups, kitchen], 5_000), line(8, &[2], 9_000), line(9, &[], 1_000)];
        let eligible = |scope: &Scope| scope.eligible(&lines).map(Money::as_minor).map_err(|error| error.code());
        assert_eq!(eligible(&scope(&[], &[kitchen])), Ok(5_000));
        assert_eq!(eligible(&scope(&[9], &[cups])), Ok(6_000));
        assert_eq!(eligible(&scope(&[7], &[kitchen])), Ok(5_000), "a line counts once");
        assert_eq!(eligible(&scope(&[], &[])), Ok(15_000));
        assert_eq!(eligible(&scope(&[70], &[20])), Err(Code::CouponNotApplicable));
        assert_eq!(scope(&[], &[]).eligible(&[]).unwrap(), Money::ZERO);
    }

    #[test]
    fn a_coupon_of_a_seller_that_names_nothing_applies_to_all_of_their_products_and_to_no_other() {
        let own = Line { seller: seller(1), ..line(7, &[3], 5_000) };
        let lines = [own, Line { seller: seller(2), ..line(8, &[3], 9_000) }, line(9, &[3], 1_000)];
        let of = |scope: Scope, by| Scope { seller: by, ..scope };
        let eligible = |scope: &Scope| scope.eligible(&lines).map(Money::as_minor).map_err(|error| error.code());
        assert_eq!(eligible(&of(scope(&[], &[]), seller(1))), Ok(5_000));
        assert_eq!(eligible(&of(scope(&[], &[3]), seller(1))), Ok(5_000));
        assert_eq!(eligible(&of(scope(&[8, 9], &[]), seller(1))), Err(Code::CouponNotApplicable));
        assert_eq!(eligible(&of(scope(&[], &[]), seller(3))), Err(Code::CouponNotApplicable));
        assert_eq!(eligible(&of(scope(&[], &[3]), None)), Ok(15_000), "the shop's own coupon");
        assert!(!of(scope(&[], &[]), seller(1)).is_everything());
    }

    #[test]
    fn ids_are_stored_without_repetition_and_read_back() {
        let scope = scope(&[12, 5, 12], &[]);
        assert_eq!((stored(&scope.products), stored(&scope.categories)), (Some("5,12".to_owned()), None));
        assert_eq!(read::<ProductId>(stored(&scope.products)).unwrap(), scope.products);
        assert_eq!(read::<CategoryId>(None).unwrap(), BTreeSet::new());
        assert_eq!(read::<ProductId>(Some("5,x".to_owned())).unwrap_err().code(), Code::Internal);
    }

    #[test]
    fn a_coupon_names_so_many_products_and_categories_at_most() {
        let ids = |count: i64| (1..=count).map(ProductId::new).collect::<Vec<_>>();
        assert!(Scope::of(&ids(200), &[]).is_ok());
        assert_eq!(Scope::of(&ids(201), &[]).unwrap_err().code(), Code::InvalidInput);
        let categories: Vec<_> = (1..=51).map(CategoryId::new).collect();
        assert_eq!(Scope::of(&[], &categories).unwrap_err().code(), Code::InvalidInput);
    }

    prop_compose! {
        fn any_line()(product in 1_i64..9, categories in proptest::collection::vec(1_i64..6, 0..3),
            sold_by in proptest::option::of(1_i64..4), subtotal in 0_i64..1_000_000) -> Line {
            Line { seller: sold_by.and_then(seller), ..line(product, &categories, subtotal) }
        }
    }

    proptest! {
        #[test]
        fn a_discount_is_at_most_what_its_lines_cost_and_other_lines_change_nothing(
            lines in proptest::collection::vec(any_line(), 0..12),
            products in proptest::collection::vec(1_i64..9, 0..4), categories in proptest::collection::vec(1_i64..6, 0..3),
            by in proptest::option::of(1_i64..4), percent in any::<bool>(), value in 1_i64..=100,
            maximum in proptest::option::of(100_i64..100_000),
        ) {
            let scope = Scope { seller: by.and_then(seller), ..scope(&products, &categories) };
            let kind = if percent { DiscountType::Percentage } else { DiscountType::Fixed };
            let offer = Offer::of(Discount::checked(kind, value), None, maximum.map(Money::minor)).unwrap();
            let offer = Offer { scope: scope.clone(), ..offer };
            let (inside, outside): (Vec<Line>, Vec<Line>) = lines.iter().cloned().partition(|line| scope.has(line));
            // a seller's coupon touches no line of another one, and narrows what it names, never widens it
            prop_assert!(inside.iter().all(|line| by.is_none() || line.seller == by.and_then(seller)));
            let of_the_shop = Scope { seller: None, ..scope.clone() };
            prop_assert!(inside.iter().all(|line| of_the_shop.has(line)));
            let costs = |lines: &[Line]| lines.iter().map(|line| line.subtotal.as_minor()).sum::<i64>();
            match offer.discount_of_lines(&lines) {
                Err(error) => {
                    prop_assert_eq!(error.code(), Code::CouponNotApplicable);
                    prop_assert!(inside.is_empty() && !scope.is_everything());
                }
                Ok(discount) => {
                    prop_assert!((0..=costs(&inside)).contains(&discount.as_minor()));
                    prop_assert_eq!(discount, offer.discount_of(Money::minor(costs(&inside))).unwrap());
                    // other lines neither raise nor lower it, and neither does the order of the lines
                    prop_assert_eq!(offer.discount_of_lines(&inside).unwrap(), discount);
                    let reversed: Vec<Line> = outside.into_iter().chain(inside.into_iter().rev()).collect();
                    prop_assert_eq!(offer.discount_of_lines(&reversed).unwrap(), discount);
                }
            }
        }
    }
}
