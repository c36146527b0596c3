//! Reserve, commit, release and return in any order and repeated, with administrators changing stock in between. After every
//! step the shop agrees with a model of a few lines, no stock is negative or lost, and the audit finds nothing
//! (docs/RULES.md, known failure 11).

use fixture::{Fixture, at_once};
use inventory::{Decision, Line, Location, MODULE, Opening, State, ops};
use kernel::{Code, OrderNumber, ProductId, Quantity, Result, UserId, VariantId};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};
use store::Tx;

const ORDERS: u32 = 4;
const VARIANTS: i64 = 3;
/// In the order orders take from them.
const LOCATIONS: [&str; 3] = ["MAIN", "AIR", "SEOUL"];

#[derive(Debug, Clone)]
enum Step {
    Reserve { order: u32, lines: Vec<(i64, i64)> },
    Commit { order: u32 },
    Release { order: u32 },
    TakeBack { order: u32 },
    Receive { variant: i64, location: usize, units: i64 },
    Adjust { variant: i64, location: usize, delta: i64 },
    SetAvailable { variant: i64, units: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let order = 0..ORDERS;
    let variant = 1..=VARIANTS;
    let lines = prop::collection::vec((1..=VARIANTS, 1_i64..5), 1..4);
    prop_oneof![
        4 => (order.clone(), lines).prop_map(|(order, lines)| Step::Reserve { order, lines }),
        3 => order.clone().prop_map(|order| Step::Commit { order }),
        3 => order.clone().prop_map(|order| Step::Release { order }),
        2 => order.prop_map(|order| Step::TakeBack { order }),
        1 => (variant.clone(), 0..3_usize, 1_i64..5)
            .prop_map(|(variant, location, units)| Step::Receive { variant, location, units }),
        1 => (variant.clone(), 0..3_usize, -4_i64..5)
            .prop_map(|(variant, location, delta)| Step::Adjust { variant, location, delta }),
        1 => (variant, 0_i64..12).prop_map(|(variant, units)| Step::SetAvailable { variant, units }),
    ]
}

/// A variant and a location.
type Place = (i64, usize);

/// The shop's stock without a database: (variant, location) → (available, reserved), and what became of every order.
#[derive(Debug, Default)]
struct Model {
    stock: BTreeMap<Place, (i64, i64)>,
    orders: BTreeMap<u32, (State, Vec<(Place, i64)>)>,
}

impl Model {
    fn available(&self, variant: i64) -> i64 {
        (0..LOCATIONS.len()).map(|location| self.stock[&(variant, location)].0).sum()
    }

    /// From where `units` of a variant would be taken.
    fn taken(&self, variant: i64, units: i64) -> Vec<(Place, i64)> {
        let mut missing = units;
        let mut taken = Vec::new();
        for location in 0..LOCATIONS.len() {
            let from_here = missing.min(self.stock[&(variant, location)].0);
            missing -= from_here;
            if from_here > 0 {
                taken.push(((variant, location), from_here));
            }
        }
        taken
    }

    fn shift(&mut self, taken: &[(Place, i64)], available: i64, reserved: i64) {
        for (place, units) in taken {
            let stock = self.stock.get_mut(place).unwrap();
            stock.0 += available * units;
            stock.1 += reserved * units;
        }
    }

    fn turn(&mut self, order: u32, from: State, to: State, available: i64, reserved: i64) {
        if let Some((state, taken)) = self.orders.get(&order).filter(|(state, _)| *state == from).cloned() {
            assert_eq!(state, from);
            self.shift(&taken, available, reserved);
            self.orders.insert(order, (to, taken));
        }
    }

    /// What `step` does; `Some` when it is refused.
    fn step(&mut self, step: &Step) -> Option<Code> {
        match step {
            Step::Reserve { order, .. } if self.orders.contains_key(order) => {}
            Step::Reserve { order, lines } => {
                let mut wanted = BTreeMap::new();
                lines.iter().for_each(|(variant, units)| *wanted.entry(*variant).or_insert(0) += units);
                if wanted.iter().any(|(variant, units)| self.available(*variant) < *units) {
                    return Some(Code::InsufficientStock);
                }
                let taken: Vec<_> = wanted.iter().flat_map(|(variant, units)| self.taken(*variant, *units)).collect();
                self.shift(&taken, -1, 1);
                self.orders.insert(*order, (State::Live, taken));
            }
            Step::Commit { order } => self.turn(*order, State::Live, State::Committed, 0, -1),
            Step::Release { order } => self.turn(*order, State::Live, State::Released, 1, -1),
            Step::TakeBack { order } => self.turn(*order, State::Committed, State::Returned, 1, 0),
            Step::Receive { variant, location, units } => self.shift(&[((*variant, *location), *units)], 1, 0),
            Step::Adjust { variant, location, delta } => {
                if *delta == 0 || self.stock[&(*variant, *location)].0 + delta < 0 {
                    return Some(Code::InvalidStockQuantity);
                }
                self.shift(&[((*variant, *location), *delta)], 1, 0);
            }
            Step::SetAvailable { variant, units } => {
                let delta = units - self.available(*variant);
                if delta < 0 {
                    let taken = self.taken(*variant, -delta);
                    self.shift(&taken, -1, 0);
                } else {
                    self.shift(&[((*variant, 0), delta)], 1, 0);
                }
            }
        }
        None
    }
}

/// One run of the test, with products and orders of its own: a shop for each run would cost minutes on a database server.
#[derive(Debug, Clone, Copy)]
struct Case(u32);

impl Case {
    fn ids(self, variant: i64) -> (ProductId, VariantId) {
        let id = i64::from(self.0) * VARIANTS + variant;
        (ProductId::new(id), VariantId::new(id))
    }

    fn number(self, order: u32) -> OrderNumber {
        format!("ORD-20260206-{:04}{order:04}", self.0).parse().unwrap()
    }
}

fn on_the_shop(tx: &mut Tx<'_>, case: Case, step: &Step) -> Result<()> {
    let buyer: UserId = "3f0e8c3a-0000-4000-8000-000000000001".parse()?;
    let ids = |variant| case.ids(variant);
    let number = |order: &u32| case.number(*order);
    match step {
        Step::Reserve { order, lines } => {
            let line = |&(variant, units): &(i64, i64)| {
                let (product, variant) = ids(variant);
                Ok(Line { variant, product, quantity: Quantity::new(units)? })
            };
            ops::reserve(tx, &number(order), &buyer, &lines.iter().map(line).collect::<Result<Vec<_>>>()?)
        }
        Step::Commit { order } => ops::commit(tx, &number(order)).map(|_| ()),
        Step::Release { order } => ops::release(tx, &number(order), "cancelled"),
        Step::TakeBack { order } => ops::return_sold(tx, &number(order), "refunded"),
        Step::Receive { variant, location, units } => {
            let (product, variant) = ids(*variant);
            ops::receive(tx, product, variant, LOCATIONS[*location], Quantity::new(*units)?, "truck", "kim")
        }
        Step::Adjust { variant, location, delta } => {
            let (product, variant) = ids(*variant);
            ops::adjust(tx, product, variant, LOCATIONS[*location], Decision::by(*delta), "counted", "kim")
        }
        Step::SetAvailable { variant, units } => ops::set_available(tx, ids(*variant).1, Decision::to(*units), "kim"),
    }
}

fn open(shop: &Fixture, case: Case, opening: &[i64]) -> Model {
    let mut model = Model::default();
    let mut openings = Vec::new();
    for (n, &quantity) in opening.iter().enumerate() {
        let (variant, at) = (n as i64 / 3 + 1, n % 3);
        model.stock.insert((variant, at), (quantity, 0));
        let (product, id) = case.ids(variant);
        openings.push(Opening {
            product,
            variant: id,
            location: Location::checked(LOCATIONS[at]).unwrap(),
            quantity,
            threshold: 10,
        });
    }
    shop.write(move |tx| ops::open(tx, &openings, None, "SYSTEM")).unwrap();
    model
}

/// (variant, location) → (available, reserved), as the shop's pages show it.
fn seen(tx: &mut Tx<'_>, case: Case) -> Result<BTreeMap<Place, (i64, i64)>> {
    let products: Vec<ProductId> = (1..=VARIANTS).map(|variant| case.ids(variant).0).collect();
    let variant = |id: VariantId| id.raw() - i64::from(case.0) * VARIANTS;
    let at = |code: &str| LOCATIONS.iter().position(|location| *location == code).unwrap();
    let stock = ops::stock_of_products(tx, &products)?;
    let places = stock.iter().flat_map(|stock| &stock.breakdown);
    let figure = |p: &inventory::stock::LocationStock| {
        ((variant(p.variant_id), at(p.location_code.as_str())), (p.available_quantity, p.reserved_quantity))
    };
    Ok(places.map(figure).collect())
}

#[test]
fn any_order_of_steps_agrees_with_the_model() {
    let shop = Fixture::of(&[MODULE]);
    let cases = AtomicU32::new(0);
    let any = (prop::collection::vec(0_i64..6, 9), prop::collection::vec(step(), 1..60));
    let agrees = |(opening, steps): (Vec<i64>, Vec<Step>)| {
        let case = Case(cases.fetch_add(1, Ordering::Relaxed));
        let mut model = open(&shop, case, &opening);
        for step in &steps {
            let expected = model.step(step);
            let twice = step.clone();
            let refused = shop.write(move |tx| on_the_shop(tx, case, &twice)).err();
            prop_assert_eq!(refused.map(|error| error.code()), expected, "{:?}", step);
            prop_assert_eq!(shop.read(move |tx| seen(tx, case)).unwrap(), model.stock.clone(), "{:?}", step);
            prop_assert_eq!(shop.audit(), vec![]);
        }
        Ok(())
    };
    TestRunner::new(ProptestConfig::with_cases(64)).run(&any, agrees).unwrap();
}

#[test]
fn the_last_unit_goes_to_one_of_fifty_at_once() {
    let shop = Fixture::of(&[MODULE]);
    open(&shop, Case(0), &[1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let answers = at_once(0..50, |n| {
        let wanted = Step::Reserve { order: n, lines: vec![(1, 1)] };
        shop.write(move |tx| on_the_shop(tx, Case(0), &wanted))
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).map(|error| error.code());
    assert!(refused.clone().all(|code| code == Code::InsufficientStock) && refused.count() == 49);
}
