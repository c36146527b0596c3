//! The rows of the read models, and what an order adds to the sums of its user, its day and its products.

use kernel::{CategoryId, Money, OrderId, PaymentId, ProductId, Result, Timestamp, UserId};
use std::collections::{BTreeMap, BTreeSet};
use store::Row;

/// A day of the shop's zone as a number, such as 20260206. It is the day in the order's number.
pub type Day = i64;

/// A row of `mv_orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    pub id: OrderId,
    pub number: String,
    pub user: UserId,
    pub status: String,
    /// Of the payment that counts; null while there is none with an outcome.
    pub payment_status: Option<String>,
    pub total: Money,
    /// Of the payment that counts.
    pub refunded: Money,
    pub currency: String,
    pub day: Day,
    pub units: i64,
    pub ordered_at: Timestamp,
    pub paid_at: Option<Timestamp>,
}

/// A row of `mv_payments`: a payment whose outcome is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    pub id: PaymentId,
    pub number: String,
    pub order: String,
    pub user: UserId,
    pub amount: Money,
    pub refunded: Money,
    pub status: String,
    pub method: String,
    pub provider: String,
    pub created_at: Timestamp,
    pub captured_at: Option<Timestamp>,
}

/// A row of `mv_products`, without what was sold of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductView {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub status: String,
    pub brand: Option<String>,
    pub category: Option<CategoryId>,
    pub base_price: Money,
    pub sale_price: Option<Money>,
    pub image_url: Option<String>,
    pub seller: Option<UserId>,
    pub created_at: Timestamp,
    pub available: i64,
    pub low_stock_threshold: i64,
}

/// A row of `mv_users`: what the paid orders of a user who has ordered add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserSums {
    pub paid: i64,
    /// Paid and not refunded, in minor units.
    pub spent: i64,
    pub first_day: Option<Day>,
    pub last_at: Option<Timestamp>,
}

/// A row of `mv_daily_sales`: what the orders of a day add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DaySums {
    pub orders: i64,
    pub completed: i64,
    pub cancelled: i64,
    pub refunded_orders: i64,
    pub units: i64,
    /// In minor units.
    pub gross: i64,
    /// In minor units.
    pub refunded: i64,
    pub customers: i64,
}

/// A row of `mv_daily_products`: what was sold of a product on a day. Orders that were refunded as a whole do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProductSums {
    pub orders: i64,
    pub units: i64,
    /// In minor units.
    pub amount: i64,
}

impl OrderView {
    /// Whether its goods count as sold.
    pub fn is_sold(&self) -> bool {
        self.paid_at.is_some() && self.status != "REFUNDED"
    }

    /// What it adds to its day, apart from the number of customers.
    pub fn of_day(&self) -> DaySums {
        let is = |status: &str| i64::from(self.status == status);
        let if_paid = |number: i64| if self.paid_at.is_some() { number } else { 0 };
        DaySums {
            orders: 1,
            completed: if_paid(1),
            cancelled: is("CANCELLED"),
            refunded_orders: is("REFUNDED"),
            units: if_paid(self.units),
            gross: if_paid(self.total.as_minor()),
            refunded: if_paid(self.refunded.as_minor()),
            customers: 0,
        }
    }

    /// What it adds to its user.
    pub fn of_user(&self) -> UserSums {
        let is_paid = self.paid_at.is_some();
        UserSums {
            paid: i64::from(is_paid),
            spent: if is_paid { self.total.as_minor() - self.refunded.as_minor() } else { 0 },
            first_day: is_paid.then_some(self.day),
            last_at: is_paid.then_some(self.ordered_at),
        }
    }
}

impl DaySums {
    pub fn is_nothing(&self) -> bool {
        *self == DaySums::default()
    }

    /// Adds `other` as often as `times` says: once, or once less.
    pub fn add(&mut self, other: &DaySums, times: i64) {
        self.orders += times * other.orders;
        self.completed += times * other.completed;
        self.cancelled += times * other.cancelled;
        self.refunded_orders += times * other.refunded_orders;
        self.units += times * other.units;
        self.gross += times * other.gross;
        self.refunded += times * other.refunded;
        self.customers += times * other.customers;
    }
}

impl UserSums {
    /// Adds `other` as often as `times` says. A paid order stays paid, so the first day and the last order only move outwards.
    pub fn add(&mut self, other: &UserSums, times: i64) {
        self.paid += times * other.paid;
        self.spent += times * other.spent;
        if times > 0 {
            self.first_day = [self.first_day, other.first_day].into_iter().flatten().min();
            self.last_at = self.last_at.max(other.last_at);
        }
    }
}

impl ProductSums {
    /// Adds `other` as often as `times` says.
    pub fn add(&mut self, other: &ProductSums, times: i64) {
        self.orders += times * other.orders;
        self.units += times * other.units;
        self.amount += times * other.amount;
    }
}

/// What changes of orders change in the sums.
#[derive(Debug, Default)]
pub struct Differences {
    pub days: BTreeMap<Day, DaySums>,
    pub users: BTreeMap<UserId, UserSums>,
    /// Orders whose goods count as sold now (1) or do so no longer (−1), with their days.
    pub sold: BTreeMap<OrderId, (Day, i64)>,
    /// Users with an order of a day that was paid now, and with none before as far as these rows show.
    pub customers: BTreeSet<(Day, UserId)>,
}

impl Differences {
    /// The row of an order changed; `None`: there is none.
    pub fn add(&mut self, before: Option<&OrderView>, after: Option<&OrderView>) {
        for (row, times) in [(before, -1), (after, 1)] {
            let Some(row) = row else { continue };
            self.days.entry(row.day).or_default().add(&row.of_day(), times);
            self.users.entry(row.user).or_default().add(&row.of_user(), times);
            if row.is_sold() {
                self.sold.entry(row.id).or_insert((row.day, 0)).1 += times;
            }
        }
        let was_paid = before.is_some_and(|row| row.paid_at.is_some());
        if let Some(row) = after.filter(|row| row.paid_at.is_some() && !was_paid) {
            self.customers.insert((row.day, row.user));
        }
        self.sold.retain(|_, (_, times)| *times != 0);
    }
}

/// Reads an [`OrderView`].
pub(crate) fn order(row: &Row<'_>) -> Result<OrderView> {
    Ok(OrderView {
        id: row.next()?,
        number: row.next()?,
        user: row.next()?,
        status: row.next()?,
        payment_status: row.next()?,
        total: row.next()?,
        refunded: row.next()?,
        currency: row.next()?,
        day: row.next()?,
        units: row.next()?,
        ordered_at: row.next()?,
        paid_at: row.next()?,
    })
}

/// Reads a [`PaymentView`].
pub(crate) fn payment(row: &Row<'_>) -> Result<PaymentView> {
    Ok(PaymentView {
        id: row.next()?,
        number: row.next()?,
        order: row.next()?,
        user: row.next()?,
        amount: row.next()?,
        refunded: row.next()?,
        status: row.next()?,
        method: row.next()?,
        provider: row.next()?,
        created_at: row.next()?,
        captured_at: row.next()?,
    })
}

/// Reads a [`ProductView`].
pub(crate) fn product(row: &Row<'_>) -> Result<ProductView> {
    Ok(ProductView {
        id: row.next()?,
        sku: row.next()?,
        name: row.next()?,
        status: row.next()?,
        brand: row.next()?,
        category: row.next()?,
        base_price: row.next()?,
        sale_price: row.next()?,
        image_url: row.next()?,
        seller: row.next()?,
        created_at: row.next()?,
        available: row.next()?,
        low_stock_threshold: row.next()?,
    })
}

/// Reads a user with [`UserSums`].
pub(crate) fn user_sums(row: &Row<'_>) -> Result<(UserId, UserSums)> {
    let user = row.next()?;
    let (paid, spent) = (row.next()?, row.next()?);
    Ok((user, UserSums { paid, spent, first_day: row.next()?, last_at: row.next()? }))
}

/// Reads a day with [`DaySums`].
pub(crate) fn day_sums(row: &Row<'_>) -> Result<(Day, DaySums)> {
    let day = row.next()?;
    Ok((
        day,
        DaySums {
            orders: row.next()?,
            completed: row.next()?,
            cancelled: row.next()?,
            refunded_orders: row.next()?,
            units: row.next()?,
            gross: row.next()?,
            refunded: row.next()?,
            customers: row.next()?,
        },
    ))
}

/// Reads [`ProductSums`].
pub(crate) fn product_sums(row: &Row<'_>) -> Result<ProductSums> {
    Ok(ProductSums { orders: row.next()?, units: row.next()?, amount: row.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(status: &str, paid_at: Option<i64>) -> OrderView {
        OrderView {
            id: OrderId::new(1),
            number: "ORD-20260206-22222222".to_owned(),
            user: fixture::user_id(1),
            status: status.to_owned(),
            payment_status: None,
            total: Money::minor(900),
            refunded: Money::ZERO,
            currency: "KRW".to_owned(),
            day: 20_260_206,
            units: 3,
            ordered_at: Timestamp::from_millis(1_000),
            paid_at: paid_at.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn the_same_row_twice_changes_nothing() {
        let row = order("PAID", Some(2_000));
        let mut differences = Differences::default();
        differences.add(Some(&row), Some(&row));
        assert!(differences.days.values().all(DaySums::is_nothing) && differences.sold.is_empty());
        let UserSums { paid, spent, .. } = differences.users[&row.user];
        assert_eq!((paid, spent), (0, 0));
        assert!(differences.customers.is_empty());
    }

    #[test]
    fn a_refunded_order_is_sold_no_longer_and_stays_completed() {
        let (before, mut after) = (order("PAID", Some(2_000)), order("REFUNDED", Some(2_000)));
        after.refunded = after.total;
        let mut differences = Differences::default();
        differences.add(Some(&before), Some(&after));
        let day = differences.days[&before.day];
        assert_eq!((day.completed, day.refunded_orders, day.gross, day.refunded), (0, 1, 0, 900));
        assert_eq!(differences.sold[&before.id], (before.day, -1));
    }
}
