//! `holdfast reports`.

use super::{open, runtime, say};
use crate::cli::not_in_order;
use crate::config::{Config, Fault};
use std::process::ExitCode;

pub(crate) fn rebuild_reports(config: &Config, dry_run: bool) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let report = report::rebuild::run(&app.db, dry_run).await;
        app.db.close().await;
        let what = "the read models cannot be rebuilt";
        let report = report.map_err(|e| Fault::caused_by(what, &e, "see the cause above"))?;
        for view in &report.views {
            let outcome = if dry_run { "" } else { ", repaired" };
            say(format!("{}: {} rows, {} differ{outcome}", view.view, view.rows, view.different));
            view.differences.iter().for_each(|one| say(format!("  {one}")));
        }
        Ok(if dry_run && report.different > 0 { not_in_order() } else { ExitCode::SUCCESS })
    })
}
