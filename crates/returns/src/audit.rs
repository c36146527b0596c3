//! Audit of returns: statuses with their data, and lines of which everything that was received is accounted for. What they have to do
//! with orders, stock, parcels and money is checked by `checkout`, which moves those.

use store::{
    Check,
    audit::{Changed, Keys},
};

const WRONG_STATES: &str = "select r.return_number, r.kind, r.status from return_requests r
    where r.id between ? and ?
      and ((r.status in ('REFUNDED', 'EXCHANGED', 'REJECTED', 'WITHDRAWN')) <> (r.ended_at is not null)
        or (r.status = 'REFUNDED') <> (r.refunded is not null)
        or (r.status = 'REFUNDED') <> (r.points_restored is not null)
        or (r.status = 'EXCHANGED') <> (r.replacement is not null)
        or (r.status = 'REJECTED') <> (r.end_reason is not null)
        or (r.status in ('RECEIVED', 'REFUNDED', 'EXCHANGED')) <> (r.received_at is not null)
        or (r.status = 'COLLECTED' and r.collected_at is null)
        or (r.status in ('APPROVED', 'COLLECTED', 'RECEIVED', 'REFUNDED', 'EXCHANGED') and r.approved_at is null)
        or (r.kind = 'RETURN' and (r.replacement_held <> 0 or r.replacement is not null))
        or (r.replacement_held <> 0 and r.status not in ('APPROVED', 'COLLECTED', 'RECEIVED'))
        or r.fee < 0 or coalesce(r.refunded, 0) < 0 or coalesce(r.points_restored, 0) < 0
        or r.status not in ('REQUESTED', 'APPROVED', 'COLLECTED', 'RECEIVED', 'REFUNDED', 'EXCHANGED', 'REJECTED', 'WITHDRAWN'))
    order by r.id limit ?";
const WITHOUT_LINES: &str = "select r.return_number from return_requests r
    where r.id between ? and ? and not exists (select 1 from return_lines l where l.return_id = r.id)
    order by r.id limit ?";
const WRONG_LINES: &str = "select r.return_number, l.line_number, l.units, coalesce(l.restocked, -1), coalesce(l.written_off, -1)
    from return_requests r join return_lines l on l.return_id = r.id
    where r.id between ? and ?
      and (l.units < 1 or (r.received_at is not null) <> (l.restocked is not null)
        or (l.restocked is null) <> (l.written_off is null)
        or (l.restocked is not null and (l.restocked < 0 or l.written_off < 0 or l.restocked + l.written_off <> l.units))
        or (r.kind = 'EXCHANGE') <> (l.replacement_variant is not null))
    order by r.id, l.line_number limit ?";

const RETURNS: Keys = Keys {
    table: "return_requests",
    column: "id",
    changed: Changed::Dated { table: "return_requests", at: "updated_at", key: "id" },
};

/// What must hold for returns.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a return has the data of its status",
        over: Some(RETURNS),
        sql: WRONG_STATES,
        given: &[],
        subject: "{}",
        found: "{} in {} without its data, or with another status's",
    },
    Check {
        rule: "a return has lines",
        over: Some(RETURNS),
        sql: WITHOUT_LINES,
        given: &[],
        subject: "{}",
        found: "none",
    },
    Check {
        rule: "what was received of a return can be sold again or is written off",
        over: Some(RETURNS),
        sql: WRONG_LINES,
        given: &[],
        subject: "{} line {}",
        found: "{} units, {} restocked, {} written off",
    },
];
