//! An uploaded image: its address, and the sizes in which there are files of it.

use kernel::{Timestamp, UserId};
use std::{fmt, str::FromStr};

/// Where the files of images are served.
pub const HOME: &str = "/media/";
/// The longest side of an image. A larger upload is made smaller.
pub const SIDE_MAX: u32 = 1_920;
/// The widths of the smaller files of an image that is wider. They never change for images that are stored already, because a
/// page works the addresses of their files out from the address of the image.
pub const WIDTHS: [u32; 4] = [160, 320, 640, 1_280];
/// Digits of a hash: 128 bits.
const HASH_DIGITS: usize = 32;

/// Width and height in pixels, 1 to [`SIDE_MAX`] each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// The size of the same image when it is `width` wide.
    fn at_width(self, width: u32) -> Size {
        let (was, height) = (u64::from(self.width), u64::from(self.height));
        let height = (height * u64::from(width) + was / 2) / was.max(1);
        Size { width, height: u32::try_from(height).unwrap_or(u32::MAX).max(1) }
    }
}

/// The address of one file of an image: what the image contains, and how large the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    hash: String,
    pub size: Size,
}

impl Address {
    /// The address of an image whose largest file has this hash. `None` when there can be none.
    pub fn of(hash: &str, size: Size) -> Option<Address> {
        let digits = hash.len() == HASH_DIGITS && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let possible = |side: u32| (1..=SIDE_MAX).contains(&side);
        let good = digits && possible(size.width) && possible(size.height);
        good.then(|| Address { hash: hash.to_owned(), size })
    }

    /// The address in the gallery of a product, if it is one of ours.
    pub fn in_gallery(url: &str) -> Option<Address> {
        url.strip_prefix(HOME)?.parse().ok()
    }

    /// What the image is known by.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// All files of the image whose largest file is at this address, smallest first; the last one is this one.
    pub fn files(&self) -> Vec<Address> {
        let narrower = WIDTHS.into_iter().filter(|width| *width < self.size.width);
        let sizes = narrower.map(|width| self.size.at_width(width)).chain([self.size]);
        sizes.map(|size| Address { hash: self.hash.clone(), size }).collect()
    }

    /// Where the file is in the store.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}x{}.jpg", folder(&self.hash), self.size.width, self.size.height)
    }
}

/// Where the files of an image are in the store.
pub(crate) fn folder(hash: &str) -> String {
    format!("{}/{hash}", hash.get(..2).unwrap_or_default())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HOME}{}-{}x{}.jpg", self.hash, self.size.width, self.size.height)
    }
}

/// The last part of an address is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOurs;

impl FromStr for Address {
    type Err = NotOurs;

    /// The last part of an address. It has exactly one spelling, so that a cache keeps each file once.
    fn from_str(file: &str) -> Result<Address, NotOurs> {
        let read = || {
            let (hash, size) = file.strip_suffix(".jpg")?.split_once('-')?;
            let (width, height) = size.split_once('x')?;
            let size = Size { width: width.parse().ok()?, height: height.parse().ok()? };
            Address::of(hash, size).filter(|address| address.to_string().strip_prefix(HOME) == Some(file))
        };
        read().ok_or(NotOurs)
    }
}

/// An image as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub id: i64,
    /// Of its largest file.
    pub address: Address,
    /// Of all its files together.
    pub bytes: i64,
    pub uploaded_by: UserId,
    pub created_at: Timestamp,
    /// When it was last known that somebody wants it: it was uploaded, or a product showed it.
    pub used_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef";

    fn address(width: u32, height: u32) -> Address {
        Address::of(HASH, Size { width, height }).unwrap()
    }

    #[test]
    fn an_address_has_one_spelling() {
        let address = address(640, 800);
        assert_eq!(address.to_string(), format!("/media/{HASH}-640x800.jpg"));
        assert_eq!(Address::in_gallery(&address.to_string()), Some(address));
        for wrong in [
            "/media/mug.png".to_owned(),
            format!("https://shop.example/media/{HASH}-640x800.jpg"),
            format!("/media/{HASH}-0640x800.jpg"),
            format!("/media/{HASH}-+640x800.jpg"),
            format!("/media/{HASH}-640x0.jpg"),
            format!("/media/{HASH}-640x1921.jpg"),
            format!("/media/{}-640x800.jpg", HASH.to_uppercase()),
            format!("/media/{HASH}-640x800.jpg/../../secret"),
            format!("/media/../{HASH}-640x800.jpg"),
            format!("/media/{HASH}-640x800.png"),
        ] {
            assert_eq!(Address::in_gallery(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_image_has_the_files_that_are_narrower_than_itself() {
        let sizes = |width, height| -> Vec<(u32, u32)> {
            address(width, height).files().iter().map(|file| (file.size.width, file.size.height)).collect()
        };
        assert_eq!(sizes(800, 1_000), [(160, 200), (320, 400), (640, 800), (800, 1_000)]);
        assert_eq!(sizes(160, 90), [(160, 90)]);
        assert_eq!(sizes(1_920, 1), [(160, 1), (320, 1), (640, 1), (1_280, 1), (1_920, 1)]);
        assert_eq!(address(320, 100).path(), format!("01/{HASH}/320x100.jpg"));
    }
}
