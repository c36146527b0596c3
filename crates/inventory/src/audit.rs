//! Audit of stock (docs/RULES.md, invariant 1). A popular variant has millions of events and reservations, so nothing is summed
//! up: each event begins where the one before it ended, the snapshot is what its last event left, and each reservation has its
//! events, each event of an order its reservation. From this follows, event by event, that the snapshot is the fold of its
//! events, that received + returned + adjusted = total + sold, and that reserved is the sum of the live reservations.

use crate::movement::Kind;
use store::{
    Check,
    audit::{Changed, Keys},
};

/// Events whose changes do not fit their kind, or that leave a negative figure.
const SHAPES: &str = "
    select variant_id, location_code, aggregate_version, event_type, quantity_change, reserved_change
      from inventory_events
     where id between ? and ? and (quantity_after < 0 or reserved_after < 0
        or (event_type = 'RECEIVED' and (quantity_change < 0 or reserved_change <> 0))
        or (event_type = 'RESERVED' and (quantity_change >= 0 or reserved_change <> -quantity_change))
        or (event_type = 'RELEASED' and (quantity_change <= 0 or reserved_change <> -quantity_change))
        or (event_type = 'COMMITTED' and (quantity_change <> 0 or reserved_change >= 0))
        or (event_type = 'RETURNED' and (quantity_change <= 0 or reserved_change <> 0))
        or (event_type = 'ADJUSTED' and (quantity_change = 0 or reserved_change <> 0))
        or event_type not in ('RECEIVED', 'RESERVED', 'RELEASED', 'COMMITTED', 'RETURNED', 'ADJUSTED'))
     order by id limit ?";
const BROKEN_CHAIN: &str = "
    select e.variant_id, e.location_code, e.aggregate_version, e.quantity_after, e.reserved_after,
           b.quantity_after, b.reserved_after
      from inventory_events e
      left join inventory_events b on b.snapshot_id = e.snapshot_id and b.aggregate_version = e.aggregate_version - 1
     where e.id between ? and ?
       and ((b.id is null and e.aggregate_version <> 1)
         or e.quantity_after <> coalesce(b.quantity_after, 0) + e.quantity_change
         or e.reserved_after <> coalesce(b.reserved_after, 0) + e.reserved_change)
     order by e.id limit ?";
const LOST_EVENTS: &str = "
    select e.variant_id, e.location_code, e.aggregate_version from inventory_events e
     where e.id between ? and ? and not exists (select 1 from inventory_snapshots s where s.id = e.snapshot_id)
     order by e.id limit ?";
const WITHOUT_RESERVATION: &str = "
    select e.variant_id, e.location_code, e.aggregate_version, e.event_type, e.reference_id from inventory_events e
     where e.id between ? and ? and e.event_type in ('RESERVED', 'RELEASED', 'COMMITTED', 'RETURNED')
       and e.reference_type = 'ORDER'
       and not exists (select 1 from inventory_reservations r
                        where r.order_number = e.reference_id and r.snapshot_id = e.snapshot_id
                          and e.aggregate_version = case e.event_type when 'RESERVED' then r.reserved_version
                                                    when 'RETURNED' then r.returned_version
                                                    else r.settled_version end)
     order by e.id limit ?";
const WITHOUT_HOLD: &str = "
    select e.variant_id, e.location_code, e.aggregate_version, e.event_type, e.reference_type, e.reference_id
      from inventory_events e
     where e.id between ? and ? and e.event_type in ('RESERVED', 'RELEASED')
       and e.reference_type not in ('ORDER', 'ADMIN', 'SYSTEM')
       and not exists (select 1 from inventory_holds h
                        where h.snapshot_id = e.snapshot_id and h.purpose = e.reference_type
                          and concat('', h.holder) = e.reference_id)
     order by e.id limit ?";
const NEGATIVE: &str = "
    select variant_id, location_code, available, reserved from inventory_snapshots
     where id between ? and ? and (available < 0 or reserved < 0) order by id limit ?";
const NOT_ITS_EVENTS: &str = "
    select s.variant_id, s.location_code, s.available, s.reserved, s.version, e.quantity_after, e.reserved_after
      from inventory_snapshots s
      left join inventory_events e on e.snapshot_id = s.id and e.aggregate_version = s.version
     where s.id between ? and ?
       and (e.id is null or s.available <> e.quantity_after or s.reserved <> e.reserved_after
         or exists (select 1 from inventory_events n where n.snapshot_id = s.id and n.aggregate_version > s.version))
     order by s.id limit ?";
const LOST_RESERVATIONS: &str = "
    select r.order_number from inventory_reservations r
     where r.order_number between ? and ?
       and not exists (select 1 from inventory_snapshots s where s.id = r.snapshot_id)
     order by r.order_number limit ?";
// `case` takes what is null for false, so that a missing event is found
const NOT_IN_LEDGER: &str = "
    select r.order_number, r.line_no, r.state, r.quantity, t.event_type, c.event_type, b.event_type
      from inventory_reservations r
      left join inventory_events t on t.snapshot_id = r.snapshot_id and t.aggregate_version = r.reserved_version
      left join inventory_events c on c.snapshot_id = r.snapshot_id and c.aggregate_version = r.settled_version
      left join inventory_events b on b.snapshot_id = r.snapshot_id and b.aggregate_version = r.returned_version
     where r.order_number between ? and ?
       and case when t.event_type = 'RESERVED' and t.reserved_change = r.quantity and t.reference_id = r.order_number
                 and (r.settled_version is null or c.reference_id = r.order_number)
                 and (r.returned_version is null or b.reference_id = r.order_number)
                 and ((r.state = 'LIVE' and r.settled_version is null)
                   or (r.state = 'RELEASED' and c.event_type = 'RELEASED' and c.quantity_change = r.quantity)
                   or (r.state in ('COMMITTED', 'RETURNED') and c.event_type = 'COMMITTED'
                       and c.reserved_change = -r.quantity))
                 and ((r.state <> 'RETURNED' and r.returned_version is null)
                   or (r.state = 'RETURNED' and b.event_type = 'RETURNED' and b.quantity_change = r.quantity))
                then 0 else 1 end = 1
     order by r.order_number, r.line_no limit ?";
const RESERVED_TWICE: &str = "
    select r.order_number, r.line_no, o.line_no from inventory_reservations r
      join inventory_reservations o on o.order_number = r.order_number and o.line_no < r.line_no
     where r.order_number between ? and ? and o.snapshot_id = r.snapshot_id
     order by r.order_number, r.line_no limit ?";

const EVENTS: Keys = Keys { table: "inventory_events", column: "id", changed: Changed::Added };
const SNAPSHOTS: Keys = Keys { table: "inventory_snapshots", column: "id", changed: Changed::All };
const RESERVATIONS: Keys = Keys {
    table: "inventory_reservations",
    column: "order_number",
    changed: Changed::Named { table: "inventory_reservations", name: "order_number", key: "order_number" },
};

/// What must hold of stock.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "an event changes what its kind changes, and leaves nothing below zero",
        over: Some(EVENTS),
        sql: SHAPES,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "{} changed available by {} and reserved by {}",
    },
    Check {
        rule: "an event begins where the one before it ended, and versions are 1..n without a gap",
        over: Some(EVENTS),
        sql: BROKEN_CHAIN,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "it left available {} reserved {}; before it they were {} and {}",
    },
    Check {
        rule: "every event belongs to a snapshot",
        over: Some(EVENTS),
        sql: LOST_EVENTS,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "no snapshot",
    },
    Check {
        rule: "what orders took in the ledger is reserved for them",
        over: Some(EVENTS),
        sql: WITHOUT_RESERVATION,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "{} for {}, which has no such reservation",
    },
    Check {
        rule: "what was kept apart in the ledger is held for somebody",
        over: Some(EVENTS),
        sql: WITHOUT_HOLD,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "{} for {} {}, which holds nothing there",
    },
    Check {
        rule: "available and reserved are never negative",
        over: Some(SNAPSHOTS),
        sql: NEGATIVE,
        given: &[],
        subject: "variant {} at {}",
        found: "available {} reserved {}",
    },
    Check {
        rule: "the snapshot is the fold of its events",
        over: Some(SNAPSHOTS),
        sql: NOT_ITS_EVENTS,
        given: &[],
        subject: "variant {} at {}",
        found: "available {} reserved {} version {}; that event left available {} reserved {}",
    },
    Check {
        rule: "every reservation belongs to a snapshot",
        over: Some(RESERVATIONS),
        sql: LOST_RESERVATIONS,
        given: &[],
        subject: "{}",
        found: "no snapshot",
    },
    Check {
        rule: "a reservation is what the ledger says",
        over: Some(RESERVATIONS),
        sql: NOT_IN_LEDGER,
        given: &[],
        subject: "{} line {}",
        found: "{} {}; in the ledger {}, then {}, then {}",
    },
    Check {
        rule: "an order reserves once at each stock",
        over: Some(RESERVATIONS),
        sql: RESERVED_TWICE,
        given: &[],
        subject: "{}",
        found: "lines {} and {}",
    },
];

// the statements name the kinds as text, so a new kind has to be added there
const _: () = assert!(Kind::ALL.len() == 6);
