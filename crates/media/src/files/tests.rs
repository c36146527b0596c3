//! One suite for every store of files, and what only a store on another machine can do.

use super::{Bucket, Files, Found, s3::Client};
use crate::develop::{Developed, develop};
use crate::settings::{Settings, Store};
use crate::tests::{drawn, png_of};
use bytes::Bytes;
use fixture::{Fault, ObjectStore, wait};
use image::DynamicImage;
use kernel::{Clock, Code, Result, Timestamp};
use ports::SystemClock;
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use web::module::Reached;

const LONG_AGO_MS: i64 = 1_700_000_000_000;
const QUICK: Duration = Duration::from_millis(400);
/// For a store that answers: all tries and their pauses fit into it on a machine that is busy with other things.
const PATIENT: Duration = Duration::from_secs(15);

fn long_ago() -> Timestamp {
    Timestamp::from_millis(LONG_AGO_MS)
}

/// A store of files, and the way in which another program writes to it.
struct Kept<'a> {
    files: Files,
    /// Writes a file, long ago if that can be.
    place: Box<dyn Fn(&str) + 'a>,
    /// When a file was written that another program writes: long ago, or at the time of the test at the earliest.
    placed_at: Option<Timestamp>,
}

fn developed(width: u32, height: u32) -> Developed {
    develop(&png_of(&DynamicImage::ImageRgb8(drawn(width, height))), 10_000_000).expect("an image")
}

/// Settings of a shop whose images are in this store.
fn settings(store: &ObjectStore) -> Settings {
    let named = |name: &str| {
        let mut settings = store.settings().into_iter();
        settings.find(|(known, _)| *known == format!("media.{name}")).map(|(_, value)| value).unwrap_or_default()
    };
    Settings {
        store: Store::S3,
        s3_endpoint: named("s3_endpoint"),
        s3_region: named("s3_region"),
        s3_bucket: named("s3_bucket"),
        s3_access_key: named("s3_access_key"),
        s3_secret_key: named("s3_secret_key"),
        s3_timeout: PATIENT,
        ..Settings::default()
    }
}

fn opened(settings: &Settings) -> Files {
    web::settings::Settings::check(settings).expect("good settings");
    Files::open(settings).expect("it opens")
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

/// What every store of files does.
async fn keeps_images(files: &Files) {
    let (one, other) = (developed(400, 300), developed(90, 50));
    let addresses = one.address.files();
    assert_eq!(files.get(&one.address).await.unwrap(), None);
    assert_eq!(files.missing(&one.address).await.unwrap(), addresses);
    files.remove(one.address.hash()).await.expect("what is not there is removed");

    // the same twice is the same once
    for image in [&one, &other, &one] {
        files.put(image).await.unwrap();
    }
    for (address, bytes) in one.files.iter().chain(&other.files) {
        assert_eq!(files.get(address).await.unwrap().as_ref(), Some(bytes), "{address}");
    }
    assert_eq!(files.missing(&one.address).await.unwrap(), []);

    files.remove(one.address.hash()).await.unwrap();
    assert_eq!(files.missing(&one.address).await.unwrap(), addresses);
    assert_eq!(files.get(&addresses[0]).await.unwrap(), None);
    assert_eq!(files.missing(&other.address).await.unwrap(), [], "another image stays");
    files.remove(one.address.hash()).await.expect("twice is once");
}

/// What every store that outlives the program does: it finds what is in it.
async fn finds_images(kept: &Kept<'_>) {
    let files = &kept.files;
    let image = developed(200, 100);
    let before = SystemClock.now().before(Duration::from_secs(5));
    assert_eq!((files.shards().await.unwrap(), files.in_shard("ab").await.unwrap()), (vec![], vec![]));
    let hash = |digit: char| format!("ab{}", digit.to_string().repeat(30));
    // an image with all its files, files without a row, and what other programs have left
    for path in [
        format!("ab/{}/160x90.jpg", hash('1')),
        format!("ab/{}/320x180.jpg", hash('1')),
        format!("ab/{}/note.txt", hash('2')),
        format!("ab/{}/160x90.jpg", "cd".repeat(16)),
        format!("ab/{}", hash('4')),
        "ab/readme.txt".to_owned(),
        "ab/drafts/160x90.jpg".to_owned(),
        "notes/a.jpg".to_owned(),
        "index.html".to_owned(),
        format!("cd/{}/160x90.jpg", "cd".repeat(16)),
    ] {
        (kept.place)(&path);
    }
    files.put(&image).await.unwrap();
    let shard = image.address.hash()[..2].to_owned();
    let mut shards = vec!["ab".to_owned(), "cd".to_owned(), shard.clone()];
    shards.sort();
    shards.dedup();
    assert_eq!(files.shards().await.unwrap(), shards);

    let mut found = files.in_shard("ab").await.unwrap();
    found.retain(|found| found.hash != image.address.hash());
    found.sort_by(|a, b| a.hash.cmp(&b.hash));
    let left: Vec<&str> = found.iter().map(|found| found.hash.as_str()).collect();
    assert_eq!(left, [hash('1'), hash('2')]);
    let as_placed = |found: &Found| kept.placed_at.map_or(found.written_at >= before, |at| found.written_at == at);
    assert!(found.iter().all(as_placed), "{found:?}");
    let fresh = files.in_shard(&shard).await.unwrap();
    let fresh = fresh.iter().find(|found| found.hash == image.address.hash()).expect("the image that was stored");
    assert!(fresh.written_at >= before && fresh.written_at <= SystemClock.now().after(Duration::from_secs(5)));

    // one file that is written anew makes an image young
    let (old, young) = (image.address.files()[0].path(), image.address.files()[1].path());
    (kept.place)(&old);
    assert!(files.in_shard(&shard).await.unwrap().iter().any(|found| found.written_at >= before), "{young}");

    files.remove(&hash('1')).await.unwrap();
    let found = files.in_shard("ab").await.unwrap();
    assert!(found.iter().all(|found| found.hash != hash('1')) && found.iter().any(|found| found.hash == hash('2')));
}

fn write_long_ago(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).unwrap();
    fs::write(&path, "left").unwrap();
    let at = UNIX_EPOCH + Duration::from_millis(LONG_AGO_MS.unsigned_abs());
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

#[test]
fn memory_keeps_images() {
    wait(keeps_images(&Files::Memory(Arc::default())));
}

#[test]
fn a_folder_keeps_and_finds_images() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("not/made/yet");
    let files = Files::Folder(root.clone());
    wait(keeps_images(&files));
    let root = folder.path().join("other");
    let kept = Kept {
        files: Files::Folder(root.clone()),
        place: Box::new(move |path| write_long_ago(&root, path)),
        placed_at: Some(long_ago()),
    };
    tokio_test(finds_images(&kept));
}

#[test]
fn a_store_says_whether_it_can_be_reached() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| Files::Folder(folder.path().join(path));
    fs::write(folder.path().join("file"), "no folder").unwrap();
    assert_eq!(wait(Files::Memory(Arc::default()).reach()).unwrap(), Reached::InProcess);
    assert_eq!(wait(at("").reach()).unwrap(), Reached::Outside);
    assert_eq!(wait(at("not/made/yet").reach()).unwrap(), Reached::Outside);
    assert_eq!(code(wait(at("file").reach())), Some(Code::Unavailable));

    let store = ObjectStore::open();
    let (good, image) = (settings(&store), developed(90, 50));
    let files = opened(&good);
    wait(files.put(&image)).unwrap();
    assert_eq!(wait(files.reach()).unwrap(), Reached::Outside);
    for wrong in [
        Settings { s3_bucket: "not-there".to_owned(), ..good.clone() },
        Settings { s3_secret_key: "another".to_owned(), ..good },
    ] {
        assert_eq!(code(wait(opened(&wrong).reach())), Some(Code::Unavailable));
    }
    store.seen();
    store.set_away(true);
    assert_eq!(code(wait(files.reach())), Some(Code::Unavailable));
    assert_eq!(store.seen(), ["LIST "], "it is asked once");
}

/// Runs what is not `Send`, because a test writes beside it.
fn tokio_test(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(work);
}

#[test]
fn a_bucket_keeps_and_finds_images_with_and_without_a_prefix_and_in_short_pages() {
    for (prefix, page_max) in [("", 1_000), ("", 1), ("shop/images", 2)] {
        let store = ObjectStore::open();
        store.set_page_max(page_max);
        let files = opened(&Settings { s3_prefix: prefix.to_owned(), ..settings(&store) });
        let under = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        store.place("ab", b"left", long_ago());
        store.place(&format!("{under}zz&<é +.txt"), b"left", long_ago());
        wait(keeps_images(&files));
        for key in store.keys().iter().filter(|key| key.ends_with(".jpg")) {
            store.take(key);
        }
        let place = |path: &str| store.place(&format!("{under}{path}"), b"left", long_ago());
        let kept = Kept { files, place: Box::new(place), placed_at: Some(long_ago()) };
        tokio_test(finds_images(&kept));
        assert!(store.keys().iter().all(|key| key.starts_with(&under) || key == "ab"), "{:?}", store.keys());
    }
}

/// By hand, against a store of another make; the README says how.
#[test]
#[ignore = "needs a store of another make"]
fn a_store_of_another_make_keeps_and_finds_images() {
    let given = |name: &str| std::env::var(format!("HOLDFAST_TEST_S3_{name}")).unwrap_or_else(|_| panic!("set {name}"));
    let settings = Settings {
        store: Store::S3,
        s3_endpoint: given("ENDPOINT"),
        s3_bucket: given("BUCKET"),
        s3_region: given("REGION"),
        s3_access_key: given("ACCESS_KEY"),
        s3_secret_key: given("SECRET_KEY"),
        s3_prefix: format!("test/{}", SystemClock.now().as_millis()),
        ..Settings::default()
    };
    let (files, client, prefix) = (opened(&settings), Client::new(&settings).unwrap(), settings.s3_prefix.clone());
    wait(keeps_images(&files));
    wait(files.remove(developed(90, 50).address.hash())).unwrap();
    let place = |path: &str| {
        wait(client.put(&format!("{prefix}/{path}"), Bytes::from_static(b"left"))).unwrap();
    };
    tokio_test(finds_images(&Kept { files, place: Box::new(place), placed_at: None }));
    let wrong = Settings { s3_bucket: format!("{}-not-there", settings.s3_bucket), ..settings };
    assert_eq!(code(wait(opened(&wrong).get(&developed(90, 50).address))), Some(Code::Unavailable));
}

#[test]
fn a_file_says_what_it_is_and_has_the_path_that_it_has_in_a_folder() {
    let (store, image, folder) = (ObjectStore::open(), developed(400, 300), tempfile::tempdir().unwrap());
    wait(opened(&settings(&store)).put(&image)).unwrap();
    wait(Files::Folder(folder.path().to_owned()).put(&image)).unwrap();
    assert_eq!(store.keys().len(), image.files.len());
    for key in store.keys() {
        let object = store.object(&key).unwrap();
        assert_eq!(object.bytes, fs::read(folder.path().join(&key)).unwrap());
        assert_eq!(
            (object.content_type.as_str(), object.cache_control.as_str()),
            ("image/jpeg", "public, max-age=31536000, immutable")
        );
    }
}

#[test]
fn a_bucket_can_be_the_name_of_a_host() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    let settings = Settings {
        s3_endpoint: format!("http://store.test:{}", store.address().port()),
        s3_path_style: false,
        ..settings(&store)
    };
    let host = format!("{}.store.test", settings.s3_bucket);
    let http = reqwest::Client::builder().resolve(&host, store.address());
    let files = Files::Bucket(Arc::new(Bucket::through(Client::over(&settings, http).unwrap(), &settings)));
    wait(keeps_images(&files));
    wait(files.put(&image)).unwrap();
    assert!(store.object(&image.address.path()).is_some());
}

#[test]
fn what_may_pass_is_tried_again() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    let files = opened(&settings(&store));
    wait(files.put(&image)).unwrap();
    let bytes = image.files[0].1.clone();
    for fault in [Fault::SlowDown, Fault::InternalError, Fault::Closed, Fault::ClosedAfter, Fault::CutOff] {
        store.seen();
        store.fail_next([fault, fault]);
        assert_eq!(wait(files.get(&image.address)).unwrap(), Some(bytes.clone()), "{fault:?}");
        assert_eq!(store.seen().len(), 3);
        store.fail_next([fault]);
        assert_eq!(wait(files.missing(&image.address)).unwrap(), [], "{fault:?}");
        store.take(&image.address.path());
        store.fail_next([fault]);
        wait(files.put(&image)).unwrap();
        assert_eq!(store.object(&image.address.path()).map(|object| Bytes::from(object.bytes)), Some(bytes.clone()));
    }
    store.seen();
    store.fail_next([Fault::SlowDown; 3]);
    assert_eq!(code(wait(files.get(&image.address))), Some(Code::Unavailable));
    assert_eq!(store.seen().len(), 3, "not for ever");
}

#[test]
fn a_removal_of_which_nothing_is_known_is_left_to_the_next_run() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    let files = opened(&settings(&store));
    wait(files.put(&image)).unwrap();
    store.seen();
    // the list is answered, the removal is not
    store.fail_next([Fault::Slow(Duration::ZERO), Fault::ClosedAfter]);
    assert_eq!(code(wait(files.remove(image.address.hash()))), Some(Code::Unavailable));
    assert_eq!(store.seen().iter().filter(|seen| seen.starts_with("DELETE")).count(), 1);
    wait(files.remove(image.address.hash())).unwrap();
    assert_eq!(store.keys(), Vec::<String>::new());
}

#[test]
fn a_store_that_does_not_answer_is_c013_soon_and_then_at_once() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    wait(opened(&settings(&store)).put(&image)).unwrap();
    let files = opened(&Settings { s3_timeout: QUICK, ..settings(&store) });
    let asked = || {
        let began = SystemClock.now();
        (code(wait(files.get(&image.address))), SystemClock.now().since(began))
    };
    store.fail_next([Fault::Silence(PATIENT); 2]);
    let (silent, took) = asked();
    assert_eq!(silent, Some(Code::Unavailable));
    assert!(took < PATIENT, "{took:?}");
    store.set_away(true);
    for _ in 0..3 {
        assert_eq!(asked().0, Some(Code::Unavailable));
    }
    store.seen();
    for _ in 0..20 {
        assert_eq!(asked().0, Some(Code::Unavailable));
    }
    assert!(store.seen().len() < 5, "it is left alone");
    assert_eq!(code(wait(files.put(&image))), Some(Code::Unavailable));
    store.set_away(false);
    let began = SystemClock.now();
    while asked().0.is_some() {
        assert!(SystemClock.now().since(began) < Duration::from_secs(20), "it never comes back");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_is_no_bucket_of_ours_is_c013_and_never_an_image_that_is_missing() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    let good = settings(&store);
    wait(opened(&good).put(&image)).unwrap();
    for wrong in [
        Settings { s3_secret_key: "another".to_owned(), ..good.clone() },
        Settings { s3_access_key: "SOMEBODY".to_owned(), ..good.clone() },
        Settings { s3_region: "us-east-1".to_owned(), ..good.clone() },
        Settings { s3_bucket: "not-there".to_owned(), ..good.clone() },
    ] {
        let files = opened(&wrong);
        let unavailable = Some(Code::Unavailable);
        assert_eq!(code(wait(files.get(&image.address))), unavailable, "{wrong:?}");
        assert_eq!(code(wait(files.missing(&image.address))), unavailable);
        assert_eq!(code(wait(files.shards())), unavailable);
        assert_eq!(code(wait(files.put(&developed(20, 20)))), unavailable);
        assert_eq!(code(wait(files.remove(image.address.hash()))), unavailable);
        let said = format!("{:?} {:?}", wait(files.get(&image.address)), files);
        assert!(!said.contains("another") && !said.contains("X-Amz"), "{said}");
    }
    assert_eq!(store.keys(), [image.address.path()]);
}

#[test]
fn requests_to_a_store_are_bounded() {
    let (store, image) = (ObjectStore::open(), developed(90, 50));
    let files = opened(&settings(&store));
    wait(files.put(&image)).unwrap();
    store.fail_next([Fault::Slow(Duration::from_millis(20)); 200]);
    let all = wait(futures_util::future::join_all((0..200).map(|_| files.get(&image.address))));
    assert!(all.into_iter().all(|got| got.unwrap().is_some()));
    assert!((2..=32).contains(&store.running_max()), "{}", store.running_max());
}
