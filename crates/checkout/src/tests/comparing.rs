//! The ledger comparison, piece by piece.

use super::shop::*;
use crate::comparison::{compare, compare_in_pieces};
use kernel::Money;
use ports::{Gateway, gateway::ChargeRequest};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use store::Arg;

/// What is found with so many rows at once; `None`: with as many as the program takes.
async fn found(shop: &Shop, rows: Option<usize>) -> BTreeSet<(String, String)> {
    let compared = match rows {
        Some(rows) => compare_in_pieces(&shop.app, None, rows).await.unwrap(),
        None => compare(shop.app.clone(), None).await.unwrap(),
    };
    assert_eq!(compared.left_out, None);
    let found: Vec<_> = compared.found.iter().map(|one| (one.rule.to_string(), one.subject.clone())).collect();
    let once: BTreeSet<_> = found.iter().cloned().collect();
    assert_eq!(found.len(), once.len(), "each difference once: {found:?}");
    once
}

#[tokio::test]
async fn a_comparison_in_pieces_finds_what_a_comparison_of_all_finds() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 50).await;
    let mut orders = Vec::new();
    for n in 0..12 {
        orders.push(shop.paid(1, mug, 1, "approve").await);
        if n % 3 == 0 {
            shop.cancel(1, &orders[n]).await.must("200");
        }
        // some within the same piece, some within the time in which clocks may differ, some days later
        shop.pass(Duration::from_secs([0, 60, 3_000, 40_000][n % 4])).await;
    }
    let late = shop.order(2, mug, 1).await;
    shop.pay(2, &late, "timeout-charged").await;
    shop.pass(Duration::from_secs(7_300)).await;
    for rows in [1, 2, 5, 100] {
        assert_eq!(found(&shop, Some(rows)).await, BTreeSet::new(), "{rows} at once");
    }
    shop.expect_damage();
    let rename = "update payments set transaction_id = 'PG-NEVER' where order_number = ?";
    shop.exec(rename, vec![Arg::Owned(orders[1].to_string())]).await;
    let amount = "update refunds set amount = amount - 1 where order_number = ?";
    shop.exec(amount, vec![Arg::Owned(orders[6].to_string())]).await;
    let request = ChargeRequest {
        key: "elsewhere".to_owned(),
        order: (&orders[4]).into(),
        amount: Money::minor(9_000),
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some("approve".to_owned()),
    };
    shop.gateway.charge(&request).await;
    let all = found(&shop, None).await;
    assert_eq!(all.len(), 4, "{all:?}");
    for rows in [1, 2, 5] {
        assert_eq!(found(&shop, Some(rows)).await, all, "{rows} at once");
    }
    assert_eq!(json!(all.iter().filter(|(rule, _)| rule.contains("same amount")).count()), json!(1));
}

#[tokio::test]
async fn a_list_with_little_of_what_the_shop_recorded_is_not_kept_in_memory() {
    let shop = Shop::open().await;
    let mug = shop.good("mug", 9_000, 50).await;
    for _ in 0..8 {
        shop.paid(1, mug, 1, "approve").await;
        shop.pass(Duration::from_secs(1)).await;
    }
    shop.expect_damage();
    shop.exec("update payments set transaction_id = concat(transaction_id, '-ELSE')", Vec::new()).await;
    let compared = compare_in_pieces(&shop.app, None, 1).await.unwrap();
    assert!(compared.left_out.is_some_and(|why| why.contains("so little")), "{:?}", compared.left_out);
    assert_eq!(compare(shop.app.clone(), None).await.unwrap().left_out, None, "few may wait to the end");
}
