//! What the variants of a row cost, as a price of their product and what each costs more.

use super::is_same_sku;
use super::row::{Given, Row};
use crate::product::{Product, check_prices};
use crate::variant::Variant;
use kernel::{Money, Result, text};

/// Turns the prices that the row's variants have of their own into the product's price and adjustments.
///
/// The price of a new product is that of its default variant. The price of a stored product changes only when the row gives a price
/// for each of its variants; otherwise it would change what the others cost. What the default variant costs more than its product stays
/// then, so that variants that cost what they did leave the product as it is.
pub(super) fn settle(row: &mut Row, product: Option<&Product>, siblings: &[Variant]) -> Result<()> {
    let stored = |sku: &str| siblings.iter().find(|one| is_same_sku(&one.sku, sku));
    let is_named =
        |one: &Variant| row.variants.iter().any(|given| is_same_sku(&given.sku, &one.sku) && given.price.is_some());
    if row.variants.iter().any(|one| one.price.is_some()) {
        let base = match product {
            Some(product) if !siblings.iter().all(is_named) => Some(product.content.price),
            _ => {
                let marked = row.variants.iter().position(|one| one.is_default);
                let kept = || row.variants.iter().position(|one| stored(&one.sku).is_some_and(|one| one.is_default));
                let default = &row.variants[marked.or_else(kept).unwrap_or(0)];
                let so_far = stored(&default.sku).map(|one| one.price_adjustment);
                default.price.map(|price| base(price, default.price_adjustment, so_far, reduction(row))).transpose()?
            }
        };
        let base = base.ok_or_else(|| text::wrong("price", "of the default variant is missing"))?;
        for one in &mut row.variants {
            let Some(price) = one.price.take() else { continue };
            let more = price.minus(base)?;
            if one.price_adjustment.is_some_and(|given| given != more) {
                return Err(text::wrong("priceAdjustment", format!("of {} is not what its price says", one.sku)));
            }
            one.price_adjustment = Some(more);
        }
        row.price = Some(base);
    }
    if let Some(first) = row.variants.first_mut() {
        let more = first.price_adjustment.or_else(|| stored(&first.sku).map(|one| one.price_adjustment));
        match std::mem::take(&mut first.sale_price) {
            Given::Absent => {}
            Given::Cleared => row.sale_price = Given::Cleared,
            Given::Value(sale) => row.sale_price = Given::Value(sale.minus(more.unwrap_or(Money::ZERO))?),
        }
    }
    Ok(())
}

/// By how much what the first variant of the row costs is lowered in the sale that the row gives.
fn reduction(row: &Row) -> Option<Money> {
    let first = row.variants.first()?;
    first.price?.minus(*first.sale_price.value()?).ok()
}

/// What a product costs whose default variant costs `price`: so much less as the row says, or else as it was `so_far`. What would be no
/// price for a product, also in a sale with this `reduction`, is not: then the product costs what its default variant costs.
fn base(price: Money, given: Option<Money>, so_far: Option<Money>, reduction: Option<Money>) -> Result<Money> {
    if let Some(more) = given {
        return price.minus(more);
    }
    let base = price.minus(so_far.unwrap_or_default())?;
    let sale = reduction.map(|off| base.minus(off)).transpose()?;
    Ok(if check_prices(base, sale).is_ok() { base } else { price })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::upsert::VariantRow;
    use crate::product::{Content, Status};
    use crate::variant::{self, Options};
    use kernel::{ProductId, Timestamp, VariantId};
    use proptest::prelude::*;

    fn at() -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn product(price: i64, sale: Option<i64>) -> Product {
        let content = Content {
            name: "Tee".into(),
            description: None,
            price: Money::minor(price),
            sale_price: sale.map(Money::minor),
            category_id: None,
            brand: None,
            image_url: None,
            tax_free: false,
        };
        let (status, seller, holds_name, version) = (Status::Active, None, true, 1);
        let (id, sku, created_at, updated_at) = (ProductId::new(1), "TEE".to_owned(), at(), at());
        Product { id, sku, content, category: None, status, seller, holds_name, version, created_at, updated_at }
    }

    fn variants(product: &Product, adjustments: &[i64], default: usize) -> Vec<Variant> {
        let one = |(n, more): (usize, &i64)| Variant {
            id: VariantId::new(n as i64 + 1),
            product_id: product.id,
            sku: format!("TEE-{n}"),
            name: None,
            options: Options::default(),
            price_adjustment: Money::minor(*more),
            price: product.content.current_price().plus(Money::minor(*more)).unwrap(),
            status: variant::Status::Active,
            is_default: n == default,
            created_at: at(),
            updated_at: at(),
        };
        adjustments.iter().enumerate().map(one).collect()
    }

    /// The row of an exported table: what each variant costs, the default one first, and the first also what it costs in the sale.
    fn exported(product: &Product, siblings: &[Variant]) -> Row {
        let (default, others): (Vec<&Variant>, Vec<&Variant>) = siblings.iter().partition(|one| one.is_default);
        let costs = |base: Money, one: &Variant| base.plus(one.price_adjustment).unwrap();
        let mut rows: Vec<VariantRow> = default
            .into_iter()
            .chain(others)
            .map(|one| VariantRow {
                sku: one.sku.clone(),
                price: Some(costs(product.content.price, one)),
                is_default: one.is_default,
                ..VariantRow::default()
            })
            .collect();
        let first = siblings.iter().find(|one| one.sku == rows[0].sku).unwrap();
        rows[0].sale_price = product.content.sale_price.map_or(Given::Absent, |sale| Given::Value(costs(sale, first)));
        Row { sku: product.sku.clone(), variants: rows, ..Row::default() }
    }

    fn costs(row: &Row) -> Vec<Money> {
        row.variants.iter().map(|one| row.price.unwrap().plus(one.price_adjustment.unwrap()).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn prices_that_are_what_they_were_leave_product_and_variants_as_they_are(
            price in 1_000_i64..100_000, reduction in proptest::option::of(0_i64..500),
            adjustments in proptest::collection::vec(-400_i64..5_000, 1..5), default in any::<prop::sample::Index>(),
        ) {
            let product = product(price, reduction.map(|off| price - off));
            let siblings = variants(&product, &adjustments, default.index(adjustments.len()));
            let mut row = exported(&product, &siblings);
            settle(&mut row, Some(&product), &siblings).unwrap();
            prop_assert_eq!(row.price, Some(product.content.price));
            prop_assert_eq!(row.sale_price.value().copied(), product.content.sale_price);
            for one in &row.variants {
                let before = siblings.iter().find(|sibling| sibling.sku == one.sku).unwrap();
                prop_assert_eq!(one.price_adjustment, Some(before.price_adjustment));
            }
        }

        #[test]
        fn variants_cost_what_the_row_says_whatever_they_cost_before(
            price in 1_000_i64..100_000, adjustments in proptest::collection::vec(-400_i64..5_000, 1..5),
            default in any::<prop::sample::Index>(), prices in proptest::collection::vec(1_i64..9_000, 5),
            sale in proptest::option::of(1_i64..9_000),
        ) {
            let product = product(price, None);
            let siblings = variants(&product, &adjustments, default.index(adjustments.len()));
            let mut row = exported(&product, &siblings);
            let wanted: Vec<Money> = prices[..siblings.len()].iter().copied().map(Money::minor).collect();
            row.variants.iter_mut().zip(&wanted).for_each(|(one, price)| one.price = Some(*price));
            let sale = sale.map(Money::minor).filter(|sale| *sale <= wanted[0]);
            row.variants[0].sale_price = sale.map_or(Given::Cleared, Given::Value);
            settle(&mut row, Some(&product), &siblings).unwrap();
            prop_assert_eq!(&costs(&row), &wanted);
            let in_sale = row.sale_price.value().map(|sale| sale.plus(row.variants[0].price_adjustment.unwrap()).unwrap());
            prop_assert_eq!(in_sale, sale);
            prop_assert!(check_prices(row.price.unwrap(), row.sale_price.value().copied()).is_ok());
        }
    }
}
