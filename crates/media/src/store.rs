//! The SQL of images.

use crate::image::{Address, Image, Size};
use kernel::{Code, Cursor, PageRequest, Result, Timestamp, Total, UserId};
use store::{Arg, Row, Tx, args, concatcp, counted};

/// What [`image`] reads, in this order.
const COLUMNS: &str = "id, hash, width, height, bytes, uploaded_by, created_at, used_at";
const STORED: &str = concatcp!("select ", COLUMNS, " from media_images where removed_at is null");
const FIND: &str = concatcp!(STORED, " and hash = ?");
const WITH_HASHES: &str = concatcp!(STORED, " and hash in ([?])");
/// Guarantees that an image is stored once, and that none is stored while its files are being removed.
const ADD: &str = "insert into media_images (hash, width, height, bytes, uploaded_by, created_at, used_at)
    values (?, ?, ?, ?, ?, ?, ?) {on conflict ignore: hash}";
const USE: &str = "update media_images set used_at = ? where hash in ([?]) and removed_at is null";
const UNUSED: &str = concatcp!(STORED, " and used_at < ? order by used_at, id limit ?");
const OLDEST_USE: &str = "select min(used_at) from media_images where removed_at is null";

const OF_USER: &str = " from media_images where removed_at is null and (? = '' or uploaded_by = ?)";
const PAGE: &str = concatcp!("select ", COLUMNS, OF_USER, " and id < ? order by id desc limit ? offset ?");
const COUNT: &str = counted!(OF_USER);
const AFTER: &str = concatcp!(STORED, " and id > ? order by id limit ?");

/// Guarantees that no product got the image since it was found unused.
const REMOVE: &str = "update media_images set removed_at = ? where id = ? and used_at = ? and removed_at is null";
/// Files without an image: a row stands for their removal, so that no upload stores the image meanwhile.
const CLAIM: &str =
    "insert into media_images (hash, width, height, bytes, uploaded_by, created_at, used_at, removed_at)
    values (?, 0, 0, 0, '', ?, ?, ?) {on conflict ignore: hash}";
const KNOWN: &str = "select hash from media_images where hash in ([?])";
const REMOVED: &str =
    "select hash, removed_at from media_images where removed_at is not null order by removed_at limit ?";
const IS_REMOVED: &str = "select count(*) from media_images where hash = ? and removed_at is not null";
const FORGET: &str = "delete from media_images where hash = ? and removed_at is not null";

/// Every statement of this table.
pub const STATEMENTS: &[&str] = &[
    FIND,
    WITH_HASHES,
    ADD,
    USE,
    UNUSED,
    OLDEST_USE,
    PAGE,
    COUNT,
    AFTER,
    REMOVE,
    CLAIM,
    KNOWN,
    REMOVED,
    IS_REMOVED,
    FORGET,
];

fn image(row: &Row<'_>) -> Result<Image> {
    let (id, hash): (i64, String) = (row.next()?, row.next()?);
    let (width, height): (i64, i64) = (row.next()?, row.next()?);
    let side = |pixels: i64| u32::try_from(pixels).unwrap_or_default();
    let address = Address::of(&hash, Size { width: side(width), height: side(height) });
    Ok(Image {
        id,
        address: address.ok_or_else(|| Code::Internal.error().caused_by(format!("image {id} has no address")))?,
        bytes: row.next()?,
        uploaded_by: row.next()?,
        created_at: row.next()?,
        used_at: row.next()?,
    })
}

/// The image with this hash.
pub(crate) fn find(tx: &mut Tx<'_>, hash: &str) -> Result<Option<Image>> {
    tx.query_first(FIND, args![hash], image)
}

/// Those of these images that are stored.
pub(crate) fn with_hashes(tx: &mut Tx<'_>, hashes: &[&str]) -> Result<Vec<Image>> {
    tx.query(WITH_HASHES, args![Arg::list(hashes)], image)
}

/// Stores a new image; `None` when its hash is taken.
pub(crate) fn add(tx: &mut Tx<'_>, address: &Address, bytes: i64, by: &UserId) -> Result<Option<i64>> {
    let now = tx.now();
    let (width, height) = (i64::from(address.size.width), i64::from(address.size.height));
    tx.insert_new(ADD, args![address.hash(), width, height, bytes, by, now, now])
}

/// Notes that somebody wants these images now; gives how many there are.
pub(crate) fn note_use(tx: &mut Tx<'_>, hashes: &[&str]) -> Result<u64> {
    let now = tx.now();
    tx.exec(USE, args![now, Arg::list(hashes)])
}

/// Images that no product was known to get since `before`, those of the longest time first.
pub(crate) fn unused(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<Vec<Image>> {
    tx.query(UNUSED, args![before, limit], image)
}

/// The earliest time at which an image was last known to be wanted.
pub(crate) fn oldest_use(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.query_one(OLDEST_USE, args![], |row| row.get(0))
}

/// The images of a user, or of everybody, newest first.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    of: Option<UserId>,
    request: PageRequest,
    after: Option<Cursor>,
) -> Result<(Vec<Image>, Total)> {
    let user = of.map(|id| id.to_string()).unwrap_or_default();
    let total = Total::counted(tx.query_one(COUNT, args![user, user], |row| row.get(0))?);
    let before = after.map_or(i64::MAX, Cursor::id);
    let (limit, offset) = (request.limit(), request.offset_after(after));
    Ok((tx.query(PAGE, args![user, user, before, limit, offset], image)?, total))
}

/// The images behind this id, in the order of their ids.
pub(crate) fn after(tx: &mut Tx<'_>, id: i64, limit: i64) -> Result<Vec<Image>> {
    tx.query(AFTER, args![id, limit], image)
}

/// Takes an image away, unless somebody wanted it since it was read.
pub(crate) fn remove(tx: &mut Tx<'_>, image: &Image) -> Result<bool> {
    let now = tx.now();
    Ok(tx.exec(REMOVE, args![now, image.id, image.used_at])? == 1)
}

/// Keeps this hash from being stored until its files are removed; false when there is an image with it.
pub(crate) fn claim(tx: &mut Tx<'_>, hash: &str) -> Result<bool> {
    let now = tx.now();
    Ok(tx.insert_new(CLAIM, args![hash, now, now, now])?.is_some())
}

/// Those of these hashes that have a row.
pub(crate) fn known(tx: &mut Tx<'_>, hashes: &[&str]) -> Result<Vec<String>> {
    tx.query(KNOWN, args![Arg::list(hashes)], |row| row.next())
}

/// Hashes whose files are to be removed, and since when; the oldest first.
pub(crate) fn removed(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(String, Timestamp)>> {
    tx.query(REMOVED, args![limit], |row| Ok((row.next()?, row.next()?)))
}

/// Whether the files of this hash are to be removed.
pub(crate) fn is_removed(tx: &mut Tx<'_>, hash: &str) -> Result<bool> {
    let removed: i64 = tx.query_one(IS_REMOVED, args![hash], |row| row.get(0))?;
    Ok(removed > 0)
}

/// Ends a removal: its files are gone.
pub(crate) fn forget(tx: &mut Tx<'_>, hash: &str) -> Result<()> {
    tx.exec(FORGET, args![hash]).map(|_| ())
}
