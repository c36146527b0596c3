//! What domains are built from: rows read in order, drawn numbers, checks.

use super::shop::*;
use crate::{
    Check, args,
    audit::{self, Changed, Given, Key, Keys},
    concatcp,
};
use kernel::Random;
use std::time::Duration;

const COLUMNS: &str = "label, beans";
const FIND: &str = concatcp!("select ", COLUMNS, " from jars where label = ?");
const LOCK: &str = concatcp!(FIND, " {for update}");
const NEW: &str = "insert into jars (label, beans) values (?, 1) {on conflict ignore: label}";

#[tokio::test]
async fn a_row_is_read_column_by_column() {
    let shop = Shop::open().await;
    shop.add("a").await.unwrap();
    for sql in [FIND, LOCK] {
        let read = shop.db.write("read", move |tx| {
            tx.query(sql, args!["a"], |row| {
                let pair: (String, i64) = (row.next()?, row.next()?);
                assert_eq!(code(row.next::<i64>()), "C001", "there is no third column");
                Ok(pair)
            })
        });
        assert_eq!(read.await.unwrap(), [("a".to_owned(), 1)]);
    }
}

#[tokio::test]
async fn a_number_is_drawn_until_it_is_free_and_not_for_ever() {
    let shop = Shop::open().await;
    for n in 0..3 {
        shop.add(n.to_string()).await.unwrap();
    }
    let draw = |limit: u64| move |random: &mut Random, _| random.below(limit).to_string();
    let drawn = shop.db.write("free", move |tx| {
        tx.insert_drawn(draw(1_000_000), |tx, label| Ok(tx.insert_new(NEW, args![label])?.map(|_| label.clone())))
    });
    let drawn = drawn.await.unwrap();
    assert!(shop.labels().await.contains(&drawn));
    let taken =
        shop.db.write("taken", move |tx| tx.insert_drawn(draw(3), |tx, label| tx.insert_new(NEW, args![label])));
    assert_eq!(code(taken.await), "C001");
    let refused = shop.db.write("refused", move |tx| tx.insert_drawn(draw(3), |_, _| Err::<Option<()>, _>(refused())));
    assert_eq!(code(refused.await), "C002", "an error of the insertion ends it");
}

const JARS: Keys = Keys { table: "jars", column: "id", changed: Changed::Added };
const FEW: &str = "select label, beans, null from jars where id between ? and ? and beans < ? order by id limit ?";
const EVERY: &str = "select label from jars where beans < ? and label <> ? order by id limit ?";

const AUDIT: &[Check] = &[
    Check {
        rule: "a jar has beans",
        over: Some(JARS),
        sql: FEW,
        given: &[Given::Number(5)],
        subject: "jar {}",
        found: "{} beans, lid {}",
    },
    Check {
        rule: "there are no jars",
        over: None,
        sql: EVERY,
        given: &[Given::Ago(Duration::from_secs(60)), Given::Text("x")],
        subject: "{}",
        found: "it is there",
    },
];

#[tokio::test]
async fn an_audit_names_what_breaks_each_rule_up_to_a_limit() {
    let shop = Shop::open().await;
    assert_eq!(shop.db.read("audit", |tx| audit::run(tx, AUDIT)).await.unwrap(), []);
    shop.add("a").await.unwrap();
    let broken = shop.db.read("audit", |tx| audit::run(tx, AUDIT)).await.unwrap();
    let texts: Vec<_> = broken.iter().map(|v| format!("{}: {}: {}", v.rule, v.subject, v.found)).collect();
    assert_eq!(texts, ["there are no jars: a: it is there", "a jar has beans: jar a: 1 beans, lid none"]);
    for n in 0..audit::VIOLATIONS_MAX {
        shop.add(n.to_string()).await.unwrap();
    }
    let broken = shop.db.read("audit", |tx| audit::run(tx, &AUDIT[..1])).await.unwrap();
    assert_eq!(broken.len() as i64, audit::VIOLATIONS_MAX);
}

#[tokio::test]
async fn checks_of_the_same_rows_share_a_statement_until_one_is_broken() {
    let shop = Shop::open().await;
    shop.add("a").await.unwrap();
    let of_jars =
        |beans: i64| Check { given: if beans == 0 { &[Given::Number(0)] } else { &[Given::Number(5)] }, ..AUDIT[0] };
    let statements = |checks: Vec<Check>| {
        let db = shop.db.clone();
        async move {
            let before = db.counts().statements;
            let found = db.read("audit", move |tx| audit::run(tx, &checks)).await.unwrap();
            (db.counts().statements - before, found.len())
        }
    };
    let (of_one, _) = statements(vec![of_jars(0)]).await;
    assert_eq!(statements(vec![of_jars(0), of_jars(0), of_jars(0)]).await, (of_one, 0));
    assert_eq!(statements(vec![of_jars(0), of_jars(5), of_jars(0)]).await, (of_one + 1, 1), "what breaks the one");
}

#[tokio::test]
async fn ranges_follow_each_other_without_a_gap_and_without_a_row_twice() {
    let shop = Shop::open().await;
    for n in 0..7 {
        shop.add(n.to_string()).await.unwrap();
    }
    let by_label = Keys { column: "label", ..JARS };
    for keys in [JARS, by_label] {
        let ranges = shop.db.read("ranges", move |tx| {
            let (mut after, mut ranges) = (None, Vec::new());
            while let Some((range, more)) = keys.after(tx, after.as_ref(), 3)? {
                after = Some(range.to.clone());
                ranges.push((range.from, range.to, more));
            }
            Ok(ranges)
        });
        let ranges = ranges.await.unwrap();
        let key = |n: i64| if keys == JARS { Key::Int(n + 1) } else { Key::Text(n.to_string()) };
        assert_eq!(ranges, [(key(0), key(2), true), (key(3), key(5), true), (key(6), key(6), false)]);
        assert_eq!(shop.db.read("last", move |tx| keys.last(tx)).await.unwrap(), Some(key(6)));
    }
}

#[tokio::test]
async fn a_check_that_does_not_show_every_column_is_a_bug() {
    let shop = Shop::open().await;
    shop.add("a").await.unwrap();
    for (subject, found) in [("jar {}", "{} beans"), ("jar {}", "{} {} {}")] {
        let check = Check { subject, found, ..AUDIT[0] };
        assert_eq!(code(shop.db.read("audit", move |tx| audit::run(tx, &[check])).await), "C001");
    }
}
