//! `holdfast fake-toss`: the payment gateway for trying out.

use super::{runtime, say};
use crate::cli::FakeToss;
use crate::config::{Config, Fault};
use crate::{opening, serve as serving};
use std::process::ExitCode;

/// The file of its records, in its folder.
const FILE: &str = "fake-toss.ndjson";

/// Serves until it is asked to stop. Nothing is lost then, or when the process is killed.
pub(crate) fn fake_toss(_: &Config, wanted: FakeToss) -> Result<ExitCode, Fault> {
    let FakeToss { listen, data, webhook, secret } = wanted;
    let settings = faketoss::Settings { file: Some(data.join(FILE)), webhook_url: webhook, secret };
    runtime()?.block_on(async {
        let fake = faketoss::Fake::open(settings, opening::clock()).map_err(|error| {
            let what = format!("the records in {} cannot be opened", data.display());
            Fault::new(what, error.to_string(), "name another folder with --data, or delete that one").failed()
        })?;
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
            Fault::new(format!("{listen} cannot be used"), error.to_string(), "name another address with --listen")
                .failed()
        })?;
        let address = listener.local_addr().map_or(listen, |address| address);
        say(format_args!("fake-toss serves http://{address}; Ctrl-C ends it, its records stay in {}", data.display()));
        let settings = format!("-o gateway.kind=toss -o toss.url=http://{address}");
        say(format_args!("a shop uses it with HOLDFAST_TOSS__SECRET=test_sk_anything holdfast {settings} serve"));
        say(format_args!("window: http://{address}/window   records: http://{address}/control/records"));
        tokio::select! {
            served = fake.serve(listener) => served.map_err(|error| {
                Fault::new("fake-toss cannot serve", error.to_string(), "see the cause above").failed()
            })?,
            () = serving::asked_to_stop() => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}
