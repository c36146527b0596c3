//! Several people at once. SQLite has one writer, so there they wait for each other; on a server their transactions overlap.

use crate::ops::{self, Settings};
use crate::request::SaveProduct;
use crate::tests::MODULES;
use catalog::ops::categories::{self, Content};
use catalog::ops::{images, products};
use catalog::product::Author;
use fixture::{Fixture, at_once};
use kernel::{CategoryId, Code, Currency, ProductId, Random, Result};
use store::Tx;

const SETTINGS: Settings =
    Settings { currency: Currency::KRW, inventory: inventory::Settings { low_stock_threshold: 10 } };
/// People at once.
const PEOPLE: u64 = 6;
/// What each of them does.
const ACTS: u64 = 25;

struct Crowd(Fixture);

impl Crowd {
    fn open() -> Crowd {
        Crowd(Fixture::with(MODULES, |settings| settings.writers = 12))
    }

    /// Everybody does `act` again and again, each with a source of chance of their own. The audits run at the end.
    fn meet(&self, act: impl Fn(&Crowd, u64, &mut Random) + Sync) {
        at_once(0..PEOPLE, |person| {
            let mut chance = Random::seeded(person + 1);
            (0..ACTS).for_each(|_| act(self, person, &mut chance));
        });
    }

    fn tries<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) {
        if let Err(error) = self.0.write(work) {
            assert!(error.code().status() < 500 && error.code() != Code::OutdatedVersion, "{error:?}");
        }
    }

    fn category(&self, chance: &mut Random) -> Option<CategoryId> {
        let all = self.0.write(|tx| Ok(categories::tree(tx)?.all_with_paths())).unwrap();
        (!all.is_empty()).then(|| all[chance.below(all.len() as u64) as usize].category.id)
    }
}

#[test]
fn categories_made_moved_and_removed_at_once_stay_a_tree() {
    Crowd::open().meet(|crowd, _, chance| {
        let (one, other) = (crowd.category(chance), crowd.category(chance));
        let name = format!("n{}", chance.below(5));
        let content = Content { name: name.clone(), parent: other, display_order: 0 };
        let path = format!("n{} > n{} > {name}", chance.below(5), chance.below(5));
        match (chance.below(5), one) {
            (0, _) => crowd.tries(move |tx| categories::create(tx, content.clone())),
            (1, Some(one)) => crowd.tries(move |tx| categories::change(tx, one, content.clone(), None)),
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
fn products_written_by_many_people_at_once_keep_their_promises() {
    Crowd::open().meet(|crowd, person, chance| {
        let some = ProductId::new(1 + chance.below(20) as i64);
        let sent = written(chance.below(30), chance.below(4), chance.below(9));
        let image = format!("{person}.jpg");
        match chance.below(7) {
            0..=2 => crowd.tries(move |tx| ops::create(tx, SETTINGS, Author::Admin, "admin", &sent)),
            3 => {
                let sent = SaveProduct { stock: None, ..sent };
                crowd.tries(move |tx| ops::rewrite(tx, SETTINGS, Author::Admin, some, &sent, None));
            }
            4 => crowd.tries(move |tx| images::add(tx, Author::Admin, some, &image, None)),
            5 => crowd.tries(move |tx| products::close(tx, Author::Admin, some, None)),
            _ => {
                let Some(category) = crowd.category(chance) else { return };
                crowd.tries(move |tx| categories::remove(tx, category, None));
            }
        }
    });
}
