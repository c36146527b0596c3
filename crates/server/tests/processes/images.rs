//! Images of a shop with several instances, whose store of files is on none of their machines.

use crate::fleet::{Fleet, until};
use crate::scenario::API;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::{
    io::{Cursor, Read, Write},
    net::TcpStream,
    time::Duration,
};
use testdb::{Kind, Space};
use testkit::{ObjectStore, Process, Program, SECRET_KEY};

const ADMIN: &str = "00000000-0000-4000-8000-00000000ad00";

/// The whole response to a request with this head and body, as bytes.
fn exchanged(process: &Process, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(process.address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let head = format!("{head}\r\nhost: shop\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).expect("it reads");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("a whole response");
    response
}

fn status(response: &[u8]) -> &str {
    std::str::from_utf8(response.get(9..12).unwrap_or_default()).unwrap_or_default()
}

/// Uploads an image; gives its address.
fn upload(process: &Process, token: &str, side: u32) -> String {
    let mut png = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, 90])));
    image.write_to(&mut png, ImageFormat::Png).expect("it can be written");
    let head = format!("POST {API}/admin/media HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: image/png");
    let response = exchanged(process, &head, &png.into_inner());
    assert_eq!(status(&response), "201", "{}", String::from_utf8_lossy(&response));
    let text = String::from_utf8_lossy(&response).to_lowercase();
    let location = text.lines().find_map(|line| line.strip_prefix("location: ")).expect("it says where");
    location.trim().to_owned()
}

#[test]
fn what_one_instance_stores_is_served_by_every_other_and_outlives_it() {
    if testdb::wanted() == Kind::Sqlite {
        return testdb::skip("a SQLite file has one instance; HOLDFAST_TEST_DB=postgres or mysql has several");
    }
    let (space, store) = (Space::open(), ObjectStore::open());
    let program = Program::on(env!("CARGO_BIN_EXE_holdfast"), space.folder(), space.url());
    let secret = |name: &str| name == "media.s3_secret_key";
    let program = store.settings().iter().fold(program, |program, (name, value)| match secret(name) {
        true => program.with_secret("HOLDFAST_MEDIA__S3_SECRET_KEY", value),
        false => program.with(name, value),
    });
    let token = program.token(ADMIN, "ADMIN");
    let fleet = Fleet::start(&program, 2);
    fleet.is_led();
    let image = upload(&fleet.instance(0), &token, 400);
    let file = |n: usize, path: &str| exchanged(&fleet.instance(n), &format!("GET {path} HTTP/1.1"), b"");
    for path in [image.clone(), image.replace("400x400", "160x160")] {
        let (here, there) = (file(0, &path), file(1, &path));
        assert_eq!((status(&here), status(&there)), ("200", "200"), "{path}");
        let body = |response: &[u8]| {
            response.windows(4).position(|four| four == b"\r\n\r\n").map(|at| response[at..].to_vec())
        };
        assert_eq!(body(&here), body(&there));
    }
    fleet.kill(0);
    assert_eq!(status(&file(0, &image)), "200", "after a start");
    program.audit().expect("every image has its files");

    // the store is away: images and uploads wait, and both instances stay ready
    store.set_away(true);
    until("both know", || (0..2).all(|n| status(&file(n, &image)) == "503"));
    for n in 0..2 {
        until("it shows that the store is away", || {
            let ready = exchanged(&fleet.instance(n), "GET /readyz HTTP/1.1", b"");
            assert_eq!(status(&ready), "200");
            String::from_utf8_lossy(&ready).contains("the store of images cannot be reached")
        });
    }
    assert!(program.audit().is_err(), "an audit that cannot look says so");
    store.set_away(false);
    until("both serve images again", || (0..2).all(|n| status(&file(n, &image)) == "200"));
    let key = store.keys().into_iter().find(|key| key.ends_with("/160x160.jpg")).expect("a smaller file");
    store.take(&key);
    let found = program.audit().expect_err("a file is missing");
    assert!(found.contains("an image has all of its files"), "{found}");
    (0..2).for_each(|n| fleet.instance(n).kill());
    let secrets = [SECRET_KEY, "X-Amz-Signature"];
    assert!(secrets.iter().all(|secret| !program.log().contains(secret)), "{}", program.log());
}
