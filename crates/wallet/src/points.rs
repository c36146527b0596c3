//! Points: what an order earns, and from which lots an order's points come.

use kernel::{Money, OrderNumber, Percent, Result, Timestamp, UserId};

/// Points that were earned together and expire together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    pub id: i64,
    pub user: UserId,
    /// What they were earned with: an order, or an administrator's booking.
    pub reference: String,
    pub amount: Money,
    /// Not spent, not expired, not taken back.
    pub remaining: Money,
    pub expires_at: Timestamp,
    /// How often something of it expired: points that come back after their expiry expire again.
    pub expired: i64,
}

/// A part of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    pub lot: i64,
    pub amount: Money,
}

/// Takes as much of `wanted` as there is from these lots, first from the first one.
pub fn take<'a>(lots: impl IntoIterator<Item = &'a Lot>, wanted: Money) -> Vec<Take> {
    let (mut left, mut takes) = (wanted.as_minor(), Vec::new());
    for lot in lots {
        let amount = lot.remaining.as_minor().min(left);
        if amount > 0 {
            takes.push(Take { lot: lot.id, amount: Money::minor(amount) });
            left -= amount;
        }
    }
    takes
}

/// The sum of what is taken.
pub fn taken(takes: &[Take]) -> Money {
    Money::minor(takes.iter().map(|take| take.amount.as_minor()).sum())
}

/// Which uses of an order come back when `wanted` of its points do, from the newest lot on: those that end, and one of which a part does.
pub fn come_back(uses: &[Take], wanted: Money) -> (Vec<Take>, Option<Take>) {
    let (mut left, mut ended) = (wanted.as_minor(), Vec::new());
    for one in uses.iter().rev() {
        if one.amount.as_minor() <= left {
            left -= one.amount.as_minor();
            ended.push(*one);
        } else {
            let part = Take { amount: Money::minor(left), ..*one };
            return (ended, Some(part).filter(|part| part.amount.is_positive()));
        }
    }
    (ended, None)
}

/// What the delivery of an order earns, or has earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    pub order: OrderNumber,
    pub user: UserId,
    /// The order's money that was not given back.
    pub base: Money,
    pub delivered_at: Timestamp,
    pub granted: Option<Granted>,
}

/// What an order has earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    pub rate: Percent,
    pub points: Money,
    /// Of these.
    pub taken_back: Money,
    pub at: Timestamp,
}

/// The points for so much money: rounded down, because a fraction of a point is none.
pub fn earned(base: Money, rate: Percent) -> Result<Money> {
    let exact = i128::from(base.as_minor().max(0)) * i128::from(rate.basis_points()) / 10_000;
    Money::checked(i64::try_from(exact).unwrap_or(i64::MAX))
}

impl Granted {
    /// What has to be taken back when `base` is what is left of the order's money.
    pub fn too_many(&self, base: Money) -> Result<Money> {
        let kept = self.points.minus(self.taken_back)?;
        let due = earned(base, self.rate)?;
        Ok(Money::minor((kept.as_minor() - due.as_minor()).max(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lot(id: i64, remaining: i64) -> Lot {
        Lot {
            id,
            user: fixture::user_id(1),
            reference: format!("lot {id}"),
            amount: Money::minor(remaining),
            remaining: Money::minor(remaining),
            expires_at: Timestamp::from_millis(id),
            expired: 0,
        }
    }

    #[test]
    fn the_first_lots_are_used_up_before_the_next() {
        let takes = take(&[lot(1, 30), lot(2, 0), lot(3, 50)], Money::minor(70));
        let amounts: Vec<_> = takes.iter().map(|take| (take.lot, take.amount.as_minor())).collect();
        assert_eq!(amounts, [(1, 30), (3, 40)]);
    }

    #[test]
    fn a_fraction_of_a_point_is_none() {
        let percent = Percent::of_basis_points(100).unwrap();
        assert_eq!(earned(Money::minor(9_999), percent).unwrap(), Money::minor(99));
        assert_eq!(earned(Money::ZERO, percent).unwrap(), Money::ZERO);
    }

    proptest! {
        #[test]
        fn no_more_is_taken_than_wanted_and_than_there_is(
            remaining in prop::collection::vec(0_i64..100, 0..6),
            wanted in 0_i64..600,
        ) {
            let lots: Vec<Lot> = (1..).zip(&remaining).map(|(id, left)| lot(id, *left)).collect();
            let takes = take(&lots, Money::minor(wanted));
            prop_assert_eq!(taken(&takes).as_minor(), wanted.min(remaining.iter().sum()));
            for take in takes {
                prop_assert!(take.amount <= lots[usize::try_from(take.lot).unwrap() - 1].remaining);
            }
        }

        #[test]
        fn what_comes_back_is_what_was_wanted_as_far_as_it_was_used(
            used in prop::collection::vec(1_i64..100, 0..6),
            wanted in 0_i64..600,
        ) {
            let uses: Vec<Take> =
                (1..).zip(&used).map(|(lot, amount)| Take { lot, amount: Money::minor(*amount) }).collect();
            let (ended, part) = come_back(&uses, Money::minor(wanted));
            let back = taken(&ended).as_minor() + part.map_or(0, |part| part.amount.as_minor());
            prop_assert_eq!(back, wanted.min(used.iter().sum()));
            prop_assert!(ended.iter().all(|one| uses.contains(one)));
            if let Some(part) = part {
                let whole = uses.iter().find(|one| one.lot == part.lot).unwrap();
                prop_assert!(part.amount < whole.amount && !ended.contains(whole));
            }
        }

        #[test]
        fn giving_all_of_the_money_back_in_parts_takes_all_points_back(
            base in 0_i64..1_000_000, basis_points in 0_i64..=10_000, parts in prop::collection::vec(0_i64..400_000, 0..8),
        ) {
            let rate = Percent::of_basis_points(basis_points).unwrap();
            let points = earned(Money::minor(base), rate).unwrap();
            let mut granted = Granted { rate, points, taken_back: Money::ZERO, at: Timestamp::from_millis(0) };
            let mut left = base;
            for part in parts.into_iter().chain([i64::MAX]) {
                left -= part.min(left);
                let back = granted.too_many(Money::minor(left)).unwrap();
                granted.taken_back = granted.taken_back.plus(back).unwrap();
                prop_assert!(granted.taken_back <= points);
            }
            prop_assert_eq!(granted.taken_back, points);
        }
    }
}
