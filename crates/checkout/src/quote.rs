//! What an order would cost now, and everything that stands in its way. Writes nothing.

use crate::{place, request::OrderRequest};
use catalog::ops::{ItemRef, Sellable};
use inventory::{Level, StockStatus};
use kernel::{Code, Currency, Detail, Error, Money, ProductId, Quantity, Result, UserCouponId, UserId, VariantId};
use order::Amounts;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use store::Tx;
use utoipa::ToSchema;

/// What an order would cost now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// What would be ordered; things that do not exist are missing.
    pub lines: Vec<QuoteLine>,
    /// Σ price × quantity.
    pub subtotal: Money,
    /// The coupon and what it takes off; none until there are coupons.
    pub coupon: Option<QuoteCoupon>,
    /// What points pay.
    pub points: Money,
    /// What is left to pay.
    pub payable: Money,
    /// ISO 4217 code of every amount.
    pub currency: &'static str,
    /// Whether the order would be accepted at this moment: there are no problems.
    pub orderable: bool,
    /// Everything that stands in its way.
    pub problems: Vec<Problem>,
}

/// A line of a quote.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteLine {
    /// The product.
    pub product_id: ProductId,
    /// The variant.
    pub variant_id: VariantId,
    /// Its stock keeping unit.
    pub sku: String,
    /// The product's name.
    pub product_name: String,
    /// The variant's name.
    pub variant_name: Option<String>,
    /// The product's first image.
    pub image_url: Option<String>,
    /// What one unit costs now.
    pub price: Money,
    /// How many.
    pub quantity: Quantity,
    /// Price × quantity.
    pub subtotal: Money,
    /// Units of the variant that can be sold now.
    pub available: i64,
    /// How well it is in stock.
    pub stock_status: StockStatus,
}

/// A coupon in a quote.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteCoupon {
    /// The coupon.
    pub user_coupon_id: UserCouponId,
    /// What it takes off.
    pub discount: Money,
}

/// Something that stands in an order's way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuoteProblem)]
pub struct Problem {
    /// The code with which the order would be refused.
    pub code: &'static str,
    /// A sentence in the caller's language.
    pub message: String,
    /// What it is about.
    pub details: Vec<Detail>,
}

/// What `request` would cost `user`, with every problem as an error. Errors: those of the request's form (C002) and of the
/// caller's cart (S101, S104).
pub fn quote(
    tx: &mut Tx<'_>,
    currency: Currency,
    user: &UserId,
    request: &OrderRequest,
) -> Result<(Quote, Vec<Error>)> {
    let source = request.source()?;
    let wanted = place::quoted(tx, user, &source)?;
    let names: Vec<ItemRef> = wanted.iter().map(|(wanted, _)| *wanted).collect();
    let found = catalog::ops::find(tx, &names)?;
    let variants: Vec<VariantId> = found.iter().flatten().map(|sellable| sellable.variant).collect();
    let levels: HashMap<VariantId, Level> =
        inventory::ops::levels(tx, &variants)?.into_iter().map(|level| (level.variant, level)).collect();
    let mut problems = Vec::from_iter(missing(&wanted, &found));
    let known: Vec<(Sellable, Quantity)> = found
        .into_iter()
        .zip(&wanted)
        .filter_map(|(sellable, (_, quantity))| sellable.map(|sellable| (sellable, *quantity)))
        .collect();
    problems.extend(unsold(&known));
    problems.extend(short(&known, &levels)?);
    problems.extend(request.extras());
    problems.extend(request.shipping_address.as_ref().and_then(|_| request.address().err()));
    let new: Vec<_> = known.iter().map(|(sellable, quantity)| place::line(sellable.clone(), *quantity)).collect();
    let amounts = Amounts::of(&new, Money::ZERO, Money::ZERO)?;
    problems.extend(place::expect(request.expected_amount, amounts.payable).err());
    let lines =
        known.into_iter().map(|(sellable, quantity)| line(sellable, quantity, &levels)).collect::<Result<_>>()?;
    let quote = Quote {
        lines,
        subtotal: amounts.subtotal,
        coupon: None,
        points: amounts.points_used,
        payable: amounts.payable,
        currency: currency.code(),
        orderable: problems.is_empty(),
        problems: Vec::new(),
    };
    Ok((quote, problems))
}

fn line(sellable: Sellable, quantity: Quantity, levels: &HashMap<VariantId, Level>) -> Result<QuoteLine> {
    let level = levels.get(&sellable.variant);
    Ok(QuoteLine {
        product_id: sellable.product,
        variant_id: sellable.variant,
        sku: sellable.sku,
        product_name: sellable.product_name,
        variant_name: sellable.variant_name,
        image_url: sellable.image_url,
        price: sellable.price,
        quantity,
        subtotal: sellable.price.times(quantity)?,
        available: level.map_or(0, |level| level.available),
        stock_status: level.map_or(StockStatus::OutOfStock, |level| level.status),
    })
}

fn missing(wanted: &[(ItemRef, Quantity)], found: &[Option<Sellable>]) -> Option<Error> {
    let missing: Vec<&ItemRef> =
        wanted.iter().zip(found).filter(|(_, found)| found.is_none()).map(|((wanted, _), _)| wanted).collect();
    (!missing.is_empty()).then(|| catalog::ops::not_found(&missing))
}

fn unsold(known: &[(Sellable, Quantity)]) -> Option<Error> {
    let unsold: Vec<&Sellable> = known.iter().map(|(sellable, _)| sellable).filter(|s| !s.on_sale).collect();
    (!unsold.is_empty()).then(|| place::not_on_sale(&unsold))
}

/// S401 and S402 for what is short, the same variant on several lines summed.
fn short(known: &[(Sellable, Quantity)], levels: &HashMap<VariantId, Level>) -> Result<Vec<Error>> {
    let mut needs: BTreeMap<VariantId, (ProductId, i64)> = BTreeMap::new();
    for (sellable, quantity) in known {
        needs.entry(sellable.variant).or_insert((sellable.product, 0)).1 += quantity.as_i64();
    }
    let (mut unkept, mut short) = (Vec::new(), Vec::new());
    for (variant, (product, requested)) in needs {
        let about =
            |message: &str| Detail::note(message).with("productId", product.raw()).with("variantId", variant.raw());
        match levels.get(&variant) {
            None => unkept.push(about("no stock is kept")),
            Some(level) if level.available < requested => short
                .push(about(&left(level.available)).with("requested", requested).with("available", level.available)),
            Some(_) => {}
        }
    }
    let groups = [(Code::InventoryNotFound, unkept), (Code::InsufficientStock, short)];
    let told = groups.into_iter().filter(|(_, details)| !details.is_empty());
    Ok(told.map(|(code, details)| details.into_iter().fold(code.error(), Error::with)).collect())
}

/// How much is left, in words.
pub(crate) fn left(available: i64) -> String {
    if available == 0 { "sold out".to_owned() } else { format!("only {available} left") }
}
