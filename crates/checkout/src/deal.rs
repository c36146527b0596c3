//! Time deals with everything that they touch: prices of the catalogue, stock, orders. The rules of a deal are the crate
//! `timedeal`'s.

pub mod buy;
pub mod request;
pub mod units;
pub mod view;

use crate::quote::not_on_sale;
use ::timedeal::{
    Close, Content, Deal, Offer,
    deal::DealProduct,
    ops::{self as deals, Changed},
};
use catalog::ops::{ItemRef, Sellable};
use inventory::Line;
use kernel::{Code, Detail, Error, Quantity, Result, TimeDealId, UserId, VariantId};
use request::{DealDraft, ProductDraft};
use std::collections::HashMap;
use store::Tx;
use units::holder;

/// Makes a deal, and takes its units out of the stock if it holds them apart. S001, S003 the products; A002 for those of another
/// seller; S707, S708, C002.
pub fn create(tx: &mut Tx<'_>, seller: Option<UserId>, draft: &DealDraft, by: &str) -> Result<Deal> {
    let content = content(tx, seller, draft, &[])?;
    let deal = deals::create(tx, seller, content)?;
    keep_apart(tx, None, &deal, by)?;
    Ok(deal)
}

/// Rewrites a deal; held units follow its quantities. The errors of [`create`]; S701; C016, C019.
pub fn rewrite(
    tx: &mut Tx<'_>,
    seller: Option<UserId>,
    id: TimeDealId,
    draft: &DealDraft,
    expected: Option<i64>,
    by: &str,
) -> Result<Deal> {
    let present = deals::owned(tx, seller, id)?;
    let content = content(tx, seller, draft, &present.products)?;
    let Changed { before, after } = deals::rewrite(tx, seller, id, content, expected)?;
    keep_apart(tx, Some(&before), &after, by)?;
    Ok(after)
}

/// Ends or cancels a deal; held units that are not sold go back. Repeated: no effect. S701, A002, C016, C019.
pub fn close(
    tx: &mut Tx<'_>,
    seller: Option<UserId>,
    id: TimeDealId,
    how: Close,
    expected: Option<i64>,
    by: &str,
) -> Result<Deal> {
    match deals::close(tx, seller, id, how, expected)? {
        Some(Changed { before, after }) => {
            keep_apart(tx, Some(&before), &after, by)?;
            Ok(after)
        }
        None => deals::find(tx, id),
    }
}

/// Records what the clock has done to a deal; held units of one that is over go back.
pub fn turn(tx: &mut Tx<'_>, id: TimeDealId) -> Result<()> {
    match deals::turn(tx, id)? {
        Some(Changed { before, after }) => keep_apart(tx, Some(&before), &after, saga::SYSTEM),
        None => Ok(()),
    }
}

/// What the request says, with the products that it names. `present` are the products of the deal so far: what stays of them is not
/// refused for what has become of the product in the shop since.
fn content(tx: &mut Tx<'_>, seller: Option<UserId>, draft: &DealDraft, present: &[DealProduct]) -> Result<Content> {
    let found = named(tx, draft, present)?;
    let of_deal = |one: &Sellable| present.iter().find(|product| product.offer.variant == one.variant);
    not_on_sale(found.iter().filter(|one| of_deal(one).is_none())).map_or(Ok(()), Err)?;
    if let Some(other) = found.iter().find(|one| seller.is_some() && one.seller != seller) {
        return Err(Code::RoleRequired.because(format!("product {} is not yours", other.product)));
    }
    let mut offers = Vec::with_capacity(found.len());
    let mut wrong: Option<Error> = None;
    for (n, (sellable, product)) in found.iter().zip(&draft.products).enumerate() {
        let offer = offer(sellable, product);
        match offer.checked(sellable.price, of_deal(sellable).map(|product| &product.offer)) {
            Ok(offer) => offers.push(offer),
            Err(error) => {
                let error = error.within(&format!("products[{n}]"));
                wrong = Some(match wrong.take() {
                    Some(first) => Error::and(first, error),
                    None => error,
                });
            }
        }
    }
    wrong.map_or(Ok(()), Err)?;
    let DealDraft { name, description, starts_at, ends_at, held_apart, .. } = draft.clone();
    Ok(Content { name, description, starts_at, ends_at, held_apart, offers })
}

fn offer(sellable: &Sellable, draft: &ProductDraft) -> Offer {
    Offer {
        product: sellable.product,
        variant: sellable.variant,
        price: draft.price,
        units: draft.units,
        per_user: draft.per_user,
    }
}

/// The products that the draft names, in order. One of the deal so far is found also when it was deleted since. S001 for others.
fn named(tx: &mut Tx<'_>, draft: &DealDraft, present: &[DealProduct]) -> Result<Vec<Sellable>> {
    let names: Vec<ItemRef> = draft.products.iter().map(ProductDraft::item_ref).collect();
    let found = catalog::ops::find(tx, &names)?;
    let in_deal = |name: &ItemRef| {
        let is_it = |offer: &Offer| match name.variant {
            Some(variant) => variant == offer.variant && name.product.is_none_or(|product| product == offer.product),
            None => name.product == Some(offer.product),
        };
        let mut of_deal = present.iter().filter(|product| is_it(&product.offer));
        // a product of which the deal has several variants does not say which of them
        of_deal.next().filter(|_| of_deal.next().is_none()).map(|product| product.offer.variant)
    };
    let gone: Vec<Option<VariantId>> =
        names.iter().zip(&found).map(|(name, found)| found.as_ref().map_or_else(|| in_deal(name), |_| None)).collect();
    let ids: Vec<VariantId> = gone.iter().flatten().copied().collect();
    let kept = if ids.is_empty() { Vec::new() } else { catalog::ops::sellables(tx, &ids)? };
    let again = |id: Option<VariantId>| kept.iter().find(|one| Some(one.variant) == id).cloned();
    let found: Vec<Option<Sellable>> =
        found.into_iter().zip(gone).map(|(found, id)| found.or_else(|| again(id))).collect();
    let missing: Vec<&ItemRef> =
        names.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(name, _)| name).collect();
    if missing.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(catalog::ops::not_found(&missing)) }
}

/// Makes the held stock what the deal holds now. C002 naming a product of which too little is in stock.
fn keep_apart(tx: &mut Tx<'_>, before: Option<&Deal>, after: &Deal, by: &str) -> Result<()> {
    let mut changes: HashMap<_, (DealProduct, i64)> = HashMap::new();
    for (product, units) in after.held() {
        changes.entry(product.id).or_insert((*product, 0)).1 += units;
    }
    for (product, units) in before.into_iter().flat_map(Deal::held) {
        changes.entry(product.id).or_insert((*product, 0)).1 -= units;
    }
    let mut changes: Vec<(DealProduct, i64)> = changes.into_values().filter(|(_, units)| *units != 0).collect();
    if changes.is_empty() {
        return Ok(());
    }
    changes.sort_unstable_by_key(|(product, _)| product.offer.variant);
    let variants: Vec<VariantId> = changes.iter().map(|(product, _)| product.offer.variant).collect();
    inventory::ops::lock(tx, &variants)?;
    in_stock(tx, &changes, after)?;
    for (product, units) in changes {
        let Offer { product: of, variant, .. } = product.offer;
        let line = |units| Ok::<_, Error>(Line { variant, product: of, quantity: Quantity::new(units)? });
        if units > 0 {
            inventory::ops::hold(tx, holder(product.id), line(units)?, by)?;
        } else {
            inventory::ops::give_back(tx, holder(product.id), line(-units)?, by)?;
        }
    }
    Ok(())
}

fn in_stock(tx: &mut Tx<'_>, changes: &[(DealProduct, i64)], after: &Deal) -> Result<()> {
    let more: Vec<&(DealProduct, i64)> = changes.iter().filter(|(_, units)| *units > 0).collect();
    let variants: Vec<VariantId> = more.iter().map(|(product, _)| product.offer.variant).collect();
    if variants.is_empty() {
        return Ok(());
    }
    let levels = inventory::ops::levels(tx, &variants)?;
    let short = more.into_iter().filter_map(|(product, units)| {
        let level = levels.iter().find(|level| level.variant == product.offer.variant);
        let available = level.map_or(0, |level| level.available);
        let at = after.products.iter().position(|one| one.id == product.id)?;
        let field = format!("products[{at}].dealQuantity");
        let message = format!("cannot be held apart: {available} more are in stock, {units} are needed");
        (available < *units).then(|| {
            Detail::field(field, message).with("productId", product.offer.product.raw()).with("available", available)
        })
    });
    let short: Vec<Detail> = short.collect();
    if short.is_empty() { Ok(()) } else { Err(Error::of_fields(Code::InvalidInput, short)) }
}
