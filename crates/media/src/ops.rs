//! What can be done with the rows of images: one function per verb. Their files are in `files`.

use crate::image::{Address, Image};
use crate::store;
use ::store::Tx;
use kernel::{Code, Cursor, Error, Page, PageRequest, Result, Timestamp, UserId};
use std::time::Duration;

/// When an upload is sent again whose files are just being removed.
const RETRY_S: u32 = 30;
/// How long after its mark an image keeps its files. An upload of the same image that began before the mark is over by then, and finds
/// the mark when it stores its row; otherwise the removal could take files away between the two.
pub(crate) const REMOVAL_WAITS: Duration = Duration::from_secs(120);
/// Longest time for storing the files of an upload, well below [`REMOVAL_WAITS`].
pub(crate) const STORED_WITHIN: Duration = Duration::from_secs(60);

/// C013 while the files of an image with this hash are being removed. Asked before its files are stored.
pub fn must_not_be_removed(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    if store::is_removed(tx, hash)? { Err(being_removed()) } else { Ok(()) }
}

fn being_removed() -> Error {
    Code::Unavailable.because("the same image is being removed").retry_after(RETRY_S)
}

/// Stores an image whose files are in the store already. Gives false with it when it was there before. C013 while the files of an image
/// with the same content are being removed.
pub fn add(tx: &mut Tx<'_>, address: &Address, bytes: i64, by: &UserId) -> Result<(Image, bool)> {
    let is_new = store::add(tx, address, bytes, by)?.is_some();
    if !is_new && store::note_use(tx, &[address.hash()])? == 0 {
        return Err(being_removed());
    }
    let stored = store::find(tx, address.hash())?;
    let lost = || Code::Internal.error().caused_by("an image vanished while it was stored");
    Ok((stored.ok_or_else(lost)?, is_new))
}

/// The images of a user, or of everybody, newest first.
pub fn page(tx: &mut Tx<'_>, of: Option<UserId>, request: PageRequest, after: Option<Cursor>) -> Result<Page<Image>> {
    let (rows, total) = store::page(tx, of, request, after)?;
    Ok(request.page_of(rows, total, after, |image| image.id))
}

/// Notes that a gallery shows these addresses from now on, so that the images of ours among them stay. Gives those that name an image of
/// ours which is not stored here. Addresses of other hosts are taken as they are.
pub fn wanted<'a>(tx: &mut Tx<'_>, urls: impl IntoIterator<Item = &'a str>) -> Result<Vec<Address>> {
    let mut ours: Vec<Address> = urls.into_iter().filter_map(Address::in_gallery).collect();
    if ours.is_empty() {
        return Ok(ours);
    }
    let hashes: Vec<&str> = ours.iter().map(Address::hash).collect();
    // this locks the rows, so that none of them is taken away before the gallery is stored
    store::note_use(tx, &hashes)?;
    let stored = store::with_hashes(tx, &hashes)?;
    ours.retain(|address| stored.iter().all(|image| image.address != *address));
    Ok(ours)
}

/// When an image may be found unused if no product gets it for `keep` from now on.
pub fn next_unused(tx: &mut Tx<'_>, keep: Duration) -> Result<Option<Timestamp>> {
    Ok(store::oldest_use(tx)?.map(|at| at.after(keep)))
}

/// Images that no product was known to get for as long as `keep`. The caller knows which of them products show.
pub fn perhaps_unused(tx: &mut Tx<'_>, keep: Duration, limit: i64) -> Result<Vec<Image>> {
    let before = tx.now().before(keep);
    store::unused(tx, before, limit)
}

/// Takes an image away that no product shows, unless somebody wanted it since it was read. Its files go next.
pub fn remove(tx: &mut Tx<'_>, image: &Image) -> Result<bool> {
    store::remove(tx, image)
}

/// The images behind this id, for the audit.
pub(crate) fn after(tx: &mut Tx<'_>, id: i64, limit: i64) -> Result<Vec<Image>> {
    store::after(tx, id, limit)
}

/// Whether this image is still stored.
pub(crate) fn is_stored(tx: &mut Tx<'_>, hash: &str) -> Result<bool> {
    Ok(store::find(tx, hash)?.is_some())
}

/// Those of these hashes that have neither an image nor a removal.
pub(crate) fn orphans(tx: &mut Tx<'_>, hashes: &[String]) -> Result<Vec<String>> {
    let all: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let known = store::known(tx, &all)?;
    Ok(hashes.iter().filter(|hash| !known.contains(hash)).cloned().collect())
}

/// Begins the removal of files that belong to no image; false when there is an image by now.
pub(crate) fn claim(tx: &mut Tx<'_>, hash: &str) -> Result<bool> {
    store::claim(tx, hash)
}

/// Hashes whose files are to be removed, and since when; the oldest first.
pub(crate) fn removed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(String, Timestamp)>> {
    store::removed(tx, limit)
}

/// Ends the removal of an image: its files are gone.
pub(crate) fn forget(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    store::forget(tx, hash)
}
