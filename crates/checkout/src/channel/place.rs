//! Placing an order of a sales channel: one transaction from its rows to a PAID order. The saga runs it as every other order.

use super::order::ChannelOrder;
use crate::{
    flow::Checkout,
    pay,
    place::{self, OrderSettings, Placed},
    price::{Rules, Shipping},
    quote::{Calculation, Choice},
    request::{Item, PaymentMethod},
    steps::PricedOrder,
};
use files::csv::shown;
use kernel::{Code, Detail, Error, Money, OrderNumber, Result, UserId};
use order::origin;
use saga::Saga;
use sha2::{Digest, Sha256};
use store::Tx;

/// What became of an order of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Placed(OrderNumber),
    /// It was placed before, from the same rows.
    Known(OrderNumber),
}

/// Places the order, which is paid already, unless it was placed before. When anything is wrong, nothing is written. `by` imports it.
///
/// C019 when it was placed before from other rows; S211 its zip code; S001, S003 its products; S210 when it costs something else than the channel took;
/// C002 when it costs nothing and is no gift; S401, S402 the stock.
pub fn place(
    tx: &mut Tx<'_>,
    saga: &Saga<Checkout>,
    settings: &OrderSettings,
    by: &str,
    wanted: &ChannelOrder,
) -> Result<Done> {
    if let Some(known) = origin::find(tx, &wanted.key)? {
        return match known.content == wanted.content {
            true => Ok(Done::Known(known.order)),
            false => Err(Code::Conflict.because(format!("it was placed as {} from other rows", known.order))),
        };
    }
    must_have_zip_code(&settings.prices.shipping, &wanted.address.zip_code)?;
    let items = items(tx, wanted)?;
    let prices: Vec<Option<Money>> = wanted.lines.iter().map(|line| line.unit_price).collect();
    let rules =
        Rules { shipping: Shipping { fee: wanted.shipping_fee, ..Shipping::default() }, tax: settings.prices.tax };
    let choice = Choice { rules: &rules, points: Money::ZERO, zip_code: None, expected: None };
    let priced = Calculation::priced(tx, &items)?.accepted()?.at_prices(&prices).totalled(&choice)?.accepted()?;
    let priced = priced.into_order()?;
    must_be_paid(wanted, priced.amounts.payable)?;
    if wanted.origin.gift_reason.is_none() && priced.amounts.payable.is_zero() {
        return Err(kernel::text::wrong("giftReason", "is required for an order that costs nothing"));
    }
    let user = buyer(tx, wanted)?;
    let new = place::new_order(settings, &user, priced, Some(wanted.address.clone()), wanted.memo.clone());
    let begun = place::begin(tx, saga, PricedOrder { new, cart: None, deal: None }, by);
    let Placed { order, saga: mut run } = begun.map_err(|error| naming_skus(error, wanted, &items))?;
    if order.amounts.payable.is_positive() {
        pay::submit(tx, saga, &mut run, &order, &PaymentMethod::at_channel(), pay::Limits::default())?;
    }
    if !origin::add(tx, &wanted.key, &order.number, &wanted.origin, &wanted.content)? {
        // another import has just placed it; the next attempt finds it
        return Err(Code::Unavailable.error().caused_by("the same order was placed at the same moment"));
    }
    Ok(Done::Placed(order.number))
}

/// S211 unless the zip code can be one of the shop's. A spreadsheet drops the zero in front of a number, so the reason names that.
fn must_have_zip_code(shipping: &Shipping, zip_code: &str) -> Result<()> {
    shipping.check(zip_code).map_err(|error| match shipping.check(&format!("0{zip_code}")) {
        Ok(()) => {
            let why = "has no zero in front, which a spreadsheet drops; save this column as text";
            Error::of_fields(error.code(), vec![Detail::field("zipCode", why)])
        }
        Err(_) => error,
    })
}

/// S210 when the channel took something else than the order costs.
fn must_be_paid(wanted: &ChannelOrder, payable: Money) -> Result<()> {
    match wanted.paid_amount {
        Some(paid) if paid != payable => {
            Err(Code::OrderAmountMismatch.because(format!("the order costs {payable} and the channel took {paid}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// The variants with the skus of the lines; S001 naming the first that no variant has.
fn items(tx: &mut Tx<'_>, wanted: &ChannelOrder) -> Result<Vec<Item>> {
    let skus: Vec<&str> = wanted.lines.iter().map(|line| line.sku.as_str()).collect();
    let found = catalog::ops::by_sku(tx, &skus)?;
    let item = |(line, variant): (&super::order::Line, Option<kernel::VariantId>)| match variant {
        Some(variant) => Ok(Item { product_id: None, variant_id: Some(variant), quantity: line.quantity }),
        None => Err(unknown(&line.sku)),
    };
    wanted.lines.iter().zip(found).map(item).collect()
}

/// The refusal of an order's goods with the skus that its rows have for them: a person who reads the report knows no other number of
/// theirs.
fn naming_skus(error: Error, wanted: &ChannelOrder, items: &[Item]) -> Error {
    if error.code().status() >= 500 || error.detail().is_some() || error.details().is_empty() {
        return error;
    }
    let sku = |detail: &Detail| {
        let variant = detail.values.get("variantId")?.as_i64()?;
        let mut lines = wanted.lines.iter().zip(items);
        lines.find(|(_, item)| item.variant_id.map(kernel::VariantId::raw) == Some(variant)).map(|(line, _)| &line.sku)
    };
    let named = |detail: &Detail| match sku(detail) {
        Some(sku) => detail.clone().with("sku", sku.as_str()),
        None => detail.clone(),
    };
    error.details().iter().map(named).fold(error.code().error(), Error::with)
}

fn unknown(sku: &str) -> Error {
    Code::ProductNotFound.because(format!("no product has the sku {}", shown(sku)))
}

/// Whose order it is: the user whose verified e-mail the buyer's is; else a buyer without an account, who is the same one in each order
/// with the same e-mail, and another one in each order without. An account that was made with the e-mail and never verified it may be
/// somebody else's, who would see the address and could change it.
fn buyer(tx: &mut Tx<'_>, wanted: &ChannelOrder) -> Result<UserId> {
    let Some(email) = &wanted.origin.buyer_email else { return Ok(buyer_id_of("order", &wanted.key.text())) };
    let known = account::ops::id_of_verified_email(tx, email)?;
    Ok(known.unwrap_or_else(|| buyer_id_of("email", email)))
}

/// An id that no sign-up draws: theirs are random, this one is of version 8.
fn buyer_id_of(kind: &str, name: &str) -> UserId {
    let digest = Sha256::digest(format!("holdfast guest\n{kind}\n{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    UserId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_without_an_account_is_the_same_for_the_same_e_mail_only() {
        assert_eq!(buyer_id_of("email", "mina@example.com"), buyer_id_of("email", "mina@example.com"));
        assert_ne!(buyer_id_of("email", "mina@example.com"), buyer_id_of("order", "mina@example.com"));
        assert_eq!(buyer_id_of("email", "x").uuid().get_version_num(), 8);
    }
}
