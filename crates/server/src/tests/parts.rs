use super::shop;
use crate::parts::KnownParts;
use kernel::Code;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use web::{
    Module,
    module::{Part, Reached},
};

static LOOKS: AtomicU32 = AtomicU32::new(0);
const AWAY: &str = "degraded: it is away";
const MODULE: Module = Module {
    parts: &[
        Part {
            name: "away",
            away: AWAY,
            reach: |_| {
                LOOKS.fetch_add(1, Relaxed);
                Box::pin(async { Err(Code::Unavailable.error()) })
            },
        },
        Part { name: "hangs", away: AWAY, reach: |_| Box::pin(std::future::pending()) },
        Part { name: "here", away: AWAY, reach: |_| Box::pin(async { Ok(Reached::InProcess) }) },
        Part { name: "there", away: AWAY, reach: |_| Box::pin(async { Ok(Reached::Outside) }) },
    ],
    ..Module::named("parts")
};

#[tokio::test]
async fn a_part_is_looked_at_once_in_ten_seconds_and_one_that_hangs_holds_no_probe() {
    let (shop, parts) = (shop(&[]).await, KnownParts::of(&[MODULE]));
    let expected = BTreeMap::from([("away", AWAY), ("hangs", AWAY), ("here", "in process"), ("there", "up")]);
    assert_eq!(parts.shown(&shop.app).await, expected);
    shop.clock.advance(Duration::from_secs(9));
    assert_eq!(parts.shown(&shop.app).await, expected);
    assert_eq!(LOOKS.load(Relaxed), 1, "its outcome is shown again");
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(parts.shown(&shop.app).await, expected);
    assert_eq!(LOOKS.load(Relaxed), 2);
}
