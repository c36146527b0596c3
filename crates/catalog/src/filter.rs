//! Which products a list or a search shows: the parameters that lists and searches share.

use crate::category::{self, Choice, DEPTH_MAX};
use crate::product::BRAND_MAX;
use kernel::money::MONEY_MAX_MINOR;
use kernel::{CategoryId, Money, Result, Together, text};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Checked;

/// Which products are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A category with everything below it.
    pub category: Option<Choice>,
    /// This brand, in any spelling.
    pub brand: Option<String>,
    /// What one unit of a variant on sale costs now, at least.
    pub min_price: Option<Money>,
    /// What one unit of a variant on sale costs now, at most.
    pub max_price: Option<Money>,
    /// Only products of which a variant with such a price can be bought now. `false` is no filter, because an unticked box in a form sends it.
    pub in_stock: bool,
}

impl Filter {
    /// From what price to what price; C002 for a negative price and for prices in the wrong order.
    pub fn prices(&self) -> Result<(Money, Money)> {
        let lowest = self.min_price.unwrap_or(Money::ZERO);
        let highest = self.max_price.unwrap_or(Money::minor(MONEY_MAX_MINOR));
        lowest.not_negative("minPrice")?;
        if lowest > highest {
            return Err(text::wrong("minPrice", "must not be above maxPrice"));
        }
        Ok((lowest, highest))
    }
}

/// The same, as a request asks for it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct FilterQuery {
    /// A category by its path (`Apparel > Topwear`) or its name, with everything below it.
    category: Option<String>,
    /// A category by its id, with everything below it; not together with `category`.
    #[param(value_type = Option<i64>)]
    category_id: Option<CategoryId>,
    /// This brand, in any spelling.
    brand: Option<String>,
    /// What one unit of a variant on sale costs now, at least.
    #[param(value_type = Option<i64>)]
    min_price: Option<Money>,
    /// What one unit of a variant on sale costs now, at most.
    #[param(value_type = Option<i64>)]
    max_price: Option<Money>,
    /// Only what can be bought now; `false` shows everything.
    in_stock: Option<bool>,
}

/// Longest path of a category, in characters.
const PATH_MAX: usize = DEPTH_MAX * (category::NAME_MAX + 3);

impl FilterQuery {
    /// C002 for a brand or a category that cannot be one.
    pub fn filter(&self) -> Result<Filter> {
        let category = text::optional("category", self.category.as_deref(), PATH_MAX);
        let category = category.and_then(|category| match (category, self.category_id) {
            (Some(_), Some(_)) => Err(text::wrong("category", "and categoryId must not both be given")),
            (Some(words), None) => Ok(Some(Choice::Words(words))),
            (None, id) => Ok(id.map(Choice::Id)),
        });
        let (category, brand) = (category, text::optional("brand", self.brand.as_deref(), BRAND_MAX)).together()?;
        Ok(Filter {
            category,
            brand,
            min_price: self.min_price,
            max_price: self.max_price,
            in_stock: self.in_stock.unwrap_or(false),
        })
    }
}

impl Checked for FilterQuery {
    fn check(&self) -> Result<()> {
        self.filter()?.prices().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_in_the_wrong_order_are_refused() {
        let of = |min, max| FilterQuery { min_price: min, max_price: max, ..FilterQuery::default() };
        let won = |amount| Some(Money::minor(amount));
        for wrong in [of(won(2), won(1)), of(won(-1), won(1)), of(won(0), won(-1)), of(None, won(-1))] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
        assert!(of(won(1), won(1)).check().is_ok() && of(None, None).check().is_ok());
    }

    #[test]
    fn a_category_is_named_in_one_way() {
        let both = FilterQuery {
            category: Some("Shoes".to_owned()),
            category_id: Some(CategoryId::new(1)),
            ..FilterQuery::default()
        };
        assert!(both.check().is_err());
    }
}
