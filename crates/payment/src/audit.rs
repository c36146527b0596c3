//! Audit of payments and refunds (docs/RULES.md, invariants 2 and 3).

use std::time::Duration;
use store::{
    Check,
    audit::{Changed, Given, Keys},
};

const WRONG_AMOUNTS: &str = "select payment_number, amount, captured, refund_claimed, refunded from payments
    where id between ? and ? and (captured not in (0, amount) or amount <= 0 or refunded < 0
       or refunded > refund_claimed or refund_claimed > captured) order by id limit ?";
const WRONG_CLAIMS: &str = "select p.payment_number, p.refund_claimed, p.refunded,
        cast(coalesce(sum(case when r.status in ('PROCESSING', 'COMPLETED') then r.amount else 0 end), 0) as {bigint}),
        cast(coalesce(sum(case when r.status = 'COMPLETED' then r.amount else 0 end), 0) as {bigint})
    from payments p left join refunds r on r.payment_number = p.payment_number
    where p.id between ? and ?
    group by p.id, p.payment_number, p.refund_claimed, p.refunded
    having p.refund_claimed
           <> coalesce(sum(case when r.status in ('PROCESSING', 'COMPLETED') then r.amount else 0 end), 0)
        or p.refunded <> coalesce(sum(case when r.status = 'COMPLETED' then r.amount else 0 end), 0)
    order by p.id limit ?";
const WRONG_STATES: &str = "select payment_number, status from payments
    where id between ? and ? and ((status in ('PENDING', 'PROCESSING') and (captured <> 0 or live_key is null or paid_at is not null))
       or (status = 'COMPLETED' and (captured <> amount or refunded <> 0 or live_key is null or paid_at is null))
       or (status = 'PARTIALLY_REFUNDED' and (refunded <= 0 or refunded >= captured or live_key is null))
       or (status = 'REFUNDED' and (captured <> amount or refunded <> captured or live_key is null))
       or (status in ('PARTIALLY_REFUNDED', 'REFUNDED') and (paid_at is null or refunded_at is null))
       or (status in ('FAILED', 'CANCELLED') and (live_key is not null or ended_at is null or paid_at is not null))
       or (status = 'FAILED' and failure_reason is null)
       or (captured > 0 and transaction_id is null) or (captured = 0 and transaction_id is not null)
       or (live_key is not null and live_key not in (order_number, concat(order_number, '#OWN'), concat(order_number, '#CHANNEL')))
       or status not in ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED'))
    order by id limit ?";
const TWICE_PAID: &str = "select p.order_number, p.payment_number from payments p
    where p.id between ? and ?
      and p.status in ('PENDING', 'PROCESSING', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
      and exists (select 1 from payments q where q.order_number = p.order_number and q.id < p.id
                     and q.status in ('PENDING', 'PROCESSING', 'COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
                     and (q.method = 'BALANCE') = (p.method = 'BALANCE'))
    order by p.id limit ?";
const KEPT_TOO_LONG: &str = "select payment_number, status, captured, refund_claimed from payments
    where id between ? and ? and status in ('FAILED', 'CANCELLED') and captured > refund_claimed and updated_at < ?
    order by id limit ?";
const WRONG_REFUNDS: &str = "select r.id, r.status, r.amount from refunds r
    where r.id between ? and ? and (r.amount <= 0 or (r.status = 'COMPLETED' and r.transaction_id is null)
       or (r.status = 'FAILED' and r.failure_reason is null)
       or (r.status = 'PROCESSING' and r.ended_at is not null) or (r.status <> 'PROCESSING' and r.ended_at is null)
       or r.status not in ('PROCESSING', 'COMPLETED', 'FAILED')
       or not exists (select 1 from payments p
                       where p.payment_number = r.payment_number and p.order_number = r.order_number))
    order by r.id limit ?";

pub(crate) const WRONG_REFUND_LINES: &str = "select r.id, r.amount, cast(sum(l.amount) as {bigint})
    from refunds r join refund_lines l on l.refund_id = r.id where r.id between ? and ?
    group by r.id, r.amount having sum(l.amount) > r.amount or min(l.amount) < 0 or min(l.units) < 0
    order by r.id limit ?";

/// Time within which the refund of a late capture must have begun; recovery asks and retries within minutes.
const REFUNDED_WITHIN: Duration = Duration::from_secs(3_600);

/// Payments, and those of orders that an event names.
const PAYMENTS: Keys = Keys::named("payments", "order_number");
/// Refunds, and those of orders that an event names.
const REFUNDS: Keys = Keys::named("refunds", "order_number");

/// Those of captures in another amount, of which there should be none.
const WRONG_CAPTURES: Keys = Keys { table: "wrong_captures", column: "id", changed: Changed::All };
const UNRESOLVED: &str = "select order_number, payment_number, amount, currency, expected from wrong_captures
    where id between ? and ? and resolved_at is null order by id limit ?";

/// What must hold among payments and refunds.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "refunded ≤ claimed ≤ captured, which is nothing or the amount",
        over: Some(PAYMENTS),
        sql: WRONG_AMOUNTS,
        given: &[],
        subject: "{}",
        found: "amount {}, captured {}, claimed {}, refunded {}",
    },
    Check {
        rule: "what a payment claimed and refunded is the sum of its refunds",
        over: Some(PAYMENTS),
        sql: WRONG_CLAIMS,
        given: &[],
        subject: "{}",
        found: "claimed {} and refunded {}, its refunds sum up to {} and {}",
    },
    Check {
        rule: "a payment has the data of its status",
        over: Some(PAYMENTS),
        sql: WRONG_STATES,
        given: &[],
        subject: "{}",
        found: "{} without its data, or with another status's",
    },
    Check {
        rule: "an order has at most one live payment of each part",
        over: Some(PAYMENTS),
        sql: TWICE_PAID,
        given: &[],
        subject: "{}",
        found: "{} is one more",
    },
    Check {
        rule: "money captured by an abandoned payment is refunded",
        over: Some(PAYMENTS),
        sql: KEPT_TOO_LONG,
        given: &[Given::Ago(REFUNDED_WITHIN)],
        subject: "{}",
        found: "{}, captured {}, claimed for refunds {}",
    },
    Check {
        rule: "a refund belongs to a payment and has the data of its status",
        over: Some(REFUNDS),
        sql: WRONG_REFUNDS,
        given: &[],
        subject: "{}",
        found: "{} of {}",
    },
    Check {
        rule: "a refund gives its lines no more than it has",
        over: Some(REFUNDS),
        sql: WRONG_REFUND_LINES,
        given: &[],
        subject: "refund {}",
        found: "amount {}, lines {}",
    },
    Check {
        rule: "a person has dealt with money that the gateway took in another amount",
        over: Some(WRONG_CAPTURES),
        sql: UNRESOLVED,
        given: &[],
        subject: "{}",
        found: "{} took {} {} instead of {}",
    },
];
