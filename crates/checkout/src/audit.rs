//! What must hold between orders, money, stock, parcels and sagas. Each domain checks its own promises; these checks compare
//! the tables of several domains.

use crate::{flow::ORDER, late, webhook};
use events::OrderCreated;
use kernel::Event;
use store::{
    Check,
    audit::{Changed, Given, Keys},
    concatcp,
};

const WITHOUT_SAGA: &str = "select o.order_number from orders o
    where o.id between ? and ? and not exists (select 1 from saga_runs s
                       where s.event_key = o.order_number and s.family = ?)
    order by o.id limit ?";
const CONTRADICTING: &str = "select o.order_number, o.status, s.status
    from orders o join saga_runs s on s.event_key = o.order_number
    where o.id between ? and ? and s.family = ?
      and ((s.status = 'COMPLETED' and o.status not in ('PAID', 'SHIPPING', 'DELIVERED', 'REFUNDED'))
        or (s.status = 'FAILED' and o.status not in ('CANCELLED', 'REFUNDED'))
        or (s.status = 'STARTED' and o.status not in ('PENDING', 'CONFIRMED')))
    order by o.id limit ?";
// what excuses an order is looked up only for the few that need an excuse; so it is in the checks below
const WRONG_MONEY: &str = "select t.order_number, t.status, t.payable, t.captured, t.refunded from (
        select o.id, o.order_number, o.status, o.payable,
               cast(coalesce(sum(p.captured), 0) as {bigint}) as captured,
               cast(coalesce(sum(p.refunded), 0) as {bigint}) as refunded
          from orders o left join payments p on p.order_number = o.order_number
         where o.id between ? and ?
         group by o.id, o.order_number, o.status, o.payable
        having (o.status in ('PENDING', 'CONFIRMED', 'CANCELLED', 'REFUNDED')
                and coalesce(sum(p.captured), 0) <> coalesce(sum(p.refunded), 0))
            or (o.status in ('PAID', 'SHIPPING', 'DELIVERED')
                and (coalesce(sum(case when p.live_key is not null then p.captured else 0 end), 0) <> o.payable
                  or coalesce(sum(case when p.live_key is null then p.captured - p.refunded else 0 end), 0) <> 0))) t
    where not exists (select 1 from saga_runs s where s.event_key = t.order_number
                         and (s.status in ('COMPENSATING', 'COMPENSATION_FAILED') or s.resolution is not null
                           or (s.status = 'STARTED' and s.family <> ?)))
      and not exists (select 1 from payments q join abandoned_charges a on a.payment_number = q.payment_number
                       where q.order_number = t.order_number)
    order by t.id limit ?";
const PAID_WITHOUT_GOODS: &str = "select o.order_number from orders o
    where o.id between ? and ? and coalesce(o.status, '') = 'PAID'
      and (not exists (select 1 from inventory_reservations r
                        where r.order_number = o.order_number and r.state = 'COMMITTED')
        or exists (select 1 from inventory_reservations r where r.order_number = o.order_number and r.state = 'LIVE')
        or not exists (select 1 from deliveries d where d.order_number = o.order_number and d.status <> 'CANCELLED'))
      and exists (select 1 from saga_runs s where s.event_key = o.order_number and s.family = ?
                     and s.status = 'COMPLETED')
    order by o.id limit ?";
// A failed saga of an order with another status is found by the check that compares the two. `coalesce` keeps planners from the
// index on the status: the range leads to the rows.
const CANCELLED_WITH_GOODS: &str = "select o.order_number, o.status from orders o
    join saga_runs s on s.event_key = o.order_number
    where o.id between ? and ? and coalesce(o.status, '') in ('CANCELLED', 'REFUNDED')
      and s.family = ? and s.status = 'FAILED' and s.resolution is null
      and exists (select 1 from inventory_reservations r
                   where r.order_number = o.order_number and r.state in ('LIVE', 'COMMITTED'))
    order by o.id limit ?";
const RESERVED_FOR_NOTHING: &str = "select r.order_number, r.state from inventory_reservations r
    where r.order_number between ? and ? and r.state = 'LIVE' and not exists (select 1 from orders o where o.order_number = r.order_number
                                              and o.status in ('PENDING', 'CONFIRMED'))
      and not exists (select 1 from saga_runs s where s.event_key = r.order_number and s.family = ?
                         and s.status in ('COMPENSATING', 'COMPENSATION_FAILED'))
    order by r.order_number limit ?";
const SENT_AFTER_CANCELLATION: &str =
    "select o.order_number, d.status from orders o join deliveries d on d.order_number = o.order_number
    join saga_runs s on s.event_key = o.order_number
    where o.id between ? and ? and coalesce(o.status, '') in ('CANCELLED', 'REFUNDED')
      and s.family = ? and s.status = 'FAILED' and s.resolution is null
      and d.status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT')
    order by o.id limit ?";
/// The only parcel with goods of its order.
const ALONE: &str = " and d.purpose = 'ORDER' and not exists (select 1 from deliveries p
        where p.order_number = d.order_number and p.purpose = 'ORDER' and p.id <> d.id)";
const PARCEL_ELSEWHERE: &str = concatcp!(
    "select o.order_number, o.status, d.status from orders o
    join deliveries d on d.order_number = o.order_number
    where o.id between ? and ? and not ((o.status = 'PAID' and d.status = 'PREPARING')
            or (o.status = 'SHIPPING' and d.status in ('SHIPPED', 'IN_TRANSIT', 'RETURNED'))
            or (o.status = 'DELIVERED' and d.status in ('DELIVERED', 'RETURNED'))
            or (o.status = 'REFUNDED' and d.status <> 'PREPARING')
            or (o.status = 'CANCELLED' and d.status = 'CANCELLED'))",
    ALONE,
    "
      and not exists (select 1 from saga_runs s where s.event_key = o.order_number and s.family = ?
                         and (s.status in ('COMPENSATING', 'COMPENSATION_FAILED') or s.resolution is not null))
    order by o.id limit ?"
);
const GOODS_ELSEWHERE: &str = concatcp!(
    "select o.order_number, d.status, r.state from orders o
    join deliveries d on d.order_number = o.order_number
    join inventory_reservations r on r.order_number = o.order_number
    where o.id between ? and ? and ((d.status in ('CANCELLED', 'RETURNED') and d.returned_by_hand = 0 and r.state = 'COMMITTED')
        or (d.status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT', 'DELIVERED') and r.state in ('RETURNED', 'RELEASED')))",
    ALONE,
    "
      and not exists (select 1 from saga_runs s where s.event_key = o.order_number and s.family = ?
                         and (s.status in ('COMPENSATING', 'COMPENSATION_FAILED') or s.resolution is not null))
    order by o.id limit ?"
);
// an order with several parcels is where they are together
const PARCELS_ELSEWHERE: &str = "select o.order_number, o.status, count(*) from orders o
    join deliveries d on d.order_number = o.order_number and d.purpose = 'ORDER'
    where o.id between ? and ?
      and not exists (select 1 from saga_runs s where s.event_key = o.order_number and s.family = ?
                         and (s.status in ('COMPENSATING', 'COMPENSATION_FAILED') or s.resolution is not null))
    group by o.id, o.order_number, o.status
    having count(*) > 1 and not
        ((o.status = 'PAID' and sum(case when d.status = 'PREPARING' then 0 else 1 end) = 0)
      or (o.status = 'SHIPPING' and sum(case when d.status in ('PREPARING', 'CANCELLED') then 0 else 1 end) > 0
          and (sum(case when d.status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT') then 1 else 0 end) > 0
            or sum(case when d.status = 'DELIVERED' then 1 else 0 end) = 0))
      or (o.status = 'DELIVERED' and sum(case when d.status in ('PREPARING', 'SHIPPED', 'IN_TRANSIT') then 1 else 0 end) = 0)
      or (o.status = 'REFUNDED' and sum(case when d.status = 'PREPARING' then 1 else 0 end) = 0)
      or (o.status = 'CANCELLED' and sum(case when d.status = 'CANCELLED' then 0 else 1 end) = 0))
    order by o.id limit ?";
const PACKED_TWICE: &str =
    "select o.order_number, i.line_number, i.quantity, cast(sum(l.units) as {bigint}) from orders o
    join deliveries d on d.order_number = o.order_number and d.purpose = 'ORDER'
    join delivery_lines l on l.delivery_id = d.id
    join order_items i on i.order_id = o.id and i.line_number = l.line_number
    where o.id between ? and ? group by o.id, o.order_number, i.line_number, i.quantity
    having sum(l.units) > i.quantity order by o.id, i.line_number limit ?";
// a return of the range, and all of its order's returns of the same line
const SENT_BACK_TWICE: &str =
    "select r.return_number, l.line_number, coalesce(i.quantity, 0), cast(sum(m.units) as {bigint})
    from return_requests r join return_lines l on l.return_id = r.id
    left join orders o on o.order_number = r.order_number
    left join order_items i on i.order_id = o.id and i.line_number = l.line_number
    join return_requests a on a.order_number = r.order_number and a.status not in ('REJECTED', 'WITHDRAWN')
    join return_lines m on m.return_id = a.id and m.line_number = l.line_number
    where r.id between ? and ? and r.status not in ('REJECTED', 'WITHDRAWN')
    group by r.id, r.return_number, l.line_number, i.quantity
    having sum(m.units) > coalesce(i.quantity, 0) order by r.id, l.line_number limit ?";
const RETURN_OTHER_MONEY: &str = "select r.return_number, r.refunded, cast(coalesce(sum(f.amount), 0) as {bigint})
    from return_requests r left join return_refunds x on x.return_id = r.id
    left join refunds f on f.id = x.refund_id and f.status = 'COMPLETED'
    where r.id between ? and ? and r.status = 'REFUNDED' group by r.id, r.return_number, r.refunded
    having r.refunded <> coalesce(sum(f.amount), 0) order by r.id limit ?";
// a return of the range, and all of its order's returns
const MORE_POINTS_THAN_USED: &str =
    "select r.return_number, o.points_used, cast(sum(a.points_restored) as {bigint}) from return_requests r
    join orders o on o.order_number = r.order_number
    join return_requests a on a.order_number = r.order_number and a.status = 'REFUNDED'
    where r.id between ? and ? and r.status = 'REFUNDED' group by r.id, r.return_number, o.points_used
    having sum(a.points_restored) > o.points_used order by r.id limit ?";
const EXCHANGED_FOR_NOTHING: &str = "select r.return_number, r.replacement from return_requests r
    where r.id between ? and ? and r.status = 'EXCHANGED' and not exists (select 1 from deliveries d
        where d.tracking_number = r.replacement and d.order_number = r.order_number and d.purpose = 'EXCHANGE')
    order by r.id limit ?";
const REPLACEMENT_ELSEWHERE: &str = "select r.return_number, l.line_number,
        case when r.replacement_held = 1 then l.units else 0 end, cast(coalesce(sum(h.units), 0) as {bigint})
    from return_requests r join return_lines l on l.return_id = r.id
    left join inventory_holds h on h.purpose = 'EXCHANGE' and h.holder = l.id
    where r.id between ? and ? group by r.id, r.return_number, l.line_number, l.units, r.replacement_held
    having coalesce(sum(h.units), 0) <> case when r.replacement_held = 1 then l.units else 0 end
    order by r.id, l.line_number limit ?";
const RESTOCKED_FOR_NOTHING: &str = "select e.variant_id, e.aggregate_version, e.quantity_change, e.reference_id
    from inventory_events e where e.id between ? and ? and e.reference_type = 'RETURN'
      and not exists (select 1 from return_requests r join return_lines l on l.return_id = r.id
                       where r.return_number = e.reference_id and l.variant_id = e.variant_id and l.restocked > 0)
    order by e.id limit ?";
// a refund of the range, and all of its order's refunds of the same line
const LINE_REFUNDED_TOO_MUCH: &str = "select r.order_number, l.line_number, i.quantity,
        i.subtotal - i.coupon_discount - i.points_used, cast(sum(m.units) as {bigint}), cast(sum(m.amount) as {bigint})
    from refunds r join refund_lines l on l.refund_id = r.id
    join orders o on o.order_number = r.order_number
    join order_items i on i.order_id = o.id and i.line_number = l.line_number
    join refunds a on a.order_number = r.order_number and a.status <> 'FAILED'
    join refund_lines m on m.refund_id = a.id and m.line_number = l.line_number
    where r.id between ? and ? and r.status <> 'FAILED'
    group by r.id, r.order_number, l.line_number, i.quantity, i.subtotal, i.coupon_discount, i.points_used
    having sum(m.units) > i.quantity or sum(m.amount) > i.subtotal - i.coupon_discount - i.points_used
    order by r.id, l.line_number limit ?";
const REFUNDED_BESIDE_LINES: &str = "select r.order_number, r.amount, cast(sum(l.amount) as {bigint}), o.shipping_fee
    from refunds r join refund_lines l on l.refund_id = r.id join orders o on o.order_number = r.order_number
    where r.id between ? and ? and r.status <> 'FAILED'
    group by r.id, r.order_number, r.amount, o.shipping_fee
    having r.amount - sum(l.amount) > o.shipping_fee
    order by r.id limit ?";
const REFUND_OF_NO_RUN: &str = "select r.id, r.order_number, r.amount from refunds r
    where r.id between ? and ? and coalesce(r.status, '') = 'PROCESSING' and not exists (select 1 from saga_runs s
                       where s.event_key = r.order_number and s.status in ('STARTED', 'COMPENSATING', 'COMPENSATION_FAILED'))
    order by r.id limit ?";
const REFUND_OF_NO_LINE: &str = "select r.order_number, l.line_number from refunds r
    join refund_lines l on l.refund_id = r.id
    where r.id between ? and ? and not exists (select 1 from orders o join order_items i on i.order_id = o.id
                       where o.order_number = r.order_number and i.line_number = l.line_number)
    order by r.id, l.line_number limit ?";
const COUPON_ELSEWHERE: &str = "select u.id, u.order_number, coalesce(o.status, '-'), coalesce(s.status, '-')
    from user_coupons u
    left join orders o on o.order_number = u.order_number
    left join saga_runs s on s.event_key = u.order_number and s.family = 'order'
    where u.id between ? and ? and u.order_number is not null
      and (o.id is null or s.status is null or o.user_id <> u.user_id or coalesce(o.user_coupon_id, 0) <> u.id
        or (s.status = 'FAILED' and s.resolution is null))
    order by u.id limit ?";
const COUPON_NOT_USED: &str = "select o.order_number, s.status, o.user_coupon_id, coalesce(u.order_number, '-')
    from orders o join saga_runs s on s.event_key = o.order_number
    left join user_coupons u on u.id = o.user_coupon_id
    where o.id between ? and ? and s.family = ? and s.status in ('STARTED', 'COMPLETED') and o.user_coupon_id is not null
      and (u.order_number is null or u.order_number <> o.order_number)
    order by o.id limit ?";
const DEAL_ELSEWHERE: &str = "select u.order_number, coalesce(o.status, '-'), coalesce(s.status, '-')
    from time_deal_purchases u
    left join orders o on o.order_number = u.order_number
    left join saga_runs s on s.event_key = u.order_number and s.family = 'order'
    where u.id between ? and ? and s.resolution is null
      and (o.id is null or s.status is null
        or (u.returned_at is null and s.status = 'FAILED')
        or (u.returned_at is not null and s.status in ('STARTED', 'COMPLETED'))
        or not exists (select 1 from order_items i where i.order_id = o.id
                          and i.quantity = u.quantity and i.unit_price = u.unit_price))
    order by u.id limit ?";
const HELD_ELSEWHERE: &str =
    "select p.id, p.deal_quantity, p.sold_quantity, cast(coalesce(sum(h.units), 0) as {bigint})
    from time_deal_products p join time_deals d on d.id = p.deal_id
    left join inventory_holds h on h.purpose = 'TIME_DEAL' and h.holder = p.id
    where p.id between ? and ?
    group by p.id, p.deal_quantity, p.sold_quantity, d.held_apart, d.closed_at
    having coalesce(sum(h.units), 0)
          <> case when d.held_apart = 1 and d.closed_at is null then p.deal_quantity - p.sold_quantity else 0 end
    order by p.id limit ?";
const HELD_FOR_NOTHING: &str = "select h.holder, h.units from inventory_holds h
    where h.snapshot_id between ? and ? and h.units > 0
      and not exists (select 1 from time_deal_products p where p.id = h.holder and h.purpose = 'TIME_DEAL')
      and not exists (select 1 from return_lines l where l.id = h.holder and h.purpose = 'EXCHANGE')
    order by h.snapshot_id, h.holder limit ?";
const OTHER_IN_WALLET: &str = "select p.payment_number, p.status, p.amount from payments p
    where p.id between ? and ? and p.method = 'BALANCE'
      and (not exists (select 1 from wallet_entries e where e.user_id = p.user_id and e.account = 'BALANCE'
              and e.kind = 'PAYMENT' and e.reference = p.payment_number and e.amount = -p.amount)
        or (p.status in ('FAILED', 'CANCELLED')) <> exists (select 1 from wallet_entries e where e.user_id = p.user_id
              and e.account = 'BALANCE' and e.kind = 'RELEASE' and e.reference = p.payment_number and e.amount = p.amount))
    order by p.id limit ?";
const REFUND_OTHER_IN_WALLET: &str = "select r.id, r.status, r.amount from refunds r
    join payments p on p.payment_number = r.payment_number
    where r.id between ? and ? and p.method = 'BALANCE'
      and (r.status = 'COMPLETED') <> exists (select 1 from wallet_entries e where e.user_id = p.user_id
              and e.account = 'BALANCE' and e.kind = 'REFUND' and e.reference = concat('RF-', r.id) and e.amount = r.amount)
    order by r.id limit ?";
const CHANNEL_WITHOUT_ORDER: &str = "select p.payment_number, p.order_number from payments p
    where p.id between ? and ? and p.method = 'CHANNEL'
      and not exists (select 1 from channel_orders c where c.order_number = p.order_number)
    order by p.id limit ?";
// Old events are deleted in the order of their ids. Several writers do not give ids in the order of their times, so the first
// minute of what is kept is left out, unless nothing was deleted yet.
const WITHOUT_EVENT: &str = concatcp!(
    "select o.order_number from orders o
    where o.id between ? and ?
      and (o.created_at > (select e.created_at from outbox e where e.id = (select min(f.id) from outbox f)) + 60000
        or (select min(e.id) from outbox e) = 1)
      and not exists (select 1 from outbox e
                       where e.event_key = o.order_number and e.topic = '",
    OrderCreated::TOPIC,
    "')
    order by o.id limit ?"
);

/// The family of the sagas of orders.
const OF_ORDERS: &[Given] = &[Given::Text(ORDER.family())];

/// Orders, and those that an event names.
const ORDERS: Keys = Keys::named("orders", "order_number");
/// Reservations, and those of orders that an event names.
const RESERVATIONS: Keys = Keys {
    table: "inventory_reservations",
    column: "order_number",
    changed: Changed::Named { table: "inventory_reservations", name: "order_number", key: "order_number" },
};
/// What was bought in time deals, and that of orders that an event names.
const PURCHASES: Keys = Keys::named("time_deal_purchases", "order_number");
/// The users' coupons that were issued, used or given back.
const COUPONS: Keys = Keys {
    table: "user_coupons",
    column: "id",
    changed: Changed::Dated { table: "user_coupons", at: "changed_at", key: "id" },
};
/// Returns that changed.
const RETURNS: Keys = Keys {
    table: "return_requests",
    column: "id",
    changed: Changed::Dated { table: "return_requests", at: "updated_at", key: "id" },
};
const EVENTS: Keys = Keys { table: "inventory_events", column: "id", changed: Changed::Added };
const DEAL_PRODUCTS: Keys = Keys { table: "time_deal_products", column: "id", changed: Changed::All };
const HOLDS: Keys = Keys { table: "inventory_holds", column: "snapshot_id", changed: Changed::All };
/// Payments, and those of orders that an event names.
const PAYMENTS: Keys = Keys::named("payments", "order_number");
/// Refunds, and those of orders that an event names.
const REFUNDS: Keys = Keys::named("refunds", "order_number");

/// What must hold between several domains.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "every order has a saga",
        over: Some(ORDERS),
        sql: WITHOUT_SAGA,
        given: OF_ORDERS,
        subject: "{}",
        found: "none",
    },
    Check {
        rule: "an order and its saga agree",
        over: Some(ORDERS),
        sql: CONTRADICTING,
        given: OF_ORDERS,
        subject: "{}",
        found: "order {}, saga {}",
    },
    Check {
        rule: "money taken is what the order costs, and all of it goes back when the order is cancelled",
        over: Some(ORDERS),
        sql: WRONG_MONEY,
        given: OF_ORDERS,
        subject: "{}",
        found: "{}: payable {}, captured {}, refunded {}",
    },
    Check {
        rule: "a PAID order has its goods and its parcel",
        over: Some(ORDERS),
        sql: PAID_WITHOUT_GOODS,
        given: OF_ORDERS,
        subject: "{}",
        found: "goods or parcel are missing",
    },
    Check {
        rule: "a cancelled order has no goods",
        over: Some(ORDERS),
        sql: CANCELLED_WITH_GOODS,
        given: OF_ORDERS,
        subject: "{}",
        found: "it is {}",
    },
    Check {
        rule: "stock is reserved only for orders that wait for their payment",
        over: Some(RESERVATIONS),
        sql: RESERVED_FOR_NOTHING,
        given: OF_ORDERS,
        subject: "{}",
        found: "a reservation is {}",
    },
    Check {
        rule: "the parcel of a cancelled order is stopped",
        over: Some(ORDERS),
        sql: SENT_AFTER_CANCELLATION,
        given: OF_ORDERS,
        subject: "{}",
        found: "it is {}",
    },
    Check {
        rule: "an order and its parcel agree",
        over: Some(ORDERS),
        sql: PARCEL_ELSEWHERE,
        given: OF_ORDERS,
        subject: "{}",
        found: "order {}, parcel {}",
    },
    Check {
        rule: "goods are in stock again exactly when their parcel was stopped or came back",
        over: Some(ORDERS),
        sql: GOODS_ELSEWHERE,
        given: OF_ORDERS,
        subject: "{}",
        found: "parcel {}, goods {}",
    },
    Check {
        rule: "an order with several parcels is where they are",
        over: Some(ORDERS),
        sql: PARCELS_ELSEWHERE,
        given: OF_ORDERS,
        subject: "{}",
        found: "order {}, {} parcels",
    },
    Check {
        rule: "the parcels of an order have no more than was bought",
        over: Some(ORDERS),
        sql: PACKED_TWICE,
        given: &[],
        subject: "{} line {}",
        found: "{} units, {} in further parcels",
    },
    Check {
        rule: "no more units of a line are sent back than were bought",
        over: Some(RETURNS),
        sql: SENT_BACK_TWICE,
        given: &[],
        subject: "{} line {}",
        found: "{} bought, {} sent back",
    },
    Check {
        rule: "a refunded return got what its refunds gave back",
        over: Some(RETURNS),
        sql: RETURN_OTHER_MONEY,
        given: &[],
        subject: "{}",
        found: "{}, by its refunds {}",
    },
    Check {
        rule: "returns bring back no more points than their order used",
        over: Some(RETURNS),
        sql: MORE_POINTS_THAN_USED,
        given: &[],
        subject: "{}",
        found: "{} used, {} back",
    },
    Check {
        rule: "an exchange ends with a parcel of its order",
        over: Some(RETURNS),
        sql: EXCHANGED_FOR_NOTHING,
        given: &[],
        subject: "{}",
        found: "parcel {}",
    },
    Check {
        rule: "an exchange that was approved keeps its replacement until it is sent",
        over: Some(RETURNS),
        sql: REPLACEMENT_ELSEWHERE,
        given: &[],
        subject: "{} line {}",
        found: "{} units are to be kept, {} are",
    },
    Check {
        rule: "what returns brought into stock was received",
        over: Some(EVENTS),
        sql: RESTOCKED_FOR_NOTHING,
        given: &[],
        subject: "variant {} version {}",
        found: "{} units for {}",
    },
    Check {
        rule: "a line never gets back more than it cost",
        over: Some(REFUNDS),
        sql: LINE_REFUNDED_TOO_MUCH,
        given: &[],
        subject: "{} line {}",
        found: "{} units for {}, of which {} units and {} go back",
    },
    Check {
        rule: "beside its lines a refund has at most the shipping fee",
        over: Some(REFUNDS),
        sql: REFUNDED_BESIDE_LINES,
        given: &[],
        subject: "{}",
        found: "{} go back, {} of them for lines; the shipping fee was {}",
    },
    Check {
        rule: "an open refund has a run that asks for it",
        over: Some(REFUNDS),
        sql: REFUND_OF_NO_RUN,
        given: &[],
        subject: "refund {}",
        found: "of {}: {} claimed",
    },
    Check {
        rule: "money goes back for lines that the order has",
        over: Some(REFUNDS),
        sql: REFUND_OF_NO_LINE,
        given: &[],
        subject: "{}",
        found: "line {}",
    },
    Check {
        rule: "a used coupon was used by its user in an order that lives, and an order that died has given it back",
        over: Some(COUPONS),
        sql: COUPON_ELSEWHERE,
        given: &[],
        subject: "user coupon {}",
        found: "used in {}: order {}, saga {}",
    },
    Check {
        rule: "an order that lives has used its coupon, and no other order has",
        over: Some(ORDERS),
        sql: COUPON_NOT_USED,
        given: OF_ORDERS,
        subject: "{}",
        found: "saga {}; its coupon {} is used in {}",
    },
    Check {
        rule: "what was bought in a time deal is bought while its order lives, and comes back when it dies",
        over: Some(PURCHASES),
        sql: DEAL_ELSEWHERE,
        given: &[],
        subject: "{}",
        found: "order {}, saga {}",
    },
    Check {
        rule: "a time deal that holds its units apart has those in stock that it did not sell",
        over: Some(DEAL_PRODUCTS),
        sql: HELD_ELSEWHERE,
        given: &[],
        subject: "time deal product {}",
        found: "of {}, {} sold, {} held",
    },
    Check {
        rule: "stock is held only for products of time deals and for replacements",
        over: Some(HOLDS),
        sql: HELD_FOR_NOTHING,
        given: &[],
        subject: "holder {}",
        found: "{} units",
    },
    Check {
        rule: "what a balance pays is booked in its wallet, and comes back when the payment comes to nothing",
        over: Some(PAYMENTS),
        sql: OTHER_IN_WALLET,
        given: &[],
        subject: "{}",
        found: "{}: {}",
    },
    Check {
        rule: "what is given back into a balance is booked in its wallet",
        over: Some(REFUNDS),
        sql: REFUND_OTHER_IN_WALLET,
        given: &[],
        subject: "refund {}",
        found: "{}: {}",
    },
    Check {
        rule: "money that a sales channel took belongs to an order that was placed there",
        over: Some(PAYMENTS),
        sql: CHANNEL_WITHOUT_ORDER,
        given: &[],
        subject: "{}",
        found: "{} was not placed elsewhere",
    },
    Check {
        rule: "every order was published",
        over: Some(ORDERS),
        sql: WITHOUT_EVENT,
        given: &[],
        subject: "{}",
        found: "it has no event",
    },
];

/// Every other statement of this crate.
pub const STATEMENTS: &[&[&str]] = &[late::STATEMENTS, webhook::STATEMENTS];
