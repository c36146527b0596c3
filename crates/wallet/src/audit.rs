//! Audit of wallets. An account is the sum of its entries: each entry follows the one before it, and the last one leaves what the
//! wallet holds.

use std::time::Duration;
use store::{
    Check,
    audit::{Changed, Given, Keys},
};

const BROKEN_CHAIN: &str = "select e.user_id, e.account, e.number, e.amount, e.balance_after
    from wallet_entries e
    left join wallet_entries p on p.user_id = e.user_id and p.account = e.account and p.number = e.number - 1
    where e.id between ? and ?
      and (e.balance_after <> coalesce(p.balance_after, 0) + e.amount or e.balance_after < 0 or e.number < 1
        or (e.number > 1 and p.id is null)
        or not exists (select 1 from wallets w where w.user_id = e.user_id
                          and case when e.account = 'BALANCE' then w.balance_entries else w.point_entries end >= e.number))
    order by e.id limit ?";
const OTHER_THAN_ENTRIES: &str =
    "select w.user_id, w.balance, coalesce(b.balance_after, 0), w.points, coalesce(p.balance_after, 0)
    from wallets w
    left join wallet_entries b on b.user_id = w.user_id and b.account = 'BALANCE' and b.number = w.balance_entries
    left join wallet_entries p on p.user_id = w.user_id and p.account = 'POINTS' and p.number = w.point_entries
    where w.user_id between ? and ?
      and (w.balance <> coalesce(b.balance_after, 0) or w.points <> coalesce(p.balance_after, 0)
        or (w.balance_entries > 0 and b.id is null) or (w.point_entries > 0 and p.id is null))
    order by w.user_id limit ?";
const BELOW_ZERO: &str = "select user_id, balance, charging, points, points_owed from wallets
    where user_id between ? and ? and (balance < 0 or charging < 0 or points < 0 or points_owed < 0)
    order by user_id limit ?";
const OTHER_THAN_LOTS: &str = "select w.user_id, w.points, cast(coalesce(sum(l.remaining), 0) as {bigint})
    from wallets w left join point_lots l on l.user_id = w.user_id where w.user_id between ? and ?
    group by w.user_id, w.points having w.points <> coalesce(sum(l.remaining), 0) order by w.user_id limit ?";
const OTHER_THAN_CHARGES: &str = "select w.user_id, w.charging, cast(coalesce(sum(c.amount), 0) as {bigint})
    from wallets w left join balance_charges c on c.user_id = w.user_id and c.status = 'PROCESSING'
    where w.user_id between ? and ?
    group by w.user_id, w.charging having w.charging <> coalesce(sum(c.amount), 0) order by w.user_id limit ?";
const WRONG_CHARGES: &str = "select c.charge_number, c.status, c.amount from balance_charges c
    where c.id between ? and ?
      and (c.amount <= 0 or c.status not in ('PROCESSING', 'COMPLETED', 'FAILED')
        or (c.status = 'PROCESSING') <> (c.ended_at is null)
        or (c.status = 'COMPLETED' and (c.transaction_id is null or c.balance_before is null))
        or (c.status = 'FAILED' and (c.transaction_id is not null or c.failure_reason is null))
        or (c.status = 'COMPLETED') <> exists (select 1 from wallet_entries e where e.user_id = c.user_id
              and e.account = 'BALANCE' and e.kind = 'CHARGE' and e.reference = c.charge_number and e.amount = c.amount))
    order by c.id limit ?";
const WRONG_LOTS: &str = "select l.id, l.amount, l.remaining, l.gone, cast(coalesce(sum(u.amount), 0) as {bigint})
    from point_lots l left join point_uses u on u.lot_id = l.id and u.restored_at is null
    where l.id between ? and ?
    group by l.id, l.amount, l.remaining, l.gone
    having l.remaining < 0 or l.gone < 0 or l.amount <> l.remaining + l.gone + coalesce(sum(u.amount), 0)
    order by l.id limit ?";
const NOT_EXPIRED: &str = "select id, user_id, remaining from point_lots
    where remaining > 0 and expires_at < ? order by expires_at limit ?";
const WRONG_EARNINGS: &str = "select g.order_number, g.base, g.points, g.taken_back from point_earnings g
    where g.id between ? and ?
      and (g.taken_back < 0 or g.taken_back > g.points or (g.granted_at is null) <> (g.basis_points is null)
        or (g.granted_at is null and g.points <> 0)
        or (g.points > 0 and not exists (select 1 from wallet_entries e where e.user_id = g.user_id
              and e.account = 'POINTS' and e.kind = 'EARNED' and e.reference = g.order_number and e.amount = g.points)))
    order by g.id limit ?";

/// Time within which points expire; the task looks every minute, and a shop may have been closed.
const EXPIRED_WITHIN: Duration = Duration::from_secs(86_400);

const ENTRIES: Keys = Keys { table: "wallet_entries", column: "id", changed: Changed::Added };
const WALLETS: Keys = Keys {
    table: "wallets",
    column: "user_id",
    changed: Changed::Dated { table: "wallets", at: "updated_at", key: "user_id" },
};
const CHARGES: Keys = Keys {
    table: "balance_charges",
    column: "id",
    changed: Changed::Dated { table: "balance_charges", at: "updated_at", key: "id" },
};
const LOTS: Keys = Keys {
    table: "point_lots",
    column: "id",
    changed: Changed::Dated { table: "point_lots", at: "updated_at", key: "id" },
};
const EARNINGS: Keys = Keys {
    table: "point_earnings",
    column: "id",
    changed: Changed::Dated { table: "point_earnings", at: "updated_at", key: "id" },
};

/// What must hold for wallets.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "each entry of a wallet follows the one before it",
        over: Some(ENTRIES),
        sql: BROKEN_CHAIN,
        given: &[],
        subject: "user {} {} entry {}",
        found: "{} more makes {}",
    },
    Check {
        rule: "balance and points are the sums of their entries",
        over: Some(WALLETS),
        sql: OTHER_THAN_ENTRIES,
        given: &[],
        subject: "user {}",
        found: "balance {}, by entries {}; points {}, by entries {}",
    },
    Check {
        rule: "nothing in a wallet is below zero",
        over: Some(WALLETS),
        sql: BELOW_ZERO,
        given: &[],
        subject: "user {}",
        found: "balance {}, charging {}, points {}, owed {}",
    },
    Check {
        rule: "points are what is left of their lots",
        over: Some(WALLETS),
        sql: OTHER_THAN_LOTS,
        given: &[],
        subject: "user {}",
        found: "{}, lots {}",
    },
    Check {
        rule: "a wallet keeps room for its charges under way",
        over: Some(WALLETS),
        sql: OTHER_THAN_CHARGES,
        given: &[],
        subject: "user {}",
        found: "{}, charges {}",
    },
    Check {
        rule: "a charge is booked exactly when it is completed, and has the data of its status",
        over: Some(CHARGES),
        sql: WRONG_CHARGES,
        given: &[],
        subject: "{}",
        found: "{} of {}",
    },
    Check {
        rule: "a lot of points is what is left, lost and used of it",
        over: Some(LOTS),
        sql: WRONG_LOTS,
        given: &[],
        subject: "lot {}",
        found: "{}: left {}, lost {}, used {}",
    },
    Check {
        rule: "points expire when their time is over",
        over: None,
        sql: NOT_EXPIRED,
        given: &[Given::Ago(EXPIRED_WITHIN)],
        subject: "lot {} of user {}",
        found: "{} points",
    },
    Check {
        rule: "an order has earned what is booked, and no more is taken back",
        over: Some(EARNINGS),
        sql: WRONG_EARNINGS,
        given: &[],
        subject: "{}",
        found: "for {}: {} points, {} taken back",
    },
];
