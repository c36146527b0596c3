//! Asking carriers where parcels are. What they report moves a parcel with its order, as a person's report does.

use crate::parcel::{self, Report};
use delivery::{Kind, Scan, ops, ops::Asked, scan};
use futures_util::{StreamExt, stream};
use kernel::{Code, DeliveryId, Result, Timestamp, TrackingNumber, Zone};
use ports::carriers::{Answer, Parcel, Stage};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use store::Tx;
use web::{App, Ran};

/// Parcels asked about in one run, and at the same time: the service has other shops, too.
const DUE_MAX: i64 = 128;
const AT_ONCE: usize = 4;
/// How long a carrier is asked about a parcel: what is not there after a month does not come.
const ASKED_FOR: Duration = Duration::from_secs(30 * 86_400);
/// Who moves a parcel, in the histories of orders.
const CARRIER: &str = "CARRIER";

/// Asks about every parcel that is due. Gives how many were asked about.
pub async fn ask(app: App) -> Result<Ran> {
    if !app.ports.carriers.is_configured() {
        return Ok(Ran::idle_until(None));
    }
    let next = app.db.read_single("checkout.next-to-ask", ops::next_to_ask).await?;
    if next.is_none_or(|next| next > app.now()) {
        return Ok(Ran::idle_until(next));
    }
    let due = app.db.read("checkout.to-ask", |tx| ops::to_ask(tx, DUE_MAX)).await?;
    let asked = AtomicU64::new(0);
    stream::iter(due)
        .for_each_concurrent(AT_ONCE, async |parcel| {
            let tracking = parcel.tracking.clone();
            match ask_about(&app, parcel).await {
                Ok(()) => drop(asked.fetch_add(1, Ordering::Relaxed)),
                Err(error) => {
                    tracing::error!(parcel = %tracking, ?error, "what a carrier reported could not be stored")
                }
            }
        })
        .await;
    Ok(asked.into_inner().into())
}

async fn ask_about(app: &App, asked: Asked) -> Result<()> {
    let Asked { id, tracking, waybill, since } = asked;
    let now = app.now();
    let parcel = Parcel { carrier: waybill.carrier.code().to_owned(), number: waybill.number, since };
    let answer = app.ports.carriers.ask(&parcel, now).await;
    let every = app.settings::<delivery::Settings>().ask_every;
    let again = Some(now.after(every)).filter(|_| now.since(since) < ASKED_FOR);
    let reported: Vec<Scan> = match answer {
        Answer::Scanned(scans) => scans.into_iter().map(scanned).collect(),
        Answer::Unknown | Answer::Silence => Vec::new(),
    };
    let zone = app.shop.zone.clone();
    let keep = move |tx: &mut Tx<'_>| {
        if !reported.is_empty() {
            follow(tx, &tracking, &reported, &zone)?;
        }
        // a parcel that has ended by it is not asked about any more
        ops::ask_again(tx, id, again)
    };
    match app.db.write("checkout.carrier-reported", keep).await {
        // the order is being cancelled or refunded: the carrier will say it again
        Err(error) if error.code() == Code::Conflict => put_off(app, id, again).await,
        Err(error) => {
            put_off(app, id, again).await?;
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

async fn put_off(app: &App, id: DeliveryId, again: Option<Timestamp>) -> Result<()> {
    app.db.write("checkout.ask-again", move |tx| ops::ask_again(tx, id, again)).await
}

/// What a stage of the carrier's is for a parcel.
fn scanned(one: ports::carriers::Scan) -> Scan {
    let status = match one.stage {
        Stage::Registered => Kind::Preparing,
        Stage::Collected => Kind::Shipped,
        Stage::Moving | Stage::Arrived | Stage::OutForDelivery => Kind::InTransit,
        Stage::Delivered => Kind::Delivered,
    };
    Scan::reported(status, one.place.as_deref(), one.what.as_deref(), one.at)
}

/// A carrier reported where a parcel is: the parcel and its order follow as far as the order lets them, and what was reported is kept once.
/// What cannot be about this parcel is left out, also of what an older version kept.
///
/// S501 the parcel; C019 while its order is being undone.
pub fn follow(tx: &mut Tx<'_>, tracking: &TrackingNumber, reported: &[Scan], zone: &Zone) -> Result<()> {
    let number = ops::find(tx, tracking)?.order;
    parcel::lock(tx, &number)?;
    let before = ops::lock(tx, tracking)?;
    let now = tx.now();
    let reported = scan::about(before.created_at, now, reported.to_vec());
    // what was reported before counts, too: its order may not have let it move then
    let all = before.scans.iter().chain(&reported).cloned().collect();
    let all = scan::about(before.created_at, now, all);
    let mut parcel = before.clone();
    for (to, scan) in scan::ahead(before.status.kind(), &all) {
        let location = scan.and_then(|scan| scan.place.clone());
        let report = Report { to, location, description: scan.and_then(|scan| scan.what.clone()) };
        match parcel::move_parcel(tx, tracking, &report, CARRIER, zone) {
            Ok(moved) => parcel = moved,
            // such as one whose money has gone back while it was on its way
            Err(error) if error.code() == Code::InvalidDeliveryStatus => break,
            Err(error) => return Err(error),
        }
    }
    let has_moved = parcel.version > before.version;
    ops::keep_scans(tx, parcel, &reported, has_moved)
}
