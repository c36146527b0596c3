//! What must hold between orders, money, stock, parcels and sagas. The only SQL of the program that reads the tables of
//! several domains: each keeps its own promises, and here it is compared whether they fit together.

use crate::{late, webhook};
use kernel::Result;
use store::{Row, Tx, Violation, args};

/// Violations told per rule; a shop with more has one cause for all of them.
const TOLD_MAX: i64 = 100;

const WITHOUT_SAGA: &str = "select o.order_number from orders o
    where not exists (select 1 from saga_runs s
                       where s.subject_id = o.order_number and s.subject_kind = 'order' and s.family = 'order')
    order by o.id limit ?";
const CONTRADICTING: &str = "select o.order_number, o.status, s.status
    from saga_runs s join orders o on o.order_number = s.event_key
    where s.family = 'order'
      and ((s.status = 'COMPLETED' and o.status not in ('PAID', 'SHIPPING', 'DELIVERED', 'REFUNDED'))
        or (s.status = 'FAILED' and o.status not in ('CANCELLED', 'REFUNDED'))
        or (s.status = 'STARTED' and o.status not in ('PENDING', 'CONFIRMED')))
    order by o.id limit ?";
const WRONG_MONEY: &str = "select o.order_number, o.status, o.payable,
        cast(coalesce(sum(p.captured), 0) as {bigint}), cast(coalesce(sum(p.refunded), 0) as {bigint})
    from orders o left join payments p on p.order_number = o.order_number
    where not exists (select 1 from saga_runs s where s.event_key = o.order_number
                         and (s.status in ('COMPENSATING', 'COMPENSATION_FAILED') or s.resolution is not null
                           or (s.status = 'STARTED' and s.family <> 'order')))
      and not exists (select 1 from abandoned_charges a where a.order_number = o.order_number)
    group by o.id, o.order_number, o.status, o.payable
    having (o.status in ('PENDING', 'CONFIRMED', 'CANCELLED', 'REFUNDED')
            and coalesce(sum(p.captured), 0) <> coalesce(sum(p.refunded), 0))
        or (o.status in ('PAID', 'SHIPPING', 'DELIVERED')
            and (coalesce(sum(case when p.live_key is not null then p.captured else 0 end), 0) <> o.payable
              or coalesce(sum(case when p.live_key is null then p.captured - p.refunded else 0 end), 0) <> 0))
    order by o.id limit ?";
const PAID_WITHOUT_GOODS: &str = "select o.order_number from orders o
    where o.status = 'PAID'
      and exists (select 1 from saga_runs s where s.event_key = o.order_number and s.family = 'order'
                     and s.status = 'COMPLETED')
      and (not exists (select 1 from inventory_reservations r
                        where r.order_number = o.order_number and r.state = 'COMMITTED')
        or exists (select 1 from inventory_reservations r where r.order_number = o.order_number and r.state = 'LIVE')
        or not exists (select 1 from deliveries d where d.order_number = o.order_number and d.status <> 'CANCELLED'))
    order by o.id limit ?";
const GIVEN_UP_WITH_GOODS: &str = "select o.order_number, o.status from orders o
    join saga_runs s on s.event_key = o.order_number and s.family = 'order'
    where s.status = 'FAILED' and s.resolution is null
      and exists (select 1 from inventory_reservations r
                   where r.order_number = o.order_number and r.state in ('LIVE', 'COMMITTED'))
    order by o.id limit ?";
const HELD_BY_NOBODY: &str = "select r.order_number, r.state from inventory_reservations r
    where r.state = 'LIVE' and not exists (select 1 from orders o where o.order_number = r.order_number
                                              and o.status in ('PENDING', 'CONFIRMED'))
      and not exists (select 1 from saga_runs s where s.event_key = r.order_number and s.family = 'order'
                         and s.status in ('COMPENSATING', 'COMPENSATION_FAILED'))
    order by r.order_number limit ?";
const SENT_TO_NOBODY: &str =
    "select o.order_number, d.status from orders o join deliveries d on d.order_number = o.order_number
    join saga_runs s on s.event_key = o.order_number and s.family = 'order'
    where s.status = 'FAILED' and s.resolution is null and d.status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT')
    order by o.id limit ?";
// facts are forgotten in the order of their ids, which several writers do not give in the order of their times: near the
// oldest one that is kept, a minute is left out, unless nothing was forgotten yet
const UNTOLD: &str = "select o.order_number from orders o
    where (o.created_at > (select min(e.created_at) from outbox e) + 60000 or (select min(e.id) from outbox e) = 1)
      and not exists (select 1 from outbox e
                       where e.event_key = o.order_number and e.topic = 'shopping.order.created')
    order by o.id limit ?";

const OWN: &[&str] = &[
    WITHOUT_SAGA,
    CONTRADICTING,
    WRONG_MONEY,
    PAID_WITHOUT_GOODS,
    GIVEN_UP_WITH_GOODS,
    HELD_BY_NOBODY,
    SENT_TO_NOBODY,
    UNTOLD,
];

/// Every statement of this crate.
pub const STATEMENTS: &[&[&str]] = &[OWN, late::STATEMENTS, webhook::STATEMENTS];

/// What does not fit together.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    found
        .extend(tx.query(WITHOUT_SAGA, args![TOLD_MAX], |row| told("every order has a saga", row, "none".to_owned()))?);
    found.extend(tx.query(CONTRADICTING, args![TOLD_MAX], |row| {
        let what = format!("order {}, saga {}", row.get::<String>(1)?, row.get::<String>(2)?);
        told("an order and its saga agree", row, what)
    })?);
    found.extend(tx.query(WRONG_MONEY, args![TOLD_MAX], |row| {
        let (payable, captured, refunded): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let status: String = row.get(1)?;
        let what = format!("{status}: payable {payable}, captured {captured}, refunded {refunded}");
        told("money taken is what the order costs, and all of it goes back when it is given up", row, what)
    })?);
    found.extend(tx.query(PAID_WITHOUT_GOODS, args![TOLD_MAX], |row| {
        told("a PAID order has its goods and its parcel", row, "not so".to_owned())
    })?);
    found.extend(tx.query(GIVEN_UP_WITH_GOODS, args![TOLD_MAX], |row| {
        told("an order that was given up has no goods", row, row.get::<String>(1)?)
    })?);
    found.extend(tx.query(HELD_BY_NOBODY, args![TOLD_MAX], |row| {
        told("stock is held only for orders that wait", row, row.get::<String>(1)?)
    })?);
    found.extend(tx.query(SENT_TO_NOBODY, args![TOLD_MAX], |row| {
        told("the parcel of an order that was given up is stopped", row, row.get::<String>(1)?)
    })?);
    found.extend(tx.query(UNTOLD, args![TOLD_MAX], |row| told("every order was told of", row, "no event".to_owned()))?);
    Ok(found)
}

fn told(rule: &'static str, row: &Row<'_>, what: String) -> Result<Violation> {
    Ok(Violation::new(rule, row.get::<String>(0)?, what))
}
