//! A SQLite file that is deleted or served twice.

use super::shop::*;
use crate::{Db, Health, Settings};
use kernel::Code;
use std::{path::PathBuf, time::Duration};

fn path(shop: &Shop) -> PathBuf {
    let url: crate::DatabaseUrl = shop.space.url().parse().unwrap();
    url.file().unwrap().clone()
}

async fn fails(shop: &Shop) {
    for _ in 0..100 {
        if !shop.db.health().is_healthy() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not noticed");
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_file_that_is_gone() {
    if !embedded("a file") {
        return;
    }
    let shop = Shop::open().await;
    shop.add("before").await.unwrap();
    let (file, aside) = (path(&shop), path(&shop).with_extension("aside"));
    std::fs::rename(&file, &aside).unwrap();
    let refused = shop.add("lost").await.unwrap_err();
    assert_eq!((refused.code().code(), refused.retry_after_s()), ("C013", Some(1)));
    assert!(matches!(shop.db.health(), Health::Failing(why) if why.contains("deleted")), "{:?}", shop.db.health());
    // a copy at the same name is another file
    std::fs::copy(&aside, &file).unwrap();
    assert_eq!(code(shop.add("into another").await), "C013");
    std::fs::rename(&aside, &file).unwrap();
    shop.add("after").await.unwrap();
    assert_eq!((shop.db.health(), shop.labels().await), (Health::Good, vec!["before".to_owned(), "after".to_owned()]));
}

#[tokio::test]
async fn a_deleted_file_is_noticed_although_no_job_writes() {
    if !embedded("a file") {
        return;
    }
    let shop = Shop::open().await;
    shop.add("before").await.unwrap();
    std::fs::remove_file(path(&shop)).unwrap();
    fails(&shop).await;
}

#[tokio::test]
async fn a_deleted_log_is_noticed_too() {
    if !embedded("a log beside its file") {
        return;
    }
    let shop = Shop::open().await;
    shop.add("before").await.unwrap();
    std::fs::remove_file(format!("{}-wal", path(&shop).display())).unwrap();
    assert_eq!(code(shop.add("lost").await), "C013");
    fails(&shop).await;
}

/// A shop that was killed leaves its log, and another file is then put where it was.
#[tokio::test]
async fn a_restored_file_is_not_overwritten_from_the_log_of_the_one_before() {
    if !embedded("a log beside its file") {
        return;
    }
    let shop = Shop::open().await;
    shop.add("in the backup").await.unwrap();
    let (file, place) = (path(&shop), tempfile::tempdir().unwrap());
    let (backup, restored) = (place.path().join("backup.db"), place.path().join("shop.db"));
    let [log, memory] = ["wal", "shm"].map(|end| place.path().join(format!("shop.db-{end}")));
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute("vacuum into ?", [backup.to_str().unwrap()]).unwrap();
    for n in 0..20 {
        shop.add(&format!("after the backup {n}")).await.unwrap();
    }
    // what is on the disk at this moment is what a killed program leaves
    std::fs::copy(format!("{}-wal", file.display()), &log).unwrap();
    std::fs::copy(format!("{}-shm", file.display()), &memory).unwrap();
    std::fs::copy(&backup, &restored).unwrap();
    let of = |path: &PathBuf| settings(&crate::DatabaseUrl::Sqlite(path.clone()), hand());
    for _ in 0..2 {
        let refused = Db::open(of(&restored)).err().unwrap();
        assert!(refused.code() == Code::Unavailable && format!("{refused:?}").contains("shop.db-wal"), "{refused:?}");
        let refused = crate::holds_a_shop(&of(&restored)).unwrap_err();
        assert!(format!("{refused:?}").contains("shop.db-wal"), "{refused:?}");
    }
    assert!(std::fs::read(&backup).unwrap() == std::fs::read(&restored).unwrap());
    std::fs::remove_file(&log).unwrap();
    std::fs::remove_file(&memory).unwrap();
    let db = Db::open(of(&restored)).unwrap();
    assert_eq!(labels(&db).await, ["in the backup"]);
    db.close().await;
    // a log of its own is taken over, as ever
    let (copy, own) = (place.path().join("copy.db"), place.path().join("copy.db-wal"));
    std::fs::copy(&file, &copy).unwrap();
    std::fs::copy(format!("{}-wal", file.display()), &own).unwrap();
    let db = Db::open(of(&copy)).unwrap();
    assert_eq!(labels(&db).await.len(), 21);
    db.close().await;
}

#[tokio::test]
async fn a_file_is_served_by_one_program_whatever_its_name() {
    if !embedded("a file") {
        return;
    }
    let shop = Shop::with(|settings| settings.alone = true).await;
    let alone = |path: PathBuf| {
        let url = crate::DatabaseUrl::Sqlite(path);
        Db::open(Settings { alone: true, ..settings(&url, hand()) })
    };
    let file = path(&shop);
    let refused = alone(file.clone()).err().unwrap();
    assert_eq!(refused.code().code(), "C019");
    assert!(refused.detail().unwrap().contains("another program serves"), "{refused:?}");
    #[cfg(unix)]
    {
        let (symbolic, hard) = (file.with_extension("symbolic"), file.with_extension("hard"));
        std::os::unix::fs::symlink(&file, &symbolic).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        assert_eq!(code(alone(symbolic)), "C019");
        assert_eq!(code(alone(hard)), "C019");
    }
    shop.add("still served").await.unwrap();
    // a command of the same shop, such as an import, may work beside the one that serves
    let command = shop.another();
    command.write("add", |tx| add(tx, "by a command")).await.unwrap();
    command.close().await;
    shop.db.close().await;
    let next = alone(file).unwrap();
    next.write("add", |tx| add(tx, "by the next")).await.unwrap();
}
