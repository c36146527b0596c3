//! `holdfast export`.

use super::output::{Output, must_not_be_the_shops};
use super::{open, runtime};
use crate::cli::{self, Exported};
use crate::config::{Config, Fault};
use report::export::{Export, What};
use std::process::ExitCode;

pub(crate) fn export(config: &Config, wanted: &cli::Export) -> Result<ExitCode, Fault> {
    let what = match wanted.what {
        Exported::Products => What::Products,
        Exported::Orders => What::Orders,
        Exported::Customers => What::Customers,
        Exported::Stock => What::Stock,
    };
    let written = |error: std::io::Error| {
        Fault::new("the export cannot be written", error.to_string(), "name a file that you may write").failed()
    };
    if let Some(path) = &wanted.output {
        must_not_be_the_shops(path, &config.settings)?;
    }
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let mut output = Output::to(wanted.output.as_deref()).map_err(written)?;
        let failed = |e: kernel::Error| Fault::caused_by("the export cannot be done", &e, "see the cause above");
        let mut export = Export::begin(&app.db, what, app.shop.currency, None).await.map_err(failed)?;
        while let Some(part) = export.part().await.map_err(failed)? {
            output.write(&part).map_err(written)?;
        }
        output.finish().map_err(written)?;
        app.db.close().await;
        Ok(ExitCode::SUCCESS)
    })
}
