//! Shops of the first release: their runs are kept, searches for late captures go on, and money that was on its way back
//! arrives.

use ::store::{Arg, Db, Migration, Settings, Tx, args};
use saga::{Status, Subject};
use std::sync::Arc;
use testdb::Space;

const RUN: &str = "insert into saga_states (saga_id, name, order_number, slot, status, step, completed_steps, memory,
    attempts, wake_at, version, started_by, started_at) values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 1, 'SYSTEM', 5)";
const PAYMENT: &str = "insert into payments (payment_number, order_number, user_id, amount, method, status, captured,
    refunded, refund_claimed, created_at, updated_at, version) values (?, ?, 'u', 100, 'CREDIT_CARD', 'CANCELLED', 0, 0, 0,
    1, 1, 1)";
const ORDER: &str = "ORD-20260206-23456789";

fn run(tx: &mut Tx<'_>, id: &str, name: &str, slot: i64, status: &str, done: &str, memory: &str) -> kernel::Result<()> {
    let id = format!("SAGA-{id}");
    let args = args![id, name, ORDER, slot, status, "LOOK_LAST", done, memory, Arg::Int(9)];
    tx.exec(RUN, args).map(|_| ())
}

fn first_release(tx: &mut Tx<'_>) -> kernel::Result<()> {
    for number in ["PAY-22222222", "PAY-33333333", "PAY-44444444"] {
        tx.exec(PAYMENT, args![number, ORDER])?;
    }
    let looked = "LOOK_SOON,LOOK_LATER,LOOK_LAST";
    run(tx, "22222222", "order.v1", 0, "FAILED", "", "{}")?;
    run(tx, "33333333", "refund.v1", 17, "STARTED", "REFUND_PAYMENT", "{}")?;
    run(tx, "44444444", "late.v1", 1, "STARTED", "LOOK_SOON", "{}")?;
    run(tx, "55555555", "late.v1", 2, "COMPLETED", looked, "{}")?;
    let memory = r#"{"LOOK_LAST":{"memory":"PG-1","backward":{"key":"SAGA-66666666/LOOK_LAST/UNDO","intent":7}}}"#;
    run(tx, "66666666", "late.v1", 3, "COMPENSATION_FAILED", looked, memory)
}

async fn migrate(db: &Db, migrations: &[&[Migration]]) {
    db.migrate(migrations.concat()).await.unwrap();
}

#[tokio::test]
async fn runs_of_the_first_release_are_taken_over() {
    let space = Space::open();
    let clock = Arc::new(ports::ManualClock::default());
    let db = Db::open(Settings::throwaway(space.url().parse().unwrap(), clock)).unwrap();
    migrate(&db, &[::store::MIGRATIONS, payment::MIGRATIONS, &crate::MIGRATIONS[..1]]).await;
    db.write("old", first_release).await.unwrap();
    migrate(&db, &[::store::MIGRATIONS, payment::MIGRATIONS, saga::MIGRATIONS, crate::MIGRATIONS]).await;
    let runs = db.read("runs", |tx| saga::store::of_key(tx, ORDER)).await.unwrap();
    let shown: Vec<_> = runs.iter().map(|run| (run.name.as_str(), run.family.as_str(), run.subject.clone())).collect();
    assert_eq!(
        shown,
        [
            ("order.v1", "order", Subject::new("order", ORDER)),
            ("refund.v1", "refund", Subject::new("refund", 17)),
            ("late.v1", "late", Subject::new("payment", "PAY-33333333")),
            ("late-capture.v1", "late-capture", Subject::new("payment", "PAY-44444444")),
        ]
    );
    let late = &runs[3];
    assert_eq!((late.status, late.step.as_str()), (Status::CompensationFailed, "LATE_CAPTURE"));
    assert_eq!(late.completed, ["LATE_CAPTURE"]);
    assert_eq!(late.memory["LATE_CAPTURE"].backward.as_ref().unwrap().key, "SAGA-66666666/LOOK_LAST/UNDO");
    let searches = "select payment_number, abandoned_at, searches, search_at from abandoned_charges";
    let read = |tx: &mut Tx<'_>| {
        tx.query(searches, args![], |row| {
            Ok((row.next::<String>()?, row.next::<i64>()?, row.next::<i64>()?, row.next::<i64>()?))
        })
    };
    assert_eq!(db.read("searches", read).await.unwrap(), [("PAY-22222222".to_owned(), 5, 1, 9)]);
}
