//! Imports and orders at the same time. With one writer they only wait for each other; on a server they meet.

use crate::Options;
use crate::tests::{LOW_STOCK_THRESHOLD, Shop};
use files::Format;
use inventory::{Line, ops as stock};
use kernel::{Currency, OrderNumber, ProductId, Quantity, Random, Result, UserId, VariantId};
use std::thread;
use store::{Tx, args};

/// Threads at once: two of them import, the others buy.
const THREADS: u64 = 6;
/// What each thread does.
const ROUNDS: u64 = 25;
/// Products in the imported file.
const ROWS: u64 = 120;

fn imports(shop: &Shop, rows: &[String]) {
    let file = format!("sku,name,price,stock,category\n{}\n", rows.join("\n"));
    let report = shop.imports(file.as_bytes(), &Options::new(Format::Csv, Currency::KRW, LOW_STOCK_THRESHOLD));
    assert_eq!(report.refused, []);
}

/// The rows of a file in an order of its own.
fn shuffled(chance: &mut Random) -> Vec<String> {
    let row = |n| format!("K{n},Name {n},{},{},A > B{} > C", 100 + n, 10 + n % 9, n % 7);
    let mut rows: Vec<String> = (0..ROWS).map(row).collect();
    for n in (1..rows.len()).rev() {
        rows.swap(n, chance.below(n as u64 + 1) as usize);
    }
    rows
}

fn tries<T: Send + 'static>(shop: &Shop, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) {
    if let Err(error) = shop.db().write_blocking("race", work) {
        assert!(error.code().status() < 500, "{error:?}");
    }
}

fn buys(shop: &Shop, goods: &[(VariantId, ProductId)], chance: &mut Random) {
    let order: OrderNumber = format!("ORD-20260206-{:08}", chance.below(99_999_999)).parse().unwrap();
    let user = UserId::new(chance.uuid());
    let line = |(variant, product)| Line { variant, product, quantity: Quantity::ONE };
    let lines: Vec<Line> = (0..4).map(|_| line(goods[chance.below(goods.len() as u64) as usize])).collect();
    let (held, bought) = (order.clone(), chance.chance(500));
    tries(shop, move |tx| stock::reserve(tx, &held, &user, &lines));
    match bought {
        true => tries(shop, move |tx| stock::commit(tx, &order)),
        false => tries(shop, move |tx| stock::release(tx, &order, "cancelled")),
    }
}

#[test]
fn imports_and_orders_of_the_same_goods_at_once_keep_the_stock_right() {
    let shop = Shop::open();
    imports(&shop, &shuffled(&mut Random::seeded(7)));
    let goods = "select variant_id, product_id from inventory_snapshots order by variant_id";
    let read = move |tx: &mut Tx<'_>| tx.query(goods, args![], |row| Ok((row.next()?, row.next()?)));
    let goods: Vec<(VariantId, ProductId)> = shop.db().write_blocking("race.goods", read).unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (shop, goods) = (&shop, &goods);
            scope.spawn(move || {
                let mut chance = Random::seeded(thread + 1);
                for _ in 0..ROUNDS {
                    match thread {
                        0 | 1 if chance.below(8) == 0 => imports(shop, &shuffled(&mut chance)),
                        0 | 1 => {}
                        _ => buys(shop, goods, &mut chance),
                    }
                }
            });
        }
    });
}
