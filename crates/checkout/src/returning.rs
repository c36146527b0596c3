//! Returns and exchanges: what they do to money, stock and parcels. `returns` has their rules; each step of one changes everything
//! that belongs to it in one transaction, while the order and its run are locked.

use crate::{
    deal::buy::without_address,
    flow::refund_of,
    parcel,
    parts::Shares,
    refund::Refundable,
    refund_lines::{self, Given, Left, Refunded, Withheld},
    request::RefundLine,
};
use catalog::ops::Sellable;
use delivery::{NewParcel, Packed, Purpose};
use inventory::ops::{CameBack, Holder};
use kernel::{Code, Money, OrderNumber, Quantity, RefundId, Result, UserId, VariantId, Zone, text};
use order::{Kind, Order};
use payment::{Refund, RefundKind, RefundStatus};
use returns::{
    NewReturn, Payer, Resolution, Return, ReturnNumber, Settings,
    ops::{self, Approval},
    request::{ApproveReturn, ReturnRequest},
    returns::{Change, Line, NewLine, Settlement, in_time},
};
use saga::{Action, Cancellation, Flow, Record};
use store::Tx;

/// What keeps the units of replacements, in the stock ledger.
const EXCHANGE: &str = "EXCHANGE";
/// What brings goods back, in the stock ledger.
const RETURN: &str = "RETURN";
/// The reason in the stock ledger.
const SENT_BACK: &str = "the buyer sent it back";
/// The reason of the refund.
const RETURNED: &str = "the goods were sent back";

/// Asks to send something of an order back: its buyer, or the shop for a buyer who cannot (`owner` none).
///
/// S201 S212 the order, C019 while it is being undone, S1102 before it has arrived or after a parcel of it came back as a whole, S1103
/// after its time, S1104 for more units than are left; C002 for lines that the order does not have, and for another product or price in
/// exchange.
pub fn request(
    tx: &mut Tx<'_>,
    number: &OrderNumber,
    owner: Option<&UserId>,
    request: &ReturnRequest,
    (settings, zone): (&Settings, &Zone),
    by: &str,
) -> Result<Return> {
    let description = request.checked()?;
    if let Some(user) = owner {
        order::ops::own(tx, number, user)?;
    }
    let order = parcel::lock(tx, number)?;
    let delivered_at = match (order.status.kind(), order.milestones.delivered_at) {
        (Kind::Delivered, Some(at)) => at,
        (kind, _) => {
            return Err(Code::ReturnNotPossible.because(format!("nothing of an order in {kind} can be sent back")));
        }
    };
    let came_back =
        |one: &delivery::Delivery| one.purpose == Purpose::Order && one.status.kind() == delivery::Kind::Returned;
    if delivery::ops::all_of_order(tx, number)?.iter().any(came_back) {
        return Err(Code::ReturnNotPossible.because("a parcel of this order came back"));
    }
    in_time(delivered_at, settings.window(request.reason), tx.now(), zone)?;
    let bought = |id: i64| order.lines.iter().find(|line| line.number == id).map(of_order);
    let lines = returns::request::lines(request, bought)?;
    exchangeable(tx, &order, &lines)?;
    let payer = request.reason.payer();
    let new = NewReturn {
        order: number.clone(),
        user: order.user,
        resolution: request.kind,
        reason: request.reason,
        description,
        payer,
        fee: settings.fee(payer),
        lines,
    };
    ops::request(tx, new, by)
}

fn of_order(line: &order::Line) -> NewLine {
    NewLine {
        number: line.number,
        product: line.product,
        variant: line.variant,
        units: 0,
        bought: line.quantity.as_i64(),
        replacement: None,
    }
}

/// Whether each replacement is on sale, of the same product, and costs the same, because no difference is paid or given back: C002.
fn exchangeable(tx: &mut Tx<'_>, order: &Order, lines: &[NewLine]) -> Result<()> {
    let others = lines.iter().filter(|line| line.replacement.is_some_and(|other| other != line.variant));
    let mut variants: Vec<VariantId> =
        others.flat_map(|line| [Some(line.variant), line.replacement]).flatten().collect();
    if variants.is_empty() {
        return Ok(());
    }
    variants.sort_unstable();
    variants.dedup();
    let known = catalog::ops::sellables(tx, &variants)?;
    let find = |variant: VariantId| known.iter().find(|one: &&Sellable| one.variant == variant);
    for (n, line) in lines.iter().enumerate() {
        let Some(wanted) = line.replacement.filter(|other| *other != line.variant) else { continue };
        let wrong = |why: &str| text::wrong(&format!("lines[{n}].exchangeFor"), why);
        let other = find(wanted).filter(|other| other.product == line.product);
        let other = other.ok_or_else(|| wrong("is no variant of the same product"))?;
        if !other.on_sale {
            return Err(wrong("is not on sale"));
        }
        let paid = order.lines.iter().find(|one| one.number == line.number).map(|one| one.unit_price);
        let own = find(line.variant).map(|own| own.price).or(paid);
        if own != Some(other.price) {
            return Err(wrong("has another price; send the goods back and order it"));
        }
    }
    Ok(())
}

/// The return, locked behind its order and its order's run. S1101; C019 while the order is being undone.
fn locked(tx: &mut Tx<'_>, number: &ReturnNumber) -> Result<(Order, Return)> {
    let order = ops::find(tx, number)?.order;
    let order = parcel::lock(tx, &order)?;
    Ok((order, ops::lock(tx, number)?))
}

/// The shop agrees. An exchange keeps its replacement apart from now on: S402 when there is not enough of it, S401 without stock. S1105.
pub fn approve(
    tx: &mut Tx<'_>,
    number: &ReturnNumber,
    decision: ApproveReturn,
    settings: &Settings,
    by: &str,
) -> Result<Return> {
    let (_, one) = locked(tx, number)?;
    let payer = decision.payer.unwrap_or(one.payer);
    let fee = decision.fee.unwrap_or_else(|| settings.fee(payer));
    if payer == Payer::Shop && fee.is_positive() {
        return Err(text::wrong("fee", "is taken only of a buyer who pays the way back"));
    }
    let holds = one.resolution == Resolution::Exchange;
    let one = ops::approve(tx, one, Approval { payer, fee, holds }, by)?;
    if holds {
        replacements(&one, |holder, line| inventory::ops::hold(tx, holder, line, by))?;
    }
    Ok(one)
}

/// Does something with the replacement of each line, ascending by variant as every change of stock.
fn replacements(one: &Return, mut each: impl FnMut(Holder, inventory::Line) -> Result<()>) -> Result<()> {
    let mut lines: Vec<(VariantId, &Line)> =
        one.lines.iter().filter_map(|line| Some((line.replacement?, line))).collect();
    lines.sort_by_key(|(variant, _)| *variant);
    for (variant, line) in lines {
        let quantity = Quantity::new(line.units)?;
        let units = inventory::Line { variant, product: line.product, quantity };
        each(Holder { purpose: EXCHANGE, id: line.id }, units)?;
    }
    Ok(())
}

/// What was kept for a replacement can be sold again.
fn free(tx: &mut Tx<'_>, one: &Return, by: &str) -> Result<()> {
    if one.replacement_held {
        replacements(one, |holder, line| inventory::ops::give_back(tx, holder, line, by))?;
    }
    Ok(())
}

/// The shop refuses, with a reason. S1105 once the goods are here.
pub fn reject(tx: &mut Tx<'_>, number: &ReturnNumber, reason: &str, by: &str) -> Result<Return> {
    let (_, one) = locked(tx, number)?;
    free(tx, &one, by)?;
    ops::reject(tx, one, reason, by)
}

/// The buyer keeps the goods. S1106 for someone else's return (`owner` none for the shop); S1105 once they are on their way.
pub fn withdraw(tx: &mut Tx<'_>, number: &ReturnNumber, owner: Option<&UserId>, by: &str) -> Result<Return> {
    let asked_by = ops::find(tx, number)?.user;
    if owner.is_some_and(|user| *user != asked_by) {
        return Err(Code::ReturnUserMismatch.error());
    }
    let (_, one) = locked(tx, number)?;
    free(tx, &one, by)?;
    ops::withdraw(tx, one, by)
}

/// The goods are on their way back. S1105.
pub fn collect(tx: &mut Tx<'_>, number: &ReturnNumber, note: Option<&str>, by: &str) -> Result<Return> {
    let (_, one) = locked(tx, number)?;
    ops::collect(tx, one, note, by)
}

/// The goods are here; those that can be sold again are in stock again. S1105.
pub fn receive(tx: &mut Tx<'_>, number: &ReturnNumber, restocked: &[(i64, i64)], by: &str) -> Result<Return> {
    let (_, one) = locked(tx, number)?;
    let one = ops::receive(tx, one, restocked, by)?;
    let mut lines = Vec::new();
    for line in &one.lines {
        let units = line.received.map_or(0, |received| received.restocked);
        if units > 0 {
            let quantity = Quantity::new(units)?;
            lines.push(inventory::Line { variant: line.variant, product: line.product, quantity });
        }
    }
    if !lines.is_empty() {
        let reference = one.number.as_str();
        let why = CameBack { by_what: RETURN, reference, order: &one.order, reason: SENT_BACK, by };
        inventory::ops::take_back(tx, why, &lines)?;
    }
    Ok(one)
}

/// The replacement leaves, in a parcel of its own. S1105 before the goods are here, for a return, and after the order's money went back.
pub fn exchange(tx: &mut Tx<'_>, number: &ReturnNumber, by: &str) -> Result<Return> {
    let (order, one) = locked(tx, number)?;
    if !one.replacement_held || one.status != returns::Status::Received {
        let why = format!("nothing is kept to exchange for a return in {}", one.status.kind());
        return Err(Code::InvalidReturnStatus.because(why));
    }
    if order.status.kind() != Kind::Delivered {
        let why = format!("an order in {} gets no replacement", order.status.kind());
        return Err(Code::InvalidReturnStatus.because(why));
    }
    replacements(&one, |holder, line| inventory::ops::send_held(tx, holder, line, by))?;
    let address = order.address.as_ref().ok_or_else(without_address)?;
    let new = NewParcel {
        order: &order.number,
        user: &order.user,
        address,
        memo: order.memo.as_deref(),
        purpose: Purpose::Exchange,
        lines: one.lines.iter().map(|line| Packed { line: line.number, units: line.units }).collect(),
    };
    let parcel = delivery::ops::add(tx, new)?;
    ops::exchanged(tx, one, parcel.tracking, by)
}

/// What a refund of a return led to.
#[allow(clippy::large_enum_variant, reason = "one is made for each request and taken apart at once")]
pub enum Begun {
    /// No money had to go back.
    Done(Return),
    /// Its refund is on its way.
    Run(&'static dyn Flow, Record, Action),
}

/// The money for what was sent back: `amount`, or what was paid for the units less the fee. An exchange that is refunded gets no
/// replacement.
///
/// S1105 before the goods are here; S306 when less is left to give back; C019 while a refund of the order is open.
pub fn begin_refund(tx: &mut Tx<'_>, number: &ReturnNumber, amount: Option<Money>, by: &str) -> Result<Begun> {
    let (order, one) = locked(tx, number)?;
    let nothing = Settlement { amount: Money::ZERO, points: Money::ZERO };
    one.status.step(one.resolution, Change::Refunded(nothing), tx.now())?;
    let one = if one.replacement_held {
        free(tx, &one, by)?;
        ops::without_replacement(tx, one)?
    } else {
        one
    };
    let refunds = payment::ops::refunds_of_order(tx, &order.number)?;
    let own = ops::refunds(tx, &one)?;
    let given = given(&refunds, &own);
    let nothing_to_pay = order.amounts.payable.is_zero() || amount.is_some_and(|amount| amount.is_zero());
    let withheld = if nothing_to_pay { Vec::new() } else { withheld(tx, &order.number, &refunds, Some(one.id))? };
    if nothing_to_pay {
        ops::withhold(tx, &one, &[])?;
        return end_refunded(tx, &order, one, given.amount, by).map(Begun::Done);
    }
    let payment = payment::ops::current(tx, &order.number)?.number;
    let shares = Shares::of(tx, &order.number, &payment)?;
    let others: Vec<_> = refunds.into_iter().filter(|(refund, _)| !own.contains(&refund.id)).collect();
    let left = Left::of(&order, &shares, &refund_lines::sums(&others)).with(given.amount).withholding(&withheld);
    let due = left.of_return(&refund_lines_of(&one)?, amount, one.fee, &given)?;
    ops::withhold(tx, &one, &due.withheld)?;
    if due.claim.amount.is_zero() {
        return end_refunded(tx, &order, one, given.amount, by).map(Begun::Done);
    }
    let why = Cancellation { reason: RETURNED.to_owned(), by: by.to_owned() };
    let open = Refundable::lock(tx, &payment)?;
    let claims = open.divided(due.claim);
    let (flow, run, action) = open.begin(tx, claims, &why, Some(&one.number))?;
    Ok(Begun::Run(flow, run, action))
}

fn refund_lines_of(one: &Return) -> Result<Vec<RefundLine>> {
    one.lines.iter().map(|line| Ok(RefundLine { id: line.number, quantity: Quantity::new(line.units)? })).collect()
}

/// What the refunds of a return gave back, or may still give back.
fn given(refunds: &[Refunded], own: &[RefundId]) -> Given {
    let own: Vec<Refunded> = refunds.iter().filter(|(refund, _)| own.contains(&refund.id)).cloned().collect();
    let live = own.iter().filter(|(refund, _)| refund.status.kind() != RefundKind::Failed);
    let amount = Money::minor(live.map(|(refund, _)| refund.amount.as_minor()).sum());
    Given { amount, lines: refund_lines::sums(&own) }
}

/// What returns of an order, all but one, did not give back of its lines. It counts once their units do: by a refund that names them, or
/// because the return ended without money.
pub fn withheld(
    tx: &mut Tx<'_>,
    order: &OrderNumber,
    refunds: &[Refunded],
    except: Option<i64>,
) -> Result<Vec<Withheld>> {
    let mut all = Vec::new();
    for one in ops::of_order(tx, order)? {
        if Some(one.id) == except || one.lines.iter().all(|line| line.withheld.is_none()) {
            continue;
        }
        let given = given(refunds, &ops::refunds(tx, &one)?);
        let ended = one.status.kind() == returns::Kind::Refunded;
        for line in &one.lines {
            let back = given.lines.iter().find(|back| back.number == line.number).map_or(0, |back| back.units);
            if let Some(amount) = line.withheld.filter(|_| ended || back > 0) {
                all.push(Withheld { line: line.number, units: (line.units - back).max(0), amount });
            }
        }
    }
    Ok(all)
}

/// A refund came back: the return that it belongs to is REFUNDED once no other refund of it is open. Repeated, or for a refund of no
/// return: no effect.
pub fn refund_came(tx: &mut Tx<'_>, refund: &Refund, by: &str) -> Result<()> {
    let Some(one) = ops::lock_of_refund(tx, refund.id)? else { return Ok(()) };
    if one.status != returns::Status::Received {
        return Ok(());
    }
    let own = ops::refunds(tx, &one)?;
    let refunds = payment::ops::refunds_of_order(tx, &one.order)?;
    let is_open = |refund: &Refund| refund.status == RefundStatus::Processing && own.contains(&refund.id);
    if refunds.iter().any(|(refund, _)| is_open(refund)) {
        return Ok(());
    }
    let order = order::ops::find(tx, &one.order)?;
    end_refunded(tx, &order, one, given(&refunds, &own).amount, by).map(drop)
}

/// The return is REFUNDED with `amount` of money, and with the points that the order has used for its units.
fn end_refunded(tx: &mut Tx<'_>, order: &Order, one: Return, amount: Money, by: &str) -> Result<Return> {
    let others = ops::of_order(tx, &order.number)?;
    let due = points_of(order, &one, &others);
    let points = if due.is_positive() {
        wallet::ops::points::restore_part(tx, &order.user, &order.number, one.number.as_str(), due)?
    } else {
        Money::ZERO
    };
    ops::refunded(tx, one, Settlement { amount, points }, by)
}

/// The points that an order has used for the units of a return: their part of what was used for the line, rounded down over all units
/// that have been refunded so far, so that the last unit gets what is left.
fn points_of(order: &Order, one: &Return, all: &[Return]) -> Money {
    let before = |number: i64| -> i64 {
        let refunded = all.iter().filter(|other| other.id != one.id && other.status.kind() == returns::Kind::Refunded);
        refunded.flat_map(|other| &other.lines).filter(|line| line.number == number).map(|line| line.units).sum()
    };
    let of_line = |line: &Line| -> i64 {
        let Some(bought) = order.lines.iter().find(|bought| bought.number == line.number) else { return 0 };
        let part = |units: i64| {
            let exact = i128::from(bought.points_used.as_minor()) * i128::from(units);
            i64::try_from(exact / i128::from(bought.quantity.as_i64())).unwrap_or(0)
        };
        let before = before(line.number);
        part(before + line.units) - part(before)
    };
    Money::minor(one.lines.iter().map(of_line).sum())
}

/// The return whose money a run gives back.
pub fn of_run(tx: &mut Tx<'_>, run: &Record) -> Result<Return> {
    ops::of_refund(tx, refund_of(run)?)?.ok_or_else(|| Code::Internal.error().caused_by("a refund of no return"))
}
