//! Audit of stock (docs/RULES.md, invariant 1): a few statements over the whole shop.

use crate::movement::Kind;
use kernel::Result;
use store::{Check, Row, Tx, Violation, args, audit::VIOLATIONS_MAX};

/// Every snapshot with the fold of its events and the sums of its reservations and holds; returns only those that disagree.
pub(crate) const SUMS: &str = "
    select s.variant_id, s.location_code, s.available, s.reserved, s.version,
           coalesce(e.events, 0), coalesce(e.first_version, 0), coalesce(e.last_version, 0),
           coalesce(e.available, 0), coalesce(e.reserved, 0), coalesce(e.came, 0),
           coalesce(e.taken, 0), coalesce(e.sold, 0), coalesce(e.released, 0), coalesce(e.returned, 0),
           coalesce(r.live, 0), coalesce(r.taken, 0), coalesce(r.sold, 0), coalesce(r.released, 0), coalesce(r.returned, 0)
      from inventory_snapshots s
      left join (select snapshot_id, count(*) as events, min(aggregate_version) as first_version,
                        max(aggregate_version) as last_version,
                        cast(sum(quantity_change) as {bigint}) as available,
                        cast(sum(reserved_change) as {bigint}) as reserved,
                        cast(sum(case when event_type in ('RECEIVED', 'RETURNED', 'ADJUSTED')
                                      then quantity_change else 0 end) as {bigint}) as came,
                        cast(sum(case when event_type = 'RESERVED' then reserved_change else 0 end) as {bigint}) as taken,
                        cast(sum(case when event_type = 'COMMITTED' then -reserved_change else 0 end) as {bigint}) as sold,
                        cast(sum(case when event_type = 'RELEASED' then quantity_change else 0 end) as {bigint}) as released,
                        cast(sum(case when event_type = 'RETURNED' then quantity_change else 0 end) as {bigint}) as returned
                   from inventory_events group by snapshot_id) e on e.snapshot_id = s.id
      left join (select snapshot_id,
                        cast(sum(case when state = 'LIVE' then quantity else 0 end) as {bigint}) as live,
                        cast(sum(quantity) as {bigint}) as taken,
                        cast(sum(case when state in ('COMMITTED', 'RETURNED') then quantity else 0 end) as {bigint}) as sold,
                        cast(sum(case when state = 'RELEASED' then quantity else 0 end) as {bigint}) as released,
                        cast(sum(case when state = 'RETURNED' then quantity else 0 end) as {bigint}) as returned
                   from (select snapshot_id, state, quantity from inventory_reservations
                         union all select snapshot_id, 'LIVE', units from inventory_holds
                         union all select snapshot_id, 'RELEASED', released from inventory_holds) kept
                  group by snapshot_id) r on r.snapshot_id = s.id
     where s.available < 0 or s.reserved < 0
        or e.events is null or e.first_version <> 1 or e.events <> e.last_version or s.version <> e.last_version
        or s.available <> e.available or s.reserved <> e.reserved or e.came <> s.available + s.reserved + e.sold
        or s.reserved <> coalesce(r.live, 0) or e.taken <> coalesce(r.taken, 0)
        or e.sold <> coalesce(r.sold, 0) or e.released <> coalesce(r.released, 0) or e.returned <> coalesce(r.returned, 0)
     order by s.variant_id, s.location_code limit ?";
/// Events whose changes do not fit their kind, or that leave a negative figure.
const SHAPES: &str = "
    select variant_id, location_code, aggregate_version, event_type, quantity_change, reserved_change
      from inventory_events
     where quantity_after < 0 or reserved_after < 0
        or (event_type = 'RECEIVED' and (quantity_change < 0 or reserved_change <> 0))
        or (event_type = 'RESERVED' and (quantity_change >= 0 or reserved_change <> -quantity_change))
        or (event_type = 'RELEASED' and (quantity_change <= 0 or reserved_change <> -quantity_change))
        or (event_type = 'COMMITTED' and (quantity_change <> 0 or reserved_change >= 0))
        or (event_type = 'RETURNED' and (quantity_change <= 0 or reserved_change <> 0))
        or (event_type = 'ADJUSTED' and (quantity_change = 0 or reserved_change <> 0))
        or event_type not in ('RECEIVED', 'RESERVED', 'RELEASED', 'COMMITTED', 'RETURNED', 'ADJUSTED')
     order by id limit ?";
const LOST_EVENTS: &str = "
    select distinct variant_id, location_code from inventory_events e
     where not exists (select 1 from inventory_snapshots s where s.id = e.snapshot_id) limit ?";
const LOST_RESERVATIONS: &str = "
    select order_number from inventory_reservations r
     where not exists (select 1 from inventory_snapshots s where s.id = r.snapshot_id) limit ?";

/// One snapshot with everything that must agree with it.
struct Sums {
    subject: String,
    available: i64,
    reserved: i64,
    version: i64,
    events: i64,
    first_version: i64,
    last_version: i64,
    folded_available: i64,
    folded_reserved: i64,
    came: i64,
    taken: i64,
    sold: i64,
    released: i64,
    returned: i64,
    live: i64,
    orders_taken: i64,
    orders_sold: i64,
    orders_released: i64,
    orders_returned: i64,
}

fn sums(row: &Row<'_>) -> Result<Sums> {
    Ok(Sums {
        subject: format!("variant {} at {}", row.next::<i64>()?, row.next::<String>()?),
        available: row.next()?,
        reserved: row.next()?,
        version: row.next()?,
        events: row.next()?,
        first_version: row.next()?,
        last_version: row.next()?,
        folded_available: row.next()?,
        folded_reserved: row.next()?,
        came: row.next()?,
        taken: row.next()?,
        sold: row.next()?,
        released: row.next()?,
        returned: row.next()?,
        live: row.next()?,
        orders_taken: row.next()?,
        orders_sold: row.next()?,
        orders_released: row.next()?,
        orders_returned: row.next()?,
    })
}

impl Sums {
    fn broken(&self) -> Vec<Violation> {
        let total = self.available + self.reserved;
        let rules = [
            ("available and reserved are never negative", self.available >= 0 && self.reserved >= 0),
            (
                "aggregate versions are 1..n without a gap, and the snapshot knows n",
                self.first_version == 1 && self.events == self.last_version && self.version == self.last_version,
            ),
            (
                "the snapshot is the fold of its events",
                self.available == self.folded_available && self.reserved == self.folded_reserved,
            ),
            ("received + returned + adjusted = total + sold", self.came == total + self.sold),
            ("reserved is the sum of the live reservations", self.reserved == self.live),
            (
                "the ledger and the reservations agree on reserved, sold, released and returned units",
                self.in_ledger() == self.in_orders(),
            ),
        ];
        let broken = rules.into_iter().filter(|(_, holds)| !holds);
        broken.map(|(rule, _)| Violation::new(rule, self.subject.clone(), self.found())).collect()
    }

    /// Reserved, sold, released and returned units according to the ledger.
    fn in_ledger(&self) -> [i64; 4] {
        [self.taken, self.sold, self.released, self.returned]
    }

    /// The same according to the orders' reservations.
    fn in_orders(&self) -> [i64; 4] {
        [self.orders_taken, self.orders_sold, self.orders_released, self.orders_returned]
    }

    fn found(&self) -> String {
        let Sums { available, reserved, version, events, first_version, last_version, came, live, .. } = self;
        let (folded_available, folded_reserved) = (self.folded_available, self.folded_reserved);
        let (ledger, orders) = (self.in_ledger(), self.in_orders());
        format!(
            "available {available} reserved {reserved} version {version}; {events} events, versions {first_version} to \
             {last_version}, fold to available {folded_available} reserved {folded_reserved}, came {came}, taken sold \
             released returned {ledger:?}; reservations live {live}, taken sold released returned {orders:?}"
        )
    }
}

/// What must hold of single events and reservations.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "an event changes what its kind changes, and leaves nothing below zero",
        sql: SHAPES,
        given: &[],
        subject: "variant {} at {} version {}",
        found: "{} changed available by {} and reserved by {}",
    },
    Check {
        rule: "every event belongs to a snapshot",
        sql: LOST_EVENTS,
        given: &[],
        subject: "variant {} at {}",
        found: "no snapshot",
    },
    Check {
        rule: "every reservation belongs to a snapshot",
        sql: LOST_RESERVATIONS,
        given: &[],
        subject: "{}",
        found: "no snapshot",
    },
];

/// Snapshots that disagree with their events or reservations. One row of [`SUMS`] can break several rules, so it is no
/// [`Check`].
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let rows = tx.query(SUMS, args![VIOLATIONS_MAX], sums)?;
    Ok(rows.iter().flat_map(Sums::broken).collect())
}

// the statements name the kinds as text, so a new kind has to be added there
const _: () = assert!(Kind::ALL.len() == 6);
