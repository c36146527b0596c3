//! The units of an order that come out of a time deal: taken with the order's stock, and given back with it.

use ::timedeal::ops::{self as deals, Buying, Offered};
use inventory::{Line, ops::Holder};
use kernel::{Code, Result, TimeDealProductId};
use order::Order;
use serde::{Deserialize, Serialize};
use store::Tx;

/// What an order needs to know of the deal that it buys in. Stored with its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DealUnits {
    pub product: TimeDealProductId,
    pub per_user: i64,
    /// Whether the deal keeps its units out of the product's stock.
    pub is_held: bool,
    /// Of the deal's product, when all this was read.
    #[serde(default)]
    pub version: i64,
}

impl DealUnits {
    pub(crate) fn of(offered: &Offered) -> DealUnits {
        DealUnits {
            product: offered.product.id,
            per_user: offered.product.offer.per_user,
            is_held: offered.deal.held_apart,
            version: offered.product.version,
        }
    }
}

/// The name under which inventory keeps the units of a deal.
pub(crate) fn holder(product: TimeDealProductId) -> Holder {
    Holder { purpose: "TIME_DEAL", id: product.raw() }
}

/// Takes the order's units out of its deal. Units that the deal keeps apart become available in this transaction, in which the
/// order reserves them. A repetition has no effect. S702, S703, S704, S705.
pub(crate) fn take(tx: &mut Tx<'_>, order: &Order, units: &DealUnits) -> Result<()> {
    let [line] = &order.lines[..] else {
        return Err(Code::Internal.error().caused_by("an order from a time deal has one line"));
    };
    let buying = Buying {
        product: units.product,
        per_user: units.per_user,
        user: order.user,
        order: &order.number,
        product_name: &line.product_name,
        units: line.quantity,
        unit_price: line.unit_price,
        version: units.version,
    };
    if deals::take(tx, &buying)? && units.is_held {
        let line = Line { variant: line.variant, product: line.product, quantity: line.quantity };
        inventory::ops::free(tx, holder(units.product), line, &order.user.to_string())?;
    }
    Ok(())
}

/// The goods of an order that died go back by `goods`, and with them the units of its deal. A deal that keeps its units apart
/// keeps these again, in the same transaction, so that no other order gets them in between.
pub(crate) fn give_back(
    tx: &mut Tx<'_>,
    order: &Order,
    deal: Option<&DealUnits>,
    goods: impl FnOnce(&mut Tx<'_>) -> Result<()>,
) -> Result<()> {
    let returned = if deal.is_some() { deals::give_back(tx, &order.number)? } else { None };
    goods(tx)?;
    match returned {
        Some(back) if back.is_held => {
            let (product, variant) = (back.purchase.product, back.purchase.variant);
            let line = Line { variant, product, quantity: kernel::Quantity::new(back.purchase.units)? };
            inventory::ops::hold(tx, holder(back.purchase.deal_product), line, &order.user.to_string())
        }
        Some(_) | None => Ok(()),
    }
}
