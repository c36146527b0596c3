//! Types and pure rules of stock.

use crate::Location;
use kernel::{Code, Detail, Error, ProductId, Quantity, SnapshotId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most units of one variant at one location: far above any shop, far below where sums could overflow.
pub const STOCK_MAX: i64 = 1_000_000_000;
/// Default of `inventory.low_stock_threshold`: available units at or below which stock counts as low.
pub const LOW_STOCK_THRESHOLD: i64 = 10;

/// One line of an order. The same variant may be on several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub variant: VariantId,
    pub product: ProductId,
    pub quantity: Quantity,
}

/// Availability of a product or variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockStatus {
    /// More than the low-stock threshold can be sold.
    InStock,
    /// Something can be sold, but not more than the threshold.
    LowStock,
    OutOfStock,
}

impl StockStatus {
    /// The status of `available` units with this threshold.
    pub const fn of(available: i64, threshold: i64) -> StockStatus {
        if available <= 0 {
            StockStatus::OutOfStock
        } else if available <= threshold {
            StockStatus::LowStock
        } else {
            StockStatus::InStock
        }
    }
}

/// The stock of one variant, summed over its locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub variant: VariantId,
    pub product: ProductId,
    pub available: i64,
    /// Units held by orders that are not paid yet.
    pub reserved: i64,
    /// Available and reserved together.
    pub total: i64,
    /// By the highest threshold of its locations.
    pub status: StockStatus,
}

/// A stock row to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub product: ProductId,
    pub variant: VariantId,
    pub location: Location,
    /// 0 to [`STOCK_MAX`].
    pub quantity: i64,
    /// Stock counts as low at or below this many available units; 0 to [`STOCK_MAX`].
    pub threshold: i64,
}

impl Opening {
    /// `quantity` units at `MAIN`.
    pub const fn at_main(product: ProductId, variant: VariantId, quantity: i64, threshold: i64) -> Opening {
        Opening { product, variant, location: Location::main(), quantity, threshold }
    }
}

/// How a person wants the available units of some stock to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many more, or fewer; never 0.
    By(i64),
    /// So many, whatever there is now.
    To(i64),
}

/// The stock that a person saw before deciding. What they saw must still be there, or the decision is refused: a form that
/// was opened before a sale would otherwise put the sold units back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub available: Option<i64>,
    pub version: Option<i64>,
}

/// A change of stock that a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub amount: Amount,
    pub seen: Seen,
}

impl Decision {
    /// `delta` more, whatever there is.
    pub fn by(delta: i64) -> Decision {
        Decision { amount: Amount::By(delta), seen: Seen::default() }
    }

    /// `units` from now on, whatever there is.
    pub fn to(units: i64) -> Decision {
        Decision { amount: Amount::To(units), seen: Seen::default() }
    }

    /// The change of `available` units in stock of this `version`. C016 when the stock is not what was seen, S406 for a
    /// change of nothing or of too many units.
    pub fn delta(self, available: i64, version: i64) -> Result<i64, Error> {
        let same = |seen: Option<i64>, now: i64| seen.is_none_or(|seen| seen == now);
        if !same(self.seen.available, available) || !same(self.seen.version, version) {
            return Err(outdated(available, version));
        }
        match self.amount {
            Amount::To(units) => Ok(checked(units)? - available),
            Amount::By(delta) if delta == 0 || delta.unsigned_abs() > Quantity::MAX.unsigned_abs() => {
                Err(Code::InvalidStockQuantity.because(format!("delta must not be 0 nor beyond {}", Quantity::MAX)))
            }
            Amount::By(delta) => Ok(delta),
        }
    }
}

/// C016 with the present units and version of the stock.
pub fn outdated(available: i64, version: i64) -> Error {
    let message = format!("is {available} now");
    let detail = Detail::field("stock", &message).with("currentStock", available).with("currentVersion", version);
    Code::OutdatedVersion.because(format!("stock {message}")).with(detail)
}

/// A stock row, locked by the job that is about to change it.
#[derive(Debug, Clone)]
pub(crate) struct StockRow {
    pub id: SnapshotId,
    pub product: ProductId,
    pub variant: VariantId,
    pub location: Location,
    pub available: i64,
    pub reserved: i64,
    pub version: i64,
    /// Units about to move; see [`crate::Kind::changes`].
    pub units: i64,
    /// The order's reservation line that this row was read for.
    pub line_no: i64,
}

/// One variant's share of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    pub variant: VariantId,
    pub product: ProductId,
    pub units: i64,
}

/// The demand of an order: units summed per variant, ascending by variant (docs/RULES.md).
pub(crate) fn demands(lines: &[Line]) -> Vec<Demand> {
    let mut all: Vec<Demand> = lines
        .iter()
        .map(|line| Demand { variant: line.variant, product: line.product, units: line.quantity.as_i64() })
        .collect();
    all.sort_unstable_by_key(|wanted| wanted.variant);
    all.dedup_by(|next, first| {
        let same = next.variant == first.variant;
        if same {
            first.units += next.units;
        }
        same
    });
    all
}

/// Allocates `units` of one variant to its locations: from `MAIN` first, then in the given order. Sets `units` of each
/// location. Gives false when the locations have too few units; then nothing is allocated.
pub(crate) fn allocate(places: &mut [StockRow], units: i64) -> bool {
    if places.iter().map(|place| place.available).sum::<i64>() < units {
        return false;
    }
    let mut missing = units;
    for from_main in [true, false] {
        for place in places.iter_mut().filter(|place| place.location.is_main() == from_main) {
            place.units = missing.min(place.available);
            missing -= place.units;
        }
    }
    true
}

/// A variant of which fewer units can be sold than are demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    pub product: ProductId,
    pub variant: VariantId,
    /// Units demanded on all lines together.
    pub requested: i64,
    /// `None`: no stock of it is kept.
    pub available: Option<i64>,
}

impl Shortage {
    /// The shortages as refusals: S401 naming the variants without stock, then `code` naming those with too little. For an
    /// order that is S402, for a cart S105.
    pub fn refusals(shortages: &[Shortage], code: Code) -> Vec<Error> {
        let (kept, unkept): (Vec<&Shortage>, Vec<&Shortage>) =
            shortages.iter().partition(|one| one.available.is_some());
        let groups = [(Code::InventoryNotFound, unkept), (code, kept)];
        let named = groups.into_iter().filter(|(_, group)| !group.is_empty());
        named.map(|(code, group)| group.iter().fold(code.error(), |error, one| error.with(one.detail()))).collect()
    }

    /// The numbers that a storefront shows.
    fn detail(&self) -> Detail {
        let Some(available) = self.available else { return unknown(self.product, self.variant) };
        Detail::note(if available == 0 { "sold out".to_owned() } else { format!("only {available} left") })
            .with("productId", self.product.raw())
            .with("variantId", self.variant.raw())
            .with("requested", self.requested)
            .with("available", available)
    }
}

/// The demands that are more than `available` has, in their order.
pub(crate) fn shortages(available: &BTreeMap<VariantId, i64>, demands: &[Demand]) -> Vec<Shortage> {
    let short = |demand: &Demand| {
        let available = available.get(&demand.variant).copied();
        let shortage =
            Shortage { product: demand.product, variant: demand.variant, requested: demand.units, available };
        (available.unwrap_or(0) < demand.units).then_some(shortage)
    };
    demands.iter().filter_map(short).collect()
}

/// Detail of S401 for one variant.
pub(crate) fn unknown(product: ProductId, variant: VariantId) -> Detail {
    Detail::note("no stock is kept").with("productId", product.raw()).with("variantId", variant.raw())
}

/// `quantity`; S406 when it is outside of what one location can have.
pub fn checked(quantity: i64) -> Result<i64, Error> {
    if (0..=STOCK_MAX).contains(&quantity) {
        Ok(quantity)
    } else {
        Err(Code::InvalidStockQuantity.because(format!("stock must stay between 0 and {STOCK_MAX}")))
    }
}

/// S007 naming `field` unless a request may open or set stock with so many units.
pub fn checked_field(field: &str, units: i64) -> Result<i64, Error> {
    if (0..=STOCK_MAX).contains(&units) {
        return Ok(units);
    }
    let message = format!("must be between 0 and {STOCK_MAX}");
    Err(Code::InvalidStockQuantityParam.because(format!("{field} {message}")).with(Detail::field(field, message)))
}

/// The units of one variant at one location that an order reserved, bought or returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryReservation)]
pub struct Reservation {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Where.
    pub location_code: Location,
    /// How many units.
    pub quantity: i64,
    /// LIVE, COMMITTED, RELEASED or RETURNED.
    pub state: &'static str,
    /// When they were taken.
    pub reserved_at: Timestamp,
    /// When the state changed last.
    pub updated_at: Timestamp,
}

/// The stock of one product, summed over its variants and locations, with the breakdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryResponse)]
pub struct Stock {
    /// The product's first stock row.
    pub id: SnapshotId,
    /// The product.
    pub product_id: ProductId,
    /// Units that can be sold now.
    pub available_quantity: i64,
    /// Units held by orders that are not paid yet.
    pub reserved_quantity: i64,
    /// Available and reserved units together.
    pub total_quantity: i64,
    /// By the highest threshold of its locations.
    pub stock_status: StockStatus,
    /// The stock per variant and location.
    pub breakdown: Vec<LocationStock>,
    /// When the first row was opened.
    pub created_at: Timestamp,
    /// When it moved last.
    pub updated_at: Timestamp,
    /// How many movements there were.
    pub version: i64,
}

/// The stock of a product in a stream.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoryUpdate {
    /// The product.
    pub product_id: ProductId,
    /// Units that can be sold now.
    pub available: i64,
    /// Units held by orders that are not paid yet.
    pub reserved: i64,
    /// When it moved last.
    pub timestamp: Timestamp,
}

impl From<&Stock> for InventoryUpdate {
    fn from(stock: &Stock) -> InventoryUpdate {
        InventoryUpdate {
            product_id: stock.product_id,
            available: stock.available_quantity,
            reserved: stock.reserved_quantity,
            timestamp: stock.updated_at,
        }
    }
}

/// The stock of one variant at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InventoryPlace)]
pub struct LocationStock {
    /// The row.
    pub id: SnapshotId,
    /// The variant.
    pub variant_id: VariantId,
    /// Where.
    pub location_code: Location,
    /// Units that can be sold now.
    pub available_quantity: i64,
    /// Units held by orders that are not paid yet.
    pub reserved_quantity: i64,
    /// Available and reserved units together.
    pub total_quantity: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
    /// Stock counts as low at or below this many available units.
    pub low_stock_threshold: i64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it moved last.
    pub updated_at: Timestamp,
    /// How many movements there were.
    pub version: i64,
}

impl Stock {
    /// The product's stock as the sum of its locations; `None` when it has none.
    pub(crate) fn of(product: ProductId, breakdown: Vec<LocationStock>) -> Option<Stock> {
        let first = breakdown.first()?;
        let sum = |of: fn(&LocationStock) -> i64| breakdown.iter().map(of).sum::<i64>();
        let (available, reserved) = (sum(|p| p.available_quantity), sum(|p| p.reserved_quantity));
        let threshold = breakdown.iter().map(|p| p.low_stock_threshold).max().unwrap_or(LOW_STOCK_THRESHOLD);
        Some(Stock {
            id: breakdown.iter().map(|p| p.id).min().unwrap_or(first.id),
            product_id: product,
            available_quantity: available,
            reserved_quantity: reserved,
            total_quantity: available + reserved,
            stock_status: StockStatus::of(available, threshold),
            created_at: breakdown.iter().map(|p| p.created_at).min().unwrap_or(first.created_at),
            updated_at: breakdown.iter().map(|p| p.updated_at).max().unwrap_or(first.updated_at),
            version: sum(|p| p.version),
            breakdown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(variant: i64, units: i64) -> Line {
        Line { variant: VariantId::new(variant), product: ProductId::new(1), quantity: Quantity::new(units).unwrap() }
    }

    fn places(available: &[i64]) -> Vec<StockRow> {
        let held = |(n, &available): (usize, &i64)| StockRow {
            id: SnapshotId::new(n as i64 + 1),
            product: ProductId::new(1),
            variant: VariantId::new(1),
            // MAIN is in the middle of the alphabet
            location: ["AIR", "BUSAN", "MAIN", "SEOUL"].map(|code| Location::checked(code).unwrap())[n].clone(),
            available,
            reserved: 0,
            version: 1,
            units: 0,
            line_no: 0,
        };
        available.iter().enumerate().map(held).collect()
    }

    #[test]
    fn the_same_variant_on_two_lines_is_summed_first() {
        let all = demands(&[line(9, 2), line(3, 1), line(9, 3)]);
        let seen: Vec<_> = all.iter().map(|w| (w.variant.raw(), w.units)).collect();
        assert_eq!(seen, [(3, 1), (9, 5)]);
    }

    #[test]
    fn main_is_emptied_first_then_the_others_by_code() {
        let mut all = places(&[4, 4, 2, 4]);
        assert!(allocate(&mut all, 7));
        assert_eq!(all.iter().map(|p| p.units).collect::<Vec<_>>(), [4, 1, 2, 0]);
    }

    #[test]
    fn a_decision_holds_only_for_the_stock_that_was_seen() {
        let seen = |available, version| Decision { amount: Amount::To(9), seen: Seen { available, version } };
        assert_eq!(Decision::to(9).delta(4, 7).unwrap(), 5);
        assert_eq!(seen(Some(4), Some(7)).delta(4, 7).unwrap(), 5);
        for outdated in [seen(Some(5), None), seen(None, Some(6)), seen(Some(4), Some(6))] {
            let error = outdated.delta(4, 7).unwrap_err();
            assert_eq!(
                (error.code(), error.details()[0].values["currentStock"].as_i64()),
                (Code::OutdatedVersion, Some(4))
            );
        }
        for wrong in [Decision::by(0), Decision::by(i64::MIN), Decision::to(-1), Decision::to(STOCK_MAX + 1)] {
            assert_eq!(wrong.delta(4, 7).unwrap_err().code(), Code::InvalidStockQuantity);
        }
    }

    #[test]
    fn low_stock_is_at_the_threshold() {
        assert_eq!(StockStatus::of(0, 10), StockStatus::OutOfStock);
        assert_eq!(StockStatus::of(10, 10), StockStatus::LowStock);
        assert_eq!(StockStatus::of(11, 10), StockStatus::InStock);
    }

    proptest! {
        #[test]
        fn an_allocation_takes_exactly_what_is_wanted_or_nothing(
            available in prop::collection::vec(0_i64..50, 1..=4),
            units in 1_i64..220,
        ) {
            let mut all = places(&available);
            let sum: i64 = available.iter().sum();
            match allocate(&mut all, units) {
                true => {
                    prop_assert_eq!(all.iter().map(|p| p.units).sum::<i64>(), units);
                    prop_assert!(all.iter().all(|p| (0..=p.available).contains(&p.units)));
                    // a location gives only when those before it are empty
                    let mut order: Vec<_> = all.iter().collect();
                    order.sort_by_key(|p| (!p.location.is_main(), p.location.as_str().to_owned()));
                    let last = order.iter().rposition(|p| p.units > 0).unwrap_or(0);
                    prop_assert!(order[..last].iter().all(|p| p.units == p.available));
                }
                false => {
                    prop_assert!(sum < units);
                    prop_assert!(all.iter().all(|p| p.units == 0));
                }
            }
        }

        #[test]
        fn summing_loses_no_unit(raw in prop::collection::vec((1_i64..6, 1_i64..1000), 0..40)) {
            let lines: Vec<_> = raw.iter().map(|&(variant, units)| line(variant, units)).collect();
            let all = demands(&lines);
            prop_assert!(all.windows(2).all(|pair| pair[0].variant < pair[1].variant));
            prop_assert_eq!(all.iter().map(|w| w.units).sum::<i64>(), raw.iter().map(|r| r.1).sum::<i64>());
        }
    }
}
