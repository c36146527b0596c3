//! The ledger comparison: the money that the gateway moved in a period, beside the payments, refunds and charges of the shop.
//!
//! The period is compared piece by piece, each with as many rows of the shop as are kept in memory at once, and with the list that
//! the gateway gives of the same time. What the gateway did later than the shop asked for it waits for the next pieces.

use crate::{Settings, late, pay, webhook};
use kernel::{Code, Money, OrderNumber, Reference, Result, Timestamp};
use payment::{Recording, RefundStatus};
use ports::gateway::{Listed, Listing, Moved, Movement, Period};
use std::{collections::HashMap, time::Duration};
use store::{Tx, Violation};
use wallet::{ChargeNumber, ops::charges};
use web::{App, module::Compared};

/// How far the clocks of the shop and of its gateway may be apart.
const APART: Duration = Duration::from_secs(3_600);
/// Rows read by one job.
const READ_AT_ONCE: i64 = 1_000;
/// About how many rows of the shop are compared at once.
const PIECE_ROWS: usize = 20_000;
/// So many times as many may wait for a later list.
const WAITING_MAX: usize = 5;

const TAKEN: &str = "all money that the gateway took belongs to a payment";
const GIVEN_BACK: &str = "all money that the gateway gave back belongs to a refund";
const PAYMENT_TAKEN: &str = "the gateway took the money of every captured payment";
const REFUND_GIVEN_BACK: &str = "the gateway gave back the money of every completed refund";
const SAME: &str = "the shop and the gateway have the same amount and order for the same money";

const NO_LIST: &str = "the payment gateway keeps no list of what it did";
const NO_ANSWER: &str = "the payment gateway gave no list of what it did";
const TOO_FEW: &str = "the payment gateway's list has so little of this time that it was not compared to its end";

/// What the shop has recorded of the money that moved, by direction and by the gateway's name for it.
type Ours = HashMap<(Movement, String), Recorded>;

/// Money that the gateway moved, as the shop has recorded it.
struct Recorded {
    /// The payment or the charge.
    of: String,
    /// What the gateway knows it by.
    reference: Reference,
    transaction: String,
    amount: Money,
    created_at: Timestamp,
}

impl From<payment::Recorded> for Recorded {
    fn from(one: payment::Recorded) -> Recorded {
        Recorded {
            of: one.payment.to_string(),
            reference: one.order.into(),
            transaction: one.transaction,
            amount: one.amount,
            created_at: one.created_at,
        }
    }
}

impl From<wallet::charge::Recorded> for Recorded {
    fn from(one: wallet::charge::Recorded) -> Recorded {
        Recorded {
            of: one.charge.to_string(),
            reference: one.charge.into(),
            transaction: one.transaction,
            amount: one.amount,
            created_at: one.created_at,
        }
    }
}

/// The rows of the shop that record money of one direction.
#[derive(Debug, Clone, Copy)]
enum Rows {
    Payments,
    Refunds,
    Charges,
}

/// A piece of them, with the last row that was looked at and the latest time of one.
type Piece = (Vec<Recorded>, Option<(i64, Timestamp)>);

impl Rows {
    const ALL: [Rows; 3] = [Rows::Payments, Rows::Refunds, Rows::Charges];

    fn movement(self) -> Movement {
        match self {
            Rows::Payments | Rows::Charges => Movement::Captured,
            Rows::Refunds => Movement::Refunded,
        }
    }

    /// The row before the first one that was made at `at` or a little later.
    fn row_before(self, tx: &mut Tx<'_>, at: Timestamp) -> Result<i64> {
        match self {
            Rows::Payments => payment::ops::row_before(tx, Recording::Captured, at),
            Rows::Refunds => payment::ops::row_before(tx, Recording::Refunded, at),
            Rows::Charges => charges::row_before(tx, at),
        }
    }

    /// What the next `limit` rows have of money whose request came in `period`.
    fn after(self, tx: &mut Tx<'_>, period: Period, after: i64, limit: i64) -> Result<Piece> {
        let time = (period.from, period.to);
        let of_payments =
            |records: payment::Records| (records.rows.into_iter().map(Recorded::from).collect(), records.last);
        Ok(match self {
            Rows::Payments => of_payments(payment::ops::recorded_after(tx, Recording::Captured, time, after, limit)?),
            Rows::Refunds => of_payments(payment::ops::recorded_after(tx, Recording::Refunded, time, after, limit)?),
            Rows::Charges => {
                let records = charges::recorded_after(tx, time, after, limit)?;
                (records.rows.into_iter().map(Recorded::from).collect(), records.last)
            }
        })
    }
}

/// Compares the money that moved in `period`, or in the time before now that the settings name.
pub async fn compare(app: App, period: Option<Period>) -> Result<Compared> {
    compare_in_pieces(&app, period, PIECE_ROWS).await
}

/// The same, with about so many rows of the shop at once.
pub async fn compare_in_pieces(app: &App, period: Option<Period>, piece_rows: usize) -> Result<Compared> {
    let lately = || {
        let to = app.now().after(Duration::from_millis(1));
        Period { from: to.before(app.settings::<Settings>().compare_last), to }
    };
    let period = period.unwrap_or_else(lately);
    let mut comparison = Comparison { app, found: Vec::new(), waiting: Ours::new() };
    let left_out = comparison.go(period, piece_rows).await?;
    Ok(Compared { period: Some(period), found: comparison.found, left_out })
}

/// One side of the shop's records.
struct Side {
    rows: Rows,
    /// The row that was read last.
    after: i64,
    /// Up to when all rows were read.
    until: Timestamp,
}

struct Comparison<'a> {
    app: &'a App,
    found: Vec<Violation>,
    /// What the gateway's list did not have yet.
    waiting: Ours,
}

impl Comparison<'_> {
    /// Compares piece by piece. Gives why something was not compared.
    async fn go(&mut self, period: Period, piece_rows: usize) -> Result<Option<&'static str>> {
        let mut sides = self.sides(period).await?;
        let mut from = period.from;
        loop {
            // the shop's side is read first: whatever it has recorded is in the gateway's list by then
            let to = self.read(&mut sides, period, piece_rows).await?;
            let piece = Period { from, to };
            let near = Period { from: from.before(APART), to: to.after(APART) };
            if let Some(why) = self.list(near, Some(piece)).await? {
                return Ok(Some(why));
            }
            if self.waiting.len() > WAITING_MAX * piece_rows {
                return Ok(Some(TOO_FEW));
            }
            if to >= period.to {
                break;
            }
            from = to;
        }
        if !self.waiting.is_empty() {
            let later = Period { from: period.to.after(APART), to: Timestamp::from_millis(i64::MAX) };
            if let Some(why) = self.list(later, None).await? {
                return Ok(Some(why));
            }
        }
        let missing = self.app.db.read("checkout.compare-missing", {
            let waiting = std::mem::take(&mut self.waiting);
            move |tx| unexplained_lack(tx, &waiting)
        });
        self.found.extend(missing.await?);
        Ok(None)
    }

    async fn sides(&self, period: Period) -> Result<[Side; 3]> {
        let from = period.from.before(APART);
        let begin = move |tx: &mut Tx<'_>| {
            let [payments, refunds, charges] = Rows::ALL;
            Ok([payments.row_before(tx, from)?, refunds.row_before(tx, from)?, charges.row_before(tx, from)?])
        };
        let before = self.app.db.read("checkout.compare-from", begin).await?;
        let side = |n: usize| Side { rows: Rows::ALL[n], after: before[n], until: period.from };
        Ok([side(0), side(1), side(2)])
    }

    /// Reads about so many rows more, always of the side that is most behind. Gives the time until which all rows were read.
    async fn read(&mut self, sides: &mut [Side; 3], period: Period, rows: usize) -> Result<Timestamp> {
        let enough = self.waiting.len() + rows;
        loop {
            let behind = (0..sides.len()).min_by_key(|n| sides[*n].until).unwrap_or_default();
            let until = sides[behind].until;
            if until >= period.to || self.waiting.len() >= enough && until > period.from {
                return Ok(until.min(period.to));
            }
            let Side { rows: which, after, .. } = sides[behind];
            let limit = READ_AT_ONCE.min(i64::try_from(rows).unwrap_or(READ_AT_ONCE));
            let read = move |tx: &mut Tx<'_>| which.after(tx, period, after, limit);
            let (found, last) = self.app.db.read("checkout.recorded", read).await?;
            let movement = which.movement();
            self.waiting.extend(found.into_iter().map(|one| ((movement, one.transaction.clone()), one)));
            match last {
                // rows of the same time may follow
                Some((id, at)) if at < period.to.after(APART) => {
                    (sides[behind].after, sides[behind].until) =
                        (id, at.min(period.to.before(Duration::from_millis(1))).max(until));
                }
                Some(_) | None => sides[behind].until = period.to,
            }
        }
    }

    /// Compares with what the gateway lists of a time: what waits, and what it moved within `piece` for no reason of the shop. Gives
    /// why that was not possible.
    async fn list(&mut self, time: Period, piece: Option<Period>) -> Result<Option<&'static str>> {
        let mut after = None;
        loop {
            let Listed { moved, next, since } = match self.app.ports.gateway.list(time, after.as_deref()).await {
                Listing::Page(page) => page,
                Listing::NotKept => return Ok(Some(NO_LIST)),
                Listing::Unknown => return Ok(Some(NO_ANSWER)),
            };
            if let (None, Some(since)) = (&after, since) {
                self.waiting.retain(|_, one| one.created_at >= since);
            }
            let mut strange = Vec::new();
            for one in moved {
                match self.waiting.remove(&(one.movement, one.transaction.clone())) {
                    Some(ours) => self.add(difference(ours.amount, &ours.reference, &one)),
                    None if piece.is_some_and(|piece| piece.has(one.at)) => strange.push(one),
                    None => {}
                }
            }
            self.add(self.app.db.read("checkout.compare", move |tx| unexplained(tx, &strange)).await?);
            match next {
                Some(next) => after = Some(next),
                None => return Ok(None),
            }
        }
    }

    /// Adds what was found, once: neighbouring pieces see some records of each other.
    fn add(&mut self, found: impl IntoIterator<Item = Violation>) {
        for one in found {
            if !self.found.contains(&one) {
                self.found.push(one);
            }
        }
    }
}

fn difference(amount: Money, reference: &Reference, theirs: &Moved) -> Option<Violation> {
    let same = amount == theirs.amount && *reference == theirs.order;
    let found = || format!("{amount} of {reference} here, {} of {} at the gateway", theirs.amount, theirs.order);
    (!same).then(|| Violation::new(SAME, &theirs.transaction, found()))
}

fn missing(movement: Movement, transaction: &str, ours: &Recorded) -> Violation {
    let rule = match movement {
        Movement::Captured => PAYMENT_TAKEN,
        Movement::Refunded => REFUND_GIVEN_BACK,
    };
    let found = format!("{} of {}; the gateway has no {transaction}", ours.amount, ours.reference);
    Violation::new(rule, &ours.of, found)
}

/// What of the money that the shop has recorded the gateway has not. A deposit of which is known that the bank took it back is none: it
/// is kept apart, and the audit reports it until a person has dealt with it.
fn unexplained_lack(tx: &mut Tx<'_>, waiting: &Ours) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for ((movement, transaction), one) in waiting {
        let name = webhook::taken_back(transaction);
        let kept = payment::wrong::of_reference(tx, &one.reference)?;
        if *movement == Movement::Refunded || kept.iter().all(|kept| kept.pg_transaction_id != name) {
            found.push(missing(*movement, transaction, one));
        }
    }
    Ok(found)
}

/// What of the money that the gateway moved belongs to nothing that the shop has recorded or still finds out.
fn unexplained(tx: &mut Tx<'_>, moved: &[Moved]) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for one in moved {
        found.extend(match one.movement {
            Movement::Captured => unexplained_capture(tx, one)?,
            Movement::Refunded => unexplained_refund(tx, one)?,
        });
    }
    Ok(found)
}

fn unexplained_capture(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Violation>> {
    let reference = moved.order.as_str();
    // it is kept apart, and the audit reports it until a person has dealt with it
    let kept = payment::wrong::of_reference(tx, &moved.order)?;
    if kept.iter().any(|wrong| wrong.pg_transaction_id == moved.transaction) {
        return Ok(None);
    }
    if let Ok(order) = reference.parse::<OrderNumber>() {
        return unexplained_payment(tx, &order, moved);
    }
    let what = format!("it took {} as {}", moved.amount, moved.transaction);
    let found = match reference.parse::<ChargeNumber>() {
        Ok(number) => match charges::known(tx, &number)? {
            Some(charge) if charge.transaction.as_deref() == Some(&moved.transaction) => {
                return Ok(difference(charge.amount, &moved.order, moved));
            }
            Some(charge) if charge.ended_at.is_none() => return Ok(None),
            Some(charge) => format!("{what}, and the charge is {}", charge.status),
            None => format!("{what}, and there is no such charge"),
        },
        Err(_) => format!("{what}, which is no number of this shop"),
    };
    Ok(Some(Violation::new(TAKEN, reference, found)))
}

fn unexplained_payment(tx: &mut Tx<'_>, order: &OrderNumber, moved: &Moved) -> Result<Option<Violation>> {
    let payments = payment::ops::of_order(tx, order)?;
    // a payment that began outside the period, or after it was read
    if let Some(payment) = payments.iter().find(|one| one.transaction.as_deref() == Some(&moved.transaction)) {
        return Ok(difference(payment.captured, &moved.order, moved));
    }
    if payments.iter().any(pay::is_open) || late::is_searched(tx, order)? {
        return Ok(None);
    }
    let what = format!("it took {} as {}", moved.amount, moved.transaction);
    let found = match (payments.is_empty(), is_order(tx, order)?) {
        (true, false) => format!("{what}, and there is no such order"),
        (true, true) => format!("{what}, and the order has no payment"),
        (false, _) => format!("{what}, which is none of the order's payments"),
    };
    Ok(Some(Violation::new(TAKEN, moved.order.as_str(), found)))
}

fn unexplained_refund(tx: &mut Tx<'_>, moved: &Moved) -> Result<Option<Violation>> {
    let reference = moved.order.as_str();
    let refunds = match reference.parse::<OrderNumber>() {
        Ok(order) => payment::ops::refunds_of_order(tx, &order)?,
        Err(_) => Vec::new(),
    };
    for (refund, _) in &refunds {
        match &refund.status {
            RefundStatus::Completed { transaction, .. } if *transaction == moved.transaction => {
                return Ok(difference(refund.amount, &moved.order, moved));
            }
            RefundStatus::Processing => return Ok(None),
            RefundStatus::Completed { .. } | RefundStatus::Failed { .. } => {}
        }
    }
    // a person may have given back money that the gateway took in another amount
    if payment::wrong::of_reference(tx, &moved.order)?.iter().any(|wrong| wrong.resolved_at.is_some()) {
        return Ok(None);
    }
    let found = format!("it gave back {} as {}, which is no refund of the order", moved.amount, moved.transaction);
    Ok(Some(Violation::new(GIVEN_BACK, reference, found)))
}

fn is_order(tx: &mut Tx<'_>, number: &OrderNumber) -> Result<bool> {
    match order::ops::find(tx, number) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Code::OrderNotFound => Ok(false),
        Err(error) => Err(error),
    }
}
