//! Several people at once. With one writer they only wait for each other; on a server they meet.

use crate::ops::{self, Settings};
use crate::request::SaveProduct;
use catalog::ops::categories::{self, Content};
use catalog::ops::{images, products};
use catalog::product::Author;
use kernel::{CategoryId, Code, Currency, Error, ProductId, Random, Result};
use ports::ManualClock;
use std::{sync::Arc, thread};
use store::{Db, Tx};
use testdb::Space;

const SETTINGS: Settings = Settings { currency: Currency::KRW, low_stock_threshold: 10 };
/// People at once.
const PEOPLE: u64 = 6;
/// What each of them does.
const DEEDS: u64 = 25;

struct Crowd {
    db: Db,
    _space: Space,
}

impl Crowd {
    fn open() -> Crowd {
        let space = Space::open();
        let settings = store::Settings::throwaway(space.url().parse().unwrap(), Arc::new(ManualClock::default()));
        let db = Db::open(store::Settings { writers: 12, ..settings }).unwrap();
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
            0..=2 => crowd.tries(move |tx| ops::create(tx, SETTINGS, Author::Admin, "admin", &sent)),
            3 => crowd.tries(move |tx| ops::rewrite(tx, SETTINGS, Author::Admin, "admin", some, &sent, None)),
            4 => crowd.tries(move |tx| images::add(tx, Author::Admin, some, &picture, None)),
            5 => crowd.tries(move |tx| products::close(tx, Author::Admin, some, None)),
            _ => {
                let Some(category) = crowd.category(chance) else { return };
                crowd.tries(move |tx| categories::remove(tx, category, None));
            }
        }
    });
}
