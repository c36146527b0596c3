//! What the records of the simulated gateway cost: memory while payments are made, and time and memory of the next start.
//!
//! `cargo run -p ports --example journal -- 150000`

use kernel::{Money, OrderNumber, Random, Timestamp, Zone};
use ports::Gateway;
use ports::gateway::simulated::Settings;
use ports::gateway::{ChargeRequest, Outcome, RefundRequest, Simulated};
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", path, payments] => {
            tokio::runtime::Builder::new_current_thread().build()?.block_on(make(path, payments))
        }
        ["open", path, _] => open(path),
        ref given => {
            let payments = given.first().copied().unwrap_or("150000");
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("gateway.ndjson");
            for verb in ["make", "open"] {
                let status = Command::new(std::env::current_exe()?).arg(verb).arg(&path).arg(payments).status()?;
                assert!(status.success(), "{verb} failed");
            }
            let files = std::fs::read_dir(folder.path())?.collect::<Result<Vec<_>, _>>()?;
            let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
            println!("{} files with {} MiB", files.len(), bytes >> 20);
            Ok(())
        }
    }
}

/// Makes payments, of which one in ten is refunded.
async fn make(path: &str, payments: &str) -> Result<(), Box<dyn Error>> {
    let payments: u64 = payments.parse()?;
    let before = resident_kib();
    let gateway = opened(path.as_ref())?;
    let (mut random, zone) = (Random::seeded(1), Zone::utc());
    let (mut longest, began) = (Duration::ZERO, Instant::now());
    for n in 0..payments {
        let request = ChargeRequest {
            key: format!("SAGA-{n:08}/PROCESS_PAYMENT"),
            order: OrderNumber::draw_on(&mut random, Timestamp::from_millis(1_770_336_000_000), &zone).into(),
            amount: Money::minor(12_900),
            method: "CREDIT_CARD".to_owned(),
            payment_key: Some("approve".to_owned()),
        };
        let at = Instant::now();
        let Outcome::Approved { transaction, .. } = gateway.charge(&request).await else { panic!("it approves all") };
        if n % 10 == 0 {
            let key = format!("{}/UNDO", request.key);
            let ChargeRequest { order, payment_key, amount, .. } = request;
            let order = Some(order);
            gateway.refund(&RefundRequest { key, transaction, order, payment_key, amount, account: None }).await;
        }
        longest = longest.max(at.elapsed());
    }
    let each = began.elapsed().as_micros() / u128::from(payments.max(1));
    println!(
        "{payments} payments: {each} µs each, the slowest {} ms, {} MiB more",
        longest.as_millis(),
        more_mib(before)
    );
    Ok(())
}

fn open(path: &str) -> Result<(), Box<dyn Error>> {
    let (before, began) = (resident_kib(), Instant::now());
    let gateway = opened(path.as_ref())?;
    println!("the next start: {} ms, {} MiB more", began.elapsed().as_millis(), more_mib(before));
    drop(gateway);
    Ok(())
}

fn opened(path: &Path) -> kernel::Result<Simulated> {
    Simulated::open(Settings { seed: Some(1), journal: Some(path.to_owned()), ..Settings::default() })
}

fn more_mib(before: u64) -> u64 {
    resident_kib().saturating_sub(before) >> 10
}

/// Memory of this process that is in use (Linux); 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
