//! What an order costs the database: a number of statements that does not depend on the number of its lines.

use super::shop::*;
use crate::{
    draft::OrderDraft,
    flow::ORDER,
    pay,
    place::{self, OrderSettings},
    request::PaymentMethod,
};
use serde_json::json;

struct Cost {
    placing: u64,
    paying: u64,
    settling: u64,
    undoing: u64,
}

/// Statements of an order of `lines` lines from a cart, paid and cancelled.
async fn cost(shop: &Shop, who: u8, goods: &[Good]) -> Cost {
    for good in goods {
        let body = json!({ "productId": good.product, "quantity": 1 });
        shop.post(who, "/cart/items", body).await.must("200");
    }
    let draft =
        OrderDraft::to_place(&serde_json::from_value(json!({ "shippingAddress": address() })).unwrap()).unwrap();
    let settings = OrderSettings::of(&shop.app);
    let place = move |tx: &mut ::store::Tx<'_>| {
        let before = tx.statements();
        let placed = place::place(tx, &ORDER, &settings, &buyer(who), &draft)?;
        Ok((tx.statements() - before, placed.order.number))
    };
    let (placing, order) = shop.app.db.write("place", place).await.unwrap();
    let number = order.clone();
    let pay = move |tx: &mut ::store::Tx<'_>| {
        let before = tx.statements();
        let method = PaymentMethod::checked("CARD", Some("approve"))?;
        let paying = pay::begin(tx, &ORDER, &number, &buyer(who), &method, None, pay::Limits::default())?;
        Ok((tx.statements() - before, paying.1))
    };
    let (paying, begun) = shop.app.db.write("pay", pay).await.unwrap();
    let saga::Action::Call(call) = begun else { panic!("a new payment") };
    let outcome = saga::Flow::call(&ORDER, &shop.app.ports, &call).await;
    let settle = move |tx: &mut ::store::Tx<'_>| {
        let before = tx.statements();
        ORDER.settle_as_known(tx, &call, &outcome)?;
        Ok(tx.statements() - before)
    };
    let settling = shop.app.db.write("settle", settle).await.unwrap();
    let number = order.clone();
    let undo = move |tx: &mut ::store::Tx<'_>| {
        let before = tx.statements();
        crate::cancel::begin(tx, &ORDER, &number, None, &saga::Cancellation::by_system("cost"))?;
        Ok(tx.statements() - before)
    };
    let undoing = shop.app.db.write("undo", undo).await.unwrap();
    shop.settle().await;
    Cost { placing, paying, settling, undoing }
}

#[tokio::test]
async fn a_cart_of_200_lines_costs_no_more_statements_than_one_of_3() {
    let shop = Shop::open().await;
    let mut goods = Vec::new();
    for n in 0..200 {
        goods.push(shop.good(Box::leak(format!("good {n}").into_boxed_str()), 1_000, 10).await);
    }
    let few = cost(&shop, 1, &goods[..3]).await;
    let many = cost(&shop, 2, &goods).await;
    println!("placing {}, paying {}, settling {}, undoing {}", few.placing, few.paying, few.settling, few.undoing);
    assert_eq!((few.placing, few.paying, few.settling), (many.placing, many.paying, many.settling));
    assert_eq!(few.undoing, many.undoing);
    assert!(few.placing <= 14, "placing an order takes {} statements", few.placing);
    assert!(few.paying + few.settling <= 14, "paying one takes {}", few.paying + few.settling);
    shop.consistent().await;
}

/// The jobs of a purchase, as `bench cost` counts them.
const PURCHASE: [&str; 4] = ["cart.add", "checkout.place", "checkout.pay", "saga.settle"];
/// Those of its payment.
const PAYING: [&str; 2] = ["checkout.pay", "saga.settle"];

#[tokio::test]
async fn a_whole_purchase_costs_at_most_35_statements() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 9).await;
    shop.paid(1, mug, 1, "approve").await;
    let before = shop.app.db.costs();
    shop.post(2, "/cart/items", json!({ "productId": mug.product, "quantity": 1 })).await.must("200");
    let order = shop.place(2, json!({ "shippingAddress": address() })).await;
    shop.pay(2, &order, "approve").await.must("201");
    let after = shop.app.db.costs();
    let of = |costs: &::store::Costs, job: &str| costs.get(job).copied().unwrap_or_default();
    let (mut statements, mut paying, mut round_trips) = (0, 0, 0);
    for job in PURCHASE {
        let (before, after) = (of(&before, job), of(&after, job));
        assert_eq!(after.runs - before.runs, 1, "{job}");
        let cost = (after.statements - before.statements, after.round_trips - before.round_trips);
        println!("{job}: {} statements, {} round trips", cost.0, cost.1);
        statements += cost.0;
        paying += if PAYING.contains(&job) { cost.0 } else { 0 };
        round_trips += cost.1;
    }
    println!("a purchase: {statements} statements, {round_trips} round trips");
    assert!(paying <= 14, "paying takes {paying} statements with its response");
    assert!(statements <= 35, "a whole purchase takes {statements} statements");
    shop.consistent().await;
}
