//! `holdfast export`.

use super::{open, runtime};
use crate::cli::{self, Exported};
use crate::config::{Config, Fault};
use report::export::{Export, What};
use std::{
    fs::File,
    io::{BufWriter, Write, stdout},
    process::ExitCode,
};

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
    let mut output: Box<dyn Write> = match &wanted.output {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(written)?)),
        None => Box::new(BufWriter::new(stdout())),
    };
    runtime()?.block_on(async {
        let app = open(&config.settings).await?;
        let failed = |e: kernel::Error| Fault::caused_by("the export cannot be done", &e, "see the cause above");
        let mut export = Export::begin(&app.db, what, app.shop.currency, None).await.map_err(failed)?;
        while let Some(part) = export.part().await.map_err(failed)? {
            output.write_all(part.as_bytes()).map_err(written)?;
        }
        output.flush().map_err(written)?;
        app.db.close().await;
        Ok(ExitCode::SUCCESS)
    })
}
