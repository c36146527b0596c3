//! Arguments and rows of statements.

use super::shop::*;
use crate::{Arg, args};
use rusqlite::StatementStatus;

const IN: &str = "select label from jars where beans in ([?]) order by id";
const MOVE: &str = "update jars set beans = beans + [case id] where id in ([?])";
const MANY: &str = "insert into jars (label, beans) values [(?, ?)]";
const PAGE: &str = "select label from jars where beans >= ? order by id limit ?";

async fn shelf(jars: i64) -> Shop {
    let shop = Shop::open().await;
    let rows = move || (1..=jars).map(|n| vec![Arg::Owned(format!("jar{n}")), Arg::Int(n)]).collect();
    assert_eq!(shop.db.write("many", move |tx| tx.insert_rows(MANY, rows())).await.unwrap(), jars as u64);
    shop
}

#[tokio::test]
async fn lists_of_any_length_match_their_values_and_an_empty_one_nothing() {
    let shop = shelf(9).await;
    for wanted in [vec![], vec![3], vec![2, 9, 4], vec![1, 2, 3, 4, 5], vec![7; 6], vec![100]] {
        let list = wanted.clone();
        let found = shop
            .db
            .read("in", move |tx| tx.query(IN, args![Arg::list(&list)], |row| row.get::<String>(0)))
            .await
            .unwrap();
        let expected: Vec<String> = (1..=9).filter(|n| wanted.contains(n)).map(|n| format!("jar{n}")).collect();
        assert_eq!(found, expected, "{wanted:?}");
    }
}

#[tokio::test]
async fn pairs_change_each_row_by_its_own_number_and_none_is_a_bug() {
    let shop = shelf(3).await;
    let moved = shop.db.write("move", |tx| {
        let pairs = vec![(1, 10), (2, 20), (3, 30)];
        tx.exec(MOVE, &[Arg::Pairs(pairs), Arg::list(&[1_i64, 2, 3])])
    });
    assert_eq!(moved.await.unwrap(), 3);
    let beans =
        shop.db.read("beans", |tx| tx.query("select beans from jars order by id", args![], |row| row.get::<i64>(0)));
    assert_eq!(beans.await.unwrap(), [11, 22, 33]);
    let none = shop.db.write("none", |tx| tx.exec(MOVE, &[Arg::Pairs(vec![]), Arg::list(&[1_i64])]));
    assert_eq!(code(none.await), "C001");
}

#[tokio::test]
async fn many_rows_go_in_and_no_rows_do_nothing() {
    let shop = shelf(9_001).await;
    assert_eq!(shop.count().await, 9_001);
    assert_eq!(shop.db.write("none", |tx| tx.insert_rows(MANY, Vec::new())).await.unwrap(), 0);
}

#[tokio::test]
async fn missing_and_superfluous_arguments_are_bugs() {
    let shop = shelf(1).await;
    assert_eq!(code(shop.db.read("few", |tx| tx.query(PAGE, args![1_i64], |_| Ok(()))).await), "C001");
    assert_eq!(code(shop.db.read("many", |tx| tx.query(PAGE, args![1_i64, 1_i64, 1_i64], |_| Ok(()))).await), "C001");
    assert_eq!(code(shop.db.write("few", |tx| tx.exec(ADD, args!["x"])).await), "C001");
}

#[tokio::test]
async fn first_and_one_read_one_row() {
    let shop = shelf(3).await;
    let outcome = shop.db.read("first", |tx| {
        let mut read = 0;
        let first = tx.query_first(PAGE, args![0_i64, 10_i64], |row| {
            read += 1;
            row.get::<String>(0)
        })?;
        assert_eq!((first.as_deref(), read), (Some("jar1"), 1));
        assert_eq!(tx.query_first(PAGE, args![100_i64, 10_i64], |row| row.get::<String>(0))?, None);
        tx.query_one(PAGE, args![100_i64, 10_i64], |row| row.get::<String>(0))
    });
    assert_eq!(code(outcome.await), "C001", "a row that must exist does not");
}

#[tokio::test]
async fn columns_are_read_as_what_they_are() {
    let shop = shelf(1).await;
    let outcome = shop.db.read("types", |tx| {
        tx.query_one("select label, beans, null from jars", args![], |row| {
            assert_eq!(code(row.get::<i64>(0)), "C001");
            assert_eq!(code(row.get::<String>(1)), "C001");
            assert_eq!(code(row.get::<i64>(2)), "C001");
            assert_eq!(code(row.get::<i64>(3)), "C001");
            assert_eq!(row.get::<Option<String>>(2)?, None);
            Ok((row.get::<String>(0)?, row.get::<i64>(1)?))
        })
    });
    assert_eq!(outcome.await.unwrap(), ("jar1".to_owned(), 1));
}

#[tokio::test]
async fn statements_are_planned_once_whatever_is_bound() {
    if !embedded("statements that are planned again") {
        return;
    }
    let shop = shelf(3).await;
    let planned = shop.db.read("pages", |tx| {
        for n in 1..=10_i64 {
            tx.query(PAGE, args![n, n], |row| row.get::<String>(0))?;
        }
        Ok(tx.conn.embedded().raw.prepare_cached(PAGE).unwrap().get_status(StatementStatus::RePrepare))
    });
    assert_eq!(planned.await.unwrap(), 0);
}

#[tokio::test]
async fn many_different_row_counts_do_not_fill_the_memory() {
    if !embedded("this view into the driver") {
        return;
    }
    let shop = Shop::open().await;
    let kept = shop.db.write("rows", |tx| {
        for n in 1..=300_i64 {
            tx.insert_rows(MANY, (0..n).map(|m| vec![Arg::Owned(format!("{n}/{m}")), Arg::Int(m)]).collect())?;
        }
        Ok(tx.conn.embedded().texts_kept())
    });
    assert!(kept.await.unwrap() < 100, "a text for each of 300 row counts is kept");
}
