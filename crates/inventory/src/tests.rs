//! Stock in the shop's language, on a real database.

use crate::ops::{self, Opening};
use crate::stock::LOW_STOCK_THRESHOLD;
use crate::store::{self as stock_store, Cause};
use crate::{Decision, Kind, Level, Line, Location, MODULE, Movement, StockStatus, rebuild};
use events::{StockChanged, StockReserved};
use fixture::{Fixture, user_id};
use kernel::{Code, Error, Event as _, OrderNumber, PageRequest, ProductId, Quantity, Result, VariantId};
use std::ops::Deref;
use store::{Arg, Tx, args};

/// A shop that keeps stock and nothing else.
struct Warehouse(Fixture);

impl Deref for Warehouse {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

fn at_main(product: i64, variant: i64, quantity: i64) -> Opening {
    Opening::at_main(ProductId::new(product), VariantId::new(variant), quantity, LOW_STOCK_THRESHOLD)
}

impl Warehouse {
    /// Variant `n` of product `n` begins with `quantities[n - 1]` units.
    fn with(quantities: &[i64]) -> Warehouse {
        let warehouse = Warehouse(Fixture::of(&[MODULE]));
        let openings: Vec<_> = (1..).zip(quantities).map(|(n, &quantity)| at_main(n, n, quantity)).collect();
        warehouse.write(move |tx| ops::open(tx, &openings, None, "SYSTEM")).unwrap();
        warehouse
    }

    fn reserves(&self, number: &OrderNumber, wanted: &[(i64, i64)]) -> Result<()> {
        let (number, lines) = (number.clone(), lines(wanted));
        self.write(move |tx| ops::reserve(tx, &number, &user_id(1), &lines))
    }

    fn commits(&self, number: &OrderNumber) -> Result<()> {
        let number = number.clone();
        self.write(move |tx| ops::commit(tx, &number).map(|_| ()))
    }

    fn releases(&self, number: &OrderNumber) -> Result<()> {
        let number = number.clone();
        self.write(move |tx| ops::release(tx, &number, "changed my mind"))
    }

    fn takes_back(&self, number: &OrderNumber) -> Result<()> {
        let number = number.clone();
        self.write(move |tx| ops::return_sold(tx, &number, "refunded"))
    }

    /// (available, reserved) of a variant; the audit must find nothing.
    fn level(&self, variant: i64) -> (i64, i64) {
        assert_eq!(self.audit(), []);
        let level = self.full_level(variant);
        (level.available, level.reserved)
    }

    fn full_level(&self, variant: i64) -> Level {
        let variants = [VariantId::new(variant)];
        self.read(move |tx| ops::levels(tx, &variants)).unwrap().remove(0)
    }

    fn movements(&self, product: i64) -> Vec<Movement> {
        let request = PageRequest::new(0, 100).unwrap();
        self.read(move |tx| ops::movements(tx, ProductId::new(product), request, None)).unwrap().content
    }

    /// Topic, key and payload of every event.
    fn published(&self) -> Vec<(String, String, String)> {
        let events = self.events().into_iter();
        events.map(|event| (event.topic.to_string(), event.key.to_string(), event.payload.to_string())).collect()
    }
}

fn order(n: u32) -> OrderNumber {
    format!("ORD-20260206-{n:08}").parse().unwrap()
}

fn lines(wanted: &[(i64, i64)]) -> Vec<Line> {
    let line = |&(variant, units): &(i64, i64)| Line {
        variant: VariantId::new(variant),
        product: ProductId::new(variant),
        quantity: Quantity::new(units).unwrap(),
    };
    wanted.iter().map(line).collect()
}

fn value_of<'a>(error: &'a Error, name: &str) -> Vec<&'a serde_json::Value> {
    error.details().iter().map(|detail| &detail.values[name]).collect()
}

#[test]
fn available_falls_at_reservation_and_total_at_commit() {
    let warehouse = Warehouse::with(&[10]);
    warehouse.reserves(&order(1), &[(1, 4)]).unwrap();
    assert_eq!(warehouse.level(1), (6, 4));
    assert_eq!(warehouse.full_level(1).total, 10);
    warehouse.commits(&order(1)).unwrap();
    assert_eq!(warehouse.level(1), (6, 0));
    assert_eq!(warehouse.full_level(1).total, 6);
}

#[test]
fn units_that_are_held_belong_to_no_order_until_they_are_freed_for_one() {
    let warehouse = Warehouse::with(&[10]);
    let holder = ops::Holder { purpose: "TEST", id: 7 };
    let line = |units| lines(&[(1, units)])[0];
    warehouse.write(move |tx| ops::hold(tx, holder, line(8), "SYSTEM")).unwrap();
    assert_eq!(warehouse.level(1), (2, 8));
    assert_eq!(warehouse.refused(move |tx| ops::hold(tx, holder, line(3), "SYSTEM")).code(), Code::InsufficientStock);
    assert_eq!(warehouse.reserves(&order(1), &[(1, 3)]).unwrap_err().code(), Code::InsufficientStock);
    let bought = move |tx: &mut Tx<'_>| {
        ops::free(tx, holder, line(3), "SYSTEM")?;
        ops::reserve(tx, &order(1), &user_id(1), &[line(3)])
    };
    warehouse.write(bought).unwrap();
    assert_eq!(warehouse.level(1), (2, 8));
    warehouse.commits(&order(1)).unwrap();
    assert_eq!(warehouse.level(1), (2, 5));
    assert_eq!(warehouse.refused(move |tx| ops::free(tx, holder, line(6), "SYSTEM")).code(), Code::Internal);
    warehouse.write(move |tx| ops::give_back(tx, holder, line(5), "SYSTEM")).unwrap();
    assert_eq!(warehouse.level(1), (7, 0));
    warehouse.write(move |tx| ops::hold(tx, holder, line(7), "SYSTEM")).unwrap();
    assert_eq!(warehouse.level(1), (0, 7));
}

#[test]
fn every_shortage_is_named_and_nothing_is_written() {
    let warehouse = Warehouse::with(&[5, 1, 0, 9]);
    let error = warehouse.reserves(&order(1), &[(4, 2), (3, 1), (2, 2), (1, 5)]).unwrap_err();
    assert_eq!(error.code(), Code::InsufficientStock);
    assert_eq!(value_of(&error, "variantId"), [2, 3]);
    assert_eq!(value_of(&error, "requested"), [2, 1]);
    assert_eq!(value_of(&error, "available"), [1, 0]);
    assert_eq!((1..=4).map(|v| warehouse.level(v)).collect::<Vec<_>>(), [(5, 0), (1, 0), (0, 0), (9, 0)]);
    assert!(warehouse.published().iter().all(|(topic, ..)| topic == StockChanged::TOPIC));
}

#[test]
fn the_same_variant_on_two_lines_is_summed_before_the_check() {
    let warehouse = Warehouse::with(&[3]);
    let error = warehouse.reserves(&order(1), &[(1, 2), (1, 2)]).unwrap_err();
    assert_eq!(value_of(&error, "requested"), [4]);
    warehouse.reserves(&order(2), &[(1, 2), (1, 1)]).unwrap();
    assert_eq!(warehouse.level(1), (0, 3));
}

#[test]
fn a_variant_without_stock_rows_is_named() {
    let warehouse = Warehouse::with(&[3]);
    let error = warehouse.reserves(&order(1), &[(1, 9), (77, 1)]).unwrap_err();
    assert_eq!((error.code(), value_of(&error, "variantId")), (Code::InventoryNotFound, vec![&77.into()]));
}

#[test]
fn repeating_any_step_changes_nothing() {
    let warehouse = Warehouse::with(&[10, 10]);
    let twice = |step: &dyn Fn() -> Result<()>| (0..2).for_each(|_| step().unwrap());
    twice(&|| warehouse.reserves(&order(1), &[(1, 4), (2, 1)]));
    assert_eq!((warehouse.level(1), warehouse.level(2)), ((6, 4), (9, 1)));
    twice(&|| warehouse.commits(&order(1)));
    assert_eq!(warehouse.level(1), (6, 0));
    twice(&|| warehouse.takes_back(&order(1)));
    assert_eq!(warehouse.level(1), (10, 0));
    twice(&|| warehouse.releases(&order(1)));
    twice(&|| warehouse.commits(&order(1)));
    twice(&|| warehouse.reserves(&order(1), &[(1, 4), (2, 1)]));
    assert_eq!((warehouse.level(1), warehouse.level(2)), ((10, 0), (10, 0)));
    assert_eq!(warehouse.published().iter().filter(|(_, key, _)| key.starts_with("ORD-")).count(), 2);
}

#[test]
fn a_repeated_reservation_is_no_shortage() {
    let warehouse = Warehouse::with(&[2]);
    warehouse.reserves(&order(1), &[(1, 2)]).unwrap();
    warehouse.reserves(&order(1), &[(1, 2)]).unwrap();
    assert_eq!(warehouse.level(1), (0, 2));
}

#[test]
fn a_sold_order_is_not_released_and_a_released_one_is_not_sold() {
    let warehouse = Warehouse::with(&[10]);
    warehouse.reserves(&order(1), &[(1, 3)]).unwrap();
    warehouse.commits(&order(1)).unwrap();
    warehouse.releases(&order(1)).unwrap();
    assert_eq!(warehouse.level(1), (7, 0));
    warehouse.reserves(&order(2), &[(1, 3)]).unwrap();
    warehouse.releases(&order(2)).unwrap();
    warehouse.commits(&order(2)).unwrap();
    warehouse.takes_back(&order(2)).unwrap();
    assert_eq!(warehouse.level(1), (7, 0));
}

#[test]
fn orders_take_from_main_first_and_give_back_where_they_took() {
    let warehouse = Warehouse::with(&[2]);
    let elsewhere = |location: &str, quantity| Opening {
        product: ProductId::new(1),
        variant: VariantId::new(1),
        location: Location::checked(location).unwrap(),
        quantity,
        threshold: 3,
    };
    let openings = [elsewhere("seoul", 5), elsewhere("AIR", 1)];
    warehouse.write(move |tx| ops::open(tx, &openings, Some("second warehouse"), "SYSTEM")).unwrap();
    assert_eq!(warehouse.level(1), (8, 0));
    warehouse.reserves(&order(1), &[(1, 4)]).unwrap();
    let held = warehouse.read(|tx| ops::reservations(tx, &order(1))).unwrap();
    let taken: Vec<_> = held.iter().map(|r| (r.location_code.to_string(), r.quantity)).collect();
    assert_eq!(taken, [("AIR".to_owned(), 1), ("MAIN".to_owned(), 2), ("SEOUL".to_owned(), 1)]);
    let error = warehouse.reserves(&order(2), &[(1, 5)]).unwrap_err();
    assert_eq!(value_of(&error, "available"), [4]);
    warehouse.releases(&order(1)).unwrap();
    let stock = warehouse.read(|tx| ops::stock_of_product(tx, ProductId::new(1))).unwrap();
    let places: Vec<_> = stock.breakdown.iter().map(|p| (p.location_code.as_str(), p.available_quantity)).collect();
    assert_eq!(places, [("AIR", 1), ("MAIN", 2), ("SEOUL", 5)]);
    assert_eq!((stock.available_quantity, stock.stock_status), (8, StockStatus::LowStock));
}

#[test]
fn stock_is_opened_once() {
    let warehouse = Warehouse::with(&[1]);
    let code = |openings: &'static [(i64, i64, i64)]| {
        let openings: Vec<_> = openings.iter().map(|&(p, v, q)| at_main(p, v, q)).collect();
        warehouse.write(move |tx| ops::open(tx, &openings, None, "SYSTEM")).unwrap_err().code()
    };
    assert_eq!(code(&[(2, 2, 5), (1, 1, 5)]), Code::InventoryAlreadyExists);
    assert_eq!(code(&[(2, 2, 5), (2, 2, 5)]), Code::InventoryAlreadyExists);
    assert_eq!(code(&[(2, 2, -1)]), Code::InvalidStockQuantity);
    let levels = warehouse.read(|tx| ops::levels(tx, &[VariantId::new(2)])).unwrap();
    assert_eq!(levels, []);
}

#[test]
fn administrators_receive_adjust_and_set_stock() {
    let warehouse = Warehouse::with(&[10]);
    let (p, v) = (ProductId::new(1), VariantId::new(1));
    warehouse.reserves(&order(1), &[(1, 4)]).unwrap();
    warehouse.write(move |tx| ops::receive(tx, p, v, "MAIN", Quantity::new(5).unwrap(), "truck", "kim")).unwrap();
    assert_eq!(warehouse.level(1), (11, 4));
    warehouse.write(move |tx| ops::adjust(tx, p, v, "main", Decision::by(-3), "broken", "kim")).unwrap();
    assert_eq!(warehouse.level(1), (8, 4));
    warehouse.write(move |tx| ops::set_available(tx, v, Decision::to(2), "kim")).unwrap();
    assert_eq!(warehouse.level(1), (2, 4));
    warehouse.write(move |tx| ops::set_available(tx, v, Decision::to(20), "kim")).unwrap();
    warehouse.write(move |tx| ops::set_available(tx, v, Decision::to(20), "kim")).unwrap();
    assert_eq!(warehouse.level(1), (20, 4));
    let refused = |delta| {
        warehouse.write(move |tx| ops::adjust(tx, p, v, "MAIN", Decision::by(delta), "?", "kim")).unwrap_err().code()
    };
    assert_eq!((refused(-21), refused(0)), (Code::InvalidStockQuantity, Code::InvalidStockQuantity));
    let elsewhere =
        warehouse.write(move |tx| ops::adjust(tx, p, v, "BUSAN", Decision::by(1), "?", "kim")).unwrap_err().code();
    assert_eq!(elsewhere, Code::InventoryNotFound);
    let last = warehouse.published().pop().unwrap();
    assert_eq!((last.0.as_str(), last.1.as_str()), (StockChanged::TOPIC, "1"));
    assert_eq!(last.2, r#"{"productId":1,"variantId":1,"available":20,"reserved":4}"#);
}

#[test]
fn every_movement_is_on_the_page_newest_first() {
    let warehouse = Warehouse::with(&[10]);
    warehouse.reserves(&order(1), &[(1, 4)]).unwrap();
    warehouse.commits(&order(1)).unwrap();
    warehouse.takes_back(&order(1)).unwrap();
    let all = warehouse.movements(1);
    let shown: Vec<_> =
        all.iter().map(|m| (m.movement_type, m.quantity, m.previous_available, m.after_available)).collect();
    assert_eq!(shown, [("RETURN", 4, 6, 10), ("SALE", 4, 6, 6), ("RESERVATION", 4, 10, 6), ("PURCHASE", 10, 0, 10)]);
    assert_eq!(
        (all[1].previous_reserved, all[1].after_reserved, all[1].movement_type_description.korean),
        (4, 0, "판매")
    );
    assert_eq!((all[2].reference_type.as_str(), &*all[2].reference_id), ("ORDER", order(1).as_str()));
    let movements = warehouse.read(|tx| ops::movements_of_order(tx, &order(1))).unwrap();
    assert_eq!(movements.iter().map(|m| m.movement_type).collect::<Vec<_>>(), ["RESERVATION", "SALE", "RETURN"]);
}

#[test]
fn movements_continue_after_the_cursor() {
    let warehouse = Warehouse::with(&[10]);
    (1..=4).for_each(|n| warehouse.reserves(&order(n), &[(1, 1)]).unwrap());
    let two = PageRequest::new(0, 2).unwrap();
    let page = |after| warehouse.read(move |tx| ops::movements(tx, ProductId::new(1), two, after)).unwrap();
    let first = page(None);
    assert_eq!((first.content[0].version, first.total_elements, first.last), (5, 5, false));
    let second = page(first.next_cursor.as_deref().map(|cursor| cursor.parse().unwrap()));
    let third = page(second.next_cursor.as_deref().map(|cursor| cursor.parse().unwrap()));
    assert_eq!((second.content[0].version, third.content[0].version), (3, 1));
    assert!(third.last && third.next_cursor.is_none());
}

#[test]
fn events_say_what_orders_took() {
    let warehouse = Warehouse::with(&[10, 10]);
    warehouse.reserves(&order(1), &[(2, 1), (1, 4), (2, 2)]).unwrap();
    warehouse.releases(&order(1)).unwrap();
    let events = warehouse.published();
    let [reserved, released] = &events[events.len() - 2..] else { panic!("two events") };
    assert_eq!((reserved.0.as_str(), reserved.1.as_str()), (StockReserved::TOPIC, order(1).as_str()));
    assert!(reserved.2.contains(r#""reservedQuantities":{"1":4,"2":3}"#), "{}", reserved.2);
    assert!(released.2.contains(r#""reason":"changed my mind""#), "{}", released.2);
}

#[test]
fn a_damaged_snapshot_is_found_and_rebuilt() {
    let warehouse = Warehouse::with(&[10, 10, 10]);
    warehouse.reserves(&order(1), &[(1, 4), (2, 2)]).unwrap();
    warehouse.commits(&order(1)).unwrap();
    warehouse
        .write(|tx| {
            tx.exec("update inventory_snapshots set available = available + 1 where variant_id = 1", args![])?;
            tx.exec("delete from inventory_snapshots where variant_id = 2", args![])
        })
        .unwrap();
    let rules: Vec<String> = warehouse.audit().iter().map(|found| found.rule.to_string()).collect();
    assert!(rules.iter().any(|rule| rule == "the snapshot is the fold of its events"), "{rules:?}");
    assert!(rules.iter().any(|rule| rule == "every event belongs to a snapshot"), "{rules:?}");
    let db = warehouse.db();
    let dry = fixture::wait(rebuild::run(&db, true, 7)).unwrap();
    assert_eq!((dry.snapshots, dry.events, dry.different, dry.repaired), (3, 7, 2, 0));
    assert!(!warehouse.audit().is_empty());
    let wet = fixture::wait(rebuild::run(&db, false, 7)).unwrap();
    assert_eq!((wet.different, wet.repaired), (2, 2));
    assert_eq!((1..=3).map(|v| warehouse.level(v)).collect::<Vec<_>>(), [(6, 0), (8, 0), (10, 0)]);
    let again = fixture::wait(rebuild::run(&db, false, 7)).unwrap();
    assert_eq!((again.different, again.differences), (0, vec![]));
    let threshold = |product: i64| {
        let stock = warehouse.read(move |tx| ops::stock_of_product(tx, ProductId::new(product))).unwrap();
        stock.breakdown[0].low_stock_threshold
    };
    assert_eq!((threshold(1), threshold(2)), (LOW_STOCK_THRESHOLD, 7), "a lost row gets the shop's setting");
}

#[test]
fn every_planted_damage_is_found() {
    let damages: [&'static [&'static str]; 9] = [
        &["update inventory_snapshots set reserved = reserved + 1"],
        &["update inventory_snapshots set version = version + 1"],
        &["delete from inventory_events where aggregate_version = 1"],
        &["update inventory_events set quantity_change = -5 where event_type = 'RESERVED'"],
        &["update inventory_events set event_type = 'ADJUSTED' where event_type = 'COMMITTED'"],
        &["update inventory_reservations set state = 'RELEASED' where state = 'LIVE'"],
        &["update inventory_reservations set quantity = quantity + 1"],
        &["delete from inventory_reservations where state = 'COMMITTED'"],
        &["update inventory_reservations set snapshot_id = 99"],
    ];
    for damage in damages {
        let warehouse = Warehouse::with(&[10]);
        warehouse.reserves(&order(1), &[(1, 4)]).unwrap();
        warehouse.commits(&order(1)).unwrap();
        warehouse.reserves(&order(2), &[(1, 1)]).unwrap();
        assert_ne!(warehouse.rules_broken_by(damage), [""; 0], "{damage:?}");
    }
}

#[test]
fn two_hundred_lines_are_reserved_sold_and_returned() {
    let warehouse = Warehouse::with(&[10; 200]);
    let wanted: Vec<_> = (1..=200).map(|v| (v, v % 3 + 1)).collect();
    warehouse.reserves(&order(1), &wanted).unwrap();
    assert_eq!(warehouse.level(200), (7, 3));
    warehouse.commits(&order(1)).unwrap();
    warehouse.takes_back(&order(1)).unwrap();
    assert_eq!(warehouse.level(200), (10, 0));
}

#[test]
fn a_decision_made_on_outdated_figures_is_refused_by_the_statement() {
    let warehouse = Warehouse::with(&[3]);
    let moved = |units: i64, kind: Kind| {
        let outdated = move |tx: &mut Tx<'_>| {
            let (mut rows, _) = stock_store::lock_variants(tx, vec![Arg::Int(1)], "")?;
            rows[0].units = units;
            let moved = stock_store::move_units(tx, kind, Cause::order("outdated", None, "test"), &rows)?;
            // whatever it answered, this job leaves nothing behind
            if moved { Err(Code::Conflict.error()) } else { Err(Code::NotFound.error()) }
        };
        warehouse.write::<()>(outdated).unwrap_err().code() == Code::Conflict
    };
    assert!(moved(3, Kind::Reserved));
    assert!(!moved(4, Kind::Reserved), "more than is available");
    assert!(!moved(1, Kind::Released), "more than is reserved");
    assert!(!moved(1, Kind::Committed), "more than is reserved");
    assert!(!moved(-4, Kind::Adjusted), "more than is available");
    assert_eq!(warehouse.level(1), (3, 0));
}

#[test]
fn an_order_cannot_hold_stock_twice_even_when_the_check_is_passed_by() {
    let warehouse = Warehouse::with(&[9]);
    warehouse.reserves(&order(1), &[(1, 2)]).unwrap();
    let unseen = |tx: &mut Tx<'_>| {
        let (mut rows, _) = stock_store::lock_variants(tx, vec![Arg::Int(1)], "")?;
        rows[0].units = 1;
        stock_store::insert_reservations(tx, &order(1), "somebody", &rows)
    };
    assert_eq!(warehouse.write(unseen).unwrap_err().code(), Code::Conflict);
    assert_eq!(warehouse.level(1), (7, 2));
}

#[test]
fn two_hundred_lines_cost_as_many_statements_as_one() {
    let warehouse = Warehouse::with(&[10; 201]);
    let cost = |n: u32, wanted: Vec<(i64, i64)>| {
        let counted = move |tx: &mut Tx<'_>| {
            let before = tx.statements();
            ops::reserve(tx, &order(n), &user_id(1), &lines(&wanted))?;
            let reserved = tx.statements();
            ops::commit(tx, &order(n))?;
            let sold = tx.statements();
            ops::return_sold(tx, &order(n), "refunded")?;
            Ok([reserved - before, sold - reserved, tx.statements() - sold])
        };
        warehouse.write(counted).unwrap()
    };
    let one = cost(1, vec![(201, 1)]);
    assert_eq!(one, [4, 4, 5]);
    assert_eq!(cost(2, (1..=200).map(|variant| (variant, 2)).collect()), one);
}
