//! What an upload is, by its content. Its name and its declared type count for nothing.

use image::ImageFormat;
use kernel::{Code, Error, Result};

/// A format of images that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    WebP,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// How files of other formats begin: where, with what, and what they are called.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftyp", "MP4"),
    (0, b"8BPS", "PSD"),
];

/// How much of a text is looked at.
const TEXT_BEGIN: usize = 1_024;

impl Kind {
    /// As the library of images calls it.
    pub(crate) fn format(self) -> ImageFormat {
        match self {
            Kind::Jpeg => ImageFormat::Jpeg,
            Kind::Png => ImageFormat::Png,
            Kind::WebP => ImageFormat::WebP,
        }
    }
}

/// The format of an upload. S1202 when it is none that we read.
pub fn kind(upload: &[u8]) -> Result<Kind> {
    if upload.starts_with(b"\xff\xd8\xff") {
        Ok(Kind::Jpeg)
    } else if upload.starts_with(PNG) {
        Ok(Kind::Png)
    } else if upload.starts_with(b"RIFF") && upload.get(8..12) == Some(b"WEBP") {
        Ok(Kind::WebP)
    } else {
        Err(other(upload))
    }
}

fn other(upload: &[u8]) -> Error {
    let begins = |(at, begin, _): &&(usize, &[u8], &str)| upload.get(*at..).is_some_and(|rest| rest.starts_with(begin));
    let known = OTHERS.iter().find(begins).map(|(.., name)| *name).or_else(|| markup(upload));
    match known {
        Some(name) => Code::NotAnImage.because(format!("{name} is not taken; send JPEG, PNG or WebP")),
        None if upload.is_empty() => Code::NotAnImage.because("the body is empty"),
        None => Code::NotAnImage.because("send JPEG, PNG or WebP"),
    }
}

/// A drawing or a page as text. Both can hold scripts, and a browser would run them.
fn markup(upload: &[u8]) -> Option<&'static str> {
    let begin = String::from_utf8_lossy(&upload[..upload.len().min(TEXT_BEGIN)]).to_lowercase();
    let text = begin.trim_start_matches('\u{feff}').trim_start();
    match text.starts_with('<') {
        true if text.contains("<svg") => Some("SVG"),
        true if text.contains("<html") || text.contains("<script") => Some("HTML"),
        true => Some("XML"),
        false => None,
    }
}

/// The image in an upload of this kind, to its end. S1204 when the file ends before the image does; S1202 when something else
/// follows a PNG or a WebP, as in files that are made to be two things at once. Cameras write films behind a JPEG; they are cut off.
pub fn whole(kind: Kind, upload: &[u8]) -> Result<&[u8]> {
    let end = match kind {
        Kind::Jpeg => end_of_jpeg(upload),
        Kind::Png => end_of_png(upload),
        Kind::WebP => end_of_webp(upload),
    };
    let ended =
        end.and_then(|end| upload.get(..end)).ok_or_else(|| Code::ImageDamaged.because("the file ends too early"))?;
    if kind != Kind::Jpeg && ended.len() < upload.len() {
        return Err(Code::NotAnImage.because("something else follows the image in the file"));
    }
    Ok(ended)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Behind the chunk IEND.
fn end_of_png(png: &[u8]) -> Option<usize> {
    let mut at = PNG.len();
    loop {
        let length = usize::try_from(u32::from_be_bytes(number(png, at)?)).ok()?;
        let name: [u8; 4] = number(png, at + 4)?;
        at = at.checked_add(length)?.checked_add(12)?;
        if name == *b"IEND" {
            return Some(at);
        }
    }
}

/// Where the length in its header says; an odd one is padded.
fn end_of_webp(webp: &[u8]) -> Option<usize> {
    let length = usize::try_from(u32::from_le_bytes(number(webp, 4)?)).ok()?;
    let end = length.checked_add(8)?;
    Some(if end % 2 == 1 && webp.len() > end { end + 1 } else { end })
}

const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;

/// Behind the mark that ends the image. Decoders fill what is missing with grey, so they would not notice.
fn end_of_jpeg(jpeg: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let (mark, next) = next_mark(jpeg, at)?;
        at = match mark {
            END_OF_IMAGE => return Some(next),
            // marks without content
            0x01 | 0xd0..=0xd8 => next,
            _ => {
                let length = usize::from(u16::from_be_bytes(number(jpeg, next)?));
                let behind = next.checked_add(length.max(2))?;
                if mark == START_OF_SCAN { end_of_scan(jpeg, behind)? } else { behind }
            }
        };
    }
}

/// The next mark at or behind `at`, and where it ends.
fn next_mark(jpeg: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = jpeg.get(at..)?;
    let first = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff))?;
    Some((rest[first + 1], at + first + 2))
}

/// Where the next mark behind a scan begins. In a scan 0xff is followed by 0x00, and marks divide it into parts.
fn end_of_scan(jpeg: &[u8], at: usize) -> Option<usize> {
    let rest = jpeg.get(at..)?;
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    rest.windows(2).position(is_end).map(|end| at + end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{jpeg, png, webp};

    #[test]
    fn the_content_says_what_a_file_is() {
        for (bytes, kind) in [(jpeg(20, 10), Kind::Jpeg), (png(20, 10), Kind::Png), (webp(20, 10), Kind::WebP)] {
            assert_eq!(super::kind(&bytes).unwrap(), kind);
            assert_eq!(whole(kind, &bytes).unwrap(), bytes, "{kind:?}");
        }
        let others: [(&[u8], &str); 9] = [
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", "SVG"),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- a --><SVG onload=\"alert(1)\"/>", "SVG"),
            (b"<!doctype html><script>alert(1)</script>", "HTML"),
            (b"GIF89a/*\x01\x00*/=1;alert(1)", "GIF"),
            (b"%PDF-1.7", "PDF"),
            (b"PK\x03\x04\x14\x00", "ZIP"),
            (b"\0\0\0\x20ftypheic\0\0\0\0", "HEIC"),
            (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
            (b"<?xml version=\"1.0\"?><note/>", "XML"),
        ];
        for (bytes, name) in others {
            let refused = super::kind(bytes).unwrap_err();
            let wanted = format!("{name} is not taken; send JPEG, PNG or WebP");
            assert_eq!((refused.code(), refused.detail()), (Code::NotAnImage, Some(wanted.as_str())));
        }
        for nothing in [&b""[..], b"hello", b"\xff\xd8", b"RIFF\0\0\0\0WAVE"] {
            assert_eq!(super::kind(nothing).unwrap_err().code(), Code::NotAnImage);
        }
    }

    #[test]
    fn a_file_that_ends_early_is_damaged_wherever_it_ends() {
        for (bytes, kind) in [(jpeg(40, 30), Kind::Jpeg), (png(40, 30), Kind::Png), (webp(40, 30), Kind::WebP)] {
            for length in 12..bytes.len() {
                let refused = whole(kind, &bytes[..length]).map(<[u8]>::len);
                assert_eq!(refused.map_err(|error| error.code()), Err(Code::ImageDamaged), "{kind:?} {length}");
            }
        }
    }

    #[test]
    fn what_follows_an_image_is_refused_or_cut_off() {
        let script = b"<script>alert(1)</script>";
        for (bytes, kind) in [(png(9, 9), Kind::Png), (webp(9, 9), Kind::WebP)] {
            let refused = whole(kind, &[&bytes[..], script].concat()).map(<[u8]>::len);
            assert_eq!(refused.map_err(|error| error.code()), Err(Code::NotAnImage));
        }
        let camera = [&jpeg(9, 9)[..], script].concat();
        assert_eq!(whole(Kind::Jpeg, &camera).unwrap(), jpeg(9, 9));
    }
}
