//! Audit of payments and refunds (docs/RULES.md, invariants 2 and 3).

use kernel::{Money, Result};
use std::time::Duration;
use store::{Row, Tx, Violation, args};

pub(crate) const WRONG_AMOUNTS: &str = "select payment_number, amount, captured, refund_claimed, refunded from payments
    where captured not in (0, amount) or amount <= 0 or refunded < 0 or refunded > refund_claimed
       or refund_claimed > captured order by id limit ?";
pub(crate) const WRONG_CLAIMS: &str = "select p.payment_number, p.refund_claimed, p.refunded,
        cast(coalesce(sum(case when r.status in ('PROCESSING', 'COMPLETED') then r.amount else 0 end), 0) as {bigint}),
        cast(coalesce(sum(case when r.status = 'COMPLETED' then r.amount else 0 end), 0) as {bigint})
    from payments p left join refunds r on r.payment_number = p.payment_number
    group by p.id, p.payment_number, p.refund_claimed, p.refunded
    having p.refund_claimed
           <> coalesce(sum(case when r.status in ('PROCESSING', 'COMPLETED') then r.amount else 0 end), 0)
        or p.refunded <> coalesce(sum(case when r.status = 'COMPLETED' then r.amount else 0 end), 0)
    order by p.id limit ?";
pub(crate) const WRONG_STATES: &str = "select payment_number, status from payments
    where (status in ('PENDING', 'PROCESSING') and (captured <> 0 or live_key is null or paid_at is not null))
       or (status = 'COMPLETED' and (captured <> amount or refunded <> 0 or live_key is null or paid_at is null))
       or (status = 'PARTIALLY_REFUNDED' and (refunded <= 0 or refunded >= captured or live_key is null))
       or (status = 'REFUNDED' and (captured <> amount or refunded <> captured or live_key is null))
       or (status in ('PARTIALLY_REFUNDED', 'REFUNDED') and (paid_at is null or refunded_at is null))
       or (status in ('FAILED', 'CANCELLED') and (live_key is not null or ended_at is null or paid_at is not null))
       or (status = 'FAILED' and failure_reason is null)
       or (captured > 0 and transaction_id is null) or (captured = 0 and transaction_id is not null)
       or (live_key is not null and live_key <> order_number)
       or status not in ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')
    order by id limit ?";
pub(crate) const TWICE_PAID: &str = "select order_number, count(*) from payments
    where status in ('PENDING', 'PROCESSING', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
    group by order_number having count(*) > 1 limit ?";
pub(crate) const KEPT_TOO_LONG: &str = "select payment_number, status, captured, refund_claimed from payments
    where status in ('FAILED', 'CANCELLED') and captured > refund_claimed and updated_at < ? order by id limit ?";
pub(crate) const WRONG_REFUNDS: &str = "select r.id, r.status, r.amount from refunds r
    where r.amount <= 0 or (r.status = 'COMPLETED' and r.transaction_id is null)
       or (r.status = 'FAILED' and r.failure_reason is null)
       or (r.status = 'PROCESSING' and r.ended_at is not null) or (r.status <> 'PROCESSING' and r.ended_at is null)
       or r.status not in ('PROCESSING', 'COMPLETED', 'FAILED')
       or not exists (select 1 from payments p
                       where p.payment_number = r.payment_number and p.order_number = r.order_number)
    order by r.id limit ?";

/// Most violations reported per rule; a shop with more has one cause for all of them.
const TOLD_MAX: i64 = 100;
/// Time within which the refund of a late capture must have begun; recovery asks and retries within minutes.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(3_600);

/// Violations among payments and refunds.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let long_ago = tx.now().before(GIVEN_BACK_WITHIN);
    let mut found = tx.query(WRONG_AMOUNTS, args![TOLD_MAX], |row| {
        let what = format!(
            "amount {}, captured {}, claimed {}, refunded {}",
            row.get::<Money>(1)?,
            row.get::<Money>(2)?,
            row.get::<Money>(3)?,
            row.get::<Money>(4)?
        );
        Ok(Violation::new("refunded ≤ claimed ≤ captured, which is nothing or the amount", subject(row)?, what))
    })?;
    found.extend(tx.query(WRONG_CLAIMS, args![TOLD_MAX], |row| {
        let what = format!(
            "claimed {} and refunded {}, its refunds say {} and {}",
            row.get::<Money>(1)?,
            row.get::<Money>(2)?,
            row.get::<Money>(3)?,
            row.get::<Money>(4)?
        );
        Ok(Violation::new("what a payment gave back is the sum of its refunds", subject(row)?, what))
    })?);
    found.extend(tx.query(WRONG_STATES, args![TOLD_MAX], |row| {
        let what = format!("{} without its data, or with another's", row.get::<String>(1)?);
        Ok(Violation::new("a payment knows what its status says", subject(row)?, what))
    })?);
    found.extend(tx.query(TWICE_PAID, args![TOLD_MAX], |row| {
        Ok(Violation::new("an order has at most one live payment", subject(row)?, row.get::<i64>(1)?.to_string()))
    })?);
    found.extend(tx.query(KEPT_TOO_LONG, args![long_ago, TOLD_MAX], |row| {
        let what = format!(
            "{}, captured {}, on its way back {}",
            row.get::<String>(1)?,
            row.get::<Money>(2)?,
            row.get::<Money>(3)?
        );
        Ok(Violation::new("money taken by a payment that was given up goes back", subject(row)?, what))
    })?);
    found.extend(tx.query(WRONG_REFUNDS, args![TOLD_MAX], |row| {
        let what = format!("{} of {}", row.get::<String>(1)?, row.get::<Money>(2)?);
        Ok(Violation::new(
            "a refund belongs to a payment and knows what its status says",
            row.get::<i64>(0)?.to_string(),
            what,
        ))
    })?);
    Ok(found)
}

fn subject(row: &Row<'_>) -> Result<String> {
    row.get(0)
}
