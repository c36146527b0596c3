//! Settlement: what the gateway owes the shop for each day, by the shop's records, beside the gateway's own.
//!
//! Here money counts for the day on which it moved. A capture that came late, for a payment that had failed, is none of the shop's
//! money: neither it nor its refund is in the sums.

use crate::days::Days;
use crate::sheet::{Cell, Line};
use crate::ways::{PROVIDER, Provider};
use kernel::money::Percent;
use kernel::{Code, Money, Result, Timestamp, Zone};
use ports::gateway::{Gateway, Listed, Listing, Movement, Period};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use store::{Arg, Db, Tx, args, concatcp};
use utoipa::ToSchema;

/// Most days of a settlement: each costs a few statements, and the gateway's list of all of them is read.
pub const DAYS_MAX: i64 = 92;
/// Most movements of a gateway that are compared at once, by the memory that they need.
const MOVEMENTS_MAX: usize = 200_000;
/// Most differences that are named.
const DIFFERENCES_MAX: usize = 1_000;
/// How far the clocks of the shop and of its gateway may be apart.
const APART: Duration = Duration::from_secs(3_600);
/// Rows read by one job.
const READ_AT_ONCE: i64 = 2_000;

const PAYMENTS: &str = "select payment_provider, count(*), cast(sum(amount) as {bigint}) from mv_payments
    where captured_at >= ? and captured_at < ? group by payment_provider";
const CHARGES: &str = "select count(*), cast(coalesce(sum(amount), 0) as {bigint}) from balance_charges
    where updated_at >= ? and updated_at < ? and status = 'COMPLETED'";
const REFUNDS: &str = concatcp!(
    "select ",
    PROVIDER,
    ", count(*), cast(sum(r.amount) as {bigint})
    from refunds r join payments p on p.payment_number = r.payment_number
    where r.ended_at >= ? and r.ended_at < ? and r.status = 'COMPLETED' and p.live_key is not null
    group by ",
    PROVIDER
);

/// Money with the gateway's name for it, page by page in the order of the indexes on the time: when it moved and an id, the name, what it
/// is of, the amount.
const CAPTURED: &str = "select m.captured_at, m.id, p.transaction_id, p.order_number, p.captured
    from mv_payments m join payments p on p.id = m.id
    where m.captured_at >= ? and m.captured_at < ? and m.payment_provider = 'GATEWAY'
      and (m.captured_at > ? or m.id > ?)
    order by m.captured_at, m.id limit ?";
const CHARGED: &str = "select updated_at, id, transaction_id, charge_number, amount from balance_charges
    where updated_at >= ? and updated_at < ? and status = 'COMPLETED' and (updated_at > ? or id > ?)
    order by updated_at, id limit ?";
const REFUNDED: &str = "select r.ended_at, r.id, r.transaction_id, r.order_number, r.amount
    from refunds r join payments p on p.payment_number = r.payment_number
    where r.ended_at >= ? and r.ended_at < ? and r.status = 'COMPLETED' and p.method not in ('BALANCE', 'CHANNEL')
      and (r.ended_at > ? or r.id > ?)
    order by r.ended_at, r.id limit ?";
const KNOWN_CAPTURES: &str =
    "select transaction_id, order_number, captured from payments where transaction_id in ([?])";
const KNOWN_CHARGES: &str =
    "select transaction_id, charge_number, amount from balance_charges where transaction_id in ([?])";
const KNOWN_REFUNDS: &str = concatcp!(
    "select transaction_id, order_number, amount from refunds ",
    "where order_number in ([?]) and transaction_id is not null"
);

pub(crate) const STATEMENTS: &[&str] =
    &[PAYMENTS, CHARGES, REFUNDS, CAPTURED, CHARGED, REFUNDED, KNOWN_CAPTURES, KNOWN_CHARGES, KNOWN_REFUNDS];

::store::text_enum! {
    /// Which way money went.
    #[schema(as = MoneyMovement)]
    pub enum Way {
        /// To the shop.
        Captured = "CAPTURED",
        /// Back to the buyer.
        Refunded = "REFUNDED",
    }
}

impl From<Movement> for Way {
    fn from(movement: Movement) -> Way {
        match movement {
            Movement::Captured => Way::Captured,
            Movement::Refunded => Way::Refunded,
        }
    }
}

/// What moved on a day through one gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettlementRow {
    pub day: String,
    pub gateway: Provider,
    pub payments: i64,
    /// What payments took.
    pub payment_amount: i64,
    /// Charges of balances. Only a gateway takes money for them.
    pub charges: i64,
    pub charge_amount: i64,
    /// What payments and charges took.
    pub gross_amount: i64,
    pub refunds: i64,
    pub refund_amount: i64,
    /// `report.gateway_fee` of what was taken and not given back, rounded half-up; below zero when more was given back.
    pub gateway_fee: i64,
    /// `report.platform_fee` of the same.
    pub platform_fee: i64,
    /// What was taken, without what was given back and without the fees.
    pub net_amount: i64,
    /// What the gateway's own records say that it took; null when it gives no list.
    pub gateway_gross_amount: Option<i64>,
    /// What they say that it gave back.
    pub gateway_refund_amount: Option<i64>,
}

impl Line for SettlementRow {
    const HEAD: &'static [&'static str] = &[
        "day",
        "gateway",
        "payments",
        "paymentAmount",
        "charges",
        "chargeAmount",
        "grossAmount",
        "refunds",
        "refundAmount",
        "gatewayFee",
        "platformFee",
        "netAmount",
        "gatewayGrossAmount",
        "gatewayRefundAmount",
    ];

    fn cells(&self) -> Vec<Cell> {
        let theirs = |amount: Option<i64>| amount.map_or(Cell::Nothing, Cell::Money);
        vec![
            (&self.day).into(),
            self.gateway.name().into(),
            self.payments.into(),
            Cell::Money(self.payment_amount),
            self.charges.into(),
            Cell::Money(self.charge_amount),
            Cell::Money(self.gross_amount),
            self.refunds.into(),
            Cell::Money(self.refund_amount),
            Cell::Money(self.gateway_fee),
            Cell::Money(self.platform_fee),
            Cell::Money(self.net_amount),
            theirs(self.gateway_gross_amount),
            theirs(self.gateway_refund_amount),
        ]
    }
}

/// Money that the shop and its gateway do not agree about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceRow {
    pub movement: Way,
    /// The gateway's name for it.
    pub transaction: String,
    /// The order, or the charge of a balance.
    pub reference: String,
    /// What the shop has recorded; null for nothing.
    pub shop_amount: Option<i64>,
    /// What the gateway has; null for nothing.
    pub gateway_amount: Option<i64>,
}

impl Line for DifferenceRow {
    const HEAD: &'static [&'static str] = &["movement", "transaction", "reference", "shopAmount", "gatewayAmount"];

    fn cells(&self) -> Vec<Cell> {
        let amount = |amount: Option<i64>| amount.map_or(Cell::Nothing, Cell::Money);
        vec![
            self.movement.name().into(),
            (&self.transaction).into(),
            (&self.reference).into(),
            amount(self.shop_amount),
            amount(self.gateway_amount),
        ]
    }
}

/// What fees are, in basis points.
#[derive(Debug, Clone, Copy)]
pub struct Fees {
    pub gateway: i64,
    pub platform: i64,
}

/// The settlement by the shop's records: for each day of the shop's zone a row for each gateway through which money moved.
pub fn rows(tx: &mut Tx<'_>, days: Days, zone: &Zone, fees: Fees) -> Result<Vec<SettlementRow>> {
    let mut rows = Vec::new();
    for day in crate::days::Unit::Day.split(days) {
        let (from, to) = day.moments(zone)?;
        let mut of_day: BTreeMap<Provider, SettlementRow> = BTreeMap::new();
        for (gateway, count, amount) in tx.query(PAYMENTS, args![from, to], three)? {
            let row = of_day.entry(gateway).or_default();
            (row.payments, row.payment_amount) = (count, amount);
        }
        for (gateway, count, amount) in tx.query(REFUNDS, args![from, to], three)? {
            let row = of_day.entry(gateway).or_default();
            (row.refunds, row.refund_amount) = (count, amount);
        }
        let charged: (i64, i64) = tx.query_one(CHARGES, args![from, to], |row| Ok((row.next()?, row.next()?)))?;
        if charged.0 > 0 {
            let row = of_day.entry(Provider::Gateway).or_default();
            (row.charges, row.charge_amount) = charged;
        }
        for (gateway, row) in of_day {
            rows.push(row.completed(day.from.to_string(), gateway, fees)?);
        }
    }
    Ok(rows)
}

fn three(row: &store::Row<'_>) -> Result<(Provider, i64, i64)> {
    Ok((row.next()?, row.next()?, row.next()?))
}

impl SettlementRow {
    fn completed(self, day: String, gateway: Provider, fees: Fees) -> Result<SettlementRow> {
        let gross_amount = self.payment_amount + self.charge_amount;
        let kept = gross_amount - self.refund_amount;
        let rate = if gateway == Provider::Gateway { fees.gateway } else { 0 };
        let (gateway_fee, platform_fee) = (fee(kept, rate)?, fee(kept, fees.platform)?);
        let net_amount = kept - gateway_fee - platform_fee;
        Ok(SettlementRow { day, gateway, gross_amount, gateway_fee, platform_fee, net_amount, ..self })
    }
}

/// The share of an amount, rounded half-up away from zero.
fn fee(amount: i64, basis_points: i64) -> Result<i64> {
    let share = Money::minor(amount.abs()).part(Percent::of_basis_points(basis_points)?)?;
    Ok(share.as_minor() * amount.signum())
}

/// What a gateway moved, by its names.
type Theirs = HashMap<(Movement, String), Moved>;

/// Money that a gateway moved.
#[derive(Debug, Clone)]
struct Moved {
    reference: String,
    amount: i64,
    at: Option<Timestamp>,
}

/// What the gateway lists of a time; `None` when it gives no list. C002 when that is too much to compare.
async fn listed(gateway: &dyn Gateway, period: Period) -> Result<Option<Theirs>> {
    let (mut theirs, mut after) = (Theirs::new(), None);
    loop {
        let Listing::Page(Listed { moved, next, .. }) = gateway.list(period, after.as_deref()).await else {
            return Ok(None);
        };
        for one in moved {
            let moved = Moved { reference: one.order.to_string(), amount: one.amount.as_minor(), at: one.at };
            theirs.insert((one.movement, one.transaction), moved);
        }
        if theirs.len() > MOVEMENTS_MAX {
            return Err(kernel::text::wrong(
                "from",
                "is too long ago: the gateway moved more than 200,000 amounts since",
            ));
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(Some(theirs)),
        }
    }
}

/// Adds to the rows what the gateway's records say of their days.
pub async fn beside_the_gateway(
    gateway: &dyn Gateway,
    days: Days,
    zone: &Zone,
    rows: &mut [SettlementRow],
) -> Result<()> {
    let (from, to) = days.moments(zone)?;
    let Some(theirs) = listed(gateway, Period { from, to }).await? else { return Ok(()) };
    for row in rows.iter_mut().filter(|row| row.gateway == Provider::Gateway) {
        let of = |movement: Movement| {
            let on_the_day = |moved: &Moved| moved.at.is_some_and(|at| zone.day(at) == row.day);
            let moved = theirs.iter().filter(|((one, _), moved)| *one == movement && on_the_day(moved));
            moved.map(|(_, moved)| moved.amount).sum::<i64>()
        };
        let (gross, refunds) = (of(Movement::Captured), of(Movement::Refunded));
        (row.gateway_gross_amount, row.gateway_refund_amount) = (Some(gross), Some(refunds));
    }
    Ok(())
}

/// What the shop and its gateway do not agree about, of the money that moved on these days. C013 when the gateway gives no list.
pub async fn differences(db: &Db, gateway: &dyn Gateway, days: Days, zone: &Zone) -> Result<Vec<DifferenceRow>> {
    let (from, to) = days.moments(zone)?;
    let near = Period { from: from.before(APART), to: to.after(APART) };
    let theirs = listed(gateway, near).await?;
    let mut theirs =
        theirs.ok_or_else(|| Code::Unavailable.because("the payment gateway gave no list of what it did"))?;
    let mut found = Vec::new();
    let ours = [(Movement::Captured, CAPTURED), (Movement::Captured, CHARGED), (Movement::Refunded, REFUNDED)];
    for (movement, sql) in ours {
        let mut after = (from, 0);
        loop {
            let page =
                move |tx: &mut Tx<'_>| tx.query(sql, args![after.0, to, after.0, after.1, READ_AT_ONCE], recorded);
            let rows = db.read("report.settlement", page).await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            found.extend(rows.into_iter().filter_map(|(_, one)| one.difference(movement, &mut theirs)));
        }
    }
    theirs.retain(|_, moved| Period { from, to }.has(moved.at));
    found.extend(unknown(db, theirs).await?);
    found.truncate(DIFFERENCES_MAX);
    Ok(found)
}

/// Money that the shop has recorded.
struct Recorded {
    transaction: String,
    reference: String,
    amount: i64,
}

/// The place of a row among the others, and what it says.
fn recorded(row: &store::Row<'_>) -> Result<((Timestamp, i64), Recorded)> {
    let place = (row.next()?, row.next()?);
    let transaction: Option<String> = row.next()?;
    Ok((place, Recorded { transaction: transaction.unwrap_or_default(), reference: row.next()?, amount: row.next()? }))
}

impl Recorded {
    /// What differs from the gateway's record, which is then done with.
    fn difference(self, movement: Movement, theirs: &mut Theirs) -> Option<DifferenceRow> {
        let other = theirs.remove(&(movement, self.transaction.clone()));
        let is_same =
            other.as_ref().is_some_and(|other| other.amount == self.amount && other.reference == self.reference);
        (!is_same).then(|| DifferenceRow {
            movement: movement.into(),
            transaction: self.transaction,
            reference: self.reference,
            shop_amount: Some(self.amount),
            gateway_amount: other.map(|other| other.amount),
        })
    }
}

/// The gateway's name for money, what it is of, and the amount.
fn known(row: &store::Row<'_>) -> Result<(String, String, i64)> {
    Ok((row.next()?, row.next()?, row.next()?))
}

/// What of the gateway's records belongs to nothing that the shop has recorded, at whatever time.
async fn unknown(db: &Db, theirs: Theirs) -> Result<Vec<DifferenceRow>> {
    let mut found = Vec::new();
    let mut left: Vec<((Movement, String), Moved)> = theirs.into_iter().collect();
    left.sort_by(|(one, _), (other, _)| one.1.cmp(&other.1));
    for chunk in left.chunks(READ_AT_ONCE as usize) {
        let transactions: Vec<String> = chunk.iter().map(|((_, transaction), _)| transaction.clone()).collect();
        let references: Vec<String> = chunk.iter().map(|(_, moved)| moved.reference.clone()).collect();
        let read = move |tx: &mut Tx<'_>| {
            let mut all = tx.query(KNOWN_CAPTURES, &[Arg::list(&transactions)], known)?;
            all.extend(tx.query(KNOWN_CHARGES, &[Arg::list(&transactions)], known)?);
            all.extend(tx.query(KNOWN_REFUNDS, &[Arg::list(&references)], known)?);
            Ok(all)
        };
        let known = db.read("report.settlement", read).await?;
        for ((movement, transaction), moved) in chunk {
            let ours = known.iter().find(|(name, reference, _)| name == transaction && *reference == moved.reference);
            let shop_amount = ours.map(|(_, _, amount)| *amount);
            if shop_amount != Some(moved.amount) {
                let (transaction, reference) = (transaction.clone(), moved.reference.clone());
                let gateway_amount = Some(moved.amount);
                found.push(DifferenceRow {
                    movement: (*movement).into(),
                    transaction,
                    reference,
                    shop_amount,
                    gateway_amount,
                });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_taken_of_what_is_kept() {
        let taken = SettlementRow { payment_amount: 10_050, refund_amount: 1_000, ..SettlementRow::default() };
        let fees = Fees { gateway: 300, platform: 100 };
        let row = taken.clone().completed("2026-02-06".to_owned(), Provider::Gateway, fees).unwrap();
        // 3 % of 9,050 is 271.5, 1 % is 90.5
        assert_eq!((row.gateway_fee, row.platform_fee, row.net_amount), (272, 91, 8_687));
        let own = taken.completed("2026-02-06".to_owned(), Provider::Shop, fees).unwrap();
        assert_eq!((own.gateway_fee, own.platform_fee), (0, 91));
        assert_eq!(fee(-9_050, 300).unwrap(), -272);
    }
}
