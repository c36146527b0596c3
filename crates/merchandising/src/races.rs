//! Several people at once. With one writer they only wait for each other; on a server they meet.

use crate::import::{Format, Options, import};
use crate::ops::{self, House};
use crate::request::SaveProduct;
use catalog::ops::categories::{self, Content};
use catalog::ops::{images, products};
use catalog::product::Author;
use inventory::{Line, ops as stock};
use kernel::{CategoryId, Code, Currency, Error, OrderNumber, ProductId, Quantity, Random, Result, UserId, VariantId};
use ports::ManualClock;
use std::{sync::Arc, thread};
use store::{Db, Settings, Tx, args};
use testdb::Space;

const HOUSE: House = House { currency: Currency::KRW, low_stock_threshold: 10 };
/// People at once.
const PEOPLE: u64 = 6;
/// What each of them does.
const DEEDS: u64 = 25;
/// Products in the imported file.
const ROWS: u64 = 120;

struct Crowd {
    db: Db,
    _space: Space,
}

impl Crowd {
    fn open() -> Crowd {
        let space = Space::open();
        let settings = Settings::throwaway(space.url().parse().unwrap(), Arc::new(ManualClock::default()));
        let db = Db::open(Settings { writers: 12, ..settings }).unwrap();
        let migrations = [store::MIGRATIONS, catalog::MIGRATIONS, inventory::MIGRATIONS, order::MIGRATIONS].concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(db.migrate(migrations)).unwrap();
        Crowd { db, _space: space }
    }

    /// Everybody does `deed` again and again, each with a chance of their own.
    fn meet(&self, deed: impl Fn(&Crowd, u64, &mut Random) + Sync) {
        thread::scope(|scope| {
            for person in 0..PEOPLE {
                let deed = &deed;
                scope.spawn(move || {
                    let mut chance = Random::seeded(person + 1);
                    (0..DEEDS).for_each(|_| deed(self, person, &mut chance));
                });
            }
        });
        self.db.write_blocking("race.audit", audit).unwrap();
    }

    fn tries<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) {
        if let Err(error) = self.db.write_blocking("race", work) {
            assert!(error.code().status() < 500 && error.code() != Code::StaleVersion, "{error:?}");
        }
    }

    fn category(&self, chance: &mut Random) -> Option<CategoryId> {
        let all = self.db.write_blocking("race.tree", |tx| Ok(categories::tree(tx)?.all_with_paths())).unwrap();
        (!all.is_empty()).then(|| all[chance.below(all.len() as u64) as usize].category.id)
    }

    fn imports(&self, rows: &[String]) -> Vec<String> {
        let file = format!("sku,name,price,stock,category\n{}\n", rows.join("\n"));
        let report = import(&self.db, file.as_bytes(), &Options::new(Format::Csv, HOUSE), &mut |_| {}).unwrap();
        report.refused.into_iter().map(|row| format!("{:?}: {} {}", row.sku, row.code, row.reason)).collect()
    }
}

fn audit(tx: &mut Tx<'_>) -> Result<()> {
    let found = [catalog::store::audit(tx)?, inventory::audit(tx)?].concat();
    if found.is_empty() { Ok(()) } else { Err(Error::from(Code::Internal).caused_by(format!("{found:#?}"))) }
}

#[test]
fn whatever_is_made_moved_and_removed_at_once_the_categories_are_a_tree() {
    Crowd::open().meet(|crowd, _, chance| {
        let (one, other) = (crowd.category(chance), crowd.category(chance));
        let name = format!("n{}", chance.below(5));
        let wish = Content { name: name.clone(), parent: other, display_order: 0 };
        let path = format!("n{} > n{} > {name}", chance.below(5), chance.below(5));
        match (chance.below(5), one) {
            (0, _) => crowd.tries(move |tx| categories::create(tx, wish.clone())),
            (1, Some(one)) => crowd.tries(move |tx| categories::change(tx, one, wish.clone(), None)),
            (2 | 3, Some(one)) => crowd.tries(move |tx| categories::remove(tx, one, None)),
            _ => crowd.tries(move |tx| categories::at_path(tx, &path, true)),
        }
    });
}

fn written(name: u64, category: u64, stock: u64) -> SaveProduct {
    let body = format!(r#"{{"name":"N{name}","price":100,"category":"C{category}","stock":{stock}}}"#);
    serde_json::from_str(&body).unwrap()
}

#[test]
fn products_written_by_many_hands_at_once_stay_whole() {
    Crowd::open().meet(|crowd, person, chance| {
        let some = ProductId::new(1 + chance.below(20) as i64);
        let sent = written(chance.below(30), chance.below(4), chance.below(9));
        let picture = format!("{person}.jpg");
        match chance.below(7) {
            0..=2 => crowd.tries(move |tx| ops::create(tx, HOUSE, Author::Admin, "admin", &sent)),
            3 => crowd.tries(move |tx| ops::rewrite(tx, HOUSE, Author::Admin, "admin", some, &sent, None)),
            4 => crowd.tries(move |tx| images::add(tx, Author::Admin, some, &picture, None)),
            5 => crowd.tries(move |tx| products::close(tx, Author::Admin, some, None)),
            _ => {
                let Some(category) = crowd.category(chance) else { return };
                crowd.tries(move |tx| categories::remove(tx, category, None));
            }
        }
    });
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

#[test]
fn imports_and_orders_of_the_same_goods_at_once_keep_the_books() {
    let crowd = Crowd::open();
    assert_eq!(crowd.imports(&shuffled(&mut Random::seeded(7))), [""; 0]);
    let goods = "select variant_id, product_id from inventory_snapshots order by variant_id";
    let goods: Vec<(VariantId, ProductId)> = crowd
        .db
        .write_blocking("race.goods", move |tx| tx.query(goods, args![], |row| Ok((row.get(0)?, row.get(1)?))))
        .unwrap();
    crowd.meet(|crowd, person, chance| {
        if person < 2 {
            if chance.below(8) == 0 {
                assert_eq!(crowd.imports(&shuffled(chance)), [""; 0]);
            }
            return;
        }
        let order: OrderNumber = format!("ORD-20260206-{:08}", chance.below(99_999_999)).parse().unwrap();
        let user = UserId::new(chance.uuid());
        let line = |(variant, product)| Line { variant, product, quantity: Quantity::ONE };
        let lines: Vec<Line> = (0..4).map(|_| line(goods[chance.below(goods.len() as u64) as usize])).collect();
        let (held, bought) = (order.clone(), chance.chance(500));
        crowd.tries(move |tx| stock::reserve(tx, &held, &user, &lines));
        match bought {
            true => crowd.tries(move |tx| stock::commit(tx, &order)),
            false => crowd.tries(move |tx| stock::release(tx, &order, "given up")),
        }
    });
}
