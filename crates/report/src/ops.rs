//! Works out rows of the read models from the records, and moves the sums by what changed in them.
//!
//! A row that is worked out twice is the same row, and the difference is nothing: so events may come again, late, or in another order.

use crate::store;
use crate::view::{Differences, OrderView, ProductSums, UserSums};
use ::store::{Tx, subscriber};
use kernel::{OrderId, PaymentId, ProductId, Result, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// Works out these orders with their payments, in a number of statements that does not depend on how many there are.
pub fn work_out_orders(tx: &mut Tx<'_>, numbers: &BTreeSet<String>) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    store::take_turn(tx)?;
    orders(tx, numbers)?;
    payments(tx, numbers)
}

/// Works out these products, in the same way.
pub fn work_out_products(tx: &mut Tx<'_>, ids: &BTreeSet<ProductId>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    store::take_turn(tx)?;
    let ids: Vec<ProductId> = ids.iter().copied().collect();
    let records = store::product_records(tx, &ids)?;
    let before = store::products(tx, &ids)?;
    let changed: Vec<_> = records.iter().filter(|row| before.get(&row.id) != Some(*row)).collect();
    let new: Vec<ProductId> = changed.iter().map(|row| row.id).filter(|id| !before.contains_key(id)).collect();
    let purchased = if new.is_empty() { BTreeMap::new() } else { store::purchased(tx, &new)? };
    store::save_products(tx, &changed, &before, &purchased)
}

/// The sequence number of the newest event that all read models show; 0 when they have followed none yet.
pub fn as_of(tx: &mut Tx<'_>) -> Result<i64> {
    let orders = subscriber::position(tx, crate::ORDERS)?.unwrap_or(0);
    let products = subscriber::position(tx, crate::PRODUCTS)?.unwrap_or(0);
    Ok(orders.min(products))
}

fn orders(tx: &mut Tx<'_>, numbers: &BTreeSet<String>) -> Result<()> {
    let records = store::order_records(tx, numbers)?;
    let ids: Vec<OrderId> = records.iter().map(|row| row.id).collect();
    let before = store::orders(tx, &ids)?;
    let changed: Vec<&OrderView> = records.iter().filter(|row| before.get(&row.id) != Some(*row)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut differences = Differences::default();
    changed.iter().for_each(|row| differences.add(before.get(&row.id), Some(row)));
    find_new_customers(tx, &mut differences)?;
    store::save_orders(tx, &changed, &before)?;
    move_sums(tx, &differences)
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
    move_users(tx, &differences.users)?;
    move_sold(tx, &differences.sold)
}

/// Writes only the rows that change: an order that is placed changes no figure of a user who has ordered before.
fn move_users(tx: &mut Tx<'_>, differences: &BTreeMap<UserId, UserSums>) -> Result<()> {
    let users: Vec<UserId> = differences.keys().copied().collect();
    let before = store::users(tx, &users)?;
    let mut after = BTreeMap::new();
    for (user, difference) in differences {
        let known = before.get(user);
        let mut sums = known.copied().unwrap_or_default();
        sums.add(difference, 1);
        if known != Some(&sums) {
            after.insert(*user, sums);
        }
    }
    store::save_users(tx, &after, &before)
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

fn payments(tx: &mut Tx<'_>, orders: &BTreeSet<String>) -> Result<()> {
    let records = store::payment_records(tx, orders)?;
    let ids: Vec<PaymentId> = records.iter().map(|row| row.id).collect();
    let before = store::payments(tx, &ids)?;
    let changed: Vec<_> = records.iter().filter(|row| before.get(&row.id) != Some(*row)).collect();
    store::save_payments(tx, &changed, &before)
}
