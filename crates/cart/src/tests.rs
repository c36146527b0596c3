//! Carts in the shop's language, on a real database.

use crate::cart::LINES_MAX;
use crate::ops::{self, NewLine, Seen};
use crate::{Cart, Guest, LeftOut, MODULE, Owner, Status};
use fixture::{Fixture, at_once, user_id};
use kernel::{CartItemId, Code, Money, OrderNumber, ProductId, Quantity, Result, VariantId};
use proptest::prelude::*;
use std::{ops::Deref, time::Duration};
use store::{Tx, args};

struct Shop(Fixture);

impl Deref for Shop {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Shop {
    fn open() -> Shop {
        Shop(Fixture::of(&[MODULE]))
    }

    /// Writes, and audits after every job.
    fn does<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let result = self.write(work);
        assert_eq!(self.audit(), []);
        result
    }

    fn adds(&self, who: Owner, variant: i64, quantity: i64) -> Cart {
        self.does(move |tx| ops::add(tx, &who, mug(variant, quantity), false)).unwrap()
    }

    fn code<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Code {
        let code = self.refused(work).code();
        assert_eq!(self.audit(), []);
        code
    }
}

fn owner(n: u64) -> Owner {
    Owner::User(user_id(n))
}

const GUEST_TTL: Duration = Duration::from_secs(30 * 86_400);

fn order(n: u32) -> OrderNumber {
    format!("ORD-20260206-{n:08}").parse().unwrap()
}

fn mug(variant: i64, quantity: i64) -> NewLine {
    NewLine {
        product: ProductId::new(variant),
        variant: VariantId::new(variant),
        product_name: format!("mug {variant}"),
        price: Money::minor(9_000),
        quantity: Quantity::new(quantity).unwrap(),
    }
}

#[test]
fn a_cart_is_made_once_and_kept() {
    let shop = Shop::open();
    assert_eq!(shop.does(|tx| ops::peek(tx, &owner(1))).unwrap(), None);
    let made = shop.does(|tx| ops::current(tx, &owner(1))).unwrap();
    assert_eq!(shop.does(|tx| ops::current(tx, &owner(1))).unwrap(), made);
    assert_eq!(shop.does(|tx| ops::peek(tx, &owner(1))).unwrap(), Some(made.clone()));
    assert_ne!(shop.does(|tx| ops::current(tx, &owner(2))).unwrap().id, made.id);
}

#[test]
fn lines_are_added_changed_and_removed() {
    let shop = Shop::open();
    let who = owner(1);
    shop.adds(who, 7, 2);
    let cart = shop.adds(who, 8, 1);
    let (first, second) = (cart.lines[0].id, cart.lines[1].id);
    let changed = shop.does(move |tx| ops::change(tx, &who, first, Quantity::new(5).unwrap())).unwrap();
    let (changed, before) = changed;
    assert_eq!(before.as_i64(), 2);
    assert_eq!(changed.lines.iter().map(|l| l.quantity.as_i64()).collect::<Vec<_>>(), [5, 1]);
    assert!(changed.version > cart.version);
    let removed = shop.does(move |tx| ops::remove(tx, &who, second)).unwrap();
    assert_eq!(shop.does(move |tx| ops::current(tx, &who)).unwrap(), removed);
    let cleared = shop.does(move |tx| ops::clear(tx, &who)).unwrap();
    assert_eq!((cleared.lines.len(), &cleared.status, cleared.id), (0, &Status::Active, cart.id));
}

#[test]
fn the_same_product_again_is_a_conflict_or_merged() {
    let shop = Shop::open();
    let who = owner(1);
    shop.adds(who, 7, 2);
    assert_eq!(shop.code(move |tx| ops::add(tx, &who, mug(7, 1), false)), Code::CartItemAlreadyExists);
    let dearer = NewLine { price: Money::minor(99_000), ..mug(7, 3) };
    let merged = shop.does(move |tx| ops::add(tx, &who, dearer.clone(), true)).unwrap();
    assert_eq!((merged.lines[0].quantity.as_i64(), merged.lines[0].price), (5, Money::minor(9_000)));
}

#[test]
fn other_peoples_lines_are_not_found() {
    let shop = Shop::open();
    let item = shop.adds(owner(1), 7, 2).lines[0].id;
    assert_eq!(shop.code(move |tx| ops::remove(tx, &owner(2), item)), Code::CartNotFound);
    shop.adds(owner(2), 7, 2);
    assert_eq!(shop.code(move |tx| ops::remove(tx, &owner(2), item)), Code::CartItemNotFound);
    assert_eq!(shop.code(move |tx| ops::change(tx, &owner(2), item, Quantity::ONE)), Code::CartItemNotFound);
    assert_eq!(shop.code(move |tx| ops::for_order(tx, &owner(2), Some(kernel::CartId::new(1)))), Code::CartNotFound);
}

#[test]
fn a_buyer_has_one_cart_and_checking_out_only_marks_it() {
    let shop = Shop::open();
    let who = owner(1);
    assert_eq!(shop.code(move |tx| ops::for_order(tx, &who, None)), Code::CartNotFound);
    assert_eq!(shop.code(move |tx| ops::check_out(tx, &who)), Code::CartNotFound);
    let cart = shop.does(move |tx| ops::current(tx, &who)).unwrap().id;
    assert_eq!(shop.code(move |tx| ops::for_order(tx, &who, None)), Code::CartEmpty);
    assert_eq!(shop.code(move |tx| ops::check_out(tx, &who)), Code::CartEmpty);
    shop.adds(who, 7, 1);
    let checked = shop.does(move |tx| ops::check_out(tx, &who)).unwrap();
    assert_eq!((checked.id, &checked.status), (cart, &Status::CheckedOut { order: None }));
    assert_eq!(shop.does(move |tx| ops::peek(tx, &who)).unwrap(), Some(checked.clone()));
    assert_eq!(shop.does(move |tx| ops::check_out(tx, &who)).unwrap(), checked);
    assert_eq!(shop.does(move |tx| ops::for_order(tx, &who, None)).unwrap(), checked);
    assert_eq!(shop.does(move |tx| ops::for_order(tx, &who, Some(cart))).unwrap(), checked);
    assert_eq!(shop.does(move |tx| ops::for_quote(tx, &who, None)).unwrap(), checked);
}

#[test]
fn any_change_reopens_a_cart_that_was_checked_out() {
    let shop = Shop::open();
    let who = owner(1);
    let cart = shop.adds(who, 7, 2);
    let line = cart.lines[0].id;
    let changes: [fn(&mut Tx<'_>, CartItemId) -> Result<Cart>; 5] = [
        |tx, _| ops::add(tx, &owner(1), mug(8, 1), false),
        |tx, _| ops::add(tx, &owner(1), mug(8, 1), true),
        |tx, line| ops::change(tx, &owner(1), line, Quantity::ONE).map(|(cart, _)| cart),
        |tx, line| ops::remove(tx, &owner(1), line),
        |tx, _| ops::clear(tx, &owner(1)),
    ];
    for change in changes {
        shop.does(move |tx| ops::check_out(tx, &who)).unwrap();
        let changed = shop.does(move |tx| change(tx, line)).unwrap();
        assert_eq!((changed.id, &changed.status), (cart.id, &Status::Active));
        assert_eq!(shop.does(move |tx| ops::peek(tx, &who)).unwrap(), Some(changed));
    }
}

#[test]
fn a_cart_is_filled_with_what_is_not_in_it_yet() {
    let shop = Shop::open();
    let who = owner(1);
    shop.adds(who, 7, 2);
    shop.does(move |tx| ops::check_out(tx, &who)).unwrap();
    let untouched = shop.does(move |tx| ops::peek(tx, &who)).unwrap();
    let left_out = shop.does(move |tx| ops::fill(tx, &who, vec![mug(7, 1)])).unwrap();
    assert_eq!(left_out, [(VariantId::new(7), LeftOut::AlreadyThere)]);
    assert_eq!(shop.does(move |tx| ops::peek(tx, &who)).unwrap(), untouched);
    assert_eq!(shop.does(move |tx| ops::fill(tx, &who, vec![mug(8, 1), mug(9, 3), mug(8, 2)])).unwrap(), []);
    let cart = shop.does(move |tx| ops::current(tx, &who)).unwrap();
    let lines: Vec<_> = cart.lines.iter().map(|line| (line.variant.raw(), line.quantity.as_i64())).collect();
    assert_eq!((lines, cart.status), (vec![(7, 2), (8, 3), (9, 3)], Status::Active));
    shop.does(move |tx| ops::fill(tx, &owner(2), vec![mug(8, 1)])).unwrap();
    assert_eq!(shop.does(move |tx| ops::current(tx, &owner(2))).unwrap().lines.len(), 1);
}

/// Carts of the first release: (id, user, status, whether it is under the user's key, whether it was ordered, lines).
const OLD_CARTS: [(i64, u64, &str, bool, bool, i64); 8] = [
    (1, 1, "CHECKED_OUT", false, true, 1),
    (2, 1, "CHECKED_OUT", false, false, 1),
    (3, 1, "CHECKED_OUT", false, false, 2),
    (4, 1, "ACTIVE", true, false, 0),
    (5, 2, "CHECKED_OUT", false, false, 1),
    (6, 2, "ACTIVE", true, false, 3),
    (7, 3, "ACTIVE", true, false, 0),
    (8, 4, "CHECKED_OUT", false, true, 1),
];

fn first_release(tx: &mut Tx<'_>) -> Result<()> {
    for (id, who, status, active, ordered, lines) in OLD_CARTS {
        let key = active.then(|| owner(who));
        let order = ordered.then(|| order(id as u32));
        tx.exec(
            "insert into carts (id, user_id, status, active_key, order_number, created_at, updated_at, version)
             values (?, ?, ?, ?, ?, 1, 1, 1)",
            args![id, owner(who), status, key, order],
        )?;
        for variant in 1..=lines {
            tx.exec(
                "insert into cart_items (cart_id, product_id, variant_id, product_name, price, quantity, added_at)
                 values (?, 1, ?, 'mug', 1, 1, 1)",
                args![id, variant],
            )?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_newest_cart_of_an_old_shop_becomes_the_buyers_cart() {
    let space = testdb::Space::open();
    let clock = std::sync::Arc::new(ports::ManualClock::default());
    let db = store::Db::open(store::Settings::throwaway(space.url().parse().unwrap(), clock)).unwrap();
    db.migrate([store::MIGRATIONS, &crate::MIGRATIONS[..1]].concat()).await.unwrap();
    db.write("old", first_release).await.unwrap();
    db.migrate([store::MIGRATIONS, crate::MIGRATIONS].concat()).await.unwrap();
    let own = |tx: &mut Tx<'_>| {
        let cart = |tx: &mut Tx<'_>, n| ops::peek(tx, &owner(n)).map(|cart| cart.map(|cart| cart.id.raw()));
        Ok([cart(tx, 1)?, cart(tx, 2)?, cart(tx, 3)?, cart(tx, 4)?])
    };
    assert_eq!(db.read("own", own).await.unwrap(), [Some(3), Some(6), Some(7), None]);
    let waiting =
        |tx: &mut Tx<'_>| ops::for_order(tx, &owner(2), Some(kernel::CartId::new(5))).map(|cart| cart.lines.len());
    assert_eq!(db.write("waiting", waiting).await.unwrap(), 1);
    let broken = |tx: &mut Tx<'_>| store::audit::run(tx, crate::MODULE.checks);
    assert_eq!(db.read("audit", broken).await.unwrap(), []);
}

#[test]
fn a_cart_makes_one_order() {
    let shop = Shop::open();
    let who = owner(1);
    let cart = shop.adds(who, 7, 1).id;
    shop.does(move |tx| ops::ordered(tx, cart, &order(1))).unwrap();
    assert_eq!(shop.code(move |tx| ops::ordered(tx, cart, &order(2))), Code::CartAlreadyCheckedOut);
    assert_eq!(shop.code(move |tx| ops::for_order(tx, &who, Some(cart))), Code::CartAlreadyCheckedOut);
    assert_eq!(shop.code(move |tx| ops::for_order(tx, &who, None)), Code::CartNotFound);
    assert_ne!(shop.does(move |tx| ops::current(tx, &who)).unwrap().id, cart);
}

#[test]
fn a_cart_has_room_for_two_hundred_lines() {
    let shop = Shop::open();
    let who = owner(1);
    shop.write(move |tx| (1..=LINES_MAX as i64).try_for_each(|v| ops::add(tx, &who, mug(v, 1), false).map(|_| ())))
        .unwrap();
    assert_eq!(shop.code(move |tx| ops::add(tx, &who, mug(900, 1), false)), Code::InvalidInput);
    let more = shop.does(move |tx| ops::add(tx, &who, mug(1, 1), true)).unwrap();
    assert_eq!(more.lines[0].quantity.as_i64(), 2);
}

/// Deletes all carts that are old enough, as the task does. Gives how many.
fn forgets(shop: &Shop) -> u64 {
    let (mut seen, mut deleted) = (Seen::default(), 0);
    loop {
        let before = seen;
        let (old, after) = shop.read(move |tx| ops::forgettable(tx, GUEST_TTL, before)).unwrap();
        let piece = shop.does(move |tx| ops::forget(tx, &old, GUEST_TTL)).unwrap();
        deleted += piece;
        if piece == 0 && after == before {
            return deleted;
        }
        seen = after;
    }
}

#[test]
fn abandoned_carts_are_deleted_but_never_the_newest() {
    let shop = Shop::open();
    shop.adds(owner(1), 7, 1);
    let ordered = shop.adds(owner(2), 7, 1).id;
    let old = shop.adds(owner(3), 7, 1).id;
    shop.adds(owner(4), 7, 1);
    shop.does(move |tx| ops::ordered(tx, ordered, &order(1))).unwrap();
    let of_the_first_release = "update carts set status = 'CHECKED_OUT', active_key = null where id = ?";
    shop.does(move |tx| tx.exec(of_the_first_release, args![old])).unwrap();
    shop.does(|tx| ops::check_out(tx, &owner(1))).unwrap();
    shop.does(|tx| ops::check_out(tx, &owner(4))).unwrap();
    let forgets = || forgets(&shop);
    assert_eq!(forgets(), 0);
    shop.clock.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(forgets(), 1); // the one of buyer 3, which no order can come from any more
    shop.clock.advance(Duration::from_secs(60 * 86_400));
    shop.does(|tx| ops::add(tx, &owner(1), mug(8, 1), false)).unwrap();
    assert_eq!(forgets(), 1); // the ordered one
    assert_eq!(forgets(), 0);
    let left: i64 = shop.read(|tx| tx.query_one("select count(*) from cart_items", args![], |r| r.get(0))).unwrap();
    assert_eq!(left, 3);
}

#[test]
fn a_cart_changed_meanwhile_is_not_deleted() {
    let shop = Shop::open();
    shop.adds(owner(1), 7, 1);
    shop.clock.advance(Duration::from_secs(91 * 86_400));
    shop.adds(owner(2), 7, 1);
    let (old, _) = shop.read(|tx| ops::forgettable(tx, GUEST_TTL, Seen::default())).unwrap();
    assert_eq!(old.len(), 1);
    shop.adds(owner(1), 8, 1);
    assert_eq!(shop.does(move |tx| ops::forget(tx, &old, GUEST_TTL)).unwrap(), 0);
}

#[test]
fn many_first_additions_at_once_make_one_cart() {
    let shop = Shop::open();
    at_once(1..=8, |n| shop.write(move |tx| ops::add(tx, &owner(1), mug(n, 1), false)).unwrap());
    let cart = shop.does(|tx| ops::current(tx, &owner(1))).unwrap();
    assert_eq!(cart.lines.len(), 8);
}

#[test]
fn a_second_active_cart_cannot_be_made() {
    let shop = Shop::open();
    let carts = shop.does(|tx| {
        crate::store::make(tx, &owner(1))?;
        crate::store::make(tx, &owner(1))?;
        tx.query_one("select count(*) from carts", args![], |row| row.get::<i64>(0))
    });
    assert_eq!(carts.unwrap(), 1);
}

/// What a buyer may do, in any order.
#[derive(Debug, Clone)]
enum Act {
    Add { variant: i64, quantity: i64, merge: bool },
    Change { line: usize, quantity: i64 },
    Remove { line: usize },
    Clear,
    CheckOut,
    Order,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1_i64..4, 1_i64..9, any::<bool>()).prop_map(|(variant, quantity, merge)| Act::Add { variant, quantity, merge }),
        2 => (0_usize..4, 1_i64..9).prop_map(|(line, quantity)| Act::Change { line, quantity }),
        1 => (0_usize..4).prop_map(|line| Act::Remove { line }),
        1 => Just(Act::Clear),
        1 => Just(Act::CheckOut),
        2 => Just(Act::Order),
    ]
}

/// A model of the buyer's cart: its lines.
#[derive(Debug, Default)]
struct Model {
    cart: Option<Vec<(i64, i64)>>,
    checked_out: bool,
}

impl Model {
    fn act(&mut self, act: &Act) -> Option<Vec<(i64, i64)>> {
        match *act {
            Act::Add { variant, quantity, merge } => {
                let lines = self.cart.get_or_insert_default();
                match lines.iter_mut().find(|line| line.0 == variant) {
                    Some(line) if merge => line.1 += quantity,
                    Some(_) => return None,
                    None => lines.push((variant, quantity)),
                }
            }
            Act::Change { line, quantity } => self.cart.as_mut()?.get_mut(line)?.1 = quantity,
            Act::Remove { line } => {
                let lines = self.cart.as_mut().filter(|lines| line < lines.len())?;
                lines.remove(line);
            }
            Act::Clear => self.cart.as_mut()?.clear(),
            Act::CheckOut => {
                self.cart.as_ref().filter(|lines| !lines.is_empty())?;
                self.checked_out = true;
                return self.cart.clone();
            }
            Act::Order => {
                let ordered = self.cart.take_if(|lines| !lines.is_empty())?;
                self.checked_out = false;
                return Some(ordered);
            }
        }
        self.checked_out = false;
        self.cart.clone()
    }
}

fn on_the_shop(tx: &mut Tx<'_>, who: &Owner, act: &Act, n: u32) -> Result<Cart> {
    let item = |tx: &mut Tx<'_>, line: usize| -> Result<CartItemId> {
        let cart = ops::peek(tx, who)?;
        Ok(cart.and_then(|cart| cart.lines.get(line).map(|line| line.id)).unwrap_or(CartItemId::new(999_999)))
    };
    match *act {
        Act::Add { variant, quantity, merge } => ops::add(tx, who, mug(variant, quantity), merge),
        Act::Change { line, quantity } => {
            let item = item(tx, line)?;
            ops::change(tx, who, item, Quantity::new(quantity)?).map(|(cart, _)| cart)
        }
        Act::Remove { line } => {
            let item = item(tx, line)?;
            ops::remove(tx, who, item)
        }
        Act::Clear => ops::clear(tx, who),
        Act::CheckOut => ops::check_out(tx, who),
        Act::Order => {
            let cart = ops::for_order(tx, who, None)?;
            ops::ordered(tx, cart.id, &order(n)).map(|()| cart)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_a_buyer_does_the_cart_agrees_with_the_model(acts in prop::collection::vec(act(), 1..40)) {
        let shop = Shop::open();
        let mut model = Model::default();
        for (n, act) in (1..).zip(&acts) {
            let expected = model.act(act);
            let done = act.clone();
            let found = shop.does(move |tx| on_the_shop(tx, &owner(1), &done, n));
            let lines = |cart: &Cart| cart.lines.iter().map(|l| (l.variant.raw(), l.quantity.as_i64())).collect::<Vec<_>>();
            prop_assert_eq!(found.as_ref().ok().map(lines), expected, "{:?}", act);
            let cart = shop.does(|tx| ops::peek(tx, &owner(1))).unwrap();
            let checked_out = cart.as_ref().is_some_and(|cart| cart.status == Status::CheckedOut { order: None });
            prop_assert_eq!((cart.as_ref().map(lines), checked_out), (model.cart.clone(), model.checked_out), "{:?}", act);
        }
    }
}

/// A guest's cart with these lines.
fn guest_with(shop: &Shop, lines: &[(i64, i64)]) -> (Guest, String) {
    let (guest, token) = shop.does(ops::welcome).unwrap();
    for (variant, quantity) in lines.iter().copied() {
        shop.adds(Owner::Guest(guest), variant, quantity);
    }
    (guest, token)
}

#[test]
fn a_guest_who_signs_in_takes_the_cart_along_once() {
    let shop = Shop::open();
    shop.adds(owner(1), 7, 2);
    let (guest, token) = guest_with(&shop, &[(7, 3), (8, 1)]);
    assert_eq!(Guest::of_token(&token), Some(guest));
    for _ in 0..2 {
        shop.does(move |tx| ops::merge(tx, user_id(1), &guest)).unwrap();
        let cart = shop.does(|tx| ops::current(tx, &owner(1))).unwrap();
        let lines: Vec<_> = cart.lines.iter().map(|line| (line.variant.raw(), line.quantity.as_i64())).collect();
        assert_eq!(lines, [(7, 5), (8, 1)]);
        assert!(!shop.does(move |tx| ops::is_known(tx, &guest, GUEST_TTL)).unwrap());
    }
    let (other, _) = guest_with(&shop, &[(9, 1)]);
    shop.does(move |tx| ops::merge(tx, user_id(2), &other)).unwrap();
    assert_eq!(shop.does(|tx| ops::current(tx, &owner(2))).unwrap().lines.len(), 1);
    let left: i64 = shop.read(|tx| tx.query_one("select count(*) from cart_items", args![], |r| r.get(0))).unwrap();
    assert_eq!(left, 3, "nothing stays in the carts of guests who signed in");
}

#[test]
fn a_merged_cart_keeps_its_limits() {
    let shop = Shop::open();
    shop.write(|tx| (1..LINES_MAX as i64).try_for_each(|v| ops::add(tx, &owner(1), mug(v, 1), false).map(|_| ())))
        .unwrap();
    let (guest, _) = guest_with(&shop, &[(1, crate::cart::UNITS_MAX), (900, 1), (901, 1)]);
    shop.does(move |tx| ops::merge(tx, user_id(1), &guest)).unwrap();
    let cart = shop.does(|tx| ops::current(tx, &owner(1))).unwrap();
    assert_eq!((cart.lines.len(), cart.lines[0].quantity.as_i64()), (LINES_MAX, crate::cart::UNITS_MAX));
}

#[test]
fn the_cart_of_a_guest_who_stays_away_is_forgotten() {
    let shop = Shop::open();
    let (guest, _) = guest_with(&shop, &[(7, 1)]);
    let (active, _) = guest_with(&shop, &[(7, 1)]);
    shop.adds(owner(1), 7, 1);
    shop.clock.advance(Duration::from_secs(29 * 86_400));
    shop.adds(Owner::Guest(active), 8, 1);
    shop.clock.advance(Duration::from_secs(2 * 86_400));
    let known = |guest: Guest| shop.does(move |tx| ops::is_known(tx, &guest, GUEST_TTL)).unwrap();
    assert_eq!((known(guest), known(active)), (false, true));
    assert_eq!(forgets(&shop), 1);
    assert!(known(active));
}
