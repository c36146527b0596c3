//! Operations on returns, one function for each verb. The caller holds the order, so that no two returns of it change at once.

use crate::returns::{
    Change, Kind, Milestones, NewReturn, Payer, Received, Return, ReturnNumber, Settlement, Status, units_left,
};
use crate::store;
use ::store::Tx;
use events::{ReturnChanged, ReturnRequested};
use kernel::{
    Code, Cursor, Error, Money, OrderNumber, Page, PageRequest, RefundId, Result, Together, TrackingNumber, UserId,
    text,
};

/// Longest note about who collects the goods, in characters.
pub const CARRIER_NOTE_MAX: usize = 100;

/// Asks for a return in REQUESTED; emits [`ReturnRequested`]. It is remembered if another one than the buyer
/// asks. S1104 for more units than are left of a line.
pub fn request(tx: &mut Tx<'_>, new: NewReturn, by: &str) -> Result<Return> {
    let before = store::sent_back(tx, &new.order)?;
    for line in &new.lines {
        let sent = before.iter().find(|(number, _)| *number == line.number).map_or(0, |(_, units)| *units);
        units_left(line, sent)?;
    }
    let other = Some(by).filter(|by| *by != new.user.to_string());
    let (number, id) = tx.insert_drawn(ReturnNumber::draw, |tx, number| {
        Ok(store::insert(tx, number, &new, other)?.map(|id| (number.clone(), id)))
    })?;
    store::insert_lines(tx, id, &new)?;
    let made = find(tx, &number)?;
    tx.emit(&ReturnRequested {
        return_number: number.to_string(),
        order_number: made.order.clone(),
        user_id: made.user,
        kind: made.resolution.name().to_owned(),
        reason: made.reason.name().to_owned(),
        units: made.units(),
        requested_by: Some(by.to_owned()),
        requested_at: made.created_at,
    })?;
    Ok(made)
}

/// The return; S1101 when there is none.
pub fn find(tx: &mut Tx<'_>, number: &ReturnNumber) -> Result<Return> {
    store::find(tx, number)?.ok_or_else(|| Code::ReturnNotFound.error())
}

/// The return, locked until the job ends; S1101 when there is none.
pub fn lock(tx: &mut Tx<'_>, number: &ReturnNumber) -> Result<Return> {
    store::lock(tx, number)?.ok_or_else(|| Code::ReturnNotFound.error())
}

/// Every return of the order, oldest first.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Vec<Return>> {
    store::of_order(tx, order)
}

/// The return whose money this refund gives back.
pub fn of_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Option<Return>> {
    store::of_refund(tx, refund)
}

/// The return whose money this refund gives back, locked until the job ends.
pub fn lock_of_refund(tx: &mut Tx<'_>, refund: RefundId) -> Result<Option<Return>> {
    store::lock_of_refund(tx, refund)
}

/// Returns in these statuses (in all when none is named), of one user or of all, newest first.
pub fn page(
    tx: &mut Tx<'_>,
    user: Option<&UserId>,
    statuses: &[Kind],
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<Page<Return>> {
    let statuses = if statuses.is_empty() { &Kind::ALL[..] } else { statuses };
    let (rows, total) = store::page(tx, user, statuses, request, after)?;
    Ok(request.page_of(rows, total, after, |one| one.id))
}

/// What the shop decides when it approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    pub payer: Payer,
    pub fee: Money,
    /// Whether units are kept for the replacement.
    pub holds: bool,
}

/// REQUESTED → APPROVED. S1105.
pub fn approve(tx: &mut Tx<'_>, one: Return, approval: Approval, by: &str) -> Result<Return> {
    let Approval { payer, fee, holds } = approval;
    change(tx, Return { payer, fee, replacement_held: holds, ..one }, Change::Approved, by)
}

/// APPROVED → COLLECTED: the goods are on their way back. S1105; C002 for a note that is too long.
pub fn collect(tx: &mut Tx<'_>, one: Return, note: Option<&str>, by: &str) -> Result<Return> {
    let carrier_note = text::optional("carrier", note, CARRIER_NOTE_MAX)?;
    change(tx, Return { carrier_note, ..one }, Change::Collected, by)
}

/// APPROVED or COLLECTED → RECEIVED, with how many units of each line can be sold again; lines that are not named can be, all of
/// them. S1105; C002 for a line that the return does not have, or more units than it has.
pub fn receive(tx: &mut Tx<'_>, mut one: Return, restocked: &[(i64, i64)], by: &str) -> Result<Return> {
    let checked = |(n, (number, units)): (usize, &(i64, i64))| {
        let field = format!("lines[{n}]");
        let line = one.lines.iter().find(|line| line.number == *number);
        let line = line.ok_or_else(|| text::wrong(&field, "is no line of this return"))?;
        if restocked[..n].iter().any(|(earlier, _)| earlier == number) {
            return Err(text::wrong(&field, "may be named once"));
        }
        if (0..=line.units).contains(units) {
            return Ok(());
        }
        Err(text::wrong(&format!("{field}.restocked"), format!("must be between 0 and {}", line.units)))
    };
    restocked.iter().enumerate().map(checked).collect::<Vec<_>>().together()?;
    let mut lines = std::mem::take(&mut one.lines);
    let mut changed = change(tx, one, Change::Received, by)?;
    for line in &mut lines {
        let named = restocked.iter().find(|(number, _)| *number == line.number);
        let restocked = named.map_or(line.units, |(_, units)| *units);
        let received = Received { restocked, written_off: line.units - restocked };
        if !store::receive(tx, line.id, received)? {
            return Err(changed_meanwhile());
        }
        line.received = Some(received);
    }
    changed.lines = lines;
    Ok(changed)
}

/// RECEIVED → REFUNDED, after `given` went back for it. S1105.
pub fn refunded(tx: &mut Tx<'_>, one: Return, given: Settlement, by: &str) -> Result<Return> {
    change(tx, Return { replacement_held: false, ..one }, Change::Refunded(given), by)
}

/// RECEIVED → EXCHANGED: the replacement is in this parcel. S1105.
pub fn exchanged(tx: &mut Tx<'_>, one: Return, parcel: TrackingNumber, by: &str) -> Result<Return> {
    change(tx, Return { replacement_held: false, ..one }, Change::Exchanged { parcel }, by)
}

/// REQUESTED, APPROVED or COLLECTED → REJECTED. S1105; C002 for a reason that is blank or too long.
pub fn reject(tx: &mut Tx<'_>, one: Return, reason: &str, by: &str) -> Result<Return> {
    let reason = text::required_paragraph("reason", reason, text::REASON_MAX)?;
    change(tx, Return { replacement_held: false, ..one }, Change::Rejected { reason }, by)
}

/// REQUESTED or APPROVED → WITHDRAWN. S1105.
pub fn withdraw(tx: &mut Tx<'_>, one: Return, by: &str) -> Result<Return> {
    change(tx, Return { replacement_held: false, ..one }, Change::Withdrawn, by)
}

/// Remembers which refunds give back the money of a return.
pub fn remember_refunds(tx: &mut Tx<'_>, number: &ReturnNumber, refunds: &[RefundId]) -> Result<()> {
    let one = lock(tx, number)?;
    store::add_refunds(tx, one.id, refunds)
}

/// The refunds that were begun for a return, oldest first.
pub fn refunds(tx: &mut Tx<'_>, one: &Return) -> Result<Vec<RefundId>> {
    store::refunds(tx, one.id)
}

/// Remembers what is not given back of each line, by its number; nothing of a line that is not named.
pub fn withhold(tx: &mut Tx<'_>, one: &Return, withheld: &[(i64, Money)]) -> Result<()> {
    for line in &one.lines {
        let named = withheld.iter().find(|(number, amount)| *number == line.number && amount.is_positive());
        let withheld = named.map(|(_, amount)| *amount);
        if withheld != line.withheld {
            store::withhold(tx, line.id, withheld)?;
        }
    }
    Ok(())
}

/// Its replacement cannot be sent any more, so nothing is kept for it. The status stays.
pub fn without_replacement(tx: &mut Tx<'_>, one: Return) -> Result<Return> {
    let was = one.status.kind();
    saved(tx, Return { replacement_held: false, ..one }, was)
}

/// Decides, saves and emits [`ReturnChanged`].
fn change(tx: &mut Tx<'_>, one: Return, change: Change, by: &str) -> Result<Return> {
    let (was, now) = (one.status.kind(), tx.now());
    let status = one.status.step(one.resolution, change, now)?;
    let milestones: Milestones = one.milestones.with(&status, now);
    let one = saved(tx, Return { status, milestones, ..one }, was)?;
    let given = match &one.status {
        Status::Refunded { given, .. } => Some(*given),
        Status::Requested
        | Status::Approved
        | Status::Collected
        | Status::Received
        | Status::Exchanged { .. }
        | Status::Rejected { .. }
        | Status::Withdrawn { .. } => None,
    };
    tx.emit(&ReturnChanged {
        return_number: one.number.to_string(),
        order_number: one.order.clone(),
        user_id: one.user,
        kind: one.resolution.name().to_owned(),
        status: one.status.kind().name().to_owned(),
        refunded: given.map(|given| given.amount),
        points_restored: given.map(|given| given.points),
        changed_by: by.to_owned(),
        at: now,
    })?;
    Ok(one)
}

fn saved(tx: &mut Tx<'_>, mut next: Return, was: Kind) -> Result<Return> {
    if !store::save(tx, &next, was)? {
        return Err(changed_meanwhile());
    }
    next.updated_at = tx.now();
    next.version += 1;
    Ok(next)
}

fn changed_meanwhile() -> Error {
    Code::OutdatedVersion.because("the return changed at the same moment").retry_after(1)
}
