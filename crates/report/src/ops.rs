//! Works out rows of the read models from the records, and moves the sums by what changed in them.
//!
//! A row that is worked out twice is the same row, and the difference is nothing: so events may come again, late, or in another order.

use crate::events::Touched;
use crate::store;
use crate::view::{Differences, OrderView, ProductSums};
use ::store::{Tx, subscriber};
use kernel::{OrderId, PaymentId, ProductId, Result};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows were not as the records say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    pub orders: usize,
    pub payments: usize,
    pub products: usize,
}

/// Works out what was touched, in a number of statements that does not depend on how much that is.
pub fn work_out(tx: &mut Tx<'_>, touched: &Touched) -> Result<Changes> {
    store::take_turn(tx)?;
    let mut changes = Changes::default();
    if !touched.orders.is_empty() {
        changes.orders = orders(tx, &touched.orders)?;
        changes.payments = payments(tx, &touched.orders)?;
    }
    if !touched.products.is_empty() {
        let ids: Vec<ProductId> = touched.products.iter().copied().collect();
        changes.products = products(tx, &ids)?;
    }
    Ok(changes)
}

/// The sequence number of the newest event that the read models show; 0 when they have followed none yet.
pub fn as_of(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(subscriber::position(tx, crate::SUBSCRIBER)?.unwrap_or(0))
}

fn orders(tx: &mut Tx<'_>, numbers: &BTreeSet<String>) -> Result<usize> {
    let records = store::order_records(tx, numbers)?;
    let ids: Vec<OrderId> = records.iter().map(|row| row.id).collect();
    let before = store::orders(tx, &ids)?;
    let changed: Vec<&OrderView> = records.iter().filter(|row| before.get(&row.id) != Some(*row)).collect();
    if changed.is_empty() {
        return Ok(0);
    }
    let mut differences = Differences::default();
    changed.iter().for_each(|row| differences.add(before.get(&row.id), Some(row)));
    find_new_customers(tx, &mut differences)?;
    store::save_orders(tx, &changed)?;
    move_sums(tx, &differences)?;
    Ok(changed.len())
}

/// Removes rows of orders that are not in the records, which only damage can have made.
pub(crate) fn forget_orders(tx: &mut Tx<'_>, rows: &[OrderView]) -> Result<()> {
    let mut differences = Differences::default();
    rows.iter().for_each(|row| differences.add(Some(row), None));
    let ids: Vec<OrderId> = rows.iter().map(|row| row.id).collect();
    store::forget_orders(tx, &ids)?;
    move_sums(tx, &differences)
}

/// Counts the customers of each day who had no paid order of it before. The rows of the orders are still as they were.
fn find_new_customers(tx: &mut Tx<'_>, differences: &mut Differences) -> Result<()> {
    if differences.customers.is_empty() {
        return Ok(());
    }
    let known = store::customers(tx, &differences.customers)?;
    for (day, _) in differences.customers.difference(&known) {
        differences.days.entry(*day).or_default().customers += 1;
    }
    Ok(())
}

fn move_sums(tx: &mut Tx<'_>, differences: &Differences) -> Result<()> {
    store::add_to_days(tx, &differences.days)?;
    let users: Vec<_> = differences.users.keys().copied().collect();
    let mut sums = store::users(tx, &users)?;
    for (user, difference) in &differences.users {
        sums.entry(*user).or_default().add(difference, 1);
    }
    store::save_users(tx, &sums)?;
    move_sold(tx, &differences.sold)
}

fn move_sold(tx: &mut Tx<'_>, sold: &BTreeMap<OrderId, (i64, i64)>) -> Result<()> {
    if sold.is_empty() {
        return Ok(());
    }
    let ids: Vec<OrderId> = sold.keys().copied().collect();
    let (mut of_days, mut of_products) = (BTreeMap::<_, ProductSums>::new(), BTreeMap::<ProductId, i64>::new());
    for (order, product, bought) in store::lines(tx, &ids)? {
        let Some((day, times)) = sold.get(&order) else { continue };
        of_days.entry((*day, product)).or_default().add(&bought, *times);
        *of_products.entry(product).or_default() += times * bought.units;
    }
    store::add_to_products(tx, &of_days)?;
    store::add_purchases(tx, &of_products)
}

fn payments(tx: &mut Tx<'_>, orders: &BTreeSet<String>) -> Result<usize> {
    let records = store::payment_records(tx, orders)?;
    let ids: Vec<PaymentId> = records.iter().map(|row| row.id).collect();
    let before = if ids.is_empty() { Vec::new() } else { store::payments(tx, &ids)? };
    let changed: Vec<_> = records.iter().filter(|row| !before.contains(row)).collect();
    store::save_payments(tx, &changed)?;
    Ok(changed.len())
}

fn products(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<usize> {
    let records = store::product_records(tx, ids)?;
    let before = store::products(tx, ids)?;
    let changed: Vec<_> = records.iter().filter(|row| before.get(&row.id) != Some(*row)).collect();
    let new: Vec<ProductId> = changed.iter().map(|row| row.id).filter(|id| !before.contains_key(id)).collect();
    let purchased = if new.is_empty() { BTreeMap::new() } else { store::purchased(tx, &new)? };
    store::save_products(tx, &changed, &purchased)?;
    Ok(changed.len())
}
