//! Orders on a real database.

use crate::ops::{Filter, Search};
use crate::order::{Amounts, Kind, NewLine, NewOrder, Order, Status, tests::new_line};
use crate::{MODULE, ops};
use ::store::{Arg, args};
use events::{OrderConfirmed, OrderCreated, OrderStatusChanged};
use fixture::{Fixture, user_id};
use kernel::{
    Address, Clock, Code, Currency, Cursor, Event as _, Money, OrderNumber, Page, PageRequest, UserId, Zone,
    page::COUNTED_MAX,
};
use ports::ManualClock;
use std::{ops::Deref, time::Duration};

const PAY_WITHIN: Duration = Duration::from_secs(600);

fn new_order(user: UserId, lines: Vec<NewLine>) -> NewOrder {
    NewOrder {
        user,
        amounts: Amounts::of(&lines, Money::ZERO, None).unwrap(),
        lines,
        address: Some(Address {
            receiver_name: "김구매".to_owned(),
            receiver_phone: "010-0000-0000".to_owned(),
            zip_code: "04524".to_owned(),
            address1: "서울시 중구 세종대로 110".to_owned(),
            address2: None,
        }),
        memo: None,
        coupon: None,
        currency: Currency::KRW,
        pay_within: PAY_WITHIN,
        zone: Zone::named("Asia/Seoul").unwrap(),
    }
}

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

    fn place(&self, user: UserId, lines: Vec<NewLine>) -> Order {
        self.write(move |tx| ops::place(tx, new_order(user, lines.clone()))).unwrap()
    }

    fn topics(&self, number: &OrderNumber) -> Vec<String> {
        self.topics_of(number.as_str())
    }
}

#[test]
fn a_placed_order_is_read_back_unchanged() {
    let shop = Shop::open();
    let order = shop.place(user_id(1), vec![new_line(9_000, 2), new_line(500, 1)]);
    assert_eq!(order.amounts.payable, Money::minor(18_500));
    assert_eq!(order.status, Status::Confirmed { pay_by: shop.clock.now().after(PAY_WITHIN) });
    assert!(order.number.as_str().starts_with("ORD-20260206-"));
    let number = order.number.clone();
    assert_eq!(shop.write(move |tx| ops::find(tx, &number)).unwrap(), order);
    assert_eq!(shop.topics(&order.number), [OrderCreated::TOPIC]);
}

#[test]
fn an_order_of_many_lines_costs_the_same_number_of_statements_as_one_of_one() {
    let shop = Shop::open();
    let statements = |lines: usize| {
        shop.write(move |tx| {
            let before = tx.statements();
            ops::place(tx, new_order(user_id(1), vec![new_line(100, 1); lines]))?;
            Ok(tx.statements() - before)
        })
        .unwrap()
    };
    assert_eq!(statements(1), statements(200));
}

#[test]
fn a_number_that_is_taken_is_drawn_again_and_never_shown() {
    let shop = Shop::open();
    shop.write(move |tx| {
        let mut random = tx.random().clone();
        let zone = Zone::named("Asia/Seoul")?;
        let order = ops::place(tx, new_order(user_id(1), vec![new_line(100, 1)]))?;
        let next = OrderNumber::draw_on(&mut random, tx.now(), &zone);
        assert_eq!(order.number, next);
        let following = OrderNumber::draw_on(&mut tx.random().clone(), tx.now(), &zone);
        tx.exec("update orders set order_number = ? where order_number = ?", args![following, next])?;
        // the next number that would be drawn is taken now
        let second = ops::place(tx, new_order(user_id(2), vec![new_line(100, 1)]))?;
        assert_ne!(second.number, following);
        Ok(())
    })
    .unwrap();
}

#[test]
fn paid_shipped_and_delivered_follow_one_another() {
    let shop = Shop::open();
    let number = shop.place(user_id(1), vec![new_line(100, 1)]).number;
    let payment: kernel::PaymentNumber = "PAY-23456789".parse().unwrap();
    let n = number.clone();
    let order = shop.write(move |tx| ops::paid(tx, &n, Some(&payment))).unwrap();
    assert_eq!(order.status, Status::Paid { at: shop.clock.now() });
    shop.clock.advance(Duration::from_secs(60));
    let n = number.clone();
    shop.write(move |tx| ops::shipped(tx, &n, None, "test")).unwrap();
    let n = number.clone();
    let order = shop.write(move |tx| ops::delivered(tx, &n, Some("by phone"), "test")).unwrap();
    let at = shop.clock.now();
    assert_eq!(order.status, Status::Delivered { paid_at: at.before(Duration::from_secs(60)), at });
    let n = number.clone();
    assert_eq!(shop.write(move |tx| ops::find(tx, &n)).unwrap(), order);
    let changed = OrderStatusChanged::TOPIC;
    assert_eq!(shop.topics(&number), [OrderCreated::TOPIC, OrderConfirmed::TOPIC, changed, changed]);
}

#[test]
fn a_second_payment_a_late_cancel_and_another_buyer_are_refused() {
    let shop = Shop::open();
    let number = shop.place(user_id(1), vec![new_line(100, 1)]).number;
    let n = number.clone();
    let foreign = shop.write(move |tx| ops::own(tx, &n, &user_id(2))).unwrap_err();
    assert_eq!(foreign.code(), Code::OrderUserMismatch);
    let n = number.clone();
    shop.write(move |tx| ops::paid(tx, &n, None)).unwrap();
    let n = number.clone();
    assert_eq!(shop.write(move |tx| ops::paid(tx, &n, None)).unwrap_err().code(), Code::OrderAlreadyPaid);
    let n = number.clone();
    let late = shop.write(move |tx| ops::cancelled(tx, &n, "changed my mind", "buyer")).unwrap_err();
    assert_eq!(late.code(), Code::OrderCannotBeCancelled);
    let n = number.clone();
    let refunded = shop.write(move |tx| ops::refunded(tx, &n, "changed my mind", "buyer")).unwrap();
    assert_eq!(refunded.status.kind(), Kind::Refunded);
    let n = number.clone();
    assert_eq!(shop.write(move |tx| ops::find(tx, &n)).unwrap(), refunded);
    let unknown: OrderNumber = "ORD-20260206-ZZZZZZZZ".parse().unwrap();
    assert_eq!(shop.write(move |tx| ops::find(tx, &unknown)).unwrap_err().code(), Code::OrderNotFound);
    let order = shop.place(user_id(1), vec![new_line(100, 1)]);
    let blank = shop.write(move |tx| ops::cancelled(tx, &order.number, " ", "buyer")).unwrap_err();
    assert_eq!(blank.code(), Code::InvalidInput);
}

#[test]
fn empty_and_endless_orders_are_refused() {
    let shop = Shop::open();
    for lines in [0, 201] {
        let lines = vec![new_line(100, 1); lines];
        let refused = shop.write(move |tx| ops::place(tx, new_order(user_id(1), lines.clone()))).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidInput);
    }
}

#[test]
fn parcels_move_their_orders_once() {
    let shop = Shop::open();
    let number = shop.place(user_id(1), vec![new_line(100, 1)]).number;
    let n = number.clone();
    shop.write(move |tx| ops::paid(tx, &n, None)).unwrap();
    let shipped = ::events::DeliveryShipped {
        tracking_number: "TRK-23456789ABCD".parse().unwrap(),
        order_number: number.clone(),
        user_id: user_id(1),
        carrier: "test".to_owned(),
        estimated_delivery_date: "2026-02-09".to_owned(),
        shipped_at: shop.clock.now(),
        parcel_number: None,
    };
    shop.write(move |tx| tx.emit(&shipped).and_then(|()| tx.emit(&shipped))).unwrap();
    shop.relay();
    let order = shop.write(move |tx| ops::find(tx, &number)).unwrap();
    assert_eq!((order.status.kind(), order.version), (Kind::Shipping, 3));
}

#[test]
fn streams_get_what_happens_to_an_order_and_to_its_buyer() {
    let shop = Shop::open();
    let order = shop.place(user_id(1), vec![new_line(9_000, 2)]);
    let (number, user) = (order.number.clone(), order.user);
    let n = number.clone();
    shop.write(move |tx| ops::paid(tx, &n, None)).unwrap();
    let n = number.clone();
    shop.write(move |tx| ops::refunded(tx, &n, "changed my mind", "buyer")).unwrap();
    let messages: Vec<_> =
        shop.events_of(number.as_str()).iter().flat_map(|event| shop.app().streams.messages(event)).collect();
    let everything = ["order-created", "order-confirmed", "order-paid", "order-cancelled"];
    for stream in [crate::streams::of_order(&number), crate::streams::of_user(&user), crate::streams::of_shop()] {
        let of_stream = messages.iter().filter(|notice| notice.key == stream);
        assert_eq!(of_stream.map(|notice| notice.event).collect::<Vec<_>>(), everything, "{stream:?}");
    }
    assert_eq!(messages.len(), 3 * everything.len());
    assert_eq!(messages[0].key, crate::streams::of_order(&number));
    assert_eq!(messages[1].key, crate::streams::of_user(&user));
    let (n, streams) = (number.clone(), shop.app().streams.clone());
    let present = shop.write(move |tx| crate::streams::present(tx, &streams, &n)).unwrap();
    assert_eq!(present.iter().map(|notice| notice.event).collect::<Vec<_>>(), ["order-cancelled"]);
    let pay_by = shop.clock.now().after(PAY_WITHIN);
    let waiting = format!(r#"{{"orderNumber":"{number}","payable":18000,"payBy":"{pay_by}"}}"#);
    assert_eq!(&*messages[2].data, waiting);
}

fn ten() -> PageRequest {
    PageRequest::new(0, 10).unwrap()
}

#[test]
fn lists_are_newest_first_and_filtered() {
    let shop = Shop::open();
    let mut numbers = Vec::new();
    for n in 0..6 {
        shop.clock.advance(Duration::from_secs(60));
        numbers.push(shop.place(user_id(n % 2), vec![new_line(100, 1), new_line(5, 1)]).number);
    }
    let paid = numbers[2].clone();
    shop.write(move |tx| ops::paid(tx, &paid, None)).unwrap();
    let list = |page: &Page<Order>| page.content.iter().map(|order| order.number.clone()).collect::<Vec<_>>();
    let pick = |which: &[usize]| which.iter().map(|n| numbers[*n].clone()).collect::<Vec<_>>();

    let own = |after| shop.write(move |tx| ops::own_page(tx, &user_id(0), &Filter::default(), ten(), after)).unwrap();
    let all_own = own(None);
    assert_eq!((list(&all_own), all_own.total_elements), (pick(&[4, 2, 0]), 3));
    assert!(all_own.content.iter().all(|order| order.lines.len() == 2));
    let rest = own(Some(Cursor::after(all_own.content[0].id.raw())));
    assert_eq!((list(&rest), rest.total_elements), (pick(&[2, 0]), 3));
    let of = |filter: Filter| shop.write(move |tx| ops::page(tx, &filter, ten(), None)).unwrap();
    let paid = of(Filter { statuses: vec![Kind::Paid], ..Filter::default() });
    assert_eq!((list(&paid), paid.total_elements), (pick(&[2]), 1));
    let start = ManualClock::default().now();
    let minutes = |n: u64| start.after(Duration::from_secs(60 * n));
    let period = of(Filter { from: minutes(2), to: minutes(4), ..Filter::default() });
    assert_eq!((list(&period), period.total_elements), (pick(&[2, 1]), 2));
    let word = |text: &str| Search { keyword: Some(text.to_owned()), ..Search::default() };
    let found = |text: &str| of(Filter { search: word(text), ..Filter::default() });
    assert_eq!(list(&found(&numbers[3].as_str()[13..].to_lowercase())), pick(&[3]));
    assert_eq!(list(&found(numbers[3].as_str())), pick(&[3]));
    assert_eq!(list(&found(&user_id(1).to_string())), pick(&[5, 3, 1]));
    assert_eq!(found("%").total_elements, 0, "a wildcard is only a sign");

    let all = of(Filter::default());
    assert_eq!((list(&all), all.total_elements), (pick(&[5, 4, 3, 2, 1, 0]), 6));
    let after = Some(Cursor::after(all.content[3].id.raw()));
    assert_eq!(list(&shop.write(move |tx| ops::page(tx, &Filter::default(), ten(), after)).unwrap()), pick(&[1, 0]));
}

/// So many orders, one second apart, of which the first is addressed to somebody else.
fn many(shop: &Shop, count: usize) {
    const ROWS: &str =
        "insert into orders (order_number, user_id, status, subtotal, coupon_discount, points_used, payable,
        currency, receiver_name, receiver_phone, zip_code, address1, pay_by, created_at, updated_at, version)
        values [(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]";
    const LINES: &str = "insert into order_items (order_id, line_number, product_id, variant_id, sku, product_name,
        unit_price, quantity, subtotal) select id, 1, 1, 11, 'MUG-1', 'mug', 100, 1, 100 from orders";
    shop.write(move |tx| {
        let (now, user) = (tx.now(), user_id(1).to_string());
        let row = |n: usize| {
            let name = if n == 0 { "이선물" } else { "김구매" };
            let number = format!("ORD-20260206-{}", number_of(n));
            let time = now.as_millis() + 1_000 * i64::try_from(n).unwrap();
            let (text, int) = (|text: &str| Arg::Owned(text.to_owned()), Arg::Int);
            let amounts = [int(100), int(0), int(0), int(100)];
            let address = [text(name), text("010-0000-0000"), text("04524"), text("세종대로 110")];
            let begin = vec![Arg::Owned(number), text(&user), text("CONFIRMED")];
            let times = [int(time + 1_000_000), int(time), int(time), int(1)];
            [begin, amounts.to_vec(), vec![text("KRW")], address.to_vec(), times.to_vec()].concat()
        };
        for begin in (0..count).step_by(1_000) {
            tx.insert_rows(ROWS, (begin..count.min(begin + 1_000)).map(row).collect())?;
        }
        tx.exec(LINES, args![]).map(|_| ())
    })
    .unwrap();
}

/// Eight signs that no other number below 8^8 has.
fn number_of(n: usize) -> String {
    let signs: Vec<char> = "23456789".chars().collect();
    (0..8).map(|place| signs[(n >> (3 * place)) % 8]).collect()
}

#[test]
fn a_search_looks_at_so_many_orders_and_its_cursor_goes_on_behind_them() {
    let shop = Shop::open();
    many(&shop, usize::try_from(ops::LOOKED_AT_MAX).unwrap() + 2);
    let named = |text: &str, statuses: &[Kind]| Filter {
        search: Search { name: Some(text.to_owned()), ..Search::default() },
        statuses: statuses.to_vec(),
        ..Filter::default()
    };
    for statuses in [&[][..], &[Kind::Confirmed], &[Kind::Confirmed, Kind::Paid]] {
        let page = |after| {
            let filter = named("이선물", statuses);
            shop.write(move |tx| ops::page(tx, &filter, ten(), after)).unwrap()
        };
        let first = page(None);
        assert_eq!((first.content.len(), first.last, first.total_is_exact), (0, false, false));
        let second = page(first.next_cursor.as_deref().map(|cursor| cursor.parse().unwrap()));
        assert_eq!((second.content.len(), second.last, second.next_cursor), (1, true, None));
    }
    let filter = named("김구매", &[]);
    let full = shop.write(move |tx| ops::page(tx, &filter, ten(), None)).unwrap();
    assert_eq!((full.content.len(), full.total_elements, full.total_is_exact), (10, ops::LOOKED_AT_MAX, false));
    // a whole number is found wherever it is
    let number = format!("ORD-20260206-{}", number_of(0));
    let filter = Filter { search: Search { keyword: Some(number), ..Search::default() }, ..Filter::default() };
    let one = shop.write(move |tx| ops::page(tx, &filter, ten(), None)).unwrap();
    assert_eq!((one.content.len(), one.total_elements, one.total_is_exact, one.last), (1, 1, true, true));
}

#[test]
fn a_list_of_more_orders_than_are_counted_says_so_and_can_be_read_to_its_end() {
    let shop = Shop::open();
    many(&shop, usize::try_from(COUNTED_MAX).unwrap() + 5);
    for statuses in [&[][..], &[Kind::Confirmed], &[Kind::Confirmed, Kind::Paid]] {
        let page = |number| {
            let filter = Filter { statuses: statuses.to_vec(), ..Filter::default() };
            let request = PageRequest::new(number, 100).unwrap();
            shop.write(move |tx| ops::page(tx, &filter, request, None)).unwrap()
        };
        let first = page(0);
        assert_eq!((first.total_elements, first.total_is_exact, first.last), (COUNTED_MAX, false, false));
        let last = page(100);
        assert_eq!((last.content.len(), last.total_elements, last.total_is_exact, last.last), (5, 10_005, true, true));
    }
}

#[test]
fn a_list_of_several_statuses_shows_all_of_them() {
    let shop = Shop::open();
    let mut numbers = Vec::new();
    for n in 0..5 {
        shop.clock.advance(Duration::from_secs(60));
        numbers.push(shop.place(user_id(n % 2), vec![new_line(100, 1)]).number);
    }
    for n in [1, 2] {
        let number = numbers[n].clone();
        shop.write(move |tx| ops::paid(tx, &number, None)).unwrap();
    }
    for n in [0, 4] {
        let number = numbers[n].clone();
        shop.write(move |tx| ops::cancelled(tx, &number, "changed my mind", "BUYER")).unwrap();
    }
    let pick = |which: &[usize]| which.iter().map(|n| numbers[*n].clone()).collect::<Vec<_>>();
    let ended_or_paid = || Filter { statuses: vec![Kind::Cancelled, Kind::Paid], ..Filter::default() };
    let listed = |page: &Page<Order>| page.content.iter().map(|order| order.number.clone()).collect::<Vec<_>>();
    let three = PageRequest::new(0, 3).unwrap();

    let first = shop.write(move |tx| ops::page(tx, &ended_or_paid(), three, None)).unwrap();
    assert_eq!((listed(&first), first.total_elements, first.first, first.last), (pick(&[4, 2, 1]), 4, true, false));
    let after = first.next_cursor.as_deref().map(|cursor| cursor.parse().unwrap());
    let second = shop.write(move |tx| ops::page(tx, &ended_or_paid(), three, after)).unwrap();
    assert_eq!((listed(&second), second.first, second.last, second.next_cursor), (pick(&[0]), false, true, None));
    let numbered = PageRequest::new(1, 3).unwrap();
    let same = shop.write(move |tx| ops::page(tx, &ended_or_paid(), numbered, None)).unwrap();
    assert_eq!((listed(&same), same.last), (pick(&[0]), true));

    let own = shop.write(move |tx| ops::own_page(tx, &user_id(0), &ended_or_paid(), three, None)).unwrap();
    assert_eq!((listed(&own), own.total_elements), (pick(&[4, 2, 0]), 3));
}

#[test]
fn the_audit_sees_what_is_broken() {
    let shop = Shop::open();
    for n in 0..4 {
        shop.place(user_id(n), vec![new_line(100, 2)]);
    }
    let broken = shop.rules_broken_by(&[
        "update orders set payable = payable + 1 where id = 1",
        "update order_items set quantity = 3 where order_id = 2",
        "update orders set status = 'PAID' where id = 3",
        "delete from order_items where order_id = 4",
    ]);
    assert_eq!(broken.len(), 5, "{broken:?}");
}
