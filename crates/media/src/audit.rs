//! What only the store of files can prove: each image has its files.

use crate::files::Files;
use crate::image::Image;
use crate::ops;
use futures_util::future::try_join_all;
use kernel::Result;
use store::{Violation, audit::VIOLATIONS_MAX};
use web::{App, module::Compared};

/// Images that are read at once.
const READ_AT_ONCE: i64 = 500;
/// Images whose files are looked for at once: a store on another machine takes a while for each.
const LOOKED_AT_ONCE: usize = 16;
const RULE: &str = "an image has all of its files";

/// Looks for every file of every image.
pub async fn compare(app: App) -> Result<Compared> {
    let (mut missing, mut after) = (Vec::new(), 0);
    loop {
        let images = app.db.read("media.audit", move |tx| ops::after(tx, after, READ_AT_ONCE)).await?;
        let Some(last) = images.last() else { break };
        after = last.id;
        for images in images.chunks(LOOKED_AT_ONCE) {
            let found = try_join_all(images.iter().map(|image| without_file(&app, image))).await?;
            missing.extend(found.into_iter().flatten());
        }
        if missing.len() as i64 >= VIOLATIONS_MAX {
            break;
        }
    }
    Ok(Compared { period: None, found: missing, left_out: None })
}

async fn without_file(app: &App, image: &Image) -> Result<Option<Violation>> {
    let missing = Files::of(app)?.missing(&image.address).await?;
    let Some(file) = missing.first() else { return Ok(None) };
    // it may have been taken away meanwhile
    let hash = image.address.hash().to_owned();
    let stored = app.db.read("media.is-stored", move |tx| ops::is_stored(tx, &hash)).await?;
    Ok(stored.then(|| Violation::new(RULE, image.address.to_string(), format!("{file} is missing"))))
}
